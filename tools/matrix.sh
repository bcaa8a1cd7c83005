#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs the official clients of every generation against the server in SIO_BUILD_DIR and prints their
# table; all of the output when a check fails.
log=${SIO_BUILD_DIR:?the build folder}/matrix.log
export SIO_BUILD_DIR

node --test --test-reporter=tap tests/e2e/clients.test.mjs >"$log" 2>&1
status=$?
[ "$status" = 0 ] || cat "$log"
sed -n 's/^# \(.* | .*\)/\1/p' "$log"
rows=$(grep -c '^# .* | ' "$log")
exit $((status != 0 || rows < 2))
