/* A session for the agent's tests: a state made from message texts. */
#ifndef STOA_TEST_SESSION_H
#define STOA_TEST_SESSION_H

#include "proto/state.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define SESSION_ID    "s_01j8zq4k3n0000000000000000"
#define SESSION_EPOCH "e_01j8zq4k3n0000000000000000"

/* role is "user" or "assistant"; text NULL: a tool call alone. Takes no ownership. */
struct session_message {
    const char *role, *status, *text;
};

static inline json_t *session_message_json(const struct session_message *message, unsigned number)
{
    char id[ID_MAX];

    snprintf(id, sizeof id, "m_01j8zq4k3n00000000000%05u", number % 100000);
    json_t *block = message->text ? json_pack("{s:s,s:s}", "type", "text", "text", message->text)
                                  : json_pack("{s:s,s:s,s:s,s:s}", "type", "tool_call", "id", "c", "name",
                                              "n", "input", "{}");
    return json_pack("{s:s,s:s,s:s,s:i,s:s,s:[o]}", "id", id, "role", message->role, "author", "ann", "ts", 1,
                     "status", message->status, "content", block);
}

/* messages ends with a role of NULL. run: the state's name. */
static inline struct state *session_make(const struct session_message *messages, const char *run)
{
    char error[256] = "";
    json_t *array = json_array();

    for (unsigned i = 0; messages[i].role; i++)
        json_array_append_new(array, session_message_json(&messages[i], i));
    json_t *json = json_pack(
        "{s:s,s:s,s:i,s:s,s:s,s:s,s:s,s:n,s:n,s:n,s:i,s:i,s:b,s:b,s:n,s:n,s:{},s:i,s:i,s:o,s:[],s:[]}",
        "session", SESSION_ID, "epoch", SESSION_EPOCH, "seq", 1, "state", run, "title", "", "owner", "ann",
        "model", "demo/demo", "system", "temperature", "max_tokens", "created", 1, "activity", 1, "archived",
        0, "ended", 0, "error", "retry", "usage", "turns", 0, "messages_total", (int)json_array_size(array),
        "messages", array, "queue", "participants");
    assert_non_null(json);
    struct state *state = state_from_snapshot(json, error);
    json_decref(json);
    assert_string_equal(error, "");
    return state;
}

static inline struct state *session_asked(const char *text)
{
    const struct session_message messages[] = {{"user", "complete", text}, {NULL, NULL, NULL}};

    return session_make(messages, "thinking");
}

#endif
