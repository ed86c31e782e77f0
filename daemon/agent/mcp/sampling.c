/* A model's API refuses a history whose tool uses are not answered, so it is refused here first, with a
 * sentence that tells the server what is wrong. */
#include "daemon/agent/mcp/sampling.h"
#include "shared/jsonx.h"
#include <stdio.h>
#include <string.h>

static bool wrong(char error[256], const char *what, size_t at)
{
    snprintf(error, 256, "messages[%zu]: %s", at, what);
    return false;
}

/* The blocks of a content, which is one or a list. */
static size_t block_count(const json_t *content)
{
    return json_is_array(content) ? json_array_size(content) : json_is_object(content);
}

static const json_t *block_at(const json_t *content, size_t at)
{
    return json_is_array(content) ? json_array_get(content, at) : content;
}

static bool has_type(const json_t *block, const char *type)
{
    return strcmp(jsonx_str(block, "type", ""), type) == 0;
}

static size_t count_type(const json_t *content, const char *type)
{
    size_t count = 0;

    for (size_t i = 0; i < block_count(content); i++)
        count += has_type(block_at(content, i), type);
    return count;
}

static bool answers(const json_t *content, const char *id)
{
    for (size_t i = 0; i < block_count(content); i++) {
        const json_t *block = block_at(content, i);

        if (has_type(block, "tool_result") && strcmp(jsonx_str(block, "toolUseId", ""), id) == 0)
            return true;
    }
    return false;
}

/* Each tool use of before has its result in after. */
static bool is_answered(const json_t *before, const json_t *after)
{
    for (size_t i = 0; i < block_count(before); i++) {
        const json_t *block = block_at(before, i);

        if (has_type(block, "tool_use") && !answers(after, jsonx_str(block, "id", "")))
            return false;
    }
    return true;
}

bool sampling_check(const json_t *params, char error[256])
{
    const json_t *messages = jsonx_arr(params, "messages"), *before = NULL;
    size_t count = json_array_size(messages);

    if (!messages || count == 0 || count > SAMPLING_MESSAGES_MAX) {
        snprintf(error, 256, "messages must be a list of 1 to %d messages", SAMPLING_MESSAGES_MAX);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *message = json_array_get(messages, i), *content = json_object_get(message, "content");
        const char *role = jsonx_str(message, "role", "");
        size_t results = count_type(content, "tool_result");
        bool is_user = strcmp(role, "user") == 0;

        if (!is_user && strcmp(role, "assistant") != 0)
            return wrong(error, "role must be user or assistant", i);
        if (block_count(content) == 0)
            return wrong(error, "it has no content", i);
        if (results > 0 && (!is_user || results < block_count(content)))
            return wrong(error, "a message with a tool_result must be the user's, and hold nothing else", i);
        if (is_user && count_type(content, "tool_use") > 0)
            return wrong(error, "a tool_use must be the assistant's", i);
        if (results > count_type(before, "tool_use") || !is_answered(before, content))
            return wrong(error, "the tool uses before it and its tool results don't match", i);
        before = content;
    }
    if (count_type(before, "tool_use") > 0)
        return wrong(error, "the tool uses are not answered", count - 1);
    return true;
}
