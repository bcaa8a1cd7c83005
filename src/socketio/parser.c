/* SPDX-License-Identifier: MIT */
/*
 * parser - packets in another form than Socket.IO's own, where the application has chosen one.
 *
 * Everything else deals with Socket.IO's own form; here, at the edge, a packet is taken apart and
 * written again.
 */
#include "../base/json_scan.h"
#include "io.h"
#include "json.h"
#include <stdlib.h>
#include <string.h>

/* ---- Out ---- */

/* The text begins with the type of a message of Engine.IO. */
static bool take_apart(sio_packet *to, bytes *text, bytes *const *parts, size_t nparts)
{
	sp_packet p;
	span inner = { (const char *)bytes_data(text) + 1, text->len - 1 };
	if (!sp_read(&p, inner, UINT64_MAX))
		return false;
	sp_type type = p.type >= SP_BINARY_EVENT ? (sp_type)(p.type - 3) : p.type;
	*to = (sio_packet){ .type = type, .has_id = p.has_id, .id = p.id, .nbinary = nparts };
	to->nsp = strndup(p.nsp.at, p.nsp.len);
	to->data = p.payload.len ? json_parse(p.payload, JSON_DEPTH_LIMIT) : NULL;
	to->binary = calloc(nparts + 1, sizeof *to->binary);
	for (size_t i = 0; to->binary && i < nparts; i++)
		to->binary[i] = (sio_bytes){ bytes_data(parts[i]), parts[i]->len };
	return to->nsp && to->binary && (to->data || !p.payload.len);
}

bytes *parser_pack(const sio_parser *parser, bytes *text, bytes *const *parts, size_t nparts)
{
	sio_packet whole = { 0 };
	bytes *b = NULL;
	if (take_apart(&whole, text, parts, nparts)) {
		sio_bytes message = parser->encode(&whole);
		b = message.data ? bytes_copy(message.data, message.len) : NULL;
		free((void *)(uintptr_t)message.data);
	}
	if (b)
		b->binary = 1;
	free(whole.nsp);
	free(whole.binary);
	json_free(whole.data);
	return b;
}

/* ---- In ---- */

static void packet_free(sio_packet *p)
{
	for (size_t i = 0; i < p->nbinary; i++)
		free((void *)(uintptr_t)p->binary[i].data);
	free(p->binary);
	free(p->nsp);
	json_free(p->data);
}

/* What Socket.IO's own form can say: there the name ends at a comma. */
static bool is_name(const char *nsp)
{
	return *nsp == '/' && !strchr(nsp, ',') && utf8_valid(nsp, strlen(nsp));
}

/* Only events and answers have attachments; elsewhere a placeholder is an object like any other. */
static bool write_text(buf *out, const sio_packet *p)
{
	bool carries = p->nbinary && (p->type == SP_EVENT || p->type == SP_ACK);
	sp_type type = (sp_type)(carries ? p->type + 3 : p->type);
	sp_write(out, type, carries ? p->nbinary : 0, span_of(p->nsp), p->has_id ? &p->id : NULL);
	return (!p->data || json_print(out, p->data)) && !out->failed;
}

bool parser_unpack(const sio_parser *parser, span message, size_t spare, unpacked *out)
{
	*out = (unpacked){ .packet.spare = spare ? spare : 1 };
	if (!parser->decode((sio_bytes){ message.at, message.len }, &out->packet))
		return false;
	bool fits = out->packet.type <= SP_CONNECT_ERROR && is_name(out->packet.nsp) &&
		    write_text(&out->text, &out->packet);
	/* What the text says is read from there; two trees of one message are one too many. */
	json_free(out->packet.data);
	out->packet.data = NULL;
	if (!fits)
		parser_done(out);
	return fits;
}

void parser_done(unpacked *u)
{
	packet_free(&u->packet);
	buf_free(&u->text);
}
