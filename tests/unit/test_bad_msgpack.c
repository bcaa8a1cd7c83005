/* SPDX-License-Identifier: MIT */
/* What a peer may send in MessagePack that is no packet, or is meant to cost more than it may. */
#include "../../src/socketio/json.h"
#include "../support/failing_malloc.h"
#include "../support/msgpack_talk.h"
#include "../support/unit.h"
#include "../support/vectors.h"

#define TYPE_2 "a47479706502"
#define NSP    "a36e7370a12f"
#define DATA   "a46461746190"

/* One with everything in it. */
static const char *const whole =
	"85" TYPE_2
	"a26964cd0100 a36e7370a52f63686174 a76f7074696f6e7381a8636f6d7072657373c3 a464617461"
	"9d a161 00 ff cb3ff8000000000000 c40101 81a16b92c0c3 d7000000000000000000 d40000"
	"d903616161 ca3fc00000 c7010000 d80100000000000000000000000000000000 dc0001c2";

static size_t message_of(unsigned char *to, const char *hex)
{
	char plain[2000], *p = plain;
	for (; *hex; hex++)
		if (*hex != ' ')
			*p++ = *hex;
	*p = '\0';
	return from_hex(to, plain);
}

static bool accepts(const void *data, size_t len)
{
	sio_packet p = { 0 };
	bool good = decoded(data, len, &p);
	if (good)
		packet_free(&p);
	return good;
}

START_TEST(a_packet_that_is_cut_anywhere_is_refused)
{
	static unsigned char message[1000];
	size_t len = message_of(message, whole);
	ck_assert(accepts(message, len));
	for (size_t i = 0; i < len; i++)
		ck_assert_msg(!accepts(message, i), "the first %zu of %zu bytes", i, len);
}
END_TEST

START_TEST(bytes_behind_a_packet_are_refused)
{
	static unsigned char message[1000];
	size_t len = message_of(message, whole);
	for (unsigned byte = 0; byte < 256; byte++) {
		message[len] = (unsigned char)byte;
		ck_assert_msg(!accepts(message, len + 1), "%02x", byte);
	}
}
END_TEST

/* Whatever comes of it; a sanitizer looks on. */
START_TEST(any_byte_may_be_any_other)
{
	static unsigned char message[1000];
	size_t len = message_of(message, whole), good = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char was = message[i];
		for (unsigned byte = 0; byte < 256; byte++) {
			message[i] = (unsigned char)byte;
			good += accepts(message, len);
		}
		message[i] = was;
	}
	ck_assert_uint_gt(good, len);
	ck_assert_uint_lt(good, 256 * len);
}
END_TEST

START_TEST(what_is_no_map_is_no_packet)
{
	ck_assert_str_eq(packet_of(""), "refused");
	ck_assert_str_eq(packet_of("c0"), "refused");
	ck_assert_str_eq(packet_of("c1"), "refused");
	ck_assert_str_eq(packet_of("02"), "refused");
	ck_assert_str_eq(packet_of("9102"), "refused");
	ck_assert_str_eq(packet_of("80"), "refused");
}
END_TEST

START_TEST(a_packet_has_a_type_and_a_namespace)
{
	ck_assert_str_eq(packet_of("83" TYPE_2 NSP DATA), "2/ []");
	ck_assert_str_eq(packet_of("de0003" DATA NSP TYPE_2), "2/ []");
	ck_assert_str_eq(packet_of("df00000003" DATA TYPE_2 NSP), "2/ []");
	ck_assert_str_eq(packet_of("82" NSP DATA), "refused");
	ck_assert_str_eq(packet_of("82" TYPE_2 DATA), "refused");
	ck_assert_str_eq(packet_of("83a47479706505" NSP DATA), "refused");
	ck_assert_str_eq(packet_of("83a474797065ff" NSP DATA), "refused");
	ck_assert_str_eq(packet_of("83a474797065a132" NSP DATA), "refused");
	ck_assert_str_eq(packet_of("83a474797065c0" NSP DATA), "refused");
	ck_assert_str_eq(packet_of("83a474797065d40000" NSP DATA), "refused");
	ck_assert_str_eq(packet_of("83" TYPE_2 DATA "a36e7370c0"), "refused");
	ck_assert_str_eq(packet_of("83" TYPE_2 DATA "a36e737001"), "refused");
	ck_assert_str_eq(packet_of("83" TYPE_2 DATA "a36e7370c4012f"), "refused");
	ck_assert_str_eq(packet_of("83" TYPE_2 DATA "a36e7370a32f0061"), "refused");
}
END_TEST

START_TEST(an_id_is_a_whole_number)
{
	ck_assert_str_eq(packet_of("84" TYPE_2 NSP DATA "a2696400"), "2/ 0 []");
	ck_assert_str_eq(packet_of("84" TYPE_2 NSP DATA "a26964cf001fffffffffffff"),
		"2/ 9007199254740991 []");
	ck_assert_str_eq(packet_of("84" TYPE_2 NSP DATA "a26964d40000"), "2/ []");
	ck_assert_str_eq(packet_of("84" TYPE_2 NSP DATA "a26964cb4008000000000000"), "2/ 3 []");
	ck_assert_str_eq(packet_of("83a474797065ca40000000" NSP DATA), "2/ []");
	ck_assert_str_eq(packet_of("84" TYPE_2 NSP DATA "a26964cbbff0000000000000"), "refused");
	ck_assert_str_eq(packet_of("84" TYPE_2 NSP DATA "a26964cb4340000000000000"), "refused");
	ck_assert_str_eq(packet_of("84" TYPE_2 NSP DATA "a26964cb7ff8000000000000"), "refused");
	ck_assert_str_eq(packet_of("84" TYPE_2 NSP DATA "a26964cf0020000000000000"), "refused");
	ck_assert_str_eq(packet_of("84" TYPE_2 NSP DATA "a26964ff"), "refused");
	ck_assert_str_eq(packet_of("84" TYPE_2 NSP DATA "a26964cb3fe0000000000000"), "refused");
	ck_assert_str_eq(packet_of("84" TYPE_2 NSP DATA "a26964a131"), "refused");
	ck_assert_str_eq(packet_of("84" TYPE_2 NSP DATA "a26964c0"), "refused");
}
END_TEST

/* Each type with no data, undefined, null, an object, an array and a text. */
START_TEST(data_is_what_the_type_asks_for)
{
	static const char *const data[] = { "", "a464617461d40000", "a464617461c0", "a46461746180",
		"a46461746190", "a464617461a0" };
	static const char *const good[] = { "yyny  ", "yy    ", "    y ", "    y ", "   y y" };
	for (size_t type = 0; type < 5; type++) {
		for (size_t i = 0; i < 6; i++) {
			char hex[100];
			snprintf(hex, sizeof hex, "%s" NSP "a474797065%02zx%s", i ? "83" : "82",
				type, data[i]);
			bool refused = !strcmp(packet_of(hex), "refused");
			ck_assert_msg(refused == (good[type][i] != 'y'), "%s", hex);
		}
	}
}
END_TEST

START_TEST(of_fields_with_one_name_the_last_counts)
{
	ck_assert_str_eq(packet_of("85" TYPE_2 NSP "a46461746191c40101"
				   "a36e7370a22f61"
				   "a4646174619101"),
		"2/a [1] <01>");
	ck_assert_str_eq(packet_of("84a47479706503" NSP DATA TYPE_2), "2/ []");
}
END_TEST

START_TEST(other_fields_are_passed_over)
{
	ck_assert_str_eq(packet_of("86" TYPE_2 "a17892c08101c40100"
				   "c0c0"
				   "9101a0" NSP DATA),
		"2/ []");
	ck_assert_str_eq(packet_of("84" TYPE_2 NSP DATA "a178dfffffffff"), "refused");
}
END_TEST

/* In kB, as the system counts: "VmPeak:" for what was ever asked for, "VmHWM:" for what was used.
 */
static size_t peak(const char *what)
{
	char line[200];
	size_t kb = 0;
	FILE *file = fopen("/proc/self/status", "r");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof line, file))
		if (!strncmp(line, what, strlen(what)))
			kb = (size_t)strtoul(line + strlen(what), NULL, 10);
	fclose(file);
	ck_assert_uint_gt(kb, 0);
	return kb;
}

/* What a head declares is believed when it has come. */
START_TEST(a_few_bytes_cannot_ask_for_gigabytes)
{
	static const char *const heads[] = { "ddffffffff", "dfffffffff", "dbffffffff", "c6ffffffff",
		"c9ffffffff00", "dd7fffffff", "dcffff", "deffff",
		"ddffffffffddffffffffddffffffffddffffffff", "dfffffffffa0dfffffffffa0dfffffffff" };
	size_t before = peak("VmPeak:");
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		ck_assert_str_eq(value_of(heads[i]), "refused");
	ck_assert_str_eq(packet_of("dfffffffff" TYPE_2), "refused");
	ck_assert_str_eq(packet_of("82a178ddffffffff" TYPE_2), "refused");
	ck_assert_uint_lt(peak("VmPeak:") - before, 16 * 1024);
}
END_TEST

/* A message of n levels around a nil. */
static size_t deep(unsigned char *to, size_t n, bool maps)
{
	size_t len = from_hex(to, ARGUMENT);
	for (size_t i = 0; i < n; i++) {
		to[len++] = maps ? 0x81 : 0x91;
		if (maps)
			to[len++] = 0xa0;
	}
	to[len++] = 0xc0;
	return len;
}

static size_t depth_of(const cJSON *tree)
{
	size_t depth = 0;
	for (; tree->child; tree = tree->child)
		depth++;
	return depth;
}

/* Deeper than any stack could follow: the limit is the server's max_depth. */
START_TEST(nesting_is_as_deep_as_the_message_is_long)
{
	static unsigned char message[1000100];
	for (int maps = 0; maps < 2; maps++) {
		size_t n = maps ? 400000 : 900000, len = deep(message, n, maps);
		sio_packet p = { 0 };
		ck_assert(decoded(message, len, &p));
		ck_assert_uint_eq(depth_of(p.data), n + 1);
		sio_bytes again = sio_msgpack_parser()->encode(&p);
		ck_assert_uint_eq(again.len, len);
		free((void *)(uintptr_t)again.data);
		json_free(p.data);
		p.data = NULL;
		packet_free(&p);
		ck_assert(!accepts(message, len - 1));
	}
}
END_TEST

static size_t wide(unsigned char *to, size_t n, const char *element)
{
	size_t len = from_hex(to, ARGUMENT "dd");
	for (int shift = 24; shift >= 0; shift -= 8)
		to[len++] = (unsigned char)(n >> shift);
	for (size_t i = 0; i < n; i++)
		len += from_hex(to + len, element);
	return len;
}

START_TEST(a_packet_has_at_most_65535_attachments)
{
	static unsigned char message[200000];
	ck_assert(accepts(message, wide(message, 65535, "c400")));
	ck_assert(!accepts(message, wide(message, 65536, "c400")));
}
END_TEST

/* A sanitizer needs more, and keeps what was freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { PEAK_MAX = 800 * 1024 };
#else
enum { PEAK_MAX = 80 * 1024 };
#endif

START_TEST(a_message_costs_a_fixed_multiple_of_its_length)
{
	static unsigned char message[300100];
	static const char *const elements[] = { "80", "c0", "a0", "81a000", "c400" };
	for (size_t i = 0; i < 5; i++) {
		size_t len = wide(message, 100000, elements[i]), before = peak("VmHWM:");
		accepts(message, len);
		size_t more = peak("VmHWM:") - before;
		ck_assert_msg(more < PEAK_MAX, "%s: %zu kB", elements[i], more);
	}
}
END_TEST

/* ---- Without memory ---- */

START_TEST(reading_survives_each_failing_allocation)
{
	static unsigned char message[1000];
	size_t len = message_of(message, whole), n = 0;
	sio_bytes b = { message, len };
	bool failed, good;
	failing_malloc_in_trees();
	do {
		sio_packet p = { 0 };
		failing_malloc_after(n++);
		good = sio_msgpack_parser()->decode(b, &p);
		failed = failing_malloc_off();
		ck_assert_msg(good == !failed, "%zu", n);
		if (good)
			packet_free(&p);
		else
			ck_assert(!p.nsp && !p.data && !p.binary && !p.nbinary);
	} while (failed);
	ck_assert_uint_gt(n, 30);
}
END_TEST

START_TEST(writing_survives_each_failing_allocation)
{
	static unsigned char message[1000];
	sio_packet p = { 0 };
	size_t n = 0;
	bool failed;
	failing_malloc_in_trees();
	ck_assert(decoded(message, message_of(message, whole), &p));
	cJSON *deeper =
		sio_json("[[[[[[[[[[[[[[[[[['%s']]]]]]]]]]]]]]]]]]", "\xc0\x80 \xed\xa0\x80");
	cJSON_AddItemToArray(p.data, deeper);
	do {
		failing_malloc_after(n++);
		sio_bytes b = sio_msgpack_parser()->encode(&p);
		failed = failing_malloc_off();
		ck_assert_msg(failed == !b.data, "%zu", n);
		free((void *)(uintptr_t)b.data);
	} while (failed);
	ck_assert_uint_gt(n, 4);
	packet_free(&p);
}
END_TEST

/* ---- Vectors ---- */

static void judge(const char *name, char *content, size_t len)
{
	ck_assert_msg(accepts(content, len) == vector_is_good(name), "%s", name);
}

START_TEST(vectors_are_judged_rightly)
{
	vectors_judge("msgpack", 40, judge);
}
END_TEST

UNIT_MAIN("bad_msgpack", a_packet_that_is_cut_anywhere_is_refused,
	bytes_behind_a_packet_are_refused, any_byte_may_be_any_other, what_is_no_map_is_no_packet,
	a_packet_has_a_type_and_a_namespace, an_id_is_a_whole_number,
	data_is_what_the_type_asks_for, of_fields_with_one_name_the_last_counts,
	other_fields_are_passed_over, a_few_bytes_cannot_ask_for_gigabytes,
	nesting_is_as_deep_as_the_message_is_long, a_packet_has_at_most_65535_attachments,
	a_message_costs_a_fixed_multiple_of_its_length, reading_survives_each_failing_allocation,
	writing_survives_each_failing_allocation, vectors_are_judged_rightly)
