/* SPDX-License-Identifier: MIT */
/* http_field - looks things up in fields and in their lists. */
#include "http.h"
#include "http_chars.h"

span http_field_find(const http_head *head, span name)
{
	for (size_t i = 0; i < head->nfields; i++)
		if (span_is_nocase(head->fields[i].name, name))
			return head->fields[i].value;
	return (span){ NULL, 0 };
}

bool http_has_token(span value, span token)
{
	span item;
	while (http_list_next(&value, &item))
		if (span_is_nocase(item, token))
			return true;
	return false;
}

/* "0.125" is 125; -1: not a qvalue (RFC 9110, 12.4.2). */
static int read_quality(span text)
{
	if (text.len == 0 || text.len > 5 || (text.at[0] != '0' && text.at[0] != '1'))
		return -1;
	if (text.len > 1 && text.at[1] != '.')
		return -1;
	int quality = (text.at[0] - '0') * 1000;
	int unit = 100;
	for (size_t i = 2; i < text.len; i++, unit /= 10) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return -1;
		quality += (text.at[i] - '0') * unit;
	}
	return quality <= 1000 ? quality : -1;
}

/* Of "gzip;q=0.5", whose name is cut off.  Saying nothing is 1; a weight that cannot be read counts
 * as a refusal, since sending the content as it is never harms. */
static unsigned item_quality(span item, span *name)
{
	const char *mark = memchr(item.at, ';', item.len);
	size_t len = mark ? (size_t)(mark - item.at) : item.len;
	*name = http_trim((span){ item.at, len });
	if (!mark)
		return 1000;
	span weight = http_trim((span){ mark + 1, item.len - len - 1 });
	if (weight.len < 2 || !span_is_nocase((span){ weight.at, 2 }, SPAN("q=")))
		return 0;
	int quality = read_quality((span){ weight.at + 2, weight.len - 2 });
	return quality < 0 ? 0 : (unsigned)quality;
}

unsigned http_accepts(span accept_encoding, span coding)
{
	span item, name;
	unsigned others = 0;
	while (http_list_next(&accept_encoding, &item)) {
		unsigned quality = item_quality(item, &name);
		if (span_is_nocase(name, coding))
			return quality;
		if (span_is(name, SPAN("*")))
			others = quality;
	}
	return others;
}
