/* SPDX-License-Identifier: MIT */
/* Thousands of random operations on thirty sockets, against a model of who must receive what, in
 * which order, exactly once.  The seeds are fixed. */
#include "../support/lab.h"
#include "../support/unit.h"
#include <stdio.h>

enum { SLOTS = 30, ROOMS = 6, NAMES = ROOMS + SLOTS, STEPS = 8000, WANT = 16 * 1024 };

/* One client: what its far end must have been sent, and which names its socket is in. */
typedef struct slot {
	peer *p;
	sio_socket *k;  /* NULL: not in the namespace */
	bool in[NAMES]; /* rooms, and rooms of the ids that the slots have now */
	char want[WANT];
	size_t len;
} slot;

typedef struct model {
	sio_server *s;
	sio_ns *ns;
	slot slots[SLOTS];
	uint64_t random;
	unsigned serial, next_id;
	unsigned entered, left, freed;  /* sockets; each number in the end the same */
	unsigned asked, ended, answers; /* questions */
} model;

static unsigned below(model *m, unsigned n)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (unsigned)(m->random >> 33) % n;
}

static void want(slot *c, const char *text)
{
	int n = snprintf(c->want + c->len, WANT - c->len, "%s%s", c->len ? " " : "", text);
	c->len += (size_t)n;
	ck_assert_uint_lt(c->len, WANT);
}

static void compare(slot *c)
{
	if (c->p->slow)
		return;
	ck_assert_str_eq(heard(c->p), c->want);
	c->len = 0;
	c->want[0] = '\0';
}

static const char *name_of(const model *m, unsigned n)
{
	static const char *const rooms[ROOMS] = { "a", "b", "c", "d", "e", "nobody ever joins" };
	if (n < ROOMS)
		return rooms[n];
	const slot *c = &m->slots[n - ROOMS];
	return c->k ? sio_id(c->k) : "an id that is gone";
}

static void count_left(sio_socket *k, const char *reason, void *user)
{
	(void)k;
	(void)reason;
	((model *)user)->left++;
}

static void count_freed(void *data)
{
	((model *)data)->freed++;
}

static void count_ended(sio_err err, const cJSON *args, void *user)
{
	(void)err;
	ck_assert(cJSON_IsArray(args));
	((model *)user)->ended++;
}

static void count_answer(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)ev;
	((model *)user)->answers++;
}

/* The id of a slot becomes another, or none: no one is in a room of the new one. */
static void forget_slot(model *m, unsigned i)
{
	m->slots[i].k = NULL;
	memset(m->slots[i].in, 0, sizeof m->slots[i].in);
	for (unsigned j = 0; j < SLOTS; j++)
		m->slots[j].in[ROOMS + i] = false;
}

static void step_enter(model *m, unsigned i)
{
	slot *c = &m->slots[i];
	if (c->k)
		return;
	if (!c->p)
		c->p = open_client(m->s);
	receive(c->p, "40");
	c->k = socket_of(c->p, "/");
	sio_set_data(c->k, m, count_freed);
	c->in[ROOMS + i] = true;
	m->entered++;
	want(c, "40{\"sid\":\"*\"}");
}

static void step_leave_namespace(model *m, unsigned i)
{
	slot *c = &m->slots[i];
	if (!c->k)
		return;
	if (below(m, 2)) {
		receive(c->p, "41");
	} else {
		sio_disconnect(c->k, false);
		want(c, "41");
	}
	forget_slot(m, i);
}

static void step_hang_up(model *m, unsigned i)
{
	slot *c = &m->slots[i];
	if (!c->p || m->s->npeers == LAB_PEERS || below(m, 8))
		return;
	end_turn(m->s);
	compare(c);
	hang_up(c->p);
	forget_mail(c->p);
	forget_slot(m, i);
	c->p = NULL;
	c->len = 0;
	c->want[0] = '\0';
}

static void step_join(model *m, unsigned i)
{
	unsigned n = below(m, 3) ? below(m, ROOMS - 1) : ROOMS + below(m, SLOTS);
	if (!m->slots[i].k || (n >= ROOMS && !m->slots[n - ROOMS].k))
		return;
	ck_assert_int_eq(sio_join(m->slots[i].k, name_of(m, n)), SIO_OK);
	m->slots[i].in[n] = true;
}

static void step_leave(model *m, unsigned i)
{
	unsigned n = below(m, 3) ? below(m, ROOMS) : ROOMS + below(m, SLOTS);
	if (!m->slots[i].k)
		return;
	ck_assert_int_eq(sio_leave(m->slots[i].k, name_of(m, n)), SIO_OK);
	m->slots[i].in[n] = false;
}

static void step_pace(model *m, unsigned i)
{
	peer *p = m->slots[i].p;
	if (p)
		p->slow = below(m, 3) == 0;
}

/* A list of some names; picked says which. */
static const char *const *pick(model *m, unsigned most, const char **names, bool *picked)
{
	unsigned n = below(m, most + 1);
	memset(picked, 0, NAMES);
	for (unsigned i = 0; i < n; i++) {
		unsigned name = below(m, 2) ? below(m, ROOMS) : below(m, NAMES);
		picked[name] = true;
		names[i] = name_of(m, name);
	}
	names[n] = NULL;
	return names;
}

static bool in_any(const slot *c, const bool *picked)
{
	for (unsigned n = 0; n < NAMES; n++)
		if (picked[n] && c->in[n])
			return true;
	return false;
}

static void step_broadcast(model *m, unsigned i)
{
	const char *to[8], *except[8];
	bool to_picked[NAMES], except_picked[NAMES], everyone = below(m, 4) == 0;
	bool asks = below(m, 4) == 0;
	sio_delivery how = { .flags = below(m, 4) ? 0 : SIO_VOLATILE, .user = m };
	char text[64], id[16] = "";
	(void)i;
	how.to = everyone ? NULL : pick(m, 3, to, to_picked);
	how.except = pick(m, 2, except, except_picked);
	if (asks) {
		how.on_ack = count_ended;
		how.on_answer = count_answer;
		how.timeout_ms = below(m, 3);
		m->asked++;
		snprintf(id, sizeof id, "%u", m->next_id++);
	}
	snprintf(text, sizeof text, "42%s[\"m\",%u]", id, m->serial);
	ck_assert_int_eq(sio_broadcast(m->ns, &how, "m", sio_json("[%u]", m->serial++)), SIO_OK);
	for (slot *c = m->slots; c < m->slots + SLOTS; c++)
		if (c->k && (everyone || in_any(c, to_picked)) && !in_any(c, except_picked) &&
			!(how.flags && c->p->slow))
			want(c, text);
}

static void step_emit(model *m, unsigned i)
{
	char text[64];
	if (!m->slots[i].k)
		return;
	snprintf(text, sizeof text, "42[\"e\",%u]", m->serial);
	sio_emit(m->slots[i].k, "e", sio_json("[%u]", m->serial++));
	want(&m->slots[i], text);
}

static void step_answer(model *m, unsigned i)
{
	char text[32];
	if (!m->slots[i].k || !m->next_id)
		return;
	unsigned back = below(m, 5);
	snprintf(text, sizeof text, "43%u[1]", back < m->next_id ? m->next_id - 1 - back : 0);
	receive(m->slots[i].p, text);
}

static void step_wait(model *m, unsigned i)
{
	wait_ms(m->s, i % 3);
}

static void (*const steps[])(model *m, unsigned i) = { step_enter, step_enter, step_leave_namespace,
	step_hang_up, step_join, step_join, step_join, step_leave, step_pace, step_broadcast,
	step_broadcast, step_broadcast, step_emit, step_answer, step_answer, step_wait };

static void one_step(model *m)
{
	if (below(m, 3) == 0)
		hold_turns(m->s);
	unsigned n = 1 + below(m, 4);
	while (n--)
		steps[below(m, sizeof steps / sizeof *steps)](m, below(m, SLOTS));
	end_turn(m->s);
	for (slot *c = m->slots; c < m->slots + SLOTS; c++)
		if (c->p)
			compare(c);
}

static void run_model(uint64_t seed)
{
	model *m = calloc(1, sizeof *m);
	m->random = 0x9e3779b97f4a7c15u * seed;
	m->s = lab_new();
	m->ns = sio_of(m->s, "/");
	sio_on_disconnect(m->ns, count_left, m);
	for (int i = 0; i < STEPS; i++)
		one_step(m);
	ck_assert_uint_gt(m->asked, 100);
	ck_assert_uint_gt(m->answers, 100);
	lab_close(m->s);
	ck_assert_uint_eq(m->entered, m->left);
	ck_assert_uint_eq(m->entered, m->freed);
	ck_assert_uint_eq(m->asked, m->ended);
	free(m);
}

/* socket.io.md 87, 90 to 103: whatever happens, each receives what it must, once and in order; each
 * question ends once, each socket leaves once, its data are freed once. */
START_TEST(random_operations_agree_with_the_model)
{
	for (uint64_t seed = 1; seed <= 3; seed++)
		run_model(seed);
}
END_TEST

UNIT_MAIN("rooms_model", random_operations_agree_with_the_model)
