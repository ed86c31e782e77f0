/* The MCP servers as text: in force, and as an example. The values of env and headers may be secrets, so they
 * are not shown unless they are templates and nothing else. */
#include "daemon/config/config_internal.h"
#include <string.h>

static void put_text(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '\n')
            fputs("\\n", out);
        else if ((unsigned char)*text < ' ' || *text == 0x7f)
            fprintf(out, "\\x%02x", (unsigned char)*text);
        else
            fprintf(out, strchr("\"\\", *text) ? "\\%c" : "%c", *text);
    }
    fputc('"', out);
}

static void put_member(const char *indent, const char *name, const char *text, FILE *out)
{
    if (!text)
        return;
    fprintf(out, "%s%s: ", indent, name);
    put_text(text, out);
    fputc('\n', out);
}

/* "{ENV:KEY}" and "{SESSION_DIR}" say nothing secret; "Bearer {ENV:KEY}" neither, but "x{ENV:KEY}y" may. */
static bool is_harmless(const char *value)
{
    static const char scheme[] = "Bearer ";
    const char *text = strncmp(value, scheme, sizeof scheme - 1) == 0 ? value + sizeof scheme - 1 : value;

    if (text[0] != '{' || text[1] == '{')
        return false;
    return text[strcspn(text, "}")] && !text[strcspn(text, "}") + 1];
}

static void put_pairs(const char *indent, const char *member, const struct config_pairs *pairs, FILE *out)
{
    if (pairs->count == 0)
        return;
    fprintf(out, "%s%s:\n", indent, member);
    for (size_t i = 0; i < pairs->count; i++) {
        const struct config_pair *pair = &pairs->items[i];

        fprintf(out, "%s  %s: ", indent, pair->name);
        put_text(is_harmless(pair->value) ? pair->value : "", out);
        fputs(is_harmless(pair->value) ? "\n" : "  # not shown\n", out);
    }
}

static void put_bound(const struct config_variant *variant, enum config_bound bound, const char *indent,
                      FILE *out)
{
    char text[32];

    if (variant->bounds[bound] < 0)
        return;
    option_write(option_row(bound_option(bound)), variant->bounds[bound], text);
    fprintf(out, "%s%s: %s\n", indent, bound_name(bound), text);
}

static void put_limits(const char *indent, const struct config_variant *variant, FILE *out)
{
    char deeper[32];
    bool any = false;

    for (enum config_bound bound = BOUND_START; bound < BOUND_MEMORY; bound++)
        put_bound(variant, bound, indent, out);
    for (enum config_bound bound = BOUND_MEMORY; bound < BOUND_COUNT; bound++)
        any = any || variant->bounds[bound] >= 0;
    if (any)
        fprintf(out, "%slimits:\n", indent);
    snprintf(deeper, sizeof deeper, "%s  ", indent);
    for (enum config_bound bound = BOUND_MEMORY; bound < BOUND_COUNT; bound++)
        put_bound(variant, bound, deeper, out);
}

static void put_oauth(const char *indent, const struct config_oauth *oauth, FILE *out)
{
    char deeper[32];

    if (!oauth->client_id && !oauth->metadata_url && !oauth->scope && oauth->redirect_port == 0)
        return;
    snprintf(deeper, sizeof deeper, "%s  ", indent);
    fprintf(out, "%soauth:\n", indent);
    put_member(deeper, "client_id", oauth->client_id, out);
    put_member(deeper, "client_secret_env", oauth->client_secret_env, out);
    put_member(deeper, "client_secret_file", oauth->client_secret_file, out);
    put_member(deeper, "metadata_url", oauth->metadata_url, out);
    put_member(deeper, "scope", oauth->scope, out);
    if (oauth->redirect_port)
        fprintf(out, "%sredirect_port: %d\n", deeper, oauth->redirect_port);
}

static void put_variant(const char *indent, const struct config_variant *variant, FILE *out)
{
    if (variant->command)
        fprintf(out, "%scommand:\n", indent);
    for (size_t i = 0; variant->command && i < variant->command_count; i++) {
        fprintf(out, "%s  - ", indent);
        put_text(variant->command[i], out);
        fputc('\n', out);
    }
    put_member(indent, "url", variant->url, out);
    put_member(indent, "cwd", variant->cwd, out);
    put_pairs(indent, "env", &variant->env, out);
    put_pairs(indent, "headers", &variant->headers, out);
    fprintf(out, "%sstart: %s\n", indent, variant->eager ? "eager" : "lazy");
    put_limits(indent, variant, out);
    put_oauth(indent, &variant->oauth, out);
}

static void put_tools(const struct config_server *server, FILE *out)
{
    if (server->rule_count > 0)
        fputs("    tools:\n", out);
    for (enum rule_effect effect = RULE_ALLOW; effect < RULE_EFFECT_COUNT; effect++) {
        bool first = true;

        for (size_t i = 0; i < server->rule_count; i++) {
            if (server->rules[i].effect != effect)
                continue;
            if (first)
                fprintf(out, "      %s:\n", rule_effect_name(effect));
            first = false;
            fputs("        - ", out);
            put_text(server->rules[i].pattern + strlen(server->name) + 1, out);
            fputc('\n', out);
        }
    }
}

static void put_server(const struct config_server *server, FILE *out)
{
    bool variants = server->variants[0].name[0] != '\0';

    fprintf(out, "  %s:\n    scope: %s\n", server->name, server_scope_name(server->scope));
    put_tools(server, out);
    if (!variants) {
        put_variant("    ", &server->variants[0], out);
        return;
    }
    fprintf(out, "    select: %s\n    variants:\n", server->variants[server->selected].name);
    for (size_t i = 0; i < server->variant_count; i++) {
        fprintf(out, "      %s:\n", server->variants[i].name);
        put_variant("        ", &server->variants[i], out);
    }
}

void servers_print(const struct config *config, FILE *out)
{
    if (config->server_count > 0)
        fputs("mcp_servers:\n", out);
    for (size_t i = 0; i < config->server_count; i++)
        put_server(&config->servers[i], out);
}

static const char example[] =
    "# MCP servers, whose tools models may use: man stoa-mcp. Each has a command or a\n"
    "# url. {SESSION_ID} {USER_ID} {INSTANCE_TYPE} {SESSION_DIR} {VAR:name} {ENV:NAME}\n"
    "# are filled in; {{ is a brace. What begins with { stands in quotes.\n"
    "mcp_servers:\n"
    "  # files:\n"
    "  #   command: [mcp-server-filesystem, \"{SESSION_DIR}\"]\n"
    "  #   env: {API_KEY: \"{ENV:FILES_KEY}\"}   # besides PATH, HOME, LANG, TERM\n"
    "  #   cwd: /srv/files           # else the session's own folder\n"
    "  #   scope: session            # session, user or shared: who shares an instance\n"
    "  #   start: lazy               # lazy (when needed) or eager (with the agent)\n"
    "  #   start_timeout: 30s        # these three as in mcp above\n"
    "  #   call_timeout: 1m\n"
    "  #   idle_timeout: 10m\n"
    "  #   limits: {memory: 512m, processes: 64, cpu: 10m, files: 256, file_size: 100m}\n"
    "  #   tools:                    # what needs no question, a question, or is forbidden\n"
    "  #     allow: [\"read_*\", \"list_*\"]\n"
    "  #     ask: [\"write_*\"]\n"
    "  #     deny: [\"delete_*\", \"write_*(path=/etc/*)\"]\n"
    "  # chain:\n"
    "  #   scope: shared\n"
    "  #   headers: {Authorization: \"Bearer {ENV:CHAIN_TOKEN}\"}\n"
    "  #   select: testnet           # the variant of sessions that select none\n"
    "  #   variants:\n"
    "  #     testnet: {url: \"http://127.0.0.1:5000/mcp\"}\n"
    "  #     mainnet: {url: \"http://127.0.0.1:5001/mcp\"}\n"
    "  # issues:\n"
    "  #   url: https://mcp.example.com/mcp\n"
    "  #   oauth:                    # all of it optional\n"
    "  #     client_id: registered\n"
    "  #     client_secret_env: ISSUES_SECRET   # or client_secret_file\n"
    "  #     metadata_url: https://example.com/client.json\n"
    "  #     scope: read write\n"
    "  #     redirect_port: 7999\n";

void servers_print_example(FILE *out)
{
    fputs(example, out);
}
