/* Folders and files below the state folder that belong to sessions and their MCP servers:
 *     sessions/SESSION/   a session's own: where its servers run, and where whole results are kept
 *     hosts/USER.SERVER.VARIANT/   where a server runs that sessions share
 *     oauth/USER.SERVER.VARIANT[.SESSION].HASH   sealed tokens; oauth/key seals them
 * What belongs to a session goes when the session does, at the latest some time after the next start. */
#ifndef STOA_DAEMON_MCP_FOLDERS_H
#define STOA_DAEMON_MCP_FOLDERS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    FOLDERS_KEY_BYTES = 32,
    FOLDERS_USER_BYTES = 128, /* of a user's part of a name, and of the user's name */
    FOLDERS_SWEEP_MS = 2000,  /* from the start until what deleted sessions left is looked for */
    FOLDERS_RETRY_MS = 1000,  /* until a folder in which something still wrote is removed again ... */
    FOLDERS_RETRIES = 10      /* ... and how often */
};

struct server;
struct folders;

/* state: the state folder; copied. */
struct folders *folders_open(struct server *server, const char *state);
/* Freed when the loop has run once more; a removal that is under way is left to the next start. */
void folders_close(struct folders **folders);

/* Where the folders of sessions are, by their ids; lives as long. */
const char *folders_sessions(const struct folders *folders);
/* The same of those of servers that sessions share. */
const char *folders_hosts(const struct folders *folders);
/* The folder's path, made (0700) if need be; free() it. NULL with a sentence. user "": of all users. */
char *folders_session(struct folders *folders, const char *sid, char error[256]);
char *folders_host(struct folders *folders, const char *user, const char *server, const char *variant,
                   char error[256]);
/* The file for sealed tokens; free() it. sid NULL: not of one session. url: what they are for. */
char *folders_tokens(struct folders *folders, const char *user, const char *server, const char *variant,
                     const char *sid, const char *url);
/* The key that seals them: FOLDERS_KEY_BYTES bytes, made at first. NULL with a sentence. */
const unsigned char *folders_key(struct folders *folders, char error[256]);
/* "USER.SERVER.VARIANT" as one part of a path; free() it. */
char *folders_name(const char *user, const char *server, const char *variant);
/* The user of such a name; false if it is of none, or does not tell. From any thread. */
bool folders_user_of(const char *name, char user[FOLDERS_USER_BYTES]);

/* The user is removed: what servers kept for them, and the tokens with which they were let in, are no more
 * when it returns. */
void folders_forget_user(struct folders *folders, const char *user);
/* Removes the files in the folder whose names begin as folders_name says for that user. */
void folders_unlink(const char *folder, const char *user);

/* The session is deleted: what it had here is removed by and by. */
void folders_remove(struct folders *folders, const char *sid);

#endif
