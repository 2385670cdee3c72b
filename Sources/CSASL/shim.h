// Cyrus SASL for Swift: what the importer cannot see as static inline functions, each with the
// reason beside it.
#ifndef MARTLET_CSASL_SHIM_H
#define MARTLET_CSASL_SHIM_H

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <sasl/saslutil.h>
#include <sasl/prop.h>

// sasl_callback_t holds every callback as `int (*)(void)`. Swift could only cast with
// unsafeBitCast and no check of the signature; each of these takes the one type that fits its id.

static inline sasl_callback_t martlet_sasl_getopt(sasl_getopt_t *proc, void *context) {
    sasl_callback_t entry = {SASL_CB_GETOPT, (int (*)(void))proc, context};
    return entry;
}

static inline sasl_callback_t martlet_sasl_log(sasl_log_t *proc, void *context) {
    sasl_callback_t entry = {SASL_CB_LOG, (int (*)(void))proc, context};
    return entry;
}

static inline sasl_callback_t martlet_sasl_verifyfile(sasl_verifyfile_t *proc, void *context) {
    sasl_callback_t entry = {SASL_CB_VERIFYFILE, (int (*)(void))proc, context};
    return entry;
}

static inline sasl_callback_t martlet_sasl_canon_user(sasl_canon_user_t *proc, void *context) {
    sasl_callback_t entry = {SASL_CB_CANON_USER, (int (*)(void))proc, context};
    return entry;
}

static inline sasl_callback_t martlet_sasl_checkpass(
    sasl_server_userdb_checkpass_t *proc, void *context) {
    sasl_callback_t entry = {SASL_CB_SERVER_USERDB_CHECKPASS, (int (*)(void))proc, context};
    return entry;
}

// For SASL_CB_AUTHNAME and SASL_CB_USER.
static inline sasl_callback_t martlet_sasl_getsimple(
    unsigned long id, sasl_getsimple_t *proc, void *context) {
    sasl_callback_t entry = {id, (int (*)(void))proc, context};
    return entry;
}

static inline sasl_callback_t martlet_sasl_getsecret(sasl_getsecret_t *proc, void *context) {
    sasl_callback_t entry = {SASL_CB_PASS, (int (*)(void))proc, context};
    return entry;
}

static inline sasl_callback_t martlet_sasl_list_end(void) {
    sasl_callback_t entry = {SASL_CB_LIST_END, NULL, NULL};
    return entry;
}

// sasl_secret_t ends in an array whose declared length of one Swift would keep to.
static inline sasl_secret_t *martlet_sasl_secret(const void *octets, size_t count) {
    sasl_secret_t *secret = malloc(sizeof *secret + count);
    if (secret == NULL) return NULL;
    secret->len = count;
    memcpy(secret->data, octets, count);
    secret->data[count] = 0;
    return secret;
}

// libsasl2 takes no locks unless it is given them, and keeps them for the life of the process.
// pthread_mutex_t is neither movable nor of a size that Swift should know.

static void *martlet_sasl_mutex_new(void) {
    pthread_mutex_t *mutex = malloc(sizeof *mutex);
    if (mutex != NULL && pthread_mutex_init(mutex, NULL) != 0) {
        free(mutex);
        return NULL;
    }
    return mutex;
}

static int martlet_sasl_mutex_lock(void *mutex) {
    return pthread_mutex_lock((pthread_mutex_t *)mutex) == 0 ? SASL_OK : SASL_FAIL;
}

static int martlet_sasl_mutex_unlock(void *mutex) {
    return pthread_mutex_unlock((pthread_mutex_t *)mutex) == 0 ? SASL_OK : SASL_FAIL;
}

static void martlet_sasl_mutex_free(void *mutex) {
    pthread_mutex_destroy((pthread_mutex_t *)mutex);
    free(mutex);
}

static inline void martlet_sasl_use_mutexes(void) {
    sasl_set_mutex(
        martlet_sasl_mutex_new, martlet_sasl_mutex_lock, martlet_sasl_mutex_unlock,
        martlet_sasl_mutex_free);
}

#endif
