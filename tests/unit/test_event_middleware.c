/* SPDX-License-Identifier: MIT */
/* Middleware of incoming events: what passes, what is refused, what waits. */
#include "../support/lab.h"
#include "../support/unit.h"
#include <stdio.h>

#define LABEL(text) ((void *)(uintptr_t)(text))

static sio_entry waiting[8];
static size_t nwaiting;

static sio_server *server_of(const sio_socket *k)
{
	return sio_ns_server(sio_namespace(k));
}

static void pass(sio_socket *k, const sio_event *ev, sio_entry entry, void *user)
{
	note(server_of(k), "%s%s", (const char *)user, ev->name);
	sio_admit(entry);
}

static void keep(sio_socket *k, const sio_event *ev, sio_entry entry, void *user)
{
	note(server_of(k), "%s%s", user ? (const char *)user : "", ev->name);
	waiting[nwaiting++] = entry;
}

static void refuse(sio_socket *k, const sio_event *ev, sio_entry entry, void *user)
{
	(void)k;
	(void)ev;
	(void)user;
	sio_refuse(entry, "no way", sio_json("{code: 7}"));
}

static void note_error(sio_socket *k, const char *message, const cJSON *data, void *user)
{
	note(server_of(k), "%serror:%s%s", user ? (const char *)user : "", message, text_of(data));
}

/* A server whose "/" notes the event "a", with a client in it. */
static sio_server *lab_with(peer **p)
{
	sio_server *s = lab_new();
	nwaiting = 0;
	sio_on(sio_of(s, "/"), "a", note_event, NULL);
	sio_on_error(sio_of(s, "/"), note_error, NULL);
	*p = connect_client(s);
	return s;
}

static sio_ns *root(sio_server *s)
{
	return sio_of(s, "/");
}

/* ---- In order ---- */

START_TEST(an_event_passes_all_middleware_in_order)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), pass, LABEL("1:"));
	sio_use_event(root(s), pass, LABEL("2:"));
	sio_socket_use_event(socket_of(p, "/"), pass, LABEL("own:"));
	receive(p, "42[\"a\",1]");
	NOTED(s, "1:a 2:a own:a a[1]");
	lab_close(s);
}
END_TEST

START_TEST(middleware_of_one_socket_sees_no_others_events)
{
	peer *p;
	sio_server *s = lab_with(&p);
	peer *q = connect_client(s);
	sio_socket_use_event(socket_of(p, "/"), pass, LABEL("own:"));
	receive(q, "42[\"a\",1]");
	NOTED(s, "a[1]");
	lab_close(s);
}
END_TEST

START_TEST(middleware_sees_events_that_nobody_handles)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), pass, LABEL("1:"));
	receive(p, "42[\"unheard\",{\"x\":1}]");
	receive(p, "42[5,1]");
	NOTED(s, "1:unheard 1:5");
	lab_close(s);
}
END_TEST

static void look(sio_socket *k, const sio_event *ev, sio_entry entry, void *user)
{
	sio_bytes b = sio_binary_of(ev, ev->args->child);
	(void)user;
	note(server_of(k), "%s%s{%.*s}%.*s", ev->name, text_of(ev->args), (int)ev->json.len,
		(const char *)ev->json.data, (int)b.len, b.data ? (const char *)b.data : "");
	sio_admit(entry);
}

static void look_late(sio_socket *k, const sio_event *ev, void *user)
{
	sio_bytes b = sio_binary_of(ev, ev->args->child);
	(void)user;
	note(server_of(k), "%s%s{%.*s}%.*s", ev->name, text_of(ev->args), (int)ev->json.len,
		(const char *)ev->json.data, (int)b.len, b.data ? (const char *)b.data : "");
}

/* The copy of an event that waits is all of it. */
START_TEST(an_event_that_waits_keeps_its_arguments_and_attachments)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), look, NULL);
	sio_use_event(root(s), keep, NULL);
	sio_on(root(s), "b\xc3\xa4", look_late, NULL);
	receive(p, "452-[\"b\\u00e4\",{\"_placeholder\":true,\"num\":1}, 2 ]");
	receive_binary(p, "first", 5);
	receive_binary(p, "second", 6);
	NOTED(s, "b\xc3\xa4[{\"_placeholder\":true,\"num\":1},2]"
		 "{{\"_placeholder\":true,\"num\":1}, 2}second b\xc3\xa4");
	receive(p, "42[\"unheard\",\"something else, and longer\"]");
	sio_admit(waiting[0]);
	journal(s);
	end_turn(s);
	NOTED(s, "b\xc3\xa4[{\"_placeholder\":true,\"num\":1},2]"
		 "{{\"_placeholder\":true,\"num\":1}, 2}second");
	lab_close(s);
}
END_TEST

START_TEST(an_empty_attachment_waits_too)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), keep, NULL);
	receive(p, "451-[\"a\",{\"_placeholder\":true,\"num\":0}]");
	receive_binary(p, "", 0);
	sio_admit(waiting[0]);
	end_turn(s);
	NOTED(s, "a a[{\"_placeholder\":true,\"num\":0}]");
	lab_close(s);
}
END_TEST

/* ---- Refusals ---- */

START_TEST(a_refused_event_is_told_to_who_listens_for_errors)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), refuse, NULL);
	sio_use_event(root(s), pass, LABEL("2:"));
	sio_on_any(root(s), note_event, NULL);
	receive(p, "42[\"a\",1]");
	NOTED(s, "error:no way{\"code\":7}");
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

START_TEST(a_refusal_may_come_later_and_say_nothing)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), keep, NULL);
	receive(p, "42[\"a\",1]");
	ck_assert_int_eq(sio_refuse(waiting[0], NULL, NULL), SIO_OK);
	NOTED(s, "a");
	end_turn(s);
	NOTED(s, "error:");
	lab_close(s);
}
END_TEST

static void note_and_reply(sio_socket *k, const sio_event *ev, void *user)
{
	note_event(k, ev, user);
	sio_reply(ev->ack, sio_json("[]"));
}

/* socket.io.md 71: nobody answers. */
START_TEST(a_refused_event_gets_no_ack_and_counts_no_more)
{
	sio_server *s = lab_new_with(&(sio_options){ .max_unanswered = 2 });
	peer *p = connect_client(s);
	sio_use_event(root(s), refuse, NULL);
	sio_on(root(s), "a", note_and_reply, NULL);
	for (int i = 0; i < 100; i++)
		receive(p, "421[\"a\"]");
	ck_assert(!p->closed);
	HEARD(p, "");
	ck_assert_uint_eq(socket_of(p, "/")->unanswered, 0);
	ck_assert_uint_eq(socket_of(p, "/")->client->unanswered, 0);
	lab_close(s);
}
END_TEST

START_TEST(events_that_wait_count_as_unanswered)
{
	sio_server *s = lab_new_with(&(sio_options){ .max_unanswered = 2 });
	nwaiting = 0;
	peer *p = connect_client(s);
	sio_use_event(root(s), keep, NULL);
	receive(p, "421[\"a\"]");
	receive(p, "422[\"a\"]");
	ck_assert(!p->closed);
	receive(p, "423[\"a\"]");
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

static void answer_and_refuse(sio_socket *k, const sio_event *ev, sio_entry entry, void *user)
{
	(void)k;
	(void)user;
	sio_reply(ev->ack, sio_json("['denied']"));
	sio_refuse(entry, "no", NULL);
}

START_TEST(middleware_may_answer_itself)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), answer_and_refuse, NULL);
	receive(p, "427[\"a\"]");
	HEARD(p, "437[\"denied\"]");
	NOTED(s, "error:no");
	ck_assert_uint_eq(socket_of(p, "/")->unanswered, 0);
	lab_close(s);
}
END_TEST

START_TEST(an_event_that_was_admitted_later_can_be_answered)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), keep, NULL);
	sio_on(root(s), "q", echo_event, NULL);
	receive(p, "427[\"q\",1]");
	sio_admit(waiting[0]);
	end_turn(s);
	HEARD(p, "437[1]");
	lab_close(s);
}
END_TEST

/* ---- Events that wait ---- */

START_TEST(events_do_not_wait_for_each_other)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), keep, NULL);
	receive(p, "42[\"a\",1]");
	receive(p, "42[\"a\",2]");
	sio_admit(waiting[1]);
	end_turn(s);
	sio_admit(waiting[0]);
	end_turn(s);
	NOTED(s, "a a a[2] a[1]");
	lab_close(s);
}
END_TEST

START_TEST(a_second_answer_is_too_late)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), keep, NULL);
	receive(p, "42[\"a\",1]");
	receive(p, "42[\"a\",2]");
	ck_assert_int_eq(sio_admit(waiting[0]), SIO_OK);
	ck_assert_int_eq(sio_refuse(waiting[0], "no", sio_json("[]")), SIO_EGONE);
	ck_assert_int_eq(sio_refuse(waiting[1], "no", sio_json("[]")), SIO_OK);
	ck_assert_int_eq(sio_admit(waiting[1]), SIO_EGONE);
	journal(s);
	end_turn(s);
	NOTED(s, "a[1] error:no[]");
	ck_assert_int_eq(sio_admit(waiting[0]), SIO_EGONE);
	lab_close(s);
}
END_TEST

START_TEST(what_was_asked_later_is_asked_of_the_next)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), keep, LABEL("1:"));
	sio_use_event(root(s), keep, LABEL("2:"));
	sio_use_event(root(s), pass, LABEL("3:"));
	receive(p, "42[\"a\",1]");
	NOTED(s, "1:a");
	sio_admit(waiting[0]);
	end_turn(s);
	NOTED(s, "2:a");
	sio_admit(waiting[1]);
	end_turn(s);
	NOTED(s, "3:a a[1]");
	lab_close(s);
}
END_TEST

/* socket.io.md 56 */
START_TEST(events_that_wait_end_with_their_socket)
{
	static const char *const how[] = { "41", "49", "hang up", "disconnect" };
	for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
		peer *p;
		sio_server *s = lab_with(&p);
		sio_use_event(root(s), keep, NULL);
		receive(p, "421[\"a\",1]");
		receive(p, "422[\"a\",2]");
		sio_admit(waiting[1]);
		hold_turns(s);
		if (i < 2)
			receive(p, how[i]);
		else if (i == 2)
			hang_up(p);
		else
			sio_disconnect(socket_of(p, "/"), false);
		ck_assert_int_eq(sio_admit(waiting[0]), SIO_EGONE);
		end_turn(s);
		NOTED(s, "a a");
		lab_close(s);
	}
}
END_TEST

START_TEST(the_server_ends_while_events_wait)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), keep, NULL);
	receive(p, "451-1[\"a\",{\"_placeholder\":true,\"num\":0}]");
	receive_binary(p, "x", 1);
	lab_shut(s);
	ck_assert_int_eq(sio_admit(waiting[0]), SIO_EGONE);
	lab_free(s);
}
END_TEST

/* ---- What middleware may do ---- */

static void leave(sio_socket *k, const sio_event *ev, sio_entry entry, void *user)
{
	const char *when = user;
	(void)ev;
	if (*when == 'a')
		ck_assert_int_eq(sio_admit(entry), SIO_OK);
	if (*when == 'r')
		ck_assert_int_eq(sio_refuse(entry, "no", NULL), SIO_OK);
	sio_disconnect(k, when[1] == '!');
	ck_assert_int_eq(sio_admit(entry), SIO_EGONE);
}

START_TEST(middleware_may_disconnect_its_socket)
{
	static const char *const when[] = { "a", "r", "-", "a!", "r!", "-!" };
	for (size_t i = 0; i < sizeof when / sizeof *when; i++) {
		peer *p;
		sio_server *s = lab_with(&p);
		sio_on_disconnect(root(s), note_left, NULL);
		sio_use_event(root(s), leave, LABEL(when[i]));
		sio_use_event(root(s), pass, LABEL("2:"));
		receive(p, "421[\"a\",1]");
		NOTED(s, "left:/:server namespace disconnect");
		lab_close(s);
	}
}
END_TEST

static void add_more(sio_socket *k, const sio_event *ev, sio_entry entry, void *user)
{
	(void)user;
	note(server_of(k), "add:%s", ev->name);
	sio_use_event(sio_namespace(k), pass, LABEL("new:"));
	sio_socket_use_event(k, pass, LABEL("own:"));
	sio_admit(entry);
}

START_TEST(middleware_that_is_added_counts_from_the_next_event_on)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), add_more, NULL);
	receive(p, "42[\"a\",1]");
	NOTED(s, "add:a a[1]");
	receive(p, "42[\"a\",2]");
	NOTED(s, "add:a new:a own:a a[2]");
	lab_close(s);
}
END_TEST

START_TEST(handlers_that_come_while_an_event_waits_hear_it)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), keep, NULL);
	receive(p, "42[\"b\",1]");
	sio_socket_on(socket_of(p, "/"), "b", note_event, LABEL("late:"));
	sio_admit(waiting[0]);
	end_turn(s);
	NOTED(s, "b late:b[1]");
	lab_close(s);
}
END_TEST

START_TEST(once_is_once_also_for_events_that_waited_together)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), keep, NULL);
	sio_socket_once(socket_of(p, "/"), "b", note_event, NULL);
	receive(p, "42[\"b\",1]");
	receive(p, "42[\"b\",2]");
	sio_admit(waiting[0]);
	sio_admit(waiting[1]);
	end_turn(s);
	NOTED(s, "b b b[1]");
	lab_close(s);
}
END_TEST

static void disconnect_on_error(sio_socket *k, const char *message, const cJSON *data, void *user)
{
	note_error(k, message, data, user);
	sio_disconnect(k, true);
}

START_TEST(who_hears_of_an_error_may_disconnect)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), refuse, NULL);
	sio_on_error(root(s), disconnect_on_error, LABEL("2:"));
	sio_on_error(root(s), note_error, LABEL("3:"));
	receive(p, "42[\"a\"]");
	NOTED(s, "error:no way{\"code\":7} 2:error:no way{\"code\":7} 3:error:no way{\"code\":7}");
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

static void disconnect_on_any(sio_socket *k, const sio_event *ev, void *user)
{
	(void)ev;
	(void)user;
	sio_disconnect(k, true);
}

START_TEST(a_handler_may_disconnect_while_other_events_wait)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), keep, NULL);
	sio_on(root(s), "kick", disconnect_on_any, NULL);
	receive(p, "421[\"a\"]");
	receive(p, "422[\"kick\"]");
	sio_admit(waiting[1]);
	sio_admit(waiting[0]);
	end_turn(s);
	NOTED(s, "a kick");
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

static void chain(sio_socket *k, const sio_event *ev, sio_entry entry, void *user)
{
	(void)k;
	(void)ev;
	(void)user;
	ck_assert_int_eq(sio_admit(waiting[0]), SIO_OK);
	waiting[0] = entry;
}

/* An answer may come from inside the middleware of another event. */
START_TEST(middleware_may_answer_for_another_event)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_socket *k = socket_of(p, "/");
	sio_socket_use_event(k, keep, NULL);
	receive(p, "42[\"a\",1]");
	peer *q = connect_client(s);
	sio_socket_use_event(socket_of(q, "/"), chain, NULL);
	receive(q, "42[\"a\",2]");
	NOTED(s, "a a[1]");
	sio_admit(waiting[0]);
	end_turn(s);
	NOTED(s, "a[2]");
	lab_close(s);
}
END_TEST

/* An entry of one kind is none of another. */
START_TEST(an_ack_is_no_entry)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_use_event(root(s), keep, NULL);
	receive(p, "421[\"a\"]");
	sio_ack wrong = { s, waiting[0].ticket };
	ck_assert_int_eq(sio_reply(wrong, sio_json("[]")), SIO_EGONE);
	ck_assert_int_eq(sio_admit((sio_entry){ s, 0 }), SIO_EGONE);
	ck_assert_int_eq(sio_admit((sio_entry){ NULL, 1 }), SIO_EGONE);
	ck_assert_int_eq(sio_admit(waiting[0]), SIO_OK);
	end_turn(s);
	NOTED(s, "a a[]");
	lab_close(s);
}
END_TEST

START_TEST(functions_must_be_there)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_socket *k = socket_of(p, "/");
	ck_assert_int_eq(sio_use_event(root(s), NULL, NULL), SIO_EINVAL);
	ck_assert_int_eq(sio_socket_use_event(k, NULL, NULL), SIO_EINVAL);
	ck_assert_int_eq(sio_on_error(root(s), NULL, NULL), SIO_EINVAL);
	receive(p, "42[\"a\"]");
	NOTED(s, "a[]");
	lab_close(s);
}
END_TEST

UNIT_MAIN("event_middleware", an_event_passes_all_middleware_in_order,
	middleware_of_one_socket_sees_no_others_events, middleware_sees_events_that_nobody_handles,
	an_event_that_waits_keeps_its_arguments_and_attachments, an_empty_attachment_waits_too,
	a_refused_event_is_told_to_who_listens_for_errors, a_refusal_may_come_later_and_say_nothing,
	a_refused_event_gets_no_ack_and_counts_no_more, events_that_wait_count_as_unanswered,
	middleware_may_answer_itself, an_event_that_was_admitted_later_can_be_answered,
	events_do_not_wait_for_each_other, a_second_answer_is_too_late,
	what_was_asked_later_is_asked_of_the_next, events_that_wait_end_with_their_socket,
	the_server_ends_while_events_wait, middleware_may_disconnect_its_socket,
	middleware_that_is_added_counts_from_the_next_event_on,
	handlers_that_come_while_an_event_waits_hear_it,
	once_is_once_also_for_events_that_waited_together, who_hears_of_an_error_may_disconnect,
	a_handler_may_disconnect_while_other_events_wait, middleware_may_answer_for_another_event,
	an_ack_is_no_entry, functions_must_be_there)
