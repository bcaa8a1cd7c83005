/* SPDX-License-Identifier: MIT */
/* map - chains in a table of a power of two, and the keyed hash that spreads them. */
#include "map.h"
#include "text.h"
#include <assert.h>
#include <endian.h>
#include <stdlib.h>

enum { MAP_FIRST = 8 }; /* slots of the first table that is allocated */

/* ---- SipHash-1-3: one round a word, three at the end ---- */

typedef struct sip {
	uint64_t v0, v1, v2, v3;
} sip;

static inline uint64_t rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static inline void sip_round(sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 = rotate(s->v2, 32);
}

static inline void sip_word(sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

/* The last word: what is left of the key, and the key's length in the highest byte. */
static uint64_t sip_tail(const char *at, size_t left, size_t len)
{
	uint64_t word = (uint64_t)len << 56;
	for (size_t i = 0; i < left; i++)
		word |= (uint64_t)(unsigned char)at[i] << (8 * i);
	return word;
}

uint64_t map_hash(const map *m, span key)
{
	sip s = { m->seed[0] ^ 0x736f6d6570736575, m->seed[1] ^ 0x646f72616e646f6d,
		m->seed[0] ^ 0x6c7967656e657261, m->seed[1] ^ 0x7465646279746573 };
	size_t at = 0;
	for (; key.len - at >= 8; at += 8) {
		uint64_t word;
		memcpy(&word, key.at + at, 8);
		sip_word(&s, le64toh(word));
	}
	sip_word(&s, sip_tail(key.len > at ? key.at + at : NULL, key.len - at, key.len));
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* ---- The table ---- */

void map_init(map *m)
{
	m->one = NULL;
	m->table = &m->one;
	m->cap = 1;
	m->count = 0;
	random_bytes(m->seed, sizeof m->seed);
}

void map_fini(map *m)
{
	if (m->table != &m->one)
		free(m->table);
	m->one = NULL;
	m->table = &m->one;
	m->cap = 1;
	m->count = 0;
}

static map_node **slot_of(const map *m, uint32_t hash)
{
	return &m->table[hash & (m->cap - 1)];
}

static void push(map *m, map_node *node)
{
	map_node **slot = slot_of(m, node->hash);
	node->next = *slot;
	*slot = node;
}

static void push_chain(map *m, map_node *chain)
{
	while (chain) {
		map_node *node = chain;
		chain = node->next;
		push(m, node);
	}
}

/* Out of memory leaves the table as it is: a wrong size costs time and nothing else. */
static void resize(map *m, size_t cap)
{
	map_node *alone = m->one;
	map_node **old = m->table == &m->one ? &alone : m->table;
	size_t old_cap = m->cap;
	map_node **table = cap > 1 ? calloc(cap, sizeof(map_node *)) : &m->one;
	if (!table)
		return;
	m->one = NULL;
	m->table = table;
	m->cap = cap;
	for (size_t i = 0; i < old_cap; i++)
		push_chain(m, old[i]);
	if (old != &alone)
		free(old);
}

map_node *map_find(const map *m, span key)
{
	if (m->count == 0)
		return NULL;
	uint32_t hash = (uint32_t)map_hash(m, key);
	for (map_node *node = *slot_of(m, hash); node; node = node->next) {
		if (node->hash == hash && span_is((span){ node->key, node->key_len }, key))
			return node;
	}
	return NULL;
}

void map_add(map *m, map_node *node, span key)
{
	assert(key.len <= UINT32_MAX);
	node->key = key.at;
	node->key_len = (uint32_t)key.len;
	node->hash = (uint32_t)map_hash(m, key);
	push(m, node);
	m->count++;
	if (m->count > m->cap)
		resize(m, m->cap < MAP_FIRST ? MAP_FIRST : m->cap * 2);
}

void map_remove(map *m, map_node *node)
{
	map_node **link = slot_of(m, node->hash);
	while (*link != node) {
		assert(*link);
		link = &(*link)->next;
	}
	*link = node->next;
	node->next = NULL;
	m->count--;
	if (m->count < m->cap / 8)
		resize(m, m->cap > MAP_FIRST ? m->cap / 2 : 1);
}

map_node *map_next(const map *m, const map_node *node)
{
	if (node && node->next)
		return node->next;
	size_t i = node ? (node->hash & (m->cap - 1)) + 1 : 0;
	for (; i < m->cap; i++) {
		if (m->table[i])
			return m->table[i];
	}
	return NULL;
}
