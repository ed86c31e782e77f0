/* Which question is shown: the oldest that was not put off. It stays until it is answered, whoever answers
 * it. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/panel_private.h"
#include "tui/panel_text.h"
#include "tui/text/wrap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HANG = 4 /* cells; more than what stands below a name is indented */ };

struct panel *panel_new(void)
{
    struct panel *panel = xcalloc(1, sizeof *panel);

    panel->editor = editor_new();
    panel->role = ROLE_OWNER;
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
    free(panel->arguments);
    free(panel->edited);
    panel->arguments = panel->edited = NULL;
    panel->line_count = panel->first = panel->shown = panel->cols = panel->field = 0;
    panel->seen = panel->expanded = panel->answering = false;
    panel->asks = PANEL_ASKS_NOTHING;
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
    char *title = panel_title(panel->question), count[48] = "", until[CLOCK_TEXT];
    int64_t deadline = jsonx_int(panel->question, "deadline", 0);

    if (panel->waiting > 1)
        snprintf(count, sizeof count, "  1 of %zu", panel->waiting);
    free(panel->heading);
    panel->heading = xasprintf("? %s%s%s%s", title, count, deadline > 0 ? "  until " : "",
                               deadline > 0 ? clock_local(deadline, CLOCK_TODAY_SECOND, until) : "");
    free(title);
}

/* What the question shows of the arguments, or, where that is cut, all of them from its message. */
static char *whole_arguments(const struct state *state, const struct question *question)
{
    const struct message *message = state_message(state, question->message);
    const char *text = jsonx_str(question->json, "arguments", NULL);

    if (jsonx_bool(question->json, "cut", false)) {
        bool here = message && question->block >= 0 && (size_t)question->block < message->block_count;
        text = here ? message->blocks[question->block].text.data : NULL;
    }
    return text ? panel_arguments(text) : NULL;
}

void panel_reread(struct panel *panel)
{
    free(panel->text);
    panel->text = panel_text(panel->question, panel->content, &panel->hidden);
    panel->line_count = panel->first = panel->shown = panel->cols = 0; /* to be laid out */
}

static void take_up(struct panel *panel, const struct state *state, const struct question *question,
                    int64_t now)
{
    snprintf(panel->id, sizeof panel->id, "%s", question->id);
    panel->question = json_incref(question->json);
    panel_reread(panel);
    if (question->kind == QUESTION_PERMISSION)
        panel->arguments = whole_arguments(state, question);
    panel->quiet = now;
}

void panel_set_person(struct panel *panel, const char *user, enum role role)
{
    snprintf(panel->user, sizeof panel->user, "%s", user);
    panel->role = role;
}

/* The first of two persons has allowed it. */
static void note_approval(struct panel *panel, const struct question *question)
{
    if (question->json == panel->question)
        return;
    json_decref(panel->question);
    panel->question = json_incref(question->json);
    panel->answering = false;
}

void panel_sync(struct panel *panel, const struct state *state, int64_t now, char **said)
{
    *said = NULL;
    if (panel->question && !(state && state_question(state, panel->id))) {
        if (!panel->answering)
            *said = who_answered(panel, state);
        panel->cut_short = panel->asks != PANEL_ASKS_NOTHING;
        panel->quiet = now;
        forget_question(panel);
    }
    if (panel->question)
        note_approval(panel, state_question(state, panel->id));
    prune_later(panel, state);
    for (size_t i = 0; state && !panel->question && i < state->question_count; i++)
        if (!is_later(panel, state->questions[i]->id))
            take_up(panel, state, state->questions[i], now);
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

static void add_line(struct panel *panel, size_t at, size_t len, size_t indent)
{
    panel->lines = xreallocarray(panel->lines, panel->line_count + 1, sizeof *panel->lines);
    panel->lines[panel->line_count++] = (struct panel_row){at, len, indent};
}

/* What a line of arguments goes on with is indented, so that it doesn't look like another argument. All of
 * their spaces are shown; sentences break between words. */
static void lay_out(struct panel *panel)
{
    size_t at = 0, len = strlen(panel->text);
    bool exact = panel_is(panel, "permission");
    size_t hang = exact && panel->cols > 4 * HANG ? HANG : 0;

    panel->line_count = 0;
    while (at < len) {
        size_t line = strcspn(panel->text + at, "\n"), done = 0;

        if (line == 0)
            add_line(panel, at, 0, 0);
        while (done < line) {
            size_t next, indent = done > 0 ? hang : 0;
            size_t taken = wrap_next(panel->text + at + done, line - done, panel->cols - indent,
                                     exact ? WRAP_HARD : WRAP_WORDS, &next);

            add_line(panel, at + done, taken, indent);
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

const char *panel_line(const struct panel *panel, size_t index, size_t *len, size_t *indent)
{
    const struct panel_row *line = &panel->lines[panel->first + index];

    *len = line->len;
    *indent = line->indent;
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

bool panel_is(const struct panel *panel, const char *kind)
{
    return strcmp(jsonx_str(panel->question, "kind", ""), kind) == 0;
}

const char *panel_hint(const struct panel *panel, bool draft_empty)
{
    struct panel *own = (struct panel *)panel; /* the text is made when it is asked for */
    size_t below = panel->line_count - panel->first - panel->shown;
    char more[64 + KEYMAP_NAME_MAX] = "", warning[64] = "", view[KEYMAP_NAME_MAX], note[PANEL_NOTE_BYTES];
    struct buf keys;

    if (panel->asks != PANEL_ASKS_NOTHING) {
        panel_input_hint(own);
        return panel->hint;
    }
    if (below > 0)
        snprintf(more, sizeof more, "↓ %zu more line%s: [%s] view ", below, below == 1 ? "" : "s",
                 keymap_key_of(CONTEXT_PANEL, ACTION_PANEL_VIEW, view));
    if (panel->hidden > 0)
        snprintf(warning, sizeof warning, "! %u hidden characters ", panel->hidden);
    buf_init(&keys, PANEL_HINT_BYTES / 2);
    panel_offer_keys(panel, &keys);
    panel_offer_persons(panel, note);
    bool plain = draft_empty || (panel->role < ROLE_APPROVER && below == 0);
    snprintf(own->hint, sizeof own->hint, "%s%s%s%s%s", warning, note, more, plain ? "" : "with Alt: ",
             panel->answering ? "answering…"
             : keys.data      ? keys.data
                              : "");
    buf_free(&keys);
    return panel->hint;
}

struct editor *panel_input(struct panel *panel)
{
    return panel->question && panel->asks != PANEL_ASKS_NOTHING ? panel->editor : NULL;
}

/* --- answers --- */

json_t *panel_answer(struct panel *panel, const char *decision, const char *scope)
{
    json_t *params = json_object();

    jsonx_set_str(params, "question", panel->id);
    jsonx_set_str(params, "decision", decision);
    jsonx_set_str(params, "scope", scope);
    panel->answering = true;
    panel->asks = PANEL_ASKS_NOTHING;
    return params;
}

void panel_wait(struct panel *panel, int64_t now)
{
    panel->quiet = now;
}

void panel_refused(struct panel *panel)
{
    panel->answering = false;
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

static bool was_seen(const struct panel *panel, char **said)
{
    char view[KEYMAP_NAME_MAX];

    if (!panel->seen)
        *said = xasprintf("its end was not seen yet: %s shows all of it",
                          keymap_key_of(CONTEXT_PANEL, ACTION_PANEL_VIEW, view));
    return panel->seen;
}

/* A yes, once all was seen. */
static enum panel_does allow(struct panel *panel, const char *scope, json_t **params, char **said)
{
    if (!was_seen(panel, said))
        return PANEL_TAKES;
    *params = panel_answer(panel, "allow", scope);
    if (panel_is(panel, "form"))
        json_object_set(*params, "content", panel->content);
    return PANEL_ANSWERS;
}

static enum panel_does act(struct panel *panel, enum action action, json_t **params, char **said)
{
    switch (action) {
    case ACTION_PANEL_ONCE:
        return allow(panel, NULL, params, said);
    case ACTION_PANEL_SESSION:
        return allow(panel, "session", params, said);
    case ACTION_PANEL_DENY:
        *params = panel_answer(panel, "deny", NULL);
        return PANEL_ANSWERS;
    case ACTION_PANEL_ALWAYS:
        if (was_seen(panel, said))
            panel_ask(panel, PANEL_ASKS_PATTERN);
        break;
    case ACTION_PANEL_EDIT:
        if (was_seen(panel, said))
            panel_ask(panel, PANEL_ASKS_ARGUMENTS);
        break;
    case ACTION_PANEL_DENY_WHY:
        panel_ask(panel, PANEL_ASKS_REASON);
        break;
    case ACTION_PANEL_REDIRECT:
        panel_ask(panel, PANEL_ASKS_REDIRECT);
        break;
    case ACTION_PANEL_FILL:
        panel_ask_form(panel);
        break;
    default:
        panel->expanded = true;
    }
    return PANEL_TAKES;
}

/* What a key means to the question, ACTION_NONE for nothing. What types something means nothing beside a
 * draft but with Alt; Space and Enter never do, whatever they are bound to. */
static enum action action_of(const struct panel *panel, const struct key_event *event, bool draft_empty)
{
    bool alt = event->mods & MOD_ALT, types = event->code < 0x110000 && event->mods == 0;
    enum action action = keymap_find(CONTEXT_PANEL, event->code, event->mods, true);

    if (event->code == KEY_ENTER || event->code == ' ')
        return ACTION_NONE;
    if (action == ACTION_NONE && alt)
        action = keymap_find(CONTEXT_PANEL, event->code, event->mods & (uint8_t)~MOD_ALT, true);
    if (action == ACTION_PANEL_LATER)
        return draft_empty || alt || !types ? action : ACTION_NONE;
    if (!draft_empty && !alt)
        return ACTION_NONE;
    if (action == ACTION_PANEL_VIEW)
        return action;
    return panel_offers(panel, action) ? action : ACTION_NONE;
}

enum panel_does panel_key(struct panel *panel, const struct key_event *event, bool draft_empty, int64_t now,
                          json_t **params, char **said)
{
    bool quiet = now - panel->quiet >= PANEL_QUIET_MS;

    *params = NULL;
    *said = NULL;
    panel->cut_short &= now - panel->quiet < PANEL_CUT_SHORT_MS;
    if (panel->cut_short) { /* what was meant for it must not fall into the draft, and be sent */
        panel->quiet = now;
        return PANEL_TAKES;
    }
    if (!panel->question)
        return PANEL_LEAVES;
    panel->quiet = now;
    if (panel->asks != PANEL_ASKS_NOTHING)
        return panel_input_key(panel, event, params, said);
    enum action action = action_of(panel, event, draft_empty);
    if (panel->expanded) {
        bool view = keymap_find(CONTEXT_PANEL, event->code, event->mods, true) == ACTION_PANEL_VIEW;
        if (scroll(panel, event))
            return PANEL_TAKES;
        if (event->code == KEY_ESCAPE || event->code == 'q' || view) {
            panel->expanded = false;
            return PANEL_TAKES;
        }
    }
    if (action == ACTION_PANEL_LATER) {
        put_off(panel);
        return PANEL_TAKES;
    }
    if (panel->answering || action == ACTION_NONE)
        return PANEL_LEAVES;
    if (!quiet) {
        *said = xstrdup("too soon after another key: nothing was answered");
        return PANEL_TAKES;
    }
    return act(panel, action, params, said);
}
