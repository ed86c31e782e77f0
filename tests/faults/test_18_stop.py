"""Fault 18: a stop, whatever runs, waits or is deaf. The process manager is told, clients are told, nothing that was acknowledged is
lost, nothing is left, and it is over in time, however often it is asked."""
import json
import os
import random
import signal
import socket
import threading
import time
import unittest

from fault import SLACK, SOAK, FaultTest, descendants, marked
from harness import SANITIZED, text_of, wait_for
from lasting import Attached
from server_fault import OnceTest, command

TURNS = 50
IN_TIME = 10 * max(1, SLACK / 4)  # seconds


class StopTest(FaultTest):
    witnessed = False

    def told(self):
        """What the process manager was told since the start."""
        self.daemon.notify.setblocking(False)
        lines = []
        try:
            while True:
                lines += self.daemon.notify.recv(4096).decode().splitlines()
        except BlockingIOError:
            return lines

    def stop(self, *meanwhile):
        """SIGTERM, and these signals again and again until it has ended; returns how long that took."""
        below, process, lines = descendants(self.daemon.pid), self.daemon.process, []
        begun = time.monotonic()
        process.terminate()
        while process.poll() is None and time.monotonic() < begun + 2 * IN_TIME:
            for number in meanwhile:
                process.send_signal(number)  # nothing happens to one that has ended: it is not reaped elsewhere
            time.sleep(0.0005)
        self.assertEqual(process.poll(), 0, "its exit code")
        took = time.monotonic() - begun
        lines = self.told()
        self.daemon._close()
        self.assertLess(took, IN_TIME)
        states = [line for line in lines if line in ("STOPPING=1", "READY=1")]
        self.assertEqual((states.count("STOPPING=1"), states[-1]), (1, "STOPPING=1"), "a reload before it may be said too")
        self.assertEqual([pid for pid in below if os.path.exists(f"/proc/{pid}")], [], "children that are left")
        self.assertFalse(os.path.exists(self.place.socket_path))
        return took


class Stopping(StopTest):
    def streaming(self, client):
        session = self.session(client)
        client.attach(session)
        start = self.turn(client, session, "/demo rate=200 chunks=100000")
        client.wait(lambda: sum(e["type"] == "stream.chunk" for e in client.events[start:]) >= 5, "chunks")
        return session

    def test_a_stop_in_mid_stream_keeps_what_came_and_tells_who_listens(self):
        client = self.client()
        session = self.streaming(client)
        took = self.stop()
        client.wait(lambda: any(n["notice"] == "bye" for n in client.notices), "bye")
        self.assertEqual([n["why"] for n in client.notices], ["shutting_down"])
        self.daemon.start()
        message = self.client().request("message.history", session)["messages"][-1]
        self.assertEqual(message["status"], "interrupted")
        self.assertEqual(message["error"], "stoad was stopped")
        self.assertTrue(text_of(message))
        self.figures = f"stopped in {took * 1000:.0f} ms"

    def test_further_signals_change_nothing_whenever_they_come(self):
        """Until the process has ended, that is: also while it closes the last things."""
        rounds = 10
        for _ in range(rounds):
            session = self.streaming(self.client())
            took = self.stop(signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
            for client in self.things:
                client.close()
            self.things.clear()
            self.daemon.start()
            self.assertEqual(self.client().request("session.info", session)["state"], "idle")
        self.figures = f"{rounds} stops, the last in {took * 1000:.0f} ms"

    @unittest.skipIf(SANITIZED, "a sanitizer wants to be the first that is loaded")
    def test_a_signal_at_the_very_beginning_is_a_clean_stop_or_a_reload(self):
        self.daemon.stop()
        library = self.place.preload("early_signal")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number.name):
                self.place.env.update(LD_PRELOAD=library, EARLY_SIGNAL=str(int(number)))
                self.daemon.start(wait=False)
                if number == signal.SIGHUP:
                    self.daemon.wait_ready()
                    wait_for(lambda: "reloaded file" in self.daemon.log_text(), "the reload")
                    self.assertEqual(self.daemon.stop(), 0)
                else:
                    self.assertEqual(self.daemon.process.wait(IN_TIME), 0)
                    self.assertIn("STOPPING=1", self.told())
                    self.daemon._close()

    def began(self):
        """Whether the program has begun, and holds back signals or answers them; before that the system's default is theirs."""
        with open(f"/proc/{self.daemon.pid}/status") as file:
            masks = dict(line.split(":") for line in file.read().splitlines())
        return all((int(masks["SigBlk"], 16) | int(masks["SigCgt"], 16)) >> number - 1 & 1
                   for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))

    def test_a_signal_during_the_start_is_a_clean_stop_or_a_reload(self):
        """At moments of the first 30 ms, which is longer than the start takes without a sanitizer."""
        self.daemon.stop()
        early, moments = 0, 300 if SOAK else 30
        for number in range(moments):
            which = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)[number % 3]
            self.daemon.start(wait=False)
            end = time.monotonic() + random.random() * (0.03 if not SANITIZED else 0.15)
            while time.monotonic() < end:
                pass
            begun = self.began()
            self.daemon.process.send_signal(which)
            if which == signal.SIGHUP:
                wait_for(lambda: self.daemon.process.poll() is not None or "reloaded file" in self.daemon.log_text(), "the reload")
            if which == signal.SIGHUP and self.daemon.process.poll() is None:
                self.daemon.wait_ready()
                code = self.daemon.stop()
            else:
                code = self.daemon.process.wait(IN_TIME)
                self.daemon._close()
            early += not begun
            self.assertIn(code, (0,) if begun else (0, -which))
            os.unlink(f"{self.place.folder}/stoad.log")
        self.assertLess(early, moments / 2)
        self.daemon.start()
        self.assertIn("epoch", self.client().request("server.ping"))
        self.figures = f"{moments} signals, {early} of them before the program had begun"

    def test_a_request_for_the_default_model_is_answered_by_a_stop(self):
        """It waits for the look for a local model server, which takes a while when nobody answers."""
        self.daemon.stop()
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(8)
            self.place.write_config("providers:\n  slow: {api: openai, base_url: "
                                    f"'http://127.0.0.1:{server.getsockname()[1]}/v1'}}\n")
            self.daemon.start()
            client = self.client()
            id = client.send("session.create")
            self.assertIn("epoch", client.request("server.ping"))
            self.stop()
            client.wait(lambda: client.replies.get(id), "an answer")


class EverythingAtOnce(StopTest, OnceTest):
    """Turns, questions, queues, deaf servers, and clients that do not read."""
    call_timeout = "60s"

    def definitions(self):
        for name, fault, rule in (("asks", "good", "ask"), ("deaf", "deaf", "allow"), ("tidies", "tidies", "allow")):
            yield (f"  {name}: {{command: {command(fault, '{ENV:HOME}/marks')}, env: {{FAULT_MARK: '{self.mark}'}}, "
                   f"tools: {{{rule}: ['*']}}}}")

    def setUp(self):
        super().setUp()
        self.daemon.stop()
        self.place.write_config(self.config + "limits: {client_backlog: 100}\n")
        self.daemon.start()

    def begin(self):
        client = self.client()
        self.streams = [self.session(client) for _ in range(TURNS)]
        self.asked, self.deaf, self.tidy = [self.session(client) for _ in range(3)]
        for session in (self.asked, self.deaf, self.tidy):
            client.attach(session)
        mark = json.dumps({"id": "kept"})
        client.request("message.send", self.asked, {"text": f"/demo tool=asks__mark input={mark}"})
        self.question = client.event("question.asked", self.asked)["data"]["question"]["id"]
        client.request("mcp.connect", self.tidy, {"server": "tidies"})
        client.request("message.send", self.deaf, {"text": "/demo tool=deaf__mark input={\"id\": \"deaf\", \"then\": \"hang\"}"})
        wait_for(lambda: self.marks() == ["deaf"], "the deaf server's tool runs")
        return client

    def stall(self):
        """A client that has asked and does not read, a process that is stopped, and one that has sent half of its greeting."""
        stuck = self.client(backlog=1)
        stuck.request("server.hello")
        stuck.follow(self.streams)
        stopped = self.keep(Attached(self.place, *self.streams))
        wait_for(lambda: all(f["live"] for f in stopped.tell()["follows"].values()), "it is attached")
        os.kill(stopped.pid, signal.SIGSTOP)
        half = self.keep(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        half.connect(self.place.socket_path)
        half.sendall(b"\xff\0\0\0")
        for number in range(200):
            stuck.send("session.snapshot", self.streams[number % TURNS])

    def send_all(self, client):
        """A turn each, and two messages that wait."""
        self.sent = {}
        for session in self.streams:
            self.sent[session] = ["/demo rate=200 chunks=100000 bytes=200", "the second", "the third"]
            for text in self.sent[session]:
                client.request("message.send", session, {"text": text})

    def test_a_stop_with_all_that_may_hold_it_up(self):
        client = self.begin()
        self.stall()
        self.send_all(client)
        wait_for(lambda: client.request("admin.stats")["resyncs"] or "is behind" in self.daemon.log_text(),
                 "that the ones that do not read are behind")
        self.assertGreaterEqual(len(descendants(self.daemon.pid)), TURNS + 3)
        acknowledged, refused, ends = [], [], threading.Event()

        def write():
            """Goes on writing for as long as it is answered."""
            other = self.client()
            while not ends.is_set():
                try:
                    acknowledged.append(other.request("session.create", params={"title": "late"}, seconds=1)["session"])
                except AssertionError:
                    return
                except Exception as error:  # RequestError: its name is what counts
                    refused.append(error.code)
                    return
        writer = threading.Thread(target=write)
        writer.start()
        wait_for(lambda: acknowledged, "a late session")
        took = self.stop(signal.SIGTERM, signal.SIGHUP)
        ends.set()
        writer.join()
        self.assertLessEqual(set(refused), {"shutting_down"})
        self.assertEqual(marked(self.mark), [])
        self.assertTrue(os.path.exists(f"{self.place.folder}/marks.tidy"), "a server that ends in order is given the time")
        self.daemon.start()
        self.check_kept(acknowledged)
        self.figures = (f"{TURNS} turns, {3 * TURNS} messages and {len(acknowledged)} sessions acknowledged, stopped in {took:.1f} s, "
                        "with two servers that take their time")

    def check_kept(self, acknowledged):
        client = self.client()
        for session in self.streams:
            snapshot = client.request("session.snapshot", session)
            self.assertEqual(snapshot["state"], "idle")
            texts = [text_of(m) for m in snapshot["messages"] + snapshot["queue"] if m["role"] == "user"]
            self.assertEqual(texts, self.sent[session])
            self.assertNotIn("streaming", [m["status"] for m in snapshot["messages"]])
        snapshot = client.attach(self.asked)
        self.assertEqual(([q["id"] for q in snapshot["questions"]], snapshot["state"]), ([self.question], "awaiting_permission"))
        block = self.block(client, self.deaf)
        self.assertEqual(block["state"], "cancelled")
        self.assertEqual(block["result"], "The turn was ended because the program it runs in was stopped. "
                                          "It was under way, and may have had its effect.", "what the model is told later")
        listed = {s["id"] for s in client.request("session.list", params={"limit": 1000})["sessions"]}
        self.assertLessEqual(set(acknowledged), listed)
        self.assertEqual(self.marks(), ["deaf"])
