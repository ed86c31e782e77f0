/* A server may have the session's folder for its own, and put there what it likes: hence each step is opened
 * relative to the one before, and nothing is followed or replaced. */
#include "daemon/agent/result_file.h"
#include "shared/writeall.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char folder_name[] = "results";

/* The folder for results, made if need be; -1 with errno. */
static int open_folder(const char *folder)
{
    int outer = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), inner = -1;

    if (outer < 0)
        return -1;
    if (mkdirat(outer, folder_name, 0700) == 0 || errno == EEXIST)
        inner = openat(outer, folder_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int kept = errno;
    close(outer);
    errno = kept;
    return inner;
}

static bool save_in(int folder, const char *name, const void *data, size_t len)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return false;
    bool good = write_all(fd, data, len);
    int kept = errno;
    close(fd);
    if (!good)
        unlinkat(folder, name, 0);
    errno = kept;
    return good;
}

bool result_file_save(const char *folder, const char *name, const void *data, size_t len, char error[128])
{
    if (!folder || len > RESULT_FILE_MAX) {
        snprintf(error, 128, "%s", folder ? "it is too large" : "the session has no folder");
        return false;
    }
    int fd = open_folder(folder);
    bool good = fd >= 0 && save_in(fd, name, data, len);
    if (!good)
        snprintf(error, 128, "%s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return good;
}

/* --- base64 --- */

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* Bytes written to out, which has room for 3/4 of the text; SIZE_MAX if it is no base64. Spaces do not count,
 * and the = at the end may be missing. */
static size_t decode(const char *text, unsigned char *out)
{
    uint32_t bits = 0;
    size_t len = 0, digits = 0;

    for (; *text && *text != '='; text++) {
        int value = value_of(*text);
        if (value < 0 && strchr(" \t\r\n", *text))
            continue;
        if (value < 0)
            return SIZE_MAX;
        bits = bits << 6 | (uint32_t)value;
        if (++digits % 4 != 1)
            out[len++] = (unsigned char)(bits >> (4 - digits % 4) * 2 % 8);
    }
    return digits % 4 == 1 || text[strspn(text, "= \t\r\n")] ? SIZE_MAX : len;
}

bool result_file_save_base64(const char *folder, const char *name, const char *text, size_t *len,
                             char error[128])
{
    unsigned char *bytes = xmalloc(strlen(text) / 4 * 3 + 4);
    size_t count = decode(text, bytes);
    bool good = false;

    *len = count == SIZE_MAX ? 0 : count;
    if (count == SIZE_MAX)
        snprintf(error, 128, "it is no base64");
    else
        good = result_file_save(folder, name, bytes, count, error);
    free(bytes);
    return good;
}
