/* Where things are kept, and which places are refused as unsafe. */
#include "shared/paths.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char base[64]; /* a private folder, made anew for each test */

static int make_base(void **state)
{
    static const char *const variables[] = {
        "STOA_RUNTIME_DIR", "XDG_RUNTIME_DIR", "STOA_STATE_DIR", "XDG_STATE_HOME",
        "STOA_CONFIG",      "XDG_CONFIG_HOME", "STOA_LIBEXEC",   "HOME"};
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
    setenv("PATH", "/usr/bin:/bin", 1);
    strcpy(base, "/tmp/stoa-paths-XXXXXX");
    return mkdtemp(base) ? 0 : -1;
}

static int remove_base(void **state)
{
    char command[128];
    (void)state;
    setenv("PATH", "/usr/bin:/bin", 1);
    snprintf(command, sizeof command, "rm -rf %s", base);
    return system(command);
}

/* base/name, in one of a few static places. */
static const char *in_base(const char *name)
{
    static char ring[4][256];
    static int turn;
    char *slot = ring[turn++ % 4];

    snprintf(slot, sizeof ring[0], "%s/%s", base, name);
    return slot;
}

static void write_file(const char *path, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void check(char *got, const char *expected)
{
    if (expected)
        assert_string_equal(got, expected);
    else
        assert_null(got);
    free(got);
}

static void a_path_is_joined_with_one_slash(void **state)
{
    (void)state;
    check(paths_join("/run", "stoa"), "/run/stoa");
    check(paths_join("/run/", "stoa"), "/run/stoa");
    check(paths_join("/", "stoa"), "/stoa");
}

static void the_runtime_folder_follows_the_environment(void **state)
{
    char run[64], expected[80];
    (void)state;
    snprintf(run, sizeof run, "/run/user/%u", (unsigned)geteuid());
    snprintf(expected, sizeof expected, access(run, F_OK) == 0 ? "/run/user/%u/stoa" : "/tmp/stoa-%u",
             (unsigned)geteuid());

    check(paths_runtime(), expected);
    setenv("XDG_RUNTIME_DIR", "", 1);
    check(paths_runtime(), expected);
    setenv("XDG_RUNTIME_DIR", "relative", 1);
    check(paths_runtime(), expected);
    setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
    check(paths_runtime(), "/run/user/7/stoa");
    setenv("STOA_RUNTIME_DIR", "/my/run", 1);
    check(paths_runtime(), "/my/run");
}

static void the_state_folder_follows_the_environment(void **state)
{
    (void)state;
    check(paths_state(), NULL);
    setenv("HOME", "/home/ann", 1);
    check(paths_state(), "/home/ann/.local/state/stoa");
    setenv("XDG_STATE_HOME", "/state", 1);
    check(paths_state(), "/state/stoa");
    setenv("STOA_STATE_DIR", "/my/state", 1);
    check(paths_state(), "/my/state");
}

static void the_first_configuration_that_exists_is_taken(void **state)
{
    const char *fallback = access("/etc/stoa/config.yaml", F_OK) == 0 ? "/etc/stoa/config.yaml" : NULL;
    char error[256];
    (void)state;

    check(paths_config(), fallback);
    setenv("HOME", base, 1);
    check(paths_config(), fallback);
    assert_int_equal(paths_make(in_base(".config/stoa"), error), ERR_OK);
    write_file(in_base(".config/stoa/config.yaml"), 0600);
    check(paths_config(), in_base(".config/stoa/config.yaml"));

    setenv("XDG_CONFIG_HOME", in_base("xdg"), 1);
    check(paths_config(), fallback);
    assert_int_equal(paths_make(in_base("xdg/stoa"), error), ERR_OK);
    write_file(in_base("xdg/stoa/config.yaml"), 0600);
    check(paths_config(), in_base("xdg/stoa/config.yaml"));

    setenv("STOA_CONFIG", "/no/such/file.yaml", 1);
    check(paths_config(), "/no/such/file.yaml");
}

static void the_clients_folder_is_where_its_configuration_is(void **state)
{
    (void)state;
    check(paths_config_folder(), NULL);
    setenv("HOME", base, 1);
    check(paths_config_folder(), in_base(".config/stoa"));
    setenv("XDG_CONFIG_HOME", "relative", 1);
    check(paths_config_folder(), in_base(".config/stoa"));
    setenv("XDG_CONFIG_HOME", in_base("xdg"), 1);
    check(paths_config_folder(), in_base("xdg/stoa"));
}

static void missing_folders_are_made_for_the_owner_only(void **state)
{
    struct stat st;
    char error[256] = "";
    (void)state;
    mode_t old = umask(0);

    assert_int_equal(paths_make(in_base("a/b//c/"), error), ERR_OK);
    assert_int_equal(paths_make(in_base("a/b/c"), error), ERR_OK);

    umask(old);
    assert_int_equal(stat(in_base("a"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(stat(in_base("a/b/c"), &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0700);
}

static void a_folder_that_cannot_be_made_is_named_with_the_reason(void **state)
{
    char error[256] = "";
    (void)state;
    write_file(in_base("file"), 0600);

    assert_int_equal(paths_make(in_base("file"), error), ERR_UNAVAILABLE);
    assert_non_null(strstr(error, in_base("file: Not a directory")));
    assert_int_equal(paths_make(in_base("file/sub/deeper"), error), ERR_UNAVAILABLE);
    assert_non_null(strstr(error, "Not a directory"));
    assert_int_equal(paths_make("/proc/stoa", error), ERR_UNAVAILABLE);
    assert_non_null(strstr(error, "/proc/stoa: "));
    assert_int_equal(paths_make("", error), ERR_UNAVAILABLE);
}

static void a_private_folder_of_ones_own_is_safe(void **state)
{
    char error[256] = "";
    (void)state;

    assert_int_equal(paths_check_private(base, error), ERR_OK);
    assert_int_equal(paths_check_private(in_base(""), error), ERR_OK);
}

static void an_unsafe_folder_is_refused_and_the_reason_told(void **state)
{
    char error[256] = "";
    (void)state;
    assert_int_equal(mkdir(in_base("real"), 0700), 0);
    assert_int_equal(symlink("real", in_base("link")), 0);
    write_file(in_base("file"), 0600);

    assert_int_equal(paths_check_private(in_base("link"), error), ERR_DENIED);
    assert_non_null(strstr(error, "symbolic link"));
    assert_int_equal(paths_check_private(in_base("link/"), error), ERR_DENIED);
    assert_non_null(strstr(error, "symbolic link"));
    assert_int_equal(paths_check_private(in_base("file"), error), ERR_DENIED);
    assert_non_null(strstr(error, "not a folder"));
    assert_int_equal(paths_check_private(in_base("missing"), error), ERR_DENIED);
    assert_non_null(strstr(error, "No such file"));
    for (mode_t bit = 1; bit <= 040; bit <<= 1) {
        assert_int_equal(chmod(in_base("real"), 0700 | bit), 0);
        assert_int_equal(paths_check_private(in_base("real"), error), ERR_DENIED);
        assert_non_null(strstr(error, "chmod 700"));
    }
}

static void a_folder_of_another_user_is_refused(void **state)
{
    const char *foreign = "/"; /* root's, unless the test runs as root */
    char error[256] = "";
    (void)state;
    if (geteuid() == 0) {
        foreign = in_base("theirs");
        assert_int_equal(mkdir(foreign, 0700), 0);
        if (chown(foreign, 65534, 65534) < 0)
            skip();
    }

    assert_int_equal(paths_check_private(foreign, error), ERR_DENIED);
    assert_non_null(strstr(error, "belongs to user"));
}

static void a_program_is_found_beside_this_one_then_in_libexec_then_by_path(void **state)
{
    char self[4096] = "";
    (void)state;
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    const char *own_name = strrchr(self, '/') + 1;
    assert_int_equal(mkdir(in_base("lib"), 0700), 0);
    assert_int_equal(mkdir(in_base("bin"), 0700), 0);
    write_file(in_base("bin/stoa-test-tool"), 0700);
    write_file(in_base("lib/stoa-test-tool"), 0600);
    write_file(in_base("lib/placeholder"), 0700);

    check(paths_program("stoa-test-tool"), NULL);
    setenv("PATH", in_base("bin"), 1);
    setenv("STOA_LIBEXEC", in_base("lib"), 1);
    check(paths_program("stoa-test-tool"), in_base("bin/stoa-test-tool"));
    assert_int_equal(chmod(in_base("lib/stoa-test-tool"), 0700), 0);
    check(paths_program("stoa-test-tool"), in_base("lib/stoa-test-tool"));

    assert_int_equal(rename(in_base("lib/placeholder"), in_base("lib/program")), 0);
    assert_int_equal(symlink("program", in_base("lib/x")), 0);
    check(paths_program("x"), in_base("lib/x"));
    char *own = paths_program(own_name);
    assert_string_equal(own, self);
    free(own);
}

static void folders_and_relative_entries_of_path_are_passed_over(void **state)
{
    char path[256], here[4096];
    (void)state;
    assert_int_equal(mkdir(in_base("one"), 0700), 0);
    assert_int_equal(mkdir(in_base("one/stoa-test-tool"), 0700), 0);
    assert_int_equal(mkdir(in_base("two"), 0700), 0);
    write_file(in_base("stoa-test-tool"), 0700);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(base), 0);
    snprintf(path, sizeof path, ":.:%s:relative:%s", in_base("one"), in_base("two"));
    setenv("PATH", path, 1);

    check(paths_program("stoa-test-tool"), NULL);
    write_file(in_base("two/stoa-test-tool"), 0700);
    check(paths_program("stoa-test-tool"), in_base("two/stoa-test-tool"));
    unsetenv("PATH");
    check(paths_program("stoa-test-tool"), NULL);
    assert_int_equal(chdir(here), 0);
}

int main(void)
{
#define base_test(test) cmocka_unit_test_setup_teardown(test, make_base, remove_base)
    const struct CMUnitTest tests[] = {
        base_test(a_path_is_joined_with_one_slash),
        base_test(the_runtime_folder_follows_the_environment),
        base_test(the_state_folder_follows_the_environment),
        base_test(the_first_configuration_that_exists_is_taken),
        base_test(the_clients_folder_is_where_its_configuration_is),
        base_test(missing_folders_are_made_for_the_owner_only),
        base_test(a_folder_that_cannot_be_made_is_named_with_the_reason),
        base_test(a_private_folder_of_ones_own_is_safe),
        base_test(an_unsafe_folder_is_refused_and_the_reason_told),
        base_test(a_folder_of_another_user_is_refused),
        base_test(a_program_is_found_beside_this_one_then_in_libexec_then_by_path),
        base_test(folders_and_relative_entries_of_path_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
