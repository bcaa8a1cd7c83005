/* SPDX-License-Identifier: MIT */
/* packet - Socket.IO packets (protocol-notes/socket.io.md, "Packets"). */
#include "packet.h"
#include "../base/json_plain.h"
#include "../base/json_scan.h"
#include "../base/text.h"
#include "json.h"
#include <stdlib.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static span cut(span *rest, size_t n)
{
	span front = { rest->at, n };
	rest->at += n;
	rest->len -= n;
	return front;
}

static size_t count_digits(span s)
{
	size_t n = 0;
	while (n < s.len && is_digit(s.at[n]))
		n++;
	return n;
}

static bool read_attachments(sp_packet *out, span *rest, uint64_t max)
{
	span digits = cut(rest, count_digits(*rest));
	if (!parse_uint(digits, max, &out->attachments) || out->attachments == 0)
		return false;
	if (!rest->len || rest->at[0] != '-')
		return false;
	cut(rest, 1);
	return true;
}

static void read_namespace(sp_packet *out, span *rest)
{
	out->nsp = SPAN("/");
	if (!rest->len || rest->at[0] != '/')
		return;
	const char *comma = memchr(rest->at, ',', rest->len);
	out->nsp = cut(rest, comma ? (size_t)(comma - rest->at) : rest->len);
	if (comma)
		cut(rest, 1);
}

static bool read_id(sp_packet *out, span *rest)
{
	span digits = cut(rest, count_digits(*rest));
	out->has_id = digits.len > 0;
	return !out->has_id || parse_uint(digits, SP_MAX_ID, &out->id);
}

bool sp_read(sp_packet *out, span text, uint64_t max_attachments)
{
	*out = (sp_packet){ 0 };
	if (!text.len || text.at[0] < '0' || text.at[0] >= '0' + SP_TYPES)
		return false;
	out->type = (sp_type)(*cut(&text, 1).at - '0');
	bool binary = out->type == SP_BINARY_EVENT || out->type == SP_BINARY_ACK;
	if (binary && !read_attachments(out, &text, max_attachments))
		return false;
	read_namespace(out, &text);
	if (!read_id(out, &text))
		return false;
	/* Space with nothing behind it is no payload left out, but one that is not JSON. */
	size_t space = json_scan_space(text);
	if (space < text.len)
		cut(&text, space);
	out->payload = text;
	return true;
}

void sp_cut_query(sp_packet *p)
{
	const char *mark = memchr(p->nsp.at, '?', p->nsp.len);
	if (!mark)
		return;
	size_t len = (size_t)(mark - p->nsp.at);
	p->query = (span){ mark + 1, p->nsp.len - len - 1 };
	p->nsp.len = len;
}

bool sp_reserved(const char *event)
{
	static const char *const names[] = { "connect", "connect_error", "disconnect",
		"disconnecting", "newListener", "removeListener" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (event[0] == names[i][0] && !strcmp(event, names[i]))
			return true;
	return false;
}

/* A name without escapes at the very beginning, as most are; false: there is none. */
static bool begins_with_name(span payload, span *name)
{
	if (payload.len < 3 || payload.at[0] != '[' || payload.at[1] != '"')
		return false;
	span rest = { payload.at + 2, payload.len - 2 };
	*name = (span){ rest.at, json_plain_len(rest) };
	return name->len < rest.len && rest.at[name->len] == '"';
}

bool sp_event_name(span payload, span *name, bool *is_string)
{
	json_walk walk;
	span item;
	*is_string = true;
	if (begins_with_name(payload, name))
		return true;
	if (!json_walk_begin(&walk, payload, 1) || json_walk_next(&walk, &item) != JSON_ITEM)
		return false;
	*is_string = item.at[0] == '"';
	*name = *is_string ? (span){ item.at + 1, item.len - 2 } : item;
	return *is_string || item.at[0] == '-' || is_digit(item.at[0]);
}

/* ---- Placeholders ---- */

long sp_placeholder(const cJSON *item)
{
	const cJSON *num;
	if (!cJSON_IsObject(item))
		return -1;
	if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "_placeholder")))
		return -1;
	num = cJSON_GetObjectItemCaseSensitive(item, "num");
	if (!cJSON_IsNumber(num) || num->valuedouble < 0 || num->valuedouble > 1e6)
		return -1;
	long n = (long)num->valuedouble;
	return (double)n == num->valuedouble ? n : -1;
}

static bool item_valid(const cJSON *item, size_t n)
{
	if (!cJSON_IsObject(item) ||
		!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "_placeholder")))
		return true;
	long num = sp_placeholder(item);
	return num >= 0 && (size_t)num < n;
}

/* The way back up, since cJSON's nodes do not know their parents. */
typedef struct trail {
	const cJSON **at;
	size_t len, cap;
} trail;

static bool trail_push(trail *t, const cJSON *item)
{
	if (t->len == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 16;
		const cJSON **at = realloc(t->at, cap * sizeof *at);
		if (!at)
			return false;
		t->at = at;
		t->cap = cap;
	}
	t->at[t->len++] = item;
	return true;
}

bool sp_placeholders_valid(const cJSON *tree, size_t n)
{
	/* Without attachments an object that looks like a placeholder is an object. */
	if (n == 0)
		return true;
	trail up = { 0 };
	const cJSON *item = tree ? tree->child : NULL;
	bool good = true;

	while (good && (item || up.len)) {
		if (!item) {
			item = up.at[--up.len];
			continue;
		}
		good = item_valid(item, n);
		if (good && item->child && item->next)
			good = trail_push(&up, item->next);
		item = item->child ? item->child : item->next;
	}
	free(up.at);
	return good;
}

/* ---- Writing ---- */

void sp_write(buf *out, sp_type type, uint64_t attachments, span nsp, const uint64_t *id)
{
	buf_add_char(out, '4');
	buf_add_char(out, (char)('0' + type));
	if (attachments) {
		buf_add_uint(out, attachments);
		buf_add_char(out, '-');
	}
	if (nsp.len > 1) {
		buf_add_span(out, nsp);
		buf_add_char(out, ',');
	}
	if (id)
		buf_add_uint(out, *id);
}

void sp_write_args(buf *out, bool behind, const cJSON *args)
{
	for (const cJSON *arg = args->child; arg; arg = arg->next) {
		if (behind)
			buf_add_char(out, ',');
		if (!json_print(out, arg))
			out->failed = true;
		behind = true;
	}
}
