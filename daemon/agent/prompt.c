/* Neighbours of one role are one message: one API demands that roles alternate, and so do many models'
 * templates. Texts stay apart here, so that who plays a model sees which was said last. */
#include "daemon/agent/prompt.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum { PROMPT_TEXT_MAX = 64 << 20 /* bytes of texts that are joined */ };

void prompt_init(struct prompt *prompt)
{
    *prompt =
        (struct prompt){.temperature = -1, .max_tokens = -1, .messages = json_array(), .tools = json_array()};
}

void prompt_clear(struct prompt *prompt)
{
    free(prompt->system);
    free(prompt->choice);
    json_decref(prompt->messages);
    json_decref(prompt->tools);
    json_decref(prompt->stop);
    *prompt = (struct prompt){0};
}

bool prompt_has_tools(const struct prompt *prompt)
{
    return json_array_size(prompt->tools) > 0;
}

static const char *type_of(const json_t *block)
{
    return jsonx_str(block, "type", "");
}

static bool is_of(const json_t *block, const char *type)
{
    return strcmp(type_of(block), type) == 0;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

/* After the results that are there. */
static size_t place_of_result(const json_t *content)
{
    size_t at = 0;

    while (at < json_array_size(content) && is_of(json_array_get(content, at), "result"))
        at++;
    return at;
}

void prompt_add(struct prompt *prompt, const char *role, json_t *block)
{
    size_t count = json_array_size(prompt->messages);
    json_t *message = count > 0 ? json_array_get(prompt->messages, count - 1) : NULL;

    if ((!message && strcmp(role, "user") != 0) ||
        (is_of(block, "text") && is_blank(jsonx_str(block, "text", "")))) {
        json_decref(block);
        return;
    }
    if (!message || strcmp(jsonx_str(message, "role", ""), role) != 0) {
        message = json_object();
        jsonx_set_str(message, "role", role);
        json_object_set_new(message, "content", json_array());
        json_array_append_new(prompt->messages, message);
    }
    json_t *content = jsonx_arr(message, "content");
    if (is_of(block, "result"))
        json_array_insert_new(content, place_of_result(content), block);
    else
        json_array_append_new(content, block);
}

void prompt_add_text(struct prompt *prompt, const char *role, const char *text)
{
    json_t *block = json_object();

    jsonx_set_str(block, "type", "text");
    jsonx_set_str(block, "text", text);
    prompt_add(prompt, role, block);
}

size_t prompt_text(const json_t *content, size_t at, char **text)
{
    struct buf joined;

    buf_init(&joined, PROMPT_TEXT_MAX);
    for (; at < json_array_size(content) && is_of(json_array_get(content, at), "text"); at++) {
        if (joined.len > 0)
            buf_puts(&joined, "\n\n");
        buf_puts(&joined, jsonx_str(json_array_get(content, at), "text", ""));
    }
    *text = joined.len > 0 ? buf_take(&joined) : NULL;
    buf_free(&joined);
    return at;
}

const char *prompt_asked(const struct prompt *prompt)
{
    for (size_t i = json_array_size(prompt->messages); i-- > 0;) {
        const json_t *message = json_array_get(prompt->messages, i), *content = jsonx_arr(message, "content");

        if (strcmp(jsonx_str(message, "role", ""), "user") != 0)
            continue;
        for (size_t k = json_array_size(content); k-- > 0;)
            if (is_of(json_array_get(content, k), "text") &&
                !json_object_get(json_array_get(content, k), "file"))
                return jsonx_str(json_array_get(content, k), "text", "");
    }
    return "";
}

const json_t *prompt_results(const struct prompt *prompt)
{
    size_t count = json_array_size(prompt->messages);
    const json_t *content =
        count > 0 ? jsonx_arr(json_array_get(prompt->messages, count - 1), "content") : NULL;

    return is_of(json_array_get(content, 0), "result") ? content : NULL;
}

size_t prompt_bytes(const struct prompt *prompt)
{
    size_t bytes = prompt->system ? strlen(prompt->system) : 0, i, k;
    const json_t *message, *block;

    json_array_foreach(prompt->messages, i, message)
    {
        json_array_foreach(jsonx_arr(message, "content"), k, block)
        {
            bytes += strlen(jsonx_str(block, "text", "")) + strlen(jsonx_str(block, "input", "")) +
                     strlen(jsonx_str(block, "data", ""));
        }
    }
    return bytes;
}
