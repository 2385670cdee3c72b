// libldap for Swift: what the importer cannot see as static inline functions, each with the
// reason beside it.
#ifndef MARTLET_CLDAP_SHIM_H
#define MARTLET_CLDAP_SHIM_H

#include <lber.h>
#include <ldap.h>
#include <sasl/sasl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>

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

// Connection callbacks get a Sockbuf, whose descriptor only the variadic-like control reads.
// libldap bounds the TCP connection by LDAP_OPT_NETWORK_TIMEOUT; the socket's own time limits
// bound whatever it does blocking before the first result: a TLS handshake, a partial read.
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
    }
    ldap_memfree(limit);
    return 0;
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
