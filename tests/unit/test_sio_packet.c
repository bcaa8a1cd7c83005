/* SPDX-License-Identifier: MIT */
/* Socket.IO packets: what stands before the payload, the payloads of each type, and named messages
 * that a session outlives or not. */
#include "../support/lab.h"
#include "../support/unit.h"
#include "../support/vectors.h"
#include <stdio.h>

/* ---- What stands before the payload ---- */

/* "type attachments namespace id payload", with - for what is not there; "bad": not a packet.  The
 * text is copied to a block of its size. */
static const char *parts_of(const char *text, uint64_t max)
{
	static char out[512];
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1), id[32] = "-";
	sp_packet p;
	memcpy(copy, text, len);
	bool good = sp_read(&p, (span){ copy, len }, max);
	if (good && p.has_id)
		snprintf(id, sizeof id, "%llu", (unsigned long long)p.id);
	if (good)
		snprintf(out, sizeof out, "%d %llu %.*s %s %.*s", (int)p.type,
			(unsigned long long)p.attachments, (int)p.nsp.len, p.nsp.at, id,
			p.payload.len ? (int)p.payload.len : 1, p.payload.len ? p.payload.at : "-");
	free(copy);
	return good ? out : "bad";
}

#define READS(text, parts) ck_assert_str_eq(parts_of(text, 10), parts)

/* socket.io.md 1: type, number of attachments and -, namespace and comma, id, payload. */
START_TEST(a_packet_has_its_parts_in_this_order)
{
	READS("52-/chat,7[\"a\"]", "5 2 /chat 7 [\"a\"]");
	READS("2[\"a\"]", "2 0 / - [\"a\"]");
	READS("27[\"a\"]", "2 0 / 7 [\"a\"]");
	READS("3/chat,12[]", "3 0 /chat 12 []");
	READS("61-0[1]", "6 1 / 0 [1]");
}
END_TEST

/* socket.io.md 2, 12: the types are 0 to 6. */
START_TEST(types_are_the_digits_from_0_to_6)
{
	READS("0", "0 0 / - -");
	READS("1", "1 0 / - -");
	READS("2", "2 0 / - -");
	READS("3", "3 0 / - -");
	READS("4", "4 0 / - -");
	READS("51-", "5 1 / - -");
	READS("61-", "6 1 / - -");
	READS("7", "bad");
	READS("/", "bad");
	READS("x", "bad");
	READS("", "bad");
}
END_TEST

/* socket.io.md 3: from / to the first comma or the end. */
START_TEST(a_namespace_ends_at_a_comma_or_at_the_end)
{
	READS("0/chat", "0 0 /chat - -");
	READS("0/chat,", "0 0 /chat - -");
	READS("2/a b,1[]", "2 0 /a b 1 []");
	READS("2/n5[\"a\"]", "2 0 /n5[\"a\"] - -");
	READS("0/a,/b,", "0 0 /a - /b,");
}
END_TEST

/* socket.io.md 4: no namespace is /. */
START_TEST(the_main_namespace_may_be_written_or_not)
{
	READS("2/,[\"x\"]", "2 0 / - [\"x\"]");
	READS("2[\"x\"]", "2 0 / - [\"x\"]");
	READS("0/", "0 0 / - -");
}
END_TEST

/* socket.io.md 6: a ? belongs to the name. */
START_TEST(a_question_mark_is_part_of_the_name)
{
	READS("0/x?a=b,{}", "0 0 /x?a=b - {}");
}
END_TEST

/* socket.io.md 7: leading zeros do not count. */
START_TEST(an_id_is_decimal_digits)
{
	READS("2007[]", "2 0 / 7 []");
	READS("2000[]", "2 0 / 0 []");
	READS("200000000000000000000000000001[]", "2 0 / 1 []");
}
END_TEST

/* socket.io.md 24. */
START_TEST(an_id_is_at_most_9007199254740991)
{
	READS("29007199254740991[]", "2 0 / 9007199254740991 []");
	READS("29007199254740992[]", "bad");
	READS("218446744073709551617[]", "bad");
}
END_TEST

/* socket.io.md 8: space before the payload; 13: space alone is not JSON. */
START_TEST(space_before_a_payload_is_no_part_of_it)
{
	READS("2 \t\r\n[1]", "2 0 / - [1]");
	READS("25 [1]", "2 0 / 5 [1]");
	ck_assert_str_ne(parts_of("2 ", 10), "2 0 / - -");
}
END_TEST

/* socket.io.md 19: digits and a -. */
START_TEST(the_number_of_attachments_is_digits_and_a_dash)
{
	READS("51-[1]", "5 1 / - [1]");
	READS("510-[1]", "5 10 / - [1]");
	READS("5-[1]", "bad");
	READS("5[1]", "bad");
	READS("51[1]", "bad");
	READS("51", "bad");
	READS("51.0-[1]", "bad");
	READS("5 1-[1]", "bad");
	READS("51e0-[1]", "bad");
}
END_TEST

/* socket.io.md 20: 0 and more than the limit are errors. */
START_TEST(the_number_of_attachments_is_limited)
{
	READS("50-[1]", "bad");
	READS("511-[1]", "bad");
	READS("518446744073709551617-[1]", "bad");
	ck_assert_str_eq(parts_of("53-[1]", 3), "5 3 / - [1]");
	ck_assert_str_eq(parts_of("54-[1]", 3), "bad");
}
END_TEST

/* ---- Names, placeholders, writing ---- */

/* socket.io.md 16. */
START_TEST(six_names_are_reserved)
{
	ck_assert(sp_reserved("connect") && sp_reserved("connect_error"));
	ck_assert(sp_reserved("disconnect") && sp_reserved("disconnecting"));
	ck_assert(sp_reserved("newListener") && sp_reserved("removeListener"));
	ck_assert(!sp_reserved("error") && !sp_reserved("Connect") && !sp_reserved(""));
	ck_assert(!sp_reserved("connected") && !sp_reserved("connection"));
}
END_TEST

/* socket.io.md 15: the name is a string or a number. */
START_TEST(the_name_of_an_event_is_its_first_element)
{
	span name;
	bool is_string;
	ck_assert(sp_event_name(SPAN("[\"ab\",1]"), &name, &is_string));
	ck_assert(is_string && span_is(name, SPAN("ab")));
	ck_assert(sp_event_name(SPAN("[\"\"]"), &name, &is_string));
	ck_assert(is_string && name.len == 0);
	ck_assert(sp_event_name(SPAN("[\"a\\\"b\",1]"), &name, &is_string));
	ck_assert(is_string && span_is(name, SPAN("a\\\"b")));
	ck_assert(sp_event_name(SPAN("[ \"ab\"]"), &name, &is_string));
	ck_assert(is_string && span_is(name, SPAN("ab")));
	ck_assert(!sp_event_name(SPAN("[\"ab"), &name, &is_string));
	ck_assert(!sp_event_name(SPAN("[\"a\tb\"]"), &name, &is_string));
	ck_assert(sp_event_name(SPAN("[ -1.5 ]"), &name, &is_string));
	ck_assert(!is_string && span_is(name, SPAN("-1.5")));
	ck_assert(!sp_event_name(SPAN("[]"), &name, &is_string));
	ck_assert(!sp_event_name(SPAN("[null]"), &name, &is_string));
	ck_assert(!sp_event_name(SPAN("[[\"a\"]]"), &name, &is_string));
	ck_assert(!sp_event_name(SPAN("{}"), &name, &is_string));
	ck_assert(!sp_event_name(SPAN(""), &name, &is_string));
}
END_TEST

static long placeholder(const char *text)
{
	cJSON *item = cJSON_Parse(text);
	long n = sp_placeholder(item);
	cJSON_Delete(item);
	return n;
}

/* socket.io.md 23, 62, 63. */
START_TEST(a_placeholder_has_an_integer_num)
{
	ck_assert_int_eq(placeholder("{\"_placeholder\":true,\"num\":3}"), 3);
	ck_assert_int_eq(placeholder("{\"x\":1,\"num\":0,\"_placeholder\":true}"), 0);
	ck_assert_int_eq(placeholder("{\"_placeholder\":true,\"num\":0.5}"), -1);
	ck_assert_int_eq(placeholder("{\"_placeholder\":true,\"num\":-1}"), -1);
	ck_assert_int_eq(placeholder("{\"_placeholder\":true,\"num\":1e300}"), -1);
	ck_assert_int_eq(placeholder("{\"_placeholder\":true,\"num\":\"0\"}"), -1);
	ck_assert_int_eq(placeholder("{\"_placeholder\":1,\"num\":0}"), -1);
	ck_assert_int_eq(placeholder("{\"_Placeholder\":true,\"NUM\":0}"), -1);
	ck_assert_int_eq(placeholder("[true,0]"), -1);
}
END_TEST

static bool valid(const char *text, size_t n)
{
	cJSON *tree = cJSON_Parse(text);
	bool good = sp_placeholders_valid(tree, n);
	cJSON_Delete(tree);
	return good;
}

/* socket.io.md 23, 61, 63: at any depth, each num is below the number. */
START_TEST(every_placeholder_of_a_tree_is_checked)
{
	static const char one[] = "[1,[{\"x\":[{\"_placeholder\":true,\"num\":1}]}],2]";
	ck_assert(valid(one, 2));
	ck_assert(!valid(one, 1));
	ck_assert(valid("[]", 0));
	ck_assert(valid("[{\"_placeholder\":false,\"num\":9}]", 1));
	ck_assert(!valid("[[[[1]]],[{},{\"_placeholder\":true}]]", 9));
}
END_TEST

static const char *head(sp_type type, uint64_t attachments, const char *nsp, const uint64_t *id)
{
	static char text[128];
	buf out = { 0 };
	sp_write(&out, type, attachments, span_of(nsp), id);
	snprintf(text, sizeof text, "%.*s", (int)buf_len(&out), (const char *)buf_data(&out));
	buf_free(&out);
	return text;
}

/* socket.io.md 5: / is left out, and a comma stands after every other namespace. */
START_TEST(what_is_written_is_what_is_read)
{
	uint64_t id = 7;
	ck_assert_str_eq(head(SP_EVENT, 0, "/", NULL), "42");
	ck_assert_str_eq(head(SP_EVENT, 0, "/", &id), "427");
	ck_assert_str_eq(head(SP_DISCONNECT, 0, "/chat", NULL), "41/chat,");
	ck_assert_str_eq(head(SP_BINARY_EVENT, 2, "/chat", &id), "452-/chat,7");
	ck_assert_str_eq(head(SP_BINARY_ACK, 1, "/", &id), "461-7");
}
END_TEST

/* ---- Named messages of tests/vectors/sio_packet ---- */

enum { PIECE_END = 0x1e };

static peer *ready_client(sio_server *s)
{
	sio_on(sio_of(s, "/"), "a", echo_event, NULL);
	sio_of(s, "/other");
	sio_of(s, "/third");
	sio_on(sio_of(s, "/chat"), "a", echo_event, NULL);
	peer *p = connect_client(s);
	enter(p, "/chat");
	return p;
}

/* A file holds messages without the 4 of Engine.IO; one that begins with b is binary. */
static void receive_piece(peer *p, const char *piece, size_t len)
{
	char text[4096] = "4";
	if (len && piece[0] == 'b') {
		receive_binary(p, piece + 1, len - 1);
		return;
	}
	memcpy(text + 1, piece, len);
	receive_text(p, text, len + 1);
}

static bool outlives(const char *content, size_t len)
{
	sio_server *s = lab_new_with(&(sio_options){ .max_depth = 50 });
	peer *p = ready_client(s);
	for (;;) {
		const char *end = memchr(content, PIECE_END, len);
		size_t piece = end ? (size_t)(end - content) : len;
		receive_piece(p, content, piece);
		if (!end)
			break;
		content += piece + 1;
		len -= piece + 1;
	}
	bool open = !p->closed;
	lab_close(s);
	return open;
}

static void judge(const char *name, char *content, size_t len)
{
	ck_assert_msg(outlives(content, len) == vector_is_good(name), "%s", name);
}

/* socket.io.md 11 to 26, 36 to 39: what closes the connection, and what does not. */
START_TEST(named_messages_are_judged_by_their_names)
{
	vectors_judge("sio_packet", 100, judge);
}
END_TEST

/* Whatever a message is cut to, reading it stays inside of it. */
START_TEST(every_beginning_of_a_packet_can_be_read)
{
	static const char text[] = "52-/chat,0012 [\"a\",{\"_placeholder\":true,\"num\":1}]";
	char begin[sizeof text];
	for (size_t n = 0; n < sizeof text; n++) {
		snprintf(begin, n + 1, "%s", text);
		bool good = strcmp(parts_of(begin, 10), "bad") != 0;
		ck_assert_msg(good == (n >= 3), "%s", begin);
	}
}
END_TEST

UNIT_MAIN("sio_packet", a_packet_has_its_parts_in_this_order, types_are_the_digits_from_0_to_6,
	a_namespace_ends_at_a_comma_or_at_the_end, the_main_namespace_may_be_written_or_not,
	a_question_mark_is_part_of_the_name, an_id_is_decimal_digits,
	an_id_is_at_most_9007199254740991, space_before_a_payload_is_no_part_of_it,
	the_number_of_attachments_is_digits_and_a_dash, the_number_of_attachments_is_limited,
	six_names_are_reserved, the_name_of_an_event_is_its_first_element,
	a_placeholder_has_an_integer_num, every_placeholder_of_a_tree_is_checked,
	what_is_written_is_what_is_read, named_messages_are_judged_by_their_names,
	every_beginning_of_a_packet_can_be_read)
