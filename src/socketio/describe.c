/* SPDX-License-Identifier: MIT */
/* describe - sockets and rooms as trees: what sio_fetch() gives, here and to other servers
 * (protocol-notes/cluster.md). */
#include "../base/json_scan.h"
#include "io.h"
#include "json.h"
#include <stdio.h>
#include <time.h>

cJSON *describe_copy(const cJSON *tree)
{
	buf text = { 0 };
	cJSON *copy = NULL;
	if (tree && json_print(&text, tree))
		copy = json_parse(buf_span(&text), JSON_DEPTH_LIMIT);
	buf_free(&text);
	return copy;
}

/* ---- The handshake ---- */

/* false: out of memory. */
static bool set(cJSON *object, const char *key, const char *value)
{
	cJSON *text = cJSON_CreateString(value);
	bool done = cJSON_GetObjectItemCaseSensitive(object, key)
			    ? cJSON_ReplaceItemInObjectCaseSensitive(object, key, text)
			    : cJSON_AddItemToObject(object, key, text);
	if (!done)
		cJSON_Delete(text);
	return done;
}

static void lower(char *to, size_t size, const char *name)
{
	size_t i = 0;
	for (; name[i] && i + 1 < size; i++)
		to[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 'a' - 'A' : name[i]);
	to[i] = '\0';
}

/* Fields of one name are one list. */
static bool add_header(cJSON *headers, const char *name, const char *value)
{
	char key[256];
	buf joined = { 0 };
	lower(key, sizeof key, name);
	const char *before = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(headers, key));
	if (before) {
		buf_add_text(&joined, before);
		buf_add_text(&joined, strcmp(key, "cookie") ? ", " : "; ");
	}
	buf_add_text(&joined, value);
	buf_add_char(&joined, '\0');
	bool done = !joined.failed && set(headers, key, (const char *)buf_data(&joined));
	buf_free(&joined);
	return done;
}

/* NULL: out of memory. */
static cJSON *pairs(const handshake *h, bool headers)
{
	const char *name, *value;
	cJSON *object = cJSON_CreateObject();
	bool done = object != NULL;
	for (size_t at = 0; done && handshake_next(h, headers, &at, &name, &value);)
		done = headers ? add_header(object, name, value) : set(object, name, value);
	if (done)
		return object;
	cJSON_Delete(object);
	return NULL;
}

/* As JavaScript writes a Date, in UTC. */
static void write_time(char *out, size_t size, int64_t ms)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };
	time_t seconds = (time_t)(ms / 1000);
	struct tm t = { 0 };
	gmtime_r(&seconds, &t);
	snprintf(out, size, "%s %s %02d %d %02d:%02d:%02d GMT+0000 (Coordinated Universal Time)",
		days[t.tm_wday], months[t.tm_mon], t.tm_mday, t.tm_year + 1900, t.tm_hour, t.tm_min,
		t.tm_sec);
}

static cJSON *describe_handshake(const sio_socket *k)
{
	const handshake *h = k->client->session->handshake;
	char time[96];
	write_time(time, sizeof time, h->issued_ms);
	return sio_json("{headers: %p, time: %s, address: %s, xdomain: %hhd, secure: %hhd,"
			"issued: %lld, url: %s, query: %p, auth: %p}",
		(void *)pairs(h, true), time, handshake_address(h),
		(bool)(handshake_header(h, "origin") != NULL), h->secure, (long long)h->issued_ms,
		handshake_url(h), (void *)pairs(h, false), (void *)describe_copy(sio_auth(k)));
}

/* ---- Sockets and rooms ---- */

typedef struct names {
	cJSON *all;
	bool failed;
} names;

static void add_name(const char *name, void *user)
{
	names *n = user;
	cJSON *text = cJSON_CreateString(name);
	if (text)
		cJSON_AddItemToArray(n->all, text);
	else
		n->failed = true;
}

static cJSON *finish(names *n)
{
	if (!n->failed)
		return n->all;
	cJSON_Delete(n->all);
	return NULL;
}

static cJSON *rooms_of(const sio_socket *k)
{
	names n = { .all = cJSON_CreateArray() };
	if (!n.all)
		return NULL;
	n.failed = sio_rooms(k, add_name, &n) || n.failed;
	return finish(&n);
}

cJSON *describe_socket(const sio_socket *k)
{
	return sio_json("{id: %s, handshake: %p, rooms: %p, data: %p}", k->text,
		(void *)describe_handshake(k), (void *)rooms_of(k),
		(void *)describe_copy(sio_shared_data(k)));
}

cJSON *describe_rooms(const sio_ns *ns)
{
	names n = { .all = cJSON_CreateArray() };
	if (!n.all)
		return NULL;
	LIST_EACH (it, &ns->members) {
		const sio_socket *k = LIST_OWNER(it, sio_socket, in_ns);
		if (k->in_own_room)
			add_name(k->text, &n);
	}
	room_names(ns, add_name, &n);
	return finish(&n);
}
