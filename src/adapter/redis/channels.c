/* SPDX-License-Identifier: MIT */
/* channels - what the channels of a namespace are called, and which one a message belongs on. */
#include "redis.h"
#include <stdio.h>
#include <stdlib.h>

char *channel_join(const char *a, const char *b, const char *c)
{
	char *out;
	return asprintf(&out, "%s%s%s", a, b, c) < 0 ? NULL : out;
}

static char *name(const char *key, const char *kind, const char *nsp)
{
	char *out;
	return asprintf(&out, "%s%s#%s#", key, kind, nsp) < 0 ? NULL : out;
}

bool place_name(place *p, redis *r, const char *nsp)
{
	const char *key = r->o.given.key;
	p->r = r;
	p->me = (speaker){ r->uid, nsp };
	list_init(&p->subscriptions);
	list_append(&r->places, &p->in_redis);
	p->broadcast = name(key, "", nsp);
	p->request = name(key, "-request", nsp);
	p->response = name(key, "-response", nsp);
	return p->broadcast && p->request && p->response;
}

void place_unname(place *p)
{
	list_remove(&p->in_redis);
	free(p->broadcast);
	free(p->request);
	free(p->response);
}

/* One room, which both tongues may have a channel for. */
static const char *only_room(const sio_cluster_message *m)
{
	const char *const *to = m->type == SIO_CLUSTER_EMIT && !m->request ? m->who->to : NULL;
	return to && to[0] && !to[1] ? to[0] : NULL;
}

/* What looks like an id has no channel in others' eyes. */
static bool room_is_apart(const place *p, const char *room)
{
	switch (p->r->o.given.mode) {
	case SIO_REDIS_STATIC:
	case SIO_REDIS_STREAMS:
		return false;
	case SIO_REDIS_DYNAMIC:
		return strlen(room) != 20;
	default:
		return true;
	}
}

char *channel_for(const place *p, const sio_cluster_message *m)
{
	bool answer = m->type >= SIO_CLUSTER_RECEIVERS;
	const char *room = only_room(m);
	if (room && room_is_apart(p, room))
		return channel_join(p->broadcast, room, "#");
	if (p->r->cluster)
		return channel_join(p->broadcast, answer ? m->peer : "", answer ? "#" : "");
	if (answer) {
		bool own = p->r->o.given.specific_response_channel && m->peer &&
			   m->type != SIO_CLUSTER_SERVER_ANSWER;
		return channel_join(p->response, own ? m->peer : "", own ? "#" : "");
	}
	return strdup(m->type == SIO_CLUSTER_EMIT && !m->request ? p->broadcast : p->request);
}
