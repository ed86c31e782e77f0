/* stoad is run as a child, and what it answers is read whole. Nothing secret is asked: all on the machine can
 * read the arguments. */
#include "tui/cli/offline.h"
#include "proto/envelope.h"
#include "shared/jsonx.h"
#include "shared/paths.h"
#include "shared/xalloc.h"
#include "tui/cli/choose.h"
#include "tui/cli/start.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The daemon of that socket would have its folder as the runtime folder. */
static void set_runtime(const char *socket_path)
{
    const char *slash = strrchr(socket_path, '/');
    char *folder = slash && slash > socket_path ? xstrndup(socket_path, (size_t)(slash - socket_path)) : NULL;

    if (folder)
        setenv("STOA_RUNTIME_DIR", folder, 1);
    free(folder);
}

static int spawn(const char *program, char *const argv[], int to, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    int failure;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
    failure = posix_spawn(pid, program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

static void read_all(int from, struct buf *answer)
{
    char bytes[4096];
    ssize_t got;

    while ((got = read(from, bytes, sizeof bytes)) > 0 || (got < 0 && errno == EINTR))
        if (got > 0)
            buf_put(answer, bytes, (size_t)got); /* what does not fit is no answer */
    explicit_bzero(bytes, sizeof bytes);
}

/* What it wrote to stdout; -1 after saying why it could not be run, else its exit code. */
static int run(const char *program, const char *request, struct buf *answer)
{
    char *word = xasprintf("--request=%s", request);
    char name[] = "stoad", *const argv[] = {name, word, NULL};
    int ends[2], failure = pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno, status = 0;
    pid_t pid = 0;

    if (failure == 0) {
        failure = spawn(program, argv, ends[1], &pid);
        close(ends[1]);
        if (failure == 0)
            read_all(ends[0], answer);
        close(ends[0]);
    }
    free(word);
    if (failure != 0) {
        cli_say("cannot run %s: %s", program, strerror(failure));
        return -1;
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SOFTWARE;
}

static enum err take_answer(const struct buf *answer, int code, json_t **ok, int *exit_code)
{
    json_t *json = jsonx_parse(answer->data ? answer->data : "", answer->len, NULL), *failed;
    enum err result = ERR_INTERNAL;

    *ok = json_incref(jsonx_obj(json, "ok"));
    failed = jsonx_obj(json, "error");
    *exit_code = code;
    if (*ok && code == EXIT_OK) {
        result = ERR_OK;
    } else if (failed) {
        result = err_from_name(jsonx_str(failed, "code", ""));
        cli_say("%s", jsonx_str(failed, "text", ""));
    } else if (code == EXIT_OK) { /* else it has said why itself */
        cli_say("stoad gave no answer; is it of this version? stoa doctor");
        *exit_code = EXIT_SOFTWARE;
    }
    if (result != ERR_OK) {
        json_decref(*ok);
        *ok = NULL;
    }
    json_decref(json);
    return result;
}

static enum err ask_program(struct cli *cli, enum method method, json_t *params, json_t **ok, int *exit_code)
{
    char *program = paths_program("stoad"), *text;
    json_t *json = json_pack("{s:s, s:O}", "method", request_row(method)->name, "params", params);
    enum err code = ERR_UNAVAILABLE;
    struct buf answer;
    int ended = -1;

    buf_init(&answer, ENVELOPE_REPLY_MAX);
    set_runtime(cli->socket_path);
    text = jsonx_dump(json, NULL);
    if (!program)
        cli_say("no stoad beside this program nor in PATH; install it");
    else
        ended = run(program, text, &answer);
    *exit_code = EXIT_FAILED;
    if (ended >= 0)
        code = take_answer(&answer, ended, ok, exit_code);
    if (answer.data)
        explicit_bzero(answer.data, answer.len);
    buf_free(&answer);
    free(text);
    free(program);
    json_decref(json);
    return code;
}

static bool is_here_and_rests(struct cli *cli)
{
    char error[512];

    return !choose_name(cli->args) && start_ensure(cli->socket_path, false, error) == ERR_UNAVAILABLE;
}

enum err offline_call(struct cli *cli, enum method method, json_t *params, json_t **ok, int *exit_code)
{
    enum err code = ERR_OK;

    *ok = NULL;
    *exit_code = EXIT_OK;
    if (!params)
        params = json_object();
    if (!cli->client && is_here_and_rests(cli)) {
        code = ask_program(cli, method, params, ok, exit_code);
        json_decref(params);
        return code;
    }
    if (!cli->client)
        code = cli_open(cli, exit_code);
    if (code != ERR_OK) {
        json_decref(params);
        return code;
    }
    code = cli_call(cli, method, NULL, params, ok);
    *exit_code = cli_exit_code(code);
    return code;
}
