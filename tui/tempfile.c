#include "tui/tempfile.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_BYTES = 64 }; /* more than any name takes */

int tempfile_open(const char *what, char path[TEMPFILE_PATH_MAX])
{
    const char *folder = getenv("TMPDIR");

    if (!folder || *folder != '/' || strlen(folder) > TEMPFILE_PATH_MAX - NAME_BYTES)
        folder = "/tmp";
    snprintf(path, TEMPFILE_PATH_MAX, "%s/stoa-%s-XXXXXX", folder, what);
    return mkostemp(path, O_CLOEXEC);
}

int tempfile_nameless(void)
{
    char path[TEMPFILE_PATH_MAX];
    int fd = tempfile_open("pages", path);

    if (fd >= 0)
        unlink(path);
    return fd;
}

bool tempfile_write(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, bytes, len);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        len -= (size_t)written;
    }
    return true;
}
