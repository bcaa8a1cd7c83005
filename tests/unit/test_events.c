/* SPDX-License-Identifier: MIT */
/* Events from clients: names, arguments, attachments, parsing errors and limits. */
#include "../support/lab.h"
#include "../support/unit.h"
#include <stdio.h>

#define IMAGE(n) "{\"_placeholder\":true,\"num\":" #n "}"

/* Notes each argument's attachment beside the event. */
static void note_binary(sio_socket *k, const sio_event *ev, void *user)
{
	char text[256] = "";
	const cJSON *arg;
	(void)user;
	cJSON_ArrayForEach (arg, ev->args) {
		sio_bytes b = sio_binary_of(ev, arg);
		size_t len = strlen(text);
		if (b.data)
			snprintf(text + len, sizeof text - len, "<%.*s>", (int)b.len,
				(const char *)b.data);
	}
	note(sio_ns_server(sio_namespace(k)), "%s/%zu%s", ev->name, ev->nbinary, text);
}

static sio_server *listening(const sio_options *o, peer **p)
{
	sio_server *s = lab_new_with(o);
	sio_on(sio_of(s, "/"), "a", note_event, NULL);
	sio_on(sio_of(s, "/"), "bin", note_binary, NULL);
	sio_on(sio_of(s, "/"), "echo", echo_event, NULL);
	sio_on_disconnect(sio_of(s, "/"), note_left, NULL);
	*p = connect_client(s);
	return s;
}

static const sio_options standard;

/* socket.io.md 47: the handlers of a name get the arguments, also none. */
START_TEST(a_handler_gets_its_event_with_the_arguments)
{
	peer *p;
	sio_server *s = listening(&standard, &p);
	receive(p, "42[\"a\",1,\"two\",[3],{\"four\":null},true,-0.5]");
	receive(p, "42[\"a\"]");
	NOTED(s, "a[1,\"two\",[3],{\"four\":null},true,-0.5] a[]");
	lab_close(s);
}
END_TEST

/* socket.io.md 48: in the order in which they were sent. */
START_TEST(events_reach_the_handlers_in_order)
{
	peer *p;
	sio_server *s = listening(&standard, &p);
	hold_turns(s);
	receive(p, "42[\"a\",1]");
	receive(p, "451-[\"bin\"," IMAGE(0) "]");
	receive_binary(p, "x", 1);
	receive(p, "42[\"a\",2]");
	end_turn(s);
	NOTED(s, "a[1] bin/1<x> a[2]");
	lab_close(s);
}
END_TEST

/* socket.io.md 8: JSON's white space. */
START_TEST(space_in_a_payload_is_accepted)
{
	peer *p;
	sio_server *s = listening(&standard, &p);
	receive(p, "42 [ \"a\" , 1 ,\t{ \"b\" : 2 } ] \r\n");
	NOTED(s, "a[1,{\"b\":2}]");
	lab_close(s);
}
END_TEST

/* socket.io.md 9: what JSON can carry comes back equal. */
START_TEST(an_echo_loses_nothing)
{
	static const char *const args[] = { "\"\\u0000\"", "\"a\\u0000b\"", "\"\\ud83d\"",
		"9007199254740991", "0.30000000000000004", "5e-324", "{\"__proto__\":{\"x\":1}}",
		"\"\xf0\x9f\x98\x80\"", "\"\\\"\\\\\\n\"", "{\"\":[[[]]]}" };
	peer *p;
	sio_server *s = listening(&standard, &p);
	for (size_t i = 0; i < sizeof args / sizeof *args; i++) {
		char event[128], answer[128];
		snprintf(event, sizeof event, "427[\"echo\",%s]", args[i]);
		snprintf(answer, sizeof answer, "437[%s]", args[i]);
		receive(p, event);
		HEARD(p, answer);
	}
	lab_close(s);
}
END_TEST

/* socket.io.md 49: what nobody handles is dropped; 71: and not answered. */
START_TEST(an_event_that_nobody_handles_is_dropped)
{
	peer *p;
	sio_server *s = listening(&standard, &p);
	receive(p, "42[\"zzz\",1]");
	receive(p, "427[\"zzz\",1]");
	receive(p, "451-7[\"zzz\"," IMAGE(0) "]");
	receive_binary(p, "x", 1);
	receive(p, "42[\"a\"]");
	NOTED(s, "a[]");
	HEARD(p, "");
	lab_close(s);
}
END_TEST

/* socket.io.md 50, 51. */
START_TEST(no_payload_and_numbers_as_names_do_no_harm)
{
	peer *p;
	sio_server *s = listening(&standard, &p);
	receive(p, "42");
	receive(p, "421");
	receive(p, "42[1,2]");
	receive(p, "42[-1.5e3]");
	NOTED(s, "");
	HEARD(p, "");
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 16: "error" and odd names are names like any other; escapes are undone. */
START_TEST(names_are_texts_like_any_other)
{
	sio_server *s = lab_new();
	sio_on(sio_of(s, "/"), "error", note_event, NULL);
	sio_on(sio_of(s, "/"), "", note_event, (void *)(uintptr_t) "empty:");
	sio_on(sio_of(s, "/"), "a\xc0\x80z", note_event, (void *)(uintptr_t) "nul:");
	sio_on(sio_of(s, "/"), "__proto__", note_event, NULL);
	sio_on(sio_of(s, "/"), "\xc3\xa4\n", note_event, (void *)(uintptr_t) "esc:");
	peer *p = connect_client(s);
	receive(p, "42[\"error\"]");
	receive(p, "42[\"\"]");
	receive(p, "42[\"a\\u0000z\"]");
	receive(p, "42[\"__proto__\"]");
	receive(p, "42[\"\\u00e4\\n\"]");
	NOTED(s, "error[] empty:[] nul:a\xc0\x80z[] __proto__[] esc:\xc3\xa4\n[]");
	lab_close(s);
}
END_TEST

/* socket.io.md 52: each namespace has its own handlers. */
START_TEST(an_event_stays_in_its_namespace)
{
	peer *p;
	sio_server *s = listening(&standard, &p);
	sio_on(sio_of(s, "/chat"), "b", note_event, NULL);
	enter(p, "/chat");
	receive(p, "42/chat,[\"a\"]");
	receive(p, "42[\"b\"]");
	NOTED(s, "");
	lab_close(s);
}
END_TEST

/* socket.io.md 56. */
START_TEST(after_a_disconnect_no_event_reaches_a_handler)
{
	peer *p;
	sio_server *s = listening(&standard, &p);
	hold_turns(s);
	sio_disconnect(socket_of(p, "/"), false);
	receive(p, "42[\"a\"]");
	end_turn(s);
	NOTED(s, "left:/:server namespace disconnect");
	lab_close(s);
}
END_TEST

/* socket.io.md 11: every socket of the client is told "forced close". */
START_TEST(a_parsing_error_ends_all_namespaces)
{
	peer *p;
	sio_server *s = listening(&standard, &p);
	sio_on_disconnect(sio_of(s, "/chat"), note_left, NULL);
	enter(p, "/chat");
	receive(p, "42{}");
	ck_assert(p->closed);
	NOTED(s, "left:/:forced close left:/chat:forced close");
	HEARD(p, "");
	lab_close(s);
}
END_TEST

/* socket.io.md 12 to 25: each of them ends the session with "forced close". */
START_TEST(parsing_errors_have_one_reason)
{
	static const char *const packets[] = { "4", "47", "4x", "42[\"a\"", "42[\"a\"]x", "42{}",
		"42\"x\"", "42[]", "42[null]", "42[true]", "42[{}]", "42[\"connect\"]",
		"42[\"disconnecting\"]", "431{}", "41{}", "45[\"a\"]", "450-[\"a\"]",
		"4511-[\"a\"]", "429007199254740992[\"a\"]", "421.5[\"a\"]", "42-1[\"a\"]",
		"42abc[\"a\"]", "42 " };
	for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
		peer *p;
		sio_server *s = listening(&standard, &p);
		receive(p, packets[i]);
		ck_assert_msg(p->closed, "%s", packets[i]);
		NOTED(s, "left:/:forced close");
		lab_close(s);
	}
}
END_TEST

/* socket.io.md 21, 22: texts and attachments in the wrong place. */
START_TEST(attachments_come_when_they_are_expected)
{
	peer *p;
	sio_server *s = listening(&standard, &p);
	receive(p, "452-[\"bin\"]");
	receive_binary(p, "x", 1);
	receive(p, "42[\"a\"]");
	NOTED(s, "left:/:forced close");
	lab_close(s);
	s = listening(&standard, &p);
	receive_binary(p, "x", 1);
	NOTED(s, "left:/:forced close");
	peer *q = open_client(s);
	receive_binary(q, "x", 1);
	ck_assert(q->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 60: the handler runs when the last one has come. */
START_TEST(a_binary_event_waits_for_its_attachments)
{
	peer *p;
	sio_server *s = listening(&standard, &p);
	receive(p, "452-[\"bin\"," IMAGE(0) "," IMAGE(1) "]");
	receive_binary(p, "one", 3);
	NOTED(s, "");
	receive_binary(p, "", 0);
	NOTED(s, "bin/2<one><>");
	lab_close(s);
}
END_TEST

/* socket.io.md 61: any order, twice, or not at all. */
START_TEST(placeholders_stand_where_they_like)
{
	peer *p;
	sio_server *s = listening(&standard, &p);
	receive(p, "453-[\"bin\"," IMAGE(1) ",7," IMAGE(0) "," IMAGE(1) "]");
	receive_binary(p, "x", 1);
	receive_binary(p, "y", 1);
	receive_binary(p, "z", 1);
	NOTED(s, "bin/3<y><x><y>");
	lab_close(s);
}
END_TEST

/* socket.io.md 59: at any depth. */
START_TEST(placeholders_are_found_at_any_depth)
{
	peer *p;
	sio_server *s = listening(&standard, &p);
	receive(p, "451-7[\"echo\",{\"x\":[[" IMAGE(0) "]]}]");
	receive_binary(p, "\x01\x02", 2);
	HEARD(p, "461-7[{\"x\":[[" IMAGE(0) "]]}] <0102>");
	lab_close(s);
}
END_TEST

/* socket.io.md 62, 63: other keys, and objects that only look like placeholders. */
START_TEST(what_is_no_placeholder_is_ordinary_data)
{
	peer *p;
	sio_server *s = listening(&standard, &p);
	receive(p, "451-[\"bin\",{\"_placeholder\":true,\"num\":0,\"more\":1},"
		   "{\"_placeholder\":1,\"num\":9},{\"num\":0}]");
	receive_binary(p, "x", 1);
	receive(p, "42[\"bin\"," IMAGE(0) "]");
	receive(p, "42[\"a\"," IMAGE(5) ",{\"_placeholder\":true}]");
	NOTED(s, "bin/1<x> bin/0 a[" IMAGE(5) ",{\"_placeholder\":true}]");
	lab_close(s);
}
END_TEST

/* socket.io.md 23, differences.md 20: each num is an integer below the number. */
START_TEST(a_placeholder_for_nothing_is_a_parsing_error)
{
	static const char *const nums[] = { "1", "-1", "0.5", "1e99", "\"0\"", "null", "true",
		"[0]", "4294967296", "18446744073709551616" };
	for (size_t i = 0; i < sizeof nums / sizeof *nums; i++) {
		char text[128];
		peer *p;
		sio_server *s = listening(&standard, &p);
		snprintf(text, sizeof text, "451-[\"bin\",[{\"_placeholder\":true,\"num\":%s}]]",
			nums[i]);
		receive(p, text);
		receive_binary(p, "x", 1);
		NOTED(s, "left:/:forced close");
		lab_close(s);
	}
}
END_TEST

/* socket.io.md 64. */
START_TEST(a_placeholder_is_no_name)
{
	peer *p;
	sio_server *s = listening(&standard, &p);
	receive(p, "451-[" IMAGE(0) "]");
	receive_binary(p, "a", 1);
	NOTED(s, "left:/:forced close");
	lab_close(s);
}
END_TEST

/* socket.io.md 65: Engine.IO's own packets between. */
START_TEST(a_pong_between_attachments_does_no_harm)
{
	peer *p;
	sio_server *s = listening(&standard, &p);
	receive(p, "452-[\"bin\"," IMAGE(1) "]");
	receive(p, "3");
	receive_binary(p, "x", 1);
	receive(p, "6");
	receive(p, "beQ==");
	NOTED(s, "bin/2<y>");
	lab_close(s);
}
END_TEST

/* socket.io.md 66: what is not complete at the end is dropped. */
START_TEST(half_a_binary_event_dies_with_its_connection)
{
	peer *p;
	sio_server *s = listening(&standard, &p);
	receive(p, "452-[\"bin\"," IMAGE(1) "]");
	receive_binary(p, "x", 1);
	hang_up(p);
	NOTED(s, "left:/:transport close");
	lab_close(s);
}
END_TEST

/* socket.io.md 20: the number of attachments is limited before any has come. */
START_TEST(max_attachments_is_an_option)
{
	peer *p;
	sio_server *s = listening(&(sio_options){ .max_attachments = 2 }, &p);
	receive(p, "452-[\"bin\"]");
	receive_binary(p, "x", 1);
	receive_binary(p, "y", 1);
	NOTED(s, "bin/2");
	receive(p, "453-[\"bin\"]");
	NOTED(s, "left:/:forced close");
	lab_close(s);
}
END_TEST

static const char *nested(char *text, const char *name, unsigned depth)
{
	int len = sprintf(text, "42[\"%s\",", name);
	memset(text + len, '[', depth);
	memset(text + len + depth, ']', depth);
	strcpy(text + len + 2 * depth, "]");
	return text;
}

/* socket.io.md 26, differences.md 21: the array of the packet is the first level. */
START_TEST(max_depth_is_an_option)
{
	static const char *const names[] = { "a", "zzz" };
	char text[128];
	for (size_t i = 0; i < 2; i++) {
		peer *p;
		sio_server *s = listening(&(sio_options){ .max_depth = 5 }, &p);
		receive(p, nested(text, names[i], 4));
		ck_assert(!p->closed);
		journal(s);
		receive(p, nested(text, names[i], 5));
		NOTED(s, "left:/:forced close");
		lab_close(s);
	}
}
END_TEST

/* socket.io.md 26: the limit as it is without the option, on a tree that recursion would feel. */
START_TEST(deep_json_is_handled_up_to_the_standard_limit)
{
	static char text[32 * 1024];
	peer *p;
	sio_server *s = listening(&standard, &p);
	receive(p, nested(text, "bin", 9999));
	NOTED(s, "bin/0");
	receive(p, nested(text, "bin", 10000));
	NOTED(s, "left:/:forced close");
	lab_close(s);
}
END_TEST

static void do_disconnect(sio_socket *k)
{
	sio_disconnect(k, false);
	ck_assert(!sio_connected(k));
	ck_assert_ptr_null(sio_find(sio_namespace(k), sio_id(k)));
	ck_assert_int_eq(sio_emit(k, "x", sio_json("[]")), SIO_EGONE);
}

static void do_disconnect_all(sio_socket *k)
{
	sio_disconnect(k, true);
	sio_disconnect(k, true);
}

static void cut(sio_socket *k, void *user)
{
	(void)user;
	sio_disconnect(k, true);
}

static void do_each(sio_socket *k)
{
	ck_assert_uint_eq(sio_each(sio_namespace(k), NULL, cut, NULL), 2);
}

static void (*const deeds[])(sio_socket *k) = { do_disconnect, do_disconnect_all, do_each };

static void on_deed(sio_socket *k, const sio_event *ev, void *user)
{
	sio_server *s = sio_ns_server(sio_namespace(k));
	note(s, "begin");
	deeds[ev->args->child->valueint](k);
	sio_emit(k, "x", sio_json("[]"));
	sio_reply(ev->ack, sio_json("[]"));
	note(s, "end%s", user ? (const char *)user : "");
}

/* Whatever a handler does to sockets, disconnect handlers wait until it has returned. */
START_TEST(handlers_may_end_sockets_and_connections)
{
	for (int i = 0; i < 3; i++) {
		char text[64];
		sio_server *s = lab_new();
		sio_on(sio_of(s, "/"), "do", on_deed, NULL);
		sio_on_disconnect(sio_of(s, "/"), note_left, NULL);
		peer *p = connect_client(s), *q = connect_client(s);
		snprintf(text, sizeof text, "451-7[\"do\",%d," IMAGE(0) "]", i);
		receive(p, text);
		receive_binary(p, "x", 1);
		HEARD(p, "41");
		ck_assert(p->closed == (i > 0) && q->closed == (i == 2));
		NOTED(s, i < 2 ? "begin end left:/:server namespace disconnect"
			       : "begin end left:/:server namespace disconnect "
				 "left:/:server namespace disconnect");
		lab_close(s);
	}
}
END_TEST

UNIT_MAIN("events", a_handler_gets_its_event_with_the_arguments, events_reach_the_handlers_in_order,
	space_in_a_payload_is_accepted, an_echo_loses_nothing,
	an_event_that_nobody_handles_is_dropped, no_payload_and_numbers_as_names_do_no_harm,
	names_are_texts_like_any_other, an_event_stays_in_its_namespace,
	after_a_disconnect_no_event_reaches_a_handler, a_parsing_error_ends_all_namespaces,
	parsing_errors_have_one_reason, attachments_come_when_they_are_expected,
	a_binary_event_waits_for_its_attachments, placeholders_stand_where_they_like,
	placeholders_are_found_at_any_depth, what_is_no_placeholder_is_ordinary_data,
	a_placeholder_for_nothing_is_a_parsing_error, a_placeholder_is_no_name,
	a_pong_between_attachments_does_no_harm, half_a_binary_event_dies_with_its_connection,
	max_attachments_is_an_option, max_depth_is_an_option,
	deep_json_is_handled_up_to_the_standard_limit, handlers_may_end_sockets_and_connections)
