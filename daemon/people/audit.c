/* The audit. The newest record's number and hash are in memory, so that records are queued in the order in
 * which things happen and never wait for the disk. */
#include "daemon/people/audit.h"

#include "daemon/server.h"
#include "daemon/store/store_people.h"
#include "proto/chain.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    USER_MAX = 64,
    OBJECT_MAX = 256,
    DROP_AT_ONCE = 256 /* records beyond audit.keep before the oldest are dropped */
};

#define NUMBER_MAX (INT64_C(1) << 60)

struct audit {
    struct server *server;
    int64_t first, n; /* the oldest and the newest record's numbers */
    char hash[64];    /* the newest one's */
    struct audit_limit *limit;
    uv_timer_t *tick; /* while something was counted that is yet to be told */
};

/* Of what anybody can cause as often as they like, and nothing is changed by. */
static bool is_limited(const char *action, const struct principal *who)
{
    static const char *const actions[] = {"lend.offer", "lend.withdraw", "login",
                                          "pair.start", "refused",       "secret.use"};
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(action, actions[i]) == 0)
            return true;
    return who && !who->user[0];
}

static void name_of(const struct principal *who, char name[USER_MAX])
{
    unsigned char key[KEY_BYTES];
    name[0] = '\0';
    if (who && who->user[0])
        snprintf(name, USER_MAX, "%s", who->user);
    else if (who && key_parse(who->key, key))
        key_fingerprint(key, name);
    else if (who)
        snprintf(name, USER_MAX, "stranger:");
}

/* --- records --- */

static void append(struct audit *audit, const char *user, const char *action, const char *object,
                   const char *detail)
{
    struct chain_record record = {.n = audit->n + 1,
                                  .ts = clock_wall_ms(),
                                  .user = user,
                                  .action = action,
                                  .object = object,
                                  .detail = detail};
    char hash[CHAIN_HASH_LEN + 1];
    chain_hash(audit->hash, &record, hash);
    snprintf(audit->hash, sizeof audit->hash, "%s", hash);
    audit->n = record.n;
    if (audit->first == 0)
        audit->first = record.n;
    struct store_audit row = {record.n, record.ts, user, action, object, detail, hash};
    store_append_audit(audit->server->store, &row);
}

/* In one commit with the record that says so. */
static void drop_old(struct audit *audit)
{
    int64_t keep = config_number(audit->server->config, OPTION_AUDIT_KEEP), found;
    int64_t from = audit->n - keep + 2; /* with the record about it there are so many */
    char hash[64], object[24], detail[CHAIN_HASH_LEN + 96];
    if (audit->n - audit->first < keep + DROP_AT_ONCE || store_failing(audit->server->store) ||
        store_audit_at(audit->server->store, from - 1, &found, hash) != ERR_OK || found != from - 1)
        return;
    snprintf(object, sizeof object, "%lld", (long long)from);
    snprintf(detail, sizeof detail, "%s is the hash of record %lld, the last of those that were dropped",
             hash, (long long)found);
    store_join(audit->server->store);
    append(audit, "", CHAIN_DROPPED, object, detail);
    store_drop_audit(audit->server->store, from);
    audit->first = from;
}

/* --- what is counted --- */

static void on_counted(void *arg, const struct audit_kind *kind, uint64_t count)
{
    char detail[96];
    snprintf(detail, sizeof detail, "%llu more of these, not written one by one", (unsigned long long)count);
    append(arg, kind->user, kind->action, kind->object, detail);
}

static void on_tick(uv_timer_t *timer)
{
    struct audit *audit = timer->data;
    audit_limit_tell(audit->limit, clock_steady_ms(), on_counted, audit);
    drop_old(audit);
    if (!audit_limit_waits(audit->limit))
        uv_timer_stop(timer);
}

/* What a stranger names could be anything: it makes no kind of its own. */
static bool takes(struct audit *audit, const struct principal *who, const char *action, const char *object)
{
    struct audit_kind kind = {.action = ""};
    bool known = who && who->user[0];
    snprintf(kind.action, sizeof kind.action, "%s", action);
    snprintf(kind.user, sizeof kind.user, "%s", known ? who->user : "");
    snprintf(kind.object, sizeof kind.object, "%s", known ? object : "");
    if (audit_limit_take(audit->limit, &kind, clock_steady_ms()))
        return true;
    if (!uv_is_active((uv_handle_t *)audit->tick))
        uv_timer_start(audit->tick, on_tick, AUDIT_MINUTE_MS, AUDIT_MINUTE_MS);
    return false;
}

void audit_record(struct server *server, const struct principal *who, const char *action, const char *object,
                  const char *format, ...)
{
    struct audit *audit = server->audit;
    if (!audit || (is_limited(action, who) && !takes(audit, who, action, object)))
        return;
    char text[AUDIT_DETAIL_MAX + 1] = "", name[USER_MAX];
    size_t len = 0;
    if (format) {
        va_list args;
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        len = strlen(text);
    }
    if (who && who->token[0])
        snprintf(text + len, sizeof text - len, "%s[token %s]", len ? " " : "", who->token);
    char *detail = sanitise_line(text, strlen(text), AUDIT_DETAIL_MAX);
    char *about = sanitise_line(object, strlen(object), OBJECT_MAX);
    name_of(who, name);
    append(audit, name, action, about, detail);
    drop_old(audit);
    free(detail);
    free(about);
}

int64_t audit_head(const struct audit *audit, const char **hash)
{
    *hash = audit->hash;
    return audit->n;
}

/* --- life --- */

struct audit *audit_open(struct server *server)
{
    struct audit *audit = xcalloc(1, sizeof *audit);
    char hash[64];
    audit->server = server;
    store_audit_head(server->store, &audit->n, audit->hash);
    store_audit_at(server->store, 1, &audit->first, hash);
    if (audit->n < 0 || audit->n > NUMBER_MAX) { /* nobody has written so many */
        log_error("audit",
                  "its last record has the number %lld: somebody has written that; see stoa audit --verify",
                  (long long)audit->n);
        audit->n = audit->first = 0;
    }
    audit->limit = audit_limit_new();
    audit->tick = xcalloc(1, sizeof *audit->tick);
    uv_timer_init(server->loop, audit->tick);
    audit->tick->data = audit;
    if (audit->n > 0) /* where the log is kept elsewhere, this holds against one who rewrites the store */
        log_info("audit", "goes on after record=%lld hash=%s", (long long)audit->n, audit->hash);
    return audit;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

void audit_close(struct audit **slot)
{
    struct audit *audit = *slot;
    if (!audit)
        return;
    audit_limit_tell(audit->limit, INT64_MAX, on_counted, audit);
    audit_limit_free(&audit->limit);
    uv_close((uv_handle_t *)audit->tick, on_closed);
    free(audit);
    *slot = NULL;
}
