/* A question is said as a fact and is in the session's state only when it comes back as an event. Until then
 * it is counted here, so that what is asked at once still fits: one that does not fit would break the state.
 */
#include "daemon/agent/questions.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUESTIONS_OPEN_MAX = 24,   /* of ours at once; what is left of the session's is for permissions */
    QUESTIONS_ROOM = 32 << 10, /* bytes of the session's that are left for permissions */
    QUESTIONS_WINDOW_MS = 10000,
    QUESTIONS_WINDOW_MAX = 100 /* in that time: each is kept for ever, and its answer too */
};

struct asked {
    struct asked *next;
    struct question *question;
    bool folded;          /* it is in the session's state */
    const char *decision; /* it was taken back before it was there, so it waits; NULL if not */
    char *cause;          /* with this one */
    void (*answered)(void *arg, const json_t *data);
    void *arg;
};

struct questions {
    struct agent_link *link;
    struct asked *asked; /* that wait */
    int64_t since;       /* steady ms: of the window */
    unsigned asked_since;
};

struct questions *questions_new(struct agent_link *link)
{
    struct questions *questions = xcalloc(1, sizeof *questions);

    questions->link = link;
    return questions;
}

static void asked_free(struct asked *asked)
{
    question_free(&asked->question);
    free(asked->cause);
    free(asked);
}

void questions_free(struct questions **slot)
{
    struct questions *questions = *slot;

    *slot = NULL;
    while (questions && questions->asked) {
        struct asked *next = questions->asked->next;
        asked_free(questions->asked);
        questions->asked = next;
    }
    free(questions);
}

static struct asked **place_of(struct questions *questions, const char *id)
{
    struct asked **at = &questions->asked;

    while (*at && strcmp((*at)->question->id, id) != 0)
        at = &(*at)->next;
    return at;
}

static bool fits(const struct questions *questions, const struct state *state,
                 const struct question *question)
{
    struct question sum = {.bytes = question->bytes + QUESTIONS_ROOM};
    size_t ours = 0, unseen = 0;

    for (const struct asked *asked = questions->asked; asked; asked = asked->next) {
        ours++;
        if (!asked->folded) {
            unseen++;
            sum.bytes += asked->question->bytes;
        }
    }
    return ours < QUESTIONS_OPEN_MAX && state->question_count + unseen < STATE_QUESTIONS_MAX &&
           state_question_fits(state, &sum);
}

/* A server that asks and takes back without end fills nothing but its own time. */
static bool is_too_often(struct questions *questions)
{
    int64_t now = clock_steady_ms();

    if (questions->asked_since == 0 || now - questions->since >= QUESTIONS_WINDOW_MS) {
        questions->since = now;
        questions->asked_since = 0;
    }
    return ++questions->asked_since > QUESTIONS_WINDOW_MAX;
}

bool questions_ask(struct questions *questions, const struct state *state, json_t *json,
                   void (*answered)(void *arg, const json_t *data), void *arg, char id[ID_MAX],
                   char error[256])
{
    struct question *question;
    json_t *data;

    id_make(id, "q_");
    jsonx_set_str(json, "id", id);
    jsonx_set_int(json, "asked", clock_wall_ms());
    question = question_from_json(json);
    json_decref(json);
    if (!question) {
        snprintf(error, 256, "the question is not one that terminals can show");
        return false;
    }
    if (!state || !fits(questions, state, question)) {
        snprintf(error, 256, "the session has too many questions that wait for an answer");
        question_free(&question);
        return false;
    }
    if (is_too_often(questions)) {
        snprintf(error, 256, "more than %d questions within %d s", QUESTIONS_WINDOW_MAX,
                 QUESTIONS_WINDOW_MS / 1000);
        question_free(&question);
        return false;
    }
    struct asked *asked = xcalloc(1, sizeof *asked);
    *asked = (struct asked){questions->asked, question, false, NULL, NULL, answered, arg};
    questions->asked = asked;
    data = json_object();
    json_object_set(data, "question", question->json);
    agent_link_fact(questions->link, EVENT_QUESTION_ASKED, data);
    return true;
}

static void say_answered(struct questions *questions, struct asked **at, const char *decision,
                         const char *cause)
{
    struct asked *asked = *at;
    json_t *data = json_object();

    *at = asked->next;
    jsonx_set_str(data, "question", asked->question->id);
    jsonx_set_str(data, "decision", decision);
    jsonx_set_str(data, "cause", cause);
    agent_link_fact(questions->link, EVENT_QUESTION_ANSWERED, data);
    asked_free(asked);
}

/* What is not there yet can't be taken back. */
static void take_back(struct questions *questions, const char *id, const char *decision, const char *cause)
{
    struct asked **at = place_of(questions, id), *asked = *at;

    if (asked && asked->folded) {
        say_answered(questions, at, decision, cause);
    } else if (asked && !asked->decision) {
        asked->decision = decision;
        asked->cause = xstrdup(cause);
    }
}

void questions_withdraw(struct questions *questions, const char *id, const char *cause)
{
    take_back(questions, id, "cancel", cause);
}

void questions_settle(struct questions *questions, const char *id)
{
    take_back(questions, id, "allow", "agent");
}

/* It may be taken back by now. The daemon may also have left it out, for the turn is being interrupted: then
 * it never comes. */
static void take_asked(struct questions *questions, const char *id)
{
    struct asked **at = place_of(questions, id);

    if (!*at)
        return;
    (*at)->folded = true;
    if ((*at)->decision)
        say_answered(questions, at, (*at)->decision, (*at)->cause);
}

static void take_answered(struct questions *questions, const json_t *data)
{
    struct asked **at = place_of(questions, jsonx_str(data, "question", "")), *asked = *at;

    if (!asked)
        return;
    *at = asked->next;
    if (!asked->decision)
        asked->answered(asked->arg, data);
    asked_free(asked);
}

/* The turn is over: what of its questions has not come yet was left out. */
static void forget_unseen(struct questions *questions)
{
    struct asked **at = &questions->asked, *asked;

    while ((asked = *at)) {
        if (asked->folded || !asked->decision || !asked->question->message[0]) {
            at = &asked->next;
            continue;
        }
        *at = asked->next;
        asked_free(asked);
    }
}

void questions_event(struct questions *questions, const struct event *event)
{
    if (event->type == EVENT_QUESTION_ASKED)
        take_asked(questions, jsonx_str(jsonx_obj(event->data, "question"), "id", ""));
    else if (event->type == EVENT_QUESTION_ANSWERED)
        take_answered(questions, event->data);
    else if (event->type == EVENT_STATE_CHANGED && strcmp(jsonx_str(event->data, "new", ""), "idle") == 0)
        forget_unseen(questions);
}
