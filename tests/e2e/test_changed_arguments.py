"""A person who allows a call changes its arguments: what runs, what is told to whom, and what a crash leaves of it."""
import json
import os
import signal

from harness import ROOT, RequestError, StoaTest, program, wait_for
from puppet import GO, LOAD, TURN
from test_questions import PuppetTest

SERVER = f"{ROOT}/tests/support/mcp_server.py"


class Changing(PuppetTest):
    def change(self, client, question, arguments, **more):
        return self.answer(client, question, content={"arguments": arguments}, **more)

    def test_the_changed_call_runs_and_all_see_what_it_runs_with(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client, read_only=True)
        self.change(client, question, {"path": "/tmp/mine", "n": [1.5]})
        told = puppet.event("question.answered")["data"]
        self.assertEqual(told["content"], {"arguments": {"path": "/tmp/mine", "n": [1.5]}})
        text = '{"path":"/tmp/mine","n":[1.5]}'
        self.assertEqual(self.call(client, session)["arguments"], text)
        puppet.started(message, 1, arguments='{"path":"what the agent says"}')
        puppet.frame(GO)
        self.assertEqual(client.event("tool.started", session)["data"]["arguments"], text)
        puppet.ended_call(message, 1)
        self.finish(puppet)
        client.idle(session)
        call = client.request("message.history", session)["messages"][1]["content"][1]
        self.assertEqual(json.loads(call["input"]), {"path": "/tmp/0"}, "what the model said stays")
        self.assertEqual((call["call"]["arguments"], call["call"]["state"]), (text, "done"))
        self.assertEqual(client.request("session.info", session)["rules"], [], "it was allowed this once")

    def test_the_same_arguments_are_no_change(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        self.change(client, question, {"path": "/tmp/0"})
        self.assertNotIn("content", puppet.event("question.answered")["data"])
        self.assertNotIn("arguments", self.call(client, session))

    def test_what_is_no_change_of_one_call_is_refused(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        good = {"arguments": {"path": "x"}}
        for code, params in (("bad_request", {"decision": "deny", "content": good}),
                             ("bad_request", {"decision": "allow", "content": good, "scope": "session"}),
                             ("bad_request", {"decision": "allow", "content": good, "scope": "user"}),
                             ("bad_request", {"decision": "allow", "content": {"arguments": "{}"}}),
                             ("bad_request", {"decision": "allow", "content": {"arguments": {}, "more": 1}}),
                             ("bad_request", {"decision": "allow", "content": {}}),
                             ("too_large", {"decision": "allow", "content": {"arguments": {"path": "x" * 65536}}})):
            with self.subTest(params=str(params)[:80]), self.assertRaises(RequestError) as raised:
                client.request("question.answer", params={"question": question, **params})
            self.assertEqual(raised.exception.code, code)
        self.assertEqual(self.call(client, session)["state"], "asked")

    def test_a_message_that_is_nearly_full_says_how_much_it_takes(self):
        client = self.client()
        session, puppet = self.begin(client)
        message = puppet.reply(("files__write_file", json.dumps({"path": "x" * 261000})), text="y" * (1 << 20))
        question = puppet.ask(message, 1)
        puppet.step("awaiting_permission")
        client.event("state.changed", session, new="awaiting_permission")
        with self.assertRaisesRegex(RequestError, r"^too_large: the arguments have 3011 bytes; at most 1\d\d\d are taken$"):
            self.change(client, question, {"path": "z" * 3000})
        self.change(client, question, {"path": "z" * 900})

    def test_a_change_outlives_daemon_and_agent(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        self.change(client, question, {"path": "/tmp/mine"})
        self.daemon.kill()
        self.daemon.start()
        puppet = self.puppets.next().ready()
        call = puppet.frame(LOAD)["snapshot"]["messages"][-1]["content"][1]["call"]
        self.assertEqual((call["state"], call["arguments"]), ("allowed", '{"path":"/tmp/mine"}'))
        self.assertTrue(puppet.frame(TURN)["resume"])
        puppet.started(message, 1)
        puppet.frame(GO)
        os.kill(puppet.pid, signal.SIGKILL)
        client = self.client()
        client.attach(session)
        client.wait(lambda: self.call(client, session)["state"] == "unknown", "the end of the call")
        result = self.call(client, session)["result"]
        self.assertIn('changed the arguments of this call to {"path":"/tmp/mine"}]', result)
        self.assertIn("outcome is unknown", result)


class Whole(StoaTest):
    """With the real agent and a server."""
    config = f"""
default_model: demo/stoa
mcp_servers:
  own:
    command: [{SERVER}, --name, own]
    tools: {{deny: ["echo(path=/etc/*)"]}}
"""

    def asked(self, client):
        session = self.session(client)
        client.attach(session)
        client.request("message.send", session, {"text": '/demo echo=Now.\n/demo tool=own__echo input={"path":"/tmp/0"}'})
        return session, client.event("question.asked", session)["data"]["question"]["id"]

    def ended(self, client, session):
        def found():
            for message in client.request("session.snapshot", session)["messages"]:
                for block in message["content"]:
                    if block.get("call", {}).get("result") is not None:
                        return block["call"]
            return None
        return wait_for(found, "the end of the call")

    def test_it_runs_with_what_the_person_said_also_after_a_crash(self):
        client = self.client()
        session, question = self.asked(client)
        client.request("question.answer", params={"question": question, "decision": "allow",
                                                  "content": {"arguments": {"path": "/tmp/mine"}}})
        self.daemon.kill()
        self.daemon.start()
        client = self.client()
        call = self.ended(client, session)
        if call["state"] != "unknown":  # it may have begun before the kill; then it is not run again
            self.assertIn('"arguments": {"path": "/tmp/mine"}', call["result"])
        self.assertIn('changed the arguments of this call to {"path":"/tmp/mine"}]', call["result"])

    def test_a_rule_that_denies_is_final(self):
        client = self.client()
        session, question = self.asked(client)
        client.request("question.answer", params={"question": question, "decision": "allow",
                                                  "content": {"arguments": {"path": "/etc/passwd"}}})
        call = self.ended(client, session)
        self.assertEqual(call["state"], "denied")
        self.assertIn("Not run: the configuration's rule own/echo(path=/etc/*) denies it.", call["result"])

    def test_they_are_edited_in_a_terminal(self):
        client = self.client()
        session, question = self.asked(client)
        terminal = self.terminal(f"{program('stoa')} attach {session}")
        terminal.wait(r"\[e\] edit")
        wait_for(lambda: self.press_e(terminal), "the editor")
        terminal.wait(r'"path": "/tmp/0"')
        terminal.keys("Up", "End", "Left")
        terminal.type("/mine")
        terminal.wait("/tmp/0/mine")
        terminal.keys("Enter")
        call = self.ended(client, session)
        self.assertEqual((call["state"], call["arguments"]), ("done", '{"path":"/tmp/0/mine"}'))
        self.assertIn('"arguments": {"path": "/tmp/0/mine"}', call["result"])

    def press_e(self, terminal):
        """A key counts only after a quiet time: until the panel takes it."""
        terminal.keys("e")
        try:
            return terminal.wait("run it once with these arguments", seconds=1)
        except AssertionError:
            return None


if __name__ == "__main__":
    import unittest
    unittest.main()
