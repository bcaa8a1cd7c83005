#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs the end-to-end tests against the programs in SIO_BUILD_DIR; all of the output when one fails.
# E2E_WITHOUT names files (words, without .test.mjs) that are left out, E2E_ONLY those that are run.
#
# The files run beside each other: most of them wait most of the time.  By itself node would run one
# at a time on two cores.
log=${SIO_BUILD_DIR:?the build folder}/e2e.log
export SIO_BUILD_DIR

files=
for file in tests/e2e/*.test.mjs tests/e2e/hostile/*.test.mjs; do
	name=${file##*/}
	name=${name%.test.mjs}
	case " ${E2E_WITHOUT:-} " in *" $name "*) continue ;; esac
	case " ${E2E_ONLY:-$name} " in *" $name "*) files="$files $file" ;; esac
done
# shellcheck disable=SC2086 # the list is words
node --test --test-reporter=tap --test-concurrency=3 --test-timeout=240000 $files >"$log" 2>&1
status=$?
[ "$status" = 0 ] || cat "$log"
count() { sed -n "s/^# $1 //p" "$log" | tail -n 1; }
passed=$(count pass)
failed=$(($(count tests) - ${passed:-0} - $(count skipped)))
echo "end-to-end tests: ${passed:-0} passed, $failed failed"
[ "$(count skipped)" = 0 ] || echo "end-to-end tests: $(count skipped) skipped"
[ "$status" = 0 ] && [ "${passed:-0}" -gt 0 ]
