/* What session.shared, session.unshared and tools.* do to a state: who else may do what in a session, and
 * what terminals lend to it. */
#include "proto/reduce.h"

#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { USER_MAX = 63, TITLE_MAX = 200, TERMINAL_MAX = 256 };

/* --- members --- */

static size_t member_place(const struct state *state, const char *user)
{
    size_t i = 0;
    while (i < state->member_count && strcmp(state->members[i].user, user) < 0)
        i++;
    return i;
}

static bool is_member_at(const struct state *state, size_t at, const char *user)
{
    return at < state->member_count && strcmp(state->members[at].user, user) == 0;
}

const struct member *state_member(const struct state *state, const char *user)
{
    size_t at = member_place(state, user);
    return is_member_at(state, at, user) ? &state->members[at] : NULL;
}

enum role state_role(const struct state *state, const char *user)
{
    const struct member *member = state_member(state, user);
    return strcmp(state->owner, user) == 0 ? ROLE_OWNER : member ? member->role : ROLE_NONE;
}

static void member_clear(struct member *member)
{
    free(member->user);
    free(member->by);
}

static bool member_put(struct state *state, const json_t *json, int64_t ts)
{
    const char *user = jsonx_str(json, "user", ""), *by = jsonx_str(json, "by", "");
    enum role role = role_parse(jsonx_str(json, "role", ""));
    size_t at = member_place(state, user);
    bool known = is_member_at(state, at, user);
    if (!*user || strlen(user) > USER_MAX || strlen(by) > USER_MAX || role < ROLE_VIEWER ||
        role > ROLE_APPROVER || strcmp(user, state->owner) == 0 ||
        (!known && state->member_count >= STATE_MEMBERS_MAX))
        return false;
    struct member member = {.user = xstrdup(user), .by = xstrdup(by), .role = role, .ts = ts};
    if (known) {
        member_clear(&state->members[at]);
    } else {
        state->members = xreallocarray(state->members, state->member_count + 1, sizeof member);
        memmove(&state->members[at + 1], &state->members[at], (state->member_count++ - at) * sizeof member);
    }
    state->members[at] = member;
    return true;
}

/* An approval ends with the right to give it: it does not come back with it. */
bool reduce_shared(struct state *state, const struct event *event)
{
    const char *user = jsonx_str(event->data, "user", "");
    if (!member_put(state, event->data, event->ts))
        return false;
    if (state_role(state, user) < ROLE_APPROVER)
        questions_forget_approver(state, user);
    return true;
}

bool reduce_unshared(struct state *state, const struct event *event)
{
    const char *user = jsonx_str(event->data, "user", "");
    size_t at = member_place(state, user);
    if (!is_member_at(state, at, user))
        return false;
    member_clear(&state->members[at]);
    memmove(&state->members[at], &state->members[at + 1],
            (--state->member_count - at) * sizeof state->members[0]);
    questions_forget_approver(state, user);
    return true;
}

/* --- lent servers --- */

static void lent_clear(struct lent *lent)
{
    free(lent->server);
    free(lent->user);
    free(lent->terminal);
    free(lent->title);
}

static size_t lent_place(const struct state *state, const char *server)
{
    size_t i = 0;
    while (i < state->lent_count && strcmp(state->lent[i].server, server) < 0)
        i++;
    return i;
}

const struct lent *state_lent(const struct state *state, const char *server)
{
    size_t at = lent_place(state, server);
    return at < state->lent_count && strcmp(state->lent[at].server, server) == 0 ? &state->lent[at] : NULL;
}

/* In order of their names, and whole each time: what has no number may be folded twice. */
static bool lent_put(struct state *state, const json_t *json)
{
    const char *server = jsonx_str(json, "server", ""), *participant = jsonx_str(json, "participant", "");
    const char *user = jsonx_str(json, "user", ""), *terminal = jsonx_str(json, "terminal", "");
    const char *title = jsonx_str(json, "title", "");
    size_t at = lent_place(state, server);
    bool known = state_lent(state, server) != NULL;
    if (!*server || strlen(server) > STATE_SERVER_NAME_MAX || !id_valid(participant, "c_") ||
        strlen(user) > USER_MAX || strlen(terminal) > TERMINAL_MAX || strlen(title) > TITLE_MAX ||
        (!known && state->lent_count >= STATE_LENT_MAX))
        return false;
    struct lent lent = {.server = xstrdup(server),
                        .user = xstrdup(user),
                        .terminal = xstrdup(terminal),
                        .title = xstrdup(title)};
    strcpy(lent.participant, participant);
    if (known) {
        lent_clear(&state->lent[at]);
    } else {
        state->lent = xreallocarray(state->lent, state->lent_count + 1, sizeof lent);
        memmove(&state->lent[at + 1], &state->lent[at], (state->lent_count++ - at) * sizeof lent);
    }
    state->lent[at] = lent;
    return true;
}

bool reduce_lent(struct state *state, const struct event *event)
{
    return lent_put(state, event->data);
}

bool reduce_returned(struct state *state, const struct event *event)
{
    const char *server = jsonx_str(event->data, "server", "");
    size_t at = lent_place(state, server);
    if (!state_lent(state, server))
        return true;
    lent_clear(&state->lent[at]);
    memmove(&state->lent[at], &state->lent[at + 1], (--state->lent_count - at) * sizeof state->lent[0]);
    return true;
}

/* --- snapshots --- */

void lent_forget(struct state *state)
{
    for (size_t i = 0; i < state->lent_count; i++)
        lent_clear(&state->lent[i]);
    free(state->lent);
    state->lent = NULL;
    state->lent_count = 0;
}

void people_clear(struct state *state)
{
    for (size_t i = 0; i < state->member_count; i++)
        member_clear(&state->members[i]);
    free(state->members);
    state->members = NULL;
    state->member_count = 0;
    lent_forget(state);
}

void people_to_json(const struct state *state, json_t *snapshot)
{
    json_t *members = json_array(), *lents = json_array();
    for (size_t i = 0; i < state->member_count; i++) {
        json_t *json = json_object();
        jsonx_set_str(json, "user", state->members[i].user);
        jsonx_set_str(json, "role", role_name(state->members[i].role));
        jsonx_set_str(json, "by", state->members[i].by);
        jsonx_set_int(json, "ts", state->members[i].ts);
        json_array_append_new(members, json);
    }
    for (size_t i = 0; i < state->lent_count; i++) {
        json_t *json = json_object();
        jsonx_set_str(json, "server", state->lent[i].server);
        jsonx_set_str(json, "participant", state->lent[i].participant);
        jsonx_set_str(json, "user", state->lent[i].user);
        jsonx_set_str(json, "terminal", state->lent[i].terminal);
        jsonx_set_str(json, "title", state->lent[i].title);
        json_array_append_new(lents, json);
    }
    json_object_set_new(snapshot, "members", members);
    json_object_set_new(snapshot, "lent", lents);
}

bool people_from_json(struct state *state, const json_t *snapshot)
{
    const json_t *members = json_object_get(snapshot, "members"), *lents = json_object_get(snapshot, "lent");
    size_t i;
    json_t *json;
    if ((members && !json_is_array(members)) || (lents && !json_is_array(lents)))
        return false;
    json_array_foreach(members, i, json)
    {
        if (!member_put(state, json, jsonx_int(json, "ts", 0)))
            return false;
    }
    json_array_foreach(lents, i, json)
    {
        if (!lent_put(state, json))
            return false;
    }
    return true;
}
