/* SPDX-License-Identifier: MIT */
/*
 * checks - what the chat asks of names, rooms, texts and pictures before it believes a client.
 * Every function takes NULL as something that was missing or of another type.
 */
#ifndef CHAT_CHECKS_H
#define CHAT_CHECKS_H

#include <sio.h>
#include <string.h>

enum { NAME_CHARS = 24, TEXT_CHARS = 2000, PICTURE_BYTES = 512 * 1024 };

#define BAD_NAME    "A name has 1 to 24 characters."
#define BAD_ROOM    "A room is written #name, with 1 to 24 characters."
#define BAD_TEXT    "A message has 1 to 2000 characters."
#define BAD_PICTURE "A picture is a PNG, JPEG, WebP or GIF of at most 512 kB."

/* In code points: every byte of UTF-8 counts but those that continue another. */
static inline size_t count_chars(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xC0) != 0x80;
	return n;
}

/* No blank at either end, and nothing that moves the cursor. */
static inline bool is_name(const char *s)
{
	if (!s || !*s || count_chars(s) > NAME_CHARS || s[0] == ' ' || s[strlen(s) - 1] == ' ')
		return false;
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c < 0x20 || c == 0x7F || c == 0xC0) /* sio.h: C0 80 stands for U+0000 */
			return false;
	}
	return true;
}

static inline bool is_room(const char *s)
{
	return s && s[0] == '#' && is_name(s + 1);
}

static inline bool is_text(const char *s)
{
	return s && s[strspn(s, " \t\r\n")] && count_chars(s) <= TEXT_CHARS;
}

/* Types that browsers draw and that cannot carry a script, as SVG can. */
static inline bool is_picture(const char *type, sio_bytes bytes)
{
	if (!type || !bytes.data || bytes.len == 0 || bytes.len > PICTURE_BYTES)
		return false;
	return !strcmp(type, "image/png") || !strcmp(type, "image/jpeg") ||
	       !strcmp(type, "image/webp") || !strcmp(type, "image/gif");
}

#endif
