/* A cgroup (v2) for a server's processes, where the host lets us have one: below our own, if that is
 * delegated to us, or beside it, if we are in a subgroup of a delegated one (systemd's DelegateSubgroup=).
 * There is no error: where it can't be had, nothing happens. */
#ifndef STOA_AGENT_MCP_CGROUP_H
#define STOA_AGENT_MCP_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

enum { CGROUP_PATH_MAX = 256 };

/* Writes the path of a new one, "" if there is none. memory in bytes, processes with their threads; 0: no
 * limit. Removes what agents that were killed have left. True if the kernel holds it to its limit of
 * processes. */
bool cgroup_make(char path[CGROUP_PATH_MAX], int64_t memory, int64_t processes);
/* What cgroup_make sets in the one at path. True if the limit of processes was taken. */
bool cgroup_limit(const char *path, int64_t memory, int64_t processes);
/* SIGKILL to all in it. Accepts "". */
void cgroup_kill(const char *path);
/* Works when all in it have ended. Accepts "". */
void cgroup_remove(const char *path);

#endif
