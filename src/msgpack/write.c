/* SPDX-License-Identifier: MIT */
/* write - a packet as MessagePack. */
#include "packet.h"
#include <math.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

typedef struct writer {
	msgpack_packer packer;
	msgpack_sbuffer buffer;
	const sio_packet *packet;
	bool failed;
} writer;

static void put_text(writer *w, const char *text, size_t len)
{
	if (msgpack_pack_str(&w->packer, len) || msgpack_pack_str_body(&w->packer, text, len))
		w->failed = true;
}

/* In trees U+0000 stands as C0 80 and a lone surrogate as ED and two bytes, neither of which is
 * UTF-8.  MessagePack has no word for the latter, and some clients read no packet with it. */
static const char *find_special(const char *text)
{
	for (const char *at = text; (at = strpbrk(at, "\xc0\xed")) != NULL; at++) {
		const unsigned char *c = (const unsigned char *)at;
		if (*c == 0xc0 ? c[1] == 0x80
			       : c[1] >= 0xa0 && c[1] < 0xc0 && (c[2] & 0xc0) == 0x80)
			return at;
	}
	return NULL;
}

static void put_special_text(writer *w, const char *text, const char *special)
{
	char *copy = malloc(strlen(text)), *to = copy;
	if (!copy) {
		w->failed = true;
		return;
	}
	for (; special; special = find_special(text)) {
		bool nul = (unsigned char)*special == 0xc0;
		to = mempcpy(to, text, (size_t)(special - text));
		to = mempcpy(to, nul ? "" : "\xef\xbf\xbd", nul ? 1 : 3);
		text = special + (nul ? 2 : 3);
	}
	to = mempcpy(to, text, strlen(text));
	put_text(w, copy, (size_t)(to - copy));
	free(copy);
}

static void put_c_text(writer *w, const char *text)
{
	const char *special = find_special(text);
	if (special)
		put_special_text(w, text, special);
	else
		put_text(w, text, strlen(text));
}

static void put_number(writer *w, double d)
{
	bool whole = isfinite(d) && fabs(d) <= INTEGER_MAX && d == floor(d);
	if (whole ? msgpack_pack_int64(&w->packer, (int64_t)d) : msgpack_pack_double(&w->packer, d))
		w->failed = true;
}

static size_t children(const cJSON *item)
{
	size_t n = 0;
	for (const cJSON *child = item->child; child; child = child->next)
		n++;
	return n;
}

/* The attachment that an item stands for; NULL: it is none. */
static const sio_bytes *binary_of(const writer *w, const cJSON *item)
{
	const sio_packet *p = w->packet;
	const cJSON *mark = cJSON_GetObjectItemCaseSensitive(item, "_placeholder");
	const cJSON *num = cJSON_GetObjectItemCaseSensitive(item, "num");
	double n = cJSON_IsTrue(mark) && cJSON_IsNumber(num) ? num->valuedouble : -1;
	return n >= 0 && n < (double)p->nbinary && n == floor(n) ? &p->binary[(size_t)n] : NULL;
}

static void put_binary(writer *w, const sio_bytes *b)
{
	if (msgpack_pack_bin(&w->packer, b->len) ||
		(b->len && msgpack_pack_bin_body(&w->packer, b->data, b->len)))
		w->failed = true;
}

static int pack_node(msgpack_packer *to, const cJSON *item)
{
	if (cJSON_IsTrue(item))
		return msgpack_pack_true(to);
	if (cJSON_IsFalse(item))
		return msgpack_pack_false(to);
	if (cJSON_IsArray(item))
		return msgpack_pack_array(to, children(item));
	if (cJSON_IsObject(item))
		return msgpack_pack_map(to, children(item));
	return msgpack_pack_nil(to);
}

/* One node without its children. */
static void put_node(writer *w, const cJSON *item)
{
	if (cJSON_IsString(item))
		put_c_text(w, item->valuestring);
	else if (cJSON_IsNumber(item))
		put_number(w, item->valuedouble);
	else if (pack_node(&w->packer, item))
		w->failed = true;
}

/* The way back up from a child. */
typedef struct trail {
	const cJSON **at;
	size_t len, room;
} trail;

static bool go_down(trail *up, const cJSON *item)
{
	if (up->len == up->room) {
		size_t room = up->room ? up->room * 2 : 16;
		const cJSON **at = realloc(up->at, room * sizeof *at);
		if (!at)
			return false;
		up->at = at;
		up->room = room;
	}
	up->at[up->len++] = item;
	return true;
}

/* The one behind this; NULL: that was the last. */
static const cJSON *go_on(trail *up, const cJSON *item)
{
	while (up->len && !item->next)
		item = up->at[--up->len];
	return up->len ? item->next : NULL;
}

/* Depth first, without recursion. */
static void put_tree(writer *w, const cJSON *root)
{
	trail up = { 0 };
	const cJSON *item = root;
	while (item && !w->failed) {
		const sio_bytes *b = binary_of(w, item);
		if (up.len && cJSON_IsObject(up.at[up.len - 1]))
			put_c_text(w, item->string);
		if (b)
			put_binary(w, b);
		else
			put_node(w, item);
		if (b || !item->child)
			item = go_on(&up, item);
		else if (go_down(&up, item))
			item = item->child;
		else
			w->failed = true;
	}
	free(up.at);
}

static void begin(writer *w, const sio_packet *p)
{
	*w = (writer){ .packet = p };
	msgpack_sbuffer_init(&w->buffer);
	msgpack_packer_init(&w->packer, &w->buffer, msgpack_sbuffer_write);
}

static sio_bytes finish(writer *w)
{
	if (!w->failed)
		return (sio_bytes){ w->buffer.data, w->buffer.size };
	msgpack_sbuffer_destroy(&w->buffer);
	return (sio_bytes){ NULL, 0 };
}

sio_bytes packed_write(const sio_packet *p)
{
	writer w;
	begin(&w, p);
	w.failed = msgpack_pack_map(&w.packer, 2u + (p->data != NULL) + p->has_id) != 0;
	put_text(&w, "type", 4);
	put_number(&w, p->type);
	if (p->data) {
		put_text(&w, "data", 4);
		put_tree(&w, p->data);
	}
	if (p->has_id) {
		put_text(&w, "id", 2);
		put_number(&w, (double)p->id);
	}
	put_text(&w, "nsp", 3);
	put_c_text(&w, p->nsp);
	return finish(&w);
}

sio_bytes packed_write_value(const sio_packet *p)
{
	writer w;
	begin(&w, p);
	put_tree(&w, p->data);
	return finish(&w);
}
