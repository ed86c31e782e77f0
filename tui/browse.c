#include "tui/browse.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/editing.h"
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 4 * NEEDLE_MAX };

struct browse {
    bool on;
    struct editor *input; /* NULL: nothing is typed */
    char *text;           /* what is searched; NULL: nothing */
    char *before;         /* ... when the typing began */
    struct needle *needle;
};

struct browse *browse_new(void)
{
    return xcalloc(1, sizeof(struct browse));
}

/* Takes text. */
static void search_for(struct browse *browse, char *text)
{
    needle_free(&browse->needle);
    free(browse->text);
    browse->text = text;
    if (text)
        browse->needle = needle_new(text, strlen(text));
}

static void end_input(struct browse *browse)
{
    editor_free(&browse->input);
    free(browse->before);
    browse->before = NULL;
}

void browse_set(struct browse *browse, bool on)
{
    end_input(browse);
    search_for(browse, NULL);
    browse->on = on;
}

void browse_free(struct browse **browse)
{
    if (!*browse)
        return;
    browse_set(*browse, false);
    free(*browse);
    *browse = NULL;
}

bool browse_on(const struct browse *browse)
{
    return browse->on;
}

struct editor *browse_input(struct browse *browse)
{
    return browse->on ? browse->input : NULL;
}

void browse_ask(struct browse *browse)
{
    end_input(browse);
    browse->input = editor_new();
    browse->before = xstrdup_null(browse->text);
}

const struct needle *browse_needle(const struct browse *browse)
{
    return browse->needle;
}

const char *browse_text(const struct browse *browse)
{
    return browse->text;
}

/* --- typing --- */

static void insert(struct browse *browse, const char *text, size_t len)
{
    char *line = sanitise_line(text, len, TEXT_BYTES_MAX);
    size_t before, more = strlen(line);

    editor_text(browse->input, &before);
    if (before + more <= TEXT_BYTES_MAX)
        editor_insert(browse->input, line, more);
    free(line);
}

static void edit(struct browse *browse, enum action action)
{
    editing_act(browse->input, action, false);
    if (action == ACTION_YANK)
        editor_yank(browse->input);
    else if (action == ACTION_UNDO)
        editor_undo(browse->input);
}

static enum browse_typed leave(struct browse *browse, bool done)
{
    if (!done || editor_empty(browse->input))
        search_for(browse, xstrdup_null(browse->before));
    end_input(browse);
    return done ? BROWSE_DONE : BROWSE_LEFT;
}

enum browse_typed browse_type(struct browse *browse, const struct key_event *event)
{
    enum action action = keymap_find(CONTEXT_CHAT, event->code, event->mods, false);
    bool empty = editor_empty(browse->input);
    char bytes[4];
    size_t len;

    if (event->code == KEY_ENTER)
        return leave(browse, true);
    if (event->code == KEY_ESCAPE || action == ACTION_CANCEL || (action == ACTION_DELETE_LEFT && empty))
        return leave(browse, false);
    if (event->code == KEY_PASTE)
        insert(browse, event->text, event->len);
    else if (event->code >= ' ' && event->code < 0x110000 && event->mods == 0)
        insert(browse, bytes, utf8_encode(event->code, bytes));
    else
        edit(browse, action);
    const char *text = editor_text(browse->input, &len);
    if (strcmp(text, browse->text ? browse->text : "") == 0)
        return BROWSE_NOTHING;
    search_for(browse, len > 0 ? xstrndup(text, len) : NULL);
    return BROWSE_CHANGED;
}
