/* SPDX-License-Identifier: MIT */
/*
 * cluster-emitter - speaks to a cluster as it is told on standard input: an order a line, as JSON,
 * each answered with a line that says what came of it.  Arguments that are { "hex": "0a0b" } are
 * binary.
 *
 * Configured by the environment: REDIS, MODE (classic, dynamic, streams), TIMEOUT, WAIT; LOOP=1: on
 * a loop of its own, which it turns until all has been sent when there are no more orders.
 */
#include "../server-cluster/order.h"
#include <sio_redis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static sio_redis_stats stats;

/* The one that may be binary. */
typedef struct binary {
	unsigned char data[256];
	sio_bytes bytes;
} binary;

static bool take_binary(binary *b, cJSON *args)
{
	cJSON *item;
	cJSON_ArrayForEach (item, args) {
		const char *hex = order_text(item, "hex");
		if (!hex)
			continue;
		b->bytes = (sio_bytes){ b->data, strlen(hex) / 2 };
		for (size_t i = 0; i < b->bytes.len && i < sizeof b->data; i++)
			sscanf(hex + 2 * i, "%2hhx", &b->data[i]);
		return cJSON_ReplaceItemViaPointer(args, item, sio_binary(0));
	}
	return false;
}

static sio_err do_emit(sio_emitter *e, const cJSON *order, sio_delivery *who)
{
	binary b;
	cJSON *args = order_args(order);
	if (take_binary(&b, args)) {
		who->binary = &b.bytes;
		who->nbinary = 1;
	}
	return sio_emitter_emit(e, order_text(order, "nsp"), who, order_text(order, "event"), args);
}

static sio_err obey(sio_emitter *e, const cJSON *order)
{
	order_names names;
	sio_delivery who = order_who(order, &names);
	const char *op = order_text(order, "op"), *nsp = order_text(order, "nsp");
	const char *room = order_text(order, "room");
	if (!op)
		return SIO_EINVAL;
	if (!strcmp(op, "emit"))
		return do_emit(e, order, &who);
	if (!strcmp(op, "server_emit"))
		return sio_emitter_server_side_emit(
			e, nsp, NULL, order_text(order, "event"), order_args(order));
	if (!strcmp(op, "join"))
		return sio_emitter_join(e, nsp, &who, room);
	if (!strcmp(op, "leave"))
		return sio_emitter_leave(e, nsp, &who, room);
	if (!strcmp(op, "disconnect"))
		return sio_emitter_disconnect(e, nsp, &who, order_says(order, "close"));
	return SIO_EINVAL;
}

static void take_orders(sio_emitter *e)
{
	static char line[1 << 20];
	while (fgets(line, sizeof line, stdin)) {
		cJSON *order = cJSON_Parse(line);
		printf("%s\n", sio_strerror(obey(e, order)));
		fflush(stdout);
		cJSON_Delete(order);
	}
}

static unsigned number(const char *name)
{
	const char *value = getenv(name);
	return value ? (unsigned)strtoul(value, NULL, 10) : 0;
}

static sio_redis_mode mode(void)
{
	const char *name = getenv("MODE");
	if (!name)
		return SIO_REDIS_CLASSIC;
	return strcmp(name, "streams") ? SIO_REDIS_DYNAMIC : SIO_REDIS_STREAMS;
}

int main(void)
{
	const sio_redis_options options = { .url = getenv("REDIS"),
		.mode = mode(),
		.timeout_ms = number("TIMEOUT"),
		.wait_at_start_ms = number("WAIT"),
		.stats = &stats };
	sio_emitter *e;
	uv_loop_t loop;
	bool looping = number("LOOP");
	if (looping)
		uv_loop_init(&loop);
	sio_err err = sio_emitter_create(&e, &options, looping ? &loop : NULL);
	if (err) {
		printf("%s\n", sio_strerror(err));
		return 1;
	}
	take_orders(e);
	while (looping && stats.queued)
		uv_run(&loop, UV_RUN_ONCE);
	sio_emitter_free(e);
	if (looping) {
		uv_run(&loop, UV_RUN_DEFAULT);
		uv_loop_close(&loop);
	}
	return 0;
}
