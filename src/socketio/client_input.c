/* SPDX-License-Identifier: MIT */
/* client_input - what one client sends: each packet goes to the right socket, when its attachments
 * are there (protocol-notes/socket.io.md). */
#include "../base/json_scan.h"
#include "io.h"
#include "json.h"
#include <stdlib.h>

/* ---- Which socket a packet is for ---- */

static sio_socket *find_socket(const client *c, span nsp)
{
	LIST_EACH (it, &c->sockets) {
		sio_socket *k = LIST_OWNER(it, sio_socket, in_client);
		if (span_is(k->ns->name, nsp))
			return k;
	}
	return NULL;
}

/* Late packets come soon, so a few are enough; that a name has the hash of another does no harm. */
enum { LEFT_MAX = 64 };

static bool has_left(const client *c, span nsp)
{
	unsigned known = c->nleft < LEFT_MAX ? c->nleft : LEFT_MAX;
	uint64_t hash = known ? map_hash(&c->io->namespaces, nsp) : 0;
	for (unsigned i = 0; i < known; i++)
		if (c->left[i] == hash)
			return true;
	return false;
}

void client_left(client *c, const sio_ns *ns)
{
	/* Without memory for it a late packet closes the connection, as it does at the reference.
	 */
	if (!c->left && !(c->left = calloc(LEFT_MAX, sizeof *c->left)))
		return;
	if (!has_left(c, ns->name))
		c->left[c->nleft++ % LEFT_MAX] = map_hash(&c->io->namespaces, ns->name);
}

/* ---- Packets: one function for each type, and none for what a client must not send ---- */

typedef struct parts {
	const sio_bytes *at;
	size_t n;
} parts;

/* false: the payload is not what it must be. */
typedef bool packet_fn(client *c, sio_socket *k, const sp_packet *p, parts b);

/* false: it is not an object, or there is no room for it. */
static bool read_auth(client *c, const sp_packet *p, held_tree *auth)
{
	if (p->payload.len &&
		(!held_read(c, p->payload, json_parse_within, auth) || !cJSON_IsObject(auth->tree)))
		return false;
	if (!p->query.len)
		return true;
	held_free(c, auth);
	return held_read(c, p->query, revision_auth, auth);
}

/* An honest client is in a few namespaces, and not told from one that wants more than its share. */
static void refuse_crowd(client *c, span nsp)
{
	io *o = c->io;
	counters_strike(&c->session->engine->counters, "max_sockets");
	sp_write(&o->scratch, SP_CONNECT_ERROR, 0, nsp, NULL);
	revision_write_error(&o->scratch, "Too many namespaces", NULL);
	emit_text(c, io_take_packet(o));
}

bool client_crowds(client *c, span nsp)
{
	unsigned most = c->io->options.max_sockets;
	if (!most || c->nsockets < most)
		return false;
	refuse_crowd(c, nsp);
	return true;
}

static bool on_connect(client *c, sio_socket *k, const sp_packet *p, parts b)
{
	held_tree auth = { 0 };
	(void)b;
	if (!read_auth(c, p, &auth)) {
		held_free(c, &auth);
		return false;
	}
	/* Asking again while the first question is open replaces that. */
	parent_forget(c, p->nsp);
	if (k)
		socket_leave(k, "client namespace disconnect");
	sio_ns *ns = ns_find(c->io, p->nsp);
	if (client_crowds(c, p->nsp))
		held_free(c, &auth);
	else if (ns)
		ns_connect(ns, c, auth);
	else
		parent_ask(c, p->nsp, auth);
	return true;
}

static bool on_disconnect(client *c, sio_socket *k, const sp_packet *p, parts b)
{
	(void)c;
	(void)b;
	if (p->payload.len)
		return false;
	socket_leave(k, "client namespace disconnect");
	return true;
}

static bool on_event(client *c, sio_socket *k, const sp_packet *p, parts b)
{
	(void)c;
	return event_receive(k, p, b.at, b.n);
}

static bool on_ack(client *c, sio_socket *k, const sp_packet *p, parts b)
{
	(void)c;
	return ack_answer(k, p, b.at, b.n);
}

static packet_fn *const packet_fns[SP_TYPES] = {
	[SP_CONNECT] = on_connect,
	[SP_DISCONNECT] = on_disconnect,
	[SP_EVENT] = on_event,
	[SP_ACK] = on_ack,
	[SP_BINARY_EVENT] = on_event,
	[SP_BINARY_ACK] = on_ack,
};

/* For a packet that may not come now.  Closing takes a while where no poll waits, and the reference
 * tells the sockets so. */
static void reject_misplaced(client *c)
{
	session *s = c->session;
	session_blame(s);
	client_reject(
		c, s->polling && !session_writable(s) ? "forced server close" : CLOSED_BY_SERVER);
}

/* The limit that a text is over which cannot be read; NULL: it is wrong otherwise. */
static const char *limit_over(const io_options *o, span text)
{
	sp_packet p;
	if (!sp_read(&p, text, UINT64_MAX))
		return NULL;
	if (p.attachments > o->max_attachments)
		return "max_attachments";
	bool deep = p.payload.len && !json_scan_all(p.payload, o->max_depth) &&
		    json_scan_all(p.payload, JSON_DEPTH_LIMIT);
	return deep ? "max_depth" : NULL;
}

/* For one that cannot be read, or whose payload cannot: whoever watches is told if a limit is why.
 */
static void reject_unreadable(client *c, span text)
{
	session *s = c->session;
	if (!s->limit)
		s->limit = limit_over(&c->io->options, text);
	session_blame(s);
	client_reject(c, CLOSED_BY_SERVER);
}

/* Whether the packet may come now; *k is its socket, NULL for one that comes late to a namespace
 * that was left. */
static bool in_order(const client *c, const sp_packet *p, sio_socket **k)
{
	*k = find_socket(c, p->nsp);
	if (p->type == SP_CONNECT)
		return !*k || (*k)->state == SOCKET_ADMITTING;
	if (!packet_fns[p->type])
		return false;
	if (*k)
		return (*k)->state == SOCKET_CONNECTED;
	return has_left(c, p->nsp);
}

static void dispatch(client *c, const sp_packet *p, span text, parts b)
{
	sio_socket *k;
	if (!in_order(c, p, &k))
		reject_misplaced(c);
	else if (!k && p->type != SP_CONNECT)
		return;
	else if (!packet_fns[p->type](c, k, p, b))
		reject_unreadable(c, text);
}

static bool read_packet(const client *c, sp_packet *p, span text, uint64_t max_attachments)
{
	if (!sp_read(p, text, max_attachments))
		return false;
	if (c->revision->query_in_namespace)
		sp_cut_query(p);
	return true;
}

/* ---- Attachments ---- */

void client_drop_partial(client *c)
{
	partial *p = c->partial;
	if (!p)
		return;
	c->partial = NULL;
	for (size_t i = 0; i < p->have; i++)
		free((void *)(uintptr_t)p->parts[i].data);
	session_let_go(c->session, p->size);
	buf_free(&p->text);
	free(p);
}

static void partial_begin(client *c, const sp_packet *p, span text)
{
	sio_socket *k;
	if (!in_order(c, p, &k)) {
		reject_misplaced(c);
		return;
	}
	partial *q = calloc(1, sizeof *q + p->attachments * sizeof *q->parts);
	if (!q || !buf_add_span(&q->text, text) || !session_hold(c->session, q->text.cap)) {
		if (q)
			buf_free(&q->text);
		free(q);
		client_reject(c, CLOSED_BY_SERVER);
		return;
	}
	q->size = q->text.cap;
	q->wanted = p->attachments;
	c->partial = q;
}

/* The packet is whole: it is read again from its copy, which ends with the call. */
static void partial_done(client *c)
{
	partial *q = c->partial;
	sp_packet p;
	read_packet(c, &p, buf_span(&q->text), q->wanted);
	c->partial = NULL;
	dispatch(c, &p, buf_span(&q->text), (parts){ q->parts, q->have });
	c->partial = q;
	client_drop_partial(c);
}

static void add_part(client *c, const unsigned char *data, size_t len)
{
	partial *q = c->partial;
	if (!q)
		session_blame(c->session);
	bool fits = q && session_hold(c->session, len + 1);
	void *copy = fits ? malloc(len + 1) : NULL;
	if (fits)
		q->size += len + 1;
	if (!copy) {
		client_reject(c, CLOSED_BY_SERVER);
		return;
	}
	if (len)
		memcpy(copy, data, len);
	q->parts[q->have++] = (sio_bytes){ copy, len };
	if (q->have == q->wanted)
		partial_done(c);
}

static void receive_packed(client *c, span message)
{
	unpacked u;
	sp_packet p;
	if (!parser_unpack(c->io->options.parser, message, session_spare(c->session), &u)) {
		session_blame(c->session);
		client_reject(c, CLOSED_BY_SERVER);
		return;
	}
	span text = { (const char *)buf_data(&u.text) + 1, buf_len(&u.text) - 1 };
	if (read_packet(c, &p, text, UINT64_MAX))
		dispatch(c, &p, text, (parts){ u.packet.binary, u.packet.nbinary });
	else
		reject_unreadable(c, text);
	parser_done(&u);
}

void client_message(session *s, unsigned char *data, size_t len, bool binary)
{
	client *c = s->user;
	span text = { (const char *)data, len };
	sp_packet p;

	if (c->io->options.parser && binary) {
		receive_packed(c, text);
		return;
	}
	if (c->io->options.parser) {
		session_blame(s);
		client_reject(c, CLOSED_BY_SERVER);
		return;
	}
	if (binary) {
		add_part(c, data, len);
		return;
	}
	if (c->partial || !read_packet(c, &p, text, c->io->options.max_attachments)) {
		reject_unreadable(c, text);
		return;
	}
	if (p.attachments)
		partial_begin(c, &p, text);
	else
		dispatch(c, &p, text, (parts){ NULL, 0 });
}
