/* libsodium's part but for the sealed file. */
#include "daemon/agent/mcp/oauth_secret.h"
#include "daemon/agent/mcp/oauth_url.h"
#include "shared/xalloc.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_BYTES = 32, BASIC_MAX = 16384 };

static void encode(char out[OAUTH_SECRET_LEN + 1], const unsigned char bytes[SECRET_BYTES])
{
    sodium_bin2base64(out, OAUTH_SECRET_LEN + 1, bytes, SECRET_BYTES,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void oauth_secret_make(char out[OAUTH_SECRET_LEN + 1])
{
    unsigned char bytes[SECRET_BYTES];

    randombytes_buf(bytes, sizeof bytes);
    encode(out, bytes);
    sodium_memzero(bytes, sizeof bytes);
}

void oauth_secret_challenge(const char *verifier, char out[OAUTH_SECRET_LEN + 1])
{
    unsigned char hash[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(hash, (const unsigned char *)verifier, strlen(verifier));
    encode(out, hash);
}

bool oauth_secret_same(const char *a, const char *b)
{
    size_t len = strlen(a);

    return len == strlen(b) && sodium_memcmp(a, b, len) == 0;
}

char *oauth_secret_basic(const char *id, const char *secret)
{
    struct buf plain;
    size_t size;
    char *header = NULL;

    buf_init(&plain, BASIC_MAX);
    if (oauth_form_encode(&plain, id) && buf_putc(&plain, ':') && oauth_form_encode(&plain, secret)) {
        size = sodium_base64_ENCODED_LEN(plain.len, sodium_base64_VARIANT_ORIGINAL);
        header = xmalloc(size + 6);
        memcpy(header, "Basic ", 6);
        sodium_bin2base64(header + 6, size, (const unsigned char *)plain.data, plain.len,
                          sodium_base64_VARIANT_ORIGINAL);
    }
    oauth_secret_wipe_buf(&plain);
    return header;
}

void oauth_secret_wipe(char **text)
{
    if (*text)
        sodium_memzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

void oauth_secret_wipe_buf(struct buf *buf)
{
    if (buf->cap > 0)
        sodium_memzero(buf->data, buf->cap);
    buf_free(buf);
}

void oauth_secret_wipe_json(json_t *json)
{
    const char *key;
    json_t *member;

    if (json_is_string(json)) /* the text is the value's own memory, though it is handed out as constant */
        sodium_memzero((char *)json_string_value(json), json_string_length(json));
    for (size_t i = 0; i < json_array_size(json); i++)
        oauth_secret_wipe_json(json_array_get(json, i));
    json_object_foreach(json, key, member)
    {
        oauth_secret_wipe_json(member);
    }
}
