/* The panel above the draft, where questions are answered: what it shows of a question, and what keys mean to
 * it. A pure model: it draws nothing and asks nobody.
 *
 * What must not happen: that typing answers. Keys mean nothing here in the first PANEL_QUIET_MS, which each
 * key begins anew; with a draft they need Alt; Space and Enter never answer; and yes works only once the end
 * of what is asked has been seen. What is asked is shown with nothing hidden in it. */
#ifndef STOA_TUI_PANEL_H
#define STOA_TUI_PANEL_H

#include "proto/state.h"
#include "tui/editor.h"
#include "tui/style.h"
#include "tui/terminal/keys.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PANEL_QUIET_MS = 350,
    PANEL_CUT_SHORT_MS =
        700 /* without a key for so long, keys are for the draft again after a text was cut short */
};

struct panel;

struct panel *panel_new(void);
void panel_free(struct panel **panel);

/* Who answers, and with which role in the session: what is not theirs to answer is shown, but offers nothing.
 * Until this is called: an owner. */
void panel_set_person(struct panel *panel, const char *user, enum role role);
/* Brings it up to date with the session's questions (state NULL: there are none). now: steady ms. If the
 * question that it showed is gone, *said is a sentence about who answered it, unless we did ourselves (free()
 * it); else NULL. */
void panel_sync(struct panel *panel, const struct state *state, int64_t now, char **said);
/* Whether there is something to show. */
bool panel_open(const struct panel *panel);
/* Shows again what was put off; false if there is nothing. */
bool panel_recall(struct panel *panel, const struct state *state, int64_t now);

/* Lays it out for so many cells; rows: at most so many lines of the question. Returns how many it takes,
 * heading and hint not counted. */
size_t panel_arrange(struct panel *panel, size_t cols, size_t rows);
/* A line of the last panel_arrange, sanitised, and the cells that stay free before it; lives until the next.
 */
const char *panel_line(const struct panel *panel, size_t index, size_t *len, size_t *indent);
/* Heading and hint: clean one-line texts, which live until the next panel_sync, panel_arrange or panel_key.
 */
const char *panel_heading(const struct panel *panel);
const char *panel_hint(const struct panel *panel, bool draft_empty);
/* All of the screen is to be given to it. */
bool panel_expanded(const struct panel *panel);
/* While it takes text (a reason, a pattern, a form's value, a call's arguments; the hint says which): the
 * editor for it; else NULL. */
struct editor *panel_input(struct panel *panel);

enum panel_does {
    PANEL_LEAVES, /* the key is not for the panel */
    PANEL_TAKES,  /* it was; *said may be a sentence for the status line (free() it) */
    PANEL_ANSWERS /* *params is for question.answer (new reference) */
};
/* A key while no overlay is shown. draft_empty: whether the person has begun to write. */
enum panel_does panel_key(struct panel *panel, const struct key_event *event, bool draft_empty, int64_t now,
                          json_t **params, char **said);
/* It is not seen, or a key went elsewhere: keys mean nothing for a while, as after a key of its own. */
void panel_wait(struct panel *panel, int64_t now);
/* The answer was refused or lost: the question may be answered again. */
void panel_refused(struct panel *panel);

#endif
