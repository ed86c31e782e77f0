/* /export: the subcommand of the same name writes the file, in a process of its own, so that a long session
 * costs this one nothing. */
#include "shared/buf.h"
#include "shared/xalloc.h"
#include "tui/app_private.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MAX = 4096, SLUG_MAX = 60 };

struct export
{
    struct app *app;
    uv_process_t process;
    uv_pipe_t words; /* what it says on stderr */
    struct buf said;
    char *path;
    int open; /* handles */
    bool failed;
};

/* --- its name --- */

/* "fix-auth-retry.md" */
static char *own_name(const struct state *state)
{
    char slug[SLUG_MAX + 1];
    size_t len = 0;

    for (const char *at = state->title; *at && len < SLUG_MAX; at++) {
        bool plain = (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9');
        char c = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : plain ? *at : '-';

        if (c != '-' || (len > 0 && slug[len - 1] != '-'))
            slug[len++] = c;
    }
    while (len > 0 && slug[len - 1] == '-')
        len--;
    slug[len] = '\0';
    return xasprintf("%s.md", len > 0 ? slug : state->id);
}

static char *path_of(const struct app *app, const char *rest)
{
    const char *home = getenv("HOME");

    if (!*rest)
        return own_name(app->ui.state);
    if (strncmp(rest, "~/", 2) == 0 && home)
        return xasprintf("%s/%s", home, rest + 2);
    return xstrdup(rest);
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* --- the process --- */

static void finish(struct export *export)
{
    struct app *app = export->app;

    if (app->export == export) { /* else the client is leaving */
        app->export = NULL;
        if (export->failed)
            app_say(app, true, "not exported: %s", export->said.len ? export->said.data : "it was killed");
        else
            app_say(app, false, "exported to %s", export->path);
    }
    buf_free(&export->said);
    free(export->path);
    free(export);
}

static void on_closed(uv_handle_t *handle)
{
    struct export *export = handle->data;

    if (--export->open == 0)
        finish(export);
}

static void on_ended(uv_process_t *process, int64_t status, int signal_number)
{
    struct export *export = process->data;

    export->failed = status != 0 || signal_number != 0;
    uv_close((uv_handle_t *)process, on_closed);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    static char room[WORDS_MAX];

    (void)handle;
    (void)suggested;
    *buf = uv_buf_init(room, sizeof room);
}

static void on_words(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    struct export *export = stream->data;

    if (got > 0)
        buf_put(&export->said, buf->base, (size_t)got);
    else if (got < 0)
        uv_close((uv_handle_t *)stream, on_closed);
}

static void start(struct app *app, char *path)
{
    struct export *export = xcalloc(1, sizeof *export);
    const char *format = ends_with(path, ".json") ? "json" : "md";
    bool remote = client_address_is_remote(app->address), token = app->address->token_file != NULL;
    const char *args[] = {"stoa",
                          "--no-start",
                          remote ? "--daemon" : "--socket",
                          remote ? app->address->name : app->address->path,
                          "export",
                          "--format",
                          format,
                          "--output",
                          path,
                          token ? "--token-file" : "--",
                          token ? app->address->token_file : app->ui.session,
                          token ? "--" : NULL,
                          token ? app->ui.session : NULL,
                          NULL};
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE}, {.flags = UV_IGNORE}, {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE}};
    uv_process_options_t options = {.exit_cb = on_ended,
                                    .file = "/proc/self/exe",
                                    .args = (char **)(uintptr_t)args,
                                    .stdio_count = 3,
                                    .stdio = stdio};

    export->app = app;
    export->path = path;
    export->open = 2;
    export->process.data = export->words.data = export;
    buf_init(&export->said, WORDS_MAX);
    uv_pipe_init(&app->loop, &export->words, 0);
    stdio[2].data.stream = (uv_stream_t *)&export->words;
    app->export = export;
    int failed = uv_spawn(&app->loop, &export->process, &options);
    if (failed) {
        export->failed = true;
        buf_puts(&export->said, uv_strerror(failed));
        uv_close((uv_handle_t *)&export->process, on_closed);
        uv_close((uv_handle_t *)&export->words, on_closed);
        return;
    }
    uv_read_start((uv_stream_t *)&export->words, on_room, on_words);
    app_say(app, false, "exporting to %s", path);
}

void app_export(struct app *app, const char *rest)
{
    if (!app->ui.state)
        return;
    if (app->export) {
        app_say(app, true, "an export to %s is under way", app->export->path);
        return;
    }
    char *path = path_of(app, rest);
    if (access(path, F_OK) == 0) {
        app_say(app, true, "%s is there already; name another file: /export FILE", path);
        free(path);
        return;
    }
    start(app, path);
}

void app_export_close(struct app *app)
{
    struct export *export = app->export;

    if (!export)
        return;
    uv_handle_t *handles[] = {(uv_handle_t *)&export->process, (uv_handle_t *)&export->words};
    app->export = NULL;
    if (!uv_is_closing(handles[0]))
        uv_process_kill(&export->process, SIGTERM);
    for (size_t i = 0; i < sizeof handles / sizeof *handles; i++)
        if (!uv_is_closing(handles[i]))
            uv_close(handles[i], on_closed);
}
