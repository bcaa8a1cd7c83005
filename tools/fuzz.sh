#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fuzz.sh <folder of programs> <name...>: each target for FUZZ_SECONDS of processor time, from its
# vectors on.  What it finds worth keeping stays in build/fuzz/corpus/, what breaks it in
# build/fuzz/crash-<name>-*, and what it has run in all, seconds and inputs, in build/fuzz/<name>.spent.
dir=${1:?folder of programs}
shift
wanted=${FUZZ_SECONDS:-60}
tick=$(getconf CLK_TCK)
bad=0

# used PID: its processor time in hundredths of a second; nothing when it has ended.
used() {
	sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk -v tick="$tick" '$1 != "Z" { print int(100 * ($12 + $13) / tick) }'
}

for name in "$@"; do
	corpus=$dir/corpus/$name
	log=$dir/$name.log
	mkdir -p "$corpus"
	"$dir/fuzz_$name" -print_final_stats=1 -artifact_prefix="$dir/crash-$name-" \
		"$corpus" "$(tools/vectors.sh "$name")" >"$log" 2>&1 &
	fuzzer=$!
	trap 'kill $fuzzer 2>/dev/null; exit 1' INT TERM
	spent=0
	while now=$(used $fuzzer) && [ -n "$now" ]; do
		spent=$now
		[ "$spent" -lt $((wanted * 100)) ] || kill -USR1 $fuzzer
		sleep 1
	done
	# Asked by SIGUSR1, a fuzzer ends with 0 and its statistics.
	if wait $fuzzer; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
		[ -f "$dir/$name.spent" ] || echo 0 0 >"$dir/$name.spent"
		read -r seconds inputs <"$dir/$name.spent"
		echo "$((seconds + spent / 100)) $((inputs + runs))" >"$dir/$name.spent"
		echo "fuzz $name: $((spent / 100)) s, $runs runs, $edges edges, $(ls "$corpus" | wc -l) inputs kept, no crash"
	else
		tail -n 40 "$log"
		echo "fuzz $name: broken, see $log and $dir/crash-$name-*"
		bad=1
	fi
done
exit $bad
