/* The store, and the folders beside it. */
#include "daemon/doctor/doctor_internal.h"
#include "daemon/store/store_check.h"
#include "shared/paths.h"
#include "shared/xalloc.h"
#include <stdlib.h>

/* Whoever holds the store's own lock has it open for writing, though it serves in another folder. */
static pid_t store_holder(const char *path)
{
    char *lock = xasprintf("%s.lock", path);
    pid_t holder = doctor_holder(lock);

    free(lock);
    return holder;
}

static void check_holder(struct doctor *doctor, pid_t holder)
{
    if (holder == 0 || holder == doctor->daemon)
        return;
    if (doctor->daemon)
        findings_add(&doctor->findings, FINDING_WARN, "holder",
                     "stop that one, or give each its own STOA_STATE_DIR",
                     "the store is open in process %d, which is not the daemon of this runtime folder (%d)",
                     (int)holder, (int)doctor->daemon);
    else
        findings_add(
            &doctor->findings, FINDING_WARN, "holder",
            "set STOA_RUNTIME_DIR to the folder of its socket: ss -lx | grep stoad.sock",
            "the store is open in process %d, which does not serve in %s: a daemon could not start here",
            (int)holder, doctor->runtime);
}

void doctor_store(struct doctor *doctor)
{
    char *path, *sessions;
    struct store_check check;

    if (!doctor->state)
        return; /* told among the permissions */
    path = paths_join(doctor->state, "stoa.db");
    sessions = paths_join(doctor->state, "sessions");
    pid_t holder = store_holder(path);
    check_holder(doctor, holder);
    check = (struct store_check){.path = path, .sessions = sessions, .served = holder != 0};
    if (store_check(&check, &doctor->findings) == ERR_NOT_FOUND)
        findings_add(&doctor->findings, FINDING_OK, "store", NULL,
                     "there is no store yet; the daemon makes %s", path);
    free(path);
    free(sessions);
}
