/* The message list: a bar and the author on a header line, then the text. */
#include "shared/sanitise.h"
#include "tui/view_parts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

static void time_of_day(int64_t wall_ms, char out[16])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm local;

    out[0] = '\0';
    if (wall_ms > 0 && localtime_r(&seconds, &local))
        strftime(out, 16, "%H:%M", &local);
}

static const char *stop_word(const struct message *message)
{
    const char *why = message->stop_reason;

    if (!why || strcmp(why, "end_turn") == 0 || strcmp(why, "stop_sequence") == 0 ||
        strcmp(why, "tool_use") == 0)
        return NULL;
    return why;
}

/* What is said after the time of an answer: how it goes, or how it ended. */
static void put_outcome(struct screen *screen, const struct message *message)
{
    const char *stop = stop_word(message);
    char text[64];

    if (message->status == MESSAGE_STREAMING)
        screen_puts(screen, "  … streaming", STYLE_GOOD);
    else if (message->status == MESSAGE_INTERRUPTED)
        screen_puts(screen, "  ■ interrupted", STYLE_WARNING);
    else if (message->status == MESSAGE_FAILED)
        screen_puts(screen, "  ✗ failed", STYLE_ERROR);
    if (message->total_ms >= 0 && message->role == MESSAGE_ROLE_ASSISTANT) {
        snprintf(text, sizeof text, "  %.1f s", (double)message->total_ms / 1000);
        screen_puts(screen, text, STYLE_DIM);
    }
    if (message->usage.output > 0) {
        snprintf(text, sizeof text, "  %lld tokens", (long long)message->usage.output);
        screen_puts(screen, text, STYLE_DIM);
    }
    if (stop) {
        char *clean = sanitise_line(stop, strlen(stop), AUTHOR_BYTES_MAX);
        screen_puts(screen, "  stopped: ", STYLE_WARNING);
        screen_puts(screen, clean, STYLE_WARNING);
        free(clean);
    }
}

static void draw_header(const struct ui *ui, struct screen *screen, const struct list_row *row)
{
    static const char *const marks[] = {[LIST_QUEUED] = "  queued", [LIST_SENDING] = "  sending…"};
    const struct message *message = row->message;
    enum style style = author_style(ui, row);
    char *author = sanitise_line(message->author, strlen(message->author), AUTHOR_BYTES_MAX), when[16];

    screen_puts(screen, "▍ ", style);
    screen_puts(screen, author, style);
    free(author);
    if (row->mark == LIST_NOTICE)
        return;
    time_of_day(message->ts, when);
    screen_puts(screen, "  ", STYLE_DIM);
    screen_puts(screen, when, STYLE_DIM);
    if (row->mark == LIST_QUEUED || row->mark == LIST_SENDING)
        screen_puts(screen, marks[row->mark], STYLE_WARNING);
    else
        put_outcome(screen, message);
    if (row->first_unread)
        screen_puts(screen, "  ● new from here", STYLE_MARK);
}

static void put_spans(struct screen *screen, const struct layout_line *line)
{
    size_t at = 0;

    for (size_t i = 0; i < line->span_count && at < line->len; i++) {
        size_t len = line->spans[i].len < line->len - at ? line->spans[i].len : line->len - at;

        screen_put(screen, line->text + at, len, line->spans[i].style);
        at += len;
    }
    screen_put(screen, line->text + at, line->len - at, line->style);
}

static void draw_row(const struct ui *ui, struct screen *screen, const struct list_row *row)
{
    const struct layout_line *line = &row->text;

    if (!row->message)
        return;
    if (row->line == 0) {
        draw_header(ui, screen, row);
        return;
    }
    screen_repeat(screen, " ", (int)line->indent, STYLE_TEXT);
    if (row->mark == LIST_QUEUED || row->mark == LIST_SENDING)
        screen_put(screen, line->text, line->len, STYLE_DIM);
    else
        put_spans(screen, line);
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
        struct list_row row = list_row(ui->list, (size_t)i);
        screen_row(screen, area.y + i, area.x, area.cols, STYLE_TEXT);
        draw_row(ui, screen, &row);
        screen_row_end(screen);
    }
}
