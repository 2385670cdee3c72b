// libunbound for Swift.
#ifndef MARTLET_CUNBOUND_SHIM_H
#define MARTLET_CUNBOUND_SHIM_H

#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unbound.h>

// The thread that waits for answers is woken through an eventfd, and Glibc's module map leaves
// <sys/eventfd.h> out.
static inline int martlet_resolver_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static inline int martlet_resolver_eventfd_signal(int fd) { return eventfd_write(fd, 1); }

static inline int martlet_resolver_eventfd_take(int fd) {
    eventfd_t count;
    return eventfd_read(fd, &count);
}

// prctl is variadic, and pthread_setname_np is hidden without _GNU_SOURCE.
static inline int martlet_name_resolver_thread(const char *name) {
    return prctl(PR_SET_NAME, (unsigned long)name, 0UL, 0UL, 0UL);
}

#endif
