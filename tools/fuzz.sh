#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fuzz.sh <folder of programs> <name...>: each target for FUZZ_SECONDS, from its vectors on.  What
# it finds worth keeping stays in build/fuzz/corpus/; what breaks it in build/fuzz/crash-<name>-*.
dir=${1:?folder of programs}
shift
bad=0

for name in "$@"; do
	corpus=$dir/corpus/$name
	log=$dir/$name.log
	mkdir -p "$corpus"
	if "$dir/fuzz_$name" -max_total_time="${FUZZ_SECONDS:-60}" -print_final_stats=1 \
		-artifact_prefix="$dir/crash-$name-" "$corpus" "$(tools/vectors.sh "$name")" >"$log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		echo "fuzz $name: $runs runs, $(ls "$corpus" | wc -l) inputs kept, no crash"
	else
		tail -n 40 "$log"
		echo "fuzz $name: broken, see $log and $dir/crash-$name-*"
		bad=1
	fi
done
exit $bad
