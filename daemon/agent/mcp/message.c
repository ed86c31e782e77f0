/* The repair is done on the text, before parsing, and keeps its length: an escape of six bytes becomes
 * another one. It must know which backslashes are escaped themselves. */
#include "daemon/agent/mcp/message.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ESCAPE = 6 /* bytes of \uXXXX */ };

/* The code unit of the escape \uXXXX at text, or -1 if there is none. */
static int escape_at(const char *text, size_t left)
{
    char digits[5];

    if (left < ESCAPE || text[0] != '\\' || text[1] != 'u')
        return -1;
    memcpy(digits, text + 2, 4);
    digits[4] = '\0';
    if (strspn(digits, "0123456789abcdefABCDEF") != 4)
        return -1;
    return (int)strtol(digits, NULL, 16);
}

/* How many bytes of text, at a backslash, belong together; *bad if they can't stay. */
static size_t escape_len(const char *text, size_t left, bool *bad)
{
    int unit = escape_at(text, left);

    *bad = false;
    if (unit < 0)
        return left < 2 ? left : 2;
    if (unit >= 0xD800 && unit <= 0xDBFF) {
        int low = escape_at(text + ESCAPE, left - ESCAPE);

        if (low >= 0xDC00 && low <= 0xDFFF)
            return 2 * ESCAPE;
    }
    *bad = unit == 0 || (unit >= 0xD800 && unit <= 0xDFFF);
    return ESCAPE;
}

/* A copy with what is bad replaced; NULL if nothing is. */
static char *repaired(const char *text, size_t len)
{
    const char *end = text + len;
    char *copy = NULL;

    for (const char *at = text; (at = memchr(at, '\\', (size_t)(end - at)));) {
        bool bad;
        size_t used = escape_len(at, (size_t)(end - at), &bad);

        if (bad && !copy) {
            copy = xmalloc(len + 1);
            memcpy(copy, text, len);
            copy[len] = '\0';
        }
        if (bad)
            memcpy(copy + (at - text), "\\uFFFD", ESCAPE);
        at += used;
    }
    return copy;
}

static bool all_objects(const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        if (!json_is_object(json_array_get(array, i)))
            return false;
    return json_array_size(array) > 0;
}

json_t *mcp_message_parse(const char *text, size_t len, char error[160])
{
    char *copy = repaired(text, len);
    json_t *message = jsonx_parse(copy ? copy : text, len, error);

    free(copy);
    if (message && !json_is_object(message) && !all_objects(message)) {
        json_decref(message);
        message = NULL;
        snprintf(error, 160, "JSON, but no object");
    }
    return message;
}

bool mcp_message_is_response(const json_t *message)
{
    return !json_object_get(message, "method") &&
           (json_object_get(message, "result") || json_object_get(message, "error"));
}

bool mcp_message_answers(const json_t *message, const json_t *id, bool nameless)
{
    const json_t *its = json_object_get(message, "id");

    if (!mcp_message_is_response(message))
        return false;
    if (!its || json_is_null(its))
        return nameless && json_object_get(message, "error");
    /* some write an integer as 1.0 */
    if (json_is_number(its) && json_is_number(id))
        return json_number_value(its) == json_number_value(id);
    return json_equal(its, id);
}
