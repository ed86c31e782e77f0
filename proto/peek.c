/* The head of a request without the rest of it: what is refused anyhow need not be parsed. It reads what
 * clients usually write, and gives up on all else; the parser then says what is wrong. */
#include "proto/envelope.h"

#include <string.h>

struct text {
    const char *at, *end;
};

static void skip_blanks(struct text *text)
{
    while (text->at < text->end && strchr(" \t\r\n", *text->at) && *text->at)
        text->at++;
}

static bool take(struct text *text, char byte)
{
    skip_blanks(text);
    if (text->at >= text->end || *text->at != byte)
        return false;
    text->at++;
    return true;
}

/* To the byte after a string's closing quote, from the one after its opening one. */
static bool skip_string(struct text *text)
{
    for (; text->at < text->end; text->at++) {
        if (*text->at == '"') {
            text->at++;
            return true;
        }
        if (*text->at == '\\' && ++text->at == text->end)
            break;
    }
    return false;
}

/* A string without escapes that is no longer than fits. */
static bool take_string(struct text *text, char *out, size_t size)
{
    if (!take(text, '"'))
        return false;
    const char *from = text->at;
    if (!skip_string(text))
        return false;
    size_t len = (size_t)(text->at - from) - 1;
    if (len >= size || memchr(from, '\\', len) || memchr(from, '\0', len))
        return false;
    memcpy(out, from, len);
    out[len] = '\0';
    return true;
}

/* To the comma after a value, or the end of what it is in. */
static bool skip_value(struct text *text)
{
    int depth = 0;
    while (text->at < text->end) {
        char byte = *text->at;
        if (depth == 0 && (byte == ',' || byte == '}'))
            return true;
        text->at++;
        if (byte == '"' && !skip_string(text))
            return false;
        depth += (byte == '{' || byte == '[') - (byte == '}' || byte == ']');
    }
    return false;
}

bool envelope_peek(const char *text, size_t len, struct request *request)
{
    struct text rest = {text, text + len};
    char name[16], method[64];
    bool has_id = false, has_method = false, good = take(&rest, '{');
    *request = (struct request){.method = METHOD_COUNT};
    while (good && !(has_id && has_method)) {
        good = take_string(&rest, name, sizeof name) && take(&rest, ':');
        if (good && strcmp(name, "id") == 0)
            has_id = good =
                take_string(&rest, request->id, sizeof request->id) && envelope_is_id(request->id);
        else if (good && strcmp(name, "method") == 0)
            has_method = good = take_string(&rest, method, sizeof method);
        else
            good = good && skip_value(&rest);
        good = good && (take(&rest, ',') || (has_id && has_method));
    }
    if (good)
        request->method = request_method_parse(method);
    return good;
}
