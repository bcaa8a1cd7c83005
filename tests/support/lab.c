/* SPDX-License-Identifier: MIT */
/* lab - a Socket.IO server without a network: its life, its turns and its peers. */
#include "lab.h"
#include <stdio.h>
#include <stdlib.h>

#define SURE(x)                                                                                    \
	((x) ? (void)0 : (fprintf(stderr, "lab: %s:%d: %s\n", __FILE__, __LINE__, #x), abort()))

/* ---- A transport that keeps what it is given ---- */

static peer *peer_of(const transport *t)
{
	return LIST_OWNER(t, peer, base);
}

static void post_mail(peer *p, bytes *b)
{
	SURE(p->nmail < LAB_MAILBOX);
	p->mail[p->nmail++] = b;
}

static void lab_wake(transport *t)
{
	(void)t;
}

static bool lab_writable(const transport *t)
{
	return !peer_of(t)->slow;
}

static size_t lab_pending(const transport *t)
{
	(void)t;
	return 0;
}

static void lab_control(transport *t, span text)
{
	(void)t;
	(void)text;
}

static void lab_release(transport *t)
{
	(void)t;
}

static bool lab_end(transport *t, bool wait)
{
	peer *p = peer_of(t);
	(void)wait;
	p->session = NULL;
	p->closed = true;
	return true;
}

static const transport_ops lab_ops = {
	.name = "websocket",
	.wake = lab_wake,
	.writable = lab_writable,
	.pending = lab_pending,
	.control = lab_control,
	.release = lab_release,
	.close = lab_end,
};

static void pull(peer *p)
{
	bytes *b;
	while (!p->slow && p->session && (b = session_peek(p->session, &p->base, 0)) != NULL) {
		post_mail(p, bytes_ref(b));
		session_pop(p->session);
	}
}

/* ---- Polling: requests that are answered at once ---- */

static void poll_ready(exchange *x)
{
	(void)x;
}

static void poll_answer(exchange *x, int status, answer_type type, bytes *body)
{
	(void)x;
	(void)status;
	(void)type;
	bytes_unref(body);
}

static void poll_drop(exchange *x)
{
	(void)x;
}

static const exchange_ops poll_ops = {
	.ready = poll_ready, .answer = poll_answer, .drop = poll_drop
};

static exchange *new_exchange(peer *p)
{
	size_t i = 0;
	while (i < LAB_POLL && p->exchanges[i].polling)
		i++;
	SURE(i < LAB_POLL);
	p->exchanges[i] = (exchange){ .ops = &poll_ops };
	return &p->exchanges[i];
}

static bool ended(const session *s)
{
	return s->state == SESSION_CLOSED;
}

static void fetch(peer *p)
{
	session *s = p->session;
	if (p->slow || !s || ended(s))
		return;
	if (!s->polling->get && (session_peek(s, s->transport, 0) || s->state == SESSION_CLOSING))
		polling_get(s->polling, new_exchange(p));
	if (!ended(s))
		polling_flush(s->polling);
}

/* ---- Turns ---- */

static void settle(sio_server *s)
{
	do {
		engine_settle(&s->engine);
		io_settle(&s->io);
	} while (engine_unsettled(&s->engine));
}

static void flush(sio_server *s)
{
	for (size_t i = 0; i < s->npeers; i++) {
		peer *p = s->peers[i];
		if (p->polling)
			fetch(p);
		else
			pull(p);
	}
}

/* The ends of sessions by polling, which tell nobody. */
static void forget_ended(sio_server *s)
{
	for (size_t i = 0; i < s->npeers; i++) {
		peer *p = s->peers[i];
		if (p->session && ended(p->session)) {
			p->session = NULL;
			p->closed = true;
		}
	}
}

/* Of a session that ends nothing is held that would not be let go. */
static void reap(sio_server *s)
{
	io_reap(&s->io);
	LIST_EACH (it, &s->engine.dead)
		SURE(LIST_OWNER(it, session, dead_link)->held == 0);
	engine_reap(&s->engine);
}

void end_turn(sio_server *s)
{
	s->holding = false;
	settle(s);
	flush(s);
	settle(s);
	forget_ended(s);
	reap(s);
}

void hold_turns(sio_server *s)
{
	s->holding = true;
}

static void came_in(sio_server *s)
{
	if (!s->holding)
		end_turn(s);
}

void wait_ms(sio_server *s, unsigned ms)
{
	wheel_turn(&s->wheel, s->wheel.now + ms);
	end_turn(s);
}

/* ---- Life ---- */

static bool on_open(void *user, session *s)
{
	sio_server *server = user;
	return client_open(&server->io, s);
}

static const engine_events events = {
	.open = on_open,
	.message = client_message,
	.closed = client_closed,
	.drained = client_drained,
};

static unsigned or_unsigned(unsigned value, unsigned standard)
{
	return value ? value : standard;
}

sio_server *lab_new_with(const sio_options *o)
{
	io_options io_opts = {
		.max_attachments = or_unsigned(o->max_attachments, 10),
		.max_depth = or_unsigned(o->max_depth, 10000),
		.max_unanswered = or_unsigned(o->max_unanswered, 65536),
		.max_pending = o->max_pending ? o->max_pending : 16u << 20,
		.max_namespace = or_unsigned(o->max_namespace, 512),
		.max_namespaces = o->max_namespaces,
		.max_sockets = o->max_sockets,
		.cleanup_empty_children = o->cleanup_empty_children,
		.parser = o->parser,
		.recovery_ms = o->recovery_ms,
		.recovery_bytes = o->recovery_bytes ? o->recovery_bytes : 16u << 20,
		.recovery_uses_middleware = o->recovery_uses_middleware,
		.connect_timeout_ms = or_unsigned(o->connect_timeout_ms, 45000),
	};
	engine_options engine_opts = {
		/* Pings would stand between what the tests look for. */
		.ping_interval_ms = or_unsigned(o->ping_interval_ms, 100000000),
		.ping_timeout_ms = or_unsigned(o->ping_timeout_ms, 20000),
		.upgrade_timeout_ms = 10000,
		.max_payload = 1000000,
		.max_queue = o->max_queue ? o->max_queue : 16u << 20,
		.max_held = o->max_held,
		.max_memory = o->max_memory,
		.high_water = o->high_water ? o->high_water : 1u << 20,
		.low_water = o->low_water ? o->low_water : o->high_water / 4,
		.polling = true,
		.websocket = true,
		.allow_upgrades = true,
	};
	sio_server *s = calloc(1, sizeof *s);
	SURE(s);
	s->input = malloc(LAB_TEXT);
	s->journal = malloc(LAB_TEXT);
	s->heard = malloc(LAB_TEXT);
	SURE(s->input && s->journal && s->heard);
	wheel_init(&s->wheel, 0);
	SURE(io_init(&s->io, &io_opts, s, &s->wheel));
	SURE(engine_init(&s->engine, &engine_opts, &events, s, &s->wheel));
	return s;
}

sio_server *lab_new(void)
{
	return lab_new_with(&(sio_options){ 0 });
}

void lab_shut(sio_server *s)
{
	engine_close_all(&s->engine, CLOSED_BY_SHUTDOWN);
	settle(s);
	cluster_end(&s->io);
	settle(s);
	forget_ended(s);
}

static void free_peer(peer *p)
{
	forget_mail(p);
	free(p);
}

void lab_free(sio_server *s)
{
	reap(s);
	SURE(s->engine.held == 0);
	engine_fini(&s->engine);
	io_fini(&s->io);
	for (size_t i = 0; i < s->npeers; i++)
		free_peer(s->peers[i]);
	free(s->input);
	free(s->journal);
	free(s->heard);
	free(s);
}

void lab_close(sio_server *s)
{
	lab_shut(s);
	lab_free(s);
}

/* ---- Peers come, speak and go ---- */

static handshake *lab_handshake(void)
{
	buf scratch = { 0 };
	handshake_begin(&scratch, SPAN("10.1.2.3"), SPAN("/socket.io/?EIO=4&who=me"));
	uint32_t query_at = handshake_mark(&scratch);
	handshake_add_query(&scratch, SPAN("EIO=4&who=me"));
	uint32_t headers_at = handshake_mark(&scratch);
	handshake_add_header(&scratch, SPAN("user-agent"), SPAN("lab"));
	handshake *h = handshake_finish(&scratch, query_at, headers_at);
	buf_free(&scratch);
	return h;
}

static peer *new_peer(sio_server *s, bool polls, span eio)
{
	SURE(s->npeers < LAB_PEERS);
	peer *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	s->peers[s->npeers++] = p;
	p->base.ops = &lab_ops;
	p->lab = s;
	p->polling = polls;
	handshake *h = lab_handshake();
	if (!h)
		return NULL;
	p->session = polls ? engine_open_polling(&s->engine, eio, h, SPAN(""))
			   : engine_open(&s->engine, eio, h, SPAN(""), &p->base);
	return p->session ? p : NULL;
}

peer *open_client(sio_server *s)
{
	peer *p = new_peer(s, false, SPAN("4"));
	if (!p)
		return NULL;
	came_in(s);
	pull(p);
	forget_mail(p);
	return p;
}

peer *open_polling_client(sio_server *s)
{
	peer *p = new_peer(s, true, SPAN("4"));
	came_in(s);
	return p;
}

peer *open_old_client(sio_server *s)
{
	peer *p = new_peer(s, false, SPAN("3"));
	if (!p)
		return NULL;
	pull(p);
	forget_mail(p);
	came_in(s);
	return p;
}

peer *connect_client(sio_server *s)
{
	peer *p = open_client(s);
	SURE(p && enter(p, "/"));
	return p;
}

static void bring(peer *p, char *data, size_t len, bool binary)
{
	session *s = p->session;
	if (!s)
		return;
	if (p->polling) {
		/* The answer to the POST may end the session, and with it the polling. */
		exchange *x = new_exchange(p);
		polling_post(s->polling, x);
		polling_post_body(s->polling, x, (unsigned char *)data, len);
	} else {
		session_receive(s, &p->base, (unsigned char *)data, len, binary);
	}
	came_in(p->lab);
}

static char *at_end_of_input(const peer *p, const void *data, size_t len)
{
	SURE(len <= LAB_TEXT);
	char *at = p->lab->input + LAB_TEXT - len;
	if (len)
		memcpy(at, data, len);
	return at;
}

void receive_text(peer *p, const char *text, size_t len)
{
	if (p)
		bring(p, at_end_of_input(p, text, len), len, false);
}

void receive(peer *p, const char *text)
{
	receive_text(p, text, strlen(text));
}

void receive_binary(peer *p, const void *data, size_t len)
{
	if (p)
		bring(p, at_end_of_input(p, data, len), len, true);
}

void hang_up(peer *p)
{
	if (!p)
		return;
	session *s = p->session;
	SURE(!p->polling);
	p->session = NULL;
	if (s)
		session_transport_gone(s, &p->base, &(ending){ .reason = CLOSED_BY_TRANSPORT });
	came_in(p->lab);
}

sio_socket *socket_of(const peer *p, const char *nsp)
{
	client *c = p && p->session ? p->session->user : NULL;
	if (!c)
		return NULL;
	LIST_EACH (it, &c->sockets) {
		sio_socket *k = LIST_OWNER(it, sio_socket, in_client);
		if (strcmp(sio_ns_name(k->ns), nsp) == 0)
			return k;
	}
	return NULL;
}

sio_socket *enter(peer *p, const char *nsp)
{
	char text[256];
	bool named = strcmp(nsp, "/") != 0;
	snprintf(text, sizeof text, "40%s%s", named ? nsp : "", named ? "," : "");
	receive(p, text);
	forget_mail(p);
	sio_socket *k = socket_of(p, nsp);
	return k && sio_connected(k) ? k : NULL;
}
