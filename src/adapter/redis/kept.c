/* SPDX-License-Identifier: MIT */
/* kept - what the reference keeps of a client that was lost: { sid, pid, rooms, data }, in
 * MessagePack and base64, and beside that its namespace and when it came (protocol-notes/redis.md).
 */
#include "../../base/text.h"
#include "../../socketio/json.h"
#include "tongue.h"

/* false: out of memory. */
static bool add_text(cJSON *tree, const char *key, const char *text)
{
	return tree && (!text || cJSON_AddStringToObject(tree, key, text));
}

bool kept_write(payload *p, const sio_cluster_session *s, const char *nsp)
{
	static const sio_event none;
	void *data = s->data ? letter_borrow(s->data) : cJSON_CreateObject();
	cJSON *tree = sio_json("{sid: %s, pid: %s, rooms: %p, data: %p}", s->id, s->pid,
		(void *)letter_names(s->rooms), data);
	if (!add_text(tree, "nsp", nsp) || !add_text(tree, "since", s->since)) {
		json_free(tree);
		tree = NULL;
	}
	return payload_packed(p, tree, &none) && payload_encode(p);
}

/* ---- In ---- */

/* Shared data has no attachments: what is binary becomes what JSON makes of it. */
static cJSON *buffer_as_json(sio_bytes b)
{
	cJSON *bytes = cJSON_CreateArray();
	for (size_t i = 0; bytes && i < b.len; i++) {
		cJSON *one = cJSON_CreateNumber(((const unsigned char *)b.data)[i]);
		if (!one || !cJSON_AddItemToArray(bytes, one)) {
			json_free(bytes);
			return NULL;
		}
	}
	return sio_json("{type: 'Buffer', data: %p}", (void *)bytes);
}

/* false: out of memory. */
static bool unfold(cJSON *parent, const sio_event *ev)
{
	for (cJSON *it = parent->child, *next; it; it = next) {
		next = it->next;
		sio_bytes b = sio_binary_of(ev, it);
		if (!b.data && !unfold(it, ev))
			return false;
		if (!b.data)
			continue;
		cJSON *plain = buffer_as_json(b);
		char *key = it->string;
		if (plain)
			plain->string = key;
		it->string = plain ? NULL : key;
		if (!plain || !cJSON_ReplaceItemViaPointer(parent, it, plain))
			return false;
	}
	return true;
}

bool kept_read(letter *l, span text, sio_cluster_session *out, const char **nsp)
{
	*out = (sio_cluster_session){ .id = NULL };
	if (!letter_open_encoded(l, text))
		return false;
	const sio_event ev = { .binary = l->content.binary, .nbinary = l->content.nbinary };
	cJSON *tree = l->content.data;
	if (!cJSON_IsObject(tree) || (ev.nbinary && !unfold(tree, &ev)))
		return false;
	out->id = letter_id(tree, "sid");
	out->pid = letter_id(tree, "pid");
	out->rooms = letter_texts(l, letter_field(tree, "rooms"));
	out->data = letter_field(tree, "data");
	out->since = letter_text(tree, "since");
	*nsp = letter_text(tree, "nsp");
	return out->id && out->pid && out->rooms;
}
