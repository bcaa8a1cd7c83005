/* SPDX-License-Identifier: MIT */
/* guest - a client of a lab that keeps the pid and the offset, to come back with them. */
#include "guest.h"
#include <stdio.h>
#include <stdlib.h>

guest guest_come(sio_server *s, const char *nsp)
{
	guest g = { 0 };
	guest_say(&g, s, nsp, "");
	return g;
}

void guest_again(guest *g, sio_server *s, const char *nsp)
{
	char auth[128];
	snprintf(auth, sizeof auth,
		g->offset[0] ? "{\"pid\":\"%%s\",\"offset\":\"%s\"}" : "{\"pid\":\"%%s\"}",
		g->offset);
	guest_say(g, s, nsp, auth);
}

void guest_say(guest *g, sio_server *s, const char *nsp, const char *auth)
{
	char text[256];
	bool named = strcmp(nsp, "/") != 0;
	int n = snprintf(text, sizeof text, "40%s%s", named ? nsp : "", named ? "," : "");
	const char *mark = strstr(auth, "%s");
	if (mark)
		snprintf(text + n, sizeof text - (size_t)n, "%.*s%s%s", (int)(mark - auth), auth,
			g->pid, mark + 2);
	else
		snprintf(text + n, sizeof text - (size_t)n, "%s", auth);
	if (s)
		g->peer = open_client(s);
	if (g->peer)
		receive(g->peer, text);
}

static void copy_value(char out[GUEST_ID], const char *text, const char *key)
{
	const char *at = strstr(text, key);
	size_t len = at ? strcspn(at + strlen(key), "\"") : 0;
	if (len >= GUEST_ID)
		abort();
	snprintf(out, GUEST_ID, "%.*s", (int)len, at ? at + strlen(key) : "");
}

static const char *read_welcome(guest *g, const char *text)
{
	char before[GUEST_ID];
	memcpy(before, g->pid, sizeof before);
	copy_value(g->sid, text, "\"sid\":\"");
	copy_value(g->pid, text, "\"pid\":\"");
	return g->pid[0] && !strcmp(before, g->pid) ? "40=" : "40";
}

/* Cuts ,"offset"] off the end. */
static void read_offset(guest *g, char *text)
{
	char *end = strrchr(text, ','), *close = strrchr(text, ']');
	if (!end || end[1] != '"' || !close || close[-1] != '"')
		return;
	copy_value(g->offset, end, ",\"");
	memcpy(end, "]", 2);
}

static void add(guest *g, const char *text)
{
	size_t len = strlen(g->text);
	int n = snprintf(g->text + len, sizeof g->text - len, "%s%s", len ? " " : "", text);
	if (n < 0 || (size_t)n >= sizeof g->text - len)
		abort();
}

static void add_binary(guest *g, bytes *b)
{
	char text[GUEST_TEXT / 4] = "<";
	for (size_t i = 0; i < b->len && i < sizeof text / 4; i++)
		sprintf(text + 1 + 2 * i, "%02x", bytes_data(b)[i]);
	strcat(text, ">");
	add(g, text);
}

static void add_text(guest *g, bytes *b)
{
	char *text = calloc(1, b->len + 1);
	if (!text)
		abort();
	memcpy(text, bytes_data(b), b->len);
	if (!strncmp(text, "40", 2)) {
		add(g, read_welcome(g, text));
	} else {
		read_offset(g, text);
		add(g, text);
	}
	free(text);
}

const char *guest_heard(guest *g)
{
	g->text[0] = '\0';
	for (size_t i = 0; i < sent_count(g->peer); i++) {
		bytes *b = sent(g->peer, i);
		if (b->binary)
			add_binary(g, b);
		else
			add_text(g, b);
	}
	forget_mail(g->peer);
	return g->text;
}
