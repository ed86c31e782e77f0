/* The part of a story that is about members, what terminals lend, and second persons; for story.h alone. */
#ifndef STOA_TEST_STORY_PEOPLE_H
#define STOA_TEST_STORY_PEOPLE_H

static inline void story_share(struct story *story)
{
    static const char *const users[] = {"bo", "cy", "m\xc3\xbcller", "zoe"};
    static const char *const roles[] = {"viewer", "writer", "approver"};
    const char *user = story_pick(story, users, 4);

    if (state_member(story->state, user) && story_random(story, 2))
        story_emit(story, EVENT_SESSION_UNSHARED,
                   json_pack("{s:s,s:s,s:s}", "user", user, "by", "ann", "reason", "revoked"));
    else
        story_emit(
            story, EVENT_SESSION_SHARED,
            json_pack("{s:s,s:s,s:s}", "user", user, "role", story_pick(story, roles, 3), "by", "ann"));
}

static inline void story_lend(struct story *story, const char *person)
{
    const char *server = story_server(story);

    if (story_random(story, 2) == 0)
        story_emit(story, EVENT_TOOLS_RETURNED, json_pack("{s:s,s:s}", "server", server, "why", "left"));
    else
        story_emit(story, EVENT_TOOLS_LENT,
                   json_pack("{s:s,s:s,s:s,s:s,s:s}", "server", server, "participant", person, "user", "bo",
                             "terminal", "pts/7", "title", story_text(story)));
}

static inline void story_approve(struct story *story)
{
    const struct state *state = story->state;

    for (size_t i = 0; i < state->question_count; i++)
        if (json_object_get(state->questions[i]->json, "two_person") &&
            !json_object_get(state->questions[i]->json, "approved_by")) {
            story_emit(story, EVENT_QUESTION_APPROVED,
                       json_pack("{s:s,s:s}", "question", state->questions[i]->id, "by", "bo"));
            return;
        }
}

static inline void story_people_aside(struct story *story, const char *person)
{
    switch (story_random(story, 4)) {
    case 0:
    case 1:
        story_share(story);
        break;
    case 2:
        story_lend(story, person);
        break;
    default:
        story_approve(story);
    }
}

#endif
