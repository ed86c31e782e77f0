/* audit.list: pages of the audit's records, as they are on disk. A page is read when what was queued before
 * is there, so that the newest record that is named is among those that can be read. */
#include "daemon/handlers/handlers.h"

#include "daemon/people/audit.h"
#include "daemon/server.h"
#include "daemon/store/store_people.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>

enum { RECORDS = 100 };

struct reading {
    struct call *call;
    int64_t n; /* the newest record when it was asked for */
    char hash[64];
};

static void finish(struct reading *reading, enum err code, const char *error, json_t *result)
{
    if (result) {
        json_t *head = json_object();
        jsonx_set_int(head, "n", reading->n);
        jsonx_set_str(head, "hash", reading->hash);
        json_object_set_new(result, "head", head);
    }
    call_finish(&reading->call, code, error, json_incref(result));
    free(reading);
}

static void on_page(void *arg, enum err code, const char *error, json_t *result)
{
    finish(arg, code, error, result);
}

static void on_committed(void *arg, enum err code)
{
    struct reading *reading = arg;
    const struct call *call = reading->call;
    const json_t *params = call->params;
    char error[96];
    (void)code; /* while the store can't commit, what is there can be read */
    if (!call->server->store) {
        finish(reading, ERR_SHUTTING_DOWN, NULL, NULL);
        return;
    }
    code = store_audit_page(call->server->store, jsonx_int(params, "before", INT64_MAX),
                            jsonx_int(params, "after", -1), (int)jsonx_int(params, "limit", RECORDS),
                            jsonx_str(params, "user", NULL), jsonx_str(params, "action", NULL), on_page,
                            reading);
    snprintf(error, sizeof error, "%d reads of the store wait already; try again", STORE_READS_MAX);
    if (code != ERR_OK)
        finish(reading, code, error, NULL);
}

enum err handle_audit_list(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    struct server *server = call->server;
    const char *hash;
    if (json_object_get(call->params, "before") && json_object_get(call->params, "after")) {
        snprintf(error, 256, "give 'before' or 'after', not both");
        return ERR_BAD_REQUEST;
    }
    struct reading *reading = xmalloc(sizeof *reading);
    *reading = (struct reading){.call = call_keep(call)};
    reading->n = audit_head(server->audit, &hash);
    snprintf(reading->hash, sizeof reading->hash, "%s", hash);
    store_commit(server->store, on_committed, reading);
    return HANDLED_LATER;
}
