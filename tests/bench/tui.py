#!/usr/bin/env python3
"""Measures the full-screen client on a pseudo-terminal, beside a raw ncurses program (echo_loop.c) and `cat`, in one run.

    tui.py [--build DIR] [--json FILE] [--messages N]

The measuring side reads the terminal in one loop with stamps of the monotonic clock and looks at the bytes afterwards; what it
costs itself is in the rows of `cat`, which does nothing but write back what it reads. Compare figures of one run only."""
import argparse
import fcntl
import http.server
import json
import os
import pty
import random
import re
import select
import string
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import tty

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, f"{ROOT}/tests/support")
COLUMNS, ROWS = 200, 50
KEYS = "äöüßéèêàáâçñøåæþðłžšćđðαβγδεζηθικλμνξπρστυφχψωбгджзийлпфцчшщъыьэюя"  # what no stream has
PASTE = 1 << 20
PATIENCE = 30


# --- the model: tokens at a rate, each stamped ---

class Model(http.server.BaseHTTPRequestHandler):
    """Answers "bench COUNT RATE" with so many tokens of letters; stamps go to the file of the environment's BENCH_STAMPS."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked = re.findall(r"bench (\d+) (\d+)", body)
        count, rate = map(int, asked[-1]) if asked else (1, 1000)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        start, stamps = time.monotonic(), []
        for number in range(count):
            left = start + number / rate - time.monotonic()
            if left > 0:
                time.sleep(left)
            token = "".join(random.choices(string.ascii_lowercase, k=7))
            stamps.append(f"{token} {time.monotonic_ns()}\n")
            self.wfile.write(f'data: {{"choices":[{{"index":0,"delta":{{"content":"{token} "}}}}]}}\n\n'.encode())
            self.wfile.flush()
        with open(os.environ["BENCH_STAMPS"], "a") as file:
            file.writelines(stamps)
        self.wfile.write(b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
        self.close_connection = True

    def log_message(self, *_):
        pass


def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
    print(server.server_port, flush=True)
    server.serve_forever()


# --- terminals ---

class Screen:
    """A program on a terminal; all that it writes, with the times of reading."""

    def __init__(self, command, env, columns=COLUMNS, rows=ROWS, raw=False, stdin=None):
        self.master, slave = pty.openpty()
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if raw:
            tty.setraw(slave)
        os.set_blocking(self.master, False)
        self.data, self.marks = bytearray(), []  # marks: (length so far, ns)
        self.begun = time.monotonic_ns()
        self.process = subprocess.Popen(command, env=dict(env, TERM="xterm-256color"), stdin=slave if stdin is None else stdin,
                                        stdout=slave, stderr=slave, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(1, termios.TIOCSCTTY, 0))
        os.close(slave)

    def take(self, seconds):
        """Reads once; False if nothing came."""
        if not select.select([self.master], [], [], max(0, seconds))[0]:
            return False
        try:
            piece = os.read(self.master, 1 << 16)
        except OSError:
            return False
        self.data += piece
        self.marks.append((len(self.data), time.monotonic_ns()))
        return True

    def until(self, wanted, at=0, seconds=PATIENCE):
        """Reads until the bytes are there; returns the time of the read that brought them."""
        end = time.monotonic() + seconds
        while True:
            found = self.data.find(wanted, at)
            if found >= 0:
                return self.time_of(found + len(wanted))
            if time.monotonic() > end:
                raise TimeoutError(f"{wanted!r} did not come: {bytes(self.data[-300:])!r}")
            at = max(at, len(self.data) - len(wanted))
            self.take(0.5)

    def time_of(self, length):
        """When so many bytes had been read."""
        low, high = 0, len(self.marks) - 1
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.marks[middle][0] < length else (low, middle)
        return self.marks[low][1]

    def quiet(self, seconds=0.15):
        while self.take(seconds):
            pass

    def follow(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.take(end - time.monotonic())

    def write(self, data):
        """All of it, reading meanwhile what comes."""
        view = memoryview(data)
        while view:
            readable, writable, _ = select.select([self.master], [self.master], [], PATIENCE)
            if readable:
                self.take(0)
            if writable:
                try:
                    view = view[os.write(self.master, view[:4096]):]
                except BlockingIOError:
                    pass

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(part * len(values)))]


def keys_to_paint(screen, count=300, gap=0.012):
    """Milliseconds from each key to its character on the terminal."""
    took, rest = [], list(KEYS)
    for number in range(count):
        if number % len(rest) == 0:
            screen.write(b"\x15")
            screen.follow(0.1)
        key = rest[number % len(rest)].encode()
        at, begun = len(screen.data), time.monotonic_ns()
        os.write(screen.master, key)
        took.append((screen.until(key, at) - begun) / 1e6)
        screen.follow(gap * random.uniform(0.5, 1.5))
    screen.write(b"\x15")
    screen.follow(0.2)
    return took


def cpu(harness, pid):
    return harness.cpu_all_threads(pid)


# --- the run ---

class Bench:
    def __init__(self, harness, build, messages):
        self.harness, self.messages, self.rows = harness, messages, []
        self.stamps = tempfile.NamedTemporaryFile("r", prefix="stoa-bench-")
        os.environ["BENCH_STAMPS"] = self.stamps.name
        self.server = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--serve"], stdout=subprocess.PIPE)
        port = int(self.server.stdout.readline())
        self.place = harness.Place(f"default_model: local/x\nsession: {{auto_title: false}}\nproviders:\n  local:\n    api: openai\n"
                                   f"    base_url: http://127.0.0.1:{port}/v1\ndemo: {{rate: 0}}\n")
        self.daemon = harness.Daemon(self.place).start()
        self.client = harness.Client(self.place)
        self.echo = f"{build}/echo-loop"

    def close(self):
        self.client.close()
        self.daemon.stop()
        self.place.remove()
        self.server.kill()

    def row(self, name, value, unit="ms", target="", **baselines):
        """A figure, with the baselines that it is a multiple of."""
        self.rows.append({"name": name, "value": round(value, 3), "unit": unit, "target": target,
                          "baselines": {key: round(base, 3) for key, base in baselines.items()}})
        ratios = "  ".join(f"{value / base:.1f}x {key}" for key, base in baselines.items() if base > 0)
        print(f"{name:58} {value:9.2f} {unit:5} {target:10} {ratios}", flush=True)

    def stoa(self, session, columns=COLUMNS, rows=ROWS):
        return Screen([self.harness.program("stoa"), "attach", session], self.place.env, columns, rows)

    def session(self, **params):
        session = self.client.request("session.create", params=params)["session"]
        self.client.attach(session)
        return session

    def long_session(self):
        """Many messages, which the demo model answers some at a time."""
        session, added, sent = self.session(model="demo/stoa", title="long"), 0, 0
        self.turn(session, "first-of-all")
        while added < self.messages:
            while sent < added + 128:
                self.client.send("message.send", session, {"text": f"/demo rate=0 echo=answer-{sent:05} of this long session"})
                sent += 1
            self.client.take(5)
            added += sum(e["type"] == "message.added" for e in self.client.events)
            self.client.events.clear()
            self.client.replies.clear()
        self.client.wait(lambda: self.client.request("session.info", session)["state"] == "idle", "the end of the last turn")
        self.turn(session, "last-of-all")
        return session

    def turn(self, session, text):
        start = len(self.client.events)
        self.client.request("message.send", session, {"text": f"/demo rate=0 echo={text}"})
        self.client.idle(session, start)

    def starts(self, session):
        """From exec to the first bytes, to the first whole frame, and to the newest message, of a short and a long session."""
        def measure(command, marker, raw=False):
            took = []
            for _ in range(15):
                screen = Screen(command, self.place.env, raw=raw)
                took.append((screen.until(marker) - screen.begun) / 1e6)
                screen.close()
            return percentile(took, 0.5)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("last-of-all\n")
            file.flush()
            cat = measure(["cat", file.name], b"last-of-all")
        echo = measure([self.echo], b"ready")
        command = [self.harness.program("stoa"), "attach", session]
        self.row("exec to first frame, median", measure(command, b"\x1b[?2026l"), target="<15", ncurses=echo, cat=cat)
        self.row(f"attach to first content, {self.messages} messages, median", measure(command, b"last-of-all"), target="<30", ncurses=echo,
                 cat=cat)
        short = self.session(model="demo/stoa")
        self.turn(short, "last-of-all")
        self.row("the same of a session of 2 messages", measure([*command[:2], short], b"last-of-all"), ncurses=echo, cat=cat)

    def keys(self, session):
        with_cat = Screen(["cat"], self.place.env, raw=True)
        cat = keys_to_paint(with_cat)
        with_cat.close()
        raw = Screen([self.echo], self.place.env)
        raw.until(b"ready")
        echo = keys_to_paint(raw)
        raw.close()
        screen = self.stoa(session)
        screen.until(b"last-of-all")
        screen.quiet()
        took = keys_to_paint(screen)
        self.row("key to paint, idle, p50", percentile(took, 0.5), target="<0.6", ncurses=percentile(echo, 0.5), cat=percentile(cat, 0.5))
        self.row("key to paint, idle, p99", percentile(took, 0.99), target="<3.3", ncurses=percentile(echo, 0.99), cat=percentile(cat, 0.99))
        pids = {"client": screen.process.pid, "daemon": self.daemon.pid}
        screen.follow(2)
        before = {name: cpu(self.harness, pid) for name, pid in pids.items()}
        screen.follow(5)
        for name, pid in pids.items():
            self.row(f"idle CPU of the {name} in 5 s", (cpu(self.harness, pid) - before[name]) * 1000, target="0")
        screen.close()

    def streaming(self, rate):
        """Keys, CPU and latency while a model streams."""
        raw = Screen([self.echo, str(rate)], self.place.env)
        raw.until(b"ready")
        echo = keys_to_paint(raw, 150)
        before, begun = cpu(self.harness, raw.process.pid), time.monotonic()
        raw.follow(3)
        echo_cpu = (cpu(self.harness, raw.process.pid) - before) / (time.monotonic() - begun) * 100
        raw.close()
        session = self.session()
        screen = self.stoa(session)
        screen.until(b"idle")
        screen.quiet()
        self.stamps.seek(0, 2)
        seconds = 14
        self.client.request("message.send", session, {"text": f"bench {rate * seconds} {rate}"})
        self.client.event("stream.chunk", session)
        agent = self.client.request("session.info", session)["agent"]["pid"]
        pids = {"client": screen.process.pid, "daemon": self.daemon.pid, "agent": agent}
        screen.follow(0.5)
        before, begun, bytes_before = {name: cpu(self.harness, pid) for name, pid in pids.items()}, time.monotonic(), len(screen.data)
        screen.follow(6)
        span, frames = time.monotonic() - begun, screen.data.count(b"\x1b[?2026l", bytes_before)
        written = len(screen.data) - bytes_before
        used = {name: (cpu(self.harness, pid) - before[name]) / span * 100 for name, pid in pids.items()}
        took = keys_to_paint(screen, 150)
        while not any(e["type"] == "stream.completed" for e in self.client.events):
            screen.take(0.01)
            self.client.take(0)
        screen.quiet()
        screen.close()
        what = f"{rate} chunks/s at {COLUMNS}x{ROWS}"
        self.row(f"key to paint, {what}, p50", percentile(took, 0.5), target="<0.6", ncurses=percentile(echo, 0.5))
        self.row(f"key to paint, {what}, p99", percentile(took, 0.99), target="<3.3", ncurses=percentile(echo, 0.99))
        targets = {"client": "<4", "daemon": "<1", "agent": ""} if rate <= 100 else {"client": "<3.4", "daemon": "", "agent": ""}
        for name in pids:
            more = {"ncurses": echo_cpu} if name == "client" else {}
            self.row(f"CPU of the {name}, {what}", used[name], unit="%", target=targets[name], **more)
        self.row(f"CPU of the client a frame, {what}", used["client"] / 100 * span / max(1, frames) * 1000, target="<0.43")
        self.row(f"bytes to the terminal a chunk, {what}", written / (rate * span), unit="bytes")
        self.latency(screen, what, written, used["client"] / 100 * span * 1000)

    def latency(self, screen, what, written, client_ms):
        """From the model's writing of a chunk to its word on the terminal; words that were not written in one piece are left out.
        Beside it, what the same words take through `cat`, and the CPU that `cat` takes for the bytes that the client wrote."""
        took, sent = [], 0
        for line in self.stamps:
            token, stamp = line.split()
            sent += 1
            at = screen.data.find(token.encode())
            if at >= 0:
                took.append((screen.time_of(at + len(token)) - int(stamp)) / 1e6)
        reader, writer = os.pipe()
        with_cat = Screen(["cat"], self.place.env, raw=True, stdin=reader)
        os.close(reader)
        cat = []
        for number in range(300):
            token = f"tok{number:05}".encode()
            begun = time.monotonic_ns()
            os.write(writer, token)
            cat.append((with_cat.until(token) - begun) / 1e6)
            time.sleep(0.003)
        sample = bytes(screen.data[-written:])
        before = cpu(self.harness, with_cat.process.pid)
        sender = threading.Thread(target=lambda: [os.write(writer, sample[at:at + 4096]) for at in range(0, len(sample), 4096)])
        sender.start()
        while sender.is_alive():
            with_cat.take(0.02)
        with_cat.quiet()
        cat_cpu = (cpu(self.harness, with_cat.process.pid) - before) * 1000
        os.close(writer)
        with_cat.close()
        self.row(f"model to screen, {what}, p50", percentile(took, 0.5), target="<5", cat=percentile(cat, 0.5))
        self.row(f"model to screen, {what}, p99", percentile(took, 0.99), target="<20", cat=percentile(cat, 0.99))
        self.row(f"words of it found whole, {what}", len(took) / max(1, sent) * 100, unit="%")
        self.row(f"CPU of the client for {written} bytes, {what}", client_ms, cat=cat_cpu)

    def memory(self, session):
        screen = self.stoa(session)
        screen.until(b"last-of-all")
        begun = time.monotonic()
        while b"first-of-all" not in screen.data and time.monotonic() - begun < 60:
            screen.write(b"\x1b[1;5H")
            screen.follow(0.02)
        screen.quiet(0.3)
        loaded = (time.monotonic() - begun) * 1000
        with open(f"/proc/{screen.process.pid}/smaps_rollup") as file:
            figures = {line.split()[0]: int(line.split()[1]) for line in list(file)[1:]}
        private = figures["Private_Dirty:"] + figures["Private_Clean:"]
        self.row(f"scroll to the top of {self.messages} messages", loaded)
        self.row("memory of the client then, resident", figures["Rss:"] / 1024, unit="MB")
        self.row("memory of the client then, private", private / 1024, unit="MB", target="<17")
        screen.close()

    def paste(self, session):
        text = ("word " * (PASTE // 5))[:PASTE - 16]
        with_cat = Screen(["cat"], self.place.env, raw=True)
        begun = time.monotonic_ns()
        with_cat.write(text.encode() + b"end-of-paste")
        cat = (with_cat.until(b"end-of-paste") - begun) / 1e6
        with_cat.close()
        screen = self.stoa(session)
        screen.until(b"last-of-all")
        screen.quiet()
        at, begun = len(screen.data), time.monotonic_ns()
        screen.write(b"\x1b[200~" + text.encode() + "\nµ".encode() + b"\x1b[201~")
        self.row("paste of 1 MB to painted", (screen.until("µ".encode(), at) - begun) / 1e6, cat=cat)
        screen.quiet()
        at, begun = len(screen.data), time.monotonic_ns()
        screen.write("þ".encode())
        self.row("key to paint with that draft", (screen.until("þ".encode(), at) - begun) / 1e6)
        screen.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    parser.add_argument("--json", help="write the figures here too")
    parser.add_argument("--messages", type=int, default=10000, help="of the long session")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
    build = os.path.join(ROOT, options.build)
    os.environ["STOA_BUILD"] = build
    import harness
    bench = Bench(harness, build, options.messages)
    try:
        session = bench.long_session()
        bench.starts(session)
        bench.keys(session)
        bench.streaming(100)
        bench.streaming(200)
        bench.memory(session)
        bench.paste(session)
    finally:
        bench.close()
    if options.json:
        with open(options.json, "w") as file:
            json.dump(bench.rows, file, indent=2)


if __name__ == "__main__":
    main()
