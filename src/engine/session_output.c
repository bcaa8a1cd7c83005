/* SPDX-License-Identifier: MIT */
/* session_output - what waits for one client to take it, and what may not wait. */
#include "session_parts.h"

bool session_push(session *s, bytes *b)
{
	if (!queue_push(&s->out, b)) {
		bytes_unref(b);
		return false;
	}
	s->transport->ops->wake(s->transport);
	return true;
}

bool session_takes(const session *s, manner how)
{
	if (s->state != SESSION_OPEN || s->doomed)
		return false;
	return !s->behind || (how != MANNER_SKIP && how != MANNER_DISCONNECT);
}

/* After which a drain is told: not in the same turn, which would never end with a peer that reads
 * as fast as the application sends whenever it is told. */
enum { DRAIN_MS = 1 };

/* It may be behind no longer. */
static void catch_up(session *s)
{
	engine *e = s->engine;
	if (!s->behind || s->out.bytes > e->options.low_water)
		return;
	s->behind = false;
	if (!e->events->drained)
		return;
	list_append(&e->drained, &s->drained_link);
	if (!timer_running(&e->drain))
		session_arm(s, &e->drain, DRAIN_MS);
}

static void fall_behind(session *s)
{
	if (s->out.bytes <= s->engine->options.high_water)
		return;
	s->behind = true;
	list_remove(&s->drained_link);
}

/* false: a client that is behind has no room for it, whatever else goes. */
static bool push_out(session *s, size_t size)
{
	size_t high = s->engine->options.high_water;
	if (s->behind && s->out.bytes - queue_droppable(&s->out) + size > high)
		return false;
	while (s->out.bytes + size > high && queue_drop_oldest(&s->out))
		;
	return true;
}

/* Makes room where the block's manner asks for it; false: the block is not to be queued. */
static bool make_way(session *s, const bytes *b)
{
	bool good = session_takes(s, (manner)b->manner);
	if (!good && s->behind && b->manner == MANNER_DISCONNECT && s->state == SESSION_OPEN &&
		!s->doomed) {
		s->limit = "high_water";
		session_doom(s, CLOSED_BY_ERROR);
	} else if (good && b->manner == MANNER_CONFLATE) {
		queue_drop_key(&s->out, b->key);
	} else if (good && b->manner == MANNER_PUSH_OUT) {
		good = push_out(s, b->len + b->key);
	}
	catch_up(s);
	return good;
}

/* What stands for it in the queue is dropped as it would be. */
static bytes *dress(const session *s, bytes *b)
{
	const bytes as = { .manner = b->manner, .key = b->key, .parts = b->parts };
	b = s->dialect->dress(b);
	if (b) {
		b->manner = as.manner;
		b->key = as.key;
		b->parts = as.parts;
	}
	return b;
}

/* What is refused must not be delivered with the rest when the session ends. */
bool session_send(session *s, bytes *b)
{
	if (!make_way(s, b)) {
		bytes_unref(b);
		return false;
	}
	b = dress(s, b);
	if (b && !session_has_room(s, b->len)) {
		bytes_unref(b);
		b = NULL;
	}
	if (b && session_push(s, b)) {
		fall_behind(s);
		return true;
	}
	session_doom(s, CLOSED_BY_ERROR);
	return false;
}

bool session_writable(const session *s)
{
	return s->state == SESSION_OPEN && !s->doomed && s->transport->ops->writable(s->transport);
}

size_t session_backlog(const session *s)
{
	return s->out.bytes + (s->transport ? s->transport->ops->pending(s->transport) : 0);
}

bytes *session_peek(const session *s, const transport *t, size_t i)
{
	return t == s->transport ? queue_peek(&s->out, i) : NULL;
}

void session_pop(session *s)
{
	queue_pop(&s->out);
	s->engine->counters.packets_out++;
	catch_up(s);
	if (s->out.len == 0 && s->state == SESSION_CLOSING)
		session_say_goodbye(s);
}
