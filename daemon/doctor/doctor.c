/* The areas in their order, and how findings go out. */
#include "daemon/doctor/doctor_internal.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/paths.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static const struct {
    const char *name;
    void (*look)(struct doctor *doctor);
} areas[] = {
    {"installation", doctor_installation},   {"permissions", doctor_permissions},
    {"configuration", doctor_configuration}, {"store", doctor_store},
    {"providers", doctor_providers},         {"servers", doctor_servers},
};

/* --- out --- */

static void put_line(struct doctor *doctor, json_t *json)
{
    size_t len;
    char *text = jsonx_dump(json, &len);

    fprintf(doctor->out, "%s\n", text);
    fflush(doctor->out); /* whoever reads shows it meanwhile */
    free(text);
    json_decref(json);
}

static void on_found(void *arg, const struct finding *finding)
{
    put_line(arg, finding_to_json(finding));
}

static void on_doing(void *arg, const char *text)
{
    json_t *json = json_object();

    jsonx_set_str(json, "doing", text);
    put_line(arg, json);
}

/* --- which areas --- */

/* Whether list, names with commas between, has the name. */
static bool is_in(const char *list, const char *name, size_t len)
{
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strcspn(at, ",") == len && strncmp(at, name, len) == 0)
            return true;
    return false;
}

static bool is_area(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
        if (strlen(areas[i].name) == len && strncmp(areas[i].name, name, len) == 0)
            return true;
    return false;
}

static bool check_areas(const char *list)
{
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        size_t len = strcspn(at, ",");

        if (is_area(at, len))
            continue;
        fprintf(stderr, "stoad: '%.*s' is no area; there are:", len < 40 ? (int)len : 40, at);
        for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
            fprintf(stderr, " %s", areas[i].name);
        fputc('\n', stderr);
        return false;
    }
    return true;
}

/* --- the whole --- */

static void find_places(struct doctor *doctor)
{
    const struct server_options *server = doctor->options->server;
    char *lock;

    doctor->runtime = paths_runtime();
    doctor->state = paths_state();
    doctor->socket_path = paths_join(doctor->runtime, "stoad.sock");
    doctor->config_path = server->config_path ? xstrdup(server->config_path) : paths_config();
    doctor->config = config_load(doctor->config_path, server->sets, server->set_count, doctor->config_error);
    lock = paths_join(doctor->runtime, "stoad.lock");
    doctor->daemon = doctor_holder(lock);
    free(lock);
}

int doctor_run(const struct doctor_options *options, FILE *out)
{
    struct doctor doctor = {.options = options, .out = out};
    struct rlimit none = {0, 0};
    json_t *json = json_object();

    if (!check_areas(options->areas)) {
        json_decref(json);
        return EXIT_USAGE;
    }
    log_set_level(LOG_ERROR);      /* what is warned of there is a finding here */
    setrlimit(RLIMIT_CORE, &none); /* keys come to memory */
    prctl(PR_SET_DUMPABLE, 0);
    doctor.findings = (struct findings){.found = on_found, .doing = on_doing, .arg = &doctor};
    find_places(&doctor);
    jsonx_set_str(json, "version", STOA_VERSION);
    put_line(&doctor, json);
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++) {
        doctor.findings.area = areas[i].name;
        if (!options->areas || is_in(options->areas, areas[i].name, strlen(areas[i].name)))
            areas[i].look(&doctor);
    }
    put_line(&doctor, json_pack("{s:b}", "done", 1));
    config_free(&doctor.config);
    free(doctor.runtime);
    free(doctor.state);
    free(doctor.socket_path);
    free(doctor.config_path);
    return doctor.findings.worst == FINDING_BAD ? EXIT_FAILED : EXIT_OK;
}
