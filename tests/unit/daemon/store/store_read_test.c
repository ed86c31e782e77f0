/* The reads of the reader thread: lists, pages of history, search. */
#include "daemon/store/store_people.h"
#include "shared/jsonx.h"
#include "store_rig.h"
#include "tests/support/slow.h"

/* --- lists --- */

static const char *list_sid(const struct answer *answer, size_t index)
{
    json_t *sessions = json_object_get(answer->result, "sessions");

    return json_string_value(json_object_get(json_array_get(sessions, index), "id"));
}

static size_t list_size(const struct answer *answer)
{
    return json_array_size(json_object_get(answer->result, "sessions"));
}

static void a_list_has_the_newest_activity_first(void **state)
{
    struct rig *rig = *state;
    struct store_session archived = {.key = 4,
                                     .sid = "s_4",
                                     .owner = "ann",
                                     .title = "",
                                     .run = "idle",
                                     .model = "",
                                     .archived = true,
                                     .failed = true};
    struct answer answer = {0};
    json_t *row, *expected;

    assert_non_null(rig_open(rig));
    put_session(rig, "s_1", "ann", 10);
    put_session(rig, "s_2", "ann", 30);
    put_session(rig, "s_3", "bob", 40);
    store_put_session(rig->store, &archived);
    assert_int_equal(commit(rig), ERR_OK);
    read_result(rig, &answer, store_list(rig->store, "ann", false, 10, NULL, answer_read, &answer));
    assert_int_equal(list_size(&answer), 2);
    assert_string_equal(list_sid(&answer, 0), "s_2");
    assert_string_equal(list_sid(&answer, 1), "s_1");
    assert_null(json_object_get(answer.result, "next"));
    row = json_array_get(json_object_get(answer.result, "sessions"), 0);
    expected = json_pack("{s:s,s:s,s:s,s:s,s:i,s:i,s:i,s:b,s:s,s:s}", "id", "s_2", "title", "A title",
                         "state", "idle", "model", "demo/stoa", "created", 1000, "activity", 30, "messages",
                         0, "archived", 0, "owner", "ann", "role", "owner");
    assert_true(json_equal(row, expected));
    json_decref(expected);
    answer.count = 0;
    read_result(rig, &answer, store_list(rig->store, "ann", true, 10, NULL, answer_read, &answer));
    assert_int_equal(list_size(&answer), 1);
    assert_string_equal(list_sid(&answer, 0), "s_4");
    row = json_array_get(json_object_get(answer.result, "sessions"), 0);
    assert_true(json_is_true(json_object_get(row, "error")));
    json_decref(answer.result);
}

static void ten_thousand_sessions_are_paged_fast_and_each_seen_once(void **state)
{
    enum { SESSIONS = 10000, PAGE = 1000, BOUND_MS = 250 };
    struct rig *rig = *state;
    char cursor[64] = "", sid[ID_MAX];
    bool *seen = calloc(SESSIONS + 1, 1);
    int pages = 0, total = 0;
    int64_t worst = 0;

    assert_non_null(rig_open(rig));
    for (int i = 0; i < SESSIONS; i++) {
        snprintf(sid, sizeof sid, "s_%d", i);
        put_session(rig, sid, "ann", i / 7); /* seven at a time have the same activity */
    }
    assert_int_equal(commit(rig), ERR_OK);
    do {
        struct answer answer = {0};
        int64_t start = clock_steady_ms();

        read_result(rig, &answer,
                    store_list(rig->store, "ann", false, PAGE, pages ? cursor : NULL, answer_read, &answer));
        start = clock_steady_ms() - start;
        worst = start > worst ? start : worst;
        for (size_t i = 0; i < list_size(&answer); i++, total++) {
            int number = atoi(list_sid(&answer, i) + 2);

            assert_false(seen[number]);
            seen[number] = true;
        }
        pages++;
        snprintf(cursor, sizeof cursor, "%s",
                 json_is_string(json_object_get(answer.result, "next"))
                     ? json_string_value(json_object_get(answer.result, "next"))
                     : "");
        json_decref(answer.result);
    } while (*cursor);
    assert_int_equal(total, SESSIONS);
    assert_int_equal(pages, SESSIONS / PAGE);
    print_message("10,000 sessions: slowest page of 1,000 took %d ms\n", (int)worst);
    assert_true(worst < BOUND_MS * slow());
    free(seen);
}

/* Microseconds for all pages; total: rows that were seen, each after one of at least its activity. */
static int64_t read_pages(struct rig *rig, bool shared, int page, int *total)
{
    const struct store_asker asker = {"ann", ""};
    char cursor[64] = "";
    int64_t spent = 0, last = INT64_MAX;

    *total = 0;
    do {
        struct answer answer = {0};
        const char *before = *cursor ? cursor : NULL;
        int64_t start = clock_steady_us();
        json_t *row;
        size_t i;

        read_result(rig, &answer,
                    shared ? store_list_for(rig->store, &asker, false, page, before, answer_read, &answer)
                           : store_list(rig->store, "ann", false, page, before, answer_read, &answer));
        spent += clock_steady_us() - start;
        json_array_foreach(json_object_get(answer.result, "sessions"), i, row)
        {
            int64_t activity = json_integer_value(json_object_get(row, "activity"));
            assert_true(activity <= last);
            last = activity;
            ++*total;
        }
        snprintf(cursor, sizeof cursor, "%s", jsonx_str(answer.result, "next", ""));
        json_decref(answer.result);
    } while (*cursor);
    return spent;
}

/* Own ones and those of others in one order, each once, wherever a page ends. */
static void a_list_has_what_is_shared_in_its_place(void **state)
{
    struct rig *rig = *state;
    const struct store_asker only = {"ann", "s_3"}, foreign = {"ann", "s_5"};
    struct answer answer = {0};
    char sid[ID_MAX];
    int total;

    assert_non_null(rig_open(rig));
    for (int i = 1; i <= 40; i++) {
        snprintf(sid, sizeof sid, "s_%d", i);
        put_session(rig, sid, i % 4 ? "ann" : i % 8 ? "bo" : "cy", i / 3);
    }
    assert_int_equal(commit(rig), ERR_OK);
    for (uint32_t key = 4; key <= 40; key += 8) /* bo's */
        store_put_member(rig->store, key, "ann", "viewer");
    store_put_member(rig->store, 8, "bo", "writer");
    assert_int_equal(commit(rig), ERR_OK);
    for (int page = 1; page <= 41; page++) {
        read_pages(rig, true, page, &total);
        assert_int_equal(total, 35);
        read_pages(rig, false, page, &total);
        assert_int_equal(total, 30);
    }
    read_result(rig, &answer, store_list_for(rig->store, &only, false, 10, NULL, answer_read, &answer));
    assert_int_equal(list_size(&answer), 1);
    json_decref(answer.result);
    answer = (struct answer){0};
    read_result(rig, &answer, store_list_for(rig->store, &foreign, false, 10, NULL, answer_read, &answer));
    assert_int_equal(list_size(&answer), 1); /* one's own */
    json_decref(answer.result);
    store_delete_member(rig->store, 4, "ann");
    assert_int_equal(commit(rig), ERR_OK);
    read_pages(rig, true, 7, &total);
    assert_int_equal(total, 34);
}

static void what_is_shared_makes_a_long_list_no_slower(void **state)
{
    enum { SESSIONS = 10000, SHARED = 200, PAGE = 100, RUNS = 5 };
    struct rig *rig = *state;
    int64_t own = INT64_MAX, all = INT64_MAX, with = INT64_MAX, spent;
    char sid[ID_MAX];
    int total;

    assert_non_null(rig_open(rig));
    for (int i = 0; i < SESSIONS + SHARED; i++) {
        snprintf(sid, sizeof sid, "s_%d", i);
        put_session(rig, sid, i < SESSIONS ? "ann" : "bo", i < SESSIONS ? i : (i - SESSIONS) * 50);
    }
    assert_int_equal(commit(rig), ERR_OK);
    for (int run = 0; run < RUNS; run++) {
        spent = read_pages(rig, false, PAGE, &total);
        own = spent < own ? spent : own;
        spent = read_pages(rig, true, PAGE, &total);
        all = spent < all ? spent : all;
    }
    assert_int_equal(total, SESSIONS);
    for (uint32_t key = SESSIONS + 1; key <= SESSIONS + SHARED; key++)
        store_put_member(rig->store, key, "ann", "viewer");
    assert_int_equal(commit(rig), ERR_OK);
    for (int run = 0; run < RUNS; run++) {
        spent = read_pages(rig, true, PAGE, &total);
        with = spent < with ? spent : with;
    }
    assert_int_equal(total, SESSIONS + SHARED);
    print_message(
        "10,000 own sessions by 100: %lld us; with a look for shared ones %lld, with %d of them %lld\n",
        (long long)own, (long long)all, SHARED, (long long)with);
    assert_true(slow() > 1 || all < own * 13 / 10 + 2000);
}

static void a_cursor_that_is_none_is_refused(void **state)
{
    static const char *const cursors[] = {
        "", "x", "12", "12-", "12-3x", "-1-2", " 1-2", "1-2-3", "99999999999999999999-1"};
    struct rig *rig = *state;

    assert_non_null(rig_open(rig));
    for (size_t i = 0; i < sizeof cursors / sizeof *cursors; i++) {
        struct answer answer = {0};

        read_result(rig, &answer, store_list(rig->store, "ann", false, 10, cursors[i], answer_read, &answer));
        assert_int_equal(answer.code, ERR_BAD_REQUEST);
        assert_null(answer.result);
        assert_string_equal(answer.error, "parameter 'before' is no cursor that session.list gave as 'next'");
    }
}

/* --- history --- */

/* "m_2 m_3 +": the page's ids, and + if there are more. */
static const char *page(struct rig *rig, uint32_t session, const char *before, const char *after, int limit)
{
    static char text[1024];
    struct answer answer = {0};
    json_t *message;
    size_t i;

    struct store_page asked = {after ? after : before, after != NULL, 0, STORE_ORDINALS, limit};
    read_result(rig, &answer, store_history(rig->store, session, &asked, answer_read, &answer));
    text[0] = '\0';
    if (answer.code != ERR_OK)
        snprintf(text, sizeof text, "%s: %s", err_name(answer.code), answer.error);
    json_array_foreach(json_object_get(answer.result, "messages"), i, message)
    {
        strcat(text, i ? " " : "");
        strcat(text, json_string_value(json_object_get(message, "id")));
    }
    if (json_is_true(json_object_get(answer.result, "more")))
        strcat(text, " +");
    json_decref(answer.result);
    return text;
}

static void history_is_paged_both_ways(void **state)
{
    struct rig *rig = *state;
    char id[ID_MAX];
    uint32_t key, other;

    assert_non_null(rig_open(rig));
    key = put_session(rig, "s_a", "ann", 1);
    other = put_session(rig, "s_b", "ann", 1);
    for (uint32_t i = 0; i < 6; i++) {
        snprintf(id, sizeof id, "m_%u", i);
        put_message(rig, key, i, id, "text");
    }
    put_message(rig, other, 0, "m_other", "text");
    assert_int_equal(commit(rig), ERR_OK);

    assert_string_equal(page(rig, key, NULL, NULL, 10), "m_0 m_1 m_2 m_3 m_4 m_5");
    assert_string_equal(page(rig, key, NULL, NULL, 6), "m_0 m_1 m_2 m_3 m_4 m_5");
    assert_string_equal(page(rig, key, NULL, NULL, 2), "m_4 m_5 +");
    assert_string_equal(page(rig, key, "m_4", NULL, 3), "m_1 m_2 m_3 +");
    assert_string_equal(page(rig, key, "m_1", NULL, 3), "m_0");
    assert_string_equal(page(rig, key, "m_0", NULL, 3), "");
    assert_string_equal(page(rig, key, NULL, "m_1", 2), "m_2 m_3 +");
    assert_string_equal(page(rig, key, NULL, "m_3", 5), "m_4 m_5");
    assert_string_equal(page(rig, key, NULL, "m_5", 5), "");
    assert_string_equal(page(rig, key, "m_none", NULL, 5), "not_found: the session has no message 'm_none'");
    assert_string_equal(page(rig, key, "m_other", NULL, 5),
                        "not_found: the session has no message 'm_other'");
    assert_string_equal(page(rig, 77, NULL, NULL, 5), "");
}

static void a_damaged_message_keeps_its_place(void **state)
{
    struct rig *rig = *state;
    struct answer answer = {0};
    uint32_t key;

    assert_non_null(rig_open(rig));
    key = put_session(rig, "s_a", "ann", 1);
    put_message(rig, key, 0, "m_0", "text");
    put_message_json(rig, key, 1, "m_1", "", "{\"id\":\"m_1\",\"role\":");
    put_message_json(rig, key, 2, "m_2", "", "");
    put_message(rig, key, 3, "m_3", "text");
    assert_int_equal(commit(rig), ERR_OK);

    assert_string_equal(page(rig, key, NULL, NULL, 10), "m_0 m_1 m_2 m_3");
    assert_string_equal(page(rig, key, "m_3", NULL, 1), "m_2 +");
    assert_string_equal(page(rig, key, "m_2", NULL, 1), "m_1 +");
    assert_string_equal(page(rig, key, NULL, "m_0", 2), "m_1 m_2 +");
    struct store_page asked = {NULL, false, 1, 2, 10};
    read_result(rig, &answer, store_history(rig->store, key, &asked, answer_read, &answer));
    json_t *expected =
        json_pack("{s:[{s:s,s:s,s:s,s:I,s:s,s:s,s:[]}],s:[i],s:I,s:b}", "messages", "id", "m_1", "role",
                  "user", "author", "", "ts", (json_int_t)7000, "status", "failed", "error",
                  "this message is damaged in the store, and can't be shown", "content", "places", 1, "bytes",
                  (json_int_t)19, "more", 0);
    assert_true(json_equal(answer.result, expected));
    json_decref(expected);
    json_decref(answer.result);
}

static void put_big(struct rig *rig, uint32_t session, uint32_t ordinal, const char *id, size_t size)
{
    char *json = malloc(size + 1);
    int len = snprintf(json, size, "{\"id\":\"%s\",\"fill\":\"", id);
    struct store_message message = {
        .session = session, .ordinal = ordinal, .id = id, .role = "user", .status = "complete", .text = ""};

    memset(json + len, 'x', size - (size_t)len - 2);
    memcpy(json + size - 2, "\"}", 3);
    message.json = json;
    message.json_len = size;
    store_put_message(rig->store, &message);
    free(json);
}

static void a_page_is_bounded_in_bytes_but_has_a_message(void **state)
{
    struct rig *rig = *state;
    uint32_t key;

    assert_non_null(rig_open(rig));
    key = put_session(rig, "s_a", "ann", 1);
    put_big(rig, key, 0, "m_0", STORE_HISTORY_BYTES / 2);
    put_big(rig, key, 1, "m_1", STORE_HISTORY_BYTES / 2);
    put_big(rig, key, 2, "m_2", STORE_HISTORY_BYTES / 2);
    put_big(rig, key, 3, "m_3", STORE_HISTORY_BYTES * 2);
    assert_int_equal(commit(rig), ERR_OK);
    assert_string_equal(page(rig, key, NULL, NULL, 10), "m_3 +");
    assert_string_equal(page(rig, key, "m_3", NULL, 10), "m_1 m_2 +");
    assert_string_equal(page(rig, key, NULL, "m_0", 10), "m_1 m_2 +");
}

static void a_message_that_ended_replaces_the_one_that_streamed(void **state)
{
    struct rig *rig = *state;
    struct answer answer = {0};
    uint32_t key;

    assert_non_null(rig_open(rig));
    key = put_session(rig, "s_a", "ann", 1);
    put_message(rig, key, 0, "m_0", "beginning");
    assert_int_equal(commit(rig), ERR_OK);
    put_message(rig, key, 0, "m_0", "conclusion");
    assert_int_equal(commit(rig), ERR_OK);
    assert_string_equal(page(rig, key, NULL, NULL, 10), "m_0");
    read_result(
        rig, &answer,
        store_search(rig->store, &(struct store_asker){"ann", ""}, "beginning", 10, answer_read, &answer));
    assert_int_equal(json_array_size(json_object_get(answer.result, "hits")), 0);
    json_decref(answer.result);
}

/* --- search --- */

/* The ids of the messages found, "m_1 m_2". */
static const char *found(struct rig *rig, const char *owner, const char *text, int limit)
{
    static char ids[1024];
    struct answer answer = {0};
    json_t *hit;
    size_t i;

    read_result(
        rig, &answer,
        store_search(rig->store, &(struct store_asker){owner, ""}, text, limit, answer_read, &answer));
    if (answer.code != ERR_OK)
        fail_msg("'%s' gave %s: %s", text, err_name(answer.code), answer.error);
    ids[0] = '\0';
    json_array_foreach(json_object_get(answer.result, "hits"), i, hit)
    {
        strcat(ids, i ? " " : "");
        strcat(ids, json_string_value(json_object_get(hit, "message")));
    }
    json_decref(answer.result);
    return ids;
}

static void a_search_finds_beginnings_of_words_in_own_sessions(void **state)
{
    struct rig *rig = *state;
    uint32_t key, bobs;

    assert_non_null(rig_open(rig));
    key = put_session(rig, "s_a", "ann", 1);
    bobs = put_session(rig, "s_b", "bob", 1);
    put_message(rig, key, 0, "m_0", "The quick brown fox");
    put_message(rig, key, 1, "m_1", "Ein schöner Tag, naïve Leute, Straße");
    put_message(rig, key, 2, "m_2", "привет мир");
    put_message(rig, key, 3, "m_3", "");
    put_message(rig, bobs, 0, "m_bob", "The quick red fox");
    assert_int_equal(commit(rig), ERR_OK);

    assert_string_equal(found(rig, "ann", "fox", 10), "m_0");
    assert_string_equal(found(rig, "bob", "FOX the", 10), "m_bob");
    assert_string_equal(found(rig, "ann", "qui bro", 10), "m_0");
    assert_string_equal(found(rig, "ann", "uick", 10), "");
    assert_string_equal(found(rig, "ann", "fox red", 10), "");
    assert_string_equal(found(rig, "ann", "schoner NAIVE", 10), "m_1");
    assert_string_equal(found(rig, "ann", "прив", 10), "m_2");
    assert_string_equal(found(rig, "eve", "fox", 10), "");
}

static void a_hit_says_where_and_shows_a_piece_of_the_text(void **state)
{
    struct rig *rig = *state;
    struct answer answer = {0};
    json_t *hit, *expected;
    char text[2000] = "";

    assert_non_null(rig_open(rig));
    for (int i = 0; i < 100; i++)
        strcat(text, i == 50 ? "needle " : "hay ");
    put_message(rig, put_session(rig, "s_a", "ann", 1), 0, "m_0", text);
    assert_int_equal(commit(rig), ERR_OK);
    read_result(
        rig, &answer,
        store_search(rig->store, &(struct store_asker){"ann", ""}, "needle", 10, answer_read, &answer));
    hit = json_array_get(json_object_get(answer.result, "hits"), 0);
    expected = json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:s}", "owner", "ann", "session", "s_a", "title",
                         "A title", "message", "m_0", "role", "user", "ts", 7000, "snippet",
                         "…hay hay hay hay hay hay hay needle hay hay hay hay hay hay hay hay…");
    if (!json_equal(hit, expected))
        fail_msg("%s", json_string_value(json_object_get(hit, "snippet")));
    json_decref(expected);
    json_decref(answer.result);
}

static void nothing_that_is_searched_for_is_an_operator(void **state)
{
    static const char *const hostile[] = {"\"",
                                          "\"\"",
                                          "'",
                                          "*",
                                          "**",
                                          "^",
                                          "-",
                                          "+",
                                          "(",
                                          ")",
                                          "()",
                                          "{",
                                          "{text}:",
                                          "text:",
                                          ":",
                                          ",",
                                          "AND",
                                          "OR",
                                          "NOT",
                                          "NEAR",
                                          "NEAR(",
                                          "NEAR(a b, 2)",
                                          "a AND",
                                          "AND a",
                                          "NOT a",
                                          "a NOT b",
                                          "\\",
                                          "%",
                                          "_",
                                          ";",
                                          "--",
                                          "/*",
                                          "\"a",
                                          "a\"",
                                          "a\"b\"c",
                                          "\" OR 1",
                                          "'; DROP TABLE messages; --",
                                          "\x01\x02",
                                          "\xff\xfe\xc0",
                                          "\xf0\x9f\x98\x80",
                                          "\xe2\x80\xae",
                                          "a\tb\nc\r",
                                          "   ",
                                          "",
                                          "search MATCH 'x'",
                                          "rank"};
    struct rig *rig = *state;
    char longest[1001], wide[1001];

    assert_non_null(rig_open(rig));
    put_message(rig, put_session(rig, "s_a", "ann", 1), 0, "m_0", "plain words");
    assert_int_equal(commit(rig), ERR_OK);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        assert_string_equal(found(rig, "ann", hostile[i], 10), "");
    memset(longest, '"', 1000);
    longest[1000] = '\0';
    assert_string_equal(found(rig, "ann", longest, 10), "");
    for (int i = 0; i < 1000; i++)
        wide[i] = i % 2 ? ' ' : 'w';
    wide[1000] = '\0';
    assert_string_equal(found(rig, "ann", wide, 10), "m_0"); /* 500 terms, of which 32 are taken */
    assert_string_equal(found(rig, "ann", "!!! words ***", 10), "m_0");
    assert_string_equal(found(rig, "ann", "\"words\"", 10), "m_0");
    assert_string_equal(found(rig, "ann", "words-", 10), "m_0");
    assert_string_equal(found(rig, "ann", "plain OR nothing", 10), "");
}

static void a_search_gives_no_more_than_its_limit(void **state)
{
    struct rig *rig = *state;
    char id[ID_MAX];
    uint32_t key;

    assert_non_null(rig_open(rig));
    key = put_session(rig, "s_a", "ann", 1);
    for (uint32_t i = 0; i < 9; i++) {
        snprintf(id, sizeof id, "m_%u", i);
        put_message(rig, key, i, id, i == 7 ? "word" : "word and many others behind it");
    }
    assert_int_equal(commit(rig), ERR_OK);
    assert_string_equal(found(rig, "ann", "word", 1), "m_7"); /* the best one */
    assert_int_equal(strlen(found(rig, "ann", "word", 4)), 4 * 4 - 1);
}

/* Another user's matches don't count. */
static void of_very_many_matches_the_best_of_the_newest_sessions_are_found(void **state)
{
    enum { MANY = STORE_SEARCH_RANKED - 1 };
    struct rig *rig = *state;
    char id[ID_MAX];
    uint32_t old, new, other;

    assert_non_null(rig_open(rig));
    old = put_session(rig, "s_old", "ann", 1);
    new = put_session(rig, "s_new", "ann", 2);
    other = put_session(rig, "s_other", "bo", 3);
    put_message(rig, old, 0, "m_best", "word");
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(id, sizeof id, "m_%u", i);
        put_message(rig, new, i, id, i == 7 ? "word, but not alone" : "word and many others behind it");
        put_message(rig, other, i, "m_bo", "word");
    }
    assert_int_equal(commit(rig), ERR_OK);
    assert_string_equal(found(rig, "ann", "word", 1), "m_best");
    put_message(rig, new, MANY, "m_one_more", "word and many others behind it");
    assert_int_equal(commit(rig), ERR_OK);
    assert_string_equal(found(rig, "ann", "word", 1), "m_7");
}

/* --- many reads, and the end --- */

static void too_many_reads_are_refused_and_the_others_answered_once(void **state)
{
    enum { READS = STORE_READS_MAX * 4 };
    struct rig *rig = *state;
    struct answer answer = {0};
    struct store_stats stats;
    int taken = 0;

    assert_non_null(rig_open(rig));
    put_session(rig, "s_a", "ann", 1);
    assert_int_equal(commit(rig), ERR_OK);
    for (int i = 0; i < READS; i++) {
        enum err code = store_list(rig->store, "ann", false, 100, NULL, answer_read, &answer);

        assert_true(code == ERR_OK || code == ERR_BUSY);
        taken += code == ERR_OK;
    }
    assert_true(taken >= STORE_READS_MAX);
    await(rig, &answer, taken);
    store_stats(rig->store, &stats);
    assert_int_equal(stats.reads, taken);
    json_decref(answer.result);
}

static void reads_that_wait_are_ended_by_closing(void **state)
{
    struct rig *rig = *state;
    enum { COUNT = STORE_READS_MAX - 6 }; /* more than are read before the next line runs */
    static struct answer answers[COUNT];
    const struct store_page all = {.end = STORE_ORDINALS, .limit = 100};
    uint32_t key;
    int cancelled = 0;

    assert_non_null(rig_open(rig));
    key = put_session(rig, "s_a", "ann", 1);
    for (uint32_t i = 0; i < 20; i++)
        put_big(rig, key, i, "m_0", STORE_HISTORY_BYTES / 20);
    assert_int_equal(commit(rig), ERR_OK);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(store_history(rig->store, key, &all, answer_read, &answers[i]), ERR_OK);
    assert_true(rig_close(rig));
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(answers[i].count, 1);
        assert_true(answers[i].code == ERR_OK || answers[i].code == ERR_SHUTTING_DOWN);
        cancelled += answers[i].code == ERR_SHUTTING_DOWN;
        json_decref(answers[i].result);
    }
    assert_true(cancelled > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
        TEST(a_list_has_the_newest_activity_first),
        TEST(ten_thousand_sessions_are_paged_fast_and_each_seen_once),
        TEST(a_list_has_what_is_shared_in_its_place),
        TEST(what_is_shared_makes_a_long_list_no_slower),
        TEST(a_cursor_that_is_none_is_refused),
        TEST(history_is_paged_both_ways),
        TEST(a_damaged_message_keeps_its_place),
        TEST(a_page_is_bounded_in_bytes_but_has_a_message),
        TEST(a_message_that_ended_replaces_the_one_that_streamed),
        TEST(a_search_finds_beginnings_of_words_in_own_sessions),
        TEST(a_hit_says_where_and_shows_a_piece_of_the_text),
        TEST(nothing_that_is_searched_for_is_an_operator),
        TEST(a_search_gives_no_more_than_its_limit),
        TEST(of_very_many_matches_the_best_of_the_newest_sessions_are_found),
        TEST(too_many_reads_are_refused_and_the_others_answered_once),
        TEST(reads_that_wait_are_ended_by_closing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
