/* SPDX-License-Identifier: MIT */
/* websocket_handshake - what a client must say to be let in. */
#include "deflate.h"
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

int ws_handshake_check(const http_head *head, span *key)
{
	if (head->method != HTTP_GET)
		return 405;
	if (!ws_asks_for_websocket(head))
		return 400;
	if (ws_count_fields(head, SPAN("Sec-WebSocket-Version")) > 1 ||
		ws_count_fields(head, SPAN("Sec-WebSocket-Key")) != 1)
		return 400;
	if (!span_is(http_field_find(head, SPAN("Sec-WebSocket-Version")), SPAN("13")))
		return 426;
	*key = http_field_find(head, SPAN("Sec-WebSocket-Key"));
	return ws_key_valid(*key) && ws_extensions_valid(head) ? 101 : 400;
}
