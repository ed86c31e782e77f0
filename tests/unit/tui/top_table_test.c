/* The tables of `stoa top`: rows, rates, order. */
#include "shared/jsonx.h"
#include "tui/top_table.h"
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *answer(int64_t ts, int64_t agent_cpu, int64_t server_cpu, int64_t requests)
{
    return json_pack(
        "{s:I, s:{s:I,s:I}, s:[{s:s,s:s,s:s,s:i,s:i,s:{s:s,s:i,s:I,s:i,s:[{s:i,s:s,s:I,s:i}]}},"
        " {s:s,s:s,s:s,s:{s:s}}], s:[{s:s,s:I,s:i,s:{s:i,s:i,s:i,s:f}}], s:[{s:s,s:s,s:b,s:I,s:i}], s:[]}",
        "ts", (json_int_t)ts, "daemon", "requests", (json_int_t)requests, "cpu_ms", (json_int_t)(ts / 100),
        "sessions", "session", "s_b", "owner", "ann", "state", "streaming", "questions", 0, "tokens", 12345,
        "agent", "state", "running", "pid", 10, "cpu_ms", (json_int_t)agent_cpu, "memory", 2000000,
        "children", "pid", 11, "name", "node", "cpu_ms", (json_int_t)server_cpu, "memory", 40000000,
        "session", "s_a", "owner", "bo", "state", "idle", "agent", "state", "none", "users", "user", "ann",
        "requests", (json_int_t)requests, "sessions", 1, "today", "input", 10, "output", 5, "turns", 2,
        "cost", 1.5, "clients", "client", "c_1", "user", "ann\x1b[31m", "behind", 1, "requests",
        (json_int_t)requests, "waiting_bytes", 4096, "hosts");
}

static size_t column_of(enum top_tab tab, const char *title)
{
    size_t count, i = 0;
    const struct top_column *columns = top_columns(tab, &count);

    while (i < count && strcmp(columns[i].title, title) != 0)
        i++;
    assert_true(i < count);
    return i;
}

static const struct top_cell *cell(const struct top_table *table, const char *id, const char *title)
{
    size_t at = top_table_find(table, id);

    assert_true(at < table->count);
    return &table->rows[at].cells[column_of(table->tab, title)];
}

/* Given two answers two seconds apart, the CPU time that came since is a share of these. */
static void a_session_uses_what_its_agent_and_its_servers_use(void **unused)
{
    (void)unused;
    json_t *before = answer(10000, 100, 1000, 0), *now = answer(12000, 300, 2000, 0);
    struct top_table table;

    top_table_make(&table, TOP_SESSIONS, now, before);
    assert_int_equal(table.count, 2);
    assert_string_equal(cell(&table, "s_b", "CPU%")->text, "60.0"); /* 200 ms + 1000 ms of 2000 */
    assert_string_equal(cell(&table, "s_b", "MEMORY")->text, "42.0 MB");
    assert_string_equal(cell(&table, "s_b", "PROCS")->text, "2");
    assert_string_equal(cell(&table, "s_b", "TOKENS")->text, "12.3 k");
    assert_string_equal(cell(&table, "s_a", "CPU%")->text, "0.0");
    assert_string_equal(cell(&table, "s_a", "PROCS")->text, "0");
    top_table_clear(&table);

    top_table_make(&table, TOP_SESSIONS, now, NULL); /* the first answer has no rates */
    assert_string_equal(cell(&table, "s_b", "CPU%")->text, "0.0");
    top_table_clear(&table);

    top_table_make(&table, TOP_USERS, now, before);
    assert_string_equal(cell(&table, "ann", "CPU%")->text, "60.0");
    assert_string_equal(cell(&table, "ann", "COST")->text, "1.50");
    assert_string_equal(cell(&table, "ann", "TOKENS")->text, "15");
    top_table_clear(&table);

    top_table_make(&table, TOP_PROCESSES, now, before);
    assert_int_equal(table.count, 2); /* a session without agent has none */
    assert_string_equal(cell(&table, "11", "NAME")->text, "node");
    assert_string_equal(cell(&table, "11", "CPU%")->text, "50.0");
    assert_string_equal(cell(&table, "11", "OF")->text, "s_b");
    top_table_clear(&table);
    json_decref(before);
    json_decref(now);
}

/* A process that ended, and another one that has its pid: there is no negative use. */
static void what_counts_backwards_has_no_rate(void **unused)
{
    (void)unused;
    json_t *before = answer(10000, 5000, 100, 50), *now = answer(11000, 10, 100, 20);
    struct top_table table;

    top_table_make(&table, TOP_SESSIONS, now, before);
    assert_string_equal(cell(&table, "s_b", "CPU%")->text, "0.0");
    top_table_clear(&table);
    assert_true(top_rate(now, before, "daemon", "requests") == 0);
    assert_true(top_rate(before, now, "daemon", "requests") == 0); /* nor when time does */
    json_decref(before);
    json_decref(now);
}

static void rates_are_a_second(void **unused)
{
    (void)unused;
    json_t *before = answer(10000, 0, 0, 100), *now = answer(14000, 0, 0, 300);
    struct top_table table;

    assert_true(top_rate(now, before, "daemon", "requests") == 50);
    assert_true(top_daemon_cpu(now, before) == 1.0); /* 40 ms in 4 s */
    top_table_make(&table, TOP_CLIENTS, now, before);
    assert_string_equal(cell(&table, "c_1", "REQ/S")->text, "50.0");
    assert_string_equal(cell(&table, "c_1", "WAITING")->text, "4.1 kB");
    assert_string_equal(cell(&table, "c_1", "BEHIND")->text, "behind");
    assert_null(strchr(cell(&table, "c_1", "USER")->text, '\x1b')); /* names are others' */
    top_table_clear(&table);
    json_decref(before);
    json_decref(now);
}

static void rows_are_sorted_by_any_column_either_way(void **unused)
{
    (void)unused;
    json_t *now = answer(10000, 0, 0, 0);
    struct top_table table;

    top_table_make(&table, TOP_SESSIONS, now, NULL);
    top_table_sort(&table, column_of(TOP_SESSIONS, "SESSION"), false);
    assert_string_equal(table.rows[0].id, "s_a");
    top_table_sort(&table, column_of(TOP_SESSIONS, "SESSION"), true);
    assert_string_equal(table.rows[0].id, "s_b");
    top_table_sort(&table, column_of(TOP_SESSIONS, "MEMORY"), true);
    assert_string_equal(table.rows[0].id, "s_b");
    top_table_sort(&table, column_of(TOP_SESSIONS, "CPU%"), true); /* equal ones: by id */
    assert_string_equal(table.rows[0].id, "s_a");
    assert_int_equal(top_table_find(&table, "s_none"), table.count);
    top_table_clear(&table);
    json_decref(now);
}

static void an_answer_without_what_is_listed_gives_no_rows(void **unused)
{
    (void)unused;
    json_t *empty = json_object();
    struct top_table table;

    for (int tab = 0; tab < TOP_TABS; tab++) {
        top_table_make(&table, (enum top_tab)tab, empty, empty);
        top_table_sort(&table, 0, true);
        assert_int_equal(table.count, 0);
        top_table_clear(&table);
    }
    json_decref(empty);
}

static void figures_are_short(void **unused)
{
    (void)unused;
    char text[TOP_CELL_BYTES];
    static const struct {
        double bytes;
        const char *text;
    } sizes[] = {{0, "0 B"}, {999, "999 B"}, {1000, "1.0 kB"}, {123456, "123 kB"}, {2.5e9, "2.5 GB"}};
    static const struct {
        int64_t ms;
        const char *text;
    } times[] = {{0, "0s"}, {59999, "59s"}, {60000, "1m 00s"}, {7380000, "2h 03m"}, {90000000, "1d 01h"}};

    for (size_t i = 0; i < 5; i++) {
        top_bytes(sizes[i].bytes, text);
        assert_string_equal(text, sizes[i].text);
        top_time(times[i].ms, text);
        assert_string_equal(text, times[i].text);
    }
    top_count(1500000, text);
    assert_string_equal(text, "1.5 M");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_uses_what_its_agent_and_its_servers_use),
        cmocka_unit_test(what_counts_backwards_has_no_rate),
        cmocka_unit_test(rates_are_a_second),
        cmocka_unit_test(rows_are_sorted_by_any_column_either_way),
        cmocka_unit_test(an_answer_without_what_is_listed_gives_no_rows),
        cmocka_unit_test(figures_are_short),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests_name("top_table", tests, NULL, NULL);
}
