#include "shared/xalloc.h"
#include "tui/clipboard.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* --- what is tried --- */

static void expect_ways(struct clipboard_place place, size_t len, const char *want)
{
    static const char letters[] = {'t', 'p', 'w', 'x', 'o', 'f'};
    enum clipboard_way ways[CLIPBOARD_WAYS];
    size_t count = clipboard_ways(&place, len, ways);
    char got[CLIPBOARD_WAYS + 1] = "";

    for (size_t i = 0; i < count; i++)
        got[i] = letters[ways[i]];
    assert_string_equal(got, want);
}

static void what_can_be_confirmed_is_tried_first(void **state)
{
    (void)state;
    expect_ways((struct clipboard_place){NULL, NULL, NULL}, 10, "of");
    expect_ways((struct clipboard_place){"", "", ""}, 10, "of");
    expect_ways((struct clipboard_place){"/tmp/tmux,1,0", NULL, ":0"}, 10, "tpxof");
    expect_ways((struct clipboard_place){NULL, "wayland-0", ":0"}, 10, "wxof");
    expect_ways((struct clipboard_place){NULL, NULL, NULL}, 75000, "of");
    expect_ways((struct clipboard_place){NULL, NULL, NULL}, 75001, "f");
}

static void osc_52_holds_the_text_in_base64(void **state)
{
    static const char *const cases[][2] = {{"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
                                           {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xc3\xa9\n", "w6kK"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char want[64];
        size_t len;
        char *got = clipboard_osc(cases[i][0], strlen(cases[i][0]), &len);

        snprintf(want, sizeof want, "\033]52;c;%s\033\\", cases[i][1]);
        assert_int_equal(len, strlen(want));
        assert_memory_equal(got, want, len);
        free(got);
    }
}

/* --- doing it --- */

struct fixture {
    uv_loop_t loop;
    struct clipboard *clipboard;
    bool refuses; /* the terminal takes nothing */
    char sent[256];
    int answers;
    struct clipboard_answer answer;
    char where[256];
    char folder[64];
};

static bool on_send(void *arg, const void *bytes, size_t len)
{
    struct fixture *f = arg;

    if (f->refuses)
        return false;
    assert_true(len < sizeof f->sent);
    memcpy(f->sent, bytes, len);
    f->sent[len] = '\0';
    return true;
}

static void on_done(void *arg, const struct clipboard_answer *answer)
{
    struct fixture *f = arg;

    f->answers++;
    f->answer = *answer;
    snprintf(f->where, sizeof f->where, "%s", answer->where);
}

/* A folder that is all of $PATH but for the shell's tools; with a program of that name and script. */
static struct fixture *with(const char *program, const char *script)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    char path[128];

    strcpy(f->folder, "/tmp/stoa-clipboard-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    if (program) {
        snprintf(path, sizeof path, "%s/%s", f->folder, program);
        FILE *file = fopen(path, "we");
        fprintf(file, "#!/bin/sh\n%s\n", script);
        fclose(file);
        chmod(path, 0700);
    }
    snprintf(path, sizeof path, "%s:/bin:/usr/bin", f->folder);
    setenv("PATH", path, 1);
    setenv("TMPDIR", f->folder, 1);
    setenv("HERE", f->folder, 1);
    unsetenv("TMUX");
    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
    uv_loop_init(&f->loop);
    f->clipboard = clipboard_new(&f->loop, on_send, on_done, f);
    return f;
}

static void done(struct fixture *f)
{
    char command[128];

    clipboard_free(&f->clipboard);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    snprintf(command, sizeof command, "rm -rf %s", f->folder);
    assert_int_equal(system(command), 0);
    free(f);
}

static void copy(struct fixture *f, const char *text)
{
    clipboard_copy(f->clipboard, text, strlen(text));
    uv_run(&f->loop, UV_RUN_DEFAULT);
}

static void expect_file(struct fixture *f, const char *name, const char *want)
{
    char path[320], got[64] = "";

    snprintf(path, sizeof path, "%s%s%s", *name == '/' ? "" : f->folder, *name == '/' ? "" : "/", name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t len = fread(got, 1, sizeof got - 1, file);
    got[len] = '\0';
    fclose(file);
    assert_string_equal(got, want);
}

static void tmux_takes_it_and_says_whether_its_terminal_has_a_clipboard(void **state)
{
    struct fixture *f = with("tmux", "cat > $HERE/got; echo $FEATURES");

    (void)state;
    setenv("TMUX", "x", 1);
    setenv("FEATURES", "title", 1);
    copy(f, "one\n");
    assert_int_equal(f->answers, 1);
    assert_false(f->answer.failed);
    assert_string_equal(f->where, "tmux's buffer");
    expect_file(f, "got", "one\n");
    setenv("FEATURES", "256,clipboard,title", 1);
    copy(f, "two");
    assert_string_equal(f->where, "tmux's buffer and the terminal's clipboard");
    expect_file(f, "got", "two");
    done(f);
}

static void an_old_tmux_is_asked_for_its_buffer_alone(void **state)
{
    struct fixture *f = with("tmux", "[ $2 = -w ] && exit 1; cat > $HERE/got");

    (void)state;
    setenv("TMUX", "x", 1);
    copy(f, "text");
    assert_int_equal(f->answer.way, CLIPBOARD_TMUX_PLAIN);
    assert_false(f->answer.failed);
    expect_file(f, "got", "text");
    done(f);
}

static void a_program_that_fails_is_not_believed(void **state)
{
    struct fixture *f = with("tmux", "cat > /dev/null; exit 1");

    (void)state;
    setenv("TMUX", "x", 1);
    copy(f, "text");
    assert_int_equal(f->answers, 1);
    assert_int_equal(f->answer.way, CLIPBOARD_OSC);
    assert_string_equal(f->sent, "\033]52;c;dGV4dA==\033\\");
    done(f);
}

static void a_missing_program_is_passed_over(void **state)
{
    struct fixture *f = with(NULL, NULL);

    (void)state;
    setenv("PATH", f->folder, 1);
    setenv("WAYLAND_DISPLAY", "wayland-0", 1);
    copy(f, "text");
    setenv("PATH", "/bin:/usr/bin", 1);
    assert_int_equal(f->answer.way, CLIPBOARD_OSC);
    done(f);
}

static void where_the_terminal_takes_nothing_there_is_a_file_for_the_owner_alone(void **state)
{
    struct fixture *f = with(NULL, NULL);
    struct stat file;

    (void)state;
    f->refuses = true;
    copy(f, "text");
    assert_int_equal(f->answer.way, CLIPBOARD_FILE);
    assert_false(f->answer.failed);
    assert_int_equal(stat(f->where, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    expect_file(f, f->where, "text");
    setenv("TMPDIR", "/proc/nowhere", 1);
    copy(f, "text");
    assert_true(f->answer.failed);
    done(f);
}

static void a_new_copy_is_not_kept_waiting_by_one_that_hangs(void **state)
{
    struct fixture *f = with("tmux", "read -r first; [ \"$first\" = slow ] && exec sleep 60; exit 0");

    (void)state;
    setenv("TMUX", "x", 1);
    clipboard_copy(f->clipboard, "slow\n", 5);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    copy(f, "quick\n");
    assert_int_equal(f->answers, 1);
    assert_int_equal(f->answer.way, CLIPBOARD_TMUX);
    done(f);
}

static void leaving_in_the_middle_leaves_nothing(void **state)
{
    struct fixture *f = with("tmux", "exec sleep 60");

    (void)state;
    setenv("TMUX", "x", 1);
    clipboard_copy(f->clipboard, "text", 4);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    done(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_be_confirmed_is_tried_first),
        cmocka_unit_test(osc_52_holds_the_text_in_base64),
        cmocka_unit_test(tmux_takes_it_and_says_whether_its_terminal_has_a_clipboard),
        cmocka_unit_test(an_old_tmux_is_asked_for_its_buffer_alone),
        cmocka_unit_test(a_program_that_fails_is_not_believed),
        cmocka_unit_test(a_missing_program_is_passed_over),
        cmocka_unit_test(where_the_terminal_takes_nothing_there_is_a_file_for_the_owner_alone),
        cmocka_unit_test(a_new_copy_is_not_kept_waiting_by_one_that_hangs),
        cmocka_unit_test(leaving_in_the_middle_leaves_nothing),
    };

    signal(SIGPIPE, SIG_IGN); /* as the program does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
