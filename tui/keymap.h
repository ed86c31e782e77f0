/* The keys: one table of context, key, action and help. Dispatch and the help page are both made from it. */
#ifndef STOA_TUI_KEYMAP_H
#define STOA_TUI_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum context {
    CONTEXT_CHAT,
    CONTEXT_PREFIX,
    CONTEXT_PANEL,      /* for the help page: panel.c knows its keys itself */
    CONTEXT_COMPLETION, /* the list above the draft */
    CONTEXT_PICKER,     /* palette, list of sessions, history: what is typed filters */
    CONTEXT_BROWSE,     /* a cursor among the messages */
    CONTEXT_CONFIRM,    /* a page that asks */
    CONTEXT_PAGE,       /* help, and other pages */
    CONTEXT_COUNT
};
enum when { WHEN_ALWAYS, WHEN_EMPTY }; /* WHEN_EMPTY: only while the draft is empty */

enum action {
    ACTION_NONE,
    ACTION_SEND,
    ACTION_NEWLINE,
    ACTION_INTERRUPT,
    ACTION_CANCEL, /* ^C: clears, then quits */
    ACTION_QUIT,
    ACTION_PAGE_UP,
    ACTION_PAGE_DOWN,
    ACTION_WHEEL_UP,
    ACTION_WHEEL_DOWN,
    ACTION_TOP,
    ACTION_FOLLOW,
    ACTION_LINE_OR_TOP, /* Home and End: of the draft's line, of the list while the draft is empty */
    ACTION_LINE_OR_FOLLOW,
    ACTION_FOLD,
    ACTION_PREFIX,
    ACTION_SWITCHER,
    ACTION_NEW,
    ACTION_SWITCH, /* to the session of the digit */
    ACTION_ASKING, /* to what waits for an answer */
    ACTION_PALETTE,
    ACTION_HISTORY, /* search in what was sent */
    ACTION_BROWSE,
    ACTION_ACCEPT, /* a completion */
    ACTION_CONFIRM,
    ACTION_DRAFT,   /* back to writing */
    ACTION_LINE_UP, /* browsing */
    ACTION_LINE_DOWN,
    ACTION_HALF_UP,
    ACTION_HALF_DOWN,
    ACTION_MESSAGE_UP,
    ACTION_MESSAGE_DOWN,
    ACTION_SEARCH,
    ACTION_FIND_NEXT,
    ACTION_FIND_PREVIOUS,
    ACTION_COPY_CODE,
    ACTION_COPY_MESSAGE,
    ACTION_PAGER,
    ACTION_DUMP,
    ACTION_FORK_HERE,
    ACTION_REWIND_HERE,
    ACTION_EDIT_HERE, /* rewinds to before a message, which becomes the draft */
    ACTION_EDITOR,
    ACTION_REDRAW,
    ACTION_SUSPEND,
    ACTION_MOUSE,
    ACTION_HELP,
    ACTION_CLOSE,
    ACTION_PANEL, /* of the panel's own */
    ACTION_CHOOSE,
    ACTION_NEXT,
    ACTION_PREVIOUS,
    ACTION_LEFT,
    ACTION_RIGHT,
    ACTION_UP,
    ACTION_DOWN,
    ACTION_WORD_LEFT,
    ACTION_WORD_RIGHT,
    ACTION_LINE_START,
    ACTION_LINE_END,
    ACTION_DELETE_LEFT,
    ACTION_DELETE_RIGHT,
    ACTION_KILL_WORD,
    ACTION_KILL_WORD_RIGHT,
    ACTION_KILL_START,
    ACTION_KILL_END,
    ACTION_YANK,
    ACTION_UNDO,
    ACTION_COUNT
};

struct binding {
    enum context context;
    enum when when;
    uint32_t code; /* of enum key, or a character */
    uint8_t mods;  /* of enum key_mod */
    enum action action;
    const char *help; /* NULL: another key for the row above */
};

/* The rows in the order of the help page. */
const struct binding *keymap_rows(size_t *count);
/* ACTION_NONE if the key is not bound in that context. */
enum action keymap_find(enum context context, uint32_t code, uint8_t mods, bool draft_empty);
/* "^X", "Alt+Enter", "PgUp"; for text in out, which is returned. */
const char *keymap_name(uint32_t code, uint8_t mods, char out[24]);
/* What a context is called on the help page. */
const char *keymap_context_name(enum context context);

#endif
