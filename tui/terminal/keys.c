#include "tui/terminal/keys.h"
#include "shared/buf.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/terminal/keys_private.h"
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 8 << 20 };
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

struct keys *keys_new(void)
{
    struct keys *keys = xcalloc(1, sizeof *keys);

    buf_init(&keys->input, INPUT_MAX);
    buf_init(&keys->paste, KEYS_PASTE_MAX);
    return keys;
}

void keys_clear(struct keys *keys)
{
    buf_clear(&keys->input);
    buf_clear(&keys->paste);
    keys->at = keys->pasted = 0;
    keys->pasting = false;
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

/* --- CSI --- */

static enum parsed parse_csi(struct key_event *event, const char *text, size_t len, size_t *used)
{
    struct csi csi;

    if (text[2] == '[') { /* the Linux console's F1 to F5: a letter follows */
        if (len < 4)
            return PARTIAL;
        *used = text[3] >= 'A' && text[3] <= 'E' ? 4 : 3;
        key_set(event, *used == 4 ? KEY_F1 + (uint32_t)(text[3] - 'A') : (uint32_t)KEY_UNKNOWN, 0);
        return EVENT;
    }
    if (text[2] == 'M') { /* X10 mouse: three bytes follow */
        if (len < 6)
            return PARTIAL;
        *used = 6;
        return key_mouse(event, (unsigned char)text[3] - 32u, (unsigned char)text[4] - 32u,
                         (unsigned char)text[5] - 32u, true);
    }
    size_t body = csi_parse(text + 2, len - 2, &csi);
    if (body == 0)
        return PARTIAL;
    if ((unsigned char)csi.final < 0x40 || (unsigned char)csi.final > 0x7e) {
        *used = 2 + body - 1; /* broken off: the byte that did it begins something new */
        key_set(event, KEY_UNKNOWN, 0);
        return EVENT;
    }
    *used = 2 + body;
    return csi_event(event, &csi);
}

/* --- what else begins with ESC --- */

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
    key_set_ss3(event, text[at], key_mods(mods));
    return EVENT;
}

/* OSC, DCS and APC: answers to questions, up to BEL or ST. */
static enum parsed parse_string(struct key_event *event, const char *text, size_t len, size_t *used)
{
    for (size_t i = 2; i < len; i++) {
        if (text[i] == '\a' || (text[i] == '\\' && text[i - 1] == ESC && i > 2)) {
            *used = i + 1;
            key_set(event, KEY_REPLY, 0);
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
    key_set_code(event, cp, 0);
    return EVENT;
}

static bool is_cursor_key(uint32_t code)
{
    return (code >= KEY_UP && code <= KEY_DELETE) || (code >= KEY_F1 && code <= KEY_F12);
}

/* Alt with an arrow or the like, as rxvt and others send it: ESC before the key's own sequence. Else the
 * first one is the Esc key, and what follows begins something new. */
static enum parsed parse_two_escapes(struct key_event *event, const char *text, size_t len, size_t *used)
{
    struct csi csi = {0};
    size_t body = 0;

    if (len == 2 || (len == 3 && (text[2] == '[' || text[2] == 'O')))
        return PARTIAL;
    if (text[2] == 'O') {
        body = 1;
        key_set_ss3(event, text[3], 0);
    } else if (text[2] == '[') {
        body = csi_parse(text + 3, len - 3, &csi);
        if (body == 0)
            return PARTIAL;
        csi_event(event, &csi);
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

static enum parsed parse_escape(struct key_event *event, const char *text, size_t len, size_t *used)
{
    if (len == 1)
        return PARTIAL;
    switch (text[1]) {
    case '[':
        return len == 2 ? PARTIAL : parse_csi(event, text, len, used);
    case 'O':
        return len == 2 ? PARTIAL : parse_ss3(event, text, len, used);
    case ']':
    case 'P':
    case '_':
        return parse_string(event, text, len, used);
    case ESC:
        return parse_two_escapes(event, text, len, used);
    default:
        break;
    }
    enum parsed parsed = parse_char(event, text + 1, len - 1, used);
    *used += 1;
    if (parsed == EVENT)
        key_set_code(event, event->code, event->mods | MOD_ALT);
    return parsed;
}

static enum parsed parse(struct key_event *event, const char *text, size_t len, size_t *used)
{
    if (len == 0)
        return NOTHING;
    if (text[0] == ESC)
        return parse_escape(event, text, len, used);
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
        key_set(event, KEY_ESCAPE, 0);
    else if (len == 2 && (unsigned char)text[1] < 0x80)
        key_set_code(event, (unsigned char)text[1], MOD_ALT);
    else
        key_set(event, KEY_UNKNOWN, 0);
    return EVENT;
}

/* --- paste --- */

static void paste_begin(struct keys *keys)
{
    keys->pasting = true;
    keys->pasted = 0;
    buf_clear(&keys->paste);
}

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
    key_set(event, KEY_PASTE, 0);
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
            parsed = parse(event, text, len, &used);
            if (parsed == PARTIAL && (waited || full))
                parsed = give_up(event, text, len, &used);
            if (parsed == EVENT || parsed == SKIPPED || parsed == PASTE)
                keys->at += used;
        }
        if (parsed == PASTE)
            paste_begin(keys);
        else if (parsed != SKIPPED)
            return parsed == EVENT;
    }
}

int keys_wait_ms(const struct keys *keys)
{
    if (keys->pasting)
        return KEYS_PASTE_MS;
    return keys->input.len > keys->at ? KEYS_ESCAPE_MS : 0;
}
