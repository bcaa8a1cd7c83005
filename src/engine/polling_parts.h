/* SPDX-License-Identifier: MIT */
/* polling_parts - what the files of long-polling share. */
#ifndef ENGINE_POLLING_PARTS_H
#define ENGINE_POLLING_PARTS_H

#include "polling.h"

/* An exchange is forgotten before it is answered: what answering leads to may bring the next one.
 */
static inline void polling_answer(exchange **slot, int status, answer_type type, bytes *body)
{
	exchange *x = *slot;
	*slot = NULL;
	x->polling = NULL;
	x->ops->answer(x, status, type, body);
}

static inline void polling_drop(exchange **slot)
{
	exchange *x = *slot;
	*slot = NULL;
	x->polling = NULL;
	x->ops->drop(x);
}

/* One that takes no slot. */
static inline void polling_refuse(exchange *x, int status)
{
	x->polling = NULL;
	x->ops->answer(x, status, ANSWER_EMPTY, NULL);
}

/* ---- polling_post.c ---- */

void polling_drop_half_post(polling *p);
/* Goes on with what came too fast, and answers its POST. */
void polling_take_rest(polling *p);
void polling_forget_rest(polling *p);

#endif
