/* Fork, rewind, compact: what would be done is shown first. The page is made anew when the session changes
 * under it, and is then let to be read for a moment before it takes a yes. */
#include "shared/clock.h"
#include "shared/err.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include "tui/app_private.h"
#include "tui/view.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ANSWER_MS = 30000,
    READ_MS = 1000 /* a page that has changed takes no yes for that long */
};

/* --- asking --- */

static void show(struct app *app, char *page)
{
    struct ui *ui = &app->ui;
    bool same = ui->overlay == OVERLAY_CONFIRM && ui->page && strcmp(ui->page, page) == 0;

    app->confirm_seq = ui->state->seq;
    app->confirm_width = view_page_width(ui, screen_rows(app->screen), screen_cols(app->screen));
    if (same) {
        free(page);
        return;
    }
    app->confirm_at = ui->overlay == OVERLAY_CONFIRM ? clock_steady_ms() : 0;
    if (ui->overlay != OVERLAY_CONFIRM)
        ui->scroll = 0;
    free(ui->page);
    ui->page = page;
    ui->overlay = OVERLAY_CONFIRM;
}

static void refuse(struct app *app, char *why)
{
    if (app->ui.overlay == OVERLAY_CONFIRM)
        app->ui.overlay = OVERLAY_NONE;
    app_say(app, true, "%s", why);
    free(why);
}

/* Shows what would be done as the session is now, or says why nothing can be. */
static void present(struct app *app)
{
    struct ui *ui = &app->ui;
    size_t width = view_page_width(ui, screen_rows(app->screen), screen_cols(app->screen));
    struct preview preview =
        preview_change(ui->state, app->change, app->confirm_id, width, ui->hello ? ui->hello->context : 0);

    if (preview.is == PREVIEW_READY)
        show(app, preview.text);
    else if (preview.is == PREVIEW_REFUSED)
        refuse(app, preview.text);
    else if (app_has_older(app))
        app_hunt(app, HUNT_CHANGE);
    else
        refuse(app, xstrdup("the older messages can't be loaded: what would be dropped can't be shown"));
    app_changed(app);
}

static void ask(struct app *app, enum preview_change change, const char *message)
{
    if (!app->ui.state)
        return;
    app->change = change;
    snprintf(app->confirm_id, sizeof app->confirm_id, "%s", message ? message : "");
    present(app);
}

void app_ask_fork(struct app *app, const char *message)
{
    ask(app, PREVIEW_FORK, message);
}

void app_ask_rewind(struct app *app, const char *message, bool edit)
{
    ask(app, edit ? PREVIEW_EDIT : PREVIEW_REWIND, message);
}

void app_ask_compact(struct app *app)
{
    ask(app, PREVIEW_COMPACT, NULL);
}

/* The page comes by itself: what is typed meanwhile is no answer to it, and a list that was opened is not
 * covered. */
void app_ask_again(struct app *app)
{
    enum overlay before = app->ui.overlay;

    if (before != OVERLAY_NONE && before != OVERLAY_CONFIRM)
        return;
    present(app);
    if (before == OVERLAY_NONE)
        app->confirm_at = clock_steady_ms();
}

void app_sync_confirm(struct app *app)
{
    struct ui *ui = &app->ui;
    size_t width = view_page_width(ui, screen_rows(app->screen), screen_cols(app->screen));

    if (ui->overlay != OVERLAY_CONFIRM || !ui->state || app->hunt == HUNT_CHANGE)
        return;
    if (ui->state->seq != app->confirm_seq || width != app->confirm_width)
        present(app);
}

/* --- doing --- */

static void on_forked(void *arg, enum err code, const char *text, json_t *ok)
{
    struct app *app = arg;
    const char *session = jsonx_str(ok, "session", NULL);

    if (code != ERR_OK || !session) {
        app_say(app, true, "not forked: %s", text);
        return;
    }
    app_switch(app, session);
    long long count = jsonx_int(ok, "messages", 0);
    app_say(app, false, "forked, with %lld message%s; the other session is as it was", count,
            count == 1 ? "" : "s");
}

static void on_rewound(void *arg, enum err code, const char *text, json_t *ok)
{
    struct app *app = arg;
    char *draft = app->confirm_draft;
    struct editor *editor = app->ui.editor;

    app->confirm_draft = NULL;
    if (code != ERR_OK) {
        app_say(app, true, code == ERR_TIMEOUT ? "%s: look what was dropped" : "nothing was dropped: %s",
                text);
        if (draft)
            editor_remember(editor, draft);
        free(draft);
        return;
    }
    if (strcmp(app->confirm_session, app->ui.session) != 0) { /* one has gone elsewhere meanwhile */
        if (draft)
            editor_remember(editor, draft);
        app_say(app, false, "the other session was rewound%s", draft ? "; ↑ brings the text" : "");
        free(draft);
        return;
    }
    app_browse_end(app);
    list_follow(app->ui.list);
    long long count = jsonx_int(ok, "removed", 0);
    app_say(app, false, "%lld message%s dropped%s", count, count == 1 ? " was" : "s were",
            draft ? "; the text is the draft again" : "");
    if (draft && !editor_empty(editor)) { /* what was being written is a step back in the history */
        editor_remember(editor, editor_text(editor, NULL));
        app_say(app, false, "the text is the draft again; ↑ brings what you were writing");
    }
    if (draft && !editor_set(editor, draft, strlen(draft)))
        editor_remember(editor, draft);
    free(draft);
}

static void on_compacting(void *arg, enum err code, const char *text, json_t *ok)
{
    (void)ok;
    if (code != ERR_OK)
        app_say(arg, true, "not compacted: %s", text);
}

static void do_fork(struct app *app)
{
    const struct state *state = app->ui.state;
    json_t *params = json_object();

    jsonx_set_str(params, "message", state->messages[preview_fork_end(state, app->confirm_id)]->id);
    client_request(app->client, METHOD_SESSION_FORK, app->ui.session, params, ANSWER_MS, on_forked, app);
}

/* What was typed as the first message that is dropped, if a person did; free() it. */
static char *text_of_dropped(const struct app *app)
{
    const struct state *state = app->ui.state;
    size_t first = 0;

    while (*app->confirm_id && first < state->message_count &&
           strcmp(state->messages[first++]->id, app->confirm_id) != 0)
        ;
    if (first == state->message_count || state->messages[first]->role != MESSAGE_ROLE_USER)
        return NULL;
    char *text = message_typed(state->messages[first]);
    char *clean = sanitise_text(text, strlen(text), SANITISE_STRIP, SIZE_MAX);
    free(text);
    return clean;
}

static void do_rewind(struct app *app)
{
    json_t *params = json_object();

    json_object_set_new(params, "message", *app->confirm_id ? json_string(app->confirm_id) : json_null());
    memcpy(app->confirm_session, app->ui.session, sizeof app->confirm_session);
    free(app->confirm_draft);
    app->confirm_draft = app->change == PREVIEW_EDIT ? text_of_dropped(app) : NULL;
    client_request(app->client, METHOD_SESSION_REWIND, app->ui.session, params, ANSWER_MS, on_rewound, app);
}

void app_confirmed(struct app *app)
{
    if (!app->ui.state)
        return;
    present(app); /* a new snapshot can have the same seq and fewer messages */
    if (app->ui.overlay != OVERLAY_CONFIRM || app->hunt == HUNT_CHANGE)
        return;
    if (clock_steady_ms() - app->confirm_at < READ_MS) {
        app_say(app, true, "the page has just changed: look again what this would do");
        return;
    }
    app->ui.overlay = OVERLAY_NONE;
    if (app->change == PREVIEW_FORK)
        do_fork(app);
    else if (app->change == PREVIEW_COMPACT)
        client_request(app->client, METHOD_SESSION_COMPACT, app->ui.session, NULL, ANSWER_MS, on_compacting,
                       app);
    else
        do_rewind(app);
}
