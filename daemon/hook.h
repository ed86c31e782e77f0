/* A program that is run to notify people, with a JSON object on standard input. It is never waited for: its
 * words are logged, and it is killed with its process group when it takes too long. */
#ifndef STOA_DAEMON_HOOK_H
#define STOA_DAEMON_HOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum {
    HOOK_MAX = 8,        /* at once; further ones are left out, which is logged */
    HOOK_MS = 10000,     /* that one may take */
    HOOK_WORDS_MAX = 64, /* of the command */
    HOOK_LOG_MAX = 4096  /* bytes of its output that are logged */
};

struct hooks;

struct hooks *hooks_open(uv_loop_t *loop);
/* Kills what runs. */
void hooks_close(struct hooks **hooks);
/* Runs the command ("" does nothing); json is borrowed. */
void hooks_run(struct hooks *hooks, const char *command, const json_t *json);

/* A command line into words, as a shell does without expanding anything: '...' is literal, in "..." and
 * outside \ takes the next character. words receives pointers into out (at least as large as the command and
 * one more), and NULL at the end. How many, or -1: a quote is not closed, or there are too many. */
int hook_split(const char *command, char *out, char *words[HOOK_WORDS_MAX + 1]);

#endif
