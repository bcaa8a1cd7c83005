/* SPDX-License-Identifier: MIT */
/* What the application sends: its form on the wire, its order, volatile messages, limits. */
#include "../support/lab.h"
#include "../support/unit.h"
#include <stdio.h>

static const sio_bytes two[] = { { "\x01\x02", 2 }, { NULL, 0 } };

/* socket.io.md 53: with arguments and without. */
START_TEST(an_emit_is_an_event_packet)
{
	sio_server *s = lab_new();
	sio_of(s, "/chat");
	peer *p = connect_client(s);
	sio_socket *k = socket_of(p, "/"), *chat = enter(p, "/chat");
	sio_emit(k, "a", sio_json("[1, {b: %s}]", "\"x\""));
	sio_emit(k, "with \"quotes\"", sio_json("[]"));
	sio_emit(chat, "c", sio_json("[null]"));
	end_turn(s);
	HEARD(p, "42[\"a\",1,{\"b\":\"\\\"x\\\"\"}] 42[\"with \\\"quotes\\\"\"] "
		 "42/chat,[\"c\",null]");
	lab_close(s);
}
END_TEST

/* Who asks for it is sent an event that is never compressed, attachments and all. */
START_TEST(a_plain_emit_is_marked_in_each_block)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	const sio_delivery plain = { .flags = SIO_PLAIN, .binary = two, .nbinary = 2 };
	const sio_delivery usual = { .flags = SIO_COMPRESS, .binary = two, .nbinary = 2 };
	forget_mail(p);
	sio_emit_with(socket_of(p, "/"), &plain, "a", sio_json("[%p]", (void *)sio_binary(0)));
	sio_broadcast(sio_of(s, "/"), &usual, "a", sio_json("[%p]", (void *)sio_binary(0)));
	end_turn(s);
	ck_assert_uint_eq(sent_count(p), 6);
	for (size_t i = 0; i < 6; i++)
		ck_assert_uint_eq(sent(p, i)->plain, i < 3);
	lab_close(s);
}
END_TEST

/* socket.io.md 54: reserved names, and what is no array, are refused; nothing is sent. */
START_TEST(a_bad_emit_is_refused)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_socket *k = socket_of(p, "/");
	sio_ns *ns = sio_of(s, "/");
	const sio_delivery to = { .to = SIO_ROOMS("x") }, except = { .except = SIO_ROOMS("x") };
	const sio_delivery no_ack = { .on_answer = note_answer }, no_parts = { .nbinary = 1 };
	ck_assert_int_eq(sio_emit(k, "disconnect", sio_json("[]")), SIO_EINVAL);
	ck_assert_int_eq(sio_emit(k, NULL, sio_json("[]")), SIO_EINVAL);
	ck_assert_int_eq(sio_emit(k, "a", sio_json("{}")), SIO_EINVAL);
	ck_assert_int_eq(sio_emit(k, "a", NULL), SIO_ENOMEM);
	ck_assert_int_eq(sio_emit_with(k, &to, "a", sio_json("[]")), SIO_EINVAL);
	ck_assert_int_eq(sio_emit_with(k, &except, "a", sio_json("[]")), SIO_EINVAL);
	ck_assert_int_eq(sio_emit_with(k, &no_ack, "a", sio_json("[]")), SIO_EINVAL);
	ck_assert_int_eq(sio_emit_with(k, &no_parts, "a", sio_json("[]")), SIO_EINVAL);
	ck_assert_int_eq(sio_broadcast(ns, NULL, "newListener", sio_json("[]")), SIO_EINVAL);
	ck_assert_int_eq(sio_broadcast(ns, &no_ack, "a", sio_json("[]")), SIO_EINVAL);
	ck_assert_int_eq(sio_broadcast(ns, NULL, "a", NULL), SIO_ENOMEM);
	end_turn(s);
	HEARD(p, "");
	lab_close(s);
}
END_TEST

/* socket.io.md 57, 59: binary values, at any depth. */
START_TEST(binary_values_follow_their_packet)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	const sio_delivery how = { .binary = two, .nbinary = 2 };
	sio_emit_with(socket_of(p, "/"), &how, "a",
		sio_json("[%p, {x: [%p]}]", (void *)sio_binary(0), (void *)sio_binary(1)));
	end_turn(s);
	HEARD(p, "452-[\"a\",{\"_placeholder\":true,\"num\":0},"
		 "{\"x\":[{\"_placeholder\":true,\"num\":1}]}] <0102> <>");
	lab_close(s);
}
END_TEST

/* More attachments than are kept without memory of their own. */
START_TEST(an_event_may_have_many_attachments)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_bytes many[9];
	for (size_t i = 0; i < 9; i++)
		many[i] = (sio_bytes){ &"abcdefghi"[i], 1 };
	const sio_delivery how = { .binary = many, .nbinary = 9 };
	sio_broadcast(sio_of(s, "/"), &how, "a", sio_json("[]"));
	end_turn(s);
	HEARD(p, "459-[\"a\"] <61> <62> <63> <64> <65> <66> <67> <68> <69>");
	lab_close(s);
}
END_TEST

/* socket.io.md 55, 103: one order for all that one client is sent. */
START_TEST(emits_and_broadcasts_keep_their_order)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_socket *k = socket_of(p, "/");
	const sio_delivery to_room = { .to = SIO_ROOMS("r"), .binary = two, .nbinary = 1 };
	sio_join(k, "r");
	p->slow = true;
	sio_emit(k, "1", sio_json("[]"));
	sio_broadcast(sio_of(s, "/"), &to_room, "2", sio_json("[]"));
	end_turn(s);
	sio_emit(k, "3", sio_json("[]"));
	sio_broadcast(sio_of(s, "/"), NULL, "4", sio_json("[]"));
	p->slow = false;
	end_turn(s);
	HEARD(p, "42[\"1\"] 451-[\"2\"] <0102> 42[\"3\"] 42[\"4\"]");
	lab_close(s);
}
END_TEST

/* socket.io.md 67: a ping does not come between. */
START_TEST(nothing_stands_between_a_packet_and_its_attachments)
{
	sio_server *s = lab_new_with(&(sio_options){ .ping_interval_ms = 10 });
	peer *p = connect_client(s);
	const sio_delivery how = { .binary = two, .nbinary = 2 };
	p->slow = true;
	sio_emit_with(socket_of(p, "/"), &how, "a", sio_json("[]"));
	wait_ms(s, 10);
	p->slow = false;
	end_turn(s);
	HEARD(p, "452-[\"a\"] <0102> <> 2");
	lab_close(s);
}
END_TEST

/* One encoding, shared by everyone that receives it. */
START_TEST(a_broadcast_is_encoded_once)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s), *q = connect_client(s);
	const sio_delivery how = { .binary = two, .nbinary = 1 };
	sio_broadcast(sio_of(s, "/"), &how, "a", sio_json("[1]"));
	end_turn(s);
	ck_assert_uint_eq(sent_count(p), 2);
	ck_assert_ptr_eq(sent(p, 0), sent(q, 0));
	ck_assert_ptr_eq(sent(p, 1), sent(q, 1));
	lab_close(s);
}
END_TEST

/* socket.io.md 98: dropped for who cannot take it, and only for them. */
START_TEST(a_volatile_message_is_dropped_for_the_slow)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s), *q = connect_client(s);
	const sio_delivery how = { .flags = SIO_VOLATILE };
	p->slow = true;
	sio_emit_with(socket_of(p, "/"), &how, "v", sio_json("[1]"));
	sio_broadcast(sio_of(s, "/"), &how, "v", sio_json("[2]"));
	sio_broadcast(sio_of(s, "/"), NULL, "a", sio_json("[]"));
	end_turn(s);
	ck_assert_uint_eq(sio_backlog(socket_of(p, "/")), strlen("42[\"a\"]"));
	p->slow = false;
	sio_emit_with(socket_of(p, "/"), &how, "v", sio_json("[3]"));
	end_turn(s);
	HEARD(p, "42[\"a\"] 42[\"v\",3]");
	HEARD(q, "42[\"v\",2] 42[\"a\"]");
	lab_close(s);
}
END_TEST

/* socket.io.md 98: by polling what counts is a GET that waits. */
START_TEST(a_volatile_message_needs_a_waiting_poll)
{
	sio_server *s = lab_new();
	peer *p = open_polling_client(s);
	receive(p, "40");
	sio_socket *k = socket_of(p, "/");
	ck_assert_str_eq(sio_transport(k), "polling");
	const sio_delivery how = { .flags = SIO_VOLATILE };
	p->slow = true;
	sio_emit_with(k, &how, "v", sio_json("[]"));
	ck_assert_uint_eq(sio_backlog(k), 0);
	exchange get = { .ops = p->exchanges[0].ops };
	polling_get(p->session->polling, &get);
	sio_emit_with(k, &how, "v", sio_json("[]"));
	ck_assert_uint_eq(sio_backlog(k), strlen("42[\"v\"]"));
	lab_close(s);
}
END_TEST

/* differences.md 11: who falls too far behind is closed, and the others are not. */
START_TEST(a_client_that_does_not_read_is_closed)
{
	sio_server *s = lab_new_with(&(sio_options){ .max_queue = 100 });
	sio_on_disconnect(sio_of(s, "/"), note_left, NULL);
	peer *p = connect_client(s), *q = connect_client(s);
	p->slow = true;
	for (int i = 0; i < 3; i++) {
		sio_broadcast(sio_of(s, "/"), NULL, "a", sio_json("['%040d']", i));
		NOTED(s, ""); /* not from inside the call */
		end_turn(s);
		if (i < 1)
			ck_assert(!p->closed);
	}
	ck_assert(p->closed && !q->closed);
	ck_assert_uint_eq(sent_count(q), 3);
	NOTED(s, "left:/:transport error");
	lab_close(s);
}
END_TEST

/* What is emitted to a client that is over the limit goes nowhere and does no harm. */
START_TEST(a_client_over_the_limit_takes_no_more)
{
	sio_server *s = lab_new_with(&(sio_options){ .max_queue = 100 });
	peer *p = connect_client(s);
	sio_socket *k = socket_of(p, "/");
	const sio_delivery how = { .on_ack = note_ack, .user = s };
	p->slow = true;
	ck_assert_int_eq(sio_emit(k, "a", sio_json("['%0200d']", 1)), SIO_OK);
	ck_assert_int_eq(sio_emit_with(k, &how, "b", sio_json("[]")), SIO_OK);
	p->slow = false;
	end_turn(s);
	ck_assert(p->closed);
	HEARD(p, "");
	NOTED(s, "ack:SIO_EGONE");
	lab_close(s);
}
END_TEST

UNIT_MAIN("emit", an_emit_is_an_event_packet, a_plain_emit_is_marked_in_each_block,
	a_bad_emit_is_refused, binary_values_follow_their_packet,
	an_event_may_have_many_attachments, emits_and_broadcasts_keep_their_order,
	nothing_stands_between_a_packet_and_its_attachments, a_broadcast_is_encoded_once,
	a_volatile_message_is_dropped_for_the_slow, a_volatile_message_needs_a_waiting_poll,
	a_client_that_does_not_read_is_closed, a_client_over_the_limit_takes_no_more)
