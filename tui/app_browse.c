/* Browsing the messages. */
#include "tui/app_private.h"

void app_browse(struct app *app)
{
    (void)app;
}

void app_browse_key(struct app *app, const struct key_event *event, enum action action)
{
    (void)app;
    (void)event;
    (void)action;
}
