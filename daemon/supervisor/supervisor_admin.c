/* What those who run the daemon may do to agents of sessions that they need not see. */
#include "daemon/registry.h"
#include "daemon/supervisor/supervisor_internal.h"
#include "shared/log.h"

#include <stdio.h>

bool supervisor_hibernate(struct session *session)
{
    struct agent *agent = session->agent;
    if (!agent || agent->state != AGENT_IDLE)
        return false;
    supervisor_leave(agent);
    return true;
}

/* No crash, so that nothing backs off. */
bool supervisor_end(struct session *session, const char *by)
{
    if (!session->agent)
        return false;
    char text[256];
    snprintf(text, sizeof text,
             "%.63s, an admin, ended the agent of this session; the reply is kept as far as it came", by);
    log_info("agent", "ended by user=%s session=%s", by, log_id(session->state->id));
    if (supervisor_works(session))
        session_left_unanswered(session);
    supervisor_kill(session);
    session_recover(session, "agent", text, false);
    registry_release(session->server->registry, session);
    return true;
}
