/* All of it is in memory, sealed, in one list sorted by user and name; a secret is opened when it is used,
 * and not before. The trap: a key that is missing must not be made anew while there is what the old one has
 * sealed, or a state folder that was restored without its key would lose it for good. */
#include "daemon/people/vault.h"

#include "daemon/server.h"
#include "daemon/store/store_people.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/locked.h"
#include "shared/log.h"
#include "shared/paths.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FORMAT = 1, /* the first byte of what is sealed */
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    KEY = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    HEAD = 1 + NONCE,
    KEY_TEXT = 43, /* characters of a key as text, without padding */
    USER_MAX = 256 /* bytes of a user's name; longer than any */
};

#define CREDENTIAL "stoa.vault"
#define KEY_FILE   "vault.key"
#define BASE64     sodium_base64_VARIANT_ORIGINAL_NO_PADDING

struct entry {
    char *user, *name, *sealed;
    int64_t ts; /* wall ms */
    uint64_t version;
};

struct vault {
    struct server *server;
    char *path;         /* of the key */
    bool credential;    /* it is the process manager's */
    unsigned char *key; /* locked; NULL until it is needed, or while it can't be read */
    struct entry **entries;
    size_t count;
    uint64_t versions;
};

/* --- the list --- */

static int compare(const struct entry *entry, const char *user, const char *name)
{
    int order = strcmp(entry->user, user);
    return order ? order : strcmp(entry->name, name);
}

/* Where it is, or would be. */
static size_t place_of(const struct vault *vault, const char *user, const char *name)
{
    size_t low = 0, high = vault->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(vault->entries[middle], user, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct entry *find(const struct vault *vault, const char *user, const char *name)
{
    size_t at = place_of(vault, user, name);
    return at < vault->count && compare(vault->entries[at], user, name) == 0 ? vault->entries[at] : NULL;
}

static size_t count_of(const struct vault *vault, const char *user)
{
    size_t first = place_of(vault, user, ""), at = first;
    while (at < vault->count && strcmp(vault->entries[at]->user, user) == 0)
        at++;
    return at - first;
}

/* Takes sealed. */
static void put(struct vault *vault, const char *user, const char *name, char *sealed, int64_t ts)
{
    size_t at = place_of(vault, user, name);
    struct entry *entry = find(vault, user, name);
    if (!entry) {
        entry = xcalloc(1, sizeof *entry);
        entry->user = xstrdup(user);
        entry->name = xstrdup(name);
        vault->entries = xreallocarray(vault->entries, vault->count + 1, sizeof *vault->entries);
        memmove(&vault->entries[at + 1], &vault->entries[at], (vault->count - at) * sizeof *vault->entries);
        vault->entries[at] = entry;
        vault->count++;
    }
    free(entry->sealed);
    entry->sealed = sealed;
    entry->ts = ts;
    entry->version = ++vault->versions;
}

static void entry_free(struct entry *entry)
{
    free(entry->user);
    free(entry->name);
    free(entry->sealed);
    free(entry);
}

static void take_out(struct vault *vault, size_t at, size_t count)
{
    if (count == 0)
        return;
    for (size_t i = at; i < at + count; i++)
        entry_free(vault->entries[i]);
    vault->count -= count;
    memmove(&vault->entries[at], &vault->entries[at + count], (vault->count - at) * sizeof *vault->entries);
}

/* --- the key --- */

/* Whether the file can be trusted, by who may read and write it. Of a credential the process manager says who
 * may: it belongs to root then, and the group's bit stands for our own right. */
static bool is_safe(const struct vault *vault, const struct stat *st, char error[256])
{
    bool owned = st->st_uid == geteuid() || (vault->credential && st->st_uid == 0);
    mode_t refused = vault->credential ? 027 : 077;
    if (!S_ISREG(st->st_mode))
        snprintf(error, 256, "the vault's key %.150s is no regular file", vault->path);
    else if (!owned || (st->st_mode & refused))
        snprintf(error, 256, "the vault's key %.150s can be read or changed by others; chmod 600 it",
                 vault->path);
    else
        return true;
    return false;
}

/* 32 bytes, or the same as text. */
static bool parse_key(const unsigned char *bytes, size_t len, unsigned char key[KEY])
{
    const char *text = (const char *)bytes, *end;
    size_t got = 0;
    if (len == KEY) {
        memcpy(key, bytes, KEY);
        return true;
    }
    while (len > KEY_TEXT && (text[len - 1] == '\n' || text[len - 1] == '\r' || text[len - 1] == '='))
        len--;
    if (len != KEY_TEXT)
        return false;
    bool good = sodium_base642bin(key, KEY, text, len, NULL, &got, &end, BASE64) == 0 && end == text + len;
    if (!good)
        good = sodium_base642bin(key, KEY, text, len, NULL, &got, &end,
                                 sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
               end == text + len;
    return good && got == KEY;
}

static unsigned char *read_key(const struct vault *vault, int fd, char error[256])
{
    struct stat st;
    unsigned char *bytes = locked_new(KEY_TEXT + 8), *key = locked_new(KEY);
    ssize_t len = fstat(fd, &st) == 0 && is_safe(vault, &st, error) ? read(fd, bytes, KEY_TEXT + 8) : -1;
    bool good = len >= 0 && parse_key(bytes, (size_t)len, key);
    if (len >= 0 && !good)
        snprintf(error, 256, "the vault's key %.150s must be 32 bytes, or %d characters of base64",
                 vault->path, KEY_TEXT);
    locked_free(bytes);
    if (!good)
        locked_free(key);
    return good ? key : NULL;
}

/* Whole or not at all, and on disk before anything is sealed with it. */
static unsigned char *make_key(const struct vault *vault, char error[256])
{
    unsigned char *key = locked_new(KEY);
    char *folder = xstrdup(vault->path), *fresh = xasprintf("%s.new", vault->path);
    *strrchr(folder, '/') = '\0';
    unlink(fresh); /* of one that ended amid this */
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    randombytes_buf(key, KEY);
    bool good = fd >= 0 && write(fd, key, KEY) == KEY && fsync(fd) == 0 && link(fresh, vault->path) == 0;
    int why = errno, dir = good ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (dir >= 0) {
        fsync(dir);
        close(dir);
    }
    if (fd >= 0)
        close(fd);
    unlink(fresh);
    if (good) {
        log_info("vault", "made its key: path=%s", vault->path);
    } else {
        snprintf(error, 256, "the vault's key %.150s can't be made: %s", vault->path, strerror(why));
        locked_free(key);
    }
    free(folder);
    free(fresh);
    return good ? key : NULL;
}

/* Read when it is needed first, and again as long as that fails: what was wrong may have been set right.
 * make: something is to be sealed. */
static bool need_key(struct vault *vault, bool make, char error[256])
{
    if (vault->key)
        return true;
    if (sodium_init() < 0) {
        snprintf(error, 256, "the vault can't be used: libsodium can't begin");
        return false;
    }
    int fd = open(vault->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (fd >= 0) {
        vault->key = read_key(vault, fd, error);
        close(fd);
    } else if (errno != ENOENT) {
        snprintf(error, 256, "the vault's key %.150s can't be read: %s", vault->path, strerror(errno));
    } else if (!make || vault->credential || vault->count > 0) {
        snprintf(error, 256, "the vault's key %.150s is missing; put it back%s", vault->path,
                 vault->credential ? "" : ", or remove the secrets that were sealed with it");
    } else {
        vault->key = make_key(vault, error);
    }
    return vault->key != NULL;
}

/* --- sealing --- */

/* What a sealed secret is bound to. Names hold no NUL, so that nothing else gives the same bytes. */
static size_t bound_to(const char *user, const char *name, unsigned char bytes[USER_MAX + VAULT_NAME_MAX + 2])
{
    size_t user_len = strlen(user) + 1, name_len = strlen(name);
    memcpy(bytes, user, user_len);
    memcpy(bytes + user_len, name, name_len);
    return user_len + name_len;
}

/* free() it. */
static char *seal(const struct vault *vault, const char *user, const char *name, const char *value,
                  size_t len)
{
    unsigned char bound[USER_MAX + VAULT_NAME_MAX + 2], *bytes = xmalloc(HEAD + len + TAG);
    unsigned long long box = 0;
    bytes[0] = FORMAT;
    randombytes_buf(bytes + 1, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(bytes + HEAD, &box, (const unsigned char *)value, len, bound,
                                               bound_to(user, name, bound), NULL, bytes + 1, vault->key);
    size_t size = sodium_base64_ENCODED_LEN(HEAD + len + TAG, BASE64);
    char *sealed = xmalloc(size);
    sodium_bin2base64(sealed, size, bytes, HEAD + (size_t)box, BASE64);
    free(bytes);
    return sealed;
}

/* In locked memory; NULL if it is not what this key has sealed for that user and name. */
static char *unseal(const struct vault *vault, const struct entry *entry, size_t *len)
{
    unsigned char bound[USER_MAX + VAULT_NAME_MAX + 2];
    size_t text = strlen(entry->sealed), size = 0;
    if (text > 2 * (VAULT_SECRET_MAX + HEAD + TAG))
        return NULL;
    unsigned char *bytes = xmalloc(text + 1);
    char *value = NULL;
    const char *end = NULL;
    bool whole = sodium_base642bin(bytes, text + 1, entry->sealed, text, NULL, &size, &end, BASE64) == 0 &&
                 end == entry->sealed + text && size >= HEAD + TAG && bytes[0] == FORMAT;
    if (whole) {
        unsigned long long got = 0;
        value = locked_new(size - HEAD - TAG);
        whole = crypto_aead_xchacha20poly1305_ietf_decrypt(
                    (unsigned char *)value, &got, NULL, bytes + HEAD, size - HEAD, bound,
                    bound_to(entry->user, entry->name, bound), bytes + 1, vault->key) == 0;
        *len = (size_t)got;
    }
    free(bytes);
    if (!whole) {
        locked_free(value);
        value = NULL;
    }
    return value;
}

/* --- what it is for --- */

bool vault_is_name(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
    size_t len = strlen(name);
    return len > 0 && len <= VAULT_NAME_MAX && strspn(name, allowed) == len;
}

static enum err check(const struct vault *vault, const char *user, const char *name, const char *value,
                      size_t len, char error[256])
{
    if (!vault_is_name(name))
        snprintf(error, 256, "the secret's name must be 1 to %d of A-Z a-z 0-9 _ - .", VAULT_NAME_MAX);
    else if (len == 0 || len > VAULT_SECRET_MAX || memchr(value, '\0', len) || !utf8_valid(value, len))
        snprintf(error, 256, "the secret must be UTF-8 of 1 to %d bytes, without NUL", VAULT_SECRET_MAX);
    else if (strlen(user) >= USER_MAX)
        snprintf(error, 256, "the user's name is too long");
    else if (!find(vault, user, name) && count_of(vault, user) >= VAULT_USER_MAX) {
        snprintf(error, 256,
                 "you have %d secrets already, which is the most; remove one: stoa secret rm NAME",
                 VAULT_USER_MAX);
        return ERR_LIMIT;
    } else {
        return ERR_OK;
    }
    return ERR_BAD_REQUEST;
}

enum err vault_set(struct vault *vault, const char *user, const char *name, const char *value, size_t len,
                   char error[256])
{
    enum err code = check(vault, user, name, value, len, error);
    if (code != ERR_OK)
        return code;
    if (!need_key(vault, true, error))
        return ERR_UNAVAILABLE;
    char *sealed = seal(vault, user, name, value, len);
    int64_t ts = clock_wall_ms();
    struct store_secret row = {.user = user, .name = name, .sealed = sealed, .ts = ts};
    if (vault->server->store)
        store_put_secret(vault->server->store, &row);
    put(vault, user, name, sealed, ts);
    return ERR_OK;
}

bool vault_remove(struct vault *vault, const char *user, const char *name)
{
    if (!find(vault, user, name))
        return false;
    take_out(vault, place_of(vault, user, name), 1);
    if (vault->server->store)
        store_delete_secret(vault->server->store, user, name);
    return true;
}

void vault_drop_user(struct vault *vault, const char *user)
{
    size_t count = vault ? count_of(vault, user) : 0;
    if (count > 0)
        take_out(vault, place_of(vault, user, ""), count);
}

uint64_t vault_version(const struct vault *vault, const char *user, const char *name)
{
    const struct entry *entry = vault ? find(vault, user, name) : NULL;
    return entry ? entry->version : 0;
}

int64_t vault_set_at(const struct vault *vault, const char *user, const char *name)
{
    const struct entry *entry = vault ? find(vault, user, name) : NULL;
    return entry ? entry->ts : 0;
}

bool vault_has(const struct vault *vault, const char *user, const char *name)
{
    return vault_version(vault, user, name) > 0;
}

json_t *vault_list(struct vault *vault, const char *user)
{
    json_t *list = json_array();
    for (size_t at = place_of(vault, user, ""), count = count_of(vault, user); count > 0; at++, count--) {
        json_t *json = json_object();
        char error[256];
        size_t len;
        jsonx_set_str(json, "name", vault->entries[at]->name);
        jsonx_set_int(json, "ts", vault->entries[at]->ts);
        char *secret = vault_get(vault, user, vault->entries[at]->name, &len, error);
        if (!secret)
            jsonx_set_str(json, "error", error);
        vault_forget(&secret);
        json_array_append_new(list, json);
    }
    return list;
}

char *vault_get(struct vault *vault, const char *user, const char *name, size_t *len, char error[256])
{
    const struct entry *entry = vault ? find(vault, user, name) : NULL;
    *len = 0;
    if (!entry) {
        snprintf(error, 256, "the secret '%.64s' is not set; set it with: stoa secret set %.64s", name, name);
        return NULL;
    }
    if (!need_key(vault, false, error))
        return NULL;
    char *secret = unseal(vault, entry, len);
    if (!secret)
        snprintf(error, 256,
                 "the secret '%.64s' can't be opened: it was sealed with another key than %.60s, or is "
                 "damaged; set it anew: stoa secret set %.64s",
                 name, vault->path, name);
    return secret;
}

void vault_forget(char **secret)
{
    locked_free(*secret);
    *secret = NULL;
}

bool vault_check(struct vault *vault, char error[256])
{
    struct stat st;
    return (lstat(vault->path, &st) != 0 && errno == ENOENT) || need_key(vault, false, error);
}

/* --- life --- */

static void on_secret(void *arg, const struct store_secret *row)
{
    struct vault *vault = arg;
    if (vault_is_name(row->name) && strlen(row->user) < USER_MAX)
        put(vault, row->user, row->name, xstrdup(row->sealed), row->ts);
}

struct vault *vault_open(struct server *server, const char *folder)
{
    struct vault *vault = xcalloc(1, sizeof *vault);
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    char *passed = credentials && credentials[0] == '/' ? paths_join(credentials, CREDENTIAL) : NULL;
    char error[256];
    vault->server = server;
    vault->credential = passed && access(passed, F_OK) == 0;
    vault->path = vault->credential ? passed : paths_join(folder, KEY_FILE);
    if (!vault->credential)
        free(passed);
    if (server->store)
        store_secrets(server->store, on_secret, vault);
    if (vault->count > 0 && !need_key(vault, false, error))
        log_error("vault", "%s", error);
    return vault;
}

void vault_close(struct vault **slot)
{
    struct vault *vault = *slot;
    if (!vault)
        return;
    take_out(vault, 0, vault->count);
    locked_free(vault->key);
    free(vault->entries);
    free(vault->path);
    free(vault);
    *slot = NULL;
}
