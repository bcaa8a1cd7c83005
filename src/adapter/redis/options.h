/* SPDX-License-Identifier: MIT */
/* options - what the application has asked for, copied and with what it left out. */
#ifndef REDIS_OPTIONS_H
#define REDIS_OPTIONS_H

#include "../../../include/sio_redis.h"
#include "target.h"

typedef struct settings {
	redis_target target;
	sio_redis_options
		given; /* its texts are not to be looked at, but for key, stream and session_key */
} settings;

/* false: the log says why.  options_fini() in any case. */
bool options_read(settings *o, const sio_redis_options *given);
void options_fini(settings *o);

void say_line(const sio_redis_options *o, sio_level level, const char *line);

#endif
