/* SPDX-License-Identifier: MIT */
/* jsonp - payloads as calls in a script and as fields of a form; writing and reading side by side.
 */
#include "jsonp.h"
#include "../base/text.h"

/* ---- Writing ---- */

static void write_index(buf *out, span index)
{
	for (size_t i = 0; i < index.len; i++)
		if (index.at[i] >= '0' && index.at[i] <= '9')
			buf_add_char(out, index.at[i]);
}

/* How a byte stands in a string of JSON after a backslash; 0: as it is, 'u': by its number. */
static char escape_of(unsigned char c)
{
	static const char names[] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'
	};
	if (c == '"' || c == '\\')
		return (char)c;
	if (c >= 0x20)
		return 0;
	return c < sizeof names && names[c] ? names[c] : 'u';
}

static void write_escaped(buf *out, unsigned char c, char escape)
{
	static const char hex[] = "0123456789abcdef";
	const char number[] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
	const char name[] = { '\\', escape };
	if (escape == 'u')
		buf_add(out, number, sizeof number);
	else
		buf_add(out, name, sizeof name);
}

/* U+2028 and U+2029 end a line in a script, though not in JSON. */
static const char *line_separator(span rest)
{
	if (rest.len < 3 || memcmp(rest.at, "\xe2\x80", 2) != 0)
		return NULL;
	unsigned char last = (unsigned char)rest.at[2];
	return last == 0xa8 ? "\\u2028" : last == 0xa9 ? "\\u2029" : NULL;
}

static void write_string(buf *out, span s)
{
	size_t plain = 0; /* where what has not been copied yet begins */
	for (size_t i = 0; i < s.len; i++) {
		char escape = escape_of((unsigned char)s.at[i]);
		const char *separator =
			s.at[i] == '\xe2' ? line_separator((span){ s.at + i, s.len - i }) : NULL;
		if (!escape && !separator)
			continue;
		buf_add(out, s.at + plain, i - plain);
		if (separator) {
			buf_add_text(out, separator);
			i += 2;
		} else {
			write_escaped(out, (unsigned char)s.at[i], escape);
		}
		plain = i + 1;
	}
	buf_add(out, s.at + plain, s.len - plain);
}

void jsonp_write(buf *out, span index, span payload)
{
	buf_add_text(out, "___eio[");
	write_index(out, index);
	buf_add_text(out, "](\"");
	write_string(out, payload);
	buf_add_text(out, "\");");
}

/* ---- Reading ---- */

/* Browsers change line feeds in forms, so clients send them as backslash-n, and a backslash-n of
 * the payload with one backslash more. */
static size_t unescape(char *text, size_t len)
{
	size_t to = 0, at = 0;
	while (at < len) {
		size_t left = len - at;
		if (left >= 3 && !memcmp(text + at, "\\\\n", 3)) {
			text[to++] = '\\';
			text[to++] = 'n';
			at += 3;
		} else if (left >= 2 && !memcmp(text + at, "\\n", 2)) {
			text[to++] = '\n';
			at += 2;
		} else {
			text[to++] = text[at++];
		}
	}
	return to;
}

jsonp_result jsonp_read(buf *out, span form)
{
	span field;
	buf text = { 0 };
	if (!query_find(form, SPAN("d"), &field))
		return JSONP_NOTHING;
	bool good = url_decode(&text, field, true);
	if (good && buf_len(&text)) {
		char *at = (char *)buf_data(&text);
		good = buf_add(out, at, unescape(at, buf_len(&text)));
	}
	buf_free(&text);
	return good ? JSONP_PAYLOAD : JSONP_BROKEN;
}
