/* The rows of a frame before ncurses sees them: one that is drawn as in the last frame is not given to it
 * again, which is most of them. For screen.c. */
#ifndef STOA_TUI_TERMINAL_SCREEN_FRAME_H
#define STOA_TUI_TERMINAL_SCREEN_FRAME_H

#define NCURSES_WIDECHAR 1
#include <ncurses.h>
#include <stddef.h>

struct screen_frame;

struct screen_frame *screen_frame_new(void);
void screen_frame_free(struct screen_frame **frame);
/* A frame of so many rows begins, all of them empty. */
void screen_frame_begin(struct screen_frame *frame, int count);
/* A piece of row y: later ones lie over earlier ones. Nothing if there is no such row. */
void screen_frame_put(struct screen_frame *frame, int y, int x, const cchar_t *cells, size_t count);
/* Gives stdscr the rows that differ from those of the last frame. */
void screen_frame_end(struct screen_frame *frame);
/* What stdscr holds is not known any more: the next frame gives it all rows. */
void screen_frame_forget(struct screen_frame *frame);

#endif
