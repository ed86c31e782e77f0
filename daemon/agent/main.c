/* stoa-agent: one process per live session. Here is only what a process must set up before it trusts its
 * surroundings. */
#include "daemon/agent/agent.h"
#include "daemon/agent/mcp/isolation.h"
#include "daemon/agent/mcp/shim.h"
#include "proto/link.h"
#include "shared/err.h"
#include "shared/log.h"
#include "shared/xalloc.h"
#include <fcntl.h>
#include <jansson.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAIN_TRIM = 64 << 10, MAIN_TOP_PAD = 16 << 10, MAIN_MMAP = 128 << 10 };

static bool is_socket(int fd)
{
    int type = 0;
    socklen_t len = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

/* Nothing outlives its parent: the kernel kills us when it dies. It may have died before we asked for
 * that. */
static bool bind_to_parent(int fd)
{
    struct ucred daemon = {0};
    socklen_t len = sizeof daemon;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &daemon, &len);
    return getppid() != 1 || daemon.pid == 1;
}

static void restrict_self(int fd)
{
    struct rlimit none = {0, 0};

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#ifndef __SANITIZE_ADDRESS__   /* its leak check is a tracer */
    prctl(PR_SET_DUMPABLE, 0); /* keys are in our memory: no other process of this user may look */
#endif
    setrlimit(RLIMIT_CORE, &none);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    signal(SIGPIPE, SIG_IGN);
}

/* There are hundreds of us: one arena, and what is freed goes back. */
static void keep_small(void)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TRIM_THRESHOLD, MAIN_TRIM);
    mallopt(M_TOP_PAD, MAIN_TOP_PAD);
    mallopt(M_MMAP_THRESHOLD, MAIN_MMAP);
}

/* Without memory there is one end, which the daemon knows. jansson's own way would be JSON with members that
 * are missing. */
static void end_without_memory(void)
{
    xalloc_exit_with(LINK_EXIT_MEMORY);
    json_set_alloc_funcs(xmalloc, free);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "launch") == 0)
        return shim_main(argc - 2, argv + 2);
    if (argc == 2 && strcmp(argv[1], "isolation") == 0)
        return isolation_main();
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("stoa-agent %s\n", STOA_VERSION);
        return EXIT_OK;
    }
    if (argc > 1) {
        fprintf(stderr, "stoa-agent: unknown argument '%s'; it knows --version only\n", argv[1]);
        return EXIT_USAGE;
    }
    if (!is_socket(LINK_FD)) {
        fprintf(stderr,
                "stoa-agent: descriptor %d is not a socket. stoad starts this program, one for each live "
                "session; "
                "start stoa instead.\n",
                LINK_FD);
        return EXIT_USAGE;
    }
    keep_small();
    end_without_memory();
    log_init("stoa-agent");
    if (!bind_to_parent(LINK_FD))
        return EXIT_NO_DAEMON;
    restrict_self(LINK_FD);
    return agent_run(LINK_FD);
}
