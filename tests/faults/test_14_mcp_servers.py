"""What MCP servers do wrong, and what it costs: their own session a sentence, others nothing.

The servers are tests/support/mcp_bad_server.py, many at once, each in a session of its own. Beside them a witness
(tests/support/witness.py) follows a stream."""
import json
import statistics
import time
import urllib.request

from fault import SLACK
from server_fault import ServerFaultTest
from harness import stoa


class Group(ServerFaultTest):
    """Faults all at once, each in a session of its own, the witness beside them."""
    # fault: (call's state, what its result says, cause of the end of the connection or None, what is said of that or in a log)
    table = {}

    @property
    def faults(self):
        return tuple(self.table)

    def seconds(self, fault):
        """From the message until the session is idle again."""
        return 2 * self.call_seconds() + SLACK

    def run_all(self):
        client, sessions = self.client(), {}
        for fault in self.faults:
            sessions[fault] = self.victim(client, fault)
        begun = {}
        for fault, session in sessions.items():
            begun[fault] = (time.monotonic(), self.call(client, session))
        for fault, session in sessions.items():
            at, start = begun[fault]
            client.idle(session, start, max(self.seconds(f) for f in self.faults) + 5)
            ended = next(e for e in client.events[start:] if e["session"] == session and e["type"] == "tool.ended")
            self.took[fault] = (ended["ts"] / 1000 - client.event("message.added", session, start)["ts"] / 1000)
        for fault, session in sessions.items():
            with self.subTest(fault=fault):
                self.check(client, session, fault, begun[fault][1])
                getattr(self, fault, lambda *_: None)(client, session)
        for fault, session in sessions.items():
            with self.subTest(fault=fault, what="afterwards"):
                self.usable(client, session)
                info = client.request("session.info", session)["agent"]
                self.assertEqual((info["crashes"], info["state"]), (0, "idle"))
                client.request("mcp.disconnect", session, {"server": "bad"})
        for fault, session in sessions.items():
            with self.subTest(fault=fault, what="processes"):
                self.gone(f"{self.mark}.{session}")
        self.check_all()
        self.figures += "; slowest " + ", ".join(f"{f} {s:.1f} s" for f, s in sorted(
            self.took.items(), key=lambda item: -item[1])[:3])

    def setUp(self):
        self.took = {}
        super().setUp()

    def check(self, client, session, fault, start):
        state, result, cause, text = self.table[fault]
        block = self.block(client, session)
        self.assertEqual(block["state"], state, block["result"][:500])
        self.assertRegex(block["result"][:100_000], result)
        self.assertLess(self.took[fault], self.seconds(fault))
        ends = self.said(client, session, start, "mcp.disconnected")
        logs = [data["text"] for data in self.said(client, session, start, "mcp.log")]
        causes = cause if isinstance(cause, tuple) else (cause,)
        self.assertIn({data["cause"] for data in ends} or {None}, [{one} for one in causes])
        if text:
            self.assertRegex("\n".join([data.get("text", "") for data in ends] + logs), text)
        self.assertLess(len(logs), 200, "what is logged is bounded")


TIMED_OUT = r"^The call failed: no answer from \"bad\" to tools/call within .* \(it may have had its effect\)$"


class Processes(Group):
    table = {
        "deaf": ("done", "^went$", None, None),
        "forks": ("done", "^went$", None, None),
        "forks_and_dies": ("failed", "did not answer.*may have had its effect", "closed", "exit code 0"),
        "bombs": ("failed", "no answer|did not answer", (None, "flood"), None),
        "shuts": ("failed", "it closed its standard output", "closed", "it closed its standard output"),
        "exits": ("failed", "'bad' failed: exit code 3", "crashed", "no license found"),
        "dies": ("failed", "exit code 7 .it may have had its effect", "crashed", "exit code 7"),
        "crashes": ("failed", "signal 11", "crashed", "signal 11"),
        "eats": ("failed", "did not answer", "crashed", "MemoryError|signal"),
        "mute": ("failed", "it was not ready within", "deadline", "it was not ready within"),
        "lists_never": ("failed", "it did not list its tools in time", "deadline", "did not list"),
        "answers_never": ("failed", TIMED_OUT, None, None),
    }
    options = {"bombs": "limits: {processes: 60}", "eats": "limits: {memory: 256m}"}

    def test_servers_that_do_not_end_and_those_that_do(self):
        self.run_all()


class InTheOpen(Processes):
    """The same where there are no PID namespaces."""
    env = {"STOA_NO_PIDNS": "1"}


class Talk(Group):
    table = {
        "floods": ("failed", TIMED_OUT, None, "more lines in this second are left out"),
        "floods_garbage": ("failed", "what it writes to its standard output is no JSON", "nonsense", "no JSON"),
        "floods_line": ("failed", "a line of more than 16777216 bytes", "flood", "a line of more than"),
        "floods_stderr": ("failed", TIMED_OUT, None, "more lines in this second are left out"),
        "changes": ("done", "^went$", None, None),
        "progresses": ("failed", TIMED_OUT, None, None),
        "has_many": ("done", "^went$", None, "9490 of 10002 tools are left out"),
        "pages": ("done", "^went$", None, "is too long"),
        "babbles": ("failed", "no JSON", "nonsense", "no JSON"),
        "answers_others": ("failed", TIMED_OUT, None, None),
        "answers_twice": ("done", "^first$", None, None),
        "answers_wrongly": ("failed", "answered with error 0: no", None, None),
        "names": ("done", "^went$", None, "are left out"),
        "gives_much": ("failed", "a line of more than 16777216 bytes", "flood", "a line of more than"),
        "gives_some": ("done", "(?s)^begin y.*results/", None, None),
        "gives_escapes": ("done", "^a\x1b", None, None),
        "gives_nul": ("done", "^before\ufffdafter$", None, None),
        "gives_bytes": ("failed", TIMED_OUT, None, "\ufffd"),
        "gives_halves": ("done", "^\ufffd$", None, None),
        "gives_depth": ("failed", TIMED_OUT, None, None),
    }
    options = {"progresses": "call_timeout: 150ms"}

    def test_servers_that_say_too_much_or_the_wrong_things(self):
        self.run_all()

    def plain(self, text):
        """No sequence and no character that a terminal obeys or that reorders text."""
        self.assertNotRegex(text, "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]")

    def names(self, client, session):
        tools = client.request("mcp.tools", session, {"server": "bad"})["tools"]
        self.assertGreater(len(tools), 10)
        for tool in tools:
            self.assertRegex(tool["name"], "^[a-zA-Z0-9_-]{1,64}$")
        self.assertEqual(len({tool["name"] for tool in tools}), len(tools))
        self.plain(stoa(self.place, "mcp", "tools", "bad", "-s", session).stdout)

    def gives_escapes(self, client, session):
        self.plain(stoa(self.place, "show", session).stdout)
        self.assertEqual(self.block(client, session)["result"], "a\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp\x08\x7f\rz")

    def gives_some(self, client, session):
        block = self.block(client, session)
        self.assertLessEqual(len(block["result"]), 64 << 10)
        with open(f"{self.place.folder}/state/sessions/{session}/{block['file']}") as file:
            self.assertEqual(len(file.read()), (10 << 20) + 10)

    def floods(self, client, session):
        """It goes on, and must not take a processor."""
        self.check_cpu(client, session)

    def floods_stderr(self, client, session):
        self.assertNotRegex(self.daemon.log_text(), "[\x00-\x08\x0b-\x1f\x7f-\x9f]")




class Http(Group):
    table = {
        "good": ("done", "^went$", None, None),
        "dribbles": ("failed", "not ready within|in time|deadline", "deadline", None),
        "dribbles_call": ("failed", "no answer", None, None),
        "fails": ("failed", "500", "refused", "500"),
        "fails_calls": ("failed", "503", (None, "broken"), None),
        "redirects": ("failed", "307 .* which is not followed", "refused", "not followed"),
        "cuts_start": ("failed", "failed", "broken", None),
        "cuts": ("failed", "may have had its effect", (None, "broken"), None),
        "streams": ("failed", "no answer", None, None),
        "streams_line": ("failed", "failed", None, None),
        "floods_listeners": ("done", "^went$", None, None),
    }

    def setUp(self):
        self.port, self.elsewhere = self.serve_http()
        super().setUp()

    def way(self, fault):
        return f"url: 'http://127.0.0.1:{self.port}/{fault}', headers: {{X-Key: 's3cret'}}"

    def test_servers_over_http(self):
        self.run_all()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/seen") as seen:
            self.assertEqual(json.load(seen), [], "nothing went where a redirect pointed")

    def floods_listeners(self, client, session):
        self.check_cpu(client, session)


class Questions(ServerFaultTest):
    faults = ("elicits", "samples")
    OPEN_MAX = 24  # of a session's servers at once

    def asked(self, client, session, start):
        return [data["question"] for data in self.said(client, session, start, "question.asked")]

    def answer(self, client, question, decision):
        client.request("question.answer", params={"question": question["id"], "decision": decision})

    def test_a_server_that_asks_a_thousand_things(self):
        client = self.client()
        session = self.victim(client, "elicits")
        start = self.call(client, session)
        client.wait(lambda: len(self.asked(client, session, start)) >= self.OPEN_MAX, "as many as may be open")
        # while people think, the call's time does not run
        with self.assertRaises(AssertionError):
            client.event("tool.ended", session, start, seconds=1.5 * self.call_seconds())
        self.assertEqual(len(client.request("session.snapshot", session)["questions"]), self.OPEN_MAX)
        self.assertEqual(len(self.asked(client, session, start)), self.OPEN_MAX)
        for question in self.asked(client, session, start):
            self.assertEqual((question["kind"], question["server"]), ("form", "bad"))
            self.answer(client, question, "deny")
        client.idle(session, start)
        self.assertEqual(self.block(client, session)["state"], "done")
        # and interrupted, all are taken back
        start = self.call(client, session)
        client.wait(lambda: len(self.asked(client, session, start)) >= self.OPEN_MAX, "as many as may be open")
        client.request("session.interrupt", session)
        client.idle(session, start)
        self.assertEqual(client.request("session.snapshot", session)["questions"], [])
        self.assertEqual({data["cause"] for data in self.said(client, session, start, "question.answered")}, {"interrupted"})
        self.usable(client, session)
        self.check_all()

    def test_a_server_that_asks_the_model_in_a_loop(self):
        """Each time a person is asked; there is no loop without one."""
        client = self.client()
        session = self.victim(client, "samples")
        start = self.call(client, session)
        for number in range(10):
            client.wait(lambda n=number: len(self.asked(client, session, start)) > n, "a question")
            question = self.asked(client, session, start)[-1]
            self.assertEqual(question["kind"], "sampling")
            self.answer(client, question, "allow" if number < 9 else "deny")
        client.idle(session, start)
        self.assertEqual(len(self.asked(client, session, start)), 10)
        self.assertEqual(self.block(client, session)["result"], "asked 10")
        self.usable(client, session)
        self.check_all()


class Hosts(Group):
    """Servers that many sessions share: a process of their own between them and the session."""
    scope = "user"
    table = {
        "deaf": ("done", "^went$", None, None),
        "forks_and_dies": ("failed", "exit code 0", "broken", "exit code 0"),
        "dies": ("failed", "exit code 7 .it may have had its effect", "broken", "exit code 7"),
        "mute": ("failed", "^The call failed: MCP server 'bad' failed: it was not ready within", "not_started",
                 "^it was not ready within"),
        "answers_never": ("failed", "no answer", None, None),
        "floods": ("failed", "no answer", None, None),
        "floods_line": ("failed", "a line of more than", None, None),
        "floods_garbage": ("failed", "no JSON", None, None),
        "gives_some": ("failed", "larger than 4 MiB", None, None),
    }

    def test_servers_that_sessions_share(self):
        self.run_all()


class FirstToken(ServerFaultTest):
    witnessed = False
    faults = ("deaf",)

    def measure(self, client, count):
        """Milliseconds from sending to the first chunk: of sessions without an agent yet, and of further turns."""
        cold, warm = [], []
        for _ in range(count):
            session = self.session(client)
            client.attach(session)
            for times in (cold, warm, warm):
                begun, start = time.monotonic(), self.turn(client, session, "/demo chunks=3")
                client.event("stream.chunk", session, start)
                times.append((time.monotonic() - begun) * 1000)
                client.idle(session, start)
        return statistics.median(cold), statistics.median(warm)

    def test_an_agent_that_can_not_leave_yet_holds_no_turn_up(self):
        """A turn comes while the agent waits for a server that does not want to end."""
        client = self.client()
        self.place.write_config(self.config.replace("idle_timeout: 1m", "idle_timeout: 1s"))
        client.request("admin.reload")
        session = self.victim(client, "deaf")
        client.idle(session, self.call(client, session))
        client.wait(lambda: client.request("session.info", session)["agent"]["state"] == "leaving", "it leaves")
        begun, start = time.monotonic(), self.turn(client, session, "/demo chunks=3")
        client.event("stream.chunk", session, start)
        took = time.monotonic() - begun
        client.idle(session, start)
        self.assertLess(took, SLACK)
        self.assertEqual(self.said(client, session, start, "error.occurred"), [])
        client.idle(session, self.call(client, session))
        self.assertEqual(self.block(client, session)["state"], "done")
        self.figures = f"first chunk after {took * 1000:.0f} ms"

    def test_a_server_that_hangs_delays_no_first_token(self):
        client = self.client()
        self.place.write_config("default_model: demo/stoa\ndemo: {rate: 0}\n")
        client.request("admin.reload")
        none = self.measure(client, 8)
        hung = f"command: [sleep, '1000'], env: {{FAULT_MARK: '{self.mark}'}}, start_timeout: 20s"
        self.place.write_config(f"default_model: demo/stoa\ndemo: {{rate: 0}}\nmcp_servers:\n"
                                f"  one: {{{hung}, start: eager}}\n  two: {{{hung}, start: lazy}}\n")
        client.request("admin.reload")
        hanging = self.measure(client, 8)
        self.figures = (f"first chunk, new agent: {none[0]:.1f} ms without servers, {hanging[0]:.1f} ms with hanging ones; "
                        f"further turns: {none[1]:.1f} and {hanging[1]:.1f} ms")
        for before, after in zip(none, hanging):
            self.assertLess(after, 3 * before + 20)
