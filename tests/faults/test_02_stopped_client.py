"""Fault 2: one of three clients is stopped while much is said, and goes on after a quiet. It catches up by itself, without anything
new to wake it; the others lose nothing, and the daemon's memory is bounded. test_02_stopped_terminal.py is the same on the screen."""
import os
import re
import signal
import time

from fault import SOAK, SLACK, FaultTest, resident_mb
from harness import PATIENCE, Replica, SANITIZED, text_of, wait_for
from lasting import Attached

CHUNKS = 100000 if SOAK else 20000
BYTES = 10 if SOAK else 50  # of a chunk: a message has 1 MiB at most
RATE = 10000
QUIET = 30 if SOAK else 0  # seconds; the long one is longer than the patience with one that says nothing
BACK = 2 * SLACK  # seconds until a client that goes on is up to date
DAEMON_MB = 64 if not SANITIZED else 512


class StoppedClient(FaultTest):
    config = "default_model: demo/stoa\nlimits: {client_backlog: 1000}\n"

    def stopped(self, pid):
        os.kill(pid, signal.SIGSTOP)

        def stands():
            with open(f"/proc/{pid}/stat") as file:
                return file.read().rsplit(")", 1)[1].split()[0] == "T"
        wait_for(stands, "it is stopped")

    def talk(self, client, session):
        """Until the turn is over and the stopped ones are known to be behind; returns the daemon's peak."""
        peak, start = 0, self.turn(client, session, f"/demo rate={RATE} chunks={CHUNKS} bytes={BYTES}")
        end = None
        while not end:
            self.assertTrue(client.take(PATIENCE), "the stream goes on")
            end = next((e for e in client.events[start:] if e["type"] == "stream.completed"), None)
            client.events[start:] = [e for e in client.events[start:] if e["type"] != "stream.chunk"]
            peak = max(peak, resident_mb(self.daemon.pid))
        self.assertEqual(end["data"]["status"], "complete")
        client.idle(session, start)
        return peak, text_of(end["data"])

    def quiet(self, client, session):
        """Nothing is said for a while, but that those who are not stopped live."""
        for number in range(20000):  # on a busy machine many chunks go into one event
            if number % 100 == 0 and len(re.findall("is behind in session", self.daemon.log_text())) >= 2:
                break
            client.request("session.typing", session, {"typing": number % 2 == 0})
        client.request("session.typing", session, {"typing": False})
        end, head = time.monotonic() + QUIET, client.request("server.ping")["heads"][session]
        while time.monotonic() < end:
            client.request("server.ping")
            client.take(0.2)
        self.assertEqual(client.request("server.ping")["heads"][session], head, "it was quiet")
        return head

    def same(self, messages, there):
        """A snapshot has the newest messages alone."""
        for id, message in there.messages.items():
            self.assertTrue(all(messages[id][key] == message[key] for key in ("text", "status")), f"{id} differs")

    def test_clients_that_were_stopped_catch_up_by_themselves(self):
        """A client of the protocol and stoa watch are stopped; one of each is not."""
        client = self.client()
        session = self.session(client)
        client.attach(session)
        free, stopped = self.keep(Attached(self.place, session)), self.keep(Attached(self.place, session))
        watches = [self.watch(session) for _ in range(2)]
        for attached in (free, stopped):
            wait_for(lambda a=attached: a.tell()["follows"][session]["live"], "it is attached")
        for watch in watches:
            watch.wait(watch.snapshots, "a snapshot")
        before = resident_mb(self.daemon.pid)
        self.stopped(stopped.pid)
        self.stopped(watches[1].process.pid)
        try:
            peak, text = self.talk(client, session)
            head = self.quiet(client, session)
        finally:
            resumed = time.monotonic()
            os.kill(stopped.pid, signal.SIGCONT)
            os.kill(watches[1].process.pid, signal.SIGCONT)
        told = wait_for(lambda: (said := stopped.tell())["follows"][session]["live"] and
                        said["follows"][session]["seq"] >= head and said, "the stopped one is up to date")
        took = time.monotonic() - resumed
        watches[1].wait(lambda: watches[1].snapshots()[-1]["seq"] >= head, "stoa watch has a new snapshot")
        watched = time.monotonic() - resumed
        self.assertLess(max(took, watched), BACK)
        self.assertGreater(len(told["follows"][session]["back"]), 1, "it has asked for a new snapshot")
        self.assertGreater(len(watches[1].snapshots()), 1)
        there = Replica(client.request("session.snapshot", session, {"limit": 200}))
        self.assertEqual(list(there.messages.values())[-1]["text"], text)
        for one in (free.tell(), stopped.tell()):
            followed = one["follows"][session]
            self.assertEqual((followed["seq"], followed["state"]), (there.seq, there.state))
            self.same(followed["messages"], there)
        self.assertEqual((free.tell()["lost"], len(free.tell()["follows"][session]["back"])), (0, 1), "the other missed nothing")
        for watch in watches:
            watch.wait(lambda w=watch: w.replica().seq == there.seq, "stoa watch has it all")
            self.same(watch.replica().messages, there)
        self.assertLess(peak, DAEMON_MB)
        self.check_all(f"{CHUNKS} chunks, {len(text)} bytes", f"daemon from {before:.0f} to at most {peak:.0f} MB",
                       f"up to date {took * 1000:.0f} ms and stoa watch {watched * 1000:.0f} ms after it went on")


class StoppedForLong(FaultTest):
    """For so long that the daemon counts them as gone, while what is left of their backlog keeps it from saying so."""
    config = "default_model: demo/stoa\nlimits: {client_backlog: 100}\n"

    def test_clients_that_were_forgotten_come_back_by_themselves(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        deaf = self.client(backlog=1)
        deaf.attach(session)
        attached, watch = self.keep(Attached(self.place, session)), self.watch(session)
        wait_for(lambda: attached.tell()["follows"][session]["live"], "it is attached")
        watch.wait(watch.snapshots, "a snapshot")
        client.wait(lambda: sum(e["type"] == "participant.joined" for e in client.events) == 4, "that all have joined")
        for pid in (attached.pid, watch.process.pid):
            os.kill(pid, signal.SIGSTOP)
        start = self.turn(client, session, "/demo rate=5000 chunks=6000 bytes=100")
        client.idle(session, start, PATIENCE * 2)

        def forgotten():
            client.request("server.ping")
            return len(left) == 3 if (left := self.said(client, session, 0, "participant.left")) else False
        client.wait(forgotten, "the silent ones are forgotten", 45)
        self.assertEqual({left["why"] for left in self.said(client, session, 0, "participant.left")}, {"silent"})
        resumed = time.monotonic()
        for pid in (attached.pid, watch.process.pid):
            os.kill(pid, signal.SIGCONT)
        head = client.request("server.ping")["heads"][session]
        wait_for(lambda: (f := attached.tell()["follows"][session])["live"] and f["seq"] >= head and len(f["back"]) > 1,
                 "the client is back")
        watch.wait(lambda: len(watch.snapshots()) >= 2, "a new snapshot")
        took = time.monotonic() - resumed
        self.assertLess(took, BACK)
        ping = deaf.send("server.ping")  # this one does not come back by itself: it is told, when it reads
        deaf.wait(lambda: deaf.notices, "bye")
        self.assertEqual([(n["notice"], n.get("why")) for n in deaf.notices], [("bye", "silent")])
        self.assertEqual(deaf.reply(ping)["heads"], {})
        replica = Replica(deaf.attach(session))
        self.assertEqual(replica.seq, head)
        client.request("session.rename", session, {"title": "back"})
        replica.fold(deaf.event("session.updated", session, title="back"))
        watch.wait(lambda: any(e["data"].get("title") == "back" for e in watch.events("session.updated")), "the event")
        wait_for(lambda: attached.tell()["follows"][session]["seq"] == replica.seq, "the event")
        self.assertEqual(watch.replica().seq, replica.seq)
        self.check_all(f"up to date {took * 1000:.0f} ms after they went on")
