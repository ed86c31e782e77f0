#include "tui/sessions.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum {
    TITLE_BYTES_MAX = 400,
    SHOWN_END = 4 /* characters of an id: its beginning is the time, and alike for sessions of one minute */
};

struct sessions {
    struct session_row *rows;
    size_t count;
};

struct sessions *sessions_new(void)
{
    return xcalloc(1, sizeof(struct sessions));
}

static void row_clear(struct session_row *row)
{
    free(row->title);
    free(row->model);
}

static void clear(struct sessions *sessions)
{
    for (size_t i = 0; i < sessions->count; i++)
        row_clear(&sessions->rows[i]);
    free(sessions->rows);
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

void sessions_load(struct sessions *sessions, const json_t *list)
{
    size_t index;
    json_t *item;

    clear(sessions);
    json_array_foreach(list, index, item)
    {
        const char *id = jsonx_str(item, "id", "");
        if (!id_valid(id, "s_"))
            continue;
        struct session_row *row = insert(sessions, sessions->count, id);
        set_title(row, jsonx_str(item, "title", ""));
        set_model(row, jsonx_str(item, "model", ""));
        row->run = run_of(jsonx_str(item, "state", "idle"));
        row->activity = jsonx_int(item, "activity", 0);
    }
}

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
    row->activity = event->ts;
    switch (event->type) {
    case EVENT_SESSION_STARTED:
    case EVENT_SESSION_UPDATED:
        updated(sessions, row, event->data);
        break;
    case EVENT_STATE_CHANGED:
        run_changed(row, run_of(jsonx_str(event->data, "new", "idle")));
        break;
    case EVENT_ERROR_OCCURRED:
        row->error = true;
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
    row->error = state->error_text != NULL;
    row->news = false;
    row->activity = state->activity;
}

struct session_look session_row_look(const struct session_row *row)
{
    if (row->run == RUN_AWAITING_PERMISSION)
        return (struct session_look){"?", "asks", STYLE_WARNING};
    if (row->run != RUN_IDLE)
        return (struct session_look){"●", "runs", STYLE_GOOD};
    if (row->error)
        return (struct session_look){"!", "error", STYLE_ERROR};
    if (row->news)
        return (struct session_look){"✓", "done", STYLE_GOOD};
    return (struct session_look){"·", "", STYLE_DIM};
}
