/* A decoder that keeps an unfinished character over feeds, and a state machine over code points that knows
 * escape sequences. All that decides about a character is in the struct, never in where a feed ends. */
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum {
    CSI_MAX = 64,      /* parameter bytes; longer ones are text that only began like a sequence */
    STRING_MAX = 4096, /* characters of OSC, DCS and the like */
    MARKS_MAX = 4,     /* a cell of ncurses holds no more */
    REPLACEMENT = 0xFFFD,
    ESC = 0x1B,
    DEL = 0x7F,
};

enum state { TEXT, CR, ESCAPE, ESCAPE_INTERMEDIATE, CSI, STRING, FULL };

/* Unicode's Default_Ignorable_Code_Point, U+FFF9 to U+FFFB and the skin tones, in order: what shows nothing,
 * reorders text, or has a width that terminals disagree on. */
static const struct range {
    uint32_t first, last;
} invisible[] = {
    {0xAD, 0xAD},       {0x34F, 0x34F},     {0x61C, 0x61C},     {0x115F, 0x1160}, {0x17B4, 0x17B5},
    {0x180B, 0x180F},   {0x200B, 0x200F},   {0x202A, 0x202E},   {0x2060, 0x206F}, {0x3164, 0x3164},
    {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3},
    {0x1D173, 0x1D17A}, {0x1F3FB, 0x1F3FF}, {0xE0000, 0xE0FFF},
};

void sanitise_init(struct sanitise *s, enum sanitise_mode mode)
{
    *s = (struct sanitise){.mode = mode, .state = TEXT};
}

static bool is_control(uint32_t cp)
{
    return cp < 0x20 || (cp >= DEL && cp <= 0x9F);
}

static bool is_invisible(uint32_t cp)
{
    for (size_t i = 0; i < sizeof invisible / sizeof *invisible && cp >= invisible[i].first; i++)
        if (cp <= invisible[i].last)
            return true;
    return false;
}

static bool is_noncharacter(uint32_t cp)
{
    return (cp & 0xFFFE) == 0xFFFE || (cp >= 0xFDD0 && cp <= 0xFDEF);
}

static bool put_base(struct sanitise *s, uint32_t cp, struct buf *out)
{
    char bytes[4];

    s->previous = cp;
    s->marks = 0;
    return buf_put(out, bytes, utf8_encode(cp, bytes));
}

static bool put_mark(struct sanitise *s, uint32_t cp, struct buf *out)
{
    char bytes[4];

    s->marks++;
    return buf_put(out, bytes, utf8_encode(cp, bytes));
}

/* A character that must not pass: dropped, or spelled out. */
static bool put_hidden(struct sanitise *s, uint32_t cp, struct buf *out)
{
    s->hidden++;
    if (s->mode == SANITISE_STRIP)
        return true;

    s->previous = '>';
    s->marks = 0;
    if (cp < 0x20 || cp == DEL)
        return buf_printf(out, "^%c", (char)(cp ^ 0x40));
    if (cp <= 0x9F)
        return buf_printf(out, "<%02X>", cp);
    return buf_printf(out, "<U+%04X>", cp);
}

static bool put_char(struct sanitise *s, uint32_t cp, struct buf *out)
{
    if (cp == '\n' || cp == '\t')
        return put_base(s, cp, out);
    if (cp == 0x2028 || cp == 0x2029) {
        s->hidden++;
        return put_base(s, '\n', out);
    }
    if (is_control(cp) || is_invisible(cp))
        return put_hidden(s, cp, out);

    int width = cp < 0x300 ? 1 : wcwidth((wchar_t)cp);
    if (cp != REPLACEMENT && (width < 0 || is_noncharacter(cp))) {
        s->hidden++;
        return put_base(s, REPLACEMENT, out);
    }
    if (width != 0)
        return put_base(s, cp, out);
    if (s->previous <= ' ' || s->marks >= MARKS_MAX)
        return put_hidden(s, cp, out);
    return put_mark(s, cp, out);
}

/* Enters the sequence that cp begins in plain text; TEXT when it begins none. */
static enum state sequence_begun(uint32_t cp)
{
    switch (cp) {
    case ESC:
        return ESCAPE;
    case 0x9B:
        return CSI;
    case 0x90: /* DCS */
    case 0x98: /* SOS */
    case 0x9D: /* OSC */
    case 0x9E: /* PM */
    case 0x9F: /* APC */
        return STRING;
    default:
        return TEXT;
    }
}

/* Escape and its intermediates. True when cp belongs to the sequence. */
static bool escape_takes(struct sanitise *s, uint32_t cp)
{
    bool first = s->state == ESCAPE;

    s->string_len = 0;
    if (cp >= 0x20 && cp <= 0x2F) {
        s->state = ESCAPE_INTERMEDIATE;
        return true;
    }
    if (first && cp == '[')
        s->state = CSI;
    else if (first && cp > 0x20 && cp < DEL && strchr("]PX^_", (int)cp))
        s->state = STRING;
    else
        s->state = TEXT;
    return cp >= 0x30 && cp <= 0x7E;
}

static bool csi_takes(struct sanitise *s, uint32_t cp)
{
    if (cp >= 0x20 && cp <= 0x3F && ++s->string_len < CSI_MAX)
        return true;
    s->state = TEXT;
    return cp >= 0x40 && cp <= 0x7E;
}

/* Up to BEL, ST in either form, or, so that a forgotten end cannot swallow a transcript, a newline or the
 * cap. */
static bool string_takes(struct sanitise *s, uint32_t cp)
{
    if (s->string_escape) {
        s->string_escape = 0;
        s->state = cp == '\\' ? TEXT : ESCAPE;
        return cp == '\\';
    }
    if (cp == ESC) {
        s->string_escape = 1;
        return true;
    }
    if (cp == 0x07 || cp == 0x9C) {
        s->state = TEXT;
        return true;
    }
    if (cp == '\n' || ++s->string_len > STRING_MAX) {
        s->state = TEXT;
        return false;
    }
    return true;
}

static bool sequence_takes(struct sanitise *s, uint32_t cp)
{
    switch (s->state) {
    case CSI:
        return csi_takes(s, cp);
    case STRING:
        return string_takes(s, cp);
    default:
        return escape_takes(s, cp);
    }
}

static bool step(struct sanitise *s, uint32_t cp, struct buf *out)
{
    /* A refusal always moves to another state, so this ends. */
    while (s->state != TEXT && s->state != CR)
        if (sequence_takes(s, cp))
            return true;

    if (s->state == CR) {
        s->state = TEXT;
        if (cp == '\n')
            return put_base(s, '\n', out);
        s->hidden++;
        if (!put_base(s, '\n', out))
            return false;
    }
    if (cp == '\r') {
        s->state = CR;
        return true;
    }
    if (s->mode == SANITISE_STRIP && sequence_begun(cp) != TEXT) {
        s->hidden++;
        s->state = (uint8_t)sequence_begun(cp);
        s->string_len = 0;
        return true;
    }
    return put_char(s, cp, out);
}

static void take(struct sanitise *s, uint32_t cp, struct buf *out)
{
    if (!step(s, cp, out))
        s->state = FULL;
}

static void take_bad(struct sanitise *s, struct buf *out)
{
    s->hidden++;
    take(s, REPLACEMENT, out);
}

static size_t plain_run(const char *text, size_t len)
{
    size_t run = 0;

    while (run < len && ((text[run] >= 0x20 && text[run] < DEL) || text[run] == '\n' || text[run] == '\t'))
        run++;
    return run;
}

/* Nothing in the run can change, so it is copied whole, or as far as there is room. */
static void take_run(struct sanitise *s, const char *text, size_t run, struct buf *out)
{
    size_t room = out->max - out->len;
    size_t fits = run < room ? run : room;

    s->previous = (unsigned char)text[run - 1];
    s->marks = 0;
    if (!buf_put(out, text, fits) || fits < run)
        s->state = FULL;
}

/* Bytes that a character needs which begins with lead. */
static uint8_t char_length(unsigned char lead)
{
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/* No character is pending: takes a run of plain text or one character, or keeps an unfinished one. Bytes
 * used. */
static size_t feed_fresh(struct sanitise *s, const char *text, size_t len, struct buf *out)
{
    size_t run = s->state == TEXT ? plain_run(text, len) : 0;
    unsigned char lead = (unsigned char)text[0];
    uint32_t cp;

    if (run > 0) {
        take_run(s, text, run, out);
        return run;
    }
    size_t used = utf8_decode(text, len, &cp);
    if (cp != REPLACEMENT || (used == 3 && lead == 0xEF)) {
        take(s, cp, out);
    } else if (used == len && lead >= 0xC2 && lead <= 0xF4 && used < char_length(lead)) {
        memcpy(s->bytes, text, used);
        s->have = (uint8_t)used;
        s->need = char_length(lead);
    } else {
        take_bad(s, out);
    }
    return used;
}

/* Adds a byte to the pending character. Bytes used: 0 when it begins something new. */
static size_t feed_pending(struct sanitise *s, char byte, struct buf *out)
{
    char bytes[4];
    uint32_t cp;

    s->bytes[s->have] = (uint8_t)byte;
    memcpy(bytes, s->bytes, sizeof bytes);
    if (utf8_decode(bytes, s->have + 1u, &cp) <= s->have) {
        s->have = 0;
        take_bad(s, out);
        return 0;
    }
    if (++s->have == s->need) {
        s->have = 0;
        take(s, cp, out);
    }
    return 1;
}

bool sanitise_feed(struct sanitise *s, const char *text, size_t len, struct buf *out)
{
    size_t at = 0;

    while (at < len && s->state != FULL)
        at += s->have ? feed_pending(s, text[at], out) : feed_fresh(s, text + at, len - at, out);
    return s->state != FULL;
}

bool sanitise_end(struct sanitise *s, struct buf *out)
{
    if (s->state != FULL && s->have) {
        s->have = 0;
        take_bad(s, out);
    }
    if (s->state == CR) {
        s->hidden++;
        s->state = put_base(s, '\n', out) ? TEXT : FULL;
    }
    if (s->state == FULL)
        return false;
    s->state = TEXT;
    s->string_escape = 0;
    return true;
}

char *sanitise_text(const char *text, size_t len, enum sanitise_mode mode, size_t max)
{
    struct sanitise s;
    struct buf out;

    sanitise_init(&s, mode);
    buf_init(&out, max);
    if (sanitise_feed(&s, text, len, &out))
        sanitise_end(&s, &out);
    return buf_take(&out);
}

char *sanitise_line(const char *text, size_t len, size_t max)
{
    char *line = sanitise_text(text, len, SANITISE_STRIP, max);

    for (char *c = line; *c; c++)
        if (*c == '\n' || *c == '\t')
            *c = ' ';
    return line;
}
