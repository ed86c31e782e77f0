/* Sizes as text, and back. */
#include "shared/size.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SIZE_MAX_BYTES 1152921504606846976.0 /* 2^60 */

const char *size_text(int64_t bytes, char text[SIZE_TEXT_MAX])
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes / 1024;
    size_t unit = 0;
    for (; value >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
        value /= 1024;
    if (bytes < 1024)
        snprintf(text, SIZE_TEXT_MAX, "%" PRId64 " bytes", bytes);
    else
        snprintf(text, SIZE_TEXT_MAX, "%.1f %s", value, units[unit]);
    return text;
}

bool size_read(const char *text, int64_t *bytes)
{
    static const char units[] = "kmgt";
    size_t whole = strspn(text, "0123456789");
    size_t len = whole + (text[whole] == '.' ? 1 + strspn(text + whole + 1, "0123456789") : 0);
    if (whole == 0 || len > 24)
        return false;
    double value = strtod(text, NULL);
    text += len;
    text += *text == ' ';
    const char *unit = *text ? strchr(units, tolower((unsigned char)*text)) : NULL;
    if (unit) {
        for (const char *at = units; at <= unit; at++)
            value *= 1024;
        text++;
        if (strcasecmp(text, "ib") == 0)
            text += 2;
    }
    text += strcasecmp(text, "b") == 0;
    if (*text || value > SIZE_MAX_BYTES)
        return false;
    *bytes = (int64_t)value;
    return true;
}
