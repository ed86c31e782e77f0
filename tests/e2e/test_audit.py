"""The audit: what is recorded, that it holds, and that whatever is done to it is found."""
import json
import sqlite3

from harness import RequestError, stoa
from remote import RemoteTest, new_keys


class AuditTest(RemoteTest):
    def setUp(self):
        super().setUp()
        self.own = self.client()
        self.me = self.own.request("server.hello", params={"kind": "cli"})["user"]

    def records(self, **params):
        return self.own.request("audit.list", params={"limit": 1000, **params})["records"]

    def said(self, action, **members):
        """The one record of that action and members."""
        found = [row for row in self.records(action=action) if all(row[name] == value for name, value in members.items())]
        self.assertEqual(len(found), 1, (action, members, self.records()))
        return found[0]

    def denied(self, client, method, session=None, **params):
        with self.assertRaises(RequestError):
            client.request(method, session, params)

    def verify(self, *args, code=0):
        done = stoa(self.place, "audit", "--verify", *args, check=False)
        self.assertEqual(done.returncode, code, (done.stdout, done.stderr))
        return done.stdout + done.stderr


class RecordTest(AuditTest):
    def test_who_comes_in_and_who_is_refused(self):
        bo, _ = self.user("bo")
        bo.request("server.hello", params={"kind": "tui"})
        bo.request("server.ping")
        came = self.said("login", user="bo")
        self.assertRegex(came["object"], "^stoa:")
        self.assertIn("tui from=127.0.0.1", came["detail"])
        self.assertEqual(self.said("login", user=self.me, detail="cli")["object"], "local")
        # a role that is not enough, and a session that is not theirs
        session = self.session(self.own)
        self.denied(bo, "admin.stop")
        self.denied(bo, "session.snapshot", session)
        self.denied(bo, "session.snapshot", "s_" + "0" * 26)
        # also where the session is a parameter
        for method, named in (("rule.list", session), ("token.issue", session), ("rule.list", "s_" + "0" * 26)):
            with self.assertRaises(RequestError):
                bo.request(method, params={"session": named})
        refused = [(row["object"], row["user"], row["detail"].split(":")[0]) for row in self.records(action="refused")]
        self.assertEqual(refused, [("admin.stop", "bo", "admin.stop"), (session, "bo", "session.snapshot"), (session, "bo", "rule.list"),
                                   (session, "bo", "token.issue")])
        # a stranger is told by its key
        stranger = self.remote(new_keys())
        self.denied(stranger, "session.list")
        self.denied(stranger, "ticket.redeem", secret="x")
        self.assertTrue(self.said("refused", object="session.list")["user"].startswith("stoa:"))
        self.assertIn("from=127.0.0.1", self.said("refused", object="ticket.redeem")["detail"])

    def test_what_is_shared_and_who_joins(self):
        session = self.session(self.own)
        bo, _ = self.user("bo")
        self.own.request("session.share", session, {"user": "bo", "role": "viewer"})
        self.own.request("session.unshare", session, {"user": "bo"})
        ticket = self.own.request("session.ticket", session)
        self.remote(new_keys()).request("ticket.redeem", params={"secret": ticket["secret"], "name": "cy"})
        self.own.request("pair.start")
        self.own.request("session.delete", session)
        actions = [row["action"] for row in self.records() if row["action"] not in ("login",)]
        self.assertEqual(actions, ["user.create", "user.key_add", "session.share", "session.unshare", "ticket.issue",
                                   "ticket.redeem", "pair.start", "session.delete"])
        self.assertEqual(self.said("session.share")["object"], session)
        self.assertIn("cy is writer, a new user", self.said("ticket.redeem")["detail"])

    def test_administration(self):
        self.own.request("admin.reload")
        token = self.own.request("token.issue", params={"label": "ci"})
        program = self.client()
        program.request("token.login", params={"token": token["secret"]})
        session = self.session(program)
        program.request("session.delete", session)
        self.said("admin.reload", user=self.me)
        self.assertIn(f"[token {token['token']}]", self.said("session.delete")["detail"])
        self.assertNotIn(token["secret"], json.dumps(self.records()))
        self.own.request("admin.stop")
        self.daemon.process.wait(15)
        self.daemon.start()
        self.own = self.client()
        self.said("admin.stop", user=self.me)

    def test_only_admins_read_it(self):
        bo, _ = self.user("bo")
        self.denied(bo, "audit.list")

    def test_a_flood_makes_few_records(self):
        bo, _ = self.user("bo")
        session = self.session(self.own)
        ids = []
        for _ in range(300):
            ids.append(bo.send("session.snapshot", session))
        for id in ids:
            with self.assertRaises(RequestError):
                bo.reply(id)
        self.assertEqual(len(self.records(action="refused")), 10)
        for id in [bo.send("pair.start") for _ in range(100)]:
            bo.reply(id)
        self.assertEqual(len(self.records(action="pair.start")), 10, "what changes nothing pushes nothing out")
        self.daemon.stop()
        self.daemon.start()
        self.own = self.client()
        last = self.records(action="refused")
        self.assertEqual(len(last), 11)
        self.assertRegex(last[-1]["detail"], r"^[0-9]+ more")
        self.assertIn("hold", self.verify())


class KeptTest(AuditTest):
    config = "audit: {keep: 1000}\n"

    def test_one_member_pushes_nobody_elses_records_out(self):
        # given what an admin did, and a member with a session of their own
        bo, _ = self.user("bo")
        self.user("cy")
        session = self.session(bo)
        noted = self.verify().split()[-1]
        # when the member shares and unshares it, as often as they can, also by slash commands
        ids = []
        for i in range(500):
            ids.append(bo.send("session.share", session, {"user": "cy", "role": ("viewer", "writer")[i % 2]}))
            ids.append(bo.send("session.command", session, {"text": ("/unshare cy", "/share cy viewer")[i % 2]}))
        refused = []
        for id in ids:
            try:
                bo.reply(id)
            except RequestError as error:
                if error.code != "not_found":  # it is not shared at that moment
                    refused.append(error)
        # then most is refused, with when to go on, and few records are made
        self.assertEqual({error.code for error in refused}, {"busy"})
        self.assertIn("bo changes rights more than 60 times a minute (limits.rights_changes)", refused[0].text)
        self.assertGreater(refused[0].detail["retry_ms"], 0)
        made = [row for row in self.records(user="bo") if row["action"] in ("session.share", "session.unshare")]
        self.assertTrue(50 <= len(made) <= 80, len(made))
        self.assertEqual(len([row for row in self.records(user="bo", action="refused")]), 10)
        # and the admin's are still there, in a chain that holds
        self.assertEqual([row["object"] for row in self.records(action="user.create")], ["bo", "cy"])
        self.assertIn("hold", self.verify("--noted", noted))
        # while an admin is not held to that
        own = self.session(self.own)
        for i in range(70):
            self.own.request("session.share", own, {"user": "cy", "role": ("viewer", "writer")[i % 2]})


class ShowTest(AuditTest):
    def test_it_is_shown_and_filtered(self):
        self.user("bo")
        self.user("cy")
        out = stoa(self.place, "audit").stdout
        self.assertRegex(out, r"(?m)^ +[0-9]+  [-0-9]{10} [:0-9]{8}  \S+ +user.create +bo")
        rows = [json.loads(line) for line in stoa(self.place, "--json", "audit", "--action", "user", "--since", "1h").stdout.splitlines()]
        self.assertEqual([row["action"] for row in rows], ["user.create", "user.key_add"] * 2)
        rows = [json.loads(line) for line in stoa(self.place, "--json", "audit", "-n", "1", "--action", "user.create").stdout.splitlines()]
        self.assertEqual([row["object"] for row in rows], ["cy"])
        self.assertEqual(stoa(self.place, "audit", "--user", "nobody").stdout, "")
        self.assertEqual(stoa(self.place, "audit", "--since", "long", check=False).returncode, 64)

    def test_pages(self):
        session = self.session(self.own)
        bo, _ = self.user("bo")
        for i in range(60):
            self.own.request("session.share", session, {"user": "bo", "role": ("viewer", "writer")[i % 2]})
        everything = self.records()
        pages, after = [], 0
        while True:
            page = self.own.request("audit.list", params={"after": after, "limit": 7})
            pages += page["records"]
            if not page["more"]:
                break
            after = pages[-1]["n"]
        self.assertEqual(pages, everything)
        self.assertEqual(page["head"], {"n": everything[-1]["n"], "hash": everything[-1]["hash"]})
        self.assertEqual(self.own.request("audit.list", params={"before": 5, "limit": 2})["records"], everything[2:4])


class TamperTest(AuditTest):
    def setUp(self):
        super().setUp()
        session = self.session(self.own)
        self.user("bo")
        for i in range(20):
            self.own.request("session.share", session, {"user": "bo", "role": ("viewer", "writer")[i % 2]})
        self.noted = self.verify().split()[-1]

    def tamper(self, sql):
        self.own.request("audit.list")  # all is on disk
        db = sqlite3.connect(f"{self.place.folder}/state/stoa.db")
        self.assertGreater(db.execute(sql).rowcount, 0)
        db.commit()
        db.close()

    def test_it_holds_over_a_restart(self):
        for _ in range(2):
            self.daemon.kill()
            self.daemon.start()
            self.assertIn("hold", self.verify("--noted", self.noted))
        self.assertEqual(json.loads(stoa(self.place, "--json", "audit", "--verify").stdout)["holds"], True)

    def test_it_can_be_checked_while_no_daemon_runs(self):
        self.daemon.stop()
        self.assertIn("hold", self.verify("--noted", self.noted))
        self.tamper_stopped("UPDATE audit SET user = 'cy' WHERE n = 9")
        self.assertIn("record 9 was changed", self.verify(code=1))

    def test_a_changed_record_is_found(self):
        self.tamper("UPDATE audit SET detail = replace(detail, 'viewer', 'approver') WHERE n = 9")
        self.assertIn("record 9 was changed", self.verify(code=1))

    def test_a_changed_hash_is_found(self):
        self.tamper("UPDATE audit SET hash = substr(hash, 2) || 'A' WHERE n = 9")
        self.assertIn("record 9 was changed", self.verify(code=1))

    def test_a_removed_record_is_found(self):
        self.tamper("DELETE FROM audit WHERE n = 9")
        self.assertIn("record 9 is missing", self.verify(code=1))

    def test_removed_first_ones_are_found(self):
        self.tamper("DELETE FROM audit WHERE n < 9")
        self.assertIn("before record 9", self.verify(code=1))

    def test_removed_last_ones_are_found(self):
        n = int(self.noted.split(":")[0])
        self.tamper(f"DELETE FROM audit WHERE n >= {n}")
        self.assertIn(f"record {n} is missing", self.verify(code=1))  # the daemon knows what it wrote

    def test_removed_last_ones_are_found_after_a_restart_by_who_has_noted_one(self):
        n = int(self.noted.split(":")[0])
        self.daemon.kill()
        self.tamper_stopped(f"DELETE FROM audit WHERE n > {n - 5}")
        self.daemon.start()
        self.verify()  # a shorter chain is a chain
        self.verify("--noted", self.noted, code=1)

    def tamper_stopped(self, sql):
        db = sqlite3.connect(f"{self.place.folder}/state/stoa.db")
        db.execute(sql)
        db.commit()
        db.close()
