// libldap for Swift: what the importer cannot see as static inline functions, each with the
// reason beside it.
#ifndef MARTLET_CLDAP_SHIM_H
#define MARTLET_CLDAP_SHIM_H

#include <lber.h>
#include <ldap.h>
#include <ldap_schema.h>
#include <sasl/sasl.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

// LDAP_OPT_ON is a cast of the address of a variable, which is not imported.
static inline int martlet_ldap_switch(LDAP *ld, int option, int on) {
    return ldap_set_option(ld, option, on ? LDAP_OPT_ON : LDAP_OPT_OFF);
}

// LDAP_OPT_SUCCESS and friends are plain, but the getter writes through a void pointer.
static inline int martlet_ldap_result_code(LDAP *ld) {
    int code = LDAP_OTHER;
    ldap_get_option(ld, LDAP_OPT_RESULT_CODE, &code);
    return code;
}

static inline int martlet_ldap_socket(LDAP *ld) {
    int fd = -1;
    ldap_get_option(ld, LDAP_OPT_DESC, &fd);
    return fd;
}

// A layer between the socket and TLS that gives up at a deadline. With LDAP_OPT_NETWORK_TIMEOUT
// libldap makes the socket non-blocking for the TLS handshake, and its GnuTLS side then calls
// gnutls_handshake again and again until the server says something, with no time limit. The layer
// waits in poll instead, and fails with ETIMEDOUT, which ends the handshake.
struct martlet_ldap_deadline {
    struct timespec at;
};

static inline int martlet_ldap_await(Sockbuf_IO_Desc *layer, short events) {
    struct martlet_ldap_deadline *deadline = layer->sbiod_pvt;
    struct timespec now;
    struct pollfd watched = {-1, events, 0};
    ber_sockbuf_ctrl(layer->sbiod_sb, LBER_SB_OPT_GET_FD, &watched.fd);
    clock_gettime(CLOCK_MONOTONIC, &now);
    long left = (deadline->at.tv_sec - now.tv_sec) * 1000
        + (deadline->at.tv_nsec - now.tv_nsec) / 1000000;
    if (left > 0 && poll(&watched, 1, (int)left) != 0) return 1;
    errno = ETIMEDOUT;
    return 0;
}

static inline ber_slen_t martlet_ldap_read(Sockbuf_IO_Desc *layer, void *bytes, ber_len_t count) {
    ber_slen_t done;
    do done = LBER_SBIOD_READ_NEXT(layer, bytes, count);
    while (done < 0 && errno == EAGAIN && martlet_ldap_await(layer, POLLIN));
    return done;
}

static inline ber_slen_t martlet_ldap_write(Sockbuf_IO_Desc *layer, void *bytes, ber_len_t count) {
    ber_slen_t done;
    do done = LBER_SBIOD_WRITE_NEXT(layer, bytes, count);
    while (done < 0 && errno == EAGAIN && martlet_ldap_await(layer, POLLOUT));
    return done;
}

static inline int martlet_ldap_layer_setup(Sockbuf_IO_Desc *layer, void *deadline) {
    layer->sbiod_pvt = deadline;
    return 0;
}

static inline int martlet_ldap_layer_remove(Sockbuf_IO_Desc *layer) {
    free(layer->sbiod_pvt);
    layer->sbiod_pvt = NULL;
    return 0;
}

static inline int martlet_ldap_layer_control(Sockbuf_IO_Desc *layer, int option, void *argument) {
    return LBER_SBIOD_CTRL_NEXT(layer, option, argument);
}

// libldap keeps and compares the layer's address: one for the whole program.
static inline Sockbuf_IO *martlet_ldap_layer(void) {
    static Sockbuf_IO layer = {
        martlet_ldap_layer_setup, martlet_ldap_layer_remove, martlet_ldap_layer_control,
        martlet_ldap_read, martlet_ldap_write, NULL};
    return &layer;
}

// Above the socket (10), below TLS (20).
#define MARTLET_LDAP_LAYER_LEVEL 15

// Called between TCP and TLS. The socket's own time limits bound what blocks after the layer has
// been removed: a message that stops half way.
static inline int martlet_ldap_connected(
    LDAP *ld, Sockbuf *sockbuf, LDAPURLDesc *url, struct sockaddr *address,
    struct ldap_conncb *context) {
    (void)url, (void)address, (void)context;
    int fd = -1;
    struct timeval *limit = NULL;
    ber_sockbuf_ctrl(sockbuf, LBER_SB_OPT_GET_FD, &fd);
    ldap_get_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &limit);
    if (fd >= 0 && limit != NULL) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, limit, sizeof *limit);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, limit, sizeof *limit);
        struct martlet_ldap_deadline *deadline = calloc(1, sizeof *deadline);
        if (deadline == NULL) abort();
        clock_gettime(CLOCK_MONOTONIC, &deadline->at);
        deadline->at.tv_sec += limit->tv_sec;
        deadline->at.tv_nsec += limit->tv_usec * 1000;
        ber_sockbuf_add_io(sockbuf, martlet_ldap_layer(), MARTLET_LDAP_LAYER_LEVEL, deadline);
    }
    ldap_memfree(limit);
    return 0;
}

// Ends the deadline when the connection stands.
static inline void martlet_ldap_established(LDAP *ld) {
    Sockbuf *sockbuf = NULL;
    ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sockbuf);
    if (sockbuf != NULL)
        ber_sockbuf_remove_io(sockbuf, martlet_ldap_layer(), MARTLET_LDAP_LAYER_LEVEL);
}

static inline void martlet_ldap_closing(LDAP *ld, Sockbuf *sockbuf, struct ldap_conncb *context) {
    (void)ld, (void)sockbuf, (void)context;
}

// The handle keeps the pointer to the callbacks, so they are static.
static inline int martlet_ldap_bound_socket(LDAP *ld) {
    static struct ldap_conncb callbacks = {martlet_ldap_connected, martlet_ldap_closing, NULL};
    return ldap_set_option(ld, LDAP_OPT_CONNECT_CB, &callbacks);
}

// What a SASL mechanism may ask for. Both are NULL for EXTERNAL.
struct martlet_ldap_identity {
    const char *user;
    const char *password;
};

// The interaction callback walks an array of sasl_interact_t that ends with SASL_CB_LIST_END;
// it answers from the identity and never asks a terminal.
static inline int martlet_ldap_interact(
    LDAP *ld, unsigned flags, void *defaults, void *interactions) {
    (void)ld, (void)flags;
    const struct martlet_ldap_identity *identity = defaults;
    for (sasl_interact_t *item = interactions; item->id != SASL_CB_LIST_END; item++) {
        const char *answer = NULL;
        if (item->id == SASL_CB_AUTHNAME) answer = identity->user;
        if (item->id == SASL_CB_PASS) answer = identity->password;
        item->result = answer ? answer : "";
        item->len = (unsigned)strlen(item->result);
    }
    return LDAP_SUCCESS;
}

// LDAP_SASL_QUIET and the callback's address in one place.
static inline int martlet_ldap_sasl_step(
    LDAP *ld, const char *mechanism, struct martlet_ldap_identity *identity, LDAPMessage *result,
    const char **state, int *message_id) {
    return ldap_sasl_interactive_bind(
        ld, NULL, mechanism, NULL, NULL, LDAP_SASL_QUIET, martlet_ldap_interact, identity, result,
        state, message_id);
}

// The threads that wait for LDAP are woken through eventfds, and Glibc's module map leaves
// <sys/eventfd.h> out.
static inline int martlet_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static inline int martlet_eventfd_semaphore(void) {
    return eventfd(0, EFD_SEMAPHORE | EFD_CLOEXEC);
}

// 0, or -1 and errno.
static inline int martlet_eventfd_signal(int fd) { return eventfd_write(fd, 1); }

static inline int martlet_eventfd_take(int fd) {
    eventfd_t count;
    return eventfd_read(fd, &count);
}

// prctl is variadic, and pthread_setname_np is hidden without _GNU_SOURCE.
static inline int martlet_name_thread(const char *name) {
    return prctl(PR_SET_NAME, (unsigned long)name, 0UL, 0UL, 0UL);
}

#endif
