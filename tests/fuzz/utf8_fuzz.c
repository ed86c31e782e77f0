/* Any bytes: valid is what utf8proc calls so, too; what is decoded is encoded again; clusters follow each
 * other without a gap, none is wider than two cells, and together they are as wide as the whole. */
#include "shared/utf8.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool valid(const uint8_t *data, size_t size)
{
    utf8proc_int32_t cp;
    utf8proc_ssize_t used;

    for (size_t at = 0; at < size; at += (size_t)used)
        if ((used = utf8proc_iterate(data + at, (utf8proc_ssize_t)(size - at), &cp)) <= 0)
            return false;
    return true;
}

static void check_characters(const char *text, size_t size, bool good)
{
    size_t used;
    uint32_t cp;
    char again[4];

    for (size_t at = 0; at < size; at += used) {
        used = utf8_decode(text + at, size - at, &cp);
        assert(used >= 1 && used <= size - at && cp <= 0x10FFFF);
        assert(utf8_fold(utf8_fold(cp)) == utf8_fold(cp));
        if (good)
            assert(utf8_encode(cp, again) == used && memcmp(again, text + at, used) == 0);
        size_t cut = utf8_cut(text, size, at + used);
        assert(cut <= at + used && (!good || cut == at + used));
    }
}

static void check_clusters(const char *text, size_t size)
{
    size_t sum = 0, used;
    int width;

    for (size_t at = 0; at < size; at += used) {
        used = utf8_cluster(text + at, size - at, &width);
        assert(used >= 1 && used <= size - at && width >= 0 && width <= 2);
        sum += (size_t)width;
    }
    assert(utf8_width(text, size) == sum);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return utf8_locale() ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool good = valid(data, size);

    assert(utf8_valid((const char *)data, size) == good);
    check_characters((const char *)data, size, good);
    check_clusters((const char *)data, size);
    return 0;
}
