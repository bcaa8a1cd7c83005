/* SPDX-License-Identifier: MIT */
/*
 * asking - the application is asked whether a request may open a session, and answers now or later
 * (protocol-notes/engine.io.md 18 and 19).
 *
 * What was read of the request does not last that long, so its head is kept and read again.
 */
#include "internal.h"

typedef struct asking {
	net_question question; /* the first member: net_answer() */
	connection *connection;
	list in_net; /* among the answered */
	bool allowed;
	char *message;
	size_t len;
	char head[];
} asking;

void asking_begin(connection *c, const http_head *head)
{
	const net_owner *owner = &c->net->owner;
	const handshake *h = request_handshake(c, head);
	asking *a = h ? malloc(sizeof *a + head->text.len) : NULL;
	if (!a) {
		respond_status(c, 500);
		return;
	}
	*a = (asking){ .connection = c, .len = head->text.len };
	memcpy(a->head, head->text.at, a->len);
	list_init(&a->in_net);
	c->request->asking = a;
	connection_deadline(c, ASK_MS);
	owner->hooks.allow(owner->user, h, &a->question);
}

bool net_answer(net_question *q, bool allowed, const char *message)
{
	asking *a = (asking *)(void *)q;
	a->allowed = allowed;
	bool says = message && *message;
	a->message = says ? strdup(message) : NULL;
	if (says && !a->message) {
		connection_doom(a->connection);
		return false;
	}
	list_append(&a->connection->net->answered, &a->in_net);
	net_wake(a->connection->net);
	return true;
}

static void asking_free(asking *a)
{
	list_remove(&a->in_net);
	free(a->message);
	free(a);
}

void asking_end(request *r)
{
	asking *a = r->asking;
	const net_owner *owner = &r->connection->net->owner;
	if (!a)
		return;
	r->asking = NULL;
	owner->hooks.forget(owner->user, &a->question);
	asking_free(a);
}

static void go_on(asking *a)
{
	connection *c = a->connection;
	http_head *head = &c->net->head;
	size_t scanned = 0;

	c->request->asking = NULL;
	timer_stop(c->net->wheel, &c->deadline);
	http_head_read(head, (span){ a->head, a->len }, &scanned);
	if (a->allowed)
		engine_request_allowed(c, head);
	else
		engine_request_denied(c, head, a->message);
	net_settle(c->net);
	/* Frames may have come behind the request that asked for them. */
	request_next(c);
}

void asking_resume(net *n)
{
	list answered;
	list_init(&answered);
	list_move(&answered, &n->answered);
	while (!list_empty(&answered)) {
		asking *a = LIST_OWNER(answered.next, asking, in_net);
		list_remove(&a->in_net);
		go_on(a);
		asking_free(a);
	}
}
