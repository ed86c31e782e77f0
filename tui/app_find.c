/* Searching in the messages, and loading older ones for it: page by page, until there is a hit, the oldest
 * message, or a key. */
#include "shared/clock.h"
#include "tui/app_private.h"

enum { NOTICED_MS = 300 }; /* until then nobody has read that a key stops it */

static void go_on(struct app *app);

/* --- loading --- */

static void say_progress(struct app *app)
{
    const struct state *state = app->ui.state;
    unsigned long long have = state->message_count, total = state->messages_total;
    const char *text = browse_text(app->ui.browse);

    if (app->hunt == HUNT_TEXT && text)
        app_say(app, false, "searching \"%s\": %llu of %llu messages so far; any key stops", text, have,
                total);
    else if (app->hunt != HUNT_CURSOR)
        app_say(app, false, "loading: %llu of %llu messages so far; any key stops", have, total);
}

static void end_hunt(struct app *app)
{
    app->hunt = HUNT_NOTHING;
}

void app_hunt(struct app *app, enum app_hunt hunt)
{
    app->hunt = hunt;
    app->work_at = clock_steady_ms();
    go_on(app);
}

bool app_stop_work(struct app *app)
{
    bool hunted = app->hunt != HUNT_NOTHING && app->hunt != HUNT_CURSOR;
    bool spooled = app->spool && spool_busy(app->spool);

    if (clock_steady_ms() - app->work_at < NOTICED_MS)
        return false;
    if (spooled)
        spool_cancel(app->spool);
    if (hunted)
        end_hunt(app);
    if (hunted || spooled)
        app_say(app, false, "stopped");
    return hunted || spooled;
}

/* --- hits --- */

static void say_none(struct app *app)
{
    app_say(app, true, "\"%s\" is nowhere in this session", browse_text(app->ui.browse));
}

/* From the other end on, once all messages are loaded. */
static void find_around(struct app *app, bool down)
{
    struct list_search search = {.needle = browse_needle(app->ui.browse), .down = down, .unfold = true};

    search.from = LIST_FROM_EDGE;
    if (!list_cursor_find(app->ui.list, &search))
        say_none(app);
    else
        app_say(app, false,
                down ? "no hit below: on from the oldest message"
                     : "no hit above: on from the newest message");
}

void app_find(struct app *app, bool down)
{
    struct list_search search = {.needle = browse_needle(app->ui.browse), .down = down, .unfold = true};

    search.from = LIST_FROM_NEXT;
    if (!search.needle)
        app_say(app, false, "nothing is searched yet: / asks for a text");
    else if (list_cursor_find(app->ui.list, &search))
        return;
    else if (app_has_older(app))
        app_hunt(app, down ? HUNT_TEXT_AROUND : HUNT_TEXT);
    else
        find_around(app, down);
}

/* --- what came --- */

/* True if what is hunted for is there, and was gone to. */
static bool is_there(struct app *app)
{
    struct list_search search = {.needle = browse_needle(app->ui.browse), .unfold = true};

    search.from = LIST_FROM_NEXT;
    switch (app->hunt) {
    case HUNT_TEXT:
        if (!search.needle || !list_cursor_find(app->ui.list, &search))
            return !search.needle;
        app_say(app, false, "found in the older messages");
        return true;
    case HUNT_CURSOR:
        return !list_cursor_lost(app->ui.list);
    default:
        return false;
    }
}

/* All is loaded. */
static void arrive(struct app *app, enum app_hunt hunt)
{
    if (hunt == HUNT_OLDEST) {
        list_home(app->ui.list);
        app_say(app, false, "the oldest message");
    } else if (hunt == HUNT_TEXT || hunt == HUNT_TEXT_AROUND) {
        find_around(app, hunt == HUNT_TEXT_AROUND);
    } else if (hunt == HUNT_CHANGE) {
        app_ask_again(app);
    }
}

static void go_on(struct app *app)
{
    enum app_hunt hunt = app->hunt;

    if (is_there(app)) {
        end_hunt(app);
    } else if (app_fetch_older(app)) {
        say_progress(app);
    } else {
        end_hunt(app);
        arrive(app, hunt);
    }
}

void app_older_loaded(struct app *app)
{
    if (app->hunt != HUNT_NOTHING)
        go_on(app);
}

/* --- typing --- */

/* While it is typed only what is loaded is searched, from where it began, and nothing is unfolded. */
static void typed(struct app *app)
{
    struct list_search search = {.needle = browse_needle(app->ui.browse), .from = LIST_FROM_HERE};

    list_cursor_back(app->ui.list);
    if (search.needle)
        list_cursor_find(app->ui.list, &search);
}

static void typed_all(struct app *app)
{
    struct list_search search = {
        .needle = browse_needle(app->ui.browse), .from = LIST_FROM_HERE, .unfold = true};

    list_cursor_back(app->ui.list);
    if (search.needle && !list_cursor_find(app->ui.list, &search))
        app_find(app, false);
}

void app_find_key(struct app *app, const struct key_event *event)
{
    switch (browse_type(app->ui.browse, event)) {
    case BROWSE_CHANGED:
        typed(app);
        break;
    case BROWSE_DONE:
        typed_all(app);
        break;
    case BROWSE_LEFT:
        list_cursor_back(app->ui.list);
        break;
    case BROWSE_NOTHING:
        break;
    }
}
