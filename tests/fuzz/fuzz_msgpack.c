/* SPDX-License-Identifier: MIT */
/*
 * fuzz_msgpack - one message in MessagePack: as a packet, against msgpack-c's reader, and as what a
 * client sends to a server.
 *
 * What is read is what msgpack-c reads, where that can; written and read again it stays the same;
 * a failed allocation leaves nothing behind; the server answers with packets only.
 */
#include "../../include/sio_msgpack.h"
#include "../../src/base/json_scan.h"
#include "../../src/base/text.h"
#include "../../src/socketio/json.h"
#include "../support/failing_malloc.h"
#include "../support/lab.h"
#include <math.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) ((x) ? (void)0 : abort())

static void let_go(sio_packet *p)
{
	for (size_t i = 0; i < p->nbinary; i++)
		free((void *)(uintptr_t)p->binary[i].data);
	free(p->binary);
	free(p->nsp);
	json_free(p->data);
}

/* ---- Against msgpack-c ---- */

typedef struct comparison {
	const sio_packet *packet;
	size_t nbinary; /* so far */
} comparison;

/* In trees U+0000 is C0 80, and a byte that cannot be in UTF-8 may have become another such. */
static bool same_text(const char *tree, const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)tree;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == 0 && (*at++ != 0xc0 || *at++ != 0x80))
			return false;
		if (c && *at != c && !(c == 0xc0 && *at == 0xff))
			return false;
		at += c != 0;
	}
	return !*at;
}

static bool same_attachment(comparison *c, const cJSON *item, const char *data, size_t len)
{
	const sio_packet *p = c->packet;
	const cJSON *num = cJSON_GetObjectItemCaseSensitive(item, "num");
	CHECK(c->nbinary < p->nbinary);
	const sio_bytes *b = &p->binary[c->nbinary];
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "_placeholder")) &&
	       cJSON_IsNumber(num) && num->valuedouble == (double)c->nbinary++ && b->len == len &&
	       !memcmp(b->data, data, len);
}

static bool same(comparison *c, const cJSON *item, const msgpack_object *o);

/* The head stands in front of what msgpack-c calls its data, after the type. */
static bool is_fixed(const msgpack_object_ext *e)
{
	unsigned char head = (unsigned char)e->ptr[-2];
	return head == (e->size == 1 ? 0xd4 : e->size == 8 ? 0xd7 : 0) && head;
}

static bool is_undefined(const msgpack_object *o)
{
	return o->type == MSGPACK_OBJECT_EXT && o->via.ext.type == 0 && o->via.ext.size == 1 &&
	       is_fixed(&o->via.ext);
}

static bool same_extension(comparison *c, const cJSON *item, const msgpack_object_ext *e)
{
	bool fixed = e->size && is_fixed(e);
	bool power = e->size == 2 || e->size == 4 || e->size == 16;
	if (e->type == 0 && !fixed && !power)
		return same_attachment(c, item, e->ptr, e->size);
	if (e->type == 0 && fixed && e->size == 8)
		return cJSON_IsString(item) || cJSON_IsNull(item);
	if (e->type == 0 && power && cJSON_IsObject(item))
		return same_attachment(c, item, e->ptr, e->size);
	return cJSON_IsNull(item) || (e->type == -1 && cJSON_IsString(item));
}

static bool same_array(comparison *c, const cJSON *item, const msgpack_object_array *a)
{
	const cJSON *child = item->child;
	bool good = cJSON_IsArray(item);
	for (uint32_t i = 0; good && i < a->size; i++, child = child->next)
		good = child && same(c, child, &a->ptr[i]);
	return good && !child;
}

static bool same_map(comparison *c, const cJSON *item, const msgpack_object_map *m)
{
	const cJSON *child = item->child;
	bool good = cJSON_IsObject(item);
	for (uint32_t i = 0; good && i < m->size; i++) {
		const msgpack_object_kv *kv = &m->ptr[i];
		if (is_undefined(&kv->val))
			continue;
		good = child && same(c, child, &kv->val);
		if (good && kv->key.type == MSGPACK_OBJECT_STR)
			good = same_text(child->string, kv->key.via.str.ptr, kv->key.via.str.size);
		child = child ? child->next : NULL;
	}
	return good && !child;
}

static bool same_number(const cJSON *item, double d)
{
	return cJSON_IsNumber(item) &&
	       (item->valuedouble == d || (isnan(d) && isnan(item->valuedouble)));
}

static bool same(comparison *c, const cJSON *item, const msgpack_object *o)
{
	switch ((int)o->type) {
	case MSGPACK_OBJECT_BOOLEAN:
		return cJSON_IsBool(item) && cJSON_IsTrue(item) == o->via.boolean;
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		return same_number(item, (double)o->via.u64);
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		return same_number(item, (double)o->via.i64);
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		return same_number(item, o->via.f64);
	case MSGPACK_OBJECT_STR:
		return cJSON_IsString(item) &&
		       same_text(item->valuestring, o->via.str.ptr, o->via.str.size);
	case MSGPACK_OBJECT_BIN:
		return same_attachment(c, item, o->via.bin.ptr, o->via.bin.size);
	case MSGPACK_OBJECT_ARRAY:
		return same_array(c, item, &o->via.array);
	case MSGPACK_OBJECT_MAP:
		return same_map(c, item, &o->via.map);
	case MSGPACK_OBJECT_EXT:
		return same_extension(c, item, &o->via.ext);
	default:
		return cJSON_IsNull(item);
	}
}

static const msgpack_object *data_in(const msgpack_object *o)
{
	const msgpack_object *found = NULL;
	for (uint32_t i = 0; i < o->via.map.size; i++) {
		const msgpack_object_kv *kv = &o->via.map.ptr[i];
		const msgpack_object_str *key = &kv->key.via.str;
		if (kv->key.type != MSGPACK_OBJECT_STR || key->size != 4 ||
			memcmp(key->ptr, "data", 4) || is_undefined(&kv->val))
			continue;
		if (found) /* the attachments of those before count as well */
			return NULL;
		found = &kv->val;
	}
	return found;
}

/* That reader ends at 32 levels; what ours has accepted declares nothing that is not there. */
static void compare(const sio_packet *p, sio_bytes message)
{
	msgpack_unpacked u;
	size_t used = 0;
	comparison c = { .packet = p };
	msgpack_unpacked_init(&u);
	int how = msgpack_unpack_next(&u, message.data, message.len, &used);
	CHECK(how == MSGPACK_UNPACK_SUCCESS || how == MSGPACK_UNPACK_NOMEM_ERROR);
	if (how == MSGPACK_UNPACK_SUCCESS) {
		CHECK(used == message.len && u.data.type == MSGPACK_OBJECT_MAP);
		const msgpack_object *data = data_in(&u.data);
		CHECK(!data || (same(&c, p->data, data) && c.nbinary == p->nbinary));
	}
	msgpack_unpacked_destroy(&u);
}

/* ---- Out again ---- */

/* As the server has it between the two, which makes equal keys one. */
static void through_text(sio_packet *p)
{
	buf text = { 0 };
	if (!p->data)
		return;
	CHECK(json_print(&text, p->data));
	CHECK(utf8_valid(buf_data(&text), buf_len(&text)));
	json_free(p->data);
	p->data = json_parse(buf_span(&text), JSON_DEPTH_LIMIT);
	buf_free(&text);
}

static sio_bytes written(const sio_packet *p)
{
	sio_bytes b = sio_msgpack_parser()->encode(p);
	CHECK(b.data);
	return b;
}

static bool equal(sio_bytes a, sio_bytes b)
{
	return a.len == b.len && !memcmp(a.data, b.data, a.len);
}

/* Objects that look like placeholders may become attachments beside others, so it is only then that
 * a second round may differ. */
static void echo(sio_packet *p)
{
	sio_packet again = { 0 };
	through_text(p);
	if (!p->data || p->nbinary || !utf8_valid(p->nsp, strlen(p->nsp)))
		return;
	sio_bytes first = written(p);
	CHECK(sio_msgpack_parser()->decode(first, &again));
	CHECK(again.type == p->type && again.has_id == p->has_id && again.id == p->id);
	CHECK(!strcmp(again.nsp, p->nsp));
	through_text(&again);
	sio_bytes second = written(&again);
	CHECK(equal(first, second));
	free((void *)(uintptr_t)first.data);
	free((void *)(uintptr_t)second.data);
	let_go(&again);
}

/* ---- Without memory ---- */

static void *counted_malloc(size_t size)
{
	return malloc(size);
}

static void counted_free(void *at)
{
	free(at);
}

static void fail_once(sio_bytes message, size_t at)
{
	sio_packet p = { 0 };
	failing_malloc_after(at);
	bool good = sio_msgpack_parser()->decode(message, &p);
	CHECK(failing_malloc_off() && !good);
}

/* ---- A server ---- */

static void on_echo(sio_socket *k, const sio_event *ev, void *user)
{
	const sio_delivery how = { .binary = ev->binary, .nbinary = ev->nbinary };
	(void)user;
	sio_emit_with(k, &how, "b", cJSON_Duplicate(ev->args, true));
	sio_reply_with(ev->ack, ev->binary, ev->nbinary, cJSON_Duplicate(ev->args, true));
}

static void check_mail(peer *p)
{
	for (size_t i = 0; i < sent_count(p); i++) {
		sio_packet told = { 0 };
		bytes *b = sent(p, i);
		sio_bytes message = { bytes_data(b), b->len };
		CHECK(b->binary && sio_msgpack_parser()->decode(message, &told));
		let_go(&told);
	}
	forget_mail(p);
}

static void serve(const uint8_t *data, size_t size)
{
	static const char connect[] = "\x82\xa4type\x00\xa3nsp\xa1/";
	sio_server *s =
		lab_new_with(&(sio_options){ .parser = sio_msgpack_parser(), .max_depth = 500 });
	sio_on(sio_of(s, "/"), "a", on_echo, NULL);
	sio_of(s, "/chat");
	peer *p = open_client(s);
	receive_binary(p, connect, sizeof connect - 1);
	CHECK(socket_of(p, "/"));
	receive_binary(p, data, size);
	check_mail(p);
	lab_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	sio_bytes message = { data, size };
	sio_packet p = { 0 };
	cJSON_InitHooks(&(cJSON_Hooks){ counted_malloc, counted_free });
	size_t before = failing_malloc_count();
	bool good = sio_msgpack_parser()->decode(message, &p);
	size_t asked = failing_malloc_count() - before;
	if (good) {
		compare(&p, message);
		echo(&p);
		let_go(&p);
		if (asked)
			fail_once(message, size * 31 % asked);
	}
	serve(data, size);
	return 0;
}
