/* The person's sessions as the side bar and the switcher list them: read by session.list, kept true by the
 * listed events. */
#ifndef STOA_TUI_SESSIONS_H
#define STOA_TUI_SESSIONS_H

#include "proto/event.h"
#include "proto/state.h"
#include "tui/style.h"
#include <stdbool.h>
#include <stddef.h>

struct session_row {
    char id[ID_MAX];
    char *title, *model; /* sanitised, one line; title is never "" */
    enum run_state run;
    bool in_line;              /* its turn waits for an agent process */
    bool error;                /* the last turn ended with an error */
    bool news;                 /* a turn has ended since the session was last looked at */
    int64_t activity;          /* wall milliseconds */
    char (*questions)[ID_MAX]; /* that wait for an answer */
    size_t question_count;
};

struct sessions;

struct sessions *sessions_new(void);
void sessions_free(struct sessions **sessions);
/* Replaces the list by that of a session.list reply; what is known of the same sessions beside it stays.
 * next: its cursor, "" for none. */
void sessions_load(struct sessions *sessions, const json_t *list, const char *next);
/* The page that follows: those that are not listed yet. */
void sessions_append(struct sessions *sessions, const json_t *list, const char *next);
/* The cursor of the page that follows; "" if there is none. */
const char *sessions_next(const struct sessions *sessions);
/* Those of a question.list reply are all that wait. */
void sessions_questions(struct sessions *sessions, const json_t *list);
/* Folds a listed event. True if something that is shown has changed. */
bool sessions_event(struct sessions *sessions, const struct event *event);
/* The session that is looked at: it has no news, and is listed even if the daemon did not list it. */
void sessions_look(struct sessions *sessions, const struct state *state);
void sessions_remove(struct sessions *sessions, const char *id);

size_t sessions_count(const struct sessions *sessions);
const struct session_row *sessions_at(const struct sessions *sessions, size_t index);
/* sessions_count if it is not listed. */
size_t sessions_find(const struct sessions *sessions, const char *id);

/* Whether the session needs a person. */
bool session_row_asks(const struct session_row *row);
/* How a row's condition is said: a glyph, a word ("" for idle), and a style. */
struct session_look {
    const char *glyph, *word;
    enum style style;
};
struct session_look session_row_look(const struct session_row *row);
/* A title for people, on one line; free(). */
char *session_title(const char *title, const char *id);

#endif
