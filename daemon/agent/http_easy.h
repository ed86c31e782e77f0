/* Parts of setting up a transfer that need nothing but libcurl. */
#ifndef STOA_AGENT_HTTP_EASY_H
#define STOA_AGENT_HTTP_EASY_H

#include <curl/curl.h>

/* The certificates to trust: SSL_CERT_FILE and SSL_CERT_DIR, else the system's. */
void http_easy_certificates(CURL *easy);
/* The headers ("Name: value", ended by NULL; or NULL) as libcurl takes them, for http_easy_forget. *wrong is
 * set to a sentence part, to be free()d, if one of them can't be sent. */
struct curl_slist *http_easy_headers(char *const *headers, char **wrong);
/* Wipes and frees such a list; accepts NULL. */
void http_easy_forget(struct curl_slist *list);

#endif
