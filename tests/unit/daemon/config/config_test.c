/* The configuration: what wins, what is refused and how that is said, and that it prints what it reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/config/config.h"
#include "shared/log.h"
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const no_sets[] = {NULL};

static struct config *parse(const char *text, char error[256])
{
    return config_parse(text, strlen(text), "c.yaml", no_sets, 0, false, error);
}

static struct config *must_parse(const char *text)
{
    char error[256] = "";
    struct config *config = parse(text, error);

    if (!config)
        fail_msg("%s", error);
    return config;
}

static int64_t number_of(const char *text, enum option option)
{
    struct config *config = must_parse(text);
    int64_t number = config_number(config, option);

    config_free(&config);
    assert_null(config);
    return number;
}

static void expect_error(const char *text, const char *expected)
{
    char error[256] = "";
    struct config *config = parse(text, error);

    if (config)
        fail_msg("taken: %s", text);
    assert_string_equal(error, expected);
}

/* --- values --- */

static void without_a_file_all_is_default(void **state)
{
    char error[256];
    struct config *config = config_load(NULL, no_sets, 0, error);

    (void)state;
    assert_non_null(config);
    assert_int_equal(config_number(config, OPTION_SESSION_IDLE_TIMEOUT), 5 * 60 * 1000);
    assert_int_equal(config_number(config, OPTION_LIMITS_MESSAGE_SIZE), 1 << 20);
    assert_int_equal(config_number(config, OPTION_MODEL_PROBE_LOCAL), 1);
    assert_int_equal(config_number(config, OPTION_LOG_LEVEL), LOG_INFO);
    assert_string_equal(config_text(config, OPTION_AGENT_PATH), "");
    assert_string_equal(config_text(config, OPTION_LIMITS_QUEUE), "");
    config_free(&config);
}

static void what_is_several_things_may_be_a_list(void **state)
{
    struct config *config =
        must_parse("listen:\n  - tcp://127.0.0.1:7117\n  - tcp://[::1]\n"
                   "permission: {two_person: [files/write_file, \"shell/run(command=rm *)\"]}\n");

    (void)state;
    assert_string_equal(config_text(config, OPTION_LISTEN), "tcp://127.0.0.1:7117 tcp://[::1]");
    assert_string_equal(config_text(config, OPTION_PERMISSION_TWO_PERSON),
                        "files/write_file; shell/run(command=rm *)");
    config_free(&config);
    config = must_parse("listen: []\n");
    assert_string_equal(config_text(config, OPTION_LISTEN), "");
    config_free(&config);
    expect_error(
        "listen:\n  - tcp://127.0.0.1:7117\n  - 10.0.0.1\n",
        "c.yaml:3: option 'listen': '10.0.0.1' is no address to listen at; it must be tcp://HOST:PORT, "
        "where HOST is an IPv4 address, an IPv6 address in brackets, or *");
    expect_error("listen:\n  - tcp://127.0.0.1:7117 tcp://127.0.0.2\n",
                 "c.yaml:2: option 'listen': each element of the list must be one address, tcp://HOST:PORT");
    expect_error("listen:\n  - tcp://127.0.0.1\n  - {host: x}\n",
                 "c.yaml:3: option 'listen': an element of the list is a map; it must be a text");
    expect_error("limits: {queue: [1]}\n",
                 "c.yaml:1: option 'limits.queue' is a list; it must be a whole number from 1 to 256");
}

static void options_are_found_nested_dotted_and_in_flow(void **state)
{
    (void)state;
    assert_int_equal(number_of("session:\n  idle_timeout: 7s\n", OPTION_SESSION_IDLE_TIMEOUT), 7000);
    assert_int_equal(number_of("session: {idle_timeout: 7s}\n", OPTION_SESSION_IDLE_TIMEOUT), 7000);
    assert_int_equal(number_of("session.idle_timeout: 7s\n", OPTION_SESSION_IDLE_TIMEOUT), 7000);
    assert_int_equal(number_of("limits: {queue: 5}\nlog: {level: trace}\n", OPTION_LIMITS_QUEUE), 5);
    assert_int_equal(number_of("limits: {queue: 5}\nlog: {level: trace}\n", OPTION_LOG_LEVEL), LOG_TRACE);
    assert_int_equal(number_of("", OPTION_LIMITS_QUEUE), 32);
    assert_int_equal(number_of("agent:\n  # all commented out\nproviders:\n", OPTION_LIMITS_QUEUE), 32);
}

static void command_line_beats_environment_beats_file_beats_default(void **state)
{
    static const char text[] = "limits: {queue: 2, max_clients: 2}\nmodel: {retries: 2}\n";
    static const char *const sets[] = {"limits.queue=4", "default_model=demo/stoa"};
    char error[256] = "";
    struct config *config;

    (void)state;
    setenv("STOA_LIMITS_QUEUE", "3", 1);
    setenv("STOA_LIMITS_MAX_CLIENTS", "3", 1);
    setenv("STOA_MODEL_RETRIES", "", 1); /* as good as not set */
    config = config_parse(text, strlen(text), "c.yaml", sets, 2, true, error);
    assert_non_null(config);
    assert_int_equal(config_number(config, OPTION_LIMITS_QUEUE), 4);
    assert_int_equal(config_number(config, OPTION_LIMITS_MAX_CLIENTS), 3);
    assert_int_equal(config_number(config, OPTION_MODEL_RETRIES), 2);
    assert_int_equal(config_number(config, OPTION_SESSION_SNAPSHOT_EVERY), 256);
    assert_string_equal(config_text(config, OPTION_DEFAULT_MODEL), "demo/stoa");
    config_free(&config);
    unsetenv("STOA_LIMITS_QUEUE");
    unsetenv("STOA_LIMITS_MAX_CLIENTS");
    unsetenv("STOA_MODEL_RETRIES");
}

static void a_config_lives_while_it_is_referred_to(void **state)
{
    struct config *config = must_parse("limits: {queue: 5}"), *other = config_ref(config);

    (void)state;
    config_free(&config);
    assert_int_equal(config_number(other, OPTION_LIMITS_QUEUE), 5);
    config_free(&other);
    config_free(&other);
}

static void what_a_reload_cannot_apply_is_named(void **state)
{
    struct config *old = must_parse(""), *same = must_parse("limits: {queue: 5}"),
                  *other = must_parse("limits: {client_backlog: 500}");

    (void)state;
    assert_int_equal(config_needs_restart(old, same), OPTION_COUNT);
    assert_int_equal(config_needs_restart(old, other), OPTION_LIMITS_CLIENT_BACKLOG);
    config_free(&old);
    config_free(&same);
    config_free(&other);
}

/* --- what is refused --- */

static void a_wrong_value_is_named_with_its_line_and_what_is_right(void **state)
{
    (void)state;
    expect_error(
        "# first\nsession:\n  idle_timeout: 5 parsecs\n",
        "c.yaml:3: option 'session.idle_timeout' is '5 parsecs'; it must be a duration such as 500ms, "
        "10s, 5m, 2h or 1d, from 1s to 1d");
    expect_error("limits: {queue: 0}\n",
                 "c.yaml:1: option 'limits.queue' is '0'; it must be a whole number from 1 to 256");
    expect_error("limits:\n  queue:\n    - 3\n",
                 "c.yaml:2: option 'limits.queue' is a list; it must be a whole number from 1 to 256");
    expect_error("log:\n  level: {a: b}\n",
                 "c.yaml:2: option 'log.level' is a map; it must be one of error, warn, info, debug, trace");
    expect_error("model: {probe_local: maybe}\n",
                 "c.yaml:1: option 'model.probe_local' is 'maybe'; it must be true or false");
    expect_error("limits:\n  queue:\n",
                 "c.yaml:2: option 'limits.queue' is ''; it must be a whole number from 1 to 256");
    expect_error("limits: {queue: \"a\\e[31mb\\nc\"}\n",
                 "c.yaml:1: option 'limits.queue' is 'ab c'; it must be a whole number from 1 to 256");
}

static void an_unknown_option_suggests_the_nearest(void **state)
{
    (void)state;
    expect_error("session:\n  idle_timout: 5m\n",
                 "c.yaml:2: unknown option 'session.idle_timout'; did you mean 'session.idle_timeout'?");
    expect_error("snapshot_every: 5\n",
                 "c.yaml:1: unknown option 'snapshot_every'; did you mean 'session.snapshot_every'?");
    expect_error("provider: {}\n", "c.yaml:1: unknown option 'provider'; did you mean 'providers'?");
    expect_error("log.level: info\ncolour: blue\n",
                 "c.yaml:2: unknown option 'colour'; stoa-config(5) lists the options");
    expect_error(
        "limits: {max_live_agents: {deep: 1}}\n",
        "c.yaml:1: option 'limits.max_live_agents' is a map; it must be a whole number from 1 to 10000");
}

static void a_former_name_is_refused_with_what_it_is_called_now(void **state)
{
    static const char *const sets[] = {"agent.idle_timeout=5m"};
    char error[256] = "";

    (void)state;
    expect_error("agent:\n  max_live: 5\n",
                 "c.yaml:2: option 'agent.max_live' is called 'limits.max_live_agents' now; rename it");
    expect_error("agent: {idle_timeout: 5m}\n",
                 "c.yaml:1: option 'agent.idle_timeout' is called 'session.idle_timeout' now; rename it");
    expect_error("limits.clients: 5\n",
                 "c.yaml:1: option 'limits.clients' is called 'limits.max_clients' now; rename it");
    assert_null(config_parse("", 0, "c.yaml", sets, 1, false, error));
    assert_string_equal(
        error, "command line: option 'agent.idle_timeout' is called 'session.idle_timeout' now; rename it");
    setenv("STOA_LIMITS_CLIENTS", "3", 1);
    assert_null(config_parse("", 0, "c.yaml", NULL, 0, true, error));
    assert_string_equal(error, "environment variable STOA_LIMITS_CLIENTS: option 'limits.clients' is called "
                               "'limits.max_clients' now; set STOA_LIMITS_MAX_CLIENTS instead");
    setenv("STOA_LIMITS_CLIENTS", "", 1); /* as good as not set */
    struct config *config = config_parse("", 0, "c.yaml", NULL, 0, true, error);
    assert_non_null(config);
    config_free(&config);
    unsetenv("STOA_LIMITS_CLIENTS");
}

static void what_is_no_map_of_options_is_refused(void **state)
{
    (void)state;
    expect_error("- a\n- b\n", "c.yaml:1: the file must be a map of options");
    expect_error("agent: 5\n", "c.yaml:1: 'agent' is '5'; it must be a map of options");
    expect_error("agent: [5]\n", "c.yaml:1: 'agent' is a list; it must be a map of options");
    expect_error("limits: {queue: 3}\nlimits.queue: 4\n",
                 "c.yaml:2: option 'limits.queue' is there twice, first in line 1");
}

static void what_is_the_clients_own_is_stepped_over(void **state)
{
    (void)state;
    assert_int_equal(number_of("tui: {theme: no-such, keys: {chat: {send: 7}}}\nlimits: {queue: 9}\n",
                               OPTION_LIMITS_QUEUE),
                     9);
    assert_int_equal(number_of("tui:\nlimits: {queue: 9}\n", OPTION_LIMITS_QUEUE), 9);
    expect_error("tui: dark\n", "c.yaml:1: 'tui' is 'dark'; it must be a map of options");
    expect_error("limits: {queue: 9}\ntui: [dark]\n",
                 "c.yaml:2: 'tui' is a list; it must be a map of options");
    expect_error("sesion: {}\n", "c.yaml:1: unknown option 'sesion'; did you mean 'session'?");
    expect_error("tuii: {}\n", "c.yaml:1: unknown option 'tuii'; did you mean 'tui'?");
}

static void addresses_that_are_none_are_refused(void **state)
{
    struct config *config;

    (void)state;
    expect_error("metrics: {listen: 9117}\n",
                 "c.yaml:1: option 'metrics.listen' is '9117'; it must be HOST:PORT, [IPv6]:PORT or :PORT");
    expect_error("metrics: {listen: ':99999'}\n",
                 "c.yaml:1: option 'metrics.listen' is ':99999'; it must be HOST:PORT, [IPv6]:PORT or :PORT");
    expect_error(
        "public_address: a b\n",
        "c.yaml:1: option 'public_address' is no HOST or HOST:PORT: that is no host's name or address "
        "(IPv6 stands in brackets): 'a b'");
    config = must_parse("metrics: {listen: ':9117'}\npublic_address: den.example:7000\n");
    config_free(&config);
}

static void broken_yaml_is_refused_with_its_line(void **state)
{
    char error[256];

    (void)state;
    assert_null(parse("limits:\n  queue: [3\n", error));
    assert_int_equal(strncmp(error, "c.yaml:", 7), 0);
    assert_null(parse("a: &x 1\nb: *x\n", error));
    assert_int_equal(strncmp(error, "c.yaml:1: ", 10), 0);
    assert_null(config_load("/no/such/file.yaml", no_sets, 0, error));
    assert_string_equal(error,
                        "the configuration '/no/such/file.yaml' cannot be read: No such file or directory");
}

static void expect_set_error(const char *set, const char *expected)
{
    const char *sets[] = {set};
    char error[256];

    assert_null(config_load(NULL, sets, 1, error));
    assert_string_equal(error, expected);
}

static void wrong_sets_and_variables_are_named(void **state)
{
    char error[256];

    (void)state;
    expect_set_error("limits.queue", "command line: 'limits.queue' has no '='; write name=value");
    expect_set_error("limits.queu=3",
                     "command line: unknown option 'limits.queu'; did you mean 'limits.queue'?");
    expect_set_error("limits.queue=x",
                     "command line: option 'limits.queue' is 'x'; it must be a whole number from 1 to 256");
    setenv("STOA_LIMITS_QUEUE", "999", 1);
    assert_null(config_load(NULL, no_sets, 0, error));
    unsetenv("STOA_LIMITS_QUEUE");
    assert_string_equal(
        error, "environment variable STOA_LIMITS_QUEUE: option 'limits.queue' is '999'; it must be a "
               "whole number from 1 to 256");
}

static void a_default_model_must_have_a_provider(void **state)
{
    (void)state;
    expect_error("log: {level: info}\ndefault_model: nobody/big\n",
                 "c.yaml:2: option 'default_model' is 'nobody/big': there is no provider 'nobody'; known are "
                 "anthropic, demo, llamacpp, local, ollama, openai");
    expect_error("default_model: big\n", "c.yaml:1: option 'default_model' is 'big': 'big' is no model; "
                                         "write provider/model, such as demo/stoa");
    assert_int_equal(
        number_of("default_model: mine/big\nproviders: {mine: {api: openai, base_url: http://h}}",
                  OPTION_LIMITS_QUEUE),
        32);
}

/* --- printing --- */

static char *printed(void (*print)(FILE *), const struct config *config)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (config)
        config_print(config, out);
    else
        print(out);
    fclose(out);
    return text;
}

static void what_is_printed_reads_back_the_same(void **state)
{
    struct config *config =
        must_parse("default_model: demo/stoa\nagent: {path: 'a \"b\" \\ c'}\nsession: {idle_timeout: 90s}\n"
                   "limits: {message_size: 100000}\nmodel: {probe_local: false}\n"
                   "providers:\n  mine:\n    api: openai\n    base_url: http://h/v1\n"
                   "    models: [a, b]\n  anthropic: {api_key_file: /k}\n");
    char *text;
    struct config *copy;

    (void)state;
    text = printed(NULL, config);
    assert_non_null(strstr(text, "  idle_timeout: 90s  # file, line 3\n"));
    assert_non_null(strstr(text, "  queue: 32  # default\n"));
    copy = must_parse(text);
    for (int i = 0; i < OPTION_COUNT; i++) {
        assert_int_equal(config_number(copy, (enum option)i), config_number(config, (enum option)i));
        assert_string_equal(config_text(copy, (enum option)i), config_text(config, (enum option)i));
    }
    assert_int_equal(config_provider_count(copy), config_provider_count(config));
    assert_string_equal(config_provider_find(copy, "mine")->models[1], "b");
    assert_string_equal(config_provider_find(copy, "anthropic")->api_key_file, "/k");
    assert_null(config_provider_find(copy, "anthropic")->api_key_env);
    free(text);
    config_free(&copy);
    config_free(&config);
}

/* Takes the # away from every option, as a user would. */
static void the_example_is_the_defaults_with_and_without_its_marks(void **state)
{
    char *text = printed(config_print_example, NULL), *end;
    struct config *config = must_parse(text);

    (void)state;
    config_free(&config);
    for (char *line = text; *line; line = end + 1) {
        char *mark = line + strspn(line, " ");

        end = strchr(line, '\n');
        if (mark[0] == '#' && mark[1] >= 'a' && mark[1] <= 'z') {
            memmove(mark, mark + 1, strlen(mark));
            end--;
        }
    }
    config = must_parse(text);
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_spec *row = option_row((enum option)i);
        int64_t number;

        assert_true(option_read(row, row->standard, &number));
        assert_int_equal(config_number(config, (enum option)i), number);
    }
    config_free(&config);
    free(text);
}

static void every_option_is_in_the_example_and_the_manual(void **state)
{
    char *example = printed(config_print_example, NULL), *man = printed(config_print_man, NULL);

    (void)state;
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_spec *row = option_row((enum option)i);
        const char *dot = strchr(row->name, '.');
        char wanted[128];

        snprintf(wanted, sizeof wanted, "#%s: ", dot ? dot + 1 : row->name);
        assert_non_null(strstr(example, wanted));
        snprintf(wanted, sizeof wanted, ".It Cm %s\n", row->name);
        assert_non_null(strstr(man, wanted));
    }
    free(example);
    free(man);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_file_all_is_default),
        cmocka_unit_test(what_is_several_things_may_be_a_list),
        cmocka_unit_test(options_are_found_nested_dotted_and_in_flow),
        cmocka_unit_test(command_line_beats_environment_beats_file_beats_default),
        cmocka_unit_test(a_config_lives_while_it_is_referred_to),
        cmocka_unit_test(what_a_reload_cannot_apply_is_named),
        cmocka_unit_test(a_wrong_value_is_named_with_its_line_and_what_is_right),
        cmocka_unit_test(an_unknown_option_suggests_the_nearest),
        cmocka_unit_test(what_is_the_clients_own_is_stepped_over),
        cmocka_unit_test(a_former_name_is_refused_with_what_it_is_called_now),
        cmocka_unit_test(what_is_no_map_of_options_is_refused),
        cmocka_unit_test(addresses_that_are_none_are_refused),
        cmocka_unit_test(broken_yaml_is_refused_with_its_line),
        cmocka_unit_test(wrong_sets_and_variables_are_named),
        cmocka_unit_test(a_default_model_must_have_a_provider),
        cmocka_unit_test(what_is_printed_reads_back_the_same),
        cmocka_unit_test(the_example_is_the_defaults_with_and_without_its_marks),
        cmocka_unit_test(every_option_is_in_the_example_and_the_manual),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
