/* SPDX-License-Identifier: MIT */
/* test_held - trees of what a client has sent count as held for it, and only as long as they last
 * (engine.io.md, "Limits"). */
#include "../../include/sio_msgpack.h"
#include "../support/guest.h"
#include "../support/lab.h"
#include "../support/unit.h"
#include <stdio.h>
#include <stdlib.h>

/* Of n zeros in an array; as many nodes, and one for the array. */
static char *with_zeros(const char *head, size_t n, const char *tail)
{
	char *text = malloc(strlen(head) + 2 * n + 2 + strlen(tail));
	size_t len = (size_t)sprintf(text, "%s[0", head);
	for (size_t i = 1; i < n; i++)
		len += (size_t)sprintf(text + len, ",0");
	sprintf(text + len, "]%s", tail);
	return text;
}

static void receive_zeros(peer *p, const char *head, size_t n, const char *tail)
{
	char *text = with_zeros(head, n, tail);
	receive(p, text);
	free(text);
}

static size_t held_for(const peer *p)
{
	return p->session->held;
}

static size_t seen; /* bytes held for the client while its event is handled */

static void look(sio_socket *k, const sio_event *ev, void *user)
{
	(void)ev, (void)user;
	seen = k->client->session->held;
}

static const sio_options small = { .max_held = 100000, .max_queue = 50000 };

START_TEST(the_tree_of_an_event_counts_while_it_is_handled)
{
	sio_server *s = lab_new_with(&small);
	sio_on(sio_of(s, "/"), "e", look, NULL);
	peer *p = connect_client(s);
	size_t before = held_for(p);
	receive_zeros(p, "42[\"e\",", 100, "]");
	ck_assert_uint_eq(seen, before + 102 * JSON_NODE_COST);
	ck_assert_uint_eq(held_for(p), before);
	lab_close(s);
}
END_TEST

/* On both sides of the limit: one value more is too many. */
START_TEST(a_tree_larger_than_may_be_held_ends_its_client)
{
	sio_server *s = lab_new_with(&small);
	sio_on(sio_of(s, "/"), "e", look, NULL);
	peer *p = connect_client(s), *other = connect_client(s);
	size_t most = session_spare(p->session) / JSON_NODE_COST - 2;
	receive_zeros(p, "42[\"e\",", most, "]");
	ck_assert(!p->closed);
	receive_zeros(p, "42[\"e\",", most + 1, "]");
	ck_assert(p->closed);
	ck_assert(!other->closed);
	ck_assert_uint_eq(s->engine.counters.struck[LIMIT_max_held], 1);
	lab_close(s);
}
END_TEST

/* Keys and texts cost what they take. */
START_TEST(keys_and_texts_count_too)
{
	sio_server *s = lab_new_with(&small);
	sio_on(sio_of(s, "/"), "e", look, NULL);
	peer *p = connect_client(s);
	size_t before = held_for(p);
	receive(p, "42[\"e\",{\"key\":\"text\"}]");
	ck_assert_uint_eq(seen - before, 3 * JSON_NODE_COST + 2 * 32);
	lab_close(s);
}
END_TEST

/* Many keys are looked up in a map, for which there must be room too. */
START_TEST(a_map_of_many_keys_counts_while_it_is_needed)
{
	sio_server *s = lab_new_with(&(sio_options){ .max_held = 1000000 });
	char text[8192] = "42[\"e\",{", *at = text + strlen(text);
	for (int i = 0; i < 300; i++)
		at += sprintf(at, "%s\"k%d\":0", i ? "," : "", i);
	strcpy(at, "}]");
	sio_on(sio_of(s, "/"), "e", look, NULL);
	peer *p = connect_client(s);
	size_t before = held_for(p), needed, with_map;
	receive(p, text);
	needed = seen - before;
	ck_assert_uint_eq(needed, 302 * JSON_NODE_COST + 300 * 32);
	with_map = needed + 300 * (sizeof(map_node) + 3 * sizeof(void *));
	size_t used = p->session->engine->options.max_held - session_spare(p->session);
	p->session->engine->options.max_held = used + with_map;
	receive(p, text);
	ck_assert(!p->closed);
	p->session->engine->options.max_held--;
	receive(p, text);
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

START_TEST(auth_counts_as_long_as_its_socket)
{
	sio_server *s = lab_new_with(&small);
	char name[16];
	peer *p = open_client(s);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "/%d", i);
		sio_of(s, name);
	}
	size_t before = held_for(p), with_one;
	receive_zeros(p, "40/0,{\"a\":", 100, "}");
	with_one = held_for(p) - before;
	ck_assert_uint_gt(with_one, 102 * JSON_NODE_COST + sizeof(sio_socket));
	receive(p, "41/0,");
	ck_assert_uint_eq(held_for(p), before);
	for (int i = 0; i < 20 && !p->closed; i++) {
		snprintf(name, sizeof name, "40/%d,{\"a\":", i);
		receive_zeros(p, name, 100, "}");
		ck_assert_int_eq(p->closed, (size_t)(i + 1) * with_one > small.max_held - before);
	}
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

/* Socket.IO 2 says it in the name of the namespace. */
START_TEST(a_query_counts_like_auth)
{
	sio_server *s = lab_new_with(&small);
	char text[4096] = "40/a?", *at = text + 5;
	for (int i = 0; i < 300; i++)
		at += sprintf(at, "k%d&", i);
	sio_of(s, "/a");
	peer *p = open_old_client(s);
	size_t before = held_for(p);
	receive(p, text);
	ck_assert_uint_gt(held_for(p), before + 300 * (size_t)(JSON_NODE_COST + 2 * 32));
	p->session->engine->options.max_held = held_for(p) + 300;
	sio_of(s, "/b");
	text[3] = 'b';
	receive(p, text);
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

static sio_entry waits;

static void wait_event(sio_socket *k, const sio_event *ev, sio_entry entry, void *user)
{
	(void)k, (void)ev, (void)user;
	waits = entry;
}

START_TEST(the_tree_of_an_event_that_waits_counts_until_it_is_decided)
{
	sio_server *s = lab_new_with(&small);
	sio_use_event(sio_of(s, "/"), wait_event, NULL);
	peer *p = connect_client(s);
	size_t before = held_for(p);
	receive_zeros(p, "42[\"e\",", 100, "]");
	ck_assert_uint_gt(held_for(p), before + 102 * JSON_NODE_COST);
	sio_admit(waits);
	end_turn(s);
	ck_assert_uint_eq(held_for(p), before);
	receive_zeros(p, "42[\"e\",", 100, "]");
	sio_refuse(waits, "no", NULL);
	end_turn(s);
	ck_assert_uint_eq(held_for(p), before);
	for (int i = 0; i < 20 && !p->closed; i++)
		receive_zeros(p, "42[\"e\",", 100, "]");
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

static void wait_name(const char *name, const cJSON *auth, const sio_handshake *request,
	sio_entry entry, void *user)
{
	(void)name, (void)auth, (void)request, (void)user;
	waits = entry;
}

START_TEST(auth_counts_while_a_name_is_decided_and_after)
{
	sio_server *s = lab_new_with(&small);
	sio_of_match(s, wait_name, NULL);
	peer *p = open_client(s);
	size_t before = held_for(p), asking;
	receive_zeros(p, "40/a,{\"a\":", 100, "}");
	asking = held_for(p);
	ck_assert_uint_gt(asking, before + 102 * JSON_NODE_COST);
	sio_refuse(waits, "no", NULL);
	end_turn(s);
	ck_assert_uint_eq(held_for(p), before);
	receive_zeros(p, "40/a,{\"a\":", 100, "}");
	sio_admit(waits);
	end_turn(s);
	ck_assert_uint_gt(held_for(p), before + 102 * JSON_NODE_COST);
	ck_assert_uint_eq(((client *)p->session->user)->pending, 0);
	receive(p, "41/a,");
	ck_assert_uint_eq(held_for(p), before);
	lab_close(s);
}
END_TEST

/* What one has answered is kept until all have. */
START_TEST(answers_count_as_long_as_others_are_waited_for)
{
	sio_server *s = lab_new_with(&small);
	sio_delivery how = { .on_ack = note_ack, .user = s, .timeout_ms = 1000 };
	peer *p = connect_client(s), *other = connect_client(s);
	size_t before = held_for(p);
	sio_broadcast(sio_of(s, "/"), &how, "q", sio_json("[]"));
	receive_zeros(p, "430[", 100, "]");
	ck_assert_uint_eq(held_for(p), before + 102 * JSON_NODE_COST);
	receive(other, "430[1]");
	ck_assert_uint_eq(held_for(p), before);
	ck_assert_uint_eq(held_for(other), before);
	lab_close(s);
}
END_TEST

START_TEST(answers_to_many_questions_end_their_client)
{
	sio_server *s = lab_new_with(&small);
	sio_delivery how = { .on_ack = note_ack, .user = s, .timeout_ms = 1000 };
	peer *p = connect_client(s), *other = connect_client(s);
	char head[16];
	for (int i = 0; i < 20; i++)
		sio_broadcast(sio_of(s, "/"), &how, "q", sio_json("[]"));
	for (int i = 0; i < 20 && !p->closed; i++) {
		snprintf(head, sizeof head, "43%d[", i);
		receive_zeros(p, head, 100, "]");
	}
	ck_assert(p->closed);
	ck_assert(!other->closed);
	wait_ms(s, 1000);
	ck_assert_uint_eq(s->engine.held, held_for(other));
	lab_close(s);
}
END_TEST

START_TEST(messagepack_is_read_into_no_more_than_may_be_held)
{
	enum { ZEROS = 2000 };
	unsigned char message[ZEROS + 64];
	sio_server *s =
		lab_new_with(&(sio_options){ .parser = sio_msgpack_parser(), .max_held = 100000 });
	/* { type: 2, nsp: "/", data: ["e", 0, 0, ...] } */
	int n = sprintf((char *)message,
		"\x83\xa4type\x02\xa3nsp\xa1/\xa4"
		"data\xdc%c%c\xa1"
		"e",
		(ZEROS + 1) >> 8, (ZEROS + 1) & 255);
	memset(message + n, 0, ZEROS);
	for (size_t spare = 80 * (ZEROS + 2) + 65; spare >= 80 * (ZEROS + 2) + 64; spare--) {
		sio_packet whole = { .spare = spare };
		bool good = sio_msgpack_parser()->decode(
			(sio_bytes){ message, (size_t)n + ZEROS }, &whole);
		ck_assert_int_eq(good, spare == 80 * (ZEROS + 2) + 65);
		for (size_t i = 0; i < whole.nbinary; i++)
			free((void *)(uintptr_t)whole.binary[i].data);
		free(whole.binary);
		free(whole.nsp);
		cJSON_Delete(whole.data);
	}
	lab_close(s);
}
END_TEST

UNIT_MAIN("held", the_tree_of_an_event_counts_while_it_is_handled,
	a_tree_larger_than_may_be_held_ends_its_client, keys_and_texts_count_too,
	a_map_of_many_keys_counts_while_it_is_needed, auth_counts_as_long_as_its_socket,
	a_query_counts_like_auth, the_tree_of_an_event_that_waits_counts_until_it_is_decided,
	auth_counts_while_a_name_is_decided_and_after,
	answers_count_as_long_as_others_are_waited_for, answers_to_many_questions_end_their_client,
	messagepack_is_read_into_no_more_than_may_be_held)
