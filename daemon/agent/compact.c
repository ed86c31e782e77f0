/* What is summed up is quoted, each line of it: nothing in it is then taken for an instruction of ours, by a
 * model or by the demo model. */
#include "daemon/agent/compact.h"
#include "daemon/agent/context.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum {
    COMPACT_BLOCK_MAX = 4 << 10,   /* bytes of one text that are quoted: its beginning and its end */
    COMPACT_BYTES_MAX = 512 << 10, /* of all; the newest ones */
    COMPACT_BYTES_A_TOKEN = 2,     /* so that it takes about half of the window */
    COMPACT_TOKENS_MAX = 4096      /* of the summary */
};

static const char task[] =
    "Sum up the conversation above for yourself, so that you can go on with it without seeing it again. "
    "Keep: what "
    "the user wants and has decided; what was done, and with which result; names, paths, numbers and "
    "identifiers that are still needed, exactly; what is open, and the next step. Leave out what is settled "
    "and not needed any more. Answer with the summary alone.";

/* "> " before each line. */
static void quote(struct buf *out, const char *text, size_t len)
{
    bool begins = true;

    for (size_t i = 0; i < len; i++) {
        if (begins)
            buf_puts(out, "> ");
        begins = text[i] == '\n';
        buf_putc(out, text[i]);
    }
    if (!begins)
        buf_putc(out, '\n');
}

static void quote_cut(struct buf *out, const char *text)
{
    size_t len = strlen(text), half = COMPACT_BLOCK_MAX / 2;

    if (len <= COMPACT_BLOCK_MAX) {
        quote(out, text, len);
        return;
    }
    size_t from = len - half;
    while (((unsigned char)text[from] & 0xC0) == 0x80)
        from++;
    quote(out, text, utf8_cut(text, len, half));
    buf_puts(out, "> [...]\n");
    quote(out, text + from, len - from);
}

/* One message of the prompt, as text. summed: it begins with a summary, which is never cut. */
static char *transcript(const json_t *message, bool summed)
{
    struct buf out;
    const json_t *block;
    size_t i;

    buf_init(&out, COMPACT_BYTES_MAX);
    buf_printf(&out, "%s:\n", jsonx_str(message, "role", ""));
    json_array_foreach(jsonx_arr(message, "content"), i, block)
    {
        const char *text = jsonx_str(block, "text", "");
        if (summed && i == 0)
            quote(&out, text, strlen(text));
        else
            quote_cut(&out, text);
    }
    buf_puts(&out, "\n");
    return buf_take(&out);
}

/* The newest messages that fit, and always the summary that was made before: it is in the first one. */
static char *conversation(const json_t *messages, bool summed, size_t max)
{
    size_t count = json_array_size(messages), from = count, bytes = 0;
    char **texts = xcalloc(count + 1, sizeof *texts);
    struct buf out;

    buf_init(&out, (size_t)COMPACT_BYTES_MAX * 2);
    for (size_t i = 0; i < count; i++)
        texts[i] = transcript(json_array_get(messages, i), summed && i == 0);
    while (from > 0 && bytes + strlen(texts[from - 1]) <= max)
        bytes += strlen(texts[--from]);
    for (size_t i = 0; i < count; i++) {
        if (i >= from || i == 0)
            buf_puts(&out, texts[i]);
        if (i == 0 && from > 1)
            buf_puts(&out, "[what was said here is left out]\n\n");
        free(texts[i]);
    }
    free(texts);
    return buf_take(&out);
}

json_t *compact_params(const struct state *state, size_t end, int64_t context)
{
    struct context what = {.author = "", .end = end};
    struct prompt prompt;
    size_t max = COMPACT_BYTES_MAX;

    if (context > 0 && context * COMPACT_BYTES_A_TOKEN < (int64_t)max)
        max = (size_t)context * COMPACT_BYTES_A_TOKEN;
    context_prompt(state, &what, &prompt);
    char *said = conversation(prompt.messages, state->summary != NULL, max);
    char *text = xasprintf("%s%s", said, task);
    json_t *params = json_pack("{s:[{s:s,s:{s:s,s:s}}],s:i}", "messages", "role", "user", "content", "type",
                               "text", "text", text, "maxTokens", COMPACT_TOKENS_MAX);
    free(text);
    free(said);
    prompt_clear(&prompt);
    return params;
}

char *compact_summary(const json_t *result)
{
    const json_t *content = json_object_get(result, "content");
    const char *text;

    if (json_is_array(content))
        content = json_array_get(content, 0);
    text = jsonx_str(content, "text", "");
    if (!text[strspn(text, " \t\r\n")])
        return NULL;
    return xstrndup(text, utf8_cut(text, strlen(text), STATE_SUMMARY_MAX));
}
