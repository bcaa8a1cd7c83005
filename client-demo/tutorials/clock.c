/* SPDX-License-Identifier: MIT */
/*
 * clock - what a server does by itself, every second:
 *
 *     make tutorial NAME=clock
 */
#include "tutorial.h"
#include <uv.h>

/* setInterval(() => io.emit("time", Date.now()), 1000) */
static void on_second(uv_timer_t *second)
{
	uv_timeval64_t now;
	uv_gettimeofday(&now);
	sio_broadcast(sio_of(second->data, "/"), NULL, "time",
		sio_json("[%lld]", (long long)now.tv_sec * 1000 + now.tv_usec / 1000));
}

static sio_err set_up(sio_server *io, chat_options *o)
{
	static uv_timer_t second;
	(void)o;
	second.data = io;
	uv_timer_init(sio_uv_loop(io), &second);
	uv_timer_start(&second, on_second, 0, 1000);
	return SIO_OK;
}

int main(int argc, char **argv)
{
	return tutorial(argc, argv, (sio_options){ 0 }, set_up);
}
