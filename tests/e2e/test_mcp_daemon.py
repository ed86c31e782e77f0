"""The daemon's side of MCP: what agents and hosts are told of servers, and what passes between them and people. The agent
is tests/support/mcp_agent.py, so that nothing depends on MCP itself; but in Whole, where all programs are the real ones, and
the servers are tests/support/mcp_server.py."""
import contextlib
import glob
import json
import os
import signal
import stat
import subprocess
import sys
import unittest

from harness import PATIENCE, ROOT, RequestError, StoaTest, children, wait_for

AGENT = f"{ROOT}/tests/support/mcp_agent.py"


class McpTest(StoaTest):
    servers = "{}"
    log_must_not = r"runtime error|Sanitizer|handle of the loop"

    def setUp(self):
        self.options = f"default_model: demo/stoa\nagent: {{path: {AGENT}}}\n"
        self.config = self.options + f"mcp_servers:\n{self.servers}\n"
        super().setUp()

    def frames(self, *kinds):
        """What agents got, oldest first."""
        try:
            with open(f"{self.place.folder}/agents.jsonl") as file:
                lines = [json.loads(line) for line in file]
        except FileNotFoundError:
            return []
        return [line for line in lines if not kinds or line["kind"] in kinds]

    def frame(self, kind, number=0):
        return wait_for(lambda: self.frames(kind)[number:number + 1], f"{kind} frame {number}")[0]["json"]

    def definition(self, name, pid=None):
        """As it was told last; pid: to that agent."""
        frames = wait_for(lambda: [f for f in self.frames("SERVERS") if pid in (None, f["pid"])], "a SERVERS frame")
        return {server["name"]: server for server in frames[-1]["json"]["servers"]}[name]

    def agent(self, client, session):
        """The pid of the session's agent, which has been told its servers."""
        client.request("mcp.tools", session)
        return client.request("session.info", session)["agent"]["pid"]

    def call(self, client, session, server, tool, /, **arguments):
        return client.request("mcp.call", session, {"server": server, "tool": tool, "arguments": arguments})

    def refused(self, code, text, client, method, session=None, params=None):
        with self.assertRaises(RequestError) as caught:
            client.request(method, session, params)
        self.assertEqual(caught.exception.code, code, caught.exception.text)
        self.assertIn(text, caught.exception.text)


class Definitions(McpTest):
    env = {"FILES_KEY": "s3cret-value", "LANG": "C.UTF-8"}
    servers = """
  files:
    command: [server, "{SESSION_DIR}", "{{x}", "{INSTANCE_TYPE}-{USER_ID}", "{SESSION_ID}"]
    env: {KEY: "{ENV:FILES_KEY}", PLAIN: text}
    call_timeout: 7s
    limits: {memory: 64m, cpu: 1500ms}
    tools: {allow: ["read_*"], deny: ["*(path=/etc/*)"]}
  needs:
    command: [server, "{VAR:region}"]
  lacks:
    url: "http://127.0.0.1:1/{ENV:NOT_SET_ANYWHERE}"
  web:
    url: "http://127.0.0.1:1/mcp"
    headers: {Authorization: "Bearer {ENV:FILES_KEY}"}
    oauth: {client_id: me, redirect_port: 7999}
  chain:
    scope: shared
    start: eager
    select: test
    variants:
      test: {command: [server, test]}
      main: {command: [server, main]}
"""

    def test_an_agent_is_told_servers_and_rules_with_all_templates_filled_in(self):
        # given a session whose agent was started by a request
        client = self.client()
        session = self.session(client)
        client.request("mcp.tools", session)
        # then its folder is there and private
        load = self.frame("LOAD")
        folder = load["folder"]
        self.assertEqual(folder, f"{self.place.folder}/state/sessions/{session}")
        self.assertEqual(stat.S_IMODE(os.lstat(folder).st_mode), 0o700)
        # and the server of session scope is told whole
        files = self.definition("files")
        user = client.request("server.hello")["user"]
        self.assertEqual(files["command"], ["server", folder, "{x}", f"session-{user}", session])
        self.assertEqual(files["folder"], folder)
        self.assertEqual({name: files["env"][name] for name in ("KEY", "PLAIN", "HOME", "LANG", "TERM")},
                         {"KEY": "s3cret-value", "PLAIN": "text", "HOME": self.place.folder, "LANG": "C.UTF-8",
                          "TERM": self.place.env.get("TERM") or "dumb"})
        self.assertEqual(set(files["env"]), {"KEY", "PLAIN", "HOME", "LANG", "TERM", "PATH"})
        self.assertEqual((files["call_ms"], files["start_ms"], files["idle_ms"]), (7000, 30000, 600000))
        self.assertEqual(files["limits"], {"memory": 64 << 20, "processes": 256, "cpu_s": 2, "files": 1024,
                                           "file_size": 0})
        # and one over HTTP has what OAuth needs
        web = self.definition("web")
        self.assertEqual(web["headers"], {"Authorization": "Bearer s3cret-value"})
        self.assertEqual((web["oauth"]["client_id"], web["oauth"]["redirect_port"]), ("me", 7999))
        self.assertEqual(len(web["oauth"]["key"]), 44)
        self.assertEqual(stat.S_IMODE(os.lstat(f"{self.place.folder}/state/oauth/key").st_mode), 0o600)
        self.assertTrue(web["oauth"]["file"].startswith(f"{self.place.folder}/state/oauth/{user}.web.."))
        # and of a shared one only what an agent needs
        chain = self.definition("chain")
        self.assertEqual((chain["variant"], chain["scope"], chain["start"]), ("test", "shared", "eager"))
        self.assertFalse({"command", "env", "folder", "url"} & set(chain))
        # and those that lack a value say which, and how to give it
        self.assertIn("stoa set SESSION region=VALUE", self.definition("needs")["error"])
        self.assertIn("NOT_SET_ANYWHERE is not set", self.definition("lacks")["error"])
        self.assertFalse({"command", "url"} & (set(self.definition("needs")) | set(self.definition("lacks"))))
        rules = self.frames("SERVERS")[-1]["json"]["rules"]
        self.assertIn({"origin": "config", "effect": "allow", "pattern": "files/read_*"}, rules)
        self.assertIn({"origin": "config", "effect": "deny", "pattern": "files/*(path=/etc/*)"}, rules)
        # and no secret is in the log
        self.assertNotIn("s3cret", self.daemon.log_text())

    def test_variables_are_set_and_unset_for_one_session(self):
        client = self.client()
        session, other = self.session(client), self.session(client)
        for sid in (session, other):
            client.request("mcp.tools", sid)
        # when a variable is set
        client.request("session.configure", session, {"variables": {"region": "eu-1"}})
        # then its agent is told so, and no other
        wait_for(lambda: len(self.frames("SERVERS")) == 3, "a third SERVERS frame")
        self.assertEqual(self.definition("needs")["command"], ["server", "eu-1"])
        self.assertEqual(client.request("session.snapshot", session)["variables"], {"region": "eu-1"})
        self.assertEqual(client.request("session.snapshot", other)["variables"], {})
        # and when it is unset, the server can't be used again
        client.request("session.configure", session, {"variables": {"region": None}})
        wait_for(lambda: len(self.frames("SERVERS")) == 4, "a fourth SERVERS frame")
        self.assertIn("error", self.definition("needs"))
        self.refused("config", "stoa set", client, "mcp.tools", session, {"server": "needs"})

    def test_wrong_variables_are_refused_by_name(self):
        client = self.client()
        session = self.session(client)
        self.refused("bad_request", "'a b'", client, "session.configure", session, {"variables": {"a b": "x"}})
        self.refused("bad_request", "'n' must be a text", client, "session.configure", session, {"variables": {"n": 5}})
        self.refused("bad_request", "1024", client, "session.configure", session, {"variables": {"n": "x" * 1025}})
        self.refused("limit", "64", client, "session.configure", session,
                     {"variables": {f"v{i}": "x" for i in range(65)}})
        self.assertEqual(client.request("session.snapshot", session)["variables"], {})

    def test_a_variant_is_selected_for_one_session_alone(self):
        client = self.client()
        session, other = self.session(client), self.session(client)
        client.request("mcp.tools", session)
        client.request("mcp.tools", other)
        client.request("mcp.select", session, {"server": "chain", "variant": "main"})
        wait_for(lambda: len(self.frames("SERVERS")) == 3, "a third SERVERS frame")
        self.assertEqual(self.definition("chain")["variant"], "main")

        def selected(sid):
            return [server["variant"] for server in client.request("mcp.servers", sid)["servers"]
                    if server["server"] == "chain"]
        self.assertEqual((selected(session), selected(other)), (["main"], ["test"]))
        # and back, and what is not there is said with what is
        client.request("mcp.select", session, {"server": "chain", "variant": None})
        self.assertEqual(selected(session), ["test"])
        self.refused("not_found", "there are: test, main", client, "mcp.select", session,
                     {"server": "chain", "variant": "dev"})
        self.refused("not_found", "chain, files, lacks", client, "mcp.select", session,
                     {"server": "nobody", "variant": None})

    def test_servers_are_listed_without_an_agent(self):
        client = self.client()
        session = self.session(client)
        servers = {server["server"]: server for server in client.request("mcp.servers", session)["servers"]}
        self.assertEqual(sorted(servers), ["chain", "files", "lacks", "needs", "web"])
        self.assertEqual({name: server["state"] for name, server in servers.items()},
                         {"chain": "waiting", "files": "waiting", "lacks": "failed", "needs": "failed",
                          "web": "waiting"})
        self.assertEqual(servers["files"]["text"], "starts when it is needed")
        self.assertEqual((servers["chain"]["variants"], servers["chain"]["scope"]), (["test", "main"], "shared"))
        self.assertEqual((servers["web"]["kind"], servers["files"]["kind"]), ("http", "stdio"))
        self.assertEqual(self.frames(), [])

    def test_a_reload_tells_agents_anew(self):
        client = self.client()
        session = self.session(client)
        client.request("mcp.tools", session)
        self.place.write_config(self.options + "mcp_servers: {fresh: {command: [new]}}\n")
        client.request("admin.reload")
        wait_for(lambda: len(self.frames("SERVERS")) == 2, "a second SERVERS frame")
        self.assertEqual([server["name"] for server in self.frames("SERVERS")[-1]["json"]["servers"]], ["fresh"])


class Requests(McpTest):
    servers = "  fake: {command: [none], call_timeout: 100ms, start_timeout: 100ms}"

    def test_an_agent_without_a_turn_answers(self):
        client = self.client()
        session = self.session(client)
        ok = self.call(client, session, "fake", "echo", a=1)
        self.assertEqual(ok["text"], '{"a": 1}')
        request = self.frame("REQUEST")
        self.assertEqual((request["op"], request["by"]), ("mcp.call", client.request("server.hello")["user"]))
        info = client.request("session.info", session)
        self.assertEqual((info["agent"]["state"], info["state"]), ("idle", "idle"))

    def test_a_repeated_call_is_made_once(self):
        client = self.client()
        session = self.session(client)
        params = {"server": "fake", "tool": "echo", "arguments": {"a": 1}}
        first = client.request("mcp.call", session, params, id="same")
        client.replies.clear()
        second = client.request("mcp.call", session, params, id="same")
        self.assertEqual(first, second)
        self.assertEqual(len(self.frames("REQUEST")), 1)

    def test_errors_of_the_agent_reach_who_asked(self):
        client = self.client()
        session = self.session(client)
        self.refused("provider", "broken pipe", client, "mcp.call", session,
                     {"server": "fake", "tool": "fail", "arguments": {"text": "broken pipe"}})

    def test_the_end_of_the_agent_answers_all_that_wait(self):
        client = self.client()
        session = self.session(client)
        client.request("mcp.tools", session)
        waiting = client.send("mcp.call", session, {"server": "fake", "tool": "hang"})
        wait_for(lambda: len(self.frames("REQUEST")) == 2, "the agent has it")
        self.refused("unavailable", "the agent of this session ended", client, "mcp.call", session,
                     {"server": "fake", "tool": "die"})
        with self.assertRaises(RequestError) as caught:
            client.reply(waiting)
        self.assertEqual(caught.exception.code, "unavailable")
        # and the session is usable again at once
        self.assertEqual(self.call(client, session, "fake", "echo")["text"], "{}")

    def test_what_nobody_waits_for_is_cancelled(self):
        self.place.write_config(self.config.replace("100ms", "20s"))
        client = self.client()
        client.request("admin.reload")
        session = self.session(client)
        code = (f"import sys; sys.path.insert(0, '{ROOT}/tests/support'); from harness import *\n"
                f"place = type('P', (), {{'socket_path': '{self.place.socket_path}'}})\n"
                f"Client(place).request('mcp.call', '{session}', {{'server': 'fake', 'tool': 'hang'}}, id='left')\n")
        other = subprocess.Popen([sys.executable, "-c", code])
        wait_for(lambda: self.frames("REQUEST"), "the agent has it")
        other.kill()
        other.wait()
        wait_for(lambda: self.frames("CANCEL"), "it is cancelled")
        # and who repeats it is told so: it is not made again
        ok = client.request("mcp.call", session, {"server": "fake", "tool": "hang"}, id="left")
        self.assertTrue(ok["failed"])
        self.assertEqual(len(self.frames("REQUEST")), 1)

    def test_an_unknown_server_is_said_with_those_there_are(self):
        client = self.client()
        session = self.session(client)
        for method, params in (("mcp.tools", {}), ("mcp.call", {"tool": "x"}), ("mcp.connect", {}),
                               ("mcp.disconnect", {}), ("mcp.read", {"uri": "x:y"})):
            self.refused("not_found", "configured are: fake", client, method, session, {"server": "nobody", **params})
        self.assertEqual(self.frames(), [])

    def test_disconnected_by_a_person_is_durable(self):
        client = self.client()
        session = self.session(client)
        ok = client.request("mcp.connect", session, {"server": "fake"})
        self.assertEqual((ok["state"], ok["title"], ok["tools"], ok["server"]), ("ready", "Fake", 3, "fake"))
        client.request("mcp.disconnect", session, {"server": "fake"})
        state = client.request("mcp.servers", session)["servers"][0]["state"]
        self.assertEqual(state, "off")
        self.daemon.stop()
        self.daemon.start()
        client = self.client()
        self.assertEqual(client.request("mcp.servers", session)["servers"][0]["state"], "off")

    def test_what_was_learned_is_told_to_the_users_next_session(self):
        client = self.client()
        session = self.session(client)
        tools = [{"name": "read", "inputSchema": {"type": "object"}}]
        self.call(client, session, "fake", "remember", server="fake", variant="", era="2025-11-25", tools=tools)
        other = self.session(client)
        client.request("mcp.tools", other)
        self.assertEqual(self.definition("fake")["known"], {"era": "2025-11-25", "tools": tools})
        # also after a restart, but not of another definition
        self.daemon.stop()
        self.daemon.start()
        client = self.client()
        client.request("mcp.tools", self.session(client))
        self.assertEqual(self.definition("fake")["known"]["tools"], tools)
        self.place.write_config(self.options + "mcp_servers: {fake: {command: [other]}}\n")
        client.request("admin.reload")
        client.request("mcp.tools", self.session(client))
        self.assertNotIn("known", self.definition("fake"))

    def test_what_tells_of_a_session_stays_in_it(self):
        client = self.client()
        session = self.session(client)
        client.request("session.configure", session, {"variables": {"who": "carol"}})
        for secret in (session, f"{self.place.folder}/state/sessions/{session}", "carol"):
            tools = [{"name": "read", "description": f"Reads of {secret}."}]
            self.call(client, session, "fake", "remember", server="fake", variant="", era="2025-11-25", tools=tools)
            self.assertEqual(client.request("admin.reload"), {"reloaded": True})
            # a reload tells every agent: each is asked about by itself
            own = self.agent(client, session)
            wait_for(lambda: self.definition("fake", own).get("known", {}).get("tools") == tools, "its agent is told it")
            self.assertNotIn("known", self.definition("fake", self.agent(client, self.session(client))))
        self.assertEqual(os.path.exists(f"{self.place.folder}/state/mcp"), False)

    def test_an_idle_agent_leaves_but_not_while_it_is_asked(self):
        self.place.write_config(("session: {idle_timeout: 1s}\n" + self.config)
                                .replace("100ms", "20s"))
        client = self.client()
        client.request("admin.reload")
        session = self.session(client)
        client.request("mcp.tools", session)
        wait_for(lambda: self.frames("STOP"), "it is told to leave")
        first = self.frames("STOP")[0]["pid"]
        # when a request is in progress for longer than that
        waiting = client.send("mcp.call", session, {"server": "fake", "tool": "slow"})
        wait_for(lambda: len(self.frames("REQUEST")) == 2, "the agent has it")
        second = self.frames("REQUEST")[1]["pid"]
        self.assertNotEqual(first, second)
        client.take(1.5)
        client.take(0.5)
        self.assertEqual(len(self.frames("STOP")), 1)
        # then it leaves after the answer
        with open(f"{self.place.folder}/release", "w"):
            pass
        client.reply(waiting)
        wait_for(lambda: len(self.frames("STOP")) == 2, "it is told to leave")

    def test_too_many_agents_are_refused(self):
        self.place.write_config(("limits: {max_live_agents: 1}\n" + self.config).replace("100ms", "20s"))
        client = self.client()
        client.request("admin.reload")
        busy, other = self.session(client), self.session(client)
        client.send("mcp.call", busy, {"server": "fake", "tool": "hang"})
        wait_for(lambda: self.frames("REQUEST"), "the agent has it")
        self.refused("limit", "limits.max_live_agents is 1", client, "mcp.tools", other)


class Folders(McpTest):
    servers = "  fake: {command: [none]}"

    def folder(self, session):
        return f"{self.place.folder}/state/sessions/{session}"

    def test_a_sessions_folder_goes_with_it(self):
        client = self.client()
        session, other = self.session(client), self.session(client)
        client.request("mcp.tools", session)
        client.request("mcp.tools", other)
        # given a folder with what must not be followed, read or be too deep
        outside = f"{self.place.folder}/outside"
        os.mkdir(outside)
        with open(f"{outside}/kept", "w") as file:
            file.write("x")
        folder = self.folder(session)
        os.symlink(outside, f"{folder}/link")
        os.symlink(f"{outside}/kept", f"{folder}/file-link")
        os.mkdir(f"{folder}/closed")
        os.mkdir(f"{folder}/closed/inner")
        os.chmod(f"{folder}/closed", 0)
        deep = os.open(folder, os.O_RDONLY)
        for _ in range(300):
            os.mkdir("d" * 50, dir_fd=deep)
            below = os.open("d" * 50, os.O_RDONLY, dir_fd=deep)
            os.close(deep)
            deep = below
        os.close(deep)
        # when the session is deleted
        client.request("session.delete", session)
        # then all of it goes, and nothing else
        wait_for(lambda: not os.path.lexists(folder), "the folder is gone")
        self.assertTrue(os.path.exists(f"{outside}/kept"))
        self.assertTrue(os.path.isdir(self.folder(other)))

    def test_orphans_are_removed_after_a_start(self):
        client = self.client()
        session = self.session(client)
        client.request("mcp.tools", session)
        orphan = self.folder("s_01j8zq4k3nw8x5t7v0000000zz")
        self.daemon.stop()
        os.mkdir(orphan)
        tokens = f"{self.place.folder}/state/oauth"
        os.makedirs(tokens, exist_ok=True)
        names = ["ann.web..s_01j8zq4k3nw8x5t7v0000000zz.0123456789abcdef", f"ann.web..{session}.0123456789abcdef",
                 "ann.web..0123456789abcdef", "key"]
        for name in names:
            with open(f"{tokens}/{name}", "w") as file:
                file.write("x")
        self.daemon.start()
        wait_for(lambda: not os.path.exists(orphan), "the orphan is gone")
        self.assertTrue(os.path.isdir(self.folder(session)))
        self.assertEqual(sorted(os.listdir(tokens)), sorted(names[1:]))


class Hosts(McpTest):
    env = {"ONE": "1"}
    servers = """
  common: {command: [none, "{USER_ID}"], scope: user, idle_timeout: 10m}
  chain:
    scope: shared
    select: test
    variants:
      test: {command: [server, test], env: {ONE: "{ENV:ONE}"}}
      main: {command: [server, main]}
"""

    def relay(self, client, session, name, server="common", variant="", **arguments):
        """A call of the session's agent to the host, as a request that waits; answered by what the host says."""
        return client.send("mcp.call", session, {"server": server, "tool": "relay", "arguments": {
            "op": "relay", "server": server, "variant": variant, "method": "tools/call", "timeout_ms": 5000,
            "params": {"name": name, "arguments": arguments}}})

    def relayed(self, *args, **arguments):
        client = args[0]
        return client.reply(self.relay(*args, **arguments))["content"][0]["text"]

    def hosts(self):
        return {frame["pid"]: frame["json"]["server"] for frame in self.frames("HOST")}

    def test_one_instance_serves_many_sessions(self):
        client = self.client()
        first, second = self.session(client), self.session(client)
        self.assertEqual(self.relayed(client, first, "echo", a=1), '{"a": 1}')
        self.assertEqual(self.relayed(client, second, "echo", a=2), '{"a": 2}')
        self.assertEqual(len(self.hosts()), 1)
        self.assertEqual(client.request("admin.stats")["hosts"], 1)
        # and the host is told the whole, with a folder of its own
        definition = list(self.hosts().values())[0]
        user = client.request("server.hello")["user"]
        self.assertEqual((definition["command"], definition["scope"]), (["none", user], "user"))
        self.assertEqual(definition["folder"], f"{self.place.folder}/state/hosts/{user}.common.")
        self.assertEqual(stat.S_IMODE(os.lstat(definition["folder"]).st_mode), 0o700)

    def test_each_variant_has_an_instance_of_its_own(self):
        client = self.client()
        first, second = self.session(client), self.session(client)
        client.request("mcp.select", second, {"server": "chain", "variant": "main"})
        self.relayed(client, first, "echo", "chain", "test")
        self.relayed(client, second, "echo", "chain", "main")
        self.assertEqual(sorted(server["command"][1] for server in self.hosts().values()), ["main", "test"])
        # and what a session has not selected it can't reach, whatever its agent says
        with self.assertRaises(RequestError) as caught:
            self.relayed(client, first, "echo", "chain", "main")
        self.assertEqual(caught.exception.code, "conflict")

    def test_an_answer_goes_to_the_asking_session_alone(self):
        client = self.client()
        sessions = [self.session(client) for _ in range(4)]
        # given several requests of each in flight at once, whose ids are the same in each agent
        waiting = {}
        for round in range(3):
            for session in sessions:
                waiting[self.relay(client, session, "slow", of=session, round=round)] = (session, round)
        host = wait_for(lambda: self.hosts(), "the host")
        pid = list(host)[0]
        wait_for(lambda: len([f for f in self.frames("REQUEST") if f["pid"] == pid]) == 12, "all are with the host")
        ids = [f["json"]["id"] for f in self.frames("REQUEST") if f["pid"] == pid]
        self.assertEqual(len(set(ids)), 12)
        with open(f"{self.place.folder}/release", "w"):
            pass
        for id, (session, round) in waiting.items():
            self.assertEqual(json.loads(client.reply(id)["content"][0]["text"]), {"of": session, "round": round})
        # and each agent saw notes of its own requests alone
        for note in self.frames("NOTE"):
            self.assertEqual(note["json"]["text"], "half")
        per_agent = {}
        for note in self.frames("NOTE"):
            per_agent.setdefault(note["pid"], set()).add(note["json"]["id"])
        self.assertEqual([len(ids) for ids in per_agent.values()], [3] * 4)

    def test_what_a_server_asks_is_asked_in_the_session_that_called(self):
        client = self.client()
        first, second = self.session(client), self.session(client)
        agents = {}
        for session in (first, second):
            client.request("mcp.tools", session)
            agents[session] = client.request("session.info", session)["agent"]["pid"]
        for session in (second, first):
            text = self.relayed(client, session, "ask", message="who are you?")
            self.assertEqual(text, f"accept {{'pid': {agents[session]}}}")

    def test_the_end_of_a_host_fails_its_calls_and_nothing_else(self):
        client = self.client()
        first, second = self.session(client), self.session(client)
        hanging = self.relay(client, first, "hang")
        other = self.relay(client, second, "slow", "chain", "test", a=1)
        wait_for(lambda: len(self.hosts()) == 2, "two hosts")
        wait_for(lambda: len([f for f in self.frames("REQUEST") if f["pid"] in self.hosts()]) == 2, "both have theirs")
        with self.assertRaises(RequestError) as caught:
            self.relayed(client, second, "die")
        self.assertEqual(caught.exception.code, "unavailable")
        self.assertIn("the host of MCP server 'common' ended (killed: signal 9", caught.exception.text)
        with self.assertRaises(RequestError) as caught:
            client.reply(hanging)
        self.assertEqual(caught.exception.code, "unavailable")
        # then the other host, and both agents, go on
        with open(f"{self.place.folder}/release", "w"):
            pass
        self.assertEqual(client.reply(other)["content"][0]["text"], '{"a": 1}')
        for session in (first, second):
            self.assertEqual(client.request("session.info", session)["agent"]["crashes"], 0)
        # and it is started again when it is asked for
        self.assertEqual(self.relayed(client, first, "echo"), "{}")

    def test_one_that_crashes_again_and_again_is_not_started_at_once(self):
        client = self.client()
        session = self.session(client)
        for _ in range(2):
            with self.assertRaises(RequestError):
                self.relayed(client, session, "die")
        with self.assertRaises(RequestError) as caught:
            self.relayed(client, session, "echo")
        self.assertIn("crashed 2 times in a row and may start again in", caught.exception.text)
        self.assertEqual(len(self.hosts()), 2)

    def test_the_end_of_an_agent_cancels_its_calls_at_the_host(self):
        client = self.client()
        first, second = self.session(client), self.session(client)
        self.relay(client, first, "hang")
        kept = self.relay(client, second, "slow", a=1)
        wait_for(lambda: len([f for f in self.frames("REQUEST") if f["pid"] in self.hosts()]) == 2, "the host has both")
        os.kill(client.request("session.info", first)["agent"]["pid"], 9)
        cancelled = wait_for(lambda: self.frames("CANCEL"), "the host is told")
        self.assertEqual(len(cancelled), 1)
        self.assertIn(cancelled[0]["pid"], self.hosts())
        with open(f"{self.place.folder}/release", "w"):
            pass
        self.assertEqual(client.reply(kept)["content"][0]["text"], '{"a": 1}')

    def test_a_session_has_its_share_of_a_host(self):
        client = self.client()
        greedy, other = self.session(client), self.session(client)
        for _ in range(64):
            self.relay(client, greedy, "hang")
        with self.assertRaises(RequestError) as caught:
            self.relayed(client, greedy, "echo")
        self.assertEqual(caught.exception.code, "busy")
        self.assertEqual(self.relayed(client, other, "echo"), "{}")

    def test_an_idle_host_leaves(self):
        self.place.write_config(self.config.replace("idle_timeout: 10m", "idle_timeout: 200ms"))
        client = self.client()
        client.request("admin.reload")
        session = self.session(client)
        self.relayed(client, session, "echo")
        wait_for(lambda: client.request("admin.stats")["hosts"] == 0, "the host has left")
        self.assertEqual(self.relayed(client, session, "echo"), "{}")
        self.assertEqual(len(self.hosts()), 2)

    def test_a_reload_stops_hosts_that_changed_and_no_others(self):
        client = self.client()
        session = self.session(client)
        self.relayed(client, session, "echo")
        self.relayed(client, session, "echo", "chain", "test")
        hanging = self.relay(client, session, "hang", "chain", "test")
        kept = self.relay(client, session, "slow", a=1)
        wait_for(lambda: len([f for f in self.frames("REQUEST") if f["pid"] in self.hosts()]) == 4, "both have theirs")
        self.place.write_config(self.config.replace("[server, test]", "[server, changed]"))
        client.request("admin.reload")
        with self.assertRaises(RequestError) as caught:
            client.reply(hanging)
        self.assertIn("configuration of MCP server 'chain' has changed", caught.exception.text)
        self.assertEqual(self.relayed(client, session, "echo", "chain", "test"), "{}")
        self.assertEqual(list(self.hosts().values())[-1]["command"], ["server", "changed"])
        with open(f"{self.place.folder}/release", "w"):
            pass
        self.assertEqual(client.reply(kept)["content"][0]["text"], '{"a": 1}')

    def test_a_server_of_session_scope_has_no_host(self):
        self.place.write_config(self.config + "  own: {command: [none]}\n")
        client = self.client()
        client.request("admin.reload")
        session = self.session(client)
        with self.assertRaises(RequestError) as caught:
            self.relayed(client, session, "echo", "own")
        self.assertEqual(caught.exception.code, "not_found")
        self.assertEqual(self.hosts(), {})

    def test_nothing_is_left_when_the_daemon_stops(self):
        client = self.client()
        session = self.session(client)
        self.relayed(client, session, "echo")
        self.relay(client, session, "hang", "chain", "test")
        wait_for(lambda: len(self.hosts()) == 2, "two hosts")
        pids = {frame["pid"] for frame in self.frames()}
        self.assertEqual(self.daemon.stop(), 0)
        for pid in pids:
            wait_for(lambda: not os.path.exists(f"/proc/{pid}"), f"process {pid} is gone")
        self.assertGreaterEqual(len(self.frames("STOP")), 3)


SERVER = f"{ROOT}/tests/support/mcp_server.py"


class Whole(StoaTest):
    """Daemon, agent and host as they are, with servers that misbehave."""
    mark = f"86399.{os.getpid()}"
    config = f"""
default_model: demo/stoa
mcp_servers:
  own:
    command: [{SERVER}, --name, own, "{{SESSION_ID}}"]
    env: {{MINE: "{{VAR:mine}}"}}
  plain: {{command: [{SERVER}, --name, plain, --tool, "look:read"], call_timeout: 1s}}
  common: {{command: [{SERVER}, --name, common], scope: user}}
  shared: {{command: [{SERVER}, --name, shared], scope: shared}}
  absent: {{command: [/no/such/program]}}
  hangs: {{command: [{SERVER}, --on-start, hang], start_timeout: 500ms}}
  exits: {{command: [{SERVER}, --on-start, exit]}}
  floods: {{command: [{SERVER}, --on-start, flood], start_timeout: 5s}}
  deaf: {{command: [{SERVER}, --deaf, --child]}}
  detaches: {{command: [sh, -c, "setsid sh -c 'sleep {mark} & setsid sleep {mark} & exit' & exec {SERVER.replace(',', '')}"]}}
"""

    def call(self, client, session, name, tool, /, **arguments):
        return client.request("mcp.call", session, {"server": name, "tool": tool, "arguments": arguments})

    def states(self, client, session):
        return {server["server"]: server for server in client.request("mcp.servers", session)["servers"]}

    def below(self, pid):
        found = children(pid)
        return found + [deeper for child in found for deeper in self.below(child)]

    def test_a_call_runs_in_the_sessions_own_folder_and_a_clean_environment(self):
        self.place.env["LEAKY"] = "must not be seen"
        self.daemon.stop()
        self.daemon.start()
        client = self.client()
        session = self.session(client)
        client.request("session.configure", session, {"variables": {"mine": "value"}})
        ok = self.call(client, session, "own", "echo", a=1)
        self.assertFalse(ok["failed"])
        said = json.loads(ok["text"])
        self.assertEqual((said["arguments"], said["extra"]), ({"a": 1}, [session]))
        self.assertEqual(os.path.realpath(said["folder"]),
                         os.path.realpath(f"{self.place.folder}/state/sessions/{session}"))
        self.assertEqual(said["environment"]["MINE"], "value")
        self.assertLessEqual(set(said["environment"]), {"MINE", "PATH", "HOME", "LANG", "TERM", "LC_CTYPE"})

    def test_tools_are_listed_and_remembered(self):
        client = self.client()
        session = self.session(client)
        tools = client.request("mcp.tools", session, {"server": "plain"})["tools"]
        self.assertEqual([tool["read_only"] for tool in tools if tool["tool"] == "look"], [True])
        path = f"{self.place.folder}/state/mcp"
        wait_for(lambda: os.path.isdir(path) and any(".plain." in name for name in os.listdir(path)), "it is remembered")
        state = self.states(client, session)["plain"]
        self.assertEqual((state["state"], state["title"], state["protocol"]), ("ready", "plain", "2025-11-25"))

    def test_sessions_have_their_own_memory_and_shared_ones_share_it(self):
        client = self.client()
        first, second = self.session(client), self.session(client)
        for server in ("plain", "common", "shared"):
            self.assertEqual(self.call(client, first, server, "put", a=server)["text"], "kept")
        self.assertEqual(json.loads(self.call(client, second, "plain", "get")["text"]), {})
        for server in ("common", "shared"):
            self.assertEqual(json.loads(self.call(client, second, server, "get")["text"]), {"a": server})
        self.assertEqual(client.request("admin.stats")["hosts"], 2)

    def test_servers_that_misbehave_cost_an_error_that_says_so(self):
        client = self.client()
        session = self.session(client)
        for server in ("absent", "hangs", "exits", "floods"):
            with self.subTest(server):
                with self.assertRaises(RequestError) as caught:
                    self.call(client, session, server, "echo")
                self.assertIn(server, caught.exception.text)
                wait_for(lambda: self.states(client, session)[server]["state"] == "failed", f"{server} has failed")
        for tool in ("crash", "exit", "flood", "garbage", "hang"):
            with self.subTest(tool):
                try:
                    self.assertTrue(self.call(client, session, "plain", tool)["failed"])
                except RequestError as error:
                    self.assertIn(error.code, ("unavailable", "timeout", "protocol", "provider", "too_large"))
        # and the session goes on, with the same agent
        self.assertFalse(self.call(client, session, "common", "echo")["failed"])
        self.assertEqual(client.request("session.info", session)["agent"]["crashes"], 0)

    def test_what_a_shared_server_asks_reaches_the_session_that_called(self):
        client = self.client()
        first, second = self.session(client), self.session(client)
        for session in (first, second):
            client.attach(session)
        waiting = client.send("mcp.call", second, {"server": "shared", "tool": "ask"})
        asked = client.event("question.asked", second)["data"]["question"]
        self.assertEqual((asked["kind"], asked["server"]), ("form", "shared"))
        client.request("question.answer", params={"question": asked["id"], "decision": "allow",
                                                  "content": {"name": "ann"}})
        self.assertIn("ann", client.reply(waiting)["text"])
        self.assertEqual([e for e in client.events if e["type"] == "question.asked" and e["session"] == first], [])

    def server_process(self, name):
        """The process of a server, looked for below our own daemon alone: the pid that it knows itself by is of a
        namespace of its own, and names some other process out here."""
        found = None
        for pid in self.below(self.daemon.pid):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
            except FileNotFoundError:
                continue
            if b"--name" in words and words[words.index(b"--name") + 1] == name.encode():
                found = pid  # the deepest: what is above it started it
        self.assertIsNotNone(found, f"a process of {name}")
        return found

    def test_the_death_of_a_server_during_a_call_is_said(self):
        client = self.client()
        session, other = self.session(client), self.session(client)
        client.attach(session)
        for name in ("common", "plain"):
            with self.subTest(name):
                self.assertFalse(self.call(client, session, name, "echo")["failed"])
                waiting = client.send("mcp.call", session, {"server": name, "tool": "hang", "timeout_ms": 60000})
                # the tool has begun when its event says so
                client.event("tool.started", session, server=name, tool="hang")
                os.kill(self.server_process(name), 9)
                try:
                    self.assertTrue(client.reply(waiting)["failed"])
                except RequestError as error:
                    self.assertIn(error.code, ("unavailable", "protocol", "provider"))
                self.assertFalse(self.call(client, session, name, "echo")["failed"])
        self.assertFalse(self.call(client, other, "common", "echo")["failed"])

    @unittest.skipIf(os.environ.get("STOA_NO_PIDNS"), "there are no namespaces")
    def test_daemon_and_agent_that_are_killed_together_leave_nothing_that_was_detached(self):
        def marked():
            found = []
            for path in glob.glob("/proc/[0-9]*/cmdline"):
                with contextlib.suppress(OSError), open(path, "rb") as file:
                    found += [path] if file.read().split(b"\0")[:2] == [b"sleep", self.mark.encode()] else []
            return found

        client = self.client()
        session = self.session(client)
        client.request("mcp.connect", session, {"server": "detaches"})
        wait_for(lambda: len(marked()) == 2, "what it detaches")
        agent = client.request("session.info", session)["agent"]["pid"]
        for number in (signal.SIGSTOP, signal.SIGKILL):  # neither sees the other's end
            for pid in (agent, self.daemon.pid):
                os.kill(pid, number)
        wait_for(lambda: not marked(), "the end of all of them")
        self.daemon.process.wait(PATIENCE)  # it still has the lock until it is dead
        self.daemon.start()

    def test_nothing_is_left_behind(self):
        client = self.client()
        session = self.session(client)
        for server in ("deaf", "plain", "common", "shared"):
            self.call(client, session, server, "echo")
        pids = self.below(self.daemon.pid)
        self.assertGreaterEqual(len(pids), 7)
        self.assertEqual(self.daemon.stop(), 0)
        for pid in pids:
            wait_for(lambda: not os.path.exists(f"/proc/{pid}"), f"process {pid} is gone")


if __name__ == "__main__":
    unittest.main()
