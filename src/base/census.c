/* SPDX-License-Identifier: MIT */
/* census - how many of something each key has. */
#include "census.h"
#include <stdlib.h>
#include <string.h>

struct census_entry {
	map_node by_key;
	size_t count;
	char key[];
};

void census_init(census *c)
{
	map_init(&c->entries);
}

void census_fini(census *c)
{
	map_node *node;
	while ((node = map_next(&c->entries, NULL)) != NULL) {
		map_remove(&c->entries, node);
		free(MAP_OWNER(node, census_entry, by_key));
	}
	map_fini(&c->entries);
}

static census_entry *find(const census *c, span key)
{
	map_node *node = map_find(&c->entries, key);
	return node ? MAP_OWNER(node, census_entry, by_key) : NULL;
}

size_t census_count(const census *c, span key)
{
	const census_entry *e = find(c, key);
	return e ? e->count : 0;
}

census_entry *census_add(census *c, span key)
{
	census_entry *e = find(c, key);
	if (!e) {
		e = calloc(1, sizeof *e + key.len + 1);
		if (!e)
			return NULL;
		if (key.len)
			memcpy(e->key, key.at, key.len);
		map_add(&c->entries, &e->by_key, (span){ e->key, key.len });
	}
	e->count++;
	return e;
}

void census_drop(census *c, census_entry *e)
{
	if (!e || --e->count)
		return;
	map_remove(&c->entries, &e->by_key);
	free(e);
}
