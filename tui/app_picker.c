/* Pickers: what they offer, and what choosing does. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/app_private.h"
#include "tui/editing.h"
#include "tui/terminal/theme.h"
#include "tui/view.h"
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MAX = 400,       /* bytes of an item */
    LIVE_MAX = 500,       /* up to so many sessions the list is made anew with each change */
    NEAR_END = 20,        /* rows: from here on the next page of sessions is asked for */
    PAGE_LESS = 6,        /* rows of the screen that are not the list's */
    FILTER_PAGES_MAX = 10 /* pages of sessions that a filter brings by itself */
};

enum tag { TAG_NONE, TAG_HERE, TAG_COMMAND, TAG_ACTION, TAG_MODEL, TAG_SESSION };

static char *line(const char *text)
{
    return sanitise_line(text, strlen(text), TEXT_MAX);
}

/* --- sessions --- */

static void age(int64_t wall_ms, char out[16])
{
    int64_t minutes = (clock_wall_ms() - wall_ms) / 60000;

    if (wall_ms <= 0)
        out[0] = '\0';
    else if (minutes < 1)
        snprintf(out, 16, "now");
    else if (minutes < 60)
        snprintf(out, 16, "%d min", (int)minutes);
    else if (minutes < 48 * 60)
        snprintf(out, 16, "%d h", (int)(minutes / 60));
    else
        snprintf(out, 16, "%d d", (int)(minutes / (24 * 60)) % 100000);
}

static struct picker_item session_item(const struct app *app, size_t index)
{
    const struct session_row *row = sessions_at(app->ui.sessions, index);
    struct session_look look = session_row_look(row);
    char when[16];

    age(row->activity, when);
    return (struct picker_item){.glyph = look.glyph,
                                .word = *look.word ? look.word : "idle",
                                .style = look.style,
                                .number = index < 9 ? (int)index + 1 : 0,
                                .tag = strcmp(row->id, app->ui.session) == 0 ? TAG_HERE : TAG_NONE,
                                .id = xstrdup(row->id),
                                .text = xstrdup(row->title),
                                .detail = xstrdup(row->model),
                                .note = xstrdup(when)};
}

/* Those that need a person first. */
static void fill_sessions(struct app *app)
{
    size_t count = sessions_count(app->ui.sessions);

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < count; i++)
            if (session_row_asks(sessions_at(app->ui.sessions, i)) == (pass == 0))
                picker_add(app->ui.picker, session_item(app, i));
}

static void choose_session(struct app *app, const struct picker_item *item)
{
    if (item) {
        app_switch(app, item->id);
        return;
    }
    char *title = xstrdup(editor_text(picker_filter(app->ui.picker), NULL));
    app_new_session(app, title);
    free(title);
}

/* --- what was sent --- */

struct gathering {
    struct app *app;
    const char *skip; /* a session that is in the list already */
};

static bool is_known(const struct kept *kept, size_t index)
{
    for (size_t i = index + 1; i < kept->sent_count; i++)
        if (strcmp(kept->sent[i].text, kept->sent[index].text) == 0)
            return true;
    return false;
}

/* Newest first; the text itself is the item's id. */
static void add_sent(struct app *app, const char *session, const struct kept *kept)
{
    size_t at = sessions_find(app->ui.sessions, session);
    bool here = strcmp(session, app->ui.session) == 0, listed = at < sessions_count(app->ui.sessions);

    for (size_t i = kept->sent_count; i-- > 0;) {
        char when[16];

        if (is_known(kept, i))
            continue;
        age(kept->sent[i].ts, when);
        picker_add(app->ui.picker,
                   (struct picker_item){
                       .id = xstrdup(kept->sent[i].text),
                       .text = line(kept->sent[i].text),
                       .detail = here || !listed ? NULL : xstrdup(sessions_at(app->ui.sessions, at)->title),
                       .note = xstrdup(when)});
    }
}

static void each_sent(void *arg, const char *session, const struct kept *kept)
{
    const struct gathering *gathering = arg;

    if (strcmp(session, gathering->skip) != 0)
        add_sent(gathering->app, session, kept);
}

static void fill_history(struct app *app)
{
    const struct keep *keep = app_kept(app);
    struct gathering gathering = {.app = app, .skip = app->ui.session};
    struct kept kept;
    char error[256];

    if (!keep)
        return;
    keep_load(keep, app->ui.session, &kept, error);
    add_sent(app, app->ui.session, &kept);
    kept_clear(&kept);
    keep_all(keep, each_sent, &gathering);
}

/* What stood in the draft is in its history then, and an undo away. */
static void put_in_draft(struct app *app, const char *text)
{
    struct editor *editor = app->ui.editor;

    if (!editor_empty(editor))
        editor_remember(editor, editor_text(editor, NULL));
    if (!editor_set(editor, text, strlen(text)))
        app_say(app, true, "that does not fit into a message");
    app_complete(app);
}

/* --- models and themes --- */

static void fill_models(struct app *app)
{
    const char *used = app->ui.state ? app->ui.state->model : "";
    size_t i;
    json_t *model;

    json_array_foreach(app_models(app), i, model)
    {
        const char *id = jsonx_str(model, "id", "");
        bool ready = jsonx_bool(model, "ready", false);

        picker_add(app->ui.picker, (struct picker_item){.glyph = ready ? "✓" : "✗",
                                                        .word = ready ? "ready" : "not yet",
                                                        .style = ready ? STYLE_GOOD : STYLE_WARNING,
                                                        .tag = strcmp(id, used) == 0 ? TAG_HERE : TAG_NONE,
                                                        .id = xstrdup(id),
                                                        .text = line(id),
                                                        .detail = line(jsonx_str(model, "why", ""))});
    }
}

static void fill_themes(struct app *app)
{
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        picker_add(app->ui.picker, (struct picker_item){.id = xstrdup(theme_name(theme)),
                                                        .text = xstrdup(theme_name(theme))});
}

/* One that waits for a name after it goes into the draft. */
static void choose_model(struct app *app, const char *id)
{
    char *text = xasprintf("/model %s", id);

    if (*id && id[strlen(id) - 1] == '/')
        put_in_draft(app, text);
    else
        app_run_command(app, text);
    free(text);
}

static void run_command(struct app *app, const char *name, const char *argument)
{
    char *text = xasprintf("/%s%s%s", name, *argument ? " " : "", argument);

    app_run_command(app, text);
    free(text);
}

/* --- the palette --- */

static void add_command(struct app *app, const struct slash_row *row)
{
    picker_add(app->ui.picker,
               (struct picker_item){.tag = TAG_COMMAND,
                                    .id = xasprintf("/%s%s", row->name, *row->arguments ? " " : ""),
                                    .text = xasprintf("/%s", row->name),
                                    .detail = xstrdup(row->summary),
                                    .note = line(row->arguments)});
}

/* Moving and deleting in the draft by way of a list would be of no use; these stand last. */
static bool is_for_list(const struct binding *row)
{
    return (row->context == CONTEXT_CHAT || row->context == CONTEXT_PREFIX) && row->help &&
           row->action < ACTION_LEFT && row->action != ACTION_PREFIX && row->action != ACTION_SWITCH &&
           row->action != ACTION_PALETTE && row->action != ACTION_SEND && row->action != ACTION_NEWLINE;
}

static void add_actions(struct app *app)
{
    size_t count;
    const struct binding *rows = keymap_rows(&count);
    char key[KEYMAP_NAME_MAX], prefix[KEYMAP_NAME_MAX];

    keymap_key_of(CONTEXT_CHAT, ACTION_PREFIX, prefix);
    for (size_t i = 0; i < count; i++) {
        if (!is_for_list(&rows[i]))
            continue;
        bool after = rows[i].context == CONTEXT_PREFIX;
        keymap_name(rows[i].code, rows[i].mods, key);
        picker_add(app->ui.picker, (struct picker_item){.tag = TAG_ACTION,
                                                        .id = xasprintf("%d", (int)rows[i].action),
                                                        .text = line(rows[i].help),
                                                        .note = xasprintf("%s%s%s", after ? prefix : "",
                                                                          after ? " " : "", key)});
    }
}

static void add_models(struct app *app)
{
    size_t i;
    json_t *model;

    json_array_foreach(app_models(app), i, model)
    {
        char *id = line(jsonx_str(model, "id", ""));

        picker_add(app->ui.picker, (struct picker_item){.tag = TAG_MODEL,
                                                        .id = xstrdup(jsonx_str(model, "id", "")),
                                                        .text = xasprintf("model %s", id),
                                                        .detail = line(jsonx_str(model, "why", ""))});
        free(id);
    }
}

static void add_sessions(struct app *app)
{
    for (size_t i = 0; i < sessions_count(app->ui.sessions); i++) {
        const struct session_row *row = sessions_at(app->ui.sessions, i);
        struct session_look look = session_row_look(row);

        picker_add(
            app->ui.picker,
            (struct picker_item){.tag = TAG_SESSION,
                                 .id = xstrdup(row->id),
                                 .text = xasprintf("session %s", row->title),
                                 .detail = xasprintf("%s %s", look.glyph, *look.word ? look.word : "idle")});
    }
}

static void fill_palette(struct app *app)
{
    app_each_command(app, add_command);
    add_actions(app);
    add_models(app);
    add_sessions(app);
}

static void choose_in_palette(struct app *app, const struct picker_item *item)
{
    char *id = xstrdup(item->id); /* what is done may change the list */
    bool goes_on = id[strlen(id) - 1] == ' ';

    if (item->tag == TAG_SESSION) {
        app_switch(app, id);
    } else if (item->tag == TAG_MODEL) {
        choose_model(app, id);
    } else if (item->tag == TAG_ACTION) {
        app_act(app, (enum action)strtol(id, NULL, 10));
    } else if (!goes_on) {
        app_run_command(app, id);
    } else {
        put_in_draft(app, id);
        app_complete_typed(app, 0);
        app_complete(app);
    }
    free(id);
}

/* --- all kinds --- */

static void fill(struct app *app)
{
    enum picker_kind kind = picker_kind(app->ui.picker);

    picker_begin(app->ui.picker);
    if (kind == PICKER_SESSIONS)
        fill_sessions(app);
    else if (kind == PICKER_HISTORY)
        fill_history(app);
    else if (kind == PICKER_MODELS)
        fill_models(app);
    else if (kind == PICKER_THEMES)
        fill_themes(app);
    else
        fill_palette(app);
    picker_end(app->ui.picker);
}

/* A choice begins with what is so now. */
static void select_here(struct app *app)
{
    for (size_t i = 0; i < picker_count(app->ui.picker); i++) {
        const struct picker_item *item = picker_row(app->ui.picker, i).item;

        if (item && item->tag == TAG_HERE)
            picker_select(app->ui.picker, i);
    }
}

void app_open_picker(struct app *app, enum picker_kind kind)
{
    static const char *const headings[] = {[PICKER_PALETTE] = "palette",
                                           [PICKER_SESSIONS] = "sessions",
                                           [PICKER_HISTORY] = "sent before",
                                           [PICKER_MODELS] = "models",
                                           [PICKER_THEMES] = "themes"};

    picker_open(app->ui.picker, kind, headings[kind]);
    if (kind == PICKER_SESSIONS)
        picker_offer(app->ui.picker, "new session");
    fill(app);
    if (kind == PICKER_MODELS)
        select_here(app);
    app->ui.overlay = OVERLAY_PICKER;
    app_changed(app);
}

/* A filter looks through sessions that are not listed yet, and so does who comes near the end. */
static void want_more_sessions(struct app *app)
{
    const struct picker *picker = app->ui.picker;
    bool filtered = !editor_empty(picker_filter(picker));
    size_t total = picker_total(picker);

    if ((filtered && total < FILTER_PAGES_MAX * 100) || picker_selected(picker) + NEAR_END >= total)
        app_load_more_sessions(app);
}

void app_sync_picker(struct app *app)
{
    struct picker *picker = app->ui.picker;
    size_t count = sessions_count(app->ui.sessions);
    enum picker_kind kind = picker_kind(picker);

    if (app->ui.overlay != OVERLAY_PICKER)
        return;
    if (kind == PICKER_SESSIONS) {
        if (count <= LIVE_MAX || count != picker_total(picker))
            fill(app);
        want_more_sessions(app);
    }
}

void app_picker_models(struct app *app)
{
    enum picker_kind kind = picker_kind(app->ui.picker);

    bool first = picker_total(app->ui.picker) == 0;
    if (app->ui.overlay != OVERLAY_PICKER || (kind != PICKER_MODELS && kind != PICKER_PALETTE))
        return;
    fill(app);
    if (first)
        select_here(app);
}

static void choose(struct app *app)
{
    struct picker *picker = app->ui.picker;
    const struct picker_item *item = picker_row(picker, picker_selected(picker)).item;
    enum picker_kind kind = picker_kind(picker);

    if (picker_count(picker) == 0)
        return;
    app->ui.overlay = OVERLAY_NONE;
    if (kind == PICKER_SESSIONS)
        choose_session(app, item);
    else if (kind == PICKER_HISTORY)
        put_in_draft(app, item->id);
    else if (kind == PICKER_MODELS)
        choose_model(app, item->id);
    else if (kind == PICKER_THEMES)
        run_command(app, "theme", item->id);
    else
        choose_in_palette(app, item);
}

/* --- keys --- */

static void insert(struct app *app, const char *text, size_t len)
{
    struct editor *filter = picker_filter(app->ui.picker);
    size_t have;
    char *clean = sanitise_line(text, len, PICKER_FILTER_MAX);

    editor_text(filter, &have);
    if (have + strlen(clean) <= PICKER_FILTER_MAX)
        editor_insert(filter, clean, strlen(clean));
    free(clean);
    picker_filtered(app->ui.picker);
}

static void edit(struct app *app, enum action action)
{
    if (editing_act(picker_filter(app->ui.picker), action, false) > EDITING_MOVED)
        picker_filtered(app->ui.picker);
}

static void click(struct app *app, const struct key_event *event)
{
    size_t row =
        view_picker_at(&app->ui, screen_rows(app->screen), screen_cols(app->screen), event->y, event->x);

    if (row >= picker_count(app->ui.picker))
        return;
    picker_select(app->ui.picker, row);
    choose(app);
}

void app_picker_key(struct app *app, const struct key_event *event, enum action action)
{
    struct picker *picker = app->ui.picker;
    long page = screen_rows(app->screen) - PAGE_LESS;
    char bytes[4];

    page = page > 1 ? page : 1;
    if (event->code == KEY_PASTE)
        insert(app, event->text, event->len);
    else if (event->code == KEY_CLICK)
        click(app, event);
    else if (event->code >= ' ' && event->code < 0x110000 && event->mods == 0)
        insert(app, bytes, utf8_encode(event->code, bytes));
    else if (action == ACTION_CHOOSE)
        choose(app);
    else if (action == ACTION_CLOSE)
        app->ui.overlay = OVERLAY_NONE;
    else if (action == ACTION_NEXT || action == ACTION_PREVIOUS)
        picker_move(picker, action == ACTION_NEXT ? 1 : -1);
    else if (action == ACTION_PAGE_DOWN || action == ACTION_PAGE_UP)
        picker_move(picker, action == ACTION_PAGE_DOWN ? page : -page);
    else
        edit(app, keymap_find(CONTEXT_CHAT, event->code, event->mods, false));
}
