/* URLs, read by the same parser that will be used to go there: two that read one URL differently are a hole.
 */
#include "daemon/agent/http.h"
#include "shared/xalloc.h"
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* NULL if text is no URL of http or https. */
static CURLU *parsed(const char *text)
{
    CURLU *url = curl_url();
    char *scheme = NULL;
    bool ok = url && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
              curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);

    curl_free(scheme);
    if (ok)
        return url;
    curl_url_cleanup(url);
    return NULL;
}

/* free()d by the caller; NULL if url is NULL or can't be written. */
static char *written(CURLU *url)
{
    char *text = NULL, *copy;

    if (!url || curl_url_get(url, CURLUPART_URL, &text, 0) != CURLUE_OK)
        return NULL;
    copy = xstrdup(text);
    curl_free(text);
    return copy;
}

static void copy_part(CURLU *to, CURLU *from, CURLUPart part)
{
    char *text = NULL;

    if (curl_url_get(from, part, &text, 0) != CURLUE_OK)
        text = NULL;
    curl_url_set(to, part, text, 0);
    curl_free(text);
}

char *http_url_join(const char *base, const char *reference)
{
    CURLU *from = parsed(base), *to = parsed(base);
    char *joined = NULL;

    if (to && curl_url_set(to, CURLUPART_URL, reference, 0) == CURLUE_OK) {
        copy_part(to, from, CURLUPART_USER);
        copy_part(to, from, CURLUPART_PASSWORD);
        curl_url_set(to, CURLUPART_FRAGMENT, NULL, 0);
        joined = written(to);
    }
    curl_url_cleanup(from);
    curl_url_cleanup(to);
    from = joined ? parsed(joined) : NULL;
    if (!from) {
        free(joined);
        joined = NULL;
    }
    curl_url_cleanup(from);
    return joined;
}

static bool same_part(CURLU *a, CURLU *b, CURLUPart part)
{
    char *one = NULL, *other = NULL;
    bool same = curl_url_get(a, part, &one, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                curl_url_get(b, part, &other, CURLU_DEFAULT_PORT) == CURLUE_OK && strcasecmp(one, other) == 0;

    curl_free(one);
    curl_free(other);
    return same;
}

bool http_url_same_origin(const char *a, const char *b)
{
    CURLU *one = parsed(a), *other = parsed(b);
    bool same = one && other && same_part(one, other, CURLUPART_SCHEME) &&
                same_part(one, other, CURLUPART_HOST) && same_part(one, other, CURLUPART_PORT);

    curl_url_cleanup(one);
    curl_url_cleanup(other);
    return same;
}

char *http_url_show(const char *url)
{
    CURLU *shown = parsed(url);
    char *text;

    if (shown) {
        curl_url_set(shown, CURLUPART_USER, NULL, 0);
        curl_url_set(shown, CURLUPART_PASSWORD, NULL, 0);
        curl_url_set(shown, CURLUPART_OPTIONS, NULL, 0);
        curl_url_set(shown, CURLUPART_QUERY, NULL, 0);
        curl_url_set(shown, CURLUPART_FRAGMENT, NULL, 0);
    }
    text = written(shown);
    curl_url_cleanup(shown);
    return text ? text : xstrdup("an address that is no URL");
}
