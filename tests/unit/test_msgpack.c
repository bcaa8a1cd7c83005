/* SPDX-License-Identifier: MIT */
/* Values as MessagePack and back.  The bytes are those that notepack.io 2.2 writes, which
 * socket.io-msgpack-parser uses, unless a comment says otherwise. */
#include "../../src/socketio/json.h"
#include "../support/msgpack_talk.h"
#include "../support/unit.h"
#include <math.h>

static const char *bytes_of(const char *json)
{
	return bytes_of_tree(json_parse(span_of(json), 100), NULL, 0);
}

/* Both ways. */
static void is(const char *json, const char *hex)
{
	char args[TALK_MAX];
	snprintf(args, sizeof args, "[%s]", json);
	ck_assert_str_eq(bytes_of(json), hex);
	ck_assert_str_eq(value_of(hex), args);
}

START_TEST(each_type_goes_both_ways)
{
	is("null", "c0");
	is("false", "c2");
	is("true", "c3");
	is("\"\"", "a0");
	is("\"a\"", "a161");
	is("[]", "90");
	is("{}", "80");
	is("[null,[true],{}]", "93c091c380");
	is("{\"a\":1,\"b\":[{\"c\":null}]}", "82a16101a1629181a163c0");
}
END_TEST

START_TEST(integers_take_the_shortest_form)
{
	is("0", "00");
	is("127", "7f");
	is("128", "cc80");
	is("255", "ccff");
	is("256", "cd0100");
	is("65535", "cdffff");
	is("65536", "ce00010000");
	is("4294967295", "ceffffffff");
	is("4294967296", "cf0000000100000000");
	is("9007199254740991", "cf001fffffffffffff");
	is("-1", "ff");
	is("-32", "e0");
	is("-33", "d0df");
	is("-128", "d080");
	is("-129", "d1ff7f");
	is("-32768", "d18000");
	is("-32769", "d2ffff7fff");
	is("-2147483648", "d280000000");
	is("-2147483649", "d3ffffffff7fffffff");
	is("-9007199254740991", "d3ffe0000000000001");
}
END_TEST

START_TEST(what_is_no_integer_of_javascript_is_a_double)
{
	is("0.5", "cb3fe0000000000000");
	is("-1.5", "cbbff8000000000000");
	is("0.30000000000000004", "cb3fd3333333333334");
	is("5e-324", "cb0000000000000001");
	is("9007199254740992", "cb4340000000000000");
	is("1.7976931348623157e+308", "cb7fefffffffffffff");
	ck_assert_str_eq(bytes_of("-0.0"), "00");
	ck_assert_str_eq(bytes_of("1e999"), "cb7ff0000000000000");
}
END_TEST

/* Of others than notepack.io. */
START_TEST(numbers_are_read_in_every_form)
{
	ck_assert_str_eq(value_of("ca3fc00000"), "[1.5]");
	ck_assert_str_eq(value_of("cb4000000000000000"), "[2]");
	ck_assert_str_eq(value_of("cb8000000000000000"), "[0]");
	ck_assert_str_eq(value_of("cc01"), "[1]");
	ck_assert_str_eq(value_of("cf0000000000000001"), "[1]");
	ck_assert_str_eq(value_of("d07f"), "[127]");
	ck_assert_str_eq(value_of("d17fff"), "[32767]");
	ck_assert_str_eq(value_of("d27fffffff"), "[2147483647]");
	ck_assert_str_eq(value_of("d3ffffffffffffffff"), "[-1]");
	ck_assert_str_eq(value_of("d37fffffffffffffff"), "[9223372036854776000]");
	ck_assert_str_eq(value_of("d38000000000000000"), "[-9223372036854776000]");
	ck_assert_str_eq(value_of("cfffffffffffffffff"), "[18446744073709552000]");
}
END_TEST

START_TEST(numbers_that_json_has_not_are_null)
{
	ck_assert_str_eq(value_of("cb7ff8000000000000"), "[null]");
	ck_assert_str_eq(value_of("cb7ff0000000000000"), "[null]");
	ck_assert_str_eq(value_of("cbfff0000000000000"), "[null]");
	ck_assert_str_eq(value_of("ca7fc00000"), "[null]");
}
END_TEST

START_TEST(texts_of_each_length_go_both_ways)
{
	static const size_t lengths[] = { 31, 32, 255, 256, 9000 };
	static const char *const heads[] = { "bf", "d920", "d9ff", "da0100", "da2328" };
	for (size_t i = 0; i < 5; i++) {
		char json[9100] = "\"", hex[2 * 9100];
		memset(json + 1, 'a', lengths[i]);
		strcpy(json + 1 + lengths[i], "\"");
		int n = sprintf(hex, "%s", heads[i]);
		for (size_t k = 0; k < lengths[i]; k++)
			n += sprintf(hex + n, "61");
		is(json, hex);
	}
	ck_assert_str_eq(value_of("db0000000161"), "[\"a\"]");
}
END_TEST

START_TEST(texts_keep_all_of_unicode)
{
	is("\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"", "a9c3a4e282acf09f9880");
	is("\"a\\u0000b\\u0000\"", "a461006200");
	is("{\"\\u0000\":\"\\u0000\"}", "81a100a100");
	is("\"\xed\x9f\xbf\xee\x80\x80\"", "a6ed9fbfee8080");
}
END_TEST

/* MessagePack's texts are UTF-8. */
START_TEST(half_a_surrogate_pair_is_sent_as_a_replacement)
{
	ck_assert_str_eq(bytes_of("\"\\ud83d\""), "a3efbfbd");
	ck_assert_str_eq(bytes_of("\"a\\ude00\\u0000\\ud83db\""), "a961efbfbd00efbfbd62");
	ck_assert_str_eq(bytes_of("{\"\\udfff\":1}"), "81a3efbfbd01");
}
END_TEST

START_TEST(texts_that_are_no_utf8_are_replaced)
{
	ck_assert_str_eq(value_of("a1ff"), "[\"\xef\xbf\xbd\"]");
	ck_assert_str_eq(value_of("a2c080"), "[\"\xef\xbf\xbd\xef\xbf\xbd\"]");
	ck_assert_str_eq(value_of("a2e282"), "[\"\xef\xbf\xbd\"]");
	ck_assert_str_eq(value_of("a3eda080"), "[\"\\ud800\"]");
	ck_assert_str_eq(value_of("81a1ff01"), "[{\"\xef\xbf\xbd\":1}]");
}
END_TEST

START_TEST(binary_data_is_an_attachment)
{
	const sio_bytes two[] = { { "\1\2", 2 }, { "", 0 } };
	const char *hex =
		bytes_of_tree(sio_json("{a: %p, b: [%p]}", sio_binary(0), sio_binary(1)), two, 2);
	ck_assert_str_eq(hex, "82a161c4020102a16291c400");
	ck_assert_str_eq(value_of(hex), "[{\"a\":{\"_placeholder\":true,\"num\":0},"
					"\"b\":[{\"_placeholder\":true,\"num\":1}]}] <0102> <>");
	ck_assert_str_eq(value_of("c5000101"), "[{\"_placeholder\":true,\"num\":0}] <01>");
	ck_assert_str_eq(value_of("c60000000101"), "[{\"_placeholder\":true,\"num\":0}] <01>");
}
END_TEST

START_TEST(long_binary_data_goes_both_ways)
{
	static const size_t lengths[] = { 255, 256, 3000 };
	static const char *const heads[] = { "c4ff", "c50100", "c50bb8" };
	static char zeros[3000];
	for (size_t i = 0; i < 3; i++) {
		const sio_bytes one = { zeros, lengths[i] };
		const char *hex = bytes_of_tree(sio_binary(0), &one, 1);
		ck_assert(!strncmp(hex, heads[i], strlen(heads[i])));
		ck_assert_uint_eq(strlen(hex), strlen(heads[i]) + 2 * lengths[i]);
		ck_assert_uint_eq(strlen(strchr(value_of(hex), '<')), 2 * lengths[i] + 2);
	}
}
END_TEST

/* In Node.js; in browsers it is binary data. */
START_TEST(an_array_buffer_is_an_attachment_whatever_its_length)
{
	ck_assert_str_eq(value_of("c70000"), "[{\"_placeholder\":true,\"num\":0}] <>");
	ck_assert_str_eq(value_of("c7010000"), "[{\"_placeholder\":true,\"num\":0}] <00>");
	ck_assert_str_eq(value_of("c708000000000000000000"),
		"[{\"_placeholder\":true,\"num\":0}] <0000000000000000>");
	ck_assert_str_eq(value_of("c8000100ff"), "[{\"_placeholder\":true,\"num\":0}] <ff>");
	ck_assert_str_eq(value_of("c90000000100ff"), "[{\"_placeholder\":true,\"num\":0}] <ff>");
}
END_TEST

#define LOOK_ALIKE "{\"_placeholder\":true,\"num\":0}"

START_TEST(what_looks_like_a_placeholder_is_data_without_attachments)
{
	is(LOOK_ALIKE, "82ac5f706c616365686f6c646572c3a36e756d00");
}
END_TEST

START_TEST(only_a_placeholder_of_an_attachment_stands_for_it)
{
	static const char *const others[] = { "{\"_placeholder\":true,\"num\":1}",
		"{\"_placeholder\":true,\"num\":-1}", "{\"_placeholder\":true,\"num\":0.5}",
		"{\"_placeholder\":true,\"num\":\"0\"}", "{\"_placeholder\":false,\"num\":0}",
		"{\"_placeholder\":true}", "{\"num\":0}", "[]" };
	const sio_bytes one = { "\1", 1 };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		cJSON *tree = json_parse(span_of(others[i]), 10);
		char expected[TALK_MAX];
		strcpy(expected, bytes_of(others[i]));
		ck_assert_str_eq(bytes_of_tree(tree, &one, 1), expected);
	}
	ck_assert_str_eq(bytes_of_tree(json_parse(span_of(LOOK_ALIKE), 10), &one, 1), "c40101");
}
END_TEST

START_TEST(a_date_is_its_iso_text)
{
	ck_assert_str_eq(value_of("d7000000000000000000"), "[\"1970-01-01T00:00:00.000Z\"]");
	ck_assert_str_eq(value_of("d7000000019348c3f2fb"), "[\"2024-11-20T08:50:21.563Z\"]");
	ck_assert_str_eq(value_of("d700ffffffffffffffff"), "[\"1969-12-31T23:59:59.999Z\"]");
	ck_assert_str_eq(value_of("d700ffffc77590fba018"), "[\"0000-01-01T00:00:00.024Z\"]");
	ck_assert_str_eq(value_of("d700ffffc77590fb9fff"), "[\"-000001-12-31T23:59:59.999Z\"]");
	ck_assert_str_eq(value_of("d7000000e677d21fdbff"), "[\"9999-12-31T23:59:59.999Z\"]");
	ck_assert_str_eq(value_of("d7000000e677d21fdc00"), "[\"+010000-01-01T00:00:00.000Z\"]");
	ck_assert_str_eq(value_of("d700001eb208c2dc0000"), "[\"+275760-09-13T00:00:00.000Z\"]");
	ck_assert_str_eq(value_of("d700ffe14df73d240000"), "[\"-271821-04-20T00:00:00.000Z\"]");
}
END_TEST

START_TEST(a_date_beyond_those_of_javascript_is_null)
{
	ck_assert_str_eq(value_of("d700001eb208c2dc0001"), "[null]");
	ck_assert_str_eq(value_of("d700ffe14df73d23ffff"), "[null]");
	ck_assert_str_eq(value_of("d7007fffffffffffffff"), "[null]");
	ck_assert_str_eq(value_of("d7008000000000000000"), "[null]");
}
END_TEST

/* Of others than notepack.io 2. */
START_TEST(a_timestamp_of_messagepack_is_a_date)
{
	ck_assert_str_eq(value_of("d6ff00000001"), "[\"1970-01-01T00:00:01.000Z\"]");
	ck_assert_str_eq(value_of("d6ffffffffff"), "[\"2106-02-07T06:28:15.000Z\"]");
	ck_assert_str_eq(value_of("d7ff773593f800000001"), "[\"1970-01-01T00:00:01.499Z\"]");
	ck_assert_str_eq(
		value_of("c70cff3b9ac9ffffffffffffffffff"), "[\"1969-12-31T23:59:59.999Z\"]");
	ck_assert_str_eq(value_of("c70cff3b9aca000000000000000000"), "[null]");
	ck_assert_str_eq(value_of("d7ffffffffff00000001"), "[null]");
	ck_assert_str_eq(value_of("c70cff000000007fffffffffffffff"), "[null]");
	ck_assert_str_eq(value_of("c70cff000000008000000000000000"), "[null]");
	ck_assert_str_eq(value_of("d5ff0000"), "[null]");
}
END_TEST

START_TEST(what_is_undefined_is_null_or_left_out)
{
	ck_assert_str_eq(value_of("d40000"), "[null]");
	ck_assert_str_eq(value_of("92d4000001"), "[[null,1]]");
	ck_assert_str_eq(value_of("83a161d40000a16201a163d40000"), "[{\"b\":1}]");
}
END_TEST

START_TEST(other_extensions_are_null)
{
	ck_assert_str_eq(value_of("d40100"), "[null]");
	ck_assert_str_eq(value_of("d5000000"), "[null]");
	ck_assert_str_eq(value_of("d80000000000000000000000000000000000"), "[null]");
	ck_assert_str_eq(value_of("c70280ffff"), "[null]");
	ck_assert_str_eq(value_of("81a161d4ff00"), "[{\"a\":null}]");
}
END_TEST

START_TEST(keys_that_are_integers_become_texts)
{
	ck_assert_str_eq(value_of("8201c0ffc0"), "[{\"1\":null,\"-1\":null}]");
	ck_assert_str_eq(value_of("81cfffffffffffffffffc0"), "[{\"18446744073709551615\":null}]");
}
END_TEST

START_TEST(other_keys_are_refused)
{
	static const char *const keys[] = { "c0", "c2", "90", "80", "c40161", "cb3ff0000000000000",
		"d40000", "d6ff00000001" };
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		char hex[64];
		snprintf(hex, sizeof hex, "81%sc0", keys[i]);
		ck_assert_str_eq(value_of(hex), "refused");
	}
}
END_TEST

/* The tree may have both: whoever reads it as text makes them one. */
START_TEST(equal_keys_both_arrive)
{
	ck_assert_str_eq(value_of("82a16101a16102"), "[{\"a\":1,\"a\":2}]");
}
END_TEST

static const char *packet_bytes(sio_packet p)
{
	static char hex[TALK_MAX];
	sio_bytes message = sio_msgpack_parser()->encode(&p);
	cJSON_Delete(p.data);
	hex[0] = '\0';
	add_hex(hex, message);
	free((void *)(uintptr_t)message.data);
	return hex;
}

START_TEST(each_type_of_packet_goes_both_ways)
{
	char root[] = "/", admin[] = "/admin";
	const char *hex = packet_bytes((sio_packet){ .nsp = root, .data = sio_json("{sid: 'x'}") });
	ck_assert_str_eq(packet_of(hex), "0/ {\"sid\":\"x\"}");
	hex = packet_bytes((sio_packet){ .type = 1, .nsp = admin });
	ck_assert_str_eq(hex, "82a47479706501a36e7370a62f61646d696e");
	ck_assert_str_eq(packet_of(hex), "1/admin");
	hex = packet_bytes((sio_packet){
		.type = 2, .nsp = root, .has_id = true, .id = 7, .data = sio_json("['a', 1]") });
	ck_assert_str_eq(hex, "84a47479706502a46461746192a16101a2696407a36e7370a12f");
	ck_assert_str_eq(packet_of(hex), "2/ 7 [\"a\",1]");
	hex = packet_bytes((sio_packet){ .type = 3,
		.nsp = admin,
		.has_id = true,
		.id = 9007199254740991,
		.data = sio_json("[]") });
	ck_assert_str_eq(packet_of(hex), "3/admin 9007199254740991 []");
	hex = packet_bytes((sio_packet){ .type = 4, .nsp = root, .data = sio_json("'no'") });
	ck_assert_str_eq(packet_of(hex), "4/ \"no\"");
}
END_TEST

UNIT_MAIN("msgpack", each_type_goes_both_ways, integers_take_the_shortest_form,
	what_is_no_integer_of_javascript_is_a_double, numbers_are_read_in_every_form,
	numbers_that_json_has_not_are_null, texts_of_each_length_go_both_ways,
	texts_keep_all_of_unicode, half_a_surrogate_pair_is_sent_as_a_replacement,
	texts_that_are_no_utf8_are_replaced, binary_data_is_an_attachment,
	long_binary_data_goes_both_ways, an_array_buffer_is_an_attachment_whatever_its_length,
	what_looks_like_a_placeholder_is_data_without_attachments,
	only_a_placeholder_of_an_attachment_stands_for_it, a_date_is_its_iso_text,
	a_date_beyond_those_of_javascript_is_null, a_timestamp_of_messagepack_is_a_date,
	what_is_undefined_is_null_or_left_out, other_extensions_are_null,
	keys_that_are_integers_become_texts, other_keys_are_refused, equal_keys_both_arrive,
	each_type_of_packet_goes_both_ways)
