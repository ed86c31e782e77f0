/* One walk over the places where a schema may hold a schema: a member called $id elsewhere (in an enum, say)
 * names nothing. Nothing is ever fetched: what is not found here is nowhere. */
#include "daemon/agent/mcp/json_schema_index.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 256, URI_MAX = 2048 };

struct part {
    char *uri; /* absolute if the document says so; without a fragment */
    const json_t *schema;
};
struct anchor {
    const char *name;
    const json_t *schema;
    size_t in;
    bool dynamic;
};

struct json_schema_index {
    struct part *parts;
    size_t part_count;
    struct anchor *anchors;
    size_t anchor_count;
    bool tracks, is_old;
};

/* --- URIs --- */

/* Length of "scheme:", 0 if it has none. */
static size_t scheme_len(const char *uri)
{
    size_t len = strspn(uri, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");

    return len > 0 && uri[len] == ':' ? len + 1 : 0;
}

/* Takes "." and ".." out of a path, in place. */
static void remove_dots(char *path)
{
    char *out = path, *in = path;

    while (*in) {
        size_t len = strcspn(in + (*in == '/'), "/") + (*in == '/');
        bool rooted = *in == '/';
        const char *name = in + rooted;
        size_t name_len = len - rooted;
        bool last = in[len] == '\0';

        if (name_len == 1 && name[0] == '.') {
            if (last && rooted)
                *out++ = '/';
        } else if (name_len == 2 && name[0] == '.' && name[1] == '.') {
            while (out > path && *--out != '/')
                ;
            if (last && rooted)
                *out++ = '/';
        } else {
            memmove(out, in, len);
            out += len;
        }
        in += len;
    }
    *out = '\0';
}

/* ref, which has no fragment, as seen from base. */
static char *resolve(const char *base, const char *ref)
{
    size_t scheme = scheme_len(base), root = scheme, keep;
    char *uri;

    if (!*ref)
        return xstrdup(base);
    if (scheme_len(ref))
        return xstrdup(ref);
    if (strncmp(base + scheme, "//", 2) == 0)
        root = scheme + 2 + strcspn(base + scheme + 2, "/?");
    if (strncmp(ref, "//", 2) == 0) {
        keep = scheme;
    } else if (*ref == '/') {
        keep = root;
    } else {
        size_t path = strcspn(base + root, "?");
        const char *slash = memrchr(base + root, '/', path);

        keep = slash ? (size_t)(slash + 1 - base) : root;
    }
    uri = xmalloc(keep + strlen(ref) + 1);
    memcpy(uri, base, keep);
    strcpy(uri + keep, ref);
    if (strncmp(ref, "//", 2) != 0)
        remove_dots(uri + root);
    return uri;
}

/* --- the walk --- */

struct walk {
    struct json_schema_index *index;
    char *error;
};

static bool visit(struct walk *walk, const json_t *schema, size_t in, int depth);

static bool refuse(struct walk *walk, const char *why)
{
    snprintf(walk->error, 256, "%s", why);
    return false;
}

static bool add_part(struct walk *walk, const json_t *schema, const char *id, size_t *in)
{
    struct json_schema_index *index = walk->index;
    const char *base = index->parts[*in].uri;
    char *own = xstrndup(id, strcspn(id, "#"));

    if (index->part_count >= JSON_SCHEMA_NAMES_MAX || strlen(id) > URI_MAX / 2 ||
        strlen(base) > URI_MAX / 2) {
        free(own);
        return refuse(walk, "the schema has too many ids, or one that is too long");
    }
    if (schema == index->parts[0].schema) {
        free(index->parts[0].uri);
        index->parts[0].uri = own;
        return true;
    }
    index->parts = xreallocarray(index->parts, index->part_count + 1, sizeof *index->parts);
    index->parts[index->part_count] = (struct part){resolve(base, own), schema};
    *in = index->part_count++;
    free(own);
    return true;
}

static bool add_anchor(struct walk *walk, const json_t *schema, const char *name, size_t in, bool dynamic)
{
    struct json_schema_index *index = walk->index;

    if (index->anchor_count >= JSON_SCHEMA_NAMES_MAX)
        return refuse(walk, "the schema has too many anchors");
    index->anchors = xreallocarray(index->anchors, index->anchor_count + 1, sizeof *index->anchors);
    index->anchors[index->anchor_count++] = (struct anchor){name, schema, in, dynamic};
    return true;
}

static bool take_names(struct walk *walk, const json_t *schema, size_t *in)
{
    const char *id = jsonx_str(schema, "$id", NULL);
    const char *anchor = jsonx_str(schema, "$anchor", NULL);
    const char *dynamic = jsonx_str(schema, "$dynamicAnchor", NULL);

    if (walk->index->is_old && jsonx_str(schema, "$ref", NULL))
        return true;
    if (id && *id == '#') /* draft-07's way to write an anchor */
        anchor = id + 1;
    else if (id && !add_part(walk, schema, id, in))
        return false;
    return (!anchor || add_anchor(walk, schema, anchor, *in, false)) &&
           (!dynamic || add_anchor(walk, schema, dynamic, *in, true));
}

/* A list of schemas, an object of them, or one. */
static bool visit_member(struct walk *walk, const json_t *member, bool is_map, size_t in, int depth)
{
    const char *key;
    json_t *value;

    if (is_map && json_is_object(member)) {
        json_object_foreach((json_t *)member, key, value)
        {
            if (!visit(walk, value, in, depth))
                return false;
        }
        return true;
    }
    for (size_t i = 0; i < json_array_size(member); i++)
        if (!visit(walk, json_array_get(member, i), in, depth))
            return false;
    return json_is_array(member) || visit(walk, member, in, depth);
}

static bool visit(struct walk *walk, const json_t *schema, size_t in, int depth)
{
    static const char *const maps[] = {
        "$defs", "definitions", "properties", "patternProperties", "dependentSchemas", "dependencies"};
    static const char *const others[] = {"additionalItems",
                                         "additionalProperties",
                                         "allOf",
                                         "anyOf",
                                         "contains",
                                         "contentSchema",
                                         "else",
                                         "if",
                                         "items",
                                         "not",
                                         "oneOf",
                                         "prefixItems",
                                         "propertyNames",
                                         "then",
                                         "unevaluatedItems",
                                         "unevaluatedProperties"};

    if (!json_is_object(schema))
        return true;
    if (depth > DEPTH_MAX)
        return refuse(walk, "the schema is nested too deeply");
    if (!take_names(walk, schema, &in))
        return false;
    if (json_object_get(schema, "unevaluatedItems") || json_object_get(schema, "unevaluatedProperties"))
        walk->index->tracks = true;
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        if (!visit_member(walk, json_object_get(schema, maps[i]), true, in, depth + 1))
            return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!visit_member(walk, json_object_get(schema, others[i]), false, in, depth + 1))
            return false;
    return true;
}

static bool take_dialect(struct walk *walk, const json_t *schema)
{
    static const char *const old[] = {"draft-07/schema", "draft-06/schema", "draft-04/schema"};
    static const char *const current[] = {"draft/2020-12/schema", "draft/2019-09/schema"};
    const char *uri = jsonx_str(schema, "$schema", NULL);
    const char *name;
    size_t len;

    if (!uri)
        return true;
    name = strstr(uri, "json-schema.org/");
    name = name ? name + strlen("json-schema.org/") : "";
    len = strcspn(name, "#");
    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        if (len == strlen(old[i]) && strncmp(name, old[i], len) == 0)
            return walk->index->is_old = true;
    for (size_t i = 0; i < sizeof current / sizeof *current; i++)
        if (len == strlen(current[i]) && strncmp(name, current[i], len) == 0)
            return true;
    snprintf(walk->error, 256, "the schema is of a dialect that is not known, %.100s", uri);
    return false;
}

struct json_schema_index *json_schema_index_open(const json_t *schema, char error[256])
{
    struct json_schema_index *index = xcalloc(1, sizeof *index);
    struct walk walk = {index, error};

    index->parts = xcalloc(1, sizeof *index->parts);
    index->parts[0] = (struct part){xstrdup(""), schema};
    index->part_count = 1;
    if (!take_dialect(&walk, schema) || !visit(&walk, schema, 0, 0))
        json_schema_index_close(&index);
    return index;
}

void json_schema_index_close(struct json_schema_index **index)
{
    struct json_schema_index *closing = *index;

    *index = NULL;
    if (!closing)
        return;
    for (size_t i = 0; i < closing->part_count; i++)
        free(closing->parts[i].uri);
    free(closing->parts);
    free(closing->anchors);
    free(closing);
}

/* --- looking up --- */

bool json_schema_index_tracks(const struct json_schema_index *index)
{
    return index->tracks;
}

bool json_schema_index_is_old(const struct json_schema_index *index)
{
    return index->is_old;
}

size_t json_schema_index_enter(const struct json_schema_index *index, const json_t *schema, size_t in)
{
    if (index->part_count == 1 || !jsonx_str(schema, "$id", NULL))
        return in;
    for (size_t i = 0; i < index->part_count; i++)
        if (index->parts[i].schema == schema)
            return i;
    return in;
}

static const json_t *find_anchor(const struct json_schema_index *index, const char *name, size_t in,
                                 bool only_dynamic)
{
    for (size_t i = 0; i < index->anchor_count; i++) {
        const struct anchor *anchor = &index->anchors[i];

        if (anchor->in == in && (anchor->dynamic || !only_dynamic) && strcmp(anchor->name, name) == 0)
            return anchor->schema;
    }
    return NULL;
}

const json_t *json_schema_index_dynamic(const struct json_schema_index *index, const char *name, size_t in)
{
    return find_anchor(index, name, in, true);
}

static int hex(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* %XX, in place. */
static void decode_percent(char *text)
{
    char *out = text;

    for (; *text; text++) {
        if (*text == '%' && hex(text[1]) >= 0 && hex(text[2]) >= 0 && hex(text[1]) + hex(text[2]) > 0) {
            *out++ = (char)(hex(text[1]) * 16 + hex(text[2]));
            text += 2;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
}

/* ~0 and ~1, in place. */
static void decode_tilde(char *token)
{
    char *out = token;

    for (; *token; token++) {
        if (token[0] == '~' && (token[1] == '0' || token[1] == '1'))
            *out++ = *++token == '0' ? '~' : '/';
        else
            *out++ = *token;
    }
    *out = '\0';
}

/* Follows "/a/b/0", which it writes into. */
static const json_t *follow(const struct json_schema_index *index, char *pointer, size_t *in)
{
    const json_t *at = index->parts[*in].schema;
    char *rest = pointer;

    strsep(&rest, "/"); /* what is before the first slash: nothing */
    while (at && rest) {
        char *token = strsep(&rest, "/");

        decode_tilde(token);
        if (json_is_array(at)) {
            char *end;
            unsigned long i = strtoul(token, &end, 10);

            at = *token >= '0' && *token <= '9' && !*end ? json_array_get(at, i) : NULL;
        } else {
            at = json_object_get(at, token);
        }
        *in = json_schema_index_enter(index, at, *in);
    }
    return at;
}

static bool find_part(const struct json_schema_index *index, const char *uri, size_t *in)
{
    for (size_t i = 0; i < index->part_count; i++)
        if (strcmp(index->parts[i].uri, uri) == 0) {
            *in = i;
            return true;
        }
    return false;
}

const json_t *json_schema_index_find(const struct json_schema_index *index, const char *ref, size_t *in)
{
    size_t len = strcspn(ref, "#");
    char *fragment = xstrdup(ref[len] ? ref + len + 1 : "");
    const json_t *found = NULL;
    bool there = true;

    if (strlen(ref) > URI_MAX) {
        there = false;
    } else if (len > 0) {
        char *own = xstrndup(ref, len), *uri = resolve(index->parts[*in].uri, own);

        there = find_part(index, uri, in);
        free(own);
        free(uri);
    }
    if (there) {
        decode_percent(fragment);
        if (!*fragment)
            found = index->parts[*in].schema;
        else if (*fragment == '/')
            found = follow(index, fragment, in);
        else
            found = find_anchor(index, fragment, *in, false);
    }
    free(fragment);
    return found;
}
