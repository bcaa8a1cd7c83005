/* SPDX-License-Identifier: MIT */
/* Broadcasts that ask: who counts, when they end, and with what. */
#include "../support/lab.h"
#include "../support/unit.h"

typedef struct crowd {
	sio_server *s;
	peer *p[3];
} crowd;

static crowd ask_three(unsigned timeout_ms)
{
	crowd c = { .s = lab_new() };
	for (int i = 0; i < 3; i++)
		c.p[i] = connect_client(c.s);
	sio_delivery how = {
		.on_ack = note_ack, .on_answer = note_answer, .user = c.s, .timeout_ms = timeout_ms
	};
	ck_assert_int_eq(sio_broadcast(sio_of(c.s, "/"), &how, "q", sio_json("[]")), SIO_OK);
	end_turn(c.s);
	return c;
}

/* socket.io.md 100, 102: one id for all, the first argument of each answer in their order. */
START_TEST(a_broadcast_ends_when_all_have_answered)
{
	crowd c = ask_three(1000);
	for (int i = 0; i < 3; i++)
		HEARD(c.p[i], "420[\"q\"]");
	receive(c.p[2], "430[2,\"more\"]");
	receive(c.p[0], "430");
	receive(c.p[0], "430[9]");
	NOTED(c.s, "answer[2,\"more\"] answer[]");
	receive(c.p[1], "430[[1]]");
	NOTED(c.s, "answer[[1]] ack:SIO_OK[2,null,[1]]");
	wait_ms(c.s, 2000);
	NOTED(c.s, "");
	lab_close(c.s);
}
END_TEST

/* socket.io.md 100: at the deadline with an error and the answers so far. */
START_TEST(a_broadcast_ends_at_its_deadline_with_the_answers_so_far)
{
	crowd c = ask_three(1000);
	receive(c.p[1], "430[1]");
	wait_ms(c.s, 1000);
	NOTED(c.s, "answer[1] ack:SIO_ETIMEDOUT[1]");
	receive(c.p[0], "430[0]");
	NOTED(c.s, "");
	lab_close(c.s);
}
END_TEST

/* socket.io.md 100: who has left has not answered, so with a deadline it ends with an error. */
START_TEST(a_broadcast_with_a_deadline_misses_who_has_left)
{
	crowd c = ask_three(1000);
	hang_up(c.p[0]);
	receive(c.p[1], "430[1]");
	receive(c.p[2], "430[2]");
	wait_ms(c.s, 1000);
	NOTED(c.s, "answer[1] answer[2] ack:SIO_ETIMEDOUT[1,2]");
	lab_close(c.s);
}
END_TEST

/* socket.io.md 101, differences.md 23: without a deadline when all have answered or left. */
START_TEST(a_broadcast_without_a_deadline_waits_for_those_who_stay)
{
	crowd c = ask_three(0);
	receive(c.p[1], "430[1]");
	hang_up(c.p[0]);
	wait_ms(c.s, 1000000);
	NOTED(c.s, "answer[1]");
	receive(c.p[2], "41");
	NOTED(c.s, "ack:SIO_OK[1]");
	lab_close(c.s);
}
END_TEST

/* socket.io.md 100: it reached nobody, so it ends at once, but not inside the call. */
START_TEST(a_broadcast_to_nobody_ends_at_once)
{
	sio_server *s = lab_new();
	sio_delivery how = { .to = SIO_ROOMS("nowhere"), .on_ack = note_ack, .user = s };
	sio_broadcast(sio_of(s, "/"), &how, "q", sio_json("[]"));
	how.timeout_ms = 10;
	sio_broadcast(sio_of(s, "/"), &how, "q", sio_json("[]"));
	NOTED(s, "");
	end_turn(s);
	NOTED(s, "ack:SIO_OK[] ack:SIO_OK[]");
	wait_ms(s, 100);
	NOTED(s, "");
	lab_close(s);
}
END_TEST

static void cut(sio_socket *k, void *user)
{
	(void)user;
	sio_disconnect(k, true);
}

static void end_all(sio_socket *k, const sio_event *ev, void *user)
{
	note_answer(k, ev, user);
	sio_each(sio_namespace(k), NULL, cut, NULL);
}

/* An answer's handler may end everyone that is still to answer, and its own socket. */
START_TEST(an_answer_that_ends_all_others_ends_the_broadcast_once)
{
	for (unsigned timeout = 0; timeout <= 10; timeout += 10) {
		sio_server *s = lab_new();
		peer *p = connect_client(s);
		connect_client(s);
		sio_delivery how = {
			.on_ack = note_ack, .on_answer = end_all, .user = s, .timeout_ms = timeout
		};
		sio_broadcast(sio_of(s, "/"), &how, "q", sio_json("[]"));
		receive(p, "430[1]");
		wait_ms(s, 100);
		NOTED(s, timeout ? "answer[1] ack:SIO_ETIMEDOUT[1]" : "answer[1] ack:SIO_OK[1]");
		lab_close(s);
	}
}
END_TEST

UNIT_MAIN("acks_many", a_broadcast_ends_when_all_have_answered,
	a_broadcast_ends_at_its_deadline_with_the_answers_so_far,
	a_broadcast_with_a_deadline_misses_who_has_left,
	a_broadcast_without_a_deadline_waits_for_those_who_stay, a_broadcast_to_nobody_ends_at_once,
	an_answer_that_ends_all_others_ends_the_broadcast_once)
