/* What is asked before it is done: fork, rewind, compact. */
#include "tui/app_private.h"

void app_ask_fork(struct app *app, const char *message)
{
    (void)app;
    (void)message;
}

void app_ask_rewind(struct app *app, const char *message, bool edit)
{
    (void)app;
    (void)message;
    (void)edit;
}

void app_ask_compact(struct app *app)
{
    (void)app;
}

void app_confirmed(struct app *app)
{
    (void)app;
}
