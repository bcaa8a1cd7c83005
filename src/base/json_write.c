/* SPDX-License-Identifier: MIT */
/* json_write - text between the quotes of a JSON string. */
#include "json_write.h"

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

void json_write_escaped(buf *out, span s)
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
