"""Writing in the full-screen client: lists that are filtered, completion, files that are attached, drafts that outlive it."""
import json
import os
import signal

from harness import StoaTest, program, text_of, wait_for


class Writing(StoaTest):
    def setUp(self):
        super().setUp()
        self.folder = f"{self.place.folder}/work"
        os.makedirs(f"{self.folder}/src")
        self.write("src/main.c", "int main(void) { return 42; }\n")
        self.watcher = self.client()
        self.one = self.session(self.watcher, title="first one")
        self.watcher.attach(self.one)

    def write(self, name, text):
        with open(f"{self.folder}/{name}", "w") as file:
            file.write(text)

    def open(self, session=None, columns=100, rows=30):
        """The client in the folder, with its process as the terminal's."""
        terminal = self.terminal(f"cd {self.folder} && exec {program('stoa')} attach {session or self.one}", columns, rows)
        terminal.wait(r"\bidle\b")
        return terminal

    def close(self, terminal, how=signal.SIGKILL):
        os.kill(terminal.pid(), how)
        wait_for(lambda: terminal.flag("pane_dead") == "1", "the client's end")
        terminal.close()
        self.things.remove(terminal)

    def titles(self):
        return sorted(s["title"] for s in self.watcher.request("session.list")["sessions"])

    def sent(self):
        return [text_of(e["data"]["message"]) for e in self.watcher.events
                if e["type"] == "message.added" and e["data"]["message"]["role"] == "user"]

    def kept(self, session, what):
        """Waits until what is kept of a session says so."""
        path = f"{self.place.folder}/state/client/{session}.json"

        def look():
            try:
                with open(path) as file:
                    return what(file.read())
            except FileNotFoundError:
                return what("")
        wait_for(look, f"the draft in {path}")
        return path

    # --- lists ---

    def test_the_list_of_sessions_switches_and_makes(self):
        self.session(self.watcher, title="second two")
        terminal = self.open()
        terminal.keys("C-x", "l")
        terminal.wait("type to filter")
        terminal.type("sec")
        terminal.wait(r"› ?1 . second two +idle")
        terminal.keys("Enter")
        terminal.wait(r"\A second two")
        terminal.keys("C-x", "l")
        terminal.type("zebra crossing")
        terminal.wait(r'new session "zebra crossing"')
        terminal.keys("Enter")
        terminal.wait(r"\A zebra crossing")
        self.assertEqual(self.titles(), ["first one", "second two", "zebra crossing"])

    def test_what_asks_stands_first(self):
        other = self.session(self.watcher, title="asks for something")
        self.session(self.watcher, title="the newest")
        self.watcher.attach(other)
        self.watcher.request("rule.add", params={"effect": "ask", "pattern": "stoa/get_session_info"})
        self.watcher.request("message.send", other, {"text": "/demo chunks=1 tool=get_session_info"})
        self.watcher.event("question.asked", other)
        terminal = self.open(columns=80, rows=24)
        terminal.keys("C-x", "l")
        terminal.wait(r"filter\W+\d \? asks for something +asks")
        terminal.keys("Enter")
        terminal.wait(r"\A asks for something")

    def test_the_palette_does_what_a_key_would(self):
        terminal = self.open()
        terminal.keys("C-p")
        terminal.wait("palette")
        terminal.type("new session")
        terminal.wait(r"new session +\^X n")
        terminal.keys("Enter")
        wait_for(lambda: len(self.titles()) == 2, "a second session")
        terminal.wait("An empty session")
        terminal.keys("C-p")
        terminal.type("/title")
        terminal.wait("› ?/title")
        terminal.keys("Enter")
        terminal.wait(r"(?m)› /title *$")
        terminal.type("by the palette")
        terminal.keys("Enter")
        terminal.wait(r"\A by the palette")

    def test_history_is_searched_in_all_sessions(self):
        other = self.session(self.watcher, title="another")
        terminal = self.open(other)
        terminal.type("/demo echo=one-of-another chunks=1")
        terminal.keys("Enter")
        self.kept(other, lambda text: text and json.loads(text).get("sent"))
        self.close(terminal, signal.SIGTERM)
        terminal = self.open()
        terminal.type("half a draft")
        terminal.keys("C-r")
        terminal.wait("sent before")
        terminal.type("oneof")
        terminal.wait("› ?/demo echo=one-of-another")
        terminal.keys("Enter")
        terminal.wait("› /demo echo=one-of-another chunks=1")
        terminal.keys("Up")
        terminal.wait("› half a draft")

    def test_lists_on_a_small_screen(self):
        terminal = self.open(columns=40, rows=10)
        terminal.keys("C-p")
        terminal.wait("palette")
        terminal.type("quit")
        terminal.wait("› ?/quit")
        terminal.keys("Escape")
        terminal.wait(r"(?s)\A(?!.*palette)")
        terminal.type("/mod")
        terminal.wait("› /model")
        terminal.keys("C-u")
        terminal.type("@ma")
        terminal.wait(r"› src/main\.c")
        terminal.keys("Tab")
        terminal.wait(r"\+ src/main\.c  30 B")

    # --- completion ---

    def test_enter_sends_no_name_that_is_not_finished(self):
        terminal = self.open()
        terminal.type("/tit")
        terminal.wait("› /title")
        terminal.keys("Enter")
        terminal.wait(r"(?m)› /title *$")
        terminal.type("completed")
        terminal.keys("Enter")
        self.watcher.event("session.updated", self.one, title="completed")
        terminal.wait(r"\A completed")
        self.assertEqual(self.sent(), [])

    def test_arguments_escape_and_history(self):
        terminal = self.open()
        terminal.type("/model dem")
        terminal.wait("› demo/stoa")
        terminal.keys("Escape")
        terminal.wait(r"(?s)\A(?!.*› demo/stoa)")
        terminal.type("o")
        terminal.wait("› demo/stoa")
        terminal.keys("Tab")
        terminal.wait("› /model demo/stoa")
        terminal.keys("Enter")
        terminal.wait(r"›\W+write a message")
        terminal.type("an old draft")
        terminal.keys("Up")
        terminal.wait("› /model demo/stoa")
        terminal.keys("Down")
        terminal.wait("› an old draft")

    # --- files ---

    def send_with(self, terminal):
        terminal.keys("Enter")
        return self.watcher.event("message.added", self.one)["data"]["message"]

    def test_a_mention_reaches_the_model(self):
        terminal = self.open()
        terminal.type("look at @ma")
        terminal.wait(r"› src/main\.c")
        terminal.keys("Tab")
        terminal.wait(r"\+ src/main\.c  30 B")
        terminal.wait(r"› look at @src/main\.c")
        self.write("src/main.c", "int main(void) { return 4711; }\n")  # it is read when it is sent
        message = self.send_with(terminal)
        self.assertEqual(text_of(message), "look at @src/main.c")
        self.assertEqual([(b["name"], b["text"]) for b in message["content"] if b["type"] == "attachment"],
                         [("src/main.c", "int main(void) { return 4711; }\n")])
        terminal.wait(r"I got the file src/main\.c of 32 bytes")
        self.assertNotIn("+ src/main.c", terminal.screen())

    def test_typed_by_hand_and_deleted(self):
        terminal = self.open()
        terminal.type("x @src/main.c ")
        terminal.wait(r"\+ src/main\.c")
        terminal.keys("C-w", "C-w", "C-w", "C-w")
        terminal.wait(r"(?s)\A(?!.*\+ src/main\.c)")
        terminal.keys("C-u")
        terminal.type("at the end @src/main.c")
        terminal.wait(r"› at the end @src/main\.c")
        message = self.send_with(terminal)
        self.assertEqual([b["name"] for b in message["content"] if b["type"] == "attachment"], ["src/main.c"])

    def test_what_is_pasted_attaches_nothing(self):
        terminal = self.open()
        terminal._tmux("set-buffer", "mine is @src/main.c and ")
        terminal._tmux("paste-buffer", "-p")
        terminal.wait("› mine is @src/main.c and")
        terminal.type("so on ann@example.org @")
        terminal._tmux("set-buffer", "src/main.c")
        terminal._tmux("paste-buffer", "-p")
        terminal.wait("example.org @src/main.c")
        terminal.type(" ")
        message = self.send_with(terminal)
        self.assertEqual([b["type"] for b in message["content"]], ["text"])

    def test_a_file_that_is_too_large_keeps_the_draft(self):
        self.write("big.txt", "x" * (256 * 1024 + 1))
        terminal = self.open()
        terminal.type("see @big")
        terminal.wait(r"› big\.txt")
        terminal.keys("Tab")
        terminal.wait(r"\+ big\.txt")
        terminal.keys("Enter")
        terminal.wait(r"big\.txt has 257 KiB; at most 256 KiB")
        terminal.wait(r"› see @big\.txt")
        self.assertEqual(self.sent(), [])

    # --- drafts ---

    def test_a_draft_survives_a_kill(self):
        terminal = self.open()
        terminal.type("half a thought @src/main.c ")
        self.kept(self.one, lambda text: "half a thought" in text and "src/main.c\\n" in text)
        self.close(terminal)
        terminal = self.open()
        terminal.wait("› half a thought @src/main.c")
        terminal.wait(r"\+ src/main\.c")
        terminal.type("and more")
        terminal.keys("Enter")
        self.kept(self.one, lambda text: '"draft":""' in text.replace(" ", "") and "and more" in text)
        self.close(terminal)
        terminal = self.open()
        terminal.wait("write a message")
        terminal.keys("Up")
        terminal.wait("› half a thought @src/main.c and more")

    def test_a_draft_is_kept_at_once_when_the_client_ends(self):
        for how in (signal.SIGTERM, signal.SIGHUP):
            terminal = self.open()
            terminal.type(f"before {how.name}")
            terminal.wait(f"before {how.name}")
            self.close(terminal, how)
            terminal = self.open()
            terminal.wait(f"before {how.name}")
            terminal.keys("C-u")
            terminal.wait("write a message")
            terminal.keys("C-d")
            wait_for(lambda: terminal.flag("pane_dead") == "1", "the client's end")

    def test_what_was_not_acknowledged_is_in_the_draft(self):
        terminal = self.open()
        self.daemon.kill()
        terminal.wait("away")
        terminal.type("sent into the void")
        terminal.keys("Enter")
        terminal.wait("write a message")
        terminal.type("and a new one")
        self.kept(self.one, lambda text: "sent into the void\\nand a new one" in text)
        self.close(terminal)
        self.daemon.start()
        terminal = self.open()
        terminal.wait("› sent into the void")
        terminal.wait("and a new one")

    def test_each_session_has_its_own(self):
        self.session(self.watcher, title="second two")
        terminal = self.open()
        terminal.type("of the first")
        terminal.keys("M-1")
        terminal.wait(r"\A second two")
        terminal.wait("write a message")
        terminal.type("of the second")
        terminal.keys("M-2")
        terminal.wait(r"\A first one")
        terminal.wait("› of the first")
        terminal.keys("C-_")  # an undo brings nothing of another session
        self.assertNotIn("of the second", terminal.screen())
        second = self.open()  # what another client is writing is left to it
        second.wait("write a message")

    def test_leaving_with_two_cancels_keeps_the_draft(self):
        terminal = self.open()
        terminal.type("half a thought")
        terminal.wait("half a thought")
        terminal.keys("C-c")
        terminal.wait("draft cleared")
        terminal.keys("C-c")
        wait_for(lambda: terminal.flag("pane_dead") == "1", "the client's end")
        terminal = self.open()
        terminal.wait("› half a thought")

    def editor(self, script):
        self.write("editor", f"#!/bin/sh\n{script}\n")
        os.chmod(f"{self.folder}/editor", 0o755)
        self.place.env.update(VISUAL=f"{self.folder}/editor", TMPDIR=self.place.folder)

    def left_behind(self, terminal):
        path = terminal.wait(r"the text is in (\S+/stoa-draft-\w+)").group(1)
        with open(path) as file:
            return file.read()

    def test_what_an_editor_wrote_before_it_failed_is_kept(self):
        self.editor('echo worked on for long > "$1"; exit 1')
        terminal = self.open(columns=200)
        terminal.type("the draft")
        terminal.keys("C-g")
        self.assertEqual(self.left_behind(terminal), "worked on for long\n")
        terminal.wait("› the draft")
        self.editor("exit 1")
        terminal.keys("C-g")
        terminal.wait("the draft is as it was ")

    def test_the_draft_of_a_session_that_is_deleted_takes_no_others_place(self):
        second = self.session(self.watcher, title="second two")
        self.editor('touch "$PWD/begun"; until [ -e "$PWD/go" ]; do sleep 0.01; done; echo in vain > "$1"')
        terminal = self.open(second, columns=200)
        terminal.keys("M-2")
        terminal.wait(r"\A first one")
        terminal.type("of the first")
        terminal.keys("M-1")
        terminal.wait(r"\A second two")
        terminal.keys("C-g")
        wait_for(lambda: os.path.exists(f"{self.folder}/begun"), "the editor")
        self.kept(self.one, lambda text: '"writer":0' in text.replace(" ", ""))
        self.watcher.request("session.delete", second)
        self.kept(self.one, lambda text: '"writer":0' not in text.replace(" ", ""))  # the client is back in it
        self.write("go", "")
        self.assertEqual(self.left_behind(terminal), "in vain\n")
        terminal.wait("› of the first")

    def test_the_draft_of_a_deleted_session_is_printed(self):
        second = self.session(self.watcher, title="second two")
        script = f"{self.place.folder}/attach.sh"
        with open(script, "w") as file:
            file.write(f"{program('stoa')} attach {second}\necho left-with-$?\ncat\n")
        terminal = self.terminal(f"sh {script}")
        terminal.wait(r"\A second two")
        terminal.type("written in vain")
        path = self.kept(second, lambda text: "in vain" in text)
        self.watcher.request("session.delete", second)
        terminal.wait(r"\A first one")
        terminal.keys("C-d")
        terminal.wait("left-with-0")
        self.assertRegex(terminal.screen(), r"draft for session s_\w+:\nwritten in vain")
        self.assertFalse(os.path.exists(path))

    def test_a_damaged_file_costs_a_sentence(self):
        path = f"{self.place.folder}/state/client"
        os.makedirs(path, mode=0o700)
        with open(f"{path}/{self.one}.json", "w") as file:
            file.write('{"version":1,"draft":"\x1b')
        terminal = self.open(columns=200)
        terminal.wait("is damaged, and is left aside")
        terminal.type("goes on")
        self.kept(self.one, lambda text: "goes on" in text)
