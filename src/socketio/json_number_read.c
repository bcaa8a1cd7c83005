/* SPDX-License-Identifier: MIT */
/*
 * json_number_read - decimal digits to the nearest double.
 *
 * Most numbers are a whole number below 2^53 times or over a power of ten that is exact as well;
 * one multiplication or division then rounds correctly.  For the others strtod() does the work.
 * It is given digits and an exponent but never a decimal point, so the locale has no say.
 */
#include "json_number.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	MAX_EXACT_POWER = 22, /* 10^22 is the highest power of ten that is exact as a double */
	/* The middle between two doubles has at most 767 digits: with more, it only matters whether
	 * anything but zeros follows. */
	MAX_DIGITS = 800,
	MAX_POWER = 100000 /* where 10^power times MAX_DIGITS digits is long 0 or infinite */
};
#define MAX_EXACT_WHOLE (UINT64_C(1) << 53)
/* Far beyond the length of any text, so that an exponent cannot be made up for by digits. */
#define MAX_EXPONENT (INT64_C(1) << 60)

typedef struct decimal {
	span whole, fraction; /* digits before and after the point */
	int64_t exponent;     /* what follows 'e' */
} decimal;

static const double powers[MAX_EXACT_POWER + 1] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
	1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static span take_digits(span *rest)
{
	span digits = { rest->at, 0 };
	while (digits.len < rest->len && is_digit(digits.at[digits.len]))
		digits.len++;
	rest->at += digits.len;
	rest->len -= digits.len;
	return digits;
}

static bool take(span *rest, char c)
{
	if (rest->len == 0 || *rest->at != c)
		return false;
	rest->at++;
	rest->len--;
	return true;
}

static bool take_exponent(span *rest, int64_t *exponent)
{
	bool negative = take(rest, '-');
	if (!negative)
		take(rest, '+');
	span digits = take_digits(rest);
	int64_t n = 0;
	for (size_t i = 0; i < digits.len && n < MAX_EXPONENT / 10; i++)
		n = n * 10 + (digits.at[i] - '0');
	*exponent = negative ? -n : n;
	return digits.len > 0;
}

static bool take_decimal(span *rest, decimal *d)
{
	d->whole = take_digits(rest);
	if (d->whole.len == 0 || (d->whole.len > 1 && *d->whole.at == '0'))
		return false;
	if (take(rest, '.')) {
		d->fraction = take_digits(rest);
		if (d->fraction.len == 0)
			return false;
	}
	if (take(rest, 'e') || take(rest, 'E'))
		return take_exponent(rest, &d->exponent);
	return true;
}

/* false: more digits than fit */
static bool add_digits(uint64_t *n, span digits)
{
	for (size_t i = 0; i < digits.len; i++) {
		if (*n > MAX_EXACT_WHOLE / 10)
			return false;
		*n = *n * 10 + (uint64_t)(digits.at[i] - '0');
	}
	return *n <= MAX_EXACT_WHOLE;
}

static bool read_exactly(const decimal *d, double *value)
{
	uint64_t n = 0;
	if (!add_digits(&n, d->whole) || !add_digits(&n, d->fraction))
		return false;
	int64_t power = d->exponent - (int64_t)d->fraction.len;
	if (power < -MAX_EXACT_POWER || power > MAX_EXACT_POWER)
		return false;
	*value = power < 0 ? (double)n / powers[-power] : (double)n * powers[power];
	return true;
}

typedef struct digits {
	char at[MAX_DIGITS + 32];
	size_t len;
	int64_t power; /* of ten that the digits are multiplied with */
	bool more;     /* something other than zeros was left out */
} digits;

static void gather(digits *to, span from)
{
	for (size_t i = 0; i < from.len; i++) {
		char c = from.at[i];
		if (c == '0' && to->len == 0)
			continue;
		if (to->len < MAX_DIGITS) {
			to->at[to->len++] = c;
			continue;
		}
		to->power++;
		to->more = to->more || c != '0';
	}
}

static double read_slowly(const decimal *d)
{
	digits g = { .power = d->exponent - (int64_t)d->fraction.len };
	gather(&g, d->whole);
	gather(&g, d->fraction);
	if (g.len == 0)
		return 0;
	if (g.more) {
		g.at[g.len++] = '1';
		g.power--;
	}
	if (g.power > MAX_POWER)
		g.power = MAX_POWER;
	if (g.power < -MAX_POWER)
		g.power = -MAX_POWER;
	snprintf(g.at + g.len, sizeof g.at - g.len, "e%d", (int)g.power);
	return strtod(g.at, NULL);
}

size_t json_number_read(span text, double *value)
{
	span rest = text;
	decimal d = { .exponent = 0 };
	bool negative = take(&rest, '-');
	if (!take_decimal(&rest, &d))
		return 0;
	double absolute;
	if (!read_exactly(&d, &absolute))
		absolute = read_slowly(&d);
	*value = negative ? -absolute : absolute;
	return text.len - rest.len;
}
