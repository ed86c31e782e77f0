/* Draws all that the screen shows, from ui.h alone. Areas: title bar; side bar at 90 columns and more;
 * messages, or the list of sessions, or the help page; a rule; the draft; status line. */
#ifndef STOA_TUI_VIEW_H
#define STOA_TUI_VIEW_H

#include "tui/terminal/screen.h"
#include "tui/ui.h"

/* Sizes list and editor for a screen of so many cells. Before the list is scrolled or drawn. */
void view_arrange(struct ui *ui, int rows, int cols);
/* One whole frame. */
void view_draw(struct ui *ui, struct screen *screen);
/* The index of the session on a cell of the side bar or the switcher, or the number of sessions if there is
 * none. */
size_t view_session_at(const struct ui *ui, int rows, int cols, int y, int x);
/* The row of the message list on that cell; false if it is elsewhere, or something else is shown there. */
bool view_message_row(struct ui *ui, int rows, int cols, int y, int x, size_t *row);
/* Cells of a page's lines. */
size_t view_page_width(struct ui *ui, int rows, int cols);
/* The row of the picker that is on a cell, or the number of its rows if there is none. */
size_t view_picker_at(struct ui *ui, int rows, int cols, int y, int x);
/* Lines of the help page, or of the page that is shown, beyond those that fit, for scrolling. */
size_t view_help_overflow(struct ui *ui, int rows, int cols);
size_t view_page_overflow(struct ui *ui, int rows, int cols);

#endif
