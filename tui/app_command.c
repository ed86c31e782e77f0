/* What a draft that begins with "/" does. Commands that change a session are the daemon's (session.command);
 * here is what concerns the screen, and what is shown before the daemon is asked. */
#include "shared/err.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include "tui/app_private.h"
#include "tui/command_local.h"
#include "tui/terminal/theme.h"
#include <stdlib.h>
#include <string.h>

enum {
    COMMAND_MS = 90000, /* /mcp connect starts a server */
    SAID_MAX = 1 << 20,
    HEADING_MAX = 200
};

/* --- what the daemon answers --- */

struct asked {
    struct asked *next; /* of those that wait */
    struct app *app;
    char *text;           /* the command */
    char session[ID_MAX]; /* where it was typed */
};

/* A refused command comes back into the draft, if nothing else is there; else it is in the history. */
static void give_back(struct app *app, const struct asked *asked)
{
    struct editor *editor = app->ui.editor;

    if (editor_empty(editor) && strcmp(asked->session, app->ui.session) == 0)
        editor_set(editor, asked->text, strlen(asked->text));
}

/* One line is for the status line, more are a page under the command's name. */
static void show_said(struct app *app, const char *command, const char *text)
{
    char *clean = sanitise_text(text, strlen(text), SANITISE_STRIP, SAID_MAX);
    size_t len = strlen(clean);

    while (len > 0 && clean[len - 1] == '\n')
        clean[--len] = '\0';
    if (!strchr(clean, '\n')) {
        app_say(app, false, "%s", clean);
        free(clean);
        return;
    }
    char *heading = sanitise_line(command, strlen(command), HEADING_MAX);
    app_show_page(app, xasprintf("%s\n%s", heading, clean));
    free(heading);
    free(clean);
}

static void free_asked(struct asked *asked)
{
    free(asked->text);
    free(asked);
}

static void forget(struct asked *asked)
{
    struct asked **at = &asked->app->asked;

    while (*at != asked)
        at = &(*at)->next;
    *at = asked->next;
    free_asked(asked);
}

static void on_answer(void *arg, enum err code, const char *text, json_t *ok)
{
    struct asked *asked = arg;
    struct app *app = asked->app;
    const char *session = jsonx_str(ok, "session", NULL);

    if (code != ERR_OK) {
        give_back(app, asked);
        app_say(app, true, "%s", text);
    } else {
        if (session && strcmp(asked->session, app->ui.session) == 0)
            app_switch(app, session);
        show_said(app, asked->text, jsonx_str(ok, "text", ""));
    }
    forget(asked);
}

static void ask_daemon(struct app *app, const char *text)
{
    struct asked *asked = xcalloc(1, sizeof *asked);
    json_t *params = json_object();

    asked->app = app;
    asked->next = app->asked;
    app->asked = asked;
    asked->text = xstrdup(text);
    memcpy(asked->session, app->ui.session, sizeof asked->session);
    jsonx_set_str(params, "text", text);
    client_request(app->client, METHOD_SESSION_COMMAND, app->ui.session, params, COMMAND_MS, on_answer,
                   asked);
}

/* --- commands that show something first --- */

/* They return false where the daemon is to be asked as for any other command. */

static bool command_model(struct app *app, const char *rest)
{
    if (*rest)
        return false;
    app_open_picker(app, PICKER_MODELS);
    return true;
}

static bool command_compact(struct app *app, const char *rest)
{
    (void)rest;
    app_ask_compact(app);
    return true;
}

/* What would be dropped is shown first; the text of the first dropped message of a person comes back. */
static bool command_rewind(struct app *app, const char *rest)
{
    char error[256], *text = xasprintf("/rewind %s", rest);
    json_t *params = NULL;
    enum method method;
    bool right = app->ui.state && slash_parse(text, app->ui.state, &method, &params, error);

    if (right)
        app_ask_rewind(app, jsonx_str(params, "message", NULL), true);
    json_decref(params);
    free(text);
    return right;
}

static bool command_steer(struct app *app, const char *rest)
{
    if (!*rest) {
        app_say(app, true, "/steer needs a message");
    } else if (!app_send_text(app, rest, true)) {
        char *text = xasprintf("/steer %s", rest);

        editor_set(app->ui.editor, text, strlen(text));
        free(text);
    }
    return true;
}

/* --- commands of the screen --- */

static bool command_browse(struct app *app, const char *rest)
{
    (void)rest;
    app_browse(app);
    return true;
}

static bool command_copy(struct app *app, const char *rest)
{
    (void)rest;
    app_copy_message(app);
    return true;
}

static bool command_dump(struct app *app, const char *rest)
{
    (void)rest;
    app_transcript(app, true);
    return true;
}

static bool command_editor(struct app *app, const char *rest)
{
    (void)rest;
    app_edit_outside(app);
    return true;
}

static bool command_export(struct app *app, const char *rest)
{
    app_export(app, rest);
    return true;
}

static bool command_help(struct app *app, const char *rest)
{
    (void)rest;
    app->ui.overlay = OVERLAY_HELP;
    app->ui.scroll = 0;
    return true;
}

static bool command_lend(struct app *app, const char *rest)
{
    app_lend(app, rest);
    return true;
}

static bool command_mouse(struct app *app, const char *rest)
{
    if (!*rest || strcmp(rest, app->ui.mouse ? "off" : "on") == 0)
        app_toggle_mouse(app);
    else if (strcmp(rest, "on") != 0 && strcmp(rest, "off") != 0)
        app_say(app, true, "/mouse is on or off, not '%s'", rest);
    return true;
}

static bool command_pager(struct app *app, const char *rest)
{
    (void)rest;
    app_transcript(app, false);
    return true;
}

static bool command_quit(struct app *app, const char *rest)
{
    (void)rest;
    app_quit(app, EXIT_OK, NULL);
    return true;
}

static bool command_sessions(struct app *app, const char *rest)
{
    (void)rest;
    app_load_sessions(app);
    app_open_picker(app, PICKER_SESSIONS);
    return true;
}

static bool command_theme(struct app *app, const char *rest)
{
    enum theme theme = theme_find(rest);

    if (!*rest) {
        app_open_picker(app, PICKER_THEMES);
    } else if (theme == THEME_COUNT) {
        app_say(app, true, "there is no theme '%s'; there are " THEME_CHOICES, rest);
    } else {
        screen_set_theme(app->screen, theme);
        app_say(app, false, "theme %s; 'theme: %s' under 'tui:' in the configuration keeps it", rest, rest);
    }
    return true;
}

static const struct {
    const char *name;
    bool (*run)(struct app *app, const char *rest);
} commands[] = {
    {"browse", command_browse}, {"compact", command_compact}, {"copy", command_copy},
    {"dump", command_dump},     {"editor", command_editor},   {"export", command_export},
    {"help", command_help},     {"keys", command_help},       {"lend", command_lend},
    {"model", command_model},   {"mouse", command_mouse},     {"pager", command_pager},
    {"quit", command_quit},     {"rewind", command_rewind},   {"sessions", command_sessions},
    {"steer", command_steer},   {"theme", command_theme},
};

static bool is_local(const char *name, size_t len)
{
    size_t count;
    const struct slash_row *rows = local_commands(&count);

    for (size_t i = 0; i < count; i++)
        if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
            return true;
    return false;
}

/* "/usr/bin is full" is a message, and so is what directs the demo model; a word that is no command may be
 * one of a newer daemon, or a slip of the fingers, which the daemon answers. */
bool app_is_command(const char *text)
{
    size_t word = text[0] == '/' ? strspn(text + 1, "abcdefghijklmnopqrstuvwxyz-") : 0;
    bool known = word > 0 && (is_local(text + 1, word) || slash_find(text + 1, word));

    return word > 0 && !(word == 4 && memcmp(text + 1, "demo", 4) == 0) &&
           (text[1 + word] == '\0' || text[1 + word] == ' ' || (known && text[1 + word] == '\n')) &&
           (known || !strchr(text, '\n'));
}

/* What is wrong with it, as far as this client knows: better said while it can be mended. */
static bool is_right(struct app *app, const char *text)
{
    enum method method;
    json_t *params = NULL;
    char error[256];
    bool right = slash_parse(text, app->ui.state, &method, &params, error);

    json_decref(params);
    if (!right)
        app_say(app, true, "%s; a space before it sends it as a message", error);
    return right;
}

bool app_run_command(struct app *app, const char *text)
{
    size_t word = strcspn(text + 1, " \n");
    const char *rest = text + 1 + word;

    while (*rest == ' ' || *rest == '\n')
        rest++;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strlen(commands[i].name) == word && memcmp(commands[i].name, text + 1, word) == 0 &&
            commands[i].run(app, rest))
            return true;
    if (app->ui.state && !is_right(app, text))
        return false;
    ask_daemon(app, text);
    return true;
}

void app_command_close(struct app *app)
{
    struct asked *next;

    for (struct asked *asked = app->asked; asked; asked = next) {
        next = asked->next;
        free_asked(asked);
    }
    app->asked = NULL;
}
