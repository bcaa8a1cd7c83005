/* SPDX-License-Identifier: MIT */
/* io - the server's Socket.IO half: its life, and what is put off until the application has
 * returned. */
#include "io.h"
#include <stdlib.h>

enum { SWEEP_MS = 60000 };

void io_sweep_later(io *o)
{
	uint64_t after = o->options.recovery_ms < SWEEP_MS ? o->options.recovery_ms + 1 : SWEEP_MS;
	if (!timer_running(&o->sweep))
		timer_start(o->wheel, &o->sweep, o->wheel->time + after);
}

static void sweep_due(timer *t)
{
	io *o = LIST_OWNER(t, io, sweep);
	bool left = false;
	for (map_node *it = map_next(&o->namespaces, NULL); it; it = map_next(&o->namespaces, it))
		left = recovery_trim(MAP_OWNER(it, sio_ns, by_name)) || left;
	if (left)
		io_sweep_later(o);
}

bool io_init(io *o, const io_options *options, sio_server *server, wheel *w)
{
	*o = (io){ .options = *options, .server = server, .wheel = w };
	map_init(&o->namespaces);
	map_init(&o->requests);
	list_init(&o->errands);
	handler_yard_init(&o->handlers);
	timer_init(&o->sweep, sweep_due);
	list_init(&o->parents);
	list_init(&o->on_namespace);
	list_init(&o->answered);
	list_init(&o->admitted);
	list_init(&o->arrived);
	list_init(&o->rumours);
	list_init(&o->announced);
	list_init(&o->idle);
	list_init(&o->newcomers);
	list_init(&o->departed);
	list_init(&o->finished);
	list_init(&o->dead_sockets);
	list_init(&o->dead_clients);
	list_init(&o->dead_inquiries);
	return sio_of(server, "/") != NULL;
}

void io_fini(io *o)
{
	map_node *node;
	io_reap(o);
	timer_stop(o->wheel, &o->sweep);
	while ((node = map_next(&o->namespaces, NULL)) != NULL) {
		map_remove(&o->namespaces, node);
		ns_free(MAP_OWNER(node, sio_ns, by_name));
	}
	map_fini(&o->namespaces);
	map_fini(&o->requests);
	while (!list_empty(&o->parents))
		ns_free(LIST_OWNER(o->parents.next, sio_ns, in_parent));
	while (!list_empty(&o->rumours))
		rumour_free(rumour_in(o->rumours.next));
	handler_free_all(&o->on_namespace);
	handler_yard_reap(&o->handlers);
	tickets_fini(&o->tickets);
	buf_free(&o->scratch);
	buf_free(&o->name);
}

static list *take(list *head)
{
	list *first = head->next;
	if (first == head)
		return NULL;
	list_remove(first);
	return first;
}

void io_settle(io *o)
{
	for (;;) {
		list *it;
		if ((it = take(&o->newcomers)) != NULL)
			client_arrived(LIST_OWNER(it, client, in_io));
		else if ((it = take(&o->answered)) != NULL)
			candidate_advance(candidate_in(it));
		else if ((it = take(&o->arrived)) != NULL)
			arrival_advance(arrival_in(it));
		else if ((it = take(&o->admitted)) != NULL)
			ns_advance(LIST_OWNER(it, sio_socket, in_io));
		else if ((it = take(&o->departed)) != NULL)
			socket_departed(LIST_OWNER(it, sio_socket, in_io));
		else if ((it = take(&o->finished)) != NULL)
			inquiry_finished(LIST_OWNER(it, inquiry, in_io));
		else if ((it = take(&o->announced)) != NULL)
			ns_announce(LIST_OWNER(it, sio_ns, in_io));
		else if ((it = take(&o->rumours)) != NULL)
			rumour_tell(rumour_in(it));
		else
			return;
	}
}

bool io_unsettled(const io *o)
{
	return !list_empty(&o->newcomers) || !list_empty(&o->answered) ||
	       !list_empty(&o->admitted) || !list_empty(&o->arrived) || !list_empty(&o->departed) ||
	       !list_empty(&o->finished) || !list_empty(&o->announced) || !list_empty(&o->rumours);
}

void io_put_off(io *o, list *which, list *member)
{
	list_append(which, member);
	if (o->options.put_off)
		o->options.put_off(o->server);
}

uint64_t io_time(io *o)
{
	if (o->options.refresh)
		o->options.refresh(o->server);
	return o->wheel->time;
}

void io_reap(io *o)
{
	list *it;
	handler_yard_reap(&o->handlers);
	while ((it = take(&o->dead_inquiries)) != NULL)
		inquiry_free(LIST_OWNER(it, inquiry, in_io));
	while ((it = take(&o->dead_sockets)) != NULL)
		socket_free(LIST_OWNER(it, sio_socket, in_io));
	while ((it = take(&o->dead_clients)) != NULL)
		client_free(LIST_OWNER(it, client, in_io));
	while ((it = take(&o->idle)) != NULL)
		ns_end_if_empty(LIST_OWNER(it, sio_ns, in_io));
}

bytes *io_take_scratch(io *o)
{
	bytes *b =
		o->scratch.failed ? NULL : bytes_copy(buf_data(&o->scratch), buf_len(&o->scratch));
	buf_clear(&o->scratch);
	return b;
}

bytes *io_take_packet(io *o)
{
	bytes *text = io_take_scratch(o);
	if (!text || !o->options.parser)
		return text;
	bytes *packed = parser_pack(o->options.parser, text, NULL, 0);
	bytes_unref(text);
	return packed;
}
