/* What the panel's files share: panel.c (which question, what is shown, keys), panel_offer.c (what can be
 * done about it), panel_input.c (text that is asked for). */
#ifndef STOA_TUI_PANEL_PRIVATE_H
#define STOA_TUI_PANEL_PRIVATE_H

#include "shared/buf.h"
#include "tui/keymap.h"
#include "tui/panel.h"

enum { PANEL_HINT_BYTES = 600, PANEL_LABEL_BYTES = 400, PANEL_NOTE_BYTES = 192 };

enum panel_asks {
    PANEL_ASKS_NOTHING,
    PANEL_ASKS_REASON,
    PANEL_ASKS_PATTERN,
    PANEL_ASKS_FIELD,
    PANEL_ASKS_REDIRECT,
    PANEL_ASKS_ARGUMENTS
};

struct panel_row { /* a line of the text */
    size_t at, len, indent;
};

struct panel {
    char user[64]; /* who answers; "" if that is not known */
    enum role role;
    json_t *question; /* the one that is shown; NULL: none */
    char id[ID_MAX];
    size_t waiting;                          /* questions of the session, with this one */
    char later[STATE_QUESTIONS_MAX][ID_MAX]; /* put off */
    size_t later_count;
    bool answering; /* our answer is on its way */
    int64_t quiet;  /* steady ms of the last key, or of its coming */
    bool cut_short; /* a text was being typed into it when the question was answered elsewhere */

    char *text, *heading;
    unsigned hidden;
    struct panel_row *lines;
    size_t line_count, first, shown, cols;
    bool seen, expanded;

    enum panel_asks asks;
    struct editor *editor;
    char label[PANEL_LABEL_BYTES], hint[PANEL_HINT_BYTES];
    size_t field;
    json_t *content; /* a form's values so far; NULL: not filled in */
    char *arguments; /* of the call, all of them, as for the editor; NULL: they can't be edited */
    char *edited;    /* what was made of them before one went back to the keys; NULL: nothing */
};

bool panel_is(const struct panel *panel, const char *kind);
/* Makes the text of the question anew, with the content that there is; it is shown from its beginning. */
void panel_reread(struct panel *panel);
/* The params of an answer that is on its way from now on. scope: or NULL. */
json_t *panel_answer(struct panel *panel, const char *decision, const char *scope);

/* Whether this person can do that about the question now. */
bool panel_offers(const struct panel *panel, enum action action);
/* Appends the keys of all that is offered, and of putting it off. */
void panel_offer_keys(const struct panel *panel, struct buf *out);
/* Whose answer it needs, if that is not just anybody's who sees it; else "". */
void panel_offer_persons(const struct panel *panel, char note[PANEL_NOTE_BYTES]);

/* Asks for a text: a reason, the pattern of a rule, an address, the call's arguments. */
void panel_ask(struct panel *panel, enum panel_asks asks);
/* Asks for a form's values, one after the other, from the first one on. */
void panel_ask_form(struct panel *panel);
/* A key while a text is asked for. */
enum panel_does panel_input_key(struct panel *panel, const struct key_event *event, json_t **params,
                                char **said);
/* What is asked for, and the keys: writes the hint. */
void panel_input_hint(struct panel *panel);

#endif
