/* SPDX-License-Identifier: MIT */
/* lab_notes - what the peers of a lab were sent, and what the application saw, as texts. */
#include "../../src/socketio/json.h"
#include "lab.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Mail ---- */

size_t sent_count(const peer *p)
{
	return p->nmail;
}

bytes *sent(const peer *p, size_t i)
{
	return i < p->nmail ? p->mail[i] : NULL;
}

void forget_mail(peer *p)
{
	for (size_t i = 0; i < p->nmail; i++)
		bytes_unref(p->mail[i]);
	p->nmail = 0;
}

typedef struct writer {
	char *at;
	size_t len;
} writer;

static void put(writer *w, const char *text, size_t len)
{
	if (w->len + len + 1 > LAB_TEXT)
		abort();
	memcpy(w->at + w->len, text, len);
	w->len += len;
	w->at[w->len] = '\0';
}

static void put_hex(writer *w, bytes *b)
{
	char two[3];
	put(w, "<", 1);
	for (size_t i = 0; i < b->len; i++) {
		snprintf(two, sizeof two, "%02x", bytes_data(b)[i]);
		put(w, two, 2);
	}
	put(w, ">", 1);
}

static void put_text(writer *w, bytes *b, bool exactly)
{
	static const char key[] = "{\"sid\":\"";
	const char *text = (const char *)bytes_data(b);
	const char *at = memmem(text, b->len, key, sizeof key - 1);
	size_t front = at ? (size_t)(at - text) + sizeof key - 1 : 0;
	if (exactly || !at || front + ID_LEN > b->len) {
		put(w, text, b->len);
		return;
	}
	put(w, text, front);
	put(w, "*", 1);
	put(w, text + front + ID_LEN, b->len - front - ID_LEN);
}

static const char *tell(peer *p, bool exactly)
{
	writer w = { p->lab->heard, 0 };
	put(&w, "", 0);
	for (size_t i = 0; i < p->nmail; i++) {
		if (i)
			put(&w, " ", 1);
		if (p->mail[i]->binary)
			put_hex(&w, p->mail[i]);
		else
			put_text(&w, p->mail[i], exactly);
	}
	forget_mail(p);
	return w.at;
}

const char *heard(peer *p)
{
	return tell(p, false);
}

const char *heard_exactly(peer *p)
{
	return tell(p, true);
}

/* ---- The journal ---- */

void note(sio_server *s, const char *format, ...)
{
	va_list args;
	size_t left = LAB_TEXT - s->journal_len;
	va_start(args, format);
	int len = snprintf(s->journal + s->journal_len, left, "%s", s->journal_len ? " " : "");
	len += vsnprintf(s->journal + s->journal_len + len, left - (size_t)len, format, args);
	va_end(args);
	if ((size_t)len >= left)
		abort();
	s->journal_len += (size_t)len;
}

const char *journal(sio_server *s)
{
	s->journal[s->journal_len] = '\0';
	s->journal_len = 0;
	return s->journal;
}

const char *text_of(const cJSON *tree)
{
	static char text[LAB_TEXT];
	buf out = { 0 };
	bool printed = tree && json_print(&out, tree) && buf_len(&out) < sizeof text;
	snprintf(text, sizeof text, "%.*s", printed ? (int)buf_len(&out) : 0,
		printed ? (const char *)buf_data(&out) : "");
	buf_free(&out);
	return text;
}

static sio_server *server_of(const sio_socket *k)
{
	return sio_ns_server(sio_namespace(k));
}

static const char *name_of(const void *user)
{
	return user ? user : "";
}

void note_connect(sio_socket *k, void *user)
{
	note(server_of(k), "%sconnect:%s", name_of(user), sio_ns_name(sio_namespace(k)));
}

void note_left(sio_socket *k, const char *reason, void *user)
{
	note(server_of(k), "%sleft:%s:%s", name_of(user), sio_ns_name(sio_namespace(k)), reason);
}

void note_event(sio_socket *k, const sio_event *ev, void *user)
{
	note(server_of(k), "%s%s%s", name_of(user), ev->name, text_of(ev->args));
}

void note_answer(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	note(ev->ack.server, "answer%s", text_of(ev->args));
}

void note_ack(sio_err err, const cJSON *args, void *user)
{
	static const char *const names[] = {
#define NAME(name, text) #name,
		SIO_ERRORS(NAME)
#undef NAME
	};
	note(user, "ack:%s%s", names[err], text_of(args));
}

void echo_event(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	cJSON *args = cJSON_Duplicate(ev->args, true);
	sio_reply_with(ev->ack, ev->binary, ev->nbinary, args);
}
