#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Each public function of sio.h stands in README.md.
missing=$(sed -n 's/^SIO_API .*[ *]\(sio_[a-z0-9_]*\)(.*/\1/p' include/sio.h |
	while read -r name; do grep -qw "$name" README.md || echo "$name"; done)
[ -z "$missing" ] && exit 0
printf 'README.md does not name %s\n' $missing
exit 1
