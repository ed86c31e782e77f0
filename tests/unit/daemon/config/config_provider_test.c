/* Providers, their keys, and the choice of a model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/config/config.h"
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct config *parse(const char *text, char error[256])
{
    return config_parse(text, strlen(text), "c.yaml", NULL, 0, false, error);
}

static struct config *must_parse(const char *text)
{
    char error[256] = "";
    struct config *config = parse(text, error);

    if (!config)
        fail_msg("%s", error);
    return config;
}

static void expect_error(const char *text, const char *expected)
{
    char error[256] = "";

    if (parse(text, error))
        fail_msg("taken: %s", text);
    assert_string_equal(error, expected);
}

static int clear_environment(void **state)
{
    (void)state;
    unsetenv("ANTHROPIC_API_KEY");
    unsetenv("OPENAI_API_KEY");
    unsetenv("MY_KEY");
    return 0;
}

/* --- definitions --- */

static void six_are_built_in(void **state)
{
    static const char *const names[] = {"anthropic", "demo", "llamacpp", "local", "ollama", "openai"};
    struct config *config = must_parse("");

    (void)state;
    assert_int_equal(config_provider_count(config), 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(config_provider(config, i)->name, names[i]);
        assert_true(config_provider(config, i)->builtin);
    }
    assert_string_equal(config_provider_find(config, "anthropic")->base_url, "https://api.anthropic.com");
    assert_string_equal(config_provider_find(config, "openai")->api_key_env, "OPENAI_API_KEY");
    assert_null(config_provider_find(config, "local")->base_url);
    assert_null(config_provider_find(config, "mine"));
    config_free(&config);
}

static void the_file_adds_and_changes(void **state)
{
    struct config *config =
        must_parse("providers:\n"
                   "  mine: {api: openai, base_url: 'https://m.example/v1//', models: [a, b/c]}\n"
                   "  ollama: {base_url: http://10.0.0.9:11434/v1}\n"
                   "  openai: {api: anthropic, base_url: https://other.example}\n"
                   "  local: {base_url: http://localhost:9/v1}\n");
    const struct provider *mine = config_provider_find(config, "mine");

    (void)state;
    assert_string_equal(mine->base_url, "https://m.example/v1");
    assert_int_equal(mine->model_count, 2);
    assert_string_equal(mine->models[1], "b/c");
    assert_false(mine->builtin);
    assert_int_equal(config_provider_find(config, "ollama")->api, API_OPENAI);
    assert_string_equal(config_provider_find(config, "ollama")->base_url, "http://10.0.0.9:11434/v1");
    /* another api is another server: the built-in's key is not sent there */
    assert_null(config_provider_find(config, "openai")->api_key_env);
    assert_string_equal(provider_api_name(config_provider_find(config, "openai")->api), "anthropic");
    assert_int_equal(config_provider_count(config), 7);
    config_free(&config);
}

static void a_key_in_the_file_is_refused_and_not_repeated(void **state)
{
    char error[256];

    (void)state;
    expect_error(
        "providers:\n  mine:\n    api: openai\n    api_key: sk-secret\n",
        "c.yaml:4: provider 'mine': 'api_key' can only be \"{SECRET:name}\", a secret of each user's; "
        "or use api_key_env (the name of an environment variable) or api_key_file (a file of mode 0600) "
        "instead");
    assert_null(
        parse("providers: {mine: {api: openai, base_url: http://h, api_key: '{SECRET:a}secret'}}", error));
    assert_null(strstr(error, "secret'"));
    assert_null(parse("providers: {mine: {api: openai, base_url: http://h, api_key_env: sk-secret}}", error));
    assert_null(strstr(error, "secret"));
    assert_null(parse("providers: {mine: {api: openai, base_url: 'http://u:secret@h'}}", error));
    assert_null(strstr(error, "secret"));
}

static void wrong_members_are_named_with_their_line(void **state)
{
    (void)state;
    expect_error("providers:\n  mine:\n    api: cohere\n",
                 "c.yaml:3: provider 'mine': 'api' is 'cohere'; it must be one of openai, anthropic, demo");
    expect_error(
        "providers:\n  mine:\n    api: openai\n    base_url: ftp://x\n",
        "c.yaml:4: provider 'mine': 'base_url' is 'ftp://x'; it must be a URL that begins with http:// or "
        "https://");
    expect_error(
        "providers:\n  mine:\n    colour: red\n",
        "c.yaml:3: provider 'mine' has the unknown member 'colour'; known are api, base_url, api_key, "
        "api_key_env, api_key_file, models, prices");
    expect_error(
        "providers:\n  mine: {api: openai}\n",
        "c.yaml:2: provider 'mine' has no 'base_url'; it must be a URL that begins with http:// or https://");
    expect_error("providers:\n  mine: {base_url: http://h}\n",
                 "c.yaml:2: provider 'mine' has no 'api'; it must be one of openai, anthropic, demo");
    expect_error("providers: {mine: {api: openai, base_url: http://h, api_key_env: A, api_key_file: /k}}",
                 "c.yaml:1: provider 'mine' has two of api_key, api_key_env and api_key_file; one is enough");
    expect_error(
        "providers: {mine: {api: openai, base_url: http://h, api_key_file: k}}",
        "c.yaml:1: provider 'mine': 'api_key_file' must be an absolute path, or one that begins with ~/");
    expect_error("providers: {mine: {api: openai, base_url: http://h, models: [a, [b]]}}",
                 "c.yaml:1: provider 'mine': 'models' is a list; it must be a list of names without spaces");
    expect_error("providers: {My Own: {api: openai}}",
                 "c.yaml:1: the provider's name is 'My Own'; it must be 1 to 32 of a-z 0-9 _ -");
    expect_error("providers: {mine: openai}",
                 "c.yaml:1: provider 'mine' must be a map with api and base_url");
    expect_error("providers: [mine]", "c.yaml:1: 'providers' must be a map of names");
    expect_error("providers: {d: {api: demo, base_url: http://h}}",
                 "c.yaml:1: provider 'd' has the api demo, which needs no base_url");
}

/* --- keys --- */

static const struct provider *keyed_provider(struct config **config, const char *member)
{
    char text[256];

    snprintf(text, sizeof text, "providers: {mine: {api: openai, base_url: http://h, %s}}", member);
    *config = must_parse(text);
    return config_provider_find(*config, "mine");
}

static void a_key_comes_from_the_environment(void **state)
{
    struct config *config;
    const struct provider *provider = keyed_provider(&config, "api_key_env: MY_KEY");
    char error[256], why[128], *key;
    enum err code;

    (void)state;
    assert_null(config_provider_key(provider, &code, error));
    assert_int_equal(code, ERR_OK);
    assert_false(config_provider_ready(provider, NULL, why));
    assert_string_equal(why, "MY_KEY is not set");
    setenv("MY_KEY", " sk-1\n", 1);
    key = config_provider_key(provider, &code, error);
    assert_string_equal(key, "sk-1");
    config_key_free(&key);
    assert_null(key);
    assert_true(config_provider_ready(provider, NULL, why));
    assert_string_equal(why, "MY_KEY is set");
    setenv("MY_KEY", "sk-1\r\nInjected: header", 1);
    assert_null(config_provider_key(provider, &code, error));
    assert_int_equal(code, ERR_CONFIG);
    assert_string_equal(error, "environment variable MY_KEY of provider 'mine' does not hold a key");
    config_free(&config);
}

static void a_key_comes_from_a_file(void **state)
{
    char path[] = "/tmp/stoa-key-XXXXXX", member[64], error[256], expected[256], why[128], *key;
    const struct provider *provider;
    struct config *config;
    enum err code;
    int fd = mkstemp(path);

    (void)state;
    snprintf(member, sizeof member, "api_key_file: %s", path);
    provider = keyed_provider(&config, member);
    assert_null(config_provider_key(provider, &code, error)); /* empty */
    assert_int_equal(code, ERR_CONFIG);
    assert_int_equal(write(fd, "sk-file\n", 8), 8);
    chmod(path, 0644); /* a warning, no more */
    key = config_provider_key(provider, &code, error);
    assert_string_equal(key, "sk-file");
    config_key_free(&key);
    assert_true(config_provider_ready(provider, NULL, why));
    for (int i = 0; i < 1000; i++)
        assert_int_equal(write(fd, "xxxxxxxx", 8), 8);
    assert_null(config_provider_key(provider, &code, error)); /* too long */
    snprintf(expected, sizeof expected,
             "the key file '%s' of provider 'mine' does not hold one key of 1 to 4096 characters", path);
    assert_string_equal(error, expected);
    close(fd);
    unlink(path);
    assert_null(config_provider_key(provider, &code, error));
    assert_non_null(strstr(error, "No such file or directory"));
    assert_false(config_provider_ready(provider, NULL, why));
    config_free(&config);
}

/* --- models --- */

static void a_model_is_taken_apart(void **state)
{
    struct config *config =
        must_parse("providers: {mine: {api: openai, base_url: http://h, models: [a, org/b]}}");
    struct model model;
    char error[256];

    (void)state;
    assert_int_equal(config_model(config, "mine/org/b", &model, error), ERR_OK);
    assert_string_equal(model.provider->name, "mine");
    assert_string_equal(model.name, "org/b");
    assert_int_equal(config_model(config, "anthropic/anything-at-all", &model, error), ERR_OK);
    assert_int_equal(config_model(config, "mine/c", &model, error), ERR_NOT_FOUND);
    assert_string_equal(error, "provider 'mine' does not list the model 'c'; it lists a, org/b");
    assert_int_equal(config_model(config, "yours/a", &model, error), ERR_NOT_FOUND);
    assert_string_equal(error,
                        "there is no provider 'yours'; known are anthropic, demo, llamacpp, local, mine, "
                        "ollama, openai");
    assert_int_equal(config_model(config, "a", &model, error), ERR_BAD_REQUEST);
    assert_string_equal(error, "'a' is no model; write provider/model, such as demo/stoa");
    assert_int_equal(config_model(config, "mine/", &model, error), ERR_BAD_REQUEST);
    assert_int_equal(config_model(config, "/a", &model, error), ERR_BAD_REQUEST);
    assert_int_equal(config_model(config, "", &model, error), ERR_BAD_REQUEST);
    assert_int_equal(config_model(config, "demo/a b", &model, error), ERR_BAD_REQUEST);
    config_free(&config);
}

static void a_name_that_is_too_long_is_refused(void **state)
{
    struct config *config = must_parse("");
    char text[1000], error[256];
    struct model model;

    (void)state;
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    memcpy(text, "openai/", 7);
    assert_int_equal(config_model(config, text, &model, error), ERR_BAD_REQUEST);
    memset(text, 'a', 100);
    text[100] = '/';
    text[102] = '\0';
    assert_int_equal(config_model(config, text, &model, error), ERR_NOT_FOUND);
    config_free(&config);
}

static void expect_default(struct config *config, bool probed, const char *model, const char *why)
{
    char reason[256];
    char *chosen = config_default_model(config, probed ? "http://127.0.0.1:11434/v1" : NULL,
                                        probed ? "qwen3:8b" : NULL, reason);

    assert_string_equal(chosen, model);
    assert_string_equal(reason, why);
    free(chosen);
}

static void a_model_is_chosen_and_it_is_said_why(void **state)
{
    struct config *config = must_parse(""), *set = must_parse("default_model: openai/gpt-x");

    (void)state;
    expect_default(config, false, "demo/stoa",
                   "no model is configured and no key is set; using the built-in demo model");
    expect_default(config, true, "local/qwen3:8b",
                   "no model is configured and no key is set; using the model server found at "
                   "http://127.0.0.1:11434/v1");
    setenv("OPENAI_API_KEY", "k", 1);
    expect_default(config, true, "openai/gpt-5-mini",
                   "no model is configured, and there is a key for openai (OPENAI_API_KEY is set); using "
                   "openai/gpt-5-mini");
    setenv("ANTHROPIC_API_KEY", "k", 1);
    expect_default(
        config, true, "anthropic/claude-sonnet-4-6",
        "no model is configured, and there is a key for anthropic (ANTHROPIC_API_KEY is set); using "
        "anthropic/claude-sonnet-4-6");
    expect_default(set, true, "openai/gpt-x", "default_model is openai/gpt-x");
    config_free(&config);
    config_free(&set);
}

static void only_keyless_servers_on_this_host_are_probed(void **state)
{
    struct config *config =
                      must_parse("providers:\n"
                                 "  a: {api: openai, base_url: http://127.0.0.1:1/v1}\n"
                                 "  b: {api: openai, base_url: http://127.0.0.1.evil.example/v1}\n"
                                 "  c: {api: openai, base_url: http://127.0.0.1:2/v1, api_key_env: MY_KEY}\n"
                                 "  d: {api: anthropic, base_url: http://localhost:3}\n"
                                 "  e: {api: openai, base_url: http://10.0.0.1/v1}\n"),
                  *off = must_parse("model: {probe_local: false}");
    const char *urls[8];

    (void)state;
    assert_int_equal(config_probe_urls(config, urls, 8), 3);
    assert_string_equal(urls[0], "http://127.0.0.1:1/v1");
    assert_string_equal(urls[1], "http://127.0.0.1:8080/v1");
    assert_string_equal(urls[2], "http://127.0.0.1:11434/v1");
    assert_int_equal(config_probe_urls(config, urls, 2), 2);
    assert_int_equal(config_probe_urls(off, urls, 8), 0);
    config_free(&config);
    config_free(&off);
}

static void readiness_is_said(void **state)
{
    struct config *config = must_parse("");
    char why[128];

    (void)state;
    assert_true(config_provider_ready(config_provider_find(config, "demo"), NULL, why));
    assert_string_equal(why, "built in");
    assert_true(config_provider_ready(config_provider_find(config, "ollama"), NULL, why));
    assert_string_equal(why, "no key needed");
    assert_false(config_provider_ready(config_provider_find(config, "local"), NULL, why));
    assert_string_equal(why, "no model server was found on this host");
    assert_true(config_provider_ready(config_provider_find(config, "local"), "http://127.0.0.1:1/v1", why));
    assert_string_equal(why, "found at http://127.0.0.1:1/v1");
    config_free(&config);
}

/* --- prices --- */

#define PRICED "providers:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:1/v1\n    prices:\n"

static void a_price_is_of_the_name_or_of_the_closest_pattern(void **state)
{
    struct config *config = must_parse(PRICED "      \"*\": {input: 1, output: 2}\n"
                                              "      \"model-or-*\": {input: 3.0, output: 15, cached: 0.3}\n"
                                              "      \"*-mini\": {input: 0.000001, output: 1000000}\n"
                                              "      model-or-mini: {input: 0, output: 0}\n");
    static const struct {
        const char *model;
        int64_t input, output, cached;
    } table[] = {
        {"mine/model-or-7", 3000000, 15000000, 300000}, {"mine/other", 1000000, 2000000, 1000000},
        {"mine/a-mini", 1, 1000000000000, 1},           {"mine/model-or-mini", 0, 0, 0},
        {"mine/model-or", 1000000, 2000000, 1000000},   {"mine/a/b", 1000000, 2000000, 1000000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct price *price = config_price(config, table[i].model);
        assert_non_null(price);
        assert_int_equal(price->input, table[i].input);
        assert_int_equal(price->output, table[i].output);
        assert_int_equal(price->cached, table[i].cached);
    }
    assert_null(config_price(config, "openai/model-or-7"));
    assert_null(config_price(config, "mine"));
    assert_null(config_price(config, ""));
    config_free(&config);
}

static void a_cost_is_exact_and_bounded(void **state)
{
    struct price price = {"*", 3000000, 15000000, 300000}, dear = {"*", INT64_C(1000000000000), 0, 0};
    struct price fine = {"*", 1, 1, 1};

    (void)state;
    assert_int_equal(price_micros(&price, 1000, 0, 0), 3000);
    assert_int_equal(price_micros(&price, 1000, 1000, 0), 300);
    assert_int_equal(price_micros(&price, 1000, 400, 10), 1800 + 120 + 150);
    assert_int_equal(price_micros(&price, 1000, 5000, 0), 300); /* no more was cached than read */
    assert_int_equal(price_micros(&price, 1000, -1, -1), 3000);
    assert_int_equal(price_micros(&price, 0, 0, 0), 0);
    assert_int_equal(price_micros(&fine, 499999, 0, 0), 0);
    assert_int_equal(price_micros(&fine, 500000, 0, 0), 1);
    assert_int_equal(price_micros(&dear, INT64_C(1) << 48, 0, 0), INT64_C(1) << 48);
    assert_int_equal(price_micros(&dear, INT64_MAX, INT64_MAX, INT64_MAX), 0);
    assert_int_equal(price_micros(&dear, INT64_MAX, 0, INT64_MAX), INT64_C(1) << 48);
}

static void what_is_wrong_with_a_price_is_said(void **state)
{
    static const struct {
        const char *text, *error;
    } table[] = {
        {"      a: 3\n",
         "c.yaml:6: provider 'mine': the price of 'a' must be a map with input and output, and "
         "cached if that differs"},
        {"      a: {input: 3}\n",
         "c.yaml:6: provider 'mine': the price of 'a' needs both 'input' and 'output'"},
        {"      a: {input: 3, output: 1, colour: 2}\n", "c.yaml:6: provider 'mine': the price of 'a' has the "
                                                        "unknown member 'colour'; known are cached, input, "
                                                        "output"},
        {"      a: {input: -3, output: 1}\n", "c.yaml:6: provider 'mine': the price of 'a' has 'input' '-3'; "
                                              "it must be what a million tokens cost: 0 "
                                              "to 1000000, with at most 6 decimals"},
        {"      a: {input: 3, output: 1000000.000001}\n",
         "c.yaml:6: provider 'mine': the price of 'a' has 'output' '1000000.000001'; it must be what a "
         "million "
         "tokens cost: 0 to 1000000, with at most 6 decimals"},
    };
    static const char *const amounts[] = {"\"\"",      ".5",       "3.",  "1e3", "0x10", "\"1,5\"",
                                          "3.1234567", "99999999", "[1]", "+1",  "nan"};

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s%s", PRICED, table[i].text);
        expect_error(text, table[i].error);
    }
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
        char text[512], error[256];
        snprintf(text, sizeof text, "%s      a: {input: %s, output: 1}\n", PRICED, amounts[i]);
        if (parse(text, error))
            fail_msg("taken: %s", amounts[i]);
        assert_non_null(strstr(error, "it must be what a million tokens cost"));
    }
    expect_error("providers:\n  mine:\n    api: demo\n    prices: [1]\n",
                 "c.yaml:4: provider 'mine': 'prices' must be a map of at most 256 models' names to prices");
    expect_error(
        PRICED "      \"a b\": {input: 1, output: 1}\n",
        "c.yaml:6: provider 'mine': 'prices' has a name that is empty, has spaces, or is longer than 200 "
        "bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, clear_environment)
        TEST(six_are_built_in),
        TEST(the_file_adds_and_changes),
        TEST(a_key_in_the_file_is_refused_and_not_repeated),
        TEST(wrong_members_are_named_with_their_line),
        TEST(a_key_comes_from_the_environment),
        TEST(a_key_comes_from_a_file),
        TEST(a_model_is_taken_apart),
        TEST(a_name_that_is_too_long_is_refused),
        TEST(a_model_is_chosen_and_it_is_said_why),
        TEST(only_keyless_servers_on_this_host_are_probed),
        TEST(readiness_is_said),
        TEST(a_price_is_of_the_name_or_of_the_closest_pattern),
        TEST(a_cost_is_exact_and_bounded),
        TEST(what_is_wrong_with_a_price_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
