/* stoa top and stoa stats: what runs in the daemon, for people and for what watches it. */
#include "shared/jsonx.h"
#include "tui/cli/command.h"
#include "tui/settings.h"
#include "tui/terminal/screen_term.h"
#include "tui/top.h"
#include "tui/top_table.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* On a screen what is too long is cut; here the column is as wide as what is in it. */
static int width_of(const struct top_column *column, const struct top_table *table, size_t i)
{
    int width = (int)column->width;

    for (size_t row = 0; width > 0 && row < table->count; row++) {
        int len = (int)strlen(table->rows[row].cells[i].text);
        width = len > width ? len : width;
    }
    return width;
}

static void put_row(struct out *out, const struct top_column *column, size_t columns, const int *widths,
                    const struct top_row *row)
{
    for (size_t i = 0; i < columns; i++) {
        const char *text = row ? row->cells[i].text : column[i].title;

        if (i + 1 == columns && !column[i].is_number)
            out_printf(out, "%s\n", text);
        else
            out_printf(out, column[i].is_number ? "%*s%s" : "%-*s%s", widths[i], text,
                       i + 1 == columns ? "\n" : " ");
    }
}

static void put_rows(struct out *out, enum top_tab tab, const json_t *now)
{
    struct top_table table;
    size_t columns;
    int widths[TOP_COLUMNS_MAX];
    const struct top_column *column = top_columns(tab, &columns);

    top_table_make(&table, tab, now, NULL);
    top_table_sort(&table, 0, false);
    out_printf(out, "\n%s (%zu)\n", top_tab_name(tab), table.count);
    for (size_t i = 0; i < columns; i++)
        widths[i] = width_of(&column[i], &table, i);
    if (table.count > 0)
        put_row(out, column, columns, widths, NULL);
    for (size_t row = 0; row < table.count; row++)
        put_row(out, column, columns, widths, &table.rows[row]);
    top_table_clear(&table);
}

/* Once, as text or JSON, where there is no screen. */
static int print_once(struct cli *cli)
{
    json_t *now = NULL;
    int exit_code;
    enum err code = cli_open(cli, &exit_code);

    if (code != ERR_OK)
        return exit_code;
    code = cli_call(cli, METHOD_ADMIN_TOP, NULL, NULL, &now);
    if (code == ERR_OK && cli->json)
        out_json(&cli->out, now);
    for (int tab = 0; code == ERR_OK && !cli->json && tab < TOP_TABS; tab++)
        put_rows(&cli->out, (enum top_tab)tab, now);
    json_decref(now);
    return cli_exit_code(code);
}

/* Says what is wrong before the terminal is taken: no daemon, no right. */
static int look_first(struct cli *cli)
{
    json_t *stats = NULL;
    int exit_code;
    enum err code = cli_open(cli, &exit_code);

    if (code != ERR_OK)
        return exit_code;
    code = cli_call(cli, METHOD_ADMIN_STATS, NULL, NULL, &stats);
    json_decref(stats);
    cli_close(cli);
    return cli_exit_code(code);
}

int command_top(struct cli *cli)
{
    char why[256];
    int exit_code = EXIT_OK;
    struct settings *settings;
    struct top_options options = {.address = &cli->address};

    if (cli->json || args_has(cli->args, "once") || !isatty(STDOUT_FILENO) ||
        !screen_term_can_draw(getenv("TERM"), why))
        return print_once(cli);
    settings = command_settings(cli, &exit_code);
    if (!settings)
        return exit_code;
    options.theme = (enum theme)settings_number(settings, SETTING_THEME);
    options.no_alternate =
        args_has(cli->args, "no-alt") || !settings_number(settings, SETTING_ALTERNATE_SCREEN);
    exit_code = look_first(cli);
    if (exit_code == EXIT_OK)
        exit_code = top_run(&options);
    settings_free(&settings);
    return exit_code;
}

static void put_numbers(struct out *out, const json_t *stats, const char *prefix)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)stats, name, value)
    {
        if (json_is_object(value))
            put_numbers(out, value, name);
        else if (json_is_integer(value))
            out_printf(out, "%s%s%-*s %lld\n", prefix, *prefix ? "." : "", *prefix ? 14 : 20, name,
                       (long long)json_integer_value(value));
        else if (json_is_string(value))
            out_printf(out, "%s%s%-*s %s\n", prefix, *prefix ? "." : "", *prefix ? 14 : 20, name,
                       json_string_value(value));
    }
}

int command_stats(struct cli *cli)
{
    bool prometheus = args_has(cli->args, "prometheus");
    json_t *ok = NULL;

    if (prometheus && cli->json)
        return cli_usage("--prometheus is a format of its own; leave --json away");
    enum err code = cli_call(cli, prometheus ? METHOD_ADMIN_METRICS : METHOD_ADMIN_STATS, NULL, NULL, &ok);

    if (code == ERR_OK && prometheus)
        out_printf(&cli->out, "%s", jsonx_str(ok, "text", ""));
    else if (code == ERR_OK && cli->json)
        out_json(&cli->out, ok);
    else if (code == ERR_OK)
        put_numbers(&cli->out, ok, "");
    json_decref(ok);
    return cli_exit_code(code);
}
