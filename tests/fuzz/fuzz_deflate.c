/* SPDX-License-Identifier: MIT */
/*
 * fuzz_deflate - any bytes as offers, as compressed messages, and as messages to compress.
 *
 * All of the input is a list of offers.  For the rest its first byte chooses the limit and what was
 * agreed, the second says where the first of two messages ends.
 */
#include "../../src/wire/deflate.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

enum { BLOCK = 1 << 14 }; /* more than this is never set aside at a time */

/* What was accepted is what the answer says: offered back, it is answered the same. */
static void check_offers(span offers, const pmd_options *o)
{
	static const pmd_options none = { 0 };
	pmd_params p, again;
	char answer[PMD_ANSWER_MAX], second[PMD_ANSWER_MAX];
	if (!pmd_negotiate(offers, o, &p, answer))
		return;
	MUST(pmd_offers_valid(offers));
	MUST(pmd_negotiate(span_of(answer), &none, &again, second));
	MUST(strcmp(answer, second) == 0);
	MUST(p.server_no_context_takeover == again.server_no_context_takeover);
	MUST(p.client_no_context_takeover == again.client_no_context_takeover);
	MUST(p.server_window_bits == again.server_window_bits);
	MUST(p.client_window_bits == again.client_window_bits);
	MUST(p.server_window_bits >= 8 && p.server_window_bits <= 15);
	MUST(p.client_window_bits >= 8 && p.client_window_bits <= 15);
}

static pmd_result inflate_checked(pmd *x, span in, size_t max, buf *out)
{
	pmd_result r = pmd_inflate(x, (const unsigned char *)in.at, in.len, out, max);
	MUST(buf_len(out) <= max);
	MUST(out->cap <= max + max / 2 + BLOCK);
	MUST(r == PMD_OK || (!out->data && !x->inflate));
	MUST(r != PMD_NO_MEMORY);
	return r;
}

/* What a stranger sent through the same shared state makes no difference. */
static void check_stranger(pmd *x, pmd *fresh, span message, size_t max)
{
	buf a = { 0 }, b = { 0 };
	pmd_result r = inflate_checked(fresh, message, max, &a);
	MUST(r == inflate_checked(x, message, max, &b));
	MUST(span_is(buf_span(&a), buf_span(&b)));
	buf_free(&a);
	buf_free(&b);
}

static void check_inflate(const pmd_params *p, const span messages[2], size_t max)
{
	pmd_options none = { 0 };
	pmd_shared used, unused;
	pmd x, fresh;
	buf out = { 0 };
	pmd_shared_init(&used, &none);
	pmd_shared_init(&unused, &none);
	pmd_init(&x, &used, p);
	pmd_init(&fresh, &unused, p);
	bool ok = inflate_checked(&x, messages[0], max, &out) == PMD_OK;
	buf_free(&out);
	if (p->client_no_context_takeover)
		check_stranger(&x, &fresh, messages[1], max);
	else if (ok)
		inflate_checked(&x, messages[1], max, &out);
	buf_free(&out);
	pmd_fini(&x);
	pmd_fini(&fresh);
	pmd_shared_fini(&used);
	pmd_shared_fini(&unused);
}

static void check_round_trip(pmd *server, pmd *client, span message)
{
	buf packed = { 0 }, back = { 0 };
	if (message.len == 0)
		return;
	MUST(pmd_deflate(server, message.at, message.len, &packed));
	MUST(buf_len(&packed) >= 1);
	span in = buf_span(&packed);
	MUST(inflate_checked(client, in, message.len, &back) == PMD_OK);
	MUST(span_is(message, buf_span(&back)));
	buf_free(&back);
	if (server->params.server_no_context_takeover)
		MUST(inflate_checked(client, in, message.len - 1, &back) == PMD_TOO_BIG);
	buf_free(&packed);
}

/* The peer of a server is a client, whose inflating side reads with the server's window. */
static void check_deflate(const pmd_params *p, const span messages[2], int level)
{
	pmd_options o = { .level = level, .mem_level = level };
	pmd_params mirrored = *p;
	mirrored.client_window_bits = p->server_window_bits;
	mirrored.client_no_context_takeover = p->server_no_context_takeover;
	pmd_shared shared;
	pmd server, client;
	pmd_shared_init(&shared, &o);
	pmd_init(&server, &shared, p);
	pmd_init(&client, &shared, &mirrored);
	check_round_trip(&server, &client, messages[0]);
	check_round_trip(&server, &client, messages[1]);
	pmd_heartbeat(&server);
	pmd_heartbeat(&server);
	MUST(!server.deflate);
	check_round_trip(&server, &client, messages[0]);
	pmd_fini(&server);
	pmd_fini(&client);
	pmd_shared_fini(&shared);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t limits[] = { 1 << 20, 0, 5, 100, 1000, 65536, 1 << 18, 16383 };
	static const pmd_options options[] = { { 0 },
		{ .server_max_window_bits = 10, .client_max_window_bits = 9 },
		{ .server_no_context_takeover = true, .client_no_context_takeover = true } };
	span all = { (const char *)data, size };
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		check_offers(all, &options[i]);
	if (size < 2)
		return 0;
	size_t first = data[1] < size - 2 ? data[1] : size - 2;
	uint8_t bits = (uint8_t)(15 - (data[0] >> 5));
	pmd_params p = { .client_no_context_takeover = data[0] & 8,
		.server_no_context_takeover = data[0] & 16,
		.server_window_bits = bits,
		.client_window_bits = bits };
	span messages[2] = { { all.at + 2, first }, { all.at + 2 + first, size - 2 - first } };
	check_inflate(&p, messages, limits[data[0] & 7]);
	check_deflate(&p, messages, data[1] % 10);
	return 0;
}
