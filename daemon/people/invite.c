/* Invitations to a session. */
#include "daemon/people/invite.h"

#include "daemon/identity.h"
#include "daemon/people/audit.h"
#include "daemon/people/pairs.h"
#include "daemon/server.h"
#include "shared/clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- where the daemon is --- */

/* "tcp://HOST:PORT" as the daemon listens there; NULL if it does not. */
static const char *first_listen(const struct server *server)
{
    return server->listen_count > 0 ? server->listens[0] : NULL;
}

/* "*" and such stand for all of this host's addresses: others need its name. */
static bool is_any(const char *host, size_t len)
{
    static const char *const any[] = {"*", "0.0.0.0", "[::]"};
    for (size_t i = 0; i < sizeof any / sizeof any[0]; i++)
        if (strlen(any[i]) == len && strncmp(any[i], host, len) == 0)
            return true;
    return false;
}

static bool listen_address(const char *listen, struct join_address *address, char error[256])
{
    const char *host = listen + strlen("tcp://"), *colon = strrchr(host, ':');
    char name[256], text[JOIN_ADDRESS_MAX + 16];
    if (!colon || !is_any(host, (size_t)(colon - host)))
        return join_address_parse(listen, address, error);
    if (gethostname(name, sizeof name) != 0)
        name[0] = '\0';
    name[sizeof name - 1] = '\0';
    snprintf(text, sizeof text, "tcp://%.253s%.8s", name, colon);
    if (join_address_parse(text, address, error))
        return true;
    snprintf(error, 256,
             "this host's name, '%.80s', is none that others could connect to: set public_address", name);
    return false;
}

bool invite_address(const struct server *server, struct join_address *address, char error[256])
{
    const char *own = config_text(server->config, OPTION_PUBLIC_ADDRESS), *listen = first_listen(server);
    char text[JOIN_ADDRESS_MAX + 16], reason[256];
    if (!listen) {
        snprintf(error, 256,
                 "no other machine can reach this daemon; set listen in its configuration, for example "
                 "listen: tcp://*:%d, and restart it",
                 JOIN_PORT);
        return false;
    }
    if (!own[0])
        return listen_address(listen, address, error);
    const char *end = own[0] == '[' ? strchr(own, ']') : own;
    bool port = end && strchr(end, ':');
    snprintf(text, sizeof text, "tcp://%s%s", own, port ? "" : strrchr(listen, ':'));
    if (join_address_parse(text, address, reason))
        return true;
    snprintf(error, 256, "public_address is no HOST or HOST:PORT: %.180s", reason);
    return false;
}

bool invite_key(const struct server *server, unsigned char key[KEY_BYTES])
{
    const struct key_pair *pair = server->identity ? identity_pair(server->identity) : NULL;
    if (pair)
        memcpy(key, pair->open, KEY_BYTES);
    return pair != NULL;
}

/* --- invitations --- */

void invite_wipe(struct invite *invite)
{
    explicit_bzero(invite->secret, sizeof invite->secret);
    explicit_bzero(invite->link, sizeof invite->link);
}

static void make_link(struct invite *invite, const struct join_address *address,
                      const unsigned char key[KEY_BYTES])
{
    struct join_link link = {.address = *address, .role = invite->role};
    memcpy(link.key, key, KEY_BYTES);
    snprintf(link.session, sizeof link.session, "%s", invite->session->state->id);
    snprintf(link.secret, sizeof link.secret, "%s", invite->secret);
    join_text(&link, invite->link);
    join_wipe(&link);
}

enum err invite_make(struct invite *invite, char error[256])
{
    struct server *server = invite->session->server;
    struct join_address address;
    unsigned char key[KEY_BYTES];
    int64_t now = clock_wall_ms();
    struct ticket wish = {.role = invite->role, .expires = now + invite->ttl_ms, .uses = invite->uses};
    if (!invite_address(server, &address, error))
        return ERR_CONFIG;
    if (!invite_key(server, key)) {
        snprintf(error, 256, "the daemon has no key yet; restart it");
        return ERR_CONFIG;
    }
    snprintf(wish.session, sizeof wish.session, "%s", invite->session->state->id);
    snprintf(wish.by, sizeof wish.by, "%s", invite->by->user);
    enum err code = tickets_issue(server->tickets, &wish, now, &invite->ticket, invite->secret, error);
    if (code != ERR_OK)
        return code;
    make_link(invite, &address, key);
    audit_record(server, invite->by, "ticket.issue", wish.session, "%s: %s, %lld uses, %lld s",
                 invite->ticket.id, role_name(wish.role), (long long)invite->uses,
                 (long long)(invite->ttl_ms / 1000));
    return ERR_OK;
}

void invite_end_user(struct server *server, const char *user)
{
    if (server->pairs)
        pairs_end(server->pairs, user);
    size_t count = server->tickets ? tickets_revoke_by(server->tickets, user, clock_wall_ms()) : 0;
    if (count > 0)
        audit_record(server, NULL, "ticket.revoke", user,
                     "%zu that they gave, since their rights have changed", count);
}
