/* SPDX-License-Identifier: MIT */
/* server_stats - what a server counts, and what it says in the log of peers that misbehave. */
#include "server.h"
#include <stdio.h>
#include <string.h>

sio_counters sio_stats(const sio_server *s)
{
	const counters *c = &s->engine.counters;
	sio_counters out = {
		.sessions = s->engine.sessions.count,
		.connections = net_connections(s->net),
		.held = engine_held(&s->engine) + net_held(s->net),
		.opened = c->opened,
		.upgraded = c->upgraded,
		.closed = c->closed,
		.accepted = c->accepted,
		.packets_in = c->packets_in,
		.packets_out = c->packets_out,
		.bytes_in = c->bytes_in,
		.bytes_out = c->bytes_out,
		.bad_requests = c->bad_requests,
		.bad_frames = c->bad_frames,
		.bad_packets = c->bad_packets,
	};
	memcpy(out.refused, c->refused, sizeof out.refused);
#define STRUCK(name) out.struck.name = c->struck[LIMIT_##name];
	COUNTERS_LIMITS(STRUCK)
#undef STRUCK
	return out;
}

/* ---- The log ---- */

/* Lines in a second that peers can bring about: each of them is room on somebody's disk. */
enum { LINES_PER_SECOND = 10 };

static void say_left_out(sio_server *s)
{
	char line[80];
	snprintf(line, sizeof line, "%llu more lines about peers were left out",
		(unsigned long long)s->left_out);
	s->left_out = 0;
	s->log(SIO_LOG_INFO, line, s->log_user);
}

bool server_logs_peers(void *user)
{
	sio_server *s = user;
	uint64_t now = s->wheel.time;
	if (!s->log)
		return false;
	if (pace_wait(&s->lines, now, LINES_PER_SECOND)) {
		s->left_out++;
		return false;
	}
	pace_take(&s->lines, now, LINES_PER_SECOND, 1);
	if (s->left_out)
		say_left_out(s);
	return true;
}

/* Whoever ends as he should is not worth a line, and of one that broke the rules of WebSocket there
 * is one already. */
void server_log_end(sio_server *s, const session *one, const ending *how)
{
	char line[160];
	const char *address = handshake_address(one->handshake);
	bool bad = one->blamed || how->limit;
	bool said = how->code && !strcmp(how->reason, CLOSED_BY_ERROR);
	if (!bad || said || !server_logs_peers(s))
		return;
	snprintf(line, sizeof line, "%s: closed: %s: %s", *address ? address : "local peer",
		how->reason, how->limit ? how->limit : "not a packet that may come");
	s->log(SIO_LOG_INFO, line, s->log_user);
}
