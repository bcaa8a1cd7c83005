/* SPDX-License-Identifier: MIT */
/* args - events sent on as they came, attachments and all. */
#include "apps.h"

cJSON *args_from(const sio_event *ev, int n)
{
	cJSON *args = cJSON_Duplicate(ev->args, true);
	while (args && n-- > 0)
		cJSON_DeleteItemFromArray(args, 0);
	return args;
}

sio_delivery with_binary(const sio_event *ev)
{
	return (sio_delivery){ .binary = ev->binary, .nbinary = ev->nbinary };
}

void emit_back(sio_socket *k, const sio_event *ev, const char *name, int n)
{
	sio_delivery how = with_binary(ev);
	sio_emit_with(k, &how, name, args_from(ev, n));
}

void reply_all(const sio_event *ev)
{
	sio_reply_with(ev->ack, ev->binary, ev->nbinary, args_from(ev, 0));
}
