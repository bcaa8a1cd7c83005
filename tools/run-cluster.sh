#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run-cluster.sh <program> <port>: a Redis and two servers on ports of this machine, until Ctrl-C.
# REDIS_URL names a Redis that is there already.
program=${1:?the program} port=${2:-3000} pids=
stop() {
	trap - INT TERM EXIT
	# shellcheck disable=SC2086 # the list is words
	kill $pids 2>/dev/null
	wait
}
trap stop EXIT
trap 'exit 0' INT TERM

if [ -z "${REDIS_URL:-}" ]; then
	redis=$((port + 1000))
	redis-server --bind 127.0.0.1 --port "$redis" --save '' --appendonly no --dir /tmp \
		>/dev/null &
	pids=$!
	export REDIS_URL="redis://127.0.0.1:$redis"
fi
for each in "$port" $((port + 1)); do
	"$program" --port "$each" --public client-demo/cluster \
		--client-dir client-demo/node_modules/socket.io-client/dist &
	pids="$pids $!"
done
wait
