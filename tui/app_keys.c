/* From keys to what they do. */
#include "shared/buf.h"
#include "shared/clock.h"
#include "shared/err.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "tui/app_private.h"
#include "tui/editing.h"
#include "tui/view.h"
#include <stdlib.h>
#include <string.h>

enum {
    WHEEL_LINES = 3,
    CANCEL_MS = 3000, /* a second ^C within that time quits */
    NOTICE_MS = 2000, /* a notice is shown at least that long; the next key takes it away */
    NOTICE_BAD_MS = 6000,
    TYPING_MS = 3000 /* without a key for that long, one is not typing any more */
};

/* --- the draft --- */

static void on_typing_over(uv_timer_t *timer)
{
    app_tell_typing(timer->data, false);
}

static void edited(struct app *app)
{
    app_complete(app);
    if (editor_empty(app->ui.editor)) {
        app_tell_typing(app, false);
        return;
    }
    app_tell_typing(app, true);
    uv_update_time(&app->loop);
    uv_timer_start(&app->typing, on_typing_over, TYPING_MS, 0);
}

/* Terminals send a pasted newline as Enter. */
static void put_with_newlines(struct buf *out, const char *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        const char *enter = memchr(text + at, '\r', len - at);
        size_t end = enter ? (size_t)(enter - text) : len;

        buf_put(out, text + at, end - at);
        at = end + (enter != NULL);
        if (enter && (at == len || text[at] != '\n'))
            buf_putc(out, '\n');
    }
}

/* All of it, or nothing. */
static void paste(struct app *app, const struct key_event *event)
{
    struct sanitise sanitise;
    struct buf text, clean;
    size_t draft;

    editor_text(app->ui.editor, &draft);
    buf_init(&text, KEYS_PASTE_MAX);
    put_with_newlines(&text, event->text, event->len);
    sanitise_init(&sanitise, SANITISE_STRIP);
    buf_init(&clean, (size_t)KEYS_PASTE_MAX * 4);
    sanitise_feed(&sanitise, text.data, text.len, &clean);
    sanitise_end(&sanitise, &clean);
    buf_free(&text);
    if (event->total > event->len || !editor_insert(app->ui.editor, clean.data, clean.len))
        app_say(app, true,
                "nothing was inserted: %zu KiB were pasted to a draft of %zu KiB, a message takes %d",
                (event->total + 1023) >> 10, (draft + 1023) >> 10, EDITOR_TEXT_MAX >> 10);
    else if (sanitise.hidden > 0)
        app_say(app, false, "%u control or invisible characters were left out", sanitise.hidden);
    buf_free(&clean);
    edited(app);
}

static void insert_char(struct app *app, uint32_t code)
{
    char bytes[4];
    struct sanitise sanitise;
    struct buf clean;

    /* A mark is clean only after the character that it belongs to: let the sanitiser see one. */
    sanitise_init(&sanitise, SANITISE_STRIP);
    buf_init(&clean, 64);
    sanitise_feed(&sanitise, "x", 1, &clean);
    sanitise_feed(&sanitise, bytes, utf8_encode(code, bytes), &clean);
    sanitise_end(&sanitise, &clean);
    if (!editor_insert(app->ui.editor, clean.data + 1, clean.len - 1))
        app_say(app, true, "the message is full: it takes %d KiB", EDITOR_TEXT_MAX >> 10);
    buf_free(&clean);
    app_complete_typed(app, code);
    edited(app);
}

/* True if the action is one of the draft's. */
static bool edit(struct app *app, enum action action)
{
    struct editor *editor = app->ui.editor;
    enum editing did = editing_act(editor, action, true);

    if (did == EDITING_DELETED)
        app_complete_typed(app, 0);
    if (did == EDITING_MOVED)
        app_complete(app);
    else if (did != EDITING_NOTHING)
        edited(app);
    if (did != EDITING_NOTHING)
        return true;
    if (action == ACTION_NEWLINE) {
        editor_insert(editor, "\n", 1);
        app_complete_typed(app, '\n');
    } else if (action == ACTION_YANK)
        editor_yank(editor);
    else if (action == ACTION_UNDO)
        editor_undo(editor);
    else if (action == ACTION_REDO)
        editor_redo(editor);
    else
        return false;
    edited(app);
    return true;
}

/* --- scrolling and overlays --- */

static bool scroll(struct app *app, enum action action)
{
    struct list *list = app->ui.list;
    bool empty = editor_empty(app->ui.editor);

    switch (action) {
    case ACTION_PAGE_UP:
        list_page(list, -1);
        return true;
    case ACTION_PAGE_DOWN:
        list_page(list, 1);
        return true;
    case ACTION_WHEEL_UP:
        list_scroll(list, -WHEEL_LINES);
        return true;
    case ACTION_WHEEL_DOWN:
        list_scroll(list, WHEEL_LINES);
        return true;
    case ACTION_TOP:
        list_home(list);
        return true;
    case ACTION_FOLLOW:
        list_follow(list);
        return true;
    case ACTION_LINE_OR_TOP:
        if (empty)
            list_home(list);
        else
            editor_move(app->ui.editor, EDITOR_LINE_START);
        return true;
    case ACTION_LINE_OR_FOLLOW:
        if (empty || !list_following(list))
            list_follow(list);
        else
            editor_move(app->ui.editor, EDITOR_LINE_END);
        return true;
    case ACTION_FOLD:
        list_toggle_folds(list);
        return true;
    default:
        return false;
    }
}

static void move_by(size_t *value, long step, size_t last)
{
    if (step < 0)
        *value = *value > (size_t)-step ? *value - (size_t)-step : 0;
    else
        *value = *value + (size_t)step < last ? *value + (size_t)step : last;
}

static long overlay_step(const struct app *app, enum action action)
{
    long page = screen_rows(app->screen) - 5;

    return action == ACTION_NEXT        ? 1
           : action == ACTION_PREVIOUS  ? -1
           : action == ACTION_PAGE_DOWN ? (page > 1 ? page : 1)
           : action == ACTION_PAGE_UP   ? (page > 1 ? -page : -1)
                                        : 0;
}

/* True if the action is the overlay's own. */
static bool in_overlay(struct app *app, enum action action)
{
    struct ui *ui = &app->ui;
    long step = overlay_step(app, action);

    if (step != 0 && ui->overlay != OVERLAY_HELP)
        move_by(&ui->scroll, step,
                view_page_overflow(ui, screen_rows(app->screen), screen_cols(app->screen)));
    else if (step != 0)
        move_by(&ui->scroll, step,
                view_help_overflow(ui, screen_rows(app->screen), screen_cols(app->screen)));
    else if (action == ACTION_CLOSE)
        ui->overlay = OVERLAY_NONE;
    else if (action == ACTION_CONFIRM && ui->overlay == OVERLAY_CONFIRM)
        app_confirmed(app);
    else
        return false;
    return true;
}

static void open_help(struct app *app)
{
    app->ui.overlay = OVERLAY_HELP;
    app->ui.scroll = 0;
}

/* --- actions --- */

static void cancel(struct app *app)
{
    struct editor *editor = app->ui.editor;
    int64_t now = clock_steady_ms();

    if (app->last_cancel && now - app->last_cancel < CANCEL_MS) {
        if (app->cancelled) /* who leaves at once wanted to leave, not to throw away */
            editor_undo(editor);
        app_quit(app, EXIT_OK, NULL);
        return;
    }
    app->cancelled = !editor_empty(editor);
    if (editor_empty(editor)) {
        app_say(app, false, "^C once more quits");
    } else {
        editor_remember(editor, editor_text(editor, NULL));
        editor_set(editor, "", 0);
        edited(app);
        app_say(app, false, "draft cleared, ↑ brings it back; ^C once more quits and keeps it");
    }
    app->last_cancel = now;
}

void app_toggle_mouse(struct app *app)
{
    app->ui.mouse = !app->ui.mouse;
    screen_set_mouse(app->screen, app->ui.mouse);
    app_say(app, false,
            app->ui.mouse ? "mouse on: the wheel scrolls" : "mouse off: select text with the terminal");
}

static void switch_to_number(struct app *app, size_t index)
{
    if (index < sessions_count(app->ui.sessions))
        app_switch(app, sessions_at(app->ui.sessions, index)->id);
}

/* Esc: the turn that runs comes first. */
static void interrupt_or_browse(struct app *app)
{
    const struct state *state = app->ui.state;

    if (state && state->run != RUN_IDLE)
        app_interrupt(app);
    else if (editor_empty(app->ui.editor))
        app_browse(app);
}

static void act(struct app *app, enum action action, const struct key_event *event)
{
    switch (action) {
    case ACTION_SEND:
        if (!app_complete_enter(app))
            app_send(app);
        break;
    case ACTION_INTERRUPT:
        interrupt_or_browse(app);
        break;
    case ACTION_BROWSE:
        app_browse(app);
        break;
    case ACTION_PALETTE:
        app_open_picker(app, PICKER_PALETTE);
        break;
    case ACTION_HISTORY:
        app_open_picker(app, PICKER_HISTORY);
        break;
    case ACTION_CANCEL:
        cancel(app);
        break;
    case ACTION_QUIT:
        app_quit(app, EXIT_OK, NULL);
        break;
    case ACTION_PREFIX:
        app->ui.prefix = true;
        break;
    case ACTION_SWITCHER:
        app_load_sessions(app);
        app_open_picker(app, PICKER_SESSIONS);
        break;
    case ACTION_NEW:
        app_new_session(app, "");
        break;
    case ACTION_SWITCH:
        switch_to_number(app, keymap_position(CONTEXT_CHAT, event->code, event->mods));
        break;
    case ACTION_ASKING:
        app_go_asking(app);
        break;
    case ACTION_EDITOR:
        app_edit_outside(app);
        break;
    case ACTION_REDRAW:
        screen_resize(app->screen);
        break;
    case ACTION_SUSPEND:
        app_suspend(app);
        break;
    case ACTION_MOUSE:
        app_toggle_mouse(app);
        break;
    case ACTION_HELP:
        open_help(app);
        break;
    default:
        if (!scroll(app, action) && !app_browse_act(app, action))
            edit(app, action);
        break;
    }
}

void app_act(struct app *app, enum action action)
{
    static const struct key_event no_key;

    act(app, action, &no_key);
}

/* What works while an overlay is shown, beside its own keys. */
static bool works_everywhere(enum action action)
{
    return action == ACTION_REDRAW || action == ACTION_SUSPEND || action == ACTION_SWITCH ||
           action == ACTION_MOUSE || action == ACTION_ASKING || action == ACTION_PREFIX ||
           action == ACTION_HELP;
}

static enum action find_action(const struct app *app, const struct key_event *event)
{
    static const enum context contexts[] = {[OVERLAY_NONE] = CONTEXT_CHAT,
                                            [OVERLAY_PICKER] = CONTEXT_PICKER,
                                            [OVERLAY_HELP] = CONTEXT_PAGE,
                                            [OVERLAY_PAGE] = CONTEXT_PAGE,
                                            [OVERLAY_CONFIRM] = CONTEXT_CONFIRM};
    enum context context = app->ui.overlay == OVERLAY_NONE && browse_on(app->ui.browse)
                               ? CONTEXT_BROWSE
                               : contexts[app->ui.overlay];
    bool empty = editor_empty(app->ui.editor);
    enum action action = keymap_find(context, event->code, event->mods, empty);

    if (action == ACTION_NONE && context != CONTEXT_CHAT) {
        action = keymap_find(CONTEXT_CHAT, event->code, event->mods, empty);
        return works_everywhere(action) ? action : ACTION_NONE;
    }
    return action;
}

static void click(struct app *app, const struct key_event *event)
{
    size_t index =
        view_session_at(&app->ui, screen_rows(app->screen), screen_cols(app->screen), event->y, event->x);

    if (index < sessions_count(app->ui.sessions))
        app_switch(app, sessions_at(app->ui.sessions, index)->id);
    else
        app_browse_click(app, event);
}

static void forget_notice(struct app *app)
{
    int64_t shown = clock_steady_ms() - app->notice_at;

    if (app->ui.notice && shown > (app->ui.notice_bad ? NOTICE_BAD_MS : NOTICE_MS)) {
        free(app->ui.notice);
        app->ui.notice = NULL;
    }
}

/* True if the key was for what is shown above the chat, or for browsing. */
static bool in_mode(struct app *app, const struct key_event *event, enum action action)
{
    if (works_everywhere(action) && action != ACTION_HELP)
        return false;
    if (app->ui.overlay == OVERLAY_PICKER)
        app_picker_key(app, event, action);
    else if (app->ui.overlay == OVERLAY_NONE && browse_on(app->ui.browse))
        app_browse_key(app, event, action);
    else
        return app->ui.overlay != OVERLAY_NONE && in_overlay(app, action);
    return true;
}

static void key(struct app *app, const struct key_event *event)
{
    bool chat = app->ui.overlay == OVERLAY_NONE;

    if (event->code == KEY_FOCUS_IN || event->code == KEY_FOCUS_OUT)
        app_focus(app, event->code == KEY_FOCUS_IN);
    if (event->code == KEY_FOCUS_IN || event->code == KEY_FOCUS_OUT || event->code == KEY_REPLY ||
        event->code == KEY_UNKNOWN)
        return;
    app_notify_key(app);
    if (app_stop_work(app)) {
        app_panel_wait(app);
        return;
    }
    forget_notice(app);
    if (app->ui.prefix) {
        app->ui.prefix = false;
        act(app, keymap_find(CONTEXT_PREFIX, event->code, event->mods, true), event);
        return;
    }
    if (chat && app_panel_key(app, event))
        return;
    if (chat && completion_open(app->ui.completion) && !browse_on(app->ui.browse) &&
        app_complete_act(app, keymap_find(CONTEXT_COMPLETION, event->code, event->mods, false)))
        return;
    enum action action = find_action(app, event);
    if (action != ACTION_CANCEL)
        app->last_cancel = 0;
    if (in_mode(app, event, action))
        return;
    if (action != ACTION_NONE)
        act(app, action, event);
    else if (event->code == KEY_CLICK)
        click(app, event);
    else if (chat && event->code == KEY_PASTE)
        paste(app, event);
    else if (chat && event->code >= ' ' && event->code < 0x110000 && event->mods == 0)
        insert_char(app, event->code);
}

static void on_escape(uv_timer_t *timer)
{
    app_keys(timer->data, true);
}

void app_keys(struct app *app, bool waited)
{
    struct key_event event;
    bool any = false;

    while (!app->quit && !app->outside && keys_next(app->keys, &event, waited)) {
        app_sync(app);
        key(app, &event);
        any = true;
    }
    int wait = keys_wait_ms(app->keys);
    uv_update_time(&app->loop);
    if (wait > 0 && !app->quit && !app->outside)
        uv_timer_start(&app->escape, on_escape, (uint64_t)wait, 0);
    else
        uv_timer_stop(&app->escape);
    if (any && !app->quit)
        app_draw(app);
}
