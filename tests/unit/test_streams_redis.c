/* SPDX-License-Identifier: MIT */
/* What servers say to each other in a stream, and keep of clients, as the reference writes it
 * (captured from @socket.io/redis-streams-adapter 0.3.1), and back. */
#include "../../src/adapter/redis/tongue.h"
#include "../../src/socketio/json.h"
#include "../support/failing_malloc.h"
#include "../support/unit.h"
#include <stdio.h>
#include <string.h>

static const speaker me = { "FwJpFS", "/" }, other = { "6ruSoC", "/" };

static const char *print(const cJSON *tree)
{
	static char text[512];
	buf out = { 0 };
	ck_assert(json_print(&out, tree));
	snprintf(text, sizeof text, "%.*s", (int)buf_len(&out), (const char *)buf_data(&out));
	buf_free(&out);
	return text;
}

static entry entry_of(const char *type, span data)
{
	return (entry){ SPAN("FwJpFS"), SPAN("/"), span_of(type), data };
}

static void says(const sio_cluster_message *m, const char *type, const char *data)
{
	payload p;
	letter l;
	char written[4];
	ck_assert(entry_carries(m));
	ck_assert(entry_write(&p, written, m));
	span text = payload_span(&p);
	ck_assert_str_eq(written, type);
	ck_assert_uint_eq(text.len, strlen(data));
	ck_assert_mem_eq(text.at, data, text.len);
	const entry e = entry_of(type, text);
	ck_assert_int_eq(entry_read(&l, &e, &me), LETTER_OTHER);
	letter_free(&l);
	ck_assert_int_eq(entry_read(&l, &e, &other), LETTER_GOOD);
	ck_assert_int_eq(l.m.type, m->type);
	ck_assert_str_eq(l.m.peer, "FwJpFS");
	ck_assert_ptr_null(l.m.request);
	if (m->event) {
		ck_assert_str_eq(l.m.event->name, m->event->name);
		ck_assert_uint_eq(l.m.event->nbinary, m->event->nbinary);
	}
	letter_free(&l);
	payload_free(&p);
}

/* redis.md 19 */
START_TEST(an_entry_is_that_of_the_reference)
{
	const sio_delivery all = { 0 }, some = { .to = SIO_ROOMS("room1") };
	const sio_bytes part = { "\1", 1 };
	cJSON *one = sio_json("[1]"), *bin = sio_json("[%p]", (void *)sio_binary(0));
	const sio_event plain = { .name = "all", .args = one };
	const sio_event binary = { .name = "bin", .args = bin, .binary = &part, .nbinary = 1 };
	says(&(sio_cluster_message){ .type = SIO_CLUSTER_EMIT, .who = &all, .event = &plain }, "3",
		"{\"packet\":{\"type\":2,\"data\":[\"all\",1]},"
		"\"opts\":{\"rooms\":[],\"except\":[],\"flags\":{}}}");
	says(&(sio_cluster_message){ .type = SIO_CLUSTER_EMIT, .who = &some, .event = &binary },
		"3",
		"gqZwYWNrZXSCpHR5cGUCpGRhdGGSo2JpbsQBAaRvcHRzg6Vyb29tc5Glcm9vbTGmZXhjZXB0kKVm"
		"bGFnc4A=");
	says(
		&(sio_cluster_message){
			.type = SIO_CLUSTER_JOIN, .who = &some, .rooms = SIO_ROOMS("x") },
		"4",
		"{\"opts\":{\"rooms\":[\"room1\"],\"except\":[],\"flags\":{}},\"rooms\":[\"x\"]}");
	says(
		&(sio_cluster_message){
			.type = SIO_CLUSTER_LEAVE, .who = &all, .rooms = SIO_ROOMS("x") },
		"5", "{\"opts\":{\"rooms\":[],\"except\":[],\"flags\":{}},\"rooms\":[\"x\"]}");
	says(&(sio_cluster_message){ .type = SIO_CLUSTER_DISCONNECT, .who = &all, .close = true },
		"6", "{\"opts\":{\"rooms\":[],\"except\":[],\"flags\":{}},\"close\":true}");
	json_free(one);
	json_free(bin);
}
END_TEST

static void goes_packed(const sio_cluster_message *m, const char *hex)
{
	payload p;
	letter l;
	char text[512];
	size_t n = 0;
	ck_assert(!entry_carries(m));
	ck_assert(streams_tongue.write(&p, m, &me));
	span s = payload_span(&p);
	for (size_t i = 0; i < s.len; i++)
		n += (size_t)sprintf(text + n, "%02x", (unsigned char)s.at[i]);
	ck_assert_str_eq(text, hex);
	ck_assert_int_eq(streams_tongue.read(&l, ON_BROADCAST, s, &other), LETTER_GOOD);
	ck_assert_int_eq(l.m.type, m->type);
	ck_assert_str_eq(l.m.request, m->request);
	letter_free(&l);
	payload_free(&p);
}

/* redis.md 20 */
START_TEST(what_goes_over_channels_is_packed)
{
	cJSON *none = cJSON_CreateArray(), *answer = sio_json("['answer']");
	const sio_event question = { .name = "q", .args = none }, answers = { .args = answer };
	const sio_delivery timed = { .timeout_ms = 800 };
	goes_packed(&(sio_cluster_message){ .type = SIO_CLUSTER_EMIT,
			    .request = "05e6",
			    .who = &timed,
			    .event = &question },
		"84a47479706503a46461746183a67061636b657482a47479706502a46461746191a171a97265717565"
		"73744964a430356536a46f70747383a5726f6f6d7390a665786365707490a5666c61677381a7746"
		"96d656f7574cd0320a3756964a646774a704653a36e7370a12f");
	goes_packed(
		&(sio_cluster_message){
			.type = SIO_CLUSTER_ANSWER, .request = "05e6", .event = &answers },
		"84a4747970650ca46461746182a9726571756573744964a430356536a67061636b6574a6616e737765"
		"72a3756964a646774a704653a36e7370a12f");
	json_free(none);
	json_free(answer);
}
END_TEST

/* redis.md 24 */
START_TEST(what_is_kept_of_a_client_is_that_of_the_reference)
{
	static const char kept[] = "hKNzaWS0bVlEakFwZmZHTzNVTnZJbEFBQUGjcGlktEFxRHA2Ujk2Z282OG1ncWp"
				   "BQUFCpXJvb21zkrRtWURqQXBmZkdPM1VOdklsQUFBQaVyb29tMaRkYXRhgaF1"
				   "AQ==";
	sio_cluster_session back;
	const char *nsp = "";
	letter l;
	ck_assert(kept_read(&l, span_of(kept), &back, &nsp));
	ck_assert_ptr_null(nsp);
	ck_assert_str_eq(back.id, "mYDjApffGO3UNvIlAAAA");
	ck_assert_str_eq(back.pid, "AqDp6R96go68mgqjAAAB");
	ck_assert_str_eq(back.rooms[1], "room1");
	ck_assert_ptr_null(back.rooms[2]);
	ck_assert_str_eq(print(back.data), "{\"u\":1}");
	letter_free(&l);
}
END_TEST

/* redis.md 24, 27 */
START_TEST(beside_it_the_namespace_is_kept)
{
	static const char kept[] = "haNzaWS0bVlEakFwZmZHTzNVTnZJbEFBQUGjcGlktEFxRHA2Ujk2Z282OG1ncWp"
				   "BQUFCpXJvb21zkrRtWURqQXBmZkdPM1VOdklsQUFBQaVyb29tMaRkYXRhgaF1"
				   "AaNuc3ClL2NoYXQ=";
	cJSON *data = sio_json("{u: 1}");
	const sio_cluster_session session = { "mYDjApffGO3UNvIlAAAA", "AqDp6R96go68mgqjAAAB",
		SIO_ROOMS("mYDjApffGO3UNvIlAAAA", "room1"), data, false, NULL };
	sio_cluster_session back;
	const char *nsp;
	payload p;
	letter l;
	ck_assert(kept_write(&p, &session, "/chat"));
	ck_assert_uint_eq(payload_span(&p).len, strlen(kept));
	ck_assert_mem_eq(payload_span(&p).at, kept, strlen(kept));
	ck_assert(kept_read(&l, payload_span(&p), &back, &nsp));
	ck_assert_str_eq(nsp, "/chat");
	ck_assert_str_eq(back.id, session.id);
	letter_free(&l);
	payload_free(&p);
	ck_assert(kept_write(&p, &session, NULL));
	ck_assert(kept_read(&l, payload_span(&p), &back, &nsp));
	ck_assert_ptr_null(nsp);
	letter_free(&l);
	payload_free(&p);
	json_free(data);
}
END_TEST

/* redis.md 24: what JSON cannot say is as JSON.stringify() would have it. */
START_TEST(what_is_binary_in_its_data_becomes_json)
{
	sio_cluster_session back;
	const char *nsp;
	letter l;
	ck_assert(kept_read(&l,
		SPAN("hKNzaWShc6NwaWShcKVyb29tc5GhcqRkYXRhg6FhkcQCAQKhZNb/AAAAAKFuwA=="), &back,
		&nsp));
	ck_assert_str_eq(print(back.data), "{\"a\":[{\"type\":\"Buffer\",\"data\":[1,2]}],"
					   "\"d\":\"1970-01-01T00:00:00.000Z\",\"n\":null}");
	letter_free(&l);
}
END_TEST

/* redis.md 9 */
START_TEST(what_makes_no_sense_is_not_read)
{
	static const char *const bad[] = { "", "*", "{", "[]", "gqZwYWNr", "{\"sid\":\"s\"}",
		"hKNzaWShc6NwaWShcKVyb29tcwU=" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		sio_cluster_session back;
		const char *nsp;
		letter l;
		const entry e = entry_of("3", span_of(bad[i]));
		ck_assert(!kept_read(&l, span_of(bad[i]), &back, &nsp));
		letter_free(&l);
		ck_assert_int_eq(entry_read(&l, &e, &other), LETTER_BAD);
		letter_free(&l);
	}
}
END_TEST

/* Events that ask for an ack are known. */
START_TEST(an_event_with_an_id_is_one_that_asks)
{
	letter l;
	const entry e = entry_of("3", SPAN("{\"packet\":{\"type\":2,\"data\":[\"q\"],\"id\":0},"
					   "\"opts\":{\"rooms\":[\"s\"]}}"));
	ck_assert_int_eq(entry_read(&l, &e, &other), LETTER_GOOD);
	ck_assert(l.asks);
	letter_free(&l);
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

static void write_and_read(const sio_cluster_message *m, const sio_cluster_session *s)
{
	payload p = { .json = { 0 } };
	letter l = { .old = LETTER_NOT_OLD };
	char type[4];
	sio_cluster_session back;
	const char *nsp;
	if (entry_write(&p, type, m)) {
		const entry e = entry_of(type, payload_span(&p));
		entry_read(&l, &e, &other);
	}
	letter_free(&l);
	payload_free(&p);
	p = (payload){ .json = { 0 } };
	l = (letter){ .old = LETTER_NOT_OLD };
	if (kept_write(&p, s, "/"))
		kept_read(&l, payload_span(&p), &back, &nsp);
	letter_free(&l);
	payload_free(&p);
	kept_read(&l, SPAN("hKNzaWShc6NwaWShcKVyb29tc5GhcqRkYXRhg6FhkcQCAQKhZNb/AAAAAKFuwA=="),
		&back, &nsp);
	letter_free(&l);
}

START_TEST(each_allocation_may_fail)
{
	cJSON_InitHooks(&(cJSON_Hooks){ seen_malloc, seen_free });
	cJSON *args = sio_json("['text', {a: [1, %p]}]", (void *)sio_binary(0));
	const sio_bytes part = { "\1\2", 2 };
	const sio_event ev = { .name = "e", .args = args, .binary = &part, .nbinary = 1 };
	const sio_delivery who = { .to = SIO_ROOMS("a", "b"), .except = SIO_ROOMS("c") };
	const sio_cluster_message m = { .type = SIO_CLUSTER_EMIT, .who = &who, .event = &ev };
	const sio_cluster_session s = { "sid", "pid", who.to, args, false, "1-0" };
	size_t n = 0;
	bool failed;
	do {
		failing_malloc_after(n++);
		write_and_read(&m, &s);
		failed = failing_malloc_off();
	} while (failed);
	ck_assert_uint_gt(n, 50);
	json_free(args);
}
END_TEST

UNIT_MAIN("streams_redis", an_entry_is_that_of_the_reference, what_goes_over_channels_is_packed,
	what_is_kept_of_a_client_is_that_of_the_reference, beside_it_the_namespace_is_kept,
	what_is_binary_in_its_data_becomes_json, what_makes_no_sense_is_not_read,
	an_event_with_an_id_is_one_that_asks, each_allocation_may_fail)
