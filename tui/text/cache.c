/* A set-associative table: an id has few places, and takes that of the one used longest ago. */
#include "tui/text/cache.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum { SETS = 128, WAYS = 4 };

struct slot {
    char id[ID_MAX];
    uint64_t used;
    struct layout *layout; /* NULL: free */
};

struct cache {
    struct slot slots[SETS][WAYS];
    uint64_t clock;
};

struct cache *cache_new(void)
{
    return xcalloc(1, sizeof(struct cache));
}

void cache_clear(struct cache *cache)
{
    for (size_t set = 0; set < SETS; set++)
        for (size_t way = 0; way < WAYS; way++)
            layout_free(&cache->slots[set][way].layout);
    memset(cache, 0, sizeof *cache);
}

void cache_free(struct cache **cache)
{
    if (!*cache)
        return;
    cache_clear(*cache);
    free(*cache);
    *cache = NULL;
}

static size_t set_of(const char *id)
{
    uint32_t hash = 2166136261u;

    for (; *id; id++)
        hash = (hash ^ (unsigned char)*id) * 16777619u;
    return (hash ^ hash >> 16) % SETS;
}

const struct layout *cache_get(struct cache *cache, const struct message *message, size_t width,
                               const struct folds *folds)
{
    struct slot *set = cache->slots[set_of(message->id)], *oldest = &set[0], *found = NULL;

    for (size_t way = 0; way < WAYS && !found; way++) {
        if (set[way].layout && strcmp(set[way].id, message->id) == 0)
            found = &set[way];
        else if (set[way].used < oldest->used)
            oldest = &set[way];
    }
    if (!found) {
        found = oldest;
        layout_free(&found->layout);
        found->layout = layout_new();
        memcpy(found->id, message->id, sizeof found->id);
    }
    found->used = ++cache->clock;
    layout_update(found->layout, message, width, folds);
    return found->layout;
}
