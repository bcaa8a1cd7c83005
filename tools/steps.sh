#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs make's goals one after the other, one line each; a failed one shows its output.  A step that
# says "what: N passed, M failed" counts as that many checks, one that was skipped as none, any other
# as one.
passed=0
failed=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT

for goal in "$@"; do
	start=$(date +%s)
	${MAKE:-make} --no-print-directory "$goal" >"$out" 2>&1
	status=$?
	counts=$(sed -n 's/.*: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$out" |
		awk '{ p += $1; f += $2 } END { if (NR) print p, f }')
	skipped=$(sed -n 's/.*: skipped, //p' "$out")
	[ -n "$counts" ] || counts="$((status == 0 && ${#skipped} == 0)) 0"
	good=${counts% *}
	bad=${counts#* }
	[ "$status" != 0 ] && [ "$bad" = 0 ] && bad=1
	passed=$((passed + good))
	failed=$((failed + bad))
	seconds=$(($(date +%s) - start))
	if [ "$status" = 0 ] && [ -n "$skipped" ]; then
		printf 'skipped %-14s %s\n' "$goal" "$skipped"
	elif [ "$status" = 0 ]; then
		printf 'ok      %-14s %4d passed  %3d s\n' "$goal" "$good" "$seconds"
	else
		cat "$out"
		printf 'FAILED  %-14s %4d passed  %3d s, %d failed\n' "$goal" "$good" "$seconds" "$bad"
	fi
done
echo "checks: $passed passed, $failed failed"
[ "$failed" = 0 ]
