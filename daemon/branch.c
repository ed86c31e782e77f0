/* The messages of a session are numbered from 0, in memory and in the store alike. Those in memory are the
 * newest; what lies before them is read from the store at once, since nothing may happen between the check
 * and the change. */
#include "daemon/branch.h"

#include "daemon/config/config_server.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- where --- */

/* The number of the first message in memory. */
static uint64_t first_of(const struct state *state)
{
    return state->messages_total - state->message_count;
}

/* How many messages there are up to that one. */
static enum err count_upto(const struct session *session, const char *message, uint64_t *count,
                           char error[256])
{
    const struct state *state = session->state;
    for (size_t i = 0; i < state->message_count; i++)
        if (strcmp(state->messages[i]->id, message) == 0) {
            *count = first_of(state) + i + 1;
            return ERR_OK;
        }
    enum err code = store_place(session->server->store, session->key, message, count, error);
    if (code == ERR_OK && ++*count > first_of(state)) { /* not on disk yet that it is gone */
        snprintf(error, 256, "the session has no message '%.40s'", message);
        code = ERR_NOT_FOUND;
    }
    return code;
}

/* Whether the summary stands for nothing but the first count messages; true without one. */
static enum err is_summary_within(const struct session *session, uint64_t count, bool *within,
                                  char error[256])
{
    uint64_t upto = 0;
    enum err code = ERR_OK;
    if (session->state->summary)
        code = count_upto(session, session->state->compacted_upto, &upto, error);
    *within = code == ERR_OK && upto <= count;
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

/* The messages from the store that belong before those in memory, once only the first count are left. */
static enum err read_older(const struct session *session, uint64_t count, json_t **older, char error[256])
{
    uint64_t first = first_of(session->state), end = count < first ? count : first;
    size_t have = (size_t)(count - end);
    size_t wanted = have < STATE_WINDOW_MESSAGES ? STATE_WINDOW_MESSAGES - have : 0;
    if (end < wanted)
        wanted = (size_t)end;
    *older =
        wanted ? store_messages(session->server->store, session->key, end, wanted, STATE_WINDOW_BYTES, error)
               : json_array();
    if (!*older)
        return ERR_STORE;
    if (wanted == 0 || json_array_size(*older) > 0)
        return ERR_OK;
    json_decref(*older);
    snprintf(error, 256, "too much waits for the disk; repeat it");
    return ERR_BUSY;
}

/* --- fork --- */

/* The newest message, if there is still something to come of it. */
static const struct message *unfinished(const struct state *state)
{
    const struct message *open = state_open_calls(state);
    return open ? open : state_streaming(state);
}

enum err branch_count(const struct session *session, const char *owner, const char *message, uint64_t *count,
                      char error[256])
{
    const struct state *state = session->state;
    const struct message *open = unfinished(state);
    enum err code = registry_room(session->server->registry, owner, error);
    if (code != ERR_OK)
        return code;
    if (!message) {
        *count = state->messages_total - (open != NULL);
        return ERR_OK;
    }
    if (!open || strcmp(open->id, message) != 0)
        return count_upto(session, message, count, error);
    snprintf(error, 256,
             "the message '%.40s' is not finished; wait for its end, interrupt the turn, or fork at the one "
             "before",
             message);
    return ERR_CONFLICT;
}

/* "Plan", "Plan (fork)", "Plan (fork 2)", ...; of a session without title none: its model gives one. */
static char *fork_title(const char *title)
{
    size_t len = strlen(title), base = len;
    unsigned number = 1;
    int end = -1;
    for (size_t at = len; at-- > 0;) {
        if (title[at] != '(')
            continue;
        if (strcmp(title + at, "(fork)") == 0 ||
            (sscanf(title + at, "(fork %9u)%n", &number, &end) == 1 && at + (size_t)end == len)) {
            number++;
            base = at > 0 && title[at - 1] == ' ' ? at - 1 : at;
        }
        break;
    }
    if (len == 0)
        return xstrdup("");
    char suffix[32] = "(fork)";
    if (number > 1)
        snprintf(suffix, sizeof suffix, "(fork %u)", number);
    size_t kept = utf8_cut(title, base, SESSION_TITLE_BYTES - sizeof suffix);
    return xasprintf("%.*s%s%s", (int)kept, title, kept ? " " : "", suffix);
}

static json_t *fork_started(const struct state *state, const struct branch *branch, const char *last)
{
    const char *title = branch->title;
    json_t *started = json_object(), *from = json_object();
    char *own = title[0] ? xstrdup(title) : fork_title(state->title);
    jsonx_set_str(from, "session", state->id);
    jsonx_set_str(from, "message", last);
    jsonx_set_int(from, "messages", (int64_t)branch->count);
    jsonx_set_int(started, "bytes", branch->bytes);
    jsonx_set_str(started, "owner", branch->owner);
    jsonx_set_str(started, "title", own);
    jsonx_set_str(started, "model", state->model);
    jsonx_set_str(started, "system", state->system);
    json_object_set_new(started, "from", from);
    free(own);
    return started;
}

/* Another owner's secrets would go where the values of this session's variables say: those are not taken. */
static json_t *fork_variables(const struct session *fork, const struct state *state)
{
    const struct config *config = fork->server->config;
    json_t *variables = json_deep_copy(state->variables), *value;
    const char *name;
    void *next;
    bool same = strcmp(fork->state->owner, state->owner) == 0;
    json_object_foreach_safe(variables, next, name, value)
    {
        size_t i = 0;
        while (i < config_server_count(config) && !config_server_guards(config_server(config, i), name))
            i++;
        if (!same && i < config_server_count(config))
            json_object_del(variables, name);
    }
    return variables;
}

/* What session.started does not say. */
static void fork_settings(struct session *fork, const struct state *state)
{
    json_t *data = json_object(), *variables = fork_variables(fork, state);
    if (state->temperature >= 0)
        json_object_set_new(data, "temperature", json_real(state->temperature));
    if (state->max_tokens >= 0)
        jsonx_set_int(data, "max_tokens", state->max_tokens);
    if (json_object_size(variables) > 0)
        json_object_set(data, "variables", variables);
    json_decref(variables);
    if (json_object_size(state->variants) > 0)
        json_object_set_new(data, "variants", json_deep_copy(state->variants));
    if (json_object_size(data) > 0)
        session_emit(fork, EVENT_SESSION_UPDATED, data);
    else
        json_decref(data);
}

static void fork_summary(struct session *fork, const struct state *state)
{
    json_t *data = json_object();
    jsonx_set_str(data, "summary", state->summary);
    jsonx_set_str(data, "upto", state->compacted_upto);
    session_emit(fork, EVENT_SESSION_COMPACTED, data);
}

/* Results that were cut are whole in a file of the session that they came from, and not of the fork. */
static void forget_files(json_t *message)
{
    size_t i;
    json_t *block;
    json_array_foreach(jsonx_arr(message, "content"), i, block)
    {
        json_object_del(jsonx_obj(block, "call"), "file");
    }
}

/* The window of the fork: what was read, and of what is in memory those that it takes. */
static json_t *fork_window(const struct state *state, json_t *older, uint64_t count)
{
    size_t i;
    json_t *message;
    for (size_t m = 0; m < state->message_count && first_of(state) + m < count; m++)
        json_array_append_new(older, message_to_json(state->messages[m]));
    json_array_foreach(older, i, message)
    {
        forget_files(message);
    }
    return older;
}

enum err branch_fork(struct session *session, const struct branch *branch, struct session **fork,
                     char error[256])
{
    struct server *server = session->server;
    const struct state *state = session->state;
    uint64_t count = branch->count;
    bool within = false;
    json_t *window = NULL;
    enum err code = registry_room(server->registry, branch->owner, error);
    if (code == ERR_OK)
        code = is_summary_within(session, count, &within, error);
    if (code == ERR_OK)
        code = read_older(session, count, &window, error);
    if (code != ERR_OK)
        return code;
    window = fork_window(state, window, count);
    const json_t *newest = json_array_get(window, json_array_size(window) - 1);
    store_join(server->store);
    *fork = registry_start(server->registry, branch->key,
                           fork_started(state, branch, jsonx_str(newest, "id", NULL)));
    fork_settings(*fork, state);
    if (within && state->summary)
        fork_summary(*fork, state);
    if (!session_refill(*fork, window))
        log_error("session", "the window of a fork is malformed session=%s", log_id((*fork)->state->id));
    json_decref(window);
    log_info("session", "forked session=%s into=%s messages=%" PRIu64, log_id(state->id),
             log_id((*fork)->state->id), count);
    return ERR_OK;
}

/* --- rewind --- */

static enum err check_rest(const struct state *state, char error[256])
{
    if (state->ended || state->archived)
        snprintf(error, 256, "the session is archived; take it back first (stoa archive --undo)");
    else if (state->run != RUN_IDLE)
        snprintf(error, 256, "the session is %s; interrupt it first", run_state_name(state->run));
    else if (state->question_count > 0)
        snprintf(error, 256, "a question waits in this session; answer it first");
    else if (state->queue_count > 0)
        snprintf(error, 256, "%zu messages wait in the queue; remove or send them first", state->queue_count);
    else
        return ERR_OK;
    return ERR_CONFLICT;
}

static json_t *rewound(const char *message, uint64_t removed, bool uncompacted, const char *by)
{
    json_t *data = json_object();
    json_object_set_new(data, "message", message ? json_string(message) : json_null());
    jsonx_set_int(data, "removed", (int64_t)removed);
    if (uncompacted)
        json_object_set_new(data, "uncompacted", json_true());
    jsonx_set_str(data, "by", by);
    return data;
}

enum err branch_rewind(struct session *session, const char *by, const char *message, uint64_t *removed,
                       char error[256])
{
    const struct state *state = session->state;
    uint64_t count = 0;
    bool within = false;
    json_t *older = NULL;
    if (session->forking > 0) {
        snprintf(error, 256, "a fork of this session is being written; repeat it");
        return ERR_BUSY;
    }
    enum err code = check_rest(state, error);
    if (code == ERR_OK && message)
        code = count_upto(session, message, &count, error);
    if (code == ERR_OK)
        code = is_summary_within(session, count, &within, error);
    if (code != ERR_OK)
        return code;
    *removed = state->messages_total - count;
    if (*removed == 0)
        return ERR_OK;
    code = read_older(session, count, &older, error);
    if (code != ERR_OK)
        return code;
    store_join(session->server->store);
    if (!session_emit(session, EVENT_SESSION_REWOUND, rewound(message, *removed, !within, by)))
        code = ERR_INTERNAL;
    else if (!session_refill(session, older))
        log_error("session", "the window after a rewind is malformed session=%s", log_id(state->id));
    else
        supervisor_reload(session);
    json_decref(older);
    return code;
}
