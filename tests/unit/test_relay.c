/* SPDX-License-Identifier: MIT */
/* Events that are sent on as they came, parsed or not. */
#include "../support/failing_malloc.h"
#include "../support/guest.h"
#include "../support/unit.h"
#include <stdio.h>

static const char *const texts[] = {
	"1e2",
	"-0",
	"1.0",
	"9007199254740993",
	"1E400",
	"0.30000000000000004",
	"\"\\u0000\"",
	"\"\\ud83d\"",
	"\"\\udc00\\ud800\"",
	"\"\\u0041\\/\\b\\f\\n\\r\\t\\\\\\\"\"",
	"\"\xf0\x9f\x98\x80\xe2\x82\xac\"",
	"\"\xe2\x80\xa8\"",
	"{\"a\":1,\"a\":2,\"__proto__\":null,\"\":0}",
	"{ \"a\" : [ 1 ,2 ] }",
	"[]",
	"[[[[[[]]]]]]",
	"null,true,false",
	"\"\"",
	"\"]\"",
	"\"a\",\"]\\\"\"",
	"{\"_placeholder\":true,\"num\":0}",
};

static void relay(sio_socket *k, const sio_event *ev, void *user)
{
	note(sio_ns_server(sio_namespace(k)), "%s", ev->args ? "tree" : "text");
	ck_assert_int_eq(sio_relay(sio_namespace(k), NULL, user, ev), SIO_OK);
}

static void look(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	ck_assert_ptr_nonnull(ev->args);
	(void)k;
}

static void admit_event(sio_socket *k, const sio_event *ev, sio_entry entry, void *user)
{
	(void)k;
	(void)ev;
	if (user)
		*(sio_entry *)user = entry;
	else
		sio_admit(entry);
}

static void send_and_hear(peer *p, const char *sent_text, const char *expected)
{
	receive(p, sent_text);
	HEARD(p, expected);
}

static void all_texts_come_back(sio_server *s, const char *seen)
{
	peer *p = connect_client(s);
	char in[256], out[256];
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		snprintf(in, sizeof in, "42[\"e\",%s]", texts[i]);
		send_and_hear(p, in, in);
		snprintf(in, sizeof in, "42 [ \"e\"\t, %s\n] ", texts[i]);
		snprintf(out, sizeof out, "42[\"e\",%s]", texts[i]);
		send_and_hear(p, in, out);
		NOTED(s, seen);
	}
	send_and_hear(p, "42[\"e\"]", "42[\"e\"]");
	send_and_hear(p, "42[ \"e\" ] ", "42[\"e\"]");
	lab_close(s);
}

START_TEST(text_goes_out_as_it_came)
{
	sio_server *s = lab_new();
	sio_on_raw(sio_of(s, "/"), "e", relay, NULL);
	all_texts_come_back(s, "text text");
}
END_TEST

START_TEST(so_it_does_where_others_look_at_a_tree)
{
	sio_server *s = lab_new();
	sio_on_raw(sio_of(s, "/"), "e", relay, NULL);
	sio_on(sio_of(s, "/"), "e", look, NULL);
	all_texts_come_back(s, "tree tree");
	s = lab_new();
	sio_on(sio_of(s, "/"), "e", relay, NULL);
	all_texts_come_back(s, "tree tree");
	s = lab_new();
	sio_on_any(sio_of(s, "/"), look, NULL);
	sio_on_raw(sio_of(s, "/"), "e", relay, NULL);
	all_texts_come_back(s, "tree tree");
}
END_TEST

START_TEST(so_it_does_out_of_middleware)
{
	sio_server *s = lab_new();
	sio_use_event(sio_of(s, "/"), admit_event, NULL);
	sio_on_raw(sio_of(s, "/"), "e", relay, NULL);
	all_texts_come_back(s, "tree tree");
}
END_TEST

START_TEST(an_event_that_waited_in_middleware_is_whole)
{
	sio_server *s = lab_new();
	sio_entry entry;
	sio_use_event(sio_of(s, "/"), admit_event, &entry);
	sio_on_raw(sio_of(s, "/"), "e", relay, NULL);
	peer *p = connect_client(s);
	receive(p, "452-[\"e\",{\"_placeholder\":true,\"num\":1},1e2,{\"_placeholder\":true,"
		   "\"num\":0}]");
	receive_binary(p, "\x01", 1);
	receive_binary(p, "", 0);
	sio_entry first = entry;
	receive(p, "42[\"e\",2]");
	sio_admit(first);
	end_turn(s);
	HEARD(p, "452-[\"e\",{\"_placeholder\":true,\"num\":1},1e2,{\"_placeholder\":true,\"num\":"
		 "0}] "
		 "<01> <>");
	lab_close(s);
}
END_TEST

START_TEST(what_is_no_json_is_refused_though_nobody_parses_it)
{
	static const char *const bad[] = { "42[\"e\",01]", "42[\"e\",]", "42[\"e\" 1]",
		"42[\"e\",1", "42[\"e\",1]]", "42[\"e\",\"\x01\"]", "42[\"e\",NaN]",
		"42[\"e\",'a']", "42[\"e\",1]x", "42[\"e\",\"\\x\"]", "42[\"e\",{\"a\"}]" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		sio_server *s = lab_new();
		sio_on_raw(sio_of(s, "/"), "e", relay, NULL);
		peer *p = connect_client(s);
		receive(p, bad[i]);
		ck_assert_msg(p->closed, "%s", bad[i]);
		NOTED(s, "");
		lab_close(s);
	}
}
END_TEST

START_TEST(an_event_goes_on_under_another_name)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_on_raw(sio_of(s, "/"), "e", relay, (void *)(uintptr_t) "with \"quotes\"");
	send_and_hear(p, "42[\"e\",1e2]", "42[\"with \\\"quotes\\\"\",1e2]");
	send_and_hear(p, "42[\"e\"]", "42[\"with \\\"quotes\\\"\"]");
	lab_close(s);
}
END_TEST

static void relay_badly(sio_socket *k, const sio_event *ev, void *user)
{
	sio_ns *ns = sio_namespace(k);
	const sio_delivery asks = { .on_answer = note_answer };
	(void)user;
	ck_assert_int_eq(sio_relay(ns, NULL, "disconnect", ev), SIO_EINVAL);
	ck_assert_int_eq(sio_relay(ns, &asks, NULL, ev), SIO_EINVAL);
}

START_TEST(a_bad_relay_is_refused)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_on_raw(sio_of(s, "/"), "e", relay_badly, NULL);
	send_and_hear(p, "42[\"e\",1]", "");
	lab_close(s);
}
END_TEST

static void relay_and_ask(sio_socket *k, const sio_event *ev, void *user)
{
	const sio_delivery how = {
		.to = SIO_ROOMS(user), .on_ack = note_ack, .user = sio_ns_server(sio_namespace(k))
	};
	ck_assert_int_eq(sio_relay(sio_namespace(k), &how, NULL, ev), SIO_OK);
	sio_reply(ev->ack, sio_json("['ok']"));
}

START_TEST(relay_takes_what_broadcast_takes)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s), *other = connect_client(s);
	char id[ID_LEN + 1];
	snprintf(id, sizeof id, "%s", sio_id(socket_of(other, "/")));
	sio_on_raw(sio_of(s, "/"), "e", relay_and_ask, id);
	send_and_hear(p, "425[\"e\",1]", "435[\"ok\"]");
	HEARD(other, "420[\"e\",1]");
	receive(other, "430[2]");
	NOTED(s, "ack:SIO_OK[2]");
	lab_close(s);
}
END_TEST

START_TEST(with_recovery_on_the_offset_comes_last)
{
	sio_server *s = lab_new_with(&(sio_options){ .recovery_ms = 1000 });
	guest g = guest_come(s, "/");
	GUEST_HEARD(&g, "40");
	sio_on_raw(sio_of(s, "/"), "e", relay, NULL);
	receive(g.peer, "42[\"e\", 1e2 , \"x\" ]");
	GUEST_HEARD(&g, "42[\"e\",1e2 , \"x\"]");
	ck_assert_uint_eq(strlen(g.offset), 10);
	receive(g.peer, "42[\"e\"]");
	GUEST_HEARD(&g, "42[\"e\"]");
	hang_up(g.peer);
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, "40=");
	lab_close(s);
}
END_TEST

/* Answers are events too. */
static void relay_answer(sio_socket *k, const sio_event *answer, void *user)
{
	(void)user;
	ck_assert_int_eq(sio_relay(sio_namespace(k), NULL, "answer", answer), SIO_OK);
	ck_assert_int_eq(sio_relay(sio_namespace(k), NULL, NULL, answer), SIO_EINVAL);
}

static void ignore_ack(sio_err err, const cJSON *args, void *user)
{
	(void)err;
	(void)args;
	(void)user;
}

START_TEST(an_answer_can_be_sent_on)
{
	static const char *const answers[][2] = {
		{ "[]", "42[\"answer\"]" },
		{ "[ ]", "42[\"answer\"]" },
		{ "[1e2, 1.0 ,\"]\"]", "42[\"answer\",1e2, 1.0 ,\"]\"]" },
		{ " [ {\"a\":1,\"a\":2} ] \n", "42[\"answer\",{\"a\":1,\"a\":2}]" },
		{ "", "42[\"answer\"]" },
	};
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	const sio_delivery how = { .on_ack = ignore_ack, .on_answer = relay_answer };
	char text[64];
	for (int i = 0; i < 5; i++) {
		sio_emit_with(socket_of(p, "/"), &how, "q", sio_json("[]"));
		end_turn(s);
		forget_mail(p);
		snprintf(text, sizeof text, "43%d%s", i, answers[i][0]);
		send_and_hear(p, text, answers[i][1]);
	}
	sio_emit_with(socket_of(p, "/"), &how, "q", sio_json("[]"));
	end_turn(s);
	forget_mail(p);
	receive(p, "461-5[{\"_placeholder\":true,\"num\":0}]");
	receive_binary(p, "\x07", 1);
	HEARD(p, "451-[\"answer\",{\"_placeholder\":true,\"num\":0}] <07>");
	lab_close(s);
}
END_TEST

/* ---- Who listens to what is sent ---- */

static void note_tap(sio_socket *k, const sio_event *ev, void *user)
{
	note(user, "out:%s%s", ev->name, text_of(ev->args));
	if (!strcmp(ev->name, "copy"))
		return;
	ck_assert_int_eq(sio_relay(sio_namespace(k), NULL, "copy", ev), SIO_OK);
}

START_TEST(who_listens_sees_the_arguments)
{
	sio_server *s = lab_new();
	sio_on_raw(sio_of(s, "/"), "e", relay, NULL);
	peer *p = connect_client(s);
	sio_on_any_outgoing(sio_of(s, "/"), note_tap, s);
	send_and_hear(p, "42[\"e\",1e2,\"x\"]", "42[\"e\",1e2,\"x\"] 42[\"copy\",1e2,\"x\"]");
	NOTED(s, "text out:e[100,\"x\"] out:copy[100,\"x\"]");
	sio_broadcast(sio_of(s, "/"), NULL, "b", sio_json("[1, {a: 2}]"));
	end_turn(s);
	HEARD(p, "42[\"b\",1,{\"a\":2}] 42[\"copy\",1,{\"a\":2}]");
	NOTED(s, "out:b[1,{\"a\":2}] out:copy[1,{\"a\":2}]");
	lab_close(s);
}
END_TEST

/* ---- Memory ---- */

static void count_args(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	*(int *)user += cJSON_GetArraySize(ev->args);
}

static void relay_quietly(sio_socket *k, const sio_event *ev, void *user)
{
	sio_relay(sio_namespace(k), user, NULL, ev);
}

START_TEST(without_memory_nothing_or_all_of_it_goes_out)
{
	size_t n = 0;
	bool failed;
	do {
		sio_server *s = lab_new_with(&(sio_options){ .recovery_ms = 1000 });
		const sio_delivery how = { .policy = SIO_CONFLATE, .key = "k" };
		sio_on_raw(sio_of(s, "/"), "e", relay_quietly, (void *)(uintptr_t)&how);
		int seen = 0;
		sio_on_any_outgoing(sio_of(s, "/"), count_args, &seen);
		guest g = guest_come(s, "/");
		GUEST_HEARD(&g, "40");
		failing_malloc_after(n++);
		receive(g.peer, "42[\"e\",1e2]");
		failed = failing_malloc_off();
		const char *text = guest_heard(&g);
		ck_assert(!*text || !strcmp(text, "42[\"e\",1e2]"));
		ck_assert(failed || (*text && seen == 1));
		lab_close(s);
	} while (failed);
}
END_TEST

UNIT_MAIN("relay", text_goes_out_as_it_came, so_it_does_where_others_look_at_a_tree,
	so_it_does_out_of_middleware, an_event_that_waited_in_middleware_is_whole,
	what_is_no_json_is_refused_though_nobody_parses_it, an_event_goes_on_under_another_name,
	a_bad_relay_is_refused, relay_takes_what_broadcast_takes,
	with_recovery_on_the_offset_comes_last, an_answer_can_be_sent_on,
	who_listens_sees_the_arguments, without_memory_nothing_or_all_of_it_goes_out)
