/* APIs refuse a history in which a call has no result, a result no call, or an id comes twice; so none of
 * that leaves this file, whatever models and crashes have put into the history. */
#include "daemon/agent/context.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONTEXT_ID_MAX = 40,   /* bytes of a call's id: what all APIs take */
    CONTEXT_NAME_MAX = 64, /* of a tool's name */
    CONTEXT_FENCE_MIN = 3,
    CONTEXT_FILE_MAX = 4 << 20 /* bytes of an attachment with its fences, each half of it at most */
};

static const char name_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
static const char not_run[] = "This call was not run.";
static const char summary_before[] = "What was said before, in summary:\n\n";

struct writer {
    const struct state *state;
    const struct context *context;
    struct prompt *prompt;
    json_t *ids;      /* that are taken */
    unsigned numbers; /* of ids that were made */
    size_t thoughts;  /* from this message on, reasoning is said again */
};

static json_t *block_new(const char *type)
{
    json_t *block = json_object();

    jsonx_set_str(block, "type", type);
    return block;
}

/* --- calls --- */

static const char *id_of(struct writer *writer, const char *id, char made[CONTEXT_ID_MAX])
{
    size_t len = strlen(id);

    if (len == 0 || len > CONTEXT_ID_MAX || strspn(id, name_characters) != len ||
        json_object_get(writer->ids, id))
        do
            snprintf(made, CONTEXT_ID_MAX, "call_%u", ++writer->numbers);
        while (json_object_get(writer->ids, id = made));
    json_object_set_new(writer->ids, id, json_true());
    return id;
}

static char *name_of(const char *name)
{
    char *good = xstrndup(*name ? name : "unnamed", CONTEXT_NAME_MAX);

    for (char *c = good; *(c += strspn(c, name_characters));)
        *c = '_';
    return good;
}

static enum call_state state_of(const struct block *block)
{
    return block->call ? block->call->state : CALL_NONE;
}

static const char *result_of(const struct block *block)
{
    return call_ended(state_of(block)) && block->call->result ? block->call->result : not_run;
}

static void add_call(struct writer *writer, const struct block *block, json_t *results)
{
    char made[CONTEXT_ID_MAX], *name = name_of(block->name);
    const char *id = id_of(writer, block->call_id, made);
    json_t *call = block_new("call"), *result = block_new("result");

    jsonx_set_str(call, "id", id);
    jsonx_set_str(call, "name", name);
    jsonx_set_strn(call, "input", block->text.data, block->text.len);
    prompt_add(writer->prompt, "assistant", call);
    jsonx_set_str(result, "id", id);
    jsonx_set_str(result, "name", name);
    jsonx_set_str(result, "text", result_of(block));
    if (state_of(block) != CALL_DONE)
        json_object_set_new(result, "failed", json_true());
    json_array_append_new(results, result);
    free(name);
}

static void add_call_as_text(struct writer *writer, const struct block *block, json_t *results)
{
    char *called =
        xasprintf("[called the tool %s with %s]", block->name, block->text.len ? block->text.data : "{}");
    char *answered = xasprintf("[the tool %s answered: %s]", block->name, result_of(block));
    json_t *result = block_new("text");

    prompt_add_text(writer->prompt, "assistant", called);
    jsonx_set_str(result, "text", answered);
    json_array_append_new(results, result);
    free(called);
    free(answered);
}

/* --- messages --- */

static void add_reasoning(struct writer *writer, const struct block *block)
{
    json_t *said = block_new(block->kind == BLOCK_REASONING ? "reasoning" : "redacted");

    jsonx_set_strn(said, block->kind == BLOCK_REASONING ? "text" : "data", block->text.data, block->text.len);
    jsonx_set_str(said, "signature", block->signature);
    prompt_add(writer->prompt, "assistant", said);
}

static void add_block(struct writer *writer, const struct message *message, const struct block *block,
                      bool think, json_t *results)
{
    bool whole = message->status == MESSAGE_COMPLETE;

    switch (block->kind) {
    case BLOCK_TEXT:
        prompt_add_text(writer->prompt, "assistant", block->text.data);
        break;
    case BLOCK_REASONING:
    case BLOCK_REDACTED:
        if (think && whole && (block->kind == BLOCK_REDACTED || block->signature))
            add_reasoning(writer, block);
        break;
    case BLOCK_TOOL_CALL:
        if (!whole && !call_ended(state_of(block)))
            break;
        if (json_array_size(writer->context->tools) > 0)
            add_call(writer, block, results);
        else if (call_ended(state_of(block)))
            add_call_as_text(writer, block, results);
        break;
    case BLOCK_ATTACHMENT:
    case BLOCK_KIND_COUNT:
        break;
    }
}

/* The longest run of a character in the text. */
static size_t longest_run(const char *text, char c)
{
    size_t longest = 0, run = 0;

    for (; *text; text++) {
        run = *text == c ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void put_fence(struct buf *out, char c, size_t len)
{
    while (len-- > 0)
        buf_putc(out, c);
    buf_putc(out, '\n');
}

/* Its fence is longer than all that looks like one in it, so that no file can end itself and go on in the
 * user's name; of the character that makes it shorter. */
static void add_file(struct writer *writer, const struct block *block)
{
    const char *text = block->text.data;
    size_t ticks = longest_run(text, '`'), tildes = longest_run(text, '~');
    char c = ticks <= tildes ? '`' : '~';
    size_t run = ticks <= tildes ? ticks : tildes,
           fence = run < CONTEXT_FENCE_MIN ? CONTEXT_FENCE_MIN : run + 1;
    json_t *said = block_new("text");
    struct buf out;

    buf_init(&out, CONTEXT_FILE_MAX);
    buf_printf(&out, "The file %s, which the user attached to this message:\n", block->name);
    put_fence(&out, c, fence);
    buf_put(&out, text, block->text.len);
    if (block->text.len > 0 && text[block->text.len - 1] != '\n')
        buf_putc(&out, '\n');
    put_fence(&out, c, fence);
    jsonx_set_strn(said, "text", out.data, out.len);
    jsonx_set_str(said, "file", block->name);
    jsonx_set_int(said, "bytes", (int64_t)block->text.len);
    prompt_add(writer->prompt, "user", said);
    buf_free(&out);
}

/* Files first: a question that follows what it is about is answered better. */
static void add_user(struct writer *writer, const struct message *message)
{
    char *text = message_typed(message);

    for (size_t i = 0; i < message->block_count; i++)
        if (message->blocks[i].kind == BLOCK_ATTACHMENT)
            add_file(writer, &message->blocks[i]);
    prompt_add_text(writer->prompt, "user", text);
    free(text);
}

static void add_reply(struct writer *writer, size_t place)
{
    const struct message *message = writer->state->messages[place];
    bool think = place >= writer->thoughts && strcmp(message->author, writer->context->author) == 0;
    json_t *results = json_array(), *result;
    size_t i;

    if (json_array_size(writer->prompt->messages) > 0)
        for (i = 0; i < message->block_count; i++)
            add_block(writer, message, &message->blocks[i], think, results);
    json_array_foreach(results, i, result)
    {
        prompt_add(writer->prompt, "user", json_incref(result));
    }
    json_decref(results);
}

static bool has_calls(const struct message *message)
{
    for (size_t i = 0; i < message->block_count; i++)
        if (message->blocks[i].kind == BLOCK_TOOL_CALL)
            return true;
    return false;
}

/* Where the steps of the running turn begin: an answer without calls ended the one before. */
static size_t turn_place(const struct state *state, size_t end)
{
    while (end > 0 &&
           (state->messages[end - 1]->role == MESSAGE_ROLE_USER || has_calls(state->messages[end - 1])))
        end--;
    return end;
}

void context_prompt(const struct state *state, const struct context *context, struct prompt *prompt)
{
    struct writer writer = {.state = state,
                            .context = context,
                            .prompt = prompt,
                            .ids = json_object(),
                            .thoughts = turn_place(state, context->end)};

    prompt_init(prompt);
    prompt->system = state->system && *state->system ? xstrdup(state->system) : NULL;
    prompt->temperature = state->temperature;
    prompt->max_tokens = state->max_tokens;
    if (context->tools)
        json_array_extend(prompt->tools, (json_t *)context->tools);
    if (state->summary) {
        char *summary = xasprintf("%s%s", summary_before, state->summary);
        prompt_add_text(prompt, "user", summary);
        free(summary);
    }
    for (size_t i = state_compact_begin(state); i < context->end; i++) {
        const struct message *message = state->messages[i];
        if (message->role == MESSAGE_ROLE_ASSISTANT && message->status != MESSAGE_STREAMING) {
            add_reply(&writer, i);
        } else if (message->role == MESSAGE_ROLE_USER) {
            add_user(&writer, message);
        }
    }
    json_decref(writer.ids);
}
