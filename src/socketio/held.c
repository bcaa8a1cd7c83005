/* SPDX-License-Identifier: MIT */
/* held - trees of what clients have sent: each counts as held for its client while it lasts. */
#include "io.h"
#include "json.h"

bool held_read(client *c, span text, held_reader *read, held_tree *out)
{
	size_t spare = session_spare(c->session);
	json_bounds b = { .depth = c->io->options.max_depth, .bytes = spare };
	out->tree = read(text, &b);
	out->cost = out->tree ? spare - b.bytes : 0;
	if (b.full)
		c->session->limit = "max_held";
	session_hold(c->session, out->cost);
	return out->tree != NULL;
}

void held_free(client *c, held_tree *h)
{
	json_free(h->tree);
	session_let_go(c->session, h->cost);
	*h = (held_tree){ 0 };
}
