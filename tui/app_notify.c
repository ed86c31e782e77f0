/* What the terminal is told beside the frames: bell, notifications, title. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "tui/app_private.h"
#include "tui/notify.h"
#include "tui/settings.h"
#include <stdlib.h>
#include <string.h>

void app_notify_open(struct app *app, const struct settings *settings)
{
    const char *tmux = getenv("TMUX");
    enum notify_desktop desktop =
        (enum notify_desktop)settings_number(settings, SETTING_DESKTOP_NOTIFICATIONS);
    struct notify_options options = {
        .when = (enum notify_when)settings_number(settings, SETTING_NOTIFY_WHEN),
        .bell = settings_number(settings, SETTING_BELL),
        .desktop = notify_desktop_of(desktop, getenv("TERM"), getenv("TERM_PROGRAM"), tmux, getenv("STY")),
        .tmux = tmux && *tmux};

    app->notify = notify_new(&options, clock_steady_ms());
}

void app_notify_close(struct app *app)
{
    notify_free(&app->notify);
}

void app_notify_key(struct app *app)
{
    notify_key(app->notify, clock_steady_ms());
}

void app_focus(struct app *app, bool focused)
{
    app->ui.focused = focused;
    notify_focus(app->notify, focused);
}

/* Whether the event is one to tell of. The list of sessions has taken it already. */
static bool is_news(const struct event *event, const struct session_row *row, enum notify_what *what)
{
    const char *before = jsonx_str(event->data, "old", ""), *now = jsonx_str(event->data, "new", "");

    *what = NOTIFY_ASKS;
    if (event->type == EVENT_QUESTION_ASKED)
        return true;
    if (event->type != EVENT_STATE_CHANGED)
        return false;
    if (run_state_parse(now) == RUN_AWAITING_PERMISSION)
        return true;
    *what = row->error ? NOTIFY_FAILED : NOTIFY_DONE;
    return run_state_parse(now) == RUN_IDLE && run_state_parse(before) != RUN_IDLE &&
           run_state_parse(before) != RUN_COMPACTING;
}

void app_notify_event(struct app *app, const struct event *event)
{
    size_t index = sessions_find(app->ui.sessions, event->session);
    char bytes[NOTIFY_BYTES_MAX];
    enum notify_what what;

    if (index == sessions_count(app->ui.sessions))
        return;
    const struct session_row *row = sessions_at(app->ui.sessions, index);
    if (!is_news(event, row, &what))
        return;
    size_t len = notify_event(app->notify, row->id, what, row->title, clock_steady_ms(), bytes);
    if (len > 0 && !app->outside)
        screen_send(app->screen, bytes, len);
}

void app_sync_title(struct app *app)
{
    size_t index = sessions_find(app->ui.sessions, app->ui.session);

    if (app->outside || index == sessions_count(app->ui.sessions))
        return;
    const struct session_row *row = sessions_at(app->ui.sessions, index);
    char *title = notify_title(session_row_look(row).glyph, row->title);
    screen_set_title(app->screen, title);
    free(title);
}
