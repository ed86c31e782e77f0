/* What a queued write does: one row a kind, with its statements and how its values are bound. */
#include "daemon/store/store_internal.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

/* ?1 to ?numbers are the numbers, the texts follow. Every statement may be run twice with the same outcome:
 * what is tried again after a failed commit, or after a kill, changes nothing. */
static const struct {
    int numbers, texts;
    const char *sql[OP_STEPS]; /* in order; NULL ends */
} rows[OP_KINDS] = {
    [OP_APPEND_EVENT] = {2, 2, {"INSERT OR IGNORE INTO events(key, ts, type, json) VALUES(?1, ?2, ?3, ?4)"}},
    [OP_PUT_SESSION] = {10,
                        5,
                        {"INSERT INTO sessions(key, created, activity, messages, archived, ended, seq,"
                         " bytes, files, failed, sid, owner, title, run, model)"
                         " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
                         " ON CONFLICT(key) DO UPDATE SET activity = ?3, messages = ?4, archived = ?5,"
                         " ended = ?6, seq = ?7, bytes = ?8, files = ?9, failed = ?10, owner = ?12,"
                         " title = ?13, run = ?14, model = ?15"}},
    [OP_PUT_MESSAGE] =
        {2,
         5,
         {"INSERT INTO messages(key, ts, id, role, status, json) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
          " ON CONFLICT(key) DO UPDATE SET ts = ?2, id = ?3, role = ?4, status = ?5, json = ?6",
          "DELETE FROM search WHERE rowid = ?1",
          "INSERT INTO search(rowid, text) SELECT ?1, ?7 WHERE ?7 <> ''"}},
    [OP_DROP_MESSAGES] = {2,
                          0,
                          {"DELETE FROM search WHERE rowid BETWEEN ?1 AND ?2",
                           "DELETE FROM messages WHERE key BETWEEN ?1 AND ?2"}},
    /* ?1 and ?2: the first and last key of the copies, ?3 and ?4 of what is copied. */
    [OP_COPY_MESSAGES] =
        {4,
         0,
         {"INSERT OR IGNORE INTO messages(key, ts, id, role, status, json)"
          " SELECT key - ?3 + ?1, ts, id, role, status, CASE"
          "  WHEN instr(json, '\"file\"') AND json_valid(json) AND json_type(json, '$.content') = 'array'"
          "  THEN json_set(json, '$.content', json((SELECT"
          "   json_group_array(json_remove(value, '$.call.file')) FROM json_each(messages.json, '$.content')"
          "   WHERE type = 'object'))) ELSE json END"
          " FROM messages WHERE key BETWEEN ?3 AND ?4",
          "DELETE FROM search WHERE rowid BETWEEN ?1 AND ?2",
          "INSERT INTO search(rowid, text) SELECT rowid - ?3 + ?1, text FROM search"
          " WHERE rowid BETWEEN ?3 AND ?4"}},
    [OP_PUT_SNAPSHOT] = {2,
                         1,
                         {"INSERT INTO snapshots(session, seq, json) VALUES(?1, ?2, ?3)"
                          " ON CONFLICT(session) DO UPDATE SET seq = ?2, json = ?3 WHERE seq <= ?2"}},
    [OP_PUT_PARTIAL] = {1, 2, {"INSERT OR REPLACE INTO partials(session, message, json) VALUES(?1, ?2, ?3)"}},
    [OP_CLEAR_PARTIAL] = {1, 0, {"DELETE FROM partials WHERE session = ?1"}},
    /* Each answer that is kept makes room by removing up to four that are out of date. */
    [OP_PUT_REPLY] = {2,
                      3,
                      {"INSERT OR IGNORE INTO requests(ts, user, id, reply) VALUES(?1, ?3, ?4, ?5)",
                       "DELETE FROM requests WHERE ts < ?2 AND key IN"
                       " (SELECT key FROM requests ORDER BY key LIMIT 4)"}},
    [OP_DELETE_REPLY] = {0, 2, {"DELETE FROM requests WHERE user = ?1 AND id = ?2"}},
    [OP_DELETE_SESSION] = {3,
                           0,
                           {"DELETE FROM sessions WHERE key = ?1", "DELETE FROM partials WHERE session = ?1",
                            "DELETE FROM snapshots WHERE session = ?1",
                            "DELETE FROM events WHERE key BETWEEN ?2 AND ?3",
                            "DELETE FROM search WHERE rowid BETWEEN ?2 AND ?3",
                            "DELETE FROM messages WHERE key BETWEEN ?2 AND ?3",
                            "DELETE FROM members WHERE session = ?1"}},
    [OP_PUT_RULE] =
        {1, 4, {"INSERT OR REPLACE INTO rules(id, user, effect, pattern, ts) VALUES(?2, ?3, ?4, ?5, ?1)"}},
    [OP_DELETE_RULE] = {0, 1, {"DELETE FROM rules WHERE id = ?1"}},
    [OP_PUT_USER] = {2,
                     3,
                     {"INSERT OR REPLACE INTO users(disabled, created, name, role, settings)"
                      " VALUES(?1, ?2, ?3, ?4, ?5)"}},
    [OP_DELETE_USER] = {0,
                        1,
                        {"DELETE FROM users WHERE name = ?1", "DELETE FROM keys WHERE user = ?1",
                         "DELETE FROM tokens WHERE user = ?1", "DELETE FROM secrets WHERE user = ?1",
                         "DELETE FROM rules WHERE user = ?1", "DELETE FROM members WHERE user = ?1",
                         "DELETE FROM spent WHERE user = ?1",
                         "DELETE FROM requests WHERE user = ?1 OR user GLOB ?1 || '/*'"}},
    [OP_PUT_KEY] = {1, 3, {"INSERT OR REPLACE INTO keys(created, key, user, label) VALUES(?1, ?2, ?3, ?4)"}},
    [OP_DELETE_KEY] = {0, 1, {"DELETE FROM keys WHERE key = ?1"}},
    [OP_PUT_TOKEN] = {2,
                      5,
                      {"INSERT OR REPLACE INTO tokens(created, expires, id, user, hash, label, scope)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"}},
    [OP_DELETE_TOKEN] = {0, 1, {"DELETE FROM tokens WHERE id = ?1"}},
    [OP_PUT_TICKET] = {2,
                       5,
                       {"INSERT OR REPLACE INTO tickets(expires, uses, id, hash, session, role, by)"
                        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"}},
    [OP_DELETE_TICKET] = {0, 1, {"DELETE FROM tickets WHERE id = ?1"}},
    [OP_PUT_SECRET] = {1,
                       3,
                       {"INSERT OR REPLACE INTO secrets(ts, user, name, sealed) VALUES(?1, ?2, ?3, ?4)"}},
    [OP_DELETE_SECRET] = {0, 2, {"DELETE FROM secrets WHERE user = ?1 AND name = ?2"}},
    [OP_PUT_SPENT] = {6,
                      1,
                      {"INSERT OR REPLACE INTO spent(day, input, output, cached, turns, micros, user)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"}},
    [OP_PUT_MEMBER] = {1, 2, {"INSERT OR REPLACE INTO members(session, user, role) VALUES(?1, ?2, ?3)"}},
    [OP_DELETE_MEMBER] = {1, 1, {"DELETE FROM members WHERE session = ?1 AND user = ?2"}},
    [OP_APPEND_AUDIT] = {2,
                         5,
                         {"INSERT OR IGNORE INTO audit(n, ts, user, action, object, detail, hash)"
                          " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"}},
    [OP_DROP_AUDIT] = {1, 0, {"DELETE FROM audit WHERE n < ?1"}},
    [OP_SET_COUNTED] = {3, 0, {"UPDATE sessions SET bytes = ?2, files = ?3 WHERE key = ?1 AND bytes < 0"}},
};

struct op *op_new(enum op_kind kind, const int64_t *numbers, const struct op_text *texts)
{
    size_t size = sizeof(struct op);
    struct op *op;
    char *at;

    for (int i = 0; i < rows[kind].texts; i++)
        size += texts[i].len;
    op = xmalloc(size);
    memset(op, 0, sizeof *op);
    op->kind = kind;
    op->bytes = size;
    memcpy(op->numbers, numbers, (size_t)rows[kind].numbers * sizeof *numbers);
    at = op->data;
    for (int i = 0; i < rows[kind].texts; i++) {
        memcpy(at, texts[i].data, texts[i].len);
        op->texts[i] = (struct op_text){at, texts[i].len};
        at += texts[i].len;
    }
    return op;
}

bool op_prepare(sqlite3 *db, struct op_statements *statements, char error[256])
{
    for (int kind = 0; kind < OP_KINDS; kind++)
        for (int i = 0; i < OP_STEPS && rows[kind].sql[i]; i++)
            if (!store_prepare(db, rows[kind].sql[i], &statements->step[kind][i], error))
                return false;
    return true;
}

void op_finalize(struct op_statements *statements)
{
    for (int kind = 0; kind < OP_KINDS; kind++)
        for (int i = 0; i < OP_STEPS; i++) {
            sqlite3_finalize(statements->step[kind][i]);
            statements->step[kind][i] = NULL;
        }
}

/* A statement may use only the first of the values. */
static int bind_values(sqlite3_stmt *stmt, const struct op *op)
{
    int last = sqlite3_bind_parameter_count(stmt), numbers = rows[op->kind].numbers;
    int code = SQLITE_OK;

    for (int i = 1; i <= last && code == SQLITE_OK; i++) {
        const struct op_text *text = i > numbers ? &op->texts[i - numbers - 1] : NULL;

        if (!text)
            code = sqlite3_bind_int64(stmt, i, op->numbers[i - 1]);
        else
            code = sqlite3_bind_text64(stmt, i, text->data, text->len, SQLITE_STATIC, SQLITE_UTF8);
    }
    return code;
}

int op_apply(struct op_statements *statements, const struct op *op)
{
    int code = SQLITE_DONE;

    for (int i = 0; i < OP_STEPS && code == SQLITE_DONE; i++) {
        sqlite3_stmt *stmt = statements->step[op->kind][i];

        if (!stmt)
            break;
        code = bind_values(stmt, op);
        if (code == SQLITE_OK)
            code = sqlite3_step(stmt);
        sqlite3_reset(stmt);
        sqlite3_clear_bindings(stmt);
    }
    return code;
}

void op_list_init(struct op_list *list)
{
    list->head = NULL;
    list->tail = &list->head;
}

void op_list_add(struct op_list *list, struct op *op)
{
    op->next = NULL;
    *list->tail = op;
    list->tail = &op->next;
}

void op_list_join(struct op_list *to, struct op_list *from)
{
    if (!from->head)
        return;
    *to->tail = from->head;
    to->tail = from->tail;
    op_list_init(from);
}

void op_list_free(struct op_list *list)
{
    while (list->head) {
        struct op *op = list->head;

        list->head = op->next;
        free(op);
    }
    op_list_init(list);
}
