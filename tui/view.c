#include "tui/view.h"
#include "shared/utf8.h"
#include "tui/keymap.h"
#include "tui/text/wrap.h"
#include "tui/view_parts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_ROWS = 6, LEAST_COLS = 20, PROMPT_CELLS = 2, SHORT_ID = 10 };

/* --- geometry --- */

/* What is typed in: the draft, or what the panel asks for. */
static struct editor *shown_editor(const struct ui *ui)
{
    struct editor *input = panel_input(ui->panel);

    if (!input)
        input = browse_input(ui->browse);
    return input ? input : ui->editor;
}

static int draft_rows(struct ui *ui, int rows, int cols)
{
    int most = rows / 3 > 1 ? rows / 3 : 1;

    editor_set_width(shown_editor(ui), (size_t)(cols - PROMPT_CELLS - 1));
    return (int)editor_height(shown_editor(ui), (size_t)most);
}

struct geometry view_geometry(struct ui *ui, int rows, int cols)
{
    struct geometry geometry = {.rule = -1};
    int x = cols >= SIDE_FROM_COLS ? SIDE_COLS : 0;

    if (rows < LEAST_ROWS || cols < LEAST_COLS) {
        geometry.too_small = true;
        return geometry;
    }
    if (x > 0)
        geometry.side = (struct area){1, 0, rows - 2, SIDE_COLS};
    int said = view_notice_rows(ui, rows, cols, cols - x);
    geometry.notice = (struct area){rows - 1 - said, x, said, cols - x};
    int draft = draft_rows(ui, rows, cols - x), bottom = rows - 1 - said - draft;
    geometry.draft = (struct area){bottom, x, draft, cols - x};
    if (rows >= SPACIOUS_ROWS)
        geometry.rule = --bottom;
    int offered = view_completion_rows(ui, bottom - 1);
    bottom -= offered;
    geometry.completion = (struct area){bottom, x, offered, cols - x};
    int asked = view_panel_rows(ui, bottom - 1, cols - x);
    geometry.panel = (struct area){bottom - asked, x, asked, cols - x};
    geometry.main = (struct area){1, x, bottom - 1 - asked, cols - x};
    return geometry;
}

size_t view_page_width(struct ui *ui, int rows, int cols)
{
    int width = view_geometry(ui, rows, cols).main.cols - 2; /* a blank on each side */

    return width > 1 ? (size_t)width : 1;
}

void view_arrange(struct ui *ui, int rows, int cols)
{
    struct geometry geometry = view_geometry(ui, rows, cols);
    struct list_source source = {.extras = ui->extras, .extra_count = ui->extra_count};

    if (ui->state) {
        source.messages = ui->state->messages;
        source.message_count = ui->state->message_count;
    }
    list_set(ui->list, &source, (size_t)geometry.main.cols, (size_t)geometry.main.rows);
}

size_t view_first_shown(size_t index, size_t count, size_t rows)
{
    if (count <= rows || index < rows / 2)
        return 0;
    size_t first = index - rows / 2;
    return first + rows > count ? count - rows : first;
}

void view_clock(int64_t ms, char out[32])
{
    long seconds = ms > 0 ? (long)(ms / 1000) : 0;

    if (seconds >= 3600)
        snprintf(out, 32, "%ld:%02ld:%02ld", seconds / 3600, seconds / 60 % 60, seconds % 60);
    else
        snprintf(out, 32, "%ld:%02ld", seconds / 60, seconds % 60);
}

/* --- areas --- */

static void draw_title(const struct ui *ui, struct screen *screen)
{
    int cols = screen_cols(screen);
    size_t at = sessions_find(ui->sessions, ui->session);
    const struct session_row *row = at < sessions_count(ui->sessions) ? sessions_at(ui->sessions, at) : NULL;
    const char *model = row && *row->model ? row->model : "no model";

    screen_row(screen, 0, 0, cols, STYLE_BAR);
    screen_puts(screen, " ", STYLE_BAR);
    screen_puts(screen, row ? row->title : ui->session, STYLE_BAR_STRONG);
    if (row && screen_left(screen) >= (int)utf8_width(model, strlen(model)) + 3) {
        screen_puts(screen, "  ", STYLE_BAR);
        screen_puts(screen, model, STYLE_BAR_DIM);
    }
    int left = screen_left(screen) - SHORT_ID - 1;
    if (left >= 2) {
        screen_repeat(screen, " ", left, STYLE_BAR);
        screen_put(screen, ui->session, SHORT_ID, STYLE_BAR_DIM);
    }
    screen_row_end(screen);
}

static void draw_rule(struct screen *screen, int y, struct area draft)
{
    screen_row(screen, y, draft.x, draft.cols, STYLE_RULE);
    screen_repeat(screen, "─", draft.cols, STYLE_RULE);
    screen_row_end(screen);
}

static bool only_watches(const struct ui *ui)
{
    return ui->hello && ui->state && state_role(ui->state, ui->hello->user) == ROLE_VIEWER;
}

/* In the place of the draft's own hint: the keys that one needs there. */
static void put_browse_hint(struct screen *screen)
{
    static const struct {
        enum action action;
        const char *does;
    } hints[] = {{ACTION_DRAFT, "writes"}, {ACTION_SEARCH, "searches"}, {ACTION_COPY_CODE, "copies code"},
                 {ACTION_FOLD, "folds"},   {ACTION_PAGER, "pager"},     {ACTION_HELP, "keys"}};
    char name[KEYMAP_NAME_MAX];

    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        screen_puts(screen, i > 0 ? "  " : "", STYLE_DIM);
        screen_puts(screen, keymap_key_of(CONTEXT_BROWSE, hints[i].action, name), STYLE_DIM);
        screen_puts(screen, " ", STYLE_DIM);
        screen_puts(screen, hints[i].does, STYLE_DIM);
    }
}

/* Draws the part of the draft around its cursor; returns where the cursor is on the screen. */
static void draw_draft(struct ui *ui, struct screen *screen, struct area area, int *cursor_y, int *cursor_x)
{
    struct editor *editor = shown_editor(ui);
    struct editor_window window;
    bool draft = editor == ui->editor, searched = editor == browse_input(ui->browse);
    const char *text = editor_text(editor, NULL);

    editor_window(editor, (size_t)area.rows, &window);
    for (size_t i = 0; i < (size_t)area.rows; i++) {
        screen_row(screen, area.y + (int)i, area.x, area.cols, STYLE_TEXT);
        screen_puts(screen,
                    i == 0 && !window.above                      ? (draft      ? "› "
                                                                    : searched ? "/ "
                                                                               : "» ")
                    : i == 0                                     ? "↑ "
                    : window.below && i + 1 == (size_t)area.rows ? "↓ "
                                                                 : "  ",
                    STYLE_MARK);
        if (draft && editor_empty(editor) && browse_on(ui->browse))
            put_browse_hint(screen);
        else if (draft && editor_empty(editor))
            screen_puts(screen, only_watches(ui) ? "you can only watch this session" : "write a message",
                        STYLE_DIM);
        else if (i < window.count)
            screen_put(screen, text + window.lines[i].at, window.lines[i].len, STYLE_TEXT);
        screen_row_end(screen);
    }
    *cursor_y = area.y + (int)window.cursor_line;
    *cursor_x = area.x + PROMPT_CELLS + (int)window.cursor_cell;
}

static void draw_too_small(struct screen *screen)
{
    char text[64];

    snprintf(text, sizeof text, "needs %dx%d", LEAST_COLS, LEAST_ROWS);
    screen_row(screen, 0, 0, screen_cols(screen), STYLE_TEXT);
    screen_puts(screen, text, STYLE_TEXT);
    screen_row_end(screen);
    screen_end(screen, -1, 0);
}

/* Of a page that is shown, those that scrolling would bring. */
static size_t lines_below(struct ui *ui, int rows, int cols)
{
    size_t last = 0;

    if (ui->overlay == OVERLAY_HELP)
        last = view_help_overflow(ui, rows, cols);
    else if (ui->overlay == OVERLAY_PAGE || ui->overlay == OVERLAY_CONFIRM)
        last = view_page_overflow(ui, rows, cols);
    return last > ui->scroll ? last - ui->scroll : 0;
}

void view_draw(struct ui *ui, struct screen *screen)
{
    int rows = screen_rows(screen), cols = screen_cols(screen), y, x, picker_y = -1, picker_x = 0;
    struct geometry geometry = view_geometry(ui, rows, cols);

    if (!screen_begin(screen))
        return;
    if (geometry.too_small) {
        draw_too_small(screen);
        return;
    }
    draw_title(ui, screen);
    if (geometry.side.cols > 0)
        view_side(ui, screen, geometry.side);
    if (ui->overlay == OVERLAY_PICKER)
        view_picker(ui, screen, geometry.main, &picker_y, &picker_x);
    else if (ui->overlay == OVERLAY_HELP)
        view_help(ui, screen, geometry.main);
    else if (ui->overlay == OVERLAY_PAGE || ui->overlay == OVERLAY_CONFIRM)
        view_page(ui, screen, geometry.main);
    else
        view_messages(ui, screen, geometry.main);
    if (geometry.panel.rows > 0)
        view_panel(ui, screen, geometry.panel);
    if (geometry.completion.rows > 0)
        view_completion(ui, screen, geometry.completion);
    if (geometry.rule >= 0)
        draw_rule(screen, geometry.rule, geometry.draft);
    draw_draft(ui, screen, geometry.draft, &y, &x);
    view_notice(ui, screen, geometry.notice);
    view_status(ui, screen, rows - 1, lines_below(ui, rows, cols));
    bool typed = ui->overlay == OVERLAY_NONE && (!browse_on(ui->browse) || shown_editor(ui) != ui->editor);
    if (ui->overlay == OVERLAY_PICKER)
        screen_end(screen, picker_y, picker_x);
    else
        screen_end(screen, typed ? y : -1, x);
}
