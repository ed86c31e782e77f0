/* What came of a command, for people: plain lines, the same in every client. */
#include "proto/slash_private.h"

#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SAID_MAX = 256 << 10, /* bytes in all; what comes after that is left out */
    CELL_MAX = 200,       /* bytes of a title, a name, a summary */
    LABEL_WIDTH = 10,
    COLUMNS = 4
};

struct said {
    struct buf out;
    const struct state *state;
    const json_t *params, *ok;
};

/* --- lines --- */

/* One line: what is in it was written by others, and stays on it. */
static void put_line(struct said *said, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put_line(struct said *said, const char *format, ...)
{
    struct buf line;
    va_list args;
    buf_init(&line, SAID_MAX);
    va_start(args, format);
    buf_vprintf(&line, format, args);
    va_end(args);
    char *clean = sanitise_line(line.data, line.len, SAID_MAX);
    buf_printf(&said->out, "%s%s", said->out.len ? "\n" : "", clean);
    free(clean);
    buf_free(&line);
}

static void put_value(struct said *said, const char *label, const char *value)
{
    put_line(said, "%-*s %s", LABEL_WIDTH, label, *value ? value : "-");
}

static void put_count(struct said *said, const char *label, int64_t count)
{
    put_line(said, "%-*s %" PRId64, LABEL_WIDTH, label, count);
}

static void put_time(struct said *said, const char *label, int64_t ms)
{
    char text[64] = "";
    struct tm tm;
    time_t seconds = (time_t)(ms / 1000);
    if (ms > 0 && localtime_r(&seconds, &tm))
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    put_value(said, label, text);
}

/* --- tables --- */

struct table { /* rows of columns that stand below each other */
    char *(*rows)[COLUMNS];
    size_t count;
    size_t widths[COLUMNS];
};

static void table_add(struct table *table, const char *a, const char *b, const char *c, const char *d)
{
    const char *cells[COLUMNS] = {a, b, c, d};
    table->rows = xreallocarray(table->rows, table->count + 1, sizeof *table->rows);
    for (size_t i = 0; i < COLUMNS; i++) {
        char *clean = sanitise_line(cells[i], strcspn(cells[i], "\n"), CELL_MAX);
        size_t width = utf8_width(clean, strlen(clean));
        table->widths[i] = width > table->widths[i] ? width : table->widths[i];
        table->rows[table->count][i] = clean;
    }
    table->count++;
}

static void table_put_row(const struct table *table, char *const cells[COLUMNS], struct said *said)
{
    struct buf line;
    size_t at = 0, start = 0; /* cells written, where the column begins */
    buf_init(&line, SAID_MAX);
    for (size_t i = 0; i < COLUMNS; i++) {
        if (*cells[i]) {
            buf_printf(&line, "%*s%s", (int)(start - at), "", cells[i]);
            at = start + utf8_width(cells[i], strlen(cells[i]));
        }
        start += table->widths[i] ? table->widths[i] + 2 : 0;
    }
    put_line(said, "%s", line.data);
    buf_free(&line);
}

/* Puts the rows, or what is said where there is none, and frees them. */
static void table_put(struct table *table, struct said *said, const char *none)
{
    for (size_t i = 0; i < table->count; i++) {
        table_put_row(table, table->rows[i], said);
        for (size_t j = 0; j < COLUMNS; j++)
            free(table->rows[i][j]);
    }
    if (table->count == 0)
        put_line(said, "%s", none);
    free(table->rows);
}

/* --- commands --- */

static void say_archive(struct said *said)
{
    put_line(said, jsonx_bool(said->params, "archived", true) ? "archived" : "taken back from the archive");
}

static void say_compact(struct said *said)
{
    put_line(said, "the conversation is being summed up");
}

static void say_fork(struct said *said)
{
    int64_t count = jsonx_int(said->ok, "messages", 0);

    put_line(said, "forked, with %" PRId64 " message%s: %s", count, count == 1 ? "" : "s",
             jsonx_str(said->ok, "session", ""));
}

static void say_info(struct said *said)
{
    const json_t *ok = said->ok;
    struct buf who;
    json_t *participant;
    size_t i;
    buf_init(&who, SAID_MAX);
    json_array_foreach(jsonx_arr(ok, "participants"), i, participant)
    {
        const char *terminal = jsonx_str(participant, "terminal", "");
        buf_printf(&who, "%s%s%s%s%s", who.len ? ", " : "", jsonx_str(participant, "user", ""),
                   *terminal ? " (" : "", terminal, *terminal ? ")" : "");
    }
    put_value(said, "title", jsonx_str(ok, "title", ""));
    put_value(said, "session", jsonx_str(ok, "session", ""));
    put_value(said, "owner", jsonx_str(ok, "owner", ""));
    put_value(said, "model", jsonx_str(ok, "model", ""));
    put_line(said, "%-*s %s%s", LABEL_WIDTH, "state", jsonx_str(ok, "state", ""),
             jsonx_bool(ok, "archived", false) ? ", archived" : "");
    put_time(said, "created", jsonx_int(ok, "created", 0));
    put_time(said, "activity", jsonx_int(ok, "activity", 0));
    put_count(said, "messages", jsonx_int(ok, "messages_total", 0));
    put_count(said, "waiting", (int64_t)json_array_size(jsonx_arr(ok, "queue")));
    put_value(said, "present", who.data);
    put_value(said, "agent", jsonx_str(jsonx_obj(ok, "agent"), "state", ""));
    buf_free(&who);
}

static void say_interrupt(struct said *said)
{
    put_line(said, jsonx_bool(said->ok, "interrupted", false) ? "interrupted" : "no turn runs");
}

static void say_servers(struct said *said)
{
    struct table table = {NULL, 0, {0}};
    json_t *server;
    size_t i;
    json_array_foreach(jsonx_arr(said->ok, "servers"), i, server)
    {
        const char *text = jsonx_str(server, "text", "");
        char tools[32] = "";
        if (jsonx_int(server, "tools", 0) > 0)
            snprintf(tools, sizeof tools, "%" PRId64 " tools", jsonx_int(server, "tools", 0));
        table_add(&table, jsonx_str(server, "server", ""), jsonx_str(server, "state", ""), tools,
                  *text ? text : jsonx_str(server, "variant", ""));
    }
    table_put(&table, said, "no MCP servers are configured; stoa-mcp(7) says how");
}

static void say_tools(struct said *said)
{
    struct table table = {NULL, 0, {0}};
    json_t *tool;
    size_t i;
    json_array_foreach(jsonx_arr(said->ok, "tools"), i, tool)
    {
        const char *server = jsonx_str(tool, "server", "");
        char *name = xasprintf("%s/%s", *server ? server : "stoa", jsonx_str(tool, "tool", ""));
        table_add(&table, name, jsonx_str(tool, "effect", ""),
                  jsonx_bool(tool, "destructive", false) ? "destructive"
                  : jsonx_bool(tool, "read_only", false) ? "read-only"
                                                         : "",
                  jsonx_str(tool, "description", ""));
        free(name);
    }
    table_put(&table, said, "no tools");
}

static void say_mcp(struct said *said)
{
    const char *server = jsonx_str(said->params, "server", ""), *text = jsonx_str(said->ok, "text", "");
    const char *variant = jsonx_str(said->params, "variant", NULL);
    if (jsonx_arr(said->ok, "servers"))
        say_servers(said);
    else if (jsonx_arr(said->ok, "tools"))
        say_tools(said);
    else if (variant)
        put_line(said, "%s: variant %s", server, variant);
    else if (json_object_get(said->params, "variant"))
        put_line(said, "%s: the configured variant", server);
    else if (jsonx_str(said->ok, "state", NULL))
        put_line(said, "%s: %s%s%s", server, jsonx_str(said->ok, "state", ""), *text ? ": " : "", text);
    else
        put_line(said, "%s: disconnected", server);
}

static void say_model(struct said *said)
{
    struct table table = {NULL, 0, {0}};
    const char *chosen = jsonx_str(said->ok, "default", "");
    json_t *model;
    size_t i;
    put_line(said, "model: %s", *said->state->model ? said->state->model : "none");
    if (json_object_get(said->params, "model"))
        return;
    json_array_foreach(jsonx_arr(said->ok, "models"), i, model)
    {
        const char *id = jsonx_str(model, "id", ""), *note = strcmp(id, chosen) == 0 ? "the default" : "";
        if (*id && id[strlen(id) - 1] == '/')
            note = "and any name that its server knows";
        if (jsonx_bool(model, "ready", false))
            table_add(&table, id, note, "", "");
    }
    put_line(said, "ready:");
    table_put(&table, said, "none; 'stoa models' says what is missing");
}

static void say_new(struct said *said)
{
    put_line(said, "new session: %s (%s)", jsonx_str(said->ok, "session", ""),
             jsonx_str(said->ok, "model", ""));
}

static void say_rewind(struct said *said)
{
    int64_t count = jsonx_int(said->ok, "removed", 0);

    put_line(said, "%" PRId64 " message%s dropped", count, count == 1 ? "" : "s");
}

static void say_rules(struct said *said)
{
    const char *effect = jsonx_str(said->params, "effect", NULL);
    struct table table = {NULL, 0, {0}};
    json_t *rule;
    size_t i;
    if (effect) {
        put_line(said, "rule %s: %s %s", jsonx_str(said->ok, "rule", ""), effect,
                 jsonx_str(said->params, "pattern", ""));
        return;
    }
    if (jsonx_str(said->params, "rule", NULL)) {
        put_line(said, "rule %s removed", jsonx_str(said->params, "rule", ""));
        return;
    }
    json_array_foreach(jsonx_arr(said->ok, "rules"), i, rule)
    {
        char *name = xasprintf("%s  %s", jsonx_str(rule, "origin", ""), jsonx_str(rule, "id", ""));
        table_add(&table, jsonx_str(rule, "effect", ""), jsonx_str(rule, "pattern", ""),
                  jsonx_str(rule, "by", ""), name);
        free(name);
    }
    table_put(&table, said, "no rules: each tool is asked for");
}

static void say_search(struct said *said)
{
    struct table table = {NULL, 0, {0}};
    json_t *hit;
    size_t i;
    json_array_foreach(jsonx_arr(said->ok, "hits"), i, hit)
    {
        const char *title = jsonx_str(hit, "title", "");
        char *snippet =
            sanitise_line(jsonx_str(hit, "snippet", ""), strlen(jsonx_str(hit, "snippet", "")), CELL_MAX);
        table_add(&table, jsonx_str(hit, "session", ""), *title ? title : "untitled",
                  jsonx_str(hit, "role", ""), snippet);
        free(snippet);
    }
    table_put(&table, said, "nothing found");
    if (jsonx_bool(said->ok, "behind", false))
        put_line(said, "the daemon's disk is slow or fails, so the newest messages were not searched");
}

static void say_set(struct said *said)
{
    void *iter = json_object_iter(jsonx_obj(said->params, "variables"));
    const char *name = json_object_iter_key(iter), *value = json_string_value(json_object_iter_value(iter));
    if (value)
        put_line(said, "%s=%s", name, value);
    else
        put_line(said, "%s removed", name);
}

static void say_share(struct said *said)
{
    const char *user = jsonx_str(said->params, "user", NULL), *attach = jsonx_str(said->ok, "attach", NULL);
    if (user)
        put_line(said, "shared with %s as %s", user, jsonx_str(said->params, "role", ""));
    else if (attach)
        put_line(said, "%s", attach);
    else
        put_line(said, "only the owner, %s, invites others", said->state->owner);
}

static void say_unshare(struct said *said)
{
    put_line(said, "not shared with %s any more", jsonx_str(said->params, "user", ""));
}

static void say_steer(struct said *said)
{
    put_line(said, jsonx_bool(said->ok, "queued", false) ? "it enters at the turn's next step" : "sent");
}

static void say_system(struct said *said)
{
    bool changes = json_object_size(said->params) > 0;
    const char *system = said->state->system;
    if (!system)
        put_line(said, "no system prompt");
    else if (changes)
        put_line(said, "system prompt changed");
    else {
        char *clean = sanitise_text(system, strlen(system), SANITISE_STRIP, SAID_MAX);
        buf_puts(&said->out, clean);
        free(clean);
    }
}

static void say_title(struct said *said)
{
    put_line(said, "title: %s", said->state->title);
}

static void say_unqueue(struct said *said)
{
    size_t count = json_array_size(jsonx_arr(said->ok, "removed"));
    if (count == 0)
        put_line(said, "too late: its turn has begun");
    else
        put_line(said, "%zu message%s taken back", count, count == 1 ? "" : "s");
}

static void say_usage(struct said *said)
{
    const json_t *usage = jsonx_obj(said->ok, "usage");
    int64_t context = jsonx_int(said->ok, "context_tokens", 0), cost = jsonx_int(usage, "cost", 0);
    char text[48];
    put_count(said, "tokens in", jsonx_int(usage, "input", 0));
    put_count(said, "cached", jsonx_int(usage, "cached", 0));
    put_count(said, "tokens out", jsonx_int(usage, "output", 0));
    put_count(said, "reasoning", jsonx_int(usage, "reasoning", 0));
    put_count(said, "turns", jsonx_int(said->ok, "turns", 0));
    if (cost > 0) {
        snprintf(text, sizeof text, "%lld.%04lld", (long long)(cost / 1000000),
                 (long long)(cost / 100 % 10000));
        put_value(said, "cost", text);
    }
    if (context > 0)
        put_count(said, "context", context);
    else
        put_value(said, "context", "");
}

/* How many of a user's terminals are here; terminals: which, "" where they do not say. */
static size_t here(const json_t *ok, const char *user, struct buf *terminals)
{
    json_t *participant;
    size_t i, count = 0;
    json_array_foreach(jsonx_arr(ok, "participants"), i, participant)
    {
        const char *terminal = jsonx_str(participant, "terminal", "");
        if (strcmp(jsonx_str(participant, "user", ""), user) != 0)
            continue;
        count++;
        if (*terminal)
            buf_printf(terminals, "%s%s", terminals->len ? ", " : "", terminal);
    }
    return count;
}

static void say_person(struct said *said, struct table *table, const char *user, const char *role)
{
    struct buf terminals;
    buf_init(&terminals, SAID_MAX);
    size_t count = here(said->ok, user, &terminals);
    table_add(table, user, role, count ? "here" : "", count && terminals.len ? terminals.data : "");
    buf_free(&terminals);
}

static void say_who(struct said *said)
{
    struct table table = {NULL, 0, {0}};
    json_t *member;
    size_t i;
    say_person(said, &table, jsonx_str(said->ok, "owner", ""), "owner");
    json_array_foreach(jsonx_arr(said->ok, "members"), i, member)
    {
        say_person(said, &table, jsonx_str(member, "user", ""), jsonx_str(member, "role", ""));
    }
    table_put(&table, said, "nobody");
}

static void (*const sayers[SLASH_COUNT])(struct said *said) = {
    [SLASH_ARCHIVE] = say_archive,
    [SLASH_COMPACT] = say_compact,
    [SLASH_FORK] = say_fork,
    [SLASH_INFO] = say_info,
    [SLASH_INTERRUPT] = say_interrupt,
    [SLASH_MCP] = say_mcp,
    [SLASH_MODEL] = say_model,
    [SLASH_NEW] = say_new,
    [SLASH_RENAME] = say_title,
    [SLASH_REWIND] = say_rewind,
    [SLASH_RULES] = say_rules,
    [SLASH_SEARCH] = say_search,
    [SLASH_SET] = say_set,
    [SLASH_SHARE] = say_share,
    [SLASH_STEER] = say_steer,
    [SLASH_SYSTEM] = say_system,
    [SLASH_TITLE] = say_title,
    [SLASH_UNQUEUE] = say_unqueue,
    [SLASH_UNSHARE] = say_unshare,
    [SLASH_USAGE] = say_usage,
    [SLASH_WHO] = say_who,
};

char *slash_said(const char *text, const struct state *state, const json_t *params, const json_t *ok)
{
    struct said said = {.state = state, .params = params, .ok = ok};
    enum slash_command command = slash_command_of(text);
    buf_init(&said.out, SAID_MAX);
    if (command < SLASH_COUNT)
        sayers[command](&said);
    return buf_take(&said.out);
}
