/* SPDX-License-Identifier: MIT */
/* test_jsonp - payloads as calls in a script and as fields of a form. */
#include "../../src/engine/jsonp.h"
#include "../support/failing_malloc.h"
#include "../support/peer.h"
#include "../support/unit.h"

static const char *script(const char *index, const char *payload)
{
	static char text[400];
	buf out = { 0 };
	jsonp_write(&out, span_of(index), span_of(payload));
	buf_add_char(&out, '\0');
	memcpy(text, buf_data(&out), buf_len(&out));
	buf_free(&out);
	return text;
}

/* engine.io.md 144 */
START_TEST(a_payload_becomes_a_call_in_a_script)
{
	ck_assert_str_eq(script("0", "2:40"), "___eio[0](\"2:40\");");
	ck_assert_str_eq(script("0", ""), "___eio[0](\"\");");
	ck_assert_str_eq(script("7", "42[\"a\\\\\"]"), "___eio[7](\"42[\\\"a\\\\\\\\\\\"]\");");
}
END_TEST

/* engine.io.md 144 */
START_TEST(control_characters_and_line_separators_are_escaped)
{
	ck_assert_str_eq(script("0", "\b\t\n\f\r\x01\x1f\x7f/<"),
		"___eio[0](\"\\b\\t\\n\\f\\r\\u0001\\u001f\x7f/<\");");
	ck_assert_str_eq(script("0", "a\xe2\x80\xa8"
				     "b\xe2\x80\xa9"),
		"___eio[0](\"a\\u2028b\\u2029\");");
	ck_assert_str_eq(script("0", "\xe2\x80\xa7\xe2\x82\xa8\xe2\x80"),
		"___eio[0](\"\xe2\x80\xa7\xe2\x82\xa8\xe2\x80\");");
}
END_TEST

/* engine.io.md 145 */
START_TEST(all_but_digits_is_dropped_from_j)
{
	ck_assert_str_eq(script("1];alert(1)//2", "x"), "___eio[112](\"x\");");
	ck_assert_str_eq(script("", "x"), "___eio[](\"x\");");
}
END_TEST

static const char *form(const char *body)
{
	static char text[200];
	buf out = { 0 };
	static const char *const names[] = { "", "nothing", "broken" };
	jsonp_result r = jsonp_read(&out, span_of(body));
	buf_add_char(&out, '\0');
	memcpy(text, buf_data(&out), buf_len(&out));
	buf_free(&out);
	return r == JSONP_PAYLOAD ? text : names[r];
}

/* engine.io.md 146 */
START_TEST(the_payload_is_the_field_d_of_a_form)
{
	ck_assert_str_eq(form("d=2%3A4a"), "2:4a");
	ck_assert_str_eq(form("x=1&d=4:4%2B+a&y=2"), "4:4+ a");
	ck_assert_str_eq(form("d="), "");
	ck_assert_str_eq(form("x=1"), "nothing");
	ck_assert_str_eq(form(""), "nothing");
	ck_assert_str_eq(form("2:4a"), "nothing");
	ck_assert_str_eq(form("d=%zz"), "broken");
}
END_TEST

/* engine.io.md 146 */
START_TEST(backslash_n_stands_for_a_line_feed_unless_another_stands_before_it)
{
	ck_assert_str_eq(form("d=a%5Cnb"), "a\nb");
	ck_assert_str_eq(form("d=a%5C%5Cnb"), "a\\nb");
	ck_assert_str_eq(form("d=%5C%5C%5Cn"), "\\\\n");
	ck_assert_str_eq(form("d=%5C%5C%5C%5Cn"), "\\\\\\n");
	ck_assert_str_eq(form("d=%5C%5Ca%5C"), "\\\\a\\");
}
END_TEST

/* engine.io.md 144, 135: what j implies */
START_TEST(a_session_that_asks_for_j_is_answered_in_scripts)
{
	peer *p = peer_new();
	p->query = "EIO=3&j=x12";
	session *s = poll_open(p);
	ask *open = poll_get(p, s);
	ck_assert_mem_eq(body_of(open), "___eio[12](\"1", 13);
	ck_assert_ptr_nonnull(strstr(body_of(open), ":0{\\\"sid\\\":\\\""));
	ck_assert_int_eq(open->type, ANSWER_TEXT);
	app_send_bytes(p, "\x01\x02", 2);
	app_send(p, "\"");
	ck_assert_str_eq(body_of(poll_get(p, s)), "___eio[12](\"6:b4AQI=2:4\\\"\");");
	peer_free(p);
}
END_TEST

/* engine.io.md 146 */
START_TEST(a_session_that_asks_for_j_posts_forms)
{
	peer *p = peer_new();
	p->query = "EIO=3&j=0";
	session *s = poll_open(p);
	poll_get(p, s);
	ck_assert_str_eq(body_of(poll_post(p, s, "d=4%3A4a%5Cnb2:4c")), "ok");
	ck_assert_str_eq(app_got(p), "a\nb c");
	ck_assert_str_eq(body_of(poll_post(p, s, "x=2:4a")), "ok");
	ck_assert_uint_eq(p->closed, 0);
	ck_assert_str_eq(body_of(poll_post(p, s, "d=%z")), "ok");
	ck_assert_str_eq(p->reason, CLOSED_BY_PARSER);
	ck_assert_str_eq(app_got(p), "");
	peer_free(p);
}
END_TEST

/* engine.io.md 144: the goodbye too */
START_TEST(control_answers_are_scripts_too)
{
	peer *p = peer_new();
	p->query = "EIO=3&j=0";
	session *s = poll_open(p);
	poll_get(p, s);
	ask *get = poll_get(p, s);
	poll_post(p, s, "d=1:1");
	ck_assert_str_eq(body_of(get), "___eio[0](\"1:6\");");
	peer_free(p);
}
END_TEST

/* engine.io.md 147 */
START_TEST(version_4_may_ask_for_j_as_well)
{
	peer *p = peer_new();
	p->query = "EIO=4&j=3";
	session *s = poll_open(p);
	poll_get(p, s);
	app_send(p, "a");
	app_send_bytes(p, "\x01", 1);
	ck_assert_str_eq(body_of(poll_get(p, s)), "___eio[3](\"4a\\u001ebAQ==\");");
	poll_post(p, s, "d=4x%1E4y");
	ck_assert_str_eq(app_got(p), "x y");
	peer_free(p);
}
END_TEST

/* Whatever cannot be made is not sent in part. */
START_TEST(without_memory_a_poll_is_cut)
{
	peer *p = peer_new();
	p->query = "EIO=3&j=0";
	session *s = poll_open(p);
	poll_get(p, s);
	ask *get = poll_get(p, s);
	failing_malloc_after(0);
	session_fail(s, CLOSED_BY_SERVER);
	bool failed = failing_malloc_off();
	ck_assert(failed);
	ck_assert_uint_eq(get->drops, 1);
	ck_assert_uint_eq(get->answers, 0);
	peer_free(p);
}
END_TEST

UNIT_MAIN("jsonp", a_payload_becomes_a_call_in_a_script,
	control_characters_and_line_separators_are_escaped, all_but_digits_is_dropped_from_j,
	the_payload_is_the_field_d_of_a_form,
	backslash_n_stands_for_a_line_feed_unless_another_stands_before_it,
	a_session_that_asks_for_j_is_answered_in_scripts, a_session_that_asks_for_j_posts_forms,
	control_answers_are_scripts_too, version_4_may_ask_for_j_as_well,
	without_memory_a_poll_is_cut)
