/* Questions in the full-screen client: the panel's answers go to the daemon, what others answered is said. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "tui/app_private.h"
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MS = 10000 };

static void say(struct app *app, char *said)
{
    if (said)
        app_say(app, false, "%s", said);
    free(said);
}

void app_sync_panel(struct app *app)
{
    char *said;
    const struct client_hello *hello = app->ui.hello;

    if (hello && app->ui.state)
        panel_set_person(app->ui.panel, hello->user, state_role(app->ui.state, hello->user));
    panel_sync(app->ui.panel, app->ui.state, clock_steady_ms(), &said);
    if (app->ui.overlay != OVERLAY_NONE || app->ui.prefix || app->outside)
        app_panel_wait(app);
    say(app, said);
}

void app_panel_wait(struct app *app)
{
    panel_wait(app->ui.panel, clock_steady_ms());
}

static void on_answered(void *arg, enum err code, const char *text, json_t *ok)
{
    struct app *app = arg;

    (void)ok;
    if (code == ERR_OK)
        return;
    panel_refused(app->ui.panel);
    app_say(app, true, "%s", text);
}

bool app_panel_key(struct app *app, const struct key_event *event)
{
    struct ui *ui = &app->ui;
    char *said;
    json_t *params;
    bool idle = editor_empty(ui->editor) && !browse_on(ui->browse); /* whose keys are letters too */
    enum panel_does does = panel_key(ui->panel, event, idle, clock_steady_ms(), &params, &said);

    say(app, said);
    if (does == PANEL_ANSWERS)
        client_request(app->client, METHOD_QUESTION_ANSWER, NULL, params, ANSWER_MS, on_answered, app);
    return does != PANEL_LEAVES;
}

void app_go_asking(struct app *app)
{
    struct ui *ui = &app->ui;
    size_t count = sessions_count(ui->sessions), here = sessions_find(ui->sessions, ui->session);

    if (panel_recall(ui->panel, ui->state, clock_steady_ms()))
        return;
    for (size_t i = 1; i <= count; i++) {
        const struct session_row *row = sessions_at(ui->sessions, (here + i) % count);

        if (session_row_asks(row) && strcmp(row->id, ui->session) != 0) {
            app_switch(app, row->id);
            return;
        }
    }
    app_say(app, false, "nothing waits for an answer");
}
