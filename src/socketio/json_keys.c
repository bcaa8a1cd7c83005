/* SPDX-License-Identifier: MIT */
/*
 * json_keys - what JSON.parse does with equal keys: the last value wins, at the place of the first.
 *
 * A few keys are compared with each other.  Many are sorted, by merging, in the `next` of the
 * nodes themselves while `prev` remembers their order: no memory, no hash that a peer could aim
 * at, and n log n comparisons at worst.
 */
#include "json.h"
#include "json_tree.h"
#include <string.h>

enum {
	FEW_KEYS = 8,
	SORT_BINS = 48 /* bin i holds a sorted list of 2^i nodes: more than there can be */
};

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

/* Of equal keys a's come first. */
static cJSON *merge(cJSON *a, cJSON *b)
{
	cJSON *head = NULL;
	cJSON **tail = &head;
	while (a && b) {
		cJSON **least = strcmp(a->string, b->string) <= 0 ? &a : &b;
		*tail = *least;
		tail = &(*least)->next;
		*least = *tail;
	}
	*tail = a ? a : b;
	return head;
}

static cJSON *sort(cJSON *list)
{
	cJSON *bins[SORT_BINS] = { NULL };
	while (list) {
		cJSON *carry = list;
		list = list->next;
		carry->next = NULL;
		size_t i = 0;
		for (; bins[i]; i++) {
			carry = merge(bins[i], carry);
			bins[i] = NULL;
		}
		bins[i] = carry;
	}
	cJSON *sorted = NULL;
	for (size_t i = 0; i < SORT_BINS; i++)
		sorted = merge(bins[i], sorted);
	return sorted;
}

static void supersede_sorted(cJSON *first)
{
	while (first) {
		cJSON *other = first->next;
		for (; other && strcmp(first->string, other->string) == 0; other = other->next)
			supersede(first, other);
		first = other;
	}
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

static bool has_many(const cJSON *node)
{
	size_t n = 0;
	while (node && n <= FEW_KEYS) {
		node = node->next;
		n++;
	}
	return n > FEW_KEYS;
}

void json_unique_keys(cJSON *object)
{
	cJSON *first = object->child;
	if (!first)
		return;
	if (!has_many(first)) {
		if (supersede_few(first))
			relink(object);
		return;
	}
	supersede_sorted(sort(first));
	relink(object);
}
