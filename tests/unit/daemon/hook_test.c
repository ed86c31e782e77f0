/* The hook's command line, and what becomes of its processes. */
#include "daemon/hook.h"
#include "daemon/socket/files.h"
#include "shared/clock.h"
#include "shared/log.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_words(const char *command, const char *expected)
{
    char out[256], joined[512] = "", *words[HOOK_WORDS_MAX + 1];
    int count = hook_split(command, out, words);

    for (int i = 0; i < count; i++) {
        strcat(joined, words[i]);
        strcat(joined, "|");
    }
    if (count >= 0)
        assert_null(words[count]);
    else
        strcpy(joined, "malformed");
    assert_string_equal(joined, expected);
}

static void a_command_is_cut_into_words_as_a_shell_does(void **unused)
{
    (void)unused;
    assert_words("", "");
    assert_words("  \t ", "");
    assert_words("notify", "notify|");
    assert_words("  a  b\tc ", "a|b|c|");
    assert_words("'a b' \"c d\"", "a b|c d|");
    assert_words("a'b c'd", "ab cd|");
    assert_words("''", "|");
    assert_words("a \"\" b", "a||b|");
    assert_words("'it'\\''s'", "it's|");
    assert_words("\"a \\\" b\"", "a \" b|");
    assert_words("'a\\b'", "a\\b|");
    assert_words("a\\ b", "a b|");
    assert_words("a\\", "a\\|");
    assert_words("$HOME *.c `x` ; y", "$HOME|*.c|`x`|;|y|");
    assert_words("'a", "malformed");
    assert_words("a \"b", "malformed");
    assert_words("\"a\\\"", "malformed");
}

static void there_are_not_too_many_words(void **unused)
{
    (void)unused;
    char command[4 * HOOK_WORDS_MAX] = "", out[4 * HOOK_WORDS_MAX], *words[HOOK_WORDS_MAX + 1];

    for (int i = 0; i < HOOK_WORDS_MAX; i++)
        strcat(command, "w ");
    assert_int_equal(hook_split(command, out, words), HOOK_WORDS_MAX);
    strcat(command, "w");
    assert_int_equal(hook_split(command, out, words), -1);
}

struct rig {
    uv_loop_t loop;
    struct hooks *hooks;
    char folder[64];
};

static int setup(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    char error[256];

    strcpy(rig->folder, "/tmp/stoa-hook-XXXXXX");
    if (!mkdtemp(rig->folder) || !files_raise(error))
        return -1;
    signal(SIGPIPE, SIG_IGN); /* as in the daemon */
    uv_loop_init(&rig->loop);
    rig->hooks = hooks_open(&rig->loop);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    char command[128];
    int left;

    hooks_close(&rig->hooks);
    uv_run(&rig->loop, UV_RUN_DEFAULT);
    left = uv_loop_close(&rig->loop);
    snprintf(command, sizeof command, "rm -rf %s", rig->folder);
    left += system(command);
    free(rig);
    return left;
}

/* The text of a file in the folder, when it is there; free() it. 20 s is a failure. */
static char *wait_file(struct rig *rig, const char *name)
{
    char path[128], *text = NULL;
    size_t size = 0;
    int64_t end = clock_steady_ms() + 20000;
    FILE *file = NULL;

    snprintf(path, sizeof path, "%s/%s", rig->folder, name);
    while (!file && clock_steady_ms() < end) {
        uv_run(&rig->loop, UV_RUN_NOWAIT);
        file = fopen(path, "r");
        usleep(1000);
    }
    if (!file)
        fail_msg("%s was not made", path);
    if (getdelim(&text, &size, '\0', file) < 0)
        *text = '\0';
    fclose(file);
    return text;
}

/* Runs script in the folder. */
static void run(struct rig *rig, const char *script, json_t *json)
{
    char command[512];

    snprintf(command, sizeof command, "sh -c 'cd %s && %s'", rig->folder, script);
    hooks_run(rig->hooks, command, json);
    json_decref(json);
}

static void it_reads_json_and_has_no_key(void **state)
{
    struct rig *rig = *state;

    setenv("ANTHROPIC_API_KEY", "secret", 1);
    run(rig, "cat > a; echo \"/$ANTHROPIC_API_KEY/\" >> a; mv a seen", json_pack("{s:i}", "a", 1));
    char *text = wait_file(rig, "seen");
    assert_string_equal(text, "{\"a\":1}//\n");
    free(text);
}

static void one_that_does_not_read_or_start_harms_nobody(void **state)
{
    struct rig *rig = *state;
    json_t *large = json_object();
    char *text = malloc(1 << 20);

    memset(text, 'x', (1 << 20) - 1);
    text[(1 << 20) - 1] = '\0';
    json_object_set_new(large, "x", json_string(text));
    hooks_run(rig->hooks, "/nonexistent/hook", large);
    hooks_run(rig->hooks, "'unclosed", large);
    hooks_run(rig->hooks, "", large);
    run(rig, "exec <&-; yes | head -c 1000000; touch done", large);
    free(text);
    free(wait_file(rig, "done"));
}

static void only_so_many_run_at_once(void **state)
{
    struct rig *rig = *state;

    for (int i = 0; i < HOOK_MAX; i++)
        run(rig, "sleep 1000", json_object());
    run(rig, "touch one-too-many", json_object());
    hooks_close(&rig->hooks); /* kills them: the loop has nothing more to wait for */
    uv_run(&rig->loop, UV_RUN_DEFAULT);
    char path[128];
    snprintf(path, sizeof path, "%s/one-too-many", rig->folder);
    assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_cut_into_words_as_a_shell_does),
        cmocka_unit_test(there_are_not_too_many_words),
        cmocka_unit_test_setup_teardown(it_reads_json_and_has_no_key, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_does_not_read_or_start_harms_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(only_so_many_run_at_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
