/* SPDX-License-Identifier: MIT */
/*
 * json_number_write - the fewest decimal digits that read back as the same double, in JavaScript's
 * layout.
 *
 * Whole numbers below 2^53 and decimals of up to 15 digits, nearly all that an application sends,
 * are found with integer arithmetic.  For the rest snprintf() is asked for more and more digits;
 * only digits are taken from what it writes, so the locale's decimal point does not matter.
 */
#include "json_number.h"
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
	SAFE_DIGITS = 15, /* two decimals of so many digits are never the same double */
	MAX_DIGITS = 17,  /* so many always tell two doubles apart */
	MAX_PLAIN = 21,   /* JavaScript writes an exponent from 10^21 on ... */
	MIN_PLAIN = -6    /* ... and below 10^-6 */
};

typedef struct decimal {
	char digits[MAX_DIGITS + 8];
	int len;
	int point; /* where the decimal point stands: the value is 0.DIGITS times 10^point */
} decimal;

static size_t write_uint(char *out, uint64_t n)
{
	char reversed[20];
	size_t len = 0;
	do {
		reversed[len++] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	for (size_t i = 0; i < len; i++)
		out[i] = reversed[len - 1 - i];
	return len;
}

static void drop_zeros(decimal *d)
{
	while (d->len > 1 && d->digits[d->len - 1] == '0')
		d->len--;
}

static double reads_as(const decimal *d)
{
	char text[MAX_DIGITS + 24];
	double value = 0;
	int len = snprintf(text, sizeof text, "%.*se%d", d->len, d->digits, d->point - d->len);
	json_number_read((span){ text, (size_t)len }, &value);
	return value;
}

/* The nearest decimal of n digits. */
static void nearest(decimal *d, double value, int n)
{
	char text[64];
	snprintf(text, sizeof text, "%.*e", n - 1, value);
	const char *at = text;
	d->len = 0;
	for (; *at != 'e'; at++)
		if (*at >= '0' && *at <= '9')
			d->digits[d->len++] = *at;
	int exponent = 0;
	for (const char *c = at + 2; *c; c++)
		exponent = exponent * 10 + (*c - '0');
	d->point = (at[1] == '-' ? -exponent : exponent) + 1;
}

/* The next decimal of as many digits, away from zero. */
static void step_up(decimal *d)
{
	int i = d->len - 1;
	while (i >= 0 && d->digits[i] == '9')
		d->digits[i--] = '0';
	if (i >= 0) {
		d->digits[i]++;
		return;
	}
	d->digits[0] = '1';
	d->point++;
}

/* Below a power of two doubles stand twice as close as above it: the nearest decimal may then lie
 * below and be another double's, while the next one above is still ours. */
static bool stands_at_a_step(double value)
{
	int exponent;
	return frexp(value, &exponent) == 0.5;
}

static void find_shortest(decimal *d, double value)
{
	for (int n = value < DBL_MIN ? 1 : SAFE_DIGITS; n < MAX_DIGITS; n++) {
		nearest(d, value, n);
		if (reads_as(d) == value)
			return;
		if (!stands_at_a_step(value))
			continue;
		step_up(d);
		if (reads_as(d) == value)
			return;
	}
	nearest(d, value, MAX_DIGITS);
}

/* A decimal of at most 15 digits after the point and in all, if the value is one. */
static bool find_short(decimal *d, double value)
{
	static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
		1e11, 1e12, 1e13, 1e14, 1e15 };
	if (value >= 1e15 || value < 1e-6)
		return false;
	int before = 0;
	while (value >= powers[before])
		before++;
	double scale = powers[SAFE_DIGITS - before];
	uint64_t n = (uint64_t)(value * scale + 0.5);
	if ((double)n / scale != value)
		return false;
	d->len = (int)write_uint(d->digits, n);
	d->point = d->len - (SAFE_DIGITS - before);
	return true;
}

static char *put_zeros(char *to, int n)
{
	memset(to, '0', (size_t)n);
	return to + n;
}

static char *put_digits(char *to, const decimal *d, int from, int until)
{
	memcpy(to, d->digits + from, (size_t)(until - from));
	return to + (until - from);
}

static char *put_with_exponent(char *to, const decimal *d)
{
	*to++ = d->digits[0];
	if (d->len > 1) {
		*to++ = '.';
		to = put_digits(to, d, 1, d->len);
	}
	int exponent = d->point - 1;
	*to++ = 'e';
	*to++ = exponent < 0 ? '-' : '+';
	return to + write_uint(to, (uint64_t)(exponent < 0 ? -exponent : exponent));
}

/* ECMA-262, Number::toString */
static char *put_decimal(char *to, const decimal *d)
{
	if (d->point > MAX_PLAIN || d->point <= MIN_PLAIN)
		return put_with_exponent(to, d);
	if (d->point <= 0) {
		to = put_zeros(to, 1);
		*to++ = '.';
		to = put_zeros(to, -d->point);
		return put_digits(to, d, 0, d->len);
	}
	if (d->len <= d->point)
		return put_zeros(put_digits(to, d, 0, d->len), d->point - d->len);
	to = put_digits(to, d, 0, d->point);
	*to++ = '.';
	return put_digits(to, d, d->point, d->len);
}

size_t json_number_write(char out[JSON_NUMBER_MAX], double value)
{
	char *to = out;
	if (value < 0) {
		*to++ = '-';
		value = -value;
	}
	if (value < 0x1p53 && value == (double)(uint64_t)value)
		return (size_t)(to - out) + write_uint(to, (uint64_t)value);
	decimal d;
	if (!find_short(&d, value))
		find_shortest(&d, value);
	drop_zeros(&d);
	return (size_t)(put_decimal(to, &d) - out);
}
