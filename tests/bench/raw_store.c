/* What SQLite commits on this disk, with the daemon's settings.
 *
 *     bench-store --folder DIR --rows N --batch N --bytes N      prints one line of JSON */
#include "shared/xalloc.h"
#include "tests/bench/args.h"
#include "tests/bench/timing.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        die("%s: %s", sql, sqlite3_errmsg(db));
}

int main(int argc, char **argv)
{
    int64_t rows = arg_number(argv, "--rows", 1000), batch = arg_number(argv, "--batch", 1);
    int bytes = (int)arg_number(argv, "--bytes", 200);
    char path[4096], *row = xcalloc(1, (size_t)bytes + 1);
    sqlite3 *db;
    sqlite3_stmt *insert;

    (void)argc;
    snprintf(path, sizeof path, "%s/raw.db", arg_needed(argv, "--folder"));
    if (batch < 1 || sqlite3_open(path, &db) != SQLITE_OK)
        die("can't open %s", path);
    memset(row, 'x', (size_t)bytes);
    run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE IF NOT EXISTS events (key INTEGER PRIMARY KEY, body TEXT NOT NULL)");
    if (sqlite3_prepare_v2(db, "INSERT INTO events (body) VALUES (?)", -1, &insert, NULL) != SQLITE_OK)
        die("%s", sqlite3_errmsg(db));
    sqlite3_bind_text(insert, 1, row, bytes, SQLITE_STATIC);
    int64_t begun = timing_now(), done = 0;
    while (done < rows) {
        run(db, "BEGIN IMMEDIATE");
        for (int64_t i = 0; i < batch; i++, done++) {
            if (sqlite3_step(insert) != SQLITE_DONE)
                die("%s", sqlite3_errmsg(db));
            sqlite3_reset(insert);
        }
        run(db, "COMMIT");
    }
    printf("{\"rows\":%lld,\"seconds\":%.9f}\n", (long long)done, (double)(timing_now() - begun) / 1e9);
    sqlite3_finalize(insert);
    sqlite3_close(db);
    free(row);
    return 0;
}
