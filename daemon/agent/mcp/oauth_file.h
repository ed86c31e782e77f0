/* The file that keeps what is secret: sealed with a key, replaced whole. */
#ifndef STOA_AGENT_MCP_OAUTH_FILE_H
#define STOA_AGENT_MCP_OAUTH_FILE_H

#include <jansson.h>
#include <stdbool.h>

enum { OAUTH_FILE_KEY = 32 /* bytes of a key */, OAUTH_FILE_MAX = 1 << 20 /* bytes of a file */ };

/* A new reference (wipe it), or NULL: no file, or one that is damaged, of another key or version; that is
 * logged. */
json_t *oauth_file_read(const char *path, const unsigned char key[OAUTH_FILE_KEY]);
/* Mode 0600, by a new file and rename. False if that failed, which is logged. */
bool oauth_file_write(const char *path, const unsigned char key[OAUTH_FILE_KEY], const json_t *json);
void oauth_file_remove(const char *path);

#endif
