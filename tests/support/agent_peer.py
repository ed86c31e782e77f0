"""The daemon's end of an agent link: starts a real stoa-agent on a socketpair and speaks proto/link.h with it."""

import json
import os
import select
import socket
import struct
import subprocess
import time

LOAD, EVENT, TURN, INTERRUPT, STOP, PROBE, SERVERS, GO, HOST, COMPACT, VISIT, SECRETS = range(1, 13)
READY, FACT, CHUNK, BEAT, PROBED = range(64, 69)
REQUEST, REPLY, NOTE, CANCEL = range(128, 132)
CHUNK_KINDS = ["text", "reasoning", "tool_call", "tool_input"]
ULID = "01j8zq4k3n0000000000000000"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def snapshot(messages=(), **members):
    base = {
        "session": "s_" + ULID, "epoch": "e_" + ULID, "seq": 0, "state": "idle", "title": "", "owner": "ann",
        "model": "local/any", "system": None, "temperature": None, "max_tokens": None, "created": 1, "activity": 1,
        "archived": False, "ended": False, "error": None, "retry": None,
        "usage": {"input": 0, "output": 0, "cached": 0, "reasoning": 0}, "turns": 0,
        "messages_total": len(messages), "messages": list(messages), "queue": [], "participants": [],
    }
    base.update(members)
    return base


class Agent:
    """One agent. What it says is in order in `frames`: (kind, JSON or chunk dict)."""

    def __init__(self, program=None, env=None):
        program = program or os.environ.get("STOA_AGENT", os.path.join(ROOT, "build", "stoa-agent"))
        ours, theirs = socket.socketpair()
        started = time.monotonic()

        def keep_descriptor_3():
            if theirs.fileno() == 3:
                os.set_inheritable(3, True)
            else:
                os.dup2(theirs.fileno(), 3)

        passed = dict(os.environ if env is None else env)
        self.process = subprocess.Popen([program], preexec_fn=keep_descriptor_3, close_fds=False, env=passed)
        theirs.close()
        self.socket, self.buffer, self.frames, self.seq, self.messages = ours, b"", [], 0, 0
        self.builtins = "built in"  # what built-in tools answer; None: nothing
        self.ready = self.wait(lambda kind, data: kind == READY)
        self.ready_ms = (time.monotonic() - started) * 1000

    def send(self, kind, data=None):
        self.send_bytes(kind, json.dumps({} if data is None else data).encode())

    def send_bytes(self, kind, payload):
        self.socket.sendall(struct.pack("<IB", len(payload) + 1, kind) + payload)

    def event(self, kind, data):
        self.seq += 1
        self.send(EVENT, {"session": "s_" + ULID, "epoch": "e_" + ULID, "seq": self.seq, "ts": 1, "type": kind,
                          "data": data})

    def load(self, messages=(), **members):
        self.seq = members.get("seq", 0)
        self.send(LOAD, {"snapshot": snapshot(messages, **members)})

    def rules(self, *rules):
        """The configuration's rules, as "effect pattern"; no servers."""
        self.send(SERVERS, {"servers": [], "rules": [dict(zip(("effect", "pattern"), rule.split(" ", 1)), origin="config")
                                                     for rule in rules]})

    def user(self, text):
        """A user's message and the step to thinking, as the daemon sends them before TURN."""
        self.messages += 1
        identity = "m_" + ULID[:-4] + "%04d" % self.messages
        self.event("message.added", {"message": {"id": identity, "role": "user", "author": "ann", "ts": 1,
                                                 "status": "complete", "content": [{"type": "text", "text": text}]}})
        self.event("state.changed", {"old": "idle", "new": "thinking"})

    def turn(self, api="demo", base_url=None, key=None, **order):
        provider = {"name": "local", "api": api}
        if base_url:
            provider["base_url"] = base_url
        if key:
            provider["secret"] = "provider:local"
            name, value = b"provider:local", key.encode()
            self.send_bytes(SECRETS, bytes([len(name)]) + name + struct.pack("<I", len(value)) + value)
        self.send(TURN, {"model": "any", "provider": provider, **order})

    def ask(self, text, until_idle=True, timeout=20, **order):
        """A whole turn. Its facts go back as events, as the daemon does. Returns the frames of the turn."""
        start = len(self.frames)
        self.user(text)
        self.turn(**order)
        if until_idle:
            self.wait_idle(timeout)
        return self.frames[start:]

    def wait_idle(self, timeout=20):
        self.wait(lambda kind, data: kind == FACT and data["type"] == "state.changed"
                  and data["data"]["new"] == "idle", timeout)

    def wait(self, wanted, timeout=20):
        """The first frame from now on for which wanted(kind, data) holds."""
        deadline = time.monotonic() + timeout
        while True:
            frame = self.next_frame()
            while frame is None:
                left = deadline - time.monotonic()
                if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                    raise TimeoutError("the agent said %s" % self.frames[-3:])
                data = self.socket.recv(1 << 18)
                if not data:
                    raise EOFError("the agent left with %s" % self.process.wait(5))
                self.buffer += data
                frame = self.next_frame()
            self.frames.append(frame)
            kind, data = frame
            if kind == FACT and data["type"] not in ("turn.retrying", "tool.progress", "mcp.log"):
                self.event(data["type"], data["data"])
            if kind == FACT and data["type"] == "tool.started" and "message" in data["data"]:
                self.send(GO, {name: data["data"][name] for name in ("message", "block")})
            if kind == REQUEST and data["op"] == "builtin" and self.builtins is not None:
                self.send(REPLY, {"id": data["id"], "ok": {"text": self.builtins}})
            if kind == REQUEST and data["op"] == "start":
                self.send(REPLY, {"id": data["id"], "ok": {}})
            if wanted(kind, data):
                return data

    def next_frame(self):
        if len(self.buffer) < 4:
            return None
        (size,) = struct.unpack_from("<I", self.buffer)
        if len(self.buffer) < 4 + size:
            return None
        kind, payload = self.buffer[4], self.buffer[5:4 + size]
        self.buffer = self.buffer[4 + size:]
        if kind != CHUNK:
            return kind, json.loads(payload)
        index, count, block, what, length = struct.unpack_from("<QIIBB", payload)
        return kind, {"index": index, "count": count, "block": block, "kind": CHUNK_KINDS[what],
                      "message": payload[18:18 + length].decode(), "delta": payload[18 + length:].decode()}

    def private_kb(self):
        """Private memory of the process, in KiB."""
        total = 0
        with open("/proc/%d/smaps_rollup" % self.process.pid) as rollup:
            for line in rollup:
                if line.startswith("Private"):
                    total += int(line.split()[1])
        return total

    def stop(self):
        try:
            self.send(STOP)
        except OSError:
            pass
        code = self.process.wait(5)
        self.socket.close()
        return code


def facts(frames, kind=None):
    return [data["data"] for what, data in frames if what == FACT and kind in (None, data["type"])]


def types(frames):
    """The order of what was said: names of facts, "chunk" for a run of chunks."""
    names = []
    for what, data in frames:
        name = data["type"] if what == FACT else "chunk" if what == CHUNK else "beat"
        if what >= REQUEST:
            continue
        if name == "state.changed":
            name = data["data"]["new"]
        if name != "beat" and not (name == "chunk" and names[-1:] == ["chunk"]):
            names.append(name)
    return names


def chunk_blocks(frames):
    """The content as the chunks alone tell it, checked for gaps: [(kind, text)]."""
    blocks, index = [], 0
    for what, data in frames:
        if what != CHUNK:
            continue
        assert data["index"] == index, (data, index)
        index += data["count"]
        if data["block"] == len(blocks):
            assert data["kind"] != "tool_input"
            blocks.append([data["kind"], ""])
        blocks[data["block"]][1] += data["delta"]
    return [tuple(block) for block in blocks]
