#!/bin/sh
# SPDX-License-Identifier: MIT
#
# coverage.sh <build folder> <folder of sources...>: runs the unit tests and replays every vector,
# and prints which share of each file's lines was reached; below COVERAGE_LEAST per cent of all of
# them (95) it fails.  Lines that nothing reaches stand in <build folder>/uncovered.txt.
dir=${1:?the build folder}
shift
find "$dir" -name '*.gcda' -exec rm -f {} +
log=$dir/run.log
: >"$log"
for program in "$dir"/unit/*; do
	"$program" >>"$log" 2>&1 || { cat "$log"; echo "coverage: $program failed"; exit 1; }
done
export MEMORY_WALK=1
for program in "$dir"/replay/*; do
	"$program" "$(tools/vectors.sh "${program##*/}")" >>"$log" 2>&1 ||
		{ cat "$log"; echo "coverage: $program failed"; exit 1; }
done

# gcov's text has one line of source each: how often it ran (or ##### or -), its number, itself.  A
# header stands in several objects, and what one of them reached counts.
for folder in "$@"; do
	find "$dir/obj/$folder" -name '*.gcda'
done | xargs gcov --stdout --preserve-paths 2>/dev/null |
	awk -v folders="$*" -v least="${COVERAGE_LEAST:-95}" -v missed="$dir/uncovered.txt" '
	BEGIN { n = split(folders, folder, " ") }
	{
		count = $0; sub(/:.*/, "", count); gsub(/[ *]/, "", count)
		rest = substr($0, index($0, ":") + 1)
		line = rest; sub(/:.*/, "", line); line += 0
		text = substr(rest, index(rest, ":") + 1)
	}
	line == 0 && text ~ /^Source:/ { file = substr(text, 8); next }
	line == 0 || count == "-" || count == "" { next }
	{
		reached = count !~ /^[#=]+$/
		if (!((file, line) in seen)) { seen[file, line] = reached; source[file, line] = text }
		else if (reached) seen[file, line] = 1
		if (line > last[file]) last[file] = line
	}
	function row(name, all, hit) {
		printf "%-36s %6d %6d %7.1f %%\n", name, all, hit, all ? 100 * hit / all : 100
	}
	END {
		printf "%-36s %6s %6s %9s\n", "", "lines", "run", ""
		printf "" > missed
		for (i = 1; i <= n; i++) {
			hits = lines = files = 0
			for (file in last) {
				if (index(file, folder[i] "/") != 1) continue
				all = hit = 0
				for (k = 1; k <= last[file]; k++) {
					if (!((file, k) in seen)) continue
					all++
					hit += seen[file, k]
					if (!seen[file, k]) printf "%s:%d:%s\n", file, k, source[file, k] | ("sort -t: -k1,1 -k2,2n > " missed)
				}
				lines += all; hits += hit
				if (hit < all) partly[++files] = sprintf("  %-34s %6d %6d %7.1f %%", file, all, hit, 100 * hit / all)
			}
			row(folder[i], lines, hits)
			for (k = 1; k <= files; k++) print partly[k]
			total += lines; run += hits
			if (lines == 0) empty = folder[i]
		}
		row("all", total, run)
		if (empty) { print "coverage: nothing is known of " empty; exit 1 }
		exit total == 0 || 100 * run < least * total
	}'
