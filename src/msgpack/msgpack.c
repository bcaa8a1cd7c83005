/* SPDX-License-Identifier: MIT */
/* msgpack - packets of Socket.IO in MessagePack, as socket.io-msgpack-parser writes them. */
#include "../../include/sio_msgpack.h"
#include <math.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

/* Beyond this JavaScript does not count. */
#define INTEGER_MAX 9007199254740991.0

/* ---- Writing ---- */

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

/* In trees U+0000 stands as two bytes, C0 80. */
static void put_c_text(writer *w, const char *text)
{
	size_t len = strlen(text);
	char *copy = strstr(text, "\xc0\x80") ? malloc(len) : NULL;
	size_t n = 0;
	if (!copy) {
		put_text(w, text, len);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		bool nul = (unsigned char)text[i] == 0xc0 && (unsigned char)text[i + 1] == 0x80;
		copy[n++] = nul ? '\0' : text[i];
		i += nul;
	}
	put_text(w, copy, n);
	free(copy);
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
	const sio_event ev = { .binary = w->packet->binary, .nbinary = w->packet->nbinary };
	const cJSON *num = cJSON_GetObjectItemCaseSensitive(item, "num");
	if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "_placeholder")) ||
		!cJSON_IsNumber(num) || num->valuedouble < 0 ||
		num->valuedouble >= (double)ev.nbinary)
		return NULL;
	return &ev.binary[(size_t)num->valuedouble];
}

static void put_binary(writer *w, const sio_bytes *b)
{
	if (msgpack_pack_bin(&w->packer, b->len) ||
		(b->len && msgpack_pack_bin_body(&w->packer, b->data, b->len)))
		w->failed = true;
}

/* One node without its children. */
static void put_node(writer *w, const cJSON *item)
{
	if (cJSON_IsString(item))
		put_c_text(w, item->valuestring);
	else if (cJSON_IsNumber(item))
		put_number(w, item->valuedouble);
	else if (cJSON_IsBool(item))
		w->failed = (cJSON_IsTrue(item) ? msgpack_pack_true(&w->packer)
						: msgpack_pack_false(&w->packer)) ||
			    w->failed;
	else if (cJSON_IsArray(item))
		w->failed = msgpack_pack_array(&w->packer, children(item)) || w->failed;
	else if (cJSON_IsObject(item))
		w->failed = msgpack_pack_map(&w->packer, children(item)) || w->failed;
	else
		w->failed = msgpack_pack_nil(&w->packer) || w->failed;
}

/* Depth first; the way back up is kept, so that the depth of a tree is no matter. */
static void put_tree(writer *w, const cJSON *root)
{
	size_t depth = 0, room = 0;
	const cJSON **up = NULL;
	const cJSON *item = root;
	while (item && !w->failed) {
		const sio_bytes *b = cJSON_IsObject(item) ? binary_of(w, item) : NULL;
		if (item != root && depth && cJSON_IsObject(up[depth - 1]))
			put_c_text(w, item->string);
		if (b)
			put_binary(w, b);
		else
			put_node(w, item);
		if (!b && item->child && (cJSON_IsArray(item) || cJSON_IsObject(item))) {
			if (depth == room) {
				room = room ? room * 2 : 16;
				const cJSON **more = realloc(up, room * sizeof *up);
				if (!more) {
					w->failed = true;
					break;
				}
				up = more;
			}
			up[depth++] = item;
			item = item->child;
			continue;
		}
		while (depth && !item->next)
			item = up[--depth];
		item = item == root ? NULL : item->next;
	}
	free(up);
}

static sio_bytes encode(const sio_packet *p)
{
	writer w = { .packet = p };
	msgpack_sbuffer_init(&w.buffer);
	msgpack_packer_init(&w.packer, &w.buffer, msgpack_sbuffer_write);
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
	if (w.failed) {
		msgpack_sbuffer_destroy(&w.buffer);
		return (sio_bytes){ NULL, 0 };
	}
	return (sio_bytes){ w.buffer.data, w.buffer.size };
}

/* ---- Reading ---- */

typedef struct reader {
	sio_packet *packet;
	size_t room; /* of its attachments */
} reader;

/* As C text: a NUL becomes C0 80. */
static char *c_text(const char *at, size_t len)
{
	size_t nuls = 0, n = 0;
	for (size_t i = 0; i < len; i++)
		nuls += at[i] == '\0';
	char *text = malloc(len + nuls + 1);
	for (size_t i = 0; text && i < len; i++) {
		if (at[i]) {
			text[n++] = at[i];
			continue;
		}
		text[n++] = '\xc0';
		text[n++] = '\x80';
	}
	if (text)
		text[n] = '\0';
	return text;
}

static cJSON *read_text(const msgpack_object_str *s)
{
	char *text = c_text(s->ptr, s->size);
	cJSON *item = text ? cJSON_CreateString(text) : NULL;
	free(text);
	return item;
}

static cJSON *read_binary(reader *r, const msgpack_object_bin *b)
{
	sio_packet *p = r->packet;
	if (p->nbinary == r->room) {
		size_t room = r->room ? r->room * 2 : 4;
		sio_bytes *more = realloc(p->binary, room * sizeof *more);
		if (!more)
			return NULL;
		p->binary = more;
		r->room = room;
	}
	char *copy = malloc(b->size + 1);
	if (!copy)
		return NULL;
	if (b->size)
		memcpy(copy, b->ptr, b->size);
	p->binary[p->nbinary] = (sio_bytes){ copy, b->size };
	return sio_binary(p->nbinary++);
}

static cJSON *read_value(reader *r, const msgpack_object *o);

static cJSON *read_array(reader *r, const msgpack_object_array *a)
{
	cJSON *array = cJSON_CreateArray();
	for (uint32_t i = 0; array && i < a->size; i++) {
		cJSON *item = read_value(r, &a->ptr[i]);
		if (!item || !cJSON_AddItemToArray(array, item)) {
			cJSON_Delete(item);
			cJSON_Delete(array);
			return NULL;
		}
	}
	return array;
}

static bool read_pair(reader *r, cJSON *object, const msgpack_object_kv *kv)
{
	if (kv->key.type != MSGPACK_OBJECT_STR)
		return false;
	char *key = c_text(kv->key.via.str.ptr, kv->key.via.str.size);
	cJSON *item = key ? read_value(r, &kv->val) : NULL;
	bool added = item && cJSON_AddItemToObject(object, key, item);
	if (!added)
		cJSON_Delete(item);
	free(key);
	return added;
}

static cJSON *read_map(reader *r, const msgpack_object_map *m)
{
	cJSON *object = cJSON_CreateObject();
	for (uint32_t i = 0; object && i < m->size; i++) {
		if (!read_pair(r, object, &m->ptr[i])) {
			cJSON_Delete(object);
			return NULL;
		}
	}
	return object;
}

/* msgpack-c unpacks a few dozen levels, so this ends.  NULL: out of memory, or a key that is no
 * text. */
static cJSON *read_value(reader *r, const msgpack_object *o)
{
	switch ((int)o->type) {
	case MSGPACK_OBJECT_BOOLEAN:
		return cJSON_CreateBool(o->via.boolean);
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		return cJSON_CreateNumber((double)o->via.u64);
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		return cJSON_CreateNumber((double)o->via.i64);
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		return cJSON_CreateNumber(o->via.f64);
	case MSGPACK_OBJECT_STR:
		return read_text(&o->via.str);
	case MSGPACK_OBJECT_BIN:
		return read_binary(r, &o->via.bin);
	case MSGPACK_OBJECT_ARRAY:
		return read_array(r, &o->via.array);
	case MSGPACK_OBJECT_MAP:
		return read_map(r, &o->via.map);
	default:
		return cJSON_CreateNull();
	}
}

static bool is_key(const msgpack_object *key, const char *text)
{
	size_t len = strlen(text);
	return key->type == MSGPACK_OBJECT_STR && key->via.str.size == len &&
	       !memcmp(key->via.str.ptr, text, len);
}

static bool read_uint(const msgpack_object *o, uint64_t max, uint64_t *out)
{
	*out = o->via.u64;
	return o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && *out <= max;
}

static bool read_name(const msgpack_object *o, char **out)
{
	if (o->type != MSGPACK_OBJECT_STR || memchr(o->via.str.ptr, '\0', o->via.str.size))
		return false;
	free(*out);
	*out = strndup(o->via.str.ptr, o->via.str.size);
	return *out != NULL;
}

/* What JavaScript calls undefined stands as an extension of one byte. */
static bool is_undefined(const msgpack_object *o)
{
	return o->type == MSGPACK_OBJECT_EXT && o->via.ext.type == 0 && o->via.ext.size == 1;
}

/* What is not one of the four is passed over. */
static bool read_field(reader *r, const msgpack_object_kv *kv, bool *typed)
{
	sio_packet *p = r->packet;
	uint64_t n;
	if (is_undefined(&kv->val))
		return true;
	if (is_key(&kv->key, "type")) {
		*typed = read_uint(&kv->val, 4, &n);
		p->type = (unsigned)n;
		return *typed;
	}
	if (is_key(&kv->key, "nsp"))
		return read_name(&kv->val, &p->nsp);
	if (is_key(&kv->key, "id")) {
		p->has_id = read_uint(&kv->val, (uint64_t)INTEGER_MAX, &p->id);
		return p->has_id;
	}
	if (!is_key(&kv->key, "data") || p->data)
		return true;
	p->data = read_value(r, &kv->val);
	return p->data != NULL;
}

/* The types of data that each type of packet has. */
static bool is_data_right(const sio_packet *p)
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

static void let_go(sio_packet *p)
{
	for (size_t i = 0; i < p->nbinary; i++)
		free((void *)(uintptr_t)p->binary[i].data);
	free(p->binary);
	free(p->nsp);
	cJSON_Delete(p->data);
	*p = (sio_packet){ 0 };
}

static bool decode(sio_bytes message, sio_packet *p)
{
	msgpack_unpacked u;
	reader r = { .packet = p };
	size_t used = 0;
	bool typed = false;

	*p = (sio_packet){ 0 };
	msgpack_unpacked_init(&u);
	bool good = msgpack_unpack_next(&u, message.data, message.len, &used) ==
			    MSGPACK_UNPACK_SUCCESS &&
		    used == message.len && u.data.type == MSGPACK_OBJECT_MAP;
	for (uint32_t i = 0; good && i < u.data.via.map.size; i++)
		good = read_field(&r, &u.data.via.map.ptr[i], &typed);
	msgpack_unpacked_destroy(&u);
	good = good && typed && p->nsp && is_data_right(p);
	if (!good)
		let_go(p);
	return good;
}

const sio_parser *sio_msgpack_parser(void)
{
	static const sio_parser parser = { .encode = encode, .decode = decode };
	return &parser;
}
