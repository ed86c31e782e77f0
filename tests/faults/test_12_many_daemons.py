"""Fault 12: several daemons want to serve one folder. Exactly one does; the others leave with their own exit code, at once, and touch
nothing of the one that serves, also when its holder is killed while they come and go."""
import os
import time

from fault import SOAK, SLACK, FaultTest
from harness import Daemon, PATIENCE, wait_for
from lasting import Attached

DAEMONS = 20
ROUNDS = 50 if SOAK else 5
LEAVE = SLACK  # seconds in which the losers leave
ALREADY_RUNS = 75


class ManyDaemons(FaultTest):
    autostart = False
    witnessed = False

    def start_many(self):
        daemons, self.begun = [Daemon(self.place) for _ in range(DAEMONS)], time.monotonic()
        for daemon in daemons:
            daemon.start(wait=False)
        return daemons

    def losers(self, daemons, count):
        """So many leave; returns how long that took, from the first one's start."""
        left = wait_for(lambda: (gone := [d for d in daemons if d.process.poll() is not None]) and len(gone) >= count and gone,
                        f"{count} losers")
        self.assertEqual({d.process.returncode for d in left}, {ALREADY_RUNS})
        self.assertEqual(len(left), count)
        for daemon in left:
            daemon._close()
        self.assertNotIn(" ERROR ", self.daemon_log())
        return time.monotonic() - self.begun

    def daemon_log(self):
        with open(f"{self.place.folder}/stoad.log", errors="replace") as file:
            return file.read()

    def socket(self):
        """What the file at its path is, and when that was made."""
        info = os.stat(self.place.socket_path)
        return info.st_ino, info.st_ctime_ns

    def serves(self, daemon):
        client = self.client()
        self.assertEqual(client.request("admin.stats")["pid"], daemon.pid)
        with open(f"{self.place.folder}/run/stoad.lock") as file:
            self.assertEqual(int(file.read()), daemon.pid)
        client.close()
        self.things.remove(client)

    def test_twenty_at_once(self):
        slowest = 0
        for _ in range(ROUNDS):
            daemons = self.start_many()
            slowest = max(slowest, self.losers(daemons, DAEMONS - 1))
            self.daemon, = [d for d in daemons if d.process.poll() is None]
            self.daemon.wait_ready()
            self.serves(self.daemon)
            self.assertLess(slowest, LEAVE)
            self.assertEqual(self.daemon.stop(), 0)
            self.assertFalse(os.path.exists(self.place.socket_path))
        self.figures = f"{ROUNDS} times {DAEMONS}, losers gone after at most {slowest:.2f} s"

    def test_twenty_while_one_serves(self):
        """One is attached, and sees nothing of it."""
        self.daemon.start()
        client = self.client()
        session = self.session(client)
        client.attach(session)
        client.request("message.send", session, {"text": "/demo rate=200 chunks=1000000"})
        attached = self.keep(Attached(self.place, session))
        wait_for(lambda: attached.tell()["follows"][session]["live"], "it is attached")
        before, slowest = self.socket(), 0
        for _ in range(ROUNDS):
            slowest = max(slowest, self.losers(self.start_many(), DAEMONS))
            self.assertEqual(self.socket(), before, "the socket was touched")
            self.serves(self.daemon)
        self.assertIn(f"with pid {self.daemon.pid}", self.daemon.log_text())
        told = attached.tell()
        self.assertEqual((told["connects"], told["lost"], len(told["follows"][session]["back"])), (1, 0, 1))
        self.assertLess(slowest, LEAVE)
        self.figures = f"{ROUNDS} times {DAEMONS}, losers gone after at most {slowest:.2f} s"

    def test_twenty_more_of_the_same_store_elsewhere(self):
        """They have runtime folders of their own: it is the store that they can't have."""
        self.daemon.start()
        self.place.env["STOA_RUNTIME_DIR"] = f"{self.place.folder}/run2"
        slowest = 0
        for _ in range(ROUNDS):
            slowest = max(slowest, self.losers(self.start_many(), DAEMONS))
            self.assertFalse(os.path.exists(f"{self.place.folder}/run2/stoad.sock"))
        self.assertIn(f"another process, with pid {self.daemon.pid}, uses the store", self.daemon_log())
        self.place.env["STOA_RUNTIME_DIR"] = f"{self.place.folder}/run"
        self.serves(self.daemon)
        self.assertLess(slowest, LEAVE)
        self.figures = f"{ROUNDS} times {DAEMONS}, losers gone after at most {slowest:.2f} s"

    def winner(self, daemons):
        """The one that serves, or None when all have left."""
        alive = wait_for(lambda: len(left := [d for d in daemons if d.process.poll() is None]) <= 1 and [*left, None], "one is left")
        try:
            if alive[0]:
                alive[0].wait_ready()
            return alive[0]
        except AssertionError:
            if alive[0].process.poll() != ALREADY_RUNS:
                raise
            return None

    def test_the_holder_is_killed_while_twenty_come(self):
        """Each comes again and again, as a process manager has it, until one serves; and the client is back by itself."""
        self.daemon.start()
        client = self.client()
        session = self.session(client)
        client.request("session.rename", session, {"title": "kept"})
        attached = self.keep(Attached(self.place, session))
        wait_for(lambda: attached.tell()["follows"][session]["live"], "it is attached")
        slowest = 0
        for number in range(ROUNDS):
            daemons = self.start_many()
            killed, old = time.monotonic(), self.daemon
            old.kill()
            while not (winner := self.winner(daemons)):  # all were too early
                self.losers(daemons, DAEMONS)
                daemons = self.start_many()
            self.losers(daemons, DAEMONS - 1)
            self.daemon = winner
            self.serves(self.daemon)
            back = wait_for(lambda n=number: (f := attached.tell()["follows"][session])["live"] and len(f["back"]) == n + 2 and f,
                            "the client is back", PATIENCE)
            slowest = max(slowest, back["back"][-1][0] - killed)
        self.assertLess(slowest, 2 * SLACK)
        self.assertEqual(self.client().request("session.info", session)["title"], "kept")
        self.figures = f"{ROUNDS} kills among {DAEMONS}, the attached client back after at most {slowest:.2f} s"
