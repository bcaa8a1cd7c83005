/* SPDX-License-Identifier: MIT */
/* A session that uses everything, with each of its allocations failed once: nothing crashes, leaks,
 * or is told twice, and who has entered also leaves. */
#include "../support/failing_malloc.h"
#include "../support/lab.h"
#include "../support/unit.h"

/* Counted, since writing down would allocate. */
static unsigned misnamed, entered, left, data_set, data_freed, asked, ended;
static sio_entry entry;
static sio_ack ack;

static void free_data(void *data)
{
	(void)data;
	data_freed++;
}

static void on_connect(sio_socket *k, void *user)
{
	entered++;
	data_set++;
	sio_set_data(k, user, free_data);
	sio_join(k, "room");
	sio_join(k, "other");
	sio_leave(k, "other");
	sio_emit(k, "hello", sio_json("[%s]", sio_id(k)));
}

static void on_left(sio_socket *k, const char *reason, void *user)
{
	(void)k;
	(void)reason;
	(void)user;
	left++;
}

static void keep_entry(sio_socket *k, sio_entry e, void *user)
{
	(void)k;
	(void)user;
	entry = e;
}

static void admit(sio_socket *k, sio_entry e, void *user)
{
	(void)user;
	sio_join(k, "early");
	sio_admit(e);
}

static void keep_ack(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	ack = ev->ack;
}

static void on_ack(sio_err err, const cJSON *args, void *user)
{
	(void)err;
	(void)args;
	(void)user;
	ended++;
}

static void on_answer(sio_socket *k, const sio_event *ev, void *user)
{
	(void)ev;
	(void)user;
	sio_emit(k, "thanks", sio_json("[]"));
}

static void on_misnamed(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)ev;
	(void)user;
	misnamed++;
}

static void on_event(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_binary_of(ev, ev->args->child);
	sio_socket_once(k, "late", keep_ack, NULL);
}

static void leave_room(const char *name, void *user)
{
	sio_leave(user, name);
}

static void greet(sio_socket *k, void *user)
{
	(void)user;
	sio_rooms(k, leave_room, k);
	sio_join(k, "room");
}

static const sio_bytes parts[9] = { { "x", 1 }, { "y", 1 } };

static void ask(sio_socket *k, unsigned timeout_ms, size_t nparts)
{
	sio_delivery how = { .on_ack = on_ack,
		.on_answer = on_answer,
		.timeout_ms = timeout_ms,
		.binary = parts,
		.nbinary = nparts };
	if (k && sio_emit_with(k, &how, "q", sio_json("[1]")) == SIO_OK)
		asked++;
}

static void ask_all(sio_server *s, unsigned timeout_ms, size_t nparts)
{
	sio_delivery how = { .to = SIO_ROOMS("room", "early"),
		.except = SIO_ROOMS("nobody"),
		.on_ack = on_ack,
		.on_answer = on_answer,
		.timeout_ms = timeout_ms,
		.binary = parts,
		.nbinary = nparts };
	if (sio_broadcast(sio_of(s, "/"), &how, "q", sio_json("[%p]", (void *)sio_binary(0))) ==
		SIO_OK)
		asked++;
}

/* false: one could not be given, as an application finds out before it listens. */
static bool give_handlers(sio_server *s)
{
	sio_ns *ns = sio_of(s, "/"), *chat = sio_of(s, "/chat");
	return chat && !sio_on_connect(ns, on_connect, s) && !sio_on_disconnect(ns, on_left, s) &&
	       !sio_on(ns, "keep", keep_ack, NULL) && !sio_on(ns, "echo", echo_event, NULL) &&
	       !sio_on(ns, "", on_misnamed, NULL) && !sio_on(ns, "\xc3\xa4", on_event, NULL) &&
	       !sio_use(chat, keep_entry, NULL) && !sio_use(chat, admit, NULL) &&
	       !sio_on_connect(chat, on_connect, s) && !sio_on_disconnect(chat, on_left, s);
}

static void clients_speak(sio_server *s, peer *p, peer *q)
{
	receive(p, "40");
	receive(q, "40{\"token\":{\"x\":[1]}}");
	receive(p, "40/nope,");
	receive(p, "40/chat,");
	sio_admit(entry);
	end_turn(s);
	receive(q, "40/chat,");
	sio_refuse(entry, "no", sio_json("{why: 'not'}"));
	end_turn(s);
	receive(p, "427[\"echo\",{\"a\":[1,\"\\u0000\"]}]");
	receive(p, "452-8[\"echo\",{\"_placeholder\":true,\"num\":1}]");
	receive(p, "beA==");
	receive(p, "beQ==");
	receive(p, "429[\"\\u00e4\",[[[{}]]]]");
	receive(p, "4210[\"late\"]");
	receive(q, "429[\"keep\"]");
	sio_reply_with(ack, parts, 9, sio_json("[%s]", "ok"));
	end_turn(s);
}

static void server_speaks(sio_server *s, peer *p, peer *q)
{
	ask(socket_of(p, "/"), 5, 0);
	ask(socket_of(q, "/"), 0, 2);
	end_turn(s);
	receive(p, "430[1,{\"x\":2}]");
	ask_all(s, 5, 9);
	ask_all(s, 0, 1);
	end_turn(s);
	receive(p, "432[\"first\"]");
	receive(p, "461-3[{\"_placeholder\":true,\"num\":0}]");
	receive(p, "beA==");
	wait_ms(s, 5);
	sio_each(sio_of(s, "/"), NULL, greet, NULL);
	sio_broadcast(sio_of(s, "/"), NULL, "all", sio_json("{a: 1}"));
	end_turn(s);
}

static void all_part(sio_server *s, peer *p, peer *q)
{
	sio_socket *k = socket_of(p, "/chat");
	if (k)
		sio_disconnect(k, false);
	end_turn(s);
	receive(p, "42/chat,[\"late\"]");
	receive(q, "451-[\"half\"]");
	hang_up(q);
	k = socket_of(p, "/");
	if (k)
		sio_disconnect(k, true);
	end_turn(s);
}

static bool run(size_t n)
{
	sio_server *s = lab_new();
	entry = (sio_entry){ NULL, 0 };
	ack = (sio_ack){ NULL, 0 };
	entered = left = data_set = data_freed = asked = ended = 0;
	failing_malloc_after(n);
	if (give_handlers(s)) {
		peer *p = open_client(s), *q = open_client(s);
		clients_speak(s, p, q);
		server_speaks(s, p, q);
		all_part(s, p, q);
	}
	bool failed = failing_malloc_off();
	lab_close(s);
	ck_assert_msg(asked == ended, "%zu: %u asked, %u ended", n, asked, ended);
	ck_assert_msg(data_set == data_freed, "%zu", n);
	ck_assert_msg(misnamed == 0, "%zu", n);
	ck_assert_msg(entered == left, "%zu: %u entered, %u left", n, entered, left);
	return failed;
}

START_TEST(a_session_survives_each_failing_allocation)
{
	ck_assert_uint_gt(failing_malloc_walk(run), 150);
	ck_assert_uint_eq(asked, 4);
	ck_assert_uint_eq(ended, 4);
	ck_assert_uint_eq(entered, 3);
	ck_assert_uint_eq(left, 3);
}
END_TEST

/* The first bytes of a client for which there was no memory may come with its handshake. */
START_TEST(a_message_to_a_session_without_client_is_ignored)
{
	size_t n = 0;
	bool failed;
	do {
		sio_server *s = lab_new();
		hold_turns(s);
		failing_malloc_after(n++);
		peer *p = open_client(s);
		receive(p, "40");
		receive_binary(p, "x", 1);
		failed = failing_malloc_off();
		end_turn(s);
		lab_close(s);
	} while (failed);
	ck_assert_uint_gt(n, 3);
}
END_TEST

/* A broadcast to one that reads slowly, with the n-th allocation failing. */
static bool tell_slowly(size_t n)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_delivery how = { .binary = parts, .nbinary = 2 };
	p->slow = true;
	for (int i = 0; i < 3; i++)
		sio_emit(socket_of(p, "/"), "a", sio_json("[]"));
	failing_malloc_after(n);
	sio_err err = sio_broadcast(sio_of(s, "/"), &how, "b", sio_json("[]"));
	bool failed = failing_malloc_off();
	p->slow = false;
	end_turn(s);
	if (err != SIO_OK)
		HEARD(p, "42[\"a\"] 42[\"a\"] 42[\"a\"]");
	else if (!p->closed)
		HEARD(p, "42[\"a\"] 42[\"a\"] 42[\"a\"] 452-[\"b\"] <78> <79>");
	lab_close(s);
	return failed;
}

/* socket.io.md 67, 98: a client for which a message, or half of one, cannot be kept is given up. */
START_TEST(a_client_misses_no_message_while_it_is_there)
{
	ck_assert_uint_gt(failing_malloc_walk(tell_slowly), 3);
}
END_TEST

UNIT_MAIN("socketio_memory", a_client_misses_no_message_while_it_is_there,
	a_session_survives_each_failing_allocation,
	a_message_to_a_session_without_client_is_ignored)
