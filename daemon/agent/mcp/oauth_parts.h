/* What the files of oauth share: the whole, and the attempt that runs. */
#ifndef STOA_AGENT_MCP_OAUTH_PARTS_H
#define STOA_AGENT_MCP_OAUTH_PARTS_H

#include "daemon/agent/mcp/oauth.h"
#include "daemon/agent/mcp/oauth_discovery.h"
#include "daemon/agent/mcp/oauth_fetch.h"
#include "daemon/agent/mcp/oauth_file.h"
#include "daemon/agent/mcp/oauth_listener.h"
#include "daemon/agent/mcp/oauth_secret.h"
#include "daemon/agent/mcp/oauth_token.h"

struct oauth_attempt;

struct oauth {
    uv_loop_t *loop;
    struct http *http;
    char *server_url, *client_id, *client_secret, *issuer, *metadata_url, *scope, *file;
    unsigned char key[OAUTH_FILE_KEY];
    int redirect_port;
    bool old_server;
    bool safe; /* the server is reached by https, or is this machine: a token may be sent to it */
    struct oauth_callbacks callbacks;
    void *arg;
    struct oauth_accounts accounts; /* the first is in force */
    bool unsaved;                   /* the file could not be written: memory knows better than it */
    int64_t refreshed_ms; /* steady clock: when the token in force came by a refresh; 0: it did not */
    int64_t renewal_ms;   /* steady clock: the last time that a renewal was begun; 0: never */
    int64_t refusals[OAUTH_REFUSALS_MAX];
    int refusal_count;
    struct oauth_attempt *attempt; /* NULL: none */
};

/* From a challenge, or from a token that is about to end, to a token. It goes: discovery, then a refresh, or
 * listener, registration, the browser, and the exchange of its code. */
struct oauth_attempt {
    struct oauth *oauth;       /* NULL once it has ended */
    uv_timer_t deadline, step; /* step: what comes next, from the loop */
    int handles;
    void (*next)(struct oauth_attempt *attempt);
    bool asked;              /* somebody waits for done; else it is a renewal */
    bool step_up;            /* 403: a refresh is of no use */
    char *refused;           /* the token that was refused; NULL: there was none */
    char *scope;             /* of the challenge, then what is asked for */
    char *resource_metadata; /* of the challenge */
    struct oauth_discovered found;
    struct oauth_discovery *discovery;
    struct oauth_fetch *fetch;
    struct oauth_listener *listener;
    char *redirect_uri;
    char verifier[OAUTH_SECRET_LEN + 1], state[OAUTH_SECRET_LEN + 1]; /* state "": nobody was sent yet */
    char *code;
    char why[OAUTH_WHY_MAX]; /* set: the redirect said no */
};

/* Takes what is in the file, if that may know better. */
void oauth_load(struct oauth *oauth);
void oauth_save(struct oauth *oauth);
/* The access token in force that has not expired; NULL: none. */
const char *oauth_token_now(const struct oauth *oauth);

/* The first step of an attempt. */
void oauth_attempt_begin(struct oauth_attempt *attempt);
/* Runs next from the loop. */
void oauth_attempt_then(struct oauth_attempt *attempt, void (*next)(struct oauth_attempt *attempt));
/* Ends it and tells; from the loop only. why: a sentence if not ok. */
void oauth_attempt_end(struct oauth_attempt *attempt, bool ok, const char *why);
void oauth_attempt_fail(struct oauth_attempt *attempt, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The steps with a person, from the listener to the exchange. */
void oauth_attempt_ask(struct oauth_attempt *attempt);
/* Asks the token endpoint. form is wiped. */
void oauth_attempt_post(struct oauth_attempt *attempt, struct buf *form,
                        void (*done)(void *arg, const struct oauth_fetched *fetched));
/* "X answered 400 Bad Request (invalid_grant)" */
void oauth_attempt_blame(struct oauth_attempt *attempt, const struct oauth_fetched *fetched);
/* Takes what the token endpoint answered to a request for that scope. False: it has ended the attempt. */
bool oauth_attempt_take(struct oauth_attempt *attempt, const struct oauth_fetched *fetched,
                        const char *asked);
/* Makes the client of the configuration the account's. */
void oauth_attempt_own_client(struct oauth_attempt *attempt);
/* The query of a redirect. Only notes what comes next. */
enum oauth_page oauth_attempt_redirected(void *arg, const char *query);

#endif
