/* The table of requests, and its page. */
#include "page.h"
#include "proto/request.h"

static void the_rows_are_in_order_of_their_names_and_found_by_them(void **unused)
{
    (void)unused;

    for (enum method method = 0; method < METHOD_COUNT; method++) {
        const char *name = request_row(method)->name;

        assert_non_null(name);
        assert_non_null(request_row(method)->fields);
        assert_int_equal(request_method_parse(name), method);
        if (method > 0)
            assert_true(strcmp(request_row(method - 1)->name, name) < 0);
    }
    assert_int_equal(request_method_parse(""), METHOD_COUNT);
    assert_int_equal(request_method_parse("message"), METHOD_COUNT);
    assert_int_equal(request_method_parse("message.send "), METHOD_COUNT);
    assert_int_equal(request_method_parse("MESSAGE.SEND"), METHOD_COUNT);
}

/* A fork changes nothing in the session that it names; a command needs what its own method needs; whoever is
 * shared with may leave. */
static void a_method_of_one_session_that_changes_needs_at_least_a_writer(void **unused)
{
    (void)unused;

    for (enum method method = 0; method < METHOD_COUNT; method++) {
        const struct request_row *row = request_row(method);

        assert_true(row->role <= ROLE_ADMIN && (row->role > ROLE_NONE || (!row->session && !row->changes)));
        bool elsewhere = method == METHOD_SESSION_FORK || method == METHOD_SESSION_COMMAND ||
                         method == METHOD_SESSION_UNSHARE;
        if (row->session && row->changes && !elsewhere)
            assert_true(row->role >= ROLE_WRITER);
    }
}

static void the_roles_have_the_names_of_the_page_in_its_order(void **unused)
{
    (void)unused;
    char *section = page_section("### Methods");
    const char *at = strstr(section, "Roles rise:");

    assert_non_null(at);
    for (enum role role = ROLE_VIEWER; role <= ROLE_ADMIN; role++) {
        at = strstr(at, role_name(role));
        assert_non_null(at);
    }
    free(section);
    assert_string_equal(role_name(ROLE_NONE), "none");
    assert_string_equal(role_name((enum role)99), "none");
}

static const struct field *field_of(const struct request_row *row, const char *name)
{
    for (const struct field *field = row->fields; field->name; field++)
        if (strcmp(field->name, name) == 0)
            return field;
    return NULL;
}

static bool is_choice_of(const struct request_row *row, const char *word)
{
    for (const struct field *field = row->fields; field->name; field++)
        if (field->choices && strstr(field->choices, word))
            return true;
    return strcmp(word, "\"mine\"") == 0;
}

/* Numbers say their bounds right after their names: `limit`? 1-1000. */
static void check_bounds(const struct request_row *row, const struct field *field, const char *after)
{
    char bounds[64];

    if (field->type == FIELD_INT || field->type == FIELD_REAL)
        snprintf(bounds, sizeof bounds, " %lld-%lld", (long long)field->min, (long long)field->max);
    else if (field->type == FIELD_STRINGS)
        snprintf(bounds, sizeof bounds, "%lld-%lld]", (long long)field->min, (long long)field->max);
    else
        return;
    const char *found = strstr(after, bounds), *next = strchr(after, '`');
    if (field->type == FIELD_STRINGS && next && next[1] == '"')
        next = strchr(strchr(next + 1, '`') + 1, '`'); /* [ids or `"mine"`, 1-64] */
    if (!found || (next && found > next))
        if (strcmp(field->name, "kinds") != 0) /* event types: the page gives no number */
            fail_msg("%s: '%s' is not '%s' on the page", row->name, field->name, bounds);
}

static void check_params(const struct request_row *row, const char *cell)
{
    char word[64];
    bool optional;
    const char *after;
    size_t named = 0, have = 0;

    for (const char *at = cell; page_next_word(&at, word, &optional, &after);) {
        const struct field *field = field_of(row, word);
        if (!field && is_choice_of(row, word))
            continue;
        if (!field)
            fail_msg("%s: the page has '%s', the table does not", row->name, word);
        if (field->required == optional)
            fail_msg("%s: page and table differ on whether '%s' may be left out", row->name, word);
        check_bounds(row, field, after);
        named++;
    }
    while (row->fields[have].name)
        have++;
    if (named != have)
        fail_msg("%s: the page names %zu parameters, the table %zu", row->name, named, have);
}

static void the_page_has_the_same_methods_and_says_the_same_of_them(void **unused)
{
    (void)unused;
    char *section = page_section("### Methods");
    const char *at = section;
    struct page_row row;
    enum method method = 0;

    while (page_next_row(&at, &row)) {
        assert_int_equal(row.count, 6);
        if (method == METHOD_COUNT)
            fail_msg("the page has '%s', the table does not", row.cells[0]);
        const struct request_row *mine = request_row(method++);
        assert_string_equal(row.cells[0], mine->name);
        assert_string_equal(row.cells[1], mine->session ? "yes" : "-");
        assert_string_equal(row.cells[2], role_name(mine->role));
        assert_string_equal(row.cells[3], mine->changes ? "yes" : "-");
        check_params(mine, row.cells[4]);
        page_row_clear(&row);
    }
    assert_int_equal(method, METHOD_COUNT);
    free(section);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rows_are_in_order_of_their_names_and_found_by_them),
        cmocka_unit_test(a_method_of_one_session_that_changes_needs_at_least_a_writer),
        cmocka_unit_test(the_roles_have_the_names_of_the_page_in_its_order),
        cmocka_unit_test(the_page_has_the_same_methods_and_says_the_same_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
