/* One maker of rows a table. CPU time is counted by each process from its start, so a rate needs the same
 * process in both answers. */
#include "tui/top_table.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/size.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    struct top_column columns[TOP_COLUMNS_MAX];
    size_t count;
} tabs[TOP_TABS] = {
    [TOP_SESSIONS] = {"sessions",
                      {{"SESSION", 16, false},
                       {"OWNER", 12, false},
                       {"STATE", 13, false},
                       {"AGENT", 8, false},
                       {"PID", 8, true},
                       {"CPU%", 6, true},
                       {"MEMORY", 9, true},
                       {"PROCS", 5, true},
                       {"HERE", 4, true},
                       {"QUEUE", 5, true},
                       {"ASKS", 4, true},
                       {"TOKENS", 7, true},
                       {"MODEL", 0, false}},
                      13},
    [TOP_USERS] = {"users",
                   {{"USER", 20, false},
                    {"SESSIONS", 8, true},
                    {"AGENTS", 6, true},
                    {"CPU%", 6, true},
                    {"MEMORY", 9, true},
                    {"CLIENTS", 7, true},
                    {"REQ/S", 6, true},
                    {"TOKENS", 8, true},
                    {"TURNS", 6, true},
                    {"COST", 8, true},
                    {"STORED", 10, true}},
                   11},
    [TOP_CLIENTS] = {"clients",
                     {{"CLIENT", 16, false},
                      {"USER", 12, false},
                      {"KIND", 4, false},
                      {"FROM", 6, false},
                      {"SESSIONS", 8, true},
                      {"REQ/S", 6, true},
                      {"WAITING", 9, true},
                      {"BEHIND", 6, false},
                      {"SILENT", 8, true},
                      {"TERMINAL", 0, false}},
                     10},
    [TOP_PROCESSES] = {"processes",
                       {{"PID", 8, true},
                        {"NAME", 16, false},
                        {"KIND", 7, false},
                        {"OWNER", 12, false},
                        {"CPU%", 6, true},
                        {"MEMORY", 9, true},
                        {"OF", 0, false}},
                       7},
};

const char *top_tab_name(enum top_tab tab)
{
    return tabs[tab].name;
}

const struct top_column *top_columns(enum top_tab tab, size_t *count)
{
    *count = tabs[tab].count;
    return tabs[tab].columns;
}

/* --- figures as text --- */

static void scaled(double value, double step, const char *const *units, size_t count, char *text)
{
    size_t unit = 0;
    while (value >= step && unit + 1 < count) {
        value /= step;
        unit++;
    }
    snprintf(text, TOP_CELL_BYTES, unit > 0 && value < 100 ? "%.1f%s" : "%.0f%s", value, units[unit]);
}

void top_bytes(double bytes, char text[TOP_CELL_BYTES])
{
    static const char *const units[] = {" B", " kB", " MB", " GB", " TB"};
    scaled(bytes, 1000, units, 5, text);
}

void top_count(double number, char text[TOP_CELL_BYTES])
{
    static const char *const units[] = {"", " k", " M", " G"};
    scaled(number, 1000, units, 4, text);
}

void top_time(int64_t ms, char text[TOP_CELL_BYTES])
{
    long long seconds = (long long)(ms / 1000);
    if (seconds < 60)
        snprintf(text, TOP_CELL_BYTES, "%llds", seconds);
    else if (seconds < 3600)
        snprintf(text, TOP_CELL_BYTES, "%lldm %02llds", seconds / 60, seconds % 60);
    else if (seconds < 86400)
        snprintf(text, TOP_CELL_BYTES, "%lldh %02lldm", seconds / 3600, seconds / 60 % 60);
    else
        snprintf(text, TOP_CELL_BYTES, "%lldd %02lldh", seconds / 86400, seconds / 3600 % 24);
}

/* --- rates --- */

static double seconds_between(const json_t *now, const json_t *before)
{
    return before ? (double)(jsonx_int(now, "ts", 0) - jsonx_int(before, "ts", 0)) / 1000 : 0;
}

static double per_second(const json_t *now, const json_t *before, double seconds, const char *counter)
{
    double more = (double)(jsonx_int(now, counter, 0) - jsonx_int(before, counter, 0));
    return seconds > 0 && before && more > 0 ? more / seconds : 0;
}

double top_rate(const json_t *now, const json_t *before, const char *part, const char *counter)
{
    return per_second(jsonx_obj(now, part), jsonx_obj(before, part), seconds_between(now, before), counter);
}

double top_daemon_cpu(const json_t *now, const json_t *before)
{
    return top_rate(now, before, "daemon", "cpu_ms") / 10;
}

/* --- making rows --- */

struct making {
    struct top_table *table;
    double seconds;
    json_t *cpu; /* of the answer before: cpu_ms by pid; NULL: there was none */
    const json_t *now, *before;
};

static struct top_row *add_row(struct making *making, const char *id, const json_t *json)
{
    struct top_table *table = making->table;
    if ((table->count & (table->count + 1)) == 0)
        table->rows = xreallocarray(table->rows, 2 * (table->count + 1), sizeof table->rows[0]);
    struct top_row *row = &table->rows[table->count++];
    memset(row, 0, sizeof *row);
    snprintf(row->id, sizeof row->id, "%s", id);
    row->json = json;
    return row;
}

static void put_text(struct top_cell *cell, const char *text)
{
    char *clean = sanitise_line(text, strlen(text), TOP_CELL_BYTES - 1);
    snprintf(cell->text, sizeof cell->text, "%s", clean);
    free(clean);
}

static void put_count(struct top_cell *cell, double number)
{
    cell->number = number;
    top_count(number, cell->text);
}

static void put_bytes(struct top_cell *cell, double bytes)
{
    cell->number = bytes;
    if (bytes > 0)
        top_bytes(bytes, cell->text);
    else
        strcpy(cell->text, "-");
}

/* As stoa usage says it. */
static void put_stored(struct top_cell *cell, int64_t bytes)
{
    char text[SIZE_TEXT_MAX];

    cell->number = (double)bytes;
    snprintf(cell->text, sizeof cell->text, "%s", bytes > 0 ? size_text(bytes, text) : "-");
}

static void put_decimal(struct top_cell *cell, int digits, double number)
{
    cell->number = number;
    snprintf(cell->text, sizeof cell->text, "%.*f", digits, number);
}

static const json_t *find_by(const json_t *answer, const char *list, const char *key, const char *value)
{
    size_t i;
    json_t *row;
    json_array_foreach(jsonx_arr(answer, list), i, row)
    {
        if (strcmp(jsonx_str(row, key, ""), value) == 0)
            return row;
    }
    return NULL;
}

/* --- processes --- */

static void note_cpu(json_t *cpu, const json_t *process)
{
    char pid[24];
    snprintf(pid, sizeof pid, "%lld", (long long)jsonx_int(process, "pid", 0));
    jsonx_set_int(cpu, pid, jsonx_int(process, "cpu_ms", 0));
}

static void note_tree(json_t *cpu, const json_t *process)
{
    size_t i;
    json_t *child;
    note_cpu(cpu, process);
    json_array_foreach(jsonx_arr(process, "children"), i, child)
    {
        note_cpu(cpu, child);
    }
}

static json_t *cpu_by_pid(const json_t *answer)
{
    size_t i;
    json_t *row, *cpu = json_object();
    json_array_foreach(jsonx_arr(answer, "sessions"), i, row)
    {
        note_tree(cpu, jsonx_obj(row, "agent"));
    }
    json_array_foreach(jsonx_arr(answer, "hosts"), i, row)
    {
        note_tree(cpu, row);
    }
    return cpu;
}

/* Percent of one processor, by the process alone. */
static double cpu_of(const struct making *making, const json_t *process)
{
    char pid[24];
    snprintf(pid, sizeof pid, "%lld", (long long)jsonx_int(process, "pid", 0));
    int64_t now = jsonx_int(process, "cpu_ms", 0), then = jsonx_int(making->cpu, pid, -1);
    return making->seconds > 0 && then >= 0 && now > then ? (double)(now - then) / making->seconds / 10 : 0;
}

struct sum {
    double cpu, memory, processes;
};

static struct sum sum_of(const struct making *making, const json_t *process)
{
    size_t i;
    json_t *child;
    struct sum sum = {cpu_of(making, process), (double)jsonx_int(process, "memory", 0),
                      jsonx_int(process, "pid", 0) > 0};
    json_array_foreach(jsonx_arr(process, "children"), i, child)
    {
        sum.cpu += cpu_of(making, child);
        sum.memory += (double)jsonx_int(child, "memory", 0);
        sum.processes++;
    }
    return sum;
}

static void add_process(struct making *making, const json_t *process, const char *kind, const char *owner,
                        const char *of, const json_t *json)
{
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)jsonx_int(process, "pid", 0));
    if (strcmp(id, "0") == 0)
        return;
    struct top_row *row = add_row(making, id, json);
    put_decimal(&row->cells[0], 0, (double)jsonx_int(process, "pid", 0));
    put_text(&row->cells[1], jsonx_str(process, "name", "stoa-agent"));
    put_text(&row->cells[2], kind);
    put_text(&row->cells[3], owner);
    put_decimal(&row->cells[4], 1, cpu_of(making, process));
    put_bytes(&row->cells[5], (double)jsonx_int(process, "memory", 0));
    put_text(&row->cells[6], of);
}

static void add_processes(struct making *making, const json_t *process, const char *kind, const char *owner,
                          const char *of, const json_t *json)
{
    size_t i;
    json_t *child;
    add_process(making, process, kind, owner, of, json);
    json_array_foreach(jsonx_arr(process, "children"), i, child)
    {
        add_process(making, child, "server", owner, of, json);
    }
}

static void make_processes(struct making *making)
{
    size_t i;
    json_t *row;
    json_array_foreach(jsonx_arr(making->now, "sessions"), i, row)
    {
        add_processes(making, jsonx_obj(row, "agent"), "agent", jsonx_str(row, "owner", ""),
                      jsonx_str(row, "session", ""), row);
    }
    json_array_foreach(jsonx_arr(making->now, "hosts"), i, row)
    {
        const char *user = jsonx_str(row, "user", "");
        add_processes(making, row, "host", *user ? user : "(all)", jsonx_str(row, "server", ""), row);
    }
}

/* --- sessions --- */

static void make_session(struct making *making, const json_t *json)
{
    const json_t *agent = jsonx_obj(json, "agent");
    struct sum sum = sum_of(making, agent);
    struct top_row *row = add_row(making, jsonx_str(json, "session", ""), json);
    struct top_cell *cells = row->cells;
    bool idle = strcmp(jsonx_str(json, "state", ""), "idle") == 0;
    put_text(&cells[0], row->id);
    put_text(&cells[1], jsonx_str(json, "owner", ""));
    const char *state = jsonx_str(json, "state", "");
    put_text(&cells[2], strcmp(state, "awaiting_permission") == 0 ? "asks" : state);
    put_text(&cells[3], jsonx_str(agent, "state", ""));
    if (sum.processes > 0)
        put_decimal(&cells[4], 0, (double)jsonx_int(agent, "pid", 0));
    else
        put_text(&cells[4], "-");
    put_decimal(&cells[5], 1, sum.cpu);
    put_bytes(&cells[6], sum.memory);
    put_count(&cells[7], sum.processes);
    put_count(&cells[8], (double)jsonx_int(json, "clients", 0));
    put_count(&cells[9], (double)jsonx_int(json, "queued", 0));
    put_count(&cells[10], (double)jsonx_int(json, "questions", 0));
    put_count(&cells[11], (double)jsonx_int(json, "tokens", 0));
    put_text(&cells[12], jsonx_str(json, "model", ""));
    row->style = jsonx_int(json, "questions", 0) > 0 ? STYLE_WARNING : idle ? STYLE_TEXT : STYLE_GOOD;
}

static void make_sessions(struct making *making)
{
    size_t i;
    json_t *json;
    json_array_foreach(jsonx_arr(making->now, "sessions"), i, json)
    {
        make_session(making, json);
    }
}

/* --- users --- */

static struct sum sum_of_user(const struct making *making, const char *user)
{
    size_t i;
    json_t *json;
    struct sum all = {0, 0, 0};
    json_array_foreach(jsonx_arr(making->now, "sessions"), i, json)
    {
        if (strcmp(jsonx_str(json, "owner", ""), user) != 0)
            continue;
        struct sum sum = sum_of(making, jsonx_obj(json, "agent"));
        all.cpu += sum.cpu;
        all.memory += sum.memory;
    }
    return all;
}

static void make_users(struct making *making)
{
    size_t i;
    json_t *json;
    json_array_foreach(jsonx_arr(making->now, "users"), i, json)
    {
        const char *user = jsonx_str(json, "user", "");
        const json_t *today = jsonx_obj(json, "today");
        struct sum sum = sum_of_user(making, user);
        struct top_row *row = add_row(making, user, json);
        struct top_cell *cells = row->cells;
        put_text(&cells[0], *user ? user : "(strangers)");
        put_count(&cells[1], (double)jsonx_int(json, "sessions", 0));
        put_count(&cells[2], (double)jsonx_int(json, "agents", 0));
        put_decimal(&cells[3], 1, sum.cpu);
        put_bytes(&cells[4], sum.memory);
        put_count(&cells[5], (double)jsonx_int(json, "clients", 0));
        put_decimal(
            &cells[6], 1,
            per_second(json, find_by(making->before, "users", "user", user), making->seconds, "requests"));
        put_count(&cells[7], (double)(jsonx_int(today, "input", 0) + jsonx_int(today, "output", 0)));
        put_count(&cells[8], (double)jsonx_int(today, "turns", 0));
        put_decimal(&cells[9], 2, jsonx_real(today, "cost", 0));
        put_stored(&cells[10], jsonx_int(jsonx_obj(json, "stored"), "bytes", 0));
        row->style = STYLE_TEXT;
    }
}

/* --- clients --- */

static void make_client(struct making *making, const json_t *json)
{
    const char *id = jsonx_str(json, "client", "");
    bool behind = jsonx_bool(json, "behind", false);
    struct top_row *row = add_row(making, id, json);
    struct top_cell *cells = row->cells;
    put_text(&cells[0], id);
    put_text(&cells[1], jsonx_str(json, "user", ""));
    put_text(&cells[2], jsonx_str(json, "kind", ""));
    put_text(&cells[3], jsonx_bool(json, "local", true) ? "here" : "remote");
    put_count(&cells[4], (double)jsonx_int(json, "sessions", 0));
    put_decimal(
        &cells[5], 1,
        per_second(json, find_by(making->before, "clients", "client", id), making->seconds, "requests"));
    put_bytes(&cells[6], (double)jsonx_int(json, "waiting_bytes", 0));
    put_text(&cells[7], behind ? "behind" : "-");
    cells[8].number = (double)jsonx_int(json, "silent_ms", 0);
    top_time(jsonx_int(json, "silent_ms", 0), cells[8].text);
    put_text(&cells[9], jsonx_str(json, "terminal", ""));
    row->style = behind ? STYLE_WARNING : STYLE_TEXT;
}

static void make_clients(struct making *making)
{
    size_t i;
    json_t *json;
    json_array_foreach(jsonx_arr(making->now, "clients"), i, json)
    {
        make_client(making, json);
    }
}

/* --- tables --- */

void top_table_make(struct top_table *table, enum top_tab tab, const json_t *now, const json_t *before)
{
    static void (*const makers[TOP_TABS])(struct making * making) = {make_sessions, make_users, make_clients,
                                                                     make_processes};
    struct making making = {.table = table,
                            .seconds = seconds_between(now, before),
                            .cpu = before ? cpu_by_pid(before) : NULL,
                            .now = now,
                            .before = before};
    *table = (struct top_table){.tab = tab};
    makers[tab](&making);
    json_decref(making.cpu);
}

void top_table_clear(struct top_table *table)
{
    free(table->rows);
    *table = (struct top_table){.tab = table->tab};
}

struct order {
    size_t column;
    bool is_number, descending;
};

static int compare(const void *left, const void *right, void *arg)
{
    const struct top_row *a = left, *b = right;
    const struct order *order = arg;
    const struct top_cell *x = &a->cells[order->column], *y = &b->cells[order->column];
    int result =
        order->is_number ? (x->number > y->number) - (x->number < y->number) : strcmp(x->text, y->text);
    if (order->descending)
        result = -result;
    return result ? result : strcmp(a->id, b->id);
}

void top_table_sort(struct top_table *table, size_t column, bool descending)
{
    struct order order = {column, tabs[table->tab].columns[column].is_number, descending};
    if (table->count > 1)
        qsort_r(table->rows, table->count, sizeof table->rows[0], compare, &order);
}

size_t top_table_find(const struct top_table *table, const char *id)
{
    size_t at = 0;
    while (at < table->count && strcmp(table->rows[at].id, id) != 0)
        at++;
    return at;
}
