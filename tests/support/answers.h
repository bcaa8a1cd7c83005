/* SPDX-License-Identifier: MIT */
/*
 * answers - what a server sends on one connection, judged as it comes: whole HTTP responses one
 * after the other, and after a 101 whole WebSocket frames as a server may send them.
 *
 * It is written from the standards and shares no code with what it judges but the check of UTF-8.
 */
#ifndef TESTS_ANSWERS_H
#define TESTS_ANSWERS_H

#include "../../src/base/text.h"

enum { ANSWERS_HEAD = 8192 };

typedef struct answers {
	const char *broken; /* what is wrong; NULL: nothing */
	unsigned responses, frames;
	bool websocket, deflate; /* a 101 has come */
	bool closed;             /* a close frame has come */
	uint64_t left;           /* bytes of the body, or of the frame, that are to come */
	bool maybe_head;         /* or none of them, if a HEAD was answered */
	uint8_t opcode;
	bool plain_text;
	utf8_state utf8;
	char head[ANSWERS_HEAD]; /* of the response or the frame, so far */
	size_t have;
} answers;

void answers_add(answers *a, const void *data, size_t len);
/* The connection has ended: whether it did so between two answers. */
bool answers_whole(const answers *a);

#endif
