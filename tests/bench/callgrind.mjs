// SPDX-License-Identifier: MIT
//
// Reads what callgrind writes: how many instructions each function ran, and who called whom how
// often.

import { readFileSync } from 'node:fs';

/** Names may stand for themselves once, as "(3) name", and from then on as "(3)". */
function namesOf() {
	const known = new Map();
	return (text) => {
		const [, id, name] = /^(\(\d+\))(?: (.*))?$/.exec(text) ?? [, text, text];
		if (name) known.set(id, name);
		return known.get(id);
	};
}

/**
 * One dump: the instructions of each object and function, and the calls.
 * @returns {{ objects: Map, functions: Map, calls: Map }} keys are "object", "object\tfunction" and
 * "caller\tcalled"
 */
export function readDump(path) {
	const objects = new Map();
	const functions = new Map();
	const calls = new Map();
	const add = (map, key, n) => map.set(key, (map.get(key) ?? 0) + n);
	const object = namesOf();
	const fn = namesOf();
	let ob, name, called, ofCall;

	for (const line of readFileSync(path, 'utf8').split('\n')) {
		const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
		if (key === 'ob') ob = object(value);
		else if (key === 'cob') object(value);
		else if (key === 'fn') name = fn(value);
		else if (key === 'cfn') called = fn(value);
		else if (key === 'calls') {
			add(calls, `${name}\t${called}`, Number(value.split(' ')[0]));
			ofCall = true;
		} else if (/^[+*-]?\d* ?\d/.test(line) && !line.includes(':')) {
			const cost = Number(line.split(' ')[1] ?? 0);
			if (!ofCall) {
				add(objects, ob, cost);
				add(functions, `${ob}\t${name}`, cost);
			}
			ofCall = false;
		}
	}
	return { objects, functions, calls };
}

/** What the second of two dumps has more than the first, for each of `n`. */
export function difference(first, second, n) {
	const out = {};
	for (const part of Object.keys(first)) {
		out[part] = new Map();
		for (const key of new Set([...first[part].keys(), ...second[part].keys()])) {
			const more = ((second[part].get(key) ?? 0) - (first[part].get(key) ?? 0)) / n;
			if (more) out[part].set(key, more);
		}
	}
	return out;
}
