/* What the full-screen client asks of the daemon. */
#include "shared/clock.h"
#include "shared/err.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/app_private.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    LIST_LIMIT = 100,
    OLDER_LIMIT = 200,
    SNAPSHOT_LIMIT = 50,
    ANSWER_MS = 10000 /* for requests that somebody looks at the answer of */
};

static void on_ignored(void *arg, enum err code, const char *text, json_t *ok)
{
    (void)arg;
    (void)code;
    (void)text;
    (void)ok;
}

static json_t *with_text(const char *key, const char *text)
{
    json_t *params = json_object();

    jsonx_set_str(params, key, text);
    return params;
}

/* --- the list of sessions --- */

static void on_sessions(void *arg, enum err code, const char *text, json_t *ok)
{
    struct app *app = arg;

    (void)text;
    if (code != ERR_OK)
        return;
    sessions_load(app->ui.sessions, jsonx_arr(ok, "sessions"), jsonx_str(ok, "next", ""));
    app_sync(app);
    app_changed(app);
}

static void on_questions(void *arg, enum err code, const char *text, json_t *ok)
{
    struct app *app = arg;

    (void)text;
    if (code == ERR_OK)
        sessions_questions(app->ui.sessions, jsonx_arr(ok, "questions"));
    app_changed(app);
}

static void on_more_sessions(void *arg, enum err code, const char *text, json_t *ok)
{
    struct app *app = arg;

    (void)text;
    app->loading_sessions = false;
    if (code != ERR_OK)
        return;
    sessions_append(app->ui.sessions, jsonx_arr(ok, "sessions"), jsonx_str(ok, "next", ""));
    app_changed(app);
}

void app_load_more_sessions(struct app *app)
{
    const char *next = sessions_next(app->ui.sessions);

    if (app->loading_sessions || !*next || app->ui.link != CLIENT_READY)
        return;
    json_t *params = json_object();
    jsonx_set_int(params, "limit", LIST_LIMIT);
    jsonx_set_str(params, "before", next);
    app->loading_sessions = true;
    client_request(app->client, METHOD_SESSION_LIST, NULL, params, ANSWER_MS, on_more_sessions, app);
}

void app_load_sessions(struct app *app)
{
    json_t *params = json_object();

    jsonx_set_int(params, "limit", LIST_LIMIT);
    client_request(app->client, METHOD_SESSION_LIST, NULL, params, ANSWER_MS, on_sessions, app);
    client_request(app->client, METHOD_QUESTION_LIST, NULL, NULL, ANSWER_MS, on_questions, app);
}

/* --- switching --- */

static void leave_session(struct app *app)
{
    struct ui *ui = &app->ui;
    const struct state *state = client_state(app->client, ui->session);
    const char *seen = state && state->message_count ? state->messages[state->message_count - 1]->id : "";

    app_tell_typing(app, false);
    app_browse_end(app);
    app_keep_leave(app, seen);
    client_unfollow(app->client, ui->session);
}

void app_switch(struct app *app, const char *session)
{
    struct ui *ui = &app->ui;
    char id[ID_MAX];

    ui->overlay = OVERLAY_NONE;
    if (strcmp(session, ui->session) == 0)
        return;
    snprintf(id, sizeof id, "%s", session); /* it may be a string of what changes now */
    app_sync(app); /* answers that came since the last frame may have ended what the list has */
    leave_session(app);
    memcpy(ui->session, id, sizeof ui->session);
    const struct draft *draft = outbox_draft(ui->outbox, id);
    app_keep_begin(app);
    list_reset(ui->list);
    list_mark_unread(ui->list, draft ? draft->seen : "");
    app->no_older = false;
    client_follow(app->client, id, SNAPSHOT_LIMIT);
    app_sync(app);
    app_changed(app);
}

static void on_created(void *arg, enum err code, const char *text, json_t *ok)
{
    struct app *app = arg;
    const char *why = jsonx_str(ok, "why", NULL);

    if (code != ERR_OK) {
        app_say(app, true, "no new session: %s", text);
        return;
    }
    app_switch(app, jsonx_str(ok, "session", app->ui.session));
    if (why && *why && !(app->ui.notice && app->ui.notice_bad)) /* why one came here is said already */
        app_say(app, false, "%s", why);
}

void app_new_session(struct app *app, const char *title)
{
    app->ui.overlay = OVERLAY_NONE;
    client_request(app->client, METHOD_SESSION_CREATE, NULL, *title ? with_text("title", title) : NULL,
                   ANSWER_MS, on_created, app);
}

/* Goes to the newest of the others, or to a new one. The draft stays with its session's name in the goodbye.
 */
void app_session_lost(struct app *app, const char *text)
{
    if (sessions_count(app->ui.sessions) > 0)
        app_switch(app, sessions_at(app->ui.sessions, 0)->id);
    else
        app_new_session(app, "");
    app_say(app, true, "the session is gone: %s", text);
}

/* --- sending --- */

static const char not_sent[] = "not sent: ";

/* It is tried again. */
static void forget_refusal(struct ui *ui)
{
    if (ui->notice && strncmp(ui->notice, not_sent, strlen(not_sent)) == 0) {
        free(ui->notice);
        ui->notice = NULL;
    }
}

/* Puts a refused text before what has been typed since, in its session. */
static void give_back(struct app *app, const struct outbox_entry *entry)
{
    bool here = strcmp(entry->session, app->ui.session) == 0;
    const struct draft *draft = here ? NULL : outbox_draft(app->ui.outbox, entry->session);
    const char *typed = here ? editor_text(app->ui.editor, NULL) : draft ? draft->text : "";
    char *text = *typed ? xasprintf("%s\n%s", entry->text, typed) : xstrdup(entry->text);
    char *others = here ? mentions_list(app->ui.mentions) : xstrdup(draft ? draft->files : "");
    char *files = xasprintf("%s%s", entry->files, others);

    if (!here)
        outbox_keep_draft(app->ui.outbox, entry->session, text, files, draft ? draft->seen : "");
    else if (!editor_set(app->ui.editor, text, strlen(text)))
        editor_remember(app->ui.editor, entry->text);
    else
        mentions_restore(app->ui.mentions, files);
    free(text);
    free(others);
    free(files);
}

static void on_sent(void *arg, enum err code, const char *text, json_t *ok)
{
    struct outbox_entry *entry = arg;
    struct app *app = entry->owner;

    (void)ok;
    if (code != ERR_OK) {
        give_back(app, entry);
        app_say(app, true, "%s%s", not_sent, text);
    }
    char session[ID_MAX];
    memcpy(session, entry->session, sizeof session);
    outbox_remove(entry);
    app_keep_settled(app, session);
    app_changed(app);
}

/* Whether the person may write in the session that is looked at; true as long as that is not known. */
static bool may_write(const struct ui *ui)
{
    return !ui->hello || !ui->state || state_role(ui->state, ui->hello->user) >= ROLE_WRITER;
}

bool app_send_text(struct app *app, const char *text, bool steer)
{
    struct ui *ui = &app->ui;
    char error[512];

    if (!may_write(ui)) {
        app_say(app, true, "%s%s shares this session with you as viewer: you can only watch it", not_sent,
                ui->state->owner);
        return false;
    }

    mentions_sync(ui->mentions, text, strlen(text));
    json_t *attachments = mentions_read(ui->mentions, strlen(text), error);
    if (!attachments) {
        app_say(app, true, "%s%s", not_sent, error);
        return false;
    }
    forget_refusal(ui);
    char *files = mentions_list(ui->mentions);
    struct outbox_entry *entry =
        outbox_add(ui->outbox, ui->session, ui->hello ? ui->hello->user : "you", text, files, attachments);
    entry->owner = app;
    free(files);
    mentions_clear(ui->mentions);
    /* Waits for ever: it is repeated until the daemon has answered. */
    json_t *params = with_text("text", text);

    jsonx_set_str(params, "mode", steer ? "steer" : "queue");
    if (json_array_size(attachments) > 0)
        json_object_set(params, "attachments", attachments);
    json_decref(attachments);
    client_request(app->client, METHOD_MESSAGE_SEND, ui->session, params, 0, on_sent, entry);
    list_follow(ui->list);
    list_mark_unread(ui->list, "");
    return true;
}

void app_send(struct app *app)
{
    struct editor *editor = app->ui.editor;
    size_t len;
    const char *text = editor_text(editor, &len);

    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    if (len == 0)
        return;
    char *copy = xstrndup(text, len);
    bool command = app_is_command(copy);
    if (command) /* first: a command may put something else into the draft */
        editor_set(editor, "", 0);
    bool sent = command ? app_run_command(app, copy) : app_send_text(app, copy, false);
    if (!sent && command)
        editor_set(editor, copy, len);
    if (sent && !command)
        editor_set(editor, "", 0);
    completion_close(app->ui.completion);
    if (!sent) {
        free(copy);
        return;
    }
    editor_remember(editor, copy);
    app_keep_sent(app, copy);
    app_tell_typing(app, false);
    free(copy);
}

static void on_interrupted(void *arg, enum err code, const char *text, json_t *ok)
{
    if (code != ERR_OK)
        app_say(arg, true, "not interrupted: %s", text);
    else if (!jsonx_bool(ok, "interrupted", false))
        app_say(arg, false, "nothing was running any more");
}

void app_interrupt(struct app *app)
{
    const struct state *state = app->ui.state;

    if (state && state->run != RUN_IDLE && state->run != RUN_INTERRUPTING)
        client_request(app->client, METHOD_SESSION_INTERRUPT, app->ui.session, NULL, ANSWER_MS,
                       on_interrupted, app);
}

void app_tell_typing(struct app *app, bool typing)
{
    json_t *params;

    if (!typing)
        uv_timer_stop(&app->typing);
    if (typing == app->says_typing || app->ui.link != CLIENT_READY || !app->ui.state || !may_write(&app->ui))
        return;
    params = json_object();
    json_object_set_new(params, "typing", json_boolean(typing));
    app->says_typing = typing;
    client_request(app->client, METHOD_SESSION_TYPING, app->ui.session, params, ANSWER_MS, on_ignored, app);
}

/* --- older messages --- */

bool app_has_older(const struct app *app)
{
    const struct state *state = app->ui.state;

    return !app->no_older && state && state->message_count > 0 &&
           state->messages_total > state->message_count;
}

static void on_older(void *arg, enum err code, const char *text, json_t *ok)
{
    struct app *app = arg;

    (void)text;
    app->loading_older = false;
    if (strcmp(app->older_session, app->ui.session) == 0) /* else this session's can be asked for now */
        app->no_older = code != ERR_OK || !jsonx_bool(ok, "more", false);
    app_sync(app);
    app_older_loaded(app);
    app_changed(app);
}

bool app_fetch_older(struct app *app)
{
    if (!app_has_older(app))
        return false;
    if (!app->loading_older) {
        app->loading_older = true;
        snprintf(app->older_session, sizeof app->older_session, "%s", app->ui.session);
        client_older(app->client, app->ui.session, OLDER_LIMIT, on_older, app);
    }
    return true;
}

void app_load_older(struct app *app)
{
    if (app->ui.link == CLIENT_READY && app->hunt == HUNT_NOTHING && app_has_older(app) &&
        list_wants_older(app->ui.list))
        app_fetch_older(app);
}
