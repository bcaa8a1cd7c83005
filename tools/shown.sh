#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What protocol-notes/parity.md and protocol-notes/api.md say that something is shown by is there:
# in the last column of their tables each test file and each title in it, each unit test, each
# numbered statement, and each name of the public headers.  Parts are separated by semicolons; one
# that begins with "C" is about JavaScript, and its quotations are not titles.
#
# And each public function stands in README.md.
unnamed=$(sed -n 's/^SIO_API .*[ *]\(sio_[a-z0-9_]*\)(.*/\1/p' include/sio.h |
	while read -r name; do grep -qw "$name" README.md || echo "$name"; done)
[ -z "$unnamed" ] || { echo "shown: not in README.md:" $unnamed; exit 1; }

awk '
	function fail(what) {
		printf "shown: %s:%d: %s\n", FILENAME, FNR, what
		bad = 1
	}
	FILENAME ~ /\.(c|h|mjs)$/ { text[FILENAME] = text[FILENAME] $0 "\n"; next }
	FILENAME ~ /\.md$/ && /^[0-9]+\. / {
		note = FILENAME
		gsub(/.*\/|\.md$/, "", note)
		known[note, $1 + 0] = 1
		notes[note] = 1
	}
	FILENAME !~ /\/(parity|api)\.md$/ || !/^\|/ || /^\|[-| ]*\|$/ || heading != FILENAME {
		if (/^\|/) heading = FILENAME
		else heading = ""
		next
	}

	# A test file of tests/e2e by its name alone.
	function found(name) {
		if (("tests/e2e/" name) in text) return "tests/e2e/" name
		if (("tests/e2e/conformance/" name) in text) return "tests/e2e/conformance/" name
		return ""
	}
	function has_title(file, title, f) {
		if (file != "") return index(text[file], title) > 0
		for (f in text)
			if (f ~ /^tests\/e2e\// && index(text[f], title)) return 1
		return 0
	}
	function is_public(name, f) {
		for (f in text)
			if (f ~ /^include\// && match(text[f], "(^|[^A-Za-z0-9_])" name "($|[^A-Za-z0-9_])"))
				return 1
		return 0
	}
	function check_unit(names, n, suite, file, i) {
		file = "tests/unit/" suite ".c"
		if (!(file in text)) fail("there is no " file)
		else
			for (i = 1; i <= n; i++)
				if (!index(text[file], "(" names[i] ")"))
					fail("there is no " names[i] " in " file)
	}
	function check_numbers(note, list, n, all, i, j, ends) {
		n = split(list, all, /, */)
		for (i = 1; i <= n; i++) {
			if (split(all[i], ends, / to /) == 1) ends[2] = ends[1]
			for (j = ends[1] + 0; j <= ends[2] + 0; j++)
				if (!((note, j) in known)) fail("there is no statement " note " " j)
		}
	}
	function check(part, prose, file, names, n, word) {
		prose = part ~ /^ *C($|[^A-Za-z0-9_])/
		file = ""
		n = 0
		while (match(part, /[a-z0-9-]+\.test\.mjs|"[^"]*"|`[^`]*`|(socket\.io|engine\.io|cluster|deflate|differences|files|http|json|websocket) [0-9]+((, | to )[0-9]+)*/)) {
			word = substr(part, RSTART, RLENGTH)
			part = substr(part, RSTART + RLENGTH)
			if (word ~ /\.test\.mjs$/) {
				file = found(word)
				if (file == "") fail("there is no " word)
			} else if (word ~ /^"/) {
				if (!prose && !has_title(file, substr(word, 2, length(word) - 2)))
					fail("there is no test " word)
			} else if (word ~ /^`test_[a-z0-9_]+`$/) {
				check_unit(names, n, substr(word, 2, length(word) - 2))
				n = 0
			} else if (word ~ /^`[a-z0-9]+(_[a-z0-9]+)+`$/ && !is_public(substr(word, 2, length(word) - 2))) {
				names[++n] = substr(word, 2, length(word) - 2)
			} else if (word ~ /^`[sS][iI][oO]_[A-Za-z0-9_]+/) {
				match(word, /[A-Za-z0-9_]+/)
				if (!is_public(substr(word, RSTART, RLENGTH)))
					fail("there is no public name " word)
			} else if (word ~ / [0-9]/ && word !~ /^`/) {
				split(word, words, " ")
				check_numbers(words[1], substr(word, length(words[1]) + 2))
			}
		}
		if (n && !prose) fail("in which file is " names[1] "?")
	}
	{
		cells = split($0, cell, "|")
		parts = split(cell[cells - 1], part, ";")
		if (cell[cells - 1] !~ /[A-Za-z]/) fail("shown by nothing")
		for (i = 1; i <= parts; i++) check(part[i])
		rows++
	}
	END {
		if (!rows) { print "shown: no rows"; exit 1 }
		if (!bad) print "shown: " rows " rows, and all that they name is there"
		exit bad
	}' include/*.h tests/unit/*.c tests/e2e/*.test.mjs tests/e2e/conformance/*.test.mjs \
	$(ls protocol-notes/*.md | grep -v -e /parity.md -e /api.md) protocol-notes/parity.md \
	$(ls protocol-notes/api.md 2>/dev/null)
