/* A row is kept as its pieces: each a head, in which attr is the column and the character is the count, and
 * its cells. */
#include "tui/terminal/screen_frame.h"
#include "shared/xalloc.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct row {
    cchar_t *cells;
    size_t count, room;
};

struct screen_frame {
    struct row *now, *last; /* room rows each */
    int count, room;
    int known; /* rows of last that stdscr holds */
};

struct screen_frame *screen_frame_new(void)
{
    return xcalloc(1, sizeof(struct screen_frame));
}

static void free_all(struct row *rows, int count)
{
    for (int i = 0; i < count; i++)
        free(rows[i].cells);
    free(rows);
}

void screen_frame_free(struct screen_frame **slot)
{
    struct screen_frame *frame = *slot;

    if (!frame)
        return;
    free_all(frame->now, frame->room);
    free_all(frame->last, frame->room);
    free(frame);
    *slot = NULL;
}

static void grow(struct screen_frame *frame, int count)
{
    size_t more = (size_t)(count - frame->room) * sizeof *frame->now;

    frame->now = xreallocarray(frame->now, (size_t)count, sizeof *frame->now);
    frame->last = xreallocarray(frame->last, (size_t)count, sizeof *frame->last);
    memset(frame->now + frame->room, 0, more);
    memset(frame->last + frame->room, 0, more);
    frame->room = count;
}

void screen_frame_begin(struct screen_frame *frame, int count)
{
    if (count > frame->room)
        grow(frame, count);
    frame->count = count;
    for (int y = 0; y < count; y++)
        frame->now[y].count = 0;
}

void screen_frame_put(struct screen_frame *frame, int y, int x, const cchar_t *cells, size_t count)
{
    if (y < 0 || y >= frame->count || count == 0)
        return;
    struct row *row = &frame->now[y];
    if (row->count + count + 1 > row->room) {
        row->room = 2 * (row->count + count + 1);
        row->cells = xreallocarray(row->cells, row->room, sizeof *row->cells);
    }
    cchar_t *head = &row->cells[row->count];
    memset(head, 0, sizeof *head);
    head->attr = (attr_t)x;
    head->chars[0] = (wchar_t)count;
    memcpy(head + 1, cells, count * sizeof *cells);
    row->count += count + 1;
}

static bool same(const struct row *a, const struct row *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->cells, b->cells, a->count * sizeof *a->cells) == 0);
}

static void show(const struct row *row, int y)
{
    move(y, 0);
    clrtoeol();
    for (size_t at = 0; at < row->count; at += (size_t)row->cells[at].chars[0] + 1)
        mvadd_wchnstr(y, (int)row->cells[at].attr, &row->cells[at + 1], (int)row->cells[at].chars[0]);
}

void screen_frame_end(struct screen_frame *frame)
{
    struct row *shown = frame->now;

    for (int y = 0; y < frame->count; y++)
        if (y >= frame->known || !same(&frame->now[y], &frame->last[y]))
            show(&frame->now[y], y);
    frame->now = frame->last;
    frame->last = shown;
    frame->known = frame->count;
}

void screen_frame_forget(struct screen_frame *frame)
{
    frame->known = 0;
}
