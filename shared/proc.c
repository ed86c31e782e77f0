/* The fields of /proc/PID/stat are counted from the last ')': the name before it may hold anything. */
#include "shared/proc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STAT_BYTES = 1024, CHILDREN_BYTES = 4096 };

/* The file's beginning as text; false if it can't be read. */
static bool read_file(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t len = fread(text, 1, size - 1, file);
    text[len] = '\0';
    fclose(file);
    return len > 0;
}

bool proc_look(pid_t pid, struct proc_figures *figures)
{
    char path[64], text[STAT_BYTES];
    unsigned long user, system;
    long pages;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    memset(figures, 0, sizeof *figures);
    if (!read_file(path, text, sizeof text))
        return false;
    char *name = strchr(text, '('), *end = strrchr(text, ')');
    if (!name || !end ||
        sscanf(end + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %*u %*u %ld",
               &user, &system, &pages) != 3)
        return false;
    *end = '\0';
    snprintf(figures->name, sizeof figures->name, "%s", name + 1);
    figures->cpu_ms = (int64_t)(user + system) * 1000 / sysconf(_SC_CLK_TCK);
    figures->resident = (int64_t)pages * sysconf(_SC_PAGESIZE);
    return true;
}

static size_t add_of_task(const char *path, pid_t *pids, size_t count, size_t max)
{
    char text[CHILDREN_BYTES], *at = text, *end;
    if (!read_file(path, text, sizeof text))
        return count;
    for (long pid; count < max && (pid = strtol(at, &end, 10)) > 0 && *end == ' '; at = end)
        pids[count++] = (pid_t)pid;
    return count;
}

static size_t add_children(pid_t pid, pid_t *pids, size_t count, size_t max)
{
    char path[128];
    struct dirent *entry;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    while (tasks && (entry = readdir(tasks))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%.16s/children", (int)pid, entry->d_name);
        count = add_of_task(path, pids, count, max);
    }
    if (tasks)
        closedir(tasks);
    return count;
}

size_t proc_descendants(pid_t pid, pid_t *pids, size_t max)
{
    size_t count = add_children(pid, pids, 0, max);
    for (size_t i = 0; i < count; i++)
        count = add_children(pids[i], pids, count, max);
    return count;
}
