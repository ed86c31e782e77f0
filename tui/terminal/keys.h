/* The input parser: bytes of a terminal become key events. Understands legacy sequences, CSI u, xterm's
 * modifyOtherKeys, what rxvt and the Linux console send, SGR and X10 mouse, focus reports, bracketed paste,
 * and Alt as an ESC prefix. Never blocks, and what it gives does not depend on how the bytes were cut, except
 * that only time tells a lone ESC from the start of a sequence. */
#ifndef STOA_TUI_TERMINAL_KEYS_H
#define STOA_TUI_TERMINAL_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key_mod { MOD_SHIFT = 1, MOD_ALT = 2, MOD_CTRL = 4 };

enum key { /* above Unicode; a character is its own code */
           KEY_NONE = 0,
           KEY_UP = 0x110000,
           KEY_DOWN,
           KEY_LEFT,
           KEY_RIGHT,
           KEY_HOME,
           KEY_END,
           KEY_PAGE_UP,
           KEY_PAGE_DOWN,
           KEY_INSERT,
           KEY_DELETE,
           KEY_ENTER,
           KEY_TAB,
           KEY_BACKSPACE,
           KEY_ESCAPE,
           KEY_WHEEL_UP,
           KEY_WHEEL_DOWN,
           KEY_CLICK, /* the left button went down at x, y */
           KEY_FOCUS_IN,
           KEY_FOCUS_OUT,
           KEY_PASTE,   /* text and len; not sanitised */
           KEY_REPLY,   /* the terminal answered a question; ignore it */
           KEY_UNKNOWN, /* a whole sequence that means nothing here */
           KEY_F1,
           KEY_F12 = KEY_F1 + 11
};

/* KEYS_PASTE_MAX: a message of 1 MiB, and what the sanitiser takes out of it. */
enum { KEYS_PASTE_MAX = 2 << 20, KEYS_SEQUENCE_MAX = 4096, KEYS_ESCAPE_MS = 25, KEYS_PASTE_MS = 5000 };

struct key_event {
    uint32_t code;
    uint8_t
        mods; /* of enum key_mod; a character has no MOD_SHIFT: 'N' is Shift+n, with Ctrl always lower case */
    int x, y; /* mouse: cell, from 0 */
    const char *text; /* KEY_PASTE; lives until the next call of a keys_ function */
    size_t len;
    size_t total; /* KEY_PASTE: bytes that were pasted; more than len if that was more than KEYS_PASTE_MAX */
};

struct keys;

struct keys *keys_new(void);
void keys_free(struct keys **keys);
/* Forgets what was read and gave no event yet. */
void keys_clear(struct keys *keys);
/* Takes bytes that were read. */
void keys_feed(struct keys *keys, const void *bytes, size_t len);
/* The next event; false when there is none for now. waited: keys_wait_ms() have passed without input, so that
 * what is unfinished is what it looks like (a lone ESC is the Esc key; a paste without end is over). */
bool keys_next(struct keys *keys, struct key_event *event, bool waited);
/* After keys_next gave false: milliseconds to wait before calling it with waited; 0 when nothing is
 * unfinished. */
int keys_wait_ms(const struct keys *keys);

#endif
