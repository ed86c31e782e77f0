/* A text that the panel asks for, in an editor of its own: Enter takes it, Escape goes back to the keys. Of
 * one line, but for arguments. The keys that edit are those of the draft. */
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/editing.h"
#include "tui/keymap.h"
#include "tui/panel_private.h"
#include "tui/panel_text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 8192 };

static void begin(struct panel *panel, enum panel_asks asks, const char *label, const char *text)
{
    panel->asks = asks;
    snprintf(panel->label, sizeof panel->label, "%s", label);
    panel->label[utf8_cut(panel->label, strlen(panel->label), sizeof panel->label - 1)] = '\0';
    editor_begin(panel->editor, text, strlen(text));
}

/* --- what is asked for --- */

void panel_ask(struct panel *panel, enum panel_asks asks)
{
    static const char *const labels[] = {[PANEL_ASKS_REASON] = "deny, and say why",
                                         [PANEL_ASKS_PATTERN] = "always allow what matches",
                                         [PANEL_ASKS_REDIRECT] = "where the browser went",
                                         [PANEL_ASKS_ARGUMENTS] = "run it once with these arguments"};
    const char *text = "";

    if (asks == PANEL_ASKS_PATTERN)
        text = jsonx_str(panel->question, "pattern", "");
    else if (asks == PANEL_ASKS_ARGUMENTS)
        text = panel->edited ? panel->edited : panel->arguments;
    begin(panel, asks, labels[asks], text);
}

static void begin_field(struct panel *panel)
{
    const json_t *field = json_array_get(jsonx_arr(panel->question, "fields"), panel->field);
    char *label = panel_field_label(field), *text = panel_field_default(field);

    begin(panel, PANEL_ASKS_FIELD, label, text);
    free(label);
    free(text);
}

void panel_ask_form(struct panel *panel)
{
    json_decref(panel->content);
    panel->content = json_object();
    panel->field = 0;
    if (json_array_size(jsonx_arr(panel->question, "fields")) > 0)
        begin_field(panel);
}

void panel_input_hint(struct panel *panel)
{
    char newline[KEYMAP_NAME_MAX], more[KEYMAP_NAME_MAX + 16] = "", place[48] = "";

    static const char *const ends[] = {[PANEL_ASKS_FIELD] = "next",
                                       [PANEL_ASKS_REASON] = "deny",
                                       [PANEL_ASKS_PATTERN] = "allow",
                                       [PANEL_ASKS_REDIRECT] = "send",
                                       [PANEL_ASKS_ARGUMENTS] = "run"};

    keymap_key_of(CONTEXT_CHAT, ACTION_NEWLINE, newline);
    if (panel->asks == PANEL_ASKS_ARGUMENTS && *newline)
        snprintf(more, sizeof more, "  [%s] new line", newline);
    if (panel->asks == PANEL_ASKS_FIELD)
        snprintf(place, sizeof place, "%zu of %zu: ", panel->field + 1,
                 json_array_size(jsonx_arr(panel->question, "fields")));
    snprintf(panel->hint, sizeof panel->hint, "%s%.200s   [Enter] %s%s  [Esc] back", place, panel->label,
             ends[panel->asks], more);
}

/* --- what was given --- */

/* The field's text was given: on to the next, or back to the keys. */
static void end_field(struct panel *panel, const char *text, char **said)
{
    const json_t *fields = jsonx_arr(panel->question, "fields");
    const json_t *field = json_array_get(fields, panel->field);
    char error[256];
    json_t *value = panel_field_value(field, text, error);

    if (!value && *error) {
        *said = xstrdup(error);
        return;
    }
    if (value)
        json_object_set_new(panel->content, jsonx_str(field, "name", ""), value);
    panel->asks = PANEL_ASKS_NOTHING;
    if (++panel->field < json_array_size(fields))
        begin_field(panel);
    else
        panel->seen = true; /* one by one */
    if (panel->asks == PANEL_ASKS_NOTHING)
        panel_reread(panel); /* with what was given */
}

/* Those that are as they were are no answer: that is for a key of its own. */
static enum panel_does end_arguments(struct panel *panel, const char *text, json_t **params, char **said)
{
    char error[256];
    json_t *own = panel_arguments_value(panel->arguments, error);
    json_t *value = panel_arguments_value(text, error);
    bool same = value && json_equal(own, value);
    enum panel_does does = PANEL_TAKES;

    if (!value) {
        *said = xstrdup(error);
    } else if (same) {
        panel->asks = PANEL_ASKS_NOTHING;
        *said = xstrdup("the arguments are as they were: nothing was answered");
    } else {
        free(panel->edited);
        panel->edited = xstrdup(text); /* should the answer be refused */
        *params = panel_answer(panel, "allow", NULL);
        json_object_set_new(*params, "content", json_pack("{s:O}", "arguments", value));
        does = PANEL_ANSWERS;
    }
    json_decref(own);
    json_decref(value);
    return does;
}

static enum panel_does end(struct panel *panel, json_t **params, char **said)
{
    char *text = xstrdup(editor_text(panel->editor, NULL));
    enum panel_does does = PANEL_ANSWERS;

    switch (panel->asks) {
    case PANEL_ASKS_REASON:
        *params = panel_answer(panel, "deny", NULL);
        jsonx_set_str(*params, "reason", *text ? text : NULL);
        break;
    case PANEL_ASKS_PATTERN:
        *params = panel_answer(panel, "allow", "user");
        jsonx_set_str(*params, "pattern", *text ? text : NULL);
        break;
    case PANEL_ASKS_REDIRECT:
        *params = panel_answer(panel, "allow", NULL);
        json_object_set_new(*params, "content", json_pack("{s:s}", "redirect", text));
        break;
    case PANEL_ASKS_ARGUMENTS:
        does = end_arguments(panel, text, params, said);
        break;
    default:
        end_field(panel, text, said);
        does = PANEL_TAKES;
        break;
    }
    free(text);
    return does;
}

/* Arguments that were worked on are there again when one comes back. */
static void go_back(struct panel *panel)
{
    if (panel->asks == PANEL_ASKS_ARGUMENTS) {
        free(panel->edited);
        panel->edited = xstrdup(editor_text(panel->editor, NULL));
    }
    panel->asks = PANEL_ASKS_NOTHING;
}

/* --- editing --- */

static bool insert(struct panel *panel, const char *text, size_t len)
{
    bool lines = panel->asks == PANEL_ASKS_ARGUMENTS;
    char *clean = lines ? sanitise_text(text, len, SANITISE_STRIP, EDITOR_TEXT_MAX)
                        : sanitise_line(text, len, LINE_MAX_BYTES);

    bool fits = editor_insert(panel->editor, clean, strlen(clean));
    free(clean);
    return fits;
}

/* All of it, or nothing. */
static bool insert_paste(struct panel *panel, const struct key_event *event)
{
    size_t most = panel->asks == PANEL_ASKS_ARGUMENTS ? EDITOR_TEXT_MAX : LINE_MAX_BYTES;

    return event->total <= event->len && event->len <= most && insert(panel, event->text, event->len);
}

static void edit(struct panel *panel, enum action action)
{
    editing_act(panel->editor, action, panel->asks == PANEL_ASKS_ARGUMENTS);
    if (action == ACTION_YANK)
        editor_yank(panel->editor);
    else if (action == ACTION_UNDO)
        editor_undo(panel->editor);
}

enum panel_does panel_input_key(struct panel *panel, const struct key_event *event, json_t **params,
                                char **said)
{
    enum action action = keymap_find(CONTEXT_CHAT, event->code, event->mods, false);
    char bytes[4];

    if (event->code == KEY_ENTER && event->mods == 0)
        return end(panel, params, said);
    if (event->code == KEY_ESCAPE || action == ACTION_CANCEL)
        go_back(panel);
    else if (event->code == KEY_PASTE)
        *said = insert_paste(panel, event) ? NULL : xstrdup("the paste is too long: nothing was inserted");
    else if (event->code >= ' ' && event->code < 0x110000 && event->mods == 0)
        insert(panel, bytes, utf8_encode(event->code, bytes));
    else if (action == ACTION_NEWLINE && panel->asks == PANEL_ASKS_ARGUMENTS)
        editor_insert(panel->editor, "\n", 1);
    else
        edit(panel, action);
    return PANEL_TAKES;
}
