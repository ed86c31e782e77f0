/* What the files of the client in line mode share: plain.c (loop and terminal), plain_show.c (what is
 * printed), plain_command.c (what is typed after "/"), plain_answer.c (questions). Nobody else includes this.
 */
#ifndef STOA_TUI_PLAIN_PLAIN_PRIVATE_H
#define STOA_TUI_PLAIN_PLAIN_PRIVATE_H

#include "proto/state.h"
#include "tui/cli/printer.h"
#include "tui/client.h"
#include "tui/plain/paper.h"
#include "tui/plain/typed.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum { PLAIN_MESSAGES = 20, PLAIN_ANSWER_MS = 10000, PLAIN_END_SIGNALS = 3 };

struct plain_question { /* that was printed, with the number that people call it by */
    char id[ID_MAX];
    int number;
    int64_t printed; /* steady ms */
    bool open;
};

struct plain_sent { /* a message on its way, for its author not to read it again */
    struct plain_sent *next;
    struct plain *plain;
    char session[ID_MAX];
    char *text;
    bool arrived, acknowledged; /* in the session; by the daemon */
};

struct plain {
    uv_loop_t loop;
    struct client *client;
    struct paper *paper;
    struct out *out;        /* of paper */
    struct printer printer; /* of the answer that streams */
    struct typed *typed;
    const char *daemon; /* the remote daemon's name; NULL: the local one */
    char session[ID_MAX];
    bool begun;         /* the session's first snapshot was shown */
    char last[ID_MAX];  /* the newest message that was printed; "" for none */
    enum run_state run; /* that was printed last */
    json_t *names;      /* participant id to name */
    struct plain_sent *sent;
    char *wanted;                                         /* the session that /switch looks for; "": all */
    struct plain_question questions[STATE_QUESTIONS_MAX]; /* the newest ones */
    size_t question_count;
    int question_numbers; /* given so far */
    json_t *form;         /* the question whose fields are being filled in; NULL: none */
    json_t *content;      /* what was filled in */
    size_t field;
    int terminal; /* an own descriptor of it */
    uv_poll_t input;
    uv_signal_t interrupt, resumed, ends[PLAIN_END_SIGNALS];
    int64_t last_interrupt; /* steady ms; 0: none since */
    int waiting;            /* requests that have no reply */
    bool quit;
    int exit_code, ended_by;
};

/* --- plain.c --- */
/* As client_request; until reply has called plain_replied, no prompt is shown. */
void plain_request(struct plain *plain, enum method method, json_t *params, int timeout_ms,
                   client_reply_cb *reply, void *arg);
void plain_replied(struct plain *plain);
void plain_quit(struct plain *plain, int exit_code);
void plain_send(struct plain *plain, const char *text);
/* Whether the message is one that was sent from here: its author has just typed it. True once for each. */
bool plain_is_ours(struct plain *plain, const struct message *message);
void plain_interrupt(struct plain *plain);
/* Leaves the session for another one. */
void plain_switch(struct plain *plain, const char *session);

/* --- plain_show.c --- */
/* A line, sanitised, which is no message: it ends what streams. */
void plain_say(struct plain *plain, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* All that a first snapshot has; after a gap, what was missed. */
void plain_show_snapshot(struct plain *plain, const struct state *state);
void plain_show_event(struct plain *plain, const struct event *event, const struct state *state);

/* --- plain_command.c --- */
void plain_command(struct plain *plain, const char *text);

/* --- plain_answer.c --- */
/* Prints the open questions that were not printed yet; again: all of them. */
void plain_ask(struct plain *plain, const struct state *state, bool again);
void plain_answered(struct plain *plain, const json_t *data);
/* "/allow ..." and "/deny ...": rest is what follows the word. */
void plain_allow(struct plain *plain, const char *rest);
void plain_deny(struct plain *plain, const char *rest);
/* A line while a form is filled in. */
void plain_fill(struct plain *plain, const char *line);
/* Puts the form away. */
void plain_drop_form(struct plain *plain);
/* What stands before what is typed now. */
const char *plain_prompt_text(const struct plain *plain);

#endif
