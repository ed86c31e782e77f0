/* API keys: read when they are needed, from the environment or a file, and wiped after. */
#include "daemon/config/config.h"
#include "shared/log.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void wipe(char *text, size_t len)
{
    explicit_bzero(text, len);
}

/* A key goes into one HTTP header: whatever is around it is white space, whatever is in it is printable
 * ASCII. */
static char *trimmed(const char *text, size_t len)
{
    while (len > 0 && strchr(" \t\r\n", text[len - 1]))
        len--;
    while (len > 0 && strchr(" \t\r\n", *text)) {
        text++;
        len--;
    }
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] >= 0x7f)
            return NULL;
    return len > 0 && len <= CONFIG_KEY_MAX ? xstrndup(text, len) : NULL;
}

static char *key_from_file(const struct provider *provider, char error[256])
{
    const char *path = provider->api_key_file;
    char text[CONFIG_KEY_MAX + 256], *key = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t len = -1;
    struct stat st;

    if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
        errno = EINVAL;
    else if (fd >= 0)
        len = read(fd, text, sizeof text);
    if (len < 0) {
        snprintf(error, 256, "the key file '%.120s' of provider '%s' cannot be read: %s", path,
                 provider->name, strerror(errno));
    } else {
        if (st.st_mode & 077)
            log_warn("config", "the key file can be read by others; chmod 600 it: path=%s", path);
        key = len < (ssize_t)sizeof text ? trimmed(text, (size_t)len) : NULL;
        if (!key)
            snprintf(error, 256,
                     "the key file '%.120s' of provider '%s' does not hold one key of 1 to %d characters",
                     path, provider->name, CONFIG_KEY_MAX);
        wipe(text, sizeof text);
    }
    if (fd >= 0)
        close(fd);
    return key;
}

char *config_provider_key(const struct provider *provider, enum err *code, char error[256])
{
    const char *text = provider->api_key_env ? getenv(provider->api_key_env) : NULL;
    char *key = NULL;

    *code = ERR_OK;
    if (provider->api_key_file) {
        key = key_from_file(provider, error);
    } else if (text && *text) {
        key = trimmed(text, strlen(text));
        if (!key)
            snprintf(error, 256, "environment variable %s of provider '%s' does not hold a key",
                     provider->api_key_env, provider->name);
    } else {
        return NULL;
    }
    if (!key)
        *code = ERR_CONFIG;
    return key;
}

void config_key_free(char **key)
{
    if (*key)
        wipe(*key, strlen(*key));
    free(*key);
    *key = NULL;
}

/* The file is not read for this: a list of models should not wait for a disk. */
bool config_provider_ready(const struct provider *provider, const char *probed_url, char why[128])
{
    const char *env = provider->api_key_env, *file = provider->api_key_file;
    bool ready = true;

    if (provider->api == API_DEMO) {
        snprintf(why, 128, "built in");
    } else if (!provider->base_url) {
        ready = probed_url != NULL;
        snprintf(why, 128, ready ? "found at %.100s" : "no model server was found on this host", probed_url);
    } else if (provider->api_key_secret) {
        snprintf(why, 128, "key is each user's secret %.64s", provider->api_key_secret);
    } else if (file) {
        ready = access(file, R_OK) == 0;
        snprintf(why, 128, ready ? "key in %.90s" : "key file %.90s cannot be read", file);
    } else if (env) {
        const char *text = getenv(env);

        ready = text && *text;
        snprintf(why, 128, ready ? "%.100s is set" : "%.100s is not set", env);
    } else {
        snprintf(why, 128, "no key needed");
    }
    return ready;
}
