/* A daemon that a client starts must not be the client's child when it runs: a helper process starts it,
 * waits until it is ready or gone, and leaves; so nobody is left with a zombie, and the daemon's end is seen
 * by whoever adopts it. */
#include "tui/cli/start.h"
#include "shared/buf.h"
#include "shared/clock.h"
#include "shared/environment.h"
#include "shared/paths.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ERROR_SIZE = 512,
    READY_MS = 5000,
    LOG_MAX = 1 << 20,   /* a larger log is begun anew */
    LOG_TAIL_MAX = 4096, /* bytes searched for the last line */
    LOG_LINE_MAX = 300,  /* bytes of it that are shown */
    CONNECT_STEP_MS = 5,
    EXIT_NOT_READY = 200, /* the helper's own exit codes; the daemon uses none of these */
    EXIT_NO_SPAWN,
    EXIT_SIGNALLED
};
#define SOCKET_NAME "stoad.sock"

char *start_socket_path(void)
{
    char *dir = paths_runtime(), *path = paths_join(dir, SOCKET_NAME);

    free(dir);
    return path;
}

/* --- looking --- */

enum probe { PROBE_LIVE, PROBE_NONE, PROBE_UNSAFE };

static bool address_of(const char *path, struct sockaddr_un *address)
{
    size_t len = strlen(path);

    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (len > PATHS_SOCKET_MAX)
        return false;
    memcpy(address->sun_path, path, len);
    return true;
}

static enum probe judge_peer(int fd, const char *path, char error[ERROR_SIZE])
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid())
        return PROBE_LIVE;
    snprintf(error, ERROR_SIZE, "the socket %s is served by another user; name another with --socket", path);
    return PROBE_UNSAFE;
}

static enum probe probe(const char *path, char error[ERROR_SIZE])
{
    struct sockaddr_un address;
    enum probe result = PROBE_NONE;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    address_of(path, &address);
    /* A full backlog (EAGAIN) is a daemon that is busy, not one that is gone. */
    if (fd >= 0 && (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN))
        result = judge_peer(fd, path, error);
    else if (fd >= 0 && errno == EACCES) {
        snprintf(error, ERROR_SIZE, "the socket %s may not be used by this user", path);
        result = PROBE_UNSAFE;
    }
    if (fd >= 0)
        close(fd);
    return result;
}

static void pause_ms(int ms)
{
    poll(NULL, 0, ms);
}

static enum err wait_for_other(const char *path, char error[ERROR_SIZE])
{
    int64_t end = clock_steady_ms() + READY_MS;

    while (clock_steady_ms() < end) {
        switch (probe(path, error)) {
        case PROBE_LIVE:
            return ERR_OK;
        case PROBE_UNSAFE:
            return ERR_DENIED;
        case PROBE_NONE:
            pause_ms(CONNECT_STEP_MS);
        }
    }
    snprintf(error, ERROR_SIZE, "another daemon holds the lock but does not serve on %s", path);
    return ERR_UNAVAILABLE;
}

/* --- starting --- */

struct launch {
    char *program, *log_path, *notify_path;
    char **environment;
    int log, notify; /* descriptors */
    off_t log_start; /* its size before */
};

static enum err open_log(struct launch *launch, char error[ERROR_SIZE])
{
    char *dir = paths_state();
    struct stat st;
    enum err code;

    if (!dir) {
        snprintf(error, ERROR_SIZE, "HOME is not set; set it or STOA_STATE_DIR");
        return ERR_CONFIG;
    }
    code = paths_make(dir, error);
    launch->log_path = paths_join(dir, "stoad.log");
    free(dir);
    if (code != ERR_OK)
        return code;
    launch->log = open(launch->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (launch->log < 0) {
        snprintf(error, ERROR_SIZE, "cannot write %s: %s", launch->log_path, strerror(errno));
        return ERR_UNAVAILABLE;
    }
    if (fstat(launch->log, &st) == 0 && st.st_size > LOG_MAX && ftruncate(launch->log, 0) == 0)
        st.st_size = 0;
    launch->log_start = st.st_size;
    return ERR_OK;
}

/* In the socket's own folder, which is closed to others: nobody else can claim that the daemon is ready. */
static enum err open_notify(struct launch *launch, const char *dir, char error[ERROR_SIZE])
{
    struct sockaddr_un address;
    char name[32];
    enum err code = paths_make(dir, error);

    if (code == ERR_OK)
        code = paths_check_private(dir, error);
    if (code != ERR_OK)
        return code;
    snprintf(name, sizeof name, "n%ld", (long)getpid());
    launch->notify_path = paths_join(dir, name);
    launch->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    unlink(launch->notify_path);
    if (launch->notify < 0 || !address_of(launch->notify_path, &address) ||
        bind(launch->notify, (struct sockaddr *)&address, sizeof address) < 0) {
        snprintf(error, ERROR_SIZE, "cannot listen on %s: %s", launch->notify_path, strerror(errno));
        return ERR_UNAVAILABLE;
    }
    return ERR_OK;
}

/* The user's environment, but that the daemon serves in dir and reports here. */
static void make_environment(struct launch *launch, const char *dir)
{
    static const char *const replaced[] = {
        "NOTIFY_SOCKET", "WATCHDOG_USEC",    "WATCHDOG_PID",   "LISTEN_FDS",
        "LISTEN_PID",    "STOA_RUNTIME_DIR", "JOURNAL_STREAM", NULL};

    launch->environment = environment_without(replaced);
    environment_add(&launch->environment, "NOTIFY_SOCKET", launch->notify_path);
    environment_add(&launch->environment, "STOA_RUNTIME_DIR", dir);
}

static void launch_clear(struct launch *launch)
{
    if (launch->notify_path)
        unlink(launch->notify_path);
    if (launch->notify >= 0)
        close(launch->notify);
    if (launch->log >= 0)
        close(launch->log);
    environment_free(&launch->environment);
    free(launch->program);
    free(launch->log_path);
    free(launch->notify_path);
}

/* --- the helper process --- */

static int spawn_daemon(const struct launch *launch, pid_t *pid)
{
    char *const argv[] = {launch->program, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int failure;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, launch->log, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, launch->log, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    failure = posix_spawn(pid, launch->program, &actions, &attributes, argv, launch->environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

static bool says_ready(int notify)
{
    char text[1024];
    ssize_t len = recv(notify, text, sizeof text - 1, MSG_DONTWAIT);

    if (len < 0)
        return false;
    text[len] = '\0';
    return strncmp(text, "READY=1", 7) == 0 || strstr(text, "\nREADY=1");
}

static int exit_of(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return EXIT_SIGNALLED;
    return WEXITSTATUS(status);
}

/* What the helper does, and its exit code: 0 when the daemon is ready, else the daemon's, or one of our own.
 */
static int help(const struct launch *launch)
{
    int64_t end = clock_steady_ms() + READY_MS, left;
    struct pollfd fds[2] = {{.fd = launch->notify, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
    pid_t pid;

    if (spawn_daemon(launch, &pid) != 0)
        return EXIT_NO_SPAWN;
    fds[1].fd = (int)syscall(SYS_pidfd_open, pid, 0);
    while ((left = end - clock_steady_ms()) > 0) {
        if (poll(fds, 2, (int)left) < 0 && errno != EINTR)
            break;
        if ((fds[0].revents & POLLIN) && says_ready(launch->notify))
            return 0;
        if (fds[1].revents)
            return exit_of(pid);
    }
    kill(pid, SIGTERM);
    return EXIT_NOT_READY;
}

static int run_helper(const struct launch *launch)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        setsid(); /* a ^C for the client is none for the daemon that is being started */
        _exit(help(launch));
    }
    if (pid < 0)
        return EXIT_NO_SPAWN;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return EXIT_NO_SPAWN;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SIGNALLED;
}

/* --- what came of it --- */

/* The last line that the daemon wrote since its start; free() it. Empty if there is none. */
static char *last_line(const struct launch *launch)
{
    char tail[LOG_TAIL_MAX + 1], *line = tail;
    int fd = open(launch->log_path, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END), from = launch->log_start;
    ssize_t len = 0;

    if (size - from > LOG_TAIL_MAX)
        from = size - LOG_TAIL_MAX;
    if (fd >= 0) {
        len = pread(fd, tail, LOG_TAIL_MAX, from);
        close(fd);
    }
    while (len > 0 && tail[len - 1] == '\n')
        len--;
    if (len <= 0)
        return xstrdup("");
    tail[len] = '\0';
    if (strrchr(tail, '\n'))
        line = strrchr(tail, '\n') + 1;
    if (strstr(line, " ERROR ")) /* time and program are of no use to who waits */
        line = strstr(line, " ERROR ") + strlen(" ERROR ");
    return sanitise_line(line, strlen(line), LOG_LINE_MAX);
}

static enum err code_of_exit(int code)
{
    switch (code) {
    case EXIT_CONFIG:
        return ERR_CONFIG;
    case EXIT_STORE:
        return ERR_STORE;
    case EXIT_UNSAFE:
        return ERR_DENIED;
    case EXIT_SOFTWARE:
        return ERR_INTERNAL;
    default:
        return ERR_UNAVAILABLE;
    }
}

static enum err explain(const struct launch *launch, int code, char error[ERROR_SIZE])
{
    char *line = last_line(launch);

    if (code == EXIT_NO_SPAWN)
        snprintf(error, ERROR_SIZE, "cannot run %s", launch->program);
    else if (code == EXIT_NOT_READY)
        snprintf(error, ERROR_SIZE, "the daemon was not ready within %d s; see %s", READY_MS / 1000,
                 launch->log_path);
    else if (*line)
        snprintf(error, ERROR_SIZE, "the daemon did not start: %s", line);
    else
        snprintf(error, ERROR_SIZE, "the daemon did not start (exit code %d); see %s", code,
                 launch->log_path);
    free(line);
    return code_of_exit(code);
}

static enum err start(const char *socket_path, const char *dir, char error[ERROR_SIZE])
{
    struct launch launch = {.log = -1, .notify = -1};
    enum err result = ERR_UNAVAILABLE;
    int code;

    launch.program = paths_program("stoad");
    if (!launch.program) {
        snprintf(error, ERROR_SIZE,
                 "no stoad beside this program nor in PATH; install it or start it yourself");
        goto out;
    }
    result = open_log(&launch, error);
    if (result == ERR_OK)
        result = open_notify(&launch, dir, error);
    if (result != ERR_OK)
        goto out;
    make_environment(&launch, dir);
    code = run_helper(&launch);
    if (code == EXIT_ALREADY_RUNNING)
        result = wait_for_other(socket_path, error);
    else if (code != 0)
        result = explain(&launch, code, error);
out:
    launch_clear(&launch);
    return result;
}

/* --- the contract --- */

/* The folder of the socket, if a daemon started there would serve on that path; free() it. */
static char *folder_of(const char *socket_path)
{
    const char *slash = strrchr(socket_path, '/');

    if (!slash || slash == socket_path || strcmp(slash + 1, SOCKET_NAME) != 0)
        return NULL;
    return xstrndup(socket_path, (size_t)(slash - socket_path));
}

/* A folder that others may write to could hold their socket. */
static enum err check_folder(const char *socket_path, char error[ERROR_SIZE])
{
    char *own = start_socket_path(), *dir = folder_of(socket_path);
    enum err result = ERR_OK;

    if (strcmp(own, socket_path) == 0 && dir && access(dir, F_OK) == 0)
        result = paths_check_private(dir, error);
    free(own);
    free(dir);
    return result;
}

enum err start_ensure(const char *socket_path, bool may_start, char error[ERROR_SIZE])
{
    char *dir;
    enum err result = ERR_UNAVAILABLE;

    if (strlen(socket_path) > PATHS_SOCKET_MAX) {
        snprintf(error, ERROR_SIZE, "the socket's path is %zu bytes long; %d are possible: %.200s...",
                 strlen(socket_path), PATHS_SOCKET_MAX, socket_path);
        return ERR_UNAVAILABLE;
    }
    result = check_folder(socket_path, error);
    if (result != ERR_OK)
        return result;
    switch (probe(socket_path, error)) {
    case PROBE_LIVE:
        return ERR_OK;
    case PROBE_UNSAFE:
        return ERR_DENIED;
    case PROBE_NONE:
        break;
    }
    dir = folder_of(socket_path);
    if (may_start && dir) {
        result = start(socket_path, dir, error);
    } else {
        snprintf(error, ERROR_SIZE, "no daemon runs: nothing serves on %s; start stoad", socket_path);
        result = ERR_UNAVAILABLE;
    }
    free(dir);
    return result;
}
