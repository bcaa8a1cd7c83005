/* SPDX-License-Identifier: MIT */
/* histogram - 32 buckets for each power of two. */
#include "load.h"

static unsigned bucket_of(uint64_t ns)
{
	if (ns < 64)
		return (unsigned)ns;
	unsigned shift = 63 - (unsigned)__builtin_clzll(ns) - 5;
	unsigned at = shift * 32 + (unsigned)(ns >> shift);
	return at < BUCKETS ? at : BUCKETS - 1;
}

static uint64_t middle_of(unsigned bucket)
{
	if (bucket < 64)
		return bucket;
	unsigned shift = bucket / 32 - 1;
	uint64_t first = (uint64_t)(bucket % 32 + 32) << shift;
	return first + (UINT64_C(1) << shift) / 2;
}

void histogram_add(histogram *h, uint64_t ns)
{
	h->count++;
	h->at[bucket_of(ns)]++;
	if (ns > h->most)
		h->most = ns;
}

uint64_t histogram_quantile(const histogram *h, double q)
{
	uint64_t wanted = (uint64_t)(q * (double)h->count), seen = 0;
	for (unsigned i = 0; i < BUCKETS; i++) {
		seen += h->at[i];
		if (seen > wanted)
			return middle_of(i) < h->most ? middle_of(i) : h->most;
	}
	return h->most;
}
