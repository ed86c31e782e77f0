"""Everything at once, for a while: people who write, interrupt, fork, rewind, search, attach and leave, tools that run, agents that
are killed. Nothing grows that need not, nothing is left, and the witness sees none of it.

STOA_LOAD_HOURS=8 has it go on for so long; `make soak` for ten minutes."""
import collections
import os
import random
import signal
import sqlite3
import threading
import time

from fault import SOAK, FaultTest, resident_mb
from harness import PATIENCE, SANITIZED, Replica, RequestError, children, stoa, wait_for
from server_fault import PYTHON, SERVER
from witness import Witness

SECONDS = float(os.environ.get("STOA_LOAD_HOURS", 0)) * 3600 or (600 if SOAK else 6)
ROUND = min(SECONDS, 300)  # with a witness of its own, and a look at what has grown
PEOPLE, SESSIONS = 6, 10
GROWTH_MB = 24 if not SANITIZED else 200  # of the daemon, from the end of the first round on; the store's caches and its own heap
# What may be refused, since others do something with the same session at the same time.
REFUSALS = {"not_found", "conflict", "busy", "limit", "unavailable", "bad_request"}


class Person(threading.Thread):
    """Does one thing after the other in sessions that are everybody's."""

    def __init__(self, test, number, end):
        super().__init__()
        self.test, self.end, self.wrong = test, end, None
        self.random = random.Random(number)
        self.client = test.client()
        self.did = collections.Counter()

    def session(self):
        return self.random.choice(self.test.sessions)

    def ask(self, method, session=None, **params):
        try:
            return self.client.request(method, session, params)
        except RequestError as refused:
            self.test.assertIn(refused.code, REFUSALS, f"{method}: {refused}")
            return None

    def any_message(self, session):
        history = self.ask("message.history", session, limit=20)
        return self.random.choice(history["messages"])["id"] if history and history["messages"] else None

    def send(self):
        what = self.random.choice(["rate=0 chunks=50 bytes=200", "rate=200 chunks=40", "echo=yes", "rate=0 chunks=2000 bytes=30",
                                   'tool=good__go input={"id":"load"}'])
        self.ask("message.send", self.session(), text=f"/demo {what}", mode=self.random.choice(["queue", "steer"]))

    def interrupt(self):
        self.ask("session.interrupt", self.session())

    def read(self):
        session = self.session()
        self.ask("session.info", session)
        self.ask("message.history", session, limit=100)
        self.ask("message.search", text=self.random.choice(["network", "yes", "hall"]))
        self.ask("session.list", limit=100)

    def attach(self):
        """Follows for a moment, and folds: a gap would raise."""
        session = self.session()
        if not self.ask("session.subscribe", sessions=[session]):
            return
        self.client.events.clear()
        snapshot = self.ask("session.snapshot", session)
        if not snapshot:
            return
        replica = Replica(snapshot)
        end = time.monotonic() + self.random.random() / 5
        while time.monotonic() < end and self.client.take(0.02):
            pass
        for event in self.client.events:
            if event["session"] == session and not self.client.notices:
                replica.fold(event)
        self.client.notices.clear()
        self.ask("session.unsubscribe", sessions=[session])
        self.client.events.clear()

    def change(self):
        session = self.session()
        self.ask("session.rename", session, title=f"title {self.random.random()}")
        self.ask("session.configure", session, variables={"A": "b" * self.random.randrange(100)})
        self.ask("session.typing", session, typing=True)

    def branch(self):
        session = self.session()
        message = self.any_message(session)
        made = message and self.ask("session.fork", session, message=message)
        if made:
            self.ask("session.delete", made["session"])
        if message and self.random.random() < 0.3:
            self.ask("session.rewind", session, message=message)

    def replace(self):
        """A session ends, another one begins."""
        made = self.ask("session.create", title="load")
        at = self.random.randrange(SESSIONS)
        old, self.test.sessions[at] = self.test.sessions[at], made["session"]
        self.ask("session.delete", old)

    def come_anew(self):
        self.client.close()
        self.client = self.test.client()

    def kill(self):
        info = self.ask("session.info", self.session())
        pid = info and info["agent"].get("pid")
        if pid in children(self.test.daemon.pid):
            try:
                os.kill(pid, self.random.choice([signal.SIGKILL, signal.SIGSEGV]))
            except ProcessLookupError:
                pass

    def run(self):
        todo = [(self.send, 10), (self.read, 5), (self.attach, 6), (self.change, 3), (self.interrupt, 2), (self.branch, 2),
                (self.replace, 1), (self.come_anew, 1), (self.kill, 0.3)]
        try:
            while time.monotonic() < self.end:
                what, = self.random.choices([f for f, _ in todo], [weight for _, weight in todo])
                what()
                self.did[what.__name__] += 1
                self.client.replies.clear()
                while self.client.take(0):
                    pass
        except Exception as wrong:  # pylint: disable=broad-except
            self.wrong = wrong


class Load(FaultTest):
    witnessed = False
    config = (f"default_model: demo/stoa\nsession: {{idle_timeout: 1s}}\nlimits: {{max_live_agents: 6}}\n"
              f"mcp_servers:\n  good: {{command: [{PYTHON}, -SE, {SERVER}, good, '{{ENV:HOME}}/marks'], tools: {{allow: ['*']}}}}\n")

    def files(self):
        return len(os.listdir(f"/proc/{self.daemon.pid}/fd"))

    def rest(self):
        """Until the daemon has nothing to do, and let go of what is not needed."""
        asker = self.client()
        for session in self.sessions:
            asker.request("session.interrupt", session)
        wait_for(lambda: asker.request("admin.stats")["agents"] == 0, "no agent is left", PATIENCE * 3)
        wait_for(lambda: asker.request("admin.stats")["sessions_loaded"] == 0, "no session is in memory", PATIENCE * 3)
        self.assertEqual(asker.request("admin.stats")["store"]["queued"], 0)
        asker.close()
        return resident_mb(self.daemon.pid), self.files()

    def round(self, number, seconds):
        self.witness = Witness(self.place)
        try:
            people = [Person(self, number * PEOPLE + i, time.monotonic() + seconds) for i in range(PEOPLE)]
            for person in people:
                person.start()
            for person in people:
                person.join()
                person.client.close()
            for person in people:
                if person.wrong:
                    raise person.wrong
            said = self.check_witness()
        finally:
            self.witness.close()
        asker = self.client()
        for row in asker.request("session.list", params={"limit": 1000})["sessions"]:
            if row["id"] not in self.sessions:
                asker.request("session.delete", row["id"])  # the witness's
        asker.close()
        return sum((person.did for person in people), collections.Counter()), said

    def test_nothing_grows_and_nothing_is_left(self):
        asker = self.client()
        self.sessions = [self.session(asker) for _ in range(SESSIONS)]
        asker.close()
        did, begun, after_first = collections.Counter(), time.monotonic(), None
        number = 0
        while number == 0 or time.monotonic() - begun < SECONDS:
            done, said = self.round(number, ROUND)
            did += done
            resident, files = self.rest()
            after_first = after_first or (resident, files)
            number += 1
            if SOAK:
                print(f"round {number}: {resident:.1f} MB, {files} files, {said}", flush=True)
        self.assertLess(resident, after_first[0] + GROWTH_MB)
        self.assertLessEqual(files, after_first[1] + 1)
        stoa(self.place, "doctor", "store")  # its exit code tells
        self.check_all(f"{sum(did.values())} things done in {time.monotonic() - begun:.0f} s", f"{did['send']} messages sent",
                       f"{did['kill']} agents killed", f"{resident:.1f} MB and {files} files at rest", said)
        self.daemon.stop()
        store = sqlite3.connect(f"{self.place.folder}/state/stoa.db")
        self.assertEqual(store.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        store.close()
