/* SPDX-License-Identifier: MIT */
/*
 * packet - Socket.IO packets: what the text of an Engine.IO message says (Socket.IO protocol,
 * "Packet encoding").
 *
 *     <type>[<number of attachments>-][<namespace>,][<ack id>][<JSON payload>]
 */
#ifndef SOCKETIO_PACKET_H
#define SOCKETIO_PACKET_H

#include "../base/buf.h"
#include "../base/span.h"
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum sp_type {
	SP_CONNECT,
	SP_DISCONNECT,
	SP_EVENT,
	SP_ACK,
	SP_CONNECT_ERROR,
	SP_BINARY_EVENT,
	SP_BINARY_ACK,
	SP_TYPES
} sp_type;

/* The largest ack id: the largest integer that JavaScript counts to. */
#define SP_MAX_ID 9007199254740991u

typedef struct sp_packet {
	sp_type type;
	span nsp;   /* "/" if none is written */
	span query; /* of the namespace; empty until it is cut off */
	bool has_id;
	uint64_t id;
	uint64_t attachments;
	span payload; /* JSON, not looked at yet; empty: none */
} sp_packet;

/* Reads what stands before the payload.  false: not a packet, or more attachments than allowed. */
bool sp_read(sp_packet *out, span text, uint64_t max_attachments);

/* Cuts the query off the namespace, for clients that write one there. */
void sp_cut_query(sp_packet *p);

/* Whether the event's name is one that clients use for themselves. */
bool sp_reserved(const char *event);
/* The name of the event in a payload that begins with its array: the raw text between the quotes,
 * or the digits of a number.  false: neither. */
bool sp_event_name(span payload, span *name, bool *is_string);
/* Whether every placeholder in the tree stands for one of n attachments; with none of them there
 * are no placeholders.  false also: out of memory. */
bool sp_placeholders_valid(const cJSON *tree, size_t n);
/* The attachment that a placeholder stands for; -1: it is none. */
long sp_placeholder(const cJSON *item);

/* Appends all but the payload; the Engine.IO type of a message stands first. */
void sp_write(buf *out, sp_type type, uint64_t attachments, span nsp, const uint64_t *id);
/* Appends the items of an array with commas between, and one in front if something stands before
 * them. */
void sp_write_args(buf *out, bool behind, const cJSON *args);

#endif
