/* The table of users' settings, and what follows from it. */
#include "daemon/people/users_settings.h"

#include "shared/glob.h"
#include "shared/jsonx.h"
#include "shared/nearest.h"
#include "shared/sanitise.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MICROS = 1000000, SHOWN_BYTES = 64 };
enum setting_type { SETTING_LIMIT, SETTING_COST, SETTING_LIST, SETTING_NAME };

struct setting {
    const char *name;
    enum setting_type type;
    enum quota quota; /* QUOTA_COUNT: a list */
    int64_t max;      /* of a limit */
    const char *what; /* it counts, or lists */
};

static const struct setting rows[] = {
    {"quota.agents", SETTING_LIMIT, QUOTA_AGENTS, 10000, "live agent processes"},
    {"quota.cost_day", SETTING_COST, QUOTA_COST_DAY, 1000000, "cost a day, in the currency of the prices"},
    {"quota.requests", SETTING_LIMIT, QUOTA_REQUESTS, 1000000, "requests a minute"},
    {"quota.servers", SETTING_LIMIT, QUOTA_SERVERS, 10000, "MCP servers that run at the same time"},
    {"quota.sessions", SETTING_LIMIT, QUOTA_SESSIONS, 1000000, "sessions that are not archived"},
    {"quota.stored", SETTING_LIMIT, QUOTA_STORED, INT64_C(1) << 50, "bytes that are stored"},
    {"quota.tokens_day", SETTING_LIMIT, QUOTA_TOKENS_DAY, INT64_C(1000000000000), "tokens a day"},
    {"models", SETTING_LIST, QUOTA_COUNT, 0, "models"},
    {"servers", SETTING_LIST, QUOTA_COUNT, 0, "MCP servers"},
    {SETTING_LET_IN_BY, SETTING_NAME, QUOTA_COUNT, 0, "whose tickets let them in"},
};

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

const char *quota_name(enum quota quota)
{
    return rows[quota].name + strlen("quota.");
}

/* --- checks --- */

static const struct setting *find(const char *name)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static bool refuse_name(const char *name, char error[256])
{
    const char *known[ROW_COUNT];
    for (size_t i = 0; i < ROW_COUNT; i++)
        known[i] = rows[i].name;
    const char *near = nearest_name(name, known, ROW_COUNT);
    char *shown = sanitise_line(name, strlen(name), SHOWN_BYTES);
    snprintf(error, 256,
             "'%s' is no setting of a user%s%s%s; there are quota.agents, .cost_day, .requests, "
             ".servers, .sessions, .stored, .tokens_day, the lists models and servers, and let_in_by",
             shown, near ? "; was " : "", near ? near : "", near ? " meant?" : "");
    free(shown);
    return false;
}

static bool check_limit(const struct setting *row, const json_t *value, char error[256])
{
    bool any = json_is_string(value) && strcmp(json_string_value(value), SETTING_ANY) == 0;
    bool number = row->type == SETTING_COST ? json_is_number(value) : json_is_integer(value);
    double is = number ? json_number_value(value) : -1;
    if (any || (is >= 0 && is <= (double)row->max))
        return true;
    snprintf(error, 256,
             "%s (%s) takes a%s number from 0 to %" PRId64 ", \"%s\" for no limit, or null for what the "
             "configuration says",
             row->name, row->what, row->type == SETTING_COST ? "" : " whole", row->max, SETTING_ANY);
    return false;
}

static bool check_list(const struct setting *row, const json_t *value, char error[256])
{
    bool good = json_is_array(value) && json_array_size(value) <= SETTING_LIST_MAX;
    for (size_t i = 0; good && i < json_array_size(value); i++) {
        const json_t *text = json_array_get(value, i);
        good = json_is_string(text) && json_string_length(text) > 0 &&
               json_string_length(text) <= SETTING_GLOB_MAX;
    }
    if (!good)
        snprintf(error, 256,
                 "%s takes a list of at most %d names of %s, each of at most %d bytes, in which * stands "
                 "for any text; or null for all",
                 row->name, SETTING_LIST_MAX, row->what, SETTING_GLOB_MAX);
    return good;
}

static bool check_name(const struct setting *row, const json_t *value, char error[256])
{
    if (json_is_string(value) && json_string_length(value) > 0 && json_string_length(value) <= USER_NAME_MAX)
        return true;
    snprintf(error, 256, "%s (%s) takes a user's name, or null for nobody's", row->name, row->what);
    return false;
}

static bool check_value(const struct setting *row, const json_t *value, char error[256])
{
    switch (row->type) {
    case SETTING_LIST:
        return check_list(row, value, error);
    case SETTING_NAME:
        return check_name(row, value, error);
    default:
        return check_limit(row, value, error);
    }
}

bool settings_check(const json_t *settings, char error[256])
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)settings, name, value)
    {
        const struct setting *row = find(name);
        if (!row)
            return refuse_name(name, error);
        if (!json_is_null(value) && !check_value(row, value, error))
            return false;
    }
    return true;
}

/* --- use --- */

void settings_merge(json_t *settings, const json_t *changes)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)changes, name, value)
    {
        if (json_is_null(value))
            json_object_del(settings, name);
        else
            json_object_set_new(settings, name, json_deep_copy(value));
    }
}

bool settings_quota(const json_t *settings, enum quota quota, int64_t *limit)
{
    const json_t *value = json_object_get(settings, rows[quota].name);
    if (!value)
        return false;
    double is = json_number_value(value);
    if (rows[quota].type == SETTING_COST)
        is = round(is * MICROS);
    *limit = json_is_string(value) ? 0 : is > 0 ? (int64_t)is : QUOTA_NOTHING;
    return true;
}

bool settings_allow(const json_t *settings, const char *list, const char *text)
{
    const json_t *globs = jsonx_arr(settings, list), *glob;
    size_t i;
    json_array_foreach(globs, i, glob)
    {
        if (glob_matches(json_string_value(glob), text))
            return true;
    }
    return globs == NULL;
}
