#include "tests/bench/pace.h"

#include "tests/bench/args.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 64, PAUSE_NS = 20000 };

struct pace {
    _Alignas(LINE) atomic_uint readers;
    struct {
        _Alignas(LINE) atomic_uint_least64_t frames;
    } reader[PACE_READERS];
};

struct pace *pace_open(const char *path)
{
    if (!path)
        return NULL;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(struct pace)) != 0)
        die("can't open %s", path);
    struct pace *pace = mmap(NULL, sizeof *pace, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (pace == MAP_FAILED)
        die("can't map %s", path);
    close(fd);
    return pace;
}

void pace_readers(struct pace *pace, unsigned count)
{
    if (count > PACE_READERS)
        die("at most %d threads", PACE_READERS);
    for (unsigned i = 0; i < count; i++)
        atomic_store(&pace->reader[i].frames, 0);
    atomic_store(&pace->readers, count);
}

void pace_set(struct pace *pace, unsigned reader, uint64_t frames)
{
    atomic_store_explicit(&pace->reader[reader].frames, frames, memory_order_relaxed);
}

static uint64_t slowest(struct pace *pace)
{
    uint64_t least = UINT64_MAX;

    for (unsigned i = 0, count = atomic_load(&pace->readers); i < count; i++) {
        uint64_t frames = atomic_load_explicit(&pace->reader[i].frames, memory_order_relaxed);
        least = frames < least ? frames : least;
    }
    return least;
}

void pace_wait(struct pace *pace, uint64_t sent)
{
    static const struct timespec pause = {.tv_nsec = PAUSE_NS};

    while (pace && sent > PACE_WINDOW && slowest(pace) < sent - PACE_WINDOW)
        nanosleep(&pause, NULL);
}
