/* SPDX-License-Identifier: MIT */
/* parcel - packets with attachments, encoded once and shared by reference. */
#include "io.h"
#include "json.h"
#include <stdlib.h>

void parcel_free(parcel *p)
{
	bytes_unref(p->text);
	for (size_t i = 0; i < p->nparts; i++)
		bytes_unref(p->parts[i]);
	if (p->parts != p->few)
		free(p->parts);
}

static bool add_part(parcel *p, const sio_bytes *part)
{
	bytes *b = bytes_copy(part->data, part->len);
	if (!b)
		return false;
	b->binary = 1;
	p->parts[p->nparts++] = b;
	return true;
}

static bool add_parts(parcel *p, const sio_bytes *binary, size_t n)
{
	p->parts = n > PARTS_INLINE ? malloc(n * sizeof(bytes *)) : p->few;
	p->nparts = 0;
	for (size_t i = 0; p->parts && i < n; i++)
		if (!add_part(p, &binary[i]))
			return false;
	return p->parts != NULL;
}

/* An event without arguments ends in its name. */
bool parcel_ends_in_text(const wording *w)
{
	const cJSON *last = w->args && w->args->child ? w->args->child->prev : NULL;
	if (w->args)
		return !last || cJSON_IsString(last);
	return !w->json.len || w->json.at[w->json.len - 1] == '"';
}

static void add_offset(buf *out, const char *offset)
{
	buf_add_text(out, ",\"");
	buf_add_text(out, offset);
	buf_add_char(out, '"');
}

static void write_args(buf *out, const wording *w, const char *offset)
{
	buf_add_char(out, '[');
	if (w->event)
		json_print_string(out, span_of(w->event));
	if (w->args)
		sp_write_args(out, w->event != NULL, w->args);
	else if (w->json.len)
		buf_add_char(out, ',');
	buf_add_span(out, w->json);
	if (offset)
		add_offset(out, offset);
	buf_add_char(out, ']');
}

/* All of it becomes one block. */
static bool pack(parcel *p, const sio_parser *parser)
{
	bytes *packed = parser_pack(parser, p->text, p->parts, p->nparts);
	if (!packed)
		return false;
	parcel_free(p);
	*p = (parcel){ .text = packed, .parts = p->few };
	return true;
}

static bool put_down(parcel *p, sio_ns *ns, const uint64_t *id, const wording *w,
	const char *offset, const sio_bytes *binary, size_t nbinary)
{
	sp_type type = w->event ? SP_EVENT : SP_ACK;
	io *o = ns->io;

	sp_write(&o->scratch, nbinary ? type + 3 : type, nbinary, ns->name, id);
	write_args(&o->scratch, w, offset);
	p->text = io_take_scratch(o);
	return add_parts(p, binary, nbinary) && p->text;
}

bool parcel_make(parcel *p, sio_ns *ns, const uint64_t *id, const wording *w, const char *offset,
	const sio_bytes *binary, size_t nbinary)
{
	return put_down(p, ns, id, w, offset, binary, nbinary) && parcel_seal(p, ns, NULL);
}

bool parcel_write(parcel *p, sio_ns *ns, const uint64_t *id, const wording *w,
	const sio_bytes *binary, size_t nbinary)
{
	return put_down(p, ns, id, w, NULL, binary, nbinary);
}

bool parcel_seal(parcel *p, sio_ns *ns, const char *offset)
{
	io *o = ns->io;
	if (offset) {
		buf_add(&o->scratch, bytes_data(p->text), p->text->len - 1);
		add_offset(&o->scratch, offset);
		buf_add_char(&o->scratch, ']');
		bytes_unref(p->text);
		p->text = io_take_scratch(o);
	}
	return p->text && (!o->options.parser || pack(p, o->options.parser));
}

static void mark_plain(const parcel *p)
{
	p->text->plain = 1;
	for (size_t i = 0; i < p->nparts; i++)
		p->parts[i]->plain = 1;
}

static uint64_t size_of_parts(const parcel *p)
{
	uint64_t size = 0;
	for (size_t i = 0; i < p->nparts; i++)
		size += p->parts[i]->len;
	return size;
}

void parcel_mark(parcel *p, const traits *t)
{
	bytes *text = p->text;
	text->manner = t->manner;
	if (t->flags & SIO_PLAIN)
		mark_plain(p);
	text->parts = (uint16_t)p->nparts;
	if (t->manner == MANNER_CONFLATE)
		text->key = t->key;
	else if (t->manner == MANNER_PUSH_OUT)
		text->key = size_of_parts(p);
}

bool parcel_share(parcel *to, const parcel *from)
{
	*to = (parcel){ .parts = to->few };
	if (from->nparts > PARTS_INLINE && !(to->parts = malloc(from->nparts * sizeof(bytes *))))
		return false;
	to->text = bytes_ref(from->text);
	for (; to->nparts < from->nparts; to->nparts++)
		to->parts[to->nparts] = bytes_ref(from->parts[to->nparts]);
	return true;
}

bool emit_packet(client *c, const parcel *p)
{
	bool sent = session_send(c->session, bytes_ref(p->text));
	for (size_t i = 0; sent && i < p->nparts; i++)
		sent = session_send(c->session, bytes_ref(p->parts[i]));
	return sent;
}

void emit_text(client *c, bytes *text)
{
	if (text)
		session_send(c->session, text);
	else
		session_doom(c->session, CLOSED_BY_ERROR);
}
