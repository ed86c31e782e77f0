/* stoa usage: what a user has used today, what of the day's budgets is left, and what is stored. */
#include "shared/jsonx.h"
#include "shared/size.h"
#include "tui/cli/command.h"

static void put_budget(struct out *out, const char *name, double used, double limit, bool cost)
{
    if (limit < 0)
        out_printf(out, "%-12s any\n", name);
    else if (cost)
        out_printf(out, "%-12s %.4f of %.4f (%.0f%%)\n", name, used, limit,
                   limit > 0 ? used * 100 / limit : 100.0);
    else
        out_printf(out, "%-12s %.0f of %.0f (%.0f%%)\n", name, used, limit,
                   limit > 0 ? used * 100 / limit : 100.0);
}

/* Of all sessions, and not only of today. */
static void put_stored(struct out *out, const json_t *stored)
{
    int64_t bytes = jsonx_int(stored, "bytes", 0), limit = jsonx_int(stored, "limit", -1);
    char is[SIZE_TEXT_MAX], may[SIZE_TEXT_MAX];

    out_printf(out, "stored       %s", size_text(bytes, is));
    if (limit >= 0)
        out_printf(out, " of %s (%.0f%%)", size_text(limit, may),
                   limit > 0 ? (double)bytes * 100 / (double)limit : 100.0);
    out_printf(out, "\n");
}

static double number(const json_t *json, const char *name, double otherwise)
{
    const json_t *value = json_object_get(json, name);

    return json_is_number(value) ? json_number_value(value) : otherwise;
}

static void put_usage(struct out *out, const json_t *shown)
{
    const json_t *used = jsonx_obj(shown, "used"), *budgets = jsonx_obj(used, "budgets");
    double input = number(used, "input", 0), output = number(used, "output", 0),
           cost = number(used, "cost", 0);

    out_printf(out, "user         %s\n", jsonx_str(shown, "user", ""));
    out_printf(out, "day          %s (UTC)\n", jsonx_str(used, "day", ""));
    out_printf(out, "turns        %lld\n", (long long)jsonx_int(used, "turns", 0));
    out_printf(out, "tokens       %.0f (in %.0f, of these cached %.0f; out %.0f)\n", input + output, input,
               number(used, "cached", 0), output);
    out_printf(out, "cost         %.4f\n", cost);
    put_budget(out, "tokens_day", input + output, number(budgets, "tokens_day", -1), false);
    put_budget(out, "cost_day", cost, number(budgets, "cost_day", -1), true);
    if (jsonx_obj(shown, "stored"))
        put_stored(out, jsonx_obj(shown, "stored"));
}

int command_usage(struct cli *cli)
{
    json_t *params = json_object(), *ok = NULL;

    if (cli->args->word_count > 0)
        jsonx_set_str(params, "user", cli->args->words[0]);
    enum err code = cli_call(cli, METHOD_USER_SHOW, NULL, params, &ok);
    if (code == ERR_OK && cli->json)
        out_json(&cli->out, jsonx_obj(ok, "used"));
    else if (code == ERR_OK)
        put_usage(&cli->out, ok);
    json_decref(ok);
    return cli_exit_code(code);
}
