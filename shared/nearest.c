#include "shared/nearest.h"
#include <string.h>

enum { NAME_BYTES_MAX = 64, NEAR = 3 };

/* Levenshtein's distance, for names of up to NAME_BYTES_MAX. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_BYTES_MAX + 1], len = strlen(b);

    for (size_t i = 0; i <= len; i++)
        row[i] = i;
    for (size_t i = 0; a[i]; i++) {
        size_t corner = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < len; j++) {
            size_t best = corner + (a[i] != b[j]);

            corner = row[j + 1];
            best = best < row[j] + 1 ? best : row[j] + 1;
            row[j + 1] = best < corner + 1 ? best : corner + 1;
        }
    }
    return row[len];
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

        /* "idle_timeout" for "agent.idle_timeout" */
        if (last && strcmp(last + 1, name) == 0)
            far = 1;
        if (far < best && 2 * far <= strlen(known[i]) + 1) { /* of a short name more must be right */
            best = far;
            found = known[i];
        }
    }
    return found;
}
