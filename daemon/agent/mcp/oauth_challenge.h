/* What a server says in WWW-Authenticate. */
#ifndef STOA_AGENT_MCP_OAUTH_CHALLENGE_H
#define STOA_AGENT_MCP_OAUTH_CHALLENGE_H

#include <stdbool.h>

struct oauth_challenge {     /* of its Bearer challenge; NULL: not said */
    bool is_bearer;          /* whether there is one at all */
    char *error;             /* "insufficient_scope" */
    char *scope;             /* names separated by single spaces */
    char *resource_metadata; /* a URL, not checked */
};

/* header may be NULL, hold several challenges, and be malformed: what can be read of it is taken. */
void oauth_challenge_read(const char *header, struct oauth_challenge *challenge);
void oauth_challenge_free(struct oauth_challenge *challenge);

#endif
