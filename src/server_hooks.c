/* SPDX-License-Identifier: MIT */
/* server_hooks - what the application has to say about requests and sessions, and is told of them.
 */
#include "server.h"
#include "wire/http.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- Handshakes ---- */

static const sio_handshake *shown(const handshake *h)
{
	return (const sio_handshake *)h;
}

static const handshake *handshake_in(const sio_handshake *h)
{
	return (const handshake *)h;
}

const char *sio_handshake_header(const sio_handshake *h, const char *name)
{
	return handshake_header(handshake_in(h), name);
}

const char *sio_handshake_query(const sio_handshake *h, const char *key)
{
	return handshake_query(handshake_in(h), key);
}

const char *sio_handshake_url(const sio_handshake *h)
{
	return handshake_url(handshake_in(h));
}

const char *sio_handshake_address(const sio_handshake *h)
{
	return handshake_address(handshake_in(h));
}

int64_t sio_handshake_time(const sio_handshake *h)
{
	return handshake_in(h)->issued_ms;
}

bool sio_handshake_secure(const sio_handshake *h)
{
	return handshake_in(h)->secure;
}

/* ---- May it come in? ---- */

static void allow(void *user, const handshake *h, net_question *q)
{
	sio_server *s = user;
	uint64_t number = ticket_issue(&s->io.tickets, TICKET_REQUEST, &q->tickets, q, 0);
	if (number)
		s->hooks.allow_request(shown(h), (sio_entry){ s, number }, s->hooks.user);
	else
		net_answer(q, false, NULL);
}

static void forget(void *user, net_question *q)
{
	sio_server *s = user;
	ticket_void_all(&s->io.tickets, &q->tickets);
}

sio_err hooks_answer(sio_entry entry, bool allowed, const char *message)
{
	tickets *all = &entry.server->io.tickets;
	ticket *t = ticket_find(all, entry.ticket, TICKET_REQUEST);
	if (!t)
		return SIO_EGONE;
	net_question *q = t->owner;
	ticket_use(all, t, &q->tickets);
	return net_answer(q, allowed, message) ? SIO_OK : SIO_ENOMEM;
}

static void refused(void *user, const handshake *h, refusal why, const char *message,
	const refusal_context *context)
{
	const sio_hooks *hooks = &((sio_server *)user)->hooks;
	char detail[256];
	snprintf(detail, sizeof detail, "%.*s", (int)context->detail.len,
		context->detail.len ? context->detail.at : "");
	hooks->refused(
		&(sio_refusal){
			.code = (int)why,
			.message = message,
			.name = context->name,
			.detail = detail,
			.request = shown(h),
		},
		hooks->user);
}

/* ---- What is answered ---- */

static void add_headers(void *user, const handshake *h, bool initial, buf *fields)
{
	const sio_hooks *hooks = &((sio_server *)user)->hooks;
	hooks->headers(shown(h), initial, &(sio_headers){ .fields = fields }, hooks->user);
}

static bool allow_origin(void *user, const handshake *h, const char *origin)
{
	const sio_hooks *hooks = &((sio_server *)user)->hooks;
	return hooks->allow_origin(shown(h), origin, hooks->user);
}

static bool make_id(void *user, const handshake *h, char id[SID_MAX + 1])
{
	const sio_hooks *hooks = &((sio_server *)user)->hooks;
	return hooks->generate_id(shown(h), id, hooks->user);
}

net_hooks hooks_for_net(const sio_server *s)
{
	const sio_hooks *h = &s->hooks;
	return (net_hooks){
		.allow = h->allow_request ? allow : NULL,
		.forget = forget,
		.allow_origin = h->allow_origin ? allow_origin : NULL,
		.make_id = h->generate_id ? make_id : NULL,
		.headers = h->headers ? add_headers : NULL,
		.refused = h->refused ? refused : NULL,
	};
}

/* ---- Sessions ---- */

static sio_session session_shown(const session *s)
{
	return (sio_session){
		.id = s->sid,
		.transport = s->polling ? "polling" : "websocket",
		.version = (unsigned)s->dialect->version,
		.handshake = shown(s->handshake),
	};
}

sio_session sio_session_of(const sio_socket *k)
{
	return session_shown(k->client->session);
}

static sio_server *server_of(const session *s)
{
	return s->engine->user;
}

bool hooks_opened(void *user, session *s)
{
	sio_server *server = user;
	if (!client_open(&server->io, s))
		return false;
	sio_session what = session_shown(s);
	if (server->hooks.opened)
		server->hooks.opened(&what, server->hooks.user);
	return true;
}

void hooks_upgraded(session *s)
{
	const sio_hooks *hooks = &server_of(s)->hooks;
	sio_session what = session_shown(s);
	if (hooks->upgraded)
		hooks->upgraded(&what, hooks->user);
}

/* An end that is to be told. */
typedef struct end {
	list in_server;
	const session *session; /* valid to the end of the turn */
	ending how;
} end;

/* A session may end inside a call of the application's, which is told later.  One whose beginning
 * it was not told of has no end either, and without memory for it nobody hears of it. */
void hooks_closed(session *s, const ending *how)
{
	sio_server *server = server_of(s);
	bool wanted = server->hooks.closed && s->user;
	end *e = wanted ? malloc(sizeof *e) : NULL;
	server_log_end(server, s, how);
	client_closed(s, how);
	if (!e)
		return;
	*e = (end){ .session = s, .how = *how };
	list_append(&server->ends, &e->in_server);
	server_put_off(server);
}

static void tell_end(const sio_hooks *hooks, const end *e)
{
	const ending *how = &e->how;
	sio_session what = session_shown(e->session);
	hooks->closed(&what,
		&(sio_ending){
			.reason = how->reason,
			.limit = how->limit,
			.websocket_code = how->code,
			.error = how->error,
			.unsent = how->unsent,
		},
		hooks->user);
}

void hooks_settle(sio_server *s)
{
	while (!list_empty(&s->ends)) {
		end *e = LIST_OWNER(s->ends.next, end, in_server);
		list_remove(&e->in_server);
		tell_end(&s->hooks, e);
		free(e);
	}
}
