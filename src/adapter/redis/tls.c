/* SPDX-License-Identifier: MIT */
/* tls - OpenSSL between two blocks of memory, so that libuv carries the bytes.  hiredis has it only
 * from 1.0 on, and blocking. */
#include "tls.h"
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

struct tls {
	SSL_CTX *context;
	SSL *ssl;
	BIO *in, *out;
	char error[256];
};

static bool trust(SSL_CTX *c, const redis_target *t)
{
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
	if (t->tls_ca)
		return SSL_CTX_load_verify_locations(c, t->tls_ca, NULL) == 1;
	return SSL_CTX_set_default_verify_paths(c) == 1;
}

static bool identify(SSL_CTX *c, const redis_target *t)
{
	if (t->tls_cert && SSL_CTX_use_certificate_chain_file(c, t->tls_cert) != 1)
		return false;
	return !t->tls_key || SSL_CTX_use_PrivateKey_file(c, t->tls_key, SSL_FILETYPE_PEM) == 1;
}

/* A name is asked for and checked; an address is only checked. */
static bool expect(SSL *ssl, const char *host)
{
	if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1)
		return true;
	return SSL_set_tlsext_host_name(ssl, host) == 1 && SSL_set1_host(ssl, host) == 1;
}

static bool begin(tls *t, const char *host)
{
	t->ssl = SSL_new(t->context);
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	if (!t->ssl || !t->in || !t->out) {
		BIO_free(t->in);
		BIO_free(t->out);
		return false;
	}
	SSL_set_bio(t->ssl, t->in, t->out);
	SSL_set_connect_state(t->ssl);
	if (!expect(t->ssl, host))
		return false;
	SSL_do_handshake(t->ssl);
	return true;
}

tls *tls_new(const redis_target *target, const char **why)
{
	tls *t = calloc(1, sizeof *t);
	*why = "out of memory";
	ERR_clear_error();
	if (t)
		t->context = SSL_CTX_new(TLS_client_method());
	if (!t || !t->context) {
		free(t);
		return NULL;
	}
	*why = "tls_ca cannot be used";
	bool good = trust(t->context, target);
	if (good) {
		*why = "tls_cert or tls_key cannot be used";
		good = identify(t->context, target);
	}
	if (good) {
		*why = "TLS could not be begun";
		good = begin(t, target->host);
	}
	if (good)
		return t;
	tls_free(t);
	return NULL;
}

void tls_free(tls *t)
{
	if (!t)
		return;
	SSL_free(t->ssl);
	SSL_CTX_free(t->context);
	free(t);
}

bool tls_receive(tls *t, const void *data, size_t len)
{
	return len <= INT_MAX && BIO_write(t->in, data, (int)len) == (int)len;
}

static void note_error(tls *t, int code)
{
	long verdict = SSL_get_verify_result(t->ssl);
	unsigned long error = ERR_peek_error();
	const char *text = error ? ERR_reason_error_string(error) : NULL;
	if (code == SSL_ERROR_ZERO_RETURN)
		text = "the other end has closed TLS";
	else if (verdict != X509_V_OK)
		text = X509_verify_cert_error_string(verdict);
	snprintf(t->error, sizeof t->error, "TLS: %s", text ? text : "the connection broke");
}

int tls_read(tls *t, void *out, size_t len)
{
	ERR_clear_error();
	int n = SSL_read(t->ssl, out, len < INT_MAX ? (int)len : INT_MAX);
	if (n > 0)
		return n;
	int code = SSL_get_error(t->ssl, n);
	if (code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE)
		return 0;
	note_error(t, code);
	return -1;
}

bool tls_write(tls *t, const void *data, size_t len)
{
	ERR_clear_error();
	return !len || (len <= INT_MAX && SSL_write(t->ssl, data, (int)len) == (int)len);
}

bool tls_ready(const tls *t)
{
	return SSL_is_init_finished(t->ssl);
}

void tls_output(tls *t, buf *out)
{
	size_t n = BIO_ctrl_pending(t->out);
	unsigned char *to = n && n <= INT_MAX ? buf_reserve(out, n) : NULL;
	if (to && BIO_read(t->out, to, (int)n) == (int)n)
		buf_added(out, n);
}

const char *tls_error(const tls *t)
{
	return t->error;
}
