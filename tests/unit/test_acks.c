/* SPDX-License-Identifier: MIT */
/* Answers, in both directions: each asked for once, given once, and ended once. */
#include "../support/lab.h"
#include "../support/unit.h"

static sio_ack kept; /* each test has a process of its own */

static void keep_ack(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	kept = ev->ack;
}

static sio_server *echoing(peer **p)
{
	sio_server *s = lab_new();
	sio_on(sio_of(s, "/"), "echo", echo_event, NULL);
	sio_on(sio_of(s, "/"), "keep", keep_ack, NULL);
	sio_on(sio_of(s, "/chat"), "echo", echo_event, NULL);
	sio_on(sio_of(s, "/chat"), "keep", keep_ack, NULL);
	*p = connect_client(s);
	return s;
}

/* ---- Clients ask ---- */

/* socket.io.md 68, 69: in the same namespace, with the id that was asked with. */
START_TEST(an_answer_carries_the_id_of_its_event)
{
	peer *p;
	sio_server *s = echoing(&p);
	enter(p, "/chat");
	receive(p, "427[\"echo\",\"ok\"]");
	receive(p, "42/chat,7[\"echo\",\"ok\"]");
	receive(p, "428[\"echo\"]");
	HEARD(p, "437[\"ok\"] 43/chat,7[\"ok\"] 438[]");
	lab_close(s);
}
END_TEST

/* socket.io.md 7, 72: 0 and zeros in front, and an id again. */
START_TEST(ids_may_be_zero_and_come_again)
{
	peer *p;
	sio_server *s = echoing(&p);
	receive(p, "420[\"echo\",1]");
	receive(p, "420[\"echo\",2]");
	receive(p, "42007[\"echo\",3]");
	receive(p, "429007199254740991[\"echo\"]");
	HEARD(p, "430[1] 430[2] 437[3] 439007199254740991[]");
	lab_close(s);
}
END_TEST

/* socket.io.md 58: an answer with binary values. */
START_TEST(an_answer_may_be_binary)
{
	peer *p;
	sio_server *s = echoing(&p);
	receive(p, "451-7[\"echo\",{\"_placeholder\":true,\"num\":0}]");
	receive_binary(p, "\x01", 1);
	HEARD(p, "461-7[{\"_placeholder\":true,\"num\":0}] <01>");
	lab_close(s);
}
END_TEST

/* socket.io.md 70: a second answer is not sent; a ticket may be answered late. */
START_TEST(a_ticket_is_answered_once_now_or_later)
{
	peer *p;
	sio_server *s = echoing(&p);
	receive(p, "427[\"keep\"]");
	HEARD(p, "");
	wait_ms(s, 1000);
	ck_assert_int_eq(sio_reply(kept, sio_json("[1]")), SIO_OK);
	ck_assert_int_eq(sio_reply(kept, sio_json("[2]")), SIO_EGONE);
	end_turn(s);
	ck_assert_int_eq(sio_reply(kept, sio_json("[3]")), SIO_EGONE);
	HEARD(p, "437[1]");
	lab_close(s);
}
END_TEST

/* An answer that is none leaves the ticket good. */
START_TEST(a_bad_answer_uses_nothing_up)
{
	peer *p;
	sio_server *s = echoing(&p);
	receive(p, "427[\"keep\"]");
	ck_assert_int_eq(sio_reply(kept, NULL), SIO_ENOMEM);
	ck_assert_int_eq(sio_reply(kept, sio_json("{}")), SIO_EINVAL);
	ck_assert_int_eq(sio_reply_with(kept, NULL, 1, sio_json("[]")), SIO_EINVAL);
	ck_assert_int_eq(sio_reply((sio_ack){ NULL, 1 }, sio_json("[]")), SIO_EINVAL);
	ck_assert_int_eq(sio_reply(kept, sio_json("[]")), SIO_OK);
	end_turn(s);
	HEARD(p, "437[]");
	lab_close(s);
}
END_TEST

/* An event without an id asks for nothing. */
START_TEST(no_answer_is_sent_where_none_is_wanted)
{
	peer *p;
	sio_server *s = echoing(&p);
	receive(p, "42[\"keep\"]");
	ck_assert_uint_eq(kept.ticket, 0);
	ck_assert_int_eq(sio_reply(kept, sio_json("[]")), SIO_EGONE);
	receive(p, "42[\"echo\",1]");
	HEARD(p, "");
	lab_close(s);
}
END_TEST

/* socket.io.md 79, differences.md 25: after the socket has left it is too late. */
START_TEST(an_answer_after_leaving_is_not_sent)
{
	peer *p;
	sio_server *s = echoing(&p);
	receive(p, "427[\"keep\"]");
	receive(p, "41");
	ck_assert_int_eq(sio_reply(kept, sio_json("[]")), SIO_EGONE);
	enter(p, "/");
	ck_assert_int_eq(sio_reply(kept, sio_json("[]")), SIO_EGONE);
	receive(p, "428[\"keep\"]");
	hang_up(p);
	ck_assert_int_eq(sio_reply(kept, sio_json("[]")), SIO_EGONE);
	HEARD(p, "");
	lab_close(s);
}
END_TEST

/* What one client can make grow is limited: it is closed when it asks for more. */
START_TEST(max_unanswered_counts_all_that_a_client_waits_for)
{
	sio_server *s = lab_new_with(&(sio_options){ .max_unanswered = 2 });
	sio_on(sio_of(s, "/"), "keep", keep_ack, NULL);
	sio_on(sio_of(s, "/chat"), "keep", keep_ack, NULL);
	peer *p = connect_client(s);
	enter(p, "/chat");
	for (int i = 0; i < 5; i++) {
		receive(p, "421[\"keep\"]");
		sio_reply(kept, sio_json("[]"));
	}
	receive(p, "421[\"keep\"]");
	receive(p, "42/chat,2[\"keep\"]");
	receive(p, "42[\"keep\"]");
	ck_assert(!p->closed);
	receive(p, "423[\"keep\"]");
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

/* What is forgotten with its socket, or is for nobody, does not count. */
START_TEST(what_nobody_waits_for_does_not_count)
{
	sio_server *s = lab_new_with(&(sio_options){ .max_unanswered = 1 });
	sio_on(sio_of(s, "/"), "keep", keep_ack, NULL);
	peer *p = connect_client(s);
	receive(p, "421[\"keep\"]");
	receive(p, "41");
	enter(p, "/");
	receive(p, "421[\"nobody\"]");
	for (int i = 0; i < 3; i++) {
		receive(p, "451-1[\"nobody\"]");
		receive_binary(p, "x", 1);
	}
	receive(p, "421[\"keep\"]");
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

/* ---- The server asks one ---- */

static sio_err ask(sio_socket *k, unsigned timeout_ms)
{
	sio_delivery how = { .on_ack = note_ack,
		.on_answer = note_answer,
		.user = sio_ns_server(sio_namespace(k)),
		.timeout_ms = timeout_ms };
	return sio_emit_with(k, &how, "q", sio_json("[]"));
}

static sio_server *asking(peer **p, unsigned timeout_ms)
{
	sio_server *s = lab_new();
	*p = connect_client(s);
	ck_assert_int_eq(ask(socket_of(*p, "/"), timeout_ms), SIO_OK);
	end_turn(s);
	HEARD(*p, "420[\"q\"]");
	return s;
}

/* socket.io.md 74: once, with its arguments. */
START_TEST(an_answer_runs_the_callback_once)
{
	peer *p;
	sio_server *s = asking(&p, 0);
	receive(p, "430[1,\"two\"]");
	NOTED(s, "answer[1,\"two\"] ack:SIO_OK[1,\"two\"]");
	receive(p, "430[3]");
	NOTED(s, "");
	lab_close(s);
	s = asking(&p, 0);
	receive(p, "430");
	NOTED(s, "answer[] ack:SIO_OK[]");
	lab_close(s);
}
END_TEST

static void note_part(sio_socket *k, const sio_event *ev, void *user)
{
	sio_bytes b = sio_binary_of(ev, ev->args->child);
	(void)user;
	note(sio_ns_server(sio_namespace(k)), "part:%.*s", (int)b.len, (const char *)b.data);
}

START_TEST(a_binary_answer_is_seen_with_its_attachments)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_delivery how = { .on_ack = note_ack, .on_answer = note_part, .user = s };
	sio_emit_with(socket_of(p, "/"), &how, "q", sio_json("[]"));
	receive(p, "461-0[{\"_placeholder\":true,\"num\":0}]");
	NOTED(s, "");
	receive_binary(p, "abc", 3);
	NOTED(s, "part:abc ack:SIO_OK[{\"_placeholder\":true,\"num\":0}]");
	lab_close(s);
}
END_TEST

/* socket.io.md 75: unknown, used and missing ids are ignored; 63: so is what looks like binary. */
START_TEST(answers_that_nobody_asked_for_are_ignored)
{
	peer *p;
	sio_server *s = asking(&p, 0);
	receive(p, "431[1]");
	receive(p, "43[1]");
	receive(p, "43");
	receive(p, "43999[{\"_placeholder\":true,\"num\":7}]");
	NOTED(s, "");
	ck_assert(!p->closed);
	receive(p, "430[{\"_placeholder\":true,\"num\":7}]");
	NOTED(s, "answer[{\"_placeholder\":true,\"num\":7}] "
		 "ack:SIO_OK[{\"_placeholder\":true,\"num\":7}]");
	lab_close(s);
}
END_TEST

/* socket.io.md 17: the payload of an ACK is an array. */
START_TEST(an_answer_that_is_no_array_closes_the_connection)
{
	peer *p;
	sio_server *s = asking(&p, 0);
	receive(p, "430{}");
	ck_assert(p->closed);
	NOTED(s, "ack:SIO_EGONE");
	lab_close(s);
}
END_TEST

/* socket.io.md 76: only the socket that was asked can answer, in its namespace. */
START_TEST(only_who_was_asked_can_answer)
{
	peer *p;
	sio_server *s = asking(&p, 0);
	peer *q = connect_client(s);
	sio_of(s, "/chat");
	enter(p, "/chat");
	receive(q, "430[1]");
	receive(p, "43/chat,0[2]");
	NOTED(s, "");
	receive(p, "430[3]");
	NOTED(s, "answer[3] ack:SIO_OK[3]");
	lab_close(s);
}
END_TEST

/* socket.io.md 73: ids count up from 0 in each namespace, over its sockets; a call that failed
 * has changed nothing. */
START_TEST(ids_count_up_in_each_namespace)
{
	peer *p;
	sio_server *s = asking(&p, 0);
	sio_of(s, "/chat");
	peer *q = connect_client(s);
	sio_socket *chat = enter(q, "/chat");
	sio_delivery all = { .on_ack = note_ack, .user = s };
	sio_emit_with(socket_of(q, "/"), &all, "connect", sio_json("[]"));
	cJSON *unprintable = sio_json("[null]");
	unprintable->child->type = cJSON_Invalid;
	ck_assert_int_eq(sio_broadcast(sio_of(s, "/"), &all, "x", unprintable), SIO_ENOMEM);
	ask(socket_of(q, "/"), 0);
	ask(chat, 0);
	sio_broadcast(sio_of(s, "/"), &all, "b", sio_json("[]"));
	ask(socket_of(q, "/"), 0);
	end_turn(s);
	HEARD(q, "421[\"q\"] 42/chat,0[\"q\"] 422[\"b\"] 423[\"q\"]");
	HEARD(p, "422[\"b\"]");
	lab_close(s);
}
END_TEST

/* socket.io.md 77: after the deadline an error, once, and a late answer is ignored. */
START_TEST(a_deadline_ends_the_waiting_with_an_error)
{
	peer *p;
	sio_server *s = asking(&p, 1000);
	wait_ms(s, 999);
	NOTED(s, "");
	wait_ms(s, 1);
	NOTED(s, "ack:SIO_ETIMEDOUT");
	receive(p, "430[1]");
	wait_ms(s, 10000);
	hang_up(p);
	NOTED(s, "");
	lab_close(s);
}
END_TEST

START_TEST(an_answer_in_time_stops_the_deadline)
{
	peer *p;
	sio_server *s = asking(&p, 1000);
	wait_ms(s, 999);
	receive(p, "430[1]");
	wait_ms(s, 1000);
	NOTED(s, "answer[1] ack:SIO_OK[1]");
	lab_close(s);
}
END_TEST

/* socket.io.md 78, differences.md 24: whoever asked is told when the socket has left. */
START_TEST(leaving_ends_the_waiting_with_an_error)
{
	peer *p;
	for (unsigned timeout = 0; timeout <= 1000; timeout += 1000) {
		sio_server *s = asking(&p, timeout);
		receive(p, "41");
		NOTED(s, "ack:SIO_EGONE");
		wait_ms(s, 2000);
		NOTED(s, "");
		lab_close(s);
	}
}
END_TEST

START_TEST(closing_the_server_ends_the_waiting_with_an_error)
{
	peer *p;
	sio_server *s = asking(&p, 1000);
	sio_delivery all = { .on_ack = note_ack, .user = s };
	sio_broadcast(sio_of(s, "/"), &all, "b", sio_json("[]"));
	lab_shut(s);
	NOTED(s, "ack:SIO_EGONE ack:SIO_OK[]");
	lab_free(s);
}
END_TEST

/* A callback never runs from inside a call. */
START_TEST(the_callback_of_a_disconnect_waits_for_the_end_of_the_turn)
{
	peer *p;
	sio_server *s = asking(&p, 0);
	sio_disconnect(socket_of(p, "/"), false);
	NOTED(s, "");
	end_turn(s);
	NOTED(s, "ack:SIO_EGONE");
	lab_close(s);
}
END_TEST

static void ask_again(sio_err err, const cJSON *args, void *user)
{
	peer *p = user;
	note_ack(err, args, p->lab);
	sio_socket *k = socket_of(p, "/");
	if (k && args && args->child)
		ask(k, 0);
	else if (k)
		sio_disconnect(k, true);
}

START_TEST(a_callback_may_ask_again_and_disconnect)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_delivery how = { .on_ack = ask_again, .user = p };
	sio_emit_with(socket_of(p, "/"), &how, "q", sio_json("[]"));
	receive(p, "430[1]");
	HEARD(p, "420[\"q\"] 421[\"q\"]");
	sio_emit_with(socket_of(p, "/"), &how, "q", sio_json("[]"));
	receive(p, "432[]");
	NOTED(s, "ack:SIO_OK[1] ack:SIO_OK[] ack:SIO_EGONE");
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

/* A volatile question that was dropped is still ended once. */
START_TEST(a_dropped_question_ends_at_its_deadline)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_delivery how = {
		.flags = SIO_VOLATILE, .on_ack = note_ack, .user = s, .timeout_ms = 10
	};
	p->slow = true;
	sio_emit_with(socket_of(p, "/"), &how, "q", sio_json("[]"));
	sio_broadcast(sio_of(s, "/"), &how, "q", sio_json("[]"));
	end_turn(s);
	NOTED(s, "ack:SIO_OK[]"); /* the broadcast reached nobody */
	wait_ms(s, 10);
	NOTED(s, "ack:SIO_ETIMEDOUT");
	lab_close(s);
}
END_TEST

UNIT_MAIN("acks", an_answer_carries_the_id_of_its_event, ids_may_be_zero_and_come_again,
	an_answer_may_be_binary, a_ticket_is_answered_once_now_or_later,
	a_bad_answer_uses_nothing_up, no_answer_is_sent_where_none_is_wanted,
	an_answer_after_leaving_is_not_sent, max_unanswered_counts_all_that_a_client_waits_for,
	what_nobody_waits_for_does_not_count, an_answer_runs_the_callback_once,
	a_binary_answer_is_seen_with_its_attachments, answers_that_nobody_asked_for_are_ignored,
	an_answer_that_is_no_array_closes_the_connection, only_who_was_asked_can_answer,
	ids_count_up_in_each_namespace, a_deadline_ends_the_waiting_with_an_error,
	an_answer_in_time_stops_the_deadline, leaving_ends_the_waiting_with_an_error,
	closing_the_server_ends_the_waiting_with_an_error,
	the_callback_of_a_disconnect_waits_for_the_end_of_the_turn,
	a_callback_may_ask_again_and_disconnect, a_dropped_question_ends_at_its_deadline)
