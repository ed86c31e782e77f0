/* The programs, and what this host lets them do. */
#include "daemon/doctor/doctor_internal.h"
#include "daemon/mcp/hidden.h"
#include "daemon/mcp/isolation.h"
#include "daemon/socket/files.h"
#include "daemon/store/store_check.h"
#include "shared/paths.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { AGENT_FILES = 2 /* descriptors of the daemon for one agent */ };

static void check_self(struct doctor *doctor)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

    self[len > 0 ? len : 0] = '\0';
    findings_add(&doctor->findings, FINDING_OK, "stoad", NULL, "stoad %s at %s, with SQLite %s", STOA_VERSION,
                 self, store_check_library());
}

static void check_agent(struct doctor *doctor)
{
    static const char advice[] = "install it anew (make install), or name it: stoad --set agent.path=PATH";
    char error[256], *path = NULL, *version = doctor_agent_version(doctor, &path, error);

    if (!path)
        findings_add(
            &doctor->findings, FINDING_BAD, "agent", advice,
            "there is no stoa-agent beside stoad, in its libexec folder or in PATH: no session can work");
    else if (!version)
        findings_add(&doctor->findings, FINDING_BAD, "agent", advice, "%s does not start: %s", path, error);
    else if (strcmp(version, STOA_VERSION) != 0)
        findings_add(&doctor->findings, FINDING_BAD, "agent", advice,
                     "%s is stoa-agent %s, which does not fit stoad %s", path, version, STOA_VERSION);
    else
        findings_add(&doctor->findings, FINDING_OK, "agent", NULL, "stoa-agent %s at %s starts", version,
                     path);
    free(version);
    free(path);
}

/* The daemon raises the limit as far as it goes, so only that counts. */
static void check_files(struct doctor *doctor)
{
    struct rlimit files;
    int64_t wanted;

    if (!doctor->config || getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    wanted = config_number(doctor->config, OPTION_LIMITS_MAX_CLIENTS) +
             AGENT_FILES * config_number(doctor->config, OPTION_LIMITS_MAX_LIVE_AGENTS) +
             (int64_t)2 * FILES_RESERVE;
    if (files.rlim_max != RLIM_INFINITY && (int64_t)files.rlim_max < FILES_MIN)
        findings_add(
            &doctor->findings, FINDING_BAD, "files", "raise it: ulimit -Hn, LimitNOFILE= in the unit",
            "a process may open %lld files; stoad needs %d to start", (long long)files.rlim_max, FILES_MIN);
    else if (files.rlim_max != RLIM_INFINITY && (int64_t)files.rlim_max < wanted)
        findings_add(&doctor->findings, FINDING_WARN, "files",
                     "raise it (ulimit -Hn, LimitNOFILE= in the unit), or lower limits.max_clients",
                     "a process may open %lld files, fewer than the %lld of limits.max_clients and "
                     "limits.max_live_agents",
                     (long long)files.rlim_max, (long long)wanted);
    else
        findings_add(&doctor->findings, FINDING_OK, "files", NULL,
                     "enough files may be open for all clients and agents (%lld)", (long long)wanted);
}

/* --- what holds MCP servers together --- */

#define OPEN_SERVERS                                                                                         \
    "MCP servers get no namespaces of their own: each sees the files of this account, the daemon's store "   \
    "and "                                                                                                   \
    "keys too, and what it detaches may outlive a daemon and agent that are killed together"

/* As an agent of a daemon that is started now. */
static bool may_have_namespaces(const struct doctor *doctor)
{
    char *agent = doctor_find_agent(doctor);
    bool may;

    if (doctor->config && doctor->state)
        hidden_set(doctor->state, doctor->runtime, doctor->config, doctor->config_path);
    may = isolation_try(agent);
    free(agent);
    return may;
}

static void check_namespaces(struct doctor *doctor)
{
    enum finding_state state =
        doctor->config && isolation_matters(doctor->config) ? FINDING_WARN : FINDING_NOTE;

    if (getenv("STOA_NO_PIDNS"))
        findings_add(&doctor->findings, state, "namespaces", "start the daemon without STOA_NO_PIDNS",
                     "STOA_NO_PIDNS is set, so " OPEN_SERVERS);
    else if (may_have_namespaces(doctor))
        findings_add(&doctor->findings, FINDING_OK, "namespaces", NULL,
                     "MCP servers get namespaces of their own: they see nothing of what the daemon keeps");
    else
        findings_add(&doctor->findings, state, "namespaces",
                     "to allow them: sysctl user.max_user_namespaces, or your container's settings",
                     OPEN_SERVERS);
}

/* Where in the tree of cgroups a process is, below the mount; "" if that is not told. */
static void cgroup_of(pid_t pid, char out[PATH_MAX])
{
    char path[64], line[PATH_MAX];
    FILE *file;

    out[0] = '\0';
    snprintf(path, sizeof path, "/proc/%d/cgroup", (int)pid);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "0::/", 4) == 0)
            snprintf(out, PATH_MAX, "%s", line + 3);
    }
    if (file)
        fclose(file);
}

/* Where the unified tree is; beside the older ones it has a place of its own. */
static void find_cgroup_mount(char where[PATH_MAX])
{
    char line[PATH_MAX + 64], type[32];
    FILE *mounts = fopen("/proc/self/mounts", "re");
    bool found = false;

    while (mounts && !found && fgets(line, sizeof line, mounts))
        found = sscanf(line, "%*s %4095s %31s", where, type) == 2 && strcmp(type, "cgroup2") == 0;
    if (!found)
        strcpy(where, "/sys/fs/cgroup");
    if (mounts)
        fclose(mounts);
}

static bool has_mark(const char *path, const char *name)
{
    char mark;

    return getxattr(path, name, &mark, 1) == 1 && mark == '1';
}

/* What the group may limit; beside the older trees it may be none of what counts. */
static bool has_controllers(const char *path)
{
    char *name = xasprintf("%s/cgroup.controllers", path), line[512] = "";
    FILE *file = fopen(name, "re");
    bool memory = false, pids = false;

    if (file && fgets(line, sizeof line, file))
        for (char *save, *word = strtok_r(line, " \n", &save); word; word = strtok_r(NULL, " \n", &save)) {
            memory = memory || strcmp(word, "memory") == 0;
            pids = pids || strcmp(word, "pids") == 0;
        }
    if (file)
        fclose(file);
    free(name);
    return memory && pids;
}

/* As an agent looks for it (daemon/agent/mcp/cgroup.c). */
static bool is_delegated(const char *group, bool *limits)
{
    char where[PATH_MAX], *path;
    bool given;

    find_cgroup_mount(where);
    path = xasprintf("%s%s", where, strcmp(group, "/") == 0 ? "" : group);
    given = has_mark(path, "user.delegate") || has_mark(path, "trusted.delegate") ||
            (geteuid() != 0 && access(path, W_OK) == 0);
    *limits = has_controllers(path);
    free(path);
    return given;
}

/* Of the daemon that runs, which need not be where its doctor is. */
static void check_cgroup(struct doctor *doctor)
{
    char group[PATH_MAX], *slash;
    bool given, limits = false;

    cgroup_of(doctor->daemon ? doctor->daemon : getpid(), group);
    given = group[0] && is_delegated(group, &limits);
    if (group[0] && !given && (slash = strrchr(group, '/')) && slash > group) {
        *slash = '\0';
        given = is_delegated(group, &limits);
        *slash = '/';
    }
    if (given && !limits)
        findings_add(&doctor->findings, FINDING_NOTE, "cgroup",
                     "let the host have them in cgroup v2: systemd.unified_cgroup_hierarchy=1",
                     "a cgroup is delegated, but without the controllers memory and pids: an MCP server is "
                     "killed as a whole, and its limits hold for each of its processes");
    else if (given)
        findings_add(&doctor->findings, FINDING_OK, "cgroup", NULL,
                     "a cgroup is delegated: memory and processes of an MCP server are limited as a whole");
    else
        findings_add(&doctor->findings, FINDING_NOTE, "cgroup",
                     "under systemd the installed unit has Delegate=yes: systemctl --user enable --now stoad",
                     "no cgroup is delegated: the limits of an MCP server hold for each of its processes");
    if (doctor->daemon && strstr(group, ".service"))
        findings_add(&doctor->findings, FINDING_OK, "manager", NULL, "the daemon runs in %s", group);
}

void doctor_installation(struct doctor *doctor)
{
    check_self(doctor);
    check_agent(doctor);
    check_files(doctor);
    check_namespaces(doctor);
    check_cgroup(doctor);
}
