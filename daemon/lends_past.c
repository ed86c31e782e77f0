/* What is known of servers that are lent, and of those that were: an agent that starts anew need not ask for
 * their tools, and a model is told of one whose terminal has gone. */
#include "daemon/lends_internal.h"

#include "daemon/config/config.h"
#include "daemon/server.h"
#include "shared/jsonx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KNOWN_MAX = 64 << 10 /* bytes of what is remembered of a server's tools */ };

static struct past *find_past(struct lends *lends, const struct session *session, const char *name)
{
    for (size_t i = 0; i < lends->past_count; i++)
        if (lends->past[i].session == session->key && strcmp(lends->past[i].name, name) == 0)
            return &lends->past[i];
    return NULL;
}

void lends_keep(struct lends *lends, struct lend *lend)
{
    struct past *past = find_past(lends, lend->session, lend->name);
    if (!past) {
        past = &lends->past[lends->past_at];
        lends->past_at = (lends->past_at + 1) % LENDS_PAST_MAX;
        if (lends->past_count < LENDS_PAST_MAX)
            lends->past_count++;
    }
    json_decref(past->known);
    *past = (struct past){.session = lend->session->key, .known = lend->known};
    strcpy(past->name, lend->name);
    strcpy(past->user, lend->user);
    lend->known = NULL;
}

/* What is known of it holds for the same user's alone: another's may be anything. */
void lends_recall(struct lends *lends, struct lend *lend)
{
    struct past *past = find_past(lends, lend->session, lend->name);
    if (past && strcmp(past->user, lend->user) == 0) {
        lend->known = past->known;
        past->known = NULL;
    }
}

/* --- definitions --- */

static json_t *definition(const char *name)
{
    json_t *json = json_object();
    jsonx_set_str(json, "name", name);
    jsonx_set_str(json, "variant", "");
    jsonx_set_str(json, "scope", "lent");
    jsonx_set_str(json, "start", "eager");
    return json;
}

static bool is_named(const json_t *servers, const char *name)
{
    size_t i;
    json_t *json;
    json_array_foreach(servers, i, json)
    {
        if (strcmp(jsonx_str(json, "name", ""), name) == 0)
            return true;
    }
    return false;
}

/* An idle one is not ended: the terminal's owner sees when it is used, and what it holds is theirs. */
void lends_define(const struct lends *lends, const struct session *session, json_t *servers)
{
    if (!lends)
        return;
    const struct config *config = lends->server->config;
    for (const struct lend *lend = lends->all; lend; lend = lend->next) {
        if (lend->session != session || is_named(servers, lend->name) ||
            json_array_size(servers) >= STATE_SERVERS_MAX)
            continue;
        json_t *json = definition(lend->name);
        jsonx_set_str(json, "lender", lend->user);
        jsonx_set_int(json, "start_ms", config_number(config, OPTION_MCP_START_TIMEOUT));
        jsonx_set_int(json, "call_ms", config_number(config, OPTION_MCP_CALL_TIMEOUT));
        jsonx_set_int(json, "idle_ms", 0);
        if (lend->known)
            json_object_set(json, "known", lend->known);
        json_array_append_new(servers, json);
    }
    for (size_t i = 0; i < lends->past_count; i++) {
        const struct past *past = &lends->past[i];
        if (past->session != session->key || is_named(servers, past->name) ||
            json_array_size(servers) >= STATE_SERVERS_MAX)
            continue;
        json_t *json = definition(past->name);
        char text[96];
        snprintf(text, sizeof text, "no terminal lends '%s' now", past->name);
        jsonx_set_str(json, "error", text);
        json_array_append_new(servers, json);
    }
}

bool lends_remember(struct lends *lends, const struct session *session, const json_t *request)
{
    struct lend *lend = lends ? lends_find(lends, session, jsonx_str(request, "server", "")) : NULL;
    if (!lend)
        return false;
    json_t *known = json_object();
    size_t len;
    json_object_set(known, "era", json_object_get(request, "era"));
    json_object_set(known, "tools", json_object_get(request, "tools"));
    free(jsonx_dump(known, &len));
    json_decref(lend->known);
    lend->known = len <= KNOWN_MAX ? json_incref(known) : NULL;
    json_decref(known);
    return true;
}

void lends_past_free(struct lends *lends)
{
    for (size_t i = 0; i < lends->past_count; i++)
        json_decref(lends->past[i].known);
}
