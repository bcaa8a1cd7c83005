#!/bin/sh
# SPDX-License-Identifier: MIT
#
# symbols.sh <build folder>: what the libraries show to an application is named sio_*, what sio.h
# and sio_adapter.h declare is there, and the version is the same everywhere.
dir=${1:?the build folder}
bad=0

fail() {
	echo "symbols: $*"
	bad=1
}

shown=$(nm -D --defined-only "$dir/libsio.so.$VERSION" | awk '{ print $NF }' | sort)
global=$(nm -g --defined-only "$dir/libsio.a" | awk 'NF == 3 { print $3 }' | sort)
declared=$(gcc -E -P -Iinclude $(pkg-config --cflags libcjson) include/sio_adapter.h | tr '\n' ' ' |
	sed 's/static inline[^{]*{[^}]*}//g' | tr ';' '\n' | grep -v typedef |
	grep -oE '\bsio_[a-z0-9_]+ *\([^*]' | sed 's, *(.*,,' | sort -u)

[ "$shown" = "$global" ] || fail "the archive and the shared library differ"
for name in $shown $global; do
	case $name in
	sio_*) ;;
	*) fail "$name is visible to applications" ;;
	esac
done
for name in $declared; do
	printf '%s\n' "$shown" | grep -qx "$name" || fail "a header declares $name, the library lacks it"
done

header=$(printf '#include "sio.h"\nversion SIO_VERSION\n' |
	gcc -E -P -Iinclude $(pkg-config --cflags libcjson) - | sed -n 's/^version //p' | tr -d '" ')
[ "$header" = "$VERSION" ] || fail "sio.h says version $header, the Makefile $VERSION"

if [ -e "$dir/libsio-msgpack.so.$VERSION" ]; then
	others=$(nm -D --defined-only "$dir/libsio-msgpack.so.$VERSION" | awk '{ print $NF }')
	[ "$others" = sio_msgpack_parser ] || fail "libsio-msgpack shows $others"
fi

if [ -e "$dir/libsio-redis.so.$VERSION" ]; then
	others=$(nm -D --defined-only "$dir/libsio-redis.so.$VERSION" | awk '{ print $NF }' | sort)
	global=$(nm -g --defined-only "$dir/libsio-redis.a" | awk 'NF == 3 { print $3 }' | sort)
	[ "$others" = "$global" ] || fail "libsio-redis: the archive and the shared library differ"
	for name in $others; do
		grep -q "\b$name(" include/sio_redis.h || fail "libsio-redis shows $name"
	done
	for name in $(grep -o '\bsio_redis_adapter\b\|\bsio_emitter_[a-z_]*(' include/sio_redis.h | tr -d '('); do
		printf '%s\n' "$others" | grep -qx "$name" || fail "libsio-redis lacks $name"
	done
fi

[ -n "$shown" ] || fail "no public function at all"
[ "$bad" = 0 ] && echo "symbols: $(printf '%s\n' "$shown" | wc -l) public functions"
exit $bad
