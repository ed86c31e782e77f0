/* What the terminal is told beside the frames: bell, notifications, title. */
#include "tui/app_private.h"

void app_focus(struct app *app, bool focused)
{
    app->ui.focused = focused;
}

void app_notify_event(struct app *app, const struct event *event)
{
    (void)app;
    (void)event;
}

void app_sync_title(struct app *app)
{
    (void)app;
}
