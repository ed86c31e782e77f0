"""Fault 2 at the terminal: three clients on one session, in two sizes, one of them stopped in the middle and resumed. At the
end they show the same."""
import os
import re
import signal

from fault import SOAK, resident_mb
from harness import PATIENCE, SANITIZED, StoaTest, children, program, text_of

CHUNKS = 100000 if SOAK else 20000
BYTES = 32 if CHUNKS < 30000 else 10  # of a chunk: a message has 1 MiB at most
RATE = 10000
BACKLOG = 1000  # events that wait for a client, before it is told that it is behind
DAEMON_MB = 64 if not SANITIZED else 512


def letters(text):
    return re.sub(r"[^A-Za-z]+", "", text)


class Terminals(StoaTest):
    config = f"default_model: demo/stoa\nlimits: {{client_backlog: {BACKLOG}, connection_requests: 0}}\n"

    def open(self, session, columns, rows):
        # Below a shell: tmux continues a child of its own that was stopped.
        terminal = self.terminal(f"sh -c '{program('stoa')} attach {session}; exit'", columns, rows, scrollback=1000000)
        terminal.wait(r"\bidle\b")
        return terminal

    def transcript(self, terminal):
        """The letters of all that was said, as the client dumps it into the scrollback: line breaks are the terminal's own."""
        terminal.keys("End")
        terminal.wait(r"\bidle\b")
        terminal.type("/dump")
        terminal.wait("(?m)› /dump *$")
        terminal.keys("Enter")
        terminal.wait("Enter goes back")
        text = terminal.screen("-S", "-", "-J")
        terminal.keys("Enter")
        return letters(text)

    def test_a_terminal_that_was_stopped_shows_what_the_others_show(self):
        client = self.client()
        session = self.session(client, title="three terminals")
        client.attach(session)
        terminals = [self.open(session, *size) for size in ((120, 40), (60, 16), (100, 30))]
        stopped, = children(terminals[2].pid())
        client.request("message.send", session, {"text": f"/demo rate={RATE} chunks={CHUNKS} bytes={BYTES}"})
        client.wait(lambda: any(e["type"] == "stream.chunk" for e in client.events), "chunks")
        terminals[2].wait("streaming")
        os.kill(stopped, signal.SIGSTOP)
        try:
            peak = 0
            end = None
            while not end:
                client.take(PATIENCE)
                end = next((e for e in client.events if e["type"] == "stream.completed"), None)
                client.events[:] = [e for e in client.events if e["type"] != "stream.chunk"]
                peak = max(peak, resident_mb(self.daemon.pid))
            for number in range(20000):  # on a busy machine many chunks go into one event
                if number % 100 == 0 and client.request("admin.stats")["resyncs"]:
                    break
                client.request("session.typing", session, {"typing": number % 2 == 0})
        finally:
            os.kill(stopped, signal.SIGCONT)
        last = re.findall(r"\w{5,}", text_of(end["data"]))[-1]
        for terminal in terminals:
            terminal.wait(r"\bidle\b", PATIENCE * 2)
            terminal.wait(re.escape(last))
        self.assertLess(peak, DAEMON_MB)
        said = letters(text_of(end["data"]))
        for terminal, what in zip(terminals, ("wide", "small", "stopped")):
            text = self.transcript(terminal)
            at = text.find(said[:200])
            same = next((i for i, (a, b) in enumerate(zip(said, text[at:])) if a != b), min(len(said), len(text) - at))
            self.assertEqual(same, len(said), f"the {what} one shows something else from there on: {text[at:][same:same + 60]!r}, "
                             f"said was {said[same:same + 60]!r}")
        resyncs = client.request("admin.stats")["resyncs"]
        self.assertGreater(resyncs, 0, "the one that was stopped was behind")
        self.figures = f"{CHUNKS} chunks, {len(said)} letters, {resyncs} resyncs, daemon {peak:.0f} MB"
