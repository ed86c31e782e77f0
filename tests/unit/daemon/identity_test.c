/* The daemon's key: made once, kept, and refused when it is not safe. */
#include "daemon/identity.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], path[96], error[256];

static int begin(void **unused)
{
    (void)unused;
    strcpy(folder, "/tmp/stoa-identity-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/daemon.key", folder);
    return 0;
}

static int end(void **unused)
{
    (void)unused;
    unlink(path);
    return rmdir(folder);
}

static void test_it_is_made_once_and_when_it_is_needed(void **unused)
{
    (void)unused;
    struct stat st;
    struct identity *identity = identity_open(folder);
    assert_string_equal(identity_key(identity), "");
    assert_null(identity_pair(identity));
    assert_int_not_equal(stat(path, &st), 0);
    assert_int_equal(identity_load(identity, error), ERR_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    char key[KEY_TEXT_LEN + 1];
    strcpy(key, identity_key(identity));
    assert_int_equal(strlen(key), KEY_TEXT_LEN);
    assert_int_equal(identity_load(identity, error), ERR_OK);
    identity_close(&identity);

    identity = identity_open(folder);
    assert_int_equal(identity_load(identity, error), ERR_OK);
    assert_string_equal(identity_key(identity), key);
    assert_int_equal(strncmp(identity_fingerprint(identity), "stoa:", 5), 0);
    assert_non_null(strchr(identity_words(identity), '-'));
    identity_close(&identity);
}

static void test_one_that_is_not_safe_is_refused(void **unused)
{
    (void)unused;
    struct identity *identity = identity_open(folder);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, "nonsense\n", 9), 9);
    assert_int_equal(identity_load(identity, error), ERR_CONFIG);
    assert_int_equal(fchmod(fd, 0640), 0);
    assert_int_equal(identity_load(identity, error), ERR_DENIED);
    assert_non_null(strstr(error, path));
    assert_string_equal(identity_key(identity), "");
    close(fd);
    identity_close(&identity);
}

static void test_a_folder_that_is_not_there(void **unused)
{
    (void)unused;
    struct identity *identity = identity_open("/nonexistent/of/stoa");
    assert_int_equal(identity_load(identity, error), ERR_UNAVAILABLE);
    identity_close(&identity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_it_is_made_once_and_when_it_is_needed, begin, end),
        cmocka_unit_test_setup_teardown(test_one_that_is_not_safe_is_refused, begin, end),
        cmocka_unit_test(test_a_folder_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
