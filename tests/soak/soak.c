/* SPDX-License-Identifier: MIT */
/*
 * soak - a server in a process of its own under mixed load for as long as is wanted.
 *
 *     soak [seconds [messages]]
 *
 * Half of the clients stay and talk, others come and go in every way there is, fall behind, or send
 * rubbish.  All that is numbered must come once and in order; memory, descriptors and timers must
 * be back at their base when all have gone; and answers must be as quick in the end as in the
 * beginning.  Then so many messages (0: none) are counted from one end to the other, by both
 * transports and across upgrades.  Progress is on standard error, the table on standard output.
 */
#include "soak.h"
#include "far.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STAYING = 48, CHURNING = 48, SLOW = 6, MEMBERS = 8, COUNTERS = 12, TIMES = 1 << 20 };
enum { ECHO_MS = 25, SAY_MS = 100, LIFE = 60000 };

typedef enum duty { TALKS, CHURNS, IS_SLOW, COUNTS } duty;

typedef struct one {
	far f;
	duty duty;
	bool there;
	int number;
	uint32_t said, heard; /* echoes */
	uint32_t room_next;
	bool in_room;
	uint32_t at, to; /* of a stream */
	uint32_t upgrade_at;
	uint64_t next_echo, next_say, until;
} one;

static one all[STAYING + CHURNING + SLOW + COUNTERS];
static pid_t server;
static uint16_t port;
static uint64_t state = 88172645463325252u;
static uint64_t echoes, said_heard, streamed, wrong, opened, upgrades, cut, lost, rubbish;
static bool stopping;
static uint64_t to_count; /* messages that are still to be streamed */

/* Times of echoes in us, by the window that they fall into. */
typedef struct times {
	uint32_t *us;
	size_t n;
} times;
static times first, last, *window;

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

static uint64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void is_wrong(const one *o, const char *what, uint32_t got, uint32_t wanted)
{
	if (wrong++ < 5)
		fprintf(stderr, "soak: client %d, version %u, way %d: %s %u, not %u\n", o->number,
			o->f.version, (int)o->f.way, what, got, wanted);
}

static void check(const one *o, const char *what, uint32_t got, uint32_t *next, uint64_t *good)
{
	if (got == *next)
		++*good;
	else
		is_wrong(o, what, got, *next);
	*next = got + 1;
}

/* ---- Clients ---- */

static void say(one *o, const char *format, uint64_t a, uint64_t b)
{
	char text[128];
	int n = snprintf(text, sizeof text, format, (unsigned long long)a, (unsigned long long)b);
	far_say(&o->f, text, (size_t)n, false);
}

static void entered(one *o)
{
	uint64_t now = far_now();
	o->next_echo = now + below(ECHO_MS);
	o->next_say = now + below(SAY_MS * MEMBERS);
	if (o->duty == TALKS)
		say(o, "2[\"room\",%llu]", (uint64_t)o->number / MEMBERS, 0);
	if (o->duty == COUNTS)
		say(o, "2[\"stream\",%llu]", o->to, 0);
}

static void on_opened(far *f)
{
	if (f->version == 4)
		far_say(f, "0", 1, false);
}

static void add_time(uint64_t sent)
{
	if (window && window->n < TIMES)
		window->us[window->n++] = (uint32_t)(now_us() - sent);
}

static void on_event(one *o, const char *name, const char *args)
{
	char *end;
	uint32_t n = (uint32_t)strtoul(args, &end, 10);
	if (!strncmp(name, "echo", 4)) {
		check(o, "echo", n, &o->heard, &echoes);
		if (o->duty == TALKS && *end == ',')
			add_time(strtoull(end + 1, NULL, 10));
	} else if (!strncmp(name, "room", 4)) {
		o->room_next = n;
		o->in_room = true;
	} else if (!strncmp(name, "said", 4) && o->in_room) {
		check(o, "said", n, &o->room_next, &said_heard);
	} else if (!strncmp(name, "at", 2)) {
		check(o, "at", n, &o->at, &streamed);
		if (o->at == o->upgrade_at)
			far_upgrade(&o->f);
	}
}

static void on_message(far *f, span data, bool binary)
{
	one *o = f->user;
	char text[256];
	if (binary || !data.len) {
		is_wrong(o, "binary", 1, 0);
		return;
	}
	if (data.at[0] == '0' || data.at[0] == '1') {
		if (data.at[0] == '0')
			entered(o);
		return;
	}
	size_t len = data.len < sizeof text - 1 ? data.len : sizeof text - 1;
	memcpy(text, data.at, len);
	text[len] = '\0';
	const char *name = strchr(text, '"'), *args = strchr(text, ',');
	if (*text == '2' && name && args)
		on_event(o, name + 1, args + 1);
}

static void on_upgraded(far *f)
{
	(void)f;
	upgrades++;
}

/* Who stays must not be lost; who is slow may be. */
static void on_ended(far *f, const char *why)
{
	one *o = f->user;
	if (!strcmp(why, "by itself"))
		return;
	if (o->duty == IS_SLOW) {
		cut++;
		return;
	}
	lost++;
	if (lost < 5)
		fprintf(stderr, "soak: client %d, version %u, way %d was lost: %s\n", o->number,
			f->version, (int)f->way, why);
}

static const far_hooks hooks = { on_opened, on_message, on_upgraded, on_ended };

static void come(one *o, far_way way, unsigned version)
{
	o->there = true;
	o->said = o->heard = 0;
	o->at = 0;
	o->in_room = false;
	o->next_echo = o->next_say = UINT64_MAX;
	opened++;
	far_open(&o->f, port, "", way, version, &hooks, o);
}

/* ---- What each of them does ---- */

static void talk(one *o, uint64_t now)
{
	if (!o->there || o->f.ended)
		come(o, (far_way)below(3), below(4) ? 4 : 3);
	if (now >= o->next_echo) {
		say(o, below(4) ? "2[\"echo\",%llu,%llu]" : "27[\"echo\",%llu,%llu]", o->said++,
			now_us());
		o->next_echo = now + ECHO_MS;
	}
	if (now >= o->next_say) {
		say(o, "2[\"say\"]", 0, 0);
		o->next_say = now + SAY_MS * MEMBERS;
	}
	if (o->f.way == FAR_UPGRADE && o->said == 20)
		far_upgrade(&o->f);
}

/* Half a request, a head that is none, frames that are none; and gone. */
static void throw_rubbish(void)
{
	static const char *const pieces[] = {
		"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n", "\x16\x03\x01\x02",
		"POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\r\nHost: "
		"a\r\nContent-Length: 100\r\n\r\nhalf",
		"GET / HTTP/9.9\r\n\r\n", ""
	};
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct linger now = { 1, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *text = pieces[below(sizeof pieces / sizeof *pieces)];
	if (!connect(fd, (struct sockaddr *)&a, sizeof a) && write(fd, text, strlen(text)) >= 0)
		rubbish++;
	if (below(2))
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
}

static void churn(one *o, uint64_t now)
{
	if (o->there && !o->f.ended && now >= o->until)
		far_close(&o->f, below(2));
	if (o->there && !o->f.ended) {
		if (o->next_echo != UINT64_MAX && below(8) == 0)
			say(o, "2[\"echo\",%llu,%llu]", o->said++, 0);
		if (o->f.way == FAR_UPGRADE && below(20) == 0)
			far_upgrade(&o->f);
		return;
	}
	if (now < o->until + 20)
		return;
	come(o, (far_way)below(3), below(3) ? 4 : 3);
	o->f.piece = below(3) ? 0 : 1 + below(50);
	o->until = now + below(1000);
	if (below(8) == 0)
		throw_rubbish();
}

static void fall_behind(one *o, uint64_t now)
{
	if (!o->there || o->f.ended) {
		come(o, (far_way)below(2), 4);
		o->until = now + 500 + below(3000);
		return;
	}
	if (o->next_echo != UINT64_MAX && now < o->until && below(50) == 0) {
		say(o, "2[\"hose\",0]", 0, 0);
		if (below(3) == 0)
			far_slow(&o->f, true);
	}
	if (now >= o->until && o->f.slow) {
		far_slow(&o->f, false);
		o->until = now + 500 + below(3000);
	}
}

/* One life of a client is one stream; the rest is given to the next one. */
static void count(one *o)
{
	if (o->there && !o->f.ended && o->at < o->to)
		return;
	if (o->there && !o->f.ended)
		far_close(&o->f, false);
	if (o->there && o->at < o->to)
		is_wrong(o, "end at", o->at, o->to);
	o->there = false;
	if (!to_count)
		return;
	o->to = (uint32_t)(to_count < LIFE ? to_count : LIFE);
	to_count -= o->to;
	come(o, (far_way)(o->number % 3), o->number % 4 == 3 ? 3 : 4);
	o->upgrade_at = 1 + below(o->to / 5 + 1);
}

static void act(one *o, uint64_t now)
{
	if (o->duty == TALKS)
		talk(o, now);
	else if (o->duty == CHURNS)
		churn(o, now);
	else if (o->duty == IS_SLOW)
		fall_behind(o, now);
	if (o->there && !o->f.ended)
		far_tick(&o->f);
}

/* ---- Rounds ---- */

static void load(double seconds, times *into)
{
	uint64_t until = far_now() + (uint64_t)(seconds * 1000), next = 0;
	window = into;
	while (far_now() < until && !stopping) {
		far_turn(2);
		if (far_now() == next)
			continue;
		next = far_now();
		for (one *o = all; o < all + STAYING + CHURNING + SLOW; o++)
			act(o, next);
	}
	window = NULL;
}

static void all_go(void)
{
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].there && !all[i].f.ended)
			far_close(&all[i].f, false);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		all[i].there = false;
}

/* What the server holds when nobody is there: no sessions, and after a while no timers of
 * connections that have just gone. */
static soak_state rest(void)
{
	uint64_t until = far_now() + 60000;
	soak_state s;
	all_go();
	do {
		far_turn(100);
		s = soak_look(server, port);
	} while ((s.sessions || s.connections > 1 || s.timers > 1) && far_now() < until);
	return s;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static double quantile_ms(times *t, double q)
{
	if (!t->n)
		return 0;
	qsort(t->us, t->n, sizeof *t->us, by_size);
	return t->us[(size_t)(q * (double)(t->n - 1))] / 1000.0;
}

/* ---- The table ---- */

static bool held = true;

static void row(const char *what, bool good, const char *format, double a, double b)
{
	char text[64];
	snprintf(text, sizeof text, format, a, b);
	printf("%-42s %-34s %s\n", what, text, good ? "holds" : "DOES NOT HOLD");
	held = held && good;
}

static void row_same(const char *what, double before, double after)
{
	row(what, before == after, "%.0f before, %.0f after", before, after);
}

static void progress(double part, double seconds)
{
	soak_state s = soak_look(server, port);
	fprintf(stderr,
		"soak: %4.0f of %.0f s  %6ld kB  %4d descriptors  %4u sessions  %5u timers  "
		"%llu echoes  %llu said  %llu opened  %llu upgrades  %llu wrong\n",
		part * seconds, seconds, s.rss_kb, s.descriptors, s.sessions, s.timers,
		(unsigned long long)echoes, (unsigned long long)said_heard,
		(unsigned long long)opened, (unsigned long long)upgrades,
		(unsigned long long)(wrong + s.wrong));
}

static void mixed(double seconds)
{
	load(seconds * 0.1 < 2 ? 2 : seconds * 0.1, NULL);
	soak_state before = rest();
	load(2, NULL);
	load(seconds * 0.1, &first);
	for (int i = 1; i < 9 && !stopping; i++) {
		load(seconds * 0.1, NULL);
		progress(i / 10.0 + 0.1, seconds);
	}
	load(seconds * 0.1, &last);
	soak_state after = rest();
	double p50[2] = { quantile_ms(&first, 0.5), quantile_ms(&last, 0.5) };
	double p99[2] = { quantile_ms(&first, 0.99), quantile_ms(&last, 0.99) };
	row_same("sessions", before.sessions, after.sessions);
	row_same("connections (one asks)", before.connections, after.connections);
	row_same("timers (one of who asks)", before.timers, after.timers);
	row_same("descriptors", before.descriptors, after.descriptors);
	row("memory of the server, kB", after.rss_kb < before.rss_kb * 6 / 5 + 4096,
		"%.0f before, %.0f after", (double)before.rss_kb, (double)after.rss_kb);
	row("echoes, and what was said in rooms", echoes && said_heard, "%.0f and %.0f",
		(double)echoes, (double)said_heard);
	row("lost, doubled or out of order", wrong + after.wrong == 0, "%.0f here, %.0f there",
		(double)wrong, (double)after.wrong);
	row("clients that came, upgrades", opened && upgrades, "%.0f, %.0f", (double)opened,
		(double)upgrades);
	row("slow ones that were cut, rubbish", cut && rubbish, "%.0f, %.0f", (double)cut,
		(double)rubbish);
	row("others that were cut", lost == 0, "%.0f", (double)lost, 0);
	row("echo p50, ms", p50[1] < 3 * p50[0] + 5, "%.2f first, %.2f last", p50[0], p50[1]);
	row("echo p99, ms", p99[1] < 3 * p99[0] + 20, "%.2f first, %.2f last", p99[0], p99[1]);
}

static bool counting(void)
{
	bool busy = to_count > 0;
	for (one *o = all + STAYING + CHURNING + SLOW; o < all + sizeof all / sizeof *all; o++)
		busy = busy || o->there;
	return busy && !stopping && !wrong;
}

static void counted(uint64_t messages)
{
	uint64_t began = now_us(), told = 0, before = upgrades;
	to_count = messages;
	streamed = 0;
	do {
		for (one *o = all + STAYING + CHURNING + SLOW; o < all + sizeof all / sizeof *all;
			o++) {
			count(o);
			if (o->there && !o->f.ended)
				far_tick(&o->f);
		}
		far_turn(5);
		if (now_us() - told > 5000000) {
			told = now_us();
			fprintf(stderr, "soak: %llu of %llu counted\n",
				(unsigned long long)streamed, (unsigned long long)messages);
		}
	} while (counting());
	double seconds = (double)(now_us() - began) / 1e6;
	rest();
	row("messages counted, wanted", streamed == messages && !wrong && !lost, "%.0f, %.0f",
		(double)streamed, (double)messages);
	row("upgrades meanwhile, messages a second", upgrades > before, "%.0f, %.0f",
		(double)(upgrades - before), (double)messages / seconds);
}

static void on_signal(int unused)
{
	(void)unused;
	stopping = true;
}

static void start_server(void)
{
	int ready[2];
	if (pipe(ready) || (server = fork()) < 0)
		exit(EXIT_FAILURE);
	if (!server) {
		close(ready[0]);
		_exit(soak_server(ready[1]));
	}
	close(ready[1]);
	if (read(ready[0], &port, sizeof port) != sizeof port)
		exit(EXIT_FAILURE);
	close(ready[0]);
}

static void prepare(void)
{
	first.us = malloc(TIMES * sizeof *first.us);
	last.us = malloc(TIMES * sizeof *last.us);
	if (!first.us || !last.us)
		exit(EXIT_FAILURE);
	for (int i = 0; i < (int)(sizeof all / sizeof *all); i++) {
		all[i].number = i;
		all[i].duty = i < STAYING                     ? TALKS
			      : i < STAYING + CHURNING        ? CHURNS
			      : i < STAYING + CHURNING + SLOW ? IS_SLOW
							      : COUNTS;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 20;
	uint64_t messages = argc > 2 ? strtoull(argv[2], NULL, 10) : 100000;
	int status = 0;
	start_server();
	prepare();
	far_begin();
	if (seconds > 0)
		mixed(seconds);
	if (messages && !stopping)
		counted(messages);
	kill(server, SIGTERM);
	waitpid(server, &status, 0);
	row("exit code of the server", status == 0, "%.0f", status, 0);
	free(first.us);
	free(last.us);
	printf("soak: %s\n", stopping ? "was ended" : held ? "held" : "DID NOT HOLD");
	return held && !stopping ? EXIT_SUCCESS : EXIT_FAILURE;
}
