/* SPDX-License-Identifier: MIT */
/* link_queue - commands, from when they are given until Redis has replied. */
#include "link_parts.h"
#include <stdlib.h>

void command_free(redis_link *l, command *c)
{
	list_remove(&c->in_link);
	l->queued -= c->len;
	free(c);
}

command *command_first(list *l)
{
	return list_empty(l) ? NULL : LIST_OWNER(l->next, command, in_link);
}

static command *command_new(size_t n, const span *words)
{
	const char *argv[LINK_WORDS];
	size_t lens[LINK_WORDS];
	sds text = NULL;
	for (size_t i = 0; i < n; i++) {
		argv[i] = words[i].at;
		lens[i] = words[i].len;
	}
	int len = redisFormatSdsCommandArgv(&text, (int)n, argv, lens);
	command *c = len > 0 ? malloc(sizeof *c + (size_t)len) : NULL;
	if (c) {
		*c = (command){ .len = (size_t)len };
		memcpy(c->bytes, text, (size_t)len);
	}
	if (len > 0)
		redisFreeSdsCommand(text);
	return c;
}

/* Makes room by dropping what was to be sent first. */
static void push_out(redis_link *l, size_t len)
{
	for (list *it = l->waiting.next, *next; it != &l->waiting; it = next) {
		command *c = LIST_OWNER(it, command, in_link);
		next = it->next;
		if (l->queued + len <= l->o.max_queue)
			return;
		if (!c->fn) {
			l->dropped++;
			command_free(l, c);
		}
	}
}

sio_err queue_add(
	redis_link *l, list *queue, size_t n, const span *words, link_reply_fn *fn, void *user)
{
	command *c = command_new(n, words);
	if (!c)
		return SIO_ENOMEM;
	bool bounded = queue == &l->waiting;
	if (bounded && l->o.push_out)
		push_out(l, c->len);
	if (bounded && l->queued + c->len > l->o.max_queue) {
		l->dropped += !fn;
		free(c);
		return SIO_ELIMIT;
	}
	c->fn = fn;
	c->user = user;
	l->queued += c->len;
	list_append(queue, &c->in_link);
	return SIO_OK;
}

/* What was written and not answered is lost. */
void queue_lose(redis_link *l, list *queue)
{
	list lost;
	list_init(&lost);
	list_move(&lost, queue);
	for (command *c; (c = command_first(&lost)) != NULL;) {
		link_reply_fn *fn = c->fn;
		void *user = c->user;
		command_free(l, c);
		l->dropped += !fn;
		if (fn && !l->ended)
			fn(NULL, user);
	}
}
