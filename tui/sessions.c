#include "tui/sessions.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum {
    TITLE_BYTES_MAX = 400,
    SESSIONS_MAX = 10000, /* more are not listed */
    SHOWN_END = 4 /* characters of an id: its beginning is the time, and alike for sessions of one minute */
};

struct sessions {
    struct session_row *rows;
    size_t count;
    char *next; /* cursor of the page that follows; NULL: none */
};

struct sessions *sessions_new(void)
{
    return xcalloc(1, sizeof(struct sessions));
}

static void row_clear(struct session_row *row)
{
    free(row->title);
    free(row->model);
    free(row->questions);
}

static void clear(struct sessions *sessions)
{
    for (size_t i = 0; i < sessions->count; i++)
        row_clear(&sessions->rows[i]);
    free(sessions->rows);
    free(sessions->next);
    *sessions = (struct sessions){0};
}

void sessions_free(struct sessions **sessions)
{
    if (!*sessions)
        return;
    clear(*sessions);
    free(*sessions);
    *sessions = NULL;
}

char *session_title(const char *title, const char *id)
{
    if (!*title)
        return xasprintf("untitled …%s", strlen(id) > SHOWN_END ? id + strlen(id) - SHOWN_END : id);
    return sanitise_line(title, strlen(title), TITLE_BYTES_MAX);
}

static struct session_row *insert(struct sessions *sessions, size_t at, const char *id)
{
    sessions->rows = xreallocarray(sessions->rows, sessions->count + 1, sizeof *sessions->rows);
    memmove(&sessions->rows[at + 1], &sessions->rows[at], (sessions->count - at) * sizeof *sessions->rows);
    sessions->count++;
    struct session_row *row = &sessions->rows[at];
    *row = (struct session_row){.title = session_title("", id), .model = xstrdup("")};
    strncpy(row->id, id, sizeof row->id - 1);
    return row;
}

static void set_title(struct session_row *row, const char *title)
{
    free(row->title);
    row->title = session_title(title, row->id);
}

static void set_model(struct session_row *row, const char *model)
{
    free(row->model);
    row->model = sanitise_line(model, strlen(model), TITLE_BYTES_MAX);
}

static enum run_state run_of(const char *name)
{
    enum run_state run = run_state_parse(name);

    return run == RUN_COUNT ? RUN_IDLE : run;
}

static void set_next(struct sessions *sessions, const char *next)
{
    char *copy = *next && sessions->count < SESSIONS_MAX ? xstrdup(next) : NULL;

    free(sessions->next);
    sessions->next = copy;
}

/* One of a session.list reply, at the end of the list; NULL if it is not one, or is listed. */
static struct session_row *add(struct sessions *sessions, const json_t *item)
{
    const char *id = jsonx_str(item, "id", "");

    if (!id_valid(id, "s_") || sessions->count == SESSIONS_MAX ||
        sessions_find(sessions, id) < sessions->count)
        return NULL;
    struct session_row *row = insert(sessions, sessions->count, id);
    set_title(row, jsonx_str(item, "title", ""));
    set_model(row, jsonx_str(item, "model", ""));
    row->run = run_of(jsonx_str(item, "state", "idle"));
    row->in_line = jsonx_bool(item, "in_line", false);
    row->error = jsonx_bool(item, "error", false);
    row->activity = jsonx_int(item, "activity", 0);
    return row;
}

/* What a list does not say, of errors only for what the daemon has in memory. */
static void inherit(struct session_row *row, struct session_row *old)
{
    row->error = row->error || (old->error && row->run == RUN_IDLE);
    row->news = old->news;
    row->questions = old->questions;
    row->question_count = old->question_count;
    old->questions = NULL;
    old->question_count = 0;
}

void sessions_load(struct sessions *sessions, const json_t *list, const char *next)
{
    struct sessions old = *sessions;
    size_t i;
    json_t *item;

    *sessions = (struct sessions){0};
    json_array_foreach(list, i, item)
    {
        struct session_row *row = add(sessions, item);
        size_t known = row ? sessions_find(&old, row->id) : 0;

        if (row && known < old.count)
            inherit(row, &old.rows[known]);
    }
    set_next(sessions, next);
    clear(&old);
}

void sessions_append(struct sessions *sessions, const json_t *list, const char *next)
{
    size_t i;
    json_t *item;

    json_array_foreach(list, i, item)
    {
        add(sessions, item);
    }
    set_next(sessions, next);
}

const char *sessions_next(const struct sessions *sessions)
{
    return sessions->next ? sessions->next : "";
}

/* --- questions --- */

static void add_question(struct session_row *row, const char *id)
{
    for (size_t i = 0; i < row->question_count; i++)
        if (strcmp(row->questions[i], id) == 0)
            return;
    if (!id_valid(id, "q_") || row->question_count == STATE_QUESTIONS_MAX)
        return;
    if (!row->questions)
        row->questions = xcalloc(STATE_QUESTIONS_MAX, sizeof *row->questions);
    memcpy(row->questions[row->question_count++], id, strlen(id) + 1);
}

static void remove_question(struct session_row *row, const char *id)
{
    for (size_t i = 0; i < row->question_count; i++)
        if (strcmp(row->questions[i], id) == 0) {
            row->question_count--;
            memmove(&row->questions[i], &row->questions[i + 1],
                    (row->question_count - i) * sizeof *row->questions);
            return;
        }
}

void sessions_questions(struct sessions *sessions, const json_t *list)
{
    size_t i;
    json_t *item;

    for (i = 0; i < sessions->count; i++)
        sessions->rows[i].question_count = 0;
    json_array_foreach(list, i, item)
    {
        size_t at = sessions_find(sessions, jsonx_str(item, "session", ""));

        if (at < sessions->count)
            add_question(&sessions->rows[at], jsonx_str(item, "id", ""));
    }
}

/* --- reading --- */

size_t sessions_count(const struct sessions *sessions)
{
    return sessions->count;
}

const struct session_row *sessions_at(const struct sessions *sessions, size_t index)
{
    return &sessions->rows[index];
}

size_t sessions_find(const struct sessions *sessions, const char *id)
{
    size_t index = 0;

    while (index < sessions->count && strcmp(sessions->rows[index].id, id) != 0)
        index++;
    return index;
}

void sessions_remove(struct sessions *sessions, const char *id)
{
    size_t index = sessions_find(sessions, id);

    if (index == sessions->count)
        return;
    row_clear(&sessions->rows[index]);
    sessions->count--;
    memmove(&sessions->rows[index], &sessions->rows[index + 1],
            (sessions->count - index) * sizeof *sessions->rows);
}

static void run_changed(struct session_row *row, enum run_state run)
{
    if (row->run == RUN_IDLE && run != RUN_IDLE)
        row->error = false;
    if (row->run != RUN_IDLE && run == RUN_IDLE)
        row->news = true;
    row->in_line = row->in_line && run != RUN_IDLE;
    row->run = run;
}

static void updated(struct sessions *sessions, struct session_row *row, const json_t *data)
{
    if (jsonx_str(data, "title", NULL))
        set_title(row, jsonx_str(data, "title", ""));
    if (jsonx_str(data, "model", NULL))
        set_model(row, jsonx_str(data, "model", ""));
    if (jsonx_bool(data, "archived", false))
        sessions_remove(sessions, row->id);
}

bool sessions_event(struct sessions *sessions, const struct event *event)
{
    size_t index = sessions_find(sessions, event->session);

    if (event->type >= EVENT_COUNT || !event_row(event->type)->listed)
        return false;
    if (event->type == EVENT_SESSION_ENDED) {
        sessions_remove(sessions, event->session);
        return true;
    }
    struct session_row *row =
        index < sessions->count ? &sessions->rows[index] : insert(sessions, 0, event->session);
    if (event_is_activity(event))
        row->activity = event->ts;
    switch (event->type) {
    case EVENT_SESSION_STARTED:
    case EVENT_SESSION_UPDATED:
        updated(sessions, row, event->data);
        break;
    case EVENT_STATE_CHANGED:
        run_changed(row, run_of(jsonx_str(event->data, "new", "idle")));
        break;
    case EVENT_TURN_RETRYING:
        row->in_line = jsonx_int(event->data, "limit", 0) == 0 && *jsonx_str(event->data, "why", "");
        break;
    case EVENT_ERROR_OCCURRED:
        row->error = true;
        break;
    case EVENT_QUESTION_ASKED:
        add_question(row, jsonx_str(jsonx_obj(event->data, "question"), "id", ""));
        break;
    case EVENT_QUESTION_ANSWERED:
        remove_question(row, jsonx_str(event->data, "question", ""));
        break;
    default:
        break;
    }
    return true;
}

void sessions_look(struct sessions *sessions, const struct state *state)
{
    size_t index = sessions_find(sessions, state->id);
    struct session_row *row =
        index < sessions->count ? &sessions->rows[index] : insert(sessions, 0, state->id);

    set_title(row, state->title);
    set_model(row, state->model);
    row->run = state->run;
    row->in_line = state->retry_why && state->retry_limit == 0;
    row->error = state->error_text != NULL;
    row->news = false;
    row->activity = state->activity;
    row->question_count = 0;
    for (size_t i = 0; i < state->question_count; i++)
        add_question(row, state->questions[i]->id);
}

bool session_row_asks(const struct session_row *row)
{
    return row->run == RUN_AWAITING_PERMISSION || row->question_count > 0;
}

struct session_look session_row_look(const struct session_row *row)
{
    if (session_row_asks(row))
        return (struct session_look){"?", "asks", STYLE_WARNING};
    if (row->in_line)
        return (struct session_look){"~", "in line", STYLE_WARNING};
    if (row->run != RUN_IDLE)
        return (struct session_look){"●", "running", STYLE_GOOD};
    if (row->error)
        return (struct session_look){"!", "error", STYLE_ERROR};
    if (row->news)
        return (struct session_look){"✓", "done", STYLE_GOOD};
    return (struct session_look){"·", "", STYLE_DIM};
}
