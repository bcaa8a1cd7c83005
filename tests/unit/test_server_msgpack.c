/* SPDX-License-Identifier: MIT */
/* A server whose packets are in MessagePack. */
#include "../support/failing_malloc.h"
#include "../support/msgpack_talk.h"
#include "../support/unit.h"

#define CONNECT  "82a47479706500a36e7370a12f"
#define CHAT     "a36e7370a52f63686174"
#define EVENT(n) "83a47479706502a36e7370a12fa4646174619" #n

static sio_server *server(unsigned max_depth)
{
	sio_server *s = lab_new_with(
		&(sio_options){ .parser = sio_msgpack_parser(), .max_depth = max_depth });
	sio_ns *root = sio_of(s, "/");
	sio_on_connect(root, note_connect, NULL);
	sio_on_disconnect(root, note_left, NULL);
	sio_on(root, "a", note_event, NULL);
	sio_on(root, "echo", echo_event, NULL);
	return s;
}

static void give(peer *p, const char *hex)
{
	static unsigned char message[TALK_MAX];
	receive_binary(p, message, from_hex(message, hex));
}

/* The messages since the last time as packets. */
static const char *packets(peer *p)
{
	static char all[TALK_MAX];
	size_t n = 0;
	all[0] = '\0';
	for (size_t i = 0; i < sent_count(p); i++) {
		char hex[4096] = "";
		bytes *b = sent(p, i);
		ck_assert(b->binary);
		add_hex(hex, (sio_bytes){ bytes_data(b), b->len });
		n += (size_t)snprintf(
			all + n, sizeof all - n, "%s%s", i ? ", " : "", packet_of(hex));
	}
	forget_mail(p);
	return all;
}

#define TOLD(peer, text) ck_assert_str_eq(packets(peer), text)

static peer *join(sio_server *s)
{
	peer *p = open_client(s);
	give(p, CONNECT);
	forget_mail(p);
	ck_assert_ptr_nonnull(socket_of(p, "/"));
	journal(s);
	return p;
}

START_TEST(a_client_is_let_in)
{
	sio_server *s = server(0);
	peer *p = open_client(s);
	char expected[100];
	give(p, CONNECT);
	snprintf(expected, sizeof expected, "0/ {\"sid\":\"%s\"}", sio_id(socket_of(p, "/")));
	TOLD(p, expected);
	NOTED(s, "connect:/");
	lab_close(s);
}
END_TEST

START_TEST(a_client_is_refused)
{
	sio_server *s = server(0);
	peer *p = open_client(s);
	give(p, "82a47479706500" CHAT);
	TOLD(p, "4/chat {\"message\":\"Invalid namespace\"}");
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

START_TEST(an_event_reaches_its_handler)
{
	sio_server *s = server(0);
	peer *p = join(s);
	give(p, EVENT(3) "a16101a27879");
	give(p, EVENT(1) "a161");
	NOTED(s, "a[1,\"xy\"] a[]");
	give(p, EVENT(2) "a4656368"
			 "6f"
			 "93c401ff"
			 "c0"
			 "d7000000000000000000");
	give(p, "84"
		"a2696407"
		"a47479706502"
		"a36e7370a12f"
		"a46461746193"
		"a46563686f"
		"c401ff"
		"82a162d40000a161c3");
	TOLD(p, "3/ 7 [{\"_placeholder\":true,\"num\":0},{\"a\":true}] <ff>");
	lab_close(s);
}
END_TEST

START_TEST(what_is_sent_is_one_binary_message)
{
	sio_server *s = server(0);
	peer *p = join(s), *q = join(s);
	const sio_bytes two[] = { { "\1\2", 2 }, { NULL, 0 } };
	const sio_delivery how = { .binary = two, .nbinary = 2 };
	sio_broadcast(sio_of(s, "/"), &how, "b",
		sio_json("[%p, {x: %p}]", (void *)sio_binary(1), (void *)sio_binary(0)));
	end_turn(s);
	ck_assert_uint_eq(sent_count(p), 1);
	ck_assert_ptr_eq(sent(p, 0), sent(q, 0));
	TOLD(p, "2/ [\"b\",{\"_placeholder\":true,\"num\":0},"
		"{\"x\":{\"_placeholder\":true,\"num\":1}}] <> <0102>");
	lab_close(s);
}
END_TEST

START_TEST(questions_go_both_ways)
{
	sio_server *s = server(0);
	peer *p = join(s);
	const sio_delivery how = { .on_ack = note_ack, .user = s };
	sio_emit_with(socket_of(p, "/"), &how, "q", sio_json("[]"));
	end_turn(s);
	TOLD(p, "2/ 0 [\"q\"]");
	give(p, "84a47479706503a36e7370a12fa2696400a46461746192c40101a178");
	NOTED(s, "ack:SIO_OK[{\"_placeholder\":true,\"num\":0},\"x\"]");
	lab_close(s);
}
END_TEST

START_TEST(both_sides_say_goodbye)
{
	sio_server *s = server(0);
	peer *p = join(s);
	give(p, "82a47479706501a36e7370a12f");
	NOTED(s, "left:/:client namespace disconnect");
	give(p, CONNECT);
	forget_mail(p);
	sio_disconnect(socket_of(p, "/"), false);
	end_turn(s);
	TOLD(p, "1/");
	ck_assert(!p->closed);
	lab_close(s);
}
END_TEST

/* A client of Socket.IO 2, which does not ask. */
START_TEST(an_old_client_is_let_in_unasked)
{
	sio_server *s = server(0);
	peer *p = open_old_client(s);
	end_turn(s);
	ck_assert_ptr_nonnull(socket_of(p, "/"));
	HEARD(p, "<04" CONNECT ">");
	lab_close(s);
}
END_TEST

static void closes(const char *hex)
{
	sio_server *s = server(0);
	peer *p = join(s);
	give(p, hex);
	ck_assert_msg(p->closed, "%s", hex);
	NOTED(s, "left:/:forced close");
	lab_close(s);
}

START_TEST(what_is_no_packet_closes_the_connection)
{
	closes("");
	closes("c1");
	closes(EVENT(1) "a161"
			"00");
	closes(EVENT(0));
	closes(EVENT(1) "c0");
	closes(EVENT(1) "aa646973636f6e6e656374");
	closes("83a47479706504a36e7370a12fa46461746180");
}
END_TEST

START_TEST(text_closes_the_connection)
{
	sio_server *s = server(0);
	peer *p = join(s);
	receive(p, "42[\"a\"]");
	ck_assert(p->closed);
	NOTED(s, "left:/:forced close");
	p = open_client(s);
	receive(p, "40");
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

START_TEST(a_namespace_is_named_as_in_other_packets)
{
	closes("82a47479706500a36e7370a0");
	closes("82a47479706500a36e7370a161");
	closes("82a47479706500a36e7370a42f612c62");
	closes("82a47479706500a36e7370a22fff");
	closes("82a47479706500a36e7370a32fc080");
}
END_TEST

static void note_auth(sio_socket *k, sio_entry e, void *user)
{
	note(user, "%s", text_of(sio_auth(k)));
	sio_admit(e);
}

START_TEST(auth_may_hold_anything)
{
	sio_server *s = server(0);
	sio_use(sio_of(s, "/"), note_auth, s);
	peer *p = open_client(s);
	give(p, "83a47479706500a36e7370a12fa46461746182a161c40101a162a163");
	ck_assert(!p->closed);
	NOTED(s, "{\"a\":{\"_placeholder\":true,\"num\":0},\"b\":\"c\"} connect:/");
	lab_close(s);
}
END_TEST

START_TEST(attachments_are_not_counted)
{
	sio_server *s = server(0);
	peer *p = join(s);
	char hex[200] = "83a47479706502a36e7370a12fa464617461dc0015a161";
	for (int i = 0; i < 20; i++)
		strcat(hex, "c400");
	give(p, hex);
	ck_assert(!p->closed);
	ck_assert_ptr_nonnull(strstr(journal(s), "\"num\":19}]"));
	lab_close(s);
}
END_TEST

START_TEST(nesting_is_limited_as_in_other_packets)
{
	for (unsigned levels = 10; levels < 12; levels++) {
		sio_server *s = server(10);
		peer *p = join(s);
		char hex[200] = EVENT(2) "a161";
		for (unsigned i = 2; i < levels; i++)
			strcat(hex, "91");
		strcat(hex, "90");
		give(p, hex);
		ck_assert_int_eq(p->closed, levels > 10);
		lab_close(s);
	}
}
END_TEST

/* socket.io.md: a placeholder for what is not there. */
START_TEST(what_looks_like_a_placeholder_counts_beside_binary_data)
{
	const char *alike = "82ac5f706c616365686f6c646572c3a36e756d";
	char hex[200];
	snprintf(hex, sizeof hex, EVENT(2) "a161%s05", alike);
	sio_server *s = server(0);
	peer *p = join(s);
	give(p, hex);
	NOTED(s, "a[{\"_placeholder\":true,\"num\":5}]");
	snprintf(hex, sizeof hex, EVENT(3) "a161%s05c400", alike);
	give(p, hex);
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

/* Fed without Check, which would allocate.  Whether an allocation failed. */
static bool run(size_t n)
{
	static unsigned char connect[100], event[100];
	size_t connect_len = from_hex(connect, CONNECT);
	size_t event_len =
		from_hex(event, "84a2696407a47479706502a36e7370a12fa46461746192a46563686f"
				"92a3610062c401ff");
	sio_server *s = lab_new_with(&(sio_options){ .parser = sio_msgpack_parser() });
	sio_on(sio_of(s, "/"), "echo", echo_event, NULL);
	failing_malloc_after(n);
	peer *p = open_client(s);
	receive_binary(p, connect, connect_len);
	receive_binary(p, event, event_len);
	receive_binary(p, event, event_len);
	bool failed = failing_malloc_off();
	if (!failed)
		ck_assert_uint_eq(sent_count(p), 3);
	lab_close(s);
	return failed;
}

START_TEST(a_session_survives_each_failing_allocation)
{
	ck_assert_uint_gt(failing_malloc_walk(run), 100);
}
END_TEST

UNIT_MAIN("server_msgpack", a_client_is_let_in, a_client_is_refused, an_event_reaches_its_handler,
	what_is_sent_is_one_binary_message, questions_go_both_ways, both_sides_say_goodbye,
	an_old_client_is_let_in_unasked, what_is_no_packet_closes_the_connection,
	text_closes_the_connection, a_namespace_is_named_as_in_other_packets,
	auth_may_hold_anything, attachments_are_not_counted, nesting_is_limited_as_in_other_packets,
	what_looks_like_a_placeholder_counts_beside_binary_data,
	a_session_survives_each_failing_allocation)
