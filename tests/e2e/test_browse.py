"""Browsing, searching, copying, pager, scrollback, and what is asked before a fork, rewind or compaction, in a real terminal
emulator (tmux on a private socket)."""
import os
import re
import signal
import subprocess
import time

from harness import PATIENCE, StoaTest, program, text_of, wait_for
from test_questions import PuppetTest


class Browse(StoaTest):
    columns, rows = 100, 30

    def filled(self, texts, title="a session"):
        """A session in which these were said, one after the other, each answered."""
        client = self.client()
        session = self.session(client, title=title)
        client.attach(session)
        for text in texts:
            start = len(client.events)
            client.request("message.send", session, {"text": text})
            client.idle(session, start, PATIENCE * 2)
        return client, session

    def open(self, session, env="", **size):
        size = {"columns": self.columns, "rows": self.rows, **size}
        terminal = self.terminal(f"{env} {program('stoa')} attach {session}", **size)
        terminal.wait(r"\bidle\b")
        return terminal

    def browse(self, terminal):
        terminal.keys("Escape")
        terminal.wait("Esc writes")

    @staticmethod
    def buffer(terminal):
        try:
            return terminal._tmux("show-buffer")
        except subprocess.CalledProcessError:
            return None  # there is none

    @staticmethod
    def cursor(terminal):
        """The text of the row that the cursor is on."""
        rows = re.findall(r"^.*?│?▌(?!.*│▌)[ ]?(.*)$", "\n".join(
            row[24:] for row in terminal.screen().split("\n")[1:-3]), re.MULTILINE)
        return rows[0].strip() if len(rows) == 1 else None

    def wait_cursor(self, terminal, pattern):
        try:
            wait_for(lambda: re.search(pattern, self.cursor(terminal) or ""), f"the cursor on /{pattern}/")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{terminal.screen()}") from None

    def test_keys_move_the_cursor_and_the_way_back_to_writing(self):
        _, session = self.filled([f"/demo chunks=1 rate=0 echo=word-{i}" for i in range(12)])
        terminal = self.open(session)
        self.browse(terminal)
        terminal.wait(r"│ follow")
        terminal.type("K")
        terminal.wait("more below")
        self.wait_cursor(terminal, "demo/stoa")
        terminal.type("Kj")
        self.wait_cursor(terminal, "word-11")
        terminal.type("kK")
        self.wait_cursor(terminal, "demo/stoa")
        terminal.type("g")
        self.wait_cursor(terminal, r"\d\d:\d\d")
        terminal.wait("word-0\\b")
        terminal.type("J")
        self.wait_cursor(terminal, "demo/stoa")
        terminal.keys("C-d")
        terminal.keys("C-u")
        self.wait_cursor(terminal, "demo/stoa")
        terminal.resize(60, 16)  # no side bar, other line breaks: the cursor stays on its text
        wait_for(lambda: re.search(r"^▌ demo/stoa", terminal.screen(), re.MULTILINE), terminal.screen())
        terminal.resize(100, 30)
        self.wait_cursor(terminal, "demo/stoa")
        terminal.type("G")
        terminal.wait(r"│ follow")
        self.wait_cursor(terminal, "words speaks")
        terminal.type("i")
        terminal.wait("write a message")
        terminal.type("hello")
        terminal.wait("› hello")

    def test_tab_and_a_click_fold_one_block(self):
        _, session = self.filled(["/demo chunks=1 rate=0 tool=get_session_info"] * 2)
        terminal = self.open(session, columns=80, rows=40)
        titles = lambda: [y for y, row in enumerate(terminal.screen().split("\n"), 1) if "get_session_info  done" in row]
        opened = lambda: len(re.findall(r'"session": "s_\w+",$', terminal.screen(), re.MULTILINE))
        wait_for(lambda: len(titles()) == 2, "two folded calls")
        self.assertEqual(opened(), 0)
        terminal.type(f"\x1b[<0;10;{titles()[0]}M")  # while writing
        wait_for(lambda: opened() == 1, terminal.screen())
        terminal.type(f"\x1b[<0;10;{titles()[0]}M")
        wait_for(lambda: opened() == 0, terminal.screen())
        terminal.keys("C-o")
        terminal.wait("writes")
        terminal.type(f"\x1b[<0;10;{titles()[0]}M")
        wait_for(lambda: opened() == 1, terminal.screen())
        terminal.type("j")
        terminal.keys("Tab")  # from within: it is folded, and the cursor is on its title
        wait_for(lambda: opened() == 0, terminal.screen())
        wait_for(lambda: re.search("^▌.*get_session_info", terminal.screen(), re.MULTILINE), terminal.screen())

    def test_a_search_goes_on_into_older_messages_and_says_when_there_is_nothing(self):
        texts = ["/demo chunks=1 rate=0 echo=Needle-in-the-past"] + ["/demo chunks=1 rate=0"] * 40
        _, session = self.filled(texts)
        terminal = self.open(session)
        self.browse(terminal)
        terminal.type("/")
        terminal.type("needle-in")
        terminal.wait("/ needle-in")
        terminal.keys("Enter")
        self.wait_cursor(terminal, "Needle-in-the-past")
        self.assertIn("in the older messages", terminal.screen())
        terminal.type("n")  # the question, above
        self.wait_cursor(terminal, "/demo chunks=1 rate=0 echo=Needle-in")
        terminal.type("n")
        terminal.wait("on from the newest")
        terminal.type("/")
        terminal.type("nowhere-to-be-found")
        terminal.keys("Enter")
        terminal.wait('"nowhere-to-be-found" is nowhere in this session')

    def test_what_is_read_stays_when_the_daemon_was_away(self):
        texts = ["/demo chunks=1 rate=0 echo=the-very-first"] + ["/demo chunks=1 rate=0"] * 40
        _, session = self.filled(texts)
        terminal = self.open(session)
        self.browse(terminal)
        terminal.type("gg")  # by habit
        self.wait_cursor(terminal, r"\d\d:\d\d")
        terminal.type("j")
        self.wait_cursor(terminal, "the-very-first")
        self.daemon.kill()
        terminal.wait("gone|again|reconnect")
        self.daemon.start()
        terminal.wait(r"\bidle\b")  # with a new snapshot, of the newest messages
        self.wait_cursor(terminal, "the-very-first")

    def test_a_copied_message_is_in_the_buffer_of_tmux(self):
        _, session = self.filled(["one line\nand a second one with ünïcode"])
        terminal = self.open(session)
        self.browse(terminal)
        terminal.type("g")
        self.wait_cursor(terminal, r"\d\d:\d\d")
        terminal.type("Y")
        terminal.wait("copied 2 lines of .* to tmux's buffer")
        self.assertEqual(self.buffer(terminal), "one line\nand a second one with ünïcode")

    def test_the_code_block_is_copied_and_named(self):
        code = "int main(void)\n{\n\treturn 0;\n}\n"
        _, session = self.filled([f"see:\n```c\n{code}```\nand\n```\nplain\n```"])
        terminal = self.open(session)
        self.browse(terminal)
        terminal.type("g")
        self.wait_cursor(terminal, r"\d\d:\d\d")
        terminal.type("y")
        terminal.wait("copied 4 lines of c to tmux's buffer")
        self.assertEqual(self.buffer(terminal), code)
        terminal.type("j" * 9 + "y")
        terminal.wait("copied 1 line of code to tmux's buffer")
        self.assertEqual(self.buffer(terminal), "plain\n")

    def test_outside_of_tmux_it_is_sent_and_not_claimed_to_be_there(self):
        _, session = self.filled(["take this"])
        terminal = self.open(session, "env -u TMUX")
        terminal._tmux("set", "-s", "set-clipboard", "on")
        self.browse(terminal)
        terminal.type("gY")
        terminal.wait(r"sent 1 line of .* to the terminal's clipboard \(OSC 52\)")
        wait_for(lambda: self.buffer(terminal) == "take this", "the terminal's clipboard")

    def test_the_pager_gets_all_of_it_and_the_client_comes_back(self):
        _, session = self.filled(["/demo chunks=1 rate=0 echo=the-first"] + ["/demo chunks=1 rate=0"] * 30 +
                                 ["/demo chunks=1 rate=0 echo=the-last"], title="for \x1b[31mthe pager")
        pager, copy = f"{self.place.folder}/pager", f"{self.place.folder}/copy"
        with open(pager, "w") as file:
            file.write(f"#!/bin/sh\nstat -c '%a' \"$1\" > {copy}.mode; echo \"$1\" > {copy}.path; cp \"$1\" {copy}\n")
        os.chmod(pager, 0o700)
        terminal = self.open(session, f"PAGER={pager}")
        self.browse(terminal)
        terminal.type("v")
        wait_for(lambda: os.path.exists(copy) and os.path.getsize(copy) > 0, "the pager's copy")
        terminal.wait("Esc writes")
        with open(copy) as file:
            text = file.read()
        self.assertNotIn("\x1b", text)
        self.assertIn(session, text.split("\n")[0])
        self.assertLess(text.index("the-first"), text.index("the-last"))
        self.assertEqual(len(re.findall(r"^demo/stoa  \d{4}-", text, re.MULTILINE)), 32)
        with open(f"{copy}.mode") as mode, open(f"{copy}.path") as path:
            self.assertEqual(mode.read().strip(), "600")
            left = path.read().strip()
        wait_for(lambda: not os.path.exists(left), "the pager's file is gone")

    def test_no_transcript_is_left_when_the_client_ends_under_the_pager(self):
        _, session = self.filled(["/demo chunks=1 rate=0"])
        terminal = self.open(session, f"exec env TMPDIR={self.place.folder} PAGER='tail -f'")
        self.browse(terminal)
        terminal.type("v")

        def files():
            return [name for name in os.listdir(self.place.folder) if name.startswith("stoa-transcript-")]
        terminal.wait(f"{session}, 2 messages")
        self.assertEqual(len(files()), 1)
        os.kill(terminal.pid(), signal.SIGTERM)
        wait_for(lambda: not files(), "the end of the pager's file")

    def test_the_dump_is_in_the_scrollback_of_the_terminal(self):
        _, session = self.filled([f"/demo chunks=1 rate=0 echo=mark-{i}." for i in range(15)])
        terminal = self.open(session)
        self.browse(terminal)
        terminal.type("[")
        terminal.wait("Enter goes back to stoa")
        self.assertEqual(terminal.flag("alternate_on"), "0")
        history = terminal.screen("-S", "-")
        for i in range(15):
            self.assertIn(f"mark-{i}.", history)
        terminal.keys("Enter")
        terminal.wait("Esc writes")
        self.assertEqual(terminal.flag("alternate_on"), "1")

    def test_the_last_answer_stays_on_the_normal_screen(self):
        _, session = self.filled(["last-words"])
        terminal = self.open(session)
        terminal.keys("C-d")
        terminal.wait("stoa attach s_")
        screen = terminal.screen()
        self.assertLess(screen.index("a model is named like"), screen.index("stoa attach"))
        self.assertNotIn("last-words", screen)  # 20 lines of it at most

    def test_a_rewind_shows_what_is_dropped_and_brings_the_text_back(self):
        client, session = self.filled(["/demo chunks=1 rate=0 echo=stays"])
        start = len(client.events)
        client.request("message.send", session, {"text": "/demo chunks=1 rate=0 tool=get_session_info echo=goes",
                                                 "attachments": [{"name": "notes.txt", "text": "a note"}]})
        client.idle(session, start, PATIENCE * 2)
        terminal = self.open(session)
        terminal.type("my draft")
        terminal.wait("my draft")
        terminal.keys("C-o")
        terminal.type("KKKE")
        terminal.wait("Rewind: drop 3 messages for good")
        screen = terminal.screen()
        self.assertIn("1 tool call ran in them: what they did is NOT undone", screen)
        self.assertRegex(screen, r"Dropped:\n.*goes")
        terminal.type("n")
        terminal.wait("goes")
        self.assertEqual(len(client.request("message.history", session)["messages"]), 5)
        terminal.type("E")
        terminal.wait("Rewind: drop")
        terminal.type("y")
        terminal.wait(r"› .*echo=goes")
        self.assertNotIn("notes.txt", terminal.screen(), "a file does not come back, nor does a line about it")
        left = client.request("message.history", session)["messages"]
        self.assertEqual([m["role"] for m in left], ["user", "assistant"])
        self.assertIn("stays", text_of(left[0]))
        terminal.keys("C-u")
        terminal.keys("Up")
        terminal.wait("› my draft")

    def test_a_page_that_asks_follows_the_session(self):
        client, session = self.filled(["/demo chunks=1 rate=0 echo=one", "/demo chunks=1 rate=0 echo=two"])
        terminal = self.open(session)
        self.browse(terminal)
        terminal.type("g")
        self.wait_cursor(terminal, r"\d\d:\d\d")
        terminal.type("R")
        terminal.wait("Rewind: drop 3 messages")
        client.request("message.send", session, {"text": "/demo rate=20 chunks=100000"})
        terminal.wait("a turn runs: interrupt it first")
        self.assertNotIn("Rewind: drop", terminal.screen())
        client.request("session.interrupt", session)

    def test_a_fork_is_a_session_of_its_own(self):
        client, session = self.filled(["/demo chunks=1 rate=0 echo=one", "/demo chunks=1 rate=0 echo=two"], "mother (fork)")
        terminal = self.open(session)
        self.browse(terminal)
        terminal.type("g")
        self.wait_cursor(terminal, r"\d\d:\d\d")
        terminal.type("JF")
        terminal.wait("Fork: a new session with 2 messages")
        terminal.type("y")
        terminal.wait("forked, with 2 messages")
        fork = next(s for s in client.request("session.list")["sessions"] if s["id"] != session)
        self.assertEqual(fork["title"], "mother (fork 2)")
        self.assertEqual(len(client.request("message.history", fork["id"])["messages"]), 2)
        self.assertEqual(len(client.request("message.history", session)["messages"]), 4)

    def test_compacting_says_first_what_is_summed_up(self):
        client, session = self.filled(["/demo chunks=1 rate=0 echo=one"])
        terminal = self.open(session)
        terminal.type("/compact")
        terminal.keys("Enter")
        terminal.wait("too little to sum up")
        for text in ("/demo chunks=1 rate=0 echo=two", "/demo chunks=1 rate=0 echo=three"):
            start = len(client.events)
            client.request("message.send", session, {"text": text})
            client.idle(session, start, PATIENCE * 2)
        terminal.type("/compact")
        terminal.keys("Enter")
        terminal.wait("Compact: let the model sum up 4 messages")
        terminal.type("y")
        client.event("session.compacted", session, seconds=PATIENCE * 2)

    def test_a_page_that_comes_after_a_while_takes_no_yes_at_once(self):
        client, session = self.filled([f"/demo chunks=1 rate=0 echo={number}" for number in range(30)])
        terminal = self.open(session)
        first = client.request("message.history", session, {"limit": 100})["messages"][0]["id"]
        terminal.type(f"/rewind {first}")  # which is not loaded yet
        terminal.keys("Enter")
        terminal.wait("Rewind: drop 59 messages")
        terminal.type("y")
        terminal.wait("look again what this would do")


class WhileSomethingIsAsked(PuppetTest):
    def test_letters_browse_and_do_not_answer(self):
        client = self.client()
        session, _, _, (question,) = self.waiting(client)
        terminal = self.terminal(f"{program('stoa')} attach {session}")
        terminal.wait("permission")
        terminal.keys("C-o")
        terminal.wait("with Alt:")
        time.sleep(0.5)  # from here on the panel would take keys
        terminal.type("y")
        terminal.wait("no code block")
        self.assertEqual([q["id"] for q in client.request("question.list")["questions"]], [question])
        time.sleep(0.5)  # each key makes it wait anew
        terminal.keys("M-n")
        client.wait(lambda: not client.request("question.list")["questions"], "the answer")

    def test_what_is_typed_into_a_list_does_not_answer_when_it_closes(self):
        client = self.client()
        session, _, _, (question,) = self.waiting(client)
        terminal = self.terminal(f"{program('stoa')} attach {session}")
        terminal.wait("permission")
        terminal.keys("C-x", "l")
        terminal.wait("type to filter")
        time.sleep(0.5)  # the panel below would take keys
        terminal.keys("Enter", "y")
        terminal.wait("too soon after another key")
        self.assertEqual([q["id"] for q in client.request("question.list")["questions"]], [question])
