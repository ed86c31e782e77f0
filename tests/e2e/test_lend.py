"""Tools that a terminal lends to one session: routed to it alone, and gone with it."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest

from harness import DISK_SLACK, ROOT, PATIENCE, RequestError, StoaTest, children, program, stoa, text_of, wait_for

SERVER = f"{ROOT}/tests/support/lend_server.py"
EVERYTHING = f"{ROOT}/tests/support/node_modules/@modelcontextprotocol/server-everything/dist/index.js"


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Lender:
    """`stoa lend`, with what it writes for people in a file."""

    def __init__(self, place, session, name, *command, options=(), before=()):
        self.path = f"{place.folder}/lend-{name}-{time.monotonic_ns()}.log"
        with open(self.path, "wb") as log:
            self.process = subprocess.Popen([*before, program("stoa"), "lend", "-s", session, *options, name, "--", *command],
                                            env=place.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)

    def said(self):
        with open(self.path, errors="replace") as file:
            return file.read()

    def wait(self, text, count=1):
        def found():
            if self.process.poll() is not None and self.said().count(text) < count:
                raise AssertionError(f"stoa lend left with {self.process.returncode}: {self.said()}")
            return self.said().count(text) >= count
        try:
            return wait_for(found, f"'{text}' {count} times")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.said()}") from None

    def children(self):
        return children(self.process.pid)

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        if "Sanitizer" in self.said() or "runtime error" in self.said():
            raise AssertionError(self.said())


class LendTest(StoaTest):
    config = "default_model: demo/stoa\nmcp: {call_timeout: 60s}\n"

    def lend(self, session, name="lent", marker="ONE", options=(), wait=True):
        lender = self.keep(Lender(self.place, session, name, sys.executable, SERVER, marker, options=options))
        if wait:
            lender.wait("the session has its 8 tools")
        return lender

    def call(self, client, session, tool, name="lent", seconds=60, **arguments):
        return client.request("mcp.call", session, {"server": name, "tool": tool, "arguments": arguments}, seconds=seconds)

    def blocks(self, client, session):
        messages = client.request("message.history", session)["messages"]
        return [block for message in messages for block in message["content"] if block["type"] == "tool_call"]

    def ask_model(self, client, session, tool, **arguments):
        text = f"/demo tool=lent__{tool} input={json.dumps(arguments)}"
        client.request("message.send", session, {"text": text})

    def lent(self, client, session):
        return {lent["server"]: lent for lent in client.request("session.snapshot", session)["lent"]}


class Turns(LendTest):
    def test_the_model_calls_a_lent_tool_that_people_are_asked_about(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        lender = self.lend(session)
        self.ask_model(client, session, "who")
        asked = client.event("question.asked", session)["data"]["question"]
        self.assertEqual((asked["server"], asked["tool"]), ("lent", "who"))
        user = client.request("server.hello")["user"]
        self.assertEqual(asked["lender"], f"{user}'s terminal")
        self.assertIn(f"it runs on the machine of {user}'s terminal", asked["text"])
        client.request("question.answer", params={"question": asked["id"], "decision": "allow"})
        client.event("tool.ended", session, state="done")
        client.idle(session)
        block = self.blocks(client, session)[0]
        self.assertRegex(block["call"]["result"], r"^ONE \d+$")
        self.assertIn("ONE", text_of(client.request("message.history", session)["messages"][-1]))
        lender.wait("lent: call who")
        lender.wait("lent: who: done")

    def test_its_end_is_said_to_all_and_the_model_learns_that_nobody_lends_it_now(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        lender = self.lend(session)
        self.assertEqual(self.lent(client, session)["lent"]["user"], client.request("server.hello")["user"])
        lender.process.send_signal(signal.SIGINT)
        self.assertEqual(lender.process.wait(PATIENCE), 0)
        client.event("tools.returned", session, server="lent")
        self.assertEqual(self.lent(client, session), {})
        self.ask_model(client, session, "who")
        client.idle(session)
        self.assertIn("no terminal lends 'lent' now", json.dumps(self.blocks(client, session)))

    def test_a_session_that_nobody_lends_anything_says_so(self):
        client = self.client()
        session = self.session(client)
        with self.assertRaises(RequestError) as caught:
            self.call(client, session, "who")
        self.assertEqual(caught.exception.code, "not_found")

    def test_people_see_who_lends_from_where(self):
        client = self.client()
        session = self.session(client)
        self.lend(session)
        listed = stoa(self.place, "mcp", "ls", "-s", session).stdout
        user = client.request("server.hello")["user"]
        self.assertRegex(listed, rf"lent +ready +lent +8 .*lent by {user}")
        self.assertIn("who", stoa(self.place, "mcp", "tools", "lent", "-s", session).stdout)


class Routing(LendTest):
    def test_two_terminals_lend_the_same_name_to_two_sessions_and_are_never_crossed(self):
        client = self.client()
        first, second = self.session(client), self.session(client)
        self.lend(first, marker="FIRST")
        self.lend(second, marker="SECOND")
        asked = []
        for _ in range(20):
            for session, marker in ((first, "FIRST"), (second, "SECOND")):
                id = client.send("mcp.call", session, {"server": "lent", "tool": "who"})
                asked.append((id, marker))
        for id, marker in asked:
            self.assertTrue(client.reply(id, 60)["text"].startswith(marker))

    def test_another_session_neither_sees_nor_reaches_it(self):
        client = self.client()
        with_it, without = self.session(client), self.session(client)
        self.lend(with_it)
        self.assertNotIn("lent", json.dumps(client.request("mcp.servers", without)["servers"]))
        self.assertNotIn("lent", json.dumps(client.request("mcp.tools", without)["tools"]))
        with self.assertRaises(RequestError):
            self.call(client, without, "who")

    def test_another_client_can_not_speak_for_it(self):
        client = self.client()
        session = self.session(client)
        self.lend(session)
        for run in ("l_01j00000000000000000000000", "x"):
            with self.assertRaises(RequestError) as caught:
                client.request("lend.message", session, {"server": "lent", "run": run, "messages": [{}]})
            self.assertEqual(caught.exception.code, "denied")
        with self.assertRaises(RequestError) as caught:
            client.request("lend.withdraw", session, {"server": "lent"})
        self.assertEqual(caught.exception.code, "not_found")
        self.assertTrue(self.call(client, session, "who")["text"].startswith("ONE"))

    def test_an_old_run_reaches_nobody(self):
        lender, client = self.client(), self.client()
        session = self.session(client)
        lender.request("lend.offer", session, {"server": "lent"})
        client.send("mcp.call", session, {"server": "lent", "tool": "who"})
        lender.wait(lambda: [n for n in lender.notices if n.get("start")], "a run")
        first = lender.notices[0]["run"]
        lender.request("lend.message", session, {"server": "lent", "run": first, "end": "over"})
        with self.assertRaises(RequestError) as caught:
            lender.request("lend.message", session, {"server": "lent", "run": first, "messages": [{"jsonrpc": "2.0"}]})
        self.assertEqual(caught.exception.code, "conflict")

    def test_names_that_can_not_be(self):
        client = self.client()
        session = self.session(client)
        for name in ("Big", "a b", "-x", "ä", "x" * 33):
            with self.assertRaises(RequestError) as caught:
                client.request("lend.offer", session, {"server": name})
            self.assertEqual(caught.exception.code, "bad_request")
        for number in range(8):
            client.request("lend.offer", session, {"server": f"n{number}"})
        with self.assertRaises(RequestError) as caught:
            client.request("lend.offer", session, {"server": "one-more"})
        self.assertEqual(caught.exception.code, "limit")


class Rights(LendTest):
    def test_a_call_is_not_begun_for_one_who_has_lost_the_right_meanwhile(self):
        # given an approver, who leaves behind their call: it waits for the disk until then
        ann, bo = self.client(), self.client()
        session = self.session(ann)
        lender = self.lend(session)
        ann.request("user.create", params={"user": "bo"})
        bo.request("token.login", params={"token": ann.request("token.issue", params={"user": "bo"})["secret"]})
        ann.request("session.share", session, {"user": "bo", "role": "approver"})
        called = bo.send("mcp.call", session, {"server": "lent", "tool": "who"})
        left = bo.send("session.unshare", session, {"user": "bo"})
        bo.reply(left)
        with self.assertRaises(RequestError) as caught:
            bo.reply(called)
        self.assertEqual(caught.exception.code, "not_found")
        # then it is not made, unlike the owner's after it
        self.call(ann, session, "who")
        lender.wait("lent: who: done")
        self.assertEqual(lender.said().count("call who"), 1)


class Ends(LendTest):
    def test_a_lender_that_is_killed_in_mid_call_ends_the_call_at_once(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        lender = self.lend(session)
        client.request("rule.add", params={"effect": "allow", "pattern": "lent/*", "session": session})
        self.ask_model(client, session, "hang")
        client.event("tool.started", session)
        lender.wait("call hang")
        child = lender.children()[0]
        since = time.monotonic()
        lender.process.kill()
        ended = client.event("tool.ended", session)["data"]
        self.assertLess(time.monotonic() - since, 1)
        self.assertEqual(ended["state"], "failed")
        self.assertIn("the terminal that lent it has gone (it may have had its effect)", ended["result"])
        client.idle(session)
        wait_for(lambda: not alive(child), "the server's end with its terminal")
        after = len(client.events)
        self.ask_model(client, session, "who")
        client.idle(session, after)  # without a question: there is nothing to be allowed
        self.assertIn("no terminal lends 'lent' now", self.blocks(client, session)[-1]["call"]["result"])

    def test_the_same_user_goes_on_where_another_terminal_stopped(self):
        client = self.client()
        session = self.session(client)
        first = self.lend(session, marker="FIRST")
        self.lend(session, marker="SECOND")
        first.process.wait(PATIENCE)
        self.assertEqual(first.process.returncode, 1)
        self.assertIn("another terminal of yours", first.said())
        self.assertTrue(self.call(client, session, "who")["text"].startswith("SECOND"))

    def test_it_is_back_by_itself_after_the_daemon_was_killed(self):
        client = self.client()
        session = self.session(client)
        lender = self.lend(session)
        before = self.call(client, session, "who")["text"]
        self.daemon.kill()
        self.daemon.start()
        again = self.client()
        wait_for(lambda: "lent" in self.lent(again, session), "the lender is back")
        after = self.call(again, session, "who")["text"]
        self.assertTrue(after.startswith("ONE"))
        self.assertNotEqual(before, after)
        self.assertEqual(len(lender.children()), 1)

    def test_a_killed_agent_begins_with_a_new_process(self):
        client = self.client()
        session = self.session(client)
        lender = self.lend(session)
        before = self.call(client, session, "who")["text"]
        agent = client.request("session.info", session)["agent"]["pid"]
        os.kill(agent, signal.SIGKILL)
        wait_for(lambda: client.request("session.info", session)["agent"].get("pid") != agent, "the agent's end")
        wait_for(lambda: not lender.children(), "the old process's end")
        after = self.call(client, session, "who")["text"]
        self.assertTrue(after.startswith("ONE"))
        self.assertNotEqual(before, after)

    def test_a_deleted_session_ends_it(self):
        client = self.client()
        session = self.session(client)
        lender = self.lend(session)
        client.request("session.delete", session)
        self.assertEqual(lender.process.wait(PATIENCE), 1)
        self.assertIn("the session was deleted", lender.said())

    def test_a_server_that_dies_is_begun_anew_and_its_last_words_are_shown(self):
        client = self.client()
        session = self.session(client)
        lender = self.lend(session)
        with self.assertRaises(RequestError) as caught:
            self.call(client, session, "die")
        self.assertIn("exit code 3", caught.exception.text)
        lender.wait("these are my last words")
        self.assertTrue(self.call(client, session, "who")["text"].startswith("ONE"))

    def test_a_command_that_does_not_exist_is_not_lent(self):
        client = self.client()
        session = self.session(client)
        for command in ("/no/such/program", "no-such-program-here"):
            lender = self.keep(Lender(self.place, session, "lent", command))
            self.assertEqual(lender.process.wait(20), 1)
            self.assertIn(f"can't run {command}: No such file or directory", lender.said())
        self.assertEqual(client.request("session.snapshot", session)["lent"], [])

    def test_a_command_that_is_gone_when_it_is_needed_is_named(self):
        client = self.client()
        session = self.session(client)
        script = f"{self.place.folder}/server.sh"
        with open(os.open(script, os.O_WRONLY | os.O_CREAT, 0o700), "w") as file:
            file.write(f"#!/bin/sh\nexec {sys.executable} {SERVER} ONE\n")
        lender = self.keep(Lender(self.place, session, "lent", script))
        wait_for(lambda: client.request("session.snapshot", session)["lent"], "it is lent")
        self.assertTrue(self.call(client, session, "who")["text"].startswith("ONE"))
        os.remove(script)
        client.request("mcp.disconnect", session, {"server": "lent"})
        with self.assertRaises(RequestError) as caught:
            client.request("mcp.connect", session, {"server": "lent"})
        self.assertIn(f"can't run {script}", caught.exception.text)
        lender.wait(f"can't run {script}: No such file or directory")


class Bounds(LendTest):
    config = "default_model: demo/stoa\nmcp: {call_timeout: 2s, start_timeout: 2s}\n"

    def test_an_answer_that_is_too_large_is_refused_by_its_size(self):
        client = self.client()
        session = self.session(client)
        self.lend(session)
        self.assertEqual(len(self.call(client, session, "big", bytes=1 << 20)["text"]) > 1000, True)
        with self.assertRaises(RequestError) as caught:
            self.call(client, session, "big", bytes=10 << 20)
        self.assertRegex(caught.exception.text, r"could not be sent to the session: it has 104\d+ bytes; at most 6291456")
        with self.assertRaises(RequestError) as caught:
            self.call(client, session, "wide", count=200000)
        self.assertIn("could not be sent to the session", caught.exception.text)
        with self.assertRaises(RequestError) as caught:  # a line that has no end in sight
            self.call(client, session, "big", bytes=20 << 20)
        self.assertIn("a line of more than 16777216 bytes", caught.exception.text)
        self.assertTrue(self.call(client, session, "who")["text"].startswith("ONE"))

    def test_a_storm_of_messages_passes(self):
        client = self.client()
        session = self.session(client)
        self.lend(session)
        self.assertEqual(self.call(client, session, "storm", count=5000)["text"], "calm")
        self.assertTrue(self.call(client, session, "who")["text"].startswith("ONE"))

    def test_a_stopped_lender_times_out_and_others_go_on(self):
        client, witness = self.client(), self.client()
        session, other = self.session(client), self.session(witness)
        lender = self.lend(session)
        self.lend(other, marker="OTHER")
        lender.process.send_signal(signal.SIGSTOP)
        id = client.send("mcp.call", session, {"server": "lent", "tool": "who"})
        for _ in range(20):
            since = time.monotonic()
            self.assertTrue(self.call(witness, other, "who")["text"].startswith("OTHER"))
            self.assertLess(time.monotonic() - since, 1 + DISK_SLACK)
        with self.assertRaises(RequestError) as caught:
            client.reply(id, 30)
        self.assertEqual(caught.exception.code, "timeout")
        lender.process.send_signal(signal.SIGCONT)
        wait_for(lambda: self.answers(client, session), "the lender is back")

    def answers(self, client, session):
        try:
            return self.call(client, session, "who")["text"].startswith("ONE")
        except RequestError:
            return False

    def test_a_lender_that_answers_nothing_is_given_up_by_the_call(self):
        lender, client = self.client(), self.client()
        session = self.session(client)
        lender.request("lend.offer", session, {"server": "lent"})
        with self.assertRaises(RequestError) as caught:
            self.call(client, session, "who")
        self.assertRegex(caught.exception.text, "not ready within 2 s")
        self.assertIn("lent", self.lent(client, session))


@unittest.skipUnless(os.path.exists(EVERYTHING) and shutil.which("node"),
                     "the npm packages are not installed (npm ci in tests/support)")
class Everything(LendTest):
    def test_a_server_from_npm_reports_progress_and_answers(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        lender = self.keep(Lender(self.place, session, "every", shutil.which("node"), EVERYTHING, "stdio"))
        lender.wait("the session has its")
        self.assertIn("hello", self.call(client, session, "echo", name="every", message="hello")["text"])
        client.request("rule.add", params={"effect": "allow", "pattern": "every/*", "session": session})
        client.request("message.send", session, {
            "text": '/demo tool=every__trigger-long-running-operation input={"duration":1,"steps":4}'})
        client.event("tool.progress", session)
        client.event("tool.ended", session, state="done")


class Asking(LendTest):
    def test_the_lender_says_yes_or_no_to_each_call(self):
        client = self.client()
        session = self.session(client)
        terminal = self.terminal(f"{program('stoa')} lend -s {session} --ask lent -- {sys.executable} {SERVER} ONE; echo left $?")
        terminal.wait("the session has its 8 tools")
        id = client.send("mcp.call", session, {"server": "lent", "tool": "who"})
        terminal.wait(r"call who\s+Run it here\? \[y/N\]")
        terminal.keys("Enter")
        with self.assertRaises(RequestError) as caught:
            client.reply(id)
        self.assertRegex(caught.exception.text, r"\w+, whose terminal lends this tool, declined the call")
        id = client.send("mcp.call", session, {"server": "lent", "tool": "who", "arguments": {"a": "\x1b[31mred"}})
        terminal.wait(r"call who \{.*\}\s+Run it here\? \[y/N\]")
        terminal.type("y")
        terminal.keys("Enter")
        self.assertTrue(client.reply(id)["text"].startswith("ONE"))
        terminal.keys("C-c")
        terminal.wait("left 0")


class FullScreen(LendTest):
    def test_the_full_screen_lends_a_server_and_takes_it_back(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        terminal = self.terminal(f"{program('stoa')} attach {session}; echo left $?")
        terminal.wait("write a message")

        def command(text):
            terminal.type(text)
            terminal.keys("Enter")
        command(f"/lend lent -- {sys.executable} {SERVER} ONE")
        terminal.wait("lent is lent to this session")
        self.assertTrue(self.call(client, session, "who")["text"].startswith("ONE"))
        command("/lend")
        terminal.wait(r"lent: /\S+ /\S+lend_server.py ONE[\s\S]*runs, 1 call")
        terminal.keys("Escape")
        terminal.wait("write a message")
        self.ask_model(client, session, "who")
        terminal.wait(r"run lent/who on \w+'s terminal /dev/pts")
        asked = client.event("question.asked", session)["data"]["question"]
        client.request("question.answer", params={"question": asked["id"], "decision": "deny"})
        client.idle(session)
        command("/lend lent off")
        client.event("tools.returned", session, server="lent", why="withdrawn")
        command("/lend")
        terminal.wait("nothing is lent")
        command("/lend Bad -- x")
        terminal.wait("'Bad' can't be a server's name")
        command(f"/lend again -- {sys.executable} {SERVER} TWO")
        terminal.wait("again is lent to this session")
        who = self.call(client, session, "who", name="again")["text"]
        self.assertTrue(who.startswith("TWO"))
        command("/quit")
        terminal.wait("left 0")
        self.assertFalse(alive(int(who.split()[1])), "the server ends with the screen")


if __name__ == "__main__":
    unittest.main()
