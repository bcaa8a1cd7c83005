// SPDX-License-Identifier: MIT
//
// Where this server departs from the reference on purpose: deliveries, and acks that nobody answers.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Differences: deliveries');

/** Joins the main namespace over WebSocket. */
async function joined(talk) {
	const wire = await talk.websocket();
	await wire.exchange('40');
	return wire;
}

/* ---- 22 to 26: deliveries and acks ---- */

table.differs(
	22,
	'a delivery with an empty list of rooms',
	{
		reference: '42["said","all"]',
		ours: '431[]',
	},
	async (talk) => {
		const wire = await joined(talk);
		return (await wire.exchange('421["say-many",[],"all"]')).text;
	},
);

/** Two clients in one room, and one who hears the news. */
async function company(talk, room) {
	const news = await joined(talk);
	await news.exchange('421["join","news"]');
	const [asker, other] = [await joined(talk), await joined(talk)];
	for (const one of [asker, other]) await one.exchange(`421["join","${room}"]`);
	return { news, asker, other };
}
const idOf = (text) => /^42(\d+)/.exec(text)[1];
/** The end of a question as the news tell it, or "nothing" if it does not come. */
async function endOf(news, name, ms = 500) {
	const told = async () => {
		for (;;) {
			const [event, ...args] = JSON.parse((await news.frame()).text.slice(2));
			if (event === 'ask-ended' && args[0] === name) return args.slice(1);
		}
	};
	const silence = new Promise((done) => setTimeout(done, ms, 'nothing'));
	return Promise.race([told(), silence]);
}
const LATE = 'not answered in time';

table.differs(
	23,
	'a broadcast with an ack and no deadline',
	{
		reference: [LATE, []],
		ours: ['success', ['a', 'b']],
	},
	async (talk) => {
		const { news, asker, other } = await company(talk, 'r23');
		const { text } = await asker.exchange('42["ask-room",0,"r23","q23"]');
		await other.frame();
		await new Promise((done) => setTimeout(done, 50));
		const id = idOf(text);
		asker.say(`43${id}["a"]`);
		await talk.settle();
		other.say(`43${id}["b"]`);
		return endOf(news, 'q23');
	},
);
table.differs(
	24,
	'an ack without a deadline, and the socket disconnects',
	{
		reference: 'nothing',
		ours: ['the client has left, or the ticket was used', null],
	},
	async (talk) => {
		const { news, asker } = await company(talk, 'r24');
		await asker.exchange('42["ask","q24"]');
		asker.say('41');
		return endOf(news, 'q24');
	},
);
table.differs(
	25,
	'an answer after the socket has left',
	{
		reference: ['431["late"]', '433[]'],
		ours: ['nothing', '433["the client has left, or the ticket was used"]'],
	},
	async (talk) => {
		const { asker, other } = await company(talk, 'r25');
		asker.say('421["hold","k25"]');
		await talk.settle();
		asker.say('41');
		await talk.settle();
		other.say('423["release","k25","late"]');
		const told = [];
		while (!told.at(-1)?.startsWith('433')) told.push((await other.frame()).text);
		asker.say('40/nope,');
		const { text } = await asker.frame();
		return [text.startsWith('44/nope') ? 'nothing' : text, told.at(-1)];
	},
);
table.differs(
	26,
	'a broadcast with an ack and a deadline, and everyone leaves',
	{
		reference: 'nothing',
		ours: [LATE, ['a']],
	},
	async (talk) => {
		const { news, asker, other } = await company(talk, 'r26');
		const { text } = await asker.exchange('42["ask-room",5000,"r26","q26"]');
		asker.say(`43${idOf(text)}["a"]`);
		await other.frame();
		other.say('41');
		return endOf(news, 'q26');
	},
);
