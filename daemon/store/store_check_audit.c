/* Whether the audit's records are those that were written (proto/chain.h). What was cut off at their end, and
 * a whole that somebody wrote anew, only `stoa audit --verify --noted` can tell. */
#include "daemon/store/store_check_internal.h"
#include "proto/chain.h"

static const char *text_at(sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);

    return text ? text : "";
}

void checking_audit(const struct checking *checking)
{
    struct chain_check *chain = chain_check_new();
    sqlite3_stmt *stmt = NULL;
    char error[256];
    bool good = true;
    int code = sqlite3_prepare_v2(checking->db,
                                  "SELECT n, ts, user, action, object, detail, hash FROM audit ORDER BY n",
                                  -1, &stmt, NULL);

    while (good && code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct chain_record record = {sqlite3_column_int64(stmt, 0),
                                      sqlite3_column_int64(stmt, 1),
                                      text_at(stmt, 2),
                                      text_at(stmt, 3),
                                      text_at(stmt, 4),
                                      text_at(stmt, 5),
                                      text_at(stmt, 6)};

        good = chain_check_next(chain, &record, error);
        code = SQLITE_OK;
    }
    if (good && code != SQLITE_DONE)
        checking_failed(checking, "audit", code);
    else if (!good || !chain_check_end(chain, error))
        findings_add(checking->findings, FINDING_BAD, "audit",
                     "keep a copy of the file, and find out who could write it; stoa audit shows the records",
                     "the audit does not hold: %s", error);
    sqlite3_finalize(stmt);
    chain_check_free(&chain);
}
