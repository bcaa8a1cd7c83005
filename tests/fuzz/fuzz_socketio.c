/* SPDX-License-Identifier: MIT */
/*
 * fuzz_socketio - whatever clients, the clock and an application may do to namespaces, sockets and
 * rooms, in any order.
 *
 * The input is a row of steps: a byte for what, a byte for whom, a byte for how.  What handlers do
 * when they are called is taken from a few bytes that a step may change; after some actions in one
 * step they only watch, since an application may well keep itself busy for ever.
 */
#include "../support/failing_malloc.h"
#include "../support/guest.h"
#include "../support/lab.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(x)                                                                                 \
	do {                                                                                       \
		if (!(x))                                                                          \
			abort();                                                                   \
	} while (0)

enum { SLOTS = 4, ENTRIES = 8, NAMES = 8, ROOMS = 3, REACTIONS = 4, ACTIONS = 24, DEPTH = 3 };

/* "/r1" and "/r2" match a pattern, the function decides about those with an m, "/s" is there, and
 * the last ones are nobody's. */
static const char *const names[NAMES] = { "/", "/r1", "/r2", "/m-now", "/m-later", "/m-never", "/s",
	"/x" };
static const char *const rooms_known[ROOMS + 1] = { "a", "b", "c", NULL };
static const char *const events[4] = { "e", "f", "h\xc3\xa4", "unheard" };
static const char *const keys[4] = { "k", "l", "", "a key" };

typedef struct owed {
	sio_entry entry;
	bool used;
} owed;

typedef struct fuzz {
	sio_server *lab;
	sio_ns *pattern, *match;
	peer *peers[SLOTS];
	owed entries[ENTRIES];
	size_t nentries;
	sio_ack ack;
	uint8_t reactions[REACTIONS];
	size_t reaction;
	unsigned actions, depth;
	bool open[NAMES][ROOMS]; /* the room has been told of */
	unsigned members[NAMES][ROOMS];
	size_t entered, leaving, left, set, freed, asked, ended;
	guest guests[SLOTS]; /* what they would say to come back */
	const uint8_t *at, *end;
} fuzz;

static fuzz f;
static bool memory_fails; /* one allocation may: fuzz_memory.c */

static uint8_t next_byte(void)
{
	return f.at < f.end ? *f.at++ : 0;
}

static size_t index_of(const char *const *all, size_t n, const char *text)
{
	size_t i = 0;
	while (i < n && strcmp(all[i], text) != 0)
		i++;
	return i;
}

/* ---- What the application does ---- */

static void on_ack(sio_err err, const cJSON *args, void *user);
static void on_answer(sio_socket *k, const sio_event *answer, void *user);
static void on_event(sio_socket *k, const sio_event *ev, void *user);
static void on_tap(sio_socket *k, const sio_event *ev, void *user);
static void on_change(
	sio_ns *ns, sio_room_change what, const char *name, const char *id, void *user);
static void use_event(sio_socket *k, const sio_event *ev, sio_entry entry, void *user);

static void owe(sio_entry entry)
{
	owed *o = &f.entries[f.nentries++ % ENTRIES];
	*o = (owed){ .entry = entry };
}

/* An entry can be used once. */
static void answer(unsigned i, bool admits)
{
	owed *o = &f.entries[i % ENTRIES];
	sio_err err =
		admits ? sio_admit(o->entry) : sio_refuse(o->entry, "no", sio_json("{why: %u}", i));
	REQUIRE(err == SIO_OK || err == SIO_EGONE || (memory_fails && err == SIO_ENOMEM));
	REQUIRE(!o->used || err == SIO_EGONE);
	o->used = true;
	REQUIRE(sio_admit(o->entry) == SIO_EGONE);
}

static void ask(sio_socket *k, sio_ns *ns, unsigned timeout_ms)
{
	sio_delivery how = { .on_ack = on_ack, .on_answer = on_answer, .timeout_ms = timeout_ms };
	sio_err err = k ? sio_emit_with(k, &how, "q", sio_json("[1]"))
			: sio_broadcast(ns, &how, "q", sio_json("[2]"));
	if (!err)
		f.asked++;
	REQUIRE(!err || !k || !sio_connected(k) || memory_fails);
}

static void free_data(void *data)
{
	f.freed++;
	free(data);
}

static void set_data(sio_socket *k)
{
	void *data = malloc(1);
	if (!data)
		return;
	sio_set_data(k, data, free_data);
	f.set++;
}

static void part(sio_socket *k, void *user)
{
	(void)user;
	sio_disconnect(k, false);
}

static void drop(const char *name, void *user)
{
	sio_leave(user, name);
}

/* To a socket, which may have left already. */
static void act_on_socket(sio_socket *k, unsigned what, unsigned how)
{
	static const sio_bytes parts[2] = { { "x", 1 }, { "yz", 2 } };
	const char *name = rooms_known[how % ROOMS];
	switch (what) {
	case 0:
		sio_emit(k, events[how % 4], sio_json("[%u]", how));
		break;
	case 1:
		sio_emit_with(k, &(sio_delivery){ .binary = parts, .nbinary = 2 }, "b",
			sio_json("[%p]", (void *)sio_binary(0)));
		break;
	case 2:
		sio_disconnect(k, false);
		REQUIRE(!sio_connected(k));
		REQUIRE(sio_emit(k, "e", sio_json("[]")) == SIO_EGONE || memory_fails);
		break;
	case 3:
		sio_disconnect(k, true);
		break;
	case 4:
		sio_join(k, name);
		break;
	case 5:
		sio_leave(k, how & 4 ? sio_id(k) : name);
		break;
	case 6:
		sio_rooms(k, drop, k);
		break;
	case 7:
		sio_socket_on(k, events[how % 4], on_event, NULL);
		break;
	case 8:
		sio_socket_once(k, events[how % 4], on_event, NULL);
		break;
	case 9:
		sio_socket_off(k, how & 4 ? NULL : events[how % 4], how & 8 ? NULL : on_event);
		break;
	case 10:
		(how & 1 ? sio_socket_on_any : sio_socket_prepend_any)(k, on_event, NULL);
		break;
	case 11:
		(how & 1 ? sio_socket_on_any_outgoing : sio_socket_prepend_any_outgoing)(
			k, on_tap, NULL);
		break;
	case 12:
		sio_socket_off_any(k, how & 1 ? on_event : NULL);
		sio_socket_off_any_outgoing(k, NULL);
		break;
	case 13:
		sio_socket_use_event(k, use_event, NULL);
		break;
	case 14:
		if (sio_connected(k))
			ask(k, NULL, how & 1 ? 50 : 0);
		break;
	default:
		if (sio_connected(k))
			set_data(k);
	}
}

static void act_on_namespace(sio_ns *ns, unsigned what, unsigned how)
{
	const char *const to[] = { rooms_known[how % ROOMS], NULL };
	sio_delivery some = { .to = how & 4 ? to : NULL, .except = how & 8 ? to : NULL };
	bool parent = ns == f.pattern || ns == f.match;
	switch (what) {
	case 0:
	case 1:
		sio_broadcast(ns, &some, events[how % 4], sio_json("[]"));
		break;
	case 2:
		if (!parent)
			ask(NULL, ns, how & 1 ? 50 : 0);
		break;
	case 3:
		sio_each(ns, &some, part, NULL);
		break;
	case 4:
		sio_on(ns, events[how % 4], on_event, NULL);
		break;
	case 5:
		sio_off(ns, how & 4 ? NULL : events[how % 4], how & 8 ? NULL : on_event);
		break;
	case 6:
		sio_on_any(ns, on_event, NULL);
		break;
	case 7:
		sio_off_any(ns, on_event);
		break;
	case 8:
		sio_prepend_any_outgoing(ns, on_tap, NULL);
		break;
	case 9:
		sio_off_any_outgoing(ns, NULL);
		break;
	default:
		REQUIRE(sio_find(ns, "nobody") == NULL);
	}
}

/* With each policy, to one or to all; what is asked with it ends, or is not taken. */
static void deliver(sio_socket *k, sio_ns *ns, unsigned how)
{
	static const sio_bytes parts[1] = { { "part", 4 } };
	const char *const to[] = { rooms_known[how >> 5 & 3], NULL };
	sio_delivery d = { .policy = (sio_policy)(how % 5),
		.key = keys[how >> 3 & 3],
		.flags = how & 64    ? SIO_VOLATILE
			 : how & 128 ? SIO_PLAIN
				     : 0,
		.on_ack = how % 7 == 0 ? on_ack : NULL,
		.binary = parts,
		.nbinary = how % 3 == 0 };
	char text[20];
	memset(text, 'x', sizeof text);
	cJSON *args = how % 3 ? sio_json("[%.*s]", (int)sizeof text, text)
			      : sio_json("[%p]", (void *)sio_binary(0));
	if (!k)
		d.to = how & 32 ? to : NULL;
	sio_err err = k ? sio_emit_with(k, &d, "d", args) : sio_broadcast(ns, &d, "d", args);
	if (!err && d.on_ack)
		f.asked++;
}

static void act_on_all(sio_ns *ns, unsigned how)
{
	const char *const to[] = { rooms_known[how >> 2 & 3], NULL };
	sio_delivery some = { .to = how & 16 ? to : NULL };
	const char *name = rooms_known[how >> 5 & 3];
	switch (how % 4) {
	case 0:
		REQUIRE(sio_join_all(ns, &some, name) == (name ? SIO_OK : SIO_EINVAL) ||
			memory_fails);
		break;
	case 1:
		REQUIRE(sio_leave_all(ns, &some, name) == (name ? SIO_OK : SIO_EINVAL) ||
			memory_fails);
		break;
	case 2:
		sio_disconnect_all(ns, &some, how & 128);
		break;
	default:
		sio_broadcast(ns, &some, "connect", sio_json("[]"));
	}
}

static void act_otherwise(sio_socket *k, unsigned what, unsigned how)
{
	sio_ns *ns = k ? sio_namespace(k) : how & 1 ? f.pattern : sio_of(f.lab, "/");
	switch (what) {
	case 0:
	case 1:
	case 2:
		answer(how, what != 0);
		break;
	case 3:
		REQUIRE(sio_of(f.lab, names[how % NAMES]) || memory_fails);
		break;
	case 4:
		sio_reply(f.ack, sio_json("[]"));
		break;
	case 5:
		deliver(k, ns, how);
		break;
	case 6:
		deliver(NULL, ns, how);
		break;
	default:
		act_on_all(ns, how);
	}
}

/* k may be NULL. */
static void act(sio_socket *k, uint8_t what, uint8_t how)
{
	if (f.actions >= ACTIONS || f.depth >= DEPTH)
		return;
	f.actions++;
	f.depth++;
	if (what < 128 && k)
		act_on_socket(k, what % 16, how);
	else if (what < 192)
		act_on_namespace(how & 16   ? f.pattern
				 : how & 32 ? f.match
				 : k        ? sio_namespace(k)
					    : sio_of(f.lab, "/"),
			what % 11, how);
	else
		act_otherwise(k, what % 8, how);
	f.depth--;
}

static void react(sio_socket *k)
{
	uint8_t what = f.reactions[f.reaction++ % REACTIONS];
	uint8_t how = f.reactions[f.reaction % REACTIONS];
	act(k, what, (uint8_t)(how >> 1));
}

/* ---- Its handlers ---- */

static void on_ack(sio_err err, const cJSON *args, void *user)
{
	(void)user;
	REQUIRE(err == SIO_OK || err == SIO_EGONE || err == SIO_ETIMEDOUT);
	REQUIRE(args || err);
	f.ended++;
	react(NULL);
}

static void on_answer(sio_socket *k, const sio_event *ev, void *user)
{
	(void)ev;
	(void)user;
	REQUIRE(sio_connected(k));
	react(k);
}

/* Relayed by who listens to it without looking at its arguments. */
static void on_raw(sio_socket *k, const sio_event *ev, void *user)
{
	sio_delivery how = { .policy = (sio_policy)(f.reactions[2] % 4), .key = keys[0] };
	(void)user;
	REQUIRE(ev->name);
	sio_relay(sio_namespace(k), &how, f.reactions[2] & 8 ? "relayed" : NULL, ev);
	react(k);
}

static void on_drain(sio_socket *k, void *user)
{
	(void)user;
	REQUIRE(sio_connected(k));
	react(k);
}

static void on_event(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	REQUIRE(cJSON_IsArray(ev->args));
	for (size_t i = 0; i < ev->nbinary; i++)
		REQUIRE(ev->binary[i].data);
	if (ev->ack.ticket)
		f.ack = ev->ack;
	react(k);
}

static void on_tap(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	REQUIRE(ev->name);
	react(k);
}

static void on_connect(sio_socket *k, void *user)
{
	(void)user;
	f.entered++;
	REQUIRE(sio_connected(k) || f.actions);
	react(k);
}

static void on_leaving(sio_socket *k, const char *reason, void *user)
{
	(void)user;
	REQUIRE(!sio_connected(k) && reason);
	f.leaving++;
	react(k);
}

static void on_left(sio_socket *k, const char *reason, void *user)
{
	(void)user;
	REQUIRE(!sio_connected(k) && reason && !sio_in_room(k, "a") && !sio_in_room(k, sio_id(k)));
	f.left++;
	react(k);
}

static void on_error(sio_socket *k, const char *message, const cJSON *data, void *user)
{
	(void)user;
	(void)data;
	REQUIRE(message);
	react(k);
}

/* What is told of one room makes sense. */
static void on_change(
	sio_ns *ns, sio_room_change what, const char *name, const char *id, void *user)
{
	size_t n = index_of(names, NAMES, sio_ns_name(ns));
	size_t r = index_of(rooms_known, ROOMS, name);
	(void)user;
	/* Rubbish may name others that the pattern takes; without memory nobody hears of it. */
	if (n < NAMES && r < ROOMS && !memory_fails) {
		bool *open = &f.open[n][r];
		unsigned *members = &f.members[n][r];
		REQUIRE((what == SIO_ROOM_CREATED) == !*open);
		if (what == SIO_ROOM_CREATED || what == SIO_ROOM_DELETED)
			*open = !*open;
		if (what == SIO_ROOM_DELETED)
			REQUIRE(*members == 0);
		if (what == SIO_ROOM_JOINED)
			++*members;
		if (what == SIO_ROOM_LEFT)
			REQUIRE((*members)-- > 0);
	}
	react(sio_find(ns, id));
}

/* ---- Its decisions ---- */

static void decide(sio_entry entry, unsigned how)
{
	if (how % 4 == 0)
		owe(entry);
	else if (how % 4 == 1)
		sio_refuse(entry, "no", NULL);
	else
		sio_admit(entry);
}

static void use(sio_socket *k, sio_entry entry, void *user)
{
	(void)user;
	REQUIRE(!sio_connected(k));
	react(k);
	decide(entry, f.reactions[0] >> 4);
}

static void use_event(sio_socket *k, const sio_event *ev, sio_entry entry, void *user)
{
	(void)user;
	REQUIRE(sio_connected(k) && cJSON_IsArray(ev->args));
	if (f.reactions[1] & 1)
		react(k);
	decide(entry, f.reactions[1] >> 4);
	if (f.reactions[1] & 2)
		react(k);
}

static void on_match(const char *name, const cJSON *auth, const sio_handshake *request,
	sio_entry entry, void *user)
{
	(void)user;
	REQUIRE(cJSON_IsObject(auth) && request);
	react(NULL);
	if (!strcmp(name, "/m-now"))
		sio_admit(entry);
	else if (!strcmp(name, "/m-later"))
		owe(entry);
	else
		sio_refuse(entry, NULL, NULL);
}

static void on_namespace(sio_ns *ns, void *user)
{
	(void)user;
	const sio_ns *parent = sio_ns_parent(ns); /* NULL: it is the application's own */
	REQUIRE(!parent || parent == f.pattern || parent == f.match);
	react(NULL);
}

static void furnish(sio_ns *ns, bool middleware)
{
	sio_on_connect(ns, on_connect, NULL);
	sio_on_disconnecting(ns, on_leaving, NULL);
	sio_on_disconnect(ns, on_left, NULL);
	sio_on(ns, "e", on_event, NULL);
	sio_on_raw(ns, "raw", on_raw, NULL);
	sio_on_drain(ns, on_drain, NULL);
	sio_on_error(ns, on_error, NULL);
	sio_on_room(ns, on_change, NULL);
	if (middleware) {
		sio_use(ns, use, NULL);
		sio_use_event(ns, use_event, NULL);
	}
}

/* ---- Steps ---- */

static void step_open(unsigned i, unsigned how)
{
	if (f.lab->npeers + 1 < LAB_PEERS && (!f.peers[i] || !f.peers[i]->session))
		f.peers[i] = how % 8 == 7   ? open_old_client(f.lab)
			     : how % 8 == 6 ? open_polling_client(f.lab)
					    : open_client(f.lab);
}

/* A packet of that type for one of the namespaces. */
static void say(unsigned i, const char *type, unsigned nsp, const char *rest)
{
	char text[128];
	bool named = nsp % NAMES != 0;
	snprintf(text, sizeof text, "4%s%s%s%s", type, named ? names[nsp % NAMES] : "",
		named ? "," : "", rest);
	if (f.peers[i])
		receive(f.peers[i], text);
}

static void step_connect(unsigned i, unsigned how)
{
	say(i, "0", how, how & 8 ? "{\"token\":[1,{}]}" : "");
}

static void step_disconnect(unsigned i, unsigned how)
{
	say(i, "1", how, "");
}

static void step_event(unsigned i, unsigned how)
{
	char rest[64];
	bool asks = how & 8;
	snprintf(rest, sizeof rest, "%s[\"%s\",%u]", asks ? "7" : "", events[how >> 4 & 3], how);
	say(i, "2", how, rest);
}

static void step_binary(unsigned i, unsigned how)
{
	say(i, "51-", how, "[\"e\",{\"_placeholder\":true,\"num\":0}]");
	if (f.peers[i] && how & 8)
		receive_binary(f.peers[i], "bytes", how >> 4 & 3);
}

static void step_answer(unsigned i, unsigned how)
{
	char rest[32];
	snprintf(rest, sizeof rest, "%u[1]", how >> 3);
	say(i, "3", how, rest);
}

static void step_rubbish(unsigned i, unsigned how)
{
	size_t left = (size_t)(f.end - f.at), len = how % 32 < left ? how % 32 : left;
	char text[33] = "4";
	memcpy(text + 1, f.at, len);
	f.at += len;
	if (f.peers[i])
		receive_text(f.peers[i], text, len + 1);
}

static void step_hang_up(unsigned i, unsigned how)
{
	(void)how;
	if (f.peers[i] && !f.peers[i]->polling)
		hang_up(f.peers[i]);
}

static void step_slow(unsigned i, unsigned how)
{
	if (f.peers[i])
		f.peers[i]->slow = how & 1;
	end_turn(f.lab);
}

static void step_clock(unsigned i, unsigned how)
{
	static const unsigned spans[] = { 0, 1, 49, 50, 999, 1000, 20000, 30000 };
	(void)i;
	wait_ms(f.lab, spans[how % 8]);
}

static void step_hold(unsigned i, unsigned how)
{
	(void)i;
	if (how & 1)
		hold_turns(f.lab);
	else
		end_turn(f.lab);
}

static void step_react(unsigned i, unsigned how)
{
	f.reactions[i % REACTIONS] = (uint8_t)how;
	f.reactions[(i + 1) % REACTIONS] = next_byte();
}

/* The application, outside of callbacks. */
static void step_act(unsigned i, unsigned how)
{
	sio_socket *k = f.peers[i] ? socket_of(f.peers[i], names[how % NAMES]) : NULL;
	if (k && !sio_connected(k))
		k = NULL;
	uint8_t what = next_byte();
	act(k, what, next_byte());
	if (!f.lab->holding)
		end_turn(f.lab);
}

static void step_raw(unsigned i, unsigned how)
{
	if (how & 8) {
		say(i, "51-", how, "[\"raw\",{\"_placeholder\":true,\"num\":0}]");
		if (f.peers[i])
			receive_binary(f.peers[i], "bytes", how >> 4 & 3);
	} else {
		say(i, "2", how, how & 16 ? "9[\"raw\",{\"a\":[1,null]}]" : "[\"raw\"]");
	}
}

/* Who was lost comes back, from the last event that it was sent. */
static void step_again(unsigned i, unsigned how)
{
	if (f.lab->npeers + 1 >= LAB_PEERS || (f.peers[i] && f.peers[i]->session))
		return;
	guest *g = &f.guests[i];
	guest_again(g, f.lab, names[how % NAMES]);
	f.peers[i] = g->peer;
}

typedef void step_fn(unsigned i, unsigned how);

static step_fn *const steps[] = { step_open, step_connect, step_disconnect, step_event, step_binary,
	step_answer, step_rubbish, step_hang_up, step_slow, step_clock, step_hold, step_react,
	step_act, step_connect, step_event, step_raw, step_again };

/* ---- What holds ---- */

static void check_clients(void)
{
	for (size_t i = 0; i < SLOTS; i++) {
		peer *p = f.peers[i];
		client *c = p && p->session ? p->session->user : NULL;
		unsigned unanswered = 0;
		if (!c)
			continue;
		LIST_EACH (it, &c->sockets) {
			sio_socket *k = LIST_OWNER(it, sio_socket, in_client);
			REQUIRE(k->client == c && k->state != SOCKET_LEFT);
			REQUIRE(c->session->state == SESSION_OPEN);
			unanswered += k->unanswered;
		}
		REQUIRE(unanswered == c->unanswered);
		REQUIRE(list_empty(&c->candidates) || c->session->state == SESSION_OPEN);
	}
}

/* At the end of a turn nothing is left to be done. */
static void check_settled(const io *o)
{
	if (f.lab->holding)
		return;
	REQUIRE(!io_unsettled(o) && list_empty(&o->idle));
	REQUIRE(list_empty(&o->dead_sockets) && list_empty(&o->dead_inquiries));
	REQUIRE(f.leaving == f.left);
}

static void check_end(const io *o)
{
	REQUIRE(f.entered == f.left && f.leaving == f.left);
	REQUIRE(f.asked == f.ended);
	for (map_node *it = map_next(&o->namespaces, NULL); it; it = map_next(&o->namespaces, it)) {
		const sio_ns *ns = MAP_OWNER(it, sio_ns, by_name);
		REQUIRE(!ns->population && !ns->rooms.count && !ns->places.count &&
			!ns->asks.count);
		REQUIRE(!ns->parent || ns->pinned || !o->options.cleanup_empty_children);
	}
	for (size_t n = 0; n < NAMES; n++)
		for (size_t r = 0; r < ROOMS; r++)
			REQUIRE(!f.open[n][r] && !f.members[n][r]);
	for (size_t i = 0; i < ENTRIES; i++)
		REQUIRE(sio_admit(f.entries[i].entry) == SIO_EGONE);
}

/* A guest reads its mail, for its ids and offsets. */
static void forget_all_mail(void)
{
	failing_malloc_pause(true);
	for (size_t i = 0; i < SLOTS; i++) {
		guest *g = &f.guests[i];
		if (!f.peers[i] || !sent_count(f.peers[i]))
			continue;
		g->peer = f.peers[i];
		guest_heard(g);
	}
	for (size_t i = 0; i < f.lab->npeers; i++)
		forget_mail(f.lab->peers[i]);
	failing_malloc_pause(false);
}

static void begin(const uint8_t *data, size_t size)
{
	f = (fuzz){ .at = data, .end = data + size };
	uint8_t mode = next_byte();
	f.lab = lab_new_with(&(sio_options){ .cleanup_empty_children = mode & 1,
		.max_unanswered = mode & 2 ? 2 : 0,
		.recovery_ms = mode & 4 ? 100 : 0,
		.recovery_uses_middleware = mode & 8,
		.connect_timeout_ms = 1000,
		.max_queue = 4000,
		.high_water = mode & 128 ? 200 : 0 });
	f.pattern = sio_of_pattern(f.lab, "^/r[0-9]$");
	f.match = sio_of_match(f.lab, on_match, NULL);
	REQUIRE(f.pattern && f.match);
	sio_on_namespace(f.lab, on_namespace, NULL);
	furnish(sio_of(f.lab, "/"), mode & 16);
	furnish(sio_of(f.lab, "/s"), true);
	furnish(f.pattern, mode & 32);
	furnish(f.match, mode & 64);
	f.actions = ACTIONS;
	end_turn(f.lab);
}

/* Whether more than that many allocations were asked for, of which the last one failed. */
static bool run(const uint8_t *data, size_t size, size_t fails)
{
	begin(data, size);
	if (memory_fails)
		failing_malloc_after(fails);
	while (f.at < f.end) {
		unsigned what = next_byte(), whom = next_byte();
		f.actions = 0;
		steps[what % (sizeof steps / sizeof *steps)](whom % SLOTS, next_byte());
		check_clients();
		check_settled(&f.lab->io);
		forget_all_mail();
	}
	bool failed = failing_malloc_off();
	f.actions = ACTIONS;
	end_turn(f.lab);
	lab_shut(f.lab);
	io_reap(&f.lab->io);
	check_end(&f.lab->io);
	lab_free(f.lab);
	REQUIRE(f.set == f.freed);
	return failed;
}

#ifndef FUZZ_MEMORY
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(data, size, 0);
	return 0;
}
#endif
