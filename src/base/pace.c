/* SPDX-License-Identifier: MIT */
/* pace - so much in a second. */
#include "pace.h"

static const uint64_t MS = 1000000, SECOND = 1000000000;

/* How long it takes to come.  More than 2^31 at once count as that many, so that no sum of times
 * overflows. */
static uint64_t span_of(size_t per_second, size_t n)
{
	uint64_t many = n < 1u << 31 ? n : 1u << 31;
	return many * SECOND / per_second;
}

uint64_t pace_wait(const pace *p, uint64_t now_ms, size_t per_second)
{
	uint64_t now = now_ms * MS;
	uint64_t after = (p->due < now ? now : p->due) + span_of(per_second, 1);
	return after <= now + SECOND ? 0 : (after - now - SECOND + MS - 1) / MS;
}

void pace_take(pace *p, uint64_t now_ms, size_t per_second, size_t n)
{
	uint64_t now = now_ms * MS;
	if (p->due < now)
		p->due = now;
	p->due += span_of(per_second, n);
}
