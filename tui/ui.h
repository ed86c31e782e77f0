/* What the screen shows, beside the session's state: read by the views, written by app.c and actions.c alone.
 */
#ifndef STOA_TUI_UI_H
#define STOA_TUI_UI_H

#include "tui/browse.h"
#include "tui/client.h"
#include "tui/completion.h"
#include "tui/editor.h"
#include "tui/list.h"
#include "tui/mention.h"
#include "tui/outbox.h"
#include "tui/panel.h"
#include "tui/picker.h"
#include "tui/sessions.h"
#include <stdbool.h>
#include <stddef.h>

enum overlay { OVERLAY_NONE, OVERLAY_PICKER, OVERLAY_HELP, OVERLAY_PAGE, OVERLAY_CONFIRM };

enum { UI_EXTRAS_MAX = 128 };

struct ui {
    enum client_link link;
    char *link_text;                  /* what the link says of itself; NULL before it said anything */
    const struct client_hello *hello; /* NULL before the first */
    const char *daemon;               /* the remote daemon's name; NULL: the local one */
    char session[ID_MAX];             /* the one looked at */
    const struct state *state;        /* its state; NULL before its first snapshot */
    struct sessions *sessions;
    struct list *list;
    struct editor *editor;
    struct outbox *outbox;
    struct panel *panel;           /* the question that is being answered */
    struct mentions *mentions;     /* files that the draft brings along */
    struct completion *completion; /* what is offered for the word being typed */
    struct browse *browse;         /* the cursor among the messages */
    struct picker *picker;         /* of OVERLAY_PICKER */
    enum overlay overlay;
    size_t scroll; /* help, page, confirm: first line shown */
    char *page;    /* what a page shows: clean lines, the first one its heading; NULL: none */
    bool prefix;   /* ^X was pressed */
    bool mouse;
    bool focused; /* as far as the terminal says */
    char *notice; /* a sentence for the status line, one clean line; NULL: none */
    bool notice_bad;
    char *failing;           /* why the daemon's store can't commit, one clean line; NULL: it can */
    struct message *trouble; /* the session's error or retry as a message; NULL: none */
    struct list_extra extras[UI_EXTRAS_MAX];
    size_t extra_count;
};

#endif
