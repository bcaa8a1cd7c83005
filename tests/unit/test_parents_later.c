/* SPDX-License-Identifier: MIT */
/* Parents whose answer comes later, and what happens meanwhile. */
#include "../support/parents.h"
#include "../support/unit.h"
#include <stdio.h>

/* ---- Answers that come later ---- */

START_TEST(a_name_may_be_admitted_later)
{
	sio_server *s = room_server();
	sio_of_match(s, keep, NULL);
	peer *p = connect_client(s);
	receive(p, "40/x,{\"a\":1}");
	HEARD(p, "");
	ck_assert_int_eq(sio_admit(waiting[0]), SIO_OK);
	HEARD(p, "");
	end_turn(s);
	HEARD(p, "40/x,{\"sid\":\"*\"}");
	NOTED(s, "/x new:/x");
	ck_assert_str_eq(text_of(sio_auth(socket_of(p, "/x"))), "{\"a\":1}");
	lab_close(s);
}
END_TEST

START_TEST(a_name_that_is_refused_later_goes_to_the_next_parent)
{
	sio_server *s = room_server();
	sio_of_match(s, keep, LABEL("1:"));
	sio_of_match(s, keep, LABEL("2:"));
	sio_of_match(s, admit, LABEL("3:"));
	peer *p = connect_client(s);
	receive(p, "40/x,");
	NOTED(s, "1:/x");
	sio_refuse(waiting[0], "no", NULL);
	end_turn(s);
	NOTED(s, "2:/x");
	sio_refuse(waiting[1], NULL, sio_json("[1]"));
	end_turn(s);
	NOTED(s, "3:/x{} new:/x");
	HEARD(p, "40/x,{\"sid\":\"*\"}");
	lab_close(s);
}
END_TEST

START_TEST(a_second_answer_is_too_late)
{
	sio_server *s = room_server();
	sio_of_match(s, keep, NULL);
	peer *p = connect_client(s);
	receive(p, "40/x,");
	receive(p, "40/y,");
	ck_assert_int_eq(sio_refuse(waiting[0], "no", sio_json("[]")), SIO_OK);
	ck_assert_int_eq(sio_admit(waiting[0]), SIO_EGONE);
	ck_assert_int_eq(sio_admit(waiting[1]), SIO_OK);
	ck_assert_int_eq(sio_refuse(waiting[1], "no", sio_json("[]")), SIO_EGONE);
	end_turn(s);
	ck_assert_int_eq(sio_admit(waiting[0]), SIO_EGONE);
	ck_assert_int_eq(sio_admit(waiting[1]), SIO_EGONE);
	HEARD(p, "44/x,{\"message\":\"Invalid namespace\"} 40/y,{\"sid\":\"*\"}");
	lab_close(s);
}
END_TEST

START_TEST(a_client_that_hangs_up_while_it_waits_makes_the_entry_void)
{
	sio_server *s = room_server();
	sio_of_match(s, keep, NULL);
	peer *p = connect_client(s);
	receive(p, "40/x,");
	hang_up(p);
	ck_assert_int_eq(sio_admit(waiting[0]), SIO_EGONE);
	end_turn(s);
	NOTED(s, "/x");
	ck_assert_uint_eq(namespaces(s), 1);
	lab_close(s);
}
END_TEST

/* It was admitted and goes before that is carried out. */
START_TEST(a_client_that_hangs_up_after_the_answer_is_not_let_in)
{
	sio_server *s = room_server();
	sio_of_match(s, keep, NULL);
	peer *p = connect_client(s);
	receive(p, "40/x,");
	ck_assert_int_eq(sio_admit(waiting[0]), SIO_OK);
	hang_up(p);
	NOTED(s, "/x");
	ck_assert_uint_eq(namespaces(s), 1);
	lab_close(s);
}
END_TEST

START_TEST(asking_again_replaces_the_question)
{
	sio_server *s = room_server();
	sio_of_match(s, keep, NULL);
	peer *p = connect_client(s);
	receive(p, "40/x,{\"a\":1}");
	receive(p, "40/x,{\"a\":2}");
	ck_assert_int_eq(sio_admit(waiting[0]), SIO_EGONE);
	ck_assert_int_eq(sio_admit(waiting[1]), SIO_OK);
	end_turn(s);
	HEARD(p, "40/x,{\"sid\":\"*\"}");
	ck_assert_str_eq(text_of(sio_auth(socket_of(p, "/x"))), "{\"a\":2}");
	lab_close(s);
}
END_TEST

/* socket.io.md 37: it is not in the namespace yet. */
START_TEST(a_packet_while_the_name_waits_closes_the_connection)
{
	static const char *const packets[] = { "41/x,", "42/x,[\"a\"]", "43/x,0[]" };
	for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
		sio_server *s = room_server();
		sio_of_match(s, keep, NULL);
		peer *p = connect_client(s);
		receive(p, "40/x,");
		receive(p, packets[i]);
		ck_assert_msg(p->closed, "%s", packets[i]);
		ck_assert_int_eq(sio_admit(waiting[0]), SIO_EGONE);
		lab_close(s);
	}
}
END_TEST

/* socket.io.md 40: a parent that never answers keeps nobody for ever. */
START_TEST(a_name_that_waits_does_not_stop_the_connect_timeout)
{
	sio_server *s = lab_new_with(&(sio_options){ .connect_timeout_ms = 100 });
	nwaiting = 0;
	sio_of_match(s, keep, NULL);
	peer *p = open_client(s);
	receive(p, "40/x,");
	wait_ms(s, 99);
	ck_assert(!p->closed);
	wait_ms(s, 1);
	ck_assert(p->closed);
	ck_assert_int_eq(sio_admit(waiting[0]), SIO_EGONE);
	lab_close(s);
}
END_TEST

START_TEST(two_clients_that_wait_for_one_name_share_it)
{
	sio_server *s = room_server();
	sio_of_match(s, keep, NULL);
	peer *p = connect_client(s), *q = connect_client(s);
	receive(p, "40/x,");
	receive(q, "40/x,");
	sio_admit(waiting[1]);
	sio_admit(waiting[0]);
	end_turn(s);
	ck_assert_ptr_eq(sio_namespace(socket_of(p, "/x")), sio_namespace(socket_of(q, "/x")));
	NOTED(s, "/x /x new:/x");
	lab_close(s);
}
END_TEST

/* The one that was refused is not let in by the other's answer. */
START_TEST(one_answer_counts_for_one_client)
{
	sio_server *s = room_server();
	sio_of_match(s, keep, NULL);
	peer *p = connect_client(s), *q = connect_client(s);
	receive(p, "40/x,");
	receive(q, "40/x,");
	sio_admit(waiting[1]);
	sio_refuse(waiting[0], "no", NULL);
	end_turn(s);
	HEARD(p, "44/x,{\"message\":\"Invalid namespace\"}");
	HEARD(q, "40/x,{\"sid\":\"*\"}");
	lab_close(s);
}
END_TEST

START_TEST(a_namespace_that_is_made_meanwhile_is_entered)
{
	sio_server *s = room_server();
	sio_of_match(s, keep, NULL);
	peer *p = connect_client(s);
	receive(p, "40/x,");
	sio_ns *own = sio_of(s, "/x");
	sio_admit(waiting[0]);
	end_turn(s);
	ck_assert_ptr_eq(sio_namespace(socket_of(p, "/x")), own);
	ck_assert_ptr_null(sio_ns_parent(own));
	NOTED(s, "/x new:/x");
	lab_close(s);
}
END_TEST

START_TEST(a_client_enters_a_namespace_made_meanwhile_by_asking_again)
{
	sio_server *s = room_server();
	sio_of_match(s, keep, NULL);
	peer *p = connect_client(s);
	receive(p, "40/x,");
	sio_of(s, "/x");
	receive(p, "40/x,");
	HEARD(p, "40/x,{\"sid\":\"*\"}");
	ck_assert_int_eq(sio_admit(waiting[0]), SIO_EGONE);
	end_turn(s);
	HEARD(p, "");
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

START_TEST(a_parent_that_is_made_meanwhile_is_asked_too)
{
	sio_server *s = room_server();
	sio_of_match(s, keep, LABEL("1:"));
	peer *p = connect_client(s);
	receive(p, "40/x,");
	sio_of_match(s, admit, LABEL("2:"));
	sio_refuse(waiting[0], "no", NULL);
	end_turn(s);
	NOTED(s, "1:/x 2:/x{} new:/x");
	HEARD(p, "40/x,{\"sid\":\"*\"}");
	lab_close(s);
}
END_TEST

START_TEST(the_server_ends_while_a_name_waits)
{
	sio_server *s = room_server();
	sio_of_match(s, keep, NULL);
	peer *p = connect_client(s);
	receive(p, "40/x,{\"a\":1}");
	lab_shut(s);
	ck_assert_int_eq(sio_admit(waiting[0]), SIO_EGONE);
	lab_free(s);
}
END_TEST

/* Limits count when a name is admitted, not only when it is asked for (socket.io.md, "Parents"). */
START_TEST(limits_count_when_the_answer_comes)
{
	static const struct {
		sio_options o;
		const char *heard;
	} cases[] = {
		{ { .max_sockets = 2 }, "44/c,{\"message\":\"Too many namespaces\"}" },
		{ { .max_namespaces = 3 }, "44/c,{\"message\":\"Invalid namespace\"}" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		sio_server *s = lab_new_with(&cases[i].o);
		nwaiting = 0;
		sio_of_match(s, keep, NULL);
		peer *p = open_client(s);
		receive(p, "40/a,");
		receive(p, "40/b,");
		receive(p, "40/c,");
		for (size_t n = 0; n < 3; n++)
			sio_admit(waiting[n]);
		end_turn(s);
		char all[256];
		snprintf(all, sizeof all, "40/a,{\"sid\":\"*\"} 40/b,{\"sid\":\"*\"} %s",
			cases[i].heard);
		HEARD(p, all);
		ck_assert_uint_eq(namespaces(s), 3);
		ck_assert_uint_eq(((client *)p->session->user)->pending, 0);
		lab_close(s);
	}
}
END_TEST

UNIT_MAIN("parents_later", limits_count_when_the_answer_comes, a_name_may_be_admitted_later,
	a_name_that_is_refused_later_goes_to_the_next_parent, a_second_answer_is_too_late,
	a_client_that_hangs_up_while_it_waits_makes_the_entry_void,
	a_client_that_hangs_up_after_the_answer_is_not_let_in, asking_again_replaces_the_question,
	a_packet_while_the_name_waits_closes_the_connection,
	a_name_that_waits_does_not_stop_the_connect_timeout,
	two_clients_that_wait_for_one_name_share_it, one_answer_counts_for_one_client,
	a_namespace_that_is_made_meanwhile_is_entered,
	a_client_enters_a_namespace_made_meanwhile_by_asking_again,
	a_parent_that_is_made_meanwhile_is_asked_too, the_server_ends_while_a_name_waits)
