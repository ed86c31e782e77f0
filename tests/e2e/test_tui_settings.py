"""The full-screen client's configuration, themes, help page and notifications, in a real terminal emulator."""
import re
import unittest

from harness import PATIENCE, StoaTest, program, stoa, wait_for
from test_questions import PuppetTest

CONFIG = """
tui:
  notify_when: always
  keys:
    chat: {palette: [], switcher: F6, help: [F1, "?", F5]}
    page: {close: [x]}
"""


class Configured(StoaTest):
    config = CONFIG

    def setUp(self):
        super().setUp()
        self.place.env["STOA_CONFIG"] = self.place.config_path

    def open(self, session, columns=100, rows=30, before="", after=""):
        terminal = self.terminal(f"{before} {program('stoa')} attach {session}{after}; cat", columns, rows)
        terminal.wait(r"\bidle\b")
        return terminal

    def test_a_key_of_the_configuration_works_and_the_old_one_does_not(self):
        terminal = self.open(self.session(title="other keys"))
        terminal.keys("F5")
        terminal.wait("Writing and reading")
        terminal.keys("q")
        terminal.keys("x")
        wait_for(lambda: "Writing and reading" not in terminal.screen(), "the page is closed")
        terminal.keys("F5")
        terminal.wait(r"\? F5")  # the page shows the keys in force
        terminal.keys("C-c")     # always the way out
        wait_for(lambda: "Writing and reading" not in terminal.screen(), "the page is closed")

    def test_what_is_wrong_is_said_and_nothing_is_opened(self):
        session = self.session()
        with open(self.place.config_path, "a") as file:
            file.write("    browse: {line-don: j}\n")
        done = stoa(self.place, "config", check=False)
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, r"^stoa: .*config\.yaml:\d+: in 'browse' there is no action 'line-don'; "
                                      r"did you mean 'line-down'\?\n$")
        terminal = self.terminal(f"{program('stoa')} attach {session}; echo left-with-$?; cat")
        terminal.wait("left-with-78")
        done = stoa(self.place, "--theme", "pink", "config", check=False)
        self.assertEqual((done.returncode, done.stdout), (78, ""))  # the file is read first

    def test_the_terminal_is_told(self):
        """Title with state, bell at the end of a turn; the title is gone afterwards."""
        client = self.client()
        session = self.session(client, title="bump; deps\x1b]0;x\x07")
        client.attach(session)
        terminal = self.open(session)
        wait_for(lambda: terminal.flag("pane_title") == "· bump; deps – stoa", "the title")
        start = len(client.events)
        self.assertEqual(terminal.flag("window_bell_flag"), "0")
        terminal._tmux("new-window", "cat")  # a bell of the window that is looked at leaves no flag
        client.request("message.send", session, {"text": "/demo chunks=3 rate=0"})
        client.idle(session, start, PATIENCE)
        wait_for(lambda: "1" in terminal._tmux("list-windows", "-F", "#{window_bell_flag}").split(), "the bell")
        terminal._tmux("select-window", "-t", ":0")
        terminal.keys("C-d")
        wait_for(lambda: "stoa" not in terminal.flag("pane_title"), "the title is given back")


class Asked(PuppetTest):
    FOCUS_IN, FOCUS_OUT = ("1b", "5b", "49"), ("1b", "5b", "4f")

    def test_a_question_in_another_session_rings_while_one_looks_elsewhere(self):
        client = self.client()
        here = self.session(client, title="looked at")
        terminal = self.terminal(f"{program('stoa')} attach {here}; cat")
        terminal.wait(r"\bidle\b")
        terminal._tmux("new-window", "cat")
        look = lambda: terminal._tmux("capture-pane", "-p", "-t", ":0")  # noqa: E731
        bell = lambda: terminal._tmux("list-windows", "-F", "#{window_bell_flag}").split()[0]  # noqa: E731
        for number, focus in enumerate((self.FOCUS_IN, self.FOCUS_OUT)):
            terminal._tmux("send-keys", "-t", ":0", "-H", *focus)
            _, puppet, _, _ = self.waiting(client, title=f"other {number}")
            wait_for(lambda n=number: len(re.findall(r"(?m)^ *\? \d ", look())) == n + 1, "its row in the side bar")
            if focus == self.FOCUS_IN:
                self.assertEqual(bell(), "0")
        wait_for(lambda: bell() == "1", "the bell")


class Themes(StoaTest):
    def colours(self, session, before="", after=""):
        terminal = self.terminal(f"{before} {program('stoa')} attach {session}{after}; cat")
        terminal.wait(r"\bidle\b")
        return terminal.screen("-e")

    def test_themes_by_command_line_and_environment(self):
        session = self.session(title="colours")
        light = self.colours(session, "NO_COLOR=1", " --theme light")  # named: it wins
        self.assertIn("48;5;253", light)
        self.assertIn("48;5;236", self.colours(session, "COLORFGBG='15;0'"))
        none = self.colours(session, "NO_COLOR=1")
        self.assertNotRegex(none, r"\x1b\[[0-9;]*(38;5|48;5|\b3[0-7])")
        self.assertIn("\x1b[7m", none)

    def test_the_help_page_at_every_size(self):
        session = self.session(title="help")
        terminal = self.terminal(f"{program('stoa')} attach {session}", 130, 30)
        terminal.wait(r"\bidle\b")
        terminal.keys("F1")
        terminal.wait(r"Writing and reading.*\n.*Enter +send")
        self.assertRegex(terminal.screen(), r"(?m)^.*Enter +send .*  \S")  # two columns
        terminal.resize(40, 10)
        terminal.wait(r"\n Enter\n     send\n")
        for _ in range(400):
            terminal.keys("PageDown", "PageDown")
            if "/theme" in terminal.screen():
                break
        terminal.wait("/theme")


if __name__ == "__main__":
    unittest.main()
