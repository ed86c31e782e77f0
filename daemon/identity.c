/* The daemon's key. */
#include "daemon/identity.h"

#include "shared/log.h"
#include "shared/paths.h"
#include "shared/xalloc.h"

#include <stdlib.h>

struct identity {
    char *path;
    bool is_loaded;
    struct key_pair pair;
    char key[KEY_TEXT_LEN + 1], fingerprint[KEY_FINGERPRINT_LEN + 1], words[KEY_WORDS_MAX];
};

struct identity *identity_open(const char *state)
{
    struct identity *identity = xcalloc(1, sizeof *identity);
    identity->path = paths_join(state, "daemon.key");
    return identity;
}

void identity_close(struct identity **slot)
{
    struct identity *identity = *slot;
    *slot = NULL;
    if (!identity)
        return;
    key_wipe(&identity->pair);
    free(identity->path);
    free(identity);
}

static enum err make(struct identity *identity, char error[256])
{
    key_make(&identity->pair);
    enum err code = key_save(identity->path, &identity->pair, error);
    if (code == ERR_OK)
        log_info("server", "made the daemon's key: %s", identity->path);
    return code == ERR_CONFLICT ? ERR_UNAVAILABLE : code;
}

enum err identity_load(struct identity *identity, char error[256])
{
    if (identity->is_loaded)
        return ERR_OK;
    enum err code = key_load(identity->path, &identity->pair, error);
    if (code == ERR_NOT_FOUND)
        code = make(identity, error);
    if (code != ERR_OK) {
        key_wipe(&identity->pair);
        return code;
    }
    key_text(identity->pair.open, identity->key);
    key_fingerprint(identity->pair.open, identity->fingerprint);
    key_words(identity->pair.open, identity->words);
    identity->is_loaded = true;
    return ERR_OK;
}

const struct key_pair *identity_pair(const struct identity *identity)
{
    return identity->is_loaded ? &identity->pair : NULL;
}

const char *identity_key(const struct identity *identity)
{
    return identity->key;
}

const char *identity_fingerprint(const struct identity *identity)
{
    return identity->fingerprint;
}

const char *identity_words(const struct identity *identity)
{
    return identity->words;
}
