/* The configuration as a daemon started now would read it. */
#include "daemon/doctor/doctor_internal.h"
#include "shared/log.h"
#include "shared/nearest.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

extern char **environ;

enum { NAMES_MAX = OPTION_COUNT + 16 };

/* Variables that are no option. */
static const char *const others[] = {"STOA_CONFIG",   "STOA_LIBEXEC",     "STOA_LOG",      "STOA_NO_PIDNS",
                                     "STOA_NO_START", "STOA_RUNTIME_DIR", "STOA_STATE_DIR"};

static bool is_known(const char *name, const char *const *known, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, known[i]) == 0)
            return true;
    return strncmp(name, "STOA_TUI_", strlen("STOA_TUI_")) == 0;
}

/* A former name is an error of the configuration, which says the new one. */
static bool is_former(const char *name)
{
    char variable[OPTION_NAME_MAX + 6];
    size_t count;
    const struct option_former *formers = option_formers(&count);

    for (size_t i = 0; i < count; i++) {
        option_variable(formers[i].name, variable);
        if (strcmp(name, variable) == 0)
            return true;
    }
    return false;
}

static void check_log_level(struct doctor *doctor)
{
    const char *wanted = getenv("STOA_LOG");
    enum log_level level;

    if (wanted && *wanted && !log_level_parse(wanted, &level)) {
        char *shown = sanitise_line(wanted, strlen(wanted), 40);

        findings_add(&doctor->findings, FINDING_WARN, "log", "set it to error, warn, info, debug or trace",
                     "STOA_LOG is '%s', which is no level: info is used", shown);
        free(shown);
    }
}

/* Nothing reads a misspelt variable, and nothing complains of it. */
static void check_variables(struct doctor *doctor)
{
    static char variables[OPTION_COUNT][OPTION_NAME_MAX + 6];
    const char *known[NAMES_MAX];
    size_t count = 0;

    for (; count < sizeof others / sizeof *others; count++)
        known[count] = others[count];
    for (int i = 0; i < OPTION_COUNT; i++) {
        option_variable(option_row((enum option)i)->name, variables[i]);
        known[count++] = variables[i];
    }
    check_log_level(doctor);
    for (char **at = environ; *at; at++) {
        char *name = xstrndup(*at, strcspn(*at, "="));

        if (strncmp(name, "STOA_", 5) == 0 && !is_known(name, known, count) && !is_former(name)) {
            const char *meant = nearest_name(name, known, count);
            char advice[DOCTOR_ADVICE_MAX];

            snprintf(advice, sizeof advice, "did you mean %s?", meant ? meant : "");
            findings_add(&doctor->findings, FINDING_NOTE, "variable", meant ? advice : NULL,
                         "the variable %s is set, and nothing reads it", name);
        }
        free(name);
    }
}

/* Of the file; what is built in does not count. */
static size_t own_providers(const struct config *config)
{
    size_t count = 0;

    for (size_t i = 0; i < config_provider_count(config); i++)
        count += !config_provider(config, i)->builtin;
    return count;
}

void doctor_configuration(struct doctor *doctor)
{
    char advice[DOCTOR_ADVICE_MAX];

    snprintf(advice, sizeof advice, "mend that; then: stoad --check-config%s%s%s",
             doctor->options->server->config_path ? " --config '" : "",
             doctor->options->server->config_path ? doctor->options->server->config_path : "",
             doctor->options->server->config_path ? "'" : "");
    if (!doctor->config)
        findings_add(&doctor->findings, FINDING_BAD, "config", advice, "%s", doctor->config_error);
    else if (!doctor->config_path)
        findings_add(&doctor->findings, FINDING_OK, "config", NULL,
                     "there is no file; what is built in holds");
    else
        findings_add(&doctor->findings, FINDING_OK, "config", NULL,
                     "%s is right; providers in it: %zu, MCP servers: %zu", doctor->config_path,
                     own_providers(doctor->config), config_server_count(doctor->config));
    check_variables(doctor);
}
