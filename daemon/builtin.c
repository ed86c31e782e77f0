/* Built-in tools. What they tell is the model's to read: a session's own things, and no more of others than
 * their owner's list shows. */
#include "daemon/builtin.h"

#include "daemon/people/invite.h"
#include "daemon/server.h"
#include "daemon/session_list.h"
#include "shared/buf.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/paths.h"
#include "shared/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TEXT_MAX = 64 << 10, INVITE_MS = 600000 };

static void put_time(json_t *json, const char *name, int64_t ms)
{
    char text[32];
    struct tm tm;
    time_t seconds = (time_t)(ms / 1000);
    if (gmtime_r(&seconds, &tm) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm))
        jsonx_set_str(json, name, text);
}

static void finish(json_t *json, builtin_done *done, void *arg)
{
    char *text = json_dumps(json, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    char large[80];
    snprintf(large, sizeof large, "the answer has %zu bytes; at most %d are given", text ? strlen(text) : 0,
             TEXT_MAX);
    if (text && strlen(text) <= TEXT_MAX)
        done(arg, ERR_OK, text);
    else
        done(arg, ERR_TOO_LARGE, large);
    free(text);
    json_decref(json);
}

/* --- get_session_info --- */

static json_t *participants_json(const struct state *state)
{
    json_t *array = json_array();
    for (size_t i = 0; i < state->participant_count; i++) {
        const struct participant *one = &state->participants[i];
        json_t *json = json_object();
        jsonx_set_str(json, "user", one->user);
        jsonx_set_str(json, "kind", one->kind);
        jsonx_set_str(json, "terminal", one->terminal);
        put_time(json, "since", one->since);
        json_array_append_new(array, json);
    }
    return array;
}

static json_t *servers_json(const struct state *state)
{
    json_t *array = json_array();
    for (size_t i = 0; i < state->server_count; i++) {
        const struct server_status *one = &state->servers[i];
        json_t *json = json_object();
        jsonx_set_str(json, "server", one->name);
        jsonx_set_str(json, "variant", one->variant);
        json_object_set_new(json, "connected", json_boolean(one->connected));
        jsonx_set_int(json, "tools", one->tools);
        json_array_append_new(array, json);
    }
    return array;
}

static void session_info(struct session *session, const json_t *arguments, builtin_done *done, void *arg)
{
    (void)arguments;
    const struct state *state = session->state;
    json_t *json = json_object(), *usage = json_object();
    jsonx_set_str(json, "session", state->id);
    jsonx_set_str(json, "title", state->title);
    jsonx_set_str(json, "owner", state->owner);
    jsonx_set_str(json, "model", state->model);
    jsonx_set_str(json, "state", run_state_name(state->run));
    put_time(json, "created", state->created);
    put_time(json, "now", clock_wall_ms());
    jsonx_set_int(json, "messages", (int64_t)state->messages_total);
    jsonx_set_int(json, "waiting_messages", (int64_t)state->queue_count);
    jsonx_set_int(json, "turns", state->turns);
    jsonx_set_int(usage, "input", state->usage.input);
    jsonx_set_int(usage, "output", state->usage.output);
    json_object_set_new(json, "tokens", usage);
    jsonx_set_int(json, "context_tokens", state->context_tokens);
    json_object_set_new(json, "participants", participants_json(state));
    json_object_set_new(json, "servers", servers_json(state));
    json_object_set_new(json, "variables", json_deep_copy(state->variables));
    finish(json, done, arg);
}

/* --- list_sessions --- */

struct listing {
    builtin_done *done;
    void *arg;
};

static void on_list(void *arg, enum err code, const char *error, json_t *result)
{
    struct listing *listing = arg;
    size_t i;
    json_t *row;
    if (code != ERR_OK) {
        listing->done(listing->arg, code, error);
        free(listing);
        return;
    }
    json_t *array = json_array();
    json_array_foreach(jsonx_arr(result, "sessions"), i, row)
    {
        json_t *json = json_object();
        jsonx_set_str(json, "session", jsonx_str(row, "id", ""));
        jsonx_set_str(json, "title", jsonx_str(row, "title", ""));
        jsonx_set_str(json, "state", jsonx_str(row, "state", ""));
        jsonx_set_str(json, "model", jsonx_str(row, "model", ""));
        jsonx_set_int(json, "messages", jsonx_int(row, "messages", 0));
        put_time(json, "activity", jsonx_int(row, "activity", 0));
        json_array_append_new(array, json);
    }
    finish(array, listing->done, listing->arg);
    free(listing);
}

static void list_sessions(struct session *session, const json_t *arguments, builtin_done *done, void *arg)
{
    (void)arguments;
    struct listing *listing = xmalloc(sizeof *listing);
    *listing = (struct listing){done, arg};
    const struct state *state = session->state;
    struct principal owner = {.most = ROLE_ADMIN};
    snprintf(owner.user, sizeof owner.user, "%s", state->owner);
    if (state->member_count >
        0) /* who shares this one reads the answer, and has no right to know of others */
        snprintf(owner.session, sizeof owner.session, "%s", state->id);
    const struct session_list_ask ask = {.asker = &owner, .own = true, .limit = BUILTIN_SESSIONS_MAX};
    enum err code = session_list_read(session->server, &ask, on_list, listing);
    if (code == ERR_OK)
        return;
    free(listing);
    char text[80];
    snprintf(text, sizeof text, "%d reads of the store wait already; try again", STORE_READS_MAX);
    done(arg, code, text);
}

/* --- get_attach_command --- */

/* As one word of a shell. */
static void put_word(struct buf *out, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
    if (*text && text[strspn(text, plain)] == '\0') {
        buf_puts(out, text);
        return;
    }
    buf_putc(out, '\'');
    for (; *text; text++)
        if (*text == '\'')
            buf_puts(out, "'\\''");
        else
            buf_putc(out, *text);
    buf_putc(out, '\'');
}

char *builtin_attach_command(const struct session *session)
{
    struct buf text;
    buf_init(&text, TEXT_MAX);
    if (getenv("STOA_RUNTIME_DIR")) {
        char *runtime = paths_runtime();
        buf_puts(&text, "STOA_RUNTIME_DIR=");
        put_word(&text, runtime);
        buf_putc(&text, ' ');
        free(runtime);
    }
    buf_printf(&text, "stoa attach %s", session->state->id);
    return buf_take(&text);
}

/* Whose message the model is at: the newest one's. */
static bool owner_asks(const struct state *state)
{
    for (size_t i = state->message_count; i-- > 0;)
        if (state->messages[i]->role == MESSAGE_ROLE_USER)
            return strcmp(state->messages[i]->author, state->owner) == 0;
    return false;
}

/* All who share the session read this, and what a tool brought in may have asked for it: so it is for a
 * viewer, once, and soon over. */
static void put_invitation(struct session *session, struct buf *out)
{
    struct principal owner = {.most = ROLE_ADMIN};
    char error[256];
    struct invite invite = {
        .session = session, .by = &owner, .role = ROLE_VIEWER, .ttl_ms = INVITE_MS, .uses = 1};
    snprintf(owner.user, sizeof owner.user, "%s", session->state->owner);
    enum err code = invite_make(&invite, error);
    if (code == ERR_OK)
        buf_printf(
            out,
            "\nFrom another machine: stoa attach '%s'\nThat link lets one person in as a viewer, once, "
            "within %d minutes. More may be given with stoa share %s USER ROLE, and stoa ticket shows a "
            "link with a QR code.",
            invite.link, INVITE_MS / 60000, session->state->id);
    else
        buf_printf(out, "\nFrom another machine: no link can be made now: %s", error);
    invite_wipe(&invite);
}

static void attach_command(struct session *session, const json_t *arguments, builtin_done *done, void *arg)
{
    (void)arguments;
    const struct state *state = session->state;
    struct buf text;
    buf_init(&text, TEXT_MAX);
    if (owner_asks(state)) {
        char *command = builtin_attach_command(session);
        buf_puts(&text, command);
        free(command);
        if (session->server->listen_count > 0)
            put_invitation(session, &text);
    } else {
        buf_printf(
            &text,
            "Only %s, whose session this is, may invite others: with stoa share %s USER ROLE, or by a link "
            "that stoa ticket %s makes.",
            state->owner, state->id, state->id);
    }
    done(arg, ERR_OK, text.data);
    explicit_bzero(text.data, text.len);
    buf_free(&text);
}

/* --- all --- */

void builtin_run(struct session *session, const char *tool, const json_t *arguments, builtin_done *done,
                 void *arg)
{
    static const struct {
        const char *name;
        void (*run)(struct session *session, const json_t *arguments, builtin_done *done, void *arg);
    } tools[] = {{"get_attach_command", attach_command},
                 {"get_session_info", session_info},
                 {"list_sessions", list_sessions}};
    for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++) {
        if (strcmp(tools[i].name, tool) == 0) {
            tools[i].run(session, arguments, done, arg);
            return;
        }
    }
    done(arg, ERR_NOT_FOUND, "there is no built-in tool of that name");
}
