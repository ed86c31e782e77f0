/* Which question is shown: the oldest that was not put off. It stays until it is answered, whoever answers
 * it. */
#include "tui/panel.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/panel_text.h"
#include "tui/wrap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HINT_BYTES = 300, LABEL_BYTES = 400, INPUT_MAX = 8192 };

enum input { INPUT_NONE, INPUT_REASON, INPUT_PATTERN, INPUT_FIELD, INPUT_REDIRECT };

struct line {
    size_t at, len;
};

struct panel {
    json_t *question; /* the one that is shown; NULL: none */
    char id[ID_MAX];
    size_t waiting;                          /* questions of the session, with this one */
    char later[STATE_QUESTIONS_MAX][ID_MAX]; /* put off */
    size_t later_count;
    bool answering; /* our answer is on its way */
    int64_t quiet;  /* steady ms of the last key, or of its coming */

    char *text, *heading;
    unsigned hidden;
    struct line *lines;
    size_t line_count, first, shown, cols;
    bool seen, expanded;

    enum input input;
    struct editor *editor;
    char label[LABEL_BYTES], hint[HINT_BYTES];
    size_t field;
    json_t *content; /* a form's values so far; NULL: not filled in */
};

struct panel *panel_new(void)
{
    struct panel *panel = xcalloc(1, sizeof *panel);

    panel->editor = editor_new();
    return panel;
}

static void forget_question(struct panel *panel)
{
    json_decref(panel->question);
    panel->question = NULL;
    free(panel->text);
    free(panel->heading);
    free(panel->lines);
    panel->text = panel->heading = NULL;
    panel->lines = NULL;
    json_decref(panel->content);
    panel->content = NULL;
    panel->line_count = panel->first = panel->shown = panel->cols = panel->field = 0;
    panel->seen = panel->expanded = panel->answering = false;
    panel->input = INPUT_NONE;
    panel->id[0] = '\0';
}

void panel_free(struct panel **slot)
{
    struct panel *panel = *slot;

    if (!panel)
        return;
    forget_question(panel);
    editor_free(&panel->editor);
    free(panel);
    *slot = NULL;
}

/* --- which question --- */

static bool is_later(const struct panel *panel, const char *id)
{
    for (size_t i = 0; i < panel->later_count; i++)
        if (strcmp(panel->later[i], id) == 0)
            return true;
    return false;
}

/* Those that are not asked any more need not be remembered. */
static void prune_later(struct panel *panel, const struct state *state)
{
    size_t kept = 0;

    for (size_t i = 0; i < panel->later_count; i++)
        if (state && state_question(state, panel->later[i]) && kept++ != i)
            memcpy(panel->later[kept - 1], panel->later[i], ID_MAX);
    panel->later_count = kept;
}

static char *who_answered(const struct panel *panel, const struct state *state)
{
    const struct answered *answered = state ? state_answered(state, panel->id) : NULL;
    const char *word = !answered                                  ? "gone"
                       : strcmp(answered->decision, "allow") == 0 ? "allowed"
                       : strcmp(answered->decision, "deny") == 0  ? "denied"
                                                                  : "cancelled";
    char *title = panel_title(panel->question), *said;

    if (answered && answered->by)
        said = xasprintf("%s by %s: %s", word, answered->by, title);
    else
        said = xasprintf("%s (%s): %s", word, answered ? answered->cause : "withdrawn", title);
    free(title);
    return said;
}

static void set_heading(struct panel *panel)
{
    char *title = panel_title(panel->question), count[48] = "", until[48] = "";
    time_t deadline = (time_t)(jsonx_int(panel->question, "deadline", 0) / 1000);
    struct tm tm;

    if (panel->waiting > 1)
        snprintf(count, sizeof count, "  1 of %zu", panel->waiting);
    if (deadline > 0 && localtime_r(&deadline, &tm))
        strftime(until, sizeof until, "  until %H:%M:%S", &tm);
    free(panel->heading);
    panel->heading = xasprintf("? %s%s%s", title, count, until);
    free(title);
}

static void take_up(struct panel *panel, const struct question *question, int64_t now)
{
    snprintf(panel->id, sizeof panel->id, "%s", question->id);
    panel->question = json_incref(question->json);
    panel->text = panel_text(panel->question, &panel->hidden);
    panel->quiet = now;
}

void panel_sync(struct panel *panel, const struct state *state, int64_t now, char **said)
{
    *said = NULL;
    if (panel->question && !(state && state_question(state, panel->id))) {
        if (!panel->answering)
            *said = who_answered(panel, state);
        forget_question(panel);
    }
    prune_later(panel, state);
    for (size_t i = 0; state && !panel->question && i < state->question_count; i++)
        if (!is_later(panel, state->questions[i]->id))
            take_up(panel, state->questions[i], now);
    size_t waiting = state ? state->question_count : 0;
    if (panel->question && (!panel->heading || waiting != panel->waiting)) {
        panel->waiting = waiting;
        set_heading(panel);
    }
}

bool panel_open(const struct panel *panel)
{
    return panel->question != NULL;
}

bool panel_recall(struct panel *panel, const struct state *state, int64_t now)
{
    char *said;

    panel->later_count = 0;
    panel_sync(panel, state, now, &said);
    free(said);
    return panel_open(panel);
}

static void put_off(struct panel *panel)
{
    if (panel->later_count < STATE_QUESTIONS_MAX)
        memcpy(panel->later[panel->later_count++], panel->id, ID_MAX);
    forget_question(panel);
}

/* --- what it shows --- */

static void add_line(struct panel *panel, size_t at, size_t len)
{
    panel->lines = xreallocarray(panel->lines, panel->line_count + 1, sizeof *panel->lines);
    panel->lines[panel->line_count++] = (struct line){at, len};
}

static void lay_out(struct panel *panel)
{
    size_t at = 0, len = strlen(panel->text);

    panel->line_count = 0;
    while (at < len) {
        size_t line = strcspn(panel->text + at, "\n"), done = 0;

        if (line == 0)
            add_line(panel, at, 0);
        while (done < line) {
            size_t next,
                taken = wrap_next(panel->text + at + done, line - done, panel->cols, WRAP_HARD, &next);

            add_line(panel, at + done, taken);
            done += next;
        }
        at += line + (panel->text[at + line] == '\n');
    }
}

size_t panel_arrange(struct panel *panel, size_t cols, size_t rows)
{
    if (!panel->question)
        return 0;
    if (cols != panel->cols) {
        panel->cols = cols > 0 ? cols : 1;
        panel->first = 0;
        lay_out(panel);
    }
    panel->shown = panel->line_count < rows ? panel->line_count : rows;
    if (panel->first + panel->shown > panel->line_count)
        panel->first = panel->line_count - panel->shown;
    panel->seen = panel->seen || panel->first + panel->shown == panel->line_count;
    return panel->shown;
}

const char *panel_line(const struct panel *panel, size_t index, size_t *len, enum style *style)
{
    const struct line *line = &panel->lines[panel->first + index];

    *len = line->len;
    *style = STYLE_TEXT;
    return panel->text + line->at;
}

const char *panel_heading(const struct panel *panel)
{
    return panel->heading ? panel->heading : "";
}

bool panel_expanded(const struct panel *panel)
{
    return panel->expanded;
}

static bool is_kind(const struct panel *panel, const char *kind)
{
    return strcmp(jsonx_str(panel->question, "kind", ""), kind) == 0;
}

/* Which keys there are, by the kind of the question. */
static const char *keys_of(const struct panel *panel)
{
    static const struct {
        const char *kind, *keys;
    } hints[] = {
        {"permission", "[y] once [s] session [p] always [n] no [N] why [Esc] later"},
        {"form", "[f] fill in [n] decline [Esc] later"},
        {"url", "[y] opened [n] decline [Esc] later"},
        {"sampling", "[y] allow [n] refuse [Esc] later"},
        {"authorize", "[r] paste where the browser went [n] give up [Esc] later"},
    };

    if (panel->content)
        return "[y] send [f] fill in again [n] decline [Esc] later";
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (is_kind(panel, hints[i].kind))
            return hints[i].keys;
    return "[n] decline [Esc] later";
}

const char *panel_hint(const struct panel *panel, bool draft_empty)
{
    struct panel *own = (struct panel *)panel; /* the text is made when it is asked for */
    size_t below = panel->line_count - panel->first - panel->shown;
    char more[64] = "", warning[64] = "";

    if (below > 0)
        snprintf(more, sizeof more, "↓ %zu more lines: [v] view ", below);
    if (panel->hidden > 0)
        snprintf(warning, sizeof warning, "! %u hidden characters ", panel->hidden);
    if (panel->input != INPUT_NONE) {
        snprintf(own->hint, sizeof own->hint, "%.200s   [Enter] take it  [Esc] back", panel->label);
        return panel->hint;
    }
    snprintf(own->hint, sizeof own->hint, "%s%s%s%s", warning, more,
             draft_empty ? "" : "with Alt: ", panel->answering ? "answering…" : keys_of(panel));
    return panel->hint;
}

struct editor *panel_input(struct panel *panel)
{
    return panel->question && panel->input != INPUT_NONE ? panel->editor : NULL;
}

/* --- answers --- */

static json_t *answer(struct panel *panel, const char *decision, const char *scope)
{
    json_t *params = json_object();

    jsonx_set_str(params, "question", panel->id);
    jsonx_set_str(params, "decision", decision);
    jsonx_set_str(params, "scope", scope);
    panel->answering = true;
    panel->input = INPUT_NONE;
    return params;
}

void panel_refused(struct panel *panel)
{
    panel->answering = false;
}

/* --- text that is asked for --- */

static void begin_input(struct panel *panel, enum input input, const char *label, const char *text)
{
    panel->input = input;
    snprintf(panel->label, sizeof panel->label, "%s", label);
    panel->label[utf8_cut(panel->label, strlen(panel->label), sizeof panel->label - 1)] = '\0';
    editor_set(panel->editor, text, strlen(text));
}

static void begin_field(struct panel *panel)
{
    const json_t *field = json_array_get(jsonx_arr(panel->question, "fields"), panel->field);
    char *label = panel_field_label(field), *text = panel_field_default(field);

    begin_input(panel, INPUT_FIELD, label, text);
    free(label);
    free(text);
}

static void begin_form(struct panel *panel)
{
    json_decref(panel->content);
    panel->content = json_object();
    panel->field = 0;
    if (json_array_size(jsonx_arr(panel->question, "fields")) > 0)
        begin_field(panel);
}

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
    panel->input = INPUT_NONE;
    if (++panel->field < json_array_size(fields))
        begin_field(panel);
    else
        panel->seen = true; /* one by one */
}

static enum panel_does end_input(struct panel *panel, json_t **params, char **said)
{
    char *text = xstrdup(editor_text(panel->editor, NULL));
    enum panel_does does = PANEL_ANSWERS;

    switch (panel->input) {
    case INPUT_REASON:
        *params = answer(panel, "deny", NULL);
        jsonx_set_str(*params, "reason", *text ? text : NULL);
        break;
    case INPUT_PATTERN:
        *params = answer(panel, "allow", "user");
        jsonx_set_str(*params, "pattern", *text ? text : NULL);
        break;
    case INPUT_REDIRECT:
        *params = answer(panel, "allow", NULL);
        json_object_set_new(*params, "content", json_pack("{s:s}", "redirect", text));
        break;
    default:
        end_field(panel, text, said);
        does = PANEL_TAKES;
        break;
    }
    free(text);
    return does;
}

static void insert(struct panel *panel, const char *text, size_t len)
{
    char *line = sanitise_line(text, len, INPUT_MAX);

    editor_insert(panel->editor, line, strlen(line));
    free(line);
}

static enum panel_does input_key(struct panel *panel, const struct key_event *event, json_t **params,
                                 char **said)
{
    char bytes[4];

    if (event->code == KEY_ENTER)
        return end_input(panel, params, said);
    if (event->code == KEY_ESCAPE || (event->code == 'c' && event->mods == MOD_CTRL))
        panel->input = INPUT_NONE;
    else if (event->code == KEY_BACKSPACE)
        editor_delete(panel->editor, EDITOR_LEFT, false);
    else if (event->code == KEY_DELETE)
        editor_delete(panel->editor, EDITOR_RIGHT, false);
    else if (event->code == KEY_LEFT || event->code == KEY_RIGHT)
        editor_move(panel->editor, event->code == KEY_LEFT ? EDITOR_LEFT : EDITOR_RIGHT);
    else if (event->code == KEY_HOME || event->code == KEY_END)
        editor_move(panel->editor, event->code == KEY_HOME ? EDITOR_LINE_START : EDITOR_LINE_END);
    else if (event->code == 'u' && event->mods == MOD_CTRL)
        editor_delete(panel->editor, EDITOR_LINE_START, true);
    else if (event->code == KEY_PASTE && event->total == event->len)
        insert(panel, event->text, event->len);
    else if (event->code >= ' ' && event->code < 0x110000 && event->mods == 0)
        insert(panel, bytes, utf8_encode(event->code, bytes));
    return PANEL_TAKES;
}

/* --- keys --- */

static bool scroll(struct panel *panel, const struct key_event *event)
{
    size_t page = panel->shown > 1 ? panel->shown - 1 : 1, last = panel->line_count - panel->shown;
    bool down = event->code == KEY_DOWN || event->code == 'j' || event->code == KEY_WHEEL_DOWN;
    bool up = event->code == KEY_UP || event->code == 'k' || event->code == KEY_WHEEL_UP;
    size_t step = up || down ? 1 : page;

    if (down || event->code == KEY_PAGE_DOWN)
        panel->first = panel->first + step < last ? panel->first + step : last;
    else if (up || event->code == KEY_PAGE_UP)
        panel->first = panel->first > step ? panel->first - step : 0;
    else if (event->code == KEY_HOME || event->code == KEY_END)
        panel->first = event->code == KEY_HOME ? 0 : last;
    else
        return false;
    return true;
}

/* A yes, once all was seen. */
static enum panel_does allow(struct panel *panel, const char *scope, json_t **params, char **said)
{
    if (!panel->seen) {
        *said = xstrdup("its end was not seen yet: v shows all of it");
        return PANEL_TAKES;
    }
    *params = answer(panel, "allow", scope);
    if (is_kind(panel, "form"))
        json_object_set(*params, "content", panel->content);
    return PANEL_ANSWERS;
}

static enum panel_does permission_key(struct panel *panel, uint32_t code, json_t **params, char **said)
{
    if (code == 's')
        return allow(panel, "session", params, said);
    if (code == 'N')
        begin_input(panel, INPUT_REASON, "why not", "");
    else if (code == 'p' && !panel->seen)
        *said = xstrdup("its end was not seen yet: v shows all of it");
    else if (code == 'p')
        begin_input(panel, INPUT_PATTERN, "always allow", jsonx_str(panel->question, "pattern", ""));
    else
        return PANEL_LEAVES;
    return PANEL_TAKES;
}

static enum panel_does answer_key(struct panel *panel, uint32_t code, json_t **params, char **said)
{
    bool form = is_kind(panel, "form"), authorize = is_kind(panel, "authorize");

    if (code == 'y' && !authorize && (!form || panel->content))
        return allow(panel, NULL, params, said);
    if (code == 'n') {
        *params = answer(panel, "deny", NULL);
        return PANEL_ANSWERS;
    }
    if (code == 'v')
        panel->expanded = true;
    else if (code == 'f' && form)
        begin_form(panel);
    else if (code == 'r' && authorize)
        begin_input(panel, INPUT_REDIRECT, "where the browser went", "");
    else if (is_kind(panel, "permission"))
        return permission_key(panel, code, params, said);
    else
        return PANEL_LEAVES;
    return PANEL_TAKES;
}

/* Whether the hint names the key. */
static bool is_own_key(const struct panel *panel, uint32_t code)
{
    char name[4] = {'[', (char)code, ']', '\0'};

    return code > ' ' && code < 0x7f && (code == 'v' || strstr(keys_of(panel), name));
}

enum panel_does panel_key(struct panel *panel, const struct key_event *event, bool draft_empty, int64_t now,
                          json_t **params, char **said)
{
    bool quiet = now - panel->quiet >= PANEL_QUIET_MS;
    bool plain = event->mods == 0 && draft_empty, alt = event->mods == MOD_ALT;

    *params = NULL;
    *said = NULL;
    if (!panel->question)
        return PANEL_LEAVES;
    panel->quiet = now;
    if (panel->input != INPUT_NONE)
        return input_key(panel, event, params, said);
    if (panel->expanded) {
        if (scroll(panel, event))
            return PANEL_TAKES;
        if (event->code == KEY_ESCAPE || event->code == 'v' || event->code == 'q') {
            panel->expanded = false;
            return PANEL_TAKES;
        }
    }
    if (event->code == KEY_ESCAPE && event->mods == 0) {
        put_off(panel);
        return PANEL_TAKES;
    }
    if (panel->answering || (!plain && !alt) || !is_own_key(panel, event->code))
        return PANEL_LEAVES;
    if (!quiet) {
        *said = xstrdup("too soon after another key: nothing was answered");
        return PANEL_TAKES;
    }
    return answer_key(panel, event->code, params, said);
}
