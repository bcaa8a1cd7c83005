/* SPDX-License-Identifier: MIT */
/*
 * read - a packet out of MessagePack.
 *
 * What JSON cannot say becomes what JSON.stringify() would make of it.  Binary data becomes
 * attachments, and texts are what the rest of the library expects in trees: U+0000 is C0 80.
 */
#include "date.h"
#include "heads.h"
#include "packet.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each costs a hundred times what it takes in a message if it is empty. */
enum { ATTACHMENTS_MAX = 65535 };

/* An array or an object that is being read. */
typedef struct level {
	cJSON *item;
	uint64_t left;
} level;

typedef struct reader {
	input in;
	sio_packet *packet;
	size_t room; /* for attachments */
	level *levels;
	size_t depth, levels_room, max_depth;
	size_t spare; /* bytes that the tree may still take */
	bool typed;
} reader;

/* What the C library sets aside for a node; for two texts, which is more than a key and a value
 * without anything in them need; and for an attachment with its placeholder. */
enum { NODE = 80, TEXTS = 64, ATTACHMENT = 352 };

static bool charge(reader *r, size_t cost)
{
	bool fits = cost <= r->spare;
	if (fits)
		r->spare -= cost;
	return fits;
}

/* Room for one more; false: out of memory. */
static bool grow(void **array, size_t *room, size_t used, size_t size)
{
	if (used < *room)
		return true;
	size_t more = *room ? *room * 2 : 8;
	void *bigger = realloc(*array, more * size);
	if (!bigger)
		return false;
	*array = bigger;
	*room = more;
	return true;
}

/* ---- Single values ---- */

/* What is C0 80 in trees is not UTF-8, so what comes in as that must not pass for it. */
static char *copy_text(const head *h)
{
	size_t nuls = 0, n = 0;
	for (size_t i = 0; i < h->len; i++)
		nuls += h->at[i] == 0;
	char *text = malloc(h->len + nuls + 1);
	for (size_t i = 0; text && i < h->len; i++) {
		unsigned char c = h->at[i];
		text[n++] = c == 0 || c == 0xc0 ? (c ? '\xff' : '\xc0') : (char)c;
		if (c == 0)
			text[n++] = '\x80';
	}
	if (text)
		text[n] = '\0';
	return text;
}

static cJSON *read_text(const head *h)
{
	char *text = copy_text(h);
	cJSON *item = text ? cJSON_CreateString(text) : NULL;
	free(text);
	return item;
}

static cJSON *read_binary(reader *r, const head *h)
{
	sio_packet *p = r->packet;
	void *list = p->binary;
	if (p->nbinary == ATTACHMENTS_MAX || !grow(&list, &r->room, p->nbinary, sizeof *p->binary))
		return NULL;
	p->binary = list;
	char *copy = malloc(h->len + 1);
	if (!copy)
		return NULL;
	if (h->len)
		memcpy(copy, h->at, h->len);
	p->binary[p->nbinary] = (sio_bytes){ copy, h->len };
	return sio_binary(p->nbinary++);
}

static cJSON *read_date(bool good, int64_t ms)
{
	char text[DATE_TEXT];
	return good && date_text(text, ms) ? cJSON_CreateString(text) : cJSON_CreateNull();
}

/* notepack.io has three extensions of type 0: undefined, Date and, in Node.js, ArrayBuffer. */
static bool is_undefined(const head *h)
{
	return h->type == HEAD_EXTENSION && h->extension == 0 && h->fixed && h->len == 1;
}

static cJSON *read_extension(reader *r, const head *h)
{
	int64_t ms = 0;
	if (h->extension == -1) {
		bool good = date_read(h->at, h->len, &ms);
		return read_date(good, ms);
	}
	if (h->extension == 0 && h->fixed && h->len == 8) {
		uint64_t n = head_number(h->at, 8);
		memcpy(&ms, &n, sizeof ms);
		return read_date(true, ms);
	}
	return h->extension == 0 && !h->fixed ? read_binary(r, h) : cJSON_CreateNull();
}

/* NULL: out of memory, or too many attachments. */
static cJSON *read_value(reader *r, const head *h)
{
	switch (h->type) {
	case HEAD_FALSE:
	case HEAD_TRUE:
		return cJSON_CreateBool(h->type == HEAD_TRUE);
	case HEAD_UINT:
	case HEAD_INT:
	case HEAD_FLOAT:
		return cJSON_CreateNumber(h->number);
	case HEAD_TEXT:
		return read_text(h);
	case HEAD_BINARY:
		return read_binary(r, h);
	case HEAD_EXTENSION:
		return read_extension(r, h);
	case HEAD_ARRAY:
		return cJSON_CreateArray();
	case HEAD_MAP:
		return cJSON_CreateObject();
	default:
		return cJSON_CreateNull();
	}
}

/* ---- Trees ---- */

/* What cJSON_Delete() does, without recursion: children become siblings first. */
static void free_tree(cJSON *tree)
{
	for (cJSON *item = tree; item; item = item->next) {
		cJSON *first = item->child;
		if (!first)
			continue;
		first->prev->next = item->next;
		item->next = first;
		item->child = NULL;
	}
	cJSON_Delete(tree);
}

/* Integers become texts, as in JavaScript.  NULL: another type, or out of memory. */
static char *read_key(reader *r)
{
	head h;
	char *text = NULL;
	if (!head_take(&r->in, &h))
		return NULL;
	if (h.type == HEAD_TEXT)
		return copy_text(&h);
	if (h.type == HEAD_UINT && asprintf(&text, "%llu", (unsigned long long)h.n) > 0)
		return text;
	if (h.type == HEAD_INT && asprintf(&text, "%lld", (long long)h.i) > 0)
		return text;
	return NULL;
}

/* What follows is in this item, if anything is. */
static bool open_level(reader *r, cJSON *item, const head *h)
{
	void *levels = r->levels;
	if (h->type != HEAD_ARRAY && h->type != HEAD_MAP)
		return true;
	if (r->depth == r->max_depth ||
		!grow(&levels, &r->levels_room, r->depth, sizeof *r->levels))
		return false;
	r->levels = levels;
	r->levels[r->depth++] = (level){ item, h->n };
	return true;
}

static bool afford(reader *r, const char *key, const head *h)
{
	size_t cost = NODE + (key ? TEXTS + strlen(key) : 0);
	if (h->type == HEAD_TEXT)
		cost += TEXTS + h->len;
	else if (h->type == HEAD_BINARY || h->type == HEAD_EXTENSION)
		cost += ATTACHMENT + h->len;
	return charge(r, cost);
}

/* Takes key, which is NULL in an array. */
static bool add_value(reader *r, cJSON *to, char *key, const head *h)
{
	cJSON *item = afford(r, key, h) ? read_value(r, h) : NULL;
	bool added = item &&
		     (key ? cJSON_AddItemToObject(to, key, item) : cJSON_AddItemToArray(to, item));
	free(key);
	if (!added)
		cJSON_Delete(item);
	return added && open_level(r, item, h);
}

/* The next value of the innermost level, or its end.  What is undefined is null in an array, and
 * nothing in an object. */
static bool read_next(reader *r)
{
	level *top = &r->levels[r->depth - 1];
	bool keyed = cJSON_IsObject(top->item);
	head h;
	if (!top->left) {
		r->depth--;
		return true;
	}
	top->left--;
	char *key = keyed ? read_key(r) : NULL;
	bool good = (!keyed || key) && head_take(&r->in, &h);
	if (good && !(keyed && is_undefined(&h)))
		return add_value(r, top->item, key, &h);
	free(key);
	return good;
}

static cJSON *read_tree(reader *r, const head *h)
{
	cJSON *root = afford(r, NULL, h) ? read_value(r, h) : NULL;
	bool good = root && open_level(r, root, h);
	while (good && r->depth)
		good = read_next(r);
	if (good)
		return root;
	free_tree(root);
	return NULL;
}

/* ---- Packets ---- */

static bool is_key(const head *key, const char *text)
{
	return key->type == HEAD_TEXT && key->len == strlen(text) &&
	       !memcmp(key->at, text, key->len);
}

/* In JavaScript 1.0 is an integer as well. */
static bool read_uint(const head *h, uint64_t max, uint64_t *out)
{
	bool whole = h->type == HEAD_FLOAT && h->number >= 0 && h->number <= (double)max &&
		     h->number == floor(h->number);
	*out = whole ? (uint64_t)h->number : h->n;
	return whole || (h->type == HEAD_UINT && h->n <= max);
}

static bool read_name(const head *h, char **out)
{
	if (h->type != HEAD_TEXT || memchr(h->at, '\0', h->len))
		return false;
	free(*out);
	*out = strndup((const char *)h->at, h->len);
	return *out != NULL;
}

static bool read_data(reader *r, const head *h)
{
	free_tree(r->packet->data);
	r->packet->data = read_tree(r, h);
	return r->packet->data != NULL;
}

/* Others than these four are passed over. */
static bool read_field(reader *r)
{
	sio_packet *p = r->packet;
	head key, h;
	uint64_t n;
	if (!head_take(&r->in, &key) || !head_skip(&r->in, &key) || !head_take(&r->in, &h))
		return false;
	if (is_undefined(&h))
		return true;
	if (is_key(&key, "data"))
		return read_data(r, &h);
	if (is_key(&key, "nsp"))
		return read_name(&h, &p->nsp);
	if (is_key(&key, "id"))
		return p->has_id = read_uint(&h, INTEGER_MAX, &p->id);
	if (!is_key(&key, "type"))
		return head_skip(&r->in, &h);
	r->typed = read_uint(&h, 4, &n);
	p->type = (unsigned)n;
	return r->typed;
}

static bool read_packet(reader *r)
{
	head h;
	if (!head_take(&r->in, &h) || h.type != HEAD_MAP)
		return false;
	for (uint64_t i = 0; i < h.n; i++)
		if (!read_field(r))
			return false;
	return !r->in.left && r->typed && r->packet->nsp;
}

/* The types of data that each type of packet has. */
static bool has_right_data(const sio_packet *p)
{
	switch (p->type) {
	case 0:
		return !p->data || cJSON_IsObject(p->data);
	case 1:
		return !p->data;
	case 4:
		return cJSON_IsString(p->data) || cJSON_IsObject(p->data);
	default:
		return cJSON_IsArray(p->data);
	}
}

void packed_free(sio_packet *p)
{
	for (size_t i = 0; i < p->nbinary; i++)
		free((void *)(uintptr_t)p->binary[i].data);
	free(p->binary);
	free(p->nsp);
	free_tree(p->data);
	*p = (sio_packet){ 0 };
}

bool packed_read(sio_bytes message, sio_packet *p)
{
	reader r = { .in = { message.data, message.len },
		.packet = p,
		.max_depth = SIZE_MAX,
		.spare = p->spare ? p->spare : SIZE_MAX };
	*p = (sio_packet){ 0 };
	bool good = read_packet(&r) && has_right_data(p);
	free(r.levels);
	if (!good)
		packed_free(p);
	return good;
}

bool packed_read_value(sio_bytes message, unsigned max_depth, sio_packet *p)
{
	reader r = { .in = { message.data, message.len },
		.packet = p,
		.max_depth = max_depth,
		.spare = SIZE_MAX };
	head h;
	*p = (sio_packet){ 0 };
	bool good = head_take(&r.in, &h) && read_data(&r, &h) && !r.in.left;
	free(r.levels);
	if (!good)
		packed_free(p);
	return good;
}
