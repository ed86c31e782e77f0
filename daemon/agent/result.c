/* What a tool gave is said first and in full where it fits; what can't be said as text is named with its
 * type, size and file. All of it is bounded: by what is gathered, and then by what the model is told. */
#include "daemon/agent/result.h"
#include "daemon/agent/result_file.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RESULT_PARTS_MAX = 1024, /* of one result that are looked at */
    RESULT_FILES_MAX = 32,   /* that one result may leave */
    RESULT_NAME_MAX = 2048,  /* bytes of a name, an address or a description */
    RESULT_CUT_MAX = 200     /* bytes of the sentence about a cut */
};

struct writer {
    const struct result_place *place;
    struct buf text;
    int files;
};

static void separate(struct writer *writer)
{
    if (writer->text.len > 0)
        buf_puts(&writer->text, "\n\n");
}

/* As much of it as there is room for. */
static void add(struct writer *writer, const char *text)
{
    size_t len = strlen(text), room = writer->text.max - writer->text.len;

    buf_put(&writer->text, text, utf8_cut(text, len, room < len ? room : len));
}

static void add_named(struct writer *writer, const char *before, const char *text)
{
    size_t len = text ? strlen(text) : 0;

    if (len > 0)
        buf_printf(&writer->text, "%s%.*s", before, (int)utf8_cut(text, len, RESULT_NAME_MAX), text);
}

/* --- data --- */

static const char *extension_of(const char *mime)
{
    static const char *const known[][2] = {
        {"image/png", "png"},       {"image/jpeg", "jpg"},        {"image/gif", "gif"},
        {"image/webp", "webp"},     {"image/svg+xml", "svg"},     {"audio/wav", "wav"},
        {"audio/mpeg", "mp3"},      {"audio/ogg", "ogg"},         {"text/plain", "txt"},
        {"text/html", "html"},      {"application/json", "json"}, {"application/pdf", "pdf"},
        {"application/zip", "zip"},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i][0], mime) == 0)
            return known[i][1];
    return "bin";
}

static void add_size(struct writer *writer, size_t bytes)
{
    if (bytes < 10240)
        buf_printf(&writer->text, ", %zu bytes", bytes);
    else
        buf_printf(&writer->text, ", %zu KiB", (bytes + 1023) / 1024);
}

/* Whether there is room for a file; less when it was written. */
static bool has_room(const struct writer *writer, size_t len, char error[128])
{
    const int64_t *left = writer->place->left;

    if (!left || (*left > 0 && (uint64_t)*left >= len))
        return true;
    snprintf(error, 128, "the session's owner may store no more (quota.stored)");
    return false;
}

static void was_written(const struct writer *writer, size_t len)
{
    if (writer->place->left)
        *writer->place->left -= (int64_t)len;
}

/* "[image image/png, 12 KiB, saved as results/NAME-1.png]" */
static void add_data(struct writer *writer, const char *what, const char *uri, const char *mime,
                     const char *base64)
{
    char error[128] = "there are too many", *name;
    size_t len = strlen(base64) / 4 * 3;
    bool saved = false;

    name = xasprintf("%s-%d.%s", writer->place->name, ++writer->files, extension_of(mime));
    if (writer->files <= RESULT_FILES_MAX && has_room(writer, len, error))
        saved = result_file_save_base64(writer->place->folder, name, base64, &len, error);
    if (saved)
        was_written(writer, len);
    buf_printf(&writer->text, "[%s", what);
    add_named(writer, " ", uri);
    add_named(writer, " ", mime);
    add_size(writer, len);
    if (saved)
        buf_printf(&writer->text, ", saved as results/%s]", name);
    else
        buf_printf(&writer->text, ", not saved: %s]", error);
    free(name);
}

/* --- the kinds of content --- */

static void add_resource(struct writer *writer, const json_t *resource)
{
    const char *uri = jsonx_str(resource, "uri", ""), *text = jsonx_str(resource, "text", NULL);

    if (!text) {
        add_data(writer, "resource", uri, jsonx_str(resource, "mimeType", ""),
                 jsonx_str(resource, "blob", ""));
        return;
    }
    buf_puts(&writer->text, "[resource");
    add_named(writer, " ", uri);
    buf_puts(&writer->text, "]\n");
    add(writer, text);
}

static void add_link(struct writer *writer, const json_t *link)
{
    int64_t size = jsonx_int(link, "size", -1);

    buf_puts(&writer->text, "[link");
    add_named(writer, " ", jsonx_str(link, "title", jsonx_str(link, "name", NULL)));
    add_named(writer, " ", jsonx_str(link, "uri", NULL));
    add_named(writer, ", ", jsonx_str(link, "mimeType", NULL));
    if (size >= 0)
        add_size(writer, (size_t)size);
    add_named(writer, ": ", jsonx_str(link, "description", NULL));
    buf_puts(&writer->text, "]");
}

static void add_part(struct writer *writer, const json_t *part)
{
    const char *type = jsonx_str(part, "type", "");

    separate(writer);
    if (strcmp(type, "text") == 0)
        add(writer, jsonx_str(part, "text", ""));
    else if (strcmp(type, "image") == 0 || strcmp(type, "audio") == 0)
        add_data(writer, type, NULL, jsonx_str(part, "mimeType", ""), jsonx_str(part, "data", ""));
    else if (strcmp(type, "resource") == 0)
        add_resource(writer, jsonx_obj(part, "resource"));
    else if (strcmp(type, "resource_link") == 0)
        add_link(writer, part);
    else
        buf_puts(&writer->text, "[content of an unknown kind]");
}

/* Whether text says it: as JSON, or as the one member that it has. */
static bool says(const char *text, const json_t *structured)
{
    const json_t *only = json_object_iter_value(json_object_iter((json_t *)structured));
    bool alone = json_object_size(structured) == 1 && json_is_string(only);

    if (alone && strcmp(json_string_value(only), text) == 0)
        return true;
    json_t *json = jsonx_parse(text, strlen(text), NULL);
    bool same = json && json_equal(json, (json_t *)structured);
    json_decref(json);
    return same;
}

/* Servers repeat structured content as text, for those who know no other. */
static bool is_said(const json_t *parts, const json_t *structured)
{
    size_t count = json_array_size(parts);

    for (size_t i = 0; i < count && i < RESULT_PARTS_MAX; i++)
        if (says(jsonx_str(json_array_get(parts, i), "text", ""), structured))
            return true;
    return false;
}

static void add_structured(struct writer *writer, const json_t *parts, const json_t *structured)
{
    size_t len;

    if (!structured || json_is_null(structured) || is_said(parts, structured))
        return;
    char *text = jsonx_dump(structured, &len);
    separate(writer);
    add(writer, text);
    free(text);
}

/* --- the whole, and what is told of it --- */

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

static void cut(struct writer *writer, struct result *result)
{
    size_t len = writer->text.len, room = writer->place->max - RESULT_CUT_MAX;
    size_t kept = utf8_cut(writer->text.data, len, room);
    char *name = xasprintf("%s.txt", writer->place->name), error[128];

    if (has_room(writer, len, error) &&
        result_file_save(writer->place->folder, name, writer->text.data, len, error)) {
        was_written(writer, len);
        result->file = xasprintf("results/%s", name);
        result->text = xasprintf("%.*s\n[cut: %zu of %zu bytes; the whole is in %s]", (int)kept,
                                 writer->text.data, kept, len, result->file);
    } else {
        result->text = xasprintf("%.*s\n[cut: %zu of %zu bytes; the whole could not be kept: %.60s]",
                                 (int)kept, writer->text.data, kept, len, error);
    }
    free(name);
}

static void finish(struct writer *writer, enum call_state state, struct result *result)
{
    *result = (struct result){.state = state};
    if (is_blank(writer->text.data))
        result->text =
            xstrdup(state == CALL_DONE ? "(it gave no output)" : "(it failed, and does not say why)");
    else if (writer->text.len > writer->place->max)
        cut(writer, result);
    else
        result->text = xstrdup(writer->text.data);
    buf_free(&writer->text);
}

void result_read(const json_t *mcp, const struct result_place *place, struct result *result)
{
    struct writer writer = {.place = place};
    const json_t *parts = jsonx_arr(mcp, "content"), *part;
    size_t i;

    buf_init(&writer.text, RESULT_FILE_MAX);
    json_array_foreach(parts, i, part)
    {
        if (i == RESULT_PARTS_MAX)
            break;
        add_part(&writer, part);
    }
    add_structured(&writer, parts, json_object_get(mcp, "structuredContent"));
    finish(&writer, jsonx_bool(mcp, "isError", false) ? CALL_FAILED : CALL_DONE, result);
}

void result_read_text(const char *text, enum call_state state, const struct result_place *place,
                      struct result *result)
{
    struct writer writer = {.place = place};

    buf_init(&writer.text, RESULT_FILE_MAX);
    add(&writer, text);
    finish(&writer, state, result);
}

void result_clear(struct result *result)
{
    free(result->text);
    free(result->file);
    *result = (struct result){0};
}
