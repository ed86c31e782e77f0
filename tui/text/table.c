#include "tui/text/table.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 64, GAP = 3 /* " │ " */, RECORD_HANG = 2 };

struct drawing {
    const struct table *table;
    struct canvas *canvas;
    const struct flow_margin *margin;
    size_t widths[COLUMNS_MAX];
    bool broken;  /* a cell takes more than one line */
    bool hanging; /* the first column's: where a row begins is not seen without a rule */
    size_t limit;
};

void table_init(struct table *table)
{
    *table = (struct table){0};
    flow_init(&table->flow);
}

void table_free(struct table *table)
{
    flow_free(&table->flow);
    free(table->cells);
    free(table->aligns);
    table_init(table);
}

void table_clear(struct table *table, size_t columns)
{
    flow_clear(&table->flow);
    table->count = 0;
    table->columns = columns;
    table->aligns = xreallocarray(table->aligns, columns, sizeof *table->aligns);
    memset(table->aligns, 0, columns * sizeof *table->aligns);
}

void table_cell_begin(struct table *table, enum table_align align)
{
    if (table->count == table->room) {
        table->room = table->room ? table->room * 2 : 16;
        table->cells = xreallocarray(table->cells, table->room, sizeof *table->cells);
    }
    table->aligns[table->count % table->columns] = align;
    table->cells[table->count] = (struct table_cell){.from = flow_part(&table->flow)};
}

void table_cell_end(struct table *table)
{
    struct table_cell *cell = &table->cells[table->count++];

    cell->end = table->flow.text.len;
    cell->cells = utf8_width(table->flow.text.data + cell->from.at, cell->end - cell->from.at);
}

/* --- widths --- */

/* Columns that need less than their share leave the rest to the others. False if one gets too little. */
static bool choose_widths(struct drawing *drawing, size_t width)
{
    const struct table *table = drawing->table;
    size_t columns = table->columns, natural[COLUMNS_MAX] = {0}, left, open = columns;
    bool fixed[COLUMNS_MAX] = {false}, changed = true;

    if (columns > COLUMNS_MAX || width < GAP * (columns - 1) + columns)
        return false;
    left = width - GAP * (columns - 1);
    for (size_t i = 0; i < table->count; i++)
        if (table->cells[i].cells > natural[i % columns])
            natural[i % columns] = table->cells[i].cells;
    while (changed && open > 0) {
        changed = false;
        size_t share = left / open;
        for (size_t i = 0; i < columns; i++) {
            if (fixed[i] || natural[i] > share)
                continue;
            drawing->widths[i] = natural[i] > 0 ? natural[i] : 1;
            left -= drawing->widths[i] < left ? drawing->widths[i] : left;
            fixed[i] = changed = true;
            open--;
        }
    }
    for (size_t i = 0; i < columns && open > 0; i++) {
        if (fixed[i])
            continue;
        drawing->widths[i] = left / open;
        left -= drawing->widths[i];
        open--;
        drawing->broken = true;
        drawing->hanging |= i == 0;
        if (drawing->widths[i] < TABLE_COLUMN_MIN)
            return false;
    }
    return true;
}

/* --- as a grid --- */

static void rule(const struct drawing *drawing, size_t source)
{
    drawing->margin->begin(drawing->margin->owner, source);
    for (size_t column = 0; column < drawing->table->columns; column++) {
        if (column > 0)
            canvas_puts(drawing->canvas, "─┼─", STYLE_RULE);
        for (size_t i = 0; i < drawing->widths[column]; i++)
            canvas_puts(drawing->canvas, "─", STYLE_RULE);
    }
}

static size_t source_of(const struct table *table, size_t cell)
{
    struct flow_cursor writer = table->cells[cell].from;

    return table->cells[cell].end > writer.at ? flow_seek(&table->flow, &writer, writer.at) : 0;
}

static void put_cell(const struct drawing *drawing, size_t column, struct flow_cursor *writer, size_t len)
{
    const struct table *table = drawing->table;
    size_t cells = utf8_width(table->flow.text.data + writer->at, len);
    size_t room = drawing->widths[column] > cells ? drawing->widths[column] - cells : 0, before = 0;

    if (table->aligns[column] == TABLE_RIGHT)
        before = room;
    else if (table->aligns[column] == TABLE_CENTER)
        before = room / 2;
    canvas_fill(drawing->canvas, before, STYLE_TEXT);
    flow_write(&table->flow, writer, len, drawing->canvas);
    if (column + 1 < table->columns)
        canvas_fill(drawing->canvas, room - before, STYLE_TEXT);
}

static void grid_row(const struct drawing *drawing, size_t first)
{
    const struct table *table = drawing->table;
    struct flow_cursor readers[COLUMNS_MAX], writers[COLUMNS_MAX];
    size_t from[COLUMNS_MAX], len[COLUMNS_MAX], source = source_of(table, first);
    bool more = true;

    for (size_t i = 0; i < table->columns; i++)
        readers[i] = writers[i] = table->cells[first + i].from;
    for (bool begins = true; more; begins = false) {
        more = false;
        for (size_t i = 0; i < table->columns; i++) {
            len[i] = 0;
            from[i] = readers[i].at;
            more |= flow_next(&table->flow, &readers[i], table->cells[first + i].end, drawing->widths[i],
                              &from[i], &len[i]);
        }
        if (!more && !begins)
            return;
        drawing->margin->begin(drawing->margin->owner, source);
        for (size_t i = 0; i < table->columns; i++) {
            if (i > 0)
                canvas_puts(drawing->canvas, " │ ", STYLE_RULE);
            flow_seek(&table->flow, &writers[i], from[i]);
            put_cell(drawing, i, &writers[i], len[i]);
        }
    }
}

/* Between the head and the rest, and where a row could be taken for more of the one above. */
static bool needs_rule(const struct drawing *drawing, size_t first)
{
    const struct table_cell *cell = &drawing->table->cells[first];

    return first == drawing->table->columns || drawing->hanging ||
           (drawing->broken && cell->end == cell->from.at);
}

static bool grid(const struct drawing *drawing, bool header)
{
    const struct table *table = drawing->table;

    for (size_t first = header ? 0 : table->columns; first < table->count; first += table->columns) {
        bool again = !header && first == table->columns;
        if (first > 0 && !again && needs_rule(drawing, first))
            rule(drawing, 0);
        grid_row(drawing, first);
        if (drawing->canvas->text.len > drawing->limit)
            return false;
    }
    if (header && table->count == table->columns)
        rule(drawing, 0);
    return true;
}

/* --- as records --- */

struct hang { /* lines after the first stand under their beginning */
    const struct drawing *drawing;
    bool continued;
};

static void begin_hanging(void *owner, size_t source)
{
    struct hang *hang = owner;

    hang->drawing->margin->begin(hang->drawing->margin->owner, source);
    if (hang->continued)
        canvas_fill(hang->drawing->canvas, RECORD_HANG, STYLE_TEXT);
    hang->continued = true;
}

static void record_line(const struct drawing *drawing, struct flow *flow, size_t cell, size_t width)
{
    const struct table *table = drawing->table;
    const struct table_cell *head = &table->cells[cell % table->columns], *value = &table->cells[cell];
    struct hang hang = {.drawing = drawing};
    const struct flow_margin margin = {begin_hanging, &hang, RECORD_HANG};

    flow_clear(flow);
    if (head->end > head->from.at) {
        flow_put(flow, table->flow.text.data + head->from.at, head->end - head->from.at, STYLE_STRONG,
                 source_of(table, cell));
        flow_put(flow, value->end > value->from.at ? ": " : ":", value->end > value->from.at ? 2 : 1,
                 STYLE_STRONG, source_of(table, cell));
    }
    flow_append(flow, &table->flow, value->from, value->end);
    flow_lines(flow, drawing->canvas, &margin, width);
}

static bool records(const struct drawing *drawing, size_t width, bool header)
{
    const struct table *table = drawing->table;
    struct flow flow;
    bool all = true;

    flow_init(&flow);
    if (header && table->count == table->columns) { /* no row has come yet */
        for (size_t i = 0; i < table->columns; i++) {
            flow_put(&flow, i > 0 ? " │ " : "", i > 0 ? strlen(" │ ") : 0, STYLE_RULE, 0);
            flow_append(&flow, &table->flow, table->cells[i].from, table->cells[i].end);
        }
        flow_lines(&flow, drawing->canvas, drawing->margin, width);
    }
    for (size_t cell = table->columns; cell < table->count && all; cell++) {
        if (cell % table->columns == 0 && cell > table->columns)
            drawing->margin->begin(drawing->margin->owner, 0);
        record_line(drawing, &flow, cell, width);
        all = drawing->canvas->text.len <= drawing->limit;
    }
    flow_free(&flow);
    return all;
}

bool table_lines(const struct table *table, struct canvas *canvas, const struct flow_margin *margin,
                 size_t width, bool header, size_t limit)
{
    struct drawing drawing = {.table = table, .canvas = canvas, .margin = margin, .limit = limit};

    if (table->count < table->columns || table->count % table->columns != 0)
        return true;
    if (choose_widths(&drawing, width))
        return grid(&drawing, header);
    return records(&drawing, width, header);
}
