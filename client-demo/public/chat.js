// SPDX-License-Identifier: MIT
// The chat in the browser, on the official Socket.IO client.  Whatever comes from other people is
// set as textContent, never as HTML.

const PRESETS = ["#lobby", "#random", "#pictures", "#help"];
const PICTURE_TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"];
const PICTURE_MAX = 512 * 1024; // the server refuses more
const PICTURE_SIDE = 1280;
const KEPT = 300; // messages of one conversation; older ones leave the page
const ACK_MS = 8000;
const TYPING_EVERY_MS = 1500;
const TYPING_LASTS_MS = 3000;
const LATENCY_EVERY_MS = 5000;
const RETRY_TAKEN_MS = 2000;
const RETRY_TAKEN_FOR_MS = 60000;

const $ = (id) => document.getElementById(id);
const narrow = matchMedia("(max-width: 719px)");

let socket = null;
let people = []; // [{ name, rooms }], as the server last told
let shown = null; // the conversation on the screen
let entered = false; // true once the server has taken us in under our name
let takenSince = 0; // when the server began to refuse our own name after a lost connection
const conversations = new Map(); // "#room" or "@Name" -> conversation

/* ---- Small tools ------------------------------------------------------------ */

function make(tag, className = "", text = "") {
	const node = document.createElement(tag);
	node.className = className;
	node.textContent = text;
	return node;
}

function icon(name) {
	const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
	svg.append(document.createElementNS("http://www.w3.org/2000/svg", "use"));
	svg.firstChild.setAttribute("href", `#i-${name}`);
	svg.setAttribute("aria-hidden", "true");
	return svg;
}

function paintAvatar(node, name) {
	const hash = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 3600, 7);
	node.style.setProperty("--hue", hash / 10);
	node.textContent = [...name][0].toUpperCase();
	return node;
}

// One child of the list for each key; those that stay are kept, and so is the keyboard focus.
function keepList(list, keys, create, update) {
	const old = new Map([...list.children].map((item) => [item.dataset.key, item]));
	const focused = document.activeElement;
	list.replaceChildren(
		...keys.map((key) => {
			const item = old.get(key) ?? create(key);
			item.dataset.key = key;
			update(item.firstElementChild, key);
			return item;
		}),
	);
	if (list.contains(focused)) focused.focus();
}

let toastTimer;
function toast(text) {
	$("toast").textContent = text;
	$("toast").dataset.shown = "true";
	clearTimeout(toastTimer);
	toastTimer = setTimeout(() => ($("toast").dataset.shown = "false"), 4000);
}

// The server's answer as a promise; every answer is { ok } or { error }.
async function ask(event, ...args) {
	try {
		return await socket.timeout(ACK_MS).emitWithAck(event, ...args);
	} catch {
		return { error: "The server did not answer." };
	}
}

const myName = () => socket?.auth.name;
const isRoom = (target) => target[0] === "#";
const plural = (n, one, many) => `${n} ${n === 1 ? one : many}`;

/* ---- The connection --------------------------------------------------------- */

function connect(name) {
	const polling = new URLSearchParams(location.search).has("polling");
	socket = io({ auth: { name }, forceNew: true, ...(polling && { transports: ["polling"] }) });
	socket.on("connect", onConnect);
	socket.on("connect_error", onRefused);
	socket.on("disconnect", onDisconnect);
	socket.io.on("reconnect_attempt", () => showState("reconnecting"));
	socket.on("people", onPeople);
	socket.on("message", (message, ack) => onMessage("text", message, ack));
	socket.on("picture", (message, bytes, ack) => onMessage("picture", { ...message, bytes }, ack));
	socket.on("typing", onTyping);
	socket.on("delivered", onDelivered);
	showState("connecting");
}

function onConnect() {
	const first = !entered;
	entered = true;
	takenSince = 0;
	localStorage.setItem("name", myName());
	showState("connected");
	socket.io.engine.once("upgrade", () => {
		showState("connected");
		measureLatency();
	});
	measureLatency();
	if (first) {
		enterChat();
		show(conversation("#lobby"));
		return;
	}
	for (const c of conversations.values()) {
		if (isRoom(c.target)) join(c);
		else sendWaiting(c);
	}
}

// A refusal by the server, or no way to reach it; only the first stops the client's own retries.
function onRefused(error) {
	if (socket.active) return showState(entered ? "reconnecting" : "connecting");
	takenSince ||= Date.now();
	const ghost = entered && error.data?.code === "taken";
	if (ghost && Date.now() - takenSince < RETRY_TAKEN_FOR_MS) {
		const waiting = socket;
		setTimeout(() => waiting === socket && waiting.connect(), RETRY_TAKEN_MS);
		return showState("reconnecting");
	}
	leaveChat(error.message);
}

function onDisconnect(reason) {
	showState("disconnected");
	people = [];
	for (const c of conversations.values()) c.joined = false;
	if (shown) notice(shown, "The connection is lost. What you write now is sent when it is back.");
	renderSide();
	if (reason !== "io server disconnect") return;
	const dropped = socket; // after the server's own goodbye the client would not come back by itself
	setTimeout(() => dropped === socket && dropped.connect(), 1000);
}

function showState(state) {
	const transport = state === "connected" ? socket.io.engine.transport.name : "none";
	$("status").dataset.state = state;
	$("state").textContent = state;
	$("transport").dataset.transport = transport;
	$("transport").textContent = transport === "none" ? "" : transport;
	if (state === "connected") return;
	$("latency").textContent = "";
	delete $("latency").dataset.ms;
}

async function measureLatency() {
	if (!socket?.connected) return;
	const start = performance.now();
	const { error } = await ask("latency");
	if (error || !socket?.connected) return;
	const ms = Math.max(1, Math.round(performance.now() - start));
	$("latency").dataset.ms = ms;
	$("latency").textContent = `${ms} ms`;
}
setInterval(measureLatency, LATENCY_EVERY_MS);

/* ---- Coming and going ------------------------------------------------------- */

function setStage(stage) {
	document.body.dataset.stage = stage;
	document.querySelector(`[data-tools="${stage}"]`).append($("theme"));
}

$("join").addEventListener("submit", (event) => {
	event.preventDefault();
	$("join-error").textContent = "";
	if (typeof io === "undefined") {
		$("join-error").textContent =
			"The official client is missing: /socket.io/socket.io.js was not found.";
		return;
	}
	socket?.disconnect();
	$("enter").disabled = true;
	connect($("name").value.trim());
});

function enterChat() {
	$("me").textContent = myName();
	paintAvatar($("my-avatar"), myName());
	$("enter").disabled = false;
	setStage("chat");
}

function leaveChat(reason = "") {
	socket.off();
	socket.io.off();
	socket.disconnect();
	socket = null;
	entered = false;
	takenSince = 0;
	people = [];
	shown = null;
	for (const c of [...conversations.values()]) forget(c);
	$("enter").disabled = false;
	$("join-error").textContent = reason;
	showState("disconnected");
	document.title = "libsio chat";
	toggleMenu(false);
	setStage("join");
	$("name").select();
	$("name").focus();
}
$("sign-out").addEventListener("click", () => leaveChat());

/* ---- Conversations ---------------------------------------------------------- */

function conversation(target) {
	if (conversations.has(target)) return conversations.get(target);
	const list = make("ol");
	list.dataset.conversation = target;
	list.hidden = true;
	$("messages").append(list);
	const c = {
		target,
		list,
		joined: false,
		known: false,
		unread: 0,
		draft: "",
		typists: new Map(),
		typedAt: 0,
	};
	conversations.set(target, c);
	if (!isRoom(target)) notice(c, `Only you and ${target.slice(1)} see what is written here.`);
	return c;
}

function forget(c) {
	for (const item of c.list.children) drop(item);
	for (const timer of c.typists.values()) clearTimeout(timer);
	c.list.remove();
	conversations.delete(c.target);
}

async function join(c) {
	const { error } = await ask("join", c.target);
	if (!socket?.connected || conversations.get(c.target) !== c) return;
	if (error) {
		toast(error);
		return close(c);
	}
	notice(
		c,
		c.known
			? "You are back"
			: `You joined ${c.target}. Messages are not kept: you see what is said from now on.`,
	);
	c.joined = c.known = true;
	renderSide();
	sendWaiting(c);
}

function show(c) {
	if (shown) shown.draft = $("text").value;
	shown = c;
	c.unread = 0;
	for (const other of conversations.values()) other.list.hidden = other !== c;
	$("text").value = c.draft;
	fitText();
	toggleMenu(false);
	renderSide();
	renderTyping();
	toBottom();
	if (isRoom(c.target) && !c.known && socket.connected) join(c);
	if (!narrow.matches) $("text").focus();
}

function close(c) {
	if (c.joined) ask("leave", c.target);
	forget(c);
	if (shown !== c) return renderSide();
	shown = null;
	$("text").value = "";
	show(conversations.values().next().value ?? conversation("#lobby"));
}
$("leave-room").addEventListener("click", () => close(shown));

$("new-room").addEventListener("submit", (event) => {
	event.preventDefault();
	const name = $("room-name").value.trim().replace(/^#+/, "").replace(/\s+/g, "-").toLowerCase();
	if (!name) return $("room-name").focus();
	$("room-name").value = "";
	show(conversation(`#${name}`));
});

/* ---- The side bar and the heading ------------------------------------------- */

const membersOf = (room) => people.filter((person) => person.rooms.includes(room)).length;
const isOnline = (name) => people.some((person) => person.name === name);

function renderSide() {
	if (!shown) return;
	const mine = [...conversations.keys()];
	const live = people.flatMap((person) => person.rooms);
	const others = new Set(
		[...mine.filter(isRoom), ...live].filter((room) => !PRESETS.includes(room)),
	);
	keepList($("rooms"), [...PRESETS, ...[...others].sort()], createTarget, updateTarget);
	keepList(
		$("privates"),
		mine.filter((target) => !isRoom(target)),
		createTarget,
		updateTarget,
	);
	keepList(
		$("people"),
		people.map((person) => person.name).sort(byNameMeFirst),
		createPerson,
		updatePerson,
	);
	$("privates-head").hidden = !$("privates").children.length;
	$("people-count").textContent = people.length;
	renderHeading();
}

const byNameMeFirst = (a, b) => (b === myName()) - (a === myName()) || a.localeCompare(b);

function createTarget(target) {
	const item = make("li");
	const button = make("button", "target");
	button.type = "button";
	button.dataset.target = target;
	const mark = make("span", isRoom(target) ? "hash" : "avatar", "#");
	mark.setAttribute("aria-hidden", "true");
	if (!isRoom(target)) paintAvatar(mark, target.slice(1));
	button.append(mark, make("span", "label", target.slice(1)), make("span", "count"));
	button.addEventListener("click", () => show(conversation(target)));
	item.append(button);
	return item;
}

function updateTarget(button, target) {
	const c = conversations.get(target);
	const members = isRoom(target) ? membersOf(target) : Number(isOnline(target.slice(1)));
	const unread = c?.unread ?? 0;
	button.dataset.joined = String(Boolean(c?.joined || (c && !isRoom(target))));
	button.dataset.members = members;
	button.dataset.unread = unread;
	button.setAttribute("aria-current", String(c === shown));
	const tell = isRoom(target)
		? plural(members, "person", "people")
		: members
			? "online"
			: "offline";
	button.setAttribute("aria-label", `${target}, ${tell}${unread ? `, ${unread} unread` : ""}`);
	button.lastChild.textContent = unread || (isRoom(target) && members) || "";
}

function createPerson(name) {
	const item = make("li");
	const button = make("button", "target");
	button.type = "button";
	button.dataset.person = name;
	const mark = paintAvatar(make("span", "avatar"), name);
	mark.setAttribute("aria-hidden", "true");
	button.append(mark, make("span", "label", name), make("span", "count"));
	button.addEventListener("click", () => show(conversation(`@${name}`)));
	item.append(button);
	return item;
}

function updatePerson(button, name) {
	const self = name === myName();
	button.disabled = self;
	button.lastChild.textContent = self ? "you" : "";
	if (self) button.dataset.self = "true";
	else button.title = `Write to ${name} alone`;
}

function renderHeading() {
	const { target } = shown;
	const here = membersOf(target);
	$("title").textContent = target;
	$("title").dataset.target = target;
	if (isRoom(target)) $("subtitle").textContent = `${plural(here, "person", "people")} here`;
	else $("subtitle").textContent = isOnline(target.slice(1)) ? "online, private" : "not online";
	const leave = isRoom(target) ? `Leave ${target}` : "Close this conversation";
	$("leave-room").hidden = conversations.size === 1;
	$("leave-room").setAttribute("aria-label", leave);
	$("leave-room").title = leave;
	$("text").placeholder = `Write to ${target}`;
	const unread = [...conversations.values()].reduce((sum, c) => sum + c.unread, 0);
	$("menu").dataset.unread = unread;
	document.title = `${unread ? `(${unread}) ` : ""}${target} · libsio chat`;
}

// Who came and who went follows from comparing the new list with the old one.
function onPeople(now) {
	const before = people;
	people = now;
	if (before.length) {
		for (const c of conversations.values()) tellChanges(c, before, now);
	}
	renderSide();
}

function tellChanges(c, before, now) {
	const here = (person) =>
		isRoom(c.target) ? person.rooms.includes(c.target) : `@${person.name}` === c.target;
	const names = (list) =>
		list
			.filter(here)
			.map((person) => person.name)
			.filter((name) => name !== myName());
	const [were, are] = [names(before), names(now)];
	if (isRoom(c.target) && !c.joined) return;
	for (const name of are.filter((n) => !were.includes(n))) notice(c, `${name} joined`);
	for (const name of were.filter((n) => !are.includes(n))) {
		stopTyping(c, name);
		notice(c, `${name} left`);
	}
}

/* ---- Messages --------------------------------------------------------------- */

function notice(c, text) {
	const item = make("li", "notice");
	item.dataset.kind = "notice";
	item.append(make("span", "body", text));
	append(c, item);
}

function onMessage(kind, message, ack) {
	ack({ ok: true }); // the sender's second tick
	const { to, from } = message;
	const c = isRoom(to) ? conversations.get(to) : conversation(`@${from}`);
	if (!c) return;
	stopTyping(c, from);
	append(c, bubble({ ...message, kind }));
	if (c !== shown || document.hidden) c.unread++;
	renderSide();
}

function bubble({ kind, id, from, time, text, type, bytes, own = false }) {
	const item = make("li", "message");
	Object.assign(item.dataset, { kind, from, own: String(own), ...(id && { id }) });
	const box = make("div", "bubble");
	const body = make("div", "body", text ?? "");
	body.dir = "auto";
	if (kind === "picture") body.append(pictureButton(from, type, bytes));
	const foot = make("span", "meta");
	foot.append(clock(time), make("span", "ticks"));
	const line = make("div", "line");
	line.append(body, foot);
	box.append(make("div", "from", from), line);
	const avatar = paintAvatar(make("span", "avatar"), from);
	avatar.setAttribute("aria-hidden", "true");
	item.append(avatar, box);
	return item;
}

function clock(time) {
	const node = make(
		"time",
		"",
		new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }),
	);
	node.dateTime = new Date(time).toISOString();
	return node;
}

function append(c, item) {
	const pane = $("messages");
	const following = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 80;
	const last = c.list.lastElementChild;
	item.dataset.follows = String(
		item.dataset.kind !== "notice" && last?.dataset.from === item.dataset.from,
	);
	c.list.append(item);
	if (c.list.children.length > KEPT) drop(c.list.firstElementChild);
	if (c === shown && (following || item.dataset.own === "true")) toBottom();
}

function drop(item) {
	const picture = item.querySelector(".body img");
	if (picture) URL.revokeObjectURL(picture.src);
	item.remove();
}

function toBottom() {
	$("messages").scrollTop = $("messages").scrollHeight;
}

/* ---- Sending, and the ticks ------------------------------------------------- */

const TICKS = {
	waiting: ["waiting", "Waiting for the connection"],
	sending: ["waiting", "Sending"],
	sent: ["tick", "The server has it"],
	partly: ["ticks", "Delivered"],
	delivered: ["ticks", "Delivered to all"],
	failed: ["failed", "Not sent"],
};

function setTicks(item, state, detail = "") {
	const [name, words] = TICKS[state];
	const label = detail ? `${words}: ${detail}` : words;
	item.dataset.state = state;
	const ticks = item.querySelector(".ticks");
	ticks.replaceChildren(icon(name), make("span", "unseen", label));
	ticks.title = label;
}

// The item remembers what to send, so that a failed one can be sent again.
function say(c, event, args, look) {
	const item = bubble({ ...look, own: true, from: myName(), time: Date.now() });
	item.outgoing = [event, c.target, ...args];
	append(c, item);
	post(c, item);
}

function post(c, item) {
	item.querySelector(".failure")?.remove();
	const ready = socket.connected && (c.joined || !isRoom(c.target));
	setTicks(item, ready ? "sending" : "waiting");
	if (!ready) return;
	// A callback and no promise: the id must be in place before "delivered", which may be next.
	socket.timeout(ACK_MS).emit(...item.outgoing, (silence, reply) => {
		const error = silence ? "The server did not answer." : reply.error;
		if (error) return fail(c, item, error);
		item.dataset.id = reply.id;
		item.querySelector("time").replaceWith(clock(reply.time));
		item.outgoing = null;
		setTicks(item, "sent");
	});
}

function sendWaiting(c) {
	for (const item of c.list.querySelectorAll('[data-state="waiting"]')) post(c, item);
}

function fail(c, item, reason) {
	setTicks(item, "failed");
	const line = make("p", "failure");
	const again = make("button", "retry", "Send again");
	again.type = "button";
	again.addEventListener("click", () => post(c, item));
	line.append(make("span", "why", reason), " ", again);
	item.querySelector(".bubble").append(line);
	if (c === shown) toBottom();
}

function onDelivered({ id, got, of }) {
	const item = document.querySelector(`#messages [data-own="true"][data-id="${Number(id)}"]`);
	if (!item) return;
	Object.assign(item.dataset, { got, of });
	if (of === 0) setTicks(item, "sent", "nobody else was here");
	else if (got > 0) setTicks(item, got >= of ? "delivered" : "partly", `${got} of ${of}`);
}

$("compose").addEventListener("submit", (event) => {
	event.preventDefault();
	const text = $("text").value.trim();
	if (!text) return $("text").focus();
	$("text").value = "";
	fitText();
	shown.typedAt = 0;
	say(shown, "message", [text], { kind: "text", text });
	$("text").focus();
});

$("text").addEventListener("keydown", (event) => {
	if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
	event.preventDefault();
	$("compose").requestSubmit();
});

function fitText() {
	$("text").style.height = "auto";
	$("text").style.height = `${$("text").scrollHeight}px`;
}

/* ---- Pictures --------------------------------------------------------------- */

function pictureButton(from, type, bytes) {
	const image = make("img");
	const known = PICTURE_TYPES.includes(type) ? type : "application/octet-stream";
	image.src = URL.createObjectURL(new Blob([bytes], { type: known }));
	image.alt = `Picture from ${from}`;
	image.addEventListener("load", () => {
		const pane = $("messages");
		if (pane.scrollHeight - pane.scrollTop - pane.clientHeight < image.height + 160) toBottom();
	});
	const button = make("button", "picture");
	button.type = "button";
	button.setAttribute("aria-label", `Show the picture from ${from} large`);
	button.append(image);
	button.addEventListener("click", () => {
		$("viewer").querySelector("img").src = image.src;
		$("viewer").showModal();
	});
	return button;
}
$("viewer").addEventListener("click", () => $("viewer").close());

// Redrawn at most PICTURE_SIDE wide or high, then smaller until the server will take it.  Redrawing
// also drops what cameras write into a file, such as the place.
async function shrink(file) {
	if (file.type === "image/gif" && file.size <= PICTURE_MAX) return file;
	const bitmap = await createImageBitmap(file);
	const canvas = document.createElement("canvas");
	for (const side of [PICTURE_SIDE, 960, 640, 320]) {
		const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
		canvas.width = Math.max(1, Math.round(bitmap.width * scale));
		canvas.height = Math.max(1, Math.round(bitmap.height * scale));
		canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
		const blob = await new Promise((done) => canvas.toBlob(done, "image/webp", 0.85));
		if (blob && blob.size <= PICTURE_MAX) return blob;
	}
	throw new Error("too large");
}

async function sendPicture(file) {
	const c = shown;
	try {
		const blob = await shrink(file);
		const bytes = await blob.arrayBuffer();
		say(c, "picture", [blob.type, bytes], { kind: "picture", type: blob.type, bytes });
	} catch {
		toast("This file is not a picture that can be sent.");
	}
}

$("picture").addEventListener("change", () => {
	for (const file of $("picture").files) sendPicture(file);
	$("picture").value = "";
});

function takeFiles(event, transfer) {
	const files = [...transfer.files].filter((file) => file.type.startsWith("image/"));
	if (!files.length) return;
	event.preventDefault();
	files.forEach(sendPicture);
}
$("text").addEventListener("paste", (event) => takeFiles(event, event.clipboardData));
$("messages").addEventListener("dragover", (event) => event.preventDefault());
$("messages").addEventListener("drop", (event) => {
	event.preventDefault();
	takeFiles(event, event.dataTransfer);
});

/* ---- Who is typing ---------------------------------------------------------- */

$("text").addEventListener("input", () => {
	fitText();
	const now = Date.now();
	if (!$("text").value.trim() || !socket.connected || now - shown.typedAt < TYPING_EVERY_MS)
		return;
	shown.typedAt = now;
	socket.volatile.emit("typing", shown.target);
});

function onTyping({ to, from }) {
	const c = conversations.get(isRoom(to) ? to : `@${from}`);
	if (!c) return;
	clearTimeout(c.typists.get(from));
	c.typists.set(
		from,
		setTimeout(() => stopTyping(c, from), TYPING_LASTS_MS),
	);
	renderTyping();
}

function stopTyping(c, name) {
	clearTimeout(c.typists.get(name));
	if (c.typists.delete(name)) renderTyping();
}

function renderTyping() {
	const names = shown ? [...shown.typists.keys()] : [];
	const [a, b] = names;
	const words = ["", `${a} is typing…`, `${a} and ${b} are typing…`];
	$("typing").textContent = words[names.length] ?? `${names.length} people are typing…`;
	$("typing-line").dataset.shown = String(names.length > 0);
}

/* ---- Theme, side bar on a phone, coming back to the tab ---------------------- */

function setTheme(theme) {
	const words = { auto: "as the system", light: "light", dark: "dark" }[theme];
	document.documentElement.dataset.theme = theme;
	$("theme").replaceChildren(icon(theme));
	$("theme").setAttribute("aria-label", `Colours: ${words}. Change`);
	$("theme").title = `Colours: ${words}`;
	localStorage.setItem("theme", theme);
}
$("theme").addEventListener("click", () => {
	const next = { auto: "light", light: "dark", dark: "auto" };
	setTheme(next[document.documentElement.dataset.theme]);
});

function toggleMenu(open) {
	document.body.dataset.menu = open ? "open" : "closed";
	$("menu").setAttribute("aria-expanded", String(open));
	if (open) $("side").querySelector('[aria-current="true"]')?.focus();
}
$("menu").addEventListener("click", () => toggleMenu(document.body.dataset.menu !== "open"));
$("scrim").addEventListener("click", () => toggleMenu(false));
document.addEventListener("keydown", (event) => {
	if (event.key !== "Escape" || document.body.dataset.menu !== "open") return;
	toggleMenu(false);
	$("menu").focus();
});

document.addEventListener("visibilitychange", () => {
	if (document.hidden || !shown) return;
	shown.unread = 0;
	renderSide();
});

setTheme(
	["auto", "light", "dark"].find((theme) => theme === localStorage.getItem("theme")) ?? "auto",
);
$("name").value = localStorage.getItem("name") ?? "";
$("name").select();
