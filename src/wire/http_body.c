/* SPDX-License-Identifier: MIT */
/*
 * http_body - reads request bodies: none, by length, or chunked (RFC 9112, 6 and 7.1).
 *
 * Content is handed out in runs; everything around it goes through a table, byte by
 * byte, so that it cannot matter how the input was cut.
 */
#include "http.h"
#include "http_chars.h"

/* The longest line with a chunk's size and extensions, and all trailers together: nobody sends
 * more than a few bytes of either, and both would be read for nothing. */
enum { MAX_SIZE_LINE = 255, MAX_TRAILERS = 4096, MAX_SIZE_DIGITS = 16 };

enum body_state {
	BAD,
	DONE,
	CONTENT,    /* of known length, up to the end of the body */
	SIZE_START, /* the first digit of a chunk's size */
	SIZE,
	SIZE_SPACE, /* after the size, before a ';' */
	EXTENSION,
	SIZE_LF,
	CHUNK,
	CHUNK_CR,
	CHUNK_LF,
	TRAILER_START,
	TRAILER_NAME,
	TRAILER_VALUE,
	TRAILER_LF,
	END_LF,
	STATES
};

enum char_class { OTHER, CR, LF, SPACE, HEX, SEMICOLON, COLON, TOKEN, TEXT, CLASSES };

/* An empty cell is BAD. */
static const uint8_t next_state[STATES][CLASSES] = {
	[SIZE_START] = { [HEX] = SIZE },
	[SIZE] = { [HEX] = SIZE, [SPACE] = SIZE_SPACE, [SEMICOLON] = EXTENSION, [CR] = SIZE_LF },
	[SIZE_SPACE] = { [SPACE] = SIZE_SPACE, [SEMICOLON] = EXTENSION },
	[EXTENSION] = { [SPACE] = EXTENSION,
		[HEX] = EXTENSION,
		[SEMICOLON] = EXTENSION,
		[COLON] = EXTENSION,
		[TOKEN] = EXTENSION,
		[TEXT] = EXTENSION,
		[CR] = SIZE_LF },
	[SIZE_LF] = { [LF] = CHUNK },
	[CHUNK_CR] = { [CR] = CHUNK_LF },
	[CHUNK_LF] = { [LF] = SIZE_START },
	[TRAILER_START] = { [HEX] = TRAILER_NAME, [TOKEN] = TRAILER_NAME, [CR] = END_LF },
	[TRAILER_NAME] = { [HEX] = TRAILER_NAME, [TOKEN] = TRAILER_NAME, [COLON] = TRAILER_VALUE },
	[TRAILER_VALUE] = { [SPACE] = TRAILER_VALUE,
		[HEX] = TRAILER_VALUE,
		[SEMICOLON] = TRAILER_VALUE,
		[COLON] = TRAILER_VALUE,
		[TOKEN] = TRAILER_VALUE,
		[TEXT] = TRAILER_VALUE,
		[CR] = TRAILER_LF },
	[TRAILER_LF] = { [LF] = TRAILER_START },
	[END_LF] = { [LF] = DONE },
};

static enum char_class class_of(char c)
{
	switch (c) {
	case '\r':
		return CR;
	case '\n':
		return LF;
	case ';':
		return SEMICOLON;
	case ':':
		return COLON;
	default:
		break;
	}
	if (http_char_in(c, HTTP_IN_HEX))
		return HEX;
	if (http_char_in(c, HTTP_IN_SPACE))
		return SPACE;
	if (http_char_in(c, HTTP_IN_TOKEN))
		return TOKEN;
	return http_char_in(c, HTTP_IN_VALUE) ? TEXT : OTHER;
}

static unsigned hex_digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a' + 10);
}

static bool in_content(const http_body *b)
{
	return b->state == CONTENT || b->state == CHUNK;
}

static bool add_size_digit(http_body *b, char c)
{
	b->left = b->left << 4 | hex_digit(c);
	return b->line <= MAX_SIZE_DIGITS && b->left <= HTTP_MAX_LENGTH;
}

/* Counts the byte that led to b->state, and does what entering that state means. */
static bool enter_state(http_body *b, char c)
{
	switch (b->state) {
	case SIZE_START:
		b->line = 0;
		return true;
	case SIZE:
		b->line++;
		return add_size_digit(b, c);
	case SIZE_SPACE:
	case EXTENSION:
		return b->line++ < MAX_SIZE_LINE;
	case CHUNK:
		if (b->left == 0)
			b->state = TRAILER_START;
		return true;
	case TRAILER_START:
	case TRAILER_NAME:
	case TRAILER_VALUE:
	case TRAILER_LF:
		return b->trailer++ < MAX_TRAILERS;
	default:
		return b->state != BAD;
	}
}

static bool read_char(http_body *b, char c)
{
	b->state = next_state[b->state][class_of(c)];
	if (enter_state(b, c))
		return true;
	b->state = BAD;
	return false;
}

static size_t take_content(http_body *b, span in, span *piece)
{
	size_t len = b->left < in.len ? (size_t)b->left : in.len;
	*piece = (span){ in.at, len };
	b->left -= len;
	if (b->left == 0)
		b->state = b->state == CHUNK ? CHUNK_CR : DONE;
	return len;
}

void http_body_init(http_body *b, const http_head *head)
{
	*b = (http_body){ .state = DONE };
	if (head->chunked) {
		b->state = SIZE_START;
	} else if (head->content_length > 0) {
		b->state = CONTENT;
		b->left = head->content_length;
	}
}

bool http_body_done(const http_body *b)
{
	return b->state == DONE;
}

long http_body_read(http_body *b, span in, span *piece)
{
	size_t used = 0;
	*piece = (span){ in.at, 0 };
	while (used < in.len && b->state != DONE && !in_content(b))
		if (!read_char(b, in.at[used++]))
			return -400;
	if (used < in.len && in_content(b))
		used += take_content(b, (span){ in.at + used, in.len - used }, piece);
	return (long)used;
}
