/* Pickers, and what is offered above the draft. */
#include "shared/utf8.h"
#include "tui/text/wrap.h"
#include "tui/view.h"
#include "tui/view_parts.h"
#include <stdio.h>
#include <string.h>

enum {
    WORD_CELLS = 8,
    NUMBER_CELLS = 2,
    NOTE_CELLS = 10, /* at least; a list with keys needs more */
    NOTE_CELLS_MAX = 28,
    DETAIL_FROM_COLS = 56,
    NOTE_FROM_COLS = 44,
    WORD_FROM_COLS = 34,
    OFFERED_MAX = 8,      /* rows */
    OFFERED_FROM_ROWS = 7 /* of messages and what is offered together */
};

/* --- texts --- */

static size_t cells_of(const char *text)
{
    return utf8_width(text, strlen(text));
}

/* As much of a text as fits into so many cells, with the letters that a filter has found lit; filled with
 * blanks. */
static void put_lit(struct screen *screen, const char *text, int cells, const struct fuzzy_found *found,
                    enum style style, enum style lit)
{
    size_t len = strlen(text), at = 0, used = 0, cell;
    bool cut = (int)utf8_width(text, len) > cells;
    size_t room = cells <= 0 ? 0 : cut ? (size_t)cells - 1 : (size_t)cells;

    while (at < len) {
        size_t step = wrap_cluster(text + at, len - at, &cell);
        if (used + cell > room)
            break;
        screen_put(screen, text + at, step, found && fuzzy_has(found, at) ? lit : style);
        used += cell;
        at += step;
    }
    if (cut && cells > 0) {
        screen_puts(screen, "…", style);
        used++;
    }
    screen_repeat(screen, " ", cells - (int)used, style);
}

static void put(struct screen *screen, const char *text, int cells, enum style style)
{
    put_lit(screen, text, cells, NULL, style, style);
}

static void put_right(struct screen *screen, const char *text, int cells, enum style style)
{
    int wide = (int)cells_of(text);

    if (wide < cells)
        screen_repeat(screen, " ", cells - wide, style);
    put(screen, text, wide < cells ? wide : cells, style);
}

/* --- a picker --- */

struct columns { /* cells; 0: not shown */
    int glyph, number, text, word, detail, note;
};

enum column { COLUMN_TEXT, COLUMN_DETAIL, COLUMN_NOTE };

static const char *column_text(const struct picker_item *item, enum column column)
{
    const char *text = column == COLUMN_TEXT ? item->text : column == COLUMN_NOTE ? item->note : item->detail;

    return text ? text : "";
}

static bool has_detail(const struct picker_item *item)
{
    return item->detail && *item->detail;
}

/* How wide a column is among the rows that are shown. A text that no detail follows may use that one's
 * column, and does not count. */
static int widest(const struct picker *picker, size_t first, size_t rows, enum column column)
{
    size_t most = 0;

    for (size_t i = first; i < first + rows; i++) {
        const struct picker_item *item = picker_row(picker, i).item;
        bool counts = item && (column != COLUMN_TEXT || has_detail(item));
        size_t cells = counts ? cells_of(column_text(item, column)) : 0;
        most = cells > most ? cells : most;
    }
    return (int)most;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Texts come first; what they leave, and a third in any case, is for the details. */
static struct columns columns_of(const struct picker *picker, int cols, size_t first, size_t rows)
{
    struct columns columns = {0};
    int left = cols - 2; /* the mark, and a blank at the end */

    for (size_t i = first; i < first + rows; i++) {
        const struct picker_item *item = picker_row(picker, i).item;

        columns.glyph = item && item->glyph ? 2 : columns.glyph;
        columns.number = item && item->number > 0 ? NUMBER_CELLS : columns.number;
    }
    if (columns.glyph > 0 && cols >= WORD_FROM_COLS)
        columns.word = WORD_CELLS + 1;
    int note = widest(picker, first, rows, COLUMN_NOTE), detail = widest(picker, first, rows, COLUMN_DETAIL);
    if (cols >= NOTE_FROM_COLS && note > 0)
        columns.note = least(note, cols >= 100 ? NOTE_CELLS_MAX : NOTE_CELLS) + 2;
    left -= columns.glyph + columns.number + columns.word + columns.note;
    if (detail > 0 && cols >= (columns.word > 0 ? DETAIL_FROM_COLS : WORD_FROM_COLS)) {
        int free_cells = left - widest(picker, first, rows, COLUMN_TEXT) - 1;

        columns.detail = least(detail + 2, free_cells > left / 3 ? free_cells : left / 3);
    }
    columns.text = left - columns.detail;
    return columns;
}

static void draw_item(const struct ui *ui, struct screen *screen, const struct columns *columns, size_t index)
{
    struct picker_row row = picker_row(ui->picker, index);
    const struct picker_item *item = row.item;
    bool selected = index == picker_selected(ui->picker);
    enum style plain = selected ? STYLE_SELECTED : STYLE_TEXT,
               dim = selected ? STYLE_SELECTED_DIM : STYLE_DIM;
    enum style lit = selected ? STYLE_SELECTED_MATCH : STYLE_MARK;
    char number[8] = "";

    screen_puts(screen, selected ? "›" : item && item->tag == 1 ? "▌" : " ", selected ? plain : STYLE_MARK);
    if (!item) {
        char text[PICKER_FILTER_MAX + 64];

        snprintf(text, sizeof text, "+ %s \"%s\"", picker_offered(ui->picker),
                 editor_text(picker_filter(ui->picker), NULL));
        put(screen, text, screen_left(screen), selected ? STYLE_SELECTED : STYLE_GOOD);
        return;
    }
    if (item->number > 0)
        snprintf(number, sizeof number, "%d", item->number);
    put(screen, number, columns->number, dim);
    enum style state = selected ? STYLE_SELECTED : item->style;
    put(screen, item->glyph ? item->glyph : "", columns->glyph, state);
    bool detailed = columns->detail > 0 && (has_detail(item) || columns->word > 0);
    put_lit(screen, item->text, columns->text + (detailed ? 0 : columns->detail), &row.found, plain, lit);
    if (columns->word > 0) {
        screen_puts(screen, " ", plain);
        put(screen, item->word ? item->word : "", columns->word - 1, state);
    }
    if (detailed) {
        screen_puts(screen, "  ", plain);
        put(screen, item->detail ? item->detail : "", columns->detail - 2, dim);
    }
    if (columns->note > 0) {
        screen_puts(screen, "  ", plain);
        put_right(screen, item->note ? item->note : "", columns->note - 2, dim);
    }
}

static void draw_heading(const struct ui *ui, struct screen *screen, struct area area)
{
    const struct picker *picker = ui->picker;
    size_t count = picker_count(picker) - (picker_offered(picker) ? 1 : 0), total = picker_total(picker);
    bool more = picker_kind(picker) == PICKER_SESSIONS && *sessions_next(ui->sessions);
    char text[64];

    if (count == total)
        snprintf(text, sizeof text, "  %zu%s", total, more ? "+" : "");
    else
        snprintf(text, sizeof text, "  %zu of %zu%s", count, total, more ? "+" : "");
    screen_row(screen, area.y, area.x, area.cols, STYLE_TEXT);
    screen_puts(screen, " ", STYLE_HEADING);
    screen_puts(screen, picker_heading(picker), STYLE_HEADING);
    screen_puts(screen, text, STYLE_DIM);
    const char *hint = "Enter takes it   Esc back";
    int left = screen_left(screen) - (int)cells_of(hint) - 1;
    if (left > 2) {
        screen_repeat(screen, " ", left, STYLE_DIM);
        screen_puts(screen, hint, STYLE_DIM);
    }
    screen_row_end(screen);
}

/* The end of a long filter is what one looks at. */
static void draw_filter(const struct ui *ui, struct screen *screen, struct area area, int *cursor_y,
                        int *cursor_x)
{
    struct editor *filter = picker_filter(ui->picker);
    size_t len, cursor = editor_cursor(filter), from = 0, cell;
    const char *text = editor_text(filter, &len);
    size_t room = area.cols > 4 ? (size_t)area.cols - 4 : 1;

    while (utf8_width(text + from, cursor - from) > room)
        from += wrap_cluster(text + from, len - from, &cell);
    screen_row(screen, area.y + 1, area.x, area.cols, STYLE_TEXT);
    screen_puts(screen, " / ", STYLE_MARK);
    *cursor_y = area.y + 1;
    *cursor_x = area.x + 3 + (int)utf8_width(text + from, cursor - from);
    if (len == 0)
        screen_puts(screen, "type to filter", STYLE_DIM);
    else
        put(screen, text + from, screen_left(screen), STYLE_STRONG);
    screen_row_end(screen);
}

static size_t rows_of(struct area area)
{
    return area.rows > 2 ? (size_t)area.rows - 2 : 1;
}

void view_picker(const struct ui *ui, struct screen *screen, struct area area, int *cursor_y, int *cursor_x)
{
    size_t count = picker_count(ui->picker), rows = rows_of(area);
    size_t first = view_first_shown(picker_selected(ui->picker), count, rows);
    struct columns columns = columns_of(ui->picker, area.cols, first, rows);

    draw_heading(ui, screen, area);
    draw_filter(ui, screen, area, cursor_y, cursor_x);
    for (size_t i = 0; i < rows; i++) {
        bool selected = first + i < count && first + i == picker_selected(ui->picker);

        screen_row(screen, area.y + 2 + (int)i, area.x, area.cols, selected ? STYLE_SELECTED : STYLE_TEXT);
        if (first + i < count)
            draw_item(ui, screen, &columns, first + i);
        else if (count == 0 && i == 0)
            screen_puts(screen, picker_total(ui->picker) ? "   nothing matches" : "   nothing is here yet",
                        STYLE_DIM);
        screen_row_end(screen);
    }
}

size_t view_picker_at(struct ui *ui, int rows, int cols, int y, int x)
{
    struct area area = view_geometry(ui, rows, cols).main;
    size_t count = picker_count(ui->picker), shown = rows_of(area);

    if (y < area.y + 2 || y >= area.y + area.rows || x < area.x)
        return count;
    return view_first_shown(picker_selected(ui->picker), count, shown) + (size_t)(y - area.y - 2);
}

/* --- what is offered above the draft --- */

static int offered_rows(const struct ui *ui, int rows)
{
    size_t count = completion_count(ui->completion);
    int most = rows / 2 < OFFERED_MAX ? rows / 2 : OFFERED_MAX;

    if (rows < OFFERED_FROM_ROWS || ui->overlay != OVERLAY_NONE || browse_on(ui->browse))
        return 0;
    return (int)count < most ? (int)count : most;
}

static int mention_rows(const struct ui *ui, int rows)
{
    return mentions_count(ui->mentions) > 0 && rows >= 3 ? 1 : 0;
}

int view_completion_rows(const struct ui *ui, int rows)
{
    return offered_rows(ui, rows) + mention_rows(ui, rows);
}

static void draw_offered(const struct ui *ui, struct screen *screen, struct area area, int y, size_t index,
                         int text)
{
    const struct completion_item *item = completion_item(ui->completion, index);
    bool selected = index == completion_selected(ui->completion);
    enum style plain = selected ? STYLE_SELECTED : item->refused ? STYLE_DIM : STYLE_TEXT;
    enum style dim = selected ? STYLE_SELECTED_DIM : STYLE_DIM;
    const char *hint = " Tab ";

    screen_row(screen, y, area.x, area.cols, selected ? STYLE_SELECTED : STYLE_TEXT);
    screen_puts(screen, selected ? "› " : "  ", selected ? plain : STYLE_MARK);
    int right = selected && !item->refused ? (int)cells_of(hint) : 0, left = screen_left(screen) - right;
    text = text < left ? text : left;
    put_lit(screen, item->show ? item->show : item->text, text, &item->found, plain,
            selected ? STYLE_SELECTED_MATCH : STYLE_MARK);
    if (item->detail && left - text > 8) {
        screen_puts(screen, "  ", plain);
        put(screen, item->detail, left - text - 2, dim);
    } else {
        screen_repeat(screen, " ", left - text, plain);
    }
    if (right > 0)
        screen_puts(screen, hint, dim);
    screen_row_end(screen);
}

static void size_text(int64_t bytes, char out[24])
{
    if (bytes < 1024)
        snprintf(out, 24, "%d B", (int)bytes);
    else if (bytes < 1024 * 1024)
        snprintf(out, 24, "%.1f KB", (double)bytes / 1024);
    else
        snprintf(out, 24, "%.1f MB", (double)bytes / (1024.0 * 1024.0));
}

static void draw_mentions(const struct ui *ui, struct screen *screen, struct area area, int y)
{
    size_t count = mentions_count(ui->mentions);

    screen_row(screen, y, area.x, area.cols, STYLE_TEXT);
    for (size_t i = 0; i < count; i++) {
        int64_t bytes;
        const char *name = mentions_name(ui->mentions, i, &bytes);
        char size[24], more[24] = "";
        size_text(bytes, size);
        if (i + 1 < count)
            snprintf(more, sizeof more, "  + %zu more", count - i - 1);
        int cells = (int)(cells_of(name) + strlen(size) + 5 + strlen(more));
        if (i > 0 && cells > screen_left(screen)) {
            snprintf(more, sizeof more, "  + %zu more", count - i);
            screen_puts(screen, more, STYLE_DIM);
            break;
        }
        screen_puts(screen, i > 0 ? "  + " : "+ ", STYLE_GOOD);
        int room = screen_left(screen) - (int)strlen(size) - 3;
        put(screen, name, (int)cells_of(name) < room ? (int)cells_of(name) : room, STYLE_TEXT);
        screen_puts(screen, "  ", STYLE_DIM);
        screen_puts(screen, size, STYLE_DIM);
    }
    screen_row_end(screen);
}

void view_completion(const struct ui *ui, struct screen *screen, struct area area)
{
    int mentions = mentions_count(ui->mentions) > 0 ? 1 : 0, rows = area.rows - mentions;
    size_t count = completion_count(ui->completion), widest_text = 0;
    size_t first = view_first_shown(completion_selected(ui->completion), count, rows > 0 ? (size_t)rows : 1);

    for (int i = 0; i < rows; i++) {
        const struct completion_item *item = completion_item(ui->completion, first + (size_t)i);
        size_t cells = cells_of(item->show ? item->show : item->text);
        widest_text = cells > widest_text ? cells : widest_text;
    }
    for (int i = 0; i < rows; i++)
        draw_offered(ui, screen, area, area.y + i, first + (size_t)i, (int)widest_text);
    if (mentions)
        draw_mentions(ui, screen, area, area.y + rows);
}
