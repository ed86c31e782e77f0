"""The full-screen client in a real terminal emulator (tmux on a private socket)."""
import os
import re
import signal
import time

from harness import PATIENCE, SANITIZED, StoaTest, cpu_all_threads, program, stoa, text_of, wait_for


class FullScreen(StoaTest):
    def open(self, session, columns=100, rows=30, after=""):
        return self.terminal(f"{program('stoa')} attach {session}{after}", columns, rows)

    @staticmethod
    def messages(screen):
        """The rows of the message list: without title, status line and input, whose clocks and cursors differ."""
        return [row.rstrip() for row in screen.split("\n")[1:-5]]

    def say(self, client, session, text):
        start = len(client.events)
        client.request("message.send", session, {"text": text})
        client.idle(session, start, PATIENCE * 2)

    def test_two_terminals_show_the_same_last_screen(self):
        """One follows from the start, one arrives in mid-stream; at the end both show the same."""
        client = self.client()
        session = self.session(client, title="two screens")
        client.attach(session)
        early = self.open(session)
        early.wait("two screens")
        client.request("message.send", session, {"text": "/demo rate=100 chunks=150 echo=marker-start"})
        client.wait(lambda: sum(e["type"] == "stream.chunk" for e in client.events) > 30, "chunks")
        late = self.open(session)
        client.idle(session, seconds=PATIENCE * 2)
        for terminal in (early, late):
            terminal.wait(r"\bidle\b")
        final = text_of(client.request("message.history", session)["messages"][-1])
        last = re.findall(r"\w{4,}", final)[-1]
        for terminal in (early, late):
            terminal.wait(re.escape(last))
        one, two = self.messages(early.screen()), self.messages(late.screen())
        # Presence lists its own terminal as "you": compare the columns of the messages, right of the side bar.
        self.assertEqual([row[24:] for row in one], [row[24:] for row in two])
        self.assertTrue(any(row.strip() for row in one))

    def test_what_is_typed_is_sent_and_answered(self):
        client = self.client()
        session = self.session(client, title="typing")
        client.attach(session)
        terminal = self.open(session)
        terminal.wait("typing")
        terminal.wait(r"\bidle\b")
        terminal.type("what is a stoa?")
        terminal.keys("Enter")
        client.event("stream.completed", session, seconds=PATIENCE * 2)
        sent = [e for e in client.events if e["type"] == "message.added" and e["data"]["message"]["role"] == "user"]
        self.assertEqual(text_of(sent[0]["data"]["message"]), "what is a stoa?")
        terminal.wait(r"\bidle\b")

    def test_a_long_notice_takes_the_rows_that_it_needs(self):
        terminal = self.open(self.session(self.client()))
        terminal.wait(r"\bidle\b")
        terminal.resize(60, 16)
        terminal.type("/rules ask nonsense")
        terminal.keys("Enter")
        terminal.wait(r'(?s)"nonsense" is no pattern of a rule: .*SERVER/TOOL\b.*ARGUMENT=GLOB.*\n.*\bidle\b')
        terminal.resize(40, 10)
        terminal.wait(r'(?s)"nonsense" is no pattern.*\n.*SERVER/TOOL\b.*\n.*\bidle\b')

    def test_escape_interrupts_the_turn(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        terminal = self.open(session)
        terminal.wait(r"\bidle\b")
        client.request("message.send", session, {"text": "/demo rate=50 chunks=100000"})
        terminal.wait("streaming")
        terminal.keys("Escape")
        ended = client.event("stream.completed", session)
        self.assertEqual(ended["data"]["status"], "interrupted")
        terminal.wait(r"\bidle\b")
        terminal.wait("interrupted")

    def test_the_screen_comes_back_after_a_kill_of_the_daemon(self):
        client = self.client()
        session = self.session(client, title="comes back")
        self.say_and_close(client, session, "/demo chunks=5 rate=0 echo=before-the-kill")
        terminal = self.open(session)
        terminal.wait("before-the-kill")
        self.daemon.kill()
        terminal.wait("reconnect|again|gone")
        self.daemon.start()
        started = time.monotonic()
        terminal.wait(r"\bidle\b")
        self.assertLess(time.monotonic() - started, 2 if not SANITIZED else 10)
        again = self.client()
        again.attach(session)
        self.say(again, session, "/demo chunks=5 rate=0 echo=after-the-kill")
        terminal.wait("after-the-kill")
        terminal.wait("before-the-kill")

    def test_a_session_that_comes_out_of_the_archive_has_its_title(self):
        client = self.client()
        here, other = self.session(client, title="the one here"), self.session(client, title="put away")
        terminal = self.open(here)
        terminal.wait("put away")
        client.request("session.archive", other)
        wait_for(lambda: "put away" not in terminal.screen(), "it to go")
        client.request("session.archive", other, {"archived": False})
        terminal.wait("put away")

    def test_that_the_daemon_stops_is_said_until_there_is_one_again(self):
        session = self.session(self.client(), title="stops")
        terminal = self.open(session)
        terminal.wait(r"\bidle\b")
        self.daemon.stop()
        terminal.wait("is stopping")
        terminal.wait("daemon away")
        self.daemon.start()
        wait_for(lambda: "daemon away" not in terminal.screen(), "the daemon's return")
        self.assertNotIn("is stopping", terminal.screen())

    def test_a_failed_turn_is_an_error_in_the_list_and_at_the_side(self):
        client = self.client()
        session = self.session(client, title="fails")
        client.attach(session)
        client.request("message.send", session, {"text": "/demo rate=20 chunks=100000"})
        client.event("stream.chunk", session)
        start = len(client.events)
        os.kill(self.daemon.agents()[0], signal.SIGKILL)
        client.idle(session, start)
        self.assertRegex(stoa(self.place, "ls").stdout, session + r"\s+error\b")
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()  # now of the store's row alone
        self.assertRegex(stoa(self.place, "ls").stdout, session + r"\s+error\b")
        client = self.client()
        client.attach(session)
        terminal = self.open(self.session(client, title="another"))
        terminal.wait(r"! .*fails")
        start = len(client.events)
        client.request("message.send", session, {"text": "/demo rate=0 chunks=3"})
        client.idle(session, start)
        self.assertRegex(stoa(self.place, "ls").stdout, session + r"\s+idle\b")
        terminal.wait(r"✓ .*fails")

    def say_and_close(self, client, session, text):
        client.attach(session)
        self.say(client, session, text)
        client.close()
        self.things.remove(client)

    def test_sizes_from_wide_to_too_small(self):
        client = self.client()
        session = self.session(client, title="sizes")
        client.attach(session)
        self.say(client, session, "/demo chunks=40 rate=0 echo=some-words")
        terminal = self.open(session, 120, 40)
        terminal.wait("some-words|sizes")
        for columns, rows in ((100, 30), (80, 24), (60, 16), (40, 10), (120, 40)):
            terminal.resize(columns, rows)
            terminal.wait(r"\bidle\b")
        terminal.resize(15, 4)
        terminal.wait("20x6")
        terminal.resize(100, 30)
        terminal.wait(r"\bidle\b")

    def test_modes_are_off_after_exit_and_after_signals(self):
        client = self.client()
        session = self.session(client)
        for number, how in enumerate(("keys", signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV)):
            if SANITIZED and how == signal.SIGSEGV:
                continue
            place, script = f"{self.place.folder}/pid.{number}", f"{self.place.folder}/run.{number}"
            with open(script, "w") as file:
                file.write(f"sh -c 'echo $$ > {place}; exec {program('stoa')} attach {session}'\n"
                           "echo left-with-$?\ncat\n")
            terminal = self.terminal(f"sh {script}")
            terminal.wait(r"\bidle\b")
            if how == "keys":
                terminal.keys("C-d")
            else:
                with open(place) as file:
                    os.kill(int(file.read()), how)
            terminal.wait("left-with-")
            flags = [terminal.flag(name) for name in ("alternate_on", "mouse_any_flag", "keypad_cursor_flag",
                                                      "bracketed_paste_flag")]
            self.assertNotIn("1", flags, f"{how}: {flags}")
            terminal.close()
            self.things.remove(terminal)

    def test_hostile_text_reaches_no_terminal(self):
        """Titles and model text with escapes: the terminal's title stays, nothing is cleared, bidi controls are gone."""
        client = self.client()
        session = self.session(client, title="clean \x1b]0;stolen\x07 title")
        client.attach(session)
        self.say(client, session, "/demo chunks=3 rate=0 echo=evil\x1b[2J\x1b]52;c;aGk=\x07\u202eword\x9b31m-end")
        terminal = self.open(session)
        terminal.wait("evil")
        screen = terminal.screen()
        self.assertNotIn("\u202e", screen)
        self.assertNotIn("stolen", terminal.flag("pane_title"))
        self.assertIn("-end", screen)

    def test_an_idle_screen_uses_no_cpu(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        self.say(client, session, "/demo chunks=30 rate=0")
        client.close()
        self.things.remove(client)
        terminals = [self.open(session), self.open(session)]
        for terminal in terminals:
            terminal.wait(r"\bidle\b")
        time.sleep(1.5)  # what is still fast after the attach ends within this
        pids = [terminal.pid() for terminal in terminals] + [self.daemon.pid]
        for pid, name in zip(pids, ("stoa", "stoa", "stoad")):
            with open(f"/proc/{pid}/comm") as file:
                self.assertEqual(file.read().strip(), name)
        before = [cpu_all_threads(pid) for pid in pids]
        time.sleep(5)  # the span that is measured
        used = [(cpu_all_threads(pid) - then) * 1000 for pid, then in zip(pids, before)]
        self.figures = ", ".join(f"{ms:.1f}" for ms in used) + " ms in 5 s (two screens, daemon)"
        for ms in used:
            self.assertLess(ms, 10 if not SANITIZED else 100)
