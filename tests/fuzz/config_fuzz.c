/* Any bytes are either a whole configuration, every value of it within its bounds, that prints and reads back
 * the same, or an error; nothing leaks on either way. */
#include "daemon/config/config.h"
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct config *parse(const char *text, size_t len, char error[256])
{
    memset(error, 'x', 256);
    return config_parse(text, len, "fuzz.yaml", NULL, 0, false, error);
}

/* The texts live as long as the memory stream: free() it. */
static char *print(const struct config *config, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);

    config_print(config, out);
    fclose(out);
    return text;
}

static void compare(const struct config *a, const struct config *b)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_spec *row = option_row((enum option)i);
        int64_t number = config_number(a, (enum option)i);

        assert(number >= row->min && number <= row->max);
        assert(number == config_number(b, (enum option)i));
        assert(strcmp(config_text(a, (enum option)i), config_text(b, (enum option)i)) == 0);
    }
    assert(config_provider_count(a) == config_provider_count(b));
    for (size_t i = 0; i < config_provider_count(a); i++) {
        const struct provider *one = config_provider(a, i), *two = config_provider(b, i);

        assert(strcmp(one->name, two->name) == 0 && one->api == two->api);
        assert(one->model_count == two->model_count);
        assert(!one->base_url == !two->base_url &&
               (!one->base_url || strcmp(one->base_url, two->base_url) == 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[256], why[256], *text, *model;
    struct config *config = parse((const char *)data, size, error), *copy;
    size_t len;

    if (!config) {
        assert(memchr(error, '\0', sizeof error) && strncmp(error, "fuzz.yaml:", 10) == 0);
        return 0;
    }
    text = print(config, &len);
    copy = parse(text, len, error);
    assert(copy);
    compare(config, copy);
    model = config_default_model(config, NULL, NULL, why);
    assert(strchr(model, '/'));
    free(model);
    free(text);
    config_free(&copy);
    config_free(&config);
    return 0;
}
