/* Bad input is read as Unicode recommends: each longest start of a character that cannot go on is one
 * U+FFFD. */
#include "shared/utf8.h"
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <utf8proc.h>
#include <wchar.h>

enum { REPLACEMENT = 0xFFFD, CLUSTER_WIDTH_MAX = 2 };

static bool locale_is_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

bool utf8_locale(void)
{
    if (setlocale(LC_CTYPE, "") && locale_is_utf8())
        return true;
    return setlocale(LC_CTYPE, "C.UTF-8") && locale_is_utf8();
}

bool utf8_valid(const char *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        uint32_t cp;
        size_t used;

        if ((unsigned char)text[at] < 0x80) {
            at++;
            continue;
        }
        used = utf8_decode(text + at, len - at, &cp);
        if (cp == REPLACEMENT && !(used == 3 && (unsigned char)text[at] == 0xEF))
            return false;
        at += used;
    }
    return true;
}

/* The length that a first byte announces; 0 for one that cannot be first. */
static size_t announced(unsigned char lead)
{
    if (lead >= 0xC2 && lead <= 0xDF)
        return 2;
    if (lead >= 0xE0 && lead <= 0xEF)
        return 3;
    if (lead >= 0xF0 && lead <= 0xF4)
        return 4;
    return 0;
}

size_t utf8_decode(const char *text, size_t len, uint32_t *cp)
{
    const unsigned char *byte = (const unsigned char *)text;
    unsigned char lead = byte[0];
    /* The second byte has narrower bounds where a wider one would be overlong, a surrogate or above U+10FFFF.
     */
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;

    if (lead < 0x80) {
        *cp = lead;
        return 1;
    }
    *cp = REPLACEMENT;
    size_t need = announced(lead);
    if (need == 0)
        return 1;

    uint32_t value = lead & (0x7Fu >> need);
    for (size_t i = 1; i < need; i++) {
        if (i >= len || byte[i] < low || byte[i] > high)
            return i;
        value = value << 6 | (byte[i] & 0x3Fu);
        low = 0x80;
        high = 0xBF;
    }
    *cp = value;
    return need;
}

size_t utf8_encode(uint32_t cp, char out[4])
{
    if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        cp = REPLACEMENT;
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    size_t len = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (cp & 0x3F));
        cp >>= 6;
    }
    out[0] = (char)((0xF00 >> len & 0xFF) | cp);
    return len;
}

size_t utf8_cut(const char *text, size_t len, size_t max)
{
    if (max >= len)
        return len;
    for (size_t back = 0; back < 4 && back <= max; back++)
        if (((unsigned char)text[max - back] & 0xC0) != 0x80)
            return max - back;
    return max; /* not UTF-8: nothing to keep whole */
}

static int cell_width(uint32_t cp)
{
    if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
        return 0;
    if (cp < 0x300)
        return 1;
    int width = wcwidth((wchar_t)cp);
    return width < 0 ? 1 : width; /* what wcwidth does not know is drawn as U+FFFD */
}

/* A cluster ends early where it would pass two cells, so that widths always add up to what ncurses adds up
 * to. */
size_t utf8_cluster(const char *text, size_t len, int *width)
{
    uint32_t cp, next;
    utf8proc_int32_t state = 0;
    size_t at = utf8_decode(text, len, &cp);

    *width = cell_width(cp);
    while (at < len) {
        if (cp < 0x80 && cp != '\r' && (unsigned char)text[at] < 0x80)
            break;
        size_t used = utf8_decode(text + at, len - at, &next);
        int more = cell_width(next);

        if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)cp, (utf8proc_int32_t)next, &state) ||
            *width + more > CLUSTER_WIDTH_MAX)
            break;
        *width += more;
        at += used;
        cp = next;
    }
    return at;
}

uint32_t utf8_fold(uint32_t cp)
{
    if (cp < 0x80)
        return cp >= 'A' && cp <= 'Z' ? cp + ('a' - 'A') : cp;
    return (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
}

static bool is_space(uint32_t cp)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)cp);

    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP || category == UTF8PROC_CATEGORY_CC;
}

/* The fillers are letters and a symbol by their category. */
static bool is_unseen(uint32_t cp)
{
    return is_space(cp) || utf8proc_category((utf8proc_int32_t)cp) == UTF8PROC_CATEGORY_CF || cp == 0x115F ||
           cp == 0x1160 || cp == 0x2800 || cp == 0x3164 || cp == 0xFFA0;
}

bool utf8_blank(const char *text, size_t len)
{
    uint32_t cp = ' ';

    for (size_t at = 0; at < len && is_unseen(cp);)
        at += utf8_decode(text + at, len - at, &cp);
    return is_unseen(cp);
}

void utf8_trim(char *text)
{
    size_t len = strlen(text), begin = len, end = 0;

    for (size_t at = 0; at < len;) {
        uint32_t cp;
        size_t used = utf8_decode(text + at, len - at, &cp);

        if (!is_space(cp)) {
            begin = begin < at ? begin : at;
            end = at + used;
        }
        at += used;
    }
    if (end > begin)
        memmove(text, text + begin, end - begin);
    text[end > begin ? end - begin : 0] = '\0';
}

size_t utf8_width(const char *text, size_t len)
{
    size_t width = 0;

    for (size_t at = 0; at < len;) {
        uint32_t cp;

        at += utf8_decode(text + at, len - at, &cp);
        width += (size_t)cell_width(cp);
    }
    return width;
}
