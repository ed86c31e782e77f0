/* Tried by who does it, since what a host allows can't be told from any one setting: kernel, container,
 * security modules and limits all have a say. */
#include "daemon/mcp/isolation.h"

#include "daemon/config/config_server.h"
#include "shared/subreaper.h"
#include "shared/xalloc.h"

#include <signal.h>
#include <stdlib.h>

enum { PATIENCE_MS = 2000 };

struct isolation {
    uv_process_t process;
    uv_timer_t deadline;
    int handles; /* that are open */
    isolation_cb *cb;
    void *arg;
};

bool isolation_matters(const struct config *config)
{
    for (size_t i = 0; i < config_server_count(config); i++) {
        const struct config_server *server = config_server(config, i);
        for (size_t k = 0; k < server->variant_count; k++)
            if (!server->variants[k].url)
                return true;
    }
    return false;
}

static void on_closed(uv_handle_t *handle)
{
    struct isolation *isolation = handle->data;
    if (--isolation->handles == 0)
        free(isolation);
}

static void close_all(struct isolation *isolation)
{
    uv_close((uv_handle_t *)&isolation->process, on_closed);
    uv_close((uv_handle_t *)&isolation->deadline, on_closed);
}

static void on_exit_(uv_process_t *process, int64_t status, int number)
{
    struct isolation *isolation = process->data;
    isolation_cb *cb = isolation->cb;
    subreaper_forget(process->pid);
    close_all(isolation);
    cb(isolation->arg, status == 0 && number == 0);
}

static void on_deadline(uv_timer_t *timer)
{
    struct isolation *isolation = timer->data;
    uv_process_kill(&isolation->process, SIGKILL);
}

struct isolation *isolation_begin(uv_loop_t *loop, const char *agent, isolation_cb *cb, void *arg)
{
    char *argv[] = {(char *)"stoa-agent", (char *)"isolation", NULL};
    const uv_process_options_t options = {.exit_cb = on_exit_, .file = agent, .args = argv};
    struct isolation *isolation = agent ? xcalloc(1, sizeof *isolation) : NULL;
    if (!isolation)
        return NULL;
    *isolation = (struct isolation){.handles = 2, .cb = cb, .arg = arg};
    isolation->process.data = isolation->deadline.data = isolation;
    uv_timer_init(loop, &isolation->deadline);
    if (uv_spawn(loop, &isolation->process, &options) != 0) {
        close_all(isolation);
        return NULL;
    }
    subreaper_know(isolation->process.pid);
    uv_timer_start(&isolation->deadline, on_deadline, PATIENCE_MS, 0);
    return isolation;
}

void isolation_end(struct isolation **slot)
{
    struct isolation *isolation = *slot;
    if (!isolation)
        return;
    *slot = NULL;
    uv_process_kill(&isolation->process, SIGKILL);
    subreaper_forget(isolation->process.pid); /* its end is the sweep's */
    close_all(isolation);
}

static void on_tried(void *arg, bool works)
{
    *(bool *)arg = works;
}

bool isolation_try(const char *agent)
{
    uv_loop_t loop;
    bool works = false;
    uv_loop_init(&loop);
    isolation_begin(&loop, agent, on_tried, &works);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return works;
}
