/* One question to the model outside of the conversation: what a server asks for, in the words of both APIs,
 * and what it gets. The demo model answers. */
#include "daemon/agent/dialect.h"
#include "daemon/agent/sample.h"
#include "shared/jsonx.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DEMO "{\"model\":\"demo\",\"provider\":{\"name\":\"demo\",\"api\":\"demo\"},\"demo\":{\"rate\":0}}"

struct seen {
    int calls;
    json_t *result, *usage;
    char *why;
};

static void on_done(void *arg, const json_t *result, const json_t *usage, const char *why)
{
    struct seen *seen = arg;

    seen->calls++;
    seen->result = json_deep_copy(result);
    seen->usage = json_deep_copy(usage);
    seen->why = why ? strdup(why) : NULL;
}

static struct seen play(const char *order, const char *params)
{
    uv_loop_t loop;
    struct seen seen = {0};
    struct sample_handler handler = {.arg = &seen, .done = on_done};
    json_t *ordered = json_loads(order, 0, NULL), *asked = json_loads(params, 0, NULL);

    assert_non_null(ordered);
    assert_non_null(asked);
    uv_loop_init(&loop);
    sample_start(&loop, NULL, ordered, asked, &handler);
    assert_int_equal(seen.calls, 0);
    json_decref(ordered);
    json_decref(asked);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(seen.calls, 1);
    return seen;
}

static void clear(struct seen *seen)
{
    json_decref(seen->result);
    json_decref(seen->usage);
    free(seen->why);
}

static void expect(const char *params, const char *expected)
{
    struct seen seen = play(DEMO, params);
    char *text = jsonx_dump(seen.result, &(size_t){0});

    assert_null(seen.why);
    assert_string_equal(text, expected);
    assert_true(jsonx_int(seen.usage, "input", 0) > 0);
    free(text);
    clear(&seen);
}

#define TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"

static void the_model_answers(void **state)
{
    (void)state;
    expect("{\"messages\":[{\"role\":\"user\",\"content\":" TEXT("/demo echo=hello") "}],\"maxTokens\":100}",
           "{\"role\":\"assistant\",\"content\":" TEXT(
               "hello") ",\"model\":\"demo/demo\",\"stopReason\":\"endTurn\"}");
    expect("{\"messages\":[{\"role\":\"user\",\"content\":[" TEXT("x") "," TEXT("/demo echo=list") "]}]}",
           "{\"role\":\"assistant\",\"content\":" TEXT(
               "list") ",\"model\":\"demo/demo\",\"stopReason\":\"endTurn\"}");
}

static void tool_use_goes_back_to_the_asker(void **state)
{
    (void)state;
    expect(
        "{\"messages\":[{\"role\":\"user\",\"content\":" TEXT(
            "/demo echo=hm\\n/demo tool=add input={\\\"a\\\":1}") "}],\"tools\":[{\"name\":\"add\","
                                                                  "\"inputSchema\":{"
                                                                  "\"type\":\"object\"}}],\"toolChoice\":{"
                                                                  "\"mode\":"
                                                                  "\"auto\"}}",
        "{\"role\":\"assistant\",\"content\":[" TEXT("hm") ",{\"type\":\"tool_use\",\"id\":\"call_demo\","
                                                           "\"name\":\"add\",\"input\":{\"a\":1}}],\"model\":"
                                                           "\"demo/demo\",\"stopReason\":\"toolUse\"}");
    expect(
        "{\"messages\":[{\"role\":\"user\",\"content\":" TEXT(
            "/demo echo=hm\\n/demo tool=add") "},{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\","
                                              "\"id\":"
                                              "\"c\",\"name\":\"add\",\"input\":{}}]},{\"role\":\"user\","
                                              "\"content\":"
                                              "[{\"type\":\"tool_result\",\"toolUseId\":\"c\",\"content\":"
                                              "[" TEXT("3") "]}]}]}",
        "{\"role\":\"assistant\",\"content\":" TEXT(
            "The tool `` answered:\\n\\n> 3\\n\\n") ",\"model\":\"demo/demo\",\"stopReason\":\"endTurn\"}");
}

static void failures_are_said(void **state)
{
    struct seen seen =
        play(DEMO, "{\"messages\":[{\"role\":\"user\",\"content\":" TEXT("/demo fail=mid chunks=4") "}]}");

    (void)state;
    assert_null(seen.result);
    assert_string_equal(seen.why, "the demo model failed halfway, as it was told to");
    clear(&seen);
    seen = play("{\"model\":\"m\",\"provider\":{\"name\":\"p\",\"api\":\"telepathy\"}}", "{\"messages\":[]}");
    assert_null(seen.result);
    assert_non_null(strstr(seen.why, "telepathy"));
    clear(&seen);
}

static void an_answer_has_a_size(void **state)
{
    struct seen seen = play(
        DEMO, "{\"messages\":[{\"role\":\"user\",\"content\":" TEXT("/demo chunks=40 bytes=50000") "}]}");

    (void)state;
    assert_int_equal(strlen(jsonx_str(jsonx_obj(seen.result, "content"), "text", "")), 1 << 20);
    assert_string_equal(jsonx_str(seen.result, "stopReason", ""), "maxTokens");
    clear(&seen);
}

static void it_may_be_cancelled(void **state)
{
    static const char *const orders[] = {DEMO, "{\"provider\":{\"api\":\"telepathy\"}}"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        uv_loop_t loop;
        struct seen seen = {0};
        struct sample_handler handler = {.arg = &seen, .done = on_done};
        json_t *order = json_loads(orders[i], 0, NULL),
               *params = json_loads(
                   "{\"messages\":[{\"role\":\"user\",\"content\":" TEXT("/demo chunks=1000000") "}]}", 0,
                   NULL);
        uv_loop_init(&loop);
        struct sample *sample = sample_start(&loop, NULL, order, params, &handler);
        json_decref(order);
        json_decref(params);
        if (i == 0)
            for (int k = 0; k < 10; k++)
                uv_run(&loop, UV_RUN_NOWAIT);
        sample_cancel(&sample);
        assert_null(sample);
        uv_run(&loop, UV_RUN_DEFAULT);
        assert_int_equal(uv_loop_close(&loop), 0);
        assert_int_equal(seen.calls, 0);
    }
    struct sample *none = NULL;
    sample_cancel(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_answers),   cmocka_unit_test(tool_use_goes_back_to_the_asker),
        cmocka_unit_test(failures_are_said),   cmocka_unit_test(an_answer_has_a_size),
        cmocka_unit_test(it_may_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
