/* The draft: several lines of text with a cursor, edited by grapheme cluster, with one kill buffer and the
 * history of what was sent. Text from outside must be sanitised before it is inserted. */
#ifndef STOA_TUI_EDITOR_H
#define STOA_TUI_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

enum { EDITOR_TEXT_MAX = 262144, EDITOR_HISTORY_MAX = 200 }; /* EDITOR_TEXT_MAX: what message.send takes */

enum editor_move {
    EDITOR_LEFT,
    EDITOR_RIGHT,
    EDITOR_WORD_LEFT,
    EDITOR_WORD_RIGHT,
    EDITOR_LINE_START,
    EDITOR_LINE_END,
    EDITOR_UP, /* by visual lines; on the first and last one through the history */
    EDITOR_DOWN
};

struct editor_line { /* a visual line */
    size_t at, len;
};

struct editor;

struct editor *editor_new(void);
void editor_free(struct editor **editor);

/* The text, NUL-terminated; valid until the next change. */
const char *editor_text(const struct editor *editor, size_t *len);
bool editor_empty(const struct editor *editor);
/* Replaces all, cursor at the end. Too long: nothing changes and false. */
bool editor_set(struct editor *editor, const char *text, size_t len);
/* At the cursor. False, with nothing changed, if it does not fit. */
bool editor_insert(struct editor *editor, const char *text, size_t len);

/* The width that lines are wrapped in: needed by EDITOR_UP and EDITOR_DOWN, and by the two below. */
void editor_set_width(struct editor *editor, size_t width);
/* The visual lines, at least one; valid until the next change. */
const struct editor_line *editor_lines(struct editor *editor, size_t *count);
/* The visual line of the cursor, and its cell in that line (at most the width). */
void editor_cursor(struct editor *editor, size_t *line, size_t *cell);

void editor_move(struct editor *editor, enum editor_move move);
/* Deletes from the cursor to where the move would go. kill: keep what was deleted for editor_yank. */
void editor_delete(struct editor *editor, enum editor_move move, bool kill);
/* Inserts what was killed last. */
void editor_yank(struct editor *editor);
/* Takes back the last change; insertions of single characters in a row are one. */
void editor_undo(struct editor *editor);

/* Puts a text at the end of the history and leaves the history. */
void editor_remember(struct editor *editor, const char *text);

#endif
