/* Each word is aligned with the text by dynamic programming: a row has the best score of
 * the letters so far for each place of the last of them. A gap costs, letters side by side and starts of
 * words gain. */
#include "tui/fuzzy.h"
#include "shared/utf8.h"
#include <string.h>

enum {
    LETTER = 16,
    WORD_START = 9,
    PATH_START = 10, /* after a slash, or at the very beginning */
    HUMP = 7,        /* camelCase, a digit after a letter */
    SIDE_BY_SIDE = 8,
    WORD_END = 3,
    LAST_PART = 1, /* behind the last slash of a path */
    FIRST_FACTOR = 2,
    GAP_BEGINS = 3,
    GAP_GOES_ON = 1,
    NEVER = -(1 << 14)
};

struct text { /* decoded */
    size_t count;
    uint32_t plain[FUZZY_TEXT_MAX], folded[FUZZY_TEXT_MAX];
    uint16_t at[FUZZY_TEXT_MAX];       /* byte */
    uint8_t class[FUZZY_TEXT_MAX + 1]; /* of the character before */
    size_t last_part;
};

void fuzzy_init(struct fuzzy *fuzzy, const char *filter, size_t len)
{
    size_t used = 0;
    bool inside = false;

    fuzzy->word_count = 0;
    for (size_t at = 0; at < len && used < FUZZY_FILTER_MAX;) {
        uint32_t cp;
        at += utf8_decode(filter + at, len - at, &cp);
        if (cp == ' ' || cp == '\t') {
            inside = false;
            continue;
        }
        if (!inside && fuzzy->word_count == FUZZY_WORDS_MAX)
            break;
        if (!inside) {
            fuzzy->words[fuzzy->word_count].from = (uint8_t)used;
            fuzzy->words[fuzzy->word_count].count = 0;
            fuzzy->words[fuzzy->word_count++].cased = false;
            inside = true;
        }
        fuzzy->letters[used++] = cp;
        fuzzy->words[fuzzy->word_count - 1].count++;
        if (utf8_fold(cp) != cp)
            fuzzy->words[fuzzy->word_count - 1].cased = true;
    }
}

bool fuzzy_empty(const struct fuzzy *fuzzy)
{
    return fuzzy->word_count == 0;
}

/* --- the text --- */

enum { SEPARATOR = 1, SLASH = 2, CAPITAL = 4, DIGIT = 8 };

static const uint8_t classes[128] = {
    [' '] = SEPARATOR,    ['-'] = SEPARATOR,  ['_'] = SEPARATOR, ['.'] = SEPARATOR,
    [':'] = SEPARATOR,    [','] = SEPARATOR,  [';'] = SEPARATOR, ['('] = SEPARATOR,
    [')'] = SEPARATOR,    ['['] = SEPARATOR,  [']'] = SEPARATOR, ['{'] = SEPARATOR,
    ['}'] = SEPARATOR,    ['<'] = SEPARATOR,  ['>'] = SEPARATOR, ['"'] = SEPARATOR,
    ['='] = SEPARATOR,    ['\''] = SEPARATOR, ['@'] = SEPARATOR, ['#'] = SEPARATOR,
    ['\\'] = SEPARATOR,   ['|'] = SEPARATOR,  ['/'] = SLASH,     ['A' ... 'Z'] = CAPITAL,
    ['0' ... '9'] = DIGIT};

/* What a place is worth: only asked for where a letter was found. */
static int bonus_of(const struct text *text, size_t at)
{
    unsigned before = text->class[at], here = text->class[at + 1];
    int part = at >= text->last_part && text->last_part > 0 ? LAST_PART : 0;

    if (before & SLASH)
        return PATH_START + part;
    if ((before & SEPARATOR) && !(here & SEPARATOR))
        return WORD_START + part;
    return part +
           (((here & CAPITAL) && !(before & CAPITAL)) || ((here & DIGIT) && !(before & DIGIT)) ? HUMP : 0);
}

static bool ends_word(const struct text *text, size_t at)
{
    return at + 1 == text->count || (text->class[at + 2] & (SEPARATOR | SLASH));
}

static void decode(struct text *text, const char *bytes, size_t len)
{
    size_t count = 0;

    text->last_part = 0;
    text->class[0] = SLASH;
    for (size_t at = 0; at < len && count < FUZZY_TEXT_MAX; count++) {
        unsigned char c = (unsigned char)bytes[at];
        text->at[count] = (uint16_t)at;
        if (c < 0x80) { /* nearly all there is */
            unsigned class = classes[c];
            text->plain[count] = c;
            text->folded[count] = class == CAPITAL ? c + ('a' - 'A') : c;
            text->class[count + 1] = (uint8_t) class;
            at++;
        } else {
            at += utf8_decode(bytes + at, len - at, &text->plain[count]);
            text->folded[count] = utf8_fold(text->plain[count]);
            text->class[count + 1] = text->plain[count] != text->folded[count] ? CAPITAL : 0;
        }
        if (c == '/' && at < len)
            text->last_part = count + 1;
    }
    text->count = count;
}

/* --- alignment --- */

struct cell {
    int16_t score; /* with this letter here */
    uint16_t from; /* where the letter before it is */
};

struct reach { /* where a letter may be, so that those before and after it find their places */
    uint16_t first, last;
};

/* False if the letters do not even come in that order, which is so for most texts of a list. */
static bool reach_of(const struct text *text, const uint32_t *in, const uint32_t *letters, size_t count,
                     struct reach *reach)
{
    size_t found = 0;

    for (size_t j = 0; j < text->count && found < count; j++)
        if (in[j] == letters[found])
            reach[found++].first = (uint16_t)j;
    if (found < count)
        return false;
    for (size_t j = text->count; j-- > 0 && found > 0;)
        if (in[j] == letters[found - 1])
            reach[--found].last = (uint16_t)j;
    return true;
}

static void align_first(const struct text *text, const uint32_t *in, uint32_t letter, struct reach reach,
                        struct cell *row)
{
    for (size_t j = reach.first; j <= reach.last; j++)
        row[j].score = (int16_t)(in[j] == letter ? LETTER + bonus_of(text, j) * FIRST_FACTOR : NEVER);
}

/* reach[-1] and before are of the letter before it. */
static void align_next(const struct text *text, const uint32_t *in, uint32_t letter,
                       const struct reach *reach, const struct cell *before, struct cell *row)
{
    int gap = NEVER; /* the best score with the letter before at j - 2 or further left */
    size_t gap_from = 0;

    for (size_t j = reach[-1].first + 1u; j <= reach->last; j++) {
        int beside = j - 1 <= reach[-1].last ? before[j - 1].score : NEVER;

        row[j].score = NEVER;
        if (j >= reach->first && in[j] == letter) {
            int bonus = bonus_of(text, j), near = beside + (bonus > SIDE_BY_SIDE ? bonus : SIDE_BY_SIDE);
            bool is_near = near >= gap + bonus;

            row[j].score = (int16_t)(LETTER + (is_near ? near : gap + bonus));
            row[j].from = (uint16_t)(is_near ? j - 1 : gap_from);
        }
        gap = gap > NEVER + GAP_GOES_ON ? gap - GAP_GOES_ON : NEVER;
        if (beside - GAP_BEGINS > gap) {
            gap = beside - GAP_BEGINS;
            gap_from = j - 1;
        }
    }
}

static void mark(const struct text *text, size_t at, struct fuzzy_found *found)
{
    found->bits[text->at[at] / 8] |= (uint8_t)(1u << text->at[at] % 8);
}

/* The score of one word, 0 if it is not there. */
static int align(const struct text *text, const uint32_t *in, const uint32_t *letters, size_t count,
                 struct fuzzy_found *found)
{
    static struct cell rows[FUZZY_FILTER_MAX][FUZZY_TEXT_MAX]; /* 48 KiB: not for the stack */
    struct reach reach[FUZZY_FILTER_MAX] = {{0}};

    if (!reach_of(text, in, letters, count, reach))
        return 0;
    align_first(text, in, letters[0], reach[0], rows[0]);
    for (size_t i = 1; i < count; i++)
        align_next(text, in, letters[i], &reach[i], rows[i - 1], rows[i]);
    size_t best = 0;
    int score = NEVER;
    for (size_t j = reach[count - 1].first; j <= reach[count - 1].last; j++) {
        int here = rows[count - 1][j].score + (ends_word(text, j) ? WORD_END : 0);

        if (here > score) {
            score = here;
            best = j;
        }
    }
    for (size_t i = count; found && i-- > 0; best = rows[i][best].from)
        mark(text, best, found);
    return score > 0 ? score : 1;
}

int fuzzy_score(const struct fuzzy *fuzzy, const char *bytes, size_t len, struct fuzzy_found *found)
{
    static struct text text;
    int sum = 0;

    if (found)
        memset(found, 0, sizeof *found);
    if (fuzzy_empty(fuzzy))
        return 1;
    decode(&text, bytes, len);
    for (size_t i = 0; i < fuzzy->word_count; i++) {
        int score = align(&text, fuzzy->words[i].cased ? text.plain : text.folded,
                          fuzzy->letters + fuzzy->words[i].from, fuzzy->words[i].count, found);
        if (score == 0) {
            if (found)
                memset(found, 0, sizeof *found);
            return 0;
        }
        sum += score;
    }
    return sum;
}

bool fuzzy_has(const struct fuzzy_found *found, size_t at)
{
    return at < sizeof found->bits * 8 && (found->bits[at / 8] >> at % 8 & 1);
}

static bool begins_word(const struct text *text, const uint32_t *letters, size_t count)
{
    for (size_t at = 0; at + count <= text->count; at++) {
        size_t same = 0;

        if (bonus_of(text, at) < WORD_START)
            continue;
        while (same < count && text->folded[at + same] == utf8_fold(letters[same]))
            same++;
        if (same == count)
            return true;
    }
    return false;
}

bool fuzzy_within(const struct fuzzy *fuzzy, const char *bytes, size_t len)
{
    static struct text text;

    decode(&text, bytes, len);
    for (size_t i = 0; i < fuzzy->word_count; i++)
        if (!begins_word(&text, fuzzy->letters + fuzzy->words[i].from, fuzzy->words[i].count))
            return false;
    return true;
}
