/* SPDX-License-Identifier: MIT */
/* emit - events and answers on their way out: who receives them, and how. */
#include "../base/json_scan.h"
#include "io.h"
#include "json.h"
#include <stdlib.h>

/* ---- Who it goes to ---- */

typedef struct broadcast {
	traits how;
	uint64_t number; /* for recovery */
	inquiry *inquiry;
	bool failed;
	gathering *tapped; /* those to whom it went, for who listens; NULL: nobody does */
	bool later;        /* it waits in the outbox ... */
	gathering to;      /* ... for these */
	parcel parcel;
} broadcast;

/* Whether it is going to be queued for this one; it must not be asked for an answer if not. */
static bool passes(const sio_socket *k, const broadcast *b)
{
	const session *s = k->client->session;
	if ((b->how.flags & SIO_VOLATILE) && !session_writable(s))
		return false;
	return !b->inquiry || session_takes(s, (manner)b->how.manner);
}

/* Who is behind may be cut off for it, whether or not it would have been asked. */
static void deliver(sio_socket *k, void *user)
{
	broadcast *b = user;
	bool strict = b->how.manner == MANNER_DISCONNECT && !(b->how.flags & SIO_VOLATILE);
	if (!(strict || passes(k, b)))
		return;
	if (b->later)
		gathering_add(k, &b->to);
	else if (!emit_packet(k->client, &b->parcel))
		return;
	recovery_sent(k, b->number);
	if (b->tapped)
		gathering_add(k, b->tapped);
}

static void enlist(sio_socket *k, void *user)
{
	broadcast *b = user;
	if (!b->failed && passes(k, b) && !inquiry_add(b->inquiry, k))
		b->failed = true;
}

/* What may be dropped after it was queued cannot be waited for. */
static sio_err check_policy(const sio_delivery *how)
{
	bool drops = how->policy == SIO_PUSH_OUT || how->policy == SIO_CONFLATE;
	if (how->policy < SIO_WAIT || how->policy > SIO_DISCONNECT)
		return SIO_EINVAL;
	if ((how->policy == SIO_CONFLATE && !how->key) || (drops && how->on_ack) ||
		(how->policy && how->nbinary > UINT16_MAX))
		return SIO_EINVAL;
	return SIO_OK;
}

static sio_err check(const wording *w, const sio_delivery *how)
{
	if (!w->args && !w->json.at)
		return SIO_ENOMEM;
	if (!w->event || sp_reserved(w->event) || (w->args && !cJSON_IsArray(w->args)))
		return SIO_EINVAL;
	if (how && ((how->on_answer && !how->on_ack) || (how->nbinary && !how->binary)))
		return SIO_EINVAL;
	return how ? check_policy(how) : SIO_OK;
}

static const sio_delivery plain;

/* So wide that two keys do not meet. */
static uint64_t conflation_key(const sio_ns *ns, const char *key)
{
	const map *m = &ns->io->namespaces;
	return map_hash(m, ns->name) * 31 + map_hash(m, span_of(key));
}

/* Clients are told an offset with what may be missed, and where else they would take something for
 * one. */
static const char *offset_of(sio_ns *ns, const sio_delivery *how, const wording *w, char *digits)
{
	bool ends_in_text = parcel_ends_in_text(w);
	if (!kept_elsewhere(ns))
		return journal_offset(ns, how, ends_in_text, digits);
	if (w->offset && *w->offset && can_be_missed(how))
		return w->offset;
	return ends_in_text && !how->on_ack ? ns->io->adapter->position(ns->place) : NULL;
}

static bool encode(broadcast *b, sio_ns *ns, const sio_delivery *how, const wording *w)
{
	char digits[RECOVERY_OFFSET];
	const uint64_t *id = b->inquiry ? &b->inquiry->id : NULL;
	if (b->later)
		return parcel_write(&b->parcel, ns, id, w, how->binary, how->nbinary);
	const char *offset = offset_of(ns, how, w, digits);
	if (!parcel_make(&b->parcel, ns, id, w, offset, how->binary, how->nbinary))
		return false;
	parcel_mark(&b->parcel, &b->how);
	return true;
}

/* Nothing yet.  The room for attachments is large, and is not looked at before it is filled. */
static void begin(broadcast *b, const sio_delivery *how)
{
	b->how.flags = how->flags;
	b->how.manner = (uint8_t)how->policy;
	b->inquiry = NULL;
	b->failed = false;
	b->tapped = NULL;
	b->to = (gathering){ 0 };
	b->parcel.text = NULL;
	b->parcel.parts = NULL;
	b->parcel.nparts = 0;
}

/* Encodes the event; with on_ack it carries the id of an inquiry. */
static sio_err prepare(
	broadcast *b, sio_ns *ns, const sio_delivery *how, const wording *w, bool single)
{
	begin(b, how);
	b->how.key = how->policy == SIO_CONFLATE ? conflation_key(ns, how->key) : 0;
	b->later = kept_elsewhere(ns) && !w->offset && outbox_takes(ns, how);
	b->number = journal_number(ns, how);
	if (how->on_ack && !(b->inquiry = inquiry_new(ns, how, single)))
		return SIO_ENOMEM;
	return encode(b, ns, how, w) ? SIO_OK : SIO_ENOMEM;
}

/* The inquiry begins if all went well, and is as if it had never been if not. */
static sio_err conclude(broadcast *b, sio_err err, const sio_delivery *how)
{
	if (b->inquiry && err)
		inquiry_free(b->inquiry);
	else if (b->inquiry) {
		b->inquiry->ns->next_ack++;
		inquiry_begin(b->inquiry, how->timeout_ms);
	}
	parcel_free(&b->parcel);
	if (b->later)
		free(b->to.at);
	return err;
}

/* The arguments of an event that is sent on as text. */
static cJSON *args_of(const wording *w)
{
	buf text = { 0 };
	buf_add_char(&text, '[');
	buf_add_span(&text, w->json);
	buf_add_char(&text, ']');
	cJSON *args = text.failed ? NULL : json_parse(buf_span(&text), JSON_DEPTH_LIMIT);
	buf_free(&text);
	return args;
}

/* Who listens to what is sent hears of it when all of it has been queued. */
static void tell_taps(const gathering *c, const sio_delivery *how, const wording *w)
{
	cJSON *parsed = c->len && !w->args ? args_of(w) : NULL;
	const sio_event ev = { .name = w->event,
		.args = parsed ? parsed : w->args,
		.json = { w->json.at, w->json.len },
		.binary = how->binary,
		.nbinary = how->nbinary };
	for (size_t i = 0; ev.args && i < c->len; i++) {
		handler_walk walk = socket_walk(c->at[i], offsetof(handler_set, any_outgoing));
		handler *h;
		while ((h = handler_next(&walk)) != NULL)
			((sio_event_fn *)h->fn)(c->at[i], &ev, h->user);
	}
	json_free(parsed);
	free(c->at);
}

/* To the clients of other servers.  What cannot be sent to them has been sent here. */
static sio_err share(
	sio_ns *ns, const sio_delivery *how, const wording *w, inquiry *q, uint64_t number)
{
	sio_err err = SIO_ENOMEM;
	cJSON *parsed = w->args ? NULL : args_of(w);
	const sio_event ev = { .name = w->event,
		.args = parsed ? parsed : w->args,
		.binary = how->binary,
		.nbinary = how->nbinary };
	sio_cluster_message m = {
		.type = SIO_CLUSTER_EMIT, .who = how, .event = &ev, .number = number
	};
	if (q && ev.args)
		cluster_ask(q, &m);
	else if (ev.args)
		err = cluster_send(ns, &m);
	json_free(parsed);
	return err;
}

/* Whoever it is for has been gathered. */
static sio_err put_by(
	broadcast *b, sio_ns *ns, const sio_delivery *how, const wording *w, bool shared)
{
	uint64_t number = b->to.failed ? 0 : outbox_add(ns, how, w, &b->parcel, &b->how, &b->to);
	if (!number)
		return SIO_ENOMEM;
	bool waits = shared && can_be_missed(how);
	sio_err err = SIO_EGONE;
	if (shared)
		err = share(ns, how, w, b->inquiry, waits ? number : 0);
	if (!waits || err)
		outbox_sent(ns, number, NULL);
	return SIO_OK;
}

static sio_err emit_one(sio_socket *k, const sio_delivery *how, const wording *w)
{
	const char *const own[] = { k->text, NULL };
	broadcast b;
	gathering tapped = { 0 };
	sio_err err = check(w, how);
	if (err)
		return err;
	if (how->to || how->except)
		return SIO_EINVAL;
	if (k->state != SOCKET_CONNECTED)
		return SIO_EGONE;
	err = prepare(&b, k->ns, how, w, true);
	if (!err && b.inquiry && !inquiry_add(b.inquiry, k))
		err = SIO_ENOMEM;
	if (k->ns->io->taps)
		b.tapped = &tapped;
	if (!err) {
		deliver(k, &b);
		journal_keep(k->ns, how, own, &b.parcel);
	}
	if (!err && b.later) {
		sio_delivery to_own = *how;
		to_own.to = own;
		bool shared = can_be_missed(how) && cluster_shared(k->ns, &to_own);
		err = put_by(&b, k->ns, &to_own, w, shared);
	}
	err = conclude(&b, err, how);
	if (b.tapped)
		tell_taps(&tapped, how, w);
	return err;
}

static size_t count_asks(const inquiry *q)
{
	size_t n = 0;
	LIST_EACH (it, &q->asks)
		n++;
	return n;
}

/* asked NULL: nobody wants to know how many are. */
static sio_err emit_in(sio_ns *ns, const sio_delivery *how, const wording *w, size_t *asked)
{
	broadcast b;
	gathering tapped = { 0 };
	sio_err err = prepare(&b, ns, how, w, false);
	if (!err && b.inquiry) {
		room_match(ns, how, enlist, &b);
		err = b.failed ? SIO_ENOMEM : SIO_OK;
		if (asked)
			*asked = count_asks(b.inquiry);
	}
	if (ns->io->taps)
		b.tapped = &tapped;
	if (!err) {
		room_match(ns, how, deliver, &b);
		journal_keep(ns, how, how->to, &b.parcel);
	}
	if (!err && b.later)
		err = put_by(&b, ns, how, w, cluster_shared(ns, how));
	else if (!err && cluster_shared(ns, how))
		share(ns, how, w, b.inquiry, 0);
	err = conclude(&b, err, how);
	if (b.tapped)
		tell_taps(&tapped, how, w);
	return err;
}

static sio_err emit_many(sio_ns *ns, const sio_delivery *how, const wording *w)
{
	sio_err err = check(w, how);
	if (err || !ns->rule)
		return err ? err : emit_in(ns, how, w, NULL);
	if (how->on_ack)
		return SIO_EINVAL;
	LIST_EACH (it, &ns->children) {
		sio_err one = emit_in(LIST_OWNER(it, sio_ns, in_parent), how, w, NULL);
		err = err ? err : one;
	}
	return err;
}

sio_err emit_from_afar(
	sio_ns *ns, const sio_cluster_message *m, const sio_delivery *how, size_t *asked)
{
	const sio_event *ev = m->event;
	sio_delivery all = *how;
	const wording w = {
		.event = ev->name, .args = ev->args, .offset = m->offset ? m->offset : ""
	};
	all.binary = ev->binary;
	all.nbinary = ev->nbinary;
	sio_err err = check(&w, &all);
	return err ? err : emit_in(ns, &all, &w, asked);
}

sio_err sio_emit(sio_socket *k, const char *event, cJSON *args)
{
	return sio_emit_with(k, NULL, event, args);
}

sio_err sio_emit_with(sio_socket *k, const sio_delivery *how, const char *event, cJSON *args)
{
	sio_err err = emit_one(k, how ? how : &plain, &(wording){ .event = event, .args = args });
	json_free(args);
	return err;
}

sio_err sio_broadcast(sio_ns *ns, const sio_delivery *how, const char *event, cJSON *args)
{
	sio_err err = emit_many(ns, how ? how : &plain, &(wording){ .event = event, .args = args });
	json_free(args);
	return err;
}

/* Sent on as it came, attachments and all. */
sio_err sio_relay(sio_ns *ns, const sio_delivery *how, const char *event, const sio_event *ev)
{
	sio_delivery all = how ? *how : plain;
	/* What a tap has seen may have no text. */
	const wording w = { .event = event ? event : ev->name,
		.args = ev->json.data ? NULL : ev->args,
		.json = { ev->json.data ? ev->json.data : "", ev->json.len } };
	if (!all.binary) {
		all.binary = ev->binary;
		all.nbinary = ev->nbinary;
	}
	return emit_many(ns, &all, &w);
}

/* ---- JSON for applications ---- */

/* The parentheses keep the macro of that name away. */
cJSON *(sio_json)(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	cJSON *tree = json_format(fmt, args);
	va_end(args);
	return tree;
}

cJSON *sio_binary(size_t index)
{
	return sio_json("{_placeholder: true, num: %zu}", index);
}
