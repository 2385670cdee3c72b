#define _GNU_SOURCE
#include "system.h"

#include <pthread.h>
#include <sys/uio.h>

long martlet_read_cached(int descriptor, void *buffer, size_t count, int64_t offset) {
    struct iovec vector = {buffer, count};
    return preadv2(descriptor, &vector, 1, offset, RWF_NOWAIT);
}

void martlet_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
