/* SPDX-License-Identifier: MIT */
/* Handlers of any event, taps on what is sent, and taking handlers off. */
#include "../support/lab.h"
#include "../support/unit.h"

#define LABEL(text) ((void *)(uintptr_t)(text))

static sio_ns *root(sio_server *s)
{
	return sio_of(s, "/");
}

static void note_too(sio_socket *k, const sio_event *ev, void *user)
{
	note_event(k, ev, user);
}

/* ---- Handlers of any event ---- */

START_TEST(handlers_of_any_event_run_before_those_of_its_name)
{
	sio_server *s = lab_new();
	sio_on(root(s), "a", note_event, LABEL("a:"));
	sio_on_any(root(s), note_event, LABEL("2:"));
	sio_prepend_any(root(s), note_event, LABEL("1:"));
	sio_on_any(root(s), note_event, LABEL("3:"));
	peer *p = connect_client(s);
	sio_socket *k = socket_of(p, "/");
	sio_socket_on(k, "a", note_event, LABEL("own a:"));
	sio_socket_on_any(k, note_event, LABEL("own 2:"));
	sio_socket_prepend_any(k, note_event, LABEL("own 1:"));
	receive(p, "42[\"a\",7]");
	NOTED(s, "1:a[7] 2:a[7] 3:a[7] own 1:a[7] own 2:a[7] a:a[7] own a:a[7]");
	receive(p, "42[\"b\"]");
	NOTED(s, "1:b[] 2:b[] 3:b[] own 1:b[] own 2:b[]");
	lab_close(s);
}
END_TEST

START_TEST(the_only_handler_of_any_event_is_called)
{
	for (int way = 0; way < 4; way++) {
		sio_server *s = lab_new();
		if (way == 0)
			sio_on_any(root(s), note_event, NULL);
		else if (way == 1)
			sio_prepend_any(root(s), note_event, NULL);
		peer *p = connect_client(s);
		if (way == 2)
			sio_socket_on_any(socket_of(p, "/"), note_event, NULL);
		else if (way == 3)
			sio_socket_prepend_any(socket_of(p, "/"), note_event, NULL);
		receive(p, "42[\"a\",7]");
		NOTED(s, "a[7]");
		lab_close(s);
	}
}
END_TEST

START_TEST(handlers_of_any_event_can_be_taken_off)
{
	sio_server *s = lab_new();
	sio_on_any(root(s), note_event, LABEL("1:"));
	sio_on_any(root(s), note_too, LABEL("2:"));
	sio_on_any(root(s), note_event, LABEL("3:"));
	peer *p = connect_client(s);
	sio_socket *k = socket_of(p, "/");
	sio_socket_off_any(k, note_event);
	sio_socket_on_any(k, note_event, LABEL("own:"));
	sio_off_any(root(s), note_event);
	receive(p, "42[\"a\"]");
	NOTED(s, "2:a[] own:a[]");
	sio_off_any(root(s), NULL);
	sio_socket_off_any(k, NULL);
	receive(p, "42[\"a\"]");
	NOTED(s, "");
	lab_close(s);
}
END_TEST

static void drop_all(sio_socket *k, const sio_event *ev, void *user)
{
	note_event(k, ev, user);
	sio_off_any(sio_namespace(k), NULL);
	sio_socket_off_any(k, NULL);
	sio_off(sio_namespace(k), ev->name, NULL);
}

START_TEST(a_handler_of_any_event_can_remove_itself_and_all_others)
{
	sio_server *s = lab_new();
	sio_on_any(root(s), drop_all, LABEL("1:"));
	sio_on_any(root(s), note_event, LABEL("2:"));
	sio_on(root(s), "a", note_event, LABEL("a:"));
	peer *p = connect_client(s);
	sio_socket_on_any(socket_of(p, "/"), note_event, LABEL("own:"));
	receive(p, "42[\"a\"]");
	NOTED(s, "1:a[]");
	receive(p, "42[\"a\"]");
	NOTED(s, "");
	lab_close(s);
}
END_TEST

static void add_around(sio_socket *k, const sio_event *ev, void *user)
{
	note_event(k, ev, user);
	sio_prepend_any(sio_namespace(k), note_event, LABEL("before:"));
	sio_on_any(sio_namespace(k), note_event, LABEL("after:"));
	sio_off_any(sio_namespace(k), add_around);
}

START_TEST(handlers_that_are_added_around_one_wait_for_the_next_event)
{
	sio_server *s = lab_new();
	sio_on_any(root(s), add_around, NULL);
	peer *p = connect_client(s);
	receive(p, "42[\"a\"]");
	NOTED(s, "a[]");
	receive(p, "42[\"a\"]");
	NOTED(s, "before:a[] after:a[]");
	lab_close(s);
}
END_TEST

static void kick(sio_socket *k, const sio_event *ev, void *user)
{
	note_event(k, ev, user);
	sio_disconnect(k, true);
}

START_TEST(a_handler_of_any_event_may_disconnect)
{
	sio_server *s = lab_new();
	sio_on_any(root(s), kick, LABEL("kick:"));
	sio_on_disconnect(root(s), note_left, NULL);
	peer *p = connect_client(s);
	receive(p, "42[\"a\"]");
	NOTED(s, "kick:a[] left:/:server namespace disconnect");
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

/* ---- Taking handlers off ---- */

START_TEST(a_handler_of_a_namespace_can_be_taken_off)
{
	sio_server *s = lab_new();
	sio_on(root(s), "a", note_event, LABEL("1:"));
	sio_on(root(s), "a", note_too, LABEL("2:"));
	sio_on(root(s), "b", note_event, LABEL("b:"));
	peer *p = connect_client(s);
	sio_off(root(s), "a", note_event);
	sio_off(root(s), "never heard of", note_event);
	receive(p, "42[\"a\"]");
	receive(p, "42[\"b\"]");
	NOTED(s, "2:a[] b:b[]");
	sio_on(root(s), "a", note_event, LABEL("3:"));
	sio_off(root(s), "a", NULL);
	receive(p, "42[\"a\"]");
	NOTED(s, "");
	lab_close(s);
}
END_TEST

/* No event named: of them all. */
START_TEST(a_handler_can_be_taken_off_all_events)
{
	sio_server *s = lab_new();
	sio_on(root(s), "a", note_event, LABEL("1:"));
	sio_on(root(s), "a", note_too, LABEL("2:"));
	sio_on(root(s), "b", note_event, LABEL("b:"));
	peer *p = connect_client(s);
	sio_socket *k = socket_of(p, "/");
	sio_socket_on(k, "c", note_event, LABEL("own:"));
	sio_off(root(s), NULL, note_event);
	receive(p, "42[\"a\"]");
	receive(p, "42[\"b\"]");
	receive(p, "42[\"c\"]");
	NOTED(s, "2:a[] own:c[]");
	sio_off(root(s), NULL, NULL);
	sio_socket_off(k, "c", NULL);
	receive(p, "42[\"a\"]");
	receive(p, "42[\"c\"]");
	NOTED(s, "");
	lab_close(s);
}
END_TEST

static void remove_itself(sio_socket *k, const sio_event *ev, void *user)
{
	note_event(k, ev, user);
	sio_off(sio_namespace(k), ev->name, remove_itself);
}

START_TEST(a_handler_of_a_namespace_can_remove_itself)
{
	sio_server *s = lab_new();
	sio_on(root(s), "a", note_event, LABEL("1:"));
	sio_on(root(s), "a", remove_itself, LABEL("2:"));
	sio_on(root(s), "a", note_event, LABEL("3:"));
	peer *p = connect_client(s);
	receive(p, "42[\"a\"]");
	receive(p, "42[\"a\"]");
	NOTED(s, "1:a[] 2:a[] 3:a[] 1:a[] 3:a[]");
	lab_close(s);
}
END_TEST

START_TEST(a_handler_that_is_taken_off_and_hung_up_again_runs_once)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	hold_turns(s);
	for (int i = 0; i < 3; i++) {
		sio_on(root(s), "a", note_event, NULL);
		sio_off(root(s), "a", note_event);
	}
	sio_on(root(s), "a", note_event, NULL);
	receive(p, "42[\"a\"]");
	end_turn(s);
	NOTED(s, "a[]");
	lab_close(s);
}
END_TEST

START_TEST(once_can_be_taken_off)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_socket *k = socket_of(p, "/");
	sio_socket_once(k, "a", note_event, LABEL("1:"));
	sio_socket_off(k, "a", note_event);
	receive(p, "42[\"a\"]");
	sio_socket_once(k, "a", note_event, LABEL("2:"));
	receive(p, "42[\"a\"]");
	receive(p, "42[\"a\"]");
	NOTED(s, "2:a[]");
	lab_close(s);
}
END_TEST

/* ---- Taps on what is sent ---- */

START_TEST(taps_see_each_event_once_for_each_socket)
{
	sio_server *s = lab_new();
	sio_on_any_outgoing(root(s), note_event, LABEL("2>"));
	sio_prepend_any_outgoing(root(s), note_event, LABEL("1>"));
	peer *p = connect_client(s);
	peer *q = connect_client(s);
	sio_socket *k = socket_of(p, "/");
	sio_socket_on_any_outgoing(k, note_event, LABEL("own 2>"));
	sio_socket_prepend_any_outgoing(k, note_event, LABEL("own 1>"));
	sio_emit(k, "a", sio_json("[1]"));
	NOTED(s, "1>a[1] 2>a[1] own 1>a[1] own 2>a[1]");
	sio_broadcast(root(s), NULL, "b", sio_json("[]"));
	NOTED(s, "1>b[] 2>b[] own 1>b[] own 2>b[] 1>b[] 2>b[]");
	end_turn(s);
	HEARD(p, "42[\"a\",1] 42[\"b\"]");
	HEARD(q, "42[\"b\"]");
	lab_close(s);
}
END_TEST

START_TEST(taps_can_be_taken_off)
{
	sio_server *s = lab_new();
	sio_on_any_outgoing(root(s), note_event, LABEL("1>"));
	sio_on_any_outgoing(root(s), note_too, LABEL("2>"));
	peer *p = connect_client(s);
	sio_socket *k = socket_of(p, "/");
	sio_socket_off_any_outgoing(k, NULL);
	sio_socket_on_any_outgoing(k, note_event, LABEL("own>"));
	sio_off_any_outgoing(root(s), note_event);
	sio_emit(k, "a", sio_json("[]"));
	NOTED(s, "2>a[] own>a[]");
	sio_socket_off_any_outgoing(k, note_event);
	sio_off_any_outgoing(root(s), NULL);
	sio_emit(k, "a", sio_json("[]"));
	NOTED(s, "");
	lab_close(s);
}
END_TEST

START_TEST(taps_see_nothing_that_is_not_sent)
{
	sio_server *s = lab_new();
	sio_on_any_outgoing(root(s), note_event, NULL);
	sio_on(root(s), "q", echo_event, NULL);
	peer *p = connect_client(s);
	sio_socket *k = socket_of(p, "/");
	sio_broadcast(root(s), &(sio_delivery){ .to = SIO_ROOMS("nobody") }, "a", sio_json("[]"));
	ck_assert_int_eq(sio_emit(k, "connect", sio_json("[]")), SIO_EINVAL);
	ck_assert_int_eq(sio_emit(k, "a", NULL), SIO_ENOMEM);
	p->slow = true;
	sio_emit_with(k, &(sio_delivery){ .flags = SIO_VOLATILE }, "a", sio_json("[]"));
	p->slow = false;
	receive(p, "421[\"q\"]");
	sio_disconnect(k, false);
	ck_assert_int_eq(sio_emit(k, "a", sio_json("[]")), SIO_EGONE);
	end_turn(s);
	NOTED(s, "");
	HEARD(p, "431[] 41");
	lab_close(s);
}
END_TEST

static void look_at_binary(sio_socket *k, const sio_event *ev, void *user)
{
	sio_bytes b = sio_binary_of(ev, ev->args->child);
	note(user, "%s:%.*s:%zu:%d", ev->name, (int)b.len, (const char *)b.data, ev->nbinary,
		sio_connected(k));
}

START_TEST(taps_see_attachments)
{
	sio_server *s = lab_new();
	static const sio_bytes part = { "bytes", 5 };
	sio_on_any_outgoing(root(s), look_at_binary, s);
	peer *p = connect_client(s);
	sio_delivery how = { .binary = &part, .nbinary = 1 };
	sio_emit_with(socket_of(p, "/"), &how, "a", sio_json("[%p]", (void *)sio_binary(0)));
	sio_broadcast(root(s), &how, "b", sio_json("[%p]", (void *)sio_binary(0)));
	NOTED(s, "a:bytes:1:1 b:bytes:1:1");
	lab_close(s);
}
END_TEST

static void echo_tap(sio_socket *k, const sio_event *ev, void *user)
{
	note_event(k, ev, user);
	if (ev->name[0] == 'a')
		sio_broadcast(sio_namespace(k), NULL, "tapped", sio_json("[%s]", ev->name));
}

START_TEST(a_tap_may_send)
{
	sio_server *s = lab_new();
	sio_on_any_outgoing(root(s), echo_tap, LABEL(">"));
	peer *p = connect_client(s);
	sio_emit(socket_of(p, "/"), "a", sio_json("[]"));
	end_turn(s);
	NOTED(s, ">a[] >tapped[\"a\"]");
	HEARD(p, "42[\"a\"] 42[\"tapped\",\"a\"]");
	lab_close(s);
}
END_TEST

static void leave_and_join(sio_socket *k, const sio_event *ev, void *user)
{
	note_event(k, ev, user);
	sio_leave(k, "red");
	sio_join(k, "blue");
	sio_off_any_outgoing(sio_namespace(k), leave_and_join);
}

START_TEST(a_tap_may_join_and_leave_and_remove_itself)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s), *q = connect_client(s);
	sio_on_any_outgoing(root(s), leave_and_join, LABEL(">"));
	sio_on_any_outgoing(root(s), note_event, LABEL(">>"));
	sio_join(socket_of(p, "/"), "red");
	sio_join(socket_of(q, "/"), "red");
	sio_broadcast(root(s), &(sio_delivery){ .to = SIO_ROOMS("red") }, "a", sio_json("[]"));
	end_turn(s);
	HEARD(p, "42[\"a\"]");
	HEARD(q, "42[\"a\"]");
	NOTED(s, ">a[] >>a[] >>a[]");
	ck_assert(sio_in_room(socket_of(p, "/"), "blue"));
	ck_assert(sio_in_room(socket_of(q, "/"), "red"));
	lab_close(s);
}
END_TEST

static void kick_all(sio_socket *k, const sio_event *ev, void *user)
{
	peer *const *peers = user;
	(void)k;
	(void)ev;
	for (size_t i = 0; i < 2; i++)
		if (socket_of(peers[i], "/"))
			sio_disconnect(socket_of(peers[i], "/"), true);
}

START_TEST(a_tap_may_disconnect_everybody)
{
	sio_server *s = lab_new();
	peer *both[] = { connect_client(s), connect_client(s) };
	sio_on_disconnect(root(s), note_left, NULL);
	sio_on_any_outgoing(root(s), kick_all, both);
	sio_broadcast(root(s), NULL, "a", sio_json("[]"));
	NOTED(s, "");
	end_turn(s);
	NOTED(s, "left:/:server namespace disconnect left:/:server namespace disconnect");
	HEARD(both[0], "42[\"a\"] 41");
	HEARD(both[1], "42[\"a\"] 41");
	lab_close(s);
}
END_TEST

START_TEST(a_question_is_seen_by_taps_and_its_answer_is_not)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_on_any_outgoing(root(s), note_event, LABEL(">"));
	sio_delivery how = { .on_ack = note_ack, .user = s };
	sio_emit_with(socket_of(p, "/"), &how, "q", sio_json("[1]"));
	NOTED(s, ">q[1]");
	end_turn(s);
	receive(p, "430[2]");
	NOTED(s, "ack:SIO_OK[2]");
	lab_close(s);
}
END_TEST

/* ---- Disconnecting ---- */

static void note_rooms_left(const char *name, void *user)
{
	note(user, "%s", strlen(name) == ID_LEN ? "*" : name);
}

static void note_rooms(sio_socket *k, const char *reason, void *user)
{
	sio_server *s = sio_ns_server(sio_namespace(k));
	note(s, "%s%s:%d%d", (const char *)user, reason, sio_connected(k), sio_in_room(k, "red"));
	sio_rooms(k, note_rooms_left, s);
}

/* socket.io.md 88 */
START_TEST(rooms_can_be_looked_at_while_a_socket_is_disconnecting)
{
	sio_server *s = lab_new();
	sio_on_disconnect(root(s), note_rooms, LABEL("off:"));
	sio_on_disconnecting(root(s), note_rooms, LABEL("ing:"));
	peer *p = connect_client(s);
	sio_join(socket_of(p, "/"), "red");
	receive(p, "41");
	NOTED(s, "ing:client namespace disconnect:01 * red off:client namespace disconnect:00");
	lab_close(s);
}
END_TEST

static void say_goodbye(sio_socket *k, const char *reason, void *user)
{
	(void)user;
	sio_broadcast(sio_namespace(k), &(sio_delivery){ .to = SIO_ROOMS("red") }, "bye",
		sio_json("[%s]", reason));
	ck_assert_int_eq(sio_emit(k, "a", sio_json("[]")), SIO_EGONE);
	ck_assert_int_eq(sio_join(k, "blue"), SIO_EGONE);
	ck_assert_int_eq(sio_leave(k, "red"), SIO_EGONE);
	ck_assert_int_eq(sio_socket_on_any(k, note_event, NULL), SIO_EGONE);
	sio_disconnect(k, true);
}

START_TEST(the_rooms_can_be_told_while_a_socket_is_disconnecting)
{
	sio_server *s = lab_new();
	sio_on_disconnecting(root(s), say_goodbye, NULL);
	peer *p = connect_client(s), *q = connect_client(s);
	sio_join(socket_of(p, "/"), "red");
	sio_join(socket_of(q, "/"), "red");
	hang_up(p);
	HEARD(q, "42[\"bye\",\"transport close\"]");
	lab_close(s);
}
END_TEST

static void refuse_entry(sio_socket *k, sio_entry entry, void *user)
{
	(void)k;
	(void)user;
	sio_refuse(entry, "no", NULL);
}

/* socket.io.md 87: who never was in is not told of. */
START_TEST(who_was_refused_is_not_disconnecting)
{
	sio_server *s = lab_new();
	sio_use(root(s), refuse_entry, NULL);
	sio_on_disconnecting(root(s), note_rooms, LABEL("ing:"));
	peer *p = open_client(s);
	ck_assert_ptr_null(enter(p, "/"));
	hang_up(p);
	NOTED(s, "");
	lab_close(s);
}
END_TEST

UNIT_MAIN("handlers_any", handlers_of_any_event_run_before_those_of_its_name,
	the_only_handler_of_any_event_is_called, handlers_of_any_event_can_be_taken_off,
	a_handler_of_any_event_can_remove_itself_and_all_others,
	handlers_that_are_added_around_one_wait_for_the_next_event,
	a_handler_of_any_event_may_disconnect, a_handler_of_a_namespace_can_be_taken_off,
	a_handler_can_be_taken_off_all_events, a_handler_of_a_namespace_can_remove_itself,
	a_handler_that_is_taken_off_and_hung_up_again_runs_once, once_can_be_taken_off,
	taps_see_each_event_once_for_each_socket, taps_can_be_taken_off,
	taps_see_nothing_that_is_not_sent, taps_see_attachments, a_tap_may_send,
	a_tap_may_join_and_leave_and_remove_itself, a_tap_may_disconnect_everybody,
	a_question_is_seen_by_taps_and_its_answer_is_not,
	rooms_can_be_looked_at_while_a_socket_is_disconnecting,
	the_rooms_can_be_told_while_a_socket_is_disconnecting, who_was_refused_is_not_disconnecting)
