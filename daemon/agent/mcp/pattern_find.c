/* Runs the instructions of a pattern: all places that can be reached are followed side by side, a character
 * at a time, and no place twice. A look-ahead is a run of its own from where it stands. */
#include "daemon/agent/mcp/pattern.h"
#include "daemon/agent/mcp/pattern_code.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

struct finder {
    const struct pattern *pattern;
    const char *text;
    size_t len;
    long *steps;
};

/* The places of one moment: a list, and for each place the moment at which it was listed last. */
struct places {
    int32_t *list, count;
    int32_t *waiting, waiting_count; /* reached, not looked at yet */
    size_t *listed;
};

static enum pattern_found run(struct finder *f, int32_t start, size_t at, bool anywhere);

static bool is_word(struct finder *f, size_t at)
{
    char c;

    if (at >= f->len)
        return false;
    c = f->text[at];
    return c == '_' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z' && (c & 0x80) == 0);
}

static bool at_word_edge(struct finder *f, size_t at)
{
    return (at > 0 && is_word(f, at - 1)) != is_word(f, at);
}

static bool in_class(const struct pattern *pattern, const struct pattern_step *step, uint32_t cp)
{
    for (int32_t i = step->x; i < step->x + step->y; i++)
        if (cp >= pattern->ranges[i].first && cp <= pattern->ranges[i].last)
            return true;
    return false;
}

static bool takes(const struct pattern *pattern, const struct pattern_step *step, uint32_t cp)
{
    switch (step->op) {
    case PATTERN_CHAR:
        return (uint32_t)step->x == cp;
    case PATTERN_ANY:
        return cp != '\n' && cp != '\r' && cp != 0x2028 && cp != 0x2029;
    case PATTERN_CLASS:
        return in_class(pattern, step, cp);
    case PATTERN_NOT_CLASS:
        return !in_class(pattern, step, cp);
    default:
        return false;
    }
}

static void reach(struct places *places, int32_t place, size_t moment)
{
    if (places->listed[place] == moment)
        return;
    places->listed[place] = moment;
    places->waiting[places->waiting_count++] = place;
}

/* Follows all that needs no character from the places that wait. */
static enum pattern_found settle(struct finder *f, struct places *places, size_t at, size_t moment)
{
    while (places->waiting_count > 0) {
        int32_t place = places->waiting[--places->waiting_count];
        const struct pattern_step *step = &f->pattern->code[place];
        enum pattern_found found;
        bool on = true;

        if (--*f->steps < 0)
            return PATTERN_TOO_LONG;
        switch (step->op) {
        case PATTERN_MATCH:
            return PATTERN_FOUND;
        case PATTERN_SPLIT:
            reach(places, place + step->y, moment);
            reach(places, place + step->x, moment);
            continue;
        case PATTERN_JUMP:
            reach(places, place + step->x, moment);
            continue;
        case PATTERN_BEGIN:
            on = at == 0;
            break;
        case PATTERN_END:
            on = at == f->len;
            break;
        case PATTERN_WORD_EDGE:
            on = at_word_edge(f, at);
            break;
        case PATTERN_NOT_WORD_EDGE:
            on = !at_word_edge(f, at);
            break;
        case PATTERN_AHEAD:
        case PATTERN_NOT_AHEAD:
            found = run(f, place + 1, at, false);
            if (found == PATTERN_TOO_LONG)
                return found;
            if ((found == PATTERN_FOUND) == (step->op == PATTERN_AHEAD))
                reach(places, place + step->x, moment);
            continue;
        default:
            places->list[places->count++] = place;
            continue;
        }
        if (on)
            reach(places, place + 1, moment);
    }
    return PATTERN_ABSENT;
}

/* From start on, at this place of the text, or (anywhere) at any later one too. */
static enum pattern_found run(struct finder *f, int32_t start, size_t at, bool anywhere)
{
    size_t size = (size_t)f->pattern->count;
    int32_t *memory = xreallocarray(NULL, size * 3, sizeof *memory);
    struct places places = {
        .list = memory, .waiting = memory + size, .listed = xcalloc(size, sizeof(size_t))};
    int32_t *now = memory + 2 * size;
    enum pattern_found found = PATTERN_ABSENT;
    uint32_t cp;

    *f->steps -= (long)(size / 8); /* what setting up costs */
    reach(&places, start, at + 1);
    for (;;) {
        found = settle(f, &places, at, at + 1);
        if (found != PATTERN_ABSENT || at >= f->len || (places.count == 0 && !anywhere))
            break;
        size_t used = utf8_decode(f->text + at, f->len - at, &cp);
        int32_t count = places.count;

        if (--*f->steps < 0) {
            found = PATTERN_TOO_LONG;
            break;
        }
        memcpy(now, places.list, (size_t)count * sizeof *now);
        places.count = 0;
        at += used;
        for (int32_t i = 0; i < count; i++) {
            const struct pattern_step *step = &f->pattern->code[now[i]];

            *f->steps -= step->op == PATTERN_CLASS || step->op == PATTERN_NOT_CLASS ? step->y / 8 : 0;
            if (takes(f->pattern, step, cp))
                reach(&places, now[i] + 1, at + 1);
        }
        if (anywhere)
            reach(&places, start, at + 1);
    }
    free(memory);
    free(places.listed);
    return found;
}

enum pattern_found pattern_find(const struct pattern *pattern, const char *text, size_t len, long *steps)
{
    struct finder finder = {pattern, text, len, steps};

    return run(&finder, 0, 0, true);
}
