#!/bin/sh
# SPDX-License-Identifier: MIT
#
# analyze.sh <gcc|cppcheck|clang-tidy>... -- <compiler flags>: runs those analyzers over src and
# fails with what they find, but for what stands in `known` below.  SHALLOW=yes lets clang-tidy's
# analyzer look at each function by itself, which takes a tenth of the time.
#
# gcc's checks for leaks and for NULL are off: version 12 loses track of what hangs on an intrusive
# list, and of a pointer that is there whenever a length is not 0.
analyzers=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	analyzers="$analyzers $1"
	shift
done
shift
out=$(mktemp)
trap 'rm -f "$out"' EXIT
jobs=$(nproc)

# What was looked at and is no mistake: file, check, and why.
known() {
	cat <<-'END'
	src/base/list.h|analyzer-use-after-free|the node before a freed one is the head, which lives
	src/net/listener.c|core.CallAndMessage|getsockname() has said which address it is
	src/socketio/ack.c|possible-null-dereference|the loop runs only where there is memory
	src/base/buf.c|core.NonNullParamChecker|a length that is not 0 has memory
	src/net/files_open.c|core.NonNullParamChecker|the same
	src/net/files_open.c|core.NullDereference|the same
	src/net/route.c|core.NonNullParamChecker|the same
	src/wire/deflate_offer.c|core.UndefinedBinaryOperatorResult|set whenever the verdict is good
	src/wire/deflate.c|uninitvar|a byte to write to, which is never read
	src/msgpack/read.c|memleak|whoever reads a packet frees what it has got so far
	src/socketio/json_format.c|CastIntegerToAddressAtReturn|"template" is a type here, no C++
	END
}

sources() { find src -name '*.c' | LC_ALL=C sort; }

run_gcc() {
	sources | xargs -P "$jobs" -n 1 gcc "$@" -O1 -fanalyzer -fdiagnostics-plain-output \
		-Wno-analyzer-malloc-leak -Wno-analyzer-null-argument \
		-Wno-analyzer-null-dereference -c -o /dev/null 2>&1 |
		sed -n 's/^\(src[^ ]*\): \(warning\|error\|fatal error\): \(.*\)/\1 \3/p'
}

run_cppcheck() {
	cppcheck --std=c11 --enable=warning,performance,portability --quiet -j "$jobs" \
		--suppress=missingIncludeSystem --template='{file}:{line}: {message} [{id}]' \
		'-DcJSON_ArrayForEach(item,all)=for(item=(all)->child;item;item=item->next)' \
		-Iinclude -D_GNU_SOURCE -DHAVE_BROTLI -DHAVE_MSGPACK src 2>&1
}

run_clang_tidy() {
	option=--extra-arg=-Xclang
	shallow=${SHALLOW:+$option --extra-arg=-analyzer-config $option --extra-arg=mode=shallow}
	sources | xargs -P "$jobs" -n 3 sh -c "clang-tidy --quiet $shallow"' "$@" -- '"$*" sh 2>/dev/null |
		sed -n "s|^$PWD/||; s/^\(src[^ ]*\): \(warning\|error\): \(.*\)/\1 \3/p"
}

bad=0
for name in $analyzers; do
	start=$(date +%s)
	case $name in
	gcc) run_gcc "$@" ;;
	cppcheck) run_cppcheck ;;
	clang-tidy) run_clang_tidy "$@" ;;
	esac | sed 's|/[a-z]*/\.\./|/|; s|/[a-z]*/\.\./|/|' | LC_ALL=C sort -u >"$out"
	known | while IFS='|' read -r file check why; do
		grep -v "^$file:.*$check" "$out" >"$out.left"
		mv "$out.left" "$out"
	done
	cat "$out"
	[ -s "$out" ] && bad=1
	echo "analyze: $name: $(wc -l <"$out") findings in $(($(date +%s) - start)) s"
done
exit $bad
