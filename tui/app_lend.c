/* /lend: MCP servers of this machine, lent to the session from within the full-screen client. They end with
 * it. */
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include "tui/app_private.h"
#include "tui/lend.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENDS_MAX = 16, SAID_KEPT = 8 };

struct app_lend { /* one of them */
    struct app_lend *next;
    struct app *app;
    struct lend *lend;
    char *said[SAID_KEPT]; /* what it wrote for people last, a ring */
    size_t said_count, calls;
    bool runs;
};

static void free_lend(struct app_lend *own, bool at_once)
{
    struct app_lend **at = &own->app->lends;

    while (*at != own)
        at = &(*at)->next;
    *at = own->next;
    if (at_once)
        lend_close_now(&own->lend);
    else
        lend_close(&own->lend);
    for (size_t i = 0; i < SAID_KEPT; i++)
        free(own->said[i]);
    free(own);
}

/* --- what a lend says --- */

static void on_say(void *arg, struct lend *lend, enum lend_says what, const char *text)
{
    struct app_lend *own = arg;
    char **slot = &own->said[own->said_count % SAID_KEPT];

    switch (what) {
    case LEND_OFFERED:
        app_say(own->app, false, "%s is lent to this session; /lend %s off takes it back", lend_name(lend),
                lend_name(lend));
        break;
    case LEND_BEGAN:
        own->runs = true;
        break;
    case LEND_ENDED:
        own->runs = false;
        if (text[0] && own->said_count > 0)
            app_say(own->app, true, "%s: %s; /lend shows what it said", lend_name(lend), text);
        else
            app_say(own->app, true, "%s: %s", lend_name(lend), text);
        break;
    case LEND_CALLED:
        own->calls++;
        break;
    case LEND_DONE:
        break;
    case LEND_STDERR:
        free(*slot);
        *slot = xstrdup(text);
        own->said_count++;
        break;
    }
}

static void on_over(void *arg, struct lend *lend, enum err code, const char *text)
{
    struct app_lend *own = arg;

    (void)code;
    app_say(own->app, true, "%s is not lent: %s", lend_name(lend), text);
    free_lend(own, false);
}

/* --- the command --- */

static struct app_lend *find(struct app *app, const char *name, size_t len)
{
    struct app_lend *own = app->lends;

    while (own && (strlen(lend_name(own->lend)) != len || memcmp(lend_name(own->lend), name, len) != 0 ||
                   strcmp(lend_session(own->lend), app->ui.session) != 0))
        own = own->next;
    return own;
}

static void put_own(struct buf *page, const struct app_lend *own)
{
    size_t first = own->said_count > SAID_KEPT ? own->said_count - SAID_KEPT : 0;
    bool here = strcmp(lend_session(own->lend), own->app->ui.session) == 0;

    buf_printf(page, "%s%s: %s\n    %s, %zu call%s\n", lend_name(own->lend),
               here ? "" : " (to another session)", lend_command(own->lend),
               !lend_is_offered(own->lend) ? "waits for the daemon"
               : own->runs                 ? "runs"
                                           : "starts when it is needed",
               own->calls, own->calls == 1 ? "" : "s");
    for (size_t i = first; i < own->said_count; i++)
        buf_printf(page, "    | %s\n", own->said[i % SAID_KEPT]);
}

static void put_others(struct buf *page, const struct app *app)
{
    const struct state *state = app->ui.state;
    const struct client_hello *hello = client_hello(app->client);

    for (size_t i = 0; state && i < state->lent_count; i++) {
        const struct lent *lent = &state->lent[i];
        if (hello && strcmp(lent->participant, hello->participant) == 0)
            continue;
        char *line = xasprintf("%s: lent by %s%s%s", lent->server, lent->user,
                               *lent->terminal ? " from " : "", lent->terminal);
        char *clean = sanitise_line(line, strlen(line), 300);
        buf_printf(page, "%s\n", clean);
        free(clean);
        free(line);
    }
}

static void show_all(struct app *app)
{
    struct buf page;

    buf_init(&page, 1 << 20);
    buf_puts(&page, "/lend\n");
    size_t heading = page.len;
    for (const struct app_lend *own = app->lends; own; own = own->next)
        put_own(&page, own);
    put_others(&page, app);
    if (page.len > heading) {
        app_show_page(app, buf_take(&page));
        return;
    }
    app_say(app, false, "nothing is lent; /lend NAME -- COMMAND lends a server of this machine");
    buf_free(&page);
}

static void take_back(struct app *app, const char *name, size_t len)
{
    struct app_lend *own = find(app, name, len);

    if (own) {
        app_say(app, false, "%.*s is not lent any more", (int)len, name);
        free_lend(own, false);
    } else {
        app_say(app, true, "this terminal lends no '%.*s' to this session", (int)len, name);
    }
}

static void begin(struct app *app, const char *name, size_t len, const char *command)
{
    static char shell[] = "/bin/sh", option[] = "-c";
    struct app_lend *own = find(app, name, len);
    size_t count = 0;

    for (const struct app_lend *each = app->lends; each; each = each->next)
        count++;
    if (own || count >= LENDS_MAX) {
        if (own)
            app_say(app, true, "%.*s is lent already; /lend %.*s off takes it back", (int)len, name, (int)len,
                    name);
        else
            app_say(app, true, "%d servers are lent already", LENDS_MAX);
        return;
    }
    char *text = xstrdup(command), *argv[] = {shell, option, text, NULL}, *cut = xstrndup(name, len);
    own = xcalloc(1, sizeof *own);
    own->app = app;
    own->next = app->lends;
    app->lends = own;
    struct lend_options options = {.loop = &app->loop,
                                   .client = app->client,
                                   .session = app->ui.session,
                                   .name = cut,
                                   .argv = argv,
                                   .title = command,
                                   .callbacks = {.arg = own, .say = on_say, .over = on_over}};
    own->lend = lend_open(&options);
    free(cut);
    free(text);
}

void app_lend(struct app *app, const char *rest)
{
    size_t len = strcspn(rest, " \n");
    const char *more = rest + len + strspn(rest + len, " \n");
    char *name = xstrndup(rest, len);
    bool begins = strncmp(more, "--", 2) == 0 && (more[2] == ' ' || more[2] == '\n');

    if (len == 0)
        show_all(app);
    else if (!lend_is_name(name))
        app_say(app, true, "'%s' can't be a server's name: 1 to %d of a-z, 0-9, _ and -", name,
                LEND_NAME_MAX);
    else if (strcmp(more, "off") == 0)
        take_back(app, rest, len);
    else if (begins && more[2 + strspn(more + 2, " \n")])
        begin(app, rest, len, more + 3);
    else
        app_say(app, true, "/lend NAME -- COMMAND, /lend NAME off, or /lend alone");
    free(name);
}

/* --- for app.c --- */

void app_lend_link(struct app *app, enum client_link link)
{
    struct app_lend *next;

    for (struct app_lend *own = app->lends; own; own = next) {
        next = own->next;
        lend_link(own->lend, link);
    }
}

void app_lend_notice(struct app *app, const json_t *notice)
{
    struct app_lend *own = app->lends;

    while (own && !lend_notice(own->lend, notice))
        own = own->next;
}

void app_lend_close(struct app *app)
{
    while (app->lends)
        free_lend(app->lends, true);
}
