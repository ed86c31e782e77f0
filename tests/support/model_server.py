"""A model server that does exactly what a test tells it, byte by byte.

Each request takes the next script: a list of steps that are bytes to send, numbers to wait (seconds), "cut" to reset the
connection, or "keep" to take another request on it; the first bytes are the whole head of the answer. The last script is
repeated. Requests are kept.
"""

import json
import socket
import struct
import threading
import time


def head(status="200 OK", kind="text/event-stream", **headers):
    lines = ["HTTP/1.1 " + status, "Content-Type: " + kind, "Connection: close"]
    lines += ["%s: %s" % (name.replace("_", "-"), value) for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def whole(status, body, kind="application/json", **headers):
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return head(status, kind, Content_Length=len(text), **headers) + text


def data(value, event=None):
    text = value if isinstance(value, str) else json.dumps(value)
    return (("event: %s\n" % event if event else "") + "data: %s\n\n" % text).encode()


def openai(content=None, finish=None, **delta):
    if content is not None:
        delta["content"] = content
    return data({"id": "c", "object": "chat.completion.chunk", "choices": [
        {"index": 0, "delta": delta, "finish_reason": finish}]})


def anthropic(kind, **members):
    return data({"type": kind, **members}, kind)


class ModelServer:
    def __init__(self, *scripts):
        self.scripts, self.requests, self.connections = list(scripts), [], 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.url = "http://127.0.0.1:%d/v1" % self.port
        self.closed_early = threading.Event()  # the agent hung up before a script's end
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def read_request(self, peer):
        received = b""
        while b"\r\n\r\n" not in received:
            received += peer.recv(65536) or self.fail()
        top, _, body = received.partition(b"\r\n\r\n")
        lines = top.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        while len(body) < int(headers.get("content-length", 0)):
            body += peer.recv(65536) or self.fail()
        return {"line": lines[0], "headers": headers, "body": json.loads(body) if body else None,
                "time": time.monotonic()}

    @staticmethod
    def fail():
        raise ConnectionError("the agent hung up")

    def serve(self, peer):
        self.connections += 1
        try:
            while self.play(peer):
                pass
        except OSError:
            self.closed_early.set()
        finally:
            peer.close()

    def play(self, peer):
        """One request and its script; whether another one may come on this connection."""
        self.requests.append(self.read_request(peer))
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for step in script:
            if step == "keep":
                return True
            if step == "cut":
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            if isinstance(step, bytes):
                peer.sendall(step)
            else:
                self.wait(peer, step)
        return False

    def wait(self, peer, seconds):
        peer.settimeout(seconds)
        try:
            if not peer.recv(1):
                self.fail()
        except socket.timeout:
            pass
        peer.settimeout(None)

    def close(self):
        self.listener.close()
