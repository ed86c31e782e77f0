/* The audit's limit for what can be made to happen often. */
#include "daemon/people/audit_limit.h"

#include "shared/xalloc.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    struct audit_kind kind;
    unsigned written;
    uint64_t counted; /* and not yet told */
    int64_t last;     /* steady ms: when one came */
    int64_t told;     /* ... and when the last was written or told */
};

struct audit_limit {
    struct entry entries[AUDIT_KINDS];
    size_t count;
    struct entry rest; /* of all kinds that found no room */
};

struct audit_limit *audit_limit_new(void)
{
    struct audit_limit *limit = xcalloc(1, sizeof *limit);
    strcpy(limit->rest.kind.action, "refused");
    return limit;
}

void audit_limit_free(struct audit_limit **limit)
{
    free(*limit);
    *limit = NULL;
}

static bool is_over(const struct entry *entry, int64_t now)
{
    return entry->counted == 0 && now - entry->last >= AUDIT_MINUTE_MS;
}

static bool same(const struct audit_kind *a, const struct audit_kind *b)
{
    return strcmp(a->object, b->object) == 0 && strcmp(a->user, b->user) == 0 &&
           strcmp(a->action, b->action) == 0;
}

static struct entry *find(struct audit_limit *limit, const struct audit_kind *kind, int64_t now)
{
    struct entry *empty = NULL;
    for (size_t i = 0; i < limit->count; i++) {
        if (same(&limit->entries[i].kind, kind))
            return &limit->entries[i];
        if (!empty && is_over(&limit->entries[i], now))
            empty = &limit->entries[i];
    }
    if (!empty && limit->count < AUDIT_KINDS)
        empty = &limit->entries[limit->count++];
    if (!empty)
        return &limit->rest;
    *empty = (struct entry){.kind = *kind, .last = now};
    return empty;
}

bool audit_limit_take(struct audit_limit *limit, const struct audit_kind *kind, int64_t now)
{
    struct entry *entry = find(limit, kind, now);
    if (is_over(entry, now))
        entry->written = 0;
    entry->last = now;
    if (entry->written < AUDIT_BURST) {
        entry->written++;
        entry->told = now;
        return true;
    }
    entry->counted++;
    return false;
}

bool audit_limit_waits(const struct audit_limit *limit)
{
    for (size_t i = 0; i < limit->count; i++)
        if (limit->entries[i].counted > 0)
            return true;
    return limit->rest.counted > 0;
}

static void tell(struct entry *entry, int64_t now, audit_limit_cb *each, void *arg)
{
    if (entry->counted == 0 || now - entry->told < AUDIT_MINUTE_MS)
        return;
    each(arg, &entry->kind, entry->counted);
    entry->counted = 0;
    entry->told = now;
}

void audit_limit_tell(struct audit_limit *limit, int64_t now, audit_limit_cb *each, void *arg)
{
    for (size_t i = 0; i < limit->count; i++)
        tell(&limit->entries[i], now, each, arg);
    tell(&limit->rest, now, each, arg);
}
