/* SPDX-License-Identifier: MIT */
/* The wheel: order, punctuality, what a timer's function may do, and a model of a plain list. */
#include "../../src/base/timer.h"
#include "../support/unit.h"
#include <string.h>

#define YEAR (UINT64_C(365) * 24 * 3600 * 1000)

typedef struct alarm_clock {
	timer t;
	char name;
} alarm_clock;

static wheel w;
static char ran[64]; /* the names of those that ran, in order */

static void note(timer *t)
{
	strncat(ran, &((alarm_clock *)(void *)t)->name, 1);
}

static alarm_clock *set(alarm_clock *a, char name, timer_fn *fn, uint64_t due)
{
	a->name = name;
	timer_init(&a->t, fn);
	timer_start(&w, &a->t, due);
	return a;
}

static const char *turned_to(uint64_t now)
{
	ran[0] = '\0';
	wheel_turn(&w, now);
	return ran;
}

START_TEST(a_timer_runs_once_and_never_early)
{
	alarm_clock a;
	wheel_init(&w, 1000);
	set(&a, 'a', note, 1010);
	ck_assert_str_eq(turned_to(1009), "");
	ck_assert(timer_running(&a.t));
	ck_assert_str_eq(turned_to(1010), "a");
	ck_assert(!timer_running(&a.t));
	ck_assert_str_eq(turned_to(5000), "");
	ck_assert_uint_eq(w.count, 0);
}
END_TEST

/* Each due time lies just before, at, or just behind the edge of a level. */
START_TEST(every_distance_is_met_to_the_millisecond)
{
	static const uint64_t starts[] = { 0, 1, 63, 64, 4095, 262143, 1700000000123,
		(UINT64_C(1) << 36) - 1 };
	for (size_t s = 0; s < sizeof starts / sizeof *starts; s++) {
		for (unsigned bit = 0; bit < 42; bit++) {
			for (uint64_t near = 0; near < 3; near++) {
				alarm_clock a;
				uint64_t due = starts[s] + (UINT64_C(1) << bit) + near;
				wheel_init(&w, starts[s]);
				set(&a, 'a', note, due);
				ck_assert_uint_le(wheel_next(&w), due);
				ck_assert_str_eq(turned_to(due - 1), "");
				ck_assert_uint_eq(wheel_next(&w), due);
				ck_assert_str_eq(turned_to(due), "a");
			}
		}
	}
}
END_TEST

START_TEST(one_turn_runs_all_in_the_order_of_their_due_times)
{
	alarm_clock a, b, c, d, e;
	wheel_init(&w, 50);
	set(&e, 'e', note, 50 + YEAR / 2);
	set(&c, 'c', note, 70000);
	set(&a, 'a', note, 51);
	set(&d, 'd', note, 70001);
	set(&b, 'b', note, 64);
	ck_assert_str_eq(turned_to(YEAR), "abcde");
}
END_TEST

START_TEST(equal_due_times_run_in_the_order_of_starting)
{
	alarm_clock a, b, c;
	wheel_init(&w, 0);
	set(&a, 'a', note, 5000);
	ck_assert_str_eq(turned_to(4990), "");
	set(&b, 'b', note, 5000);
	turned_to(4999);
	set(&c, 'c', note, 5000);
	ck_assert_str_eq(turned_to(5001), "abc");
}
END_TEST

START_TEST(a_stopped_timer_does_not_run)
{
	alarm_clock a, b;
	wheel_init(&w, 0);
	set(&a, 'a', note, 10);
	set(&b, 'b', note, 10);
	timer_stop(&w, &a.t);
	timer_stop(&w, &a.t);
	ck_assert_uint_eq(w.count, 1);
	ck_assert_str_eq(turned_to(100), "b");
}
END_TEST

START_TEST(starting_a_running_timer_moves_it)
{
	alarm_clock a;
	wheel_init(&w, 0);
	set(&a, 'a', note, 10);
	timer_start(&w, &a.t, 200);
	ck_assert_uint_eq(w.count, 1);
	ck_assert_str_eq(turned_to(199), "");
	timer_start(&w, &a.t, 201);
	timer_start(&w, &a.t, 200);
	ck_assert_str_eq(turned_to(200), "a");
}
END_TEST

START_TEST(a_due_time_in_the_past_runs_at_the_next_turn)
{
	alarm_clock a;
	wheel_init(&w, 1000);
	set(&a, 'a', note, 5);
	ck_assert_uint_eq(wheel_next(&w), 1000);
	ck_assert_str_eq(turned_to(1000), "a");
}
END_TEST

START_TEST(the_clock_never_goes_back)
{
	alarm_clock a;
	wheel_init(&w, 1000);
	turned_to(500);
	ck_assert_uint_eq(w.now, 1000);
	set(&a, 'a', note, 900);
	ck_assert_str_eq(turned_to(0), "a");
}
END_TEST

START_TEST(nothing_to_wait_for_is_told_apart)
{
	alarm_clock a;
	wheel_init(&w, 7);
	ck_assert_uint_eq(wheel_next(&w), UINT64_MAX);
	set(&a, 'a', note, 100000);
	timer_stop(&w, &a.t);
	ck_assert_uint_eq(wheel_next(&w), UINT64_MAX);
}
END_TEST

START_TEST(a_caller_that_follows_wheel_next_wakes_at_most_once_a_level)
{
	alarm_clock a;
	wheel_init(&w, 12345);
	uint64_t due = 12345 + YEAR + 678901;
	set(&a, 'a', note, due);
	int wakes = 0;
	while (timer_running(&a.t)) {
		uint64_t next = wheel_next(&w);
		ck_assert_uint_gt(next, w.now);
		ck_assert_uint_le(next, due);
		turned_to(next);
		wakes++;
	}
	ck_assert_int_le(wakes, WHEEL_LEVELS);
}
END_TEST

/* Millisecond by millisecond this would take hours. */
START_TEST(turning_over_empty_years_takes_no_time)
{
	alarm_clock a;
	wheel_init(&w, 0);
	set(&a, 'a', note, UINT64_MAX);
	for (uint64_t year = 1; year <= 20000; year++)
		ck_assert_str_eq(turned_to(year * YEAR), "");
	ck_assert(timer_running(&a.t));
	ck_assert_uint_gt(wheel_next(&w), w.now);
	timer_stop(&w, &a.t);
}
END_TEST

static alarm_clock other;

static void stop_other(timer *t)
{
	note(t);
	timer_stop(&w, &other.t);
}

START_TEST(a_function_may_stop_a_timer_of_the_same_turn)
{
	alarm_clock a, c;
	wheel_init(&w, 0);
	set(&a, 'a', stop_other, 5);
	set(&other, 'b', note, 5);
	set(&c, 'c', note, 6);
	ck_assert_str_eq(turned_to(10), "ac");
	ck_assert_uint_eq(w.count, 0);
}
END_TEST

static void postpone_other(timer *t)
{
	note(t);
	timer_start(&w, &other.t, 50);
}

START_TEST(a_function_may_postpone_a_timer_of_the_same_turn)
{
	alarm_clock a;
	wheel_init(&w, 0);
	set(&a, 'a', postpone_other, 5);
	set(&other, 'b', note, 6);
	ck_assert_str_eq(turned_to(10), "a");
	ck_assert_str_eq(turned_to(49), "");
	ck_assert_str_eq(turned_to(50), "b");
}
END_TEST

static void again_at_once(timer *t)
{
	note(t);
	timer_start(&w, t, 0);
}

START_TEST(a_timer_restarted_for_now_runs_in_the_next_turn)
{
	alarm_clock a;
	wheel_init(&w, 0);
	set(&a, 'a', again_at_once, 5);
	ck_assert_str_eq(turned_to(10), "a");
	ck_assert_uint_eq(wheel_next(&w), 10);
	ck_assert_str_eq(turned_to(10), "a");
	ck_assert_str_eq(turned_to(11), "a");
	timer_stop(&w, &a.t);
}
END_TEST

static alarm_clock *on_heap[2];

static void free_both(timer *t)
{
	note(t);
	for (int i = 0; i < 2; i++) {
		timer_stop(&w, &on_heap[i]->t);
		free(on_heap[i]);
	}
}

START_TEST(a_function_may_free_its_own_timer_and_others)
{
	wheel_init(&w, 0);
	for (int i = 0; i < 2; i++)
		on_heap[i] = set(malloc(sizeof(alarm_clock)), 'x', free_both, 5);
	ck_assert_str_eq(turned_to(5), "x");
	ck_assert_uint_eq(w.count, 0);
}
END_TEST

START_TEST(a_timer_is_small)
{
	ck_assert_uint_le(sizeof(timer), 4 * sizeof(void *));
}
END_TEST

/* ---- The model: an array that is searched in full ---- */

enum { TIMERS = 60 };

typedef struct modelled {
	timer t;
	bool running;
	uint64_t due, started; /* `started` breaks ties */
} modelled;

static modelled all[TIMERS];
static uint64_t starts, target;

static modelled *first_of_model(void)
{
	modelled *first = NULL;
	for (int i = 0; i < TIMERS; i++) {
		modelled *m = &all[i];
		if (!m->running)
			continue;
		if (!first || m->due < first->due ||
			(m->due == first->due && m->started < first->started))
			first = m;
	}
	return first;
}

static uint64_t random_delay(void)
{
	uint64_t bits = (uint64_t)rand() << 31 ^ (uint64_t)rand();
	return bits >> (24 + rand() % 38);
}

static void model_start(modelled *m)
{
	m->running = true;
	m->due = w.now + random_delay();
	m->started = starts++;
	timer_start(&w, &m->t, m->due);
}

static void model_stop(modelled *m)
{
	m->running = false;
	timer_stop(&w, &m->t);
}

/* What an operation inside the turn starts is due later than the turn, so the first of the model
 * must be the one that runs. */
static void model_ran(timer *t)
{
	modelled *m = (modelled *)(void *)t;
	ck_assert_ptr_eq(m, first_of_model());
	ck_assert_uint_le(m->due, target);
	m->running = false;
	modelled *victim = &all[rand() % TIMERS];
	if (rand() % 8 == 0)
		model_stop(victim);
	if (rand() % 4 == 0) {
		victim->running = true;
		victim->due = w.now + 1 + random_delay();
		victim->started = starts++;
		timer_start(&w, &victim->t, victim->due);
	}
}

static void model_turn(uint64_t to)
{
	target = to;
	wheel_turn(&w, to);
	const modelled *first = first_of_model();
	ck_assert(!first || first->due > to);
	ck_assert_uint_eq(wheel_next(&w) == UINT64_MAX, first == NULL);
	ck_assert(!first || wheel_next(&w) <= first->due);
	ck_assert_uint_gt(wheel_next(&w), to);
}

static void model_run(uint64_t from)
{
	wheel_init(&w, from);
	for (int i = 0; i < TIMERS; i++) {
		timer_init(&all[i].t, model_ran);
		all[i].running = false;
	}
	for (int i = 0; i < 30000; i++) {
		modelled *m = &all[rand() % TIMERS];
		int what = rand() % 10;
		if (what < 5)
			model_start(m);
		else if (what < 7)
			model_stop(m);
		else if (what < 8)
			model_turn(wheel_next(&w) == UINT64_MAX ? w.now : wheel_next(&w));
		else
			model_turn(w.now + random_delay());
	}
}

START_TEST(any_series_of_operations_agrees_with_the_model)
{
	srand(1);
	model_run(0);
	model_run(1700000000123);
	model_run((UINT64_C(1) << 36) - 1000);
	model_run((UINT64_C(1) << 42) - 5);
}
END_TEST

UNIT_MAIN("timer", a_timer_runs_once_and_never_early, every_distance_is_met_to_the_millisecond,
	one_turn_runs_all_in_the_order_of_their_due_times,
	equal_due_times_run_in_the_order_of_starting, a_stopped_timer_does_not_run,
	starting_a_running_timer_moves_it, a_due_time_in_the_past_runs_at_the_next_turn,
	the_clock_never_goes_back, nothing_to_wait_for_is_told_apart,
	a_caller_that_follows_wheel_next_wakes_at_most_once_a_level,
	turning_over_empty_years_takes_no_time, a_function_may_stop_a_timer_of_the_same_turn,
	a_function_may_postpone_a_timer_of_the_same_turn,
	a_timer_restarted_for_now_runs_in_the_next_turn,
	a_function_may_free_its_own_timer_and_others, a_timer_is_small,
	any_series_of_operations_agrees_with_the_model)
