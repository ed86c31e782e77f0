/* Tried by who does it, since what a host allows can't be told from any one setting: kernel, container,
 * security modules and limits all have a say. */
#include "daemon/mcp/isolation.h"

#include "daemon/config/config_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 2000, STREAMS = 3 };

extern char **environ;

bool isolation_matters(const struct config *config)
{
    for (size_t i = 0; i < config_server_count(config); i++) {
        const struct config_server *server = config_server(config, i);
        for (size_t k = 0; k < server->variant_count; k++)
            if (!server->variants[k].url)
                return true;
    }
    return false;
}

static bool spawn(const char *agent, pid_t *pid)
{
    char *argv[] = {(char *)"stoa-agent", (char *)"isolation", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < STREAMS; i++)
        posix_spawn_file_actions_addopen(&actions, i, "/dev/null", O_RDWR, 0);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    int rc = posix_spawn(pid, agent, &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return rc == 0;
}

bool isolation_try(const char *agent)
{
    pid_t pid;
    int status = 1;
    if (!agent || !spawn(agent, &pid))
        return false;
    struct pollfd ended = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
    if (ended.fd < 0 || poll(&ended, 1, PATIENCE_MS) != 1)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (ended.fd >= 0)
        close(ended.fd);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
