"""Stores of every version of the schema, as a daemon of that version left them when it was killed (tests/support/stores),
opened by the daemon of today; and stores that are newer than it."""
import glob
import os
import pwd
import re
import sqlite3
import subprocess

from harness import ROOT, StoaTest, program, stoa, text_of, wait_for

FIXTURES = {int(re.search(r"v(\d+)\.sql$", path)[1]): path for path in glob.glob(f"{ROOT}/tests/support/stores/v*.sql")}
TODAY = max(FIXTURES)
ME = pwd.getpwuid(os.getuid()).pw_name


class StoreTest(StoaTest):
    autostart = False

    def setUp(self):
        super().setUp()
        self.state = f"{self.place.folder}/state"
        self.path = f"{self.state}/stoa.db"
        os.makedirs(self.state, 0o700)

    def make(self, version):
        """The store of that version, as if it were the present user's."""
        with open(FIXTURES[version]) as file:
            sql = re.sub(r"(?<=['\"])ann(?=['\"\\])", ME, file.read())
        db = sqlite3.connect(self.path)
        db.executescript(sql)
        db.execute("PRAGMA journal_mode = WAL")
        db.close()

    def sql(self, statement):
        db = sqlite3.connect(self.path)
        with db:
            found = db.execute(statement).fetchall()
        db.close()
        return found


class Upgrade(StoreTest):
    def upgrade(self, version):
        self.make(version)
        self.daemon.start()
        self.assertEqual(self.sql("PRAGMA user_version"), [(TODAY,)])
        client = self.client()
        listed = client.request("session.list")["sessions"]
        return client, {s["title"]: s["id"] for s in listed}

    def usable(self, client, session, text="still there?"):
        after = len(client.events)
        client.request("message.send", session, {"text": f"/demo echo={text}"})
        client.idle(session, after)
        self.assertEqual(text_of(client.request("session.snapshot", session)["messages"][-1]), text)

    def check_talk(self, client, sessions):
        """What version 1 had."""
        self.assertLessEqual({"first steps", "failed once", "interrupted", "streaming"}, set(sessions))
        self.assertNotIn("put away", sessions)
        archived = client.request("session.list", params={"archived": True})["sessions"]
        self.assertEqual([s["title"] for s in archived], ["put away"])
        history = client.request("message.history", sessions["first steps"])["messages"]
        self.assertEqual([text_of(m) for m in history if m["role"] == "user"][0], "What is a network?")
        self.assertIn("Grüße an die Größe 漢字 🙂", [text_of(m) for m in history])
        hits = client.request("message.search", params={"text": "network"})["hits"]
        self.assertIn(sessions["first steps"], [hit["session"] for hit in hits])
        self.assertEqual(client.attach(sessions["first steps"])["system"], "Be brief.")
        self.usable(client, sessions["first steps"])

    def check_stream(self, client, session):
        """What streamed when it was killed is kept as far as it came; what waited for its end waits on, and goes first."""
        shown = client.attach(session)
        self.assertEqual(shown["state"], "idle")
        cut, = (m for m in shown["messages"] if m["status"] == "interrupted")
        self.assertGreater(len(text_of(cut)), 20)
        self.assertLess(len(text_of(cut)), 2000 * 12)
        waiting = ["/demo echo=waited first", "/demo echo=waited second"]
        self.assertEqual([text_of(m) for m in shown["queue"]], waiting)
        client.request("message.send", session, {"text": "/demo echo=sent now"})

        def answers():
            now = client.request("session.snapshot", session)
            return now["state"] == "idle" and not now["queue"] and \
                [text_of(m) for m in now["messages"] if m["status"] == "complete" and m["role"] == "assistant"]
        self.assertEqual(wait_for(answers, "what waited is answered")[-3:], ["waited first", "waited second", "sent now"])

    def check_tools(self, client, sessions):
        rules = client.request("rule.list")["rules"]
        self.assertIn(("deny", "files/*"), [(r["effect"], r["pattern"]) for r in rules])
        asked = client.attach(sessions["asked"])
        self.assertEqual(asked["state"], "awaiting_permission")
        question, = client.request("question.list")["questions"]
        after = len(client.events)
        client.request("question.answer", params={"question": question["id"], "decision": "allow"})
        client.idle(sessions["asked"], after)
        for title in ("called", "called (fork)", "compacted"):
            client.attach(sessions[title])
            self.usable(client, sessions[title])

    def test_version_1(self):
        client, sessions = self.upgrade(1)
        self.check_talk(client, sessions)
        self.check_stream(client, sessions["streaming"])
        self.end(client)

    def test_version_2(self):
        client, sessions = self.upgrade(2)
        self.check_talk(client, sessions)
        self.check_stream(client, sessions["streaming"])
        self.check_tools(client, sessions)
        self.end(client)

    def check_people(self, client, sessions):
        users = {user["user"]: user for user in client.request("user.list")["users"]}
        self.assertEqual((users["bo"]["role"], users["bo"]["settings"]["quota.sessions"]), ("member", 3))
        self.assertEqual([key["label"] for key in users["bo"]["keys"]], ["laptop"])
        self.assertEqual((users["cy"]["role"], users["cy"]["disabled"]), ("admin", True))
        self.assertEqual([t["label"] for t in client.request("token.list", params={"user": "bo"})["tokens"]], ["ci"])
        self.assertEqual([s["name"] for s in client.request("secret.list")["secrets"]], ["api"])
        who = client.request("session.who", sessions["shared"])
        self.assertEqual([(m["user"], m["role"]) for m in who["members"]], [("bo", "writer")])
        client.attach(sessions["shared"])
        self.usable(client, sessions["shared"])
        verified = stoa(self.place, "audit", "--verify")
        self.assertIn("hold", verified.stdout)

    def test_version_3(self):
        client, sessions = self.upgrade(3)
        self.check_talk(client, sessions)
        self.check_stream(client, sessions["streaming"])
        self.check_tools(client, sessions)
        self.check_people(client, sessions)
        self.end(client)

    def test_version_4(self):
        client, sessions = self.upgrade(4)
        failed = {s["title"]: s.get("error") for s in client.request("session.list")["sessions"]}
        self.assertEqual((failed["failed at last"], failed["failed once"], failed["first steps"]), (True, None, None))
        self.check_talk(client, sessions)
        self.check_stream(client, sessions["streaming"])
        self.check_tools(client, sessions)
        self.check_people(client, sessions)
        self.end(client)

    def end(self, client):
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(self.sql("PRAGMA integrity_check"), [("ok",)])
        self.daemon.start()
        self.assertTrue(client.request("session.list")["sessions"])

    def test_every_fixture_has_a_test(self):
        self.assertEqual({f"test_version_{v}" for v in FIXTURES},
                         {name for name in dir(self) if re.fullmatch(r"test_version_\d+", name)})


class Newer(StoreTest):
    def look(self):
        found = {}
        for name in sorted(os.listdir(self.state)):
            status = os.stat(f"{self.state}/{name}")
            if not name.endswith(".lock"):
                with open(f"{self.state}/{name}", "rb") as file:
                    found[name] = status.st_mtime_ns, file.read()
        return found

    def refuse(self):
        before = self.look()
        done = subprocess.run([program("stoad"), "--config", self.place.config_path], env=self.place.env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, text=True)
        self.assertEqual(done.returncode, 74, done.stdout)
        self.assertRegex(done.stdout, rf"schema version {TODAY + 1}, written by stoad 9\.8\.7; "
                         rf"this is stoad \S+, which knows versions up to {TODAY}: run the newer one")
        self.assertEqual(self.look(), before)

    def test_a_store_of_a_newer_daemon_is_refused_and_left_alone(self):
        self.make(TODAY)
        self.sql(f"PRAGMA user_version = {TODAY + 1}")
        self.sql("UPDATE meta SET value = '9.8.7' WHERE name = 'program'")
        self.assertEqual(list(self.look()), ["stoa.db"])
        self.refuse()
        os.chmod(self.path, 0o400)
        self.refuse()
        # The client says the same, and copies nothing of it either.
        done = stoa(self.place, "backup", f"{self.place.folder}/copy", check=False)
        self.assertEqual(done.returncode, 74)
        self.assertIn("run the newer one", done.stderr)
        self.assertFalse(os.path.exists(f"{self.place.folder}/copy.part"))


