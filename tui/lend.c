/* The offer is the connection's: after each new one it is made again. Which run goes on, the daemon says in
 * its answer; what runs here and is not that one is of no use any more. */
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include "tui/lend_private.h"
#include <stdlib.h>
#include <string.h>

enum { SAID_MAX = 500, TITLE_MAX = 200 };

bool lend_is_name(const char *name)
{
    size_t len = strlen(name);

    return len >= 1 && len <= LEND_NAME_MAX && *name != '-' && *name != '_' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

void lend_say(struct lend *lend, enum lend_says what, const char *text)
{
    char *clean = sanitise_line(text, strlen(text), SAID_MAX);

    lend->callbacks.say(lend->callbacks.arg, lend, what, clean);
    free(clean);
}

/* --- runs --- */

void lend_drop_run(struct lend *lend)
{
    bool was = lend->child != NULL;

    lend->run[0] = '\0';
    lend_child_end(&lend->child);
    lend_out_clear(lend);
    lend_in_clear(lend);
    if (was)
        lend_say(lend, LEND_ENDED, "the session needs it no more");
}

static void on_line(void *arg, char *line, size_t len)
{
    lend_out_line(arg, line, len);
}

static void on_said(void *arg, const char *line, size_t len)
{
    char *text = xstrndup(line, len);

    lend_say(arg, LEND_STDERR, text);
    free(text);
}

static void on_ended(void *arg, const char *how)
{
    struct lend *lend = arg;

    lend_child_end(&lend->child);
    lend_in_clear(lend);
    lend_out_end(lend, true, how);
    lend_say(lend, LEND_ENDED, how);
}

static void begin_run(struct lend *lend, const char *run)
{
    struct lend_child_events events = {lend, on_line, on_said, on_ended};
    char error[256];

    if (lend->run[0])
        lend_drop_run(lend);
    snprintf(lend->run, sizeof lend->run, "%s", run);
    lend->child = lend_child_start(lend->loop, lend->argv, &events, error);
    lend->listens = true;
    if (lend->child) {
        lend_say(lend, LEND_BEGAN, "");
    } else {
        lend_out_end(lend, false, error);
        lend_say(lend, LEND_ENDED, error);
    }
}

/* --- the offer --- */

static const char *why_over(const char *why)
{
    if (strcmp(why, "replaced") == 0)
        return "another terminal of yours lends one of that name to this session now";
    if (strcmp(why, "revoked") == 0)
        return "the right to write in this session was taken back, and with it that to lend to it";
    if (strcmp(why, "deleted") == 0)
        return "the session was deleted";
    return "the daemon has ended it";
}

static void finish(struct lend *lend, enum err code, const char *text)
{
    lend->offered = false;
    lend_drop_run(lend);
    if (lend->over)
        return;
    lend->over = true;
    lend->callbacks.over(lend->callbacks.arg, lend, code, text);
}

static void on_offered(void *arg, enum err code, const char *text, json_t *ok)
{
    struct lend *lend = arg;
    const char *run = jsonx_str(ok, "run", "");
    bool first = !lend->offered;

    lend->offering = false;
    if (code != ERR_OK) {
        finish(lend, code, text);
        return;
    }
    if (strcmp(run, lend->run) != 0) {
        lend_drop_run(lend);
        if (*run) { /* it began while nobody was here to see it */
            snprintf(lend->run, sizeof lend->run, "%s", run);
            lend_out_end(lend, true, "the terminal that lends it has begun anew");
        }
    }
    lend->offered = true;
    if (first)
        lend_say(lend, LEND_OFFERED, "");
}

void lend_offer(struct lend *lend)
{
    json_t *params = json_object();

    if (lend->offering || lend->over) {
        json_decref(params);
        return;
    }
    lend->offering = true;
    jsonx_set_str(params, "server", lend->name);
    jsonx_set_str(params, "title", lend->command);
    client_request(lend->client, METHOD_LEND_OFFER, lend->session, params, 0, on_offered, lend);
}

void lend_link(struct lend *lend, enum client_link link)
{
    if (link == CLIENT_READY)
        lend_offer(lend);
    else if (link == CLIENT_AWAY)
        lend->offered = false;
}

bool lend_notice(struct lend *lend, const json_t *notice)
{
    const char *run = jsonx_str(notice, "run", ""), *over = jsonx_str(notice, "over", NULL);
    json_t *message = jsonx_obj(notice, "message");

    if (strcmp(jsonx_str(notice, "session", ""), lend->session) != 0 ||
        strcmp(jsonx_str(notice, "server", ""), lend->name) != 0)
        return false;
    if (over && strcmp(over, "silent") == 0) {
        lend_drop_run(lend);
        lend->offered = false;
        lend_offer(lend);
    } else if (over) {
        finish(lend,
               strcmp(over, "deleted") == 0   ? ERR_NOT_FOUND
               : strcmp(over, "revoked") == 0 ? ERR_DENIED
                                              : ERR_CONFLICT,
               why_over(over));
    } else if (*run && jsonx_bool(notice, "start", false)) {
        begin_run(lend, run);
    } else if (strcmp(run, lend->run) == 0 && message && lend->child) {
        lend_in_take(lend, message);
    } else if (strcmp(run, lend->run) == 0 && !message) {
        lend_drop_run(lend);
    }
    return true;
}

/* --- life --- */

static char *join(char *const argv[])
{
    struct buf text;

    buf_init(&text, TITLE_MAX);
    for (; *argv; argv++)
        if (!buf_printf(&text, "%s%s", text.len ? " " : "", *argv))
            break;
    char *joined = buf_take(&text), *clean = sanitise_line(joined, strlen(joined), TITLE_MAX);
    free(joined);
    return clean;
}

struct lend *lend_open(const struct lend_options *options)
{
    struct lend *lend = xcalloc(1, sizeof *lend);
    size_t count = 0;

    while (options->argv[count])
        count++;
    lend->argv = xcalloc(count + 1, sizeof *lend->argv);
    for (size_t i = 0; i < count; i++)
        lend->argv[i] = xstrdup(options->argv[i]);
    lend->loop = options->loop;
    lend->client = options->client;
    lend->callbacks = options->callbacks;
    lend->session = xstrdup(options->session);
    lend->name = xstrdup(options->name);
    lend->command = options->title ? sanitise_line(options->title, strlen(options->title), TITLE_MAX)
                                   : join(options->argv);
    lend_out_open(lend);
    lend_offer(lend);
    return lend;
}

static void lend_free(struct lend *lend)
{
    client_forget(lend->client, lend);
    if (!lend->over && client_link(lend->client) == CLIENT_READY) {
        json_t *params = json_object();
        jsonx_set_str(params, "server", lend->name);
        client_request(lend->client, METHOD_LEND_WITHDRAW, lend->session, params, 1000, NULL, NULL);
    }
    lend_child_end(&lend->child);
    lend_out_clear(lend);
    lend_in_clear(lend);
    lend_out_close(lend);
    for (char **word = lend->argv; *word; word++)
        free(*word);
    free(lend->argv);
    free(lend->session);
    free(lend->name);
    free(lend->command);
    free(lend);
}

void lend_close(struct lend **slot)
{
    struct lend *lend = *slot;

    *slot = NULL;
    if (lend)
        lend_free(lend);
}

void lend_close_now(struct lend **slot)
{
    if (*slot)
        lend_child_end_now(&(*slot)->child);
    lend_close(slot);
}

const char *lend_name(const struct lend *lend)
{
    return lend->name;
}

const char *lend_session(const struct lend *lend)
{
    return lend->session;
}

const char *lend_command(const struct lend *lend)
{
    return lend->command;
}

bool lend_is_offered(const struct lend *lend)
{
    return lend->offered;
}
