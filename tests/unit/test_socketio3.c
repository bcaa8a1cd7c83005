/* SPDX-License-Identifier: MIT */
/* test_socketio3 - clients of the older revision, which Engine.IO 3 carries (socket.io.md, "The
 * older revision"). */
#include "../support/failing_malloc.h"
#include "../support/lab.h"
#include "../support/unit.h"
#include <stdio.h>

static sio_server *begin(void)
{
	sio_server *s = lab_new();
	sio_of(s, "/chat");
	return s;
}

static void refuse(sio_socket *k, sio_entry entry, void *user)
{
	(void)k;
	sio_refuse(entry, "nope", user ? sio_json("{content: 1}") : NULL);
}

static void refuse_with(sio_socket *k, sio_entry entry, void *user)
{
	(void)k;
	sio_refuse(entry, "nope", cJSON_Parse(user));
}

static void wait_outside(sio_socket *k, sio_entry entry, void *user)
{
	(void)k;
	*(sio_entry *)user = entry;
}

/* socket.io.md 114, 116 */
START_TEST(the_server_connects_the_client_to_the_main_namespace_by_itself)
{
	sio_server *s = begin();
	sio_on_connect(sio_of(s, "/"), note_connect, NULL);
	peer *p = open_old_client(s);
	HEARD(p, "40");
	NOTED(s, "connect:/");
	ck_assert_ptr_nonnull(socket_of(p, "/"));
	lab_close(s);
}
END_TEST

/* socket.io.md 114: those that "/" lets in */
START_TEST(its_middleware_comes_first)
{
	sio_entry entry;
	sio_server *s = begin();
	sio_use(sio_of(s, "/"), wait_outside, &entry);
	peer *p = open_old_client(s);
	HEARD(p, "");
	sio_admit(entry);
	end_turn(s);
	HEARD(p, "40");
	lab_close(s);
}
END_TEST

/* socket.io.md 121 */
START_TEST(a_client_that_the_main_namespace_refuses_is_closed_in_the_end)
{
	sio_server *s = begin();
	sio_use(sio_of(s, "/"), refuse, NULL);
	peer *p = open_old_client(s);
	HEARD(p, "44\"nope\"");
	ck_assert(!p->closed);
	wait_ms(s, 45000);
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 40: but one that was let in is not */
START_TEST(a_client_that_was_let_in_stays)
{
	sio_server *s = begin();
	peer *p = open_old_client(s);
	wait_ms(s, 45000);
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 116 */
START_TEST(the_answer_to_a_connect_has_no_payload)
{
	sio_server *s = begin();
	peer *p = open_old_client(s);
	forget_mail(p);
	receive(p, "40/chat,");
	HEARD(p, "40/chat,");
	lab_close(s);
}
END_TEST

static const char *auth_of(peer *p)
{
	return text_of(sio_auth(socket_of(p, "/chat")));
}

static const char *auth_from(const char *connect)
{
	static char auth[1000];
	sio_server *s = begin();
	peer *p = open_old_client(s);
	receive(p, connect);
	snprintf(auth, sizeof auth, "%s", auth_of(p));
	lab_close(s);
	return auth;
}

/* socket.io.md 117 */
START_TEST(the_query_of_the_namespace_is_the_auth)
{
	ck_assert_str_eq(auth_from("40/chat?token=1&x=2,"), "{\"token\":\"1\",\"x\":\"2\"}");
	ck_assert_str_eq(auth_from("40/chat?token=a%20b+c%C3%A9&k%3D=%22"),
		"{\"token\":\"a b c\xc3\xa9\",\"k=\":\"\\\"\"}");
	ck_assert_str_eq(auth_from("40/chat?a=1&a=2&&b&=c&x==,"),
		"{\"a\":\"2\",\"b\":\"\",\"\":\"c\",\"x\":\"=\"}");
	ck_assert_str_eq(auth_from("40/chat?a=%zz&b=%00%ff,"),
		"{\"a\":\"%zz\",\"b\":\"\\u0000\xef\xbf\xbd\"}");
	ck_assert_str_eq(auth_from("40/chat?,"), "{}");
	ck_assert_str_eq(auth_from("40/chat,"), "{}");
}
END_TEST

/* socket.io.md 117, 116 */
START_TEST(the_answer_does_not_repeat_the_query)
{
	sio_server *s = begin();
	peer *p = open_old_client(s);
	forget_mail(p);
	receive(p, "40/chat?token=1,");
	HEARD(p, "40/chat,");
	lab_close(s);
}
END_TEST

/* socket.io.md 118 */
START_TEST(later_packets_may_repeat_it)
{
	sio_server *s = begin();
	sio_on(sio_of(s, "/chat"), "a", note_event, NULL);
	peer *p = open_old_client(s);
	receive(p, "40/chat?token=1,");
	receive(p, "42/chat?token=1,[\"a\",1]");
	receive(p, "451-/chat?token=1,[\"a\",{\"_placeholder\":true,\"num\":0}]");
	receive_binary(p, "\x04\x07", 2);
	receive(p, "42/chat,[\"a\",2]");
	NOTED(s, "a[1] a[{\"_placeholder\":true,\"num\":0}] a[2]");
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 33: in the newer revision it is part of the name */
START_TEST(newer_clients_have_no_query_there)
{
	sio_server *s = begin();
	peer *p = open_client(s);
	receive(p, "40/chat?token=1,");
	HEARD(p, "44/chat?token=1,{\"message\":\"Invalid namespace\"}");
	lab_close(s);
}
END_TEST

/* socket.io.md 14 holds: the payload is an object, if there is one */
START_TEST(a_payload_that_is_no_object_is_a_parsing_error)
{
	sio_server *s = begin();
	peer *p = open_old_client(s);
	receive(p, "40/chat?a=1,[]");
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 119 */
START_TEST(a_refusal_is_its_data_or_its_message)
{
	sio_server *s = begin();
	int some;
	sio_use(sio_of(s, "/chat"), refuse, NULL);
	sio_use(sio_of(s, "/data"), refuse, &some);
	peer *p = open_old_client(s);
	forget_mail(p);
	receive(p, "40/chat,");
	receive(p, "40/data?x=1,");
	HEARD(p, "44/chat,\"nope\" 44/data,{\"content\":1}");
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 159 */
START_TEST(data_that_are_false_count_as_none)
{
	static const char *const values[][2] = { { "null", "\"nope\"" }, { "false", "\"nope\"" },
		{ "0", "\"nope\"" }, { "-0", "\"nope\"" }, { "\"\"", "\"nope\"" },
		{ "true", "true" }, { "-1", "-1" }, { "[]", "[]" }, { "{}", "{}" } };
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		sio_server *s = begin();
		char answer[64];
		sio_use(sio_of(s, "/data"), refuse_with, (void *)(uintptr_t)values[i][0]);
		peer *p = open_old_client(s);
		forget_mail(p);
		receive(p, "40/data,");
		snprintf(answer, sizeof answer, "44/data,%s", values[i][1]);
		HEARD(p, answer);
		lab_close(s);
	}
}
END_TEST

/* socket.io.md 120 */
START_TEST(a_namespace_that_does_not_exist_is_refused_as_ever)
{
	sio_server *s = begin();
	peer *p = open_old_client(s);
	forget_mail(p);
	receive(p, "40/nope?x=1,");
	HEARD(p, "44/nope,{\"message\":\"Invalid namespace\"}");
	lab_close(s);
}
END_TEST

/* socket.io.md 122 */
START_TEST(ids_are_made_of_the_session_s)
{
	sio_server *s = begin();
	peer *p = open_old_client(s);
	char expected[40];
	enter(p, "/chat");
	ck_assert_str_eq(sio_id(socket_of(p, "/")), p->session->sid);
	snprintf(expected, sizeof expected, "/chat#%s", p->session->sid);
	ck_assert_str_eq(sio_id(socket_of(p, "/chat")), expected);
	ck_assert_ptr_eq(sio_find(sio_of(s, "/chat"), expected), socket_of(p, "/chat"));
	lab_close(s);
}
END_TEST

static void note_room(const char *name, void *user)
{
	note(user, "%s", name);
}

/* socket.io.md 90, 122 */
START_TEST(the_own_room_has_the_whole_id)
{
	sio_server *s = begin();
	peer *p = open_old_client(s);
	enter(p, "/chat");
	sio_socket *k = socket_of(p, "/chat");
	const char *rooms[] = { sio_id(k), NULL };
	forget_mail(p);
	sio_broadcast(k->ns, &(sio_delivery){ .to = rooms }, "hey", sio_json("[]"));
	end_turn(s);
	HEARD(p, "42/chat,[\"hey\"]");
	sio_rooms(k, note_room, s);
	NOTED(s, sio_id(k));
	ck_assert(!sio_in_room(k, p->session->sid));
	lab_close(s);
}
END_TEST

/* socket.io.md 123 */
START_TEST(connecting_to_the_main_namespace_again_closes)
{
	sio_server *s = begin();
	peer *p = open_old_client(s);
	receive(p, "40");
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 123 */
START_TEST(after_leaving_it_may_enter_again)
{
	sio_server *s = begin();
	peer *p = open_old_client(s);
	receive(p, "41");
	ck_assert_ptr_null(socket_of(p, "/"));
	forget_mail(p);
	receive(p, "40");
	HEARD(p, "40");
	ck_assert_ptr_nonnull(socket_of(p, "/"));
	lab_close(s);
}
END_TEST

/* socket.io.md 113; engine.io.md 138 */
START_TEST(events_and_answers_are_as_ever)
{
	sio_server *s = begin();
	sio_on(sio_of(s, "/"), "echo", echo_event, NULL);
	peer *old = open_old_client(s), *new = connect_client(s);
	sio_bytes part = { "\x01\x02", 2 };
	forget_mail(old);
	receive(old, "427[\"echo\",1]");
	HEARD(old, "437[1]");
	sio_broadcast(sio_of(s, "/"), &(sio_delivery){ .binary = &part, .nbinary = 1 }, "x",
		sio_json("[%p]", sio_binary(0)));
	end_turn(s);
	HEARD(old, "451-[\"x\",{\"_placeholder\":true,\"num\":0}] <040102>");
	HEARD(new, "451-[\"x\",{\"_placeholder\":true,\"num\":0}] <0102>");
	lab_close(s);
}
END_TEST

/* A client that goes at once is in no list any more. */
START_TEST(one_that_is_gone_before_it_was_let_in_leaves_nothing)
{
	sio_server *s = begin();
	sio_on_connect(sio_of(s, "/"), note_connect, NULL);
	hold_turns(s);
	peer *p = open_old_client(s);
	hang_up(p);
	end_turn(s);
	NOTED(s, "");
	lab_close(s);
}
END_TEST

START_TEST(without_memory_for_its_auth_a_client_is_closed)
{
	size_t n = 0;
	bool failed;
	do {
		sio_server *s = begin();
		peer *p = open_old_client(s);
		failing_malloc_after(n++);
		receive(p, "40/chat?token=1&x=2,");
		failed = failing_malloc_off();
		bool in = !p->closed && socket_of(p, "/chat");
		ck_assert(in || p->closed);
		if (in)
			ck_assert_str_eq(auth_of(p), "{\"token\":\"1\",\"x\":\"2\"}");
		lab_close(s);
	} while (failed);
	ck_assert_uint_gt(n, 5);
}
END_TEST

UNIT_MAIN("socketio3", the_server_connects_the_client_to_the_main_namespace_by_itself,
	its_middleware_comes_first, a_client_that_the_main_namespace_refuses_is_closed_in_the_end,
	a_client_that_was_let_in_stays, the_answer_to_a_connect_has_no_payload,
	the_query_of_the_namespace_is_the_auth, the_answer_does_not_repeat_the_query,
	later_packets_may_repeat_it, newer_clients_have_no_query_there,
	a_payload_that_is_no_object_is_a_parsing_error, a_refusal_is_its_data_or_its_message,
	data_that_are_false_count_as_none, a_namespace_that_does_not_exist_is_refused_as_ever,
	ids_are_made_of_the_session_s, the_own_room_has_the_whole_id,
	connecting_to_the_main_namespace_again_closes, after_leaving_it_may_enter_again,
	events_and_answers_are_as_ever, one_that_is_gone_before_it_was_let_in_leaves_nothing,
	without_memory_for_its_auth_a_client_is_closed)
