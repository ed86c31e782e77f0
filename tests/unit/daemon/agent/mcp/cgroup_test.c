/* A cgroup for a server: made where one is delegated to us, and nothing at all happens elsewhere. */
#include "daemon/agent/mcp/cgroup.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOT_HERE = 77, FAILED = 78 };

static bool enter(const char *path)
{
    char procs[300];

    snprintf(procs, sizeof procs, "%s/cgroup.procs", path);
    int fd = open(procs, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, "0", 1) == 1;
    if (fd >= 0)
        close(fd);
    return done;
}

/* As an agent in a delegated group: makes one, puts a child in, kills it, removes it; and what an agent that
 * has died left goes with the next. */
static int as_agent(const char *left)
{
    char path[CGROUP_PATH_MAX];
    struct stat found;
    int status;

    cgroup_make(path, 1 << 30, 10);
    if (!path[0] || stat(path, &found) != 0 || stat(left, &found) == 0)
        return FAILED;
    pid_t pid = fork();
    if (pid == 0) {
        if (enter(path))
            for (;;)
                pause();
        _exit(FAILED);
    }
    for (char events[64] = ""; !strstr(events, "populated 1");) {
        char file[300];

        snprintf(file, sizeof file, "%s/cgroup.events", path);
        int fd = open(file, O_RDONLY | O_CLOEXEC);
        ssize_t got = read(fd, events, sizeof events - 1);
        events[got > 0 ? got : 0] = '\0';
        close(fd);
        if (waitpid(pid, &status, WNOHANG) != 0)
            return FAILED;
    }
    cgroup_kill(path);
    waitpid(pid, &status, 0);
    cgroup_remove(path);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && stat(path, &found) != 0 ? 0 : FAILED;
}

static void a_delegated_group_is_divided(void **state)
{
    (void)state;
    char where[128] = "", line[512], group[256], sub[300], left[300];
    int status;
    FILE *mounts = fopen("/proc/self/mounts", "re");

    while (mounts && !where[0] && fgets(line, sizeof line, mounts))
        if (sscanf(line, "cgroup2 %127s cgroup2", where) != 1)
            where[0] = '\0';
    if (mounts)
        fclose(mounts);
    snprintf(group, sizeof group, "%s/stoa-test-%d", where, (int)getpid());
    snprintf(sub, sizeof sub, "%s/daemon", group);
    pid_t gone = fork();
    if (gone == 0)
        _exit(0);
    waitpid(gone, NULL, 0);
    snprintf(left, sizeof left, "%s/stoa-mcp-%d-1", group, (int)gone);
    if (!where[0] || mkdir(group, 0700) != 0)
        skip(); /* no cgroup2, or not ours */
    bool delegated = setxattr(group, "user.delegate", "1", 1, 0) == 0 ||
                     setxattr(group, "trusted.delegate", "1", 1, 0) == 0;
    assert_int_equal(mkdir(left, 0700), 0);
    assert_int_equal(mkdir(sub, 0700), 0);
    pid_t agent = fork();
    if (agent == 0)
        _exit(!delegated || !enter(sub) ? NOT_HERE : as_agent(left));
    waitpid(agent, &status, 0);
    rmdir(left);
    rmdir(sub);
    assert_int_equal(rmdir(group), 0);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NOT_HERE)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void read_file(const char *folder, const char *name, char text[64])
{
    char path[300];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    size_t got = file ? fread(text, 1, 63, file) : 0;
    text[got] = '\0';
    if (file)
        fclose(file);
}

/* A folder in place of a group, since controllers can't be had everywhere: what would be written. */
static void limits_are_set_where_the_controllers_are(void **state)
{
    (void)state;
    char folder[] = "/tmp/stoa-cgroup-XXXXXX", path[300], text[64];
    static const char *const names[] = {"memory.max", "pids.max"};

    assert_non_null(mkdtemp(folder));
    assert_false(cgroup_limit(folder, 1 << 30, 10)); /* neither controller is there */
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    }
    assert_false(cgroup_limit(folder, 0, 0));
    read_file(folder, "memory.max", text);
    assert_string_equal(text, "");
    assert_true(cgroup_limit(folder, 1 << 30, 10));
    read_file(folder, "memory.max", text);
    assert_string_equal(text, "1073741824");
    read_file(folder, "pids.max", text);
    assert_string_equal(text, "10");
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

static void without_a_path_nothing_happens(void **state)
{
    (void)state;
    cgroup_kill("");
    cgroup_remove("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delegated_group_is_divided),
        cmocka_unit_test(limits_are_set_where_the_controllers_are),
        cmocka_unit_test(without_a_path_nothing_happens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
