/* Options as text, all from their table: in force, as an example to copy, and as a manual page's list. */
#ifndef STOA_SHARED_OPTION_PRINT_H
#define STOA_SHARED_OPTION_PRINT_H

#include "shared/option_set.h"
#include <stdio.h>

/* What is in force, as YAML that reads back the same, with where each value is from. The group that a dotted
 * name stands in is written before its first option. */
void option_print_set(const struct option_set *set, FILE *out);
/* Every option commented out, with help, bounds and default. */
void option_print_example(const struct option_spec *rows, size_t count, FILE *out);
/* An mdoc(7) list. */
void option_print_man(const struct option_spec *rows, size_t count, FILE *out);
/* In double quotes, where every text is a text. */
void option_print_quoted(const char *text, FILE *out);
/* A sentence or more for mdoc(7): each begins a line, and nothing in it is a request. */
void option_print_roff(const char *text, FILE *out);

#endif
