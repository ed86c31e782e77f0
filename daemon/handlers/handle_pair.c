/* pair.*: one more key of a user's, by a code that one terminal shows and the other says. */
#include "daemon/handlers/handlers.h"

#include "daemon/identity.h"
#include "daemon/people/audit.h"
#include "daemon/people/invite.h"
#include "daemon/people/pairs.h"
#include "daemon/people/tries.h"
#include "daemon/people/users.h"
#include "daemon/server.h"
#include "daemon/socket/address.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_MAX = 64 };

/* Of the key, or of the daemon's where there is none: on its own host. */
static void words_of(const struct server *server, const char *key, char words[KEY_WORDS_MAX])
{
    unsigned char bytes[KEY_BYTES];
    words[0] = '\0';
    if (key_parse(key, bytes) || invite_key(server, bytes))
        key_words(bytes, words);
}

/* --- the terminal that shows the code --- */

enum err handle_pair_start(struct call *call, json_t **ok, char error[256])
{
    struct server *server = call->server;
    const struct principal *principal = &call->principal;
    char words[KEY_WORDS_MAX], reached[JOIN_ADDRESS_MAX];
    const char *from = jsonx_str(call->params, "from", NULL);
    struct address only;
    struct pair pair;
    if (from && !address_of_text(from, &only)) {
        snprintf(error, 256,
                 "'from' is '%.45s'; it must be an address such as 203.0.113.7 or 2001:db8::7: the one that "
                 "the other terminal comes from",
                 from);
        return ERR_BAD_REQUEST;
    }
    if (principal->token[0]) {
        snprintf(error, 256,
                 "a connection that came in by a token lets no key in; use a key, or the daemon's own "
                 "host");
        return ERR_DENIED;
    }
    struct join_address address;
    if (!invite_address(server, &address, error))
        return ERR_CONFIG;
    enum err code = pairs_start(server->pairs, principal->user, principal->key, &call->route,
                                from ? &only : NULL, clock_steady_ms(), &pair, error);
    if (code != ERR_OK)
        return code;
    audit_record(server, principal, "pair.start", "", from ? "from=%s" : NULL, from);
    words_of(server, "", words);
    *ok = json_object();
    jsonx_set_str(*ok, "code", pair.code);
    jsonx_set_int(*ok, "expires", clock_wall_ms() + PAIR_LIFE_MS);
    jsonx_set_str(*ok, "words", words);
    join_address_text(&address, reached);
    jsonx_set_str(*ok, "address", reached);
    jsonx_set_str(*ok, "key", identity_key(server->identity));
    explicit_bzero(&pair, sizeof pair);
    return ERR_OK;
}

/* --- the terminal that says it --- */

struct pairing { /* an answer that waits for the commit */
    struct call *call;
    struct pair pair;
    char *label;
};

static void tell_starter(const struct pairing *pairing)
{
    struct server *server = pairing->call->server;
    char words[KEY_WORDS_MAX];
    struct buf text;
    words_of(server, pairing->call->principal.key, words);
    buf_init(&text, ENVELOPE_REPLY_MAX);
    envelope_put_paired(&text, pairing->pair.user, pairing->label, words);
    struct frame *frame = frame_new(&text);
    clients_reply(server->clients, &pairing->pair.route, frame);
    frame_free(&frame);
}

static json_t *answer(const struct pairing *pairing)
{
    struct server *server = pairing->call->server;
    char shown[KEY_WORDS_MAX], own[KEY_WORDS_MAX];
    json_t *ok = json_object(), *words = json_object();
    words_of(server, pairing->pair.key, shown);
    words_of(server, pairing->call->principal.key, own);
    jsonx_set_str(words, "shown", shown);
    jsonx_set_str(words, "own", own);
    jsonx_set_str(ok, "user", pairing->pair.user);
    json_object_set_new(ok, "words", words);
    return ok;
}

static void on_committed(void *arg, enum err code)
{
    struct pairing *pairing = arg;
    struct server *server = pairing->call->server;
    const char *why = server->store ? store_failing(server->store) : NULL;
    char error[256];
    snprintf(error, sizeof error,
             "the store can't commit (%.120s); this key is let in only if it can before the "
             "daemon ends",
             why ? why : "the daemon stops");
    if (code == ERR_OK)
        tell_starter(pairing);
    json_t *ok = code == ERR_OK ? answer(pairing) : NULL;
    call_finish(&pairing->call, code == ERR_OK ? ERR_OK : ERR_STORE, error, ok);
    explicit_bzero(&pairing->pair, sizeof pairing->pair);
    free(pairing->label);
    free(pairing);
}

/* Who is known already is told so before the code is looked at: it stays good for the terminal it is for. */
static enum err check_asker(const struct call *call, char error[256])
{
    const struct principal *principal = &call->principal;
    const char *failing = store_failing(call->server->store);
    if (call->server->stopping || failing) {
        snprintf(error, 256, "nobody new can be let in now (%.160s); try again later",
                 failing ? failing : "the daemon stops");
        return failing ? ERR_STORE : ERR_SHUTTING_DOWN;
    }
    if (!principal->user[0] && principal->key[0])
        return ERR_OK;
    if (principal->key[0])
        snprintf(error, 256, "this terminal's key is %s's already", principal->user);
    else
        snprintf(error, 256,
                 "this terminal is on the daemon's own host, and is %s's already; say the code on the "
                 "other machine",
                 principal->user);
    return ERR_CONFLICT;
}

/* A code is good while the terminal that shows it is there and is still that user's: so it ends with a key
 * that is revoked, and somebody sees who came in. */
static bool is_shown(const struct call *call, const struct pair *pair)
{
    const struct client *client = clients_find(call->server->clients, &pair->route);
    return client && !client->denied_until && strcmp(client->principal.user, pair->user) == 0 &&
           strcmp(client->principal.key, pair->key) == 0;
}

/* Those whose codes are no more, by wrong ones, learn it at once: people wait there. */
static void tell_killed(const struct call *call)
{
    struct server *server = call->server;
    struct pair pair;
    while (pairs_next_killed(server->pairs, &pair)) {
        json_t *from = json_array();
        for (int i = 0; i < pair.wrong; i++)
            json_array_append_new(from, json_string(pair.wrongs[i].text));
        struct buf text;
        buf_init(&text, ENVELOPE_REPLY_MAX);
        envelope_put_pair_ended(&text, from);
        struct frame *frame = frame_new(&text);
        if (is_shown(call, &pair))
            clients_reply(server->clients, &pair.route, frame);
        frame_free(&frame);
        explicit_bzero(&pair, sizeof pair);
    }
}

static enum err say_fate(struct call *call, enum pair_fate fate, char error[256])
{
    tell_killed(call);
    if (fate == PAIR_DEAF)
        snprintf(error, 256,
                 "too many wrong codes came from your address; try again in %d minutes, or use a ticket",
                 PAIR_DEAF_MS / 60000);
    else
        snprintf(
            error, 256,
            "that code is not, or no longer, good for you, who come from %s: it lives two minutes and five "
            "wrong tries, four from one network; show a new one with stoa pair",
            call->client->address);
    return tries_failed(call, ERR_DENIED, error);
}

enum err handle_pair_redeem(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    struct server *server = call->server;
    struct pair pair;
    if (!tries_may(call))
        return HANDLED_LATER;
    enum err code = check_asker(call, error);
    if (code != ERR_OK)
        return code;
    enum pair_fate fate = pairs_try(server->pairs, jsonx_str(call->params, "code", ""), call->client->address,
                                    clock_steady_ms(), &pair);
    if (fate != PAIR_GOOD)
        return say_fate(call, fate, error);
    if (!is_shown(call, &pair))
        return say_fate(call, PAIR_WRONG, error);
    const char *label = jsonx_str(call->params, "label", "");
    code = users_add_key(server->users, pair.user, call->principal.key, label, error);
    if (code != ERR_OK)
        return code;
    audit_record(server, &call->principal, "pair.redeem", pair.user, "a key of theirs now");
    log_info("users", "user=%s has one more key, by a code", pair.user);
    struct pairing *pairing = xmalloc(sizeof *pairing);
    *pairing = (struct pairing){.call = call_keep(call), .pair = pair};
    pairing->label = sanitise_line(label, strlen(label), LABEL_MAX);
    explicit_bzero(&pair, sizeof pair);
    store_commit(server->store, on_committed, pairing);
    return HANDLED_LATER;
}
