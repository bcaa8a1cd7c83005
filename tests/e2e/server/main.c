/* SPDX-License-Identifier: MIT */
/*
 * conformance-server - the server that protocol suites and official clients are pointed at.
 *
 * Configured by the environment alone: HOST, PORT (0: any), PING_INTERVAL, PING_TIMEOUT,
 * CONNECT_TIMEOUT and UPGRADE_TIMEOUT in ms, MAX_HTTP_BUFFER and MAX_QUEUE in bytes, CORS_ORIGIN
 * (with commas, or "*"), CORS_CREDENTIALS=1, CORS_METHODS, CORS_HEADERS, CORS_EXPOSED,
 * CORS_MAX_AGE in seconds, PARSER=msgpack, RECOVERY in ms, RECOVERY_BYTES,
 * RECOVERY_MIDDLEWARE=1, MAX_NAMESPACE, CLEANUP=1, HIGH_WATER, LOW_WATER, TRANSPORTS
 * ("polling,websocket"), NO_UPGRADES=1, ALLOW_EIO3=1, CLIENT_DIR, TLS_CERT and TLS_KEY, DEFLATE=1,
 * DEFLATE_SERVER_NO_CONTEXT=1, DEFLATE_CLIENT_NO_CONTEXT=1, DEFLATE_SERVER_BITS,
 * DEFLATE_CLIENT_BITS, DEFLATE_MEM_LEVEL, COOKIE, COOKIE_ATTRIBUTES, INITIAL_PACKET, ENGINE_PATH,
 * NO_TRAILING_SLASH=1, TRUSTED_PROXIES, ADDRESS (more to listen on), the limits MAX_HELD,
 * MAX_MEMORY, MAX_PENDING, MAX_SOCKETS, MAX_NAMESPACES, MAX_SESSIONS, MAX_SESSIONS_PER_ADDRESS,
 * MAX_HANDSHAKES_PER_SECOND, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS, MAX_EVENTS_PER_SECOND,
 * MAX_BYTES_PER_SECOND and RECOVERY_SOCKETS, those of hooks.c, and APP:
 *
 *   engine    echoes every message at the level of Engine.IO, at /engine.io/
 *   socketio  what the official Socket.IO protocol suite expects
 *   lab       many small events, for tests with official clients
 *   flow      clients that fall behind or lose their connection
 *   features  parents of namespaces, middleware of events, taps, changes of rooms
 *   endings   a server that its clients bring to an end
 *
 * All but the first serve plain HTTP as well (routes.c).  With LOG=1 what it has to say in the log
 * is reported on standard output.  MAX_DEPTH limits the nesting of JSON and MAX_ATTACHMENTS the
 * attachments of an event; LOCALE is the locale of the process; with OPENAT2_ERRNO the system call
 * openat2 fails with that number.
 *
 * Prints "READY <port>" when it listens; SIGTERM closes its clients and ends it with 0.  SIGHUP has
 * it read TLS_CERT and TLS_KEY again, and print "RELOADED <result>".
 */
#include "apps.h"
#include "sio_msgpack.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sio_server *io;
static volatile sig_atomic_t hangup, ending;

/* Of what a server does, only stopping is allowed here; the rest is done when it has stopped. */
static void on_signal(int number)
{
	if (number == SIGHUP)
		hangup = 1;
	else
		ending = 1;
	if (io)
		sio_stop(io);
	else
		stop_engine();
}

static unsigned long number(const char *name, unsigned long standard)
{
	const char *value = getenv(name);
	char *end;
	if (!value || !*value)
		return standard;
	unsigned long n = strtoul(value, &end, 10);
	if (!*end)
		return n;
	fprintf(stderr, "conformance-server: %s is no number: %s\n", name, value);
	exit(2);
}

static unsigned transports(void)
{
	const char *value = getenv("TRANSPORTS");
	if (!value || !*value)
		return 0;
	return (strstr(value, "polling") ? SIO_POLLING : 0u) |
	       (strstr(value, "websocket") ? SIO_WEBSOCKET : 0u);
}

/* LOG=1 */
static void log_line(sio_level level, const char *line, void *user)
{
	(void)user;
	cJSON *facts = sio_json("{level: %d, line: %s}", level, line);
	char *text = cJSON_PrintUnformatted(facts);
	cJSON_Delete(facts);
	printf("log %s\n", text);
	fflush(stdout);
	cJSON_free(text);
}

static sio_options options_from_environment(void)
{
	const char *host = getenv("HOST");
	return (sio_options){
		.host = host && *host ? host : "127.0.0.1",
		.port = (uint16_t)number("PORT", 0),
		.path = getenv("ENGINE_PATH"),
		.no_trailing_slash = number("NO_TRAILING_SLASH", 0) != 0,
		.initial_packet = getenv("INITIAL_PACKET"),
		.cookie_attributes = getenv("COOKIE_ATTRIBUTES"),
		.deflate = { .server_no_context_takeover =
				     number("DEFLATE_SERVER_NO_CONTEXT", 0) != 0,
			.client_no_context_takeover = number("DEFLATE_CLIENT_NO_CONTEXT", 0) != 0,
			.server_max_window_bits = (unsigned)number("DEFLATE_SERVER_BITS", 0),
			.client_max_window_bits = (unsigned)number("DEFLATE_CLIENT_BITS", 0),
			.mem_level = (unsigned)number("DEFLATE_MEM_LEVEL", 0) },
		.transports = transports(),
		.ping_interval_ms = (unsigned)number("PING_INTERVAL", 0),
		.ping_timeout_ms = (unsigned)number("PING_TIMEOUT", 0),
		.connect_timeout_ms = (unsigned)number("CONNECT_TIMEOUT", 0),
		.upgrade_timeout_ms = (unsigned)number("UPGRADE_TIMEOUT", 0),
		.allow_eio3 = number("ALLOW_EIO3", 0) != 0,
		.max_payload = number("MAX_HTTP_BUFFER", 0),
		.max_depth = (unsigned)number("MAX_DEPTH", 0),
		.max_attachments = (unsigned)number("MAX_ATTACHMENTS", 0),
		.cors_origin = getenv("CORS_ORIGIN"),
		.client_dir = getenv("CLIENT_DIR"),
		.per_message_deflate = number("DEFLATE", 0) != 0,
		.cors_credentials = number("CORS_CREDENTIALS", 0) != 0,
		.cors_methods = getenv("CORS_METHODS"),
		.cors_headers = getenv("CORS_HEADERS"),
		.cors_exposed_headers = getenv("CORS_EXPOSED"),
		.cors_max_age_s = (unsigned)number("CORS_MAX_AGE", 0),
		.no_upgrades = number("NO_UPGRADES", 0) != 0,
		.max_queue = number("MAX_QUEUE", 0),
		.trusted_proxies = (unsigned)number("TRUSTED_PROXIES", 0),
		.cookie = getenv("COOKIE"),
		.recovery_ms = (unsigned)number("RECOVERY", 0),
		.recovery_bytes = number("RECOVERY_BYTES", 0),
		.recovery_uses_middleware = number("RECOVERY_MIDDLEWARE", 0) != 0,
		.high_water = number("HIGH_WATER", 0),
		.low_water = number("LOW_WATER", 0),
		.tls_cert = getenv("TLS_CERT"),
		.tls_key = getenv("TLS_KEY"),
		.max_namespace = (unsigned)number("MAX_NAMESPACE", 0),
		.cleanup_empty_children = number("CLEANUP", 0) != 0,
		.max_held = number("MAX_HELD", 0),
		.max_memory = number("MAX_MEMORY", 0),
		.max_pending = number("MAX_PENDING", 0),
		.max_sockets = (unsigned)number("MAX_SOCKETS", 0),
		.max_namespaces = (unsigned)number("MAX_NAMESPACES", 0),
		.max_sessions = (unsigned)number("MAX_SESSIONS", 0),
		.max_sessions_per_address = (unsigned)number("MAX_SESSIONS_PER_ADDRESS", 0),
		.max_handshakes_per_second = (unsigned)number("MAX_HANDSHAKES_PER_SECOND", 0),
		.max_connections = (unsigned)number("MAX_CONNECTIONS", 0),
		.max_connections_per_address = (unsigned)number("MAX_CONNECTIONS_PER_ADDRESS", 0),
		.max_events_per_second = (unsigned)number("MAX_EVENTS_PER_SECOND", 0),
		.max_bytes_per_second = number("MAX_BYTES_PER_SECOND", 0),
		.recovery_sockets = number("RECOVERY_SOCKETS", 0),
		.log = number("LOG", 0) ? log_line : NULL,
	};
}

/* PARSER=msgpack */
static const sio_parser *parser(void)
{
	const char *name = getenv("PARSER");
	if (!name || !*name)
		return NULL;
#ifdef HAVE_MSGPACK
	if (!strcmp(name, "msgpack"))
		return sio_msgpack_parser();
#endif
	fprintf(stderr, "conformance-server: no such parser: %s\n", name);
	exit(2);
}

static void reload(void)
{
	hangup = 0;
	printf("RELOADED %s\n", sio_strerror(sio_reload_tls(io)));
	fflush(stdout);
}

static sio_err told(const char *address, sio_err err)
{
	if (err)
		fprintf(stderr, "conformance-server: %s: %s\n", address, sio_strerror(err));
	return err;
}

/* On HOST and PORT, and on each of ADDRESS. */
static sio_err listen_on_all(const char *host)
{
	char more[512];
	sio_err err = told(host, sio_listen(io));
	snprintf(more, sizeof more, "%s", getenv("ADDRESS") ? getenv("ADDRESS") : "");
	for (char *a = strtok(more, ","); a && !err; a = strtok(NULL, ","))
		err = told(a, sio_listen_on(io, a));
	return err;
}

static sio_err serve(const char *host)
{
	sio_err err = listen_on_all(host);
	if (err)
		return err;
	printf("READY %u\n", sio_port(io));
	fflush(stdout);
	do {
		if (hangup)
			reload();
		err = sio_run(io);
	} while (!err && !ending && hangup);
	return err;
}

static int run(const sio_options *o, void (*set_up)(sio_server *))
{
	sio_err err = sio_create(&io, o);
	if (!err) {
		set_up(io);
		set_up_routes(io);
		signal(SIGHUP, on_signal);
		err = serve(o->host);
	} else {
		fprintf(stderr, "conformance-server: %s\n", sio_strerror(err));
	}
	sio_close(io);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(void)
{
	const char *app = getenv("APP");
	sio_options o = options_from_environment();
	if (!enter_surroundings())
		return EXIT_FAILURE;
	sio_hooks hooks = hooks_from_environment();
	o.hooks = &hooks;
	o.parser = parser();
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	if (app && !strcmp(app, "engine"))
		return run_engine(&o);
	if (app && !strcmp(app, "socketio"))
		return run(&o, set_up_suite);
	if (app && !strcmp(app, "lab"))
		return run(&o, set_up_lab);
	if (app && !strcmp(app, "flow"))
		return run(&o, set_up_flow);
	if (app && !strcmp(app, "features"))
		return run(&o, set_up_features);
	if (app && !strcmp(app, "endings"))
		return run(&o, set_up_endings);
	fprintf(stderr, "conformance-server: there is no APP of that name\n");
	return 2;
}
