/* SPDX-License-Identifier: MIT */
/* dialect - the tables of the versions of Engine.IO that are spoken. */
#include "dialect.h"

static const dialect version4 = {
	.version = 4,
	.server_pings = true,
	.payload_read = payload4_read,
	.payload_write = payload4_write,
	.payload_size = payload4_size,
};

const dialect *dialect_for(span eio)
{
	return span_is(eio, SPAN("4")) ? &version4 : NULL;
}
