/* SPDX-License-Identifier: MIT */
/* Recovery across servers, with an adapter that keeps what it carries (cluster.md, "Recovery across
 * servers"). */
#include "../../src/socketio/json.h"
#include "../support/cluster.h"
#include "../support/guest.h"
#include "../support/unit.h"
#include <stdio.h>

enum { MINUTE = 60000, TIMEOUT = 1000 };

/* Two servers, and a client of the first that has an offset. */
typedef struct pair {
	cluster c;
	sio_server *s[2];
	sio_ns *ns[2];
	guest g;
} pair;

static void say(pair *t, int server, const sio_delivery *how, const char *event, int n)
{
	ck_assert_int_eq(sio_broadcast(t->ns[server], how, event, sio_json("[%d]", n)), SIO_OK);
}

static void begin_with(pair *t, const sio_options *o)
{
	cluster_init(&t->c);
	t->c.keeps = true;
	for (int i = 0; i < 2; i++) {
		t->s[i] = lab_new_with(o);
		ck_assert_int_eq(cluster_join(&t->c, t->s[i], TIMEOUT), SIO_OK);
		t->ns[i] = sio_of(t->s[i], "/");
	}
	t->g = guest_come(t->s[0], "/");
	say(t, 1, NULL, "seen", 0);
	cluster_turn(&t->c);
	GUEST_HEARD(&t->g, "40 42[\"seen\",0]");
	ck_assert_str_eq(t->g.offset, "1-0");
}

static void begin(pair *t)
{
	begin_with(t, &(sio_options){ .recovery_ms = MINUTE });
}

static void end(pair *t)
{
	cluster_close_labs(&t->c, t->s, 2);
}

static sio_socket *socket_at(pair *t)
{
	return socket_of(t->g.peer, "/");
}

static void lose(pair *t)
{
	hang_up(t->g.peer);
	ck_assert_uint_eq(t->c.nlost, 1);
}

static void come_to(pair *t, int server)
{
	guest_again(&t->g, t->s[server], "/");
	cluster_turn(&t->c);
}

/* ---- What waits ---- */

/* cluster.md 18 */
START_TEST(an_event_comes_with_its_offset_when_the_adapter_says_so)
{
	pair t;
	begin(&t);
	sio_bytes part = { "\1", 1 };
	sio_delivery binary = { .binary = &part, .nbinary = 1, .flags = SIO_PLAIN };
	say(&t, 0, NULL, "all", 1);
	sio_broadcast(t.ns[0], &binary, "b", sio_json("[%p]", (void *)sio_binary(0)));
	ck_assert_int_eq(sio_emit(socket_at(&t), "one", sio_json("[]")), SIO_OK);
	end_turn(t.s[0]);
	HEARD(t.g.peer, "");
	cluster_turn(&t.c);
	HEARD(t.g.peer,
		"42[\"all\",1,\"2-0\"] 451-[\"b\",{\"_placeholder\":true,\"num\":0},\"3-0\"] <01> "
		"42[\"one\",\"4-0\"]");
	end(&t);
}
END_TEST

/* cluster.md 18: those behind it that need not wait carry what they always do. */
START_TEST(what_comes_behind_it_waits_for_it)
{
	pair t;
	begin(&t);
	const sio_delivery volatil = { .flags = SIO_VOLATILE }, local = { .flags = SIO_LOCAL };
	const sio_delivery asks = { .on_ack = note_ack, .user = t.s[0], .flags = SIO_LOCAL };
	sio_socket *k = socket_at(&t);
	say(&t, 0, NULL, "a", 1);
	say(&t, 0, &local, "b", 2);
	sio_broadcast(t.ns[0], &local, "c", sio_json("['text']"));
	sio_emit_with(k, &volatil, "d", sio_json("[]"));
	sio_emit_with(k, &asks, "e", sio_json("['text']"));
	ck_assert_int_eq(sio_broadcast(t.ns[0], &asks, "f", sio_json("[3]")), SIO_OK);
	end_turn(t.s[0]);
	HEARD(t.g.peer, "");
	cluster_turn(&t.c);
	HEARD(t.g.peer, "42[\"a\",1,\"2-0\"] 42[\"b\",2] 42[\"c\",\"text\",\"2-0\"] 42[\"d\","
			"\"2-0\"] 420[\"e\",\"text\"] 421[\"f\",3]");
	receive(t.g.peer, "430[7]");
	receive(t.g.peer, "431[8]");
	NOTED(t.s[0], "ack:SIO_OK[7] ack:SIO_OK[8]");
	/* Alone they do not wait. */
	sio_emit_with(k, &volatil, "d", sio_json("[1]"));
	end_turn(t.s[0]);
	HEARD(t.g.peer, "42[\"d\",1]");
	sio_emit_with(k, &volatil, "d", sio_json("['text']"));
	end_turn(t.s[0]);
	HEARD(t.g.peer, "42[\"d\",\"text\",\"2-0\"]");
	end(&t);
}
END_TEST

static void say_and_answer(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_emit(k, "before", sio_json("[1]"));
	sio_reply(ev->ack, sio_json("['text']"));
	sio_emit(k, "behind", sio_json("[2]"));
}

/* cluster.md 18: answers too; who is not meant hears its own at once. */
START_TEST(answers_wait_for_it)
{
	pair t;
	begin(&t);
	peer *other = connect_client(t.s[0]);
	sio_on(t.ns[0], "q", say_and_answer, NULL);
	sio_on(t.ns[0], "echo", echo_event, NULL);
	receive(t.g.peer, "425[\"q\"]");
	HEARD(t.g.peer, "");
	receive(other, "426[\"echo\",6]");
	HEARD(other, "436[6]");
	cluster_turn(&t.c);
	HEARD(t.g.peer, "42[\"before\",1,\"2-0\"] 435[\"text\"] 42[\"behind\",2,\"3-0\"]");
	receive(t.g.peer, "427[\"q\"]");
	sio_disconnect(socket_at(&t), false);
	end_turn(t.s[0]);
	HEARD(t.g.peer, "42[\"before\",1] 437[\"text\"] 42[\"behind\",2] 41");
	end(&t);
}
END_TEST

static void note_sent(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	note(user, "sent:%s%s", ev->name, text_of(ev->args));
}

START_TEST(who_looks_at_what_is_sent_sees_it_once)
{
	pair t;
	begin(&t);
	sio_on_any_outgoing(t.ns[0], note_sent, t.s[0]);
	say(&t, 0, NULL, "a", 1);
	NOTED(t.s[0], "sent:a[1]");
	sio_emit(socket_at(&t), "b", sio_json("[2]"));
	cluster_turn(&t.c);
	NOTED(t.s[0], "sent:b[2]");
	HEARD(t.g.peer, "42[\"a\",1,\"2-0\"] 42[\"b\",2,\"3-0\"]");
	end(&t);
}
END_TEST

/* cluster.md 18 */
START_TEST(it_is_for_those_who_matched_when_it_was_sent)
{
	pair t;
	begin(&t);
	const sio_delivery to = { .to = SIO_ROOMS("in") }, later = { .to = SIO_ROOMS("later") };
	const sio_delivery except = { .except = SIO_ROOMS("later") };
	sio_socket *k = socket_at(&t);
	sio_join(k, "in");
	say(&t, 0, &to, "yes", 1);
	say(&t, 0, &later, "no", 2);
	say(&t, 0, &except, "yes", 3);
	sio_leave(k, "in");
	sio_join(k, "later");
	cluster_turn(&t.c);
	HEARD(t.g.peer, "42[\"yes\",1,\"2-0\"] 42[\"yes\",3,\"4-0\"]");
	end(&t);
}
END_TEST

/* cluster.md 18 */
START_TEST(who_is_disconnected_is_told_before)
{
	pair t;
	begin(&t);
	peer *other = connect_client(t.s[0]);
	say(&t, 0, NULL, "a", 1);
	sio_emit(socket_at(&t), "bye", sio_json("['text']"));
	sio_disconnect(socket_at(&t), false);
	end_turn(t.s[0]);
	HEARD(t.g.peer, "42[\"a\",1] 42[\"bye\",\"text\",\"1-0\"] 41");
	cluster_turn(&t.c);
	HEARD(t.g.peer, "");
	HEARD(other, "42[\"a\",1,\"2-0\"]");
	end(&t);
}
END_TEST

/* Also where the server takes leave; it has its offset if there is time. */
START_TEST(who_is_shut_out_is_told_before)
{
	pair t;
	begin(&t);
	say(&t, 0, NULL, "a", 1);
	ck_assert(!client_shut(t.g.peer->session, true));
	end_turn(t.s[0]);
	HEARD(t.g.peer, "");
	cluster_turn(&t.c);
	HEARD(t.g.peer, "42[\"a\",1,\"2-0\"]");
	ck_assert(client_shut(t.g.peer->session, true));
	end_turn(t.s[0]);
	ck_assert(t.g.peer->closed);
	peer *other = connect_client(t.s[0]);
	say(&t, 0, NULL, "a", 2);
	ck_assert(client_shut(other->session, false));
	end_turn(t.s[0]);
	HEARD(other, "42[\"a\",2]");
	ck_assert(other->closed);
	end(&t);
}
END_TEST

/* cluster.md 18: what waits for a client that is gone does no harm. */
START_TEST(who_is_gone_is_not_waited_for)
{
	pair t;
	begin(&t);
	for (int i = 0; i < 3; i++)
		say(&t, 0, NULL, "a", i);
	lose(&t);
	end_turn(t.s[0]);
	cluster_turn(&t.c);
	ck_assert_uint_eq(t.ns[0]->population, 0);
	/* At the end of a server neither. */
	peer *p = connect_client(t.s[0]);
	say(&t, 0, NULL, "a", 4);
	hang_up(p);
	connect_client(t.s[0]);
	say(&t, 0, NULL, "a", 5);
	end(&t);
}
END_TEST

/* cluster.md 8, 18 */
START_TEST(what_cannot_be_sent_comes_without_an_offset)
{
	pair t;
	begin(&t);
	say(&t, 0, NULL, "waits", 1);
	t.c.members[0].away = true;
	say(&t, 0, NULL, "alone", 2);
	end_turn(t.s[0]);
	HEARD(t.g.peer, "");
	cluster_turn(&t.c);
	HEARD(t.g.peer, "42[\"waits\",1,\"2-0\"] 42[\"alone\",2]");
	sio_broadcast(t.ns[0], NULL, "text", sio_json("['x']"));
	end_turn(t.s[0]);
	HEARD(t.g.peer, "42[\"text\",\"x\",\"2-0\"]");
	end(&t);
}
END_TEST

/* cluster.md 19 */
START_TEST(no_more_waits_than_the_limit)
{
	pair t;
	char large[3000];
	memset(large, 'x', sizeof large);
	begin_with(&t, &(sio_options){ .recovery_ms = MINUTE, .recovery_bytes = 2000 });
	say(&t, 0, NULL, "a", 1);
	HEARD(t.g.peer, "");
	sio_broadcast(t.ns[0], NULL, "b", sio_json("['%.*s', 2]", (int)sizeof large, large));
	end_turn(t.s[0]);
	ck_assert_uint_eq(sent_count(t.g.peer), 2);
	ck_assert_uint_eq(t.ns[0]->outbox.size, 0);
	forget_mail(t.g.peer);
	cluster_turn(&t.c);
	HEARD(t.g.peer, "");
	end(&t);
}
END_TEST

/* ---- Who comes back ---- */

/* cluster.md 20 */
START_TEST(who_comes_back_elsewhere_has_all_and_has_missed_nothing)
{
	pair t;
	begin(&t);
	sio_bytes part = { "\1\2", 2 };
	const sio_delivery some = { .to = SIO_ROOMS("x", "é") }, other = { .to = SIO_ROOMS("x") };
	const sio_delivery own = { .to = SIO_ROOMS(t.g.sid), .binary = &part, .nbinary = 1 };
	const sio_delivery muted = { .except = SIO_ROOMS("mute") };
	const sio_delivery volatil = { .flags = SIO_VOLATILE };
	char sid[GUEST_ID];
	strcpy(sid, t.g.sid);
	sio_join(socket_at(&t), "é");
	sio_join(socket_at(&t), "mute");
	sio_set_shared_data(socket_at(&t), sio_json("{n: 1}"));
	lose(&t);
	ck_assert_str_eq(t.c.lost[0].data, "{\"n\":1}");
	ck_assert_uint_eq(t.c.lost[0].ms, MINUTE);
	say(&t, 0, NULL, "all", 1);
	say(&t, 1, &some, "room", 2);
	sio_broadcast(t.ns[0], &own, "own", sio_json("[%p]", (void *)sio_binary(0)));
	say(&t, 1, &other, "no", 4);
	say(&t, 1, &muted, "no", 5);
	say(&t, 1, &volatil, "no", 6);
	cluster_turn(&t.c);
	come_to(&t, 1);
	GUEST_HEARD(&t.g, "42[\"all\",1] 42[\"room\",2] "
			  "451-[\"own\",{\"_placeholder\":true,\"num\":0}] <0102> 40=");
	ck_assert_str_eq(t.g.sid, sid);
	ck_assert(sio_recovered(socket_at(&t)) && sio_in_room(socket_at(&t), "é"));
	ck_assert_str_eq(text_of(sio_shared_data(socket_at(&t))), "{\"n\":1}");
	ck_assert_uint_eq(t.c.nlost, 0);
	say(&t, 0, &some, "live", 7);
	cluster_turn(&t.c);
	GUEST_HEARD(&t.g, "42[\"live\",7]");
	end(&t);
}
END_TEST

/* cluster.md 20 */
static sio_entry held;

static void hold(sio_socket *k, sio_entry entry, void *user)
{
	note(user, sio_recovered(k) ? "recovered" : "new");
	held = entry;
}

/* What was said before he came in, and stands behind it, he has not been told yet. */
START_TEST(what_still_waits_is_heard_by_who_has_come_back)
{
	pair t;
	begin_with(&t, &(sio_options){ .recovery_ms = MINUTE, .recovery_uses_middleware = true });
	sio_use(t.ns[0], hold, t.s[0]);
	const sio_delivery some = { .to = SIO_ROOMS("r") }, other = { .to = SIO_ROOMS("x") };
	sio_join(socket_at(&t), "r");
	lose(&t);
	say(&t, 0, NULL, "missed", 1);
	come_to(&t, 0);
	sio_admit(held);
	end_turn(t.s[0]);
	/* Behind the question for what was missed: */
	say(&t, 0, &some, "early", 2);
	say(&t, 0, &other, "no", 3);
	say(&t, 0, NULL, "early", 4);
	peer *stranger = open_client(t.s[0]);
	receive(stranger, "40");
	sio_admit(held);
	cluster_turn(&t.c);
	ck_assert(sio_recovered(socket_at(&t)));
	GUEST_HEARD(&t.g, "42[\"missed\",1] 40= 42[\"early\",2] 42[\"early\",4]");
	ck_assert_uint_eq(sent_count(stranger), 1);
	end(&t);
}
END_TEST

START_TEST(what_is_said_while_it_passes_middleware_is_not_missed)
{
	pair t;
	begin_with(&t, &(sio_options){ .recovery_ms = MINUTE, .recovery_uses_middleware = true });
	sio_use(t.ns[1], hold, t.s[1]);
	lose(&t);
	come_to(&t, 1);
	NOTED(t.s[1], "recovered");
	say(&t, 0, NULL, "a", 1);
	say(&t, 1, NULL, "b", 2);
	cluster_turn(&t.c);
	GUEST_HEARD(&t.g, "");
	sio_admit(held);
	cluster_turn(&t.c);
	GUEST_HEARD(&t.g, "42[\"a\",1] 42[\"b\",2] 40=");
	end(&t);
}
END_TEST

/* Though it need not otherwise; until then it stays what it is. */
START_TEST(who_may_be_of_another_namespace_passes_middleware)
{
	for (int unsure = 0; unsure < 2; unsure++) {
		pair t;
		begin(&t);
		sio_use(t.ns[1], hold, t.s[1]);
		lose(&t);
		ck_assert(!t.c.lost[0].unsure);
		t.c.lost[0].unsure = unsure;
		guest_again(&t.g, t.s[1], "/");
		hang_up(t.g.peer);
		cluster_turn(&t.c);
		ck_assert_int_eq(t.c.lost[0].unsure, unsure);
		come_to(&t, 1);
		NOTED(t.s[1], unsure ? "recovered" : "");
		if (unsure) {
			hang_up(t.g.peer);
			ck_assert(t.c.lost[0].unsure);
			come_to(&t, 1);
			sio_admit(held);
		}
		cluster_turn(&t.c);
		GUEST_HEARD(&t.g, "40=");
		lose(&t);
		ck_assert(!t.c.lost[0].unsure);
		end(&t);
	}
}
END_TEST

/* cluster.md 21: at each step of the way in. */
START_TEST(who_leaves_before_it_is_let_in_leaves_the_same_behind)
{
	pair t;
	begin_with(&t, &(sio_options){ .recovery_ms = MINUTE, .recovery_uses_middleware = true });
	sio_use(t.ns[1], hold, t.s[1]);
	sio_join(socket_at(&t), "r");
	lose(&t);
	cluster_lost before = t.c.lost[0];
	/* While the adapter is asked for it: */
	guest_again(&t.g, t.s[1], "/");
	hang_up(t.g.peer);
	cluster_turn(&t.c);
	ck_assert_uint_eq(t.c.nlost, 1);
	ck_assert_mem_eq(&t.c.lost[0], &before, sizeof before);
	/* in middleware: */
	come_to(&t, 1);
	ck_assert_uint_eq(t.c.nlost, 0);
	hang_up(t.g.peer);
	ck_assert_uint_eq(t.c.nlost, 1);
	ck_assert_mem_eq(&t.c.lost[0], &before, sizeof before);
	/* and while it is asked for what was missed. */
	come_to(&t, 1);
	sio_admit(held);
	end_turn(t.s[1]);
	hang_up(t.g.peer);
	cluster_turn(&t.c);
	ck_assert_uint_eq(t.c.nlost, 1);
	ck_assert_str_eq(t.c.lost[0].rooms, before.rooms);
	ck_assert_uint_eq(sio_count(t.ns[1], NULL), 0);
	come_to(&t, 0);
	GUEST_HEARD(&t.g, "40=");
	end(&t);
}
END_TEST

/* ---- Who does not ---- */

static void begins_anew(pair *t)
{
	GUEST_HEARD(&t->g, "40");
	ck_assert(!sio_recovered(socket_at(t)));
	ck_assert_ptr_null(sio_shared_data(socket_at(t))->child);
}

START_TEST(who_is_not_known_begins_anew)
{
	pair t;
	begin(&t);
	sio_set_shared_data(socket_at(&t), sio_json("{n: 1}"));
	lose(&t);
	cluster_lost l = t.c.lost[0];
	static const char *const wrong[] = { "", "short", "this-is-longer-than-20",
		"0123456789012345678!" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		t.c.lost[0] = l;
		strcpy(t.c.lost[0].id, wrong[i]);
		t.c.nlost = 1;
		strcpy(t.g.pid, l.pid);
		strcpy(t.g.offset, "1-0");
		come_to(&t, 1);
		begins_anew(&t);
		hang_up(t.g.peer);
	}
	/* One that is here already. */
	guest other = guest_come(t.s[1], "/");
	GUEST_HEARD(&other, "40");
	t.c.lost[0] = l;
	strcpy(t.c.lost[0].id, other.sid);
	t.c.nlost = 1;
	strcpy(t.g.pid, l.pid);
	come_to(&t, 1);
	begins_anew(&t);
	/* Nothing is kept of it, and nothing is asked. */
	t.c.nlost = 0;
	for (int i = 0; i < 2; i++) {
		come_to(&t, i);
		begins_anew(&t);
	}
	guest_say(&t.g, t.s[0], "/", "{\"pid\":\"%s\",\"offset\":7}");
	begins_anew(&t);
	end(&t);
}
END_TEST

/* cluster.md 22 */
START_TEST(without_an_answer_it_begins_anew)
{
	pair t;
	begin(&t);
	lose(&t);
	t.c.slow = true;
	come_to(&t, 1);
	wait_ms(t.s[1], TIMEOUT - 100);
	GUEST_HEARD(&t.g, "");
	wait_ms(t.s[1], 200);
	begins_anew(&t);
	/* An answer that is late is for the next one. */
	t.c.slow = false;
	cluster_turn(&t.c);
	ck_assert_uint_eq(t.c.nlost, 1);
	t.c.members[0].away = true;
	come_to(&t, 0);
	begins_anew(&t);
	end(&t);
}
END_TEST

/* cluster.md 22: the second answer does not come, is not whole, or cannot be asked for. */
START_TEST(without_what_it_missed_it_begins_anew)
{
	for (int way = 0; way < 3; way++) {
		pair t;
		begin_with(&t,
			&(sio_options){ .recovery_ms = MINUTE, .recovery_uses_middleware = true });
		sio_use(t.ns[1], hold, t.s[1]);
		char sid[GUEST_ID];
		strcpy(sid, t.g.sid);
		sio_set_shared_data(socket_at(&t), sio_json("{n: 1}"));
		lose(&t);
		come_to(&t, 1);
		t.c.slow = way == 0;
		t.c.torn = way == 1;
		t.c.members[1].away = way == 2;
		sio_admit(held);
		cluster_turn(&t.c);
		wait_ms(t.s[1], 2 * TIMEOUT);
		NOTED(t.s[1], "recovered new");
		sio_admit(held);
		end_turn(t.s[1]);
		begins_anew(&t);
		ck_assert_str_ne(t.g.sid, sid);
		ck_assert(sio_in_room(socket_at(&t), t.g.sid));
		ck_assert(!sio_in_room(socket_at(&t), sid));
		end(&t);
	}
}
END_TEST

static void furnish(sio_socket *k, sio_entry entry, void *user)
{
	hold(k, entry, user);
	sio_join(k, sio_recovered(k) ? "recovered" : "new");
	sio_socket_on(k, "e", note_event, NULL);
	sio_socket_on_any(k, note_event, "any:");
}

/* Middleware that it passes twice has let in one that is gone, and one that has come. */
START_TEST(who_begins_anew_is_another_one)
{
	pair t;
	begin_with(&t, &(sio_options){ .recovery_ms = MINUTE, .recovery_uses_middleware = true });
	sio_use(t.ns[1], furnish, t.s[1]);
	lose(&t);
	come_to(&t, 1);
	t.c.torn = true;
	sio_admit(held);
	cluster_turn(&t.c);
	sio_admit(held);
	end_turn(t.s[1]);
	begins_anew(&t);
	NOTED(t.s[1], "recovered new");
	receive(t.g.peer, "42[\"e\",1]");
	NOTED(t.s[1], "any:e[1] e[1]");
	ck_assert(sio_in_room(socket_at(&t), "new"));
	ck_assert(!sio_in_room(socket_at(&t), "recovered"));
	end(&t);
}
END_TEST

/* ---- What waits no longer, while somebody comes back ---- */

static void say_much(sio_ns *ns)
{
	char large[3000];
	memset(large, 'x', sizeof large);
	sio_broadcast(ns, NULL, "large", sio_json("['%.*s', 2]", (int)sizeof large, large));
}

static void say_much_to(sio_socket *k, void *user)
{
	(void)user;
	say_much(sio_namespace(k));
}

/* It is asked for what it has missed. */
static void begin_coming_back(pair *t)
{
	begin_with(t, &(sio_options){ .recovery_ms = MINUTE,
			      .recovery_bytes = 2000,
			      .recovery_uses_middleware = true });
	sio_use(t->ns[0], hold, t->s[0]);
	lose(t);
	come_to(t, 0);
	sio_admit(held);
	end_turn(t->s[0]);
}

/* cluster.md 19: also without an offset. */
START_TEST(what_waits_no_longer_is_heard_by_who_has_come_back)
{
	pair t;
	const sio_delivery local = { .flags = SIO_LOCAL };
	begin_coming_back(&t);
	say(&t, 0, NULL, "early", 2);
	say(&t, 0, &local, "no", 3);
	sio_on_connect(t.ns[0], say_much_to, NULL);
	cluster_turn(&t.c);
	ck_assert(sio_recovered(socket_at(&t)));
	ck_assert_uint_eq(sent_count(t.g.peer), 3);
	ck_assert_int_eq(memcmp(bytes_data(sent(t.g.peer, 1)), "42[\"early\",2]", 13), 0);
	forget_mail(t.g.peer);
	end(&t);
}
END_TEST

/* cluster.md 22: nobody can say whether it was among what was missed. */
START_TEST(what_waits_no_longer_may_be_missed_by_who_is_coming_back)
{
	pair t;
	begin_coming_back(&t);
	say(&t, 0, NULL, "early", 2);
	say_much(t.ns[0]);
	cluster_turn(&t.c);
	NOTED(t.s[0], "recovered new");
	sio_admit(held);
	end_turn(t.s[0]);
	begins_anew(&t);
	end(&t);
}
END_TEST

/* cluster.md 22: for its queue, or for what may be held for it. */
START_TEST(who_has_missed_too_much_begins_anew)
{
	static const struct {
		sio_options o;
		int missed;
		bool fits;
	} cases[] = {
		{ { .recovery_ms = MINUTE, .max_queue = 3000 }, 4, true },
		{ { .recovery_ms = MINUTE, .max_queue = 3000 }, 6, false },
		{ { .recovery_ms = MINUTE, .max_held = 8000 }, 4, true },
		{ { .recovery_ms = MINUTE, .max_held = 8000 }, 12, false },
	};
	char text[600];
	memset(text, 'x', sizeof text);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		pair t;
		begin_with(&t, &cases[i].o);
		lose(&t);
		for (int n = 0; n < cases[i].missed; n++)
			sio_broadcast(
				t.ns[1], NULL, "e", sio_json("['%.*s']", (int)sizeof text, text));
		cluster_turn(&t.c);
		come_to(&t, 1);
		ck_assert_int_eq(sio_recovered(socket_at(&t)), cases[i].fits);
		ck_assert_uint_eq(sent_count(t.g.peer), cases[i].fits ? 5 : 1);
		size_t bytes_held = session_held(t.g.peer->session);
		ck_assert_msg(bytes_held < 2000, "%zu bytes", bytes_held);
		end(&t);
	}
}
END_TEST

/* Of the one that is coming back. */
static uint64_t its_number(const sio_server *s)
{
	const tickets *all = &s->io.tickets;
	uint32_t i = 0;
	while (i < all->cap && all->at[i].kind != TICKET_HOMECOMING)
		i++;
	ck_assert_uint_lt(i, all->cap);
	return (uint64_t)all->at[i].generation << 32 | (i + 1);
}

/* Of what it has missed no more is asked for than is of use. */
START_TEST(who_does_not_wait_is_not_told_what_it_has_missed)
{
	const sio_event ev = { .name = "e", .args = sio_json("[1]") };
	const sio_delivery all = { .flags = 0 };
	const sio_cluster_message m = {
		.type = SIO_CLUSTER_EMIT, .who = &all, .event = &ev, .offset = "1-0"
	};
	for (int way = 0; way < 2; way++) {
		pair t;
		begin_with(&t, &(sio_options){ .recovery_ms = MINUTE,
				       .max_queue = 3000,
				       .recovery_uses_middleware = true });
		sio_use(t.ns[1], hold, t.s[1]);
		lose(&t);
		come_to(&t, 1);
		uint64_t number = its_number(t.s[1]);
		t.c.slow = true;
		sio_admit(held);
		end_turn(t.s[1]);
		ck_assert_int_eq(sio_cluster_missed(t.ns[1], number, NULL), SIO_OK);
		ck_assert_int_eq(sio_cluster_missed(t.ns[1], number, &m), SIO_OK);
		int n = 0;
		if (way == 0)
			hang_up(t.g.peer);
		else
			while (n < 1000 && !sio_cluster_missed(t.ns[1], number, &m))
				n++;
		ck_assert_int_lt(n, 1000);
		ck_assert_int_eq(sio_cluster_missed(t.ns[1], number, NULL), SIO_EGONE);
		ck_assert_int_eq(sio_cluster_missed(t.ns[1], number, &m), SIO_EGONE);
		end_turn(t.s[1]);
		NOTED(t.s[1], way ? "recovered new" : "recovered");
		t.c.slow = false;
		cluster_turn(&t.c);
		end(&t);
	}
	json_free((cJSON *)(uintptr_t)ev.args);
}
END_TEST

/* cluster.md 22: what else it was sent meanwhile counts when it is let in. */
START_TEST(who_has_got_behind_meanwhile_begins_anew)
{
	const sio_delivery all = { .flags = 0 }, local = { .flags = SIO_LOCAL };
	char text[2000];
	memset(text, 'x', sizeof text);
	for (int way = 0; way < 2; way++) {
		cJSON *args = sio_json("['%.*s']", (int)sizeof text, text);
		const sio_event ev = { .name = "e", .args = args };
		const sio_cluster_message m = {
			.type = SIO_CLUSTER_EMIT, .who = &all, .event = &ev, .offset = "2-0"
		};
		pair t;
		begin_with(&t, &(sio_options){ .recovery_ms = MINUTE,
				       .max_queue = 3000,
				       .recovery_uses_middleware = true });
		sio_ns *other = sio_of(t.s[1], "/other");
		sio_use(t.ns[1], hold, t.s[1]);
		lose(&t);
		come_to(&t, 1);
		enter(t.g.peer, "/other");
		uint64_t number = its_number(t.s[1]);
		t.c.slow = true;
		sio_admit(held);
		end_turn(t.s[1]);
		ck_assert_int_eq(sio_cluster_missed(t.ns[1], number, &m), SIO_OK);
		t.g.peer->slow = way == 1;
		sio_broadcast(other, &local, "o", cJSON_Duplicate(args, true));
		end_turn(t.s[1]);
		sio_cluster_replayed(t.ns[1], number, true);
		end_turn(t.s[1]);
		if (way == 1)
			sio_admit(held);
		end_turn(t.s[1]);
		ck_assert(!t.g.peer->closed);
		ck_assert_int_eq(sio_recovered(socket_at(&t)), way == 0);
		t.c.slow = false;
		cluster_turn(&t.c);
		json_free(args);
		end(&t);
	}
}
END_TEST

START_TEST(asking_anew_replaces_the_first_question)
{
	pair t;
	begin(&t);
	lose(&t);
	guest_again(&t.g, t.s[1], "/");
	guest_say(&t.g, NULL, "/", "");
	cluster_turn(&t.c);
	begins_anew(&t);
	ck_assert_uint_eq(t.c.nlost, 1);
	end(&t);
}
END_TEST

START_TEST(asking_for_ever_is_of_no_use)
{
	pair t;
	begin_with(&t, &(sio_options){ .recovery_ms = MINUTE, .max_sockets = 20 });
	lose(&t);
	t.c.slow = true;
	guest_again(&t.g, t.s[1], "/");
	for (int n = 1; n < 20; n++) {
		guest_say(&t.g, NULL, "/", "{\"pid\":\"%s\",\"offset\":\"1-0\"}");
		HEARD(t.g.peer, "");
	}
	guest_say(&t.g, NULL, "/", "{\"pid\":\"%s\",\"offset\":\"1-0\"}");
	begins_anew(&t);
	t.c.slow = false;
	cluster_turn(&t.c);
	ck_assert_uint_eq(t.c.nlost, 1);
	end(&t);
}
END_TEST

/* It is not let in yet. */
START_TEST(events_before_the_answer_close_the_connection)
{
	pair t;
	begin(&t);
	lose(&t);
	guest_again(&t.g, t.s[1], "/");
	receive(t.g.peer, "42[\"x\"]");
	ck_assert(t.g.peer->closed);
	cluster_turn(&t.c);
	ck_assert_uint_eq(t.c.nlost, 1);
	end(&t);
}
END_TEST

/* What the application gave it itself ends with the socket (cluster.md 20). */
static void count_freed(void *data)
{
	++*(int *)data;
}

START_TEST(data_of_the_application_ends_with_the_socket)
{
	pair t;
	int freed = 0;
	begin(&t);
	sio_set_data(socket_at(&t), &freed, count_freed);
	lose(&t);
	ck_assert_int_eq(freed, 1);
	come_to(&t, 0);
	GUEST_HEARD(&t.g, "40=");
	ck_assert_ptr_null(sio_data(socket_at(&t)));
	end(&t);
}
END_TEST

/* ---- The interface ---- */

START_TEST(who_keeps_does_it_all)
{
	pair t;
	begin(&t);
	sio_server *s = lab_new();
	sio_adapter half = *t.s[0]->io.adapter;
	half.position = NULL;
	ck_assert_int_eq(sio_use_adapter(s, &half), SIO_EINVAL);
	lab_close(s);
	const sio_cluster_message none = { .type = SIO_CLUSTER_JOIN };
	ck_assert_int_eq(sio_cluster_missed(t.ns[0], 1, &none), SIO_EINVAL);
	ck_assert_int_eq(sio_cluster_restored(t.ns[0], 1, NULL), SIO_EGONE);
	sio_cluster_replayed(t.ns[0], 1, true);
	sio_cluster_sent(t.ns[0], 99, "1-0");
	const sio_delivery all = { 0 };
	cJSON *args = cJSON_CreateArray();
	const sio_event ev = { .name = "e", .args = args };
	sio_cluster_message m = { .type = SIO_CLUSTER_EMIT, .who = &all, .event = &ev };
	static const char *const wrong[] = { "", "1\"", "a\\", "\x7f",
		"12345678901234567890123456789012345678901234567890123456789012345" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		m.offset = wrong[i];
		ck_assert_int_eq(sio_cluster_receive(t.ns[0], &m), SIO_EINVAL);
	}
	json_free(args);
	end_turn(t.s[0]);
	HEARD(t.g.peer, "");
	end(&t);
}
END_TEST

/* Without recovery_ms it is as any other. */
START_TEST(without_recovery_nothing_waits)
{
	pair t;
	cluster_init(&t.c);
	t.c.keeps = true;
	sio_server *s = lab_new();
	ck_assert_int_eq(cluster_join(&t.c, s, 0), SIO_OK);
	peer *p = connect_client(s);
	sio_broadcast(sio_of(s, "/"), NULL, "a", sio_json("['x']"));
	sio_emit(socket_of(p, "/"), "b", sio_json("[]"));
	end_turn(s);
	HEARD(p, "42[\"a\",\"x\"] 42[\"b\"]");
	ck_assert_uint_eq(t.c.members[0].sent, 1);
	cluster_close_labs(&t.c, &s, 1);
}
END_TEST

UNIT_MAIN("homecoming", an_event_comes_with_its_offset_when_the_adapter_says_so,
	what_comes_behind_it_waits_for_it, answers_wait_for_it,
	who_looks_at_what_is_sent_sees_it_once, it_is_for_those_who_matched_when_it_was_sent,
	who_is_disconnected_is_told_before, who_is_shut_out_is_told_before,
	who_is_gone_is_not_waited_for, what_cannot_be_sent_comes_without_an_offset,
	no_more_waits_than_the_limit, who_comes_back_elsewhere_has_all_and_has_missed_nothing,
	what_still_waits_is_heard_by_who_has_come_back,
	what_is_said_while_it_passes_middleware_is_not_missed,
	who_may_be_of_another_namespace_passes_middleware,
	who_leaves_before_it_is_let_in_leaves_the_same_behind, who_is_not_known_begins_anew,
	without_an_answer_it_begins_anew, without_what_it_missed_it_begins_anew,
	who_begins_anew_is_another_one, what_waits_no_longer_is_heard_by_who_has_come_back,
	what_waits_no_longer_may_be_missed_by_who_is_coming_back,
	who_has_missed_too_much_begins_anew, who_does_not_wait_is_not_told_what_it_has_missed,
	who_has_got_behind_meanwhile_begins_anew, asking_anew_replaces_the_first_question,
	asking_for_ever_is_of_no_use, events_before_the_answer_close_the_connection,
	data_of_the_application_ends_with_the_socket, who_keeps_does_it_all,
	without_recovery_nothing_waits)
