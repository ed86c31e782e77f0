"""A healthy client in a session of its own, beside whatever else is tried with its daemon: it follows a stream, folds all
that it sees, and asks something 50 times a second. As a process, so that what the test does costs it nothing.

    witness.py SOCKET     ends with its standard input, and prints what it found as JSON: "error" if it missed anything
"""
import json
import os
import subprocess
import sys
import time
import types

ASK_EVERY = 0.02  # seconds


class Witness:
    """The process, as a test has it."""

    def __init__(self, place):
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), place.socket_path],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()  # it streams

    def end(self):
        """{"error", "requests", "p99_ms", "worst_ms", "chunks"}"""
        found, _ = self.process.communicate(timeout=30)
        return json.loads(found)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Watcher:
    def __init__(self, client, replica_of):
        self.client = client
        self.session = client.request("session.create")["session"]
        self.replica = replica_of(client.attach(self.session))
        self.folded = self.chunks = 0
        self.times = []
        client.request("message.send", self.session, {"text": "/demo rate=50 chunks=1000000"})
        client.event("stream.chunk", self.session)

    def fold(self):
        for event in self.client.events[self.folded:]:
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

    def found(self, error):
        times = sorted(self.times) or [0]
        return {"error": error, "requests": len(self.times), "p99_ms": times[int(len(times) * 0.99)],
                "worst_ms": times[-1], "chunks": self.chunks}


def main():
    from harness import Client, Replica
    watcher, error = Watcher(Client(types.SimpleNamespace(socket_path=sys.argv[1])), Replica), None
    print("streams", flush=True)
    os.set_blocking(0, False)
    try:
        while sys.stdin.buffer.raw.read(1) is None:
            watcher.ask()
        before = watcher.chunks
        watcher.client.event("stream.chunk", watcher.session)
        watcher.fold()
        if watcher.chunks == before:
            error = "the stream stood still"
    except (AssertionError, KeyError) as wrong:
        error = f"{type(wrong).__name__}: {wrong}"
    print(json.dumps(watcher.found(error)))


if __name__ == "__main__":
    main()
