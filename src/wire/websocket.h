/* SPDX-License-Identifier: MIT */
/*
 * websocket - RFC 6455 on bytes, the server's side, no I/O.
 *
 * The decoder turns a stream, however cut, into messages and control frames.  A message that lies
 * whole in the input is handed out where it lies, unmasked in place; only what is cut or fragmented
 * is gathered in a buffer, which is given back when the message has been handed out.
 */
#ifndef WIRE_WEBSOCKET_H
#define WIRE_WEBSOCKET_H

#include "../base/buf.h"
#include "../base/bytes.h"
#include "../base/text.h"
#include "http.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ws_opcode {
	WS_OP_CONTINUATION = 0,
	WS_OP_TEXT = 1,
	WS_OP_BINARY = 2,
	WS_OP_CLOSE = 8,
	WS_OP_PING = 9,
	WS_OP_PONG = 10
} ws_opcode;

/* Close codes, RFC 6455 7.4.1. */
enum {
	WS_CLOSE_NORMAL = 1000,
	WS_CLOSE_GOING_AWAY = 1001,
	WS_CLOSE_PROTOCOL = 1002,
	WS_CLOSE_UNSUPPORTED = 1003,
	WS_CLOSE_NONE = 1005,
	WS_CLOSE_ABNORMAL = 1006,
	WS_CLOSE_BAD_DATA = 1007,
	WS_CLOSE_POLICY = 1008,
	WS_CLOSE_TOO_BIG = 1009,
	WS_CLOSE_INTERNAL = 1011
};

/* The most frames of one message: tiny fragments cost more than they carry.  1008 beyond. */
enum { WS_MAX_FRAGMENTS = 16384 };

typedef enum ws_event_kind {
	WS_NEED_MORE, /* all input was used and nothing is complete */
	WS_TEXT,
	WS_BINARY, /* a whole message; text is valid UTF-8 */
	WS_PING,
	WS_PONG,
	WS_CLOSE, /* code is what the peer sent, 1005 if it sent none; data is its reason */
	WS_ERROR  /* the connection is to be failed with code; the decoder takes no more */
} ws_event_kind;

typedef struct ws_event {
	ws_event_kind kind;
	uint16_t code;
	bool compressed; /* WS_TEXT, WS_BINARY: the message came with RSV1; data is as it was sent,
			    text was not checked */
	const char *why; /* WS_ERROR: a static text for the log */
	const unsigned char *data; /* valid until the next call; never NULL with a message, a ping,
				      a pong or a close */
	size_t len;
} ws_event;

/* Between messages it owns no memory.  The members are the decoder's own, but for allow_compressed.
 */
typedef struct ws_decoder {
	size_t max_message;     /* 1009 beyond; checked on the declared length */
	uint64_t left;          /* payload of this frame still to come */
	buf message;            /* what came of a message that is cut or fragmented */
	unsigned char *control; /* what came of a control frame that is cut; NULL: nothing */
	uint32_t fragments;     /* frames of the message under way */
	utf8_state utf8;
	uint8_t head[14]; /* the frame's header so far */
	uint8_t head_have, head_need;
	uint8_t mask_at;        /* 0..3: the mask's byte for the next byte of payload */
	uint8_t control_have;   /* bytes in control */
	uint8_t message_opcode; /* of the fragmented message under way; 0: none */
	bool allow_compressed;  /* set after init when permessage-deflate was agreed: RSV1 may stand
				   on the first frame of a message */
	bool compressed;        /* the message under way came with RSV1 */
	bool handed_out;        /* the last event's data lies in message or control */
	bool ended;             /* after a close frame or an error */
} ws_decoder;

void ws_decoder_init(ws_decoder *d, size_t max_message);
void ws_decoder_fini(ws_decoder *d);
/*
 * Consumes from in and reports at most one event; returns the number of bytes consumed.  Call it
 * with the rest until it reports WS_NEED_MORE, also when nothing is left (in may then be NULL):
 * that call gives back the memory of the message before.  in is modified (unmasked in place).  Text
 * is checked as it arrives: the error comes with the first byte that cannot be part of valid UTF-8.
 * After WS_CLOSE or WS_ERROR everything is swallowed.
 */
size_t ws_decode(ws_decoder *d, unsigned char *in, size_t len, ws_event *ev);

/* Whether the memory of the last message is still to be given back. */
static inline bool ws_lends(const ws_decoder *d)
{
	return d->handed_out;
}

/* Whether a peer may send this code in a close frame (RFC 6455 7.4). */
bool ws_close_code_valid(unsigned code);

/* Writes the header of an unmasked, final frame with len bytes of payload to out; returns 2, 4
 * or 10. */
size_t ws_write_head(unsigned char out[10], ws_opcode opcode, uint64_t len);
/* Writes the header into the room before the block's content, unless it stands there already. */
void ws_frame(bytes *b);
/* A whole close frame; without a payload if code is WS_CLOSE_NONE or may not be sent.  reason may
 * be NULL; it is UTF-8 and is cut to fit, between characters. */
size_t ws_write_close(unsigned char out[127], unsigned code, const char *reason);

/* Whether a request asks to go on as WebSocket, whatever may be wrong with it. */
bool ws_wanted(const http_head *head);
/*
 * Checks an opening handshake (RFC 6455 4.2.1 and, for the extensions, 9.1).  Returns 101, or the
 * status of the refusal: 405 (not GET), 426 (no version, or another than 13; the answer must carry
 * Sec-WebSocket-Version: 13), 400 (anything else).
 */
typedef struct ws_handshake {
	span key;      /* these are spans into the head */
	span protocol; /* the first subprotocol that the client offers; .at NULL: it offers none */
	const char *why; /* of a refusal */
} ws_handshake;
int ws_handshake_check(const http_head *head, ws_handshake *out);

#endif
