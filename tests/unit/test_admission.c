/* SPDX-License-Identifier: MIT */
/* Admission: the checks of a namespace, at once and later, and what becomes of their tickets. */
#include "../support/lab.h"
#include "../support/unit.h"

static sio_entry kept; /* each test has a process of its own */

static void admit(sio_socket *k, sio_entry entry, void *user)
{
	note(sio_ns_server(sio_namespace(k)), "%s", user ? (const char *)user : "admit");
	ck_assert_int_eq(sio_admit(entry), SIO_OK);
}

static void refuse(sio_socket *k, sio_entry entry, void *user)
{
	note(sio_ns_server(sio_namespace(k)), "refuse");
	ck_assert_int_eq(sio_refuse(entry, user, NULL), SIO_OK);
}

static void keep(sio_socket *k, sio_entry entry, void *user)
{
	(void)user;
	note(sio_ns_server(sio_namespace(k)), "keep");
	kept = entry;
}

static void free_noted(void *data)
{
	note(data, "freed");
}

static sio_server *guarded(sio_use_fn *fn)
{
	sio_server *s = lab_new();
	sio_ns *ns = sio_of(s, "/chat");
	if (fn)
		sio_use(ns, fn, NULL);
	sio_on_connect(ns, note_connect, NULL);
	sio_on_disconnect(ns, note_left, NULL);
	return s;
}

/* socket.io.md 42: in the order in which they were added; all admit, so it enters. */
START_TEST(checks_run_in_their_order)
{
	sio_server *s = guarded(NULL);
	sio_use(sio_of(s, "/chat"), admit, (void *)(uintptr_t) "1");
	sio_use(sio_of(s, "/chat"), admit, (void *)(uintptr_t) "2");
	peer *p = open_client(s);
	receive(p, "40/chat,");
	NOTED(s, "1 2 connect:/chat");
	HEARD(p, "40/chat,{\"sid\":\"*\"}");
	lab_close(s);
}
END_TEST

/* socket.io.md 32, 42: the first refusal ends them, and is told with its message. */
START_TEST(the_first_refusal_ends_the_checks)
{
	sio_server *s = guarded(NULL);
	sio_use(sio_of(s, "/chat"), refuse, (void *)(uintptr_t) "not \"you\"");
	sio_use(sio_of(s, "/chat"), admit, NULL);
	peer *p = open_client(s);
	receive(p, "40/chat,");
	NOTED(s, "refuse");
	HEARD(p, "44/chat,{\"message\":\"not \\\"you\\\"\"}");
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

static void refuse_with_data(sio_socket *k, sio_entry entry, void *user)
{
	(void)k;
	(void)user;
	sio_refuse(entry, "no", sio_json("{code: %d, more: [null]}", 7));
}

/* socket.io.md 32: data follow the message. */
START_TEST(a_refusal_may_carry_data)
{
	sio_server *s = guarded(refuse_with_data);
	peer *p = open_client(s);
	receive(p, "40/chat,");
	HEARD(p, "44/chat,{\"message\":\"no\",\"data\":{\"code\":7,\"more\":[null]}}");
	lab_close(s);
}
END_TEST

static void by_token(sio_socket *k, sio_entry entry, void *user)
{
	const cJSON *token = cJSON_GetObjectItemCaseSensitive(sio_auth(k), "token");
	(void)user;
	if (cJSON_IsString(token) && strcmp(token->valuestring, "good") == 0)
		sio_admit(entry);
	else
		sio_refuse(entry, "bad token", NULL);
}

/* socket.io.md 34: after a refusal the client may ask again. */
START_TEST(a_refused_client_may_ask_again)
{
	sio_server *s = guarded(by_token);
	peer *p = open_client(s);
	receive(p, "40/chat,{\"token\":\"bad\"}");
	receive(p, "40/chat,{\"token\":\"good\"}");
	HEARD(p, "44/chat,{\"message\":\"bad token\"} 40/chat,{\"sid\":\"*\"}");
	NOTED(s, "connect:/chat");
	lab_close(s);
}
END_TEST

/* socket.io.md 37: it was refused, so it is not in it. */
START_TEST(a_packet_after_a_refusal_closes_the_connection)
{
	sio_server *s = guarded(by_token);
	peer *p = open_client(s);
	receive(p, "40/chat,");
	receive(p, "42/chat,[\"a\"]");
	ck_assert(p->closed);
	NOTED(s, "");
	lab_close(s);
}
END_TEST

static void show_auth(sio_socket *k, void *user)
{
	(void)user;
	note(sio_ns_server(sio_namespace(k)), "auth%s", text_of(sio_auth(k)));
}

/* socket.io.md 30: the object of the CONNECT, or an empty one. */
START_TEST(auth_is_what_the_client_sent_or_empty)
{
	sio_server *s = lab_new();
	sio_on_connect(sio_of(s, "/"), show_auth, NULL);
	sio_on_connect(sio_of(s, "/chat"), show_auth, NULL);
	peer *p = open_client(s);
	receive(p, "40");
	receive(p, "40/chat,{\"token\":\"\\u0000\",\"n\":[1]}");
	ck_assert(cJSON_IsObject(sio_auth(socket_of(p, "/"))));
	NOTED(s, "auth{} auth{\"token\":\"\\u0000\",\"n\":[1]}");
	lab_close(s);
}
END_TEST

/* socket.io.md 14: auth that is no object is a parsing error. */
START_TEST(auth_that_is_no_object_closes_the_connection)
{
	static const char *const packets[] = { "40[]", "40\"x\"", "40null", "40{}x", "40{" };
	for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
		sio_server *s = lab_new();
		peer *p = open_client(s);
		receive(p, packets[i]);
		ck_assert_msg(p->closed, "%s", packets[i]);
		HEARD(p, "");
		lab_close(s);
	}
}
END_TEST

/* A check may admit when its call has long returned; the next check follows. */
START_TEST(a_late_admission_lets_in)
{
	sio_server *s = guarded(keep);
	sio_use(sio_of(s, "/chat"), admit, NULL);
	peer *p = open_client(s);
	receive(p, "40/chat,");
	HEARD(p, "");
	wait_ms(s, 1000);
	ck_assert_int_eq(sio_admit(kept), SIO_OK);
	NOTED(s, "keep"); /* never from inside the call */
	end_turn(s);
	NOTED(s, "admit connect:/chat");
	HEARD(p, "40/chat,{\"sid\":\"*\"}");
	lab_close(s);
}
END_TEST

START_TEST(a_late_refusal_is_told)
{
	sio_server *s = guarded(keep);
	peer *p = open_client(s);
	receive(p, "40/chat,");
	ck_assert_int_eq(sio_refuse(kept, NULL, sio_json("null")), SIO_OK);
	end_turn(s);
	HEARD(p, "44/chat,{\"message\":\"\",\"data\":null}");
	NOTED(s, "keep");
	lab_close(s);
}
END_TEST

/* A ticket is good for one use. */
START_TEST(a_ticket_is_good_once)
{
	sio_server *s = guarded(keep);
	peer *p = open_client(s);
	receive(p, "40/chat,");
	ck_assert_int_eq(sio_admit(kept), SIO_OK);
	ck_assert_int_eq(sio_admit(kept), SIO_EGONE);
	ck_assert_int_eq(sio_refuse(kept, "no", sio_json("[1]")), SIO_EGONE);
	end_turn(s);
	ck_assert_int_eq(sio_refuse(kept, "no", NULL), SIO_EGONE);
	HEARD(p, "40/chat,{\"sid\":\"*\"}");
	NOTED(s, "keep connect:/chat");
	ck_assert_int_eq(sio_admit((sio_entry){ NULL, 1 }), SIO_EGONE);
	ck_assert_int_eq(sio_admit((sio_entry){ s, 0 }), SIO_EGONE);
	lab_close(s);
}
END_TEST

/* socket.io.md 43: who leaves while it waits never becomes a socket. */
START_TEST(leaving_while_waiting_voids_the_ticket)
{
	sio_server *s = guarded(keep);
	peer *p = open_client(s);
	receive(p, "40/chat,");
	hang_up(p);
	ck_assert_int_eq(sio_admit(kept), SIO_EGONE);
	end_turn(s);
	NOTED(s, "keep");
	lab_close(s);
}
END_TEST

/* socket.io.md 43: also when it was admitted in the same turn. */
START_TEST(leaving_in_the_turn_of_the_admission_counts)
{
	sio_server *s = guarded(keep);
	peer *p = open_client(s);
	receive(p, "40/chat,");
	hold_turns(s);
	ck_assert_int_eq(sio_admit(kept), SIO_OK);
	hang_up(p);
	end_turn(s);
	NOTED(s, "keep");
	lab_close(s);
}
END_TEST

/* socket.io.md 37: an event while the admission waits. */
START_TEST(an_event_while_waiting_closes_the_connection)
{
	sio_server *s = guarded(keep);
	peer *p = open_client(s);
	receive(p, "40/chat,");
	receive(p, "42/chat,[\"a\"]");
	ck_assert(p->closed);
	ck_assert_int_eq(sio_admit(kept), SIO_EGONE);
	NOTED(s, "keep");
	lab_close(s);
}
END_TEST

/* socket.io.md 40: waiting for an admission is not entering. */
START_TEST(the_time_to_enter_runs_while_waiting)
{
	sio_server *s = guarded(keep);
	peer *p = open_client(s);
	receive(p, "40/chat,");
	p->slow = true;
	receive(p, "40/nope,");
	wait_ms(s, 45000);
	ck_assert_int_eq(sio_admit(kept), SIO_EGONE);
	p->slow = false;
	end_turn(s);
	ck_assert(p->closed);
	NOTED(s, "keep");
	lab_close(s);
}
END_TEST

/* socket.io.md 35: the answers come in the order of the decisions. */
START_TEST(requests_may_be_answered_in_another_order)
{
	sio_server *s = guarded(keep);
	peer *p = open_client(s);
	receive(p, "40/chat,");
	receive(p, "40");
	sio_admit(kept);
	end_turn(s);
	HEARD(p, "40{\"sid\":\"*\"} 40/chat,{\"sid\":\"*\"}");
	lab_close(s);
}
END_TEST

/* Asking again while the first question is open replaces that. */
START_TEST(asking_again_while_waiting_replaces_the_question)
{
	sio_server *s = guarded(keep);
	peer *p = open_client(s);
	receive(p, "40/chat,{\"n\":1}");
	sio_entry first = kept;
	receive(p, "40/chat,{\"n\":2}");
	ck_assert_int_eq(sio_admit(first), SIO_EGONE);
	ck_assert_int_eq(sio_admit(kept), SIO_OK);
	end_turn(s);
	HEARD(p, "40/chat,{\"sid\":\"*\"}");
	ck_assert_str_eq(text_of(sio_auth(socket_of(p, "/chat"))), "{\"n\":2}");
	NOTED(s, "keep keep connect:/chat");
	lab_close(s);
}
END_TEST

static void prepare(sio_socket *k, sio_entry entry, void *user)
{
	(void)user;
	ck_assert(!sio_connected(k));
	ck_assert_ptr_null(sio_find(sio_namespace(k), sio_id(k)));
	ck_assert_int_eq(sio_emit(k, "a", sio_json("[]")), SIO_EGONE);
	ck_assert_int_eq(sio_join(k, "room"), SIO_OK);
	sio_set_data(k, sio_ns_server(sio_namespace(k)), free_noted);
	sio_admit(entry);
}

/* Rooms and data from the checks are there when the socket is connected. */
START_TEST(a_check_can_prepare_the_socket)
{
	sio_server *s = guarded(prepare);
	peer *p = open_client(s);
	receive(p, "40/chat,");
	HEARD(p, "40/chat,{\"sid\":\"*\"}");
	sio_broadcast(sio_of(s, "/chat"), &(sio_delivery){ .to = SIO_ROOMS("room") }, "a",
		sio_json("[]"));
	end_turn(s);
	HEARD(p, "42/chat,[\"a\"]");
	hang_up(p);
	NOTED(s, "connect:/chat left:/chat:transport close freed");
	lab_close(s);
}
END_TEST

/* A broadcast does not reach those who still wait. */
START_TEST(who_waits_receives_nothing)
{
	sio_server *s = guarded(prepare);
	sio_use(sio_of(s, "/chat"), keep, NULL);
	peer *p = open_client(s);
	receive(p, "40/chat,");
	sio_broadcast(sio_of(s, "/chat"), &(sio_delivery){ .to = SIO_ROOMS("room") }, "a",
		sio_json("[]"));
	sio_broadcast(sio_of(s, "/chat"), NULL, "a", sio_json("[]"));
	end_turn(s);
	HEARD(p, "");
	sio_refuse(kept, "no", NULL);
	end_turn(s);
	NOTED(s, "keep freed");
	lab_close(s);
}
END_TEST

/* socket.io.md 43 */
START_TEST(who_waits_is_neither_connected_nor_found)
{
	sio_server *s = guarded(keep);
	sio_ns *ns = sio_of(s, "/chat");
	peer *p = open_client(s);
	receive(p, "40/chat,");
	sio_socket *k = socket_of(p, "/chat");
	ck_assert(!sio_connected(k));
	ck_assert_ptr_null(sio_find(ns, sio_id(k)));
	ck_assert_uint_eq(sio_count(ns, NULL), 0);
	ck_assert_int_eq(sio_emit(k, "a", sio_json("[]")), SIO_EGONE);
	sio_admit(kept);
	ck_assert(!sio_connected(k));
	end_turn(s);
	ck_assert(sio_connected(k));
	ck_assert_ptr_eq(sio_find(ns, sio_id(k)), k);
	ck_assert_uint_eq(sio_count(ns, NULL), 1);
	lab_close(s);
}
END_TEST

static void admit_and_disconnect(sio_socket *k, sio_entry entry, void *user)
{
	(void)user;
	ck_assert_int_eq(sio_admit(entry), SIO_OK);
	sio_disconnect(k, false);
}

START_TEST(a_check_that_disconnects_ends_it)
{
	sio_server *s = guarded(admit_and_disconnect);
	sio_use(sio_of(s, "/chat"), admit, NULL);
	peer *p = open_client(s);
	receive(p, "40/chat,");
	ck_assert_ptr_null(socket_of(p, "/chat"));
	NOTED(s, "");
	lab_close(s);
}
END_TEST

static void add_check(sio_socket *k, sio_entry entry, void *user)
{
	sio_use(sio_namespace(k), refuse, (void *)(uintptr_t) "later");
	admit(k, entry, user);
}

/* One that is added while a client is being checked is for the clients after it. */
START_TEST(a_check_added_by_a_check_is_for_the_next_client)
{
	sio_server *s = guarded(add_check);
	sio_use(sio_of(s, "/chat"), admit, (void *)(uintptr_t) "2");
	peer *p = open_client(s);
	receive(p, "40/chat,");
	NOTED(s, "admit 2 connect:/chat");
	peer *q = open_client(s);
	receive(q, "40/chat,");
	HEARD(q, "44/chat,{\"message\":\"later\"}");
	lab_close(s);
}
END_TEST

/* A server that closes voids the tickets of those who wait. */
START_TEST(closing_the_server_ends_the_waiting)
{
	sio_server *s = guarded(prepare);
	sio_use(sio_of(s, "/chat"), keep, NULL);
	peer *p = open_client(s);
	receive(p, "40/chat,");
	lab_shut(s);
	ck_assert_int_eq(sio_admit(kept), SIO_EGONE);
	NOTED(s, "keep freed");
	lab_free(s);
}
END_TEST

UNIT_MAIN("admission", checks_run_in_their_order, the_first_refusal_ends_the_checks,
	a_refusal_may_carry_data, a_refused_client_may_ask_again,
	a_packet_after_a_refusal_closes_the_connection, auth_is_what_the_client_sent_or_empty,
	auth_that_is_no_object_closes_the_connection, a_late_admission_lets_in,
	a_late_refusal_is_told, a_ticket_is_good_once, leaving_while_waiting_voids_the_ticket,
	leaving_in_the_turn_of_the_admission_counts, an_event_while_waiting_closes_the_connection,
	the_time_to_enter_runs_while_waiting, requests_may_be_answered_in_another_order,
	asking_again_while_waiting_replaces_the_question, a_check_can_prepare_the_socket,
	who_waits_receives_nothing, who_waits_is_neither_connected_nor_found,
	a_check_that_disconnects_ends_it, a_check_added_by_a_check_is_for_the_next_client,
	closing_the_server_ends_the_waiting)
