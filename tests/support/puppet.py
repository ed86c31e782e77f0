#!/usr/bin/python3
"""An agent without a will: as a program it joins its link to ~/puppets.sock, where a test (class Puppets) speaks
proto/link.h for it, frame by frame."""
import json
import os
import select
import socket
import struct
import threading
import time

LOAD, EVENT, TURN, INTERRUPT, STOP, PROBE, SERVERS, GO, HOST, COMPACT = range(1, 11)
READY, FACT, CHUNK, BEAT, PROBED = range(64, 69)
REQUEST, REPLY, NOTE, CANCEL = range(128, 132)
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix):
    return prefix + "".join(ALPHABET[byte % 32] for byte in os.urandom(26))


class Puppet:
    """One agent's process. Frames that came are in `frames`, in order: (kind, JSON)."""

    def __init__(self, connection, patience):
        self.socket, self.buffer, self.frames, self.patience = connection, b"", [], patience
        self.pid = int(self._exactly(8))
        self.ended = False

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError("the puppet left")
            data += piece
        return data

    def send(self, kind, data=None):
        payload = json.dumps({} if data is None else data).encode()
        self.socket.sendall(struct.pack("<IB", len(payload) + 1, kind) + payload)

    def ready(self):
        self.send(READY, {"link": 3, "version": "0", "pid": self.pid})
        return self

    def fact(self, type, **data):
        self.send(FACT, {"type": type, "data": data})

    def _take(self, seconds):
        if not select.select([self.socket], [], [], max(0, seconds))[0]:
            return False
        try:
            piece = self.socket.recv(1 << 18)
        except ConnectionResetError:
            piece = b""
        if not piece:
            self.ended = True
            return False
        self.buffer += piece
        while len(self.buffer) >= 4:
            size, = struct.unpack_from("<I", self.buffer)
            if len(self.buffer) < 4 + size:
                break
            self.frames.append((self.buffer[4], json.loads(self.buffer[5:4 + size])))
            self.buffer = self.buffer[4 + size:]
        return True

    def wait(self, wanted, what="a frame", after=0):
        """The first frame for which wanted(kind, data) holds; `at` is its place."""
        end = time.monotonic() + self.patience
        seen = after
        while True:
            for place in range(seen, len(self.frames)):
                if wanted(*self.frames[place]):
                    self.at = place
                    return self.frames[place][1]
            seen = len(self.frames)
            left = end - time.monotonic()
            if left <= 0 or self.ended:
                raise AssertionError(f"the puppet got no {what}: {[k for k, _ in self.frames]} ended={self.ended}")
            self._take(min(left, 0.2))

    def frame(self, kind, after=0):
        return self.wait(lambda k, _: k == kind, f"frame {kind}", after)

    def event(self, type, after=0, **data):
        def found(kind, frame):
            return kind == EVENT and frame["type"] == type and \
                all(frame["data"].get(key) == value for key, value in data.items())
        return self.wait(found, f"event {type} {data}", after)

    def has(self, kind):
        """Whether such a frame has come, after all that is there was read."""
        while self._take(0):
            pass
        return any(k == kind for k, _ in self.frames)

    def wait_end(self):
        end = time.monotonic() + self.patience
        while not self.ended and time.monotonic() < end:
            self._take(0.1)
        assert self.ended, "the puppet lives still"

    # --- what a turn is made of ---

    def reply(self, *calls, text="Let me see."):
        """A whole message of the model with these calls, (name, arguments as text); returns its id."""
        message = new_id("m_")
        self.fact("message.added", message={"id": message, "role": "assistant", "author": "puppet/any", "ts": 1,
                                            "status": "streaming", "content": []})
        self.fact("state.changed", new="streaming")
        content = [{"type": "text", "text": text}] + [
            {"type": "tool_call", "id": f"call_{number}", "name": name, "input": arguments}
            for number, (name, arguments) in enumerate(calls)]
        self.fact("stream.completed", message=message, status="complete", content=content,
                  stop_reason="tool_use" if calls else "end_turn")
        return message

    def ask(self, message, block, server="files", tool="write_file", **more):
        question = new_id("q_")
        self.fact("question.asked", question={"id": question, "kind": "permission", "message": message, "block": block,
                                              "server": server, "tool": tool, "text": f"{server}/{tool}",
                                              "arguments": "{}", "asked": 1, **more})
        return question

    def step(self, new):
        self.fact("state.changed", new=new)

    def started(self, message, block, server="files", tool="write_file", **more):
        self.fact("tool.started", message=message, block=block, server=server, tool=tool, **more)

    def ended_call(self, message, block, result="done", state="done"):
        self.fact("tool.ended", message=message, block=block, state=state, result=result, ms=1)

    def close(self):
        self.socket.close()


class Puppets:
    """Where puppets come to."""

    def __init__(self, folder, patience):
        self.patience = patience
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(f"{folder}/puppets.sock")
        self.socket.listen(8)
        self.all = []

    def next(self):
        """The next process that starts: it has said nothing yet."""
        self.socket.settimeout(self.patience)
        connection, _ = self.socket.accept()
        connection.settimeout(self.patience)
        self.all.append(Puppet(connection, self.patience))
        return self.all[-1]

    def none(self, seconds=0.3):
        """Whether none comes in a while."""
        self.socket.settimeout(seconds)
        try:
            connection, _ = self.socket.accept()
        except TimeoutError:
            return True
        self.all.append(Puppet(connection, self.patience))
        return False

    def close(self):
        self.socket.close()
        for puppet in self.all:
            puppet.close()


def pump(source, sink):
    try:
        while True:
            data = source.recv(1 << 16)
            if not data:
                break
            sink.sendall(data)
    except OSError:
        pass
    os._exit(0)


def main():
    link = socket.socket(fileno=3)
    test = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    test.connect(os.path.expanduser("~/puppets.sock"))
    test.sendall(b"%08d" % os.getpid())
    threading.Thread(target=pump, args=(link, test), daemon=True).start()
    pump(test, link)


if __name__ == "__main__":
    main()
