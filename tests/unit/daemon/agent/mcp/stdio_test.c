/* Servers of every kind on their standard streams: whatever they do, it is said what happened, the loop goes
 * on, and nothing is left of them. This program is shim and server too. Each test runs with a PID namespace,
 * where the host allows one, and without. */
#include "tests/support/slow.h"
#include "tests/unit/daemon/agent/mcp/bad_server.h"

#include "daemon/agent/mcp/shim.h"
#include "daemon/agent/mcp/stdio.h"
#include "daemon/agent/mcp/talk.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/subreaper.h"
#include "shared/xalloc.h"
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>

#include <cmocka.h>

enum {
    PATIENCE_MS = 60000,
    TICK_MS = 10,
    GAP_MS = 1000, /* the longest that a turn of the loop may take, on a slow machine with sanitizers */
    ROUNDS = 12,
    AT_ONCE = 20,
    ASKED = 50
};

struct talk_with { /* one server */
    struct mcp_transport *transport;
    bool close_when_lost, close_at_message, is_closed;
    unsigned messages, said;
    json_t *last;
    char line[TALK_LINE_BYTES + 1]; /* the newest that was said */
    bool lost;
    enum mcp_why why;
    char text[256];
};

#ifdef __SANITIZE_ADDRESS__
enum { MEMORY = 0 }; /* its shadow counts */
#else
enum { MEMORY = 1 << 30 };
#endif

static uv_loop_t loop;
static bool in_the_open;

/* --- the handler --- */

static void on_closed(void *arg)
{
    struct talk_with *with = arg;

    assert_false(with->is_closed);
    with->is_closed = true;
}

static void leave(struct talk_with *with)
{
    mcp_transport_close(&with->transport, on_closed, with);
}

static void on_message(void *arg, json_t *message, uint64_t request)
{
    struct talk_with *with = arg;

    assert_non_null(with->transport);
    assert_false(with->lost);
    assert_int_equal(request, 0);
    assert_true(json_is_object(message) || json_is_array(message));
    with->messages++;
    json_decref(with->last);
    with->last = json_incref(message);
    if (with->close_at_message)
        leave(with);
}

static void on_said(void *arg, const char *line, size_t len)
{
    struct talk_with *with = arg;

    assert_non_null(with->transport);
    assert_false(with->lost);
    assert_true(len > 0 && len <= TALK_LINE_BYTES);
    with->said++;
    memcpy(with->line, line, len);
    with->line[len] = '\0';
}

static void on_lost(void *arg, const struct mcp_failure *failure)
{
    struct talk_with *with = arg;

    assert_non_null(with->transport);
    assert_false(with->lost);
    with->lost = true;
    with->why = failure->why;
    snprintf(with->text, sizeof with->text, "%s", failure->text);
    if (with->close_when_lost)
        leave(with);
}

/* --- the loop --- */

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

/* Runs the loop until *condition; returns the longest turn in ms. */
static int64_t run_until(const bool *condition)
{
    int64_t start = clock_steady_ms(), before = start, longest = 0;
    uv_timer_t tick;

    uv_timer_init(&loop, &tick);
    uv_timer_start(&tick, on_tick, TICK_MS, TICK_MS);
    while (!*condition) {
        uv_run(&loop, UV_RUN_ONCE);
        int64_t now = clock_steady_ms();
        assert_true(now - start < PATIENCE_MS);
        longest = now - before > longest ? now - before : longest;
        before = now;
    }
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
    return longest;
}

/* --- servers --- */

static void open_command(struct talk_with *with, char *const *argv, const struct launch *limits)
{
    static char path[] = "PATH=/usr/bin:/bin", secret[] = "SECRET=of the server",
                *environment[] = {path, secret, NULL};
    struct launch launch = limits ? *limits : (struct launch){0};
    struct mcp_transport_handler handler = {
        .arg = with, .message = on_message, .said = on_said, .lost = on_lost};
    char error[256] = "";

    launch.argv = argv;
    launch.environment = environment;
    launch.in_the_open = in_the_open;
    with->transport = stdio_open(&loop, &launch, &handler, error);
    assert_string_equal(error, "");
    assert_non_null(with->transport);
}

static void open_limited(struct talk_with *with, const char *role, const struct launch *limits)
{
    char program[] = "/proc/self/exe", word[] = "serve", which[64];
    char *argv[] = {program, word, which, NULL};

    snprintf(which, sizeof which, "%s", role);
    open_command(with, argv, limits);
}

static void open_server(struct talk_with *with, const char *role)
{
    open_limited(with, role, NULL);
}

static bool ask(struct talk_with *with, const char *text)
{
    json_t *message = json_pack("{s:s, s:s}", "jsonrpc", "2.0", "text", text);
    struct mcp_outgoing outgoing = {.message = message, .request = 1};
    bool sent = mcp_transport_send(with->transport, &outgoing);

    json_decref(message);
    return sent;
}

static void end(struct talk_with *with)
{
    leave(with);
    run_until(&with->is_closed);
    json_decref(with->last);
    with->last = NULL;
}

/* Of one that would need its deadlines. */
static void end_now(struct talk_with *with)
{
    pid_t pid = stdio_pid(with->transport);

    if (pid > 0)
        kill(pid, SIGKILL);
    end(with);
}

static void expect_lost(const char *role, enum mcp_why why, const char *text)
{
    struct talk_with with = {0};

    open_server(&with, role);
    run_until(&with.lost);
    assert_string_equal(mcp_why_name(with.why), mcp_why_name(why));
    assert_non_null(strstr(with.text, text));
    end_now(&with);
}

/* --- before and after each test --- */

static int open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static int files_before;

static int before(void **state)
{
    (void)state;
    uv_signal_t signal; /* what libuv opens for the first signal stays open */

    uv_loop_init(&loop);
    uv_signal_init(&loop, &signal);
    uv_signal_start(&signal, NULL, SIGUSR1);
    uv_close((uv_handle_t *)&signal, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    files_before = open_files();
    return 0;
}

/* No process (we are the subreaper: whatever is left is our child), no descriptor, no handle. */
static int after(void **state)
{
    (void)state;
    siginfo_t info;

    assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), -1);
    assert_int_equal(errno, ECHILD);
    assert_int_equal(open_files(), files_before);
    assert_int_equal(uv_loop_close(&loop), 0);
    return 0;
}

/* --- talking --- */

static void a_server_answers(void **state)
{
    (void)state;
    struct talk_with with = {.close_at_message = true};

    open_server(&with, "echo");
    assert_true(stdio_pid(with.transport) > 0);
    assert_true(ask(&with, "line\nbreak \xc3\xa4"));
    assert_int_equal(with.messages, 0); /* nothing is called from within a call */
    run_until(&with.is_closed);
    assert_int_equal(with.messages, 1);
    assert_string_equal(jsonx_str(with.last, "text", ""), "line\nbreak \xc3\xa4");
    json_decref(with.last);
}

static void it_gets_its_own_environment_folder_and_group_and_nothing_else(void **state)
{
    (void)state;
    struct talk_with with = {.close_at_message = true};
    struct launch launch = {.folder = "/usr"};
    int leak = open("/dev/null", O_RDONLY); /* without CLOEXEC */

    open_limited(&with, "look", &launch);
    run_until(&with.is_closed);
    close(leak);
    assert_string_equal(jsonx_str(with.last, "folder", ""), "/usr");
    assert_string_equal(jsonx_str(with.last, "secret", ""), "of the server");
    assert_int_equal(jsonx_int(with.last, "variables", -1), 2);
    assert_int_equal(jsonx_int(with.last, "files", -1), 3);
    assert_true(jsonx_bool(with.last, "leads_group", false));
    assert_true(jsonx_bool(with.last, "no_signals_blocked", false));
    assert_true(jsonx_bool(with.last, "own_proc", false));
    json_decref(with.last);
}

static void it_is_alone_in_its_namespace(void **state)
{
    (void)state;
    struct talk_with with = {.close_at_message = true};

    open_server(&with, "look");
    run_until(&with.is_closed);
    bool alone = jsonx_int(with.last, "pid", 0) == 2;
    json_decref(with.last);
    if (in_the_open)
        assert_false(alone);
    else if (!alone) /* the host allows no namespace */
        skip();
}

/* What is to be hidden can't be. */
static void a_server_from_which_nothing_could_be_hidden_is_said_to_see_all(void **state)
{
    (void)state;
    char folder[] = "/tmp/stoa-hide-XXXXXX", link[64];
    struct talk_with with = {.close_at_message = true};

    if (in_the_open)
        skip();
    assert_non_null(mkdtemp(folder));
    snprintf(link, sizeof link, "%s/link", folder);
    assert_int_equal(symlink("link", link), 0);
    setenv("STOA_HIDE", link, 1);
    open_server(&with, "look");
    run_until(&with.is_closed);
    unsetenv("STOA_HIDE");
    unlink(link);
    rmdir(folder);
    assert_int_not_equal(jsonx_int(with.last, "pid", 0), 2);
    json_decref(with.last);
    assert_non_null(strstr(with.line, "it sees the files of this account"));
}

static void limits_are_set(void **state)
{
#ifdef __SANITIZE_THREAD__
    skip(); /* its own memory would be over any limit, and the shim is this program */
#endif
    (void)state;
    struct talk_with with = {.close_at_message = true};
    struct launch launch = {.memory = MEMORY, .cpu_s = 100, .files = 50, .file_size = 1 << 20};

    open_limited(&with, "look", &launch);
    run_until(&with.is_closed);
    assert_int_equal(jsonx_int(with.last, "memory", -1), MEMORY);
    assert_int_equal(jsonx_int(with.last, "cpu", -1), 100);
    assert_int_equal(jsonx_int(with.last, "open_files", -1), 50);
    assert_int_equal(jsonx_int(with.last, "file_size", -1), 1 << 20);
    assert_int_equal(jsonx_int(with.last, "core", -1), 0);
    json_decref(with.last);
}

static void batches_blank_lines_and_carriage_returns_are_taken(void **state)
{
    (void)state;
    struct talk_with with = {0};

    open_server(&with, "forms");
    run_until(&with.lost);
    assert_int_equal(with.messages, 5);
    assert_true(json_is_true(json_object_get(with.last, "last"))); /* which had no newline */
    assert_int_equal(with.said, 0);
    end(&with);
}

static void a_message_of_many_megabytes_comes_whole(void **state)
{
    (void)state;
    struct talk_with with = {.close_at_message = true};

    open_server(&with, "big-message");
    run_until(&with.is_closed);
    assert_int_equal(json_string_length(json_object_get(with.last, "text")), BAD_SERVER_BIG);
    json_decref(with.last);
}

static void what_it_says_for_people_is_passed_on(void **state)
{
    (void)state;
    struct talk_with with = {0};

    open_server(&with, "stderr");
    run_until(&with.lost);
    assert_int_equal(with.said, 2);
    assert_string_equal(with.line, "and that without a newline");
    assert_string_equal(with.text, "exit code 0");
    assert_int_equal(with.why, MCP_WHY_CLOSED);
    end(&with);
}

static void noise_among_messages_is_shown_and_goes_on(void **state)
{
    (void)state;
    struct talk_with with = {0};

    open_server(&with, "noise");
    run_until(&with.lost);
    assert_int_equal(with.messages, 3);
    assert_int_equal(with.said, 3 * (STDIO_NOISE_MAX - 1));
    assert_int_equal(with.why, MCP_WHY_CLOSED);
    end(&with);
}

/* --- ends --- */

static void how_it_ended_is_told(void **state)
{
    (void)state;
    expect_lost("exit-0", MCP_WHY_CLOSED, "exit code 0");
    expect_lost("exit-3", MCP_WHY_CRASHED, "exit code 3");
    expect_lost("segv", MCP_WHY_CRASHED, "signal 11 (Segmentation fault)");
    expect_lost("kill", MCP_WHY_CRASHED, "signal 9 (Killed)");
}

static void what_it_wrote_before_its_death_is_read_first(void **state)
{
    (void)state;
    struct talk_with with = {0};
    siginfo_t info;

    open_server(&with, "last-words");
    assert_int_equal(waitid(P_PID, (id_t)stdio_pid(with.transport), &info, WEXITED | WNOWAIT), 0);
    run_until(&with.lost);
    assert_int_equal(with.messages, BAD_SERVER_WORDS);
    assert_string_equal(with.text, "exit code 4");
    end(&with);
}

static void expect_not_started(char *program, const struct launch *launch, const char *text)
{
    struct talk_with with = {0};
    char *argv[] = {program, NULL};

    open_command(&with, argv, launch);
    run_until(&with.lost);
    assert_int_equal(with.why, MCP_WHY_NOT_STARTED);
    assert_string_equal(with.text, text);
    end(&with);
}

static void that_a_program_cannot_be_started_is_told_with_its_name(void **state)
{
    (void)state;
    char missing[] = "no-such-server", folder[] = "/usr", file[] = "/etc/passwd", sh[] = "sh";
    struct launch nowhere = {.folder = "/no/such/folder"};

    expect_not_started(missing, NULL,
                       "can't start no-such-server: No such file or directory in PATH=/usr/bin:/bin");
    expect_not_started(folder, NULL, "can't start /usr: Permission denied");
    expect_not_started(file, NULL, "can't start /etc/passwd: Permission denied");
    expect_not_started(sh, &nowhere,
                       "can't start sh: No such file or directory (its working folder /no/such/folder)");
}

static void without_a_shim_there_is_an_error_at_once(void **state)
{
    (void)state;
    char program[] = "server", *argv[] = {program, NULL}, *none[] = {NULL}, error[256];
    struct launch launch = {.argv = argv, .environment = none};
    struct mcp_transport_handler handler = {0};

    launch_set_shim("/no/such/shim");
    assert_null(stdio_open(&loop, &launch, &handler, error));
    launch_set_shim(NULL);
    assert_string_equal(error, "can't start server: No such file or directory");
    launch.argv = none;
    assert_null(stdio_open(&loop, &launch, &handler, error));
    assert_non_null(strstr(error, "no program"));
}

static void a_server_that_closes_a_stream_and_lives_is_lost(void **state)
{
    (void)state;
    struct talk_with with = {0};

    expect_lost("close-out", MCP_WHY_CLOSED, "it closed its standard output");
    open_server(&with, "close-in");
    while (with.messages == 0) /* says when it has closed it */
        uv_run(&loop, UV_RUN_ONCE);
    ask(&with, "nobody hears this");
    assert_false(ask(&with, "nor that"));
    run_until(&with.lost);
    assert_string_equal(with.text, "it closed its standard input");
    end_now(&with);
}

static void daughters_that_hold_the_streams_do_not_delay_its_end(void **state)
{
    (void)state;
    struct talk_with with = {.close_when_lost = true};
    int64_t start = clock_steady_ms();

    open_server(&with, "daughters");
    run_until(&with.is_closed);
    assert_string_equal(with.text, "exit code 6");
    assert_int_equal(with.messages, 1);
    assert_true(clock_steady_ms() - start < STDIO_EOF_MS); /* by no deadline */
    json_decref(with.last);
}

static void a_deaf_server_is_killed_with_all_it_started(void **state)
{
    (void)state;
    struct talk_with deaf = {.close_at_message = true}, family = deaf;
    int64_t start = clock_steady_ms();

    open_server(&deaf, "deaf");
    open_server(&family, "deaf-family");
    run_until(&deaf.is_closed);
    run_until(&family.is_closed);
    assert_true(clock_steady_ms() - start >= STDIO_EOF_MS + STDIO_TERM_MS);
    json_decref(deaf.last);
    json_decref(family.last);
}

static void a_server_that_ends_at_sigterm_is_given_the_time(void **state)
{
    (void)state;
    struct talk_with with = {.close_at_message = true};
    int64_t start = clock_steady_ms();

    open_server(&with, "term");
    run_until(&with.is_closed);
    assert_true(clock_steady_ms() - start >= STDIO_EOF_MS);
    assert_true(clock_steady_ms() - start < STDIO_EOF_MS + STDIO_TERM_MS);
    json_decref(with.last);
}

static void closing_at_once_and_after_the_end_is_fine(void **state)
{
    (void)state;
    struct talk_with at_once = {0}, after_end = {0}, silent = {0};
    struct mcp_transport *none = NULL;

    open_server(&at_once, "echo");
    end(&at_once);
    open_server(&after_end, "exit-3");
    run_until(&after_end.lost);
    assert_int_equal(stdio_pid(after_end.transport), 0);
    assert_false(ask(&after_end, "too late"));
    end(&after_end);
    open_server(&silent, "echo");
    mcp_transport_close(&silent.transport, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    mcp_transport_close(&none, on_closed, NULL);
}

/* --- floods --- */

static void a_line_without_end_is_a_flood(void **state)
{
    (void)state;
    struct talk_with with = {0};

    open_server(&with, "long-line");
    int64_t longest = run_until(&with.lost);
    assert_int_equal(with.why, MCP_WHY_FLOOD);
    assert_string_equal(with.text, "a line of more than 16777216 bytes");
    assert_true(longest < GAP_MS);
    end(&with);
}

static void only_noise_is_nonsense(void **state)
{
    (void)state;
    struct talk_with with = {0};

    open_server(&with, "only-noise");
    run_until(&with.lost);
    assert_int_equal(with.why, MCP_WHY_NONSENSE);
    assert_int_equal(with.said, STDIO_NOISE_MAX);
    end(&with);
}

static void floods_do_not_starve_the_loop(void **state)
{
    (void)state;
    struct talk_with out = {0}, err = {0}, echo = {.close_at_message = true};
    int64_t longest = 0;

    open_server(&out, "flood-out");
    open_server(&err, "flood-err");
    for (int i = 0; i < ASKED; i++) {
        struct talk_with one = echo;

        open_server(&one, "echo");
        assert_true(ask(&one, "are you there?"));
        int64_t turn = run_until(&one.is_closed);
        longest = turn > longest ? turn : longest;
        json_decref(one.last);
    }
    assert_true(longest < GAP_MS);
    assert_true(out.messages > 0);
    assert_false(out.lost || err.lost);
    end_now(&out);
    end_now(&err);
}

static void of_a_flood_for_people_it_is_said_how_much_was_left_out(void **state)
{
    (void)state;
    struct talk_with with = {0};
    int64_t start = clock_steady_ms();

    open_server(&with, "flood-err");
    while (!strstr(with.line, "more lines were left out")) {
        uv_run(&loop, UV_RUN_ONCE);
        assert_true(clock_steady_ms() - start < PATIENCE_MS);
    }
    assert_true(with.said <= TALK_LINES + 1);
    end_now(&with);
}

static void what_waits_for_a_server_that_does_not_read_is_capped(void **state)
{
    (void)state;
    struct talk_with with = {0};
    char *text = xmalloc((1 << 20) + 1);
    int taken = 0;

    memset(text, 'x', 1 << 20);
    text[1 << 20] = '\0';
    open_server(&with, "deaf-in");
    while (ask(&with, text))
        assert_true(++taken <= 33);
    assert_true(taken >= 31);
    assert_false(with.lost);
    free(text);
    end_now(&with);
}

static void what_waits_is_written_in_order_when_it_reads_again(void **state)
{
    (void)state;
    struct talk_with with = {0};
    char *text = xcalloc(1, (1 << 20) + 1);

    open_server(&with, "late-reader");
    for (int i = 0; i < 20; i++) {
        memset(text, 'a' + i, 1 << 20);
        assert_true(ask(&with, text));
    }
    free(text);
    while (with.messages < 20)
        uv_run(&loop, UV_RUN_ONCE);
    assert_string_equal(jsonx_str(with.last, "first", ""), "t");
    end(&with);
}

static void too_many_processes_are_not_had(void **state)
{
    (void)state;
    struct talk_with with = {0};
    struct launch launch = {.processes = 20};

    open_limited(&with, "fork-bomb", &launch);
    while (!with.lost && !with.last)
        uv_run(&loop, UV_RUN_ONCE);
    if (with.lost) /* they were counted */
        assert_string_equal(with.text, "more than 20 processes and threads");
    else /* the kernel has refused them */
        assert_int_equal(jsonx_int(with.last, "processes", 0), 20);
    end_now(&with);
}

/* --- nothing is left --- */

static const char *const any_role[] = {"echo", "exit-3", "daughters", "exit-0", "leave-on-eof", "segv"};

static void random_starts_and_stops_leave_nothing(void **state)
{
    (void)state;
    unsigned seed = 5;

    for (int round = 0; round < ROUNDS; round++) {
        struct talk_with with[AT_ONCE] = {0};

        for (int i = 0; i < AT_ONCE; i++) {
            open_server(&with[i], any_role[(unsigned)rand_r(&seed) % (sizeof any_role / sizeof any_role[0])]);
            for (int turns = rand_r(&seed) % 20; turns > 0; turns--)
                uv_run(&loop, UV_RUN_NOWAIT);
            if (rand_r(&seed) % 4 == 0)
                leave(&with[i]);
            if (rand_r(&seed) % 4 == 0 && with[i].transport)
                kill(stdio_pid(with[i].transport) ? stdio_pid(with[i].transport) : getpid(),
                     stdio_pid(with[i].transport) ? SIGKILL : 0);
        }
        for (int i = 0; i < AT_ONCE; i++) {
            if (with[i].transport)
                leave(&with[i]);
            run_until(&with[i].is_closed);
            json_decref(with[i].last);
        }
    }
}

/* Somebody who holds a server, as an agent does, is killed. */
static void nothing_outlives_its_killed_parent(void **state)
{
    (void)state;
    char byte;
    int ready[2];

    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(pipe(ready), 0);
        pid_t holder = fork();
        if (holder == 0) {
            struct talk_with with = {0};

            uv_loop_fork(&loop);
            open_server(&with, i % 2 ? "deaf-family" : "deaf");
            while (i > 3 && with.messages == 0)
                uv_run(&loop, UV_RUN_ONCE);
            if (write(ready[1], "x", 1) == 1)
                pause();
            _exit(1);
        }
        close(ready[1]);
        assert_int_equal(read(ready[0], &byte, 1), 1);
        close(ready[0]);
        subreaper_know(holder);
        kill(holder, SIGKILL);
        assert_int_equal(waitpid(holder, NULL, 0), holder);
        subreaper_forget(holder);
        if (in_the_open)
            assert_true(subreaper_finish(PATIENCE_MS));
        alarm(PATIENCE_MS / 1000);
        while (waitpid(-1, NULL, 0) > 0) /* in a namespace it ends without being swept */
            ;
        assert_int_equal(errno, ECHILD);
        alarm(0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, before, after)

static void no_process_can_be_watched_here(void **state)
{
    (void)state;
    skip();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_server_answers),
        TEST(it_gets_its_own_environment_folder_and_group_and_nothing_else),
        TEST(it_is_alone_in_its_namespace),
        TEST(a_server_from_which_nothing_could_be_hidden_is_said_to_see_all),
        TEST(limits_are_set),
        TEST(batches_blank_lines_and_carriage_returns_are_taken),
        TEST(a_message_of_many_megabytes_comes_whole),
        TEST(what_it_says_for_people_is_passed_on),
        TEST(noise_among_messages_is_shown_and_goes_on),
        TEST(how_it_ended_is_told),
        TEST(what_it_wrote_before_its_death_is_read_first),
        TEST(that_a_program_cannot_be_started_is_told_with_its_name),
        TEST(without_a_shim_there_is_an_error_at_once),
        TEST(a_server_that_closes_a_stream_and_lives_is_lost),
        TEST(daughters_that_hold_the_streams_do_not_delay_its_end),
        TEST(a_deaf_server_is_killed_with_all_it_started),
        TEST(a_server_that_ends_at_sigterm_is_given_the_time),
        TEST(closing_at_once_and_after_the_end_is_fine),
        TEST(a_line_without_end_is_a_flood),
        TEST(only_noise_is_nonsense),
        TEST(floods_do_not_starve_the_loop),
        TEST(of_a_flood_for_people_it_is_said_how_much_was_left_out),
        TEST(what_waits_for_a_server_that_does_not_read_is_capped),
        TEST(what_waits_is_written_in_order_when_it_reads_again),
        TEST(too_many_processes_are_not_had),
        TEST(random_starts_and_stops_leave_nothing),
        TEST(nothing_outlives_its_killed_parent),
    };
    static const struct CMUnitTest none[] = {cmocka_unit_test(no_process_can_be_watched_here)};

    if (argc > 2 && strcmp(argv[1], "launch") == 0)
        return shim_main(argc - 2, argv + 2);
    if (argc == 3 && strcmp(argv[1], "serve") == 0)
        return bad_server(argv[2]);
    if (!has_pidfds())
        return cmocka_run_group_tests(none, NULL, NULL);
    signal(SIGPIPE, SIG_IGN);
    subreaper_become();
    int failed = cmocka_run_group_tests_name("in a PID namespace", tests, NULL, NULL);
    in_the_open = true;
    return failed + cmocka_run_group_tests_name("in the open", tests, NULL, NULL);
}
