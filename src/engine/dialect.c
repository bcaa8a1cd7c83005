/* SPDX-License-Identifier: MIT */
/* dialect - the tables of the versions of Engine.IO that are spoken. */
#include "dialect.h"
#include "packet3.h"

static bytes *as_it_is(bytes *b)
{
	return b;
}

/* ---- Version 4 ---- */

static const payload_form payload4 = { payload4_read, payload4_write, payload4_size };

static const dialect version4 = {
	.version = 4,
	.server_pings = true,
	.base64 = &version4,
	.text = &payload4,
	.frame_read = frame4_read,
	.dress = as_it_is,
	.noop = { "6", 1 },
	.bye = { "1", 1 },
	.noop_bye = { "6\x1e"
		      "1",
		3 },
};

/* ---- Version 3 ---- */

static const payload_form payload3_text = { payload3_read, payload3_write, payload3_size };
static const payload_form payload3_binary = { payload3_binary_read, payload3_binary_write,
	payload3_size };

/* A block that was dressed as base64 is text, so no payload to such a client is binary. */
static const dialect version3_base64 = {
	.version = 3,
	.old = true,
	.base64 = &version3_base64,
	.text = &payload3_text,
	.binary = &payload3_binary,
	.frame_read = frame3_read,
	.dress = dress3_base64,
	.noop = { "1:6", 3 },
	.bye = { "1:1", 3 },
	.noop_bye = { "1:61:1", 6 },
};

static const dialect version3 = {
	.version = 3,
	.old = true,
	.base64 = &version3_base64,
	.text = &payload3_text,
	.binary = &payload3_binary,
	.frame_read = frame3_read,
	.dress = dress3,
	.noop = { "1:6", 3 },
	.bye = { "1:1", 3 },
	.noop_bye = { "1:61:1", 6 },
};

const dialect *dialect_for(span eio)
{
	if (span_is(eio, SPAN("4")))
		return &version4;
	return span_is(eio, SPAN("3")) ? &version3 : NULL;
}
