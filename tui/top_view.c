/* Rows are cut at the width, the last column first: what is left of it is what matters. */
#include "tui/top_view.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 512, DETAIL_BYTES = 4096 };

static void put(struct screen *screen, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void put(struct screen *screen, enum style style, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    char *clean = sanitise_line(line, strlen(line), LINE_BYTES);
    screen_puts(screen, clean, style);
    free(clean);
}

/* --- the daemon --- */

static void draw_daemon(struct screen *screen, const struct top_show *show)
{
    const json_t *own = jsonx_obj(show->now, "daemon");
    char up[TOP_CELL_BYTES], memory[TOP_CELL_BYTES], backlog[TOP_CELL_BYTES];
    top_time(jsonx_int(own, "uptime_ms", 0), up);
    top_bytes((double)jsonx_int(own, "memory", 0), memory);
    top_bytes((double)jsonx_int(own, "backlog_bytes", 0), backlog);
    screen_row(screen, 0, 0, screen_cols(screen), STYLE_BAR);
    put(screen, STYLE_BAR_STRONG, " stoad %s", jsonx_str(own, "version", "?"));
    if (show->daemon)
        put(screen, STYLE_BAR_STRONG, " on %s", show->daemon);
    put(screen, STYLE_BAR, "  pid %lld  up %s  cpu %.1f%%  memory %s  backlog %s%s",
        (long long)jsonx_int(own, "pid", 0), up, top_daemon_cpu(show->now, show->before), memory, backlog,
        show->paused ? "  (paused)" : "");
    screen_row_end(screen);
}

static void draw_rates(struct screen *screen, const struct top_show *show)
{
    static const char *const counters[] = {"requests", "events", "chunks", "deliveries"};
    const json_t *own = jsonx_obj(show->now, "daemon");
    char rate[TOP_CELL_BYTES];
    screen_row(screen, 1, 0, screen_cols(screen), STYLE_TEXT);
    put(screen, STYLE_TEXT, " agents %lld", (long long)jsonx_int(own, "agents", 0));
    if (jsonx_int(own, "in_line", 0) > 0)
        put(screen, STYLE_WARNING, " (%lld turns in line)", (long long)jsonx_int(own, "in_line", 0));
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        top_count(top_rate(show->now, show->before, "daemon", counters[i]), rate);
        put(screen, STYLE_TEXT, "  %s %s/s", counters[i], rate);
    }
    if (jsonx_int(own, "crashes", 0) > 0)
        put(screen, STYLE_WARNING, "  crashes %lld", (long long)jsonx_int(own, "crashes", 0));
    if (jsonx_int(own, "cut", 0) > 0)
        put(screen, STYLE_WARNING, "  cut %lld", (long long)jsonx_int(own, "cut", 0));
    screen_row_end(screen);
}

static void draw_store(struct screen *screen, const struct top_show *show)
{
    const json_t *store = jsonx_obj(show->now, "store");
    const char *failing = jsonx_str(store, "failing", NULL);
    char size[TOP_CELL_BYTES];
    top_bytes((double)jsonx_int(store, "bytes", 0), size);
    screen_row(screen, 2, 0, screen_cols(screen), STYLE_TEXT);
    put(screen, STYLE_TEXT,
        " store %s  sessions %lld (%lld archived)  messages %lld  commits %.1f/s  waiting %lld", size,
        (long long)jsonx_int(store, "sessions", 0), (long long)jsonx_int(store, "archived", 0),
        (long long)jsonx_int(store, "messages", 0), top_rate(show->now, show->before, "store", "commits"),
        (long long)jsonx_int(store, "queued", 0));
    if (failing)
        put(screen, STYLE_ERROR, "  ! can't commit: %s", failing);
    screen_row_end(screen);
}

/* --- the table --- */

static void draw_tabs(struct screen *screen, const struct top_show *show)
{
    screen_row(screen, 3, 0, screen_cols(screen), STYLE_RULE);
    for (int tab = 0; tab < TOP_TABS; tab++) {
        bool here = (int)show->table->tab == tab;
        screen_repeat(screen, " ", 1, STYLE_TEXT);
        put(screen, here ? STYLE_SELECTED : STYLE_DIM, " %d %s ", tab + 1, top_tab_name((enum top_tab)tab));
    }
    put(screen, STYLE_DIM, "  %zu shown", show->table->count);
    screen_row_end(screen);
}

static void put_cell(struct screen *screen, const char *text, const struct top_column *column,
                     enum style style)
{
    int width = column->width > 0 ? column->width : screen_left(screen), cells = 0;
    size_t len = 0, all = strlen(text);
    while (len < all) {
        int more;
        size_t next = utf8_cluster(text + len, all - len, &more);
        if (cells + more > width)
            break;
        cells += more;
        len += next;
    }
    if (column->is_number)
        screen_repeat(screen, " ", width - cells, style);
    screen_put(screen, text, len, style);
    if (!column->is_number)
        screen_repeat(screen, " ", width - cells, style);
    screen_repeat(screen, " ", 1, style);
}

static void draw_heading(struct screen *screen, const struct top_show *show)
{
    size_t count;
    const struct top_column *columns = top_columns(show->table->tab, &count);
    char title[TOP_CELL_BYTES];
    screen_row(screen, 4, 0, screen_cols(screen), STYLE_STRONG);
    screen_repeat(screen, " ", 1, STYLE_STRONG);
    for (size_t i = 0; i < count; i++) {
        bool sorted = i == show->sorted_by;
        snprintf(title, sizeof title, "%s%s", columns[i].title, sorted ? (show->descending ? "v" : "^") : "");
        put_cell(screen, title, &columns[i], sorted ? STYLE_HEADING : STYLE_STRONG);
    }
    screen_row_end(screen);
}

static void draw_row(struct screen *screen, const struct top_show *show, int y, size_t at)
{
    size_t count;
    const struct top_column *columns = top_columns(show->table->tab, &count);
    const struct top_row *row = &show->table->rows[at];
    bool selected = at == show->selected;
    enum style style = selected ? STYLE_SELECTED : row->style;
    screen_row(screen, y, 0, screen_cols(screen), selected ? STYLE_SELECTED : STYLE_TEXT);
    screen_puts(screen, selected ? ">" : " ", selected ? STYLE_SELECTED : STYLE_TEXT);
    for (size_t i = 0; i < count; i++)
        put_cell(screen, row->cells[i].text, &columns[i], style);
    screen_row_end(screen);
}

static void draw_empty(struct screen *screen, int y, const char *text)
{
    screen_row(screen, y, 0, screen_cols(screen), STYLE_TEXT);
    screen_puts(screen, text, STYLE_DIM);
    screen_row_end(screen);
}

static void draw_table(struct screen *screen, const struct top_show *show)
{
    size_t room = top_view_room(screen);
    draw_heading(screen, show);
    for (size_t i = 0; i < room; i++) {
        int y = TOP_HEAD_ROWS + (int)i;
        if (show->first + i < show->table->count)
            draw_row(screen, show, y, show->first + i);
        else
            draw_empty(screen, y, i == 0 && show->table->count == 0 ? " nothing here now" : "");
    }
}

/* --- one row, whole --- */

static void draw_detail(struct screen *screen, const struct top_show *show)
{
    const struct top_row *row =
        show->selected < show->table->count ? &show->table->rows[show->selected] : NULL;
    char *text = row ? json_dumps(row->json, JSON_INDENT(2) | JSON_PRESERVE_ORDER) : xstrdup("it is gone");
    const char *line = text;
    size_t room = top_view_room(screen) + 1;
    for (size_t i = 0; i < room; i++) {
        size_t len = line ? strcspn(line, "\n") : 0;
        screen_row(screen, TOP_HEAD_ROWS - 1 + (int)i, 0, screen_cols(screen), STYLE_TEXT);
        if (line) {
            char *clean = sanitise_line(line, len, LINE_BYTES);
            screen_puts(screen, clean, STYLE_TEXT);
            free(clean);
            line = line[len] ? line + len + 1 : NULL;
        }
        screen_row_end(screen);
    }
    free(text);
}

/* --- all --- */

static void draw_foot(struct screen *screen, const struct top_show *show)
{
    bool sessions = show->table->tab == TOP_SESSIONS;
    screen_row(screen, screen_rows(screen) - 1, 0, screen_cols(screen), STYLE_BAR);
    if (show->said)
        put(screen, show->said_bad ? STYLE_BAR_ERROR : STYLE_BAR_STRONG, " %s", show->said);
    else
        put(screen, STYLE_BAR, " q quit  1-4 table  < > sort by  r reverse  Enter %s  Space pause%s",
            show->detail ? "back" : "detail", sessions ? "  h hibernate  K end" : "");
    screen_row_end(screen);
}

size_t top_view_room(const struct screen *screen)
{
    int rows = screen_rows(screen) - TOP_HEAD_ROWS - TOP_FOOT_ROWS;
    return rows > 0 ? (size_t)rows : 0;
}

void top_view_draw(struct screen *screen, const struct top_show *show)
{
    if (!screen_begin(screen))
        return;
    if (screen_rows(screen) < TOP_ROWS_MIN || screen_cols(screen) < TOP_COLS_MIN) {
        draw_empty(screen, 0, "too small");
        screen_end(screen, -1, -1);
        return;
    }
    draw_daemon(screen, show);
    draw_rates(screen, show);
    draw_store(screen, show);
    draw_tabs(screen, show);
    if (show->detail)
        draw_detail(screen, show);
    else
        draw_table(screen, show);
    draw_foot(screen, show);
    screen_end(screen, -1, -1);
}
