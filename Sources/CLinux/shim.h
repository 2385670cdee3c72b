// Linux for Swift: what Glibc's module lacks.
#ifndef MARTLET_CLINUX_SHIM_H
#define MARTLET_CLINUX_SHIM_H

// No feature macros here: other modules include the same headers without them.
#include <elf.h>
#include <malloc.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

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

// The program's own code leaves this process's memory (not the page cache) until it is used again.
static inline void martlet_drop_code(void) {
    const Elf64_Phdr *parts = (const Elf64_Phdr *)getauxval(AT_PHDR);
    unsigned long count = getauxval(AT_PHNUM);
    unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE), moved = 0;
    for (unsigned long i = 0; parts && i < count; i++) {
        if (parts[i].p_type == PT_PHDR) moved = (unsigned long)parts - parts[i].p_vaddr;
    }
    for (unsigned long i = 0; parts && i < count; i++) {
        if (parts[i].p_type != PT_LOAD || !(parts[i].p_flags & PF_X) || (parts[i].p_flags & PF_W)) continue;
        unsigned long start = moved + parts[i].p_vaddr, skipped = start % page;
        // Only unmaps pages of a file that never change: they are there again when they are used.
        madvise((void *)(start - skipped), parts[i].p_memsz + skipped, MADV_DONTNEED);
    }
}

#endif
