#include "tui/text/entity.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What models and people really write; the standard has two thousand. */
static const struct {
    const char *name;
    uint32_t cp;
} names[] = {
    {"amp", '&'},      {"lt", '<'},       {"gt", '>'},       {"quot", '"'},      {"apos", '\''},
    {"nbsp", ' '},     {"copy", 0xa9},    {"reg", 0xae},     {"trade", 0x2122},  {"hellip", 0x2026},
    {"mdash", 0x2014}, {"ndash", 0x2013}, {"lsquo", 0x2018}, {"rsquo", 0x2019},  {"ldquo", 0x201c},
    {"rdquo", 0x201d}, {"laquo", 0xab},   {"raquo", 0xbb},   {"bull", 0x2022},   {"middot", 0xb7},
    {"times", 0xd7},   {"divide", 0xf7},  {"plusmn", 0xb1},  {"deg", 0xb0},      {"micro", 0xb5},
    {"sect", 0xa7},    {"para", 0xb6},    {"cent", 0xa2},    {"pound", 0xa3},    {"euro", 0x20ac},
    {"yen", 0xa5},     {"larr", 0x2190},  {"uarr", 0x2191},  {"rarr", 0x2192},   {"darr", 0x2193},
    {"harr", 0x2194},  {"rArr", 0x21d2},  {"hArr", 0x21d4},  {"le", 0x2264},     {"ge", 0x2265},
    {"ne", 0x2260},    {"asymp", 0x2248}, {"equiv", 0x2261}, {"infin", 0x221e},  {"sum", 0x2211},
    {"radic", 0x221a}, {"check", 0x2713}, {"cross", 0x2717}, {"alpha", 0x3b1},   {"beta", 0x3b2},
    {"gamma", 0x3b3},  {"delta", 0x3b4},  {"Delta", 0x394},  {"epsilon", 0x3b5}, {"lambda", 0x3bb},
    {"mu", 0x3bc},     {"pi", 0x3c0},     {"sigma", 0x3c3},  {"omega", 0x3c9},   {"Omega", 0x3a9},
    {"frac12", 0xbd},  {"sup2", 0xb2},    {"sup3", 0xb3},    {"auml", 0xe4},     {"ouml", 0xf6},
    {"uuml", 0xfc},    {"Auml", 0xc4},    {"Ouml", 0xd6},    {"Uuml", 0xdc},     {"szlig", 0xdf},
    {"eacute", 0xe9},  {"egrave", 0xe8},  {"agrave", 0xe0},  {"ccedil", 0xe7},   {"ntilde", 0xf1},
    {"lbrace", '{'},   {"rbrace", '}'},   {"lbrack", '['},   {"rbrack", ']'},    {"vert", '|'},
    {"ast", '*'},      {"lowbar", '_'},   {"grave", '`'},    {"Tab", ' '},       {"NewLine", ' '},
};

/* The code point; UINT32_MAX for an unknown name. */
static uint32_t code_point(const char *text, size_t len)
{
    uint32_t cp = 0;

    if (len > 3 && text[1] == '#') {
        bool hex = text[2] == 'x' || text[2] == 'X';
        char *end;
        unsigned long value = strtoul(text + 2 + hex, &end, hex ? 16 : 10);
        (void)end; /* the parser has checked the form, and a semicolon stops it */
        return value <= 0x10ffff ? (uint32_t)value : 0xfffd;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == len - 2 && memcmp(names[i].name, text + 1, len - 2) == 0)
            cp = names[i].cp;
    return cp ? cp : UINT32_MAX;
}

size_t entity_decode(const char *text, size_t len, char out[ENTITY_MAX])
{
    uint32_t cp = len > 2 ? code_point(text, len) : UINT32_MAX;
    char raw[4];

    if (cp == UINT32_MAX)
        return SIZE_MAX;
    if (cp == 0 || (cp >= 0xd800 && cp < 0xe000))
        cp = 0xfffd;
    if (cp == '\n' || cp == '\r' || cp == '\t' || cp == 0x2028 || cp == 0x2029 || cp == 0xa0)
        cp = ' ';
    char *clean = sanitise_line(raw, utf8_encode(cp, raw), ENTITY_MAX - 1);
    size_t used = strlen(clean);
    memcpy(out, clean, used);
    free(clean);
    return used;
}
