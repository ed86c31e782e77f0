/* What the files of the input parser share: keys.c (bytes to sequences, pastes, time) and keys_code.c (what a
 * sequence means). Nobody else includes this. */
#ifndef STOA_TUI_TERMINAL_KEYS_PRIVATE_H
#define STOA_TUI_TERMINAL_KEYS_PRIVATE_H

#include "tui/terminal/keys.h"

enum { ESC = 0x1B, PARAMS_MAX = 8, PARAM_VALUE_MAX = 0x10FFFF };

enum parsed {
    NOTHING,
    PARTIAL, /* more bytes are needed */
    EVENT,
    SKIPPED, /* the bytes mean nothing */
    PASTE    /* what follows is pasted text */
};

struct csi {
    char prefix;                                 /* one of <=>? or 0 */
    unsigned param[PARAMS_MAX], sub[PARAMS_MAX]; /* "5:3:1" is param 5, sub 3; the 1 is of no use here */
    char final;
};

void key_set(struct key_event *event, uint32_t code, unsigned mods);
/* A control byte or a plain code, as legacy input, CSI u and modifyOtherKeys all report it. */
void key_set_code(struct key_event *event, uint32_t code, unsigned mods);
/* The letter after "ESC O": function and cursor keys, and the keypad in application mode. */
void key_set_ss3(struct key_event *event, char final, unsigned mods);
/* Modifiers as xterm numbers them. */
unsigned key_mods(unsigned param);
/* The key of "CSI param ~", or KEY_UNKNOWN. */
uint32_t key_of_tilde(unsigned param);
/* Parses text after "ESC [". Bytes used, or 0 if it does not end yet. */
size_t csi_parse(const char *text, size_t len, struct csi *csi);
/* EVENT, SKIPPED or PASTE. */
enum parsed csi_event(struct key_event *event, const struct csi *csi);
/* A mouse report: button and modifiers as xterm numbers them, cells from 1. */
enum parsed key_mouse(struct key_event *event, unsigned button, unsigned x, unsigned y, bool press);

#endif
