/* A page of text in place of the messages. */
#include "tui/view.h"
#include "tui/view_parts.h"
#include <string.h>

static size_t page_lines(const char *page)
{
    size_t lines = 0;

    for (const char *at = page; at && *at; at += strcspn(at, "\n"), at += *at == '\n')
        lines++;
    return lines;
}

void view_page(const struct ui *ui, struct screen *screen, struct area area)
{
    const char *at = ui->page ? ui->page : "";
    size_t heading = strcspn(at, "\n");

    screen_row(screen, area.y, area.x, area.cols, STYLE_TEXT);
    screen_puts(screen, " ", STYLE_TEXT);
    screen_put(screen, at, heading, STYLE_HEADING);
    screen_row_end(screen);
    at += heading + (at[heading] == '\n');
    for (size_t skip = ui->scroll; skip > 0 && *at; skip--) {
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    for (int i = 1; i < area.rows; i++) {
        size_t len = strcspn(at, "\n");

        screen_row(screen, area.y + i, area.x, area.cols, STYLE_TEXT);
        screen_puts(screen, " ", STYLE_TEXT);
        screen_put(screen, at, len, STYLE_TEXT);
        screen_row_end(screen);
        at += len + (at[len] == '\n');
    }
}

size_t view_page_overflow(struct ui *ui, int rows, int cols)
{
    struct area area = view_geometry(ui, rows, cols).main;
    size_t count = page_lines(ui->page), shown = (size_t)area.rows; /* the heading is both */

    return count > shown ? count - shown : 0;
}
