/* SPDX-License-Identifier: MIT */
/* Parents: what hangs on them, how they speak to their children, and how children end. */
#include "../support/parents.h"
#include "../support/unit.h"

/* ---- Handlers ---- */

static void use_event(sio_socket *k, const sio_event *ev, sio_entry entry, void *user)
{
	(void)k;
	note(entry.server, "%suse:%s", (const char *)user, ev->name);
	sio_admit(entry);
}

static void use(sio_socket *k, sio_entry entry, void *user)
{
	(void)k;
	note(entry.server, "%suse", (const char *)user);
	sio_admit(entry);
}

static void note_leaving(sio_socket *k, const char *reason, void *user)
{
	(void)reason;
	note(sio_ns_server(sio_namespace(k)), "%sleaving", (const char *)user);
}

static void hang_all(sio_ns *ns, const char *label)
{
	void *user = LABEL(label);
	sio_use(ns, use, user);
	sio_on_connect(ns, note_connect, user);
	sio_on_disconnecting(ns, note_leaving, user);
	sio_on_disconnect(ns, note_left, user);
	sio_use_event(ns, use_event, user);
	sio_on(ns, "a", note_event, user);
}

/* The child is given its own handlers before the client enters. */
static void furnish(sio_ns *ns, void *user)
{
	(void)user;
	hang_all(ns, "c:");
}

START_TEST(the_parents_handlers_come_before_the_namespaces_and_the_sockets)
{
	sio_server *s = lab_new();
	sio_ns *parent = sio_of_pattern(s, "^/x$");
	sio_on_namespace(s, furnish, NULL);
	hang_all(parent, "p:");
	peer *p = connect_client(s);
	sio_socket *k = enter(p, "/x");
	sio_socket_on(k, "a", note_event, LABEL("s:"));
	sio_socket_on_any(k, note_event, LABEL("sany:"));
	sio_on_any(sio_namespace(k), note_event, LABEL("cany:"));
	sio_on_any(parent, note_event, LABEL("pany:"));
	sio_socket_use_event(k, use_event, LABEL("s:"));
	NOTED(s, "p:use c:use p:connect:/x c:connect:/x");
	receive(p, "42/x,[\"a\"]");
	NOTED(s, "p:use:a c:use:a s:use:a pany:a[] cany:a[] sany:a[] p:a[] c:a[] s:a[]");
	receive(p, "41/x,");
	NOTED(s, "p:leaving c:leaving p:left:/x:client namespace disconnect "
		 "c:left:/x:client namespace disconnect");
	lab_close(s);
}
END_TEST

/* ---- Speaking to all children ---- */

static void note_socket(sio_socket *k, void *user)
{
	(void)user;
	note(sio_ns_server(sio_namespace(k)), "%s", sio_ns_name(sio_namespace(k)));
}

START_TEST(a_broadcast_with_the_parent_reaches_all_its_children)
{
	sio_server *s = lab_new();
	sio_ns *parent = sio_of_pattern(s, "^/[xyz]$");
	sio_of_pattern(s, "^/other$");
	peer *p = connect_client(s), *q = connect_client(s);
	sio_join(enter(p, "/x"), "red");
	enter(p, "/y");
	enter(p, "/other");
	sio_join(enter(q, "/z"), "red");
	sio_broadcast(parent, NULL, "a", sio_json("[1]"));
	sio_broadcast(parent, &(sio_delivery){ .to = SIO_ROOMS("red") }, "b", sio_json("[]"));
	sio_broadcast(parent, &(sio_delivery){ .except = SIO_ROOMS("red") }, "c", sio_json("[]"));
	end_turn(s);
	HEARD(p, "42/x,[\"a\",1] 42/y,[\"a\",1] 42/x,[\"b\"] 42/y,[\"c\"]");
	HEARD(q, "42/z,[\"a\",1] 42/z,[\"b\"]");
	ck_assert_uint_eq(sio_each(parent, NULL, note_socket, NULL), 3);
	NOTED(s, "/x /y /z");
	ck_assert_uint_eq(
		sio_each(parent, &(sio_delivery){ .to = SIO_ROOMS("red") }, note_socket, NULL), 2);
	NOTED(s, "/x /z");
	lab_close(s);
}
END_TEST

START_TEST(a_parent_without_children_speaks_to_nobody)
{
	sio_server *s = lab_new();
	sio_ns *parent = sio_of_pattern(s, "^/x$");
	ck_assert_int_eq(sio_broadcast(parent, NULL, "a", sio_json("[]")), SIO_OK);
	ck_assert_int_eq(sio_broadcast(parent, NULL, "a", NULL), SIO_ENOMEM);
	ck_assert_int_eq(sio_broadcast(parent, NULL, "connect", sio_json("[]")), SIO_EINVAL);
	ck_assert_uint_eq(sio_each(parent, NULL, note_socket, NULL), 0);
	ck_assert_ptr_null(sio_find(parent, "nobody"));
	lab_close(s);
}
END_TEST

START_TEST(a_parent_cannot_ask_for_answers)
{
	sio_server *s = lab_new();
	sio_ns *parent = sio_of_pattern(s, "^/x$");
	peer *p = connect_client(s);
	enter(p, "/x");
	sio_delivery how = { .on_ack = note_ack, .user = s };
	ck_assert_int_eq(sio_broadcast(parent, &how, "a", sio_json("[]")), SIO_EINVAL);
	end_turn(s);
	HEARD(p, "");
	NOTED(s, "");
	lab_close(s);
}
END_TEST

START_TEST(a_parent_finds_the_sockets_of_its_children)
{
	sio_server *s = lab_new();
	sio_ns *parent = sio_of_pattern(s, "^/[xy]$");
	peer *p = connect_client(s);
	enter(p, "/x");
	sio_socket *k = enter(p, "/y");
	ck_assert_ptr_eq(sio_find(parent, sio_id(k)), k);
	ck_assert_ptr_null(sio_find(parent, sio_id(socket_of(p, "/"))));
	lab_close(s);
}
END_TEST

/* ---- The end of a child ---- */

START_TEST(a_child_ends_with_its_last_client)
{
	sio_server *s = room_server();
	sio_of_pattern(s, "^/x$");
	peer *p = connect_client(s), *q = connect_client(s);
	enter(p, "/x");
	enter(q, "/x");
	receive(p, "41/x,");
	ck_assert_uint_eq(namespaces(s), 2);
	hang_up(q);
	ck_assert_uint_eq(namespaces(s), 1);
	enter(p, "/x");
	NOTED(s, "new:/x new:/x");
	lab_close(s);
}
END_TEST

START_TEST(a_child_stays_unless_that_is_wanted)
{
	sio_server *s = lab_new();
	sio_of_pattern(s, "^/x$");
	peer *p = connect_client(s);
	enter(p, "/x");
	receive(p, "41/x,");
	ck_assert_uint_eq(namespaces(s), 2);
	lab_close(s);
}
END_TEST

/* The application makes it itself, and hears of it as of any other. */
START_TEST(sio_of_makes_a_child_if_a_pattern_matches)
{
	sio_server *s = room_server();
	sio_ns *before = sio_of(s, "/room-0");
	sio_of_match(s, admit, NULL);
	sio_ns *parent = sio_of_pattern(s, "^/room-[0-9]$");
	sio_of_pattern(s, "^/room");
	sio_ns *child = sio_of(s, "/room-1");
	ck_assert_ptr_eq(sio_ns_parent(child), parent);
	ck_assert_ptr_null(sio_ns_parent(before));
	ck_assert_ptr_null(sio_ns_parent(sio_of(s, "/other")));
	peer *p = connect_client(s);
	enter(p, "/room-1");
	sio_broadcast(parent, NULL, "a", sio_json("[]"));
	end_turn(s);
	HEARD(p, "42/room-1,[\"a\"]");
	receive(p, "41/room-1,");
	ck_assert_ptr_eq(sio_of(s, "/room-1"), child);
	NOTED(s, "new:/room-0 new:/room-1 new:/other");
	lab_close(s);
}
END_TEST

START_TEST(a_child_that_the_application_holds_stays)
{
	sio_server *s = room_server();
	sio_ns *parent = sio_of_pattern(s, "^/x$");
	peer *p = connect_client(s);
	sio_ns *child = sio_namespace(enter(p, "/x"));
	ck_assert_ptr_eq(sio_of(s, "/x"), child);
	receive(p, "41/x,");
	ck_assert_uint_eq(namespaces(s), 2);
	ck_assert_ptr_eq(sio_ns_parent(child), parent);
	lab_close(s);
}
END_TEST

static void refuse_entry(sio_socket *k, sio_entry entry, void *user)
{
	(void)k;
	(void)user;
	sio_refuse(entry, "no", NULL);
}

START_TEST(a_child_that_lets_nobody_in_ends)
{
	sio_server *s = room_server();
	sio_use(sio_of_pattern(s, "^/x$"), refuse_entry, NULL);
	peer *p = connect_client(s);
	receive(p, "40/x,");
	HEARD(p, "44/x,{\"message\":\"no\"}");
	NOTED(s, "new:/x");
	ck_assert_uint_eq(namespaces(s), 1);
	lab_close(s);
}
END_TEST

static void ask_and_change(sio_socket *k, const char *reason, void *user)
{
	sio_ns *ns = sio_namespace(k);
	(void)reason;
	sio_delivery how = { .on_ack = note_ack, .user = user, .timeout_ms = 50 };
	ck_assert_int_eq(sio_broadcast(ns, &how, "q", sio_json("[]")), SIO_OK);
}

static void note_room(
	sio_ns *ns, sio_room_change what, const char *name, const char *id, void *user)
{
	static const char *const verbs[] = { "create", "delete", "join", "leave" };
	(void)user;
	bool own = strlen(name) == ID_LEN;
	note(sio_ns_server(ns), "%s:%s:%s%s", sio_ns_name(ns), verbs[what], own ? "*" : name,
		*id ? "+" : "");
}

START_TEST(what_a_child_still_has_to_tell_is_told_before_its_end)
{
	sio_server *s = room_server();
	sio_ns *parent = sio_of_pattern(s, "^/x$");
	sio_on_room(parent, note_room, NULL);
	sio_on_disconnect(parent, ask_and_change, s);
	peer *p = connect_client(s);
	sio_socket *k = enter(p, "/x");
	sio_join(k, "red");
	end_turn(s);
	NOTED(s, "new:/x /x:create:* /x:join:*+ /x:create:red /x:join:red+");
	sio_delivery how = { .on_ack = note_ack, .user = s, .timeout_ms = 100 };
	sio_broadcast(sio_namespace(k), &how, "a", sio_json("[]"));
	hang_up(p);
	NOTED(s, "ack:SIO_ETIMEDOUT[] ack:SIO_OK[] /x:leave:*+ /x:delete:* /x:leave:red+ "
		 "/x:delete:red");
	ck_assert_uint_eq(namespaces(s), 1);
	wait_ms(s, 200);
	NOTED(s, "");
	lab_close(s);
}
END_TEST

START_TEST(who_comes_in_the_turn_in_which_a_child_empties_finds_it)
{
	sio_server *s = room_server();
	sio_of_pattern(s, "^/x$");
	peer *p = connect_client(s);
	enter(p, "/x");
	hold_turns(s);
	receive(p, "41/x,");
	receive(p, "40/x,");
	end_turn(s);
	ck_assert_ptr_nonnull(socket_of(p, "/x"));
	NOTED(s, "new:/x");
	receive(p, "42/x,[\"a\"]");
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 38: also where the namespace itself is gone. */
START_TEST(late_packets_for_a_child_that_has_ended_are_ignored)
{
	sio_server *s = room_server();
	sio_of_pattern(s, "^/x$");
	peer *p = connect_client(s);
	enter(p, "/x");
	receive(p, "41/x,");
	ck_assert_uint_eq(namespaces(s), 1);
	receive(p, "42/x,[\"late\"]");
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 117: the query is not part of the name, and is the auth. */
START_TEST(old_clients_may_ask_parents_too)
{
	sio_server *s = room_server();
	sio_of_match(s, admit, NULL);
	peer *p = open_old_client(s);
	receive(p, "40/x?a=1,");
	HEARD(p, "40 40/x,");
	NOTED(s, "/x{\"a\":\"1\"} new:/x");
	lab_close(s);
}
END_TEST

START_TEST(the_sockets_of_all_children_are_counted)
{
	sio_server *s = room_server();
	sio_ns *parent = sio_of_pattern(s, "^/room-[0-9]+$");
	peer *p = open_client(s);
	enter(p, "/room-1");
	enter(p, "/room-2");
	sio_join(socket_of(p, "/room-2"), "a");
	ck_assert_uint_eq(sio_count(parent, NULL), 2);
	ck_assert_uint_eq(sio_count(parent, &(sio_delivery){ .to = SIO_ROOMS("a") }), 1);
	lab_close(s);
}
END_TEST

UNIT_MAIN("parents_children", sio_of_makes_a_child_if_a_pattern_matches,
	the_parents_handlers_come_before_the_namespaces_and_the_sockets,
	a_broadcast_with_the_parent_reaches_all_its_children,
	a_parent_without_children_speaks_to_nobody, a_parent_cannot_ask_for_answers,
	a_parent_finds_the_sockets_of_its_children, a_child_ends_with_its_last_client,
	a_child_stays_unless_that_is_wanted, a_child_that_the_application_holds_stays,
	a_child_that_lets_nobody_in_ends, what_a_child_still_has_to_tell_is_told_before_its_end,
	who_comes_in_the_turn_in_which_a_child_empties_finds_it,
	late_packets_for_a_child_that_has_ended_are_ignored, old_clients_may_ask_parents_too,
	the_sockets_of_all_children_are_counted)
