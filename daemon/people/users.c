/* The registry of users. */
#include "daemon/people/users.h"

#include "daemon/server.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct users {
    struct server *server;
};

const char *quota_name(enum quota quota)
{
    static const char *const names[QUOTA_COUNT] = {"agents",  "cost_day", "requests",
                                                   "servers", "sessions", "tokens_day"};
    return names[quota];
}

struct users *users_open(struct server *server)
{
    struct users *users = xcalloc(1, sizeof *users);
    users->server = server;
    return users;
}

void users_close(struct users **users)
{
    free(*users);
    *users = NULL;
}

void users_principal(struct users *users, const char *key, struct principal *principal)
{
    *principal = (struct principal){.most = ROLE_ADMIN};
    snprintf(principal->key, sizeof principal->key, "%s", key);
    if (key[0])
        return;
    snprintf(principal->user, sizeof principal->user, "%s", users->server->user);
    principal->admin = true;
}

bool users_renew(struct users *users, struct principal *principal)
{
    (void)users;
    (void)principal;
    return true;
}

int64_t users_quota(const struct users *users, const char *name, enum quota quota)
{
    (void)users;
    (void)name;
    (void)quota;
    return 0;
}

bool users_may_model(const struct users *users, const char *name, const char *model, char error[256])
{
    (void)users;
    (void)name;
    (void)model;
    (void)error;
    return true;
}

bool users_may_server(const struct users *users, const char *name, const char *server, char error[256])
{
    (void)users;
    (void)name;
    (void)server;
    (void)error;
    return true;
}

bool users_knows_key(const struct users *users, const char *key)
{
    (void)users;
    (void)key;
    return false;
}
