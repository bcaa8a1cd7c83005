/* SPDX-License-Identifier: MIT */
/* Coming back: middleware on the way, what does not fit, and what the application's data become
 * (socket.io.md, "Connection state recovery"). */
#include "../support/failing_malloc.h"
#include "../support/guest.h"
#include "../support/unit.h"

enum { MINUTE = 60000 };

static void tell(sio_server *s, const sio_delivery *how, const char *event, int n)
{
	ck_assert_int_eq(sio_broadcast(sio_of(s, "/"), how, event, sio_json("[%d]", n)), SIO_OK);
	end_turn(s);
}

static guest seen_guest(sio_server *s)
{
	guest g = guest_come(s, "/");
	tell(s, NULL, "seen", 0);
	GUEST_HEARD(&g, "40 42[\"seen\",0]");
	return g;
}

/* ---- Middleware ---- */

static sio_entry kept;

static void admit(sio_socket *k, sio_entry entry, void *user)
{
	note(user, "use:%s%s", sio_connected(k) ? "connected" : "",
		sio_recovered(k) ? "recovered" : "new");
	sio_admit(entry);
}

static void keep(sio_socket *k, sio_entry entry, void *user)
{
	(void)k;
	(void)user;
	kept = entry;
}

static void refuse(sio_socket *k, sio_entry entry, void *user)
{
	(void)user;
	if (sio_recovered(k))
		sio_refuse(entry, "no", NULL);
	else
		sio_admit(entry);
}

static void admit_kept(sio_server *s)
{
	ck_assert_int_eq(sio_admit(kept), SIO_OK);
	end_turn(s);
}

static sio_server *lab_with_middleware(sio_use_fn *fn)
{
	sio_server *s = lab_new_with(&(sio_options){ .recovery_ms = MINUTE,
		.recovery_uses_middleware = true,
		.connect_timeout_ms = 10 * MINUTE });
	sio_use(sio_of(s, "/"), fn, s);
	return s;
}

START_TEST(middleware_is_passed_over_unless_it_is_wanted)
{
	for (int wanted = 0; wanted < 2; wanted++) {
		sio_server *s = lab_new_with(&(sio_options){
			.recovery_ms = MINUTE, .recovery_uses_middleware = wanted });
		sio_use(sio_of(s, "/"), admit, s);
		guest g = seen_guest(s);
		hang_up(g.peer);
		guest_again(&g, s, "/");
		GUEST_HEARD(&g, "40=");
		NOTED(s, wanted ? "use:new use:recovered" : "use:new");
		lab_close(s);
	}
}
END_TEST

/* What is sent while middleware thinks is missed as well. */
START_TEST(middleware_may_take_its_time)
{
	sio_server *s = lab_with_middleware(keep);
	guest g = guest_come(s, "/");
	tell(s, NULL, "early", 0);
	admit_kept(s);
	tell(s, NULL, "seen", 0);
	GUEST_HEARD(&g, "40 42[\"seen\",0]");
	hang_up(g.peer);
	tell(s, NULL, "missed", 1);
	guest_again(&g, s, "/");
	tell(s, NULL, "missed", 2);
	GUEST_HEARD(&g, "");
	admit_kept(s);
	tell(s, NULL, "next", 3);
	GUEST_HEARD(&g, "42[\"missed\",1] 42[\"missed\",2] 40= 42[\"next\",3]");
	lab_close(s);
}
END_TEST

/* A client that has heard nothing is not sent what there was before it was let in. */
START_TEST(what_was_sent_before_it_was_let_in_is_not_missed)
{
	sio_server *s = lab_with_middleware(keep);
	guest g = guest_come(s, "/");
	tell(s, NULL, "early", 0);
	admit_kept(s);
	GUEST_HEARD(&g, "40");
	hang_up(g.peer);
	guest_again(&g, s, "/");
	admit_kept(s);
	GUEST_HEARD(&g, "40=");
	lab_close(s);
}
END_TEST

START_TEST(who_is_lost_in_middleware_comes_back_all_the_same)
{
	sio_server *s = lab_with_middleware(keep);
	guest g = guest_come(s, "/");
	admit_kept(s);
	tell(s, NULL, "seen", 0);
	GUEST_HEARD(&g, "40 42[\"seen\",0]");
	int data = 0;
	sio_set_data(socket_of(g.peer, "/"), &data, NULL);
	hang_up(g.peer);
	for (int i = 1; i < 4; i++) {
		tell(s, NULL, "missed", i);
		guest_again(&g, s, "/");
		hang_up(g.peer);
		ck_assert_int_eq(sio_admit(kept), SIO_EGONE);
	}
	guest_again(&g, s, "/");
	admit_kept(s);
	GUEST_HEARD(&g, "42[\"missed\",1] 42[\"missed\",2] 42[\"missed\",3] 40=");
	ck_assert_ptr_eq(sio_data(socket_of(g.peer, "/")), &data);
	lab_close(s);
}
END_TEST

START_TEST(who_asks_twice_comes_back_all_the_same)
{
	sio_server *s = lab_with_middleware(keep);
	guest g = guest_come(s, "/");
	admit_kept(s);
	GUEST_HEARD(&g, "40");
	hang_up(g.peer);
	tell(s, NULL, "missed", 1);
	guest_again(&g, s, "/");
	guest_again(&g, NULL, "/");
	guest_again(&g, NULL, "/");
	admit_kept(s);
	GUEST_HEARD(&g, "42[\"missed\",1] 40=");
	lab_close(s);
}
END_TEST

START_TEST(who_is_refused_does_not_come_back)
{
	sio_server *s = lab_with_middleware(refuse);
	guest g = seen_guest(s);
	hang_up(g.peer);
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, "44{\"message\":\"no\"}");
	guest_again(&g, s, "/");
	GUEST_HEARD(&g, "40");
	lab_close(s);
}
END_TEST

/* Nobody hears of a socket that could not be restored in the end. */
START_TEST(what_is_dropped_while_middleware_thinks_makes_it_begin_anew)
{
	sio_server *s = lab_with_middleware(keep);
	sio_on_connect(sio_of(s, "/"), note_connect, NULL);
	sio_on_disconnect(sio_of(s, "/"), note_left, NULL);
	guest g = guest_come(s, "/");
	admit_kept(s);
	tell(s, NULL, "seen", 0);
	GUEST_HEARD(&g, "40 42[\"seen\",0]");
	hang_up(g.peer);
	tell(s, NULL, "missed", 1);
	NOTED(s, "connect:/ left:/:transport close");
	guest_again(&g, s, "/");
	wait_ms(s, MINUTE + 1);
	admit_kept(s);
	GUEST_HEARD(&g, "");
	ck_assert(g.peer->closed);
	NOTED(s, "");
	guest_again(&g, s, "/");
	admit_kept(s);
	GUEST_HEARD(&g, "40");
	lab_close(s);
}
END_TEST

/* ---- What does not fit ---- */

static void missed_of_so_many_bytes(
	size_t len, const sio_options *o, sio_policy policy, const char *expected)
{
	sio_server *s = lab_new_with(o);
	guest g = seen_guest(s);
	hang_up(g.peer);
	char fill[1000];
	memset(fill, 'x', sizeof fill);
	/* 4 2 [ " x " , " fill " , " ten digits " ] */
	const sio_delivery how = { .policy = policy };
	sio_broadcast(sio_of(s, "/"), &how, "x", sio_json("[%.*s]", (int)len - 23, fill));
	sio_broadcast(sio_of(s, "/"), &how, "x", sio_json("[%.*s]", 500 - 23, fill));
	guest_again(&g, s, "/");
	ck_assert(!g.peer->closed);
	ck_assert_str_eq(guest_heard(&g) + strlen(g.text) - strlen(expected), expected);
	ck_assert_uint_eq(strlen(g.text) > 3, expected[2] == '=');
	lab_close(s);
}

/* Else it would be cut off, come back, and be cut off again. */
START_TEST(what_does_not_fit_into_its_queue_is_not_sent_again)
{
	const sio_options o = { .recovery_ms = MINUTE, .max_queue = 1000 };
	missed_of_so_many_bytes(400, &o, SIO_WAIT, "40=");
	missed_of_so_many_bytes(501, &o, SIO_WAIT, "40");
	/* The answer must fit in as well. */
	for (size_t len = 430; len <= 500; len++)
		missed_of_so_many_bytes(len, &o, SIO_WAIT, len <= 435 ? "40=" : "40");
}
END_TEST

/* Many small events are more than their bytes. */
START_TEST(what_could_not_be_held_for_it_is_not_sent_again)
{
	for (size_t held = 8000; held <= 16000; held += 8000) {
		sio_server *s =
			lab_new_with(&(sio_options){ .recovery_ms = MINUTE, .max_held = held });
		guest g = seen_guest(s);
		hang_up(g.peer);
		for (int i = 0; i < 100; i++)
			sio_broadcast(sio_of(s, "/"), NULL, "x", sio_json("[]"));
		guest_again(&g, s, "/");
		ck_assert(!g.peer->closed);
		size_t len = strlen(guest_heard(&g));
		ck_assert_str_eq(g.text + len - (held > 8000 ? 3 : 2), held > 8000 ? "40=" : "40");
		lab_close(s);
	}
}
END_TEST

START_TEST(who_would_be_cut_off_for_being_behind_begins_anew)
{
	const sio_options o = { .recovery_ms = MINUTE, .high_water = 500 };
	missed_of_so_many_bytes(500, &o, SIO_DISCONNECT, "40=");
	missed_of_so_many_bytes(501, &o, SIO_DISCONNECT, "40");
	missed_of_so_many_bytes(501, &o, SIO_WAIT, "40=");
}
END_TEST

/* ---- Data ---- */

static unsigned freed;

static void free_data(void *data)
{
	(void)data;
	freed++;
}

START_TEST(data_are_freed_when_nobody_comes_back_for_them)
{
	sio_server *s = lab_new_with(&(sio_options){ .recovery_ms = 1000 });
	freed = 0;
	guest g = seen_guest(s);
	sio_set_data(socket_of(g.peer, "/"), &g, free_data);
	hang_up(g.peer);
	ck_assert_uint_eq(freed, 0);
	/* Not inside a call of the application's. */
	wheel_turn(&s->wheel, s->wheel.now + 1000);
	s->wheel.time += 2;
	sio_broadcast(sio_of(s, "/"), NULL, "x", sio_json("[]"));
	ck_assert_uint_eq(freed, 0);
	wait_ms(s, 100);
	ck_assert_uint_eq(freed, 1);
	lab_close(s);
	ck_assert_uint_eq(freed, 1);
}
END_TEST

START_TEST(data_are_freed_at_the_end)
{
	sio_server *s = lab_new_with(&(sio_options){ .recovery_ms = MINUTE });
	freed = 0;
	guest g = seen_guest(s), h = guest_come(s, "/");
	sio_set_data(socket_of(g.peer, "/"), &g, free_data);
	sio_set_data(socket_of(h.peer, "/"), &h, free_data);
	hang_up(g.peer);
	lab_close(s);
	ck_assert_uint_eq(freed, 2);
}
END_TEST

START_TEST(all_is_forgotten_in_time)
{
	sio_server *s = lab_new_with(&(sio_options){ .recovery_ms = 10 * MINUTE });
	recovery *r = &sio_of(s, "/")->recovery;
	guest g = seen_guest(s);
	hang_up(g.peer);
	ck_assert(!list_empty(&r->journal) && !list_empty(&r->album));
	for (int i = 0; i < 12; i++)
		wait_ms(s, MINUTE);
	ck_assert(list_empty(&r->journal) && list_empty(&r->album));
	ck_assert_uint_eq(r->bytes, 0);
	ck_assert_uint_eq(r->lost.count, 0);
	ck_assert(!timer_running(&s->io.sweep));
	lab_close(s);
}
END_TEST

/* ---- Memory ---- */

static bool lost_and_back(size_t n, bool *ran)
{
	sio_server *s = lab_new_with(&(sio_options){ .recovery_ms = MINUTE });
	guest g = seen_guest(s), other = guest_come(s, "/");
	sio_socket *k = socket_of(g.peer, "/");
	sio_join(k, "a");
	sio_join(k, "b");
	sio_set_data(k, &g, free_data);
	freed = 0;
	forget_mail(other.peer);
	sio_bytes many[9] = { { NULL, 0 } };
	const sio_delivery how = { .to = SIO_ROOMS("a"), .binary = many, .nbinary = 9 };

	failing_malloc_after(n);
	hang_up(g.peer);
	sio_err sent = sio_broadcast(sio_of(s, "/"), NULL, "m", sio_json("[1]"));
	sio_err also = sio_broadcast(sio_of(s, "/"), &how, "m", sio_json("[2]"));
	guest_again(&g, s, "/");
	*ran = failing_malloc_off();

	if (!g.peer || !g.peer->session || g.peer->closed) {
		/* Once more, with memory. */
		guest_again(&g, s, "/");
	}
	k = socket_of(g.peer, "/");
	ck_assert_ptr_nonnull(k);
	const char *text = guest_heard(&g);
	bool back = sio_recovered(k);
	if (back) {
		ck_assert(sio_in_room(k, "a") && sio_in_room(k, "b"));
		ck_assert_ptr_eq(sio_data(k), &g);
		ck_assert_int_eq(!!strstr(text, "[\"m\",1]"), sent == SIO_OK);
		ck_assert_int_eq(!!strstr(text, "[\"m\"]"), false);
		ck_assert_int_eq(!!strstr(text, "459-[\"m\",2]"), also == SIO_OK);
	}
	lab_close(s);
	ck_assert_uint_eq(freed, 1);
	return back;
}

/* Who is recovered has lost nothing, whatever failed; who is not begins anew. */
START_TEST(without_memory_a_client_begins_anew)
{
	bool ran = true, back = false;
	for (size_t n = 0; ran; n++)
		back = lost_and_back(n, &ran);
	ck_assert(back);
}
END_TEST

UNIT_MAIN("recovery_entry", middleware_is_passed_over_unless_it_is_wanted,
	middleware_may_take_its_time, what_was_sent_before_it_was_let_in_is_not_missed,
	who_is_lost_in_middleware_comes_back_all_the_same, who_asks_twice_comes_back_all_the_same,
	who_is_refused_does_not_come_back,
	what_is_dropped_while_middleware_thinks_makes_it_begin_anew,
	what_does_not_fit_into_its_queue_is_not_sent_again,
	what_could_not_be_held_for_it_is_not_sent_again,
	who_would_be_cut_off_for_being_behind_begins_anew,
	data_are_freed_when_nobody_comes_back_for_them, data_are_freed_at_the_end,
	all_is_forgotten_in_time, without_memory_a_client_begins_anew)
