/* SPDX-License-Identifier: MIT */
/* Servers that share namespaces, with each allocation failed once: nothing crashes or leaks, and
 * every callback that was accepted runs once. */
#include "../support/cluster.h"
#include "../support/failing_malloc.h"
#include "../support/lab.h"
#include "../support/unit.h"

/* Counted, since writing down would allocate. */
static struct counts {
	unsigned accepted, ended, answers, heard, replied;
} n;

static void on_end(sio_err err, const cJSON *args, void *user)
{
	(void)err;
	(void)args;
	(void)user;
	n.ended++;
}

static void on_answer(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)ev;
	(void)user;
	n.answers++;
}

static void on_server_event(sio_ns *ns, const sio_event *ev, void *user)
{
	(void)ns;
	(void)user;
	n.heard++;
	if (!sio_reply(ev->ack, sio_json("[{deep: [%s]}]", ev->name)))
		n.replied++;
}

static void accept_if(sio_err err)
{
	n.accepted += err == SIO_OK;
}

static void events_pass(cluster *c, sio_ns *ns, peer *p, peer *q)
{
	sio_bytes part = { "\1\2\3", 3 };
	sio_delivery how = { .to = SIO_ROOMS("red", "blue"), .binary = &part, .nbinary = 1 };
	sio_event ev = { .name = "relayed", .json = { "1,[2]", 5 } };
	sio_broadcast(ns, &how, "a", sio_json("[{x: %p}]", (void *)sio_binary(0)));
	sio_relay(ns, NULL, NULL, &ev);
	cluster_turn(c);
	how = (sio_delivery){ .on_ack = on_end, .on_answer = on_answer, .timeout_ms = 50 };
	accept_if(sio_broadcast(ns, &how, "q", sio_json("['%s']", "x")));
	cluster_turn(c);
	receive(p, "430[{\"a\":1}]");
	receive(q, "461-0[{\"_placeholder\":true,\"num\":0}]");
	receive(q, "bAQI=");
	cluster_turn(c);
}

static void all_is_told(cluster *c, sio_ns *ns)
{
	sio_delivery how = { .on_ack = on_end };
	accept_if(sio_fetch(ns, NULL, on_end, NULL));
	accept_if(sio_fetch_rooms(ns, NULL, on_end, NULL));
	accept_if(sio_server_side_emit(ns, &how, "ping", sio_json("[[1]]")));
	sio_server_side_emit(ns, NULL, "ping", sio_json("[]"));
	cluster_turn(c);
}

static void clients_move(cluster *c, sio_ns *ns)
{
	sio_delivery reds = { .to = SIO_ROOMS("red") };
	sio_join_all(ns, NULL, "red");
	cluster_turn(c);
	sio_leave_all(ns, &reds, "blue");
	sio_disconnect_all(ns, &reds, false);
	cluster_turn(c);
}

static bool run(size_t fails)
{
	cluster c;
	sio_server *s[2] = { lab_new(), lab_new() };
	sio_ns *ns[2];
	peer *p[2];
	bool joined = true;
	n = (struct counts){ 0 };
	cluster_init(&c);
	failing_malloc_after(fails);
	for (int i = 0; i < 2; i++) {
		joined = !cluster_join(&c, s[i], 100) && joined;
		ns[i] = sio_of(s[i], "/");
		joined = !sio_on_server_side(ns[i], "ping", on_server_event, NULL) && joined;
		p[i] = open_client(s[i]);
		receive(p[i], "40{\"auth\":[1]}");
		sio_socket *k = socket_of(p[i], "/");
		if (k)
			sio_set_shared_data(k, sio_json("{name: 'x'}"));
		if (k)
			sio_join(k, "blue");
	}
	events_pass(&c, ns[0], p[0], p[1]);
	all_is_told(&c, ns[0]);
	clients_move(&c, ns[1]);
	wait_ms(s[0], 200);
	wait_ms(s[1], 200);
	bool failed = failing_malloc_off();
	ck_assert_msg(n.accepted == n.ended, "%zu: %u, %u", fails, n.accepted, n.ended);
	ck_assert_uint_eq(s[0]->io.requests.count, 0);
	ck_assert(list_empty(&s[0]->io.errands) && list_empty(&s[1]->io.errands));
	if (joined)
		ck_assert_uint_eq(sio_of(s[0], "/")->errands + sio_of(s[1], "/")->errands, 0);
	cluster_close_labs(&c, s, 2);
	return failed;
}

/* cluster.md 9 */
START_TEST(a_cluster_survives_each_failing_allocation)
{
	ck_assert_uint_gt(failing_malloc_walk(run), 300);
	ck_assert_uint_eq(n.accepted, 4);
	ck_assert_uint_eq(n.answers, 2);
	ck_assert_uint_eq(n.heard, 2);
	ck_assert_uint_eq(n.replied, 1);
}
END_TEST

UNIT_MAIN("cluster_memory", a_cluster_survives_each_failing_allocation)
