/* Eight bytes that name the format and its version, a nonce, and the box. Who can't open it learns its size
 * alone; who changed a byte of it made it worth nothing. */
#include "daemon/agent/mcp/oauth_file.h"
#include "daemon/agent/mcp/oauth_secret.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/writeall.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAGIC = 8, HEAD = MAGIC + crypto_secretbox_NONCEBYTES };
static const char magic[MAGIC + 1] = "stoatok1";

_Static_assert(OAUTH_FILE_KEY == crypto_secretbox_KEYBYTES, "the key's size is the box's");

/* All of a regular file of ours; NULL if there is none. */
static unsigned char *read_all(const char *path, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    unsigned char *bytes = NULL;
    struct stat status;

    *size = 0;
    if (fd < 0) {
        if (errno != ENOENT)
            log_warn("oauth", "can't read %s: %s", path, strerror(errno));
        return NULL;
    }
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= OAUTH_FILE_MAX) {
        size_t want = (size_t)status.st_size;
        ssize_t got = 1;

        bytes = xmalloc(want + 1);
        while (*size < want && (got = read(fd, bytes + *size, want - *size)) > 0)
            *size += (size_t)got;
    }
    close(fd);
    return bytes;
}

json_t *oauth_file_read(const char *path, const unsigned char key[OAUTH_FILE_KEY])
{
    size_t size;
    unsigned char *bytes = read_all(path, &size);
    json_t *json = NULL;

    if (!bytes && size == 0 && access(path, F_OK) != 0)
        return NULL;
    if (bytes && size >= HEAD + crypto_secretbox_MACBYTES && memcmp(bytes, magic, MAGIC) == 0) {
        size_t len = size - HEAD - crypto_secretbox_MACBYTES;
        unsigned char *plain = xmalloc(len + 1);

        if (crypto_secretbox_open_easy(plain, bytes + HEAD, size - HEAD, bytes + MAGIC, key) == 0)
            json = jsonx_parse((const char *)plain, len, NULL);
        sodium_memzero(plain, len);
        free(plain);
    }
    free(bytes);
    if (!json)
        log_warn("oauth", "%s is damaged or was sealed with another key: its tokens are lost", path);
    return json;
}

/* Beside it and renamed: a reader sees the old file or the new one. */
static bool replace(const char *path, const unsigned char *bytes, size_t size)
{
    char *fresh = xasprintf("%s.XXXXXX", path);
    int fd = mkostemp(fresh, O_CLOEXEC); /* mode 0600 */
    bool ok = fd >= 0 && write_all(fd, bytes, size) && fsync(fd) == 0 && rename(fresh, path) == 0;
    int why = errno;

    if (fd >= 0) {
        close(fd);
        if (!ok)
            unlink(fresh);
    }
    if (!ok)
        log_warn("oauth", "can't write %s: %s; its tokens are kept in memory alone", path, strerror(why));
    free(fresh);
    return ok;
}

bool oauth_file_write(const char *path, const unsigned char key[OAUTH_FILE_KEY], const json_t *json)
{
    size_t len;
    char *text = jsonx_dump(json, &len);
    size_t size = HEAD + crypto_secretbox_MACBYTES + len;
    unsigned char *bytes = xmalloc(size);
    bool ok;

    memcpy(bytes, magic, MAGIC);
    randombytes_buf(bytes + MAGIC, crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(bytes + HEAD, (const unsigned char *)text, len, bytes + MAGIC, key);
    oauth_secret_wipe(&text);
    ok = size <= OAUTH_FILE_MAX && replace(path, bytes, size);
    free(bytes);
    return ok;
}

void oauth_file_remove(const char *path)
{
    if (unlink(path) < 0 && errno != ENOENT)
        log_warn("oauth", "can't remove %s: %s", path, strerror(errno));
}
