/* Options that are several things in one text may be written as a list, too: one thing in each element, whose
 * line an error names. They are put together as the text would have them, so that all else knows texts only.
 */
#include "daemon/config/config_internal.h"

#include "proto/rule.h"
#include "shared/buf.h"
#include "shared/listen.h"

#include <stdlib.h>

static const struct {
    enum option option;
    const char *between;
} lists[] = {{OPTION_LISTEN, " "}, {OPTION_PERMISSION_TWO_PERSON, "; "}};

static const char *between(enum option option)
{
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (lists[i].option == option)
            return lists[i].between;
    return NULL;
}

bool config_is_list(enum option option, const struct yaml_node *node)
{
    return node->kind == YAML_LIST && between(option);
}

static bool check(enum option option, const char *text, char reason[256])
{
    struct listen_address addresses[LISTEN_MAX];
    if (option != OPTION_LISTEN)
        return rule_list_check(text, reason);
    int count = listen_parse(text, addresses, reason);
    if (count >= 0 && count != 1)
        snprintf(reason, 256, "each element of the list must be one address, tcp://HOST:PORT");
    return count == 1;
}

bool config_put_list(struct config *config, enum option option, const struct yaml_node *node, int line,
                     char error[256])
{
    const char *name = option_row(option)->name;
    char reason[256], shown[64];
    struct buf text;
    buf_init(&text, YAML_SIZE_MAX); /* how long it may be is for the option to say */
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *item = node->items[i];
        option_show_node(item, shown);
        bool good = item->kind == YAML_SCALAR;
        if (!good)
            snprintf(reason, sizeof reason, "an element of the list is %s; it must be a text", shown);
        if (!good || !check(option, item->text, reason)) {
            buf_free(&text);
            return config_error(config, item->line, error, "option '%s': %s", name, reason);
        }
        buf_puts(&text, i > 0 ? between(option) : "");
        buf_puts(&text, item->text);
    }
    struct yaml_node whole = {.kind = YAML_SCALAR, .line = line, .text = buf_take(&text)};
    bool good = option_set_put_node(&config->options, option, &whole, line, error);
    free(whole.text);
    return good;
}
