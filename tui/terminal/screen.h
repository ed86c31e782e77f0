/* The screen: cells in styles, made into the fewest bytes by ncurses, which nobody else includes. A frame
 * goes to the terminal in one write, as a synchronized update. While the terminal has not taken the last
 * frame, frames are skipped. */
#ifndef STOA_TUI_TERMINAL_SCREEN_H
#define STOA_TUI_TERMINAL_SCREEN_H

#include "tui/style.h"
#include "tui/terminal/theme.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

struct screen;

struct screen_options {
    const char *path; /* of the terminal: "/dev/tty" */
    const char *term; /* its type; NULL: $TERM */
    bool mouse;
    bool no_alternate; /* draws on the normal screen, where the last frame stays */
    bool title;        /* the terminal's title is ours, until the screen is left */
    enum theme theme;
};

/* Takes the terminal and switches its modes on. A UTF-8 locale must be set. One at a time. NULL with a
 * sentence in error. */
struct screen *screen_open(const struct screen_options *options, char error[256]);
/* Leaves and frees. */
void screen_close(struct screen **screen);
int screen_fd(const struct screen *screen);
int screen_rows(const struct screen *screen);
int screen_cols(const struct screen *screen);

/* Gives the terminal back for a while (^Z, $EDITOR), and takes it again with a full repaint of the next
 * frame. */
void screen_leave(struct screen *screen);
void screen_enter(struct screen *screen);
/* Asks the terminal for its size; the next frame repaints all. */
void screen_resize(struct screen *screen);
/* The next frame repaints all. */
void screen_redraw(struct screen *screen);
void screen_set_mouse(struct screen *screen, bool mouse);
/* The next frame repaints all, in other colours. THEME_AUTO is what the environment says (see theme.h). */
void screen_set_theme(struct screen *screen, enum theme theme);
/* The title of the terminal's window; a clean line. If the terminal does not take it now, a later call does
 * it. */
void screen_set_title(struct screen *screen, const char *title);
/* Sequences that are no part of a frame (bell, notifications), whole or not at all: false if the screen is
 * left or the terminal has not taken the last frame. */
bool screen_send(struct screen *screen, const char *bytes, size_t len);

/* Begins an empty frame. False if the last one is not out yet, or the screen is left: then draw nothing. */
bool screen_begin(struct screen *screen);
/* Ends it: what differs from the last frame is written. The cursor is hidden when y < 0. */
void screen_end(struct screen *screen, int y, int x);
/* Writes what the terminal did not take. True if something is left: wait until screen_fd is writable. */
bool screen_flush(struct screen *screen);

/* A row of a frame, or a piece of one: begin it, put text from left to right, end it. It is filled with
 * blanks of the style. Text is sanitised and has no newline; it is cut at the width. A tab is WRAP_TAB_CELLS
 * blanks. */
void screen_row(struct screen *screen, int y, int x, int width, enum style fill);
void screen_put(struct screen *screen, const char *text, size_t len, enum style style);
void screen_puts(struct screen *screen, const char *text, enum style style);
/* Repeats a character of one cell so many times. */
void screen_repeat(struct screen *screen, const char *character, int count, enum style style);
int screen_left(const struct screen *screen); /* cells left in the row */
void screen_row_end(struct screen *screen);

/* For tests: what the frame means to show; not defined for the second cell of a wide character. */
struct screen_cell {
    wchar_t text[6];
    bool bold, reverse, underline, italic;
    int fg, bg; /* the colour's number; -1: the terminal's own */
};
bool screen_cell(struct screen *screen, int y, int x, struct screen_cell *cell);
/* Where the last frame left the cursor. False if it is hidden. */
bool screen_cursor(const struct screen *screen, int *y, int *x);
struct screen_stats {
    uint64_t frames, skipped, writes, bytes;
};
struct screen_stats screen_stats(const struct screen *screen);

#endif
