/* What is given back to the system when the store was not used for a while: the pages that its connections
 * keep, and all that the allocator holds of what is freed by then. A session leaves memory after a commit, so
 * this comes after its end too. */
#include "daemon/store/store_internal.h"
#include "shared/clock.h"
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum {
    REST_MS = 2000,      /* without use, after which the store is at rest */
    REST_MAX_MS = 60000, /* of use, after which memory is given back in its midst */
    REST_SETTLE_MS = 50  /* in which the threads give back their pages */
};

/* Each connection's pages are its own thread's to give back. */
static void release_pages(struct store *store)
{
    sqlite3_db_release_memory(store->loader.db);
    writer_release(&store->writer);
    reader_release(&store->reader);
}

static void give_back(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

static void on_rest(uv_timer_t *timer)
{
    struct store *store = timer->data;
    int64_t now = clock_steady_ms(), left = store->used + REST_MS - now;

    if (left > 0 && now < store->began + REST_MAX_MS) {
        store->released = false;
        uv_timer_start(timer, on_rest, (uint64_t)left, 0);
    } else if (!store->released) {
        store->released = true;
        release_pages(store);
        uv_timer_start(timer, on_rest, REST_SETTLE_MS, 0);
    } else {
        store->released = false;
        give_back();
    }
}

void store_used(struct store *store)
{
    store->used = clock_steady_ms();
    if (uv_is_active((uv_handle_t *)&store->rest))
        return;
    store->began = store->used;
    uv_timer_start(&store->rest, on_rest, REST_MS, 0);
}
