/* SPDX-License-Identifier: MIT */
/* The official client's files: what is answered to whom, from a package of our own making. */
#include "../../src/net/bundle.h"
#include "../../src/wire/compress.h"
#include "../support/failing_malloc.h"
#include "test_folder.h"
#include <errno.h>
#include <zlib.h>

#define SCRIPT "console.log('a script, a script, a script, a script');"

static const char *const scripts[] = { "socket.io.js", "socket.io.min.js", "socket.io.esm.min.js",
	"socket.io.msgpack.min.js" };

/* A package with all eight files; package.json is json, or is missing. */
static folder package_new(const char *json)
{
	folder f = folder_new();
	folder_sub(&f, "dist");
	if (json)
		folder_write(&f, "package.json", json);
	for (size_t i = 0; i < 4; i++) {
		char name[64];
		snprintf(name, sizeof name, "dist/%s", scripts[i]);
		folder_write(&f, name, SCRIPT);
		strcat(name, ".map");
		folder_write(&f, name, "{\"version\":3}");
	}
	return f;
}

static bundle *load(const folder *f)
{
	int error = -1;
	bundle *b = bundle_load(folder_path(f, "dist"), &error);
	ck_assert_int_eq(error, 0);
	ck_assert_ptr_nonnull(b);
	return b;
}

/* The errno value of loading a package with that package.json. */
static int error_of(const char *json)
{
	int error = -1;
	folder f = package_new(json);
	bundle *b = bundle_load(folder_path(&f, "dist"), &error);
	ck_assert((b != NULL) == (error == 0));
	bundle_free(b);
	folder_drop(&f);
	return error;
}

static response ask(bundle *b, const char *method, const char *name, const char *fields)
{
	response r = RESPONSE(200);
	char line[128];
	snprintf(line, sizeof line, "%s /socket.io/%s", method, name);
	ck_assert(bundle_answer(b, span_of(name), request_for(line, fields), &r));
	ck_assert(!r.fields.failed);
	return r;
}

static bool is_served(bundle *b, const char *name)
{
	response r = RESPONSE(200);
	bool served = bundle_answer(b, span_of(name), request_for("GET /", ""), &r);
	ck_assert(served || (buf_len(&r.fields) == 0 && !r.body));
	response_fini(&r);
	return served;
}

static folder package;
static bundle *client;

static void begin(void)
{
	package = package_new("{\"name\":\"socket.io-client\",\"version\":\"4.8.4\"}");
	client = load(&package);
}

static void end(void)
{
	bundle_free(client);
	folder_drop(&package);
}

/* files.md 28: eight names. */
START_TEST(the_eight_files_are_served)
{
	begin();
	for (size_t i = 0; i < 4; i++) {
		char map[64];
		snprintf(map, sizeof map, "%s.map", scripts[i]);
		ck_assert(is_served(client, scripts[i]));
		ck_assert(is_served(client, map));
	}
	end();
}
END_TEST

/* files.md 28: every other name is the engine's. */
START_TEST(other_names_are_left_to_the_engine)
{
	static const char *const other[] = { "", "socket.io.slim.js", "socket.io.j",
		"socket.io.jss", "socket.io.js/", "Socket.io.js", "../package.json",
		"socket.io.js.map.map", "socket%2Eio.js", "socket.io.msgpack.js" };
	begin();
	folder_write(&package, "dist/socket.io.msgpack.js", SCRIPT);
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		ck_assert_msg(!is_served(client, other[i]), "%s", other[i]);
	end();
}
END_TEST

/* files.md 28: a file that is missing is the engine's as well. */
START_TEST(a_missing_file_is_left_to_the_engine)
{
	begin();
	ck_assert_int_eq(unlinkat(package.fd, "dist/socket.io.min.js", 0), 0);
	ck_assert(!is_served(client, "socket.io.min.js"));
	ck_assert(is_served(client, "socket.io.js"));
	end();
}
END_TEST

/* files.md 29, 30, 31: the same for every method. */
START_TEST(a_script_has_the_fields_of_the_reference)
{
	static const char *const methods[] = { "GET", "HEAD", "POST", "PUT" };
	begin();
	for (size_t i = 0; i < 4; i++) {
		response r = ask(client, methods[i], "socket.io.js", "");
		ck_assert_int_eq(r.status, 200);
		ck_assert_str_eq(r.type, "application/javascript; charset=utf-8");
		ck_assert_str_eq(field_of(&r, "Cache-Control"), "public, max-age=0");
		ck_assert_str_eq(field_of(&r, "ETag"), "\"4.8.4\"");
		ck_assert_str_eq(field_of(&r, "Content-Encoding"), "");
		ck_assert_str_eq(body_of(&r), SCRIPT);
		response_fini(&r);
	}
	end();
}
END_TEST

/* files.md 30: a map is JSON. */
START_TEST(a_map_is_json)
{
	begin();
	response r = ask(client, "GET", "socket.io.min.js.map", "");
	ck_assert_str_eq(r.type, "application/json; charset=utf-8");
	ck_assert_str_eq(body_of(&r), "{\"version\":3}");
	response_fini(&r);
	end();
}
END_TEST

/* files.md 31: the version is the package's own, wherever it stands. */
START_TEST(the_version_is_found_in_any_package_json)
{
	static const char json[] =
		" \n{ \"private\": \"0\", \"x\\\"version\": \"1\", \"a\": {\"version\": \"2\", "
		"\"b\": "
		"[\"version\"]},\r\n"
		"\t\"c\" : [ { \"version\": \"3\" } ], \"d\": \"version\", \"version\" :\n"
		"\"5.0.0-rc.1+b\" , \"e\": null }\n";
	folder f = package_new(json);
	bundle *b = load(&f);
	response r = ask(b, "GET", "socket.io.js", "");
	ck_assert_str_eq(field_of(&r, "ETag"), "\"5.0.0-rc.1+b\"");
	response_fini(&r);
	bundle_free(b);
	folder_drop(&f);
}
END_TEST

/* files.md 32: this very version is known already. */
START_TEST(a_known_version_is_answered_with_304)
{
	static const char *const tags[] = { "If-None-Match: \"4.8.4\"\r\n",
		"If-None-Match: W/\"4.8.4\"\r\n" };
	begin();
	for (size_t i = 0; i < 2; i++) {
		response r = ask(client, "GET", "socket.io.js", tags[i]);
		ck_assert_int_eq(r.status, 304);
		ck_assert_ptr_null(r.type);
		ck_assert_ptr_null(r.body);
		ck_assert_str_eq(field_of(&r, "ETag"), "");
		ck_assert_str_eq(field_of(&r, "Cache-Control"), "");
		response_fini(&r);
	}
	end();
}
END_TEST

/* files.md 32: another is not. */
START_TEST(another_version_is_answered_with_the_file)
{
	static const char *const tags[] = { "\"4.8.3\"", "4.8.4", "W/", "W/4.8.4", "", "\"4.8.4\"x",
		"w/\"4.8.4\"" };
	begin();
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		char field[64];
		snprintf(field, sizeof field, "If-None-Match: %s\r\n", tags[i]);
		response r = ask(client, "GET", "socket.io.js", field);
		ck_assert_int_eq(r.status, 200);
		response_fini(&r);
	}
	end();
}
END_TEST

static void check_inflates(const response *r)
{
	enum { ANY_WRAPPER = 32 };
	unsigned char text[256] = { 0 };
	z_stream z = { .next_in = bytes_data(r->body),
		.avail_in = (uInt)r->body->len,
		.next_out = text,
		.avail_out = sizeof text - 1 };
	ck_assert_int_eq(inflateInit2(&z, MAX_WBITS + ANY_WRAPPER), Z_OK);
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	inflateEnd(&z);
	ck_assert_str_eq((char *)text, SCRIPT);
}

/* files.md 33: the coding is one that was asked for. */
START_TEST(a_file_is_coded_as_the_peer_likes)
{
	static const char *const names[] = { "gzip", "deflate" };
	begin();
	for (size_t i = 0; i < 2; i++) {
		char field[64];
		snprintf(field, sizeof field, "Accept-Encoding: %s\r\n", names[i]);
		response r = ask(client, "GET", "socket.io.js", field);
		ck_assert_str_eq(field_of(&r, "Content-Encoding"), names[i]);
		ck_assert_str_eq(field_of(&r, "ETag"), "\"4.8.4\"");
		check_inflates(&r);
		response_fini(&r);
	}
	end();
}
END_TEST

/* files.md 33: the best one that this build can write. */
START_TEST(the_best_coding_is_chosen)
{
	begin();
	const char *best = coding_name(coding_choose(SPAN("gzip, deflate, br")));
	response r = ask(client, "GET", "socket.io.js", "Accept-Encoding: gzip, deflate, br\r\n");
	ck_assert_str_eq(field_of(&r, "Content-Encoding"), best);
	ck_assert_uint_lt(r.body->len, sizeof SCRIPT - 1);
	response_fini(&r);
	r = ask(client, "GET", "socket.io.js", "Accept-Encoding: identity, gzip;q=0\r\n");
	ck_assert_str_eq(field_of(&r, "Content-Encoding"), "");
	ck_assert_str_eq(body_of(&r), SCRIPT);
	response_fini(&r);
	end();
}
END_TEST

/* files.md 34: coded, plain, or not modified. */
START_TEST(every_answer_varies_with_the_coding)
{
	static const char *const fields[] = { "", "Accept-Encoding: gzip\r\n",
		"If-None-Match: \"4.8.4\"\r\n" };
	begin();
	for (size_t i = 0; i < 3; i++) {
		response r = ask(client, "GET", "socket.io.js", fields[i]);
		ck_assert_str_eq(field_of(&r, "Vary"), "Accept-Encoding");
		response_fini(&r);
	}
	end();
}
END_TEST

/* files.md 35: read once, coded once, and shared. */
START_TEST(a_file_is_read_and_coded_once)
{
	static const char *const fields[] = { "", "Accept-Encoding: gzip\r\n" };
	begin();
	for (size_t i = 0; i < 2; i++) {
		response first = ask(client, "GET", "socket.io.js", fields[i]);
		folder_write(&package, "dist/socket.io.js", "changed");
		response second = ask(client, "GET", "socket.io.js", fields[i]);
		ck_assert_ptr_eq(first.body, second.body);
		response_fini(&first);
		response_fini(&second);
	}
	end();
}
END_TEST

/* files.md 35: an answer outlives the bundle. */
START_TEST(an_answer_on_its_way_outlives_the_bundle)
{
	begin();
	response r = ask(client, "GET", "socket.io.js", "");
	end();
	ck_assert_str_eq(body_of(&r), SCRIPT);
	response_fini(&r);
}
END_TEST

/* files.md 36: no package. */
START_TEST(a_package_that_is_not_there_is_refused)
{
	int error = 0;
	folder f = package_new(NULL);
	ck_assert_ptr_null(bundle_load(folder_path(&f, "none"), &error));
	ck_assert_int_eq(error, ENOENT);
	ck_assert_ptr_null(bundle_load(folder_path(&f, "dist"), &error));
	ck_assert_int_eq(error, ENOENT);
	ck_assert_int_eq(unlinkat(f.fd, "dist/socket.io.js", 0), 0);
	folder_write(&f, "package.json", "{\"version\":\"1.0.0\"}");
	ck_assert_ptr_null(bundle_load(folder_path(&f, "dist"), &error));
	ck_assert_int_eq(error, ENOENT);
	folder_drop(&f);
}
END_TEST

/* files.md 36: no version, or none that could stand in a field. */
START_TEST(a_package_without_a_version_is_refused)
{
	static const char *const bad[] = { "", " ", "{", "{}", "[\"version\",\"1\"]",
		"{\"version\"", "{\"version\":}", "{\"version\":\"1\"", "{\"version\":1}",
		"{\"version\":\"\"}", "{\"version\":null}", "{\"version\":{\"version\":\"1\"}}",
		"{\"a\":{\"version\":\"1\"}}", "{\"version\":\"1\\r\\n\"}",
		"{\"version\":\"1\\\"2\"}", "{\"a\":\"version\"}",
		"{\"a\":\"\xff\",\"version\":\"1\"}" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(error_of(bad[i]) == EINVAL, "%s", bad[i]);
}
END_TEST

/* files.md 36: a version too long for the tag is none. */
START_TEST(a_version_has_at_most_64_characters)
{
	char json[128];
	snprintf(json, sizeof json, "{\"version\":\"%064d\"}", 0);
	ck_assert_int_eq(error_of(json), 0);
	snprintf(json, sizeof json, "{\"version\":\"%065d\"}", 0);
	ck_assert_int_eq(error_of(json), EINVAL);
}
END_TEST

/* files.md 36: a lack of memory is told, and nothing is left behind. */
START_TEST(loading_without_memory_fails)
{
	folder f = package_new("{\"version\":\"1.0.0\"}");
	const char *dist = folder_path(&f, "dist");
	size_t n = 0;
	bool failed;
	do {
		int error = -1;
		failing_malloc_after(n++);
		bundle *b = bundle_load(dist, &error);
		failed = failing_malloc_off();
		ck_assert_int_eq(error, failed ? ENOMEM : 0);
		ck_assert((b != NULL) == !failed);
		bundle_free(b);
	} while (failed);
	ck_assert_uint_gt(n, 2);
	folder_drop(&f);
}
END_TEST

/* files.md 28, 33: without memory for the file it is not there, without memory for the coding it is
 * sent as it is; later it works. */
START_TEST(an_answer_without_memory_is_plain_or_none)
{
	static const char gzip[] = "Accept-Encoding: gzip\r\n";
	response r = RESPONSE(200);
	begin();
	const http_head *head = request_for("GET /", gzip);
	failing_malloc_after(0);
	bool served = bundle_answer(client, SPAN("socket.io.js"), head, &r);
	ck_assert(failing_malloc_off());
	ck_assert(!served);
	ck_assert(is_served(client, "socket.io.js"));
	head = request_for("GET /", gzip);
	buf_reserve(&r.fields, 1024);
	failing_malloc_after(0);
	served = bundle_answer(client, SPAN("socket.io.js"), head, &r);
	ck_assert(failing_malloc_off());
	ck_assert(served);
	ck_assert_str_eq(field_of(&r, "Content-Encoding"), "");
	ck_assert_str_eq(body_of(&r), SCRIPT);
	response_fini(&r);
	r = ask(client, "GET", "socket.io.js", gzip);
	ck_assert_str_eq(field_of(&r, "Content-Encoding"), "gzip");
	response_fini(&r);
	end();
}
END_TEST

UNIT_MAIN("bundle", the_eight_files_are_served, other_names_are_left_to_the_engine,
	a_missing_file_is_left_to_the_engine, a_script_has_the_fields_of_the_reference,
	a_map_is_json, the_version_is_found_in_any_package_json,
	a_known_version_is_answered_with_304, another_version_is_answered_with_the_file,
	a_file_is_coded_as_the_peer_likes, the_best_coding_is_chosen,
	every_answer_varies_with_the_coding, a_file_is_read_and_coded_once,
	an_answer_on_its_way_outlives_the_bundle, a_package_that_is_not_there_is_refused,
	a_package_without_a_version_is_refused, a_version_has_at_most_64_characters,
	loading_without_memory_fails, an_answer_without_memory_is_plain_or_none)
