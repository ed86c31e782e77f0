/* Questions over all sessions. A session that waits for a permission is always in memory (registry.c), so
 * what is open is found there; what was answered is remembered a while, for those who come late. */
#include "daemon/questions.h"

#include "daemon/hook.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <string.h>

struct due { /* a deadline */
    char session[ID_MAX], question[ID_MAX];
    int64_t at; /* steady ms */
};

struct questions {
    struct server *server;
    struct hooks *hooks;
    uv_timer_t *timer;
    struct due *dues;
    size_t count, cap;
    struct questions_known *known; /* a ring */
    size_t known_count, known_next;
    struct questions_known found; /* what questions_known gives of a session's own memory */
};

/* --- finding --- */

struct search {
    const char *id;
    struct session *open;
    struct session *answered;
};

static void look_at(struct session *session, void *arg)
{
    struct search *search = arg;
    if (session->end != SESSION_LIVES)
        return;
    if (state_question(session->state, search->id))
        search->open = session;
    else if (state_answered(session->state, search->id))
        search->answered = session;
}

static struct search look_for(struct server *server, const char *id)
{
    struct search search = {.id = id};
    registry_each(server->registry, look_at, &search);
    return search;
}

struct session *questions_session(struct server *server, const char *id)
{
    return look_for(server, id).open;
}

static void remember(struct questions_known *known, const struct session *session, const char *id,
                     const char *decision, const char *cause, const char *by, int64_t ts)
{
    snprintf(known->id, sizeof known->id, "%s", id);
    snprintf(known->session, sizeof known->session, "%s", session->state->id);
    snprintf(known->owner, sizeof known->owner, "%s", session->state->owner);
    snprintf(known->decision, sizeof known->decision, "%s", decision);
    snprintf(known->cause, sizeof known->cause, "%s", cause);
    snprintf(known->by, sizeof known->by, "%s", by ? by : "");
    known->ts = ts;
}

void questions_answered(struct session *session, const json_t *data, int64_t ts)
{
    struct questions *questions = session->server->questions;
    struct questions_known *known = &questions->known[questions->known_next];
    const char *id = jsonx_str(data, "question", "");
    for (size_t i = questions->count; i-- > 0;)
        if (strcmp(questions->dues[i].question, id) == 0)
            questions->dues[i] = questions->dues[--questions->count];
    questions->known_next = (questions->known_next + 1) % QUESTIONS_ANSWERED_MAX;
    if (questions->known_count < QUESTIONS_ANSWERED_MAX)
        questions->known_count++;
    remember(known, session, id, jsonx_str(data, "decision", ""), jsonx_str(data, "cause", ""),
             jsonx_str(data, "by", NULL), ts);
}

const struct questions_known *questions_known(struct server *server, const char *id)
{
    struct questions *questions = server->questions;
    for (size_t i = 0; i < questions->known_count; i++)
        if (strcmp(questions->known[i].id, id) == 0)
            return &questions->known[i];
    struct session *session = look_for(server, id).answered;
    const struct answered *answered = session ? state_answered(session->state, id) : NULL;
    if (!answered)
        return NULL;
    remember(&questions->found, session, id, answered->decision, answered->cause, answered->by, answered->ts);
    return &questions->found;
}

/* --- deciding --- */

/* What the model is told of a call that was not allowed. */
static char *refusal(const char *decision, const char *cause, const char *by, const char *reason)
{
    if (strcmp(cause, "person") != 0)
        return xstrdup("Nobody answered in time whether this may run: it was declined, and was not run.");
    if (strcmp(decision, "cancel") == 0)
        return xasprintf("%s dismissed the question whether this may run: it was not run.",
                         by ? by : "Someone");
    if (!reason || !*reason)
        return xasprintf("%s declined this call: it was not run.", by ? by : "Someone");
    return xasprintf("%s declined this call, and it was not run. The reason given: %s", by ? by : "Someone",
                     reason);
}

bool questions_decide(struct session *session, const char *id, const char *decision, const char *cause,
                      const char *scope, const char *by, const char *reason, json_t *content)
{
    const struct question *question = state_question(session->state, id);
    if (!question)
        return false;
    char message[ID_MAX];
    strcpy(message, question->message);
    int block = question->block;
    bool permission = question->kind == QUESTION_PERMISSION;
    if (!session_answer(session, id, decision, cause, scope, by, reason, content))
        return false;
    if (permission && state_call(session->state, message, block) == CALL_ASKED) {
        char *text = refusal(decision, cause, by, reason);
        session_end_call(session, message, block,
                         strcmp(decision, "deny") == 0 ? CALL_DENIED : CALL_CANCELLED, text, by);
        free(text);
    }
    return true;
}

/* --- deadlines --- */

static void on_timer(uv_timer_t *timer);

static void arm(struct questions *questions)
{
    int64_t first = INT64_MAX, now = clock_steady_ms();
    for (size_t i = 0; i < questions->count; i++)
        if (questions->dues[i].at < first)
            first = questions->dues[i].at;
    if (first == INT64_MAX)
        uv_timer_stop(questions->timer);
    else
        uv_timer_start(questions->timer, on_timer, first > now ? (uint64_t)(first - now) : 0, 0);
}

static void expire(struct questions *questions, const struct due *due)
{
    struct session *session = registry_find(questions->server->registry, due->session);
    const struct question *question =
        session && session->end == SESSION_LIVES ? state_question(session->state, due->question) : NULL;
    if (!question)
        return;
    bool permission = question->kind == QUESTION_PERMISSION;
    log_info("question", "nobody answered in time question=%s session=%s", log_id(due->question),
             log_id(due->session));
    questions_decide(session, due->question, permission ? "deny" : "cancel", "deadline", NULL, NULL, NULL,
                     NULL);
    if (permission)
        session_go_on(session);
}

static void on_timer(uv_timer_t *timer)
{
    struct questions *questions = timer->data;
    int64_t now = clock_steady_ms();
    for (size_t i = 0; i < questions->count;) {
        struct due due = questions->dues[i];
        if (due.at > now) {
            i++;
            continue;
        }
        questions->dues[i] = questions->dues[--questions->count];
        expire(questions, &due); /* may end others' too */
        i = 0;
    }
    arm(questions);
}

static bool is_due(const struct questions *questions, const char *id)
{
    for (size_t i = 0; i < questions->count; i++)
        if (strcmp(questions->dues[i].question, id) == 0)
            return true;
    return false;
}

/* What is left of its time, and never more than it was given: the wall clock may have been set meanwhile. */
static int64_t time_left(const struct question *question)
{
    int64_t left = question->deadline - clock_wall_ms();
    int64_t all = question->deadline - jsonx_int(question->json, "asked", 0);
    return left < 0 || all < 0 ? 0 : left < all ? left : all;
}

void questions_watch(struct session *session)
{
    struct questions *questions = session->server->questions;
    const struct state *state = session->state;
    for (size_t i = 0; i < state->question_count; i++) {
        const struct question *question = state->questions[i];
        if (!question->deadline || is_due(questions, question->id))
            continue;
        if (questions->count == questions->cap) {
            questions->cap = questions->cap ? 2 * questions->cap : 16;
            questions->dues = xreallocarray(questions->dues, questions->cap, sizeof questions->dues[0]);
        }
        struct due *due = &questions->dues[questions->count++];
        strcpy(due->session, state->id);
        strcpy(due->question, question->id);
        due->at = clock_steady_ms() + time_left(question) + 1; /* both clocks cut: never too early */
    }
    arm(questions);
}

/* --- telling --- */

void questions_notify(struct session *session, const struct question *question)
{
    const struct server *server = session->server;
    const char *command = config_text(server->config, OPTION_PERMISSION_HOOK);
    if (!command[0])
        return;
    json_t *json = json_object();
    jsonx_set_str(json, "event", "question");
    jsonx_set_str(json, "session", session->state->id);
    jsonx_set_str(json, "title", session->state->title);
    json_object_set(json, "question", question->json);
    hooks_run(server->questions->hooks, command, json);
    json_decref(json);
}

/* --- the whole --- */

struct questions *questions_open(struct server *server)
{
    struct questions *questions = xcalloc(1, sizeof *questions);
    questions->server = server;
    questions->hooks = hooks_open(server->loop);
    questions->known = xcalloc(QUESTIONS_ANSWERED_MAX, sizeof questions->known[0]);
    questions->timer = xcalloc(1, sizeof *questions->timer);
    uv_timer_init(server->loop, questions->timer);
    questions->timer->data = questions;
    return questions;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

void questions_close(struct questions **slot)
{
    struct questions *questions = *slot;
    if (!questions)
        return;
    hooks_close(&questions->hooks);
    uv_close((uv_handle_t *)questions->timer, free_handle);
    free(questions->dues);
    free(questions->known);
    free(questions);
    *slot = NULL;
}
