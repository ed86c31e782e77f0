/* Codes of six digits, and who has guessed wrongly. */
#include "daemon/people/pairs.h"

#include "daemon/socket/address.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wrong { /* an address that was */
    struct address address;
    int count;
    int64_t last; /* steady ms */
};

struct pairs {
    struct pair all[PAIRS_MAX];
    size_t count;
    struct wrong *wrong;
    size_t wrong_count;
};

struct pairs *pairs_open(void)
{
    return xcalloc(1, sizeof(struct pairs));
}

void pairs_close(struct pairs **slot)
{
    struct pairs *pairs = *slot;
    if (!pairs)
        return;
    free(pairs->wrong);
    explicit_bzero(pairs, sizeof *pairs);
    free(pairs);
    *slot = NULL;
}

/* --- codes --- */

static void end(struct pairs *pairs, size_t at)
{
    pairs->all[at] = pairs->all[--pairs->count];
    explicit_bzero(&pairs->all[pairs->count], sizeof pairs->all[0]);
}

static void end_old(struct pairs *pairs, int64_t now)
{
    for (size_t i = pairs->count; i-- > 0;)
        if (now >= pairs->all[i].expires || pairs->all[i].wrong >= PAIR_TRIES)
            end(pairs, i);
}

void pairs_end(struct pairs *pairs, const char *user)
{
    for (size_t i = pairs->count; i-- > 0;)
        if (strcmp(pairs->all[i].user, user) == 0)
            end(pairs, i);
}

bool pairs_next_killed(struct pairs *pairs, struct pair *pair)
{
    size_t at = 0;
    while (at < pairs->count && pairs->all[at].wrong < PAIR_TRIES)
        at++;
    if (at == pairs->count)
        return false;
    *pair = pairs->all[at];
    end(pairs, at);
    return true;
}

static bool listens(const struct pair *pair, const struct address *from)
{
    struct address around;
    int nearby = 0;
    address_around(from, &around);
    for (int i = 0; i < pair->wrong; i++)
        nearby += address_equal(&pair->wrongs[i].around, &around);
    return nearby < PAIR_NEARBY_TRIES && (!pair->is_only || address_equal(&pair->only, from));
}

/* The place of the code, or count; from NULL: whomever it listens to. The time it takes says nothing of the
 * digits. */
static size_t find(const struct pairs *pairs, const char *code, const struct address *from)
{
    size_t found = pairs->count;
    for (size_t i = 0; i < pairs->count; i++)
        if ((!from || listens(&pairs->all[i], from)) && key_equal(pairs->all[i].code, code))
            found = i;
    return found;
}

enum err pairs_start(struct pairs *pairs, const char *user, const char *key, const struct route *route,
                     const struct address *only, int64_t now, struct pair *made, char error[256])
{
    end_old(pairs, now);
    pairs_end(pairs, user);
    if (pairs->count == PAIRS_MAX) {
        snprintf(error, 256, "%d codes wait to be used already; try again in two minutes", PAIRS_MAX);
        return ERR_BUSY;
    }
    *made = (struct pair){.route = *route, .expires = now + PAIR_LIFE_MS, .is_only = only != NULL};
    if (only)
        made->only = *only;
    snprintf(made->user, sizeof made->user, "%s", user);
    snprintf(made->key, sizeof made->key, "%s", key);
    do
        snprintf(made->code, sizeof made->code, "%06u", key_below(1000000));
    while (find(pairs, made->code, NULL) < pairs->count); /* of two that are equal one would win by chance */
    pairs->all[pairs->count++] = *made;
    return ERR_OK;
}

/* --- addresses --- */

static struct wrong *wrong_of(struct pairs *pairs, const struct address *address)
{
    for (size_t i = 0; i < pairs->wrong_count; i++)
        if (address_equal(&pairs->wrong[i].address, address))
            return &pairs->wrong[i];
    return NULL;
}

static void forget_old(struct pairs *pairs, int64_t now)
{
    for (size_t i = pairs->wrong_count; i-- > 0;)
        if (now - pairs->wrong[i].last >= PAIR_DEAF_MS)
            pairs->wrong[i] = pairs->wrong[--pairs->wrong_count];
}

static void count_wrong(struct pairs *pairs, const struct address *address, int64_t now)
{
    struct wrong *wrong = wrong_of(pairs, address);
    if (!wrong) {
        if (!pairs->wrong)
            pairs->wrong = xcalloc(PAIR_ADDRESSES, sizeof pairs->wrong[0]);
        wrong = &pairs->wrong[0];
        for (size_t i = 1; i < pairs->wrong_count; i++)
            if (pairs->wrong[i].last < wrong->last)
                wrong = &pairs->wrong[i];
        if (pairs->wrong_count < PAIR_ADDRESSES)
            wrong = &pairs->wrong[pairs->wrong_count++];
        *wrong = (struct wrong){.address = *address};
    }
    wrong->count++;
    wrong->last = now;
}

static void note_wrong(struct pair *pair, const struct address *from, const char *address)
{
    struct pair_wrong *wrong = &pair->wrongs[pair->wrong++];
    address_around(from, &wrong->around);
    snprintf(wrong->text, sizeof wrong->text, "%s", address);
}

enum pair_fate pairs_try(struct pairs *pairs, const char *code, const char *address, int64_t now,
                         struct pair *pair)
{
    end_old(pairs, now);
    forget_old(pairs, now);
    struct address from;
    if (!address_of_text(address, &from))
        memset(&from, 0, sizeof from);
    const struct wrong *wrong = wrong_of(pairs, &from);
    if (wrong && wrong->count >= PAIR_ADDRESS_TRIES)
        return PAIR_DEAF;
    size_t at = find(pairs, code, &from);
    if (at < pairs->count) {
        *pair = pairs->all[at];
        end(pairs, at);
        return PAIR_GOOD;
    }
    for (size_t i = 0; i < pairs->count; i++)
        if (listens(&pairs->all[i], &from))
            note_wrong(&pairs->all[i], &from, address);
    count_wrong(pairs, &from, now);
    return PAIR_WRONG;
}
