/* SPDX-License-Identifier: MIT */
/* Changes of rooms: what is told, to whom, in which order. */
#include "../support/lab.h"
#include "../support/unit.h"

#define LABEL(text) ((void *)(uintptr_t)(text))

static const char *masked(const char *text)
{
	return strlen(text) == ID_LEN ? "*" : text;
}

static void note_change(
	sio_ns *ns, sio_room_change what, const char *name, const char *id, void *user)
{
	static const char *const verbs[] = { "create", "delete", "join", "leave" };
	note(sio_ns_server(ns), "%s%s:%s%s%s", user ? (const char *)user : "", verbs[what],
		masked(name), *id ? ":" : "", masked(id));
}

static sio_ns *root(sio_server *s)
{
	return sio_of(s, "/");
}

/* A server whose "/" notes changes, with a client in it whose coming has been noted. */
static sio_server *lab_with(peer **p)
{
	sio_server *s = lab_new();
	sio_on_room(root(s), note_change, NULL);
	*p = connect_client(s);
	NOTED(s, "create:* join:*:*");
	return s;
}

START_TEST(who_joins_first_creates_and_who_leaves_last_deletes)
{
	peer *p;
	sio_server *s = lab_with(&p);
	peer *q = connect_client(s);
	journal(s);
	sio_join(socket_of(p, "/"), "red");
	sio_join(socket_of(q, "/"), "red");
	NOTED(s, "");
	end_turn(s);
	NOTED(s, "create:red join:red:* join:red:*");
	sio_leave(socket_of(p, "/"), "red");
	sio_leave(socket_of(q, "/"), "red");
	end_turn(s);
	NOTED(s, "leave:red:* leave:red:* delete:red");
	lab_close(s);
}
END_TEST

START_TEST(what_changes_nothing_is_not_told)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_socket *k = socket_of(p, "/");
	sio_join(k, "red");
	sio_join(k, "red");
	sio_leave(k, "blue");
	sio_join(k, sio_id(k));
	end_turn(s);
	NOTED(s, "create:red join:red:*");
	lab_close(s);
}
END_TEST

START_TEST(a_socket_that_leaves_leaves_all_its_rooms)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_on_disconnecting(root(s), note_left, LABEL("ing:"));
	sio_on_disconnect(root(s), note_left, NULL);
	sio_join(socket_of(p, "/"), "red");
	sio_join(socket_of(p, "/"), "blue");
	end_turn(s);
	journal(s);
	hang_up(p);
	NOTED(s, "ing:left:/:transport close left:/:transport close leave:*:* delete:* leave:red:* "
		 "delete:red leave:blue:* delete:blue");
	lab_close(s);
}
END_TEST

START_TEST(the_own_room_can_be_left_and_joined)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_socket *k = socket_of(p, "/");
	sio_leave(k, sio_id(k));
	sio_leave(k, sio_id(k));
	sio_join(k, sio_id(k));
	end_turn(s);
	NOTED(s, "leave:*:* delete:* create:* join:*:*");
	lab_close(s);
}
END_TEST

/* There is one room of that name, whoever is in it. */
START_TEST(another_may_be_in_the_own_room_of_a_socket)
{
	peer *p;
	sio_server *s = lab_with(&p);
	peer *q = connect_client(s);
	journal(s);
	char id[ID_LEN + 1];
	strcpy(id, sio_id(socket_of(p, "/")));
	sio_join(socket_of(q, "/"), id);
	end_turn(s);
	NOTED(s, "join:*:*");
	sio_leave(socket_of(q, "/"), id);
	sio_join(socket_of(q, "/"), id);
	sio_leave(socket_of(p, "/"), id);
	sio_join(socket_of(p, "/"), id);
	end_turn(s);
	NOTED(s, "leave:*:* join:*:* leave:*:* join:*:*");
	hang_up(p);
	NOTED(s, "leave:*:*");
	sio_leave(socket_of(q, "/"), id);
	end_turn(s);
	NOTED(s, "leave:*:* delete:*");
	lab_close(s);
}
END_TEST

START_TEST(changes_of_other_namespaces_are_not_told)
{
	peer *p;
	sio_server *s = lab_with(&p);
	sio_of(s, "/chat");
	sio_join(enter(p, "/chat"), "red");
	end_turn(s);
	NOTED(s, "");
	lab_close(s);
}
END_TEST

START_TEST(a_parent_hears_of_its_childrens_rooms_first)
{
	sio_server *s = lab_new();
	sio_ns *parent = sio_of_pattern(s, "^/x$");
	sio_on_room(parent, note_change, LABEL("p:"));
	peer *p = connect_client(s);
	sio_socket *k = enter(p, "/x");
	sio_on_room(sio_namespace(k), note_change, LABEL("c:"));
	journal(s);
	sio_join(k, "red");
	end_turn(s);
	NOTED(s, "p:create:red c:create:red p:join:red:* c:join:red:*");
	lab_close(s);
}
END_TEST

START_TEST(rooms_are_told_before_admission_too)
{
	sio_server *s = lab_new();
	sio_on_room(root(s), note_change, NULL);
	sio_on_connect(root(s), note_connect, NULL);
	peer *p = connect_client(s);
	(void)p;
	NOTED(s, "connect:/ create:* join:*:*");
	lab_close(s);
}
END_TEST

static void join_early_and_refuse(sio_socket *k, sio_entry entry, void *user)
{
	(void)user;
	sio_join(k, "red");
	sio_refuse(entry, "no", NULL);
}

START_TEST(who_is_refused_leaves_the_rooms_it_had_joined)
{
	sio_server *s = lab_new();
	sio_on_room(root(s), note_change, NULL);
	sio_use(root(s), join_early_and_refuse, NULL);
	peer *p = open_client(s);
	enter(p, "/");
	NOTED(s, "create:red join:red:* leave:red:* delete:red");
	lab_close(s);
}
END_TEST

static void follow(sio_ns *ns, sio_room_change what, const char *name, const char *id, void *user)
{
	sio_socket *k = sio_find(ns, id);
	note_change(ns, what, name, id, user);
	if (what == SIO_ROOM_JOINED && k && !strcmp(name, "red")) {
		sio_leave(k, "red");
		sio_join(k, "blue");
	}
	if (what == SIO_ROOM_JOINED && k && !strcmp(name, "blue"))
		sio_disconnect(k, true);
}

START_TEST(who_hears_of_a_change_may_make_others)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_on_room(root(s), follow, NULL);
	sio_join(socket_of(p, "/"), "red");
	end_turn(s);
	NOTED(s, "create:red join:red:* leave:red:* delete:red create:blue join:blue:* leave:*:* "
		 "delete:* leave:blue:* delete:blue");
	ck_assert(p->closed);
	lab_close(s);
}
END_TEST

static void listen_more(
	sio_ns *ns, sio_room_change what, const char *name, const char *id, void *user)
{
	note_change(ns, what, name, id, user);
	sio_on_room(ns, note_change, LABEL("new:"));
}

START_TEST(who_begins_to_listen_hears_of_later_changes)
{
	sio_server *s = lab_new();
	peer *p = connect_client(s);
	sio_on_room(root(s), listen_more, NULL);
	sio_join(socket_of(p, "/"), "red");
	end_turn(s);
	NOTED(s, "create:red join:red:* new:join:red:*");
	lab_close(s);
}
END_TEST

static void join_blue(sio_socket *k, void *user)
{
	(void)user;
	sio_join(k, "blue");
}

static void leave_blue(sio_socket *k, void *user)
{
	(void)user;
	sio_leave(k, "blue");
}

static void part(sio_socket *k, void *user)
{
	(void)user;
	sio_disconnect(k, false);
}

START_TEST(each_of_a_room_can_be_made_to_join_leave_and_part)
{
	peer *p;
	sio_server *s = lab_with(&p);
	peer *q = connect_client(s), *r = connect_client(s);
	sio_delivery red = { .to = SIO_ROOMS("red") };
	sio_join(socket_of(p, "/"), "red");
	sio_join(socket_of(q, "/"), "red");
	end_turn(s);
	journal(s);
	ck_assert_uint_eq(sio_each(root(s), &red, join_blue, NULL), 2);
	ck_assert_uint_eq(sio_each(root(s), NULL, join_blue, NULL), 3);
	end_turn(s);
	NOTED(s, "create:blue join:blue:* join:blue:* join:blue:*");
	ck_assert_uint_eq(sio_each(root(s), &red, leave_blue, NULL), 2);
	ck_assert_uint_eq(sio_each(root(s), NULL, leave_blue, NULL), 3);
	end_turn(s);
	NOTED(s, "leave:blue:* leave:blue:* leave:blue:* delete:blue");
	ck_assert_uint_eq(sio_each(root(s), &red, part, NULL), 2);
	end_turn(s);
	HEARD(p, "41");
	HEARD(q, "41");
	HEARD(r, "");
	ck_assert_uint_eq(sio_each(root(s), NULL, part, NULL), 1);
	lab_close(s);
}
END_TEST

START_TEST(the_server_ends_while_changes_are_to_be_told)
{
	peer *p;
	sio_server *s = lab_with(&p);
	hold_turns(s);
	sio_join(socket_of(p, "/"), "red");
	lab_shut(s);
	NOTED(s, "create:red join:red:* leave:*:* delete:* leave:red:* delete:red");
	lab_free(s);
}
END_TEST

UNIT_MAIN("room_changes", each_of_a_room_can_be_made_to_join_leave_and_part,
	who_joins_first_creates_and_who_leaves_last_deletes, what_changes_nothing_is_not_told,
	a_socket_that_leaves_leaves_all_its_rooms, the_own_room_can_be_left_and_joined,
	another_may_be_in_the_own_room_of_a_socket, changes_of_other_namespaces_are_not_told,
	a_parent_hears_of_its_childrens_rooms_first, rooms_are_told_before_admission_too,
	who_is_refused_leaves_the_rooms_it_had_joined, who_hears_of_a_change_may_make_others,
	who_begins_to_listen_hears_of_later_changes, the_server_ends_while_changes_are_to_be_told)
