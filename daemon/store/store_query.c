/* What the reader thread reads: the list of sessions, pages of history, the search. */
#include "daemon/store/store_internal.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Own sessions and those that are shared with the user; of a token that is for one session, that one. */
#define VISIBLE                                                                                              \
    "(s.owner = ?2 OR EXISTS(SELECT 1 FROM members WHERE user = ?2 AND session = s.key))"                    \
    " AND (?5 = '' OR s.sid = ?5)"

static const char *const texts[QUERY_COUNT] = {
    [QUERY_LIST] = "SELECT key, sid, title, run, model, created, activity, messages, archived, failed"
                   " FROM sessions WHERE owner = ?1 AND archived = ?2 AND (activity, key) < (?3, ?4)"
                   " AND (?6 = '' OR sid = ?6) ORDER BY activity DESC, key DESC LIMIT ?5",
    [QUERY_IS_MEMBER] = "SELECT 1 FROM members WHERE user = ?1 LIMIT 1",
    /* CROSS JOIN keeps the order: a user is a member of few. */
    [QUERY_SHARED] =
        "SELECT s.key, s.sid, s.title, s.run, s.model, s.created, s.activity, s.messages, s.archived,"
        " s.failed, s.owner,"
        " m.role FROM members AS m CROSS JOIN sessions AS s ON s.key = m.session"
        " WHERE m.user = ?1 AND s.archived = ?2 AND (s.activity, s.key) < (?3, ?4)"
        " AND (?6 = '' OR s.sid = ?6) AND s.owner <> ?1 ORDER BY s.activity DESC, s.key DESC LIMIT ?5",
    [QUERY_MESSAGE] = "SELECT key FROM messages WHERE id = ?1 AND key BETWEEN ?2 AND ?3",
    [QUERY_BEFORE] = "SELECT json, key, id, role, ts FROM messages WHERE key >= ?1 AND key < ?2"
                     " ORDER BY key DESC LIMIT ?3",
    [QUERY_AFTER] = "SELECT json, key, id, role, ts FROM messages WHERE key >= ?1 AND key < ?2"
                    " ORDER BY key LIMIT ?3",
    /* CROSS JOIN keeps the order: the index of words first. */
    [QUERY_BROAD] = "SELECT search.rowid FROM search CROSS JOIN sessions AS s ON s.key = (search.rowid >> 32)"
                    " WHERE search MATCH ?1 AND " VISIBLE " ORDER BY search.rowid DESC LIMIT 1 OFFSET ?3",
    [QUERY_SEARCH] = "SELECT s.sid, s.title, m.id, m.role, m.ts, snippet(search, 0, '', '', '…', 16), s.owner"
                     " FROM search CROSS JOIN messages AS m ON m.key = search.rowid"
                     " CROSS JOIN sessions AS s ON s.key = (search.rowid >> 32)"
                     " WHERE search MATCH ?1 AND search.rowid > ?4 AND " VISIBLE " ORDER BY rank LIMIT ?3",
#define AUDIT(side, order)                                                                                   \
    "SELECT n, ts, user, action, object, detail, hash FROM audit WHERE n " side " ?1"                        \
    " AND (?2 IS NULL OR user = ?2)"                                                                         \
    " AND (?3 IS NULL OR action = ?3 OR substr(action, 1, length(?3) + 1) = ?3 || '.')"                      \
    " ORDER BY n " order " LIMIT ?4"
    [QUERY_AUDIT_BEFORE] = AUDIT("<", "DESC"),
    [QUERY_AUDIT_AFTER] = AUDIT(">", "ASC"),
    [QUERY_EVENTS_SIZE] = store_events_size_sql,
    [QUERY_MESSAGES_SIZE] = store_messages_size_sql,
};

bool queries_prepare(struct queries *queries, sqlite3 *db, char error[256])
{
    queries->db = db;
    for (int i = 0; i < QUERY_COUNT; i++)
        if (!store_prepare(db, texts[i], &queries->statement[i], error))
            return false;
    return true;
}

void queries_finalize(struct queries *queries)
{
    for (int i = 0; i < QUERY_COUNT; i++)
        sqlite3_finalize(queries->statement[i]);
    sqlite3_close(queries->db);
}

static const char *text_of(sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);

    return text ? text : "";
}

bool query_finish(struct queries *queries, struct read_job *job, sqlite3_stmt *stmt, int code)
{
    char why[192];

    if (code != SQLITE_DONE && code != SQLITE_ROW) {
        store_reason(queries->db, code, why);
        job->code = ERR_STORE;
        snprintf(job->error, sizeof job->error, "the store cannot be read: %s", why);
    }
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return job->code == ERR_OK;
}

static json_t *session_row(sqlite3_stmt *stmt)
{
    json_t *row = json_object();

    jsonx_set_str(row, "id", text_of(stmt, 1));
    jsonx_set_str(row, "title", text_of(stmt, 2));
    jsonx_set_str(row, "state", text_of(stmt, 3));
    jsonx_set_str(row, "model", text_of(stmt, 4));
    jsonx_set_int(row, "created", sqlite3_column_int64(stmt, 5));
    jsonx_set_int(row, "activity", sqlite3_column_int64(stmt, 6));
    jsonx_set_int(row, "messages", sqlite3_column_int64(stmt, 7));
    json_object_set_new(row, "archived", json_boolean(sqlite3_column_int(stmt, 8)));
    if (sqlite3_column_int(stmt, 9))
        json_object_set_new(row, "error", json_true());
    return row;
}

/* Most are in no session of others; finding that out costs less than to ask for none. */
static bool is_member(struct queries *queries, const struct read_job *job)
{
    sqlite3_stmt *stmt = queries->statement[QUERY_IS_MEMBER];

    sqlite3_bind_text(stmt, 1, job->owner, -1, SQLITE_STATIC);
    bool is = sqlite3_step(stmt) != SQLITE_DONE; /* what is wrong is said by the next */
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return is;
}

struct listing { /* a statement that gives rows of the list, and what its last step said */
    sqlite3_stmt *stmt;
    int code;
};

static void listing_begin(struct listing *listing, const struct read_job *job, int64_t activity, int64_t key)
{
    sqlite3_bind_text(listing->stmt, 1, job->owner, -1, SQLITE_STATIC);
    sqlite3_bind_int(listing->stmt, 2, job->archived);
    sqlite3_bind_int64(listing->stmt, 3, activity);
    sqlite3_bind_int64(listing->stmt, 4, key);
    sqlite3_bind_int(listing->stmt, 5, job->limit + 1); /* one more tells whether there are more */
    sqlite3_bind_text(listing->stmt, 6, job->only, -1, SQLITE_STATIC);
    listing->code = sqlite3_step(listing->stmt);
}

/* The one whose row is next: of the newer activity. Either when none has any. */
static struct listing *listing_next(struct listing *own, struct listing *shared)
{
    if (own->code != SQLITE_ROW || shared->code != SQLITE_ROW)
        return shared->code == SQLITE_ROW ? shared : own;
    int64_t a = sqlite3_column_int64(own->stmt, 6), b = sqlite3_column_int64(shared->stmt, 6);
    bool later = a != b ? a < b : sqlite3_column_int64(own->stmt, 0) < sqlite3_column_int64(shared->stmt, 0);

    return later ? shared : own;
}

static void run_list(struct queries *queries, struct read_job *job)
{
    struct listing own = {queries->statement[QUERY_LIST], SQLITE_DONE}, *next;
    struct listing shared = {queries->statement[QUERY_SHARED], SQLITE_DONE};
    json_t *sessions, *keys;
    int64_t activity, key;
    char cursor[STORE_CURSOR_MAX] = "";

    if (!store_cursor_read(job->text, &activity, &key)) {
        job->code = ERR_BAD_REQUEST;
        snprintf(job->error, sizeof job->error,
                 "parameter 'before' is no cursor that session.list gave as 'next'");
        return;
    }
    listing_begin(&own, job, activity, key);
    if (job->shared && is_member(queries, job))
        listing_begin(&shared, job, activity, key);
    json_t *owner = json_string(job->owner), *role = json_string("owner"); /* of all own ones */
    job->result = json_object();
    sessions = json_array();
    keys = json_array();
    json_object_set_new(job->result, "sessions", sessions);
    json_object_set_new(job->result, "keys", keys);
    while ((next = listing_next(&own, &shared))->code == SQLITE_ROW &&
           json_array_size(sessions) < (size_t)job->limit) {
        json_t *row = session_row(next->stmt);

        json_object_set_new(row, "owner",
                            next == &own ? json_incref(owner) : json_string(text_of(next->stmt, 10)));
        json_object_set_new(row, "role",
                            next == &own ? json_incref(role) : json_string(text_of(next->stmt, 11)));
        key = sqlite3_column_int64(next->stmt, 0);
        json_array_append_new(sessions, row);
        json_array_append_new(keys, json_integer(key));
        store_cursor_write(cursor, sqlite3_column_int64(next->stmt, 6), key);
        next->code = sqlite3_step(next->stmt);
    }
    json_decref(owner);
    json_decref(role);
    bool good = query_finish(queries, job, own.stmt, own.code);
    if (query_finish(queries, job, shared.stmt, shared.code) && good && next->code == SQLITE_ROW)
        jsonx_set_str(job->result, "next", cursor);
}

/* The key of the message that the job names, which is from first on, before end; false when the job has
 * failed. */
static bool find_message(struct queries *queries, struct read_job *job, int64_t first, int64_t end,
                         int64_t *key)
{
    sqlite3_stmt *stmt = queries->statement[QUERY_MESSAGE];
    int code;

    sqlite3_bind_text(stmt, 1, job->text, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 2, first);
    sqlite3_bind_int64(stmt, 3, end - 1);
    code = sqlite3_step(stmt);
    if (code == SQLITE_ROW)
        *key = sqlite3_column_int64(stmt, 0);
    if (query_finish(queries, job, stmt, code) && code == SQLITE_DONE) {
        job->code = ERR_NOT_FOUND;
        snprintf(job->error, sizeof job->error, "the session has no message '%.40s'", job->text);
    }
    return job->code == ERR_OK;
}

struct page {
    json_t *messages, *places;
    size_t bytes;
};

/* In the place of a message that is no JSON any more: what else is known of it. */
static json_t *damaged_message(sqlite3_stmt *stmt)
{
    json_t *message = json_object();

    jsonx_set_str(message, "id", text_of(stmt, 2));
    jsonx_set_str(message, "role", strcmp(text_of(stmt, 3), "user") == 0 ? "user" : "assistant");
    jsonx_set_str(message, "author", "");
    jsonx_set_int(message, "ts", sqlite3_column_int64(stmt, 4));
    jsonx_set_str(message, "status", "failed");
    jsonx_set_str(message, "error", "this message is damaged in the store, and can't be shown");
    json_object_set_new(message, "content", json_array());
    return message;
}

/* Puts one message into the page; false when the page is full. */
static bool take_message(sqlite3_stmt *stmt, const struct read_job *job, struct page *page)
{
    size_t len = (size_t)sqlite3_column_bytes(stmt, 0);
    char error[160];
    json_t *message, *place;

    if (json_array_size(page->messages) == (size_t)job->limit ||
        (page->bytes > 0 && page->bytes + len > STORE_HISTORY_BYTES))
        return false;
    message = jsonx_parse(text_of(stmt, 0), len, error);
    if (!message) {
        log_error("store", "a stored message cannot be read: %s session=%u", error, job->session);
        message = damaged_message(stmt);
    }
    page->bytes += len;
    place = json_integer(sqlite3_column_int64(stmt, 1) - store_first_key(job->session));
    json_array_insert_new(page->messages, job->after ? json_array_size(page->messages) : 0, message);
    json_array_insert_new(page->places, job->after ? json_array_size(page->places) : 0, place);
    return true;
}

static void run_history(struct queries *queries, struct read_job *job)
{
    sqlite3_stmt *stmt = queries->statement[job->after ? QUERY_AFTER : QUERY_BEFORE];
    int64_t zero = store_first_key(job->session), at = 0;
    int64_t first = zero + (int64_t)job->first, end = zero + (int64_t)job->end;
    struct page page = {0};
    int code;

    if (job->text && !find_message(queries, job, first, end, &at))
        return;
    if (job->text && job->after)
        first = at + 1;
    else if (job->text)
        end = at;
    sqlite3_bind_int64(stmt, 1, first);
    sqlite3_bind_int64(stmt, 2, end);
    sqlite3_bind_int(stmt, 3, job->limit + 1);
    page.messages = json_array();
    page.places = json_array();
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW && take_message(stmt, job, &page))
        ;
    if (query_finish(queries, job, stmt, code)) {
        job->result = json_object();
        json_object_set_new(job->result, "more", json_boolean(code == SQLITE_ROW));
        json_object_set(job->result, "messages", page.messages);
        json_object_set(job->result, "places", page.places);
        jsonx_set_int(job->result, "bytes", (int64_t)page.bytes);
    }
    json_decref(page.messages);
    json_decref(page.places);
}

/* Makes an expression in which nothing of the user's is an operator: each word in quotes, as the beginning of
 * a word. A word without letter or digit would match nothing at all, and is left out. False if no word is
 * left. */
static bool make_expression(const char *text, struct buf *out)
{
    int terms = 0;

    while (*text && terms < STORE_SEARCH_TERMS) {
        size_t len = strcspn(text, " \t\r\n");
        bool word = false;

        for (size_t i = 0; i < len; i++)
            word = word || isalnum((unsigned char)text[i]) || (unsigned char)text[i] >= 0x80;
        if (word) {
            buf_puts(out, terms++ ? " \"" : "\"");
            for (size_t i = 0; i < len; i++) {
                buf_putc(out, text[i]);
                if (text[i] == '"')
                    buf_putc(out, '"');
            }
            buf_puts(out, "\"*");
        }
        text += len + strspn(text + len, " \t\r\n");
    }
    return terms > 0;
}

static json_t *hit(sqlite3_stmt *stmt)
{
    static const char *const names[] = {"session", "title", "message", "role"};
    json_t *row = json_object();

    for (int i = 0; i < 4; i++)
        jsonx_set_str(row, names[i], text_of(stmt, i));
    jsonx_set_int(row, "ts", sqlite3_column_int64(stmt, 4));
    jsonx_set_str(row, "snippet", text_of(stmt, 5));
    jsonx_set_str(row, "owner", text_of(stmt, 6));
    return row;
}

/* Ranking costs as much for a match that is shown as for one that is not. The key of the last match that is
 * not ranked: 0 unless there are too many. False when the job has failed. */
static bool find_ranked(struct queries *queries, struct read_job *job, const struct buf *expression,
                        int64_t *after)
{
    sqlite3_stmt *stmt = queries->statement[QUERY_BROAD];
    int code;

    sqlite3_bind_text(stmt, 1, expression->data, (int)expression->len, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, job->owner, -1, SQLITE_STATIC);
    sqlite3_bind_int(stmt, 3, STORE_SEARCH_RANKED);
    sqlite3_bind_text(stmt, 5, job->only, -1, SQLITE_STATIC);
    code = sqlite3_step(stmt);
    *after = code == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    return query_finish(queries, job, stmt, code);
}

static void run_search(struct queries *queries, struct read_job *job)
{
    sqlite3_stmt *stmt = queries->statement[QUERY_SEARCH];
    json_t *hits = json_array();
    int64_t after;
    struct buf expression;

    buf_init(&expression, strlen(job->text) * 2 + 4 * STORE_SEARCH_TERMS);
    job->result = json_object();
    json_object_set_new(job->result, "hits", hits);
    if (make_expression(job->text, &expression) && find_ranked(queries, job, &expression, &after)) {
        int code;

        sqlite3_bind_text(stmt, 1, expression.data, (int)expression.len, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 2, job->owner, -1, SQLITE_STATIC);
        sqlite3_bind_int(stmt, 3, job->limit);
        sqlite3_bind_int64(stmt, 4, after);
        sqlite3_bind_text(stmt, 5, job->only, -1, SQLITE_STATIC);
        while ((code = sqlite3_step(stmt)) == SQLITE_ROW)
            json_array_append_new(hits, hit(stmt));
        query_finish(queries, job, stmt, code);
    }
    buf_free(&expression);
}

void query_run(struct queries *queries, struct read_job *job)
{
    static void (*const run[READ_KINDS])(struct queries *, struct read_job *) = {
        [READ_LIST] = run_list,     [READ_HISTORY] = run_history,    [READ_SEARCH] = run_search,
        [READ_AUDIT] = query_audit, [READ_EVENTS_SIZE] = query_size, [READ_MESSAGES_SIZE] = query_size,
    };

    run[job->kind](queries, job);
    if (job->code != ERR_OK && job->result) {
        json_decref(job->result);
        job->result = NULL;
    }
}
