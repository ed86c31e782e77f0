/* API tokens: what programs log in with (token.login). A token's secret is random, shown once, and begins
 * with "stoa_", so that scanners of source code find one; its hash alone is kept. Expiry goes by the wall
 * clock. */
#ifndef STOA_DAEMON_PEOPLE_TOKENS_H
#define STOA_DAEMON_PEOPLE_TOKENS_H

#include "daemon/people/users.h"

#define TOKEN_PREFIX "stoa_"
enum { TOKEN_SECRET_LEN = sizeof TOKEN_PREFIX - 1 + KEY_SECRET_LEN };
#define TOKEN_TTL_MS (INT64_C(30) * 24 * 3600 * 1000) /* without another */

struct token;

struct token_wish {
    const char *user, *label;
    int64_t ttl_ms;
    enum role most;
    const char *session; /* NULL: any */
};
/* A new one of the user's: *token lives until it is revoked or expires. secret: wipe it. ERR_OK, or a code
 * with a sentence. */
enum err tokens_issue(struct users *users, const struct token_wish *wish, const struct token **token,
                      char secret[TOKEN_SECRET_LEN + 1], char error[256]);
/* NULL if there is none (any more). */
const struct token *tokens_find(const struct users *users, const char *id);
/* It must be there. Connections that came in by it are cut. */
void tokens_revoke(struct users *users, const char *id);

const char *token_user(const struct token *token);
const char *token_id(const struct token *token);
int64_t token_expires(const struct token *token);
/* {token, user, label, role, session?, created, expires}: a new reference. */
json_t *token_json(const struct token *token);
typedef void token_cb(void *arg, const struct token *token);
/* Of that user, or (NULL) of all. */
void tokens_each(const struct users *users, const char *user, token_cb *each, void *arg);

#endif
