/* Sizes as people write and read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/size.h"
#include <cmocka.h>

static void sizes_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t bytes; /* -1: it is none */
    } table[] = {
        {"0", 0},
        {"4096", 4096},
        {"64k", 65536},
        {"64K", 65536},
        {"10MiB", 10485760},
        {"10 mb", 10485760},
        {"1.5g", 1610612736},
        {"2GiB", INT64_C(2) << 30},
        {"1t", INT64_C(1) << 40},
        {"12b", 12},
        {"", -1},
        {"k", -1},
        {"-1", -1},
        {" 1", -1},
        {"1x", -1},
        {"1kk", -1},
        {"1 k ", -1},
        {"1e9", -1},
        {"nan", -1},
        {"0x10", -1},
        {"99999999t", -1},
        {"99999999999999999999999999999999", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        int64_t bytes = -1;
        if (size_read(table[i].text, &bytes) != (table[i].bytes >= 0) || bytes != table[i].bytes)
            fail_msg("'%s' gives %lld", table[i].text, (long long)bytes);
    }
}

static void sizes_are_written(void **state)
{
    static const struct {
        int64_t bytes;
        const char *text;
    } table[] = {{0, "0 bytes"},
                 {1023, "1023 bytes"},
                 {1024, "1.0 KiB"},
                 {98816, "96.5 KiB"},
                 {1048576, "1.0 MiB"},
                 {INT64_C(1288490188), "1.2 GiB"},
                 {INT64_C(1) << 50, "1024.0 TiB"}};
    char text[SIZE_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_string_equal(size_text(table[i].bytes, text), table[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sizes_are_read), cmocka_unit_test(sizes_are_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
