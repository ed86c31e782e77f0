/* The order in what is said to a model: roles alternate, results come first, nothing is blank. */
#include "daemon/agent/prompt.h"
#include "shared/jsonx.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *result(const char *id)
{
    return json_pack("{s:s,s:s,s:s}", "type", "result", "id", id, "text", "r");
}

static void expect(const struct prompt *prompt, const char *expected)
{
    char *text = jsonx_dump(prompt->messages, &(size_t){0});

    assert_string_equal(text, expected);
    free(text);
}

static void roles_alternate_and_begin_with_a_user(void **state)
{
    struct prompt prompt;

    (void)state;
    prompt_init(&prompt);
    prompt_add_text(&prompt, "assistant", "too early");
    prompt_add_text(&prompt, "user", "a");
    prompt_add_text(&prompt, "user", " \n\t");
    prompt_add_text(&prompt, "user", "b");
    prompt_add_text(&prompt, "assistant", "c");
    expect(&prompt,
           "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":"
           "\"b\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"c\"}]}]");
    assert_string_equal(prompt_asked(&prompt), "b");
    assert_int_equal(prompt_bytes(&prompt), 3);
    assert_null(prompt_results(&prompt));
    prompt_clear(&prompt);
}

static void results_come_first_in_their_order(void **state)
{
    struct prompt prompt;

    (void)state;
    prompt_init(&prompt);
    prompt_add_text(&prompt, "user", "a");
    prompt_add(&prompt, "user", result("1"));
    prompt_add(&prompt, "user", result("2"));
    expect(&prompt,
           "[{\"role\":\"user\",\"content\":[{\"type\":\"result\",\"id\":\"1\",\"text\":\"r\"},{\"type\":"
           "\"result\",\"id\":\"2\",\"text\":\"r\"},{\"type\":\"text\",\"text\":\"a\"}]}]");
    assert_int_equal(json_array_size(prompt_results(&prompt)), 3);
    prompt_clear(&prompt);
}

static void texts_are_joined_up_to_what_is_none(void **state)
{
    json_t *content = json_pack("[{s:s,s:s},{s:s,s:s},{s:s},{s:s,s:s}]", "type", "text", "text", "a", "type",
                                "text", "text", "b", "type", "image", "type", "text", "text", "c");
    char *text;

    (void)state;
    assert_int_equal(prompt_text(content, 0, &text), 2);
    assert_string_equal(text, "a\n\nb");
    free(text);
    assert_int_equal(prompt_text(content, 2, &text), 2);
    assert_null(text);
    assert_int_equal(prompt_text(content, 3, &text), 4);
    assert_string_equal(text, "c");
    free(text);
    json_decref(content);
}

static void an_empty_one(void **state)
{
    struct prompt prompt;

    (void)state;
    prompt_init(&prompt);
    assert_string_equal(prompt_asked(&prompt), "");
    assert_null(prompt_results(&prompt));
    assert_false(prompt_has_tools(&prompt));
    assert_int_equal(prompt_bytes(&prompt), 0);
    prompt_clear(&prompt);
    prompt_clear(&prompt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_alternate_and_begin_with_a_user),
        cmocka_unit_test(results_come_first_in_their_order),
        cmocka_unit_test(texts_are_joined_up_to_what_is_none),
        cmocka_unit_test(an_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
