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

/* A line of the code block nearest to that one, above where two are as near; false if the message has none.
 */
static bool find_code(const struct layout *layout, size_t *line)
{
    size_t lines = layout_lines(layout), from = *line;

    for (size_t away = 0; away < lines; away++) {
        for (int below = 0; below < 2; below++) {
            size_t at = below ? from + away : from - away; /* above the first one it wraps */
            char *code = at < lines ? layout_copy_block(layout, at) : NULL;

            *line = at;
            if (code) {
                free(code);
                return true;
            }
        }
    }
    return false;
}

/* The first word after the fence; free() it. */
static char *word_of(const char *label, size_t len)
{
    size_t word = 0;

    while (word < len && label[word] != ' ' && label[word] != '{')
        word++;
    return xstrndup(label, word);
}

/* What its label says that it is; free() it. */
static char *language_of(const struct layout *layout, size_t line)
{
    static const char fence[] = "```";
    size_t skip = sizeof fence - 1;

    while (line > 0) {
        struct layout_line above = layout_line(layout, --line);
        if (above.len >= skip && memcmp(above.text, fence, skip) == 0)
            return word_of(above.text + skip, above.len - skip);
        char *code = layout_copy_block(layout, line);
        free(code);
        if (!code)
            break;
    }
    return xstrdup("");
}

/* Copies the code block nearest to the line; false if there is none. */
static bool copy_nearest(struct app *app, const struct layout *layout, size_t line)
{
    if (!find_code(layout, &line))
        return false;
    char *code = layout_copy_block(layout, line), *language = language_of(layout, line);
    copy(app, code, *language ? language : "code");
    free(language);
    free(code);
    return true;
}

/* The last code block of the newest message that has one. */
static bool copy_newest(struct app *app)
{
    const struct state *state = app->ui.state;
    struct folds folds = {.unfolded = true};
    bool found = false;

    for (size_t i = state ? state->message_count : 0; i > 0 && !found; i--) {
        struct layout *layout = layout_new();
        layout_update(layout, state->messages[i - 1], (size_t)screen_cols(app->screen), &folds);
        found = copy_nearest(app, layout, layout_lines(layout) - 1);
        layout_free(&layout);
    }
    return found;
}

void app_copy_code(struct app *app)
{
    size_t line = 0;

    if (!browse_on(app->ui.browse)) {
        if (!copy_newest(app))
            app_say(app, true, "no message has a code block");
        return;
    }
    const struct layout *layout = list_cursor_layout(app->ui.list, &line);
    if (!layout || !copy_nearest(app, layout, line))
        app_say(app, true, "this message has no code block; Y copies all of it");
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
