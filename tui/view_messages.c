/* The message list: a bar and the author on a header line, then the text. */
#include "shared/clock.h"
#include "shared/sanitise.h"
#include "tui/view.h"
#include "tui/view_parts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AUTHOR_BYTES_MAX = 200 };

static enum style author_style(const struct ui *ui, const struct list_row *row)
{
    const struct message *message = row->message;

    if (row->mark == LIST_NOTICE)
        return ui->state && ui->state->retry_why ? STYLE_WARNING : STYLE_ERROR;
    if (row->mark != LIST_PLAIN)
        return STYLE_DIM;
    if (message->role == MESSAGE_ROLE_ASSISTANT)
        return STYLE_MODEL;
    return ui->hello && strcmp(message->author, ui->hello->user) == 0 ? STYLE_YOU : STYLE_PERSON;
}

static void time_of_day(int64_t wall_ms, char out[CLOCK_TEXT])
{
    out[0] = '\0';
    if (wall_ms > 0)
        clock_local(wall_ms, CLOCK_TODAY, out);
}

static const char *stop_word(const struct message *message)
{
    const char *why = message->stop_reason;

    if (!why || strcmp(why, "end_turn") == 0 || strcmp(why, "stop_sequence") == 0 ||
        strcmp(why, "tool_use") == 0)
        return NULL;
    return why;
}

/* A selected header is in one style. */
static void put(struct screen *screen, const struct list_row *row, const char *text, enum style style)
{
    screen_puts(screen, text, row->cursor ? STYLE_SELECTED : style);
}

/* What is said after the time of an answer: how it goes, or how it ended. */
static void put_outcome(struct screen *screen, const struct list_row *row)
{
    const struct message *message = row->message;
    const char *stop = stop_word(message);
    char text[64];

    if (message->status == MESSAGE_STREAMING)
        put(screen, row, "  … streaming", STYLE_GOOD);
    else if (message->status == MESSAGE_INTERRUPTED)
        put(screen, row, "  ■ interrupted", STYLE_WARNING);
    else if (message->status == MESSAGE_FAILED)
        put(screen, row, "  ✗ failed", STYLE_ERROR);
    if (message->total_ms >= 0 && message->role == MESSAGE_ROLE_ASSISTANT) {
        snprintf(text, sizeof text, "  %.1f s", (double)message->total_ms / 1000);
        put(screen, row, text, STYLE_DIM);
    }
    if (message->usage.output > 0) {
        snprintf(text, sizeof text, "  %lld token%s", (long long)message->usage.output,
                 message->usage.output == 1 ? "" : "s");
        put(screen, row, text, STYLE_DIM);
    }
    if (stop) {
        char *clean = sanitise_line(stop, strlen(stop), AUTHOR_BYTES_MAX);
        put(screen, row, "  stopped: ", STYLE_WARNING);
        put(screen, row, clean, STYLE_WARNING);
        free(clean);
    }
}

static void draw_header(const struct ui *ui, struct screen *screen, const struct list_row *row)
{
    static const char *const marks[] = {[LIST_QUEUED] = "  queued", [LIST_SENDING] = "  sending…"};
    const struct message *message = row->message;
    enum style style = author_style(ui, row);
    char *author = sanitise_line(message->author, strlen(message->author), AUTHOR_BYTES_MAX),
         when[CLOCK_TEXT];

    put(screen, row, row->cursor ? " " : "▍ ", style); /* the cursor's bar stands before it */
    put(screen, row, author, style);
    free(author);
    if (row->mark == LIST_NOTICE)
        return;
    time_of_day(message->ts, when);
    put(screen, row, "  ", STYLE_DIM);
    put(screen, row, when, STYLE_DIM);
    if (row->mark == LIST_QUEUED || row->mark == LIST_SENDING)
        put(screen, row, marks[row->mark], STYLE_WARNING);
    else
        put_outcome(screen, row);
    if (row->first_unread)
        put(screen, row, "  ● new from here", STYLE_MARK);
}

/* How one byte's text looks: by its span, unless the line is selected or the byte is part of a hit. */
struct looks {
    const struct layout_line *line;
    const struct find_piece *pieces;
    size_t piece_count;
    enum style plain; /* STYLE_COUNT: as the layout says */
    enum style match;
};

/* The style of a byte, and up to which one it holds. */
static enum style style_at(const struct looks *looks, size_t at, size_t *end)
{
    const struct layout_line *line = looks->line;
    enum style style = line->style;
    size_t begin = 0;

    *end = line->len;
    for (size_t i = 0; i < line->span_count && begin <= at; i++) {
        size_t next = begin + line->spans[i].len;
        if (at < next) {
            style = line->spans[i].style;
            *end = next < *end ? next : *end;
        }
        begin = next;
    }
    if (looks->plain != STYLE_COUNT)
        style = looks->plain;
    for (size_t i = 0; i < looks->piece_count; i++) {
        const struct find_piece *piece = &looks->pieces[i];
        if (piece->at > at && piece->at < *end)
            *end = piece->at;
        if (piece->at <= at && at < piece->at + piece->len) {
            *end = piece->at + piece->len < *end ? piece->at + piece->len : *end;
            return looks->match;
        }
    }
    return style;
}

static void put_text(struct screen *screen, const struct looks *looks)
{
    const struct layout_line *line = looks->line;
    size_t end;

    for (size_t at = 0; at < line->len; at = end) {
        enum style style = style_at(looks, at, &end);
        screen_put(screen, line->text + at, end - at, style);
    }
}

static void draw_row(const struct ui *ui, struct screen *screen, const struct list_row *row,
                     const struct find_piece *pieces, size_t piece_count)
{
    bool waits = row->mark == LIST_QUEUED || row->mark == LIST_SENDING;
    struct looks looks = {.line = &row->text,
                          .pieces = pieces,
                          .piece_count = piece_count,
                          .plain = row->cursor ? STYLE_SELECTED
                                   : waits     ? STYLE_DIM
                                               : STYLE_COUNT,
                          .match = row->cursor ? STYLE_SELECTED_MATCH : STYLE_MATCH};
    int indent = (int)row->text.indent;

    if (!row->message)
        return;
    if (row->cursor)
        screen_puts(screen, "▌", STYLE_SELECTED);
    if (row->line == 0) {
        draw_header(ui, screen, row);
        return;
    }
    screen_repeat(screen, " ", row->cursor ? indent - 1 : indent, row->cursor ? STYLE_SELECTED : STYLE_TEXT);
    put_text(screen, &looks);
}

/* Why the session has its model, where the daemon chose it; "" where it was asked for. Free() it. */
static char *model_reason(const struct ui *ui)
{
    bool chosen = ui->hello && ui->state && strcmp(ui->state->model, ui->hello->default_model) == 0;
    char *why =
        sanitise_line(chosen ? ui->hello->why : "", chosen ? strlen(ui->hello->why) : 0, AUTHOR_BYTES_MAX);

    return why;
}

/* A session without messages says which model it has and why, and how to begin. */
static void draw_empty(const struct ui *ui, struct screen *screen, struct area area)
{
    char *why = model_reason(ui);
    const char *const hints[] = {"An empty session. Write below, and press Enter.", why, "",
                                 "? help   ^X l sessions   ^X n new session   ^D quit"};
    const char *waiting = ui->link == CLIENT_AWAY ? "waiting for the daemon" : "opening the session";
    int count = ui->state ? (int)(sizeof hints / sizeof *hints) : 1;

    for (int i = 0; i < area.rows; i++) {
        int hint = i - (area.rows - count) / 2;
        screen_row(screen, area.y + i, area.x, area.cols, STYLE_TEXT);
        if (hint >= 0 && hint < count) {
            screen_repeat(screen, " ", LAYOUT_INDENT, STYLE_TEXT);
            screen_puts(screen, ui->state ? hints[hint] : waiting, STYLE_DIM);
        }
        screen_row_end(screen);
    }
    free(why);
}

void view_messages(struct ui *ui, struct screen *screen, struct area area)
{
    if ((!ui->state || ui->state->message_count == 0) && ui->extra_count == 0) {
        draw_empty(ui, screen, area);
        return;
    }
    for (int i = 0; i < area.rows; i++) {
        const struct needle *needle = browse_needle(ui->browse);
        struct find_piece pieces[FIND_PIECES_MAX];
        size_t count = needle ? list_pieces(ui->list, (size_t)i, needle, pieces) : 0;
        struct list_row row = list_row(ui->list, (size_t)i);

        screen_row(screen, area.y + i, area.x, area.cols, row.cursor ? STYLE_SELECTED : STYLE_TEXT);
        draw_row(ui, screen, &row, pieces, count);
        screen_row_end(screen);
    }
}

bool view_message_row(struct ui *ui, int rows, int cols, int y, int x, size_t *row)
{
    struct geometry geometry = view_geometry(ui, rows, cols);
    struct area area = geometry.main;

    if (geometry.too_small || ui->overlay != OVERLAY_NONE || y < area.y || y >= area.y + area.rows ||
        x < area.x || x >= area.x + area.cols)
        return false;
    *row = (size_t)(y - area.y);
    return true;
}
