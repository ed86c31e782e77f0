#!/usr/bin/python3
"""An agent that does not keep to proto/link.h. How, is in ~/bad_agent (the name of a function here)."""
import json
import os
import select
import signal
import socket
import struct
import time

LOAD, EVENT, TURN, INTERRUPT, STOP, READY, FACT, CHUNK, BEAT = 1, 2, 3, 4, 5, 64, 65, 66, 67
MESSAGE = f"m_01j8zq4k3nw8x5t7v{os.getpid():09d}"
link = socket.socket(fileno=3)


def frame(kind, payload=b"{}"):
    link.sendall(struct.pack("<IB", len(payload) + 1, kind) + payload)


def fact(type, **data):
    frame(FACT, json.dumps({"type": type, "data": data}).encode())


def chunk(delta, index, block=0, kind=0, message=MESSAGE):
    id = message.encode()
    frame(CHUNK, struct.pack("<QIIBB", index, 1, block, kind, len(id)) + id + delta)


def read_exactly(count):
    data = b""
    while len(data) < count:
        piece = link.recv(count - len(data))
        if not piece:
            os._exit(0)
        data += piece
    return data


def read(*kinds):
    """The payload of the next frame of one of these kinds; others are skipped."""
    while True:
        size, = struct.unpack("<I", read_exactly(4))
        body = read_exactly(size)
        if body[0] in kinds:
            return json.loads(body[1:])


def turn():
    frame(READY, json.dumps({"link": 3, "version": "0", "pid": os.getpid()}).encode())
    return read(TURN)


def begin(id=MESSAGE, content=()):
    fact("message.added", message={"id": id, "role": "assistant", "author": "bad", "ts": 1, "status": "streaming",
                                   "content": list(content)})
    fact("state.changed", new="streaming")


def hold():
    while True:
        signal.pause()


def garbage():
    turn()
    link.sendall(b"\xff" * 4096)


def half_a_frame():
    turn()
    link.sendall(struct.pack("<IB", 1000, FACT) + b"{")
    link.close()


def giant():
    turn()
    frame(FACT, b"[" * ((24 << 20) + 1))


def unknown_kind():
    turn()
    frame(200)


def fact_before_ready():
    fact("state.changed", new="idle")


def ready_twice():
    turn()
    frame(READY, b'{"link":3}')


def no_json():
    turn()
    frame(FACT, b"{")


def another_version():
    frame(READY, b'{"link":99,"version":"9","pid":1}')


def event_of_others():
    turn()
    fact("session.updated", title="mine now")


def megabytes_of_error():
    turn()
    fact("error.occurred", kind="provider", text="x" * (4 << 20))


def idle_while_it_streams():
    turn()
    begin()
    fact("state.changed", new="idle")


def chunk_of_no_message():
    turn()
    chunk(b"x", 0)


def chunks_without_end():
    turn()
    begin()
    for index in range(100000):
        chunk(b"x" * 65536, index, block=index // 16)


def completed_too_large():
    turn()
    begin()
    fact("stream.completed", message=MESSAGE, status="complete",
         content=[{"type": "text", "text": "\x01" * 600000} for _ in range(3)])


def state_storm():
    turn()
    fact("state.changed", new="streaming")
    while True:
        fact("state.changed", new="thinking")
        fact("state.changed", new="streaming")


def content_at_once():
    turn()
    begin(content=[{"type": "text", "text": "x"}])


def takes_from_the_queue():
    turn()
    begin()
    event = read(EVENT)
    while event["type"] != "queue.changed":
        event = read(EVENT)
    fact("stream.completed", message=MESSAGE, status="complete", content=[])
    begin(id=event["data"]["added"]["id"])


def closes_its_socket_and_lives():
    """With something unread in it."""
    turn()
    begin()
    select.select([link], [], [])
    link.close()


def deaf():
    """Says what is right, but reads nothing more and ends nothing."""
    turn()
    begin()
    while True:
        frame(BEAT)
        time.sleep(0.1)


def ignores_the_stop():
    """Does a turn as it should, and stays."""
    turn()
    begin()
    chunk(b"done", 0)
    fact("stream.completed", message=MESSAGE, status="complete", content=[{"type": "text", "text": "done"}])
    fact("state.changed", new="idle")


def leaves_a_family():
    """A child, one with a session of its own, and one whose parent has died; all deaf. Their pids are in ~/family."""
    turn()
    open(os.path.expanduser("~/family"), "w").close()  # read below, maybe before any of them has written
    for kind in range(3):
        pid = os.fork()
        if pid:
            if kind == 2:
                os.waitpid(pid, 0)
            continue
        if kind:
            os.setsid()
        if kind == 2 and os.fork():
            os._exit(0)
        with open(os.path.expanduser("~/family"), "a") as file:
            file.write(f"{os.getpid()}\n")
        hold()
    while open(os.path.expanduser("~/family")).read().count("\n") < 3:
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGKILL)


def silent():
    """Never says that it is ready."""


with open(os.path.expanduser("~/bad_agent")) as file:
    how = file.read().strip()
signal.signal(signal.SIGTERM, signal.SIG_IGN)
try:
    globals()[how]()
except OSError:
    pass
hold()
