/* What a provider's models cost, as the configuration says. All of it is exact: prices are in millionths, so
 * is the cost, and neither can grow beyond what a number holds. */
#include "daemon/config/config_internal.h"
#include "shared/glob.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define COST_MAX (INT64_C(1) << 48) /* millionths; as many as there may be tokens */

enum { DECIMALS = 6, MILLION = 1000000 };

/* --- reading --- */

/* Digits, and up to six after a point: "3", "0.25". False if it is none, or more than CONFIG_PRICE_MAX. */
static bool read_amount(const struct yaml_node *node, int64_t *micros)
{
    const char *at = node->kind == YAML_SCALAR ? node->text : "";
    size_t whole = strspn(at, "0123456789"),
           decimals = at[whole] == '.' ? strspn(at + whole + 1, "0123456789") : 0;
    if (whole < 1 || whole > 7 || decimals > DECIMALS || (at[whole] == '.' && decimals == 0) ||
        at[whole + (decimals ? decimals + 1 : 0)])
        return false;
    *micros = strtoll(at, NULL, 10) * MILLION;
    int64_t unit = MILLION;
    for (size_t i = 0; i < decimals; i++)
        *micros += (at[whole + 1 + i] - '0') * (unit /= 10);
    return *micros <= (int64_t)CONFIG_PRICE_MAX * MILLION;
}

struct place { /* for errors */
    const struct config *config;
    const char *provider, *pattern;
    char *error;
};

static bool wrong(const struct place *place, int line, const char *what)
{
    return config_error(place->config, line, place->error, "provider '%s': the price of '%.60s' %s",
                        place->provider, place->pattern, what);
}

static bool read_members(const struct place *place, struct price *price, const struct yaml_node *map,
                         int line)
{
    if (map->kind != YAML_MAP)
        return wrong(place, line, "must be a map with input and output, and cached if that differs");
    price->input = price->output = price->cached = -1;
    for (size_t i = 0; i < map->count; i++) {
        const char *name = map->keys[i];
        int64_t *member = strcmp(name, "input") == 0    ? &price->input
                          : strcmp(name, "output") == 0 ? &price->output
                          : strcmp(name, "cached") == 0 ? &price->cached
                                                        : NULL;
        char text[200], shown[64];
        struct yaml_node key = {.kind = YAML_SCALAR, .text = map->keys[i]};
        option_show_node(member ? map->items[i] : &key, shown);
        if (!member)
            snprintf(text, sizeof text, "has the unknown member %s; known are cached, input, output", shown);
        else if (!read_amount(map->items[i], member))
            snprintf(text, sizeof text,
                     "has '%s' %s; it must be what a million tokens cost: 0 to %d, with at most %d decimals",
                     name, shown, CONFIG_PRICE_MAX, DECIMALS);
        else
            continue;
        return wrong(place, map->key_lines[i], text);
    }
    if (price->input < 0 || price->output < 0)
        return wrong(place, line, "needs both 'input' and 'output'");
    if (price->cached < 0)
        price->cached = price->input;
    return true;
}

static bool is_pattern(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
            return false;
    return len > 0 && len <= CONFIG_MODEL_MAX && utf8_valid(text, len);
}

bool prices_read(const struct config *config, struct provider *provider, const struct yaml_node *map,
                 int line, char error[256])
{
    struct place place = {config, provider->name, "", error};
    if (map->kind != YAML_MAP || map->count > CONFIG_MODELS_MAX)
        return config_error(config, line, error,
                            "provider '%s': 'prices' must be a map of at most %d models' names to prices",
                            provider->name, CONFIG_MODELS_MAX);
    prices_free(provider);
    provider->prices = xcalloc(map->count + 1, sizeof *provider->prices);
    for (size_t i = 0; i < map->count; i++) {
        struct price *price = &provider->prices[provider->price_count++];
        price->pattern = xstrdup(map->keys[i]);
        place.pattern = price->pattern;
        if (!is_pattern(price->pattern))
            return config_error(config, map->key_lines[i], error,
                                "provider '%s': 'prices' has a name that is empty, has spaces, or is longer "
                                "than %d bytes",
                                provider->name, CONFIG_MODEL_MAX);
        if (!read_members(&place, price, map->items[i], map->key_lines[i]))
            return false;
    }
    return true;
}

void prices_free(struct provider *provider)
{
    for (size_t i = 0; i < provider->price_count; i++)
        free((char *)provider->prices[i].pattern);
    free(provider->prices);
    provider->prices = NULL;
    provider->price_count = 0;
}

/* --- looking up --- */

/* Its characters that are no '*'; one without any is before all. */
static size_t exactness(const char *pattern)
{
    size_t len = 0;
    if (!strchr(pattern, '*'))
        return SIZE_MAX;
    for (; *pattern; pattern++)
        len += *pattern != '*';
    return len;
}

const struct price *config_price(const struct config *config, const char *model)
{
    const char *slash = strchr(model, '/');
    const struct price *best = NULL;
    for (size_t i = 0; slash && i < config->provider_count; i++) {
        const struct provider *provider = &config->providers[i];
        size_t len = strlen(provider->name);
        if (len != (size_t)(slash - model) || strncmp(provider->name, model, len) != 0)
            continue;
        for (size_t k = 0; k < provider->price_count; k++) {
            const struct price *price = &provider->prices[k];
            if (glob_matches(price->pattern, slash + 1) &&
                (!best || exactness(price->pattern) > exactness(best->pattern)))
                best = price;
        }
    }
    return best;
}

static int64_t part(int64_t tokens, int64_t price)
{
    if (tokens <= 0 || price <= 0)
        return 0;
    double cost = (double)tokens * (double)price / MILLION;
    if (cost >= (double)COST_MAX)
        return COST_MAX;
    if (tokens <= (INT64_MAX - MILLION) / price)
        return (tokens * price + MILLION / 2) / MILLION;
    return (int64_t)cost;
}

int64_t price_micros(const struct price *price, int64_t input, int64_t cached, int64_t output)
{
    int64_t known = cached < 0 ? 0 : cached < input ? cached : input;
    int64_t cost =
        part(input - known, price->input) + part(known, price->cached) + part(output, price->output);
    return cost < COST_MAX ? cost : COST_MAX;
}
