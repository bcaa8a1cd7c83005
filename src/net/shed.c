/* SPDX-License-Identifier: MIT */
/* shed - when too much memory is held for all clients together, those for whom most is go. */
#include "internal.h"

static connection *heaviest(const net *n)
{
	connection *most = NULL;
	LIST_EACH (it, &n->connections) {
		connection *c = LIST_OWNER(it, connection, in_net);
		if (!c->doomed && (!most || c->held > most->held))
			most = c;
	}
	return most;
}

static void cut(session *s)
{
	s->limit = "max_memory";
	session_fail(s, CLOSED_BY_ERROR);
}

/* What a doomed connection holds goes with this turn. */
static void let_go(connection *c)
{
	counters_strike(&c->net->engine->counters, "max_memory");
	net_log_peer(c, "closed: max_memory");
	connection_doom(c);
	c->net->held -= c->held;
	c->held = 0;
}

bool net_shed(net *n)
{
	engine *e = n->engine;
	size_t most = e->options.max_memory;
	bool any = false;
	while (most && e->held + n->held > most) {
		session *s = engine_heaviest(e);
		connection *c = heaviest(n);
		if (s && (!c || session_held(s) >= c->held))
			cut(s);
		else if (c && c->held)
			let_go(c);
		else
			break;
		any = true;
	}
	return any;
}
