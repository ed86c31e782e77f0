/* Findings: what is added goes where it should, and survives the way from one program to another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/finding.h"
#include "shared/jsonx.h"
#include <cmocka.h>
#include <string.h>

static void keep(void *arg, const struct finding *finding)
{
    json_array_append_new(arg, finding_to_json(finding));
}

static void what_is_added_can_be_read_again(void **state)
{
    json_t *all = json_array();
    struct findings findings = {.found = keep, .arg = all, .area = "store"};
    struct finding finding;

    (void)state;
    findings_add(&findings, FINDING_OK, "store", NULL, "%d sessions", 3);
    findings_add(&findings, FINDING_BAD, "log_holes", "restore it", "a \"hole\"\n");
    findings_add(&findings, FINDING_NOTE, "bytes", NULL, "not UTF-8: \xff");
    assert_int_equal(findings.worst, FINDING_BAD);
    assert_true(finding_from_json(json_array_get(all, 0), &finding));
    assert_string_equal(finding.text, "3 sessions");
    assert_null(finding.advice);
    assert_true(finding_from_json(json_array_get(all, 1), &finding));
    assert_string_equal(finding.area, "store");
    assert_string_equal(finding.what, "log_holes");
    assert_int_equal(finding.state, FINDING_BAD);
    assert_string_equal(finding.text, "a \"hole\"\n");
    assert_string_equal(finding.advice, "restore it");
    assert_true(finding_from_json(json_array_get(all, 2), &finding));
    json_decref(all);
}

static void a_text_without_end_is_cut(void **state)
{
    json_t *all = json_array();
    struct findings findings = {.found = keep, .arg = all, .area = "store"};
    char text[2 * FINDING_TEXT_MAX];

    (void)state;
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    findings_add(&findings, FINDING_WARN, "long", NULL, "%s", text);
    assert_int_equal(strlen(jsonx_str(json_array_get(all, 0), "text", "")), FINDING_TEXT_MAX - 1);
    json_decref(all);
}

static void what_is_no_finding_is_refused(void **state)
{
    static const char *const texts[] = {"{}", "[]",
                                        "{\"area\":\"a\",\"what\":\"b\",\"state\":\"fine\",\"text\":\"c\"}",
                                        "{\"area\":\"a\",\"what\":\"b\",\"state\":\"ok\"}",
                                        "{\"area\":1,\"what\":\"b\",\"state\":\"ok\",\"text\":\"c\"}"};
    struct finding finding;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *json = jsonx_parse(texts[i], strlen(texts[i]), NULL);

        assert_non_null(json);
        assert_false(finding_from_json(json, &finding));
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_can_be_read_again),
        cmocka_unit_test(a_text_without_end_is_cut),
        cmocka_unit_test(what_is_no_finding_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
