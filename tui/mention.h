/* Files that the draft mentions as "@src/main.c", or @"a name with blanks", and that are sent with it. Only
 * what the person has taken from the list or typed by hand is attached, and only while it stands in the
 * draft. Paths are relative to the client's folder, absolute, or begin with "~/". */
#ifndef STOA_TUI_MENTION_H
#define STOA_TUI_MENTION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MENTION_COUNT_MAX = 16,       /* files of one message */
    MENTION_FILE_MAX = 256 << 10, /* bytes of one */
    MENTION_TOTAL_MAX = 1 << 20,  /* of all of them and the message's text */
    MENTION_NAME_MAX = 1024       /* bytes of a path */
};

struct mention_word { /* a mention in a text */
    size_t from, to;  /* all of it: "@" and quotes included */
    size_t name;      /* its path begins here */
};

/* The mention that the byte at is in or behind. An "@" within a word (ann@example) begins none. */
bool mention_word(const char *text, size_t len, size_t at, struct mention_word *word);
/* How a path is written in a draft, "@" included; NULL if it cannot be. free() it. */
char *mention_token(const char *path);

/* The path as the system wants it: without "~". free() it. */
char *mention_path(const char *path);

struct mentions;

struct mentions *mentions_new(void);
void mentions_free(struct mentions **mentions);
void mentions_clear(struct mentions *mentions);
size_t mentions_count(const struct mentions *mentions);
/* The path as mentioned, clean, and its size when it was added. */
const char *mentions_name(const struct mentions *mentions, size_t index, int64_t *size);

/* Takes a path on, if it is a regular file; known ones are not added twice. False with a sentence in error.
 */
bool mentions_add(struct mentions *mentions, const char *path, char error[512]);
/* The person has ended the word before byte at by hand: takes it on if it is the path of a regular file. True
 * if it is on now. */
bool mentions_typed(struct mentions *mentions, const char *text, size_t len, size_t at);
/* Forgets those that do not stand in the draft any more. True if there were any. */
bool mentions_sync(struct mentions *mentions, const char *text, size_t len);
/* All paths, one a line, for keeping (free() it), and back: those that are not files any more are left out.
 */
char *mentions_list(const struct mentions *mentions);
void mentions_restore(struct mentions *mentions, const char *list);

/* Reads the files as attachments for message.send: [{name, text}], a new reference; NULL with a sentence in
 * error that names the file, its size and what may be. text_len: of the message. */
json_t *mentions_read(const struct mentions *mentions, size_t text_len, char error[512]);

#endif
