/* SPDX-License-Identifier: MIT */
/*
 * net - the network's face for the rest of the server: listening, the loop, HTTP beside the
 * sockets.
 *
 * Behind it: net.c (life), loop.c (turns), embed.c (in another loop), lws.c (libwebsockets),
 * listener.c, connection.c and connection_output.c (one TCP connection, and the bytes that it
 * sends), request.c and respond.c (HTTP), requests.c (what the engine is asked over HTTP),
 * exchanges.c (polls and posts), refusals.c, asking.c (what the application says to that),
 * handshakes.c, cors.c, websocket.c, websocket_session.c, websocket_plain.c, endpoints.c,
 * compressed.c, routes.c, route.c, files.c and bundle.c.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include "../base/buf.h"
#include "../base/bytes.h"
#include "../base/span.h"
#include "../base/timer.h"
#include "../engine/engine.h"
#include "../wire/deflate.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct net net;

typedef enum net_level { NET_ERROR, NET_WARN, NET_INFO, NET_DEBUG } net_level;

/* A request that waits for the application's word. */
typedef struct net_question {
	uint32_t tickets; /* the owner's */
} net_question;

/* What the application may say about requests; each may be NULL, and user is the owner's. */
typedef struct net_hooks {
	/* Whether it may open a session: net_answer(), now or later. */
	void (*allow)(void *user, const handshake *h, net_question *q);
	/* It has gone without an answer. */
	void (*forget)(void *user, net_question *q);
	bool (*allow_origin)(void *user, const handshake *h, const char *origin);
	/* Writes the id of a new session; false: none, and it is refused. */
	bool (*make_id)(void *user, const handshake *h, char id[SID_MAX + 1]);
	/* Adds fields to the answer; initial: the one that opens the session. */
	void (*headers)(void *user, const handshake *h, bool initial, buf *fields);
	void (*refused)(void *user, const handshake *h, refusal why, const char *message,
		const refusal_context *context);
} net_hooks;

/* What the network asks of its owner. */
typedef struct net_owner {
	/* An input has been dealt with: do what was put off meanwhile. */
	void (*settle)(void *user);
	/* The turn ends: free what ended in it. */
	void (*reap)(void *user);
	/* Whether something has been put off since the last settle. */
	bool (*unsettled)(const void *user);
	void (*log)(net_level level, const char *line, void *user);
	/* Whether one more line about a peer is wanted now; NULL: none ever is. */
	bool (*logs_peers)(void *user);
	net_hooks hooks;
	void *user;
} net_owner;

typedef struct net_options {
	const char *host; /* NULL: all interfaces */
	uint16_t port;
	const char *path; /* of the engine: begins with '/', and may end with one */
	const char *cors_origin;
	const char *cors_methods, *cors_headers, *cors_exposed; /* lists; NULL: as usual */
	unsigned cors_max_age_s;                                /* 0: not sent */
	const char *client_dir;
	const char *tls_cert, *tls_key; /* files in PEM; NULL: plain */
	size_t max_payload;
	unsigned max_connections, max_connections_per_address; /* 0: no limit */
	bool cors_credentials;
	unsigned trusted_proxies;      /* in front, each of which appends to X-Forwarded-For */
	const char *cookie;            /* NULL: none */
	const char *cookie_attributes; /* NULL: the usual ones */
	bool per_message_deflate, http_compression;
	size_t compression_threshold; /* bytes */
	pmd_options deflate;          /* of per_message_deflate; its threshold is the one above */
} net_options;

/* Texts are copied.  *error is an errno value after a failure. */
net *net_new(const net_options *options, engine *e, wheel *w, const net_owner *owner, int *error);
/* Closes the connections, gives them a moment to take what is on its way, and frees. */
void net_free(net *n);

/* On the host and port of the options.  0, or an errno value. */
int net_listen(net *n);
/* On "127.0.0.1:3000", "[::1]:3000", ":3000" or "unix:/path", beside others. */
int net_listen_on(net *n, const char *address);
/* Of the first TCP socket listened on. */
uint16_t net_port(const net *n);
/* Newcomers are served with what the files of the options hold now.  0, or EIO: they are of no use,
 * nothing changed. */
int net_reload_tls(net *n);

/* Connections that there are. */
size_t net_connections(const net *n);
/* Bytes that they hold: what has come and is not whole, what was pulled and has not left. */
size_t net_held(const net *n);

/* Turns the loop until net_stop(), which any thread and any signal handler may call. */
void net_run(net *n);
/* Whether that, or net_service(), is being called. */
bool net_inside(const net *n);
/* Whoever would open a session is answered with 503 from now on. */
void net_refuse_newcomers(net *n);
void net_stop(net *n);
/* For a caller with a loop of its own: readable whenever net_service() has something to do.  -1:
 * out of descriptors. */
int net_fd(net *n);
int net_timeout(const net *n);
void net_service(net *n);
/* Tells the wheel what time it is, outside of the loop's turns, to start a timer. */
void net_refresh(net *n);
/* libuv's. */
struct uv_loop_s;
struct uv_loop_s *net_loop(net *n);
/* Something was put off that only a turn of the loop does: makes net_fd() readable. */
void net_wake(net *n);
/* Calls fn(user) from the loop, in order; any thread.  0, ENOMEM, or ESHUTDOWN: it is being freed.
 */
int net_post(net *n, void (*fn)(void *user), void *user);

/* The application's word on a question, once.  message: what a refused peer is told; NULL or "":
 * the usual. false: out of memory, the peer is cut off. */
bool net_answer(net_question *q, bool allowed, const char *message);

/* ---- HTTP routes ---- */

/* Texts have a NUL behind them. */
typedef struct net_request {
	const char *method;
	const char *path;       /* as it was sent, without the query */
	const char *query;      /* raw */
	const char *parameters; /* of the path, for net_parameter() */
	span body;
	const handshake *handshake;
} net_request;

typedef struct net_reply {
	int status; /* 200 to 999; any other becomes a 500 */
	const char *type;
	span body;
	buf *fields; /* further ones, as whole lines, can be added */
} net_reply;

typedef void net_route_fn(
	const net_request *req, net_reply *reply, void (*wrapped)(void), void *user);

/* Calls fn(..., wrapped, user) for this method and path (route.h).  0, ENOMEM, or EINVAL: no path
 * for a route, or below the engine's. */
int net_route(net *n, const char *method, const char *path, net_route_fn *fn, void (*wrapped)(void),
	void *user);
/* A parameter of the path, decoded; what "*" took is called "*".  NULL: there is none of that name.
 */
const char *net_parameter(const char *parameters, const char *name);
int net_mount(net *n, const char *url, const char *directory);

/* ---- WebSockets that are the application's own ---- */

typedef struct net_ws net_ws; /* valid until its closed() has returned */

typedef struct net_ws_events {
	void (*opened)(net_ws *w, void *user);
	/* text is UTF-8; data lasts for the call. */
	void (*message)(net_ws *w, span data, bool binary, void *user);
	/* Once, whoever ended it; code and reason as the application is to see them. */
	void (*closed)(net_ws *w, unsigned code, const char *reason, void *user);
} net_ws_events;

/* Requests for this very path may become WebSockets.  user is freed with free() in the end.  0,
 * ENOMEM, EEXIST, or EINVAL: no path, or below the engine's; user is the caller's then. */
int net_websocket(net *n, const char *path, const net_ws_events *events, void *user);
/* Takes the reference.  0, ENOMEM, ESHUTDOWN: it is closing; ENOBUFS: too much waits, it is cut
 * off.
 */
int net_ws_send(net_ws *w, bytes *b);
/* The same to all on that path but one, which may be NULL. */
void net_ws_broadcast(net *n, const char *path, const net_ws *except, bytes *b);
/* Says goodbye when what waits has been sent; nothing that comes is handed out any more.  code is
 * one that may be sent, or 0 for none.  0, or ESHUTDOWN: it is closing already. */
int net_ws_close(net_ws *w, unsigned code, const char *reason);
/* Closes that many, of all paths, because the server ends; returns how many there were to close. */
size_t net_ws_goodbye(net *n, size_t most);
/* Whether there are any, closing or not. */
bool net_ws_any(const net *n);
void net_ws_cut_all(net *n);
/* Calls fn for all on that path; returns for how many. */
size_t net_ws_each(net *n, const char *path, void (*fn)(net_ws *w, void *user), void *user);
/* Bytes that wait for it. */
size_t net_ws_backlog(const net_ws *w);
const handshake *net_ws_handshake(const net_ws *w);
/* free_data (NULL: none) is called for it when it is replaced, and in the end. */
void net_ws_set_data(net_ws *w, void *data, void (*free_data)(void *));
void *net_ws_data(const net_ws *w);

#endif
