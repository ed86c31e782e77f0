/* The MCP servers, each variant: what it would be started or reached as, for a session that is not there.
 * None is started: that is a session's (stoa mcp connect). */
#include "daemon/config/template.h"
#include "daemon/doctor/doctor_internal.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct one { /* a variant of a server, as it is looked at */
    struct one *next;
    const struct config_server *server;
    const struct config_variant *variant;
    struct template_values values;
    char name[80]; /* "files", "chain (testnet)" */
    char *url;     /* filled in */
};

struct looking {
    struct doctor *doctor;
    struct visits *visits;
    char *folder; /* of no session */
    struct one *all;
};

/* --- templates --- */

static bool names_variable(const char *text)
{
    return strstr(text, "{VAR:") != NULL;
}

/* Filled in, free() it; NULL with a finding. What only a session has set is no fault. */
static char *fill(struct looking *looking, const struct one *one, const char *what, const char *text)
{
    char why[256], *filled = NULL;

    if (template_names_secret(text)) {
        findings_add(&looking->doctor->findings, FINDING_NOTE, "secret",
                     "each user: stoa secret set NAME; stoa mcp ls says whether it can be used",
                     "MCP server %s: its %s holds a secret of whoever uses it, and it was not asked",
                     one->name, what);
        return NULL;
    }
    if ((filled = template_fill(text, &one->values, why)))
        return filled;
    if (names_variable(text))
        findings_add(
            &looking->doctor->findings, FINDING_NOTE, "variable", "in a session: stoa set SESSION NAME=VALUE",
            "MCP server %s: its %s has a value only in sessions where it is set: %s", one->name, what, why);
    else
        findings_add(&looking->doctor->findings, FINDING_BAD, "template",
                     "set it where the daemon starts, or mend the configuration", "MCP server %s: its %s: %s",
                     one->name, what, why);
    return NULL;
}

static bool fill_pairs(struct looking *looking, const struct one *one, const char *kind,
                       const struct config_pairs *pairs, json_t *out)
{
    bool whole = true;

    for (size_t i = 0; i < pairs->count; i++) {
        char what[160], *value;

        snprintf(what, sizeof what, "%s %.100s", kind, pairs->items[i].name);
        value = fill(looking, one, what, pairs->items[i].value);
        whole = whole && value;
        if (value)
            jsonx_set_str(out, pairs->items[i].name, value);
        free(value);
    }
    return whole;
}

/* --- servers that are programs --- */

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* As execvp looks for it; free() it. */
static char *find_program(const char *name, const char *folder, const char *list)
{
    if (name[0] == '/')
        return is_program(name) ? xstrdup(name) : NULL;
    if (strchr(name, '/')) {
        char *path = xasprintf("%s/%s", folder ? folder : ".", name);

        if (is_program(path))
            return path;
        free(path);
        return NULL;
    }
    while (list && *list) {
        size_t len = strcspn(list, ":");
        char *path = xasprintf("%.*s/%s", (int)len, list, name);

        if (is_program(path))
            return path;
        free(path);
        list += list[len] ? len + 1 : len;
    }
    return NULL;
}

static void check_folder(struct looking *looking, const struct one *one, const char *folder)
{
    struct stat st;
    char advice[DOCTOR_ADVICE_MAX];

    snprintf(advice, sizeof advice, "mkdir -p '%s', or mend its cwd in the configuration", folder);
    if (strchr(one->variant->cwd, '{')) /* of a session, whose folder is made with it */
        return;
    if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode))
        findings_add(&looking->doctor->findings, FINDING_BAD, "cwd", advice,
                     "MCP server %s: its working folder %s is not there", one->name, folder);
}

static void say_program(struct looking *looking, const struct one *one, const char *name, const char *found,
                        const char *path)
{
    char advice[DOCTOR_ADVICE_MAX];

    snprintf(advice, sizeof advice,
             "install it, or give its whole path in 'command'; a daemon looks in PATH=%s", path);
    if (found)
        findings_add(&looking->doctor->findings, FINDING_OK, "server", NULL, "MCP server %s runs %s",
                     one->name, found);
    else if (access(name, F_OK) == 0 && strchr(name, '/'))
        findings_add(&looking->doctor->findings, FINDING_BAD, "command", "chmod +x, or name a program",
                     "MCP server %s: its command %s is no program that you may run", one->name, name);
    else
        findings_add(&looking->doctor->findings, FINDING_BAD, "command",
                     strchr(name, '/') ? "install it, or mend the path" : advice,
                     "MCP server %s: its command %s is not found", one->name, name);
}

static void look_at_program(struct looking *looking, const struct one *one)
{
    const struct config_variant *variant = one->variant;
    json_t *env = json_object();
    bool whole = fill_pairs(looking, one, "variable", &variant->env, env);
    const char *own = getenv("PATH");
    const char *path = jsonx_str(env, "PATH", own && *own ? own : "/usr/local/bin:/usr/bin:/bin");
    char *folder = variant->cwd ? fill(looking, one, "cwd", variant->cwd) : NULL;
    char *name = NULL, *found = NULL;

    for (size_t i = 0; i < variant->command_count; i++) {
        char *word = fill(looking, one, "command", variant->command[i]);

        whole = whole && word;
        if (i == 0)
            name = word;
        else
            free(word);
    }
    if (folder)
        check_folder(looking, one, folder);
    if (name && whole) {
        found = find_program(name, folder, path);
        say_program(looking, one, name, found, path);
    }
    free(name);
    free(found);
    free(folder);
    json_decref(env);
}

/* --- servers that are reached --- */

static void visited(struct doctor *doctor, const void *tag, const struct doctor_visit *visit)
{
    const struct one *one = tag;

    if (visit->status == 0)
        findings_add(&doctor->findings, FINDING_BAD, "server",
                     doctor_is_local(one->variant->url)
                         ? "start it, or mend its url in the configuration"
                         : "look at the network, the proxies' variables, and its url",
                     "MCP server %s at %s cannot be reached: %s", one->name, one->variant->url,
                     visit->why ? visit->why : "no answer");
    else if (visit->status == 404 || visit->status == 410 || visit->status / 100 == 5)
        findings_add(&doctor->findings, FINDING_WARN, "server", "look at its url in the configuration",
                     "MCP server %s at %s answers %d", one->name, one->variant->url, visit->status);
    else
        findings_add(&doctor->findings, FINDING_OK, "server", NULL,
                     "MCP server %s at %s answers in %" PRId64 " ms%s", one->name, one->variant->url,
                     visit->ms,
                     visit->status == 401 ? ", and wants a login, for which a session asks you" : "");
}

static void look_at_url(struct looking *looking, struct one *one)
{
    json_t *headers = json_object(), *order;
    bool whole = fill_pairs(looking, one, "header", &one->variant->headers, headers);

    one->url = fill(looking, one, "url", one->variant->url);
    if (one->url && whole && strncmp(one->url, "http://", 7) != 0 && strncmp(one->url, "https://", 8) != 0) {
        findings_add(&looking->doctor->findings, FINDING_BAD, "url", "mend it in the configuration",
                     "MCP server %s: its url %s is no http:// or https:// URL", one->name, one->variant->url);
    } else if (one->url && whole && (looking->doctor->options->online || doctor_is_local(one->url))) {
        order = json_object();
        jsonx_set_str(order, "name", one->name);
        jsonx_set_str(order, "api", "mcp");
        jsonx_set_str(order, "url", one->url);
        json_object_set(order, "headers", headers);
        doctor_visits_add(looking->visits, order, one, visited);
    } else if (one->url && whole) {
        findings_add(&looking->doctor->findings, FINDING_OK, "server", NULL,
                     "MCP server %s at %s was not asked (--online asks it)", one->name, one->variant->url);
    }
    json_decref(headers);
}

/* --- each --- */

static void look_at(struct looking *looking, const struct config_server *server,
                    const struct config_variant *variant)
{
    static const char nobody[] = "s_00000000000000000000000000";
    struct one *one = xcalloc(1, sizeof *one);
    bool session = server->scope == SCOPE_SESSION;

    one->next = looking->all;
    looking->all = one;
    one->server = server;
    one->variant = variant;
    one->values = (struct template_values){.instance = server_scope_name(server->scope),
                                           .user = server->scope == SCOPE_SHARED ? NULL : "you",
                                           .session_id = session ? nobody : NULL,
                                           .session_dir = session ? looking->folder : NULL};
    snprintf(one->name, sizeof one->name, *variant->name ? "%s (%s)" : "%s", server->name, variant->name);
    if (variant->url)
        look_at_url(looking, one);
    else
        look_at_program(looking, one);
}

static void free_all(struct looking *looking)
{
    while (looking->all) {
        struct one *one = looking->all;

        looking->all = one->next;
        free(one->url);
        free(one);
    }
    free(looking->folder);
}

void doctor_servers(struct doctor *doctor)
{
    struct looking looking = {.doctor = doctor};

    if (!doctor->config)
        return; /* told under configuration */
    if (config_server_count(doctor->config) == 0)
        findings_add(&doctor->findings, FINDING_OK, "servers", NULL, "no MCP server is configured");
    looking.visits = doctor_visits_new(doctor);
    looking.folder = xasprintf("%s/sessions/SESSION", doctor->state ? doctor->state : "");
    for (size_t i = 0; i < config_server_count(doctor->config); i++) {
        const struct config_server *server = config_server(doctor->config, i);

        for (size_t k = 0; k < server->variant_count; k++)
            look_at(&looking, server, &server->variants[k]);
    }
    doctor_visits_run(&looking.visits);
    free_all(&looking);
}
