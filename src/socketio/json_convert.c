/* SPDX-License-Identifier: MIT */
/*
 * json_convert - printf conversions, taken apart.
 *
 * All of C's conversions are understood even where they are of no use, because the arguments
 * behind one can only be reached by taking its own.
 */
#include "json_convert.h"
#include "json_number.h"
#include "json_tree.h"
#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* ---- The conversion ---- */

static bool take(span *text, char c)
{
	if (text->len == 0 || *text->at != c)
		return false;
	text->at++;
	text->len--;
	return true;
}

static void take_flags(span *text, conversion *c)
{
	size_t n = 0;
	while (text->len && memchr("-+ #0'", *text->at, 6)) {
		char flag = *text->at;
		take(text, flag);
		if (flag == '\'')
			c->grouped = true;
		else if (!strchr(c->flags, flag))
			c->flags[n++] = flag;
	}
}

enum { MAX_FIELD = 1000000 }; /* more columns than a template can mean */

/* Digits, or a star whose argument is taken later. */
static int take_field(span *text, bool *star)
{
	*star = take(text, '*');
	int n = 0;
	while (!*star && text->len && *text->at >= '0' && *text->at <= '9') {
		int digit = *text->at - '0';
		take(text, *text->at);
		if (n < MAX_FIELD)
			n = n * 10 + digit;
	}
	return n;
}

static char take_size(span *text)
{
	if (take(text, 'h'))
		return take(text, 'h') ? 'H' : 'h';
	if (take(text, 'l'))
		return take(text, 'l') ? 'q' : 'l';
	if (!text->len || !memchr("jztL", *text->at, 4))
		return '\0';
	char size = *text->at;
	take(text, size);
	return size;
}

/* What the letter is with this size; CONVERT_UNKNOWN: C has no such pair. */
static convert_kind kind_of(char letter, char size)
{
	switch (letter) {
	case 'd':
	case 'i':
		if (size == 'L')
			return CONVERT_UNKNOWN;
		return size == 'H' && letter == 'd' ? CONVERT_BOOL : CONVERT_SIGNED;
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		return size == 'L' ? CONVERT_UNKNOWN : CONVERT_UNSIGNED;
	case 'f':
	case 'F':
	case 'e':
	case 'E':
	case 'g':
	case 'G':
	case 'a':
	case 'A':
		return size == 0 || size == 'l' || size == 'L' ? CONVERT_DOUBLE : CONVERT_UNKNOWN;
	case 'c':
		return size == 0 ? CONVERT_CHAR : size == 'l' ? CONVERT_REFUSED : CONVERT_UNKNOWN;
	case 's':
		return size == 0 ? CONVERT_TEXT : size == 'l' ? CONVERT_REFUSED : CONVERT_UNKNOWN;
	case 'p':
		return size == 0 ? CONVERT_TREE : CONVERT_UNKNOWN;
	case 'n':
		return CONVERT_REFUSED;
	default:
		return CONVERT_UNKNOWN;
	}
}

/* As most are: nothing stands before it. */
static bool is_letter_alone(const span *text)
{
	return text->len && (*text->at == 's' || *text->at == 'd' || *text->at == 'p');
}

static void read_conversion(span *text, conversion *c)
{
	take(text, '%');
	if (take(text, '%')) {
		c->kind = CONVERT_PERCENT;
		return;
	}
	if (!is_letter_alone(text)) {
		take_flags(text, c);
		c->width = take_field(text, &c->star_width);
		if (take(text, '.'))
			c->precision = take_field(text, &c->star_precision);
		c->size = take_size(text);
	}
	c->letter = text->len ? *text->at : '\0';
	c->kind = kind_of(c->letter, c->size);
	take(text, c->letter);
}

/* ---- Arguments ---- */

static intmax_t take_signed(char size, convert_args *args)
{
	switch (size) {
	case 'H':
		return (signed char)va_arg(args->list, int);
	case 'h':
		return (short)va_arg(args->list, int);
	case 'l':
		return va_arg(args->list, long);
	case 'q':
		return va_arg(args->list, long long);
	case 'j':
		return va_arg(args->list, intmax_t);
	case 'z':
		return va_arg(args->list, ssize_t);
	case 't':
		return va_arg(args->list, ptrdiff_t);
	default:
		return va_arg(args->list, int);
	}
}

static uintmax_t take_unsigned(char size, convert_args *args)
{
	switch (size) {
	case 'H':
		return (unsigned char)va_arg(args->list, unsigned);
	case 'h':
		return (unsigned short)va_arg(args->list, unsigned);
	case 'l':
		return va_arg(args->list, unsigned long);
	case 'q':
		return va_arg(args->list, unsigned long long);
	case 'j':
		return va_arg(args->list, uintmax_t);
	case 'z':
		return va_arg(args->list, size_t);
	case 't':
		return (uintmax_t)va_arg(args->list, ptrdiff_t);
	default:
		return va_arg(args->list, unsigned);
	}
}

static void skip_refused(const conversion *c, convert_args *args)
{
	if (c->letter == 'c')
		(void)va_arg(args->list, wint_t);
	else
		(void)va_arg(args->list, void *);
}

static void take_value(conversion *c, convert_args *args)
{
	switch (c->kind) {
	case CONVERT_BOOL:
		c->value.i = va_arg(args->list, int) != 0;
		return;
	case CONVERT_SIGNED:
		c->value.i = take_signed(c->size, args);
		return;
	case CONVERT_UNSIGNED:
		c->value.u = take_unsigned(c->size, args);
		return;
	case CONVERT_DOUBLE:
		c->value.f = c->size == 'L' ? (double)va_arg(args->list, long double)
					    : va_arg(args->list, double);
		return;
	case CONVERT_CHAR:
		c->value.c = (char)va_arg(args->list, int);
		return;
	case CONVERT_TEXT:
		c->value.text = va_arg(args->list, const char *);
		return;
	case CONVERT_TREE:
		c->value.tree = va_arg(args->list, void *);
		return;
	case CONVERT_REFUSED:
		skip_refused(c, args);
		return;
	case CONVERT_PERCENT:
	case CONVERT_UNKNOWN:
		return;
	}
}

conversion convert_take(span *text, convert_args *args)
{
	conversion c = { .precision = -1 };
	span rest = *text;
	read_conversion(&rest, &c);
	if (c.kind == CONVERT_UNKNOWN)
		return c;
	*text = rest;
	if (c.star_width)
		c.width = va_arg(args->list, int);
	if (c.star_precision)
		c.precision = va_arg(args->list, int);
	take_value(&c, args);
	return c;
}

/* ---- As text ---- */

span convert_text(const conversion *c)
{
	if (c->kind == CONVERT_CHAR)
		return (span){ &c->value.c, 1 };
	if (c->precision < 0)
		return span_of(c->value.text);
	size_t len = (size_t)c->precision;
	return (span){ c->value.text, c->star_precision ? len : strnlen(c->value.text, len) };
}

static bool print_padded(buf *out, const conversion *c, span text)
{
	bool left = c->width < 0 || strchr(c->flags, '-');
	size_t width = (size_t)llabs(c->width);
	size_t space = width > text.len ? width - text.len : 0;
	unsigned char *to = buf_reserve(out, text.len + space);
	if (!to)
		return false;
	memset(left ? to + text.len : to, ' ', space);
	memcpy(left ? to : to + space, text.at, text.len);
	buf_added(out, text.len + space);
	return true;
}

static int print_by(const char *spec, const conversion *c, char *to, size_t room)
{
	if (c->kind == CONVERT_SIGNED)
		return snprintf(to, room, spec, c->width, c->precision, c->value.i);
	if (c->kind == CONVERT_UNSIGNED)
		return snprintf(to, room, spec, c->width, c->precision, c->value.u);
	return snprintf(to, room, spec, c->width, c->precision, c->value.f);
}

/* The locale's decimal point, of whatever length, is all that is no letter, digit, sign or space in
 * a floating-point number. */
static size_t put_point(char *text, size_t len)
{
	char *to = text;
	for (size_t i = 0; i < len; i++) {
		bool belongs = isalnum((unsigned char)text[i]) || strchr("+- ", text[i]);
		if (belongs)
			*to++ = text[i];
		else if (to == text || to[-1] != '.')
			*to++ = '.';
	}
	return (size_t)(to - text);
}

static bool print_number(buf *out, const conversion *c)
{
	if (c->grouped)
		return false;
	char spec[CONVERT_FLAGS + 8];
	const char *size = c->kind == CONVERT_DOUBLE ? "" : "j";
	snprintf(spec, sizeof spec, "%%%s*.*%s%c", c->flags, size, c->letter);
	int len = print_by(spec, c, NULL, 0);
	char *to = len < 0 ? NULL : (char *)buf_reserve(out, (size_t)len + 1);
	if (!to)
		return false;
	print_by(spec, c, to, (size_t)len + 1);
	buf_added(out, c->kind == CONVERT_DOUBLE ? put_point(to, (size_t)len) : (size_t)len);
	return true;
}

bool convert_print(buf *out, const conversion *c)
{
	switch (c->kind) {
	case CONVERT_PERCENT:
		return buf_add_char(out, '%');
	case CONVERT_BOOL:
		return print_padded(out, c, c->value.i ? SPAN("true") : SPAN("false"));
	case CONVERT_SIGNED:
	case CONVERT_UNSIGNED:
	case CONVERT_DOUBLE:
		return print_number(out, c);
	case CONVERT_CHAR:
		return print_padded(out, c, convert_text(c));
	case CONVERT_TEXT:
		return print_padded(out, c, c->value.text ? convert_text(c) : SPAN("null"));
	default:
		return false;
	}
}

/* ---- As a value ---- */

/* A value is not laid out, and only text and numbers with a fraction can be cut. */
static bool is_bare(const conversion *c)
{
	bool may_be_cut = c->kind == CONVERT_TEXT || c->kind == CONVERT_DOUBLE;
	bool is_cut = c->star_precision || c->precision >= 0;
	bool is_laid_out = c->flags[0] || c->grouped || c->star_width || c->width;
	return !is_laid_out && (may_be_cut || !is_cut);
}

/* With as many digits as printf would show. */
static cJSON *rounded(const conversion *c)
{
	buf text = { .limit = 0 };
	double value;
	bool ok = convert_print(&text, c);
	ok = ok && json_number_read(buf_span(&text), &value) == buf_len(&text);
	buf_free(&text);
	return ok ? json_node_number(value) : NULL;
}

static cJSON *double_value(const conversion *c)
{
	if (c->letter == 'a' || c->letter == 'A')
		return NULL;
	if (!isfinite(c->value.f))
		return json_node(cJSON_NULL);
	return c->precision < 0 ? json_node_number(c->value.f) : rounded(c);
}

static cJSON *text_value(const conversion *c)
{
	if (c->kind == CONVERT_TEXT && !c->value.text)
		return json_node(cJSON_NULL);
	return json_node_text(json_copy_text(convert_text(c)));
}

static cJSON *integer_value(const conversion *c)
{
	if (c->kind == CONVERT_UNSIGNED && c->letter != 'u')
		return NULL;
	if (c->kind == CONVERT_BOOL)
		return json_node(c->value.i ? cJSON_True : cJSON_False);
	bool is_signed = c->kind == CONVERT_SIGNED;
	return json_node_number(is_signed ? (double)c->value.i : (double)c->value.u);
}

bool convert_is_key(const conversion *c)
{
	return c->kind == CONVERT_TEXT && c->value.text && is_bare(c);
}

cJSON *convert_value(const conversion *c)
{
	if (!is_bare(c))
		return NULL;
	switch (c->kind) {
	case CONVERT_TREE:
		return c->value.tree;
	case CONVERT_BOOL:
	case CONVERT_SIGNED:
	case CONVERT_UNSIGNED:
		return integer_value(c);
	case CONVERT_DOUBLE:
		return double_value(c);
	case CONVERT_CHAR:
	case CONVERT_TEXT:
		return text_value(c);
	default:
		return NULL;
	}
}
