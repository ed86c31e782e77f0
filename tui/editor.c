#include "tui/editor.h"
#include "shared/buf.h"
#include "shared/xalloc.h"
#include "tui/changes.h"
#include "tui/history.h"
#include "tui/words.h"
#include <stdlib.h>
#include <string.h>

enum { TYPED_MAX = 4 }; /* bytes of an insertion that counts as typed */

struct editor {
    struct buf text;
    size_t cursor;
    struct visual lines; /* of text */
    size_t width;
    struct buf killed;
    struct history *history;
    struct changes *changes;
    bool typing;   /* the last change was a typed character: the next one joins it */
    bool goal_set; /* the last move was up or down */
    size_t goal;   /* the cell that up and down aim at */
    size_t top;    /* in the first visual line that was shown last */
    struct visual_line *shown;
    size_t shown_room;
};

struct editor *editor_new(void)
{
    struct editor *editor = xcalloc(1, sizeof *editor);

    buf_init(&editor->text, EDITOR_TEXT_MAX);
    buf_init(&editor->killed, EDITOR_TEXT_MAX);
    editor->history = history_new(EDITOR_HISTORY_MAX);
    editor->changes = changes_new();
    editor->width = 80;
    visual_set(&editor->lines, editor->text.data, 0, editor->width);
    return editor;
}

void editor_free(struct editor **slot)
{
    struct editor *editor = *slot;

    if (!editor)
        return;
    buf_free(&editor->text);
    buf_free(&editor->killed);
    visual_free(&editor->lines);
    history_free(&editor->history);
    changes_free(&editor->changes);
    free(editor->shown);
    free(editor);
    *slot = NULL;
}

const char *editor_text(const struct editor *editor, size_t *len)
{
    if (len)
        *len = editor->text.len;
    return editor->text.data;
}

bool editor_empty(const struct editor *editor)
{
    return editor->text.len == 0;
}

size_t editor_cursor(const struct editor *editor)
{
    return editor->cursor;
}

/* --- changes --- */

static bool fits(const struct editor *editor, size_t from, size_t to, size_t len)
{
    return editor->text.len - (to - from) + len <= editor->text.max;
}

/* What meets at the cursor may have become one cluster. */
static void leave_cluster(struct editor *editor)
{
    size_t start = visual_cluster_start(&editor->lines, editor->cursor);

    if (start != editor->cursor)
        editor->cursor = visual_cluster_right(&editor->lines, start);
}

/* Makes a change that fits, and puts the cursor behind what came in. */
static void make(struct editor *editor, size_t from, size_t to, const char *text, size_t len)
{
    struct buf *buf = &editor->text;
    size_t old = buf->len;

    if (len > to - from)
        buf_put(buf, text, len - (to - from)); /* for the room; what is in it comes below */
    memmove(buf->data + from + len, buf->data + to, old - to);
    if (len > 0)
        memcpy(buf->data + from, text, len);
    buf_truncate(buf, old - (to - from) + len);
    editor->cursor = from + len;
    if (editor->top >= to && editor->top > from)
        editor->top += len - (to - from);
    else if (editor->top > from)
        editor->top = from;
    editor->goal_set = false;
    visual_set(&editor->lines, buf->data, buf->len, editor->width);
    leave_cluster(editor);
}

/* The same, as a change of its own that can be taken back. */
static void change(struct editor *editor, size_t from, size_t to, const char *text, size_t len)
{
    changes_add(editor->changes, (struct change){.at = from,
                                                 .new_len = len,
                                                 .old = editor->text.data + from,
                                                 .old_len = to - from,
                                                 .before = editor->cursor,
                                                 .after = from + len});
    editor->typing = false;
    make(editor, from, to, text, len);
}

bool editor_replace(struct editor *editor, size_t from, size_t to, const char *text, size_t len)
{
    if (!fits(editor, from, to, len))
        return false;
    if (len > 0 || to > from)
        change(editor, from, to, text, len);
    return true;
}

bool editor_set(struct editor *editor, const char *text, size_t len)
{
    return editor_replace(editor, 0, editor->text.len, text, len);
}

bool editor_insert(struct editor *editor, const char *text, size_t len)
{
    size_t end = editor->cursor + len;

    if (len == 0) /* no change, so none that the next character could join */
        return true;
    if (!fits(editor, editor->cursor, editor->cursor, len))
        return false;
    bool typed = len <= TYPED_MAX, joins = editor->typing && typed && *text != '\n';
    if (joins) {
        changes_join(editor->changes, len);
        make(editor, editor->cursor, editor->cursor, text, len);
    } else {
        change(editor, editor->cursor, editor->cursor, text, len);
    }
    editor->typing = typed && editor->cursor == end;
    return true;
}

static void turn(struct editor *editor, bool again)
{
    struct change taken;

    editor->typing = false;
    if (!changes_take(editor->changes, again, &taken))
        return;
    changes_turned(editor->changes, again, &taken, editor->text.data + taken.at);
    make(editor, taken.at, taken.at + taken.new_len, taken.old, taken.old_len);
    editor->cursor = taken.before;
    free(taken.old);
}

void editor_undo(struct editor *editor)
{
    turn(editor, false);
}

void editor_redo(struct editor *editor)
{
    turn(editor, true);
}

/* --- what is shown --- */

void editor_set_width(struct editor *editor, size_t width)
{
    if (width == editor->width || width == 0)
        return;
    editor->width = width;
    visual_set(&editor->lines, editor->text.data, editor->text.len, width);
}

size_t editor_height(struct editor *editor, size_t most)
{
    return visual_count(&editor->lines, most);
}

/* The first line shown, so that the cursor's line is among so many, and no room is left below the last one.
 */
static struct visual_line first_shown(struct editor *editor, size_t rows)
{
    struct visual_line cursor = visual_at(&editor->lines, editor->cursor), line;
    struct visual_line first =
        visual_at(&editor->lines, editor->top < editor->text.len ? editor->top : editor->text.len);
    size_t left = rows - 1;

    if (cursor.at < first.at)
        first = cursor;
    for (line = first; left > 0 && line.at != cursor.at; left--)
        visual_next(&editor->lines, &line);
    if (line.at != cursor.at) {
        first = cursor;
        left = rows - 1;
    } else {
        while (left > 0 && visual_next(&editor->lines, &line))
            left--;
    }
    while (left-- > 0 && visual_previous(&editor->lines, &first)) {
    }
    return first;
}

void editor_window(struct editor *editor, size_t rows, struct editor_window *window)
{
    struct visual *lines = &editor->lines;

    if (rows > editor->shown_room) {
        editor->shown = xreallocarray(editor->shown, rows, sizeof *editor->shown);
        editor->shown_room = rows;
    }
    *window = (struct editor_window){.lines = editor->shown};
    struct visual_line line = first_shown(editor, rows);
    editor->top = line.at;
    window->above = line.at > 0;
    do {
        if (line.at <= editor->cursor) {
            window->cursor_line = window->count;
            window->cursor_cell = line.at;
        }
        editor->shown[window->count++] = line;
        window->below = visual_next(lines, &line);
    } while (window->below && window->count < rows);
    size_t cells = visual_cells(lines, window->cursor_cell, editor->cursor);
    window->cursor_cell = cells < editor->width ? cells : editor->width;
}

/* --- moves --- */

static void show(struct editor *editor, const char *text)
{
    if (text)
        editor_set(editor, text, strlen(text));
}

static void move_vertically(struct editor *editor, bool up)
{
    struct visual *lines = &editor->lines;
    struct visual_line line = visual_at(lines, editor->cursor);
    size_t cell = visual_cells(lines, line.at, editor->cursor);

    if (!(up ? visual_previous : visual_next)(lines, &line)) {
        show(editor, up ? history_older(editor->history, editor->text.data) : history_newer(editor->history));
        return;
    }
    if (!editor->goal_set)
        editor->goal = cell < editor->width ? cell : editor->width;
    editor->cursor = visual_at_cell(lines, &line, editor->goal);
    editor->goal_set = true;
}

static size_t word_target(struct editor *editor, bool left)
{
    size_t at = left ? words_left(editor->text.data, editor->cursor)
                     : words_right(editor->text.data, editor->text.len, editor->cursor);
    size_t start = visual_cluster_start(&editor->lines, at);

    return left || start == at ? start : visual_cluster_right(&editor->lines, start);
}

static size_t target_of(struct editor *editor, enum editor_move move)
{
    switch (move) {
    case EDITOR_LEFT:
        return visual_cluster_left(&editor->lines, editor->cursor);
    case EDITOR_RIGHT:
        return visual_cluster_right(&editor->lines, editor->cursor);
    case EDITOR_WORD_LEFT:
    case EDITOR_WORD_RIGHT:
        return word_target(editor, move == EDITOR_WORD_LEFT);
    case EDITOR_LINE_START:
        return visual_source_start(&editor->lines, editor->cursor);
    case EDITOR_LINE_END:
        return visual_source_end(&editor->lines, editor->cursor);
    default:
        return editor->cursor;
    }
}

void editor_move(struct editor *editor, enum editor_move move)
{
    editor->typing = false;
    if (move == EDITOR_UP || move == EDITOR_DOWN) {
        move_vertically(editor, move == EDITOR_UP);
        return;
    }
    editor->cursor = target_of(editor, move);
    editor->goal_set = false;
}

void editor_delete(struct editor *editor, enum editor_move move, bool kill)
{
    size_t target = target_of(editor, move), from, to;

    if (target == editor->cursor && kill &&
        move == EDITOR_LINE_END) /* at the end of a line its newline goes */
        target = visual_cluster_right(&editor->lines, target);
    from = target < editor->cursor ? target : editor->cursor;
    to = target < editor->cursor ? editor->cursor : target;
    if (from == to)
        return;
    if (kill) {
        buf_clear(&editor->killed);
        buf_put(&editor->killed, editor->text.data + from, to - from);
    }
    change(editor, from, to, NULL, 0);
}

void editor_yank(struct editor *editor)
{
    editor_insert(editor, editor->killed.data, editor->killed.len);
    editor->typing = false;
}

bool editor_begin(struct editor *editor, const char *text, size_t len)
{
    bool has_room = len <= editor->text.max;

    changes_free(&editor->changes);
    editor->changes = changes_new();
    history_free(&editor->history);
    editor->history = history_new(EDITOR_HISTORY_MAX);
    make(editor, 0, editor->text.len, text, has_room ? len : 0);
    editor->typing = false;
    editor->top = 0;
    return has_room;
}

void editor_remember(struct editor *editor, const char *text)
{
    history_add(editor->history, text);
}
