"""Tickets and pairing codes: how a key that the daemon does not know comes in, and how it does not."""
import json
import re
import resource
import time

from harness import DISK_SLACK, PATIENCE, ROOT, SANITIZED, Daemon, Place, RequestError, wait_for
from puppet import REPLY, REQUEST, TURN, Puppets
from raw_curve import RawCurve
from remote import RemoteTest, key_text, listening, new_keys, server_key


class JoinTest(RemoteTest):
    def ticket(self, client, session, **params):
        return client.request("session.ticket", session, params)

    def redeem(self, client, ticket, **params):
        return client.request("ticket.redeem", params={"secret": ticket["secret"], **params})

    def refused(self, client, method, why="denied", session=None, **params):
        with self.assertRaises(RequestError) as caught:
            client.request(method, session, params)
        self.assertEqual(caught.exception.code, why, caught.exception)
        return str(caught.exception)

    def elsewhere(self, keys, host="127.0.0.2"):
        """From another address of this machine."""
        return self.remote(keys, address=self.address.replace("tcp://", f"tcp://{host}:0;"))

    def audit(self, **params):
        return self.client().request("audit.list", params={"limit": 1000, **params})["records"]

    def setUp(self):
        super().setUp()
        if self.autostart:
            self.own = self.client()
            self.sid = self.session(self.own, title="the plan")


class TicketTest(JoinTest):
    def test_a_stranger_joins_by_a_ticket(self):
        ticket = self.ticket(self.own, self.sid)
        self.assertRegex(ticket["link"], rf"^stoa://127\.0\.0\.1:{self.address.rsplit(':', 1)[1]}/{self.sid}#k="
                         rf"{key_text(self.server)}&t={ticket['secret']}&r=writer$")
        stranger = self.remote(new_keys())
        self.assertFalse(stranger.request("server.hello").get("user"))
        self.refused(stranger, "session.list")
        joined = self.redeem(stranger, ticket, name="bo", label="bo's laptop")
        self.assertEqual(joined, {"user": "bo", "session": self.sid, "role": "writer"})
        # the connection is theirs at once
        self.assertEqual(stranger.request("server.hello")["user"], "bo")
        self.assertEqual(stranger.attach(self.sid)["title"], "the plan")
        stranger.request("message.send", self.sid, {"text": "hello"})
        self.refused(stranger, "session.delete", session=self.sid)
        # they work in what is shared with them, and begin nothing of their own
        self.refused(stranger, "session.create", "limit")
        # the user has the key for good, and it is kept who let them in
        bo = self.own.request("user.show", params={"user": "bo"})
        self.assertEqual([key["label"] for key in bo["keys"]], ["bo's laptop"])
        self.assertEqual(bo["settings"]["let_in_by"], self.own.request("server.hello")["user"])

    def test_a_ticket_is_used_once(self):
        ticket, keys = self.ticket(self.own, self.sid), new_keys()
        first = self.remote(keys)
        answer = self.redeem(first, ticket, name="bo")
        # an answer that was lost is given again, to the same key, however often
        self.assertEqual(self.redeem(first, ticket, name="other"), answer)
        self.assertEqual(self.redeem(self.remote(keys), ticket), answer)
        text = self.refused(self.remote(new_keys()), "ticket.redeem", secret=ticket["secret"])
        self.assertIn("used already", text)
        self.assertEqual([row["user"] for row in self.own.request("user.list")["users"]].count("other"), 0)

    def test_what_could_not_be_kept_was_not_promised(self):
        ticket, keys = self.ticket(self.own, self.sid), new_keys()
        stranger, pid = self.remote(keys), self.daemon.pid
        stranger.request("server.hello")
        self.own.request("audit.list")  # all is on disk
        whole = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, whole[1]))  # no file can grow: a full disk
        self.refused(stranger, "ticket.redeem", "store", secret=ticket["secret"], name="bo")
        self.refused(self.remote(new_keys()), "ticket.redeem", "store", secret=ticket["secret"])
        # a daemon that dies has let nobody in, and the ticket is good
        self.daemon.kill()
        self.daemon.start()
        self.find_daemon()
        self.own = self.client()
        stranger = self.remote(keys)
        self.assertFalse(stranger.request("server.hello").get("user"))
        pid = self.daemon.pid
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, whole[1]))
        self.refused(stranger, "ticket.redeem", "store", secret=ticket["secret"], name="bo")
        # one whose disk is back has, once
        resource.prlimit(pid, resource.RLIMIT_FSIZE, whole)
        wait_for(lambda: not self.own.request("server.ping").get("failing"), "the store has recovered")
        self.assertEqual(self.redeem(stranger, ticket), {"user": "bo", "session": self.sid, "role": "writer"})
        self.assertIn("used", self.refused(self.remote(new_keys()), "ticket.redeem", secret=ticket["secret"]))

    def test_of_many_at_once_one_is_let_in(self):
        ticket = self.ticket(self.own, self.sid)
        strangers = [self.remote(new_keys()) for _ in range(6)]
        ids = [stranger.send("ticket.redeem", params={"secret": ticket["secret"], "name": "bo"}) for stranger in strangers]
        answers = [stranger.wait(lambda: stranger.replies.get(id), "an answer")[0] for stranger, id in zip(strangers, ids)]
        self.assertEqual(sorted("ok" in answer for answer in answers), [False] * 5 + [True])
        self.assertEqual(len(self.own.request("session.who", self.sid)["members"]), 1)

    def test_a_ticket_for_two(self):
        ticket = self.ticket(self.own, self.sid, uses=2, role="viewer")
        names = [self.redeem(self.remote(new_keys()), ticket, name="bo")["user"] for _ in range(2)]
        self.assertEqual(names, ["bo", "bo-2"])
        self.refused(self.remote(new_keys()), "ticket.redeem", secret=ticket["secret"])

    def test_an_expired_ticket(self):
        ticket = self.ticket(self.own, self.sid, ttl_ms=1000)
        stranger = self.remote(new_keys())
        wait_for(lambda: time.time() * 1000 > ticket["expires"], "it has expired")
        self.assertIn("expired", self.refused(stranger, "ticket.redeem", secret=ticket["secret"]))
        self.assertEqual(self.own.request("ticket.list")["tickets"], [])

    def test_a_revoked_ticket(self):
        ticket = self.ticket(self.own, self.sid)
        self.assertEqual([row["ticket"] for row in self.own.request("ticket.list")["tickets"]], [ticket["ticket"]])
        self.own.request("ticket.revoke", params={"ticket": ticket["ticket"]})
        self.assertIn("revoked", self.refused(self.remote(new_keys()), "ticket.redeem", secret=ticket["secret"]))
        self.refused(self.own, "ticket.revoke", "not_found", ticket=ticket["ticket"])

    def test_a_token_for_less_than_the_owner_takes_none_back(self):
        ticket = self.ticket(self.own, self.sid)
        client = self.client()
        client.request("token.login", params={"token": self.own.request("token.issue", params={"role": "approver"})["secret"]})
        self.refused(client, "ticket.revoke", "denied", ticket=ticket["ticket"])
        self.assertEqual(len(self.own.request("ticket.list")["tickets"]), 1)

    def test_a_wrong_secret_says_nothing_and_three_end_the_connection(self):
        stranger, last = self.remote(new_keys()), None
        for secret in ("x", "y" * 32, "z" * 64):
            text = self.refused(stranger, "ticket.redeem", secret=secret)
            self.assertIn(last or "no such ticket", text)
            last = text
            self.assertNotIn(secret * 3, text)
        cut = self.own.request("admin.stats")["cut"]
        id = stranger.send("ticket.redeem", params={"secret": "w"})
        wait_for(lambda: self.own.request("admin.stats")["cut"] == cut + 1, "it is cut")
        self.assertNotIn(id, stranger.replies)

    def test_a_guesser_does_not_keep_others_out(self):
        ticket = self.ticket(self.own, self.sid)
        for _ in range(8):
            guesser = self.remote(new_keys())
            for _ in range(3):
                guesser.send("ticket.redeem", params={"secret": "x"})
        self.assertEqual(self.redeem(self.elsewhere(new_keys()), ticket, name="bo")["user"], "bo")
        records = [row for row in self.audit(action="refused") if row["object"] == "ticket.redeem"]
        self.assertLessEqual(len(records), 10)

    def test_tickets_survive_a_restart(self):
        ticket, used = self.ticket(self.own, self.sid), self.ticket(self.own, self.sid)
        keys = new_keys()
        self.redeem(self.remote(keys), used, name="bo")
        self.daemon.stop()
        self.daemon.start()
        self.find_daemon()
        self.assertEqual(self.redeem(self.remote(new_keys()), ticket, name="cy")["user"], "cy")
        self.assertIn("used", self.refused(self.remote(new_keys()), "ticket.redeem", secret=used["secret"]))
        self.assertEqual(self.redeem(self.remote(keys), used)["user"], "bo")

    def test_a_killed_daemon_has_let_in_whom_it_said(self):
        ticket, keys = self.ticket(self.own, self.sid), new_keys()
        self.redeem(self.remote(keys), ticket, name="bo")
        self.daemon.kill()
        self.daemon.start()
        self.find_daemon()
        back = self.remote(keys)
        self.assertEqual(back.request("server.hello")["user"], "bo")
        self.assertEqual(back.attach(self.sid)["title"], "the plan")
        self.assertIn("used", self.refused(self.remote(new_keys()), "ticket.redeem", secret=ticket["secret"]))

    def test_a_known_user_gets_the_share_and_never_less_than_before(self):
        bo, _ = self.user("bo")
        self.assertEqual(self.redeem(bo, self.ticket(self.own, self.sid, role="approver")),
                         {"user": "bo", "session": self.sid, "role": "approver"})
        lower = self.ticket(self.own, self.sid, role="viewer")
        self.assertEqual(self.redeem(bo, lower)["role"], "approver")
        self.assertEqual([row["uses"] for row in self.own.request("ticket.list")["tickets"]], [1])  # not spent
        # the owner has nothing to get
        self.assertIn("your own", self.refused(self.own, "ticket.redeem", "conflict", secret=lower["secret"]))

    def test_a_ticket_dies_with_its_session_and_its_givers_right(self):
        ticket = self.ticket(self.own, self.sid)
        self.own.request("session.delete", self.sid)
        self.refused(self.remote(new_keys()), "ticket.redeem", secret=ticket["secret"])
        bo, _ = self.user("bo")
        session = bo.request("session.create")["session"]
        ticket = self.ticket(bo, session)
        self.own.request("user.update", params={"user": "bo", "disabled": True})
        self.refused(self.remote(new_keys()), "ticket.redeem", secret=ticket["secret"])
        self.own.request("user.update", params={"user": "bo", "disabled": False})  # for good
        self.refused(self.remote(new_keys()), "ticket.redeem", secret=ticket["secret"])

    def test_a_revoked_key_leaves_no_tickets_and_codes(self):
        bo, keys = self.user("bo")
        ticket = self.ticket(bo, bo.request("session.create")["session"])
        code = bo.request("pair.start")["code"]
        self.own.request("user.key_revoke", params={"key": keys.text})
        stranger = self.remote(new_keys())
        self.assertIn("revoked", self.refused(stranger, "ticket.redeem", secret=ticket["secret"]))
        self.refused(stranger, "pair.redeem", code=code)

    def test_only_the_owner_gives_tickets(self):
        bo, _ = self.user("bo")
        self.redeem(bo, self.ticket(self.own, self.sid, role="approver"))
        self.refused(bo, "session.ticket", session=self.sid)
        self.assertEqual(bo.request("ticket.list")["tickets"], [])

    def test_a_secret_is_in_no_log_and_no_audit(self):
        ticket = self.ticket(self.own, self.sid)
        self.redeem(self.remote(new_keys()), ticket, name="bo")
        self.refused(self.remote(new_keys()), "ticket.redeem", secret=ticket["secret"])
        self.assertNotIn(ticket["secret"], self.daemon.log_text())
        self.assertNotIn(ticket["secret"], json.dumps(self.audit()))
        self.daemon.stop()
        with open(f"{self.place.folder}/state/stoa.db", "rb") as file:
            self.assertNotIn(ticket["secret"].encode(), file.read())

    def test_the_model_gets_a_link_only_for_who_may_invite(self):
        info = self.own.request("session.info", self.sid)
        self.assertNotIn("stoa://", info["attach"])
        self.assertEqual(self.own.request("ticket.list")["tickets"], [])


class CrowdTest(JoinTest):
    """Strangers of two addresses have all the places there are, and keep them as long as they may."""

    def crowd(self, host, speaks):
        raws = [self.keep(RawCurve(self.address, new_keys(), self.server, source=host)) for _ in range(8)]
        for raw in raws:
            raw.wait(lambda raw=raw: b"\5READY" in raw.got, "its place")
            if speaks:
                raw.ask(b'{"id":"a","method":"server.hello"}')
                raw.wait(lambda raw=raw: b"\7MESSAGE" in raw.got, "an answer")
        return raws

    def test_a_stranger_of_another_address_gets_in_at_once(self):
        speakers, silent = self.crowd("127.0.0.2", True), self.crowd("127.0.0.3", False)
        ticket, began = self.ticket(self.own, self.sid), time.monotonic()
        self.elsewhere(new_keys(), "127.0.0.4").request("server.hello")
        bo = self.elsewhere(new_keys(), "127.0.0.5")
        self.redeem(bo, ticket)
        self.assertLess(time.monotonic() - began, (1 if not SANITIZED else 5) + DISK_SLACK)
        bo.attach(self.sid)
        self.assertTrue(speakers[0].is_cut(), "the oldest made room")
        silent[0].ask(b'{"id":"a","method":"server.hello"}')
        self.assertTrue(silent[0].is_cut(), "and so did the oldest of the other address, when it speaks")
        for raw in (speakers[-1], silent[-1]):
            raw.got = b""
            raw.ask(b'{"id":"b","method":"server.ping"}')
            raw.wait(lambda raw=raw: b"\7MESSAGE" in raw.got, "one that has its place still is served")


class ModelTest(JoinTest):
    """What the model is told of how others join."""
    config = f"agent: {{path: {ROOT}/tests/support/puppet.py}}\n"

    def asks(self, client):
        """What get_attach_command says in a turn that the client began."""
        after = len(self.own.events)
        client.request("message.send", self.sid, {"text": "how can cy join?"})
        if not self.puppet:
            self.puppet = self.puppets.next().ready()
        self.puppet.frame(TURN)
        self.count += 1
        self.puppet.send(REQUEST, {"id": str(self.count), "op": "builtin", "tool": "get_attach_command", "arguments": {}})
        text = self.puppet.wait(lambda kind, data: kind == REPLY and data["id"] == str(self.count), "a reply")["ok"]["text"]
        self.puppet.reply()
        self.puppet.step("idle")
        self.own.idle(self.sid, after)
        return text

    def setUp(self):
        super().setUp()
        self.puppets, self.puppet, self.count = self.keep(Puppets(self.place.folder, PATIENCE)), None, 0
        self.own.attach(self.sid)

    def test_the_owner_gets_a_link_and_others_do_not(self):
        text = self.asks(self.own)
        self.assertIn(f"stoa attach {self.sid}", text)
        secret = re.search(r"stoa://[^']*&t=([^&]+)&r=viewer", text)[1]
        self.assertEqual(self.redeem(self.remote(new_keys()), {"secret": secret}, name="cy")["role"], "viewer")
        self.refused(self.remote(new_keys()), "ticket.redeem", secret=secret)
        bo, _ = self.user("bo")
        self.redeem(bo, self.ticket(self.own, self.sid), name="bo")
        text = self.asks(bo)
        self.assertNotIn("stoa://", text)
        self.assertIn("may invite others", text)
        self.assertEqual(self.own.request("ticket.list")["tickets"], [])


class ForeignTest(JoinTest):
    def test_a_ticket_of_another_daemon(self):
        ticket = self.ticket(self.own, self.sid)
        self.daemon.stop()
        other = ForeignDaemon(self)
        stranger = self.remote(new_keys(), address=other.address, server=other.server)
        self.assertIn("another daemon's", self.refused(stranger, "ticket.redeem", secret=ticket["secret"]))


class ForeignDaemon:
    """A second daemon, in a place of its own."""

    def __init__(self, test):
        self.place = Place("default_model: demo/stoa\nlisten: 'tcp://127.0.0.1:0'\n")
        self.daemon = Daemon(self.place)
        test.addCleanup(self.place.remove)
        self.daemon.start()
        test.addCleanup(self.daemon.stop)
        self.address = wait_for(lambda: listening(self.daemon), "it listens")[0]
        self.server = server_key(self.place)


class NotListeningTest(JoinTest):
    listen = ""
    autostart = False

    def setUp(self):
        super().setUp()

    def test_without_listen_it_is_said_what_to_set(self):
        self.place.write_config("default_model: demo/stoa\n")
        self.daemon.start()
        own = self.client()
        session = self.session(own)
        self.assertIn("set listen", self.refused(own, "session.ticket", "config", session=session))
        self.assertIn("set listen", self.refused(own, "pair.start", "config"))


class PublicAddressTest(JoinTest):
    config = "public_address: stoa.example:7000\n"

    def test_the_link_has_the_public_address(self):
        self.assertRegex(self.ticket(self.own, self.sid)["link"], r"^stoa://stoa\.example:7000/")


class PairTest(JoinTest):
    def test_a_terminal_is_paired(self):
        shown = self.own.request("pair.start")
        self.assertRegex(shown["code"], r"^[0-9]{6}$")
        keys = new_keys()
        stranger = self.remote(keys)
        answer = stranger.request("pair.redeem", params={"code": shown["code"], "label": "desk"})
        user = self.own.request("server.hello")["user"]
        self.assertEqual(answer["user"], user)
        notice = self.own.wait(lambda: [n for n in self.own.notices if n["notice"] == "paired"], "the notice")[0]
        self.assertEqual(notice, {"notice": "paired", "user": user, "label": "desk", "words": answer["words"]["own"]})
        self.assertEqual(shown["words"], answer["words"]["shown"])
        self.assertEqual(stranger.request("server.hello")["user"], user)
        self.assertEqual(stranger.attach(self.sid)["title"], "the plan")
        # a code is good once
        self.refused(self.remote(new_keys()), "pair.redeem", code=shown["code"])
        self.assertNotIn(shown["code"], [row["detail"] for row in self.audit()])

    def test_five_wrong_tries_kill_a_code(self):
        code = self.own.request("pair.start")["code"]
        wrong = f"{(int(code) + 1) % 1000000:06}"
        stranger = self.remote(new_keys())
        for _ in range(3):
            self.refused(stranger, "pair.redeem", code=wrong)
        # that address is not listened to any more, whatever it says, while others are
        self.assertIn("too many", self.refused(self.remote(new_keys()), "pair.redeem", code=code))
        self.assertNotIn(code, self.daemon.log_text())
        other = self.elsewhere(new_keys(), "127.0.1.2")
        self.refused(other, "pair.redeem", code=wrong)
        self.refused(other, "pair.redeem", code=wrong)
        self.refused(self.elsewhere(new_keys(), "127.0.2.3"), "pair.redeem", code=code)
        # who shows it learns from where they came
        ended = self.own.wait(lambda: [n for n in self.own.notices if n["notice"] == "pair_ended"], "the notice")[0]
        self.assertEqual(ended["from"], ["127.0.0.1"] * 3 + ["127.0.1.2"] * 2)
        # the next code is good
        code = self.own.request("pair.start")["code"]
        self.elsewhere(new_keys(), "127.0.0.4").request("pair.redeem", params={"code": code})

    def test_a_code_for_one_address_is_nobody_else_s_to_try(self):
        self.assertIn("203.0.113.7", self.refused(self.own, "pair.start", "bad_request", **{"from": "home"}))
        code = self.own.request("pair.start", params={"from": "127.0.3.4"})["code"]
        for host in range(5):
            guesser = self.elsewhere(new_keys(), f"127.0.{host + 4}.1")
            for guess in (code, f"{(int(code) + 1) % 1000000:06}"):
                self.refused(guesser, "pair.redeem", code=guess)
        self.elsewhere(new_keys(), "127.0.3.4").request("pair.redeem", params={"code": code})

    def test_a_code_ends_with_the_terminal_that_shows_it(self):
        shower = self.client()
        code = shower.request("pair.start")["code"]
        shower.close()
        stranger = self.remote(new_keys())
        clients = lambda: self.own.request("admin.stats")["clients"]
        stranger.request("server.ping")
        wait_for(lambda: clients() == 2, "it is gone")
        self.refused(stranger, "pair.redeem", code=code)

    def test_who_is_known_needs_no_code(self):
        code = self.own.request("pair.start")["code"]
        bo, _ = self.user("bo")
        self.refused(bo, "pair.redeem", "conflict", code=code)
        self.refused(self.own, "pair.redeem", "conflict", code=code)
        self.remote(new_keys()).request("pair.redeem", params={"code": code})

    def test_a_token_pairs_nobody(self):
        token = self.own.request("token.issue", params={})["secret"]
        program = self.client()
        program.request("token.login", params={"token": token})
        self.refused(program, "pair.start")
