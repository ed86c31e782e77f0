/* The built-in model: its directives, and that the same message always gives the same reply. */
#include "tests/unit/daemon/agent/sink_log.h"

#include "daemon/agent/demo_script.h"
#include "daemon/agent/provider.h"
#include "shared/clock.h"
#include "shared/utf8.h"
#include <signal.h>
#include <uv.h>

/* Runs the demo model to its end and returns what it did. */
static char *play(const char *text)
{
    uv_loop_t loop;
    struct sink_log log;
    struct sink sink = sink_log_open(&log);
    struct prompt prompt;
    struct ask ask = {.loop = &loop, .provider = "demo", .model = "demo", .demo_rate = 0, .prompt = &prompt};

    prompt_init(&prompt);
    prompt_add_text(&prompt, "user", text);

    uv_loop_init(&loop);
    provider_demo.start(&ask, &sink);
    prompt_clear(&prompt); /* it is not needed after start */
    assert_string_equal(log.text.data, "");
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    return buf_take(&log.text);
}

/* The same when the results of its calls are there: the calls were made as many times. */
static char *play_results(const char *text, int times, const char *also)
{
    uv_loop_t loop;
    struct sink_log log;
    struct sink sink = sink_log_open(&log);
    struct prompt prompt;
    struct ask ask = {.loop = &loop, .provider = "demo", .model = "demo", .demo_rate = 0, .prompt = &prompt};

    prompt_init(&prompt);
    prompt_add_text(&prompt, "user", text);
    for (int i = 0; i < times; i++) {
        prompt_add(&prompt, "assistant",
                   json_pack("{s:s,s:s,s:s,s:s}", "type", "call", "id", "c", "name", "look", "input", "{}"));
        prompt_add(&prompt, "user",
                   json_pack("{s:s,s:s,s:s,s:s,s:b}", "type", "result", "id", "c", "name", "look", "text",
                             "seen\nit", "failed", i % 2));
    }
    if (also)
        prompt_add_text(&prompt, "user", also);
    uv_loop_init(&loop);
    provider_demo.start(&ask, &sink);
    prompt_clear(&prompt);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    return buf_take(&log.text);
}

static size_t count(const char *text, const char *what)
{
    size_t found = 0;

    for (; (text = strstr(text, what)); text += strlen(what))
        found++;
    return found;
}

static void a_plain_answer_is_always_the_same(void **state)
{
    char *first = play("What can you do?\nTell me."), *second = play("What can you do?\nTell me.");

    (void)state;
    assert_string_equal(first, second);
    assert_int_equal(count(first, "begin "), 1);
    assert_true(count(first, "delta 0 ") > 20);
    assert_non_null(strstr(first, "stop end_turn\ndone\n"));
    free(first);
    free(second);
}

static void the_answer_shows_markdown_and_what_was_asked(void **state)
{
    struct demo_script script;

    (void)state;
    demo_script_read(&script, "one\ntwo", 50);
    assert_int_equal(script.rate, 50);
    assert_int_equal(script.chunks, 0);
    assert_non_null(strstr(script.text, "> one two\n"));
    assert_non_null(strstr(script.text, "\n- "));
    assert_non_null(strstr(script.text, "\n|---|---|\n"));
    assert_non_null(strstr(script.text, "\n```yaml\n"));
    demo_script_clear(&script);
}

static void a_long_question_is_cut_between_characters(void **state)
{
    struct demo_script script;
    char question[1001];

    (void)state;
    for (int i = 0; i < 500; i++)
        memcpy(question + i * 2, "\xC3\xA9", 3);
    demo_script_read(&script, question, 50);
    assert_true(utf8_valid(script.text, strlen(script.text)));
    assert_non_null(strstr(script.text, "\xC3\xA9\xE2\x80\xA6\n"));
    demo_script_clear(&script);
}

static void directives_are_read(void **state)
{
    struct demo_script script;

    (void)state;
    demo_script_read(&script,
                     "please\n/demo rate=7 chunks=3 bytes=11 seed=5 slow=20 reasoning=1 tool=look fail=mid "
                     "crash=segv hang=1\nok",
                     50);
    assert_int_equal(script.rate, 7);
    assert_int_equal(script.chunks, 3);
    assert_int_equal(script.bytes, 11);
    assert_int_equal(script.seed, 5);
    assert_int_equal(script.slow_ms, 20);
    assert_true(script.reasoning && script.hang);
    assert_string_equal(script.tools, "look");
    assert_int_equal(script.fail, DEMO_FAIL_MID);
    assert_int_equal(script.crash, SIGSEGV);
    demo_script_clear(&script);
}

static void nonsense_directives_are_skipped(void **state)
{
    struct demo_script script;

    (void)state;
    demo_script_read(&script, "/demo rate=x chunks=-1 bytes=1k fail=never crash=now words = =x seed= rate",
                     50);
    assert_int_equal(script.rate, 50);
    assert_int_equal(script.crash, 0);
    assert_int_equal(script.fail, DEMO_FAIL_NOT);
    demo_script_clear(&script);
    demo_script_read(&script, "/demonstrate chunks=3", 50);
    assert_int_equal(script.chunks, 0);
    demo_script_clear(&script);
    demo_script_read(&script, "/demo bytes=99999999999999999999", 50);
    assert_int_equal(script.chunks, 100);
    assert_in_range(script.bytes, 1, 65536);
    demo_script_clear(&script);
}

static void expect(const char *text, const char *expected)
{
    char *seen = play(text);

    assert_string_equal(seen, expected);
    free(seen);
}

static void it_says_what_it_is_told(void **state)
{
    (void)state;
    expect("/demo echo=one two three four\nmore", "begin 0 text\ndelta 0 one two three \nusage 9 1 0 "
                                                  "0\ndelta 0 four\nusage 9 2 0 0\nstop end_turn\ndone\n");
}

static void it_fails_when_it_is_told(void **state)
{
    (void)state;
    expect("/demo fail=start", "failed the demo model failed at once, as it was told to\n");
    char *seen = play("/demo chunks=4 fail=mid");
    assert_int_equal(count(seen, "delta"), 2);
    assert_non_null(strstr(seen, "failed "));
    free(seen);
}

static void it_thinks_and_calls_tools(void **state)
{
    char *seen = play("/demo reasoning=1 tool=look echo=x");

    (void)state;
    assert_non_null(strstr(seen, "begin 0 reasoning\n"));
    free(seen);
    seen = play("/demo reasoning=1 chunks=1 tool=look");
    assert_non_null(strstr(seen, "begin 1 text\n"));
    assert_non_null(
        strstr(seen, "begin 2 tool_call call_demo look\ndelta 2 {\"from\":\"demo\"}\nstop tool_use\ndone\n"));
    free(seen);
}

static void it_calls_several_tools_with_the_input_it_is_told(void **state)
{
    char *seen = play("/demo echo=x\n/demo tools=look,see,hear input={\"a\": [1, 2]} ");

    (void)state;
    assert_non_null(strstr(seen, "begin 1 tool_call call_demo look\ndelta 1 {\"a\": [1, 2]} \n"
                                 "begin 2 tool_call call_demo_2 see\ndelta 2 {\"a\": [1, 2]} \n"
                                 "begin 3 tool_call call_demo_3 hear\n"));
    free(seen);
    seen = play("/demo echo=x\n/demo tool=look input=");
    assert_non_null(strstr(seen, "begin 1 tool_call call_demo look\nstop tool_use\n"));
    free(seen);
}

static void it_says_what_came_of_its_calls(void **state)
{
    char *seen = play_results("/demo tool=look reasoning=1 hang=1 fail=mid", 1, NULL);

    (void)state;
    assert_non_null(strstr(seen, "delta 0 The tool `look` \n"));
    assert_non_null(strstr(seen, "delta 0 answered:\n\n> seen \n"));
    assert_non_null(strstr(seen, "stop end_turn\ndone\n"));
    assert_null(strstr(seen, "tool_call"));
    free(seen);
    seen = play_results("/demo tool=look", 2, "and then");
    assert_non_null(strstr(seen, " failed:"));
    assert_non_null(strstr(seen, "wrote:"));
    assert_non_null(strstr(seen, "then"));
    free(seen);
}

static void it_calls_as_often_as_it_is_told(void **state)
{
    char *second = play_results("/demo tool=look times=2", 1, NULL),
         *last = play_results("/demo tool=look times=2", 2, NULL);

    (void)state;
    assert_non_null(strstr(second, "begin 1 tool_call call_demo look\n"));
    assert_null(strstr(last, "tool_call"));
    free(second);
    free(last);
}

static void invented_text_has_the_size_that_was_asked(void **state)
{
    char *seen = play("/demo chunks=200 bytes=33 seed=1"), *other = play("/demo chunks=200 bytes=33 seed=2");

    (void)state;
    assert_int_equal(count(seen, "delta 0 "), 200);
    assert_string_not_equal(seen, other);
    free(seen);
    free(other);

    struct buf out;
    struct demo_words words = {.random = 9};
    buf_init(&out, 1 << 16);
    demo_script_invent(&words, 12345, &out);
    assert_int_equal(out.len, 12345);
    buf_free(&out);
}

static void invented_words_stay_whole_across_chunks(void **state)
{
    struct buf whole, chunks;
    struct demo_words at_once = {.random = 9}, in_chunks = {.random = 9};

    (void)state;
    buf_init(&whole, 4096);
    buf_init(&chunks, 4096);
    demo_script_invent(&at_once, 700, &whole);
    for (int i = 0; i < 100; i++)
        demo_script_invent(&in_chunks, 7, &chunks);
    assert_int_equal(chunks.len, whole.len);
    assert_memory_equal(chunks.data, whole.data, whole.len);
    buf_free(&whole);
    buf_free(&chunks);
}

static void pieces_are_whole_words(void **state)
{
    const char *text = "a b  c\n\nd e";

    (void)state;
    assert_int_equal(demo_script_piece(text), 8);
    assert_int_equal(demo_script_piece(text + 8), 3);
    assert_int_equal(demo_script_piece(""), 0);
    assert_int_equal(demo_script_piece("   "), 3);
}

static void the_rate_is_kept(void **state)
{
    int64_t start = clock_steady_ms();

    (void)state;
    free(play("/demo chunks=100 rate=1000"));
    assert_in_range(clock_steady_ms() - start, 90, 5000);
    start = clock_steady_ms();
    free(play("/demo chunks=1 slow=60"));
    assert_in_range(clock_steady_ms() - start, 55, 5000);
}

static void a_run_may_be_cancelled(void **state)
{
    uv_loop_t loop;
    struct sink_log log;
    struct sink sink = sink_log_open(&log);
    struct prompt prompt;
    struct ask ask = {.loop = &loop, .provider = "demo", .model = "demo", .prompt = &prompt};

    (void)state;
    prompt_init(&prompt);
    prompt_add_text(&prompt, "user", "/demo hang=1");
    uv_loop_init(&loop);
    void *run = provider_demo.start(&ask, &sink);
    uv_run(&loop, UV_RUN_NOWAIT);
    provider_demo.cancel(run);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_string_equal(log.text.data, "");
    prompt_clear(&prompt);
}

static void it_says_which_files_it_got_unless_it_was_told_what_to_say(void **state)
{
    json_t *content = json_pack("[{s:s,s:s,s:s,s:i},{s:s,s:s}]", "type", "text", "text", "...", "file", "a.c",
                                "bytes", 12, "type", "text", "text", "look");
    struct demo_script script;

    (void)state;
    demo_script_read(&script, "look", 50);
    demo_script_files(&script, content);
    assert_int_equal(strncmp(script.text, "I got the file a.c of 12 bytes.\n\nHello! ", 40), 0);
    demo_script_clear(&script);
    demo_script_read(&script, "/demo echo=x", 50);
    demo_script_files(&script, content);
    assert_string_equal(script.text, "x");
    demo_script_clear(&script);
    json_decref(content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_answer_is_always_the_same),
        cmocka_unit_test(the_answer_shows_markdown_and_what_was_asked),
        cmocka_unit_test(a_long_question_is_cut_between_characters),
        cmocka_unit_test(directives_are_read),
        cmocka_unit_test(nonsense_directives_are_skipped),
        cmocka_unit_test(it_says_what_it_is_told),
        cmocka_unit_test(it_fails_when_it_is_told),
        cmocka_unit_test(it_thinks_and_calls_tools),
        cmocka_unit_test(it_calls_several_tools_with_the_input_it_is_told),
        cmocka_unit_test(it_says_what_came_of_its_calls),
        cmocka_unit_test(it_calls_as_often_as_it_is_told),
        cmocka_unit_test(invented_text_has_the_size_that_was_asked),
        cmocka_unit_test(invented_words_stay_whole_across_chunks),
        cmocka_unit_test(pieces_are_whole_words),
        cmocka_unit_test(the_rate_is_kept),
        cmocka_unit_test(a_run_may_be_cancelled),
        cmocka_unit_test(it_says_which_files_it_got_unless_it_was_told_what_to_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
