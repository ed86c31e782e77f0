"""Each row of the key table, pressed in a real terminal emulator. KEYS says which test presses which row: a row that is
missing there, or that its test does not press, is a failure."""
import json
import os
import re
import time

import keytable
from harness import PATIENCE, ROOT, StoaTest, program, wait_for
from puppet import REQUEST, Puppets, new_id

TABLE = keytable.rows()
# test: context: names of keys, as keytable names them
KEYS = {
    "test_editing": {"CHAT": """Left Ctrl+b Right Ctrl+f Alt+b Ctrl+Left Alt+Left Alt+f Ctrl+Right Alt+Right Ctrl+a Ctrl+e Home End
        Backspace Shift+Backspace Ctrl+h Del Ctrl+d Ctrl+w Alt+Backspace Ctrl+Backspace Alt+d Ctrl+u Ctrl+k Ctrl+y Ctrl+_ Alt+_ Alt+Enter
        Ctrl+j Shift+Enter Up Down"""},
    "test_sending_and_leaving": {"CHAT": "Enter Esc Ctrl+c", "EMPTY": "Ctrl+d"},
    "test_scrolling": {"CHAT": "PgUp PgDn WheelUp WheelDown Ctrl+Home Ctrl+End Tab"},
    "test_outside_and_terminal": {"CHAT": "Ctrl+g Ctrl+l Ctrl+z Alt+m"},
    "test_sessions": {"CHAT": "Ctrl+x Alt+1 Alt+2 Alt+3 Alt+4 Alt+5 Alt+6 Alt+7 Alt+8 Alt+9", "PREFIX": "l Ctrl+l n Ctrl+n"},
    "test_help_page": {"CHAT": "F1", "EMPTY": "?", "PAGE": "Down Up j k WheelDown WheelUp PgDn Space PgUp Esc q ? Ctrl+c"},
    "test_lists": {"CHAT": "Ctrl+p Ctrl+r",
                   "PICKER": "Enter Tab Down Ctrl+n WheelDown Up Ctrl+p WheelUp PgDn PgUp Esc Ctrl+c"},
    "test_completion": {"COMPLETION": "Tab Down Ctrl+n Up Esc"},
    "test_browsing": {"CHAT": "Ctrl+o", "BROWSE": """j Down k Up Ctrl+d Ctrl+u } J { K g Home G End PgDn Space PgUp WheelUp WheelDown
        / n N y Y Tab Enter v [ F R E ? Esc q i Ctrl+c"""},
    "test_confirmation": {"CONFIRM": "y n Esc q Ctrl+c Down Up j k WheelDown WheelUp PgDn PgUp"},
    "test_panel": {"CHAT": "Alt+a", "PANEL": "y s p n N e v Esc"},
    "test_panel_of_forms": {"PANEL": "f"},
    "test_panel_of_pages": {"PANEL": "r"},
}
# Rows that no test presses yet.
PENDING = {}
EDITS = [  # key, what is typed before it, then an X: what the draft is
    ("Left", "abc", "abXc"), ("Ctrl+b", "abc", "abXc"), ("Alt+b", "one two", "one Xtwo"), ("Ctrl+Left", "one two", "one Xtwo"),
    ("Alt+Left", "one two", "one Xtwo"), ("Ctrl+a", "abc", "Xabc"), ("Home", "abc", "Xabc"), ("Backspace", "abc", "abX"),
    ("Shift+Backspace", "abc", "abX"), ("Ctrl+h", "abc", "abX"), ("Ctrl+w", "one two", "one X"), ("Alt+Backspace", "one two", "one X"),
    ("Ctrl+Backspace", "one two", "one X"), ("Ctrl+u", "abc", "X"),
    ("Right", "abc\x01", "aXbc"), ("Ctrl+f", "abc\x01", "aXbc"), ("Alt+f", "one two\x01", "oneX two"),
    ("Ctrl+Right", "one two\x01", "oneX two"), ("Alt+Right", "one two\x01", "oneX two"), ("Ctrl+e", "abc\x01", "abcX"),
    ("End", "abc\x01", "abcX"), ("Del", "abc\x01", "Xbc"), ("Ctrl+d", "abc\x01", "Xbc"), ("Alt+d", "one two\x01", "X two"),
    ("Ctrl+k", "abc\x01\x1b[C", "aX"), ("Ctrl+y", "abc\x15", "abcX"), ("Ctrl+_", "abc\x15", "abcX"), ("Alt+_", "abc\x15\x1f", "X"),
]
DRAFT_SESSION_TURN = "/demo rate=50 chunks=100000"
SOON = PATIENCE / 3  # seconds in which a key is to be seen
PANEL_GUARD = 0.45  # seconds in which a panel takes no key, so that typing answers nothing


def listed(keys):
    return {(context, key) for context, names in keys.items() for key in names.split()}


def pending():
    return {row for row in TABLE if PENDING.get(row[0]) == "*" or row[1] in PENDING.get(row[0], "").split()}


class KeyTable(StoaTest):
    autostart = False

    def test_each_row_is_pressed_by_a_test(self):
        claimed = [row for keys in KEYS.values() for row in sorted(listed(keys))]
        self.assertEqual(sorted(claimed), sorted(set(claimed)), "a row is pressed by two tests")
        self.assertEqual(set(claimed) & pending(), set(), "rows that are both")
        self.assertEqual(set(claimed) - set(TABLE), set(), "rows that the table has not")
        self.assertEqual(set(TABLE) - set(claimed) - pending(), set(), "rows without a test")
        self.figures = f"{len(claimed)} rows pressed, {len(pending())} pending"


class KeysTest(StoaTest):
    def setUp(self):
        super().setUp()
        self.pressed = set()
        self.talker = self.client()

    def tearDown(self):
        failed = any(test is self for test, _ in self._outcome.result.failures + self._outcome.result.errors)
        super().tearDown()
        if not failed:
            self.assertEqual(listed(KEYS.get(self._testMethodName, {})) - self.pressed, set(), "rows that the test did not press")

    # --- terminals ---

    def open(self, session, columns=80, rows=24, command=None):
        self.screen = self.terminal(command or f"{program('stoa')} attach {session}", columns, rows)
        self.screen.wait(r"\bidle\b")
        return self.screen

    def say(self, session, text, **more):
        start = len(self.talker.events)
        self.talker.request("message.send", session, {"text": text, **more})
        self.talker.idle(session, start, PATIENCE * 2)

    def raw(self, data):
        self.screen._tmux("send-keys", "-H", *(f"{byte:02x}" for byte in data))

    def press(self, context, name):
        """The key of a row, as bytes; the row counts as pressed."""
        self.pressed.add((context, name))
        self.assertIn((context, name), TABLE)
        _, code, mods = TABLE[context, name]
        self.raw(keytable.bytes_of(code, mods))

    def sees(self, condition, what):
        try:
            return wait_for(condition, what, SOON)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.screen.screen()}") from None

    def draft(self):
        """The lines of the draft, without its prompt."""
        lines = self.screen.screen().rstrip("\n").split("\n")
        first = max((number for number, line in enumerate(lines) if "› " in line), default=None)
        if first is None:
            return None
        return [line.split("› ", 1)[-1].rstrip() if number == 0 else line[line.find("  ") + 2:].rstrip()
                for number, line in enumerate(lines[first:-1])]

    def has_draft(self, *lines, key=""):
        self.sees(lambda: self.draft() == list(lines), f"the draft {lines} {key}")

    def clear(self):
        self.raw(b"\x05\x15")
        self.has_draft("write a message")

    def asks(self, session, tool, **arguments):
        """A turn whose call is asked about; returns the question once the panel shows it."""
        start = len(self.talker.events)
        self.talker.request("message.send", session, {"text": f"/demo tool={tool} input={json.dumps(arguments)}"})
        asked = self.talker.event("question.asked", session, start)["data"]["question"]
        self.screen.wait(re.escape(arguments.get("mark", "")) or "asked")
        time.sleep(PANEL_GUARD)  # keys do nothing before
        return start, asked

    def answered(self, session, start, **data):
        event = self.talker.event("question.answered", session, start, **data)
        return event["data"]


class Keys(KeysTest):
    def test_editing(self):
        session = self.session(self.talker)
        self.talker.attach(session)
        self.say(session, "/demo rate=0 echo=x")
        self.open(session)
        for key, before, after in EDITS:
            self.raw(before.encode())
            self.press("CHAT", key)
            if key == "Alt+_":  # its bytes begin a sequence, if more comes at once
                self.has_draft("write a message")
            self.raw(b"X")
            self.has_draft(after, key=key)
            self.clear()
        for key in ("Alt+Enter", "Ctrl+j", "Shift+Enter"):
            self.raw(b"ab")
            self.press("CHAT", key)
            self.raw(b"cd")
            self.has_draft("ab", "cd")
            self.press("CHAT", "Up")
            self.raw(b"X")
            self.has_draft("abX", "cd")
            self.press("CHAT", "Down")
            self.raw(b"Y")
            self.has_draft("abX", "cdY")
            self.raw(b"\x15\x7f\x15")
            self.has_draft("write a message")
        self.raw(b"what was sent\r")
        self.has_draft("write a message")
        self.press("CHAT", "Up")
        self.has_draft("what was sent")

    def test_sending_and_leaving(self):
        session = self.session(self.talker)
        self.talker.attach(session)
        command = f"sh -c '{program('stoa')} attach {session}; echo left-$?; cat'"
        self.open(session, command=command)
        self.screen.type("/demo rate=0 echo=hello")
        self.press("CHAT", "Enter")
        self.talker.idle(session)
        self.has_draft("write a message")
        self.screen.wait(r"\bidle\b")
        self.talker.request("message.send", session, {"text": DRAFT_SESSION_TURN})
        self.screen.wait("streaming")
        self.press("CHAT", "Esc")
        self.talker.event("stream.completed", session, status="interrupted")
        self.screen.wait(r"\bidle\b")
        self.screen.type("not to be sent")
        self.has_draft("not to be sent")
        self.press("CHAT", "Ctrl+c")
        self.has_draft("write a message")
        self.screen.wait("draft cleared")
        self.press("CHAT", "Ctrl+c")
        self.screen.wait("left-0")
        self.screen.close()
        self.open(session, command=command)
        self.has_draft("not to be sent")
        self.screen.keys("C-u")
        self.has_draft("write a message")
        self.press("EMPTY", "Ctrl+d")
        self.screen.wait("left-0")

    def numbers(self):
        return [int(number) for number in re.findall(r"msg-(\d+)", self.screen.screen())]

    def top(self, press):
        """To the oldest message: older ones are loaded on the way, so more than one key may be needed."""
        def there():
            press()
            return 0 in self.numbers()
        self.sees(there, "the oldest")

    def test_scrolling(self):
        session = self.session(self.talker)
        self.talker.attach(session)
        for number in range(30):
            self.say(session, f"/demo rate=0 echo=msg-{number:03}")
        self.say(session, "/demo rate=0 reasoning=1 echo=msg-030")
        self.open(session)
        self.screen.wait("msg-030")
        bottom = self.numbers()
        self.press("CHAT", "PgUp")
        self.sees(lambda: self.numbers()[0] < bottom[0], "what was before")
        up = self.numbers()
        self.press("CHAT", "WheelUp")
        self.sees(lambda: self.screen.screen().split("\n")[1:9] != up and self.numbers() <= up, "three lines up")
        self.press("CHAT", "WheelDown")
        self.sees(lambda: self.numbers() == up, "three lines down")
        self.press("CHAT", "PgDn")
        self.sees(lambda: self.numbers() == bottom, "the bottom")
        for key in ("Ctrl+Home", "Ctrl+Home"):
            self.top(lambda: self.press("CHAT", key))
            self.press("CHAT", "Ctrl+End")
            self.sees(lambda: self.numbers() == bottom, "the newest")
        self.top(lambda: self.raw(b"\x1b[H"))
        self.raw(b"\x1b[F")
        self.sees(lambda: self.numbers() == bottom, "the newest, by End")
        folded = self.screen.screen()
        self.assertIn("▸", folded)
        self.press("CHAT", "Tab")
        self.screen.wait("▾")
        self.press("CHAT", "Tab")
        self.sees(lambda: "▾" not in self.screen.screen(), "folded again")

    def test_outside_and_terminal(self):
        session = self.session(self.talker)
        editor = f"{self.place.folder}/editor"
        with open(editor, "w") as file:
            file.write('#!/bin/sh\nprintf "%s, edited" "$(cat "$1")" > "$1"\n')
        os.chmod(editor, 0o700)
        self.place.env.update(EDITOR=editor, VISUAL=editor)
        self.screen = self.terminal("env PS1='shell> ' bash --norc --noprofile -i", 80, 24)
        self.screen.wait("shell>")
        self.screen.type(f"{program('stoa')} attach {session}\r")
        self.screen.wait(r"\bidle\b")
        self.screen.type("a draft")
        self.has_draft("a draft")
        self.press("CHAT", "Ctrl+g")
        self.has_draft("a draft, edited")
        tty = self.screen.flag("pane_tty")
        with open(tty, "w") as file:
            file.write("\x1b[5;5Hscribbled over")
        self.screen.wait("scribbled over")
        self.press("CHAT", "Ctrl+l")
        self.sees(lambda: "scribbled" not in self.screen.screen(), "a redrawn screen")
        self.press("CHAT", "Alt+m")
        self.screen.wait("mouse off")
        self.assertEqual(self.screen.flag("mouse_any_flag"), "0")
        self.press("CHAT", "Alt+m")
        self.screen.wait("mouse on")
        self.assertEqual(self.screen.flag("mouse_any_flag"), "1")
        self.press("CHAT", "Ctrl+z")
        self.screen.wait("Stopped|shell>")
        self.assertEqual(self.screen.flag("alternate_on"), "0")
        self.screen.type("fg\r")
        self.has_draft("a draft, edited")

    def title(self):
        return self.screen.screen().split("\n")[0]

    def test_sessions(self):
        made = [self.session(self.talker, title=f"session-{number}") for number in range(9)]
        self.open(made[4], 100, 30)
        self.screen.wait("session-8")
        places = dict(re.findall(r"(\d) (session-\d)", self.screen.screen()))
        self.assertEqual(len(places), 9, places)
        for digit, title in places.items():
            self.press("CHAT", f"Alt+{digit}")
            self.sees(lambda: title in self.title(), f"{title} above")
        for key in ("l", "Ctrl+l"):
            self.press("CHAT", "Ctrl+x")
            self.press("PREFIX", key)
            self.sees(lambda: len(re.findall("session-3", self.screen.screen())) > 1, "the list of sessions")
            self.raw(b"\x1b")
            self.sees(lambda: len(re.findall("session-3", self.screen.screen())) == 1, "no list of sessions")
        for key in ("n", "Ctrl+n"):
            before = self.title()
            self.press("CHAT", "Ctrl+x")
            self.press("PREFIX", key)
            self.sees(lambda: self.title() != before and "session-" not in self.title(), "a new session")
            self.screen.wait(r"\bidle\b")

    def body(self):
        return self.screen.screen().split("\n")[1:-3]

    def test_help_page(self):
        self.open(self.session(self.talker), 60, 16)
        chat = self.body()
        for opens, closes in ((("EMPTY", "?"), "Esc"), (("CHAT", "F1"), "q"), (("EMPTY", "?"), "?"), (("EMPTY", "?"), "Ctrl+c")):
            self.press(*opens)
            self.screen.wait("new line")
            self.press("PAGE", closes)
            self.sees(lambda: self.body() == chat, f"no help page after {closes}")
        self.press("EMPTY", "?")
        self.screen.wait("new line")
        top = self.body()
        for down, up in (("Down", "Up"), ("j", "k"), ("WheelDown", "WheelUp"), ("PgDn", "PgUp"), ("Space", "PgUp")):
            self.press("PAGE", down)
            self.sees(lambda: self.body() != top, f"another part of the page after {down}")
            self.press("PAGE", up)
            self.sees(lambda: self.body() == top, f"the top again after {up}")

    def chosen(self):
        """The row of a list that is marked."""
        return next((line for line in self.screen.screen().split("\n")[3:-3] if line.startswith("›")), None)

    def there_and_back(self, context, pairs, where, home=None):
        """Each key of a pair goes somewhere else, its other one comes back."""
        for there, back in pairs:
            before = where()
            self.press(context, there)
            self.sees(lambda: where() not in (before, None), f"another place after {there}")
            self.press(context, back)
            self.sees(lambda: where() == before, f"{before!r} again after {back}")

    def test_lists(self):
        session = self.session(self.talker)
        self.talker.attach(session)
        self.open(session)
        self.raw(b"/demo rate=0 echo=what-was-sent\r")
        self.talker.idle(session)
        for closes in ("Esc", "Ctrl+c"):
            self.press("CHAT", "Ctrl+p")
            self.sees(self.chosen, "the palette")
            self.press("PICKER", closes)
            self.sees(lambda: not self.chosen(), f"no palette after {closes}")
        self.press("CHAT", "Ctrl+p")
        self.sees(self.chosen, "the palette")
        self.there_and_back("PICKER", (("Down", "Up"), ("Ctrl+n", "Ctrl+p"), ("WheelDown", "WheelUp"), ("PgDn", "PgUp")), self.chosen)
        for takes in ("Enter", "Tab"):
            self.raw(b"/help")
            self.sees(lambda: "/help" in (self.chosen() or ""), "one that fits")
            self.press("PICKER", takes)
            self.screen.wait("new line")
            self.raw(b"q")
            self.sees(lambda: "new line" not in self.screen.screen(), "no help page")
            self.press("CHAT", "Ctrl+p")
            self.sees(self.chosen, "the palette")
        self.raw(b"\x1b")
        self.sees(lambda: not self.chosen(), "no palette")
        self.press("CHAT", "Ctrl+r")
        self.sees(lambda: "what-was-sent" in (self.chosen() or ""), "what was sent")
        self.raw(b"\r")
        self.has_draft("/demo rate=0 echo=what-was-sent")

    def test_lists_of_models_and_themes(self):
        self.open(self.session(self.talker))
        for command, filtered, taken in ((b"/theme\r", b"light", "theme light"), (b"/model\r", b"demo", "model: demo/stoa")):
            self.raw(command)
            self.sees(self.chosen, "the list")
            self.raw(filtered)
            self.sees(lambda word=filtered.decode(): word in (self.chosen() or ""), "the one that fits")
            self.raw(b"\r")
            self.sees(lambda: not self.chosen(), "no list")
            self.screen.wait(taken)

    def test_completion(self):
        self.open(self.session(self.talker))

        def offered():
            return next((line for line in self.screen.screen().split("\n")[1:-3] if line.startswith("› /")), None)
        self.raw(b"/")
        self.sees(offered, "commands")
        self.there_and_back("COMPLETION", (("Down", "Up"), ("Ctrl+n", "Up")), offered)
        self.press("COMPLETION", "Esc")
        self.sees(lambda: not offered(), "nothing offered")
        self.has_draft("/")
        self.raw(b"hel")
        self.sees(offered, "commands")
        self.press("COMPLETION", "Tab")
        self.sees(lambda: (self.draft() or [""])[0].startswith("/help"), "the command as the draft")

    def cursor(self):
        """Where browsing is: the row, and what is on the screen."""
        lines = self.screen.screen().split("\n")
        return next(((number, tuple(lines[1:-3])) for number, line in enumerate(lines[:-3]) if line.startswith("▌")), None)

    def browse(self):
        self.press("CHAT", "Ctrl+o")
        self.sees(self.cursor, "a cursor")

    def row(self):
        number, lines = self.cursor() or (1, [""])
        return lines[number - 1]

    def on(self, text):
        self.sees(lambda: text in self.row(), f"the cursor on {text!r}")

    def test_browsing(self):
        session = self.session(self.talker, title="browsed")
        self.talker.attach(session)
        pager = f"{self.place.folder}/pager"
        with open(pager, "w") as file:
            file.write(f'#!/bin/sh\ncp "$1" {self.place.folder}/paged\n')
        os.chmod(pager, 0o700)
        self.place.env["PAGER"] = pager
        self.say(session, "Is there a needle?")
        for number in range(20):
            self.say(session, f"/demo rate=0 echo=msg-{number:03}")
        self.say(session, "/demo rate=0 reasoning=1 echo=the needle")
        self.say(session, "How do I connect a real model?")
        self.open(session)
        self.screen.wait("a model is named like")
        for leaves in ("Esc", "q", "i", "Ctrl+c"):
            self.browse()
            self.press("BROWSE", leaves)
            self.has_draft("write a message")
        self.browse()
        self.press("BROWSE", "g")
        self.sees(lambda: "is there a needle" in self.screen.screen().lower(), "the oldest")
        self.press("BROWSE", "G")
        self.screen.wait("│ follow")
        self.press("BROWSE", "Home")
        self.sees(lambda: "is there a needle" in self.screen.screen().lower(), "the oldest")
        self.there_and_back("BROWSE", (("j", "k"), ("Down", "Up"), ("}", "{"), ("J", "K"), ("Ctrl+d", "Ctrl+u"), ("PgDn", "PgUp"),
                                       ("Space", "PgUp")), self.cursor)
        self.there_and_back("BROWSE", (("WheelDown", "WheelUp"),), lambda: [re.sub("[▌▍]", " ", line).rstrip() for line in self.body()])
        self.press("BROWSE", "End")
        self.screen.wait("│ follow")
        self.press("BROWSE", "/")
        self.raw(b"needle\r")
        self.on("the needle")
        self.press("BROWSE", "n")
        self.on("/demo rate=0 reasoning=1 echo=the needle")
        self.press("BROWSE", "N")
        self.on("the needle")
        self.sees(lambda: "/demo" not in self.row(), "the later hit")
        self.press("BROWSE", "Y")
        self.screen.wait("copied")
        self.assertIn("the needle", self.screen._tmux("show-buffer"))
        self.copy_code()
        self.fold()
        self.press("BROWSE", "v")
        wait_for(lambda: os.path.exists(f"{self.place.folder}/paged"), "what the pager was given")
        self.sees(self.cursor, "browsing again")
        self.press("BROWSE", "[")
        self.sees(lambda: self.screen.flag("alternate_on") == "0", "the normal screen")
        self.screen.wait("Enter goes back")
        self.raw(b"\r")
        self.sees(self.cursor, "browsing again")
        self.press("BROWSE", "?")
        self.screen.wait("new line|line down|copy the")
        self.raw(b"q")
        self.sees(self.cursor, "browsing again")
        for asks, what in (("F", "Fork: "), ("R", "Rewind: "), ("E", "Rewind: ")):
            self.raw(b"gJJ" if asks == "E" else b"gJ")
            self.press("BROWSE", asks)
            self.screen.wait(what)
            self.raw(b"n")
            self.sees(self.cursor, "browsing again")

    def copy_code(self):
        self.raw(b"G/providers:\r")
        self.on("providers:")
        self.press("BROWSE", "y")
        self.sees(lambda: "base_url" in self.screen._tmux("show-buffer"), "the code, copied")
        self.assertNotIn("named like", self.screen._tmux("show-buffer"))

    def fold(self):
        for key in ("Tab", "Enter"):
            self.raw(b"G/the needle\r")
            self.on("the needle")
            while "reasoning" not in self.row():
                at = self.cursor()
                self.assertNotIn("msg-", self.row(), "there is reasoning before that")
                self.raw(b"k")
                self.sees(lambda: self.cursor() not in (at, None), "the cursor a line up")
            before = self.row()
            self.press("BROWSE", key)
            self.sees(lambda: "reasoning" in self.row() and self.row() != before, f"another fold after {key}")

    def test_confirmation(self):
        session = self.session(self.talker, title="asked")
        self.talker.attach(session)
        for number in range(24):
            self.say(session, f"/demo rate=0 echo=msg-{number:03}")
        self.open(session)
        self.browse()
        self.raw(b"g")
        self.sees(lambda: 0 in self.numbers(), "the oldest")
        for leaves in ("n", "Esc", "q", "Ctrl+c"):
            self.raw(b"R")
            self.screen.wait("Rewind: ")
            self.press("CONFIRM", leaves)
            self.sees(lambda: "Rewind: " not in self.screen.screen(), f"no question after {leaves}")
        self.raw(b"R")
        self.screen.wait("Rewind: ")
        self.there_and_back("CONFIRM", (("Down", "Up"), ("j", "k"), ("WheelDown", "WheelUp"), ("PgDn", "PgUp")),
                            lambda: tuple(self.body()))
        self.press("CONFIRM", "y")
        self.talker.event("session.rewound", session)
        self.assertLess(len(self.talker.request("message.history", session)["messages"]), 4)


class Questions(KeysTest):
    config = ("default_model: demo/stoa\ndemo: {rate: 0}\nmcp_servers:\n  odd:\n    command: [/usr/bin/python3, -SE, "
              f"{ROOT}/tests/support/mcp_server.py, --tool, 'one', --tool, 'two']\n")

    def test_panel(self):
        session = self.session(self.talker)
        self.talker.attach(session)
        self.open(session)
        start, _ = self.asks(session, "odd__echo", mark="first-call")
        self.press("PANEL", "v")
        self.screen.wait("first-call")
        self.raw(b"\x1b")
        self.screen.wait(r"\[y\]")
        self.press("PANEL", "Esc")
        self.sees(lambda: "› write a message" in self.screen.screen() and "[y]" not in self.screen.screen(), "the question put off")
        self.press("CHAT", "Alt+a")
        self.screen.wait("first-call")
        time.sleep(PANEL_GUARD)
        self.press("PANEL", "y")
        self.answered(session, start, decision="allow", scope="once")
        self.talker.idle(session, start)
        start, _ = self.asks(session, "odd__echo", mark="second-call")
        self.press("PANEL", "n")
        self.answered(session, start, decision="deny")
        self.talker.idle(session, start)
        start, _ = self.asks(session, "odd__echo", mark="third-call")
        self.press("PANEL", "N")
        self.screen.wait("why")
        self.raw(b"because\r")
        self.assertEqual(self.answered(session, start, decision="deny")["reason"], "because")
        self.talker.idle(session, start)
        start, _ = self.asks(session, "odd__echo", mark="edited-call")
        self.press("PANEL", "e")
        self.screen.wait("»|edit")
        self.raw(b"\x1b")
        time.sleep(PANEL_GUARD)
        self.raw(b"n")
        self.answered(session, start, decision="deny")
        self.talker.idle(session, start)
        start, _ = self.asks(session, "odd__one", mark="fourth-call")
        self.press("PANEL", "s")
        self.answered(session, start, decision="allow", scope="session")
        self.talker.idle(session, start)
        start, _ = self.asks(session, "odd__two", mark="fifth-call")
        self.press("PANEL", "p")
        self.screen.wait("odd/two")
        time.sleep(PANEL_GUARD)
        self.raw(b"\r")
        self.answered(session, start, decision="allow", scope="user")
        self.talker.idle(session, start)

    def test_panel_of_forms(self):
        session = self.session(self.talker)
        self.talker.attach(session)
        self.talker.request("rule.add", params={"effect": "allow", "pattern": "odd/ask"})
        self.open(session)
        start, question = self.asks(session, "odd__ask", message="form-question", mark="form-question")
        self.assertEqual(question["kind"], "form")
        self.press("PANEL", "f")
        self.screen.wait("»")
        self.raw(b"bo\r")
        self.screen.wait(r"\[y\]")
        time.sleep(PANEL_GUARD)
        self.raw(b"y")
        self.assertEqual(self.answered(session, start, decision="allow")["content"], {"name": "bo"})
        self.talker.idle(session, start)


class Pages(KeysTest):
    config = f"default_model: demo/stoa\nagent: {{path: {ROOT}/tests/support/puppet.py}}\n"

    def test_panel_of_pages(self):
        puppets = self.keep(Puppets(self.place.folder, PATIENCE))
        session = self.session(self.talker)
        self.talker.attach(session)
        self.open(session)
        self.talker.request("message.send", session, {"text": "hello"})
        puppet = puppets.next().ready()
        question = new_id("q_")
        puppet.fact("question.asked", question={"id": question, "kind": "authorize", "server": "web", "text": "open",
                                                "url": "https://stoa.example/login", "asked": 1})
        self.screen.wait("stoa.example/login")
        time.sleep(PANEL_GUARD)
        self.press("PANEL", "r")
        self.screen.wait("»")
        self.raw(b"http://127.0.0.1/?code=7\r")
        self.assertEqual(puppet.frame(REQUEST)["redirect"], "http://127.0.0.1/?code=7")

    def test_panel_of_pages_and_of_sampling_that_servers_ask_for(self):
        puppets = self.keep(Puppets(self.place.folder, PATIENCE))
        session = self.session(self.talker)
        self.talker.attach(session)
        self.open(session)
        self.talker.request("message.send", session, {"text": "hello"})
        puppet = puppets.next().ready()
        for kind, shown, more in (("url", "stoa.example/pay", {"url": "https://stoa.example/pay"}),
                                  ("sampling", "summarise-this", {"arguments": '{"messages":["summarise-this"]}'})):
            question = new_id("q_")
            puppet.fact("question.asked", question={"id": question, "kind": kind, "server": "web", "text": "please", "asked": 1, **more})
            self.screen.wait(shown)
            time.sleep(PANEL_GUARD)
            self.press("PANEL", "y")
            answered = self.talker.event("question.answered", session, question=question)
            self.assertEqual((answered["data"]["decision"], answered["data"]["cause"]), ("allow", "person"))


if __name__ == "__main__":
    raise SystemExit("run tests/run.py e2e")
