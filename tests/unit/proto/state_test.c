/* Folding: equal events give an equal state, from wherever one begins; a loss shows; nothing else is taken.
 */
#include "page.h"
#include "story.h"
#include "tests/support/slow.h"

enum { SEEDS = 5, EVENTS = 360 };

/* Stories that are folded from each of their places. */
static uint64_t seeds(void)
{
    return slow() > 1 ? 1 : SEEDS;
}

static void assert_same(const struct state *a, const struct state *b, const char *what, size_t at)
{
    char *left = story_dump(a), *right = story_dump(b);

    if (strcmp(left, right) != 0)
        fail_msg("%s %zu:\n%s\n%s", what, at, left, right);
    free(left);
    free(right);
}

/* The text of a state that many are held against is made once. */
static void assert_dump(const char *expected, const struct state *state, const char *what, size_t at)
{
    char *text = story_dump(state);

    if (strcmp(expected, text) != 0)
        fail_msg("%s %zu:\n%s\n%s", what, at, expected, text);
    free(text);
}

static bool is_transient_presence(const struct event *event)
{
    return !event_row(event->type)->durable && event->type != EVENT_STREAM_CHUNK;
}

/* --- cuts --- */

static void stories_hold_all_that_can_happen(void **unused)
{
    (void)unused;
    size_t types[EVENT_COUNT] = {0}, runs[RUN_COUNT] = {0}, chunks[CHUNK_KIND_COUNT] = {0}, status[4] = {0};
    size_t several = 0, blocks = 0, fronts = 0, calls[CALL_STATE_COUNT] = {0},
           kinds[QUESTION_KIND_COUNT] = {0};

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct story *story = story_make(seed, EVENTS, true);
        struct chunk chunk;

        for (size_t i = 0; i < story->count; i++) {
            const struct event *event = &story->events[i];
            types[event->type]++;
            fronts += jsonx_bool(event->data, "front", false);
            if (event->type == EVENT_STATE_CHANGED)
                runs[run_state_parse(jsonx_str(event->data, "new", ""))]++;
            if (event->type == EVENT_TOOL_ENDED)
                calls[call_state_parse(jsonx_str(event->data, "state", ""))]++;
            if (event->type == EVENT_QUESTION_ASKED) {
                struct question *question = question_from_json(jsonx_obj(event->data, "question"));
                kinds[question->kind]++;
                question_free(&question);
            }
            if (event->type == EVENT_STREAM_CHUNK && event_chunk(event, &chunk)) {
                chunks[chunk.kind]++;
                several += chunk.count > 1;
                blocks += chunk.block > 1;
            }
        }
        for (size_t i = 0; i < story->state->message_count; i++)
            status[story->state->messages[i]->status]++;
        story_free(story);
    }
    for (int i = 0; i < EVENT_COUNT; i++)
        if (types[i] == 0)
            fail_msg("no %s", event_row((enum event_type)i)->name);
    for (int i = 0; i < RUN_COUNT; i++)
        assert_true(runs[i] > 0);
    for (int i = 0; i < CHUNK_KIND_COUNT; i++)
        assert_true(chunks[i] > 0);
    assert_true(status[MESSAGE_COMPLETE] > 0 && status[MESSAGE_INTERRUPTED] > 0 &&
                status[MESSAGE_FAILED] > 0);
    assert_true(several > 0 && blocks > 0 && fronts > 0);
    for (enum call_state call = CALL_DONE; call < CALL_STATE_COUNT; call++)
        assert_true(calls[call] > 0);
    for (int i = 0; i < QUESTION_KIND_COUNT; i++)
        assert_true(kinds[i] > 0);
}

static void after_any_cut_snapshot_and_rest_give_the_same_state(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= seeds(); seed++) {
        struct story *story = story_make(seed, EVENTS, true);
        struct state *here = story_start(story);

        for (size_t cut = 0; cut <= story->count; cut++) {
            struct state *copy = story_reload(here, SIZE_MAX, SIZE_MAX);
            if (cut % 8 == 0)
                assert_same(here, copy, "right after the snapshot at", cut);
            for (size_t i = cut; i < story->count; i++)
                if (state_fold(copy, &story->events[i]) != FOLD_OK)
                    fail_msg("seed %d, snapshot at %zu: event %zu can't be folded", (int)seed, cut, i);
            assert_dump(story->end, copy, "the whole story from the snapshot at", cut);
            state_free(&copy);
            if (cut < story->count)
                assert_int_equal(state_fold(here, &story->events[cut]), FOLD_OK);
        }
        state_free(&here);
        story_free(story);
    }
}

/* Bytes, order and versions that a snapshot does not show are as well kept up. */
static void the_counts_of_bytes_are_those_of_the_content(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= seeds(); seed++) {
        struct story *story = story_make(seed, EVENTS, true);
        struct state *here = story_start(story);

        for (size_t i = 0; i < story->count; i++) {
            assert_int_equal(state_fold(here, &story->events[i]), FOLD_OK);
            size_t bytes = 0;
            for (size_t m = 0; m < here->message_count; m++) {
                json_t *json = message_to_json(here->messages[m]);
                struct message *copy = message_from_json(json);
                assert_non_null(copy);
                assert_int_equal(copy->bytes, here->messages[m]->bytes);
                bytes += copy->bytes;
                message_free(&copy);
                json_decref(json);
                if (m + 1 < here->message_count)
                    assert_int_not_equal(here->messages[m]->status, MESSAGE_STREAMING);
            }
            assert_int_equal(here->bytes, bytes);
            for (size_t p = 1; p < here->participant_count; p++)
                assert_true(strcmp(here->participants[p - 1].id, here->participants[p].id) < 0);
        }
        state_free(&here);
        story_free(story);
    }
}

/* --- attaching --- */

/* What a client kept from event first on, before its snapshot at cut came. */
static void attach(const struct story *story, const struct state *here, size_t first, size_t cut)
{
    struct state *client = story_reload(here, SIZE_MAX, SIZE_MAX);

    for (size_t i = first; i < story->count; i++) {
        const struct event *event = &story->events[i];
        enum fold fold = state_fold(client, event);
        if (i < cut && is_transient_presence(event) && event->seq == here->seq)
            assert_int_equal(fold, FOLD_OK); /* folded again, to the same end */
        else
            assert_int_equal(fold, i < cut ? FOLD_OLD : FOLD_OK);
    }
    assert_dump(story->end, client, "attached at", cut);
    state_free(&client);
}

static void a_client_that_drops_what_is_old_comes_to_the_same_state(void **unused)
{
    (void)unused;
    for (uint64_t seed = 11; seed < 11 + seeds(); seed++) {
        struct story *story = story_make(seed, EVENTS, true);
        struct state *here = story_start(story);

        for (size_t cut = 0; cut <= story->count; cut++) {
            size_t back = cut < 40 ? cut : 40;
            attach(story, here, cut - story_random(story, (uint32_t)back + 1), cut);
            if (cut % 50 == 0)
                attach(story, here, 0, cut);
            if (cut < story->count)
                assert_int_equal(state_fold(here, &story->events[cut]), FOLD_OK);
        }
        state_free(&here);
        story_free(story);
    }
}

static void presence_that_is_folded_twice_changes_nothing(void **unused)
{
    (void)unused;
    struct story *story = story_make(5, 2, false);
    size_t first = story->count;

    for (int i = 0; i < 200; i++) { /* all of it follows one seq */
        const char *person = story->people[story_random(story, STORY_PEOPLE)];
        if (story_random(story, 2))
            story_emit(story, EVENT_PARTICIPANT_JOINED,
                       json_pack("{s:{s:s,s:s}}", "participant", "id", person, "user", story_text(story)));
        else if (story_random(story, 2))
            story_emit(story, EVENT_PARTICIPANT_LEFT, json_pack("{s:s}", "participant", person));
        else
            story_emit(story, EVENT_PARTICIPANT_TYPING,
                       json_pack("{s:s,s:b}", "participant", person, "typing", 1));
    }
    for (size_t from = first; from < story->count; from++) {
        struct state *client = story_reload(story->state, SIZE_MAX, SIZE_MAX);
        for (size_t i = from; i < story->count; i++)
            assert_int_equal(state_fold(client, &story->events[i]), FOLD_OK);
        assert_same(story->state, client, "presence folded again from", from);
        state_free(&client);
    }
    story_free(story);
}

/* --- losses --- */

static void assert_gap(struct state *client, const struct event *event, size_t lost)
{
    if (state_fold(client, event) != FOLD_GAP)
        fail_msg("event %zu is lost, and %s does not show it", lost, event_row(event->type)->name);
}

/* No event after it is taken. */
static void lose_durable(const struct story *story, const struct state *here, size_t lost)
{
    struct state *client = story_reload(here, SIZE_MAX, SIZE_MAX);

    for (size_t i = lost + 1; i < story->count; i++)
        assert_gap(client, &story->events[i], lost);
    assert_same(here, client, "after the loss of", lost);
    state_free(&client);
}

/* Each chunk shows the loss until stream.completed heals it. */
static void lose_chunk(const struct story *story, const struct state *here, size_t lost)
{
    struct state *client = story_reload(here, SIZE_MAX, SIZE_MAX);
    size_t i = lost + 1, bytes = here->bytes;

    for (; i < story->count && story->events[i].type != EVENT_STREAM_COMPLETED; i++) {
        if (story->events[i].type == EVENT_STREAM_CHUNK)
            assert_gap(client, &story->events[i], lost);
        else
            assert_int_equal(state_fold(client, &story->events[i]), FOLD_OK);
    }
    assert_int_equal(client->bytes, bytes);
    if (i < story->count) {
        for (; i < story->count; i++)
            assert_int_equal(state_fold(client, &story->events[i]), FOLD_OK);
        assert_dump(story->end, client, "healed after the loss of", lost);
    }
    state_free(&client);
}

static void a_lost_event_or_chunk_is_a_gap_and_never_another_state(void **unused)
{
    (void)unused;
    for (uint64_t seed = 21; seed < 21 + seeds(); seed++) {
        struct story *story = story_make(seed, EVENTS, true);
        struct state *here = story_start(story);

        for (size_t lost = 0; lost < story->count; lost++) {
            if (event_row(story->events[lost].type)->durable)
                lose_durable(story, here, lost);
            else if (story->events[lost].type == EVENT_STREAM_CHUNK)
                lose_chunk(story, here, lost);
            assert_int_equal(state_fold(here, &story->events[lost]), FOLD_OK);
        }
        state_free(&here);
        story_free(story);
    }
}

static void what_came_twice_is_old(void **unused)
{
    (void)unused;
    struct story *story = story_make(31, EVENTS, true);
    struct state *here = story_start(story);

    for (size_t i = 0; i < story->count; i++) {
        assert_int_equal(state_fold(here, &story->events[i]), FOLD_OK);
        enum fold again = state_fold(here, &story->events[i]);
        if (is_transient_presence(&story->events[i]))
            assert_int_equal(again, FOLD_OK);
        else
            assert_int_equal(again, FOLD_OLD);
    }
    assert_same(story->state, here, "each event folded twice", 0);
    state_free(&here);
    story_free(story);
}

static void another_epoch_is_a_gap_and_another_session_is_bad(void **unused)
{
    (void)unused;
    struct story *story = story_make(32, 20, true);
    struct state *old = state_new(story->session, "e_00000000000000000000000000");
    struct state *other = state_new("s_00000000000000000000000000", story->epoch);

    for (size_t i = 0; i < story->count; i++) {
        assert_int_equal(state_fold(old, &story->events[i]), FOLD_GAP);
        assert_int_equal(state_fold(other, &story->events[i]), FOLD_BAD);
    }
    state_free(&old);
    state_free(&other);
    story_free(story);
}

/* --- windows --- */

static void assert_same_newest(const struct state *a, const struct state *b, size_t limit, size_t bytes,
                               size_t at)
{
    json_t *left = state_snapshot(a, limit, bytes), *right = state_snapshot(b, limit, bytes);

    if (!json_equal(left, right)) {
        char *one = jsonx_dump(left, NULL), *two = jsonx_dump(right, NULL);
        fail_msg("event %zu, limit %zu, bytes %zu:\n%s\n%s", at, limit, bytes, one, two);
    }
    json_decref(left);
    json_decref(right);
}

/* What the daemon does after a rewind: brings the window back from its history, which is here all. */
static void refill(struct state *few, const struct state *all)
{
    json_t *page = json_array();

    for (size_t i = 0; i + few->message_count < all->message_count; i++)
        json_array_append_new(page, message_to_json(all->messages[i]));
    assert_true(state_prepend(few, page));
    state_set_window(few, few->window_messages, few->window_bytes);
    json_decref(page);
}

static void a_window_shows_in_nothing_but_the_oldest_messages(void **unused)
{
    (void)unused;
    static const struct {
        size_t messages, bytes;
    } windows[] = {{5, 0}, {1, 0}, {0, 3000}, {0, 1}, {4, 3000}};

    for (uint64_t seed = 41; seed < 41 + seeds(); seed++) {
        struct story *story = story_make(seed, EVENTS, false);
        for (size_t w = 0; w < sizeof windows / sizeof windows[0]; w++) {
            size_t most = windows[w].messages ? windows[w].messages : SIZE_MAX;
            size_t bytes = windows[w].bytes ? windows[w].bytes : SIZE_MAX;
            struct state *all = story_start(story), *few = story_start(story);

            state_set_window(few, windows[w].messages, windows[w].bytes);
            for (size_t i = 0; i < story->count; i++) {
                assert_int_equal(state_fold(all, &story->events[i]), FOLD_OK);
                assert_int_equal(state_fold(few, &story->events[i]), FOLD_OK);
                if (story->events[i].type == EVENT_SESSION_REWOUND)
                    refill(few, all);
                assert_same_newest(all, few, most, bytes, i);
                assert_same_newest(all, few, 1, bytes / 2, i);
                assert_same_newest(all, few, 0, 0, i);
                assert_true(few->message_count <= most);
                if (i % 37 == 0) { /* and goes on from a snapshot */
                    struct state *copy = story_reload(few, most, bytes);
                    state_set_window(copy, windows[w].messages, windows[w].bytes);
                    state_free(&few);
                    few = copy;
                }
            }
            state_free(&all);
            state_free(&few);
        }
        story_free(story);
    }
}

static void a_message_that_streams_is_never_dropped(void **unused)
{
    (void)unused;
    for (uint64_t seed = 51; seed < 51 + seeds(); seed++) {
        struct story *story = story_make(seed, EVENTS, true);
        struct state *all = story_start(story), *few = story_start(story);

        state_set_window(few, 1, 1);
        for (size_t i = 0; i < story->count; i++) {
            assert_int_equal(state_fold(all, &story->events[i]), FOLD_OK);
            assert_int_equal(state_fold(few, &story->events[i]), FOLD_OK);
            if (story->events[i].type == EVENT_SESSION_REWOUND)
                refill(few, all);
            assert_int_equal(few->message_count, all->message_count > 0);
            assert_int_equal(state_streaming(few) != NULL, state_streaming(all) != NULL);
            assert_int_equal(few->messages_total, all->messages_total);
        }
        state_free(&all);
        state_free(&few);
        story_free(story);
    }
}

/* --- steps --- */

static const char *after_spaces(const char *text)
{
    return text + strspn(text, " \n");
}

static void the_states_and_their_steps_are_those_of_the_page(void **unused)
{
    (void)unused;
    bool allowed[RUN_COUNT][RUN_COUNT] = {0};
    char *section = page_section("### States"), *save = NULL, word[64];
    char *steps = strstr(section, "Allowed steps:");
    const char *at = section, *after;
    bool optional;
    enum run_state run = RUN_IDLE;

    assert_non_null(steps);
    for (; page_next_word(&at, word, &optional, &after) && at <= steps; run++)
        assert_string_equal(word, run_state_name(run));
    assert_int_equal(run, RUN_COUNT);

    steps = strdup(steps + strlen("Allowed steps:"));
    *strchr(steps, '.') = '\0';
    for (char *rule = strtok_r(steps, ";", &save); rule; rule = strtok_r(NULL, ";", &save)) {
        char from[40], *arrow = strstr(rule, "\xe2\x86\x92"), *inner = NULL;
        assert_non_null(arrow);
        snprintf(from, sizeof from, "%.*s", (int)strcspn(after_spaces(rule), " \n"), after_spaces(rule));
        assert_int_not_equal(run_state_parse(from), RUN_COUNT);
        for (char *to = strtok_r(arrow + 3, ", \n", &inner); to; to = strtok_r(NULL, ", \n", &inner)) {
            assert_int_not_equal(run_state_parse(to), RUN_COUNT);
            allowed[run_state_parse(from)][run_state_parse(to)] = true;
        }
    }
    for (enum run_state from = RUN_IDLE; from <= RUN_COUNT; from++)
        for (enum run_state to = RUN_IDLE; to <= RUN_COUNT; to++)
            if (run_state_allows(from, to) != (from < RUN_COUNT && to < RUN_COUNT && allowed[from][to]))
                fail_msg("%s -> %s: page and code differ", run_state_name(from), run_state_name(to));
    free(steps);
    free(section);
    assert_int_equal(run_state_parse("sleeping"), RUN_COUNT);
}

/* --- what cannot be --- */

#define M1 "m_01j8zq4k3nw8x5t7v9r2m6p0q1"
#define M2 "m_01j8zq4k3nw8x5t7v9r2m6p0q2"
#define M3 "m_01j8zq4k3nw8x5t7v9r2m6p0q3"
#define USER(id)                                                                                             \
    "{\"id\":\"" id "\",\"role\":\"user\",\"author\":\"ann\",\"ts\":1,\"status\":\"complete\",\"content\":"  \
    "[{\"type\":\"text\",\"text\":\"hi\"}]}"
#define REPLY(id)                                                                                            \
    "{\"id\":\"" id                                                                                          \
    "\",\"role\":\"assistant\",\"author\":\"x\",\"ts\":1,\"status\":\"streaming\",\"content\":[]}"

static enum fold fold_data(struct state *state, enum event_type type, const char *data)
{
    json_t *json = jsonx_parse(data, strlen(data), NULL);
    if (!json)
        fail_msg("%s", data);
    struct event event = {.type = type,
                          .session = state->id,
                          .epoch = state->epoch,
                          .seq = state->seq + event_row(type)->durable,
                          .ts = 1000,
                          .data = json};
    enum fold fold = state_fold(state, &event);
    json_decref(json);
    return fold;
}

/* A session in mid-reply: M1 asked, M2 streams its second chunk of text, M3 waits. */
static struct state *in_mid_reply(void)
{
    struct state *state = state_new("s_01j8zq4k3nw8x5t7v9r2m6p0qd", "e_01j8zq4k3nw8x5t7v9r2m6p0qe");

    assert_int_equal(fold_data(state, EVENT_SESSION_STARTED,
                               "{\"owner\":\"ann\",\"title\":\"\",\"model\":\"m\",\"created\":1}"),
                     FOLD_OK);
    assert_int_equal(fold_data(state, EVENT_MESSAGE_ADDED, "{\"message\":" USER(M1) "}"), FOLD_OK);
    assert_int_equal(fold_data(state, EVENT_STATE_CHANGED, "{\"new\":\"thinking\"}"), FOLD_OK);
    assert_int_equal(fold_data(state, EVENT_MESSAGE_ADDED, "{\"message\":" REPLY(M2) "}"), FOLD_OK);
    assert_int_equal(fold_data(state, EVENT_STATE_CHANGED, "{\"new\":\"streaming\"}"), FOLD_OK);
    assert_int_equal(fold_data(state, EVENT_STREAM_CHUNK,
                               "{\"message\":\"" M2
                               "\",\"index\":0,\"count\":2,\"block\":0,\"kind\":\"text\",\"delta\":\"a\"}"),
                     FOLD_OK);
    assert_int_equal(fold_data(state, EVENT_STREAM_CHUNK,
                               "{\"message\":\"" M2
                               "\",\"index\":2,\"count\":1,\"block\":1,\"kind\":\"tool_call\","
                               "\"delta\":\"{\\\"id\\\":\\\"c\\\",\\\"name\\\":\\\"n\\\"}\"}"),
                     FOLD_OK);
    assert_int_equal(fold_data(state, EVENT_QUEUE_CHANGED, "{\"added\":" USER(M3) "}"), FOLD_OK);
    return state;
}

#define CHUNK(index, count, block, kind, delta)                                                              \
    "{\"message\":\"" M2 "\",\"index\":" index ",\"count\":" count ",\"block\":" block ",\"kind\":\"" kind   \
    "\",\"delta\":\"" delta "\"}"
#define COMPLETED(id, status, content)                                                                       \
    "{\"message\":\"" id "\",\"status\":\"" status "\",\"content\":" content "}"

static void what_cannot_be_is_refused_and_changes_nothing(void **unused)
{
    (void)unused;
    static const struct {
        enum event_type type;
        const char *data;
        enum fold fold;
    } cases[] = {
        {EVENT_SESSION_STARTED, "{\"owner\":\"a\",\"title\":\"\",\"model\":\"\",\"created\":1}", FOLD_BAD},
        {EVENT_SESSION_UPDATED, "{\"title\":null}", FOLD_BAD},
        {EVENT_SESSION_UPDATED, "{\"temperature\":2.5}", FOLD_BAD},
        {EVENT_SESSION_UPDATED, "{\"max_tokens\":0}", FOLD_BAD},
        {EVENT_SESSION_ENDED, "{}", FOLD_BAD},
        {EVENT_STATE_CHANGED, "{\"new\":\"streaming\"}", FOLD_BAD},
        {EVENT_STATE_CHANGED, "{\"new\":\"compacting\"}", FOLD_BAD},
        {EVENT_STATE_CHANGED, "{\"old\":\"thinking\",\"new\":\"interrupting\"}", FOLD_BAD},
        {EVENT_STATE_CHANGED, "{\"new\":\"idle\"}", FOLD_BAD}, /* while M2 streams */
        {EVENT_STATE_CHANGED, "{\"new\":\"nowhere\"}", FOLD_BAD},
        {EVENT_MESSAGE_ADDED, "{}", FOLD_BAD},
        {EVENT_MESSAGE_ADDED, "{\"message\":{}}", FOLD_BAD},
        {EVENT_MESSAGE_ADDED, "{\"message\":" USER(M1) "}", FOLD_BAD}, /* there already */
        {EVENT_MESSAGE_ADDED, "{\"message\":" USER(M3) "}", FOLD_BAD}, /* while M2 streams */
        {EVENT_MESSAGE_ADDED, "{\"message\":" REPLY("m_01j8zq4k3nw8x5t7v9r2m6p0q4") "}", FOLD_BAD},
        {EVENT_QUEUE_CHANGED, "{}", FOLD_BAD},
        {EVENT_QUEUE_CHANGED, "{\"added\":" USER(M3) "}", FOLD_BAD},
        {EVENT_QUEUE_CHANGED, "{\"added\":" REPLY("m_01j8zq4k3nw8x5t7v9r2m6p0q4") "}", FOLD_BAD},
        {EVENT_QUEUE_CHANGED, "{\"added\":" USER("m_01j8zq4k3nw8x5t7v9r2m6p0q4") ",\"removed\":[\"x\"]}",
         FOLD_BAD},
        {EVENT_QUEUE_CHANGED, "{\"removed\":[]}", FOLD_BAD},
        {EVENT_QUEUE_CHANGED, "{\"removed\":[5]}", FOLD_BAD},
        {EVENT_STREAM_CHUNK, CHUNK("4", "1", "0", "text", "x"), FOLD_GAP},
        {EVENT_STREAM_CHUNK, CHUNK("2", "1", "0", "text", "x"), FOLD_OLD},
        {EVENT_STREAM_CHUNK, CHUNK("2", "2", "0", "text", "x"), FOLD_GAP}, /* half old */
        {EVENT_STREAM_CHUNK, CHUNK("3", "0", "0", "text", "x"), FOLD_BAD},
        {EVENT_STREAM_CHUNK, CHUNK("-1", "1", "0", "text", "x"), FOLD_BAD},
        {EVENT_STREAM_CHUNK, CHUNK("3", "1", "3", "text", "x"), FOLD_BAD},
        {EVENT_STREAM_CHUNK, CHUNK("3", "1", "-1", "text", "x"), FOLD_BAD},
        {EVENT_STREAM_CHUNK, CHUNK("3", "1", "4294967296", "text", "x"), FOLD_BAD},
        {EVENT_STREAM_CHUNK, CHUNK("3", "4294967297", "0", "text", "x"), FOLD_BAD},
        {EVENT_STREAM_CHUNK, CHUNK("3", "1", "0", "reasoning", "x"), FOLD_BAD},
        {EVENT_STREAM_CHUNK, CHUNK("3", "1", "1", "text", "x"), FOLD_BAD},
        {EVENT_STREAM_CHUNK, CHUNK("3", "1", "0", "tool_input", "x"), FOLD_BAD},
        {EVENT_STREAM_CHUNK, CHUNK("3", "1", "1", "tool_call", "{}"), FOLD_BAD},
        {EVENT_STREAM_CHUNK, CHUNK("3", "1", "2", "tool_call", "{}"), FOLD_BAD},
        {EVENT_STREAM_CHUNK, CHUNK("3", "1", "2", "tool_call", "not json"), FOLD_BAD},
        {EVENT_STREAM_CHUNK, CHUNK("3", "1", "2", "tool_input", "x"), FOLD_BAD},
        {EVENT_STREAM_CHUNK, CHUNK("3", "1", "0", "smell", "x"), FOLD_BAD},
        {EVENT_STREAM_CHUNK,
         "{\"message\":\"" M1 "\",\"index\":0,\"count\":1,\"block\":0,\"kind\":\"text\",\"delta\":\"x\"}",
         FOLD_BAD},
        {EVENT_STREAM_CHUNK,
         "{\"message\":\"nobody\",\"index\":0,\"count\":1,\"block\":0,\"kind\":\"text\",\"delta\":\"x\"}",
         FOLD_BAD},
        {EVENT_STREAM_COMPLETED, COMPLETED(M1, "complete", "[]"), FOLD_BAD},
        {EVENT_STREAM_COMPLETED, COMPLETED(M3, "complete", "[]"), FOLD_BAD},
        {EVENT_STREAM_COMPLETED, COMPLETED(M2, "streaming", "[]"), FOLD_BAD},
        {EVENT_STREAM_COMPLETED, COMPLETED(M2, "complete", "{}"), FOLD_BAD},
        {EVENT_STREAM_COMPLETED, COMPLETED(M2, "complete", "[5]"), FOLD_BAD},
        {EVENT_STREAM_COMPLETED,
         COMPLETED(M2, "complete", "[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\"}]"), FOLD_BAD},
        {EVENT_STREAM_COMPLETED, COMPLETED(M2, "complete", "[{\"type\":\"smell\",\"text\":\"\"}]"), FOLD_BAD},
        {EVENT_STREAM_COMPLETED,
         COMPLETED(M2, "complete", "[{\"type\":\"tool_call\",\"id\":\"a\",\"input\":\"\"}]"), FOLD_BAD},
        {EVENT_PARTICIPANT_JOINED, "{\"participant\":{\"id\":\"c_1\",\"user\":\"ann\"}}", FOLD_BAD},
        {EVENT_PARTICIPANT_JOINED, "{\"participant\":{\"id\":\"c_01j8zq4k3nw8x5t7v9r2m6p0qd\"}}", FOLD_BAD},
        {EVENT_PARTICIPANT_TYPING, "{\"participant\":\"c_01j8zq4k3nw8x5t7v9r2m6p0qd\"}", FOLD_BAD},
        {EVENT_TURN_RETRYING, "{\"attempt\":1,\"limit\":2,\"delay_ms\":-1,\"why\":\"\"}", FOLD_BAD},
        {EVENT_ERROR_OCCURRED, "{\"kind\":\"agent\"}", FOLD_BAD},
    };
    struct state *state = in_mid_reply();
    char *before = story_dump(state);
    size_t bytes = state->bytes;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum fold fold = fold_data(state, cases[i].type, cases[i].data);
        if (fold != cases[i].fold)
            fail_msg("%s gives %d", cases[i].data, (int)fold);
        char *after = story_dump(state);
        assert_string_equal(before, after);
        assert_int_equal(state->bytes, bytes);
        free(after);
    }
    free(before);
    assert_int_equal(fold_data(state, EVENT_STREAM_CHUNK, CHUNK("3", "1", "1", "tool_input", "{}")), FOLD_OK);
    state_free(&state);
}

static void a_turn_shows_its_retries_errors_and_times(void **unused)
{
    (void)unused;
    struct state *state = in_mid_reply();
    static const char retry[] = "{\"attempt\":1,\"limit\":2,\"delay_ms\":1,\"why\":\"429\"}";

    assert_int_equal(state->turn_started, 1000);
    assert_int_equal(fold_data(state, EVENT_TURN_RETRYING, retry), FOLD_OK);
    assert_string_equal(state->retry_why, "429");
    assert_int_equal(fold_data(state, EVENT_STATE_CHANGED, "{\"new\":\"interrupting\"}"), FOLD_OK);
    assert_null(state->retry_why);

    /* in line, and then not any more */
    assert_int_equal(
        fold_data(state, EVENT_TURN_RETRYING, "{\"attempt\":0,\"limit\":0,\"delay_ms\":0,\"why\":\"busy\"}"),
        FOLD_OK);
    assert_string_equal(state->retry_why, "busy");
    assert_int_equal(
        fold_data(state, EVENT_TURN_RETRYING, "{\"attempt\":0,\"limit\":0,\"delay_ms\":0,\"why\":\"\"}"),
        FOLD_OK);
    assert_null(state->retry_why);

    assert_int_equal(fold_data(state, EVENT_TURN_RETRYING, retry), FOLD_OK);
    assert_int_equal(fold_data(state, EVENT_ERROR_OCCURRED, "{\"kind\":\"provider\",\"text\":\"gone\"}"),
                     FOLD_OK);
    assert_null(state->retry_why);
    assert_string_equal(state->error_text, "gone");
    assert_int_equal(fold_data(state, EVENT_STREAM_COMPLETED, COMPLETED(M2, "failed", "[]")), FOLD_OK);
    assert_int_equal(fold_data(state, EVENT_STATE_CHANGED, "{\"new\":\"idle\"}"), FOLD_OK);
    assert_string_equal(state->error_text, "gone"); /* until the next turn */
    assert_int_equal(state->turn_started, 0);
    assert_int_equal(state->turns, 1);

    assert_int_equal(fold_data(state, EVENT_STATE_CHANGED, "{\"new\":\"thinking\"}"), FOLD_OK);
    assert_null(state->error_text);
    assert_null(state->error_kind);
    state_free(&state);
}

static void what_is_put_in_front_is_next(void **unused)
{
    (void)unused;
    struct state *state = in_mid_reply();

    assert_int_equal(fold_data(state, EVENT_QUEUE_CHANGED,
                               "{\"added\":" USER("m_01j8zq4k3nw8x5t7v9r2m6p0q4") ",\"front\":true}"),
                     FOLD_OK);
    assert_int_equal(fold_data(state, EVENT_QUEUE_CHANGED,
                               "{\"added\":" USER("m_01j8zq4k3nw8x5t7v9r2m6p0q5") ",\"front\":false}"),
                     FOLD_OK);
    assert_string_equal(state->queue[0]->id, "m_01j8zq4k3nw8x5t7v9r2m6p0q4");
    assert_string_equal(state->queue[1]->id, M3);
    assert_string_equal(state->queue[2]->id, "m_01j8zq4k3nw8x5t7v9r2m6p0q5");

    assert_int_equal(fold_data(state, EVENT_QUEUE_CHANGED, "{\"removed\":[\"" M3 "\",\"nobody\"]}"), FOLD_OK);
    assert_int_equal(state->queue_count, 2);
    assert_string_equal(state->queue[1]->id, "m_01j8zq4k3nw8x5t7v9r2m6p0q5");
    state_free(&state);
}

static void an_update_changes_what_it_names_and_null_restores(void **unused)
{
    (void)unused;
    struct state *state = in_mid_reply();

    assert_int_equal(
        fold_data(state, EVENT_SESSION_UPDATED,
                  "{\"title\":\"T\",\"system\":\"S\",\"temperature\":1,\"max_tokens\":9,\"archived\":true}"),
        FOLD_OK);
    assert_string_equal(state->title, "T");
    assert_string_equal(state->model, "m");
    assert_string_equal(state->system, "S");
    assert_true(state->temperature == 1 && state->max_tokens == 9 && state->archived);
    assert_int_equal(
        fold_data(state, EVENT_SESSION_UPDATED, "{\"system\":null,\"temperature\":null,\"max_tokens\":null}"),
        FOLD_OK);
    assert_string_equal(state->title, "T");
    assert_null(state->system);
    assert_true(state->temperature < 0 && state->max_tokens < 0 && state->archived);
    assert_int_equal(fold_data(state, EVENT_SESSION_ENDED, "{\"reason\":\"deleted\"}"), FOLD_OK);
    assert_true(state->ended);
    state_free(&state);
}

static void a_message_that_waited_leaves_the_queue_when_it_is_added(void **unused)
{
    (void)unused;
    struct state *state = in_mid_reply();

    assert_int_equal(fold_data(state, EVENT_STREAM_COMPLETED, COMPLETED(M2, "complete", "[]")), FOLD_OK);
    assert_int_equal(fold_data(state, EVENT_STATE_CHANGED, "{\"old\":\"streaming\",\"new\":\"idle\"}"),
                     FOLD_OK);
    assert_int_equal(state->queue_count, 1);
    assert_int_equal(fold_data(state, EVENT_MESSAGE_ADDED, "{\"message\":" USER(M3) "}"), FOLD_OK);

    assert_int_equal(state->queue_count, 0);
    assert_string_equal(state->messages[2]->id, M3);
    assert_int_equal(state->messages_total, 3);
    state_free(&state);
}

static void a_block_or_a_queue_that_is_full_takes_no_more(void **unused)
{
    (void)unused;
    struct state *state = in_mid_reply();
    char *big = malloc(STATE_TEXT_MAX + 1), data[512];
    memset(big, 'x', STATE_TEXT_MAX + 1);
    struct chunk chunk = {
        .message = M2, .index = 3, .count = 1, .block = 2, .delta = big, .delta_len = STATE_TEXT_MAX + 1};

    assert_int_equal(state_fold_chunk(state, state->seq, &chunk), FOLD_BAD);
    assert_int_equal(state->messages[1]->block_count, 2);
    chunk.delta_len--;
    assert_int_equal(state_fold_chunk(state, state->seq, &chunk), FOLD_OK);
    chunk.index++;
    chunk.delta_len = 1;
    assert_int_equal(state_fold_chunk(state, state->seq, &chunk), FOLD_BAD);
    assert_int_equal(state->messages[1]->blocks[2].text.len, STATE_TEXT_MAX);
    for (chunk.block = 3; chunk.block < STATE_BLOCKS_MAX; chunk.block++, chunk.index++)
        assert_int_equal(state_fold_chunk(state, state->seq, &chunk), FOLD_OK);
    assert_int_equal(state_fold_chunk(state, state->seq, &chunk), FOLD_BAD);
    free(big);

    for (int i = 1; i < STATE_QUEUE_MAX; i++) {
        snprintf(data, sizeof data, "{\"added\":" USER("m_01j8zq4k3nw8x5t7v9r2m6%04d") "}", i);
        assert_int_equal(fold_data(state, EVENT_QUEUE_CHANGED, data), FOLD_OK);
    }
    assert_int_equal(
        fold_data(state, EVENT_QUEUE_CHANGED, "{\"added\":" USER("m_01j8zq4k3nw8x5t7v9r2m69999") "}"),
        FOLD_BAD);
    assert_int_equal(state->queue_count, STATE_QUEUE_MAX);
    state_free(&state);
}

static void totals_of_tokens_end_where_a_snapshot_ends(void **unused)
{
    (void)unused;
    struct state *state = in_mid_reply();
    char data[512];

    for (int i = 0; i < 5; i++) {
        snprintf(data, sizeof data,
                 "{\"message\":\"%s\",\"status\":\"complete\",\"content\":[],\"usage\":"
                 "{\"input\":9223372036854775807,\"output\":-5,\"cached\":200000000000000}}",
                 state_streaming(state)->id);
        assert_int_equal(fold_data(state, EVENT_STREAM_COMPLETED, data), FOLD_OK);
        struct state *copy = story_reload(state, SIZE_MAX, SIZE_MAX);
        assert_same(state, copy, "after reply", (size_t)i);
        state_free(&copy);
        snprintf(data, sizeof data, "{\"message\":" REPLY("m_01j8zq4k3nw8x5t7v9r2m6000%d") "}", i);
        assert_int_equal(fold_data(state, EVENT_MESSAGE_ADDED, data), FOLD_OK);
    }
    assert_true(state->usage.input > 0 && state->usage.output == 0);
    state_free(&state);
}

static void a_new_epoch_has_no_participants_and_waits_for_nothing(void **unused)
{
    (void)unused;
    struct state *state = in_mid_reply();
    assert_int_equal(
        fold_data(state, EVENT_PARTICIPANT_JOINED,
                  "{\"participant\":{\"id\":\"c_01j8zq4k3nw8x5t7v9r2m6p0qd\",\"user\":\"ann\"}}"),
        FOLD_OK);
    assert_int_equal(
        fold_data(state, EVENT_TURN_RETRYING, "{\"attempt\":1,\"limit\":2,\"delay_ms\":1,\"why\":\"429\"}"),
        FOLD_OK);

    state_begin_epoch(state, "e_01j8zq4k3nw8x5t7v9r2m6p0qz");

    assert_int_equal(state->participant_count, 0);
    assert_null(state->retry_why);
    assert_string_equal(state->epoch, "e_01j8zq4k3nw8x5t7v9r2m6p0qz");
    struct state *copy = story_reload(state, SIZE_MAX, SIZE_MAX);
    assert_same(state, copy, "in a new epoch", 0);
    state_free(&copy);
    state_free(&state);
}

static void what_happens_by_itself_is_no_activity(void **unused)
{
    (void)unused;
    struct state *state = in_mid_reply();
    assert_int_equal(fold_data(state, EVENT_SESSION_UPDATED, "{\"title\":\"mine\"}"), FOLD_OK);
    int64_t activity = state->activity;
    struct event event = {.type = EVENT_SESSION_UPDATED,
                          .session = state->id,
                          .epoch = state->epoch,
                          .seq = state->seq + 1,
                          .ts = activity + 5,
                          .data = json_pack("{s:s,s:b}", "title", "its", "quiet", 1)};

    assert_int_equal(state_fold(state, &event), FOLD_OK);
    assert_string_equal(state->title, "its");
    assert_int_equal(state->activity, activity);
    event.seq++;
    json_object_set_new(event.data, "quiet", json_false());
    assert_int_equal(state_fold(state, &event), FOLD_OK);
    assert_int_equal(state->activity, activity + 5);
    json_decref(event.data);
    state_free(&state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_happens_by_itself_is_no_activity),
        cmocka_unit_test(stories_hold_all_that_can_happen),
        cmocka_unit_test(after_any_cut_snapshot_and_rest_give_the_same_state),
        cmocka_unit_test(the_counts_of_bytes_are_those_of_the_content),
        cmocka_unit_test(a_client_that_drops_what_is_old_comes_to_the_same_state),
        cmocka_unit_test(presence_that_is_folded_twice_changes_nothing),
        cmocka_unit_test(a_lost_event_or_chunk_is_a_gap_and_never_another_state),
        cmocka_unit_test(what_came_twice_is_old),
        cmocka_unit_test(another_epoch_is_a_gap_and_another_session_is_bad),
        cmocka_unit_test(a_window_shows_in_nothing_but_the_oldest_messages),
        cmocka_unit_test(a_message_that_streams_is_never_dropped),
        cmocka_unit_test(the_states_and_their_steps_are_those_of_the_page),
        cmocka_unit_test(what_cannot_be_is_refused_and_changes_nothing),
        cmocka_unit_test(a_turn_shows_its_retries_errors_and_times),
        cmocka_unit_test(what_is_put_in_front_is_next),
        cmocka_unit_test(an_update_changes_what_it_names_and_null_restores),
        cmocka_unit_test(a_message_that_waited_leaves_the_queue_when_it_is_added),
        cmocka_unit_test(a_block_or_a_queue_that_is_full_takes_no_more),
        cmocka_unit_test(totals_of_tokens_end_where_a_snapshot_ends),
        cmocka_unit_test(a_new_epoch_has_no_participants_and_waits_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
