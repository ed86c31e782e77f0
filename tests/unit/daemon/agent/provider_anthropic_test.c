/* The Messages API: what each of its events becomes. */
#include "tests/unit/daemon/agent/sink_log.h"

#include "shared/jsonx.h"

#define EVENT(type, inside) "event: " type "\ndata: {\"type\":\"" type "\"" inside "}\n\n"
#define START(index, block) EVENT("content_block_start", ",\"index\":" index ",\"content_block\":" block)
#define DELTA(index, delta) EVENT("content_block_delta", ",\"index\":" index ",\"delta\":" delta)
#define STOP(index)         EVENT("content_block_stop", ",\"index\":" index)
#define END                 EVENT("message_stop", "")
#define TEXT_BLOCK          "{\"type\":\"text\",\"text\":\"\"}"
#define TEXT(text)          "{\"type\":\"text_delta\",\"text\":\"" text "\"}"

static void expect(const char *stream, const char *expected)
{
    sink_log_expect(&dialect_anthropic, stream, expected);
}

static void text_usage_and_the_end(void **state)
{
    (void)state;
    expect(EVENT("message_start",
                 ",\"message\":{\"id\":\"msg\",\"content\":[],\"usage\":{\"input_tokens\":10,"
                 "\"cache_read_input_tokens\":4,\"cache_creation_input_tokens\":1,\"output_tokens\":1}}")
               START("0", TEXT_BLOCK) EVENT("ping", "") DELTA("0", TEXT("hel")) DELTA("0", TEXT("lo"))
                   STOP("0") EVENT("message_delta",
                                   ",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},"
                                   "\"usage\":{\"input_tokens\":null,\"output_tokens\":7}") END,
           "usage 15 1 4 0\nbegin 0 text\ndelta 0 hel\ndelta 0 lo\nusage 15 7 4 0\nstop end_turn\ndone\n");
}

static void pieces_that_are_alike_are_read_alike(void **state)
{
    (void)state;
    expect(
        START("0", TEXT_BLOCK) DELTA("0", TEXT("a")) DELTA("0", TEXT(" b")) DELTA("0", TEXT("\\n"))
            DELTA("0", TEXT("")) STOP("0") DELTA("0", TEXT("nobody's")) START("0", TEXT_BLOCK)
                DELTA("0", TEXT("c")) START("1", TEXT_BLOCK) DELTA("1", TEXT("d")) DELTA("0", TEXT("e")) END,
        "begin 0 text\ndelta 0 a\ndelta 0  b\ndelta 0 \n\nbegin 1 text\ndelta 1 c\nbegin 2 text\ndelta 2 d\n"
        "delta 1 e\ndone\n");
}

static void usage_is_a_total_and_null_keeps(void **state)
{
    (void)state;
    expect(EVENT("message_delta", ",\"usage\":{\"input_tokens\":5,\"output_tokens\":3}")
               EVENT("message_delta", ",\"usage\":{\"input_tokens\":6,\"output_tokens\":null}") END,
           "usage 5 3 0 0\nusage 6 3 0 0\ndone\n");
}

static void thinking_and_its_signature(void **state)
{
    (void)state;
    expect(
        START("0", "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}")
            DELTA("0", "{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}")
                DELTA("0", "{\"type\":\"signature_delta\",\"signature\":\"one\"}")
                    DELTA("0", "{\"type\":\"signature_delta\",\"signature\":\"two\"}") STOP("0")
                        START("1", "{\"type\":\"redacted_thinking\",\"data\":\"opaque\"}") STOP("1")
                            START("2", TEXT_BLOCK) DELTA("2", TEXT("so")) STOP("2") END,
        "begin 0 reasoning\ndelta 0 hm\nsignature 0 one\nsignature 0 two\nbegin 1 redacted\ndelta 1 opaque\n"
        "begin 2 text\ndelta 2 so\ndone\n");
}

static void tool_calls(void **state)
{
    (void)state;
    expect(START("0", "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"look\",\"input\":{}}")
               DELTA("0", "{\"type\":\"input_json_delta\",\"partial_json\":\"\"}")
                   DELTA("0", "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":\"}")
                       DELTA("0", "{\"type\":\"input_json_delta\",\"partial_json\":\"1}\"}") STOP("0")
                           EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"tool_use\"}") END,
           "begin 0 tool_call t1 look\ndelta 0 {\"a\":\ndelta 0 1}\nstop tool_use\ndone\n");
}

static void a_call_without_arguments_has_an_empty_object(void **state)
{
    (void)state;
    expect(START("0", "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"now\",\"input\":{}}") STOP("0") END,
           "begin 0 tool_call t now\ndelta 0 {}\ndone\n");
    expect(START("0", "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"now\"}")
               DELTA("0", "{\"type\":\"input_json_delta\",\"partial_json\":\"\"}") STOP("0") END,
           "begin 0 tool_call t now\ndelta 0 {}\ndone\n");
    expect(START("0", "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"now\",\"input\":{\"at\":1}}") STOP("0")
               END,
           "begin 0 tool_call t now\ndelta 0 {\"at\":1}\ndone\n");
}

static void what_was_not_asked_for_is_skipped(void **state)
{
    (void)state;
    expect(START("0", "{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"web_search\",\"input\":{}}")
               DELTA("0", "{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}") STOP("0")
                   START("1", "{\"type\":\"web_search_tool_result\",\"content\":[]}") STOP("1")
                       START("2", "{\"type\":\"container_upload\",\"file_id\":\"f\"}") STOP("2")
                           START("3", "{\"type\":\"from_the_future\"}") DELTA("3", "{\"type\":\"new_delta\"}")
                               STOP("3") START("4", TEXT_BLOCK)
                                   DELTA("4", "{\"type\":\"citations_delta\",\"citation\":{}}")
                                       DELTA("4", "{\"type\":\"compaction_delta\",\"content\":\"c\"}")
                                           DELTA("4", TEXT("x")) STOP("4") EVENT("from_the_future", "") END,
           "begin 0 text\ndelta 0 x\ndone\n");
}

static void reasons_to_stop(void **state)
{
    (void)state;
#define REASON(reason) EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"" reason "\"}") END
    expect(REASON("max_tokens"), "stop max_tokens\ndone\n");
    expect(REASON("stop_sequence"), "stop stop_sequence\ndone\n");
    expect(REASON("pause_turn"), "stop pause_turn\ndone\n");
    expect(REASON("refusal"), "stop refusal\ndone\n");
    expect(REASON("model_context_window_exceeded"), "stop context_window\ndone\n");
    expect(REASON("something_new"), "done\n");
}

static void only_message_stop_is_the_end(void **state)
{
    (void)state;
    expect(START("0", TEXT_BLOCK) DELTA("0", TEXT("a")) STOP("0")
               EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"end_turn\"}"),
           "begin 0 text\ndelta 0 a\nstop end_turn\ncut\n");
    expect("event: message_stop\ndata: {\"type\":\"message_stop\"}\n", "cut\n");
}

static void failures_within_the_stream(void **state)
{
    (void)state;
    expect(START("0", TEXT_BLOCK) DELTA("0", TEXT("a"))
               EVENT("error", ",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}")
                   DELTA("0", TEXT("b")),
           "begin 0 text\ndelta 0 a\nfailed overloaded_error: Overloaded\n");
    expect(EVENT("error", ""), "failed error: no reason given\n");
    expect("event: x\ndata: {\n\n",
           "failed it sent an event that is not JSON: line 1 column 1: string or '}' expected near "
           "end of file\n");
}

static void nonsense_is_nothing(void **state)
{
    (void)state;
    expect("data: 7\n\ndata: {}\n\n" EVENT("content_block_delta", "") DELTA("9", TEXT("no such block"))
               DELTA("-1", TEXT("x")) START("256", TEXT_BLOCK) START("99999999999", TEXT_BLOCK) STOP("3")
                   START("0", TEXT_BLOCK)
                       DELTA("0", "{\"type\":\"input_json_delta\",\"partial_json\":\"wrong kind\"}")
                           DELTA("0", "7") STOP("0") DELTA("0", TEXT("late"))
                               EVENT("message_start", ",\"message\":7")
                                   EVENT("message_delta", ",\"delta\":7,\"usage\":7") END,
           "begin 0 text\ndone\n");
}

static void an_event_is_known_by_its_type_or_its_name(void **state)
{
    (void)state;
    expect("data: {\"type\":\"message_stop\"}\n\n", "done\n");
    expect("event: message_stop\ndata: {}\n\n", "done\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_usage_and_the_end),
        cmocka_unit_test(pieces_that_are_alike_are_read_alike),
        cmocka_unit_test(usage_is_a_total_and_null_keeps),
        cmocka_unit_test(thinking_and_its_signature),
        cmocka_unit_test(tool_calls),
        cmocka_unit_test(a_call_without_arguments_has_an_empty_object),
        cmocka_unit_test(what_was_not_asked_for_is_skipped),
        cmocka_unit_test(reasons_to_stop),
        cmocka_unit_test(only_message_stop_is_the_end),
        cmocka_unit_test(failures_within_the_stream),
        cmocka_unit_test(nonsense_is_nothing),
        cmocka_unit_test(an_event_is_known_by_its_type_or_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
