/* A fake of servers.h, in place of the real one: a list of tools, what was called of them, and answers when
 * the test wants them. */
#ifndef STOA_TEST_SERVERS_FAKE_H
#define STOA_TEST_SERVERS_FAKE_H

#include "daemon/agent/servers.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct servers_call {
    struct servers *servers;
    struct servers_call *next;
    struct servers_call_handler handler;
    char *tool;
};

struct servers {
    const struct servers_tool *tools; /* ended by one without a name */
    json_t *rules;
    const char *folder;
    unsigned definition;        /* of all servers */
    const char *unusable;       /* one that can't be used; NULL: none */
    struct servers_call *calls; /* under way, newest first */
    struct buf log;             /* "call files/read {...} m 1; cancel files/read; " */
};

static inline void fake_init(struct servers *servers, const struct servers_tool *tools, const char *rules)
{
    *servers = (struct servers){.tools = tools, .rules = json_loads(rules, 0, NULL)};
    assert(servers->rules);
    buf_init(&servers->log, 1 << 20);
}

static inline void fake_clear(struct servers *servers)
{
    assert(!servers->calls);
    json_decref(servers->rules);
    buf_free(&servers->log);
}

size_t servers_tools(struct servers *servers, struct servers_tool *tools, size_t max)
{
    size_t count = 0;

    for (; servers->tools[count].name && count < max; count++)
        tools[count] = servers->tools[count];
    return count;
}

bool servers_find(struct servers *servers, const char *name, struct servers_tool *tool)
{
    for (const struct servers_tool *known = servers->tools; known->name; known++)
        if (strcmp(known->name, name) == 0) {
            *tool = *known;
            return true;
        }
    return false;
}

const json_t *servers_rules(const struct servers *servers)
{
    return servers->rules;
}

unsigned servers_definition(const struct servers *servers, const char *server)
{
    return *server ? servers->definition : 0;
}

bool servers_usable(const struct servers *servers, const char *server, char why[320])
{
    bool usable = !servers->unusable || strcmp(servers->unusable, server) != 0;
    if (!usable)
        snprintf(why, 320, "MCP server '%s' can't be used here", server);
    return usable;
}

const char *servers_folder(const struct servers *servers)
{
    return servers->folder;
}

struct servers_call *servers_call(struct servers *servers, const char *server, const char *tool,
                                  const json_t *arguments, int64_t timeout_ms, const char *message, int block,
                                  const struct servers_call_handler *handler)
{
    struct servers_call *call = calloc(1, sizeof *call);
    char *text = jsonx_dump(arguments, &(size_t){0});

    (void)timeout_ms;
    (void)message;
    buf_printf(&servers->log, "call %s/%s %s %d; ", server, tool, text, block);
    free(text);
    call->servers = servers;
    call->tool = strdup(tool);
    call->handler = *handler;
    call->next = servers->calls;
    servers->calls = call;
    return call;
}

static inline void fake_remove(struct servers_call *call)
{
    struct servers_call **link = &call->servers->calls;

    while (*link != call)
        link = &(*link)->next;
    *link = call->next;
    free(call->tool);
    free(call);
}

void servers_cancel(struct servers_call **call)
{
    if (*call) {
        buf_printf(&(*call)->servers->log, "cancel %s; ", (*call)->tool);
        fake_remove(*call);
    }
    *call = NULL;
}

static inline struct servers_call *fake_find(struct servers *servers, const char *tool)
{
    struct servers_call *call = servers->calls;

    while (call && strcmp(call->tool, tool) != 0)
        call = call->next;
    return call;
}

/* result: JSON of MCP's. */
static inline void fake_answer(struct servers *servers, const char *tool, const char *result)
{
    struct servers_call *call = fake_find(servers, tool);
    json_t *json = json_loads(result, 0, NULL);
    struct servers_result done = {.code = ERR_OK, .result = json};

    assert(call && json);
    struct servers_call_handler handler = call->handler;
    fake_remove(call);
    handler.done(handler.arg, &done);
    json_decref(json);
}

static inline void fake_fail(struct servers *servers, const char *tool, enum err code, const char *text,
                             bool sent)
{
    struct servers_call *call = fake_find(servers, tool);
    struct servers_result done = {.code = code, .text = text, .sent = sent};

    assert(call);
    struct servers_call_handler handler = call->handler;
    fake_remove(call);
    handler.done(handler.arg, &done);
}

#endif
