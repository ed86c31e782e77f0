/* Whatever happens in a session, as events: nothing of what a person sees of it could be obeyed by a
 * terminal, is wider than there is room, or hides something: messages, pages, titles, questions, the list of
 * sessions, notifications, exports. What has been laid out while it grew is what the whole looks like. */
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "tests/fuzz/lines.h"
#include "tests/fuzz/story.h"
#include "tui/cli/transcript.h"
#include "tui/notify.h"
#include "tui/panel_text.h"
#include "tui/preview.h"
#include "tui/record.h"
#include "tui/sessions.h"
#include "tui/text/layout.h"
#include "tui/text/tool_text.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 40, LAYOUTS = 8 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct watcher {
    struct layout *layout; /* of that message: */
    const struct message *message;
    struct sessions *sessions;
};

static void check_clean(const char *text, bool line)
{
    char *clean = line ? sanitise_line(text, strlen(text), SIZE_MAX)
                       : sanitise_text(text, strlen(text), SANITISE_STRIP, SIZE_MAX);

    assert(strcmp(clean, text) == 0);
    free(clean);
}

static void check_and_free(char *text, bool line)
{
    if (text)
        check_clean(text, line);
    free(text);
}

/* --- messages --- */

static void check_line(const struct layout_line *line)
{
    char *text = strndup(line->text ? line->text : "", line->len);

    assert(line->title || line->indent + utf8_width(line->text, line->len) <= WIDTH); /* titles are cut */
    check_and_free(text, true);
}

static void check_layout(const struct layout *layout, const struct message *message,
                         const struct folds *folds)
{
    struct layout *fresh = layout_new();

    layout_update(fresh, message, WIDTH, folds);
    assert(layout_lines(fresh) == layout_lines(layout));
    for (size_t i = 0; i < layout_lines(layout); i++) {
        struct layout_line a = layout_line(layout, i), b = layout_line(fresh, i);
        assert(a.len == b.len && a.indent == b.indent && a.block == b.block);
        assert(a.len == 0 || memcmp(a.text, b.text, a.len) == 0);
        check_line(&a);
        assert(layout_find(layout, layout_position(layout, i)) == i);
        check_and_free(layout_copy_block(layout, i), false);
    }
    layout_free(&fresh);
}

/* At each event: the newest message is laid out as it has grown, and the list follows. */
static void on_event(void *arg, const struct state *state, const struct event *event)
{
    struct watcher *watcher = arg;
    const struct folds folds = {.unfolded = true};
    size_t count = state->message_count;

    if (event)
        sessions_event(watcher->sessions, event);
    if (count == 0) {
        watcher->message = NULL; /* another one may be where it was */
        return;
    }
    const struct message *newest = state->messages[count - 1];
    if (newest != watcher->message || !event || event->type == EVENT_SESSION_REWOUND) {
        layout_free(&watcher->layout);
        watcher->layout = layout_new();
        watcher->message = newest;
    }
    layout_update(watcher->layout, newest, WIDTH, &folds);
    check_layout(watcher->layout, newest, &folds);
}

/* Only escapes of SGR. */
static void check_styled(const char *text, size_t len)
{
    for (size_t at = 0; at < len; at++) {
        if (text[at] != 0x1b)
            continue;
        assert(text[at + 1] == '[');
        at += 2;
        while (at < len && strchr("0123456789;", text[at]))
            at++;
        assert(at < len && text[at] == 'm');
    }
}

static void check_record(const struct message *message)
{
    struct record_look plain = {.width = WIDTH, .unfolded = true};
    struct record_look styled = {.width = WIDTH, .unfolded = true, .styled = true};
    struct buf out;

    buf_init(&out, 64 << 20);
    assert(record_message(&out, message, &plain));
    if (out.data)
        check_clean(out.data, false);
    buf_clear(&out);
    assert(record_message(&out, message, &styled));
    check_styled(out.data, out.len);
    buf_free(&out);
}

static void check_transcript(const struct message *message)
{
    char *bytes = NULL;
    size_t len;
    struct out out;
    json_t *json = message_to_json(message);
    FILE *file = open_memstream(&bytes, &len);

    out_init(&out, file);
    transcript_text(&out, json);
    transcript_markdown(&out, json);
    out_json(&out, json);
    out_flush(&out);
    fclose(file);
    check_and_free(bytes, false);
    json_decref(json);
}

static void check_message(const struct message *message)
{
    struct folds folds = {.unfolded = message->block_count % 2};
    struct layout *layout = layout_new();

    layout_update(layout, message, WIDTH, &folds);
    check_layout(layout, message, &folds);
    layout_free(&layout);
    check_and_free(layout_source(message), false);
    check_record(message);
    check_transcript(message);
    for (size_t i = 0; i < message->block_count; i++)
        if (message->blocks[i].kind == BLOCK_TOOL_CALL) {
            check_and_free(tool_text_title(&message->blocks[i], true), true);
            check_and_free(tool_text_title(&message->blocks[i], false), true);
        }
}

/* --- the rest --- */

static void check_questions(const struct state *state)
{
    for (size_t i = 0; i < state->question_count; i++) {
        const json_t *json = state->questions[i]->json, *field;
        unsigned hidden;
        size_t at;

        check_and_free(panel_text(json, NULL, &hidden), false);
        check_and_free(panel_title(json), true);
        json_array_foreach(jsonx_arr(json, "fields"), at, field)
        {
            check_and_free(panel_field_label(field), true);
            free(panel_field_default(field));
        }
    }
}

static void check_sessions(const struct sessions *sessions)
{
    for (size_t i = 0; i < sessions_count(sessions); i++) {
        const struct session_row *row = sessions_at(sessions, i);
        assert(*row->title);
        check_clean(row->title, true);
        check_clean(row->model, true);
        session_row_look(row);
    }
}

static void check_bytes(const struct state *state)
{
    struct notify_options options = {.when = NOTIFY_ALWAYS, .bell = true, .desktop = NOTIFY_OSC777};
    struct notify *notify = notify_new(&options, 0);
    char out[NOTIFY_BYTES_MAX];
    size_t len = notify_event(notify, state->id, NOTIFY_ASKS, state->title, 100000, out), escapes = 0;

    assert(len <= sizeof out);
    for (size_t i = 0; i < len; i++) /* the sequence's own and its end */
        escapes += out[i] == 0x1b || out[i] == 0x07;
    assert(escapes <= 3);
    notify_free(&notify);
    check_and_free(notify_title("?", state->title), true);
    check_and_free(session_title(state->title, state->id), true);
}

static void check_previews(const struct state *state)
{
    for (enum preview_change change = PREVIEW_FORK; change <= PREVIEW_COMPACT; change++)
        for (size_t i = 0; i <= state->message_count && i < LAYOUTS; i++) {
            const char *id = i < state->message_count ? state->messages[i]->id : "";
            struct preview preview = preview_change(state, change, id, WIDTH, 8000);
            assert((preview.is == PREVIEW_MISSING) == !preview.text);
            check_and_free(preview.text, false);
        }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return utf8_locale() ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct watcher watcher = {.layout = layout_new(), .sessions = sessions_new()};
    struct state *state = story_read(data, size, on_event, &watcher);

    sessions_look(watcher.sessions, state);
    check_sessions(watcher.sessions);
    sessions_free(&watcher.sessions);
    layout_free(&watcher.layout);
    for (size_t i = 0; i < state->message_count; i++)
        check_message(state->messages[i]);
    for (size_t i = 0; i < state->queue_count; i++)
        check_message(state->queue[i]);
    check_questions(state);
    check_bytes(state);
    check_previews(state);
    state_free(&state);
    return 0;
}
