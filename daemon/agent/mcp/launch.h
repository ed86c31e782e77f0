/* Starting a server's process so that it can't outlive us: through a shim (this program again, with the
 * argument "launch") that sets what posix_spawn can't, and then becomes the server.
 *
 * What holds it: own process group; PDEATHSIG; we are the subreaper of what it leaves behind, and kill that;
 * and, where the host allows it, a PID namespace of its own, whose first process takes all others with it. */
#ifndef STOA_AGENT_MCP_LAUNCH_H
#define STOA_AGENT_MCP_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct launch {               /* borrowed for the call */
    char *const *argv;        /* argv[0] is looked up in PATH; ended by NULL */
    char *const *environment; /* "NAME=value", all that it gets; ended by NULL */
    const char *folder;       /* working folder; NULL: ours */
    /* Limits; 0: none. By setrlimit on each of its processes, and by cgroup v2 where one is delegated to us.
     */
    int64_t memory;    /* bytes (RLIMIT_DATA; memory.max) */
    int64_t processes; /* pids.max; without a cgroup only counted by sweeping (RLIMIT_NPROC counts all of the
                          user's) */
    int64_t cpu_s;     /* seconds of CPU time */
    int64_t files;     /* open descriptors of one process */
    int64_t file_size; /* bytes of one file */
};

struct launched {
    pid_t pid;               /* of the process group's leader */
    int pidfd, in, out, err; /* our ends: all non-blocking and CLOEXEC */
    bool isolated;           /* it has a PID namespace: killing pid kills all of it */
    char cgroup[256];        /* path of its own, "" if none */
};

/* Must be called on the main thread (PDEATHSIG goes by thread). False with a sentence in error that names the
 * program: "can't start mcp-server-x: No such file or directory". */
bool launch_start(const struct launch *launch, struct launched *launched, char error[256]);
/* SIGTERM or SIGKILL to it and all that it started, as far as they can be found. */
void launch_signal(const struct launched *launched, int signal);
/* After it has ended and was reaped: kills and reaps what it left, closes descriptors, removes the cgroup. */
void launch_clear(struct launched *launched);
/* main() of the shim: argv after "launch". Returns an exit code only if the program could not be started. */
int launch_main(int argc, char **argv);

#endif
