/* What is said to the server goes to it as it is. Calls of tools are shown, and where the person here wants
 * that, each waits for a yes: in the order in which they came, one at a time. */
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include "tui/lend_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DECLINED = -1, ARGUMENTS_MAX = 400, TOOL_MAX = 100, ERROR_MAX = 200 };

static void pass_on(struct lend *lend, const json_t *message)
{
    size_t len;
    char *text = jsonx_dump(message, &len);

    if (lend->child && !lend_child_write(lend->child, text, len)) {
        lend_child_end(&lend->child);
        lend_in_clear(lend);
        lend_out_end(lend, true, "it does not read what is said to it");
        lend_say(lend, LEND_ENDED, "it does not read what is said to it");
    }
    free(text);
}

/* --- calls --- */

static char *describe(const json_t *message)
{
    const json_t *params = jsonx_obj(message, "params"), *arguments = jsonx_obj(params, "arguments");
    const char *name = jsonx_str(params, "name", "");
    char *tool = sanitise_line(name, strlen(name), TOOL_MAX), *text;

    if (json_object_size(arguments) > 0) {
        size_t len;
        char *all = jsonx_dump(arguments, &len), *cut = sanitise_line(all, len, ARGUMENTS_MAX);
        text = xasprintf("%s %s", tool, cut);
        free(cut);
        free(all);
    } else {
        text = xstrdup(tool);
    }
    free(tool);
    return text;
}

static void remove_call(struct lend *lend, struct lend_call *call)
{
    struct lend_call **at = &lend->calls;

    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    lend->call_count--;
    json_decref(call->message);
    free(call->text);
    free(call);
}

static struct lend_call *asked(const struct lend *lend)
{
    struct lend_call *call = lend->calls;

    while (call && !call->asked)
        call = call->next;
    return call;
}

static struct lend_call *by_id(const struct lend *lend, const json_t *id)
{
    struct lend_call *call = lend->calls;

    while (call && !json_equal(json_object_get(call->message, "id"), id))
        call = call->next;
    return id ? call : NULL;
}

static void ask_next(struct lend *lend)
{
    const struct lend_call *call = asked(lend);

    if (call)
        lend->callbacks.ask(lend->callbacks.arg, lend, call->text);
}

static void refuse(struct lend *lend, const json_t *message, const char *why)
{
    lend_out_put(lend, json_pack("{s:s,s:O,s:{s:i,s:s}}", "jsonrpc", "2.0", "id",
                                 json_object_get(message, "id"), "error", "code", DECLINED, "message", why));
}

static void add_call(struct lend *lend, json_t *message)
{
    struct lend_call *call = xcalloc(1, sizeof *call), **end = &lend->calls;
    bool first = !asked(lend);

    call->message = json_incref(message);
    call->text = describe(message);
    call->asked = lend->callbacks.ask != NULL;
    while (*end)
        end = &(*end)->next;
    *end = call;
    lend->call_count++;
    lend_say(lend, LEND_CALLED, call->text);
    if (!call->asked)
        pass_on(lend, message);
    else if (first)
        ask_next(lend);
}

static void take_call(struct lend *lend, json_t *message)
{
    char text[96];

    if (lend->call_count < LEND_ASKS_MAX) {
        add_call(lend, message);
    } else if (!lend->callbacks.ask) {
        pass_on(lend, message);
    } else {
        snprintf(text, sizeof text, "%d calls wait for the person who lends this tool already",
                 LEND_ASKS_MAX);
        refuse(lend, message, text);
    }
}

/* One that was not begun is not the server's business. */
static bool take_cancel(struct lend *lend, const json_t *message)
{
    const json_t *id = json_object_get(jsonx_obj(message, "params"), "requestId");
    struct lend_call *call = by_id(lend, id), *current = asked(lend);

    if (!call)
        return false;
    bool waited = call->asked;
    remove_call(lend, call);
    if (waited && call == current) {
        lend->callbacks.void_ask(lend->callbacks.arg, lend);
        ask_next(lend);
    }
    return waited;
}

void lend_in_take(struct lend *lend, json_t *message)
{
    const char *method = jsonx_str(message, "method", "");

    if (strcmp(method, "tools/call") == 0 && json_object_get(message, "id"))
        take_call(lend, message);
    else if (strcmp(method, "notifications/cancelled") != 0 || !take_cancel(lend, message))
        pass_on(lend, message);
}

void lend_answer(struct lend *lend, bool allow)
{
    struct lend_call *call = asked(lend);
    const struct client_hello *hello = client_hello(lend->client);
    char text[200];

    if (!call)
        return;
    call->asked = false;
    if (allow) {
        json_t *message = json_incref(call->message);
        pass_on(lend, message);
        json_decref(message);
    } else {
        snprintf(text, sizeof text, "%s, whose terminal lends this tool, declined the call",
                 hello && hello->user ? hello->user : "the person");
        refuse(lend, call->message, text);
        remove_call(lend, call);
    }
    ask_next(lend);
}

/* --- answers --- */

void lend_in_answered(struct lend *lend, const json_t *message)
{
    struct lend_call *call =
        json_object_get(message, "method") ? NULL : by_id(lend, json_object_get(message, "id"));
    const json_t *error = jsonx_obj(message, "error");
    char tool[TOOL_MAX + 1], *text, *why;

    if (!call || call->asked)
        return;
    snprintf(tool, sizeof tool, "%.*s", (int)strcspn(call->text, " "), call->text);
    if (error) {
        const char *said = jsonx_str(error, "message", "");
        why = sanitise_line(said, strlen(said), ERROR_MAX);
        text = xasprintf("%s: failed: %s", tool, why);
        free(why);
    } else {
        bool failed = jsonx_bool(jsonx_obj(message, "result"), "isError", false);
        text = xasprintf("%s: %s", tool, failed ? "failed" : "done");
    }
    remove_call(lend, call);
    lend_say(lend, LEND_DONE, text);
    free(text);
}

void lend_in_clear(struct lend *lend)
{
    bool waited = asked(lend) != NULL;

    while (lend->calls)
        remove_call(lend, lend->calls);
    if (waited && lend->callbacks.void_ask)
        lend->callbacks.void_ask(lend->callbacks.arg, lend);
}
