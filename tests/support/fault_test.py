"""What the tests of MCP servers that do wrong stand on: tests/support/mcp_bad_server.py in sessions' configuration, a witness
beside them (witness.py), and looking for what is left of processes."""
import json
import os
import subprocess
import time
import uuid

from harness import ROOT, SANITIZED, StoaTest, children, cpu_seconds, text_of, wait_for
from witness import Witness

SERVER = f"{ROOT}/tests/support/mcp_bad_server.py"
PYTHON = "/usr/bin/python3"
ANSWER_MS = 200 if not SANITIZED else 2000  # of the witness's requests, at p99
DAEMON_MB, AGENT_MB = 64, 192  # at most, at any time; an agent holds a few messages of 16 MiB, parsed
CPU = 0.5 if not SANITIZED else 1.1  # of a processor, that an agent takes for a server that floods on
SLACK = 1.0 if not SANITIZED else 10.0  # seconds beyond a deadline


def command(*words):
    return json.dumps([PYTHON, "-SE", SERVER, *words])


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
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


class FaultTest(StoaTest):
    start_timeout = "1500ms" if not SANITIZED else "6s"
    call_timeout = "1500ms" if not SANITIZED else "6s"
    faults = ()  # of mcp_bad_server.py
    options = {}  # of these
    scope = "session"
    rules = "{allow: ['*']}"
    witnessed = True

    def setUp(self):
        self.mark = uuid.uuid4().hex
        self.config = "\n".join(["default_model: demo/stoa", "demo: {rate: 0}", f"agent: {{idle_timeout: 1m}}",
                                 f"mcp: {{start_timeout: {self.start_timeout}, call_timeout: {self.call_timeout}}}",
                                 "mcp_servers:", *self.definitions()]) + "\n"
        super().setUp()
        if self.witnessed:
            self.witness = self.keep(Witness(self.place))
        self.first_pid = self.daemon.pid

    def tearDown(self):
        super().tearDown()
        self.assertEqual(marked(self.mark), [], "processes that outlived the daemon")

    def definitions(self):
        """One server, of which each fault is a variant: so a session has one of them alone."""
        session = ".{SESSION_ID}" if self.scope == "session" else ""
        yield from ["  bad:", f"    env: {{FAULT_MARK: '{self.mark}{session}'}}", f"    tools: {self.rules}",
                    f"    scope: {self.scope}", "    select: good", "    variants:"]
        for fault in {"good": None, **dict.fromkeys(self.faults)}:
            more = self.options.get(fault)
            yield f"      {fault.replace('_', '-')}: {{{self.way(fault)}{', ' + more if more else ''}}}"

    def way(self, fault):
        return "command: " + command(fault, "{ENV:HOME}/marks")

    def call_seconds(self):
        number = float(self.call_timeout.rstrip("ms"))
        return number / 1000 if self.call_timeout.endswith("ms") else number

    def serve_http(self, **env):
        """mcp_bad_server.py over HTTP; returns its ports."""
        process = subprocess.Popen([PYTHON, "-SE", SERVER, "http"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   env={**os.environ, **env})
        self.addCleanup(process.wait)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stdin.close)
        return process.stdout.readline().decode().split()

    def turn(self, client, session, text):
        """Sends it; returns where its events begin."""
        start = len(client.events)
        client.request("message.send", session, {"text": text})
        return start

    def victim(self, client, fault):
        """A session with that fault."""
        session = self.session(client)
        client.attach(session)
        client.request("mcp.select", session, {"server": "bad", "variant": fault.replace("_", "-")})
        return session

    def call(self, client, session, tool="go", **arguments):
        return self.turn(client, session, f"/demo tool=bad__{tool} input={json.dumps(arguments)}")

    def block(self, client, session):
        """What became of the newest call."""
        messages = client.request("message.history", session)["messages"]
        return [b["call"] for m in messages for b in m["content"] if b["type"] == "tool_call"][-1]

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

    def gone(self, mark, seconds=None):
        """All processes of a server, by what STDIO_EOF_MS and STDIO_TERM_MS allow."""
        wait_for(lambda: not marked(mark), f"no process of {mark} is left", seconds or 4 + SLACK)

    def check_cpu(self, client, session):
        agent = client.request("session.info", session)["agent"]["pid"]
        before, begun = cpu_seconds(agent), time.monotonic()
        time.sleep(1)  # the span that is measured
        used = (cpu_seconds(agent) - before) / (time.monotonic() - begun)
        self.assertLess(used, CPU)

    def check_witness(self):
        found = self.witness.end()
        self.assertIsNone(found["error"], found)
        self.assertGreater(found["requests"], 0)
        self.assertLess(found["p99_ms"], ANSWER_MS, found)
        return f"witness p99 {found['p99_ms']:.0f} ms of {found['requests']}"

    def check_memory(self):
        if SANITIZED:
            return ""
        agents = {pid: peak_mb(pid) for pid in children(self.daemon.pid)}
        daemon, agent = peak_mb(self.daemon.pid), max(agents.values(), default=0)
        self.assertLess(daemon, DAEMON_MB)
        self.assertLess(agent, AGENT_MB)
        return f"daemon {daemon:.0f} MB, agents up to {agent:.0f} MB"

    def check_all(self):
        self.assertEqual(self.daemon.pid, self.first_pid)
        self.assertIsNone(self.daemon.process.poll())
        for pid in [self.daemon.pid, *children(self.daemon.pid)]:
            wait_for(lambda p=pid: not zombies(p), f"no zombie below {pid}", 2 + SLACK)
        self.figures = ", ".join(filter(None, [self.check_memory(), self.check_witness()]))
