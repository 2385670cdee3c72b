// Linux for Swift: what Glibc's module lacks.
#ifndef MARTLET_CLINUX_SHIM_H
#define MARTLET_CLINUX_SHIM_H

#define _GNU_SOURCE
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
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

// Free memory of every arena goes back to the system. Some milliseconds for each 100 MB, while which
// those wait who allocate from the same arena.
static inline void martlet_trim_heap(void) { malloc_trim(0); }

// dl_iterate_phdr calls for the program itself first; its name is empty.
static inline int martlet_drop_code_of(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size;
    (void)unused;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X) || (part->p_flags & PF_W)) continue;
        ElfW(Addr) start = object->dlpi_addr + part->p_vaddr;
        ElfW(Addr) skipped = start % 4096;
        // Only unmaps pages of a file that never change: they are there again when they are used.
        madvise((void *)(start - skipped), part->p_memsz + skipped, MADV_DONTNEED);
    }
    return 1;
}

// The program's own code leaves this process's memory (not the page cache) until it is used again.
static inline void martlet_drop_code(void) { dl_iterate_phdr(martlet_drop_code_of, NULL); }

#endif
