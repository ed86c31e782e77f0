/* What a command answers at length is shown as a page in place of the messages. */
#include "tui/app_private.h"
#include <stdlib.h>

void app_show_page(struct app *app, char *text)
{
    free(app->ui.page);
    app->ui.page = text;
    app->ui.overlay = OVERLAY_PAGE;
    app->ui.scroll = 0;
    app_changed(app);
}
