#include "tui/keys.h"
#include "shared/buf.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum { ESC = 0x1B, PARAMS_MAX = 8, PARAM_VALUE_MAX = 0x10FFFF, INPUT_MAX = 8 << 20 };
enum { RELEASED = 3 };          /* kitty's event type: the key came up */
enum { PASTE_KEPT = 64 << 10 }; /* the room for pastes that is kept for the next one */

static const char paste_end[] = "\033[201~";
enum { PASTE_END_LEN = sizeof paste_end - 1 };

struct keys {
    struct buf input;
    size_t at; /* input before this was used */
    struct buf paste;
    bool pasting;
    size_t pasted; /* bytes so far */
};

enum parsed { NOTHING, PARTIAL, EVENT, SKIPPED };

struct keys *keys_new(void)
{
    struct keys *keys = xcalloc(1, sizeof *keys);

    buf_init(&keys->input, INPUT_MAX);
    buf_init(&keys->paste, KEYS_PASTE_MAX);
    return keys;
}

void keys_free(struct keys **slot)
{
    if (!*slot)
        return;
    buf_free(&(*slot)->input);
    buf_free(&(*slot)->paste);
    free(*slot);
    *slot = NULL;
}

static const char *pending(const struct keys *keys, size_t *len)
{
    *len = keys->input.len - keys->at;
    return keys->input.data + keys->at;
}

void keys_feed(struct keys *keys, const void *bytes, size_t len)
{
    buf_drop(&keys->input, keys->at);
    keys->at = 0;
    buf_put(&keys->input, bytes,
            len); /* full only if nobody calls keys_next: then input is lost, not memory */
}

static void set(struct key_event *event, uint32_t code, unsigned mods)
{
    event->code = code;
    event->mods = (uint8_t)mods;
}

/* A control byte or a plain code, as legacy input, CSI u and modifyOtherKeys all report it. */
static void set_code(struct key_event *event, uint32_t code, unsigned mods)
{
    switch (code) {
    case '\r':
        set(event, KEY_ENTER, mods);
        return;
    case '\t':
        set(event, KEY_TAB, mods);
        return;
    case ESC:
        set(event, KEY_ESCAPE, mods);
        return;
    case 0x7f:
        set(event, KEY_BACKSPACE, mods);
        return;
    case '\b':
        set(event, KEY_BACKSPACE, mods | MOD_CTRL);
        return;
    case 0:
        set(event, ' ', mods | MOD_CTRL);
        return;
    default:
        break;
    }
    if (code < 0x20) {
        set(event, code < 27 ? code + 'a' - 1 : code + '@', mods | MOD_CTRL);
        return;
    }
    if ((mods & MOD_SHIFT) && code >= 'a' && code <= 'z')
        code -= 'a' - 'A';
    if ((mods & MOD_CTRL) && code >= 'A' && code <= 'Z')
        code += 'a' - 'A';
    set(event, code, code < 0x110000 ? mods & ~(unsigned)MOD_SHIFT : mods);
}

/* --- CSI --- */

struct csi {
    char prefix;                                 /* one of <=>? or 0 */
    unsigned param[PARAMS_MAX], sub[PARAMS_MAX]; /* "5:3:1" is param 5, sub 3; the 1 is of no use here */
    char final;
};

/* Parses text after "ESC [". Bytes used, or 0 if it does not end yet. */
static size_t csi_parse(const char *text, size_t len, struct csi *csi)
{
    size_t at = 0, param = 0, colons = 0;

    memset(csi, 0, sizeof *csi);
    if (len > 0 && text[0] >= '<' && text[0] <= '?')
        csi->prefix = text[at++];
    for (; at < len; at++) {
        char c = text[at];
        if (c >= '0' && c <= '9') {
            unsigned *value = colons ? &csi->sub[param] : &csi->param[param];
            if (colons < 2 && *value <= PARAM_VALUE_MAX)
                *value = *value * 10 + (unsigned)(c - '0');
        } else if (c == ';') {
            colons = 0;
            param += param < PARAMS_MAX - 1;
        } else if (c == ':') {
            colons++;
        } else if (c < 0x20 || c > 0x2f) {
            csi->final = c; /* also what cannot be part of a sequence ends it */
            return at + 1;
        }
    }
    return 0;
}

static unsigned csi_mods(unsigned param)
{
    unsigned bits = param ? param - 1 : 0;

    return (bits & 1 ? MOD_SHIFT : 0u) | (bits & (2 | 8 | 32) ? MOD_ALT : 0u) | (bits & 4 ? MOD_CTRL : 0u);
}

static uint32_t tilde_key(unsigned param)
{
    static const uint32_t keys[] = {[1] = KEY_HOME,    [2] = KEY_INSERT,    [3] = KEY_DELETE, [4] = KEY_END,
                                    [5] = KEY_PAGE_UP, [6] = KEY_PAGE_DOWN, [7] = KEY_HOME,   [8] = KEY_END};
    static const uint8_t function[] = {[11] = 1, [12] = 2, [13] = 3, [14] = 4,  [15] = 5,  [17] = 6,
                                       [18] = 7, [19] = 8, [20] = 9, [21] = 10, [23] = 11, [24] = 12};

    if (param < sizeof keys / sizeof *keys && keys[param])
        return keys[param];
    if (param < sizeof function && function[param])
        return KEY_F1 + function[param] - 1u;
    return KEY_UNKNOWN;
}

/* Keys that kitty's protocol numbers in Unicode's private use area; only those of the keypad are of use here.
 */
static uint32_t private_key(uint32_t code)
{
    static const uint32_t keypad[] = {
        '.',       '/',    '*',      '-',         '+',           KEY_ENTER, '=',     ',',        KEY_LEFT,
        KEY_RIGHT, KEY_UP, KEY_DOWN, KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_HOME,  KEY_END, KEY_INSERT, KEY_DELETE};

    if (code >= 57399 && code <= 57408)
        return '0' + code - 57399;
    if (code >= 57409 && code < 57409 + sizeof keypad / sizeof *keypad)
        return keypad[code - 57409];
    return code >= 57344 && code <= 63743 ? KEY_UNKNOWN : code;
}

static bool usable_code(unsigned code)
{
    return code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF);
}

/* xterm's "CSI 27;mods;code ~" and the CSI u form "CSI code;mods:event u". */
static void set_reported(struct key_event *event, unsigned code, unsigned mods)
{
    uint32_t key = usable_code(code) ? private_key(code) : (uint32_t)KEY_UNKNOWN;

    set_code(event, key, csi_mods(mods));
}

static enum parsed mouse(struct key_event *event, unsigned button, unsigned x, unsigned y, bool press)
{
    unsigned mods =
        (button & 4 ? MOD_SHIFT : 0u) | (button & 8 ? MOD_ALT : 0u) | (button & 16 ? MOD_CTRL : 0u);
    unsigned which = button & ~28u;

    event->x = (int)(x ? x - 1 : 0);
    event->y = (int)(y ? y - 1 : 0);
    if (which == 64 || which == 65)
        set(event, which == 64 ? KEY_WHEEL_UP : KEY_WHEEL_DOWN, mods);
    else if (which == 0 && press)
        set(event, KEY_CLICK, mods);
    else
        return SKIPPED;
    return EVENT;
}

static enum parsed tilde(struct keys *keys, struct key_event *event, const struct csi *csi)
{
    if (csi->param[0] == 200) {
        keys->pasting = true;
        keys->pasted = 0;
        buf_clear(&keys->paste);
        return SKIPPED;
    }
    if (csi->param[0] == 201)
        return SKIPPED;
    if (csi->param[0] == 27 && csi->param[2])
        set_reported(event, csi->param[2], csi->param[1]);
    else
        set(event, tilde_key(csi->param[0]), csi_mods(csi->param[1]));
    return EVENT;
}

static uint32_t letter_key(char final)
{
    static const struct {
        char final;
        uint32_t key;
    } letters[] = {{'A', KEY_UP},  {'B', KEY_DOWN}, {'C', KEY_RIGHT},  {'D', KEY_LEFT},   {'H', KEY_HOME},
                   {'F', KEY_END}, {'P', KEY_F1},   {'Q', KEY_F1 + 1}, {'R', KEY_F1 + 2}, {'S', KEY_F1 + 3}};

    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (letters[i].final == final)
            return letters[i].key;
    return KEY_UNKNOWN;
}

/* rxvt: an arrow in a small letter is one with Shift; "^" for "~" is Ctrl, "@" is both. */
static bool is_rxvt(char final)
{
    return (final >= 'a' && final <= 'd') || final == '^' || final == '@';
}

static void set_rxvt(struct key_event *event, const struct csi *csi)
{
    if (csi->final >= 'a')
        set(event, letter_key((char)(csi->final - 'a' + 'A')), MOD_SHIFT);
    else
        set(event, tilde_key(csi->param[0]), csi->final == '@' ? MOD_CTRL | MOD_SHIFT : MOD_CTRL);
}

static enum parsed csi_event(struct keys *keys, struct key_event *event, const struct csi *csi)
{
    if (csi->prefix == '<' && (csi->final == 'M' || csi->final == 'm'))
        return mouse(event, csi->param[0], csi->param[1], csi->param[2], csi->final == 'M');
    if (csi->prefix) {
        set(event, KEY_REPLY, 0);
        return EVENT;
    }
    if (csi->sub[1] == RELEASED)
        return SKIPPED;
    if (is_rxvt(csi->final)) {
        set_rxvt(event, csi);
        return EVENT;
    }
    switch (csi->final) {
    case 'u':
        set_reported(event, csi->param[0], csi->param[1]);
        return EVENT;
    case '~':
        return tilde(keys, event, csi);
    case 'Z':
        set(event, KEY_TAB, csi_mods(csi->param[1]) | MOD_SHIFT);
        return EVENT;
    case 'I':
    case 'O':
        set(event, csi->final == 'I' ? KEY_FOCUS_IN : KEY_FOCUS_OUT, 0);
        return EVENT;
    case 'c':
    case 'n':
    case 'y':
    case 't':
        set(event, KEY_REPLY, 0);
        return EVENT;
    case 'M':
        set(event, KEY_UNKNOWN, 0);
        return EVENT;
    default:
        set(event, letter_key(csi->final), csi_mods(csi->param[1]));
        return EVENT;
    }
}

static enum parsed parse_csi(struct keys *keys, struct key_event *event, const char *text, size_t len,
                             size_t *used)
{
    struct csi csi;

    if (text[2] == '[') { /* the Linux console's F1 to F5: a letter follows */
        if (len < 4)
            return PARTIAL;
        *used = text[3] >= 'A' && text[3] <= 'E' ? 4 : 3;
        set(event, *used == 4 ? KEY_F1 + (uint32_t)(text[3] - 'A') : (uint32_t)KEY_UNKNOWN, 0);
        return EVENT;
    }
    if (text[2] == 'M') { /* X10 mouse: three bytes follow */
        if (len < 6)
            return PARTIAL;
        *used = 6;
        return mouse(event, (unsigned char)text[3] - 32u, (unsigned char)text[4] - 32u,
                     (unsigned char)text[5] - 32u, true);
    }
    size_t body = csi_parse(text + 2, len - 2, &csi);
    if (body == 0)
        return PARTIAL;
    if ((unsigned char)csi.final < 0x40 || (unsigned char)csi.final > 0x7e) {
        *used = 2 + body - 1; /* broken off: the byte that did it begins something new */
        set(event, KEY_UNKNOWN, 0);
        return EVENT;
    }
    *used = 2 + body;
    return csi_event(keys, event, &csi);
}

/* --- what else begins with ESC --- */

/* The keypad in application mode: what is on its keys. rxvt's arrows in small letters are those with Ctrl. */
static void set_ss3(struct key_event *event, char final, unsigned mods)
{
    static const char keypad[] = "*+,-./0123456789";

    if (final >= 'j' && final <= 'y')
        set_code(event, (unsigned char)keypad[final - 'j'], mods);
    else if (final == 'M' || final == 'X')
        set_code(event, final == 'M' ? '\r' : '=', mods);
    else if (final >= 'a' && final <= 'd')
        set(event, letter_key((char)(final - 'a' + 'A')), mods | MOD_CTRL);
    else
        set(event, letter_key(final), mods);
}

static enum parsed parse_ss3(struct key_event *event, const char *text, size_t len, size_t *used)
{
    unsigned mods = 0;
    size_t at = 2;

    while (at < len && text[at] >= '0' && text[at] <= '9' && at < 6)
        mods = mods * 10 + (unsigned)(text[at++] - '0');
    if (at >= len)
        return PARTIAL;
    *used = at + 1;
    if ((unsigned char)text[at] < 0x40 || (unsigned char)text[at] > 0x7e)
        *used = at;
    set_ss3(event, text[at], csi_mods(mods));
    return EVENT;
}

/* OSC, DCS and APC: answers to questions, up to BEL or ST. */
static enum parsed parse_string(struct key_event *event, const char *text, size_t len, size_t *used)
{
    for (size_t i = 2; i < len; i++) {
        if (text[i] == '\a' || (text[i] == '\\' && text[i - 1] == ESC && i > 2)) {
            *used = i + 1;
            set(event, KEY_REPLY, 0);
            return EVENT;
        }
    }
    return PARTIAL;
}

static enum parsed parse_char(struct key_event *event, const char *text, size_t len, size_t *used)
{
    unsigned char lead = (unsigned char)text[0];
    size_t need = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
    uint32_t cp;

    *used = utf8_decode(text, len, &cp);
    if (lead >= 0x80 && *used < need) {
        bool unfinished = *used == len && need > 1;
        return unfinished ? PARTIAL : SKIPPED;
    }
    if (lead >= 0x80 && need == 1)
        return SKIPPED;
    set_code(event, cp, 0);
    return EVENT;
}

static bool is_cursor_key(uint32_t code)
{
    return (code >= KEY_UP && code <= KEY_DELETE) || (code >= KEY_F1 && code <= KEY_F12);
}

/* Alt with an arrow or the like, as rxvt and others send it: ESC before the key's own sequence. Else the
 * first one is the Esc key, and what follows begins something new. */
static enum parsed parse_two_escapes(struct keys *keys, struct key_event *event, const char *text, size_t len,
                                     size_t *used)
{
    struct csi csi = {0};
    size_t body = 0;

    if (len == 2 || (len == 3 && (text[2] == '[' || text[2] == 'O')))
        return PARTIAL;
    if (text[2] == 'O') {
        body = 1;
        set_ss3(event, text[3], 0);
    } else if (text[2] == '[') {
        body = csi_parse(text + 3, len - 3, &csi);
        if (body == 0)
            return PARTIAL;
        if (csi.final != '~' || tilde_key(csi.param[0]) != KEY_UNKNOWN) /* those others begin pastes */
            csi_event(keys, event, &csi);
    }
    *used = 3 + body;
    if (is_cursor_key(event->code)) {
        event->mods |= MOD_ALT;
        return EVENT;
    }
    *used = 1;
    *event = (struct key_event){.code = KEY_ESCAPE};
    return EVENT;
}

static enum parsed parse_escape(struct keys *keys, struct key_event *event, const char *text, size_t len,
                                size_t *used)
{
    if (len == 1)
        return PARTIAL;
    switch (text[1]) {
    case '[':
        return len == 2 ? PARTIAL : parse_csi(keys, event, text, len, used);
    case 'O':
        return len == 2 ? PARTIAL : parse_ss3(event, text, len, used);
    case ']':
    case 'P':
    case '_':
        return parse_string(event, text, len, used);
    case ESC:
        return parse_two_escapes(keys, event, text, len, used);
    default:
        break;
    }
    enum parsed parsed = parse_char(event, text + 1, len - 1, used);
    *used += 1;
    if (parsed == EVENT)
        set_code(event, event->code, event->mods | MOD_ALT);
    return parsed;
}

static enum parsed parse(struct keys *keys, struct key_event *event, const char *text, size_t len,
                         size_t *used)
{
    if (len == 0)
        return NOTHING;
    if (text[0] == ESC)
        return parse_escape(keys, event, text, len, used);
    return parse_char(event, text, len, used);
}

/* Time is up, or too much came: what is unfinished is taken as what it looks like. */
static enum parsed give_up(struct key_event *event, const char *text, size_t len, size_t *used)
{
    *used = len;
    if (text[0] != ESC)
        return SKIPPED; /* a character without its end */
    if (len > 1 && text[1] == ESC)
        *used = 1;
    if (*used == 1)
        set(event, KEY_ESCAPE, 0);
    else if (len == 2 && (unsigned char)text[1] < 0x80)
        set_code(event, (unsigned char)text[1], MOD_ALT);
    else
        set(event, KEY_UNKNOWN, 0);
    return EVENT;
}

/* --- paste --- */

static void paste_take(struct keys *keys, const char *text, size_t len)
{
    size_t room = keys->paste.max - keys->paste.len;

    keys->pasted += len;
    buf_put(&keys->paste, text, len < room ? len : room);
    keys->at += len;
}

static enum parsed paste_done(struct keys *keys, struct key_event *event)
{
    keys->pasting = false;
    event->text = keys->paste.data;
    event->len = keys->paste.len;
    event->total = keys->pasted;
    set(event, KEY_PASTE, 0);
    return EVENT;
}

static enum parsed parse_paste(struct keys *keys, struct key_event *event, bool waited)
{
    size_t len;
    const char *text = pending(keys, &len);
    const char *end = memmem(text, len, paste_end, PASTE_END_LEN);

    if (end) {
        paste_take(keys, text, (size_t)(end - text));
        keys->at += PASTE_END_LEN;
        return paste_done(keys, event);
    }
    if (waited) {
        paste_take(keys, text, len);
        return paste_done(keys, event);
    }
    if (len >= PASTE_END_LEN) /* the end may have begun */
        paste_take(keys, text, len - (PASTE_END_LEN - 1));
    return PARTIAL;
}

bool keys_next(struct keys *keys, struct key_event *event, bool waited)
{
    if (!keys->pasting && keys->paste.cap > PASTE_KEPT)
        buf_free(&keys->paste);
    for (;;) {
        enum parsed parsed;
        size_t len, used = 0;

        memset(event, 0, sizeof *event);
        if (keys->pasting) {
            parsed = parse_paste(keys, event, waited);
        } else {
            const char *text = pending(keys, &len);
            bool full = len >= KEYS_SEQUENCE_MAX; /* what is beyond is not looked at: cuts must not matter */
            len = full ? KEYS_SEQUENCE_MAX : len;
            parsed = parse(keys, event, text, len, &used);
            if (parsed == PARTIAL && (waited || full))
                parsed = give_up(event, text, len, &used);
            if (parsed == EVENT || parsed == SKIPPED)
                keys->at += used;
        }
        if (parsed != SKIPPED)
            return parsed == EVENT;
    }
}

int keys_wait_ms(const struct keys *keys)
{
    if (keys->pasting)
        return KEYS_PASTE_MS;
    return keys->input.len > keys->at ? KEYS_ESCAPE_MS : 0;
}
