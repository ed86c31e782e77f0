/* The clipboard, as far as a program in a terminal reaches it: tmux's buffer, a program of the display, the
 * terminal itself (OSC 52), or in the end a file. It says which one it was, and claims only what is known. */
#ifndef STOA_TUI_CLIPBOARD_H
#define STOA_TUI_CLIPBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum {
    CLIPBOARD_OSC_MAX = 100000, /* bytes of base64 that terminals are known to take at once */
    CLIPBOARD_MS = 2000         /* a program that takes longer is killed */
};

enum clipboard_way {
    CLIPBOARD_TMUX,       /* its buffer, which it passes on to the terminal it is shown on */
    CLIPBOARD_TMUX_PLAIN, /* its buffer alone: before tmux 3.2 */
    CLIPBOARD_WAYLAND,
    CLIPBOARD_X11,
    CLIPBOARD_OSC,
    CLIPBOARD_FILE,
    CLIPBOARD_WAYS
};

/* What of the environment decides; a member is NULL or empty where it is not set. */
struct clipboard_place {
    const char *tmux, *wayland, *x11;
};
/* The ways to try for a text of so many bytes, best first; returns how many. */
size_t clipboard_ways(const struct clipboard_place *place, size_t len,
                      enum clipboard_way ways[CLIPBOARD_WAYS]);

struct clipboard_answer {
    enum clipboard_way way;
    bool failed;       /* nothing took it */
    const char *where; /* "tmux's buffer", a file's path; lives during the call */
};
typedef void clipboard_cb(void *arg, const struct clipboard_answer *answer);
/* Brings bytes to the terminal outside of what is drawn; false if that can't be now. */
typedef bool clipboard_send(void *arg, const void *bytes, size_t len);

struct clipboard;

struct clipboard *clipboard_new(uv_loop_t *loop, clipboard_send *send, clipboard_cb *done, void *arg);
/* Whatever is under way is given up, its program killed. Run the loop until it is idle afterwards. */
void clipboard_free(struct clipboard **clipboard);
/* Copies clean text; done is called, perhaps before this returns. What is under way is given up for it. */
void clipboard_copy(struct clipboard *clipboard, const char *text, size_t len);

/* The sequence that asks a terminal to take the text; free() it. *out_len: its bytes. */
char *clipboard_osc(const char *text, size_t len, size_t *out_len);

#endif
