/* SPDX-License-Identifier: MIT */
/* revision - the tables of the revisions of Socket.IO that are spoken (protocol-notes/socket.io.md,
 * "The older revision"). */
#include "revision.h"
#include "../base/text.h"
#include "io.h"
#include "json.h"

static void print(buf *out, const cJSON *tree)
{
	if (!json_print(out, tree))
		out->failed = true;
}

/* ---- Revision 5, on Engine.IO 4 ---- */

static size_t own_size(const client *c, span ns)
{
	(void)c;
	(void)ns;
	return ID_LEN + 1;
}

static size_t own_id(char *out, const client *c, span ns)
{
	(void)c;
	(void)ns;
	random_id(out);
	return ID_LEN;
}

static void write_sid(buf *out, span id, const char *pid)
{
	buf_add_text(out, "{\"sid\":\"");
	buf_add_span(out, id);
	if (pid) {
		buf_add_text(out, "\",\"pid\":\"");
		buf_add_text(out, pid);
	}
	buf_add_text(out, "\"}");
}

void revision_write_error(buf *out, const char *message, const cJSON *data)
{
	buf_add_text(out, "{\"message\":");
	json_print_string(out, span_of(message));
	if (data) {
		buf_add_text(out, ",\"data\":");
		print(out, data);
	}
	buf_add_char(out, '}');
}

static const revision revision5 = {
	.id_size = own_size,
	.make_id = own_id,
	.write_welcome = write_sid,
	.write_refusal = revision_write_error,
};

/* ---- Revision 4, on Engine.IO 3 ---- */

static size_t derived_size(const client *c, span ns)
{
	return ns.len + 1 + session_sid(c->session).len + 1;
}

/* Clients make it up themselves, in this way. */
static size_t derived_id(char *out, const client *c, span ns)
{
	size_t len = 0;
	if (ns.len > 1) {
		memcpy(out, ns.at, ns.len);
		out[ns.len] = '#';
		len = ns.len + 1;
	}
	span sid = session_sid(c->session);
	memcpy(out + len, sid.at, sid.len + 1);
	return len + sid.len;
}

static void write_nothing(buf *out, span id, const char *pid)
{
	(void)out;
	(void)id;
	(void)pid;
}

/* What JavaScript takes for false counts as none. */
static bool counts(const cJSON *data)
{
	if (!data || cJSON_IsNull(data) || cJSON_IsFalse(data))
		return false;
	if (cJSON_IsNumber(data))
		return data->valuedouble < 0 || data->valuedouble > 0;
	return !cJSON_IsString(data) || *data->valuestring;
}

static void write_either(buf *out, const char *message, const cJSON *data)
{
	if (counts(data))
		print(out, data);
	else
		json_print_string(out, span_of(message));
}

static const revision revision4 = {
	.enters_unasked = true,
	.query_in_namespace = true,
	.id_size = derived_size,
	.make_id = derived_id,
	.write_welcome = write_nothing,
	.write_refusal = write_either,
};

const revision *revision_for(int engine_version)
{
	return engine_version == 3 ? &revision4 : &revision5;
}

/* ---- Auth in a query ---- */

/* What cannot be decoded is what it says. */
static void write_decoded(buf *out, span raw)
{
	buf text = { 0 };
	json_print_string(out, url_decode(&text, raw, true) ? buf_span(&text) : raw);
	buf_free(&text);
}

static void write_pair(buf *out, span pair)
{
	const char *equals = memchr(pair.at, '=', pair.len);
	size_t name = equals ? (size_t)(equals - pair.at) : pair.len;
	size_t used = equals ? name + 1 : name;
	if (buf_len(out) > 1)
		buf_add_char(out, ',');
	write_decoded(out, (span){ pair.at, name });
	buf_add_char(out, ':');
	write_decoded(out, (span){ pair.at + used, pair.len - used });
}

/* By way of JSON, whose reader knows what to do with equal keys, however many there are. */
cJSON *revision_auth(span query, json_bounds *b)
{
	buf text = { 0 };
	buf_add_char(&text, '{');
	while (query.len) {
		const char *amp = memchr(query.at, '&', query.len);
		size_t len = amp ? (size_t)(amp - query.at) : query.len;
		size_t used = amp ? len + 1 : len;
		if (len)
			write_pair(&text, (span){ query.at, len });
		query = (span){ query.at + used, query.len - used };
	}
	buf_add_char(&text, '}');
	cJSON *auth = text.failed ? NULL : json_parse_within(buf_span(&text), b);
	buf_free(&text);
	return auth;
}
