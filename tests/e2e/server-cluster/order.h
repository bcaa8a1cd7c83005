/* SPDX-License-Identifier: MIT */
/* order - what one is told to do, as a tree: { op, nsp, to, except, ... }. */
#ifndef ORDER_H
#define ORDER_H

#include <sio.h>

enum { ORDER_LIST = 16 };

typedef struct order_names {
	const char *to[ORDER_LIST], *except[ORDER_LIST];
} order_names;

static inline const char *order_text(const cJSON *order, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(order, key));
}

static inline bool order_says(const cJSON *order, const char *key)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(order, key));
}

static inline const char *const *order_list(const char **out, const cJSON *array)
{
	const cJSON *item;
	size_t n = 0;
	if (!cJSON_IsArray(array))
		return NULL;
	cJSON_ArrayForEach (item, array)
		if (n + 1 < ORDER_LIST && cJSON_IsString(item))
			out[n++] = item->valuestring;
	out[n] = NULL;
	return out;
}

/* Who is meant; names lasts as long. */
static inline sio_delivery order_who(const cJSON *order, order_names *names)
{
	const cJSON *timeout = cJSON_GetObjectItemCaseSensitive(order, "timeout");
	return (sio_delivery){
		.to = order_list(names->to, cJSON_GetObjectItemCaseSensitive(order, "to")),
		.except = order_list(
			names->except, cJSON_GetObjectItemCaseSensitive(order, "except")),
		.flags = (order_says(order, "volatile") ? SIO_VOLATILE : 0u) |
			 (order_says(order, "local") ? SIO_LOCAL : 0u),
		.timeout_ms = cJSON_IsNumber(timeout) ? (unsigned)timeout->valuedouble : 0,
	};
}

static inline cJSON *order_args(const cJSON *order)
{
	const cJSON *args = cJSON_GetObjectItemCaseSensitive(order, "args");
	return args ? cJSON_Duplicate(args, true) : cJSON_CreateArray();
}

#endif
