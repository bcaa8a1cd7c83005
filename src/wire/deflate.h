/* SPDX-License-Identifier: MIT */
/*
 * deflate - permessage-deflate (RFC 7692), the server's side, on bytes, no I/O.
 *
 * A connection that agreed to it has a pmd, 32 bytes that own nothing until the first compressed
 * message.  A direction that keeps its context from message to message then has a zlib state of its
 * own; one that does not borrows a state of pmd_shared for the time of one call, so that any number
 * of such connections costs no more than one.  The sizes are in protocol-notes/deflate.md.
 */
#ifndef WIRE_DEFLATE_H
#define WIRE_DEFLATE_H

#include "../base/buf.h"
#include "../base/span.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct z_stream_s; /* zlib's */

/* ---- Negotiation: deflate_offer.c ---- */

/* All zero is what the reference does by default.  Numbers out of range are moved into it. */
typedef struct pmd_options {
	bool server_no_context_takeover; /* the server forgets after each message, asked or not */
	bool client_no_context_takeover; /* the client is told to */
	int server_max_window_bits;      /* 8..15; 0: 15, unless the client asks for less */
	int client_max_window_bits;      /* 8..15; 0: the client's choice.  With a limit, an offer
					    of a client that cannot be limited is declined. */
	int mem_level;                   /* zlib's 1..9; 0: 8 */
	int level;                       /* zlib's 1..9; 0: its default, 6 */
	size_t threshold;                /* bytes, see pmd_worth(); 0: 1024 */
} pmd_options;

/* What was agreed.  Window bits are 8..15. */
typedef struct pmd_params {
	bool server_no_context_takeover, client_no_context_takeover;
	uint8_t server_window_bits, client_window_bits;
} pmd_params;

enum { PMD_ANSWER_MAX = 160 }; /* room for the longest answer and its NUL */

/* Whether offers, the value of Sec-WebSocket-Extensions, has the form of a list of extensions (RFC
 * 6455, 9.1); a handshake with one that has not is refused.  Several fields are joined with commas,
 * or looked at one by one.  No field, {NULL, 0}, is a list of nothing. */
bool pmd_offers_valid(span offers);
/* Takes the first offer of permessage-deflate that can be accepted, and writes the value of the
 * answer's Sec-WebSocket-Extensions.  false: none, and nothing was written; the connection goes
 * on without compression. */
bool pmd_negotiate(span offers, const pmd_options *o, pmd_params *p, char answer[PMD_ANSWER_MAX]);

/* ---- Messages: deflate.c ---- */

/* Windows of 9 to 15 bits; the one of 8 is served with 9 (see deflate.c). */
enum { PMD_WINDOW_LEAST = 9, PMD_WINDOW_MOST = 15, PMD_WINDOWS = 7 };

/* What the connections of one loop share; it outlives them.  Its states are made when first needed
 * and kept. */
typedef struct pmd_shared {
	pmd_options options; /* without zeros and within range */
	struct z_stream_s *inflate;
	struct z_stream_s *deflate[PMD_WINDOWS]; /* by window size */
} pmd_shared;

void pmd_shared_init(pmd_shared *s, const pmd_options *o);
void pmd_shared_fini(pmd_shared *s);

typedef struct pmd {
	pmd_shared *shared;
	struct z_stream_s *inflate, *deflate; /* NULL: none yet, or it borrows */
	pmd_params params;
	bool spoke; /* something was deflated since the last heartbeat */
} pmd;

/* Cannot fail and takes no memory. */
void pmd_init(pmd *x, pmd_shared *s, const pmd_params *p);
/* An all-zero pmd is accepted. */
void pmd_fini(pmd *x);

typedef enum pmd_result {
	PMD_OK,
	PMD_TOO_BIG,  /* more than max bytes */
	PMD_BAD_DATA, /* not deflate, or it ends within a block */
	PMD_NO_MEMORY
} pmd_result;

/* The code to close with: 1009, 1007, 1011; 1000 for PMD_OK. */
unsigned pmd_close_code(pmd_result r);

/*
 * Inflates one whole message, all its fragments joined, into out, which must be empty and have no
 * limit below max.  It stops as soon as there is one byte more than max, so out never holds more
 * (its memory may be half as much again and 16 KiB, as buf grows ahead). After a failure out is
 * empty and owns nothing, and the connection must be closed, since later messages may refer to this
 * one.  Whether a text is UTF-8 is the caller's to check afterwards.
 */
pmd_result pmd_inflate(pmd *x, const unsigned char *in, size_t len, buf *out, size_t max);

/* Whether a message of len bytes is to be compressed.  None of one byte or less is, which would
 * only become longer; of the others each if the server keeps its context, since short messages then
 * refer to earlier ones, and those from options.threshold on if not. */
bool pmd_worth(const pmd *x, size_t len);
/*
 * Deflates one whole message, which is not empty, into out, which is: the payload of one frame with
 * RSV1 set.
 * It must be sent, in the order of the calls; without the server's context it may be dropped, and
 * depends on nothing but the message and the window bits, so that all connections of equal window
 * bits may be sent the same bytes.  false: out of memory; out is empty and owns nothing, and the
 * message may be sent uncompressed instead.
 */
bool pmd_deflate(pmd *x, const void *in, size_t len, buf *out);
/* A heartbeat goes out: if nothing was deflated since the one before it, the connection is quiet,
 * and the memory of the server's context is given back.  The next message is compressed without it.
 */
void pmd_heartbeat(pmd *x);

#endif
