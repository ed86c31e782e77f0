"""stoa backup while everything is at work, stoa restore, and what is left when either is killed."""
import glob
import json
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time

from fault import ANSWER_MS, SOAK
from harness import PATIENCE, ROOT, SANITIZED, Client, RequestError, StoaTest, program, stoa, text_of, wait_for
from many_sessions import make_sessions
from witness import Witness

STREAMS, SENDERS = 10, 2
SESSIONS = 100 if SANITIZED else 10000 if SOAK else 600  # of 20 messages each, besides
KILLS = 200 if SOAK else 12
LONG = "a line of a long result\n" * 200


class Sender(threading.Thread):
    """Sends message after message to a session of its own; knows when each was acknowledged. A full queue is waited for."""

    def __init__(self, place):
        super().__init__(daemon=True)
        self.client = Client(place)
        self.session = self.client.request("session.create")["session"]
        self.acknowledged, self.ends, self.wrong = [], False, None
        self.start()

    def run(self):
        while not self.ends and not self.wrong:
            text = f"/demo rate=0 echo=number {len(self.acknowledged)}"
            try:
                message = self.client.request("message.send", self.session, {"text": text, "mode": "queue"})["message"]
                self.acknowledged.append((time.monotonic(), message))
            except RequestError as refused:
                self.wrong = None if refused.code in ("busy", "limit") else refused
                self.client.take(0.01)

    def close(self):
        self.ends = True
        self.join(PATIENCE)
        self.client.close()


class BackupTest(StoaTest):
    config = (f"default_model: demo/stoa\nmcp: {{result_size: 1k}}\nmcp_servers:\n"
              f"  fake: {{command: [/usr/bin/python3, {ROOT}/tests/support/mcp_server.py, --answer, {json.dumps('big=' + LONG)}]}}\n")
    autostart = False

    def setUp(self):
        super().setUp()
        self.state, self.file = f"{self.place.folder}/state", f"{self.place.folder}/copy"

    def backup(self, *args, **more):
        return stoa(self.place, "backup", *args, self.file, **more)

    def rows(self, path, sql):
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def texts(self, client, session):
        return [text_of(m) for m in client.request("session.snapshot", session)["messages"]]


class UnderLoad(BackupTest):
    def test_a_backup_under_load_has_all_that_was_acknowledged_and_slows_nobody(self):
        make_sessions(self.state, SESSIONS, 20)
        self.daemon.start()
        client = self.client()
        for _ in range(STREAMS):
            client.request("message.send", self.session(client), {"text": "/demo rate=100 chunks=100000 bytes=20"})
        senders = [self.keep(Sender(self.place)) for _ in range(SENDERS)]
        witness = self.keep(Witness(self.place))
        wait_for(lambda: all(len(s.acknowledged) > 20 for s in senders), "sends are acknowledged")
        begun = time.monotonic()
        done = json.loads(self.backup("--json").stdout)
        ended = time.monotonic()
        for sender in senders:
            wait_for(lambda s=sender: s.acknowledged[-1][0] > ended, "sends go on")
        found = witness.end()
        self.assertIsNone(found["error"], found)
        self.assertLess(found["p99_ms"], ANSWER_MS, found)
        before = [m for s in senders for at, m in s.acknowledged if at < begun]
        self.assertEqual([s.wrong for s in senders], [None] * SENDERS)
        events = "\n".join(text for text, in self.rows(self.file, "SELECT json FROM events WHERE type LIKE 'message%' OR type LIKE 'queue%'"))
        self.assertEqual([m for m in before if m not in events], [])
        self.assertEqual(self.rows(self.file, "PRAGMA integrity_check"), [("ok",)])
        self.assertEqual(done["sessions"], SESSIONS + STREAMS + SENDERS + 1)
        meanwhile = sum(begun < at < ended for s in senders for at, _ in s.acknowledged)
        print(f"backup of {done['bytes'] / 1e6:.1f} MB in {ended - begun:.2f} s beside {STREAMS} streams, {meanwhile} sends: "
              f"{len(before)} acknowledged before are in it; witness p99 {found['p99_ms']:.1f} ms, worst {found['worst_ms']:.1f} ms "
              f"of {found['requests']}", flush=True)


class Everything(BackupTest):
    def fill(self, client):
        """A long result in a file, a question, queued messages, a rule, an answer in the middle."""
        self.talked = self.session(client, title="talked")
        client.attach(self.talked)
        client.request("rule.add", params={"effect": "allow", "pattern": "fake/big"})
        client.request("message.send", self.talked, {"text": "/demo tool=fake__big"})
        client.event("state.changed", self.talked, new="running_tools")
        client.idle(self.talked)
        self.asked = self.session(client, title="asked")
        client.attach(self.asked)
        client.request("rule.add", params={"effect": "ask", "pattern": "stoa/get_session_info", "session": self.asked})
        client.request("message.send", self.asked, {"text": "/demo tool=get_session_info"})
        client.event("state.changed", self.asked, new="awaiting_permission")
        for text in ("/demo echo=waited first", "/demo echo=waited second"):
            client.request("message.send", self.asked, {"text": text, "mode": "queue"})

    def kept(self):
        """What is in files of sessions' results."""
        found = {}
        for path in glob.glob(f"{self.state}/sessions/*/results/*"):
            with open(path) as file:
                found[os.path.relpath(path, self.state)] = file.read()
        return found

    def check(self, client):
        self.assertEqual({s["title"] for s in client.request("session.list")["sessions"]}, {"talked", "asked"})
        self.assertIn(LONG, "".join(self.kept().values()))
        self.assertIn(("allow", "fake/big"), [(r["effect"], r["pattern"]) for r in client.request("rule.list")["rules"]])
        self.assertTrue(client.request("message.search", params={"text": "fake__big"})["hits"])
        snapshot = client.attach(self.asked)
        self.assertEqual(snapshot["state"], "awaiting_permission")
        self.assertEqual([text_of(m) for m in snapshot["queue"]], ["/demo echo=waited first", "/demo echo=waited second"])
        question, = client.request("question.list")["questions"]
        client.request("question.answer", params={"question": question["id"], "decision": "allow"})
        wait_for(lambda: self.texts(client, self.asked)[-1] == "waited second", "the turn and what waited for it go on")
        client.attach(self.talked)
        client.request("message.send", self.talked, {"text": "/demo echo=and on"})
        wait_for(lambda: self.texts(client, self.talked)[-1] == "and on", "a further turn")

    def test_everything_is_back_and_goes_on(self):
        self.daemon.start()
        client = self.client()
        self.fill(client)
        files = self.kept()
        self.assertIn(LONG, "".join(files.values()))
        said = self.backup().stdout
        self.assertRegex(said, r"^wrote \S+/copy: 2 sessions, 5 messages, \d+ files?, [0-9.]+ MB\n$")
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)
        self.check(client)  # what happens now is not in it
        client.request("session.delete", self.talked)
        refused = stoa(self.place, "restore", self.file, check=False)
        self.assertEqual(refused.returncode, 75)
        self.assertRegex(refused.stderr, rf"with pid {self.daemon.pid}, uses the store .*; stop it first: stoa stop")
        self.assertEqual(self.daemon.stop(), 0)
        said = stoa(self.place, "restore", self.file).stdout
        self.assertRegex(said, r"^restored \S+/copy: 2 sessions, 5 messages, \d+ files?\nwhat was there before is in \S+/before-")
        self.assertEqual(self.kept(), files)
        self.daemon.start()
        self.check(client)

    def test_without_a_daemon_and_onto_another_machine(self):
        self.daemon.start()
        client = self.client()
        self.fill(client)
        self.daemon.kill()
        self.backup()
        os.rename(self.state, f"{self.place.folder}/lost")
        self.assertNotIn("before", stoa(self.place, "restore", self.file).stdout)
        self.assertEqual(os.stat(self.state).st_mode & 0o777, 0o700)
        self.daemon.start()
        self.check(client)

    def test_what_goes_wrong_is_said_and_leaves_nothing(self):
        done = self.backup(check=False)
        self.assertEqual((done.returncode, "there is no store" in done.stderr), (74, True), done.stderr)
        self.daemon.start()
        session = self.session()
        os.makedirs(f"{self.state}/sessions/{session}", 0o700, exist_ok=True)
        for file, code, why in ((f"{self.place.folder}/no/copy", 1, "No such file or directory"),
                                (f"{self.state}/stoa.db", 1, "it is the store itself"),
                                (f"{self.state}/sessions/copy", 1, "among the files that are copied"), ("-", 64, "needs a file"),
                                ("/dev/full", 1, "is no regular file"), ("/proc/copy", 1, "cannot be written")):
            done = stoa(self.place, "backup", file, check=False)
            self.assertEqual((done.returncode, why in done.stderr), (code, True), done.stderr)
        self.assertEqual(stoa(self.place, "backup", check=False).returncode, 64)
        for words in (["--online"], ["--json"], ["--force"], ["--backup=a", "--restore=b"], ["--restore=a", "--force"], ["--doctor", "--backup=a"]):
            done = subprocess.run([program("stoad"), *words], env=self.place.env, capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, "is not an option" in done.stderr), (64, False), done.stderr)
        self.backup()
        self.assertEqual(self.backup(check=False).returncode, 1)
        self.backup("--force")
        self.daemon.stop()
        with open(self.file, "r+b") as file:
            file.truncate(os.path.getsize(self.file) - 4096)
        done = stoa(self.place, "restore", self.file, check=False)
        self.assertEqual((done.returncode, "is damaged" in done.stderr), (74, True), done.stderr)
        self.assertEqual(sorted(os.listdir(self.state)), sorted({"stoa.db", "stoa.db.lock"} | set(os.listdir(self.state)) & {"sessions"}))


class Killed(BackupTest):
    def run_and_kill(self, pause, number, *args):
        process = subprocess.Popen([program("stoa"), *args], env=self.place.env, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        try:
            process.wait(pause)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
        _, said = process.communicate(timeout=PATIENCE)
        return process.returncode, said.decode()

    def titles(self):
        client = Client(self.place)
        try:
            return {s["title"] for s in client.request("session.list")["sessions"]}
        finally:
            client.close()

    def test_killed_and_interrupted_at_random_moments(self):
        make_sessions(self.state, 50, 20)
        begun = time.monotonic()
        self.backup()
        took = time.monotonic() - begun
        os.rename(self.file, f"{self.place.folder}/old")
        self.daemon.start()
        self.session(title="new")
        new = self.titles()
        self.daemon.stop()
        chance, ends = random.Random(5), []
        for _ in range(KILLS):
            with self.subTest("backup"):
                code, said = self.run_and_kill(chance.uniform(0, took), signal.SIGINT, "backup", self.file)
                self.assertIn(code, (0, 130, -signal.SIGINT), said)  # the last: before it has begun
                self.assertEqual(glob.glob(f"{self.file}*"), [self.file] if code == 0 else [])
                if code == 0:
                    os.unlink(self.file)
        for kill in range(KILLS):
            with self.subTest("restore"):
                pause = chance.uniform(0, 2 * took) if kill < KILLS - 1 else PATIENCE  # the last one lives
                self.run_and_kill(pause, signal.SIGKILL, "restore", f"{self.place.folder}/old")
                self.daemon.start()
                titles = self.titles()
                ends.append("new" not in titles)
                self.assertEqual(titles, new - {"new"} if ends[-1] else new)
                self.session(title="new")
                self.assertEqual(self.daemon.stop(), 0)
                self.assertEqual(self.rows(f"{self.state}/stoa.db", "PRAGMA integrity_check"), [("ok",)])
                new = new | {"new"}
        self.assertTrue(ends[-1])
        print(f"{KILLS} backups interrupted, {KILLS} restores killed: {sum(ends)} were done, {len(ends) - sum(ends)} were not",
              flush=True)
