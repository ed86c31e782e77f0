"""Fault 9: foreign eyes. Another user who can reach the socket, and connections of the own one that claim to be others."""
import json
import os
import subprocess
import sys
import time
import unittest

from fault import SOAK, FaultTest
from harness import PATIENCE, ROOT, RequestError
from raw_zmtp import COMMAND, Raw, greeting, ready

NOBODY = 65534
TRIES = 2000 if SOAK else 200
FOREIGN = """
import sys, types
sys.path.insert(0, {support!r})
sys.modules["harness"] = types.SimpleNamespace(PATIENCE=15)
from raw_zmtp import *
place = types.SimpleNamespace(socket_path={path!r})
requests = {requests!r}
raws = []
for attempt in range({tries}):
    raw = Raw(place, hello=False)
    raw.send(greeting() + ready(identity={identity!r} if attempt % 4 == 0 else None))
    if attempt % 2:  # and the others do not wait for an answer
        raw.wait(lambda: b"ERROR" in raw.got, "the refusal")
    for request in requests:
        raw.send(frame(b"stoa/1", MORE) + frame(request))
    raws.append(raw)
frames = []
for raw in raws:
    assert raw.is_cut(), "not cut"
    assert len(raw.got) <= 64 + sum(len(body) + 2 for _, body in raw.frames()), raw.got
    frames += raw.frames()
print(repr(frames))
"""


def request(method, session=None, **params):
    message = {"id": f"x_{time.monotonic_ns()}", "method": method, "params": params}
    return json.dumps({**message, "session": session} if session else message).encode()


class ForeignEyes(FaultTest):
    def setUp(self):
        super().setUp()
        self.user = self.client()
        self.target = self.session(self.user, title="secret")
        self.user.attach(self.target)

    @unittest.skipIf(os.getuid() != 0, "to be another user needs root")
    def test_another_user_gets_not_one_byte(self):
        """The folder is opened by force, so that only the daemon itself is in the way."""
        os.chmod(self.place.folder, 0o711)
        os.chmod(f"{self.place.folder}/run", 0o711)
        os.chmod(self.place.socket_path, 0o666)
        self.turn(self.user, self.target, "/demo rate=100 chunks=1000000")
        wanted = [request("session.subscribe", sessions=["mine", self.target]), request("server.hello"),
                  request("message.history", self.target), request("session.snapshot", self.target),
                  request("session.rename", self.target, title="taken"), request("admin.stop"), b"", b"{"]
        program = FOREIGN.format(support=f"{ROOT}/tests/support", path=self.place.socket_path, requests=wanted, tries=TRIES,
                                 identity=b"ident")
        with open(f"{ROOT}/tests/support/raw_zmtp.py") as file:  # which that user may not be able to read
            program = program.replace("from raw_zmtp import *", file.read().replace("from harness import PATIENCE", "PATIENCE = 15"))
        done = subprocess.run([sys.executable, "-S", "-"], input=program, text=True, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/",
                              env={}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE * 20)
        self.assertEqual(done.returncode, 0, done.stderr)
        frames = eval(done.stdout)
        self.assertEqual(set(frames), {(COMMAND, b"\5ERROR\x03400")}, "nothing but the refusal")
        lines = [line for line in self.daemon.log_text().splitlines() if "refused a connection" in line]
        self.assertEqual(len(lines), 1, "said, and once")
        self.assertIn(f"peer=localhost:{NOBODY}:{NOBODY}:", lines[0])
        self.assertEqual(self.user.request("session.info", self.target)["title"], "secret")
        self.assertEqual(self.user.request("admin.stats")["clients"], 2)
        self.user.request("session.interrupt", self.target)
        self.check_all(f"{TRIES} connections of another user, {len(frames)} refusals, 1 line in the log")

    def test_what_was_not_subscribed_does_not_arrive(self):
        other, listed = self.client(), self.client()
        second = self.session(other)
        other.attach(second)
        listed.request("session.subscribe", params={"sessions": ["mine"]})
        for prefix in ("s_", "", "*", self.target[:-1], self.target + "x", self.target.upper(), "MINE"):
            with self.assertRaises(RequestError):
                other.request("session.subscribe", params={"sessions": [prefix]})
        with self.assertRaises(RequestError):  # one that is wrong: none of them
            other.request("session.subscribe", params={"sessions": [self.target, "s_wrong"]})
        start = self.turn(self.user, self.target, "/demo rate=0 chunks=200")
        self.user.idle(self.target, start)
        other.request("server.ping")
        listed.request("server.ping")
        self.assertEqual([e for e in other.events if e["session"] != second], [])
        self.assertNotIn("stream.chunk", {e["type"] for e in listed.events})
        other.request("session.unsubscribe", params={"sessions": [second]})
        before = len(other.events)
        third = self.client()
        third.request("session.rename", second, {"title": "unseen"})
        other.request("server.ping")
        self.assertEqual(other.events[before:], [])
        self.check_all(f"{len(self.user.events)} events beside clients that must not see them")

    def test_what_a_request_says_of_itself_is_not_believed(self):
        for extra in ({"user": "root"}, {"user": ""}, {"role": "admin"}, {"principal": {"user": "ann", "admin": True}}, {"pid": 1}):
            self.user.socket.send_multipart([b"stoa/1", json.dumps({"id": "forged", "method": "server.hello", **extra}).encode()])
            answer = self.user.reply("forged")
            self.user.replies.clear()
            self.assertEqual(answer["user"], self.user.request("server.hello")["user"])
            with self.assertRaises(RequestError) as raised:
                self.user.request("server.hello", params=extra)
            self.assertEqual(raised.exception.code, "bad_request")
        with self.assertRaises(RequestError) as raised:
            self.user.request("message.send", self.target, {"text": "x", "author": "root"})
        self.assertEqual(raised.exception.code, "bad_request")
        self.check_all()

    def test_who_brings_a_routing_id_is_cut(self):
        """Nobody can claim another's; and of two with the same, libzmq would take in what the second sends, and never hand it out."""
        names = [b"x", b"owner", b"\xff" * 255, b"\0" * 5, b"x" * 1000]
        for name in names * 4:
            raw = self.keep(Raw(self.place, hello=False))
            raw.send(greeting() + ready(identity=name))
            raw.ask(request("session.subscribe", sessions=[self.target]))
            self.assertTrue(raw.is_cut(), name)
            self.assertNotIn(b"heads", raw.got)
        raw = self.keep(Raw(self.place, identity=b""))  # as libzmq says that it brings none
        raw.ask(request("server.hello"))
        raw.wait(lambda: b'"user"' in raw.got, "the answer")
        self.assertEqual(self.user.request("admin.stats")["clients"], 3)
        self.assertIn("it brings a routing id of its own", self.daemon.log_text())
        self.check_all(f"{4 * len(names)} connections that bring one")
