/* The parts of a frame, each with its file: shared by the view_*.c files and nobody else. */
#ifndef STOA_TUI_VIEW_PARTS_H
#define STOA_TUI_VIEW_PARTS_H

#include "tui/terminal/screen.h"
#include "tui/ui.h"

struct area {
    int y, x, rows, cols;
};

enum {
    SIDE_FROM_COLS = 90, /* a side bar needs a screen this wide */
    SIDE_COLS = 24,      /* with its border */
    SPACIOUS_ROWS = 14   /* from here on there is a rule above the draft */
};

struct geometry {
    bool too_small;
    struct area side;                           /* cols 0: none */
    struct area main, panel, completion, draft; /* panel, completion: rows 0 while there is nothing */
    struct area notice;                         /* rows 0 unless it is too long for the status line */
    int rule;                                   /* its row; -1: none */
};
struct geometry view_geometry(struct ui *ui, int rows, int cols);

void view_side(const struct ui *ui, struct screen *screen, struct area area);
void view_messages(struct ui *ui, struct screen *screen, struct area area);
/* Tells where the cursor of its filter is. */
void view_picker(const struct ui *ui, struct screen *screen, struct area area, int *cursor_y, int *cursor_x);
void view_completion(const struct ui *ui, struct screen *screen, struct area area);
/* Rows that what is offered takes, of at most so many; 0: nothing is offered. */
int view_completion_rows(const struct ui *ui, int rows);
void view_help(const struct ui *ui, struct screen *screen, struct area area);
void view_page(const struct ui *ui, struct screen *screen, struct area area);
void view_panel(const struct ui *ui, struct screen *screen, struct area area);
/* Rows that the panel takes with heading and hint, of at most so many. */
int view_panel_rows(struct ui *ui, int rows, int cols);
/* Rows that a notice takes above the status line, if it does not fit into that. cols: of the rows; rows and
 * all: of the screen. */
int view_notice_rows(const struct ui *ui, int rows, int all, int cols);
void view_notice(const struct ui *ui, struct screen *screen, struct area area);
/* below: lines of the page that are not seen yet. */
void view_status(const struct ui *ui, struct screen *screen, int y, size_t below);
/* The first session that a list of so many rows shows, so that the one of that index is seen. */
size_t view_first_shown(size_t index, size_t count, size_t rows);
/* How a participant is called here: "you", a user, or the terminal of another one of your own. free() it. */
char *view_participant_name(const struct ui *ui, const struct participant *participant);
/* An elapsed or past time as "0:42", "1:02:03". */
void view_clock(int64_t ms, char out[32]);

#endif
