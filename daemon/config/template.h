/* Templates in the definition of an MCP server: {SESSION_ID} {USER_ID} {INSTANCE_TYPE} {SESSION_DIR}
 * {VAR:name} {ENV:NAME} {SECRET:name}; {{ is a brace itself. What the configuration may say is checked when
 * it is read; a value may still be missing when it is filled in. */
#ifndef STOA_DAEMON_CONFIG_TEMPLATE_H
#define STOA_DAEMON_CONFIG_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TEMPLATE_RESULT_MAX = 64 << 10, /* bytes of a text that was filled in */
    TEMPLATE_NAME_MAX = 64          /* bytes of a variable's name; they are of A-Z a-z 0-9 _ */
};

/* Whose instances a server has: what a template may name, since it must be the same for all who share one. */
enum server_scope { SCOPE_SESSION, SCOPE_USER, SCOPE_SHARED, SCOPE_COUNT };

struct template_values {  /* borrowed; NULL where the scope allows none */
    const char *instance; /* "session", "user" or "shared" */
    const char *user, *session_id, *session_dir;
    const json_t *variables; /* object of texts */
    /* Another number whenever that secret of the user's is set; 0 with a sentence if it can't be used. NULL:
     * there are no secrets here. */
    uint64_t (*secret)(void *arg, const char *name, char error[256]);
    void *secret_arg;
};

/* Whether text may stand in the configuration; else false with a sentence part that names what is wrong:
 * "has the unknown template '{SESSION}'; known are ...". */
bool template_check(const char *text, enum server_scope scope, char error[256]);
/* Whether it names the session: its id, folder or a variable. */
bool template_names_session(const char *text);
/* Calls each with the value of each variable that it names; "" for one that is not set. */
void template_variables(const char *text, const json_t *variables, void (*each)(void *arg, const char *value),
                        void *arg);
/* Filled in, free() it; the environment is this process's. NULL with a sentence when a value is missing or
 * the result too long. Takes only what template_check let pass. */
char *template_fill(const char *text, const struct template_values *values, char error[256]);
/* Whether it names a secret: it may do so in env and headers alone. */
bool template_names_secret(const char *text);
/* Whether it has the session's variable of that name in it. */
bool template_names_variable(const char *text, const char *name);
/* The same of a text that may name secrets, whose values are filled in where they are used: the list of its
 * texts and of {"secret":"name","version":n}, as in LINK_SERVERS (new reference). */
json_t *template_fill_parts(const char *text, const struct template_values *values, char error[256]);
/* Of a text that is "{SECRET:name}" and nothing else: copies the name. */
bool template_is_secret(const char *text, char name[TEMPLATE_NAME_MAX + 1]);
/* Whether it can be the name of a variable. */
bool template_is_name(const char *name);

#endif
