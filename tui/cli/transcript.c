/* A page of history is at most 1 MiB, so a session is put together from its newest page backwards. */
#include "tui/cli/transcript.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_MESSAGES = 1000 };

static bool is_block(const json_t *block, const char *type)
{
    return strcmp(jsonx_str(block, "type", ""), type) == 0;
}

/* How it ended, where that was not as it should: " (interrupted)"; empty else. */
static void ending(const json_t *message, char text[512])
{
    const char *status = jsonx_str(message, "status", "complete"), *error = jsonx_str(message, "error", NULL);

    *text = '\0';
    if (strcmp(status, "complete") != 0)
        snprintf(text, 512, " (%s%s%s)", status, error ? ": " : "", error ? error : "");
}

/* --- calls --- */

/* Which tool it is: as the server calls it where that is known. free() it. */
static char *call_name(const json_t *block)
{
    const json_t *call = jsonx_obj(block, "call");
    const char *server = jsonx_str(call, "server", ""), *tool = jsonx_str(call, "tool", "");

    if (*tool)
        return xasprintf("%s%s%s", server, *server ? "/" : "", tool);
    return xstrdup(jsonx_str(block, "name", ""));
}

/* What became of it: "done, 12 ms", "denied by ann"; "not run" for one that nothing was decided of. */
static void call_outcome(const json_t *block, char text[160])
{
    const json_t *call = jsonx_obj(block, "call");
    const char *by = jsonx_str(call, "by", ""), *state = jsonx_str(call, "state", "not run");
    int64_t ms = jsonx_int(call, "ms", -1);
    int len = snprintf(text, 160, "%s%s%.80s", state, *by ? ", by " : "", by);

    if (ms >= 0 && len < 160)
        snprintf(text + len, 160 - (size_t)len, ", %.3g s", (double)ms / 1000);
}

static void put_file(struct out *out, const json_t *block)
{
    char *line =
        attachment_line(jsonx_str(block, "name", ""), json_string_length(json_object_get(block, "text")));

    out_printf(out, "%s\n", line);
    free(line);
}

/* --- as text --- */

static void text_call(struct out *out, const json_t *block)
{
    const char *result = jsonx_str(jsonx_obj(block, "call"), "result", "");
    char *name = call_name(block), outcome[160];

    call_outcome(block, outcome);
    out_printf(out, "[tool call] %s %s (%s)\n", name, jsonx_str(block, "input", ""), outcome);
    while (*result) {
        size_t len = strcspn(result, "\n");

        out_printf(out, "    %.*s\n", (int)len, result);
        result += len + (result[len] == '\n');
    }
    free(name);
}

static void text_block(struct out *out, const json_t *block)
{
    const char *text = jsonx_str(block, "text", "");
    size_t len = strlen(text);

    if (is_block(block, "text"))
        out_printf(out, "%s%s", text, len > 0 && text[len - 1] == '\n' ? "" : "\n");
    else if (is_block(block, "tool_call"))
        text_call(out, block);
    else if (is_block(block, "attachment"))
        put_file(out, block);
}

void transcript_text(struct out *out, const json_t *message)
{
    char when[CLOCK_TEXT], how[512];
    json_t *block;
    size_t i;

    clock_local(jsonx_int(message, "ts", 0), CLOCK_MINUTE, when);
    ending(message, how);
    out_printf(out, "[%s] %s%s:\n", when, jsonx_str(message, "author", ""), how);
    json_array_foreach(jsonx_arr(message, "content"), i, block)
    {
        text_block(out, block);
    }
    out_printf(out, "\n");
}

/* --- as Markdown --- */

/* A fence that is longer than any run of backticks in the text. */
static void put_fenced(struct out *out, const char *language, const char *text)
{
    char fence[64];
    size_t longest = 2, run = 0;

    for (const char *at = text; *at; at++) {
        run = *at == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    longest = longest < sizeof fence - 2 ? longest + 1 : sizeof fence - 1;
    memset(fence, '`', longest);
    fence[longest] = '\0';
    out_printf(out, "%s%s\n%s\n%s\n\n", fence, language, text, fence);
}

static void markdown_block(struct out *out, const json_t *block)
{
    const char *text = jsonx_str(block, "text", "");

    if (is_block(block, "text")) {
        out_printf(out, "%s\n\n", text);
    } else if (is_block(block, "reasoning")) {
        out_printf(out, "Reasoning:\n\n");
        put_fenced(out, "text", text);
    } else if (is_block(block, "tool_call")) {
        const char *result = jsonx_str(jsonx_obj(block, "call"), "result", NULL);
        char *name = call_name(block), outcome[160];

        call_outcome(block, outcome);
        out_printf(out, "Tool call: `%s` (%s)\n\n", name, outcome);
        put_fenced(out, "json", jsonx_str(block, "input", ""));
        if (result)
            put_fenced(out, "text", result);
        free(name);
    } else if (is_block(block, "attachment")) {
        put_file(out, block);
        out_printf(out, "\n");
    }
}

void transcript_markdown(struct out *out, const json_t *message)
{
    char when[CLOCK_TEXT], how[512];
    json_t *block;
    size_t i;

    clock_local(jsonx_int(message, "ts", 0), CLOCK_MINUTE, when);
    ending(message, how);
    out_printf(out, "## %s, %s%s\n\n", jsonx_str(message, "author", ""), when, how);
    json_array_foreach(jsonx_arr(message, "content"), i, block)
    {
        markdown_block(out, block);
    }
}

/* --- fetching --- */

/* Puts the pages, newest first, together to messages, oldest first. */
static json_t *in_order(const json_t *pages)
{
    json_t *all = json_array();

    for (size_t i = json_array_size(pages); i-- > 0;)
        json_array_extend(all, json_array_get(pages, i));
    return all;
}

enum err transcript_fetch(struct cli *cli, const char *session, json_t **messages)
{
    json_t *pages = json_array(), *page;
    char before[ID_MAX] = "";
    bool more = true;
    enum err code = ERR_OK;

    while (more && code == ERR_OK) {
        json_t *params = json_pack("{s:i}", "limit", PAGE_MESSAGES), *ok;

        if (*before)
            jsonx_set_str(params, "before", before);
        code = cli_call(cli, METHOD_MESSAGE_HISTORY, session, params, &ok);
        page = jsonx_arr(ok, "messages");
        more = page && json_array_size(page) > 0 && jsonx_bool(ok, "more", false);
        snprintf(before, sizeof before, "%s", jsonx_str(json_array_get(page, 0), "id", ""));
        if (page)
            json_array_append(pages, page);
        json_decref(ok);
    }
    *messages = code == ERR_OK ? in_order(pages) : NULL;
    json_decref(pages);
    return code;
}
