/* SPDX-License-Identifier: MIT */
/* test_pending - what one client can have waiting for the application's decisions. */
#include "../support/lab.h"
#include "../support/unit.h"
#include <stdio.h>

static sio_entry waiting[64];
static size_t nwaiting;

static void wait_event(sio_socket *k, const sio_event *ev, sio_entry entry, void *user)
{
	(void)k, (void)ev, (void)user;
	waiting[nwaiting++ % 64] = entry;
}

static void wait_name(const char *name, const cJSON *auth, const sio_handshake *request,
	sio_entry entry, void *user)
{
	(void)name, (void)auth, (void)request, (void)user;
	waiting[nwaiting++ % 64] = entry;
}

static const char *limit_of(const peer *p)
{
	return p->session && p->session->limit ? p->session->limit : "";
}

/* Events of 400 bytes and what they need around. */
static const char *event(void)
{
	static char text[512];
	snprintf(text, sizeof text, "42[\"e\",\"%0400d\"]", 0);
	return text;
}

START_TEST(events_that_wait_are_limited_in_bytes)
{
	sio_server *s = lab_new_with(&(sio_options){ .max_pending = 4000 });
	sio_use_event(sio_of(s, "/"), wait_event, NULL);
	peer *p = connect_client(s), *other = connect_client(s);
	nwaiting = 0;
	for (int i = 0; i < 50 && !p->closed; i++)
		receive(p, event());
	ck_assert(p->closed);
	ck_assert_uint_gt(nwaiting, 2);
	ck_assert_uint_lt(nwaiting, 10);
	receive(other, event());
	ck_assert(!other->closed);
	lab_close(s);
}
END_TEST

START_TEST(what_was_decided_counts_no_more)
{
	sio_server *s = lab_new_with(&(sio_options){ .max_pending = 4000 });
	sio_use_event(sio_of(s, "/"), wait_event, NULL);
	peer *p = connect_client(s);
	nwaiting = 0;
	for (int i = 0; i < 100; i++) {
		receive(p, event());
		if (i % 2)
			sio_admit(waiting[(nwaiting - 1) % 64]);
		else
			sio_refuse(waiting[(nwaiting - 1) % 64], "no", NULL);
		end_turn(s);
	}
	ck_assert(!p->closed);
	ck_assert_str_eq(limit_of(p), "");
	lab_close(s);
}
END_TEST

START_TEST(names_that_wait_are_limited_in_bytes)
{
	sio_server *s = lab_new_with(&(sio_options){ .max_pending = 4000 });
	sio_of_match(s, wait_name, NULL);
	peer *p = open_client(s), *other = open_client(s);
	char text[512];
	nwaiting = 0;
	for (int i = 0; i < 50 && !p->closed; i++) {
		snprintf(text, sizeof text, "40/n%d,{\"a\":\"%0300d\"}", i, 0);
		receive(p, text);
	}
	ck_assert(p->closed);
	ck_assert_uint_gt(nwaiting, 2);
	ck_assert_uint_lt(nwaiting, 14);
	receive(other, "40/other");
	ck_assert(!other->closed);
	lab_close(s);
}
END_TEST

START_TEST(names_that_are_asked_for_again_count_once)
{
	sio_server *s = lab_new_with(&(sio_options){ .max_pending = 4000 });
	sio_of_match(s, wait_name, NULL);
	peer *p = open_client(s);
	nwaiting = 0;
	for (int i = 0; i < 100; i++)
		receive(p, "40/again,{\"a\":\"some text that takes its room\"}");
	ck_assert_uint_eq(nwaiting, 100);
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

UNIT_MAIN("pending", events_that_wait_are_limited_in_bytes, what_was_decided_counts_no_more,
	names_that_wait_are_limited_in_bytes, names_that_are_asked_for_again_count_once)
