/* doctor: checks the whole installation, and says what to do. */
#include "shared/buf.h"
#include "shared/nearest.h"
#include "tui/cli/command.h"
#include "tui/cli/doctor.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AREAS_BYTES = 4096, DOING_BYTES = 70 };

const char *const doctor_areas[] = {"installation", "permissions", "configuration", "store",
                                    "daemon",       "providers",   "servers",       NULL};
#define DAEMON "daemon" /* the one area that stoad --doctor knows nothing of */

bool doctor_wants(const struct doctor *doctor, const char *area)
{
    const struct args *args = doctor->cli->args;

    for (size_t i = 0; i < args->word_count; i++)
        if (strcmp(args->words[i], area) == 0)
            return true;
    return args->word_count == 0;
}

static bool is_area(const char *word)
{
    for (const char *const *area = doctor_areas; *area; area++)
        if (strcmp(word, *area) == 0)
            return true;
    return false;
}

/* False after saying why. */
static bool check_words(const struct args *args)
{
    size_t count = sizeof doctor_areas / sizeof *doctor_areas - 1;

    for (size_t i = 0; i < args->word_count; i++) {
        const char *meant = nearest_name(args->words[i], doctor_areas, count);

        if (is_area(args->words[i]))
            continue;
        if (meant)
            cli_usage("'%.60s' is no area; did you mean %s?", args->words[i], meant);
        else
            cli_usage("'%.60s' is no area; stoa help doctor lists them", args->words[i]);
        return false;
    }
    return true;
}

/* --- findings on their way --- */

static void clear_doing(const struct doctor *doctor)
{
    if (doctor->shows_doing)
        fputs("\r\033[K", stderr);
}

static void on_found(void *arg, const struct finding *finding)
{
    struct doctor *doctor = arg;
    json_t *json = finding_to_json(finding);

    if (doctor->cli->json)
        out_json(&doctor->cli->out, json);
    json_array_append_new(doctor->found, json);
}

static void on_doing(void *arg, const char *text)
{
    const struct doctor *doctor = arg;
    char *clean;

    if (!doctor->shows_doing)
        return;
    clean = sanitise_line(text, strlen(text), DOING_BYTES);
    clear_doing(doctor);
    fprintf(stderr, "%s ...", clean);
    fflush(stderr);
    free(clean);
}

/* --- the command --- */

/* Runs stoad for the areas that are its own. */
static void run_stoad(struct doctor *doctor)
{
    struct buf areas;

    buf_init(&areas, AREAS_BYTES);
    for (const char *const *area = doctor_areas; *area; area++)
        if (strcmp(*area, DAEMON) != 0 && doctor_wants(doctor, *area))
            buf_printf(&areas, "%s%s", areas.len ? "," : "", *area);
    doctor->areas = areas.data;
    if (areas.len)
        doctor_stoad(doctor);
    doctor->areas = NULL;
    buf_free(&areas);
}

int command_doctor(struct cli *cli)
{
    struct doctor doctor = {.cli = cli, .online = args_has(cli->args, "online")};
    enum finding_state worst;

    if (!check_words(cli->args))
        return EXIT_USAGE;
    doctor.shows_doing = !cli->json && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
    doctor.found = json_array();
    doctor.findings = (struct findings){.found = on_found, .doing = on_doing, .arg = &doctor};
    doctor_here(&doctor);
    run_stoad(&doctor);
    if (doctor_wants(&doctor, DAEMON))
        doctor_daemon(&doctor);
    clear_doing(&doctor);
    worst = doctor.findings.worst;
    if (!cli->json)
        doctor_page(&cli->out, doctor.found);
    json_decref(doctor.found);
    return worst == FINDING_BAD ? EXIT_FAILED : EXIT_OK;
}
