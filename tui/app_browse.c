/* Browsing the messages: what each key does. */
#include "tui/app_private.h"
#include "tui/view.h"
#include <stdlib.h>
#include <string.h>

enum { WHEEL_LINES = 3 };

void app_browse(struct app *app)
{
    struct ui *ui = &app->ui;

    if (browse_on(ui->browse) || !ui->state || ui->state->message_count + ui->extra_count == 0) {
        app_say(app, false, "there is no message yet");
        return;
    }
    app_tell_typing(app, false);
    completion_close(ui->completion);
    browse_set(ui->browse, true);
    list_cursor(ui->list, true);
    app_changed(app);
}

void app_browse_end(struct app *app)
{
    app->hunt = HUNT_NOTHING;
    browse_set(app->ui.browse, false);
    list_cursor(app->ui.list, false);
}

void app_sync_browse(struct app *app)
{
    struct ui *ui = &app->ui;

    if (!browse_on(ui->browse))
        return;
    if (!ui->state || ui->state->message_count + ui->extra_count == 0)
        app_browse_end(app);
    else if (app->hunt == HUNT_NOTHING && list_cursor_lost(ui->list) && app_has_older(app))
        app_hunt(app, HUNT_CURSOR);
}

void app_browse_close(struct app *app)
{
    app_transcript_close(app);
    clipboard_free(&app->clipboard);
    spool_free(&app->spool);
    free(app->copied);
    free(app->confirm_draft);
}

/* --- the message under the cursor --- */

static const struct message *here(struct app *app)
{
    struct list_row row = list_cursor_row(app->ui.list);

    if (!row.message || row.mark != LIST_PLAIN) {
        app_say(app, true, "this is no message of the session yet");
        return NULL;
    }
    return row.message;
}

/* The one before it; NULL: it is the first one. False: that one is not loaded yet. */
static bool before(const struct app *app, const struct message *message, const char **id)
{
    const struct state *state = app->ui.state;

    *id = NULL;
    for (size_t i = 1; i < state->message_count; i++)
        if (state->messages[i] == message)
            *id = state->messages[i - 1]->id;
    return *id || !app_has_older(app);
}

static void edit_here(struct app *app)
{
    const struct message *message = here(app);
    const char *id;

    if (!message)
        return;
    if (message->role != MESSAGE_ROLE_USER)
        app_say(app, true, "this is an answer: only what a person wrote can be edited");
    else if (!before(app, message, &id))
        app_say(app, false, "older messages are still loading: press it once more");
    else
        app_ask_rewind(app, id, true);
}

static bool change(struct app *app, enum action action)
{
    const struct message *message;

    if (action == ACTION_EDIT_HERE) {
        edit_here(app);
    } else if (action == ACTION_FORK_HERE) {
        if ((message = here(app)))
            app_ask_fork(app, message->id);
    } else if (action == ACTION_REWIND_HERE) {
        if ((message = here(app)))
            app_ask_rewind(app, message->id, false);
    } else {
        return false;
    }
    return true;
}

/* --- keys --- */

static void to_oldest(struct app *app)
{
    if (app_has_older(app))
        app_hunt(app, HUNT_OLDEST);
    else
        list_home(app->ui.list);
}

static bool move(struct app *app, enum action action)
{
    struct list *list = app->ui.list;

    switch (action) {
    case ACTION_LINE_UP:
    case ACTION_LINE_DOWN:
        list_cursor_lines(list, action == ACTION_LINE_UP ? -1 : 1);
        return true;
    case ACTION_HALF_UP:
    case ACTION_HALF_DOWN:
        list_cursor_halves(list, action == ACTION_HALF_UP ? -1 : 1);
        return true;
    case ACTION_MESSAGE_UP:
    case ACTION_MESSAGE_DOWN:
        list_cursor_message(list, action == ACTION_MESSAGE_DOWN);
        return true;
    case ACTION_PAGE_UP:
    case ACTION_PAGE_DOWN:
        list_page(list, action == ACTION_PAGE_UP ? -1 : 1);
        return true;
    case ACTION_WHEEL_UP:
    case ACTION_WHEEL_DOWN:
        list_scroll(list, action == ACTION_WHEEL_UP ? -WHEEL_LINES : WHEEL_LINES);
        return true;
    case ACTION_TOP:
        to_oldest(app);
        return true;
    case ACTION_FOLLOW:
        list_follow(list);
        return true;
    default:
        return false;
    }
}

static void ask_search(struct app *app)
{
    list_cursor_keep(app->ui.list);
    browse_ask(app->ui.browse);
}

static void act(struct app *app, enum action action)
{
    struct ui *ui = &app->ui;

    switch (action) {
    case ACTION_SEARCH:
        ask_search(app);
        break;
    case ACTION_FIND_NEXT:
    case ACTION_FIND_PREVIOUS:
        app_find(app, action == ACTION_FIND_PREVIOUS);
        break;
    case ACTION_FOLD:
        if (!list_cursor_fold(ui->list))
            app_say(app, false, "nothing folds here: reasoning, tool calls and attachments do");
        break;
    case ACTION_HELP:
        ui->overlay = OVERLAY_HELP;
        ui->scroll = 0;
        break;
    case ACTION_DRAFT:
        app_browse_end(app);
        break;
    default:
        if (!move(app, action) && !change(app, action))
            app_browse_act(app, action);
        break;
    }
}

bool app_browse_act(struct app *app, enum action action)
{
    if (action == ACTION_COPY_CODE)
        app_copy_code(app);
    else if (action == ACTION_COPY_MESSAGE)
        app_copy_message(app);
    else if (action == ACTION_PAGER || action == ACTION_DUMP)
        app_transcript(app, action == ACTION_DUMP);
    else
        return false;
    return true;
}

void app_browse_key(struct app *app, const struct key_event *event, enum action action)
{
    if (browse_input(app->ui.browse))
        app_find_key(app, event);
    else if (event->code == KEY_CLICK)
        app_browse_click(app, event);
    else if (event->code == 'c' && event->mods == MOD_CTRL)
        app_browse_end(app);
    else
        act(app, action);
    app_changed(app);
}

bool app_browse_click(struct app *app, const struct key_event *event)
{
    struct ui *ui = &app->ui;
    size_t row;

    if (!view_message_row(ui, screen_rows(app->screen), screen_cols(app->screen), event->y, event->x, &row))
        return false;
    if (browse_on(ui->browse))
        list_cursor_to_row(ui->list, row);
    list_fold_row(ui->list, row);
    return true;
}
