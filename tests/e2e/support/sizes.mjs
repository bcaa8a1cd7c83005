// SPDX-License-Identifier: MIT
//
// Sizes of messages, and of their fragments, that compression is tried with.

const KB = 1024;

/** [bytes of a message, bytes of its fragments before masking; undefined: it is sent whole] */
export const SIZES = [
	...[16, 64, 256, KB, 4 * KB, 8 * KB, 16 * KB, 32 * KB, 64 * KB, 128 * KB].map((size) => [size]),
	...[8 * KB, 16 * KB, 32 * KB, 64 * KB, 128 * KB].map((size) => [size, 256]),
	...[KB, 4 * KB, 32 * KB].map((fragment) => [128 * KB, fragment]),
];

/** How often: a few large messages, many small ones. */
export const timesOf = (size) => Math.max(3, Math.min(100, (160 * KB) / size));
