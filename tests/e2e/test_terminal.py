"""The terminal itself: modes that are given back whatever ends the client, a terminal that takes nothing, the normal screen,
and line mode."""
import os
import re
import signal
import termios
import threading

from harness import PATIENCE, SANITIZED, StoaTest, children, cpu_all_threads, program, text_of, wait_for
from pty_program import PtyProgram
from puppet import GO, new_id
from test_questions import PuppetTest

# What may stay on when the client has gone.
HARMLESS = {"25", "7"}
STACKS = {rb"\x1b\[>1u": ("keys", 1), rb"\x1b\[<u": ("keys", -1), rb"\x1b\[22;2t": ("title", 1), rb"\x1b\[23;2t": ("title", -1)}


def modes_on(output):
    """The modes that are on after these bytes: numbers of DECSET, and what else has an opposite."""
    on = set()
    for numbers, letter in re.findall(rb"\x1b\[\?([\d;]+)([hl])", output):
        for number in numbers.decode().split(";"):
            (on.add if letter == b"h" else on.discard)(number)
    others = re.findall(rb"\x1b\[>4(;2)?m", output)
    if others and others[-1]:
        on.add("modifyOtherKeys")
    for pattern, (name, _) in STACKS.items():
        depth = sum(step * len(re.findall(p, output)) for p, (n, step) in STACKS.items() if n == name)
        if depth > 0:
            on.add(name)
    return on


def status(pid):
    with open(f"/proc/{pid}/status") as file:
        return file.read()


def fresh_settings():
    """Of a pseudo-terminal that nobody has used."""
    master, slave = os.openpty()
    try:
        return termios.tcgetattr(slave)
    finally:
        os.close(master)
        os.close(slave)


class Stalled(PtyProgram):
    """Reads what is written only while it may."""

    def __init__(self, *args, **keywords):
        self.may_read = threading.Event()
        self.may_read.set()
        super().__init__(*args, **keywords)

    def _read(self):
        while True:
            self.may_read.wait()
            try:
                data = os.read(self.master, 1 << 14)
            except OSError:
                return
            if not data:
                return
            self.output += data

    def close(self):
        self.may_read.set()
        super().close()


class OnPty(StoaTest):
    def pty(self, *args, kind=PtyProgram, env=None, command=None):
        return self.keep(kind(command or [program("stoa"), *args], dict(self.place.env, **(env or {}))))


class Modes(OnPty):
    def test_all_is_given_back_whatever_ends_the_client(self):
        client = self.client()
        session = self.session(client, title="modes")
        before = fresh_settings()
        ends = ["keys", signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1]
        if not SANITIZED:
            ends += [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS]
        for how in ends:
            with self.subTest(how=how):
                self.ends(session, how, before)

    def ends(self, session, how, before):
        terminal = self.pty("attach", session)
        terminal.wait(rb"\bidle\b")
        self.assertLessEqual({"1049", "2004", "1004", "1000", "1006", "modifyOtherKeys", "keys"}, modes_on(terminal.output))
        self.assertFalse(termios.tcgetattr(terminal.master)[3] & termios.ICANON)
        if how == "keys":
            terminal.type("\x04")
        else:
            os.kill(terminal.process.pid, how)
        code = terminal.end()
        self.assertEqual(code, 0 if how == "keys" else -how)
        self.assertEqual(modes_on(terminal.output) - HARMLESS, set(), f"after {how}")
        self.assertTrue(terminal.output.rfind(b"\x1b[?25l") < terminal.output.rfind(b"\x1b[?25h") or
                        b"\x1b[?25l" not in terminal.output, "the cursor is shown")
        self.assertEqual(termios.tcgetattr(terminal.master), before, f"after {how}")
        if how in ("keys", signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            self.assertIn(f"stoa attach {session[:10]}".encode(), bytes(terminal.output))

    def test_suspended_and_continued(self):
        client = self.client()
        session = self.session(client, title="suspended")
        terminal = self.pty(command=["bash", "--norc", "-i"], env={"PS1": "shell$ "})
        terminal.wait(rb"shell\$ ")
        terminal.type(f"{program('stoa')} attach {session}\n")
        terminal.wait(rb"\bidle\b")
        at = len(terminal.output)
        terminal.type("\x1a")
        at = terminal.wait(rb"Stopped[^$]*shell\$ ", at)
        self.assertEqual(modes_on(terminal.output) - HARMLESS - {"2004"}, set())  # 2004: bash's own
        terminal.type("stty -a; fg\n")
        terminal.wait(rb" icanon\b(.|\n)* echo\b", at)
        terminal.wait(rb"\x1b\[\?1049h(.|\n)*\bidle\b", at)
        self.assertLessEqual({"1049", "1004", "1000", "keys"}, modes_on(terminal.output))
        terminal.settle()
        at = len(terminal.output)
        terminal.type("\x04")
        terminal.wait(rb"stoa attach(.|\n)*shell\$ $", at)
        self.assertEqual(modes_on(terminal.output) - HARMLESS - {"2004"}, set())

    def test_a_shell_ends_what_it_has_stopped_or_keeps_in_its_background(self):
        client = self.client()
        session = self.session(client, title="background")
        for place in ("stopped", "stopped twice", "background"):
            with self.subTest(place=place):
                terminal = self.pty(command=["bash", "--norc", "-i"], env={"PS1": "shell$ "})
                at = terminal.wait(rb"shell\$ ")
                terminal.type(f"{program('stoa')} attach {session}{' &' if place == 'background' else ''}\n")
                if place != "background":
                    terminal.wait(rb"\bidle\b", at)
                    terminal.type("\x1a")
                    at = terminal.wait(rb"Stopped[^$]*shell\$ ", at)
                if place != "stopped":  # `wait` comes back when the shell knows that it is stopped
                    terminal.type(f"{'bg; ' if place == 'stopped twice' else ''}wait %1; echo again-$?\n")
                    terminal.wait(rb"again-1\d\d\b", at)
                stopped = children(terminal.process.pid)
                self.assertEqual(["State:\tT" in status(pid) for pid in stopped], [True])
                terminal.type("kill %1\n")
                wait_for(lambda: not os.path.exists(f"/proc/{stopped[0]}"), "its end")
                self.assertEqual(modes_on(terminal.output) - HARMLESS - {"2004"}, set())  # 2004: bash's own

    def test_the_editor_finds_a_terminal_and_signals_as_in_the_shell(self):
        client = self.client()
        session = self.session(client, title="editor")
        script, seen = f"{self.place.folder}/editor", f"{self.place.folder}/seen"
        with open(script, "w") as file:
            file.write(f"#!/bin/sh\nstty -a > {seen}.new\nenv >> {seen}.new\ngrep -E 'SigIgn|SigBlk' /proc/self/status >> {seen}.new\n"
                       f"trap : INT\nkill -INT 0\necho edited > \"$1\"\nmv {seen}.new {seen}\n")
        os.chmod(script, 0o700)
        secret = client.request("token.issue", params={"role": "writer"})["secret"]
        terminal = self.pty("attach", session, env={"VISUAL": script, "STOA_TOKEN": secret})
        terminal.wait(rb"\bidle\b")
        terminal.type("draft\x07")
        wait_for(lambda: os.path.exists(seen), "the editor")
        terminal.wait(rb"edited")
        with open(seen) as file:
            text = file.read()
        self.assertRegex(text, r" icanon\b")
        self.assertRegex(text, r" echo\b")
        self.assertIn("VISUAL=", text)
        self.assertNotIn("STOA_TOKEN", text)
        with open(f"/proc/{terminal.process.pid}/environ") as file:
            self.assertNotIn(secret, file.read())
        # signals 32 and 33 are the C library's own, and come as the test itself got them
        self.assertEqual([int(mask, 16) & ~(3 << 31) for mask in re.findall(r"Sig\w+:\s*(\w+)", text)], [0, 0])

    def test_a_terminal_that_takes_nothing_costs_nothing(self):
        client = self.client()
        session = self.session(client, title="stalled")
        client.attach(session)
        terminal = self.pty("attach", session, kind=Stalled)
        terminal.wait(rb"\bidle\b")
        terminal.may_read.clear()
        pid, start = terminal.process.pid, len(client.events)
        client.request("message.send", session, {"text": "/demo rate=4000 chunks=2000 echo=last-words"})
        client.idle(session, start, PATIENCE * 2)

        def memory():
            with open(f"/proc/{pid}/status") as file:
                return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))
        before, cpu = memory(), cpu_all_threads(pid)
        for _ in range(3):
            start = len(client.events)
            client.request("message.send", session, {"text": "/demo rate=0 chunks=200 echo=last-words"})
            client.idle(session, start, PATIENCE)
        used = cpu_all_threads(pid) - cpu
        here = [p for p in client.request("session.snapshot", session)["participants"] if p["kind"] == "tui"]
        self.assertEqual(len(here), 1, "it still answers the daemon")
        self.figures = f"stalled: {used * 1000:.0f} ms CPU, {memory() - before} KB more for 3 turns of 200 chunks"
        if not SANITIZED:
            self.assertLess(used, 0.5)
            self.assertLess(memory() - before, 4096)
        shown = len(terminal.output)
        terminal.may_read.set()
        last = re.findall(rb"\w{4,}", text_of(client.request("message.history", session)["messages"][-1]).encode())[-1]
        terminal.wait(re.escape(last), shown)
        self.assertLess(len(terminal.output) - shown, 150000, "what it had queued and a frame, not all that was skipped")
        terminal.may_read.clear()
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(terminal.process.wait(PATIENCE), -signal.SIGTERM)

    def test_the_normal_screen_keeps_the_last_frame(self):
        client = self.client()
        session = self.session(client, title="normal screen")
        other = r'printf "\033[?1049h\033[?1049l"'  # a program that was there before: the terminal knows its cursor
        terminal = self.terminal(f"sh -c '{other}; echo before; {program('stoa')} attach --no-alt {session}; echo left-with-$?; cat'", 80, 20)
        terminal.wait(r"\bidle\b")
        terminal.resize(70, 18)
        terminal.wait(r"\bidle\b")
        terminal.type("a draft")
        terminal.wait("a draft")
        self.assertEqual(terminal.flag("alternate_on"), "0")
        terminal.keys("C-c")
        terminal.wait("draft cleared")
        terminal.keys("C-d")
        terminal.wait("left-with-0")
        screen = terminal.screen("-S", "-100")
        self.assertRegex(screen, r"(?s)before.*normal screen.*draft cleared.*stoa attach.*left-with-0")
        flags = [terminal.flag(name) for name in ("alternate_on", "mouse_any_flag", "bracketed_paste_flag")]
        self.assertNotIn("1", flags)
        self.assertEqual(terminal.flag("cursor_flag"), "1")


class Paste(OnPty):
    def test_a_paste_of_1_mb_is_one_message(self):
        client = self.client()
        session = self.session(client, title="paste")
        client.attach(session)
        text = "".join(f"{i:048d}\r" for i in range(20000)) + "\U0001F600" * 5000
        terminal = self.pty("attach", session)
        terminal.wait(rb"\bidle\b")
        pid, at = terminal.process.pid, len(terminal.output)
        cpu = cpu_all_threads(pid)
        data = f"\x1b[200~{text}\x1b[201~".encode()
        while data:
            data = data[os.write(terminal.master, data[:1 << 16]):]
        at = terminal.wait("\U0001F600\U0001F600".encode(), at)
        used = cpu_all_threads(pid) - cpu
        cpu, keys = cpu_all_threads(pid), ["k", "\x7f", "\x1b[D", "k", "\x7f", "\x1b[A", "k", "\x7f", "\x01", "\x05"]
        for key in keys:
            shown = len(terminal.output)
            terminal.type(key)
            wait_for(lambda: len(terminal.output) > shown, "what the key did")
        each = (cpu_all_threads(pid) - cpu) / len(keys)
        self.figures = f"1 MB pasted and shown for {used * 1000:.0f} ms of CPU; a key after it {each * 1000:.2f} ms"
        if not SANITIZED:
            self.assertLess(used, 0.25)
        terminal.type("\r")
        sent = client.event("message.added", session)["data"]["message"]
        self.assertEqual(text_of(sent), text.replace("\r", "\n"))


class LineMode(OnPty):
    def open(self, session, *args, **env):
        command = ["env", *[f"{name}={value}" for name, value in env.items()], program("stoa"), "attach", session, *args]
        return self.pty(command=command)

    def pure(self, terminal):
        """Nothing but lines of text was written."""
        self.assertIsNone(re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)", bytes(terminal.output).replace(b"^C", b"")))

    def test_a_conversation(self):
        client = self.client()
        session = self.session(client, title="lines \x1b]0;stolen\x07")
        client.attach(session)
        client.request("message.send", session, {"text": "/demo rate=0 chunks=3 echo=said-before\x1b[2J"})
        client.idle(session)
        terminal = self.open(session, "--plain")
        at = terminal.wait(rb"said-before(.|\n)*> $")
        self.assertTrue(termios.tcgetattr(terminal.master)[3] & termios.ICANON)
        terminal.type('/demo rate=0 chunks=1 one \\\ntwo\n')
        at = terminal.wait(rb"sent(.|\n)*\* idle(.|\n)*> $", at)
        terminal.type('"""\n/demo rate=0 chunks=1 three\n\nfour\n"""\n')
        at = terminal.wait(rb"sent(.|\n)*\* idle(.|\n)*> $", at)
        sent = [text_of(m) for m in client.request("message.history", session)["messages"] if m["role"] == "user"]
        self.assertEqual(sent[1:], ["/demo rate=0 chunks=1 one \ntwo", "/demo rate=0 chunks=1 three\n\nfour"])
        terminal.type("/title another name\n")
        at = terminal.wait(rb"the title is now: another name", at)
        terminal.type("/nonsense\n")
        at = terminal.wait(rb"! .*/nonsense", at)
        client.request("message.send", session, {"text": "/demo rate=0 chunks=3 echo=from-elsewhere"})
        at = terminal.wait(rb"\n\[.*\] .*:\r\n.*from-elsewhere(.|\n)*\* idle(.|\n)*> $", at)
        terminal.type("x" * 4200 + "\n")
        at = terminal.wait(rb"not taken", at)
        terminal.type("\x04")
        self.assertEqual(terminal.end(), 0)
        terminal.wait(rb"stoa attach --plain " + session.encode(), at)
        self.pure(terminal)

    def test_a_question_is_asked_in_full_and_answered(self):
        client = self.client()
        session = self.session(client, title="questions")
        client.attach(session)
        client.request("rule.add", params={"effect": "ask", "pattern": "*"})
        terminal = self.open(session, "--plain")
        at = terminal.wait(rb"> $")
        terminal.type("/demo rate=0 tool=get_session_info\n")
        at = terminal.wait(rb"\? question 1: run get_session_info(.|\n)*/deny 1(.|\n)*> $", at)

        def denied():
            terminal.type("/deny not now\n")
            return re.search(rb"question 1: deny, by .*not now", bytes(terminal.output[at:]))
        terminal.settle(0.8)  # what comes sooner is not taken for an answer
        wait_for(denied, "the answer")
        answered = client.event("question.answered", session)
        self.assertEqual((answered["data"]["decision"], answered["data"]["reason"]), ("deny", "not now"))
        at = terminal.wait(rb"\* idle(.|\n)*> $", at)
        terminal.type("/demo rate=0 tool=get_session_info\n")
        terminal.wait(rb"\? question 2:", at)
        client.wait(lambda: sum(e["type"] == "question.asked" for e in client.events) > 1, "the second question")
        asked = [e for e in client.events if e["type"] == "question.asked"][-1]["data"]["question"]["id"]
        client.request("question.answer", params={"question": asked, "decision": "allow"})
        terminal.wait(rb"question 2: allow, by ", at)
        terminal.wait(rb"get_session_info begins(.|\n)*has ended: done", at)
        self.pure(terminal)

    def test_interrupting_and_leaving(self):
        client = self.client()
        session = self.session(client, title="interrupt")
        client.attach(session)
        terminal = self.open(session, "--plain")
        at = terminal.wait(rb"> $")
        terminal.type("/demo rate=20 chunks=100000\n")
        at = terminal.wait(rb"thinking", at)
        client.event("stream.chunk", session)
        terminal.type("\x03")
        at = terminal.wait(rb"\(interrupted(.|\n)*\* idle(.|\n)*> $", at)
        terminal.type("\x03\x03")
        self.assertEqual(terminal.end(), 0)

    def test_a_terminal_that_takes_nothing_keeps_it_from_no_end(self):
        client = self.client()
        session = self.session(client, title="stalled lines")
        terminal = self.pty("attach", "--plain", session, kind=Stalled)
        terminal.wait(rb"> $")
        terminal.may_read.clear()
        client.request("message.send", session, {"text": "/demo rate=0 chunks=20000"})

        def writes():
            with open(f"/proc/{terminal.process.pid}/syscall") as file:
                return file.read().startswith("1 0x1 ")
        if not SANITIZED:
            wait_for(writes, "a write that does not come back")
        os.kill(terminal.process.pid, signal.SIGTERM)
        self.assertEqual(terminal.process.wait(PATIENCE), -signal.SIGTERM)

    def test_terminals_that_cannot_move_their_cursor_get_lines(self):
        client = self.client()
        session = self.session(client, title="dumb one")
        for env, why in (({"TERM": "dumb"}, rb"type 'dumb' cannot move"), ({"TERM": ""}, rb"TERM is not set")):
            terminal = self.open(session, **env)
            terminal.wait(why)
            terminal.wait(rb"session \"dumb one\"(.|\n)*> $")
            os.kill(terminal.process.pid, signal.SIGTERM)
            self.assertEqual(terminal.end(), -signal.SIGTERM)
            self.assertIn(b"stoa attach --plain", bytes(terminal.output))
            self.pure(terminal)
        terminal = self.open(session, TERM="xterm-unheard-of", LC_ALL="C")  # newer than this host, and no UTF-8 locale
        terminal.wait(rb"\x1b\[\?1049h(.|\n)*\bidle\b")
        terminal.wait("› ".encode())


class LineModeQuestions(PuppetTest):
    def open(self, session):
        return self.keep(PtyProgram([program("stoa"), "attach", "--plain", session], self.place.env))

    def say(self, terminal, line, pattern, at):
        terminal.settle(0.8)  # an answer that comes sooner after a question is not taken
        terminal.type(line + "\n")
        return terminal.wait(pattern, at)

    def test_several_questions_are_told_apart_by_numbers(self):
        client = self.client()
        session, _, _, questions = self.waiting(client, 2, arguments='{"path":"/tmp/\x1b[2J0"}')
        terminal = self.open(session)
        at = terminal.wait(rb"question 1: run files/write_file(.|\n)*/tmp/\^\[\[2J0(.|\n)*question 2:(.|\n)*> $")
        terminal.type("/allow\n")
        terminal.wait(rb"2 questions wait: say which", at)
        terminal.type("/allow 3\n")
        terminal.wait(rb"question 3 does not wait", at)
        self.say(terminal, "/deny 2 no thanks", rb"question 2: deny, by .*: no thanks", at)
        self.say(terminal, "/allow session", rb"question 1: allow, by ", at)
        client.wait(lambda: sum(e["type"] == "question.answered" for e in client.events) > 1, "both answers")
        answers = {e["data"]["question"]: e["data"] for e in client.events if e["type"] == "question.answered"}
        self.assertEqual([answers[q]["decision"] for q in questions], ["allow", "deny"])
        self.assertEqual(answers[questions[0]]["scope"], "session")

    def test_a_form_is_filled_in_line_by_line(self):
        client = self.client()
        session, puppet = self.begin(client)
        message = puppet.reply(("files__a", "{}"))
        puppet.step("running_tools")
        puppet.started(message, 1, tool="a")
        puppet.frame(GO)
        fields = [{"name": "who", "type": "text", "required": True}, {"name": "many", "type": "integer", "min": 2, "default": 3}]
        puppet.fact("question.asked", question={"id": new_id("q_"), "kind": "form", "message": message, "block": 1,
                                                "server": "files", "text": "which?", "fields": fields, "asked": 1})
        client.event("question.asked", session)
        terminal = self.open(session)
        at = terminal.wait(rb"question 1: files asks(.|\n)*which\?(.|\n)*one by one")
        at = self.say(terminal, "/allow", rb"who \(text\), required: $", at)
        terminal.type("\n")
        at = terminal.wait(rb"this is required(.|\n)*who \(text\), required: $", at)
        terminal.type("bo\n")
        at = terminal.wait(rb"many \(integer\) \[3\]: $", at)
        terminal.type("1\n")
        at = terminal.wait(rb"too small(.|\n)*many \(integer\) \[3\]: $", at)
        terminal.type("\n")
        self.assertEqual(puppet.event("question.answered")["data"]["content"], {"who": "bo", "many": 3})
        terminal.wait(rb"question 1: allow, by ", at)
