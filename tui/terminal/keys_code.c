/* The sequences of terminals: what a code, a CSI or an SS3 means. */
#include "tui/terminal/keys_private.h"
#include <string.h>

enum { RELEASED = 3 }; /* kitty's event type: the key came up */

void key_set(struct key_event *event, uint32_t code, unsigned mods)
{
    event->code = code;
    event->mods = (uint8_t)mods;
}

void key_set_code(struct key_event *event, uint32_t code, unsigned mods)
{
    switch (code) {
    case '\r':
        key_set(event, KEY_ENTER, mods);
        return;
    case '\t':
        key_set(event, KEY_TAB, mods);
        return;
    case ESC:
        key_set(event, KEY_ESCAPE, mods);
        return;
    case 0x7f:
        key_set(event, KEY_BACKSPACE, mods);
        return;
    case 0:
        key_set(event, ' ', mods | MOD_CTRL);
        return;
    default:
        break;
    }
    if (code < 0x20) {
        key_set(event, code < 27 ? code + 'a' - 1 : code + '@', mods | MOD_CTRL);
        return;
    }
    if ((mods & MOD_SHIFT) && code >= 'a' && code <= 'z')
        code -= 'a' - 'A';
    if ((mods & MOD_CTRL) && code >= 'A' && code <= 'Z')
        code += 'a' - 'A';
    key_set(event, code, code < 0x110000 ? mods & ~(unsigned)MOD_SHIFT : mods);
}

/* --- CSI --- */

size_t csi_parse(const char *text, size_t len, struct csi *csi)
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

unsigned key_mods(unsigned param)
{
    unsigned bits = param ? param - 1 : 0;

    return (bits & 1 ? MOD_SHIFT : 0u) | (bits & (2 | 8 | 32) ? MOD_ALT : 0u) | (bits & 4 ? MOD_CTRL : 0u);
}

uint32_t key_of_tilde(unsigned param)
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

    key_set_code(event, key, key_mods(mods));
}

enum parsed key_mouse(struct key_event *event, unsigned button, unsigned x, unsigned y, bool press)
{
    unsigned mods =
        (button & 4 ? MOD_SHIFT : 0u) | (button & 8 ? MOD_ALT : 0u) | (button & 16 ? MOD_CTRL : 0u);
    unsigned which = button & ~28u;

    event->x = (int)(x ? x - 1 : 0);
    event->y = (int)(y ? y - 1 : 0);
    if (which == 64 || which == 65)
        key_set(event, which == 64 ? KEY_WHEEL_UP : KEY_WHEEL_DOWN, mods);
    else if (which == 0 && press)
        key_set(event, KEY_CLICK, mods);
    else
        return SKIPPED;
    return EVENT;
}

static enum parsed tilde(struct key_event *event, const struct csi *csi)
{
    if (csi->param[0] == 200)
        return PASTE;
    if (csi->param[0] == 201)
        return SKIPPED;
    if (csi->param[0] == 27 && csi->param[2])
        set_reported(event, csi->param[2], csi->param[1]);
    else
        key_set(event, key_of_tilde(csi->param[0]), key_mods(csi->param[1]));
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
        key_set(event, letter_key((char)(csi->final - 'a' + 'A')), MOD_SHIFT);
    else
        key_set(event, key_of_tilde(csi->param[0]), csi->final == '@' ? MOD_CTRL | MOD_SHIFT : MOD_CTRL);
}

enum parsed csi_event(struct key_event *event, const struct csi *csi)
{
    if (csi->prefix == '<' && (csi->final == 'M' || csi->final == 'm'))
        return key_mouse(event, csi->param[0], csi->param[1], csi->param[2], csi->final == 'M');
    if (csi->prefix) {
        key_set(event, KEY_REPLY, 0);
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
        return tilde(event, csi);
    case 'Z':
        key_set(event, KEY_TAB, key_mods(csi->param[1]) | MOD_SHIFT);
        return EVENT;
    case 'I':
    case 'O':
        key_set(event, csi->final == 'I' ? KEY_FOCUS_IN : KEY_FOCUS_OUT, 0);
        return EVENT;
    case 'c':
    case 'n':
    case 'y':
    case 't':
        key_set(event, KEY_REPLY, 0);
        return EVENT;
    case 'M':
        key_set(event, KEY_UNKNOWN, 0);
        return EVENT;
    default:
        key_set(event, letter_key(csi->final), key_mods(csi->param[1]));
        return EVENT;
    }
}

/* rxvt's arrows in small letters are those with Ctrl. */
void key_set_ss3(struct key_event *event, char final, unsigned mods)
{
    static const char keypad[] = "*+,-./0123456789";

    if (final >= 'j' && final <= 'y')
        key_set_code(event, (unsigned char)keypad[final - 'j'], mods);
    else if (final == 'M' || final == 'X')
        key_set_code(event, final == 'M' ? '\r' : '=', mods);
    else if (final >= 'a' && final <= 'd')
        key_set(event, letter_key((char)(final - 'a' + 'A')), mods | MOD_CTRL);
    else
        key_set(event, letter_key(final), mods);
}
