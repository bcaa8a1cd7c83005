/* SPDX-License-Identifier: MIT */
/* failing_malloc - the wrapped allocation functions; the state is the process's, as the heap is. */
#include "failing_malloc.h"
#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdlib.h>

#define NEVER SIZE_MAX

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);

static size_t asked;
static bool pausing;
static size_t failing = NEVER; /* the number of the allocation that fails, counted like `asked` */

void failing_malloc_after(size_t n)
{
	failing = asked + n;
}

bool failing_malloc_off(void)
{
	bool failed = failing != NEVER && asked > failing;
	failing = NEVER;
	return failed;
}

size_t failing_malloc_count(void)
{
	return asked;
}

void failing_malloc_pause(bool paused)
{
	pausing = paused;
}

static bool fails(void)
{
	if (pausing)
		return false;
	return asked++ == failing;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

static void *tree_malloc(size_t size)
{
	return malloc(size);
}

static void tree_free(void *at)
{
	free(at);
}

void failing_malloc_in_trees(void)
{
	cJSON_InitHooks(&(cJSON_Hooks){ tree_malloc, tree_free });
}

size_t failing_malloc_walk(bool (*run)(size_t fails))
{
	size_t n = 0;
	failing_malloc_in_trees();
	while (run(n))
		n++;
	return n;
}
