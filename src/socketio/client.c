/* SPDX-License-Identifier: MIT */
/* client - one engine session: its packets go to the right socket (protocol-notes/socket.io.md). */
#include "../base/json_scan.h"
#include "io.h"
#include "json.h"
#include <stdlib.h>

/* ---- Life ---- */

static void connect_due(timer *t)
{
	client *c = LIST_OWNER(t, client, connect_timeout);
	c->session->limit = "connect_timeout_ms";
	client_reject(c, CLOSED_BY_SERVER);
}

bool client_open(io *o, session *s)
{
	client *c = calloc(1, sizeof *c);
	if (!c)
		return false;
	c->session = s;
	c->io = o;
	c->revision = revision_for(s->dialect->version);
	s->user = c;
	list_init(&c->sockets);
	list_init(&c->candidates);
	list_init(&c->answers);
	list_init(&c->in_io);
	timer_init(&c->connect_timeout, connect_due);
	timer_start(o->wheel, &c->connect_timeout, o->wheel->now + o->options.connect_timeout_ms);
	if (c->revision->enters_unasked)
		io_put_off(o, &o->newcomers, &c->in_io);
	return true;
}

void client_arrived(client *c)
{
	if (c->session->state == SESSION_OPEN)
		ns_connect(ns_find(c->io, SPAN("/")), c, (held_tree){ 0 });
}

void client_entered(client *c)
{
	timer_stop(c->io->wheel, &c->connect_timeout);
}

static void partial_free(client *c)
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

void client_free(client *c)
{
	partial_free(c);
	ack_let_go_all(c);
	free(c->left);
	free(c);
}

/* It is in no namespace any more, and enters none. */
bool client_hold(client *c, size_t size, const held_tree *tree)
{
	if (size + tree->cost > c->io->options.max_pending - c->pending) {
		c->session->limit = "max_pending";
		return false;
	}
	if (!session_hold(c->session, size))
		return false;
	c->pending += size + tree->cost;
	return true;
}

void client_let_go(client *c, size_t size, held_tree *tree)
{
	c->pending -= size + tree->cost;
	session_let_go(c->session, size);
	held_free(c, tree);
}

static void leave_all(client *c, const char *reason)
{
	parent_forget_all(c);
	while (!list_empty(&c->sockets))
		socket_leave(LIST_OWNER(c->sockets.next, sio_socket, in_client), reason);
}

void client_closed(session *s, const ending *how)
{
	client *c = s->user;
	if (!c)
		return;
	s->user = NULL;
	timer_stop(c->io->wheel, &c->connect_timeout);
	partial_free(c);
	leave_all(c, how->reason);
	list_remove(&c->in_io);
	list_append(&c->io->dead_clients, &c->in_io);
}

void client_drained(session *s)
{
	client *c = s->user;
	gathering all = { 0 };
	if (!c)
		return;
	LIST_EACH (it, &c->sockets)
		gathering_add(LIST_OWNER(it, sio_socket, in_client), &all);
	for (size_t i = 0; i < all.len; i++) {
		sio_socket *k = all.at[i];
		handler_walk w = socket_walk(k, offsetof(handler_set, drain));
		handler *h;
		while (k->state == SOCKET_CONNECTED && (h = handler_next(&w)) != NULL)
			((sio_socket_fn *)h->fn)(k, h->user);
	}
	free(all.at);
}

void client_reject(client *c, const char *reason)
{
	leave_all(c, reason);
	session_close(c->session, CLOSED_BY_SERVER);
}

/* Some of what it is to be told waits for the adapter. */
static bool is_waiting(const client *c)
{
	LIST_EACH (it, &c->sockets)
		if (LIST_OWNER(it, sio_socket, in_client)->held)
			return true;
	return false;
}

bool client_shut(session *s, bool patient)
{
	client *c = s->user;
	if (c && patient && is_waiting(c))
		return false;
	if (c) {
		LIST_EACH (it, &c->sockets)
			outbox_hurry(LIST_OWNER(it, sio_socket, in_client));
		leave_all(c, CLOSED_BY_SHUTDOWN);
	}
	session_close(s, CLOSED_BY_SHUTDOWN);
	return true;
}

void client_disconnect(client *c)
{
	parent_forget_all(c);
	while (!list_empty(&c->sockets))
		sio_disconnect(LIST_OWNER(c->sockets.next, sio_socket, in_client), false);
	session_close(c->session, CLOSED_BY_SERVER);
}

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
	partial_free(c);
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
