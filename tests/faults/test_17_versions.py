"""Fault 17: the two ends are of different releases, whichever is the older: client and daemon, agent and daemon, store and daemon. Both
versions are named, at once, and nothing hangs; nor does it with a daemon that never answers."""
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import zmq

from fault import SLACK, FaultTest
from harness import Client, Place, ROOT, RequestError, StoaTest, children, program, wait_for

AT_ONCE = 1.0 * SLACK  # seconds
PATIENCE_WITH_SILENCE = 10 + 2 * SLACK  # of a command with a daemon that never answers
VERSION = 76  # the exit code
NO_DAEMON = 69
COMMANDS = (["ls"], ["health"], ["send", "--new", "hello"], ["watch", "s_00000000000000000000000000"], ["new"], ["models"],
            ["stop"])


class OtherDaemon:
    """A daemon of another release, or one that never answers: takes requests at a place's socket, and does with them as told."""

    def __init__(self, place, answer):
        os.makedirs(os.path.dirname(place.socket_path), mode=0o700, exist_ok=True)
        self.answer, self.ends = answer, threading.Event()
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.ROUTER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.bind(f"ipc://{place.socket_path}")
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ends.is_set():
            if self.socket.poll(20):
                route, *frames = self.socket.recv_multipart()
                for reply in self.answer(frames):
                    self.socket.send_multipart([route, *reply])

    def close(self):
        self.ends.set()
        self.thread.join()
        self.socket.close()
        self.context.term()


def newer(frames):
    """As PROTOCOL.md has it of a daemon that speaks another version."""
    id = json.loads(frames[1])["id"]
    text = "this end speaks stoa/2, the other end 'stoa/1'; upgrade the older one"
    yield [b"stoa/2", json.dumps({"id": id, "error": {"code": "version", "text": text, "detail": {}}}).encode()]


def newer_that_answers_in_ours(frames):
    """The same, but it knows how to say it to an old one."""
    for _, text in newer(frames):
        yield [b"stoa/1", text]


def other_format(frames):
    """Of a time when not even the second frame is JSON."""
    yield [b"stoa/7", b"\x82\xa2id\xa1x", b"more"]
    yield [b"stoa/7", b"\x82\xa2id\xa1x"]


def mute(frames):
    return ()


class Listener:
    """What listens at a place's socket and is no daemon: says something to each, and keeps it."""

    def __init__(self, place, say):
        os.makedirs(os.path.dirname(place.socket_path), mode=0o700, exist_ok=True)
        self.say, self.kept = say, []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(place.socket_path)
        self.socket.listen(64)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
                self.kept.append(peer)
                peer.sendall(self.say)
            except BrokenPipeError:
                pass
            except OSError:
                return

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for peer in self.kept:
            peer.close()


class OlderClient(StoaTest):
    """The real client, and a daemon that is newer or never answers."""
    autostart = False

    def run_client(self, words, seconds):
        begun = time.monotonic()
        done = subprocess.run([program("stoa"), *words], env=self.place.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=3 * PATIENCE_WITH_SILENCE)
        took = time.monotonic() - begun
        self.assertLess(took, seconds, words)
        self.slowest = max(self.slowest, took)
        return done

    def setUp(self):
        super().setUp()
        self.slowest = 0

    def each_command(self, answer, code, seconds, *words):
        other = OtherDaemon(self.place, answer)
        try:
            for command in COMMANDS:
                with self.subTest(command=command, answer=answer.__name__):
                    done = self.run_client(command, seconds)
                    self.assertEqual(done.returncode, code, done.stderr)
                    for word in words:
                        self.assertIn(word, done.stderr)
        finally:
            other.close()
        self.figures = f"{len(COMMANDS)} commands, each within {self.slowest:.2f} s"

    def test_a_newer_daemon_is_named_at_once(self):
        self.each_command(newer, VERSION, AT_ONCE, "stoa/1", "stoa/2")

    def test_a_newer_daemon_that_knows_ours(self):
        self.each_command(newer_that_answers_in_ours, VERSION, AT_ONCE, "stoa/1", "stoa/2")

    def test_a_daemon_of_quite_another_format(self):
        self.each_command(other_format, VERSION, AT_ONCE, "stoa/1", "stoa/7")

    def never_answers(self):
        """(what serves or listens, what the client is told) of places of their own, in which no daemon answers."""
        said = {"a daemon that is silent": None, "one that accepts": b"", "one that speaks HTTP": b"HTTP/1.1 400 Bad Request\r\n\r\n" * 10,
                "one that speaks noise": random.Random(5).randbytes(4096)}
        for what, bytes in said.items():
            place = Place()
            self.addCleanup(place.remove)
            place.env["ASAN_OPTIONS"] = "detect_leaks=0"  # libzmq's own, of a peer that breaks off
            other = self.keep(OtherDaemon(place, mute) if bytes is None else Listener(place, bytes))
            for command in COMMANDS if bytes is None else COMMANDS[:1]:
                yield what, other, command, subprocess.Popen([program("stoa"), *command], env=place.env, stdin=subprocess.DEVNULL,
                                                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def test_what_never_answers_is_given_up(self):
        """All at once beside each other, since that takes a while."""
        begun = time.monotonic()
        running = list(self.never_answers())
        try:
            for what, _, command, process in running:
                with self.subTest(what=what, command=command):
                    _, said = process.communicate(timeout=3 * PATIENCE_WITH_SILENCE)
                    self.slowest = max(self.slowest, time.monotonic() - begun)
                    # what is no ZMTP may look like a message of it
                    self.assertIn(process.returncode, (NO_DAEMON, VERSION) if "speaks" in what else (NO_DAEMON,), said)
                    self.assertIn("did not answer" if process.returncode == NO_DAEMON else "this end speaks stoa/1", said)
                    self.assertTrue(said.replace("\n", "").isprintable())
        finally:
            for _, _, _, process in running:
                process.kill()
                process.wait()
                process.stderr.close()
        self.assertLess(self.slowest, PATIENCE_WITH_SILENCE)
        self.figures = f"{len(running)} clients, each gave up within {self.slowest:.1f} s"

    def attach(self, answer):
        """The full-screen client at such a daemon."""
        other = OtherDaemon(self.place, answer)
        self.addCleanup(other.close)
        return self.terminal(f"{program('stoa')} attach s_00000000000000000000000000; echo left with $?; exec cat")

    def test_the_screen_leaves_a_newer_daemon_at_once(self):
        terminal = self.attach(newer)
        terminal.wait(f"(?s)stoa/1.*stoa/2.*left with {VERSION}", 2 + 2 * SLACK)

    def test_the_screen_of_a_daemon_that_never_answers_can_be_left(self):
        terminal = self.attach(mute)
        terminal.wait("connecting")
        terminal.keys("C-c")
        terminal.keys("C-c")
        terminal.wait(r"left with \d+")


class Upgraded(StoaTest):
    """The daemon that clients are attached to is followed by a newer one, while they wait for it."""

    def test_clients_that_are_attached_name_it_and_leave(self):
        client = self.client()
        session = self.session(client)
        watch = self.watch(session)
        watch.wait(watch.snapshots, "a snapshot")
        terminal = self.terminal(f"{program('stoa')} attach {session}; echo left with $?; exec cat")
        terminal.wait(r"\bidle\b")
        self.daemon.kill()
        terminal.wait("daemon away")
        begun = time.monotonic()
        self.keep(OtherDaemon(self.place, newer))
        self.assertEqual(watch.process.wait(3 * SLACK), VERSION)
        took = time.monotonic() - begun
        said = watch.process.stderr.read().decode()
        for version in ("stoa/1", "stoa/2"):
            self.assertIn(version, said)
        terminal.wait("(?s)stoa/1.*stoa/2|stoa/2.*stoa/1", 3 * SLACK)
        self.assertLess(took, AT_ONCE)
        self.figures = f"stoa watch left after {took * 1000:.0f} ms"


class NewerClient(FaultTest):
    """Frames of other versions at the real daemon."""

    def test_another_version_of_the_protocol_is_told_both(self):
        client, slowest = self.client(), 0
        for number, version in enumerate((b"stoa/2", b"stoa/0", b"stoa/10", b"stoa/", b"stoa", b"", b"STOA/1", b"stoa/1 ", b"\xff\x1b[2J\0",
                                          b"x" * 100000)):
            with self.subTest(version=version[:20]):
                begun = time.monotonic()
                client.socket.send_multipart([version, json.dumps({"id": f"v{number}", "method": "server.ping"}).encode()])
                with self.assertRaises(RequestError) as raised:
                    client.reply(f"v{number}")
                slowest = max(slowest, time.monotonic() - begun)
                self.assertEqual(raised.exception.code, "version")
                self.assertIn("stoa/1", raised.exception.text)
                if version.startswith(b"stoa"):
                    self.assertIn(f"'{version.decode().replace(' ', '?')}'", raised.exception.text)
                self.assertTrue(raised.exception.text.isprintable())
        self.assertIn("epoch", client.request("server.ping"), "the same connection may go on with the right one")
        self.assertLess(slowest, AT_ONCE)
        self.check_all(f"told within {slowest * 1000:.1f} ms")

    def test_a_frame_of_another_version_that_cannot_be_read_is_no_end(self):
        """Not even its id: then nobody can be told in the way of replies."""
        client = Client(self.place)
        for _ in range(100):
            client.socket.send_multipart([b"stoa/2", b"\x82\xa2id\xa1x"])
            client.socket.send_multipart([b"stoa/2", b"{}", b"more", b"frames"])
        self.assertIn("epoch", client.request("server.ping"))
        client.close()
        self.check_all()


class OtherAgent(FaultTest):
    config = f"default_model: demo/stoa\nagent: {{path: {ROOT}/tests/support/bad_agent.py}}\n"
    witnessed = False
    log_must_not = r"runtime error|Sanitizer"

    def test_an_agent_of_another_release_is_named_in_its_session(self):
        with open(f"{self.place.folder}/bad_agent", "w") as file:
            file.write("another_version")
        client = self.client()
        session = self.session(client)
        client.attach(session)
        begun = time.monotonic()
        start = self.turn(client, session, "hello")
        error = client.event("error.occurred", session, start)["data"]
        client.idle(session, start)
        took = time.monotonic() - begun
        self.assertLess(took, AT_ONCE)
        for word in ("version 99", "version 3", "stoad and stoa-agent are of different releases"):
            self.assertIn(word, error["text"])
        self.check_all(f"said and idle after {took * 1000:.0f} ms")


class OtherHost(FaultTest):
    """The program was replaced after the session's agent was started: what is started next is of another release."""
    autostart = False
    witnessed = False
    log_must_not = r"runtime error|Sanitizer"

    def test_a_host_of_another_release_is_named_to_who_asks_it(self):
        agent = f"{self.place.folder}/stoa-agent"
        os.symlink(program("stoa-agent"), agent)
        self.place.write_config(f"agent: {{path: {agent}}}\nmcp_servers:\n"
                                f"  common: {{command: [{ROOT}/tests/support/mcp_server.py, --name, common], scope: user}}\n")
        self.daemon.start()
        self.first_pid = self.daemon.pid
        client = self.client()
        session = self.session(client)
        call = {"server": "common", "tool": "echo", "arguments": {}}
        client.request("mcp.call", session, call)
        host, = set(children(self.daemon.pid)) - {client.request("session.info", session)["agent"]["pid"]}
        with open(f"{self.place.folder}/bad_agent", "w") as file:
            file.write("another_version")
        os.unlink(agent)
        os.symlink(f"{ROOT}/tests/support/bad_agent.py", agent)
        os.kill(host, signal.SIGKILL)
        wait_for(lambda: client.request("admin.stats")["hosts"] == 0, "the host is gone")
        begun = time.monotonic()
        with self.assertRaises(RequestError) as raised:
            client.request("mcp.call", session, call)
        took = time.monotonic() - begun
        self.assertLess(took, AT_ONCE)
        for word in ("'common'", "version 99", "version 3", "stoad and stoa-agent are of different releases"):
            self.assertIn(word, raised.exception.text)
        self.check_all(f"said after {took * 1000:.0f} ms: {raised.exception.text}")


class OtherStore(StoaTest):
    """test_upgrade.py has what the daemon does with a newer store; this is what the person sees who starts a client on it."""

    def test_a_client_whose_daemon_finds_a_newer_store_says_so_at_once(self):
        session = self.session()
        self.daemon.stop()
        ours, = self.sql("pragma user_version")
        self.sql("pragma user_version = 77")
        self.sql("update meta set value = '9.8.7' where name = 'program'")
        begun = time.monotonic()
        env = {name: value for name, value in self.place.env.items() if name != "STOA_NO_START"}
        done = subprocess.run([program("stoa"), "ls"], env=dict(env, STOA_CONFIG=self.place.config_path), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)
        took = time.monotonic() - begun
        self.assertEqual(done.returncode, 74, done.stderr)
        for word in ("77", f"up to {ours}", "9.8.7"):
            self.assertIn(word, done.stderr)
        self.assertLess(took, AT_ONCE)
        self.sql(f"pragma user_version = {ours}")
        self.daemon.start()
        self.assertEqual(self.client().request("session.info", session)["state"], "idle")
        self.figures = f"said after {took * 1000:.0f} ms"

    def sql(self, text):
        store = sqlite3.connect(f"{self.place.folder}/state/stoa.db")
        row = store.execute(text).fetchone()
        store.commit()
        store.close()
        return row
