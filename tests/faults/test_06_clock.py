"""Fault 6: the wall clock of daemon and agents jumps a day ahead and back, in the middle of streams, questions and pauses. Order is
seq; what waits for time to pass goes by the steady clock."""
import glob
import json
import os
import time
import unittest

from fault import SOAK, FaultTest
from harness import SANITIZED, Replica
from witness import Witness

LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)
DAY = 86400
JUMPS = ("+1d", "-1d", "+30d", "+0", "-1d", "+400d", "+0") * (10 if SOAK else 1)
QUIET = 35 if SOAK else 1.5  # seconds that pass after a jump; more than a silent client is left, in the long form
RULES = "permission: {timeout: 20s}\n"


@unittest.skipIf(not LIBRARY, "libfaketime is not installed")
class Clock(FaultTest):
    autostart = witnessed = False
    config = "default_model: demo/stoa\nsession: {idle_timeout: 10m}\n" + RULES

    def setUp(self):
        super().setUp()
        self.offset = f"{self.place.folder}/offset"
        self.set("+0")
        self.daemon.wrapper = ["env", f"LD_PRELOAD={LIBRARY}", f"FAKETIME_TIMESTAMP_FILE={self.offset}", "FAKETIME_NO_CACHE=1",
                               "FAKETIME_DONT_FAKE_MONOTONIC=1",
                               "ASAN_OPTIONS=verify_asan_link_order=0:" + self.place.env["ASAN_OPTIONS"]]
        self.daemon.start()
        self.first_pid = self.daemon.pid
        self.witness = self.keep(Witness(self.place))
        self.user = self.client()
        self.target = self.session(self.user)
        self.replica = Replica(self.user.attach(self.target))
        self.folded = 0

    def set(self, offset):
        with open(self.offset + ".new", "w") as file:
            file.write(offset + "\n")
        os.rename(self.offset + ".new", self.offset)

    def jump(self, offset):
        """Sets it, and sees that the daemon has: its log and its events tell another day."""
        self.set(offset)
        seconds = {"d": DAY}.get(offset[-1], 1) * int(offset.rstrip("d"))
        start = len(self.user.events)
        self.user.request("session.rename", self.target, {"title": f"at {offset} {start}"})
        ts = self.user.event("session.updated", self.target, start)["ts"] / 1000
        self.assertAlmostEqual(ts, time.time() + seconds, delta=60)

    def fold(self):
        for event in self.user.events[self.folded:]:
            if event["session"] == self.target:
                self.replica.fold(event)
        self.folded = len(self.user.events)

    def ping_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.user.request("server.ping")
            self.user.take(0.1)

    def test_jumps_during_a_stream_and_a_pause_change_nothing(self):
        start = self.turn(self.user, self.target, "/demo rate=100 chunks=1000000")
        self.user.event("stream.chunk", self.target, start)
        agent = self.user.request("session.info", self.target)["agent"]["pid"]
        for offset in JUMPS:
            self.jump(offset)
            before = len(self.user.events)
            self.user.event("stream.chunk", self.target, before)
            self.fold()
        self.assertEqual(self.said(self.user, self.target, start, "stream.completed"), [])
        self.assertEqual(self.said(self.user, self.target, start, "participant.left"), [])
        self.assertEqual(self.said(self.user, self.target, start, "error.occurred"), [])
        self.user.request("session.interrupt", self.target)
        self.user.idle(self.target, start)
        self.jump("+1d")
        self.ping_for(QUIET)
        self.jump("-1d")
        self.ping_for(QUIET)
        info = self.user.request("session.info", self.target)
        self.assertEqual((info["agent"]["state"], info["agent"]["pid"]), ("idle", agent), "no hibernation before its time")
        self.assertEqual(self.user.notices, [])
        self.fold()
        snapshot = self.user.request("session.snapshot", self.target)
        self.assertEqual(snapshot["seq"], self.replica.seq)
        self.set("+0")
        self.usable(self.user, self.target)
        self.check_all(f"{len(JUMPS) + 2} jumps")

    def test_order_is_by_seq_whatever_the_clock_said(self):
        texts = []
        for number, offset in enumerate(("+0", "-1d", "+1d", "-2d", "+0")):
            self.jump(offset)
            texts.append(f"/demo chunks=1 rate=0 echo=word{number}")
            start = self.turn(self.user, self.target, texts[-1])
            self.user.idle(self.target, start)
        for method, member in (("message.history", "messages"), ("session.snapshot", "messages")):
            got = [m["content"][0]["text"] for m in self.user.request(method, self.target)[member] if m["role"] == "user"]
            self.assertEqual(got, texts, method)
        self.fold()
        self.assertEqual(self.replica.seq, self.user.request("server.ping")["heads"][self.target])
        self.daemon.kill()
        self.daemon.start()
        self.first_pid = self.daemon.pid
        self.witness = None
        got = [m["content"][0]["text"] for m in self.client().request("message.history", self.target)["messages"] if m["role"] == "user"]
        self.assertEqual(got, texts, "after a restart")
        self.check_all("5 turns in 4 days, out of order")

    def ask(self):
        self.user.request("rule.add", params={"session": self.target, "effect": "ask", "pattern": "stoa/get_session_info"})
        start = self.turn(self.user, self.target, "/demo tool=get_session_info")
        question = self.user.event("question.asked", self.target, start)["data"]["question"]
        self.user.request("server.ping")  # the daemon has begun to count, which it does after it has told
        return question

    def test_a_question_does_not_run_out_before_its_time(self):
        question = self.ask()
        self.assertEqual(question["deadline"] - question["asked"], 20000)
        start = len(self.user.events)
        for offset in ("+1d", "+30d", "-1d", "+0"):
            self.jump(offset)
            self.ping_for(0.3)
        self.assertEqual(self.said(self.user, self.target, start, "question.answered"), [])
        self.assertEqual([q["id"] for q in self.user.request("question.list")["questions"]], [question["id"]])
        self.user.request("question.answer", params={"question": question["id"], "decision": "allow"})
        self.user.event("tool.ended", self.target, start, state="done")
        self.user.idle(self.target, start)
        self.check_all("4 jumps while a question waits")

    def test_a_question_runs_out_though_the_clock_went_back(self):
        self.place.write_config(self.config.replace("20s", "2s"))
        self.user.request("admin.reload")
        begun = time.monotonic()
        question = self.ask()
        start = len(self.user.events)
        self.jump("-30d")
        answered = self.user.event("question.answered", self.target, start)["data"]
        took = time.monotonic() - begun
        self.assertEqual((answered["question"], answered["cause"]), (question["id"], "deadline"))
        self.assertGreater(took, 1.9)
        self.assertLess(took, 2 + (2 if not SANITIZED else 10))
        self.user.idle(self.target, start)
        self.check_all(f"a deadline of 2 s kept after {took:.2f} s, at a jump 30 days back")

    def test_a_start_on_another_day_serves_what_there_is(self):
        start = self.turn(self.user, self.target, "/demo chunks=3 rate=0")
        self.user.idle(self.target, start)
        for offset in ("+1d", "-3650d", "+3650d", "+0"):
            self.witness.close()
            self.daemon.kill()
            self.set(offset)
            self.daemon.start()
            self.user.wait(lambda: json.dumps(self.user.request("session.list")) and True, "served")
            user = self.client()
            user.attach(self.target)
            self.usable(user, self.target)
            ids = [user.request("session.create")["session"] for _ in range(20)]
            self.assertEqual(len(set(ids)), 20)
        self.first_pid, self.witness = self.daemon.pid, None
        self.assertEqual(len([m for m in self.client().request("message.history", self.target)["messages"] if m["role"] == "user"]), 5)
        self.check_all("started in 4 years")
