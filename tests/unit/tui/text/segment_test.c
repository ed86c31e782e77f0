#include "shared/buf.h"
#include "tui/text/segment.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The finished segments of a text and the open one after "?", each between bars; + joins it to the one
 * before.
 */
static void expect(const char *text, const char *segments)
{
    struct segmenter segmenter = {0};
    struct segment segment;
    struct buf got;

    buf_init(&got, 1 << 16);
    while (segment_next(&segmenter, text, strlen(text), &segment)) {
        static const char *const kinds[] = {"", "fence ", "close "};
        buf_printf(&got, "%s%s%.*s|", segment.joined ? "+" : "", kinds[segment.kind],
                   (int)(segment.end - segment.at), text + segment.at);
    }
    if (segmenter.fence) {
        buf_puts(&got, "? code");
    } else {
        segment = segment_open(&segmenter, text, strlen(text));
        buf_printf(&got, "?%.*s", (int)(segment.end - segment.at), text + segment.at);
    }
    assert_string_equal(got.data, segments);
    buf_free(&got);
}

static void a_line_that_begins_anew_ends_what_is_before(void **arg)
{
    (void)arg;
    expect("a\nb\n\nc\n", "a\nb|?c");
    expect("a\n\nb", "?a\n\nb"); /* it is not known what that line will be */
    expect("a\n# h\nb\n", "a|+# h|?b");
    expect("a\n#h\n", "?a\n#h");
    expect("\n\n  \na\n", "?a");
    expect("> q\n\n> r\n", "> q|?> r");
    expect("- a\n\n- b\n", "- a|?- b");
}

static void what_may_go_on_is_not_cut(void **arg)
{
    (void)arg;
    expect("- a\n\n  b\n", "?- a\n\n  b");
    expect("    a\n\n    b\n", "?    a\n\n    b");
    expect("a\n===\nb\n", "?a\n===\nb");
    expect("- ```\n  a\n\n  b\n", "?- ```\n  a\n\n  b");
    expect("- a\n  ```\n  x\n", "?- a\n  ```\n  x");
}

static void code_between_fences_is_no_prose(void **arg)
{
    (void)arg;
    expect("a\n```c\nb\n\n# c\n```\nd\n", "a|+fence ```c|close ```|?d");
    expect("```\na\n", "fence ```|? code");
    expect("~~~\n```\n~~~ x\n~~~~\n", "fence ~~~|close ~~~~|?");
    expect("```a`b\n", "?```a`b");
    expect("1. a\n  ```\n  b\n\n  c\n  ```\n2. d\n", "1. a|+fence ```|close   ```|?2. d");
}

/* The longest segment that a text of such units is cut into; all bytes of it must be in one. */
static size_t longest(const char *begin, const char *unit, bool *heads)
{
    struct segmenter segmenter = {0};
    struct segment segment;
    struct buf text;
    size_t most = 0, end = 0;

    *heads = true;
    buf_init(&text, 1 << 20);
    buf_puts(&text, begin);
    while (text.len < 100000)
        buf_puts(&text, unit);
    for (int i = 0; segment_next(&segmenter, text.data, text.len, &segment); i++) {
        most = segment.end - segment.at > most ? segment.end - segment.at : most;
        assert_in_range(segment.at, end, end + 2);
        end = segment.end;
        *heads = *heads && (i == 0 || segment.head_end > segment.head);
    }
    assert_in_range(text.len - end, 0, 2 * SEGMENT_HARD);
    buf_free(&text);
    return most;
}

static void what_does_not_end_is_cut_by_its_size(void **arg)
{
    bool heads;

    (void)arg;
    assert_in_range(longest("", "words ", &heads), SEGMENT_HARD / 2, SEGMENT_HARD);
    assert_in_range(longest("", "unbroken", &heads), SEGMENT_HARD / 2, SEGMENT_HARD);
    assert_in_range(longest("", "a line\n", &heads), SEGMENT_HARD / 2, SEGMENT_HARD + 100);
    assert_in_range(longest("", "- item\n", &heads), SEGMENT_SOFT / 2, SEGMENT_SOFT + 100);
    assert_in_range(longest("| a | b |\n|---|---|\n", "| c | d |\n", &heads), SEGMENT_SOFT / 2,
                    SEGMENT_SOFT + 100);
    assert_true(heads); /* each part of a table knows its header */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_that_begins_anew_ends_what_is_before),
        cmocka_unit_test(what_may_go_on_is_not_cut),
        cmocka_unit_test(code_between_fences_is_no_prose),
        cmocka_unit_test(what_does_not_end_is_cut_by_its_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
