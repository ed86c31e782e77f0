/* When something is offered above the draft, what for, and when it stays closed. */
#include "shared/clock.h"
#include "shared/utf8.h"
#include "tui/completion.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The text has a "|" where the cursor is. Gives kind, and what would be searched for. */
static enum completion_kind at(const char *marked, char filter[64])
{
    char text[256];
    const char *mark = strchr(marked, '|');
    size_t cursor = (size_t)(mark - marked);

    snprintf(text, sizeof text, "%.*s%s", (int)cursor, marked, mark + 1);
    struct completion_word word = completion_word(text, strlen(text), cursor);
    filter[0] = '\0';
    if (word.kind != COMPLETION_NONE)
        snprintf(filter, 64, "%.*s", (int)(word.to - word.filter), text + word.filter);
    return word.kind;
}

static void assert_at(const char *marked, enum completion_kind kind, const char *want)
{
    char filter[64];
    enum completion_kind got = at(marked, filter);

    if (got != kind || strcmp(filter, want) != 0)
        fail_msg("%s: kind %d, '%s'", marked, got, filter);
}

static void test_commands(void **state)
{
    (void)state;
    assert_at("/|", COMPLETION_COMMAND, "");
    assert_at("/mo|", COMPLETION_COMMAND, "mo");
    assert_at("/m|o", COMPLETION_NONE, "");
    assert_at(" /mo|", COMPLETION_NONE, "");
    assert_at("//|", COMPLETION_NONE, "");
    assert_at("/usr/b|", COMPLETION_NONE, "");
    assert_at("/x\nmore|", COMPLETION_NONE, "");
    assert_at("say /mo|", COMPLETION_NONE, "");
    assert_at("|/mo", COMPLETION_NONE, "");
}

static void test_arguments(void **state)
{
    (void)state;
    assert_at("/model |", COMPLETION_ARGUMENT, "");
    assert_at("/model de|", COMPLETION_ARGUMENT, "de");
    assert_at("/mcp connect fi|", COMPLETION_ARGUMENT, "fi");
    assert_at("/model d|e", COMPLETION_NONE, "");
    assert_at("/ x|", COMPLETION_NONE, "");
}

static void test_files(void **state)
{
    (void)state;
    assert_at("@|", COMPLETION_FILE, "");
    assert_at("see @src/ma|", COMPLETION_FILE, "src/ma");
    assert_at("see (@src/ma|", COMPLETION_FILE, "src/ma");
    assert_at("line\n@a|", COMPLETION_FILE, "a");
    assert_at("see @\"my fi|", COMPLETION_FILE, "my fi");
    assert_at("mail ann@example.or|", COMPLETION_NONE, "");
    assert_at("a @b c|", COMPLETION_NONE, "");
    assert_at("@sr|c", COMPLETION_NONE, "");
    assert_at("/model @a|", COMPLETION_ARGUMENT, "@a");
}

static void consider(struct completion *completion, const char *text)
{
    completion_consider(completion, &(struct completion_item){.text = (char *)text});
}

/* What an application does after each change. */
static void change(struct completion *completion, const char *text, bool typed)
{
    if (typed)
        completion_typed(completion);
    if (!completion_changed(completion, text, strlen(text), strlen(text)))
        return;
    const struct completion_word *word = completion_at(completion);
    completion_begin(completion, text + word->filter, word->to - word->filter);
    consider(completion, "/mcp");
    consider(completion, "/model");
    consider(completion, "/mouse");
    completion_end(completion);
}

static void test_what_is_typed_opens_it(void **state)
{
    struct completion *completion = completion_new();

    (void)state;
    change(completion, "/m", false); /* from the history, or pasted */
    assert_false(completion_open(completion));
    change(completion, "/mo", true);
    assert_int_equal(completion_count(completion), 2);
    assert_string_equal(completion_item(completion, 0)->text, "/model");
    assert_true(fuzzy_has(&completion_item(completion, 0)->found, 1));
    change(completion, "/mox", true);
    assert_false(completion_open(completion));
    change(completion, "/mo", true); /* a letter deleted */
    assert_true(completion_open(completion));
    change(completion, "hello", true);
    assert_false(completion_open(completion));
    completion_free(&completion);
}

static void test_it_stays_closed_until_the_word_changes(void **state)
{
    struct completion *completion = completion_new();

    (void)state;
    change(completion, "/m", true);
    completion_dismiss(completion, "/m");
    assert_false(completion_open(completion));
    change(completion, "/m", true);
    assert_false(completion_open(completion));
    change(completion, "/mo", true);
    assert_true(completion_open(completion));
    completion_free(&completion);
}

static void test_the_selection_goes_round(void **state)
{
    struct completion *completion = completion_new();

    (void)state;
    change(completion, "/m", true);
    assert_false(completion_moved(completion));
    completion_move(completion, -1);
    assert_int_equal(completion_selected(completion), 2);
    assert_true(completion_moved(completion));
    completion_move(completion, 1);
    assert_int_equal(completion_selected(completion), 0);
    change(completion, "/mo", true);
    assert_false(completion_moved(completion));
    completion_free(&completion);
}

static void test_only_the_best_are_kept(void **state)
{
    struct completion *completion = completion_new();
    const char *draft = "@main";

    (void)state;
    completion_typed(completion);
    assert_true(completion_changed(completion, draft, 5, 5));
    int64_t start = clock_steady_us();
    completion_begin(completion, "main", 4);
    for (int i = 0; i < 20000; i++) {
        char path[64];
        snprintf(path, sizeof path, "m/a_%d/i_%d/src_n_%d.c", i % 10, i % 100, i);
        consider(completion, path);
    }
    consider(completion, "src/main.c");
    completion_end(completion);
    print_message("20,000 files in %lld us\n", (long long)(clock_steady_us() - start));
    assert_int_equal(completion_count(completion), COMPLETION_ITEMS_MAX);
    assert_string_equal(completion_item(completion, 0)->text, "src/main.c");
    assert_string_equal(completion_item(completion, 1)->text, "m/a_0/i_0/src_n_0.c");
    completion_free(&completion);
}

static void assert_expected(const char *arguments, const char *before, const char *want)
{
    char words[COMPLETION_ARGUMENTS_MAX][COMPLETION_WORD_MAX], all[256] = "";
    size_t count = completion_expected(arguments, before, strlen(before), words), len = 0;

    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(all + len, sizeof all - len, "%s%s", i ? " " : "", words[i]);
    assert_string_equal(all, want);
}

static void test_arguments_come_from_the_table(void **state)
{
    static const char mcp[] =
        "[tools [SERVER] | connect SERVER | disconnect SERVER | select SERVER [VARIANT]]";

    (void)state;
    assert_expected(mcp, " ", "tools connect disconnect select");
    assert_expected(mcp, " connect ", "SERVER");
    assert_expected(mcp, " select files ", "VARIANT");
    assert_expected(mcp, " connect files ", "");
    assert_expected(mcp, " nonsense ", "");
    assert_expected("[NAME | -]", " ", "NAME -");
    assert_expected("[on|off]", " ", "on off");
    assert_expected("", " ", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_what_is_typed_opens_it),
        cmocka_unit_test(test_it_stays_closed_until_the_word_changes),
        cmocka_unit_test(test_the_selection_goes_round),
        cmocka_unit_test(test_only_the_best_are_kept),
        cmocka_unit_test(test_arguments_come_from_the_table),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
