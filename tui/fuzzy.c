/* Each word is aligned with the text by dynamic programming: best[j] is the best score of the letters so far
 * with the last of them at j. A gap costs, letters side by side and starts of words gain. */
#include "tui/fuzzy.h"
#include "shared/utf8.h"
#include <string.h>

enum {
    LETTER = 16,
    WORD_START = 9,
    PATH_START = 10, /* after a slash, or at the very beginning */
    HUMP = 7,        /* camelCase, a digit after a letter */
    SIDE_BY_SIDE = 8,
    LAST_PART = 1, /* behind the last slash of a path */
    FIRST_FACTOR = 2,
    GAP_BEGINS = 3,
    GAP_GOES_ON = 1,
    NEVER = -(1 << 14)
};

struct text { /* decoded */
    size_t count;
    uint32_t plain[FUZZY_TEXT_MAX], folded[FUZZY_TEXT_MAX];
    uint16_t at[FUZZY_TEXT_MAX]; /* byte */
    int8_t bonus[FUZZY_TEXT_MAX];
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

static bool is_separator(uint32_t cp)
{
    return cp < 0x80 && cp != 0 && strchr(" -_.:,;()[]{}<>\"'=@#|\\", (int)cp);
}

static bool is_digit(uint32_t cp)
{
    return cp >= '0' && cp <= '9';
}

static int bonus_of(const struct text *text, size_t at)
{
    uint32_t before = at > 0 ? text->plain[at - 1] : '/', here = text->plain[at];

    if (before == '/')
        return PATH_START;
    if (is_separator(before) && !is_separator(here))
        return WORD_START;
    bool capital = here != text->folded[at], was_capital = at > 0 && before != text->folded[at - 1];
    if ((capital && !was_capital) || (is_digit(here) && !is_digit(before)))
        return HUMP;
    return 0;
}

static void decode(struct text *text, const char *bytes, size_t len)
{
    size_t last_part = 0;

    text->count = 0;
    for (size_t at = 0; at < len && text->count < FUZZY_TEXT_MAX;) {
        size_t index = text->count++;
        text->at[index] = (uint16_t)at;
        at += utf8_decode(bytes + at, len - at, &text->plain[index]);
        text->folded[index] = utf8_fold(text->plain[index]);
        text->bonus[index] = (int8_t)bonus_of(text, index);
        if (text->plain[index] == '/' && at < len)
            last_part = index + 1;
    }
    for (size_t i = last_part; last_part > 0 && i < text->count; i++)
        text->bonus[i] = (int8_t)(text->bonus[i] + LAST_PART);
}

/* Cheap, and true for most texts that a list has: the letters do not even come in that order. */
static bool misses(const uint32_t *letters, size_t count, const uint32_t *text, size_t len)
{
    size_t found = 0;

    for (size_t i = 0; i < len && found < count; i++)
        found += text[i] == letters[found];
    return found < count;
}

/* --- alignment --- */

struct cell {
    int16_t score; /* with this letter here */
    uint16_t from; /* where the letter before it is */
};

static void align_letter(const struct text *text, const uint32_t *in, uint32_t letter, size_t index,
                         const struct cell *before, struct cell *row)
{
    int gap = NEVER;
    size_t gap_from = 0;

    for (size_t j = 0; j < text->count; j++) {
        int best = NEVER;
        size_t from = 0;
        if (in[j] == letter) {
            if (index == 0) {
                best = LETTER + text->bonus[j] * FIRST_FACTOR;
            } else if (j > 0) {
                int beside = before[j - 1].score + SIDE_BY_SIDE +
                             (text->bonus[j] > SIDE_BY_SIDE ? text->bonus[j] - SIDE_BY_SIDE : 0);
                int apart = gap + text->bonus[j];
                best = (beside >= apart ? beside : apart) + LETTER;
                from = beside >= apart ? j - 1 : gap_from;
            }
        }
        row[j] = (struct cell){(int16_t)(best > NEVER ? best : NEVER), (uint16_t)from};
        if (index == 0 || j == 0)
            continue;
        gap -= GAP_GOES_ON; /* for the next j, the letter before it may be at j - 1 or further left */
        if (before[j - 1].score - GAP_BEGINS > gap) {
            gap = before[j - 1].score - GAP_BEGINS;
            gap_from = j - 1;
        }
        if (gap < NEVER)
            gap = NEVER;
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
    size_t best = 0;

    if (misses(letters, count, in, text->count))
        return 0;
    for (size_t i = 0; i < count; i++)
        align_letter(text, in, letters[i], i, i > 0 ? rows[i - 1] : NULL, rows[i]);
    for (size_t j = 1; j < text->count; j++)
        if (rows[count - 1][j].score > rows[count - 1][best].score)
            best = j;
    int score = rows[count - 1][best].score;
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

        if (text->bonus[at] < WORD_START)
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
