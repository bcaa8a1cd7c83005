/* SPDX-License-Identifier: MIT */
/*
 * hooks - the engine's hooks, as the environment wants them, for suites that cannot see inside.
 *
 *   REPORT=1         prints a line for each event of the engine (and of the lab's sockets)
 *   ALLOW=1          the query's `allow` says whether a request may come in: `no`, with the message
 * in `because`; `wait`, until another request says `go` or `stop`; anything else: yes IDS=1 the
 * query's `id` becomes the session's; without it the request is refused HEADERS=1        adds
 * X-Answer ("initial" or "later") and X-Asked (the query's `ask`) CORS_FUNCTION=x  origins that end
 * with x are allowed
 */
#include "apps.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAITING_MAX = 16 };

static sio_entry waiting[WAITING_MAX];
static size_t nwaiting;

static bool wanted(const char *name)
{
	const char *value = getenv(name);
	return value && *value && strcmp(value, "0") != 0;
}

void report(const char *what, cJSON *facts)
{
	char *text = wanted("REPORT") ? cJSON_PrintUnformatted(facts) : NULL;
	if (text)
		printf("%s %s\n", what, text);
	fflush(stdout);
	cJSON_free(text);
	cJSON_Delete(facts);
}

static void on_allow(const sio_handshake *h, sio_entry entry, void *user)
{
	const char *word = sio_handshake_query(h, "allow");
	(void)user;
	if (word && !strcmp(word, "wait") && nwaiting < WAITING_MAX) {
		waiting[nwaiting++] = entry;
		return;
	}
	bool go = word && !strcmp(word, "go"), stop = word && !strcmp(word, "stop");
	while ((go || stop) && nwaiting) {
		sio_entry other = waiting[--nwaiting];
		sio_err err = go ? sio_admit(other) : sio_refuse(other, "stopped", NULL);
		report("answered", sio_json("{error: %s}", err ? sio_strerror(err) : NULL));
	}
	if (word && !strcmp(word, "no"))
		sio_refuse(entry, sio_handshake_query(h, "because"), NULL);
	else
		sio_admit(entry);
}

static bool on_id(const sio_handshake *h, char id[SIO_ID_MAX + 1], void *user)
{
	const char *wish = sio_handshake_query(h, "id");
	(void)user;
	if (!wish || strlen(wish) > SIO_ID_MAX)
		return false;
	strcpy(id, wish);
	return true;
}

static bool on_origin(const sio_handshake *h, const char *origin, void *user)
{
	const char *suffix = getenv("CORS_FUNCTION");
	size_t len = strlen(origin), end = strlen(suffix);
	(void)h;
	(void)user;
	bool allowed = len >= end && !strcmp(origin + len - end, suffix);
	report("origin", sio_json("{origin: %s, allowed: %hhd}", origin, allowed));
	return allowed;
}

static void on_headers(const sio_handshake *h, bool initial, sio_headers *headers, void *user)
{
	const char *asked = sio_handshake_query(h, "ask");
	(void)user;
	sio_set_header(headers, "X-Answer", initial ? "initial" : "later");
	if (asked)
		sio_set_header(headers, "X-Asked", asked);
	/* What would break the answer is refused. */
	if (!sio_set_header(headers, "Content-Length", "1") ||
		!sio_set_header(headers, "X-Split", "a\r\nX-Evil: b"))
		abort();
}

static void on_refused(const sio_refusal *r, void *user)
{
	(void)user;
	report("refused",
		sio_json("{code: %d, message: %s, name: %s, detail: %s, address: %s}", r->code,
			r->message, r->name, r->detail, sio_handshake_address(r->request)));
}

static void on_opened(const sio_session *s, void *user)
{
	(void)user;
	report("open", sio_json("{sid: %s, transport: %s, version: %u, secure: %hhd}", s->id,
			       s->transport, s->version, sio_handshake_secure(s->handshake)));
}

static void on_upgraded(const sio_session *s, void *user)
{
	(void)user;
	report("upgrade", sio_json("{sid: %s, transport: %s}", s->id, s->transport));
}

static void on_closed(const sio_session *s, const sio_ending *e, void *user)
{
	(void)user;
	report("close", sio_json("{sid: %s, transport: %s, reason: %s, code: %u, error: %d, "
				 "unsent: %zu, limit: %s}",
				s->id, s->transport, e->reason, e->websocket_code, e->error,
				e->unsent, e->limit));
}

sio_hooks hooks_from_environment(void)
{
	return (sio_hooks){
		.allow_request = wanted("ALLOW") ? on_allow : NULL,
		.generate_id = wanted("IDS") ? on_id : NULL,
		.allow_origin = wanted("CORS_FUNCTION") ? on_origin : NULL,
		.headers = wanted("HEADERS") ? on_headers : NULL,
		.refused = wanted("REPORT") ? on_refused : NULL,
		.opened = wanted("REPORT") ? on_opened : NULL,
		.upgraded = wanted("REPORT") ? on_upgraded : NULL,
		.closed = wanted("REPORT") ? on_closed : NULL,
	};
}
