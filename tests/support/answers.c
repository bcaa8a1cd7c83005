/* SPDX-License-Identifier: MIT */
/* answers - what a server sends on one connection, judged as it comes. */
#include "answers.h"
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const char start[] = "HTTP/1.1 ";
enum { START_LEN = sizeof start - 1 };

static void wrong(answers *a, const char *what)
{
	if (!a->broken)
		a->broken = what;
}

/* ---- Responses ---- */

/* The value of a field of a head that ends with a NUL; NULL: not there. */
static const char *field(const char *head, const char *name)
{
	size_t len = strlen(name);
	for (const char *at = strstr(head, "\r\n"); at && at[2]; at = strstr(at + 2, "\r\n"))
		if (!strncasecmp(at + 2, name, len) && !strncmp(at + 2 + len, ": ", 2))
			return at + 2 + len + 2;
	return NULL;
}

static bool printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' && *text != '\t' && strncmp(text, "\r\n", 2) &&
			*text != '\n')
			return false;
	return true;
}

static void judge_head(answers *a)
{
	char *end;
	unsigned long status = strtoul(a->head + START_LEN, &end, 10);
	const char *length = field(a->head, "Content-Length");
	a->head[a->have] = '\0';
	a->responses++;
	if (end != a->head + START_LEN + 3 || *end != ' ' || status < 100)
		wrong(a, "a status line");
	if (strlen(a->head) != a->have || !printable(a->head))
		wrong(a, "a character in a head");
	bool bodiless = status < 200 || status == 204 || status == 304;
	if (!bodiless && !length)
		wrong(a, "a response without a length");
	if (status != 100 && !field(a->head, "Date") && status != 101)
		wrong(a, "a response without a date");
	a->left = bodiless ? 0 : length ? strtoull(length, NULL, 10) : 0;
	a->maybe_head = a->left > 0;
	a->websocket = status == 101;
	const char *extensions = field(a->head, "Sec-WebSocket-Extensions");
	a->deflate = extensions && !strncmp(extensions, "permessage-deflate", 18);
	if (a->websocket && !field(a->head, "Sec-WebSocket-Accept"))
		wrong(a, "a 101 without its key");
	a->have = 0;
}

/* Collects a head; no body that is served here begins as one does. */
static void take_head(answers *a, unsigned char c)
{
	a->head[a->have++] = (char)c;
	if (a->have <= START_LEN && c != (unsigned char)start[a->have - 1])
		wrong(a, "a response that does not begin as one");
	if (a->have >= 4 && !memcmp(a->head + a->have - 4, "\r\n\r\n", 4))
		judge_head(a);
	else if (a->have == ANSWERS_HEAD - 1)
		wrong(a, "a head without an end");
}

/* Of an answer to HEAD the length is that of a body that does not come. */
static size_t take_body(answers *a, const unsigned char *data, size_t len)
{
	if (a->maybe_head) {
		while (a->have < START_LEN && len && data[0] == (unsigned char)start[a->have]) {
			a->head[a->have++] = (char)*data;
			return 1;
		}
		a->maybe_head = false;
		if (a->have == START_LEN) {
			a->left = 0;
			return 0;
		}
		if (a->have > a->left)
			wrong(a, "a body that is too short");
		a->left -= a->have < a->left ? a->have : a->left;
		a->have = 0;
	}
	size_t n = a->left < len ? (size_t)a->left : len;
	a->left -= n;
	return n;
}

/* ---- Frames ---- */

static size_t head_need(const answers *a)
{
	unsigned len = a->have > 1 ? (unsigned char)a->head[1] & 127 : 0;
	return len == 126 ? 4 : len == 127 ? 10 : 2;
}

static uint64_t length_of(const answers *a)
{
	const unsigned char *h = (const unsigned char *)a->head;
	uint64_t len = 0;
	if (a->have == 2)
		return h[1] & 127;
	for (size_t i = 2; i < a->have; i++)
		len = len << 8 | h[i];
	if (len < (a->have == 4 ? 126u : 65536u))
		return UINT64_MAX;
	return len;
}

static void end_frame(answers *a)
{
	if (a->plain_text && a->utf8 != UTF8_START)
		wrong(a, "a text that ends inside a character");
	a->frames++;
	a->closed = a->opcode == 8;
	a->have = 0;
}

static void judge_frame(answers *a)
{
	unsigned first = (unsigned char)a->head[0], second = (unsigned char)a->head[1];
	bool compressed = first & 0x40;
	a->opcode = first & 15;
	a->left = length_of(a);
	if (!(first & 0x80) || first & 0x30 || second & 0x80)
		wrong(a, "bits of a frame");
	if (a->left == UINT64_MAX)
		wrong(a, "a length with too many bytes");
	if (!a->opcode || (a->opcode > 2 && (a->opcode < 8 || a->opcode > 10)))
		wrong(a, "an opcode");
	if (compressed && (!a->deflate || a->opcode > 2))
		wrong(a, "a frame that may not be compressed");
	if (a->opcode >= 8 && a->left > 125)
		wrong(a, "a control frame that is too long");
	if (a->opcode == 8 && a->left == 1)
		wrong(a, "half a close code");
	a->plain_text = a->opcode == 1 && !compressed;
	a->utf8 = UTF8_START;
	if (!a->left)
		end_frame(a);
}

static size_t take_frame(answers *a, const unsigned char *data, size_t len)
{
	if (a->left) {
		size_t n = a->left < len ? (size_t)a->left : len;
		if (a->plain_text)
			a->utf8 = utf8_feed(a->utf8, data, n);
		a->left -= n;
		if (a->plain_text && a->utf8 == UTF8_BAD)
			wrong(a, "a text that is not UTF-8");
		if (!a->left)
			end_frame(a);
		return n;
	}
	if (a->closed)
		wrong(a, "a frame behind the close frame");
	a->head[a->have++] = (char)*data;
	if (a->have > 1 && a->have == head_need(a))
		judge_frame(a);
	return 1;
}

void answers_add(answers *a, const void *data, size_t len)
{
	const unsigned char *at = data;
	while (len && !a->broken) {
		size_t used = 1;
		if (a->websocket)
			used = take_frame(a, at, len);
		else if (a->left)
			used = take_body(a, at, len);
		else
			take_head(a, *at);
		at += used;
		len -= used;
	}
}

bool answers_whole(const answers *a)
{
	if (a->maybe_head && !a->websocket)
		return true;
	return !a->left && !a->have;
}
