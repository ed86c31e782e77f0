"""Fault 15: text from outside that would command a terminal. Whatever the model, its server, a tool, a title, a name, a
question or an error says: only sequences that the client makes itself reach a terminal, nothing reaches the log, and what
is kept is what was said.

Every hostile sequence has 7777 in it where a number or a text may stand, and the client never writes that in a sequence."""
import json
import os
import re
import subprocess

from harness import PATIENCE, ROOT, SANITIZED, StoaTest, program, stoa, text_of, wait_for
from model_server import ModelServer, head, openai, whole
from pty_program import LINES, MOVES, PLAIN, PtyProgram, check, is_data

SERVER = f"{ROOT}/tests/support/mcp_server.py"
EVIL = {
    "CSI colour": "\x1b[7777;31m", "CSI erase": "\x1b[7777J", "CSI cursor": "\x1b[7777;7H", "CSI mode": "\x1b[?7777h",
    "CSI report": "\x1b[7777n", "CSI without end": "\x1b[7777", "reset": "\x1bc", "ESC alone": "\x1b", "keypad": "\x1b>",
    "OSC 0": "\x1b]0;7777-stolen\x07", "OSC 2": "\x1b]2;7777-stolen\x1b\\", "OSC 8": "\x1b]8;;http://7777.example\x1b\\x\x1b]8;;\x1b\\",
    "OSC 9": "\x1b]9;7777\x07", "OSC 52": "\x1b]52;c;Nzc3Nw==\x07", "OSC 777": "\x1b]777;notify;7777;x\x07",
    "DCS": "\x1bP1$r7777\x1b\\", "APC": "\x1b_G7777\x1b\\", "PM": "\x1b^7777\x1b\\", "SOS": "\x1bX7777\x1b\\",
    "C1 CSI": "\x9b7777m", "C1 OSC": "\x9d0;7777-stolen\x9c", "C1 DCS": "\x907777\x9c", "C1 others": "\x84\x85\x8d\x9a",
    "C0": "\x01\x05\x08\x0b\x0c\x0e\x0f\x18\x1a\x7f\x07", "CR": "shown\rhidden", "separators": "a\u2028b\u2029c",
    "overrides": "\u202e7777\u202c\u202a\u202d", "isolates": "\u2066x\u2069\u061c\u200e\u200f", "zero width": "a\u200b\u200c\u200d\u2060\ufeffb",
    "tags": "\U000e0001\U000e0041\U000e007f", "hyphen": "so\u00adft", "fillers": "\u3164\u115f\uffa0", "selectors": "\u2764\ufe0f",
    "noncharacters": "\ufdd0\U0010fffe", "marks": "\u0301" * 40, "nested": "\x1b]0;\x1b[7777m\x1b]52;c;Nzc3Nw==\x07\x07",
}
ALL = "".join(f"<{name}:{text}>" for name, text in EVIL.items())
ERASE = re.compile(rb"\x1b\[K")
SHORT_MAX = 12  # characters, of those that are cut at every place
NAME_BYTES = 190  # of a title, by PROTOCOL.md


def cut_everywhere(text):
    """The text as chunks, once for each place where it may be cut in two."""
    for at in range(1, len(text)):
        yield from (f"[{at}:", text[:at], text[at:], "]\n")


def short(limit):
    """A few of them in so many bytes."""
    parts = ["\x1b]0;7777-stolen\x07", "\x9b7777m", "\u202e", "\x1b[7777J", "\x1b]52;c;Nzc3Nw==\x07", "\u200b\r"]
    text = "name"
    for part in parts:
        if len((text + part).encode()) + 3 <= limit:
            text += part
    return text + "end"


def examine(data, **allowed):
    """check(), and that no title or notification is one of ours."""
    seen = check(data, **allowed)
    for words in re.findall(rb"\x1b\]([^\x07\x1b]*)", data):
        if b"7777" in words:
            raise AssertionError(f"the terminal was told: {words!r}")
    return seen


class Terminals:
    """The client, full screen in two sizes and as `--plain`, from before the first hostile byte."""

    def __init__(self, test, session):
        attach = [program("stoa"), "attach", session]
        folder = f"{test.place.folder}/files"
        os.mkdir(folder)
        for name in (short(100).encode(), b"raw \x9b7777m\x9d0;7777-stolen\x9c", b"\xe2\x80\xaefile"):
            with open(os.path.join(folder.encode(), name.replace(b"/", b"")), "wb") as file:
                file.write(ALL.encode())
        env = test.place.env
        self.all = {"full screen 100x30": PtyProgram(attach, env, cwd=folder),
                    "full screen 40x10": PtyProgram(attach, env, 40, 10, cwd=folder),
                    "--plain": PtyProgram(attach + ["--plain"], env, cwd=folder)}
        for terminal in self.all.values():
            test.keep(terminal)

    def wait(self, text):
        """Until each has it. Full screens write only what differs, so that they are known to be done by their quiet."""
        self.all["--plain"].wait(re.escape(text.encode()))
        for terminal in self.all.values():
            terminal.settle()

    def type(self, keys):
        for name, terminal in self.all.items():
            if name != "--plain":
                terminal.type(keys)
                terminal.settle()


class Injection(StoaTest):
    def setUp(self):
        self.model = ModelServer([whole("500 No", {"error": {"message": "not scripted"}})])
        command = json.dumps(["/usr/bin/python3", "-SE", SERVER, "--name", "server " + short(100), "--tool", "x" + short(60)])
        self.config = (f"default_model: evil/x\nproviders:\n  evil:\n    api: openai\n    base_url: {self.model.url}\n"
                       f"mcp_servers:\n  odd:\n    command: {command}\n")
        super().setUp()
        self.looked_at = {}

    def tearDown(self):
        self.model.close()
        super().tearDown()

    # --- saying hostile things ---

    def script(self, *chunks, finish="stop", **delta):
        body = [openai(chunk) for chunk in chunks] + ([openai(**delta)] if delta else []) + [openai(finish=finish), b"data: [DONE]\n\n"]
        return [head(), *body]

    def turn(self, client, session, text, *scripts):
        self.model.scripts[:] = [*scripts, self.model.scripts[-1]]
        start = len(client.events)
        client.request("message.send", session, {"text": text})
        return start

    def says(self, client, session, chunks, mark):
        """A turn whose answer is these chunks; what is kept of it is just that."""
        start = self.turn(client, session, f"go {mark} {ALL}", self.script(*chunks, "\n\n", mark))
        client.idle(session, start, PATIENCE * 4)
        kept = client.request("message.history", session, {"limit": 1})["messages"][0]
        self.assertEqual(text_of(kept), "".join(chunks) + "\n\n" + mark, "what is kept is what was said")
        self.terminals.wait(mark)

    def asked(self, client, session, tool, arguments, mark):
        """A turn with a call that is asked about: the panel is looked at, then the call is allowed."""
        call = {"index": 0, "id": "c1", "type": "function", "function": {"name": tool, "arguments": json.dumps(arguments)}}
        start = self.turn(client, session, f"call {mark}", self.script("calling", finish="tool_calls", tool_calls=[call]),
                          self.script(mark))
        return start

    def answer(self, client, session, start, kind, **answer):
        asked = client.wait(lambda: [e for e in client.events[start:] if e["type"] == "question.asked" and
                                     e["data"]["question"]["kind"] == kind], f"a question: {kind}")[0]
        self.terminals.type(b"v")
        self.terminals.type(b"\x1b[B\x1b[B")
        client.request("question.answer", params={"question": asked["data"]["question"]["id"], "decision": "allow", **answer})

    def visit_everything(self):
        """Shows all pages, lists and folds that a key leads to."""
        keys = [b"\t", b"\x1b[5~", b"\x1b[5~", b"\x1b[1;5H", b"\x1b[1;5F", b"?", b"\x1b[6~", b"q", b"\x18l", b"name", b"\x1b", b"/mcp\r",
                b"\x1b[6~", b"q", b"/rules\r", b"q", b"\x0f", b"k", b"g", b"G", b"\x1b", b"\x10", b"re", b"\x1b", b"\x12", b"\x1b",
                b"@", b"\x1b[B", b"\x1b", b"\x15", b"/rename ", b"\x1b", b"\x15", b"\x1b[200~" + ALL.encode() + b"\x1b[201~", b"\x03"]
        for key in keys:
            self.terminals.type(key)

    # --- looking ---

    def look(self, what, data, **allowed):
        self.looked_at[what] = {"bytes": len(data), **examine(bytes(data), **allowed)}

    def look_at_command(self, *words, input=b""):
        """A subcommand's output in a pipe and on a terminal."""
        place = f"{self.place.folder}/input"
        with open(place, "wb") as file:
            file.write(input)
        command = ["sh", "-c", f'exec "$@" < {place}', "sh", program("stoa"), *words]
        piped = subprocess.run(command, env=self.place.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        name = f"stoa {' '.join(words[:3:2])[:20]!a}"
        self.look(f"{name} | cat", piped.stdout, kinds=(LINES,), osc=False, bell=False)
        terminal = self.keep(PtyProgram(command, self.place.env))
        terminal.end()
        own = (MOVES, PLAIN, ERASE) if words[0] in ("doctor", "backup", "restore") else (MOVES, PLAIN)  # a line that says how far it is
        self.look(name, terminal.output, kinds=own, osc=False, bell=False)

    def look_at_json(self, *words):
        done = subprocess.run([program("stoa"), *words, "--json"], env=self.place.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)
        text = done.stdout.decode()
        for part in [text] if words[0] == "export" else text.split("\n"):
            if part:
                json.loads(part)
        self.look(f"stoa {' '.join(words[:3:2])[:20]!a} --json", done.stdout, kinds=(LINES,), osc=False, bell=False, may=is_data)

    def look_at_slash_commands(self, session):
        """What `stoa cmd` says of the session, and of what it cannot take."""
        name = short(100)
        for text in (f"/rename {short(NAME_BYTES)}", f"/title {name}", f"/fork {name}", f"/fork -1 {name}", f"/new {name}", "/info", "/usage",
                     f"/system {ALL}", "/system", "/mcp", "/mcp tools", f"/mcp connect {name}", f"/rules deny {name}", "/rules deny odd/*",
                     "/rules", f"/rules rm {name}", f"/search {ALL}", "/search name", f"/model {name}", "/model", f"/set a={ALL}", f"/set {name}=1",
                     f"/rewind {name}", f"/interrupt {name}", f"/steer {ALL}", "/share", f"/{name}", f"/{ALL}", ALL):
            self.look_at_command("cmd", session, text)
            self.look_at_json("cmd", session, text)
        self.look_at_command("cmd", name, "/info")
        told = stoa(self.place, "cmd", session, f"/set {name}=1", check=False).stderr
        self.assertRegex(told, "a variable is named 'name.*'; it must be", "a sentence is whole whatever it quotes")

    def look_at_the_installation(self):
        """Doctor, backup and restore, where files and folders have hostile names."""
        folder = f"{self.place.folder}/{short(100)}"
        os.makedirs(folder)
        file = f"{folder}/{short(100)}"
        for words in (["backup", file], ["backup", file], ["backup", f"{folder}/none/{short(60)}"], ["backup", folder], ["restore", file],
                      ["restore", f"{file}.none"], ["restore", folder], ["doctor"], ["doctor", short(60)],
                      ["--config", f"{folder}/none", "doctor"]):
            self.look_at_command(*words)
        self.look_at_json("doctor")
        # and where the daemon itself would be in such a place, with such a configuration
        with open(f"{folder}/config.yaml", "w", encoding="utf-8") as file:
            file.write(f"default_model: {json.dumps(short(100))}\n{json.dumps(short(60))}: 1\n")
        os.makedirs(f"{folder}/run", mode=0o755)
        kept, self.place.env = self.place.env, {**self.place.env, "STOA_CONFIG": f"{folder}/config.yaml", "STOA_STATE_DIR": f"{folder}/state",
                                                "STOA_RUNTIME_DIR": f"{folder}/run"}
        self.look_at_command("doctor")
        self.look_at_json("doctor")
        self.look_at_command("ls")
        self.place.env = kept

    def test_each_kind_would_be_found(self):
        """What this file looks with: none of the hostile kinds passes it, but those that are the client's own too."""
        passed = set()
        for name, text in EVIL.items():
            try:
                examine(text.encode())
                passed.add(name)
            except AssertionError:
                pass
        self.assertEqual(passed, {"keypad", "CR", "marks"})

    def test_nothing_but_the_clients_own_sequences_reaches_a_terminal(self):
        client = self.client()
        other = self.client()
        session = self.session(client, title=short(NAME_BYTES))
        client.attach(session)
        other.request("server.hello", params={"kind": "tui", "terminal": short(60)})
        other.attach(session)
        other.request("session.typing", session, {"typing": True})
        self.terminals = Terminals(self, session)
        for name, terminal in self.terminals.all.items():
            terminal.wait(b"name end" if name == "--plain" else b"idle")
        watch = self.keep(PtyProgram([program("stoa"), "watch", session], self.place.env))

        self.says(client, session, [ALL], "mark-whole")
        pieces = [piece for text in EVIL.values() if len(text) <= SHORT_MAX for piece in cut_everywhere(text)]
        self.says(client, session, pieces, "mark-pieces")
        self.says(client, session, list(ALL), "mark-letters")
        self.says(client, session, ["```c\n", ALL, "\n```\n| a |\n|---|\n| ", ALL.replace("\n", ""), " |\n\n# ", ALL, "\n[x](", ALL, ")"], "mark-markdown")
        self.says(client, session, ["\x1b]0;" + "A" * 500000, "A" * 500000, "\x07\n"], "mark-long")
        self.says(client, session, ["\x9d2;" + "B" * 100000, "\n"], "mark-unended")

        start = self.asked(client, session, "odd__say", {"text": ALL}, "mark-said")
        self.answer(client, session, start, "permission", scope="session")
        client.idle(session, start, PATIENCE * 2)
        result = [b["call"]["result"] for m in client.request("message.history", session)["messages"] for b in m["content"]
                  if b["type"] == "tool_call"][-1]
        self.assertEqual(result, ALL, "a result is kept as it was")
        start = self.asked(client, session, "odd__ask", {"message": ALL, "title": short(100)}, "mark-form")
        self.answer(client, session, start, "permission")
        self.answer(client, session, start, "form", content={"name": ALL})
        client.idle(session, start, PATIENCE * 2)
        start = self.asked(client, session, short(60), {"a": ALL}, "mark-unknown-tool")
        client.idle(session, start, PATIENCE * 2)
        self.visit_everything()
        start = self.turn(client, session, "fail", [whole("400 Bad", {"error": {"message": ALL, "type": short(50)}})])
        client.event("error.occurred", session, start)
        client.idle(session, start)
        for size in ((60, 16), (120, 40)):
            self.terminals.all["full screen 100x30"].resize(*size)
            self.terminals.all["full screen 100x30"].settle()

        for words in (["ls"], ["show", session], ["history", session], ["search", "name"], ["export", session], ["info", session],
                      ["questions"], ["mcp", "ls", "-s", session], ["mcp", "tools", "-s", session], ["rules", "-s", session], ["models"],
                      ["rename", session, short(NAME_BYTES)], ["send", "-s", "nobody " + ALL, "x"], ["nonsense" + ALL]):
            self.look_at_command(*words)
            if words[0] not in ("nonsense" + ALL, "rename", "send"):
                self.look_at_json(*words)
        self.model.scripts[:] = [self.script(ALL, "mark-sent")]
        self.look_at_command("send", "-s", session, "-", input=ALL.encode())
        self.look_at_json("send", "-s", session, ALL)
        self.look_at_command("send", "-s", session, "-", input=b"raw \x9b7777m \xff\xc2")
        client.request("message.send", session, {"text": "a file", "attachments": [{"name": "name\u202e\u200b\U000e0041end", "text": ALL}]})
        self.terminals.all["full screen 100x30"].settle()
        exact = subprocess.run([program("stoa"), "export", session, "--format", "json"], env=self.place.env, stdout=subprocess.PIPE,
                               check=True).stdout
        self.assertIn(ALL, "".join(text_of(m) for m in json.loads(exact)["messages"]), "an export has the text itself")

        self.look_at_slash_commands(session)
        self.look_at_the_installation()

        for terminal in self.terminals.all.values():
            terminal.type(b"\x1b\x03")
            terminal.settle()
            terminal.type(b"\x03\x03")
            if terminal.process.poll() is None:
                terminal.type(b"\x04")
            terminal.end()
        watch.type(b"\x03")
        watch.end()
        for name, terminal in self.terminals.all.items():
            self.look(name, terminal.output)
        self.look("stoa watch", watch.output, kinds=(MOVES, PLAIN), osc=False, bell=False)
        self.look("the daemon's log", self.daemon.log_text().encode(), kinds=(LINES,), osc=False, bell=False)
        self.daemon.stop()
        self.look_at_command("restore", f"{self.place.folder}/{short(100)}/{short(100)}")
        seen = {name: f"{found['bytes']} bytes, {found.get('sequences', 0)} sequences" for name, found in self.looked_at.items()
                if name.startswith(("full", "--plain", "stoa watch", "the daemon"))}
        self.figures = f"{len(EVIL)} kinds, {len(pieces)} pieces, {len(self.looked_at)} outputs; {seen}"


if __name__ == "__main__":
    raise SystemExit("run tests/run.py faults")
