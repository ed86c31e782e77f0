"""A healthy client in a session of its own, beside whatever else is tried with its daemon: it follows a stream, folds all
that it sees, and asks something 50 times a second. As a process, so that what the test does costs it nothing.

    witness.py SOCKET [survives]     ends with its standard input, and prints what it found as JSON: "error" if it missed anything

One that survives comes back after each restart of the daemon, by itself, and then streams anew: it finds no gap within an epoch,
and folds to what the daemon has. What it asks while no daemon serves does not count.
"""
import json
import os
import subprocess
import sys
import time
import types

from harness import Client, Replica
from lasting import Lasting

ASK_EVERY = 0.02  # seconds


class Witness:
    """The process, as a test has it."""

    def __init__(self, place, survives=False):
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), place.socket_path,
                                         *(["survives"] if survives else [])],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()  # it streams

    def end(self):
        """{"error", "requests", "p99_ms", "worst_ms", "chunks", "epochs"}"""
        found, _ = self.process.communicate(timeout=60)
        return json.loads(found)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Found:
    """What is counted."""

    def __init__(self):
        self.times, self.chunks, self.epochs = [], 0, 1

    def found(self, error):
        times = sorted(self.times) or [0]
        few = min(len(times) * 99 // 100, max(0, len(times) - 2))  # of less than 100 the worst one is none of 99 in 100
        return {"error": error, "requests": len(self.times), "p99_ms": times[few],
                "worst_ms": times[-1], "chunks": self.chunks, "epochs": self.epochs}


class Watcher(Found):
    def __init__(self, client):
        super().__init__()
        self.client = client
        self.session = client.request("session.create", params={"model": "demo/stoa"})["session"]
        self.replica = Replica(client.attach(self.session))
        client.request("message.send", self.session, {"text": "/demo rate=50 chunks=1000000"})
        client.event("stream.chunk", self.session)

    def fold(self):
        for event in self.client.events:
            self.chunks += event["type"] == "stream.chunk"
            self.replica.fold(event)
        self.client.events.clear()
        if any(n["notice"] != "config" for n in self.client.notices):  # which all are told
            raise AssertionError(f"a notice: {self.client.notices}")

    def ask(self):
        begun = time.monotonic()
        self.client.replies.clear()
        self.client.request("session.info", self.session)
        self.times.append((time.monotonic() - begun) * 1000)
        while time.monotonic() - begun < ASK_EVERY:
            self.client.take(max(0.001, begun + ASK_EVERY - time.monotonic()))
        self.fold()

    def end(self):
        """None, or what is wrong."""
        before = self.chunks
        self.client.event("stream.chunk", self.session)
        self.fold()
        return None if self.chunks > before else "the stream stood still"


class Survivor(Found):
    """Its Lasting folds, and raises where anything is missing."""

    def __init__(self, client):
        super().__init__()
        self.client, self.session, self.epoch, self.sends = client, None, None, False
        client.seen = self.see
        client.request("session.create", params={"model": "demo/stoa"}, done=self.follow)
        client.wait(lambda: self.stream() or self.chunks, "the first chunk")

    def see(self, event):
        self.chunks += event["type"] == "stream.chunk"

    def follow(self, message):
        self.session = message["ok"]["session"]
        self.client.follow(self.session)

    def stream(self):
        """Whenever nothing streams: the end of a daemon has ended that."""
        followed = self.client.follows.get(self.session)
        if not followed or not followed.live:
            return
        self.epochs += self.epoch not in (None, followed.replica.epoch)
        self.epoch = followed.replica.epoch
        if followed.replica.state == "idle" and not self.sends:
            self.sends = True
            self.client.request("message.send", self.session, {"text": "/demo rate=50 chunks=1000000"}, self.sent)

    def sent(self, message):
        self.sends = False
        assert "ok" in message or message["error"]["code"] == "shutting_down", message

    def ask(self):
        begun, connects, answered = time.monotonic(), self.client.connects, []
        if self.client.connected:
            self.client.request("session.info", self.session, anew=True, done=answered.append)
        while not answered and self.client.connected and self.client.connects == connects:
            self.client.turn(ASK_EVERY)
        if answered:
            self.times.append((time.monotonic() - begun) * 1000)
        while time.monotonic() - begun < ASK_EVERY:
            self.client.turn(max(0.001, begun + ASK_EVERY - time.monotonic()))
        self.stream()

    def end(self):
        before, followed = self.chunks, self.client.follows[self.session]
        self.client.wait(lambda: self.stream() or self.chunks > before, "a further chunk")
        self.client.request("session.interrupt", self.session)
        self.client.wait(lambda: followed.live and followed.replica.state == "idle" and not self.client.pending, "idle")
        fresh = []
        self.client.request("session.snapshot", self.session, {"limit": 200}, done=fresh.append)
        self.client.wait(lambda: fresh, "a snapshot")
        there = Replica(fresh[0]["ok"])
        same = (there.seq, there.state) == (followed.replica.seq, followed.replica.state) and all(
            followed.replica.messages[id]["text"] == message["text"] for id, message in there.messages.items())
        return f"{self.client.lost} events are missing" if self.client.lost else None if same else "what it folded differs"


def main():
    place = types.SimpleNamespace(socket_path=sys.argv[1])
    watcher, error = Survivor(Lasting(place)) if sys.argv[2:] else Watcher(Client(place)), None
    print("streams", flush=True)
    os.set_blocking(0, False)
    try:
        watcher.ask()
        while sys.stdin.buffer.raw.read(1) is None:
            watcher.ask()
        error = watcher.end()
    except (AssertionError, KeyError) as wrong:
        error = f"{type(wrong).__name__}: {wrong}"
    print(json.dumps(watcher.found(error)))


if __name__ == "__main__":
    main()
