/* What outlives the client: the draft of each session, and what was sent from here. One file a session, in
 * the folder "client" of the state folder, replaced as a whole. Of several terminals the last one that writes
 * wins the draft; what was sent is added up. Damaged and foreign files are as good as none, and are said so.
 */
#ifndef STOA_TUI_KEEP_H
#define STOA_TUI_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KEEP_SENT_MAX = 200,           /* texts of a session */
    KEEP_SENT_BYTES_MAX = 1 << 20, /* of them together */
    KEEP_FILE_MAX = 8 << 20,       /* bytes of a file */
    KEEP_SESSIONS_MAX = 100,       /* read by keep_all: the newest */
    KEEP_ALL_MAX = 8 << 20         /* bytes of their files together: somebody waits for it */
};

struct kept_text {
    char *text;
    int64_t ts; /* wall ms */
};

struct kept {               /* all texts are sanitised */
    char *draft, *files;    /* never NULL; files: one path a line, which the draft mentions */
    long writer;            /* the process that shows this draft, or 0 */
    struct kept_text *sent; /* oldest first */
    size_t sent_count;
};

/* Reads a file's content; false if it is not one. Free with kept_clear. */
bool kept_parse(const char *bytes, size_t len, struct kept *kept);
/* The same as a file's content; free() it. */
char *kept_format(const struct kept *kept, size_t *len);
void kept_clear(struct kept *kept);
/* Adds a text that was sent, unless it equals the newest; drops the oldest beyond the limits. */
void kept_add(struct kept *kept, const char *text, int64_t ts);

struct keep;

/* Makes the folder. NULL with a sentence in error: then nothing can be kept. */
struct keep *keep_open(char error[256]);
void keep_free(struct keep **keep);
/* What is kept of a session; empty if nothing is. False, with kept empty and a sentence in error, if there is
 * a file that cannot be used. Free with kept_clear. */
bool keep_load(const struct keep *keep, const char *session, struct kept *kept, char error[256]);
/* Whether the draft is another living client's, so that showing it here would be a second one. */
bool kept_elsewhere(const struct kept *kept);
/* Keeps draft, files and writer as they are in change, and adds what was sent in it; an empty draft does not
 * take the place of one that another living client shows. False with a sentence in error. May run in a
 * thread, if nothing else of the folder is used meanwhile. */
bool keep_save(const struct keep *keep, const char *session, const struct kept *change, char error[256]);
/* The session is no more. */
void keep_forget(const struct keep *keep, const char *session);
/* Calls back with what was sent in each session, the newest written first; drafts are left out. */
void keep_all(const struct keep *keep, void (*each)(void *arg, const char *session, const struct kept *kept),
              void *arg);

#endif
