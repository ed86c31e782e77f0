/* The table of events and its page; encoding, parsing, and chunks by hand. */
#include "page.h"
#include "proto/event.h"
#include "proto/state.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"

#define SESSION "s_01j8zq4k3nw8x5t7v9r2m6p0qd"
#define EPOCH   "e_01j8zq4k3nw8x5t7v9r2m6p0qe"
#define MESSAGE "m_01j8zq4k3nw8x5t7v9r2m6p0q1"

static void the_rows_are_in_order_of_their_names_and_found_by_them(void **unused)
{
    (void)unused;
    for (enum event_type type = 0; type < EVENT_COUNT; type++) {
        const struct event_row *row = event_row(type);

        assert_non_null(row->name);
        assert_non_null(row->fields);
        assert_non_null(row->reduce);
        assert_int_equal(event_type_parse(row->name), type);
        if (type > 0)
            assert_true(strcmp(event_row(type - 1)->name, row->name) < 0);
        if (row->listed) /* what is not durable is in session.list, too */
            assert_true(row->durable || type == EVENT_TURN_RETRYING);
    }
    assert_int_equal(event_type_parse(""), EVENT_COUNT);
    assert_int_equal(event_type_parse("stream"), EVENT_COUNT);
    assert_int_equal(event_type_parse("stream.chunks"), EVENT_COUNT);
}

static void an_agent_may_report_what_the_link_says_and_no_more(void **unused)
{
    (void)unused;
    static const enum event_type facts[] = {
        EVENT_ERROR_OCCURRED, EVENT_MCP_CONNECTED,    EVENT_MCP_DISCONNECTED,  EVENT_MCP_LOG,
        EVENT_MESSAGE_ADDED,  EVENT_QUESTION_ASKED,   EVENT_QUESTION_ANSWERED, EVENT_SESSION_COMPACTED,
        EVENT_STATE_CHANGED,  EVENT_STREAM_COMPLETED, EVENT_TOOL_ENDED,        EVENT_TOOL_PROGRESS,
        EVENT_TOOL_STARTED,   EVENT_TURN_RETRYING};
    for (enum event_type type = 0; type < EVENT_COUNT; type++) {
        bool may = false;
        for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
            may = may || facts[i] == type;
        assert_int_equal(event_row(type)->agent_may, may);
    }
}

/* Words in braces belong to what is inside a member, and are not in backticks. */
static void check_data(const struct event_row *row, const char *cell)
{
    char word[64];
    bool optional;
    const char *after;
    size_t named = 0, have = 0;

    for (const char *at = cell; page_next_word(&at, word, &optional, &after); named++) {
        const struct field *field = row->fields;
        while (field->name && strcmp(field->name, word) != 0)
            field++;
        if (!field->name)
            fail_msg("%s: the page has '%s', the table does not", row->name, word);
        if (optional && field->required)
            fail_msg("%s: page and table differ on whether '%s' may be left out", row->name, word);
    }
    while (row->fields[have].name)
        have++;
    if (named != have)
        fail_msg("%s: the page names %zu members of data, the table %zu", row->name, named, have);
}

static void the_page_has_the_same_events_and_says_the_same_of_them(void **unused)
{
    (void)unused;
    char *section = page_section("## Events");
    const char *at = section;
    struct page_row row;
    enum event_type type = 0;

    while (page_next_row(&at, &row)) {
        assert_int_equal(row.count, 4);
        if (type == EVENT_COUNT)
            fail_msg("the page has '%s', the table does not", row.cells[0]);
        const struct event_row *mine = event_row(type++);
        assert_string_equal(row.cells[0], mine->name);
        assert_string_equal(row.cells[1], mine->durable ? "durable" : "transient");
        assert_string_equal(row.cells[2], mine->listed ? "yes" : "-");
        check_data(mine, row.cells[3]);
        page_row_clear(&row);
    }
    assert_int_equal(type, EVENT_COUNT);
    free(section);
}

static void kinds_have_names_and_are_found_by_them(void **unused)
{
    (void)unused;
    char *section = page_section("### Chunks"), quoted[40];

    for (enum chunk_kind kind = 0; kind < CHUNK_KIND_COUNT; kind++) {
        assert_int_equal(chunk_kind_parse(chunk_kind_name(kind)), kind);
        snprintf(quoted, sizeof quoted, "`%s`", chunk_kind_name(kind));
        assert_non_null(strstr(section, quoted));
    }
    for (enum block_kind kind = 0; kind < BLOCK_KIND_COUNT; kind++)
        assert_int_equal(block_kind_parse(block_kind_name(kind)), kind);
    assert_int_equal(chunk_kind_parse("redacted"), CHUNK_KIND_COUNT);
    assert_int_equal(block_kind_parse("tool_input"), BLOCK_KIND_COUNT);
    free(section);
}

/* --- parsing --- */

static bool parse(const char *text, struct event *event, char error[256])
{
    char why[160];
    json_t *json = jsonx_parse(text, strlen(text), why);
    if (!json)
        fail_msg("%s: %s", text, why);
    error[0] = '\0';
    bool parsed = event_parse(json, event, error);
    json_decref(json);
    assert_int_equal(parsed, error[0] == '\0');
    assert_true(utf8_valid(error, strlen(error)));
    return parsed;
}

#define EVENT(number, type, data)                                                                            \
    "{\"session\":\"" SESSION "\",\"epoch\":\"" EPOCH "\"," number ",\"ts\":7,\"type\":\"" type              \
    "\",\"data\":" data "}"

static void an_event_is_read_with_its_number(void **unused)
{
    (void)unused;
    struct event event;
    char error[256];

    assert_true(parse(EVENT("\"seq\":812", "session.ended", "{\"reason\":\"x\",\"new\":1}"), &event, error));
    assert_int_equal(event.type, EVENT_SESSION_ENDED);
    assert_string_equal(event.session, SESSION);
    assert_string_equal(event.epoch, EPOCH);
    assert_int_equal(event.seq, 812);
    assert_int_equal(event.ts, 7);
    assert_string_equal(jsonx_str(event.data, "reason", ""), "x");
    event_clear(&event);

    assert_true(parse(EVENT("\"at\":0", "participant.left", "{\"participant\":\"c_1\"}"), &event, error));
    assert_int_equal(event.seq, 0);
    event_clear(&event);
    event_clear(&event);
}

static void an_event_of_an_unknown_type_is_read_with_its_number(void **unused)
{
    (void)unused;
    struct event event;
    char error[256];

    assert_true(parse(EVENT("\"seq\":5", "thing.happened", "{}"), &event, error));
    assert_int_equal(event.type, EVENT_COUNT);
    assert_int_equal(event.seq, 5);
    event_clear(&event);
    static const char *const without[] = {"\"at\":5", "\"seq\":-5", "\"seq\":0", "\"seq\":\"5\""};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, EVENT("%s", "thing.happened", "{\"any\":[]}"), without[i]);
        assert_true(parse(text, &event, error));
        assert_int_equal(event.type, EVENT_COUNT);
        assert_int_equal(event.seq, 0);
        event_clear(&event);
    }
}

static void a_malformed_event_is_refused_with_a_sentence(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"[]", "needs session"},
        {"5", "needs session"},
        {"{}", "needs session"},
        {"{\"session\":\"" SESSION "\",\"epoch\":\"" EPOCH "\",\"type\":\"session.ended\",\"seq\":1}",
         "data"},
        {"{\"session\":\"s_1\",\"epoch\":\"" EPOCH "\",\"type\":\"session.ended\",\"seq\":1,\"data\":{}}",
         "session"},
        {"{\"session\":\"" SESSION
         "\",\"epoch\":\"e\\\"1\",\"type\":\"session.ended\",\"seq\":1,\"data\":{}}",
         "epoch"},
        {"{\"session\":\"" SESSION "\",\"epoch\":\"" EPOCH "\",\"type\":5,\"seq\":1,\"data\":{}}", "type"},
        {EVENT("\"at\":1", "session.ended", "{\"reason\":\"x\"}"), "session.ended has no 'seq'"},
        {EVENT("\"seq\":0", "session.ended", "{\"reason\":\"x\"}"), "session.ended has no 'seq'"},
        {EVENT("\"seq\":-1", "session.ended", "{\"reason\":\"x\"}"), "session.ended has no 'seq'"},
        {EVENT("\"seq\":\"1\"", "session.ended", "{\"reason\":\"x\"}"), "session.ended has no 'seq'"},
        {EVENT("\"seq\":1", "participant.left", "{\"participant\":\"c\"}"), "participant.left has no 'at'"},
        {EVENT("\"at\":-1", "participant.left", "{\"participant\":\"c\"}"), "participant.left has no 'at'"},
        {EVENT("\"seq\":1", "session.ended", "[]"), "data"},
        {EVENT("\"seq\":1", "session.ended", "{}"), "'reason' is missing"},
        {EVENT("\"seq\":1", "session.ended", "{\"reason\":[1]}"), "'reason' is [1]"},
        {EVENT("\"seq\":1", "state.changed", "{\"new\":\"asleep\"}"), "'new' is \"asleep\""},
        {EVENT("\"at\":1", "stream.chunk",
               "{\"message\":\"" MESSAGE
               "\",\"index\":-1,\"count\":1,\"block\":0,\"kind\":\"text\",\"delta\":\"\"}"),
         "'index' is -1"},
        {EVENT("\"at\":1", "stream.chunk",
               "{\"message\":\"" MESSAGE
               "\",\"index\":9223372036854775807,\"count\":1,\"block\":0,\"kind\":\"text\",\"delta\":\"\"}"),
         "'index' is 9223372036854775807"},
        {EVENT("\"at\":1", "stream.chunk",
               "{\"message\":\"" MESSAGE
               "\",\"index\":0,\"count\":0,\"block\":0,\"kind\":\"text\",\"delta\":\"\"}"),
         "'count' is 0"},
        {EVENT("\"at\":1", "stream.chunk",
               "{\"message\":\"" MESSAGE
               "\",\"index\":0,\"count\":1,\"block\":256,\"kind\":\"text\",\"delta\":\"\"}"),
         "'block' is 256"},
    };
    struct event event;
    char error[256];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (parse(bad[i].text, &event, error))
            fail_msg("taken: %s", bad[i].text);
        if (!strstr(error, bad[i].says))
            fail_msg("%s: the error is '%s'", bad[i].text, error);
        event_clear(&event);
    }
    assert_false(event_parse(NULL, &event, error));
}

/* --- encoding --- */

static void each_type_comes_back_as_it_was_encoded(void **unused)
{
    (void)unused;
    static const char *const data[EVENT_COUNT] = {
        [EVENT_ERROR_OCCURRED] = "{\"kind\":\"agent\",\"text\":\"\\\"\\u001b\\ud83d\\ude00\"}",
        [EVENT_MCP_CONNECTED] = "{\"server\":\"s\",\"protocol\":\"2025-11-25\",\"tools\":0}",
        [EVENT_MCP_DISCONNECTED] = "{\"server\":\"s\",\"cause\":\"crashed\",\"text\":\"signal 11\"}",
        [EVENT_MCP_STARTING] = "{\"server\":\"s\"}",
        [EVENT_MCP_LOG] = "{\"server\":\"s\",\"level\":\"debug\",\"text\":\"\\n\"}",
        [EVENT_MESSAGE_ADDED] = "{\"message\":{}}",
        [EVENT_PARTICIPANT_JOINED] = "{\"participant\":{}}",
        [EVENT_PARTICIPANT_LEFT] = "{\"participant\":\"c_1\",\"why\":\"silent\"}",
        [EVENT_PARTICIPANT_TYPING] = "{\"participant\":\"c_1\",\"typing\":true}",
        [EVENT_QUESTION_ANSWERED] =
            "{\"question\":\"q_1\",\"decision\":\"deny\",\"cause\":\"person\",\"content\":{\"a\":[1]}}",
        [EVENT_QUESTION_APPROVED] = "{\"question\":\"q_1\",\"by\":\"bo\"}",
        [EVENT_QUESTION_ASKED] = "{\"question\":{}}",
        [EVENT_QUEUE_CHANGED] = "{\"removed\":[\"m_1\"],\"by\":\"ann\"}",
        [EVENT_RULE_ADDED] = "{\"rule\":{}}",
        [EVENT_RULE_REMOVED] = "{\"rule\":\"u_1\"}",
        [EVENT_SESSION_COMPACTED] = "{\"summary\":\"\",\"upto\":\"" MESSAGE "\",\"tokens\":0}",
        [EVENT_SESSION_ENDED] = "{\"reason\":\"\"}",
        [EVENT_SESSION_REWOUND] = "{\"message\":null,\"removed\":2}",
        [EVENT_BUDGET_REACHED] =
            "{\"budget\":\"tokens_day\",\"percent\":80,\"used\":8,\"limit\":10,\"text\":\"80%\"}",
        [EVENT_SESSION_SHARED] = "{\"user\":\"bo\",\"role\":\"viewer\",\"by\":\"ann\"}",
        [EVENT_SESSION_UNSHARED] = "{\"user\":\"bo\",\"reason\":\"left\"}",
        [EVENT_SESSION_STARTED] =
            "{\"owner\":\"a\",\"title\":\"\",\"model\":\"\",\"system\":null,\"created\":1}",
        [EVENT_SESSION_UPDATED] = "{\"temperature\":0.1}",
        [EVENT_STATE_CHANGED] = "{\"old\":\"idle\",\"new\":\"thinking\"}",
        [EVENT_STREAM_CHUNK] = "{\"message\":\"" MESSAGE
                               "\",\"index\":0,\"count\":1,\"block\":0,\"kind\":\"text\",\"delta\":\"x\"}",
        [EVENT_STREAM_COMPLETED] = "{\"message\":\"" MESSAGE "\",\"status\":\"complete\",\"content\":[]}",
        [EVENT_TOOL_ENDED] = "{\"message\":\"" MESSAGE "\",\"block\":255,\"state\":\"done\",\"result\":\"\"}",
        [EVENT_TOOL_PROGRESS] = "{\"message\":\"" MESSAGE "\",\"block\":0,\"progress\":0.5}",
        [EVENT_TOOL_STARTED] = "{\"server\":\"\",\"tool\":\"get_session_info\",\"by\":\"ann\"}",
        [EVENT_TOOLS_LENT] = "{\"server\":\"s\",\"participant\":\"c_1\",\"user\":\"bo\"}",
        [EVENT_TOOLS_RETURNED] = "{\"server\":\"s\"}",
        [EVENT_TURN_RETRYING] = "{\"attempt\":1,\"limit\":2,\"delay_ms\":100,\"why\":\"429\"}",
    };

    for (enum event_type type = 0; type < EVENT_COUNT; type++) {
        json_t *json = jsonx_parse(data[type], strlen(data[type]), NULL);
        struct event event = {
            .type = type, .session = SESSION, .epoch = EPOCH, .seq = INT64_MAX, .ts = -1, .data = json};
        struct event back;
        struct buf text;
        char error[256];

        assert_non_null(json);
        buf_init(&text, 4096);
        assert_true(event_encode(&event, &text));
        if (!parse(text.data, &back, error))
            fail_msg("%s: %s", text.data, error);
        assert_int_equal(back.type, type);
        assert_string_equal(back.session, SESSION);
        assert_string_equal(back.epoch, EPOCH);
        assert_int_equal(back.seq, INT64_MAX);
        assert_int_equal(back.ts, -1);
        assert_true(json_equal(back.data, json));
        event_clear(&back);
        buf_free(&text);
        json_decref(json);
    }
}

/* Encodes and reads back; both ways to write a chunk must say the same. */
static void round_trip(const struct chunk *chunk)
{
    struct buf text;
    struct event event;
    struct chunk back;
    char error[256];
    json_t *json;

    buf_init(&text, SIZE_MAX);
    assert_true(event_encode_chunk(SESSION, EPOCH, 812, 1763650000125, chunk, &text));
    json = jsonx_parse(text.data, text.len, error);
    if (!json || !event_parse(json, &event, error))
        fail_msg("%s: %s", error, text.data);
    assert_int_equal(event.type, EVENT_STREAM_CHUNK);
    assert_int_equal(event.seq, 812);
    assert_int_equal(event.ts, 1763650000125);
    assert_true(event_chunk(&event, &back));
    assert_string_equal(back.message, chunk->message);
    assert_int_equal(back.index, chunk->index);
    assert_int_equal(back.count, chunk->count);
    assert_int_equal(back.block, chunk->block);
    assert_int_equal(back.kind, chunk->kind);
    assert_int_equal(back.delta_len, chunk->delta_len);
    assert_memory_equal(back.delta, chunk->delta, chunk->delta_len);

    struct event slow = event;
    struct buf again;
    buf_init(&again, SIZE_MAX);
    assert_true(event_encode(&slow, &again));
    json_t *other = jsonx_parse(again.data, again.len, NULL);
    assert_true(json_equal(json, other));
    json_decref(other);
    buf_free(&again);
    json_decref(json);
    event_clear(&event);
    buf_free(&text);
}

static void a_chunk_written_by_hand_reads_back_the_same(void **unused)
{
    (void)unused;
    static const char *const deltas[] = {"",
                                         "x",
                                         "\"",
                                         "\\",
                                         "\\\"",
                                         "\\\\",
                                         "\\u0000",
                                         "\n\r\t\b\f",
                                         "\x01\x1f\x7f",
                                         "\x1b[31m",
                                         "</script>",
                                         "/",
                                         "\xc2\x80",
                                         "\xc3\xbc",
                                         "\xe2\x80\xa8\xe2\x80\xa9",
                                         "\xef\xbb\xbf",
                                         "\xef\xbf\xbf",
                                         "\xf0\x9f\x98\x80",
                                         "\xf4\x8f\xbf\xbf",
                                         "{\"id\":\"c\",\"name\":\"n\"}",
                                         "%s%n",
                                         "\xe2\x80\xae"
                                         "evil"};
    struct chunk chunk = {.message = MESSAGE, .index = 0, .count = 1, .block = 0, .kind = CHUNK_TEXT};
    char all[128];

    for (size_t i = 0; i < sizeof deltas / sizeof deltas[0]; i++) {
        chunk.delta = deltas[i];
        chunk.delta_len = strlen(deltas[i]);
        chunk.kind = (enum chunk_kind)(i % CHUNK_KIND_COUNT);
        round_trip(&chunk);
    }
    for (int c = 1; c < 128; c++)
        all[c - 1] = (char)c;
    chunk.delta = all;
    chunk.delta_len = 127;
    round_trip(&chunk);
    chunk.index = (uint64_t)INT64_MAX - CHUNK_COUNT_MAX;
    chunk.count = CHUNK_COUNT_MAX;
    chunk.block = STATE_BLOCKS_MAX - 1;
    round_trip(&chunk);
    chunk.delta = "xyz"; /* no NUL follows */
    chunk.delta_len = 2;
    round_trip(&chunk);
}

static void every_code_point_passes_in_a_chunk(void **unused)
{
    (void)unused;
    struct buf all;
    char bytes[4];

    buf_init(&all, SIZE_MAX);
    for (uint32_t cp = 1; cp <= 0x10ffff; cp += cp < 0x3000 ? 1 : 61)
        if (cp < 0xd800 || cp > 0xdfff)
            buf_put(&all, bytes, utf8_encode(cp, bytes));
    struct chunk chunk = {.message = MESSAGE, .count = 1, .delta = all.data, .delta_len = all.len};
    round_trip(&chunk);
    buf_free(&all);
}

static void what_does_not_fit_leaves_the_buffer_as_it_was(void **unused)
{
    (void)unused;
    struct chunk chunk = {.message = MESSAGE, .count = 1, .delta = "\"\x01x", .delta_len = 3};
    json_t *data = json_pack("{s:s}", "reason", "because");
    struct event event = {
        .type = EVENT_SESSION_ENDED, .session = SESSION, .epoch = EPOCH, .seq = 1, .data = data};
    struct buf whole, out;
    size_t chunk_len, event_len;

    buf_init(&whole, SIZE_MAX);
    assert_true(event_encode_chunk(SESSION, EPOCH, 1, 2, &chunk, &whole));
    chunk_len = whole.len;
    assert_true(event_encode(&event, &whole));
    event_len = whole.len - chunk_len;
    for (size_t max = 0; max < chunk_len + 3; max++) {
        buf_init(&out, max);
        buf_puts(&out, "abc");
        size_t before = out.len;
        bool fits = event_encode_chunk(SESSION, EPOCH, 1, 2, &chunk, &out);
        assert_int_equal(fits, max - before >= chunk_len);
        assert_int_equal(out.len, fits ? before + chunk_len : before);
        buf_truncate(&out, before);
        fits = event_encode(&event, &out);
        assert_int_equal(fits, max - before >= event_len);
        assert_int_equal(out.len, fits ? before + event_len : before);
        buf_free(&out);
    }
    buf_free(&whole);
    json_decref(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rows_are_in_order_of_their_names_and_found_by_them),
        cmocka_unit_test(an_agent_may_report_what_the_link_says_and_no_more),
        cmocka_unit_test(the_page_has_the_same_events_and_says_the_same_of_them),
        cmocka_unit_test(kinds_have_names_and_are_found_by_them),
        cmocka_unit_test(an_event_is_read_with_its_number),
        cmocka_unit_test(an_event_of_an_unknown_type_is_read_with_its_number),
        cmocka_unit_test(a_malformed_event_is_refused_with_a_sentence),
        cmocka_unit_test(each_type_comes_back_as_it_was_encoded),
        cmocka_unit_test(a_chunk_written_by_hand_reads_back_the_same),
        cmocka_unit_test(every_code_point_passes_in_a_chunk),
        cmocka_unit_test(what_does_not_fit_leaves_the_buffer_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
