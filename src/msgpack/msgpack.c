/* SPDX-License-Identifier: MIT */
/* msgpack - the parser that applications name in their options. */
#include "../../include/sio_msgpack.h"
#include "packet.h"

const sio_parser *sio_msgpack_parser(void)
{
	static const sio_parser parser = { .encode = packed_write, .decode = packed_read };
	return &parser;
}
