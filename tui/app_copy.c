/* Copying code and messages, and saying what came of it. */
#include "shared/xalloc.h"
#include "tui/app_private.h"
#include <stdlib.h>
#include <string.h>

static bool on_send(void *arg, const void *bytes, size_t len)
{
    struct app *app = arg;

    return screen_send(app->screen, bytes, len);
}

static void on_copied(void *arg, const struct clipboard_answer *answer)
{
    struct app *app = arg;

    if (answer->failed)
        app_say(app, true, "not copied: neither a clipboard nor a file took %s", app->copied);
    else if (answer->way == CLIPBOARD_FILE)
        app_say(app, true, "too much for the terminal's clipboard: %s are in %s", app->copied, answer->where);
    else if (answer->way == CLIPBOARD_OSC) /* no terminal says whether it did it */
        app_say(app, false, "sent %s to %s", app->copied, answer->where);
    else
        app_say(app, false, "copied %s to %s", app->copied, answer->where);
}

static size_t lines_of(const char *text, size_t len)
{
    size_t lines = len > 0 && text[len - 1] != '\n';

    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    return lines;
}

/* what: of what the lines are. */
static void copy(struct app *app, const char *text, const char *what)
{
    size_t len = strlen(text), lines = lines_of(text, len);

    if (!app->clipboard)
        app->clipboard = clipboard_new(&app->loop, on_send, on_copied, app);
    free(app->copied);
    app->copied = xasprintf("%zu line%s of %s", lines, lines == 1 ? "" : "s", what);
    clipboard_copy(app->clipboard, text, len);
}

/* --- code --- */

/* The code block nearest to the line, the one above where two are as near; NULL if the message has none. */
static char *nearest_code(const struct layout *layout, size_t line)
{
    size_t lines = layout_lines(layout);

    for (size_t away = 0; away < lines; away++) {
        char *code = away <= line ? layout_copy_block(layout, line - away) : NULL;

        if (!code && line + away < lines)
            code = layout_copy_block(layout, line + away);
        if (code)
            return code;
    }
    return NULL;
}

/* The last code block of the newest message that has one. */
static char *newest_code(const struct app *app)
{
    const struct state *state = app->ui.state;
    struct folds folds = {.unfolded = true};
    char *code = NULL;

    for (size_t i = state ? state->message_count : 0; i > 0 && !code; i--) {
        struct layout *layout = layout_new();
        layout_update(layout, state->messages[i - 1], (size_t)screen_cols(app->screen), &folds);
        code = nearest_code(layout, layout_lines(layout) - 1);
        layout_free(&layout);
    }
    return code;
}

void app_copy_code(struct app *app)
{
    bool browsing = browse_on(app->ui.browse);
    size_t line = 0;
    const struct layout *layout = browsing ? list_cursor_layout(app->ui.list, &line) : NULL;
    char *code = layout ? nearest_code(layout, line) : newest_code(app);

    if (code)
        copy(app, code, "code");
    else
        app_say(app, true,
                browsing ? "this message has no code block; Y copies all of it"
                         : "no message has a code block");
    free(code);
}

/* --- messages --- */

/* The newest answer, else the newest message. */
static const struct message *newest(const struct state *state)
{
    size_t count = state ? state->message_count : 0;

    for (size_t i = count; i > 0; i--)
        if (state->messages[i - 1]->role == MESSAGE_ROLE_ASSISTANT)
            return state->messages[i - 1];
    return count > 0 ? state->messages[count - 1] : NULL;
}

void app_copy_message(struct app *app)
{
    const struct message *message =
        browse_on(app->ui.browse) ? list_cursor_row(app->ui.list).message : newest(app->ui.state);
    char *text = message ? layout_source(message) : NULL;

    if (text && *text) {
        char *what = xasprintf("%s's message", message->author);
        copy(app, text, what);
        free(what);
    } else {
        app_say(app, true, message ? "this message has no text" : "there is no message yet");
    }
    free(text);
}
