#include "tui/outbox.h"
#include "shared/xalloc.h"
#include "tui/local.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct outbox {
    struct outbox_entry *entries;
    struct draft *drafts;
};

struct outbox *outbox_new(void)
{
    return xcalloc(1, sizeof(struct outbox));
}

static void entry_free(struct outbox_entry *entry)
{
    free(entry->text);
    free(entry->files);
    message_free(&entry->message);
    free(entry);
}

void outbox_free(struct outbox **slot)
{
    struct outbox *outbox = *slot;

    if (!outbox)
        return;
    for (struct outbox_entry *entry = outbox->entries, *next; entry; entry = next) {
        next = entry->next;
        entry_free(entry);
    }
    while (outbox->drafts) {
        struct draft *draft = outbox->drafts;
        outbox->drafts = draft->next;
        free(draft->text);
        free(draft->files);
        free(draft);
    }
    free(outbox);
    *slot = NULL;
}

struct outbox_entry *outbox_add(struct outbox *outbox, const char *session, const char *author,
                                const char *text, const char *files, const json_t *attachments)
{
    struct outbox_entry *entry = xcalloc(1, sizeof *entry), **end = &outbox->entries;

    entry->outbox = outbox;
    strncpy(entry->session, session, sizeof entry->session - 1);
    entry->text = xstrdup(text);
    entry->files = xstrdup(files);
    entry->message = local_message_with(author, text, attachments);
    while (*end)
        end = &(*end)->next;
    *end = entry;
    return entry;
}

void outbox_remove(struct outbox_entry *entry)
{
    struct outbox_entry **slot = &entry->outbox->entries;

    while (*slot && *slot != entry)
        slot = &(*slot)->next;
    if (*slot)
        *slot = entry->next;
    entry_free(entry);
}

void outbox_arrived(struct outbox *outbox, const char *session, const struct message *message)
{
    if (message->role != MESSAGE_ROLE_USER || !outbox->entries)
        return;
    char *text = message_typed(message);
    for (struct outbox_entry *entry = outbox->entries; entry; entry = entry->next) {
        if (!entry->arrived && strcmp(entry->session, session) == 0 && strcmp(entry->text, text) == 0) {
            entry->arrived = true;
            break;
        }
    }
    free(text);
}

const struct outbox_entry *outbox_first(const struct outbox *outbox)
{
    return outbox->entries;
}

size_t outbox_extras(const struct outbox *outbox, const char *session, struct list_extra *extras, size_t max)
{
    size_t count = 0;

    for (const struct outbox_entry *entry = outbox->entries; entry && count < max; entry = entry->next)
        if (!entry->arrived && entry->message && strcmp(entry->session, session) == 0)
            extras[count++] = (struct list_extra){entry->message, LIST_SENDING};
    return count;
}

const struct draft *outbox_draft(const struct outbox *outbox, const char *session)
{
    const struct draft *draft = outbox->drafts;

    while (draft && strcmp(draft->session, session) != 0)
        draft = draft->next;
    return draft;
}

void outbox_draft_kept(struct outbox *outbox, const char *session, bool kept)
{
    struct draft *draft = (struct draft *)outbox_draft(outbox, session);

    if (draft)
        draft->kept = kept;
}

const struct draft *outbox_drafts(const struct outbox *outbox)
{
    return outbox->drafts;
}

void outbox_keep_draft(struct outbox *outbox, const char *session, const char *text, const char *files,
                       const char *seen)
{
    struct draft *draft = (struct draft *)outbox_draft(outbox, session);
    char *copy = xstrdup(text), *list = xstrdup(files), last[ID_MAX];

    snprintf(last, sizeof last, "%s", seen); /* all three may be the draft's own */
    if (!draft) {
        draft = xcalloc(1, sizeof *draft);
        draft->next = outbox->drafts;
        outbox->drafts = draft;
        strncpy(draft->session, session, sizeof draft->session - 1);
    }
    free(draft->text);
    free(draft->files);
    draft->text = copy;
    draft->files = list;
    memcpy(draft->seen, last, sizeof draft->seen);
}
