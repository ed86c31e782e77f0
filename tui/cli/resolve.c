/* A beginning of an id and a title count alike: where both match different sessions, asking is better than
 * guessing. */
#include "tui/cli/resolve.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wctype.h>

enum { TITLE_MAX = 1024 };

/* With or without the two bytes that say what the id is of. */
static bool is_beginning(const char *id, const char *name)
{
    if (id[0] && id[1] == '_' && strncasecmp(name, id, 2) != 0)
        id += 2;
    return *name && strncasecmp(id, name, strlen(name)) == 0;
}

static bool equal_but_case(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);

    while (a_len > 0 && b_len > 0) {
        uint32_t a_cp, b_cp;
        size_t a_used = utf8_decode(a, a_len, &a_cp), b_used = utf8_decode(b, b_len, &b_cp);

        if (towlower((wint_t)a_cp) != towlower((wint_t)b_cp))
            return false;
        a += a_used;
        a_len -= a_used;
        b += b_used;
        b_len -= b_used;
    }
    return a_len == b_len;
}

/* People type the title as they saw it: sanitised. */
static bool is_title(const char *title, const char *name)
{
    char *seen = sanitise_line(title, strlen(title), TITLE_MAX);
    bool equal = *seen && (equal_but_case(seen, name) || equal_but_case(title, name));

    free(seen);
    return equal;
}

/* title: the member that may be meant, too; NULL for none. */
static enum resolve resolve(const json_t *rows, const char *member, const char *title, const char *name,
                            char id[ID_MAX], json_t **candidates)
{
    json_t *matches = json_array(), *row;
    size_t i, count;

    *candidates = NULL;
    json_array_foreach(rows, i, row)
    {
        const char *row_id = jsonx_str(row, member, "");

        if (strcmp(row_id, name) == 0) {
            json_array_clear(matches);
            json_array_append(matches, row);
            break;
        }
        if (is_beginning(row_id, name) || (title && is_title(jsonx_str(row, title, ""), name)))
            json_array_append(matches, row);
    }
    count = json_array_size(matches);
    if (count == 1)
        snprintf(id, ID_MAX, "%s", jsonx_str(json_array_get(matches, 0), member, ""));
    if (count > 1)
        *candidates = matches;
    else
        json_decref(matches);
    return count == 1 ? RESOLVE_ONE : count == 0 ? RESOLVE_NONE : RESOLVE_MANY;
}

enum resolve resolve_session(const json_t *sessions, const char *name, char id[ID_MAX], json_t **candidates)
{
    return resolve(sessions, "id", "title", name, id, candidates);
}

enum resolve resolve_id(const json_t *rows, const char *member, const char *name, char id[ID_MAX],
                        json_t **candidates)
{
    return resolve(rows, member, NULL, name, id, candidates);
}
