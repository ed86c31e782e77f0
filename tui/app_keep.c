/* Drafts and what was sent, on disk: written a second after the first change that is not yet there, and when
 * a session is left, so that whatever ends the client costs at most that second. A thread writes, one file at
 * a time: a long draft must not hold up keys. What was sent and is not acknowledged belongs to the draft
 * still. Nothing that is typed into panels or lists comes here. */
#include "shared/buf.h"
#include "shared/clock.h"
#include "shared/xalloc.h"
#include "tui/app_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SAVE_MS = 1000, DRAFT_BYTES_MAX = 2 * EDITOR_TEXT_MAX };

/* What is being written. The thread has all of it until done is posted; the loop frees it after that. */
struct saving {
    struct app *app;
    uv_work_t work;
    uv_sem_t done;
    const struct keep *keep;
    char session[ID_MAX];
    struct kept change;
    bool good;
    char error[256];
};

struct keeping {
    struct keep *keep;     /* NULL: nothing can be kept */
    struct saving *saving; /* NULL: nothing is being written */
    uv_timer_t timer;
    char *draft, *files; /* of the session looked at, as they were written or read last */
    struct kept news;    /* only what was sent since */
    size_t draft_len;
    char gone[ID_MAX]; /* a session that is no more: its draft is only printed */
    bool complained;   /* once is enough */
};

/* What else is wrong stays to be read: it may be the reason why there is a draft. */
static void complain(struct app *app, const char *error)
{
    if (app->keeping->complained || (app->ui.notice && app->ui.notice_bad))
        return;
    app_say(app, true, "%s", error);
    app->keeping->complained = true;
}

/* --- what is to be kept --- */

static void add_line(struct buf *text, const char *line)
{
    if (*line && text->len > 0 && text->data[text->len - 1] != '\n')
        buf_putc(text, '\n');
    buf_puts(text, line);
}

/* A session's draft, and before it what the daemon has not acknowledged. free() both. */
static void gather(const struct app *app, const char *session, const char *draft, const char *files,
                   char **all, char **all_files)
{
    struct buf text, list;

    buf_init(&text, DRAFT_BYTES_MAX);
    buf_init(&list, DRAFT_BYTES_MAX);
    for (const struct outbox_entry *entry = outbox_first(app->ui.outbox); entry; entry = entry->next) {
        if (entry->arrived || strcmp(entry->session, session) != 0)
            continue;
        add_line(&text, entry->text);
        add_line(&list, entry->files);
    }
    add_line(&text, draft);
    add_line(&list, files);
    *all = buf_take(&text);
    *all_files = buf_take(&list);
}

/* --- writing --- */

static void in_thread(uv_work_t *work)
{
    struct saving *saving = work->data;

    saving->good = keep_save(saving->keep, saving->session, &saving->change, saving->error);
    uv_sem_post(&saving->done);
}

static void end_saving(struct app *app)
{
    const struct saving *saving = app->keeping->saving;

    app->keeping->saving = NULL;
    if (!saving->good)
        complain(app, saving->error);
    outbox_draft_kept(app->ui.outbox, saving->session, saving->good);
}

/* Until nothing is being written. */
static void wait_for_saving(struct app *app)
{
    struct keeping *keeping = app->keeping;

    if (!keeping->saving)
        return;
    uv_sem_wait(&keeping->saving->done);
    end_saving(app);
}

static void on_saved(uv_work_t *work, int status)
{
    struct saving *saving = work->data;
    struct app *app = saving->app;

    (void)status;
    if (app->keeping->saving == saving) { /* else it was waited for */
        end_saving(app);
        app_keep_look(app);
    }
    uv_sem_destroy(&saving->done);
    kept_clear(&saving->change);
    free(saving);
}

/* Takes what is in change. */
static void save(struct app *app, const char *session, const struct kept *change)
{
    struct saving *saving = xcalloc(1, sizeof *saving);

    wait_for_saving(app);
    saving->app = app;
    saving->keep = app->keeping->keep;
    saving->change = *change;
    saving->work.data = saving;
    snprintf(saving->session, sizeof saving->session, "%s", session);
    uv_sem_init(&saving->done, 0);
    app->keeping->saving = saving;
    uv_queue_work(&app->loop, &saving->work, in_thread, on_saved);
}

/* Takes draft and files. */
static void save_here(struct app *app, char *draft, char *files, bool leaves)
{
    struct keeping *keeping = app->keeping;
    struct kept change = keeping->news;

    change.draft = xstrdup(draft);
    change.files = xstrdup(files);
    change.writer = leaves ? 0 : (long)getpid();
    keeping->news = (struct kept){.draft = NULL};
    save(app, app->ui.session, &change);
    uv_timer_stop(&keeping->timer);
    free(keeping->draft);
    free(keeping->files);
    keeping->draft = draft;
    keeping->draft_len = strlen(draft);
    keeping->files = files;
}

/* What is to be kept of the session looked at; false if it is kept already. */
static bool gather_here(const struct app *app, char **draft, char **files)
{
    const struct keeping *keeping = app->keeping;
    char *list = mentions_list(app->ui.mentions);

    gather(app, app->ui.session, editor_text(app->ui.editor, NULL), list, draft, files);
    free(list);
    return keeping->news.sent_count > 0 || strcmp(*draft, keeping->draft) != 0 ||
           strcmp(*files, keeping->files) != 0;
}

static void save_if_new(struct app *app, bool leaves)
{
    char *draft, *files;

    if (!app->keeping->keep)
        return;
    bool is_new = gather_here(app, &draft, &files);
    if (is_new || (leaves && *draft)) {
        save_here(app, draft, files, leaves);
        return;
    }
    free(draft);
    free(files);
}

static void on_timer(uv_timer_t *timer)
{
    save_if_new(timer->data, false);
}

/* The same question as gather_here's, for each frame: quick where the answer is no. */
static bool is_unchanged(const struct app *app)
{
    size_t len;
    const char *text = editor_text(app->ui.editor, &len);
    const struct keeping *keeping = app->keeping;

    return !outbox_first(app->ui.outbox) && mentions_count(app->ui.mentions) == 0 && !*keeping->files &&
           keeping->news.sent_count == 0 && len == keeping->draft_len &&
           memcmp(text, keeping->draft, len) == 0;
}

void app_keep_look(struct app *app)
{
    struct keeping *keeping = app->keeping;
    char *draft, *files;

    if (!keeping->keep || keeping->saving || uv_is_active((uv_handle_t *)&keeping->timer) ||
        is_unchanged(app))
        return;
    bool is_new = gather_here(app, &draft, &files);
    free(draft);
    free(files);
    if (!is_new)
        return;
    uv_update_time(&app->loop);
    uv_timer_start(&keeping->timer, on_timer, SAVE_MS, 0);
}

/* --- a session comes and goes --- */

void app_keep_leave(struct app *app, const char *seen)
{
    char *files = mentions_list(app->ui.mentions);

    outbox_keep_draft(app->ui.outbox, app->ui.session, editor_text(app->ui.editor, NULL), files, seen);
    free(files);
    if (strcmp(app->keeping->gone, app->ui.session) != 0)
        save_if_new(app, true);
    wait_for_saving(app);
}

static void show(struct app *app, const char *draft, const char *files)
{
    editor_begin(app->ui.editor, draft, strlen(draft));
    mentions_restore(app->ui.mentions, files);
    mentions_sync(app->ui.mentions, draft, strlen(draft));
}

void app_keep_begin(struct app *app)
{
    struct keeping *keeping = app->keeping;
    const struct draft *left = outbox_draft(app->ui.outbox, app->ui.session);
    struct kept kept = {.draft = xstrdup(""), .files = xstrdup("")};
    char error[256];

    if (keeping->keep) {
        kept_clear(&kept);
        if (!keep_load(keeping->keep, app->ui.session, &kept, error))
            complain(app, error);
    }
    bool elsewhere = kept_elsewhere(&kept);
    show(app,
         left        ? left->text
         : elsewhere ? ""
                     : kept.draft,
         left        ? left->files
         : elsewhere ? ""
                     : kept.files);
    for (size_t i = 0; i < kept.sent_count; i++)
        editor_remember(app->ui.editor, kept.sent[i].text);
    uv_timer_stop(&keeping->timer);
    free(keeping->draft);
    free(keeping->files);
    keeping->draft = elsewhere ? xstrdup("") : xstrdup(kept.draft);
    keeping->files = elsewhere ? xstrdup("") : xstrdup(kept.files);
    keeping->draft_len = strlen(keeping->draft);
    kept_clear(&kept);
    completion_close(app->ui.completion);
    if (keeping->keep && !editor_empty(app->ui.editor)) { /* from now on it is this client's */
        char *draft, *files;

        gather_here(app, &draft, &files);
        save_here(app, draft, files, false);
    }
}

void app_keep_sent(struct app *app, const char *text)
{
    kept_add(&app->keeping->news, text, clock_wall_ms());
}

void app_keep_settled(struct app *app, const char *session)
{
    const struct draft *left = outbox_draft(app->ui.outbox, session);
    struct kept change = {.writer = 0};

    if (!app->keeping->keep || strcmp(session, app->ui.session) == 0)
        return; /* what is looked at is seen to by app_keep_look */
    gather(app, session, left ? left->text : "", left ? left->files : "", &change.draft, &change.files);
    save(app, session, &change);
}

void app_keep_forget(struct app *app, const char *session)
{
    wait_for_saving(app);
    if (app->keeping->keep)
        keep_forget(app->keeping->keep, session);
    outbox_draft_kept(app->ui.outbox, session, false);
    snprintf(app->keeping->gone, sizeof app->keeping->gone, "%s", session);
}

const struct keep *app_kept(struct app *app)
{
    save_if_new(app, false);
    wait_for_saving(app);
    return app->keeping->keep;
}

/* --- beginning and end --- */

void app_keep_open(struct app *app)
{
    struct keeping *keeping = xcalloc(1, sizeof *keeping);
    char error[256];

    app->keeping = keeping;
    keeping->draft = xstrdup("");
    keeping->files = xstrdup("");
    uv_timer_init(&app->loop, &keeping->timer);
    keeping->timer.data = app;
    keeping->keep = keep_open(error);
    if (!keeping->keep)
        complain(app, error);
    app_keep_begin(app);
}

void app_keep_close(struct app *app)
{
    struct keeping *keeping = app->keeping;

    keep_free(&keeping->keep);
    kept_clear(&keeping->news);
    free(keeping->draft);
    free(keeping->files);
    free(keeping);
    app->keeping = NULL;
}
