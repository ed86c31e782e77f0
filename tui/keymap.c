/* The built-in keys, and what is asked of those in force. */
#include "tui/keymap_private.h"
#include "tui/terminal/keys.h"
#include <stdio.h>
#include <string.h>

#define CHAT(code, mods, action, help)                                                                       \
    {                                                                                                        \
        CONTEXT_CHAT, WHEN_ALWAYS, code, mods, action, help                                                  \
    }
#define EMPTY(code, mods, action, help)                                                                      \
    {                                                                                                        \
        CONTEXT_CHAT, WHEN_EMPTY, code, mods, action, help                                                   \
    }
#define IN(context, code, mods, action, help)                                                                \
    {                                                                                                        \
        CONTEXT_##context, WHEN_ALWAYS, code, mods, action, help                                             \
    }

/* In each context ^C is a way out, which no configuration takes away (see keymap_bind.c). */
static const struct binding builtin[] = {
    CHAT(KEY_ENTER, 0, ACTION_SEND, "send"),
    CHAT(KEY_ENTER, MOD_ALT, ACTION_NEWLINE, "new line"),
    CHAT('j', MOD_CTRL, ACTION_NEWLINE, NULL),
    CHAT(KEY_ENTER, MOD_SHIFT, ACTION_NEWLINE, NULL),
    CHAT(KEY_ESCAPE, 0, ACTION_INTERRUPT, "interrupt the turn; browse the messages (draft empty)"),
    CHAT('o', MOD_CTRL, ACTION_BROWSE, "browse the messages"),
    CHAT('c', MOD_CTRL, ACTION_CANCEL, "clear the draft; twice: quit and keep it"),
    EMPTY('d', MOD_CTRL, ACTION_QUIT, "quit (draft empty)"),
    CHAT(KEY_PAGE_UP, 0, ACTION_PAGE_UP, "scroll"),
    CHAT(KEY_PAGE_DOWN, 0, ACTION_PAGE_DOWN, NULL),
    CHAT(KEY_WHEEL_UP, 0, ACTION_WHEEL_UP, NULL),
    CHAT(KEY_WHEEL_DOWN, 0, ACTION_WHEEL_DOWN, NULL),
    CHAT(KEY_HOME, 0, ACTION_LINE_OR_TOP, "to the oldest message (draft empty)"),
    CHAT(KEY_HOME, MOD_CTRL, ACTION_TOP, NULL),
    CHAT(KEY_END, 0, ACTION_LINE_OR_FOLLOW, "to the newest, and follow"),
    CHAT(KEY_END, MOD_CTRL, ACTION_FOLLOW, NULL),
    CHAT(KEY_TAB, 0, ACTION_FOLD, "fold or unfold reasoning and tool calls"),
    CHAT('r', MOD_CTRL, ACTION_HISTORY, "search in what was sent"),
    CHAT('x', MOD_CTRL, ACTION_PREFIX, "another key follows: see below"),
    IN(PREFIX, 'l', 0, ACTION_SWITCHER, "list of sessions"),
    IN(PREFIX, 'l', MOD_CTRL, ACTION_SWITCHER, NULL),
    IN(PREFIX, 'n', 0, ACTION_NEW, "new session"),
    IN(PREFIX, 'n', MOD_CTRL, ACTION_NEW, NULL),
    CHAT('1', MOD_ALT, ACTION_SWITCH, "switch to session 1 to 9"),
    CHAT('2', MOD_ALT, ACTION_SWITCH, NULL),
    CHAT('3', MOD_ALT, ACTION_SWITCH, NULL),
    CHAT('4', MOD_ALT, ACTION_SWITCH, NULL),
    CHAT('5', MOD_ALT, ACTION_SWITCH, NULL),
    CHAT('6', MOD_ALT, ACTION_SWITCH, NULL),
    CHAT('7', MOD_ALT, ACTION_SWITCH, NULL),
    CHAT('8', MOD_ALT, ACTION_SWITCH, NULL),
    CHAT('9', MOD_ALT, ACTION_SWITCH, NULL),
    CHAT('a', MOD_ALT, ACTION_ASKING, "to what waits for an answer"),
    CHAT('p', MOD_CTRL, ACTION_PALETTE, "palette: everything by name"),
    IN(PANEL, 'y', 0, ACTION_PANEL_ONCE, "allow, this once"),
    IN(PANEL, 's', 0, ACTION_PANEL_SESSION, "allow in this session from now on"),
    IN(PANEL, 'p', 0, ACTION_PANEL_ALWAYS, "allow always: which calls is asked"),
    IN(PANEL, 'n', 0, ACTION_PANEL_DENY, "deny"),
    IN(PANEL, 'N', 0, ACTION_PANEL_DENY_WHY, "deny, and say why"),
    IN(PANEL, 'e', 0, ACTION_PANEL_EDIT, "edit the arguments, then allow that"),
    IN(PANEL, 'f', 0, ACTION_PANEL_FILL, "fill in a form"),
    IN(PANEL, 'r', 0, ACTION_PANEL_REDIRECT, "paste where the browser was sent"),
    IN(PANEL, 'v', 0, ACTION_PANEL_VIEW, "see all of it"),
    IN(PANEL, KEY_ESCAPE, 0, ACTION_PANEL_LATER, "later (Alt+a brings it back)"),
    CHAT('g', MOD_CTRL, ACTION_EDITOR, "edit the draft in $EDITOR"),
    CHAT('l', MOD_CTRL, ACTION_REDRAW, "redraw"),
    CHAT('z', MOD_CTRL, ACTION_SUSPEND, "suspend"),
    CHAT('m', MOD_ALT, ACTION_MOUSE, "mouse on or off"),
    EMPTY('?', 0, ACTION_HELP, "keys and commands"),
    CHAT(KEY_F1, 0, ACTION_HELP, NULL),
    CHAT(KEY_UP, 0, ACTION_UP, "up; on the first line: what was sent before"),
    CHAT(KEY_DOWN, 0, ACTION_DOWN, "down"),
    CHAT(KEY_LEFT, 0, ACTION_LEFT, "left"),
    CHAT('b', MOD_CTRL, ACTION_LEFT, NULL),
    CHAT(KEY_RIGHT, 0, ACTION_RIGHT, "right"),
    CHAT('f', MOD_CTRL, ACTION_RIGHT, NULL),
    CHAT('b', MOD_ALT, ACTION_WORD_LEFT, "word left"),
    CHAT(KEY_LEFT, MOD_CTRL, ACTION_WORD_LEFT, NULL),
    CHAT(KEY_LEFT, MOD_ALT, ACTION_WORD_LEFT, NULL),
    CHAT('f', MOD_ALT, ACTION_WORD_RIGHT, "word right"),
    CHAT(KEY_RIGHT, MOD_CTRL, ACTION_WORD_RIGHT, NULL),
    CHAT(KEY_RIGHT, MOD_ALT, ACTION_WORD_RIGHT, NULL),
    CHAT('a', MOD_CTRL, ACTION_LINE_START, "start of the line"),
    CHAT('e', MOD_CTRL, ACTION_LINE_END, "end of the line"),
    CHAT(KEY_BACKSPACE, 0, ACTION_DELETE_LEFT, "delete left"),
    CHAT(KEY_BACKSPACE, MOD_SHIFT, ACTION_DELETE_LEFT, NULL),
    CHAT('h', MOD_CTRL, ACTION_DELETE_LEFT, NULL),
    CHAT(KEY_DELETE, 0, ACTION_DELETE_RIGHT, "delete right"),
    CHAT('d', MOD_CTRL, ACTION_DELETE_RIGHT, NULL),
    CHAT('w', MOD_CTRL, ACTION_KILL_WORD, "kill the word to the left"),
    CHAT(KEY_BACKSPACE, MOD_ALT, ACTION_KILL_WORD, NULL),
    CHAT(KEY_BACKSPACE, MOD_CTRL, ACTION_KILL_WORD, NULL),
    CHAT('d', MOD_ALT, ACTION_KILL_WORD_RIGHT, "kill the word to the right"),
    CHAT('u', MOD_CTRL, ACTION_KILL_START, "kill to the start of the line"),
    CHAT('k', MOD_CTRL, ACTION_KILL_END, "kill to its end"),
    CHAT('y', MOD_CTRL, ACTION_YANK, "put back what was killed"),
    CHAT('_', MOD_CTRL, ACTION_UNDO, "undo"),
    CHAT('_', MOD_ALT, ACTION_REDO, "redo"),
    IN(COMPLETION, KEY_TAB, 0, ACTION_ACCEPT, "take it"),
    IN(COMPLETION, KEY_DOWN, 0, ACTION_NEXT, "next"),
    IN(COMPLETION, 'n', MOD_CTRL, ACTION_NEXT, NULL),
    IN(COMPLETION, KEY_UP, 0, ACTION_PREVIOUS, "previous"),
    IN(COMPLETION, KEY_ESCAPE, 0, ACTION_CLOSE, "close it"),
    IN(PICKER, KEY_ENTER, 0, ACTION_CHOOSE, "take it"),
    IN(PICKER, KEY_TAB, 0, ACTION_CHOOSE, NULL),
    IN(PICKER, KEY_DOWN, 0, ACTION_NEXT, "next"),
    IN(PICKER, 'n', MOD_CTRL, ACTION_NEXT, NULL),
    IN(PICKER, KEY_WHEEL_DOWN, 0, ACTION_NEXT, NULL),
    IN(PICKER, KEY_UP, 0, ACTION_PREVIOUS, "previous"),
    IN(PICKER, 'p', MOD_CTRL, ACTION_PREVIOUS, NULL),
    IN(PICKER, KEY_WHEEL_UP, 0, ACTION_PREVIOUS, NULL),
    IN(PICKER, KEY_PAGE_DOWN, 0, ACTION_PAGE_DOWN, "page"),
    IN(PICKER, KEY_PAGE_UP, 0, ACTION_PAGE_UP, NULL),
    IN(PICKER, KEY_ESCAPE, 0, ACTION_CLOSE, "back"),
    IN(PICKER, 'c', MOD_CTRL, ACTION_CLOSE, NULL),
    IN(BROWSE, 'j', 0, ACTION_LINE_DOWN, "line down"),
    IN(BROWSE, KEY_DOWN, 0, ACTION_LINE_DOWN, NULL),
    IN(BROWSE, 'k', 0, ACTION_LINE_UP, "line up"),
    IN(BROWSE, KEY_UP, 0, ACTION_LINE_UP, NULL),
    IN(BROWSE, 'd', MOD_CTRL, ACTION_HALF_DOWN, "half a screen down"),
    IN(BROWSE, 'u', MOD_CTRL, ACTION_HALF_UP, "half a screen up"),
    IN(BROWSE, '}', 0, ACTION_MESSAGE_DOWN, "next message"),
    IN(BROWSE, 'J', 0, ACTION_MESSAGE_DOWN, NULL),
    IN(BROWSE, '{', 0, ACTION_MESSAGE_UP, "previous message"),
    IN(BROWSE, 'K', 0, ACTION_MESSAGE_UP, NULL),
    IN(BROWSE, 'g', 0, ACTION_TOP, "to the oldest"),
    IN(BROWSE, KEY_HOME, 0, ACTION_TOP, NULL),
    IN(BROWSE, 'G', 0, ACTION_FOLLOW, "to the newest"),
    IN(BROWSE, KEY_END, 0, ACTION_FOLLOW, NULL),
    IN(BROWSE, KEY_PAGE_DOWN, 0, ACTION_PAGE_DOWN, "page"),
    IN(BROWSE, ' ', 0, ACTION_PAGE_DOWN, NULL),
    IN(BROWSE, KEY_PAGE_UP, 0, ACTION_PAGE_UP, NULL),
    IN(BROWSE, KEY_WHEEL_UP, 0, ACTION_WHEEL_UP, NULL),
    IN(BROWSE, KEY_WHEEL_DOWN, 0, ACTION_WHEEL_DOWN, NULL),
    IN(BROWSE, '/', 0, ACTION_SEARCH, "search"),
    IN(BROWSE, 'n', 0, ACTION_FIND_NEXT, "next hit, upwards"),
    IN(BROWSE, 'N', 0, ACTION_FIND_PREVIOUS, "hit before, downwards"),
    IN(BROWSE, 'y', 0, ACTION_COPY_CODE, "copy the code block"),
    IN(BROWSE, 'Y', 0, ACTION_COPY_MESSAGE, "copy the message"),
    IN(BROWSE, KEY_TAB, 0, ACTION_FOLD, "fold or unfold what is under the cursor"),
    IN(BROWSE, KEY_ENTER, 0, ACTION_FOLD, NULL),
    IN(BROWSE, 'v', 0, ACTION_PAGER, "all of it in $PAGER"),
    IN(BROWSE, '[', 0, ACTION_DUMP, "all of it into the terminal's own scrollback"),
    IN(BROWSE, 'F', 0, ACTION_FORK_HERE, "fork: a new session that ends with this message"),
    IN(BROWSE, 'R', 0, ACTION_REWIND_HERE, "rewind: forget what came after this message"),
    IN(BROWSE, 'E', 0, ACTION_EDIT_HERE, "rewind to before your message, and edit it"),
    IN(BROWSE, '?', 0, ACTION_HELP, "keys and commands"),
    IN(BROWSE, KEY_ESCAPE, 0, ACTION_DRAFT, "back to writing"),
    IN(BROWSE, 'q', 0, ACTION_DRAFT, NULL),
    IN(BROWSE, 'i', 0, ACTION_DRAFT, NULL),
    IN(BROWSE, 'c', MOD_CTRL, ACTION_DRAFT, NULL),
    IN(CONFIRM, 'y', 0, ACTION_CONFIRM, "do it"),
    IN(CONFIRM, 'n', 0, ACTION_CLOSE, "leave it"),
    IN(CONFIRM, KEY_ESCAPE, 0, ACTION_CLOSE, NULL),
    IN(CONFIRM, 'q', 0, ACTION_CLOSE, NULL),
    IN(CONFIRM, 'c', MOD_CTRL, ACTION_CLOSE, NULL),
    IN(CONFIRM, KEY_DOWN, 0, ACTION_NEXT, "scroll"),
    IN(CONFIRM, KEY_UP, 0, ACTION_PREVIOUS, NULL),
    IN(CONFIRM, 'j', 0, ACTION_NEXT, NULL),
    IN(CONFIRM, 'k', 0, ACTION_PREVIOUS, NULL),
    IN(CONFIRM, KEY_WHEEL_DOWN, 0, ACTION_NEXT, NULL),
    IN(CONFIRM, KEY_WHEEL_UP, 0, ACTION_PREVIOUS, NULL),
    IN(CONFIRM, KEY_PAGE_DOWN, 0, ACTION_PAGE_DOWN, NULL),
    IN(CONFIRM, KEY_PAGE_UP, 0, ACTION_PAGE_UP, NULL),
    IN(PAGE, KEY_DOWN, 0, ACTION_NEXT, "scroll"),
    IN(PAGE, KEY_UP, 0, ACTION_PREVIOUS, NULL),
    IN(PAGE, 'j', 0, ACTION_NEXT, NULL),
    IN(PAGE, 'k', 0, ACTION_PREVIOUS, NULL),
    IN(PAGE, KEY_WHEEL_DOWN, 0, ACTION_NEXT, NULL),
    IN(PAGE, KEY_WHEEL_UP, 0, ACTION_PREVIOUS, NULL),
    IN(PAGE, KEY_PAGE_DOWN, 0, ACTION_PAGE_DOWN, NULL),
    IN(PAGE, ' ', 0, ACTION_PAGE_DOWN, NULL),
    IN(PAGE, KEY_PAGE_UP, 0, ACTION_PAGE_UP, NULL),
    IN(PAGE, KEY_ESCAPE, 0, ACTION_CLOSE, "back"),
    IN(PAGE, 'q', 0, ACTION_CLOSE, NULL),
    IN(PAGE, '?', 0, ACTION_CLOSE, NULL),
    IN(PAGE, 'c', MOD_CTRL, ACTION_CLOSE, NULL),
};

static const struct keymap *current; /* NULL: builtin */

void keymap_use(const struct keymap *keymap)
{
    current = keymap;
}

bool keymap_is_used(const struct keymap *keymap)
{
    return current == keymap;
}

const struct binding *keymap_defaults(size_t *count)
{
    *count = sizeof builtin / sizeof *builtin;
    return builtin;
}

const struct binding *keymap_rows(size_t *count)
{
    return current ? keymap_rows_of(current, count) : keymap_defaults(count);
}

static bool is_bound(const struct binding *row, enum context context, uint32_t code, uint8_t mods)
{
    return row->context == context && row->code == code && row->mods == mods;
}

/* What counts only while the draft is empty goes first then. */
enum action keymap_find(enum context context, uint32_t code, uint8_t mods, bool draft_empty)
{
    enum action always = ACTION_NONE;
    size_t count;
    const struct binding *rows = keymap_rows(&count);

    for (size_t i = 0; i < count; i++) {
        if (!is_bound(&rows[i], context, code, mods))
            continue;
        if (rows[i].when == WHEN_ALWAYS)
            always = rows[i].action;
        else if (draft_empty)
            return rows[i].action;
    }
    return always;
}

size_t keymap_position(enum context context, uint32_t code, uint8_t mods)
{
    size_t count, position = 0;
    const struct binding *rows = keymap_rows(&count);
    enum action action = keymap_find(context, code, mods, true);

    for (size_t i = 0; i < count && !is_bound(&rows[i], context, code, mods); i++)
        position += rows[i].context == context && rows[i].action == action;
    return position;
}

const char *keymap_key_of(enum context context, enum action action, char out[KEYMAP_NAME_MAX])
{
    size_t count;
    const struct binding *rows = keymap_rows(&count);

    for (size_t i = 0; i < count; i++)
        if (rows[i].context == context && rows[i].action == action)
            return keymap_name(rows[i].code, rows[i].mods, out);
    out[0] = '\0';
    return out;
}

const char *keymap_context_title(enum context context, char out[128])
{
    static const char *const titles[CONTEXT_COUNT] = {
        [CONTEXT_CHAT] = "Writing and reading",
        [CONTEXT_PANEL] = "When something is asked (with Alt while you write)",
        [CONTEXT_COMPLETION] = "While something is offered above the draft",
        [CONTEXT_PICKER] = "In a list (what you type filters)",
        [CONTEXT_BROWSE] = "Browsing the messages",
        [CONTEXT_CONFIRM] = "Where something is asked before it is done",
        [CONTEXT_PAGE] = "On this page",
    };
    char prefix[KEYMAP_NAME_MAX];

    if (context != CONTEXT_PREFIX)
        snprintf(out, 128, "%s", titles[context]);
    else if (*keymap_key_of(CONTEXT_CHAT, ACTION_PREFIX, prefix))
        snprintf(out, 128, "After %s", prefix);
    else
        snprintf(out, 128, "After the prefix (which has no key)");
    return out;
}
