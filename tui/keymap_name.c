/* What keys, contexts and actions are called: on the help page and in the configuration. */
#include "shared/option_set.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "tui/keymap.h"
#include "tui/terminal/keys.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- keys --- */

/* The first name of a code is the one that is printed. */
static const struct {
    uint32_t code;
    const char *name;
} key_names[] = {{KEY_UP, "↑"},
                 {KEY_UP, "Up"},
                 {KEY_DOWN, "↓"},
                 {KEY_DOWN, "Down"},
                 {KEY_LEFT, "←"},
                 {KEY_LEFT, "Left"},
                 {KEY_RIGHT, "→"},
                 {KEY_RIGHT, "Right"},
                 {KEY_HOME, "Home"},
                 {KEY_END, "End"},
                 {KEY_PAGE_UP, "PgUp"},
                 {KEY_PAGE_UP, "PageUp"},
                 {KEY_PAGE_DOWN, "PgDn"},
                 {KEY_PAGE_DOWN, "PageDown"},
                 {KEY_INSERT, "Ins"},
                 {KEY_INSERT, "Insert"},
                 {KEY_DELETE, "Del"},
                 {KEY_DELETE, "Delete"},
                 {KEY_ENTER, "Enter"},
                 {KEY_ENTER, "Return"},
                 {KEY_TAB, "Tab"},
                 {KEY_BACKSPACE, "Backspace"},
                 {KEY_ESCAPE, "Esc"},
                 {KEY_ESCAPE, "Escape"},
                 {KEY_WHEEL_UP, "WheelUp"},
                 {KEY_WHEEL_DOWN, "WheelDown"},
                 {' ', "Space"}};

static const struct {
    uint8_t mod;
    const char *name;
} mod_names[] = {{MOD_CTRL, "Ctrl+"}, {MOD_ALT, "Alt+"}, {MOD_SHIFT, "Shift+"}};

static const char *code_name(uint32_t code, char out[8])
{
    for (size_t i = 0; i < sizeof key_names / sizeof *key_names; i++)
        if (key_names[i].code == code)
            return key_names[i].name;
    if (code >= KEY_F1 && code <= KEY_F12)
        snprintf(out, 8, "F%u", code - KEY_F1 + 1);
    else
        out[utf8_encode(code, out)] = '\0';
    return out;
}

const char *keymap_name(uint32_t code, uint8_t mods, char out[KEYMAP_NAME_MAX])
{
    char name[8];
    const char *key = code_name(code, name);

    if (mods == MOD_CTRL && code > ' ' && code < 0x7f)
        snprintf(out, KEYMAP_NAME_MAX, "^%c",
                 code >= 'a' && code <= 'z' ? (char)(code - 'a' + 'A') : (char)code);
    else
        snprintf(out, KEYMAP_NAME_MAX, "%s%s%s%s", mods & MOD_CTRL ? "Ctrl+" : "",
                 mods & MOD_ALT ? "Alt+" : "", mods & MOD_SHIFT ? "Shift+" : "", key);
    return out;
}

/* One character that can be seen, and nothing behind it; 0 if it is something else. */
static uint32_t lone_character(const char *text)
{
    size_t len = strlen(text);
    uint32_t code;

    if (len == 0 || len > 4 || utf8_decode(text, len, &code) != len || code <= ' ')
        return 0;
    char *clean = sanitise_line(text, len, sizeof "1234"); /* no mark, nothing invisible */
    bool same = strcmp(clean, text) == 0;
    free(clean);
    return same ? code : 0;
}

static uint32_t parse_code(const char *text)
{
    unsigned number;
    int used = 0;

    for (size_t i = 0; i < sizeof key_names / sizeof *key_names; i++)
        if (strcasecmp(key_names[i].name, text) == 0)
            return key_names[i].code;
    if (strlen(text) <= 3 && sscanf(text, "%*1[Ff]%2u%n", &number, &used) == 1 && text[used] == '\0' &&
        text[1] >= '1' && text[1] <= '9' && number <= 12)
        return KEY_F1 + number - 1;
    return lone_character(text);
}

/* "Ctrl+", "Alt+", "Shift+" and "^" at the beginning of *text, which is moved behind them. */
static uint8_t parse_mods(const char **text)
{
    uint8_t mods = 0;

    for (size_t i = 0; i < sizeof mod_names / sizeof *mod_names; i++) {
        size_t len = strlen(mod_names[i].name);

        if (strncasecmp(*text, mod_names[i].name, len) == 0 && (*text)[len] && !(mods & mod_names[i].mod)) {
            mods |= mod_names[i].mod;
            *text += len;
            i = (size_t)-1; /* in any order */
        }
    }
    if (mods == 0 && **text == '^' && (*text)[1]) {
        mods = MOD_CTRL;
        (*text)++;
    }
    return mods;
}

/* As keys.h has characters: Ctrl with small letters, Shift in the character itself. */
static bool parse_character(struct keymap_key *key, const char *shown, char error[256])
{
    bool letter = (key->code | 0x20) >= 'a' && (key->code | 0x20) <= 'z';

    if (key->mods & MOD_CTRL) {
        if (key->code == '@')
            key->code = ' ';
        if (key->mods & MOD_SHIFT || key->code >= 0x7f) {
            snprintf(error, 256, "%s is no key that terminals tell from others", shown);
            return false;
        }
        key->code |= letter ? 0x20 : 0;
    } else if (key->mods & MOD_SHIFT) {
        if (!letter) {
            snprintf(error, 256, "%s: write the character that Shift makes instead", shown);
            return false;
        }
        key->code &= ~0x20u;
        key->mods &= (uint8_t)~MOD_SHIFT;
    }
    return true;
}

bool keymap_parse(const char *text, struct keymap_key *key, char error[256])
{
    const char *rest = text;
    char shown[64];

    option_show(text, shown);
    key->mods = parse_mods(&rest);
    key->code = parse_code(rest);
    if (key->code == 0) {
        snprintf(error, 256,
                 "%s is no key; keys are such as Ctrl+X, Alt+Enter, PgUp, F5, Space or one character", shown);
        return false;
    }
    return key->code >= 0x110000 || parse_character(key, shown, error);
}

/* --- the keys of a line --- */

size_t keymap_line_end(const struct binding *rows, size_t count, size_t index)
{
    size_t end = index + 1;

    while (end < count && rows[end].context == rows[index].context && !rows[end].help)
        end++;
    return end;
}

/* Whether they are one after another, as 1 to 9 are. */
static bool is_range(const struct binding *rows, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (rows[i].mods != rows[0].mods || rows[i].code != rows[0].code + i)
            return false;
    return count > 3;
}

const char *keymap_keys_text(const struct binding *rows, size_t count, char out[KEYMAP_KEYS_TEXT_MAX])
{
    char name[KEYMAP_NAME_MAX], last[KEYMAP_NAME_MAX];
    size_t len = 0;
    bool wheel = false;

    out[0] = '\0';
    if (is_range(rows, count)) {
        snprintf(out, KEYMAP_KEYS_TEXT_MAX, "%s to %s", keymap_name(rows[0].code, rows[0].mods, name),
                 keymap_name(rows[count - 1].code, rows[count - 1].mods, last));
        return out;
    }
    for (size_t i = 0; i < count && len + KEYMAP_NAME_MAX < KEYMAP_KEYS_TEXT_MAX; i++) {
        bool turned = rows[i].mods == 0 && (rows[i].code == KEY_WHEEL_UP || rows[i].code == KEY_WHEEL_DOWN);

        if (!turned || !wheel) /* both directions are one word */
            len += (size_t)snprintf(out + len, KEYMAP_KEYS_TEXT_MAX - len, "%s%s", len > 0 ? " " : "",
                                    turned ? "wheel" : keymap_name(rows[i].code, rows[i].mods, name));
        wheel |= turned;
    }
    return out;
}

/* --- contexts and actions --- */

static const char *const context_names[CONTEXT_COUNT] = {
    [CONTEXT_CHAT] = "chat",       [CONTEXT_PREFIX] = "prefix",
    [CONTEXT_PANEL] = "panel",     [CONTEXT_COMPLETION] = "completion",
    [CONTEXT_PICKER] = "picker",   [CONTEXT_BROWSE] = "browse",
    [CONTEXT_CONFIRM] = "confirm", [CONTEXT_PAGE] = "page",
};

static const char *const action_names[ACTION_COUNT] = {
    [ACTION_NONE] = "none",
    [ACTION_SEND] = "send",
    [ACTION_NEWLINE] = "newline",
    [ACTION_INTERRUPT] = "interrupt",
    [ACTION_CANCEL] = "cancel",
    [ACTION_QUIT] = "quit",
    [ACTION_PAGE_UP] = "page-up",
    [ACTION_PAGE_DOWN] = "page-down",
    [ACTION_WHEEL_UP] = "wheel-up",
    [ACTION_WHEEL_DOWN] = "wheel-down",
    [ACTION_TOP] = "top",
    [ACTION_FOLLOW] = "follow",
    [ACTION_LINE_OR_TOP] = "line-or-top",
    [ACTION_LINE_OR_FOLLOW] = "line-or-follow",
    [ACTION_FOLD] = "fold",
    [ACTION_PREFIX] = "prefix",
    [ACTION_SWITCHER] = "switcher",
    [ACTION_NEW] = "new",
    [ACTION_SWITCH] = "switch",
    [ACTION_ASKING] = "asking",
    [ACTION_PALETTE] = "palette",
    [ACTION_HISTORY] = "history",
    [ACTION_BROWSE] = "browse",
    [ACTION_ACCEPT] = "accept",
    [ACTION_CONFIRM] = "confirm",
    [ACTION_DRAFT] = "draft",
    [ACTION_LINE_UP] = "line-up",
    [ACTION_LINE_DOWN] = "line-down",
    [ACTION_HALF_UP] = "half-up",
    [ACTION_HALF_DOWN] = "half-down",
    [ACTION_MESSAGE_UP] = "message-up",
    [ACTION_MESSAGE_DOWN] = "message-down",
    [ACTION_SEARCH] = "search",
    [ACTION_FIND_NEXT] = "find-next",
    [ACTION_FIND_PREVIOUS] = "find-previous",
    [ACTION_COPY_CODE] = "copy-code",
    [ACTION_COPY_MESSAGE] = "copy-message",
    [ACTION_PAGER] = "pager",
    [ACTION_DUMP] = "dump",
    [ACTION_FORK_HERE] = "fork-here",
    [ACTION_REWIND_HERE] = "rewind-here",
    [ACTION_EDIT_HERE] = "edit-here",
    [ACTION_EDITOR] = "editor",
    [ACTION_REDRAW] = "redraw",
    [ACTION_SUSPEND] = "suspend",
    [ACTION_MOUSE] = "mouse",
    [ACTION_HELP] = "help",
    [ACTION_CLOSE] = "close",
    [ACTION_PANEL_ONCE] = "once",
    [ACTION_PANEL_SESSION] = "session",
    [ACTION_PANEL_ALWAYS] = "always",
    [ACTION_PANEL_DENY] = "deny",
    [ACTION_PANEL_DENY_WHY] = "deny-why",
    [ACTION_PANEL_EDIT] = "edit",
    [ACTION_PANEL_FILL] = "fill-in",
    [ACTION_PANEL_REDIRECT] = "redirect",
    [ACTION_PANEL_VIEW] = "view",
    [ACTION_PANEL_LATER] = "later",
    [ACTION_CHOOSE] = "choose",
    [ACTION_NEXT] = "next",
    [ACTION_PREVIOUS] = "previous",
    [ACTION_LEFT] = "left",
    [ACTION_RIGHT] = "right",
    [ACTION_UP] = "up",
    [ACTION_DOWN] = "down",
    [ACTION_WORD_LEFT] = "word-left",
    [ACTION_WORD_RIGHT] = "word-right",
    [ACTION_LINE_START] = "line-start",
    [ACTION_LINE_END] = "line-end",
    [ACTION_DELETE_LEFT] = "delete-left",
    [ACTION_DELETE_RIGHT] = "delete-right",
    [ACTION_KILL_WORD] = "kill-word",
    [ACTION_KILL_WORD_RIGHT] = "kill-word-right",
    [ACTION_KILL_START] = "kill-start",
    [ACTION_KILL_END] = "kill-end",
    [ACTION_YANK] = "yank",
    [ACTION_UNDO] = "undo",
    [ACTION_REDO] = "redo",
};

const char *keymap_context_name(enum context context)
{
    return context_names[context];
}

const char *keymap_action_name(enum action action)
{
    return action_names[action];
}

enum context keymap_context_find(const char *name)
{
    int context = 0;

    while (context < CONTEXT_COUNT && strcmp(context_names[context], name) != 0)
        context++;
    return (enum context)context;
}

static enum action find_in(enum context context, const char *name)
{
    size_t count;
    const struct binding *rows = keymap_defaults(&count);

    for (size_t i = 0; i < count; i++)
        if (rows[i].context == context && strcmp(action_names[rows[i].action], name) == 0)
            return rows[i].action;
    return ACTION_NONE;
}

/* What needs the prefix may have a key without it, and the other way round. */
enum action keymap_action_find(enum context context, const char *name)
{
    enum action action = find_in(context, name);

    if (action == ACTION_NONE && context == CONTEXT_CHAT)
        return find_in(CONTEXT_PREFIX, name);
    if (action == ACTION_NONE && context == CONTEXT_PREFIX && strcmp(name, action_names[ACTION_PREFIX]) != 0)
        return find_in(CONTEXT_CHAT, name);
    return action;
}
