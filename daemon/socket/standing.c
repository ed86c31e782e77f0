/* By descriptor. A number may be another connection's by the time that something is said of it: what is told
 * too late of one that has ended costs the next no more than a little of its bounds, and before it is ended
 * it is held by a further descriptor, and looked at by its inode. */
#include "daemon/socket/standing.h"

#include "daemon/socket/files.h"
#include "daemon/socket/pace.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SWEEP_MS = 1000 };

struct standing {
    atomic_int_least64_t since; /* steady ms of its beginning; 0: no connection over tcp */
    atomic_ullong inode;
    atomic_uint_least64_t given;
    atomic_bool trusted;
    struct address from; /* written by the accepting thread, before since */
    bool friend;         /* ... as is this */
};

static struct standing *standings; /* what is not used takes no memory */
static long standing_count;
static atomic_int highest = -1;
static struct pace pace, friends_pace; /* the accepting thread's alone */
static pthread_mutex_t friends_lock = PTHREAD_MUTEX_INITIALIZER;
static struct address friends[STANDING_FRIENDS]; /* the last that were found or put there first */
static int friend_count;
static atomic_bool watched;
static uv_async_t *async; /* one begins, and none is watched */
/* The main thread's alone. */
static uv_timer_t *timer;
static int64_t patience;
static uint64_t cuts;
static struct log_seldom said;

static struct standing *standing_of(int fd)
{
    return fd >= 0 && fd < standing_count ? &standings[fd] : NULL;
}

/* --- addresses of users --- */

static int find_friend(const struct address *address)
{
    int i = 0;
    while (i < friend_count && !address_equal(&friends[i], address))
        i++;
    return i;
}

static bool is_friend(const struct address *address)
{
    pthread_mutex_lock(&friends_lock);
    bool found = find_friend(address) < friend_count;
    pthread_mutex_unlock(&friends_lock);
    return found;
}

static void add_friend(const struct address *address)
{
    pthread_mutex_lock(&friends_lock);
    int at = find_friend(address);
    if (at == friend_count && friend_count < STANDING_FRIENDS)
        friend_count++;
    if (at == STANDING_FRIENDS)
        at--;
    memmove(&friends[1], &friends[0], (size_t)at * sizeof friends[0]);
    friends[0] = *address;
    pthread_mutex_unlock(&friends_lock);
}

/* --- the accepting thread --- */

static bool is_untrusted(int fd)
{
    const struct standing *standing = &standings[fd];
    return atomic_load(&standing->since) > 0 && !atomic_load(&standing->trusted) &&
           files_inode(fd) == (ino_t)atomic_load(&standing->inode);
}

/* How many are from there; *oldest: the first of them that has said nothing yet, or -1. */
static int count_from(const int *fds, int count, const struct address *from, int *oldest)
{
    int same = 0;
    *oldest = -1;
    for (int i = 0; i < count; i++) {
        const struct standing *standing = &standings[fds[i]];
        if (!address_equal(&standing->from, from))
            continue;
        same++;
        if (atomic_load(&standing->given) == 0 &&
            (*oldest < 0 || atomic_load(&standing->since) < atomic_load(&standings[*oldest].since)))
            *oldest = fds[i];
    }
    return same;
}

/* Ends one, so that no flood keeps those out that have few or none. same: of the new one's address. */
static bool make_room(const int *fds, int count, int same, int64_t now)
{
    int victim = -1, most = 0;
    for (int i = 0; i < count; i++) {
        int oldest, there = count_from(fds, count, &standings[fds[i]].from, &oldest);
        if (oldest >= 0 && (there > most || (there == most && atomic_load(&standings[oldest].since) <
                                                                  atomic_load(&standings[victim].since)))) {
            most = there;
            victim = oldest;
        }
    }
    if (victim < 0 || most < same ||
        (most == same && now - atomic_load(&standings[victim].since) < STANDING_HANDSHAKE_MS))
        return false;
    standing_end(victim);
    shutdown(victim, SHUT_RDWR);
    return true;
}

/* libzmq also closes connections without reading them to their end, so they are counted when it matters.
 * Friends take no place from the others. */
static bool has_room(const struct address *from, bool friend, int64_t now)
{
    int fds[STANDING_UNTRUSTED], count = 0, same = 0, last = atomic_load(&highest);
    for (int fd = 0; fd <= last; fd++) {
        if (!is_untrusted(fd))
            continue;
        same += address_equal(&standings[fd].from, from);
        if (!standings[fd].friend && count < STANDING_UNTRUSTED)
            fds[count++] = fd;
    }
    return same < STANDING_UNTRUSTED_ADDRESS &&
           (friend || count < STANDING_UNTRUSTED || make_room(fds, count, same, now));
}

bool standing_begin(int fd, const struct address *from)
{
    struct standing *standing = standing_of(fd);
    int64_t now = clock_steady_ms();
    standing_end(fd);
    bool friend = is_friend(from);
    if (!standing || !pace_take(friend ? &friends_pace : &pace, from, now) || !has_room(from, friend, now))
        return false;
    standing->from = *from;
    standing->friend = friend;
    atomic_store(&standing->inode, files_inode(fd));
    atomic_store(&standing->given, 0);
    atomic_store(&standing->trusted, false);
    atomic_store(&standing->since, now);
    if (fd > atomic_load(&highest))
        atomic_store(&highest, fd);
    if (!atomic_exchange(&watched, true))
        uv_async_send(async);
    return true;
}

void standing_end(int fd)
{
    struct standing *standing = standing_of(fd);
    if (standing)
        atomic_store(&standing->since, 0);
}

bool standing_is_trusted(int fd)
{
    struct standing *standing = standing_of(fd);
    return standing && atomic_load(&standing->trusted);
}

uint64_t standing_given(int fd)
{
    struct standing *standing = standing_of(fd);
    return standing ? atomic_load(&standing->given) : 0;
}

/* --- the main thread --- */

void standing_give(int fd, uint64_t bytes)
{
    struct standing *standing = standing_of(fd);
    if (standing)
        atomic_fetch_add(&standing->given, bytes);
}

void standing_trust(int fd)
{
    struct standing *standing = standing_of(fd);
    if (!standing || atomic_load(&standing->since) == 0)
        return;
    add_friend(&standing->from);
    atomic_store(&standing->trusted, true);
}

void standing_cut(int fd, const char *why)
{
    struct standing *standing = standing_of(fd);
    int held = standing ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (held < 0)
        return;
    bool same =
        atomic_load(&standing->since) > 0 && files_inode(held) == (ino_t)atomic_load(&standing->inode);
    if (same)
        shutdown(held, SHUT_RDWR);
    close(held);
    uint64_t count = same ? log_seldom(&said, ++cuts) : 0;
    if (count > 0)
        log_warn("gateway", "connections over tcp ended: %llu; of the last: %s", (unsigned long long)count,
                 why);
}

/* Whether any is left that has to be looked at again. */
static bool sweep(void)
{
    int64_t now = clock_steady_ms();
    int last = atomic_load(&highest), left = 0;
    for (int fd = 0; fd <= last; fd++) {
        int64_t since = atomic_load(&standings[fd].since);
        if (since == 0 || atomic_load(&standings[fd].trusted))
            continue;
        left++;
        if (now - since >= patience)
            standing_cut(fd, "nobody knows whose it is, and its time is up (limits.stranger_timeout)");
        if (files_inode(fd) !=
            (ino_t)atomic_load(&standings[fd].inode)) /* closed without being read to its end */
            atomic_compare_exchange_strong(&standings[fd].since, &since, 0);
    }
    return left > 0;
}

static void on_sweep(uv_timer_t *unused)
{
    (void)unused;
    if (sweep())
        return;
    uv_timer_stop(timer);
    atomic_store(&watched, false);
    if (sweep()) /* one has begun meanwhile */
        uv_async_send(async);
}

static void on_begin(uv_async_t *unused)
{
    (void)unused;
    atomic_store(&watched, true);
    if (!uv_is_active((uv_handle_t *)timer))
        uv_timer_start(timer, on_sweep, SWEEP_MS, SWEEP_MS);
    uv_unref((uv_handle_t *)timer);
}

void standing_limit(int64_t patience_ms)
{
    patience = patience_ms;
}

/* --- life --- */

void standing_open(uv_loop_t *loop, long files)
{
    standing_count = files;
    standings = xcalloc((size_t)files, sizeof *standings);
    atomic_store(&highest, -1);
    atomic_store(&watched, false);
    pace = friends_pace = (struct pace){.all = {STANDING_PER_SECOND, STANDING_BURST},
                                        .each = {STANDING_ADDRESS_PER_SECOND, STANDING_ADDRESS_BURST},
                                        .seldom = {STANDING_SELDOM_PER_SECOND, STANDING_SELDOM_BURST},
                                        .nearby = {STANDING_NEARBY_PER_SECOND, STANDING_NEARBY_BURST}};
    friend_count = 0;
    timer = xcalloc(1, sizeof *timer);
    uv_timer_init(loop, timer);
    async = xcalloc(1, sizeof *async);
    uv_async_init(loop, async, on_begin);
    uv_unref((uv_handle_t *)async);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

void standing_close(void)
{
    uv_close((uv_handle_t *)timer, on_closed);
    uv_close((uv_handle_t *)async, on_closed);
    free(standings);
    standings = NULL;
    standing_count = 0;
}
