/* The whole full-screen client on a pseudo-terminal that is the test's own controlling one, shown by
 * libvterm: after each step of random keys, events, answers and resizes, every cell that was meant is
 * compared with the cell that is shown. The daemon is played by the functions of client.h, which are defined
 * here: what they tell is random, and hostile.
 *
 * STOA_SEED: one seed instead of several; STOA_FRAMES: frames for each seed. */
#include "shared/clock.h"
#include "shared/err.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tests/support/slow.h"
#include "tui/app.h"
#include "tui/app_private.h"
#include "tui/settings.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <vterm.h>

#include <cmocka.h>

enum {
    SESSIONS = 3,
    PENDING_MAX = 64,
    FRAMES = 2000,
    PIECES_MAX = 24,
    RUN_STEPS_MAX = 100000,
    OUTSIDE_MS = 100,
    OUTSIDE_TIMES = 100
};

#define EPOCH "e_00000000000000000000000001"

struct asked_for {
    enum method method;
    client_reply_cb *reply;
    void *arg;
};

struct client { /* the daemon's end, as far as the screen can tell */
    const struct client_callbacks *callbacks;
    void *arg;
    uv_idle_t steps;
    struct state *states[SESSIONS];
    bool followed[SESSIONS];
    struct asked_for pending[PENDING_MAX];
    size_t pending_count;
    enum client_link link;
    int64_t older;
};

static struct {
    int master;
    char path[64], folder[64];
    VTerm *vterm;
    VTermScreen *shown;
    struct buf held;
    bool cursor_visible;
    uint64_t random;
    uint32_t seed;
    int steps, frames, wanted, ids, waits;
    int64_t outside_since; /* steady ms */
    char doing[160];
} rig;

/* --- randomness --- */

static uint32_t draw(void)
{
    rig.random = rig.random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rig.random >> 33);
}

static int below(int limit)
{
    return (int)(draw() % (uint32_t)limit);
}

static const char *const pieces[] = {
    "some words ",
    "漢字かな ",
    "한국어 ",
    "\n",
    "\n\n",
    "\n```c\nint main(void) { return 0; } // why\n",
    "\n```\n",
    "```diff\n-old\n+new\n@@ -1 +1 @@\n```\n",
    "ä\u0301\u0302\u0303\u0304 ",
    "\n- item\n",
    "\n1. first\n",
    "\n# head\n",
    "**strong *both* ** `code` ~~no~~ ",
    "[text](https://stoa.example/a?b=c) ",
    "\n> quoted\n",
    "\n| a | b |\n|---|--:|\n| 漢 | **x** |\n| long cell of a table | 1 |\n",
    "\033[31mred",
    "\033]0;title\a",
    "\033P1$r\033\\",
    "\xc2\x9b"
    "2J",
    "\u202eoverride\u202c",
    "\u200b\u200d\ufeff",
    "\t",
    "\r",
    "\u2028",
    "long-unbroken-word-that-does-not-fit-into-a-narrow-row",
    "👩‍👩‍👧‍👦 ",
    "👍🏽 ",
    "❤️ ",
    "🇩🇪 ",
    "שלום עולם ",
    "مرحبا ",
    "\xef\xbf\xbd",
    "\U000e0041",
    "\u00ad",
    "\u3164",
    "\ue000",
    "ﷺ",
    "{\"path\":\"/tmp/x\"}",
    "!@#$%^&*()_+",
    "\U0001f600",
    "क्षि ",
};
enum { PIECE_COUNT = sizeof pieces / sizeof *pieces };

static char *words(int most)
{
    struct buf text;

    buf_init(&text, 64 << 10);
    for (int i = below(most) + 1; i > 0; i--)
        buf_puts(&text, pieces[below(PIECE_COUNT)]);
    char *copy = xstrndup(text.data, text.len);
    buf_free(&text);
    return copy;
}

static void set_words(json_t *object, const char *key, int most)
{
    char *text = words(most);

    jsonx_set_str(object, key, text);
    free(text);
}

static void new_id(char prefix, char out[ID_MAX])
{
    snprintf(out, ID_MAX, "%c_%026d", prefix, ++rig.ids);
}

static const char *one_of(const char *const *texts, int count)
{
    return texts[below(count)];
}
#define ONE_OF(...)                                                                                          \
    one_of((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* --- the daemon: state --- */

static struct state *chosen(struct client *client)
{
    const struct app *app = client->arg;

    for (int i = 0; i < SESSIONS; i++)
        if (strcmp(client->states[i]->id, app->ui.session) == 0 && below(8) != 0)
            return client->states[i];
    return client->states[below(SESSIONS)];
}

/* Folds an event, and hands it on if it could be. Takes data. */
static void tell(struct client *client, struct state *state, enum event_type type, json_t *data)
{
    bool durable = event_row(type)->durable;
    struct event event = {.type = type,
                          .session = state->id,
                          .epoch = EPOCH,
                          .seq = state->seq + (durable ? 1 : 0),
                          .ts = 1700000000000 + rig.steps * 1000,
                          .data = data};

    snprintf(rig.doing, sizeof rig.doing, "event %s", event_row(type)->name);
    if (state_fold(state, &event) == FOLD_OK && client->callbacks->event)
        client->callbacks->event(client->arg, &event, "", 0, FOLD_OK);
    json_decref(data);
}

static void tell_state(struct client *client, struct state *state, enum run_state new)
{
    tell(client, state, EVENT_STATE_CHANGED,
         json_pack("{s:s,s:s}", "old", run_state_name(state->run), "new", run_state_name(new)));
}

static void tell_message(struct client *client, struct state *state, bool assistant)
{
    char id[ID_MAX], *text = words(PIECES_MAX);
    json_t *content = json_array(), *block = json_pack("{s:s}", "type", "text");

    new_id('m', id);
    jsonx_set_str(block, "text", text);
    json_array_append_new(content, block);
    if (!assistant && below(6) == 0) {
        json_t *attachment = json_pack("{s:s}", "type", "attachment");
        set_words(attachment, "name", 3);
        set_words(attachment, "text", PIECES_MAX);
        json_array_append_new(content, attachment);
    }
    json_t *message =
        json_pack("{s:s,s:s,s:I,s:s,s:o}", "id", id, "role", assistant ? "assistant" : "user", "ts",
                  (json_int_t)1700000000000 + rig.steps * 1000, "status",
                  assistant ? "streaming" : "complete", "content", assistant ? json_array() : content);
    set_words(message, "author", 2);
    if (assistant)
        json_decref(content);
    free(text);
    if (!assistant && below(5) == 0)
        tell(client, state, EVENT_QUEUE_CHANGED, json_pack("{s:o}", "added", message));
    else
        tell(client, state, EVENT_MESSAGE_ADDED, json_pack("{s:o}", "message", message));
}

static json_t *chunk_of(const struct message *message)
{
    bool fresh = message->block_count == 0 || below(12) == 0;
    size_t block = fresh ? message->block_count : message->block_count - 1;
    enum chunk_kind kind = (enum chunk_kind)below(CHUNK_TOOL_CALL);
    char *delta;

    if (!fresh) {
        enum block_kind had = message->blocks[block].kind;
        kind = had == BLOCK_TOOL_CALL   ? CHUNK_TOOL_INPUT
               : had == BLOCK_REASONING ? CHUNK_REASONING
                                        : CHUNK_TEXT;
    } else if (below(4) == 0) {
        kind = CHUNK_TOOL_CALL;
    }
    if (kind == CHUNK_TOOL_CALL)
        delta = xasprintf("{\"id\":\"c%d\",\"name\":\"%s\"}", ++rig.ids,
                          ONE_OF("files__read", "x\\u001b[2J", "\\u202eevil", "get_session_info", "漢字"));
    else
        delta = words(PIECES_MAX);
    json_t *chunk =
        json_pack("{s:s,s:I,s:i,s:i,s:s}", "message", message->id, "index", (json_int_t)message->next_index,
                  "count", 1, "block", (int)block, "kind", chunk_kind_name(kind));
    jsonx_set_str(chunk, "delta", delta);
    free(delta);
    return chunk;
}

static void tell_completed(struct client *client, struct state *state, const struct message *message)
{
    json_t *data = json_pack("{s:s,s:s,s:o,s:s}", "message", message->id, "status",
                             ONE_OF("complete", "complete", "interrupted", "failed"), "content",
                             message_content(message), "stop_reason", "end_turn");

    if (below(4) == 0)
        set_words(data, "error", 4);
    tell(client, state, EVENT_STREAM_COMPLETED, data);
}

/* A call of the newest message goes one step on. */
static void tell_call(struct client *client, struct state *state)
{
    const struct message *message = state->message_count ? state->messages[state->message_count - 1] : NULL;
    int block = message && message->block_count ? below((int)message->block_count) : -1;

    if (block < 0 || message->blocks[block].kind != BLOCK_TOOL_CALL)
        return;
    json_t *data = json_pack("{s:s,s:i}", "message", message->id, "block", block);
    switch (below(3)) {
    case 0:
        set_words(data, "tool", 2);
        json_object_set_new(data, "server", json_string(ONE_OF("files", "", "odd\033[2J")));
        set_words(data, "arguments", 5);
        tell(client, state, EVENT_TOOL_STARTED, data);
        break;
    case 1:
        json_object_set_new(data, "progress", json_real(below(10)));
        json_object_set_new(data, "total", json_real(10));
        set_words(data, "text", 3);
        tell(client, state, EVENT_TOOL_PROGRESS, data);
        break;
    default:
        json_object_set_new(data, "state",
                            json_string(ONE_OF("done", "failed", "denied", "cancelled", "unknown")));
        json_object_set_new(data, "ms", json_integer(below(100000)));
        set_words(data, "result", PIECES_MAX);
        tell(client, state, EVENT_TOOL_ENDED, data);
    }
}

static json_t *field_of_form(const char *name, const char *type)
{
    json_t *field = json_pack("{s:s,s:s,s:b}", "name", name, "type", type, "required", below(2));

    set_words(field, "title", 2);
    set_words(field, "text", 4);
    if (strncmp(type, "choice", 6) == 0)
        json_object_set_new(field, "options", json_pack("[s,s,s]", "one", "漢字", "\033[2Jthree"));
    return field;
}

static void tell_question(struct client *client, struct state *state)
{
    char id[ID_MAX];
    enum question_kind kind = (enum question_kind)below(QUESTION_KIND_COUNT);

    new_id('q', id);
    json_t *question = json_pack("{s:s,s:s,s:s,s:I,s:b,s:s}", "id", id, "kind", question_kind_name(kind),
                                 "server", ONE_OF("files", "odd\033]0;x\a"), "asked",
                                 (json_int_t)1700000000000, "destructive", below(2), "pattern", "files/run");
    set_words(question, "tool", 2);
    set_words(question, "text", 6);
    if (kind == QUESTION_PERMISSION || kind == QUESTION_SAMPLING) {
        char *value = words(PIECES_MAX);
        json_t *arguments = json_object();
        jsonx_set_str(arguments, "command", value);
        char *text = json_dumps(arguments, JSON_COMPACT);
        jsonx_set_str(question, "arguments", text);
        json_decref(arguments);
        free(text);
        free(value);
    } else if (kind == QUESTION_FORM) {
        json_object_set_new(question, "fields",
                            json_pack("[o,o,o,o]", field_of_form("name", "text"),
                                      field_of_form("n", "integer"), field_of_form("yes", "boolean"),
                                      field_of_form("which", "choice")));
    } else {
        json_object_set_new(question, "url", json_string("https://stoa.example/\033[2Jlogin"));
    }
    tell(client, state, EVENT_QUESTION_ASKED, json_pack("{s:o}", "question", question));
}

static void tell_answered(struct client *client, struct state *state)
{
    if (state->question_count == 0)
        return;
    json_t *data = json_pack(
        "{s:s,s:s,s:s}", "question", state->questions[below((int)state->question_count)]->id, "decision",
        ONE_OF("allow", "deny", "cancel"), "cause", ONE_OF("person", "deadline", "agent", "server"));
    set_words(data, "by", 2);
    tell(client, state, EVENT_QUESTION_ANSWERED, data);
}

static void tell_people(struct client *client, struct state *state)
{
    char id[ID_MAX];

    if (state->participant_count > 0 && below(3) == 0) {
        tell(client, state, EVENT_PARTICIPANT_TYPING,
             json_pack("{s:s,s:b}", "participant", state->participants[0].id, "typing", below(2)));
        return;
    }
    if (state->participant_count > 4) {
        tell(client, state, EVENT_PARTICIPANT_LEFT,
             json_pack("{s:s}", "participant", state->participants[0].id));
        return;
    }
    new_id('p', id);
    json_t *participant = json_pack("{s:s,s:s,s:s,s:I}", "id", id, "user", ONE_OF("ann", "bo", "\033[2Jann"),
                                    "kind", ONE_OF("tui", "cli"), "since", (json_int_t)1700000000000);
    set_words(participant, "terminal", 2);
    tell(client, state, EVENT_PARTICIPANT_JOINED, json_pack("{s:o}", "participant", participant));
}

static void tell_session(struct client *client, struct state *state)
{
    json_t *data = json_object();

    switch (below(6)) {
    case 0:
        set_words(data, "title", 5);
        tell(client, state, EVENT_SESSION_UPDATED, data);
        break;
    case 1:
        set_words(data, "model", 3);
        tell(client, state, EVENT_SESSION_UPDATED, data);
        break;
    case 2:
        jsonx_set_str(data, "kind", "provider");
        set_words(data, "text", PIECES_MAX);
        tell(client, state, EVENT_ERROR_OCCURRED, data);
        break;
    case 3:
        json_object_set_new(data, "attempt", json_integer(2));
        json_object_set_new(data, "limit", json_integer(5));
        json_object_set_new(data, "delay_ms", json_integer(1500));
        set_words(data, "why", 4);
        tell(client, state, EVENT_TURN_RETRYING, data);
        break;
    case 4:
        set_words(data, "text", 5);
        jsonx_set_str(data, "server", "files");
        jsonx_set_str(data, "level", "error");
        tell(client, state, EVENT_MCP_LOG, data);
        break;
    default:
        if (below(8) == 0 && state->message_count > 0) {
            set_words(data, "summary", PIECES_MAX);
            jsonx_set_str(data, "upto", state->messages[below((int)state->message_count)]->id);
            tell(client, state, EVENT_SESSION_COMPACTED, data);
        } else if (below(12) == 0 && state->message_count > 2) {
            jsonx_set_str(data, "message", state->messages[state->message_count / 2]->id);
            json_object_set_new(data, "removed", json_integer((json_int_t)(state->message_count / 2)));
            tell(client, state, EVENT_SESSION_REWOUND, data);
        } else {
            json_decref(data);
        }
    }
}

static void random_event(struct client *client)
{
    struct state *state = chosen(client);
    const struct message *streaming = state_streaming(state);

    switch (below(16)) {
    case 0:
        tell_message(client, state, false);
        break;
    case 1:
        tell_message(client, state, true);
        break;
    case 2:
        tell_state(client, state, (enum run_state)below(RUN_COUNT));
        break;
    case 3:
        tell_question(client, state);
        break;
    case 4:
    case 5:
        tell_answered(client, state);
        break;
    case 6:
        tell_people(client, state);
        break;
    case 7:
        tell_session(client, state);
        break;
    case 8:
    case 9:
        tell_call(client, state);
        break;
    default:
        if (streaming && below(10) == 0)
            tell_completed(client, state, streaming);
        else if (streaming)
            tell(client, state, EVENT_STREAM_CHUNK, chunk_of(streaming));
        else
            tell_message(client, state, true);
    }
}

/* --- the daemon: answers --- */

static json_t *list_of_sessions(const struct client *client)
{
    json_t *sessions = json_array();

    for (int i = 0; i < SESSIONS; i++) {
        const struct state *state = client->states[i];
        json_t *row =
            json_pack("{s:s,s:s,s:I,s:I,s:I,s:b}", "id", state->id, "state", run_state_name(state->run),
                      "created", (json_int_t)1, "activity", (json_int_t)(i + 1), "messages",
                      (json_int_t)state->message_count, "archived", 0);
        jsonx_set_str(row, "title", state->title);
        jsonx_set_str(row, "model", state->model);
        json_array_append_new(sessions, row);
    }
    return json_pack("{s:o}", "sessions", sessions);
}

static json_t *some_rows(const char *member, const char *const *keys)
{
    json_t *rows = json_array();

    for (int i = below(6); i >= 0; i--) {
        json_t *row = json_object();
        for (const char *const *key = keys; *key; key++)
            set_words(row, *key, 4);
        json_array_append_new(rows, row);
    }
    return json_pack("{s:o}", member, rows);
}

static json_t *answer_to(const struct client *client, enum method method)
{
    static const char *const model[] = {"id", "api", "why", NULL},
                             *const command[] = {"name", "arguments", "summary", NULL},
                             *const server[] = {"server", "scope", "state", "title", "text", "variant", NULL},
                             *const rule[] = {"id", "origin", "effect", "pattern", "by", "why", NULL},
                             *const hit[] = {"session", "title", "message", "role", "snippet", NULL};

    switch (method) {
    case METHOD_SESSION_LIST:
        return list_of_sessions(client);
    case METHOD_SESSION_CREATE:
    case METHOD_SESSION_FORK:
        return json_pack("{s:s,s:i,s:i}", "session", client->states[below(SESSIONS)]->id, "seq", 1,
                         "messages", 2);
    case METHOD_MODEL_LIST:
        return some_rows("models", model);
    case METHOD_COMMAND_LIST:
        return some_rows("commands", command);
    case METHOD_MCP_SERVERS:
        return some_rows("servers", server);
    case METHOD_RULE_LIST:
        return some_rows("rules", rule);
    case METHOD_MESSAGE_SEARCH:
        return some_rows("hits", hit);
    case METHOD_SESSION_COMMAND: {
        json_t *ok = json_pack("{s:s,s:{}}", "command", "usage", "result");
        set_words(ok, "text", PIECES_MAX);
        return ok;
    }
    default:
        return json_pack("{s:s,s:i,s:b}", "message", "m_00000000000000000000000000", "seq", 1, "interrupted",
                         1);
    }
}

static void answer(struct client *client, bool well)
{
    size_t at = (size_t)below((int)client->pending_count);
    struct asked_for request = client->pending[at];

    client->pending[at] = client->pending[--client->pending_count];
    snprintf(rig.doing, sizeof rig.doing, "answer to %s", request_row(request.method)->name);
    if (!request.reply)
        return;
    if (well || below(6) != 0) {
        json_t *ok = answer_to(client, request.method);
        request.reply(request.arg, ERR_OK, "", ok);
        json_decref(ok);
    } else {
        char *text = words(6);
        request.reply(request.arg, ERR_CONFLICT, text, NULL);
        free(text);
    }
}

/* What is not answered at the end is never called back, and so not freed by who asked. */
static void answer_all(struct client *client)
{
    while (client->pending_count > 0)
        answer(client, true);
}

/* --- client.h, as the screen sees it --- */

static void on_step(uv_idle_t *idle);

struct client *client_open(uv_loop_t *loop, const struct client_address *address, const char *kind,
                           const char *terminal, const struct client_callbacks *callbacks, void *arg)
{
    struct client *client = xcalloc(1, sizeof *client);

    (void)address;
    (void)kind;
    (void)terminal;
    client->callbacks = callbacks;
    client->arg = arg;
    client->link = CLIENT_READY;
    for (int i = 0; i < SESSIONS; i++) {
        char id[ID_MAX];
        snprintf(id, sizeof id, "s_%026d", i + 1);
        client->states[i] = state_new(id, EPOCH);
        struct event event = {
            .type = EVENT_SESSION_STARTED, .session = client->states[i]->id, .epoch = EPOCH, .seq = 1};
        event.data = json_pack("{s:s,s:s,s:s,s:I}", "owner", "ann", "title", i ? "" : "first", "model",
                               "demo/stoa", "created", (json_int_t)1700000000000);
        assert_int_equal(state_fold(client->states[i], &event), FOLD_OK);
        json_decref(event.data);
    }
    uv_idle_init(loop, &client->steps);
    client->steps.data = client;
    uv_idle_start(&client->steps, on_step);
    return client;
}

static void on_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;

    for (int i = 0; i < SESSIONS; i++)
        state_free(&client->states[i]);
    free(client);
}

void client_close(struct client **slot)
{
    struct client *client = *slot;

    *slot = NULL;
    if (client)
        uv_close((uv_handle_t *)&client->steps, on_closed);
}

enum client_link client_link(const struct client *client)
{
    return client->link;
}

const struct client_hello *client_hello(const struct client *client)
{
    static const struct client_hello hello = {.version = "1",
                                              .epoch = EPOCH,
                                              .user = "ann",
                                              .participant = "p_00000000000000000000000000",
                                              .default_model = "demo/stoa",
                                              .why = ""};
    (void)client;
    return &hello;
}

void client_request(struct client *client, enum method method, const char *session, json_t *params,
                    int timeout_ms, client_reply_cb *reply, void *arg)
{
    (void)session;
    (void)timeout_ms;
    json_decref(params);
    while (client->pending_count == PENDING_MAX) /* an answer may ask for more */
        answer(client, true);
    client->pending[client->pending_count++] = (struct asked_for){method, reply, arg};
}

static int place_of(const struct client *client, const char *session)
{
    for (int i = 0; i < SESSIONS; i++)
        if (strcmp(client->states[i]->id, session) == 0)
            return i;
    return -1;
}

void client_follow(struct client *client, const char *session, int limit)
{
    int at = place_of(client, session);

    (void)limit;
    if (at >= 0)
        client->followed[at] = true;
}

void client_unfollow(struct client *client, const char *session)
{
    int at = place_of(client, session);

    if (at >= 0)
        client->followed[at] = false;
}

struct state *client_state(const struct client *client, const char *session)
{
    int at = place_of(client, session);

    return at >= 0 && client->followed[at] ? client->states[at] : NULL;
}

void client_older(struct client *client, const char *session, int limit, client_reply_cb *reply, void *arg)
{
    json_t *ok = json_pack("{s:i,s:b}", "added", 0, "more", 0);

    (void)client;
    (void)session;
    (void)limit;
    reply(arg, ERR_OK, "", ok);
    json_decref(ok);
}

void client_forget(struct client *client, const void *arg)
{
    size_t kept = 0;

    for (size_t i = 0; i < client->pending_count; i++)
        if (client->pending[i].arg != arg)
            client->pending[kept++] = client->pending[i];
    client->pending_count = kept;
}

void client_follow_listing(struct client *client)
{
    (void)client;
}

/* --- the terminal --- */

static int on_property(VTermProp property, VTermValue *value, void *arg)
{
    (void)arg;
    if (property == VTERM_PROP_CURSORVISIBLE)
        rig.cursor_visible = value->boolean;
    return 1;
}

/* A character with its marks at a time: on the last column libvterm has only the marks that it decodes
 * together with their character. (Never those on ASCII: here none has marks.) What may get more marks waits
 * in rig.held. */
static void show(bool all)
{
    size_t from = 0;
    const char *bytes = rig.held.data;

    if (rig.held.len == 0)
        return;

    for (size_t at = 1; at < rig.held.len; at++) {
        bool mark = (bytes[at] & 0xc0) == 0x80;
        uint32_t cp;

        if (!mark && (bytes[at] & 0x80)) {
            utf8_decode(bytes + at, rig.held.len - at, &cp);
            mark = cp != 0xfffd && wcwidth((wchar_t)cp) == 0;
        }
        if (!mark) {
            vterm_input_write(rig.vterm, bytes + from, at - from);
            from = at;
        }
    }
    if (all) {
        vterm_input_write(rig.vterm, bytes + from, rig.held.len - from);
        from = rig.held.len;
    }
    buf_drop(&rig.held, from);
}

static bool take(void)
{
    char bytes[65536];
    ssize_t got = read(rig.master, bytes, sizeof bytes);

    if (got > 0)
        buf_put(&rig.held, bytes, (size_t)got);
    return got > 0;
}

/* What was written comes out at the other end a little later, on a busy machine: a mark follows it. */
static void take_all(void)
{
    static const char mark[] = "\033_all\033\\";
    size_t len = sizeof mark - 1;
    struct pollfd readable = {.fd = rig.master, .events = POLLIN};

    if (write(STDIN_FILENO, mark, len) != (ssize_t)len)
        fail_msg("the terminal takes no mark");
    while (rig.held.len < len || memcmp(rig.held.data + rig.held.len - len, mark, len) != 0)
        if (!take() && poll(&readable, 1, 10000) != 1 && errno != EINTR)
            fail_msg("the mark does not come");
    buf_truncate(&rig.held, rig.held.len - len);
}

/* screen: NULL while a program has the terminal; then what there is. */
static void pump(struct screen *screen)
{
    bool pending;

    do {
        pending = screen && screen_flush(screen);
        while (take())
            show(false);
    } while (pending);
    if (screen)
        take_all();
    show(true);
}

static void resize(struct screen *screen, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

    snprintf(rig.doing, sizeof rig.doing, "resize to %dx%d", cols, rows);
    ioctl(rig.master, TIOCSWINSZ, &size);
    vterm_set_size(rig.vterm, rows, cols);
    if (screen)
        screen_resize(screen);
}

/* --- comparing --- */

#define FAIL(...) fail_at(xasprintf(__VA_ARGS__))
static void fail_at(char *what)
{
    fail_msg("STOA_SEED=%u, step %d (%s): %s", rig.seed, rig.steps, rig.doing, what);
}

/* The number of a colour, as the screen counts; -1: the terminal's own. */
static int colour_of(const VTermColor *colour)
{
    if (VTERM_COLOR_IS_DEFAULT_FG(colour) || VTERM_COLOR_IS_DEFAULT_BG(colour))
        return -1;
    if (VTERM_COLOR_IS_INDEXED(colour))
        return colour->indexed.idx;
    return colour->rgb.red << 16 | colour->rgb.green << 8 | colour->rgb.blue;
}

static void compare_text(int y, int x, const struct screen_cell *meant, const VTermScreenCell *shown)
{
    uint32_t expected[VTERM_MAX_CHARS_PER_CELL + 1] = {0};

    for (size_t i = 0; i < VTERM_MAX_CHARS_PER_CELL && meant->text[i]; i++)
        expected[i] = (uint32_t)meant->text[i];
    for (size_t i = 0; i < VTERM_MAX_CHARS_PER_CELL && (expected[i] || shown->chars[i]); i++)
        if (expected[i] != (shown->chars[i] ? shown->chars[i] : i == 0 ? ' ' : 0))
            FAIL("cell %d,%d shows %X %X %X, meant %X %X %X", y, x, shown->chars[0], shown->chars[1],
                 shown->chars[2], expected[0], expected[1], expected[2]);
}

static void compare_look(int y, int x, const struct screen_cell *meant, const VTermScreenCell *shown)
{
    if (meant->bold != shown->attrs.bold || meant->reverse != shown->attrs.reverse ||
        meant->underline != (shown->attrs.underline != VTERM_UNDERLINE_OFF) ||
        meant->italic != shown->attrs.italic)
        FAIL("cell %d,%d shows bold %d reverse %d underline %d italic %d, meant %d %d %d %d", y, x,
             shown->attrs.bold, shown->attrs.reverse, shown->attrs.underline, shown->attrs.italic,
             meant->bold, meant->reverse, meant->underline, meant->italic);
    int fg = colour_of(&shown->fg), bg = colour_of(&shown->bg);
    /* The colour of blanks that nothing underlines cannot be seen, and is not always written. */
    bool blank = meant->text[0] == ' ' && !meant->text[1] && !meant->underline && !meant->reverse;
    if ((!blank && meant->fg != fg) || meant->bg != bg)
        FAIL("cell %d,%d shows colours %d on %d, meant %d on %d", y, x, fg, bg, meant->fg, meant->bg);
}

static int compare_cell(struct screen *screen, int y, int x)
{
    struct screen_cell meant;
    VTermScreenCell shown = {0}; /* the library writes up to the first 0 only */

    vterm_screen_get_cell(rig.shown, (VTermPos){y, x}, &shown);
    if (!screen_cell(screen, y, x, &meant))
        FAIL("cell %d,%d is not there", y, x);
    compare_text(y, x, &meant, &shown);
    compare_look(y, x, &meant, &shown);
    int width = wcwidth(meant.text[0]);
    if (width != shown.width)
        FAIL("cell %d,%d (%X) is %d wide, meant %d", y, x, shown.chars[0], shown.width, width);
    return width;
}

static void compare(struct screen *screen)
{
    int rows, cols, y, x;
    VTermPos cursor;

    vterm_get_size(rig.vterm, &rows, &cols);
    if (rows != screen_rows(screen) || cols != screen_cols(screen))
        FAIL("the screen believes in %dx%d", screen_cols(screen), screen_rows(screen));
    for (int row = 0; row < rows; row++)
        for (int col = 0; col < cols;)
            col += compare_cell(screen, row, col);
    bool visible = screen_cursor(screen, &y, &x);
    vterm_state_get_cursorpos(vterm_obtain_state(rig.vterm), &cursor);
    if (visible != rig.cursor_visible)
        FAIL("the cursor is %s", visible ? "hidden" : "shown");
    if (visible && (cursor.row != y || cursor.col != x))
        FAIL("the cursor is at %d,%d, meant %d,%d", cursor.row, cursor.col, y, x);
    rig.frames++;
}

/* --- steps --- */

static const char *const keys[] = {"\r",
                                   "\r",
                                   "\t",
                                   "\033",
                                   "\033",
                                   "\033[A",
                                   "\033[B",
                                   "\033[C",
                                   "\033[D",
                                   "\033[H",
                                   "\033[F",
                                   "\033[5~",
                                   "\033[6~",
                                   "\033[3~",
                                   "\x7f",
                                   "\x7f",
                                   "\001",
                                   "\002",
                                   "\005",
                                   "\006",
                                   "\007",
                                   "\010",
                                   "\n",
                                   "\013",
                                   "\014",
                                   "\016",
                                   "\017",
                                   "\020",
                                   "\020",
                                   "\022",
                                   "\022",
                                   "\025",
                                   "\027",
                                   "\030l",
                                   "\030n",
                                   "\031",
                                   "\037",
                                   "\033\r",
                                   "\033[13;2u",
                                   "\0331",
                                   "\0332",
                                   "\0333",
                                   "\033a",
                                   "\033b",
                                   "\033f",
                                   "\033d",
                                   "\033m",
                                   "\033y",
                                   "\033n",
                                   "?",
                                   "/",
                                   "@",
                                   "[",
                                   "{",
                                   "}",
                                   "j",
                                   "k",
                                   "g",
                                   "G",
                                   "J",
                                   "K",
                                   "n",
                                   "N",
                                   "y",
                                   "Y",
                                   "s",
                                   "p",
                                   "v",
                                   "q",
                                   "i",
                                   "e",
                                   "F",
                                   "R",
                                   "E",
                                   "/model ",
                                   "/the",
                                   "/mcp\r",
                                   "/rules\r",
                                   "/help\r",
                                   "/theme ",
                                   "@a",
                                   "\033[<64;10;5M",
                                   "\033[<65;10;5M",
                                   "\033[<0;5;4M",
                                   "\033[<0;60;8M",
                                   "\033[I",
                                   "\033[O",
                                   "\033[200~pasted \033[31m\nlines\twith 漢字\033[201~",
                                   "\033[1;5D",
                                   "\033[1;5C",
                                   "ü",
                                   "漢",
                                   "ë\u0301",
                                   "👩‍👩‍👧",
                                   "word ",
                                   "שלום",
                                   "\xff",
                                   "\033[99;99;99z",
                                   "\033]52;c;aGk=\a"};

static void random_keys(struct app *app)
{
    const char *key = keys[below(sizeof keys / sizeof *keys)];

    snprintf(rig.doing, sizeof rig.doing, "key %s%s", *key == '\033' ? "Esc " : "",
             *key == '\033' ? key + 1 : key);
    keys_feed(app->keys, key, strlen(key));
    app_keys(app, true);
}

static void step(struct client *client)
{
    struct app *app = client->arg;
    int kind = below(100);

    rig.steps++;
    if (kind < 45) {
        random_event(client);
    } else if (kind < 90) {
        random_keys(app);
    } else if (kind < 95) {
        if (client->pending_count > 0)
            answer(client, false);
    } else if (kind < 97) {
        if (!app->outside)
            resize(app->screen, below(45) + 4, below(160) + 16);
    } else if (kind == 97) {
        char *why = words(4);
        client->link = below(3) ? CLIENT_READY : CLIENT_AWAY;
        client->callbacks->link(app, client->link, why);
        free(why);
    } else {
        const struct state *state = client_state(client, app->ui.session);
        if (state && client->callbacks->snapshot)
            client->callbacks->snapshot(app, state, NULL);
    }
}

/* Programs end by themselves; what was written into the scrollback is looked at until Enter. */
static void come_back(const struct app *app)
{
    int64_t now = clock_steady_ms();

    if (!app->outside) {
        rig.outside_since = 0;
    } else if (rig.outside_since == 0) {
        rig.outside_since = now;
    } else if (now - rig.outside_since > OUTSIDE_MS * slow()) {
        rig.outside_since = now;
        if (write(rig.master, "\r", 1) != 1 || ++rig.waits > OUTSIDE_TIMES)
            FAIL("the client does not come back to its screen");
    }
}

/* Comes round with the loop: the screen's own handles have their turn in between. */
static void on_step(uv_idle_t *idle)
{
    struct client *client = idle->data;
    struct app *app = client->arg;

    /* A program that has the terminal would go on writing there. */
    if (!app->outside && (rig.frames >= rig.wanted || rig.steps > RUN_STEPS_MAX))
        app_quit(app, EXIT_OK, NULL);
    if (app->quit) {
        answer_all(client);
        return;
    }
    if (!app->outside) {
        rig.outside_since = 0;
        rig.waits = 0;
        step(client);
    }
    if (app->quit)
        answer_all(client);
    if (app->quit || app->outside) {
        pump(NULL); /* a program that writes to the terminal must not wait for us */
        come_back(app);
        return;
    }
    app_draw(app);
    pump(app->screen);
    compare(app->screen);
}

/* --- tests --- */

static void open_terminal(void)
{
    static const VTermScreenCallbacks callbacks = {.settermprop = on_property};

    buf_init(&rig.held, 1 << 20);
    rig.vterm = vterm_new(30, 100);
    vterm_set_utf8(rig.vterm, 1);
    rig.shown = vterm_obtain_screen(rig.vterm);
    vterm_screen_set_callbacks(rig.shown, &callbacks, NULL);
    vterm_screen_enable_altscreen(rig.shown, 1);
    vterm_screen_reset(rig.shown, 1);
    rig.cursor_visible = true;
    resize(NULL, 30, 100);
}

/* A client that is quit leaves a program of its user's alone, which would go on writing into the next run. */
static void end_programs(void)
{
    pid_t pid;

    do {
        FILE *children = fopen("/proc/thread-self/children", "r");
        int number;

        assert_non_null(children);
        while (fscanf(children, "%d", &number) == 1)
            kill(number, SIGKILL);
        fclose(children);
        pid = waitpid(-1, NULL, 0);
    } while (pid > 0 || errno == EINTR);
}

/* One run of the client after the other, since some keys quit, until so many frames were compared. What is
 * said at the end goes where nobody sees it. */
static void run(uint32_t seed, int frames)
{
    static const char text[] = "tui: {desktop_notifications: osc9, bell: true}\n";
    static char path[] = "/nowhere";
    static const struct client_address nowhere = {.path = path};
    char error[256];
    struct settings *settings = settings_parse(text, sizeof text - 1, "test", false, error);
    struct app_options options = {
        .address = &nowhere, .session = "s_00000000000000000000000001", .settings = settings};
    assert_non_null(settings);
    int out = dup(STDOUT_FILENO), nothing = open("/dev/null", O_WRONLY);
    struct termios after;

    rig.seed = seed;
    rig.random = seed;
    rig.steps = rig.frames = 0;
    rig.wanted = frames;
    open_terminal();
    fflush(stdout);
    dup2(nothing, STDOUT_FILENO);
    while (rig.frames < rig.wanted) {
        assert_int_equal(app_run(&options), EXIT_OK);
        end_programs();
    }
    settings_free(&settings);
    fflush(stdout);
    dup2(out, STDOUT_FILENO);
    close(out);
    close(nothing);
    take_all();
    show(true);
    tcgetattr(STDIN_FILENO, &after);
    assert_true(after.c_lflag & ICANON);
    assert_true(rig.cursor_visible);
    vterm_free(rig.vterm);
    buf_free(&rig.held);
    printf("seed %u: %d frames in %d steps\n", seed, rig.frames, rig.steps);
}

static int number_of(const char *name, int otherwise)
{
    const char *text = getenv(name);

    return text && atoi(text) > 0 ? atoi(text) : otherwise;
}

static void every_cell_is_shown_as_meant(void **arg)
{
    uint32_t first = (uint32_t)number_of("STOA_SEED", 1), last = getenv("STOA_SEED") ? first : 4;

    (void)arg;
    for (uint32_t seed = first; seed <= last; seed++)
        run(seed, number_of("STOA_FRAMES", FRAMES));
}

/* A controlling terminal of its own, a home with a few files, and programs that end at once for what the
 * client starts. */
static bool prepare(void)
{
    static const char *const unset[] = {"TMUX",        "NO_COLOR", "DISPLAY", "WAYLAND_DISPLAY",
                                        "STOA_CONFIG", "COLORTERM"};

    snprintf(rig.folder, sizeof rig.folder, "/tmp/stoa-cells-XXXXXX");
    rig.master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (!mkdtemp(rig.folder) || chdir(rig.folder) != 0 || rig.master < 0 || grantpt(rig.master) != 0 ||
        unlockpt(rig.master) != 0 || setsid() < 0)
        return false;
    int slave = open(ptsname(rig.master), O_RDWR);
    if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) != 0 || dup2(slave, STDIN_FILENO) < 0)
        return false;
    for (size_t i = 0; i < sizeof unset / sizeof *unset; i++)
        unsetenv(unset[i]);
    for (const char *const *name =
             (const char *const[]){"HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "STOA_STATE_DIR", NULL};
         *name; name++)
        setenv(*name, rig.folder, 1);
    for (const char *const *name = (const char *const[]){"EDITOR", "VISUAL", "PAGER", NULL}; *name; name++)
        setenv(*name, "true", 1);
    setenv("TERM", "xterm-256color", 1);
    fclose(fopen("a file with \033[2J in its name", "w"));
    fclose(fopen("漢字.txt", "w"));
    return true;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

/* The tests need a session of their own, which only a child can have for sure. */
int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_cell_is_shown_as_meant)};
    int status = 0;

    (void)argv;
    if (argc > 1) /* /export starts the program that runs: it is not the test that is wanted then */
        return 1;
    pid_t child = fork();

    if (child == 0) {
        if (!prepare()) {
            perror("no terminal for the test");
            _exit(1);
        }
        signal(SIGHUP, SIG_IGN);
        prctl(PR_SET_CHILD_SUBREAPER, 1); /* what a program has started is ended with it */
        int failed = cmocka_run_group_tests(tests, NULL, NULL);
        nftw(rig.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        exit(failed);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
