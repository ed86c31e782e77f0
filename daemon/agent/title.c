/* What was said is quoted line by line, so that nothing in it is taken for an instruction of ours. */
#include "daemon/agent/title.h"
#include "daemon/agent/sample.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum {
    TITLE_QUOTE_MAX = 1500, /* bytes of question and answer each */
    TITLE_TOKENS_MAX = 1024 /* room for a model that thinks first */
};

#define BLANKS " \t\r"

const char title_system[] = "You give conversations their titles.";

static const char task[] =
    "Give this conversation a title of at most six words, in the language of the question. Answer with the "
    "title alone: no quotes, no full stop.";

struct title {
    struct title_options options;
    struct incoming *incoming;
    struct sample *sample;
};

/* --- the question --- */

static void quote(struct buf *out, const char *who, const struct message *message)
{
    char *text = message_text(message), *line = text;
    size_t cut = utf8_cut(text, strlen(text), TITLE_QUOTE_MAX);
    bool whole = text[cut] == '\0';

    text[cut] = '\0';
    buf_printf(out, "%s:\n", who);
    for (char *end; line; line = end) {
        end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        buf_printf(out, "> %s\n", line);
    }
    buf_puts(out, whole ? "\n" : "> [...]\n\n");
    free(text);
}

/* The first message of that role from place at on, its text complete; NULL if there is none. */
static const struct message *first(const struct state *state, size_t *at, enum message_role role)
{
    for (; *at < state->message_count; ++*at) {
        const struct message *message = state->messages[*at];
        char *text =
            message->role == role && message->status == MESSAGE_COMPLETE ? message_text(message) : NULL;
        bool good = text && text[strspn(text, BLANKS "\n")];

        free(text);
        if (good)
            return message;
    }
    return NULL;
}

json_t *title_params(const struct state *state)
{
    size_t at = 0;
    const struct message *question = first(state, &at, MESSAGE_ROLE_USER);
    const struct message *answer = question ? first(state, &at, MESSAGE_ROLE_ASSISTANT) : NULL;
    struct buf text;

    if (!answer)
        return NULL;
    buf_init(&text, (size_t)TITLE_QUOTE_MAX * 8);
    quote(&text, "Question", question);
    quote(&text, "Answer", answer);
    buf_puts(&text, task);
    json_t *params =
        json_pack("{s:s,s:[{s:s,s:{s:s,s:s}}],s:i}", "systemPrompt", title_system, "messages", "role", "user",
                  "content", "type", "text", "text", text.data, "maxTokens", TITLE_TOKENS_MAX);
    buf_free(&text);
    return params;
}

/* --- the answer --- */

/* Where the line ends after as many words as a title may have. */
static size_t words_end(const char *line, size_t len, int words)
{
    size_t at = 0;

    while (at < len && words-- > 0) {
        at += strspn(line + at, BLANKS);
        at += strcspn(line + at, BLANKS "\n");
    }
    return at < len ? at : len;
}

char *title_read(const char *answer)
{
    static const char before[] = BLANKS "\n#*_`\"'>-", after[] = BLANKS "*_`\"'.";
    const char *thought = strstr(answer, "</think>"), *line = thought ? thought + strlen("</think>") : answer;

    line += strspn(line, before);
    if (strncmp(line, "<think>", strlen("<think>")) == 0) /* it did not come to an end */
        return NULL;
    if (strncmp(line, "Title:", 6) == 0)
        line += 6 + strspn(line + 6, before);
    size_t len = words_end(line, strcspn(line, "\n"), 2 * TITLE_WORDS);
    while (len > 0 && strchr(after, line[len - 1]))
        len--;
    return len > 0 ? xstrndup(line, len) : NULL;
}

/* --- the request --- */

static struct incoming *end(struct title *title)
{
    struct title_options options = title->options;
    struct incoming *incoming = title->incoming;

    title_cancel(&title);
    options.ended(options.arg);
    return incoming;
}

static void on_cancelled(void *arg)
{
    end(arg);
}

static void on_sampled(void *arg, const json_t *result, const json_t *usage, const char *why)
{
    struct title *title = arg;
    const json_t *content = json_object_get(result, "content");
    size_t i = 0;

    title->sample = NULL;
    struct incoming *incoming = end(title);
    if (json_is_array(content))
        while (i + 1 < json_array_size(content) &&
               strcmp(jsonx_str(json_array_get(content, i), "type", ""), "text") != 0)
            i++;
    char *read =
        title_read(jsonx_str(json_is_array(content) ? json_array_get(content, i) : content, "text", ""));
    if (read) {
        json_t *ok = json_object();
        jsonx_set_str(ok, "title", read);
        jsonx_set_str(ok, "model", jsonx_str(result, "model", ""));
        json_object_set_new(ok, "usage", json_deep_copy(usage));
        incoming_reply(incoming, ok);
    } else {
        incoming_refuse(incoming, ERR_PROVIDER, why ? why : "the model gave none");
    }
    free(read);
}

struct title *title_start(const struct title_options *options, struct incoming *incoming, const json_t *order)
{
    json_t *params = order ? title_params(options->state) : NULL;

    if (!params) {
        incoming_refuse(incoming, order ? ERR_CONFLICT : ERR_BAD_REQUEST,
                        order ? "nothing was said yet" : "a title needs an order");
        return NULL;
    }
    struct title *title = xcalloc(1, sizeof *title);
    struct sample_handler handler = {title, on_sampled};
    title->options = *options;
    title->incoming = incoming;
    title->sample = sample_start(options->loop, options->http, order, params, &handler);
    incoming_on(incoming, on_cancelled, NULL, title);
    json_decref(params);
    return title;
}

void title_cancel(struct title **slot)
{
    struct title *title = *slot;

    *slot = NULL;
    if (!title)
        return;
    sample_cancel(&title->sample);
    free(title);
}
