/* The clients of the bench.
 *
 *     bench-load stream   --socket PATH --session ID --clients N --text "bench 1000 200" [--threads N]
 *                         [--stamps 1] [--sizes FILE] [--pace FILE] [--raw 1]
 *     bench-load requests --socket PATH --method NAME --count N [--session ID] [--every MS] [--raw 1]
 *     bench-load senders  --socket PATH --method NAME --params JSON --clients N --count N [--begin TEXT]
 *     bench-load users    --endpoint E --plan FILE --count N --rate N [--server-key KEY] [--raw 1]
 *     bench-load flood    --endpoint E --method NAME --seconds N [--server-key KEY --key KEY --secret-key
 * KEY] bench-load hold     --socket PATH --session ID --clients N [--ping MS]
 *
 * raw: the peer is bench-raw, which knows nothing of sessions. */
#include "tests/bench/load.h"

#include "tests/bench/args.h"

#include <string.h>

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(char **argv);
    } all[] = {{"stream", load_stream}, {"requests", load_requests}, {"senders", load_senders},
               {"users", load_users},   {"flood", load_flood},       {"hold", load_hold}};

    for (size_t i = 0; argc > 1 && i < sizeof all / sizeof *all; i++) {
        if (strcmp(argv[1], all[i].name) == 0) {
            all[i].run(argv);
            return 0;
        }
    }
    die("usage: bench-load stream|requests|senders|users|flood|hold ...");
}
