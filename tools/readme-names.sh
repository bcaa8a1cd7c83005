#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Each public function of sio.h stands in README.md, and each name that protocol-notes/api.md gives
# is one (or the name of a unit test).
missing=$(sed -n 's/^SIO_API .*[ *]\(sio_[a-z0-9_]*\)(.*/\1/p' include/sio.h |
	while read -r name; do grep -qw "$name" README.md || echo "$name"; done)
[ -z "$missing" ] || printf 'README.md does not name %s\n' $missing
unknown=$(grep -oiE '`sio_[a-z0-9_]+' protocol-notes/api.md | tr -d '`' | sort -u |
	while read -r name; do grep -qw "$name" include/*.h tests/unit/*.c || echo "$name"; done)
[ -z "$unknown" ] || printf 'api.md names %s, which is not there\n' $unknown
[ -z "$missing$unknown" ]
