#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What documents say shows something is there: `name.test.mjs "title", "title"`, where a title may be
# one that a table of cases makes; `name` in `test_file` for unit tests; and "engine.io 98, 99" for
# numbered statements of protocol-notes.  The documents are given, or those that name tests.  A row of
# a table whose last cell is empty is shown by nothing.
[ $# -gt 0 ] || set -- SECURITY.md protocol-notes/parity.md protocol-notes/api.md
found=0
missing=0

# verdict <document> <what it names> <whether that is there>
verdict() {
	if [ "$3" = 0 ]; then
		found=$((found + 1))
	else
		echo "$1: there is no $2"
		missing=$((missing + 1))
	fi
}

# Whether a template in the file makes the title, of words that the file has.
made_by_template() {
	grep -oE '`[^`]*[$][{][^`]*`' "$2" | sort -u | while IFS= read -r template; do
		pattern=$(printf '%s' "$template" | sed -e 's/^`//; s/`$//' -e 's/[$]{[^}]*}/\x01/g' \
			-e 's/[][\\.*^$|()+?{}/]/\\&/g' -e 's/\x01/(.*)/g')
		word=$(printf '%s\n' "$1" | sed -nE "s/^$pattern\$/\\1/p" 2>/dev/null)
		[ -n "$word" ] && grep -qF -e "$word" "$2" && echo yes && break
	done | grep -q yes
}

has_title() {
	for where in tests/e2e/"$2" tests/e2e/*/"$2"; do
		[ -f "$where" ] || continue
		grep -qF -e "'$1'" -e "\"$1\"" -e "\`$1\`" "$where" && return 0
		made_by_template "$1" "$where" && return 0
	done
	return 1
}

check_titles() {
	grep -oE '[A-Za-z0-9_-]+\.test\.mjs( "[^"]*"(, "[^"]*")*)?' "$1" | sort -u >"$list"
	while IFS= read -r line; do
		file=${line%% *}
		ls tests/e2e/"$file" tests/e2e/*/"$file" 2>/dev/null | grep -q .
		verdict "$1" "$file" $?
		printf '%s\n' "$line" | grep -oE '"[^"]*"' | tr -d '"' >"$titles"
		while IFS= read -r title; do
			has_title "$title" "$file"
			verdict "$1" "$file \"$title\"" $?
		done <"$titles"
	done <"$list"
}

check_units() {
	grep -oE '(`[a-z0-9_]+`,? (and )?)+in `test_[a-z0-9_]+`' "$1" | sort -u >"$list"
	while IFS= read -r line; do
		unit=tests/unit/$(printf '%s' "${line##* }" | tr -d '`').c
		for name in $(printf '%s' "${line% in *}" | tr -d '`,' | sed 's/ and / /g'); do
			grep -qw "$name" "$unit" 2>/dev/null
			verdict "$1" "$name in $unit" $?
		done
	done <"$list"
}

check_statements() {
	notes='engine\.io|socket\.io|cluster|websocket|deflate|differences|files|http|json'
	grep -oE "\b($notes) [0-9]+(, [0-9]+)*" "$1" | sort -u >"$list"
	while IFS= read -r line; do
		for number in $(printf '%s' "${line#* }" | tr -d ','); do
			grep -q "^$number\. " "protocol-notes/${line%% *}.md"
			verdict "$1" "statement $number in ${line%% *}.md" $?
		done
	done <"$list"
}

check_rows() {
	awk '/^[|]/ && !/^[|][-| ]*$/ && /[|] *[|] *$/ { print FNR }' "$1" >"$list"
	while IFS= read -r row; do
		verdict "$1" "test that shows row $row" 1
	done <"$list"
}

list=$(mktemp)
titles=$(mktemp)
trap 'rm -f "$list" "$titles"' EXIT
for document in "$@"; do
	check_rows "$document"
	check_titles "$document"
	check_units "$document"
	check_statements "$document"
done
echo "named-tests: $found passed, $missing failed"
[ "$missing" = 0 ] && [ "$found" -gt 0 ]
