"""The agent alone with MCP servers: what it leaves behind when it leaves (nothing), and the host role."""
import json
import os
import signal
import sys
import time
import unittest

from harness import ROOT, program, wait_for

sys.path.insert(0, f"{ROOT}/tests/support")
from agent_peer import FACT, STOP, Agent  # noqa: E402

SERVERS, HOST = 7, 9
REQUEST, REPLY, NOTE, CANCEL = range(128, 132)
FAKE = f"{ROOT}/tests/support/mcp_server.py"
LEAVE_SECONDS = 3  # for servers to end


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def descendants(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as file:
            for child in file.read().split():
                found += [int(child), *descendants(int(child))]
    return found


def definition(name, *words, **members):
    return {"name": name, "variant": "", "scope": "session", "start": "lazy", "command": ["/usr/bin/python3", FAKE, *words],
            "env": {"PATH": os.environ["PATH"]}, "start_ms": 10000, "call_ms": 10000, "idle_ms": 0, **members}


class AgentServers(unittest.TestCase):
    def begin(self, *servers):
        self.agent = Agent(program("stoa-agent"))
        self.addCleanup(self.agent.process.kill)
        self.requests = 0
        if servers:
            self.agent.load()
            self.agent.send(SERVERS, {"servers": list(servers), "rules": []})
        return self.agent

    def send(self, **frame):
        self.requests += 1
        self.agent.send(REQUEST, {"id": f"d{self.requests}", **frame})
        return f"d{self.requests}"

    def reply(self, id):
        return self.agent.wait(lambda kind, data: kind == REPLY and data["id"] == id)

    def call(self, server, tool, **arguments):
        """Begins one as a person; returns the request's id."""
        return self.send(op="mcp.call", by="ann", params={"server": server, "tool": tool, "arguments": arguments})

    def gone(self, below, seconds):
        """The agent has left, and nothing that it started is left; how long that took."""
        start = time.monotonic()
        code = self.agent.process.wait(seconds + 1)
        wait_for(lambda: not [pid for pid in below if alive(pid)], "nothing is left", 2)
        took = time.monotonic() - start
        self.assertLess(took, seconds)
        return code

    def deaf(self, *words):
        """A server that ignores the end of its input and SIGTERM."""
        self.begin(definition("deaf", "--deaf", *words))
        self.assertIn("ok", self.reply(self.call("deaf", "echo")))
        below = descendants(self.agent.process.pid)
        self.assertGreaterEqual(len(below), 1 + len(words))
        return below


class Leaving(AgentServers):
    def test_a_server_that_obeys_delays_nothing(self):
        agent = self.begin(definition("good"))
        self.assertIn("ok", self.reply(self.call("good", "echo")))
        below = descendants(agent.process.pid)
        agent.send(STOP)
        self.assertEqual(self.gone(below, 2), 0)

    def test_a_deaf_server_is_given_its_time_and_no_more(self):
        below = self.deaf("--child")
        self.agent.send(STOP)
        self.assertEqual(self.gone(below, LEAVE_SECONDS + 1), 0)

    def test_without_a_daemon_nothing_is_waited_for(self):
        below = self.deaf("--child")
        self.agent.socket.close()
        self.assertEqual(self.gone(below, 1), 0)

    def test_a_killed_agent_takes_its_servers_along(self):
        below = self.deaf()
        os.kill(self.agent.process.pid, signal.SIGKILL)
        self.agent.process.wait(5)
        wait_for(lambda: not [pid for pid in below if alive(pid)], "nothing is left", 2)

    def test_in_the_middle_of_a_call(self):
        agent = self.begin(definition("good"))
        self.call("good", "hang")
        agent.wait(lambda kind, data: kind == FACT and data["type"] == "tool.started")
        below = descendants(agent.process.pid)
        agent.send(STOP)
        self.assertEqual(self.gone(below, LEAVE_SECONDS + 1), 0)


class Faults(AgentServers):
    def test_a_server_that_dies_fails_its_own_calls(self):
        self.begin(definition("bad"), definition("good"))
        self.assertIn("ok", self.reply(self.call("good", "echo")))
        waiting = self.call("good", "hang")
        error = self.reply(self.call("bad", "crash"))["error"]
        self.assertEqual(error["code"], "unavailable")
        fact = self.agent.wait(lambda kind, data: kind == FACT and data["type"] == "mcp.disconnected")["data"]
        self.assertEqual((fact["server"], fact["cause"]), ("bad", "crashed"))
        self.assertIn("ok", self.reply(self.call("good", "echo")))
        self.agent.send(CANCEL, {"id": waiting})
        self.assertIn("ok", self.reply(self.call("bad", "echo")), "it is started again")

    def test_nothing_waits_for_a_server_that_hangs(self):
        self.begin(definition("slow", "--on-start", "hang"), definition("good"))
        hangs = self.call("slow", "echo")
        start = time.monotonic()
        self.assertIn("ok", self.reply(self.call("good", "echo")))
        self.assertLess(time.monotonic() - start, 5)
        self.assertFalse([1 for kind, data in self.agent.frames if kind == REPLY and data["id"] == hangs])


class Hosting(AgentServers):
    def ask(self, tool, **arguments):
        return self.send(op="mcp", method="tools/call", params={"name": tool, "arguments": arguments}, timeout_ms=10000)

    def host(self, *words):
        agent = self.begin()
        agent.send(HOST, {"server": definition("common", *words, scope="shared")})
        return agent

    def test_many_sessions_get_their_own_answers(self):
        self.host()
        asked = {self.ask("echo", number=number): number for number in range(100)}
        for _ in range(100):
            data = self.agent.wait(lambda kind, data: kind == REPLY)
            said = json.loads(data["ok"]["content"][0]["text"])
            self.assertEqual(said["arguments"]["number"], asked.pop(data["id"]))

    def test_a_question_goes_to_who_called_and_its_answer_back(self):
        self.host()
        asking = self.ask("ask")
        note = self.agent.wait(lambda kind, data: kind == NOTE and "ask" in data)
        self.assertEqual((note["id"], note["kind"]), (asking, "form"))
        self.agent.send(NOTE, {"id": asking, "ask": note["ask"], "action": "accept", "content": {"name": "Ann"}})
        self.assertIn("Ann", json.dumps(self.reply(asking)["ok"]))

    def test_a_question_that_may_be_anybodys_is_declined(self):
        """On standard streams a server does not say for which call it asks."""
        self.host()
        self.ask("hang")
        self.assertIn("decline", json.dumps(self.reply(self.ask("ask"))["ok"]))
        self.assertFalse([1 for kind, data in self.agent.frames if kind == NOTE])

    def test_it_leaves_when_it_is_told_to(self):
        agent = self.host("--deaf", "--child")
        self.assertIn("ok", self.reply(self.ask("echo")))
        below = descendants(agent.process.pid)
        agent.send(STOP)
        self.assertEqual(self.gone(below, LEAVE_SECONDS + 1), 0)


if __name__ == "__main__":
    unittest.main()
