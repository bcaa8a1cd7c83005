/* SPDX-License-Identifier: MIT */
/* internal - what the files of this folder share. */
#ifndef NET_INTERNAL_H
#define NET_INTERNAL_H

#include "../base/buf.h"
#include "../base/bytes.h"
#include "../base/census.h"
#include "../base/list.h"
#include "../base/text.h"
#include "../base/timer.h"
#include "../engine/engine.h"
#include "../engine/polling.h"
#include "../wire/compress.h"
#include "../wire/http.h"
#include "../wire/websocket.h"
#include "bundle.h"
#include "files.h"
#include "net.h"
#include "response.h"
#include "route.h"
#include "websocket.h"
#include <pthread.h>
#include <stdlib.h>
#include <uv.h>

struct lws;
struct lws_context;
struct vhost;

/* Deadlines in ms; each protects descriptors and memory from peers that do nothing. */
enum {
	HEAD_MS = 20000, /* for a whole request head, from its first byte or from the connection */
	BODY_MS = 60000, /* for a whole request body */
	IDLE_MS = 30000, /* between two requests on one connection */
	GRACE_MS = 1000,
	WRITE_MS = 60000, /* for a peer to take a response */
	ASK_MS = 60000,   /* for the application to say whether a request may come in */
	BYE_MS = 2000,    /* for a peer to close after us */
	HUSH_MS = 5       /* between a 101 and what follows, for peers of long ago */
};
/* Bytes of one connection. */
enum {
	TLS_ROOM = 65536,              /* encrypted with one call */
	INPUT_MAX = 2 * HTTP_MAX_HEAD, /* set aside while a request is being answered */
	CONTROL_MAX = 65536 /* pongs and other small output that the peer does not take */
};

typedef struct connection connection;

typedef struct request request;

typedef struct endpoint endpoint; /* of the application's own WebSockets */

typedef struct post {
	struct post *next;
	void (*fn)(void *user);
	void *user;
} post;

struct net {
	net_options options;
	char *texts[11]; /* what options points at */
	engine *engine;
	wheel *wheel;
	net_owner owner;
	struct lws_context *lws;
	struct vhost *vhosts; /* newest first: newcomers come in by that one */
	uv_loop_t loop;
	uv_prepare_t prepare;
	uv_check_t check;
	uv_timer_t timer;
	uint64_t timer_due;
	uv_async_t wake;
	list listeners;
	uv_timer_t accept_again;
	uint64_t accept_said; /* when it was said in the log that none can be; 0: never */
	uint16_t port;        /* of the first */
	bool listening;       /* net_listen() has been called */
	bool stopping;
	bool late;       /* the time for goodbyes is over */
	int descriptors; /* one above the highest that can be used */
	bool in_turn;
	bool refusing;       /* newcomers are sent away */
	bool inside;         /* the loop is being turned */
	int embedded, alarm; /* for a caller with a loop of its own; -1: it has not asked */
	bool woken;          /* the alarm has been set to go off at once */
	pthread_mutex_t posts_lock;
	post *posts, **posts_end;
	bool posts_closed;
	list connections; /* all */
	size_t nconnections;
	census networks; /* of connections, if they are limited */
	size_t held;     /* bytes of connections */
	list dirty;      /* with output */
	list doomed;     /* to be closed at the end of the turn */
	list later;      /* with requests or records that wait for the next turn */
	timer more;      /* which that is */
	list answered;   /* questions that the application has answered */
	router router;
	list endpoints;
	list departed; /* the application's own WebSockets whose end is to be told */
	files *files;
	bundle *bundle;
	http_head head; /* of the request being read: used only while it is */
	pmd_shared pmd;
	unsigned char *tls_out; /* where output is gathered to be encrypted; NULL: no TLS */
	unsigned char *tls_in;  /* where input is decrypted to */
	buf scratch;
	buf date;        /* the field of that name ... */
	int64_t date_at; /* ... as of then */
};

/* A socket that is listened on. */
typedef struct listener {
	list link;
	net *net;
	uv_poll_t poll;
	int fd;
	bool tls;
	char path[]; /* of a Unix socket, to be removed at the end; "" for TCP */
} listener;

typedef enum role { ROLE_HTTP, ROLE_WEBSOCKET, ROLE_GOODBYE } role;

struct connection {
	list in_net;
	list in_dirty;
	list in_doomed;
	list in_later;
	net *net;
	struct lws *wsi; /* NULL once it is gone */
	int fd;
	uint8_t role;
	bool blocked; /* the kernel is full; a callback will come */
	bool closing; /* no more input is read; closes when the output is out */
	bool doomed;
	bool tls;
	bool tls_open;       /* input has come */
	bool tls_ended;      /* no more will */
	bool ahead;          /* the rest of it is to be read in the next turn */
	int error;           /* errno of a write that failed; 0: none has */
	uint8_t served;      /* requests in a row that had been sent ahead */
	uint8_t paused;      /* PAUSE_*: why its input is not read */
	uint32_t tls_credit; /* memory that the kernel still has for its output */
	buf in;              /* input set aside */
	size_t scanned;      /* of it, for the request head */
	buf out;             /* heads of responses, control frames */
	bytes *rest;         /* what is left of a block ... */
	size_t rest_at;      /* ... from here; a websocket's goes before out, a response's after */
	timer deadline;
	request *request;
	websocket *websocket;
	census_entry *network; /* where it is counted; NULL: nowhere */
	size_t held;           /* bytes, as of the last connection_weigh() */
};

/* ---- net.c ---- */

void net_log(const net *n, net_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A peer has done what it must not. */
void net_log_peer(const connection *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- loop.c ---- */

bool loop_open(net *n);
uint64_t net_clock(net *n); /* brings the wheel up to date first */
/* Does what was put off while an input was dealt with. */
void net_settle(net *n);
void net_end_turn(net *n);
/* Where an input has brought output for its own connection and no other, that leaves at once, while
 * it is at hand.  What goes to several waits for the end of the turn, since it may become more. */
void net_flush_alone(connection *c);
void loop_run_posts(net *n);
/* What was posted before still runs; what is posted from now on is refused. */
void loop_close_posts(net *n);

/* ---- embed.c ---- */

/* The caller's turn is over: when the next one is to come. */
void embed_rest(net *n);
void embed_close(net *n);

/* ---- lws.c ---- */

bool context_open(net *n);
void context_close(net *n);
/* Hands the connection's descriptor to libwebsockets, which owns it from then on.  NULL: it was
 * closed. */
struct lws *net_adopt(connection *c);
void net_want_write(connection *c);
/* Reasons not to read from a connection. */
enum { PAUSE_BLOCKED = 1, PAUSE_FULL = 2, PAUSE_BEHIND = 4, PAUSE_PACE = 8 };
void net_pause(connection *c, unsigned why);
void net_resume(connection *c, unsigned why);
void net_close_socket(connection *c);

/* ---- tls.c ---- */

void tls_input(connection *c, unsigned char *data, size_t len);
/* Its input, which was not read for a while, is again. */
void tls_resumed(connection *c);
/* Reads what was left for the next turn, if anything was. */
void tls_go_on(connection *c);
/* How many of that many bytes can be given to it now, at most TLS_ROOM; 0: wait until it is
 * writable. */
size_t tls_room(connection *c, size_t wanted);
/* Output: all of it is taken, or the connection is lost (false). */
bool tls_write(connection *c, unsigned char *data, size_t len);

/* ---- listener.c ---- */

void listeners_close(net *n);

/* ---- connection.c ---- */

/* Takes fd; from is where it comes from. */
void connection_open(net *n, int fd, bool tls, const struct sockaddr_storage *from);
void connection_input(connection *c, unsigned char *data, size_t len);
/* It ends at the end of the turn; what it carried is told now. */
void connection_doom(connection *c);
/* The socket is gone, or is to go; frees. */
void connection_free(connection *c);
/* What it holds may have become more or less. */
void connection_weigh(connection *c);
/* errno of why it is gone; 0: it was closed. */
int connection_error(const connection *c);
void connection_deadline(connection *c, uint64_t after_ms);

/* ---- connection_output.c ---- */

/* It has output, or has become ready to close. */
void connection_dirty(connection *c);
void connection_flush(connection *c);
void connection_writable(connection *c);
/* Bytes that were given to it and not taken by the kernel. */
size_t connection_backlog(const connection *c);

/* ---- shed.c ---- */

/* If more is held than may be, those for whom most is are cut off; whether anybody was. */
bool net_shed(net *n);

/* ---- request.c: reading requests ---- */

/* What the body of a request is for. */
typedef enum sink { SINK_NONE, SINK_POST, SINK_ROUTE } sink;

struct request {
	exchange exchange; /* while it is a poll or a post */
	connection *connection;
	http_body body;
	buf data; /* of the body */
	uint8_t sink;
	bool in_body;
	bool busy; /* routed and not wholly answered: no other request is read */
	bool head_only;
	bool keep_alive;
	bool cors;             /* the answer has the fields of CORS */
	char *origin;          /* that they name; NULL: none */
	handshake *handshake;  /* what it says, once that was wanted; NULL: not yet */
	buf fields;            /* further ones of the answer */
	struct asking *asking; /* while the application is asked; NULL: it is not */
	uint8_t coding;        /* the best content coding that the client takes */
	const route *route;
	char *target; /* of the request, for its route: path, NUL, query, NUL */
	size_t path_len;
	buf parameters; /* of the path */
	int file;       /* the body of the response; -1: none */
	uint64_t file_left;
};

/* Whether the path is the engine's. */
bool request_for_engine(const net *n, span path);
/* Reads what is in data; sets aside what cannot be read yet. */
void request_input(connection *c, unsigned char *data, size_t len);
/* What cannot be read yet waits; false: the connection is lost. */
bool request_set_aside(connection *c, const unsigned char *data, size_t len);
/* The same, but one connection in a turn does not have very many answered. */
void request_next_in_turn(connection *c);
void requests_init(net *n);
void requests_fini(net *n);
/* What it has waits for the next turn. */
void request_put_off(connection *c);
/* No other request is to be read; one that is not being answered ends with its connection. */
void request_last(connection *c);
void request_free(connection *c);

/* ---- respond.c: writing responses ---- */

/* Takes what r holds. */
void respond(connection *c, response *r);
void respond_status(connection *c, int status);
/* The same with one more field. */
void respond_status_with(connection *c, int status, span name, span value);
/* Output that has to be made when the connection can take it: a poll's payload, the next piece of a
 * file. */
void respond_more(connection *c);
/* All output has been sent. */
void respond_sent(connection *c);
/* Reads the next request, if one was set aside. */
void request_next(connection *c);

/* ---- routes.c ---- */

/* A request that is not the engine's. */
void routes_begin(connection *c, const http_head *head);
/* Its body is there. */
void routes_finish(connection *c, span body);

/* ---- handshakes.c: a request as the application sees it ---- */

/* Borrowed, until the next request on the connection; NULL: out of memory. */
const handshake *request_handshake(connection *c, const http_head *head);
/* The same, given away. */
handshake *request_take_handshake(connection *c, const http_head *head);

/* ---- requests.c: what the engine is asked over HTTP ---- */

/* A request below the engine's path. */
void engine_request_begin(connection *c, const http_head *head);
/* The application was asked and has answered; message is as for net_answer(). */
void engine_request_allowed(connection *c, const http_head *head);
void engine_request_denied(connection *c, const http_head *head, const char *message);
/* What it leaves behind. */
void engine_request_fini(request *r);

/* ---- exchanges.c: polls and posts ---- */

/* A GET of a session by long-polling. */
void exchange_poll(connection *c, session *s);
/* A POST of one; its body is to come. */
void exchange_post(connection *c, const http_head *head, session *s);
/* The body is there. */
void exchange_body(connection *c, unsigned char *data, size_t len);
/* It is too large (413), or broken (400). */
void exchange_refused(connection *c, int status);
/* The connection is gone. */
void exchange_lost(connection *c);

/* ---- refusals.c ---- */

/* message NULL: the usual. */
void refuse_request(connection *c, const http_head *head, refusal why, const char *message,
	const refusal_context *context);
/* There is no room for a session, as that option has it. */
void refuse_over_limit(connection *c, const http_head *head, const char *limit);

/* ---- asking.c: what the application says to that ---- */

/* Asks whether a session may be opened; the request goes on when it has been answered. */
void asking_begin(connection *c, const http_head *head);
/* Goes on with all that have been answered. */
void asking_resume(net *n);
/* The request is gone. */
void asking_end(request *r);

/* ---- cors.c ---- */

/* Decides whether the answer to this request speaks to pages of other origins, and of which. */
void cors_begin(connection *c, const http_head *head);
/* What a page of another origin must be told; out is a head that is being written. */
void cors_fields(connection *c, buf *out);
void cors_preflight(connection *c, const http_head *head);
/* Whether a WebSocket of that origin is not to be opened. */
bool cors_refuses(const connection *c, const http_head *head);

/* ---- websocket_session.c ---- */

/* For a new session of that version and id, or for the upgrade of a known one. */
void websocket_begin(connection *c, const http_head *head, span eio, span sid, session *known);

/* ---- endpoints.c: the application's own WebSockets ---- */

/* false: it asks for no WebSocket of an endpoint. */
bool endpoint_begin(connection *c, const http_head *head);
/* Whether there is an endpoint. */
bool endpoint_is_at(const net *n, span path);
/* Tells the application of those that have ended. */
void endpoints_settle(net *n);
void endpoints_fini(net *n);

/* ---- websocket.c ---- */

void websocket_input(connection *c, unsigned char *data, size_t len);
/* What was set aside is read now. */
void websocket_go_on(connection *c);
/* Bytes that it holds: of a message that is not whole, and what waits, where no session counts
 * them. */
size_t websocket_held(connection *c);
/* Output has been sent: if it was not read because too much of it waited, it may be again. */
void websocket_catches_up(connection *c);
/* A deadline has passed.  true: it was that of a hush, and what was held back goes out. */
bool websocket_speaks(connection *c);
/* The connection is gone. */
void websocket_lost(connection *c);
void websocket_free(connection *c);

#endif
