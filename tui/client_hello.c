/* Who this is, said at the start of each connection: hello, then the API token where there is one. Who is not
 * let in is told what to do. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/client_private.h"
#include <stdio.h>
#include <stdlib.h>

enum { HELLO_AGAIN_MS = 1000 /* after a hello that was refused for now */ };

void hello_clear(struct client_hello *hello)
{
    free((char *)hello->version);
    free((char *)hello->epoch);
    free((char *)hello->user);
    free((char *)hello->participant);
    free((char *)hello->default_model);
    free((char *)hello->why);
}

static void read_hello(struct client *client, const json_t *ok)
{
    hello_clear(&client->hello);
    client->has_hello = true;
    client->hello = (struct client_hello){
        .version = xstrdup(jsonx_str(ok, "version", "")),
        .epoch = xstrdup(jsonx_str(ok, "epoch", "")),
        .user = xstrdup(jsonx_str(ok, "user", "")),
        .participant = xstrdup(jsonx_str(ok, "client", "")),
        .role = role_parse(jsonx_str(ok, "role", role_name(ROLE_VIEWER))),
        .default_model = xstrdup(jsonx_str(ok, "default_model", "")),
        .context = jsonx_int(jsonx_obj(ok, "limits"), "context", 0),
        .why = xstrdup(jsonx_str(ok, "why", "")),
    };
}

void hello_listing(struct client *client)
{
    if (client->listing && client->greeted)
        pending_add(client, METHOD_SESSION_SUBSCRIBE, NULL, json_pack("{s:[s]}", "sessions", "mine"), NULL,
                    NULL, NULL)
            ->anew = true;
}

static void be_greeted(struct client *client)
{
    client->greeted = true;
    client->last_ping = clock_steady_ms(); /* an answered hello is as good as a ping */
    hello_listing(client);
    link_set(client, CLIENT_READY, "connected");
}

/* The daemon speaks with keys that it does not know, but only of tickets and codes. */
static void refuse_stranger(struct client *client)
{
    char words[KEY_WORDS_MAX], text[1024];

    if (!client_address_is_remote(client->address)) {
        link_refuse(client, ERR_DENIED, "the daemon does not let this user in");
        return;
    }
    key_words(client->address->pair.open, words);
    snprintf(
        text, sizeof text,
        "%s does not know the key of this terminal (%s), or does not let it in any more: ask somebody "
        "there for a ticket (stoa ticket), or type stoa pair on a terminal of yours that is in, and here "
        "what it shows: stoa -d %s pair CODE",
        link_said(client), words, client->address->name);
    link_refuse(client, ERR_DENIED, text);
}

static void on_login(void *arg, enum err code, const char *text, json_t *ok)
{
    struct client *client = arg;
    char why[1024];

    client->waiting_since = 0;
    if (code != ERR_OK) {
        snprintf(why, sizeof why, "%s does not take the API token: %s", link_said(client), text);
        link_refuse(client, code, why);
        return;
    }
    free((char *)client->hello.user);
    client->hello.user = xstrdup(jsonx_str(ok, "user", ""));
    client->hello.role = role_parse(jsonx_str(ok, "role", role_name(ROLE_VIEWER)));
    be_greeted(client);
}

static void log_in(struct client *client)
{
    json_t *params = json_pack("{s:s}", "token", client->address->token);
    struct pending *pending = pending_add(client, METHOD_TOKEN_LOGIN, NULL, params, on_login, client, NULL);

    pending->anew = pending->background = true;
    client->waiting_since = clock_steady_ms();
    pending_send(client, pending);
}

static void on_hello(void *arg, enum err code, const char *text, json_t *ok)
{
    struct client *client = arg;

    client->waiting_since = 0;
    if (code == ERR_VERSION || code == ERR_DENIED) {
        link_refuse(client, code, text);
        return;
    }
    if (code != ERR_OK) {
        client->hello_at = clock_steady_ms() + HELLO_AGAIN_MS;
        link_notice(client, "refused", code, text);
        return;
    }
    read_hello(client, ok);
    link_note_store(client, ok);
    if (client->closed)
        return;
    if (client->address->token)
        log_in(client);
    else if (client->hello.role == ROLE_NONE && !client->address->stranger)
        refuse_stranger(client);
    else
        be_greeted(client);
}

void hello_say(struct client *client)
{
    json_t *params = json_object();
    struct pending *pending;

    jsonx_set_str(params, "kind", client->kind);
    jsonx_set_str(params, "terminal", client->terminal);
    jsonx_set_str(params, "version", STOA_VERSION);
    pending = pending_add(client, METHOD_SERVER_HELLO, NULL, params, on_hello, client, NULL);
    pending->anew = pending->background = true;
    client->hello_at = 0;
    client->waiting_since = clock_steady_ms();
    pending_send(client, pending);
}
