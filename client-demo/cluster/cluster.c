/* SPDX-License-Identifier: MIT */
/*
 * cluster - a chat on as many servers as one likes, which a Redis makes one.
 *
 *     make run-cluster
 *
 * Then open both addresses that are printed: what is said on one page is read on the other.
 */
#include "../tutorials/tutorial.h"
#include <sio_redis.h>

static char name[32]; /* of this server: its port */

/* socket.on("chat", (text) => io.emit("chat", name, text)): to the clients of all servers */
static void on_chat(sio_socket *k, const sio_event *ev, void *user)
{
	const char *text = cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, 0));
	(void)user;
	sio_broadcast(sio_namespace(k), NULL, "chat", sio_json("[%s, %s]", name, text));
}

static void on_counted(sio_err err, const cJSON *sockets, void *user)
{
	sio_ack *ack = user;
	(void)err; /* of servers that have not answered in time the sockets are missing */
	sio_reply(*ack, sio_json("[%d]", cJSON_GetArraySize(sockets)));
	free(ack);
}

/* socket.on("count", async (reply) => reply((await io.fetchSockets()).length)) */
static void on_count(sio_socket *k, const sio_event *ev, void *user)
{
	sio_ack *ack = malloc(sizeof *ack);
	(void)user;
	if (!ack)
		return;
	*ack = ev->ack;
	if (sio_fetch(sio_namespace(k), NULL, on_counted, ack))
		free(ack);
}

static void on_connect(sio_socket *k, void *user)
{
	(void)user;
	sio_emit(k, "welcome", sio_json("[%s]", name));
	/* io.emit("count?"): somebody has come, who is to be counted */
	sio_broadcast(sio_namespace(k), NULL, "count?", sio_json("[]"));
}

static void on_disconnect(sio_socket *k, const char *reason, void *user)
{
	(void)reason, (void)user;
	sio_broadcast(sio_namespace(k), NULL, "count?", sio_json("[]"));
}

static sio_err set_up(sio_server *io, chat_options *o)
{
	sio_ns *ns = sio_of(io, "/");
	snprintf(name, sizeof name, "%u", o->port);
	/* io.adapter(createAdapter(pubClient, subClient)) */
	sio_err err = sio_redis_adapter(
		io, &(sio_redis_options){ .url = getenv("REDIS_URL"), .wait_at_start_ms = 3000 });
	if (!err)
		err = sio_on(ns, "chat", on_chat, NULL);
	if (!err)
		err = sio_on(ns, "count", on_count, NULL);
	if (!err)
		err = sio_on_connect(ns, on_connect, NULL);
	return err ? err : sio_on_disconnect(ns, on_disconnect, NULL);
}

int main(int argc, char **argv)
{
	return tutorial(argc, argv, (sio_options){ .port = 0 }, set_up);
}
