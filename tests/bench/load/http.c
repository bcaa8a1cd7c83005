/* SPDX-License-Identifier: MIT */
/* http - a client that polls, over one kept connection: a POST with an event, a GET that fetches
 * the answer. */
#include "load.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fields as browsers send them. */
#define FIELDS                                                                                     \
	"Host: 127.0.0.1:3000\r\nConnection: keep-alive\r\nAccept: */*\r\n"                        \
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n"                       \
	"Accept-Language: en\r\n"

static void get(client *c)
{
	char head[512];
	int n = snprintf(head, sizeof head,
		"GET /socket.io/?EIO=4&transport=polling%s%s HTTP/1.1\r\n" FIELDS "\r\n",
		c->sid[0] ? "&sid=" : "", c->sid);
	c->posted = true;
	client_send_text(c, head, (size_t)n);
}

static void post(client *c, const void *body, size_t len)
{
	static const char pong[] = "3\x1e";
	char text[TEXT_MAX];
	size_t before = c->pinged ? sizeof pong - 1 : 0;
	int n = snprintf(text, sizeof text,
		"POST /socket.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\n" FIELDS
		"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n\r\n",
		c->sid, before + len);
	if ((size_t)n + before + len > sizeof text)
		die("too long a body for a POST");
	memcpy(text + n, pong, before);
	memcpy(text + n + before, body, len);
	c->posted = c->pinged = false;
	client_send_text(c, text, (size_t)n + before + len);
}

void http_begin(client *c)
{
	get(c);
}

void http_request(client *c)
{
	post(c, said.request.bytes, said.request.len);
}

static bool body_is(const char *body, size_t len, const void *wanted, size_t wanted_len)
{
	return len == wanted_len && memcmp(body, wanted, len) == 0;
}

/* Takes a ping out of a payload; it is answered before what is posted next. */
static const char *without_ping(client *c, const char *body, size_t *len)
{
	size_t n = *len;
	if (n >= 2 && !strncmp(body, "2\x1e", 2)) {
		c->pinged = true;
		*len = n - 2;
		return body + 2;
	}
	if (n >= 2 && body[n - 2] == '\x1e' && body[n - 1] == '2') {
		c->pinged = true;
		*len = n - 2;
	}
	return body;
}

static void answered(client *c, const char *body, size_t len)
{
	const char *sid = strstr(body, "\"sid\":\"");
	if (c->posted)
		body = without_ping(c, body, &len);
	if (c->state == READY && c->posted &&
		body_is(body, len, said.request.bytes, said.request.len)) {
		work_answered(c, DELIVERY);
	} else if (!c->posted && len == 2 && !strncasecmp(body, "ok", 2)) {
		get(c);
	} else if (c->state == OPENING && sid && body[0] == '0') {
		snprintf(c->sid, sizeof c->sid, "%.*s", (int)strcspn(sid + 7, "\""), sid + 7);
		c->state = ENTERING;
		post(c, "40", 2);
	} else if (c->state == ENTERING && c->posted && !strncmp(body, "40", 2)) {
		c->state = READY;
		clients_ready++;
		work_ready(c);
	} else if (c->posted && body_is(body, len, "2", 1)) {
		post(c, "3", 1);
	} else {
		die("a poll was answered with %.*s", (int)len, body);
	}
}

/* One chunk, and the end: what lies in it, or NULL as long as it is not whole. */
static const char *body_of_chunk(const char *at, size_t *len)
{
	static const char last[] = "\r\n0\r\n\r\n";
	char *end;
	*len = strtoul(at, &end, 16);
	if (strlen(end) < 2 + *len + sizeof last - 1)
		return NULL;
	if (strcmp(end + 2 + *len, last) != 0)
		die("an answer in several chunks: %s", at);
	return end + 2;
}

/* NULL as long as it is not whole. */
static const char *body_of(const char *text, size_t *len)
{
	const char *field = strcasestr(text, "\r\nContent-Length: ");
	const char *chunked = strcasestr(text, "\r\nTransfer-Encoding: chunked");
	const char *end = strstr(text, "\r\n\r\n");
	if (!end)
		return NULL;
	if (!strncmp(text, "HTTP/1.1 200", 12) && chunked && chunked < end + 2)
		return body_of_chunk(end + 4, len);
	if (strncmp(text, "HTTP/1.1 200", 12) != 0 || !field || field > end)
		die("a poll was refused: %s", text);
	*len = strtoul(field + 18, NULL, 10);
	return strlen(end + 4) < *len ? NULL : end + 4;
}

void http_input(client *c, const unsigned char *data, size_t len)
{
	if (c->text_len + len >= TEXT_MAX)
		die("too long an answer");
	memcpy(c->text + c->text_len, data, len);
	c->text_len += len;
	c->text[c->text_len] = '\0';
	const char *body = body_of((char *)c->text, &len);
	if (!body)
		return;
	c->text_len = 0;
	answered(c, body, len);
}
