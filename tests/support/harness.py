"""What the end-to-end tests stand on: a daemon in a private folder, a client of the protocol written from PROTOCOL.md alone,
watchers, terminals. Everything waits for conditions with a deadline; nothing sleeps for a fixed time."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import zmq

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("STOA_BUILD", os.path.join(ROOT, "build"))
SLOW_DISK = os.environ.get("STOA_SLOW_DISK", "")  # milliseconds that each sync of a store takes
DISK_SLACK = 10 * int(SLOW_DISK or 0) / 1000  # seconds: for bounds on what is answered when it is on disk


def is_sanitized(path):
    """Whether a program was built with a sanitizer."""
    if not os.path.exists(path):
        return False
    with open(path, "rb") as file:
        text = file.read()
    return b"__asan_init" in text or b"__tsan_init" in text


SANITIZED = is_sanitized(os.path.join(BUILD, "stoad"))
PATIENCE = 30 if SANITIZED else 15


def program(name):
    return os.path.join(BUILD, name)


def wait_for(condition, what, seconds=PATIENCE):
    """Polls until condition() is true, and returns its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.005)


def cpu_seconds(pid):
    """User and system time of a process, from nanoseconds where the kernel has them."""
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0]) / 1e9


def cpu_all_threads(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/schedstat") as file:
                total += int(file.read().split()[0])
        except FileNotFoundError:
            pass
    return total / 1e9


def children(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found += [int(word) for word in file.read().split()]
    except FileNotFoundError:
        pass
    return found


class Place:
    """A private folder with everything a daemon needs, removed at the end."""

    def __init__(self, config="", env=None):
        self.folder = tempfile.mkdtemp(prefix="stoa-t-")
        self.env = {key: value for key, value in os.environ.items()
                    if not key.startswith(("STOA_", "ANTHROPIC_", "OPENAI_", "NOTIFY_", "TMUX"))}
        self.env.update(STOA_RUNTIME_DIR=f"{self.folder}/run", STOA_STATE_DIR=f"{self.folder}/state",
                        HOME=self.folder, XDG_CONFIG_HOME=f"{self.folder}/cfg", LC_ALL="C.UTF-8",
                        STOA_NO_START="1", STOA_SESSION_AUTO_TITLE="false")  # questions to a model can be counted
        self.env.update(env or {})
        # A crash must look as it does without sanitizers.
        self.env["ASAN_OPTIONS"] = "handle_segv=0:handle_abort=0:handle_sigbus=0"
        self.config_path = f"{self.folder}/config.yaml"
        self.write_config(config or "default_model: demo/stoa\n")
        self.socket_path = f"{self.folder}/run/stoad.sock"

    def write_config(self, text):
        with open(self.config_path, "w") as file:
            file.write(text)

    def preload(self, name):
        """Builds tests/support/NAME.c, for LD_PRELOAD."""
        library = f"{self.folder}/{name}.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, f"{ROOT}/tests/support/{name}.c", "-ldl"], check=True)
        return library

    def slow_disk(self, slow):
        """With STOA_SLOW_DISK: not while a daemon starts, or each test would wait for a store to be made. Gives what
        its environment has besides."""
        if not SLOW_DISK:
            return {}
        with open(f"{self.folder}/disk.fault", "w") as file:
            file.write(f"slow {SLOW_DISK}" if slow else "")
        library = f"{self.folder}/disk_fault.so"
        if not os.path.exists(library):
            self.preload("disk_fault")
        return {"LD_PRELOAD": " ".join([library, self.env.get("LD_PRELOAD", "")]), "DISK_FAULT": f"{self.folder}/disk.fault"}

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Daemon:
    """stoad in the foreground of a Place; start() returns when it has said READY."""

    total = 0

    def __init__(self, place):
        self.place = place
        self.wrapper = []  # a program that becomes stoad
        self.process = None
        self.starts = 0

    def start(self, wait=True):
        self.starts += 1
        Daemon.total += 1
        path = f"{self.place.folder}/notify.{Daemon.total}"
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(path)
        self.log = open(f"{self.place.folder}/stoad.log", "ab")
        slow = self.place.slow_disk(False)
        self.process = subprocess.Popen([*self.wrapper, program("stoad"), "--config", self.place.config_path],
                                        env=dict(self.place.env, NOTIFY_SOCKET=path, **slow), stderr=self.log,
                                        stdin=subprocess.DEVNULL)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        self.notify.settimeout(0.05)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if b"READY=1" in self.notify.recv(4096):
                    self.place.slow_disk(True)
                    return
            except TimeoutError:
                pass
            if self.process.poll() is not None:
                raise AssertionError(f"stoad left with {self.process.returncode}: {self.log_text()[-2000:]}")
        raise AssertionError(f"stoad not ready: {self.log_text()[-2000:]}")

    @property
    def pid(self):
        return self.process.pid

    def log_text(self):
        with open(f"{self.place.folder}/stoad.log", errors="replace") as file:
            return file.read()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._close()

    def stop(self, seconds=PATIENCE):
        """SIGTERM; returns the exit code."""
        self.process.terminate()
        code = self.process.wait(seconds)
        self._close()
        return code

    def _close(self):
        self.notify.close()
        self.log.close()

    def agents(self):
        return [pid for pid in children(self.pid)]


class RequestError(Exception):
    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['text']}")
        self.code, self.text, self.detail = error["code"], error["text"], error.get("detail", {})


class Client:
    """A client of PROTOCOL.md: two frames, requests with ids, events as they come."""
    context = zmq.Context()
    count = 0

    def __init__(self, place, backlog=0):
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVHWM, backlog)
        self.socket.setsockopt(zmq.RECONNECT_IVL, 10)
        self.socket.connect(f"ipc://{place.socket_path}")
        self.replies, self.events, self.notices = {}, [], []

    def close(self):
        self.socket.close()

    def send(self, method, session=None, params=None, id=None):
        if id is None:
            Client.count += 1
            id = f"t_{os.getpid()}_{Client.count}_{time.monotonic_ns()}"
        request = {"id": id, "method": method, "params": params or {}}
        if session:
            request["session"] = session
        self.socket.send_multipart([b"stoa/1", json.dumps(request).encode()])
        return id

    def take(self, seconds):
        """Takes one message in; False if none came."""
        if not self.socket.poll(max(0, int(seconds * 1000))):
            return False
        frames = self.socket.recv_multipart()
        assert frames[0] == b"stoa/1" and len(frames) == 2, frames
        message = json.loads(frames[1])
        if "id" in message:
            self.replies.setdefault(message["id"], []).append(message)
        elif "type" in message:
            self.events.append(message)
        else:
            self.notices.append(message)
        return True

    def wait(self, condition, what, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            left = end - time.monotonic()
            if left <= 0:
                raise AssertionError(f"not within {seconds} s: {what}")
            self.take(min(left, 0.5))

    def reply(self, id, seconds=PATIENCE):
        message = self.wait(lambda: self.replies.get(id), f"reply to {id}", seconds)[0]
        if "error" in message:
            raise RequestError(message["error"])
        return message["ok"]

    def request(self, method, session=None, params=None, id=None, seconds=PATIENCE):
        return self.reply(self.send(method, session, params, id), seconds)

    def attach(self, session):
        """Subscribe, then snapshot, as PROTOCOL.md says; returns the snapshot."""
        self.request("session.subscribe", params={"sessions": [session]})
        return self.request("session.snapshot", session)

    def follow(self, sessions):
        """Subscribes to any number of sessions, some at a time."""
        for at in range(0, len(sessions), 16):
            self.request("session.subscribe", params={"sessions": sessions[at:at + 16]})

    def event(self, type, session=None, after=0, seconds=PATIENCE, **data):
        """Waits for an event of that type and data."""
        def found():
            for event in self.events[after:]:
                if event["type"] == type and session in (None, event["session"]) and \
                        all(event["data"].get(key) == value for key, value in data.items()):
                    return event
            return None
        return self.wait(found, f"event {type} {data}", seconds)

    def idle(self, session, after=0, seconds=PATIENCE):
        return self.event("state.changed", session, after, seconds, new="idle")

    def on_disk(self):
        """Waits until what has been seen would outlive the daemon. For admins."""
        self.request("audit.list", params={"limit": 1})


def text_of(message):
    return "".join(block["text"] for block in message["content"] if block["type"] == "text")


class Replica:
    """An independent fold of what PROTOCOL.md says, enough to compare texts and to prove that nothing was missed."""

    def __init__(self, snapshot):
        self.seq, self.epoch = snapshot["seq"], snapshot["epoch"]
        self.state = snapshot["state"]
        self.messages = {m["id"]: {"text": text_of(m), "next": m.get("index", 0), "status": m["status"]}
                         for m in snapshot["messages"]}

    def fold(self, event):
        assert event["epoch"] == self.epoch, "another epoch"
        data = event["data"]
        if "seq" in event:
            if event["seq"] <= self.seq:
                return False
            assert event["seq"] == self.seq + 1, f"gap: {self.seq} then {event['seq']}"
            self.seq = event["seq"]
            if event["type"] == "message.added":
                message = data["message"]
                self.messages[message["id"]] = {"text": text_of(message), "next": 0, "status": message["status"]}
            elif event["type"] == "stream.completed":
                message = self.messages[data["message"]]
                final = text_of(data)
                assert data["status"] != "complete" or message["text"] == final, "chunks differ from the final text"
                message.update(text=final, status=data["status"])
            elif event["type"] == "state.changed":
                self.state = data["new"]
        elif event["type"] == "stream.chunk":
            message = self.messages.get(data["message"])
            if event["at"] > self.seq:
                raise AssertionError("a chunk follows an event that was not seen")
            if message is None or data["index"] + data["count"] <= message["next"]:
                return False
            if message["status"] != "streaming":  # the snapshot is newer than the chunk
                assert event["at"] < self.seq, "a chunk of a message that has ended"
                return False
            assert data["index"] == message["next"], f"chunk gap: {message['next']} then {data['index']}"
            message["next"] = data["index"] + data["count"]
            if data["kind"] == "text":
                message["text"] += data["delta"]
        return True


class Watch:
    """`stoa watch --json`, read line by line in the background."""

    def __init__(self, place, session, *args):
        self.process = subprocess.Popen([program("stoa"), "watch", session, "--json", *args], env=place.env,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append((time.monotonic(), json.loads(line)))

    def snapshots(self):
        return [line["snapshot"] for _, line in list(self.lines) if "snapshot" in line]

    def events(self, type=None):
        return [line for _, line in list(self.lines) if "type" in line and type in (None, line["type"])]

    def wait(self, condition, what, seconds=PATIENCE):
        def check():
            if self.process.poll() is not None and not condition():
                raise AssertionError(f"watch left with {self.process.returncode}: {self.process.stderr.read()!r}")
            return condition()
        return wait_for(check, what, seconds)

    def replica(self):
        """Folds every line; a gap or a difference raises."""
        replica = None
        for _, line in list(self.lines):
            if "snapshot" in line:
                replica = Replica(line["snapshot"])
            else:
                replica.fold(line)
        return replica

    def close(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        self.process.stderr.close()


class Terminal:
    """A tmux of its own with one window."""
    count = 0

    def __init__(self, place, command, columns=100, rows=30, scrollback=2000):
        Terminal.count += 1
        self.name = f"stoa-{os.getpid()}-{Terminal.count}"
        self.env = place.env
        self._tmux("-f", "/dev/null", "start-server", ";", "set", "-g", "history-limit", str(scrollback), ";", "new-session", "-d", "-x", str(columns), "-y", str(rows), command)
        self._tmux("set", "-g", "status", "off")
        self._tmux("set", "-g", "remain-on-exit", "on")

    def _tmux(self, *args):
        return subprocess.run(["tmux", "-L", self.name, *args], env=dict(self.env, TERM="xterm-256color"), check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout.decode()

    def screen(self, *args):
        return self._tmux("capture-pane", "-p", *args)

    def keys(self, *keys):
        self._tmux("send-keys", *keys)

    def type(self, text):
        self._tmux("send-keys", "-l", text)

    def resize(self, columns, rows):
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def wait(self, pattern, seconds=PATIENCE):
        try:
            return wait_for(lambda: re.search(pattern, self.screen()), f"/{pattern}/ on the screen", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.screen()}") from None

    def settle(self, seconds=0.3):
        """Until nothing has changed for so long; returns the screen."""
        last, since = None, time.monotonic()
        while time.monotonic() - since < seconds:
            shown = self.screen()
            if shown != last:
                last, since = shown, time.monotonic()
            time.sleep(0.02)
        return last

    def pid(self):
        return int(self._tmux("display", "-p", "#{pane_pid}"))

    def flag(self, name):
        return self._tmux("display", "-p", "#{" + name + "}").strip()

    def close(self):
        subprocess.run(["tmux", "-L", self.name, "kill-server"], env=self.env, stderr=subprocess.DEVNULL, check=False)


def stoa(place, *args, input=None, seconds=60, check=True):
    """Runs a subcommand; returns the finished process with text output."""
    done = subprocess.run([program("stoa"), *args], env=place.env, input=input, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=seconds, text=True,
                          **({} if input is not None else {"stdin": subprocess.DEVNULL}))
    if check and done.returncode != 0:
        raise AssertionError(f"stoa {' '.join(args)}: exit {done.returncode}: {done.stderr}")
    return done


class StoaTest(unittest.TestCase):
    """A test with a place and a daemon; `config` and `env` may be set by the class."""
    config = ""
    env = {}
    autostart = True
    log_must_not = r"runtime error|Sanitizer|can't be folded|handle of the loop"

    def setUp(self):
        self.place = Place(self.config, self.env)
        self.daemon = Daemon(self.place)
        self.things = []
        if self.autostart:
            self.daemon.start()

    def tearDown(self):
        for thing in reversed(self.things):
            thing.close()
        if self.daemon.process and self.daemon.process.poll() is None:
            code = self.daemon.stop()
        else:
            code = None
        failed = self._outcome.result.failures + self._outcome.result.errors if self._outcome else []
        text = self.daemon.log_text() if self.daemon.starts else ""
        if any(test is self for test, _ in failed) or code not in (None, 0) or "runtime error" in text or \
                "Sanitizer" in text:
            print(f"--- stoad log of {self.id()}\n{text[-4000:]}", flush=True)
        self.place.remove()
        self.assertIn(code, (None, 0), "exit code of stoad at SIGTERM")
        self.assertNotRegex(text, self.log_must_not, "the daemon's log")

    def keep(self, thing):
        self.things.append(thing)
        return thing

    def client(self, backlog=0):
        return self.keep(Client(self.place, backlog))

    def watch(self, session):
        return self.keep(Watch(self.place, session))

    def terminal(self, command, columns=100, rows=30, **more):
        return self.keep(Terminal(self.place, command, columns, rows, **more))

    def session(self, client=None, **params):
        client = client or self.client()
        return client.request("session.create", params=params)["session"]


__all__ = [name for name in dir() if not name.startswith("_")]
_ = signal
