#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Proves that layers.sh sees a wrong include, one for each rule, and lets the right ones pass.
tools=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cd "$tree" || exit 1
mkdir -p src/base src/wire src/engine src/socketio src/net src/adapter/redis src/msgpack client-demo
touch src/base/buf.h src/wire/http.h src/engine/engine.h src/engine/session.h \
	src/socketio/room.h src/socketio/json.h src/msgpack/packet.h src/net/lws.h
passed=0
failed=0

# expect <exit code> <file> <include>
expect() {
	printf '#include <stddef.h>\n#include %s\n' "$3" >"$2"
	answer=$("$tools/layers.sh" src client-demo)
	status=$?
	if [ "$status" = "$1" ] && { [ "$status" = 0 ] || [ "${answer#*"$2":2: }" != "$answer" ]; }; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "layers-test: $2 with $3 gave exit code $status, not $1: $answer"
	fi
	rm -f "$2"
}

refused() { expect 1 "$@"; }
allowed() { expect 0 "$@"; }

allowed src/base/a.c '"buf.h"'
refused src/base/a.c '"../engine/engine.h"'
refused src/base/a.c '<uv.h>'
refused src/base/a.c '<sys/socket.h>'
allowed src/wire/a.c '"../base/./buf.h"'
allowed src/wire/a.c '<zlib.h>'
refused src/wire/a.c '"../engine/engine.h"'
refused src/engine/a.c '"../wire/http.h"'
refused src/engine/a.c '"../socketio/room.h"'
refused src/engine/a.c '<cjson/cJSON.h>'
refused src/engine/a.c '<sio.h>'
allowed src/socketio/a.c '"../engine/engine.h"'
refused src/socketio/a.c '"../engine/session.h"'
refused src/socketio/a.c '"../net/lws.h"'
refused src/socketio/a.c '<libwebsockets.h>'
allowed src/net/a.c '<libwebsockets.h>'
refused src/net/a.c '"../socketio/room.h"'
refused src/net/a.c '<cJSON.h>'
allowed src/socketio/a.c '<sio_adapter.h>'
allowed src/adapter/redis/a.c '<sio_adapter.h>'
refused src/engine/a.c '<sio_adapter.h>'
refused src/adapter/redis/a.c '"../../socketio/room.h"'
allowed src/adapter/redis/a.c '"../../socketio/json.h"'
allowed src/adapter/redis/a.c '"../../msgpack/packet.h"'
allowed src/adapter/redis/a.c '<sio_redis.h>'
refused src/adapter/redis/a.c '<libwebsockets.h>'
allowed src/server.c '"net/lws.h"'
refused src/server_options.c '<libwebsockets.h>'
refused src/other.c '"net/lws.h"'
refused src/base/a.c '"nothing.h"'
refused src/base/a.c 'MACRO_H'
allowed client-demo/a.c '"sio.h"'
refused client-demo/a.c '"../src/base/buf.h"'

echo "layers-test: $passed passed, $failed failed"
[ "$failed" = 0 ]
