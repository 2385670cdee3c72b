// OpenSSL for Swift: what the importer cannot see (macros, variadics) as static inline functions,
// each with the reason beside it.
#ifndef MARTLET_COPENSSL_SHIM_H
#define MARTLET_COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// HMAC-SHA-256 (RFC 2104) over the hash's own functions, with the key taken in beforehand: HMAC() looks
// its algorithms up by name at each call, which costs ten times the hashing of a short message.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

typedef struct {
    SHA256_CTX inner, outer;
} martlet_hmac_key;

// At most 64 octets.
static inline martlet_hmac_key martlet_hmac_sha256_key(const unsigned char *key, size_t length) {
    martlet_hmac_key result;
    unsigned char pad[SHA256_CBLOCK];
    for (size_t i = 0; i < sizeof pad; i++) pad[i] = 0x36 ^ (i < length ? key[i] : 0);
    SHA256_Init(&result.inner);
    SHA256_Update(&result.inner, pad, sizeof pad);
    for (size_t i = 0; i < sizeof pad; i++) pad[i] ^= 0x36 ^ 0x5c;
    SHA256_Init(&result.outer);
    SHA256_Update(&result.outer, pad, sizeof pad);
    OPENSSL_cleanse(pad, sizeof pad);
    return result;
}

// Writes 32 octets.
static inline void martlet_hmac_sha256(
    martlet_hmac_key key, const unsigned char *message, size_t length, unsigned char *result) {
    SHA256_Update(&key.inner, message, length);
    SHA256_Final(result, &key.inner);
    SHA256_Update(&key.outer, result, SHA256_DIGEST_LENGTH);
    SHA256_Final(result, &key.outer);
}

#pragma clang diagnostic pop

// Macros over SSL_CTX_ctrl and SSL_ctrl.

static inline int martlet_ssl_ctx_set_min_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}

static inline int martlet_ssl_ctx_set_groups(SSL_CTX *context, const char *groups) {
    return (int)SSL_CTX_set1_groups_list(context, groups);
}

// The option and mode constants are macros with casts, which are not imported.
static inline void martlet_ssl_ctx_set_server_defaults(SSL_CTX *context) {
    SSL_CTX_set_options(
        context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE
                     | SSL_OP_PRIORITIZE_CHACHA);
    // Released buffers: an idle connection holds no record buffers (34 KiB otherwise). No automatic
    // chain: OpenSSL would look for issuers in its store, verifying, at every handshake; the chain
    // is what the file holds.
    SSL_CTX_set_mode(
        context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
                     | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
}

// As above. New sessions go to the callback alone: OpenSSL's own cache is for servers.
static inline void martlet_ssl_ctx_set_client_defaults(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(
        context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
                     | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
}

// Sessions live in the clients' tickets; a cache here would hold a copy of each for nothing.
static inline void martlet_ssl_ctx_set_no_session_cache(SSL_CTX *context) {
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

// The macro hides a size check: 80 bytes (name 16, HMAC key 32, AES key 32) since OpenSSL 1.1.
static inline int martlet_ssl_ctx_set_ticket_keys(SSL_CTX *context, void *keys, long length) {
    return (int)SSL_CTX_set_tlsext_ticket_keys(context, keys, length);
}

static inline int martlet_ssl_ctx_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

static inline int martlet_ssl_has_extended_master_secret(SSL *ssl) {
    return SSL_get_extms_support(ssl) == 1;
}

// A macro that casts the callback to void (*)(void), which Swift cannot express.
static inline void martlet_ssl_ctx_set_servername_callback(
    SSL_CTX *context, int (*callback)(SSL *, int *, void *)) {
    (void)SSL_CTX_set_tlsext_servername_callback(context, callback);
}

// The name that the server is asked for (RFC 6066 section 3).
static inline long martlet_ssl_set_server_name(SSL *ssl, const char *name) {
    return SSL_set_tlsext_host_name(ssl, name);
}

// Macros over BIO_set_flags.
static inline void martlet_bio_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline void martlet_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }

// A macro over BIO_ctrl whose pointer is an out parameter of a type Swift would have to cast.
static inline long martlet_bio_memory(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }

// XN_FLAG_RFC2253 is a macro of casts.
static inline int martlet_print_rfc4514_name(BIO *bio, const X509_NAME *name) {
    return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
}

// EVP_PKEY_Q_keygen is variadic.

static inline EVP_PKEY *martlet_make_rsa_key(size_t bits) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
}

static inline EVP_PKEY *martlet_make_ed25519_key(void) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

// Stack accessors are macros with type checks built of comma expressions.
static inline int martlet_general_names_count(const GENERAL_NAMES *names) {
    return sk_GENERAL_NAME_num(names);
}

// The bytes of the name at `index` when it is of `type` (GEN_DNS, GEN_EMAIL), else NULL. The
// union inside GENERAL_NAME has anonymous members that the importer renames between versions.
static inline const unsigned char *martlet_general_name(
    const GENERAL_NAMES *names, int index, int type, int *length) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    if (name == NULL || name->type != type) return NULL;
    *length = ASN1_STRING_length(name->d.ia5);
    return ASN1_STRING_get0_data(name->d.ia5);
}

// A macro over PEM_ASN1_read_bio-like typed loops; PEM_R_NO_START_LINE marks the end of a file.
static inline int martlet_is_end_of_pem(unsigned long error) {
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

#endif
