/* Events of a stream that differ in one string: which ones are read by comparing, and as what. */
#include "daemon/agent/stencil.h"

#include "shared/jsonx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define EVENT(text) "{\"id\":\"c\",\"delta\":{\"content\":\"" text "\"},\"end\":null}"

/* The value of text after `known` was learnt, for the caller to free; NULL if it does not match. */
static char *read_after(const char *known, const char *as, const char *text)
{
    struct stencil stencil;
    const char *value;
    size_t len;

    stencil_init(&stencil);
    stencil_learn(&stencil, known, strlen(known), "content", as);
    bool matches = stencil_match(&stencil, text, strlen(text), &value, &len);
    char *found = matches ? strndup(value, len) : NULL;
    stencil_clear(&stencil);
    return found;
}

static void expect(const char *known, const char *as, const char *text, const char *expected)
{
    char *found = read_after(known, as, text);

    if (expected)
        assert_string_equal(found, expected);
    else
        assert_null(found);
    free(found);
}

static void another_text_is_read(void **state)
{
    (void)state;
    expect(EVENT("one"), "one", EVENT(" two"), " two");
    expect(EVENT("one"), "one", EVENT(""), "");
    expect(EVENT(""), "", EVENT("\xC3\xA9\xF0\x9F\x8C\x8D"), "\xC3\xA9\xF0\x9F\x8C\x8D");
    expect("{\"content\": \"a\"}", "a", "{\"content\": \"b\"}", "b");
}

static void what_differs_elsewhere_is_not(void **state)
{
    (void)state;
    expect(EVENT("one"), "one", "{\"id\":\"d\",\"delta\":{\"content\":\"one\"},\"end\":null}", NULL);
    expect(EVENT("one"), "one", "{\"id\":\"c\",\"delta\":{\"content\":\"one\"},\"end\":\"stop\"}", NULL);
    expect(EVENT("one"), "one", "{\"id\":\"c\",\"delta\":{\"content\":\"", NULL);
    expect(EVENT("one"), "one", "", NULL);
    expect(EVENT("one"), "one", "{\"content\":\"one\",\"end\":null}", NULL);
}

static void what_is_no_plain_string_is_parsed(void **state)
{
    (void)state;
    expect(EVENT("one"), "one", EVENT("a\\nb"), NULL);
    expect(EVENT("one"), "one", EVENT("a\"},\"x\":{\"content\":\"b"), NULL);
    expect(EVENT("one"), "one", EVENT("a\x01"), NULL);
    expect(EVENT("one"), "one", EVENT("\xC3"), NULL);
    expect(EVENT("one"), "one", EVENT("\xED\xA0\x80"), NULL);
}

static void what_leaves_a_doubt_is_not_learnt(void **state)
{
    static const char two[] = "{\"content\":\"a\",\"delta\":{\"content\":\"a\"}}";

    (void)state;
    expect(two, "a", two, NULL);
    expect(EVENT("a\\n"), "a\n", EVENT("b"), NULL);
    expect("{\"content\":\"a\",\"delta\":{\"content\" :\"b\"}}", "b",
           "{\"content\":\"c\",\"delta\":{\"content\" :\"b\"}}", NULL);
    expect("{\"content\":null}", "", "{\"content\":null}", NULL);
    expect("{\"text\":\"a\"}", "a", "{\"text\":\"a\"}", NULL);
}

static void what_is_long_around_it_is_not_learnt(void **state)
{
    char text[STENCIL_SIDE_MAX + 100];

    (void)state;
    memset(text, ' ', sizeof text);
    strcpy(text + STENCIL_SIDE_MAX, "{\"content\":\"a\"}");
    expect(text, "a", text, NULL);
}

static void the_newest_one_counts(void **state)
{
    struct stencil stencil;
    const char *value, *first = EVENT("a"), *other = "{\"content\":\"a\"}";
    size_t len;

    (void)state;
    stencil_init(&stencil);
    assert_false(stencil_match(&stencil, first, strlen(first), &value, &len));
    stencil_learn(&stencil, first, strlen(first), "content", "a");
    stencil_learn(&stencil, other, strlen(other), "content", "a");
    assert_false(stencil_match(&stencil, first, strlen(first), &value, &len));
    assert_true(stencil_match(&stencil, other, strlen(other), &value, &len));
    stencil_clear(&stencil);
    assert_false(stencil_match(&stencil, other, strlen(other), &value, &len));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_text_is_read),
        cmocka_unit_test(what_differs_elsewhere_is_not),
        cmocka_unit_test(what_is_no_plain_string_is_parsed),
        cmocka_unit_test(what_leaves_a_doubt_is_not_learnt),
        cmocka_unit_test(what_is_long_around_it_is_not_learnt),
        cmocka_unit_test(the_newest_one_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
