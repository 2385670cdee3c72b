// Calls of glibc that its Swift module leaves out, because they are declared for _GNU_SOURCE only.
#ifndef MARTLET_SYSTEM_H
#define MARTLET_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

/// preadv2 with RWF_NOWAIT: reads what the page cache has and never waits for the disk.
/// The octets read, or -1.
long martlet_read_cached(int descriptor, void *buffer, size_t count, int64_t offset);

/// Names the calling thread, for debuggers and `top -H`; at most 15 octets.
void martlet_name_thread(const char *name);

#endif
