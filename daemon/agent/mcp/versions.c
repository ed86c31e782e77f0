/* Revisions are named by dates, so they compare as text. */
#include "daemon/agent/mcp/versions.h"
#include <string.h>

static const char *const known[] = {VERSIONS_MODERN, VERSIONS_LEGACY, "2025-06-18", "2025-03-26",
                                    "2024-11-05"};
enum { KNOWN = sizeof known / sizeof *known };

bool versions_is_modern(const char *version)
{
    return version && strcmp(version, VERSIONS_MODERN) == 0;
}

bool versions_is_legacy(const char *version)
{
    for (size_t i = 1; version && i < KNOWN; i++)
        if (strcmp(version, known[i]) == 0)
            return true;
    return false;
}

bool versions_has_batches(const char *version)
{
    return strcmp(version, "2025-03-26") == 0;
}

bool versions_is_since(const char *version, const char *revision)
{
    return strcmp(version, revision) >= 0;
}

const char *versions_choose(const json_t *list)
{
    json_t *each;
    size_t at;

    for (size_t i = 0; i < KNOWN; i++)
        json_array_foreach(list, at, each)
        {
            const char *offered = json_string_value(each);

            if (offered && strcmp(offered, known[i]) == 0)
                return known[i];
        }
    return NULL;
}
