/* The vault: what is sealed opens for its own user and name under its own key, and for nothing else; a key
 * that is lost, wrong or unsafe is said, and loses nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/people/vault.h"
#include "daemon/server.h"
#include "daemon/store/store_people.h"
#include "shared/jsonx.h"
#include "shared/locked.h"
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct rig {
    uv_loop_t loop;
    struct server server;
    struct vault *vault;
    char folder[64], key[96], db[96], error[256];
};

static void open_all(struct rig *rig)
{
    static const struct store_callbacks callbacks;
    enum err code;
    uv_loop_init(&rig->loop);
    rig->server.loop = &rig->loop;
    rig->server.store = store_open(&rig->loop, rig->db, &callbacks, rig, rig->error, &code);
    assert_non_null(rig->server.store);
    rig->vault = vault_open(&rig->server, rig->folder);
}

static void close_all(struct rig *rig)
{
    vault_close(&rig->vault);
    assert_true(store_close(&rig->server.store));
    uv_run(&rig->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&rig->loop), 0);
}

static void again(struct rig *rig)
{
    close_all(rig);
    open_all(rig);
}

static int begin(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    unsetenv("CREDENTIALS_DIRECTORY");
    strcpy(rig->folder, "/tmp/stoa-vault-XXXXXX");
    assert_non_null(mkdtemp(rig->folder));
    snprintf(rig->key, sizeof rig->key, "%s/vault.key", rig->folder);
    snprintf(rig->db, sizeof rig->db, "%s/stoa.db", rig->folder);
    open_all(rig);
    *state = rig;
    return 0;
}

static int end(void **state)
{
    struct rig *rig = *state;
    char command[128];
    close_all(rig);
    snprintf(command, sizeof command, "rm -rf '%s'", rig->folder);
    assert_int_equal(system(command), 0);
    free(rig);
    return 0;
}

static enum err set(struct rig *rig, const char *user, const char *name, const char *value)
{
    return vault_set(rig->vault, user, name, value, strlen(value), rig->error);
}

static void expect(struct rig *rig, const char *user, const char *name, const char *value)
{
    size_t len;
    char *secret = vault_get(rig->vault, user, name, &len, rig->error);
    assert_non_null(secret);
    assert_string_equal(secret, value);
    assert_int_equal(len, strlen(value));
    vault_forget(&secret);
    assert_null(secret);
}

static void expect_none(struct rig *rig, const char *user, const char *name, const char *said)
{
    size_t len;
    assert_null(vault_get(rig->vault, user, name, &len, rig->error));
    if (!strstr(rig->error, said))
        fail_msg("'%s' does not say '%s'", rig->error, said);
}

/* The row of the store, as somebody who can write there sees it. */
static struct {
    char user[64], name[64], sealed[32768];
    int64_t ts;
} rows[8];
static size_t row_count;

static void on_row(void *arg, const struct store_secret *row)
{
    (void)arg;
    snprintf(rows[row_count].user, 64, "%s", row->user);
    snprintf(rows[row_count].name, 64, "%s", row->name);
    snprintf(rows[row_count].sealed, 32768, "%s", row->sealed);
    rows[row_count++].ts = row->ts;
}

static void read_rows(struct rig *rig)
{
    again(rig); /* what is queued is on disk then */
    row_count = 0;
    assert_int_equal(store_secrets(rig->server.store, on_row, NULL), ERR_OK);
}

static void put_row(struct rig *rig, const char *user, const char *name, const char *sealed)
{
    struct store_secret row = {.user = user, .name = name, .sealed = sealed, .ts = 1};
    store_put_secret(rig->server.store, &row);
}

/* --- tests --- */

static void what_is_set_is_there_for_its_user_alone_and_after_a_restart(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(set(rig, "ann", "token", "ann's own"), ERR_OK);
    assert_int_equal(set(rig, "bo", "token", "of bo"), ERR_OK);
    assert_int_equal(set(rig, "ann", "Other-1.x", "\xc3\xa4 line\nand another\n"), ERR_OK);
    for (int i = 0; i < 2; i++) {
        expect(rig, "ann", "token", "ann's own");
        expect(rig, "bo", "token", "of bo");
        expect(rig, "ann", "Other-1.x", "\xc3\xa4 line\nand another\n");
        expect_none(rig, "bo", "Other-1.x",
                    "the secret 'Other-1.x' is not set; set it with: stoa secret set");
        assert_true(vault_has(rig->vault, "ann", "token"));
        assert_false(vault_has(rig->vault, "cy", "token"));
        again(rig);
    }
    assert_int_equal(set(rig, "ann", "token", "newer"), ERR_OK);
    assert_true(vault_remove(rig->vault, "bo", "token"));
    assert_false(vault_remove(rig->vault, "bo", "token"));
    again(rig);
    expect(rig, "ann", "token", "newer");
    expect_none(rig, "bo", "token", "is not set");
}

static void the_list_has_names_and_times_and_no_values(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(set(rig, "ann", "b", "value-of-b"), ERR_OK);
    assert_int_equal(set(rig, "ann", "a", "value-of-a"), ERR_OK);
    assert_int_equal(set(rig, "bo", "c", "value-of-c"), ERR_OK);
    json_t *list = vault_list(rig->vault, "ann");
    char *text = jsonx_dump(list, NULL);
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(jsonx_str(json_array_get(list, 0), "name", ""), "a");
    assert_string_equal(jsonx_str(json_array_get(list, 1), "name", ""), "b");
    assert_true(jsonx_int(json_array_get(list, 0), "ts", 0) > 0);
    assert_null(json_object_get(json_array_get(list, 0), "error"));
    assert_null(strstr(text, "value-of"));
    free(text);
    json_decref(list);
}

static void a_version_is_another_one_each_time_that_it_is_set(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(vault_version(rig->vault, "ann", "a"), 0);
    set(rig, "ann", "a", "1");
    uint64_t first = vault_version(rig->vault, "ann", "a");
    set(rig, "ann", "b", "1");
    assert_int_equal(vault_version(rig->vault, "ann", "a"), first);
    set(rig, "ann", "a", "1");
    assert_int_not_equal(vault_version(rig->vault, "ann", "a"), first);
    vault_remove(rig->vault, "ann", "a");
    assert_int_equal(vault_version(rig->vault, "ann", "a"), 0);
}

static void nothing_of_the_value_is_in_the_store(void **state)
{
    struct rig *rig = *state;
    set(rig, "ann", "token", "a-value-that-would-be-found");
    read_rows(rig);
    assert_int_equal(row_count, 1);
    assert_null(strstr(rows[0].sealed, "value"));
    /* twice the same value is sealed in two ways */
    char first[256];
    snprintf(first, sizeof first, "%s", rows[0].sealed);
    set(rig, "ann", "token", "a-value-that-would-be-found");
    read_rows(rig);
    assert_string_not_equal(rows[0].sealed, first);
}

static void a_changed_byte_is_noticed_wherever_it_is(void **state)
{
    struct rig *rig = *state;
    char sealed[256];
    set(rig, "ann", "token", "something");
    read_rows(rig);
    snprintf(sealed, sizeof sealed, "%s", rows[0].sealed);
    for (size_t at = 0; at < strlen(sealed); at += 3) {
        char was = sealed[at];
        sealed[at] = was == 'A' ? 'B' : 'A';
        put_row(rig, "ann", "token", sealed);
        again(rig);
        expect_none(rig, "ann", "token", "can't be opened");
        sealed[at] = was;
    }
    static const char *const broken[] = {"", "A", "AQ==", "not base64!", "AQAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        put_row(rig, "ann", "token", broken[i]);
        again(rig);
        expect_none(rig, "ann", "token", "set it anew: stoa secret set token");
    }
    put_row(rig, "ann", "token", sealed);
    again(rig);
    expect(rig, "ann", "token", "something");
}

static void it_opens_under_no_other_user_or_name(void **state)
{
    struct rig *rig = *state;
    set(rig, "ann", "token", "of ann");
    read_rows(rig);
    put_row(rig, "bo", "token", rows[0].sealed);
    put_row(rig, "ann", "other", rows[0].sealed);
    put_row(rig, "annt", "oken", rows[0].sealed);
    again(rig);
    expect_none(rig, "bo", "token", "can't be opened");
    expect_none(rig, "ann", "other", "can't be opened");
    expect_none(rig, "annt", "oken", "can't be opened");
    expect(rig, "ann", "token", "of ann");
}

static void names_and_values_are_checked(void **state)
{
    static const char *const good[] = {"a", "A.b-c_9", ".", "-", "0"};
    static const char *const bad[] = {"", "a b", "a/b", "a:b", "{a}", "\xc3\xa4", "a\n"};
    struct rig *rig = *state;
    char longest[VAULT_NAME_MAX + 2];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(vault_is_name(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(vault_is_name(bad[i]));
        assert_int_equal(set(rig, "ann", bad[i], "x"), ERR_BAD_REQUEST);
    }
    memset(longest, 'n', sizeof longest);
    longest[VAULT_NAME_MAX + 1] = '\0';
    assert_false(vault_is_name(longest));
    longest[VAULT_NAME_MAX] = '\0';
    assert_true(vault_is_name(longest));
    assert_int_equal(set(rig, "ann", "a", ""), ERR_BAD_REQUEST);
    assert_int_equal(set(rig, "ann", "a", "\xff"), ERR_BAD_REQUEST);
    assert_int_equal(vault_set(rig->vault, "ann", "a", "x\0y", 3, rig->error), ERR_BAD_REQUEST);
    char *big = calloc(1, VAULT_SECRET_MAX + 2);
    memset(big, 'v', VAULT_SECRET_MAX + 1);
    assert_int_equal(set(rig, "ann", "a", big), ERR_BAD_REQUEST);
    big[VAULT_SECRET_MAX] = '\0';
    assert_int_equal(set(rig, "ann", "a", big), ERR_OK);
    again(rig);
    expect(rig, "ann", "a", big);
    free(big);
}

static void one_user_has_so_many_and_no_more(void **state)
{
    struct rig *rig = *state;
    char name[16];
    for (int i = 0; i < VAULT_USER_MAX; i++) {
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(set(rig, "ann", name, "x"), ERR_OK);
    }
    assert_int_equal(set(rig, "ann", "more", "x"), ERR_LIMIT);
    assert_int_equal(set(rig, "ann", "n3", "y"), ERR_OK);
    assert_int_equal(set(rig, "bo", "more", "x"), ERR_OK);
    vault_remove(rig->vault, "ann", "n9");
    assert_int_equal(set(rig, "ann", "more", "x"), ERR_OK);
}

static void a_user_that_is_gone_leaves_nothing_for_the_next_of_that_name(void **state)
{
    struct rig *rig = *state;
    set(rig, "ann", "a", "x");
    set(rig, "bo", "a", "of bo");
    set(rig, "bo", "b", "of bo");
    set(rig, "cy", "a", "y");
    vault_drop_user(rig->vault, "bo");
    assert_false(vault_has(rig->vault, "bo", "a"));
    assert_false(vault_has(rig->vault, "bo", "b"));
    expect(rig, "ann", "a", "x");
    expect(rig, "cy", "a", "y");
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void the_key_is_made_when_it_is_needed_first(void **state)
{
    struct rig *rig = *state;
    assert_int_not_equal(access(rig->key, F_OK), 0);
    set(rig, "ann", "a", "x");
    assert_int_equal(mode_of(rig->key), 0600);
}

static void a_key_that_others_can_read_is_not_used(void **state)
{
    struct rig *rig = *state;
    static const mode_t unsafe[] = {0640, 0604, 0660, 0666, 0610};
    set(rig, "ann", "a", "x");
    for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++) {
        assert_int_equal(chmod(rig->key, unsafe[i]), 0);
        again(rig);
        expect_none(rig, "ann", "a", "can be read or changed by others; chmod 600 it");
        assert_int_equal(set(rig, "ann", "a", "y"), ERR_UNAVAILABLE);
    }
    assert_int_equal(chmod(rig->key, 0600), 0); /* no restart is needed */
    expect(rig, "ann", "a", "x");
}

static void write_file(const char *path, const void *bytes, size_t len, mode_t mode)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void a_lost_key_is_said_and_never_replaced(void **state)
{
    struct rig *rig = *state;
    char aside[128];
    set(rig, "ann", "a", "x");
    snprintf(aside, sizeof aside, "%s.aside", rig->key);
    assert_int_equal(rename(rig->key, aside), 0);
    again(rig);
    expect_none(rig, "ann", "a", "is missing; put it back");
    assert_int_equal(set(rig, "bo", "b", "y"), ERR_UNAVAILABLE);
    assert_int_not_equal(access(rig->key, F_OK), 0);
    json_t *list = vault_list(rig->vault, "ann");
    assert_non_null(strstr(jsonx_str(json_array_get(list, 0), "error", ""), "is missing; put it back"));
    json_decref(list);
    assert_int_equal(rename(aside, rig->key), 0);
    expect(rig, "ann", "a", "x");
}

static void with_another_key_the_old_ones_stay_and_can_be_set_anew(void **state)
{
    struct rig *rig = *state;
    unsigned char old[32], other[32];
    set(rig, "ann", "a", "x");
    set(rig, "ann", "b", "y");
    int fd = open(rig->key, O_RDONLY);
    assert_int_equal(read(fd, old, 32), 32);
    close(fd);
    memset(other, 7, sizeof other);
    write_file(rig->key, other, 32, 0600);
    again(rig);
    expect_none(rig, "ann", "a", "sealed with another key");
    json_t *list = vault_list(rig->vault, "ann");
    assert_int_equal(json_array_size(list), 2);
    assert_non_null(jsonx_str(json_array_get(list, 1), "error", NULL));
    json_decref(list);
    assert_int_equal(set(rig, "ann", "a", "new"), ERR_OK);
    expect(rig, "ann", "a", "new");
    write_file(rig->key, old, 32, 0600);
    again(rig);
    expect(rig, "ann", "b", "y");
}

static void no_other_file_is_taken_for_a_key(void **state)
{
    struct rig *rig = *state;
    static const char *const texts[] = {"", "short", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!",
                                        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_file(rig->key, texts[i], strlen(texts[i]), 0600);
        assert_int_equal(set(rig, "ann", "a", "x"), ERR_UNAVAILABLE);
        assert_non_null(strstr(rig->error, "must be 32 bytes"));
    }
    unlink(rig->key);
    assert_int_equal(symlink("/dev/zero", rig->key), 0);
    assert_int_equal(set(rig, "ann", "a", "x"), ERR_UNAVAILABLE);
    unlink(rig->key);
    assert_int_equal(mkdir(rig->key, 0700), 0);
    assert_int_equal(set(rig, "ann", "a", "x"), ERR_UNAVAILABLE);
    rmdir(rig->key);
}

static void the_process_managers_credential_goes_before_the_file(void **state)
{
    static const char text[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n";
    struct rig *rig = *state;
    char folder[96], path[128];
    unsigned char raw[32];
    for (int i = 0; i < 32; i++)
        raw[i] = (unsigned char)i;
    snprintf(folder, sizeof folder, "%s/credentials", rig->folder);
    snprintf(path, sizeof path, "%s/stoa.vault", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    write_file(path, text, strlen(text), 0400);
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    again(rig);
    assert_int_equal(set(rig, "ann", "a", "x"), ERR_OK);
    assert_int_not_equal(access(rig->key, F_OK), 0);
    write_file(path, raw, sizeof raw, 0440); /* the same key in the other form; the group's bit is an ACL's */
    again(rig);
    expect(rig, "ann", "a", "x");
    write_file(path, raw, sizeof raw, 0444);
    again(rig);
    expect_none(rig, "ann", "a", "can be read or changed by others");
    unsetenv("CREDENTIALS_DIRECTORY"); /* and without it nothing is made in its place */
    again(rig);
    expect_none(rig, "ann", "a", "vault.key is missing");
}

static size_t wiped, dirty;

static void on_free(const unsigned char *bytes, size_t len)
{
    wiped++;
    for (size_t i = 0; i < len; i++)
        dirty += bytes[i] != 0;
}

static void what_was_opened_is_locked_and_wiped_when_it_is_forgotten(void **state)
{
    struct rig *rig = *state;
    size_t len, before;
    set(rig, "ann", "a", "a-secret");
    before = locked_bytes(); /* the key's */
    assert_true(before >= 32);
    char *secret = vault_get(rig->vault, "ann", "a", &len, rig->error);
    assert_true(locked_bytes() >= before + len);
    locked_set_hook(on_free);
    vault_forget(&secret);
    again(rig);
    locked_set_hook(NULL);
    assert_true(wiped >= 2); /* it and the key */
    assert_int_equal(dirty, 0);
    assert_int_equal(locked_bytes(), before);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(what_is_set_is_there_for_its_user_alone_and_after_a_restart),
        TEST(the_list_has_names_and_times_and_no_values),
        TEST(a_version_is_another_one_each_time_that_it_is_set),
        TEST(nothing_of_the_value_is_in_the_store),
        TEST(a_changed_byte_is_noticed_wherever_it_is),
        TEST(it_opens_under_no_other_user_or_name),
        TEST(names_and_values_are_checked),
        TEST(one_user_has_so_many_and_no_more),
        TEST(a_user_that_is_gone_leaves_nothing_for_the_next_of_that_name),
        TEST(the_key_is_made_when_it_is_needed_first),
        TEST(a_key_that_others_can_read_is_not_used),
        TEST(a_lost_key_is_said_and_never_replaced),
        TEST(with_another_key_the_old_ones_stay_and_can_be_set_anew),
        TEST(no_other_file_is_taken_for_a_key),
        TEST(the_process_managers_credential_goes_before_the_file),
        TEST(what_was_opened_is_locked_and_wiped_when_it_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
