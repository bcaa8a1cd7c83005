/* SPDX-License-Identifier: MIT */
/* Servers that share namespaces: what they ask each other, and when that is over. */
#include "../support/cluster.h"
#include "../support/lab.h"
#include "../support/unit.h"

typedef struct pair {
	cluster c;
	sio_server *s[2];
	peer *p[2];
	sio_ns *ns[2];
	sio_socket *k[2];
} pair;

static void begin(pair *t)
{
	cluster_init(&t->c);
	for (int i = 0; i < 2; i++) {
		t->s[i] = lab_new();
		cluster_join(&t->c, t->s[i], 300);
		t->ns[i] = sio_of(t->s[i], "/");
		t->p[i] = connect_client(t->s[i]);
		t->k[i] = socket_of(t->p[i], "/");
	}
}

static void end(pair *t)
{
	cluster_close_labs(&t->c, t->s, 2);
}

/* "ack:SIO_OK[" and for each socket its rooms and data, without the id. */
static void note_sockets(sio_err err, const cJSON *args, void *user)
{
	const cJSON *one;
	note(user, "fetched:%d", err);
	cJSON_ArrayForEach (one, args)
		note(user, "%d%s", cJSON_GetArraySize(cJSON_GetObjectItem(one, "rooms")),
			text_of(cJSON_GetObjectItem(one, "data")));
}

/* ---- Acks of clients ---- */

static void ask(pair *t, unsigned timeout_ms)
{
	sio_delivery how = { .on_ack = note_ack,
		.on_answer = note_answer,
		.user = t->s[0],
		.timeout_ms = timeout_ms };
	ck_assert_int_eq(sio_broadcast(t->ns[0], &how, "q", sio_json("[]")), SIO_OK);
	cluster_turn(&t->c);
}

/* cluster.md 6: it is over when as many have answered as all servers have asked. */
START_TEST(clients_of_all_servers_answer)
{
	pair t;
	begin(&t);
	ask(&t, 1000);
	HEARD(t.p[0], "420[\"q\"]");
	HEARD(t.p[1], "420[\"q\"]");
	receive(t.p[1], "430[\"there\",2]");
	cluster_turn(&t.c);
	NOTED(t.s[0], "answer[\"there\",2]");
	receive(t.p[0], "430[\"here\"]");
	NOTED(t.s[0], "answer[\"here\"] ack:SIO_OK[\"there\",\"here\"]");
	end(&t);
}
END_TEST

/* cluster.md 6: with bytes too, which it is told as they come. */
static void note_bytes(sio_socket *k, const sio_event *ev, void *user)
{
	note(user, "%s:%zu:%.2s", k ? "here" : "there", ev->nbinary,
		(const char *)ev->binary[0].data);
}

START_TEST(an_answer_from_afar_has_its_attachments)
{
	pair t;
	begin(&t);
	sio_delivery how = { .to = SIO_ROOMS(sio_id(t.k[1])),
		.on_ack = note_ack,
		.on_answer = note_bytes,
		.user = t.s[0] };
	sio_broadcast(t.ns[0], &how, "q", sio_json("[]"));
	cluster_turn(&t.c);
	receive(t.p[1], "461-0[{\"_placeholder\":true,\"num\":0}]");
	receive_binary(t.p[1], "ok", 2);
	cluster_turn(&t.c);
	NOTED(t.s[0], "there:1:ok ack:SIO_OK[{\"_placeholder\":true,\"num\":0}]");
	end(&t);
}
END_TEST

/* cluster.md 7: a server that is silent, or a client of one, is missing at the deadline. */
START_TEST(at_the_deadline_the_answers_so_far_count)
{
	pair t;
	begin(&t);
	ask(&t, 1000);
	receive(t.p[0], "430[1]");
	wait_ms(t.s[0], 999);
	NOTED(t.s[0], "answer[1]");
	wait_ms(t.s[0], 1);
	NOTED(t.s[0], "ack:SIO_ETIMEDOUT[1]");
	receive(t.p[1], "430[2]");
	cluster_turn(&t.c);
	NOTED(t.s[0], "");
	end(&t);
}
END_TEST

/* cluster.md 7: without a deadline other servers are waited for as long as the adapter says, and
 * clients here as long as they stay. */
START_TEST(without_a_deadline_only_the_others_have_one)
{
	pair t;
	begin(&t);
	ask(&t, 0);
	wait_ms(t.s[0], 400);
	receive(t.p[1], "430[2]");
	cluster_turn(&t.c);
	NOTED(t.s[0], "");
	receive(t.p[0], "430[1]");
	NOTED(t.s[0], "answer[1] ack:SIO_ETIMEDOUT[1]");
	end(&t);
}
END_TEST

/* cluster.md 6: nobody anywhere. */
START_TEST(nobody_there_is_soon_known)
{
	pair t;
	begin(&t);
	sio_delivery how = {
		.to = SIO_ROOMS("nowhere"), .on_ack = note_ack, .user = t.s[0], .timeout_ms = 1000
	};
	sio_broadcast(t.ns[0], &how, "q", sio_json("[]"));
	end_turn(t.s[0]);
	NOTED(t.s[0], "");
	cluster_turn(&t.c);
	NOTED(t.s[0], "ack:SIO_OK[]");
	end(&t);
}
END_TEST

/* cluster.md 8: the answer is an error, and what is known here. */
START_TEST(an_adapter_that_cannot_send_ends_the_request)
{
	pair t;
	begin(&t);
	t.c.members[0].away = true;
	ask(&t, 1000);
	receive(t.p[0], "430[1]");
	NOTED(t.s[0], "answer[1] ack:SIO_EIO[1]");
	sio_fetch(t.ns[0], NULL, note_sockets, t.s[0]);
	cluster_turn(&t.c);
	NOTED(t.s[0], "fetched:6 1{}");
	ck_assert_int_eq(sio_server_side_emit(t.ns[0], NULL, "a", sio_json("[]")), SIO_EIO);
	ck_assert_int_eq(sio_broadcast(t.ns[0], NULL, "b", sio_json("[]")), SIO_OK);
	end(&t);
}
END_TEST

/* cluster.md 9: the callback runs once, also when the server ends first. */
START_TEST(who_waits_is_told_when_the_server_ends)
{
	for (int fetching = 0; fetching < 2; fetching++) {
		pair t;
		begin(&t);
		t.c.extra = 1;
		if (fetching)
			sio_fetch(t.ns[0], NULL, note_sockets, t.s[0]);
		else
			ask(&t, 0);
		cluster_turn(&t.c);
		NOTED(t.s[0], "");
		lab_shut(t.s[0]);
		NOTED(t.s[0], fetching ? "fetched:3 1{} 1{}" : "ack:SIO_EGONE[]");
		lab_free(t.s[0]);
		cluster_close_labs(&t.c, &t.s[1], 1);
	}
}
END_TEST

/* ---- Sockets and rooms ---- */

/* cluster.md 10 */
START_TEST(sockets_of_all_servers_are_told)
{
	pair t;
	begin(&t);
	sio_join(t.k[1], "red");
	sio_set_shared_data(t.k[1], sio_json("{name: 'B'}"));
	ck_assert_str_eq(text_of(sio_shared_data(t.k[1])), "{\"name\":\"B\"}");
	ck_assert_str_eq(text_of(sio_shared_data(t.k[0])), "{}");
	ck_assert_int_eq(sio_fetch(t.ns[0], NULL, note_sockets, t.s[0]), SIO_OK);
	NOTED(t.s[0], "");
	cluster_turn(&t.c);
	NOTED(t.s[0], "fetched:0 1{} 2{\"name\":\"B\"}");
	sio_fetch(t.ns[0], &(sio_delivery){ .to = SIO_ROOMS("red") }, note_sockets, t.s[0]);
	cluster_turn(&t.c);
	NOTED(t.s[0], "fetched:0 2{\"name\":\"B\"}");
	sio_fetch(t.ns[0], &(sio_delivery){ .flags = SIO_LOCAL }, note_sockets, t.s[0]);
	cluster_turn(&t.c);
	NOTED(t.s[0], "fetched:0 1{}");
	end(&t);
}
END_TEST

static void note_first(sio_err err, const cJSON *args, void *user)
{
	const cJSON *shake = cJSON_GetObjectItem(args->child, "handshake");
	(void)err;
	note(user, "%s", text_of(shake));
}

/* cluster.md 11: a server that is alone tells its own, with all that the handshake holds. */
START_TEST(a_socket_is_told_with_its_handshake)
{
	sio_server *s = lab_new();
	peer *p = open_client(s);
	receive(p, "40{\"token\":[1]}");
	sio_fetch(sio_of(s, "/"), NULL, note_first, s);
	end_turn(s);
	NOTED(s, "{\"headers\":{\"user-agent\":\"lab\"},"
		 "\"time\":\"Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)\","
		 "\"address\":\"10.1.2.3\",\"xdomain\":false,\"secure\":false,\"issued\":0,"
		 "\"url\":\"/socket.io/?EIO=4&who=me\",\"query\":{\"EIO\":\"4\",\"who\":\"me\"},"
		 "\"auth\":{\"token\":[1]}}");
	ck_assert_int_eq(sio_fetch(sio_of(s, "/"), NULL, NULL, NULL), SIO_EINVAL);
	ck_assert_int_eq(sio_fetch(sio_of_pattern(s, "x"), NULL, note_first, s), SIO_EINVAL);
	lab_close(s);
}
END_TEST

static void note_count(sio_err err, const cJSON *args, void *user)
{
	const cJSON *one;
	unsigned named = 0;
	cJSON_ArrayForEach (one, args)
		named += strlen(cJSON_GetStringValue(one)) < 10;
	note(user, "rooms:%d:%d:%u", err, cJSON_GetArraySize(args), named);
}

/* cluster.md 12: each name once. */
START_TEST(rooms_of_all_servers_are_told_once)
{
	pair t;
	begin(&t);
	sio_join(t.k[0], "red");
	sio_join(t.k[1], "red");
	sio_join(t.k[1], "blue");
	ck_assert_int_eq(sio_fetch_rooms(t.ns[0], NULL, note_count, t.s[0]), SIO_OK);
	cluster_turn(&t.c);
	NOTED(t.s[0], "rooms:0:4:2");
	sio_fetch_rooms(t.ns[0], &(sio_delivery){ .flags = SIO_LOCAL }, note_count, t.s[0]);
	end_turn(t.s[0]);
	NOTED(t.s[0], "rooms:0:2:1");
	sio_delivery to = { .to = SIO_ROOMS("red") };
	ck_assert_int_eq(sio_fetch_rooms(t.ns[0], &to, note_count, t.s[0]), SIO_EINVAL);
	end(&t);
}
END_TEST

/* cluster.md 7: a server that does not answer. */
START_TEST(silent_servers_are_not_waited_for_long)
{
	pair t;
	begin(&t);
	t.c.members[1].mute = true;
	sio_fetch(t.ns[0], NULL, note_sockets, t.s[0]);
	cluster_turn(&t.c);
	wait_ms(t.s[0], 299);
	NOTED(t.s[0], "");
	wait_ms(t.s[0], 1);
	NOTED(t.s[0], "fetched:4 1{}");
	sio_fetch(t.ns[0], &(sio_delivery){ .timeout_ms = 50 }, note_sockets, t.s[0]);
	cluster_turn(&t.c);
	wait_ms(t.s[0], 50);
	NOTED(t.s[0], "fetched:4 1{}");
	end(&t);
}
END_TEST

/* ---- Events for servers ---- */

static sio_ack kept;

static void on_server_event(sio_ns *ns, const sio_event *ev, void *user)
{
	note(user, "%s:%s%s", sio_ns_name(ns), ev->name, text_of(ev->args));
	kept = ev->ack;
}

static void on_server_question(sio_ns *ns, const sio_event *ev, void *user)
{
	on_server_event(ns, ev, user);
	ck_assert_int_eq(sio_reply(ev->ack, sio_json("['pong']")), SIO_OK);
	ck_assert_int_eq(sio_reply(ev->ack, sio_json("['again']")), SIO_EGONE);
}

/* cluster.md 14: the others hear it, and not the one that says it. */
START_TEST(an_event_for_servers_is_heard_by_the_others)
{
	pair t;
	begin(&t);
	for (int i = 0; i < 2; i++)
		sio_on_server_side(t.ns[i], "hello", on_server_event, t.s[i]);
	ck_assert_int_eq(
		sio_server_side_emit(t.ns[0], NULL, "hello", sio_json("[1, 'x']")), SIO_OK);
	ck_assert_int_eq(sio_server_side_emit(t.ns[0], NULL, "other", sio_json("[]")), SIO_OK);
	cluster_turn(&t.c);
	NOTED(t.s[0], "");
	NOTED(t.s[1], "/:hello[1,\"x\"]");
	ck_assert_int_eq(sio_reply(kept, sio_json("[]")), SIO_EGONE);
	sio_off_server_side(t.ns[1], "hello", on_server_event);
	sio_server_side_emit(t.ns[0], NULL, "hello", sio_json("[]"));
	cluster_turn(&t.c);
	NOTED(t.s[1], "");
	end(&t);
}
END_TEST

/* cluster.md 15 */
START_TEST(servers_answer_once_each)
{
	pair t;
	begin(&t);
	sio_delivery how = { .on_ack = note_ack, .user = t.s[0] };
	sio_on_server_side(t.ns[1], "ping", on_server_question, t.s[1]);
	sio_server_side_emit(t.ns[0], &how, "ping", sio_json("[]"));
	cluster_turn(&t.c);
	NOTED(t.s[1], "/:ping[]");
	NOTED(t.s[0], "ack:SIO_OK[\"pong\"]");
	end(&t);
}
END_TEST

/* cluster.md 15: later, and too late. */
START_TEST(a_server_may_answer_later_but_not_too_late)
{
	pair t;
	begin(&t);
	sio_delivery how = { .on_ack = note_ack, .user = t.s[0] };
	sio_on_server_side(t.ns[1], "ping", on_server_event, t.s[1]);
	sio_server_side_emit(t.ns[0], &how, "ping", sio_json("[]"));
	cluster_turn(&t.c);
	wait_ms(t.s[1], 200);
	ck_assert_int_eq(sio_reply(kept, sio_json("[2]")), SIO_OK);
	cluster_turn(&t.c);
	NOTED(t.s[0], "ack:SIO_OK[2]");
	sio_server_side_emit(t.ns[0], &how, "ping", sio_json("[]"));
	cluster_turn(&t.c);
	wait_ms(t.s[1], 300);
	wait_ms(t.s[0], 300);
	NOTED(t.s[0], "ack:SIO_ETIMEDOUT[]");
	ck_assert_int_eq(sio_reply(kept, sio_json("[2]")), SIO_EGONE);
	sio_server_side_emit(t.ns[0], &how, "ping", sio_json("[]"));
	cluster_turn(&t.c);
	end(&t);
	ck_assert(kept.ticket != 0);
}
END_TEST

/* cluster.md 16 */
START_TEST(who_is_alone_is_answered_by_nobody)
{
	sio_server *s = lab_new();
	sio_ns *ns = sio_of(s, "/");
	sio_delivery how = { .on_ack = note_ack, .user = s };
	ck_assert_int_eq(sio_server_side_emit(ns, NULL, "a", sio_json("[]")), SIO_OK);
	ck_assert_int_eq(sio_server_side_emit(ns, &how, "a", sio_json("[]")), SIO_OK);
	NOTED(s, "");
	end_turn(s);
	NOTED(s, "ack:SIO_OK[]");
	ck_assert_int_eq(sio_server_side_emit(ns, NULL, "a", NULL), SIO_ENOMEM);
	ck_assert_int_eq(sio_server_side_emit(ns, NULL, "a", sio_json("{}")), SIO_EINVAL);
	how.to = SIO_ROOMS("red");
	ck_assert_int_eq(sio_server_side_emit(ns, &how, "a", sio_json("[]")), SIO_EINVAL);
	static const char *const reserved[] = { "connect", "connection", "new_namespace" };
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(
			sio_server_side_emit(ns, NULL, reserved[i], sio_json("[]")), SIO_EINVAL);
		ck_assert_int_eq(
			sio_on_server_side(ns, reserved[i], on_server_event, s), SIO_EINVAL);
	}
	lab_close(s);
}
END_TEST

/* cluster.md 2: a child is not cleaned up under a question that waits in it. */
START_TEST(an_empty_child_ends_after_its_questions)
{
	cluster c;
	sio_server *s = lab_new_with(&(sio_options){ .cleanup_empty_children = true });
	cluster_init(&c);
	sio_of_pattern(s, "^/room-[0-9]$");
	cluster_join(&c, s, 300);
	c.extra = 1;
	peer *p = connect_client(s);
	sio_socket *k = enter(p, "/room-1");
	sio_fetch(sio_namespace(k), NULL, note_sockets, s);
	hang_up(p);
	ck_assert_uint_eq(c.members[0].places, 2);
	wait_ms(s, 300);
	NOTED(s, "fetched:4 1{}");
	ck_assert_uint_eq(c.members[0].places, 1);
	cluster_close_labs(&c, &s, 1);
}
END_TEST

UNIT_MAIN("cluster_asking", clients_of_all_servers_answer, an_answer_from_afar_has_its_attachments,
	at_the_deadline_the_answers_so_far_count, without_a_deadline_only_the_others_have_one,
	nobody_there_is_soon_known, an_adapter_that_cannot_send_ends_the_request,
	who_waits_is_told_when_the_server_ends, sockets_of_all_servers_are_told,
	a_socket_is_told_with_its_handshake, rooms_of_all_servers_are_told_once,
	silent_servers_are_not_waited_for_long, an_event_for_servers_is_heard_by_the_others,
	servers_answer_once_each, a_server_may_answer_later_but_not_too_late,
	who_is_alone_is_answered_by_nobody, an_empty_child_ends_after_its_questions)
