"""Fault 8: giants. Whatever is declared or sent, a connection is cut at the cap, and the daemon's memory grows by less than twice the cap."""
import json
import re
import threading
import time

from fault import SLACK, SOAK, FaultTest, peak_mb, resident_mb
from harness import PATIENCE, ROOT, SANITIZED, RequestError
from raw_zmtp import COMMAND, MORE, Raw, declared, frame, greeting

ALONE = True  # it uses a whole processor, beside which a witness is timed
FRAME = 7 << 20  # bytes of a frame, as PROTOCOL.md has it
MANY = 40 if SOAK else 12  # connections at once
SPAN = 20 if SOAK else 2  # seconds that each kind of giant is sent


def cap(name):
    """A number of daemon/socket/intake.h, in MB."""
    with open(f"{ROOT}/daemon/socket/intake.h") as file:
        return int(re.search(rf"\b{name} *=\s*(\d+) << 20", file.read()).group(1))


class Giants(FaultTest):
    def setUp(self):
        super().setUp()
        self.user = self.client()
        self.target = self.session(self.user)
        self.user.attach(self.target)
        self.user.request("message.send", self.target, {"text": "/demo chunks=1 rate=0"})
        self.user.idle(self.target)

    def check_memory(self):
        return ""  # each test has its own bound

    def grows(self, what, most_mb):
        """The daemon's peak while what() runs; in MB above what it was."""
        self.user.request("server.ping")
        with open(f"/proc/{self.daemon.pid}/clear_refs", "w") as file:
            file.write("5")  # the peak begins anew
        before = resident_mb(self.daemon.pid)
        what()
        grown = peak_mb(self.daemon.pid) - before
        self.assertTrue(SANITIZED or grown < most_mb, f"{grown:.0f} MB")
        self.user.request("server.ping")
        return grown

    def pour(self, piece, seconds=SPAN, first=b"", expect_cut=True):
        """Sends it without end. Returns how many bytes went before the cut."""
        raw = self.keep(Raw(self.place))
        raw.ask(b'{"id":"hello","method":"server.hello"}')
        raw.wait(lambda: b'"hello"' in raw.got, "it is a client")
        sent, end = 0, time.monotonic() + seconds
        raw.send(first)
        while time.monotonic() < end:
            if not raw.send(piece):
                return sent
            sent += len(piece)
        self.assertFalse(expect_cut, f"not cut after {sent >> 20} MB of {piece[:20]}")
        return sent

    def test_what_is_declared_is_not_believed(self):
        sizes = (FRAME + 1, 8 << 30, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)

        def declare():
            for flags in (0, MORE, COMMAND):
                for size in sizes:
                    raw = self.keep(Raw(self.place))
                    raw.send(declared(size, flags))
                    raw.send(bytes(1 << 16))
                    self.assertTrue(raw.is_cut(1 + SLACK), f"{size} declared")
            for size in sizes:  # in the handshake
                raw = self.keep(Raw(self.place, hello=False))
                raw.send(greeting() + declared(size, COMMAND))
                self.assertTrue(raw.is_cut(2 + SLACK), f"{size} declared before READY")
        grown = self.grows(declare, 4)
        self.check_all(f"{4 * len(sizes)} declared, {grown:.1f} MB grown")

    def test_a_byte_beyond_the_cap_is_cut_and_the_cap_itself_is_served(self):
        def sizes():
            head = b'{"id":"exact","method":"server.ping","x":"'
            for more, served in ((0, True), (1, False)):
                raw = self.keep(Raw(self.place))
                raw.ask(head + b"y" * (FRAME - len(head) - 2 + more) + b'"}')
                if served:
                    raw.wait(lambda r=raw: b'"id":"exact"' in r.got, "the answer")
                else:
                    self.assertTrue(raw.is_cut(1 + SLACK))
            for parts in (2, 3):  # each within it, together beyond
                raw = self.keep(Raw(self.place))
                raw.send(frame(b"stoa/1", MORE) + b"".join(frame(bytes(FRAME // parts + 5000), MORE) for _ in range(parts)))
                self.assertTrue(raw.is_cut(1 + SLACK))
            text = "\x01" * (1 << 20)  # six bytes each
            answer = self.user.request("message.send", self.target, {"text": text})
            self.assertIn("message", answer)
            self.user.event("stream.completed", self.target, 0)
        grown = self.grows(sizes, 64)
        self.check_all(f"{grown:.0f} MB grown")

    def test_a_message_without_end_is_cut(self):
        pieces = {"of nothing": frame(b"", MORE) * 10000, "of a byte": frame(b"x", MORE) * 10000, "of 36 bytes": frame(b"x" * 36, MORE) * 1000,
                  "of 8 KiB": frame(bytes(8192), MORE) * 10, "of 1 MiB": frame(bytes(1 << 20), MORE)}
        sent = {}

        def pour_all():
            for name, piece in pieces.items():
                sent[name] = self.pour(piece)
        grown = self.grows(pour_all, 2 * 7)
        drip = self.grows(lambda: [self.pour(frame(b"x" * 36, MORE)) for _ in range(5)], 4)
        for name, bytes_ in sent.items():
            self.assertLess(bytes_, 2 * FRAME, name)
        self.assertIn("too many frames", self.daemon.log_text())
        self.check_all(f"{len(pieces)} kinds, {grown:.1f} MB grown, piece by piece {drip:.1f} MB")

    def test_a_million_subscriptions_are_not_kept(self):
        count = 1000000 if SOAK else 100000
        wanted = frame(b"\x09SUBSCRIBE" + b"s_" * 20, COMMAND) + frame(b"\x06CANCEL" + b"s_" * 20, COMMAND)
        old = frame(b"\x01" + b"s_" * 20) + frame(b"\x00")  # as ZMTP 3.0 has them

        def subscribe():
            for piece in (wanted, old):
                raw = self.keep(Raw(self.place))
                for _ in range(count // 2000):
                    if not raw.send(piece * 1000):
                        break
                self.user.request("server.ping")
            raw = self.keep(Raw(self.place))
            large = frame(b"\x09SUBSCRIBE" + bytes(60000), COMMAND)
            for _ in range(2000):
                if not raw.send(large):
                    break
            for _ in range(20):  # in the protocol
                with self.assertRaises(RequestError) as raised:
                    self.user.request("session.subscribe", params={"sessions": [self.target] * 50000})
                self.assertEqual(raised.exception.code, "bad_request")
        grown = self.grows(subscribe, 2 * cap("INTAKE_WAITING"))
        sessions, refused = [], None
        other = self.client()
        for _ in range(300):
            sessions.append(other.request("session.create")["session"])
            try:
                other.request("session.subscribe", params={"sessions": [sessions[-1]]})
            except RequestError as error:
                refused = error
                break
        self.assertEqual((refused.code, len(sessions)), ("limit", 257))
        self.check_all(f"{count} subscriptions, {grown:.1f} MB grown; {len(sessions) - 1} sessions followed, then '{refused.text}'")

    def test_giant_words_are_refused_in_short_sentences(self):
        million = "s" * 1000000

        def ask():
            for request in ({"method": "session.info", "session": million}, {"method": million}, {"method": "server.ping", "params": {million: 1}},
                            {"method": "message.send", "session": self.target, "params": {"text": "x", "mode": million}},
                            {"method": "session.subscribe", "params": {"sessions": [million]}}, {"method": "server.hello", "params": {"terminal": million}},
                            {"method": "session.create", "params": {"title": million}}, {"method": "message.search", "params": {"text": million}},
                            {"method": "rule.add", "params": {"effect": "allow", "pattern": "a/" + "*" * 1000000}},
                            {"method": "session.command", "session": self.target, "params": {"text": "/" + million}}):
                with self.assertRaises(RequestError) as raised:
                    id = f"giant_{len(str(request)) + self.asked}"
                    self.asked += 1
                    self.user.socket.send_multipart([b"stoa/1", json.dumps({"id": id, **request}).encode()])
                    self.user.reply(id)
                self.assertLess(len(raised.exception.text), 600, raised.exception.text[:100])
            self.user.socket.send_multipart([b"stoa/1", json.dumps({"id": million, "method": "server.ping"}).encode()])
            for many in (b"[],", b"1,", b'{"a":0},', b'"",'):  # two million values
                self.user.socket.send_multipart([b"stoa/1", b'{"id":"x","method":"server.ping","x":[' + many * (6000000 // len(many)) + b"1]}"])
            self.user.request("server.ping")
        self.asked = 0
        grown = self.grows(ask, 32)
        self.check_all(f"{grown:.0f} MB grown")

    def each(self, work):
        """In a thread for each connection."""
        raws = [self.keep(Raw(self.place)) for _ in range(MANY)]
        threads = [threading.Thread(target=work, args=(raw,)) for raw in raws]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def hold_parts(self, last=b""):
        """More than all parts may have together, of messages whose end does not come."""
        raws = []
        for _ in range(cap("INTAKE_PARTS") * (1 << 20) // FRAME + 2):
            raws.append(self.keep(Raw(self.place)))
            raws[-1].send(frame(b"stoa/1", MORE) + frame(bytes(FRAME - 1000), MORE) + last)
        return raws

    def test_parts_without_an_end_hold_nobody_up(self):
        ping = frame(b"\4PING\0\1", COMMAND)  # libzmq ends the connection 0.1 s later, without reading on
        other, took = self.keep(Raw(self.place)), []
        for last in (ping, b""):
            raws = self.hold_parts(last)
            for raw in raws if last else ():
                self.assertTrue(raw.is_cut())
            began = time.monotonic()
            other.got = b""
            other.ask(b'{"id":"large","method":"server.ping","x":"' + b"y" * (FRAME - 1000) + b'"}')
            other.wait(lambda: b'"large"' in other.got, "the answer")
            took.append(time.monotonic() - began)
        self.assertTrue(raws[0].is_cut(), "that has waited longest")
        self.check_all(f"{len(raws)} parts, of connections that are closed and open; a request as large is answered in "
                       f"{1000 * took[0]:.0f} and {1000 * took[1]:.0f} ms")

    def test_many_at_once_share_one_cap(self):
        body = b'{"id":"big","method":"server.ping","x":"' + b"y" * (6 << 20) + b'"}'
        half = frame(b"stoa/1", MORE) + declared(FRAME) + bytes(FRAME - 1)
        bounds = cap("INTAKE_ALL"), cap("INTAKE_PARTS")
        most = sum(bounds) + 4 * FRAME / (1 << 20)  # some wait whole, some have begun, one is being parsed
        self.answer_ms *= 5  # whatever goes on, one giant is read to its end: 0.1 s of the one thread, or more if others use the processors
        end = [0]

        def flood(raw):
            try:
                while time.monotonic() < end[0] and raw.ask(body):
                    raw.take(0.001)
            except TimeoutError:
                pass  # while all is full, the others were before it

        def hold(raw):
            raw.send(half)
            while time.monotonic() < end[0] and raw.take(0.1):
                pass
        end[0] = time.monotonic() + SPAN
        whole = self.grows(lambda: self.each(flood), most)
        end[0] = time.monotonic() + SPAN
        parts = self.grows(lambda: self.each(hold), most)
        self.user.wait(lambda: self.user.request("server.ping"), "it serves", PATIENCE)
        self.check_all(f"{MANY} connections: {whole:.0f} MB grown of whole messages, {parts:.0f} MB of begun ones (caps {bounds[0]} and {bounds[1]})")

