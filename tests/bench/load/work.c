/* SPDX-License-Identifier: MIT */
/* work - who sends when, and what is counted. */
#include "load.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPENING_AT_ONCE = 100, ARRIVING = 32, SETTLE_NS = 300000000 };

static client *clients;
static client control; /* marks what clients that poll or leave cannot */
static bool started, over;
static unsigned opened;
static uint64_t messages_done, requests_left, marks;
static histogram latency;
/* Of a broadcast that goes to all: when it was asked for, and who has not got it. */
static uint64_t round_at[RING];
static unsigned round_left[RING];
static uint64_t rounds;

static client *marker(void)
{
	return opt.work == WORK_POLL || opt.work == WORK_CONNECT ? &control : &clients[0];
}

/* ---- Requests ---- */

static void request_due(client *c, uint64_t due)
{
	if (opt.exactly && requests_left == 0)
		return;
	if (opt.exactly)
		requests_left--;
	c->times[c->sent % RING] = due;
	if (c->polls) {
		c->sent++;
		http_request(c);
	} else {
		client_send(c, 1);
	}
}

static void ask_all(uint64_t now)
{
	round_at[rounds % RING] = now;
	round_left[rounds % RING] = opt.connections;
	rounds++;
	request_due(&clients[0], now);
}

/* Those that were answered in one read are asked again in one write. */
static client *asking;
static unsigned to_ask;

static void ask_again(void)
{
	uint64_t now = clock_ns();
	client *c = asking;
	unsigned n = to_ask;
	asking = NULL;
	to_ask = 0;
	if (!c || opt.rate)
		return;
	if (c->polls || opt.exactly) {
		while (n--)
			request_due(c, now);
		return;
	}
	for (unsigned i = 0; i < n; i++)
		c->times[(c->sent + i) % RING] = now;
	client_send(c, n);
}

void work_read_done(void)
{
	ask_again();
}

static void start_connecting(void)
{
	for (unsigned i = 0; i < opt.connections && i < ARRIVING; i++)
		client_open(&clients[i], i, false);
}

static void start(void)
{
	uint64_t now = clock_ns();
	started = true;
	if (opt.work == WORK_CONNECT)
		start_connecting();
	for (unsigned d = 0; d < opt.depth && opt.work < WORK_CONNECT && !opt.rate; d++) {
		if (work_is_shared(opt.work))
			ask_all(now);
		for (unsigned i = 0; i < opt.busy && !work_is_shared(opt.work); i++)
			request_due(&clients[i], now);
	}
}

/* ---- Answers ---- */

static void arrived(client *c, uint64_t now)
{
	histogram_add(&latency, now - c->began);
	messages_done++;
	client_close(c);
	clients_ready--;
	if (!opt.exactly || --requests_left > 0)
		client_open(c, c->number, false);
}

void work_ready(client *c)
{
	if (c != &control && opt.work == WORK_CONNECT)
		arrived(c, clock_ns());
}

static void delivered(client *c, uint64_t now)
{
	uint64_t round = c->done++;
	histogram_add(&latency, now - round_at[round % RING]);
	if (--round_left[round % RING] == 0 && !over)
		ask_all(now);
}

static void answered(client *c, uint64_t now)
{
	histogram_add(&latency, now - c->times[c->done++ % RING]);
	if (over)
		return;
	asking = c;
	to_ask++;
}

void work_answered(client *c, kind k)
{
	if (k == ACK && opt.work != WORK_CHAT) {
		marks++;
		return;
	}
	messages_done++;
	if (k == PING || (k == DELIVERY && opt.work == WORK_CHAT))
		return;
	if (work_is_shared(opt.work))
		delivered(c, clock_ns());
	else
		answered(c, clock_ns());
}

void work_closed(client *c)
{
	if (over)
		return;
	die("the server closed connection %u", c->number);
}

/* ---- Stretches of time ---- */

static void open_all(void)
{
	uint64_t patience = clock_ns() + UINT64_C(120) * 1000000000;
	if (opt.work == WORK_CONNECT)
		return;
	while (clients_ready < opt.connections) {
		while (opened < opt.connections && opened - clients_ready < OPENING_AT_ONCE) {
			client_open(&clients[opened], opened, opt.work == WORK_POLL);
			opened++;
		}
		loop_turn(clock_ns() + 1000000000);
		if (clock_ns() > patience)
			die("%u of %u clients have entered in two minutes", clients_ready,
				opt.connections);
	}
}

/* A message of its own for each moment, whatever has become of those before it. */
static void run_at_rate(uint64_t until)
{
	static unsigned next;
	static uint64_t due;
	uint64_t step = 1000000000 / opt.rate, now = clock_ns();
	if (!due)
		due = now;
	while (due < until) {
		for (; due <= now; due += step)
			request_due(&clients[next++ % opt.busy], due);
		loop_turn(due);
		now = clock_ns();
	}
}

static void run_until(uint64_t until)
{
	if (opt.rate && started)
		run_at_rate(until);
	while (clock_ns() < until)
		loop_turn(until);
}

static void mark(void)
{
	uint64_t wanted = marks + 1;
	client_mark(marker());
	while (marks < wanted)
		loop_turn(clock_ns() + 1000000000);
}

static void run_exactly(unsigned n)
{
	uint64_t wanted =
		messages_done + (uint64_t)n * (work_is_shared(opt.work) ? opt.connections : 1);
	requests_left = n;
	start();
	while (messages_done < wanted)
		loop_turn(clock_ns() + 1000000000);
	run_until(clock_ns() + 20000000);
	mark();
}

static void count_exactly(void)
{
	if (marker() == &control) {
		client_open(&control, opt.connections, false);
		while (control.state != READY)
			loop_turn(clock_ns() + 1000000000);
	}
	mark();
	run_exactly(opt.exactly);
	run_exactly(2 * opt.exactly);
}

/* ---- What is told ---- */

typedef struct reading {
	uint64_t at, cpu, far_cpu, own_cpu, messages;
} reading;

static reading look(void)
{
	uint64_t far = opt.far_pid ? cpu_ns(opt.far_pid) : 0;
	return (reading){ clock_ns(), cpu_ns(opt.pid), far, cpu_ns(0), messages_done };
}

static void print_latency(void)
{
	static const double quantiles[] = { 0.5, 0.9, 0.99, 0.999, 1 };
	static const char *const names[] = { "p50", "p90", "p99", "p999", "most" };
	printf(",\"latency_ns\":{");
	for (int i = 0; i < 5; i++)
		printf("%s\"%s\":%llu", i ? "," : "", names[i],
			(unsigned long long)histogram_quantile(&latency, quantiles[i]));
	printf("},\"curve\":[");
	for (int i = 0; i <= 60; i++) { /* equal steps of 1 / (1 - q), up to 0.999999 */
		double rest = 1;
		for (int j = 0; j < i; j++)
			rest *= 0.79432823;
		printf("%s[%.7f,%llu]", i ? "," : "", 1 - rest,
			(unsigned long long)histogram_quantile(&latency, 1 - rest));
	}
	printf("]");
}

static void print(const reading *from, const reading *to, uint64_t rss, uint64_t rss_full)
{
	printf("{\"work\":\"%s\",\"connections\":%u,\"messages\":%llu,\"ns\":%llu,\"cpu_ns\":%llu,"
	       "\"far_cpu_ns\":%llu,\"load_cpu_ns\":%llu,\"rss_empty\":%llu,\"rss_full\":%llu",
		work_name(opt.work), opt.connections,
		(unsigned long long)(to->messages - from->messages),
		(unsigned long long)(to->at - from->at), (unsigned long long)(to->cpu - from->cpu),
		(unsigned long long)(to->far_cpu - from->far_cpu),
		(unsigned long long)(to->own_cpu - from->own_cpu), (unsigned long long)rss,
		(unsigned long long)rss_full);
	if (latency.count)
		print_latency();
	printf("}\n");
}

static void make_clients(void)
{
	clients = calloc(opt.connections, sizeof *clients);
	uint64_t *times = calloc(opt.connections, RING * sizeof *times);
	if (!clients || !times)
		die("out of memory");
	for (unsigned i = 0; i < opt.connections; i++)
		clients[i].times = times + (size_t)i * RING;
}

void work_run(void)
{
	uint64_t rss = rss_bytes(opt.pid);
	make_clients();
	open_all();
	if (opt.exactly) {
		count_exactly();
		return;
	}
	run_until(clock_ns() + SETTLE_NS);
	uint64_t rss_full = rss_bytes(opt.pid);
	start();
	run_until(clock_ns() + (uint64_t)(opt.warm * 1e9));
	reading from = look();
	memset(&latency, 0, sizeof latency);
	run_until(from.at + (uint64_t)(opt.seconds * 1e9));
	reading to = look();
	over = true;
	if (to.messages == from.messages)
		die("nothing came in %.1f s", opt.seconds);
	print(&from, &to, rss, rss_full);
}
