/* Other keys than the built-in ones. What is given is kept as it was given, and the rows are made anew from
 * that and the built-in table, so that their order and help stay those of the table. */
#include "shared/xalloc.h"
#include "tui/keymap_private.h"
#include "tui/terminal/keys.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GIVEN_MAX = CONTEXT_COUNT * ACTION_COUNT };

struct given { /* the keys of one action in one context */
    enum context context;
    enum action action;
    int line;
    size_t count;
    struct binding keys[KEYMAP_KEYS_MAX];
};

struct keymap {
    struct given *given;
    size_t given_count;
    struct binding *rows;
    size_t row_count;
};

static bool same_key(const struct binding *a, const struct binding *b)
{
    return a->context == b->context && a->code == b->code && a->mods == b->mods;
}

static bool is_ctrl_c(uint32_t code, uint8_t mods)
{
    return code == 'c' && mods == MOD_CTRL;
}

static bool is_character(uint32_t code)
{
    return code < 0x110000;
}

/* --- making the rows --- */

static const struct given *find_given(const struct keymap *keymap, enum context context, enum action action)
{
    for (size_t i = 0; i < keymap->given_count; i++)
        if (keymap->given[i].context == context && keymap->given[i].action == action)
            return &keymap->given[i];
    return NULL;
}

/* Whether the built-in table has both keys beside each other, one for the empty draft. */
static bool is_builtin(const struct binding *key)
{
    size_t count;
    const struct binding *rows = keymap_defaults(&count);

    for (size_t i = 0; i < count; i++)
        if (same_key(&rows[i], key) && rows[i].action == key->action)
            return true;
    return false;
}

/* Whether a built-in row yields to a key that was given to another action. */
static bool yields(const struct keymap *keymap, const struct binding *row)
{
    for (size_t i = 0; i < keymap->given_count; i++)
        for (size_t k = 0; k < keymap->given[i].count; k++) {
            const struct binding *key = &keymap->given[i].keys[k];

            if (same_key(key, row) && key->action != row->action &&
                (key->when == row->when || (key->when == WHEN_ALWAYS && !is_builtin(key))))
                return true;
        }
    return false;
}

static void add_row(struct keymap *keymap, struct binding row, const char **help)
{
    for (size_t i = 0; i < keymap->row_count; i++)
        if (same_key(&keymap->rows[i], &row) && keymap->rows[i].action == row.action)
            return;
    row.help = *help;
    *help = NULL;
    keymap->rows = xreallocarray(keymap->rows, keymap->row_count + 1, sizeof row);
    keymap->rows[keymap->row_count++] = row;
}

/* Keys of actions that have none in that context by themselves. */
static void add_new_rows(struct keymap *keymap)
{
    size_t count;
    const struct binding *builtin = keymap_defaults(&count);

    for (size_t i = 0; i < keymap->given_count; i++) {
        const struct given *given = &keymap->given[i];
        const char *help = NULL;
        bool has_row = false;

        for (size_t row = 0; row < count; row++) {
            has_row |= builtin[row].context == given->context && builtin[row].action == given->action;
            if (builtin[row].action == given->action && !help)
                help = builtin[row].help;
        }
        for (size_t k = 0; !has_row && k < given->count; k++)
            add_row(keymap, given->keys[k], &help);
    }
}

/* The help of a line goes to the first of its keys that is left. */
static void make_rows(struct keymap *keymap)
{
    size_t count;
    const struct binding *builtin = keymap_defaults(&count);
    const char *help = NULL;

    keymap->row_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct binding *row = &builtin[i];
        const struct given *given = find_given(keymap, row->context, row->action);

        if (row->help)
            help = row->help;
        for (size_t k = 0; given && k < given->count; k++)
            add_row(keymap, given->keys[k], &help);
        if (is_ctrl_c(row->code, row->mods) || (!given && !yields(keymap, row)))
            add_row(keymap, *row, &help);
    }
    add_new_rows(keymap);
}

/* --- what may be given --- */

/* While the draft is empty only: what does so with all of its built-in keys, and characters, which are text
 * otherwise. */
static enum when when_of(enum context context, enum action action, const struct keymap_key *key)
{
    size_t count;
    const struct binding *rows = keymap_defaults(&count);

    if (context == CONTEXT_CHAT && is_character(key->code) && key->mods == 0)
        return WHEN_EMPTY;
    enum when when = WHEN_ALWAYS;
    for (size_t i = 0; i < count; i++)
        if (rows[i].context == context && rows[i].action == action) {
            when = rows[i].when;
            if (when == WHEN_ALWAYS)
                break;
        }
    return when;
}

static bool refuse(char error[256], const struct binding *key, const char *why)
{
    char name[KEYMAP_NAME_MAX];

    snprintf(error, 256, "%s can't be '%s' in '%s': %s", keymap_name(key->code, key->mods, name),
             keymap_action_name(key->action), keymap_context_name(key->context), why);
    return false;
}

/* A panel answers questions: its keys must not be those that one presses without thought, and leave Alt to
 * tell them from text. */
static bool check_panel(const struct binding *key, char error[256])
{
    bool function = key->code >= KEY_F1 && key->code <= KEY_F12;

    if (key->action == ACTION_PANEL_LATER && key->code == KEY_ESCAPE && key->mods == 0)
        return true;
    if (key->code == ' ' || key->code == KEY_ENTER)
        return refuse(error, key, "Space and Enter never answer a question");
    if (key->mods != 0 || (!is_character(key->code) && !function))
        return refuse(error, key,
                      "it takes a character, to which Alt is added while one writes, or F1 to F12");
    return true;
}

static bool check_key(const struct binding *key, char error[256])
{
    bool filters = key->context == CONTEXT_PICKER || key->context == CONTEXT_COMPLETION;

    if (is_ctrl_c(key->code, key->mods) && !is_builtin(key))
        return refuse(error, key, "it is always the way out");
    if (filters && is_character(key->code) && key->mods == 0)
        return refuse(error, key, "what is typed there is text; add Ctrl or Alt");
    return key->context != CONTEXT_PANEL || check_panel(key, error);
}

/* Whether another action was given the key before. */
static bool check_others(const struct keymap *keymap, const struct binding *key, char error[256])
{
    char name[KEYMAP_NAME_MAX];

    for (size_t i = 0; i < keymap->given_count; i++) {
        const struct given *other = &keymap->given[i];

        for (size_t k = 0; k < other->count; k++)
            if (same_key(&other->keys[k], key) && other->action != key->action &&
                other->keys[k].when == key->when) {
                snprintf(error, 256, "%s is given to '%s' and, in line %d, to '%s'",
                         keymap_name(key->code, key->mods, name), keymap_action_name(key->action),
                         other->line, keymap_action_name(other->action));
                return false;
            }
    }
    return true;
}

bool keymap_bind(struct keymap *keymap, enum context context, enum action action,
                 const struct keymap_key *keys, size_t count, int line, char error[256])
{
    struct given given = {.context = context, .action = action, .line = line, .count = count};

    if (count > KEYMAP_KEYS_MAX || keymap->given_count == GIVEN_MAX) {
        snprintf(error, 256, "'%s' has %zu keys; it takes at most %d", keymap_action_name(action), count,
                 KEYMAP_KEYS_MAX);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        given.keys[i] = (struct binding){.context = context,
                                         .when = when_of(context, action, &keys[i]),
                                         .code = keys[i].code,
                                         .mods = keys[i].mods,
                                         .action = action};
        if (!check_key(&given.keys[i], error) || !check_others(keymap, &given.keys[i], error))
            return false;
    }
    struct given *before = (struct given *)find_given(keymap, context, action);
    if (!before) {
        keymap->given = xreallocarray(keymap->given, keymap->given_count + 1, sizeof given);
        before = &keymap->given[keymap->given_count++];
    }
    *before = given;
    make_rows(keymap);
    return true;
}

/* --- life --- */

struct keymap *keymap_new(void)
{
    struct keymap *keymap = xcalloc(1, sizeof *keymap);

    make_rows(keymap);
    return keymap;
}

void keymap_free(struct keymap **slot)
{
    struct keymap *keymap = *slot;

    *slot = NULL;
    if (!keymap)
        return;
    if (keymap_is_used(keymap))
        keymap_use(NULL);
    free(keymap->given);
    free(keymap->rows);
    free(keymap);
}

const struct binding *keymap_rows_of(const struct keymap *keymap, size_t *count)
{
    *count = keymap->row_count;
    return keymap->rows;
}
