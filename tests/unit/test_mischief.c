/* SPDX-License-Identifier: MIT */
/*
 * An application that does in every callback what comes to its mind: it sends, joins, disconnects,
 * hangs up handlers and takes them off, uses tickets late and twice.  Whatever it does, each
 * callback that was accepted runs once, each datum is freed once, and who came goes.
 *
 * SEEDS says how many lives are lived; each one is the same every time.
 */
#include "../support/cluster.h"
#include "../support/failing_malloc.h"
#include "../support/lab.h"
#include "../support/unit.h"
#include <stdio.h>

enum {
	STEPS = 300,
	PEERS = 12,
	LIVES = 200,
	KEPT = 64,
	PIDS = 16,
	DEEP = 3,
	BUSY = 40,
	HANDLERS = 60
};

static struct {
	uint64_t random;
	sio_server *servers[2]; /* which share their namespaces, or one alone */
	unsigned nservers;
	bool odd; /* something was not as it must be: Check allocates, and so cannot be asked */
	bool forgetful; /* now and then an allocation fails */
	cluster cluster;
	sio_ns *places[2][5]; /* two namespaces, two parents, and the main one */
	peer *peers[PEERS];   /* those that are there, or were */
	unsigned opened;
	sio_entry entries[KEPT];
	sio_ack acks[KEPT];
	char pids[PIDS][24];
	unsigned asked, told;  /* callbacks that were accepted, and that ran */
	unsigned given, freed; /* data */
	unsigned came, went;
	unsigned hung;
	int depth, busy;
} life;

static unsigned dice(unsigned sides)
{
	life.random = life.random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(life.random >> 33) % sides;
}

static sio_server *a_server(void)
{
	return life.servers[dice(life.nservers)];
}

static const char *a_room(void)
{
	static const char *const rooms[] = { "a", "b", "c", "" };
	return rooms[dice(4)];
}

static const char *a_name(void)
{
	static const char *const names[] = { "a", "b", "c" };
	return names[dice(3)];
}

static const char *a_nsp(void)
{
	static const char *const all[] = { "/", "/chat", "/x1", "/x2", "/f1", "/f2", "/nope" };
	return all[dice(7)];
}

static sio_ns *a_place(void)
{
	return life.places[dice(life.nservers)][dice(5)];
}

static void mischief(sio_socket *k, const sio_event *ev);

/* ---- What is hung up ---- */

static void on_event(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	if (ev->ack.ticket)
		life.acks[dice(KEPT)] = ev->ack;
	mischief(k, ev);
}

static void on_other_event(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_reply(ev->ack, sio_json("[1]"));
	mischief(k, ev);
}

static void on_socket(sio_socket *k, void *user)
{
	(void)user;
	mischief(k, NULL);
}

static void on_left(sio_socket *k, const char *reason, void *user)
{
	(void)reason;
	(void)user;
	mischief(k, NULL);
}

static void count_came(sio_socket *k, void *user)
{
	(void)user;
	life.came++;
	mischief(k, NULL);
}

static void count_went(sio_socket *k, const char *reason, void *user)
{
	(void)reason;
	(void)user;
	life.went++;
	mischief(k, NULL);
}

static void decide(sio_entry entry)
{
	unsigned what = dice(8);
	if (what == 0)
		life.entries[dice(KEPT)] = entry;
	else if (what == 1)
		sio_refuse(entry, "no", sio_json("{}"));
	else
		sio_admit(entry);
	if (!dice(4))
		sio_admit(entry);
}

static void on_entry(sio_socket *k, sio_entry entry, void *user)
{
	(void)user;
	if (dice(2))
		decide(entry);
	mischief(k, NULL);
	decide(entry);
}

static void on_event_entry(sio_socket *k, const sio_event *ev, sio_entry entry, void *user)
{
	(void)user;
	if (dice(2))
		decide(entry);
	mischief(k, ev);
	decide(entry);
}

static void on_match(const char *wanted, const cJSON *auth, const sio_handshake *request,
	sio_entry entry, void *user)
{
	(void)wanted;
	(void)auth;
	(void)request;
	(void)user;
	mischief(NULL, NULL);
	decide(entry);
}

static void on_error(sio_socket *k, const char *message, const cJSON *data, void *user)
{
	(void)message;
	(void)data;
	(void)user;
	mischief(k, NULL);
}

static void on_room(sio_ns *ns, sio_room_change what, const char *which, const char *id, void *user)
{
	(void)which;
	(void)what;
	(void)user;
	mischief(*id ? sio_find(ns, id) : NULL, NULL);
}

static void on_namespace(sio_ns *ns, void *user)
{
	(void)ns;
	(void)user;
	mischief(NULL, NULL);
}

static void on_server_event(sio_ns *ns, const sio_event *ev, void *user)
{
	(void)ns;
	(void)user;
	life.acks[dice(KEPT)] = ev->ack;
	mischief(NULL, ev);
	if (dice(2))
		sio_reply(ev->ack, sio_json("[3]"));
}

static void on_ack(sio_err err, const cJSON *args, void *user)
{
	(void)err;
	(void)args;
	(void)user;
	life.told++;
	mischief(NULL, NULL);
}

static void on_answer(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	mischief(k, ev);
}

/* The library is not called from here: it may be in the middle of something. */
static void free_datum(void *datum)
{
	life.freed++;
	free(datum);
}

/* ---- What it does ---- */

static const sio_delivery *some(sio_delivery *how, const char *rooms[3])
{
	*how = (sio_delivery){ .user = NULL };
	rooms[0] = a_room();
	rooms[1] = dice(2) ? a_room() : NULL;
	rooms[2] = NULL;
	if (dice(2))
		how->to = rooms;
	else if (dice(2))
		how->except = rooms;
	return how;
}

static void flavour(sio_delivery *how)
{
	static const sio_bytes two[] = { { "ab", 2 }, { "", 0 } };
	how->policy = (sio_policy)dice(5);
	how->key = dice(2) ? "key" : NULL;
	how->flags = dice(4) ? 0 : dice(16);
	if (!dice(3)) {
		how->binary = two;
		how->nbinary = dice(3);
	}
	if (!dice(3)) {
		how->on_ack = on_ack;
		how->on_answer = dice(2) ? on_answer : NULL;
		how->timeout_ms = dice(2) * (1 + dice(500));
	}
}

static cJSON *args(const sio_delivery *how)
{
	return how->nbinary ? sio_json("[%p]", (void *)sio_binary(0)) : sio_json("[1, 'x']");
}

static void count(sio_err err, const sio_delivery *how)
{
	if (!err && how->on_ack)
		life.asked++;
}

static void send(sio_socket *k)
{
	sio_delivery how = { .user = NULL };
	flavour(&how);
	if (k)
		count(sio_emit_with(k, &how, a_name(), args(&how)), &how);
}

static void broadcast(const sio_event *ev)
{
	const char *rooms[3];
	sio_delivery how;
	some(&how, rooms);
	flavour(&how);
	if (ev && dice(2))
		count(sio_relay(a_place(), &how, dice(2) ? a_name() : NULL, ev), &how);
	else
		count(sio_broadcast(a_place(), &how, a_name(), args(&how)), &how);
}

static void part_some(sio_socket *k, void *user)
{
	(void)user;
	if (!dice(8))
		sio_disconnect(k, !dice(3));
}

static void with_all(void)
{
	const char *rooms[3];
	sio_delivery who;
	some(&who, rooms);
	switch (dice(6)) {
	case 0:
		sio_join_all(a_place(), &who, a_room());
		break;
	case 1:
		sio_leave_all(a_place(), &who, a_room());
		break;
	case 2:
		sio_each(a_place(), &who, dice(2) ? part_some : on_socket, NULL);
		break;
	case 3:
		if (!dice(10))
			sio_disconnect_all(a_place(), &who, !dice(3));
		break;
	case 4:
		life.odd |= sio_count(a_place(), &who) > PEERS * 8;
		break;
	default:
		if (!sio_fetch(a_place(), &who, on_ack, NULL))
			life.asked++;
	}
}

static void ask_servers(void)
{
	sio_delivery how = { .on_ack = dice(2) ? on_ack : NULL };
	if (dice(2))
		count(sio_server_side_emit(a_place(), &how, "e", sio_json("[]")), &how);
	else if (!sio_fetch_rooms(a_place(), NULL, on_ack, NULL))
		life.asked++;
}

static void come_and_go(const char *which, void *user)
{
	sio_socket *k = user;
	if (dice(2))
		sio_leave(k, which);
	else
		sio_join(k, a_room());
}

static void rooms_of(sio_socket *k)
{
	switch (k ? dice(4) : 4) {
	case 0:
		sio_join(k, dice(4) ? a_room() : sio_id(k));
		break;
	case 1:
		sio_leave(k, dice(4) ? a_room() : sio_id(k));
		break;
	case 2:
		sio_rooms(k, come_and_go, k);
		break;
	case 3:
		sio_in_room(k, a_room());
		break;
	default:
		break;
	}
}

static void data_of(sio_socket *k)
{
	if (!k)
		return;
	if (dice(2)) {
		void *datum = malloc(1);
		life.given += datum != NULL;
		sio_set_data(k, datum, free_datum);
	} else {
		sio_set_shared_data(k, dice(2) ? sio_json("{a: [1]}") : NULL);
	}
}

static void hang_up_handlers(sio_socket *k)
{
	sio_event_fn *fn = dice(2) ? on_event : on_other_event;
	if (life.hung++ > HANDLERS)
		return;
	switch (dice(k ? 12 : 7)) {
	case 0:
		sio_on(a_place(), a_name(), fn, NULL);
		break;
	case 1:
		sio_on_any(a_place(), fn, NULL);
		break;
	case 2:
		sio_prepend_any_outgoing(a_place(), fn, NULL);
		break;
	case 3:
		sio_use_event(a_place(), on_event_entry, NULL);
		break;
	case 4:
		sio_on_raw(a_place(), a_name(), fn, NULL);
		break;
	case 5:
		sio_on_disconnecting(a_place(), on_left, NULL);
		break;
	case 6:
		sio_use(a_place(), on_entry, NULL);
		break;
	case 7:
		sio_socket_on(k, a_name(), fn, NULL);
		break;
	case 8:
		sio_socket_once(k, a_name(), fn, NULL);
		break;
	case 9:
		sio_socket_on_any(k, fn, NULL);
		break;
	case 10:
		sio_socket_on_any_outgoing(k, fn, NULL);
		break;
	default:
		sio_socket_use_event(k, on_event_entry, NULL);
	}
}

static void take_off(sio_socket *k)
{
	sio_event_fn *fn = dice(3) ? on_event : NULL;
	const char *event = dice(2) ? a_name() : NULL;
	switch (dice(k ? 6 : 3)) {
	case 0:
		sio_off(a_place(), event, fn);
		break;
	case 1:
		sio_off_any(a_place(), fn);
		break;
	case 2:
		sio_off_any_outgoing(a_place(), fn);
		break;
	case 3:
		sio_socket_off(k, event, fn);
		break;
	case 4:
		sio_socket_off_any(k, fn);
		break;
	default:
		sio_socket_off_any_outgoing(k, fn);
	}
}

static void use_tickets(void)
{
	sio_entry entry = life.entries[dice(KEPT)];
	if (entry.server && dice(2))
		sio_admit(entry);
	else if (entry.server)
		sio_refuse(entry, NULL, sio_json("1"));
	sio_reply(life.acks[dice(KEPT)], sio_json("[2]"));
	/* An ack's number is no entry's, whatever it is. */
	life.odd |= sio_admit((sio_entry){ life.acks[0].server, life.acks[0].ticket }) == SIO_OK;
}

static void act(sio_socket *k, const sio_event *ev)
{
	switch (dice(12)) {
	case 0:
	case 1:
		send(k);
		break;
	case 2:
		broadcast(ev);
		break;
	case 3:
		if (k && !dice(5))
			sio_disconnect(k, !dice(3));
		break;
	case 4:
		rooms_of(k);
		break;
	case 5:
		with_all();
		break;
	case 6:
		data_of(k);
		break;
	case 7:
		hang_up_handlers(k);
		break;
	case 8:
		take_off(k);
		break;
	case 9:
		ask_servers();
		break;
	case 10:
		if (!dice(4))
			sio_of(a_server(), a_nsp());
		break;
	default:
		use_tickets();
	}
}

/* So much in one turn, and no deeper. */
static void mischief(sio_socket *k, const sio_event *ev)
{
	if (life.depth >= DEEP)
		return;
	life.depth++;
	for (unsigned n = dice(5); n && life.busy < BUSY; n--, life.busy++)
		act(k, ev);
	life.depth--;
}

/* ---- What clients do ---- */

static void learn_pids(peer *p)
{
	const char *at = heard_exactly(p);
	while ((at = strstr(at, "\"pid\":\"")) != NULL) {
		at += 7;
		snprintf(life.pids[dice(PIDS)], sizeof life.pids[0], "%.20s", at);
	}
}

static void ask_for_namespace(peer *p)
{
	char text[128];
	const char *which = a_nsp(), *pid = life.pids[dice(PIDS)];
	unsigned offset = life.cluster.events - dice(life.cluster.events + 1);
	if (*pid && dice(2))
		snprintf(text, sizeof text, "40%s,{\"pid\":\"%s\"}", which, pid);
	else if (*pid && dice(4))
		snprintf(text, sizeof text, "40%s,{\"pid\":\"%s\",\"offset\":\"%u-0\"}", which, pid,
			offset);
	else
		snprintf(text, sizeof text, "40%s,", which);
	receive(p, text);
}

static void say(peer *p)
{
	static const char *const events[] = { "42%s,[\"a\",1]", "42%s,7[\"b\",{\"x\":\"y\"}]",
		"42%s,8[\"c\"]", "41%s,", "43%s,0[1]", "43%s,3[]", "43%s,5[\"x\"]",
		"451-%s,[\"a\",{\"_placeholder\":true,\"num\":0}]", "42%s,9[\"nobody\"]" };
	char text[128];
	unsigned which = dice(9);
	snprintf(text, sizeof text, events[which], a_nsp());
	receive(p, text);
	if (which == 7)
		receive_binary(p, "xyz", 3);
}

/* One that is there, or comes. */
static peer *a_peer(void)
{
	peer **p = &life.peers[dice(PEERS)];
	if ((*p && (*p)->session) || life.opened == LIVES)
		return *p;
	life.opened++;
	*p = dice(4) ? open_client(a_server()) : open_old_client(a_server());
	if (*p)
		ask_for_namespace(*p);
	return *p;
}

/* It takes too long, or is lost. */
static void give_up_waiting(void)
{
	sio_ns *ns = sio_of(a_server(), dice(2) ? "/" : "/chat");
	sio_cluster_sent(ns, ns->outbox.last - dice(3), NULL);
}

static void shut_somebody(void)
{
	const peer *p = life.peers[dice(PEERS)];
	if (p && p->session)
		client_shut(p->session, dice(2));
}

static void trouble(void)
{
	switch (dice(60)) {
	case 0:
	case 1:
	case 2:
		life.cluster.members[dice(2)].away ^= true;
		break;
	case 3:
		life.cluster.slow = !life.cluster.slow;
		break;
	case 4:
		life.cluster.torn = !life.cluster.torn;
		break;
	case 5:
	case 6:
		give_up_waiting();
		break;
	case 7:
		shut_somebody();
		break;
	default:
		break;
	}
}

/* NULL: there is none, or the application has not met it yet. */
static sio_socket *known_socket(peer *p)
{
	sio_socket *k = socket_of(p, a_nsp());
	bool comes_back = k && k->membership && k->membership->homecoming;
	return comes_back ? NULL : k;
}

static void step(void)
{
	life.busy = 0;
	if (!dice(5))
		hold_turns(a_server());
	if (life.forgetful && !dice(4))
		failing_malloc_after(dice(40));
	peer *p = a_peer();
	switch (p ? dice(12) : 6) {
	case 0:
	case 1:
	case 2:
		ask_for_namespace(p);
		break;
	case 3:
		if (!dice(4))
			hang_up(p);
		break;
	case 4:
		p->slow = !p->slow;
		break;
	case 5:
		wait_ms(a_server(), 1 + dice(dice(4) ? 50 : 1500));
		break;
	case 6:
	case 7:
		mischief(p ? known_socket(p) : NULL, NULL);
		break;
	default:
		say(p);
	}
	if (dice(2))
		end_turn(a_server());
	failing_malloc_off();
	if (dice(2))
		cluster_turn(&life.cluster);
	if (life.nservers > 1)
		trouble();
	for (size_t i = 0; i < PEERS; i++)
		if (life.peers[i])
			learn_pids(life.peers[i]);
}

static void furnish(sio_ns *ns)
{
	sio_on_connect(ns, count_came, NULL);
	sio_on_disconnect(ns, count_went, NULL);
	sio_on(ns, "a", on_event, NULL);
	sio_on_raw(ns, "b", on_other_event, NULL);
	sio_on_error(ns, on_error, NULL);
	sio_on_drain(ns, on_socket, NULL);
	if (dice(2))
		sio_on_room(ns, on_room, NULL);
	if (dice(2))
		sio_use(ns, on_entry, NULL);
	if (dice(2))
		sio_use_event(ns, on_event_entry, NULL);
	sio_on_server_side(ns, "e", on_server_event, NULL);
}

static sio_server *begin_server(sio_ns **places)
{
	sio_server *s = lab_new_with(&(sio_options){ .recovery_ms = dice(2) * 2000,
		.recovery_bytes = dice(2) ? 2000 : 0,
		.recovery_uses_middleware = dice(2),
		.cleanup_empty_children = dice(2),
		.max_queue = 16000,
		.high_water = 400,
		.max_unanswered = 5,
		.max_pending = dice(2) ? 3000 : 0,
		.max_held = dice(2) ? 20000 : 0,
		.max_memory = dice(2) ? 1u << 30 : 0,
		.connect_timeout_ms = 1000 });
	places[0] = places[4] = sio_of(s, "/");
	places[1] = sio_of(s, "/chat");
	places[2] = sio_of_pattern(s, "^/x[0-9]$");
	places[3] = sio_of_match(s, on_match, NULL);
	sio_on_namespace(s, on_namespace, NULL);
	for (int i = 0; i < 4; i++)
		furnish(places[i]);
	return s;
}

static void begin(uint64_t seed)
{
	memset(&life, 0, sizeof life);
	life.random = seed;
	life.nservers = 1 + dice(2);
	life.forgetful = dice(2);
	cluster_init(&life.cluster);
	life.cluster.keeps = dice(2);
	for (unsigned i = 0; i < life.nservers; i++)
		life.servers[i] = begin_server(life.places[i]);
	for (unsigned i = 0; life.nservers > 1 && i < life.nservers; i++)
		ck_assert_int_eq(cluster_join(&life.cluster, life.servers[i], 300), SIO_OK);
}

/* What was counted for clients, and what was waited for, is given back. */
static void check_nothing_is_left(io *o)
{
	LIST_EACH (it, &o->dead_clients) {
		const client *c = LIST_OWNER(it, client, in_io);
		ck_assert_uint_eq(c->pending, 0);
		ck_assert_uint_eq(c->unanswered, 0);
	}
	for (map_node *it = map_next(&o->namespaces, NULL); it; it = map_next(&o->namespaces, it)) {
		const sio_ns *ns = MAP_OWNER(it, sio_ns, by_name);
		ck_assert_uint_eq(ns->sockets.count + ns->places.count + ns->rooms.count, 0);
		ck_assert_uint_eq(ns->asks.count + ns->errands, 0);
		ck_assert(list_empty(&ns->outbox.emissions));
		ck_assert_uint_eq(ns->outbox.size, 0);
	}
	for (uint32_t i = 0; i < o->tickets.cap; i++)
		ck_assert_uint_eq(o->tickets.at[i].kind, TICKET_FREE);
	ck_assert(!io_unsettled(o));
}

static void live(uint64_t seed)
{
	begin(seed);
	for (int i = 0; i < STEPS; i++)
		step();
	life.busy = BUSY; /* nothing more */
	for (unsigned i = 0; i < life.nservers; i++) {
		lab_shut(life.servers[i]);
		check_nothing_is_left(&life.servers[i]->io);
	}
	for (unsigned i = 0; i < life.nservers; i++)
		lab_free(life.servers[i]);
	cluster_fini(&life.cluster);
	ck_assert(!life.odd);
	ck_assert_msg(life.asked == life.told, "seed %llu: %u asked, %u told",
		(unsigned long long)seed, life.asked, life.told);
	ck_assert_msg(life.given == life.freed, "seed %llu: %u given, %u freed",
		(unsigned long long)seed, life.given, life.freed);
	ck_assert_msg(life.came == life.went, "seed %llu: %u came, %u went",
		(unsigned long long)seed, life.came, life.went);
}

START_TEST(whatever_the_application_does_nothing_is_lost_or_done_twice)
{
	const char *seeds = getenv("SEEDS"), *first = getenv("FIRST_SEED");
	uint64_t from = first ? strtoull(first, NULL, 10) : 1;
	unsigned long n = seeds ? strtoul(seeds, NULL, 10) : 60;
	unsigned came = 0, asked = 0;
	for (uint64_t seed = from; seed < from + n; seed++) {
		live(seed);
		came += life.came;
		asked += life.asked;
	}
	/* Lives in which nothing happens would show nothing. */
	ck_assert_uint_gt(came, n);
	ck_assert_uint_gt(asked, n);
}
END_TEST

UNIT_MAIN("mischief", whatever_the_application_does_nothing_is_lost_or_done_twice)
