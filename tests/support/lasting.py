"""A client that comes back by itself, written from PROTOCOL.md alone: it pings, notices another epoch, repeats what is unanswered
with the same bytes, subscribes and takes snapshots anew, and folds all that it sees. Whatever it should not have seen raises
AssertionError.

    lasting.py SOCKET SESSION...     follows these sessions as a process of its own, so that it can be stopped; each line on its
                                     standard input is answered by a line of JSON (Attached.tell); ends with its input
"""
import json
import os
import select
import subprocess
import sys
import threading
import time
import types

import zmq
from zmq.utils.monitor import recv_monitor_message

from harness import Replica

PING_EVERY = 0.25
SILENCE = 0.5  # seconds without an answer, after which the daemon hangs


class Followed:
    """A session, and what is known of it."""

    def __init__(self):
        self.replica = None  # the newest, also of an epoch that is gone
        self.live = False    # it is up to date
        self.kept = []       # events since it was asked for
        self.back = []       # (monotonic seconds, epoch) of each snapshot
        self.cut = {}        # id: text, of what streamed when the connection was lost
        self.resyncs = 0


class Lasting:
    """Not for several threads. Answers of requests come to done(message), events of followed sessions to seen(event)."""
    context = zmq.Context()
    count = 0

    def __init__(self, place, seen=None):
        self.socket = self.context.socket(zmq.DEALER)
        for option, value in ((zmq.LINGER, 0), (zmq.RECONNECT_IVL, 10), (zmq.IMMEDIATE, 1), (zmq.RCVHWM, 10000)):
            self.socket.setsockopt(option, value)
        self.monitor = self.socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
        self.socket.connect(f"ipc://{place.socket_path}")
        self.poller = zmq.Poller()
        self.poller.register(self.monitor, zmq.POLLIN)
        self.poller.register(self.socket, zmq.POLLIN)
        self.seen = seen or (lambda event: None)
        self.connected, self.epoch = False, None
        self.pending = {}  # id: (text, done, anew)
        self.follows = {}
        self.connects = self.lost = 0  # lost: what a ping's head showed to be missing
        self.pinged = self.waits = None
        self.slowest = 0.0  # seconds of a ping

    def close(self):
        self.socket.disable_monitor()
        self.monitor.close()
        self.socket.close()

    # --- requests ---

    def request(self, method, session=None, params=None, done=lambda message: None, anew=False):
        """anew: void when the connection is lost, where others are repeated. Returns its id."""
        Lasting.count += 1
        id = f"l_{os.getpid()}_{Lasting.count}_{time.monotonic_ns()}"
        request = {"id": id, "method": method, "params": params or {}}
        if session:
            request["session"] = session
        self.pending[id] = (json.dumps(request).encode(), done, anew)
        self._send(id)
        return id

    def _send(self, id):
        if self.connected:
            try:
                self.socket.send_multipart([b"stoa/1", self.pending[id][0]], zmq.DONTWAIT)
            except zmq.Again:
                pass  # the connection is lost; its next one repeats all

    def _up(self):
        self.connected, self.waits = True, None
        self.connects += 1
        for id in list(self.pending):
            self._send(id)
        for session in self.follows:
            self._subscribe(session)

    def _down(self):
        self.connected = False
        self.pending = {id: entry for id, entry in self.pending.items() if not entry[2]}
        for followed in self.follows.values():
            if followed.live:
                followed.cut = {id: message["text"] for id, message in followed.replica.messages.items()
                                if message["status"] == "streaming"}
            followed.live = False

    # --- following ---

    def follow(self, session):
        self.follows[session] = Followed()
        if self.connected:
            self._subscribe(session)

    def _subscribe(self, session):
        followed = self.follows[session]
        followed.live, followed.kept = False, []
        self.request("session.subscribe", params={"sessions": [session]}, anew=True, done=lambda message: None)
        self._snapshot(session)

    def _snapshot(self, session):
        followed = self.follows[session]
        followed.live, followed.kept = False, []

        def take(message):
            assert "ok" in message, message
            followed.replica, followed.live = Replica(message["ok"]), True
            followed.back.append((time.monotonic(), message["ok"]["epoch"]))
            for event in followed.kept:
                if event["epoch"] == followed.replica.epoch:
                    followed.replica.fold(event)
            followed.kept = []
        self.request("session.snapshot", session, {"limit": 200}, anew=True, done=take)

    def _event(self, event):
        followed = self.follows.get(event["session"])
        if followed and followed.live:
            followed.replica.fold(event)
        elif followed:
            followed.kept.append(event)
        self.seen(event)

    def _notice(self, message):
        if message["notice"] == "resync" and message["session"] in self.follows:
            self.follows[message["session"]].resyncs += 1
            self._snapshot(message["session"])
        elif message.get("why") == "silent":
            self._down()
            self._up()

    # --- liveness ---

    def _ping(self, now):
        if self.waits and now - self.pinged > 60:
            raise AssertionError("a ping was not answered within 60 s")
        if not self.connected or self.waits or now - (self.pinged or 0) < PING_EVERY:
            return
        before = {session: f.replica.seq for session, f in self.follows.items() if f.live}
        self.pinged = now

        def pong(message):
            self.waits = None
            self.epoch = message["ok"]["epoch"]
            self.slowest = max(self.slowest, time.monotonic() - now)
            for session, seq in before.items():
                head, followed = message["ok"]["heads"].get(session), self.follows[session]
                if not followed.live:
                    continue
                if head is None:
                    self._subscribe(session)
                elif head > followed.replica.seq:  # on an ordered connection all up to the head has come before
                    self.lost += 1
                    self._snapshot(session)
                assert seq <= followed.replica.seq or followed.replica.epoch != self.epoch
        self.waits = self.request("server.ping", anew=True, done=pong)

    # --- the loop ---

    def take(self):
        """All that is there, without waiting."""
        while True:
            while self.monitor.poll(0):
                happened = recv_monitor_message(self.monitor)["event"]
                self._up() if happened == zmq.EVENT_HANDSHAKE_SUCCEEDED else self._down()
            if not self.socket.poll(0):
                return
            version, text = self.socket.recv_multipart()
            assert version == b"stoa/1", version
            message = json.loads(text)
            if "id" in message:
                entry = self.pending.pop(message["id"], None)
                if entry:
                    entry[1](message)
            elif "type" in message:
                self._event(message)
            else:
                self._notice(message)

    def turn(self, seconds=0.05):
        self.poller.poll(max(0, seconds * 1000))
        self.take()
        self._ping(time.monotonic())

    def wait(self, condition, what, seconds=30):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not within {seconds} s: {what}"
            self.turn()


class Running(threading.Thread):
    """A Lasting that turns in the background: work(client) is called again and again. What it raised is in error."""

    def __init__(self, place, work):
        super().__init__(daemon=True)
        self.client, self.work, self.error, self.ends = Lasting(place), work, None, threading.Event()
        self.start()

    def run(self):
        try:
            while not self.ends.is_set():
                self.work(self.client)
                self.client.turn()
        except AssertionError as error:
            self.error = error

    def close(self):
        self.ends.set()
        self.join()
        self.client.close()


class Attached:
    """lasting.py as a process."""

    def __init__(self, place, *sessions):
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), place.socket_path, *sessions],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    @property
    def pid(self):
        return self.process.pid

    def tell(self):
        """{"error", "epoch", "connects", "lost", "follows": {session: {"live", "seq", "epoch", "state", "messages", "back", "cut",
        "resyncs"}}}"""
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        found = json.loads(self.process.stdout.readline())
        if found["error"]:
            raise AssertionError(f"an attached client: {found['error']}")
        return found

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def told(client, error):
    return {"error": error, "epoch": client.epoch, "connects": client.connects, "lost": client.lost, "follows": {
        session: {"live": f.live, "back": f.back, "cut": f.cut, "resyncs": f.resyncs,
                  **({"seq": f.replica.seq, "epoch": f.replica.epoch, "state": f.replica.state,
                      "messages": f.replica.messages} if f.replica else {"seq": 0, "epoch": None, "messages": {}})}
        for session, f in client.follows.items()}}


def main():
    client, error = Lasting(types.SimpleNamespace(socket_path=sys.argv[1])), None
    for session in sys.argv[2:]:
        client.follow(session)
    client.poller.register(0, zmq.POLLIN)
    while True:
        try:
            if not error:
                client.turn(PING_EVERY)
        except (AssertionError, KeyError) as wrong:
            error = f"{type(wrong).__name__}: {wrong}"
        if select.select([0], [], [], 1 if error else 0)[0]:
            if not os.read(0, 1):
                return
            print(json.dumps(told(client, error)), flush=True)


if __name__ == "__main__":
    main()
