/* The formats that a form's text may have to be of. */
#ifndef STOA_AGENT_MCP_FORM_FORMAT_H
#define STOA_AGENT_MCP_FORM_FORMAT_H

#include <stdbool.h>

/* "email", "uri", "date" or "date-time". */
bool form_format_known(const char *format);
/* Whether text is of a known format; one that is not known fits always. */
bool form_format_fits(const char *format, const char *text);
/* What it should look like: "a date such as 2025-12-31". */
const char *form_format_example(const char *format);

#endif
