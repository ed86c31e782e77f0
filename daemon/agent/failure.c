/* What a server says is shown as it is, after the checks: it knows best what is wrong. */
#include "daemon/agent/failure.h"
#include "daemon/agent/dialect.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum {
    FAILURE_MAX = 800,  /* bytes of a sentence */
    FAILURE_KEY_MIN = 4 /* a shorter key is no secret, and hiding it would tear words apart */
};

void failure_server_init(struct failure_server *server, const char *provider, const char *url,
                         const char *key)
{
    const char *host = strstr(url, "://");

    host = host ? host + 3 : url;
    size_t scheme = (size_t)(host - url), len = strcspn(host, "/?#");
    const char *user = memrchr(host, '@', len);
    if (user) {
        len -= (size_t)(user + 1 - host);
        host = user + 1;
    }
    server->provider = xstrdup(provider);
    server->origin = xasprintf("%.*s%.*s", (int)scheme, url, (int)len, host);
    server->key = xstrdup_null(key);
    server->tools = false;
}

void failure_server_clear(struct failure_server *server)
{
    free(server->provider);
    free(server->origin);
    if (server->key)
        explicit_bzero(server->key, strlen(server->key));
    free(server->key);
}

/* Overwrites each copy of the key. */
static void hide(char *text, const char *key)
{
    size_t len = key ? strlen(key) : 0;

    if (len < FAILURE_KEY_MIN)
        return;
    for (char *found = text; (found = strstr(found, key)); found += len)
        memset(found, '*', len);
}

/* Takes text, and gives what may be shown of it. The key is looked for before and after: what the sanitiser
 * takes out of its middle would bring it together. */
static char *presentable(char *text, const struct failure_server *server)
{
    static bool once;

    if (!once)
        once =
            utf8_locale(); /* the sanitiser knows characters by the locale; needed here alone, so set here */
    hide(text, server->key);
    char *clean = sanitise_line(text, strlen(text), SIZE_MAX);
    hide(clean, server->key);
    char *line = sanitise_line(clean, strlen(clean), FAILURE_MAX);
    free(clean);
    free(text);
    return line;
}

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {400, "Bad Request"},
        {401, "Unauthorized (is the key right?)"},
        {402, "Payment Required"},
        {403, "Forbidden (may the key use this model?)"},
        {404, "Not Found (are base_url and the model's name right?)"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {529, "Overloaded"},
    };

    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return NULL;
}

/* In the words of OpenAI and many others, Anthropic, llama.cpp, LM Studio, Ollama, Mistral, Gemini, Groq. */
bool failure_too_long(const char *said)
{
    static const char *const words[] = {
        "context_length_exceeded",
        "maximum context length",
        "prompt is too long",
        "exceed context limit",
        "context size",
        "exceed_context_size",
        "context length",
        "context window",
        "too large for model",
        "input token count",
        "reduce the length of the messages",
    };

    for (size_t i = 0; said && i < sizeof words / sizeof *words; i++)
        if (strcasestr(said, words[i]))
            return true;
    return false;
}

bool failure_answer_too_long(const struct http_result *result)
{
    int status = result->response->status;

    if (status == 413)
        return true;
    if (status != 400 && status != 422 && status != 500)
        return false;
    char *body = xstrndup(result->body_len > 0 ? result->body : "", result->body_len);
    bool too_long = failure_too_long(body);
    free(body);
    return too_long;
}

/* What servers say of a model that takes no tools, or that they were not told to let it. */
static const char *hint_of(const struct failure_server *server, const char *said)
{
    bool refused = server->tools && said && strcasestr(said, "tool") &&
                   (strcasestr(said, "support") || strstr(said, "--"));

    return refused ? "; the session offers tools, and this model takes none: choose another model" : "";
}

char *failure_answer(const struct failure_server *server, const struct http_result *result)
{
    const struct http_response *response = result->response;
    const char *reason = reason_of(response->status);
    char *said = dialect_error_of(result->body, result->body_len), *text;

    if (response->status == 0)
        text = xasprintf("provider %s at %s: %s", server->provider, server->origin, result->why);
    else if (response->status / 100 == 3)
        text = xasprintf("provider %s answered %d, moved to %s: set base_url to the new address",
                         server->provider, response->status,
                         response->location[0] ? response->location : "an unnamed place");
    else
        text = xasprintf("provider %s answered %d%s%s%s%s%s", server->provider, response->status,
                         reason ? " " : "", reason ? reason : "", said ? ": " : "", said ? said : "",
                         hint_of(server, said));
    free(said);
    return presentable(text, server);
}

char *failure_type(const struct failure_server *server, const char *type, const char *body, size_t len)
{
    char *said = dialect_error_of(body, len);
    char *text =
        said ? xasprintf("provider %s: %s", server->provider, said)
             : xasprintf("provider %s answered with %s instead of a stream of events: is base_url right?",
                         server->provider, type);

    free(said);
    return presentable(text, server);
}

char *failure_stream(const struct failure_server *server, const char *why)
{
    return presentable(xasprintf("provider %s: %s", server->provider, why), server);
}

char *failure_cut(const struct failure_server *server, const struct http_result *result)
{
    const char *why = result->end == HTTP_TIMEOUT ? result->why : "it ended before the reply did";

    return presentable(xasprintf("provider %s: the stream was cut: %s", server->provider, why), server);
}

char *failure_key(const struct failure_server *server)
{
    return presentable(xasprintf("the key of provider %s has a line break or another control character in it",
                                 server->provider),
                       server);
}

bool failure_key_usable(const char *key)
{
    for (; key && *key; key++)
        if ((unsigned char)*key < 0x20 || *key == 0x7f)
            return false;
    return true;
}
