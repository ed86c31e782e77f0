/* How turns end when their agent can't say so, and how they go on after that. A call that may have run is
 * never run again by itself; one that a person has allowed and that has not begun may be. */
#include "daemon/session.h"

#include "daemon/clients.h"
#include "daemon/lends.h"
#include "daemon/people/ledger.h"
#include "daemon/questions.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTCOME_UNKNOWN                                                                                      \
    "The agent ended while this ran; its outcome is unknown, and it was not run again. It may have had its " \
    "effect: check that first."
#define NOT_RUN "This was not run: the turn ended before."

/* --- one call, one question --- */

/* What fits into the message: all with whose arguments it had, or all, or what always fits. */
static char *fitting(const struct message *message, const struct tool_call *call, const char *result)
{
    size_t len = strlen(result);
    char *note = call_note(call, STATE_CHANGED_MAX);
    bool fits = note && message && message->bytes + strlen(note) + len <= STATE_MESSAGE_BYTES;
    char *whole = fits ? xasprintf("%s%s", note, result) : NULL;
    free(note);
    if (whole)
        return whole;
    if (len <= STATE_NOTE_MAX || (message && message->bytes + len <= STATE_MESSAGE_BYTES))
        return xstrdup(result);
    return xstrndup(result, utf8_cut(result, len, STATE_NOTE_MAX));
}

void session_end_call(struct session *session, const char *message, int block, enum call_state to,
                      const char *result, const char *by)
{
    const struct message *about = state_message(session->state, message);
    const struct tool_call *call = NULL;
    if (about && block >= 0 && (size_t)block < about->block_count)
        call = about->blocks[block].call;
    char *text = fitting(about, call, result);
    json_t *data = json_object();
    jsonx_set_str(data, "message", message);
    jsonx_set_int(data, "block", block);
    jsonx_set_str(data, "state", call_state_name(to));
    jsonx_set_str(data, "result", text);
    jsonx_set_str(data, "by", by);
    session_emit(session, EVENT_TOOL_ENDED, data);
    free(text);
}

bool session_answer(struct session *session, const char *question, const char *decision, const char *cause,
                    const char *scope, const char *by, const char *reason, json_t *content)
{
    json_t *data = json_object();
    jsonx_set_str(data, "question", question);
    jsonx_set_str(data, "decision", decision);
    jsonx_set_str(data, "cause", cause);
    jsonx_set_str(data, "scope", scope);
    jsonx_set_str(data, "by", by);
    jsonx_set_str(data, "reason", reason);
    if (content)
        json_object_set(data, "content", content);
    return session_emit(session, EVENT_QUESTION_ANSWERED, data);
}

/* --- what is open --- */

static enum call_state state_of(const struct block *block)
{
    return block->kind != BLOCK_TOOL_CALL ? CALL_DONE : block->call ? block->call->state : CALL_NONE;
}

/* The permission that waits for this call, or NULL. */
static const struct question *permission_of(const struct state *state, const char *message, size_t block)
{
    for (size_t i = 0; i < state->question_count; i++) {
        const struct question *question = state->questions[i];
        if (question->kind == QUESTION_PERMISSION && (size_t)question->block == block &&
            strcmp(question->message, message) == 0)
            return question;
    }
    return NULL;
}

struct open { /* calls of the newest message that have not ended */
    size_t asked, allowed, running;
};

static struct open count_open(const struct state *state)
{
    struct open open = {0, 0, 0};
    const struct message *message = state_open_calls(state);
    for (size_t i = 0; message && i < message->block_count; i++) {
        enum call_state call = state_of(&message->blocks[i]);
        open.asked += call == CALL_ASKED && permission_of(state, message->id, i);
        open.allowed += call == CALL_ALLOWED;
        open.running += call == CALL_RUNNING;
    }
    return open;
}

bool session_turn_due(const struct session *session)
{
    const struct state *state = session->state;
    if (state->run == RUN_THINKING || state->run == RUN_COMPACTING)
        return true;
    if (state->run != RUN_AWAITING_PERMISSION && state->run != RUN_RUNNING_TOOLS)
        return false;
    struct open open = count_open(state);
    return open.allowed > 0 || open.asked == 0;
}

void session_go_on(struct session *session)
{
    if (session_turn_due(session) && !session->server->stopping && session->end == SESSION_LIVES)
        supervisor_turn(session);
}

/* --- ending what is open --- */

static void end_calls(struct session *session, enum call_state from, enum call_state to, const char *result)
{
    const struct message *message = state_open_calls(session->state);
    for (size_t i = 0; message && i < message->block_count; i++)
        if (state_of(&message->blocks[i]) == from)
            session_end_call(session, message->id, (int)i, to, result, NULL);
}

/* Asked about, and then nothing more was said: what a person denied is denied. */
static void settle_answered(struct session *session)
{
    const struct message *message = state_open_calls(session->state);
    for (size_t i = 0; message && i < message->block_count; i++) {
        if (state_of(&message->blocks[i]) != CALL_ASKED || permission_of(session->state, message->id, i))
            continue;
        char *by = xstrdup_null(message->blocks[i].call->by);
        session_end_call(session, message->id, (int)i, by ? CALL_DENIED : CALL_CANCELLED,
                         by ? "This call was declined, and was not run." : NOT_RUN, by);
        free(by);
    }
}

/* permissions: these too. loose: also those that are about no call. */
static void cancel_questions(struct session *session, bool permissions, bool loose, const char *cause)
{
    const struct state *state = session->state;
    for (size_t i = state->question_count; i-- > 0;) {
        const struct question *question = state->questions[i];
        char id[ID_MAX];
        if ((!permissions && question->kind == QUESTION_PERMISSION) || (!loose && !question->message[0]))
            continue;
        strcpy(id, question->id);
        session_answer(session, id, "cancel", cause, NULL, NULL, NULL, NULL);
    }
}

void session_disconnect_servers(struct session *session)
{
    const struct state *state = session->state;
    for (size_t i = 0; i < state->server_count; i++) {
        if (!state->servers[i].connected && !state->servers[i].starting)
            continue;
        json_t *data = json_object();
        jsonx_set_str(data, "server", state->servers[i].name);
        jsonx_set_str(data, "cause", "agent");
        session_emit(session, EVENT_MCP_DISCONNECTED, data);
    }
}

void session_close_calls(struct session *session, const char *why)
{
    static const enum call_state open[] = {CALL_NONE, CALL_ASKED, CALL_ALLOWED};
    cancel_questions(session, true, false, "interrupted");
    end_calls(session, CALL_RUNNING, CALL_UNKNOWN, OUTCOME_UNKNOWN);
    settle_answered(session);
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        end_calls(session, open[i], CALL_CANCELLED, why);
}

void session_end_turn(struct session *session, const char *by, const char *reason)
{
    if (session->state->run == RUN_IDLE)
        return;
    session_close_calls(session, NOT_RUN);
    session_step(session, RUN_IDLE, by, reason);
}

bool session_recover(struct session *session, const char *kind, const char *text, bool resume)
{
    struct state *state = session->state;
    uint64_t before = state->seq;
    bool ends = state->run == RUN_IDLE || state->run == RUN_INTERRUPTING;
    bool asked = state->run == RUN_AWAITING_PERMISSION && count_open(state).running == 0;
    session_cut(session, MESSAGE_INTERRUPTED, text);
    end_calls(session, CALL_RUNNING, CALL_UNKNOWN, OUTCOME_UNKNOWN);
    cancel_questions(session, ends, true, "agent");
    settle_answered(session);
    if (!resume || ends)
        end_calls(session, CALL_ALLOWED, CALL_CANCELLED, NOT_RUN);
    bool lost = state->seq != before || session->crashes > 0;
    session_disconnect_servers(session);
    if (state->run == RUN_IDLE)
        return false;
    struct open open = count_open(state);
    bool answered = asked && resume && open.asked + open.allowed == 0; /* what was asked was declined */
    bool waits = answered || (!ends && open.asked + open.allowed > 0);
    if (!waits)
        session_close_calls(session, NOT_RUN);
    if (lost || !waits)
        session_error(session, kind, text);
    if (!waits)
        session_step(session, RUN_IDLE, NULL, kind);
    else if (state->run != RUN_AWAITING_PERMISSION)
        session_step(session, RUN_AWAITING_PERMISSION, NULL, kind);
    return answered || (waits && open.allowed > 0);
}

void session_delete(struct session *session, const char *reason)
{
    struct server *server = session->server;
    json_t *data = json_object();
    jsonx_set_str(data, "reason", reason);
    lends_end(server->lends, NULL, session, "deleted");
    if (supervisor_works(session))
        session_left_unanswered(session);
    if (session->unanswered)
        ledger_add_unanswered(session);
    supervisor_kill(session);
    store_join(server->store);
    session_cut(session, MESSAGE_INTERRUPTED, "the session was deleted");
    session_emit(session, EVENT_SESSION_ENDED, data);
    while (session->follower_count > 0)
        clients_unsubscribe(server->clients, session->followers[0]->client, session);
    registry_delete(server->registry, session);
}
