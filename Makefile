# SPDX-License-Identifier: MIT
#
# libsio: the build.  `make help` lists what it can do.
#
# Every source file is found by its folder, so a new one needs no line here.  Objects live in
# build/<variant>/, and a variant is the same build with other flags: `make unit VARIANT=asan`.

VERSION   = 0.1.0
SOVERSION = 0

VARIANT ?= release
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
HOST    ?= 127.0.0.1
PORT    ?= 3000
FUZZ_SECONDS ?= 60
SOAK_SECONDS ?= 60
SOAK_COUNT   ?= 1000000
WERROR  ?= -Werror

ifeq ($(origin CC),default)
CC = $(CC_$(VARIANT))
endif

B := build/$(VARIANT)

# --- Flags ---------------------------------------------------------------------------------

CC_release = gcc
CC_clang   = clang
CC_asan    = clang
CC_tsan    = gcc
CC_fuzz    = clang
CC_cover   = gcc

# Those that some machines have no use for are taken where the compiler takes them.
takes         = $(shell $(CC) -Werror $(1) -x c -c /dev/null -o /dev/null 2>/dev/null && echo $(1))
HARDENED     := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	$(call takes,-fstack-clash-protection) $(call takes,-fcf-protection)
MODE_release  = $(HARDENED)
MODE_clang    = $(HARDENED)
# The library's own sources alone.
FAST_release  = -O3
FAST_clang    = -O3
SANITIZE_asan = -fsanitize=address,undefined -fno-sanitize-recover=all
SANITIZE_tsan = -fsanitize=thread
MODE_asan     = -O1 -fno-omit-frame-pointer $(SANITIZE_asan)
MODE_tsan     = -O1 -fno-omit-frame-pointer $(SANITIZE_tsan)
MODE_cover    = -O0 --coverage
MODE_fuzz     = -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link $(SANITIZE_asan)
LINK_asan     = $(SANITIZE_asan)
LINK_tsan     = $(SANITIZE_tsan)
LINK_cover    = --coverage
LINK_fuzz     = -fsanitize=fuzzer $(SANITIZE_asan)

ifeq ($(MODE_$(VARIANT)),)
$(error VARIANT=$(VARIANT) is none of release clang asan tsan cover fuzz)
endif

# A folder that pkg-config names is a system's folder: warnings in it are not ours.
pkg     = $(shell pkg-config $(1) 2>/dev/null)
# OpenSSL is asked what libwebsockets cannot be.
PKGS   := libwebsockets libuv libcjson zlib $(foreach p,openssl libbrotlienc,$(if $(call pkg,--modversion $(p)),$(p)))
BROTLI := $(if $(filter libbrotlienc,$(PKGS)),-DHAVE_BROTLI)
INCS   := $(patsubst -I%,-isystem%,$(call pkg,--cflags $(PKGS)))
LIBS   := $(call pkg,--libs $(PKGS))
# The parser for MessagePack is a library of its own, where msgpack-c is there.
MSGPACK := $(firstword $(foreach p,msgpack-c msgpack,$(if $(call pkg,--modversion $(p)),$(p))))
MSGPACK_LIBS := $(if $(MSGPACK),$(call pkg,--libs $(MSGPACK))) -lm
# What joins servers over Redis is one too, where hiredis and OpenSSL are there as well.
REDIS := $(if $(MSGPACK),$(if $(call pkg,--modversion hiredis),$(if $(call pkg,--modversion openssl),hiredis openssl libuv)))
REDIS_LIBS := $(if $(REDIS),$(call pkg,--libs $(REDIS)))
CHECK_LIBS := $(call pkg,--libs check $(if $(BROTLI),libbrotlidec))

WARNINGS   = -Wall -Wextra -Wpedantic -Wconversion -Wshadow $(WERROR)
SIO_CFLAGS = -std=c11 -D_GNU_SOURCE -g $(WARNINGS) -fPIC -fvisibility=hidden \
	$(MODE_$(VARIANT)) -Iinclude $(INCS) $(BROTLI) $(if $(MSGPACK),-DHAVE_MSGPACK) $(if $(REDIS),-DHAVE_REDIS) $(CFLAGS)
SIO_LDFLAGS = $(LINK_$(VARIANT)) -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)

# --- Files ---------------------------------------------------------------------------------

objects = $(patsubst %.c,$(B)/obj/%.o,$(1))
stems   = $(basename $(notdir $(1)))

MSGPACK_SRC := $(wildcard src/msgpack/*.c)
REDIS_SRC   := $(wildcard src/adapter/redis/*.c)
# Of it what does no input or output.
REDIS_PURE  := $(addprefix src/adapter/redis/,classic.c kept.c letter.c sharded.c streams.c target.c)
# What it has in common with the others is compiled into it, hidden.
REDIS_TOO   := $(addprefix src/base/,buf.c json_scan.c map.c span.c text.c) \
	$(wildcard src/socketio/json_*.c) $(addprefix src/msgpack/,date.c heads.c read.c write.c)
LIB_SRC     := $(filter-out $(MSGPACK_SRC) $(REDIS_SRC),$(wildcard src/*.c src/*/*.c src/*/*/*.c))
PURE_SRC    := $(wildcard src/base/*.c src/engine/*.c src/socketio/*.c src/wire/*.c) \
	$(wildcard src/net/files*.c src/net/bundle*.c src/net/address.c src/net/route.c)
SUPPORT_SRC := $(wildcard tests/support/*.c)
# One of them shows a library that only `make check` installs.
NO_EV       := $(if $(wildcard /usr/include/ev.h),,client-demo/embed_ev.c)
DEMO_SRC    := $(filter-out $(NO_EV),$(wildcard client-demo/*.c))
TUTORIAL_SRC := $(wildcard client-demo/tutorials/*.c)
SERVER_SRC  := $(wildcard tests/e2e/server/*.c)
PLAIN_SRC   := $(wildcard tests/e2e/server-plain/*.c)
CLUSTER_SRC := $(wildcard tests/e2e/server-cluster/*.c)
EMITTER_SRC := $(wildcard tests/e2e/cluster-emitter/*.c)
EMBED_SRC   := $(wildcard tests/e2e/server-embed/*.c)
THREADS_SRC := $(wildcard tests/threads/*.c)
# Clients on real sockets, and what stands between the server and its calls.
FAR_SRC     := $(wildcard tests/soak/far*.c) tests/soak/faults.c
WITHOUT     := $(if $(MSGPACK),,%_msgpack.c) $(if $(REDIS),,%_redis.c)
UNIT_SRC    := $(filter-out $(WITHOUT),$(wildcard tests/unit/test_*.c))
FUZZ_SRC    := $(filter-out $(WITHOUT),$(wildcard tests/fuzz/fuzz_*.c))
FUZZ        ?= $(patsubst fuzz_%,%,$(call stems,$(FUZZ_SRC)))

COVERED     := src/base src/engine src/socketio src/wire $(if $(MSGPACK),src/msgpack)

LIB_OBJ  := $(call objects,$(LIB_SRC))
TEST_OBJ := $(call objects,$(PURE_SRC) $(SUPPORT_SRC) $(if $(MSGPACK),$(MSGPACK_SRC)) \
	$(if $(REDIS),$(REDIS_PURE)))
ARCHIVE  := $(B)/libsio.a
SHARED   := $(B)/libsio.so.$(VERSION)
SONAME   := libsio.so.$(SOVERSION)
MSGPACK_OBJ     := $(call objects,$(MSGPACK_SRC))
MSGPACK_ARCHIVE := $(B)/libsio-msgpack.a
MSGPACK_SHARED  := $(B)/libsio-msgpack.so.$(VERSION)
MSGPACK_SONAME  := libsio-msgpack.so.$(SOVERSION)
REDIS_OBJ     := $(call objects,$(REDIS_SRC) $(REDIS_TOO))
REDIS_ARCHIVE := $(B)/libsio-redis.a
REDIS_SHARED  := $(B)/libsio-redis.so.$(VERSION)
REDIS_SONAME  := libsio-redis.so.$(SOVERSION)
DEMO     := $(addprefix $(B)/,$(call stems,$(DEMO_SRC)))
TUTORIALS := $(addprefix $(B)/tutorials/,$(call stems,$(TUTORIAL_SRC)))
UNIT     := $(addprefix $(B)/unit/,$(call stems,$(UNIT_SRC)))
REPLAY   := $(addprefix $(B)/replay/,$(FUZZ))
FUZZERS  := $(addprefix $(B)/fuzz_,$(FUZZ))

# The allocator that fails at the n-th call stands between every unit test and libc.
comma := ,
WRAP  := $(if $(wildcard tests/support/failing_malloc.c),$(addprefix -Wl$(comma)--wrap=,malloc calloc realloc))

# How a recipe builds another goal: with every core, unless the caller chose a -j.
BUILD = $(MAKE) --no-print-directory $(if $(V),,-s) $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
QUIET = $(if $(V),,@)

# --- Build ---------------------------------------------------------------------------------

.PHONY: all lib programs conformance-server cluster-server
all: lib programs ## build the library, the demo and the conformance server (the default)

lib: $(ARCHIVE) $(if $(filter release clang,$(VARIANT)),$(SHARED))
ifneq ($(MSGPACK),)
lib: $(MSGPACK_ARCHIVE) $(if $(filter release clang,$(VARIANT)),$(MSGPACK_SHARED))
endif

ifneq ($(REDIS),)
lib: $(REDIS_ARCHIVE) $(if $(filter release clang,$(VARIANT)),$(REDIS_SHARED))
programs: $(B)/cluster-server $(B)/cluster-emitter $(B)/cluster
endif

programs: $(DEMO) $(TUTORIALS) $(addprefix $(B)/,conformance-server plain-server embed-server model)

cluster-server: $(B)/cluster-server
conformance-server: $(B)/conformance-server ## build the server that protocol suites test

# Objects depend on the flags that made them: another compiler or a new library rebuilds.
$(B)/flags: FORCE
	@tools/setup.sh --only-check build
	@mkdir -p $(@D)
	@echo '$(CC) $(SIO_CFLAGS) $(FAST_$(VARIANT)) $(SIO_LDFLAGS) $(WRAP)' | cmp -s - $@ || \
		echo '$(CC) $(SIO_CFLAGS) $(FAST_$(VARIANT)) $(SIO_LDFLAGS) $(WRAP)' > $@

$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(SIO_CFLAGS) $(if $(filter src/%,$<),$(FAST_$(VARIANT))) -MMD -MP -c $< -o $@

# One relocatable object whose hidden names were made local: an application that links the
# archive sees sio_* and nothing else.
$(ARCHIVE): $(LIB_OBJ)
	$(QUIET)ld -r $^ -o $(B)/libsio.o
	$(QUIET)objcopy --localize-hidden $(B)/libsio.o
	@rm -f $@
	$(QUIET)ar rcs $@ $(B)/libsio.o

$(SHARED): $(LIB_OBJ)
	$(QUIET)$(CC) -shared -Wl,-soname,$(SONAME) -Wl,-z,defs $(SIO_LDFLAGS) $^ $(LIBS) -o $@
	@ln -sf $(@F) $(B)/$(SONAME)
	@ln -sf $(SONAME) $(B)/libsio.so

$(MSGPACK_ARCHIVE): $(MSGPACK_OBJ)
	$(QUIET)ld -r $^ -o $(B)/libsio-msgpack.o
	$(QUIET)objcopy --localize-hidden $(B)/libsio-msgpack.o
	@rm -f $@
	$(QUIET)ar rcs $@ $(B)/libsio-msgpack.o

$(MSGPACK_SHARED): $(MSGPACK_OBJ) $(SHARED)
	$(QUIET)$(CC) -shared -Wl,-soname,$(MSGPACK_SONAME) -Wl,-z,defs $(SIO_LDFLAGS) $^ \
		$(call pkg,--libs libcjson) $(MSGPACK_LIBS) -o $@
	@ln -sf $(@F) $(B)/$(MSGPACK_SONAME)
	@ln -sf $(MSGPACK_SONAME) $(B)/libsio-msgpack.so

$(REDIS_ARCHIVE): $(REDIS_OBJ)
	$(QUIET)ld -r $^ -o $(B)/libsio-redis.o
	$(QUIET)objcopy --localize-hidden $(B)/libsio-redis.o
	@rm -f $@
	$(QUIET)ar rcs $@ $(B)/libsio-redis.o

$(REDIS_SHARED): $(REDIS_OBJ) $(SHARED)
	$(QUIET)$(CC) -shared -Wl,-soname,$(REDIS_SONAME) -Wl,-z,defs $(SIO_LDFLAGS) $^ \
		$(call pkg,--libs libcjson) $(MSGPACK_LIBS) $(REDIS_LIBS) -o $@
	@ln -sf $(@F) $(B)/$(REDIS_SONAME)
	@ln -sf $(REDIS_SONAME) $(B)/libsio-redis.so

link_program = $(QUIET)mkdir -p $(@D) && $(CC) -pie $(SIO_LDFLAGS) $(filter %.o %.a,$^)

$(B)/embed_ev: LIBS += -lev
$(DEMO): $(B)/%: $(B)/obj/client-demo/%.o $(ARCHIVE)
	$(link_program) $(LIBS) -o $@

$(TUTORIALS): $(B)/tutorials/%: $(B)/obj/client-demo/tutorials/%.o $(ARCHIVE)
	$(link_program) $(LIBS) -o $@

$(B)/unit/%: $(B)/obj/tests/unit/%.o $(TEST_OBJ)
	$(link_program) $(WRAP) $(CHECK_LIBS) $(LIBS) $(MSGPACK_LIBS) -o $@

$(B)/replay/%: $(B)/obj/tests/fuzz/fuzz_%.o $(B)/obj/tests/fuzz/replay.o $(TEST_OBJ)
	$(link_program) $(WRAP) $(LIBS) $(MSGPACK_LIBS) -o $@

$(B)/fuzz_%: $(B)/obj/tests/fuzz/fuzz_%.o $(TEST_OBJ)
	$(link_program) $(WRAP) $(LIBS) $(MSGPACK_LIBS) -o $@

# Some of them turn the whole server.
$(addprefix $(B)/replay/,server server_memory) $(addprefix $(B)/fuzz_,server server_memory): $(LIB_OBJ)

# One of its applications stands on the layers below the public functions, so it takes the objects.
$(B)/conformance-server: $(call objects,$(SERVER_SRC)) $(LIB_OBJ) \
		$(if $(MSGPACK),$(MSGPACK_OBJ))
	$(link_program) $(LIBS) $(MSGPACK_LIBS) -o $@

# Others are written as an application is, with the public functions alone.
$(B)/plain-server: $(call objects,$(PLAIN_SRC)) $(ARCHIVE)
$(B)/embed-server: $(call objects,$(EMBED_SRC)) $(ARCHIVE)
$(B)/plain-server $(B)/embed-server:
	$(link_program) $(LIBS) -o $@

$(B)/cluster-server: $(call objects,$(CLUSTER_SRC)) $(ARCHIVE) $(REDIS_ARCHIVE)
$(B)/cluster-emitter: $(call objects,$(EMITTER_SRC)) $(ARCHIVE) $(REDIS_ARCHIVE)
$(B)/cluster: $(call objects,client-demo/cluster/cluster.c) $(ARCHIVE) $(REDIS_ARCHIVE)
$(B)/cluster-server $(B)/cluster-emitter $(B)/cluster:
	$(link_program) $(LIBS) $(MSGPACK_LIBS) $(REDIS_LIBS) -o $@

$(B)/model: $(call objects,tests/soak/model.c $(FAR_SRC)) $(LIB_OBJ)
	$(link_program) $(LIBS) -o $@

$(B)/soak: $(call objects,tests/soak/soak.c tests/soak/soak_server.c $(FAR_SRC)) $(LIB_OBJ)
	$(link_program) $(LIBS) -o $@

$(B)/two-servers: $(call objects,$(THREADS_SRC)) $(ARCHIVE)
	$(link_program) $(LIBS) -pthread -o $@

# What measures: a generator of load, a raw server as the ceiling, and an application.
BENCH_COMMON := $(call objects,$(wildcard tests/bench/common/*.c))
BENCH_PROGRAMS := $(addprefix $(B)/,bench-load bench-ceiling bench-server)
$(B)/bench-load: $(call objects,$(wildcard tests/bench/load/*.c)) $(BENCH_COMMON)
$(B)/bench-ceiling: $(call objects,$(wildcard tests/bench/ceiling/*.c)) $(BENCH_COMMON)
$(B)/bench-load $(B)/bench-ceiling:
	$(link_program) -lssl -lcrypto -o $@

$(B)/bench-server: $(call objects,$(wildcard tests/bench/server/*.c)) $(ARCHIVE) \
		$(if $(REDIS),$(REDIS_ARCHIVE))
	$(link_program) $(LIBS) $(if $(REDIS),$(MSGPACK_LIBS) $(REDIS_LIBS)) -o $@

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

# --- Run -----------------------------------------------------------------------------------

.PHONY: run run-cluster tutorial setup-run setup-cluster setup-check
run: setup-run ## start the demo: make run PORT=3456 HOST=0.0.0.0
	@$(BUILD) $(B)/chat
	@exec $(B)/chat --port $(PORT) --host $(HOST) --public client-demo/public \
		--client-dir client-demo/node_modules/socket.io-client/dist

run-cluster: setup-cluster ## start a Redis and two servers of one chat: make run-cluster PORT=3456
	@$(BUILD) $(B)/cluster
	@tools/run-cluster.sh $(B)/cluster $(PORT)

tutorial: setup-run ## start a tutorial: make tutorial NAME=rooms
	@test -e client-demo/tutorials/$(NAME).c || { echo 'NAME is one of: $(call stems,$(TUTORIAL_SRC))' >&2; exit 2; }
	@$(BUILD) $(B)/tutorials/$(NAME)
	@exec $(B)/tutorials/$(NAME) --port $(PORT) --host $(HOST) --public client-demo/tutorials/$(NAME) \
		--client-dir client-demo/node_modules/socket.io-client/dist

setup-run: ## install what `make run` needs and this machine lacks
	@tools/setup.sh run

setup-cluster: ## install what `make run-cluster` needs and this machine lacks
	@tools/setup.sh cluster

setup-check: ## install what `make check` needs and this machine lacks
	@tools/setup.sh check

# --- Test ----------------------------------------------------------------------------------

.PHONY: check unit threads asan tsan e2e e2e-rest figures matrix conformance coverage soak fuzz replay instructions
check: setup-check ## run every test there is
	@tools/steps.sh format-check layers hygiene build build-clang symbols \
		hardening analyze-quick unit threads asan e2e-rest replay instructions

unit: $(UNIT) ## run the unit tests
	@tools/unit.sh $(UNIT)

threads: $(B)/two-servers ## two servers in two threads of one process
	@$<

# Left out are those that look at files and tests alone, and a comparison with the reference whose
# requests the conformance suite sends as well.
NOT_ASAN = install readme strictness reference
asan: ## unit, end-to-end and conformance tests under ASan and UBSan
	@$(BUILD) VARIANT=asan unit threads
	@E2E_WITHOUT='$(NOT_ASAN)' $(BUILD) VARIANT=asan e2e
	@$(BUILD) VARIANT=asan conformance

# Each of the others runs under ASan, and once is enough for a check.
e2e-rest: ## the end-to-end tests that `make asan` leaves out
	@E2E_ONLY='$(NOT_ASAN)' $(BUILD) VARIANT=release e2e

tsan: ## unit tests, and servers in threads, under TSan
	@$(BUILD) VARIANT=tsan unit threads

e2e: setup-check ## official clients, Node and Chromium, against the real server
	@$(BUILD) VARIANT=$(VARIANT) all
	@SIO_BUILD_DIR=$(B) tools/e2e.sh

figures: setup-check ## what hostile clients cost, measured; each figure has its bound
	@$(BUILD) VARIANT=$(VARIANT) conformance-server
	@SIO_BUILD_DIR=$(B) node --test --test-reporter=spec tests/e2e/hostile/figures.mjs

matrix: setup-check ## a table: each official client's version, by each transport, and what works
	@$(BUILD) VARIANT=$(VARIANT) conformance-server
	@SIO_BUILD_DIR=$(B) tools/matrix.sh

conformance: setup-check ## each numbered statement of protocol-notes, shown over real sockets
	@$(BUILD) VARIANT=$(VARIANT) conformance-server $(if $(REDIS),cluster-server)
	@SIO_BUILD_DIR=$(B) tools/conformance.sh

replay: ## every test vector through its fuzz target, under ASan and UBSan
	@$(BUILD) VARIANT=asan replay-programs
	@for name in $(FUZZ); do \
		ASAN_OPTIONS=abort_on_error=1 UBSAN_OPTIONS=abort_on_error=1 \
		MEMORY_WALK=1 build/asan/replay/$$name $$(tools/vectors.sh $$name) || broken=yes; \
	done; test -z "$$broken"

coverage: setup-check ## which lines of the pure layers unit tests and vectors reach
	@$(BUILD) VARIANT=cover unit-programs replay-programs
	@tools/coverage.sh build/cover $(COVERED)

soak: ## mixed load for SOAK_SECONDS, then SOAK_COUNT numbered messages: what holds, in a table
	@$(BUILD) VARIANT=$(VARIANT) $(B)/soak
	@$(B)/soak $(SOAK_SECONDS) $(SOAK_COUNT)

fuzz: setup-check ## fuzz each target for FUZZ_SECONDS: make fuzz FUZZ=http FUZZ_SECONDS=600
	@$(BUILD) VARIANT=fuzz fuzz-programs
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/fuzz.sh build/fuzz $(FUZZ)

instructions: setup-check ## instructions and allocations of a message, against tests/bench/instructions.json
	@$(BUILD) VARIANT=release bench-programs
	@node tests/bench/instructions.mjs $(if $(ACCEPT),accept)

.PHONY: unit-programs replay-programs fuzz-programs bench-programs
unit-programs: $(UNIT)
bench-programs: $(BENCH_PROGRAMS)
replay-programs: $(REPLAY)
fuzz-programs: $(FUZZERS)

# --- Measure -------------------------------------------------------------------------------

.PHONY: bench
bench: ## what a message costs, beside a raw server and Node's: make bench BENCH=short
	@tools/setup.sh bench
	@$(BUILD) VARIANT=release bench-programs
	@node tests/bench/run.mjs $(BENCH)

.PHONY: bench-peers
bench-peers: ## the same beside servers in Rust, Go, Python and Java: make bench-peers BENCH=short
	@tools/setup.sh bench
	@$(BUILD) VARIANT=release bench-programs
	@node tests/bench/run.mjs peers $(BENCH)

# --- Checks on the source ------------------------------------------------------------------

.PHONY: build build-clang layers symbols hardening hygiene analyze analyze-quick format format-check
HARD = $(addprefix build/clang/,chat conformance-server plain-server)
build: ## build with gcc, warnings are errors
	@$(BUILD) VARIANT=release all

build-clang: ## build with clang, warnings are errors
	@$(BUILD) VARIANT=clang all

layers: ## no include in the wrong direction
	@tools/layers.sh src client-demo
	@tools/layers-test.sh

symbols: ## the libraries define sio_* and nothing else
	@$(BUILD) VARIANT=release lib
	@VERSION=$(VERSION) tools/symbols.sh build/release

hardening: ## the libraries and programs have what their flags should give them
	@$(BUILD) VARIANT=release lib $(HARD:build/clang/%=build/release/%)
	@$(BUILD) VARIANT=clang lib $(HARD)
	@tools/hardening.sh $(foreach v,release clang,$(patsubst build/clang/%,build/$(v)/%,$(HARD)) \
		$(wildcard build/$(v)/lib*.so.$(VERSION)))

ANALYZE = tools/analyze.sh $(1) -- -std=c11 -D_GNU_SOURCE -Iinclude $(INCS) $(BROTLI) \
	$(if $(MSGPACK),-DHAVE_MSGPACK)

analyze: setup-check ## gcc -fanalyzer, cppcheck and clang-tidy find nothing
	@$(call ANALYZE,gcc cppcheck clang-tidy)

analyze-quick: setup-check ## the same, where clang-tidy does not follow calls
	@SHALLOW=yes $(call ANALYZE,gcc cppcheck clang-tidy)

hygiene: ## nothing in the tree that does not belong there
	@tools/hygiene.sh
	@tools/named-tests.sh
	@tools/readme-names.sh

FORMATTED = $(wildcard include/*.h src/*.[ch] src/*/*.[ch] src/*/*/*.[ch] client-demo/*.[ch] \
	client-demo/*/*.[ch] \
	tests/*/*.[ch] tests/*/*/*.[ch])

format: ## lay out the source with clang-format
	@clang-format -i $(FORMATTED)

format-check: ## the source is laid out as clang-format would
	@tools/format-check.sh $(FORMATTED)

# --- Install -------------------------------------------------------------------------------

.PHONY: install
install: lib ## install the library: make install DESTDIR=/tmp/x PREFIX=/usr
	@install -d $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(LIBDIR)/pkgconfig
	@install -m 644 include/sio.h include/sio_adapter.h $(DESTDIR)$(PREFIX)/include/
	@install -m 644 $(ARCHIVE) $(DESTDIR)$(LIBDIR)/
	@install -m 755 $(SHARED) $(DESTDIR)$(LIBDIR)/
ifneq ($(MSGPACK),)
	@install -m 644 include/sio_msgpack.h $(DESTDIR)$(PREFIX)/include/
	@install -m 644 $(MSGPACK_ARCHIVE) $(DESTDIR)$(LIBDIR)/
	@install -m 755 $(MSGPACK_SHARED) $(DESTDIR)$(LIBDIR)/
	@ln -sf $(notdir $(MSGPACK_SHARED)) $(DESTDIR)$(LIBDIR)/$(MSGPACK_SONAME)
	@ln -sf $(MSGPACK_SONAME) $(DESTDIR)$(LIBDIR)/libsio-msgpack.so
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(VERSION)|' \
		-e 's|@MSGPACK@|$(MSGPACK)|' src/msgpack/libsio-msgpack.pc.in \
		> $(DESTDIR)$(LIBDIR)/pkgconfig/libsio-msgpack.pc
endif
ifneq ($(REDIS),)
	@install -m 644 include/sio_redis.h $(DESTDIR)$(PREFIX)/include/
	@install -m 644 $(REDIS_ARCHIVE) $(DESTDIR)$(LIBDIR)/
	@install -m 755 $(REDIS_SHARED) $(DESTDIR)$(LIBDIR)/
	@ln -sf $(notdir $(REDIS_SHARED)) $(DESTDIR)$(LIBDIR)/$(REDIS_SONAME)
	@ln -sf $(REDIS_SONAME) $(DESTDIR)$(LIBDIR)/libsio-redis.so
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(VERSION)|' \
		-e 's|@REDIS@|$(REDIS) $(MSGPACK)|' src/adapter/redis/libsio-redis.pc.in \
		> $(DESTDIR)$(LIBDIR)/pkgconfig/libsio-redis.pc
endif
	@ln -sf libsio.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$(SONAME)
	@ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libsio.so
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(VERSION)|' \
		-e 's|@PRIVATE@|$(filter-out libcjson,$(PKGS))|' src/libsio.pc.in \
		> $(DESTDIR)$(LIBDIR)/pkgconfig/libsio.pc

# --- The rest ------------------------------------------------------------------------------

.PHONY: clean help FORCE
clean: ## remove what was built
	@rm -rf build

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' Makefile | \
		while IFS='	' read -r goal text; do printf '  %-20s %s\n' "$$goal" "$$text"; done

FORCE:
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
