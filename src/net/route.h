/* SPDX-License-Identifier: MIT */
/*
 * route - the paths of the application's routes: which request is whose, and what its parameters
 * are.
 *
 * A path is compared with the request's as it was sent, segment by segment.  A segment that begins
 * with ':' is a parameter and takes any one segment that is not empty; "*", which can only be the
 * last one, takes all that is left, which may be nothing.
 */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include "../base/buf.h"
#include "../base/list.h"
#include "../base/span.h"
#include "net.h"

typedef struct route {
	list link;
	net_route_fn *fn;
	void (*wrapped)(void);
	void *user;
	span method, path; /* each with a NUL behind it */
	char text[];
} route;

/* Those without parameters go before the others, and among each earlier ones before later ones. */
typedef struct router {
	list literal, with_parameters;
} router;

void router_init(router *r);
/* Frees its routes. */
void router_fini(router *r);
/* For GET it is asked for HEAD too.  0, ENOMEM, or EINVAL: no method, or no path (it does not begin
 * with '/', has a character that no target has, a '?', a '*' before its end, or a parameter without
 * a name or with that of another). */
int router_add(router *r, const char *method, const char *path, net_route_fn *fn,
	void (*wrapped)(void), void *user);
/* Whether requests can have this path: it begins with '/', and has what a target may have and no
 * '?'. */
bool route_can_be_asked_for(span path);
/* NULL: there is none of this method. */
const route *router_find(const router *r, span method, span path);
/* The methods under which the path is there, "GET, HEAD, POST", are appended; none: it is not
 * there. */
void router_allow(const router *r, span path, buf *out);

/* Appends the parameters of a path that the route takes, as net_parameter() wants them.  false: a
 * value is no text (a broken escape, %00, or it is not UTF-8), or out->failed. */
bool route_parameters(const route *r, span path, buf *out);

#endif
