/* SPDX-License-Identifier: MIT */
/* What servers say to each other over Redis, as the reference writes it (captured from
 * @socket.io/redis-adapter 8.3.0), and back. */
#include "../../src/adapter/redis/tongue.h"
#include "../../src/socketio/json.h"
#include "../support/failing_malloc.h"
#include "../support/unit.h"
#include <stdio.h>
#include <string.h>

static const speaker me = { "FwJpFS", "/" }, other = { "6ruSoC", "/" };

/* The message as it goes out: JSON as it is, MessagePack in hex. */
static const char *written(const tongue *t, sio_cluster_message m)
{
	static char text[1024];
	payload p;
	size_t n = 0;
	ck_assert(t->write(&p, &m, &me));
	span s = payload_span(&p);
	if (*s.at == '{')
		snprintf(text, sizeof text, "%.*s", (int)s.len, s.at);
	else
		for (size_t i = 0; i < s.len; i++)
			n += (size_t)sprintf(text + n, "%02x", (unsigned char)s.at[i]);
	payload_free(&p);
	return text;
}

static size_t bytes_of(char *out, const char *text)
{
	size_t n = 0;
	if (*text == '{' || !*text)
		return strlen(strcpy(out, text));
	for (; *text; text += 2)
		sscanf(text, "%2hhx", (unsigned char *)&out[n++]);
	return n;
}

static void add_list(char *to, const char *name, const char *const *list)
{
	if (!list)
		return;
	sprintf(to + strlen(to), " %s:", name);
	for (size_t i = 0; list[i]; i++)
		sprintf(to + strlen(to), "%s%s", i ? "," : "", list[i]);
}

/* What another makes of it: type, request, peer, who, event, rooms and tree. */
static const char *meant(const tongue *t, heard_on where, const char *message)
{
	static char text[1024];
	char bytes[1024];
	letter l;
	buf json = { 0 };
	size_t len = bytes_of(bytes, message);
	letter_sense sense = t->read(&l, where, (span){ bytes, len }, &other);
	const sio_cluster_message *m = &l.m;
	strcpy(text, sense == LETTER_BAD ? "bad" : "other");
	if (sense == LETTER_GOOD) {
		sprintf(text, "%d %s %s", (int)m->type, m->request ? m->request : "-",
			m->peer ? m->peer : "-");
		if (m->who) {
			sprintf(text + strlen(text), " flags:%u,%u", m->who->flags,
				m->who->timeout_ms);
			add_list(text, "to", m->who->to);
			add_list(text, "except", m->who->except);
		}
		add_list(text, "rooms", m->rooms);
		const cJSON *tree = m->event ? m->event->args : m->tree;
		if (tree)
			json_print(&json, tree);
		sprintf(text + strlen(text), " %s%.*s %zu,%zu,%d",
			m->event && m->event->name ? m->event->name : "", (int)buf_len(&json),
			buf_len(&json) ? (const char *)buf_data(&json) : "",
			m->event ? m->event->nbinary : 0, m->count, m->close);
	}
	buf_free(&json);
	letter_free(&l);
	return text;
}

typedef struct both_ways {
	sio_cluster_message m;
	const char *message, *meaning;
} both_ways;

static void go_both_ways(const tongue *t, heard_on where, both_ways b)
{
	ck_assert_str_eq(written(t, b.m), b.message);
	ck_assert_str_eq(meant(t, where, b.message), b.meaning);
}

static sio_event event(const char *name, cJSON *args)
{
	return (sio_event){ .name = name, .args = args };
}

START_TEST(a_broadcast_is_that_of_the_reference)
{
	cJSON *args = sio_json("[{a: 1, b: null}, %p]", (void *)sio_binary(0));
	const sio_bytes part = { "\1\2", 2 };
	sio_event ev = { .name = "hello", .args = args, .binary = &part, .nbinary = 1 };
	const sio_delivery all = { 0 };
	go_both_ways(&classic_tongue, ON_BROADCAST,
		(both_ways){ { .type = SIO_CLUSTER_EMIT, .who = &all, .event = &ev },
			"93a646774a70465383a47479706502a46461746193a568656c6c6f82a16101a162c0c40201"
			"02"
			"a36e7370a12f83a5726f6f6d7390a665786365707490a5666c61677380",
			"0 - - flags:0,0 except: hello[{\"a\":1,\"b\":null},"
			"{\"_placeholder\":true,\"num\":0}] 1,0,0" });
	json_free(args);
}
END_TEST

START_TEST(rooms_and_flags_are_those_of_the_reference)
{
	cJSON *args = cJSON_CreateArray();
	sio_event ev = event("hi", args);
	const sio_delivery who = { .to = SIO_ROOMS("room1", "r2"),
		.except = SIO_ROOMS("x"),
		.flags = SIO_VOLATILE | SIO_PLAIN };
	go_both_ways(&classic_tongue, ON_BROADCAST,
		(both_ways){ { .type = SIO_CLUSTER_EMIT, .who = &who, .event = &ev },
			"93a646774a70465383a47479706502a46461746191a26869a36e7370a12f83a5726f6f6d73"
			"92a5726f6f6d31a27232a665786365707491a178a5666c61677382a8766f6c6174696c65c3"
			"a8636f6d7072657373c2",
			"0 - - flags:9,0 to:room1,r2 except:x hi[] 0,0,0" });
	json_free(args);
}
END_TEST

START_TEST(requests_are_those_of_the_reference)
{
	cJSON *one = sio_json("[1]");
	sio_event ping = event("ping", one);
	const sio_delivery who = { .to = SIO_ROOMS("room1") };
	const both_ways all[] = {
		{ { .type = SIO_CLUSTER_JOIN, .who = &who, .rooms = SIO_ROOMS("x", "y") },
			"{\"uid\":\"FwJpFS\",\"type\":2,\"opts\":{\"rooms\":[\"room1\"],"
			"\"except\":[]},\"rooms\":[\"x\",\"y\"]}",
			"1 - FwJpFS flags:0,0 to:room1 except: rooms:x,y  0,0,0" },
		{ { .type = SIO_CLUSTER_DISCONNECT, .who = &who, .close = true },
			"{\"uid\":\"FwJpFS\",\"type\":4,\"opts\":{\"rooms\":[\"room1\"],"
			"\"except\":[]},\"close\":true}",
			"3 - FwJpFS flags:0,0 to:room1 except:  0,0,1" },
		{ { .type = SIO_CLUSTER_FETCH, .who = &who, .request = "5CJUL4" },
			"{\"uid\":\"FwJpFS\",\"requestId\":\"5CJUL4\",\"type\":5,\"opts\":{"
			"\"rooms\":[\"room1\"],\"except\":[]}}",
			"4 5CJUL4 FwJpFS flags:0,0 to:room1 except:  0,0,0" },
		{ { .type = SIO_CLUSTER_ROOMS, .request = "r0RK11" },
			"{\"uid\":\"FwJpFS\",\"requestId\":\"r0RK11\",\"type\":1}",
			"5 r0RK11 FwJpFS  0,0,0" },
		{ { .type = SIO_CLUSTER_SERVER_EMIT, .event = &ping },
			"{\"uid\":\"FwJpFS\",\"type\":6,\"data\":[\"ping\",1]}",
			"6 - FwJpFS ping[1] 0,0,0" },
		{ { .type = SIO_CLUSTER_SERVER_EMIT, .event = &ping, .request = "rJvcLO" },
			"{\"uid\":\"FwJpFS\",\"requestId\":\"rJvcLO\",\"type\":6,"
			"\"data\":[\"ping\",1]}",
			"6 rJvcLO FwJpFS ping[1] 0,0,0" },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		go_both_ways(&classic_tongue, ON_REQUEST, all[i]);
	json_free(one);
}
END_TEST

START_TEST(responses_are_those_of_the_reference)
{
	cJSON *pong = sio_json("['pong 7']"), *answer = sio_json("['answer']");
	cJSON *rooms = sio_json("['a', 'room1']");
	sio_event pongs = event(NULL, pong), answers = event(NULL, answer);
	const both_ways all[] = {
		{ { .type = SIO_CLUSTER_RECEIVERS, .request = "19gyJq", .count = 1 },
			"{\"type\":8,\"requestId\":\"19gyJq\",\"clientCount\":1}",
			"7 19gyJq -  0,1,0" },
		{ { .type = SIO_CLUSTER_ANSWER, .request = "19gyJq", .event = &answers },
			"83a47479706509a9726571756573744964a6313967794a71a67061636b6574a6616e737765"
			"72",
			"8 19gyJq - [\"answer\"] 0,0,0" },
		{ { .type = SIO_CLUSTER_SERVER_ANSWER, .request = "rJvcLO", .event = &pongs },
			"{\"type\":6,\"requestId\":\"rJvcLO\",\"data\":\"pong 7\"}",
			"11 rJvcLO - [\"pong 7\"] 0,0,0" },
		{ { .type = SIO_CLUSTER_ROOM_NAMES, .request = "r0RK11", .tree = rooms },
			"{\"requestId\":\"r0RK11\",\"rooms\":[\"a\",\"room1\"]}",
			"10 r0RK11 - [\"a\",\"room1\"] 0,0,0" },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		go_both_ways(&classic_tongue, ON_RESPONSE, all[i]);
	json_free(pong);
	json_free(answer);
	json_free(rooms);
}
END_TEST

START_TEST(sharded_messages_are_those_of_the_reference)
{
	cJSON *one = sio_json("[1]"), *none = cJSON_CreateArray(), *answer = sio_json("['answer']");
	sio_event all = event("all", one), question = event("q", none);
	sio_event answers = event(NULL, answer);
	const sio_delivery everyone = { 0 }, room = { .to = SIO_ROOMS("room1") };
	const sio_delivery timed = { .timeout_ms = 500 };
	const both_ways messages[] = {
		{ { .type = SIO_CLUSTER_EMIT, .who = &everyone, .event = &all },
			"{\"type\":3,\"data\":{\"packet\":{\"type\":2,\"data\":[\"all\",1]},"
			"\"opts\":{\"rooms\":[],\"except\":[],\"flags\":{}}},"
			"\"uid\":\"FwJpFS\",\"nsp\":\"/\"}",
			"0 - FwJpFS flags:0,0 except: all[1] 0,0,0" },
		{ { .type = SIO_CLUSTER_JOIN, .who = &room, .rooms = SIO_ROOMS("x") },
			"{\"type\":4,\"data\":{\"opts\":{\"rooms\":[\"room1\"],\"except\":[],"
			"\"flags\":{}},\"rooms\":[\"x\"]},\"uid\":\"FwJpFS\",\"nsp\":\"/\"}",
			"1 - FwJpFS flags:0,0 to:room1 except: rooms:x  0,0,0" },
		{ { .type = SIO_CLUSTER_EMIT,
			  .who = &timed,
			  .event = &question,
			  .request = "cfadedc0410498e3" },
			"{\"type\":3,\"data\":{\"packet\":{\"type\":2,\"data\":[\"q\"]},"
			"\"requestId\":\"cfadedc0410498e3\",\"opts\":{\"rooms\":[],\"except\":[],"
			"\"flags\":{\"timeout\":500}}},\"uid\":\"FwJpFS\",\"nsp\":\"/\"}",
			"0 cfadedc0410498e3 FwJpFS flags:0,500 except: q[] 0,0,0" },
		{ { .type = SIO_CLUSTER_RECEIVERS, .request = "c", .count = 1 },
			"{\"type\":11,\"data\":{\"requestId\":\"c\",\"clientCount\":1},"
			"\"uid\":\"FwJpFS\",\"nsp\":\"/\"}",
			"7 c FwJpFS  0,1,0" },
		{ { .type = SIO_CLUSTER_ANSWER, .request = "c", .event = &answers },
			"{\"type\":12,\"data\":{\"requestId\":\"c\",\"packet\":\"answer\"},"
			"\"uid\":\"FwJpFS\",\"nsp\":\"/\"}",
			"8 c FwJpFS [\"answer\"] 0,0,0" },
	};
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
		go_both_ways(&sharded_tongue, ON_BROADCAST, messages[i]);
	json_free(one);
	json_free(none);
	json_free(answer);
}
END_TEST

static void *seen_malloc(size_t size)
{
	return malloc(size);
}

static void seen_free(void *at)
{
	free(at);
}

/* All kinds at once: each allocation of writing and reading fails once. */
START_TEST(both_survive_each_failing_allocation)
{
	static const tongue *const tongues[] = { &classic_tongue, &sharded_tongue };
	cJSON_InitHooks(&(cJSON_Hooks){ seen_malloc, seen_free });
	cJSON *args = sio_json("['text', {a: [1, %p]}]", (void *)sio_binary(0));
	const sio_bytes part = { "\1\2", 2 };
	sio_event ev = { .name = "e", .args = args, .binary = &part, .nbinary = 1 };
	const sio_delivery who = { .to = SIO_ROOMS("a", "b"), .except = SIO_ROOMS("c") };
	for (int type = SIO_CLUSTER_EMIT; type <= SIO_CLUSTER_SERVER_ANSWER; type++) {
		const sio_cluster_message m = { .type = (sio_cluster_type)type,
			.request = "r",
			.peer = "p",
			.who = &who,
			.event = &ev,
			.rooms = who.to,
			.tree = args };
		size_t n = 0;
		bool failed;
		do {
			failing_malloc_after(n++);
			for (int t = 0; t < 2; t++) {
				payload p = { .json = { 0 } };
				letter l = { .old = LETTER_NOT_OLD };
				if (tongues[t]->write(&p, &m, &me))
					tongues[t]->read(&l,
						type < SIO_CLUSTER_RECEIVERS ? ON_REQUEST
									     : ON_RESPONSE,
						payload_span(&p), &other);
				letter_free(&l);
				payload_free(&p);
			}
			failed = failing_malloc_off();
		} while (failed);
		ck_assert_uint_gt(n, 8);
	}
	json_free(args);
}
END_TEST

UNIT_MAIN("messages_redis", a_broadcast_is_that_of_the_reference,
	rooms_and_flags_are_those_of_the_reference, requests_are_those_of_the_reference,
	responses_are_those_of_the_reference, sharded_messages_are_those_of_the_reference,
	both_survive_each_failing_allocation)
