/* A ULID is one number of 128 bits: 48 of milliseconds above 80 of randomness. When the clock has not moved
 * on (or went back) the next one is the last plus a random step: it rises, and cannot be guessed from its
 * neighbour. */
#include "shared/id.h"
#include "shared/clock.h"
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { RANDOM_BITS = 80 };

typedef unsigned __int128 ulid;

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz"; /* Crockford's: no i, l, o, u */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static ulid last;

static void random_bytes(void *out, size_t len)
{
    ssize_t got;

    do
        got = getrandom(out, len, 0);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)len) /* up to 256 bytes come whole, or the kernel has no getrandom */
        abort();
}

static ulid next_ulid(void)
{
    ulid noise;
    uint32_t step;

    random_bytes(&noise, sizeof noise);
    noise &= ((ulid)1 << RANDOM_BITS) - 1;
    step = (uint32_t)noise;

    pthread_mutex_lock(&lock);
    ulid now = (ulid)clock_wall_ms() << RANDOM_BITS;
    if (now >> RANDOM_BITS > last >> RANDOM_BITS)
        last = now | noise;
    else
        last += (ulid)step + 1;
    ulid made = last;
    pthread_mutex_unlock(&lock);
    return made;
}

void id_make(char out[ID_MAX], const char *prefix)
{
    ulid value = next_ulid();
    int at = snprintf(out, ID_MAX - ID_ULID_LEN, "%.12s", prefix);

    out[at + ID_ULID_LEN] = '\0';
    for (int i = ID_ULID_LEN - 1; i >= 0; i--) {
        out[at + i] = digits[value & 31];
        value >>= 5;
    }
}

bool id_valid(const char *id, const char *prefix)
{
    size_t len = strlen(prefix);

    if (strncmp(id, prefix, len) != 0)
        return false;
    id += len;
    return strlen(id) == ID_ULID_LEN && strspn(id, digits) == ID_ULID_LEN;
}
