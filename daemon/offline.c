/* Only what needs no session can be asked so: a daemon does more. */
#include "daemon/offline.h"

#include "daemon/dispatch.h"
#include "daemon/handlers/handlers.h"
#include "daemon/people/users.h"
#include "shared/jsonx.h"
#include "shared/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct offline {
    struct server *server;
    struct request request;
    bool answered, committed;
    enum err code, commit;
    char error[256];
    json_t *ok;
};

static bool is_allowed(enum method method)
{
    static const enum method methods[] = {METHOD_AUDIT_LIST,  METHOD_SECRET_LIST,  METHOD_TOKEN_ISSUE,
                                          METHOD_TOKEN_LIST,  METHOD_TOKEN_REVOKE, METHOD_USER_CREATE,
                                          METHOD_USER_DELETE, METHOD_USER_KEY_ADD, METHOD_USER_KEY_REVOKE,
                                          METHOD_USER_LIST,   METHOD_USER_SHOW,    METHOD_USER_UPDATE};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (methods[i] == method)
            return true;
    return false;
}

/* Checked as one that came over the socket is. */
static enum err read_request(const char *text, struct request *request, char error[256])
{
    char why[160];
    json_t *json = jsonx_parse(text, strlen(text), why);
    if (!json_is_object(json)) {
        snprintf(error, 256, "--request takes {\"method\":...,\"params\":{...}}%s%s", json ? "" : ": ",
                 json ? "" : why);
        json_decref(json);
        return ERR_BAD_REQUEST;
    }
    json_object_set_new(json, "id", json_string("offline"));
    size_t len;
    char *whole = jsonx_dump(json, &len);
    enum err code = envelope_request(whole, len, request, error);
    explicit_bzero(whole, len);
    free(whole);
    json_decref(json);
    if (code == ERR_OK && !is_allowed(request->method)) {
        snprintf(error, 256,
                 "%s needs a daemon that runs; without one there are user.*, token.*, audit.list and "
                 "secret.list",
                 request_row(request->method)->name);
        code = ERR_CONFLICT;
    }
    return code;
}

static void on_answer(void *arg, enum err code, const char *error, json_t *ok)
{
    struct offline *offline = arg;
    offline->answered = true;
    offline->code = code;
    if (code != ERR_OK)
        snprintf(offline->error, sizeof offline->error, "%s", error && error[0] ? error : err_text(code));
    offline->ok = json_incref(ok);
}

static void on_commit(void *arg, enum err code)
{
    struct offline *offline = arg;
    offline->committed = true;
    offline->commit = code;
}

/* As the dispatcher does, but for the one who asks. */
static void ask(struct offline *offline)
{
    struct server *server = offline->server;
    struct call call = {.server = server,
                        .params = json_incref(offline->request.params),
                        .method = offline->request.method,
                        .answered = on_answer,
                        .answered_arg = offline};
    char error[256] = "";
    json_t *ok = NULL;
    strcpy(call.id, "offline");
    users_principal(server->users, "", &call.principal);
    enum err code = handler_of(call.method)(&call, &ok, error);
    if (code != HANDLED_LATER)
        on_answer(offline, code, error, ok);
    while (!offline->answered && uv_run(server->loop, UV_RUN_ONCE))
        ;
    json_decref(ok);
    json_decref(call.params);
    store_commit(server->store, on_commit, offline);
    while (!offline->committed && uv_run(server->loop, UV_RUN_ONCE))
        ;
    if (offline->code == ERR_OK && offline->commit != ERR_OK) {
        const char *why = store_failing(server->store);
        offline->code = ERR_STORE;
        snprintf(offline->error, sizeof offline->error, "the store can't commit: %s", why ? why : "unknown");
    }
}

static void print_reply(const struct offline *offline)
{
    json_t *json =
        offline->code == ERR_OK
            ? json_pack("{s:o}", "ok", offline->ok ? json_incref(offline->ok) : json_object())
            : json_pack("{s:{s:s, s:s}}", "error", "code", err_name(offline->code), "text", offline->error);
    size_t len;
    char *text = jsonx_dump(json, &len);
    puts(text);
    explicit_bzero(text, len);
    free(text);
    json_decref(json);
}

static int work(struct server *server, void *arg)
{
    struct offline *offline = arg;
    offline->server = server;
    ask(offline);
    return EXIT_OK;
}

int offline_run(const struct server_options *options, const char *text)
{
    struct offline offline = {0};
    int exit_code = EXIT_OK;
    log_set_level(LOG_WARN);
    offline.code = read_request(text, &offline.request, offline.error);
    if (offline.code == ERR_OK)
        exit_code = server_offline(options, work, &offline);
    if (exit_code == EXIT_ALREADY_RUNNING)
        fputs("stoad: a daemon runs here, and is to be asked: stoa user, stoa token\n", stderr);
    if (exit_code == EXIT_OK || offline.answered) {
        print_reply(&offline);
        if (exit_code == EXIT_OK && offline.code != ERR_OK)
            exit_code = offline.code == ERR_STORE ? EXIT_STORE : EXIT_FAILED;
    }
    json_decref(offline.ok);
    request_clear(&offline.request);
    return fflush(stdout) == 0 ? exit_code : EXIT_FAILED;
}
