#include "shared/nearest.h"
#include <stdint.h>
#include <string.h>

enum { NAME_BYTES_MAX = 64, NEAR = 3 };

static size_t least3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Insertions, deletions, replacements and swaps of neighbours from a to b. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][NAME_BYTES_MAX + 1], a_len = strlen(a), b_len = strlen(b);

    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *higher = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] = least3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least3(row[j], higher[j - 2] + 1, SIZE_MAX);
        }
    }
    return rows[a_len % 3][b_len];
}

static size_t shorter(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);

    return a_len < b_len ? a_len : b_len;
}

const char *nearest_name(const char *name, const char *const *known, size_t count)
{
    const char *found = NULL;
    size_t best = NEAR + 1;

    if (strlen(name) > NAME_BYTES_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (strlen(known[i]) > NAME_BYTES_MAX)
            continue;
        const char *last = strrchr(known[i], '.');
        size_t far = distance(name, known[i]);

        /* "idle_timeout" for "session.idle_timeout" */
        if (last && strcmp(last + 1, name) == 0)
            far = 1;
        if (strlen(name) >= 2 && strncmp(known[i], name, strlen(name)) == 0)
            far = 1;                                                /* "arch" for "archive" */
        if (far < best && 3 * far <= shorter(name, known[i]) + 1) { /* of a short name more must be right */
            best = far;
            found = known[i];
        }
    }
    return found;
}
