/* All that a process may use is sent each time: what is left out is thereby taken back. */
#include "daemon/supervisor/handout.h"

#include "daemon/people/audit.h"
#include "daemon/people/vault.h"
#include "daemon/server.h"
#include "shared/jsonx.h"
#include "shared/locked.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HANDOUT_MAX = 1024 }; /* secrets; an agent's servers can't name as many as would be more */

struct one {
    char name[LINK_SECRET_NAME_MAX + 1];
    char *value; /* locked */
    size_t len;
};

struct all {
    struct one *each;
    size_t count, bytes; /* bytes: of the payload */
};

void handout_key_name(const struct provider *provider, char name[LINK_SECRET_NAME_MAX + 1])
{
    if (provider->api_key_secret)
        snprintf(name, LINK_SECRET_NAME_MAX + 1, "%s", provider->api_key_secret);
    else
        snprintf(name, LINK_SECRET_NAME_MAX + 1, "provider:%s", provider->name);
}

/* --- what is needed --- */

static void collect_values(const json_t *values, json_t *names)
{
    const char *key;
    json_t *value, *part;
    size_t i;

    json_object_foreach((json_t *)values, key, value)
    {
        json_array_foreach(value, i, part)
        {
            const char *name = jsonx_str(part, "secret", NULL);
            if (name)
                json_object_set_new(names, name, json_true());
        }
    }
}

void handout_collect(const json_t *payload, json_t *names)
{
    const json_t *server;
    size_t i;

    collect_values(jsonx_obj(payload, "env"), names);
    collect_values(jsonx_obj(payload, "headers"), names);
    json_array_foreach(jsonx_arr(payload, "servers"), i, server)
    {
        handout_collect(server, names);
    }
}

/* --- what is there --- */

static bool all_has(const struct all *all, const char *name)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->each[i].name, name) == 0)
            return true;
    return false;
}

/* Takes the value. */
static void add(struct all *all, const char *name, char *value, size_t len)
{
    size_t size = link_secret_size(name, len);
    if (all->count == HANDOUT_MAX || all->bytes + size > LINK_SECRETS_MAX) {
        log_error("secrets", "too many for one process, left out: name=%s", name);
        vault_forget(&value);
        return;
    }
    struct one *one = &all->each[all->count++];
    snprintf(one->name, sizeof one->name, "%s", name);
    one->value = value;
    one->len = len;
    all->bytes += size;
}

static void say_used(struct server *server, struct handout *handout, const char *user, const char *whose,
                     const char *name)
{
    struct principal who = {.most = ROLE_ADMIN};
    int64_t version = (int64_t)vault_version(server->vault, user, name);
    if (!handout->told)
        handout->told = json_object();
    if (jsonx_int(handout->told, name, 0) == version)
        return;
    jsonx_set_int(handout->told, name, version);
    snprintf(who.user, sizeof who.user, "%s", user);
    audit_record(server, &who, "secret.use", name, "%s", whose);
}

static void add_secret(struct server *server, struct handout *handout, struct all *all, const char *user,
                       const char *whose, const char *name)
{
    char error[256];
    size_t len;
    char *value = vault_get(server->vault, user, name, &len, error);
    if (value) {
        add(all, name, value, len);
        say_used(server, handout, user, whose, name);
    } else {
        log_warn("secrets", "not handed over: %s", error);
    }
}

/* A key of the configuration, which was on the heap while it was read, and is wiped there. */
static void add_key(struct all *all, const struct provider *provider)
{
    char name[LINK_SECRET_NAME_MAX + 1], error[256];
    enum err code;
    char *key = config_provider_key(provider, &code, error);
    if (!key)
        return;
    size_t len = strlen(key);
    char *value = locked_new(len);
    memcpy(value, key, len);
    config_key_free(&key);
    handout_key_name(provider, name);
    add(all, name, value, len);
}

/* --- the frame --- */

static void send_all(struct agentproc *proc, const struct all *all)
{
    char *payload = locked_new(all->bytes);
    size_t at = 0;
    for (size_t i = 0; i < all->count; i++)
        at += link_put_secret(payload + at, all->each[i].name, all->each[i].value, all->each[i].len);
    agentproc_send_secret(proc, LINK_SECRETS, payload, at);
    locked_free(payload);
}

/* Its key, whoever keeps it. */
static void add_provider(struct server *server, struct handout *handout, struct all *all, const char *user,
                         const char *whose, const struct provider *provider)
{
    if (!provider->api_key_secret)
        add_key(all, provider);
    else if (!all_has(all, provider->api_key_secret))
        add_secret(server, handout, all, user, whose, provider->api_key_secret);
}

static bool is_keyed(const struct provider *provider)
{
    return provider && (provider->api_key_secret || provider->api_key_env || provider->api_key_file);
}

void handout_send(struct server *server, struct agentproc *proc, struct handout *handout, const char *user,
                  const char *whose, const json_t *names,
                  const struct provider *const providers[HANDOUT_PROVIDERS])
{
    struct all all = {.each = NULL};
    const char *name;
    json_t *unused;
    bool needed = json_object_size(names) > 0 || handout->given;
    for (size_t i = 0; i < HANDOUT_PROVIDERS; i++)
        needed = needed || is_keyed(providers[i]);
    if (!needed)
        return;
    all.each = xcalloc(HANDOUT_MAX, sizeof *all.each);
    json_object_foreach((json_t *)names, name, unused)
    {
        add_secret(server, handout, &all, user, whose, name);
    }
    for (size_t i = 0; i < HANDOUT_PROVIDERS; i++)
        if (is_keyed(providers[i]) && (i == 0 || providers[i] != providers[0]))
            add_provider(server, handout, &all, user, whose, providers[i]);
    if (all.count > 0 || handout->given)
        send_all(proc, &all);
    handout->given = all.count > 0;
    for (size_t i = 0; i < all.count; i++)
        vault_forget(&all.each[i].value);
    free(all.each);
}

void handout_clear(struct handout *handout)
{
    json_decref(handout->told);
    *handout = (struct handout){.told = NULL};
}
