/* A template's text is taken apart in one place, template_next, so that checking and filling in can't differ.
 * Values are put in as they are, and not looked at again: a value that holds a brace is no template. */
#include "daemon/config/template.h"

#include "shared/buf.h"
#include "shared/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 32 };

enum kind { KIND_TEXT, SESSION_ID, USER_ID, INSTANCE_TYPE, SESSION_DIR, VAR, ENV, SECRET, KIND_COUNT };

static const struct {
    const char *name;
    bool named;               /* has a colon and a name behind it */
    enum server_scope widest; /* that of the widest scope which may use it */
} kinds[KIND_COUNT] = {
    [SESSION_ID] = {"SESSION_ID", false, SCOPE_SESSION},
    [USER_ID] = {"USER_ID", false, SCOPE_USER},
    [INSTANCE_TYPE] = {"INSTANCE_TYPE", false, SCOPE_SHARED},
    [SESSION_DIR] = {"SESSION_DIR", false, SCOPE_SESSION},
    [VAR] = {"VAR", true, SCOPE_SESSION},
    [ENV] = {"ENV", true, SCOPE_SHARED},
    [SECRET] = {"SECRET", true, SCOPE_USER},
};
static const char known[] = "known are {SESSION_ID}, {USER_ID}, {INSTANCE_TYPE}, {SESSION_DIR}, {VAR:name}, "
                            "{ENV:NAME}, {SECRET:name}; {{ is a brace";

struct piece {
    enum kind kind;
    const char *text; /* KIND_TEXT */
    size_t len;
    char name[TEMPLATE_NAME_MAX + 1]; /* VAR, ENV, SECRET */
};

/* The first characters are those of all names, the last two of secrets' names too. */
static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
enum { SECRETS_TOO = 2 };

static bool is_name_of(enum kind kind, const char *name, size_t len)
{
    size_t known_len = sizeof allowed - 1 - (kind == SECRET ? 0 : SECRETS_TOO), at = 0;
    while (at < len && memchr(allowed, name[at], known_len))
        at++;
    return len > 0 && len <= TEMPLATE_NAME_MAX && at == len;
}

bool template_is_name(const char *name)
{
    return is_name_of(VAR, name, strlen(name));
}

/* How much is shown in an error: it may be long. */
static int shown(const char *text, size_t len)
{
    return (int)utf8_cut(text, len, SHOWN_MAX);
}

/* What stands between braces. */
static bool read_braces(const char *text, size_t len, struct piece *piece, char error[256])
{
    const char *colon = memchr(text, ':', len);
    size_t word = colon ? (size_t)(colon - text) : len;
    for (enum kind kind = SESSION_ID; kind < KIND_COUNT; kind++) {
        if (strlen(kinds[kind].name) != word || memcmp(kinds[kind].name, text, word) != 0 ||
            kinds[kind].named != (colon != NULL))
            continue;
        piece->kind = kind;
        if (!colon)
            return true;
        if (!is_name_of(kind, colon + 1, len - word - 1)) {
            snprintf(error, 256, "has '{%.*s}', whose name must be 1 to %d of A-Z a-z 0-9 _%s",
                     shown(text, len), text, TEMPLATE_NAME_MAX, kind == SECRET ? " - ." : "");
            return false;
        }
        snprintf(piece->name, sizeof piece->name, "%.*s", (int)(len - word - 1), colon + 1);
        return true;
    }
    snprintf(error, 256, "has the unknown template '{%.*s}'; %s", shown(text, len), text, known);
    return false;
}

/* Takes the next piece off *text: 1, 0 at its end, or -1 with a sentence part. */
static int template_next(const char **text, struct piece *piece, char error[256])
{
    const char *at = *text;
    size_t len = strcspn(at, "{");
    *piece = (struct piece){.kind = KIND_TEXT, .text = at, .len = len};
    if (len > 0 || !*at) {
        *text = at + len;
        return len > 0;
    }
    if (at[1] == '{') {
        piece->len = 1;
        *text = at + 2;
        return 1;
    }
    size_t inside = strcspn(at + 1, "{}");
    if (at[1 + inside] != '}') {
        snprintf(error, 256, "has '%.*s' without its }; write {{ for a brace itself", shown(at, inside + 1),
                 at);
        return -1;
    }
    *text = at + inside + 2;
    return read_braces(at + 1, inside, piece, error) ? 1 : -1;
}

bool template_check(const char *text, enum server_scope scope, char error[256])
{
    struct piece piece;
    int got;
    while ((got = template_next(&text, &piece, error)) > 0) {
        if (piece.kind == KIND_TEXT || kinds[piece.kind].widest >= scope)
            continue;
        snprintf(error, 256, "has {%s%s%s}, but a server of scope %s is not for one %s",
                 kinds[piece.kind].name, piece.name[0] ? ":" : "", piece.name,
                 scope == SCOPE_USER ? "user" : "shared",
                 kinds[piece.kind].widest == SCOPE_USER ? "user" : "session");
        return false;
    }
    return got == 0;
}

bool template_names_session(const char *text)
{
    struct piece piece;
    char unused[256];
    while (template_next(&text, &piece, unused) > 0)
        if (piece.kind != KIND_TEXT && kinds[piece.kind].widest == SCOPE_SESSION)
            return true;
    return false;
}

bool template_names_secret(const char *text)
{
    struct piece piece;
    char unused[256];
    while (template_next(&text, &piece, unused) > 0)
        if (piece.kind == SECRET)
            return true;
    return false;
}

bool template_names_variable(const char *text, const char *name)
{
    struct piece piece;
    char unused[256];
    while (template_next(&text, &piece, unused) > 0)
        if (piece.kind == VAR && strcmp(piece.name, name) == 0)
            return true;
    return false;
}

bool template_is_secret(const char *text, char name[TEMPLATE_NAME_MAX + 1])
{
    struct piece piece;
    char unused[256];
    bool is = template_next(&text, &piece, unused) > 0 && piece.kind == SECRET && !*text;
    if (is)
        memcpy(name, piece.name, sizeof piece.name);
    return is;
}

void template_variables(const char *text, const json_t *variables, void (*each)(void *arg, const char *value),
                        void *arg)
{
    struct piece piece;
    char unused[256];
    while (template_next(&text, &piece, unused) > 0) {
        const char *value =
            piece.kind == VAR ? json_string_value(json_object_get(variables, piece.name)) : NULL;
        if (piece.kind == VAR)
            each(arg, value ? value : "");
    }
}

static const char *value_of(const struct piece *piece, const struct template_values *values, char error[256])
{
    const char *value = NULL;
    switch (piece->kind) {
    case SESSION_ID:
        value = values->session_id;
        break;
    case USER_ID:
        value = values->user;
        break;
    case INSTANCE_TYPE:
        value = values->instance;
        break;
    case SESSION_DIR:
        value = values->session_dir;
        break;
    case VAR:
        value = json_string_value(json_object_get(values->variables, piece->name));
        if (!value)
            snprintf(error, 256,
                     "the session's variable '%s' is not set; set it with: stoa set SESSION %s=VALUE",
                     piece->name, piece->name);
        return value;
    case ENV:
        value = getenv(piece->name);
        if (!value)
            snprintf(error, 256, "the environment variable %s is not set where the daemon was started",
                     piece->name);
        return value;
    default:
        break;
    }
    if (!value)
        snprintf(error, 256, "there is no {%s} here", kinds[piece->kind].name);
    return value;
}

/* Puts one piece behind out. False with a sentence. */
static bool put_piece(struct buf *out, const struct piece *piece, const struct template_values *values,
                      char error[256])
{
    const char *value = piece->kind == KIND_TEXT ? piece->text : value_of(piece, values, error);
    if (value && buf_put(out, value, piece->kind == KIND_TEXT ? piece->len : strlen(value)))
        return true;
    if (value)
        snprintf(error, 256, "it is longer than %d bytes", TEMPLATE_RESULT_MAX);
    return false;
}

static void wipe(struct buf *out)
{
    if (out->len)
        explicit_bzero(out->data, out->len);
    buf_free(out);
}

char *template_fill(const char *text, const struct template_values *values, char error[256])
{
    struct buf out;
    struct piece piece;
    int got;
    buf_init(&out, TEMPLATE_RESULT_MAX);
    while ((got = template_next(&text, &piece, error)) > 0) {
        if (piece.kind == SECRET)
            snprintf(error, 256, "there is no {SECRET:%s} here", piece.name);
        if (piece.kind == SECRET || !put_piece(&out, &piece, values, error)) {
            got = -1;
            break;
        }
    }
    char *filled = got == 0 ? buf_take(&out) : NULL;
    wipe(&out);
    return filled;
}

/* What was gathered so far becomes a text of the list. */
static bool end_text(json_t *list, struct buf *out, char error[256])
{
    json_t *text = out->len > 0 ? json_stringn(out->data, out->len) : NULL;
    if (out->len > 0 && json_array_append_new(list, text) != 0) {
        snprintf(error, 256, "it is not UTF-8");
        return false;
    }
    if (out->len > 0)
        explicit_bzero(out->data, out->len);
    buf_clear(out);
    return true;
}

static bool put_secret(json_t *list, const char *name, const struct template_values *values, char error[256])
{
    snprintf(error, 256, "there is no {SECRET:%s} here", name);
    uint64_t version = values->secret ? values->secret(values->secret_arg, name, error) : 0;
    if (version == 0)
        return false;
    json_array_append_new(list, json_pack("{s:s,s:I}", "secret", name, "version", (json_int_t)version));
    return true;
}

json_t *template_fill_parts(const char *text, const struct template_values *values, char error[256])
{
    struct buf out;
    struct piece piece;
    json_t *list = json_array();
    int got;
    bool good = true;
    buf_init(&out, TEMPLATE_RESULT_MAX);
    while (good && (got = template_next(&text, &piece, error)) != 0) {
        if (got > 0 && piece.kind == SECRET)
            good = end_text(list, &out, error) && put_secret(list, piece.name, values, error);
        else
            good = got > 0 && put_piece(&out, &piece, values, error);
    }
    good = good && end_text(list, &out, error);
    wipe(&out);
    if (good)
        return list;
    json_decref(list);
    return NULL;
}
