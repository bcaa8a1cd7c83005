#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs the end-to-end tests against the programs in SIO_BUILD_DIR; all of the output when one fails.
log=${SIO_BUILD_DIR:?the build folder}/e2e.log
export SIO_BUILD_DIR

node --test --test-reporter=tap --test-timeout=120000 tests/e2e/*.test.mjs \
	tests/e2e/hostile/*.test.mjs >"$log" 2>&1
status=$?
[ "$status" = 0 ] || cat "$log"
count() { sed -n "s/^# $1 //p" "$log" | tail -n 1; }
passed=$(count pass)
failed=$(($(count tests) - ${passed:-0} - $(count skipped)))
echo "end-to-end tests: ${passed:-0} passed, $failed failed"
[ "$(count skipped)" = 0 ] || echo "end-to-end tests: $(count skipped) skipped"
[ "$status" = 0 ] && [ "${passed:-0}" -gt 0 ]
