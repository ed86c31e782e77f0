#include "tui/preview.h"
#include "shared/buf.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/keymap.h"
#include "tui/text/wrap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    PAGE_MAX = 16 << 20,
    LINE_BYTES_MAX = 400, /* of a message's first line */
    AUTHOR_CELLS = 10,
    INDENT = 2
};

struct page {
    const struct state *state;
    size_t width;
    struct buf text;
};

/* --- lines --- */

static void put_wrapped(struct page *page, const char *text)
{
    size_t len = strlen(text), at = 0, next;

    while (at < len) {
        size_t shown = wrap_next(text + at, len - at, page->width, WRAP_WORDS, &next);
        buf_put(&page->text, text + at, shown);
        buf_putc(&page->text, '\n');
        at += next;
    }
    if (len == 0)
        buf_putc(&page->text, '\n');
}

/* A sentence, wrapped; an empty one is an empty line. */
static void say(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct page *page, const char *format, ...)
{
    struct buf line;
    va_list args;

    buf_init(&line, PAGE_MAX);
    va_start(args, format);
    buf_vprintf(&line, format, args);
    va_end(args);
    char *clean = sanitise_line(line.data, line.len, PAGE_MAX);
    put_wrapped(page, clean);
    free(clean);
    buf_free(&line);
}

static void say_keys(struct page *page)
{
    char yes[KEYMAP_NAME_MAX], no[KEYMAP_NAME_MAX], down[KEYMAP_NAME_MAX];

    say(page, "%s yes   %s no   %s scrolls", keymap_key_of(CONTEXT_CONFIRM, ACTION_CONFIRM, yes),
        keymap_key_of(CONTEXT_CONFIRM, ACTION_CLOSE, no), keymap_key_of(CONTEXT_CONFIRM, ACTION_NEXT, down));
}

static void put_padded(struct buf *out, const char *text, size_t cells)
{
    for (size_t used = wrap_fit(out, text, cells); used < cells; used++)
        buf_putc(out, ' ');
}

/* --- messages --- */

static bool has_run(const struct block *block)
{
    const struct tool_call *call = block->kind == BLOCK_TOOL_CALL ? block->call : NULL;

    return call && (call->started > 0 || call->state == CALL_RUNNING || call->state == CALL_DONE ||
                    call->state == CALL_FAILED || call->state == CALL_UNKNOWN);
}

static size_t calls_run(const struct message *message)
{
    size_t count = 0;

    for (size_t i = 0; i < message->block_count; i++)
        count += has_run(&message->blocks[i]);
    return count;
}

static size_t attachments(const struct message *message)
{
    size_t count = 0;

    for (size_t i = 0; i < message->block_count; i++)
        count += message->blocks[i].kind == BLOCK_ATTACHMENT;
    return count;
}

/* The first line of its text that is not blank; free() it. */
static char *first_line(const struct message *message)
{
    char *text = message_text(message);
    const char *at = text + strspn(text, " \t\r\n");
    char *clean = sanitise_line(at, strcspn(at, "\r\n"), LINE_BYTES_MAX);

    free(text);
    if (*clean)
        return clean;
    free(clean);
    return xstrdup(message->block_count > 0 ? "(no text)" : "(empty)");
}

/* The time of a message of today, the day of an older one. */
static void moment(int64_t ms, char out[16])
{
    time_t then = (time_t)(ms / 1000), now = time(NULL);
    struct tm a, b;

    out[0] = '\0';
    if (!localtime_r(&then, &a) || !localtime_r(&now, &b))
        return;
    bool today = a.tm_yday == b.tm_yday && a.tm_year == b.tm_year;
    strftime(out, 16, today ? "%H:%M" : "%Y-%m-%d", &a);
}

/* A message as one line. */
static void put_message(struct page *page, const struct message *message)
{
    char *author = sanitise_line(message->author, strlen(message->author), LINE_BYTES_MAX);
    char *text = first_line(message), when[16], calls[48] = "";
    size_t count = calls_run(message), used = INDENT + AUTHOR_CELLS + 2;

    moment(message->ts, when);
    buf_printf(&page->text, "%*s", INDENT, "");
    put_padded(&page->text, author, AUTHOR_CELLS);
    buf_printf(&page->text, "  %s  ", when);
    if (count > 0)
        snprintf(calls, sizeof calls, "  [%zu tool call%s ran]", count, count == 1 ? "" : "s");
    used += strlen(when) + 2 + strlen(calls);
    wrap_fit(&page->text, text, page->width > used ? page->width - used : 1);
    buf_printf(&page->text, "%s\n", calls);
    free(author);
    free(text);
}

static size_t index_of(const struct state *state, const char *id)
{
    size_t i = 0;

    while (i < state->message_count && strcmp(state->messages[i]->id, id) != 0)
        i++;
    return i;
}

/* Messages before the first one that is loaded. */
static uint64_t not_loaded(const struct state *state)
{
    return state->messages_total > state->message_count ? state->messages_total - state->message_count : 0;
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* --- refusing --- */

static struct preview refused(const char *sentence)
{
    return (struct preview){PREVIEW_REFUSED, xstrdup(sentence)};
}

static const char *why_not_at_rest(const struct state *state)
{
    if (state->ended || state->archived)
        return "the session is archived: take it back first";
    if (state->run == RUN_COMPACTING)
        return "a summary is being made: wait for it, or interrupt it first";
    if (state->run != RUN_IDLE)
        return "a turn runs: interrupt it first";
    if (state->question_count > 0)
        return "a question waits: answer it first";
    return NULL;
}

/* --- fork --- */

static bool is_whole(const struct message *message)
{
    if (message->status == MESSAGE_STREAMING)
        return false;
    for (size_t i = 0; i < message->block_count; i++) {
        const struct block *block = &message->blocks[i];
        if (block->kind == BLOCK_TOOL_CALL && !(block->call && call_ended(block->call->state)))
            return false;
    }
    return true;
}

size_t preview_fork_end(const struct state *state, const char *message)
{
    size_t count = state->message_count;

    if (*message)
        return index_of(state, message);
    for (size_t i = count; i > 0; i--)
        if (is_whole(state->messages[i - 1]))
            return i - 1;
    return count;
}

static struct preview fork_page(struct page *page, const char *message)
{
    const struct state *state = page->state;
    size_t end = preview_fork_end(state, message);

    if (end == state->message_count)
        return *message && not_loaded(state) > 0 ? (struct preview){PREVIEW_MISSING, NULL}
                                                 : refused("there is no message to fork at");
    if (!is_whole(state->messages[end]))
        return refused("this message is not whole yet: it streams, or its tool calls have not ended");
    uint64_t taken = not_loaded(state) + end + 1, left = state->message_count - end - 1;
    say(page, "Fork: a new session with %llu message%s?", (unsigned long long)taken, plural(taken));
    say_keys(page);
    say(page, "%s", "");
    say(page, "%s", "This session stays as it is.");
    say(page, "%s", "");
    say(page, "%s", "The last message that it has:");
    put_message(page, state->messages[end]);
    if (left > 0) {
        say(page, "%s", "");
        say(page, "It has not the %llu message%s after that:", (unsigned long long)left, plural(left));
        for (size_t i = end + 1; i < state->message_count; i++)
            put_message(page, state->messages[i]);
    }
    return (struct preview){PREVIEW_READY, NULL};
}

/* --- rewind --- */

static void say_draft(struct page *page, const struct message *message)
{
    size_t files = attachments(message);

    if (message->role != MESSAGE_ROLE_USER)
        return;
    say(page, "%s", "The text of the first one comes back as your draft, to be changed and sent again.");
    if (files > 0)
        say(page, "Its %zu attachment%s do not come back.", files, plural(files));
}

static struct preview rewind_page(struct page *page, const char *message, bool edit)
{
    const struct state *state = page->state;
    size_t first = *message ? index_of(state, message) + 1 : 0, calls = 0;
    const char *why = why_not_at_rest(state);

    if (why)
        return refused(why);
    if (state->queue_count > 0)
        return refused("messages wait in the queue: send them first, or take them back (/unqueue)");
    if (not_loaded(state) > 0 && (!*message || first > state->message_count))
        return (struct preview){PREVIEW_MISSING, NULL};
    if (first > state->message_count)
        return refused("that message is not in this session any more");
    if (first == state->message_count)
        return refused("nothing comes after this message: there is nothing to drop");
    uint64_t dropped = state->message_count - first;
    for (size_t i = first; i < state->message_count; i++)
        calls += calls_run(state->messages[i]);
    say(page, "Rewind: drop %llu message%s for good?", (unsigned long long)dropped, plural(dropped));
    say_keys(page);
    say(page, "%s", "");
    size_t lines = page->text.len;
    if (calls > 0)
        say(page, "%zu tool call%s ran in them: what they did is NOT undone.", calls, plural(calls));
    if (edit)
        say_draft(page, state->messages[first]);
    if (page->text.len > lines)
        say(page, "%s", "");
    if (first > 0) {
        say(page, "%s", "The last message that stays:");
        put_message(page, state->messages[first - 1]);
    } else {
        say(page, "%s", "Nothing stays: the session is empty after this.");
    }
    say(page, "%s", "");
    say(page, "%s", "Dropped:");
    for (size_t i = first; i < state->message_count; i++)
        put_message(page, state->messages[i]);
    return (struct preview){PREVIEW_READY, NULL};
}

/* --- compact --- */

static void say_tokens(struct page *page, int64_t context)
{
    long long tokens = (long long)page->state->context_tokens;

    if (tokens > 0 && context > 0)
        say(page, "The model's window holds about %lld tokens of %lld now.", tokens, (long long)context);
    else if (tokens > 0)
        say(page, "The model's window holds about %lld tokens now.", tokens);
}

static struct preview compact_page(struct page *page, int64_t context)
{
    const struct state *state = page->state;
    size_t end = state_compact_end(state), begin = state_compact_begin(state);
    const char *why = why_not_at_rest(state);
    bool again = *state->compacted_upto;

    if (why)
        return refused(why);
    if (again && begin == 0 && not_loaded(state) > 0)
        return (struct preview){PREVIEW_MISSING, NULL};
    if (end == 0)
        return refused("there is too little to sum up: the newest question and its answer stay as they are");
    uint64_t count = end - begin + (again ? 0 : not_loaded(state)), rest = state->message_count - end;
    say(page, "Compact: let the model sum up %llu message%s?", (unsigned long long)count, plural(count));
    say_keys(page);
    say(page, "%s", "");
    say(page, "%s",
        "The summary stands for them in what the model is told from then on. Here, in searches and in "
        "exports "
        "they stay as they are.");
    if (again)
        say(page, "%s", "The summary that was made before goes into the new one.");
    say_tokens(page, context);
    say(page, "%s", "");
    say(page, "%s", "The last one that it stands for:");
    put_message(page, state->messages[end - 1]);
    if (rest > 0) {
        say(page, "%s", "");
        say(page, "Told word for word:");
        for (size_t i = end; i < state->message_count; i++)
            put_message(page, state->messages[i]);
    }
    return (struct preview){PREVIEW_READY, NULL};
}

struct preview preview_change(const struct state *state, enum preview_change change, const char *message,
                              size_t width, int64_t context)
{
    struct page page = {.state = state, .width = width > 0 ? width : 1};
    struct preview preview;

    buf_init(&page.text, PAGE_MAX);
    if (change == PREVIEW_FORK)
        preview = fork_page(&page, message);
    else if (change == PREVIEW_COMPACT)
        preview = compact_page(&page, context);
    else
        preview = rewind_page(&page, message, change == PREVIEW_EDIT);
    if (preview.is == PREVIEW_READY)
        preview.text = buf_take(&page.text);
    buf_free(&page.text);
    return preview;
}
