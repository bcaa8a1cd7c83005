/* SPDX-License-Identifier: MIT */
/* loop - time, turns, what other threads ask for, and the ways to turn the loop. */
#include "internal.h"
#include <errno.h>
#include <limits.h>

/* ---- Time ---- */

uint64_t net_clock(net *n)
{
	uint64_t now = uv_now(&n->loop);
	if (now != n->wheel->now)
		wheel_turn(n->wheel, now);
	return now;
}

static void on_timer(uv_timer_t *t)
{
	net *n = t->data;
	n->timer_due = UINT64_MAX;
	/* Also where the clock stands: a timer may have been started for now. */
	wheel_turn(n->wheel, uv_now(&n->loop));
	net_end_turn(n);
}

static void rearm(net *n)
{
	uint64_t due = wheel_next(n->wheel);
	uint64_t now = uv_now(&n->loop);
	/* A timer that goes off too early costs one wake-up; moving it with each change of mind
	 * costs more. */
	if (due >= n->timer_due)
		return;
	n->timer_due = due;
	uv_timer_start(&n->timer, on_timer, due > now ? due - now : 0, 0);
}

/* ---- Turns ---- */

static void flush_dirty(net *n)
{
	list dirty;
	list_init(&dirty);
	list_move(&dirty, &n->dirty);
	while (!list_empty(&dirty)) {
		connection *c = LIST_OWNER(dirty.next, connection, in_dirty);
		list_remove(&c->in_dirty);
		connection_flush(c);
	}
}

void net_flush_alone(connection *c)
{
	list *dirty = &c->net->dirty;
	if (dirty->next != &c->in_dirty || dirty->prev != &c->in_dirty)
		return;
	list_remove(&c->in_dirty);
	connection_flush(c);
}

static void bury_doomed(net *n)
{
	while (!list_empty(&n->doomed)) {
		connection *c = LIST_OWNER(n->doomed.next, connection, in_doomed);
		net_close_socket(c);
		connection_free(c);
	}
}

void net_settle(net *n)
{
	do {
		endpoints_settle(n);
		n->owner.settle(n->owner.user);
	} while (!list_empty(&n->departed));
}

/* Whose end has not been told must not be freed. */
static void settle_and_shed(net *n)
{
	do
		net_settle(n);
	while (net_shed(n));
}

/* What a flush or a funeral brings about may be output for others, so both go on until there is
 * none. */
void net_end_turn(net *n)
{
	if (n->in_turn)
		return;
	n->in_turn = true;
	settle_and_shed(n);
	while (!list_empty(&n->answered) || !list_empty(&n->dirty) || !list_empty(&n->doomed)) {
		asking_resume(n);
		flush_dirty(n);
		settle_and_shed(n);
		bury_doomed(n);
	}
	n->owner.reap(n->owner.user);
	n->in_turn = false;
	rearm(n);
}

static void on_prepare(uv_prepare_t *p)
{
	net_end_turn(p->data);
}

static void on_check(uv_check_t *c)
{
	net_end_turn(c->data);
}

/* ---- Other threads ---- */

void loop_run_posts(net *n)
{
	pthread_mutex_lock(&n->posts_lock);
	post *p = n->posts;
	n->posts = NULL;
	n->posts_end = &n->posts;
	pthread_mutex_unlock(&n->posts_lock);
	while (p) {
		post *next = p->next;
		p->fn(p->user);
		net_settle(n);
		free(p);
		p = next;
	}
}

static void on_wake(uv_async_t *a)
{
	net *n = a->data;
	net_clock(n);
	loop_run_posts(n);
	if (__atomic_load_n(&n->stopping, __ATOMIC_ACQUIRE))
		uv_stop(&n->loop);
}

void loop_close_posts(net *n)
{
	pthread_mutex_lock(&n->posts_lock);
	n->posts_closed = true;
	pthread_mutex_unlock(&n->posts_lock);
}

/* The loop is woken under the lock, so that it is there to be woken. */
int net_post(net *n, void (*fn)(void *user), void *user)
{
	post *p = malloc(sizeof *p);
	if (!p)
		return ENOMEM;
	*p = (post){ NULL, fn, user };
	pthread_mutex_lock(&n->posts_lock);
	bool closed = n->posts_closed;
	if (!closed) {
		*n->posts_end = p;
		n->posts_end = &p->next;
		uv_async_send(&n->wake);
	}
	pthread_mutex_unlock(&n->posts_lock);
	if (closed)
		free(p);
	return closed ? ESHUTDOWN : 0;
}

void net_stop(net *n)
{
	__atomic_store_n(&n->stopping, true, __ATOMIC_RELEASE);
	uv_async_send(&n->wake);
}

/* ---- The loop ---- */

void net_run(net *n)
{
	n->inside = true;
	net_end_turn(n);
	if (!__atomic_load_n(&n->stopping, __ATOMIC_ACQUIRE))
		uv_run(&n->loop, UV_RUN_DEFAULT);
	n->inside = false;
	__atomic_store_n(&n->stopping, false, __ATOMIC_RELEASE);
}

/* How long until `due`, for poll(); -1: for ever. */
static int ms_until(uint64_t due)
{
	uint64_t now = uv_hrtime() / 1000000;
	if (due == UINT64_MAX)
		return -1;
	if (due <= now)
		return 0;
	return due - now < INT_MAX ? (int)(due - now) : INT_MAX;
}

int net_timeout(const net *n)
{
	if (!list_empty(&n->dirty) || !list_empty(&n->doomed) || !list_empty(&n->answered) ||
		!list_empty(&n->departed) || n->owner.unsettled(n->owner.user))
		return 0;
	/* What was started since the last turn is not among the loop's timers yet. */
	int ours = ms_until(wheel_next(n->wheel));
	int loops = uv_backend_timeout(&n->loop);
	return loops < 0 || (ours >= 0 && ours < loops) ? ours : loops;
}

void net_refresh(net *n)
{
	uv_update_time(&n->loop);
	n->wheel->time = uv_now(&n->loop);
	net_wake(n);
}

void net_service(net *n)
{
	n->inside = true;
	uv_run(&n->loop, UV_RUN_NOWAIT);
	n->inside = false;
	embed_rest(n);
}

uv_loop_t *net_loop(net *n)
{
	return &n->loop;
}

bool net_inside(const net *n)
{
	return n && n->inside;
}

void net_refuse_newcomers(net *n)
{
	n->refusing = true;
}

/* ---- Life ---- */

/* The handles of a loop that has been made; net_free() closes them. */
bool loop_open(net *n)
{
	uv_prepare_init(&n->loop, &n->prepare);
	uv_check_init(&n->loop, &n->check);
	uv_timer_init(&n->loop, &n->timer);
	uv_timer_init(&n->loop, &n->accept_again);
	n->prepare.data = n->check.data = n->timer.data = n->accept_again.data = n;
	n->timer_due = UINT64_MAX;
	uv_prepare_start(&n->prepare, on_prepare);
	uv_check_start(&n->check, on_check);
	if (uv_async_init(&n->loop, &n->wake, on_wake))
		return false;
	n->wake.data = n;
	return true;
}
