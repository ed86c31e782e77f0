/* What the system says of a process (Linux: /proc). Another one may have the pid by the time it is read. */
#ifndef STOA_SHARED_PROC_H
#define STOA_SHARED_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROC_NAME_MAX = 32 };

struct proc_figures {
    int64_t cpu_ms;   /* used so far, by it alone */
    int64_t resident; /* bytes */
    char name[PROC_NAME_MAX];
};

/* False if there is no such process. */
bool proc_look(pid_t pid, struct proc_figures *figures);
/* Its children, and theirs, at most max; how many were written. Those that it has handed on to a subreaper
 * are that one's. */
size_t proc_descendants(pid_t pid, pid_t *pids, size_t max);

#endif
