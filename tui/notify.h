/* When a person who looks elsewhere is told of something, and in which bytes. Pure: it asks no clock and
 * writes nothing.
 *
 * A terminal that reports its focus is believed. One that never has done so counts as looked at for
 * NOTIFY_AWAY_MS after a key. A session says something at most every NOTIFY_EVERY_MS. */
#ifndef STOA_TUI_NOTIFY_H
#define STOA_TUI_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NOTIFY_AWAY_MS = 30000, NOTIFY_EVERY_MS = 2000, NOTIFY_TEXT_MAX = 120, NOTIFY_BYTES_MAX = 512 };

enum notify_when { NOTIFY_UNFOCUSED, NOTIFY_ALWAYS, NOTIFY_NEVER, NOTIFY_WHEN_COUNT };
#define NOTIFY_WHEN_CHOICES "unfocused|always|never"
enum notify_desktop {
    NOTIFY_AUTO,
    NOTIFY_OFF,
    NOTIFY_OSC9,   /* iTerm2's */
    NOTIFY_OSC777, /* rxvt's */
    NOTIFY_DESKTOP_COUNT
};
#define NOTIFY_DESKTOP_CHOICES "auto|off|osc9|osc777"

enum notify_what { NOTIFY_DONE, NOTIFY_FAILED, NOTIFY_ASKS };

struct notify_options {
    enum notify_when when;
    bool bell;
    enum notify_desktop desktop; /* not NOTIFY_AUTO: see notify_desktop_of */
    bool tmux;                   /* sequences are wrapped for it */
};

struct notify;

/* What NOTIFY_AUTO is on a terminal: TERM, TERM_PROGRAM, TMUX and STY of the environment, each may be NULL.
 */
enum notify_desktop notify_desktop_of(enum notify_desktop desktop, const char *term, const char *program,
                                      const char *tmux, const char *sty);

struct notify *notify_new(const struct notify_options *options, int64_t now);
void notify_free(struct notify **notify);
/* The terminal said so. */
void notify_focus(struct notify *notify, bool focused);
/* A key was pressed. now: steady ms, here and below. */
void notify_key(struct notify *notify, int64_t now);
/* Whether the person looks at the terminal, as far as one can know. */
bool notify_focused(const struct notify *notify, int64_t now);

/* Something has happened in a session. Bytes for the terminal in out and their number; 0 if there is nothing
 * to say. title: the session's, from outside. */
size_t notify_event(struct notify *notify, const char *session, enum notify_what what, const char *title,
                    int64_t now, char out[NOTIFY_BYTES_MAX]);

/* The window's title: "? bump-deps – stoa", a clean line; free(). glyph: of the session's state. */
char *notify_title(const char *glyph, const char *title);

#endif
