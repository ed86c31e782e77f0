"""A program on a pseudo-terminal of its own, and a strict reading of what it wrote there: characters that do nothing but be
seen, and the control sequences that the client itself makes for TERM=xterm-256color. Anything else is somebody else's."""
import collections
import fcntl
import glob
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import termios
import threading
import time
import unicodedata

from harness import PATIENCE, wait_for

# Sequences of ncurses for xterm-256color: attributes, cursor, erasing, scrolling, inserting and deleting. No number has
# more than three digits, so that a longer one is somebody else's.
DRAWING = re.compile(
    rb"\x1b\[(?:[0-9]{1,3}(?:[;:][0-9]{0,3})*)?m|\x1b\[[0-9]{0,3}(?:;[0-9]{1,3})?[HfABCDEFGdJKXPLM@STrb]|\x1b\[!p|\x1b\[4[hl]"
    rb"|\x1b\([0B]|\x1b[=>78M]|\x1b\[2[23];(?:0;0|2)t|\x1b\[\?(?:1|3;4|7|12|25|12;25|1049)[hl]")
# Modes of tty.c: synchronized output, paste, focus, mouse, keys.
MODES = re.compile(rb"\x1b\[\?(?:2026|2004|1004|1000|1002|1006)[hl]|\x1b\[>4(?:;2)?m|\x1b\[>1u|\x1b\[<u")
LINES = re.compile(rb"[\n\t]")
PLAIN = re.compile(rb"\x1b\[(?:[0-9]{1,3}(?:;[0-9]{0,3})*)?m")
OWN_OSC = re.compile(rb"\x1b\](?:[02]|9|777;notify);([^\x00-\x1f\x7f]*)(?:\x07|\x1b\\)")
MOVES = re.compile(rb"[\r\n\t\b]")
TEXT = re.compile(rb"[ -~\x80-\xff]+")
OSC_MAX = 1024
GDB_S = 20


def is_seen(char):
    """Whether a character is one that a terminal only shows."""
    code = ord(char)
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return False
    return not (0xfe00 <= code <= 0xfe0f or 0x1f3fb <= code <= 0x1f3ff or 0xe0000 <= code <= 0xe0fff or
                code in (0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x3164, 0xffa0) or code & 0xfffe == 0xfffe)


def is_data(char):
    """Whether a character may stand in JSON as it is: what hides nothing and orders nothing."""
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") and \
        ord(char) not in (0x034f, 0x115f, 0x1160, 0x3164, 0xffa0)


class Foreign(AssertionError):
    """Something reached the terminal that the client does not make."""


def foreign(data, at, what):
    around = data[max(0, at - 60):at + 60]
    raise Foreign(f"{what} at byte {at} of {len(data)}: {around!r}")


def check_text(data, at, run, may=is_seen):
    try:
        text = run.decode()
    except UnicodeDecodeError as error:
        foreign(data, at + error.start, "bad UTF-8")
    for number, char in enumerate(text):
        if not char.isascii() and not may(char):
            foreign(data, at + len(text[:number].encode()), f"U+{ord(char):04X}")


def check(data, kinds=(MOVES, DRAWING, MODES), osc=True, bell=True, may=is_seen):
    """Raises Foreign, or returns how often each kind of sequence was there."""
    seen, at = collections.Counter(), 0
    while at < len(data):
        match = TEXT.match(data, at)
        if match:
            check_text(data, at, match.group(), may)
            seen["text bytes"] += len(match.group())
        elif bell and data[at] == 7:
            seen["bells"] += 1
            at += 1
            continue
        else:
            match = next((m for m in (kind.match(data, at) for kind in kinds) if m), None)
            if match:
                seen["sequences" if match.group()[0] == 27 else "moves"] += 1
            elif osc:
                match = OWN_OSC.match(data, at)
                if match:
                    seen["titles and notifications"] += 1
                    check_text(data, at, match.group(1))
                    if len(match.group(1)) > OSC_MAX:
                        foreign(data, at, "a long OSC")
        if not match:
            foreign(data, at, "a foreign control")
        at = match.end()
    return seen


def begin_at_terminal():
    """In the child: as a login there does. A shell's background, or nohup, would have signals ignored, also by what is tested."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def where_it_is(pid):
    """What a process that should have ended does: its stacks where gdb may look, else what the kernel says of its threads."""
    said = []
    if shutil.which("gdb"):
        try:
            done = subprocess.run(["gdb", "-batch", "-nx", "-p", str(pid), "-ex", "thread apply all bt"], stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=GDB_S)
            said.append(done.stdout[-6000:])
        except subprocess.TimeoutExpired:
            said.append("gdb did not come back")
    for path in sorted(glob.glob(f"/proc/{pid}/task/*/")):
        for name in ("wchan", "syscall", "stack", "status"):
            try:
                with open(path + name) as file:
                    text = file.read()
            except OSError as error:
                text = str(error)
            if name == "status":
                text = " ".join(re.findall(r"(?:State|Sig\w+|ShdPnd):\s+\S+", text))
            said.append(f"{path}{name}: {text.strip()}")
    return "\n".join(said)


class PtyProgram:
    """Runs with the terminal as its controlling one; keeps all that is written to it."""

    def __init__(self, command, env, columns=100, rows=30, cwd=None):
        self.master, slave = pty.openpty()
        self.resize(columns, rows)
        self.output, self.changed = bytearray(), time.monotonic()
        self.process = subprocess.Popen(command, env=dict(env, TERM="xterm-256color"), stdin=slave, stdout=slave, stderr=slave,
                                        cwd=cwd, start_new_session=True,
                                        preexec_fn=begin_at_terminal)
        os.close(slave)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            try:
                data = os.read(self.master, 1 << 16)
            except OSError:
                return
            if not data:
                return
            self.output += data
            self.changed = time.monotonic()

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        os.write(self.master, keys if isinstance(keys, bytes) else keys.encode())

    def wait(self, pattern, after=0, seconds=PATIENCE):
        """Until the bytes after some place have the pattern (of bytes); returns the place behind it."""
        try:
            found = wait_for(lambda: re.search(pattern, bytes(self.output[after:])), f"{pattern!r} on the terminal", seconds)
            return after + found.end()
        except AssertionError as error:
            raise AssertionError(f"{error}; its last bytes: {bytes(self.output[-600:])!r}") from None

    def settle(self, quiet=0.08, seconds=PATIENCE):
        """Until nothing was written for a moment: what a key did is on the terminal."""
        end = time.monotonic() + seconds
        while time.monotonic() - self.changed < quiet and time.monotonic() < end:
            time.sleep(quiet / 4)

    def end(self, seconds=PATIENCE):
        """Waits for the program's end; returns the exit code."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"not ended after {seconds} s; {where_it_is(self.process.pid)}\n"
                                 f"its last bytes: {bytes(self.output[-600:])!r}") from None
        self.reader.join(1)
        return code

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self.master >= 0:
            self.reader.join(1)
            os.close(self.master)
            self.master = -1
