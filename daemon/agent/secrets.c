/* One block of locked memory holds all of them, each behind its name. What is looked for in outputs is what a
 * server was given, byte by byte: a value that it cuts, encodes or spells otherwise is not found. */
#include "daemon/agent/secrets.h"
#include "proto/link.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/locked.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct secret {
    char name[LINK_SECRET_NAME_MAX + 1];
    const char *value; /* in the block */
    size_t len;
};

static struct {
    char *block; /* NULL if there are none */
    struct secret *each;
    size_t count;
} secrets;

void secrets_forget(void)
{
    locked_free(secrets.block);
    free(secrets.each);
    secrets.block = NULL;
    secrets.each = NULL;
    secrets.count = 0;
}

/* How many records, and how many bytes their values take with a NUL behind each. False if it is no payload.
 */
static bool measure(const char *payload, size_t len, size_t *count, size_t *bytes)
{
    char name[LINK_SECRET_NAME_MAX + 1];
    const char *value;
    size_t at = 0, value_len;
    int got;

    *count = *bytes = 0;
    while ((got = link_next_secret(payload, len, &at, name, &value, &value_len)) > 0) {
        ++*count;
        *bytes += value_len + 1;
    }
    return got == 0;
}

bool secrets_take(const char *payload, size_t len)
{
    const char *value;
    size_t count, bytes, at = 0, end = 0;

    secrets_forget();
    if (len > LINK_SECRETS_MAX || !measure(payload, len, &count, &bytes))
        return false;
    if (count == 0)
        return true;
    secrets.block = locked_new(bytes);
    secrets.each = xcalloc(count, sizeof *secrets.each);
    while (secrets.count < count) {
        struct secret *secret = &secrets.each[secrets.count++];

        link_next_secret(payload, len, &at, secret->name, &value, &secret->len);
        memcpy(secrets.block + end, value, secret->len);
        secret->value = secrets.block + end;
        end += secret->len + 1;
    }
    return true;
}

const char *secrets_get(const char *name)
{
    for (size_t i = 0; i < secrets.count; i++)
        if (strcmp(secrets.each[i].name, name) == 0)
            return secrets.each[i].value;
    return NULL;
}

/* --- filling in --- */

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void secrets_wipe(char ***list)
{
    for (char **each = *list; each && *each; each++)
        wipe(*each);
    free(*list);
    *list = NULL;
}

/* NULL with a sentence. */
static char *fill(const char *name, const json_t *parts, const char *separator, char error[256])
{
    struct buf out;
    const json_t *part;
    size_t i;

    buf_init(&out, LINK_SECRETS_MAX);
    out.wipes = true;
    bool good = buf_puts(&out, name) && buf_puts(&out, separator);
    json_array_foreach(parts, i, part)
    {
        const char *secret = jsonx_str(part, "secret", NULL);
        const char *text = secret ? secrets_get(secret) : json_string_value(part);

        if (!text)
            snprintf(error, 256, "the secret '%.64s' was not handed over; look with: stoa secret ls",
                     secret ? secret : "?");
        good = good && text && buf_puts(&out, text);
    }
    char *filled = good ? xstrndup(out.data, out.len) : NULL;
    buf_free(&out);
    return filled;
}

char **secrets_fill(char *const *pairs, const json_t *parts, const char *separator, char error[256])
{
    size_t count = 0;
    const char *name;
    json_t *value;

    while (pairs && pairs[count])
        count++;
    char **list = xcalloc(count + json_object_size(parts) + 1, sizeof *list);
    for (size_t i = 0; i < count; i++)
        list[i] = xstrdup(pairs[i]);
    snprintf(error, 256, "its definition is larger than %d MiB", LINK_SECRETS_MAX >> 20);
    json_object_foreach((json_t *)parts, name, value)
    {
        list[count] = fill(name, value, separator, error);
        if (!list[count++]) {
            secrets_wipe(&list);
            break;
        }
    }
    return list;
}

/* --- hiding --- */

/* The secret that begins at text[at], the longest of them; NULL for none. */
static const struct secret *begins(const char *text, size_t len, size_t at)
{
    const struct secret *found = NULL;

    for (size_t i = 0; i < secrets.count; i++) {
        const struct secret *secret = &secrets.each[i];

        if (secret->len >= SECRETS_HIDDEN_MIN && secret->len <= len - at &&
            (!found || secret->len > found->len) && memcmp(text + at, secret->value, secret->len) == 0)
            found = secret;
    }
    return found;
}

static bool has_one(const char *text, size_t len)
{
    for (size_t i = 0; i < secrets.count; i++)
        if (secrets.each[i].len >= SECRETS_HIDDEN_MIN &&
            memmem(text, len, secrets.each[i].value, secrets.each[i].len))
            return true;
    return false;
}

static char *hide(const char *text, size_t len, size_t *hidden_len)
{
    struct buf out;
    size_t at = 0;

    if (!has_one(text, len))
        return NULL;
    buf_init(&out, SIZE_MAX / 2);
    out.wipes = true;
    while (at < len) {
        const struct secret *secret = begins(text, len, at);

        if (secret)
            buf_printf(&out, "[secret %s]", secret->name);
        else
            buf_putc(&out, text[at]);
        at += secret ? secret->len : 1;
    }
    *hidden_len = out.len;
    return buf_take(&out);
}

char *secrets_hide(const char *text)
{
    size_t len;

    return hide(text, strlen(text), &len);
}

void secrets_hide_json(json_t *value)
{
    const char *name;
    json_t *member;
    size_t i, len = 0;

    if (secrets.count == 0)
        return;
    if (json_is_string(value)) {
        char *hidden = hide(json_string_value(value), json_string_length(value), &len);
        if (hidden)
            json_string_setn(value, hidden, len);
        free(hidden);
    }
    json_object_foreach(value, name, member)
    {
        secrets_hide_json(member);
    }
    json_array_foreach(value, i, member)
    {
        secrets_hide_json(member);
    }
}
