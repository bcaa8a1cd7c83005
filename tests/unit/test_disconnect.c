/* SPDX-License-Identifier: MIT */
/* Ends: of sockets, of connections, of the server; by either side, with the right reason, once. */
#include "../support/lab.h"
#include "../support/unit.h"

static sio_server *two_namespaces(peer **p)
{
	sio_server *s = lab_new();
	sio_on_disconnect(sio_of(s, "/"), note_left, NULL);
	sio_on_disconnect(sio_of(s, "/chat"), note_left, NULL);
	*p = connect_client(s);
	enter(*p, "/chat");
	return s;
}

/* socket.io.md 80: nothing is sent back, the rest stays. */
START_TEST(a_client_may_leave_one_namespace)
{
	peer *p;
	sio_server *s = two_namespaces(&p);
	receive(p, "41/chat,");
	NOTED(s, "left:/chat:client namespace disconnect");
	HEARD(p, "");
	ck_assert(!p->closed && sio_connected(socket_of(p, "/")));
	receive(p, "41");
	NOTED(s, "left:/:client namespace disconnect");
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 82: the client is told; the connection stays, even if no namespace is left. */
START_TEST(the_server_may_end_one_socket)
{
	peer *p;
	sio_server *s = two_namespaces(&p);
	sio_disconnect(socket_of(p, "/chat"), false);
	sio_disconnect(socket_of(p, "/"), false);
	NOTED(s, "");
	end_turn(s);
	HEARD(p, "41/chat, 41");
	NOTED(s, "left:/chat:server namespace disconnect left:/:server namespace disconnect");
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 83: a DISCONNECT for every namespace, then the end. */
START_TEST(the_server_may_end_a_connection)
{
	peer *p;
	sio_server *s = two_namespaces(&p);
	sio_emit(socket_of(p, "/chat"), "bye", sio_json("[]"));
	sio_disconnect(socket_of(p, "/chat"), true);
	NOTED(s, "");
	end_turn(s);
	HEARD(p, "42/chat,[\"bye\"] 41 41/chat,");
	ck_assert(p->closed);
	NOTED(s, "left:/:server namespace disconnect left:/chat:server namespace disconnect");
	lab_close(s);
}
END_TEST

/* socket.io.md 83: what waits is delivered before the end. */
START_TEST(a_slow_client_gets_its_goodbye_before_the_end)
{
	peer *p;
	sio_server *s = two_namespaces(&p);
	p->slow = true;
	sio_disconnect(socket_of(p, "/"), true);
	end_turn(s);
	ck_assert(!p->closed);
	journal(s);
	receive(p, "42[\"a\"]");
	receive(p, "40");
	p->slow = false;
	end_turn(s);
	HEARD(p, "41 41/chat,");
	ck_assert(p->closed);
	NOTED(s, "");
	lab_close(s);
}
END_TEST

/* socket.io.md 84: each socket gets the reason of the session. */
START_TEST(the_end_of_the_connection_is_the_end_of_its_sockets)
{
	peer *p;
	sio_server *s = two_namespaces(&p);
	hang_up(p);
	NOTED(s, "left:/:transport close left:/chat:transport close");
	lab_close(s);
	s = two_namespaces(&p);
	receive(p, "x");
	NOTED(s, "left:/:parse error left:/chat:parse error");
	lab_close(s);
	s = two_namespaces(&p);
	receive(p, "2");
	NOTED(s, "left:/:transport error left:/chat:transport error");
	lab_close(s);
}
END_TEST

/* socket.io.md 84: a client that does not answer pings. */
START_TEST(a_silent_client_has_timed_out)
{
	sio_server *s =
		lab_new_with(&(sio_options){ .ping_interval_ms = 100, .ping_timeout_ms = 50 });
	sio_on_disconnect(sio_of(s, "/"), note_left, NULL);
	peer *p = connect_client(s);
	wait_ms(s, 100);
	HEARD(p, "2");
	wait_ms(s, 50);
	NOTED(s, "left:/:ping timeout");
	lab_close(s);
}
END_TEST

/* socket.io.md 86: no DISCONNECT, and a reason of its own. */
START_TEST(a_server_that_closes_ends_every_socket)
{
	peer *p;
	sio_server *s = two_namespaces(&p);
	lab_shut(s);
	NOTED(s, "left:/:server shutting down left:/chat:server shutting down");
	HEARD(p, "");
	ck_assert(p->closed);
	lab_free(s);
}
END_TEST

static void leave_at_once(sio_socket *k, void *user)
{
	note_connect(k, user);
	sio_disconnect(k, false);
	sio_disconnect(k, false);
}

/* socket.io.md 87: once for each socket whose connect handler ran. */
START_TEST(disconnect_handlers_run_once)
{
	sio_server *s = lab_new();
	sio_on_connect(sio_of(s, "/"), leave_at_once, NULL);
	sio_on_disconnect(sio_of(s, "/"), note_left, (void *)(uintptr_t) "1");
	sio_on_disconnect(sio_of(s, "/"), note_left, (void *)(uintptr_t) "2");
	peer *p = open_client(s);
	receive(p, "40");
	hang_up(p);
	NOTED(s, "connect:/ 1left:/:server namespace disconnect "
		 "2left:/:server namespace disconnect");
	HEARD(p, "40{\"sid\":\"*\"} 41");
	lab_close(s);
}
END_TEST

static void look_around(sio_socket *k, const char *reason, void *user)
{
	sio_ns *ns = sio_namespace(k);
	(void)reason;
	ck_assert(!sio_connected(k));
	ck_assert_ptr_null(sio_find(ns, sio_id(k)));
	ck_assert(!sio_in_room(k, "r") && !sio_in_room(k, sio_id(k)));
	ck_assert_int_eq(sio_emit(k, "a", sio_json("[]")), SIO_EGONE);
	ck_assert_int_eq(sio_join(k, "r"), SIO_EGONE);
	ck_assert_int_eq(sio_socket_on(k, "a", note_event, NULL), SIO_EGONE);
	ck_assert_str_eq(sio_address(k), "10.1.2.3");
	ck_assert_ptr_eq(sio_data(k), user);
	sio_broadcast(ns, NULL, "gone", sio_json("[]"));
	sio_disconnect(k, false);
	sio_disconnect(k, true);
	note(sio_ns_server(ns), "looked");
}

static void free_noted(void *data)
{
	note(data, "freed");
}

/* socket.io.md 88: it is in no room, cannot be found or sent to, and is still known. */
START_TEST(a_disconnect_handler_sees_a_socket_that_has_left)
{
	sio_server *s = lab_new();
	sio_on_disconnect(sio_of(s, "/"), look_around, s);
	peer *p = connect_client(s), *q = connect_client(s);
	sio_socket *k = socket_of(p, "/");
	sio_set_data(k, s, free_noted);
	sio_set_data(socket_of(q, "/"), s, NULL);
	sio_join(k, "r");
	ck_assert_ptr_eq(sio_find(sio_of(s, "/"), sio_id(k)), k);
	receive(p, "41");
	NOTED(s, "looked freed");
	HEARD(q, "42[\"gone\"]");
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

START_TEST(sio_find_looks_in_one_namespace)
{
	peer *p;
	sio_server *s = two_namespaces(&p);
	sio_socket *k = socket_of(p, "/");
	ck_assert_ptr_eq(sio_find(sio_of(s, "/"), sio_id(k)), k);
	ck_assert_ptr_null(sio_find(sio_of(s, "/chat"), sio_id(k)));
	ck_assert_ptr_null(sio_find(sio_of(s, "/"), "nobody"));
	ck_assert_ptr_null(sio_find(sio_of(s, "/"), NULL));
	sio_disconnect(k, false);
	ck_assert_ptr_null(sio_find(sio_of(s, "/"), sio_id(k)));
	lab_close(s);
}
END_TEST

/* Data are freed once: when they are replaced, or after the disconnect handlers. */
START_TEST(data_are_freed_once)
{
	peer *p;
	sio_server *s = two_namespaces(&p);
	sio_socket *k = socket_of(p, "/");
	sio_set_data(k, s, free_noted);
	sio_set_data(k, s, free_noted);
	NOTED(s, "");
	sio_set_data(k, p, NULL);
	NOTED(s, "freed");
	sio_set_data(k, s, free_noted);
	NOTED(s, "");
	sio_set_data(socket_of(p, "/chat"), s, free_noted);
	hang_up(p);
	NOTED(s, "left:/:transport close freed left:/chat:transport close freed");
	lab_close(s);
}
END_TEST

static void cut(sio_socket *k, void *user)
{
	(void)user;
	sio_disconnect(k, true);
}

static void cut_all(sio_socket *k, const char *reason, void *user)
{
	note_left(k, reason, user);
	sio_each(sio_namespace(k), NULL, cut, NULL);
}

/* A disconnect handler may end others; theirs run after it. */
START_TEST(a_disconnect_handler_may_end_others)
{
	sio_server *s = lab_new();
	sio_on_disconnect(sio_of(s, "/"), cut_all, NULL);
	peer *p = connect_client(s), *q = connect_client(s), *r = connect_client(s);
	hang_up(p);
	NOTED(s, "left:/:transport close left:/:server namespace disconnect "
		 "left:/:server namespace disconnect");
	ck_assert(q->closed && r->closed);
	lab_close(s);
}
END_TEST

/* socket.io.md 85: what comes behind a misplaced packet in the same turn is not looked at. */
START_TEST(nothing_is_read_behind_the_end)
{
	peer *p;
	sio_server *s = two_namespaces(&p);
	sio_on_any(sio_of(s, "/"), note_event, NULL);
	hold_turns(s);
	receive(p, "40");
	receive(p, "42[\"a\"]");
	receive_binary(p, "x", 1);
	end_turn(s);
	NOTED(s, "left:/:forced close left:/chat:forced close");
	lab_close(s);
}
END_TEST

UNIT_MAIN("disconnect", a_client_may_leave_one_namespace, the_server_may_end_one_socket,
	the_server_may_end_a_connection, a_slow_client_gets_its_goodbye_before_the_end,
	the_end_of_the_connection_is_the_end_of_its_sockets, a_silent_client_has_timed_out,
	a_server_that_closes_ends_every_socket, disconnect_handlers_run_once,
	a_disconnect_handler_sees_a_socket_that_has_left, sio_find_looks_in_one_namespace,
	data_are_freed_once, a_disconnect_handler_may_end_others, nothing_is_read_behind_the_end)
