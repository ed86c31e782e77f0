"""What the screen looks like, against tests/golden/NAME-COLUMNSxROWS.txt. Times, ids, names of users, durations and the spinner
are masked. `make golden` writes the files anew; look at the difference before it is committed."""
import difflib
import getpass
import os
import re
import unittest

from harness import ROOT, Terminal, program, wait_for
from scene import Scene

GOLDEN = f"{ROOT}/tests/golden"
REWRITE = os.environ.get("STOA_GOLDEN") == "write"
SIZES = ((100, 30), (60, 16), (40, 10))
SOON = 5
MASKS = [(re.compile(pattern), put) for pattern, put in (
    (r"\b\d\d:\d\d\b", "00:00"), (r"\b\d+:\d\d(:\d\d)?\b", "0:00"), (r"\b\d+\.\d s\b", "0.0 s"), (r"\b\d+ ms\b", "0 ms"),
    (r"\bs_[0-9a-z]{8,}", "s_00000000"), (r"…[0-9a-z]{4}\b", "…0000"), (r"\b(today|yesterday|\d+ (min|s|h|d) ago|now)\b", "0 s ago"),
    (r"(?<= )[|/\\-](?= (thinking|streaming|running|asks))", "|"), (r"/tmp/stoa-t-\w+", "/tmp"),
    (r"pts/\d+", "pts/0"))]


def masked(screen):
    user = re.compile(rf"\b{re.escape(getpass.getuser())}\b")
    lines = []
    for line in screen.rstrip("\n").split("\n"):
        for pattern, put in MASKS:
            line = pattern.sub(put, line)
        lines.append(user.sub("USER", line).rstrip())
    return "\n".join(lines) + "\n"


class Golden(unittest.TestCase):
    def setUp(self):
        self.scene = Scene()
        self.addCleanup(self.scene.close)
        self.terminal = None
        self.different, self.count = [], 0

    def compare(self, place):
        with open(place) as file:
            wanted = file.read()
        try:
            wait_for(lambda: masked(self.terminal.screen()) == wanted, place, SOON)
        except AssertionError:
            shown = masked(self.terminal.screen())
            self.different.append(f"{os.path.basename(place)}:\n" + "".join(difflib.unified_diff(
                wanted.splitlines(True), shown.splitlines(True), "golden", "shown", n=2)))

    def press(self, keys):
        """Each key, once what the one before did is shown."""
        for key, pattern in keys:
            self.terminal.keys(*key.split())
            self.terminal.wait(pattern, SOON)

    def look(self, name, pattern, sizes=SIZES, way=()):
        """The screen in all sizes against the files of that name; way: keys that lead there, and what each shows."""
        for columns, rows in sizes:
            command = f"{program('stoa')} attach {self.scene.sessions['fix auth retry']}"
            self.terminal = Terminal(self.scene.place, command, columns, rows)
            self.addCleanup(self.terminal.close)
            self.terminal.wait(pattern, SOON)
            self.press(way)
            place = f"{GOLDEN}/{name}-{columns}x{rows}.txt"
            self.count += 1
            if REWRITE:
                with open(place, "w") as file:
                    file.write(masked(self.terminal.settle()))
            else:
                self.compare(place)
            self.terminal.close()

    def test_screens_are_as_they_were(self):
        chat = "Shall I change it"
        self.look("empty", r"\bidle\b")
        self.scene.chat()
        self.look("chat", chat)
        self.look("browse", chat, way=(("C-o", "Esc writes"), ("K", "(?m)▌ local/large")))
        self.look("sessions", chat, way=(("C-x l", "type to filter"),))
        self.look("palette", chat, way=(("C-p", "type to filter"), ("m o d", "/model")))
        self.look("completion", chat, way=(("C-u / m", "› /mcp"),))  # the draft of the last size is still there
        self.look("help", chat, way=(("C-u", "write a message"), ("?", "new line")))
        self.scene.ask()
        self.look("permission", "ctest")
        self.look("too-small", "20x6", ((19, 5),))
        self.figures = f"{self.count} screens"
        if self.different:
            self.fail("if this is meant, `make golden` writes the files anew:\n" + "\n".join(self.different))


if __name__ == "__main__":
    raise SystemExit("run tests/run.py e2e")
