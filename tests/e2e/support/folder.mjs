// SPDX-License-Identifier: MIT
//
// Folders with files in them, for servers that serve them.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { asked } from './wire.mjs';

/** A folder with the files, by path, that goes when the test `t` ends; its path. */
export function folderWith(t, files) {
	const folder = mkdtempSync(join(tmpdir(), 'sio-files-'));
	t.after(() => rmSync(folder, { recursive: true, force: true }));
	for (const [path, content] of Object.entries(files)) {
		mkdirSync(dirname(join(folder, path)), { recursive: true });
		if (path.endsWith('/')) mkdirSync(join(folder, path));
		else writeFileSync(join(folder, path), content);
	}
	return folder;
}

/** Asks the server to mount the folder; what became of it: "success", or an error. */
export async function tryToMount(t, server, prefix, folder) {
	const body = Buffer.from(`${prefix}\0${folder}`);
	return (await asked(t, server, 'POST', '/mount', { body })).body;
}

export async function mount(t, server, prefix, folder) {
	assert.equal(await tryToMount(t, server, prefix, folder), 'success', `mounting ${prefix}`);
}
