/* A question as text that hides nothing: for panel.c. */
#ifndef STOA_TUI_PANEL_TEXT_H
#define STOA_TUI_PANEL_TEXT_H

#include <jansson.h>

/* All that is asked: lines, of which controls and invisible characters are shown as ^[ or <U+202E>. free()
 * it. question: as in PROTOCOL.md; content: what a form was filled in with, or NULL. *hidden: how many such
 * characters there are. */
char *panel_text(const json_t *question, const json_t *content, unsigned *hidden);
/* "run files/write_file (can destroy)" and the like, on one clean line. free() it. */
char *panel_title(const json_t *question);

/* A call's arguments for an editor: on several lines, with whatever could not be seen there as \uXXXX. free()
 * it; NULL if they are no JSON object. */
char *panel_arguments(const char *text);
/* The object that an edited text is, as a new reference; NULL with a sentence that says where it is wrong. */
json_t *panel_arguments_value(const char *text, char error[256]);

/* A form's field as one asks for it: "colour (red, green or blue), required". free() it. */
char *panel_field_label(const json_t *field);
/* What stands there at first: the default. free() it. */
char *panel_field_default(const json_t *field);
/* The value that the text means, as a new reference; NULL with a sentence if it means none (error), or
 * without one if it is left out. */
json_t *panel_field_value(const json_t *field, const char *text, char error[256]);

#endif
