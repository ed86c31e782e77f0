/* Whether a cgroup is ours to divide: systemd marks those it delegates; without a mark it must be writable to
 * us though we are not root, who may write anywhere. Limits work only where no process is in the group that
 * is divided itself; killing all at once works everywhere. */
#include "daemon/agent/mcp/cgroup.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { TEXT_BYTES = 4096 };

static const char prefix[] = "stoa-mcp-";

static bool put(const char *folder, const char *file, const char *text)
{
    char path[CGROUP_PATH_MAX + 64];

    snprintf(path, sizeof path, "%s/%s", folder, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, strlen(text)) > 0;
    if (fd >= 0)
        close(fd);
    return done;
}

static bool put_number(const char *folder, const char *file, int64_t value)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", (long long)value);
    return put(folder, file, text);
}

/* --- where --- */

/* The line of a file that sscanf's format matches, into out. */
static bool find_line(const char *path, bool (*matches)(char *line, char *out), char *out)
{
    char line[TEXT_BYTES];
    bool found = false;
    FILE *file = fopen(path, "re");

    while (file && !found && fgets(line, sizeof line, file))
        found = matches(line, out);
    if (file)
        fclose(file);
    return found;
}

static bool is_mount(char *line, char *out)
{
    char where[CGROUP_PATH_MAX], type[32];

    if (sscanf(line, "%*s %255s %31s", where, type) != 2 || strcmp(type, "cgroup2") != 0)
        return false;
    memcpy(out, where, sizeof where);
    return true;
}

static bool is_ours(char *line, char *out)
{
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "0::/", 4) != 0 || strlen(line + 3) >= CGROUP_PATH_MAX)
        return false;
    strcpy(out, line + 3);
    return true;
}

static bool is_marked(const char *path)
{
    char mark;

    return (getxattr(path, "user.delegate", &mark, 1) == 1 && mark == '1') ||
           (getxattr(path, "trusted.delegate", &mark, 1) == 1 && mark == '1');
}

static bool may_divide(const char *path)
{
    char procs[CGROUP_PATH_MAX + 16];

    snprintf(procs, sizeof procs, "%s/cgroup.procs", path);
    return geteuid() != 0 && access(path, W_OK) == 0 && access(procs, W_OK) == 0;
}

/* The cgroup in which ours are made. */
static bool find_base(char base[CGROUP_PATH_MAX])
{
    char mount[CGROUP_PATH_MAX], own[CGROUP_PATH_MAX];

    if (!find_line("/proc/self/mounts", is_mount, mount) || !find_line("/proc/self/cgroup", is_ours, own))
        return false;
    if (snprintf(base, CGROUP_PATH_MAX, "%s%s", mount, strcmp(own, "/") == 0 ? "" : own) >=
        CGROUP_PATH_MAX - 64)
        return false;
    size_t len = strlen(base);
    char *slash = strrchr(base + strlen(mount), '/');
    if (slash) {
        *slash = '\0';
        if (is_marked(base))
            return true;
        *slash = '/';
    }
    return len > 0 && (is_marked(base) || may_divide(base));
}

/* --- one of them --- */

/* The name holds the pid of the agent that made it. */
static void remove_left(const char *base)
{
    char path[CGROUP_PATH_MAX + 256];
    DIR *folder = opendir(base);
    const struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        if (strncmp(entry->d_name, prefix, sizeof prefix - 1) != 0)
            continue;
        int pid = (int)strtol(entry->d_name + sizeof prefix - 1, NULL, 10);
        snprintf(path, sizeof path, "%s/%s", base, entry->d_name);
        if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH)
            rmdir(path);
    }
    if (folder)
        closedir(folder);
}

bool cgroup_limit(const char *path, int64_t memory, int64_t processes)
{
    if (memory > 0)
        put_number(path, "memory.max", memory);
    return processes > 0 && put_number(path, "pids.max", processes);
}

bool cgroup_make(char path[CGROUP_PATH_MAX], int64_t memory, int64_t processes)
{
    static unsigned made;
    char base[CGROUP_PATH_MAX];

    path[0] = '\0';
    if (!find_base(base))
        return false;
    remove_left(base);
    put(base, "cgroup.subtree_control", "+memory");
    put(base, "cgroup.subtree_control", "+pids");
    snprintf(path, CGROUP_PATH_MAX, "%.200s/%s%d-%u", base, prefix, (int)getpid(), ++made);
    if (mkdir(path, 0700) != 0) {
        path[0] = '\0';
        return false;
    }
    return cgroup_limit(path, memory, processes);
}

void cgroup_kill(const char *path)
{
    if (path[0])
        put(path, "cgroup.kill", "1");
}

void cgroup_remove(const char *path)
{
    if (path[0])
        rmdir(path);
}
