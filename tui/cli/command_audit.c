/* stoa audit: who did what, and whether the records are still those that were written. The chain is computed
 * here, from all pages: nothing that the daemon says of it is believed. */
#include "proto/chain.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/cli/command.h"
#include "tui/cli/offline.h"
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE = 1000,
    SHOWN = 50,
    SHOWN_MAX = 100000 /* records that are held in memory to be shown */
};

struct filter {
    long count;    /* the newest ones; 0: all */
    int64_t since; /* wall ms; 0: any time */
};

/* --- pages --- */

/* A page before (or, if after >= 0, after) the record of that number. */
static enum err get_page(struct cli *cli, int64_t before, int64_t after, long limit, bool filtered,
                         json_t **page, int *exit_code)
{
    json_t *params = json_object();

    jsonx_set_int(params, after >= 0 ? "after" : "before", after >= 0 ? after : before);
    jsonx_set_int(params, "limit", limit);
    if (filtered)
        jsonx_set_str(params, "user", args_value(cli->args, "user"));
    if (filtered)
        jsonx_set_str(params, "action", args_value(cli->args, "action"));
    return offline_call(cli, METHOD_AUDIT_LIST, params, page, exit_code);
}

static struct chain_record record_of(const json_t *json)
{
    return (struct chain_record){.n = jsonx_int(json, "n", 0),
                                 .ts = jsonx_int(json, "ts", 0),
                                 .user = jsonx_str(json, "user", ""),
                                 .action = jsonx_str(json, "action", ""),
                                 .object = jsonx_str(json, "object", ""),
                                 .detail = jsonx_str(json, "detail", ""),
                                 .hash = jsonx_str(json, "hash", "")};
}

/* --- show --- */

static void put_record(struct out *out, const json_t *json)
{
    struct chain_record record = record_of(json);
    char when[CLOCK_TEXT];

    out_printf(out, "%6" PRId64 "  %s  %-12s  %-16s  %s%s%s\n", record.n,
               clock_local(record.ts, CLOCK_SECOND, when), *record.user ? record.user : "(the daemon)",
               record.action, record.object, *record.object && *record.detail ? "  " : "", record.detail);
}

/* Puts a page's records before those that are there. False when no older ones are wanted. */
static bool take_page(json_t *shown, const json_t *page, const struct filter *filter)
{
    const json_t *records = jsonx_arr(page, "records");

    for (size_t i = json_array_size(records); i-- > 0;) {
        json_t *json = json_array_get(records, i);

        if (jsonx_int(json, "ts", 0) < filter->since || json_array_size(shown) >= SHOWN_MAX ||
            (filter->count > 0 && json_array_size(shown) >= (size_t)filter->count))
            return false;
        json_array_append(shown, json);
    }
    return jsonx_bool(page, "more", false) && json_array_size(records) > 0;
}

static int show(struct cli *cli, const struct filter *filter)
{
    json_t *shown = json_array(), *page = NULL; /* the newest first */
    int64_t before = INT64_MAX;
    int exit_code;
    enum err code;
    bool more;

    do {
        code = get_page(cli, before, -1, filter->count > 0 && filter->count < PAGE ? filter->count : PAGE,
                        true, &page, &exit_code);
        before = jsonx_int(json_array_get(jsonx_arr(page, "records"), 0), "n", 0);
        more = code == ERR_OK && take_page(shown, page, filter);
        json_decref(page);
        page = NULL;
    } while (more);
    for (size_t i = json_array_size(shown); code == ERR_OK && i-- > 0;)
        if (cli->json)
            out_json(&cli->out, json_array_get(shown, i));
        else
            put_record(&cli->out, json_array_get(shown, i));
    if (json_array_size(shown) == SHOWN_MAX)
        cli_say("only the newest %d records are shown", SHOWN_MAX);
    json_decref(shown);
    return exit_code;
}

/* --- verify --- */

struct verifying {
    struct chain_check *check;
    int64_t head, noted; /* numbers of records whose hashes are known: 0 for none */
    char head_hash[CHAIN_HASH_LEN + 1], noted_hash[CHAIN_HASH_LEN + 1];
    uint64_t count;
    char error[256];
};

static bool check_known(struct verifying *verifying, const struct chain_record *record, int64_t n,
                        const char *hash, const char *by)
{
    if (record->n != n || strcmp(record->hash, hash) == 0)
        return true;
    snprintf(verifying->error, sizeof verifying->error, "record %" PRId64 " has another hash than %s", n, by);
    return false;
}

static bool check_page(struct verifying *verifying, const json_t *page)
{
    json_t *json;
    size_t i;

    json_array_foreach(jsonx_arr(page, "records"), i, json)
    {
        struct chain_record record = record_of(json);

        if (!chain_check_next(verifying->check, &record, verifying->error) ||
            !check_known(verifying, &record, verifying->noted, verifying->noted_hash, "you noted") ||
            !check_known(verifying, &record, verifying->head, verifying->head_hash, "the daemon wrote"))
            return false;
        verifying->count++;
    }
    return true;
}

/* The newest record as the daemon remembers it, which the store must have. */
static void keep_head(struct verifying *verifying, const json_t *page)
{
    const json_t *head = jsonx_obj(page, "head");

    verifying->head = jsonx_int(head, "n", 0);
    snprintf(verifying->head_hash, sizeof verifying->head_hash, "%s", jsonx_str(head, "hash", ""));
}

static bool check_end(struct verifying *verifying)
{
    int64_t n = chain_check_n(verifying->check);
    bool noted = n < verifying->noted;

    if (!noted && n >= verifying->head)
        return chain_check_end(verifying->check, verifying->error);
    snprintf(verifying->error, sizeof verifying->error,
             "record %" PRId64 " is missing, and all after it: %s record %" PRId64, n + 1,
             noted ? "you noted" : "the daemon wrote", noted ? verifying->noted : verifying->head);
    return false;
}

static enum err check_all(struct cli *cli, struct verifying *verifying, bool *good, int *exit_code)
{
    json_t *page = NULL;
    enum err code;
    bool more, first = true;

    do {
        code = get_page(cli, 0, chain_check_n(verifying->check), PAGE, false, &page, exit_code);
        if (code == ERR_OK && first)
            keep_head(verifying, page);
        first = false;
        *good = code == ERR_OK && check_page(verifying, page);
        more = jsonx_bool(page, "more", false);
        json_decref(page);
        page = NULL;
    } while (*good && more);
    *good = *good && check_end(verifying);
    return code;
}

static void put_verified(struct cli *cli, const struct verifying *verifying, bool good)
{
    int64_t n = chain_check_n(verifying->check);
    const char *hash = chain_check_hash(verifying->check);

    if (cli->json) {
        json_t *line = json_pack("{s:b, s:I, s:I, s:s}", "holds", good, "records",
                                 (json_int_t)verifying->count, "n", (json_int_t)n, "hash", hash);

        if (!good)
            jsonx_set_str(line, "error", verifying->error);
        out_json(&cli->out, line);
        json_decref(line);
    } else if (good && n == 0) {
        out_printf(&cli->out, "There are no records.\n");
    } else if (good) {
        out_printf(&cli->out, "All %" PRIu64 " records hold, up to %" PRId64 ":%s\n", verifying->count, n,
                   hash);
    } else if (n > 0) {
        out_printf(&cli->out, "The records hold up to %" PRId64 ":%s\n", n, hash);
    }
    if (!good)
        cli_say("the audit does not hold: %s", verifying->error);
}

/* "N:HASH", as --verify prints it. */
static bool read_noted(const char *text, struct verifying *verifying)
{
    char *end;
    long long n = strtoll(text, &end, 10);

    if (!isdigit((unsigned char)*text) || n < 1 || *end != ':' || strlen(end + 1) != CHAIN_HASH_LEN)
        return false;
    verifying->noted = n;
    snprintf(verifying->noted_hash, sizeof verifying->noted_hash, "%s", end + 1);
    return true;
}

static int verify(struct cli *cli)
{
    const char *noted = args_value(cli->args, "noted");
    struct verifying verifying = {.error = ""};
    bool good = false;
    int exit_code;

    if (noted && !read_noted(noted, &verifying))
        return cli_usage("option --noted is '%.80s'; it must be NUMBER:HASH, as --verify printed it", noted);
    verifying.check = chain_check_new();
    enum err code = check_all(cli, &verifying, &good, &exit_code);
    if (code == ERR_OK)
        put_verified(cli, &verifying, good);
    chain_check_free(&verifying.check);
    return code != ERR_OK ? exit_code : good ? EXIT_OK : EXIT_FAILED;
}

/* --- all --- */

/* "90s", "10m", "2h", "7d" in ms; 0 if it is none of these. */
static int64_t read_span(const char *text)
{
    static const char units[] = "smhd";
    static const int64_t seconds[] = {1, 60, 3600, 86400};
    char *end;
    long long count = strtoll(text, &end, 10);
    const char *unit = *end && !end[1] ? strchr(units, *end) : NULL;

    if (!unit || !isdigit((unsigned char)*text) || count < 1 || count > 1000000)
        return 0;
    return count * seconds[unit - units] * 1000;
}

int command_audit(struct cli *cli)
{
    const char *since = args_value(cli->args, "since");
    struct filter filter = {0};
    char error[256];

    if (args_has(cli->args, "verify"))
        return verify(cli);
    if (args_has(cli->args, "noted"))
        return cli_usage("option --noted goes with --verify; see: stoa help audit");
    if (!args_number(cli->args, "number", 1, SHOWN_MAX, since ? 0 : SHOWN, &filter.count, error))
        return cli_usage("%s", error);
    if (since && read_span(since) == 0)
        return cli_usage("option --since is '%.40s'; it must be like 90s, 10m, 2h or 7d", since);
    if (since)
        filter.since = clock_wall_ms() - read_span(since);
    return show(cli, &filter);
}
