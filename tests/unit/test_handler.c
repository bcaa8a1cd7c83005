/* SPDX-License-Identifier: MIT */
/* Lists of handlers that change while they are called, through the events of a socket. */
#include "../support/lab.h"
#include "../support/unit.h"

static void add_one(sio_socket *k, const sio_event *ev, void *user)
{
	(void)ev;
	sio_socket_on(k, "a", note_event, user);
}

/* A handler that is added while an event is handled runs from the next one on. */
START_TEST(a_handler_added_by_a_handler_waits_for_the_next_event)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_socket_once(socket_of(p, "/"), "a", add_one, (void *)(uintptr_t) "new:");
	receive(p, "42[\"a\",1]");
	NOTED(s, "");
	receive(p, "42[\"a\",2]");
	NOTED(s, "new:a[2]");
	lab_close(s);
}
END_TEST

static void on_shared(sio_socket *k, const sio_event *ev, void *user)
{
	note_event(k, ev, user);
	sio_on(sio_namespace(k), "a", note_event, (void *)(uintptr_t) "later:");
}

START_TEST(a_handler_of_the_namespace_added_by_a_handler_waits_too)
{
	sio_server *s = lab_new();
	sio_on(sio_of(s, "/"), "a", on_shared, NULL);
	peer *p = connect_client(s);
	receive(p, "42[\"a\",1]");
	NOTED(s, "a[1]");
	receive(p, "42[\"a\",2]");
	NOTED(s, "a[2] later:a[2]");
	lab_close(s);
}
END_TEST

static void remove_all(sio_socket *k, const sio_event *ev, void *user)
{
	note_event(k, ev, user);
	sio_socket_off(k, "a", NULL);
}

START_TEST(a_handler_can_remove_itself_and_those_behind_it)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_socket *k = socket_of(p, "/");
	sio_socket_on(k, "a", note_event, (void *)(uintptr_t) "1:");
	sio_socket_on(k, "a", remove_all, (void *)(uintptr_t) "2:");
	sio_socket_on(k, "a", note_event, (void *)(uintptr_t) "3:");
	receive(p, "42[\"a\"]");
	NOTED(s, "1:a[] 2:a[]");
	receive(p, "42[\"a\"]");
	NOTED(s, "");
	lab_close(s);
}
END_TEST

static void replace_all(sio_socket *k, const sio_event *ev, void *user)
{
	remove_all(k, ev, user);
	sio_socket_on(k, "a", note_event, (void *)(uintptr_t) "new:");
}

START_TEST(a_handler_added_after_removing_all_stays)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_socket_on(socket_of(p, "/"), "a", replace_all, NULL);
	receive(p, "42[\"a\",1]");
	receive(p, "42[\"a\",2]");
	NOTED(s, "a[1] new:a[2]");
	lab_close(s);
}
END_TEST

/* Two events in one turn: what was removed in the first is not called in the second. */
START_TEST(a_removed_handler_is_not_called_later_in_the_turn)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_socket_on(socket_of(p, "/"), "a", remove_all, NULL);
	hold_turns(s);
	receive(p, "42[\"a\",1]");
	receive(p, "42[\"a\",2]");
	end_turn(s);
	NOTED(s, "a[1]");
	lab_close(s);
}
END_TEST

START_TEST(once_is_once_also_within_one_turn)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_socket_once(socket_of(p, "/"), "a", note_event, NULL);
	hold_turns(s);
	receive(p, "42[\"a\",1]");
	receive(p, "42[\"a\",2]");
	end_turn(s);
	receive(p, "42[\"a\",3]");
	NOTED(s, "a[1]");
	lab_close(s);
}
END_TEST

START_TEST(off_removes_the_handlers_with_that_function_only)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_socket *k = socket_of(p, "/");
	sio_socket_on(k, "a", note_event, (void *)(uintptr_t) "1:");
	sio_socket_on(k, "a", echo_event, NULL);
	sio_socket_on(k, "b", note_event, (void *)(uintptr_t) "b:");
	sio_socket_off(k, "a", note_event);
	sio_socket_off(k, "nobody", note_event);
	receive(p, "427[\"a\",1]");
	receive(p, "42[\"b\"]");
	HEARD(p, "437[1]");
	NOTED(s, "b:b[]");
	sio_socket_off(k, NULL, note_event);
	receive(p, "427[\"a\",1]");
	receive(p, "42[\"b\"]");
	HEARD(p, "437[1]");
	sio_socket_off(k, NULL, NULL);
	receive(p, "427[\"a\",1]");
	HEARD(p, "");
	NOTED(s, "");
	lab_close(s);
}
END_TEST

START_TEST(removing_twice_in_a_turn_is_removing_once)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_socket *k = socket_of(p, "/");
	sio_socket_on(k, "a", note_event, NULL);
	sio_socket_on(k, "a", echo_event, NULL);
	for (int i = 0; i < 3; i++) {
		sio_socket_off(k, "a", note_event);
		sio_socket_off(k, "a", NULL);
	}
	sio_socket_on(k, "a", note_event, (void *)(uintptr_t) "new:");
	end_turn(s);
	receive(p, "42[\"a\"]");
	NOTED(s, "new:a[]");
	lab_close(s);
}
END_TEST

/* Any, then the namespace's, then the socket's own; each in the order in which it was added. */
START_TEST(handlers_run_in_their_order)
{
	sio_server *s = lab_new();
	sio_ns *ns = sio_of(s, "/");
	peer *p = connect_client(s);
	sio_socket_on(socket_of(p, "/"), "a", note_event, (void *)(uintptr_t) "own:");
	sio_on(ns, "a", note_event, (void *)(uintptr_t) "1:");
	sio_on(ns, "a", note_event, (void *)(uintptr_t) "2:");
	sio_on_any(ns, note_event, (void *)(uintptr_t) "any:");
	receive(p, "42[\"a\"]");
	NOTED(s, "any:a[] 1:a[] 2:a[] own:a[]");
	receive(p, "42[\"b\"]");
	NOTED(s, "any:b[]");
	lab_close(s);
}
END_TEST

START_TEST(handlers_of_one_socket_are_not_those_of_another)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s), *q = connect_client(s);
	sio_socket_on(socket_of(p, "/"), "a", note_event, (void *)(uintptr_t) "p:");
	receive(q, "42[\"a\"]");
	NOTED(s, "");
	receive(p, "42[\"a\"]");
	NOTED(s, "p:a[]");
	lab_close(s);
}
END_TEST

/* socket.io.md 16: names that clients use for themselves are not handed out. */
START_TEST(reserved_and_missing_names_are_refused)
{
	sio_server *s = lab_new();
	sio_ns *ns = sio_of(s, "/");
	sio_socket *k = socket_of(connect_client(s), "/");
	ck_assert_int_eq(sio_on(ns, "disconnect", note_event, NULL), SIO_EINVAL);
	ck_assert_int_eq(sio_on(ns, "newListener", note_event, NULL), SIO_EINVAL);
	ck_assert_int_eq(sio_on(ns, NULL, note_event, NULL), SIO_EINVAL);
	ck_assert_int_eq(sio_on(ns, "a", NULL, NULL), SIO_EINVAL);
	ck_assert_int_eq(sio_on_any(ns, NULL, NULL), SIO_EINVAL);
	ck_assert_int_eq(sio_on_connect(ns, NULL, NULL), SIO_EINVAL);
	ck_assert_int_eq(sio_on_disconnect(ns, NULL, NULL), SIO_EINVAL);
	ck_assert_int_eq(sio_use(ns, NULL, NULL), SIO_EINVAL);
	ck_assert_int_eq(sio_socket_on(k, "connect", note_event, NULL), SIO_EINVAL);
	ck_assert_int_eq(sio_socket_once(k, "a", NULL, NULL), SIO_EINVAL);
	ck_assert_int_eq(sio_on(ns, "error", note_event, NULL), SIO_OK);
	lab_close(s);
}
END_TEST

static void leave_then_add(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_disconnect(k, false);
	note_event(k, ev, NULL);
	ck_assert_int_eq(sio_socket_on(k, "b", note_event, NULL), SIO_EGONE);
}

/* The handlers of an event that has begun all run, as in an EventEmitter. */
START_TEST(a_handler_that_disconnects_does_not_stop_the_others)
{
	sio_server *s = lab_new();
	sio_on_disconnect(sio_of(s, "/"), note_left, NULL);
	sio_on(sio_of(s, "/"), "a", leave_then_add, NULL);
	sio_on(sio_of(s, "/"), "a", note_event, (void *)(uintptr_t) "2:");
	peer *p = connect_client(s);
	receive(p, "42[\"a\"]");
	NOTED(s, "a[] 2:a[] left:/:server namespace disconnect");
	HEARD(p, "41");
	lab_close(s);
}
END_TEST

static void add_connect(sio_socket *k, void *user)
{
	note_connect(k, user);
	sio_on_connect(sio_namespace(k), note_connect, (void *)(uintptr_t) "later:");
}

static void add_left(sio_socket *k, const char *reason, void *user)
{
	note_left(k, reason, user);
	sio_on_disconnect(sio_namespace(k), note_left, (void *)(uintptr_t) "later:");
}

START_TEST(handlers_of_coming_and_going_may_add_more)
{
	sio_server *s = lab_new();
	sio_on_connect(sio_of(s, "/"), add_connect, NULL);
	sio_on_disconnect(sio_of(s, "/"), add_left, NULL);
	peer *p = connect_client(s);
	NOTED(s, "connect:/");
	receive(p, "41");
	NOTED(s, "left:/:client namespace disconnect");
	receive(p, "40");
	NOTED(s, "connect:/ later:connect:/");
	hang_up(p);
	NOTED(s, "left:/:transport close later:left:/:transport close");
	lab_close(s);
}
END_TEST

UNIT_MAIN("handler", removing_twice_in_a_turn_is_removing_once,
	a_handler_added_by_a_handler_waits_for_the_next_event,
	a_handler_of_the_namespace_added_by_a_handler_waits_too,
	a_handler_can_remove_itself_and_those_behind_it, a_handler_added_after_removing_all_stays,
	a_removed_handler_is_not_called_later_in_the_turn, once_is_once_also_within_one_turn,
	off_removes_the_handlers_with_that_function_only, handlers_run_in_their_order,
	handlers_of_one_socket_are_not_those_of_another, reserved_and_missing_names_are_refused,
	a_handler_that_disconnects_does_not_stop_the_others,
	handlers_of_coming_and_going_may_add_more)
