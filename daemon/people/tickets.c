/* Tickets. They are few: looked for one by one. */
#include "daemon/people/tickets.h"

#include "daemon/store/store_people.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tickets {
    struct store *store;
    struct ticket *all; /* oldest first */
    size_t count, cap;
};

static enum ticket_fate fate_of(const struct ticket *ticket, int64_t now)
{
    if (ticket->uses < 0)
        return TICKET_REVOKED;
    if (ticket->uses == 0)
        return TICKET_USED;
    return now < ticket->expires ? TICKET_GOOD : TICKET_EXPIRED;
}

static struct ticket *put(struct tickets *tickets, const struct ticket *ticket)
{
    if (tickets->count == tickets->cap) {
        tickets->cap = tickets->cap ? 2 * tickets->cap : 16;
        tickets->all = xreallocarray(tickets->all, tickets->cap, sizeof tickets->all[0]);
    }
    tickets->all[tickets->count] = *ticket;
    return &tickets->all[tickets->count++];
}

static void write_row(struct tickets *tickets, const struct ticket *ticket)
{
    struct store_ticket row = {.id = ticket->id,
                               .hash = ticket->hash,
                               .session = ticket->session,
                               .role = role_name(ticket->role),
                               .by = ticket->by,
                               .expires = ticket->expires,
                               .uses = ticket->uses};
    store_put_ticket(tickets->store, &row);
}

static void forget(struct tickets *tickets, size_t at)
{
    store_delete_ticket(tickets->store, tickets->all[at].id);
    memmove(&tickets->all[at], &tickets->all[at + 1], (--tickets->count - at) * sizeof tickets->all[0]);
}

/* Those that nobody will ask for any more. */
static void forget_old(struct tickets *tickets, int64_t now)
{
    for (size_t i = tickets->count; i-- > 0;)
        if (now - tickets->all[i].expires >= TICKETS_KNOWN_MS)
            forget(tickets, i);
    for (size_t i = 0; i < tickets->count && tickets->count >= TICKETS_MAX;)
        if (fate_of(&tickets->all[i], now) != TICKET_GOOD)
            forget(tickets, i);
        else
            i++;
}

/* --- life --- */

static void on_row(void *arg, const struct store_ticket *row)
{
    struct ticket ticket = {.role = role_parse(row->role), .expires = row->expires, .uses = row->uses};
    snprintf(ticket.id, sizeof ticket.id, "%s", row->id);
    snprintf(ticket.session, sizeof ticket.session, "%s", row->session);
    snprintf(ticket.hash, sizeof ticket.hash, "%s", row->hash);
    snprintf(ticket.by, sizeof ticket.by, "%s", row->by);
    if (ticket.role >= ROLE_VIEWER && ticket.role <= ROLE_APPROVER)
        put(arg, &ticket);
}

struct tickets *tickets_open(struct store *store, int64_t now)
{
    struct tickets *tickets = xcalloc(1, sizeof *tickets);
    tickets->store = store;
    store_tickets(store, on_row, tickets);
    forget_old(tickets, now);
    return tickets;
}

void tickets_close(struct tickets **slot)
{
    struct tickets *tickets = *slot;
    if (!tickets)
        return;
    free(tickets->all);
    free(tickets);
    *slot = NULL;
}

/* --- one ticket --- */

static enum err check_room(const struct tickets *tickets, const struct ticket *wish, int64_t now,
                           char error[256])
{
    size_t of_session = 0, of_user = 0;
    for (size_t i = 0; i < tickets->count; i++) {
        const struct ticket *ticket = &tickets->all[i];
        if (fate_of(ticket, now) != TICKET_GOOD)
            continue;
        of_session += strcmp(ticket->session, wish->session) == 0;
        of_user += strcmp(ticket->by, wish->by) == 0;
    }
    if (of_session >= TICKETS_OF_SESSION)
        snprintf(error, 256,
                 "%zu tickets of this session wait to be used; revoke some (stoa tickets, stoa ticket "
                 "--revoke ID)",
                 of_session);
    else if (of_user >= TICKETS_OF_USER)
        snprintf(
            error, 256,
            "%zu tickets that you gave wait to be used; revoke some (stoa tickets, stoa ticket --revoke ID)",
            of_user);
    else if (tickets->count >= TICKETS_MAX)
        snprintf(error, 256, "%zu tickets wait to be used at this daemon; try again when some have expired",
                 tickets->count);
    else
        return ERR_OK;
    return ERR_LIMIT;
}

enum err tickets_issue(struct tickets *tickets, const struct ticket *wish, int64_t now, struct ticket *made,
                       char secret[KEY_SECRET_LEN + 1], char error[256])
{
    forget_old(tickets, now);
    enum err code = check_room(tickets, wish, now, error);
    if (code != ERR_OK)
        return code;
    *made = *wish;
    id_make(made->id, "t_");
    key_secret(secret);
    key_hash(secret, strlen(secret), made->hash);
    write_row(tickets, put(tickets, made));
    return ERR_OK;
}

/* What is compared are hashes: how long that takes tells nothing about a secret. */
const struct ticket *tickets_show(const struct tickets *tickets, const char *secret, int64_t now,
                                  enum ticket_fate *fate)
{
    char hash[KEY_TEXT_LEN + 1];
    key_hash(secret, strlen(secret), hash);
    for (size_t i = 0; i < tickets->count; i++)
        if (key_equal(tickets->all[i].hash, hash)) {
            *fate = fate_of(&tickets->all[i], now);
            return &tickets->all[i];
        }
    *fate = TICKET_UNKNOWN;
    return NULL;
}

static struct ticket *find(const struct tickets *tickets, const char *id)
{
    for (size_t i = 0; i < tickets->count; i++)
        if (strcmp(tickets->all[i].id, id) == 0)
            return &tickets->all[i];
    return NULL;
}

const struct ticket *tickets_find(const struct tickets *tickets, const char *id, int64_t now)
{
    const struct ticket *ticket = find(tickets, id);
    return ticket && fate_of(ticket, now) == TICKET_GOOD ? ticket : NULL;
}

static void set_uses(struct tickets *tickets, const struct ticket *ticket, int64_t uses)
{
    struct ticket *own = find(tickets, ticket->id);
    own->uses = uses;
    write_row(tickets, own);
}

void tickets_use(struct tickets *tickets, const struct ticket *ticket)
{
    set_uses(tickets, ticket, ticket->uses - 1);
}

void tickets_revoke(struct tickets *tickets, const struct ticket *ticket)
{
    set_uses(tickets, ticket, -1);
}

size_t tickets_revoke_by(struct tickets *tickets, const char *user, int64_t now)
{
    size_t count = 0;
    for (size_t i = 0; i < tickets->count; i++) {
        if (strcmp(tickets->all[i].by, user) != 0 || fate_of(&tickets->all[i], now) != TICKET_GOOD)
            continue;
        tickets_revoke(tickets, &tickets->all[i]);
        count++;
    }
    return count;
}

void tickets_each(const struct tickets *tickets, int64_t now, ticket_cb *each, void *arg)
{
    for (size_t i = 0; i < tickets->count; i++)
        if (fate_of(&tickets->all[i], now) == TICKET_GOOD)
            each(arg, &tickets->all[i]);
}
