/* What the tables of a store say of each other. One row a kind of damage: each row that its statement gives
 * is a sentence about one case. Nothing here may be true of a store between two commits of a daemon that is
 * well: events come before messages, and these before the session's own row. */
#include "daemon/store/store_check_internal.h"
#include <stdio.h>
#include <string.h>

#define NAME_OF(key) "coalesce((SELECT sid FROM sessions WHERE sessions.key = " key "), '#' || " key ")"
#define LAST_EVENT(key)                                                                                      \
    "coalesce((SELECT max(key) & 4294967295 FROM events"                                                     \
    " WHERE key BETWEEN " key " << 32 AND (" key " << 32) + 4294967295), 0)"
/* Rows of a table that belong to no session, counted by session. */
#define ORPHANS(table, column, words)                                                                        \
    "SELECT '" words " of session #' || (" column                                                            \
    ") || ', which is not in the list: ' || count(*) FROM " table " WHERE (" column                          \
    ") NOT IN (SELECT key FROM sessions) GROUP BY (" column ")"
#define DROP_SEARCH                                                                                          \
    "to drop them: stoa stop && sqlite3 '%s' \"DELETE FROM search WHERE rowid NOT IN (SELECT key FROM "      \
    "messages)\""
#define DROP_ORPHANS(table, column)                                                                          \
    "nobody reads them; to drop them: stoa stop && sqlite3 '%s' \"DELETE FROM " table " WHERE " column       \
    " NOT IN (SELECT key FROM sessions)\""

static const char restore[] =
    "stoa stop && stoa restore FILE, with your newest backup; or leave that session as it is";

static const struct damage {
    const char *what;
    enum finding_state state;
    int since;          /* the version of the schema that it can be asked of */
    const char *advice; /* %s: the store's path; NULL: nothing to do */
    const char *sql;
} damages[] = {
    {"log_holes", FINDING_BAD, 1, restore,
     "SELECT 'session ' || " NAME_OF(
         "e.session") " || ' has ' || e.count || ' events, but the last one is"
                      " number ' || e.last FROM (SELECT key >> 32 AS session, count(*) AS count, max(key) & "
                      "4294967295 AS last"
                      " FROM events GROUP BY key >> 32) AS e WHERE e.count <> e.last"},
    {"log_short", FINDING_BAD, 1, restore,
     "SELECT 'session ' || sid || ' says ' || seq || ' events, but has fewer' FROM sessions"
     " WHERE seq > " LAST_EVENT("sessions.key")},
    {"log_empty", FINDING_BAD, 1, restore,
     "SELECT 'session ' || sid || ' has no events, and cannot be opened' FROM sessions"
     " WHERE seq = 0 AND " LAST_EVENT("sessions.key") " = 0"},
    {"event_json", FINDING_BAD, 1, restore,
     "SELECT 'event ' || (key & 4294967295) || ' of session ' || " NAME_OF(
         "(events.key >> 32)") " || ' is no JSON' FROM events WHERE NOT json_valid(json)"},
    {"event_type", FINDING_WARN, 1, "run the stoad that wrote them: it is newer than this one",
     "SELECT 'events of the type ''' || type || ''', which this stoad does not know: ' || count(*)"
     " FROM events WHERE NOT event_known(type) GROUP BY type"},
    {"message_holes", FINDING_BAD, 1, restore,
     "SELECT 'session ' || " NAME_OF(
         "m.session") " || ' has ' || m.count || ' messages, but the last one is"
                      " number ' || m.last FROM (SELECT key >> 32 AS session, count(*) AS count,"
                      " (max(key) & 4294967295) + 1 AS last FROM messages GROUP BY key >> 32) AS m WHERE "
                      "m.count <> m.last"},
    {"message_count", FINDING_BAD, 1, restore,
     "SELECT 'session ' || sid || ' says ' || messages || ' messages, but has ' || count FROM"
     " (SELECT sid, messages, seq, key, (SELECT count(*) FROM messages WHERE messages.key"
     "  BETWEEN sessions.key << 32 AND (sessions.key << 32) + 4294967295) AS count FROM sessions) AS s"
     " WHERE messages > count OR (messages < count AND seq = " LAST_EVENT("s.key") ")"},
    {"message_json", FINDING_BAD, 1, restore,
     "SELECT 'message ' || id || ' of session ' || " NAME_OF(
         "(messages.key >> 32)") " || ' is no JSON' FROM messages WHERE NOT json_valid(json)"},
    {"snapshot_ahead", FINDING_BAD, 1, restore,
     "SELECT 'the snapshot of session ' || " NAME_OF(
         "snapshots.session") " || ' is at event ' || seq ||"
                              " ', beyond the last one' FROM snapshots WHERE session IN (SELECT key FROM "
                              "sessions) AND seq > " LAST_EVENT("snapshots.session")},
    {"snapshot_json", FINDING_BAD, 1, restore,
     "SELECT 'the snapshot of session ' || " NAME_OF("snapshots.session") " || ' is no JSON' FROM snapshots"
                                                                          " WHERE NOT json_valid(json)"},
    {"orphan_events", FINDING_WARN, 1, DROP_ORPHANS("events", "key >> 32"),
     ORPHANS("events", "events.key >> 32", "events")},
    {"orphan_search", FINDING_WARN, 1, DROP_SEARCH,
     "SELECT 'texts for search of session ' || " NAME_OF(
         "(search_docsize.id >> 32)") " || ', which are of no message: ' ||"
                                      " count(*) FROM search_docsize WHERE id NOT IN (SELECT key FROM "
                                      "messages) GROUP BY id >> 32"},
    {"orphan_snapshots", FINDING_WARN, 1, DROP_ORPHANS("snapshots", "session"),
     ORPHANS("snapshots", "session", "snapshots")},
    {"orphan_partials", FINDING_WARN, 1, DROP_ORPHANS("partials", "session"),
     ORPHANS("partials", "session", "half replies")},
    {"rule_effect", FINDING_WARN, 2, "take it away: stoa rules rm RULE",
     "SELECT 'rule ' || id || ' has the effect ''' || effect || ''', which is none of allow, ask, deny'"
     " FROM rules WHERE effect NOT IN ('allow', 'ask', 'deny')"},
};

static void event_known(sqlite3_context *context, int count, sqlite3_value **values)
{
    const char *type = count == 1 ? (const char *)sqlite3_value_text(values[0]) : NULL;

    sqlite3_result_int(context, type && event_type_parse(type) != EVENT_COUNT);
}

/* printf would take the rest of SQL in an advice for its own: only the one %s is filled in. */
static const char *advice_of(const struct checking *checking, const char *pattern,
                             char advice[FINDING_TEXT_MAX])
{
    const char *place = pattern ? strstr(pattern, "%s") : NULL;

    if (!place)
        return pattern;
    snprintf(advice, FINDING_TEXT_MAX, "%.*s%s%s", (int)(place - pattern), pattern, checking->options->path,
             place + 2);
    return advice;
}

static void look_for(const struct checking *checking, const struct damage *damage)
{
    char buffer[FINDING_TEXT_MAX];
    const char *advice = advice_of(checking, damage->advice, buffer);
    sqlite3_stmt *stmt = NULL;
    int64_t count = 0;
    int code = sqlite3_prepare_v2(checking->db, damage->sql, -1, &stmt, NULL);

    while (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(stmt, 0);

        if (++count <= STORE_CHECK_SHOWN)
            findings_add(checking->findings, damage->state, damage->what, advice, "%s", text ? text : "");
        code = SQLITE_OK;
    }
    if (code != SQLITE_DONE)
        checking_failed(checking, damage->what, code);
    if (count > STORE_CHECK_SHOWN)
        findings_add(checking->findings, damage->state, damage->what, NULL, "and %lld more such cases",
                     (long long)(count - STORE_CHECK_SHOWN));
    sqlite3_finalize(stmt);
}

/* What a kill leaves, and the next start sets right; where a daemon runs it is work under way. A question
 * waits across restarts. */
static const struct damage left_overs[] = {
    {"unfinished", FINDING_NOTE, 1, NULL,
     "SELECT 'sessions that were at work when the daemon was killed: ' || count ||"
     " '; its next start sets them right' FROM (SELECT count(*) AS count FROM sessions"
     " WHERE run NOT IN ('idle', 'awaiting_permission')) WHERE count > 0"},
    {"orphan_messages", FINDING_NOTE, 1, NULL,
     "SELECT 'messages of a fork that was not ended when the daemon was killed: ' || count ||"
     " '; its next start removes them' FROM (SELECT count(*) AS count FROM messages"
     " WHERE key >> 32 NOT IN (SELECT key FROM sessions)) WHERE count > 0"},
};

void checking_rows(const struct checking *checking)
{
    int code = sqlite3_create_function(checking->db, "event_known", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                       NULL, event_known, NULL, NULL);

    if (code != SQLITE_OK)
        checking_failed(checking, "event_type", code);
    for (size_t i = 0; code == SQLITE_OK && i < sizeof damages / sizeof *damages; i++)
        if (checking->version >= damages[i].since)
            look_for(checking, &damages[i]);
    for (size_t i = 0; !checking->options->served && i < sizeof left_overs / sizeof *left_overs; i++)
        look_for(checking, &left_overs[i]);
}
