/* SPDX-License-Identifier: MIT */
/*
 * fuzz_server - the whole server with its loop, over Unix sockets: whatever a few connections may
 * send, in any pieces and any order, with the clock and an application that acts meanwhile.
 *
 * The input is a byte that chooses the options and then a row of steps: a byte for what, a byte for
 * whom, and more where a step needs it.  What the server sends is judged as it comes, and after
 * each input it must be as it was before.  Ids and the time are the same for the same input:
 * uv_now() and getrandom() are defined here.
 */
#include "../../src/net/internal.h"
#include "../../src/server.h"
#include "../support/answers.h"
#include "../support/failing_malloc.h"
#include <poll.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#ifdef HAVE_MSGPACK
#include "sio_msgpack.h"
#endif

#define REQUIRE(x)                                                                                 \
	do {                                                                                       \
		if (!(x))                                                                          \
			abort();                                                                   \
	} while (0)

enum { PEERS = 4, SIDS = 8, ENTRIES = 4, MODES = 16, STEPS = 80, TURNS = 64 };

typedef struct far_end {
	int fd;    /* -1: none */
	bool slow; /* reads nothing */
	answers got;
} far_end;

typedef struct fuzz {
	sio_server *server;
	far_end ends[PEERS];
	char sids[SIDS][SIO_ID_MAX + 1];
	unsigned nsids;
	sio_entry entries[ENTRIES];
	unsigned nentries;
	sio_ack ack;
	unsigned opened, closed, entered, left, asked, ended, sockets_opened, sockets_closed;
	const uint8_t *at, *end;
} fuzz;

static fuzz f;
static sio_server *servers[MODES];
static uint64_t now = 1000;
static uint64_t randoms;
static bool memory_fails; /* one allocation may: fuzz_server_memory.c */

uint64_t uv_now(const uv_loop_t *loop)
{
	(void)loop;
	return now;
}

ssize_t getrandom(void *out, size_t len, unsigned flags)
{
	unsigned char *to = out;
	(void)flags;
	randoms++;
	for (size_t i = 0; i < len; i++)
		to[i] = (unsigned char)(i < 8 ? randoms >> (8 * (7 - i)) : 0);
	return (ssize_t)len;
}

static uint8_t next_byte(void)
{
	return f.at < f.end ? *f.at++ : 0;
}

/* The next len bytes of the input, or what is left of them. */
static span next_bytes(size_t len)
{
	size_t left = (size_t)(f.end - f.at);
	span s = { (const char *)f.at, len < left ? len : left };
	f.at += s.len;
	return s;
}

/* ---- The application ---- */

static void on_connect(sio_socket *k, void *user)
{
	(void)user;
	f.entered++;
	sio_join(k, "all");
	sio_emit(k, "hello", sio_json("[%s]", sio_transport(k)));
}

static void on_left(sio_socket *k, const char *reason, void *user)
{
	(void)k;
	(void)user;
	REQUIRE(reason);
	f.left++;
}

static void on_echo(sio_socket *k, const sio_event *ev, void *user)
{
	sio_delivery how = { .binary = ev->binary, .nbinary = ev->nbinary };
	(void)user;
	sio_emit_with(k, &how, "echo", cJSON_Duplicate(ev->args, true));
	sio_reply(ev->ack, sio_json("[1]"));
	if (ev->ack.ticket)
		f.ack = ev->ack;
}

static void on_relay(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_relay(sio_namespace(k), NULL, NULL, ev);
}

static void on_flood(sio_socket *k, const sio_event *ev, void *user)
{
	static const char *const keys[] = { "a", "b", "c" };
	char filler[400];
	(void)user;
	memset(filler, 'x', sizeof filler);
	for (unsigned i = 0; i < 20; i++) {
		sio_delivery how = { .policy = (sio_policy)(cJSON_GetArraySize(ev->args) % 4),
			.key = keys[i % 3] };
		sio_emit_with(k, &how, "flood", sio_json("[%u, %.*s]", i, 400, filler));
	}
}

static void on_ack(sio_err err, const cJSON *args, void *user)
{
	(void)user;
	REQUIRE(args || err);
	f.ended++;
}

static void on_ask(sio_socket *k, const sio_event *ev, void *user)
{
	sio_delivery how = { .on_ack = on_ack, .timeout_ms = 50, .user = user };
	(void)ev;
	if (!sio_broadcast(sio_namespace(k), &how, "ask", sio_json("[1]")))
		f.asked++;
}

static void on_bye(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_disconnect(k, cJSON_GetArraySize(ev->args) > 0);
}

static void owe(sio_entry entry)
{
	f.entries[f.nentries++ % ENTRIES] = entry;
}

static void on_use(sio_socket *k, sio_entry entry, void *user)
{
	(void)user;
	if (cJSON_GetArraySize(sio_auth(k)))
		owe(entry);
	else
		sio_admit(entry);
}

static void furnish(sio_ns *ns)
{
	sio_on_connect(ns, on_connect, NULL);
	sio_on_disconnect(ns, on_left, NULL);
	sio_on(ns, "echo", on_echo, NULL);
	sio_on_raw(ns, "relay", on_relay, NULL);
	sio_on(ns, "flood", on_flood, NULL);
	sio_on(ns, "ask", on_ask, NULL);
	sio_on(ns, "bye", on_bye, NULL);
}

/* What is served begins with no response. */
static void serve(const sio_request *req, sio_response *res, void *user)
{
	static char text[256];
	const char *id = sio_param(req, "id");
	(void)user;
	int n = snprintf(text, sizeof text, ">%s %.100s %.*s", id ? id : "", req->query,
		(int)(req->body.len % 100), (const char *)req->body.data);
	res->body = (sio_bytes){ text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1 };
	res->type = "text/plain";
	if (id && sio_set_header(res->headers, "X-Id", id))
		res->status = 422;
	REQUIRE(!id || strlen(req->path) > 3);
}

static void ws_opened(sio_ws *ws, void *user)
{
	(void)user;
	f.sockets_opened++;
	sio_ws_send(ws, "hi", 2, false);
}

static void ws_message(sio_ws *ws, sio_bytes data, bool binary, void *user)
{
	(void)user;
	if (data.len == 3 && !memcmp(data.data, "bye", 3))
		sio_ws_close(ws, 1000, "bye");
	else if (data.len == 3 && !memcmp(data.data, "all", 3))
		sio_ws_broadcast(f.server, "/ws", ws, "to all", 6, true);
	else
		sio_ws_send(ws, data.data, data.len, binary);
}

static void ws_closed(sio_ws *ws, unsigned code, const char *reason, void *user)
{
	(void)ws;
	(void)user;
	REQUIRE(code >= 1000 && reason);
	f.sockets_closed++;
}

static void allow_request(const sio_handshake *h, sio_entry entry, void *user)
{
	const char *wait = sio_handshake_query(h, "wait");
	(void)user;
	if (wait && *wait == '1')
		owe(entry);
	else if (wait)
		sio_refuse(entry, wait, NULL);
	else
		sio_admit(entry);
}

static bool allow_origin(const sio_handshake *h, const char *origin, void *user)
{
	(void)h;
	(void)user;
	return strlen(origin) % 2;
}

static void add_headers(const sio_handshake *h, bool initial, sio_headers *headers, void *user)
{
	const char *q = sio_handshake_query(h, "h");
	(void)user;
	sio_set_header(headers, initial ? "X-First" : "X-Then", q ? q : "none");
}

static void on_refused(const sio_refusal *r, void *user)
{
	(void)user;
	REQUIRE(r->message && r->detail && r->request);
}

static void on_opened(const sio_session *s, void *user)
{
	(void)user;
	f.opened++;
	snprintf(f.sids[f.nsids++ % SIDS], sizeof *f.sids, "%s", s->id);
}

static void on_closed(const sio_session *s, const sio_ending *how, void *user)
{
	(void)s;
	(void)user;
	REQUIRE(how->reason);
	f.closed++;
}

static void log_nothing(sio_level level, const char *line, void *user)
{
	(void)user;
	REQUIRE(level <= SIO_LOG_DEBUG && line);
}

/* ---- The server ---- */

static const char *address(void)
{
	static char text[64];
	snprintf(text, sizeof text, "unix:/tmp/fuzz-server-%ld.sock", (long)getpid());
	return text;
}

static sio_server *new_server(unsigned mode)
{
	sio_hooks hooks = { .opened = on_opened, .closed = on_closed, .refused = on_refused };
	bool asks = mode & 1, tight = mode & 2, packs = mode & 4;
	if (asks) {
		hooks.allow_request = allow_request;
		hooks.allow_origin = allow_origin;
		hooks.headers = add_headers;
	}
	sio_options o = { .allow_eio3 = true,
		.per_message_deflate = mode & 8,
		.compression_threshold = 20,
		.max_payload = tight ? 500 : 50000,
		.max_queue = tight ? 3000 : 100000,
		.high_water = tight ? 400 : 0,
		.max_depth = 20,
		.recovery_ms = 5000,
		.cors_origin = asks ? NULL : "http://a.example,https://*.example",
		.cors_credentials = !tight,
		.cookie = tight ? NULL : "io",
		.trusted_proxies = 1,
		.cleanup_empty_children = true,
		.hooks = &hooks,
		.log = log_nothing };
#ifdef HAVE_MSGPACK
	o.parser = packs && tight ? sio_msgpack_parser() : NULL;
#endif
	sio_server *s;
	REQUIRE(sio_create(&s, &o) == SIO_OK);
	sio_ns *pattern = sio_of_pattern(s, "^/r[0-9]$");
	furnish(sio_of(s, "/"));
	furnish(sio_of(s, "/use"));
	furnish(pattern);
	sio_use(sio_of(s, "/use"), on_use, NULL);
	sio_http(s, "GET", "/u/:id", serve, NULL);
	sio_http(s, "POST", "/u/:id", serve, NULL);
	sio_http(s, "GET", "/any/*", serve, NULL);
	sio_static(s, "/files", "tests/vectors/json");
	sio_websocket(s, "/ws",
		&(sio_ws_hooks){ .opened = ws_opened, .message = ws_message, .closed = ws_closed });
	return s;
}

/* Nothing that was begun is unfinished. */
static bool busy(void)
{
	net *n = f.server->net;
	struct pollfd p = { uv_backend_fd(&n->loop), POLLIN, 0 };
	return poll(&p, 1, 0) > 0 || uv_backend_timeout(&n->loop) == 0;
}

static void read_all(void)
{
	static char data[65536];
	for (size_t i = 0; i < PEERS; i++) {
		far_end *e = &f.ends[i];
		ssize_t n;
		while (e->fd >= 0 && !e->slow && (n = recv(e->fd, data, sizeof data, 0)) > 0)
			answers_add(&e->got, data, (size_t)n);
		if (e->got.broken) {
			fprintf(stderr, "connection %zu: %s\n", i, e->got.broken);
			abort();
		}
	}
}

static void turn(void)
{
	int turns = 0;
	do {
		net_clock(f.server->net);
		REQUIRE(sio_service(f.server) == SIO_OK);
		read_all();
	} while (busy() && ++turns < TURNS);
}

/* ---- What clients send ---- */

static void send_bytes(far_end *e, const void *data, size_t len)
{
	if (e->fd >= 0)
		(void)!send(e->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void send_text(far_end *e, const char *text)
{
	send_bytes(e, text, strlen(text));
}

static void send_frame(far_end *e, unsigned first, span data)
{
	unsigned char frame[8 + 65536] = { (unsigned char)first };
	size_t n = 2, len = data.len < 65535 ? data.len : 65535;
	frame[1] = 0x80 | (len < 126 ? (unsigned char)len : 126);
	if (len >= 126) {
		frame[n++] = (unsigned char)(len >> 8);
		frame[n++] = (unsigned char)len;
	}
	n += 4; /* a mask of zeros */
	if (len)
		memcpy(frame + n, data.at, len);
	send_bytes(e, frame, n + len);
}

/* Of those that the server has given, or one that it has not. */
static const char *sid(unsigned how)
{
	return f.sids[how % SIDS][0] ? f.sids[how % SIDS] : "none";
}

static void send_get(far_end *e, unsigned how)
{
	char text[300];
	snprintf(text, sizeof text,
		"GET /socket.io/?EIO=%u&transport=polling&sid=%s%s HTTP/1.1\r\nHost: a\r\n%s\r\n",
		how & 16 ? 3 : 4, sid(how), how & 32 ? "&j=1" : "",
		how & 8 ? "Accept-Encoding: gzip\r\nOrigin: http://a.example\r\n" : "");
	send_text(e, text);
}

static void send_post(far_end *e, unsigned how, span body)
{
	char text[300];
	snprintf(text, sizeof text,
		"POST /socket.io/?EIO=%u&transport=polling&sid=%s%s HTTP/1.1\r\nHost: a\r\n"
		"Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
		how & 16 ? 3 : 4, sid(how), how & 32 ? "&j=1" : "",
		how & 8 ? "application/octet-stream" : "text/plain", body.len);
	send_text(e, text);
	send_bytes(e, body.at, body.len);
}

/* ---- Steps ---- */

static void step_connect(far_end *e, unsigned how)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int size = 4608;
	if (e->fd >= 0)
		return;
	snprintf(a.sun_path, sizeof a.sun_path, "%s", address() + 5);
	*e = (far_end){ .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) };
	REQUIRE(e->fd >= 0);
	if (how & 1) /* what the server sends waits in it */
		setsockopt(e->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	REQUIRE(!connect(e->fd, (struct sockaddr *)&a, sizeof a));
}

static void step_bytes(far_end *e, unsigned how)
{
	(void)how;
	size_t len = next_byte();
	len = len < 224 ? len : (len - 223) * 64;
	span data = next_bytes(len);
	send_bytes(e, data.at, data.len);
}

static void step_open(far_end *e, unsigned how)
{
	static const char *const more[] = { "", "&j=0", "&wait=1", "&wait=no", "&h=x", "&b64=1",
		"&sid=", "&t=1" };
	char text[300];
	snprintf(text, sizeof text,
		"GET /socket.io/?EIO=%u&transport=polling%s HTTP/1.1\r\nHost: a\r\n%s\r\n",
		how & 1 ? 3 : 4, more[how >> 1 & 7],
		how & 16 ? "X-Forwarded-For: 1.2.3.4, 5.6.7.8\r\nAccept-Encoding: br, gzip\r\n"
			 : "");
	send_text(e, text);
}

static void step_upgrade(far_end *e, unsigned how)
{
	static const char *const paths[] = { "/socket.io/?EIO=4&transport=websocket",
		"/socket.io/?EIO=3&transport=websocket", "/ws",
		"/socket.io/?EIO=4&transport=websocket&wait=1" };
	char text[400];
	unsigned path = how & 3;
	snprintf(text, sizeof text,
		"GET %s%s%s HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
		"AAAAAAAAAAAAAAAAAAAAAA==\r\n%s\r\n",
		paths[path], how & 4 && path < 2 ? "&sid=" : "",
		how & 4 && path < 2 ? sid(how >> 4) : "",
		how & 8 ? "Sec-WebSocket-Extensions: permessage-deflate; "
			  "client_max_window_bits\r\n"
			: "");
	send_text(e, text);
	turn();
	now += HUSH_MS + 1;
}

static void step_get(far_end *e, unsigned how)
{
	send_get(e, how);
}

static void step_post(far_end *e, unsigned how)
{
	send_post(e, how, next_bytes(next_byte()));
}

static void step_frame(far_end *e, unsigned how)
{
	static const uint8_t firsts[] = { 0x81, 0x82, 0x88, 0x89, 0x8a, 0xc1, 0x01, 0x80 };
	send_frame(e, firsts[how & 7], next_bytes(next_byte()));
}

static const char *const packets[] = { "40", "40/use,{\"a\":1}", "40/r1,", "41", "2", "3", "1",
	"2probe", "5", "42[\"echo\",1,\"\xc3\xa9\"]", "427[\"echo\",{\"a\":[]}]", "42[\"relay\",1]",
	"42[\"flood\"]", "42[\"flood\",1]", "42[\"flood\",1,2]", "42[\"flood\",1,2,3]",
	"42[\"ask\"]", "430[1]", "42[\"bye\"]", "42[\"bye\",1]",
	"451-[\"echo\",{\"_placeholder\":true,\"num\":0}]", "bAQID", "4", "6" };

static void step_packet(far_end *e, unsigned how)
{
	const char *text = packets[how % (sizeof packets / sizeof *packets)];
	send_frame(e, 0x81, span_of(text));
}

/* The same in a POST, with one behind it. */
static void step_packets(far_end *e, unsigned how)
{
	char text[200];
	unsigned n = sizeof packets / sizeof *packets;
	unsigned whose = next_byte();
	const char *first = packets[how % n], *second = packets[next_byte() % n];
	if (whose & 16)
		snprintf(text, sizeof text, "%zu:%s%zu:%s", strlen(first), first, strlen(second),
			second);
	else
		snprintf(text, sizeof text, "%s\x1e%s", first, second);
	send_post(e, whose & ~32u, span_of(text));
}

static void step_http(far_end *e, unsigned how)
{
	static const char *const lines[] = { "GET /u/a%20b?q=1", "POST /u/1", "HEAD /u/2",
		"GET /any/thing", "GET /files/", "GET /files/good-array", "HEAD /files/x",
		"OPTIONS /socket.io/", "PUT /u/1", "GET /ws", "GET /u/%ff", "GET /files/../x" };
	static const char *const fields[] = { "", "Content-Length: 3\r\n", "Connection: close\r\n",
		"Expect: 100-continue\r\nContent-Length: 3\r\n", "Transfer-Encoding: chunked\r\n",
		"Range: bytes=1-2\r\nOrigin: https://b.example\r\n", "If-None-Match: *\r\n",
		"Origin: http://a.example\r\nAccess-Control-Request-Method: POST\r\n" };
	char text[300];
	snprintf(text, sizeof text, "%s HTTP/1.1\r\nHost: a\r\n%s\r\n",
		lines[how % (sizeof lines / sizeof *lines)], fields[next_byte() & 7]);
	send_text(e, text);
}

static void step_end(far_end *e, unsigned how)
{
	if (e->fd < 0)
		return;
	if (how & 1) {
		shutdown(e->fd, SHUT_WR);
		return;
	}
	close(e->fd);
	e->fd = -1;
}

static void step_slow(far_end *e, unsigned how)
{
	e->slow = how & 1;
}

static void step_clock(far_end *e, unsigned how)
{
	static const unsigned spans[] = { 1, 6, 50, 1000, 5000, 10000, 20000, 60000 };
	(void)e;
	now += spans[how & 7];
}

static void step_act(far_end *e, unsigned how)
{
	sio_ns *ns = sio_of(f.server, how & 32 ? "/r1" : "/");
	(void)e;
	switch (how & 7) {
	case 0:
	case 1:
		sio_admit(f.entries[how >> 3 & 3]);
		break;
	case 2:
		sio_refuse(f.entries[how >> 3 & 3], "no", sio_json("{a: 1}"));
		break;
	case 3:
		sio_broadcast(ns, NULL, "news", sio_json("['to everyone who is there']"));
		break;
	case 4:
		sio_broadcast(ns, &(sio_delivery){ .flags = SIO_VOLATILE | SIO_COMPRESS }, "news",
			sio_json("[1]"));
		break;
	case 5:
		sio_disconnect_all(ns, NULL, how & 8);
		break;
	case 6:
		sio_reply(f.ack, sio_json("[2]"));
		break;
	default:
		sio_ws_broadcast(f.server, "/ws", NULL, "\xc3\xa9", 2, false);
	}
}

typedef void step_fn(far_end *e, unsigned how);

static step_fn *const steps[] = { step_bytes, step_connect, step_open, step_upgrade, step_get,
	step_post, step_frame, step_packet, step_packets, step_http, step_end, step_slow,
	step_clock, step_act };

static void one_step(void)
{
	unsigned what = next_byte(), whom = next_byte();
	bool held = what & 128; /* the next step comes in the same turn */
	far_end *e = &f.ends[whom % PEERS];
	if (e->fd < 0)
		step_connect(e, whom >> 7);
	steps[(what & 127) % (sizeof steps / sizeof *steps)](e, whom / PEERS);
	if (!held)
		turn();
}

/* ---- An input ---- */

static void begin(const uint8_t *data, size_t size)
{
	f = (fuzz){ .at = data, .end = data + size };
	unsigned mode = next_byte() % MODES;
	randoms = 0;
	for (size_t i = 0; i < PEERS; i++)
		f.ends[i].fd = -1;
	f.server = servers[mode];
	REQUIRE(sio_listen_on(f.server, address()) == SIO_OK);
}

/* All clients are gone, and the server is as it was. */
static void end(void)
{
	sio_server *s = f.server;
	for (size_t i = 0; i < PEERS; i++) {
		f.ends[i].slow = false;
		step_end(&f.ends[i], 0);
	}
	turn();
	engine_close_all(&s->engine, CLOSED_BY_TRANSPORT);
	turn();
	now += 100000;
	turn();
	listeners_close(s->net);
	turn();
	REQUIRE(!s->engine.sessions.count && list_empty(&s->net->connections));
	REQUIRE(!s->wheel.count && !server_unsettled(s));
	/* Without memory for it nobody hears of the end of a session. */
	REQUIRE(f.opened == f.closed || (memory_fails && f.opened == f.closed + 1));
	REQUIRE(f.entered == f.left && f.asked == f.ended);
	REQUIRE(f.sockets_opened == f.sockets_closed);
	REQUIRE(s->io.namespaces.count <= 3);
	for (size_t i = 0; i < ENTRIES; i++)
		REQUIRE(!f.entries[i].server || sio_admit(f.entries[i]) == SIO_EGONE);
}

static void close_servers(void)
{
	for (size_t i = 0; i < MODES; i++)
		sio_close(servers[i]);
}

static void open_servers(void)
{
	for (unsigned i = 0; i < MODES; i++)
		servers[i] = new_server(i);
	atexit(close_servers);
}

/* Whether more than that many allocations were asked for, of which the last one failed. */
static bool run(const uint8_t *data, size_t size, size_t fails)
{
	if (!servers[0])
		open_servers();
	begin(data, size);
	if (memory_fails)
		failing_malloc_after(fails);
	for (int i = 0; i < STEPS && f.at < f.end; i++)
		one_step();
	bool failed = failing_malloc_off();
	end();
	return failed;
}

#ifndef FUZZ_MEMORY
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(data, size, 0);
	return 0;
}
#endif
