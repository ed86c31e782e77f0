"""Fault 21: strangers, and users that mean ill, over tcp. Whatever they send or leave unsent, sealed or not, they are cut at a bound;
floods of connections, handshakes and unknown keys cost the others next to nothing."""
import json
import os
import subprocess
import sys
import time
import unittest

from fault import SLACK, SOAK, FaultTest, peak_mb, resident_mb
from harness import PATIENCE, SANITIZED, wait_for
from hosts import Hosts
from raw_curve import COMMAND, MORE, RawCurve
from raw_zmtp import declared, frame
from remote import RemoteClient, RemoteTest, make_user, new_keys, write_keys
from witness import Witness

ALONE = True  # a witness is timed beside floods
HERE = os.path.dirname(os.path.abspath(__file__))
SPAN = 20 if SOAK else 3  # seconds of each flood
PROCESSES = 3
TALKER = """
import sys
sys.path.insert(0, %r)
from remote import RemoteClient, keys_in
client = RemoteClient(sys.argv[1], keys_in(sys.argv[2]), bytes.fromhex(sys.argv[3]))
print(client.request("server.hello")["user"], flush=True)
client.take(1000)
""" % os.path.join(os.path.dirname(HERE), "support")


class StrangerTest(RemoteTest, FaultTest):
    def check_memory(self):
        return ""  # each test has its own bound

    def grows(self, what, most_mb):
        with open(f"/proc/{self.daemon.pid}/clear_refs", "w") as file:
            file.write("5")  # the peak begins anew
        before = resident_mb(self.daemon.pid)
        what()
        grown = peak_mb(self.daemon.pid) - before
        self.assertTrue(SANITIZED or grown < most_mb, f"{grown:.1f} MB")
        return grown

    def raw(self, keys=None, **more):
        return self.keep(RawCurve(self.address, keys or new_keys(), self.server, **more))

    def pour(self, raw, piece, seconds=SPAN):
        """Sends what piece() gives until it is cut; returns the bytes that went."""
        sent, end = 0, time.monotonic() + seconds + SLACK
        while time.monotonic() < end:
            data = piece()
            if not raw.send(data):
                return sent
            sent += len(data)
        self.fail(f"not cut after {sent >> 20} MB")


class Sealed(StrangerTest):
    """What is in a sealed frame cannot be seen from outside."""

    def setUp(self):
        super().setUp()
        self.ann, self.keys = self.user("ann")
        self.ann.request("server.hello")

    def known(self):
        """A connection that is ann's, as the daemon knows."""
        raw = self.raw(self.keys)
        raw.ask(b'{"id":"a","method":"server.hello"}')
        raw.wait(lambda: raw.got.count(b"\7MESSAGE") >= 1, "an answer")
        return raw

    def endless(self, size):
        def run():
            raw = self.known()
            raw.send(raw.sealed(b"stoa/1", MORE))
            self.sent = self.pour(raw, lambda: b"".join(raw.sealed(bytes(size), MORE) for _ in range(1 + 65536 // (size + 64))), 20)
        return run

    def test_a_user_s_message_without_end_is_cut(self):
        figures = []
        for size, most in ((0, 40), (36, 24), (8192, 16), (1 << 20, 20)):
            grown = self.grows(self.endless(size), most)
            self.assertLess(self.sent, 40 << 20)
            figures.append(f"parts of {size} bytes: cut after {self.sent >> 10} KiB, {grown:.1f} MB grown")
        self.assertIn("makes no whole message", self.daemon.log_text())
        self.ann.request("server.ping")
        self.check_all(*figures)

    def test_a_first_message_that_is_too_large_is_cut(self):
        raw = self.raw(self.keys)
        giant = raw.sealed(b"stoa/1", MORE) + raw.sealed(b'{"id":"a","method":"server.ping","params":{"x":"%s"}}' % (b"y" * (200 << 10)))
        for at in range(0, len(giant) - 1, 4096):  # as a network brings it
            raw.send(giant[at:at + 4096])
            raw.take(0.001)
        self.assertTrue(raw.is_cut())
        wait_for(lambda: "server.hello comes first" in self.daemon.log_text(), "it is said")
        self.check_all("")

    def test_whole_messages_are_all_taken_however_many_come_at_once(self):
        """What is counted as sent, and as arrived, comes out even."""
        requests, small = 60, 20000

        def run():
            for client in (self.ann, self.remote(self.keys)):  # of the second the daemon does not know yet whose it is
                client.send("server.hello")
                ids = [client.send("server.ping", params={"x": "y" * (1 << 20)}) for _ in range(requests)]
                client.wait(lambda c=client, i=ids: all(id in c.replies for id in i), "an answer to each", 4 * PATIENCE)
            raw = self.known()
            for at in range(0, small, 500):
                self.assertTrue(raw.send(b"".join(raw.sealed(b"stoa/1", MORE) + raw.sealed(b"%d" % number) for number in range(at, at + 500))))
                raw.take(0.01)
            before = len(raw.got)
            raw.wait(lambda: len(raw.got) > before, "answers")
        grown = self.grows(run, 160)
        self.assertNotIn("ended", self.daemon.log_text())
        self.check_all(f"{2 * requests} MB in whole messages and {small} small ones, {grown:.1f} MB grown")

    def test_a_stranger_s_is_cut_sooner(self):
        def run():
            raw = self.raw()
            raw.send(raw.sealed(b"stoa/1", MORE))
            self.sent = self.pour(raw, lambda: raw.sealed(bytes(8192), MORE))
        grown = self.grows(run, 4)
        self.assertLess(self.sent, 4 << 20)  # what the kernel's buffers take too
        declared_ = self.raw()
        declared_.send(declared(6 << 20) + bytes(1 << 20))
        self.assertTrue(declared_.is_cut(), "a giant that was declared")
        self.check_all(f"cut after {self.sent >> 10} KiB, {grown:.1f} MB grown")

    def test_a_stranger_may_not_ask_for_ever(self):
        raw = self.raw()
        asked = 0
        for _ in range(5000):
            if not raw.ask(b'{"id":"p%d","method":"server.ping"}' % asked) or not raw.take(0.001):
                break
            asked += 1
        self.assertTrue(raw.is_cut())
        self.check_all(f"cut after {asked} requests")

    def test_a_routing_id_that_another_has_is_cut_whoever_brings_it(self):
        first = self.raw(self.keys, named=((b"Socket-Type", b"DEALER"), (b"Identity", b"same")))
        second = self.raw(self.keys, named=((b"Socket-Type", b"DEALER"), (b"Identity", b"same")))

        def run():
            self.sent = self.pour(second, lambda: second.sealed(b"stoa/1", MORE) + second.sealed(bytes(4000)))
        grown = self.grows(run, 4)
        first.ask(b'{"id":"a","method":"server.hello"}')
        self.assertTrue(first.is_cut())
        wait_for(lambda: "routing id of its own" in self.daemon.log_text(), "it is said")
        self.check_all(f"of two the second is cut after {self.sent >> 10} KiB, {grown:.1f} MB grown")

    def test_what_a_peer_says_of_itself_is_not_believed(self):
        """Properties by which the daemon knows a connection."""
        session = self.session(self.ann)
        raw = self.raw(named=((b"Socket-Type", b"DEALER"), (b"Identity", b""), (b"User-Id", self.keys.text.encode()), (b"__fd", b"3"),
                              (b"Peer-Address", b"localhost:0:0:1"), (b"User-Id", b"local")))
        raw.ask(b'{"id":"a","method":"session.info","session":"%s"}' % session.encode())
        raw.wait(lambda: b"\7MESSAGE" in raw.got, "an answer")
        self.ann.request("session.info", session)
        stats = self.client().request("admin.stats")
        self.assertEqual(stats["sessions"], 2)  # and the witness'
        before = len(raw.got)
        raw.ask(b'{"id":"b","method":"session.list"}')
        raw.wait(lambda: len(raw.got) > before, "a refusal")
        self.assertLess(len(raw.got) - before, 400)
        self.check_all("")

    def test_commands_without_end_hold_nothing(self):
        ping, subscribe = b"\4PING\0\0", b"\x09SUBSCRIBE" + b"s_" * 20

        def run():
            for command in (ping, subscribe):
                raw = self.known()
                for _ in range(200):
                    if not raw.send(b"".join(raw.sealed(command, COMMAND) for _ in range(500))):
                        break
                raw.take(0.01)
        grown = self.grows(run, 32)
        self.check_all(f"{grown:.1f} MB grown")


class Handshakes(StrangerTest):
    def test_a_handshake_that_does_not_go_on_is_cut(self):
        opened = [self.raw(stop=stop) for stop in ("connect", "greeting", "hello") for _ in range(8)]
        self.assertLess(len(opened), 64)
        began = time.monotonic()
        for raw in opened:
            self.assertTrue(raw.is_cut(7 + SLACK))
        self.check_all(f"{len(opened)} cut within {time.monotonic() - began:.1f} s")

    def test_a_handshake_byte_by_byte_is_cut(self):
        raw = self.raw(stop="greeting")
        hello, began, sent = raw.hello(), time.monotonic(), 0
        while sent < len(hello) - 1 and raw.send(hello[sent:sent + 1]) and raw.take(0.1):
            sent += 1
        self.assertTrue(raw.is_cut(7 + SLACK))
        self.assertLess(time.monotonic() - began, 8 + SLACK)
        giant = self.raw(stop="hello")
        giant.send(declared(1 << 20, COMMAND) + bytes(1 << 16))
        self.assertTrue(giant.is_cut(2 + SLACK), "a giant command")
        early = self.raw(stop="hello")
        early.send(frame(b"x" * 100, MORE) * 100)
        self.assertTrue(early.is_cut(7 + SLACK), "messages before the handshake is done")
        self.check_all(f"cut after {sent} bytes")


class OtherHosts(StrangerTest):
    autostart = False
    listen = "tcp://10.77.0.1:7117"
    witnessed = False

    def setUp(self):
        super().setUp()
        self.hosts = Hosts("den", "ann", "foe")
        self.addCleanup(self.hosts.close)
        self.daemon.wrapper = self.hosts.on("den")
        self.daemon.start()
        self.find_daemon()
        self.first_pid = self.daemon.pid
        self.witness = self.keep(Witness(self.place))
        self.keys = new_keys()
        make_user(self.client(), "ann", self.keys)
        self.ann = self.remote(self.keys, host=(self.hosts, "ann"))
        self.ann.request("server.hello")

    def clients(self):
        return self.watcher.request("admin.stats")["clients"]


class Ends(OtherHosts):
    def setUp(self):
        super().setUp()
        self.watcher = self.client()
        self.watcher.request("server.hello")

    def test_a_client_that_is_killed_is_noticed_at_once(self):
        key = f"{self.place.folder}/ann.key"
        write_keys(key, self.keys)
        there = self.clients()
        talker = subprocess.Popen([*self.hosts.on("ann"), sys.executable, "-c", TALKER, self.address, key, self.server.hex()],
                                  stdout=subprocess.PIPE)
        self.addCleanup(talker.stdout.close)
        self.assertEqual(talker.stdout.readline(), b"ann\n")
        self.assertEqual(self.clients(), there + 1)
        began = time.monotonic()
        talker.kill()
        talker.wait()
        wait_for(lambda: self.clients() == there, "it is gone", 1 + SLACK)
        self.check_all(f"gone within {1000 * (time.monotonic() - began):.0f} ms")

    @unittest.skipUnless(SOAK, "it takes CLIENT_SILENT_MS; STOA_SOAK=1")
    def test_a_host_that_vanishes_is_noticed_by_its_silence(self):
        there, began = self.clients(), time.monotonic()
        self.hosts.link("ann", up=False)
        wait_for(lambda: self.watcher.request("server.ping") and self.clients() == there - 1, "it is gone", 40)
        took = time.monotonic() - began
        self.assertGreater(took, 25)
        self.hosts.link("ann", up=True)
        anew = self.remote(self.keys, host=(self.hosts, "ann"))
        anew.request("server.hello")
        self.check_all(f"gone after {took:.0f} s")


class Floods(OtherHosts):
    def flood(self, how, sources):
        """From several processes on another host, of so many addresses; returns how often they did it. A user who is there asks on,
        and another comes in anew each time."""
        foes = [subprocess.Popen([*self.hosts.on("foe"), sys.executable, os.path.join(HERE, "../support/flood.py"), how, self.address,
                                  self.server.hex(), str(SPAN), *sources], stdout=subprocess.PIPE) for _ in range(PROCESSES)]
        self.ann_worst, self.new_worst = 0, 0
        while any(foe.poll() is None for foe in foes):
            for _ in range(20):
                began = time.monotonic()
                self.ann.request("server.ping", seconds=PATIENCE)
                self.ann_worst = max(self.ann_worst, time.monotonic() - began)
                self.ann.take(0.01)  # a ping every so often
            began = time.monotonic()
            anew = RemoteClient(self.address, self.keys, self.server, host=(self.hosts, "ann"))
            anew.request("server.hello", seconds=PATIENCE)
            self.new_worst = max(self.new_worst, time.monotonic() - began)
            anew.close()
        found = [json.loads(foe.communicate()[0]) for foe in foes]
        self.assertTrue(all(foe.returncode == 0 for foe in foes))
        return {name: sum(each[name] for each in found) for name in found[0]}

    def check_newcomers(self, how):
        """A flood from 16 addresses; users come in from addresses that the daemon has never seen, as do strangers."""
        sources = self.hosts.more_addresses("foe", 16)
        fresh = self.hosts.far_addresses("ann", 40)
        foes = [subprocess.Popen([*self.hosts.on("foe"), sys.executable, os.path.join(HERE, "../support/flood.py"), how, self.address,
                                  self.server.hex(), str(SPAN), *sources], stdout=subprocess.PIPE) for _ in range(PROCESSES)]
        took = []
        end = time.monotonic() + SPAN
        while time.monotonic() < end and fresh:
            began = time.monotonic()
            source = fresh.pop()
            anew = RemoteClient(self.address.replace("tcp://", f"tcp://{source}:0;"), self.keys, self.server, host=(self.hosts, "ann"),
                                RECONNECT_IVL=100, RECONNECT_IVL_MAX=2000)
            anew.request("server.hello", seconds=PATIENCE)
            took.append(time.monotonic() - began)
            anew.close()
            self.ann.request("server.ping", seconds=PATIENCE)
            self.ann.take(0.04)  # all through the flood
        found = [json.loads(foe.communicate()[0]) for foe in foes]
        tried = sum(each["tried"] for each in found) / SPAN
        self.check_all(f"{tried:.0f}/s tried from 16 addresses, {sum(each['served'] for each in found)} served; {len(took)} users came in "
                       f"from new addresses, the median within {1000 * sorted(took)[len(took) // 2]:.0f} ms, all within {1000 * max(took):.0f} ms")
        self.assertLess(max(took), 1 + SLACK)

    def test_new_addresses_beside_connections(self):
        self.check_newcomers("connect")

    def test_new_addresses_beside_handshakes_that_stop(self):
        self.check_newcomers("hold")

    def check_flood(self, how, addresses=0, most_mb=24):
        sources = self.hosts.more_addresses("foe", addresses) if addresses else []
        found = {}
        grown = self.grows(lambda: found.update(self.flood(how, sources)), most_mb)
        self.assertTrue(SANITIZED or self.ann_worst < 0.2, self.ann_worst)
        self.assertLess(self.new_worst, 1 + SLACK)
        self.check_all(f"{found['tried'] / SPAN:.0f}/s tried from {max(1, addresses)} addresses, {found['served']} served in {SPAN} s",
                       f"{grown:.1f} MB grown", f"a remote user's worst ping {1000 * self.ann_worst:.0f} ms, "
                       f"coming in anew {1000 * self.new_worst:.0f} ms")

    def test_connections(self):
        self.check_flood("connect")

    def test_hellos(self):
        self.check_flood("hello")

    def test_hellos_of_many_hosts(self):
        self.check_flood("hello", 100)

    def test_whole_handshakes(self):
        self.check_flood("ready")

    def test_whole_handshakes_of_many_hosts(self):
        self.check_flood("ready", 100)

    def test_connections_that_stay(self):
        self.check_flood("stay", 100)
