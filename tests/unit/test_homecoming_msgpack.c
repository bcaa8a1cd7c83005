/* SPDX-License-Identifier: MIT */
/* Recovery across servers where clients speak MessagePack: what waits for its offset is packed when
 * it has it. */
#include "../../include/sio_msgpack.h"
#include "../../src/msgpack/packet.h"
#include "../support/cluster.h"
#include "../support/lab.h"
#include "../support/unit.h"
#include <stdio.h>

enum { MINUTE = 60000 };

static void send_packed(peer *p, unsigned type, cJSON *data)
{
	const sio_packet whole = { .type = type, .nsp = "/", .data = data };
	sio_bytes b = sio_msgpack_parser()->encode(&whole);
	ck_assert_ptr_nonnull(b.data);
	receive_binary(p, b.data, b.len);
	free((void *)(uintptr_t)b.data);
	cJSON_Delete(data);
}

/* The data of the packets that it was sent, with a space between; the last id of each kind is
 * kept. */
static const char *unpacked_mail(peer *p, char *pid)
{
	static char text[1024];
	text[0] = '\0';
	for (size_t i = 0; i < sent_count(p); i++) {
		bytes *b = sent(p, i);
		sio_packet whole = { 0 };
		ck_assert(b->binary);
		ck_assert(
			sio_msgpack_parser()->decode((sio_bytes){ bytes_data(b), b->len }, &whole));
		const cJSON *id = cJSON_GetObjectItem(whole.data, "pid");
		if (id)
			strcpy(pid, id->valuestring);
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "",
			id ? "pid" : text_of(whole.data));
		packed_free(&whole);
	}
	forget_mail(p);
	return text;
}

/* cluster.md 18, 20 */
START_TEST(it_is_packed_when_it_has_its_offset)
{
	cluster c;
	sio_server *s[2];
	char pid[64] = "", again[64] = "";
	const sio_options o = { .recovery_ms = MINUTE, .parser = sio_msgpack_parser() };
	cluster_init(&c);
	c.keeps = true;
	for (int i = 0; i < 2; i++) {
		s[i] = lab_new_with(&o);
		ck_assert_int_eq(cluster_join(&c, s[i], 0), SIO_OK);
	}
	peer *p = open_client(s[0]);
	send_packed(p, 0, NULL);
	ck_assert_str_eq(unpacked_mail(p, pid), "pid");
	sio_bytes part = { "\1", 1 };
	const sio_delivery how = { .binary = &part, .nbinary = 1 };
	sio_broadcast(sio_of(s[0], "/"), &how, "b", sio_json("[%p]", (void *)sio_binary(0)));
	sio_emit(socket_of(p, "/"), "one", sio_json("[]"));
	end_turn(s[0]);
	ck_assert_uint_eq(sent_count(p), 0);
	cluster_turn(&c);
	ck_assert_str_eq(unpacked_mail(p, pid),
		"[\"b\",{\"_placeholder\":true,\"num\":0},\"1-0\"] [\"one\",\"2-0\"]");
	hang_up(p);
	sio_broadcast(sio_of(s[0], "/"), &how, "m", sio_json("[%p]", (void *)sio_binary(0)));
	cluster_turn(&c);
	p = open_client(s[1]);
	send_packed(p, 0, sio_json("{pid: %s, offset: '2-0'}", pid));
	cluster_turn(&c);
	ck_assert_str_eq(
		unpacked_mail(p, again), "[\"m\",{\"_placeholder\":true,\"num\":0},\"3-0\"] pid");
	ck_assert_str_eq(again, pid);
	cluster_close_labs(&c, s, 2);
}
END_TEST

UNIT_MAIN("homecoming_msgpack", it_is_packed_when_it_has_its_offset)
