/* One message as JSON and back, its text, and what is refused. */
#include "proto/state.h"
#include "shared/jsonx.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID   "m_01j8zq4k3nw8x5t7v9r2m6p0q1"
#define HEAD "{\"id\":\"" ID "\",\"role\":\"assistant\",\"author\":\"local/any\",\"ts\":5,"
#define BLOCKS                                                                                               \
    "[{\"type\":\"reasoning\",\"text\":\"hm\",\"signature\":\"c2ln\"},{\"type\":\"redacted\",\"data\":"      \
    "\"b3Bh\"},"                                                                                             \
    "{\"type\":\"text\",\"text\":\"one\"},{\"type\":\"tool_call\",\"id\":\"c1\",\"name\":\"read\","          \
    "\"input\":"                                                                                             \
    "\"{\\\"a\\\": 1}\"},{\"type\":\"text\",\"text\":\"two \\u00fc\\ud83d\\ude00\"}]"

static struct message *parse(const char *text)
{
    json_t *json = jsonx_parse(text, strlen(text), NULL);
    if (!json)
        fail_msg("%s", text);
    struct message *message = message_from_json(json);
    json_decref(json);
    return message;
}

static void a_message_comes_back_as_it_was(void **unused)
{
    (void)unused;
    static const char *const texts[] = {
        HEAD "\"status\":\"streaming\",\"index\":41,\"content\":" BLOCKS "}",
        HEAD "\"status\":\"streaming\",\"index\":0,\"content\":[]}",
        HEAD "\"status\":\"complete\",\"content\":" BLOCKS
             ",\"stop_reason\":\"tool_use\",\"usage\":{\"input\":1,"
             "\"output\":2,\"cached\":3,\"reasoning\":4},\"timings\":{\"first_ms\":5,\"total_ms\":6}}",
        HEAD "\"status\":\"failed\",\"content\":[],\"error\":\"429\",\"usage\":{\"input\":0,\"output\":0,"
             "\"cached\":0,\"reasoning\":0},\"timings\":{\"first_ms\":-1,\"total_ms\":-1}}",
        "{\"id\":\"" ID "\",\"role\":\"user\",\"author\":\"\",\"ts\":0,\"status\":\"complete\",\"content\":"
        "[{\"type\":\"text\",\"text\":\"\"}]}",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct message *message = parse(texts[i]);
        if (!message)
            fail_msg("refused: %s", texts[i]);
        json_t *before = jsonx_parse(texts[i], strlen(texts[i]), NULL), *after = message_to_json(message);
        if (!json_equal(before, after))
            fail_msg("%s became %s", texts[i], jsonx_dump(after, NULL));
        json_decref(before);
        json_decref(after);
        message_free(&message);
        assert_null(message);
    }
}

static void its_text_is_the_text_blocks(void **unused)
{
    (void)unused;
    struct message *message = parse(HEAD "\"status\":\"complete\",\"content\":" BLOCKS "}");
    char *text = message_text(message);

    assert_string_equal(text, "one\n\ntwo \xc3\xbc\xf0\x9f\x98\x80");
    free(text);
    message_free(&message);

    message = parse(HEAD "\"status\":\"complete\",\"content\":[]}");
    text = message_text(message);
    assert_string_equal(text, "");
    free(text);
    message_free(&message);
    message_free(&message);
}

static void files_are_told_from_what_was_typed(void **unused)
{
    static const char expected[] =
        "{\"id\":\"" ID
        "\",\"role\":\"user\",\"author\":\"ann\",\"ts\":5,\"status\":\"complete\",\"content\":["
        "{\"type\":\"text\",\"text\":\"look\"},{\"type\":\"attachment\",\"name\":\"a b.c\",\"text\":\"int\"},"
        "{\"type\":\"attachment\",\"name\":\"big\",\"text\":\"%s\"}]}";
    char big[1026], text[3000];

    (void)unused;
    memset(big, 'x', 1025);
    big[1025] = '\0';
    snprintf(text, sizeof text, expected, big);
    json_t *files =
        json_pack("[{s:s,s:s},{s:s,s:s}]", "name", "a b.c", "text", "int", "name", "big", "text", big);
    json_t *json = message_user_json(ID, "ann", 5, "look", files),
           *right = jsonx_parse(text, strlen(text), NULL);
    assert_true(json_equal(json, right));
    struct message *message = message_from_json(json);
    json_t *again = message_attachments(message);
    assert_true(json_equal(again, files));
    char *typed = message_typed(message), *all = message_text(message);
    assert_string_equal(typed, "look");
    assert_string_equal(all, "look\n\n[file a b.c, 3 bytes]\n\n[file big, 2 KiB]");
    assert_int_equal(message->bytes, 4 + 5 + 3 + 3 + 1025);
    free(typed);
    free(all);
    json_decref(again);
    message_free(&message);
    json_decref(json);
    json_decref(right);
    json_decref(files);
}

static void what_is_malformed_is_refused(void **unused)
{
    (void)unused;
    static const char *const bad[] = {
        "{}",
        "[]",
        "{\"id\":\"" ID "\",\"role\":\"user\",\"author\":\"a\",\"status\":\"complete\"}",
        "{\"id\":\"" ID "\",\"role\":\"user\",\"author\":\"a\",\"status\":\"complete\",\"content\":{}}",
        "{\"id\":\"" ID "\",\"role\":\"user\",\"author\":\"a\",\"status\":\"done\",\"content\":[]}",
        "{\"id\":\"" ID "\",\"role\":\"user\",\"author\":\"a\",\"status\":\"streaming\",\"content\":[]}",
        "{\"id\":\"" ID "\",\"role\":\"system\",\"author\":\"a\",\"status\":\"complete\",\"content\":[]}",
        "{\"id\":\"" ID "\",\"role\":\"user\",\"author\":5,\"status\":\"complete\",\"content\":[]}",
        "{\"id\":\"m_1\",\"role\":\"user\",\"author\":\"a\",\"status\":\"complete\",\"content\":[]}",
        "{\"id\":\"" ID "0\",\"role\":\"user\",\"author\":\"a\",\"status\":\"complete\",\"content\":[]}",
        "{\"id\":\"s_01j8zq4k3nw8x5t7v9r2m6p0q1\",\"role\":\"user\",\"author\":\"a\",\"status\":\"complete\","
        "\"content\":[]}",
        HEAD "\"status\":\"streaming\",\"index\":-1,\"content\":[]}",
        HEAD "\"status\":\"complete\",\"content\":[\"text\"]}",
        HEAD "\"status\":\"complete\",\"content\":[{\"text\":\"a\"}]}",
        HEAD "\"status\":\"complete\",\"content\":[{\"type\":\"image\",\"text\":\"a\"}]}",
        HEAD "\"status\":\"complete\",\"content\":[{\"type\":\"text\",\"data\":\"a\"}]}",
        HEAD "\"status\":\"complete\",\"content\":[{\"type\":\"redacted\",\"text\":\"a\"}]}",
        HEAD "\"status\":\"complete\",\"content\":[{\"type\":\"tool_call\",\"id\":\"a\",\"name\":\"n\"}]}",
        HEAD "\"status\":\"complete\",\"content\":[{\"type\":\"tool_call\",\"id\":1,\"name\":\"n\",\"input\":"
             "\"\"}]}",
        HEAD "\"status\":\"complete\",\"content\":[{\"type\":\"attachment\",\"text\":\"a\"}]}",
        HEAD "\"status\":\"complete\",\"stop_reason\":"
             "\"01234567890123456789012345678901234567890123456789012345678901234\",\"content\":[]}",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (parse(bad[i]))
            fail_msg("taken: %s", bad[i]);
    assert_null(message_from_json(NULL));
}

static void a_message_has_at_most_so_many_blocks_of_so_many_bytes(void **unused)
{
    (void)unused;
    struct message *message = parse(HEAD "\"status\":\"complete\",\"content\":[]}");
    json_t *json = message_to_json(message), *content = json_object_get(json, "content");
    char *big = calloc(1, STATE_TEXT_MAX + 2);
    message_free(&message);

    for (int i = 0; i < STATE_BLOCKS_MAX; i++)
        json_array_append_new(content, json_pack("{s:s,s:s}", "type", "text", "text", ""));
    message = message_from_json(json);
    assert_non_null(message);
    message_free(&message);
    json_array_append_new(content, json_pack("{s:s,s:s}", "type", "text", "text", ""));
    assert_null(message_from_json(json));

    json_array_clear(content);
    memset(big, 'x', STATE_TEXT_MAX);
    json_array_append_new(content, json_pack("{s:s,s:s}", "type", "text", "text", big));
    message = message_from_json(json);
    assert_non_null(message);
    assert_int_equal(message->bytes, STATE_TEXT_MAX);
    message_free(&message);
    big[STATE_TEXT_MAX] = 'x';
    json_array_set_new(content, 0, json_pack("{s:s,s:s}", "type", "text", "text", big));
    assert_null(message_from_json(json));
    free(big);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_comes_back_as_it_was),
        cmocka_unit_test(its_text_is_the_text_blocks),
        cmocka_unit_test(files_are_told_from_what_was_typed),
        cmocka_unit_test(what_is_malformed_is_refused),
        cmocka_unit_test(a_message_has_at_most_so_many_blocks_of_so_many_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
