/* SPDX-License-Identifier: MIT */
/* Clients that lose their connection come back and have missed nothing (socket.io.md, "Connection
 * state recovery"). */
#include "../support/guest.h"
#include "../support/unit.h"
#include <stdio.h>

enum { MINUTE = 60000 };

static sio_server *lab(void)
{
	return lab_new_with(&(sio_options){ .recovery_ms = 2 * MINUTE });
}

static void tell(sio_server *s, const sio_delivery *how, const char *event, int n)
{
	ck_assert_int_eq(sio_broadcast(sio_of(s, "/"), how, event, sio_json("[%d]", n)), SIO_OK);
	end_turn(s);
}

/* A client that has heard of one event, and is lost. */
static guest lost_guest(sio_server *s)
{
	guest g = guest_come(s, "/");
	tell(s, NULL, "seen", 0);
	GUEST_HEARD(&g, "40 42[\"seen\",0]");
	hang_up(g.peer);
	return g;
}

START_TEST(who_comes_back_has_its_id_its_rooms_its_data_and_what_it_missed)
{
	sio_server *s = lab();
	int data = 0;
	guest g = guest_come(s, "/");
	sio_socket *k = socket_of(g.peer, "/");
	sio_join(k, "room");
	sio_set_data(k, &data, NULL);
	sio_set_shared_data(k, sio_json("{name: 'A'}"));
	ck_assert(!sio_recovered(k));
	tell(s, NULL, "seen", 0);
	GUEST_HEARD(&g, "40 42[\"seen\",0]");
	hang_up(g.peer);
	tell(s, NULL, "all", 1);
	tell(s, &(sio_delivery){ .to = SIO_ROOMS("room") }, "room", 2);
	tell(s, &(sio_delivery){ .to = SIO_ROOMS(g.sid) }, "own", 3);
	guest_again(&g, s, "/");

	k = socket_of(g.peer, "/");
	ck_assert_str_eq(sio_id(k), g.sid);
	ck_assert(sio_recovered(k));
	ck_assert(sio_in_room(k, "room") && sio_in_room(k, g.sid));
	ck_assert_ptr_eq(sio_data(k), &data);
	ck_assert_str_eq(text_of(sio_shared_data(k)), "{\"name\":\"A\"}");
	ck_assert_ptr_eq(sio_find(sio_of(s, "/"), g.sid), k);
	/* What was missed goes ahead of the answer. */
	GUEST_HEARD(&g, "42[\"all\",1] 42[\"room\",2] 42[\"own\",3] 40=");
	tell(s, &(sio_delivery){ .to = SIO_ROOMS("room") }, "room", 4);
	GUEST_HEARD(&g, "42[\"room\",4]");
	lab_close(s);
}
END_TEST

START_TEST(what_was_not_for_it_is_not_sent_again)
{
	sio_server *s = lab();
	guest g = guest_come(s, "/");
	sio_join(socket_of(g.peer, "/"), "room");
	sio_join(socket_of(g.peer, "/"), "mute");
	tell(s, NULL, "seen", 0);
	GUEST_HEARD(&g, "40 42[\"seen\",0]");
	hang_up(g.peer);
	tell(s, &(sio_delivery){ .to = SIO_ROOMS("other", "roo", "room1") }, "other", 1);
	tell(s, &(sio_delivery){ .except = SIO_ROOMS("x", "mute") }, "except", 2);
	tell(s, &(sio_delivery){ .to = SIO_ROOMS("room"), .except = SIO_ROOMS("mute") }, "both", 3);
	tell(s, &(sio_delivery){ .to = SIO_ROOMS("room"), .except = SIO_ROOMS(g.sid) }, "self", 4);
	tell(s, &(sio_delivery){ .to = SIO_ROOMS(NULL) }, "nobody", 5);
	tell(s, &(sio_delivery){ .flags = SIO_VOLATILE }, "volatile", 6);
	tell(s, &(sio_delivery){ .to = SIO_ROOMS("x", "room"), .except = SIO_ROOMS("y") }, "yes",
		7);
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, "42[\"yes\",7] 40=");
	lab_close(s);
}
END_TEST

START_TEST(attachments_are_kept)
{
	sio_server *s = lab();
	sio_bytes many[9];
	for (size_t i = 0; i < 9; i++)
		many[i] = (sio_bytes){ &"123456789"[i], 1 };
	guest g = lost_guest(s);
	sio_broadcast(sio_of(s, "/"), &(sio_delivery){ .binary = many, .nbinary = 9 }, "b",
		sio_json("[%p]", (void *)sio_binary(8)));
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, "459-[\"b\",{\"_placeholder\":true,\"num\":8}] "
			"<31> <32> <33> <34> <35> <36> <37> <38> <39> 40=");
	lab_close(s);
}
END_TEST

/* Everything that ends in a string is an offset to a client. */
START_TEST(no_event_spoils_the_offset)
{
	sio_server *s = lab();
	const sio_delivery now = { .flags = SIO_VOLATILE };
	guest g = guest_come(s, "/");
	sio_socket *k = socket_of(g.peer, "/");
	tell(s, NULL, "seen", 0);
	GUEST_HEARD(&g, "40 42[\"seen\",0]");
	char offset[GUEST_ID];
	snprintf(offset, sizeof offset, "%s", g.offset);
	sio_emit_with(k, &now, "v", sio_json("[%s]", "text"));
	end_turn(s);
	GUEST_HEARD(&g, "42[\"v\",\"text\"]");
	ck_assert_str_eq(g.offset, offset);
	sio_emit_with(k, &now, "v", sio_json("[]"));
	end_turn(s);
	GUEST_HEARD(&g, "42[\"v\"]");
	ck_assert_str_eq(g.offset, offset);
	/* No string, nothing to spoil. */
	sio_emit_with(k, &now, "v", sio_json("[1]"));
	end_turn(s);
	HEARD(g.peer, "42[\"v\",1]");
	/* An event with an id has a function for its last argument, at the client. */
	const sio_delivery asks = { .on_ack = note_ack, .user = s };
	sio_emit_with(k, &asks, "q", sio_json("[%s]", "text"));
	end_turn(s);
	HEARD(g.peer, "420[\"q\",\"text\"]");
	lab_close(s);
}
END_TEST

START_TEST(every_way_to_lose_a_connection_is_one_to_come_back_from)
{
	static const char *const good[] = { CLOSED_BY_TRANSPORT, CLOSED_BY_ERROR, CLOSED_BY_TIMEOUT,
		CLOSED_BY_SERVER };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		sio_server *s = lab();
		guest g = guest_come(s, "/");
		GUEST_HEARD(&g, "40");
		session_fail(g.peer->session, good[i]);
		end_turn(s);
		guest_again(&g, s, "/");
		GUEST_HEARD(&g, "40=");
		lab_close(s);
	}
	sio_server *s = lab();
	guest g = guest_come(s, "/");
	GUEST_HEARD(&g, "40");
	session_fail(g.peer->session, CLOSED_BY_PARSER);
	end_turn(s);
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, "40");
	lab_close(s);
}
END_TEST

START_TEST(who_leaves_or_is_sent_away_does_not_come_back)
{
	for (int how = 0; how < 3; how++) {
		sio_server *s = lab();
		guest g = guest_come(s, "/");
		GUEST_HEARD(&g, "40");
		if (how == 0)
			receive(g.peer, "41");
		else
			sio_disconnect(socket_of(g.peer, "/"), how == 2);
		end_turn(s);
		guest_again(&g, s, "/");
		ck_assert(!sio_recovered(socket_of(g.peer, "/")));
		lab_close(s);
	}
}
END_TEST

/* Both sides of the limit. */
START_TEST(there_is_a_time_to_come_back)
{
	for (unsigned late = 0; late < 2; late++) {
		sio_server *s = lab();
		guest g = lost_guest(s);
		wait_ms(s, MINUTE);
		tell(s, NULL, "missed", 1);
		wait_ms(s, MINUTE + late);
		guest_again(&g, s, "/");
		GUEST_HEARD(&g, late ? "40" : "42[\"missed\",1] 40=");
		lab_close(s);
	}
}
END_TEST

/* What was sent to others, however much and however long ago, is nothing that it has missed. */
START_TEST(an_idle_client_comes_back_whatever_others_were_sent)
{
	for (int seen = 0; seen < 2; seen++) {
		sio_server *s = lab();
		guest g = guest_come(s, "/");
		if (seen)
			tell(s, NULL, "seen", 0);
		GUEST_HEARD(&g, seen ? "40 42[\"seen\",0]" : "40");
		for (int i = 0; i < 10; i++) {
			tell(s, &(sio_delivery){ .to = SIO_ROOMS("others") }, "x", i);
			wait_ms(s, MINUTE);
		}
		hang_up(g.peer);
		tell(s, NULL, "missed", 1);
		guest_again(&g, s, "/");
		GUEST_HEARD(&g, "42[\"missed\",1] 40=");
		/* Lost again at once, and yet again. */
		hang_up(g.peer);
		tell(s, NULL, "missed", 2);
		guest_again(&g, s, "/");
		hang_up(g.peer);
		guest_again(&g, s, "/");
		GUEST_HEARD(&g, "42[\"missed\",2] 40=");
		lab_close(s);
	}
}
END_TEST

/* What it was sent, and cannot be known to have received. */
START_TEST(what_was_lost_with_the_connection_is_sent_again)
{
	sio_server *s = lab();
	guest g = guest_come(s, "/");
	tell(s, NULL, "seen", 0);
	GUEST_HEARD(&g, "40 42[\"seen\",0]");
	tell(s, NULL, "lost", 1);
	forget_mail(g.peer);
	g.peer->slow = true;
	tell(s, NULL, "lost", 2);
	hang_up(g.peer);
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, "42[\"lost\",1] 42[\"lost\",2] 40=");
	lab_close(s);
}
END_TEST

START_TEST(what_was_lost_with_the_connection_must_still_be_there)
{
	sio_server *s = lab();
	guest g = guest_come(s, "/");
	tell(s, NULL, "seen", 0);
	GUEST_HEARD(&g, "40 42[\"seen\",0]");
	tell(s, NULL, "lost", 1);
	forget_mail(g.peer);
	wait_ms(s, 2 * MINUTE + 1);
	hang_up(g.peer);
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, "40");
	lab_close(s);
}
END_TEST

/* Rooms that it entered later: what they were sent before is not for it. */
START_TEST(a_room_brings_nothing_from_before_it_was_joined)
{
	sio_server *s = lab();
	guest g = guest_come(s, "/");
	tell(s, NULL, "seen", 0);
	GUEST_HEARD(&g, "40 42[\"seen\",0]");
	tell(s, &(sio_delivery){ .to = SIO_ROOMS("room") }, "early", 1);
	sio_join(socket_of(g.peer, "/"), "room");
	hang_up(g.peer);
	tell(s, &(sio_delivery){ .to = SIO_ROOMS("room") }, "late", 2);
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, "42[\"late\",2] 40=");
	lab_close(s);
}
END_TEST

/* What is sent while others are told of a common end. */
START_TEST(what_disconnect_handlers_send_is_missed_by_those_who_left_before)
{
	sio_server *s = lab();
	guest g = lost_guest(s);
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, "40=");
	hold_turns(s);
	hang_up(g.peer);
	sio_broadcast(sio_of(s, "/"), NULL, "left", sio_json("[]"));
	end_turn(s);
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, "42[\"left\"] 40=");
	lab_close(s);
}
END_TEST

static size_t size_of_one(void)
{
	sio_server *s = lab();
	tell(s, NULL, "x", 1);
	size_t size = sio_of(s, "/")->recovery.bytes;
	lab_close(s);
	return size;
}

START_TEST(there_are_so_many_bytes_to_come_back_to)
{
	size_t one = size_of_one();
	for (int more = 0; more < 2; more++) {
		sio_server *s = lab_new_with(
			&(sio_options){ .recovery_ms = MINUTE, .recovery_bytes = 3 * one });
		guest g = lost_guest(s);
		for (int i = 0; i < 3 + more; i++)
			tell(s, NULL, "x", i);
		ck_assert_uint_eq(sio_of(s, "/")->recovery.bytes, 3 * one);
		guest_again(&g, s, "/");
		GUEST_HEARD(&g, more ? "40" : "42[\"x\",0] 42[\"x\",1] 42[\"x\",2] 40=");
		lab_close(s);
	}
}
END_TEST

START_TEST(one_event_that_is_too_large_is_not_kept)
{
	sio_server *s = lab_new_with(&(sio_options){ .recovery_ms = MINUTE, .recovery_bytes = 1 });
	guest g = guest_come(s, "/");
	tell(s, NULL, "seen", 0);
	GUEST_HEARD(&g, "40 42[\"seen\",0]");
	hang_up(g.peer);
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, "40=");
	hang_up(g.peer);
	tell(s, NULL, "missed", 1);
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, "40");
	lab_close(s);
}
END_TEST

static void offset_is(const char *format, long by, const char *expected)
{
	sio_server *s = lab();
	guest g = lost_guest(s);
	tell(s, NULL, "missed", 1);
	uint64_t number = strtoull(g.offset, NULL, 16);
	snprintf(g.offset, sizeof g.offset, format, (unsigned long long)(number + (uint64_t)by));
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, expected);
	lab_close(s);
}

START_TEST(an_offset_is_what_was_given)
{
	offset_is("%llx", 0, "42[\"missed\",1] 40=");
	/* It cannot have seen what came when it had left. */
	offset_is("%llx", 1, "40");
	offset_is("%llx", 2, "40");
	/* What it may have kept from before it came. */
	offset_is("%llx", -1, "42[\"seen\",0] 42[\"missed\",1] 40=");
	offset_is("%llx", -2, "42[\"seen\",0] 42[\"missed\",1] 40=");
	offset_is("1", 0, "42[\"seen\",0] 42[\"missed\",1] 40=");
	offset_is(" %llx", 0, "40");
	offset_is("+%llx", 0, "40");
	offset_is("0x%llx", 0, "40");
	offset_is("%llxg", 0, "40");
	offset_is("-1", 0, "40");
	offset_is("ffffffffffffffff", 0, "40");
	offset_is("10000000000000000", 0, "40");
	offset_is("text", 0, "40");
}
END_TEST

START_TEST(pid_and_offset_are_strings)
{
	static const char *const auths[] = { "{\"pid\":1}", "{\"pid\":\"\"}", "{\"pid\":null}",
		"{\"pid\":[\"%s\"]}", "{\"pid\":\"%sx\"}", "{\"pid\":\"%.19s\"}",
		"{\"PID\":\"%s\"}", "{\"pid\":\"%s\",\"offset\":null}",
		"{\"pid\":\"%s\",\"offset\":1}", "{\"pid\":\"%s\",\"offset\":\"\"}",
		"{\"pid\":\"%s\",\"offset\":{}}", "{}", "" };
	for (size_t i = 0; i < sizeof auths / sizeof *auths; i++) {
		sio_server *s = lab();
		guest g = guest_come(s, "/");
		GUEST_HEARD(&g, "40");
		hang_up(g.peer);
		char auth[128];
		snprintf(auth, sizeof auth, auths[i], g.pid);
		guest_say(&g, s, "/", auth);
		GUEST_HEARD(&g, "40");
		lab_close(s);
	}
}
END_TEST

/* The client holds on to its offset when it gets a new session, or another server. */
START_TEST(an_offset_of_another_server_says_nothing)
{
	sio_server *first = lab();
	for (int i = 0; i < 3; i++)
		tell(first, NULL, "x", i);
	guest g = lost_guest(first);
	lab_close(first);

	sio_server *s = lab();
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, "40");
	for (int i = 0; i < 6; i++)
		tell(s, NULL, "lost", i);
	forget_mail(g.peer);
	hang_up(g.peer);
	guest_again(&g, s, "/");
	const char *text = guest_heard(&g);
	if (strcmp(text, "40")) /* which is so if the old number is beyond the new ones */
		ck_assert_str_eq(text,
			"42[\"lost\",0] 42[\"lost\",1] 42[\"lost\",2] 42[\"lost\",3] "
			"42[\"lost\",4] 42[\"lost\",5] 40=");
	lab_close(s);
}
END_TEST

START_TEST(a_session_can_be_restored_once)
{
	sio_server *s = lab();
	guest g = lost_guest(s), thief = g;
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, "40=");
	guest_again(&thief, s, "/");
	GUEST_HEARD(&thief, "40");
	ck_assert_str_ne(g.sid, thief.sid);
	ck_assert_str_ne(g.pid, thief.pid);
	/* And anew when it is lost anew. */
	hang_up(g.peer);
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, "40=");
	lab_close(s);
}
END_TEST

START_TEST(who_is_still_there_cannot_be_doubled)
{
	sio_server *s = lab();
	guest g = guest_come(s, "/");
	tell(s, NULL, "seen", 0);
	GUEST_HEARD(&g, "40 42[\"seen\",0]");
	guest other = g;
	guest_again(&other, s, "/");
	GUEST_HEARD(&other, "40");
	ck_assert(sio_connected(socket_of(g.peer, "/")));
	lab_close(s);
}
END_TEST

START_TEST(each_namespace_has_its_own)
{
	sio_server *s = lab();
	sio_ns *chat = sio_of(s, "/chat");
	guest g = guest_come(s, "/");
	GUEST_HEARD(&g, "40");
	guest c = g;
	guest_say(&c, NULL, "/chat", "");
	GUEST_HEARD(&c, "40");
	ck_assert_str_ne(g.pid, c.pid);
	tell(s, NULL, "seen", 0);
	GUEST_HEARD(&g, "42[\"seen\",0]");
	hang_up(g.peer);
	sio_broadcast(chat, NULL, "c", sio_json("[1]"));
	tell(s, NULL, "m", 2);
	/* The pid of one is none of the other. */
	guest wrong = g;
	guest_say(&wrong, s, "/chat", "{\"pid\":\"%s\"}");
	GUEST_HEARD(&wrong, "40");
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, "42[\"m\",2] 40=");
	c.peer = g.peer;
	guest_say(&c, NULL, "/chat", "{\"pid\":\"%s\"}");
	GUEST_HEARD(&c, "42/chat,[\"c\",1] 40=");
	lab_close(s);
}
END_TEST

UNIT_MAIN("recovery", who_comes_back_has_its_id_its_rooms_its_data_and_what_it_missed,
	what_was_not_for_it_is_not_sent_again, attachments_are_kept, no_event_spoils_the_offset,
	every_way_to_lose_a_connection_is_one_to_come_back_from,
	who_leaves_or_is_sent_away_does_not_come_back, there_is_a_time_to_come_back,
	an_idle_client_comes_back_whatever_others_were_sent,
	what_was_lost_with_the_connection_is_sent_again,
	what_was_lost_with_the_connection_must_still_be_there,
	a_room_brings_nothing_from_before_it_was_joined,
	what_disconnect_handlers_send_is_missed_by_those_who_left_before,
	there_are_so_many_bytes_to_come_back_to, one_event_that_is_too_large_is_not_kept,
	an_offset_is_what_was_given, pid_and_offset_are_strings,
	an_offset_of_another_server_says_nothing, a_session_can_be_restored_once,
	who_is_still_there_cannot_be_doubled, each_namespace_has_its_own)
