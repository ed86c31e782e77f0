/* What was sent and is not acknowledged: shown as "sending" until the session has it, and given back if it is
 * refused, so that nothing typed is lost. Also the drafts of sessions that are not looked at. */
#ifndef STOA_TUI_OUTBOX_H
#define STOA_TUI_OUTBOX_H

#include "proto/state.h"
#include "tui/list.h"
#include <stdbool.h>
#include <stddef.h>

struct outbox;

struct outbox_entry {
    struct outbox_entry *next;
    struct outbox *outbox;
    char session[ID_MAX];
    char *text;
    char *files;             /* the paths that it mentions, one a line */
    struct message *message; /* how the list shows it */
    void *owner;             /* for who sent it */
    bool arrived;            /* the session has it already, only the reply is missing: not shown */
};

struct outbox *outbox_new(void);
void outbox_free(struct outbox **outbox);
/* files: paths, one a line; attachments: [{name, text}], or NULL. */
struct outbox_entry *outbox_add(struct outbox *outbox, const char *session, const char *author,
                                const char *text, const char *files, const json_t *attachments);
/* Removes and frees it. */
void outbox_remove(struct outbox_entry *entry);
/* A message is in the session: hides the oldest entry of the same text. */
void outbox_arrived(struct outbox *outbox, const char *session, const struct message *message);
/* Oldest first; NULL if empty. */
const struct outbox_entry *outbox_first(const struct outbox *outbox);
/* Appends those of a session that are to be shown; at most max. Returns how many. */
size_t outbox_extras(const struct outbox *outbox, const char *session, struct list_extra *extras, size_t max);

struct draft { /* of a session that was left */
    struct draft *next;
    char session[ID_MAX];
    char *text;
    char *files;       /* the paths that are attached, one a line */
    char seen[ID_MAX]; /* the last message when it was left */
    bool kept;         /* on disk, too */
};
/* Keeps text, files and seen for the session; replaces what was kept. */
void outbox_keep_draft(struct outbox *outbox, const char *session, const char *text, const char *files,
                       const char *seen);
/* Whether the session's draft is on disk, too. */
void outbox_draft_kept(struct outbox *outbox, const char *session, bool kept);
/* What is kept, or NULL. Lives until the next outbox_keep_draft. */
const struct draft *outbox_draft(const struct outbox *outbox, const char *session);
/* All that is kept, linked by next. */
const struct draft *outbox_drafts(const struct outbox *outbox);

#endif
