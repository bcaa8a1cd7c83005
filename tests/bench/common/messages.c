/* SPDX-License-Identifier: MIT */
/* messages - see messages.h. */
#include "messages.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[WORKS] = { "echo", "raw", "ack", "binary", "broadcast", "relay",
	"chat", "poll", "connect", "idle" };

work work_named(const char *name)
{
	work w = 0;
	while (w < WORKS && strcmp(names[w], name) != 0)
		w++;
	return w;
}

const char *work_name(work w)
{
	return names[w];
}

bool work_is_shared(work w)
{
	return w == WORK_BROADCAST || w == WORK_RELAY;
}

static unsigned char *grow(message *m, size_t n)
{
	m->bytes = realloc(m->bytes, m->len + n);
	if (!m->bytes) {
		perror("bench");
		exit(1);
	}
	m->len += n;
	return m->bytes + m->len - n;
}

static void add(message *m, const void *data, size_t len)
{
	memcpy(grow(m, len), data, len);
}

static void add_text(message *m, const char *text)
{
	add(m, text, strlen(text));
}

enum { LAST = 0x80 }; /* of a message's frames */

static void add_head(message *m, unsigned first, size_t len, bool masked)
{
	unsigned char head[10] = { (unsigned char)first };
	size_t more = len < 126 ? 0 : len < 65536 ? 2 : 8;
	head[1] = (unsigned char)((more == 0 ? len : more == 2 ? 126 : 127) | (masked ? 0x80 : 0));
	for (size_t i = 0; i < more; i++)
		head[2 + i] = (unsigned char)((uint64_t)len >> 8 * (more - 1 - i));
	add(m, head, 2 + more);
}

void message_add_frame(message *to, unsigned opcode, const void *payload, size_t len, bool masked)
{
	static const unsigned char mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
	add_head(to, LAST | opcode, len, masked);
	if (masked)
		add(to, mask, sizeof mask);
	unsigned char *at = grow(to, len);
	memcpy(at, payload, len);
	for (size_t i = 0; masked && i < len; i++)
		at[i] ^= mask[i % sizeof mask];
}

message message_in_fragments(const message *frame, size_t most)
{
	size_t at = frame->bytes[1] < 126 ? 2 : frame->bytes[1] == 126 ? 4 : 10;
	unsigned opcode = frame->bytes[0] & 0x0fu;
	message m = { 0 };
	while (frame->len - at > most) {
		add_head(&m, opcode, most, false);
		add(&m, frame->bytes + at, most);
		at += most;
		opcode = 0;
	}
	add_head(&m, LAST | opcode, frame->len - at, false);
	add(&m, frame->bytes + at, frame->len - at);
	return m;
}

static void add_filling(message *m, size_t len)
{
	static const char words[] = "the quick brown fox jumps over the lazy dog, ";
	unsigned char *at = grow(m, len);
	for (size_t i = 0; i < len; i++)
		at[i] = (unsigned char)words[i % (sizeof words - 1)];
}

/* prefix, the body as a JSON string, "]" */
static message packet(const char *prefix, size_t body)
{
	message m = { 0 };
	add_text(&m, prefix);
	add_text(&m, "\"");
	add_filling(&m, body);
	add_text(&m, "\"]");
	return m;
}

static message framed(message text, bool masked)
{
	message m = { 0 };
	message_add_frame(&m, 1, text.bytes, text.len, masked);
	free(text.bytes);
	return m;
}

static message event(const char *prefix, size_t body, bool masked)
{
	return framed(packet(prefix, body), masked);
}

static message with_attachment(size_t body, bool masked)
{
	static const char text[] = "451-[\"binary\",{\"_placeholder\":true,\"num\":0}]";
	message m = { 0 }, bytes = { 0 };
	message_add_frame(&m, 1, text, sizeof text - 1, masked);
	add_filling(&bytes, body);
	message_add_frame(&m, 2, bytes.bytes, bytes.len, masked);
	free(bytes.bytes);
	return m;
}

static messages same_both_ways(const char *prefix, size_t body)
{
	return (messages){ event(prefix, body, true), event(prefix, body, false), { 0 } };
}

static messages make(work w, size_t body)
{
	switch (w) {
	case WORK_RAW:
		return same_both_ways("42[\"raw\",", body);
	case WORK_ACK:
		return (messages){ event("427[\"ack\",", body, true), event("437[", body, false),
			{ 0 } };
	case WORK_BINARY:
		return (messages){ with_attachment(body, true), with_attachment(body, false),
			{ 0 } };
	case WORK_BROADCAST:
		return same_both_ways("42[\"broadcast\",", body);
	case WORK_RELAY:
		return same_both_ways("42[\"relay\",", body);
	case WORK_CHAT:
		return (messages){ event("429[\"say\",", body, true),
			event("42[\"say\",", body, false), { 0 } };
	case WORK_POLL:
		return (messages){ packet("42[\"echo\",", body), packet("42[\"echo\",", body),
			{ 0 } };
	default:
		return same_both_ways("42[\"echo\",", body);
	}
}

messages messages_make(work w, size_t body)
{
	messages m = make(w, body);
	message_add_frame(&m.ack, 1, "439[]", 5, false);
	return m;
}

message message_repeat(const message *m)
{
	enum { ENOUGH = 65536 };
	message many = { 0 };
	do
		add(&many, m->bytes, m->len);
	while (many.len + m->len < ENOUGH);
	return many;
}
