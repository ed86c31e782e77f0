/* Fuzzy search: a filter's words are subsequences of a text, and a score says how well. Words are separated
 * by blanks and may come in any order; a word with an upper case letter minds case. Pure, and bounded: only
 * the first FUZZY_TEXT_MAX characters of a text count. */
#ifndef STOA_TUI_FUZZY_H
#define STOA_TUI_FUZZY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FUZZY_TEXT_MAX = 256, FUZZY_FILTER_MAX = 48, FUZZY_WORDS_MAX = 6 };

struct fuzzy { /* a filter; fields are the implementation's */
    uint32_t letters[FUZZY_FILTER_MAX];
    size_t word_count;
    struct {
        uint8_t from, count;
        bool cased;
    } words[FUZZY_WORDS_MAX];
};

/* Reads a filter. What is beyond FUZZY_FILTER_MAX letters or FUZZY_WORDS_MAX words is not looked at. */
void fuzzy_init(struct fuzzy *fuzzy, const char *filter, size_t len);
/* True for a filter that every text matches. */
bool fuzzy_empty(const struct fuzzy *fuzzy);

struct fuzzy_found { /* which letters: bit N is set for the one at byte N of the text */
    uint8_t bits[FUZZY_TEXT_MAX * 4 / 8];
};
/* How well the text matches: above 0, the higher the better; 0 if it does not. found may be NULL. Starts of
 * words, of parts of a path, and letters side by side count more. */
int fuzzy_score(const struct fuzzy *fuzzy, const char *text, size_t len, struct fuzzy_found *found);
/* Whether each word of the filter begins a word of the text, case ignored: for texts so long that letters
 * here and there mean nothing. */
bool fuzzy_within(const struct fuzzy *fuzzy, const char *text, size_t len);
/* Whether the letter at that byte was found. */
bool fuzzy_has(const struct fuzzy_found *found, size_t at);

#endif
