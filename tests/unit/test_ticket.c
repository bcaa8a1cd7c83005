/* SPDX-License-Identifier: MIT */
/* Tickets: each good for one use, whatever happened to its slot since. */
#include "../../src/socketio/ticket.h"
#include "../support/failing_malloc.h"
#include "../support/unit.h"

typedef struct desk {
	tickets all;
	uint32_t list;
} desk;

static uint64_t issue(desk *d, uint64_t id)
{
	return ticket_issue(&d->all, TICKET_ACK, &d->list, d, id);
}

static void use(desk *d, uint64_t number)
{
	ticket *k = ticket_find(&d->all, number, TICKET_ACK);
	ck_assert_ptr_nonnull(k);
	ticket_use(&d->all, k, &d->list);
}

START_TEST(a_ticket_tells_its_owner_and_id)
{
	desk d = { 0 };
	uint64_t number = issue(&d, 77);
	ticket *k = ticket_find(&d.all, number, TICKET_ACK);
	ck_assert_ptr_nonnull(k);
	ck_assert_ptr_eq(k->owner, &d);
	ck_assert_uint_eq(k->id, 77);
	tickets_fini(&d.all);
}
END_TEST

START_TEST(a_used_ticket_is_not_found)
{
	desk d = { 0 };
	uint64_t number = issue(&d, 1);
	use(&d, number);
	ck_assert_ptr_null(ticket_find(&d.all, number, TICKET_ACK));
	ck_assert_uint_eq(d.list, 0);
	tickets_fini(&d.all);
}
END_TEST

START_TEST(the_next_user_of_a_slot_has_another_number)
{
	desk d = { 0 };
	uint64_t first = issue(&d, 1);
	use(&d, first);
	uint64_t second = issue(&d, 2);
	ck_assert_uint_eq((uint32_t)first, (uint32_t)second);
	ck_assert_uint_ne(first, second);
	ck_assert_ptr_null(ticket_find(&d.all, first, TICKET_ACK));
	ck_assert_uint_eq(ticket_find(&d.all, second, TICKET_ACK)->id, 2);
	tickets_fini(&d.all);
}
END_TEST

START_TEST(a_ticket_is_of_one_kind)
{
	desk d = { 0 };
	uint64_t number = issue(&d, 1);
	ck_assert_ptr_null(ticket_find(&d.all, number, TICKET_ENTRY));
	ck_assert_ptr_null(ticket_find(&d.all, number, TICKET_FREE));
	tickets_fini(&d.all);
}
END_TEST

START_TEST(numbers_that_were_never_issued_are_not_found)
{
	desk d = { 0 };
	ck_assert_ptr_null(ticket_find(&d.all, 0, TICKET_ACK));
	ck_assert_ptr_null(ticket_find(&d.all, UINT64_MAX, TICKET_ACK));
	uint64_t number = issue(&d, 1);
	ck_assert_ptr_null(ticket_find(&d.all, 0, TICKET_ACK));
	ck_assert_ptr_null(ticket_find(&d.all, number + 1, TICKET_ACK));
	ck_assert_ptr_null(ticket_find(&d.all, number + ((uint64_t)1 << 32), TICKET_ACK));
	ck_assert_ptr_null(
		ticket_find(&d.all, (number & ~(uint64_t)UINT32_MAX) | 1000, TICKET_ACK));
	tickets_fini(&d.all);
}
END_TEST

START_TEST(a_generation_that_wraps_makes_no_zero)
{
	desk d = { 0 };
	use(&d, issue(&d, 1));
	d.all.at[0].generation = UINT32_MAX;
	use(&d, issue(&d, 1));
	uint64_t number = issue(&d, 2);
	ck_assert_uint_ne(number >> 32, 0);
	ck_assert_ptr_nonnull(ticket_find(&d.all, number, TICKET_ACK));
	tickets_fini(&d.all);
}
END_TEST

START_TEST(tickets_are_used_in_any_order)
{
	enum { MANY = 100 };
	desk d = { 0 };
	uint64_t number[MANY];
	for (unsigned i = 0; i < MANY; i++)
		number[i] = issue(&d, i);
	for (unsigned i = 0; i < MANY; i++) {
		unsigned j = i * 37 % MANY;
		ck_assert_uint_eq(ticket_find(&d.all, number[j], TICKET_ACK)->id, j);
		use(&d, number[j]);
	}
	ck_assert_uint_eq(d.list, 0);
	for (unsigned i = 0; i < MANY; i++)
		ck_assert_ptr_null(ticket_find(&d.all, number[i], TICKET_ACK));
	tickets_fini(&d.all);
}
END_TEST

START_TEST(voiding_a_list_leaves_the_tickets_of_others)
{
	desk d = { 0 };
	uint32_t other = 0;
	uint64_t a = issue(&d, 1);
	uint64_t b = ticket_issue(&d.all, TICKET_ENTRY, &other, &other, 2);
	uint64_t c = issue(&d, 3);
	ticket_void_all(&d.all, &d.list);
	ck_assert_uint_eq(d.list, 0);
	ck_assert_ptr_null(ticket_find(&d.all, a, TICKET_ACK));
	ck_assert_ptr_null(ticket_find(&d.all, c, TICKET_ACK));
	ck_assert_ptr_nonnull(ticket_find(&d.all, b, TICKET_ENTRY));
	tickets_fini(&d.all);
}
END_TEST

START_TEST(without_memory_there_is_no_ticket_and_the_others_stay)
{
	desk d = { 0 };
	failing_malloc_after(0);
	uint64_t none = issue(&d, 1);
	ck_assert(failing_malloc_off());
	ck_assert_uint_eq(none, 0);
	uint64_t first = issue(&d, 1);
	while (d.all.free)
		issue(&d, 2);
	failing_malloc_after(0);
	none = issue(&d, 3);
	ck_assert(failing_malloc_off());
	ck_assert_uint_eq(none, 0);
	ck_assert_ptr_nonnull(ticket_find(&d.all, first, TICKET_ACK));
	tickets_fini(&d.all);
}
END_TEST

UNIT_MAIN("ticket", a_ticket_tells_its_owner_and_id, a_used_ticket_is_not_found,
	the_next_user_of_a_slot_has_another_number, a_ticket_is_of_one_kind,
	numbers_that_were_never_issued_are_not_found, a_generation_that_wraps_makes_no_zero,
	tickets_are_used_in_any_order, voiding_a_list_leaves_the_tickets_of_others,
	without_memory_there_is_no_ticket_and_the_others_stay)
