/* SPDX-License-Identifier: MIT */
/* test_http_response - what is written, dates, and lists in field values. */
#include "../../src/wire/http.h"
#include "../support/unit.h"

#define ASSERT_OUT(out, text) ck_assert(span_is(buf_span(&(out)), span_of(text)))

/* http.md 34, 36: a response as it goes out. */
START_TEST(a_response_head_is_written)
{
	buf out = { 0 };
	http_write_status(&out, 404);
	http_write_field(&out, SPAN("X-a"), SPAN("b\t\xff c"));
	http_write_field(&out, SPAN("X-e"), SPAN(""));
	http_write_length(&out, UINT64_MAX);
	http_write_date(&out, 784111777);
	http_write_end(&out);
	ASSERT_OUT(out, "HTTP/1.1 404 Not Found\r\nX-a: b\t\xff c\r\nX-e: \r\nContent-Length: "
			"18446744073709551615\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
	ck_assert(!out.failed);
	buf_free(&out);
}
END_TEST

/* http.md 34: every status has some reason. */
START_TEST(a_status_has_a_reason)
{
	buf out = { 0 };
	ck_assert_str_eq(http_reason(400), "Bad Request");
	ck_assert_str_eq(http_reason(101), "Switching Protocols");
	http_write_status(&out, 599);
	ASSERT_OUT(out, "HTTP/1.1 599 Unknown\r\n");
	http_write_status(&out, 99);
	ck_assert(out.failed);
	buf_clear(&out);
	http_write_status(&out, 1000);
	ck_assert(out.failed);
	buf_free(&out);
}
END_TEST

static bool writes(span name, span value)
{
	buf out = { 0 };
	http_write_field(&out, name, value);
	ck_assert(!out.failed || buf_len(&out) == 0);
	bool ok = !out.failed;
	buf_free(&out);
	return ok;
}

/* http.md 35: every byte is tried in a value. */
START_TEST(a_value_cannot_split_a_response)
{
	for (int c = 0; c < 256; c++) {
		char value[3] = { 'a', (char)c, 'b' };
		bool good = c == '\t' || (c >= ' ' && c != 0x7f);
		ck_assert_msg(writes(SPAN("A"), (span){ value, 3 }) == good, "byte %d", c);
	}
}
END_TEST

/* http.md 35: every byte is tried in a name. */
START_TEST(a_name_is_a_token)
{
	ck_assert(!writes(SPAN(""), SPAN("a")));
	for (int c = 0; c < 256; c++) {
		char name[3] = { 'a', (char)c, 'b' };
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool good = letter || (c >= '0' && c <= '9') || (c && strchr("!#$%&'*+-.^_`|~", c));
		ck_assert_msg(writes((span){ name, 3 }, SPAN("a")) == good, "byte %d", c);
	}
}
END_TEST

/* http.md 35: the rest of a failed response is not written either. */
START_TEST(nothing_is_written_after_a_failure)
{
	buf out = { 0 };
	http_write_status(&out, 200);
	size_t len = buf_len(&out);
	http_write_field(&out, SPAN("A"), SPAN("b\r\nC: d"));
	http_write_field(&out, SPAN("E"), SPAN("f"));
	http_write_length(&out, 1);
	http_write_date(&out, 0);
	http_write_end(&out);
	ck_assert(out.failed);
	ck_assert_uint_eq(buf_len(&out), len);
	buf_free(&out);
}
END_TEST

/* http.md 36, 37: every day of 400 years is written and * read back; the names come around. */
START_TEST(a_date_is_read_as_it_was_written)
{
	char text[HTTP_DATE_LEN + 1];
	for (int64_t day = 0; day < 146097; day++) {
		int64_t seconds = day * 86400 + day % 86400;
		ck_assert(http_format_date(text, seconds));
		ck_assert_int_eq(http_parse_date(span_of(text)), seconds);
	}
	ck_assert(http_format_date(text, 951827696));
	ck_assert_str_eq(text, "Tue, 29 Feb 2000 12:34:56 GMT");
}
END_TEST

/* http.md 36: the years that the form can hold. */
START_TEST(a_date_has_four_digits_of_year)
{
	char text[HTTP_DATE_LEN + 1];
	ck_assert(http_format_date(text, 253402300799));
	ck_assert_str_eq(text, "Fri, 31 Dec 9999 23:59:59 GMT");
	ck_assert(!http_format_date(text, 253402300800));
	ck_assert(!http_format_date(text, INT64_MAX));
	ck_assert(!http_format_date(text, INT64_MIN));
	buf out = { 0 };
	http_write_date(&out, INT64_MAX);
	ck_assert(out.failed && buf_len(&out) == 0);
	buf_free(&out);
}
END_TEST

/* http.md 37: one form of date is read. */
START_TEST(another_form_of_date_is_no_date)
{
	static const char *const dates[] = { "", "Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994", "Mon, 06 Nov 1994 08:49:37 GMT",
		"sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 GM",
		"Sun, 06 Nov 1994 08:49:37 GMT ", "Sun,  6 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
		"Sat, 31 Dec 2016 23:59:60 GMT", "Thu, 30 Feb 2023 00:00:00 GMT",
		"Wed, 31 Dec 1969 23:59:58 GMT", "Sun, 0/ Nov 1994 08:49:37 GMT",
		"Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:3\xff GMT" };
	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
		ck_assert_msg(http_parse_date(span_of(dates[i])) == -1, "%s", dates[i]);
	ck_assert_int_eq(http_parse_date(SPAN("Thu, 01 Jan 1970 00:00:00 GMT")), 0);
}
END_TEST

/* http.md 19: a token is an element * of a list, not a part of one. */
START_TEST(a_token_is_found_in_a_list)
{
	ck_assert(http_has_token(SPAN("upgrade"), SPAN("Upgrade")));
	ck_assert(http_has_token(SPAN("a,\t UPGRADE ,b"), SPAN("upgrade")));
	ck_assert(http_has_token(SPAN(",,upgrade"), SPAN("upgrade")));
	ck_assert(!http_has_token(SPAN("upgrades, xupgrade, up grade"), SPAN("upgrade")));
	ck_assert(!http_has_token(SPAN(""), SPAN("upgrade")));
	ck_assert(!http_has_token((span){ NULL, 0 }, SPAN("upgrade")));
}
END_TEST

static unsigned gzip_in(const char *accept_encoding)
{
	return http_accepts(span_of(accept_encoding), SPAN("gzip"));
}

/* http.md 40: weights are * thousandths. */
START_TEST(a_weight_is_read)
{
	ck_assert_uint_eq(gzip_in("gzip"), 1000);
	ck_assert_uint_eq(gzip_in("br, GZIP ;\tQ=0.5"), 500);
	ck_assert_uint_eq(gzip_in("gzip;q=0.001"), 1);
	ck_assert_uint_eq(gzip_in("gzip;q=0.25,*;q=1"), 250);
	ck_assert_uint_eq(gzip_in("gzip;q=1.000"), 1000);
	ck_assert_uint_eq(gzip_in("gzip;q=1."), 1000);
	ck_assert_uint_eq(gzip_in("gzip;q=0, gzip;q=1"), 0);
	ck_assert_uint_eq(gzip_in("*;q=0.3, br"), 300);
	ck_assert_uint_eq(gzip_in("*;q=0.3, gzip;q=0"), 0);
}
END_TEST

/* http.md 40: what * is not named, or * not readable, is * not used. */
START_TEST(an_unreadable_weight_refuses)
{
	static const char *const values[] = { "", "br", "gzipp", "gzip;", "gzip;q",
		"gzip;q=", "gzip;q=2", "gzip;q=1.001", "gzip;q=0.1000", "gzip;q=.5", "gzip;q=0,5",
		"gzip;q=0.a", "gzip;q=0.-1", "gzip;q=-1", "gzip;a=b", "gzip;q=0.5;a", "gzip;q = 1",
		"*;q=x" };
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		ck_assert_msg(gzip_in(values[i]) == 0, "%s", values[i]);
}
END_TEST

UNIT_MAIN("http_response", a_response_head_is_written, a_status_has_a_reason,
	a_value_cannot_split_a_response, a_name_is_a_token, nothing_is_written_after_a_failure,
	a_date_is_read_as_it_was_written, a_date_has_four_digits_of_year,
	another_form_of_date_is_no_date, a_token_is_found_in_a_list, a_weight_is_read,
	an_unreadable_weight_refuses)
