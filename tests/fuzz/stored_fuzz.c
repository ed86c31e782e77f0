/* A daemon on a store that something else has written to. Each line is a row:
 *     s  the session's snapshot      p  what came of a reply        m  a message of its history
 *     e  an event: a type, a blank, its data as JSON                r  what the session does ("streaming")
 *     n  up to which number its row goes                            u  the pattern of a user's rule
 *     k  what was remembered of a server, as a file                 x  what is searched
 * "@" stands for the session's id. The daemon starts, and answers whatever it is asked: with what there is,
 * or with a sentence. What it says of messages is what a client takes. */
#include "tests/fuzz/daemon_rig.h"
#include "tests/fuzz/lines.h"

#include "daemon/mcp/folders.h"
#include "daemon/mcp/known.h"
#include "daemon/store/store_check.h"
#include "shared/utf8.h"
#include <fcntl.h>
#include <sqlite3.h>
#include <stdint.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    char session[ID_MAX];
    struct buf file;  /* the store as it was, */
    struct buf known; /* and the file of what was remembered, */
    char *known_path; /* which is here */
    char *search;     /* a JSON text */
    int asked, answered;
    bool good;    /* the last answer was no error */
    bool altered; /* a row of the history is other JSON: a page with it may be refused as a whole */
} stored;

static const struct known_key remembered = {"ann", "files", "", 1, NULL};

/* --- what comes back --- */

static void check_history(const json_t *ok)
{
    struct state *state = state_new(stored.session, "e_01j8zq4k3nw8x5t7v9r2m6p0qd");
    json_t *messages = json_object_get(ok, "messages");

    if (messages && json_object_get(ok, "more"))
        rig_check(state_prepend(state, messages) || stored.altered);
    state_free(&state);
}

static void rig_sent(int client, const char *text, size_t len)
{
    struct incoming in;
    char error[256];

    (void)client;
    envelope_incoming(text, len, &in);
    rig_check(in.kind != INCOMING_BAD);
    if (in.kind == INCOMING_OK || in.kind == INCOMING_ERROR) {
        stored.answered++;
        stored.good = in.kind == INCOMING_OK;
        rig_check(stored.good || utf8_valid(in.text, strlen(in.text)));
        check_history(in.ok);
        json_t *snapshot = jsonx_obj(in.ok, "snapshot");
        struct state *state = snapshot ? state_from_snapshot(snapshot, error) : NULL;
        rig_check(!snapshot || state);
        state_free(&state);
        const char *session = jsonx_str(in.ok, "session", NULL);
        if (session && !stored.session[0])
            snprintf(stored.session, ID_MAX, "%s", session);
    }
    incoming_clear(&in);
}

static bool waits(void)
{
    return stored.answered < stored.asked;
}

/* session: of the method; or NULL. params: JSON. */
static void ask(const char *method, const char *session, const char *params)
{
    char *text =
        xasprintf("{\"id\":\"%d\",\"method\":\"%s\"%s%s%s,\"params\":%s}", ++stored.asked, method,
                  session ? ",\"session\":\"" : "", session ? session : "", session ? "\"" : "", params);

    rig_message('a', text, strlen(text));
    free(text);
    rig_settle(waits);
}

/* --- the store --- */

static void read_file(const char *path, struct buf *out)
{
    static char bytes[1 << 16];
    ssize_t got;
    int fd = open(path, O_RDONLY);

    rig_check(fd >= 0);
    buf_init(out, SIZE_MAX);
    while ((got = read(fd, bytes, sizeof bytes)) > 0)
        buf_put(out, bytes, (size_t)got);
    close(fd);
}

static void write_file(const char *path, const char *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    rig_check(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
    close(fd);
}

/* A value of the statement's is NULL where it has none. */
static void put(sqlite3 *db, const char *sql, const char *first, size_t first_len, const char *second)
{
    sqlite3_stmt *stmt = NULL;

    rig_check(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK);
    sqlite3_bind_text(stmt, 1, first, (int)first_len, SQLITE_STATIC);
    if (second)
        sqlite3_bind_text(stmt, 2, second, -1, SQLITE_STATIC);
    sqlite3_step(stmt); /* what the schema does not take is not taken */
    sqlite3_finalize(stmt);
}

static void put_event(sqlite3 *db, const char *text, size_t len)
{
    const char *blank = memchr(text, ' ', len);
    char *type = strndup(text, blank ? (size_t)(blank - text) : len);

    if (blank)
        put(db, "INSERT INTO events SELECT max(key) + 1, 7, ?2, ?1 FROM events", blank + 1,
            len - (size_t)(blank + 1 - text), type);
    free(type);
}

static void put_line(sqlite3 *db, char what, const char *text, size_t len)
{
    static const struct {
        char what;
        const char *sql;
    } rows[] = {
        {'s', "INSERT OR REPLACE INTO snapshots SELECT key, seq, ?1 FROM sessions"},
        {'p', "INSERT OR REPLACE INTO partials SELECT key, 'm_01j8zq4k3nw8x5t7v9r2m6p0q1', ?1 FROM sessions"},
        {'m', "UPDATE messages SET json = ?1 WHERE key = (SELECT max(key) FROM messages)"},
        {'r', "UPDATE sessions SET run = ?1"},
        {'n', "UPDATE sessions SET seq = CAST(?1 AS INTEGER)"},
        {'u', "INSERT INTO rules VALUES(hex(randomblob(4)), 'ann', 'allow', ?1, 1)"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].what == what)
            put(db, rows[i].sql, text, len, NULL);
    if (what == 'm') {
        json_t *json = jsonx_parse(text, len, NULL);
        stored.altered = json != NULL;
        json_decref(json);
    }
    if (what == 'e')
        put_event(db, text, len);
    if (what == 'k')
        write_file(stored.known_path, text, len);
    if (what == 'x') {
        json_t *json = json_object();
        jsonx_set_strn(json, "text", text, len < 1000 ? len : 1000);
        free(stored.search);
        stored.search = jsonx_dump(json, NULL);
        json_decref(json);
    }
}

static void put_filled_in(sqlite3 *db, const char *line, size_t len)
{
    struct buf text;

    buf_init(&text, SIZE_MAX);
    for (size_t i = 1; i < len; i++)
        if (line[i] == '@')
            buf_puts(&text, stored.session);
        else
            buf_putc(&text, line[i]);
    put_line(db, line[0], text.data ? text.data : "", text.len);
    buf_free(&text);
}

static void put_lines(const char *at, size_t size)
{
    const char *end = at + size;
    char *path = rig_path();
    sqlite3 *db = NULL;

    write_file(path, stored.file.data, stored.file.len);
    write_file(stored.known_path, stored.known.data, stored.known.len);
    rig_check(sqlite3_open(path, &db) == SQLITE_OK);
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at);
        if (len > 0)
            put_filled_in(db, at, len);
        at += len + 1;
    }
    sqlite3_close(db);
    free(path);
}

/* --- a run --- */

static void ask_all(void)
{
    char *subscribe = xasprintf("{\"sessions\":[\"%s\"]}", stored.session);

    ask("session.list", NULL, "{}");
    ask("message.history", stored.session, "{\"limit\":10}");
    ask("session.subscribe", NULL, subscribe);
    ask("session.snapshot", stored.session, "{}");
    ask("session.info", stored.session, "{}");
    ask("rule.list", NULL, "{}");
    ask("question.list", NULL, "{}");
    if (stored.search)
        ask("message.search", NULL, stored.search);
    ask("message.send", stored.session, "{\"text\":\"and now?\"}");
    ask("session.rewind", stored.session, "{\"message\":null}");
    ask("session.fork", stored.session, "{}");
    ask("session.create", NULL, "{}");
    rig_check(stored.good); /* other sessions are not hurt */
    free(subscribe);
}

static void on_finding(void *arg, const struct finding *finding)
{
    struct finding again;
    json_t *json = finding_to_json(finding);

    (void)arg;
    rig_check(finding_from_json(json, &again) && again.state == finding->state);
    rig_check(again.text[0] && utf8_valid(again.text, strlen(again.text)));
    json_decref(json);
}

static void look(void)
{
    char *path = rig_path();
    struct store_check check = {.path = path};
    struct findings findings = {.found = on_finding};
    enum err code = store_check(&check, &findings);

    rig_check(code == ERR_OK || code == ERR_STORE || code == ERR_VERSION);
    free(path);
}

static char *path_of_known(void)
{
    char *folder = paths_join(rig.state, "mcp"), *name = folders_name("ann", "files", "");
    char *path = xasprintf("%s/%s.json", folder, name);

    free(folder);
    free(name);
    return path;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *const none[] = {NULL};

    (void)argc;
    (void)argv;
    utf8_locale();
    rig_begin();
    rig_open(false);
    ask("session.create", NULL, "{}");
    ask("message.send", stored.session, "{\"text\":\"Is the network down?\"}");
    json_t *json = json_pack("{s:s,s:[]}", "era", "2025-11-25", "tools");
    rig_check(known_put(rig.server.known, &remembered, json, none));
    json_decref(json);
    stored.known_path = path_of_known();
    char *path = rig_path();
    rig_close();
    read_file(path, &stored.file);
    read_file(stored.known_path, &stored.known);
    free(path);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    stored.altered = false;
    put_lines((const char *)data, size);
    look();
    rig_open(true);
    known_find(rig.server.known, &remembered);
    ask_all();
    rig_close();
    free(stored.search);
    stored.search = NULL;
    return 0;
}
