/* Letting others in, and coming in: ticket, tickets, join, pair. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/cli/choose.h"
#include "tui/cli/command.h"
#include "tui/cli/join.h"
#include "tui/text/qr.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { CODE_LEN = 6, TTL_MAX_S = 7 * 24 * 3600, USES_MAX = 100, LINES_BESIDE = 5 };

/* How long from now, roughly: "9 min". */
static void put_span(int64_t ms, char text[32])
{
    int64_t s = ms > 0 ? ms / 1000 : 0;

    if (s < 120)
        snprintf(text, 32, "%lld s", (long long)s);
    else if (s < 2 * 3600)
        snprintf(text, 32, "%lld min", (long long)(s / 60));
    else if (s < 2 * 24 * 3600)
        snprintf(text, 32, "%lld h", (long long)(s / 3600));
    else
        snprintf(text, 32, "%lld days", (long long)(s / (24 * 3600)));
}

/* --- ticket --- */

/* "90s", "10m", "2h", "7d"; 0 if it is none of these, or too long. */
static int64_t parse_ttl(const char *text)
{
    static const char units[] = "smhd";
    static const int64_t seconds[] = {1, 60, 3600, 24 * 3600};
    char *end;
    long count = strtol(text, &end, 10);
    const char *unit = *end && !end[1] ? strchr(units, *end) : NULL;

    if (!unit || !isdigit((unsigned char)*text) || count < 1 || count > TTL_MAX_S ||
        count * seconds[unit - units] > TTL_MAX_S)
        return 0;
    return count * seconds[unit - units] * 1000;
}

/* NULL after saying what is wrong with the options. */
static json_t *ticket_params(const struct cli *cli)
{
    const char *role = args_value(cli->args, "role"), *ttl = args_value(cli->args, "ttl");
    json_t *params = json_object();
    char error[256];
    long uses;

    if (!args_number(cli->args, "uses", 1, USES_MAX, 1, &uses, error))
        cli_usage("%s", error);
    else if (ttl && parse_ttl(ttl) == 0)
        cli_usage("option --ttl is '%.40s'; it must be like 90s, 10m, 2h or 7d, and 7d at most", ttl);
    else if (role && strcmp(role, "viewer") != 0 && strcmp(role, "writer") != 0 &&
             strcmp(role, "approver") != 0)
        cli_usage("option --role is '%.40s'; it must be viewer, writer or approver", role);
    else {
        jsonx_set_str(params, "role", role);
        if (ttl)
            jsonx_set_int(params, "ttl_ms", parse_ttl(ttl));
        jsonx_set_int(params, "uses", uses);
        return params;
    }
    json_decref(params);
    return NULL;
}

/* Terminals that have 16 colours at most. */
static bool has_few_colours(const char *term)
{
    return strncmp(term, "linux", 5) == 0 || strncmp(term, "vt", 2) == 0 || strcmp(term, "ansi") == 0;
}

/* The code's own colours are escape sequences, which no text of others gets through. */
static void put_code(struct cli *cli, const char *link)
{
    const char *term = getenv("TERM");
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    char error[256], *code;

    if (!term || strcmp(term, "dumb") == 0)
        return;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
        size = (struct winsize){.ws_row = 24, .ws_col = 80};
    code =
        qr_text(link, size.ws_col, size.ws_row - LINES_BESIDE, has_few_colours(term) ? QR_16 : QR_256, error);
    if (!code) {
        out_printf(&cli->out, "(%s)\n", error);
        return;
    }
    out_flush(&cli->out);
    fputs(code, cli->out.file);
    free(code);
}

static void put_ticket(struct cli *cli, const json_t *ok)
{
    const char *link = jsonx_str(ok, "link", "");
    char span[32], at[CLOCK_TEXT];
    int64_t expires = jsonx_int(ok, "expires", 0);

    if (cli->json) {
        out_json(&cli->out, ok);
        return;
    }
    if (!isatty(STDOUT_FILENO)) {
        out_printf(&cli->out, "%s\n", link);
        return;
    }
    if (!args_has(cli->args, "no-qr"))
        put_code(cli, link);
    put_span(expires - clock_wall_ms() + 500, span);
    out_printf(&cli->out,
               "%s\nto come in: stoa attach 'stoa://...', the whole link between the quotes\n"
               "valid for %s, until %s; take it back: stoa ticket --revoke %s\n",
               link, span, clock_local(expires, CLOCK_TODAY_SECOND, at), jsonx_str(ok, "ticket", ""));
}

static enum err make_ticket(struct cli *cli, json_t *params)
{
    char id[ID_MAX];
    json_t *ok = NULL;
    enum err code = cli_session(cli, cli->args->words[0], id);

    if (code == ERR_OK)
        code = cli_call(cli, METHOD_SESSION_TICKET, id, params, &ok);
    else
        json_decref(params);
    if (code == ERR_OK && !*jsonx_str(ok, "link", "")) {
        cli_say("the ticket has no link, since the daemon listens on no address that others reach: set "
                "listen: in "
                "its configuration");
        code = ERR_UNAVAILABLE;
    } else if (code == ERR_OK) {
        put_ticket(cli, ok);
    }
    json_decref(ok);
    return code;
}

static enum err list_tickets(struct cli *cli)
{
    json_t *ok = NULL, *row;
    size_t i;
    enum err code = cli_call(cli, METHOD_TICKET_LIST, NULL, NULL, &ok);

    json_array_foreach(jsonx_arr(ok, "tickets"), i, row)
    {
        char span[32];

        if (cli->json) {
            out_json(&cli->out, row);
            continue;
        }
        put_span(jsonx_int(row, "expires", 0) - clock_wall_ms(), span);
        out_printf(&cli->out, "%s  %s  %-8s  %3lld left  for %-7s  by %s\n", jsonx_str(row, "ticket", ""),
                   jsonx_str(row, "session", ""), jsonx_str(row, "role", ""),
                   (long long)jsonx_int(row, "uses", 0), span, jsonx_str(row, "by", ""));
    }
    json_decref(ok);
    return code;
}

static enum err revoke_ticket(struct cli *cli, const char *name)
{
    char id[ID_MAX];
    json_t *listed = NULL, *ok = NULL;
    enum err code = ERR_OK;

    snprintf(id, sizeof id, "%s", name);
    if (!id_valid(name, "t_"))
        code = cli_call(cli, METHOD_TICKET_LIST, NULL, NULL, &listed);
    if (code == ERR_OK)
        code = cli_id(jsonx_arr(listed, "tickets"), "tickets", "ticket", "session", name, id);
    if (code == ERR_OK)
        code = cli_call(cli, METHOD_TICKET_REVOKE, NULL, json_pack("{s:s}", "ticket", id), &ok);
    json_decref(listed);
    json_decref(ok);
    return code;
}

int command_ticket(struct cli *cli)
{
    const char *revoke = args_value(cli->args, "revoke");
    bool list = args_has(cli->args, "list");
    json_t *params;

    if ((revoke != NULL) + list + (cli->args->word_count > 0) != 1)
        return cli_usage("ticket needs a session, or --list, or --revoke ID; see: stoa help ticket");
    if (list)
        return cli_exit_code(list_tickets(cli));
    if (revoke)
        return cli_exit_code(revoke_ticket(cli, revoke));
    params = ticket_params(cli);
    return params ? cli_exit_code(make_ticket(cli, params)) : EXIT_USAGE;
}

int command_tickets(struct cli *cli)
{
    return cli_exit_code(list_tickets(cli));
}

int command_join(struct cli *cli)
{
    char session[ID_MAX] = "";
    int exit_code;

    if (!join_is_meant(cli->args->words[0]))
        return cli_usage(
            "join needs a link, as stoa ticket makes it: stoa://..., or - to read it from stdin");
    exit_code = join_redeem(cli, cli->args->words[0], session);
    if (exit_code == EXIT_OK && cli->json) {
        json_t *line = json_pack("{s:s, s:s}", "daemon", cli->address.name, "session", session);

        out_json(&cli->out, line);
        json_decref(line);
    } else if (exit_code == EXIT_OK) {
        out_printf(&cli->out, "%s\n", session);
    }
    return exit_code;
}

/* --- pair --- */

struct waiting {
    struct cli *cli;
    char words[KEY_WORDS_MAX]; /* of the daemon's key */
    bool came, ended, over;
};

static void on_ended(struct waiting *waiting, const json_t *json)
{
    struct buf from;
    size_t i;
    json_t *each;

    waiting->ended = waiting->over = true;
    if (waiting->cli->json) {
        out_json(&waiting->cli->out, json);
        return;
    }
    buf_init(&from, 512);
    json_array_foreach(jsonx_arr(json, "from"), i, each)
    {
        const char *address = json_string_value(each);
        bool again = i > 0 && json_equal(each, json_array_get(jsonx_arr(json, "from"), i - 1));

        if (address && !again)
            buf_printf(&from, "%s%s", from.len ? ", " : "", address);
    }
    cli_say("this code was ended by wrong ones, which came from %s; start anew: stoa pair. If those were no "
            "mistakes of yours: stoa pair --from ADDRESS makes a code that only the other terminal's address "
            "can try",
            from.len ? from.data : "nobody knows where");
    buf_free(&from);
}

static void on_other(void *arg, const char *notice, const json_t *json)
{
    struct waiting *waiting = arg;
    const char *label = jsonx_str(json, "label", ""), *words = jsonx_str(json, "words", "");
    struct out *out = &waiting->cli->out;

    if (strcmp(notice, "pair_ended") == 0)
        on_ended(waiting, json);
    if (strcmp(notice, "paired") != 0)
        return;
    waiting->came = waiting->over = true;
    if (waiting->cli->json) {
        out_json(out, json);
        return;
    }
    out_printf(out, "\nA terminal%s%s%s has come in as %s.\n  its key       %s\n  daemon's key  %s\n",
               *label ? " (" : "", label, *label ? ")" : "", jsonx_str(json, "user", ""), words,
               waiting->words);
    if (client_address_is_remote(&waiting->cli->address)) {
        char own[KEY_WORDS_MAX];

        key_words(waiting->cli->address.pair.open, own);
        out_printf(out, "  this one's    %s\n", own);
    }
    out_printf(
        out, "It must show the same words. If not, at once: stoa user show, and stoa user key revoke KEY.\n");
}

static void on_late(uv_timer_t *timer)
{
    struct waiting *waiting = timer->data;

    waiting->over = true;
}

static void put_started(struct cli *cli, const json_t *ok)
{
    const char *code = jsonx_str(ok, "code", ""), *words = jsonx_str(ok, "words", "");
    char at[CLOCK_TEXT];

    if (cli->json) {
        out_json(&cli->out, ok);
        return;
    }
    out_printf(&cli->out, "code          %.3s %s\nvalid         until %s, for five tries\n", code,
               strlen(code) > 3 ? code + 3 : "",
               clock_local(jsonx_int(ok, "expires", 0), CLOCK_TODAY_SECOND, at));
    if (*words)
        out_printf(&cli->out, "daemon's key  %s\n", words);
    const char *name = client_address_is_remote(&cli->address) ? cli->address.name : "NAME";
    out_printf(&cli->out, "\nOn the other terminal:\n    stoa -d %s pair %s\n", name, code);
    if (*jsonx_str(ok, "address", ""))
        out_printf(&cli->out, "If it does not know this daemon yet, first:\n    stoa daemon add %s %s %s\n",
                   name, jsonx_str(ok, "address", ""), jsonx_str(ok, "key", ""));
    out_printf(&cli->out, "\nWaiting for it (^C ends).\n");
    out_flush(&cli->out);
}

static int wait_for_other(struct cli *cli, struct waiting *waiting, int64_t ms)
{
    uv_timer_t timer;

    uv_timer_init(&cli->loop, &timer);
    timer.data = waiting;
    uv_timer_start(&timer, on_late, ms > 0 ? (uint64_t)ms : 0, 0);
    cli_run(cli, &waiting->over);
    uv_close((uv_handle_t *)&timer, NULL);
    cli_close(cli); /* the timer lives in this frame */
    cli->callbacks.other = NULL;
    cli->arg = NULL;
    if (waiting->over && !waiting->came && !waiting->ended)
        cli_say("nobody came while the code was valid; start anew: stoa pair");
    return waiting->came ? EXIT_OK : EXIT_FAILED;
}

static int pair_start(struct cli *cli, struct waiting *waiting)
{
    const char *from = args_value(cli->args, "from");
    int exit_code = EXIT_OK;
    json_t *ok = NULL;
    int64_t left;
    enum err code;

    cli->callbacks.other = on_other;
    cli->arg = waiting;
    if (cli_open(cli, &exit_code) != ERR_OK)
        return exit_code;
    code = cli_call(cli, METHOD_PAIR_START, NULL, from ? json_pack("{s:s}", "from", from) : NULL, &ok);
    if (code == ERR_OK)
        put_started(cli, ok);
    snprintf(waiting->words, sizeof waiting->words, "%s", jsonx_str(ok, "words", ""));
    left = jsonx_int(ok, "expires", 0) - clock_wall_ms();
    json_decref(ok);
    return code == ERR_OK ? wait_for_other(cli, waiting, left) : cli_exit_code(code);
}

static void put_paired(struct cli *cli, const json_t *ok)
{
    const json_t *words = jsonx_obj(ok, "words");
    char own[KEY_WORDS_MAX], daemon[KEY_WORDS_MAX];

    key_words(cli->address.pair.open, own);
    key_words(cli->address.server_key, daemon);
    if (cli->json) {
        out_json(&cli->out, ok);
        return;
    }
    out_printf(&cli->out, "This terminal is in, as %s.\n  its key       %s\n  daemon's key  %s\n",
               jsonx_str(ok, "user", ""), own, daemon);
    if (*jsonx_str(words, "shown", "") && strcmp(jsonx_str(words, "shown", ""), daemon) != 0)
        out_printf(&cli->out, "  the other's   %s\n", jsonx_str(words, "shown", ""));
    out_printf(&cli->out, "The other terminal must show the same words.\n");
}

/* The digits, which people like to write in two groups. */
static bool read_code(const struct args *args, char code[CODE_LEN + 1])
{
    size_t len = 0;

    for (size_t i = 0; i < args->word_count; i++)
        for (const char *at = args->words[i]; *at; at++)
            if (isdigit((unsigned char)*at) && len < CODE_LEN)
                code[len++] = *at;
            else if (*at != ' ' && *at != '-')
                return false;
    code[len] = '\0';
    return len == CODE_LEN;
}

static int pair_redeem(struct cli *cli)
{
    char code[CODE_LEN + 1], host[64] = "";
    int exit_code = EXIT_OK;
    json_t *ok = NULL;
    enum err result;

    if (!read_code(cli->args, code))
        return cli_usage("the code has %d digits, as stoa pair shows them on a terminal that is in",
                         CODE_LEN);
    if (!choose_name(cli->args))
        return cli_usage(
            "say which daemon the code is for: stoa -d NAME pair CODE; stoa daemon ls shows those that "
            "are known");
    if (choose_daemon(cli) != ERR_OK)
        return EXIT_FAILED;
    cli->address.stranger = true;
    if (cli_open(cli, &exit_code) != ERR_OK)
        return exit_code;
    gethostname(host, sizeof host - 1);
    result =
        cli_call(cli, METHOD_PAIR_REDEEM, NULL, json_pack("{s:s, s:s}", "code", code, "label", host), &ok);
    if (result == ERR_OK)
        put_paired(cli, ok);
    json_decref(ok);
    return cli_exit_code(result);
}

int command_pair(struct cli *cli)
{
    struct waiting waiting = {.cli = cli};

    if (cli->args->word_count > 0 && args_has(cli->args, "from"))
        return cli_usage("--from is for the terminal that shows the code");
    return cli->args->word_count > 0 ? pair_redeem(cli) : pair_start(cli, &waiting);
}
