/* SPDX-License-Identifier: MIT */
/*
 * model - thousands of random operations on a real server with clients on real sockets, against a
 * model of who must be sent what, in which order, each exactly once.
 *
 *     model [seconds [seed]]
 *
 * Clients speak versions 3 and 4 by polling, by WebSocket and through upgrades; they are slow, send
 * in pieces, go and come back.  The server's own calls for sockets fail now and then: a client may
 * lose its connection for that, but no message.  The seed is printed.
 */
#include "../../src/server.h"
#include "far.h"
#include "faults.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 24, ROOMS = 5, QUEUE = 4096, FILLER = 60000, ASKS = 4096 };

typedef enum want { TEXT, BINARY, ANSWER } want;

typedef struct expected {
	uint32_t number;
	uint8_t what;
	bool optional; /* it may be dropped as a whole */
} expected;

/* A client, and what the model knows of it. */
typedef struct slot {
	far f;
	bool there; /* f is in use */
	char query[32];
	unsigned life; /* how many clients it has been */
	sio_socket *k; /* NULL: not in the namespace */
	bool in[ROOMS];
	uint32_t said, heard; /* events of the client's */
	bool part;            /* an attachment is to come ... */
	uint32_t part_of;     /* ... of this event */
	expected queue[QUEUE];
	size_t first, count;
} slot;

static slot slots[SLOTS];
static sio_server *server;
static sio_ns *everyone;
static uint64_t state;
static uint32_t serial;
static char filler[FILLER + 1];
static unsigned entered, left, upgraded, delivered, dropped, asked, answered, steps;

#define REQUIRE(x, ...) ((x) ? (void)0 : fail(__LINE__, #x, __VA_ARGS__))

__attribute__((noreturn)) static void fail(int line, const char *what, unsigned a, unsigned b)
{
	fprintf(stderr, "model: line %d: %s (%u, %u), step %u\n", line, what, a, b, steps);
	exit(EXIT_FAILURE);
}

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

/* ---- What is expected ---- */

static void expect(slot *s, uint32_t number, want what, bool optional)
{
	if (!s->k || s->f.ended)
		return;
	REQUIRE(s->count < QUEUE, (unsigned)s->count, 0);
	s->queue[(s->first + s->count++) % QUEUE] = (expected){ number, (uint8_t)what, optional };
}

static void forget(slot *s)
{
	s->first = s->count = 0;
	s->part = false;
}

static void came(slot *s, uint32_t number, want what)
{
	for (;;) {
		REQUIRE(s->count, number, what);
		expected e = s->queue[s->first];
		s->first = (s->first + 1) % QUEUE;
		s->count--;
		if (e.number == number && e.what == what)
			break;
		REQUIRE(e.optional, e.number, number);
		dropped++;
	}
	delivered++;
}

/* How much filler an event carries follows from its number: mostly little, at times more than a
 * socket takes at once. */
static int filler_of(uint32_t number)
{
	uint32_t h = number * 2654435761u;
	return h % 50 == 0 ? (int)(h >> 8) % FILLER : (int)(h >> 8) % 200;
}

/* ---- Clients ---- */

static slot *slot_of(far *f)
{
	return f->user;
}

static void answer(far *f, unsigned long id, uint32_t number)
{
	char text[64];
	int n = snprintf(text, sizeof text, "3%lu[%u]", id, number);
	far_say(f, text, (size_t)n, false);
}

/* 2["m",7,"xxx"], 27["m",...] which is to be answered, 51-["b",7,{...}], 37[7] */
static void on_text(slot *s, span data)
{
	static char text[FILLER + 200];
	char *at = text + 1;
	REQUIRE(data.len < sizeof text, (unsigned)data.len, 0);
	memcpy(text, data.at, data.len);
	text[data.len] = '\0';
	if (*text == '5')
		at += 2;
	char *id_end;
	unsigned long id = strtoul(at, &id_end, 10);
	bool has_id = id_end > at;
	if (*text == '3') {
		came(s, (uint32_t)strtoul(id_end + 1, NULL, 10), ANSWER);
		return;
	}
	char *comma = strchr(id_end, ',');
	REQUIRE(comma, (unsigned char)*text, 0);
	uint32_t number = (uint32_t)strtoul(comma + 1, &at, 10);
	came(s, number, *text == '5' ? BINARY : TEXT);
	s->part = *text == '5';
	s->part_of = number;
	if (*text == '2') {
		size_t len = strlen(at);
		REQUIRE(len == (size_t)filler_of(number) + 4, (unsigned)len, number);
	}
	if (has_id)
		answer(&s->f, id, number);
}

static void on_message(far *f, span data, bool binary)
{
	slot *s = slot_of(f);
	if (binary) {
		REQUIRE(s->part && data.len == 4 + (size_t)filler_of(s->part_of),
			(unsigned)data.len, s->part_of);
		REQUIRE(!memcmp(data.at, &s->part_of, 4), s->part_of, 0);
		s->part = false;
		return;
	}
	REQUIRE(!s->part && data.len, s->part, 0);
	if (data.at[0] == '2' || data.at[0] == '3' || data.at[0] == '5')
		on_text(s, data);
	else
		REQUIRE(data.at[0] == '0' || data.at[0] == '1', (unsigned)data.at[0], 0);
}

static void on_opened(far *f)
{
	if (f->version == 4)
		far_say(f, "0", 1, false);
}

static void on_upgraded(far *f)
{
	(void)f;
	upgraded++;
}

static void on_ended(far *f, const char *why)
{
	slot *s = slot_of(f);
	(void)why;
	forget(s);
}

static const far_hooks client_hooks = { on_opened, on_message, on_upgraded, on_ended };

/* ---- The application ---- */

/* NULL: of a client that is there no more. */
static slot *slot_for(const sio_socket *k)
{
	unsigned number, life;
	const char *n = sio_query(k, "n");
	if (!n || sscanf(n, "%u.%u", &number, &life) != 2)
		return NULL;
	slot *s = &slots[number];
	return s->life == life ? s : NULL;
}

static void on_connect(sio_socket *k, void *user)
{
	slot *s = slot_for(k);
	(void)user;
	entered++;
	if (s && !s->f.ended)
		s->k = k;
}

static void leave(slot *s)
{
	s->k = NULL;
	memset(s->in, 0, sizeof s->in);
}

static void on_left(sio_socket *k, const char *reason, void *user)
{
	slot *s = slot_for(k);
	(void)reason;
	(void)user;
	left++;
	if (s && s->k == k)
		leave(s);
}

/* up(n): each once, in order. */
static void on_up(sio_socket *k, const sio_event *ev, void *user)
{
	slot *s = slot_for(k);
	uint32_t n = (uint32_t)cJSON_GetNumberValue(cJSON_GetArrayItem(ev->args, 0));
	(void)user;
	if (!s || s->k != k)
		return;
	REQUIRE(n == s->heard, n, s->heard);
	s->heard++;
	if (ev->ack.ticket) {
		expect(s, n, ANSWER, false);
		sio_reply(ev->ack, sio_json("[%u]", n));
	}
}

typedef struct question {
	uint32_t number;
	bool one; /* it was put to one client */
	unsigned ends;
} question;

static question asks[ASKS];

static void on_ack(sio_err err, const cJSON *args, void *user)
{
	question *q = user;
	answered++;
	REQUIRE(++q->ends == 1, q->number, q->ends);
	if (q->one && !err)
		REQUIRE((uint32_t)cJSON_GetNumberValue(cJSON_GetArrayItem(args, 0)) == q->number,
			q->number, 0);
}

/* ---- Steps ---- */

static void step_come(slot *s)
{
	if (s->there && !s->f.ended && (s->k || below(20)))
		return;
	if (s->there && !s->f.ended)
		far_close(&s->f, false);
	s->there = true;
	s->life++;
	s->said = s->heard = 0;
	s->k = NULL;
	memset(s->in, 0, sizeof s->in);
	forget(s);
	snprintf(s->query, sizeof s->query, "&n=%u.%u", (unsigned)(s - slots), s->life);
	far_open(&s->f, sio_port(server), s->query, (far_way)below(3), below(3) ? 4 : 3,
		&client_hooks, s);
	s->f.piece = below(4) ? 0 : 1 + below(100);
}

static void step_go(slot *s)
{
	if (!s->there || s->f.ended || below(6))
		return;
	far_close(&s->f, below(2));
}

static void step_upgrade(slot *s)
{
	if (s->there && s->f.way == FAR_UPGRADE)
		far_upgrade(&s->f);
}

static void step_slow(slot *s)
{
	if (s->there && !s->f.ended)
		far_slow(&s->f, below(3) == 0);
}

static void step_up(slot *s)
{
	char text[64];
	if (!s->there || s->f.ended || !s->f.open || !s->k)
		return;
	char id[16] = "";
	if (below(2))
		snprintf(id, sizeof id, "%u", s->said);
	int n = snprintf(text, sizeof text, "2%s[\"up\",%u]", id, s->said++);
	far_say(&s->f, text, (size_t)n, false);
}

static void step_join(slot *s)
{
	static const char *const rooms[] = { "a", "b", "c", "d", "e" };
	unsigned r = below(ROOMS);
	if (!s->k)
		return;
	bool join = below(3);
	sio_err err = join ? sio_join(s->k, rooms[r]) : sio_leave(s->k, rooms[r]);
	REQUIRE(!err, err, r);
	s->in[r] = join;
}

/* Arguments of the next event, with its filler as text or as the attachment. */
static cJSON *next_args(bool binary, sio_bytes *part)
{
	static char data[FILLER + 8];
	uint32_t number = serial++;
	int len = filler_of(number);
	memcpy(data, &number, 4);
	memset(data + 4, 'b', (size_t)len);
	*part = (sio_bytes){ data, 4 + (size_t)len };
	return binary ? sio_json("[%u, %p]", number, (void *)sio_binary(0))
		      : sio_json("[%u, %.*s]", number, len, filler);
}

static bool is_optional(const slot *s, const sio_delivery *how)
{
	return how->flags & SIO_VOLATILE || (how->policy == SIO_SKIP && s->k && sio_behind(s->k));
}

static sio_delivery some_delivery(sio_bytes *part, bool *binary)
{
	*binary = below(4) == 0;
	return (sio_delivery){ .flags = below(8) ? 0 : SIO_VOLATILE,
		.policy = below(8) ? SIO_WAIT : SIO_SKIP,
		.binary = part,
		.nbinary = *binary };
}

static void add_question(sio_delivery *how, bool one)
{
	question *q = &asks[asked % ASKS];
	if (how->flags || how->policy || below(4) || (asked >= ASKS && !q->ends))
		return;
	*q = (question){ .number = serial, .one = one };
	how->on_ack = on_ack;
	how->user = q;
	how->timeout_ms = below(2) ? 3000 : 0;
	asked++;
}

static void step_emit(slot *s)
{
	sio_bytes part;
	bool binary;
	sio_delivery how = some_delivery(&part, &binary);
	if (!s->k)
		return;
	add_question(&how, true);
	expect(s, serial, binary ? BINARY : TEXT, is_optional(s, &how));
	bool all = sio_emit_with(s->k, &how, "m", next_args(binary, &part)) == SIO_OK;
	REQUIRE(all, serial, how.policy);
}

static bool picks(const slot *s, unsigned rooms)
{
	for (unsigned r = 0; r < ROOMS; r++)
		if (rooms & 1u << r && s->in[r])
			return true;
	return false;
}

static void names_of(unsigned rooms, const char *names[ROOMS + 1])
{
	static const char *const all[] = { "a", "b", "c", "d", "e" };
	size_t n = 0;
	for (unsigned r = 0; r < ROOMS; r++)
		if (rooms & 1u << r)
			names[n++] = all[r];
	names[n] = NULL;
}

static void step_broadcast(slot *unused)
{
	const char *to[ROOMS + 1], *except[ROOMS + 1];
	unsigned in = below(1 << ROOMS), out = below(3) ? 0 : below(1 << ROOMS);
	bool all = below(4) == 0, binary;
	sio_bytes part;
	sio_delivery how = some_delivery(&part, &binary);
	(void)unused;
	names_of(in, to);
	names_of(out, except);
	how.to = all ? NULL : to;
	how.except = except;
	add_question(&how, false);
	for (slot *s = slots; s < slots + SLOTS; s++)
		if (s->k && (all || picks(s, in)) && !picks(s, out))
			expect(s, serial, binary ? BINARY : TEXT, is_optional(s, &how));
	sio_broadcast(everyone, &how, "m", next_args(binary, &part));
}

static void step_dismiss(slot *s)
{
	if (!s->k || below(8))
		return;
	sio_disconnect(s->k, below(2));
	leave(s);
}

/* For a moment the process has no descriptors. */
static void step_descriptors(slot *s)
{
	(void)s;
	faults_no_accept(below(100) ? 0 : EMFILE);
}

typedef void step_fn(slot *s);

static step_fn *const kinds[] = { step_come, step_come, step_go, step_upgrade, step_slow, step_up,
	step_up, step_join, step_join, step_emit, step_emit, step_broadcast, step_broadcast,
	step_broadcast, step_dismiss, step_descriptors };

/* ---- Turns ---- */

static void turn(int wait_ms)
{
	REQUIRE(sio_service(server) == SIO_OK, 0, 0);
	far_turn(wait_ms);
	for (slot *s = slots; s < slots + SLOTS; s++)
		if (s->there && !s->f.ended)
			far_tick(&s->f);
	/* A client that ended is not in the namespace for the model any more. */
	for (slot *s = slots; s < slots + SLOTS; s++)
		if (s->f.ended)
			s->k = NULL;
}

/* Whether something is missing that may not be; it may wait to be let in, too. */
static bool misses(const slot *s)
{
	if (!s->there || s->f.ended)
		return false;
	if (!s->f.open)
		return true;
	for (size_t i = 0; i < s->count; i++)
		if (!s->queue[(s->first + i) % QUEUE].optional)
			return true;
	return false;
}

static const slot *who_misses(void)
{
	for (slot *s = slots; s < slots + SLOTS; s++)
		if (misses(s))
			return s;
	return NULL;
}

static void describe(const slot *s)
{
	fprintf(stderr,
		"model: client %d of version %u, way %d, misses %zu from %u on; over the "
		"WebSocket: "
		"%d, switching: %d, GET: %d, POST: %d; the server calls it %s with %zu bytes\n",
		(int)(s - slots), s->f.version, (int)s->f.way, s->count, s->queue[s->first].number,
		s->f.on_socket, s->f.switching, s->f.wires[FAR_GET].asked,
		s->f.wires[FAR_POST].asked, s->k ? sio_transport(s->k) : "gone",
		s->k ? sio_backlog(s->k) : 0);
}

/* Behind a last event for each, what has not come was dropped, and must have been allowed to be. */
static void settle(void)
{
	faults_end();
	faults_no_accept(0);
	for (slot *s = slots; s < slots + SLOTS; s++) {
		if (s->there && !s->f.ended)
			far_slow(&s->f, false);
		expect(s, serial, TEXT, false);
		sio_bytes part;
		if (s->k)
			sio_emit(s->k, "m", next_args(false, &part));
	}
	uint64_t until = far_now() + 20000;
	while (who_misses() && far_now() < until)
		turn(1);
	const slot *one = who_misses();
	if (one)
		describe(one);
	REQUIRE(!one, 0, 0);
}

static void round_of(unsigned n, const fault_rates *rates)
{
	faults_begin(state, rates);
	for (unsigned i = 0; i < n; i++) {
		unsigned together = 1 + below(4);
		while (together--) {
			kinds[below(sizeof kinds / sizeof *kinds)](&slots[below(SLOTS)]);
			steps++;
		}
		turn(below(4) == 0);
	}
	settle();
}

static int descriptors(void)
{
	int n = 0;
	DIR *d = opendir("/proc/self/fd");
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void log_nothing(sio_level level, const char *line, void *user)
{
	(void)user;
	REQUIRE(level >= SIO_LOG_WARN, (unsigned)level, (unsigned)strlen(line));
}

static void begin(void)
{
	REQUIRE(!sio_create(&server, &(sio_options){ .host = "127.0.0.1",
					     .allow_eio3 = true,
					     .ping_interval_ms = 400,
					     .ping_timeout_ms = 5000,
					     .per_message_deflate = false,
					     .high_water = 60000,
					     .log = log_nothing }),
		0, 0);
	everyone = sio_of(server, "/");
	sio_on_connect(everyone, on_connect, NULL);
	sio_on_disconnect(everyone, on_left, NULL);
	sio_on(everyone, "up", on_up, NULL);
	REQUIRE(!sio_listen(server) && sio_fd(server) >= 0, 0, 0);
}

static bool open_sessions(void)
{
	map *all = &server->engine.sessions;
	for (map_node *it = map_next(all, NULL); it; it = map_next(all, it))
		if (MAP_OWNER(it, session, by_sid)->state == SESSION_OPEN)
			return true;
	return false;
}

static void end(void)
{
	for (slot *s = slots; s < slots + SLOTS; s++)
		if (s->there && !s->f.ended)
			far_close(&s->f, false);
	uint64_t until = far_now() + 8000;
	while (open_sessions() && far_now() < until)
		turn(10);
	REQUIRE(!open_sessions(), 0, 0);
	/* The others wait for a client that polls to fetch their goodbye. */
	engine_close_all(&server->engine, CLOSED_BY_SHUTDOWN);
	until = far_now() + 10000;
	while ((server->engine.sessions.count || answered < asked) && far_now() < until)
		turn(10);
	REQUIRE(!server->engine.sessions.count, (unsigned)server->engine.sessions.count, 0);
	REQUIRE(entered == left, entered, left);
	REQUIRE(asked == answered, asked, answered);
	while (server->wheel.count && far_now() < until)
		turn(10);
	REQUIRE(!server->wheel.count, (unsigned)server->wheel.count, 0);
}

int main(int argc, char **argv)
{
	static const fault_rates none, some = { 200, 100, 0, 5 }, many = { 400, 200, 3, 30 };
	static const fault_rates *const rates[] = { &none, &some, &many };
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 4;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : far_now() % 1000000;
	uint64_t until = far_now() + (uint64_t)(seconds * 1000);
	state = 0x9e3779b97f4a7c15u * (seed + 1);
	memset(filler, 'x', FILLER);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("model: seed %llu\n", (unsigned long long)seed);
	far_begin();
	begin();
	int before = descriptors();
	for (unsigned i = 0; i == 0 || far_now() < until; i++)
		round_of(600, rates[i % 3]);
	end();
	REQUIRE(descriptors() == before, (unsigned)descriptors(), (unsigned)before);
	fault_counts c = faults_so_far();
	printf("model: %u steps, %u clients, %u upgrades, %u messages delivered once and in order, "
	       "%u dropped as they may be, %u questions; %llu calls cut short, %llu tried again, "
	       "%llu connections and %llu accepts failed\n",
		steps, entered, upgraded, delivered, dropped, asked, (unsigned long long)c.shorter,
		(unsigned long long)c.again, (unsigned long long)c.lost,
		(unsigned long long)c.accept);
	sio_close(server);
	far_end();
	return EXIT_SUCCESS;
}
