// SPDX-License-Identifier: MIT
//
// The applications of tests/e2e/server, written for the reference.

/** Echoes every message at the level of Engine.IO. */
export function setUpEcho(engine) {
	engine.on('connection', (session) => session.on('message', (data) => session.send(data)));
}

/** The last argument of an event that asks for an answer is its function. */
const split = (args) => {
	const last = args.at(-1);
	return typeof last === 'function' ? [args.slice(0, -1), last] : [args, () => {}];
};

function tick(socket, count) {
	for (let i = 0; i < count && i < 5000; i++) socket.emit('tick', i);
}

/* ---- Rooms ---- */

const tell = (target, name, message) =>
	message === undefined ? target.emit(name) : target.emit(name, message);

/** Each handler gets (socket, arguments, answer). */
const rooms = {
	async join(socket, [room], answer) {
		await socket.join(room);
		answer();
	},
	async leave(socket, [room], answer) {
		await socket.leave(room);
		answer();
	},
	say(socket, [room, message], answer) {
		tell(socket.nsp.to(room), 'said', message);
		answer();
	},
	'say-many'(socket, [to, message, except = []], answer) {
		tell(socket.nsp.to(to).except(except), 'said', message);
		answer();
	},
	except(socket, [room, message], answer) {
		tell(socket.broadcast.except(room), 'said', message);
		answer();
	},
	others(socket, [message, room], answer) {
		tell(room ? socket.to(room) : socket.broadcast, 'bcast', message);
		answer();
	},
	bcast(socket, [message], answer) {
		tell(socket.nsp, 'bcast', message);
		answer();
	},
};

/* ---- Questions, and answers that wait ---- */

/** The end of a question is news for those in the room "news" of the main namespace. */
function ended(socket, name, error, answers) {
	const what = error ? 'not answered in time' : 'success';
	if (error) socket.emit('ask-failed');
	socket.nsp.server.to('news').emit('ask-ended', name, what, answers ?? null);
}

function ask(socket, name, args, ms) {
	const asked = (error, ...answer) => {
		if (!error) socket.emit('asked', ...answer);
		ended(socket, name, error, answer);
	};
	if (ms) socket.timeout(ms).emit(name, ...args, asked);
	else socket.emit(name, ...args, (...answer) => asked(null, ...answer));
}

const held = new Map();

const questions = {
	ask: (socket, [name, ...args]) => ask(socket, name, args),
	'ask-within': (socket, [ms, name, ...args]) => ask(socket, name, args, ms),
	'ask-room'(socket, [ms, room, name, ...args]) {
		const target = room ? socket.nsp.to(room) : socket.nsp;
		const end = (error, answers) => ended(socket, name, error, answers);
		(ms ? target.timeout(ms) : target).emit(name, ...args, end);
	},
	hold: (socket, [key], answer) => held.set(key, answer),
	release(socket, [key, ...args], answer) {
		held.get(key)(...args);
		answer();
	},
};

/* ---- The rest ---- */

const plain = {
	echo(socket, args, answer) {
		socket.emit('echo', ...args);
		answer(...args);
	},
	ack: (socket, args, answer) => answer(...args),
	kick: (socket) => socket.disconnect(true),
	drop: (socket) => socket.disconnect(),
	whoami: (socket, args, answer) => answer({ id: socket.id, rooms: [...socket.rooms] }),
	burst(socket, args, answer) {
		tick(socket, args[0]);
		answer(...args);
	},
	swap(socket, [name, ...args], answer) {
		socket.emit(name, ...args);
		answer();
	},
};

function checkToken(socket, next) {
	if (socket.handshake.auth.token === 'secret') return next();
	const error = new Error('unauthorized');
	error.data = { code: 401 };
	next(error);
}

function refuseWith(socket, next) {
	const error = new Error('no');
	const { data } = socket.handshake.auth;
	if (data) error.data = JSON.parse(data);
	next(error);
}

function onConnection(socket) {
	for (const [name, handler] of Object.entries({ ...plain, ...rooms, ...questions })) {
		socket.on(name, (...all) => handler(socket, ...split(all)));
	}
	socket.on('disconnect', (reason) => socket.nsp.emit('left', socket.id, reason));
	tick(socket, socket.handshake.auth.burst);
}

export function setUpLab(io) {
	for (const nsp of ['/', '/admin']) io.of(nsp).on('connection', onConnection);
	io.of('/admin').use(checkToken);
	io.of('/data').use(refuseWith);
}
