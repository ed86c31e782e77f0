/* The ledger. Sums of a day only grow, so a budget's 80% are reached once a day, and nothing need be
 * remembered of what was said. The clock may be set: sums of other days are not forgotten at once. */
#include "daemon/people/ledger.h"

#include "daemon/people/audit.h"
#include "daemon/people/stored.h"
#include "daemon/people/users.h"
#include "daemon/server.h"
#include "daemon/store/store_people.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_MS     (INT64_C(24) * 3600 * 1000)
#define AMOUNT_MAX (INT64_C(1) << 56)

struct account { /* of one user, on one day */
    const char *user;
    int64_t day;
    int64_t input, output, cached, turns, micros;
    int64_t changed; /* steady ms */
    bool dirty;
    struct account *next;
};

struct ledger {
    struct server *server;
    int64_t (*wall_ms)(void);
    void *tree; /* of struct account by user and day */
    struct account *all;
    uv_timer_t *timer;
};

static int compare(const void *a, const void *b)
{
    const struct account *x = a, *y = b;
    return x->day != y->day ? (x->day < y->day ? -1 : 1) : strcmp(x->user, y->user);
}

static int64_t today(const struct ledger *ledger)
{
    return ledger->wall_ms() / DAY_MS;
}

static struct account *find(const struct ledger *ledger, const char *user, int64_t day)
{
    struct account key = {.user = user, .day = day}, **found = tfind(&key, &ledger->tree, compare);
    return found ? *found : NULL;
}

static struct account *account_of(struct ledger *ledger, const char *user, int64_t day)
{
    struct account *account = find(ledger, user, day);
    if (account)
        return account;
    account = xcalloc(1, sizeof *account);
    account->user = xstrdup(user);
    account->day = day;
    account->changed = clock_steady_ms();
    account->next = ledger->all;
    ledger->all = account;
    tsearch(account, &ledger->tree, compare);
    return account;
}

static void account_free(struct account *account)
{
    free((char *)account->user);
    free(account);
}

static void add(int64_t *sum, int64_t more)
{
    *sum = more > AMOUNT_MAX - *sum ? AMOUNT_MAX : *sum + (more > 0 ? more : 0);
}

/* --- the store --- */

static void write_row(struct ledger *ledger, struct account *account)
{
    struct store_spent row = {account->user,   account->day,   account->input, account->output,
                              account->cached, account->turns, account->micros};
    store_put_spent(ledger->server->store, &row);
    account->dirty = false;
}

static void write_dirty(struct ledger *ledger)
{
    for (struct account *account = ledger->all; account; account = account->next)
        if (account->dirty)
            write_row(ledger, account);
}

static void forget_old(struct ledger *ledger)
{
    int64_t day = today(ledger), now = clock_steady_ms();
    for (struct account **at = &ledger->all; *at;) {
        struct account *account = *at;
        if (account->dirty || account->day == day || now - account->changed < LEDGER_KEEP_MS) {
            at = &account->next;
            continue;
        }
        *at = account->next;
        tdelete(account, &ledger->tree, compare);
        account_free(account);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct ledger *ledger = timer->data;
    struct store *store = ledger->server->store;
    if (store_failing(store) || store_queue_full(store)) { /* it would only wait there */
        uv_timer_start(timer, on_timer, LEDGER_WRITE_MS, 0);
        return;
    }
    write_dirty(ledger);
    forget_old(ledger);
}

/* Queued behind the event that says what was used, so that both are on disk, or neither is. */
static void changed(struct ledger *ledger, struct account *account)
{
    struct store *store = ledger->server->store;
    account->dirty = true;
    account->changed = clock_steady_ms();
    if (!store_failing(store) && !store_queue_full(store))
        write_row(ledger, account);
    if (!uv_is_active((uv_handle_t *)ledger->timer))
        uv_timer_start(ledger->timer, on_timer, LEDGER_WRITE_MS, 0);
}

static void on_row(void *arg, const struct store_spent *row)
{
    struct account *account = account_of(arg, row->user, row->day);
    add(&account->input, row->input);
    add(&account->output, row->output);
    add(&account->cached, row->cached);
    add(&account->turns, row->turns);
    add(&account->micros, row->micros);
}

/* --- budgets --- */

static const enum quota budgets[] = {QUOTA_TOKENS_DAY, QUOTA_COST_DAY};
enum { BUDGETS = sizeof budgets / sizeof budgets[0] };

static int64_t used_of(const struct account *account, enum quota budget)
{
    if (!account)
        return 0;
    return budget == QUOTA_COST_DAY ? account->micros : account->input + account->output;
}

/* As people read it: tokens as they are, cost with its decimals. */
static const char *amount(char text[32], enum quota budget, int64_t count)
{
    if (budget != QUOTA_COST_DAY)
        snprintf(text, 32, "%" PRId64, count);
    else
        snprintf(text, 32, "%" PRId64 ".%02" PRId64, count / 1000000, count / 10000 % 100);
    return text;
}

/* "ann has used 8012 of 10000 tokens of today's budget (quota.tokens_day)" */
static void say_used(char *out, size_t size, const char *user, enum quota budget, int64_t used, int64_t limit)
{
    char some[32], all[32];
    snprintf(out, size, "%.64s has used %s of %s%s of today's budget (quota.%s)", user,
             amount(some, budget, used), amount(all, budget, limit > 0 ? limit : 0),
             budget == QUOTA_COST_DAY ? "" : " tokens", quota_name(budget));
}

static void say_anew(char out[64], int64_t day)
{
    time_t midnight = (time_t)((day + 1) * (DAY_MS / 1000));
    struct tm at;
    gmtime_r(&midnight, &at);
    strftime(out, 64, "it begins anew on %Y-%m-%d at 00:00 UTC", &at);
}

bool ledger_allows(struct server *server, const char *user, char error[256])
{
    struct ledger *ledger = server->ledger;
    if (stored_room(server, user, 0, error) != ERR_OK)
        return false;
    if (!ledger)
        return true;
    int64_t day = today(ledger);
    const struct account *account = find(ledger, user, day);
    for (size_t i = 0; i < BUDGETS; i++) {
        int64_t limit = users_quota(server->users, user, budgets[i]), used = used_of(account, budgets[i]);
        char said[160], anew[64];
        if (limit == 0 || (limit > 0 && used < limit))
            continue;
        say_used(said, sizeof said, user, budgets[i], used, limit);
        say_anew(anew, day);
        snprintf(error, 256, "%s; %s", said, anew);
        return false;
    }
    return true;
}

/* The highest of the marks that lies between. 0: none. */
static int crossed(int64_t before, int64_t after, int64_t limit)
{
    int64_t warn = limit / 100 * LEDGER_WARN_PERCENT + limit % 100 * LEDGER_WARN_PERCENT / 100;
    if (limit <= 0)
        return 0;
    if (before < limit && after >= limit)
        return 100;
    return before < warn && after >= warn ? LEDGER_WARN_PERCENT : 0;
}

static void tell(struct session *session, enum quota budget, int percent, int64_t used, int64_t limit,
                 int64_t day)
{
    const char *user = session->state->owner;
    char said[160], anew[64], text[256];
    say_used(said, sizeof said, user, budget, used, limit);
    say_anew(anew, day);
    snprintf(text, sizeof text, "%s%s; %s", said, percent == 100 ? ", which is all of it" : "", anew);
    log_info("budget", "%s session=%s", text, log_id(session->state->id));
    audit_record(session->server, NULL, "budget", user, "%s", text);
    json_t *data = json_object();
    jsonx_set_str(data, "budget", quota_name(budget));
    jsonx_set_int(data, "percent", percent);
    jsonx_set_int(data, "used", used);
    jsonx_set_int(data, "limit", limit);
    jsonx_set_str(data, "text", text);
    session_emit(session, EVENT_BUDGET_REACHED, data);
}

/* --- what is used --- */

void ledger_price(const struct server *server, const char *model, json_t *usage)
{
    struct usage used = usage_from_json(usage);
    const struct price *price = config_price(server->config, model);
    json_object_del(usage, "cost");
    int64_t micros = price ? price_micros(price, used.input, used.cached, used.output) : 0;
    if (usage && micros > 0)
        jsonx_set_int(usage, "cost", micros);
}

void ledger_add(struct session *session, const struct usage *usage)
{
    struct server *server = session->server;
    struct ledger *ledger = server->ledger;
    const char *user = session->state->owner;
    if (!ledger || usage->input + usage->output <= 0)
        return;
    int64_t day = today(ledger);
    struct account *account = account_of(ledger, user, day), before = *account;
    add(&account->input, usage->input);
    add(&account->output, usage->output);
    add(&account->cached, usage->cached);
    add(&account->micros, usage->cost);
    changed(ledger, account);
    struct account after = *account;
    for (size_t i = 0; i < BUDGETS; i++) {
        int64_t limit = users_quota(server->users, user, budgets[i]), used = used_of(&after, budgets[i]);
        int percent = crossed(used_of(&before, budgets[i]), used, limit);
        if (percent > 0)
            tell(session, budgets[i], percent, used, limit, day);
    }
}

static void add_priced(struct session *session, const char *model, const struct usage *used)
{
    json_t *json = usage_to_json(used);
    ledger_price(session->server, model, json);
    struct usage usage = usage_from_json(json);
    json_decref(json);
    ledger_add(session, &usage);
}

void ledger_add_broken(struct session *session, const char *model, const struct usage *said, size_t bytes)
{
    const struct state *state = session->state;
    struct usage usage = *said;
    int64_t written = (int64_t)(bytes / LEDGER_TOKEN_BYTES);
    size_t before = state->bytes > bytes ? state->bytes - bytes : 0; /* what was sent, as far as it is kept */
    if (bytes > 0 && usage.input == 0)
        usage.input =
            state->context_tokens > 0 ? state->context_tokens : (int64_t)(before / LEDGER_TOKEN_BYTES);
    if (usage.output < written)
        usage.output = written;
    add_priced(session, model, &usage);
}

void ledger_add_unanswered(struct session *session)
{
    const struct state *state = session->state;
    struct usage usage = {0};
    char *model = xstrdup(state->model);
    usage.input =
        state->context_tokens > 0 ? state->context_tokens : (int64_t)(state->bytes / LEDGER_TOKEN_BYTES);
    add_priced(session, model, &usage);
    free(model);
}

void ledger_turn(const struct session *session)
{
    struct ledger *ledger = session->server->ledger;
    if (!ledger)
        return;
    struct account *account = account_of(ledger, session->state->owner, today(ledger));
    add(&account->turns, 1);
    changed(ledger, account);
}

static json_t *budgets_json(const struct server *server, const char *user)
{
    json_t *json = json_object();
    for (size_t i = 0; i < BUDGETS; i++) {
        int64_t limit = users_quota(server->users, user, budgets[i]);
        int64_t shown = limit > 0 ? limit : 0;
        if (limit != 0)
            json_object_set_new(json, quota_name(budgets[i]),
                                budgets[i] == QUOTA_COST_DAY ? json_real((double)shown / 1e6)
                                                             : json_integer(shown));
    }
    return json;
}

json_t *ledger_today(struct server *server, const char *user)
{
    static const struct account nothing;
    struct ledger *ledger = server->ledger;
    int64_t day = ledger ? today(ledger) : clock_wall_ms() / DAY_MS;
    const struct account *account = ledger ? find(ledger, user, day) : NULL;
    time_t begin = (time_t)(day * (DAY_MS / 1000));
    struct tm at;
    char text[32];
    if (!account)
        account = &nothing;
    gmtime_r(&begin, &at);
    strftime(text, sizeof text, "%Y-%m-%d", &at);
    json_t *json = json_object();
    jsonx_set_str(json, "day", text);
    jsonx_set_int(json, "until", (day + 1) * DAY_MS);
    jsonx_set_int(json, "input", account->input);
    jsonx_set_int(json, "output", account->output);
    jsonx_set_int(json, "cached", account->cached);
    jsonx_set_int(json, "turns", account->turns);
    json_object_set_new(json, "cost", json_real((double)account->micros / 1e6));
    json_object_set_new(json, "budgets", budgets_json(server, user));
    return json;
}

/* --- life --- */

struct ledger *ledger_open_by(struct server *server, int64_t (*wall_ms)(void))
{
    struct ledger *ledger = xcalloc(1, sizeof *ledger);
    ledger->server = server;
    ledger->wall_ms = wall_ms;
    ledger->timer = xcalloc(1, sizeof *ledger->timer);
    uv_timer_init(server->loop, ledger->timer);
    ledger->timer->data = ledger;
    store_spents(server->store, today(ledger), on_row, ledger);
    return ledger;
}

struct ledger *ledger_open(struct server *server)
{
    return ledger_open_by(server, clock_wall_ms);
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void keep(void *node)
{
    (void)node;
}

void ledger_close(struct ledger **slot)
{
    struct ledger *ledger = *slot;
    if (!ledger)
        return;
    write_dirty(ledger);
    tdestroy(ledger->tree, keep);
    while (ledger->all) {
        struct account *account = ledger->all;
        ledger->all = account->next;
        account_free(account);
    }
    uv_close((uv_handle_t *)ledger->timer, free_handle);
    free(ledger);
    *slot = NULL;
}
