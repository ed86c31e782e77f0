/* The draft: several lines of text with a cursor, edited by grapheme cluster, with one kill buffer and the
 * history of what was sent. Text from outside must be sanitised before it is inserted. No key costs more the
 * longer the text is, but for moving its bytes. */
#ifndef STOA_TUI_EDITOR_H
#define STOA_TUI_EDITOR_H

#include "tui/visual.h"
#include <stdbool.h>
#include <stddef.h>

enum { EDITOR_TEXT_MAX = 1 << 20, EDITOR_HISTORY_MAX = 200 }; /* EDITOR_TEXT_MAX: what message.send takes */

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

struct editor_window { /* the visual lines that are shown */
    const struct visual_line *lines;
    size_t count;
    size_t cursor_line, cursor_cell; /* the cell is at most the width */
    bool above, below;               /* there are more */
};

struct editor;

struct editor *editor_new(void);
void editor_free(struct editor **editor);

/* The text, NUL-terminated; valid until the next change. */
const char *editor_text(const struct editor *editor, size_t *len);
bool editor_empty(const struct editor *editor);
/* The byte that the cursor is before. */
size_t editor_cursor(const struct editor *editor);
/* Replaces all, cursor at the end. Too long: nothing changes and false. */
bool editor_set(struct editor *editor, const char *text, size_t len);
/* Another draft begins: nothing of the last one comes back, neither by undo nor by its history; only what was
 * killed stays. Too long: it begins empty, and false. */
bool editor_begin(struct editor *editor, const char *text, size_t len);
/* At the cursor. False, with nothing changed, if it does not fit. */
bool editor_insert(struct editor *editor, const char *text, size_t len);
/* Replaces [from, to), which begins and ends between clusters, and puts the cursor after it. False, with
 * nothing changed, if it does not fit. */
bool editor_replace(struct editor *editor, size_t from, size_t to, const char *text, size_t len);

/* The width that lines are wrapped in: needed by EDITOR_UP and EDITOR_DOWN, and by the two below. */
void editor_set_width(struct editor *editor, size_t width);
/* How many visual lines there are, counted up to most: at least one. */
size_t editor_height(struct editor *editor, size_t most);
/* At most so many (>= 1) of them, which the cursor is among; it scrolls as little as it can. The lines live
 * until the next call or change. */
void editor_window(struct editor *editor, size_t rows, struct editor_window *window);

void editor_move(struct editor *editor, enum editor_move move);
/* Deletes from the cursor to where the move would go. kill: keep what was deleted for editor_yank. */
void editor_delete(struct editor *editor, enum editor_move move, bool kill);
/* Inserts what was killed last. */
void editor_yank(struct editor *editor);
/* Takes back the last change; insertions of single characters in a row are one. */
void editor_undo(struct editor *editor);
/* Makes again what was taken back last. */
void editor_redo(struct editor *editor);

/* Puts a text at the end of the history and leaves the history. */
void editor_remember(struct editor *editor, const char *text);

#endif
