/* What is offered while one types: commands and their arguments from the tables and the daemon, files from
 * the folder. Enter never sends a command's name that is not finished, and never what the person has not
 * seen. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include "tui/app_private.h"
#include "tui/command_local.h"
#include "tui/files.h"
#include "tui/terminal/theme.h"
#include <stdlib.h>
#include <string.h>

enum {
    STALE_MS = 30000, /* a folder is read again after that time */
    SLICE_US = 4000,  /* of reading folders, between other things */
    REFILL_MS = 60,   /* while folders are read, what is offered is brought up to date so often */
    DETAIL_MAX = 300,
    REVEALED_MAX = 4000
};

struct offering {
    struct files *files;
    int64_t files_at, filled_at; /* steady ms */
    uv_idle_t reading;
    bool wanted; /* the word at the cursor may be offered something */
    bool typed;
    size_t len;  /* of the draft when it was looked at last */
    size_t hand; /* where an "@" was typed by hand, and what follows it so far, too; SIZE_MAX: nowhere */
};

static void fill(struct app *app);

/* --- commands --- */

static void offer_row(struct app *app, const struct slash_row *row)
{
    char *text = xasprintf("/%s", row->name);
    char *detail = xasprintf("%s%s%s", row->arguments, *row->arguments ? "   " : "", row->summary);

    completion_consider(app->ui.completion, &(struct completion_item){
                                                .text = text, .detail = detail, .goes_on = *row->arguments});
    free(text);
    free(detail);
}

static const struct slash_row *find_row(const char *name, size_t len)
{
    size_t count;
    const struct slash_row *rows = local_commands(&count);

    for (size_t i = 0; i < count; i++)
        if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
            return &rows[i];
    return slash_find(name, len);
}

void app_each_command(struct app *app, void (*each)(struct app *app, const struct slash_row *row))
{
    size_t theirs, ours, i = 0, j = 0;
    const struct slash_row *daemon = slash_rows(&theirs), *local = local_commands(&ours);

    while (i < theirs || j < ours) {
        int order = i == theirs ? 1 : j == ours ? -1 : strcmp(daemon[i].name, local[j].name);

        each(app, order < 0 ? &daemon[i] : &local[j]);
        i += order <= 0;
        j += order >= 0;
    }
}

/* --- arguments --- */

static void offer_text(struct app *app, const char *text, const char *detail)
{
    char *clean = sanitise_line(detail, strlen(detail), DETAIL_MAX);

    completion_consider(app->ui.completion,
                        &(struct completion_item){.text = (char *)text, .detail = *clean ? clean : NULL});
    free(clean);
}

/* Members of a list that the daemon gave; names that are not clean are left out. */
static void offer_list(struct app *app, const json_t *list, const char *name, const char *detail)
{
    size_t i;
    json_t *item;

    json_array_foreach(list, i, item)
    {
        const char *text = jsonx_str(item, name, "");
        char *clean = sanitise_line(text, strlen(text), DETAIL_MAX);

        if (*text && strcmp(text, clean) == 0)
            offer_text(app, text, jsonx_str(item, detail, ""));
        free(clean);
    }
}

static void offer_expected(struct app *app, const struct slash_row *row, const char *word)
{
    if (strcmp(word, "SERVER") == 0) {
        offer_list(app, app_servers(app), "server", "state");
    } else if (strcmp(word, "NAME") == 0 && strcmp(row->name, "model") == 0) {
        offer_list(app, app_models(app), "id", "why");
    } else if (strcmp(word, "NAME") == 0 && strcmp(row->name, "theme") == 0) {
        for (enum theme theme = 0; theme < THEME_COUNT; theme++)
            offer_text(app, theme_name(theme), "");
    } else if (word[0] >= 'a' && word[0] <= 'z') {
        offer_text(app, word, "");
    }
}

static size_t expected(const struct app *app, const struct slash_row *row, size_t to,
                       char words[COMPLETION_ARGUMENTS_MAX][COMPLETION_WORD_MAX])
{
    size_t begin = strlen(row->name) + 1;
    const char *text = editor_text(app->ui.editor, NULL);

    return completion_expected(row->arguments, text + begin, to - begin, words);
}

static void offer_arguments(struct app *app, const struct completion_word *at)
{
    char words[COMPLETION_ARGUMENTS_MAX][COMPLETION_WORD_MAX];
    const struct slash_row *row = find_row(editor_text(app->ui.editor, NULL) + 1, at->command_len);
    size_t count = row ? expected(app, row, at->from, words) : 0;

    for (size_t i = 0; i < count; i++)
        offer_expected(app, row, words[i]);
}

/* --- files --- */

static void on_reading(uv_idle_t *idle)
{
    struct app *app = idle->data;
    struct offering *offering = app->offering;
    bool more = files_step(offering->files, SLICE_US);

    if (!more)
        uv_idle_stop(idle);
    if ((!more || clock_steady_ms() - offering->filled_at > REFILL_MS) && offering->wanted &&
        !completion_moved(app->ui.completion)) {
        fill(app);
        app_changed(app);
    }
}

static void read_files(struct app *app, const char *folder, enum files_how how)
{
    struct offering *offering = app->offering;
    bool same = files_is(offering->files, folder, how);

    if (same && (!files_done(offering->files) || clock_steady_ms() - offering->files_at < STALE_MS))
        return;
    files_open(offering->files, folder, how);
    offering->files_at = clock_steady_ms();
    if (files_step(offering->files, SLICE_US)) /* a small folder is there at once */
        uv_idle_start(&offering->reading, on_reading);
}

/* A path that is clean is shown as it is; another one with all that is in it, and cannot be taken. */
static void offer_path(struct app *app, const char *path)
{
    struct completion_item item = {.text = (char *)path, .goes_on = *path && path[strlen(path) - 1] == '/'};
    const char *odd = path;
    char detail[] = "has a name that cannot be attached";

    while (*odd >= ' ' && *odd < 0x7f)
        odd++;
    char *clean = *odd ? sanitise_line(path, strlen(path), REVEALED_MAX) : NULL;
    if (clean && strcmp(clean, path) != 0) {
        item.show = sanitise_text(path, strlen(path), SANITISE_REVEAL, REVEALED_MAX);
        item.detail = detail;
        item.refused = true;
    }
    completion_consider(app->ui.completion, &item);
    if (item.refused)
        free(item.show);
    free(clean);
}

/* What is typed of a path: its folder as typed ("~/src/", "" for the client's own), and the rest. */
static bool names_folder(const char *typed, size_t len, size_t *folder_len)
{
    *folder_len = 0;
    for (size_t i = 0; i < len; i++)
        if (typed[i] == '/')
            *folder_len = i + 1;
    return len > 0 && (typed[0] == '/' || typed[0] == '.' || (typed[0] == '~' && len > 1 && typed[1] == '/'));
}

static void offer_folder(struct app *app, const char *typed, size_t len, size_t folder_len)
{
    char *folder = xstrndup(typed, folder_len);
    bool hidden = folder_len < len && typed[folder_len] == '.';
    char *path = mention_path(folder);

    read_files(app, path, hidden ? FILES_HIDDEN : FILES_FOLDER);
    completion_begin(app->ui.completion, typed + folder_len, len - folder_len);
    for (size_t i = 0; i < files_count(app->offering->files); i++)
        offer_path(app, files_path(app->offering->files, i));
    completion_end(app->ui.completion);
    free(folder);
    free(path);
}

static void offer_files(struct app *app, const struct completion_word *at)
{
    const char *typed = editor_text(app->ui.editor, NULL) + at->filter;
    size_t len = at->to - at->filter, folder_len;
    struct files *files = app->offering->files;

    app->offering->filled_at = clock_steady_ms();
    if (names_folder(typed, len, &folder_len)) {
        offer_folder(app, typed, len, folder_len);
        return;
    }
    read_files(app, "", FILES_TREE);
    completion_begin(app->ui.completion, typed, len);
    for (size_t i = 0; i < files_count(files); i++)
        offer_path(app, files_path(files, i));
    completion_end(app->ui.completion);
}

/* --- the list --- */

/* Whether what is offered is for the draft as it is: what an editor, a refusal or a rewind puts there comes
 * without a word to app_complete. Closes it if not. */
static bool is_current(struct app *app)
{
    size_t len;
    const char *text = editor_text(app->ui.editor, &len);
    const struct completion_word *at = completion_at(app->ui.completion);
    struct completion_word now = completion_word(text, len, editor_cursor(app->ui.editor));

    if (len == app->offering->len && now.kind == at->kind && now.from == at->from && now.to == at->to)
        return true;
    completion_close(app->ui.completion);
    app->offering->wanted = false;
    return false;
}

static void fill(struct app *app)
{
    const struct completion_word *at = completion_at(app->ui.completion);
    const char *text = editor_text(app->ui.editor, NULL);

    if (!is_current(app))
        return;
    if (at->kind == COMPLETION_FILE) {
        offer_files(app, at);
        return;
    }
    completion_begin(app->ui.completion, text + at->filter, at->to - at->filter);
    if (at->kind == COMPLETION_COMMAND)
        app_each_command(app, offer_row);
    else if (at->kind == COMPLETION_ARGUMENT)
        offer_arguments(app, at);
    completion_end(app->ui.completion);
}

void app_complete_again(struct app *app)
{
    if (app->offering->wanted && !completion_moved(app->ui.completion))
        fill(app);
}

/* The mention that was typed by hand, and ends at the byte. */
static void take_typed(struct app *app, size_t at)
{
    struct offering *offering = app->offering;
    size_t len;
    const char *text = editor_text(app->ui.editor, &len);
    struct mention_word word;

    if (offering->hand != SIZE_MAX && mention_word(text, len, at, &word) && word.from == offering->hand)
        mentions_typed(app->ui.mentions, text, len, at);
    offering->hand = SIZE_MAX;
}

void app_complete_typed(struct app *app, uint32_t code)
{
    struct offering *offering = app->offering;
    size_t cursor = editor_cursor(app->ui.editor);
    bool blank = code == ' ' || code == '\t' || code == '\n';

    completion_typed(app->ui.completion);
    offering->typed = true;
    if (code == '@')
        offering->hand = cursor - 1;
    else if (blank && cursor > 0)
        take_typed(app, cursor - 1);
}

/* What came otherwise (a paste, an undo) is not typed. */
static void forget_hand(struct offering *offering, const char *text, size_t len, size_t cursor)
{
    bool changed = len != offering->len;

    if ((changed && !offering->typed) || offering->hand >= cursor || offering->hand >= len ||
        text[offering->hand] != '@')
        offering->hand = SIZE_MAX;
    offering->len = len;
    offering->typed = false;
}

void app_complete(struct app *app)
{
    struct offering *offering = app->offering;
    size_t len, cursor = editor_cursor(app->ui.editor);
    const char *text = editor_text(app->ui.editor, &len);

    mentions_sync(app->ui.mentions, text, len);
    forget_hand(offering, text, len, cursor);
    offering->wanted = completion_changed(app->ui.completion, text, len, cursor);
    if (offering->wanted)
        fill(app);
}

/* --- keys --- */

static void replace(struct app *app, const struct completion_word *at, const char *text, bool goes_on)
{
    struct completion_word word = *at; /* app_complete changes it */

    completion_close(app->ui.completion);
    if (!editor_replace(app->ui.editor, word.from, word.to, text, strlen(text)))
        app_say(app, true, "the message is full");
    if (goes_on)
        app_complete_typed(app, 0);
    app_complete(app);
}

/* A folder stays open to be gone into; a file is attached. */
static void take_file(struct app *app, const struct completion_word *at, const struct completion_item *item)
{
    const char *typed = editor_text(app->ui.editor, NULL) + at->filter;
    size_t folder_len;
    bool below = names_folder(typed, at->to - at->filter, &folder_len);
    char *path = xasprintf("%.*s%s", below ? (int)folder_len : 0, typed, item->text), error[512];
    char *token = mention_token(path), *text = NULL;

    if (!token || item->refused)
        app_say(app, true, "%s cannot be attached: its name has characters that a message cannot show",
                item->show ? item->show : path);
    else if (item->goes_on)
        text = xasprintf("%.*s", (int)(strlen(token) - (token[1] == '"')), token);
    else if (!mentions_add(app->ui.mentions, path, error))
        app_say(app, true, "%s", error);
    else
        text = xasprintf("%s ", token);
    bool goes_on = item->goes_on;
    if (text)
        replace(app, at, text, goes_on);
    free(path);
    free(token);
    free(text);
}

static void take(struct app *app)
{
    struct completion *completion = app->ui.completion;
    const struct completion_word *at = completion_at(completion);
    const struct completion_item *item = completion_item(completion, completion_selected(completion));
    char words[COMPLETION_ARGUMENTS_MAX][COMPLETION_WORD_MAX];

    if (at->kind == COMPLETION_FILE) {
        take_file(app, at, item);
        return;
    }
    bool goes_on = item->goes_on;
    char *text = xasprintf("%s%s", item->text, goes_on ? " " : "");
    bool argument = at->kind == COMPLETION_ARGUMENT;
    replace(app, at, text, goes_on);
    free(text);
    const char *draft = editor_text(app->ui.editor, NULL);
    const struct slash_row *row = argument ? find_row(draft + 1, strcspn(draft + 1, " ")) : NULL;
    if (row && expected(app, row, editor_cursor(app->ui.editor), words) > 0) {
        editor_insert(app->ui.editor, " ", 1);
        app_complete_typed(app, 0);
        app_complete(app);
    }
}

bool app_complete_act(struct app *app, enum action action)
{
    struct completion *completion = app->ui.completion;

    if (!is_current(app))
        return false;
    if (action == ACTION_ACCEPT)
        take(app);
    else if (action == ACTION_NEXT || action == ACTION_PREVIOUS)
        completion_move(completion, action == ACTION_NEXT ? 1 : -1);
    else if (action == ACTION_CLOSE)
        completion_dismiss(completion, editor_text(app->ui.editor, NULL));
    else
        return false;
    return true;
}

bool app_complete_enter(struct app *app)
{
    struct completion *completion = app->ui.completion;
    const struct completion_word *at = completion_at(completion);
    const char *text = editor_text(app->ui.editor, NULL);
    bool open = completion_open(completion) && is_current(app), moved = completion_moved(completion);

    if (open && (moved || (at->kind == COMPLETION_COMMAND && !find_row(text + 1, at->to - 1)))) {
        take(app);
        return true;
    }
    take_typed(app, editor_cursor(app->ui.editor));
    return false;
}

/* --- beginning and end --- */

void app_complete_open(struct app *app)
{
    struct offering *offering = xcalloc(1, sizeof *offering);

    app->offering = offering;
    offering->files = files_new();
    offering->hand = SIZE_MAX;
    uv_idle_init(&app->loop, &offering->reading);
    offering->reading.data = app;
}

void app_complete_close(struct app *app)
{
    struct offering *offering = app->offering;

    files_free(&offering->files);
    free(offering);
    app->offering = NULL;
}
