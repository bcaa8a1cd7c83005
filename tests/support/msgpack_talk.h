/* SPDX-License-Identifier: MIT */
/* msgpack_talk - packets in MessagePack, written in hex and read as text. */
#ifndef TESTS_MSGPACK_TALK_H
#define TESTS_MSGPACK_TALK_H

#include "../../include/sio_msgpack.h"
#include "lab.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TALK_MAX = 64 * 1024 };

/* An EVENT in "/" up to its one argument. */
#define ARGUMENT "83a47479706502a36e7370a12fa46461746191"

static inline size_t from_hex(unsigned char *out, const char *hex)
{
	size_t n = 0;
	unsigned byte;
	for (; hex[0] && hex[1]; hex += 2) {
		ck_assert_int_eq(sscanf(hex, "%2x", &byte), 1);
		out[n++] = (unsigned char)byte;
	}
	return n;
}

static inline void add_hex(char *to, sio_bytes b)
{
	to += strlen(to);
	for (size_t i = 0; i < b.len; i++)
		to += sprintf(to, "%02x", ((const unsigned char *)b.data)[i]);
}

static inline void packet_free(sio_packet *p)
{
	for (size_t i = 0; i < p->nbinary; i++)
		free((void *)(uintptr_t)p->binary[i].data);
	free(p->binary);
	free(p->nsp);
	cJSON_Delete(p->data);
}

/* From an allocation of its own size, so that a sanitizer sees who reads on. */
static inline bool decoded(const void *data, size_t len, sio_packet *p)
{
	unsigned char *copy = malloc(len + !len);
	if (len)
		memcpy(copy, data, len);
	bool good = sio_msgpack_parser()->decode((sio_bytes){ copy, len }, p);
	free(copy);
	return good;
}

/* "2/ 7 [1] <0102>": type, namespace, id and data, and each attachment; "refused".  Valid until the
 * next call. */
static inline const char *packet_of(const char *hex)
{
	static unsigned char message[TALK_MAX];
	static char text[TALK_MAX];
	sio_packet p = { 0 };
	if (!decoded(message, from_hex(message, hex), &p))
		return "refused";
	int n = sprintf(text, "%u%s", p.type, p.nsp);
	if (p.has_id)
		n += sprintf(text + n, " %llu", (unsigned long long)p.id);
	if (p.data)
		n += sprintf(text + n, " %s", text_of(p.data));
	for (size_t i = 0; i < p.nbinary; i++) {
		strcat(text, " <");
		add_hex(text, p.binary[i]);
		strcat(text, ">");
	}
	packet_free(&p);
	return text;
}

/* What an event's one argument arrives as, between the brackets, and its attachments. */
static inline const char *value_of(const char *hex)
{
	static char all[TALK_MAX];
	snprintf(all, sizeof all, ARGUMENT "%s", hex);
	const char *text = packet_of(all);
	return strncmp(text, "2/ ", 3) ? text : text + 3;
}

/* The bytes of an event with this one argument, behind those of ARGUMENT. */
static inline const char *bytes_of_tree(cJSON *argument, const sio_bytes *binary, size_t nbinary)
{
	static char hex[2 * TALK_MAX];
	static const char front[] = "83a474797065"
				    "02a46461746191";
	cJSON *data = cJSON_CreateArray();
	cJSON_AddItemToArray(data, argument);
	sio_packet p = { .type = 2, .nsp = (char[]){ "/" }, .data = data, .nbinary = nbinary };
	p.binary = (sio_bytes *)(uintptr_t)binary;
	sio_bytes message = sio_msgpack_parser()->encode(&p);
	cJSON_Delete(data);
	ck_assert_ptr_nonnull(message.data);
	hex[0] = '\0';
	add_hex(hex, message);
	free((void *)(uintptr_t)message.data);
	ck_assert(!strncmp(hex, front, strlen(front)));
	size_t len = strlen(hex);
	ck_assert_str_eq(hex + len - 12, "a36e7370a12f");
	hex[len - 12] = '\0';
	return hex + strlen(front);
}

#endif
