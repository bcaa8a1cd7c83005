/* SPDX-License-Identifier: MIT */
/* date - a time as JavaScript's Date.prototype.toISOString() gives it. */
#include "date.h"
#include "heads.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ECMAScript, "Time Values and Time Range": 100 million days on either side. */
#define DATE_MAX INT64_C(8640000000000000)

bool date_text(char out[DATE_TEXT], int64_t ms)
{
	int rest = (int)(ms % 1000);
	if (ms < -DATE_MAX || ms > DATE_MAX)
		return false;
	rest += rest < 0 ? 1000 : 0;
	time_t seconds = (time_t)((ms - rest) / 1000);
	struct tm t;
	if (!gmtime_r(&seconds, &t))
		return false;
	int year = t.tm_year + 1900;
	bool usual = year >= 0 && year <= 9999;
	snprintf(out, DATE_TEXT,
		usual ? "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ"
		      : "%+07d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		year, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, rest);
	return true;
}

/* MessagePack, "Timestamp extension type": seconds in 32, 34 or 64 bits. */
bool date_read(const unsigned char *at, size_t len, int64_t *ms)
{
	uint64_t ns = 0, seconds = 0;
	if (len == 4) {
		seconds = head_number(at, 4);
	} else if (len == 8) {
		uint64_t both = head_number(at, 8);
		ns = both >> 34;
		seconds = both & ((UINT64_C(1) << 34) - 1);
	} else if (len == 12) {
		ns = head_number(at, 4);
		seconds = head_number(at + 4, 8);
	} else {
		return false;
	}
	int64_t whole;
	memcpy(&whole, &seconds, sizeof whole);
	if (ns > 999999999 || whole < -DATE_MAX / 1000 - 1 || whole > DATE_MAX / 1000)
		return false;
	*ms = whole * 1000 + (int64_t)(ns / 1000000);
	return true;
}
