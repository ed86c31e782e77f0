/* Sessions that are kept up to date: sends what each replica needs, and hands on what it has folded. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/client_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RETRY_MS = 250,     /* after a refusal that may pass */
    STORM_MS = 100,     /* a snapshot that lasted less did not help */
    STORM_STEP_MS = 10, /* delay of the next one; doubles */
    STORM_DOUBLINGS = 6,
    PAGE_TIMEOUT_MS = 10000
};

struct older { /* a page of history on its way */
    struct client *client;
    char session[ID_MAX], before[ID_MAX];
    client_reply_cb *reply;
    void *arg;
};

static struct follow *find(const struct client *client, const char *session)
{
    struct follow *follow = client->follows;

    while (follow && (follow->gone || strcmp(follow->session, session) != 0))
        follow = follow->next;
    return follow;
}

static void drop(struct follow *follow)
{
    follow->gone = true;
    pending_cancel(follow->client, follow);
}

/* Following ends against the user's will. */
static void lose(struct follow *follow, enum err code, const char *text)
{
    struct client *client = follow->client;

    drop(follow);
    if (client->callbacks.lost)
        client->callbacks.lost(client->arg, follow->session, code, text);
}

/* What was live is not any more. Snapshots that do not last are asked for less and less often. */
static void doubt(struct follow *follow)
{
    int64_t now = clock_steady_ms();

    if (now - follow->snapshot_at >= STORM_MS)
        follow->storms = 0;
    else if (follow->storms < STORM_DOUBLINGS)
        follow->storms++;
    follow->retry_at = follow->storms ? now + (STORM_STEP_MS << follow->storms) : 0;
}

/* --- asking --- */

static void refused(struct follow *follow, enum err code, const char *text)
{
    if (code == ERR_NOT_FOUND || code == ERR_DENIED) {
        lose(follow, code, text);
        return;
    }
    if (code == ERR_LIMIT && follow->client->callbacks.notice)
        follow->client->callbacks.notice(follow->client->arg, "refused", code, text);
    follow->retry_at = clock_steady_ms() + RETRY_MS;
    replica_refused(follow->replica);
}

static void on_subscribed(void *arg, enum err code, const char *text, json_t *ok)
{
    struct follow *follow = arg;

    (void)ok;
    if (code == ERR_OK)
        replica_subscribed(follow->replica);
    else
        refused(follow, code, text);
}

static void hand_on(struct follow *follow, const struct event *event, const char *raw, size_t len,
                    enum fold fold)
{
    struct client *client = follow->client;

    if (client->callbacks.event && event->type != EVENT_COUNT)
        client->callbacks.event(client->arg, event, raw, len, fold);
    if (event->type == EVENT_SESSION_ENDED && fold == FOLD_OK && !client->closed && !follow->gone)
        lose(follow, ERR_NOT_FOUND, "the session was deleted");
}

static void on_snapshot(void *arg, enum err code, const char *text, json_t *ok)
{
    struct follow *follow = arg;
    struct client *client = follow->client;
    struct replica_event kept;
    char error[256];

    if (code == ERR_OK && !replica_snapshot(follow->replica, ok, error)) {
        code = ERR_PROTOCOL;
        text = error;
    }
    if (code != ERR_OK) {
        refused(follow, code, text);
        return;
    }
    follow->snapshot_at = clock_steady_ms();
    if (client->callbacks.snapshot)
        client->callbacks.snapshot(client->arg, replica_state(follow->replica), ok);
    while (!client->closed && !follow->gone && replica_next(follow->replica, &kept))
        hand_on(follow, kept.event, kept.raw, kept.len, kept.fold);
    if (!replica_live(follow->replica))
        doubt(follow);
}

static void ask(struct follow *follow)
{
    struct client *client = follow->client;
    struct pending *pending;

    if (replica_need(follow->replica) == REPLICA_NEED_SUBSCRIBE)
        pending = pending_add(client, METHOD_SESSION_SUBSCRIBE, NULL,
                              json_pack("{s:[s]}", "sessions", follow->session), on_subscribed, follow, NULL);
    else
        pending = pending_add(client, METHOD_SESSION_SNAPSHOT, follow->session,
                              json_pack("{s:i}", "limit", follow->limit), on_snapshot, follow, NULL);
    pending->anew = true;
    replica_asked(follow->replica);
}

void follow_pump(struct client *client, int64_t now)
{
    for (struct follow *f = client->follows; f && client->greeted; f = f->next)
        if (!f->gone && f->retry_at <= now && replica_need(f->replica) != REPLICA_NEED_NOTHING)
            ask(f);
}

int64_t follow_due(const struct client *client)
{
    int64_t earliest = INT64_MAX;

    for (const struct follow *f = client->follows; f && client->greeted; f = f->next)
        if (!f->gone && replica_need(f->replica) != REPLICA_NEED_NOTHING && f->retry_at < earliest)
            earliest = f->retry_at;
    return earliest;
}

/* --- what arrives --- */

void follow_event(struct client *client, json_t *json, const char *raw, size_t len)
{
    const char *session = jsonx_str(json, "session", "");
    struct follow *follow = find(client, session);
    struct event event;
    enum fold fold = FOLD_OK;
    char error[256];

    if (!event_parse(json, &event, error)) {
        follow_resync(client, session);
        return;
    }
    if (!follow) {
        if (client->callbacks.event && event.type != EVENT_COUNT)
            client->callbacks.event(client->arg, &event, raw, len, FOLD_OK);
    } else {
        bool was_live = replica_live(follow->replica);

        if (replica_event(follow->replica, &event, raw, len, &fold) == REPLICA_FOLDED) {
            if (was_live && !replica_live(follow->replica))
                doubt(follow);
            hand_on(follow, &event, raw, len, fold);
        }
    }
    event_clear(&event);
}

void follow_resync(struct client *client, const char *session)
{
    struct follow *follow = session ? find(client, session) : NULL;

    if (!follow || !replica_live(follow->replica))
        return;
    replica_resync(follow->replica);
    doubt(follow);
}

void follow_revoked(struct client *client, const char *session, const char *why)
{
    struct follow *follow = find(client, session);
    const char *text = strcmp(why, "left") == 0       ? "you have left it"
                       : strcmp(why, "unshared") == 0 ? "it is not shared with you any more"
                                                      : "you may not see it any more";

    if (follow)
        lose(follow, ERR_DENIED, text);
    else if (client->callbacks.lost && !client->closed)
        client->callbacks.lost(client->arg, session, ERR_DENIED, text);
}

void follow_heads(struct client *client, const json_t *heads)
{
    for (struct follow *f = client->follows; f; f = f->next) {
        int64_t seq = jsonx_int(heads, f->session, -1);

        if (f->gone || !replica_live(f->replica))
            continue;
        if (seq < 0) /* not followed any more: this client was dropped, and its bye was lost */
            replica_disconnected(f->replica);
        else
            replica_head(f->replica, (uint64_t)seq);
        if (!replica_live(f->replica))
            doubt(f);
    }
}

bool follow_busy(const struct client *client)
{
    for (const struct follow *f = client->follows; f; f = f->next) {
        const struct state *state = replica_state(f->replica);

        if (!f->gone && (replica_suspicious(f->replica) || (state && state->run != RUN_IDLE)))
            return true;
    }
    return false;
}

void follow_all_disconnected(struct client *client)
{
    for (struct follow *f = client->follows; f; f = f->next) {
        replica_disconnected(f->replica);
        f->retry_at = 0;
        f->storms = 0;
    }
}

/* --- life --- */

static void follow_free(struct follow *follow)
{
    replica_free(&follow->replica);
    free(follow);
}

void follow_sweep(struct client *client)
{
    struct follow **at = &client->follows;

    while (*at) {
        struct follow *follow = *at;

        if (!follow->gone) {
            at = &follow->next;
            continue;
        }
        *at = follow->next;
        follow_free(follow);
    }
}

void follow_clear(struct client *client)
{
    for (struct follow *f = client->follows; f; f = f->next)
        f->gone = true;
    follow_sweep(client);
}

void client_follow(struct client *client, const char *session, int limit)
{
    struct follow *follow = find(client, session), **end = &client->follows;

    if (follow)
        return;
    follow = xcalloc(1, sizeof *follow);
    follow->client = client;
    follow->limit = limit;
    follow->replica = replica_new(session);
    snprintf(follow->session, sizeof follow->session, "%s", session);
    while (*end)
        end = &(*end)->next;
    *end = follow;
    client_settle(client);
}

void client_unfollow(struct client *client, const char *session)
{
    struct follow *follow = find(client, session);

    if (!follow)
        return;
    drop(follow);
    if (client->greeted)
        pending_add(client, METHOD_SESSION_UNSUBSCRIBE, NULL, json_pack("{s:[s]}", "sessions", session), NULL,
                    NULL, NULL)
            ->anew = true;
    client_settle(client);
}

struct state *client_state(const struct client *client, const char *session)
{
    const struct follow *follow = find(client, session);

    return follow ? replica_state(follow->replica) : NULL;
}

/* --- older messages --- */

static void answer_older(const struct older *older, size_t added, bool more)
{
    json_t *ok = json_pack("{s:I, s:b}", "added", (json_int_t)added, "more", more);

    older->reply(older->arg, ERR_OK, "", ok);
    json_decref(ok);
}

static void on_older(void *arg, enum err code, const char *text, json_t *ok)
{
    struct older *older = arg;
    struct state *state = client_state(older->client, older->session);
    json_t *messages = jsonx_arr(ok, "messages");

    if (code == ERR_OK && !state) {
        code = ERR_NOT_FOUND;
        text = "the session is not followed any more";
    }
    replica_mend_page(messages);
    if (code != ERR_OK)
        older->reply(older->arg, code, text, NULL);
    else if (state->message_count == 0 || strcmp(state->messages[0]->id, older->before) != 0)
        answer_older(older, 0, true); /* a new snapshot came between */
    else if (!state_prepend(state, messages))
        older->reply(older->arg, ERR_PROTOCOL, "the page of older messages is malformed", NULL);
    else
        answer_older(older, json_array_size(messages), jsonx_bool(ok, "more", false));
}

void client_older(struct client *client, const char *session, int limit, client_reply_cb *reply, void *arg)
{
    struct state *state = client_state(client, session);
    struct older *older = xcalloc(1, sizeof *older);

    older->client = client;
    older->reply = reply;
    older->arg = arg;
    snprintf(older->session, sizeof older->session, "%s", session);
    if (!state || state->message_count == 0) {
        answer_older(older, 0, false);
        free(older);
        return;
    }
    snprintf(older->before, sizeof older->before, "%s", state->messages[0]->id);
    pending_add(client, METHOD_MESSAGE_HISTORY, session,
                json_pack("{s:s, s:i}", "before", older->before, "limit", limit), on_older, older, older)
        ->deadline = clock_steady_ms() + PAGE_TIMEOUT_MS;
    client_settle(client);
}
