#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs every test program, as many at once as there are processors, shows Check's closing line of
# each and all of a failed one's output, and fails after the last when any failed.
passed=0
failed=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# From the end of the alphabet on, where the longest is.
printf '%s\n' "$@" | sort -r | xargs -P "$(nproc)" -n 1 sh -c '
	out=$0/$(basename "$1")
	"$1" >"$out" 2>&1
	echo $? >"$out.status"' "$dir"

for program in "$@"; do
	name=$(basename "$program")
	out=$dir/$name
	status=$(cat "$out.status")
	counts=$(sed -n 's/.*Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\).*/\1 \2 \3/p' "$out")
	# shellcheck disable=SC2086 # three numbers
	set -- ${counts:-1 1 0}
	bad=$(($2 + $3))
	[ "$status" = 0 ] || { [ "$bad" -gt 0 ] || bad=1; cat "$out"; }
	passed=$((passed + $1 - bad))
	failed=$((failed + bad))
	printf '%-20s %s\n' "$name" "$(grep Checks: "$out" || echo "no result, exit code $status")"
done
echo "unit tests: $passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
