/* SPDX-License-Identifier: MIT */
/* The ring: order, removal, and moving to a local head while the application interferes. */
#include "../../src/base/list.h"
#include "../support/unit.h"
#include <string.h>

typedef struct letter {
	char name;
	list link;
} letter;

static letter a, b, c, d;

static void letters_init(void)
{
	letter *all[] = { &a, &b, &c, &d };
	for (int i = 0; i < 4; i++) {
		all[i]->name = (char)('a' + i);
		list_init(&all[i]->link);
	}
}

/* Reads forwards, and checks that the way back is the same. */
static const char *spell(const list *head)
{
	static char text[8];
	size_t n = 0;
	LIST_EACH (it, head) {
		ck_assert_ptr_eq(it->prev->next, it);
		text[n++] = LIST_OWNER(it, letter, link)->name;
	}
	ck_assert_ptr_eq(head->prev->next, head);
	text[n] = '\0';
	return text;
}

START_TEST(append_and_prepend_keep_their_order)
{
	list head;
	letters_init();
	list_init(&head);
	ck_assert(list_empty(&head));
	list_append(&head, &b.link);
	list_append(&head, &c.link);
	list_prepend(&head, &a.link);
	ck_assert(!list_empty(&head));
	ck_assert_str_eq(spell(&head), "abc");
}
END_TEST

START_TEST(removing_twice_does_no_harm)
{
	list head;
	letters_init();
	list_init(&head);
	list_append(&head, &a.link);
	list_append(&head, &b.link);
	list_remove(&a.link);
	list_remove(&a.link);
	ck_assert(list_empty(&a.link));
	ck_assert_str_eq(spell(&head), "b");
	list_remove(&b.link);
	ck_assert(list_empty(&head));
}
END_TEST

START_TEST(moving_appends_all_members_and_empties_the_source)
{
	list from, to;
	letters_init();
	list_init(&from);
	list_init(&to);
	list_append(&to, &a.link);
	list_append(&from, &b.link);
	list_append(&from, &c.link);
	list_move(&to, &from);
	ck_assert_str_eq(spell(&to), "abc");
	ck_assert(list_empty(&from));
	list_append(&from, &d.link);
	ck_assert_str_eq(spell(&from), "d");
}
END_TEST

START_TEST(moving_nothing_changes_nothing)
{
	list from, to;
	letters_init();
	list_init(&from);
	list_init(&to);
	list_append(&to, &a.link);
	list_move(&to, &from);
	ck_assert_str_eq(spell(&to), "a");
	ck_assert(list_empty(&from));
}
END_TEST

START_TEST(members_taken_from_a_local_head_may_remove_each_other)
{
	list head, local;
	letters_init();
	list_init(&head);
	list_init(&local);
	list_append(&head, &a.link);
	list_append(&head, &b.link);
	list_append(&head, &c.link);
	list_move(&local, &head);
	char seen[4] = "";
	while (!list_empty(&local)) {
		letter *first = LIST_OWNER(local.next, letter, link);
		list_remove(&first->link);
		strncat(seen, &first->name, 1);
		list_remove(&b.link);
		if (first == &a)
			list_append(&head, &a.link);
	}
	ck_assert_str_eq(seen, "ac");
	ck_assert_str_eq(spell(&head), "a");
}
END_TEST

UNIT_MAIN("list", append_and_prepend_keep_their_order, removing_twice_does_no_harm,
	moving_appends_all_members_and_empties_the_source, moving_nothing_changes_nothing,
	members_taken_from_a_local_head_may_remove_each_other)
