/* SPDX-License-Identifier: MIT */
/* The map against a model, its hash against known values, and its table when memory is short. */
#include "../../src/base/map.h"
#include "../support/failing_malloc.h"
#include "../support/unit.h"
#include <stdio.h>

enum { MANY = 500 };

typedef struct item {
	int tag; /* so that the node is not the first member */
	map_node node;
	char key[24];
	bool in;
} item;

static void items_init(item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		items[i] = (item){ .tag = (int)i };
		snprintf(items[i].key, sizeof items[i].key, "k%zu", i);
	}
}

static void put(map *m, item *it)
{
	map_add(m, &it->node, span_of(it->key));
	it->in = true;
}

static void take(map *m, item *it)
{
	map_remove(m, &it->node);
	it->in = false;
}

static void assert_same(const map *m, const item *items, size_t n)
{
	size_t expected = 0, walked = 0;
	for (size_t i = 0; i < n; i++) {
		map_node *found = map_find(m, span_of(items[i].key));
		ck_assert_ptr_eq(found, items[i].in ? &items[i].node : NULL);
		expected += items[i].in;
	}
	for (map_node *node = map_next(m, NULL); node; node = map_next(m, node)) {
		ck_assert(MAP_OWNER(node, item, node)->in);
		walked++;
	}
	ck_assert_uint_eq(walked, expected);
	ck_assert_uint_eq(m->count, expected);
}

START_TEST(an_empty_map_holds_nothing)
{
	map m;
	map_init(&m);
	ck_assert_ptr_null(map_find(&m, SPAN("a")));
	ck_assert_ptr_null(map_find(&m, (span){ NULL, 0 }));
	ck_assert_ptr_null(map_next(&m, NULL));
	map_fini(&m);
}
END_TEST

START_TEST(keys_are_bytes_and_may_be_empty)
{
	map m;
	map_node none, nul, longer;
	map_init(&m);
	map_add(&m, &none, (span){ NULL, 0 });
	map_add(&m, &nul, SPAN("a\0b"));
	map_add(&m, &longer, SPAN("a\0bc"));
	ck_assert_ptr_eq(map_find(&m, SPAN("")), &none);
	ck_assert_ptr_eq(map_find(&m, SPAN("a\0b")), &nul);
	ck_assert_ptr_eq(map_find(&m, SPAN("a\0bc")), &longer);
	ck_assert_ptr_null(map_find(&m, SPAN("a")));
	ck_assert_ptr_null(map_find(&m, SPAN("A\0b")));
	map_fini(&m);
}
END_TEST

START_TEST(any_series_of_changes_agrees_with_the_model)
{
	static item items[MANY];
	map m;
	map_init(&m);
	items_init(items, MANY);
	srand(1);
	for (int i = 0; i < 40000; i++) {
		/* The favour changes, so that the map grows full and runs empty several times. */
		bool add = rand() % 10 < (i / 4000 % 2 ? 2 : 8);
		item *it = &items[rand() % MANY];
		if (add && !it->in)
			put(&m, it);
		else if (!add && it->in)
			take(&m, it);
		if (i % 500 == 0)
			assert_same(&m, items, MANY);
	}
	assert_same(&m, items, MANY);
	map_fini(&m);
}
END_TEST

START_TEST(the_table_grows_at_load_one_and_shrinks_at_an_eighth)
{
	static item items[MANY];
	map m;
	map_init(&m);
	items_init(items, MANY);
	for (size_t i = 0; i < MANY; i++) {
		put(&m, &items[i]);
		ck_assert_uint_le(m.count, m.cap);
	}
	ck_assert_uint_eq(m.cap, 512);
	for (size_t i = 0; i < MANY; i++) {
		take(&m, &items[i]);
		ck_assert_uint_ge(m.count, m.cap / 8);
	}
	ck_assert_ptr_eq(m.table, &m.one);
	map_fini(&m);
}
END_TEST

START_TEST(one_object_needs_no_table)
{
	map m;
	map_node node;
	map_init(&m);
	size_t before = failing_malloc_count();
	map_add(&m, &node, SPAN("only"));
	map_node *found = map_find(&m, SPAN("only"));
	map_remove(&m, &node);
	size_t after = failing_malloc_count();
	ck_assert_uint_eq(after, before);
	ck_assert_ptr_eq(found, &node);
	ck_assert_ptr_null(map_next(&m, NULL));
	map_fini(&m);
}
END_TEST

START_TEST(a_table_that_cannot_grow_costs_time_only)
{
	static item items[MANY];
	map m;
	map_init(&m);
	items_init(items, MANY);
	for (size_t i = 0; i < MANY; i++) {
		failing_malloc_after(0);
		put(&m, &items[i]);
		failing_malloc_off();
	}
	ck_assert_uint_eq(m.cap, 1);
	assert_same(&m, items, MANY);
	take(&m, &items[0]);
	put(&m, &items[0]);
	ck_assert_uint_gt(m.cap, 1);
	assert_same(&m, items, MANY);
	map_fini(&m);
}
END_TEST

START_TEST(a_table_that_cannot_shrink_stays)
{
	static item items[MANY];
	map m;
	map_init(&m);
	items_init(items, MANY);
	for (size_t i = 0; i < MANY; i++)
		put(&m, &items[i]);
	for (size_t i = 1; i < MANY; i++) {
		failing_malloc_after(0);
		take(&m, &items[i]);
		failing_malloc_off();
	}
	ck_assert_uint_eq(m.cap, 512);
	assert_same(&m, items, MANY);
	map_fini(&m);
}
END_TEST

/* The values were computed by another implementation of SipHash-1-3, with a key of zeros. */
START_TEST(the_hash_is_siphash_1_3)
{
	const struct {
		span key;
		uint32_t hash;
	} known[] = { { SPAN("a"), 0xb89b1813 }, { SPAN("1234567"), 0x94fdae81 },
		{ SPAN("12345678"), 0x30560a87 }, { SPAN("room:general"), 0x0690d371 },
		{ SPAN("0123456789abcdef\x80\xff"), 0x62ab97a6 } };
	map_node nodes[5];
	map m;
	map_init(&m);
	m.seed[0] = m.seed[1] = 0;
	for (size_t i = 0; i < 5; i++) {
		map_add(&m, &nodes[i], known[i].key);
		ck_assert_uint_eq(nodes[i].hash, known[i].hash);
	}
	map_fini(&m);
}
END_TEST

START_TEST(each_map_hashes_with_its_own_key)
{
	map a, b;
	map_init(&a);
	map_init(&b);
	ck_assert_mem_ne(a.seed, b.seed, sizeof a.seed);
	map_fini(&a);
	map_fini(&b);
}
END_TEST

UNIT_MAIN("map", an_empty_map_holds_nothing, keys_are_bytes_and_may_be_empty,
	any_series_of_changes_agrees_with_the_model,
	the_table_grows_at_load_one_and_shrinks_at_an_eighth, one_object_needs_no_table,
	a_table_that_cannot_grow_costs_time_only, a_table_that_cannot_shrink_stays,
	the_hash_is_siphash_1_3, each_map_hashes_with_its_own_key)
