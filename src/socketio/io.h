/* SPDX-License-Identifier: MIT */
/*
 * io - what the files of this folder share: the server's Socket.IO half, its clients, namespaces
 * and sockets.
 *
 *     engine session -- client --< socket >-- namespace --< room
 *
 * Nothing is freed while the application may be running.  What ends is taken out of its lists at
 * once, its handlers run from io_settle(), and its memory goes in io_reap() at the end of the turn.
 */
#ifndef SOCKETIO_IO_H
#define SOCKETIO_IO_H

#include "../../include/sio.h"
#include "../../include/sio_adapter.h"
#include "../base/buf.h"
#include "../base/list.h"
#include "../base/map.h"
#include "../base/text.h"
#include "../base/timer.h"
#include "../engine/engine.h"
#include "handler.h"
#include "packet.h"
#include "revision.h"
#include "ticket.h"

typedef struct io_options {
	unsigned max_attachments;
	unsigned max_depth;
	unsigned max_unanswered;
	size_t max_pending;     /* bytes of one client that wait for decisions */
	unsigned max_namespace; /* bytes of a name that parents are asked for */
	/* 0: no limit. */
	unsigned max_namespaces; /* from which on parents make no more */
	unsigned max_sockets;    /* of one client, each in a namespace of its own */
	size_t recovery_sockets; /* of a namespace that are kept */
	unsigned connect_timeout_ms;
	bool cleanup_empty_children;
	unsigned recovery_ms; /* for how long lost clients may come back; 0: they may not */
	size_t recovery_bytes;
	bool recovery_uses_middleware;
	const sio_parser *parser;      /* NULL: packets are in Socket.IO's own form */
	void (*refresh)(void *server); /* brings wheel->time up to date; NULL: it always is */
	void (*put_off)(void *server); /* something waits for io_settle(); NULL: it comes anyway */
	/* The application's word on an entry that is not a client's; NULL: there are none. */
	sio_err (*answer)(sio_entry entry, bool admitted, const char *message);
} io_options;

/* The half of a server that knows Socket.IO; a sio_server begins with it. */
typedef struct io {
	io_options options;
	sio_server *server; /* for what the application is handed */
	wheel *wheel;
	map namespaces; /* by name */
	size_t nparents;
	size_t raw_handlers;  /* how many take events as text */
	size_t watchers;      /* how often the application has asked to see each event that comes */
	size_t taps;          /* how often the application has asked to see what is sent */
	list parents;         /* of namespaces, in the order in which they are asked */
	list on_namespace;    /* handlers */
	sio_adapter *adapter; /* NULL: the server is alone */
	map requests;         /* that other servers have not answered */
	list errands;         /* of other servers, which wait for us */
	tickets tickets;
	handler_yard handlers;
	timer sweep;    /* of what is kept for recovery */
	buf scratch;    /* packets are written here, then copied to a block of their size */
	buf name;       /* of the event that is being handled */
	list answered;  /* candidates whose question goes on */
	list admitted;  /* sockets whose middleware goes on */
	list arrived;   /* events whose middleware goes on */
	list newcomers; /* clients that are to enter "/" unasked */
	list departed;  /* sockets whose disconnect handlers are to run */
	list finished;  /* inquiries whose callback is to run */
	list rumours;   /* changes of rooms that are to be told */
	list announced; /* namespaces of the application's that are to be told of */
	list idle;      /* namespaces that were made and that nobody has entered */
	list dead_sockets, dead_clients, dead_inquiries;
} io;

/* The io that an application's server begins with. */
static inline io *io_of(sio_server *s)
{
	return (io *)(void *)s;
}

typedef struct client client;

/* What is kept for clients that lose their connection. */
typedef struct recovery {
	list journal;   /* events that were sent, the oldest first */
	size_t bytes;   /* of them */
	uint64_t first; /* number of the oldest that is there */
	uint64_t last;  /* number of the last one that there was */
	map lost;       /* sockets, by pid */
	list album;     /* the same, the one that was lost first in front */
	size_t kept;    /* bytes of them */
} recovery;

/* Events that wait until the adapter says where they stand. */
typedef struct outbox {
	list emissions;  /* in their order */
	size_t size;     /* of them, in bytes */
	uint64_t last;   /* number of the last one */
	uint64_t since;  /* of the last one before somebody came back */
	uint64_t adrift; /* of the last one of which it is not known where it stands */
} outbox;

/* A namespace, or a parent, which is none itself but makes and speaks to its children. */
struct sio_ns {
	map_node by_name;
	io *io;
	sio_ns *parent;    /* NULL: it was made by the application */
	list in_parent;    /* among its siblings, or the parents */
	list in_io;        /* among the idle */
	list children;     /* of a parent */
	struct rule *rule; /* of a parent: which names are its own; NULL: it is a namespace */
	size_t population; /* socket objects, whatever their state */
	size_t errands;    /* what waits for other servers, or they for us */
	void *place;       /* the adapter's; NULL: it is shared with no other server */
	bool pinned;       /* the application holds it: it stays when it is empty */
	map sockets;       /* connected ones, by id */
	list members;      /* the same, in order of arrival */
	map rooms;         /* by name */
	map places;        /* of sockets in rooms, by both */
	handler_set handlers;
	map server_events; /* event_list by name: handlers of what other servers emit */
	recovery recovery;
	outbox outbox;
	map asks;          /* acks waited for, by socket and id */
	uint64_t next_ack; /* shared by all sockets, as in the reference */
	uint64_t delivery; /* number of the last one: who matched it carries this mark */
	span name;
	char text[];
};

/* A tree of what a client has sent, and what it costs: held.c. */
typedef struct held_tree {
	cJSON *tree; /* NULL: none */
	size_t cost;
} held_tree;

typedef enum socket_state {
	SOCKET_ADMITTING, /* middleware */
	SOCKET_CONNECTED,
	SOCKET_LEFT
} socket_state;

struct sio_socket {
	map_node by_id;
	list in_ns, in_client; /* among their members */
	list in_io;            /* admitted, departed, or dead */
	sio_ns *ns;
	client *client; /* valid as long as the socket */
	uint8_t state;
	bool in_own_room;
	bool admitted;      /* the middleware that was called last has admitted it */
	bool running;       /* inside its middleware */
	const char *reason; /* for which it left */
	handler_walk walk;  /* along the middleware */
	uint64_t entry;     /* ticket of the middleware called last */
	uint64_t mark;      /* of the delivery that it matched last */
	held_tree auth;
	cJSON *shared_data; /* NULL: none */
	void *data;
	void (*free_data)(void *);
	list places;                   /* in rooms */
	list asks;                     /* acks it owes us */
	list arrivals;                 /* events of it that are in middleware */
	uint32_t tickets;              /* first of the acks that we owe it */
	unsigned unanswered;           /* how many those are */
	unsigned held;                 /* by emissions */
	bool reaped;                   /* while it was */
	struct membership *membership; /* for recovery; NULL: there is none */
	handler_set *own;              /* of this socket only; NULL: none */
	span id;
	char text[]; /* of the id */
};

/* A binary packet whose attachments are still coming. */
typedef struct partial {
	buf text; /* the packet, copied */
	size_t wanted, have, size;
	sio_bytes parts[];
} partial;

struct client {
	session *session; /* valid as long as the client, ended or not */
	io *io;
	const revision *revision;
	list sockets;
	size_t nsockets;
	list in_io; /* newcomers, or dead */
	timer connect_timeout;
	partial *partial;
	unsigned unanswered; /* acks that we owe to all its sockets */
	unsigned asked;      /* how often the adapter was asked for what it had */
	size_t pending;      /* bytes of candidates, and of events in middleware */
	list candidates;     /* names that it asks for and that parents are asked for */
	list answers;        /* to acks: what it has answered, and is still kept */
	/* The namespaces that it left last, by the hash of their names: late packets for them are
	 * no offence. */
	uint64_t *left;
	unsigned nleft;
};

/* ---- io.c ---- */

bool io_init(io *o, const io_options *options, sio_server *server, wheel *w);
void io_fini(io *o);
/* Runs what was put off while the application was running, until nothing is left. */
void io_settle(io *o);
/* What is kept for recovery is looked at after a while. */
void io_sweep_later(io *o);
bool io_unsettled(const io *o);
/* Puts a member into one of the lists that io_settle() empties. */
void io_put_off(io *o, list *which, list *member);
/* What time it is, for a timer that the application starts: it may do so between two turns. */
uint64_t io_time(io *o);
/* Frees what ended in this turn. */
void io_reap(io *o);
/* What is in scratch as a block; NULL: out of memory.  Scratch is empty then. */
bytes *io_take_scratch(io *o);
/* The same of a packet without attachments, in the form that clients understand. */
bytes *io_take_packet(io *o);

/* ---- client.c ---- */

bool client_open(io *o, session *s);
void client_closed(session *s, const ending *how);
/* It was behind and is not any more. */
void client_drained(session *s);
void client_free(client *c);
/* The peer broke the protocol: its sockets leave, its connection is closed. */
void client_reject(client *c, const char *reason);
/* Closes the connection; each socket is told and leaves. */
void client_disconnect(client *c);
/* The server ends: its sockets leave, and its connection is closed when what is queued has been
 * sent.  false: not now, as more waits to be queued; it does not wait where one is not patient. */
bool client_shut(session *s, bool patient);
/* It has just come and is let into "/". */
void client_arrived(client *c);
/* So many bytes, and a tree that is held already, wait for the application's decision; false: too
 * many. */
bool client_hold(client *c, size_t size, const held_tree *tree);
/* The same wait no more, and the tree is freed. */
void client_let_go(client *c, size_t size, held_tree *tree);
/* The first socket has entered a namespace. */
void client_entered(client *c);

/* ---- client_input.c ---- */

void client_message(session *s, unsigned char *data, size_t len, bool binary);
/* Forgets the packet whose attachments are coming, if there is one. */
void client_drop_partial(client *c);
/* It is in so many namespaces that it is refused this one; it has been told. */
bool client_crowds(client *c, span nsp);
/* It was in this namespace and is not any more. */
void client_left(client *c, const sio_ns *ns);

/* ---- held.c: trees of what clients have sent ---- */

/* json_parse_within(), json_parse_behind() or revision_auth(). */
typedef cJSON *held_reader(span text, json_bounds *b);
/* false: it cannot be read, is deeper than max_depth, more than may be held for the client, or out
 * of memory; there is nothing to be freed then. */
bool held_read(client *c, span text, held_reader *read, held_tree *out);
void held_free(client *c, held_tree *h);

/* ---- namespace.c ---- */

sio_ns *ns_find(const io *o, span name);
sio_ns *ns_new(io *o, span name); /* in no map yet; NULL: out of memory */
void ns_free(sio_ns *ns);
/* From now on it is found.  false: the adapter has no place for it, and it is freed. */
bool ns_begin(sio_ns *ns);
/* Tells who wants to hear of new ones. */
void ns_announce(sio_ns *ns);
/* A client asks for the namespace; takes auth. */
void ns_connect(sio_ns *ns, client *c, held_tree auth);
/* Calls the middleware that is left; at the end the socket is connected. */
void ns_advance(sio_socket *k);
/* It passes middleware from the start, or passes it over, when the application has returned. */
void ns_admit_later(sio_socket *k);
/* There is no such namespace. */
void ns_send_unknown(client *c, span nsp);

/* Forgets one that is not needed any more: a child without sockets, if they are to be cleaned up.
 */
void ns_end_if_empty(sio_ns *ns);
/* The same at the end of the turn, for one that may be in use. */
void ns_end_later(sio_ns *ns);
/* One of what it counts is over. */
void ns_errand_done(sio_ns *ns);

/* ---- parent.c: namespaces that are made when somebody asks for them ---- */

/* The application makes this one, whose name may be that of a pattern's child. */
void parent_adopt(sio_ns *ns);
/* A client asks for a namespace that is not there; takes auth. */
void parent_ask(client *c, span name, held_tree auth);
/* The client asks anew, or is gone. */
void parent_forget(client *c, span name);
void parent_forget_all(client *c);
typedef struct candidate candidate;
void candidate_advance(candidate *q);
void candidate_answer(candidate *q, bool admitted);
candidate *candidate_in(list *in_io);
void rule_free(struct rule *r);

/* ---- event.c: incoming events ---- */

/* An EVENT packet with its attachments.  false: its payload is not what it must be. */
bool event_receive(sio_socket *k, const sp_packet *p, const sio_bytes *parts, size_t nparts);
/* An event that is in middleware. */
typedef struct arrival arrival;
void arrival_advance(arrival *a);
void arrival_answer(arrival *a, bool admitted, const char *message, const cJSON *data);
arrival *arrival_in(list *in_io);
/* The socket leaves: none of its events goes on. */
void event_forget_all(sio_socket *k);

/* ---- socket.c ---- */

/* Takes auth.  NULL: out of memory, or too much is held for the client. */
sio_socket *socket_new(sio_ns *ns, client *c, held_tree auth);
void socket_free(sio_socket *k);
/* What middleware has given it is taken back: it is going to pass that once more. */
void socket_begin_anew(sio_socket *k);
/* It is connected or being admitted; from now on it is neither.  Its disconnect handlers run at the
 * next io_settle(). */
void socket_leave(sio_socket *k, const char *reason);
/* Runs them. */
void socket_departed(sio_socket *k);
/* Where its handlers hang, in the order in which they are called: with the namespace's parent, with
 * the namespace, with itself. */
typedef struct handler_sets {
	size_t n;
	handler_set *at[3];
} handler_sets;
handler_sets socket_handlers(const sio_socket *k);
/* A walk along one list of each, at `offset` in the sets: offsetof(handler_set, any). */
handler_walk socket_walk(const sio_socket *k, size_t offset);

/* ---- room.c ---- */

typedef struct room room;
/* Calls fn with the name of each room that has been joined; not with those that bear an id. */
void room_names(const sio_ns *ns, void (*fn)(const char *name, void *user), void *user);
/* It enters, or leaves, the room that bears its id. */
void room_own(sio_socket *k, bool in);
void room_leave_all(sio_socket *k);
/* Sockets in an array, which are looked at later. */
typedef struct gathering {
	sio_socket **at;
	size_t len, cap;
	bool failed; /* some did not come in */
} gathering;
/* fn of room_match(); user is the gathering.  Without memory it does not come in. */
void gathering_add(sio_socket *k, void *user);
/* Calls fn for everyone that matches, once each.  fn must not call the application. */
void room_match(
	sio_ns *ns, const sio_delivery *who, void (*fn)(sio_socket *k, void *user), void *user);

/* ---- rumour.c: changes of rooms, told to who listens ---- */

/* Whether anybody does. */
bool rumour_heard(const sio_ns *ns);
void rumour_add(sio_ns *ns, sio_room_change what, span name, span id);
typedef struct rumour rumour;
void rumour_tell(rumour *r);
rumour *rumour_in(list *in_io);
void rumour_free(rumour *r);

/* ---- ack.c ---- */

/* Something that waits for answers: one emit for the acks of one socket or of many, or a question
 * to all servers. */
typedef struct inquiry {
	list in_io; /* finished, or dead */
	sio_ns *ns;
	uint64_t id; /* the ack id of its packets */
	bool single;
	bool begun;  /* all have been asked */
	bool done;   /* its callback is to run, or has */
	bool strict; /* there is a deadline: who leaves has not answered */
	bool unite;  /* its answers are texts, of which equal ones count once */
	sio_err err; /* what is known of it so far, at the end what the callback is told */
	sio_ack_fn *fn;
	sio_answer_fn *on_answer;
	void *user;
	cJSON *answers;
	list asks;             /* sockets still to answer */
	list kept;             /* those whose answers are held for their clients */
	struct remote *remote; /* other servers that are still to answer; NULL: none */
	timer deadline;
} inquiry;

/* An ACK packet with its attachments.  false: bad payload. */
bool ack_answer(sio_socket *k, const sp_packet *p, const sio_bytes *parts, size_t nparts);
/* The client ends: nothing is held for it any more. */
void ack_let_go_all(client *c);
inquiry *inquiry_new(sio_ns *ns, const sio_delivery *how, bool single); /* NULL: out of memory */
/* The socket is going to be asked; false: out of memory. */
bool inquiry_add(inquiry *q, sio_socket *k);
/* All have been added: the time runs. */
void inquiry_begin(inquiry *q, unsigned timeout_ms);
/* Ends it if nobody is left to answer. */
void inquiry_check(inquiry *q);
/* Ends it whoever is. */
void inquiry_finish(inquiry *q, sio_err err);
/* One more answer to many; takes it.  NULL: out of memory. */
void inquiry_keep(inquiry *q, cJSON *answer);
void inquiry_free(inquiry *q);
/* Its callback. */
void inquiry_finished(inquiry *q);
/* The socket leaves: whoever waits for it waits no longer. */
void ack_forget(sio_socket *k);

/* ---- cluster.c: what is said to other servers ---- */

/* The namespace begins: the adapter makes a place for it.  false: it cannot. */
bool cluster_open(sio_ns *ns);
void cluster_close(sio_ns *ns);
/* Whether what is meant for these is meant for other servers too. */
bool cluster_shared(const sio_ns *ns, const sio_delivery *who);
sio_err cluster_send(sio_ns *ns, const sio_cluster_message *m);
/* Asks all other servers, for the inquiry, with its request in m. */
void cluster_ask(inquiry *q, sio_cluster_message *m);
/* The inquiry waits for them no longer. */
void cluster_forget(inquiry *q);
/* Clients are told it as it is. */
bool cluster_offset_good(const char *offset);
/* Whether it is one, for what it says it is. */
bool cluster_good(const sio_cluster_message *m);
/* The other server's message answers a request of ours. */
sio_err cluster_answer(sio_ns *ns, const sio_cluster_message *m);
/* The server ends: whoever waits is told, and the adapter is let go. */
void cluster_end(io *o);

/* ---- errand.c: what other servers ask of us ---- */

/* The application answers an event of another server. */
sio_err errand_reply(ticket *t, const sio_bytes *binary, size_t nbinary, const cJSON *args);
/* All that are left. */
void errands_end(io *o);

/* ---- describe.c: sockets and rooms as trees ---- */

/* What sio_fetch() tells of it; NULL: out of memory. */
cJSON *describe_socket(const sio_socket *k);
/* A copy of a tree, however deep; NULL is accepted and gives NULL. */
cJSON *describe_copy(const cJSON *tree);
/* The names of all rooms, as an array; NULL: out of memory. */
cJSON *describe_rooms(const sio_ns *ns);

/* ---- recovery.c: connection state recovery ---- */

typedef struct lost lost;
/* What a socket has if it can be recovered. */
typedef struct membership {
	lost *lost;     /* what it is to be given back when it enters; NULL: nothing */
	uint64_t since; /* events up to this one it does not need */
	uint64_t sent;  /* number of the last one that it was sent */
	uint64_t left;  /* of the last one that there was when it left */
	struct homecoming *homecoming; /* what the adapter is asked for; NULL: nothing */
	uint64_t entered;              /* number of the last emission before */
	/* The adapter's offset of when it came, or from which on it was told what it had missed;
	 * "": not known. */
	char came[SIO_REQUEST_MAX + 1];
	bool recovered;
	bool unsure; /* middleware is asked about it, and has not let it in yet */
	char pid[ID_LEN + 1];
} membership;

enum { RECOVERY_OFFSET = 17 }; /* bytes of an offset, with its NUL */

void recovery_init(recovery *r);
void recovery_fini(recovery *r);
/* Drops what is too old; whether anything is left. */
bool recovery_trim(sio_ns *ns);
/* The offset that an event is to carry behind its arguments; NULL: none. */
const char *journal_offset(
	sio_ns *ns, const sio_delivery *how, bool ends_in_text, char out[RECOVERY_OFFSET]);
typedef struct parcel parcel;
/* What number journal_keep() will give it; 0: none. */
uint64_t journal_number(const sio_ns *ns, const sio_delivery *how);
/* It was sent to this one. */
void recovery_sent(sio_socket *k, uint64_t number);
/* It was sent, to these rooms; to NULL: to everyone. */
void journal_keep(sio_ns *ns, const sio_delivery *how, const char *const *to, const parcel *p);
/* A socket leaves.  While it is in its rooms they are noted; when its handlers have heard of it,
 * it is put away with its data. */
void recovery_leave(sio_socket *k);
void recovery_note_rooms(sio_socket *k);
void recovery_save(sio_socket *k);
/* A socket has come: it may be one that was lost.  false: that is asked, and ns_admit_later() comes
 * when it is known. */
bool recovery_begin(sio_socket *k);
/* Whether it need not pass middleware again. */
bool recovery_skips(const sio_socket *k);
/* It enters: its rooms, and what it has missed.  false: that is not whole any more. */
bool recovery_enter(sio_socket *k);
/* Whether it may; if not, ns_advance() is called once more. */
bool recovery_ready(sio_socket *k);
/* It leaves before it was let in. */
void recovery_give_back(sio_socket *k, const char *reason);
void recovery_end(sio_socket *k);
const char *recovery_pid(const sio_socket *k); /* NULL: none */

/* ---- homecoming.c: the same where the adapter keeps what was lost ---- */

/* Whether it does, and what it carries. */
static inline bool kept_elsewhere(const sio_ns *ns)
{
	return ns->place && ns->io->options.recovery_ms && ns->io->adapter->save;
}

/* Whether an event can be missed. */
static inline bool can_be_missed(const sio_delivery *how)
{
	return !how->on_ack && !(how->flags & SIO_VOLATILE);
}

/* ---- outbox.c ---- */

typedef struct wording wording;
typedef struct traits traits;
/* Whether an event of this server waits, where it is kept elsewhere: those that can be missed for
 * their offset, and what comes then for them. */
bool outbox_takes(const sio_ns *ns, const sio_delivery *how);
/* To these, when its turn comes; it is shared by reference, and not sealed.  Its number; 0: out of
 * memory. */
uint64_t outbox_add(sio_ns *ns, const sio_delivery *how, const wording *w, const parcel *p,
	const traits *t, const gathering *to);
/* What the adapter says of it; 0, or one that is not there any more, is none. */
void outbox_sent(sio_ns *ns, uint64_t number, const char *offset);
/* What waits for this one, which is going to be sent away, goes now. */
void outbox_hurry(sio_socket *k);
void outbox_clear(sio_ns *ns);

/* ---- parser.c: packets in another form ---- */

/* The one message for a packet; NULL: out of memory. */
bytes *parser_pack(const sio_parser *parser, bytes *text, bytes *const *parts, size_t nparts);
/* A message as a packet in Socket.IO's own form, with the type of Engine.IO's message in front. */
typedef struct unpacked {
	sio_packet packet;
	buf text;
} unpacked;
/* spare: how many bytes its tree may take. */
bool parser_unpack(const sio_parser *parser, span message, size_t spare, unpacked *out);
void parser_done(unpacked *u);

/* ---- parcel.c: packets ready to be queued, by any number of clients ---- */

/* What an event says: a tree, or text that is sent on as it came. */
struct wording {
	const char *event; /* NULL: an answer */
	const cJSON *args;
	span json;          /* of the arguments, with commas between; instead of args */
	const char *offset; /* of another server's event, "" if it has none; NULL: it is ours */
};

/* Whether its last argument is a string. */
bool parcel_ends_in_text(const wording *w);

enum { PARTS_INLINE = 8 };

struct parcel {
	bytes *text;
	bytes **parts;
	size_t nparts;
	bytes *few[PARTS_INLINE];
};

/* id NULL, offset NULL: none.  false: out of memory; parcel_free() accepts what was made. */
bool parcel_make(parcel *p, sio_ns *ns, const uint64_t *id, const wording *w, const char *offset,
	const sio_bytes *binary, size_t nbinary);
/* The same in two steps: to write it, and to add the offset and bring it into its last form. */
bool parcel_write(parcel *p, sio_ns *ns, const uint64_t *id, const wording *w,
	const sio_bytes *binary, size_t nbinary);
bool parcel_seal(parcel *p, sio_ns *ns, const char *offset);
/* How it is queued. */
struct traits {
	unsigned flags;
	uint8_t manner;
	uint64_t key; /* for MANNER_CONFLATE */
};
void parcel_mark(parcel *p, const traits *t);
void parcel_free(parcel *p);
/* Another one of the same content; false: out of memory. */
bool parcel_share(parcel *to, const parcel *from);
/* One packet to one client, with its attachments; false: it was not queued. */
bool emit_packet(client *c, const parcel *p);
void emit_text(client *c, bytes *text); /* takes the reference */

/* ---- emit.c ---- */

/* The event of another server, to the clients here; asked: how many of them are to answer. */
sio_err emit_from_afar(
	sio_ns *ns, const sio_cluster_message *m, const sio_delivery *how, size_t *asked);

#endif
