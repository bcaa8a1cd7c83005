// SPDX-License-Identifier: MIT
//
// What socket.io.md says of connection state recovery.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Guest } from '../support/lost.mjs';
import { Polling, RawSocket } from '../support/raw.mjs';
import { startServer } from '../support/server.mjs';

const ENV = { APP: 'flow', REPORT: '1', RECOVERY: '60000' };
const ID = /^[A-Za-z0-9_-]{20}$/;

let server;
before(async () => (server = await startServer(ENV)));
after(() => server.stop());

const start = async (t, env) => {
	const own = await startServer({ ...ENV, ...env });
	t.after(() => own.stop());
	return own;
};

/** Sends events, one after the other, and waits until they have been. */
async function send(by, how, ...event) {
	by.sends = (by.sends ?? 0) + 1;
	by.socket.send(`42${by.nsp}${by.sends}["send",${JSON.stringify([how, ...event]).slice(1)}`);
	for (;;) {
		const message = await by.socket.message();
		if (String(message).startsWith(`43${by.nsp}${by.sends}[`)) return;
	}
}

async function enter(t, to = server, nsp = '') {
	const guest = await Guest.enter(t, to, undefined, nsp);
	await guest.welcome();
	return guest;
}

/** One that has an offset, and somebody who sends. */
async function season(t, to = server) {
	const guest = await enter(t, to);
	const sender = await enter(t, to);
	await send(sender, { to: [guest.sid] }, 'seen', 0);
	assert.deepEqual(await guest.hear(), ['seen', 0]);
	return [guest, sender];
}

async function join(guest, ...rooms) {
	guest.socket.send(`4299${JSON.stringify(['join', ...rooms])}`);
	assert.equal(await guest.socket.message(), '4399[]');
}

/** Comes back; what came before the answer, and whether it is the one that it was. */
async function again(t, guest, auth = guest.keys, to = server) {
	const back = await Guest.enter(t, to, auth, guest.nsp);
	const missed = await back.welcome();
	const same = back.sid === guest.sid;
	assert.equal(back.pid === guest.pid, same);
	return { back, missed, same };
}

async function isRecovered(t, guest, missed, auth, to) {
	const result = await again(t, guest, auth, to);
	assert.deepEqual([result.same, result.missed], [true, missed]);
	return result.back;
}

async function isNew(t, guest, auth, to) {
	const result = await again(t, guest, auth, to);
	assert.deepEqual([result.same, result.missed], [false, []]);
	return result.back;
}

test('socket.io 124: the answer to a CONNECT carries a pid', async (t) => {
	const all = [await enter(t), await enter(t), await enter(t, server, '/chat,')];
	for (const { pid, sid } of all) {
		assert.match(pid, ID);
		assert.notEqual(pid, sid);
	}
	assert.equal(new Set(all.map(({ pid }) => pid)).size, 3);
	const off = await start(t, { RECOVERY: '0' });
	const guest = await enter(t, off);
	assert.deepEqual([guest.pid, guest.sid.length], [undefined, 20]);
});

test('socket.io 125: events carry an offset behind their arguments', async (t) => {
	const guest = await enter(t);
	const sender = await enter(t);
	await send(sender, { to: [guest.sid] }, 'a', 'text');
	await send(sender, {}, 'b');
	await send(sender, {}, 'c', 1, { d: [] });
	guest.socket.send('42["relay"]');
	sender.socket.send('451-["relay",{"_placeholder":true,"num":0}]');
	sender.socket.send(Buffer.from([1]));
	const messages = await guest.socket.messages(6);
	const forms = [
		/^42\["a","text","([^"]+)"\]$/,
		/^42\["b","([^"]+)"\]$/,
		/^42\["c",1,\{"d":\[\]\},"([^"]+)"\]$/,
		/^42\["relay","([^"]+)"\]$/,
		/^451-\["relay",\{"_placeholder":true,"num":0\},"([^"]+)"\]$/,
	];
	const offsets = forms.map((form, i) => {
		assert.match(messages[i], form);
		return form.exec(messages[i])[1];
	});
	assert.equal(new Set(offsets).size, 5);
});

test('socket.io 126: an event that asks for an answer carries no offset', async (t) => {
	const lab = await start(t, { APP: 'lab' });
	const guest = await enter(t, lab);
	for (const args of [[], [1], ['text']]) {
		guest.socket.send(`42${JSON.stringify(['ask', 'q', ...args])}`);
		const expected = JSON.stringify(['q', ...args]);
		assert.match(await guest.socket.message(), /^42\d+\[/);
		guest.socket.send(`42${JSON.stringify(['ask', 'q', ...args])}`);
		assert.equal((await guest.socket.message()).replace(/^42\d+/, ''), expected);
	}
});

test('socket.io 127: a volatile event carries the last offset, or none', async (t) => {
	const [guest, sender] = await season(t);
	const { offset } = guest;
	const now = { volatile: true, to: [guest.sid] };
	const cases = [
		[['v', 1], '42["v",1]'],
		[['v', 'x', null], '42["v","x",null]'],
		[['v', 'text'], `42["v","text","${offset}"]`],
		[['v'], `42["v","${offset}"]`],
	];
	for (const [event, expected] of cases) {
		await send(sender, now, ...event);
		assert.equal(await guest.socket.message(), expected);
	}
	await guest.lose();
	await isRecovered(t, guest, []);
});

test('socket.io 128, 129: who comes back is who it was and gets what it missed', async (t) => {
	const [guest, sender] = await season(t);
	await join(guest, 'a', 'b');
	await guest.lose();
	await send(sender, {}, 'one', 1);
	await send(sender, { to: ['a', 'b'] }, 'two');
	await send(sender, { to: [guest.sid] }, 'three', 'text');
	sender.socket.send('452-["relay",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]');
	sender.socket.send(Buffer.from([1]));
	sender.socket.send(Buffer.from([2, 3]));
	const first = await sender.socket.messages(3);

	const back = await Guest.enter(t, server, guest.keys);
	const all = await back.socket.messages(7);
	assert.match(all[0], /^42\["one",1,"[^"]+"\]$/);
	assert.match(all[1], /^42\["two","[^"]+"\]$/);
	assert.match(all[2], /^42\["three","text","[^"]+"\]$/);
	assert.deepEqual(all.slice(3, 6), first);
	assert.equal(all[6], `40{"sid":"${guest.sid}","pid":"${guest.pid}"}`);
	back.socket.send('425["whoami"]');
	const [me] = JSON.parse((await back.socket.message()).slice(3));
	assert.deepEqual([me.id, me.rooms.sort()], [guest.sid, [guest.sid, 'a', 'b'].sort()]);
});

test('socket.io 130, 131: it has missed what was for it', async (t) => {
	const [guest, sender] = await season(t);
	await send(sender, { to: ['late'] }, 'no', 'before it joined');
	await join(guest, 'room', 'mute', 'late');
	await guest.lose();
	await send(sender, {}, 'all');
	await send(sender, { to: ['room'] }, 'room');
	await send(sender, { to: ['x', 'room'], except: ['y'] }, 'one of two');
	await send(sender, { to: [guest.sid] }, 'own');
	await send(sender, { to: ['late'] }, 'late');
	await send(sender, { to: ['x'] }, 'no');
	await send(sender, { to: [] }, 'no');
	await send(sender, { except: ['mute'] }, 'no');
	await send(sender, { to: ['room'], except: [guest.sid] }, 'no');
	await send(sender, { volatile: true }, 'no');
	const expected = [['all'], ['room'], ['one of two'], ['own'], ['late']];
	await isRecovered(t, guest, expected);
});

test('socket.io 131: what asked for an answer is not sent again', async (t) => {
	const lab = await start(t, { APP: 'lab' });
	const guest = await enter(t, lab);
	guest.socket.send('42["echo",1]');
	assert.deepEqual(await guest.hear(), ['echo', 1]);
	guest.socket.send('42["ask","q"]');
	assert.match(await guest.socket.message(), /^42\d+\["q"\]$/);
	await guest.lose();
	/* As the lab tells everybody. */
	const left = ['left', guest.sid, 'transport close'];
	await isRecovered(t, guest, [left], guest.keys, lab);
});

for (const wanted of [false, true])
	test(`socket.io 132: middleware is ${wanted ? '' : 'not '}asked again`, async (t) => {
		const own = await start(t, { RECOVERY_MIDDLEWARE: wanted ? '1' : '0' });
		const sender = await enter(t, own);
		const open = async () => {
			sender.socket.send('4277["open"]');
			while ((await sender.socket.message()) !== '4377[]');
		};
		const guest = await Guest.enter(t, own, undefined, '/gate,');
		await own.reported('gate', { recovered: false });
		await open();
		await guest.welcome();
		await guest.lose();
		const back = Guest.enter(t, own, { pid: guest.pid }, '/gate,');
		if (wanted) {
			await own.reported('gate', { recovered: true });
			await open();
		}
		await (await back).welcome();
		assert.equal((await back).sid, guest.sid);
		assert.equal(own.reports('gate').length, wanted ? 2 : 1);
	});

const WRONG = {
	'no pid': ({ offset }) => ({ offset }),
	'an unknown pid': ({ offset }) => ({ pid: 'AAAAAAAAAAAAAAAAAAAA', offset }),
	'a pid that is no string': ({ offset }) => ({ pid: 1, offset }),
	'part of a pid': ({ pid, offset }) => ({ pid: pid.slice(0, 19), offset }),
	'an offset that is no string': ({ pid }) => ({ pid, offset: 1 }),
	'an empty offset': ({ pid }) => ({ pid, offset: '' }),
	'an offset that the server never gave': ({ pid }) => ({ pid, offset: 'nonsense' }),
	'an offset with more behind it': ({ pid, offset }) => ({ pid, offset: `${offset}!` }),
	'an offset from after it was lost': ({ pid, later }) => ({ pid, offset: later }),
};
for (const [name, auth] of Object.entries(WRONG))
	test(`socket.io 133: ${name} recovers nobody`, async (t) => {
		const [guest, sender] = await season(t);
		const witness = await enter(t);
		await guest.lose();
		await send(sender, {}, 'missed', 1);
		await witness.hear();
		await isNew(t, guest, auth({ ...guest.keys, later: witness.offset }));
	});

for (const [name, count] of [
	['still kept', 1],
	['not kept any more', 3],
])
	test(`socket.io 133: what it missed is ${name}`, async (t) => {
		const own = await start(t, { RECOVERY_BYTES: '10000' });
		const [guest, sender] = await season(t, own);
		await guest.lose();
		const text = 'x'.repeat(4000);
		for (let i = 0; i < count; i++) await send(sender, {}, 'n', text);
		if (count === 1) await isRecovered(t, guest, [['n', text]], guest.keys, own);
		else await isNew(t, guest, guest.keys, own);
	});

test('socket.io 134: who has left is not recovered', async (t) => {
	const [guest] = await season(t);
	guest.socket.send('41');
	await server.reported('disconnect', { id: guest.sid });
	await isNew(t, guest);
	const [other] = await season(t);
	other.socket.send('42["kick"]');
	assert.equal(await other.socket.message(), '41');
	await isNew(t, other);
});

test('socket.io 135: there is a time to come back', async (t) => {
	const own = await start(t, { RECOVERY: '300' });
	const [guest] = await season(t, own);
	await guest.lose();
	await new Promise((done) => setTimeout(done, 400));
	await isNew(t, guest, guest.keys, own);
});

test('socket.io 136: connections end in several ways', async (t) => {
	const own = await start(t, { PING_INTERVAL: '500', PING_TIMEOUT: '300' });
	const ends = {
		'transport close': (guest) => guest.socket.ws.close(),
		'transport error': (guest) => guest.socket.send('2'),
		'ping timeout': () => {},
		'forced close': (guest) => guest.socket.send('42nonsense'),
	};
	for (const [reason, end] of Object.entries(ends)) {
		const guest = await enter(t, own);
		end(guest);
		await own.reported('disconnect', { id: guest.sid, reason });
		await isRecovered(t, guest, [], { pid: guest.pid }, own);
	}
	const polling = await Polling.open(own);
	const [answer] = await polling.join();
	const keys = JSON.parse(answer.slice(2));
	await polling.post('1');
	await own.reported('disconnect', { id: keys.sid, reason: 'transport close' });
	const back = await Polling.open(own);
	assert.deepEqual(await back.join(`40{"pid":"${keys.pid}"}`), [answer]);
});

test('socket.io 137: a session is restored once, and once again', async (t) => {
	const [guest] = await season(t);
	await guest.lose();
	const back = await isRecovered(t, guest, []);
	await isNew(t, guest);
	await back.lose();
	await isRecovered(t, guest, []);
});

test('socket.io 138: who is still there is not recovered', async (t) => {
	const [guest] = await season(t);
	await isNew(t, guest);
	guest.socket.send('425["whoami"]');
	assert.match(await guest.socket.message(), /^435\[/);
});

test('socket.io 139: a pid is enough for who has seen nothing', async (t) => {
	const guest = await enter(t);
	const sender = await enter(t);
	await guest.lose();
	await send(sender, {}, 'n', 1);
	await isRecovered(t, guest, [['n', 1]], { pid: guest.pid });
});

test('socket.io 140: what was for others is nothing that it missed', async (t) => {
	const own = await start(t, { RECOVERY_BYTES: '10000' });
	const [guest, sender] = await season(t, own);
	const idle = await enter(t, own);
	for (let i = 0; i < 5; i++) await send(sender, { to: ['x'] }, 'n', 'x'.repeat(4000));
	await guest.lose();
	await idle.lose();
	await send(sender, {}, 'missed');
	await isRecovered(t, guest, [['missed']], guest.keys, own);
	await isRecovered(t, idle, [['missed']], { pid: idle.pid }, own);
});

test('socket.io 141: an offset from before it connected is none', async (t) => {
	const [guest, sender] = await season(t);
	const { offset } = guest;
	await send(sender, {}, 'early');
	const late = await enter(t);
	await late.lose();
	await send(sender, {}, 'missed');
	await isRecovered(t, late, [['missed']], { pid: late.pid, offset });
});

test('socket.io 142: each namespace is recovered by itself', async (t) => {
	const guest = await enter(t);
	guest.socket.send('40/chat,');
	const chat = JSON.parse((await guest.socket.message()).slice('40/chat,'.length));
	assert.notEqual(chat.pid, guest.pid);
	await guest.lose();
	await server.reported('disconnect', { id: chat.sid });
	const back = await RawSocket.connect(t, server);
	back.send(`40/chat,{"pid":"${guest.pid}"}`);
	assert.ok(!(await back.message()).includes(guest.pid));
	const other = await RawSocket.connect(t, server);
	other.send(`40/chat,{"pid":"${chat.pid}"}`);
	assert.equal(await other.message(), `40/chat,${JSON.stringify(chat)}`);
	other.send('40');
	assert.match(await other.message(), /^40\{"sid":"[^"]+","pid":"[^"]+"\}$/);
	other.send(`41`);
	other.send(`40{"pid":"${guest.pid}"}`);
	assert.equal(await other.message(), `40{"sid":"${guest.sid}","pid":"${guest.pid}"}`);
});

test('socket.io 143: clients of Engine.IO 3 see offsets and no more', async (t) => {
	const own = await start(t, { ALLOW_EIO3: '1' });
	const sender = await enter(t, own);
	const old = new RawSocket(t, own, { query: 'EIO=3&transport=websocket' });
	assert.match(await old.next(), /^0/);
	assert.equal(await old.next(), '40');
	await send(sender, {}, 'n', 1);
	assert.match(await old.next(), /^42\["n",1,"[^"]+"\]$/);
});
