/* Chat Completions: what a stream of OpenAI's, or of one of the many that are nearly like it, becomes. */
#include "tests/unit/daemon/agent/sink_log.h"

#include "shared/jsonx.h"

#define DELTA(inside)  "data: {\"choices\":[{\"index\":0,\"delta\":{" inside "},\"finish_reason\":null}]}\n\n"
#define FINISH(reason) "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}]}\n\n"
#define DONE           "data: [DONE]\n\n"

static void expect(const char *stream, const char *expected)
{
    sink_log_expect(&dialect_openai, stream, expected);
}

static void text_usage_and_the_end(void **state)
{
    (void)state;
    expect("data: "
           "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"service_"
           "tier\":\"x\","
           "\"obfuscation\":\"zz\",\"usage\":null,\"choices\":[{\"index\":0,\"delta\":{\"role\":"
           "\"assistant\",\"content\":"
           "\"\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":null}]}\n\n" DELTA(
               "\"content\":\"hel\"") DELTA("\"content\":\"lo \\u00e9\\n\"")
               FINISH("stop") "data: "
                              "{\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,"
                              "\"prompt_tokens_details\":"
                              "{\"cached_tokens\":5},\"completion_tokens_details\":{\"reasoning_tokens\":2}}}"
                              "\n\n" DONE,
           "begin 0 text\ndelta 0 hel\ndelta 0 lo \xC3\xA9\n\nstop end_turn\nusage 9 4 5 2\ndone\n");
}

static void chunks_that_are_alike_are_read_alike(void **state)
{
    (void)state;
    expect(DELTA("\"content\":\"a\"") DELTA("\"content\":\" b\"") DELTA("\"content\":\"\\\"\\n\"")
               DELTA("\"content\":\"\"") DELTA("\"reasoning\":\"hm\",\"content\":\"c\"")
                   DELTA("\"content\":\"d\"") DELTA("\"content\":\"\xC3\xA9\"") FINISH("stop") DONE,
           "begin 0 text\ndelta 0 a\ndelta 0  b\ndelta 0 \"\n\nbegin 1 reasoning\ndelta 1 hm\n"
           "begin 2 text\ndelta 2 c\ndelta 2 d\ndelta 2 \xC3\xA9\nstop end_turn\ndone\n");
    expect(DELTA("\"content\":\"a\"") DELTA("\"content\":\"\xFF\""),
           "begin 0 text\ndelta 0 a\nfailed it sent an event that is not JSON: line 1 column 43: unable to "
           "decode byte 0xff near '\"'\n");
}

static void reasoning_has_two_names(void **state)
{
    (void)state;
    expect(DELTA("\"content\":null,\"reasoning_content\":\"hm\"")
               DELTA("\"reasoning_content\":\" hm\",\"content\":\"\"")
                   DELTA("\"role\":\"assistant\",\"content\":\"so\"") DONE,
           "begin 0 reasoning\ndelta 0 hm\ndelta 0  hm\nbegin 1 text\ndelta 1 so\ndone\n");
    expect(
        DELTA("\"reasoning\":\"hm\"") DELTA("\"reasoning\":null,\"content\":\"so\"")
            DELTA("\"reasoning\":\"wait\"") DONE,
        "begin 0 reasoning\ndelta 0 hm\nbegin 1 text\ndelta 1 so\nbegin 2 reasoning\ndelta 2 wait\ndone\n");
}

#define CALL(index, inside) "{\"index\":" index "," inside "}"

static void calls_may_interleave(void **state)
{
    (void)state;
    expect(
        DELTA("\"content\":\"both\"") DELTA(
            "\"tool_calls\":[" CALL("0", "\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"look\","
                                         "\"arguments\":\"\"}") "]")
            DELTA("\"tool_calls\":[" CALL(
                "1", "\"id\":\"b\",\"function\":{\"name\":\"find\","
                     "\"arguments\":\"{\"}") "," CALL("0", "\"function\":{\"arguments\":\"{\\\"x\\\"\"}") "]")
                DELTA("\"tool_calls\":[" CALL("0", "\"function\":{\"arguments\":\":1}\"}") "]")
                    DELTA("\"tool_calls\":[" CALL("1", "\"function\":{\"arguments\":\"}\"}") "]")
                        FINISH("tool_calls") DONE,
        "begin 0 text\ndelta 0 both\nbegin 1 tool_call a look\nbegin 2 tool_call b find\ndelta 2 {\ndelta "
        "1 {\"x\"\n"
        "delta 1 :1}\ndelta 2 }\nstop tool_use\ndone\n");
}

static void other_forms_of_calls(void **state)
{
    (void)state;
    expect(DELTA("\"tool_calls\":[" CALL(
               "0", "\"id\":\"a\",\"type\":\"custom\",\"custom\":{\"name\":\"say\",\"input\":\"x\"}") "]")
               FINISH("tool_calls") DONE,
           "begin 0 tool_call a say\ndelta 0 x\nstop tool_use\ndone\n");
    expect(DELTA("\"function_call\":{\"name\":\"old\",\"arguments\":\"\"}")
               DELTA("\"function_call\":{\"arguments\":\"{}\"}") FINISH("function_call") DONE,
           "begin 0 tool_call (null) old\ndelta 0 {}\nstop tool_use\ndone\n");
    /* no index: each is one call; then text is a block of its own */
    expect(DELTA("\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]")
               DELTA("\"content\":\"after\"") DONE,
           "begin 0 tool_call a f\ndelta 0 {}\nbegin 1 text\ndelta 1 after\ndone\n");
}

static void reasons_to_stop(void **state)
{
    (void)state;
    expect(FINISH("length") DONE, "stop max_tokens\ndone\n");
    expect(FINISH("content_filter") DONE, "stop content_filter\ndone\n");
    expect(FINISH("something_new") DONE, "done\n");
    expect(DELTA("\"refusal\":\"I won't\"") FINISH("stop") DONE,
           "begin 0 text\ndelta 0 I won't\nstop refusal\ndone\n");
}

static void the_end_without_done(void **state)
{
    (void)state;
    expect(DELTA("\"content\":\"a\"") FINISH("stop"), "begin 0 text\ndelta 0 a\nstop end_turn\nwhole\n");
    expect(DELTA("\"content\":\"a\""), "begin 0 text\ndelta 0 a\ncut\n");
    expect(DELTA("\"content\":\"a\"") "data: {\"choices\":[{", "begin 0 text\ndelta 0 a\ncut\n");
}

static void failures_within_the_stream(void **state)
{
    (void)state;
    expect(
        DELTA("\"content\":\"a\"") "data: {\"error\":{\"message\":\"out of memory\",\"code\":500}}\n\n" DELTA(
            "\"content\":\"b\""),
        "begin 0 text\ndelta 0 a\nfailed out of memory\n");
    expect("data: {\"error\":\"flat\"}\n\n", "failed flat\n");
    expect("event: error\ndata: {\"message\":\"by name\"}\n\n", "failed by name\n");
    expect("event: error\ndata: plain words\n\n", "failed plain words\n");
    expect("data: {\"choices\":[{\"index\":0,\"error\":{\"message\":\"upstream\"}}]}\n\n",
           "failed upstream\n");
    expect("data: {\"error\":null,\"choices\":[]}\n\n" FINISH("stop") DONE, "stop end_turn\ndone\n");
}

static void nonsense_is_a_failure_or_nothing(void **state)
{
    (void)state;
    expect("data: {nonsense\n\n", "failed it sent an event that is not JSON: line 1 column 9: string or '}' "
                                  "expected near 'nonsense'\n");
    expect("data: 7\n\ndata: []\n\ndata: {\"choices\":7}\n\ndata: "
           "{\"choices\":[7,{\"index\":0},{\"delta\":[]}]}\n\n"
           "data: "
           "{\"choices\":[{\"index\":0,\"delta\":{\"content\":7,\"tool_calls\":[7,{}]},\"finish_reason\":7}]}"
           "\n\n" DONE,
           "done\n");
    expect("data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"other\"}}]}\n\n" DONE, "done\n");
}

static void surrogates_are_one_character(void **state)
{
    (void)state;
    expect(DELTA("\"content\":\"\\ud83d\\ude00\"") DONE, "begin 0 text\ndelta 0 \xF0\x9F\x98\x80\ndone\n");
}

/* --- requests --- */

static void the_request(void **state)
{
    struct prompt prompt;
    struct ask ask = {.model = "any", .base_url = "http://h:1/v1//", .key = "k", .prompt = &prompt};
    struct dialect_request request = {0};

    prompt_init(&prompt);
    (void)state;
    dialect_openai.request(&ask, &request);
    assert_string_equal(request.url, "http://h:1/v1/chat/completions");
    assert_string_equal(request.headers[2], "Authorization: Bearer k");
    assert_null(request.headers[3]);
    json_t *body = jsonx_parse(request.body, request.body_len, NULL);
    assert_string_equal(jsonx_str(body, "model", ""), "any");
    assert_null(json_object_get(body, "temperature"));
    assert_null(json_object_get(body, "max_tokens"));
    assert_null(json_object_get(body, "tools"));
    json_decref(body);
    free(request.url);
    free(request.body);
    for (int i = 0; i < 3; i++)
        free(request.headers[i]);
    prompt_clear(&prompt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_usage_and_the_end),
        cmocka_unit_test(chunks_that_are_alike_are_read_alike),
        cmocka_unit_test(reasoning_has_two_names),
        cmocka_unit_test(calls_may_interleave),
        cmocka_unit_test(other_forms_of_calls),
        cmocka_unit_test(reasons_to_stop),
        cmocka_unit_test(the_end_without_done),
        cmocka_unit_test(failures_within_the_stream),
        cmocka_unit_test(nonsense_is_a_failure_or_nothing),
        cmocka_unit_test(surrogates_are_one_character),
        cmocka_unit_test(the_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
