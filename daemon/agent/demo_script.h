/* What the demo model says, and how: a script out of the newest user message. The same message gives the same
 * script.
 *
 * A line that begins with "/demo" holds directives, words of key=value:
 *     rate=N          chunks a second; 0: one in each turn of the loop
 *     chunks=N        N chunks of made-up Markdown (100 if only bytes is given)
 *     bytes=N         bytes of each of those chunks (24)
 *     seed=N          other made-up words
 *     slow=MS         waits before the first chunk
 *     reasoning=1     thinks aloud first
 *     tool=NAME       ends by calling the tool NAME, and says what came of it
 *     tools=NAME,...  the same with several at once
 *     times=N         calls them again when their results are there, N times in all
 *     fail=start|mid  fails before anything came, or halfway
 *     crash=segv|abort  ends the agent's process halfway
 *     hang=1          says nothing, until it is interrupted
 *     echo=TEXT       says TEXT, which is the rest of the line
 *     input=JSON      what the tools are called with, which is the rest of the line ({"from":"demo"})
 * A word that is none of these is skipped. A further line with directives adds to the first. */
#ifndef STOA_AGENT_DEMO_SCRIPT_H
#define STOA_AGENT_DEMO_SCRIPT_H

#include "shared/buf.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum demo_fail { DEMO_FAIL_NOT, DEMO_FAIL_START, DEMO_FAIL_MID };

struct demo_script {
    int64_t rate, slow_ms;
    int64_t chunks, bytes; /* of made-up text; chunks 0: text is said */
    uint64_t seed;
    enum demo_fail fail;
    int crash; /* a signal's number, or 0 */
    bool hang, reasoning;
    char *tools;   /* names, with commas between them; NULL for none */
    char *input;   /* of their calls, as it was written */
    int64_t times; /* that they are called */
    char *text;    /* what is said if chunks is 0 */
    bool greets;   /* text is the answer to what has no directives */
};

/* rate: what holds unless the message says otherwise. Free with demo_script_clear. */
void demo_script_read(struct demo_script *script, const char *message, int64_t rate);
void demo_script_clear(struct demo_script *script);
/* Says first which files came with the message, unless it was told what to say. content: the message's, as in
 * struct prompt. */
void demo_script_files(struct demo_script *script, const json_t *content);
/* A title was asked for: says the first words of what is quoted in the message. */
void demo_script_title(struct demo_script *script, const char *message, int words);
/* The results of its calls are there: says what came of them, in place of what it said before; content: that
 * of struct prompt's newest message. round: how often it has called already. */
void demo_script_results(struct demo_script *script, const json_t *content, int64_t round);
/* The name of the tool that is called as number at, free()d by the caller; NULL if there is no such. */
char *demo_script_tool(const struct demo_script *script, size_t at);

/* The bytes of the next chunk of a text: a few words, never a part of a character; 0 at its end. */
size_t demo_script_piece(const char *text);
struct demo_words { /* the place in an endless text; .random is its seed */
    uint64_t random;
    const char *rest; /* of a word that the bytes asked for have cut; NULL at the beginning */
};

/* Appends exactly count bytes of made-up Markdown in ASCII; what is asked for next goes on where they end. */
void demo_script_invent(struct demo_words *words, size_t count, struct buf *out);

#endif
