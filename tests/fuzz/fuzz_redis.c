/* SPDX-License-Identifier: MIT */
/*
 * fuzz_redis - what somebody publishes on the channels of a cluster.
 *
 * The first byte says in which tongue and where, the rest is the message.  Each is read, and a
 * good one handed to a server, whose answers are written in the same tongue; all that it says can
 * be read again by another, which is of the same cluster.  Or it is an entry of a stream, with the
 * last digit of its type first, or what is kept of a client: that is also handed to one who comes
 * back.
 */
#include "../../src/adapter/redis/tongue.h"
#include "../support/failing_malloc.h"
#include "../support/lab.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) ((x) ? (void)0 : abort())

static const speaker me = { "0123456789abcdef", "/" }, other = { "fedcba9876543210", "/" };
static const tongue *spoken;

static heard_on place_of(const sio_cluster_message *m)
{
	if (m->type >= SIO_CLUSTER_RECEIVERS)
		return ON_RESPONSE;
	return m->type == SIO_CLUSTER_EMIT && !m->request ? ON_BROADCAST : ON_REQUEST;
}

static void *on_open(sio_ns *ns, void *user)
{
	(void)user;
	return ns;
}

static void on_close(void *at)
{
	(void)at;
}

static sio_err add_entry(const sio_cluster_message *m)
{
	payload text;
	letter l;
	char type[4];
	CHECK(entry_write(&text, type, m));
	const entry e = { span_of(me.uid), span_of(me.nsp), span_of(type), payload_span(&text) };
	CHECK(entry_read(&l, &e, &me) == LETTER_OTHER);
	letter_free(&l);
	CHECK(entry_read(&l, &e, &other) == LETTER_GOOD);
	CHECK(l.m.type == m->type && !l.m.request);
	letter_free(&l);
	payload_free(&text);
	return SIO_OK;
}

/* What the server says makes sense to others, and means the same. */
static sio_err on_send(void *at, const sio_cluster_message *m)
{
	payload text = { .json = { 0 } };
	letter l = { .old = LETTER_NOT_OLD };
	if (m->number)
		sio_cluster_sent(at, m->number, "3-0");
	if (spoken != &classic_tongue &&
		(m->type == SIO_CLUSTER_ROOM_NAMES || m->type == SIO_CLUSTER_ROOMS))
		return SIO_EINVAL;
	if (spoken == &streams_tongue && entry_carries(m))
		return add_entry(m);
	CHECK(spoken->write(&text, m, &me));
	CHECK(spoken->read(&l, place_of(m), payload_span(&text), &other) == LETTER_GOOD);
	CHECK(l.m.type == m->type && !l.m.request == !m->request);
	CHECK(!l.m.request || !strcmp(l.m.request, m->request));
	CHECK(!m->event || l.m.event->nbinary == m->event->nbinary);
	letter_free(&l);
	/* A server does not hear itself. */
	letter_sense sense = spoken->read(&l, place_of(m), payload_span(&text), &me);
	CHECK(sense == LETTER_OTHER || place_of(m) == ON_RESPONSE);
	letter_free(&l);
	payload_free(&text);
	return SIO_OK;
}

static void on_count(void *at, const char *request)
{
	sio_cluster_count(at, request, 2);
}

static void on_ask(sio_ns *ns, const sio_event *ev, void *user)
{
	(void)ns;
	(void)user;
	sio_reply_with(ev->ack, ev->binary, ev->nbinary, cJSON_Duplicate(ev->args, true));
}

static void on_end(sio_err err, const cJSON *args, void *user)
{
	(void)err;
	(void)args;
	++*(unsigned *)user;
}

static sio_server *serve(void)
{
	const sio_adapter adapter = {
		.open = on_open, .close = on_close, .send = on_send, .count = on_count
	};
	sio_server *s = lab_new();
	CHECK(!sio_use_adapter(s, &adapter));
	CHECK(!sio_on_server_side(sio_of(s, "/"), "a", on_ask, NULL));
	return s;
}

static void hear(const letter *l)
{
	static unsigned ended;
	sio_server *s = serve();
	sio_ns *ns = sio_of(s, "/");
	peer *p = connect_client(s);
	sio_join(socket_of(p, "/"), "r");
	ended = 0;
	CHECK(!sio_fetch(ns, NULL, on_end, &ended));
	end_turn(s);
	sio_cluster_receive(ns, &l->m);
	end_turn(s);
	receive(p, "430[1]");
	lab_close(s);
	CHECK(ended == 1);
}

/* ---- Who comes back ---- */

static uint64_t asking;

static void on_save(void *at, const sio_cluster_session *gone, unsigned ms)
{
	payload p = { .json = { 0 } };
	letter l;
	sio_cluster_session back;
	const char *nsp;
	(void)at;
	(void)ms;
	CHECK(kept_write(&p, gone, "/"));
	CHECK(kept_read(&l, payload_span(&p), &back, &nsp));
	CHECK(!strcmp(back.id, gone->id) && !strcmp(back.pid, gone->pid));
	letter_free(&l);
	payload_free(&p);
}

static sio_err on_restore(
	void *at, uint64_t number, const char *pid, const char *offset, unsigned ms)
{
	(void)at;
	(void)pid;
	(void)offset;
	(void)ms;
	asking = number;
	return SIO_OK;
}

static sio_err on_replay(void *at, uint64_t number, const char *offset)
{
	return on_restore(at, number, NULL, offset, 0);
}

static const char *on_position(void *at)
{
	(void)at;
	return "2-0";
}

/* m NULL: it has missed nothing. */
static void come_back(const sio_cluster_session *kept, const sio_cluster_message *m)
{
	const sio_adapter adapter = { .open = on_open,
		.close = on_close,
		.send = on_send,
		.count = on_count,
		.save = on_save,
		.restore = on_restore,
		.replay = on_replay,
		.position = on_position };
	sio_server *s = lab_new_with(&(sio_options){ .recovery_ms = 1000 });
	CHECK(!sio_use_adapter(s, &adapter));
	sio_ns *ns = sio_of(s, "/");
	peer *p = open_client(s);
	receive(p, "40{\"pid\":\"AqDp6R96go68mgqjAAAB\",\"offset\":\"1-1\"}");
	sio_cluster_restored(ns, asking, kept);
	end_turn(s);
	if (m)
		sio_cluster_missed(ns, asking, m);
	sio_cluster_replayed(ns, asking, true);
	end_turn(s);
	sio_broadcast(ns, NULL, "e", sio_json("['text']"));
	hang_up(p);
	lab_close(s);
}

static void read_kept(span text)
{
	letter l;
	sio_cluster_session kept;
	const char *nsp;
	if (kept_read(&l, text, &kept, &nsp))
		come_back(&kept, NULL);
	letter_free(&l);
}

static void read_entry(const char *data, size_t size)
{
	const sio_cluster_session kept = { "mYDjApffGO3UNvIlAAAA", "AqDp6R96go68mgqjAAAB",
		SIO_ROOMS("mYDjApffGO3UNvIlAAAA", "r"), NULL, false, NULL };
	letter l;
	const entry e = { SPAN("fedcba9876543210"), SPAN("/"), { data, size > 0 },
		{ data + 1, size ? size - 1 : 0 } };
	if (entry_read(&l, &e, &me) == LETTER_GOOD) {
		l.m.offset = "2-0";
		hear(&l);
		come_back(&kept, &l.m);
	}
	letter_free(&l);
}

static void fail_once(heard_on where, span text, size_t at)
{
	letter l;
	failing_malloc_after(at);
	spoken->read(&l, where, text, &me);
	failing_malloc_off();
	letter_free(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	letter l;
	if (!size)
		return 0;
	if (data[0] & 8) {
		spoken = &streams_tongue;
		if (data[0] & 4)
			read_kept((span){ (const char *)data + 1, size - 1 });
		else
			read_entry((const char *)data + 1, size - 1);
		return 0;
	}
	spoken = data[0] & 4 ? &sharded_tongue : &classic_tongue;
	heard_on where = (heard_on)(data[0] % 4 % 3);
	span text = { (const char *)data + 1, size - 1 };
	size_t before = failing_malloc_count();
	letter_sense sense = spoken->read(&l, where, text, &me);
	size_t asked = failing_malloc_count() - before;
	if (sense == LETTER_GOOD && !l.old)
		hear(&l);
	letter_free(&l);
	if (asked)
		fail_once(where, text, size * 31 % asked);
	return 0;
}
