/* SPDX-License-Identifier: MIT */
/*
 * timer - the wheel.
 *
 * Read the time as digits of base 64.  A timer stands on the level of the highest digit in which
 * its due time differs from now, in the slot that this digit names.  So level 0 holds what is due
 * within the current 64 ms, each slot one millisecond; every timer of a level is due before every
 * timer of the levels above it; and the first slot of the lowest level in use is the next thing to
 * happen. The highest level alone goes round: a slot behind the clock's digit belongs to the next
 * round.
 */
#include "timer.h"
#include <assert.h>

enum { TOP = WHEEL_LEVELS - 1 };

static unsigned shift_of(unsigned level)
{
	return level * WHEEL_BITS;
}

void wheel_init(wheel *w, uint64_t now)
{
	w->now = w->time = now;
	w->count = 0;
	for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
		w->busy[level] = 0;
		for (unsigned i = 0; i < WHEEL_SLOTS; i++)
			list_init(&w->slot[level][i]);
	}
}

void timer_init(timer *t, timer_fn *fn)
{
	list_init(&t->link);
	t->due = 0;
	t->fn = fn;
}

bool timer_running(const timer *t)
{
	return !list_empty(&t->link);
}

static unsigned level_of(uint64_t now, uint64_t due)
{
	uint64_t differs = now ^ due;
	if (differs < WHEEL_SLOTS)
		return 0;
	unsigned level = (63 - (unsigned)__builtin_clzll(differs)) / WHEEL_BITS;
	return level < TOP ? level : TOP;
}

/* What is due beyond the last slot waits in the last slot, and is placed again from there. */
static void place(wheel *w, timer *t)
{
	unsigned level = level_of(w->now, t->due);
	uint64_t here = w->now >> shift_of(level);
	uint64_t ahead = (t->due >> shift_of(level)) - here;
	if (ahead >= WHEEL_SLOTS)
		ahead = WHEEL_SLOTS - 1;
	unsigned i = (unsigned)((here + ahead) % WHEEL_SLOTS);
	list_append(&w->slot[level][i], &t->link);
	w->busy[level] |= UINT64_C(1) << i;
}

/* Only a neighbour can tell which slot a timer was in; when the slot's head is its only neighbour
 * the slot is now empty.  The head may also be the list of a turn that is under way. */
static void mark_empty(wheel *w, const list *head)
{
	uintptr_t offset = (uintptr_t)head - (uintptr_t)w->slot;
	if (offset >= sizeof w->slot)
		return;
	size_t i = offset / sizeof(list);
	w->busy[i / WHEEL_SLOTS] &= ~(UINT64_C(1) << i % WHEEL_SLOTS);
}

void timer_start(wheel *w, timer *t, uint64_t due)
{
	timer_stop(w, t);
	t->due = due > w->now ? due : w->now;
	place(w, t);
	w->count++;
}

void timer_stop(wheel *w, timer *t)
{
	if (!timer_running(t))
		return;
	assert(w->count > 0);
	if (t->link.next == t->link.prev)
		mark_empty(w, t->link.next);
	list_remove(&t->link);
	w->count--;
}

/* The first slot in use, and in *begins when its time begins; NULL: none. */
static list *first_slot(const wheel *w, unsigned *level, uint64_t *begins)
{
	for (unsigned l = 0; l < WHEEL_LEVELS; l++) {
		if (!w->busy[l])
			continue;
		uint64_t here = w->now >> shift_of(l);
		unsigned digit = (unsigned)(here % WHEEL_SLOTS);
		uint64_t from_here = w->busy[l] >> digit | w->busy[l] << (-digit % WHEEL_SLOTS);
		uint64_t at = here + (unsigned)__builtin_ctzll(from_here);
		*level = l;
		*begins = at << shift_of(l);
		return (list *)&w->slot[l][at % WHEEL_SLOTS];
	}
	return NULL;
}

/* Deals a coarse slot's timers out to the levels below; those that the turn does not reach wait for
 * its end, when they can be placed once and for all. */
static void spread(wheel *w, list *slot, uint64_t until, list *later)
{
	while (!list_empty(slot)) {
		timer *t = LIST_OWNER(slot->next, timer, link);
		list_remove(&t->link);
		if (t->due > until)
			list_append(later, &t->link);
		else
			place(w, t);
	}
}

/* Moves the clock to `until` from one slot in use to the next, and everything due to `due` in
 * order. No timer's function runs here, so nothing changes under its hands. */
static void advance(wheel *w, uint64_t until, list *due)
{
	list later;
	list *slot;
	unsigned level;
	uint64_t begins;
	list_init(&later);
	while ((slot = first_slot(w, &level, &begins)) && begins <= until) {
		w->now = begins;
		mark_empty(w, slot);
		if (level == 0)
			list_move(due, slot);
		else
			spread(w, slot, until, &later);
	}
	w->now = until;
	spread(w, &later, UINT64_MAX, NULL);
}

void wheel_turn(wheel *w, uint64_t now)
{
	list due;
	list_init(&due);
	advance(w, now > w->now ? now : w->now, &due);
	if (w->time < w->now)
		w->time = w->now;
	while (!list_empty(&due)) {
		timer *t = LIST_OWNER(due.next, timer, link);
		list_remove(&t->link);
		w->count--;
		t->fn(t);
	}
}

uint64_t wheel_next(const wheel *w)
{
	unsigned level;
	uint64_t begins;
	return first_slot(w, &level, &begins) ? begins : UINT64_MAX;
}
