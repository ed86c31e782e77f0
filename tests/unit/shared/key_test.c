/* Keys as text, words and files. */
#include "shared/key.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* after those that it needs */
#include <cmocka.h>

static const unsigned char zero[KEY_BYTES];

static void a_key_is_read_as_it_is_written(void **unused)
{
    (void)unused;
    struct key_pair pair;
    char text[KEY_TEXT_LEN + 1];
    unsigned char back[KEY_BYTES];

    key_make(&pair);
    key_text(pair.open, text);
    assert_int_equal(strlen(text), KEY_TEXT_LEN);
    assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                     KEY_TEXT_LEN);
    assert_true(key_parse(text, back));
    assert_memory_equal(back, pair.open, KEY_BYTES);
    key_wipe(&pair);
    assert_memory_equal(pair.secret, zero, KEY_BYTES);
}

static void what_is_no_key_is_refused(void **unused)
{
    (void)unused;
    unsigned char key[KEY_BYTES] = {7};
    static const char *const bad[] = {"",
                                      "AAAA",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+A",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"}; /* spare bits */

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(key_parse(bad[i], key));
    assert_int_equal(key[0], 7);
    assert_true(key_parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", key));
    assert_memory_equal(key, zero, KEY_BYTES);
}

/* Others have written these down, and compare them: they never change. */
static void words_and_fingerprint_of_a_key_stay(void **unused)
{
    (void)unused;
    char words[KEY_WORDS_MAX], print[KEY_FINGERPRINT_LEN + 1];
    int dashes = 0;

    key_words(zero, words);
    key_fingerprint(zero, print);
    for (const char *at = words; *at; at++)
        dashes += *at == '-';
    assert_int_equal(dashes, 5);
    assert_int_equal(strlen(print), KEY_FINGERPRINT_LEN);
    assert_string_equal(words, "guitar-saddle-aspen-drum-hammer-dragon");
    assert_string_equal(print, "stoa:iesNaoppHa4s0V7QNpkxzg");
}

static char *folder(void)
{
    char *path = strdup("/tmp/stoa-key-XXXXXX");

    assert_non_null(mkdtemp(path));
    return path;
}

static void a_file_of_a_pair_is_ones_own_and_is_never_replaced(void **unused)
{
    (void)unused;
    char error[256], *place = folder(), path[64];
    struct key_pair pair, back;
    struct stat st;

    snprintf(path, sizeof path, "%s/key", place);
    assert_int_equal(key_load(path, &back, error), ERR_NOT_FOUND);
    key_make(&pair);
    assert_int_equal(key_save(path, &pair, error), ERR_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(key_load(path, &back, error), ERR_OK);
    assert_memory_equal(&back, &pair, sizeof pair);
    assert_int_equal(key_save(path, &pair, error), ERR_CONFLICT);
    assert_non_null(strstr(error, path));

    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(key_load(path, &back, error), ERR_DENIED);
    assert_non_null(strstr(error, "chmod 600"));
    unlink(path);
    rmdir(place);
    free(place);
}

static void a_file_that_is_no_pair_is_refused(void **unused)
{
    (void)unused;
    char error[256], *place = folder(), path[64], text[256], open_text[KEY_TEXT_LEN + 1];
    struct key_pair pair, other, back;

    snprintf(path, sizeof path, "%s/key", place);
    key_make(&pair);
    key_make(&other);
    memcpy(pair.open, other.open, KEY_BYTES); /* halves of two */
    assert_int_equal(key_save(path, &pair, error), ERR_OK);
    assert_int_equal(key_load(path, &back, error), ERR_CONFIG);
    key_text(other.open, open_text);
    snprintf(text, sizeof text, "stoa-key-1 %s\n", open_text);
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    assert_int_equal(key_load(path, &back, error), ERR_CONFIG);
    assert_non_null(strstr(error, "keygen"));
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(key_load(path, &back, error), ERR_CONFIG);
    rmdir(path);
    rmdir(place);
    free(place);
}

static void secrets_differ_and_hashes_do_not(void **unused)
{
    (void)unused;
    char a[KEY_SECRET_LEN + 1], b[KEY_SECRET_LEN + 1], x[KEY_TEXT_LEN + 1], y[KEY_TEXT_LEN + 1];

    key_secret(a);
    key_secret(b);
    assert_int_equal(strlen(a), KEY_SECRET_LEN);
    assert_false(key_equal(a, b));
    assert_true(key_equal(a, a));
    assert_false(key_equal(a, ""));
    key_hash(a, strlen(a), x);
    key_hash(a, strlen(a), y);
    assert_string_equal(x, y);
    key_hash(b, strlen(b), y);
    assert_string_not_equal(x, y);
    for (int i = 0; i < 1000; i++)
        assert_true(key_below(6) < 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_read_as_it_is_written),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(words_and_fingerprint_of_a_key_stay),
        cmocka_unit_test(a_file_of_a_pair_is_ones_own_and_is_never_replaced),
        cmocka_unit_test(a_file_that_is_no_pair_is_refused),
        cmocka_unit_test(secrets_differ_and_hashes_do_not),
    };

    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
