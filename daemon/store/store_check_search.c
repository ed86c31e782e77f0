/* Whether search finds what is there. SQLite's own check of a full-text index is a write, so it is made of a
 * copy, in a temporary table; that is in memory, since what people have said must not come to another disk.
 */
#include "daemon/store/store_check_internal.h"
#include <stdio.h>
#include <string.h>

/* The tables of which a full-text index consists. */
static const char *const parts[] = {"data", "idx", "content", "docsize", "config"};

static int make_copy(const struct checking *checking)
{
    sqlite3_stmt *stmt = NULL;
    char *sql = NULL;
    int code = sqlite3_prepare_v2(checking->db, "SELECT sql FROM sqlite_schema WHERE name = 'search'", -1,
                                  &stmt, NULL);

    if (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(stmt, 0),
                   *from = text ? strstr(text, " USING ") : NULL;

        sql = from ? sqlite3_mprintf("CREATE VIRTUAL TABLE temp.search_copy%s", from) : NULL;
        code = sql ? SQLITE_OK : SQLITE_CORRUPT;
    } else if (code == SQLITE_DONE) {
        code = SQLITE_CORRUPT;
    }
    sqlite3_finalize(stmt);
    if (code == SQLITE_OK)
        code = sqlite3_exec(checking->db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    for (size_t i = 0; code == SQLITE_OK && i < sizeof parts / sizeof *parts; i++) {
        sql = sqlite3_mprintf("DELETE FROM temp.search_copy_%s;"
                              "INSERT INTO temp.search_copy_%s SELECT * FROM main.search_%s",
                              parts[i], parts[i], parts[i]);
        code = sql ? sqlite3_exec(checking->db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
        sqlite3_free(sql);
    }
    return code;
}

/* Bytes of what would be copied. */
static int64_t copy_size(const struct checking *checking)
{
    return store_number(checking->db,
                        "SELECT (SELECT total(length(block)) FROM search_data) +"
                        " (SELECT total(length(CAST(c0 AS BLOB))) FROM search_content)",
                        0);
}

static void check_index(const struct checking *checking)
{
    char advice[FINDING_TEXT_MAX];
    int64_t size = copy_size(checking);
    int code = SQLITE_OK;

    snprintf(advice, sizeof advice,
             "stoa stop && sqlite3 '%s' \"INSERT INTO search(search) VALUES('integrity-check')\"",
             checking->options->path);
    if (size > STORE_CHECK_SEARCH_MAX) {
        findings_add(checking->findings, FINDING_NOTE, "search_large", advice,
                     "the index of search has %lld MB, and was not held against the texts",
                     (long long)(size >> 20));
        return;
    }
    code = make_copy(checking);
    if (code == SQLITE_OK)
        code =
            sqlite3_exec(checking->db, "INSERT INTO temp.search_copy(search_copy) VALUES('integrity-check')",
                         NULL, NULL, NULL);
    snprintf(advice, sizeof advice,
             "no message is lost; stoa stop && sqlite3 '%s' \"INSERT INTO search(search) VALUES('rebuild')\"",
             checking->options->path);
    if ((code & 0xff) == SQLITE_CORRUPT)
        findings_add(checking->findings, FINDING_BAD, "search_index", advice,
                     "the index of search does not agree with the texts");
    else if (code != SQLITE_OK)
        checking_failed(checking, "search_index", code);
}

static void check_texts(const struct checking *checking)
{
    int64_t count = store_number(
        checking->db,
        "SELECT count(*) FROM messages WHERE key NOT IN (SELECT id FROM search_docsize) AND EXISTS"
        " (SELECT 1 FROM json_each(CASE WHEN json_valid(messages.json) THEN messages.json ELSE '{}' END, "
        "'$.content')"
        "  WHERE json_valid(value) AND json_extract(value, '$.type') = 'text'"
        "  AND json_extract(value, '$.text') <> '')",
        -1);

    if (count < 0)
        checking_failed(checking, "search_missing", sqlite3_extended_errcode(checking->db));
    else if (count > 0)
        findings_add(checking->findings, FINDING_WARN, "search_missing",
                     "nothing else is lost; restore your newest backup to have them found again",
                     "messages that search does not find: %lld", (long long)count);
}

void checking_search(const struct checking *checking)
{
    check_texts(checking);
    check_index(checking);
}
