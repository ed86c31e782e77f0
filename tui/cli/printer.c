/* A message's text is its text blocks with a blank line between them, as message_text has it. */
#include "tui/cli/printer.h"
#include <stdio.h>
#include <string.h>

void printer_init(struct printer *printer, struct out *out)
{
    *printer = (struct printer){.out = out};
}

void printer_end(struct printer *printer)
{
    if (!printer->text)
        return;
    out_stream_end(printer->out);
    if (printer->last != '\n')
        out_text(printer->out, "\n", 1);
    out_flush(printer->out);
    printer->text = false;
}

static void begin(struct printer *printer, const char *id)
{
    printer_end(printer);
    snprintf(printer->message, sizeof printer->message, "%s", id);
    printer->block = printer->offset = 0;
}

static void put(struct printer *printer, const char *text, size_t len)
{
    if (len == 0)
        return;
    out_stream(printer->out, text, len);
    printer->text = true;
    printer->last = text[len - 1];
}

static void show_block(struct printer *printer, const struct block *block)
{
    if (block->kind != BLOCK_TEXT || block->text.len <= printer->offset)
        return;
    if (printer->offset == 0 && printer->text)
        put(printer, printer->last == '\n' ? "\n" : "\n\n", printer->last == '\n' ? 1 : 2);
    put(printer, block->text.data + printer->offset, block->text.len - printer->offset);
    printer->offset = block->text.len;
}

void printer_show(struct printer *printer, const struct message *message)
{
    if (strcmp(printer->message, message->id) != 0)
        begin(printer, message->id);
    while (printer->block < message->block_count) {
        show_block(printer, &message->blocks[printer->block]);
        if (printer->block + 1 == message->block_count)
            return; /* it may still grow */
        printer->block++;
        printer->offset = 0;
    }
}
