/* What is known of daemons survives what people and programs do to the file; a key that changes is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shared/xalloc.h"
#include "tui/daemons.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64], path[128], error[DAEMONS_ERROR];

static int set_up(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/stoa-daemons-test-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/cfg/stoa/known_daemons", dir);
    return 0;
}

static int tear_down(void **state)
{
    char *command = xasprintf("rm -r %s", dir);

    (void)state;
    assert_int_equal(system(command), 0);
    free(command);
    return 0;
}

static struct known_daemon daemon_of(const char *name, const char *address, int key)
{
    struct known_daemon one;

    memset(&one, 0, sizeof one);
    snprintf(one.name, sizeof one.name, "%s", name);
    assert_true(join_address_parse(address, &one.address, error));
    memset(one.key, key, sizeof one.key);
    return one;
}

static enum err add(const char *name, const char *address, int key)
{
    struct known_daemon one = daemon_of(name, address, key);

    return daemons_add(path, &one, error);
}

static void write_text(const char *text)
{
    char *folder = xasprintf("mkdir -p %s/cfg/stoa", dir);
    FILE *file;

    assert_int_equal(system(folder), 0);
    free(folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(path, 0600);
}

static char *read_text(void)
{
    static char text[65536];
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void test_what_is_added_is_found_and_private(void **state)
{
    struct daemons *daemons;
    struct stat st;

    (void)state;
    assert_int_equal(daemons_load(path, &daemons, error), ERR_OK);
    assert_null(daemons_get(daemons, 0));
    daemons_free(&daemons);
    assert_int_equal(add("lab", "tcp://lab.example:7117", 1), ERR_OK);
    assert_int_equal(add("six", "tcp://[::1]:7117", 2), ERR_OK);
    assert_int_equal(daemons_load(path, &daemons, error), ERR_OK);
    assert_string_equal(daemons_get(daemons, 0)->name, "lab");
    assert_int_equal(daemons_find(daemons, "six")->key[0], 2);
    assert_ptr_equal(daemons_find_address(daemons, &daemons_find(daemons, "six")->address),
                     daemons_find(daemons, "six"));
    assert_null(daemons_get(daemons, 2));
    daemons_free(&daemons);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_a_changed_key_is_refused_loudly_and_nothing_is_written(void **state)
{
    char before[4096], print[KEY_FINGERPRINT_LEN + 1];
    struct known_daemon other = daemon_of("lab", "tcp://lab:1", 9);

    (void)state;
    assert_int_equal(add("lab", "tcp://lab:1", 1), ERR_OK);
    snprintf(before, sizeof before, "%s", read_text());
    /* the same name, the same address, both */
    assert_int_equal(add("lab", "tcp://elsewhere:1", 9), ERR_DENIED);
    assert_int_equal(add("new", "tcp://lab:1", 9), ERR_DENIED);
    assert_int_equal(add("lab", "tcp://lab:1", 9), ERR_DENIED);
    key_fingerprint(other.key, print);
    assert_non_null(strstr(error, print));
    memset(other.key, 1, sizeof other.key);
    key_fingerprint(other.key, print);
    assert_non_null(strstr(error, print));
    assert_non_null(strstr(error, "stoa daemon rm lab"));
    assert_string_equal(read_text(), before);
    /* what is known already is no change */
    assert_int_equal(add("lab", "tcp://lab:1", 1), ERR_OK);
    assert_string_equal(read_text(), before);
    assert_int_equal(add("lab", "tcp://lab:2", 1), ERR_CONFLICT);
    assert_non_null(strstr(error, "tcp://lab:1"));
    /* taken away by hand, the new one may come */
    assert_int_equal(daemons_remove(path, "lab", error), ERR_OK);
    assert_int_equal(add("lab", "tcp://lab:1", 9), ERR_OK);
}

static void test_comments_stay(void **state)
{
    static const char text[] = "# mine\n\nlab\ttcp://lab:1   AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\n"
                               "  # between\nend tcp://end:1 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

    (void)state;
    write_text(text);
    assert_int_equal(add("new", "tcp://new:1", 2), ERR_OK);
    assert_memory_equal(read_text(), text, strlen(text));
    assert_int_equal(daemons_remove(path, "lab", error), ERR_OK);
    assert_int_equal(daemons_remove(path, "new", error), ERR_OK);
    assert_string_equal(read_text(), "# mine\n\n  # between\nend tcp://end:1 "
                                     "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\n");
    assert_int_equal(daemons_remove(path, "lab", error), ERR_NOT_FOUND);
}

static void test_malformed_lines_are_named_by_number_and_stay(void **state)
{
    static const struct {
        const char *text, *word;
    } cases[] = {
        {"# c\nlab tcp://lab:1\n", "line 2"},
        {"lab tcp://lab:1 short\n", "key"},
        {"local tcp://lab:1 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\n", "name"},
        {"-x tcp://lab:1 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\n", "name"},
        {"lab ipc://lab AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\n", "tcp://"},
        {"lab tcp://lab:1 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE more\n", "KEY"},
        {"a tcp://lab:1 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\n"
         "a tcp://lab:2 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\n",
         "before"},
        {"\x1b[31m tcp://lab:1 x\n", "line 1"},
    };
    struct daemons *daemons;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_text(cases[i].text);
        assert_int_equal(daemons_load(path, &daemons, error), ERR_CONFIG);
        assert_null(daemons);
        if (!strstr(error, cases[i].word) || strchr(error, '\x1b'))
            fail_msg("%s: %s", cases[i].text, error);
        assert_int_equal(add("new", "tcp://new:1", 2), ERR_CONFIG);
        assert_string_equal(read_text(), cases[i].text);
    }
}

static void test_a_file_that_others_may_change_is_not_believed(void **state)
{
    struct daemons *daemons;

    (void)state;
    write_text("");
    chmod(path, 0620);
    assert_int_equal(daemons_load(path, &daemons, error), ERR_DENIED);
    assert_non_null(strstr(error, "chmod 600"));
}

static void test_names_are_made_of_hosts(void **state)
{
    struct daemons *daemons;
    char name[DAEMON_NAME_MAX + 1], host[JOIN_HOST_MAX + 1];

    (void)state;
    assert_int_equal(add("lab", "tcp://lab:1", 1), ERR_OK);
    assert_int_equal(add("lab-2", "tcp://lab:2", 2), ERR_OK);
    assert_int_equal(daemons_load(path, &daemons, error), ERR_OK);
    daemons_free_name(daemons, "other.example", name);
    assert_string_equal(name, "other.example");
    daemons_free_name(daemons, "lab", name);
    assert_string_equal(name, "lab-3");
    daemons_free_name(daemons, "::1", name);
    assert_string_equal(name, "1");
    daemons_free_name(daemons, "::", name);
    assert_string_equal(name, "daemon");
    daemons_free_name(daemons, "local", name);
    assert_string_equal(name, "local-2");
    memset(host, 'h', sizeof host);
    host[JOIN_HOST_MAX] = '\0';
    daemons_free_name(daemons, host, name);
    assert_true(daemon_name_valid(name));
    daemons_free(&daemons);
}

static void test_many_add_at_the_same_time_and_none_is_lost(void **state)
{
    enum { PROCESSES = 4, EACH = 25 };
    struct daemons *daemons;
    int status;

    (void)state;
    for (int p = 0; p < PROCESSES; p++)
        if (fork() == 0) {
            int failed = 0;

            for (int i = 0; i < EACH; i++) {
                char name[32], address[64];

                snprintf(name, sizeof name, "d%d-%d", p, i);
                snprintf(address, sizeof address, "tcp://h%d:%d", p, i + 1);
                failed += add(name, address, p + 1) != ERR_OK;
            }
            _exit(failed ? 1 : 0);
        }
    for (int p = 0; p < PROCESSES; p++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(daemons_load(path, &daemons, error), ERR_OK);
    assert_non_null(daemons_get(daemons, PROCESSES * EACH - 1));
    assert_null(daemons_get(daemons, PROCESSES * EACH));
    daemons_free(&daemons);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_added_is_found_and_private, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_changed_key_is_refused_loudly_and_nothing_is_written, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_comments_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_malformed_lines_are_named_by_number_and_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_file_that_others_may_change_is_not_believed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_names_are_made_of_hosts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_add_at_the_same_time_and_none_is_lost, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
