/* SPDX-License-Identifier: MIT */
/* websocket_handshake - what a client must say to be let in. */
#include "deflate.h"
#include "http_chars.h"
#include "websocket.h"

/* A list may be spread over several fields of one name (RFC 9110 5.3). */
static bool ws_any_has_token(const http_head *head, span name, span token)
{
	for (size_t i = 0; i < head->nfields; i++)
		if (span_is_nocase(head->fields[i].name, name) &&
			http_has_token(head->fields[i].value, token))
			return true;
	return false;
}

bool ws_wanted(const http_head *head)
{
	return head->upgrade && ws_any_has_token(head, SPAN("Upgrade"), SPAN("websocket"));
}

static size_t ws_count_fields(const http_head *head, span name)
{
	size_t n = 0;
	for (size_t i = 0; i < head->nfields; i++)
		n += span_is_nocase(head->fields[i].name, name);
	return n;
}

static bool ws_base64_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/';
}

/* 16 bytes in base64: 22 characters and the padding. */
static bool ws_key_valid(span key)
{
	if (key.len != 24 || key.at[22] != '=' || key.at[23] != '=')
		return false;
	for (size_t i = 0; i < 22; i++)
		if (!ws_base64_char(key.at[i]))
			return false;
	return true;
}

/* Several fields of that name are one list, and so each of them is a list. */
static bool ws_extensions_valid(const http_head *head)
{
	for (size_t i = 0; i < head->nfields; i++)
		if (span_is_nocase(head->fields[i].name, SPAN("Sec-WebSocket-Extensions")) &&
			!pmd_offers_valid(head->fields[i].value))
			return false;
	return true;
}

static bool ws_asks_for_websocket(const http_head *head)
{
	return head->minor >= 1 && !head->chunked && head->content_length == 0 &&
	       ws_any_has_token(head, SPAN("Upgrade"), SPAN("websocket")) &&
	       ws_any_has_token(head, SPAN("Connection"), SPAN("upgrade"));
}

/* How many are looked at: each is compared with all before it. */
enum { WS_PROTOCOLS_MAX = 64 };

typedef struct ws_protocols {
	span at[WS_PROTOCOLS_MAX];
	size_t n;
} ws_protocols;

static bool ws_add_protocol(ws_protocols *all, span name)
{
	if (!name.len || !http_all_in(name, HTTP_IN_TOKEN) || all->n == WS_PROTOCOLS_MAX)
		return false;
	for (size_t i = 0; i < all->n; i++)
		if (span_is(all->at[i], name))
			return false;
	all->at[all->n++] = name;
	return true;
}

static span ws_trim(span s)
{
	while (s.len && (*s.at == ' ' || *s.at == '\t'))
		s = (span){ s.at + 1, s.len - 1 };
	while (s.len && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static bool ws_add_protocols(ws_protocols *all, span list)
{
	for (;;) {
		const char *comma = list.len ? memchr(list.at, ',', list.len) : NULL;
		size_t len = comma ? (size_t)(comma - list.at) : list.len;
		if (!ws_add_protocol(all, ws_trim((span){ list.at, len })))
			return false;
		if (!comma)
			return true;
		list = (span){ comma + 1, list.len - len - 1 };
	}
}

static bool ws_choose_protocol(const http_head *head, span *chosen)
{
	ws_protocols all;
	all.n = 0;
	for (size_t i = 0; i < head->nfields; i++)
		if (span_is_nocase(head->fields[i].name, SPAN("Sec-WebSocket-Protocol")) &&
			!ws_add_protocols(&all, head->fields[i].value))
			return false;
	*chosen = all.n ? all.at[0] : (span){ NULL, 0 };
	return true;
}

static int ws_refuse(ws_handshake *out, int status, const char *why)
{
	out->why = why;
	return status;
}

int ws_handshake_check(const http_head *head, ws_handshake *out)
{
	*out = (ws_handshake){ 0 };
	if (head->method != HTTP_GET)
		return ws_refuse(out, 405, "Invalid HTTP method");
	if (!ws_asks_for_websocket(head))
		return ws_refuse(out, 400, "Bad Request");
	if (ws_count_fields(head, SPAN("Sec-WebSocket-Version")) > 1)
		return ws_refuse(out, 400, "Missing or invalid Sec-WebSocket-Version header");
	if (!span_is(http_field_find(head, SPAN("Sec-WebSocket-Version")), SPAN("13")))
		return ws_refuse(out, 426, "Missing or invalid Sec-WebSocket-Version header");
	out->key = http_field_find(head, SPAN("Sec-WebSocket-Key"));
	if (ws_count_fields(head, SPAN("Sec-WebSocket-Key")) != 1 || !ws_key_valid(out->key))
		return ws_refuse(out, 400, "Missing or invalid Sec-WebSocket-Key header");
	if (!ws_choose_protocol(head, &out->protocol))
		return ws_refuse(out, 400, "Invalid Sec-WebSocket-Protocol header");
	if (!ws_extensions_valid(head))
		return ws_refuse(
			out, 400, "Invalid or unacceptable Sec-WebSocket-Extensions header");
	return 101;
}
