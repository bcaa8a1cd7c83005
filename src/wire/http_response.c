/* SPDX-License-Identifier: MIT */
/* http_response - writes response heads, and HTTP's dates. */
#include "http.h"
#include "http_chars.h"
#include <stdio.h>
#include <time.h>

static const char *const day_names[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const month_names[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
	"Sep", "Oct", "Nov", "Dec" };

const char *http_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{ 100, "Continue" },
		{ 101, "Switching Protocols" },
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 206, "Partial Content" },
		{ 301, "Moved Permanently" },
		{ 302, "Found" },
		{ 303, "See Other" },
		{ 304, "Not Modified" },
		{ 307, "Temporary Redirect" },
		{ 308, "Permanent Redirect" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 406, "Not Acceptable" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 411, "Length Required" },
		{ 412, "Precondition Failed" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 416, "Range Not Satisfiable" },
		{ 417, "Expectation Failed" },
		{ 421, "Misdirected Request" },
		{ 422, "Unprocessable Content" },
		{ 426, "Upgrade Required" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" },
	};
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

void http_write_status(buf *out, int status)
{
	if (status < 100 || status > 999) {
		out->failed = true;
		return;
	}
	buf_add_text(out, "HTTP/1.1 ");
	buf_add_uint(out, (uint64_t)status);
	buf_add_char(out, ' ');
	buf_add_text(out, http_reason(status));
	buf_add_text(out, "\r\n");
}

bool http_field_ok(span name, span value)
{
	return name.len && http_all_in(name, HTTP_IN_TOKEN) && http_all_in(value, HTTP_IN_VALUE);
}

void http_write_field(buf *out, span name, span value)
{
	if (!http_field_ok(name, value)) {
		out->failed = true;
		return;
	}
	buf_add_span(out, name);
	buf_add_text(out, ": ");
	buf_add_span(out, value);
	buf_add_text(out, "\r\n");
}

void http_write_length(buf *out, uint64_t length)
{
	buf_add_text(out, "Content-Length: ");
	buf_add_uint(out, length);
	buf_add_text(out, "\r\n");
}

void http_write_end(buf *out)
{
	buf_add_text(out, "\r\n");
}

/* ---- Dates ---- */

bool http_format_date(char out[HTTP_DATE_LEN + 1], int64_t unix_seconds)
{
	struct tm tm;
	time_t seconds = (time_t)unix_seconds;
	if (!gmtime_r(&seconds, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900)
		return false;
	char text[96]; /* for any int, so that nothing needs to be trusted */
	snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", day_names[tm.tm_wday],
		tm.tm_mday, month_names[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		tm.tm_sec);
	memcpy(out, text, HTTP_DATE_LEN + 1);
	return true;
}

void http_write_date(buf *out, int64_t unix_seconds)
{
	char date[HTTP_DATE_LEN + 1];
	if (!http_format_date(date, unix_seconds)) {
		out->failed = true;
		return;
	}
	http_write_field(out, SPAN("Date"), (span){ date, HTTP_DATE_LEN });
}

/* Anything for what is no number: the caller compares the date with what it should look like. */
static int digits(const char *at, int n)
{
	int value = 0;
	for (int i = 0; i < n; i++)
		value = value * 10 + (at[i] - '0');
	return value;
}

static int month_of(const char *at)
{
	int month = 0;
	while (month < 11 && memcmp(at, month_names[month], 3) != 0)
		month++;
	return month;
}

int64_t http_parse_date(span text)
{
	if (text.len != HTTP_DATE_LEN)
		return -1;
	struct tm tm = { .tm_mday = digits(text.at + 5, 2),
		.tm_mon = month_of(text.at + 8),
		.tm_year = digits(text.at + 12, 4) - 1900,
		.tm_hour = digits(text.at + 17, 2),
		.tm_min = digits(text.at + 20, 2),
		.tm_sec = digits(text.at + 23, 2) };
	int64_t seconds = timegm(&tm);
	char same[HTTP_DATE_LEN + 1];
	if (seconds < 0 || !http_format_date(same, seconds))
		return -1;
	return memcmp(same, text.at, HTTP_DATE_LEN) == 0 ? seconds : -1;
}
