/* A recorded stream of a session is followed from every position, with losses and repetitions: the state must
 * come out the same as the one that the events made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "tui/replica.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SESSION "s_01j8zq4k3nw8x5t7v9r2m6p0qd"
#define EPOCH   "e_01j8zq4k3nw8x5t7v9r2m6p0qd"
#define EPOCH_2 "e_01j8zq4k3nw8x5t7v9r2m6p0qe"
#define USER    "m_01j8zq4k3nw8x5t7v9r2m6p0q1"
#define ANSWER  "m_01j8zq4k3nw8x5t7v9r2m6p0q2"
#define CLIENT  "c_01j8zq4k3nw8x5t7v9r2m6p0q3"

enum { RECORD_MAX = 64 };

struct record {
    char *raw[RECORD_MAX];             /* events as on the wire */
    json_t *snapshots[RECORD_MAX + 1]; /* snapshots[k]: before event k */
    size_t count;
    struct state *state;
};

static struct record record;

static void emit(const char *type, uint64_t number, bool durable, const char *data)
{
    char error[256];
    struct event event;
    json_t *json;
    struct record *r = &record;

    assert_true(r->count < RECORD_MAX);
    if (asprintf(&r->raw[r->count],
                 "{\"session\":\"" SESSION "\",\"epoch\":\"" EPOCH
                 "\",\"%s\":%d,\"ts\":%d,\"type\":\"%s\",\"data\":%s}",
                 durable ? "seq" : "at", (int)number, 1000 + (int)r->count, type, data) < 0)
        abort();
    json = jsonx_parse(r->raw[r->count], strlen(r->raw[r->count]), NULL);
    assert_non_null(json);
    if (!event_parse(json, &event, error))
        fail_msg("%s", error);
    assert_int_equal(state_fold(r->state, &event), FOLD_OK);
    event_clear(&event);
    json_decref(json);
    r->snapshots[++r->count] = state_snapshot(r->state, 1000, SIZE_MAX);
}

static void emit_chunk(int at, int index, int count, int block, const char *kind, const char *delta)
{
    char data[256];

    snprintf(data, sizeof data,
             "{\"message\":\"" ANSWER
             "\",\"index\":%d,\"count\":%d,\"block\":%d,\"kind\":\"%s\",\"delta\":\"%s\"}",
             index, count, block, kind, delta);
    emit("stream.chunk", (uint64_t)at, false, data);
}

static int make_record(void **unused)
{
    (void)unused;
    utf8_locale();
    record.state = state_new(SESSION, EPOCH);
    record.snapshots[0] = state_snapshot(record.state, 1000, SIZE_MAX);
    emit("session.started", 1, true,
         "{\"owner\":\"ann\",\"title\":\"\",\"model\":\"demo/demo\",\"system\":null,\"created\":1000}");
    emit("participant.joined", 1, false,
         "{\"participant\":{\"id\":\"" CLIENT
         "\",\"user\":\"ann\",\"kind\":\"tui\",\"terminal\":\"pts/1\",\"since\":1}}");
    emit("participant.typing", 1, false, "{\"participant\":\"" CLIENT "\",\"typing\":true}");
    emit("message.added", 2, true,
         "{\"message\":{\"id\":\"" USER
         "\",\"role\":\"user\",\"author\":\"ann\",\"ts\":1003,\"status\":\"complete\","
         "\"content\":[{\"type\":\"text\",\"text\":\"why?\"}]}}");
    emit("state.changed", 3, true, "{\"old\":\"idle\",\"new\":\"thinking\"}");
    emit("turn.retrying", 3, false, "{\"attempt\":1,\"limit\":2,\"delay_ms\":100,\"why\":\"429\"}");
    emit("message.added", 4, true,
         "{\"message\":{\"id\":\"" ANSWER "\",\"role\":\"assistant\",\"author\":\"demo/demo\",\"ts\":1006,"
         "\"status\":\"streaming\",\"content\":[]}}");
    emit("state.changed", 5, true, "{\"old\":\"thinking\",\"new\":\"streaming\"}");
    emit_chunk(5, 0, 1, 0, "reasoning", "well");
    emit_chunk(5, 1, 3, 0, "reasoning", ", let me see");
    emit_chunk(5, 4, 1, 1, "text", "Because ");
    emit("session.updated", 6, true, "{\"title\":\"Why\",\"by\":\"ann\"}");
    emit_chunk(6, 5, 2, 1, "text", "of gr\\u00fc\\u00dfe");
    emit_chunk(6, 7, 1, 1, "text", ".");
    emit("participant.left", 6, false, "{\"participant\":\"" CLIENT "\",\"why\":\"quit\"}");
    emit("stream.completed", 7, true,
         "{\"message\":\"" ANSWER "\",\"status\":\"complete\",\"stop_reason\":\"end_turn\",\"content\":"
         "[{\"type\":\"reasoning\",\"text\":\"well, let me see\"},{\"type\":\"text\",\"text\":\"Because of "
         "gr\\u00fc\\u00dfe.\"}],"
         "\"usage\":{\"input\":3,\"output\":9},\"timings\":{\"first_ms\":2,\"total_ms\":9}}");
    emit("state.changed", 8, true, "{\"old\":\"streaming\",\"new\":\"idle\"}");
    return 0;
}

static int free_record(void **unused)
{
    (void)unused;
    for (size_t i = 0; i <= record.count; i++)
        json_decref(record.snapshots[i]);
    for (size_t i = 0; i < record.count; i++)
        free(record.raw[i]);
    state_free(&record.state);
    return 0;
}

/* --- the follower --- */

/* raw: an event's text. Returns REPLICA_FOLDED or REPLICA_KEPT. */
static enum replica_take feed_raw(struct replica *replica, const char *raw, enum fold *fold)
{
    json_t *json = jsonx_parse(raw, strlen(raw), NULL);
    struct event event;
    char error[256];
    enum replica_take take;

    assert_true(event_parse(json, &event, error));
    take = replica_event(replica, &event, raw, strlen(raw), fold);
    event_clear(&event);
    json_decref(json);
    return take;
}

static enum fold feed(struct replica *replica, size_t i)
{
    enum fold fold = FOLD_BAD;

    assert_int_equal(feed_raw(replica, record.raw[i], &fold), REPLICA_FOLDED);
    return fold;
}

static void feed_kept(struct replica *replica, size_t i)
{
    enum fold fold;

    assert_int_equal(feed_raw(replica, record.raw[i], &fold), REPLICA_KEPT);
}

static void give_snapshot(struct replica *replica, size_t position)
{
    char error[256];

    assert_int_equal(replica_need(replica), REPLICA_NEED_SNAPSHOT);
    replica_asked(replica);
    assert_int_equal(replica_need(replica), REPLICA_NEED_NOTHING);
    assert_true(replica_snapshot(replica, record.snapshots[position], error));
}

/* Takes the kept events; how many of them changed the state. */
static int take_kept(struct replica *replica)
{
    struct replica_event next;
    int folded = 0;

    while (replica_next(replica, &next)) {
        assert_true(next.fold == FOLD_OK || next.fold == FOLD_OLD);
        folded += next.fold == FOLD_OK;
    }
    return folded;
}

static struct replica *subscribed(void)
{
    struct replica *replica = replica_new(SESSION);

    assert_int_equal(replica_need(replica), REPLICA_NEED_SUBSCRIBE);
    replica_asked(replica);
    replica_subscribed(replica);
    return replica;
}

static struct replica *live_at(size_t position)
{
    struct replica *replica = subscribed();

    give_snapshot(replica, position);
    assert_true(replica_live(replica));
    return replica;
}

static void assert_is_at(const struct replica *replica, size_t position)
{
    json_t *have = state_snapshot(replica_state(replica), 1000, SIZE_MAX);

    if (!json_equal(have, record.snapshots[position])) {
        char *got = jsonx_dump(have, NULL), *want = jsonx_dump(record.snapshots[position], NULL);

        fail_msg("position %zu\n got %s\nwant %s", position, got, want);
    }
    json_decref(have);
}

/* --- attaching --- */

static void test_attaching_at_every_cut_gives_the_same_state(void **unused)
{
    (void)unused;
    for (size_t heard_from = 0; heard_from <= record.count; heard_from++)
        for (size_t cut = heard_from; cut <= record.count; cut++)
            for (size_t answered = cut; answered <= record.count; answered++) {
                struct replica *replica = subscribed();

                for (size_t i = heard_from; i < answered; i++)
                    feed_kept(replica, i);
                give_snapshot(replica, cut);
                take_kept(replica);
                assert_true(replica_live(replica));
                for (size_t i = answered; i < record.count; i++)
                    assert_int_equal(feed(replica, i), FOLD_OK);
                assert_is_at(replica, record.count);
                replica_free(&replica);
            }
}

static void test_kept_events_are_folded_once_and_in_order(void **unused)
{
    (void)unused;
    /* given: a snapshot before the answer began, and all events heard */
    struct replica *replica = subscribed();

    for (size_t i = 0; i < record.count; i++)
        feed_kept(replica, i);
    /* when */
    give_snapshot(replica, 5);
    /* then: exactly those after the snapshot change it */
    assert_int_equal(take_kept(replica), (int)record.count - 5);
    assert_is_at(replica, record.count);
    replica_free(&replica);
}

static void test_a_live_event_waits_for_the_kept_ones(void **unused)
{
    (void)unused;
    struct replica *replica = subscribed();

    feed_kept(replica, 5);
    give_snapshot(replica, 5);
    feed_kept(replica, 6);
    assert_int_equal(take_kept(replica), 2);
    assert_int_equal(feed(replica, 7), FOLD_OK);
    assert_is_at(replica, 8);
    replica_free(&replica);
}

/* --- losses --- */

static bool is_numbered(size_t i)
{
    return strstr(record.raw[i], "\"seq\":") || strstr(record.raw[i], "stream.chunk");
}

static void test_every_single_loss_is_noticed_and_healed(void **unused)
{
    (void)unused;
    for (size_t lost = 0; lost + 1 < record.count; lost++) {
        struct replica *replica;
        size_t i;

        if (!is_numbered(lost))
            continue;
        replica = live_at(lost);
        for (i = lost + 1; i < record.count && replica_live(replica); i++)
            feed(replica, i);
        if (!replica_live(replica)) {
            assert_int_equal(replica_need(replica), REPLICA_NEED_SNAPSHOT);
            give_snapshot(replica, i);
        }
        for (; i < record.count; i++)
            assert_int_equal(feed(replica, i), FOLD_OK);
        assert_is_at(replica, record.count);
        replica_free(&replica);
    }
}

static void test_duplicates_change_nothing(void **unused)
{
    (void)unused;
    struct replica *replica = live_at(0);

    for (size_t i = 0; i < record.count; i++) {
        assert_int_equal(feed(replica, i), FOLD_OK);
        if (is_numbered(i))
            assert_int_equal(feed(replica, i), FOLD_OLD);
        assert_is_at(replica, i + 1);
    }
    assert_true(replica_live(replica));
    replica_free(&replica);
}

static void test_events_out_of_order_lead_to_a_snapshot(void **unused)
{
    (void)unused;
    struct replica *replica = live_at(4);

    assert_int_equal(feed(replica, 6), FOLD_GAP);
    feed_kept(replica, 4);
    give_snapshot(replica, 7);
    assert_int_equal(take_kept(replica), 0);
    assert_true(replica_live(replica));
    assert_is_at(replica, 7);
    replica_free(&replica);
}

static void test_a_gap_among_the_kept_needs_another_snapshot(void **unused)
{
    (void)unused;
    struct replica *replica = subscribed();
    struct replica_event next;

    feed_kept(replica, 4);
    feed_kept(replica, 7);
    feed_kept(replica, 8);
    give_snapshot(replica, 4);
    assert_true(replica_next(replica, &next));
    assert_int_equal(next.fold, FOLD_OK);
    assert_true(replica_next(replica, &next));
    assert_int_equal(next.fold, FOLD_GAP);
    assert_false(replica_next(replica, &next));
    give_snapshot(replica, 8);
    assert_int_equal(take_kept(replica), 1);
    assert_is_at(replica, 9);
    replica_free(&replica);
}

static void test_the_resync_notice_leads_to_a_snapshot(void **unused)
{
    (void)unused;
    struct replica *replica = live_at(3);

    replica_resync(replica);
    give_snapshot(replica, record.count);
    assert_is_at(replica, record.count);
    replica_free(&replica);
}

static void test_a_flood_while_waiting_is_bounded_and_healed(void **unused)
{
    (void)unused;
    struct replica *replica = subscribed();
    struct replica_event next;

    feed_kept(replica, 4);
    for (int i = 0; i < REPLICA_KEPT_MAX; i++)
        feed_kept(replica, 12);
    give_snapshot(replica, 4);
    /* then: the event that was dropped shows as a gap */
    assert_true(replica_next(replica, &next));
    assert_int_equal(next.fold, FOLD_GAP);
    give_snapshot(replica, record.count);
    take_kept(replica);
    assert_is_at(replica, record.count);
    replica_free(&replica);
}

static void test_an_unknown_event_is_stepped_over(void **unused)
{
    (void)unused;
    struct replica *replica = live_at(record.count);
    enum fold fold;
    const char *raw = "{\"session\":\"" SESSION "\",\"epoch\":\"" EPOCH
                      "\",\"seq\":9,\"ts\":1,\"type\":\"moon.risen\",\"data\":{}}";
    const char *transient = "{\"session\":\"" SESSION "\",\"epoch\":\"" EPOCH
                            "\",\"at\":8,\"ts\":1,\"type\":\"moon.seen\",\"data\":{}}";

    assert_int_equal(feed_raw(replica, transient, &fold), REPLICA_FOLDED);
    assert_true(replica_live(replica));
    const char *far = "{\"session\":\"" SESSION "\",\"epoch\":\"" EPOCH
                      "\",\"seq\":99,\"ts\":1,\"type\":\"moon.risen\",\"data\":{}}";

    uint64_t seq = replica_state(replica)->seq;
    assert_int_equal(seq, 8);
    assert_int_equal(feed_raw(replica, raw, &fold), REPLICA_FOLDED);
    assert_int_equal(fold, FOLD_OK);
    assert_true(replica_live(replica));
    assert_int_equal(replica_state(replica)->seq, 9);
    assert_int_equal(feed_raw(replica, far, &fold), REPLICA_FOLDED);
    assert_int_equal(replica_need(replica), REPLICA_NEED_SNAPSHOT);
    replica_free(&replica);
}

/* --- heads --- */

static void test_a_head_that_stays_ahead_is_a_loss(void **unused)
{
    (void)unused;
    struct replica *replica = live_at(4); /* seq 2 */

    replica_head(replica, 2);
    assert_false(replica_suspicious(replica));
    replica_head(replica, 3);
    assert_true(replica_live(replica));
    assert_true(replica_suspicious(replica));
    replica_head(replica, 3);
    assert_int_equal(replica_need(replica), REPLICA_NEED_SNAPSHOT);
    replica_free(&replica);
}

static void test_an_event_clears_the_suspicion(void **unused)
{
    (void)unused;
    struct replica *replica = live_at(4);

    replica_head(replica, 3);
    assert_int_equal(feed(replica, 4), FOLD_OK);
    assert_false(replica_suspicious(replica));
    replica_head(replica, 3);
    assert_true(replica_live(replica));
    replica_free(&replica);
}

/* --- the daemon's end and return --- */

static void test_after_a_lost_connection_all_is_asked_anew(void **unused)
{
    (void)unused;
    struct replica *replica = live_at(5);

    replica_disconnected(replica);
    assert_int_equal(replica_need(replica), REPLICA_NEED_SUBSCRIBE);
    assert_non_null(replica_state(replica)); /* still there to read */
    feed_kept(replica, 6);                   /* a straggler of the old connection */
    replica_asked(replica);
    replica_subscribed(replica);
    give_snapshot(replica, record.count);
    assert_int_equal(take_kept(replica), 0);
    assert_is_at(replica, record.count);
    replica_free(&replica);
}

static char *in_second_epoch(const char *raw)
{
    char *copy = strdup(raw), *at = strstr(copy, EPOCH);

    memcpy(at, EPOCH_2, strlen(EPOCH_2));
    return copy;
}

static void test_another_epoch_leads_to_a_snapshot(void **unused)
{
    (void)unused;
    struct replica *replica = live_at(5);
    char *raw = in_second_epoch(record.raw[6]);
    enum fold fold;

    assert_int_equal(feed_raw(replica, raw, &fold), REPLICA_FOLDED);
    assert_int_equal(fold, FOLD_GAP);
    assert_int_equal(replica_need(replica), REPLICA_NEED_SNAPSHOT);
    free(raw);
    replica_free(&replica);
}

static void test_stragglers_of_an_old_epoch_are_void(void **unused)
{
    (void)unused;
    struct replica *replica = subscribed();
    json_t *restarted = json_deep_copy(record.snapshots[6]);
    char error[256], *raw = in_second_epoch(record.raw[6]);
    enum fold fold;

    /* given: the old daemon's last events arrive before the new one's snapshot */
    for (size_t i = 6; i < record.count; i++)
        feed_kept(replica, i);
    json_object_set_new(restarted, "epoch", json_string(EPOCH_2));
    replica_asked(replica);
    assert_true(replica_snapshot(replica, restarted, error));
    assert_int_equal(take_kept(replica), 0);
    assert_true(replica_live(replica));
    assert_int_equal(feed_raw(replica, raw, &fold), REPLICA_FOLDED);
    assert_int_equal(fold, FOLD_OK);
    json_decref(restarted);
    free(raw);
    replica_free(&replica);
}

static void test_a_malformed_snapshot_is_asked_again(void **unused)
{
    (void)unused;
    struct replica *replica = subscribed();
    json_t *broken = json_pack("{s:s}", "session", SESSION);
    char error[256] = "";

    replica_asked(replica);
    assert_false(replica_snapshot(replica, broken, error));
    assert_true(strlen(error) > 0);
    assert_int_equal(replica_need(replica), REPLICA_NEED_SNAPSHOT);
    json_decref(broken);
    replica_free(&replica);
}

static void test_messages_that_were_paged_in_stay(void **unused)
{
    (void)unused;
    /* given: both messages are held, and a new snapshot brings the newest only */
    struct replica *replica = live_at(record.count);
    json_t *newest = state_snapshot(record.state, 1, SIZE_MAX);
    char error[256];

    replica_resync(replica);
    replica_asked(replica);
    assert_true(replica_snapshot(replica, newest, error));
    assert_int_equal(replica_state(replica)->message_count, 2);
    assert_is_at(replica, record.count);
    json_decref(newest);
    replica_free(&replica);
}

/* A session of so many messages of which a client has the newest; the ids end with their number. */
static struct replica *window_of(int total, int have)
{
    struct replica *replica = subscribed();
    json_t *snapshot = json_copy(record.snapshots[record.count]), *messages = json_array();
    char error[256];

    for (int i = total - have; i < total; i++) {
        char id[ID_MAX];
        snprintf(id, sizeof id, "m_01j8zq4k3nw8x5t7v9r2%06d", i);
        json_array_append_new(messages, json_pack("{s:s,s:s,s:s,s:i,s:s,s:[{s:s,s:s}]}", "id", id, "role",
                                                  "user", "author", "ann", "ts", 1, "status", "complete",
                                                  "content", "type", "text", "text", "t"));
    }
    json_object_set_new(snapshot, "messages", messages);
    json_object_set_new(snapshot, "messages_total", json_integer(total));
    if (replica_need(replica) == REPLICA_NEED_SNAPSHOT)
        replica_asked(replica);
    assert_true(replica_snapshot(replica, snapshot, error));
    json_decref(snapshot);
    return replica;
}

static enum fold rewind_to(struct replica *replica, int message, int removed)
{
    char raw[512];
    enum fold fold = FOLD_BAD;

    snprintf(raw, sizeof raw,
             "{\"session\":\"" SESSION "\",\"epoch\":\"" EPOCH
             "\",\"seq\":9,\"ts\":1,\"type\":\"session.rewound\",\"data\":{\"message\":"
             "\"m_01j8zq4k3nw8x5t7v9r2%06d\",\"removed\":%d}}",
             message, removed);
    assert_int_equal(feed_raw(replica, raw, &fold), REPLICA_FOLDED);
    return fold;
}

static void test_a_rewind_to_what_is_here_is_folded(void **unused)
{
    (void)unused;
    struct replica *replica = window_of(300, 100);

    assert_int_equal(rewind_to(replica, 249, 50), FOLD_OK);
    assert_true(replica_live(replica));
    assert_int_equal(replica_state(replica)->message_count, REPLICA_REFILL_MESSAGES);
    assert_int_equal(replica_state(replica)->messages_total, 250);
    replica_free(&replica);

    replica = window_of(20, 20); /* all of a short one */
    assert_int_equal(rewind_to(replica, 2, 17), FOLD_OK);
    assert_true(replica_live(replica));
    replica_free(&replica);
}

static void test_a_rewind_that_leaves_little_brings_a_snapshot(void **unused)
{
    (void)unused;
    struct replica *replica = window_of(300, 100);

    assert_int_equal(rewind_to(replica, 248, 51), FOLD_OK); /* what is left is shown meanwhile */
    assert_int_equal(replica_state(replica)->message_count, REPLICA_REFILL_MESSAGES - 1);
    assert_int_equal(replica_need(replica), REPLICA_NEED_SNAPSHOT);
    replica_free(&replica);
}

static void test_a_rewind_to_before_what_is_here_changes_nothing_until_the_snapshot(void **unused)
{
    (void)unused;
    struct replica *replica = window_of(300, 100);

    assert_int_equal(rewind_to(replica, 100, 199), FOLD_GAP);
    assert_int_equal(replica_state(replica)->message_count, 100);
    assert_int_equal(replica_need(replica), REPLICA_NEED_SNAPSHOT);
    replica_free(&replica);
}

#define OLD(n) "m_01j8zq4k3nw8x5t7v9r2m6p0a" n

static json_t *old_message(const char *id, const char *status)
{
    return json_pack("{s:s, s:s, s:s, s:i, s:s, s:[]}", "id", id, "role", "user", "author", "ann", "ts", 5,
                     "status", status, "content");
}

static void test_a_damaged_message_of_a_page_says_so_and_the_others_are_shown(void **unused)
{
    json_t *page = json_array(), *nameless = json_pack("{s:s}", "id", "?");
    struct state *state = state_new(SESSION, EPOCH);

    (void)unused;
    json_array_append_new(page, json_integer(3)); /* the first one, without an id: it is not asked before */
    json_array_append_new(page, old_message(OLD("1"), "complete"));
    json_array_append_new(page, old_message(OLD("2"), "eaten"));
    json_array_append_new(page, nameless);
    json_array_append_new(page, old_message(OLD("4"), "complete"));

    replica_mend_page(page);

    assert_int_equal(json_array_size(page), 4);
    assert_true(state_prepend(state, page));
    assert_string_equal(state->messages[0]->id, OLD("1"));
    assert_null(state->messages[0]->error);
    assert_string_equal(state->messages[1]->id, OLD("2"));
    assert_int_equal(state->messages[1]->role, MESSAGE_ROLE_USER);
    assert_non_null(strstr(state->messages[1]->error, "damaged"));
    assert_non_null(strstr(state->messages[2]->error, "damaged"));
    assert_string_equal(state->messages[3]->id, OLD("4"));
    state_free(&state);
    json_decref(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attaching_at_every_cut_gives_the_same_state),
        cmocka_unit_test(test_kept_events_are_folded_once_and_in_order),
        cmocka_unit_test(test_a_live_event_waits_for_the_kept_ones),
        cmocka_unit_test(test_every_single_loss_is_noticed_and_healed),
        cmocka_unit_test(test_duplicates_change_nothing),
        cmocka_unit_test(test_events_out_of_order_lead_to_a_snapshot),
        cmocka_unit_test(test_a_gap_among_the_kept_needs_another_snapshot),
        cmocka_unit_test(test_the_resync_notice_leads_to_a_snapshot),
        cmocka_unit_test(test_a_flood_while_waiting_is_bounded_and_healed),
        cmocka_unit_test(test_an_unknown_event_is_stepped_over),
        cmocka_unit_test(test_a_head_that_stays_ahead_is_a_loss),
        cmocka_unit_test(test_an_event_clears_the_suspicion),
        cmocka_unit_test(test_after_a_lost_connection_all_is_asked_anew),
        cmocka_unit_test(test_another_epoch_leads_to_a_snapshot),
        cmocka_unit_test(test_stragglers_of_an_old_epoch_are_void),
        cmocka_unit_test(test_a_malformed_snapshot_is_asked_again),
        cmocka_unit_test(test_messages_that_were_paged_in_stay),
        cmocka_unit_test(test_a_rewind_to_what_is_here_is_folded),
        cmocka_unit_test(test_a_rewind_that_leaves_little_brings_a_snapshot),
        cmocka_unit_test(test_a_rewind_to_before_what_is_here_changes_nothing_until_the_snapshot),
        cmocka_unit_test(test_a_damaged_message_of_a_page_says_so_and_the_others_are_shown),
    };

    return cmocka_run_group_tests(tests, make_record, free_record);
}
