"""The whole way of a tool call: real MCP servers from npm, a model server that others wrote, terminals that are asked."""
import json
import os
import shutil
import signal
import unittest

from harness import ROOT, StoaTest, children, program, stoa, text_of, wait_for
from test_models import APIS, CLI, ModelServer

MODULES = f"{ROOT}/tests/support/node_modules/@modelcontextprotocol"
FILES = f"{MODULES}/server-filesystem/dist/index.js"
MEMORY = f"{MODULES}/server-memory/dist/index.js"
NODE = shutil.which("node") or "node"


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


@unittest.skipUnless(os.path.exists(FILES) and os.path.exists(CLI) and shutil.which("node"),
                     "the npm packages are not installed (npm ci in tests/support)")
class ToolsTest(StoaTest):
    autostart = False
    rules = ""

    @classmethod
    def setUpClass(cls):
        cls.server = ModelServer()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def setUp(self):
        lines = ["default_model: openai-mock/any", "model: {retries: 1}", "providers:"]
        for api, path in APIS.items():
            lines += [f"  {api}-mock:", f"    api: {api}", f"    base_url: http://127.0.0.1:{self.server.port}{path}"]
        lines += ["mcp_servers:",
                  "  files:", f"    command: [{NODE}, {FILES}, '{{SESSION_DIR}}']", self.rules,
                  "  memory:", f"    command: [{NODE}, {MEMORY}]", "    env: {MEMORY_FILE_PATH: '{SESSION_DIR}/m.json'}",
                  "    tools: {allow: ['*']}",
                  "  common:", f"    command: [{NODE}, {MEMORY}]", "    scope: user", "    tools: {allow: ['*']}",
                  "    env: {MEMORY_FILE_PATH: '{ENV:HOME}/common.json'}"]
        self.config = "\n".join(line for line in lines if line) + "\n"
        super().setUp()
        self.daemon.start()

    def folder(self, session):
        return f"{self.place.folder}/state/sessions/{session}"

    def ready(self, session, server="files"):
        """The server is connected, so that the model's first request names its tools."""
        stoa(self.place, "mcp", "connect", server, "-s", session)

    def calls(self, client, session):
        messages = client.request("message.history", session)["messages"]
        return [block for message in messages for block in message["content"] if block["type"] == "tool_call"]

    def notes(self, session, text="milk\n"):
        self.ready(session)
        with open(f"{self.folder(session)}/notes.txt", "w") as file:
            file.write(text)

    def call(self, client, session, server, tool, **arguments):
        return client.request("mcp.call", session, {"server": server, "tool": tool, "arguments": arguments}, seconds=60)


class Turns(ToolsTest):
    def test_one_terminal_is_asked_another_answers_and_the_answer_streams(self):
        client = self.client()
        session = self.session(client)
        self.notes(session)
        one = self.terminal(f"{program('stoa')} attach {session}")
        two = self.terminal(f"{program('stoa')} attach {session}", 60, 16)
        one.wait("write a message")
        two.wait("write a message")
        one.type("read the notes")
        one.keys("Enter")
        for terminal in (one, two):
            terminal.wait(r"run files/read_text_file")
            terminal.wait(r"path: notes.txt")

        def answered():
            return "[y] once" not in two.screen()

        def answer():  # a key that comes too soon after the question or another key is none
            two.keys("M-y")
            try:
                return wait_for(answered, "the panel closes", 1)
            except AssertionError:
                return False
        wait_for(answer, "the answer of the second terminal")
        one.wait(r"allowed by \w+: run files/read_text_file")
        for terminal in (one, two):
            terminal.wait(r"The notes say that milk is to be bought")
            terminal.wait(r"✓ files/read_text_file")
        block = self.calls(client, session)[0]
        self.assertEqual((block["call"]["state"], block["call"]["result"].strip()), ("done", "milk"))

    def test_both_apis_get_the_result_and_answer(self):
        for api in APIS:
            with self.subTest(api=api):
                client = self.client()
                session = self.session(client, model=f"{api}-mock/any")
                self.notes(session)
                client.attach(session)
                client.request("message.send", session, {"text": "read the notes"})
                question = client.event("question.asked", session)["data"]["question"]
                self.assertEqual((question["kind"], question["server"], question["tool"]),
                                 ("permission", "files", "read_text_file"))
                self.assertEqual(json.loads(question["arguments"]), {"path": "notes.txt"})
                client.request("question.answer", params={"question": question["id"], "decision": "allow"})
                client.idle(session)
                messages = client.request("message.history", session)["messages"]
                self.assertEqual([m["role"] for m in messages], ["user", "assistant", "assistant"])
                self.assertEqual(text_of(messages[-1]), "The notes say that milk is to be bought.")

    def test_a_denied_call_is_told_to_the_model_with_the_reason(self):
        client = self.client()
        session = self.session(client)
        self.notes(session)
        client.attach(session)
        client.request("message.send", session, {"text": "read the notes"})
        question = client.event("question.asked", session)["data"]["question"]["id"]
        stoa(self.place, "deny", question, "--reason", "it is private")
        client.idle(session)
        block = self.calls(client, session)[0]
        self.assertEqual(block["call"]["state"], "denied")
        self.assertIn("it is private", block["call"]["result"])
        late = stoa(self.place, "allow", question, check=False)
        self.assertEqual(late.returncode, 1)
        self.assertRegex(late.stderr, r"already|denied")

    def test_two_questions_wait_side_by_side(self):
        client = self.client()
        session = self.session(client)
        self.ready(session)
        client.attach(session)
        client.request("message.send", session, {"text": "write twice"})
        client.wait(lambda: len([e for e in client.events if e["type"] == "question.asked"]) == 2, "two questions")
        questions = [e["data"]["question"] for e in client.events if e["type"] == "question.asked"]
        listed = stoa(self.place, "questions").stdout
        for question in questions:
            self.assertIn(question["id"], listed)
        client.request("question.answer", params={"question": questions[1]["id"], "decision": "allow"})
        client.event("question.answered", session, question=questions[1]["id"])
        self.assertFalse(os.path.exists(f"{self.folder(session)}/b.txt"))  # what destroys runs in order
        client.request("question.answer", params={"question": questions[0]["id"], "decision": "deny"})
        client.idle(session)
        with open(f"{self.folder(session)}/b.txt") as file:
            self.assertEqual(file.read(), "B")
        self.assertFalse(os.path.exists(f"{self.folder(session)}/a.txt"))
        self.assertEqual({b["call"]["state"] for b in self.calls(client, session)}, {"done", "denied"})

    def test_a_rule_of_the_session_is_not_asked_again_and_stays_in_the_session(self):
        client = self.client()
        session, other = self.session(client), self.session(client)
        for one in (session, other):
            self.notes(one)
            client.attach(one)
        client.request("message.send", session, {"text": "read the notes"})
        question = client.event("question.asked", session)["data"]["question"]["id"]
        stoa(self.place, "allow", question, "--session")
        client.idle(session)
        start = len(client.events)
        client.request("message.send", session, {"text": "read the notes"})
        client.idle(session, start)
        self.assertEqual([e for e in client.events[start:] if e["type"] == "question.asked"], [])
        start = len(client.events)
        client.request("message.send", other, {"text": "read the notes"})
        client.event("question.asked", other, start)
        client.request("session.interrupt", other)
        client.idle(other, start)

    def test_interrupting_ends_what_waits_and_the_next_turn_is_valid_for_both_apis(self):
        for api in APIS:
            with self.subTest(api=api):
                client = self.client()
                session = self.session(client, model=f"{api}-mock/any")
                self.notes(session)
                client.attach(session)
                client.request("message.send", session, {"text": "read the notes"})
                question = client.event("question.asked", session)["data"]["question"]["id"]
                client.request("session.interrupt", session)
                client.idle(session)
                self.assertEqual(self.calls(client, session)[0]["call"]["state"], "cancelled")
                self.assertEqual(client.event("question.answered", session, question=question)["data"]["cause"],
                                 "interrupted")
                start = len(client.events)
                client.request("message.send", session, {"text": "plain"})
                client.idle(session, start)
                last = client.request("message.history", session)["messages"][-1]
                self.assertEqual(last["status"], "complete")
                self.assertIn("日本", text_of(last))


    def test_a_message_steers_at_the_next_step_and_a_waiting_one_can_be_changed(self):
        client = self.client()
        session = self.session(client, model="demo/stoa")
        self.ready(session)
        client.attach(session)
        client.request("message.send", session, {"text": '/demo chunks=1 tool=files__list_directory input={"path":"."}'})
        question = client.event("question.asked", session)["data"]["question"]["id"]
        for text, mode in (("later", "queue"), ("and the sizes", "steer")):
            client.request("message.send", session, {"text": text, "mode": mode})
        listed = stoa(self.place, "queue", session).stdout.splitlines()
        self.assertEqual(len(listed), 2)
        self.assertIn("(steers) and the sizes", listed[0])
        stoa(self.place, "queue", session, "edit", listed[1].split()[0], "/demo", "chunks=1", "much", "later")
        client.request("question.answer", params={"question": question, "decision": "allow"})
        client.wait(lambda: sum(e["type"] == "state.changed" and e["data"]["new"] == "idle"
                                for e in client.events) == 2, "both turns end")
        messages = client.request("message.history", session)["messages"]
        said = [text_of(m) for m in messages if m["role"] == "user"]
        self.assertEqual(said[1:], ["and the sizes", "/demo chunks=1 much later"])
        self.assertEqual([m["role"] for m in messages[:4]], ["user", "assistant", "user", "assistant"])
        added = next(i for i, e in enumerate(client.events) if e["type"] == "message.added"
                     and text_of(e["data"]["message"]) == "and the sizes")
        idle = next(i for i, e in enumerate(client.events) if e["type"] == "state.changed" and e["data"]["new"] == "idle")
        self.assertLess(added, idle)


class Isolation(ToolsTest):
    def entities(self, client, session, server):
        graph = self.call(client, session, server, "read_graph")
        return sorted(e["name"] for e in json.loads(graph["text"])["entities"])

    def remember(self, client, session, server, name):
        self.call(client, session, server, "create_entities",
                  entities=[{"name": name, "entityType": "thing", "observations": []}])

    def test_sessions_have_their_own_memory_and_share_only_what_says_so(self):
        client = self.client()
        one, two = self.session(client), self.session(client)
        for session, name in ((one, "of-one"), (two, "of-two")):
            self.remember(client, session, "memory", name)
            self.remember(client, session, "common", "common-" + name)
        self.assertEqual(self.entities(client, one, "memory"), ["of-one"])
        self.assertEqual(self.entities(client, two, "memory"), ["of-two"])
        for session in (one, two):
            self.assertEqual(self.entities(client, session, "common"), ["common-of-one", "common-of-two"])

    def test_a_sessions_folder_goes_with_it(self):
        client = self.client()
        session = self.session(client)
        self.notes(session)
        self.assertEqual(os.stat(self.folder(session)).st_mode & 0o777, 0o700)
        client.request("session.delete", session)
        wait_for(lambda: not os.path.exists(self.folder(session)), "the folder is removed")


class Kills(ToolsTest):
    """kill -9 of daemon, agent or server, while a question waits and while a call runs."""

    def asked(self, client, session):
        self.notes(session)
        client.attach(session)
        client.request("message.send", session, {"text": "read the notes"})
        return client.event("question.asked", session)["data"]["question"]["id"]

    def agent(self, client, session):
        return client.request("session.info", session)["agent"]["pid"]

    def test_the_question_outlives_the_daemon(self):
        client = self.client()
        session = self.session(client)
        question = self.asked(client, session)
        client.request("session.rename", session, {"title": "on disk"})  # answered when all before it is
        below = descendants(self.daemon.pid)
        self.daemon.kill()
        wait_for(lambda: not [pid for pid in below if alive(pid)], "nothing outlives the daemon")
        self.daemon.start()
        client = self.client()
        snapshot = client.attach(session)
        self.assertEqual([q["id"] for q in snapshot["questions"]], [question])
        self.assertEqual(snapshot["state"], "awaiting_permission")
        client.request("question.answer", params={"question": question, "decision": "allow"})
        client.idle(session)
        self.assertEqual(self.calls(client, session)[0]["call"]["state"], "done")
        self.assertIn("milk", text_of(client.request("message.history", session)["messages"][-1]))

    def test_the_question_outlives_the_agent(self):
        client = self.client()
        session = self.session(client)
        question = self.asked(client, session)
        agent = self.agent(client, session)
        below = [agent, *descendants(agent)]
        os.kill(agent, signal.SIGKILL)
        wait_for(lambda: not [pid for pid in below if alive(pid)], "nothing outlives the agent")
        client.event("error.occurred", session)
        self.assertEqual(client.request("session.info", session)["state"], "awaiting_permission")
        start = len(client.events)
        client.request("question.answer", params={"question": question, "decision": "allow"})
        client.idle(session, start)
        self.assertEqual(self.calls(client, session)[0]["call"]["state"], "done")

    def test_the_server_is_started_again_when_it_is_needed(self):
        client = self.client()
        session = self.session(client)
        question = self.asked(client, session)
        agent = self.agent(client, session)
        servers = descendants(agent)
        self.assertTrue(servers)
        for pid in servers:
            os.kill(pid, signal.SIGKILL)
        client.event("mcp.disconnected", session)
        client.request("question.answer", params={"question": question, "decision": "allow"})
        client.idle(session)
        self.assertEqual(self.calls(client, session)[0]["call"]["state"], "done")
        self.assertEqual(self.agent(client, session), agent)


