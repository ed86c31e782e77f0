/* What reaches a terminal from text and JSON of others, and what a growing answer looks like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "tui/cli/printer.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct out out;
static char *written;
static size_t written_len;

static int set_up(void **unused)
{
    (void)unused;
    utf8_locale();
    out_init(&out, open_memstream(&written, &written_len));
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    fclose(out.file);
    free(written);
    return 0;
}

static void assert_written(const char *text)
{
    assert_true(out_flush(&out));
    assert_string_equal(written, text);
}

static void test_text_is_sanitised(void **unused)
{
    (void)unused;
    out_printf(&out, "[%s]\n",
               "a\x1b]0;title\x07 b\xc2\x9b"
               "31m\xe2\x80\xae c");
    assert_written("[a b c]\n");
}

static void test_a_named_file_gets_the_text_as_it_is(void **unused)
{
    (void)unused;
    out.exact = true;
    out_printf(&out, "a\x1b[31m");
    assert_written("a\x1b[31m");
}

static void test_a_sequence_that_is_cut_is_still_one(void **unused)
{
    (void)unused;
    out_stream(&out, "a\x1b", 2);
    out_stream(&out, "[31", 3);
    out_stream(&out, "mb\xc3", 3);
    out_stream(&out, "\xa4", 1);
    out_stream_end(&out);
    assert_written("ab\xc3\xa4");
}

static void test_json_escapes_what_terminals_obey(void **unused)
{
    (void)unused;
    const char *text =
        "{\"t\":\"\xc2\x9b"
        "31m \x7f \xe2\x80\xae \xe2\x80\xa8 \xf3\xa0\x81\x81 \xe3\x85\xa4 \xc3\xa4 \xf0\x9f\x98\x80\"}";
    json_t *json = jsonx_parse(text, strlen(text), NULL), *back;

    out_json(&out, json);
    assert_written(
        "{\"t\":\"\\u009b31m \\u007f \\u202e \\u2028 \\udb40\\udc41 \\u3164 \xc3\xa4 \xf0\x9f\x98\x80\"}\n");
    back = jsonx_parse(written, written_len, NULL);
    assert_true(json_equal(json, back));
    json_decref(json);
    json_decref(back);
}

static void test_received_json_stays_on_one_line(void **unused)
{
    (void)unused;
    const char *text = "{\n\"a\":\r\n1}";

    out_json_text(&out, text, strlen(text));
    assert_written("{ \"a\":  1}\n");
}

static void test_a_failed_write_is_remembered(void **unused)
{
    (void)unused;
    struct out full;
    FILE *file = fopen("/dev/full", "w");

    if (!file)
        skip();
    out_init(&full, file);
    out_printf(&full, "x");
    assert_false(out_flush(&full));
    assert_true(full.broken);
    assert_int_equal(full.why, ENOSPC);
    fclose(file);
}

/* --- the growing answer --- */

static struct message *message(const char *id, const char *content)
{
    char text[1024];
    json_t *json;
    struct message *made;

    snprintf(text, sizeof text,
             "{\"id\":\"m_01j8zq4k3nw8x5t7v9r2m6p0q%s\",\"role\":\"assistant\",\"author\":\"x\",\"ts\":1,"
             "\"status\":\"streaming\",\"index\":0,\"content\":%s}",
             id, content);
    json = jsonx_parse(text, strlen(text), NULL);
    made = message_from_json(json);
    assert_non_null(made);
    json_decref(json);
    return made;
}

static void show(struct printer *printer, const char *id, const char *content)
{
    struct message *shown = message(id, content);

    printer_show(printer, shown);
    message_free(&shown);
}

static void test_only_what_is_new_is_printed(void **unused)
{
    (void)unused;
    struct printer printer;

    printer_init(&printer, &out);
    show(&printer, "1", "[]");
    show(&printer, "1", "[{\"type\":\"text\",\"text\":\"one\"}]");
    show(&printer, "1", "[{\"type\":\"text\",\"text\":\"one\"}]");
    show(&printer, "1", "[{\"type\":\"text\",\"text\":\"one two\"}]");
    assert_written("one two");
    printer_end(&printer);
    printer_end(&printer);
    assert_written("one two\n");
}

static void test_text_blocks_are_set_apart_and_reasoning_left_out(void **unused)
{
    (void)unused;
    struct printer printer;

    printer_init(&printer, &out);
    show(&printer, "1", "[{\"type\":\"reasoning\",\"text\":\"hm\"},{\"type\":\"text\",\"text\":\"one\"}]");
    show(&printer, "1",
         "[{\"type\":\"reasoning\",\"text\":\"hm\"},{\"type\":\"text\",\"text\":\"one!\"},"
         "{\"type\":\"text\",\"text\":\"two\"}]");
    printer_end(&printer);
    assert_written("one!\n\ntwo\n");
}

static void test_another_message_begins_on_a_new_line(void **unused)
{
    (void)unused;
    struct printer printer;

    printer_init(&printer, &out);
    show(&printer, "1", "[{\"type\":\"text\",\"text\":\"one\"}]");
    show(&printer, "2", "[{\"type\":\"text\",\"text\":\"two\\n\"}]");
    printer_end(&printer);
    assert_written("one\ntwo\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_text_is_sanitised, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_named_file_gets_the_text_as_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_sequence_that_is_cut_is_still_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_escapes_what_terminals_obey, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_received_json_stays_on_one_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_failed_write_is_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_only_what_is_new_is_printed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_text_blocks_are_set_apart_and_reasoning_left_out, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_another_message_begins_on_a_new_line, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
