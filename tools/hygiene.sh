#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What git tracks has no vendored module, no build product, no registry's host name, no mark of
# unfinished work and no path of one machine.
git rev-parse --git-dir >/dev/null 2>&1 || { echo "hygiene: skipped, not a git repository"; exit 0; }
bad=0

# forbid <what it is> <git grep's arguments...>: prints what it finds and fails.
forbid() {
	what=$1
	shift
	git grep -nIE "$@" && { echo "hygiene: $what"; bad=1; }
}

# The brackets keep these patterns from finding themselves.
forbid "a registry's host is named" 'registry[.]npm|regis[t]ry\.yarn|deb[.]debian|npmjs[.](org|com)'
forbid "a lock file says where from" '"resol[v]ed":' -- '*.json'
forbid "a mark of unfinished work" '\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b'
forbid "a path of one machine" '(^|[^A-Za-z0-9._$}*])/(home|ro[o]t|Users|work)/'
git ls-files | grep -E '(^|/)(node_modules|build)/|\.(o|a|so|tgz)$|socket\.io.*\.min\.js' &&
	{ echo "hygiene: a file that is built or installed is tracked"; bad=1; }

[ "$bad" = 0 ] && echo "hygiene: nothing that does not belong"
exit $bad
