/* The chain of the audit's records. */
#include "proto/chain.h"

#include "shared/xalloc.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_BYTES = 32 };

struct chain_check {
    int64_t n; /* of the last one that holds */
    char hash[CHAIN_HASH_LEN + 1];
    /* The first one, if it is not record 1: what it must follow is known only when a later record says it. */
    int64_t first, ts;
    char *user, *action, *object, *detail;
    char first_hash[CHAIN_HASH_LEN + 1];
    bool explained;
};

/* --- hashes --- */

static void put_number(crypto_generichash_state *state, uint64_t number)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(number >> (56 - 8 * i));
    crypto_generichash_update(state, bytes, sizeof bytes);
}

static void put_text(crypto_generichash_state *state, const char *text)
{
    size_t len = strlen(text);
    put_number(state, len);
    crypto_generichash_update(state, (const unsigned char *)text, len);
}

void chain_hash(const char *before, const struct chain_record *record, char hash[CHAIN_HASH_LEN + 1])
{
    crypto_generichash_state state;
    unsigned char bytes[HASH_BYTES];
    crypto_generichash_init(&state, NULL, 0, sizeof bytes);
    put_text(&state, before);
    put_number(&state, (uint64_t)record->n);
    put_number(&state, (uint64_t)record->ts);
    put_text(&state, record->user);
    put_text(&state, record->action);
    put_text(&state, record->object);
    put_text(&state, record->detail);
    crypto_generichash_final(&state, bytes, sizeof bytes);
    sodium_bin2base64(hash, CHAIN_HASH_LEN + 1, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* --- checks --- */

struct chain_check *chain_check_new(void)
{
    return xcalloc(1, sizeof(struct chain_check));
}

void chain_check_free(struct chain_check **slot)
{
    struct chain_check *check = *slot;
    if (!check)
        return;
    free(check->user);
    free(check->action);
    free(check->object);
    free(check->detail);
    free(check);
    *slot = NULL;
}

int64_t chain_check_n(const struct chain_check *check)
{
    return check->n;
}

const char *chain_check_hash(const struct chain_check *check)
{
    return check->hash;
}

static bool say_changed(int64_t n, char error[256])
{
    snprintf(error, 256,
             "record %lld was changed, or one before it was: its hash is not that of what it says",
             (long long)n);
    return false;
}

static void keep_first(struct chain_check *check, const struct chain_record *record)
{
    check->first = record->n;
    check->ts = record->ts;
    check->user = xstrdup(record->user);
    check->action = xstrdup(record->action);
    check->object = xstrdup(record->object);
    check->detail = xstrdup(record->detail);
    snprintf(check->first_hash, sizeof check->first_hash, "%s", record->hash);
}

/* A record may say what the first one follows. */
static bool explain(struct chain_check *check, const struct chain_record *record, char error[256])
{
    char before[CHAIN_HASH_LEN + 1], hash[CHAIN_HASH_LEN + 1], first[24];
    snprintf(first, sizeof first, "%lld", (long long)check->first);
    if (check->first <= 1 || strcmp(record->action, CHAIN_DROPPED) != 0 || strcmp(record->object, first) != 0)
        return true;
    snprintf(before, sizeof before, "%s", record->detail);
    struct chain_record kept = {.n = check->first,
                                .ts = check->ts,
                                .user = check->user,
                                .action = check->action,
                                .object = check->object,
                                .detail = check->detail};
    chain_hash(before, &kept, hash);
    if (strcmp(hash, check->first_hash) != 0)
        return say_changed(check->first, error);
    check->explained = true;
    return true;
}

bool chain_check_next(struct chain_check *check, const struct chain_record *record, char error[256])
{
    char hash[CHAIN_HASH_LEN + 1];
    bool begins = check->n == 0;
    if (record->n < 1 || (!begins && record->n - 1 != check->n)) {
        snprintf(error, 256, "record %llu is missing: record %lld comes after record %lld",
                 (unsigned long long)check->n + 1, (long long)record->n, (long long)check->n);
        return false;
    }
    if (strlen(record->hash) != CHAIN_HASH_LEN)
        return say_changed(record->n, error);
    if (begins && record->n > 1) {
        keep_first(check, record);
    } else {
        chain_hash(check->hash, record, hash);
        if (strcmp(hash, record->hash) != 0)
            return say_changed(record->n, error);
    }
    if (!explain(check, record, error))
        return false;
    check->n = record->n;
    snprintf(check->hash, sizeof check->hash, "%s", record->hash);
    return true;
}

bool chain_check_end(const struct chain_check *check, char error[256])
{
    if (check->first <= 1 || check->explained)
        return true;
    snprintf(error, 256,
             "the records before record %lld are missing, and no record says that they were dropped for "
             "their age",
             (long long)check->first);
    return false;
}
