// SPDX-License-Identifier: MIT
//
// Templates of sio_json(), filled in by the lab's server (tests/e2e/server/trees.c).

import assert from 'node:assert/strict';
import { Talk } from './talk.mjs';
import { asked } from './wire.mjs';

/** A tree to be given away. */
export const TREE = '{"t":[1,"x",{"":null}]}';

/**
 * What a template makes of an argument of that kind, as its text; '' if it makes
 * nothing. The argument is a JSON text or bytes, and integers are in quotes.
 */
export class Templates {
	constructor(t, talk, to) {
		Object.assign(this, { t, talk, to });
	}

	static async open(t, to) {
		return new Templates(t, await Talk.open(t, to), to);
	}

	of(template, kind = 'nothing', value = 'null', ...more) {
		return this.talk.ask('format', JSON.stringify(template), `"${kind}"`, value, ...more);
	}

	async gives(expected, ...template) {
		assert.equal(await this.of(...template), expected, template.join(' '));
	}

	async fails(...template) {
		assert.equal(await this.of(...template), '', template.join(' '));
	}

	/** How many blocks of cJSON's the server holds. */
	async blocks() {
		return (await asked(this.t, this.to, 'GET', '/blocks')).body;
	}
}
