#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fails on a source file that clang-format would lay out differently.  Versions of clang-format
# differ in taste, and the layout of this tree is version 14's.
wanted=14
format=$(command -v clang-format-$wanted || command -v clang-format)
version=$("${format:-clang-format}" --version | sed 's/.*version \([0-9]*\).*/\1/')
if [ "$version" != "$wanted" ]; then
	echo "format-check: skipped, clang-format is version ${version:-none}, not $wanted"
	exit 0
fi

"$format" --dry-run -Werror "$@" || exit 1

# What clang-format leaves alone: a first line that is not the licence's, spaces at a line's end.
bad=0
for source in "$@"; do
	[ "$(head -n 1 "$source")" = '/* SPDX-License-Identifier: MIT */' ] ||
		{ echo "$source:1: the first line is not the licence's"; bad=1; }
done
grep -nE '[[:space:]]+$' "$@" /dev/null && bad=1
[ "$bad" = 0 ] && echo "format-check: $# files"
exit $bad
