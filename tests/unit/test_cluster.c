/* SPDX-License-Identifier: MIT */
/* Servers that share namespaces: what reaches the clients of others. */
#include "../support/cluster.h"
#include "../support/lab.h"
#include "../support/unit.h"
#include <stdio.h>

/* Two servers with a client each, and a third one without. */
typedef struct pair {
	cluster c;
	sio_server *s[3];
	peer *p[2];
	sio_ns *ns[3];
	sio_socket *k[2];
} pair;

static void begin(pair *t)
{
	cluster_init(&t->c);
	for (int i = 0; i < 3; i++) {
		t->s[i] = lab_new();
		ck_assert_int_eq(cluster_join(&t->c, t->s[i], 0), SIO_OK);
		t->ns[i] = sio_of(t->s[i], "/");
	}
	for (int i = 0; i < 2; i++) {
		t->p[i] = connect_client(t->s[i]);
		t->k[i] = socket_of(t->p[i], "/");
	}
}

static void end(pair *t)
{
	cluster_close_labs(&t->c, t->s, 3);
	for (int i = 0; i < 3; i++)
		ck_assert(t->c.members[i].ended);
}

/* cluster.md 2, 3: to everyone, once each, also with attachments. */
START_TEST(a_broadcast_reaches_the_clients_of_all_servers)
{
	pair t;
	begin(&t);
	sio_delivery how = { .binary = &(sio_bytes){ "\1\2", 2 }, .nbinary = 1 };
	sio_broadcast(t.ns[0], NULL, "a", sio_json("[1, {b: [null]}]"));
	sio_broadcast(t.ns[2], &how, "b", sio_json("[%p]", (void *)sio_binary(0)));
	cluster_turn(&t.c);
	for (int i = 0; i < 2; i++)
		HEARD(t.p[i], "42[\"a\",1,{\"b\":[null]}] "
			      "451-[\"b\",{\"_placeholder\":true,\"num\":0}] <0102>");
	end(&t);
}
END_TEST

/* cluster.md 3: rooms and exceptions count everywhere, ids too. */
START_TEST(rooms_are_those_of_all_servers)
{
	pair t;
	begin(&t);
	sio_join(t.k[0], "red");
	sio_join(t.k[1], "red");
	sio_delivery others = { .to = SIO_ROOMS("red"), .except = SIO_ROOMS(sio_id(t.k[0])) };
	sio_delivery one = { .to = SIO_ROOMS(sio_id(t.k[1])) };
	sio_delivery nobody = { .to = (const char *const[]){ NULL } };
	sio_broadcast(t.ns[0], &others, "a", sio_json("[]"));
	sio_broadcast(t.ns[2], &one, "b", sio_json("[]"));
	sio_broadcast(t.ns[2], &nobody, "c", sio_json("[]"));
	cluster_turn(&t.c);
	HEARD(t.p[0], "");
	HEARD(t.p[1], "42[\"a\"] 42[\"b\"]");
	end(&t);
}
END_TEST

/* cluster.md 4 */
START_TEST(what_is_local_stays_here)
{
	pair t;
	begin(&t);
	sio_delivery local = { .flags = SIO_LOCAL };
	sio_broadcast(t.ns[0], &local, "a", sio_json("[]"));
	sio_join_all(t.ns[0], &local, "red");
	sio_emit(t.k[0], "b", sio_json("[]"));
	sio_disconnect_all(t.ns[1], &local, false);
	ck_assert_uint_eq(t.c.members[0].sent, 0);
	cluster_turn(&t.c);
	HEARD(t.p[0], "42[\"a\"] 42[\"b\"]");
	HEARD(t.p[1], "41");
	ck_assert(sio_connected(t.k[0]));
	end(&t);
}
END_TEST

/* cluster.md 3: what is sent on as it came needs a tree only for the others. */
START_TEST(a_relayed_event_reaches_them_too)
{
	pair t;
	begin(&t);
	sio_event ev = { .name = "a", .json = { "1, {\"b\":2}", 10 } };
	sio_relay(t.ns[0], NULL, NULL, &ev);
	cluster_turn(&t.c);
	HEARD(t.p[0], "42[\"a\",1, {\"b\":2}]");
	HEARD(t.p[1], "42[\"a\",1,{\"b\":2}]");
	end(&t);
}
END_TEST

/* cluster.md 2: namespaces are apart, and one that a server has not is none of its business. */
START_TEST(namespaces_are_shared_one_by_one)
{
	pair t;
	begin(&t);
	sio_ns *chat = sio_of(t.s[0], "/chat");
	sio_of(t.s[1], "/chat");
	enter(t.p[0], "/chat");
	enter(t.p[1], "/chat");
	ck_assert_uint_eq(t.c.members[1].places, 2);
	sio_broadcast(chat, NULL, "a", sio_json("[]"));
	cluster_turn(&t.c);
	HEARD(t.p[0], "42/chat,[\"a\"]");
	HEARD(t.p[1], "42/chat,[\"a\"]");
	end(&t);
}
END_TEST

/* cluster.md 2: a parent speaks to its children on all servers; one that ends is closed. */
START_TEST(children_of_parents_are_shared_while_they_last)
{
	cluster c;
	sio_server *s[2];
	peer *p[2];
	sio_ns *parent[2];
	cluster_init(&c);
	for (int i = 0; i < 2; i++) {
		s[i] = lab_new_with(&(sio_options){ .cleanup_empty_children = true });
		parent[i] = sio_of_pattern(s[i], "^/room-[0-9]$");
		cluster_join(&c, s[i], 0);
		p[i] = connect_client(s[i]);
		enter(p[i], "/room-1");
	}
	sio_broadcast(parent[0], NULL, "a", sio_json("[]"));
	sio_join_all(parent[0], NULL, "red");
	cluster_turn(&c);
	HEARD(p[1], "42/room-1,[\"a\"]");
	ck_assert(sio_in_room(socket_of(p[1], "/room-1"), "red"));
	ck_assert_uint_eq(c.members[1].places, 2);
	hang_up(p[1]);
	ck_assert_uint_eq(c.members[1].places, 1);
	cluster_close_labs(&c, s, 2);
}
END_TEST

/* cluster.md 5: each server does it once. */
START_TEST(clients_of_all_servers_join_leave_and_part)
{
	pair t;
	begin(&t);
	sio_delivery reds = { .to = SIO_ROOMS("red") };
	sio_join(t.k[1], "red");
	sio_join_all(t.ns[0], NULL, "blue");
	sio_join_all(t.ns[0], &reds, "green");
	cluster_turn(&t.c);
	ck_assert(sio_in_room(t.k[0], "blue") && sio_in_room(t.k[1], "blue"));
	ck_assert(!sio_in_room(t.k[0], "green") && sio_in_room(t.k[1], "green"));
	sio_leave_all(t.ns[1], NULL, "blue");
	cluster_turn(&t.c);
	ck_assert(!sio_in_room(t.k[0], "blue") && !sio_in_room(t.k[1], "blue"));
	sio_disconnect_all(t.ns[2], &reds, false);
	cluster_turn(&t.c);
	HEARD(t.p[0], "");
	HEARD(t.p[1], "41");
	sio_disconnect_all(t.ns[2], NULL, true);
	cluster_turn(&t.c);
	ck_assert(t.p[0]->closed);
	end(&t);
}
END_TEST

/* cluster.md 1: one adapter, with all its functions, before or after namespaces are made. */
START_TEST(a_server_has_one_adapter)
{
	cluster c;
	sio_server *s = lab_new();
	const sio_adapter nothing = { .timeout_ms = 1 };
	cluster_init(&c);
	sio_of(s, "/early");
	ck_assert_int_eq(sio_use_adapter(s, NULL), SIO_EINVAL);
	ck_assert_int_eq(sio_use_adapter(s, &nothing), SIO_EINVAL);
	c.members[0].full = true;
	ck_assert_int_eq(cluster_join(&c, s, 0), SIO_ENOMEM);
	c.members[0].full = false;
	ck_assert_int_eq(cluster_join(&c, s, 0), SIO_OK);
	ck_assert_uint_eq(c.members[0].places, 2);
	ck_assert_int_eq(cluster_join(&c, s, 0), SIO_EINVAL);
	c.members[0].full = true;
	ck_assert_ptr_null(sio_of(s, "/late"));
	c.members[0].full = false;
	ck_assert_ptr_nonnull(sio_of(s, "/late"));
	ck_assert_uint_eq(c.members[0].places, 3);
	cluster_close_labs(&c, &s, 1);
}
END_TEST

/* cluster.md 13: it has changed nothing. */
START_TEST(a_message_that_makes_no_sense_is_refused)
{
	pair t;
	char long_id[SIO_REQUEST_MAX + 2];
	memset(long_id, 'a', sizeof long_id);
	long_id[sizeof long_id - 1] = '\0';
	begin(&t);
	cJSON *args = sio_json("[{_placeholder: true, num: 1}]"), *none = sio_json("[]");
	const sio_delivery all = { 0 };
	const sio_event lying = {
		.name = "a", .args = args, .binary = &(sio_bytes){ "", 0 }, .nbinary = 1
	};
	const sio_event nameless = { .args = none }, empty = { .name = "a" },
			reserved = { .name = "disconnect", .args = none },
			good = { .name = "a", .args = none };
	const sio_cluster_message bad[] = {
		{ .type = (sio_cluster_type)99 },
		{ .type = SIO_CLUSTER_EMIT, .event = &good },
		{ .type = SIO_CLUSTER_EMIT, .who = &all },
		{ .type = SIO_CLUSTER_EMIT, .who = &all, .event = &lying },
		{ .type = SIO_CLUSTER_EMIT, .who = &all, .event = &nameless },
		{ .type = SIO_CLUSTER_EMIT, .who = &all, .event = &empty },
		{ .type = SIO_CLUSTER_EMIT, .who = &all, .event = &reserved },
		{ .type = SIO_CLUSTER_EMIT, .who = &all, .event = &good, .request = long_id },
		{ .type = SIO_CLUSTER_EMIT, .who = &all, .event = &good, .peer = long_id },
		{ .type = SIO_CLUSTER_EMIT, .who = &all, .event = &good, .request = "\xf1" },
		{ .type = SIO_CLUSTER_EMIT, .who = &all, .event = &good, .peer = "\xf1" },
		{ .type = SIO_CLUSTER_JOIN, .who = &all },
		{ .type = SIO_CLUSTER_LEAVE, .who = &all },
		{ .type = SIO_CLUSTER_DISCONNECT },
		{ .type = SIO_CLUSTER_FETCH, .request = "1" },
		{ .type = SIO_CLUSTER_FETCH, .who = &all },
		{ .type = SIO_CLUSTER_ROOMS },
		{ .type = SIO_CLUSTER_SERVER_EMIT },
		{ .type = SIO_CLUSTER_RECEIVERS },
		{ .type = SIO_CLUSTER_ANSWER, .request = "1" },
		{ .type = SIO_CLUSTER_SOCKETS, .request = "1" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(
			sio_cluster_receive(t.ns[0], &bad[i]) == SIO_EINVAL, "message %zu", i);
	const sio_cluster_message late = { .type = SIO_CLUSTER_RECEIVERS, .request = "1" };
	ck_assert_int_eq(sio_cluster_receive(t.ns[0], &late), SIO_EGONE);
	sio_cluster_count(t.ns[0], "1", 3);
	cluster_turn(&t.c);
	HEARD(t.p[0], "");
	ck_assert(sio_connected(t.k[0]));
	cJSON_Delete(args);
	cJSON_Delete(none);
	end(&t);
}
END_TEST

/* A server without an adapter is in no cluster. */
START_TEST(who_is_alone_hears_nobody)
{
	sio_server *s = lab_new();
	const sio_delivery all = { 0 };
	const sio_cluster_message m = { .type = SIO_CLUSTER_DISCONNECT, .who = &all };
	peer *p = connect_client(s);
	ck_assert_int_eq(sio_cluster_receive(sio_of(s, "/"), &m), SIO_EINVAL);
	HEARD(p, "");
	lab_close(s);
}
END_TEST

/* What the adapter is told of rooms: the first member, and the last. */
START_TEST(an_adapter_is_told_which_rooms_there_are)
{
	pair t;
	begin(&t);
	char expected[64];
	snprintf(expected, sizeof expected, "+%s ", sio_id(t.k[0]));
	end_turn(t.s[0]);
	ck_assert_str_eq(t.c.members[0].rooms, expected);
	t.c.members[0].rooms[0] = '\0';
	sio_join(t.k[0], "a");
	sio_join(t.k[0], "a");
	sio_join(t.k[0], "b");
	sio_leave(t.k[0], "a");
	end_turn(t.s[0]);
	ck_assert_str_eq(t.c.members[0].rooms, "+a +b -a ");
	t.c.members[0].rooms[0] = '\0';
	snprintf(expected, sizeof expected, "-%s -b ", sio_id(t.k[0]));
	hang_up(t.p[0]);
	ck_assert_str_eq(t.c.members[0].rooms, expected);
	ck_assert_str_ne(t.c.members[1].rooms, "");
	end(&t);
}
END_TEST

UNIT_MAIN("cluster", an_adapter_is_told_which_rooms_there_are,
	a_broadcast_reaches_the_clients_of_all_servers, rooms_are_those_of_all_servers,
	what_is_local_stays_here, a_relayed_event_reaches_them_too,
	namespaces_are_shared_one_by_one, children_of_parents_are_shared_while_they_last,
	clients_of_all_servers_join_leave_and_part, a_server_has_one_adapter,
	a_message_that_makes_no_sense_is_refused, who_is_alone_hears_nobody)
