/* Of the messages that wait whole, only the sum is known to both threads. Who has brought them is reckoned
 * since the sum was small last. Of those that are not whole yet, each connection knows its own; one that
 * libzmq has closed by itself is found by its socket's number, when the sum matters. */
#include "daemon/intake.h"

#include "daemon/zmtp.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { QUIET_MS = 60000 /* between two lines about this in the log */ };

struct intake {
    bool used;
    ino_t inode; /* of the socket */
    struct zmtp zmtp;
    uint64_t lull;    /* the count of them that brought belongs to */
    uint64_t brought; /* bytes of whole messages since */
};

static atomic_size_t waiting;      /* bytes of whole messages that the daemon has not taken */
static atomic_uint_fast64_t lulls; /* how often that has become little */

/* libzmq's thread alone. */
static _Thread_local bool accepts;
static struct intake *connections; /* by descriptor */
static size_t capacity;
static size_t partial; /* bytes of messages that are not whole */
static int64_t said_at;
static unsigned cut_since;

static ino_t inode_of(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static void forget(struct intake *intake)
{
    partial -= intake->zmtp.bytes;
    *intake = (struct intake){0};
}

void intake_begin(int fd)
{
    size_t needed = (size_t)fd + 1;
    accepts = true;
    if (needed > capacity) {
        size_t larger = needed > 2 * capacity ? needed : 2 * capacity;
        connections = xreallocarray(connections, larger, sizeof connections[0]);
        memset(connections + capacity, 0, (larger - capacity) * sizeof connections[0]);
        capacity = larger;
    }
    forget(&connections[fd]);
    connections[fd].used = true;
    connections[fd].inode = inode_of(fd);
}

void intake_taken(size_t bytes)
{
    size_t cost = bytes + ZMTP_MESSAGE_COST, before = atomic_load(&waiting);
    while (!atomic_compare_exchange_weak(&waiting, &before, before > cost ? before - cost : 0))
        ;
    if (before > INTAKE_SHARE && before - (before > cost ? cost : before) <= INTAKE_SHARE)
        atomic_fetch_add(&lulls, 1);
}

static bool is_too_much(void)
{
    if (atomic_load(&waiting) + partial <= INTAKE_MAX)
        return false;
    for (size_t fd = 0; fd < capacity; fd++)
        if (connections[fd].zmtp.bytes && inode_of((int)fd) != connections[fd].inode)
            forget(&connections[fd]);
    return atomic_load(&waiting) + partial > INTAKE_MAX;
}

static void say_cut(const char *why)
{
    int64_t now = clock_steady_ms();
    cut_since++;
    if (said_at && now - said_at < QUIET_MS)
        return;
    log_warn("gateway", "ended a connection that sent %s count=%u", why, cut_since);
    said_at = now;
    cut_since = 0;
}

/* Whether the connection may go on. */
static bool follow(struct intake *intake, const void *bytes, size_t len)
{
    size_t whole = 0, before = intake->zmtp.bytes;
    bool good = zmtp_follow(&intake->zmtp, bytes, len, &whole);
    uint64_t lull = atomic_load(&lulls);
    partial += intake->zmtp.bytes - before;
    if (lull != intake->lull)
        intake->brought = 0;
    intake->lull = lull;
    intake->brought += whole;
    atomic_fetch_add(&waiting, whole);
    if (!good)
        say_cut("what no client does, or too much in one message");
    else if (intake->brought + intake->zmtp.bytes > INTAKE_SHARE && is_too_much())
        say_cut("more than there is room for");
    else
        return true;
    return false;
}

/* In place of the C library's, for libzmq. */
__attribute__((visibility("default"))) ssize_t recv(int fd, void *bytes, size_t len, int flags)
{
    ssize_t got = syscall(SYS_recvfrom, fd, bytes, len, flags, NULL, NULL);
    struct intake *intake = accepts && (size_t)fd < capacity ? &connections[fd] : NULL;
    if (!intake || !intake->used)
        return got;
    if (got > 0 && follow(intake, bytes, (size_t)got))
        return got;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return got;
    forget(intake);
    return got < 0 ? got : 0;
}
