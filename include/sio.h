/* SPDX-License-Identifier: MIT */
/*
 * sio.h - a Socket.IO server for C.  This header is the whole public interface.
 *
 * Threads    A server and all it hands out belong to the thread that turns its
 *            loop.  sio_post() and sio_stop() may be called by any thread.
 * Ownership  "takes": the library frees it, whether the call succeeds or fails.
 *            Everything else passed in is copied or used only during the call.
 *            Everything handed to a callback is borrowed until it returns.
 * Errors     A call that failed has changed nothing, and the callback that it was
 *            given never runs.  Where a call says nothing else, SIO_EINVAL is for what
 *            makes no sense (a NULL function or name, ...), SIO_ENOMEM for a lack of
 *            memory, and SIO_EGONE for a client, a ticket or a server that is gone.
 * Callbacks  run from the loop, never from inside a call of the application's: when
 *            sio_disconnect() returns, the disconnect handlers are still to run.
 * Texts      that are returned last as long as what they are asked of, unless it is said
 *            otherwise; none is to be freed.
 * JSON       A NULL tree means "building it failed": passing one on sends nothing
 *            and returns SIO_ENOMEM, so one check at the end is enough.
 *            In the trees that handlers see a string is C text.  U+0000 inside it
 *            stands as the two bytes C0 80 and half a surrogate pair as three
 *            bytes, ED A0 80 to ED BF BF; both go out again as they came in.
 *
 * The protocols are those of the documents "Engine.IO protocol", revision 4, and
 * "Socket.IO protocol", revision 5; with the option allow_eio3 also revisions 3 and 4 of them.
 */
#ifndef SIO_H
#define SIO_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIO_VERSION_MAJOR 0
#define SIO_VERSION_MINOR 1
#define SIO_VERSION_PATCH 0
#define SIO_VERSION       "0.1.0"

#if defined(__GNUC__)
#define SIO_API               __attribute__((visibility("default")))
#define SIO_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define SIO_API
#define SIO_PRINTF(fmt, args)
#endif

/* clang-format off */
#define SIO_ERRORS(X)                                                              \
	X(SIO_OK, "success")                                                       \
	X(SIO_EINVAL, "invalid argument")            /* a reserved event name, a bad option, ... */ \
	X(SIO_ENOMEM, "out of memory")               /* or handed a NULL tree */   \
	X(SIO_EGONE, "the client has left, or the ticket was used")                \
	X(SIO_ETIMEDOUT, "not answered in time")                                   \
	X(SIO_ELIMIT, "over a limit")                /* of sio_options */          \
	X(SIO_EIO, "input or output failed")         /* the log says how */        \
	X(SIO_EADDRINUSE, "address already in use")                                \
	X(SIO_EACCES, "permission denied")           /* of the address or port */  \
	X(SIO_EADDRNOTAVAIL, "address not available")                              \
	X(SIO_ENOENT, "no such file or directory")   /* client_dir, sio_static() */
/* clang-format on */

typedef enum sio_err {
#define SIO_ERROR_NAME(name, text) name,
	SIO_ERRORS(SIO_ERROR_NAME)
#undef SIO_ERROR_NAME
} sio_err;

/* A static text in English, never NULL. */
SIO_API const char *sio_strerror(sio_err err);
/* The version of the library that is running, as SIO_VERSION. */
SIO_API const char *sio_version(void);

typedef struct sio_server sio_server;
typedef struct sio_ns sio_ns;               /* a namespace; lives as long as its server */
typedef struct sio_socket sio_socket;       /* one client in one namespace; valid until its
					       disconnect handlers have returned */
typedef struct sio_handshake sio_handshake; /* the request that opened a session, or asks for one:
					       socket.handshake */
typedef struct sio_bytes {
	const void *data;
	size_t len;
} sio_bytes;

/* ---- Server ----------------------------------------------------------------- */

typedef enum sio_level { SIO_LOG_ERROR, SIO_LOG_WARN, SIO_LOG_INFO, SIO_LOG_DEBUG } sio_level;

/* Which transports are offered; 0 in the options means both. */
enum { SIO_POLLING = 1, SIO_WEBSOCKET = 2 };

/* perMessageDeflate: { ... }: what a client that compresses costs.  All zero takes about 300 KB for
 * each that has sent and received; without contexts it takes nothing, and messages shorter than
 * compression_threshold go out as they are. */
typedef struct sio_deflate {
	bool server_no_context_takeover; /* nothing is remembered from message to message */
	bool client_no_context_takeover; /* the client is told the same */
	unsigned server_max_window_bits; /* 8 to 15; 0: what the client asks for, or 15 */
	unsigned client_max_window_bits; /* 8 to 15; 0: the client's choice.  A client that cannot
					    be limited is not compressed for */
	unsigned mem_level;              /* zlib's, 1 to 9; 0: 8 */
	unsigned level;                  /* zlib's, 1 to 9; 0: 6 */
} sio_deflate;

typedef struct sio_parser sio_parser; /* below, "Another form for packets" */
typedef struct sio_hooks sio_hooks;   /* below, "The engine's hooks" */

/* Zero means "as in Socket.IO": { .port = 3000 } is a complete set of options.  Texts are copied.
 */
typedef struct sio_options {
	uint16_t port;               /* 0: any free one, see sio_port() */
	const char *host;            /* an address; NULL: all interfaces */
	const char *path;            /* "/socket.io/" */
	bool no_trailing_slash;      /* addTrailingSlash: false: "/socket.io" is below path too */
	unsigned transports;         /* SIO_POLLING | SIO_WEBSOCKET */
	bool no_upgrades;            /* a session stays on the transport that it began with */
	bool allow_eio3;             /* serve clients of Socket.IO 1.x and 2.x too */
	unsigned ping_interval_ms;   /* 25000 */
	unsigned ping_timeout_ms;    /* 20000 */
	unsigned upgrade_timeout_ms; /* 10000: for a websocket to take over */
	unsigned connect_timeout_ms; /* 45000: for a client to enter a first namespace */
	const char *initial_packet;  /* initialPacket: what each session begins with, a packet of
					Socket.IO: "2[\"hello\"]" is an event that clients are
					handed as soon as they have entered.  NULL: nothing.  Not
					with parser */

	/* Limits.  Each protects the server's memory from one client. */
	size_t max_payload; /* 1 MB: a message, or one POST body */
	size_t max_queue;   /* 15 MiB waiting for one client; then it is cut.  A WebSocket whose own
			       messages make half of that wait is not read until it takes more */
	size_t max_held;    /* 16 MB held for one client in all, with what it takes to keep it: what
			       waits for it, half an event, what waits for decisions, the tree of
			       an event while it is handled (80 bytes for each value), answers while
			       others' are waited for, what it sent as auth; then it is cut.  Where
			       max_queue or max_payload and max_attachments ask for more, more */
	size_t high_water;  /* 1 MB: a client for which more waits is behind ... */
	size_t low_water;   /* ... until no more than this waits: a quarter of high_water */
	unsigned max_attachments; /* 10 of one incoming event */
	unsigned max_depth;       /* 10000 levels of nesting in incoming JSON */
	unsigned max_unanswered;  /* 65536 events of one client waiting for sio_reply() */
	size_t max_pending; /* 15 MiB of one client's events and names that wait for sio_admit() */
	unsigned max_sockets;    /* 1000 namespaces that one client is in; more are refused */
	unsigned max_namespace;  /* 512 bytes of a name that sio_of_pattern() and sio_of_match() are
				    asked for */
	unsigned max_namespaces; /* 100000 in all; they make no more */

	/* How fast one client of Socket.IO may send; 0: as fast as it can.  It may send a second's
	 * worth at once; what comes faster is not lost, but read later: its WebSocket is not read
	 * meanwhile, or its POST not answered, so that it is the client's own queue that grows.
	 * Counted before anything is parsed.  Who is so far ahead that its pong comes too late ends
	 * with "ping timeout".  To drop events instead, or to refuse them, there is
	 * sio_use_event(). */
	unsigned max_events_per_second; /* an attachment is one too */
	size_t max_bytes_per_second;    /* in messages */

	/* Limits on all clients together, or on all of one address; 0: none.  An address is that of
	 * sio_handshake_address(), or for connections that of the peer, and for IPv6 all that have
	 * its first 64 bits in common; a Unix socket has none.  Who would open a session too many
	 * is answered with 503, or with 429 where it is his address's, and Retry-After; a
	 * connection too many is closed at once. */
	unsigned max_sessions;
	unsigned max_sessions_per_address;
	unsigned max_handshakes_per_second;
	unsigned max_connections;             /* of TCP, with a session or without */
	unsigned max_connections_per_address; /* not where proxies stand in front */
	size_t max_memory; /* bytes held for all; beyond, the clients for which most is held are
			      cut.  What is sent to many counts for each for whom it waits */
	/* connectionStateRecovery: a client that loses its connection may come back within this
	 * time and has its id, its rooms and its data again, and is sent what it missed.  0: off.
	 * To this server; with SIO_REDIS_STREAMS to any of a cluster (sio_redis.h). */
	unsigned recovery_ms;
	size_t recovery_bytes;         /* 16 MB of events that a namespace keeps for that, and as
					  many of lost sockets' rooms */
	size_t recovery_sockets;       /* 10000 lost sockets of a namespace; the oldest go first */
	bool recovery_uses_middleware; /* who comes back passes middleware again */
	bool cleanup_empty_children;   /* a namespace that they made ends with its last client, and
					  with it what was kept for those who were lost */

	/* Which pages of other origins may ask over HTTP: "*", one origin, or several with commas,
	 * in which a * stands for any characters ("https://" "*.example.com"); NULL: none.  Unless
	 * it is
	 * "*", a WebSocket whose Origin is another, and not the server's own host, is refused. */
	const char *cors_origin;
	bool cors_credentials;            /* they may send cookies */
	const char *cors_methods;         /* "GET,HEAD,PUT,PATCH,POST,DELETE" */
	const char *cors_headers;         /* that they may send; NULL: those that they ask for */
	const char *cors_exposed_headers; /* that they may read; NULL: those that all may */
	unsigned cors_max_age_s; /* for how long a browser may remember that; 0: as it likes */
	const char *cookie;      /* name of a cookie with the session's id; NULL: none */
	const char *cookie_attributes; /* "Path=/; HttpOnly; SameSite=Lax"; a page of another site
					  needs "Path=/; HttpOnly; SameSite=None; Secure" */

	unsigned trusted_proxies;     /* how many stand in front and append to X-Forwarded-For or
					 Forwarded; sio_address() is then the client's */
	bool per_message_deflate;     /* compress WebSocket messages, if the client can */
	sio_deflate deflate;          /* how */
	bool no_http_compression;     /* do not compress the answers to polls */
	size_t compression_threshold; /* 1024 bytes; what is smaller is not worth it */

	const char *tls_cert;     /* https and wss: a file in PEM, with its chain; NULL: plain */
	const char *tls_key;      /* the same for its key */
	const char *client_dir;   /* the official client's dist folder, served under path; NULL: not
				     served */
	const sio_hooks *hooks;   /* copied; NULL: none */
	const sio_parser *parser; /* must last; NULL: Socket.IO's own form */
	void (*log)(sio_level level, const char *line,
		void *user); /* NULL: errors and warnings to stderr */
	void *user;          /* for log */
} sio_options;

/* Makes a server; it does not listen yet.  SIO_EINVAL: an option makes no sense; SIO_ENOENT:
 * client_dir holds no client; the log says which.  *out is NULL after an error. */
SIO_API sio_err sio_create(sio_server **out, const sio_options *opts);
/* Starts to listen.  SIO_EADDRINUSE, SIO_EACCES, SIO_EADDRNOTAVAIL, SIO_EINVAL (host is no
 * address), SIO_EIO. */
SIO_API sio_err sio_listen(sio_server *s);
/* Listens on one more address: "127.0.0.1:3000", "[::1]:3000", ":3000" (all interfaces), or
 * "unix:/run/app.sock", which is plain whatever tls_cert says, and removed at the end. */
SIO_API sio_err sio_listen_on(sio_server *s, const char *address);
/* Reads tls_cert and tls_key again, for those who come from now on.  SIO_EIO: they are of no use,
 * and nothing has changed. */
SIO_API sio_err sio_reload_tls(sio_server *s);
/* The first port listened on; 0: none yet. */
SIO_API uint16_t sio_port(const sio_server *s);
/* Turns the loop until sio_stop().  SIO_EINVAL: it is being turned, and this was called inside a
 * callback; SIO_EGONE: the server was closed. */
SIO_API sio_err sio_run(sio_server *s);
/* Makes sio_run() return.  Any thread may call it, and a signal handler too. */
SIO_API void sio_stop(sio_server *s);
/* Says goodbye to every client ("server shutting down"), runs the disconnect handlers, and frees s.
 * What is queued for them may be lost: sio_shutdown() waits for it.  Inside a callback the goodbye
 * comes when that has returned, and then sio_run() returns, or sio_service() with SIO_EGONE; s is
 * freed by calling this once more, outside.  NULL is accepted. */
SIO_API void sio_close(sio_server *s);

/* How a server ends without losing anything. */
typedef struct sio_farewell {
	unsigned deadline_ms; /* 10000: who has not taken leave by then is cut off */
	unsigned per_second;  /* how many clients are closed in a second; 0: all at once */
	void (*done)(sio_server *s, void *user); /* all are gone; NULL: sio_stop() */
	void *user;
} sio_farewell;
/* io.close(), but graceful: newcomers are answered with 503; each client's sockets leave ("server
 * shutting down"), it is sent what is queued for it, and its connection is closed; a poll that
 * comes meanwhile is answered.  Plain WebSockets are closed in the same way, with 1001.  how NULL:
 * all zero.  Anywhere, also inside callbacks.  SIO_EINVAL: it is under way. */
SIO_API sio_err sio_shutdown(sio_server *s, const sio_farewell *how);

/* For a caller with a loop of its own, instead of sio_run(): whenever sio_fd() is readable call
 * sio_service(), which does what there is to do and never waits.  It is readable for all of that:
 * what clients send, what is due by the clock, and what the caller has asked for between two calls,
 * so that nothing else needs to be waited for.  Level-triggered, and always the same descriptor,
 * from the first call to sio_close(); -1: out of descriptors. */
SIO_API int sio_fd(const sio_server *s);
/* In how many ms sio_service() has something to do even if nothing comes in: 0 now, -1 never. */
SIO_API int sio_timeout(const sio_server *s);
/* SIO_EINVAL: inside a callback; SIO_EGONE: the server was closed. */
SIO_API sio_err sio_service(sio_server *s);

/* The loop of libuv that the server turns, for handles of the application's own: a setInterval() is
 * a uv_timer_t there, and its callback may call everything here.  Those
 * that are still open at sio_close() are closed by it, without calling back. */
struct uv_loop_s;
SIO_API struct uv_loop_s *sio_uv_loop(sio_server *s);

/* What a server has done and has to do.  Counters begin at 0 with sio_create() and never go back;
 * the first group is what there is now. */
typedef struct sio_counters {
	size_t sessions, connections;
	size_t held; /* bytes: what max_memory limits */

	uint64_t opened, upgraded, closed; /* sessions */
	uint64_t accepted;                 /* connections */
	uint64_t packets_in, packets_out;  /* of Engine.IO */
	uint64_t bytes_in, bytes_out;      /* of HTTP and WebSocket, before encryption */
	uint64_t refused[6]; /* requests, by the codes of sio_refusal; 4: with those turned away */
	uint64_t bad_requests; /* what cannot be read as HTTP */
	uint64_t bad_frames;   /* WebSockets that broke their rules */
	uint64_t bad_packets;  /* sessions that sent what is no packet, or may not come */
	/* How often each limit was struck: who was cut off, refused, or for the two paces made to
	 * wait; what was dropped, for the two of recovery. */
	struct {
		uint64_t max_payload, max_queue, high_water, max_held, max_memory, max_attachments,
			max_depth, max_unanswered, max_pending, max_sockets, max_namespace,
			max_namespaces, connect_timeout_ms, recovery_bytes, recovery_sockets,
			max_connections, max_connections_per_address, max_sessions,
			max_sessions_per_address, max_handshakes_per_second, max_events_per_second,
			max_bytes_per_second;
	} struck;
} sio_counters;
/* Without max_memory it looks at each session, for held. */
SIO_API sio_counters sio_stats(const sio_server *s);

/* Has fn(user) called from the loop, once, soon, in the order of the posts.  Any thread may call
 * this.  What was posted but not run when the server closes is run by sio_close(). */
SIO_API sio_err sio_post(sio_server *s, void (*fn)(void *user), void *user);

/* ---- Events ------------------------------------------------------------------- */

/* A claim ticket for one answer: a value, to copy and keep and answer later. */
typedef struct sio_ack {
	sio_server *server;
	uint64_t ticket; /* 0: no answer is wanted */
} sio_ack;

typedef struct sio_event {
	const char *name;        /* NULL in an answer */
	const cJSON *args;       /* an array, of what came after the name; NULL for sio_on_raw() */
	sio_bytes json;          /* the same as the text that came, with commas between */
	const sio_bytes *binary; /* attachments; see sio_binary_of() */
	size_t nbinary;
	sio_ack ack;
} sio_event;

/* Stands for a decision that the application owes, once, now or later: sio_admit() or sio_refuse().
 */
typedef struct sio_entry {
	sio_server *server;
	uint64_t ticket;
} sio_entry;

typedef void sio_event_fn(sio_socket *k, const sio_event *ev, void *user);
typedef void sio_server_event_fn(sio_ns *ns, const sio_event *ev, void *user);
typedef void sio_socket_fn(sio_socket *k, void *user);
typedef void sio_left_fn(sio_socket *k, const char *reason, void *user);

/* io.of("/admin").  Made at the first call; the name begins with '/'.  NULL: out of memory, or a
 * bad name. */
SIO_API sio_ns *sio_of(sio_server *s, const char *name);
/* namespace.name; of a parent a name that no client can ask for. */
SIO_API const char *sio_ns_name(const sio_ns *ns);
SIO_API sio_server *sio_ns_server(const sio_ns *ns); /* namespace.server */

/* io.of(/^\/room-\d+$/): a parent of all namespaces whose names match, which are made when a client
 * asks for them, at the first name that no namespace bears, or sio_of() for one.  regex is a POSIX
 * extended regular expression ("^/room-[0-9]+$").  What hangs on the parent counts for all its
 * children, before what hangs on them; sio_broadcast() and sio_each() with it reach all their
 * sockets (but answers cannot be asked for), and no socket is in the parent itself.  NULL: out of
 * memory, or a bad expression.
 */
SIO_API sio_ns *sio_of_pattern(sio_server *s, const char *regex);
/* io.of((name, auth, next) => ...).  Admit or refuse the entry, once, now or later; refused, and
 * with no other parent to ask, the client is told "Invalid namespace".  auth and request last for
 * the call.  Parents are asked in the order in which they were made. */
typedef void sio_match_fn(const char *name, const cJSON *auth, const sio_handshake *request,
	sio_entry entry, void *user);
SIO_API sio_ns *sio_of_match(sio_server *s, sio_match_fn *fn, void *user);
/* io.on("new_namespace", namespace => ...): sio_of() has made one, or a parent has got a child,
 * which lives as long as the server, or, with cleanup_empty_children, until its last client has
 * left; sio_of() with its name makes it stay. */
typedef void sio_ns_fn(sio_ns *ns, void *user);
SIO_API sio_err sio_on_namespace(sio_server *s, sio_ns_fn *fn, void *user);
/* Of a child; NULL: it is none. */
SIO_API sio_ns *sio_ns_parent(const sio_ns *ns);

/* io.on("connection", socket => ...): the client is in the namespace and may be sent to. */
SIO_API sio_err sio_on_connect(sio_ns *ns, sio_socket_fn *fn, void *user);
/* socket.on("disconnect", reason => ...), for every socket of the namespace.  The socket is in no
 * room any more and cannot be sent to.  Reasons are those of Socket.IO: "transport close",
 * "transport error", "ping timeout", "parse error", "client namespace disconnect", "server
 * namespace disconnect", "forced close", "forced server close", "server shutting down". */
SIO_API sio_err sio_on_disconnect(sio_ns *ns, sio_left_fn *fn, void *user);
/* socket.on("disconnecting", reason => ...): just before that, while sio_rooms() tells in which
 * rooms it was. */
SIO_API sio_err sio_on_disconnecting(sio_ns *ns, sio_left_fn *fn, void *user);
/* socket.on("chat", (...args) => ...), for every socket of the namespace: one handler, no memory
 * for each connection. SIO_EINVAL: a reserved name (connect, connect_error, disconnect,
 * disconnecting, newListener, removeListener). */
SIO_API sio_err sio_on(sio_ns *ns, const char *event, sio_event_fn *fn, void *user);
/* The same, for a handler that does not look at ev->args: where all of an event's are such, it is
 * checked but not parsed, and sio_relay() sends it on as it came. */
SIO_API sio_err sio_on_raw(sio_ns *ns, const char *event, sio_event_fn *fn, void *user);
/* namespace.off(event, fn): that handler of the event, or of all (event NULL); fn NULL: all there
 * are.  A handler may remove itself and others: from then on they are not called, not even for the
 * event that is being handled. */
SIO_API void sio_off(sio_ns *ns, const char *event, sio_event_fn *fn);
/* socket.onAny((event, ...args) => ...): every event, before the handlers of its name. */
SIO_API sio_err sio_on_any(sio_ns *ns, sio_event_fn *fn, void *user);
SIO_API sio_err sio_prepend_any(sio_ns *ns, sio_event_fn *fn, void *user); /* before the others */
SIO_API void sio_off_any(sio_ns *ns, sio_event_fn *fn);
/* socket.onAnyOutgoing((event, ...args) => ...): each event that is queued for a socket, by emit or
 * by broadcast, once for each socket.  Unlike other callbacks it runs inside the call that sends,
 * when that has been done; it must not send to sockets that it listens to without end. */
SIO_API sio_err sio_on_any_outgoing(sio_ns *ns, sio_event_fn *fn, void *user);
SIO_API sio_err sio_prepend_any_outgoing(sio_ns *ns, sio_event_fn *fn, void *user);
SIO_API void sio_off_any_outgoing(sio_ns *ns, sio_event_fn *fn);
/* The same for one socket: socket.on(event, fn), socket.once(event, fn), ...  They are called after
 * the namespace's, and end with the socket. */
SIO_API sio_err sio_socket_on(sio_socket *k, const char *event, sio_event_fn *fn, void *user);
SIO_API sio_err sio_socket_once(sio_socket *k, const char *event, sio_event_fn *fn, void *user);
/* socket.off(event, fn), with NULL as in sio_off(). */
SIO_API void sio_socket_off(sio_socket *k, const char *event, sio_event_fn *fn);
/* socket.onAny(fn), prependAny, offAny, onAnyOutgoing, prependAnyOutgoing, offAnyOutgoing. */
SIO_API sio_err sio_socket_on_any(sio_socket *k, sio_event_fn *fn, void *user);
SIO_API sio_err sio_socket_prepend_any(sio_socket *k, sio_event_fn *fn, void *user);
SIO_API void sio_socket_off_any(sio_socket *k, sio_event_fn *fn);
SIO_API sio_err sio_socket_on_any_outgoing(sio_socket *k, sio_event_fn *fn, void *user);
SIO_API sio_err sio_socket_prepend_any_outgoing(sio_socket *k, sio_event_fn *fn, void *user);
SIO_API void sio_socket_off_any_outgoing(sio_socket *k, sio_event_fn *fn);

/* io.use((socket, next) => ...).  Each client that asks for the namespace passes all of them in
 * order; each must admit or refuse its ticket once, now or later.  The socket can be looked at
 * (auth, headers, query, address) and sio_set_data() works; it can be sent to only when it is
 * connected.  A client that leaves meanwhile makes the ticket void. */
typedef void sio_use_fn(sio_socket *k, sio_entry entry, void *user);
SIO_API sio_err sio_use(sio_ns *ns, sio_use_fn *fn, void *user);
SIO_API sio_err sio_admit(sio_entry entry); /* next(); SIO_EGONE: void, or used */
/* const err = new Error(message); err.data = data; next(err).  Takes data, which may be NULL. */
SIO_API sio_err sio_refuse(sio_entry entry, const char *message, cJSON *data);

/* socket.use(([event, ...args], next) => ...), for every socket of the namespace, or for one: each
 * incoming event passes all of them in order before its handlers are called.  ev is borrowed; the
 * event itself waits.  One that is refused is dropped without an answer, and told to
 * sio_on_error(). Events that come meanwhile do not wait for it. */
typedef void sio_use_event_fn(sio_socket *k, const sio_event *ev, sio_entry entry, void *user);
SIO_API sio_err sio_use_event(sio_ns *ns, sio_use_event_fn *fn, void *user);
SIO_API sio_err sio_socket_use_event(sio_socket *k, sio_use_event_fn *fn, void *user);
/* socket.on("error", err => ...), for every socket of the namespace: middleware has refused an
 * event. data is NULL if it gave none. */
typedef void sio_error_fn(sio_socket *k, const char *message, const cJSON *data, void *user);
SIO_API sio_err sio_on_error(sio_ns *ns, sio_error_fn *fn, void *user);

/* ---- The engine's hooks -------------------------------------------------------- */

/* What is known of the request that opened a session, or asks for one:
 * socket.handshake.headers[name], .query[key], .url, .address, .issued, .secure.  A sio_handshake
 * lasts as long as the socket or session that it is of, otherwise for the call. */
/* Of several fields of that name the first, of several keys the last; NULL: not there. */
SIO_API const char *sio_handshake_header(const sio_handshake *h, const char *name);
SIO_API const char *sio_handshake_query(const sio_handshake *h, const char *key);
SIO_API const char *sio_handshake_url(const sio_handshake *h);
/* The client's, behind the trusted proxies; "" on a Unix socket. */
SIO_API const char *sio_handshake_address(const sio_handshake *h);
SIO_API int64_t sio_handshake_time(const sio_handshake *h); /* ms since 1970 */
SIO_API bool sio_handshake_secure(const sio_handshake *h);  /* over TLS */

/* Fields that are added to an answer. */
typedef struct sio_headers sio_headers;
/* One more of that name.  SIO_EINVAL: not a field name or value that HTTP allows (so that nothing
 * in a value can split an answer), or a field that the server writes itself (Connection,
 * Content-Length, Content-Type, Date, Keep-Alive, Sec-WebSocket-*, Trailer, Transfer-Encoding,
 * Upgrade, and in the answers of the engine Content-Encoding). */
SIO_API sio_err sio_set_header(sio_headers *headers, const char *name, const char *value);

/* A session of Engine.IO: one client, whatever namespaces it is in. */
typedef struct sio_session {
	const char *id;        /* a secret: who knows it can speak for the client */
	const char *transport; /* "polling" or "websocket" */
	unsigned version;      /* of Engine.IO: 4, or 3 */
	const sio_handshake *handshake;
} sio_session;

/* How it ended.  Reasons are those of Engine.IO: "transport close", "transport error", "ping
 * timeout", "parse error", "forced close", "server shutting down". */
typedef struct sio_ending {
	const char *reason;
	const char *limit; /* the option that the client went over; NULL: none */
	unsigned
		websocket_code; /* of the close frame, 1005 if it had none; 0: there was no frame */
	int error;              /* errno of the connection; 0: none */
	size_t unsent;          /* bytes that were waiting for the client */
} sio_ending;

/* A request that was refused.  The codes are those of Engine.IO: 0 unknown transport, 1 unknown
 * sid, 2 bad method, 3 bad request, 4 forbidden, 5 unsupported version. */
typedef struct sio_refusal {
	int code;
	const char *message;
	const char *name; /* "TRANSPORT_MISMATCH", "TRANSPORT_HANDSHAKE_ERROR", "PROTOCOL_MISMATCH",
			     "ORIGIN_NOT_ALLOWED", "ID_GENERATION_ERROR", "OVER_LIMIT"; NULL: the
			     code says it all */
	const char *detail; /* the transport, sid, method, version, origin or limit that it was;
			       may be "" */
	const sio_handshake *request;
} sio_refusal;

enum { SIO_ID_MAX = 64 };

/* Each may be NULL.  They run from the loop, like every callback. */
struct sio_hooks {
	/* allowRequest: (req, callback) => ...  Asked for each request that would open a session,
	 * after what the engine itself checks, and before the version.  sio_admit() or sio_refuse()
	 * the entry, once, now or later; the message is what the client is told, data is dropped.
	 * A request that goes away makes it void, and one that is not answered in a minute is cut
	 * off. */
	void (*allow_request)(const sio_handshake *request, sio_entry entry, void *user);
	/* engine.generateId = (req) => ...  Letters, digits and -._~, SIO_ID_MAX at most, never one
	 * that is in use; else, and if it returns false, the request is refused with code 3. */
	bool (*generate_id)(const sio_handshake *request, char id[SIO_ID_MAX + 1], void *user);
	/* cors: { origin: (origin, callback) => ... }, instead of cors_origin.  Asked once for each
	 * request below path that has an Origin.  false: the answer says nothing of CORS, and a
	 * WebSocket is refused unless the origin is the server's own host. */
	bool (*allow_origin)(const sio_handshake *request, const char *origin, void *user);
	/* engine.on("headers"), and where initial is true engine.on("initial_headers"): for each
	 * answer to a poll or post, and for each 101.  initial: it opens the session. */
	void (*headers)(
		const sio_handshake *request, bool initial, sio_headers *headers, void *user);
	/* engine.on("connection_error") */
	void (*refused)(const sio_refusal *refusal, void *user);
	/* engine.on("connection"); and the socket's "upgrade" and "close" */
	void (*opened)(const sio_session *session, void *user);
	void (*upgraded)(const sio_session *session, void *user);
	void (*closed)(const sio_session *session, const sio_ending *ending, void *user);
	void *user;
};

/* ---- Sending ------------------------------------------------------------------- */

/*
 * A JSON tree from a template with printf conversions for the values, checked by the compiler:
 *
 *     sio_json("[%s, {users: %d, open: %hhd}]", name, count, open)
 *     sio_json("[{error: 'expected a string'}]")
 *     sio_json("{%s: %p, note: 'item %03d of %d'}", key, (void *)tree, i, n)
 *
 * In JavaScript: [name, { users, open }], [{ error: "expected a string" }], { [key]: tree, note:
 * ... }.
 *
 * The template is JSON, in which a key may also be a plain name (letters, digits, _ and $, no digit
 * in front) and a string may stand in 'single' quotes, with any characters in it.  Commas stand
 * between values and not behind the last one; the escapes are JSON's and \'.  Nesting has no limit,
 * and the locale does not matter.
 *
 * As a value, outside quotes:
 *
 *     %s          a string, quoted and escaped; NULL gives null.  %.8s: at most 8 bytes
 *     %.*s        exactly as many bytes as the int before it says, NULs among them (unlike printf,
 *                 which stops at a NUL); a negative length means strlen()
 *     %d %i %u    a number, with h, l, ll, z, j and t as in printf, and %hhu, %hhi; beyond 2^53 it
 *                 is rounded to a double, which is all that JavaScript has
 *     %hhd        a boolean, for a bool.  A comparison is an int in C: write (bool)(a > b).  (So
 *                 PRId8, which is the same, does not print an int8_t)
 *     %f %e %g    a number, exact; with a precision (%.2f) rounded as printf would.  NaN and
 *                 infinities give null, as in JSON.stringify
 *     %c          a string of one byte
 *     %p          a tree, which is taken; one NULL tree makes the whole result NULL
 *
 * %s and %.*s may stand as a key too, where NULL is an error.  Outside quotes there are no flags,
 * no widths, and no other precisions than these; %x, %X, %o, %a and %% stand inside quotes only,
 * and %n, %ls and %lc nowhere.  Inside quotes any conversion but %p is replaced by what printf
 * would have written, flags, width and precision included, and can never end the string; there %%
 * is a percent sign, %hhd true or false, a NULL string null, and the decimal point a point in every
 * locale.
 *
 * Strings need not be UTF-8: what is not is sent as U+FFFD.  Of equal keys the last value counts.
 *
 * Returns NULL, which every call that takes a tree accepts (and returns SIO_ENOMEM), when memory
 * ran out, a %p tree was NULL, or the template is malformed.  Each %p tree is then freed, wherever
 * it stands: the conversions are followed to the end of the template.  Only behind one that C does
 * not know, which compilers warn about, the arguments cannot be told and are left alone.
 */
SIO_API cJSON *sio_json(const char *fmt, ...) SIO_PRINTF(1, 2);
/* Lets %p take a cJSON * without the cast to void * that -Wpedantic asks for. */
#if defined(__GNUC__)
#define sio_json(...) (__extension__ sio_json(__VA_ARGS__))
#endif
/* Stands in args for attachment `index`, where JavaScript has the Buffer itself: a tree, to be
 * given to %p or put into another one.  NULL: out of memory. */
SIO_API cJSON *sio_binary(size_t index);
/* The attachment that an item of ev->args stands for, borrowed as ev is; .data NULL: it is not one.
 */
SIO_API sio_bytes sio_binary_of(const sio_event *ev, const cJSON *item);

/* SIO_VOLATILE: dropped for a client that cannot take it at once (socket.volatile).  SIO_LOCAL: to
 * clients of this process only (io.local).  SIO_PLAIN: never compressed (socket.compress(false));
 * without it an event is, where compression is on and worth it, which SIO_COMPRESS may say too. */
enum { SIO_VOLATILE = 1, SIO_LOCAL = 2, SIO_COMPRESS = 4, SIO_PLAIN = 8 };

/* What becomes of an event for a client that is behind (options high_water and low_water).  Others
 * are not touched by it. */
typedef enum sio_policy {
	SIO_WAIT,      /* it is queued, up to max_queue, where the client is cut off */
	SIO_SKIP,      /* it is dropped */
	SIO_PUSH_OUT,  /* the oldest events sent with this policy are dropped, until it fits */
	SIO_CONFLATE,  /* behind or not: it takes the place of one with the same key that has not
			  left  yet, behind all that wait; a search goes back some thousand events */
	SIO_DISCONNECT /* the client is cut off ("transport error") */
} sio_policy;

/* The end of waiting for answers.  To one socket: args is what it answered, an array, NULL after an
 * error.  To many: args holds the first argument of each answer, in the order in which they came,
 * and err is SIO_ETIMEDOUT if not all did. */
typedef void sio_ack_fn(sio_err err, const cJSON *args, void *user);
/* Each answer as it comes, with its attachments; k is NULL for one of another server. */
typedef void sio_answer_fn(sio_socket *k, const sio_event *answer, void *user);

/* Who receives, and how.  NULL or all zero: everyone, reliably, unanswered. */
typedef struct sio_delivery {
	const char *const *to; /* rooms or socket ids: SIO_ROOMS("a", "b"); NULL: everyone; an empty
				  list: nobody */
	const char *const *except; /* the same; wins over to */
	unsigned flags;            /* SIO_VOLATILE | ... */
	sio_policy policy;
	const char *key;          /* for SIO_CONFLATE, within the namespace */
	sio_ack_fn *on_ack;       /* runs exactly once if the call returned SIO_OK; not with
				     SIO_PUSH_OUT and SIO_CONFLATE */
	sio_answer_fn *on_answer; /* may be NULL; not without on_ack */
	void *user;               /* for both */
	unsigned timeout_ms;      /* for on_ack, and who has left counts as not answering; 0: until
				     all have answered or left */
	const sio_bytes *binary;  /* attachments, copied */
	size_t nbinary;
} sio_delivery;
#ifdef __cplusplus
} /* a list of rooms, as long as the full expression that it stands in */
#include <initializer_list>
#define SIO_ROOMS(...) (std::initializer_list<const char *>{ __VA_ARGS__, nullptr }.begin())
extern "C" {
#else
#define SIO_ROOMS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#endif

/* socket.emit(event, ...args).  args is an array, and is taken.  SIO_EGONE: the client has left;
 * SIO_EINVAL: args is no array, or the name is reserved (see sio_on()).  SIO_OK says that it is
 * queued, or was dropped as it was asked to be. */
SIO_API sio_err sio_emit(sio_socket *k, const char *event, cJSON *args);
/* socket.timeout(ms).emit(event, ...args, (err, ...answer) => ...), and with attachments.  to and
 * except must be NULL.  The callback is told SIO_OK and the answer; SIO_ETIMEDOUT; or SIO_EGONE:
 * the client left without one. */
SIO_API sio_err sio_emit_with(
	sio_socket *k, const sio_delivery *how, const char *event, cJSON *args);
/* io.of(ns).to(rooms).except(rooms).emit(event, ...args).  Takes args.  A client that matches twice
 * gets it once.  socket.to(room) is this with .except = SIO_ROOMS(sio_id(k)).  Nobody matches:
 * SIO_OK. */
SIO_API sio_err sio_broadcast(sio_ns *ns, const sio_delivery *how, const char *event, cJSON *args);
/* The same with the arguments and attachments of an event that came in, without parsing or encoding
 * them; event NULL: under its own name. */
SIO_API sio_err sio_relay(
	sio_ns *ns, const sio_delivery *how, const char *event, const sio_event *ev);
/* callback(...args).  args is an array, and is taken.  SIO_EGONE: the client has left, or it was
 * answered before. */
SIO_API sio_err sio_reply(sio_ack ack, cJSON *args);
SIO_API sio_err sio_reply_with(sio_ack ack, const sio_bytes *binary, size_t nbinary, cJSON *args);

/* (await io.in(room).fetchSockets()).forEach(fn): a loop over who matches.  fn may do anything to
 * any socket, but one that has left meanwhile is passed over.  Returns for how many it was called.
 */
SIO_API size_t sio_each(sio_ns *ns, const sio_delivery *who, sio_socket_fn *fn, void *user);
/* io.of(ns).sockets.size; with who, adapter.rooms.get(room).size: how many match on this server. */
SIO_API size_t sio_count(sio_ns *ns, const sio_delivery *who);
/* await io.in(room).fetchSockets(), of this server and, with an adapter, of all others, unless
 * SIO_LOCAL is said: fn is called once, with an array of { id, handshake, rooms, data }.  err is
 * SIO_ETIMEDOUT if servers have not answered in time (timeout_ms, or what the adapter says); args
 * holds the others' then.  Each is spoken to by its id: .to = SIO_ROOMS(id). */
SIO_API sio_err sio_fetch(sio_ns *ns, const sio_delivery *who, sio_ack_fn *fn, void *user);
/* await io.of(ns).adapter.allRooms(): the names of all rooms, as an array of texts.  how may say
 * SIO_LOCAL, and timeout_ms. */
SIO_API sio_err sio_fetch_rooms(sio_ns *ns, const sio_delivery *how, sio_ack_fn *fn, void *user);
/* io.of(ns).serverSideEmit(event, ...args): to the other servers, none of which this one is; with
 * on_ack each is asked for one answer, and it is called with all of them.  how may be NULL.
 * SIO_EINVAL: connect, connection, new_namespace; a parent. */
SIO_API sio_err sio_server_side_emit(
	sio_ns *ns, const sio_delivery *how, const char *event, cJSON *args);
/* io.of(ns).on(event, (...args, callback) => ...): what other servers emit.  sio_reply() to
 * ev->ack, now or later, with one argument. */
SIO_API sio_err sio_on_server_side(
	sio_ns *ns, const char *event, sio_server_event_fn *fn, void *user);
/* fn NULL: all of the event's. */
SIO_API void sio_off_server_side(sio_ns *ns, const char *event, sio_server_event_fn *fn);
/* io.in(rooms).socketsJoin(room), socketsLeave(room), disconnectSockets(close), on all servers
 * unless SIO_LOCAL is said.  SIO_ENOMEM: not all. */
SIO_API sio_err sio_join_all(sio_ns *ns, const sio_delivery *who, const char *room);
SIO_API sio_err sio_leave_all(sio_ns *ns, const sio_delivery *who, const char *room);
SIO_API void sio_disconnect_all(sio_ns *ns, const sio_delivery *who, bool whole_connection);

/* ---- One socket ------------------------------------------------------------------ */

SIO_API const char *sio_id(const sio_socket *k);    /* socket.id: 20 characters */
SIO_API sio_ns *sio_namespace(const sio_socket *k); /* socket.nsp */
/* io.of(ns).sockets.get(id); of a parent, in all its children.  NULL: not there, or gone. */
SIO_API sio_socket *sio_find(sio_ns *ns, const char *id);
/* socket.connected: not in middleware any more, and not gone. */
SIO_API bool sio_connected(const sio_socket *k);
/* socket.recovered: it has come back, see recovery_ms. */
SIO_API bool sio_recovered(const sio_socket *k);
/* socket.handshake.auth: what the client sent as { auth }; an empty object if it sent none. */
SIO_API const cJSON *sio_auth(const sio_socket *k);
/* socket.handshake */
SIO_API const sio_handshake *sio_handshake_of(const sio_socket *k);
/* socket.handshake.headers[name], in any case; .query[key]; .url; .address.  NULL: not there. */
SIO_API const char *sio_header(const sio_socket *k, const char *name);
SIO_API const char *sio_query(const sio_socket *k, const char *key);
SIO_API const char *sio_url(const sio_socket *k);
SIO_API const char *sio_address(const sio_socket *k);
/* socket.conn: id, transport, protocol and request of the session, which the socket may share with
 * others of the same client.  Its texts last as long as the socket. */
SIO_API sio_session sio_session_of(const sio_socket *k);
/* socket.conn.transport.name: "polling" or "websocket"; "" when it is gone. */
SIO_API const char *sio_transport(const sio_socket *k);
/* Bytes that wait for this client. */
SIO_API size_t sio_backlog(const sio_socket *k);
/* Whether it is behind: more than high_water have waited, and not yet low_water or less since. */
SIO_API bool sio_behind(const sio_socket *k);
/* A client of the namespace has been behind, and is not any more. */
SIO_API sio_err sio_on_drain(sio_ns *ns, sio_socket_fn *fn, void *user);
/* socket.data.  free_fn (NULL: none) is called for it when it is replaced and after the disconnect
 * handlers; with recovery_ms, when the socket cannot come back any more.  It must not call the
 * library. */
SIO_API void sio_set_data(sio_socket *k, void *data, void (*free_fn)(void *));
SIO_API void *sio_data(const sio_socket *k);
/* The part of socket.data that sio_fetch() tells, here and to other servers.  Takes data; NULL:
 * nothing, which is an empty object. */
SIO_API void sio_set_shared_data(sio_socket *k, cJSON *data);
SIO_API const cJSON *sio_shared_data(const sio_socket *k);
/* socket.join(room); joining twice is joining once.  SIO_EINVAL: NULL; SIO_EGONE;
 * SIO_ENOMEM. */
SIO_API sio_err sio_join(sio_socket *k, const char *room);
/* socket.leave(room); leaving a room that it is not in does nothing. */
SIO_API sio_err sio_leave(sio_socket *k, const char *room);
/* io.of(ns).adapter.on("create-room", room => ...), "delete-room", "join-room", "leave-room".  id
 * is "" for the first two.  A socket's own room, which bears its id, is told of too. */
typedef enum sio_room_change {
	SIO_ROOM_CREATED,
	SIO_ROOM_DELETED,
	SIO_ROOM_JOINED,
	SIO_ROOM_LEFT
} sio_room_change;
typedef void sio_room_fn(
	sio_ns *ns, sio_room_change what, const char *room, const char *id, void *user);
SIO_API sio_err sio_on_room(sio_ns *ns, sio_room_fn *fn, void *user);
/* socket.rooms.has(room) */
SIO_API bool sio_in_room(const sio_socket *k, const char *room);
/* socket.rooms: fn for each room, its own id's first.  fn may join and leave. */
SIO_API sio_err sio_rooms(
	const sio_socket *k, void (*fn)(const char *room, void *user), void *user);
/* socket.disconnect(close): leaves the namespace, or closes the connection with all its namespaces.
 */
SIO_API void sio_disconnect(sio_socket *k, bool whole_connection);

/* ---- Another form for packets --------------------------------------------------------- */

/* A packet of Socket.IO, taken apart. */
typedef struct sio_packet {
	unsigned type; /* 0 CONNECT, 1 DISCONNECT, 2 EVENT, 3 ACK, 4 CONNECT_ERROR */
	char *nsp;
	bool has_id;
	uint64_t id;
	cJSON *data;       /* NULL: none; sio_binary(i) stands for binary[i] */
	sio_bytes *binary; /* the data of each, and the array */
	size_t nbinary;
	size_t spare; /* decode() is told how many bytes of memory its data may take; 0: any number
		       */
} sio_packet;

/* The option parser: one binary message for a packet and back.  What they hand out was allocated
 * with malloc() and by cJSON; the library frees it. */
struct sio_parser {
	/* Nothing of the packet is kept or changed; .data NULL: out of memory. */
	sio_bytes (*encode)(const sio_packet *packet);
	/* false: it is no packet, and nothing is handed out. */
	bool (*decode)(sio_bytes message, sio_packet *packet);
};

/* ---- Plain HTTP beside it ----------------------------------------------------------- */

typedef struct sio_request {
	const char *method; /* "GET"; a "HEAD" is answered as if it were one, without the body */
	const char *path;   /* as it was sent, without the query */
	const char *query;  /* raw, "" if none */
	sio_bytes body;     /* at most max_payload */
	const sio_handshake *handshake; /* what else is known of the request */
	const char *params;             /* for sio_param() */
} sio_request;

typedef struct sio_response {
	int status;           /* 200; any from 200 to 999 */
	const char *type;     /* Content-Type: "text/plain; charset=utf-8"; NULL: none is sent */
	sio_bytes body;       /* copied when fn returns */
	sio_headers *headers; /* further fields: sio_set_header(res->headers, name, value) */
} sio_response;

typedef void sio_http_fn(const sio_request *req, sio_response *res, void *user);
/*
 * app.get("/users/:id", (req, res) => ...).  A segment of the path that begins with ':' takes any
 * one that is not empty; a last segment "*" takes the rest, which may be nothing.  All else is
 * compared with the path as it is sent, in any number of routes: those without parameters go before
 * the others, and among each earlier ones before later ones.  What is not the engine's is asked for
 * here, and then among the folders of sio_static().
 *
 * "GET" answers HEAD too.  A path that is there under other methods alone is answered with 405, a
 * parameter that does not decode to text (a broken escape, %00, no UTF-8) with 400, a body over
 * max_payload with 413.
 *
 * SIO_EINVAL: no method, or no path: it must begin with '/', have no '?', '*' in its last segment
 * only, and each parameter's name once; and what lies below the option path is the engine's.
 */
SIO_API sio_err sio_http(
	sio_server *s, const char *method, const char *path, sio_http_fn *fn, void *user);
/* req.params.id, decoded once, so that it may hold a slash; what "*" took is sio_param(req, "*").
 * NULL: the route has no such parameter. */
SIO_API const char *sio_param(const sio_request *req, const char *name);
/* req.query[key], decoded; of several the last, NULL: not there.  What does not decode to C text
 * stands as it was sent. */
SIO_API const char *sio_request_query(const sio_request *req, const char *key);
/* req.get(name), in any case; of several the first, NULL: not there. */
SIO_API const char *sio_request_header(const sio_request *req, const char *name);
/* req.ip: the client's, behind the trusted proxies; "" on a Unix socket. */
SIO_API const char *sio_request_address(const sio_request *req);
/* app.use(url, express.static(directory)): regular files below directory, index.html for a folder;
 * never a file outside of it or one whose name begins with a dot.  SIO_ENOENT: directory is none;
 * SIO_EINVAL: url is taken.
 */
SIO_API sio_err sio_static(sio_server *s, const char *url, const char *directory);

/* ---- A WebSocket beside it ----------------------------------------------------------- */

/* A plain WebSocket, for the browser's own WebSocket object and whatever else is no client of
 * Socket.IO.  Valid until its closed() has returned. */
typedef struct sio_ws sio_ws;

/* Each may be NULL.  They run from the loop, like every callback. */
typedef struct sio_ws_hooks {
	void (*opened)(sio_ws *ws, void *user);
	/* ws.onmessage.  Text is UTF-8, and has no NUL behind it; data lasts for the call. */
	void (*message)(sio_ws *ws, sio_bytes data, bool binary, void *user);
	/* ws.onclose, once for each that was opened, whoever closed it.  code and reason are those
	 * of the client's close frame, 1005 if it had none; what the server closed with if the
	 * client broke the rules (1002; 1007: text that is not UTF-8; 1009: over max_payload);
	 * 1006: the connection was lost, the client did not answer pings, or more than max_queue
	 * waited for it. */
	void (*closed)(sio_ws *ws, unsigned code, const char *reason, void *user);
	void *user;
} sio_ws_hooks;

/*
 * new WebSocketServer({ path: "/echo" }).  What asks for a WebSocket at exactly this path, as it is
 * sent, becomes one; hooks are copied.  A page of another origin is refused as it is for
 * Socket.IO's WebSockets, with 403; of subprotocols the first that is offered is spoken.  What asks
 * for no WebSocket there is for routes and folders, and answered with 426 where there is none.
 * Options that count here too: max_payload, max_queue, ping_interval_ms and ping_timeout_ms (a
 * client that shows no sign of life is cut off), per_message_deflate.
 *
 * SIO_EINVAL: path does not begin with '/', has what no path can have, is taken, or lies below the
 * option path.
 */
SIO_API sio_err sio_websocket(sio_server *s, const char *path, const sio_ws_hooks *hooks);
/* ws.send(data), which is copied.  SIO_EINVAL: text that is not UTF-8; SIO_EGONE: it is closed, or
 * closing; SIO_ELIMIT: more than max_queue waits for it, and it is cut off. */
SIO_API sio_err sio_ws_send(sio_ws *ws, const void *data, size_t len, bool binary);
/* The same to all on that path but one (NULL: to all), copied once for all of them. */
SIO_API sio_err sio_ws_broadcast(sio_server *s, const char *path, const sio_ws *except,
	const void *data, size_t len, bool binary);
/* ws.close(code, reason), when what waits has been sent.  From now on nothing that comes is handed
 * out; closed() runs when the client has answered, or not in time.  code 0: none; reason: at most
 * 123 bytes of it, or NULL.  SIO_EINVAL: a code that may not be sent (1000 to 1003, 1007 to 1014
 * and 3000 to 4999 may), or a reason that is not UTF-8; SIO_EGONE: it is closed, or closing. */
SIO_API sio_err sio_ws_close(sio_ws *ws, unsigned code, const char *reason);
/* wss.clients.forEach(fn), of one path: fn for each that is open, in the order in which they came.
 * fn may do anything to any of them.  Returns for how many it was called. */
typedef void sio_ws_fn(sio_ws *ws, void *user);
SIO_API size_t sio_ws_each(sio_server *s, const char *path, sio_ws_fn *fn, void *user);
/* The request that it began with: query, header fields, address. */
SIO_API const sio_handshake *sio_ws_handshake(const sio_ws *ws);
/* Bytes that wait for it: ws.bufferedAmount. */
SIO_API size_t sio_ws_backlog(const sio_ws *ws);
/* free_fn (NULL: none) is called for data when it is replaced and after closed(). */
SIO_API void sio_ws_set_data(sio_ws *ws, void *data, void (*free_fn)(void *));
SIO_API void *sio_ws_data(const sio_ws *ws);

#ifdef __cplusplus
}
#endif
#endif
