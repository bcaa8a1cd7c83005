/* SPDX-License-Identifier: MIT */
/* suite - the application that the official Socket.IO protocol suite expects. */
#include "apps.h"

static void send_auth(sio_socket *k, void *user)
{
	(void)user;
	const cJSON *auth = sio_auth(k);
	cJSON *copy = auth ? cJSON_Duplicate(auth, true) : cJSON_CreateObject();
	sio_emit(k, "auth", sio_json("[%p]", copy));
}

static void on_message(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	emit_back(k, ev, "message-back", 0);
}

static void on_message_with_ack(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	reply_all(ev);
}

static void on_suite_answer(sio_socket *k, const sio_event *answer, void *user)
{
	(void)user;
	emit_back(k, answer, "emit-with-ack", 0);
}

static void ignore_end(sio_err err, const cJSON *args, void *user)
{
	(void)err;
	(void)args;
	(void)user;
}

static void on_emit_with_ack(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_delivery how = with_binary(ev);
	how.on_ack = ignore_end;
	how.on_answer = on_suite_answer;
	sio_emit_with(k, &how, "emit-with-ack", args_from(ev, 0));
}

void set_up_suite(sio_server *io)
{
	sio_on_connect(sio_of(io, "/"), send_auth, NULL);
	sio_on_connect(sio_of(io, "/custom"), send_auth, NULL);
	sio_on(sio_of(io, "/"), "message", on_message, NULL);
	sio_on(sio_of(io, "/"), "message-with-ack", on_message_with_ack, NULL);
	sio_on(sio_of(io, "/"), "emit-with-ack", on_emit_with_ack, NULL);
}
