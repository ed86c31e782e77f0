/* Hosts: processes that run one MCP server each, of user or shared scope, for the agents of many sessions.
 * There is one for each user (none for shared scope), server and variant; it is started when it is asked for,
 * and stopped when nothing has been asked of it for the server's idle_timeout. */
#ifndef STOA_DAEMON_MCP_HOSTS_H
#define STOA_DAEMON_MCP_HOSTS_H

#include "daemon/config/config_server.h"
#include "daemon/supervisor/agent_requests.h"
#include <jansson.h>
#include <stddef.h>

enum {
    HOSTS_MAX = 128,
    HOSTS_BACKOFF_MS = 2000, /* after the second crash in a row; doubled with each further one */
    HOSTS_BACKOFF_MAX_MS = 60000
};

struct server;
struct hosts;

struct hosts *hosts_open(struct server *server);
/* Kills what is left, at once; what waits is answered. Sets *hosts to NULL; accepts NULL. */
void hosts_close(struct hosts **hosts);

/* For asking the host of that server and variant (user: of the session's owner), which is started if there
 * is none. NULL with a sentence if that can't be: *code says why. What is asked is answered ERR_UNAVAILABLE,
 * with what happened, if the host ends. */
struct agent_requests *hosts_requests(struct hosts *hosts, const struct config_server *config,
                                      const struct config_variant *variant, const char *user, enum err *code,
                                      char error[256]);
/* The configuration is another one: hosts of what is no more, or is defined otherwise, are stopped. */
void hosts_reload(struct hosts *hosts);
/* A secret of the user's has changed: hosts that use it are stopped; the next call starts them anew. */
void hosts_secret(struct hosts *hosts, const char *user);
/* The user is removed: what runs for them ends. */
void hosts_forget_user(struct hosts *hosts, const char *user);
/* For the orderly stop: tells all of them to leave; it is over when there are none. */
void hosts_stop(struct hosts *hosts);
/* [{"server","variant","user","pid"}] of those that run (new reference). */
json_t *hosts_info(const struct hosts *hosts);
/* Processes. */
size_t hosts_count(const struct hosts *hosts);

#endif
