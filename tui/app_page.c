/* Slash commands whose answer is a page: /mcp and /rules. */
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include "tui/app_private.h"
#include <stdlib.h>
#include <string.h>

enum { PAGE_ANSWER_MS = 90000, PAGE_MAX = 1 << 20, LINE_MAX_BYTES = 400 };

/* A line of the page: made from the format, clean. */
static void put(struct buf *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct buf *page, const char *format, ...)
{
    struct buf line;
    va_list args;

    buf_init(&line, PAGE_MAX);
    va_start(args, format);
    buf_vprintf(&line, format, args);
    va_end(args);
    char *clean = sanitise_line(line.data ? line.data : "", line.len, LINE_MAX_BYTES);
    buf_printf(page, "%s\n", clean);
    free(clean);
    buf_free(&line);
}

void app_show_page(struct app *app, char *text)
{
    free(app->ui.page);
    app->ui.page = text;
    app->ui.overlay = OVERLAY_PAGE;
    app->ui.scroll = 0;
    app_changed(app);
}

/* --- answers --- */

static void on_servers(void *arg, enum err code, const char *text, json_t *ok)
{
    struct app *app = arg;
    struct buf page;
    json_t *server;
    size_t i;

    if (code != ERR_OK) {
        app_say(app, true, "%s", text);
        return;
    }
    buf_init(&page, PAGE_MAX);
    put(&page, "MCP servers of this session   /mcp tools SERVER   Esc back");
    json_array_foreach(jsonx_arr(ok, "servers"), i, server)
    {
        const char *state = jsonx_str(server, "state", ""), *variant = jsonx_str(server, "variant", "");
        const char *glyph = strcmp(state, "ready") == 0    ? "✓"
                            : strcmp(state, "failed") == 0 ? "✗"
                            : strcmp(state, "off") == 0    ? "■"
                                                           : "·";

        put(&page, "%s %-16s  %-8s  %lld tools  %s%s%s  %s", glyph, jsonx_str(server, "server", ""), state,
            (long long)jsonx_int(server, "tools", 0), jsonx_str(server, "scope", ""), *variant ? "  " : "",
            variant, jsonx_str(server, "text", jsonx_str(server, "title", "")));
    }
    if (json_array_size(jsonx_arr(ok, "servers")) == 0)
        put(&page, "none is configured; stoa-mcp(7) says how");
    app_show_page(app, buf_take(&page));
}

static void on_tools(void *arg, enum err code, const char *text, json_t *ok)
{
    struct app *app = arg;
    struct buf page;
    json_t *tool;
    size_t i;

    if (code != ERR_OK) {
        app_say(app, true, "%s", text);
        return;
    }
    buf_init(&page, PAGE_MAX);
    put(&page, "Tools   Esc back");
    json_array_foreach(jsonx_arr(ok, "tools"), i, tool)
    {
        const char *server = jsonx_str(tool, "server", "");

        put(&page, "%-5s %s/%s  %s", jsonx_str(tool, "effect", ""), *server ? server : "stoa",
            jsonx_str(tool, "tool", ""), jsonx_str(tool, "description", ""));
    }
    app_show_page(app, buf_take(&page));
}

static void on_rules(void *arg, enum err code, const char *text, json_t *ok)
{
    struct app *app = arg;
    struct buf page;
    json_t *rule;
    size_t i;

    if (code != ERR_OK) {
        app_say(app, true, "%s", text);
        return;
    }
    buf_init(&page, PAGE_MAX);
    put(&page, "Rules for tool calls   stoa rules changes them   Esc back");
    json_array_foreach(jsonx_arr(ok, "rules"), i, rule)
    {
        put(&page, "%-5s %-32s  %s  %s %s", jsonx_str(rule, "effect", ""), jsonx_str(rule, "pattern", ""),
            jsonx_str(rule, "origin", ""), jsonx_str(rule, "by", ""), jsonx_str(rule, "why", ""));
    }
    if (json_array_size(jsonx_arr(ok, "rules")) == 0)
        put(&page, "none: each call is asked, tools that only read once a session");
    app_show_page(app, buf_take(&page));
}

static void on_changed(void *arg, enum err code, const char *text, json_t *ok)
{
    struct app *app = arg;
    const char *server = jsonx_str(ok, "server", NULL);

    if (code != ERR_OK)
        app_say(app, true, "%s", text);
    else if (server)
        app_say(app, false, "%s: %s", server, jsonx_str(ok, "state", ""));
}

/* --- commands --- */

/* The next word of *rest, NULL if there is none; free() it. */
static char *next_word(const char **rest)
{
    size_t len = strcspn(*rest, " ");
    char *word = len > 0 ? xstrndup(*rest, len) : NULL;

    *rest += len + strspn(*rest + len, " ");
    return word;
}

static void ask(struct app *app, enum method method, json_t *params, client_reply_cb *reply)
{
    client_request(app->client, method, app->ui.session, params, PAGE_ANSWER_MS, reply, app);
}

/* connect, disconnect, select: what changes a server. */
static void change(struct app *app, enum method method, const char *server, const char *variant)
{
    json_t *params = json_object();

    if (!server) {
        json_decref(params);
        app_say(app, true, "/mcp needs a server's name there; /mcp lists them");
        return;
    }
    jsonx_set_str(params, "server", server);
    if (method == METHOD_MCP_SELECT)
        json_object_set_new(params, "variant", variant ? json_string(variant) : json_null());
    ask(app, method, params, on_changed);
}

void app_command_mcp(struct app *app, const char *rest)
{
    char *verb = next_word(&rest), *server = next_word(&rest), *variant = next_word(&rest);

    if (!verb || strcmp(verb, "ls") == 0) {
        ask(app, METHOD_MCP_SERVERS, NULL, on_servers);
    } else if (strcmp(verb, "tools") == 0) {
        json_t *params = json_object();

        jsonx_set_str(params, "server", server);
        ask(app, METHOD_MCP_TOOLS, params, on_tools);
    } else if (strcmp(verb, "connect") == 0) {
        change(app, METHOD_MCP_CONNECT, server, NULL);
    } else if (strcmp(verb, "disconnect") == 0) {
        change(app, METHOD_MCP_DISCONNECT, server, NULL);
    } else if (strcmp(verb, "select") == 0) {
        change(app, METHOD_MCP_SELECT, server, variant);
    } else {
        app_say(app, true, "/mcp does not know '%s'; it knows tools, connect, disconnect and select", verb);
    }
    free(verb);
    free(server);
    free(variant);
}

void app_command_rules(struct app *app, const char *rest)
{
    json_t *params = json_object();

    (void)rest;
    jsonx_set_str(params, "session", app->ui.session);
    client_request(app->client, METHOD_RULE_LIST, NULL, params, PAGE_ANSWER_MS, on_rules, app);
}
