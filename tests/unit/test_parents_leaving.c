/* SPDX-License-Identifier: MIT */
/* Parents: a client that is on its way out while it asks for a namespace. */
#include "../support/parents.h"
#include "../support/unit.h"

/* ---- Who ends the client while it asks ---- */

static sio_socket *victim;

static void end_client(const char *name, const cJSON *auth, const sio_handshake *request,
	sio_entry entry, void *user)
{
	(void)name;
	(void)auth;
	(void)request;
	if (user)
		sio_admit(entry);
	sio_disconnect(victim, true);
	ck_assert_int_eq(sio_admit(entry), SIO_EGONE);
}

START_TEST(a_function_may_end_the_client_that_asks)
{
	for (int admits = 0; admits < 2; admits++) {
		sio_server *s = room_server();
		sio_of_match(s, end_client, admits ? LABEL("yes") : NULL);
		sio_of_match(s, admit, NULL);
		peer *p = connect_client(s);
		victim = socket_of(p, "/");
		receive(p, "40/x,");
		ck_assert(p->closed);
		NOTED(s, "");
		ck_assert_uint_eq(namespaces(s), 1);
		lab_close(s);
	}
}
END_TEST

static void end_victim(sio_ns *ns, void *user)
{
	(void)ns;
	(void)user;
	sio_disconnect(victim, true);
}

static void note_use(sio_socket *k, sio_entry entry, void *user)
{
	(void)k;
	(void)user;
	note(entry.server, "use");
	sio_admit(entry);
}

START_TEST(a_client_may_be_ended_by_who_hears_of_its_namespace)
{
	sio_server *s = room_server();
	sio_ns *parent = sio_of_match(s, admit, NULL);
	sio_on_namespace(s, end_victim, NULL);
	sio_use(parent, note_use, NULL);
	sio_on_connect(parent, note_connect, NULL);
	peer *p = connect_client(s);
	victim = socket_of(p, "/");
	receive(p, "40/x,{\"a\":1}");
	ck_assert(p->closed);
	NOTED(s, "/x{\"a\":1} new:/x");
	ck_assert_uint_eq(namespaces(s), 1);
	lab_close(s);
}
END_TEST

static void end_all(sio_socket *k, const sio_event *ev, void *user)
{
	(void)ev;
	(void)user;
	sio_disconnect(k, true);
}

/* Its goodbye waits for the next poll; it is a client no more. */
START_TEST(a_client_whose_connection_is_being_closed_enters_nothing)
{
	sio_server *s = room_server();
	sio_ns *parent = sio_of_match(s, keep, NULL);
	sio_on(sio_of(s, "/"), "end", end_all, NULL);
	sio_on_connect(parent, note_connect, NULL);
	peer *p = open_polling_client(s);
	enter(p, "/");
	receive(p, "40/x,");
	p->slow = true;
	receive(p, "42[\"end\"]");
	ck_assert(!p->closed);
	ck_assert_int_eq(sio_admit(waiting[0]), SIO_EGONE);
	end_turn(s);
	NOTED(s, "/x");
	lab_close(s);
}
END_TEST

START_TEST(a_client_that_is_rejected_enters_nothing)
{
	sio_server *s = room_server();
	sio_of_match(s, keep, NULL);
	peer *p = open_polling_client(s);
	enter(p, "/");
	receive(p, "40/x,");
	p->slow = true;
	sio_emit(socket_of(p, "/"), "a", sio_json("[]"));
	receive(p, "49");
	ck_assert(!p->closed);
	ck_assert_int_eq(sio_admit(waiting[0]), SIO_EGONE);
	end_turn(s);
	NOTED(s, "/x");
	lab_close(s);
}
END_TEST

START_TEST(a_client_that_was_sent_away_at_the_shutdown_enters_nothing)
{
	sio_server *s = room_server();
	sio_of_match(s, keep, NULL);
	peer *p = open_polling_client(s);
	enter(p, "/");
	receive(p, "40/x,");
	p->slow = true;
	sio_emit(socket_of(p, "/"), "a", sio_json("[]"));
	client_shut(p->session, true);
	ck_assert_int_eq(sio_admit(waiting[0]), SIO_EGONE);
	end_turn(s);
	NOTED(s, "/x");
	lab_close(s);
}
END_TEST

/* An old client enters "/" unasked, at the end of the turn that brought it. */
START_TEST(an_old_client_that_is_sent_away_at_once_enters_nothing)
{
	sio_server *s = room_server();
	sio_on_connect(sio_of(s, "/"), note_connect, NULL);
	sio_on_disconnect(sio_of(s, "/"), note_left, NULL);
	hold_turns(s);
	peer *p = open_old_client(s);
	p->slow = true;
	session_send(p->session, bytes_copy("4x", 2));
	client_shut(p->session, true);
	end_turn(s);
	NOTED(s, "");
	lab_close(s);
}
END_TEST

UNIT_MAIN("parents_leaving", a_function_may_end_the_client_that_asks,
	a_client_may_be_ended_by_who_hears_of_its_namespace,
	a_client_whose_connection_is_being_closed_enters_nothing,
	a_client_that_is_rejected_enters_nothing,
	a_client_that_was_sent_away_at_the_shutdown_enters_nothing,
	an_old_client_that_is_sent_away_at_once_enters_nothing)
