/* Where a page of the list of sessions ends: "ACTIVITY-KEY" of the last one that was seen. */
#include "daemon/store/store.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

bool store_cursor_read(const char *text, int64_t *activity, int64_t *key)
{
    long long first, second;
    int end = 0;

    *activity = INT64_MAX;
    *key = INT64_MAX;
    if (!text)
        return true;
    if (strlen(text) > 40 || !isdigit((unsigned char)text[0]) ||
        sscanf(text, "%18lld-%18lld%n", &first, &second, &end) != 2 || text[end])
        return false;
    *activity = first;
    *key = second;
    return true;
}

void store_cursor_write(char text[STORE_CURSOR_MAX], int64_t activity, int64_t key)
{
    snprintf(text, STORE_CURSOR_MAX, "%lld-%lld", (long long)activity, (long long)key);
}
