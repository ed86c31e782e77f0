/* A table in memory over one file for each user, server and variant. A file is looked for once: that there is
 * none is remembered too (json NULL). */
#include "daemon/mcp/known.h"

#include "daemon/mcp/folders.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/paths.h"
#include "shared/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ERA_MAX = 32, TOOLS_MAX = 10000, FILE_EXTRA = 1024 };

struct entry {
    char *user, *server, *variant, *session; /* session NULL: for all of the user's */
    uint64_t fingerprint;
    json_t *json; /* NULL: nothing is known */
    uint64_t used;
};

struct known {
    char *folder;
    struct entry *entries;
    size_t count;
    uint64_t clock;
};

static void entry_clear(struct entry *entry)
{
    free(entry->user);
    free(entry->server);
    free(entry->variant);
    free(entry->session);
    json_decref(entry->json);
}

static void drop(struct known *known, size_t at)
{
    entry_clear(&known->entries[at]);
    known->entries[at] = known->entries[--known->count];
}

static struct entry *find(struct known *known, const struct known_key *key, const char *session)
{
    for (size_t i = 0; i < known->count; i++) {
        struct entry *entry = &known->entries[i];
        bool same_session =
            session ? entry->session && strcmp(entry->session, session) == 0 : !entry->session;
        if (same_session && strcmp(entry->user, key->user) == 0 && strcmp(entry->server, key->server) == 0 &&
            strcmp(entry->variant, key->variant) == 0)
            return entry;
    }
    return NULL;
}

static struct entry *add(struct known *known, const struct known_key *key, const char *session)
{
    size_t oldest = 0;
    if (known->count >= KNOWN_ENTRIES_MAX) {
        for (size_t i = 1; i < known->count; i++)
            if (known->entries[i].used < known->entries[oldest].used)
                oldest = i;
        drop(known, oldest);
    }
    known->entries = xreallocarray(known->entries, known->count + 1, sizeof known->entries[0]);
    struct entry *entry = &known->entries[known->count++];
    *entry = (struct entry){.user = xstrdup(key->user),
                            .server = xstrdup(key->server),
                            .variant = xstrdup(key->variant),
                            .session = xstrdup_null(session),
                            .fingerprint = key->fingerprint};
    return entry;
}

/* --- files --- */

static char *path_of(const struct known *known, const struct known_key *key)
{
    char *name = folders_name(key->user, key->server, key->variant);
    char *path = xasprintf("%s/%s.json", known->folder, name);
    free(name);
    return path;
}

/* What the file holds for that definition, or NULL. */
static json_t *read_file(const struct known *known, const struct known_key *key)
{
    char *path = path_of(known, key), chunk[16384], mark[24];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct buf text;
    ssize_t got = -1;
    buf_init(&text, KNOWN_BYTES_MAX + FILE_EXTRA);
    while (fd >= 0 && (got = read(fd, chunk, sizeof chunk)) > 0 && buf_put(&text, chunk, (size_t)got))
        ;
    json_t *file = got == 0 ? jsonx_parse(text.data, text.len, NULL) : NULL, *known_json = NULL;
    snprintf(mark, sizeof mark, "%016" PRIx64, key->fingerprint);
    if (strcmp(jsonx_str(file, "definition", ""), mark) == 0)
        known_json = json_incref(jsonx_obj(file, "known"));
    json_decref(file);
    buf_free(&text);
    if (fd >= 0)
        close(fd);
    free(path);
    return known_json;
}

/* What can't be written is learned again: the state folder's disk is not worth an error here. */
static void write_file(const struct known *known, const struct known_key *key, json_t *json)
{
    char *path = path_of(known, key), *fresh = xasprintf("%s.new", path), mark[24], error[256];
    json_t *file = json_object();
    snprintf(mark, sizeof mark, "%016" PRIx64, key->fingerprint);
    jsonx_set_str(file, "definition", mark);
    json_object_set(file, "known", json);
    size_t len;
    char *text = jsonx_dump(file, &len);
    json_decref(file);
    int fd = -1;
    if (paths_make(known->folder, error) == ERR_OK)
        fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && write(fd, text, len) == (ssize_t)len;
    if (fd >= 0)
        close(fd);
    if (!good || rename(fresh, path) != 0)
        log_warn("mcp", "what was learned of server=%s can't be kept: %s", key->server, strerror(errno));
    free(text);
    free(fresh);
    free(path);
}

/* --- what may be shared --- */

static bool text_holds(const char *text, const char *const *personal)
{
    for (; *personal; personal++)
        if (**personal && strstr(text, *personal))
            return true;
    return false;
}

static bool holds(const json_t *json, const char *const *personal)
{
    const char *name;
    json_t *member;
    size_t i;
    if (json_is_string(json))
        return text_holds(json_string_value(json), personal);
    json_object_foreach((json_t *)json, name, member)
    {
        if (text_holds(name, personal) || holds(member, personal))
            return true;
    }
    json_array_foreach(json, i, member)
    {
        if (holds(member, personal))
            return true;
    }
    return false;
}

static bool is_sound(const json_t *json)
{
    const char *era = jsonx_str(json, "era", "");
    const json_t *tools = jsonx_arr(json, "tools"), *tool;
    size_t i, len;
    if (!*era || strlen(era) > ERA_MAX || !tools || json_array_size(tools) > TOOLS_MAX ||
        json_object_size(json) != 2)
        return false;
    json_array_foreach(tools, i, tool)
    {
        if (!json_is_object(tool))
            return false;
    }
    free(jsonx_dump(json, &len));
    return len <= KNOWN_BYTES_MAX;
}

/* --- the table --- */

static json_t *use(struct known *known, struct entry *entry)
{
    entry->used = ++known->clock;
    return entry->json;
}

json_t *known_find(struct known *known, const struct known_key *key)
{
    struct entry *entry = key->session ? find(known, key, key->session) : NULL;
    if (!entry || entry->fingerprint != key->fingerprint)
        entry = find(known, key, NULL);
    if (!entry)
        entry = add(known, key, NULL);
    else if (entry->fingerprint == key->fingerprint)
        return use(known, entry);
    json_decref(entry->json);
    entry->json = read_file(known, key);
    entry->fingerprint = key->fingerprint;
    return use(known, entry);
}

bool known_put(struct known *known, const struct known_key *key, json_t *json, const char *const *personal)
{
    if (!is_sound(json))
        return false;
    const char *session = key->session && holds(json, personal) ? key->session : NULL;
    struct entry *entry = find(known, key, session);
    if (entry && entry->fingerprint == key->fingerprint && entry->json && json_equal(entry->json, json))
        return true;
    if (!entry)
        entry = add(known, key, session);
    json_decref(entry->json);
    entry->json = json_incref(json);
    entry->fingerprint = key->fingerprint;
    entry->used = ++known->clock;
    if (!session)
        write_file(known, key, json);
    return true;
}

void known_forget_user(struct known *known, const char *user)
{
    for (size_t i = known->count; i-- > 0;)
        if (strcmp(known->entries[i].user, user) == 0)
            drop(known, i);
    folders_unlink(known->folder, user);
}

void known_forget_session(struct known *known, const char *session)
{
    for (size_t i = known->count; i-- > 0;)
        if (known->entries[i].session && strcmp(known->entries[i].session, session) == 0)
            drop(known, i);
}

struct known *known_open(const char *state)
{
    struct known *known = xcalloc(1, sizeof *known);
    known->folder = paths_join(state, "mcp");
    return known;
}

void known_close(struct known **slot)
{
    struct known *known = *slot;
    if (!known)
        return;
    while (known->count > 0)
        drop(known, known->count - 1);
    free(known->entries);
    free(known->folder);
    free(known);
    *slot = NULL;
}
