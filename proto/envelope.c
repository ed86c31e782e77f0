/* Reading and writing the JSON frame of a message. */
#include "proto/envelope.h"

#include "shared/id.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"

#include <stdio.h>
#include <string.h>

bool envelope_is_id(const char *id)
{
    size_t len = strlen(id);
    return len >= 1 && len <= ENVELOPE_ID_MAX &&
           strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

static enum err read_id(const json_t *json, struct request *request, char error[256])
{
    const char *id = jsonx_str(json, "id", NULL);
    if (!id || !envelope_is_id(id) || strlen(id) != json_string_length(json_object_get(json, "id"))) {
        char shown[64];
        schema_show(json_object_get(json, "id"), shown);
        snprintf(error, 256, "'id' is %s; it must be 1 to 64 characters of A-Z a-z 0-9 _ -", shown);
        return ERR_BAD_REQUEST;
    }
    strcpy(request->id, id);
    return ERR_OK;
}

static enum err read_method(const json_t *json, struct request *request, char error[256])
{
    const char *name = jsonx_str(json, "method", NULL);
    if (!name) {
        char shown[64];
        schema_show(json_object_get(json, "method"), shown);
        snprintf(error, 256, "'method' is %s; it must be a string", shown);
        return ERR_BAD_REQUEST;
    }
    request->method = request_method_parse(name);
    if (request->method == METHOD_COUNT) {
        snprintf(error, 256, "unknown method '%.*s'", (int)utf8_cut(name, strlen(name), 60), name);
        return ERR_NOT_FOUND;
    }
    return ERR_OK;
}

static enum err read_session(const json_t *json, struct request *request, char error[256])
{
    const struct request_row *row = request_row(request->method);
    const json_t *member = json_object_get(json, "session");
    const char *session = json_string_value(member);
    char shown[64];
    schema_show(member, shown);
    if (!row->session) {
        if (!member || json_is_null(member))
            return ERR_OK;
        snprintf(error, 256, "%s takes no 'session'; it is %s", row->name, shown);
        return ERR_BAD_REQUEST;
    }
    if (!session || !id_valid(session, "s_")) {
        snprintf(error, 256, "%s needs 'session': a full id such as s_01j8zq4k3nw8x5t7v9r2m6p0qd; it is %s",
                 row->name, shown);
        return ERR_BAD_REQUEST;
    }
    snprintf(request->session, sizeof request->session, "%s", session);
    return ERR_OK;
}

enum err envelope_request(const char *text, size_t len, struct request *request, char error[256])
{
    memset(request, 0, sizeof *request);
    char why[160];
    json_t *json = jsonx_parse_few(text, len, ENVELOPE_VALUES_MAX, why);
    if (!json || !json_is_object(json)) {
        snprintf(error, 256, "not a JSON object: %s", json ? "it is another kind of value" : why);
        json_decref(json);
        return ERR_BAD_REQUEST;
    }
    enum err code = read_id(json, request, error);
    if (code == ERR_OK)
        code = read_method(json, request, error);
    if (code == ERR_OK)
        code = read_session(json, request, error);
    if (code == ERR_OK) {
        json_t *params = json_object_get(json, "params");
        request->params = params ? json_incref(params) : json_object();
        if (!schema_check(request_row(request->method)->fields, request->params, true, error)) {
            request_clear(request);
            code = ERR_BAD_REQUEST;
        }
    }
    json_decref(json);
    return code;
}

void request_clear(struct request *request)
{
    json_decref(request->params);
    request->params = NULL;
}

enum err envelope_version(const char *frame, size_t len, char error[256])
{
    if (len == strlen(ENVELOPE_VERSION) && memcmp(frame, ENVELOPE_VERSION, len) == 0)
        return ERR_OK;
    char theirs[24];
    size_t shown = 0;
    for (size_t i = 0; i < len && shown < sizeof theirs - 1; i++)
        theirs[shown++] = frame[i] > 0x20 && frame[i] < 0x7f ? frame[i] : '?';
    theirs[shown] = '\0';
    snprintf(error, 256, "this end speaks %s, the other end '%s'; upgrade the older one", ENVELOPE_VERSION,
             theirs);
    return ERR_VERSION;
}

static bool put_object(struct buf *out, json_t *object)
{
    size_t start = out->len;
    bool fits = jsonx_dump_buf(object, out);
    if (!fits)
        buf_truncate(out, start);
    json_decref(object);
    return fits;
}

static json_t *or_empty(json_t *object)
{
    return object ? json_incref(object) : json_object();
}

bool envelope_put_request(struct buf *out, const char *id, enum method method, const char *session,
                          json_t *params)
{
    json_t *object = json_object();
    jsonx_set_str(object, "id", id);
    jsonx_set_str(object, "method", request_row(method)->name);
    jsonx_set_str(object, "session", session);
    json_object_set_new(object, "params", or_empty(params));
    return put_object(out, object);
}

bool envelope_put_ok(struct buf *out, const char *id, json_t *ok)
{
    json_t *object = json_object();
    jsonx_set_str(object, "id", id);
    json_object_set_new(object, "ok", or_empty(ok));
    return put_object(out, object);
}

bool envelope_put_error(struct buf *out, const char *id, enum err code, const char *text, json_t *detail)
{
    json_t *object = json_object(), *inner = json_object();
    jsonx_set_str(object, "id", id);
    jsonx_set_str(inner, "code", err_name(code));
    jsonx_set_str(inner, "text", text ? text : err_text(code));
    json_object_set_new(inner, "detail", or_empty(detail));
    json_object_set_new(object, "error", inner);
    return put_object(out, object);
}

bool envelope_put_resync(struct buf *out, const char *session, const char *why)
{
    json_t *object = json_object();
    jsonx_set_str(object, "notice", "resync");
    jsonx_set_str(object, "session", session);
    jsonx_set_str(object, "why", why);
    return put_object(out, object);
}

bool envelope_put_revoked(struct buf *out, const char *session, const char *why)
{
    json_t *object = json_object();
    jsonx_set_str(object, "notice", "revoked");
    jsonx_set_str(object, "session", session);
    jsonx_set_str(object, "why", why);
    return put_object(out, object);
}

bool envelope_put_bye(struct buf *out, const char *why, int retry_after_ms)
{
    json_t *object = json_object();
    jsonx_set_str(object, "notice", "bye");
    jsonx_set_str(object, "why", why);
    jsonx_set_int(object, "retry_after_ms", retry_after_ms);
    return put_object(out, object);
}

bool envelope_put_config(struct buf *out, const char *text)
{
    json_t *object = json_object();
    jsonx_set_str(object, "notice", "config");
    jsonx_set_str(object, "text", text);
    return put_object(out, object);
}

bool envelope_put_paired(struct buf *out, const char *user, const char *label, const char *words)
{
    json_t *object = json_object();
    jsonx_set_str(object, "notice", "paired");
    jsonx_set_str(object, "user", user);
    jsonx_set_str(object, "label", label);
    jsonx_set_str(object, "words", words);
    return put_object(out, object);
}

bool envelope_put_pair_ended(struct buf *out, json_t *from)
{
    json_t *object = json_object();
    jsonx_set_str(object, "notice", "pair_ended");
    json_object_set_new(object, "from", from);
    return put_object(out, object);
}

bool envelope_put_lend(struct buf *out, const char *session, const char *server, json_t *rest)
{
    json_t *object = json_object();
    jsonx_set_str(object, "notice", "lend");
    jsonx_set_str(object, "session", session);
    jsonx_set_str(object, "server", server);
    json_object_update(object, rest);
    json_decref(rest);
    return put_object(out, object);
}

static void read_reply(struct incoming *in)
{
    json_t *error = jsonx_obj(in->json, "error");
    in->ok = jsonx_obj(in->json, "ok");
    if (in->ok) {
        in->kind = INCOMING_OK;
    } else if (error) {
        in->kind = INCOMING_ERROR;
        in->code = err_from_name(jsonx_str(error, "code", ""));
        if (in->code == ERR_OK) /* "ok" is no error */
            in->code = ERR_INTERNAL;
        in->text = jsonx_str(error, "text", err_text(in->code));
    }
}

void envelope_incoming(const char *text, size_t len, struct incoming *in)
{
    memset(in, 0, sizeof *in);
    in->kind = INCOMING_BAD;
    in->json = jsonx_parse(text, len, NULL);
    if (!json_is_object(in->json))
        return;
    in->id = jsonx_str(in->json, "id", NULL);
    in->session = jsonx_str(in->json, "session", NULL);
    in->notice = jsonx_str(in->json, "notice", NULL);
    if (in->id)
        read_reply(in);
    else if (jsonx_str(in->json, "type", NULL))
        in->kind = INCOMING_EVENT;
    else if (in->notice)
        in->kind = INCOMING_NOTICE;
}

void incoming_clear(struct incoming *in)
{
    json_decref(in->json);
    memset(in, 0, sizeof *in);
}
