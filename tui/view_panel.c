/* The panel in which a question is answered, above the draft: heading, what is asked, hint. */
#include "shared/utf8.h"
#include "tui/text/wrap.h"
#include "tui/view_parts.h"
#include <string.h>

enum { MARGIN = 2, HINT_ROWS_MAX = 3, LEAST_LINES = 1 };

/* Bytes of a row that end before a key, so that it stands beside what it does; len if there is no such end.
 */
static size_t before_key(const char *row, size_t len)
{
    for (size_t at = len; at-- > 1;)
        if (row[at] == '[' && row[at - 1] == ' ')
            return at - 1;
    return len;
}

/* The next row of the hint; false when there is none. */
static bool next_hint(const char **hint, size_t cells, const char **row, size_t *len)
{
    size_t left = strlen(*hint), next;

    if (left == 0)
        return false;
    *row = *hint;
    *len = wrap_next(*hint, left, cells, WRAP_WORDS, &next);
    if (next < left && (*hint)[next] != '[' && before_key(*hint, *len) < *len) {
        *len = before_key(*hint, *len);
        next = *len + 1;
    }
    *hint += next;
    return true;
}

/* While one writes or browses, letters mean something else. */
static bool letters_answer(const struct ui *ui)
{
    return editor_empty(ui->editor) && !browse_on(ui->browse);
}

static int hint_rows(const struct ui *ui, int cols)
{
    const char *hint = panel_hint(ui->panel, letters_answer(ui)), *row;
    size_t len;
    int rows = 0;

    while (rows < HINT_ROWS_MAX && next_hint(&hint, (size_t)(cols - MARGIN), &row, &len))
        rows++;
    return rows;
}

/* Half of what there is, or all but the heading and the hint if it is expanded. The hint depends on how much
 * is seen, so it is asked for again after the lines are laid out. */
int view_panel_rows(struct ui *ui, int rows, int cols)
{
    if (!panel_open(ui->panel) || ui->overlay != OVERLAY_NONE)
        return 0;
    for (int pass = 0;; pass++) {
        int hint = hint_rows(ui, cols), most = panel_expanded(ui->panel) ? rows - 1 - hint : rows / 2 - hint;
        int lines = (int)panel_arrange(ui->panel, (size_t)(cols - MARGIN),
                                       (size_t)(most > LEAST_LINES ? most : LEAST_LINES));
        int all = 1 + lines + hint_rows(ui, cols);

        if (pass == 1 || hint_rows(ui, cols) == hint)
            return all < rows ? all : rows;
    }
}

void view_panel(const struct ui *ui, struct screen *screen, struct area area)
{
    const char *hint = panel_hint(ui->panel, letters_answer(ui)), *text;
    int hints = hint_rows(ui, area.cols), lines = area.rows - 1 - hints, y = area.y;
    size_t len, indent;

    screen_row(screen, y++, area.x, area.cols, STYLE_RULE);
    screen_puts(screen, "── ", STYLE_RULE);
    screen_puts(screen, panel_heading(ui->panel), STYLE_WARNING);
    screen_puts(screen, " ", STYLE_RULE);
    screen_repeat(screen, "─", screen_left(screen), STYLE_RULE);
    screen_row_end(screen);
    for (int i = 0; i < lines; i++) {
        text = panel_line(ui->panel, (size_t)i, &len, &indent);
        screen_row(screen, y++, area.x, area.cols, STYLE_TEXT);
        screen_repeat(screen, " ", MARGIN + (int)indent, STYLE_TEXT);
        screen_put(screen, text, len, STYLE_TEXT);
        screen_row_end(screen);
    }
    for (int i = 0; i < hints && next_hint(&hint, (size_t)(area.cols - MARGIN), &text, &len); i++) {
        screen_row(screen, y++, area.x, area.cols, STYLE_TEXT);
        screen_repeat(screen, " ", MARGIN, STYLE_TEXT);
        screen_put(screen, text, len, STYLE_STRONG);
        screen_row_end(screen);
    }
}
