/* Writes are queued; what is read whole at start is read by statements of the moment. */
#include "daemon/store/store_people.h"
#include "daemon/store/store_internal.h"
#include "shared/log.h"
#include <stdio.h>
#include <string.h>

/* --- writes --- */

void store_put_user(struct store *store, const struct store_user *user)
{
    int64_t numbers[] = {user->disabled, user->created};
    struct op_text texts[] = {op_text_of(user->name), op_text_of(user->role), op_text_of(user->settings)};

    store_queue(store, OP_PUT_USER, numbers, texts);
}

void store_put_key(struct store *store, const struct store_key *key)
{
    struct op_text texts[] = {op_text_of(key->key), op_text_of(key->user), op_text_of(key->label)};

    store_queue(store, OP_PUT_KEY, &key->created, texts);
}

void store_put_token(struct store *store, const struct store_token *token)
{
    int64_t numbers[] = {token->created, token->expires};
    struct op_text texts[] = {op_text_of(token->id), op_text_of(token->user), op_text_of(token->hash),
                              op_text_of(token->label), op_text_of(token->scope)};

    store_queue(store, OP_PUT_TOKEN, numbers, texts);
}

void store_put_ticket(struct store *store, const struct store_ticket *ticket)
{
    int64_t numbers[] = {ticket->expires, ticket->uses};
    struct op_text texts[] = {op_text_of(ticket->id), op_text_of(ticket->hash), op_text_of(ticket->session),
                              op_text_of(ticket->role), op_text_of(ticket->by)};

    store_queue(store, OP_PUT_TICKET, numbers, texts);
}

void store_put_secret(struct store *store, const struct store_secret *secret)
{
    struct op_text texts[] = {op_text_of(secret->user), op_text_of(secret->name), op_text_of(secret->sealed)};

    store_queue(store, OP_PUT_SECRET, &secret->ts, texts);
}

void store_put_spent(struct store *store, const struct store_spent *spent)
{
    int64_t numbers[] = {spent->day, spent->input, spent->output, spent->cached, spent->turns, spent->micros};
    struct op_text text = op_text_of(spent->user);

    store_queue(store, OP_PUT_SPENT, numbers, &text);
}

void store_put_member(struct store *store, uint32_t session, const char *user, const char *role)
{
    int64_t number = session;
    struct op_text texts[] = {op_text_of(user), op_text_of(role)};

    store_queue(store, OP_PUT_MEMBER, &number, texts);
}

void store_delete_member(struct store *store, uint32_t session, const char *user)
{
    int64_t number = session;
    struct op_text text = op_text_of(user);

    store_queue(store, OP_DELETE_MEMBER, &number, &text);
}

void store_append_audit(struct store *store, const struct store_audit *record)
{
    int64_t numbers[] = {record->n, record->ts};
    struct op_text texts[] = {op_text_of(record->user), op_text_of(record->action),
                              op_text_of(record->object), op_text_of(record->detail),
                              op_text_of(record->hash)};

    store_queue(store, OP_APPEND_AUDIT, numbers, texts);
}

void store_drop_audit(struct store *store, int64_t n)
{
    store_queue(store, OP_DROP_AUDIT, &n, NULL);
}

static void delete_by(struct store *store, enum op_kind kind, const char *id)
{
    int64_t none = 0;
    struct op_text text = op_text_of(id);

    store_queue(store, kind, &none, &text);
}

void store_delete_user(struct store *store, const char *name)
{
    delete_by(store, OP_DELETE_USER, name);
}

void store_delete_key(struct store *store, const char *key)
{
    delete_by(store, OP_DELETE_KEY, key);
}

void store_delete_token(struct store *store, const char *id)
{
    delete_by(store, OP_DELETE_TOKEN, id);
}

void store_delete_ticket(struct store *store, const char *id)
{
    delete_by(store, OP_DELETE_TICKET, id);
}

void store_delete_secret(struct store *store, const char *user, const char *name)
{
    int64_t none = 0;
    struct op_text texts[] = {op_text_of(user), op_text_of(name)};

    store_queue(store, OP_DELETE_SECRET, &none, texts);
}

/* --- reads --- */

typedef void row_cb(void *arg, sqlite3_stmt *stmt);

/* ?1 is number, where sql has it. */
static enum err read_rows(struct store *store, const char *sql, int64_t number, row_cb *each, void *arg)
{
    sqlite3 *db = store->loader.db;
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    char why[192];

    if (code == SQLITE_OK && sqlite3_bind_parameter_count(stmt) > 0)
        code = sqlite3_bind_int64(stmt, 1, number);
    while (code == SQLITE_OK || code == SQLITE_ROW)
        if ((code = sqlite3_step(stmt)) == SQLITE_ROW)
            each(arg, stmt);
    if (code != SQLITE_DONE) {
        store_reason(db, code, why);
        log_error("store", "the store cannot be read: %s", why);
    }
    sqlite3_finalize(stmt);
    return code == SQLITE_DONE ? ERR_OK : ERR_STORE;
}

static const char *text_at(sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);

    return text ? text : "";
}

struct reading { /* what is called for each row: the one of its kind is set */
    void *arg;
    store_user_cb *user;
    store_key_cb *key;
    store_token_cb *token;
    store_ticket_cb *ticket;
    store_secret_cb *secret;
    store_spent_cb *spent;
    store_open_cb *open;
};

static void on_user(void *arg, sqlite3_stmt *stmt)
{
    const struct reading *reading = arg;
    struct store_user row = {.name = text_at(stmt, 0),
                             .role = text_at(stmt, 1),
                             .settings = text_at(stmt, 2),
                             .disabled = sqlite3_column_int(stmt, 3) != 0,
                             .created = sqlite3_column_int64(stmt, 4)};

    reading->user(reading->arg, &row);
}

enum err store_users(struct store *store, store_user_cb *each, void *arg)
{
    struct reading reading = {.arg = arg, .user = each};

    return read_rows(store,
                     "SELECT name, role, settings, disabled, created FROM users ORDER BY created, name", 0,
                     on_user, &reading);
}

static void on_key(void *arg, sqlite3_stmt *stmt)
{
    const struct reading *reading = arg;
    struct store_key row = {.key = text_at(stmt, 0),
                            .user = text_at(stmt, 1),
                            .label = text_at(stmt, 2),
                            .created = sqlite3_column_int64(stmt, 3)};

    reading->key(reading->arg, &row);
}

enum err store_keys(struct store *store, store_key_cb *each, void *arg)
{
    struct reading reading = {.arg = arg, .key = each};

    return read_rows(store, "SELECT key, user, label, created FROM keys ORDER BY created, key", 0, on_key,
                     &reading);
}

static void on_token(void *arg, sqlite3_stmt *stmt)
{
    const struct reading *reading = arg;
    struct store_token row = {.id = text_at(stmt, 0),
                              .user = text_at(stmt, 1),
                              .hash = text_at(stmt, 2),
                              .label = text_at(stmt, 3),
                              .scope = text_at(stmt, 4),
                              .created = sqlite3_column_int64(stmt, 5),
                              .expires = sqlite3_column_int64(stmt, 6)};

    reading->token(reading->arg, &row);
}

enum err store_tokens(struct store *store, store_token_cb *each, void *arg)
{
    struct reading reading = {.arg = arg, .token = each};

    return read_rows(store,
                     "SELECT id, user, hash, label, scope, created, expires FROM tokens ORDER BY created, id",
                     0, on_token, &reading);
}

static void on_ticket(void *arg, sqlite3_stmt *stmt)
{
    const struct reading *reading = arg;
    struct store_ticket row = {.id = text_at(stmt, 0),
                               .hash = text_at(stmt, 1),
                               .session = text_at(stmt, 2),
                               .role = text_at(stmt, 3),
                               .by = text_at(stmt, 4),
                               .expires = sqlite3_column_int64(stmt, 5),
                               .uses = sqlite3_column_int64(stmt, 6)};

    reading->ticket(reading->arg, &row);
}

enum err store_tickets(struct store *store, store_ticket_cb *each, void *arg)
{
    struct reading reading = {.arg = arg, .ticket = each};

    return read_rows(store, "SELECT id, hash, session, role, by, expires, uses FROM tickets ORDER BY id", 0,
                     on_ticket, &reading);
}

static void on_secret(void *arg, sqlite3_stmt *stmt)
{
    const struct reading *reading = arg;
    struct store_secret row = {.user = text_at(stmt, 0),
                               .name = text_at(stmt, 1),
                               .sealed = text_at(stmt, 2),
                               .ts = sqlite3_column_int64(stmt, 3)};

    reading->secret(reading->arg, &row);
}

enum err store_secrets(struct store *store, store_secret_cb *each, void *arg)
{
    struct reading reading = {.arg = arg, .secret = each};

    return read_rows(store, "SELECT user, name, sealed, ts FROM secrets ORDER BY user, name", 0, on_secret,
                     &reading);
}

static void on_spent(void *arg, sqlite3_stmt *stmt)
{
    const struct reading *reading = arg;
    struct store_spent row = {.user = text_at(stmt, 0),
                              .day = sqlite3_column_int64(stmt, 1),
                              .input = sqlite3_column_int64(stmt, 2),
                              .output = sqlite3_column_int64(stmt, 3),
                              .cached = sqlite3_column_int64(stmt, 4),
                              .turns = sqlite3_column_int64(stmt, 5),
                              .micros = sqlite3_column_int64(stmt, 6)};

    reading->spent(reading->arg, &row);
}

enum err store_spents(struct store *store, int64_t day, store_spent_cb *each, void *arg)
{
    struct reading reading = {.arg = arg, .spent = each};

    return read_rows(store,
                     "SELECT user, day, input, output, cached, turns, micros FROM spent WHERE day >= ?1"
                     " ORDER BY day, user",
                     day, on_spent, &reading);
}

enum err store_owned_by(struct store *store, const char *user, store_owned_cb *each, void *arg)
{
    sqlite3 *db = store->loader.db;
    sqlite3_stmt *stmt = NULL;
    int code =
        sqlite3_prepare_v2(db, "SELECT sid FROM sessions WHERE owner = ?1 ORDER BY key", -1, &stmt, NULL);
    char why[192];

    if (code == SQLITE_OK)
        code = sqlite3_bind_text(stmt, 1, user, -1, SQLITE_STATIC);
    while (code == SQLITE_OK || code == SQLITE_ROW)
        if ((code = sqlite3_step(stmt)) == SQLITE_ROW)
            each(arg, text_at(stmt, 0));
    if (code != SQLITE_DONE) {
        store_reason(db, code, why);
        log_error("store", "the sessions of a user cannot be read: %s", why);
    }
    sqlite3_finalize(stmt);
    return code == SQLITE_DONE ? ERR_OK : ERR_STORE;
}

static void on_open(void *arg, sqlite3_stmt *stmt)
{
    const struct reading *reading = arg;

    reading->open(reading->arg, text_at(stmt, 0), (size_t)sqlite3_column_int64(stmt, 1));
}

enum err store_open_of_each(struct store *store, store_open_cb *each, void *arg)
{
    struct reading reading = {.arg = arg, .open = each};

    return read_rows(store,
                     "SELECT owner, count(*) FROM sessions WHERE archived = 0 AND ended = 0 GROUP BY owner",
                     0, on_open, &reading);
}

static void on_owned(void *arg, const char *sid)
{
    (void)sid;
    *(bool *)arg = true;
}

bool store_owns(struct store *store, const char *user)
{
    bool owns = false;

    return store_owned_by(store, user, on_owned, &owns) != ERR_OK || owns;
}

enum err store_shared_with(struct store *store, const char *user, store_shared_cb *each, void *arg)
{
    sqlite3 *db = store->loader.db;
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(
        db, "SELECT s.sid FROM members AS m JOIN sessions AS s ON s.key = m.session WHERE m.user = ?1", -1,
        &stmt, NULL);
    char why[192];

    if (code == SQLITE_OK)
        code = sqlite3_bind_text(stmt, 1, user, -1, SQLITE_STATIC);
    while (code == SQLITE_OK || code == SQLITE_ROW)
        if ((code = sqlite3_step(stmt)) == SQLITE_ROW)
            each(arg, text_at(stmt, 0));
    if (code != SQLITE_DONE) {
        store_reason(db, code, why);
        log_error("store", "the store cannot be read: %s", why);
    }
    sqlite3_finalize(stmt);
    return code == SQLITE_DONE ? ERR_OK : ERR_STORE;
}

struct head {
    int64_t n;
    char *hash;
};

static void on_head(void *arg, sqlite3_stmt *stmt)
{
    struct head *head = arg;

    head->n = sqlite3_column_int64(stmt, 0);
    snprintf(head->hash, 64, "%s", text_at(stmt, 1));
}

enum err store_audit_head(struct store *store, int64_t *n, char hash[64])
{
    struct head head = {.hash = hash};

    hash[0] = '\0';
    enum err code = read_rows(store, "SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1", 0, on_head, &head);
    *n = head.n;
    return code;
}
