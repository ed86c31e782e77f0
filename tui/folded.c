#include "tui/folded.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

struct entry {
    char id[ID_MAX];
    struct folds folds;
};

struct folded {
    struct folds others;
    struct entry entries[FOLDED_MAX]; /* a ring */
    size_t count, next;
};

struct folded *folded_new(void)
{
    return xcalloc(1, sizeof(struct folded));
}

void folded_free(struct folded **folded)
{
    free(*folded);
    *folded = NULL;
}

static const struct entry *find(const struct folded *folded, const char *id)
{
    for (size_t i = 0; i < folded->count; i++)
        if (strcmp(folded->entries[i].id, id) == 0)
            return &folded->entries[i];
    return NULL;
}

const struct folds *folded_get(const struct folded *folded, const char *id)
{
    const struct entry *entry = find(folded, id);

    return entry ? &entry->folds : &folded->others;
}

void folded_set(struct folded *folded, const char *id, const struct folds *folds)
{
    const struct entry *known = find(folded, id);
    struct entry *entry = known ? &folded->entries[known - folded->entries] : &folded->entries[folded->next];
    size_t len = strlen(id);

    if (len >= sizeof entry->id)
        return;
    if (!known) {
        folded->next = (folded->next + 1) % FOLDED_MAX;
        folded->count += folded->count < FOLDED_MAX;
    }
    entry->folds = *folds;
    memcpy(entry->id, id, len + 1);
}

void folded_toggle_all(struct folded *folded)
{
    bool unfolded = !folded->others.unfolded;

    folded_clear(folded);
    folded->others.unfolded = unfolded;
}

void folded_clear(struct folded *folded)
{
    memset(folded, 0, sizeof *folded);
}
