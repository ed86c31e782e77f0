"""Limits and hibernation: what is held, what is said when it bites, and that nothing is lost by it."""
import json
import os
import threading

from harness import *


class Processes(threading.Thread):
    """Looks again and again how many children a process has that have become what they are to be."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most, self.looks = pid, 0, 0
        self.ends = threading.Event()
        self.start()

    def run(self):
        while not self.ends.wait(0.001):
            alive = [pid for pid in children(self.pid) if self.is_alive_process(pid)]
            self.most, self.looks = max(self.most, len(alive)), self.looks + 1

    @staticmethod
    def is_alive_process(pid):
        try:
            with open(f"/proc/{pid}/stat") as file:
                return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
        except OSError:
            return False

    def end(self):
        self.ends.set()
        self.join()
        return self.most


class Line(StoaTest):
    config = "default_model: demo/stoa\nlimits: {max_live_agents: 3}\n"

    def test_twenty_sessions_share_three_agents_first_come_first_served(self):
        client = self.client()
        sessions = [self.session(client) for _ in range(20)]
        client.request("session.subscribe", params={"sessions": sessions})
        looks = Processes(self.daemon.pid)
        began = time.monotonic()
        for turn in range(2):
            start = len(client.events)
            ids = [client.send("message.send", session, {"text": "/demo chunks=20 rate=200"}) for session in sessions]
            for id in ids:
                self.assertFalse(client.reply(id)["queued"])
            for session in sessions:
                client.idle(session, start)
            events = client.events[start:]
            done = [e for e in events if e["type"] == "stream.completed"]
            self.assertEqual([e["data"]["status"] for e in done], ["complete"] * 20)
            self.assertEqual([e for e in events if e["type"] == "error.occurred"], [])
            # who waits is told why, once, and when it goes on
            said = [e for e in events if e["type"] == "turn.retrying"]
            waits = [e["session"] for e in said if e["data"]["why"]]
            self.assertEqual(len(waits), len(set(waits)))
            self.assertGreaterEqual(len(waits), 17 if turn == 0 else 14)
            self.assertEqual(sorted(e["session"] for e in said if not e["data"]["why"]), sorted(waits))
            self.assertIn("limits.max_live_agents is 3", said[0]["data"]["why"])
            self.assertEqual((said[0]["data"]["attempt"], said[0]["data"]["limit"]), (0, 0))
            # in the order in which they came
            begun = [e["session"] for e in said if not e["data"]["why"]]
            self.assertEqual(begun, waits)
        took = time.monotonic() - began
        self.assertEqual(looks.end(), 3)
        self.assertGreater(looks.looks, 20)
        self.figures = f"40 turns of 20 sessions by 3 agents in {took:.1f} s, {looks.looks} looks at their processes"

    def test_a_long_queue_does_not_keep_others_waiting(self):
        self.place.write_config("default_model: demo/stoa\nlimits: {max_live_agents: 1}\n")
        client = self.client()
        client.request("admin.reload")
        first, second = self.session(client), self.session(client)
        client.request("session.subscribe", params={"sessions": [first, second]})
        start = len(client.events)
        for session in (first, first, first, second):
            client.request("message.send", session, {"text": "/demo chunks=20 rate=100"})
        client.idle(second, start)
        self.assertEqual(len([e for e in client.events[start:] if e["type"] == "stream.completed" and e["session"] == first]), 1)
        client.wait(lambda: len([e for e in client.events[start:] if e["type"] == "stream.completed"]) == 4, "all of them")

    def test_a_turn_in_line_can_be_interrupted_and_a_higher_limit_lets_it_begin(self):
        self.place.write_config("default_model: demo/stoa\nlimits: {max_live_agents: 1}\n")
        client = self.client()
        client.request("admin.reload")
        busy, gives_up, waits = [self.session(client) for _ in range(3)]
        client.request("session.subscribe", params={"sessions": [busy, gives_up, waits]})
        client.request("message.send", busy, {"text": "/demo chunks=1000 rate=20"})
        for session in (gives_up, waits):
            client.request("message.send", session, {"text": "/demo echo=fine"})
            retry = client.request("session.snapshot", session)["retry"]
            self.assertIn("another agent is at work (limits.max_live_agents is 1)", retry["why"])
            self.assertEqual(client.request("session.info", session)["agent"]["state"], "queued")
        self.assertTrue(client.request("session.interrupt", gives_up)["interrupted"])
        client.idle(gives_up)
        self.assertEqual(client.request("session.info", gives_up)["agent"]["state"], "none")
        self.place.write_config("default_model: demo/stoa\nlimits: {max_live_agents: 2}\n")
        client.request("admin.reload")
        client.idle(waits)
        self.assertIsNone(client.request("session.snapshot", waits)["retry"])
        self.assertEqual(text_of(client.event("stream.completed", waits)["data"]), "fine")
        self.assertEqual(len(self.daemon.agents()), 2)

    def test_one_that_waits_for_an_answer_makes_room_and_goes_on_after_it(self):
        self.place.write_config("default_model: demo/stoa\nlimits: {max_live_agents: 1}\nsession: {idle_timeout: 1s}\n")
        client = self.client()
        client.request("admin.reload")
        asks, waits = self.session(client), self.session(client)
        client.request("session.subscribe", params={"sessions": [asks, waits]})
        client.request("rule.add", params={"effect": "ask", "pattern": "stoa/get_session_info", "session": asks})
        client.request("message.send", asks, {"text": "/demo tool=get_session_info"})
        question = client.event("question.asked", asks)["data"]["question"]["id"]
        client.request("message.send", waits, {"text": "/demo echo=fine"})
        client.idle(waits)
        self.assertEqual(client.request("session.snapshot", asks)["state"], "awaiting_permission")
        client.request("question.answer", params={"question": question, "decision": "allow"})
        client.idle(asks)
        self.assertEqual(client.event("tool.ended", asks)["data"]["state"], "done")
        self.assertEqual([e for e in client.events if e["type"] == "error.occurred"], [])
