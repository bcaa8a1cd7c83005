/* SPDX-License-Identifier: MIT */
/* test_deflate_offer - permessage-deflate: what is agreed. */
#include "../../src/wire/deflate.h"
#include "../support/unit.h"
#include "../support/vectors.h"
#include <stdio.h>

static char answer[PMD_ANSWER_MAX];
static pmd_params agreed;
static const pmd_options defaults;

static bool negotiate(const char *offers, const pmd_options *o)
{
	return pmd_negotiate(span_of(offers), o, &agreed, answer);
}

static void assert_answer(const char *offers, const pmd_options *o, const char *expected)
{
	ck_assert_msg(negotiate(offers, o), "%s", offers);
	ck_assert_str_eq(answer, expected);
}

/* A list that is well formed, and agrees on nothing. */
static void assert_declined(const char *offers, const pmd_options *o)
{
	ck_assert_msg(pmd_offers_valid(span_of(offers)), "%s", offers);
	ck_assert_msg(!negotiate(offers, o), "%s", offers);
}

/* deflate.md 13: what Chromium sends is answered as the reference answers it. */
START_TEST(the_offer_of_chromium_is_answered_with_the_bare_name)
{
	assert_answer(
		"permessage-deflate; client_max_window_bits", &defaults, "permessage-deflate");
	ck_assert(!agreed.server_no_context_takeover && !agreed.client_no_context_takeover);
	ck_assert_uint_eq(agreed.server_window_bits, 15);
	ck_assert_uint_eq(agreed.client_window_bits, 15);
}
END_TEST

/* deflate.md 2, 3, 14, 16, 18, 21: what the client asks for is granted. */
START_TEST(what_is_asked_for_is_granted)
{
	static const char *const asked[] = { "server_no_context_takeover",
		"client_no_context_takeover", "server_max_window_bits=8",
		"server_max_window_bits=15", "client_max_window_bits=9",
		"client_max_window_bits=15" };
	char offer[100];
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		snprintf(offer, sizeof offer, "permessage-deflate; %s", asked[i]);
		assert_answer(offer, &defaults, offer);
	}
	assert_answer("permessage-deflate ;\tserver_max_window_bits=\"1\\0\" ", &defaults,
		"permessage-deflate; server_max_window_bits=10");
	ck_assert_uint_eq(agreed.server_window_bits, 10);
}
END_TEST

/* deflate.md 14, 16, 18, 21: all four at once; the longest answer has room. */
START_TEST(all_parameters_may_be_asked_for_at_once)
{
	assert_answer("permessage-deflate; client_max_window_bits=11; server_max_window_bits=12; "
		      "client_no_context_takeover; server_no_context_takeover",
		&defaults,
		"permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
		"server_max_window_bits=12; client_max_window_bits=11");
	ck_assert(agreed.server_no_context_takeover && agreed.client_no_context_takeover);
	ck_assert_uint_eq(agreed.server_window_bits, 12);
	ck_assert_uint_eq(agreed.client_window_bits, 11);
	ck_assert_uint_lt(strlen(answer) + 1, PMD_ANSWER_MAX);
}
END_TEST

/* deflate.md 15, 17, 19: the server's options are answered unasked. */
START_TEST(options_are_answered_unasked)
{
	assert_answer("permessage-deflate", &(pmd_options){ .server_no_context_takeover = true },
		"permessage-deflate; server_no_context_takeover");
	assert_answer("permessage-deflate", &(pmd_options){ .client_no_context_takeover = true },
		"permessage-deflate; client_no_context_takeover");
	assert_answer("permessage-deflate", &(pmd_options){ .server_max_window_bits = 10 },
		"permessage-deflate; server_max_window_bits=10");
	assert_answer("permessage-deflate", &(pmd_options){ .server_max_window_bits = 99 },
		"permessage-deflate; server_max_window_bits=15");
	assert_answer("permessage-deflate", &(pmd_options){ .server_max_window_bits = 3 },
		"permessage-deflate; server_max_window_bits=8");
}
END_TEST

/* deflate.md 18, 20, 21: of two limits the smaller counts. */
START_TEST(the_smaller_window_is_answered)
{
	const pmd_options o = { .server_max_window_bits = 11, .client_max_window_bits = 11 };
	assert_answer("permessage-deflate; client_max_window_bits; server_max_window_bits=9", &o,
		"permessage-deflate; server_max_window_bits=9; client_max_window_bits=11");
	assert_answer("permessage-deflate; client_max_window_bits=9; server_max_window_bits=14", &o,
		"permessage-deflate; server_max_window_bits=11; client_max_window_bits=9");
}
END_TEST

/* deflate.md 22: a client that cannot be limited is declined if it has to be. */
START_TEST(a_client_that_cannot_be_limited_is_declined)
{
	const pmd_options o = { .client_max_window_bits = 11 };
	assert_declined("permessage-deflate", &o);
	assert_answer("permessage-deflate, permessage-deflate; client_max_window_bits", &o,
		"permessage-deflate; client_max_window_bits=11");
}
END_TEST

/* deflate.md 6, 8 to 12: an offer with a bad parameter is declined, and the next one taken. */
START_TEST(bad_offers_are_declined_one_by_one)
{
	static const char *const bad[] = { "foo", "foo=1", "Client_max_window_bits",
		"server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16",
		"server_max_window_bits=08", "server_max_window_bits=0x0a",
		"server_max_window_bits=100", "server_max_window_bits=1",
		"server_max_window_bits=-9", "client_max_window_bits=7",
		"client_max_window_bits=16", "client_max_window_bits=010",
		"client_max_window_bits=1a", "server_no_context_takeover=true",
		"client_no_context_takeover=10",
		"server_no_context_takeover; server_no_context_takeover",
		"client_max_window_bits; client_max_window_bits=9",
		"server_max_window_bits=9; server_max_window_bits=9" };
	char offers[300];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(offers, sizeof offers, "permessage-deflate; %s", bad[i]);
		assert_declined(offers, &defaults);
		strcat(offers, ", permessage-deflate; server_max_window_bits=9");
		assert_answer(offers, &defaults, "permessage-deflate; server_max_window_bits=9");
	}
	assert_declined("x-webkit-deflate-frame, PERMESSAGE-DEFLATE, permessage-deflat", &defaults);
}
END_TEST

/* deflate.md 2, 3, 5: a good offer does not help a list that is none. */
START_TEST(a_malformed_list_agrees_on_nothing)
{
	static const char *const bad[] = { ";", "a b", "a;", "a; ;b", "a; b =1", "a; b= 1",
		"a; b=", "a; b=\"\"", "a; b=\"c", "a; b=\"", "a; b=c\"", "a; b=\"c d\"",
		"a; b=\"c,d\"", "a; b=\"c;d\"", "a; b=\"\\\"", "a; =1", "a=1", "a; b=c=d", "\x80",
		"a; b c", "permessage-deflate; foo; b=\"" };
	char offers[100];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(offers, sizeof offers, "permessage-deflate, %s", bad[i]);
		ck_assert_msg(!pmd_offers_valid(span_of(offers)), "%s", offers);
		ck_assert_msg(!negotiate(offers, &defaults), "%s", offers);
	}
}
END_TEST

/* deflate.md 1, 4, 6, 7: the first good offer counts, whatever stands around it. */
START_TEST(the_first_good_offer_is_taken)
{
	assert_answer(", foo; a=\"b\\c\"; d,,permessage-deflate; client_no_context_takeover, "
		      "permessage-deflate",
		&defaults, "permessage-deflate; client_no_context_takeover");
	assert_declined("", &defaults);
	assert_declined(" , ", &defaults);
	ck_assert(pmd_offers_valid((span){ NULL, 0 }));
	ck_assert(!pmd_negotiate((span){ NULL, 0 }, &defaults, &agreed, answer));
}
END_TEST

/* The names that speak of offers; test_deflate.c judges the others. */
static void judge(const char *name, char *content, size_t len)
{
	span offers = { content, len };
	bool valid = pmd_offers_valid(offers);
	bool taken = pmd_negotiate(offers, &defaults, &agreed, answer);
	if (strncmp(name, "offer-", 6) == 0)
		ck_assert_msg(valid && taken, "%s", name);
	else if (strncmp(name, "declined-", 9) == 0)
		ck_assert_msg(valid && !taken, "%s", name);
	else if (strncmp(name, "malformed-", 10) == 0)
		ck_assert_msg(!valid && !taken, "%s", name);
}

START_TEST(named_cases_are_judged_by_their_names)
{
	vectors_judge("deflate", 40, judge);
}
END_TEST

UNIT_MAIN("deflate_offer", the_offer_of_chromium_is_answered_with_the_bare_name,
	what_is_asked_for_is_granted, all_parameters_may_be_asked_for_at_once,
	options_are_answered_unasked, the_smaller_window_is_answered,
	a_client_that_cannot_be_limited_is_declined, bad_offers_are_declined_one_by_one,
	a_malformed_list_agrees_on_nothing, the_first_good_offer_is_taken,
	named_cases_are_judged_by_their_names)
