/* SPDX-License-Identifier: MIT */
/* link - one connection to Redis: its life, and what goes over it. */
#include "link.h"
#include "../../base/buf.h"
#include "../../base/list.h"
#include "tls.h"
#include <stdio.h>
#include <stdlib.h>

enum {
	CONNECT_MS = 5000,   /* for one try, from the name to the greeting */
	RETRY_MS = 50,       /* at first, twice as long each time ... */
	RETRY_MAX_MS = 2000, /* ... until here */
	PINGS = 3,           /* unanswered */
	CHUNK = 256 << 10,   /* written at once */
	READ = 64 << 10
};

/* A command, until Redis has replied to it. */
typedef struct command {
	list in_link;
	link_reply_fn *fn;
	void *user;
	size_t len;
	char bytes[];
} command;

/* One try to connect, and the connection that it becomes.  It outlives the link's interest in it
 * until libuv has called back. */
typedef struct wire {
	redis_link *link; /* NULL: nobody's any more */
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} socket;
	uv_connect_t connect;
	uv_write_t write;
	uv_getaddrinfo_t lookup;
	struct addrinfo *addresses, *next;
	redisReader *reader;
	tls *tls;
	buf flight; /* being written */
	bool writing, looking, closed;
} wire;

struct redis_link {
	uv_loop_t *loop;
	link_options o;
	wire *wire; /* NULL: waiting for the next try */
	uv_timer_t timer;
	bool up, hold, ended;
	bool heard;     /* something has come since the timer last went off */
	unsigned pings; /* unanswered */
	unsigned retry_ms;
	const char *broken;
	list urgent, waiting, written;
	size_t queued;
	uint64_t dropped;
	char incoming[READ];
};

static void begin(redis_link *l);
static void flush(redis_link *l);

/* ---- Commands ---- */

static void command_free(redis_link *l, command *c)
{
	list_remove(&c->in_link);
	l->queued -= c->len;
	free(c);
}

static command *first_of(list *l)
{
	return list_empty(l) ? NULL : LIST_OWNER(l->next, command, in_link);
}

static command *command_new(size_t n, const span *words)
{
	const char *argv[8];
	size_t lens[8];
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

static sio_err enqueue(
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
static void lose(redis_link *l, list *queue)
{
	list lost;
	list_init(&lost);
	list_move(&lost, queue);
	for (command *c; (c = first_of(&lost)) != NULL;) {
		link_reply_fn *fn = c->fn;
		void *user = c->user;
		command_free(l, c);
		l->dropped += !fn;
		if (fn && !l->ended)
			fn(NULL, user);
	}
}

/* ---- Wires ---- */

static void wire_free(wire *w)
{
	if (!w->closed || w->looking)
		return;
	if (w->addresses)
		uv_freeaddrinfo(w->addresses);
	if (w->reader)
		redisReaderFree(w->reader);
	tls_free(w->tls);
	buf_free(&w->flight);
	free(w);
}

static void on_closed(uv_handle_t *h)
{
	wire *w = h->data;
	w->closed = true;
	wire_free(w);
}

static void wire_drop(wire *w)
{
	w->link = NULL;
	if (w->looking)
		uv_cancel((uv_req_t *)&w->lookup);
	if (!uv_is_closing(&w->socket.handle))
		uv_close(&w->socket.handle, on_closed);
}

/* ---- The end of a connection, and the next ---- */

static void on_retry(uv_timer_t *t)
{
	begin(t->data);
}

/* The owner may be told what it does not survive, so that comes last. */
static void fault(redis_link *l, const char *why)
{
	l->up = false;
	if (l->wire)
		wire_drop(l->wire);
	l->wire = NULL;
	lose(l, &l->urgent);
	lose(l, &l->written);
	uv_timer_start(&l->timer, on_retry, l->retry_ms, 0);
	l->retry_ms = l->retry_ms * 2 < RETRY_MAX_MS ? l->retry_ms * 2 : RETRY_MAX_MS;
	l->o.owner.down(why, l->o.owner.user);
}

static void on_broken(uv_timer_t *t)
{
	redis_link *l = t->data;
	fault(l, l->broken);
}

/* Who has just asked for something is not told inside of that. */
static void break_later(redis_link *l, const char *why)
{
	l->broken = why;
	l->wire->writing = true;
	uv_timer_start(&l->timer, on_broken, 0, 0);
}

static void on_too_late(uv_timer_t *t)
{
	fault(t->data, "no answer in time");
}

static void on_pong(const redisReply *r, void *user)
{
	(void)r;
	(void)user;
}

static void on_heartbeat(uv_timer_t *t)
{
	redis_link *l = t->data;
	if (l->heard) {
		l->heard = false;
		l->pings = 0;
		l->retry_ms = RETRY_MS;
	} else if (l->pings == PINGS) {
		fault(l, "it does not answer any more");
	} else {
		l->pings++;
		if (!enqueue(l, &l->urgent, 1, (span[]){ SPAN("PING") }, on_pong, NULL))
			flush(l);
	}
}

/* ---- The greeting ---- */

static void now_up(redis_link *l)
{
	l->up = true;
	l->heard = false;
	l->pings = 0;
	uv_timer_start(&l->timer, on_heartbeat, l->o.ping_ms, l->o.ping_ms);
	l->o.owner.up(l->o.owner.user);
	flush(l);
}

static void on_greeted(const redisReply *r, void *user)
{
	redis_link *l = user;
	if (r && r->type == REDIS_REPLY_ERROR)
		fault(l, r->str);
}

static bool mentions(const redisReply *r, const char *line)
{
	return r->type == REDIS_REPLY_STRING && strstr(r->str, line) != NULL;
}

/* Who may not ask for INFO may be let in all the same. */
static bool unasked(const redisReply *r)
{
	return !strncmp(r->str, "NOPERM", 6) || !strncmp(r->str, "ERR unknown command", 19);
}

static void on_info(const redisReply *r, void *user)
{
	redis_link *l = user;
	if (!r)
		return;
	if (r->type == REDIS_REPLY_ERROR && !unasked(r))
		fault(l, r->str);
	else if (mentions(r, "redis_mode:sentinel"))
		fault(l, "this is a Sentinel; give the address of the Redis itself");
	else if (mentions(r, "redis_mode:cluster"))
		fault(l, "this is a node of a Redis Cluster, which is not spoken; give one Redis");
	else
		now_up(l);
}

static bool greet(redis_link *l)
{
	const redis_target *t = l->o.target;
	char db[16];
	sio_err err = SIO_OK;
	snprintf(db, sizeof db, "%u", t->db);
	if (t->password) {
		const span words[] = { SPAN("AUTH"), span_of(t->user ? t->user : t->password),
			span_of(t->password) };
		err = enqueue(l, &l->urgent, t->user ? 3 : 2, words, on_greeted, l);
	}
	if (!err && t->db)
		err = enqueue(
			l, &l->urgent, 2, (span[]){ SPAN("SELECT"), span_of(db) }, on_greeted, l);
	if (!err)
		err = enqueue(
			l, &l->urgent, 2, (span[]){ SPAN("INFO"), SPAN("server") }, on_info, l);
	return !err;
}

/* ---- Writing ---- */

static void on_written(uv_write_t *req, int status)
{
	wire *w = req->data;
	redis_link *l = w->link;
	w->writing = false;
	buf_clear(&w->flight);
	if (!l)
		return;
	if (status < 0)
		fault(l, uv_strerror(status));
	else
		flush(l);
}

static bool put(wire *w, const command *c)
{
	return w->tls ? tls_write(w->tls, c->bytes, c->len) : buf_add(&w->flight, c->bytes, c->len);
}

static bool take_from(redis_link *l, list *queue)
{
	wire *w = l->wire;
	size_t taken = 0;
	for (command *c; taken < CHUNK && (c = first_of(queue)) != NULL;) {
		if (!put(w, c))
			return false;
		taken += c->len;
		list_remove(&c->in_link);
		list_append(&l->written, &c->in_link);
		/* A subscriber hears of it, or not, in other ways. */
		if (l->o.subscriber && l->up)
			command_free(l, c);
	}
	return true;
}

/* Fills the flight with what may go now; false: out of memory. */
static bool load(redis_link *l)
{
	wire *w = l->wire;
	bool ready = !w->tls || tls_ready(w->tls);
	bool good = !ready || take_from(l, &l->urgent);
	if (good && ready && l->up && !l->hold)
		good = take_from(l, &l->waiting);
	if (w->tls)
		tls_output(w->tls, &w->flight);
	return good && !w->flight.failed;
}

static void flush(redis_link *l)
{
	wire *w = l->wire;
	if (!w || !w->reader || w->writing)
		return;
	if (!load(l)) {
		break_later(l, "out of memory");
		return;
	}
	if (!buf_len(&w->flight))
		return;
	uv_buf_t data = uv_buf_init((char *)buf_data(&w->flight), (unsigned)buf_len(&w->flight));
	w->write.data = w;
	int status = uv_write(&w->write, &w->socket.stream, &data, 1, on_written);
	w->writing = true;
	if (status)
		break_later(l, uv_strerror(status));
}

/* ---- Reading ---- */

static void take_reply(redis_link *l, const redisReply *r)
{
	command *c = first_of(&l->written);
	if (l->o.subscriber && l->up) {
		/* Nobody waits for it: what was written has been heard of, or will be. */
		if (r->type == REDIS_REPLY_ERROR)
			fault(l, r->str);
		else
			l->o.owner.pushed(r, l->o.owner.user);
		return;
	}
	if (!c) {
		fault(l, "a reply that nobody has asked for");
		return;
	}
	link_reply_fn *fn = c->fn;
	void *user = c->user;
	command_free(l, c);
	l->o.owner.answered(l->o.owner.user);
	if (fn)
		fn(r, user);
	else if (r->type == REDIS_REPLY_ERROR)
		l->o.owner.refused(r->str, l->o.owner.user);
}

/* The wire may be dropped on the way, and lives until the loop has turned. */
static void take_replies(wire *w)
{
	void *reply = NULL;
	while (w->link && redisReaderGetReply(w->reader, &reply) == REDIS_OK && reply) {
		take_reply(w->link, reply);
		freeReplyObject(reply);
		reply = NULL;
	}
	if (w->link && w->reader->err)
		fault(w->link, w->reader->errstr);
	else if (w->link && w->reader->len - w->reader->pos > w->link->o.max_message + READ)
		fault(w->link, "a message over max_message");
}

static void take_plain(wire *w, const char *data, size_t len)
{
	if (redisReaderFeed(w->reader, data, len) == REDIS_OK)
		take_replies(w);
	else
		fault(w->link, w->reader->errstr);
}

static void take_tls(wire *w, const char *data, size_t len)
{
	char plain[16 << 10];
	int n = tls_receive(w->tls, data, len) ? 1 : -1;
	while (w->link && n > 0) {
		n = tls_read(w->tls, plain, sizeof plain);
		if (n > 0)
			take_plain(w, plain, (size_t)n);
	}
	if (w->link && n < 0)
		fault(w->link, tls_error(w->tls));
	else if (w->link)
		flush(w->link);
}

static void on_room(uv_handle_t *h, size_t wanted, uv_buf_t *out)
{
	wire *w = h->data;
	(void)wanted;
	*out = w->link ? uv_buf_init(w->link->incoming, READ) : uv_buf_init(NULL, 0);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *data)
{
	wire *w = s->data;
	if (!w->link || n == 0)
		return;
	w->link->heard = true;
	if (n < 0)
		fault(w->link,
			n == UV_EOF ? "Redis has closed the connection" : uv_strerror((int)n));
	else if (w->tls)
		take_tls(w, data->base, (size_t)n);
	else
		take_plain(w, data->base, (size_t)n);
}

/* ---- Connecting ---- */

static void connected(redis_link *l)
{
	wire *w = l->wire;
	const char *why = "out of memory";
	w->reader = redisReaderCreate();
	bool good = w->reader && (!l->o.target->tls || (w->tls = tls_new(l->o.target, &why)));
	if (!good || !greet(l) || uv_read_start(&w->socket.stream, on_room, on_read))
		fault(l, why);
	else
		flush(l);
}

static void try_next(redis_link *l, int status);

static void on_connect(uv_connect_t *req, int status)
{
	wire *w = req->data;
	if (!w->link)
		return;
	if (status < 0)
		try_next(w->link, status);
	else
		connected(w->link);
}

/* A handle that has failed to connect is of no use for another address. */
static bool renew(redis_link *l)
{
	wire *old = l->wire, *w = calloc(1, sizeof *w);
	if (!w)
		return false;
	w->link = l;
	if (l->o.target->local)
		uv_pipe_init(l->loop, &w->socket.pipe, 0);
	else
		uv_tcp_init(l->loop, &w->socket.tcp);
	w->socket.handle.data = w;
	w->connect.data = w;
	if (old) {
		w->addresses = old->addresses;
		w->next = old->next;
		old->addresses = NULL;
		wire_drop(old);
	}
	l->wire = w;
	return true;
}

/* The next address, after one that could not be reached. */
static void try_next(redis_link *l, int status)
{
	while (l->wire->next) {
		if (!renew(l)) {
			fault(l, "out of memory");
			return;
		}
		wire *w = l->wire;
		const struct sockaddr *to = w->next->ai_addr;
		w->next = w->next->ai_next;
		uv_tcp_nodelay(&w->socket.tcp, 1);
		status = uv_tcp_connect(&w->connect, &w->socket.tcp, to, on_connect);
		if (!status)
			return;
	}
	fault(l, uv_strerror(status));
}

static void on_looked_up(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
	wire *w = req->data;
	w->looking = false;
	if (!w->link) {
		if (found)
			uv_freeaddrinfo(found);
		wire_free(w);
		return;
	}
	w->addresses = w->next = found;
	try_next(w->link, status ? status : UV_EAI_NONAME);
}

static void begin(redis_link *l)
{
	const redis_target *t = l->o.target;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };
	if (!renew(l)) {
		fault(l, "out of memory");
		return;
	}
	wire *w = l->wire;
	uv_timer_start(&l->timer, on_too_late, CONNECT_MS, 0);
	if (t->local) {
		uv_pipe_connect(&w->connect, &w->socket.pipe, t->host, on_connect);
		return;
	}
	/* An address needs no other thread. */
	if (!uv_getaddrinfo(l->loop, &w->lookup, NULL, t->host, t->port, &hints)) {
		w->addresses = w->next = w->lookup.addrinfo;
		try_next(l, UV_EAI_NONAME);
		return;
	}
	hints.ai_flags = 0;
	w->lookup.data = w;
	int status = uv_getaddrinfo(l->loop, &w->lookup, on_looked_up, t->host, t->port, &hints);
	w->looking = status == 0;
	if (status)
		fault(l, uv_strerror(status));
}

/* ---- For the owner ---- */

redis_link *link_new(uv_loop_t *loop, const link_options *o)
{
	redis_link *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->loop = loop;
	l->o = *o;
	l->retry_ms = RETRY_MS;
	list_init(&l->urgent);
	list_init(&l->waiting);
	list_init(&l->written);
	uv_timer_init(loop, &l->timer);
	l->timer.data = l;
	uv_timer_start(&l->timer, on_retry, 0, 0);
	return l;
}

static void on_ended(uv_handle_t *h)
{
	free(h->data);
}

/* Nothing of it is waited for. */
static void last_words(redis_link *l)
{
	wire *w = l->wire;
	if (!l->up || w->writing || l->hold)
		return;
	int n = 1;
	while (n > 0 && load(l) && buf_len(&w->flight)) {
		uv_buf_t data =
			uv_buf_init((char *)buf_data(&w->flight), (unsigned)buf_len(&w->flight));
		n = uv_try_write(&w->socket.stream, &data, 1);
		if (n > 0)
			buf_consume(&w->flight, (size_t)n);
	}
}

void link_free(redis_link *l)
{
	if (!l)
		return;
	last_words(l);
	l->ended = true;
	if (l->wire)
		wire_drop(l->wire);
	lose(l, &l->urgent);
	lose(l, &l->waiting);
	lose(l, &l->written);
	uv_close((uv_handle_t *)&l->timer, on_ended);
}

bool link_is_up(const redis_link *l)
{
	return l->up;
}

void link_hold(redis_link *l, bool hold)
{
	l->hold = hold;
	if (!hold)
		flush(l);
}

sio_err link_command(redis_link *l, size_t n, const span *words, link_reply_fn *fn, void *user)
{
	bool now = l->o.subscriber;
	if (now && !l->up)
		return SIO_EGONE;
	sio_err err = enqueue(l, now ? &l->urgent : &l->waiting, n, words, fn, user);
	if (!err)
		flush(l);
	return err;
}

size_t link_queued(const redis_link *l)
{
	return l->queued;
}

uint64_t link_dropped(const redis_link *l)
{
	return l->dropped;
}
