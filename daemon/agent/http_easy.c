/* Headers and certificates. A header is checked here, whoever made it: a line break in a value that came from
 * elsewhere would begin a header of its own. */
#include "daemon/agent/http_easy.h"
#include "shared/xalloc.h"
#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Whether the folder holds certificates by the hash of their names, as OpenSSL looks them up: this reads the
 * one that is needed instead of all, and saves a megabyte. */
static bool is_hashed(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    bool found = false;

    if (!dir)
        return false;
    while (!found && (entry = readdir(dir))) {
        const char *name = entry->d_name;
        found = strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && name[9] == '0';
    }
    closedir(dir);
    return found;
}

void http_easy_certificates(CURL *easy)
{
    const char *file = getenv("SSL_CERT_FILE"), *folder = getenv("SSL_CERT_DIR");

    if (!file && !folder && is_hashed("/etc/ssl/certs"))
        folder = "/etc/ssl/certs";
    if (file || folder) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, folder);
    }
}

/* NULL, or what is wrong with the header. Its value may be secret. */
static char *header_wrong(const char *header)
{
    static const char token[] =
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t name = strspn(header, token);

    if (name == 0 || header[name] != ':')
        return xstrdup("one of its headers has no valid name");
    for (const char *at = header + name; *at; at++)
        if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7F)
            return xasprintf("the value of its header %.*s has a control character", (int)name, header);
    return NULL;
}

void http_easy_forget(struct curl_slist *list)
{
    for (struct curl_slist *at = list; at; at = at->next)
        explicit_bzero(at->data, strlen(at->data));
    curl_slist_free_all(list);
}

struct curl_slist *http_easy_headers(char *const *headers, char **wrong)
{
    struct curl_slist *list = NULL;

    for (; headers && *headers && !*wrong; headers++) {
        const char *value = strchr(*headers, ':');

        *wrong = header_wrong(*headers);
        if (*wrong || value[1 + strspn(value + 1, " \t")]) {
            list = curl_slist_append(list, *headers);
        } else { /* libcurl's way to say that it is empty; a colon would leave it out */
            char *empty = xasprintf("%.*s;", (int)(value - *headers), *headers);

            list = curl_slist_append(list, empty);
            free(empty);
        }
    }
    return curl_slist_append(list, "Expect:"); /* no wait for 100 Continue */
}
