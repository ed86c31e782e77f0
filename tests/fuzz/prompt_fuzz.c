/* A session's events, as an agent is told of them, and what is then said to a model: roles alternate from the
 * user's on, nothing is blank, each call has its one result right after it and an id that all APIs take; both
 * APIs' requests are JSON, and their headers are headers. */
#include "daemon/agent/context.h"
#include "daemon/agent/dialect.h"
#include "daemon/agent/follower.h"
#include "daemon/agent/title.h"
#include "shared/jsonx.h"
#include "tests/fuzz/lines.h"
#include "tests/fuzz/story.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CALL_ID_MAX = 40, CALL_NAME_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

static bool is_name(const char *text, size_t max)
{
    return *text && strlen(text) <= max && strspn(text, characters) == strlen(text);
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

/* open: ids of calls that wait for their results; seen: all that there were. */
static void check_block(const json_t *block, bool user, json_t *open, json_t *seen)
{
    const char *type = jsonx_str(block, "type", ""), *id = jsonx_str(block, "id", "");

    if (strcmp(type, "text") == 0) {
        assert(!is_blank(jsonx_str(block, "text", "")));
    } else if (strcmp(type, "call") == 0) {
        assert(!user && is_name(id, CALL_ID_MAX) && is_name(jsonx_str(block, "name", ""), CALL_NAME_MAX));
        assert(!json_object_get(seen, id));
        json_object_set_new(seen, id, json_true());
        json_object_set_new(open, id, json_true());
    } else if (strcmp(type, "result") == 0) {
        assert(user && json_object_del(open, id) == 0 && jsonx_str(block, "text", NULL));
    } else {
        assert(!user && (strcmp(type, "reasoning") == 0 || strcmp(type, "redacted") == 0));
    }
}

static void check_messages(const json_t *messages)
{
    json_t *open = json_object(), *seen = json_object(), *message, *block;
    size_t i, j;

    json_array_foreach(messages, i, message)
    {
        bool user = strcmp(jsonx_str(message, "role", ""), "user") == 0;
        const json_t *content = jsonx_arr(message, "content");
        assert(user == (i % 2 == 0) && json_array_size(content) > 0);
        json_array_foreach(content, j, block)
        {
            check_block(block, user, open, seen);
        }
        assert(!user || json_object_size(open) == 0);
    }
    assert(json_array_size(messages) % 2 == 1 || json_object_size(open) == 0);
    json_decref(open);
    json_decref(seen);
}

static void check_request(const struct dialect *dialect, const struct prompt *prompt)
{
    struct ask ask = {
        .provider = "mine", .model = "m", .base_url = "http://h.test/v1/", .key = "k", .prompt = prompt};
    struct dialect_request request = {0};

    dialect->request(&ask, &request);
    json_t *json = jsonx_parse(request.body, request.body_len, NULL);
    assert(json_is_object(json) && json_array_size(jsonx_arr(json, "messages")) > 0);
    for (size_t i = 0; request.headers[i]; i++) {
        assert(!strpbrk(request.headers[i], "\r\n"));
        free(request.headers[i]);
    }
    json_decref(json);
    free(request.url);
    free(request.body);
}

static void check_prompt(const struct state *state, const json_t *tools)
{
    struct context context = {.author = "local/any", .tools = tools, .end = state->message_count};
    struct prompt prompt;

    context_prompt(state, &context, &prompt);
    check_messages(prompt.messages);
    prompt_asked(&prompt);
    prompt_results(&prompt);
    assert(prompt_bytes(&prompt) > 0 || json_array_size(prompt.messages) == 0);
    if (json_array_size(prompt.messages) > 0) {
        check_request(&dialect_openai, &prompt);
        check_request(&dialect_anthropic, &prompt);
    }
    prompt_clear(&prompt);
}

/* What the agent has is what the daemon has, by LOAD and by each EVENT. */
static void on_event(void *arg, const struct state *state, const struct event *event)
{
    struct state **follower = arg;
    struct event taken;
    char error[256], *folder = NULL;
    size_t len;

    if (event && *follower) {
        char *text = jsonx_dump(event->json, &len);
        if (event_row(event->type)->durable) {
            assert(follower_event(*follower, text, len, &taken, error));
            assert(taken.json && (*follower)->seq == state->seq);
            event_clear(&taken);
        }
        free(text);
        return;
    }
    json_t *load =
        json_pack("{s:o,s:s}", "snapshot", state_snapshot(state, SIZE_MAX, SIZE_MAX), "folder", "/x");
    char *text = jsonx_dump(load, &len);
    assert(follower_load(follower, text, len, &folder, error) && strcmp(folder, "/x") == 0);
    json_decref(load);
    free(folder);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct state *follower = NULL, *state = story_read(data, size, on_event, &follower);
    json_t *tools = json_pack("[{s:s,s:s,s:{s:s}}]", "name", "files__read", "description", "d", "schema",
                              "type", "object");

    if (follower) {
        check_prompt(follower, tools);
        check_prompt(follower, NULL);
        assert(state_compact_end(follower) <= follower->message_count);
        json_decref(title_params(follower));
    }
    json_decref(tools);
    state_free(&follower);
    state_free(&state);
    return 0;
}
