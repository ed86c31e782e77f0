"""Fault 5: no descriptors are left. The daemon counts its own and refuses by name before the system does: libzmq would abort."""
import contextlib
import os
import resource
import signal
import time

from fault import SLACK, SOAK, FaultTest
from harness import PATIENCE, SANITIZED, RequestError, cpu_all_threads, stoa, wait_for
from raw_zmtp import Raw
from witness import Witness

LIMIT = 256
RESERVE = 32  # FILES_RESERVE
HOLD = 20 if SOAK else 3  # seconds of many connections
SPIN = 0.35 if not SANITIZED else 1.5  # of a processor, that the daemon may take beside the witness while all is taken


class NoDescriptors(FaultTest):
    autostart = witnessed = False

    def setUp(self):
        super().setUp()
        self.raws = []
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)

    def tearDown(self):
        self.release()
        super().tearDown()

    def start(self, limit=LIMIT):
        self.daemon.wrapper = ["prlimit", f"--nofile={limit}:{limit}"]
        self.daemon.start()
        self.first_pid = self.daemon.pid
        self.witness = self.keep(Witness(self.place))
        self.user = self.client()
        self.target = self.session(self.user)
        self.user.attach(self.target)

    def release(self):
        for raw in self.raws:
            raw.close()
        self.raws.clear()

    def highest(self):
        return max(int(fd) for fd in os.listdir(f"/proc/{self.daemon.pid}/fd"))

    def exhaust(self, speaks=True):
        """Whole connections that say nothing (more), until no further one is kept."""
        refused = 0
        while refused < 20:
            try:
                raw = Raw(self.place)
                if speaks:
                    raw.ask(b'{"id":"a","method":"server.ping"}')
                    raw.wait(lambda raw=raw: b'"id":"a"' in raw.got, "an answer, or a refusal")
                self.raws.append(raw)
                refused = 0
            except (AssertionError, OSError):
                refused += 1
            self.assertLess(len(self.raws), 2 * LIMIT)
        self.assertLess(self.highest(), LIMIT - 1)

    def served_again(self):
        """A new client, that had tried while there was no room."""
        self.release()
        started = time.monotonic()
        wait_for(lambda: stoa(self.place, "health", check=False).returncode == 0, "health", 2 + SLACK)
        other = self.client()
        other.request("server.hello", seconds=2 + SLACK)
        took = time.monotonic() - started
        self.assertLess(took, 2 + SLACK)
        self.usable(self.user, self.target)
        return took

    def cpu(self, seconds=1.0):
        before, begun = cpu_all_threads(self.daemon.pid), time.monotonic()
        time.sleep(seconds)  # the span that is measured
        return (cpu_all_threads(self.daemon.pid) - before) / (time.monotonic() - begun)

    def test_connections_that_say_nothing_do_not_keep_others_out(self):
        """No handshake ever: such a connection is given up after a second, and there are always new ones."""
        self.start()
        connected, end = 0, time.monotonic() + HOLD
        while time.monotonic() < end:
            try:
                self.raws.append(Raw(self.place, hello=False))
                connected += 1
            except OSError:  # the queue of connections is full
                time.sleep(0.001)
            if connected % 50 == 0:
                self.user.request("session.rename", self.target, {"title": f"{connected}"})
            if len(self.raws) > 2 * LIMIT:
                self.release()
        self.assertGreater(connected, 4 * LIMIT)
        self.assertLess(self.highest(), LIMIT - 1)
        took = self.served_again()
        self.check_all(f"{connected} connections", f"served {took * 1000:.0f} ms after the release")

    def test_whole_connections_that_say_nothing_do_not_keep_others_out(self):
        """There are always new ones, too; whoever comes ends those that have been silent for a second."""
        self.start()
        first = time.monotonic()
        while time.monotonic() < first + 1:
            with contextlib.suppress(AssertionError, OSError):
                self.raws.append(Raw(self.place))
        kept, began = len(self.raws), time.monotonic()
        while time.monotonic() < began + HOLD:
            with contextlib.suppress(AssertionError, OSError):
                self.raws.append(Raw(self.place))
            if len(self.raws) % 50 == 0:
                self.user.request("session.rename", self.target, {"title": f"{len(self.raws)}"})
        began = time.monotonic()
        self.assertEqual(stoa(self.place, "health").returncode, 0)
        took = time.monotonic() - began
        self.assertLess(took, 2 + SLACK)
        self.assertLess(self.highest(), LIMIT - 1)
        self.assertIn("says nothing", self.daemon.log_text())
        # the last ones are a second old before the next who comes ends them; there is room for an agent then
        wait_for(lambda: stoa(self.place, "health").returncode == 0 and self.highest() < LIMIT - 3 * RESERVE,
                 "the end of all silent ones", 2 + SLACK)
        self.usable(self.user, self.target)
        self.check_all(f"{kept} and {len(self.raws) - kept} more silent ones, health within {took * 1000:.0f} ms")
        self.assertEqual(stoa(self.place, "stop").returncode, 0)

    def test_when_all_are_taken_what_there_is_goes_on(self):
        """Connections to the last; then what else of the daemon needs a descriptor."""
        self.start()
        idle = self.cpu()
        self.exhaust()
        held = len(self.raws)
        waiting = [self.client() for _ in range(30)]  # real clients that try, again and again
        for client in waiting:
            client.send("server.hello")
        busy = self.cpu(HOLD)
        self.assertLess(busy - idle, SPIN, "no spin")
        answer = self.user.request("session.create")  # the store writes
        start = self.turn(self.user, self.target, "/demo chunks=1 rate=0")
        refused = self.user.event("error.occurred", self.target, start)["data"]
        self.assertEqual(refused["kind"], "agent")
        self.assertIn(f"{LIMIT}", refused["text"])
        self.user.idle(self.target, start)
        self.assertEqual(self.user.request("message.history", self.target)["messages"][0]["role"], "user")
        hits = self.user.request("message.search", params={"text": "chunks"})["hits"]
        self.assertIn(self.target, [hit["session"] for hit in hits])
        self.place.write_config("default_model: demo/stoa\nlimits: {queue: 5}\n")
        os.kill(self.daemon.pid, signal.SIGHUP)
        self.user.wait(lambda: self.user.request("server.hello")["limits"]["queue"] == 5, "the new configuration")
        self.assertEqual(self.user.request("session.info", answer["session"])["state"], "idle")
        self.assertGreater(self.user.request("admin.stats")["memory_bytes"], 0, "a file that is opened for a moment")
        took = self.served_again()
        for client in waiting:
            client.wait(lambda c=client: c.replies, "an answer to those that tried meanwhile", 2 + SLACK)
        self.check_all(f"{held} connections held, {busy * 100:.0f}% CPU, {idle * 100:.0f}% without them",
                       f"served {took * 1000:.0f} ms after the release")

    def test_clients_beyond_are_refused_by_name(self):
        self.start()
        served, refused = [], None
        while not refused and len(served) < LIMIT:
            other = self.client()
            try:
                other.request("server.hello")
                served.append(other)
            except RequestError as error:
                refused = error
        self.assertEqual(refused.code, "limit")
        self.assertIn(f"{LIMIT}", refused.text)
        self.assertGreater(len(served), 40)
        self.assertEqual(stoa(self.place, "health").returncode, 0, "who looks after the daemon is served")
        for other in served[:3]:
            self.assertIn("epoch", other.request("server.ping"))
        for other in served:
            other.close()
            self.things.remove(other)
        self.served_again()
        self.check_all(f"{len(served)} served with {LIMIT} descriptors")

    def test_agents_beyond_are_refused_by_name(self):
        self.start(limit=160)
        sessions = [self.session(self.user) for _ in range(60)]
        self.user.follow(sessions)
        start = len(self.user.events)
        for session in sessions:
            self.user.request("message.send", session, {"text": "/demo rate=20 chunks=100000"})

        def outcome(session):
            return next((e for e in self.user.events[start:] if e["session"] == session and e["type"] in ("error.occurred", "stream.chunk")), None)
        self.user.wait(lambda: all(outcome(s) for s in sessions), "each streams, or says why not", PATIENCE * 2)
        refused = [outcome(s)["data"]["text"] for s in sessions if outcome(s)["type"] == "error.occurred"]
        self.assertGreater(len(refused), 0)
        self.assertLess(len(refused), len(sessions))
        self.assertEqual([text for text in refused if "160" not in text], [])
        for session in sessions:
            self.user.send("session.interrupt", session)
            self.user.send("session.delete", session)
        wait_for(lambda: self.user.request("session.list")["sessions"] == [] or
                 len(self.user.request("session.list")["sessions"]) <= 2, "they are gone")
        self.served_again()
        self.check_all(f"{len(sessions) - len(refused)} agents with 160 descriptors, {len(refused)} refused")

    def test_too_low_a_limit_is_said_at_the_start(self):
        self.daemon.wrapper = ["prlimit", "--nofile=64:64"]
        self.daemon.start(wait=False)
        self.assertEqual(self.daemon.process.wait(PATIENCE), 78)
        self.assertIn("64", self.daemon.log_text())
        self.daemon._close()
        self.daemon.process = None
