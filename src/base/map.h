/* SPDX-License-Identifier: MIT */
/*
 * map - an intrusive hash map from byte strings to the objects that hold them.
 *
 * The node lives inside the object and points at a key that lives as long as the
 * node is in the map.  Adding never fails: when the table cannot grow, chains get
 * longer.  The hash is keyed with random bytes for each map (SipHash-1-3), because
 * peers choose keys: room names, namespaces, session ids.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "span.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct map_node {
	struct map_node *next;
	const char *key;
	uint32_t key_len;
	uint32_t hash;
} map_node;

typedef struct map {
	map_node **table; /* of cap slots, a power of two; &one until the first growth */
	map_node *one;
	size_t cap, count;
	uint64_t seed[2];
} map;

#define MAP_OWNER(node, type, field) ((type *)(void *)((char *)(node)-offsetof(type, field)))

/* A map must not move in memory while `table` is &one: init it where it stays. */
void map_init(map *m);
/* Frees the table, not the objects. */
void map_fini(map *m);

map_node *map_find(const map *m, span key); /* NULL: none */
/* What the map makes of a key; nobody else can foresee it. */
uint64_t map_hash(const map *m, span key);
/* The key must not be in the map.  The table grows at load 1; out of memory is no failure. */
void map_add(map *m, map_node *node, span key);
/* The node must be in the map.  The table shrinks again at load 1/8. */
void map_remove(map *m, map_node *node);

/* Iteration in no order: map_next(m, NULL) is the first, NULL the end.  The map must not
 * change meanwhile. */
map_node *map_next(const map *m, const map_node *node);

#endif
