/* The daemon as a whole: what its modules share, in one place, and its start and stop. */
#ifndef STOA_DAEMON_SERVER_H
#define STOA_DAEMON_SERVER_H

#include "daemon/config/config.h"
#include "daemon/histogram.h"
#include "daemon/store/store.h"
#include "shared/err.h"
#include "shared/id.h"
#include "shared/listen.h"
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct stats { /* counters since the start, for admin.stats */
    uint64_t requests, events, chunks, deliveries, resyncs, cut, crashes, limited;
    struct histogram handling; /* of a request by this thread, until its handler returns */
    struct histogram promised; /* of a changing request, until its events are on disk */
};

struct server {
    uv_loop_t *loop;
    struct config *config;
    struct store *store;
    struct gateway *gateway;
    struct identity *identity;
    struct clients *clients;
    struct dispatch *dispatch;
    struct registry *registry;
    struct aging *aging;
    struct forks *forks;
    struct questions *questions;
    struct rules *rules;
    struct users *users;
    struct audit *audit;
    struct vault *vault;
    struct ledger *ledger;
    struct stored *stored;
    struct counting *counting;
    struct counting_hosts *counting_hosts;
    struct throttle *throttle;
    struct tickets *tickets;
    struct pairs *pairs;
    struct tries *tries;
    struct lends *lends;
    struct metrics_http *metrics;
    struct supervisor *supervisor;
    struct folders *folders;
    struct known *known;
    struct mcp_asks *asks;
    struct hosts *hosts;
    struct relays *relays;
    struct probe *probe;
    struct notify *notify;
    struct stats stats;
    char listens[LISTEN_MAX][LISTEN_TEXT_MAX]; /* "tcp://127.0.0.1:7117": where it listens */
    int listen_count;
    char epoch[ID_MAX];
    char user[64];   /* the daemon's own user: an admin; what comes over the local socket is theirs */
    int64_t started; /* steady ms */
    bool stopping;
};

struct server_options {
    const char *config_path; /* NULL: paths_config, each time that it is read */
    const char *const *sets; /* "name=value" of the command line */
    size_t set_count;
};

/* Holds back the signals that server_run answers, from the first moment of the program; it lets them in when
 * it can, so that one that came too early is a reload or an orderly stop like any other. Other actions of the
 * program let go of them. */
void server_hold_signals(bool hold);
/* Runs the daemon until it is told to stop. Returns a process exit code (shared/err.h). */
int server_run(const struct server_options *options);
/* Does the work with the store, users, vault and audit open, and nothing else, while no daemon runs and none
 * can start. Returns its exit code, or why it could not be done. */
typedef int server_work_fn(struct server *server, void *arg);
int server_offline(const struct server_options *options, server_work_fn *work, void *arg);
/* Reads the configuration anew; on any error the old one stays whole. ERR_OK or ERR_CONFIG with a sentence.
 */
enum err server_reload(struct server *server, char error[256]);
/* Begins an orderly stop: turns are interrupted and kept, clients told, the store closed. */
void server_stop(struct server *server);

#endif
