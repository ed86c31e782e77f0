/* From an expression to instructions, in one pass by recursive descent. All jumps are relative to their own
 * instruction: whoever inserts one within a finished part breaks the jumps across it. */
#include "daemon/agent/mcp/pattern.h"
#include "daemon/agent/mcp/pattern_code.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RANGES_MAX = 4096,
    REPEAT_MAX = 1000,
    AHEAD_DEPTH_MAX = 3,
    CODE_POINT_MAX = 0x10FFFF,
    NOT_CLOSED = -1 /* of repeat: no upper bound */
};

struct compiler {
    const char *at, *end;
    struct pattern *pattern;
    int depth, ahead;
    const char *why; /* set: it failed */
};

static bool disjunction(struct compiler *c);

static bool refuse(struct compiler *c, const char *why)
{
    if (!c->why)
        c->why = why;
    return false;
}

static bool put(struct compiler *c, enum pattern_op op, int32_t x, int32_t y)
{
    struct pattern *p = c->pattern;

    if (p->count >= PATTERN_CODE_MAX)
        return refuse(c, "it is too large");
    if ((p->count & (p->count - 1)) == 0) /* doubled at each power of two */
        p->code = xreallocarray(p->code, p->count ? (size_t)p->count * 2 : 1, sizeof *p->code);
    p->code[p->count++] = (struct pattern_step){op, x, y};
    return true;
}

/* Puts one before the instructions from start on. */
static bool insert(struct compiler *c, int32_t start, enum pattern_op op, int32_t x, int32_t y)
{
    struct pattern *p = c->pattern;

    if (!put(c, op, x, y))
        return false;
    struct pattern_step step = p->code[p->count - 1];
    memmove(p->code + start + 1, p->code + start, (size_t)(p->count - 1 - start) * sizeof step);
    p->code[start] = step;
    return true;
}

/* --- classes --- */

static bool put_range(struct compiler *c, uint32_t first, uint32_t last)
{
    struct pattern *p = c->pattern;

    if (p->range_count >= RANGES_MAX)
        return refuse(c, "its classes are too large");
    if ((p->range_count & (p->range_count - 1)) == 0)
        p->ranges =
            xreallocarray(p->ranges, p->range_count ? (size_t)p->range_count * 2 : 1, sizeof *p->ranges);
    p->ranges[p->range_count++] = (struct pattern_range){first, last};
    return true;
}

/* The set of \d, \w or \s, or of their opposites in upper case. */
static bool put_set(struct compiler *c, char name)
{
    static const struct pattern_range digits[] = {{'0', '9'}};
    static const struct pattern_range words[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    static const struct pattern_range spaces[] = {
        {0x09, 0x0D},     {0x20, 0x20},     {0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
        {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
    const struct pattern_range *set = spaces;
    size_t count = sizeof spaces / sizeof *spaces;
    bool opposite = name < 'a';
    uint32_t gap = 0;

    if ((name | 0x20) == 'd') {
        set = digits;
        count = sizeof digits / sizeof *digits;
    } else if ((name | 0x20) == 'w') {
        set = words;
        count = sizeof words / sizeof *words;
    }
    for (size_t i = 0; i < count; i++) {
        if (opposite ? set[i].first > gap && !put_range(c, gap, set[i].first - 1)
                     : !put_range(c, set[i].first, set[i].last))
            return false;
        gap = set[i].last + 1;
    }
    return !opposite || put_range(c, gap, CODE_POINT_MAX);
}

static bool is_set(char c)
{
    return c && strchr("dDwWsS", c);
}

/* --- characters --- */

static uint32_t take_char(struct compiler *c)
{
    uint32_t cp;

    c->at += utf8_decode(c->at, (size_t)(c->end - c->at), &cp);
    return cp;
}

/* Exactly count hexadecimal digits; or, with 0, one or more up to a brace. False leaves the place. */
static bool take_hex(struct compiler *c, int count, uint32_t *value)
{
    const char *at = c->at;
    int taken = 0;

    *value = 0;
    for (; at < c->end && (count == 0 || taken < count); at++, taken++) {
        char digit = *at >= 'A' && *at <= 'F' ? (char)(*at + 32) : *at;

        if (digit >= '0' && digit <= '9')
            *value = *value * 16 + (uint32_t)(digit - '0');
        else if (digit >= 'a' && digit <= 'f')
            *value = *value * 16 + (uint32_t)(digit - 'a' + 10);
        else
            break;
        if (*value > CODE_POINT_MAX)
            return false;
    }
    if (count ? taken < count : taken == 0 || at >= c->end || *at != '}')
        return false;
    c->at = at + (count ? 0 : 1);
    return true;
}

/* A code point of UTF-16's two halves, if a second half follows the first. */
static uint32_t join_halves(struct compiler *c, uint32_t high)
{
    const char *before = c->at;
    uint32_t low;

    if (high >= 0xD800 && high <= 0xDBFF && c->end - c->at >= 6 && c->at[0] == '\\' && c->at[1] == 'u') {
        c->at += 2;
        if (take_hex(c, 4, &low) && low >= 0xDC00 && low <= 0xDFFF)
            return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
        c->at = before;
    }
    return high;
}

/* After a backslash, one that stands for a character. */
static bool take_escape(struct compiler *c, uint32_t *cp)
{
    static const char names[] = "nrtfv", meant[] = "\n\r\t\f\v";
    char letter = *c->at;
    const char *known = letter ? strchr(names, letter) : NULL;

    if (known) {
        c->at++;
        *cp = (uint32_t)meant[known - names];
        return true;
    }
    if (letter == 'x' || letter == 'u') {
        bool braced = letter == 'u' && c->end - c->at > 1 && c->at[1] == '{';

        c->at += braced ? 2 : 1;
        if (!take_hex(c, braced ? 0 : letter == 'x' ? 2 : 4, cp))
            return refuse(c, "it has a bad \\x or \\u");
        *cp = join_halves(c, *cp);
        return true;
    }
    if (letter == 'c') {
        if (c->end - c->at < 2 || !((c->at[1] | 0x20) >= 'a' && (c->at[1] | 0x20) <= 'z'))
            return refuse(c, "it has a bad \\c");
        *cp = (uint32_t)(c->at[1] & 0x1F);
        c->at += 2;
        return true;
    }
    if (letter == '0') {
        c->at++;
        *cp = 0;
        return true;
    }
    if (letter >= '1' && letter <= '9')
        return refuse(c, "it has a back reference");
    if (letter == 'p' || letter == 'P')
        return refuse(c, "it has a \\p");
    if (letter == 'k' || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z'))
        return refuse(c, "it has an escape that is not known");
    *cp = take_char(c);
    return true;
}

/* One member of a class: a character in *cp, or a whole set, which it puts (*is_range_end false). */
static bool class_member(struct compiler *c, uint32_t *cp, bool *single)
{
    *single = true;
    if (*c->at != '\\') {
        *cp = take_char(c);
        return true;
    }
    if (++c->at >= c->end)
        return refuse(c, "it ends with a backslash");
    if (is_set(*c->at)) {
        *single = false;
        return put_set(c, *c->at++);
    }
    if (*c->at == 'b') {
        c->at++;
        *cp = '\b';
        return true;
    }
    return take_escape(c, cp);
}

/* After the opening bracket. */
static bool class(struct compiler *c)
{
    int32_t start = c->pattern->range_count;
    bool opposite = c->at < c->end && *c->at == '^';

    c->at += opposite;
    while (c->at < c->end && *c->at != ']') {
        uint32_t first = 0, last = 0;
        bool single, also = false;

        if (!class_member(c, &first, &single))
            return false;
        last = first;
        if (c->end - c->at >= 2 && c->at[0] == '-' && c->at[1] != ']') {
            c->at++;
            if (!single) { /* \d-x is three members */
                if (!put_range(c, '-', '-'))
                    return false;
                continue;
            }
            if (!class_member(c, &last, &also))
                return false;
            if (!also) {
                if (!put_range(c, '-', '-'))
                    return false;
                last = first;
            } else if (last < first) {
                return refuse(c, "it has a class whose range is upside down");
            }
        }
        if (single && !put_range(c, first, last))
            return false;
    }
    if (c->at >= c->end)
        return refuse(c, "it has a [ without its ]");
    c->at++;
    return put(c, opposite ? PATTERN_NOT_CLASS : PATTERN_CLASS, start, c->pattern->range_count - start);
}

/* --- groups --- */

/* (?=...) or (?!...), after what opens it. */
static bool ahead(struct compiler *c, enum pattern_op op)
{
    int32_t start = c->pattern->count;

    if (++c->ahead > AHEAD_DEPTH_MAX)
        return refuse(c, "its look-aheads are nested too deeply");
    if (!put(c, op, 0, 0) || !disjunction(c) || !put(c, PATTERN_MATCH, 0, 0))
        return false;
    c->pattern->code[start].x = c->pattern->count - start;
    c->ahead--;
    return true;
}

/* After the opening parenthesis. */
static bool group(struct compiler *c)
{
    bool ok;
    size_t left = (size_t)(c->end - c->at);

    if (++c->depth > PATTERN_DEPTH_MAX)
        return refuse(c, "its groups are nested too deeply");
    if (left >= 2 && c->at[0] == '?' && (c->at[1] == '=' || c->at[1] == '!')) {
        enum pattern_op op = c->at[1] == '=' ? PATTERN_AHEAD : PATTERN_NOT_AHEAD;

        c->at += 2;
        ok = ahead(c, op);
    } else {
        if (left >= 2 && c->at[0] == '?' && c->at[1] == ':') {
            c->at += 2;
        } else if (left >= 3 && c->at[0] == '?' && c->at[1] == '<') {
            const char *close = memchr(c->at, '>', left);

            if (c->at[2] == '=' || c->at[2] == '!')
                return refuse(c, "it has a look-behind");
            if (!close)
                return refuse(c, "it has a name without its >");
            c->at = close + 1;
        } else if (left >= 1 && c->at[0] == '?') {
            return refuse(c, "it has a group of a kind that is not known");
        }
        ok = disjunction(c);
    }
    if (!ok)
        return false;
    if (c->at >= c->end)
        return refuse(c, "it has a ( without its )");
    c->at++;
    c->depth--;
    return true;
}

/* --- repetition --- */

static bool take_number(struct compiler *c, int32_t *number)
{
    const char *at = c->at;

    *number = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
        if (*number <= REPEAT_MAX)
            *number = *number * 10 + (*c->at - '0');
    return c->at > at;
}

/* Reads * + ? or {n,m} if there is one. A brace that is no repetition is an ordinary character. */
static bool take_repeat(struct compiler *c, int32_t *least, int32_t *most)
{
    const char *before = c->at;

    if (c->at >= c->end)
        return false;
    if (*c->at == '*' || *c->at == '+' || *c->at == '?') {
        *least = *c->at == '+';
        *most = *c->at == '?' ? 1 : NOT_CLOSED;
        c->at++;
        return true;
    }
    if (*c->at != '{')
        return false;
    c->at++;
    if (take_number(c, least)) {
        *most = *least;
        if (c->at < c->end && *c->at == ',') {
            c->at++;
            if (!take_number(c, most))
                *most = NOT_CLOSED;
        }
        if (c->at < c->end && *c->at == '}') {
            c->at++;
            return true;
        }
    }
    c->at = before;
    return false;
}

/* Unrolls the part from start on. */
static bool repeat(struct compiler *c, int32_t start, int32_t least, int32_t most)
{
    struct pattern *p = c->pattern;
    int32_t size = p->count - start;
    struct pattern_step *part;
    bool ok = true;

    if (most != NOT_CLOSED && most < least)
        return refuse(c, "it has a repetition whose bounds are upside down");
    if (least > REPEAT_MAX || most > REPEAT_MAX)
        return refuse(c, "it has a repetition beyond 1000");
    if (size == 0) /* nothing, however often */
        return true;
    part = xreallocarray(NULL, (size_t)size, sizeof *part);
    memcpy(part, p->code + start, (size_t)size * sizeof *part);
    p->count = start;
    for (int32_t i = 0; ok && i < (most == NOT_CLOSED ? least + 1 : most); i++) {
        if (i >= least)
            ok = put(c, PATTERN_SPLIT, 1, most == NOT_CLOSED ? size + 2 : size + 1);
        for (int32_t j = 0; ok && j < size; j++)
            ok = put(c, part[j].op, part[j].x, part[j].y);
    }
    if (ok && most == NOT_CLOSED)
        ok = put(c, PATTERN_JUMP, -(size + 1), 0);
    free(part);
    return ok;
}

/* --- the grammar --- */

/* An escape outside of classes. */
static bool escape(struct compiler *c)
{
    uint32_t cp;

    if (c->at >= c->end)
        return refuse(c, "it ends with a backslash");
    if (*c->at == 'b' || *c->at == 'B')
        return put(c, *c->at++ == 'b' ? PATTERN_WORD_EDGE : PATTERN_NOT_WORD_EDGE, 0, 0);
    if (is_set(*c->at)) {
        int32_t start = c->pattern->range_count;

        return put_set(c, *c->at++) && put(c, PATTERN_CLASS, start, c->pattern->range_count - start);
    }
    return take_escape(c, &cp) && put(c, PATTERN_CHAR, (int32_t)cp, 0);
}

static bool atom(struct compiler *c)
{
    switch (*c->at) {
    case '^':
        c->at++;
        return put(c, PATTERN_BEGIN, 0, 0);
    case '$':
        c->at++;
        return put(c, PATTERN_END, 0, 0);
    case '.':
        c->at++;
        return put(c, PATTERN_ANY, 0, 0);
    case '(':
        c->at++;
        return group(c);
    case '[':
        c->at++;
        return class(c);
    case '\\':
        c->at++;
        return escape(c);
    case '*':
    case '+':
    case '?':
        return refuse(c, "it repeats nothing");
    default:
        return put(c, PATTERN_CHAR, (int32_t)take_char(c), 0);
    }
}

static bool alternative(struct compiler *c)
{
    while (c->at < c->end && *c->at != '|' && *c->at != ')') {
        int32_t start = c->pattern->count, least, most;

        if (!atom(c))
            return false;
        if (take_repeat(c, &least, &most)) {
            if (c->at < c->end && *c->at == '?')
                c->at++; /* lazy: the same is found */
            if (!repeat(c, start, least, most))
                return false;
        }
    }
    return true;
}

static bool disjunction(struct compiler *c)
{
    struct pattern *p = c->pattern;
    int32_t last_jump = 0; /* how far back the jump to the end before this one is; 0: none */
    int32_t jump = -1;

    for (;;) {
        int32_t start = p->count;

        if (!alternative(c))
            return false;
        if (c->at >= c->end || *c->at != '|')
            break;
        c->at++;
        if (!insert(c, start, PATTERN_SPLIT, 1, p->count - start + 2))
            return false;
        last_jump = jump < 0 ? 0 : p->count - jump;
        jump = p->count;
        if (!put(c, PATTERN_JUMP, 0, last_jump))
            return false;
    }
    while (jump >= 0) {
        int32_t back = p->code[jump].y;

        p->code[jump].x = p->count - jump;
        p->code[jump].y = 0;
        jump = back ? jump - back : -1;
    }
    return true;
}

struct pattern *pattern_compile(const char *expression, char error[128])
{
    struct pattern *pattern = xcalloc(1, sizeof *pattern);
    struct compiler c = {.at = expression, .end = expression + strlen(expression), .pattern = pattern};

    if (c.end - c.at > PATTERN_TEXT_MAX)
        refuse(&c, "it is too long");
    else if (disjunction(&c) && (c.at == c.end || refuse(&c, "it has a ) without its (")))
        put(&c, PATTERN_MATCH, 0, 0);
    if (!c.why)
        return pattern;
    snprintf(error, 128, "%s", c.why);
    pattern_free(&pattern);
    return NULL;
}

void pattern_free(struct pattern **pattern)
{
    if (!*pattern)
        return;
    free((*pattern)->code);
    free((*pattern)->ranges);
    free(*pattern);
    *pattern = NULL;
}
