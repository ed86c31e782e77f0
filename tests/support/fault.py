"""What the tests of faults stand on: a witness beside whatever is done (witness.py), the daemon's memory and processes, and what is
left of them. A test says what it did and what it saw in self.figures, which the runner prints."""
import os
import uuid

from harness import SANITIZED, StoaTest, children, text_of, wait_for
from witness import Witness

SOAK = bool(os.environ.get("STOA_SOAK"))  # the long forms
ANSWER_MS = 200 if not SANITIZED else 2000  # of the witness's requests, at p99
DAEMON_MB, AGENT_MB = 64, 192  # at most, at any time; an agent holds a few messages of 16 MiB, parsed
CPU = 0.5 if not SANITIZED else 1.1  # of a processor, that an agent takes for a server that floods on
SLACK = 1.0 if not SANITIZED else 10.0  # seconds beyond a deadline


def marked(mark):
    """Processes whose environment or arguments have the text."""
    found, mark = [], mark.encode()
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and int(name) != os.getpid() and any(
                    mark in open(f"/proc/{name}/{file}", "rb").read() for file in ("environ", "cmdline")):
                with open(f"/proc/{name}/stat") as file:
                    if file.read().rsplit(")", 1)[1].split()[0] not in "ZX":
                        found.append(int(name))
        except OSError:
            pass
    return found


def zombies(pid):
    """Dead children of a process that it has not reaped."""
    found = []
    for child in children(pid):
        try:
            with open(f"/proc/{child}/stat") as file:
                found += [child] if file.read().rsplit(")", 1)[1].split()[0] == "Z" else []
        except OSError:
            pass
    return found


def peak_mb(pid):
    """0 of a process that has just ended."""
    try:
        with open(f"/proc/{pid}/status") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("VmHWM")), 0) / 1024
    except (FileNotFoundError, ProcessLookupError):
        return 0


def resident_mb(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


class FaultTest(StoaTest):
    witnessed = True  # whether a witness looks on from the start; else the test begins one when it is time, or none
    env = {}
    answer_ms = ANSWER_MS

    def setUp(self):
        self.family = uuid.uuid4().hex  # in the environment of the daemon, its agents and all clients of this test
        self.env = {**self.env, "FAULT_FAMILY": self.family}
        super().setUp()
        self.witness = self.keep(Witness(self.place)) if self.witnessed else None
        self.first_pid = self.daemon.pid if self.autostart else None

    def tearDown(self):
        super().tearDown()
        self.assertEqual(marked(self.family), [], "processes that outlived the daemon")

    def turn(self, client, session, text):
        """Sends it; returns where its events begin."""
        start = len(client.events)
        client.request("message.send", session, {"text": text})
        return start

    def said(self, client, session, start, type, **data):
        return [e["data"] for e in client.events[start:] if e["session"] == session and e["type"] == type
                and all(e["data"].get(k) == v for k, v in data.items())]

    def usable(self, client, session):
        """A further turn works."""
        start = self.turn(client, session, "/demo echo=fine")
        client.idle(session, start)
        done = self.said(client, session, start, "stream.completed")
        self.assertEqual([d["status"] for d in done], ["complete"])
        self.assertIn("fine", text_of(done[0]))

    def check_witness(self):
        if not self.witness:
            return ""
        found = self.witness.end()
        self.assertIsNone(found["error"], found)
        self.assertGreater(found["requests"], 0)
        self.assertLess(found["p99_ms"], self.answer_ms, found)
        return f"witness p99 {found['p99_ms']:.0f} ms of {found['requests']}"

    def check_memory(self):
        if SANITIZED:
            return ""
        agents = {pid: peak_mb(pid) for pid in children(self.daemon.pid)}
        daemon, agent = peak_mb(self.daemon.pid), max(agents.values(), default=0)
        self.assertLess(daemon, DAEMON_MB)
        self.assertLess(agent, AGENT_MB)
        return f"daemon {daemon:.0f} MB, agents up to {agent:.0f} MB"

    def check_all(self, *figures):
        """What holds whatever was done. figures: sentences of what the test did and saw."""
        self.assertEqual(self.daemon.pid, self.first_pid)
        self.assertIsNone(self.daemon.process.poll())
        for pid in [self.daemon.pid, *children(self.daemon.pid)]:
            wait_for(lambda p=pid: not zombies(p), f"no zombie below {pid}", 2 + SLACK)
        self.figures = ", ".join(filter(None, [*figures, self.check_memory(), self.check_witness()]))
