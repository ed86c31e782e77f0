/* What people search for in a store of some messages: never an error, whatever the words are; a message is
 * found by each whole word of its own, and what is found has a snippet that is text. */
#include "daemon/store/store.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HITS = 20, TEXT_MAX = 1000 };

static uv_loop_t loop;
static struct store *store;
static char folder[64];

static const char *const messages[] = {
    "Is the network down?",
    "gr\xc3\xbc\303\237e aus K\xc3\xb6ln",
    "NEAR AND OR NOT \"quoted\" col:umn a*b ^c (d) {e} -f +g",
    "\xe6\xbc\xa2\xe5\xad\x97 \xf0\x9f\x98\x80 emoji",
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct answer {
    bool here;
    enum err code;
    size_t hits;
};

static void on_read(void *arg, enum err code, const char *error, json_t *result)
{
    struct answer *answer = arg;
    json_t *hit;
    size_t i;

    *answer = (struct answer){true, code, json_array_size(json_object_get(result, "hits"))};
    assert((code == ERR_OK) == !error);
    json_array_foreach(json_object_get(result, "hits"), i, hit)
    {
        const char *snippet = jsonx_str(hit, "snippet", NULL);
        assert(snippet && *snippet && utf8_valid(snippet, strlen(snippet)) &&
               jsonx_str(hit, "message", NULL));
    }
}

static size_t search(const char *owner, const char *text)
{
    struct answer answer = {0};

    assert(store_search(store, &(struct store_asker){owner, ""}, text, HITS, on_read, &answer) == ERR_OK);
    while (!answer.here)
        uv_run(&loop, UV_RUN_ONCE);
    assert(answer.code == ERR_OK && answer.hits <= HITS);
    return answer.hits;
}

static void leave(void)
{
    char command[96];

    store_close(&store);
    uv_run(&loop, UV_RUN_DEFAULT);
    snprintf(command, sizeof command, "rm -r %s", folder);
    if (system(command) != 0)
        perror(folder);
}

static void fill(void)
{
    struct store_session row = {.key = store_next_session_key(store),
                                .sid = "s_01j8zq4k3nw8x5t7v9r2m6p0qd",
                                .owner = "ann",
                                .title = "t",
                                .run = "idle",
                                .model = "m"};

    store_put_session(store, &row);
    for (uint32_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        char id[ID_MAX];
        snprintf(id, sizeof id, "m_01j8zq4k3nw8x5t7v9r2m6p0q%u", i);
        struct store_message message = {.session = row.key,
                                        .ordinal = i + 1,
                                        .id = id,
                                        .role = "user",
                                        .status = "complete",
                                        .json = "{}",
                                        .json_len = 2,
                                        .text = messages[i],
                                        .text_len = strlen(messages[i])};
        store_put_message(store, &message);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct store_callbacks callbacks = {NULL};
    char error[256], path[96];
    enum err code;

    (void)argc;
    (void)argv;
    strcpy(folder, "/dev/shm/stoa-search-XXXXXX");
    assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/stoa.db", folder);
    uv_loop_init(&loop);
    store = store_open(&loop, path, &callbacks, NULL, error, &code);
    assert(store);
    atexit(leave);
    fill();
    struct store_stats stats;
    do {
        uv_run(&loop, UV_RUN_NOWAIT);
        store_stats(store, &stats);
    } while (stats.queued > 0);
    assert(search("ann", "network") == 1 &&
           search("ann", "GRUSSE") + search("ann", "gru\xcc\x88\xc3\x9f") > 0);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size < TEXT_MAX ? size : TEXT_MAX);

    if (*text && utf8_valid(text, strlen(text))) {
        size_t hits = search("ann", text);
        char *more = malloc(strlen(text) + 16);
        assert(search("bo", text) == 0);
        sprintf(more, "%s network", text); /* more words are never in more messages */
        assert(search("ann", more) <= (hits > 1 ? hits : 1));
        free(more);
    }
    free(text);
    return 0;
}
