/* SPDX-License-Identifier: MIT */
/*
 * trees - events that show what only C sees of JSON: the bytes of a string in a tree, templates,
 * trees that no parser makes, and what is still allocated.
 */
#include "apps.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Memory: cJSON's, and so that of every tree ---- */

static long live;         /* blocks that are not freed */
static long until_failed; /* the n-th allocation from now on fails; 0: none does */

static void *counted_malloc(size_t size)
{
	if (until_failed && --until_failed == 0)
		return NULL;
	void *p = malloc(size);
	live += p != NULL;
	return p;
}

static void counted_free(void *p)
{
	live -= p != NULL;
	free(p);
}

/* How many blocks there are.  Asking over HTTP needs none. */
static void on_blocks(const sio_request *req, sio_response *res, void *user)
{
	static char text[32];
	(void)req;
	(void)user;
	res->body = (sio_bytes){ text, (size_t)snprintf(text, sizeof text, "%ld", live) };
}

/* The query says which allocation from now on fails. */
static void on_starve(const sio_request *req, sio_response *res, void *user)
{
	(void)res;
	(void)user;
	until_failed = atol(req->query);
}

/* ---- Strings ---- */

/* (text or {text: ...}): [the bytes that C sees of the text, or of the first key]. */
static void on_bytes(sio_socket *k, const sio_event *ev, void *user)
{
	const cJSON *item = cJSON_GetArrayItem(ev->args, 0);
	const char *text = cJSON_IsObject(item) ? item->child->string : cJSON_GetStringValue(item);
	(void)k;
	(void)user;
	if (text)
		sio_reply_with(ev->ack, &(sio_bytes){ text, strlen(text) }, 1,
			sio_json("[%p]", sio_binary(0)));
}

/* ---- Templates ---- */

/* Without its format attribute: the templates come from the tests. */
static cJSON *(*const format)(const char *fmt, ...) = (sio_json);

/* What stands for the conversion: a number that fits no double comes as text. */
typedef struct value {
	const cJSON *item;
	sio_bytes data; /* of an attachment */
	long long number;
	unsigned long long positive;
	double real;
} value;

static cJSON *copy_of(const value *v)
{
	return cJSON_Duplicate(v->item, true);
}

/* The text, or bytes with a NUL at their end that came as an attachment, or NULL. */
static const char *text_of(const value *v)
{
	return v->data.data ? v->data.data : cJSON_GetStringValue(v->item);
}

/* Each kind of argument by the name that tests give it, and what is passed to sio_json(). */
#define KINDS(X)                                                                                   \
	X(nothing, v->item)                                                                        \
	X(text, text_of(v))                                                                        \
	X(counted, (int)v->data.len, text_of(v))                                                   \
	X(uncounted, -1, text_of(v))                                                               \
	X(wide_text, 7, text_of(v))                                                                \
	X(signed_char, (signed char)v->number)                                                     \
	X(short, (short)v->number)                                                                 \
	X(int, (int)v->number)                                                                     \
	X(wide_int, 7, (int)v->number)                                                             \
	X(long, (long)v->number)                                                                   \
	X(long_long, v->number)                                                                    \
	X(intmax_t, (intmax_t)v->number)                                                           \
	X(ssize_t, (ssize_t)v->number)                                                             \
	X(ptrdiff_t, (ptrdiff_t)v->number)                                                         \
	X(unsigned_char, (unsigned char)v->positive)                                               \
	X(unsigned_short, (unsigned short)v->positive)                                             \
	X(unsigned, (unsigned)v->positive)                                                         \
	X(unsigned_long, (unsigned long)v->positive)                                               \
	X(unsigned_long_long, v->positive)                                                         \
	X(uintmax_t, (uintmax_t)v->positive)                                                       \
	X(size_t, (size_t)v->positive)                                                             \
	X(bool, v->number != 0)                                                                    \
	X(double, v->real)                                                                         \
	X(precise_double, 2, v->real)                                                              \
	X(long_double, (long double)v->real)                                                       \
	X(tree, (void *)copy_of(v))                                                                \
	X(trees, (void *)copy_of(v), (void *)copy_of(v), (void *)copy_of(v))                       \
	X(trees_and_null, (void *)copy_of(v), NULL, (void *)copy_of(v))                            \
	X(mixed, 1, "s", 2.5, (void *)copy_of(v), 4, "t", 5LL, (void *)copy_of(v))

#define FORMAT_KIND(name, ...)                                                                     \
	static cJSON *format_##name(const char *fmt, const value *v)                               \
	{                                                                                          \
		return format(fmt, __VA_ARGS__);                                                   \
	}
KINDS(FORMAT_KIND)

static const struct {
	const char *name;
	cJSON *(*format)(const char *fmt, const value *v);
} kinds[] = {
#define KIND(name, ...) { #name, format_##name },
	KINDS(KIND)
#undef KIND
};

/* Numbers are digits, so that none is rounded on its way here; "nan" and the like are reals. */
static value value_at(const sio_event *ev, int n)
{
	const cJSON *item = cJSON_GetArrayItem(ev->args, n);
	const char *digits = cJSON_GetStringValue(item);
	value v = { .item = item, .data = sio_binary_of(ev, item) };
	v.number = digits ? strtoll(digits, NULL, 10) : 0;
	v.positive = digits ? strtoull(digits, NULL, 10) : 0;
	v.real = cJSON_IsNumber(item) ? item->valuedouble : digits ? strtod(digits, NULL) : 0;
	return v;
}

static cJSON *format_by_kind(const char *fmt, const char *kind, const value *v)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(kinds[i].name, kind))
			return kinds[i].format(fmt, v);
	return cJSON_CreateString("no such kind");
}

/* (template, kind, value, n): [the tree], or [] if there is none; the n-th allocation fails. */
static void on_format(sio_socket *k, const sio_event *ev, void *user)
{
	const char *fmt = cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, 0));
	const char *kind = cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, 1));
	const cJSON *n = cJSON_GetArrayItem(ev->args, 3);
	value v = value_at(ev, 2);
	(void)k;
	(void)user;
	if (!fmt || !kind)
		return;
	until_failed = n ? (long)cJSON_GetNumberValue(n) : 0;
	cJSON *tree = format_by_kind(fmt, kind, &v);
	until_failed = 0;
	sio_reply(ev->ack, tree ? sio_json("[%p]", tree) : sio_json("[]"));
}

/* (template, value): [the value], which stands behind a conversion that C does not know. */
static void on_format_behind(sio_socket *k, const sio_event *ev, void *user)
{
	const char *fmt = cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, 0));
	cJSON *behind = cJSON_Duplicate(cJSON_GetArrayItem(ev->args, 1), true);
	cJSON *tree = fmt ? format(fmt, behind) : NULL;
	(void)k;
	(void)user;
	if (tree)
		sio_reply(ev->ack, sio_json("['accepted', %p]", tree));
	else
		sio_reply(ev->ack, sio_json("[%p]", behind));
}

/* ---- Trees that no parser makes ---- */

static cJSON *odd_tree(const char *which)
{
	cJSON *odd = cJSON_CreateNull();
	cJSON *tree = cJSON_CreateObject();
	if (!strcmp(which, "a string without text"))
		odd->type = cJSON_String;
	if (!strcmp(which, "a node of no type"))
		odd->type = cJSON_Invalid;
	if (!strcmp(which, "a member without a key"))
		cJSON_AddItemToArray(tree, odd);
	else
		cJSON_AddItemToObject(tree, "odd", odd);
	return tree;
}

/* (which): the event "odd" with that tree, and as answer what sending it returned. */
static void on_odd(sio_socket *k, const sio_event *ev, void *user)
{
	const char *which = cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, 0));
	(void)user;
	if (!which)
		return;
	sio_err err = sio_emit(k, "odd", sio_json("['before', %p]", odd_tree(which)));
	sio_reply(ev->ack, sio_json("[%s]", sio_strerror(err)));
}

/* (value): [how deep it is nested], found without recursion. */
static void on_depth(sio_socket *k, const sio_event *ev, void *user)
{
	int depth = 0;
	(void)k;
	(void)user;
	for (const cJSON *item = ev->args->child; item; item = item->child)
		depth += cJSON_IsArray(item) || cJSON_IsObject(item);
	sio_reply(ev->ack, sio_json("[%d]", depth));
}

/* ("[" or "{"", n): the event "deep" with a value that is nested so deep. */
static void on_make_depth(sio_socket *k, const sio_event *ev, void *user)
{
	const char *bracket = cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, 0));
	double n = cJSON_GetNumberValue(cJSON_GetArrayItem(ev->args, 1));
	cJSON *tree = cJSON_CreateNumber(1);
	(void)user;
	for (int i = 0; bracket && i < n; i++)
		tree = *bracket == '[' ? sio_json("[%p]", tree) : sio_json("{a: %p}", tree);
	sio_emit(k, "deep", sio_json("[%p]", tree));
}

void set_up_trees(sio_server *io)
{
	static const struct {
		const char *name;
		sio_event_fn *fn;
	} events[] = {
		{ "bytes", on_bytes },
		{ "format", on_format },
		{ "format-behind", on_format_behind },
		{ "odd", on_odd },
		{ "depth", on_depth },
		{ "make-depth", on_make_depth },
	};
	cJSON_InitHooks(&(cJSON_Hooks){ counted_malloc, counted_free });
	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		sio_on(sio_of(io, "/"), events[i].name, events[i].fn, NULL);
	sio_http(io, "GET", "/blocks", on_blocks, NULL);
	sio_http(io, "POST", "/starve", on_starve, NULL);
}
