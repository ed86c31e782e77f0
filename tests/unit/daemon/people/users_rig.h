/* The registry of users over a real store in a private folder, with a configuration, and no clients. */
#ifndef STOA_TESTS_USERS_RIG_H
#define STOA_TESTS_USERS_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/people/tokens.h"
#include "daemon/people/users.h"
#include "daemon/people/users_settings.h"
#include "daemon/server.h"
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct people {
    char folder[64], path[96], error[256];
    uv_loop_t loop;
    struct server server;
    struct users *users;
};

static inline void people_health(void *arg, bool failing, const char *why)
{
    (void)arg;
    (void)why;
    assert_false(failing);
}

static inline void people_open(struct people *people)
{
    static const struct store_callbacks callbacks = {people_health};
    enum err code;
    people->server.store = store_open(&people->loop, people->path, &callbacks, people, people->error, &code);
    assert_non_null(people->server.store);
    people->users = people->server.users = users_open(&people->server);
}

/* As a daemon that ends: all that was queued is on disk. */
static inline void people_close(struct people *people)
{
    assert_true(store_close(&people->server.store));
    users_close(&people->users);
    people->server.users = NULL;
    uv_run(&people->loop, UV_RUN_DEFAULT);
}

static inline void people_again(struct people *people)
{
    people_close(people);
    people_open(people);
}

static inline int people_setup(void **state)
{
    struct people *people = calloc(1, sizeof *people);
    strcpy(people->folder, "/tmp/stoa-people-XXXXXX");
    if (!mkdtemp(people->folder))
        return -1;
    snprintf(people->path, sizeof people->path, "%s/stoa.db", people->folder);
    uv_loop_init(&people->loop);
    people->server.loop = &people->loop;
    strcpy(people->server.user, "Ann Owner"); /* as the system has it */
    people->server.config = config_load(NULL, NULL, 0, people->error);
    if (!people->server.config)
        return -1;
    people_open(people);
    *state = people;
    return 0;
}

static inline int people_teardown(void **state)
{
    struct people *people = *state;
    char command[128];
    people_close(people);
    config_free(&people->server.config);
    int left = uv_loop_close(&people->loop);
    snprintf(command, sizeof command, "rm -rf %s", people->folder);
    left += system(command);
    free(people);
    return left;
}

/* The key of number n: any 32 bytes are one. */
static inline const char *key_of(unsigned char n)
{
    static char text[KEY_TEXT_LEN + 1];
    unsigned char bytes[KEY_BYTES];
    memset(bytes, n, sizeof bytes);
    key_text(bytes, text);
    return text;
}

/* A new user of that name with that key. */
static inline void add(struct people *people, const char *name, unsigned char key)
{
    assert_int_equal(users_create(people->users, name, false, NULL, people->error), ERR_OK);
    assert_int_equal(users_add_key(people->users, name, key_of(key), "laptop", people->error), ERR_OK);
}

static inline json_t *json_of(const char *text)
{
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(json);
    return json;
}

#endif
