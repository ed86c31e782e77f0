/* Any bytes as a link and as an address: what is taken is written, and is then the same; what is refused
 * gets a sentence without its secret. */
#include "proto/join.h"
#include "shared/utf8.h"
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size), error[256] = "", back[JOIN_LINK_MAX];
    struct join_link link, again;
    struct join_address address, same;

    if (join_parse(text, &link, error)) {
        join_text(&link, back);
        assert(strlen(back) < JOIN_LINK_MAX - 1 && join_parse(back, &again, error));
        assert(memcmp(&link, &again, sizeof link) == 0);
    } else {
        assert(*error && utf8_valid(error, strlen(error)));
    }
    if (join_address_parse(text, &address, error)) {
        join_address_text(&address, back);
        assert(join_address_parse(back, &same, error) && memcmp(&address, &same, sizeof same) == 0);
    }
    free(text);
    return 0;
}
