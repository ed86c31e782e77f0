/* A key is written beside its place and then given its name, so that no other stoa finds half of one. */
#include "tui/client_key.h"
#include "shared/paths.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *client_key_path(void)
{
    char *dir = paths_config_folder(), *path = dir ? paths_join(dir, "client.key") : NULL;

    free(dir);
    return path;
}

static enum err place(const char *fresh, const char *path, char error[256])
{
    if (link(fresh, path) == 0)
        return ERR_OK;
    if (errno == EEXIST) {
        snprintf(error, 256, "there is a file '%.100s' already; a key is never replaced: move it away first",
                 path);
        return ERR_CONFLICT;
    }
    snprintf(error, 256, "the key '%.140s' can't be written: %s", path, strerror(errno));
    return ERR_UNAVAILABLE;
}

enum err client_key_make(const char *path, struct key_pair *pair, char error[256])
{
    const char *slash = strrchr(path, '/');
    char *dir = slash && slash > path ? xstrndup(path, (size_t)(slash - path)) : NULL;
    char *fresh = xasprintf("%s.%ld", path, (long)getpid());
    enum err code = dir ? paths_make(dir, error) : ERR_OK;

    key_make(pair);
    if (code == ERR_OK)
        code = key_save(fresh, pair, error);
    if (code == ERR_OK) {
        code = place(fresh, path, error);
        unlink(fresh);
    }
    if (code != ERR_OK)
        key_wipe(pair);
    free(fresh);
    free(dir);
    return code;
}
