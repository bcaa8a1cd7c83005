/* SPDX-License-Identifier: MIT */
/* deflate_offer - what of permessage-deflate is agreed with a client: its offers and our answer. */
#include "deflate.h"
#include "http_chars.h"
#include <stdio.h>
#include <string.h>

/* ---- Offers ---- */

static const char extension_name[] = "permessage-deflate";

enum { SERVER_NO_CONTEXT, CLIENT_NO_CONTEXT, SERVER_BITS, CLIENT_BITS, PARAM_KINDS };

static const char *const param_names[PARAM_KINDS] = { "server_no_context_takeover",
	"client_no_context_takeover", "server_max_window_bits", "client_max_window_bits" };

typedef struct pmd_param {
	span name;
	bool has_value;
	char value[3]; /* its first characters; no good value is longer than two */
	size_t value_len;
} pmd_param;

/* The parameters of one offer by their kinds. */
typedef struct pmd_offer {
	bool has[PARAM_KINDS];
	int bits[PARAM_KINDS]; /* 0: without a value */
} pmd_offer;

typedef enum pmd_verdict { OFFER_GOOD, OFFER_DECLINED, OFFER_MALFORMED } pmd_verdict;

static bool is_token(span s)
{
	return s.len > 0 && http_all_in(s, HTTP_IN_TOKEN);
}

/* Cuts the first part off "a; b; c=d"; a semicolon at the end is followed by an empty part. */
static bool next_part(span *rest, span *part)
{
	if (!rest->at)
		return false;
	const char *mark = memchr(rest->at, ';', rest->len);
	size_t len = mark ? (size_t)(mark - rest->at) : rest->len;
	*part = http_trim((span){ rest->at, len });
	*rest = mark ? (span){ mark + 1, rest->len - len - 1 } : (span){ NULL, 0 };
	return true;
}

static bool add_to_value(pmd_param *p, char c)
{
	if (p->value_len < sizeof p->value)
		p->value[p->value_len] = c;
	p->value_len++;
	return http_char_in(c, HTTP_IN_TOKEN);
}

/* What stands between quotes is a token too, once its backslashes are gone (RFC 6455, 9.1): hence
 * no comma or semicolon is ever quoted, and lists may be cut without looking for quotes. */
static bool read_value(pmd_param *p, span text)
{
	bool quoted = text.len >= 2 && text.at[0] == '"' && text.at[text.len - 1] == '"';
	if (quoted)
		text = (span){ text.at + 1, text.len - 2 };
	for (size_t i = 0; i < text.len; i++) {
		if (quoted && text.at[i] == '\\' && ++i == text.len)
			return false;
		if (!add_to_value(p, text.at[i]))
			return false;
	}
	return p->value_len > 0;
}

static bool read_param(pmd_param *p, span part)
{
	const char *mark = part.len > 0 ? memchr(part.at, '=', part.len) : NULL;
	size_t len = mark ? (size_t)(mark - part.at) : part.len;
	*p = (pmd_param){ .name = { part.at, len }, .has_value = mark != NULL };
	if (!is_token(p->name))
		return false;
	return !mark || read_value(p, (span){ mark + 1, part.len - len - 1 });
}

/* 8..15, written without a leading zero; 0: anything else. */
static int read_bits(const pmd_param *p)
{
	const char *v = p->value;
	if (p->value_len == 1 && (v[0] == '8' || v[0] == '9'))
		return v[0] - '0';
	if (p->value_len == 2 && v[0] == '1' && v[1] >= '0' && v[1] <= '5')
		return 10 + v[1] - '0';
	return 0;
}

/* The kind of a parameter, or PARAM_KINDS. */
static size_t kind_of(span name)
{
	size_t kind = 0;
	while (kind < PARAM_KINDS && !span_is(name, span_of(param_names[kind])))
		kind++;
	return kind;
}

/* false: no offer with this parameter can be accepted. */
static bool take_param(pmd_offer *offer, const pmd_param *p)
{
	size_t kind = kind_of(p->name);
	if (kind == PARAM_KINDS || offer->has[kind])
		return false;
	offer->has[kind] = true;
	if (!p->has_value)
		return kind != SERVER_BITS;
	offer->bits[kind] = read_bits(p);
	return (kind == SERVER_BITS || kind == CLIENT_BITS) && offer->bits[kind] > 0;
}

/* The whole item is read even when it is declined early, for its form. */
static pmd_verdict read_offer(span item, pmd_offer *offer)
{
	span name, part;
	pmd_param param;
	*offer = (pmd_offer){ 0 };
	next_part(&item, &name);
	if (!is_token(name))
		return OFFER_MALFORMED;
	bool good = span_is(name, span_of(extension_name));
	while (next_part(&item, &part)) {
		if (!read_param(&param, part))
			return OFFER_MALFORMED;
		good = good && take_param(offer, &param);
	}
	return good ? OFFER_GOOD : OFFER_DECLINED;
}

bool pmd_offers_valid(span offers)
{
	span item;
	pmd_offer offer;
	while (http_list_next(&offers, &item))
		if (item.len > 0 && read_offer(item, &offer) == OFFER_MALFORMED)
			return false;
	return true;
}

/* ---- Answers ---- */

/* The smaller of two numbers of window bits, of which 0 says nothing; 0: neither says anything. */
static int smaller_bits(int offered, int limit)
{
	int bits = limit <= 0 ? 0 : limit < 8 ? 8 : limit > 15 ? 15 : limit;
	return offered > 0 && (bits == 0 || offered < bits) ? offered : bits;
}

static void write_bits(char *answer, size_t kind, int bits)
{
	size_t len = strlen(answer);
	if (bits > 0)
		snprintf(answer + len, PMD_ANSWER_MAX - len, "; %s=%d", param_names[kind], bits);
}

static void write_flag(char *answer, size_t kind, bool set)
{
	size_t len = strlen(answer);
	if (set)
		snprintf(answer + len, PMD_ANSWER_MAX - len, "; %s", param_names[kind]);
}

/* false: the client cannot be held to the limit that we want. */
static bool accept_offer(
	const pmd_offer *offer, const pmd_options *o, pmd_params *p, char answer[PMD_ANSWER_MAX])
{
	if (o->client_max_window_bits > 0 && !offer->has[CLIENT_BITS])
		return false;
	int server_bits = smaller_bits(offer->bits[SERVER_BITS], o->server_max_window_bits);
	int client_bits = smaller_bits(offer->bits[CLIENT_BITS], o->client_max_window_bits);
	p->server_no_context_takeover =
		o->server_no_context_takeover || offer->has[SERVER_NO_CONTEXT];
	p->client_no_context_takeover =
		o->client_no_context_takeover || offer->has[CLIENT_NO_CONTEXT];
	p->server_window_bits = (uint8_t)(server_bits > 0 ? server_bits : 15);
	p->client_window_bits = (uint8_t)(client_bits > 0 ? client_bits : 15);
	snprintf(answer, PMD_ANSWER_MAX, "%s", extension_name);
	write_flag(answer, SERVER_NO_CONTEXT, p->server_no_context_takeover);
	write_flag(answer, CLIENT_NO_CONTEXT, p->client_no_context_takeover);
	write_bits(answer, SERVER_BITS, server_bits);
	write_bits(answer, CLIENT_BITS, client_bits);
	return true;
}

bool pmd_negotiate(span offers, const pmd_options *o, pmd_params *p, char answer[PMD_ANSWER_MAX])
{
	span item;
	pmd_offer offer;
	if (!pmd_offers_valid(offers))
		return false;
	while (http_list_next(&offers, &item))
		if (item.len > 0 && read_offer(item, &offer) == OFFER_GOOD &&
			accept_offer(&offer, o, p, answer))
			return true;
	return false;
}
