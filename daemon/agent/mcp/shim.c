/* Runs between fork and exec, so to speak: one thread, no loop, nothing allocated that matters.
 *
 * In a PID namespace there are three processes. The outer one, whom the agent knows, waits and ends as the
 * server ended. The inner one is the namespace's init: it reaps, passes SIGTERM on, and its end is the end of
 * all others, double-forked ones and those with a session of their own too. Below it is the server. Death
 * goes down by PDEATHSIG, the server's status goes up by a pipe. Neither may hold the server's streams open.
 */
#include "daemon/agent/mcp/shim.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    EXIT_NOT_STARTED = 127,
    CPU_GRACE_S = 5,  /* from SIGXCPU to SIGKILL */
    OWN_PROCESSES = 1 /* of ours that count in the server's user namespace */
};

struct shim {
    char **argv; /* as in enum shim_argument */
    uid_t uid;
    gid_t gid;
    bool user_namespace;
    int status[2]; /* pipe from inner to outer: SHIM_ISOLATED, then the server's status */
};

extern char **environ;

static int64_t number(const struct shim *shim, enum shim_argument which)
{
    return strtoll(shim->argv[which], NULL, 10);
}

/* --- becoming the server --- */

__attribute__((noreturn, format(printf, 2, 3))) static void fail(const struct shim *shim, const char *format,
                                                                 ...)
{
    char text[256] = {SHIM_FAILED};
    va_list args;
    int why = errno, len = 1;

    len +=
        snprintf(text + 1, sizeof text - 1, "can't start %.80s: %s", shim->argv[SHIM_PROGRAM], strerror(why));
    if ((size_t)len < sizeof text) {
        va_start(args, format);
        len += vsnprintf(text + len, sizeof text - (size_t)len, format, args);
        va_end(args);
    }
    if ((size_t)len >= sizeof text)
        len = sizeof text - 1;
    if (write(SHIM_REPORT, text, (size_t)len) < 0)
        _exit(EXIT_NOT_STARTED); /* nobody is left to be told */
    _exit(EXIT_NOT_STARTED);
}

static void limit(int resource, int64_t soft, int64_t hard)
{
    struct rlimit now, wanted = {(rlim_t)soft, (rlim_t)hard};

    if (getrlimit(resource, &now) == 0 && now.rlim_max != RLIM_INFINITY && wanted.rlim_max > now.rlim_max)
        wanted.rlim_max = now.rlim_max;
    if (wanted.rlim_cur > wanted.rlim_max)
        wanted.rlim_cur = wanted.rlim_max;
    setrlimit(resource, &wanted);
}

static void set_limits(const struct shim *shim)
{
    static const struct {
        enum shim_argument which;
        int resource;
    } plain[] = {{SHIM_MEMORY, RLIMIT_DATA}, {SHIM_FILES, RLIMIT_NOFILE}, {SHIM_FILE_SIZE, RLIMIT_FSIZE}};
    int64_t value;

    limit(RLIMIT_CORE, 0, 0);
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if ((value = number(shim, plain[i].which)) > 0)
            limit(plain[i].resource, value, value);
    if ((value = number(shim, SHIM_CPU_S)) > 0)
        limit(RLIMIT_CPU, value, value + CPU_GRACE_S);
    if (shim->user_namespace && (value = number(shim, SHIM_PROCESSES)) > 0)
        limit(RLIMIT_NPROC, value + OWN_PROCESSES, value + OWN_PROCESSES);
}

__attribute__((noreturn)) static void become_server(const struct shim *shim)
{
    const char *folder = shim->argv[SHIM_FOLDER], *program = shim->argv[SHIM_PROGRAM];
    sigset_t none;

    if (folder[0] && chdir(folder) != 0)
        fail(shim, " (its working folder %s)", folder);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    set_limits(shim);
    for (char **at = environ; *at; at++)
        ++*at; /* SHIM_PREFIX */
    execvpe(program, shim->argv + SHIM_PROGRAM, environ);
    if (errno == ENOENT && !strchr(program, '/'))
        fail(shim, " in PATH=%s", getenv("PATH") ? getenv("PATH") : "");
    fail(shim, "%s", "");
}

/* --- namespaces --- */

static bool put(const char *path, const char *text)
{
    size_t len = strlen(text);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, len) == (ssize_t)len;

    if (fd >= 0)
        close(fd);
    return done;
}

static bool put_map(const char *path, unsigned id)
{
    char text[64];

    snprintf(text, sizeof text, "%u %u 1", id, id);
    return put(path, text);
}

/* Its place is kept open, so that it can be put back where it was. */
struct kept {
    const char *path;
    int fd;
};

static bool is_below(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    return strncmp(path, folder, len) == 0 && path[len] == '/';
}

/* Makes the folders of a path that are below another one. */
static void make_below(const char *folder, const char *path)
{
    char part[PATH_MAX];

    for (size_t len = strlen(folder) + 1; len < sizeof part; len++)
        if (path[len] == '/' || !path[len]) {
            memcpy(part, path, len);
            part[len] = '\0';
            mkdir(part, 0700);
            if (!path[len])
                break;
        }
}

static bool put_back(const char *folder, const struct kept *kept)
{
    char place[32];

    if (kept->fd < 0 || !is_below(kept->path, folder))
        return true;
    make_below(folder, kept->path);
    snprintf(place, sizeof place, "/proc/self/fd/%d", kept->fd);
    return mount(place, kept->path, NULL, MS_BIND, NULL) == 0;
}

/* An empty folder over that one, with what is kept in it. */
static bool hide_folder(const char *folder, const struct kept kept[2])
{
    if (mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=64k,mode=0700") != 0)
        return errno == ENOENT;
    return put_back(folder, &kept[0]) && put_back(folder, &kept[1]) &&
           mount(NULL, folder, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
                 NULL) == 0;
}

/* What is not there hides nothing. A file is empty then, for reading and for writing. */
static bool hide_one(const char *path, const struct kept kept[2])
{
    struct stat st;

    if (stat(path, &st) != 0)
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES;
    return S_ISDIR(st.st_mode) ? hide_folder(path, kept) : mount("/dev/null", path, NULL, MS_BIND, NULL) == 0;
}

static bool hide(const struct shim *shim)
{
    struct kept kept[2] = {{shim->argv[SHIM_KEEP], -1}, {shim->argv[SHIM_FOLDER], -1}};
    bool hidden = true;

    for (int i = 0; i < 2; i++)
        if (kept[i].path[0])
            kept[i].fd = open(kept[i].path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (char *at = shim->argv[SHIM_HIDE], *next; *at && hidden; at = next) {
        size_t len = strcspn(at, "\n");
        next = at + len + (at[len] == '\n');
        at[len] = '\0';
        hidden = hide_one(at, kept);
    }
    for (int i = 0; i < 2; i++)
        if (kept[i].fd >= 0)
            close(kept[i].fd);
    return hidden;
}

/* A /proc that shows the namespace's own processes: without it a server that looks up its children by pid
 * would find others. */
static bool own_proc(void)
{
    return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 &&
           mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
}

static bool same_user(const struct shim *shim)
{
    return put("/proc/self/setgroups", "deny") && put_map("/proc/self/uid_map", shim->uid) &&
           put_map("/proc/self/gid_map", shim->gid);
}

static void let_go_of_streams(void)
{
    for (int fd = 0; fd <= SHIM_REPORT; fd++)
        close(fd);
}

/* Reaps until the server has ended. */
static int serve_as_init(pid_t server, const sigset_t *all)
{
    int status, signal;
    pid_t pid;

    for (;;) {
        while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0)
            if (pid == server)
                return status;
        if (sigwait(all, &signal) == 0 && signal != SIGCHLD)
            kill(-1, signal);
    }
}

/* To the outer process, and before anything can fail, to the agent. */
static bool say_isolated(const struct shim *shim)
{
    static const char text[] = {SHIM_ISOLATED, SHIM_COUNTED};
    size_t len = shim->user_namespace && shim->uid != 0 ? 2 : 1; /* root's processes are not counted */

    return write(SHIM_REPORT, text, len) == (ssize_t)len && write(shim->status[1], text, 1) == 1;
}

__attribute__((noreturn)) static void inner_main(const struct shim *shim, const sigset_t *all)
{
    struct pollfd outer = {.fd = shim->status[1]};

    close(shim->status[0]);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (poll(&outer, 1, 0) != 0) /* the reader is gone: it died before we asked to be told */
        _exit(EXIT_NOT_STARTED);
    if ((shim->user_namespace && !same_user(shim)) || !own_proc() || !hide(shim) || !say_isolated(shim))
        _exit(EXIT_NOT_STARTED);
    pid_t server = fork();
    if (server < 0)
        fail(shim, "%s", "");
    if (server == 0) {
        setpgid(0, 0);
        become_server(shim);
    }
    let_go_of_streams();
    int status = serve_as_init(server, all);
    _exit(write(shim->status[1], &status, sizeof status) == sizeof status ? 0 : EXIT_NOT_STARTED);
}

/* Ends as the server did. */
static int end_like(int status)
{
    sigset_t this;

    if (!WIFSIGNALED(status))
        return WEXITSTATUS(status);
    sigemptyset(&this);
    sigaddset(&this, WTERMSIG(status));
    signal(WTERMSIG(status), SIG_DFL);
    kill(getpid(), WTERMSIG(status));
    sigprocmask(SIG_UNBLOCK, &this, NULL);
    return 128 + WTERMSIG(status);
}

static pid_t clone_into(uint64_t flags)
{
    struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD};

    return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

/* In the outer process. Returns if no namespace can be had; nothing has changed then. */
static void isolate(struct shim *shim)
{
    sigset_t all, before;
    char isolated;
    int status = 0, ended;

    if (pipe2(shim->status, O_CLOEXEC) != 0)
        return;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid_t inner = clone_into(CLONE_NEWPID | CLONE_NEWNS);
    if (inner < 0) {
        shim->user_namespace = true;
        inner = clone_into(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUSER);
    }
    if (inner == 0)
        inner_main(shim, &all);
    close(shim->status[1]);
    if (inner < 0 || read(shim->status[0], &isolated, 1) != 1) {
        if (inner > 0)
            waitpid(inner, NULL, 0);
        close(shim->status[0]);
        shim->user_namespace = false;
        sigprocmask(SIG_SETMASK, &before, NULL);
        return;
    }
    let_go_of_streams();
    ssize_t got = read(shim->status[0], &status, sizeof status);
    while (waitpid(inner, &ended, 0) < 0 && errno == EINTR)
        ;
    _exit(end_like(got == sizeof status ? status : ended));
}

/* --- start --- */

static void enter_cgroup(const char *path)
{
    char procs[512];

    snprintf(procs, sizeof procs, "%s/cgroup.procs", path);
    if (path[0])
        put(procs, "0");
}

int shim_main(int argc, char **argv)
{
    struct shim shim = {.argv = argv, .uid = geteuid(), .gid = getegid()};

    if (argc <= SHIM_PROGRAM || fcntl(SHIM_REPORT, F_SETFD, FD_CLOEXEC) != 0) {
        fprintf(stderr, "stoa-agent: 'launch' is how it starts MCP servers; it is not for people\n");
        return EXIT_NOT_STARTED;
    }
    prctl(PR_SET_NAME, "stoa-launch"); /* "exe" means nothing to who looks at processes */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != (pid_t)number(&shim, SHIM_PARENT))
        return EXIT_NOT_STARTED;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    closefrom(SHIM_REPORT + 1);
    enter_cgroup(argv[SHIM_CGROUP]);
    if (number(&shim, SHIM_ISOLATE))
        isolate(&shim);
    become_server(&shim);
}
