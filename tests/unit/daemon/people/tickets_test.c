/* Tickets on a real store: each lets in as often as it says, and no longer. */
#include "../store/store_rig.h"

#include "daemon/people/tickets.h"
#include "daemon/store/store_people.h"

enum { NOW = 1000000 };

static const struct ticket wish = {
    .session = "s_01", .by = "ann", .role = ROLE_WRITER, .expires = NOW + 600000, .uses = 1};

struct book {
    struct tickets *tickets;
    struct ticket made;
    char secret[KEY_SECRET_LEN + 1], error[256];
};

static struct book begin(struct rig *rig, int64_t uses)
{
    struct book book;
    struct ticket mine = wish;

    mine.uses = uses;
    if (!rig->store)
        assert_non_null(rig_open(rig));
    book.tickets = tickets_open(rig->store, NOW);
    assert_int_equal(tickets_issue(book.tickets, &mine, NOW, &book.made, book.secret, book.error), ERR_OK);
    return book;
}

static enum ticket_fate fate_of(const struct book *book, const char *secret, int64_t now)
{
    enum ticket_fate fate;
    const struct ticket *ticket = tickets_show(book->tickets, secret, now, &fate);

    assert_true((ticket == NULL) == (fate == TICKET_UNKNOWN));
    return fate;
}

static void use(const struct book *book)
{
    enum ticket_fate fate;

    tickets_use(book->tickets, tickets_show(book->tickets, book->secret, NOW, &fate));
}

static void test_a_ticket_is_used_up(void **state)
{
    struct book book = begin(*state, 2);

    assert_int_equal(strlen(book.secret), KEY_SECRET_LEN);
    assert_int_equal(fate_of(&book, book.secret, NOW), TICKET_GOOD);
    use(&book);
    assert_int_equal(fate_of(&book, book.secret, NOW), TICKET_GOOD);
    use(&book);
    assert_int_equal(fate_of(&book, book.secret, NOW), TICKET_USED);
    assert_null(tickets_find(book.tickets, book.made.id, NOW));
    tickets_close(&book.tickets);
}

static void test_a_ticket_expires_by_the_wall_clock(void **state)
{
    struct book book = begin(*state, 1);

    assert_int_equal(fate_of(&book, book.secret, wish.expires - 1), TICKET_GOOD);
    assert_int_equal(fate_of(&book, book.secret, wish.expires), TICKET_EXPIRED);
    assert_null(tickets_find(book.tickets, book.made.id, wish.expires));
    tickets_close(&book.tickets);
}

static void test_a_wrong_secret_is_no_ticket(void **state)
{
    struct book book = begin(*state, 1);

    assert_int_equal(fate_of(&book, "", NOW), TICKET_UNKNOWN);
    assert_int_equal(fate_of(&book, book.made.hash, NOW), TICKET_UNKNOWN);
    for (size_t i = 0; i < KEY_SECRET_LEN; i++) {
        char secret[KEY_SECRET_LEN + 1];
        strcpy(secret, book.secret);
        secret[i] = secret[i] == 'A' ? 'B' : 'A';
        assert_int_equal(fate_of(&book, secret, NOW), TICKET_UNKNOWN);
    }
    tickets_close(&book.tickets);
}

static void test_a_revoked_ticket_is_known_as_such(void **state)
{
    struct book book = begin(*state, 1);

    tickets_revoke(book.tickets, tickets_find(book.tickets, book.made.id, NOW));
    assert_int_equal(fate_of(&book, book.secret, NOW), TICKET_REVOKED);
    tickets_close(&book.tickets);
}

static void test_all_of_a_giver_are_revoked(void **state)
{
    struct book book = begin(*state, 1);
    struct ticket mine = wish, made;
    char secret[KEY_SECRET_LEN + 1];

    strcpy(mine.by, "bo");
    assert_int_equal(tickets_issue(book.tickets, &mine, NOW, &made, secret, book.error), ERR_OK);
    assert_int_equal(tickets_revoke_by(book.tickets, "ann", NOW), 1);
    assert_int_equal(tickets_revoke_by(book.tickets, "ann", NOW), 0);
    assert_int_equal(fate_of(&book, book.secret, NOW), TICKET_REVOKED);
    assert_int_equal(fate_of(&book, secret, NOW), TICKET_GOOD);
    tickets_close(&book.tickets);
}

static void test_tickets_outlive_the_daemon(void **state)
{
    struct rig *rig = *state;
    struct book used = begin(rig, 1), open = begin(rig, 3), revoked = begin(rig, 1);
    enum ticket_fate fate;

    /* given: one that was used, one that was used once of three times, one that was revoked (the last book
     * has them all only after it is read anew) */
    tickets_close(&open.tickets);
    tickets_close(&revoked.tickets);
    tickets_close(&used.tickets);
    assert_int_equal(commit(rig), ERR_OK);
    used.tickets = open.tickets = revoked.tickets = tickets_open(rig->store, NOW);
    use(&used);
    use(&open);
    tickets_revoke(revoked.tickets, tickets_show(revoked.tickets, revoked.secret, NOW, &fate));
    tickets_close(&used.tickets);
    /* when the daemon is started again */
    assert_true(rig_close(rig));
    assert_non_null(rig_open(rig));
    used.tickets = open.tickets = revoked.tickets = tickets_open(rig->store, NOW);
    /* then each is what it was, and no secret is in the file */
    assert_int_equal(fate_of(&used, used.secret, NOW), TICKET_USED);
    assert_int_equal(fate_of(&revoked, revoked.secret, NOW), TICKET_REVOKED);
    const struct ticket *ticket = tickets_show(open.tickets, open.secret, NOW, &fate);
    assert_int_equal(fate, TICKET_GOOD);
    assert_int_equal(ticket->uses, 2);
    assert_string_equal(ticket->session, "s_01");
    assert_string_equal(ticket->by, "ann");
    assert_int_equal(ticket->role, ROLE_WRITER);
    assert_int_equal(ticket->expires, wish.expires);
    tickets_close(&used.tickets);
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM tickets WHERE hash = '%s' OR id = '%s'", open.secret,
             open.secret);
    assert_int_equal(raw_number(rig, sql), 0);
    /* a day after its end it is forgotten, here and on disk */
    used.tickets = tickets_open(rig->store, wish.expires + TICKETS_KNOWN_MS);
    assert_int_equal(fate_of(&used, used.secret, wish.expires + TICKETS_KNOWN_MS), TICKET_UNKNOWN);
    tickets_close(&used.tickets);
    assert_int_equal(commit(rig), ERR_OK);
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM tickets"), 0);
}

static void count_one(void *arg, const struct ticket *ticket)
{
    (void)ticket;
    ++*(int *)arg;
}

static void test_a_session_and_a_user_have_only_so_many(void **state)
{
    struct book book = begin(*state, 1);
    struct ticket mine = wish;
    int count = 0;

    for (int i = 1; i < TICKETS_OF_SESSION; i++)
        assert_int_equal(tickets_issue(book.tickets, &mine, NOW, &book.made, book.secret, book.error),
                         ERR_OK);
    assert_int_equal(tickets_issue(book.tickets, &mine, NOW, &book.made, book.secret, book.error), ERR_LIMIT);
    assert_non_null(strstr(book.error, "32 tickets of this session"));
    for (int i = TICKETS_OF_SESSION; i < TICKETS_OF_USER; i++) {
        snprintf(mine.session, sizeof mine.session, "s_%d", 100 + i / TICKETS_OF_SESSION);
        assert_int_equal(tickets_issue(book.tickets, &mine, NOW, &book.made, book.secret, book.error),
                         ERR_OK);
    }
    strcpy(mine.session, "s_another");
    assert_int_equal(tickets_issue(book.tickets, &mine, NOW, &book.made, book.secret, book.error), ERR_LIMIT);
    strcpy(mine.by, "bo");
    assert_int_equal(tickets_issue(book.tickets, &mine, NOW, &book.made, book.secret, book.error), ERR_OK);
    tickets_each(book.tickets, NOW, count_one, &count);
    assert_int_equal(count, TICKETS_OF_USER + 1);
    /* those that have expired leave room */
    strcpy(mine.by, "ann");
    mine.expires += 600000;
    assert_int_equal(tickets_issue(book.tickets, &mine, wish.expires, &book.made, book.secret, book.error),
                     ERR_OK);
    tickets_close(&book.tickets);
}

static void test_ended_tickets_are_forgotten_when_there_are_too_many(void **state)
{
    struct book book = begin(*state, 1);
    struct ticket mine = wish;
    enum ticket_fate fate;
    char first[KEY_SECRET_LEN + 1];

    strcpy(first, book.secret);
    for (int i = 0; i < TICKETS_MAX + 10; i++) {
        use(&book);
        assert_int_equal(tickets_issue(book.tickets, &mine, NOW, &book.made, book.secret, book.error),
                         ERR_OK);
    }
    assert_null(tickets_show(book.tickets, first, NOW, &fate));
    assert_int_equal(fate_of(&book, book.secret, NOW), TICKET_GOOD);
    tickets_close(&book.tickets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_ticket_is_used_up, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_a_ticket_expires_by_the_wall_clock, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_a_wrong_secret_is_no_ticket, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_a_revoked_ticket_is_known_as_such, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_all_of_a_giver_are_revoked, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_tickets_outlive_the_daemon, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_a_session_and_a_user_have_only_so_many, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_ended_tickets_are_forgotten_when_there_are_too_many, rig_setup,
                                        rig_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
