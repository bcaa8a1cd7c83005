/* SPDX-License-Identifier: MIT */
/* engine - echoes every message at the level of Engine.IO: the layers below Socket.IO, put together
 * without it. */
#include "../../../src/engine/engine.h"
#include "../../../src/net/net.h"
#include "apps.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct echo {
	wheel wheel;
	engine engine;
	net *net;
} echo;

static net *running;

void stop_engine(void)
{
	if (running)
		net_stop(running);
}

static const char *transport_of(const session *s)
{
	return s->polling ? "polling" : "websocket";
}

static bool on_open(void *user, session *s)
{
	(void)user;
	report("open", sio_json("{sid: %s, transport: %s, version: %u}", s->sid, transport_of(s),
			       s->dialect->version));
	return true;
}

static void on_message(session *s, unsigned char *data, size_t len, bool binary)
{
	bytes *b = binary ? bytes_copy(data, len)
			  : packet_write(PACKET_MESSAGE, (span){ (const char *)data, len });
	if (!b) {
		session_doom(s, CLOSED_BY_ERROR);
		return;
	}
	b->binary = binary;
	session_send(s, b);
}

static void on_closed(session *s, const ending *e)
{
	report("close", sio_json("{sid: %s, transport: %s, reason: %s, code: %u, error: %d, "
				 "unsent: %zu, limit: %s}",
				s->sid, transport_of(s), e->reason, e->code, e->error, e->unsent,
				e->limit));
}

static const engine_events events = {
	.open = on_open,
	.message = on_message,
	.closed = on_closed,
};

static void settle(void *user)
{
	engine_settle(&((echo *)user)->engine);
}

static void reap(void *user)
{
	engine_reap(&((echo *)user)->engine);
}

static bool unsettled(const void *user)
{
	return !list_empty(&((const echo *)user)->engine.doomed);
}

static void log_line(net_level level, const char *line, void *user)
{
	(void)user;
	if (level <= NET_WARN)
		fprintf(stderr, "conformance-server: %s\n", line);
}

static int env(const char *name)
{
	const char *value = getenv(name);
	return value ? atoi(value) : 0;
}

static pmd_options deflate_options(void)
{
	return (pmd_options){
		.server_no_context_takeover = env("DEFLATE_SERVER_NO_CONTEXT") != 0,
		.client_no_context_takeover = env("DEFLATE_CLIENT_NO_CONTEXT") != 0,
		.server_max_window_bits = env("DEFLATE_SERVER_BITS"),
		.client_max_window_bits = env("DEFLATE_CLIENT_BITS"),
		.mem_level = env("DEFLATE_MEM_LEVEL"),
	};
}

static int serve(echo *e, const sio_options *o)
{
	net_owner owner = {
		.settle = settle, .reap = reap, .unsettled = unsettled, .log = log_line, .user = e
	};
	net_options options = {
		.host = o->host,
		.port = o->port,
		.path = "/engine.io/",
		.cors_origin = o->cors_origin,
		.cors_credentials = o->cors_credentials,
		.cookie = o->cookie,
		.tls_cert = o->tls_cert,
		.tls_key = o->tls_key,
		.per_message_deflate = o->per_message_deflate,
		.http_compression = true,
		.compression_threshold = 1024,
		.deflate = deflate_options(),
		.max_payload = e->engine.options.max_payload,
	};
	int error;
	e->net = net_new(&options, &e->engine, &e->wheel, &owner, &error);
	if (e->net)
		error = net_listen(e->net);
	if (error) {
		fprintf(stderr, "conformance-server: %s\n", strerror(error));
		return EXIT_FAILURE;
	}
	running = e->net;
	printf("READY %u\n", net_port(e->net));
	fflush(stdout);
	net_run(e->net);
	running = NULL;
	return EXIT_SUCCESS;
}

static unsigned or_standard(unsigned value, unsigned standard)
{
	return value ? value : standard;
}

int run_engine(const sio_options *o)
{
	static echo e;
	engine_options options = {
		.ping_interval_ms = or_standard(o->ping_interval_ms, 25000),
		.ping_timeout_ms = or_standard(o->ping_timeout_ms, 20000),
		.upgrade_timeout_ms = or_standard(o->upgrade_timeout_ms, 10000),
		.max_payload = o->max_payload ? o->max_payload : 1000000,
		.max_queue = o->max_queue ? o->max_queue : 16u << 20,
		.polling = !o->transports || (o->transports & SIO_POLLING),
		.websocket = !o->transports || (o->transports & SIO_WEBSOCKET),
		.allow_upgrades = !o->no_upgrades,
		.allow_eio3 = o->allow_eio3,
	};
	wheel_init(&e.wheel, 0);
	int code = engine_init(&e.engine, &options, &events, &e, &e.wheel) ? serve(&e, o)
									   : EXIT_FAILURE;
	engine_close_all(&e.engine, CLOSED_BY_SHUTDOWN);
	net_free(e.net);
	engine_fini(&e.engine);
	return code;
}
