/* Nothing stays behind: processes whose parents have died come to the nearest subreaper above them, and there
 * they are killed. Each child is either known, and belongs to whoever started it, or it was left by somebody
 * dead.
 *
 * So whoever starts a child in a process that sweeps tells it by subreaper_know before the loop goes on, and
 * by subreaper_forget when it was waited for. All calls on the main thread. */
#ifndef STOA_SHARED_SUBREAPER_H
#define STOA_SHARED_SUBREAPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* From now on orphans below this process become its children, and inherit no_new_privs: those that have it
 * not are never swept. */
void subreaper_become(void);
/* A child that is never swept. */
void subreaper_know(pid_t pid);
void subreaper_forget(pid_t pid);
/* The end: from now on each child may be swept. */
void subreaper_forget_all(void);
/* SIGKILL to each child that is not known; reaps those that are dead. Returns how many live still: the end of
 * each is told by SIGCHLD; sweep again then, since it may have left children of its own. */
size_t subreaper_sweep(void);
/* Sweeps until nothing is left; blocks, at most so long. False if something is left. */
bool subreaper_finish(int64_t ms);
/* How many tasks (processes and their threads) pid has and those below it; counts no further than max. */
size_t subreaper_count(pid_t pid, size_t max);

#endif
