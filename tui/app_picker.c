/* Pickers: what they offer, and what choosing does. */
#include "tui/app_private.h"

void app_open_picker(struct app *app, enum picker_kind kind)
{
    (void)kind;
    app->ui.overlay = OVERLAY_PICKER;
}

void app_picker_key(struct app *app, const struct key_event *event, enum action action)
{
    (void)event;
    if (action == ACTION_CLOSE)
        app->ui.overlay = OVERLAY_NONE;
}
