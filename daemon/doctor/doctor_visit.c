/* The daemon speaks to no server itself, and neither does its doctor: an agent does, one for each server. */
#include "daemon/doctor/doctor_internal.h"
#include "daemon/supervisor/agentproc.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/paths.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GRACE_MS = 1000 }; /* for the agent itself, beside the server's time */

struct trip { /* one agent, and what it is sent for */
    struct visits *visits;
    struct agentproc *proc;
    uv_timer_t *deadline;
    json_t *order; /* NULL: it is only asked who it is */
    const void *tag;
    doctor_visited *visited;
    int64_t since, ms;
    char *version;
    json_t *said;
    char error[256];
    bool done;
};

struct visits {
    struct doctor *doctor;
    uv_loop_t loop;
    char *path; /* of the agent; NULL: there is none */
    struct trip *trips;
    size_t count, begun, running;
};

/* --- one --- */

static void start_more(struct visits *visits);

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void end_trip(struct trip *trip)
{
    if (trip->done)
        return;
    trip->done = true;
    trip->ms = clock_steady_ms() - trip->since;
    if (trip->deadline)
        uv_close((uv_handle_t *)trip->deadline, free_handle);
    trip->deadline = NULL;
    trip->visits->running--;
    start_more(trip->visits);
}

static bool on_frame(void *arg, enum link_kind kind, const char *payload, size_t len)
{
    struct trip *trip = arg;
    json_t *json = jsonx_parse(payload, len, NULL);
    bool fits = kind != LINK_READY || !trip->order || agentproc_fits(trip->proc, json);

    if (fits && kind == LINK_READY) {
        trip->version = xstrdup(jsonx_str(json, "version", ""));
        trip->since = clock_steady_ms();
        if (trip->order)
            agentproc_send_json(trip->proc, LINK_VISIT, trip->order);
        else
            agentproc_stop(trip->proc, EXIT_CAUSE_DONE);
    } else if (kind == LINK_VISITED && !trip->said) {
        trip->said = json_incref(json);
        end_trip(trip);
    }
    json_decref(json);
    return fits;
}

static void on_end(void *arg, enum exit_cause cause, const char *how)
{
    struct trip *trip = arg;

    trip->proc = NULL;
    if (!trip->version || (trip->order && !trip->said && !trip->error[0]))
        snprintf(trip->error, sizeof trip->error, "%s ended early: %s, %s", trip->visits->path,
                 exit_cause_name(cause), how);
    end_trip(trip);
}

static void on_deadline(uv_timer_t *timer)
{
    struct trip *trip = timer->data;

    snprintf(trip->error, sizeof trip->error,
             trip->version ? "it did not answer in time" : "stoa-agent was not ready in time");
    if (trip->proc)
        agentproc_kill(trip->proc, EXIT_CAUSE_DEADLINE);
    end_trip(trip);
}

static void start_trip(struct trip *trip)
{
    static const struct agentproc_callbacks callbacks = {on_frame, on_end};
    struct visits *visits = trip->visits;

    visits->running++;
    trip->since = clock_steady_ms();
    if (!visits->path)
        snprintf(trip->error, sizeof trip->error, "there is no stoa-agent to ask with");
    else
        trip->proc = agentproc_start(&visits->loop, visits->path, &callbacks, trip, trip->error);
    if (!trip->proc) {
        end_trip(trip);
        return;
    }
    trip->deadline = xcalloc(1, sizeof *trip->deadline);
    uv_timer_init(&visits->loop, trip->deadline);
    trip->deadline->data = trip;
    uv_timer_start(trip->deadline, on_deadline,
                   (trip->order ? DOCTOR_VISIT_MS + GRACE_MS : 0) + LINK_READY_MS, 0);
}

static void start_more(struct visits *visits)
{
    while (visits->begun < visits->count && visits->running < DOCTOR_VISITS_AT_ONCE)
        start_trip(&visits->trips[visits->begun++]);
}

/* --- all --- */

char *doctor_find_agent(const struct doctor *doctor)
{
    const char *set = doctor->config ? config_text(doctor->config, OPTION_AGENT_PATH) : "";

    return set[0] ? xstrdup(set) : paths_program("stoa-agent");
}

struct visits *doctor_visits_new(struct doctor *doctor)
{
    struct visits *visits = xcalloc(1, sizeof *visits);

    visits->doctor = doctor;
    visits->path = doctor_find_agent(doctor);
    return visits;
}

void doctor_visits_add(struct visits *visits, json_t *order, const void *tag, doctor_visited *visited)
{
    visits->trips = xreallocarray(visits->trips, visits->count + 1, sizeof *visits->trips);
    visits->trips[visits->count++] = (struct trip){.order = order, .tag = tag, .visited = visited};
    if (order)
        jsonx_set_int(order, "timeout_ms", DOCTOR_VISIT_MS);
}

/* Pointers into the array are given away from here on. */
static void make_visits(struct visits *visits)
{
    for (size_t i = 0; i < visits->count; i++)
        visits->trips[i].visits = visits;
    uv_loop_init(&visits->loop);
    start_more(visits);
    uv_run(&visits->loop, UV_RUN_DEFAULT);
    uv_loop_close(&visits->loop);
}

static void tell(struct visits *visits, struct trip *trip)
{
    struct doctor_visit visit = {.why = trip->error[0] ? trip->error : jsonx_str(trip->said, "why", NULL),
                                 .status = (int)jsonx_int(trip->said, "status", 0),
                                 .ms = trip->ms,
                                 .models = jsonx_arr(trip->said, "models")};

    trip->visited(visits->doctor, trip->tag, &visit);
}

static void free_visits(struct visits **visits)
{
    for (size_t i = 0; i < (*visits)->count; i++) {
        struct trip *trip = &(*visits)->trips[i];

        json_decref(trip->order);
        json_decref(trip->said);
        free(trip->version);
    }
    free((*visits)->trips);
    free((*visits)->path);
    free(*visits);
    *visits = NULL;
}

void doctor_visits_run(struct visits **slot)
{
    struct visits *visits = *slot;

    if (visits->count > 0)
        findings_doing(&visits->doctor->findings, "asking %zu server%s", visits->count,
                       visits->count == 1 ? "" : "s");
    make_visits(visits);
    for (size_t i = 0; i < visits->count; i++)
        tell(visits, &visits->trips[i]);
    free_visits(slot);
}

char *doctor_agent_version(struct doctor *doctor, char **path, char error[256])
{
    struct visits *visits = doctor_visits_new(doctor);
    char *version;

    doctor_visits_add(visits, NULL, NULL, NULL);
    make_visits(visits);
    version = xstrdup_null(visits->trips[0].version);
    snprintf(error, 256, "%s", visits->trips[0].error);
    *path = xstrdup_null(visits->path);
    free_visits(&visits);
    return version;
}
