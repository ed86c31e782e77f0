/* What may be set for a user: one row a setting. A limit is a number (0: nothing of it) or "any"; a list has
 * texts in which * stands for any text. Whose tickets let them in is there, too. What is not set is as the
 * configuration says. */
#ifndef STOA_DAEMON_PEOPLE_USERS_SETTINGS_H
#define STOA_DAEMON_PEOPLE_USERS_SETTINGS_H

#include "daemon/people/users.h"

enum {
    SETTING_LIST_MAX = 64,  /* texts of a list */
    SETTING_GLOB_MAX = 256, /* bytes of one */
    QUOTA_NOTHING = -1      /* what users_quota says of a limit of 0 */
};
#define SETTING_ANY       "any"
#define SETTING_LET_IN_BY "let_in_by" /* a user's name */

/* Whether each member is a setting, and its value one of it, or null; else false with a sentence. */
bool settings_check(const json_t *settings, char error[256]);
/* Puts those members into the settings; null takes one out. */
void settings_merge(json_t *settings, const json_t *changes);
/* The limit that is set: 0 any, QUOTA_NOTHING none at all; false if none is set. */
bool settings_quota(const json_t *settings, enum quota quota, int64_t *limit);
/* Whether the list of that name, if there is one, has a text that matches. */
bool settings_allow(const json_t *settings, const char *list, const char *text);

#endif
