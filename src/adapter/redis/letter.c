/* SPDX-License-Identifier: MIT */
/* letter - values in JSON and MessagePack, and the parts that all messages are made of. */
#include "letter.h"
#include "../../base/text.h"
#include "../../msgpack/packet.h"
#include "../../socketio/json.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* As many levels as clients may send. */
enum { DEPTH = 10000 };

/* ---- In ---- */

bool letter_open(letter *l, span text)
{
	*l = (letter){ .old = LETTER_NOT_OLD };
	if (!text.len || *text.at != '{')
		return packed_read_value((sio_bytes){ text.at, text.len }, DEPTH, &l->content);
	if (utf8_valid(text.at, text.len))
		l->content.data = json_parse(text, DEPTH);
	return l->content.data != NULL;
}

bool letter_open_encoded(letter *l, span data)
{
	buf packed = { 0 };
	if (data.len && *data.at == '{')
		return letter_open(l, data);
	*l = (letter){ .old = LETTER_NOT_OLD };
	unsigned char *to = buf_reserve(&packed, data.len / 4 * 3 + 3);
	long len = to ? base64_decode(to, data) : -1;
	bool good = len > 0 && *to != '{' && letter_open(l, (span){ (char *)to, (size_t)len });
	buf_free(&packed);
	return good;
}

void letter_free(letter *l)
{
	for (size_t i = 0; i < l->nlists; i++)
		free(l->lists[i]);
	json_free(l->name);
	json_free(l->args);
	packed_free(&l->content);
}

cJSON *letter_field(const cJSON *object, const char *key)
{
	cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
	return cJSON_IsNull(item) ? NULL : item;
}

const char *letter_text(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(letter_field(object, key));
}

const char *letter_id(const cJSON *object, const char *key)
{
	const char *id = letter_text(object, key);
	return id && *id && strlen(id) <= SIO_REQUEST_MAX ? id : NULL;
}

bool letter_number(const cJSON *object, const char *key, unsigned max, unsigned *out)
{
	const cJSON *item = letter_field(object, key);
	double n = cJSON_IsNumber(item) ? item->valuedouble : -1;
	if (!(n >= 0 && n <= max && n == floor(n)))
		return false;
	*out = (unsigned)n;
	return true;
}

/* Servers in Node.js may have rooms that are numbers. */
static bool make_text(cJSON *item)
{
	double n = cJSON_IsNumber(item) ? item->valuedouble : 0.5;
	if (cJSON_IsString(item))
		return true;
	char *text = fabs(n) < 1e15 && n == floor(n) ? cJSON_malloc(24) : NULL;
	if (!text)
		return false;
	snprintf(text, 24, "%.0f", n + 0.0);
	item->valuestring = text;
	item->type = cJSON_String;
	return true;
}

const char **letter_texts(letter *l, cJSON *array)
{
	size_t n = 0;
	cJSON *item;
	if (!cJSON_IsArray(array) || l->nlists == sizeof l->lists / sizeof *l->lists)
		return NULL;
	const char **texts = malloc(((size_t)cJSON_GetArraySize(array) + 1) * sizeof *texts);
	if (!texts)
		return NULL;
	l->lists[l->nlists++] = texts;
	cJSON_ArrayForEach (item, array) {
		if (!make_text(item))
			return NULL;
		texts[n++] = item->valuestring;
	}
	texts[n] = NULL;
	return texts;
}

static void read_flags(sio_delivery *who, const cJSON *flags)
{
	const cJSON *compress = letter_field(flags, "compress");
	unsigned ms;
	if (cJSON_IsTrue(letter_field(flags, "volatile")))
		who->flags |= SIO_VOLATILE;
	if (cJSON_IsBool(compress))
		who->flags |= cJSON_IsTrue(compress) ? SIO_COMPRESS : SIO_PLAIN;
	if (letter_number(flags, "timeout", INT32_MAX, &ms))
		who->timeout_ms = ms;
}

/* No rooms are all. */
bool letter_who(letter *l, cJSON *opts)
{
	cJSON *rooms = letter_field(opts, "rooms"), *except = letter_field(opts, "except");
	if (!cJSON_IsObject(opts))
		return false;
	if (rooms && !(l->who.to = letter_texts(l, rooms)))
		return false;
	if (except && !(l->who.except = letter_texts(l, except)))
		return false;
	if (l->who.to && !l->who.to[0])
		l->who.to = NULL;
	read_flags(&l->who, letter_field(opts, "flags"));
	l->m.who = &l->who;
	return true;
}

static void set_event(letter *l, const char *name)
{
	l->event = (sio_event){ .name = name,
		.args = l->args,
		.binary = l->content.binary,
		.nbinary = l->content.nbinary };
	l->m.event = &l->event;
}

bool letter_event(letter *l, cJSON *array)
{
	if (!cJSON_IsArray(array) || !cJSON_IsString(array->child))
		return false;
	l->name = cJSON_DetachItemViaPointer(array, array->child);
	l->args = cJSON_CreateArray();
	if (!l->args)
		return false;
	l->args->child = array->child;
	array->child = NULL;
	set_event(l, l->name->valuestring);
	return true;
}

bool letter_ack(letter *l, cJSON *object, const char *key)
{
	cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(object, key);
	l->args = cJSON_CreateArray();
	if (!l->args || (item && !cJSON_AddItemToArray(l->args, item))) {
		json_free(item);
		return false;
	}
	set_event(l, NULL);
	return true;
}

/* ---- Out ---- */

span payload_span(const payload *p)
{
	return p->packed.data ? (span){ p->packed.data, p->packed.len } : buf_span(&p->json);
}

void payload_free(payload *p)
{
	buf_free(&p->json);
	free((void *)(uintptr_t)p->packed.data);
}

bool payload_json(payload *p, cJSON *tree)
{
	*p = (payload){ .json = { 0 } };
	bool good = tree && json_print(&p->json, tree);
	json_free(tree);
	return good;
}

bool payload_packed(payload *p, cJSON *tree, const sio_event *ev)
{
	sio_packet packet = {
		.data = tree, .binary = (sio_bytes *)(uintptr_t)ev->binary, .nbinary = ev->nbinary
	};
	*p = (payload){ .json = { 0 } };
	if (tree)
		p->packed = packed_write_value(&packet);
	json_free(tree);
	return p->packed.data != NULL;
}

bool payload_encode(payload *p)
{
	buf text = { 0 };
	size_t len = base64_encoded_len(p->packed.len);
	unsigned char *to = buf_reserve(&text, len);
	if (!to)
		return false;
	base64_encode((char *)to, p->packed.data, p->packed.len);
	buf_added(&text, len);
	payload_free(p);
	*p = (payload){ .json = text };
	return true;
}

cJSON *letter_names(const char *const *names)
{
	cJSON *array = cJSON_CreateArray();
	for (size_t i = 0; array && names && names[i]; i++) {
		cJSON *name = cJSON_CreateStringReference(names[i]);
		if (name && cJSON_AddItemToArray(array, name))
			continue;
		json_free(array);
		return NULL;
	}
	return array;
}

static cJSON *flags_of(const sio_delivery *who)
{
	cJSON *flags = cJSON_CreateObject();
	bool good = flags != NULL;
	if (good && who->flags & SIO_VOLATILE)
		good = cJSON_AddTrueToObject(flags, "volatile");
	if (good && who->flags & (SIO_PLAIN | SIO_COMPRESS))
		good = cJSON_AddBoolToObject(flags, "compress", !(who->flags & SIO_PLAIN));
	if (good && who->timeout_ms)
		good = cJSON_AddNumberToObject(flags, "timeout", who->timeout_ms);
	if (good)
		return flags;
	json_free(flags);
	return NULL;
}

cJSON *letter_opts(const sio_delivery *who, bool flags)
{
	void *rooms = letter_names(who->to), *except = letter_names(who->except);
	if (!flags)
		return sio_json("{rooms: %p, except: %p}", rooms, except);
	return sio_json("{rooms: %p, except: %p, flags: %p}", rooms, except, (void *)flags_of(who));
}

cJSON *letter_data(const sio_event *ev, cJSON *first)
{
	*first = (cJSON){ .type = cJSON_String,
		.valuestring = (char *)(uintptr_t)ev->name,
		.next = ev->args->child };
	return cJSON_CreateArrayReference(first);
}

cJSON *letter_borrow(const cJSON *item)
{
	cJSON *node = item ? cJSON_CreateNull() : NULL;
	if (!node)
		return NULL;
	node->type = (item->type & 0xff) | cJSON_IsReference;
	node->child = item->child;
	node->valuestring = item->valuestring;
	node->valueint = item->valueint;
	node->valuedouble = item->valuedouble;
	return node;
}
