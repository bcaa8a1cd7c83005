/* SPDX-License-Identifier: MIT */
/* The opening handshake of WebSocket. */
#include "../../src/wire/websocket.h"
#include "../support/unit.h"
#include <stdio.h>
#include <strings.h>

#define KEY "AAECAwQFBgcICQoLDA0ODw=="

static void add_field(http_head *head, const char *name, const char *value)
{
	head->fields[head->nfields++] = (http_field){ span_of(name), span_of(value) };
}

/* A request without the field `leave_out`, which may be NULL. */
static http_head request_without(const char *leave_out)
{
	static const char *const fields[][2] = { { "Host", "localhost" },
		{ "Upgrade", "websocket" }, { "Connection", "Upgrade" },
		{ "Sec-WebSocket-Key", KEY }, { "Sec-WebSocket-Version", "13" } };
	http_head head = { .method = HTTP_GET, .minor = 1, .upgrade = true };
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (!leave_out || strcasecmp(fields[i][0], leave_out) != 0)
			add_field(&head, fields[i][0], fields[i][1]);
	return head;
}

static int status_of(const http_head *head)
{
	ws_handshake asked;
	return ws_handshake_check(head, &asked);
}

/* The answer to a good request but for this field. */
static int status_with(const char *name, const char *value)
{
	http_head head = request_without(name);
	add_field(&head, name, value);
	return status_of(&head);
}

static int status_without(const char *name)
{
	http_head head = request_without(name);
	return status_of(&head);
}

/* The answer to a good request with one more field. */
static int status_and(const char *name, const char *value)
{
	http_head head = request_without(NULL);
	add_field(&head, name, value);
	return status_of(&head);
}

START_TEST(a_good_request_gives_its_key)
{
	http_head head = request_without(NULL);
	ws_handshake asked;
	ck_assert_int_eq(ws_handshake_check(&head, &asked), 101);
	ck_assert(span_is(asked.key, SPAN(KEY)));
	ck_assert_ptr_null(asked.protocol.at);
}
END_TEST

static bool chosen_is(const char *offered, const char *also, const char *chosen)
{
	ws_handshake asked;
	http_head head = request_without(NULL);
	add_field(&head, "Sec-WebSocket-Protocol", offered);
	if (also)
		add_field(&head, "sec-websocket-protocol", also);
	return ws_handshake_check(&head, &asked) == 101 && span_is(asked.protocol, span_of(chosen));
}

START_TEST(of_subprotocols_the_first_is_chosen)
{
	ck_assert(chosen_is("chat", NULL, "chat"));
	ck_assert(chosen_is(" chat ,\tsuperchat", NULL, "chat"));
	ck_assert(chosen_is("v1.chat", "b", "v1.chat"));
}
END_TEST

START_TEST(subprotocols_are_different_tokens)
{
	char many[3 * 65 + 1] = "";
	const char *bad[] = { "", ",", "chat,", "a b", "a,,b", "chat, chat", "\"chat\"", "a;b" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(status_and("Sec-WebSocket-Protocol", bad[i]) == 400, "%s", bad[i]);
	for (int i = 0; i < 64; i++)
		sprintf(many + strlen(many), "%s%c%c", i ? "," : "", 'a' + i / 26, 'a' + i % 26);
	ck_assert_int_eq(status_and("Sec-WebSocket-Protocol", many), 101);
	strcat(many, ",z");
	ck_assert_int_eq(status_and("Sec-WebSocket-Protocol", many), 400);
}
END_TEST

START_TEST(a_refusal_says_why)
{
	ws_handshake asked;
	http_head head = request_without("Sec-WebSocket-Key");
	ws_handshake_check(&head, &asked);
	ck_assert_str_eq(asked.why, "Missing or invalid Sec-WebSocket-Key header");
	head = request_without("Sec-WebSocket-Version");
	ws_handshake_check(&head, &asked);
	ck_assert_str_eq(asked.why, "Missing or invalid Sec-WebSocket-Version header");
	head.method = HTTP_POST;
	ws_handshake_check(&head, &asked);
	ck_assert_str_eq(asked.why, "Invalid HTTP method");
}
END_TEST

/* websocket.md 42: GET alone opens. */
START_TEST(other_methods_are_answered_with_405)
{
	http_head head = request_without(NULL);
	for (http_method method = HTTP_HEAD; method <= HTTP_OTHER; method++) {
		head.method = method;
		ck_assert_int_eq(status_of(&head), 405);
	}
}
END_TEST

/* websocket.md 43: HTTP/1.1 at least. */
START_TEST(http_1_0_cannot_upgrade)
{
	http_head head = request_without(NULL);
	head.minor = 0;
	ck_assert_int_eq(status_of(&head), 400);
}
END_TEST

/* websocket.md 44: the tokens, in any case and among others. */
START_TEST(the_tokens_may_be_in_any_case_and_among_others)
{
	ck_assert_int_eq(status_with("Upgrade", "WebSocket"), 101);
	ck_assert_int_eq(status_with("Upgrade", "h2c, WEBSOCKET"), 101);
	ck_assert_int_eq(status_with("Connection", "keep-alive, upgrade"), 101);
	ck_assert_int_eq(status_and("connection", "keep-alive"), 101);
	http_head head = request_without("Connection");
	add_field(&head, "Connection", "keep-alive");
	add_field(&head, "connection", "Upgrade");
	ck_assert_int_eq(status_of(&head), 101);
}
END_TEST

/* websocket.md 44: without one of them nobody asked for a WebSocket. */
START_TEST(a_request_without_the_tokens_is_refused)
{
	ck_assert_int_eq(status_without("Upgrade"), 400);
	ck_assert_int_eq(status_without("Connection"), 400);
	ck_assert_int_eq(status_with("Upgrade", "h2c"), 400);
	ck_assert_int_eq(status_with("Upgrade", ""), 400);
	ck_assert_int_eq(status_with("Upgrade", "websockets"), 400);
	ck_assert_int_eq(status_with("Upgrade", "web socket"), 400);
	ck_assert_int_eq(status_with("Connection", "keep-alive"), 400);
	ck_assert_int_eq(status_with("Connection", "upgraded"), 400);
}
END_TEST

/* websocket.md 45: 16 bytes in base64 have one shape; whether it ends in zero bits is not asked. */
START_TEST(a_key_of_16_bytes_is_taken)
{
	ck_assert_int_eq(status_with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), 101);
	ck_assert_int_eq(status_with("sec-websocket-key", "++++++++++//////////99=="), 101);
	ck_assert_int_eq(status_with("Sec-WebSocket-Key", "azAZ09azAZ09azAZ09azAZ=="), 101);
}
END_TEST

/* websocket.md 45: and nothing else is a key. */
START_TEST(what_is_not_a_key_is_refused)
{
	static const char *const keys[] = { "", "==", "AAECAwQFBgcICQoLDA0ODw",
		"AAECAwQFBgcICQoLDA0ODw=", "AAECAwQFBgcICQoLDA0ODw===", "AAECAwQFBgcICQoLDA0ODxA=",
		"AAECAwQFBgcICQoLDA0ODxAR",
		"AAECAwQFBgcICQoLDA0OD===", "AAECAwQFBgcICQoLDA0-Dw==", "AAECAwQFBgcICQoLDA0_Dw==",
		"AAECAwQFBgcI QoLDA0ODw==", "AAECAwQFBgcICQoLDA0\xc3\xa9w==",
		"=AECAwQFBgcICQoLDA0ODw==", "AAECAwQFBgcICQoLDA0ODw=A", "AAECAwQFBgcICQoLDA0ODwA=",
		"@AECAwQFBgcICQoLDA0ODw==", "[AECAwQFBgcICQoLDA0ODw==", "`AECAwQFBgcICQoLDA0ODw==",
		"{AECAwQFBgcICQoLDA0ODw==", ":AECAwQFBgcICQoLDA0ODw==" };
	ck_assert_int_eq(status_without("Sec-WebSocket-Key"), 400);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		ck_assert_msg(status_with("Sec-WebSocket-Key", keys[i]) == 400, "%s", keys[i]);
}
END_TEST

/* websocket.md 46: one version, told to those who have another. */
START_TEST(other_versions_are_answered_with_426)
{
	static const char *const versions[] = { "", "0", "8", "12", "14", "013", "13 ", "+13", "1",
		"3", "130", "13, 8", "8, 13", "13;q=1" };
	ck_assert_int_eq(status_without("Sec-WebSocket-Version"), 426);
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
		ck_assert_msg(status_with("Sec-WebSocket-Version", versions[i]) == 426, "%s",
			versions[i]);
}
END_TEST

/* websocket.md 47: one key, one version, even if they are the same. */
START_TEST(two_keys_or_versions_are_refused)
{
	ck_assert_int_eq(status_and("Sec-WebSocket-Key", KEY), 400);
	ck_assert_int_eq(status_and("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="), 400);
	ck_assert_int_eq(status_and("Sec-WebSocket-Version", "13"), 400);
	ck_assert_int_eq(status_and("SEC-WEBSOCKET-VERSION", "8"), 400);
}
END_TEST

/* websocket.md 48: what follows the head must be frames. */
START_TEST(a_body_is_refused)
{
	http_head length = request_without(NULL), chunked = request_without(NULL);
	length.content_length = 1;
	ck_assert_int_eq(status_of(&length), 400);
	chunked.chunked = true;
	ck_assert_int_eq(status_of(&chunked), 400);
}
END_TEST

/* websocket.md 50: a list that cannot be read fails, in whichever field of that name. */
START_TEST(extensions_are_a_list)
{
	const char *name = "Sec-WebSocket-Extensions";
	ck_assert_int_eq(status_and(name, "foo; bar=1, permessage-deflate"), 101);
	ck_assert_int_eq(status_and(name, ""), 101);
	ck_assert_int_eq(status_and(name, "permessage-deflate, a b"), 400);
	http_head head = request_without(NULL);
	add_field(&head, name, "permessage-deflate");
	ck_assert_int_eq(status_of(&head), 101);
	add_field(&head, name, "foo; =1");
	ck_assert_int_eq(status_of(&head), 400);
}
END_TEST

/* websocket.md 45, 46: fields that are none of the handshake's change nothing. */
START_TEST(other_fields_do_not_matter)
{
	ck_assert_int_eq(status_and("Sec-WebSocket-Extensions", "constructor"), 101);
	ck_assert_int_eq(status_and("Sec-WebSocket-Protocol", "a, b"), 101);
	ck_assert_int_eq(status_and("Content-Length", "0"), 101);
}
END_TEST

UNIT_MAIN("websocket_handshake", a_good_request_gives_its_key, of_subprotocols_the_first_is_chosen,
	subprotocols_are_different_tokens, a_refusal_says_why, other_methods_are_answered_with_405,
	http_1_0_cannot_upgrade, the_tokens_may_be_in_any_case_and_among_others,
	a_request_without_the_tokens_is_refused, a_key_of_16_bytes_is_taken,
	what_is_not_a_key_is_refused, other_versions_are_answered_with_426,
	two_keys_or_versions_are_refused, a_body_is_refused, extensions_are_a_list,
	other_fields_do_not_matter)
