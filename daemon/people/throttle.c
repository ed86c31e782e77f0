/* How often may be asked. Users are remembered while something is missing from their buckets. */
#include "daemon/people/throttle.h"

#include "daemon/people/users.h"
#include "daemon/server.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND_MS = 1000, MINUTE_MS = 60000, USERS_TIDY = 64 };

struct asker { /* one user, on all connections */
    const char *user;
    struct bucket requests, excess, rights;
    int64_t cut_at; /* steady µs; 0: never */
    struct asker *next;
};

struct throttle {
    struct server *server;
    void *tree; /* of struct asker by user */
    struct asker *all;
    size_t count, tidy_at;
    uint64_t cuts;
    struct log_seldom told;
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct asker *)a)->user, ((const struct asker *)b)->user);
}

/* --- users --- */

static void asker_free(struct asker *asker)
{
    free((char *)asker->user);
    free(asker);
}

static bool is_idle(const struct asker *asker, int64_t now_us)
{
    return bucket_is_full(&asker->requests, now_us) && bucket_is_full(&asker->excess, now_us) &&
           bucket_is_full(&asker->rights, now_us) &&
           (!asker->cut_at || now_us - asker->cut_at > THROTTLE_PENALTY_MS * INT64_C(1000));
}

/* Forgets those from whom nothing is missing. */
static void tidy(struct throttle *throttle, int64_t now_us)
{
    for (struct asker **at = &throttle->all; *at;) {
        struct asker *asker = *at;
        if (!is_idle(asker, now_us)) {
            at = &asker->next;
            continue;
        }
        *at = asker->next;
        tdelete(asker, &throttle->tree, compare);
        asker_free(asker);
        throttle->count--;
    }
    throttle->tidy_at = 2 * throttle->count > USERS_TIDY ? 2 * throttle->count : USERS_TIDY;
}

static struct asker *asker_of(struct throttle *throttle, const char *user, int64_t now_us)
{
    struct asker key = {.user = user}, **found = tfind(&key, &throttle->tree, compare);
    if (found)
        return *found;
    if (throttle->count >= throttle->tidy_at)
        tidy(throttle, now_us);
    struct asker *asker = xcalloc(1, sizeof *asker);
    asker->user = xstrdup(user);
    asker->next = throttle->all;
    throttle->all = asker;
    throttle->count++;
    tsearch(asker, &throttle->tree, compare);
    return asker;
}

/* --- limits --- */

/* *quota: what is set for the user, a minute; 0: nothing is. */
static struct bucket_rate rate_of_user(const struct throttle *throttle, const char *user, int64_t connection,
                                       int64_t *quota)
{
    *quota = users_quota(throttle->server->users, user, QUOTA_REQUESTS);
    if (*quota < 0)
        *quota = 1;
    if (*quota > 0)
        return bucket_rate(*quota, MINUTE_MS, MINUTE_MS);
    return bucket_rate(THROTTLE_CONNECTIONS * connection, SECOND_MS, THROTTLE_BURST_MS);
}

static int64_t weight(enum method method, size_t bytes)
{
    int64_t tokens = 1 + (int64_t)(bytes / THROTTLE_BYTES);
    return method == METHOD_MESSAGE_SEARCH ? tokens + THROTTLE_SEARCH - 1 : tokens;
}

static bool is_ping(enum method method)
{
    return method == METHOD_SERVER_PING || method == METHOD_SERVER_HELLO;
}

static void say(char error[256], const char *user, int64_t connection, int64_t quota, bool by_user, bool ping)
{
    if (ping)
        snprintf(error, 256,
                 "this connection pings more than %" PRId64 " times a second (limits.connection_requests)",
                 connection);
    else if (!by_user)
        snprintf(error, 256,
                 "this connection asks more than %" PRId64
                 " times a second (limits.connection_requests); wait, then go on",
                 connection);
    else if (quota > 0)
        snprintf(error, 256,
                 "%.64s asks more than %" PRId64 " times a minute (quota.requests); wait, then go on",
                 user[0] ? user : "strangers", quota);
    else
        snprintf(error, 256,
                 "%.64s asks more than %" PRId64
                 " times a second on all connections together (%d times limits.connection_requests)",
                 user[0] ? user : "strangers", THROTTLE_CONNECTIONS * connection, THROTTLE_CONNECTIONS);
}

/* --- asking --- */

static void begin(struct throttled *connection, const struct asker *asker, struct bucket_rate rate,
                  int64_t now_us)
{
    connection->begun = true;
    if (!asker->cut_at || now_us - asker->cut_at > THROTTLE_PENALTY_MS * INT64_C(1000))
        return;
    bucket_drain(&connection->requests, rate, THROTTLE_PENALTY_LEFT, now_us);
    bucket_drain(&connection->pings, rate, THROTTLE_PENALTY_LEFT, now_us);
}

/* It was refused: whether that is far beyond what anybody does who waits when told to. */
static enum throttle_verdict refuse(struct asker *asker, int64_t connection, int64_t tokens, int64_t now_us)
{
    int64_t wait_us, rate = connection > 0 ? connection : 1;
    struct bucket_rate excess = bucket_rate(THROTTLE_EXCESS * rate, SECOND_MS, THROTTLE_EXCESS_MS);
    if (bucket_take(&asker->excess, excess, tokens, now_us, &wait_us))
        return THROTTLE_WAIT;
    asker->cut_at = now_us;
    return THROTTLE_CUT;
}

static int told_ms(int64_t wait_us)
{
    int64_t wait_ms = wait_us / 1000 + 1;
    return (int)(wait_ms < THROTTLE_WAIT_MAX_MS ? wait_ms : THROTTLE_WAIT_MAX_MS);
}

static void log_cut(struct throttle *throttle, const char *user, const char *error)
{
    uint64_t count = log_seldom(&throttle->told, ++throttle->cuts);
    if (count > 0)
        log_warn("client", "cut for asking on and on, connections=%" PRIu64 " the last one's user=%s: %s",
                 count, user[0] ? user : "none", error);
}

enum throttle_verdict throttle_ask(struct throttle *throttle, struct throttled *connection, const char *user,
                                   enum method method, size_t bytes, int64_t now_us, int *retry_ms,
                                   char error[256])
{
    int64_t per_second = config_number(throttle->server->config, OPTION_LIMITS_CONNECTION_REQUESTS);
    struct bucket_rate rate = bucket_rate(per_second, SECOND_MS, THROTTLE_BURST_MS);
    int64_t tokens = weight(method, bytes), quota = 0, wait_us = 0;
    struct asker *asker = asker_of(throttle, user, now_us);
    bool ping = is_ping(method), by_user = false;
    if (!connection->begun)
        begin(connection, asker, rate, now_us);
    bool passes =
        bucket_take(ping ? &connection->pings : &connection->requests, rate, tokens, now_us, &wait_us);
    if (passes && !ping) {
        struct bucket_rate all = rate_of_user(throttle, user, per_second, &quota);
        by_user = true;
        passes = bucket_take(&asker->requests, all, tokens, now_us, &wait_us);
    }
    connection->over = !passes;
    if (passes)
        return THROTTLE_PASS;
    *retry_ms = told_ms(wait_us);
    say(error, user, per_second, quota, by_user, ping);
    enum throttle_verdict verdict = refuse(asker, per_second, tokens, now_us);
    if (verdict == THROTTLE_CUT)
        log_cut(throttle, user, error);
    return verdict;
}

/* --- rights --- */

/* In answers; 0 of what changes none. */
static int64_t rights_weight(enum method method)
{
    switch (method) {
    case METHOD_QUESTION_ANSWER:
        return 1;
    case METHOD_RULE_ADD:
    case METHOD_RULE_REMOVE:
    case METHOD_SECRET_REMOVE:
    case METHOD_SECRET_SET:
    case METHOD_SESSION_DELETE:
    case METHOD_SESSION_SHARE:
    case METHOD_SESSION_TICKET:
    case METHOD_SESSION_UNSHARE:
    case METHOD_TICKET_REVOKE:
    case METHOD_TOKEN_ISSUE:
    case METHOD_TOKEN_REVOKE:
    case METHOD_USER_KEY_ADD:
    case METHOD_USER_KEY_REVOKE:
        return THROTTLE_RIGHTS;
    default:
        return 0;
    }
}

bool throttle_rights(struct throttle *throttle, const char *user, enum method method, int64_t now_us,
                     int *retry_ms, char error[256])
{
    int64_t tokens = rights_weight(method), wait_us = 0;
    int64_t most = config_number(throttle->server->config, OPTION_LIMITS_RIGHTS_CHANGES);
    struct bucket_rate rate = bucket_rate(THROTTLE_RIGHTS * most, MINUTE_MS, MINUTE_MS);
    if (tokens == 0 || bucket_take(&asker_of(throttle, user, now_us)->rights, rate, tokens, now_us, &wait_us))
        return true;
    *retry_ms = told_ms(wait_us);
    snprintf(error, 256,
             "%.64s changes rights more than %" PRId64
             " times a minute (limits.rights_changes); try again in %d s",
             user, most, (*retry_ms + SECOND_MS - 1) / SECOND_MS);
    return false;
}

/* --- life --- */

struct throttle *throttle_open(struct server *server)
{
    struct throttle *throttle = xcalloc(1, sizeof *throttle);
    throttle->server = server;
    throttle->tidy_at = USERS_TIDY;
    return throttle;
}

static void keep(void *node)
{
    (void)node;
}

void throttle_close(struct throttle **slot)
{
    struct throttle *throttle = *slot;
    if (!throttle)
        return;
    tdestroy(throttle->tree, keep);
    while (throttle->all) {
        struct asker *asker = throttle->all;
        throttle->all = asker->next;
        asker_free(asker);
    }
    free(throttle);
    *slot = NULL;
}
