/* What is said to a model, before a provider puts it into the words of its API: made from the session
 * (context.c) or from what a server wants to have asked (sample.c).
 *
 * messages is [{"role":"user"|"assistant","content":[...]}]: roles alternate, the first one is the user's,
 * nothing is empty. Content, by "type":
 *   text       {"text"}: never blank; {"file":name,"bytes"} too if it is a file that came with the message
 *   reasoning  {"text","signature"}, redacted {"data"}: as the model's server gave them (assistant)
 *   call       {"id","name","input"}: input is JSON as text, as the model sent it (assistant)
 *   result     {"id","name","text","failed"?:true}: of a call; before all else in its message (user)
 *   image, audio {"mime","data"}: data is base64 */
#ifndef STOA_AGENT_PROMPT_H
#define STOA_AGENT_PROMPT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prompt {
    char *system;       /* NULL: none */
    double temperature; /* < 0: the server's default */
    int64_t max_tokens; /* <= 0: the same */
    json_t *messages;
    json_t *tools; /* [{"name","description","schema"}]; an empty one: none */
    char *choice;  /* of tools: "auto", "required" or "none"; NULL: not said */
    json_t *stop;  /* [texts] that end the reply; NULL: none */
};

void prompt_init(struct prompt *prompt);
void prompt_clear(struct prompt *prompt);
/* Puts a block (stolen) at the end, in a message of its own only if the role changes. What an assistant said
 * before any user is left out, and so is blank text. */
void prompt_add(struct prompt *prompt, const char *role, json_t *block);
void prompt_add_text(struct prompt *prompt, const char *role, const char *text);
bool prompt_has_tools(const struct prompt *prompt);

/* The text blocks from content[at] on, up to the first block of another kind, joined by blank lines: *text is
 * free()d by the caller, NULL if there is none. Returns where the next block is. */
size_t prompt_text(const json_t *content, size_t at, char **text);
/* The last text block that a user said, files aside, borrowed; "" if there is none. */
const char *prompt_asked(const struct prompt *prompt);
/* Content of the newest message if that holds results; else NULL. */
const json_t *prompt_results(const struct prompt *prompt);
/* Bytes of all that is said, tools aside. */
size_t prompt_bytes(const struct prompt *prompt);

#endif
