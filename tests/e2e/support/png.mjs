// SPDX-License-Identifier: MIT
//
// A picture made of nothing: the tests need one and the tree shall hold no binary file.

import { deflateSync } from 'node:zlib';

function crc32(bytes) {
	let crc = ~0;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc >>> 0;
}

function chunk(name, data) {
	const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
	const frame = Buffer.alloc(8);
	frame.writeUInt32BE(data.length, 0);
	frame.writeUInt32BE(crc32(named), 4);
	return Buffer.concat([frame.subarray(0, 4), named, frame.subarray(4)]);
}

/** A PNG of a sky over two hills. */
export function png(width, height) {
	const header = Buffer.alloc(13);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	header.set([8, 2, 0, 0, 0], 8);
	const rows = Buffer.alloc(height * (1 + 3 * width));
	for (let y = 0, at = 0; y < height; y++) {
		at++;
		for (let x = 0; x < width; x++, at += 3) rows.set(colour(x / width, y / height), at);
	}
	const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
	const chunks = [
		chunk('IHDR', header),
		chunk('IDAT', deflateSync(rows)),
		chunk('IEND', Buffer.alloc(0)),
	];
	return Buffer.concat([signature, ...chunks]);
}

function colour(x, y) {
	if (y > 0.75 + 0.07 * Math.sin(9 * x + 2)) return [28, 82, 78];
	if (y > 0.62 + 0.08 * Math.sin(6 * x)) return [66, 128, 118];
	return [180 + 70 * y, 190 + 20 * y, 230 - 60 * y];
}
