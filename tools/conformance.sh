#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs the conformance suite against the programs in SIO_BUILD_DIR.  A case says in its name which
# numbered statements of protocol-notes it shows ("engine.io 54, 57: ...", and "engine.io 37;
# differences 51: ..." where another note says so too); one that none shows, and
# a case that names one that there is not, is a failure.
log=${SIO_BUILD_DIR:?the build folder}/conformance.log
export SIO_BUILD_DIR

node --test --test-reporter=tap --test-concurrency=4 --test-timeout=240000 \
	tests/e2e/conformance/*.test.mjs >"$log" 2>&1
status=$?
[ "$status" = 0 ] || cat "$log"

# Statements come first, one "note number" a line, then the results.
awk '
	FILENAME != "-" && /^[0-9]+\. / {
		note = FILENAME
		gsub(/.*\/|\.md$/, "", note)
		known[note, $1 + 0] = 1
		total[note]++
		if (total[note] == 1) order[++notes] = note
	}
	# What a part of a name, "engine.io 54, 57", shows.
	function show(part, good, note, n, numbers, i) {
		note = part
		sub(/ .*/, "", note)
		sub(/^[a-z.]+ /, "", part)
		n = split(part, numbers, /, */)
		for (i = 1; i <= n; i++) {
			if (!((note, numbers[i] + 0) in known)) {
				print "conformance: there is no statement " note " " numbers[i]
				lost++
			} else if (good && !shown[note, numbers[i] + 0]++) {
				of[note]++
			}
		}
		return note
	}
	FILENAME == "-" && match($0, /(^| )ok [0-9]+ - [a-z.]+ [0-9, ]+(; [a-z.]+ [0-9, ]+)*: /) {
		good = $0 !~ /not ok [0-9]+ - / && $0 !~ /# (SKIP|T[O]DO)/
		sub(/.*ok [0-9]+ - /, "")
		sub(/: .*/, "")
		parts_n = split($0, parts, /; */)
		first = show(parts[1], good)
		for (k = 2; k <= parts_n; k++) show(parts[k], good)
		cases[first]++
		if (good) passed[first]++
	}
	END {
		printf "%-12s %10s %6s %6s %7s\n", "", "statements", "shown", "cases", "passed"
		for (i = 1; i <= notes; i++) {
			note = order[i]
			printf "%-12s %10d %6d %6d %7d\n", note, total[note], of[note], cases[note], passed[note]
			p += passed[note]
			f += cases[note] - passed[note]
			for (n = 1; n <= total[note]; n++)
				if (!shown[note, n]) missing[note] = missing[note] " " n
			if (note in missing) {
				print "  not shown:" missing[note]
				lost++
			}
		}
		print "conformance: " p + 0 " passed, " f + lost " failed"
		exit f + lost > 0 || p == 0
	}' protocol-notes/*.md - <"$log" && [ "$status" = 0 ]
