/* The MCP servers of the configuration: what is taken, what is inherited, what is refused and how, and that
 * no secret is printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/config/config_server.h"
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const no_sets[] = {NULL};

static struct config *must_parse(const char *text)
{
    char error[256] = "";
    struct config *config = config_parse(text, strlen(text), "c.yaml", no_sets, 0, false, error);

    if (!config)
        fail_msg("%s", error);
    return config;
}

static const char files[] =
    "mcp:\n"
    "  idle_timeout: 3m\n"
    "mcp_servers:\n"
    "  files:\n"
    "    command: [server, \"{SESSION_DIR}\"]\n"
    "    env: {LOG: quiet, KEY: \"{ENV:SECRET}\"}\n"
    "    start: eager\n"
    "    call_timeout: 7s\n"
    "    limits: {memory: 64m, cpu: 90s}\n"
    "    tools: {allow: [\"read_*\"], ask: [\"write_*(path=/tmp/*)\"], deny: [\"delete_*\"]}\n";

static void a_server_is_read_whole(void **state)
{
    struct config *config = must_parse(files);
    const struct config_server *server = config_server_find(config, "files");
    const struct config_variant *variant = config_variant_find(server, NULL);

    (void)state;
    assert_int_equal(config_server_count(config), 1);
    assert_int_equal(server->scope, SCOPE_SESSION);
    assert_int_equal(variant->command_count, 2);
    assert_string_equal(variant->command[1], "{SESSION_DIR}");
    assert_null(variant->url);
    assert_true(variant->eager);
    assert_int_equal(variant->env.count, 2);
    assert_string_equal(variant->env.items[1].value, "{ENV:SECRET}");
    /* its own, else the option's */
    assert_int_equal(config_bound(config, variant, BOUND_CALL), 7000);
    assert_int_equal(config_bound(config, variant, BOUND_IDLE), 3 * 60 * 1000);
    assert_int_equal(config_bound(config, variant, BOUND_START), 30000);
    assert_int_equal(config_bound(config, variant, BOUND_MEMORY), 64 << 20);
    assert_int_equal(config_bound(config, variant, BOUND_CPU), 90000);
    assert_int_equal(server->rule_count, 3);
    assert_int_equal(server->rules[0].effect, RULE_ALLOW);
    assert_string_equal(server->rules[1].pattern, "files/write_*(path=/tmp/*)");
    assert_true(config_variant_names_session(variant));
    config_free(&config);
}

static const char chain[] = "mcp_servers:\n"
                            "  chain:\n"
                            "    scope: shared\n"
                            "    command: [server, common]\n"
                            "    env: {A: common, B: common}\n"
                            "    call_timeout: 9s\n"
                            "    select: own\n"
                            "    tools: {allow: [\"*\"]}\n"
                            "    variants:\n"
                            "      same:\n"
                            "      own: {command: [server, own], env: {B: own, C: own}, call_timeout: 1s}\n"
                            "      web: {url: \"http://h/mcp\"}\n";

static void a_variant_inherits_what_it_does_not_say(void **state)
{
    struct config *config = must_parse(chain);
    const struct config_server *server = config_server(config, 0);
    const struct config_variant *same = config_variant_find(server, "same");
    const struct config_variant *own = config_variant_find(server, "own"),
                                *web = config_variant_find(server, "web");

    (void)state;
    assert_int_equal(server->variant_count, 3);
    assert_ptr_equal(config_variant_find(server, NULL), own);
    assert_null(config_variant_find(server, "none"));
    assert_string_equal(same->command[1], "common");
    assert_int_equal(config_bound(config, same, BOUND_CALL), 9000);
    assert_string_equal(own->command[1], "own");
    assert_int_equal(own->env.count, 3);
    assert_string_equal(own->env.items[0].value, "common");
    assert_string_equal(own->env.items[1].value, "own");
    assert_int_equal(config_bound(config, own, BOUND_CALL), 1000);
    assert_null(web->command);
    assert_string_equal(web->url, "http://h/mcp");
    /* rules are the server's, and there once */
    assert_int_equal(server->rule_count, 1);
    assert_true(config_variant_fingerprint(server, same, NULL) !=
                config_variant_fingerprint(server, own, NULL));
    assert_false(config_variant_names_session(own));
    config_free(&config);
}

static void the_fingerprint_is_of_the_definition(void **state)
{
    static const char *const texts[] = {
        "mcp_servers: {a: {command: [x, y]}}",
        "mcp_servers: {a: {command: [xy]}}",
        "mcp_servers: {a: {command: [x, y], env: {Z: z}}}",
        "mcp_servers: {a: {command: [x, y], cwd: /z}}",
        "mcp_servers: {a: {command: [x, y], scope: user}}",
        "mcp_servers: {a: {url: \"http://x\"}}",
        "mcp_servers: {a: {url: \"http://x\", headers: {Z: z}}}",
    };
    enum { COUNT = sizeof texts / sizeof *texts };
    uint64_t prints[COUNT];

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        struct config *config = must_parse(texts[i]);
        const struct config_server *server = config_server(config, 0);

        prints[i] = config_variant_fingerprint(server, &server->variants[0], NULL);
        for (int j = 0; j < i; j++)
            assert_true(prints[i] != prints[j]);
        config_free(&config);
    }
    /* what does not change what is run changes nothing */
    struct config *config =
        must_parse("mcp_servers: {a: {command: [x, y], call_timeout: 1s, tools: {deny: [z]}}}");
    const struct config_server *server = config_server(config, 0);
    assert_true(config_variant_fingerprint(server, &server->variants[0], NULL) == prints[0]);
    config_free(&config);
}

static void the_fingerprint_is_of_the_variables_that_are_named(void **state)
{
    struct config *config = must_parse("mcp_servers: {a: {command: [x, \"{SESSION_DIR}\", \"{VAR:who}\"]}}");
    const struct config_server *server = config_server(config, 0);
    json_t *variables[] = {NULL, json_pack("{s:s}", "who", "ann"), json_pack("{s:s}", "who", "bob"),
                           json_pack("{s:s,s:s}", "who", "bob", "other", "x")};
    uint64_t prints[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        prints[i] = config_variant_fingerprint(server, &server->variants[0], variables[i]);
        json_decref(variables[i]);
    }
    assert_true(prints[0] != prints[1] && prints[1] != prints[2] && prints[0] != prints[2]);
    assert_true(prints[2] == prints[3]);
    config_free(&config);
}

#define HOST_OF_A_VARIABLE                                                                                   \
    "c.yaml:2: MCP server 'a': its url's host is a session's {VAR:...}, and it sends {ENV:...} or a "        \
    "client_secret there: any user could have that sent to a host of theirs; write out the host"

static void what_is_wrong_is_said_with_its_line_and_what_would_be_right(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"mcp_servers: [a]", "c.yaml:1: 'mcp_servers' must be a map of names"},
        {"mcp_servers:\n  A: {command: [x]}",
         "c.yaml:2: the MCP server's name is 'A'; it must be 1 to 32 of a-z 0-9 _ "
         "-, the first a letter or digit"},
        {"mcp_servers:\n  _a: {command: [x]}",
         "c.yaml:2: the MCP server's name is '_a'; it must be 1 to 32 of a-z 0-9 "
         "_ -, the first a letter or digit"},
        {"mcp_servers:\n  stoa: {command: [x]}",
         "c.yaml:2: the MCP server's name is 'stoa', which the built-in tools have"},
        {"mcp_servers:\n  a:\n    comand: [x]",
         "c.yaml:3: MCP server 'a': unknown member 'comand'; did you mean "
         "'command'?"},
        {"mcp_servers:\n  a:\n    zzzzzzzzzz: 1", "c.yaml:3: MCP server 'a': unknown member 'zzzzzzzzzz'; "
                                                  "stoa-config(5) lists them"},
        {"mcp_server: {}", "c.yaml:1: unknown option 'mcp_server'; did you mean 'mcp_servers'?"},
        {"mcp_servers:\n  a: {}", "c.yaml:2: MCP server 'a': it has neither 'command' nor 'url'"},
        {"mcp_servers:\n  a: {command: [x], url: \"http://x\"}",
         "c.yaml:2: MCP server 'a': it has both 'command' and 'url'; it must have one of them"},
        {"mcp_servers:\n  a: {command: x}",
         "c.yaml:2: MCP server 'a': 'command' is 'x'; it must be a list of a program "
         "and its arguments, such as [npx, server]"},
        {"mcp_servers:\n  a: {command: []}",
         "c.yaml:2: MCP server 'a': 'command' is a list; it must be a list of a "
         "program and its arguments, such as [npx, server]"},
        {"mcp_servers:\n  a: {command: [x, {SESSION_DIR}]}",
         "c.yaml:2: MCP server 'a': a text of 'command' is a map; a "
         "text that begins with { must be in quotes"},
        {"mcp_servers:\n  a: {url: \"ftp://x\"}",
         "c.yaml:2: MCP server 'a': 'url' is 'ftp://x'; it must be a URL that "
         "begins with http:// or https://"},
        {"mcp_servers:\n  a: {command: [x], scope: all}",
         "c.yaml:2: MCP server 'a': 'scope' is 'all'; it must be one of session, user, shared"},
        {"mcp_servers:\n  a: {command: [x], start: now}",
         "c.yaml:2: MCP server 'a': 'start' is 'now'; it must be one of lazy, eager"},
        {"mcp_servers:\n  a:\n    command: [x]\n    call_timeout: 5 parsecs",
         "c.yaml:4: MCP server 'a': 'call_timeout' is '5 parsecs'; it must be a duration such as 500ms, 10s, "
         "5m, 2h or 1d, "
         "from 100ms to 1d"},
        {"mcp_servers:\n  a:\n    command: [x]\n    limits:\n      memori: 5m",
         "c.yaml:5: MCP server 'a': 'limits' has the unknown member 'memori'; known are memory, processes, "
         "cpu, files, "
         "file_size"},
        {"mcp_servers:\n  a:\n    command: [x]\n    tools:\n      alow: []",
         "c.yaml:5: MCP server 'a': 'tools' has the unknown member 'alow'; it must be a map of the lists "
         "allow, ask, "
         "deny"},
        {"mcp_servers:\n  a: {variants: {x: {url: \"http://x\"}, y: {url: \"http://y\"}}}",
         "c.yaml:2: MCP server 'a': 'select' must say which variant is the default: x, y"},
        {"mcp_servers:\n  a:\n    select: z\n    variants: {x: {url: \"http://x\"}, y: {url: \"http://y\"}}",
         "c.yaml:3: MCP server 'a': 'select' is 'z'; the variants are: x, y"},
        {"mcp_servers:\n  a:\n    variants:\n      x: {ur: \"http://x\"}",
         "c.yaml:4: MCP server 'a', variant 'x': unknown member 'ur'; did you mean 'url'?"},
        {"mcp_servers:\n  a:\n    variants:\n      x: {}",
         "c.yaml:4: MCP server 'a', variant 'x': it has neither 'command' nor 'url'"},
        {"mcp_servers:\n  a: {url: \"http://x\", headers: {Mcp-Session-Id: x}}",
         "c.yaml:2: MCP server 'a': 'headers.Mcp-Session-Id': this header is set by stoa itself"},
        {"mcp_servers:\n  a: {url: \"http://x\", headers: {X: \"a\\nb\"}}",
         "c.yaml:2: MCP server 'a': 'headers.X' has a control character, which a header can't hold"},
        {"mcp_servers:\n  a: {url: \"http://x\", headers: {\"a b\": x}}",
         "c.yaml:2: MCP server 'a': 'headers.a b': that is no name of a header"},
        {"mcp_servers:\n  a: {command: [x], env: {\"1A\": x}}",
         "c.yaml:2: MCP server 'a': 'env.1A': that is no name of an environment variable"},
        {"mcp_servers:\n  a: {command: [x], cwd: here}",
         "c.yaml:2: MCP server 'a': 'cwd' is 'here'; it must be an "
         "absolute path, or one that begins with ~/ or a template"},
        {"mcp_servers:\n  a: {scope: user, command: [x], env: {K: \"{VAR:k}\"}}",
         "c.yaml:2: MCP server 'a': 'env.K' has {VAR:k}, but a server of scope user is not for one session"},
        {"mcp_servers:\n  a: {scope: shared, url: \"http://x/{USER_ID}\"}",
         "c.yaml:2: MCP server 'a': 'url' has {USER_ID}, but a server of scope shared is not for one user"},
        {"mcp_servers:\n  a: {url: \"http://x\", oauth: {client_secret_env: E}}",
         "c.yaml:2: MCP server 'a': its client_secret needs a 'client_id'"},
        {"mcp_servers:\n  a: {url: \"http://{VAR:h}/x\", headers: {K: \"{ENV:K}\"}}", HOST_OF_A_VARIABLE},
        {"mcp_servers:\n  a: {url: \"http://x.y{VAR:h}/\", headers: {K: \"{ENV:K}\"}}", HOST_OF_A_VARIABLE},
        {"mcp_servers:\n  a: {url: \"{VAR:h}/x\", oauth: {client_id: i, client_secret_env: E}}",
         HOST_OF_A_VARIABLE},
        {"mcp_servers:\n  a: {url: \"http://x\", oauth: {redirect_port: 70000}}",
         "c.yaml:2: MCP server 'a': 'redirect_port' is '70000'; it must be a port from 0 to 65535"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char error[256] = "";
        struct config *config =
            config_parse(cases[i].text, strlen(cases[i].text), "c.yaml", no_sets, 0, false, error);

        if (config)
            fail_msg("taken: %s", cases[i].text);
        assert_string_equal(error, cases[i].error);
    }
}

/* Whatever is wrong with it, a value that may be a secret is in no error. */
static void a_secret_is_in_no_error(void **state)
{
    static const char *const texts[] = {
        "mcp_servers: {a: {url: \"http://x\", oauth: {client_secret: hush-hush}}}",
        "mcp_servers: {a: {url: \"http://x\", oauth: {client_id: i, client_secret_env: hush-hush}}}",
        "mcp_servers: {a: {command: [x], env: {K: \"hush-hush {NO}\"}}}",
        "mcp_servers: {a: {url: \"http://x\", headers: {K: \"hush-hush\\n\"}}}",
        "mcp_servers: {a: {command: [x, \"--key=hush-hush\", \"{\"]}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char error[256] = "";

        assert_null(config_parse(texts[i], strlen(texts[i]), "c.yaml", no_sets, 0, false, error));
        assert_non_null(strstr(error, "MCP server 'a'"));
        assert_null(strstr(error, "hush"));
    }
}

static char *printed(const struct config *config)
{
    char *text = NULL, *copy;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    config_print(config, out);
    fclose(out);
    copy = strndup(text, len);
    free(text);
    return copy;
}

static void secrets_are_not_printed_and_the_rest_reads_back(void **state)
{
    struct config *config = must_parse(
        "mcp_servers:\n  web:\n    url: \"https://h/mcp\"\n"
        "    headers: {Authorization: \"Bearer hush-hush\", X-Key: \"{ENV:KEY}\", Y: \"Bearer {ENV:KEY}\"}\n"
        "    oauth: {client_id: me, redirect_port: 7999}\n"
        "  run: {command: [x, \"a \\\"b\\\" \\\\ c\"], env: {A: hush-hush, B: \"{ENV:HUSH}\", C: "
        "\"hush{ENV:X}\"}}\n");
    char *text = printed(config);
    struct config *copy;

    (void)state;
    assert_null(strstr(text, "hush"));
    assert_non_null(strstr(text, "Authorization: \"\"  # not shown\n"));
    assert_non_null(strstr(text, "X-Key: \"{ENV:KEY}\"\n"));
    assert_non_null(strstr(text, "Y: \"Bearer {ENV:KEY}\"\n"));
    assert_non_null(strstr(text, "B: \"{ENV:HUSH}\"\n"));
    copy = must_parse(text);
    assert_int_equal(config_server_count(copy), 2);
    const struct config_server *run = config_server_find(copy, "run"), *web = config_server_find(copy, "web");
    assert_string_equal(run->variants[0].command[1], "a \"b\" \\ c");
    assert_int_equal(web->variants[0].oauth.redirect_port, 7999);
    config_free(&copy);
    free(text);
    config_free(&config);
}

/* Of what is behind it, the providers, where they are from differs. */
static char *servers_of(const struct config *config)
{
    char *text = printed(config), *from = strstr(text, "mcp_servers:"), *end = strstr(text, "\nproviders:");
    char *servers;

    assert_true(from && end && from < end);
    servers = strndup(from, (size_t)(end - from));
    free(text);
    return servers;
}

static void what_is_printed_of_variants_and_rules_reads_back_the_same(void **state)
{
    struct config *config = must_parse(chain);
    char *text = servers_of(config), *again;
    struct config *copy = must_parse(text);

    (void)state;
    again = servers_of(copy);
    assert_string_equal(again, text);
    assert_string_equal(config_server(copy, 0)->rules[0].pattern, "chain/*");
    free(again);
    free(text);
    config_free(&copy);
    config_free(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_is_read_whole),
        cmocka_unit_test(a_variant_inherits_what_it_does_not_say),
        cmocka_unit_test(the_fingerprint_is_of_the_definition),
        cmocka_unit_test(the_fingerprint_is_of_the_variables_that_are_named),
        cmocka_unit_test(what_is_wrong_is_said_with_its_line_and_what_would_be_right),
        cmocka_unit_test(a_secret_is_in_no_error),
        cmocka_unit_test(secrets_are_not_printed_and_the_rest_reads_back),
        cmocka_unit_test(what_is_printed_of_variants_and_rules_reads_back_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
