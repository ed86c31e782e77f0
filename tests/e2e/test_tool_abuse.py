"""Agents that lie, servers that pester, and changes that come between a question and what it allowed."""
import json
import os
import signal
import time

from harness import ROOT, StoaTest, children, wait_for
from puppet import REQUEST, new_id
from test_questions import CONFIG, PuppetTest

BEATS = 15  # seconds: an agent that is silent for longer is ended anyway
SERVER = f"{ROOT}/tests/support/mcp_server.py"
# Within a call it asks a person something and takes that back, again and again, and answers then.
PEST = """
import json, sys
say = lambda **message: print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)
for line in sys.stdin:
    message = json.loads(line)
    id, method = message.get("id"), message.get("method")
    if method == "initialize":
        say(id=id, result={"protocolVersion": "2025-06-18", "serverInfo": {"name": "pest", "version": "1"},
                           "capabilities": {"tools": {}}})
    elif method == "tools/list":
        say(id=id, result={"tools": [{"name": "go", "inputSchema": {"type": "object"}}]})
    elif method == "tools/call":
        for number in range(20000):
            say(id=f"q{number}", method="elicitation/create", params={"message": "x", "requestedSchema": {
                "type": "object", "properties": {"a": {"type": "string"}}}})
            if number >= 8:
                say(method="notifications/cancelled", params={"requestId": f"q{number - 8}"})
        say(id=id, result={"content": [{"type": "text", "text": "went"}]})
"""


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def descendants(pid):
    return [one for child in children(pid) for one in (child, *descendants(child))]


class Liars(PuppetTest):
    """What an agent says beyond its rights."""

    def test_no_agent_makes_its_session_one_that_nobody_can_interrupt(self):
        client = self.client()
        session, puppet = self.begin(client)
        puppet.step("interrupting")
        puppet.patience = BEATS / 2
        puppet.wait_end()
        client.event("error.occurred", session, kind="agent")
        client.idle(session)

    def test_always_is_about_the_tool_that_was_asked_for_whatever_pattern_the_agent_proposes(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client, pattern="*")
        self.assertEqual(client.request("question.list")["questions"][0]["pattern"], "files/write_file")
        self.answer(client, question, scope="user")
        rule, = client.request("rule.list")["rules"]
        self.assertEqual(rule["pattern"], "files/write_file")


    def test_limits_that_are_made_narrower_are_for_the_next_turn(self):
        client = self.client()
        session, puppet = self.begin(client)
        for _ in range(6):
            puppet.reply()
            puppet.step("thinking")
        client.wait(lambda: sum(e["type"] == "stream.completed" for e in client.events) == 6, "six steps")
        self.place.write_config(CONFIG + "turn: {max_steps: 1}\n")
        client.request("admin.reload")
        for _ in range(6):
            puppet.reply()
            puppet.step("thinking")
        puppet.reply()
        puppet.step("idle")
        client.idle(session)
        self.assertEqual(client.request("session.info", session)["agent"]["crashes"], 0)

    def test_when_a_message_began_is_not_the_agents_to_say(self):
        """By that the steps of a turn are counted, so also with a clock that is set back they are the turn's."""
        client = self.client()
        session, puppet = self.begin(client)
        puppet.reply()  # with ts 1
        puppet.step("idle")
        client.idle(session)
        began = client.event("state.changed", session, new="thinking")["ts"]
        self.assertGreaterEqual(client.request("message.history", session)["messages"][-1]["ts"], began)


class Calls(StoaTest):
    """Real agents and servers, and the demo model."""
    config = "default_model: demo/stoa\n"

    def setUp(self):
        super().setUp()
        self.log = f"{self.place.folder}/server.log"
        pest = f"{self.place.folder}/pest.py"
        with open(pest, "w") as file:
            file.write(PEST)
        self.place.write_config(f"""default_model: demo/stoa
mcp_servers:
  files: {{command: [/usr/bin/python3, {SERVER}, --log, {self.log}]}}
  chain:
    select: test
    variants:
      test: {{command: [/usr/bin/python3, {SERVER}, --log, {self.log}, test]}}
      main: {{command: [/usr/bin/python3, {SERVER}, --log, {self.log}, main]}}
  place: {{command: [/usr/bin/python3, {SERVER}, --log, {self.log}, "{{VAR:where}}"]}}
  tenants:
    command: [/bin/sh, -c, 'test "$0" = red && exec /usr/bin/python3 {SERVER} --tool of_one; exec /usr/bin/python3 {SERVER} --tool of_others', "{{VAR:tenant}}"]
  pest: {{command: [/usr/bin/python3, {pest}], tools: {{allow: ["*"]}}}}
""")
        self.one = self.client()
        self.one.request("admin.reload")

    def called(self, tool):
        """How often a server was asked to run it."""
        try:
            with open(self.log) as file:
                return sum(line.get("method") == "tools/call" and line.get("name") == tool
                           for line in map(json.loads, file))
        except FileNotFoundError:
            return 0

    def agent(self, session):
        return self.one.request("session.info", session)["agent"]["pid"]

    def asked(self, name, arguments="{}", **variables):
        """A session that waits for leave to call that tool; its id, and the question's."""
        session = self.session(self.one)
        server = name.split("__")[0]
        if variables:
            self.one.request("session.configure", session, {"variables": variables})
        self.one.attach(session)
        self.one.request("mcp.connect", session, {"server": server})
        self.one.request("message.send", session, {"text": f"/demo tool={name}\n/demo input={arguments}"})
        question = self.one.event("question.asked", session)["data"]["question"]
        self.one.event("state.changed", session, new="awaiting_permission")
        return session, question["id"]

    def last_call(self, session):
        return [block["call"] for message in self.one.request("message.history", session)["messages"]
                for block in message["content"] if block["type"] == "tool_call"][-1]

    def test_a_persons_call_is_made_once_though_the_daemon_is_killed_and_the_request_repeated(self):
        session = self.session(self.one)
        id = self.one.send("mcp.call", session, {"server": "files", "tool": "hang"}, id="once_1")
        wait_for(lambda: self.called("hang") == 1, "the call")
        self.daemon.kill()
        self.daemon.start()
        other = self.client()
        other.send("mcp.call", session, {"server": "files", "tool": "hang", "timeout_ms": 1000}, id=id)
        reply = other.wait(lambda: other.replies.get(id), "an answer")[0]
        self.assertIn("may have had its effect", reply["error"]["text"])
        self.assertEqual(self.called("hang"), 1)

    def test_a_persons_call_that_failed_halfway_is_not_made_again_by_the_same_request(self):
        session = self.session(self.one)
        id = self.one.send("mcp.call", session, {"server": "files", "tool": "hang"}, id="once_2")
        wait_for(lambda: self.called("hang") == 1, "the call")
        os.kill(self.agent(session), signal.SIGKILL)
        first = self.one.wait(lambda: self.one.replies.get(id), "an answer")[0]
        self.assertIn("error", first)
        self.one.replies.clear()
        self.one.send("mcp.call", session, {"server": "files", "tool": "hang", "timeout_ms": 1000}, id=id)
        second = self.one.wait(lambda: self.one.replies.get(id), "an answer")[0]
        self.assertEqual(second, first)
        self.assertEqual(self.called("hang"), 1)

    def test_leave_for_one_variant_is_none_for_another(self):
        session, question = self.asked("chain__echo")
        self.one.request("mcp.select", session, {"server": "chain", "variant": "main"})
        self.one.send("question.answer", params={"question": question, "decision": "allow"})
        self.one.idle(session)
        call = self.last_call(session)
        self.assertNotIn(call["state"], ("done", "running", "failed"))
        self.assertIn("chain", call["result"])
        self.assertEqual(self.called("echo"), 0)

    def test_leave_with_one_value_of_a_variable_is_none_with_another(self):
        session, question = self.asked("place__echo", where="here")
        self.one.request("session.configure", session, {"variables": {"where": "there"}})
        self.one.send("question.answer", params={"question": question, "decision": "allow"})
        self.one.idle(session)
        self.assertEqual((self.last_call(session)["state"] in ("done", "running", "failed"), self.called("echo")), (False, 0))

    def test_what_a_server_offers_for_one_value_of_a_variable_is_not_offered_for_another(self):
        sessions = [self.session(self.one) for _ in range(2)]
        for session, tenant in zip(sessions, ("red", "blue")):
            self.one.request("session.configure", session, {"variables": {"tenant": tenant}})
        self.one.request("mcp.tools", sessions[0], {"server": "tenants"})
        # the second session's own list, before its server was ever connected
        stale = self.one.request("mcp.tools", sessions[1], {"server": "tenants"})["tools"]
        self.assertIn("of_others", [tool["tool"] for tool in stale])
        self.assertNotIn("of_one", [tool["tool"] for tool in stale])

    def test_a_session_that_is_deleted_in_a_call_leaves_no_process_and_no_folder(self):
        session = self.session(self.one)
        folder = f"{self.place.folder}/state/sessions/{session}"
        self.place.write_config(f"""default_model: demo/stoa
mcp_servers:
  deaf: {{command: [/usr/bin/python3, {SERVER}, --log, {self.log}, --deaf, --child]}}
""")
        self.one.request("admin.reload")
        self.one.request("rule.add", params={"effect": "allow", "pattern": "deaf/*"})
        self.one.attach(session)
        self.one.request("mcp.connect", session, {"server": "deaf"})
        self.one.request("message.send", session, {"text": "/demo tools=deaf__hang,deaf__write"})
        wait_for(lambda: self.called("hang") == 1, "the call")
        mine = descendants(self.daemon.pid)
        self.assertGreater(len(mine), 2)
        self.one.request("session.delete", session)
        wait_for(lambda: not any(alive(pid) for pid in mine) and not descendants(self.daemon.pid), "all processes are gone")
        wait_for(lambda: not os.path.exists(folder), "its folder is gone")
        self.assertEqual(self.one.request("question.list")["questions"], [])
        self.one.request("server.ping")

    def test_a_server_that_asks_without_end_costs_its_call_and_not_the_agent(self):
        session = self.session(self.one)
        self.one.attach(session)
        before = self.one.request("session.info", session)["seq"]
        self.one.request("mcp.connect", session, {"server": "pest"})
        agent = self.agent(session)
        reply = self.one.wait(lambda id=self.one.send("mcp.call", session, {"server": "pest", "tool": "go", "timeout_ms": 20000}):
                              self.one.replies.get(id), "an answer", 60)[0]
        info = self.one.request("session.info", session)
        self.assertEqual((info["agent"].get("pid"), info["agent"]["crashes"]), (agent, 0), reply)
        self.assertLess(info["seq"] - before, 1000, "events that are kept for ever")
