/* SPDX-License-Identifier: MIT */
/* reply - answers to what clients and other servers have asked, on their way out. */
#include "io.h"
#include "json.h"

/* Behind what waits for this one. */
static bool answer_later(sio_socket *k, const wording *w, const parcel *p)
{
	static const sio_delivery local = { .flags = SIO_LOCAL };
	gathering to = { .at = &k, .len = 1 };
	uint64_t number = outbox_add(k->ns, &local, w, p, &(traits){ 0 }, &to);
	outbox_sent(k->ns, number, NULL);
	return number;
}

/* false: out of memory. */
static bool answer(
	sio_socket *k, uint64_t id, const wording *w, const sio_bytes *binary, size_t nbinary)
{
	parcel p;
	bool made = parcel_write(&p, k->ns, &id, w, binary, nbinary);
	if (made && k->held)
		made = answer_later(k, w, &p);
	else if (made && (made = parcel_seal(&p, k->ns, NULL)))
		emit_packet(k->client, &p);
	parcel_free(&p);
	return made;
}

static sio_err reply(sio_ack ack, const sio_bytes *binary, size_t nbinary, const cJSON *args)
{
	if (!args)
		return SIO_ENOMEM;
	if (!ack.server || !cJSON_IsArray(args) || (nbinary && !binary))
		return SIO_EINVAL;
	io *o = io_of(ack.server);
	ticket *t = ticket_any(&o->tickets, ack.ticket);
	if (t && t->kind == TICKET_ERRAND)
		return errand_reply(t, binary, nbinary, args);
	if (!t || t->kind != TICKET_ACK)
		return SIO_EGONE;
	sio_socket *k = t->owner;
	bool made = answer(k, t->id, &(wording){ .args = args }, binary, nbinary);
	if (made) {
		ticket_use(&o->tickets, t, &k->tickets);
		k->unanswered--;
		k->client->unanswered--;
	}
	return made ? SIO_OK : SIO_ENOMEM;
}

sio_err sio_reply_with(sio_ack ack, const sio_bytes *binary, size_t nbinary, cJSON *args)
{
	sio_err err = reply(ack, binary, nbinary, args);
	json_free(args);
	return err;
}

sio_err sio_reply(sio_ack ack, cJSON *args)
{
	return sio_reply_with(ack, NULL, 0, args);
}
