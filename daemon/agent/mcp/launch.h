/* What STOA_HIDE in our environment names (absolute paths, a line each: the folders of the daemon's state and
 * socket, files with secrets) a server in a PID namespace does not see, but for its own folder there.
 *
 * Starting a server's process so that it can't outlive us: through a shim (this program again, with the
 * argument "launch", see shim.h) that sets what posix_spawn can't, and then becomes the server.
 *
 * What holds it: own process group; PDEATHSIG; we are the subreaper of what it leaves behind, and kill that;
 * and, where the host allows it, a PID namespace of its own, whose first process takes all others with it.
 * Without that (in the open) nobody can tell whose an orphan was: what one server has put into the background
 * is killed when any server of this process ends. */
#ifndef STOA_AGENT_MCP_LAUNCH_H
#define STOA_AGENT_MCP_LAUNCH_H

#include "daemon/agent/mcp/cgroup.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct launch {               /* borrowed for the call */
    char *const *argv;        /* argv[0] is looked up in PATH; ended by NULL */
    char *const *environment; /* "NAME=value", all that it gets; ended by NULL */
    const char *folder;       /* working folder; NULL: ours */
    const char *keep; /* a folder that it may see also where STOA_HIDE hides it; NULL: none but folder */
    bool in_the_open; /* no PID namespace; STOA_NO_PIDNS in our environment means the same for all */
    /* Limits; 0: none. By setrlimit on each of its processes, and by cgroup v2 where one is delegated to us.
     */
    int64_t memory;    /* bytes (RLIMIT_DATA; memory.max) */
    int64_t processes; /* and their threads: pids.max, or RLIMIT_NPROC in a user namespace of its own; without
                          either only counted, see launch_crowded */
    int64_t cpu_s;     /* seconds of CPU time */
    int64_t files;     /* open descriptors of one process */
    int64_t file_size; /* bytes of one file */
};

struct launched {
    pid_t pid;               /* of the process group's leader; known to the subreaper until it was reaped */
    int pidfd, in, out, err; /* our ends: all non-blocking and CLOEXEC; -1 once closed */
    int report;              /* what the shim tells; read by launch_report */
    bool isolated;           /* it has a PID namespace: killing pid kills all of it. After launch_report */
    bool counted;            /* the kernel holds it to its limit of processes. After launch_report */
    char cgroup[CGROUP_PATH_MAX]; /* path of its own, "" if none */
};

/* Must be called on the main thread (PDEATHSIG goes by thread). False with a sentence in error that names the
 * program. Whether the program can be started at all is known later: then the process ends at once, and
 * launch_report tells. SIGPIPE must be ignored by us. */
bool launch_start(const struct launch *launch, struct launched *launched, char error[256]);
/* Never blocks. False once it is known that the program could not be started, with a sentence: "can't start
 * mcp-server-x: No such file or directory ...". */
bool launch_report(struct launched *launched, char error[256]);
/* Whether it sees what STOA_HIDE names all the same, though nobody wanted that. After launch_report, once it
 * has begun to talk. */
bool launch_sees_all(const struct launched *launched);
/* SIGTERM or SIGKILL to its group, and SIGKILL to all of its cgroup. Only before pid was reaped. */
void launch_signal(const struct launched *launched, int signal);
/* Whether it has more than so many processes and threads; for where the kernel does not see to that. */
bool launch_crowded(const struct launched *launched, int64_t processes);
/* Waits for pid, which has ended (else it blocks), and returns its status. What it left is the subreaper's.
 */
int launch_reap(struct launched *launched);
/* After that: closes descriptors, removes the cgroup. */
void launch_clear(struct launched *launched);
/* For tests: the program that is the shim instead of /proc/self/exe. NULL: that again. */
void launch_set_shim(const char *path);

#endif
