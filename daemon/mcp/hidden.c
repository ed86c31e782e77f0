/* Folders of which nothing is a server's business are hidden whole. Beside the keys in the folder of the
 * configuration people may keep the servers themselves, so there only files are. */
#include "daemon/mcp/hidden.h"

#include "daemon/config/config_server.h"
#include "shared/buf.h"
#include "shared/paths.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 64 << 10 };

/* An agent's folder need not be the daemon's, so paths are made absolute. One with a line end can't be
 * listed. */
static void add(struct buf *list, const char *path)
{
    char *real = path ? realpath(path, NULL) : NULL;
    const char *whole = real ? real : path;
    if (whole && whole[0] == '/' && !strchr(whole, '\n'))
        buf_printf(list, "%s%s", list->len ? "\n" : "", whole);
    free(real);
}

static void add_in(struct buf *list, const char *folder, const char *name)
{
    char *path = folder ? paths_join(folder, name) : NULL;
    add(list, path);
    free(path);
}

static void add_keys(struct buf *list, const struct config *config)
{
    for (size_t i = 0; i < config_provider_count(config); i++)
        add(list, config_provider(config, i)->api_key_file);
    for (size_t i = 0; i < config_server_count(config); i++) {
        const struct config_server *server = config_server(config, i);
        for (size_t k = 0; k < server->variant_count; k++)
            add(list, server->variants[k].oauth.client_secret_file);
    }
}

static void add_terminals(struct buf *list)
{
    static const char *const names[] = {"client.key", "known_daemons"};
    char *folder = paths_config_folder();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        add_in(list, folder, names[i]);
    free(folder);
}

void hidden_set(const char *state, const char *runtime, const struct config *config, const char *config_path)
{
    struct buf list;
    buf_init(&list, LIST_MAX);
    add(&list, state);
    add(&list, runtime);
    add(&list, getenv("CREDENTIALS_DIRECTORY"));
    add(&list, config_path);
    add_keys(&list, config);
    add_terminals(&list);
    if (list.len > 0)
        setenv("STOA_HIDE", list.data, 1);
    buf_free(&list);
}
