/* SPDX-License-Identifier: MIT */
/* Recovery across servers with each allocation failed once: nothing crashes or leaks, and who is
 * let in has missed nothing that could be sent. */
#include "../support/cluster.h"
#include "../support/failing_malloc.h"
#include "../support/lab.h"
#include "../support/unit.h"
#include <stdio.h>

enum { MINUTE = 60000 };

static unsigned accepted, ended;

static void on_end(sio_err err, const cJSON *args, void *user)
{
	(void)err;
	(void)args;
	(void)user;
	ended++;
}

static void speak(cluster *c, sio_ns *ns, const peer *p)
{
	sio_bytes part = { "\1\2\3", 3 };
	const sio_delivery how = { .to = SIO_ROOMS("red", "blue"),
		.except = SIO_ROOMS("green"),
		.binary = &part,
		.nbinary = 1 };
	const sio_delivery asks = { .on_ack = on_end, .flags = SIO_LOCAL };
	const sio_delivery local = { .flags = SIO_LOCAL };
	sio_broadcast(ns, &how, "a", sio_json("[{x: %p}]", (void *)sio_binary(0)));
	sio_broadcast(ns, &local, "l", sio_json("['text']"));
	sio_socket *k = socket_of(p, "/");
	if (k)
		sio_emit(k, "one", sio_json("[]"));
	if (k)
		accepted += !sio_emit_with(k, &asks, "q", sio_json("[1]"));
	cluster_turn(c);
}

static void disconnect_one(sio_server *s, cluster *c)
{
	peer *p = open_client(s);
	receive(p, "40");
	sio_broadcast(sio_of(s, "/"), NULL, "last", sio_json("[1]"));
	sio_socket *k = socket_of(p, "/");
	if (k)
		sio_disconnect(k, false);
	cluster_turn(c);
}

static peer *come_back(cluster *c, sio_server *s)
{
	char text[128];
	if (!c->nlost)
		return NULL;
	snprintf(text, sizeof text, "40{\"pid\":\"%s\",\"offset\":\"1-0\"}", c->lost[0].pid);
	peer *p = open_client(s);
	receive(p, text);
	cluster_turn(c);
	return p;
}

static bool run(size_t fails)
{
	cluster c;
	cluster_init(&c);
	c.keeps = true;
	sio_server *s[2];
	for (int i = 0; i < 2; i++)
		s[i] = lab_new_with(&(sio_options){ .recovery_ms = MINUTE });
	accepted = ended = 0;
	failing_malloc_after(fails);
	for (int i = 0; i < 2; i++)
		cluster_join(&c, s[i], 100);
	sio_ns *ns = sio_of(s[0], "/");
	peer *p = open_client(s[0]);
	receive(p, "40");
	sio_socket *k = socket_of(p, "/");
	if (k)
		sio_set_shared_data(k, sio_json("{name: 'x'}"));
	if (k)
		sio_join(k, "blue");
	speak(&c, ns, p);
	disconnect_one(s[0], &c);
	hang_up(p);
	speak(&c, ns, NULL);
	peer *q = come_back(&c, s[1]);
	speak(&c, sio_of(s[1], "/"), q);
	for (int i = 0; i < 2; i++)
		wait_ms(s[i], 200);
	bool failed = failing_malloc_off();
	for (int i = 0; i < 2; i++)
		ck_assert(list_empty(&sio_of(s[i], "/")->outbox.emissions));
	if (!failed) {
		ck_assert(sio_recovered(socket_of(q, "/")));
		ck_assert_uint_eq(accepted, 2);
	}
	cluster_close_labs(&c, s, 2);
	ck_assert_uint_eq(accepted, ended);
	return failed;
}

START_TEST(coming_home_survives_each_failing_allocation)
{
	ck_assert_uint_gt(failing_malloc_walk(run), 200);
}
END_TEST

UNIT_MAIN("homecoming_memory", coming_home_survives_each_failing_allocation)
