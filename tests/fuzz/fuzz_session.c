/* SPDX-License-Identifier: MIT */
/*
 * fuzz_session - whatever clients, the clock and an application may do to sessions, in any order.
 *
 * The input is a row of steps: a byte for what, a byte for whom, and more where a step needs it.
 * Messages in both directions are numbered, so that one that is lost, doubled or out of order is
 * seen.
 */
#include "../support/peer.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(x)                                                                                 \
	do {                                                                                       \
		if (!(x))                                                                          \
			abort();                                                                   \
	} while (0)

enum { SLOTS = 4 };

/* One session, from its opening until it is reported to have ended. */
typedef struct slot {
	session *session;  /* NULL: free */
	uint32_t accepted; /* messages that session_send() took */
	uint32_t arrived;  /* and that the client got */
	uint32_t said;     /* messages that the client sent */
	uint32_t heard;    /* the next one that the application may hear */
	line *line;        /* the last one that was opened for it */
	ask *get, *post;
} slot;

typedef struct fuzz {
	peer peer;
	slot slots[SLOTS];
	bool aborted[PEER_ASKS];
	bool passing; /* the clock moves */
	uint8_t reaction;
	const uint8_t *at, *end;
} fuzz;

static const char drained[] = "drained";

static uint8_t next_byte(fuzz *f)
{
	return f->at < f->end ? *f->at++ : 0;
}

static slot *slot_of(fuzz *f, const session *s)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (f->slots[i].session == s)
			return &f->slots[i];
	return NULL;
}

/* ---- The application ---- */

static void send_numbered(slot *k, bool binary)
{
	char text[16];
	int len = snprintf(text, sizeof text, "4%u", k->accepted);
	bytes *b = bytes_copy(text + binary, (size_t)len - binary);
	REQUIRE(b);
	b->binary = binary;
	if (session_send(k->session, b))
		k->accepted++;
}

static void act(slot *k, unsigned what)
{
	switch (what % 8) {
	case 0:
		send_numbered(k, false);
		break;
	case 1:
		send_numbered(k, true);
		break;
	case 2:
		for (int i = 0; i < 10; i++)
			send_numbered(k, i & 1);
		break;
	case 3:
		session_close(k->session, drained);
		break;
	case 4:
		session_fail(k->session, CLOSED_BY_SERVER);
		break;
	case 5:
		session_doom(k->session, CLOSED_BY_ERROR);
		break;
	case 6:
		REQUIRE(session_backlog(k->session) >= k->session->out.bytes);
		break;
	default:
		break;
	}
}

static void at_open(peer *p, session *s)
{
	fuzz *f = p->user;
	slot *k = slot_of(f, NULL);
	REQUIRE(k && s->state == SESSION_OPEN);
	*k = (slot){ .session = s };
	act(k, f->reaction >> 4);
}

static void at_message(peer *p, session *s, span data, bool binary)
{
	fuzz *f = p->user;
	slot *k = slot_of(f, s);
	unsigned number;
	char text[16];
	/* Nothing is heard of a session that has ended, is closing, or is doomed. */
	REQUIRE(k && s->state == SESSION_OPEN && !s->doomed);
	if (!binary && data.len > 1 && data.len < sizeof text && data.at[0] == '#') {
		memcpy(text, data.at + 1, data.len - 1);
		text[data.len - 1] = '\0';
		if (sscanf(text, "%u", &number) == 1 && number < k->said) {
			REQUIRE(number >= k->heard);
			k->heard = number + 1;
		}
	}
	act(k, f->reaction & 15);
}

static void at_close(peer *p, session *s)
{
	fuzz *f = p->user;
	slot *k = slot_of(f, s);
	REQUIRE(k && s->state == SESSION_CLOSED);
	/* An end that the server asked for comes after all that it had sent. */
	if (p->reason == drained && !f->passing)
		REQUIRE(k->arrived == k->accepted);
	REQUIRE(!session_send(s, bytes_ref(p->engine.ping)));
	session_close(s, drained);
	session_doom(s, drained);
	*k = (slot){ 0 };
}

/* ---- What reaches the client ---- */

static void see(slot *k, span text, bool binary)
{
	char expected[16];
	if (!binary && (!text.len || text.at[0] != '4'))
		return;
	snprintf(expected, sizeof expected, "4%u", k->arrived++);
	REQUIRE(k->arrived <= k->accepted);
	REQUIRE(span_is(text, span_of(expected + binary)));
}

/* A packet of version 3, in which binary data stands as base64: "b4MTI=". */
static void see_old_packet(slot *k, span text)
{
	unsigned char data[16];
	if (text.len < 2 || text.at[0] != 'b') {
		see(k, text, false);
		return;
	}
	REQUIRE(text.len < sizeof data && text.at[1] == '4');
	long n = base64_decode(data, (span){ text.at + 2, text.len - 2 });
	REQUIRE(n >= 0);
	see(k, (span){ (const char *)data, (size_t)n }, true);
}

/* The length before a colon of a packet in a payload of version 3; 0: it is no payload. */
static size_t old_length(span text, size_t *head)
{
	size_t len = 0, i = 0;
	for (; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++)
		len = 10 * len + (size_t)(text.at[i] - '0');
	*head = i + 1;
	return i && i < text.len && text.at[i] == ':' ? len : 0;
}

static void see_old(slot *k, span text)
{
	size_t head, len;
	if (!old_length(text, &head)) {
		see_old_packet(k, text);
		return;
	}
	for (; (len = old_length(text, &head)) != 0;
		text.at += head + len, text.len -= head + len) {
		REQUIRE(len <= text.len - head);
		see_old_packet(k, (span){ text.at + head, len });
	}
	REQUIRE(!text.len);
}

static void at_packet(peer *p, session *s, span text, bool binary)
{
	slot *k = slot_of(p->user, s);
	REQUIRE(k);
	if (s->dialect->old)
		see_old(k, text);
	else
		see(k, text, binary);
}

/* ---- What holds after every step ---- */

static void check_exchanges(const fuzz *f)
{
	for (size_t i = 0; i < f->peer.nasks; i++) {
		const ask *a = &f->peer.asks[i];
		REQUIRE(a->answers + a->drops <= 1);
		REQUIRE(!a->base.polling || waits(a));
	}
	for (size_t i = 0; i < f->peer.nlines; i++)
		REQUIRE(f->peer.lines[i].closes <= 1);
}

static void check_open(const slot *k)
{
	session *s = k->session;
	uint32_t waiting = 0;
	bytes *b;
	REQUIRE(s->transport && !s->doomed && s->state != SESSION_CLOSED);
	for (size_t i = 0; (b = session_peek(s, s->transport, i)) != NULL; i++)
		waiting += b->binary || bytes_data(b)[0] == '4' || bytes_data(b)[0] == 'b';
	REQUIRE(k->accepted - k->arrived == waiting);
	/* Whoever could be told has been told. */
	if (s->polling && s->polling->get)
		REQUIRE(s->out.len == 0 && s->state == SESSION_OPEN && !s->probed);
	if (!s->polling && !((line *)(void *)s->transport)->blocked)
		REQUIRE(s->out.len == 0 && s->state == SESSION_OPEN);
	REQUIRE(!s->candidate || s->polling);
}

static void check(const fuzz *f)
{
	size_t open = 0;
	check_exchanges(f);
	for (size_t i = 0; i < SLOTS; i++) {
		if (!f->slots[i].session)
			continue;
		open++;
		check_open(&f->slots[i]);
	}
	REQUIRE(f->peer.engine.sessions.count == open);
	REQUIRE(f->peer.wheel.count <= 2 * open);
	REQUIRE(f->peer.opened == f->peer.closed + open);
}

/* ---- Steps ---- */

static bool room(const fuzz *f)
{
	return f->peer.nasks + 4 < PEER_ASKS && f->peer.nlines + 2 < PEER_LINES;
}

static void step_open(fuzz *f, slot *k, unsigned how)
{
	(void)k;
	if (!slot_of(f, NULL))
		return;
	f->peer.refuse_open = how % 16 == 15;
	f->peer.query = how & 32 ? "EIO=3&b64=1" : "EIO=4";
	if (how & 1) {
		line *l = line_open(&f->peer);
		slot *opened = l && l->session ? slot_of(f, l->session) : NULL;
		if (opened)
			opened->line = l;
		return;
	}
	session *s = poll_open(&f->peer);
	if (s && how & 2)
		poll_get(&f->peer, s);
	peer_turn(&f->peer);
}

static void step_get(fuzz *f, slot *k, unsigned how)
{
	(void)how;
	session *s = k->session;
	if (!s || !s->polling)
		return;
	ask *get = poll_get(&f->peer, s);
	if (k->session == s)
		k->get = get;
}

static void step_post(fuzz *f, slot *k, unsigned how)
{
	(void)how;
	session *s = k->session;
	if (!s || !s->polling)
		return;
	ask *post = poll_post_begin(&f->peer, s);
	if (k->session == s)
		k->post = post;
}

static void old_body(char *out, size_t size, uint32_t said, bool pings)
{
	char one[16], two[16];
	int n = snprintf(one, sizeof one, "4#%u", said);
	int m = snprintf(two, sizeof two, "4#%u", said + 1);
	snprintf(out, size, "%d:%s%d:%s%s", n, one, m, two, pings ? "1:2" : "");
}

static void step_body(fuzz *f, slot *k, unsigned how)
{
	char text[64];
	if (!k->post)
		return;
	if (how & 1) {
		size_t len = next_byte(f) % 32;
		if (len > (size_t)(f->end - f->at))
			len = (size_t)(f->end - f->at);
		poll_post_bytes(k->post, f->at, len);
		f->at += len;
		return;
	}
	if (k->session && k->session->dialect->old)
		old_body(text, sizeof text, k->said, how & 2);
	else
		snprintf(text, sizeof text,
			"4#%u\x1e"
			"4#%u%s",
			k->said, k->said + 1,
			how & 2 ? "\x1e"
				  "3"
				: "");
	k->said += 2;
	poll_post_body(k->post, text);
}

static void step_refuse(fuzz *f, slot *k, unsigned how)
{
	session *s = k->session;
	if (s && s->polling && k->post)
		polling_post_refuse(s->polling, &k->post->base, 413, how & 1);
	peer_turn(&f->peer);
}

static void step_abort(fuzz *f, slot *k, unsigned how)
{
	ask *a = how & 1 ? k->get : k->post;
	if (!a)
		return;
	f->aborted[a - f->peer.asks] = waits(a);
	poll_abort(a);
}

static void step_beside(fuzz *f, slot *k, unsigned how)
{
	(void)how;
	line *l = k->session ? line_beside(&f->peer, k->session) : NULL;
	if (l)
		k->line = l;
}

static void step_frame(fuzz *f, slot *k, unsigned how)
{
	static const char *const frames[] = { "2probe", "5", "3", "1", "2", "6", "x", "bAQID" };
	char text[32];
	if (!k->line)
		return;
	if (how < 8) {
		line_send(k->line, frames[how]);
	} else if (how & 1) {
		size_t len = next_byte(f) % 8;
		if (len > (size_t)(f->end - f->at))
			len = (size_t)(f->end - f->at);
		f->at += len;
		line_send_bytes(k->line, f->at - len, len);
	} else {
		snprintf(text, sizeof text, "4#%u", k->said++);
		line_send(k->line, text);
	}
}

static void step_line(fuzz *f, slot *k, unsigned how)
{
	(void)f;
	if (!k->line)
		return;
	if (how % 4 == 0)
		line_lost(k->line, CLOSED_BY_TRANSPORT);
	else
		line_block(k->line, how % 4 == 1);
}

static void step_clock(fuzz *f, slot *k, unsigned how)
{
	static const unsigned spans[] = { 0, 1, 999, 9999, 10000, 19999, 25000, 30000 };
	(void)k;
	f->passing = true;
	peer_pass(&f->peer, spans[how % 8]);
	f->passing = false;
}

static void step_act(fuzz *f, slot *k, unsigned how)
{
	if (k->session)
		act(k, how);
	peer_turn(&f->peer);
}

/* Two things in one turn, which the verbs of the peer would keep apart. */
static void step_act_twice(fuzz *f, slot *k, unsigned how)
{
	if (k->session)
		act(k, how);
	if (k->session)
		act(k, how >> 3);
	if (k->session && k->session->candidate && how & 1) {
		unsigned char upgrade[] = "5";
		session_receive(k->session, k->session->candidate, upgrade, 1, false);
	}
	peer_turn(&f->peer);
}

static void step_settings(fuzz *f, slot *k, unsigned how)
{
	(void)k;
	f->reaction = next_byte(f);
	f->peer.engine.options.max_queue = how & 1 ? 20 : 1000000;
	f->peer.engine.options.allow_upgrades = !(how & 8);
	if (how == 14)
		engine_close_all(&f->peer.engine, CLOSED_BY_SHUTDOWN);
	peer_turn(&f->peer);
}

typedef void step_fn(fuzz *f, slot *k, unsigned how);

static step_fn *const steps[] = { step_open, step_get, step_post, step_body, step_refuse,
	step_abort, step_beside, step_frame, step_line, step_clock, step_act, step_act_twice,
	step_settings };

/* Every exchange had its one end, but for those whose client had gone. */
static void check_end(const fuzz *f)
{
	check_exchanges(f);
	for (size_t i = 0; i < f->peer.nasks; i++) {
		const ask *a = &f->peer.asks[i];
		REQUIRE(a->answers + a->drops == !f->aborted[i]);
	}
	REQUIRE(f->peer.opened == f->peer.closed);
	REQUIRE(f->peer.wheel.count == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz *f = calloc(1, sizeof *f);
	REQUIRE(f && peer_begin(&f->peer));
	f->peer.user = f;
	f->peer.at_open = at_open;
	f->peer.at_message = at_message;
	f->peer.at_close = at_close;
	f->peer.at_packet = at_packet;
	f->at = data;
	f->end = data + size;
	while (f->at < f->end && room(f)) {
		unsigned what = next_byte(f), whom = next_byte(f);
		steps[what % (sizeof steps / sizeof *steps)](
			f, &f->slots[whom % SLOTS], whom / SLOTS % 64);
		check(f);
	}
	peer_end(&f->peer);
	check_end(f);
	free(f);
	return 0;
}
