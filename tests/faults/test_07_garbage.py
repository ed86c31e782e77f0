"""Fault 7: garbage on the socket: bytes that are no ZMTP, ZMTP that is no stoa, requests of which every part is wrong in turn. Each
gets an error reply or is cut; the daemon neither crashes nor grows."""
import json
import os
import random
import re
import time

from fault import SLACK, SOAK, FaultTest, resident_mb
from harness import ROOT, SANITIZED, RequestError
from raw_zmtp import COMMAND, LONG, MORE, Raw, declared, frame, greeting, ready

SEED = int(os.environ.get("STOA_SEED", 0)) or (time.time_ns() & 0xffffffff if SOAK else 7)
GROWTH_MB = 8
CODES = {"bad_request", "not_found", "conflict", "limit", "too_large", "busy", "version", "unavailable", "config"}
PRESENTING = {"pair.redeem", "ticket.redeem", "token.login"}  # what must be right
WITHOUT = {"admin.stop"}  # it takes no parameters, and does what it says
VALUES = (None, True, 0, -1, 1.5, 1e308, 2**63 - 1, -2**63, "", "x", "x" * 5000, "\x00", "a\x00b", "\ufdd0", "\U0010ffff", "\u202e", [], [1],
          [""], ["x"] * 5000, [[]], [None], {}, {"a": 1}, {"": {}}, {"type": "text"})
RAW_VALUES = (b"NaN", b"-Infinity", b"1e999", b"9" * 400, b"-" + b"9" * 400, b"0x10", b"01", b"tru", b'"\\ud800"', b'"\\u0000"', b'"\xff"', b'"\xc0\x80"',
              b'"\xed\xa0\x80"', b'"\x01"', b"'x'", b"[1,]", b"{,}", b"")


def methods():
    """{method: (whether it needs a session, [parameters])} as PROTOCOL.md has them."""
    with open(f"{ROOT}/proto/PROTOCOL.md") as file:
        rows = re.findall(r"^\| `([a-z]+\.[a-z_]+)` \| (yes|-) \| \w+ \| (?:yes|-) \|(.*?)\|", file.read(), re.M)
    return {name: (session == "yes", re.findall(r"`([a-z_]+)`\??", params)) for name, session, params in rows}


class Garbage(FaultTest):
    config = "default_model: demo/stoa\nlimits: {connection_requests: 0}\n"  # garbage comes faster than people ask

    def setUp(self):
        super().setUp()
        self.user = self.client()
        self.target = self.session(self.user, title="kept")
        self.user.attach(self.target)
        self.randomness = random.Random(SEED)
        self.sent = self.answered = 0

    def answer(self, body, id):
        """Sends a body whose id can be read; returns its error, or None where it was taken."""
        self.user.replies.clear()
        self.user.events.clear()
        self.user.socket.send_multipart([b"stoa/1", body])
        self.sent += 1
        try:
            self.user.reply(id)
            return None
        except RequestError as error:
            self.answered += 1
            return error

    def alive(self):
        self.assertIn("epoch", self.user.request("server.ping"))

    # --- below the protocol ---

    def raw(self, *pieces, **more):
        raw = self.keep(Raw(self.place, **more))
        for piece in pieces:
            if not raw.send(piece):
                break
        self.sent += 1
        return raw

    def test_bytes_that_are_no_zmtp_are_cut(self):
        r = self.randomness
        broken = [b"", b"\0", b"\n" * 500, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", bytes(4096), b"\xff" * 4096,
                  greeting((0, 0)), greeting((1, 0)), greeting((2, 0)) + b"\0\0", greeting((2, 9)), greeting((3, 255)), greeting((255, 255)),
                  greeting(mechanism=b"CURVE"), greeting(mechanism=b"PLAIN"), greeting(mechanism=b"GSSAPI"), greeting(mechanism=b"N" * 20),
                  greeting()[:63], greeting(mechanism=b"") + ready(), b"\1\0", b"\x7f" * 64, b"\xff" + bytes(8) + b"\x7f" + b"\3"]
        broken += [r.randbytes(r.randint(1, 4096)) for _ in range(300 if SOAK else 40)]
        for number in range(200 if SOAK else 40):  # a greeting with a byte turned
            good = bytearray(greeting() + ready())
            good[r.randrange(len(good))] ^= 1 << r.randrange(8)
            broken.append(bytes(good))
        connections = [self.raw(data, hello=False) for data in broken]
        self.alive()
        wrong = [ready(b"PUB"), ready(b"REQ"), ready(b"X" * 255), ready(identity=b"x" * 65536), frame(b"\5READY", COMMAND),
                 frame(b"\5READY\xff", COMMAND), frame(b"\5READY\x0bSocket-Type\xff\xff\xff\xff", COMMAND), frame(b"\xff", COMMAND), frame(b"", COMMAND),
                 frame(b"\5ERROR\xff", COMMAND), frame(b"\5HELLO" + bytes(194), COMMAND), frame(b"stoa/1", MORE), declared(1 << 62, COMMAND),
                 frame(b"\5READY" + b"\1a\0\0\0\0" * 10000, COMMAND), bytes([0xff, 1, 0]), bytes([COMMAND | MORE, 6]) + b"\5READY"]
        connections += [self.raw(greeting() + data, hello=False) for data in wrong]
        self.alive()
        end = time.monotonic() + 1.5 + SLACK  # a handshake that does not go on is cut after a second
        open_still = [c for c in connections if not c.is_cut(max(0.01, end - time.monotonic()))]
        harmless = [c for c in open_still if len(c.frames()) >= 1]  # a turned byte that does not matter
        self.assertEqual(len(open_still), len(harmless))
        for connection in connections:
            connection.close()
        self.check_all(f"seed {SEED}", f"{self.sent} connections, {len(harmless)} good after all")

    def test_frames_that_are_no_request_are_answered_or_dropped(self):
        ping = json.dumps({"id": "after", "method": "server.ping"}).encode()
        after = frame(b"stoa/1", MORE) + frame(ping)
        whole = [frame(b""), frame(b"") + frame(b""), frame(b"", MORE) + frame(b""), frame(b"stoa/1"), frame(ping), frame(b"stoa/1", MORE) + frame(b""),
                 frame(b"stoa/1", MORE) + frame(ping, MORE) + frame(b""), b"".join(frame(b"", MORE) for _ in range(10)) + frame(b""),
                 frame(b"\0" * 6, MORE) + frame(ping), frame(b"stoa/1\0", MORE) + frame(ping), frame(b"s" * 100000, MORE) + frame(ping)]
        for data in whole:
            raw = self.raw(data + after)
            raw.wait(lambda raw=raw: b'"id":"after"' in raw.got, f"the answer after {data[:40]}")
            raw.close()
        parts = (1000, 1000000) if SOAK else (1000, 20000)
        cut = [b"".join(frame(b"x", MORE) for _ in range(count)) + frame(b"x") for count in parts]
        cut += [frame(b"\x09SUBSCRIBE", COMMAND), frame(b"\x06CANCELx", COMMAND), frame(b"\4PING\0\1x", COMMAND), frame(b"\4PONG", COMMAND),
                frame(b"\x07MESSAGE" + bytes(100), COMMAND), bytes([0xf8, 0]), bytes([LONG]) + b"\xff" * 8, bytes([LONG]) + b"\x80" + bytes(7)]
        for data in cut:
            self.raw(data).send(after)
            self.alive()
        self.check_all(f"{self.sent} messages")

    # --- the protocol ---

    def test_what_is_no_json_object_gets_an_error_or_nothing(self):
        deep = 100000
        for body in (b"", b" ", b"null", b"[]", b"7", b'"x"', b"{", b"}", b"{}", b"\0", b"\xff\xfe", b"\xef\xbb\xbf{}", b"[" * deep, b"[" * deep + b"]" * deep,
                     b'{"a":' * deep, b'{"id":"d","method":"server.ping","params":' + b'{"a":' * deep + b"1" + b"}" * deep + b"}",
                     b'{"id":"d","method":"server.ping","params":{"a":' + b"[" * deep + b"]" * deep + b"}}", b'{"id":"a\x00b"}', b'{"id":5,"method":[]}',
                     b'{"id":"q","method":"server.ping","params":[]}', b"{" + b'"x":1,' * 100000 + b'"y":1}', b'{"id":"' + b"x" * (6 << 20) + b'"}'):
            self.user.socket.send_multipart([b"stoa/1", body])
            self.sent += 1
        for frames in ([b""], [b"stoa/1"], [b"stoa/1", b""], [b"stoa/1"] + [b"x"] * 9):
            self.user.socket.send_multipart(frames)
            self.sent += 1
        for _ in range(5000 if SOAK else 500):
            self.user.socket.send_multipart([b"stoa/1", self.randomness.randbytes(self.randomness.randint(0, 400))])
            self.sent += 1
        self.alive()
        taken = [r["id"] for replies in self.user.replies.values() for r in replies if "ok" in r]
        self.assertEqual([id for id in taken if not id.startswith("t_")], [])  # t_: of this client's own requests
        self.check_all(f"{self.sent} messages")

    def test_every_parameter_of_every_method_with_every_wrong_type(self):
        known = methods()
        self.assertGreater(len(known), 40)
        self.assertIn("text", known["message.send"][1])
        for method, (needs_session, params) in known.items():
            if method in WITHOUT:
                continue
            session = self.target if needs_session else None
            for name in [*params, "no_such"]:
                for value in VALUES:
                    self.wrong(method, session, json.dumps({name: value}).encode())
                for value in RAW_VALUES:
                    self.wrong(method, session, b'{"%s":%s}' % (name.encode(), value))
            for value in (*VALUES, "s_00000000000000000000000000"):
                self.wrong(method, value, b"{}", refused=needs_session)
            for value in VALUES:
                if value not in (None, {}):
                    self.wrong(method, session, json.dumps(value).encode(), refused=True)
        self.assertEqual(self.user.request("session.info", self.target)["session"], self.target)
        self.check_all(f"{self.sent} requests, {self.answered} refused")

    def wrong(self, method, session, params, refused=False):
        """None may be an internal error; all that have an id are answered."""
        if method in ("session.delete", "session.archive", "session.rewind") and params == b"{}":
            return
        head = {"id": f"w_{self.sent}", "method": method} | ({"session": session} if session is not None else {})
        body = json.dumps(head).encode()[:-1] + b',"params":' + params + b"}"
        if not self.has_id(body):
            self.user.socket.send_multipart([b"stoa/1", body])
            self.sent += 1
            return
        if method in PRESENTING:  # who presents what is wrong three times is cut
            self.user = self.client()
        error = self.answer(body, head["id"])
        if error:
            self.assertIn(error.code, CODES | ({"denied"} if method in PRESENTING else set()), (method, params[:100], error.text))
            self.assertLess(len(error.text), 400)
        elif refused:
            self.fail(f"taken: {method} {session!r} {params[:100]!r}")

    def has_id(self, body):
        """Whether the daemon can read the id: only where all is JSON, and without NUL."""
        try:
            json.loads(body.decode())
            return not any(word in body for word in (b"NaN", b"Infinity", b"1e999", b"9" * 400, b"\\ud800", b"\\u0000"))
        except ValueError:
            return False

    def test_requests_with_bytes_changed_at_random(self):
        r, known = self.randomness, methods()
        good = [json.dumps({"id": f"m_{n}", "method": method, **({"session": self.target} if known[method][0] else {}), "params": params}).encode()
                for n, (method, params) in enumerate((
                    ("message.send", {"text": "/demo chunks=1 rate=0", "mode": "queue", "attachments": [{"name": "a", "text": "b"}]}),
                    ("message.history", {"limit": 5}), ("message.search", {"text": "word other", "limit": 3}), ("session.list", {"limit": 2}),
                    ("session.configure", {"temperature": 0.5, "max_tokens": 100, "variables": {"a": "b"}}), ("session.command", {"text": "/model demo/stoa"}),
                    ("rule.add", {"effect": "allow", "pattern": "files/read_*(path=/tmp/*)"}), ("session.subscribe", {"sessions": ["mine"], "kinds": ["state.changed"]}),
                    ("question.answer", {"question": "q_1", "decision": "allow", "content": {"a": 1}}), ("session.create", {"title": "x", "system": "y"}),
                    ("mcp.call", {"server": "one", "tool": "t", "arguments": {"a": [1, 2]}}), ("session.fork", {"title": "f"})))]

        def mutated():
            text = bytearray(r.choice(good))
            for _ in range(r.choice((1, 1, 1, 2, 5, 50))):
                at, how = r.randrange(len(text)), r.randrange(6)
                if how == 0:
                    text[at] = r.randrange(256)
                elif how == 1:
                    text[at] ^= 1 << r.randrange(8)
                elif how == 2:
                    del text[at:at + r.choice((1, 1, 2, 10))]
                elif how == 3:
                    text[at:at] = r.choice((b"\0", b'"', b"{", b"[", b"\\", b"\xff", b"null", b"1e400", b',"id":"again"', b"\\u0000", r.randbytes(8)))
                elif how == 4:
                    text[at:at] = text[at:at + r.randrange(40)]
                else:
                    other = r.choice(good)
                    text[at:at + 10] = other[r.randrange(len(other)):][:10]
                if not text:
                    return b"x"
            return bytes(text)

        def many(count):
            for number in range(count):
                self.user.socket.send_multipart([b"stoa/1", mutated()])
                self.sent += 1
                if number % 50 == 49:
                    self.alive()
                    self.user.replies.clear()
                    self.user.events.clear()
        rounds = 200000 if SOAK else 1500
        many(1500)
        before = resident_mb(self.daemon.pid)
        begun = time.monotonic()
        many(rounds)
        grown = resident_mb(self.daemon.pid) - before
        self.assertTrue(SANITIZED or grown < GROWTH_MB + rounds / 1000, grown)  # sessions that were made
        self.check_all(f"seed {SEED}", f"{self.sent} requests, {rounds / (time.monotonic() - begun):.0f}/s, {grown:.1f} MB grown")
