/* SPDX-License-Identifier: MIT */
/* Clients that are behind, and what becomes of what is sent to them. */
#include "../support/lab.h"
#include "../support/unit.h"
#include <stdio.h>

/* 42["x",1] are 9 bytes. */
enum { ONE = 9 };

static sio_server *lab(size_t high, size_t low)
{
	return lab_new_with(&(sio_options){ .high_water = high, .low_water = low });
}

static peer *slow_client(sio_server *s)
{
	peer *p = connect_client(s);
	p->slow = true;
	return p;
}

static void say(peer *p, const sio_delivery *how, const char *event, int n)
{
	ck_assert_int_eq(sio_emit_with(socket_of(p, "/"), how, event, sio_json("[%d]", n)), SIO_OK);
}

static void say_often(peer *p, const sio_delivery *how, const char *event, int from, int to)
{
	for (int n = from; n <= to; n++)
		say(p, how, event, n);
}

static void read_all(peer *p)
{
	p->slow = false;
	wait_ms(p->lab, 1);
	wait_ms(p->lab, 1);
}

/* Takes so many of what waits. */
static void read_some(peer *p, int n)
{
	while (n-- > 0)
		session_pop(p->session);
	wait_ms(p->lab, 1);
}

static const sio_delivery skip = { .policy = SIO_SKIP }, push = { .policy = SIO_PUSH_OUT },
			  cut = { .policy = SIO_DISCONNECT };

static sio_delivery conflate(const char *key)
{
	return (sio_delivery){ .policy = SIO_CONFLATE, .key = key };
}

/* ---- Water marks ---- */

static void note_drain(sio_socket *k, void *user)
{
	note(user, "drain:%s:%zu%s", sio_ns_name(sio_namespace(k)), sio_backlog(k),
		sio_behind(k) ? ":behind" : "");
}

START_TEST(behind_begins_above_high_water_and_ends_at_low_water)
{
	sio_server *s = lab(3 * ONE, ONE);
	peer *p = slow_client(s);
	sio_socket *k = socket_of(p, "/");
	sio_on_drain(sio_of(s, "/"), note_drain, s);
	say_often(p, NULL, "x", 1, 3);
	ck_assert_uint_eq(sio_backlog(k), 3 * ONE);
	ck_assert(!sio_behind(k));
	say(p, NULL, "x", 4);
	ck_assert(sio_behind(k));
	read_some(p, 2);
	ck_assert(sio_behind(k));
	NOTED(s, "");
	read_some(p, 1);
	ck_assert(!sio_behind(k));
	NOTED(s, "drain:/:9");
	read_some(p, 1);
	ck_assert_uint_eq(sio_backlog(k), 0);
	NOTED(s, "");
	lab_close(s);
}
END_TEST

START_TEST(each_socket_of_the_client_is_told)
{
	sio_server *s = lab(1, 1);
	sio_on_drain(sio_of(s, "/"), note_drain, s);
	sio_on_drain(sio_of(s, "/chat"), note_drain, s);
	peer *p = connect_client(s), *other = connect_client(s);
	enter(p, "/chat");
	wait_ms(s, 1);
	(void)journal(s);
	p->slow = other->slow = true;
	say(p, NULL, "x", 1);
	ck_assert(sio_behind(socket_of(p, "/chat")) && !sio_behind(socket_of(other, "/")));
	read_all(p);
	NOTED(s, "drain:/:0 drain:/chat:0");
	lab_close(s);
}
END_TEST

/* It is told of what is, not of what was. */
START_TEST(who_is_behind_again_is_not_told)
{
	sio_server *s = lab(ONE, ONE);
	peer *p = slow_client(s);
	sio_on_drain(sio_of(s, "/"), note_drain, s);
	say_often(p, NULL, "x", 1, 2);
	session_pop(p->session);
	say(p, NULL, "x", 3);
	wait_ms(s, 1);
	NOTED(s, "");
	read_some(p, 1);
	NOTED(s, "drain:/:9");
	lab_close(s);
}
END_TEST

static void leave(sio_socket *k, void *user)
{
	note_drain(k, user);
	sio_disconnect(k, true);
}

START_TEST(a_drain_handler_may_end_the_connection)
{
	sio_server *s = lab(1, 1);
	peer *p = slow_client(s);
	sio_on_drain(sio_of(s, "/"), leave, s);
	sio_on_drain(sio_of(s, "/"), note_drain, s);
	say(p, NULL, "x", 1);
	read_all(p);
	NOTED(s, "drain:/:0");
	end_turn(s);
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

/* Else a handler that sends more would keep one turn going. */
START_TEST(a_drain_is_told_in_a_turn_of_its_own)
{
	sio_server *s = lab(1, 1);
	peer *p = slow_client(s);
	wait_ms(s, 1);
	sio_on_drain(sio_of(s, "/"), note_drain, s);
	say(p, NULL, "x", 1);
	session_pop(p->session);
	end_turn(s);
	end_turn(s);
	NOTED(s, "");
	ck_assert_uint_le(wheel_next(&s->wheel), s->wheel.now + 1);
	wait_ms(s, 1);
	NOTED(s, "drain:/:0");
	wait_ms(s, 1);
	NOTED(s, "");
	lab_close(s);
}
END_TEST

START_TEST(nobody_is_told_of_who_is_gone)
{
	sio_server *s = lab(1, 1);
	peer *p = slow_client(s);
	sio_on_drain(sio_of(s, "/"), note_drain, s);
	say(p, NULL, "x", 1);
	session_pop(p->session);
	hang_up(p);
	wait_ms(s, 1);
	NOTED(s, "");
	lab_close(s);
}
END_TEST

/* ---- Policies ---- */

START_TEST(what_may_be_skipped_is_dropped_for_who_is_behind)
{
	sio_server *s = lab(2 * ONE, ONE);
	peer *p = slow_client(s);
	say_often(p, &skip, "x", 1, 5);
	read_some(p, 1);
	say(p, &skip, "x", 6); /* two wait: still behind */
	read_some(p, 1);
	say(p, &skip, "x", 7);
	read_all(p);
	HEARD(p, "42[\"x\",3] 42[\"x\",7]");
	lab_close(s);
}
END_TEST

START_TEST(who_is_behind_is_cut_off_at_the_end_of_the_turn)
{
	sio_server *s = lab(2 * ONE, ONE);
	sio_on_disconnect(sio_of(s, "/"), note_left, NULL);
	peer *p = slow_client(s), *other = connect_client(s);
	for (int n = 1; n <= 3; n++)
		sio_broadcast(sio_of(s, "/"), &cut, "x", sio_json("[%d]", n));
	end_turn(s);
	ck_assert(!p->closed);
	sio_broadcast(sio_of(s, "/"), &cut, "x", sio_json("[%d]", 4));
	NOTED(s, "");
	end_turn(s);
	ck_assert(p->closed && !other->closed);
	NOTED(s, "left:/:transport error");
	HEARD(other, "42[\"x\",1] 42[\"x\",2] 42[\"x\",3] 42[\"x\",4]");
	lab_close(s);
}
END_TEST

/* Whether or not an answer is wanted. */
START_TEST(who_is_behind_is_cut_off_by_a_question_too)
{
	for (int many = 0; many < 2; many++) {
		sio_server *s = lab(ONE, ONE);
		sio_delivery how = cut;
		how.on_ack = note_ack;
		how.user = s;
		peer *p = slow_client(s);
		say_often(p, NULL, "x", 1, 2);
		if (many)
			sio_broadcast(sio_of(s, "/"), &how, "q", sio_json("[]"));
		else
			say(p, &how, "q", 1);
		end_turn(s);
		ck_assert(p->closed);
		NOTED(s, many ? "ack:SIO_OK[]" : "ack:SIO_EGONE");
		lab_close(s);
	}
}
END_TEST

START_TEST(the_oldest_are_pushed_out)
{
	sio_server *s = lab(4 * ONE, ONE);
	peer *p = slow_client(s);
	say(p, NULL, "w", 1);
	say_often(p, &push, "x", 1, 3);
	ck_assert_uint_eq(sio_backlog(socket_of(p, "/")), 4 * ONE);
	say_often(p, &push, "x", 4, 5);
	ck_assert(!sio_behind(socket_of(p, "/")));
	say(p, NULL, "w", 2); /* behind now */
	say(p, &push, "x", 6);
	read_all(p);
	HEARD(p, "42[\"w\",1] 42[\"x\",5] 42[\"w\",2] 42[\"x\",6]");
	lab_close(s);
}
END_TEST

/* What does not fit anyhow pushes nothing out. */
START_TEST(what_has_no_room_is_dropped_alone)
{
	sio_server *s = lab(4 * ONE, ONE);
	peer *p = slow_client(s);
	say_often(p, NULL, "w", 1, 3);
	say_often(p, &push, "x", 1, 1);
	say(p, NULL, "w", 4); /* behind */
	sio_emit_with(socket_of(p, "/"), &push, "x", sio_json("[10]"));
	read_all(p);
	HEARD(p, "42[\"w\",1] 42[\"w\",2] 42[\"w\",3] 42[\"x\",1] 42[\"w\",4]");
	lab_close(s);
}
END_TEST

static sio_delivery with_part(sio_policy policy, const sio_bytes *part)
{
	return (sio_delivery){ .policy = policy, .key = "k", .binary = part, .nbinary = 1 };
}

START_TEST(attachments_count_and_go_with_their_event)
{
	sio_server *s = lab(100, 10);
	peer *p = slow_client(s);
	const sio_bytes part = { "0123456789012345678901234567890123456789", 40 };
	const sio_delivery how = with_part(SIO_PUSH_OUT, &part);
	say(p, &how, "a", 1); /* 451-["a",1] and 40: 51 */
	ck_assert_uint_eq(sio_backlog(socket_of(p, "/")), 51);
	say(p, &push, "x", 1);
	say(p, &how, "a", 2); /* 60 + 51 do not fit, 9 + 51 do */
	ck_assert_uint_eq(sio_backlog(socket_of(p, "/")), 60);
	say(p, &how, "a", 3);
	ck_assert_uint_eq(sio_backlog(socket_of(p, "/")), 51);
	read_all(p);
	HEARD(p, "451-[\"a\",3] "
		 "<30313233343536373839303132333435363738393031323334353637383930313233"
		 "343536373839>");
	lab_close(s);
}
END_TEST

/* Its text has left; its attachments must. */
START_TEST(what_has_begun_to_leave_is_not_torn)
{
	for (int conflated = 0; conflated < 2; conflated++) {
		sio_server *s = lab(40, 10);
		peer *p = slow_client(s);
		const sio_bytes part = { "0123456789", 10 };
		const sio_delivery how = with_part(conflated ? SIO_CONFLATE : SIO_PUSH_OUT, &part);
		say(p, &how, "a", 1);
		read_some(p, 1);
		say(p, &how, "a", 2);
		say(p, &how, "a", 3);
		read_all(p);
		HEARD(p, conflated ? "<30313233343536373839> 451-[\"a\",3] "
				     "<30313233343536373839>"
				   : "<30313233343536373839> 451-[\"a\",3] "
				     "<30313233343536373839>");
		lab_close(s);
	}
}
END_TEST

START_TEST(the_last_of_each_key_is_sent_behind_all_that_wait)
{
	sio_server *s = lab(1000, 10);
	sio_of(s, "/chat");
	peer *p = connect_client(s);
	sio_socket *chat = enter(p, "/chat");
	const sio_delivery a = conflate("a"), b = conflate("b"), none = conflate("");
	p->slow = true;
	say(p, &a, "a", 1);
	say(p, &b, "b", 1);
	say(p, NULL, "x", 1);
	say(p, &none, "e", 1);
	sio_emit_with(chat, &a, "c", sio_json("[1]"));
	say(p, &a, "a", 2);
	say(p, &none, "e", 2);
	sio_emit_with(chat, &a, "c", sio_json("[2]"));
	say(p, &a, "a2", 3); /* whatever its name */
	read_all(p);
	HEARD(p, "42[\"b\",1] 42[\"x\",1] 42[\"e\",2] 42/chat,[\"c\",2] 42[\"a2\",3]");
	/* What has left has left. */
	say(p, &a, "a", 4);
	end_turn(s);
	say(p, &a, "a", 5);
	end_turn(s);
	HEARD(p, "42[\"a\",4] 42[\"a\",5]");
	lab_close(s);
}
END_TEST

/* A large one that is gone brings a client up again. */
START_TEST(what_is_dropped_does_not_count)
{
	sio_server *s = lab(20, 10);
	peer *p = slow_client(s);
	sio_on_drain(sio_of(s, "/"), note_drain, s);
	const sio_delivery a = conflate("a");
	sio_emit_with(socket_of(p, "/"), &a, "x", sio_json("['0123456789012345678901234567']"));
	ck_assert(sio_behind(socket_of(p, "/")));
	say(p, &a, "x", 1);
	ck_assert(!sio_behind(socket_of(p, "/")));
	wait_ms(s, 1);
	NOTED(s, "drain:/:9");
	say(p, &skip, "x", 2);
	read_all(p);
	HEARD(p, "42[\"x\",1] 42[\"x\",2]");
	lab_close(s);
}
END_TEST

/* Who is cut off at max_queue is behind before. */
START_TEST(high_water_is_never_above_the_limit_of_the_queue)
{
	sio_server *s = lab_new_with(&(sio_options){ .max_queue = 4 * ONE, .high_water = 1000 });
	peer *p = connect_client(s);
	wait_ms(s, 1);
	p->slow = true;
	say_often(p, &push, "x", 1, 9);
	ck_assert_uint_eq(sio_backlog(socket_of(p, "/")), 4 * ONE);
	say(p, NULL, "x", 0);
	end_turn(s);
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

START_TEST(others_are_not_touched)
{
	static const sio_policy policies[] = { SIO_WAIT, SIO_SKIP, SIO_PUSH_OUT, SIO_CONFLATE,
		SIO_DISCONNECT };
	for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
		sio_server *s = lab(2 * ONE, ONE);
		peer *p = slow_client(s), *other = connect_client(s);
		const sio_delivery how = { .policy = policies[i], .key = "k" };
		for (int n = 1; n <= 5; n++) {
			sio_broadcast(sio_of(s, "/"), &how, "x", sio_json("[%d]", n));
			end_turn(s);
		}
		HEARD(other, "42[\"x\",1] 42[\"x\",2] 42[\"x\",3] 42[\"x\",4] 42[\"x\",5]");
		read_all(p);
		static const char *const expected[] = {
			"42[\"x\",1] 42[\"x\",2] 42[\"x\",3] 42[\"x\",4] 42[\"x\",5]",
			"42[\"x\",1] 42[\"x\",2] 42[\"x\",3]", "42[\"x\",4] 42[\"x\",5]",
			"42[\"x\",5]", ""
		};
		HEARD(p, expected[i]);
		lab_close(s);
	}
}
END_TEST

START_TEST(a_policy_that_makes_no_sense_is_refused)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_socket *k = socket_of(p, "/");
	const sio_delivery bad[] = {
		{ .policy = SIO_CONFLATE },
		{ .policy = (sio_policy)5 },
		{ .policy = (sio_policy)-1 },
		{ .policy = SIO_PUSH_OUT, .on_ack = note_ack, .user = s },
		{ .policy = SIO_CONFLATE, .key = "k", .on_ack = note_ack, .user = s },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ck_assert_int_eq(sio_emit_with(k, &bad[i], "x", sio_json("[]")), SIO_EINVAL);
		ck_assert_int_eq(
			sio_broadcast(sio_of(s, "/"), &bad[i], "x", sio_json("[]")), SIO_EINVAL);
	}
	end_turn(s);
	HEARD(p, "");
	NOTED(s, "");
	lab_close(s);
}
END_TEST

/* Who is not asked is not waited for. */
START_TEST(a_question_that_is_skipped_is_not_waited_for)
{
	sio_server *s = lab(ONE, ONE);
	sio_delivery how = skip;
	how.on_ack = note_ack;
	how.user = s;
	peer *p = slow_client(s), *other = connect_client(s);
	say_often(p, NULL, "x", 1, 2);
	sio_broadcast(sio_of(s, "/"), &how, "q", sio_json("[]"));
	end_turn(s);
	HEARD(other, "420[\"q\"]");
	receive(other, "430[7]");
	NOTED(s, "ack:SIO_OK[7]");
	lab_close(s);
}
END_TEST

static void note_tap(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	note(user, "out:%s%s", ev->name, text_of(ev->args));
}

START_TEST(what_was_dropped_was_not_sent_for_who_listens)
{
	sio_server *s = lab(ONE, ONE);
	sio_on_any_outgoing(sio_of(s, "/"), note_tap, s);
	peer *p = slow_client(s);
	say_often(p, &skip, "x", 1, 3);
	NOTED(s, "out:x[1] out:x[2]");
	lab_close(s);
}
END_TEST

/* ---- Other ways to the client ---- */

START_TEST(a_poll_brings_what_is_left_at_once)
{
	sio_server *s = lab(20, 10);
	peer *p = open_polling_client(s);
	receive(p, "40");
	p->slow = true;
	end_turn(s);
	const sio_delivery a = conflate("a");
	for (int n = 1; n < 4; n++)
		say(p, &a, "x", n);
	say_often(p, &push, "x", 4, 6);
	ck_assert_uint_eq(sio_backlog(socket_of(p, "/")), 2 * ONE);
	ck_assert(!sio_behind(socket_of(p, "/")));
	session *se = p->session;
	ck_assert_uint_eq(se->out.len, 2);
	ck_assert_mem_eq(bytes_data(queue_peek(&se->out, 0)), "42[\"x\",3]", ONE);
	ck_assert_mem_eq(bytes_data(queue_peek(&se->out, 1)), "42[\"x\",6]", ONE);
	p->slow = false;
	end_turn(s);
	ck_assert_uint_eq(sio_backlog(socket_of(p, "/")), 0);
	lab_close(s);
}
END_TEST

START_TEST(old_clients_are_served_the_same)
{
	sio_server *s = lab(40, 10);
	peer *p = open_old_client(s);
	forget_mail(p);
	p->slow = true;
	const sio_bytes part = { "0123456789", 10 };
	const sio_delivery how = with_part(SIO_PUSH_OUT, &part), a = with_part(SIO_CONFLATE, &part);
	for (int n = 1; n < 5; n++)
		say(p, &how, "a", n);
	say(p, &a, "c", 1);
	say(p, &a, "c", 2);
	read_all(p);
	HEARD(p, "451-[\"a\",4] <0430313233343536373839> 451-[\"c\",2] <0430313233343536373839>");
	lab_close(s);
}
END_TEST

/* A packet that is binary as a whole, as other parsers make it. */
START_TEST(old_clients_too_get_the_last_of_what_is_binary)
{
	sio_server *s = lab(100, 10);
	peer *p = open_old_client(s);
	forget_mail(p);
	p->slow = true;
	for (int i = 0; i < 3; i++) {
		bytes *b = bytes_copy(&"abc"[i], 1);
		b->binary = 1;
		b->manner = MANNER_CONFLATE;
		ck_assert(session_send(p->session, b));
	}
	read_all(p);
	HEARD(p, "<0463>");
	lab_close(s);
}
END_TEST

UNIT_MAIN("flow", behind_begins_above_high_water_and_ends_at_low_water,
	each_socket_of_the_client_is_told, who_is_behind_again_is_not_told,
	a_drain_handler_may_end_the_connection, a_drain_is_told_in_a_turn_of_its_own,
	nobody_is_told_of_who_is_gone, what_may_be_skipped_is_dropped_for_who_is_behind,
	who_is_behind_is_cut_off_at_the_end_of_the_turn, who_is_behind_is_cut_off_by_a_question_too,
	the_oldest_are_pushed_out, what_has_no_room_is_dropped_alone,
	attachments_count_and_go_with_their_event, what_has_begun_to_leave_is_not_torn,
	the_last_of_each_key_is_sent_behind_all_that_wait, what_is_dropped_does_not_count,
	others_are_not_touched, high_water_is_never_above_the_limit_of_the_queue,
	a_policy_that_makes_no_sense_is_refused, a_question_that_is_skipped_is_not_waited_for,
	what_was_dropped_was_not_sent_for_who_listens, a_poll_brings_what_is_left_at_once,
	old_clients_are_served_the_same, old_clients_too_get_the_last_of_what_is_binary)
