/* What is offered while one types. */
#include "tui/app_private.h"

void app_complete(struct app *app)
{
    (void)app;
}

bool app_complete_act(struct app *app, enum action action)
{
    (void)app;
    (void)action;
    return false;
}
