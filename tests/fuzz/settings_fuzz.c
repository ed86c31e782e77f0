/* Any bytes are either whole settings, which print and read back the same, or an error on one clean line; the
 * same bytes as a key's name are a key that prints as what reads back the same, or none. */
#include "shared/utf8.h"
#include "tui/settings.h"
#include "tui/settings_private.h"
#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct settings *parse(const char *text, size_t len, char error[256])
{
    memset(error, 'x', 256);
    return settings_parse(text, len, "fuzz.yaml", false, error);
}

static void check_error(const char error[256])
{
    assert(memchr(error, '\0', 256));
    for (const char *at = error; *at; at++)
        assert(!iscntrl((unsigned char)*at));
}

static bool has_row(const struct keymap *keymap, const struct binding *row)
{
    size_t count;
    const struct binding *rows = keymap_rows_of(keymap, &count);

    for (size_t i = 0; i < count; i++)
        if (rows[i].context == row->context && rows[i].code == row->code && rows[i].mods == row->mods &&
            rows[i].action == row->action && rows[i].when == row->when)
            return true;
    return false;
}

static void check_keys(const struct settings *settings)
{
    char *text, error[256];
    size_t len, count, same;
    FILE *out = open_memstream(&text, &len);

    settings_print_keys(settings_keymap(settings), out);
    fclose(out);
    struct settings *copy = parse(text, len, error);
    assert(copy);
    const struct binding *rows = keymap_rows_of(settings_keymap(settings), &count);
    keymap_rows_of(settings_keymap(copy), &same);
    assert(count == same);
    for (size_t i = 0; i < count; i++)
        assert(has_row(settings_keymap(copy), &rows[i]));
    keymap_use(settings_keymap(settings));
    assert(keymap_find(CONTEXT_CHAT, 'c', 4, false) == ACTION_CANCEL); /* Ctrl+C, whatever is configured */
    settings_free(&copy);
    free(text);
}

static void check_name(const char *text)
{
    char error[256], name[KEYMAP_NAME_MAX];
    struct keymap_key key, again;

    if (!keymap_parse(text, &key, error)) {
        check_error(error);
        return;
    }
    assert(keymap_parse(keymap_name(key.code, key.mods, name), &again, error));
    assert(key.code == again.code && key.mods == again.mods);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    utf8_locale();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[256], *name = strndup((const char *)data, size);
    struct settings *settings = parse((const char *)data, size, error);

    check_name(name);
    free(name);
    if (!settings) {
        check_error(error);
        return 0;
    }
    check_keys(settings);
    settings_free(&settings);
    return 0;
}
