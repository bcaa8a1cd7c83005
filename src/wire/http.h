/* SPDX-License-Identifier: MIT */
/*
 * http - HTTP/1.1 requests and responses on bytes (RFC 9110, RFC 9112), no I/O.
 *
 * Strict where leniency has been an attack: bare LF, white space before a colon,
 * folded lines, control characters, two Content-Length or two Host fields,
 * Content-Length with Transfer-Encoding, and any coding but a final "chunked" are
 * refused.  What is read are spans into the caller's bytes; nothing is copied.
 */
#ifndef WIRE_HTTP_H
#define WIRE_HTTP_H

#include "../base/buf.h"
#include "../base/span.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_PATCH,
	HTTP_OTHER
} http_method;

/* The most header fields of one request: protects the fixed table below.  431 beyond. */
enum { HTTP_MAX_FIELDS = 100 };
/* The longest head (request line and fields) in bytes, what Node takes as well.  431 beyond (414 if
 * the request line alone is longer). */
enum { HTTP_MAX_HEAD = 16384 };
/* The largest Content-Length or chunk: the largest whole number that every peer can represent, and
 * far from any overflow here. */
#define HTTP_MAX_LENGTH UINT64_C(9007199254740991)

typedef struct http_field {
	span name, value; /* value without the white space around it */
} http_field;

typedef struct http_head {
	span text; /* all of it, from the request line to the empty one */
	http_method method;
	span method_text;
	span target;      /* as sent: "/a/b?c=d", "*", or "http://host/a/b?c=d" */
	span path, query; /* target without scheme and host, cut at '?'; raw, not decoded; path is
			     never empty; query is empty if there is none */
	unsigned minor;   /* 0 for HTTP/1.0, 1 for 1.1 and every later 1.x */
	bool keep_alive;  /* by version and Connection */
	bool upgrade;     /* Connection has the token "upgrade" and an Upgrade field is there; never
			     in HTTP/1.0 */
	bool expect_continue; /* never in HTTP/1.0 */
	bool chunked;
	uint64_t content_length; /* 0 if there is none or the body is chunked */
	size_t nfields;
	http_field fields[HTTP_MAX_FIELDS];
} http_head;

/*
 * Reads one request head from the start of in.  *scanned is 0 at first and kept by the caller
 * between calls with the same bytes and more, so that feeding byte by byte stays linear.  Returns
 * the head's length with its final empty line, 0: more bytes are needed, or -status: the peer is to
 * be answered with that status and closed (400, 414, 431, 501, 505).  Empty lines before the
 * request line are skipped (RFC 9112, 2.2), at most a few; they count in the length returned. *head
 * is valid only after a length was returned, and its spans as long as in's bytes stay where they
 * are.
 */
long http_head_read(http_head *head, span in, size_t *scanned);

/* The value of the first field of that name (any case); .at NULL: none (an empty value is not
 * NULL). */
span http_field_find(const http_head *head, span name);
/* Whether a comma-separated field value holds the token (any case). */
bool http_has_token(span value, span token);
/* The quality that an Accept-Encoding value gives a coding: 0 if refused or not named, else 1 to
 * 1000.  "*" counts for codings not named.  The first mention wins; a weight that cannot be read is
 * a refusal. */
unsigned http_accepts(span accept_encoding, span coding);

/* ---- Bodies ---- */

typedef struct http_body {
	uint8_t state;
	uint8_t line;     /* length of the chunk's size line so far, limited */
	uint16_t trailer; /* bytes of trailers so far, limited */
	uint64_t left;    /* of the body, or of the chunk */
} http_body;

/* For the request whose head was read.  http_body_done() is true at once if it has no body. */
void http_body_init(http_body *b, const http_head *head);
bool http_body_done(const http_body *b);
/*
 * Consumes from in, hands out at most one piece of content (a span into in, which may be empty).
 * Returns the number of bytes consumed, or -400, and then -400 for ever.  Call it until it is done
 * or in is used up; it consumes at least one byte each time.  What follows the body is left alone.
 */
long http_body_read(http_body *b, span in, span *piece);

/* ---- Responses ---- */

/* "Bad Request" for 400; "Unknown" for what has no name. */
const char *http_reason(int status);
/* Each appends to out and leaves errors to out->failed.  A name that is no token, and a value with
 * CR, LF, NUL or another control character but tab, mark out as failed: nothing that a peer sent
 * can split a response.  So do a status outside 100 to 999 and a date outside the years 0 to
 * 9999. */
void http_write_status(buf *out, int status); /* "HTTP/1.1 200 OK\r\n" */
void http_write_field(buf *out, span name, span value);
bool http_field_ok(span name, span value);         /* whether that would be written */
void http_write_length(buf *out, uint64_t length); /* Content-Length */
/* "Date: ...", RFC 9110 5.6.7, from seconds since 1970. */
void http_write_date(buf *out, int64_t unix_seconds);
void http_write_end(buf *out); /* the empty line */
enum { HTTP_DATE_LEN = 29 };   /* "Sun, 06 Nov 1994 08:49:37 GMT" */
/* The same date alone, NUL-terminated, for Last-Modified; false: outside the years 0 to 9999. */
bool http_format_date(char out[HTTP_DATE_LEN + 1], int64_t unix_seconds);
/* Seconds since 1970 of an IMF-fixdate, exactly as http_format_date() writes it, the right day of
 * the week included; -1: not one, or before 1970. */
int64_t http_parse_date(span text);

#endif
