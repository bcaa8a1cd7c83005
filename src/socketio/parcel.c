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
	if (offset) {
		buf_add_text(out, ",\"");
		buf_add_text(out, offset);
		buf_add_char(out, '"');
	}
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

bool parcel_make(parcel *p, sio_ns *ns, const uint64_t *id, const wording *w, const char *offset,
	const sio_bytes *binary, size_t nbinary)
{
	sp_type type = w->event ? SP_EVENT : SP_ACK;
	io *o = ns->io;

	sp_write(&o->scratch, nbinary ? type + 3 : type, nbinary, ns->name, id);
	write_args(&o->scratch, w, offset);
	p->text = io_take_scratch(o);
	if (!add_parts(p, binary, nbinary) || !p->text)
		return false;
	return !o->options.parser || pack(p, o->options.parser);
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
