/* What the client tells the full-screen client: the link, events, snapshots, and what it is sorry about. Each
 * changes ui, and a frame follows. */
#include "shared/clock.h"
#include "shared/err.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "tui/app_private.h"
#include <stdlib.h>
#include <string.h>

enum { LEARN_MS = 1000 };

enum { FAILING_BYTES_MAX = 80 };

static void on_link(void *arg, enum client_link link, const char *text)
{
    struct app *app = arg;
    struct ui *ui = &app->ui;

    ui->link = link;
    free(ui->link_text);
    ui->link_text = sanitise_line(text, strlen(text), APP_NOTICE_BYTES);
    app->says_typing = false;
    if (link == CLIENT_READY && app->notice_stopping) {
        free(ui->notice);
        ui->notice = NULL;
    }
    if (link == CLIENT_READY)
        app_load_sessions(app);
    app_lend_link(app, link);
    app_changed(app);
}

static void on_other(void *arg, const char *notice, const json_t *json)
{
    if (strcmp(notice, "lend") == 0)
        app_lend_notice(arg, json);
}

/* Somebody else gives one another role: here, or in a session that is not looked at. */
static void say_shared(struct app *app, const json_t *data, bool here)
{
    const char *by = jsonx_str(data, "by", ""), *self = app->ui.hello ? app->ui.hello->user : "";

    if (strcmp(jsonx_str(data, "user", ""), self) == 0 && *by && strcmp(by, self) != 0)
        app_say(app, false, here ? "%s made you %s here" : "%s shares a session with you as %s", by,
                jsonx_str(data, "role", ""));
}

/* What somebody else's terminal lends to this session, or has taken back. */
static void say_lent(struct app *app, enum event_type type, const json_t *data)
{
    const char *user = jsonx_str(data, "user", ""), *terminal = jsonx_str(data, "terminal", ""),
               *server = jsonx_str(data, "server", "");

    if (type == EVENT_TOOLS_LENT && strcmp(user, app->ui.hello ? app->ui.hello->user : "") != 0)
        app_say(app, false, "%s lends this session the tools of %s%s%s", user, server,
                *terminal ? ", on " : "", terminal);
    if (type == EVENT_TOOLS_RETURNED)
        app_say(app, false, "the tools of %s are not lent any more", server);
}

/* Of a session that is shared, taken out of the archive, or older than what was listed, an event does not say
 * its title and model: a list does. Many that are at work cost one list a second. */
static void learn_of(struct app *app, const struct event *event)
{
    size_t at = sessions_find(app->ui.sessions, event->session);
    int64_t now = clock_steady_ms();
    bool is_new = event->type == EVENT_SESSION_SHARED || event->type == EVENT_SESSION_UPDATED;

    if (at == sessions_count(app->ui.sessions) || *sessions_at(app->ui.sessions, at)->model ||
        (!is_new && app->learned_at && now - app->learned_at < LEARN_MS))
        return;
    app->learned_at = now;
    app_load_sessions(app);
}

static void on_event(void *arg, const struct event *event, const char *raw, size_t len, enum fold fold)
{
    struct app *app = arg;
    bool here = strcmp(event->session, app->ui.session) == 0;

    (void)raw;
    (void)len;
    bool listed = sessions_event(app->ui.sessions, event);
    if (listed)
        learn_of(app, event);
    if (event->type == EVENT_SESSION_SHARED)
        say_shared(app, event->data, here);
    if (here)
        say_lent(app, event->type, event->data);
    app_notify_event(app, event);
    if (here && fold == FOLD_OK &&
        (event->type == EVENT_MESSAGE_ADDED || event->type == EVENT_QUEUE_CHANGED)) {
        const char *member = event->type == EVENT_MESSAGE_ADDED ? "message" : "added";
        struct message *message = message_from_json(json_object_get(event->data, member));
        if (message)
            outbox_arrived(app->ui.outbox, event->session, message);
        message_free(&message);
    }
    if (event->type == EVENT_SESSION_ENDED)
        app_keep_forget(app, event->session);
    if (here && fold == FOLD_OK && event->type == EVENT_BUDGET_REACHED)
        app_say(app, true, "%s", jsonx_str(event->data, "text", ""));
    if (here || listed)
        app_changed(app);
}

static void on_snapshot(void *arg, const struct state *state, const json_t *snapshot)
{
    struct app *app = arg;

    (void)snapshot;
    if (strcmp(state->id, app->ui.session) != 0)
        return;
    app->ui.state = client_state(app->client, app->ui.session); /* the one before is gone */
    list_refresh(app->ui.list);
    app->no_older = false;
    app->last_frame = 0; /* what one waits for is shown at once, even just after "connecting" */
    uv_timer_stop(&app->frame);
    app_changed(app);
}

static void on_lost(void *arg, const char *session, enum err code, const char *text)
{
    struct app *app = arg;

    sessions_remove(app->ui.sessions, session);
    if (code == ERR_NOT_FOUND)
        app_keep_forget(app, session);
    if (strcmp(session, app->ui.session) == 0) {
        app->ui.state = NULL;
        app_session_lost(app, text);
    }
    app_changed(app);
}

static void on_notice(void *arg, const char *notice, enum err code, const char *text)
{
    struct app *app = arg;

    if (code == ERR_VERSION)
        app_quit(app, EXIT_PROTOCOL, text);
    else if (strcmp(notice, "bye") == 0 && code != ERR_SHUTTING_DOWN)
        app_quit(app, code == ERR_UNAVAILABLE ? EXIT_NO_DAEMON : EXIT_FAILED, text);
    else
        app_say(app, true, "%s", text);
    app->notice_stopping = code == ERR_SHUTTING_DOWN;
}

static void on_failing(void *arg, const char *why)
{
    struct app *app = arg;

    free(app->ui.failing);
    app->ui.failing = why ? sanitise_line(why, strlen(why), FAILING_BYTES_MAX) : NULL;
    app_changed(app);
}

const struct client_callbacks app_callbacks = {.link = on_link,
                                               .event = on_event,
                                               .snapshot = on_snapshot,
                                               .lost = on_lost,
                                               .notice = on_notice,
                                               .other = on_other,
                                               .failing = on_failing};
