/* A process of its own, which leaves the daemon's work to the daemon: it is nice, and only reads what is the
 * daemon's. It is called what its caller called it, since `stoa backup` becomes it. */
#include "daemon/backup.h"

#include "daemon/store/store_restore.h"
#include "shared/err.h"
#include "shared/jsonx.h"
#include "shared/paths.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NICE = 10, NAMED_MAX = 5, LINE_MAX_BYTES = 600, SIGNAL_EXIT = 128 };

static volatile sig_atomic_t ended; /* the number of the signal */

struct telling {
    bool shows;          /* stderr is a terminal */
    bool shown;          /* its line has something on it */
    uint64_t percent;    /* the last one shown */
    const char *what;    /* of it */
    uint64_t left_out;   /* so far */
    const char *program; /* as it was called */
};

static void on_signal(int number)
{
    ended = number;
}

static void clear_line(struct telling *telling)
{
    if (telling->shown)
        fputs("\r\033[K", stderr);
    telling->shown = false;
}

__attribute__((format(printf, 2, 3))) static void say(struct telling *telling, const char *format, ...)
{
    char text[LINE_MAX_BYTES], *clean;
    va_list args;

    clear_line(telling);
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    clean = sanitise_line(text, strlen(text), sizeof text);
    fprintf(stderr, "%s: %s\n", telling->program, clean);
    free(clean);
}

static bool on_going(void *arg, const char *what, uint64_t done, uint64_t all)
{
    struct telling *telling = arg;
    uint64_t percent = all > 0 ? done * 100 / all : 0;

    if (telling->shows && !ended &&
        (!telling->shown || telling->what != what || (all > 0 && percent != telling->percent))) {
        if (all > 0)
            fprintf(stderr, "\r\033[K%s %.1f of %.1f MB", what, (double)done / 1e6, (double)all / 1e6);
        else
            fprintf(stderr, "\r\033[K%s", what);
        telling->shown = true;
        telling->what = what;
        telling->percent = percent;
    }
    return !ended;
}

static void on_left_out(void *arg, const char *path, const char *why)
{
    struct telling *telling = arg;

    if (++telling->left_out <= NAMED_MAX)
        say(telling, "left out: %.400s: %.100s", path, why);
}

static void prepare_process(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};
    struct rlimit none = {0, 0};

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);      /* a file that may not grow is a full disk, not an end */
    setrlimit(RLIMIT_CORE, &none); /* a core would hold keys */
    setpriority(PRIO_PROCESS, 0, NICE);
}

static void print_count(uint64_t count, const char *noun, const char *end)
{
    printf("%llu %s%s%s", (unsigned long long)count, noun, count == 1 ? "" : "s", end);
}

static void print_content(const struct backup_options *options, const struct store_content *content,
                          const char *before)
{
    char *file = sanitise_line(options->file, strlen(options->file), LINE_MAX_BYTES), *kept = NULL;

    printf("%s %s: ", options->restore ? "restored" : "wrote", file);
    print_count(content->sessions, "session", ", ");
    print_count(content->messages, "message", ", ");
    print_count(content->files, "file", "");
    if (!options->restore)
        printf(", %.1f MB", (double)content->bytes / 1e6);
    putchar('\n');
    if (before) {
        kept = sanitise_line(before, strlen(before), LINE_MAX_BYTES);
        printf("what was there before is in %s\n", kept);
    }
    if (before && content->store_alone)
        printf("%s is a store alone: files of sessions, and logins, are there too\n", file);
    free(file);
    free(kept);
}

static void print_json(const struct backup_options *options, const struct store_content *content,
                       const char *before)
{
    json_t *line = json_pack("{s:I, s:I, s:I}", "sessions", (json_int_t)content->sessions, "messages",
                             (json_int_t)content->messages, "files", (json_int_t)content->files);
    char *text;

    jsonx_set_str(line, "file", options->file);
    if (options->restore) {
        if (before)
            jsonx_set_str(line, "before", before);
    } else {
        jsonx_set_int(line, "left_out", (int64_t)content->left_out);
        jsonx_set_int(line, "bytes", (int64_t)content->bytes);
    }
    text = json_dumps(line, JSON_COMPACT);
    puts(text ? text : "{}");
    free(text);
    json_decref(line);
}

static int exit_code_of(enum err code)
{
    switch (code) {
    case ERR_OK:
        return EXIT_OK;
    case ERR_CONFLICT:
        return EXIT_ALREADY_RUNNING;
    case ERR_STORE:
    case ERR_VERSION:
        return EXIT_STORE;
    default:
        return ended ? SIGNAL_EXIT + ended : EXIT_FAILED;
    }
}

static enum err run(const struct backup_options *options, const char *state, struct telling *telling,
                    struct store_content *content, char **before)
{
    const struct store_progress progress = {on_going, on_left_out, telling};
    char error[256];
    enum err code = options->restore
                        ? store_restore(state, options->file, &progress, content, before, error)
                        : store_backup(state, options->file, options->replace, &progress, content, error);

    clear_line(telling);
    if (code == ERR_CONFLICT)
        say(telling, "%s; stop it first: stoa stop", error);
    else if (code != ERR_OK)
        say(telling, "%s", error);
    else if (telling->left_out > NAMED_MAX)
        say(telling, "left out: %llu more", (unsigned long long)telling->left_out - NAMED_MAX);
    return code;
}

int backup_run(const struct backup_options *options)
{
    struct telling telling = {.shows = isatty(STDERR_FILENO), .program = program_invocation_short_name};
    struct store_content content;
    char *before = NULL, *state = paths_state();
    enum err code;

    if (!state) {
        say(&telling, "no folder for the state: set HOME or STOA_STATE_DIR");
        return EXIT_CONFIG;
    }
    prepare_process();
    code = run(options, state, &telling, &content, &before);
    if (code == ERR_OK)
        (options->json ? print_json : print_content)(options, &content, before);
    free(before);
    free(state);
    if (fflush(stdout) != 0 && code == ERR_OK) {
        say(&telling, "the output cannot be written: %s", strerror(errno));
        return EXIT_FAILED;
    }
    return exit_code_of(code);
}
