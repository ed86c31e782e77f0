/* Users' rules. All of them are in memory: they are few, and each agent that starts is given its user's. */
#include "daemon/rules.h"

#include "daemon/server.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct user_rule {
    char id[ID_MAX];
    char *user, *effect, *pattern;
    int64_t ts;
};

struct rules { /* in the order of making */
    struct user_rule *all;
    size_t count, cap;
};

static void put(struct rules *rules, const struct store_rule *row)
{
    if (rules->count == rules->cap) {
        rules->cap = rules->cap ? 2 * rules->cap : 16;
        rules->all = xreallocarray(rules->all, rules->cap, sizeof rules->all[0]);
    }
    struct user_rule *rule = &rules->all[rules->count++];
    *rule = (struct user_rule){.user = xstrdup(row->user),
                               .effect = xstrdup(row->effect),
                               .pattern = xstrdup(row->pattern),
                               .ts = row->ts};
    snprintf(rule->id, sizeof rule->id, "%s", row->id);
}

static void clear(struct user_rule *rule)
{
    free(rule->user);
    free(rule->effect);
    free(rule->pattern);
}

static void take_out(struct server *server, size_t at)
{
    struct rules *rules = server->rules;
    store_delete_rule(server->store, rules->all[at].id);
    clear(&rules->all[at]);
    memmove(&rules->all[at], &rules->all[at + 1], (--rules->count - at) * sizeof rules->all[0]);
}

void rules_of_user(struct server *server, const char *user, json_t *array)
{
    for (size_t i = 0; i < server->rules->count; i++) {
        const struct user_rule *rule = &server->rules->all[i];
        if (strcmp(rule->user, user) != 0)
            continue;
        json_t *json = json_object();
        jsonx_set_str(json, "id", rule->id);
        jsonx_set_str(json, "origin", "user");
        jsonx_set_str(json, "effect", rule->effect);
        jsonx_set_str(json, "pattern", rule->pattern);
        jsonx_set_str(json, "by", rule->user);
        jsonx_set_int(json, "ts", rule->ts);
        json_array_append_new(array, json);
    }
}

/* Who decides otherwise about the same pattern has changed their mind: the newer word takes the older one's
 * place. */
enum err rules_add(struct server *server, const char *user, const char *effect, const char *pattern,
                   char id[ID_MAX], char error[256])
{
    struct rules *rules = server->rules;
    size_t have = 0;
    for (size_t i = rules->count; i-- > 0;) {
        if (strcmp(rules->all[i].user, user) != 0)
            continue;
        have++;
        if (strcmp(rules->all[i].pattern, pattern) != 0)
            continue;
        if (strcmp(rules->all[i].effect, effect) == 0) {
            strcpy(id, rules->all[i].id);
            return ERR_OK;
        }
        take_out(server, i);
        have--;
    }
    if (have >= RULES_USER_MAX) {
        snprintf(error, 256, "there are %d rules already; remove one first (rule.remove)", RULES_USER_MAX);
        return ERR_LIMIT;
    }
    id_make(id, "u_");
    struct store_rule row = {
        .id = id, .user = user, .effect = effect, .pattern = pattern, .ts = clock_wall_ms()};
    put(rules, &row);
    store_put_rule(server->store, &row);
    return ERR_OK;
}

bool rules_remove(struct server *server, const char *user, const char *id)
{
    for (size_t i = 0; i < server->rules->count; i++) {
        const struct user_rule *rule = &server->rules->all[i];
        if (strcmp(rule->id, id) == 0 && strcmp(rule->user, user) == 0) {
            take_out(server, i);
            return true;
        }
    }
    return false;
}

void rules_forget_user(struct server *server, const char *user)
{
    struct rules *rules = server->rules;
    size_t kept = 0;
    for (size_t i = 0; i < rules->count; i++)
        if (strcmp(rules->all[i].user, user) == 0)
            clear(&rules->all[i]);
        else
            rules->all[kept++] = rules->all[i];
    rules->count = kept;
}

static void on_stored(void *arg, const struct store_rule *row)
{
    put(arg, row);
}

struct rules *rules_open(struct server *server)
{
    struct rules *rules = xcalloc(1, sizeof *rules);
    if (store_rules(server->store, on_stored, rules) != ERR_OK)
        log_error("rules", "not all rules of users could be read");
    return rules;
}

void rules_close(struct rules **slot)
{
    struct rules *rules = *slot;
    if (!rules)
        return;
    for (size_t i = 0; i < rules->count; i++)
        clear(&rules->all[i]);
    free(rules->all);
    free(rules);
    *slot = NULL;
}
