/* The small reads that the main thread makes itself, on a connection of its own. */
#include "daemon/store/store_internal.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const texts[LOAD_COUNT] = {
    [LOAD_SESSION] = "SELECT key, seq, archived, ended, owner, bytes, files FROM sessions WHERE sid = ?1",
    [LOAD_SNAPSHOT] = "SELECT seq, json FROM snapshots WHERE session = ?1",
    [LOAD_PARTIAL] = "SELECT message, json FROM partials WHERE session = ?1",
    [LOAD_EVENTS] = "SELECT key, ts, type, json FROM events WHERE key > ?1 AND key <= ?2 ORDER BY key",
    [LOAD_PLACE] = "SELECT key FROM messages WHERE id = ?1 AND key BETWEEN ?2 AND ?3",
    [LOAD_MESSAGES] = "SELECT key, json FROM messages WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT ?3",
    [LOAD_REPLY] = "SELECT reply FROM requests WHERE user = ?1 AND id = ?2",
    [LOAD_UNFINISHED] = "SELECT sid, key FROM sessions WHERE run <> 'idle' ORDER BY key",
    [LOAD_QUIET] = ("SELECT activity, key, sid FROM sessions WHERE owner = ?1 AND archived = 0"
                    " AND (activity, key) > (?2, ?3) ORDER BY activity, key LIMIT 1"),
    [LOAD_OWNER] = "SELECT min(owner) FROM sessions WHERE owner > ?1",
    [LOAD_COUNTS] = "SELECT count(*), total(archived), total(messages) FROM sessions",
    [LOAD_RULES] = "SELECT id, user, effect, pattern, ts FROM rules ORDER BY id",
};

bool loader_open(struct loader *loader, const char *path, char error[256])
{
    memset(loader, 0, sizeof *loader);
    loader->path = path;
    loader->db = store_open_reader(path, error);
    if (!loader->db)
        return false;
    for (int i = 0; i < LOAD_COUNT; i++)
        if (!store_prepare(loader->db, texts[i], &loader->statement[i], error)) {
            loader_clear(loader);
            return false;
        }
    return true;
}

void loader_clear(struct loader *loader)
{
    for (int i = 0; i < LOAD_COUNT; i++)
        sqlite3_finalize(loader->statement[i]);
    sqlite3_close(loader->db);
    memset(loader, 0, sizeof *loader);
}

/* Ends the read; false with a sentence in error (may be NULL: then it is logged) if code is a failure. */
static bool finish(struct loader *loader, sqlite3_stmt *stmt, int code, char *error)
{
    bool ok = code == SQLITE_ROW || code == SQLITE_DONE;
    char why[192];

    if (!ok) {
        store_reason(loader->db, code, why);
        if (error)
            snprintf(error, 256, "the store cannot be read: %s", why);
        else
            log_error("store", "the store cannot be read: %s", why);
    }
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return ok;
}

static char *copy_text(sqlite3_stmt *stmt, int column, size_t *len)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    size_t bytes = (size_t)sqlite3_column_bytes(stmt, column);
    char *copy = xmalloc(bytes + 1);

    if (bytes)
        memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    if (len)
        *len = bytes;
    return copy;
}

static enum err load_row(struct loader *loader, const char *sid, struct store_record *record, char error[256])
{
    sqlite3_stmt *stmt = loader->statement[LOAD_SESSION];
    int code;

    sqlite3_bind_text(stmt, 1, sid, -1, SQLITE_STATIC);
    code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        record->key = (uint32_t)sqlite3_column_int64(stmt, 0);
        record->seq = (uint64_t)sqlite3_column_int64(stmt, 1);
        record->archived = sqlite3_column_int(stmt, 2);
        record->ended = sqlite3_column_int(stmt, 3);
        record->owner = copy_text(stmt, 4, NULL);
        record->bytes = sqlite3_column_int64(stmt, 5);
        record->files = sqlite3_column_int64(stmt, 6);
    }
    if (!finish(loader, stmt, code, error))
        return ERR_STORE;
    if (code == SQLITE_ROW)
        return ERR_OK;
    snprintf(error, 256, "no session '%.40s'", sid);
    return ERR_NOT_FOUND;
}

static bool load_snapshot(struct loader *loader, struct store_record *record, char error[256])
{
    sqlite3_stmt *stmt = loader->statement[LOAD_SNAPSHOT];
    int code;

    sqlite3_bind_int64(stmt, 1, record->key);
    code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        record->snapshot_seq = (uint64_t)sqlite3_column_int64(stmt, 0);
        record->snapshot = copy_text(stmt, 1, &record->snapshot_len);
    }
    return finish(loader, stmt, code, error);
}

static bool load_partial(struct loader *loader, struct store_record *record, char error[256])
{
    sqlite3_stmt *stmt = loader->statement[LOAD_PARTIAL];
    int code;

    sqlite3_bind_int64(stmt, 1, record->key);
    code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        snprintf(record->partial_message, sizeof record->partial_message, "%s",
                 (const char *)sqlite3_column_text(stmt, 0));
        record->partial = copy_text(stmt, 1, &record->partial_len);
    }
    return finish(loader, stmt, code, error);
}

enum err store_load(struct store *store, const char *sid, struct store_record *record, char error[256])
{
    enum err code;

    memset(record, 0, sizeof *record);
    code = load_row(&store->loader, sid, record, error);
    if (code == ERR_OK &&
        !(load_snapshot(&store->loader, record, error) && load_partial(&store->loader, record, error)))
        code = ERR_STORE;
    if (code != ERR_OK)
        store_record_clear(record);
    return code;
}

void store_record_clear(struct store_record *record)
{
    free(record->owner);
    free(record->snapshot);
    free(record->partial);
    memset(record, 0, sizeof *record);
}

enum err store_load_events(struct store *store, uint32_t session, uint64_t after, store_event_cb *each,
                           void *arg, char error[256])
{
    sqlite3_stmt *stmt = store->loader.statement[LOAD_EVENTS];
    bool more = true;
    int code;

    sqlite3_bind_int64(stmt, 1, store_first_key(session) + (int64_t)after);
    sqlite3_bind_int64(stmt, 2, store_last_key(session));
    while (more && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        uint64_t seq = (uint64_t)sqlite3_column_int64(stmt, 0) & 0xffffffff;
        enum event_type type = event_type_parse((const char *)sqlite3_column_text(stmt, 2));
        const char *json = (const char *)sqlite3_column_text(stmt, 3);

        more =
            each(arg, seq, sqlite3_column_int64(stmt, 1), type, json, (size_t)sqlite3_column_bytes(stmt, 3));
    }
    return finish(&store->loader, stmt, code, error) ? ERR_OK : ERR_STORE;
}

enum err store_place(struct store *store, uint32_t session, const char *message, uint64_t *ordinal,
                     char error[256])
{
    sqlite3_stmt *stmt = store->loader.statement[LOAD_PLACE];
    int code;

    sqlite3_bind_text(stmt, 1, message, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 2, store_first_key(session));
    sqlite3_bind_int64(stmt, 3, store_last_key(session));
    code = sqlite3_step(stmt);
    if (code == SQLITE_ROW)
        *ordinal = (uint64_t)(sqlite3_column_int64(stmt, 0) - store_first_key(session));
    if (!finish(&store->loader, stmt, code, error))
        return ERR_STORE;
    if (code == SQLITE_ROW)
        return ERR_OK;
    snprintf(error, 256, "the session has no message '%.40s'", message);
    return ERR_NOT_FOUND;
}

/* The message of the row, if it is the one of that key. */
static json_t *read_message(sqlite3_stmt *stmt, int64_t key)
{
    const char *text = (const char *)sqlite3_column_text(stmt, 1);

    if (sqlite3_column_int64(stmt, 0) != key || !text)
        return NULL;
    return jsonx_parse(text, (size_t)sqlite3_column_bytes(stmt, 1), NULL);
}

json_t *store_messages(struct store *store, uint32_t session, uint64_t before, size_t limit, size_t bytes,
                       char error[256])
{
    sqlite3_stmt *stmt = store->loader.statement[LOAD_MESSAGES];
    int64_t key = store_first_key(session) + (int64_t)before;
    json_t *messages = json_array(), *message = NULL;
    size_t taken = 0;
    int code;

    sqlite3_bind_int64(stmt, 1, store_first_key(session));
    sqlite3_bind_int64(stmt, 2, key - 1);
    sqlite3_bind_int64(stmt, 3, (int64_t)limit);
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW && taken < bytes &&
           (message = read_message(stmt, --key))) {
        taken += (size_t)sqlite3_column_bytes(stmt, 1);
        json_array_insert_new(messages, 0, message);
    }
    if (finish(&store->loader, stmt, code, error))
        return messages;
    json_decref(messages);
    return NULL;
}

bool store_has(struct store *store, const char *sid)
{
    sqlite3_stmt *stmt = store->loader.statement[LOAD_SESSION];

    sqlite3_bind_text(stmt, 1, sid, -1, SQLITE_STATIC);
    int code = sqlite3_step(stmt);
    return !finish(&store->loader, stmt, code, NULL) || code == SQLITE_ROW;
}

char *store_reply(struct store *store, const char *user, const char *request)
{
    sqlite3_stmt *stmt = store->loader.statement[LOAD_REPLY];
    char *reply = NULL;
    int code;

    sqlite3_bind_text(stmt, 1, user, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, request, -1, SQLITE_STATIC);
    code = sqlite3_step(stmt);
    if (code == SQLITE_ROW)
        reply = copy_text(stmt, 0, NULL);
    finish(&store->loader, stmt, code, NULL);
    return reply;
}

enum err store_unfinished(struct store *store, store_unfinished_cb *each, void *arg)
{
    sqlite3_stmt *stmt = store->loader.statement[LOAD_UNFINISHED];
    size_t count = 0, room = 0;
    struct unfinished {
        char sid[ID_MAX];
        uint32_t key;
    } *list = NULL;
    int code;

    /* All rows first: the callback will want to load those sessions. */
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        if (count == room) {
            room = room ? room * 2 : 64;
            list = xreallocarray(list, room, sizeof *list);
        }
        snprintf(list[count].sid, sizeof list[count].sid, "%s", (const char *)sqlite3_column_text(stmt, 0));
        list[count++].key = (uint32_t)sqlite3_column_int64(stmt, 1);
    }
    if (!finish(&store->loader, stmt, code, NULL)) {
        free(list);
        return ERR_STORE;
    }
    for (size_t i = 0; i < count; i++)
        each(arg, list[i].sid, list[i].key);
    free(list);
    return ERR_OK;
}

/* The next session of the same owner. */
static bool next_of_owner(struct loader *loader, struct store_quiet *at)
{
    sqlite3_stmt *stmt = loader->statement[LOAD_QUIET];

    sqlite3_bind_text(stmt, 1, at->owner, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(stmt, 2, at->activity);
    sqlite3_bind_int64(stmt, 3, at->key);
    int code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        at->activity = sqlite3_column_int64(stmt, 0);
        at->key = (uint32_t)sqlite3_column_int64(stmt, 1);
        snprintf(at->sid, sizeof at->sid, "%s", (const char *)sqlite3_column_text(stmt, 2));
    }
    return finish(loader, stmt, code, NULL) && code == SQLITE_ROW;
}

/* Before the first session of the next owner. */
static bool next_owner(struct loader *loader, struct store_quiet *at)
{
    sqlite3_stmt *stmt = loader->statement[LOAD_OWNER];

    sqlite3_bind_text(stmt, 1, at->owner, -1, SQLITE_TRANSIENT);
    int code = sqlite3_step(stmt);
    const char *owner = code == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
    bool found = owner != NULL;
    if (found) {
        snprintf(at->owner, sizeof at->owner, "%s", owner);
        at->activity = INT64_MIN;
        at->key = 0;
    }
    return finish(loader, stmt, code, NULL) && found;
}

bool store_next_quiet(struct store *store, struct store_quiet *at)
{
    bool found = at->owner[0] && at->activity != INT64_MAX && next_of_owner(&store->loader, at);

    while (!found && next_owner(&store->loader, at))
        found = next_of_owner(&store->loader, at);
    return found;
}

size_t store_count_open(struct store *store)
{
    return (size_t)store_number(store->loader.db,
                                "SELECT count(*) FROM sessions WHERE archived = 0 AND ended = 0", 0);
}

enum err store_rules(struct store *store, store_rules_cb *each, void *arg)
{
    sqlite3_stmt *stmt = store->loader.statement[LOAD_RULES];
    int code;

    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct store_rule row = {.id = (const char *)sqlite3_column_text(stmt, 0),
                                 .user = (const char *)sqlite3_column_text(stmt, 1),
                                 .effect = (const char *)sqlite3_column_text(stmt, 2),
                                 .pattern = (const char *)sqlite3_column_text(stmt, 3),
                                 .ts = sqlite3_column_int64(stmt, 4)};

        each(arg, &row);
    }
    return finish(&store->loader, stmt, code, NULL) ? ERR_OK : ERR_STORE;
}

static uint64_t file_size(const char *path, const char *suffix)
{
    char *name = xasprintf("%s%s", path, suffix);
    struct stat st;
    uint64_t size = stat(name, &st) == 0 ? (uint64_t)st.st_size : 0;

    free(name);
    return size;
}

void store_counts(struct store *store, struct store_counts *counts)
{
    sqlite3_stmt *stmt = store->loader.statement[LOAD_COUNTS];
    int code = sqlite3_step(stmt);

    memset(counts, 0, sizeof *counts);
    if (code == SQLITE_ROW) {
        counts->sessions = (uint64_t)sqlite3_column_int64(stmt, 0);
        counts->archived = (uint64_t)sqlite3_column_int64(stmt, 1);
        counts->messages = (uint64_t)sqlite3_column_int64(stmt, 2);
    }
    finish(&store->loader, stmt, code, NULL);
    counts->bytes = file_size(store->path, "") + file_size(store->path, "-wal");
}
