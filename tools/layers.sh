#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Reads the #include lines of every source file under the given folders, and fails with file:line
# and the rule for each that points in a direction that the architecture does not have.
#
#   base <- wire <- net     base <- engine <- socketio     engine <- net     server.c: everything
#
# A folder is named by its first folder below src/, or as a whole ("client-demo", "src/server").
find "$@" -name '*.[ch]' | LC_ALL=C sort | xargs awk '
BEGIN {
	# Headers of C and of the system that do no input or output of their own.
	pure = " assert ctype errno float inttypes limits locale math stdalign stdarg stdatomic " \
		"stdbool stddef stdint stdio stdlib stdnoreturn string strings time wchar endian regex " \
		"sys/random sys/types emmintrin "
	# The libraries, by the name of a header of theirs.
	library["libwebsockets"] = "libwebsockets"
	library["uv"] = "uv"
	library["ev"] = "ev"
	library["cJSON"] = library["cjson/cJSON"] = "cjson"
	library["zlib"] = "zlib"
	library["brotli/encode"] = library["brotli/decode"] = "brotli"
	library["sio"] = "include/sio.h"
	library["sio_adapter"] = "include/sio_adapter.h"
	library["sio_msgpack"] = "include/sio_msgpack.h"
	library["msgpack"] = "msgpack"
	library["sio_redis"] = "include/sio_redis.h"

	allow("src/base", "libc src/base")
	allow("src/wire", "libc src/base src/wire zlib brotli")
	allow("src/engine", "libc src/base src/engine")
	allow("src/socketio", "libc src/base src/socketio cjson include/sio.h " \
		"include/sio_adapter.h src/engine/engine.h src/engine/packet.h")
	allow("src/net", "libc system src/base src/wire src/engine src/net libwebsockets uv")
	# What it shares with other libraries is compiled into it as well.
	allow("src/adapter", "libc system src/base src/adapter include/sio.h " \
		"include/sio_adapter.h include/sio_redis.h src/msgpack/packet.h " \
		"src/socketio/json.h cjson uv other")
	allow("src/server", "libc system src/base src/wire src/engine src/socketio src/net " \
		"src/adapter src/server include/sio.h cjson")
	allow("src/msgpack", "libc include/sio.h include/sio_msgpack.h cjson msgpack src/msgpack")
	allow("client-demo", "libc system include/sio.h include/sio_redis.h cjson uv ev client-demo")
}

function allow(room, list) { may[room] = " " list " "; rule[room] = list }

# The room of a path: src/base/map.h is in src/base, src/server_options.c is in src/server.
function room_of(path, part, n) {
	n = split(path, part, "/")
	if (part[1] != "src") return part[1]
	if (n == 2 && part[2] ~ /^server/) return "src/server"
	return n == 2 ? path : part[1] "/" part[2]
}

# a/b/../c and a/./c become a/c.
function plain(path) {
	while (sub(/(^|\/)\.\//, "/", path)) sub(/^\//, "", path)
	while (sub(/[^\/]+\/\.\.\//, "", path)) ;
	return path
}

function exists(path, line, found) {
	found = (getline line < path) >= 0
	close(path)
	return found
}

# What a header is called in the lists above.
function name_of(header, quoted, path, stem) {
	stem = header
	sub(/\.h$/, "", stem)
	if (quoted) {
		path = FILENAME
		sub(/[^\/]*$/, "", path)
		path = plain(path header)
		if (exists(path)) return path
		if (header !~ /^sio\.h$/) return "missing"
	}
	if (stem in library) return library[stem]
	if (index(pure, " " stem " ")) return "libc"
	if (stem ~ /^(sys|net|netinet|arpa|linux)\// || stem ~ \
		/^(dirent|dlfcn|fcntl|netdb|poll|pthread|sched|signal|threads|unistd|getopt|libgen|setjmp)$/)
		return "system"
	return "other"
}

function complain(why) {
	printf "%s:%d: %s\n", FILENAME, FNR, why
	bad = 1
}

/^[ \t]*#[ \t]*include/ {
	includes++
	room = room_of(FILENAME)
	if (!(room in may)) {
		complain("no rule is known for " room)
		next
	}
	if (!match($0, /[<"][^>"]*[>"]/)) {
		complain("an include that cannot be read")
		next
	}
	header = substr($0, RSTART + 1, RLENGTH - 2)
	name = name_of(header, substr($0, RSTART, 1) == "\"")
	if (name == "missing")
		complain(header " does not exist")
	else if (!index(may[room], " " name " ") && !index(may[room], " " room_of(name) " "))
		complain(room " may not include " header "; it may include: " rule[room])
}

END {
	if (!bad) printf "layers: %d includes point in an allowed direction\n", includes
	exit bad
}' || exit 1
