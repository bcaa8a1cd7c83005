/* SPDX-License-Identifier: MIT */
/* Parents, middleware of events, taps, handlers that come and go, and changes of rooms, with each
 * allocation failed once: nothing crashes or leaks, who has entered also leaves, what was accepted
 * is answered once, and empty children end. */
#include "../support/failing_malloc.h"
#include "../support/lab.h"
#include "../support/unit.h"

/* Counted, since writing down would allocate. */
static struct counts {
	unsigned entered, leaving, left, data_set, data_freed, made, arrived, refused, tapped;
	unsigned asked, ended, changes;
} n;
static sio_entry name_entry, event_entry;

static void free_data(void *data)
{
	(void)data;
	n.data_freed++;
}

static void on_event(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	n.arrived++;
	sio_reply_with(ev->ack, ev->binary, ev->nbinary, sio_json("[%s]", ev->name));
	sio_socket_off(k, ev->name, on_event);
}

static void on_tap(sio_socket *k, const sio_event *ev, void *user)
{
	(void)ev;
	(void)user;
	n.tapped++;
	sio_join(k, "tapped");
	sio_leave(k, "tapped");
}

static void use_own(sio_socket *k, const sio_event *ev, sio_entry entry, void *user)
{
	(void)user;
	sio_socket_once(k, ev->name, on_event, NULL);
	if (ev->name[0] == 'r')
		sio_refuse(entry, "refused", sio_json("{why: [1, 2]}"));
	else
		sio_admit(entry);
}

static void on_connect(sio_socket *k, void *user)
{
	n.entered++;
	n.data_set++;
	sio_set_data(k, user, free_data);
	sio_socket_use_event(k, use_own, NULL);
	sio_socket_on_any(k, on_event, NULL);
	sio_socket_prepend_any(k, on_event, NULL);
	sio_socket_off_any(k, NULL);
	sio_socket_on_any_outgoing(k, on_tap, NULL);
	sio_socket_prepend_any_outgoing(k, on_tap, NULL);
	sio_join(k, "red");
	sio_emit(k, "hello", sio_json("[]"));
	sio_socket_off_any_outgoing(k, on_tap);
}

static void on_leaving(sio_socket *k, const char *reason, void *user)
{
	n.leaving++;
	sio_broadcast(user, NULL, "leaving", sio_json("[%s, %s]", sio_id(k), reason));
}

static void on_left(sio_socket *k, const char *reason, void *user)
{
	(void)k;
	(void)reason;
	(void)user;
	n.left++;
}

static void on_error(sio_socket *k, const char *message, const cJSON *data, void *user)
{
	(void)user;
	n.refused++;
	sio_emit(k, "error", sio_json("[%s, %p]", message, (void *)cJSON_Duplicate(data, true)));
}

static void on_room(sio_ns *ns, sio_room_change what, const char *name, const char *id, void *user)
{
	sio_socket *k = sio_find(ns, id);
	(void)user;
	n.changes++;
	if (k && what == SIO_ROOM_JOINED && !strcmp(name, "red"))
		sio_join(k, "blue");
}

static void keep_name(const char *name, const cJSON *auth, const sio_handshake *request,
	sio_entry entry, void *user)
{
	(void)name;
	(void)auth;
	(void)request;
	(void)user;
	name_entry = entry;
}

static void keep_event(sio_socket *k, const sio_event *ev, sio_entry entry, void *user)
{
	(void)k;
	(void)ev;
	(void)user;
	event_entry = entry;
}

static void use(sio_socket *k, sio_entry entry, void *user)
{
	(void)user;
	sio_join(k, "early");
	sio_admit(entry);
}

static void on_namespace(sio_ns *ns, void *user)
{
	(void)user;
	n.made++;
	sio_on(ns, "own", on_event, NULL);
	sio_use(ns, use, NULL);
}

/* false: one could not be given, as an application finds out before it listens. */
static bool hang(sio_server *s, sio_ns *ns)
{
	return ns && !sio_on_connect(ns, on_connect, s) &&
	       !sio_on_disconnecting(ns, on_leaving, ns) && !sio_on_disconnect(ns, on_left, s) &&
	       !sio_use_event(ns, keep_event, NULL) && !sio_on_error(ns, on_error, NULL) &&
	       !sio_on_any(ns, on_event, NULL) && !sio_prepend_any(ns, on_event, NULL) &&
	       !sio_on_any_outgoing(ns, on_tap, NULL) &&
	       !sio_prepend_any_outgoing(ns, on_tap, NULL) && !sio_on_room(ns, on_room, NULL) &&
	       !sio_on(ns, "late", on_event, NULL);
}

static sio_ns *pattern, *match;

static bool give_handlers(sio_server *s)
{
	pattern = sio_of_pattern(s, "^/room-[0-9]+$");
	match = sio_of_match(s, keep_name, NULL);
	return !sio_on_namespace(s, on_namespace, NULL) && hang(s, pattern) && hang(s, match);
}

static void on_ack(sio_err err, const cJSON *args, void *user)
{
	(void)err;
	(void)args;
	(void)user;
	n.ended++;
}

static void ask_all(sio_socket *k)
{
	sio_delivery how = { .on_ack = on_ack, .timeout_ms = 5 };
	if (k && !sio_broadcast(sio_namespace(k), &how, "q", sio_json("[]")))
		n.asked++;
}

static void namespaces_come(sio_server *s, peer *p, peer *q)
{
	receive(p, "40/room-1,{\"a\":[1]}");
	receive(q, "40/room-1,");
	receive(p, "40/other,{\"a\":[1]}");
	receive(q, "40/other,");
	sio_admit(name_entry);
	end_turn(s);
	receive(p, "40/other,{\"again\":true}");
	receive(p, "40/unknown,{\"a\":1}");
	sio_refuse(name_entry, "no", sio_json("[]"));
	end_turn(s);
	receive(q, "40/third,");
}

static void events_pass(sio_server *s, peer *p, peer *q)
{
	receive(p, "42/room-1,1[\"late\",{\"x\":\"\\u0000\"}]");
	sio_admit(event_entry);
	end_turn(s);
	receive(p, "452-/room-1,2[\"own\",{\"_placeholder\":true,\"num\":1}]");
	receive(p, "beA==");
	receive(p, "beQ==");
	sio_admit(event_entry);
	end_turn(s);
	receive(q, "42/other,3[\"refused\"]");
	sio_admit(event_entry);
	end_turn(s);
	receive(q, "42/other,4[\"never\"]");
	sio_refuse(event_entry, "no", NULL);
	end_turn(s);
	receive(q, "42/other,5[\"waits\"]");
}

static void parents_speak(sio_server *s)
{
	sio_broadcast(pattern, NULL, "all", sio_json("[]"));
	sio_broadcast(match, &(sio_delivery){ .to = SIO_ROOMS("red") }, "all", sio_json("[1]"));
	sio_off_any_outgoing(pattern, NULL);
	sio_off(match, NULL, NULL);
	end_turn(s);
}

static void all_part(sio_server *s, peer *p, peer *q)
{
	sio_socket *k = socket_of(p, "/room-1");
	ask_all(k);
	if (k)
		sio_disconnect(k, false);
	end_turn(s);
	receive(p, "42/room-1,[\"late\"]");
	hang_up(q);
	hang_up(p);
	end_turn(s);
	wait_ms(s, 10);
}

static bool run(size_t fails)
{
	sio_server *s = lab_new_with(&(sio_options){ .cleanup_empty_children = true });
	n = (struct counts){ 0 };
	name_entry = event_entry = (sio_entry){ NULL, 0 };
	failing_malloc_after(fails);
	if (give_handlers(s)) {
		peer *p = open_client(s), *q = open_client(s);
		namespaces_come(s, p, q);
		events_pass(s, p, q);
		parents_speak(s);
		all_part(s, p, q);
	}
	bool failed = failing_malloc_off();
	ck_assert_msg(s->io.namespaces.count == 1, "%zu: a child has stayed", fails);
	lab_close(s);
	ck_assert_msg(n.entered == n.left, "%zu: %u, %u", fails, n.entered, n.left);
	ck_assert_msg(n.entered == n.leaving, "%zu: %u", fails, n.leaving);
	ck_assert_msg(n.data_set == n.data_freed, "%zu", fails);
	ck_assert_msg(n.asked == n.ended, "%zu", fails);
	return failed;
}

START_TEST(the_features_survive_each_failing_allocation)
{
	ck_assert_uint_gt(failing_malloc_walk(run), 400);
	ck_assert_uint_eq(n.made, 2);
	ck_assert_uint_eq(n.entered, 4);
	ck_assert_uint_eq(n.left, 4);
	ck_assert_uint_eq(n.refused, 2);
	ck_assert_uint_eq(n.asked, 1);
	ck_assert_uint_gt(n.arrived, 4);
	ck_assert_uint_gt(n.tapped, 6);
	ck_assert_uint_gt(n.changes, 10);
}
END_TEST

UNIT_MAIN("features_memory", the_features_survive_each_failing_allocation)
