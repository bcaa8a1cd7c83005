#!/bin/sh
# SPDX-License-Identifier: MIT
#
# hardening.sh <library or program...>: each was built and linked with what makes mistakes harder to
# exploit.  Read with readelf, since a flag that a compiler ignores is of no use.
bad=0
seen=0

# lacks <file> <what> <pattern>: complains unless the pattern is in what readelf said.
lacks() {
	printf '%s\n' "$said" | grep -qE "$3" || { echo "hardening: $1: no $2"; bad=1; }
}

# has <file> <what> <pattern>
has() {
	printf '%s\n' "$said" | grep -qE "$3" && { echo "hardening: $1: $2"; bad=1; }
}

for file in "$@"; do
	said=$(LC_ALL=C readelf -hldW --dyn-syms "$file") || exit 1
	seen=$((seen + 1))
	lacks "$file" "place-independent code" 'Type: +DYN'
	lacks "$file" "read-only relocations" 'GNU_RELRO'
	lacks "$file" "binding at the start" 'BIND_NOW|Flags:.* NOW'
	lacks "$file" "stack that is not code" 'GNU_STACK .* RW '
	has "$file" "relocations in its code" 'TEXTREL'
	has "$file" "a path of its own for libraries" '\((RPATH|RUNPATH)\)'
	lacks "$file" "stack protector" '__stack_chk_fail'
	lacks "$file" "checked copies (_FORTIFY_SOURCE)" '_chk(@|$)'
	case $file in
	*.so*) ;;
	*) lacks "$file" "PIE" 'Flags:.* PIE' ;;
	esac
done
[ "$bad" = 0 ] && echo "hardening: $seen files"
exit $bad
