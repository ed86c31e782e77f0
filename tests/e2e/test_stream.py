"""One session followed by several: late joiners, order, refusals."""
import random
import socket
import time

from harness import DISK_SLACK, Daemon, PATIENCE, RequestError, StoaTest, text_of, wait_for


class Follow(StoaTest):
    def test_two_watchers_one_late_see_the_same_and_miss_nothing(self):
        client = self.client()
        session = self.session(client)
        client.request("session.subscribe", params={"sessions": [session]})
        early = self.watch(session)
        early.wait(early.snapshots, "first snapshot")
        client.request("message.send", session, {"text": "/demo rate=200 chunks=200 reasoning=1"})
        early.wait(lambda: len(early.events("stream.chunk")) >= 40, "40 chunk events")
        late = self.watch(session)
        late.wait(late.snapshots, "snapshot of the late one")
        client.idle(session, seconds=PATIENCE * 2)
        for watch in (early, late):
            watch.wait(lambda w=watch: any(e["data"]["new"] == "idle" for e in w.events("state.changed")), "idle")
        snapshot = late.snapshots()[0]
        streaming = [m for m in snapshot["messages"] if m["status"] == "streaming"]
        self.assertEqual(len(streaming), 1, "the late one joined in mid-stream")
        so_far = text_of(streaming[0])
        final = text_of(early.events("stream.completed")[0]["data"])
        self.assertTrue(final.startswith(so_far) and len(final) > len(so_far) > 0)
        self.assertGreater(streaming[0]["index"], 0)
        one, two = early.replica(), late.replica()
        self.assertEqual(one.messages, two.messages)
        self.assertEqual((one.seq, one.state), (two.seq, two.state))
        position = snapshot["seq"], streaming[0]["index"]
        known = [e for e in early.events() if e.get("seq", 0) > position[0] or
                 (e["type"] == "stream.chunk" and e["data"]["index"] >= position[1])]
        known = [e for e in known if not e["type"].startswith("participant.")]
        seen = [e for e in late.events() if not e["type"].startswith("participant.")]
        self.assertEqual(seen, known, "the same events from the snapshot's seq and chunk index on")

    def test_a_request_sent_the_moment_the_socket_exists_is_answered(self):
        self.daemon.stop()
        self.daemon = Daemon(self.place).start(wait=False)
        client = self.client()
        wait_for(lambda: self.connects(), "a socket that accepts")
        answer = client.request("server.ping", seconds=PATIENCE)
        self.assertTrue(answer["epoch"].startswith("e_"))
        self.daemon.wait_ready()

    def connects(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            return probe.connect_ex(self.place.socket_path) == 0

    def test_messages_sent_in_a_turn_wait_and_steering_goes_first(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        client.request("message.send", session, {"text": f"/demo rate=20 chunks={20 + int(20 * DISK_SLACK)}"})
        client.event("state.changed", new="streaming")
        for text, mode in (("/demo chunks=1 echo=second", "queue"), ("/demo chunks=1 echo=first", "steer")):
            answer = client.request("message.send", session, {"text": text, "mode": mode})
            self.assertTrue(answer["queued"])
        queue = client.request("session.snapshot", session)["queue"]
        self.assertEqual([text_of(m)[-5:] for m in queue], ["first", "econd"])
        removed = client.request("message.edit_queue", session, {"remove": [queue[1]["id"]]})
        self.assertEqual(removed["removed"], [queue[1]["id"]])
        client.wait(lambda: sum(e["type"] == "state.changed" and e["data"]["new"] == "idle"
                                for e in client.events) == 2, "two turns")
        texts = [text_of(m) for m in client.request("message.history", session)["messages"] if m["role"] == "user"]
        self.assertEqual(len(texts), 2)
        self.assertTrue(texts[1].endswith("first"))

    def test_an_interrupt_ends_the_turn_at_once_and_keeps_the_text(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        client.request("message.send", session, {"text": "/demo rate=50 chunks=100000"})
        client.wait(lambda: sum(e["type"] == "stream.chunk" for e in client.events) > 10, "chunks")
        started = time.monotonic()
        self.assertTrue(client.request("session.interrupt", session)["interrupted"])
        client.idle(session)
        self.figures = f"{(time.monotonic() - started) * 1000:.0f} ms from request to idle"
        ended = client.event("stream.completed")
        self.assertEqual(ended["data"]["status"], "interrupted")
        self.assertTrue(text_of(ended["data"]))
        self.assertLess(time.monotonic() - started, 1.0)


class Refusals(StoaTest):
    def test_errors_name_the_value_and_what_would_be_right(self):
        client = self.client()
        session = self.session(client)
        for method, target, params, code, words in (
                ("message.history", session, {"limit": 5000}, "bad_request", ("limit", "5000", "1000")),
                ("message.send", session, {"text": ""}, "bad_request", ("text",)),
                ("message.send", session, {"text": "a", "mod": 1}, "bad_request", ("mod",)),
                ("session.info", "s_00000000000000000000000000", {}, "not_found", ("s_0000",)),
                ("session.info", "nonsense", {}, "bad_request", ("nonsense",)),
                ("no.such", None, {}, "not_found", ("no.such",)),
                ("session.create", None, {"model": "nowhere/x"}, "not_found", ("nowhere", "demo")),
                ("session.subscribe", None, {"sessions": ["mine"], "kinds": ["x"]}, "bad_request", ("'x'",))):
            with self.assertRaises(RequestError) as raised:
                client.request(method, target, params)
            self.assertEqual(raised.exception.code, code, method)
            for word in words:
                self.assertIn(word, raised.exception.text)


class Places(StoaTest):
    autostart = False

    def test_a_bad_configuration_is_refused_with_its_line(self):
        self.place.write_config("log:\n  level: loud\n")
        self.daemon.start(wait=False)
        self.assertEqual(self.daemon.process.wait(PATIENCE), 78)
        text = self.daemon.log_text()
        for word in (":2:", "log.level", "loud", "debug"):
            self.assertIn(word, text)
        self.daemon.process = None

