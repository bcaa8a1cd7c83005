/* SPDX-License-Identifier: MIT */
/*
 * json_keys - what JSON.parse does with equal keys: the last value wins, at the place of the first.
 *
 * A few keys are compared with each other.  Many are looked up in a map, whose hash is keyed, so
 * that no choice of keys makes it slow.
 */
#include "../base/map.h"
#include "json.h"
#include "json_tree.h"
#include <stdlib.h>
#include <string.h>

enum { FEW_KEYS = 16 }; /* up to here comparing is cheaper than a map */

typedef struct member {
	map_node node;
	cJSON *item;
} member;

/* b's value takes the place of a's, and b, left without a key, is to be dropped. */
static void supersede(cJSON *a, cJSON *b)
{
	cJSON old = *a;
	a->type = b->type;
	a->child = b->child;
	a->valuestring = b->valuestring;
	a->valueint = b->valueint;
	a->valuedouble = b->valuedouble;
	b->type = old.type;
	b->child = old.child;
	b->valuestring = old.valuestring;
	cJSON_free(b->string);
	b->string = NULL;
}

static bool supersede_few(cJSON *first)
{
	bool found = false;
	for (cJSON *b = first->next; b; b = b->next) {
		cJSON *a = first;
		while (a != b && (!a->string || strcmp(a->string, b->string) != 0))
			a = a->next;
		if (a != b) {
			supersede(a, b);
			found = true;
		}
	}
	return found;
}

static bool supersede_known(map *known, member *members, cJSON *item)
{
	bool found = false;
	for (member *m = members; item; item = item->next, m++) {
		span key = span_of(item->string);
		map_node *first = map_find(known, key);
		if (first) {
			supersede(MAP_OWNER(first, member, node)->item, item);
			found = true;
			continue;
		}
		m->item = item;
		map_add(known, &m->node, key);
	}
	return found;
}

static void drop(cJSON *node)
{
	node->next = NULL;
	json_free(node);
}

/* Links the nodes that kept their key again, by their prev, from the last to the first. */
static void relink(cJSON *object)
{
	cJSON *first = object->child;
	cJSON *node = first->prev;
	cJSON *after = NULL;
	for (;;) {
		cJSON *before = node->prev;
		bool is_first = node == first;
		if (!node->string) {
			drop(node);
		} else {
			node->next = after;
			*(after ? &after->prev : &first->prev) = node;
			after = node;
		}
		if (is_first)
			return;
		node = before;
	}
}

static size_t count(const cJSON *node)
{
	size_t n = 0;
	for (; node; node = node->next)
		n++;
	return n;
}

/* What a map takes for each. */
enum { MEMBER_COST = sizeof(member) + 2 * sizeof(map_node *) };

static bool unique_many(json_tree *t, size_t n)
{
	cJSON *object = t->open;
	size_t cost = n * MEMBER_COST;
	member *members = json_tree_charge(t, cost) ? malloc(n * sizeof *members) : NULL;
	if (!members)
		return false;
	map known;
	map_init(&known);
	if (supersede_known(&known, members, object->child))
		relink(object);
	map_fini(&known);
	free(members);
	t->left += cost;
	return true;
}

bool json_unique_keys(json_tree *t)
{
	cJSON *object = t->open;
	size_t n = count(object->child);
	if (n > FEW_KEYS)
		return unique_many(t, n);
	if (n > 1 && supersede_few(object->child))
		relink(object);
	return true;
}
