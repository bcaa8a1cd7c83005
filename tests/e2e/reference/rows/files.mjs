// SPDX-License-Identifier: MIT
//
// The official client's files.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Client files');

/* differences.md 27 has a case of its own. */
const row = (name, play, env) => table.row(name, play, { env, aside: ['vary'] });

const SCRIPTS = ['', '.min', '.esm.min', '.msgpack.min'].map((kind) => `socket.io${kind}.js`);
const FILES = SCRIPTS.flatMap((name) => [name, `${name}.map`]);
const SCRIPT = '/socket.io/socket.io.min.js';

for (const name of FILES) row(name, (talk) => talk.ask(`GET /socket.io/${name}`));
for (const method of ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
	row(`${method} makes no difference`, (talk) => talk.ask(`${method} ${SCRIPT}`));
}

/* ---- Codings ---- */

const codings = [
	'br',
	'gzip',
	'deflate',
	'identity',
	'',
	'*;q=0',
	'br;q=0, gzip',
	'gzip;q=0.1, br;q=0',
];
codings.push('deflate, br;q=0.9', 'foo', 'GZIP', '*');
for (const coding of codings) {
	row(`for one that accepts "${coding}"`, (talk) =>
		talk.ask(`GET ${SCRIPT}`, { headers: { 'Accept-Encoding': coding } }),
	);
}
row('a map in gzip', (talk) =>
	talk.ask(`GET ${SCRIPT}.map`, { headers: { 'Accept-Encoding': 'gzip' } }),
);
row('HEAD in gzip', (talk) =>
	talk.ask(`HEAD ${SCRIPT}`, { headers: { 'Accept-Encoding': 'gzip' } }),
);

/* ---- Tags ---- */

const tags = ['"4.8.4"', 'W/"4.8.4"', '"4.8.3"', '4.8.4', '*', '"4.8.4", "a"', '"a", "4.8.4"', ''];
tags.push('w/"4.8.4"', 'W/4.8.4');
for (const tag of tags) {
	row(`If-None-Match: ${tag}`, (talk) =>
		talk.ask(`GET ${SCRIPT}`, { headers: { 'If-None-Match': tag } }),
	);
}
row('a 304 to HEAD and to POST', async (talk) => {
	const headers = { 'If-None-Match': '"4.8.4"' };
	await talk.ask(`HEAD ${SCRIPT}`, { headers });
	await talk.ask(`POST ${SCRIPT}`, { headers });
});
row('If-Modified-Since and Range mean nothing', async (talk) => {
	const headers = { 'If-Modified-Since': 'Sat, 21 Nov 2026 00:00:00 GMT', Range: 'bytes=0-9' };
	await talk.ask(`GET ${SCRIPT}`, { headers });
});

/* ---- Names ---- */

const names = {
	'a query behind the name': `GET ${SCRIPT}?v=1`,
	'an engine request behind the name': `GET ${SCRIPT}?EIO=4&transport=polling`,
	'an unknown name': 'GET /socket.io/socket.io.slim.js',
	'the name in capitals': 'GET /socket.io/SOCKET.IO.JS',
	'the name with an escape': 'GET /socket.io/socket%2Eio.js',
	'a folder in front of the name': 'GET /socket.io/dist/socket.io.js',
	'a second slash in front of the name': 'GET /socket.io//socket.io.js',
	'a slash behind the name': 'GET /socket.io/socket.io.js/',
	'package.json': 'GET /socket.io/package.json',
	dots: 'GET /socket.io/../socket.io/socket.io.js',
};
for (const [name, request] of Object.entries(names)) row(name, (talk) => talk.ask(request));
row('two files on one connection', async (talk) => {
	const wire = talk.wire();
	await wire.ask(`GET ${SCRIPT}`);
	await wire.ask('GET /socket.io/socket.io.js');
});
row('HTTP/1.0', async (talk) => {
	const wire = talk.wire();
	await wire.ask(`GET ${SCRIPT}`, { version: '1.0' });
	await wire.ended();
});
row('switched off', (talk) => talk.ask(`GET ${SCRIPT}`), { CLIENT_DIR: null });
