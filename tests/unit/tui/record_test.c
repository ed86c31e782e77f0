#include "shared/utf8.h"
#include "tui/local.h"
#include "tui/record.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *record(const char *author, const char *text, size_t width, bool styled)
{
    struct message *message = local_message(author, text);
    struct record_look look = {.width = width, .styled = styled};
    struct buf out;

    message->ts = 0;
    message->role = styled ? MESSAGE_ROLE_ASSISTANT : MESSAGE_ROLE_USER; /* whose text is Markdown */
    buf_init(&out, 1 << 20);
    assert_true(record_message(&out, message, &look));
    message_free(&message);
    return buf_take(&out);
}

static void a_message_is_a_header_and_its_lines(void **state)
{
    char *text = record("ann", "one two three", 12, false);

    (void)state;
    assert_string_equal(text, "ann  1970-01-01 00:00\n  one two\n  three\n\n");
    free(text);
}

static void nothing_in_it_commands_a_terminal(void **state)
{
    char *text = record("an\x1b[2Jn",
                        "a\x1b]52;c;aGk=\x07"
                        "b\xc2\x9b"
                        "31mc\xe2\x80\xae",
                        40, false);

    (void)state;
    assert_string_equal(text, "ann  1970-01-01 00:00\n  abc\n\n");
    free(text);
}

static void styles_are_switched_off_where_they_end(void **state)
{
    char *text = record("ann", "plain **strong** plain", 40, true);

    (void)state;
    assert_string_equal(text, "\033[1mann\033[0m  1970-01-01 00:00\n  plain \033[1mstrong\033[0m plain\n\n");
    free(text);
}

static void what_does_not_fit_is_said(void **state)
{
    struct message *message = local_message("ann", "a text that is longer than the buffer");
    struct record_look look = {.width = 10};
    struct buf out;

    (void)state;
    buf_init(&out, 32);
    assert_false(record_message(&out, message, &look));
    buf_free(&out);
    message_free(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_a_header_and_its_lines),
        cmocka_unit_test(nothing_in_it_commands_a_terminal),
        cmocka_unit_test(styles_are_switched_off_where_they_end),
        cmocka_unit_test(what_does_not_fit_is_said),
    };

    utf8_locale();
    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
