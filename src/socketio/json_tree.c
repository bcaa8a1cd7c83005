/* SPDX-License-Identifier: MIT */
/* json_tree - nodes of cJSON: made, put together, and freed without recursion. */
#include "json_tree.h"
#include "json.h"
#include <limits.h>
#include <string.h>

cJSON *json_node(int type)
{
	cJSON *node = cJSON_malloc(sizeof *node);
	if (!node)
		return NULL;
	memset(node, 0, sizeof *node);
	node->type = type;
	return node;
}

static int saturated(double value)
{
	if (value >= INT_MAX)
		return INT_MAX;
	if (value <= INT_MIN)
		return INT_MIN;
	return (int)value;
}

cJSON *json_node_number(double value)
{
	cJSON *node = json_node(cJSON_Number);
	if (!node)
		return NULL;
	node->valuedouble = value;
	node->valueint = saturated(value);
	return node;
}

cJSON *json_node_text(char *text)
{
	cJSON *node = text ? json_node(cJSON_String) : NULL;
	if (!node) {
		cJSON_free(text);
		return NULL;
	}
	node->valuestring = text;
	return node;
}

static size_t count_nuls(span text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++)
		n += text.at[i] == '\0';
	return n;
}

static char *copy_with_nuls(span text, size_t nuls)
{
	char *copy = cJSON_malloc(text.len + nuls + 1);
	if (!copy)
		return NULL;
	char *to = copy;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i]) {
			*to++ = text.at[i];
			continue;
		}
		*to++ = '\xC0';
		*to++ = '\x80';
	}
	*to = '\0';
	return copy;
}

char *json_copy_text(span text)
{
	if (text.len && memchr(text.at, '\0', text.len))
		return copy_with_nuls(text, count_nuls(text));
	char *copy = cJSON_malloc(text.len + 1);
	if (!copy)
		return NULL;
	if (text.len)
		memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	return copy;
}

static void append_child(cJSON *parent, cJSON *node)
{
	cJSON *first = parent->child;
	node->next = NULL;
	if (!first) {
		parent->child = node;
		node->prev = node;
		return;
	}
	first->prev->next = node;
	node->prev = first->prev;
	first->prev = node;
}

/* A tree that was given to us may still carry the key that it had elsewhere. */
static void set_key(cJSON *node, char *key)
{
	if (node->string && !(node->type & cJSON_StringIsConst))
		cJSON_free(node->string);
	node->type &= ~cJSON_StringIsConst;
	node->string = key;
}

bool json_tree_add(json_tree *t, cJSON *node)
{
	if (!node)
		return false;
	if (!json_tree_charge(t, JSON_NODE_COST)) {
		json_free(node);
		return false;
	}
	if (!t->open) {
		t->root = node;
		return true;
	}
	if (t->key)
		set_key(node, t->key);
	t->key = NULL;
	append_child(t->open, node);
	return true;
}

bool json_tree_open(json_tree *t, int type)
{
	cJSON *node = json_node(type);
	if (!json_tree_add(t, node))
		return false;
	node->next = t->open;
	t->open = node;
	return true;
}

static void leave(json_tree *t)
{
	cJSON *closed = t->open;
	t->open = closed->next;
	closed->next = NULL;
}

bool json_tree_close(json_tree *t)
{
	bool ok = t->open->type != cJSON_Object || json_unique_keys(t);
	leave(t);
	return ok;
}

cJSON *json_tree_finish(json_tree *t, bool ok)
{
	if (ok)
		return t->root;
	while (t->open)
		leave(t);
	cJSON_free(t->key);
	json_free(t->root);
	return NULL;
}

static void free_node(cJSON *node)
{
	if (node->valuestring && !(node->type & cJSON_IsReference))
		cJSON_free(node->valuestring);
	if (node->string && !(node->type & cJSON_StringIsConst))
		cJSON_free(node->string);
	cJSON_free(node);
}

/* Goes down to the first child before a node is freed, and back up after the last one; on the way
 * down a node's prev, no longer needed, keeps the way up. */
void json_free(cJSON *node)
{
	cJSON *parent = NULL;
	while (node) {
		cJSON *child = node->type & cJSON_IsReference ? NULL : node->child;
		if (child) {
			node->child = NULL;
			node->prev = parent;
			parent = node;
			node = child;
			continue;
		}
		cJSON *next = node->next;
		free_node(node);
		if (!next && parent) {
			next = parent;
			parent = parent->prev;
		}
		node = next;
	}
}
