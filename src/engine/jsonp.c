/* SPDX-License-Identifier: MIT */
/* jsonp - payloads as calls in a script and as fields of a form; writing and reading side by side.
 */
#include "jsonp.h"
#include "../base/json_write.h"
#include "../base/text.h"

/* ---- Writing ---- */

static void write_index(buf *out, span index)
{
	for (size_t i = 0; i < index.len; i++)
		if (index.at[i] >= '0' && index.at[i] <= '9')
			buf_add_char(out, index.at[i]);
}

void jsonp_write(buf *out, span index, span payload)
{
	buf_add_text(out, "___eio[");
	write_index(out, index);
	buf_add_text(out, "](\"");
	json_write_escaped(out, payload);
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
	span other;
	if (!query_find(form, SPAN("d"), &field))
		return JSONP_NOTHING;
	/* Two of them are none, as the reference has it. */
	size_t before = (size_t)(field.at - form.at);
	if (before > 2 && query_find((span){ form.at, before - 2 }, SPAN("d"), &other))
		return JSONP_NOTHING;
	bool good = url_decode(&text, field, true);
	if (good && buf_len(&text)) {
		char *at = (char *)buf_data(&text);
		good = buf_add(out, at, unescape(at, buf_len(&text)));
	}
	buf_free(&text);
	return good ? JSONP_PAYLOAD : JSONP_BROKEN;
}
