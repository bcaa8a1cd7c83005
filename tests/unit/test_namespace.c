/* SPDX-License-Identifier: MIT */
/* Namespaces: entering them, being told no, and packets for the wrong one. */
#include "../support/lab.h"
#include "../support/unit.h"
#include <stdio.h>

static sio_server *chat_server(void)
{
	sio_server *s = lab_new();
	sio_on_connect(sio_of(s, "/"), note_connect, NULL);
	sio_on_disconnect(sio_of(s, "/"), note_left, NULL);
	sio_on_connect(sio_of(s, "/chat"), note_connect, NULL);
	sio_on_disconnect(sio_of(s, "/chat"), note_left, NULL);
	return s;
}

/* socket.io.md 27: a client is in no namespace until it has asked. */
START_TEST(a_session_begins_in_no_namespace)
{
	sio_server *s = chat_server();
	peer *p = open_client(s);
	ck_assert_ptr_null(socket_of(p, "/"));
	sio_broadcast(sio_of(s, "/"), NULL, "a", sio_json("[]"));
	end_turn(s);
	HEARD(p, "");
	NOTED(s, "");
	lab_close(s);
}
END_TEST

/* socket.io.md 28: the answer carries the id. */
START_TEST(connect_is_answered_with_the_socket_id)
{
	sio_server *s = chat_server();
	peer *p = open_client(s);
	char expected[64];
	receive(p, "40");
	snprintf(expected, sizeof expected, "40{\"sid\":\"%s\"}", sio_id(socket_of(p, "/")));
	ck_assert_str_eq(heard_exactly(p), expected);
	receive(p, "40/chat,");
	HEARD(p, "40/chat,{\"sid\":\"*\"}");
	NOTED(s, "connect:/ connect:/chat");
	lab_close(s);
}
END_TEST

/* socket.io.md 29: 20 characters, new each time, and not the secret sid of the session. */
START_TEST(ids_have_20_characters_and_are_new_each_time)
{
	sio_server *s = chat_server();
	peer *p = connect_client(s);
	char first[ID_LEN + 1];
	strcpy(first, sio_id(socket_of(p, "/")));
	ck_assert_uint_eq(strlen(first), 20);
	ck_assert_uint_eq(strspn(first, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					"0123456789_-"),
		20);
	ck_assert_str_ne(first, p->session->sid);
	ck_assert_str_ne(first, sio_id(enter(p, "/chat")));
	receive(p, "41");
	ck_assert_str_ne(first, sio_id(enter(p, "/")));
	lab_close(s);
}
END_TEST

/* socket.io.md 31: an unknown name is refused, the connection stays. */
START_TEST(an_unknown_namespace_is_refused)
{
	sio_server *s = chat_server();
	peer *p = connect_client(s);
	receive(p, "40/nope,{\"token\":1}");
	HEARD(p, "44/nope,{\"message\":\"Invalid namespace\"}");
	receive(p, "40/nope");
	HEARD(p, "44/nope,{\"message\":\"Invalid namespace\"}");
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 33: the ? part is a part of the name. */
START_TEST(a_query_is_part_of_the_name)
{
	sio_server *s = chat_server();
	peer *p = open_client(s);
	receive(p, "40/chat?a=b,");
	HEARD(p, "44/chat?a=b,{\"message\":\"Invalid namespace\"}");
	sio_of(s, "/chat?a=b");
	receive(p, "40/chat?a=b,");
	HEARD(p, "40/chat?a=b,{\"sid\":\"*\"}");
	lab_close(s);
}
END_TEST

/* socket.io.md 3, 4, 5: how names are written. */
START_TEST(names_may_be_written_in_both_ways)
{
	sio_server *s = chat_server();
	peer *p = open_client(s);
	receive(p, "40/chat");
	HEARD(p, "40/chat,{\"sid\":\"*\"}");
	receive(p, "40/,");
	HEARD(p, "40{\"sid\":\"*\"}");
	lab_close(s);
}
END_TEST

/* socket.io.md 35: several namespaces at once. */
START_TEST(a_client_may_be_in_several_namespaces)
{
	sio_server *s = chat_server();
	sio_on(sio_of(s, "/"), "a", note_event, (void *)(uintptr_t) "main:");
	sio_on(sio_of(s, "/chat"), "a", note_event, (void *)(uintptr_t) "chat:");
	peer *p = connect_client(s);
	enter(p, "/chat");
	journal(s);
	receive(p, "42[\"a\",1]");
	receive(p, "42/chat,[\"a\",2]");
	NOTED(s, "main:a[1] chat:a[2]");
	lab_close(s);
}
END_TEST

/* socket.io.md 36, 85: CONNECT for a namespace that it is in closes the connection. */
/* differences.md 61: what is one too many is refused, until another one is left. */
START_TEST(a_client_may_be_in_so_many_namespaces_and_no_more)
{
	sio_server *s = lab_new_with(&(sio_options){ .max_sockets = 2 });
	peer *p = open_client(s);
	sio_of(s, "/a");
	sio_of(s, "/b");
	receive(p, "40");
	receive(p, "40/a,{\"token\":1}");
	HEARD(p, "40{\"sid\":\"*\"} 40/a,{\"sid\":\"*\"}");
	receive(p, "40/b,{\"token\":1}");
	HEARD(p, "44/b,{\"message\":\"Too many namespaces\"}");
	receive(p, "41/a,");
	receive(p, "40/b,");
	HEARD(p, "40/b,{\"sid\":\"*\"}");
	ck_assert_uint_eq(s->engine.counters.struck[LIMIT_max_sockets], 1);
	lab_close(s);
}
END_TEST

START_TEST(entering_twice_closes_the_connection)
{
	sio_server *s = chat_server();
	peer *p = connect_client(s);
	journal(s);
	receive(p, "40");
	ck_assert(p->closed);
	HEARD(p, "");
	NOTED(s, "left:/:forced close");
	lab_close(s);
}
END_TEST

/* socket.io.md 37: a packet for a namespace that it was never in closes the connection. */
START_TEST(a_packet_for_a_foreign_namespace_closes_the_connection)
{
	static const char *const packets[] = { "42/chat,[\"a\"]", "41/chat,", "43/chat,0[]",
		"42/nope,[\"a\"]", "451-/chat,[\"a\"]" };
	for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
		sio_server *s = chat_server();
		peer *p = connect_client(s);
		receive(p, packets[i]);
		ck_assert_msg(p->closed, "%s", packets[i]);
		NOTED(s, "connect:/ left:/:forced close");
		lab_close(s);
	}
}
END_TEST

/* socket.io.md 37: an event before CONNECT. */
START_TEST(an_event_before_connect_closes_the_connection)
{
	sio_server *s = chat_server();
	sio_on_any(sio_of(s, "/"), note_event, NULL);
	peer *p = open_client(s);
	receive(p, "42[\"a\"]");
	ck_assert(p->closed);
	NOTED(s, "");
	lab_close(s);
}
END_TEST

/* socket.io.md 38, differences.md 17: late packets for a namespace that was left are ignored. */
START_TEST(late_packets_for_a_left_namespace_are_ignored)
{
	sio_server *s = chat_server();
	sio_on_any(sio_of(s, "/chat"), note_event, NULL);
	sio_on(sio_of(s, "/"), "still", note_event, NULL);
	peer *p = connect_client(s);
	sio_disconnect(enter(p, "/chat"), false);
	end_turn(s);
	journal(s);
	receive(p, "42/chat,[\"a\"]");
	receive(p, "42/chat,7[\"a\"]");
	receive(p, "41/chat,");
	receive(p, "43/chat,0[]");
	receive(p, "452-/chat,[\"a\",{\"_placeholder\":true,\"num\":0}]");
	receive_binary(p, "x", 1);
	receive_binary(p, "y", 1);
	receive(p, "42[\"still\"]");
	HEARD(p, "41/chat,");
	NOTED(s, "still[]");
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

static void leave_now(sio_socket *k, const sio_event *ev, void *user)
{
	(void)ev;
	(void)user;
	sio_disconnect(k, false);
}

/* socket.io.md 38: also when it is left while attachments are on their way. */
START_TEST(attachments_on_their_way_to_a_left_socket_are_ignored)
{
	sio_server *s = chat_server();
	peer *p = connect_client(s);
	sio_on(sio_of(s, "/"), "go", leave_now, NULL);
	sio_on(sio_of(s, "/chat"), "a", note_event, NULL);
	sio_socket *k = enter(p, "/chat");
	journal(s);
	receive(p, "451-/chat,[\"a\"]");
	sio_disconnect(k, false);
	end_turn(s);
	receive_binary(p, "x", 1);
	NOTED(s, "left:/chat:server namespace disconnect");
	receive(p, "42[\"go\"]");
	NOTED(s, "left:/:server namespace disconnect");
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 39, 85: only servers send CONNECT_ERROR. */
START_TEST(connect_error_from_a_client_closes_the_connection)
{
	sio_server *s = chat_server();
	peer *p = connect_client(s);
	receive(p, "44{\"message\":\"x\"}");
	ck_assert(p->closed);
	NOTED(s, "connect:/ left:/:forced close");
	lab_close(s);
}
END_TEST

/* socket.io.md 85: by polling the reason of a misplaced packet is another; 11: that of a parsing
 * error is not. */
START_TEST(by_polling_a_misplaced_packet_has_its_own_reason)
{
	sio_server *s = chat_server();
	peer *p = open_polling_client(s), *q = open_polling_client(s);
	receive(p, "40");
	receive(q, "40");
	journal(s);
	receive(p, "42/chat,[\"a\"]");
	NOTED(s, "left:/:forced server close");
	ck_assert(p->closed);
	receive(q, "42{}");
	NOTED(s, "left:/:forced close");
	lab_close(s);
}
END_TEST

/* socket.io.md 46, 89: ids mean nothing in CONNECT and DISCONNECT. */
START_TEST(ids_in_connect_and_disconnect_are_ignored)
{
	sio_server *s = chat_server();
	peer *p = open_client(s);
	receive(p, "40/chat,12{}");
	HEARD(p, "40/chat,{\"sid\":\"*\"}");
	receive(p, "41/chat,12");
	NOTED(s, "connect:/chat left:/chat:client namespace disconnect");
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 40: without a namespace a session ends after the time limit. */
START_TEST(a_client_that_enters_nothing_is_closed)
{
	sio_server *s = chat_server();
	peer *p = open_client(s);
	wait_ms(s, 44000);
	receive(p, "40/nope,");
	wait_ms(s, 999);
	ck_assert(!p->closed);
	wait_ms(s, 1);
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 40: the time limit is an option. */
START_TEST(the_time_to_enter_is_an_option)
{
	sio_server *s = lab_new_with(&(sio_options){ .connect_timeout_ms = 10 });
	peer *p = open_client(s);
	wait_ms(s, 9);
	ck_assert(!p->closed);
	wait_ms(s, 1);
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 41: once it has entered the limit is gone, also after leaving. */
START_TEST(a_client_that_has_entered_once_is_not_closed)
{
	sio_server *s = chat_server();
	peer *p = connect_client(s);
	receive(p, "41");
	wait_ms(s, 1000000);
	ck_assert(!p->closed);
	ck_assert_ptr_nonnull(enter(p, "/"));
	lab_close(s);
}
END_TEST

static void greet(sio_socket *k, void *user)
{
	(void)user;
	sio_emit(k, "hello", sio_json("[%s]", sio_ns_name(sio_namespace(k))));
}

/* socket.io.md 44: the answer is sent before what the connect handler emits. */
START_TEST(the_answer_precedes_the_greeting)
{
	sio_server *s = lab_new();
	sio_on_connect(sio_of(s, "/chat"), greet, NULL);
	peer *p = open_client(s);
	receive(p, "40/chat,");
	HEARD(p, "40/chat,{\"sid\":\"*\"} 42/chat,[\"hello\",\"/chat\"]");
	lab_close(s);
}
END_TEST

/* socket.io.md 81: leaving and entering again gives another socket. */
START_TEST(a_left_namespace_can_be_entered_again)
{
	sio_server *s = chat_server();
	sio_on(sio_of(s, "/"), "a", note_event, NULL);
	peer *p = connect_client(s);
	receive(p, "41");
	ck_assert_ptr_nonnull(enter(p, "/"));
	receive(p, "42[\"a\"]");
	NOTED(s, "connect:/ left:/:client namespace disconnect connect:/ a[]");
	lab_close(s);
}
END_TEST

START_TEST(sio_of_finds_or_makes_a_namespace)
{
	sio_server *s = lab_new();
	sio_ns *chat = sio_of(s, "/chat");
	ck_assert_ptr_eq(chat, sio_of(s, "/chat"));
	ck_assert_str_eq(sio_ns_name(chat), "/chat");
	ck_assert_ptr_eq(sio_ns_server(chat), s);
	ck_assert_ptr_null(sio_of(s, "chat"));
	ck_assert_ptr_null(sio_of(s, ""));
	ck_assert_ptr_null(sio_of(s, NULL));
	ck_assert_ptr_null(sio_of(s, "/a,b"));
	lab_close(s);
}
END_TEST

START_TEST(what_is_known_of_a_client_can_be_asked)
{
	sio_server *s = lab_new();
	sio_socket *k = socket_of(connect_client(s), "/");
	ck_assert_str_eq(sio_address(k), "10.1.2.3");
	ck_assert_str_eq(sio_url(k), "/socket.io/?EIO=4&who=me");
	ck_assert_str_eq(sio_query(k, "who"), "me");
	ck_assert_ptr_null(sio_query(k, "nobody"));
	ck_assert_str_eq(sio_header(k, "User-Agent"), "lab");
	ck_assert_str_eq(sio_transport(k), "websocket");
	ck_assert_ptr_eq(sio_namespace(k), sio_of(s, "/"));
	ck_assert_uint_eq(sio_backlog(k), 0);
	lab_close(s);
}
END_TEST

static void note_namespace(sio_ns *ns, void *user)
{
	note(user, "%s", sio_ns_name(ns));
}

/* Not inside the call that makes it, and once. */
START_TEST(a_new_namespace_is_told_of)
{
	sio_server *s = lab_new();
	sio_of(s, "/before");
	sio_on_namespace(s, note_namespace, s);
	sio_of(s, "/chat");
	sio_of(s, "/chat");
	sio_of(s, "/before");
	NOTED(s, "");
	ck_assert(io_unsettled(&s->io));
	end_turn(s);
	NOTED(s, "/chat");
	sio_of(s, "/never");
	lab_close(s);
}
END_TEST

UNIT_MAIN("namespace", a_session_begins_in_no_namespace, connect_is_answered_with_the_socket_id,
	ids_have_20_characters_and_are_new_each_time, an_unknown_namespace_is_refused,
	a_query_is_part_of_the_name, names_may_be_written_in_both_ways,
	a_client_may_be_in_several_namespaces, a_client_may_be_in_so_many_namespaces_and_no_more,
	entering_twice_closes_the_connection,
	a_packet_for_a_foreign_namespace_closes_the_connection,
	an_event_before_connect_closes_the_connection,
	late_packets_for_a_left_namespace_are_ignored,
	attachments_on_their_way_to_a_left_socket_are_ignored,
	connect_error_from_a_client_closes_the_connection,
	by_polling_a_misplaced_packet_has_its_own_reason, ids_in_connect_and_disconnect_are_ignored,
	a_client_that_enters_nothing_is_closed, the_time_to_enter_is_an_option,
	a_client_that_has_entered_once_is_not_closed, the_answer_precedes_the_greeting,
	a_left_namespace_can_be_entered_again, sio_of_finds_or_makes_a_namespace,
	what_is_known_of_a_client_can_be_asked, a_new_namespace_is_told_of)
