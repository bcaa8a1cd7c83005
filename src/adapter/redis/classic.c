/* SPDX-License-Identifier: MIT */
/* classic - the messages of @socket.io/redis-adapter's createAdapter(), and of its emitters
 * (protocol-notes/redis.md). */
#include "tongue.h"

/* Types of requests, and of some responses. */
enum {
	SOCKETS,
	ALL_ROOMS,
	REMOTE_JOIN,
	REMOTE_LEAVE,
	REMOTE_DISCONNECT,
	REMOTE_FETCH,
	SERVER_SIDE_EMIT,
	BROADCAST,
	BROADCAST_CLIENT_COUNT,
	BROADCAST_ACK,
	TYPES
};

static letter_sense judge(bool good)
{
	return good ? LETTER_GOOD : LETTER_BAD;
}

static bool is(const char *text, const char *other)
{
	return text && !strcmp(text, other);
}

/* ---- Broadcasts: [uid, packet, opts] ---- */

/* A packet without a namespace is of "/". */
static letter_sense read_packet(letter *l, cJSON *packet, const speaker *me)
{
	const cJSON *nsp = letter_field(packet, "nsp");
	unsigned type;
	if (!letter_number(packet, "type", 2, &type) || type != 2 || (nsp && !cJSON_IsString(nsp)))
		return LETTER_BAD;
	if (strcmp(nsp ? nsp->valuestring : "/", me->nsp) != 0)
		return LETTER_OTHER;
	l->m.type = SIO_CLUSTER_EMIT;
	return judge(letter_event(l, letter_field(packet, "data")));
}

static letter_sense read_broadcast(letter *l, const speaker *me)
{
	cJSON *uid = l->content.data->child;
	cJSON *packet = cJSON_IsArray(l->content.data) && uid ? uid->next : NULL;
	if (!packet || !packet->next || !cJSON_IsString(uid))
		return LETTER_BAD;
	if (is(uid->valuestring, me->uid))
		return LETTER_OTHER;
	letter_sense sense = read_packet(l, packet, me);
	return sense == LETTER_GOOD ? judge(letter_who(l, packet->next)) : sense;
}

/* ---- Requests ---- */

static const sio_cluster_type meanings[TYPES] = {
	[ALL_ROOMS] = SIO_CLUSTER_ROOMS,
	[REMOTE_JOIN] = SIO_CLUSTER_JOIN,
	[REMOTE_LEAVE] = SIO_CLUSTER_LEAVE,
	[REMOTE_DISCONNECT] = SIO_CLUSTER_DISCONNECT,
	[REMOTE_FETCH] = SIO_CLUSTER_FETCH,
	[SERVER_SIDE_EMIT] = SIO_CLUSTER_SERVER_EMIT,
};

/* An earlier form of those that concern one socket. */
static bool read_one(letter *l, const cJSON *tree, unsigned type)
{
	l->old = type == REMOTE_JOIN    ? LETTER_JOIN
		 : type == REMOTE_LEAVE ? LETTER_LEAVE
					: LETTER_DISCONNECT;
	l->sid = letter_text(tree, "sid");
	l->room = letter_text(tree, "room");
	return l->sid && (l->room || type == REMOTE_DISCONNECT);
}

static bool read_change(letter *l, cJSON *tree, unsigned type)
{
	cJSON *opts = letter_field(tree, "opts");
	l->m.close = cJSON_IsTrue(letter_field(tree, "close"));
	if (!opts)
		return read_one(l, tree, type);
	if (!letter_who(l, opts))
		return false;
	if (type != REMOTE_DISCONNECT)
		l->m.rooms = letter_texts(l, letter_field(tree, "rooms"));
	return type == REMOTE_DISCONNECT || l->m.rooms;
}

/* Others ask for clients' ids with it. */
static bool read_ids(letter *l, cJSON *tree)
{
	cJSON *rooms = letter_field(tree, "rooms");
	l->old = LETTER_IDS;
	if (rooms && !(l->who.to = letter_texts(l, rooms)))
		return false;
	if (l->who.to && !l->who.to[0])
		l->who.to = NULL;
	return l->m.request;
}

static letter_sense read_asking_broadcast(letter *l, cJSON *tree, const speaker *me)
{
	letter_sense sense = read_packet(l, letter_field(tree, "packet"), me);
	if (sense != LETTER_GOOD)
		return sense;
	return judge(l->m.request && letter_who(l, letter_field(tree, "opts")));
}

/* Those that concern clients are executed by their sender when it hears itself; this server has
 * done so before it said them. */
static letter_sense read_request(letter *l, const speaker *me)
{
	cJSON *tree = l->content.data;
	unsigned type;
	if (!cJSON_IsObject(tree) || !letter_number(tree, "type", TYPES - 1, &type))
		return LETTER_BAD;
	if (is(letter_text(tree, "uid"), me->uid))
		return LETTER_OTHER;
	l->m.type = meanings[type];
	l->m.request = letter_id(tree, "requestId");
	l->m.peer = letter_id(tree, "uid");
	if (letter_field(tree, "requestId") && !l->m.request)
		return LETTER_BAD;
	switch (type) {
	case SOCKETS:
		return judge(read_ids(l, tree));
	case ALL_ROOMS:
		return judge(l->m.request);
	case REMOTE_JOIN:
	case REMOTE_LEAVE:
	case REMOTE_DISCONNECT:
		return judge(read_change(l, tree, type));
	case REMOTE_FETCH:
		return judge(l->m.request && letter_who(l, letter_field(tree, "opts")));
	case SERVER_SIDE_EMIT:
		return judge(letter_event(l, letter_field(tree, "data")));
	case BROADCAST:
		return read_asking_broadcast(l, tree, me);
	default:
		return LETTER_BAD;
	}
}

/* ---- Responses ---- */

static letter_sense read_typed_response(letter *l, cJSON *tree, unsigned type)
{
	unsigned count;
	switch (type) {
	case SERVER_SIDE_EMIT:
		l->m.type = SIO_CLUSTER_SERVER_ANSWER;
		return judge(letter_ack(l, tree, "data"));
	case BROADCAST_CLIENT_COUNT:
		l->m.type = SIO_CLUSTER_RECEIVERS;
		if (!letter_number(tree, "clientCount", INT32_MAX, &count))
			return LETTER_BAD;
		l->m.count = count;
		return LETTER_GOOD;
	case BROADCAST_ACK:
		l->m.type = SIO_CLUSTER_ANSWER;
		return judge(letter_ack(l, tree, "packet"));
	default:
		return LETTER_BAD;
	}
}

/* What has no type is known by what it brings. */
static letter_sense read_response(letter *l)
{
	cJSON *tree = l->content.data;
	unsigned type;
	l->m.request = letter_id(tree, "requestId");
	if (!l->m.request)
		return LETTER_BAD;
	if (letter_number(tree, "type", TYPES - 1, &type))
		return read_typed_response(l, tree, type);
	l->m.type = SIO_CLUSTER_SOCKETS;
	l->m.tree = letter_field(tree, "sockets");
	if (!l->m.tree) {
		l->m.type = SIO_CLUSTER_ROOM_NAMES;
		l->m.tree = letter_field(tree, "rooms");
	}
	/* Without either it tells that an earlier form was executed, which is never asked for. */
	return l->m.tree ? judge(cJSON_IsArray(l->m.tree)) : LETTER_OTHER;
}

static letter_sense classic_read(letter *l, heard_on where, span text, const speaker *me)
{
	if (!letter_open(l, text))
		return LETTER_BAD;
	if (where == ON_BROADCAST)
		return read_broadcast(l, me);
	return where == ON_REQUEST ? read_request(l, me) : read_response(l);
}

/* ---- Out ---- */

static cJSON *packet_of(const sio_event *ev, const speaker *me, cJSON *first)
{
	return sio_json("{type: 2, data: %p, nsp: %s}", (void *)letter_data(ev, first), me->nsp);
}

static bool write_emit(payload *p, const sio_cluster_message *m, const speaker *me)
{
	cJSON first;
	void *packet = packet_of(m->event, me, &first), *opts = letter_opts(m->who, true);
	cJSON *tree = m->request ? sio_json("{uid: %s, requestId: %s, type: 7, packet: %p,"
					    "opts: %p}",
					   me->uid, m->request, packet, opts)
				 : sio_json("[%s, %p, %p]", me->uid, packet, opts);
	return payload_packed(p, tree, m->event);
}

static bool write_change(payload *p, const sio_cluster_message *m, const speaker *me, int type)
{
	void *opts = letter_opts(m->who, false);
	if (type == REMOTE_DISCONNECT)
		return payload_json(p, sio_json("{uid: %s, type: %d, opts: %p, close: %hhd}",
					       me->uid, type, opts, m->close));
	return payload_json(p, sio_json("{uid: %s, type: %d, opts: %p, rooms: %p}", me->uid, type,
				       opts, (void *)letter_names(m->rooms)));
}

/* As JSON, in which other servers look for it first, unless there are attachments. */
static bool write_event(payload *p, cJSON *tree, const sio_event *ev)
{
	return ev->nbinary ? payload_packed(p, tree, ev) : payload_json(p, tree);
}

static bool write_server_emit(payload *p, const sio_cluster_message *m, const speaker *me)
{
	cJSON first;
	void *data = letter_data(m->event, &first);
	cJSON *tree = m->request ? sio_json("{uid: %s, requestId: %s, type: 6, data: %p}", me->uid,
					   m->request, data)
				 : sio_json("{uid: %s, type: 6, data: %p}", me->uid, data);
	return write_event(p, tree, m->event);
}

static bool write_ack(payload *p, const sio_cluster_message *m, int type, const char *key)
{
	const cJSON *value = m->event->args->child;
	cJSON *tree = value ? sio_json("{type: %d, requestId: %s, %s: %p}", type, m->request, key,
				      (void *)letter_borrow(value))
			    : sio_json("{type: %d, requestId: %s}", type, m->request);
	return type == BROADCAST_ACK ? payload_packed(p, tree, m->event)
				     : write_event(p, tree, m->event);
}

static bool classic_write(payload *p, const sio_cluster_message *m, const speaker *me)
{
	switch (m->type) {
	case SIO_CLUSTER_EMIT:
		return write_emit(p, m, me);
	case SIO_CLUSTER_JOIN:
		return write_change(p, m, me, REMOTE_JOIN);
	case SIO_CLUSTER_LEAVE:
		return write_change(p, m, me, REMOTE_LEAVE);
	case SIO_CLUSTER_DISCONNECT:
		return write_change(p, m, me, REMOTE_DISCONNECT);
	case SIO_CLUSTER_FETCH:
		return payload_json(
			p, sio_json("{uid: %s, requestId: %s, type: 5, opts: %p}", me->uid,
				   m->request, (void *)letter_opts(m->who, false)));
	case SIO_CLUSTER_ROOMS:
		return payload_json(
			p, sio_json("{uid: %s, requestId: %s, type: 1}", me->uid, m->request));
	case SIO_CLUSTER_SERVER_EMIT:
		return write_server_emit(p, m, me);
	case SIO_CLUSTER_RECEIVERS:
		return payload_json(p, sio_json("{type: 8, requestId: %s, clientCount: %zu}",
					       m->request, m->count));
	case SIO_CLUSTER_ANSWER:
		return write_ack(p, m, BROADCAST_ACK, "packet");
	case SIO_CLUSTER_SERVER_ANSWER:
		return write_ack(p, m, SERVER_SIDE_EMIT, "data");
	default:
		return payload_json(p, sio_json("{requestId: %s, %s: %p}", m->request,
					       m->type == SIO_CLUSTER_SOCKETS ? "sockets" : "rooms",
					       (void *)letter_borrow(m->tree)));
	}
}

const tongue classic_tongue = { classic_read, classic_write };
