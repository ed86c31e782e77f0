#include "tui/editor.h"
#include "shared/buf.h"
#include "shared/xalloc.h"
#include "tui/history.h"
#include "tui/wrap.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { UNDO_MAX = 50, UNDO_BYTES_MAX = 1 << 20 };

struct snapshot {
    char *text;
    size_t len, cursor;
};

struct editor {
    struct buf text;
    size_t cursor;
    struct buf killed;
    struct history *history;
    struct snapshot undo[UNDO_MAX];
    size_t undo_count, undo_bytes;
    bool typing;   /* the last change was a typed character: the next one joins it */
    bool goal_set; /* the last move was up or down */
    size_t goal;   /* the cell that up and down aim at */
    size_t width;
    struct editor_line *lines; /* of text at width, when line_count > 0 */
    size_t line_count, line_room;
};

struct editor *editor_new(void)
{
    struct editor *editor = xcalloc(1, sizeof *editor);

    buf_init(&editor->text, EDITOR_TEXT_MAX);
    buf_init(&editor->killed, EDITOR_TEXT_MAX);
    editor->history = history_new(EDITOR_HISTORY_MAX);
    editor->width = 80;
    return editor;
}

void editor_free(struct editor **slot)
{
    struct editor *editor = *slot;

    if (!editor)
        return;
    for (size_t i = 0; i < editor->undo_count; i++)
        free(editor->undo[i].text);
    buf_free(&editor->text);
    buf_free(&editor->killed);
    history_free(&editor->history);
    free(editor->lines);
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

/* --- changes and undo --- */

static void undo_drop_oldest(struct editor *editor)
{
    editor->undo_bytes -= editor->undo[0].len;
    free(editor->undo[0].text);
    memmove(editor->undo, editor->undo + 1, --editor->undo_count * sizeof *editor->undo);
}

static void undo_save(struct editor *editor)
{
    while (editor->undo_count == UNDO_MAX || (editor->undo_count > 0 && editor->undo_bytes > UNDO_BYTES_MAX))
        undo_drop_oldest(editor);
    editor->undo[editor->undo_count++] =
        (struct snapshot){.text = xstrndup(editor->text.data, editor->text.len),
                          .len = editor->text.len,
                          .cursor = editor->cursor};
    editor->undo_bytes += editor->text.len;
}

static void changed(struct editor *editor)
{
    editor->line_count = 0;
    editor->goal_set = false;
}

/* Replaces [from, to) and puts the cursor behind what came in. */
static bool replace(struct editor *editor, size_t from, size_t to, const char *text, size_t len)
{
    size_t old = editor->text.len;

    if (old - (to - from) + len > editor->text.max)
        return false;
    if (len > to - from) {
        static const char zeros[4096];
        for (size_t more = len - (to - from); more > 0;) {
            size_t step = more < sizeof zeros ? more : sizeof zeros;
            buf_put(&editor->text, zeros, step);
            more -= step;
        }
    }
    memmove(editor->text.data + from + len, editor->text.data + to, old - to);
    if (len > 0)
        memcpy(editor->text.data + from, text, len);
    buf_truncate(&editor->text, old - (to - from) + len);
    editor->cursor = from + len;
    changed(editor);
    return true;
}

bool editor_set(struct editor *editor, const char *text, size_t len)
{
    undo_save(editor);
    editor->typing = false;
    return replace(editor, 0, editor->text.len, text, len);
}

bool editor_insert(struct editor *editor, const char *text, size_t len)
{
    bool joins = editor->typing && len <= 4 && *text != '\n';

    if (len == 0)
        return true;
    if (editor->text.len + len > editor->text.max)
        return false;
    if (!joins)
        undo_save(editor);
    editor->typing = len <= 4;
    return replace(editor, editor->cursor, editor->cursor, text, len);
}

void editor_undo(struct editor *editor)
{
    if (editor->undo_count == 0)
        return;
    struct snapshot *last = &editor->undo[--editor->undo_count];
    replace(editor, 0, editor->text.len, last->text, last->len);
    editor->cursor = last->cursor;
    editor->typing = false;
    editor->undo_bytes -= last->len;
    free(last->text);
}

/* --- visual lines --- */

void editor_set_width(struct editor *editor, size_t width)
{
    if (width == editor->width || width == 0)
        return;
    editor->width = width;
    editor->line_count = 0;
}

static void add_line(struct editor *editor, size_t at, size_t len)
{
    if (editor->line_count == editor->line_room) {
        editor->line_room = editor->line_room ? editor->line_room * 2 : 16;
        editor->lines = xreallocarray(editor->lines, editor->line_room, sizeof *editor->lines);
    }
    editor->lines[editor->line_count++] = (struct editor_line){at, len};
}

static size_t source_line_end(const struct editor *editor, size_t at)
{
    const char *newline = memchr(editor->text.data + at, '\n', editor->text.len - at);

    return newline ? (size_t)(newline - editor->text.data) : editor->text.len;
}

const struct editor_line *editor_lines(struct editor *editor, size_t *count)
{
    size_t next;

    for (size_t at = 0; editor->line_count == 0 || at > 0;) {
        size_t end = source_line_end(editor, at);
        do {
            size_t len =
                end > at ? wrap_next(editor->text.data + at, end - at, editor->width, WRAP_KEEP, &next) : 0;
            add_line(editor, at, len);
            at += len;
        } while (at < end);
        at = end < editor->text.len ? end + 1 : 0;
    }
    *count = editor->line_count;
    return editor->lines;
}

/* Cells from the start of a visual line to the byte. */
static size_t cells_between(const struct editor *editor, size_t from, size_t to)
{
    size_t cells = 0, cell;

    while (from < to) {
        from += wrap_cluster(editor->text.data + from, to - from, &cell);
        cells += cell;
    }
    return cells;
}

void editor_cursor(struct editor *editor, size_t *line, size_t *cell)
{
    size_t count, cells;
    const struct editor_line *lines = editor_lines(editor, &count);
    size_t low = 0, high = count;

    while (high - low > 1) { /* the last line that begins at or before the cursor */
        size_t middle = low + (high - low) / 2;
        if (lines[middle].at <= editor->cursor)
            low = middle;
        else
            high = middle;
    }
    *line = low;
    cells = cells_between(editor, lines[low].at, editor->cursor);
    *cell = cells < editor->width ? cells : editor->width;
}

/* --- moves --- */

static size_t line_start(const struct editor *editor, size_t at)
{
    while (at > 0 && editor->text.data[at - 1] != '\n')
        at--;
    return at;
}

static size_t cluster_right(const struct editor *editor, size_t at)
{
    size_t cell;

    if (at >= editor->text.len)
        return editor->text.len;
    return at + wrap_cluster(editor->text.data + at, editor->text.len - at, &cell);
}

/* Clusters can only be told from the start of their line. */
static size_t cluster_left(const struct editor *editor, size_t at)
{
    size_t before = line_start(editor, at);

    if (at == 0 || before == at)
        return at == 0 ? 0 : at - 1;
    for (size_t next = before; next < at; next = cluster_right(editor, next))
        before = next;
    return before;
}

static bool in_word(const struct editor *editor, size_t at)
{
    unsigned char c = (unsigned char)editor->text.data[at];

    return c >= 0x80 || isalnum(c) || c == '_';
}

static size_t word_left(const struct editor *editor, size_t at)
{
    while (at > 0 && !in_word(editor, at - 1))
        at--;
    while (at > 0 && in_word(editor, at - 1))
        at--;
    return at;
}

static size_t word_right(const struct editor *editor, size_t at)
{
    while (at < editor->text.len && !in_word(editor, at))
        at++;
    while (at < editor->text.len && in_word(editor, at))
        at++;
    return at;
}

/* The byte of a visual line that is nearest to the cell, not past it. */
static size_t at_cell(const struct editor *editor, const struct editor_line *line, size_t goal, bool last)
{
    size_t at = line->at, end = line->at + line->len, cells = 0, cell;

    while (at < end) {
        size_t used = wrap_cluster(editor->text.data + at, end - at, &cell);
        if (cells + cell > goal || (!last && at + used == end)) /* the end belongs to the line below */
            break;
        cells += cell;
        at += used;
    }
    return at;
}

static void show(struct editor *editor, const char *text)
{
    if (!text)
        return;
    replace(editor, 0, editor->text.len, text, strlen(text));
    editor->typing = false;
}

static void move_vertically(struct editor *editor, bool up)
{
    size_t line, cell, count;
    const struct editor_line *lines = editor_lines(editor, &count);

    editor_cursor(editor, &line, &cell);
    if (up ? line == 0 : line + 1 == count) {
        show(editor, up ? history_older(editor->history, editor->text.data) : history_newer(editor->history));
        return;
    }
    if (!editor->goal_set)
        editor->goal = cell;
    line += up ? (size_t)-1 : 1;
    const struct editor_line *target = &lines[line];
    bool last = line + 1 == count || lines[line + 1].at > target->at + target->len;
    editor->cursor = at_cell(editor, target, editor->goal, last);
    editor->goal_set = true;
}

static size_t target_of(const struct editor *editor, enum editor_move move)
{
    switch (move) {
    case EDITOR_LEFT:
        return cluster_left(editor, editor->cursor);
    case EDITOR_RIGHT:
        return cluster_right(editor, editor->cursor);
    case EDITOR_WORD_LEFT:
        return word_left(editor, editor->cursor);
    case EDITOR_WORD_RIGHT:
        return word_right(editor, editor->cursor);
    case EDITOR_LINE_START:
        return line_start(editor, editor->cursor);
    case EDITOR_LINE_END:
        return source_line_end(editor, editor->cursor);
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
        target = cluster_right(editor, target);
    from = target < editor->cursor ? target : editor->cursor;
    to = target < editor->cursor ? editor->cursor : target;
    if (from == to)
        return;
    if (kill) {
        buf_clear(&editor->killed);
        buf_put(&editor->killed, editor->text.data + from, to - from);
    }
    undo_save(editor);
    editor->typing = false;
    replace(editor, from, to, NULL, 0);
}

void editor_yank(struct editor *editor)
{
    editor->typing = false;
    editor_insert(editor, editor->killed.data, editor->killed.len);
    editor->typing = false;
}

void editor_remember(struct editor *editor, const char *text)
{
    history_add(editor->history, text);
}
