// Linux for Swift: what Glibc's module lacks.
#ifndef MARTLET_CLINUX_SHIM_H
#define MARTLET_CLINUX_SHIM_H

#include <sys/prctl.h>

// prctl is variadic. From now on this thread, and those it starts, get no privileges by running a
// program. 0 or -1.
static inline int martlet_set_no_new_privileges(void) {
    return prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL);
}

// 1 when that is so.
static inline int martlet_get_no_new_privileges(void) {
    return prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL);
}

#endif
