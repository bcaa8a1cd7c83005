// SPDX-License-Identifier: MIT
//
// Thousands of random operations on many clients over real sockets, by both transports, across
// upgrades and in both versions, with calls for sockets that fail, against a model of who must be
// sent what (tests/soak/model.c).  The longer form: build/release/model <seconds> [<seed>].

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Program, buildDir } from './support/server.mjs';

const SECONDS = '4';

test('random operations agree with the model', async (t) => {
	const model = new Program(`${buildDir}/model`, [SECONDS], {});
	const { code } = await model.closed;
	t.diagnostic(model.stdout.trim());

	assert.equal(code, 0, model.stdout + model.stderr);
	const [, upgrades, messages, cut, lost] =
		/, (\d+) upgrades, (\d+) messages .* (\d+) calls cut short, .* (\d+) connections/.exec(
			model.stdout,
		);
	for (const count of [upgrades, messages, cut, lost]) assert.ok(count > 0, model.stdout);
});
