#include "tui/completion.h"
#include "shared/xalloc.h"
#include "tui/mention.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DISMISSED_MAX = 256 };

struct completion {
    struct completion_word word;
    struct fuzzy fuzzy;
    struct completion_item items[COMPLETION_ITEMS_MAX];
    size_t count, selected;
    bool typed, moved;
    size_t dismissed_at; /* of the word that was closed, and its text; SIZE_MAX: none */
    char dismissed[DISMISSED_MAX];
};

struct completion *completion_new(void)
{
    struct completion *completion = xcalloc(1, sizeof *completion);

    completion->dismissed_at = SIZE_MAX;
    return completion;
}

static void item_clear(struct completion_item *item)
{
    free(item->text);
    free(item->show);
    free(item->detail);
}

static void clear(struct completion *completion)
{
    for (size_t i = 0; i < completion->count; i++)
        item_clear(&completion->items[i]);
    completion->count = completion->selected = 0;
    completion->moved = false;
}

void completion_free(struct completion **slot)
{
    if (!*slot)
        return;
    clear(*slot);
    free(*slot);
    *slot = NULL;
}

/* --- the word at the cursor --- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* "/usr/bin" and "//" are no commands, and neither is what has a blank before it. */
static struct completion_word command_word(const char *text, size_t len, size_t cursor)
{
    struct completion_word word = {.kind = COMPLETION_NONE};
    size_t name = 1;

    if (len == 0 || text[0] != '/' || cursor == 0 || memchr(text, '\n', len))
        return word;
    while (name < len && (islower((unsigned char)text[name]) || text[name] == '-'))
        name++;
    if (name < len && text[name] != ' ')
        return word;
    if (cursor <= name) {
        if (cursor == name) /* not within the name */
            word = (struct completion_word){.kind = COMPLETION_COMMAND, .to = cursor, .filter = 1};
        return word;
    }
    size_t from = cursor;
    while (from > name + 1 && text[from - 1] != ' ')
        from--;
    if ((cursor < len && text[cursor] != ' ') || name == 1)
        return word;
    return (struct completion_word){
        .kind = COMPLETION_ARGUMENT, .from = from, .to = cursor, .filter = from, .command_len = name - 1};
}

struct completion_word completion_word(const char *text, size_t len, size_t cursor)
{
    struct completion_word word = command_word(text, len, cursor);
    struct mention_word mention;

    if (word.kind != COMPLETION_NONE || !mention_word(text, len, cursor, &mention) || mention.to != cursor)
        return word;
    return (struct completion_word){
        .kind = COMPLETION_FILE, .from = mention.from, .to = mention.to, .filter = mention.name};
}

static bool is_dismissed(const struct completion *completion, const char *text)
{
    size_t len = completion->word.to - completion->word.from;

    return completion->dismissed_at == completion->word.from && strlen(completion->dismissed) == len &&
           memcmp(completion->dismissed, text + completion->word.from, len) == 0;
}

void completion_typed(struct completion *completion)
{
    completion->typed = true;
}

bool completion_changed(struct completion *completion, const char *text, size_t len, size_t cursor)
{
    struct completion_word before = completion->word, word = completion_word(text, len, cursor);
    bool may = completion->typed || (completion->count > 0 && word.kind == before.kind &&
                                     word.from == before.from && word.to == before.to);

    completion->typed = false;
    completion->word = word;
    if (word.kind == COMPLETION_NONE)
        completion->dismissed_at = SIZE_MAX;
    if (word.kind != COMPLETION_NONE && may && !is_dismissed(completion, text))
        return true;
    clear(completion);
    return false;
}

const struct completion_word *completion_at(const struct completion *completion)
{
    return &completion->word;
}

/* --- the list --- */

void completion_begin(struct completion *completion, const char *filter, size_t len)
{
    clear(completion);
    fuzzy_init(&completion->fuzzy, filter, len);
}

void completion_consider(struct completion *completion, const struct completion_item *item)
{
    struct completion_item *items = completion->items;
    const char *show = item->show ? item->show : item->text;
    int score = fuzzy_score(&completion->fuzzy, show, strlen(show), NULL);
    size_t at = completion->count;

    if (score == 0)
        return;
    while (at > 0 && items[at - 1].score < score)
        at--;
    if (at == COMPLETION_ITEMS_MAX)
        return;
    if (completion->count == COMPLETION_ITEMS_MAX)
        item_clear(&items[--completion->count]);
    memmove(&items[at + 1], &items[at], (completion->count - at) * sizeof *items);
    completion->count++;
    items[at] = (struct completion_item){.text = xstrdup(item->text),
                                         .show = xstrdup_null(item->show),
                                         .detail = xstrdup_null(item->detail),
                                         .goes_on = item->goes_on,
                                         .refused = item->refused,
                                         .score = score};
}

void completion_end(struct completion *completion)
{
    for (size_t i = 0; i < completion->count; i++) {
        struct completion_item *item = &completion->items[i];
        const char *show = item->show ? item->show : item->text;

        fuzzy_score(&completion->fuzzy, show, strlen(show), &item->found);
    }
}

void completion_close(struct completion *completion)
{
    clear(completion);
}

void completion_dismiss(struct completion *completion, const char *text)
{
    size_t len = completion->word.to - completion->word.from;

    clear(completion);
    if (len >= DISMISSED_MAX)
        return;
    completion->dismissed_at = completion->word.from;
    memcpy(completion->dismissed, text + completion->word.from, len);
    completion->dismissed[len] = '\0';
}

bool completion_open(const struct completion *completion)
{
    return completion->count > 0;
}

size_t completion_count(const struct completion *completion)
{
    return completion->count;
}

const struct completion_item *completion_item(const struct completion *completion, size_t index)
{
    return &completion->items[index];
}

size_t completion_selected(const struct completion *completion)
{
    return completion->selected;
}

void completion_move(struct completion *completion, int rows)
{
    size_t count = completion->count;

    if (count == 0)
        return;
    completion->selected = (completion->selected + count + (size_t)(rows % (int)count)) % count;
    completion->moved = true;
}

bool completion_moved(const struct completion *completion)
{
    return completion->moved;
}

/* --- arguments --- */

static size_t skip_blanks(const char *text, size_t at, size_t len)
{
    while (at < len && is_blank(text[at]))
        at++;
    return at;
}

static size_t word_end(const char *text, size_t at, size_t len)
{
    while (at < len && !is_blank(text[at]))
        at++;
    return at;
}

static bool is_placeholder(const char *word)
{
    return isupper((unsigned char)word[0]);
}

/* The next word of one alternative; brackets only say that it may be left out. */
static const char *next_expected(const char *at, const char *end, char word[COMPLETION_WORD_MAX])
{
    size_t len = 0;

    while (at < end && (is_blank(*at) || *at == '[' || *at == ']'))
        at++;
    while (at < end && !is_blank(*at) && *at != '[' && *at != ']') {
        if (len + 1 < COMPLETION_WORD_MAX)
            word[len++] = *at;
        at++;
    }
    word[len] = '\0';
    return at;
}

/* Follows an alternative along the words that stand there; word is what it expects next, "" for nothing. */
static void follow(const char *at, const char *end, const char *before, size_t len,
                   char word[COMPLETION_WORD_MAX])
{
    for (size_t from = skip_blanks(before, 0, len); from < len; from = skip_blanks(before, from, len)) {
        size_t to = word_end(before, from, len);

        at = next_expected(at, end, word);
        if (!*word || (!is_placeholder(word) &&
                       (strlen(word) != to - from || memcmp(word, before + from, to - from) != 0))) {
            *word = '\0';
            return;
        }
        from = to;
    }
    next_expected(at, end, word);
}

size_t completion_expected(const char *arguments, const char *before, size_t len,
                           char words[COMPLETION_ARGUMENTS_MAX][COMPLETION_WORD_MAX])
{
    size_t count = 0;

    while (*arguments && count < COMPLETION_ARGUMENTS_MAX) {
        const char *end = arguments + strcspn(arguments, "|");
        bool known = false;

        follow(arguments, end, before, len, words[count]);
        for (size_t i = 0; i < count; i++)
            known = known || strcmp(words[i], words[count]) == 0;
        if (*words[count] && !known)
            count++;
        arguments = end + (*end == '|');
    }
    return count;
}
