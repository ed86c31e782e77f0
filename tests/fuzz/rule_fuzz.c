/* Any bytes: a pattern, a NUL, and the arguments of a call. What is no pattern matches nothing, what is one
 * can be found again, an exact one matches its tool; an allow matches nothing that a deny of the same pattern
 * does not. */
#include "proto/rule.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void exact(const char *tool)
{
    char error[256], *pattern = rule_exact("s", tool);

    if (rule_check(pattern, error))
        assert(rule_matches(pattern, RULE_ALLOW, "s", tool, NULL));
    free(pattern);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *cut = memchr(data, '\0', size);
    size_t len = cut ? (size_t)(cut - data) : size;
    char *pattern = strndup((const char *)data, len), error[256] = "";
    json_t *arguments = cut ? jsonx_parse((const char *)cut + 1, size - len - 1, NULL) : NULL;
    bool good = rule_check(pattern, error);
    bool allows = rule_matches(pattern, RULE_ALLOW, "files", "read", arguments);
    bool denies = rule_matches(pattern, RULE_DENY, "files", "read", arguments);
    struct rule_line rules[] = {{RULE_ALLOW, RULE_USER, "*"}, {RULE_DENY, RULE_SESSION, pattern}};

    assert(good == (error[0] == '\0') && utf8_valid(error, strlen(error)));
    assert(good || (!allows && !denies));
    assert(!allows || denies);
    const struct rule_line *decides = rule_decide(rules, 2, "files", "read", arguments);
    assert(decides == &rules[denies ? 1 : 0]);
    if (utf8_valid(pattern, len) && len > 0)
        exact(pattern);
    json_decref(arguments);
    free(pattern);
    return 0;
}
