// SPDX-License-Identifier: MIT
//
// What the application may choose of sessions and of their path.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Options');

const POLL = '?EIO=4&transport=polling';
const WEBSOCKET = '?EIO=4&transport=websocket';

/* ---- A packet that each session begins with ---- */

const greeting = { env: { INITIAL_PACKET: '2["hello",1]', ALLOW_EIO3: '1' } };
for (const version of ['EIO=4', 'EIO=3']) {
	const of = (query) => query.replace('EIO=4', version);
	table.row(
		`an initial packet over polling, ${version}`,
		async (talk) => {
			await talk.ask(`GET ${of(POLL)}`);
			const session = await talk.polling(of(POLL));
			await session.post(version === 'EIO=4' ? '40' : '6:44/x,7', { quiet: true });
			await session.poll();
		},
		greeting,
	);
	table.row(
		`an initial packet over WebSocket, ${version}`,
		async (talk) => {
			const wire = talk.wire();
			await wire.upgrade(of(WEBSOCKET));
			await wire.frame();
			await wire.frame();
			if (version === 'EIO=4') await wire.exchange('40');
		},
		greeting,
	);
}

/* ---- The path ---- */

/** Requests that open a session, or do not. */
const asked = {
	'the path with its slash': (path) => `${path}/${POLL}`,
	'the path without a slash': (path) => path + POLL,
	'a longer path': (path) => `${path}more${POLL}`,
	'a path below': (path) => `${path}/more${POLL}`,
};
const forms = {
	'no trailing slash': ['/socket.io', { NO_TRAILING_SLASH: '1' }],
	'a path of its own': ['/a/b', { ENGINE_PATH: '/a/b' }],
	'a path that ends with a slash': ['/a/b', { ENGINE_PATH: '/a/b/' }],
	'a path of its own, no trailing slash': ['/a/b', { ENGINE_PATH: '/a/b/', NO_TRAILING_SLASH: '1' }],
};
for (const [form, [path, env]] of Object.entries(forms)) {
	for (const [name, target] of Object.entries(asked))
		table.row(
			`${form}: ${name}`,
			async (talk) => {
				const { status } = await talk.ask(`GET ${target(path)}`, { quiet: true });
				talk.said.push({ direction: '<', text: String(status) });
			},
			{ env },
		);
	table.row(
		`${form}: a WebSocket`,
		async (talk) => {
			const wire = talk.wire();
			await wire.upgrade(path + (env.NO_TRAILING_SLASH ? WEBSOCKET : `/${WEBSOCKET}`));
			await wire.frame();
		},
		{ env },
	);
	table.row(`${form}: a file`, (talk) => talk.ask(`GET ${path}/socket.io.js`), {
		env,
		aside: ['vary'],
	});
}
