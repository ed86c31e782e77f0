/* A whole daemon on a store in memory, for fuzz targets: all of it is real but the socket and the agents'
 * processes, which a target plays: gateway.h, connection.h and agentproc.h are defined here, whole, since one
 * function that is missing brings in the real file and all of it twice. Each run has a daemon of its own;
 * include once a program. */
#ifndef STOA_TESTS_FUZZ_DAEMON_RIG_H
#define STOA_TESTS_FUZZ_DAEMON_RIG_H

#include "daemon/dispatch.h"
#include "daemon/notify.h"
#include "daemon/people/users.h"
#include "daemon/registry.h"
#include "daemon/server_parts.h"
#include "daemon/socket/connection.h"
#include "daemon/socket/gateway.h"
#include "daemon/supervisor/agentproc.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/paths.h"
#include "shared/tree.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RIG_STUCK_MS = 5000 };

static const char rig_config[] = "default_model: demo/stoa\n"
                                 "limits: {connection_requests: 0}\n"
                                 "permission: {two_person: \"files/pay; files/*(path=*secret*)\"}\n"
                                 "agent:\n"
                                 "  path: /bin/false\n"
                                 "mcp_servers:\n"
                                 "  files: {command: [x, \"{SESSION_DIR}\"]}\n"
                                 "  docs: {url: \"http://127.0.0.1:1/mcp\", scope: user}\n"
                                 "  wiki: {command: [y], scope: shared, env: {A: \"{INSTANCE_TYPE}\"}}\n";

/* What goes out to a client: len bytes of a frame. Defined by the target. */
static void rig_sent(int client, const char *text, size_t len);

static struct rig {
    uv_loop_t loop;
    struct server server;
    char state[96];
} rig;

static char rig_root[64];

#define rig_check(good) ((good) ? (void)0 : rig_broken(#good, __FILE__, __LINE__))

static inline void rig_broken(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    abort();
}

/* --- the socket --- */

struct frame {
    unsigned refs;
    struct buf text;
};

int route_compare(const struct route *a, const struct route *b)
{
    return a->len != b->len ? (int)a->len - (int)b->len : memcmp(a->id, b->id, a->len);
}

struct frame *frame_new(struct buf *text)
{
    struct frame *frame = xcalloc(1, sizeof *frame);
    frame->refs = 1;
    buf_init(&frame->text, SIZE_MAX);
    buf_put(&frame->text, text->data, text->len);
    buf_free(text);
    return frame;
}

struct frame *frame_ref(struct frame *frame)
{
    frame->refs++;
    return frame;
}

void frame_free(struct frame **slot)
{
    struct frame *frame = *slot;
    *slot = NULL;
    if (frame && --frame->refs == 0) {
        buf_free(&frame->text);
        free(frame);
    }
}

size_t frame_size(const struct frame *frame)
{
    return frame->text.len;
}

size_t frames_bytes(void)
{
    return 0;
}

struct meter *meter_new(void)
{
    return xcalloc(1, 1);
}

void meter_free(struct meter **slot)
{
    free(*slot);
    *slot = NULL;
}

size_t meter_waiting(const struct meter *meter)
{
    (void)meter;
    return 0;
}

uint64_t meter_left(const struct meter *meter)
{
    (void)meter;
    return 0;
}

enum sent gateway_send(struct gateway *gateway, const struct route *route, struct frame *frame,
                       struct meter *meter, size_t limit)
{
    (void)gateway;
    (void)meter;
    (void)limit;
    rig_sent(route->id[0], frame->text.data, frame->text.len);
    return SENT_OK;
}

void gateway_trust(struct gateway *gateway, int fd)
{
    (void)gateway;
    (void)fd;
}

void gateway_forget_stranger(struct gateway *gateway, const char *key, int fd)
{
    (void)gateway;
    (void)key;
    (void)fd;
}

bool connection_watch(uv_loop_t *loop, int fd, connection_end_cb *end, void *arg,
                      struct connection **connection)
{
    (void)loop;
    (void)fd;
    (void)end;
    (void)arg;
    *connection = NULL;
    return true;
}

void connection_cut(struct connection *connection)
{
    (void)connection;
}

bool connection_is_closed(const struct connection *connection)
{
    (void)connection;
    return false;
}

void connection_free(struct connection **connection)
{
    *connection = NULL;
}

#define RIG_KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* A message of a client: who ('o' is bo's, a member, over tcp; others are the daemon's own user's), and the
 * text of its second frame. */
static inline void rig_message(int client, const char *text, size_t len)
{
    struct route route = {.len = 1, .id = {(unsigned char)client}};
    char *body = memcpy(xmalloc(len + 1), text, len); /* one that may hold a secret is wiped */
    struct gateway_message message = {.route = &route,
                                      .version = ENVELOPE_VERSION,
                                      .version_len = strlen(ENVELOPE_VERSION),
                                      .body = body,
                                      .body_len = len,
                                      .peer = client == 'o' ? RIG_KEY : GATEWAY_LOCAL,
                                      .address = client == 'o' ? "192.0.2.1" : "",
                                      .fd = -1};
    dispatch_message(rig.server.dispatch, &message);
    free(body);
}

/* --- agents --- */

enum { RIG_PROCS = 8 };

struct agentproc {
    const struct agentproc_callbacks *callbacks;
    void *arg;
    enum exit_cause cause;
    bool doomed; /* its end comes with rig_settle */
};

static struct agentproc *rig_procs[RIG_PROCS]; /* the newest last */

struct agentproc *agentproc_start(uv_loop_t *loop, const char *path,
                                  const struct agentproc_callbacks *callbacks, void *arg, char error[256])
{
    (void)loop;
    (void)path;
    for (int i = 0; i < RIG_PROCS; i++)
        if (!rig_procs[i]) {
            rig_procs[i] = xcalloc(1, sizeof **rig_procs);
            *rig_procs[i] = (struct agentproc){callbacks, arg, EXIT_CAUSE_CRASHED, false};
            return rig_procs[i];
        }
    strcpy(error, "no more agents here");
    return NULL;
}

pid_t agentproc_pid(const struct agentproc *proc)
{
    (void)proc;
    return 2;
}

bool agentproc_fits(struct agentproc *proc, const json_t *ready)
{
    (void)proc;
    return jsonx_int(ready, "link", -1) == LINK_VERSION;
}

bool agentproc_send(struct agentproc *proc, enum link_kind kind, const char *payload, size_t len)
{
    (void)kind;
    json_t *json = jsonx_parse(payload, len, NULL);
    rig_check(json_is_object(json));
    json_decref(json);
    return !proc->doomed;
}

bool agentproc_send_secret(struct agentproc *proc, enum link_kind kind, const char *payload, size_t len)
{
    char name[LINK_SECRET_NAME_MAX + 1];
    const char *value;
    size_t at = 0, value_len;
    rig_check(kind == LINK_SECRETS);
    while (at < len)
        rig_check(link_next_secret(payload, len, &at, name, &value, &value_len) == 1);
    return !proc->doomed;
}

bool agentproc_send_json(struct agentproc *proc, enum link_kind kind, json_t *json)
{
    (void)kind;
    rig_check(json_is_object(json));
    return !proc->doomed;
}

size_t agentproc_waiting(const struct agentproc *proc)
{
    (void)proc;
    return 0;
}

static void rig_doom(struct agentproc *proc, enum exit_cause cause)
{
    if (!proc->doomed)
        proc->cause = cause;
    proc->doomed = true;
}

void agentproc_stop(struct agentproc *proc, enum exit_cause cause)
{
    rig_doom(proc, cause);
}

void agentproc_kill(struct agentproc *proc, enum exit_cause cause)
{
    rig_doom(proc, cause);
}

void agentproc_abandon(struct agentproc **slot)
{
    for (int i = 0; i < RIG_PROCS; i++)
        if (*slot && rig_procs[i] == *slot)
            rig_procs[i] = NULL;
    free(*slot);
    *slot = NULL;
}

/* A frame of the process in that place, if there is one; it ends if the frame breaks the protocol. */
static inline void rig_frame(int at, enum link_kind kind, const char *payload, size_t len)
{
    struct agentproc *proc = rig_procs[at % RIG_PROCS];
    if (proc && !proc->doomed && !proc->callbacks->frame(proc->arg, kind, payload, len))
        rig_doom(proc, EXIT_CAUSE_PROTOCOL);
}

static inline bool rig_end_doomed(void)
{
    for (int i = 0; i < RIG_PROCS; i++) {
        struct agentproc *proc = rig_procs[i];
        if (!proc || !proc->doomed)
            continue;
        rig_procs[i] = NULL;
        proc->callbacks->end(proc->arg, proc->cause, "exit code 1");
        free(proc);
        return true;
    }
    return false;
}

/* --- the daemon --- */

enum err server_reload(struct server *server, char error[256])
{
    (void)server;
    (void)error;
    return ERR_OK;
}

void server_stop(struct server *server)
{
    (void)server;
}

/* Until all is on disk and dead agents are gone. waits: what else is waited for, or NULL. */
static inline void rig_settle(bool (*waits)(void))
{
    int64_t end = clock_steady_ms() + RIG_STUCK_MS;
    struct store_stats stats = {0};
    bool more = false;
    do {
        uv_run(&rig.loop, more ? UV_RUN_ONCE : UV_RUN_NOWAIT); /* the store's threads wake it */
        store_stats(rig.server.store, &stats);
        rig_check(clock_steady_ms() < end);
        more = stats.queued > 0 || (waits && waits());
    } while (rig_end_doomed() || more);
    uv_run(&rig.loop, UV_RUN_NOWAIT);
}

static inline char *rig_path(void)
{
    return paths_join(rig.state, "stoa.db");
}

/* As server.c's start does. keep: the store of the last run is still there. */
static inline void rig_open(bool keep)
{
    static const struct store_callbacks callbacks = {NULL};
    struct server *server = &rig.server;
    char error[256], *path;
    enum err code;

    *server = (struct server){.loop = &rig.loop, .started = clock_steady_ms()};
    rig_check(uv_loop_init(&rig.loop) == 0);
    server->config = config_parse(rig_config, strlen(rig_config), "rig.yaml", NULL, 0, false, error);
    if (!server->config)
        rig_broken(error, __FILE__, __LINE__);
    strcpy(server->user, "ann");
    id_make(server->epoch, "e_");
    snprintf(rig.state, sizeof rig.state, "%s/state", rig_root);
    rig_check(keep || mkdir(rig.state, 0700) == 0);
    path = rig_path();
    server->notify = notify_open(&rig.loop);
    server->store = store_open(&rig.loop, path, &callbacks, server, error, &code);
    free(path);
    rig_check(server->store != NULL);
    server_parts_open(server, rig.state);
    if (!keep) {
        rig_check(users_create(server->users, "bo", false, NULL, error) == ERR_OK);
        rig_check(users_add_key(server->users, "bo", RIG_KEY, "laptop", error) == ERR_OK);
    }
}

static inline void rig_remove(void)
{
    atomic_bool stop = false;
    rig_check(tree_remove(rig_root, "state", &stop));
}

/* As server.c's finish does. */
static inline void rig_close(void)
{
    struct server *server = &rig.server;

    server->stopping = true;
    server_parts_halt(server);
    server_parts_save(server);
    rig_check(store_close(&server->store));
    server_parts_close(server);
    notify_close(&server->notify);
    uv_run(&rig.loop, UV_RUN_DEFAULT);
    rig_check(uv_loop_close(&rig.loop) == 0);
    config_free(&server->config);
    for (int i = 0; i < RIG_PROCS; i++)
        rig_check(rig_procs[i] == NULL);
}

static inline void rig_leave(void)
{
    atomic_bool stop = false;
    tree_remove("/dev/shm", rig_root + strlen("/dev/shm/"), &stop);
}

static inline void rig_begin(void)
{
    strcpy(rig_root, "/dev/shm/stoa-fuzz-XXXXXX");
    rig_check(mkdtemp(rig_root) != NULL);
    atexit(rig_leave);
    log_init("fuzz");
    if (!getenv("STOA_LOG"))
        log_set_level((enum log_level) - 1); /* nothing */
    setenv("HOME", rig_root, 1);
}

#endif
