/* An empty variable counts as not set, and XDG folders must be absolute, as their specification asks. */
#include "shared/paths.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ERROR_SIZE = 256, PRIVATE_MODE = 0700 };

static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

static const char *xdg(const char *name)
{
    const char *value = variable(name);

    return value && *value == '/' ? value : NULL;
}

char *paths_join(const char *dir, const char *name)
{
    size_t len = strlen(dir);

    return xasprintf("%s%s%s", dir, len && dir[len - 1] == '/' ? "" : "/", name);
}

char *paths_runtime(void)
{
    unsigned uid = (unsigned)geteuid();
    const char *own = variable("STOA_RUNTIME_DIR"), *base = xdg("XDG_RUNTIME_DIR");
    char run[64];

    if (own)
        return xstrdup(own);
    if (base)
        return paths_join(base, "stoa");
    snprintf(run, sizeof run, "/run/user/%u", uid);
    if (access(run, F_OK) == 0)
        return paths_join(run, "stoa");
    return xasprintf("/tmp/stoa-%u", uid);
}

char *paths_state(void)
{
    const char *own = variable("STOA_STATE_DIR"), *base = xdg("XDG_STATE_HOME"), *home = variable("HOME");

    if (own)
        return xstrdup(own);
    if (base)
        return paths_join(base, "stoa");
    return home ? paths_join(home, ".local/state/stoa") : NULL;
}

char *paths_config_folder(void)
{
    const char *base = xdg("XDG_CONFIG_HOME"), *home = variable("HOME");

    if (base)
        return paths_join(base, "stoa");
    return home ? paths_join(home, ".config/stoa") : NULL;
}

/* Takes path; gives it back if it exists. */
static char *if_exists(char *path)
{
    if (access(path, F_OK) == 0)
        return path;
    free(path);
    return NULL;
}

char *paths_config(void)
{
    const char *own = variable("STOA_CONFIG"), *base = xdg("XDG_CONFIG_HOME"), *home = variable("HOME");
    char *found = NULL;

    if (own)
        return xstrdup(own);
    if (base)
        found = if_exists(paths_join(base, "stoa/config.yaml"));
    else if (home)
        found = if_exists(paths_join(home, ".config/stoa/config.yaml"));
    return found ? found : if_exists(xstrdup("/etc/stoa/config.yaml"));
}

static enum err make_one(const char *dir, char error[ERROR_SIZE])
{
    struct stat st;
    int failure = 0;

    if (mkdir(dir, PRIVATE_MODE) == 0)
        return ERR_OK;
    failure = errno;
    if (stat(dir, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return ERR_OK;
        failure = ENOTDIR;
    }
    snprintf(error, ERROR_SIZE, "cannot make the folder %s: %s", dir, strerror(failure));
    return ERR_UNAVAILABLE;
}

enum err paths_make(const char *dir, char error[ERROR_SIZE])
{
    char *path = xstrdup(dir);
    enum err result = ERR_OK;

    for (char *slash = path + 1; *path && *slash && result == ERR_OK; slash++) {
        if (*slash != '/')
            continue;
        *slash = '\0';
        result = make_one(path, error);
        *slash = '/';
    }
    if (result == ERR_OK)
        result = make_one(path, error);
    free(path);
    return result;
}

enum err paths_check_private(const char *dir, char error[ERROR_SIZE])
{
    char *path = xstrdup(dir);
    size_t len = strlen(path);
    struct stat st;
    enum err result = ERR_DENIED;

    while (len > 1 && path[len - 1] == '/') /* lstat would follow a link that ends in a slash */
        path[--len] = '\0';

    if (lstat(path, &st) < 0)
        snprintf(error, ERROR_SIZE, "%s: %s", path, strerror(errno));
    else if (S_ISLNK(st.st_mode))
        snprintf(error, ERROR_SIZE, "%s is a symbolic link; name the real folder instead", path);
    else if (!S_ISDIR(st.st_mode))
        snprintf(error, ERROR_SIZE, "%s is not a folder; move it away or name another place", path);
    else if (st.st_uid != geteuid())
        snprintf(error, ERROR_SIZE, "%s belongs to user %u, not to you (%u); name another place", path,
                 (unsigned)st.st_uid, (unsigned)geteuid());
    else if (st.st_mode & 077)
        snprintf(error, ERROR_SIZE, "%s is open to others (mode %04o); run: chmod 700 %s", path,
                 (unsigned)st.st_mode & 07777, path);
    else
        result = ERR_OK;
    free(path);
    return result;
}

/* dir/name where that is a program; dir is len bytes. */
static char *program_in(const char *dir, size_t len, const char *name)
{
    char *path = xasprintf("%.*s/%s", (int)len, dir, name);
    struct stat st;

    if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0)
        return path;
    free(path);
    return NULL;
}

/* In the folder of this program, or in ../libexec/stoa of it, wherever the whole was installed. */
static char *program_beside(const char *name)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self);
    const char *slash = len > 0 ? memrchr(self, '/', (size_t)len) : NULL;
    char *found = slash ? program_in(self, (size_t)(slash - self), name) : NULL;

    if (slash && !found) {
        char *libexec = xasprintf("%.*s/../libexec/stoa", (int)(slash - self), self);

        found = program_in(libexec, strlen(libexec), name);
        free(libexec);
    }
    return found;
}

/* Relative entries are left out: what runs must not depend on where the user stands. */
static char *program_by_path(const char *name)
{
    const char *list = variable("PATH");
    char *found = NULL;

    while (list && !found) {
        size_t len = strcspn(list, ":");

        if (*list == '/')
            found = program_in(list, len, name);
        list = list[len] ? list + len + 1 : NULL;
    }
    return found;
}

char *paths_program(const char *name)
{
    static const char installed[] = STOA_PREFIX "/libexec/stoa";
    const char *libexec = variable("STOA_LIBEXEC");
    char *found = program_beside(name);

    if (!found && libexec)
        found = program_in(libexec, strlen(libexec), name);
    if (!found)
        found = program_in(installed, strlen(installed), name);
    return found ? found : program_by_path(name);
}
