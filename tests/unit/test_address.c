/* SPDX-License-Identifier: MIT */
/* test_address - who is believed to have sent a request that came through proxies. */
#include "../../src/net/address.h"
#include "../support/unit.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The address found behind so many proxies, "none" if there is none; fields are whole lines. */
static const char *found(const char *fields, unsigned proxies)
{
	static char text[1000], out[INET6_ADDRSTRLEN];
	static http_head head;
	size_t scanned = 0;
	snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n", fields);
	ck_assert_int_gt(http_head_read(&head, span_of(text), &scanned), 0);
	return address_forwarded(&head, proxies, out) ? out : "none";
}

START_TEST(each_proxy_of_ours_is_one_step_from_the_end)
{
	const char *fields = "X-Forwarded-For: 9.9.9.9, 203.0.113.5, 10.0.0.2\r\n";
	ck_assert_str_eq(found(fields, 1), "10.0.0.2");
	ck_assert_str_eq(found(fields, 2), "203.0.113.5");
	ck_assert_str_eq(found(fields, 3), "9.9.9.9");
}
END_TEST

START_TEST(what_the_client_wrote_itself_is_not_believed)
{
	ck_assert_str_eq(
		found("X-Forwarded-For: 127.0.0.1, evil, 198.51.100.7\r\n", 1), "198.51.100.7");
}
END_TEST

START_TEST(a_list_shorter_than_the_chain_gives_its_first_entry)
{
	ck_assert_str_eq(found("X-Forwarded-For: 203.0.113.5, 10.0.0.2\r\n", 5), "203.0.113.5");
}
END_TEST

START_TEST(several_fields_are_one_list)
{
	const char *fields =
		"X-Forwarded-For: 1.1.1.1, 2.2.2.2\r\nA: b\r\nx-forwarded-for: 3.3.3.3\r\n";
	ck_assert_str_eq(found(fields, 1), "3.3.3.3");
	ck_assert_str_eq(found(fields, 2), "2.2.2.2");
	ck_assert_str_eq(found(fields, 3), "1.1.1.1");
}
END_TEST

START_TEST(an_entry_may_have_a_port_and_brackets)
{
	ck_assert_str_eq(found("X-Forwarded-For: 203.0.113.5:4711\r\n", 1), "203.0.113.5");
	ck_assert_str_eq(found("X-Forwarded-For: [2001:db8::1]:4711\r\n", 1), "2001:db8::1");
	ck_assert_str_eq(found("X-Forwarded-For: 2001:db8::1\r\n", 1), "2001:db8::1");
}
END_TEST

/* RFC 7239, 4 and 6. */
START_TEST(the_standard_field_is_understood)
{
	ck_assert_str_eq(
		found("Forwarded: for=192.0.2.60;proto=http;by=203.0.113.43\r\n", 1), "192.0.2.60");
	ck_assert_str_eq(
		found("Forwarded: for=192.0.2.43, For=\"[2001:db8:cafe::17]:4711\"\r\n", 1),
		"2001:db8:cafe::17");
	ck_assert_str_eq(found("Forwarded: for=192.0.2.43, by=203.0.113.60\r\n", 2), "192.0.2.43");
}
END_TEST

START_TEST(what_is_no_address_is_not_taken)
{
	ck_assert_str_eq(found("", 1), "none");
	ck_assert_str_eq(found("X-Forwarded-For:\r\n", 1), "none");
	ck_assert_str_eq(found("X-Forwarded-For: unknown\r\n", 1), "none");
	ck_assert_str_eq(found("X-Forwarded-For: 1.2.3.4, \r\n", 1), "none");
	ck_assert_str_eq(found("X-Forwarded-For: 1.2.3.4<script>\r\n", 1), "none");
	ck_assert_str_eq(found("Forwarded: for=_hidden\r\n", 1), "none");
	ck_assert_str_eq(found("Forwarded: proto=https\r\n", 1), "none");
	ck_assert_str_eq(found("X-Forwarded-For: 1.2.3.4\r\n", 0), "none");
}
END_TEST

START_TEST(a_unix_socket_has_no_address)
{
	int fds[2];
	char out[INET6_ADDRSTRLEN] = "x";
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	address_of_peer(fds[0], out);
	ck_assert_str_eq(out, "");
	close(fds[0]);
	close(fds[1]);
}
END_TEST

static const char *network(const char *text)
{
	static char shown[2 * 8 + 1];
	char out[8];
	size_t len = address_network(text, out);
	shown[0] = '\0';
	for (size_t i = 0; i < len; i++)
		snprintf(shown + 2 * i, 3, "%02x", (unsigned char)out[i]);
	return shown;
}

/* Whoever has one address of IPv6 has the whole network of it. */
START_TEST(an_address_is_counted_with_its_network)
{
	ck_assert_str_eq(network("192.0.2.1"), "c0000201");
	ck_assert_str_eq(network("::ffff:192.0.2.1"), "c0000201");
	ck_assert_str_eq(network("2001:db8:1:2:3:4:5:6"), "20010db800010002");
	ck_assert_str_eq(network("2001:db8:1:2::"), "20010db800010002");
	ck_assert_str_eq(network("::1"), "0000000000000000");
	ck_assert_str_eq(network(""), "");
	ck_assert_str_eq(network("192.0.2.256"), "");
}
END_TEST

/* What a socket says of itself is the same. */
START_TEST(the_address_of_a_socket_is_counted_with_its_network)
{
	static const char *const texts[] = { "192.0.2.1", "::ffff:192.0.2.1", "2001:db8::5" };
	char out[8], expected[8];
	for (size_t i = 0; i < 3; i++) {
		struct sockaddr_storage a = { .ss_family = i ? AF_INET6 : AF_INET };
		void *at = i ? (void *)&((struct sockaddr_in6 *)(void *)&a)->sin6_addr
			     : (void *)&((struct sockaddr_in *)(void *)&a)->sin_addr;
		ck_assert_int_eq(inet_pton(a.ss_family, texts[i], at), 1);
		size_t len = address_network(texts[i], expected);
		ck_assert_uint_eq(address_network_of(&a, out), len);
		ck_assert_mem_eq(out, expected, len);
	}
	struct sockaddr_storage none = { .ss_family = AF_UNIX };
	ck_assert_uint_eq(address_network_of(&none, out), 0);
}
END_TEST

UNIT_MAIN("address", an_address_is_counted_with_its_network,
	the_address_of_a_socket_is_counted_with_its_network,
	each_proxy_of_ours_is_one_step_from_the_end, what_the_client_wrote_itself_is_not_believed,
	a_list_shorter_than_the_chain_gives_its_first_entry, several_fields_are_one_list,
	an_entry_may_have_a_port_and_brackets, the_standard_field_is_understood,
	what_is_no_address_is_not_taken, a_unix_socket_has_no_address)
