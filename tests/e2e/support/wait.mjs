// SPDX-License-Identifier: MIT
//
// Waiting with an end: every wait of the suite says what it waits for and for how long at most.

export const PATIENCE = 8_000;

/** What a clock of whole milliseconds at the other end may take away from a time measured here. */
export const GRAIN = 2;

/** The promise's value, or an error that names what did not come within `ms`. */
export async function within(ms, promise, what) {
	let timer;
	const late = new Promise((_, reject) => {
		const error = new Error(`${what} did not come within ${ms} ms`);
		timer = setTimeout(() => reject(error), ms);
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}

/** The arguments of the next `event`. */
export function next(emitter, event, ms = PATIENCE) {
	const happened = new Promise((done) => emitter.once(event, (...args) => done(args)));
	return within(ms, happened, `the event "${event}"`);
}

/** The arguments of the next `count` events of that name, in order. */
export function collect(emitter, event, count, ms = PATIENCE) {
	const seen = [];
	const full = new Promise((done) => {
		const listener = (...args) => {
			seen.push(args);
			if (seen.length < count) return;
			emitter.off(event, listener);
			done(seen);
		};
		emitter.on(event, listener);
	});
	const all = within(ms, full, `${count} times "${event}"`);
	return all.catch((error) => {
		throw new Error(`${error.message}; it came ${seen.length} times`);
	});
}

/** Everything that comes under that name from now on, in an array that grows. */
export function record(emitter, event) {
	const seen = [];
	emitter.on(event, (...args) => seen.push(args));
	return seen;
}

/** Looks again and again until condition() holds; for what nobody tells. */
export function until(condition, what, ms = PATIENCE) {
	let watch;
	const holds = new Promise((done) => {
		watch = setInterval(() => condition() && done(), 1);
	});
	return within(ms, holds, what).finally(() => clearInterval(watch));
}
