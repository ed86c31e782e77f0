/* The whole session as text: in a pager, or in the terminal's own scrollback. */
#include "shared/clock.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include "tui/app_private.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TITLE_BYTES_MAX = 200 };

/* What one wants to see first is at the end. */
static const char pager_script[] = "[ -n \"$PAGER\" ] && exec $PAGER \"$1\"\n"
                                   "command -v less >/dev/null && exec less -R +G \"$1\"\n"
                                   "exec more \"$1\"\n";
/* A ^C ends the printing, not the waiting. */
static const char dump_script[] = "trap : INT\n"
                                  "cat \"$1\"\n"
                                  "printf '%s' '-- Enter goes back to stoa --'\n"
                                  "read -r _ || :\n";

static void shown(struct app *app, bool well)
{
    unlink(app->program_path);
    if (!well && !app->dumps)
        app_say(app, true, "the pager failed: $PAGER says which one is run");
}

void app_transcript_close(struct app *app)
{
    if (app->program_over == shown && uv_is_active((uv_handle_t *)&app->program))
        unlink(app->program_path); /* who reads it has it open */
}

static void on_progress(void *arg, size_t messages)
{
    struct app *app = arg;
    unsigned long long total = app->ui.state ? app->ui.state->messages_total : 0;

    app_say(app, false, "transcript: %zu of %llu messages so far; any key stops", messages, total);
}

static void on_done(void *arg, const char *path, const char *error)
{
    struct app *app = arg;

    if (!path) {
        app_say(app, true, "no transcript: %s", error);
        return;
    }
    memcpy(app->program_path, path, strlen(path) + 1);
    if (app->outside || !app_run_outside(app, app->dumps ? dump_script : pager_script, shown))
        unlink(path);
}

/* Which session this is, and where it is: it is read outside of the client. */
static char *heading(const struct app *app)
{
    const struct state *state = app->ui.state;
    char *title = sanitise_line(state->title, strlen(state->title), TITLE_BYTES_MAX);
    char *text = xasprintf("%s%s%s, %llu messages", title, *title ? ", " : "", state->id,
                           (unsigned long long)state->messages_total);

    free(title);
    return text;
}

void app_transcript(struct app *app, bool dump)
{
    static const struct spool_callbacks callbacks = {.progress = on_progress, .done = on_done};
    const char *pager = getenv("PAGER");
    struct record_look look = {.width = (size_t)screen_cols(app->screen),
                               .unfolded = !dump || list_unfolded(app->ui.list),
                               .styled = !dump && !(pager && *pager)};

    if (!app->ui.state)
        return;
    if (!app->spool)
        app->spool = spool_new(app->client, &callbacks, app);
    app->dumps = dump;
    char *first = heading(app);
    app->work_at = clock_steady_ms();
    spool_start(app->spool, app->ui.session, first, &look);
    free(first);
}
