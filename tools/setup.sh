#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Finds what this machine lacks, by what it can do rather than by version, and installs it with
# apt-get and npm.
#
#   tools/setup.sh <group>                install what is missing; silent when nothing is
#   tools/setup.sh --only-check <group>   only say what is missing
#
# A group is build, run, bench or check; each needs what those before it need, too.  cluster
# is what run needs, and Redis.
set -u

only_check=
[ "${1:-}" = --only-check ] && { only_check=yes; shift; }
group=${1:?build, run, cluster, bench or check}
log=build/setup.log

say() { echo "set-up: $*" >&2; }
die() { say "$*"; exit 1; }

have() { command -v "$1" >/dev/null 2>&1; }
module() { pkg-config --exists "$1" 2>/dev/null; }
any_module() { for m; do module "$m" && return; done; return 1; }
file() { [ -e "$1" ]; }
# The system's own python3, with what the system's packages brought it and nothing else.
python() { /usr/bin/python3 -I -c "$1" >/dev/null 2>&1; }
clang_runtime() { file "$(clang -print-resource-dir 2>/dev/null)/lib"/*/libclang_rt.fuzzer[-.]*; }

# need <package> <test...>: the package is missing when the test fails.
missing=
need() {
	package=$1
	shift
	"$@" || missing="$missing $package"
}

# To join servers over Redis, and one to do it with.
need_redis() {
	need libmsgpack-dev any_module msgpack-c msgpack
	need libhiredis-dev module hiredis
	need redis-server have redis-server
}

find_missing() {
	missing=
	need gcc have gcc
	need libc6-dev file /usr/include/stdio.h
	need binutils have objcopy
	need pkg-config have pkg-config
	need libwebsockets-dev module libwebsockets
	need libwebsockets-evlib-uv file /usr/lib/*/libwebsockets-evlib_uv.so
	need libuv1-dev module libuv
	need libcjson-dev module libcjson
	need zlib1g-dev module zlib
	need libbrotli-dev module libbrotlienc
	[ "$group" = build ] && return
	need nodejs have node
	need npm have npm
	[ "$group" = run ] && return
	need libssl-dev module openssl
	need_redis
	[ "$group" = cluster ] && return
	[ "$group" = bench ] && return
	need valgrind have valgrind
	need valgrind file /usr/include/valgrind/callgrind.h
	need check module check
	need libev-dev file /usr/include/ev.h
	need clang have clang
	need clang-format have clang-format
	need clang-tidy have clang-tidy
	need cppcheck have cppcheck
	need libclang-rt-dev clang_runtime
	need llvm have llvm-symbolizer
	need chromium have chromium
	need fonts-dejavu-core file /usr/share/fonts/truetype/*
	need python3-socketio python 'import socketio; socketio.Client'
	need python3-requests python 'import requests; requests.Session'
	need python3-websocket python 'import websocket; websocket.create_connection'
}

# Becoming root must not hang on a password that nobody is there to type.
become_root() {
	if [ "$(id -u)" = 0 ]; then
		root=env
	elif have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
		root="sudo env"
	else
		die "no permission to install$missing: run it as root, or install them first"
	fi
}

apt() {
	$root DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
		-o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1
}

# Shows the few lines of apt-get's long talk that tell how far it has come.
progress() {
	tail -n 0 -f --pid=$$ "$log" 2>/dev/null | sed -u -n \
		-e 's/^Need to get \(.*\) of archives.*/set-up:   fetching \1/p' \
		-e 's/^Fetched \([^(]*\)(.*/set-up:   fetched \1/p' >&2 &
	progress_pid=$!
}

# What apt-get named as the cause.
reason() { sed -n 's/^E: //p' "$log" | tail -n 1; }

install_packages() {
	have apt-get || die "missing:$missing; this system has no apt-get, install them by hand"
	become_root
	mkdir -p build || exit 1
	: >"$log"
	say "installing$missing (the log is $log)"
	apt update || say "apt-get update failed, going on with the package lists that are here"
	for package in $missing; do
		apt -s install "$package" ||
			die "cannot install $package: $(reason)"
	done
	progress
	# shellcheck disable=SC2086 # the list is words
	apt install $missing
	status=$?
	kill "$progress_pid" 2>/dev/null
	wanted=$missing
	find_missing
	[ "$status" = 0 ] && [ -z "$missing" ] && return
	die "cannot install${missing:-$wanted}: $(reason)"
}

# npm writes its own copy of the lock file last: newer than ours means that all is there.
modules() {
	[ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ] && return
	[ -e "$1/package-lock.json" ] || return
	[ -n "$only_check" ] && die "missing: $1/node_modules (\`make setup-$group\` installs it)"
	mkdir -p build || exit 1
	say "installing the modules of $1/package.json"
	(cd "$1" && npm ci --no-audit --no-fund) >build/npm.log 2>&1 ||
		die "cannot install the modules of $1: $(grep -i 'err' build/npm.log | head -n 1)"
	touch "$1/node_modules/.package-lock.json"
}

find_missing
if [ -n "$missing" ]; then
	[ "$group" = build ] && goal=setup-run || goal=setup-$group
	[ -n "$only_check" ] && die "missing:$missing (\`make $goal\` installs them)"
	install_packages
	say "done"
fi
[ "$group" = build ] && exit 0
[ "$group" = bench ] && { modules tests/bench/reference; exit 0; }
modules client-demo
[ "$group" = run ] || [ "$group" = cluster ] && exit 0
modules tests/e2e
modules tests/e2e/clients
modules tests/e2e/reference
modules tests/e2e/cluster
