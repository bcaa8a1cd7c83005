/* SPDX-License-Identifier: MIT */
/* Parents: which names come into being when somebody asks for them. */
#include "../support/parents.h"
#include "../support/unit.h"
#include <malloc.h>
#include <stdio.h>

/* ---- Which names come into being ---- */

/* socket.io.md 45: at the first asking, once. */
START_TEST(a_namespace_that_matches_a_pattern_is_made_once)
{
	sio_server *s = room_server();
	sio_ns *parent = sio_of_pattern(s, "^/room-[0-9]+$");
	peer *p = connect_client(s), *q = connect_client(s);
	receive(p, "40/room-1,");
	HEARD(p, "40/room-1,{\"sid\":\"*\"}");
	receive(q, "40/room-1,");
	HEARD(q, "40/room-1,{\"sid\":\"*\"}");
	NOTED(s, "new:/room-1");
	ck_assert_ptr_eq(sio_ns_parent(sio_namespace(socket_of(p, "/room-1"))), parent);
	ck_assert_ptr_null(sio_ns_parent(parent));
	ck_assert_ptr_null(sio_ns_parent(sio_of(s, "/")));
	lab_close(s);
}
END_TEST

/* socket.io.md 31, 45: what matches nothing is unknown, and nothing is kept of it. */
START_TEST(a_name_that_matches_nothing_is_refused)
{
	static const char *const names[] = { "/room-", "/room-x", "/room-1x", "/x/room-1",
		"/room-1?a=b", "/ROOM-1" };
	sio_server *s = room_server();
	sio_of_pattern(s, "^/room-[0-9]+$");
	peer *p = connect_client(s);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char text[64];
		snprintf(text, sizeof text, "40%s,", names[i]);
		receive(p, text);
		snprintf(text, sizeof text, "44%s,{\"message\":\"Invalid namespace\"}", names[i]);
		HEARD(p, text);
	}
	ck_assert(!p->closed);
	ck_assert_uint_eq(namespaces(s), 1);
	NOTED(s, "");
	lab_close(s);
}
END_TEST

START_TEST(a_bad_expression_makes_no_parent)
{
	sio_server *s = room_server();
	ck_assert_ptr_null(sio_of_pattern(s, "("));
	ck_assert_ptr_null(sio_of_pattern(s, NULL));
	ck_assert_ptr_null(sio_of_match(s, NULL, NULL));
	peer *p = connect_client(s);
	ck_assert_ptr_null(enter(p, "/x"));
	lab_close(s);
}
END_TEST

START_TEST(a_function_sees_the_name_and_the_auth)
{
	sio_server *s = room_server();
	sio_of_match(s, admit, LABEL("?"));
	peer *p = connect_client(s);
	receive(p, "40/x,{\"token\":[1]}");
	NOTED(s, "?/x{\"token\":[1]} new:/x");
	ck_assert_str_eq(text_of(sio_auth(socket_of(p, "/x"))), "{\"token\":[1]}");
	receive(p, "40/y,");
	NOTED(s, "?/y{} new:/y");
	lab_close(s);
}
END_TEST

/* socket.io.md 31: the words of the refusal stay with the server. */
START_TEST(parents_are_asked_in_order_until_one_takes_the_name)
{
	sio_server *s = room_server();
	sio_of_match(s, refuse, LABEL("1:"));
	sio_of_pattern(s, "^/only-this$");
	sio_ns *third = sio_of_match(s, admit, LABEL("3:"));
	sio_of_match(s, admit, LABEL("4:"));
	peer *p = connect_client(s);
	sio_socket *k = enter(p, "/x");
	NOTED(s, "1:/x 3:/x{} new:/x");
	ck_assert_ptr_eq(sio_ns_parent(sio_namespace(k)), third);
	lab_close(s);
}
END_TEST

START_TEST(when_all_refuse_the_client_hears_it_once)
{
	sio_server *s = room_server();
	sio_of_match(s, refuse, LABEL("1:"));
	sio_of_match(s, refuse, LABEL("2:"));
	peer *p = connect_client(s);
	receive(p, "40/x,");
	HEARD(p, "44/x,{\"message\":\"Invalid namespace\"}");
	NOTED(s, "1:/x 2:/x");
	lab_close(s);
}
END_TEST

START_TEST(a_namespace_that_is_there_is_asked_of_no_parent)
{
	sio_server *s = room_server();
	sio_of_match(s, admit, NULL);
	sio_ns *own = sio_of(s, "/x");
	peer *p = connect_client(s);
	sio_socket *k = enter(p, "/x");
	ck_assert_ptr_eq(sio_namespace(k), own);
	ck_assert_ptr_null(sio_ns_parent(own));
	NOTED(s, "new:/x");
	lab_close(s);
}
END_TEST

/* A name that is an internal one of a parent means nothing. */
START_TEST(a_parent_is_no_namespace)
{
	sio_server *s = room_server();
	sio_ns *parent = sio_of_pattern(s, "^/room$");
	peer *p = connect_client(s);
	ck_assert_ptr_null(enter(p, sio_ns_name(parent)));
	ck_assert_ptr_ne(sio_of(s, sio_ns_name(parent)), parent);
	lab_close(s);
}
END_TEST

/* Names are C text for whoever decides about them. */
START_TEST(a_name_with_a_nul_is_unknown)
{
	static const char text[] = "40/room\0/admin,";
	sio_server *s = room_server();
	sio_of_pattern(s, "^/room");
	sio_of_match(s, admit, NULL);
	peer *p = connect_client(s);
	receive_text(p, text, sizeof text - 1);
	NOTED(s, "");
	ck_assert_uint_eq(namespaces(s), 1);
	ck_assert_uint_eq(sent_count(p), 1);
	ck_assert_int_eq(bytes_data(sent(p, 0))[1], '4');
	lab_close(s);
}
END_TEST

START_TEST(a_longer_name_than_the_limit_is_unknown)
{
	sio_server *s = lab_new_with(&(sio_options){ .max_namespace = 8 });
	sio_of_match(s, admit, NULL);
	peer *p = connect_client(s);
	ck_assert_ptr_nonnull(enter(p, "/2345678"));
	ck_assert_ptr_null(enter(p, "/23456789"));
	NOTED(s, "/2345678{}");
	sio_of(s, "/23456789");
	ck_assert_ptr_nonnull(enter(p, "/23456789"));
	lab_close(s);
}
END_TEST

START_TEST(names_of_512_bytes_may_be_asked_for)
{
	sio_server *s = room_server();
	char name[600], text[640];
	sio_of_pattern(s, "^/x+$");
	peer *p = connect_client(s);
	for (size_t len = 512; len <= 513; len++) {
		memset(name, 'x', len);
		name[0] = '/';
		name[len] = '\0';
		snprintf(text, sizeof text, "40%s,", name);
		receive(p, text);
		ck_assert_int_eq(socket_of(p, name) != NULL, len == 512);
	}
	lab_close(s);
}
END_TEST

static size_t in_use(void)
{
	return mallinfo2().uordblks;
}

START_TEST(attempts_at_unknown_names_leave_nothing_behind)
{
	sio_server *s = room_server();
	sio_of_pattern(s, "^/room-[0-9]+$");
	sio_of_match(s, refuse, NULL);
	peer *p = connect_client(s);
	size_t before = 0;
	for (int i = 0; i < 200000; i++) {
		char text[64];
		snprintf(text, sizeof text, "40/%d,{\"a\":[%d]}", i, i);
		receive(p, text);
		forget_mail(p);
		journal(s);
		if (i == 1000)
			before = in_use();
	}
	ck_assert_uint_le(in_use(), before + 1024);
	ck_assert_uint_eq(namespaces(s), 1);
	lab_close(s);
}
END_TEST

START_TEST(attempts_in_one_turn_leave_nothing_behind)
{
	sio_server *s = room_server();
	sio_of_match(s, refuse, NULL);
	peer *p = connect_client(s);
	enter(p, "/y");
	journal(s);
	size_t before = in_use();
	hold_turns(s);
	for (int i = 0; i < 500; i++)
		receive(p, "40/x,");
	end_turn(s);
	forget_mail(p);
	journal(s);
	ck_assert_uint_le(in_use(), before + 65536);
	lab_close(s);
}
END_TEST

UNIT_MAIN("parents", a_namespace_that_matches_a_pattern_is_made_once,
	a_name_that_matches_nothing_is_refused, a_bad_expression_makes_no_parent,
	a_function_sees_the_name_and_the_auth, parents_are_asked_in_order_until_one_takes_the_name,
	when_all_refuse_the_client_hears_it_once, a_namespace_that_is_there_is_asked_of_no_parent,
	a_parent_is_no_namespace, a_name_with_a_nul_is_unknown,
	a_longer_name_than_the_limit_is_unknown, names_of_512_bytes_may_be_asked_for,
	attempts_at_unknown_names_leave_nothing_behind, attempts_in_one_turn_leave_nothing_behind)
