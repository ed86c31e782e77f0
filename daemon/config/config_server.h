/* The MCP servers of the configuration, as they are written there: templates are not filled in, and no secret
 * is read.
 *
 *     mcp_servers:
 *       files:
 *         command: [mcp-server-filesystem, "{SESSION_DIR}"]
 *         tools: {allow: ["read_*"], deny: ["delete_*"]}
 *       chain:
 *         scope: shared
 *         select: testnet
 *         variants: {testnet: {url: "http://127.0.0.1:5000/mcp"}, mainnet: {url:
 * "http://127.0.0.1:5001/mcp"}}
 */
#ifndef STOA_DAEMON_CONFIG_CONFIG_SERVER_H
#define STOA_DAEMON_CONFIG_CONFIG_SERVER_H

#include "daemon/config/config.h"
#include "daemon/config/template.h"
#include "proto/rule.h"
#include "shared/id.h"
#include <stdint.h>

enum {
    CONFIG_SERVERS_MAX = 64,
    CONFIG_VARIANTS_MAX = 32,   /* of one server */
    CONFIG_ARGUMENTS_MAX = 128, /* texts of a command */
    CONFIG_PAIRS_MAX = 128,     /* environment variables, headers */
    CONFIG_RULES_MAX = 256,     /* patterns of one server's tools */
    CONFIG_VALUE_MAX = 16 << 10 /* bytes of one text, before templates are filled in */
};

/* What can be given for a server, and else is the option's of the same name below mcp. */
enum config_bound {
    BOUND_START, /* milliseconds */
    BOUND_CALL,
    BOUND_IDLE,
    BOUND_MEMORY, /* bytes */
    BOUND_PROCESSES,
    BOUND_CPU, /* milliseconds */
    BOUND_FILES,
    BOUND_FILE_SIZE,
    BOUND_COUNT
};

struct config_pair {
    char *name, *value;
};
struct config_pairs { /* in the order of the file, names unique */
    struct config_pair *items;
    size_t count;
};

struct config_oauth { /* texts are NULL if not given */
    char *client_id, *client_secret_env, *client_secret_file, *metadata_url, *scope;
    int redirect_port; /* 0: any */
};

struct config_variant { /* one way to run or reach a server, whole: what all variants have in common is in it
                         */
    char *name;         /* "" where the server has no variants */
    char **command;     /* NULL if it has a url */
    size_t command_count;
    char *url; /* NULL if it has a command */
    struct config_pairs env, headers;
    char *cwd; /* NULL: the instance's own folder */
    struct config_oauth oauth;
    bool eager;
    int64_t bounds[BOUND_COUNT]; /* -1: not given */
};

struct config_rule {
    enum rule_effect effect;
    char *pattern; /* "files/read_*" */
};

struct config_server { /* all lives as long as the config */
    char *name;
    enum server_scope scope;
    struct config_variant *variants; /* at least one */
    size_t variant_count;
    size_t selected; /* the variant of a session that selects none */
    struct config_rule *rules;
    size_t rule_count;
};

const char *server_scope_name(enum server_scope scope);

/* Sorted by name. */
size_t config_server_count(const struct config *config);
const struct config_server *config_server(const struct config *config, size_t index);
/* NULL if there is none of that name. */
const struct config_server *config_server_find(const struct config *config, const char *name);
/* name NULL: the selected one. NULL if there is none of that name. */
const struct config_variant *config_variant_find(const struct config_server *server, const char *name);
/* "chain, files", "mainnet, testnet": names for errors; "none" if there are none. */
void config_servers_list(const struct config *config, char *out, size_t size);
void config_variants_list(const struct config_server *server, char *out, size_t size);

/* What holds for the variant: its own, else the option's. */
int64_t config_bound(const struct config *config, const struct config_variant *variant,
                     enum config_bound bound);
/* Whether a text of it names the session (see template_names_session). */
bool config_variant_names_session(const struct config_variant *variant);
/* Whether one of its variants has the session's variable of that name beside a secret: whoever sets it may
 * decide where the secret goes. */
bool config_server_guards(const struct config_server *server, const char *variable);
/* A number that changes with what is run or reached: of the texts as they are written, and of the values of
 * the session's variables in them (an object of texts, or NULL). */
uint64_t config_variant_fingerprint(const struct config_server *server, const struct config_variant *variant,
                                    const json_t *variables);
/* The registered client's secret, as config_provider_key gives a key: config_key_free it. NULL without one.
 */
char *config_oauth_secret(const struct config_server *server, const struct config_variant *variant,
                          enum err *code, char error[256]);

#endif
