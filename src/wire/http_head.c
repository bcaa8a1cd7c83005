/* SPDX-License-Identifier: MIT */
/*
 * http_head - reads request heads.
 *
 * First the end of the head is looked for, and only a whole head is parsed, so that
 * no state but an offset is kept while bytes arrive.  Every verdict depends on the
 * bytes alone, not on how they were cut.
 */
#include "../base/text.h"
#include "http.h"
#include "http_chars.h"

/* Empty lines that some clients send after a body; more of them are only a way to keep us busy. */
enum { MAX_EMPTY_LINES = 4 };

/* What the fields said, for the decisions that need several of them. */
typedef struct facts {
	unsigned hosts, lengths, codings;
	bool close, keep, upgrade_option, upgrade_field;
	bool unknown_coding;
} facts;

typedef int field_rule(http_head *head, facts *f, span value);

static span span_from(span s, size_t offset)
{
	return (span){ s.at + offset, s.len - offset };
}

/* ---- Where the head ends ---- */

static size_t skip_empty_lines(span in)
{
	size_t at = 0;
	while (at < 2 * MAX_EMPTY_LINES && in.len - at >= 2 && memcmp(in.at + at, "\r\n", 2) == 0)
		at += 2;
	return at;
}

static int too_long(span head)
{
	return memchr(head.at, '\n', head.len) ? -431 : -414;
}

/* The length with the final empty line, 0 or -status; in begins with the request line, whose first
 * byte is not CR. */
static long find_end(span in, size_t *scanned)
{
	size_t limit = in.len < HTTP_MAX_HEAD ? in.len : HTTP_MAX_HEAD;
	const char *end = in.at + limit;
	const char *at = in.at + *scanned;
	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		if (at == in.at || at[-1] != '\r')
			return -400;
		if (at[-2] == '\n')
			return at + 1 - in.at;
		at++;
	}
	*scanned = limit;
	return limit < HTTP_MAX_HEAD ? 0 : too_long((span){ in.at, limit });
}

/* Cuts off the next line, without its CRLF; find_end() has seen that it has one. */
static span take_line(span *rest)
{
	const char *lf = memchr(rest->at, '\n', rest->len);
	size_t len = (size_t)(lf - rest->at);
	span line = { rest->at, len - 1 };
	*rest = span_from(*rest, len + 1);
	return line;
}

/* ---- The request line ---- */

static http_method method_of(span text)
{
	static const char *const names[HTTP_OTHER] = { "GET", "HEAD", "POST", "PUT", "DELETE",
		"OPTIONS", "PATCH" };
	unsigned i = 0;
	while (i < HTTP_OTHER && !span_is(text, span_of(names[i])))
		i++;
	return (http_method)i;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.x"; what is said of 1.1 holds for every later 1.x. */
static int read_version(http_head *head, span text)
{
	if (text.len != 8 || memcmp(text.at, "HTTP/", 5) != 0 || text.at[6] != '.')
		return -400;
	if (!is_digit(text.at[5]) || !is_digit(text.at[7]))
		return -400;
	if (text.at[5] != '1')
		return -505;
	head->minor = text.at[7] == '0' ? 0 : 1;
	return 0;
}

static void cut_query(http_head *head, span path)
{
	const char *mark = memchr(path.at, '?', path.len);
	if (!mark) {
		head->path = path;
		return;
	}
	head->path = (span){ path.at, (size_t)(mark - path.at) };
	head->query = span_from(path, head->path.len + 1);
}

static size_t scheme_len(span target)
{
	static const char *const schemes[] = { "http://", "https://" };
	for (size_t i = 0; i < 2; i++) {
		span scheme = span_of(schemes[i]);
		span start = { target.at, scheme.len };
		if (target.len >= scheme.len && span_is_nocase(start, scheme))
			return scheme.len;
	}
	return 0;
}

/* "http://host:port/path?query", as a client sends it to a proxy. */
static int read_absolute(http_head *head, span target)
{
	span rest = span_from(target, scheme_len(target));
	size_t len = 0;
	while (len < rest.len && http_char_in(rest.at[len], HTTP_IN_HOST))
		len++;
	if (rest.len == target.len || len == 0)
		return -400;
	rest = span_from(rest, len);
	if (rest.len > 0 && rest.at[0] != '/' && rest.at[0] != '?')
		return -400;
	cut_query(head, rest);
	if (head->path.len == 0)
		head->path = SPAN("/");
	return 0;
}

static int read_target(http_head *head)
{
	span target = head->target;
	if (target.len == 0 || !http_all_in(target, HTTP_IN_TARGET))
		return -400;
	if (span_is(head->method_text, SPAN("CONNECT")))
		return -400;
	if (target.at[0] != '/' && !span_is(target, SPAN("*")))
		return read_absolute(head, target);
	if (target.at[0] == '*' && head->method != HTTP_OPTIONS)
		return -400;
	cut_query(head, target);
	return 0;
}

static bool cut_at_space(span *rest, span *word)
{
	const char *space = memchr(rest->at, ' ', rest->len);
	if (!space)
		return false;
	*word = (span){ rest->at, (size_t)(space - rest->at) };
	*rest = span_from(*rest, word->len + 1);
	return true;
}

static int read_request_line(http_head *head, span line)
{
	if (!cut_at_space(&line, &head->method_text) || !cut_at_space(&line, &head->target))
		return -400;
	if (head->method_text.len == 0 || !http_all_in(head->method_text, HTTP_IN_TOKEN))
		return -400;
	head->method = method_of(head->method_text);
	int status = read_version(head, line);
	return status ? status : read_target(head);
}

/* ---- Fields ---- */

static int on_host(http_head *head, facts *f, span value)
{
	(void)head;
	f->hosts++;
	return http_all_in(value, HTTP_IN_HOST) ? 0 : -400;
}

static int on_content_length(http_head *head, facts *f, span value)
{
	f->lengths++;
	return parse_uint(value, HTTP_MAX_LENGTH, &head->content_length) ? 0 : -400;
}

static int on_transfer_encoding(http_head *head, facts *f, span value)
{
	f->codings++;
	head->chunked = span_is_nocase(value, SPAN("chunked"));
	f->unknown_coding = !head->chunked;
	return 0;
}

static int on_connection(http_head *head, facts *f, span value)
{
	(void)head;
	f->close |= http_has_token(value, SPAN("close"));
	f->keep |= http_has_token(value, SPAN("keep-alive"));
	f->upgrade_option |= http_has_token(value, SPAN("upgrade"));
	return 0;
}

static int on_upgrade(http_head *head, facts *f, span value)
{
	(void)head;
	(void)value;
	f->upgrade_field = true;
	return 0;
}

static int on_expect(http_head *head, facts *f, span value)
{
	(void)f;
	head->expect_continue |= http_has_token(value, SPAN("100-continue"));
	return 0;
}

static int apply_rule(http_head *head, facts *f, const http_field *field)
{
	static const struct {
		const char *name;
		field_rule *rule;
	} rules[] = {
		{ "Host", on_host },
		{ "Content-Length", on_content_length },
		{ "Transfer-Encoding", on_transfer_encoding },
		{ "Connection", on_connection },
		{ "Upgrade", on_upgrade },
		{ "Expect", on_expect },
	};
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (span_is_nocase(field->name, span_of(rules[i].name)))
			return rules[i].rule(head, f, field->value);
	return 0;
}

static int read_field(http_field *field, span line)
{
	const char *colon = memchr(line.at, ':', line.len);
	if (!colon || colon == line.at)
		return -400;
	field->name = (span){ line.at, (size_t)(colon - line.at) };
	span value = span_from(line, field->name.len + 1);
	if (!http_all_in(field->name, HTTP_IN_TOKEN) || !http_all_in(value, HTTP_IN_VALUE))
		return -400;
	field->value = http_trim(value);
	return 0;
}

static int read_fields(http_head *head, facts *f, span rest)
{
	for (;;) {
		span line = take_line(&rest);
		if (line.len == 0)
			return 0;
		if (head->nfields == HTTP_MAX_FIELDS)
			return -431;
		http_field *field = &head->fields[head->nfields++];
		int status = read_field(field, line);
		if (status == 0)
			status = apply_rule(head, f, field);
		if (status)
			return status;
	}
}

/* ---- What the fields mean together ---- */

/* Whatever two readers could understand differently is refused, never repaired. */
static int check_framing(const http_head *head, const facts *f)
{
	if (f->hosts > 1 || (f->hosts == 0 && head->minor > 0))
		return -400;
	if (f->lengths > 1 || f->codings > 1)
		return -400;
	if (f->codings && (f->lengths || head->minor == 0))
		return -400;
	return f->unknown_coding ? -501 : 0;
}

/* HTTP/1.0 knows neither Upgrade nor Expect: RFC 9110 has us ignore them there (7.8, 10.1.1). */
static void settle_connection(http_head *head, const facts *f)
{
	bool modern = head->minor > 0;
	head->keep_alive = !f->close && (modern || f->keep);
	head->upgrade = modern && f->upgrade_option && f->upgrade_field;
	head->expect_continue = modern && head->expect_continue;
}

static int parse_head(http_head *head, span text)
{
	facts f = { 0 };
	memset(head, 0, offsetof(http_head, fields));
	head->text = text;
	int status = read_request_line(head, take_line(&text));
	if (status == 0)
		status = read_fields(head, &f, text);
	if (status)
		return status;
	settle_connection(head, &f);
	return check_framing(head, &f);
}

long http_head_read(http_head *head, span in, size_t *scanned)
{
	if (in.len == 0)
		return 0;
	size_t skipped = skip_empty_lines(in);
	in = span_from(in, skipped);
	if (in.len == 0 || (in.len == 1 && in.at[0] == '\r'))
		return 0;
	/* A TLS greeting on a plain port shows here, before its peer waits for us to see a line. */
	if (!http_char_in(in.at[0], HTTP_IN_TOKEN))
		return -400;
	long len = find_end(in, scanned);
	if (len <= 0)
		return len;
	int status = parse_head(head, (span){ in.at, (size_t)len });
	return status ? status : len + (long)skipped;
}
