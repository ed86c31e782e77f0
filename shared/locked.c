/* A block begins with its size and where it is from, so that what is given back can be overwritten whole.
 * libsodium puts the end of a block at the end of a page: so nothing in it is aligned, and the head is copied
 * in and out. */
#include "shared/locked.h"

#include "shared/log.h"
#include "shared/xalloc.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct head {
    size_t len;   /* of the bytes behind it, the NUL included */
    bool guarded; /* libsodium's */
};

static size_t in_use;
static bool warned, plain_only;
static void (*on_free)(const unsigned char *bytes, size_t len);

static void warn(const char *what)
{
    if (!warned)
        log_warn("secrets", "%s: %s; raise the limit of locked memory (ulimit -l, LimitMEMLOCK=)", what,
                 strerror(errno));
    warned = true;
}

static void *guarded(size_t size)
{
    void *block = !plain_only && sodium_init() >= 0 ? sodium_malloc(size) : NULL;
    /* It does not say whether it could lock; what is locked may be locked once more. */
    if (block && sodium_mlock(block, size) != 0)
        warn("memory that holds secrets can't be locked and might be swapped out");
    return block;
}

void *locked_new(size_t len)
{
    struct head head = {.len = len + 1};
    unsigned char *block = guarded(sizeof head + head.len);
    head.guarded = block != NULL;
    if (!block) {
        errno = plain_only ? ENOMEM : errno;
        warn("there is no guarded memory for secrets, and plain memory is used");
        block = xmalloc(sizeof head + head.len);
    }
    memcpy(block, &head, sizeof head);
    memset(block + sizeof head, 0, head.len);
    in_use += len;
    return block + sizeof head;
}

void locked_free(void *bytes)
{
    struct head head;
    if (!bytes)
        return;
    unsigned char *block = (unsigned char *)bytes - sizeof head;
    memcpy(&head, block, sizeof head);
    in_use -= head.len - 1;
    sodium_memzero(bytes, head.len);
    if (on_free)
        on_free(bytes, head.len);
    if (head.guarded)
        sodium_free(block);
    else
        free(block);
}

size_t locked_bytes(void)
{
    return in_use;
}

void locked_set_hook(void (*hook)(const unsigned char *bytes, size_t len))
{
    on_free = hook;
}

void locked_set_plain(int plain)
{
    plain_only = plain != 0;
}
