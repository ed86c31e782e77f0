"""Fault 16: one agent ends by force, in mid-stream and in a call, again and again. Only its session notices; that says so, is idle at
once and usable; one that crashes again and again is started less and less often, and that is said too."""
import json
import os
import resource
import signal
import statistics
import time
import unittest

from fault import SOAK, SLACK, FaultTest, descendants, zombies
from harness import SANITIZED, text_of, wait_for
from model_server import ModelServer, data, head, openai
from server_fault import OnceTest

ROUNDS = 30 if SOAK else 2
IDLE_MS = 1000 * SLACK  # from the end to idle
USUAL_MS = 100 if SLACK == 1 else IDLE_MS  # the same in the middle


def starve(pid):
    """No more memory than it has."""
    with open(f"/proc/{pid}/statm") as file:
        used = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.prlimit(pid, resource.RLIMIT_AS, (used, used))


class Streaming(FaultTest):
    config = "default_model: demo/stoa\n"

    def begin(self, client, bytes=24):
        """A session that streams; returns its id and agent."""
        session = self.session(client)
        client.attach(session)
        start = self.turn(client, session, f"/demo rate=200 chunks=100000 bytes={bytes}")
        client.wait(lambda: sum(e["type"] == "stream.chunk" and e["session"] == session
                                for e in client.events[start:]) >= 5, "chunks")
        return session, client.request("session.info", session)["agent"]["pid"]

    def ended(self, client, session, begun, cause):
        """It says why, keeps what came, is idle; returns after how many ms."""
        client.idle(session)
        took = (time.monotonic() - begun) * 1000
        completed = client.event("stream.completed", session)["data"]
        self.assertEqual(completed["status"], "interrupted")
        self.assertTrue(text_of(completed))
        error = client.event("error.occurred", session)["data"]
        self.assertEqual(error["kind"], "agent")
        self.assertRegex(error["text"], cause)
        self.usable(client, session)
        return took

    def test_an_agent_that_is_ended_in_mid_stream(self):
        client, took = self.client(), []
        others = [self.begin(self.client()) for _ in range(3)]
        for _ in range(ROUNDS):
            for number in (signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT, signal.SIGBUS, signal.SIGTERM):
                session, pid = self.begin(client)
                begun = time.monotonic()
                os.kill(pid, number)
                cause = "killed" if number == signal.SIGKILL else "crashed"
                took.append(self.ended(client, session, begun, rf"{cause}: signal {int(number)}\b"))
                client.request("session.delete", session)
        for session, pid in others:
            info = client.request("session.info", session)
            self.assertEqual((info["agent"]["pid"], info["agent"]["crashes"], info["state"]), (pid, 0, "streaming"))
        self.assertLess(max(took), IDLE_MS)
        self.assertLess(statistics.median(took), USUAL_MS)
        self.check_all(f"{len(took)} agents ended", f"idle after {statistics.median(took):.0f} ms, at most {max(took):.0f}")

    @unittest.skipIf(SANITIZED, "a sanitizer ends what gets no memory, in its own way")
    def test_an_agent_that_gets_no_more_memory(self):
        client, took = self.client(), []
        for _ in range(ROUNDS):
            session, pid = self.begin(client, bytes=4000)
            begun = time.monotonic()
            starve(pid)
            client.event("stream.completed", session)  # a while later
            begun = max(begun, time.monotonic() - 1)
            took.append(self.ended(client, session, begun, "killed: it was out of memory"))
            client.request("session.delete", session)
        self.check_all(f"{len(took)} agents starved")

    def test_one_that_crashes_again_and_again_is_started_less_often(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        delays = []
        for number in range(7 if SOAK else 4):
            start = self.turn(client, session, "/demo crash=segv rate=0 chunks=2")
            client.event("error.occurred", session, start, 70)
            client.idle(session, start)
            said = self.said(client, session, start, "turn.retrying")
            delays.append(said[0]["delay_ms"] if said else 0)
            self.assertTrue(all("crashed" in data["why"] for data in said))
            self.assertEqual(client.request("session.info", session)["agent"]["crashes"], number + 1)
        self.assertEqual(delays[:2], [0, 0])
        for before, after in zip(delays[1:], delays[2:]):
            self.assertGreater(after, min(1.5 * before, 25000))
        begun = time.monotonic()
        start = self.turn(client, session, "/demo echo=fine")  # while it waits, all else of the session works
        client.event("turn.retrying", session, start)
        self.assertEqual(client.request("session.info", session)["agent"]["state"], "waiting")
        client.request("session.rename", session, {"title": "still there"})
        self.assertLess(time.monotonic() - begun, SLACK)
        self.assertTrue(client.request("session.interrupt", session)["interrupted"])
        client.idle(session, start)
        self.check_all("started again after " + ", ".join(f"{ms} ms" for ms in delays))


class Calling(OnceTest):
    witnessed = True
    call_timeout = "60s"

    def test_an_agent_that_is_ended_in_a_call(self):
        client, took = self.client(), {}
        for round in range(ROUNDS):
            for number in (signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT):
                id = f"{number.name}{round}"
                session = self.victim(client, "good")
                start = self.hang(client, session, id)
                below = [self.agent(client, session), *descendants(self.agent(client, session))]
                begun = time.monotonic()
                os.kill(below[0], number)
                client.event("tool.ended", session, start, state="unknown")
                client.idle(session, start)
                took[id] = (time.monotonic() - begun) * 1000
                self.assertLess(took[id], IDLE_MS)
                self.assertIn(str(int(number)), client.event("error.occurred", session, start)["data"]["text"])
                self.unknown(self.block(client, session))
                self.gone(f"{self.mark}.{session}", 1 + SLACK)
                self.usable(client, session)
                # and the next call works, in a server that is new
                start = self.call(client, session, "mark", id=id + ".again")
                client.idle(session, start)
                self.assertEqual(self.block(client, session)["result"], f"marked {id}.again")
                self.assertEqual([pid for pid in below if os.path.exists(f"/proc/{pid}")], [])
                client.request("session.delete", session)
        self.assertEqual(len(self.marks()), len(set(self.marks())))
        wait_for(lambda: not zombies(self.daemon.pid), "the deleted sessions' agents are reaped", 2 + SLACK)
        self.assertLess(statistics.median(took.values()), USUAL_MS)
        self.check_all(f"{len(took)} agents ended", f"idle after {statistics.median(took.values()):.0f} ms, at most {max(took.values()):.0f}")

    def test_agents_that_crash_in_calls_are_started_less_often(self):
        client = self.client()
        session = self.victim(client, "good")
        for number in range(2):
            start = self.hang(client, session, f"loop{number}")
            os.kill(self.agent(client, session), signal.SIGSEGV)
            client.idle(session, start)
        start = self.call(client, session, "mark", id="after")
        waiting = client.event("turn.retrying", session, start)
        self.assertGreater(waiting["data"]["delay_ms"], 1000)
        client.idle(session, start)
        self.assertEqual(self.marks(), ["loop0", "loop1", "after"])
        self.check_all()

    def test_the_model_is_told_that_the_outcome_is_unknown(self):
        call = {"index": 0, "id": "c1", "type": "function", "function": {
            "name": "bad__mark", "arguments": json.dumps({"id": "told", "then": "hang"})}}
        model = self.keep(ModelServer(
            [head(), openai(tool_calls=[call]), openai(finish="tool_calls"), data("[DONE]")],
            [head(), openai("I see."), openai(finish="stop"), data("[DONE]")]))
        self.place.write_config(self.config + f"providers: {{own: {{api: openai, base_url: '{model.url}'}}}}\n")
        client = self.client()
        client.request("admin.reload")
        session = self.victim(client, "good")
        client.request("session.configure", session, {"model": "own/any"})
        start = self.turn(client, session, "do it")
        wait_for(lambda: self.marks() == ["told"], "the tool has run")
        os.kill(self.agent(client, session), signal.SIGKILL)
        client.idle(session, start)
        start = self.turn(client, session, "and now?")
        client.idle(session, start)
        told = [m for m in model.requests[-1]["body"]["messages"] if m["role"] == "tool"]
        self.assertEqual(len(told), 1)
        self.assertIn("its outcome is unknown", told[0]["content"])
        self.assertEqual((len(model.requests), self.marks()), (2, ["told"]))
        self.check_all()
