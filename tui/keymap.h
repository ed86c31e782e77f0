/* The keys: one table of context, key, action and help. Dispatch, the help page and stoa(1) are made from it,
 * and the configuration may give each action of each context other keys. */
#ifndef STOA_TUI_KEYMAP_H
#define STOA_TUI_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum context {
    CONTEXT_CHAT,
    CONTEXT_PREFIX,
    CONTEXT_PANEL,      /* a question above the draft; while one writes its keys need Alt */
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
    ACTION_PANEL_ONCE,
    ACTION_PANEL_SESSION,
    ACTION_PANEL_ALWAYS,
    ACTION_PANEL_DENY,
    ACTION_PANEL_DENY_WHY,
    ACTION_PANEL_EDIT,
    ACTION_PANEL_FILL,
    ACTION_PANEL_REDIRECT,
    ACTION_PANEL_VIEW,
    ACTION_PANEL_LATER,
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
    ACTION_REDO,
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

struct keymap_key {
    uint32_t code;
    uint8_t mods;
};

enum {
    KEYMAP_NAME_MAX = 32,      /* bytes of a key's name */
    KEYMAP_KEYS_MAX = 16,      /* keys of an action */
    KEYMAP_KEYS_TEXT_MAX = 256 /* bytes of the names of a line's keys */
};

/* --- the keys in force --- */

/* The rows in the order of the help page. */
const struct binding *keymap_rows(size_t *count);
/* ACTION_NONE if the key is not bound in that context. */
enum action keymap_find(enum context context, uint32_t code, uint8_t mods, bool draft_empty);
/* Which one of its action's keys it is, from 0: the fourth key of ACTION_SWITCH is for the fourth session. */
size_t keymap_position(enum context context, uint32_t code, uint8_t mods);
/* The name of an action's first key, for hints; "" if it has none. Text in out, which is returned. */
const char *keymap_key_of(enum context context, enum action action, char out[KEYMAP_NAME_MAX]);
/* What a context is called on the help page. */
const char *keymap_context_title(enum context context, char out[128]);

/* --- names --- */

/* "^X", "Alt+Enter", "PgUp", "↑"; for text in out, which is returned. */
const char *keymap_name(uint32_t code, uint8_t mods, char out[KEYMAP_NAME_MAX]);
/* Reads what keymap_name writes, and what people write: "Ctrl+X", "alt+enter", "Shift+Tab", "Up", "F5",
 * "Space", "ß". False with what is wrong with it in error. */
bool keymap_parse(const char *text, struct keymap_key *key, char error[256]);
/* The rows from index up to which share a line of help. */
size_t keymap_line_end(const struct binding *rows, size_t count, size_t index);
/* Their keys: "PgUp PgDn wheel", "Alt+1 to Alt+9"; in out, which is returned. */
const char *keymap_keys_text(const struct binding *rows, size_t count, char out[KEYMAP_KEYS_TEXT_MAX]);
/* In the configuration: "chat", "line-down". */
const char *keymap_context_name(enum context context);
const char *keymap_action_name(enum action action);
enum context keymap_context_find(const char *name); /* CONTEXT_COUNT if there is none */
/* The context's action of that name, or ACTION_NONE. */
enum action keymap_action_find(enum context context, const char *name);

/* --- other keys --- */

struct keymap;

/* The table as it is built in. */
const struct binding *keymap_defaults(size_t *count);
/* A keymap as it is built in. */
struct keymap *keymap_new(void);
/* Puts the built-in keys in force again if it was in force. */
void keymap_free(struct keymap **keymap);
/* Puts it in force; it must live as long as it is. NULL: the built-in keys. */
void keymap_use(const struct keymap *keymap);
/* Gives an action other keys, and no others; at most KEYMAP_KEYS_MAX, count 0: none. Built-in keys of other
 * actions yield; what was given before does not. line: for later errors. False with a sentence in error,
 * nothing changed. */
bool keymap_bind(struct keymap *keymap, enum context context, enum action action,
                 const struct keymap_key *keys, size_t count, int line, char error[256]);
const struct binding *keymap_rows_of(const struct keymap *keymap, size_t *count);

#endif
