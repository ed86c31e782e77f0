/* What the parts of the doctor share; for doctor*.c alone. */
#ifndef STOA_DAEMON_DOCTOR_DOCTOR_INTERNAL_H
#define STOA_DAEMON_DOCTOR_DOCTOR_INTERNAL_H

#include "daemon/config/config_server.h"
#include "daemon/doctor/doctor.h"
#include "shared/finding.h"
#include <sys/types.h>

enum { DOCTOR_ADVICE_MAX = FINDING_TEXT_MAX };

struct doctor {
    const struct doctor_options *options;
    struct findings findings;
    FILE *out;
    char *runtime, *state;           /* state NULL: there is no HOME */
    char *socket_path, *config_path; /* config_path NULL: there is no file */
    struct config *config;           /* NULL: it is wrong */
    char config_error[256];
    pid_t daemon; /* that holds the runtime folder's lock, or 0 */
};

/* One area each; the area's name is set by then. */
void doctor_installation(struct doctor *doctor);
void doctor_permissions(struct doctor *doctor);
void doctor_configuration(struct doctor *doctor);
void doctor_store(struct doctor *doctor);
void doctor_providers(struct doctor *doctor);
void doctor_servers(struct doctor *doctor);

/* The process that holds a lock on the file at path, told without touching it; 0 if none does. */
pid_t doctor_holder(const char *path);
/* Whether a URL is of this machine. */
bool doctor_is_local(const char *url);

/* --- asking servers, each through an agent of its own (doctor_visit.c) --- */

enum { DOCTOR_VISIT_MS = 5000, DOCTOR_VISITS_AT_ONCE = 8 };

struct doctor_visit {     /* what came of one */
    const char *why;      /* NULL, or why there is no good answer: a sentence part */
    int status;           /* HTTP's; 0: no answer */
    int64_t ms;           /* that it took */
    const json_t *models; /* names; NULL if it told none */
};
/* tag is what was given. */
typedef void doctor_visited(struct doctor *doctor, const void *tag, const struct doctor_visit *visit);
struct visits;
struct visits *doctor_visits_new(struct doctor *doctor);
/* order: LINK_VISIT without timeout_ms; reference is taken. tag must live until the visits have run. */
void doctor_visits_add(struct visits *visits, json_t *order, const void *tag, doctor_visited *visited);
/* Makes all of them, some at a time, calls back in the order in which they were added, and frees. */
void doctor_visits_run(struct visits **visits);
/* Its path; free() it. NULL if there is none. */
char *doctor_find_agent(const struct doctor *doctor);
/* The agent that a daemon would start: whether it starts, and its version (free() it; NULL with a sentence).
 */
char *doctor_agent_version(struct doctor *doctor, char **path, char error[256]);

#endif
