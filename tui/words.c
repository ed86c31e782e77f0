#include "tui/words.h"
#include "shared/utf8.h"
#include <ctype.h>
#include <stdint.h>
#include <wchar.h>
#include <wctype.h>

enum kind { BETWEEN, MARK, WORD, HAN, HIRAGANA, KATAKANA };

static const struct range {
    uint32_t first, last;
    enum kind kind;
} ranges[] = {
    {0x3005, 0x3007, HAN}, {0x3040, 0x309F, HIRAGANA}, {0x30A0, 0x30FF, KATAKANA}, {0x31F0, 0x31FF, KATAKANA},
    {0x3400, 0x9FFF, HAN}, {0xF900, 0xFAFF, HAN},      {0xFF66, 0xFF9F, KATAKANA}, {0x20000, 0x3FFFF, HAN},
};

static enum kind kind_of(uint32_t cp)
{
    if (cp < 0x80)
        return isalnum((int)cp) || cp == '_' ? WORD : BETWEEN;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (cp >= ranges[i].first && cp <= ranges[i].last)
            return ranges[i].kind;
    if (iswalnum((wint_t)cp))
        return WORD;
    return wcwidth((wchar_t)cp) == 0 ? MARK : BETWEEN;
}

static size_t char_left(const char *text, size_t at)
{
    do
        at--;
    while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80);
    return at;
}

size_t words_left(const char *text, size_t at)
{
    size_t least = at > WORDS_REACH ? at - WORDS_REACH : 0;
    enum kind word = BETWEEN;

    while (at > least) {
        size_t before = char_left(text, at);
        uint32_t cp;

        utf8_decode(text + before, at - before, &cp);
        enum kind kind = kind_of(cp);
        if (word != BETWEEN && kind != word && kind != MARK)
            break;
        if (word == BETWEEN && kind != MARK)
            word = kind;
        at = before;
    }
    return at;
}

size_t words_right(const char *text, size_t len, size_t at)
{
    size_t most = len - at > WORDS_REACH ? at + WORDS_REACH : len;
    enum kind word = BETWEEN;

    while (at < most) {
        uint32_t cp;
        size_t used = utf8_decode(text + at, len - at, &cp);
        enum kind kind = kind_of(cp);

        if (word != BETWEEN && kind != word && kind != MARK)
            break;
        if (word == BETWEEN && kind != MARK)
            word = kind;
        at += used;
    }
    return at;
}
