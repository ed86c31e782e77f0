/* stoa secret: what is for MCP servers and models alone. A value comes from the terminal without being shown,
 * or from a pipe, and never from an argument, which all on the machine could read.
 *
 * The daemon is asked after that: who types takes longer than a connection waits. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "tui/cli/command.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

enum {
    VALUE_MAX = 16384,
    LINE_MAX_BYTES = 4095 /* that a terminal gives at once; it drops the rest in silence */
};

static char value[VALUE_MAX + 2]; /* one too many shows that there is more, and one more line's end */

/* --- signals --- */

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
enum { SIGNALS = sizeof signals / sizeof signals[0] };

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    caught = number;
}

struct before { /* to be put back */
    struct sigaction actions[SIGNALS];
    sigset_t mask;
};

/* They are let in by ppoll alone, so that none comes unseen between two looks. */
static void catch_signals(struct before *before)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t set;

    caught = 0;
    sigemptyset(&set);
    for (size_t i = 0; i < SIGNALS; i++) {
        sigaddset(&set, signals[i]);
        sigaction(signals[i], &action, &before->actions[i]);
    }
    sigprocmask(SIG_BLOCK, &set, &before->mask);
}

static void release_signals(const struct before *before)
{
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &before->actions[i], NULL);
    sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

/* --- reading --- */

/* Until the end of the file, or of the room. -1 with errno. */
static ssize_t read_all(void)
{
    size_t len = 0;
    ssize_t got = 1;

    while (len < sizeof value && (got = read(STDIN_FILENO, value + len, sizeof value - len)) > 0)
        len += (size_t)got;
    return got < 0 ? -1 : (ssize_t)len;
}

/* One line of a terminal, which gives it whole, or nothing at its end. -1 with errno. */
static ssize_t read_line(const sigset_t *letting_in)
{
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};

    return ppoll(&fd, 1, NULL, letting_in) < 0 ? -1 : read(STDIN_FILENO, value, sizeof value);
}

/* One line, not shown. Whatever ends it, the terminal is as before; a signal then has its usual effect, and
 * after one that only stopped us it is asked again. */
static ssize_t read_hidden(const char *name)
{
    struct before before;
    struct termios shown, hidden;
    ssize_t len;
    int why;

    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return -1;
    do {
        catch_signals(&before);
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
        fprintf(stderr, "Value of the secret %s (it is not shown): ", name);
        len = read_line(&before.mask);
        why = errno;
        fputc('\n', stderr);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        release_signals(&before);
        if (caught)
            raise(caught);
    } while (len < 0 && why == EINTR && caught == SIGTSTP);
    errno = why;
    return len;
}

/* Its length, without one line's end behind it; -1 after saying why, with the exit code. */
static ssize_t read_value(const char *name, int *exit_code)
{
    bool terminal = isatty(STDIN_FILENO);
    ssize_t len = terminal ? read_hidden(name) : read_all();

    *exit_code = EXIT_FAILED;
    if (len < 0) {
        cli_say("the secret can't be read: %s", strerror(errno));
        return -1;
    }
    if (terminal && len >= LINE_MAX_BYTES) {
        cli_say("a terminal takes no line of more than %d bytes; use a pipe: stoa secret set %s < FILE",
                LINE_MAX_BYTES, name);
        return -1;
    }
    if (len > 0 && value[len - 1] == '\n')
        len--;
    if (len > 0 && value[len - 1] == '\r')
        len--;
    *exit_code = EXIT_USAGE;
    if (len == 0 || len > VALUE_MAX || memchr(value, '\0', (size_t)len))
        cli_say("a secret has 1 to %d bytes, and no NUL", VALUE_MAX);
    else
        return len;
    return -1;
}

/* --- the subcommands --- */

static int finish(struct cli *cli, enum err code, const char *name, const char *done)
{
    json_t *json;

    if (code != ERR_OK)
        return cli_exit_code(code);
    if (cli->json) {
        json = json_object();
        jsonx_set_str(json, "name", name);
        json_object_set_new(json, done, json_true());
        out_json(&cli->out, json);
        json_decref(json);
    } else {
        out_printf(&cli->out, "secret %s is %s\n", name, done);
    }
    return EXIT_OK;
}

static int set(struct cli *cli, const char *name)
{
    struct rlimit none = {0, 0};
    int exit_code;
    json_t *params, *ok = NULL;

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    jsonx_set_wiping(true); /* until the end */
    ssize_t len = read_value(name, &exit_code);
    json_t *text = len < 0 ? NULL : json_stringn(value, (size_t)len);
    explicit_bzero(value, sizeof value);
    if (len >= 0 && !text) {
        cli_say("a secret must be UTF-8; of other bytes take the base64");
        exit_code = EXIT_USAGE;
    }
    if (!text)
        return exit_code;
    params = json_object();
    jsonx_set_str(params, "name", name);
    json_object_set_new(params, "value", text);
    if (cli_open(cli, &exit_code) != ERR_OK) {
        json_decref(params);
        return exit_code;
    }
    enum err code = cli_call(cli, METHOD_SECRET_SET, NULL, params, &ok);
    json_decref(ok);
    return finish(cli, code, name, "set");
}

static int take_away(struct cli *cli, const char *name)
{
    int exit_code;
    json_t *params = json_object(), *ok = NULL;

    jsonx_set_str(params, "name", name);
    if (cli_open(cli, &exit_code) != ERR_OK) {
        json_decref(params);
        return exit_code;
    }
    enum err code = cli_call(cli, METHOD_SECRET_REMOVE, NULL, params, &ok);
    json_decref(ok);
    return finish(cli, code, name, "removed");
}

static int list(struct cli *cli)
{
    int exit_code;
    json_t *ok = NULL, *secret;
    size_t i;

    if (cli_open(cli, &exit_code) != ERR_OK)
        return exit_code;
    enum err code = cli_call(cli, METHOD_SECRET_LIST, NULL, NULL, &ok);
    json_array_foreach(jsonx_arr(ok, "secrets"), i, secret)
    {
        const char *error = jsonx_str(secret, "error", "");
        char when[CLOCK_TEXT];

        clock_local(jsonx_int(secret, "ts", 0), CLOCK_MINUTE, when);
        if (cli->json)
            out_json(&cli->out, secret);
        else
            out_printf(&cli->out, "%-32s  %s%s%s\n", jsonx_str(secret, "name", ""), when, *error ? "  " : "",
                       error);
    }
    json_decref(ok);
    return cli_exit_code(code);
}

int command_secret(struct cli *cli)
{
    const char **words = cli->args->words, *what = cli->args->word_count ? words[0] : "ls";
    size_t count = cli->args->word_count;

    if (strcmp(what, "ls") == 0 && count <= 1)
        return list(cli);
    if (strcmp(what, "set") == 0 && count == 2)
        return set(cli, words[1]);
    if (strcmp(what, "set") == 0 && count > 2)
        return cli_usage(
            "the value is never an argument, which others could see; type it when asked, or use a "
            "pipe: stoa secret set NAME < FILE");
    if (strcmp(what, "rm") == 0 && count == 2)
        return take_away(cli, words[1]);
    return cli_usage("usage: stoa secret [ls | set NAME | rm NAME]");
}
