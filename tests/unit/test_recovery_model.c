/* SPDX-License-Identifier: MIT */
/* Clients that lose their connection at random while numbered messages go to rooms: each gets every
 * message of its rooms once and in order, as a simple model says. */
#include "../support/lab.h"
#include "../support/unit.h"
#include <stdio.h>
#include <stdlib.h>

enum { GUESTS = 6, ROOMS = 4, STEPS = 1200, EXPECTED = STEPS * 2 };

typedef struct member {
	peer *peer; /* NULL: it is away */
	char sid[ID_LEN + 1], pid[ID_LEN + 1], offset[32];
	bool in[ROOMS];
	int expected[EXPECTED]; /* what it is owed, in order */
	size_t nexpected, seen;
} member;

typedef struct model {
	sio_server *s;
	member m[GUESTS];
	uint32_t random;
	int number;
	size_t peers; /* that the lab has left */
} model;

static unsigned roll(model *w, unsigned n)
{
	w->random = w->random * 1664525u + 1013904223u;
	return (w->random >> 8) % n;
}

static const char *room_name(unsigned i)
{
	static const char *const names[ROOMS] = { "a", "b", "c", "d" };
	return names[i];
}

static void owe(member *m, int number)
{
	ck_assert_uint_lt(m->nexpected, EXPECTED);
	m->expected[m->nexpected++] = number;
}

/* One message of a client's: 42["m",7,"offset"], or its answer to CONNECT. */
static void take_message(member *m, const char *text, bool *welcome)
{
	int number;
	char offset[32];
	if (!strncmp(text, "40", 2)) {
		char sid[32], pid[32];
		ck_assert_int_eq(
			sscanf(text, "40{\"sid\":\"%20[^\"]\",\"pid\":\"%20[^\"]\"", sid, pid), 2);
		if (m->pid[0]) {
			ck_assert_str_eq(m->sid, sid);
			ck_assert_str_eq(m->pid, pid);
		}
		memcpy(m->sid, sid, sizeof m->sid);
		memcpy(m->pid, pid, sizeof m->pid);
		*welcome = true;
		return;
	}
	ck_assert_msg(
		sscanf(text, "42[\"m\",%d,\"%31[0-9a-f]\"]", &number, offset) == 2, "%s", text);
	ck_assert_uint_lt(m->seen, m->nexpected);
	ck_assert_int_eq(number, m->expected[m->seen++]);
	memcpy(m->offset, offset, sizeof offset);
}

/* It reads so many of the messages that have come; what is left is lost with the connection. */
static bool take_mail(member *m, size_t most)
{
	bool welcome = false;
	for (size_t i = 0; i < sent_count(m->peer) && i < most; i++) {
		char text[256];
		bytes *b = sent(m->peer, i);
		ck_assert_uint_lt(b->len, sizeof text);
		memcpy(text, bytes_data(b), b->len);
		text[b->len] = '\0';
		take_message(m, text, &welcome);
	}
	forget_mail(m->peer);
	return welcome;
}

static void come(model *w, member *m)
{
	char text[160];
	if (m->offset[0])
		snprintf(text, sizeof text, "40{\"pid\":\"%s\",\"offset\":\"%s\"}", m->pid,
			m->offset);
	else if (m->pid[0])
		snprintf(text, sizeof text, "40{\"pid\":\"%s\"}", m->pid);
	else
		snprintf(text, sizeof text, "40");
	w->peers--;
	m->peer = open_client(w->s);
	receive(m->peer, text);
	/* Some lose the connection again before they have read all, but not before their first
	 * welcome, without which they do not know who they are. */
	if (m->pid[0] && roll(w, 4) == 0 && sent_count(m->peer)) {
		take_mail(m, roll(w, (unsigned)sent_count(m->peer)));
		hang_up(m->peer);
		m->peer = NULL;
		return;
	}
	ck_assert(take_mail(m, SIZE_MAX));
	sio_socket *k = socket_of(m->peer, "/");
	for (unsigned r = 0; r < ROOMS; r++)
		ck_assert_int_eq(sio_in_room(k, room_name(r)), m->in[r]);
}

static void go(model *w, member *m)
{
	if (roll(w, 2))
		take_mail(m, roll(w, 4));
	hang_up(m->peer);
	m->peer = NULL;
}

/* To everyone, to rooms, to one by its id; without a room, or without one. */
static void say(model *w)
{
	const char *to[4] = { NULL }, *except[2] = { NULL };
	bool wanted[ROOMS] = { false }, not_wanted[ROOMS] = { false };
	unsigned nto = roll(w, 4), own = roll(w, GUESTS);
	for (unsigned i = 0; i < nto; i++) {
		unsigned r = roll(w, ROOMS);
		to[i] = room_name(r);
		wanted[r] = true;
	}
	bool single = nto && nto < 3 && roll(w, 3) == 0 && w->m[own].pid[0];
	if (single)
		to[nto] = w->m[own].sid;
	if (roll(w, 3) == 0) {
		unsigned r = roll(w, ROOMS);
		except[0] = room_name(r);
		not_wanted[r] = true;
	}
	int number = ++w->number;
	for (unsigned i = 0; i < GUESTS; i++) {
		member *m = &w->m[i];
		bool is = !nto || (single && i == own), isnt = !m->pid[0];
		for (unsigned r = 0; r < ROOMS; r++) {
			is = is || (m->in[r] && wanted[r]);
			isnt = isnt || (m->in[r] && not_wanted[r]);
		}
		if (is && !isnt)
			owe(m, number);
	}
	const sio_delivery how = { .to = nto ? to : NULL, .except = except };
	ck_assert_int_eq(
		sio_broadcast(sio_of(w->s, "/"), &how, "m", sio_json("[%d]", number)), SIO_OK);
	end_turn(w->s);
}

static void say_to_one(model *w, member *m)
{
	int number = ++w->number;
	owe(m, number);
	ck_assert_int_eq(sio_emit(socket_of(m->peer, "/"), "m", sio_json("[%d]", number)), SIO_OK);
	end_turn(w->s);
}

static void move(model *w, member *m)
{
	unsigned r = roll(w, ROOMS);
	/* Rooms count as they were at the end.  It has read up to here, so that there is no doubt.
	 */
	say_to_one(w, m);
	take_mail(m, SIZE_MAX);
	sio_socket *k = socket_of(m->peer, "/");
	if (m->in[r])
		sio_leave(k, room_name(r));
	else
		sio_join(k, room_name(r));
	m->in[r] = !m->in[r];
}

static void step(model *w)
{
	member *m = &w->m[roll(w, GUESTS)];
	unsigned what = roll(w, 10);
	if (what < 5)
		say(w);
	else if (!m->peer)
		come(w, m);
	else if (what == 5 && w->peers > GUESTS)
		go(w, m);
	else if (what == 6)
		move(w, m);
	else if (what == 7)
		say_to_one(w, m);
	else if (what == 8)
		take_mail(m, SIZE_MAX);
	else
		wait_ms(w->s, roll(w, 100));
}

START_TEST(every_message_arrives_once_and_in_order)
{
	model w = { .random = (uint32_t)_i, .peers = LAB_PEERS - 2 * GUESTS };
	w.s = lab_new_with(&(sio_options){ .recovery_ms = 600000 });
	for (unsigned i = 0; i < GUESTS; i++)
		come(&w, &w.m[i]);
	for (int i = 0; i < STEPS; i++)
		step(&w);
	for (unsigned i = 0; i < GUESTS; i++) {
		member *m = &w.m[i];
		while (!m->peer)
			come(&w, m);
		take_mail(m, SIZE_MAX);
		ck_assert_uint_eq(m->seen, m->nexpected);
		ck_assert_uint_gt(m->seen, STEPS / 20);
	}
	lab_close(w.s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("recovery_model");
	TCase *cases = tcase_create("recovery_model");
	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, every_message_arrives_once_and_in_order, 1, 41);
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
