/* Runs stoad as its own doctor and takes in its lines. What it says came from files and servers: each line is
 * held against what a finding is, and sanitised when it is shown. */
#include "shared/environment.h"
#include "shared/jsonx.h"
#include "shared/paths.h"
#include "shared/xalloc.h"
#include "tui/cli/doctor.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 64 << 10, FINDINGS_MAX = 5000 };

struct run {
    struct doctor *doctor;
    char *path;
    pid_t pid;
    int from; /* its standard output */
    bool begun, done;
    char version[64];
};

static const char install[] =
    "install stoa anew (make install), and look for an older one: type -a stoa stoad";

/* --- starting --- */

/* The daemon of that socket would have its folder as the runtime folder. */
static char **make_environment(const char *socket_path)
{
    static const char *const replaced[] = {"STOA_RUNTIME_DIR", NULL};
    const char *slash = strrchr(socket_path, '/');
    char **list = environment_without(replaced);

    if (slash && slash > socket_path) {
        char *folder = xstrndup(socket_path, (size_t)(slash - socket_path));
        environment_add(&list, "STOA_RUNTIME_DIR", folder);
        free(folder);
    }
    return list;
}

static int spawn(struct run *run, char *const argv[], int to)
{
    char **environment = make_environment(run->doctor->cli->socket_path);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all;
    int failure;

    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigdefault(&attributes, &all);
    failure = posix_spawn(&run->pid, run->path, &actions, &attributes, argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    environment_free(&environment);
    return failure;
}

static bool start(struct run *run)
{
    const char *areas = run->doctor->areas;
    char *word = areas ? xasprintf("--doctor=%s", areas) : xstrdup("--doctor"), online[] = "--online";
    char *const argv[] = {run->path, word, run->doctor->online ? online : NULL, NULL};
    int ends[2], failure = pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno;

    if (failure == 0) {
        failure = spawn(run, argv, ends[1]);
        close(ends[1]);
        run->from = ends[0];
        if (failure != 0)
            close(ends[0]);
    }
    free(word);
    if (failure != 0)
        findings_add(&run->doctor->findings, FINDING_BAD, "stoad", install, "%s cannot be run: %s", run->path,
                     strerror(failure));
    return failure == 0;
}

/* --- its lines --- */

static void check_version(struct run *run)
{
    run->doctor->findings.area = "installation";
    if (strcmp(run->version, STOA_VERSION) != 0)
        findings_add(&run->doctor->findings, FINDING_BAD, "version", install,
                     "%s is of version %s, and this stoa of %s", run->path, run->version, STOA_VERSION);
}

static void take_line(struct run *run, const char *text, size_t len)
{
    json_t *json = jsonx_parse(text, len, NULL);
    struct findings *findings = &run->doctor->findings;
    struct finding finding;

    if (!run->begun && jsonx_str(json, "version", NULL)) {
        run->begun = true;
        snprintf(run->version, sizeof run->version, "%s", jsonx_str(json, "version", ""));
        check_version(run);
    } else if (jsonx_str(json, "doing", NULL)) {
        findings_doing(findings, "%s", jsonx_str(json, "doing", ""));
    } else if (jsonx_bool(json, "done", false)) {
        run->done = true;
    } else if (finding_from_json(json, &finding) && json_array_size(run->doctor->found) < FINDINGS_MAX) {
        findings->area = finding.area;
        findings_add(findings, finding.state, finding.what, finding.advice, "%s", finding.text);
    }
    json_decref(json);
}

static void take_lines(struct run *run, struct buf *in)
{
    char *end;

    while ((end = memchr(in->data, '\n', in->len))) {
        take_line(run, in->data, (size_t)(end - in->data));
        buf_drop(in, (size_t)(end - in->data) + 1);
    }
}

static void read_all(struct run *run)
{
    char bytes[4096];
    struct buf in;
    ssize_t len;

    buf_init(&in, LINE_MAX_BYTES);
    while (!run->doctor->cli->out.broken && (len = read(run->from, bytes, sizeof bytes)) != 0) {
        if (len < 0 && errno != EINTR)
            break;
        if (len > 0 && !buf_put(&in, bytes, (size_t)len))
            break; /* a line without end is none of ours */
        take_lines(run, &in);
    }
    buf_free(&in);
}

/* --- the whole --- */

static void finish(struct run *run)
{
    int status = 0;

    close(run->from);
    if (!run->done)
        kill(run->pid, SIGTERM);
    while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (run->done || run->doctor->cli->out.broken)
        return;
    run->doctor->findings.area = "installation";
    if (!run->begun)
        findings_add(&run->doctor->findings, FINDING_BAD, "stoad", install,
                     "%s is no stoad that can check itself: it ended with %s %d", run->path,
                     WIFSIGNALED(status) ? "signal" : "exit code",
                     WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    else
        findings_add(&run->doctor->findings, FINDING_BAD, "stoad", "see what it says: stoad --doctor",
                     "the check by %s ended before it was done: %s %d", run->path,
                     WIFSIGNALED(status) ? "signal" : "exit code",
                     WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

void doctor_stoad(struct doctor *doctor)
{
    struct run run = {.doctor = doctor, .path = paths_program("stoad"), .from = -1};

    doctor->findings.area = "installation";
    findings_doing(&doctor->findings, "running stoad --doctor");
    if (!run.path) {
        findings_add(&doctor->findings, FINDING_BAD, "stoad", install,
                     "there is no stoad beside this program, in libexec/stoa or in PATH");
    } else if (start(&run)) {
        read_all(&run);
        finish(&run);
    }
    free(run.path);
}
