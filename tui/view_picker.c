/* Pickers, and what is offered above the draft. */
#include "tui/view_parts.h"

void view_picker(const struct ui *ui, struct screen *screen, struct area area)
{
    (void)ui;
    (void)screen;
    (void)area;
}

void view_completion(const struct ui *ui, struct screen *screen, struct area area)
{
    (void)ui;
    (void)screen;
    (void)area;
}

int view_completion_rows(const struct ui *ui, int rows)
{
    (void)ui;
    (void)rows;
    return 0;
}
