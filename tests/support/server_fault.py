"""What the tests of MCP servers that do wrong stand on: tests/support/mcp_bad_server.py in sessions' configuration."""
import json
import os
import subprocess
import time
import uuid

from fault import CPU, SLACK, FaultTest, descendants, marked
from harness import ROOT, SANITIZED, cpu_seconds, wait_for

SERVER = f"{ROOT}/tests/support/mcp_bad_server.py"
PYTHON = "/usr/bin/python3"


def command(*words):
    return json.dumps([PYTHON, "-SE", SERVER, *words])


class ServerFaultTest(FaultTest):
    start_timeout = "1500ms" if not SANITIZED else "6s"
    call_timeout = "1500ms" if not SANITIZED else "6s"
    faults = ()  # of mcp_bad_server.py
    options = {}  # of these
    scope = "session"
    rules = "{allow: ['*']}"

    def setUp(self):
        self.mark = uuid.uuid4().hex  # in the environment of its servers, which get a clean one
        self.config = "\n".join(["default_model: demo/stoa", "demo: {rate: 0}", "session: {idle_timeout: 1m}",
                                 f"mcp: {{start_timeout: {self.start_timeout}, call_timeout: {self.call_timeout}}}",
                                 "mcp_servers:", *self.definitions()]) + "\n"
        super().setUp()

    def tearDown(self):
        super().tearDown()
        self.assertEqual(marked(self.mark), [], "servers that outlived the daemon")

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

    def gone(self, mark, seconds=None):
        """All processes of a server, by what STDIO_EOF_MS and STDIO_TERM_MS allow."""
        wait_for(lambda: not marked(mark), f"no process of {mark} is left", seconds or 4 + SLACK)

    def check_cpu(self, client, session):
        agent = client.request("session.info", session)["agent"]["pid"]
        before, begun = cpu_seconds(agent), time.monotonic()
        time.sleep(1)  # the span that is measured
        used = (cpu_seconds(agent) - before) / (time.monotonic() - begun)
        self.assertLess(used, CPU)


class OnceTest(ServerFaultTest):
    """The tool `mark` of the servers writes down that it ran: what is run is run once, whoever is killed meanwhile."""
    witnessed = False

    def marks(self):
        try:
            with open(f"{self.place.folder}/marks") as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    def agent(self, client, session):
        return client.request("session.info", session)["agent"]["pid"]

    def hang(self, client, session, id):
        """A call that has marked, and never answers; returns where its events begin."""
        start = self.call(client, session, "mark", id=id, then="hang")
        client.event("tool.started", session, start)
        wait_for(lambda: id in self.marks(), "the tool has run")
        return start

    def commit(self, client, session):
        """All so far is on disk."""
        client.request("session.rename", session, {"title": "on disk"})

    def unknown(self, block):
        self.assertEqual(block["state"], "unknown", block)
        self.assertIn("was not run again", block["result"])

    def restart(self):
        """The daemon is killed, and started when nothing of it is left; returns a client."""
        below = descendants(self.daemon.pid)
        self.daemon.kill()
        wait_for(lambda: not [pid for pid in below if os.path.exists(f"/proc/{pid}")] and not marked(self.mark),
                 "nothing outlives the daemon")
        self.daemon.start()
        return self.client()
