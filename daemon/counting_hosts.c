/* All folders are measured by one of libuv's worker threads, one after the other, and what is found of each
 * user is laid over what was found before. There is no timer and no thread where there are no such folders.
 */
#include "daemon/counting_hosts.h"

#include "daemon/counting.h"
#include "daemon/mcp/folders.h"
#include "daemon/mcp/hosts.h"
#include "daemon/people/stored.h"
#include "daemon/server.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/tree.h"
#include "shared/xalloc.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct counting_hosts {
    struct server *server;
    char *folder;
    int references; /* the owner's, the timer's, and the worker's */
    atomic_bool stop;
    uv_timer_t next;
    uv_work_t work;
    bool measuring, again; /* again: something has changed since it began */
    int64_t began, every;
    json_t *sums;  /* {user: bytes} as they were counted; NULL before the first look */
    json_t *found; /* the worker's, until it is done */
};

static void release(struct counting_hosts *counting)
{
    if (--counting->references > 0)
        return;
    json_decref(counting->sums);
    json_decref(counting->found);
    free(counting->folder);
    free(counting);
}

/* --- one look --- */

static void measure(uv_work_t *work)
{
    struct counting_hosts *counting = work->data;
    DIR *dir = opendir(counting->folder);
    const struct dirent *entry;
    char user[FOLDERS_USER_BYTES];
    while (dir && !atomic_load(&counting->stop) && (entry = readdir(dir)))
        if (folders_user_of(entry->d_name, user))
            jsonx_set_int(counting->found, user,
                          jsonx_int(counting->found, user, 0) +
                              tree_size(counting->folder, entry->d_name, &counting->stop));
    if (dir)
        closedir(dir);
}

/* Whether anything is another sum than before. */
static bool take_sums(struct counting_hosts *counting)
{
    const char *user;
    json_t *value;
    bool changed = !json_equal(counting->sums, counting->found);
    json_object_foreach(counting->sums, user, value)
    {
        stored_add_hosts(counting->server, user, -json_integer_value(value), false);
    }
    json_object_foreach(counting->found, user, value)
    {
        stored_add_hosts(counting->server, user, json_integer_value(value), !counting->sums);
    }
    json_decref(counting->sums);
    counting->sums = counting->found;
    counting->found = NULL;
    return changed;
}

static void on_next(uv_timer_t *timer);

static void schedule(struct counting_hosts *counting, bool changed)
{
    int64_t took = clock_steady_ms() - counting->began;
    counting->every = changed || counting->again ? COUNTING_FOLDER_MS : 2 * counting->every;
    if (counting->every > COUNTING_FOLDER_MAX_MS)
        counting->every = COUNTING_FOLDER_MAX_MS;
    if (counting->every < COUNTING_FOLDER_SHARE * took)
        counting->every = COUNTING_FOLDER_SHARE * took;
    if (counting->again || hosts_count(counting->server->hosts) > 0)
        uv_timer_start(&counting->next, on_next, (uint64_t)counting->every, 0);
    counting->again = false;
}

static void on_measured(uv_work_t *work, int status)
{
    struct counting_hosts *counting = work->data;
    counting->measuring = false;
    if (!atomic_load(&counting->stop) && status == 0)
        schedule(counting, take_sums(counting));
    release(counting);
}

static bool is_any(const struct counting_hosts *counting)
{
    DIR *dir = opendir(counting->folder);
    const struct dirent *entry;
    bool found = json_object_size(counting->sums) > 0; /* which may have gone */
    while (dir && !found && (entry = readdir(dir)))
        found = entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return found;
}

/* libuv's threads, which begin with the first work, leave the process's signals to the main thread. */
static void on_next(uv_timer_t *timer)
{
    struct counting_hosts *counting = timer->data;
    sigset_t all, before;
    if (!is_any(counting)) {
        if (!counting->sums)
            counting->sums = json_object();
        return;
    }
    json_decref(counting->found);
    counting->found = json_object();
    counting->began = clock_steady_ms();
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    counting->measuring = uv_queue_work(counting->server->loop, &counting->work, measure, on_measured) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (counting->measuring)
        counting->references++;
    else
        uv_timer_start(timer, on_next, COUNTING_FOLDER_MS, 0);
}

void counting_hosts_look(struct counting_hosts *counting)
{
    if (!counting)
        return;
    if (counting->measuring)
        counting->again = true;
    else if (!uv_is_active((uv_handle_t *)&counting->next) ||
             uv_timer_get_due_in(&counting->next) > COUNTING_FOLDER_MS)
        uv_timer_start(&counting->next, on_next, COUNTING_FOLDER_MS, 0);
}

/* --- life --- */

struct counting_hosts *counting_hosts_open(struct server *server)
{
    struct counting_hosts *counting = xcalloc(1, sizeof *counting);
    counting->server = server;
    counting->folder = xstrdup(folders_hosts(server->folders));
    counting->references = 2;
    counting->every = COUNTING_FOLDER_MS;
    counting->work.data = counting->next.data = counting;
    uv_timer_init(server->loop, &counting->next);
    uv_unref((uv_handle_t *)&counting->next);
    uv_timer_start(&counting->next, on_next, 0, 0);
    return counting;
}

static void timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

void counting_hosts_close(struct counting_hosts **slot)
{
    struct counting_hosts *counting = *slot;
    if (!counting)
        return;
    *slot = NULL;
    atomic_store(&counting->stop, true);
    uv_close((uv_handle_t *)&counting->next, timer_closed);
    release(counting);
}
