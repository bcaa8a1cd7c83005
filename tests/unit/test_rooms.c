/* SPDX-License-Identifier: MIT */
/* Rooms: who is in them, and who receives what is sent to them. */
#include "../support/lab.h"
#include "../support/unit.h"

typedef struct trio {
	sio_server *s;
	sio_ns *ns;
	peer *p[3];
	sio_socket *k[3];
} trio;

static trio three(void)
{
	trio t = { .s = lab_new() };
	t.ns = sio_of(t.s, "/");
	for (int i = 0; i < 3; i++) {
		t.p[i] = connect_client(t.s);
		t.k[i] = socket_of(t.p[i], "/");
	}
	return t;
}

static void tell(trio *t, const char *const *to, const char *const *except)
{
	sio_delivery how = { .to = to, .except = except };
	ck_assert_int_eq(sio_broadcast(t->ns, &how, "a", sio_json("[]")), SIO_OK);
	end_turn(t->s);
}

/* Which of the three have received the one event since the last time: "02" is the outer two. */
static const char *who(trio *t)
{
	static char text[8];
	size_t n = 0;
	for (int i = 0; i < 3; i++) {
		const char *mail = heard(t->p[i]);
		if (strcmp(mail, "42[\"a\"]") == 0)
			text[n++] = (char)('0' + i);
		else if (*mail)
			text[n++] = '?';
	}
	text[n] = '\0';
	return text;
}

/* socket.io.md 94: without rooms, everyone. */
START_TEST(without_rooms_everyone_in_the_namespace_receives)
{
	trio t = three();
	sio_of(t.s, "/chat");
	enter(t.p[1], "/chat");
	receive(t.p[1], "41");
	tell(&t, NULL, NULL);
	ck_assert_str_eq(who(&t), "02");
	lab_close(t.s);
}
END_TEST

/* socket.io.md 90: the room of the own id. */
START_TEST(a_socket_is_in_the_room_of_its_id)
{
	trio t = three();
	ck_assert(sio_in_room(t.k[1], sio_id(t.k[1])));
	ck_assert(!sio_in_room(t.k[0], sio_id(t.k[1])));
	tell(&t, SIO_ROOMS(sio_id(t.k[1])), NULL);
	ck_assert_str_eq(who(&t), "1");
	sio_leave(t.k[1], sio_id(t.k[1]));
	sio_join(t.k[2], sio_id(t.k[1]));
	ck_assert(!sio_in_room(t.k[1], sio_id(t.k[1])));
	tell(&t, SIO_ROOMS(sio_id(t.k[1])), NULL);
	ck_assert_str_eq(who(&t), "2");
	sio_join(t.k[1], sio_id(t.k[1]));
	tell(&t, SIO_ROOMS(sio_id(t.k[1])), NULL);
	ck_assert_str_eq(who(&t), "12");
	lab_close(t.s);
}
END_TEST

/* socket.io.md 91: twice is once, and leaving where it is not is no error. */
START_TEST(joining_twice_is_joining_once)
{
	trio t = three();
	ck_assert_int_eq(sio_leave(t.k[0], "r"), SIO_OK);
	ck_assert_int_eq(sio_join(t.k[0], "r"), SIO_OK);
	ck_assert_int_eq(sio_join(t.k[0], "r"), SIO_OK);
	tell(&t, SIO_ROOMS("r"), NULL);
	ck_assert_str_eq(who(&t), "0");
	ck_assert_int_eq(sio_leave(t.k[0], "r"), SIO_OK);
	ck_assert(!sio_in_room(t.k[0], "r"));
	tell(&t, SIO_ROOMS("r"), NULL);
	ck_assert_str_eq(who(&t), "");
	lab_close(t.s);
}
END_TEST

/* socket.io.md 92: each once, whichever of the rooms it is in. */
START_TEST(who_matches_twice_receives_once)
{
	trio t = three();
	sio_join(t.k[0], "r");
	sio_join(t.k[0], "q");
	sio_join(t.k[1], "q");
	tell(&t, SIO_ROOMS("r", "q", "r", sio_id(t.k[0])), NULL);
	ck_assert_str_eq(who(&t), "01");
	lab_close(t.s);
}
END_TEST

/* socket.io.md 93, 97: except wins, over rooms, over everyone, and for a sender's own id. */
START_TEST(except_wins)
{
	trio t = three();
	sio_join(t.k[0], "r");
	sio_join(t.k[1], "r");
	sio_join(t.k[1], "banned");
	tell(&t, SIO_ROOMS("r"), SIO_ROOMS("banned"));
	ck_assert_str_eq(who(&t), "0");
	tell(&t, NULL, SIO_ROOMS("banned", "nobody"));
	ck_assert_str_eq(who(&t), "02");
	tell(&t, SIO_ROOMS("r"), SIO_ROOMS(sio_id(t.k[0])));
	ck_assert_str_eq(who(&t), "1");
	lab_close(t.s);
}
END_TEST

/* socket.io.md 95, 96, differences.md 22. */
START_TEST(nobody_there_and_no_rooms_reach_nobody)
{
	trio t = three();
	static const char *const none[] = { NULL };
	tell(&t, SIO_ROOMS("empty"), NULL);
	ck_assert_str_eq(who(&t), "");
	tell(&t, none, NULL);
	ck_assert_str_eq(who(&t), "");
	tell(&t, NULL, none);
	ck_assert_str_eq(who(&t), "012");
	lab_close(t.s);
}
END_TEST

/* socket.io.md 88, 99: who has left receives nothing, also while its handlers have yet to run. */
START_TEST(who_has_left_receives_nothing)
{
	trio t = three();
	sio_join(t.k[0], "r");
	sio_join(t.k[1], "r");
	hold_turns(t.s);
	receive(t.p[0], "41");
	ck_assert_int_eq(sio_join(t.k[0], "r"), SIO_EGONE);
	ck_assert_int_eq(sio_leave(t.k[0], "r"), SIO_EGONE);
	tell(&t, SIO_ROOMS("r"), NULL);
	ck_assert_str_eq(who(&t), "1");
	enter(t.p[0], "/");
	tell(&t, SIO_ROOMS("r"), NULL);
	ck_assert_str_eq(who(&t), "1");
	lab_close(t.s);
}
END_TEST

/* Rooms of one name in two namespaces are two rooms. */
START_TEST(rooms_belong_to_their_namespace)
{
	trio t = three();
	sio_of(t.s, "/chat");
	sio_join(enter(t.p[0], "/chat"), "r");
	sio_join(t.k[1], "r");
	tell(&t, SIO_ROOMS("r"), NULL);
	ck_assert_str_eq(who(&t), "1");
	lab_close(t.s);
}
END_TEST

START_TEST(an_empty_name_is_a_name_and_null_is_none)
{
	trio t = three();
	ck_assert_int_eq(sio_join(t.k[0], ""), SIO_OK);
	ck_assert_int_eq(sio_join(t.k[0], NULL), SIO_EINVAL);
	ck_assert_int_eq(sio_leave(t.k[0], NULL), SIO_EINVAL);
	ck_assert(!sio_in_room(t.k[0], NULL));
	ck_assert(sio_in_room(t.k[0], ""));
	tell(&t, SIO_ROOMS(""), NULL);
	ck_assert_str_eq(who(&t), "0");
	lab_close(t.s);
}
END_TEST

static void leave_it(const char *name, void *user)
{
	sio_socket *k = user;
	note(sio_ns_server(sio_namespace(k)), "%s", strcmp(name, sio_id(k)) ? name : "own");
	sio_leave(k, name);
	sio_join(k, "new");
}

START_TEST(rooms_are_told_as_they_were_while_they_change)
{
	trio t = three();
	sio_join(t.k[0], "a");
	sio_join(t.k[0], "b");
	ck_assert_int_eq(sio_rooms(t.k[0], leave_it, t.k[0]), SIO_OK);
	NOTED(t.s, "own a b");
	ck_assert_int_eq(sio_rooms(t.k[0], leave_it, t.k[0]), SIO_OK);
	NOTED(t.s, "new");
	lab_close(t.s);
}
END_TEST

static void cut_next(sio_socket *k, void *user)
{
	trio *t = user;
	note(t->s, "each");
	sio_disconnect(t->k[1], false);
	sio_join(k, "seen");
}

/* sio_each() passes over whoever has left meanwhile. */
START_TEST(each_passes_over_who_has_left_meanwhile)
{
	trio t = three();
	ck_assert_uint_eq(sio_each(t.ns, NULL, cut_next, &t), 2);
	NOTED(t.s, "each each");
	const sio_delivery seen = { .to = SIO_ROOMS("seen") };
	ck_assert_uint_eq(sio_each(t.ns, &seen, cut_next, &t), 2);
	lab_close(t.s);
}
END_TEST

/* io.of(ns).sockets.size, adapter.rooms.get(room).size */
START_TEST(sockets_can_be_counted)
{
	trio t = three();
	sio_join(t.k[0], "a");
	sio_join(t.k[1], "a");
	sio_join(t.k[1], "b");
	const sio_delivery in_a = { .to = SIO_ROOMS("a") }, in_both = { .to = SIO_ROOMS("a", "b") },
			   rest = { .except = SIO_ROOMS("b") }, nobody = { .to = SIO_ROOMS(NULL) };
	ck_assert_uint_eq(sio_count(t.ns, NULL), 3);
	ck_assert_uint_eq(sio_count(t.ns, &in_a), 2);
	ck_assert_uint_eq(sio_count(t.ns, &in_both), 2);
	ck_assert_uint_eq(sio_count(t.ns, &rest), 2);
	ck_assert_uint_eq(sio_count(t.ns, &nobody), 0);
	sio_disconnect(t.k[1], false);
	ck_assert_uint_eq(sio_count(t.ns, NULL), 2);
	ck_assert_uint_eq(sio_count(t.ns, &in_a), 1);
	lab_close(t.s);
}
END_TEST

UNIT_MAIN("rooms", without_rooms_everyone_in_the_namespace_receives,
	a_socket_is_in_the_room_of_its_id, joining_twice_is_joining_once,
	who_matches_twice_receives_once, except_wins, nobody_there_and_no_rooms_reach_nobody,
	who_has_left_receives_nothing, rooms_belong_to_their_namespace,
	an_empty_name_is_a_name_and_null_is_none, rooms_are_told_as_they_were_while_they_change,
	each_passes_over_who_has_left_meanwhile, sockets_can_be_counted)
