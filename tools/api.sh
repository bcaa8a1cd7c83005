#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The public interface and what is said of it: each function stands in README.md, each name that
# protocol-notes/api.md gives is one, and each row of its tables says what shows it.  (Whether that
# is there is looked at by named-tests.sh.)
headers="include/*.h"
bad=0

for name in $(sed -n 's/^SIO_API .*[ *]\(sio_[a-z0-9_]*\)(.*/\1/p' include/sio.h); do
	grep -qw "$name" README.md || { echo "api: $name is not in README.md"; bad=1; }
done
for name in $(grep -oiE '`sio_[a-z0-9_]+' protocol-notes/api.md | tr -d '`' | sort -u); do
	grep -qw "$name" $headers tests/unit/*.c || { echo "api: there is no $name"; bad=1; }
done
awk -F'|' '/^\|/ && $(NF - 1) !~ /[A-Za-z]/ && !/^\|[-|]*$/ { print "api: shown by nothing: " $0; bad = 1 }
	END { exit bad }' protocol-notes/api.md protocol-notes/parity.md || bad=1

[ "$bad" = 0 ] && echo "api: README and notes name what there is"
exit $bad
