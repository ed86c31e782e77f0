"""The agent's MCP client (as mcp-driver) against real servers: server-everything, server-filesystem, server-memory, and one of
the TypeScript SDK v2 that speaks 2026-07-28."""
import base64
import json
import os
import queue
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

from harness import PATIENCE, ROOT, children, program, wait_for
from mcp_oauth_server import Server as OAuthServer

SUPPORT = f"{ROOT}/tests/support"
MODULES = f"{SUPPORT}/node_modules/@modelcontextprotocol"
EVERYTHING = f"{MODULES}/server-everything/dist/index.js"
FILES = f"{MODULES}/server-filesystem/dist/index.js"
MEMORY = f"{MODULES}/server-memory/dist/index.js"
MODERN = f"{SUPPORT}/mcp_modern_server.mjs"
NODE = shutil.which("node")
PATIENT = 4 * PATIENCE  # node takes long to start on a busy machine


class Client:
    """mcp-driver; what it says is kept in order, and taken out as it is waited for."""

    def __init__(self, definition, **options):
        definition = {"name": "peer", "start_ms": 60000, "call_ms": 60000, **definition}
        self.process = subprocess.Popen([program("mcp-driver"), json.dumps(definition), json.dumps(options)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=dict(os.environ, STOA_LOG="warn"))
        self.events = []
        self.come = queue.Queue()
        self.last = 0
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.come.put(json.loads(line))
        self.come.put(None)

    def wait(self, which, what, seconds=PATIENT):
        end = time.monotonic() + seconds
        for event in self.events:
            if which(event):
                self.events.remove(event)
                return event
        while True:
            try:
                event = self.come.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"not within {seconds} s: {what}; there was {self.events[-10:]}") from None
            if event is None:
                raise AssertionError(f"mcp-driver has left; there was {self.events[-10:]}")
            if which(event):
                return event
            self.events.append(event)

    def event(self, name, **members):
        return self.wait(lambda e: e["event"] == name and all(e.get(k) == v for k, v in members.items()), f"{name} {members}")

    def tell(self, **command):
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        self.process.stdin.flush()

    def begin(self, method, params=None, timeout_ms=0):
        self.last += 1
        self.tell(do="request", id=self.last, method=method, params=params or {}, timeout_ms=timeout_ms)
        return self.last

    def request(self, method, params=None, timeout_ms=0):
        return self.event("done", id=self.begin(method, params, timeout_ms))

    def result(self, method, params=None):
        done = self.request(method, params)
        if done["code"] != "ok":
            raise AssertionError(f"{method} {params}: {done}")
        return done["result"]

    def begin_call(self, tool, **arguments):
        return self.begin("tools/call", {"name": tool, "arguments": arguments})

    def call(self, tool, **arguments):
        return self.result("tools/call", {"name": tool, "arguments": arguments})

    def text(self, tool, **arguments):
        return "\n".join(block.get("text", "") for block in self.call(tool, **arguments)["content"])

    def answer(self, ask, action="accept", content=None):
        self.tell(do="answer", ask=ask["ask"], action=action, content=content)

    def close(self):
        if self.process.poll() is None:
            self.tell(do="close")
            self.process.stdin.close()
        code = self.process.wait(PATIENT)
        self.reader.join()
        self.process.stdout.close()
        return code


SAMPLE = {"role": "assistant", "content": {"type": "text", "text": "a sampled answer"}, "model": "m", "stopReason": "endTurn"}


@unittest.skipUnless(NODE and os.path.exists(EVERYTHING), "npm packages are not installed")
class McpClientTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="stoa-mcp-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def client(self, definition, **options):
        client = Client(definition, **options)
        self.addCleanup(lambda: self.assertEqual(client.close(), 0))
        return client

    def program(self, *command, **env):
        return {"command": [NODE, *command], "folder": self.folder, "env": {"PATH": os.environ["PATH"], **env}}

    def serve(self, *command, **env):
        """A server over HTTP; its port. command and env may hold PORT."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.start(port, [word.replace("PORT", str(port)) for word in command], {k: v.replace("PORT", str(port)) for k, v in env.items()})
        return port

    def start(self, port, command, env):
        def up():
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return True
            except OSError:
                return False

        log = open(f"{self.folder}/server.log", "ab")
        self.addCleanup(log.close)
        server = subprocess.Popen([NODE, *command], env=dict(os.environ, **env), stdout=log, stderr=log, cwd=self.folder)

        def stop():
            server.kill()
            server.wait()

        self.addCleanup(stop)
        wait_for(up, "the server listens", PATIENT)
        self.stop_server = stop

    def server_log(self):
        with open(f"{self.folder}/server.log") as file:
            return file.read()

    # --- server-everything, over each transport ---

    def everything(self, client):
        """What both transports must do alike."""
        ready = client.event("ready")
        self.assertEqual((ready["protocol"], ready["modern"]), ("2025-11-25", False))
        tools = {tool["name"]: tool for tool in client.result("tools/list")["tools"]}
        self.assertIn("echo", tools)
        self.assertEqual(client.text("echo", message="h\u00e9"), "Echo: h\u00e9")
        self.assertIn("temperature", client.call("get-structured-content", location="Chicago")["structuredContent"])
        self.assertIn(f"file://{self.folder}", client.text("get-roots-list"))

        running = client.begin_call("trigger-long-running-operation", duration=1, steps=3)
        self.assertEqual([client.event("progress", id=running)["progress"] for _ in range(3)], [1, 2, 3])
        client.event("done", id=running, code="ok")

        asking = client.begin_call("trigger-elicitation-request")
        ask = client.event("ask", kind="form")
        self.assertEqual(ask.get("id"), asking)
        client.answer(ask, content={"name": "ann"})
        self.assertIn("- Name: ann", json.dumps(client.event("done", id=asking)["result"]))
        asking = client.begin_call("trigger-elicitation-request")
        client.answer(client.event("ask", kind="form"), "decline")
        self.assertIn("declined", json.dumps(client.event("done", id=asking)["result"]))

        asking = client.begin_call("trigger-sampling-request", prompt="hi", maxTokens=5)
        client.answer(client.event("ask", kind="sampling"), content=SAMPLE)
        self.assertIn("a sampled answer", json.dumps(client.event("done", id=asking)["result"]))

        for at, error_path in ((1, False), (2, True)):
            asking = client.begin_call("trigger-url-elicitation", url=f"https://example.com/{at}", errorPath=error_path)
            for _ in range(at):  # with errorPath: -32042 first, then the same call again
                client.answer(client.event("ask", kind="url"))
            self.assertIn("completed", json.dumps(client.event("done", id=asking)["result"]))

        asking = client.begin_call("simulate-research-query", topic="python", ambiguous=True)  # a task
        ask = client.event("ask", kind="form")
        client.answer(ask, content={"interpretation": "snake"})
        self.assertIn("python (snake)", json.dumps(client.event("done", id=asking)["result"]))

        self.assertGreater(len(client.result("resources/list")["resources"]), 3)
        self.assertEqual(len(client.result("resources/templates/list")["resourceTemplates"]), 2)
        uri = client.result("resources/list")["resources"][0]["uri"]
        self.assertTrue(client.result("resources/read", {"uri": uri})["contents"][0]["text"])
        client.result("resources/subscribe", {"uri": uri})
        client.call("toggle-subscriber-updates")
        client.event("updated", uri=uri)
        client.call("toggle-subscriber-updates")
        client.result("resources/unsubscribe", {"uri": uri})
        self.assertIn(client.request("resources/read", {"uri": "no:such"})["code"], ("not_found", "bad_request"))

        self.assertTrue(client.result("prompts/list")["prompts"])
        self.assertTrue(client.result("prompts/get", {"name": "simple-prompt"})["messages"])
        self.assertEqual(client.result("completion/complete", {
            "ref": {"type": "ref/prompt", "name": "completable-prompt"},
            "argument": {"name": "department", "value": "Eng"}})["completion"]["values"], ["Engineering"])
        client.result("logging/setLevel", {"level": "debug"})
        client.call("toggle-simulated-logging")
        client.wait(lambda e: e["event"] == "log" and e["level"] != "stderr", "a log message")
        client.call("toggle-simulated-logging")

        self.assertTrue(client.call("echo").get("isError"))  # bad arguments
        late = client.request("tools/call", {"name": "trigger-long-running-operation", "arguments": {"duration": 30, "steps": 2}}, 300)
        self.assertEqual((late["code"], late["sent"]), ("timeout", True))
        cancelled = client.begin_call("trigger-long-running-operation", duration=30, steps=100)
        client.event("progress", id=cancelled)
        client.tell(do="cancel", id=cancelled)
        client.result("ping")
        self.assertFalse([e for e in client.events if e["event"] == "done"])
        changes = [e for e in client.events if e["event"] == "changed" and e["what"] == "tools"]
        self.assertLessEqual(len(changes), 2)  # five notifications at once

    def test_everything_on_standard_streams(self):
        client = self.client(self.program(EVERYTHING, "stdio"), root=self.folder)
        self.everything(client)

    def test_everything_over_streamable_http(self):
        port = self.serve(EVERYTHING, "streamableHttp", PORT="PORT")
        client = self.client({"url": f"http://127.0.0.1:{port}/mcp"}, root=self.folder)
        self.everything(client)
        # a server that has forgotten the session
        self.stop_server()
        self.start(port, [EVERYTHING, "streamableHttp"], {"PORT": str(port)})
        self.assertEqual(client.text("echo", message="again"), "Echo: again")

    def test_everything_over_the_older_http_and_sse(self):
        port = self.serve(EVERYTHING, "sse", PORT="PORT")
        client = self.client({"url": f"http://127.0.0.1:{port}/sse"}, root=self.folder)
        self.everything(client)

    def test_a_remembered_era_saves_the_probe(self):
        client = self.client(self.program(EVERYTHING, "stdio"), era="2025-06-18")
        client.event("ready", modern=False)
        self.assertEqual(client.text("echo", message="x"), "Echo: x")

    def test_without_a_person_nothing_is_offered_that_needs_one(self):
        client = self.client(self.program(EVERYTHING, "stdio"), can_ask=False)
        client.event("ready")
        names = [tool["name"] for tool in client.result("tools/list")["tools"]]
        self.assertNotIn("trigger-elicitation-request", names)
        self.assertNotIn("trigger-sampling-request", names)
        self.assertNotIn("get-roots-list", names)

    # --- the other servers ---

    def test_the_root_is_what_the_files_server_serves(self):
        os.mkdir(f"{self.folder}/root")
        os.mkdir(f"{self.folder}/other")
        with open(f"{self.folder}/root/a.txt", "w") as file:
            file.write("hello")
        client = self.client(self.program(FILES, f"{self.folder}/other"), root=f"{self.folder}/root")
        client.event("ready")
        # roots are fetched after the handshake: the server serves the other folder until they are there
        wait_for(lambda: f"{self.folder}/root" in client.text("list_allowed_directories"), "roots have replaced the folder")
        self.assertEqual(client.text("read_text_file", path=f"{self.folder}/root/a.txt"), "hello")
        self.assertTrue(client.call("read_text_file", path="/etc/passwd")["isError"])

    def test_the_memory_server_remembers(self):
        definition = self.program(MEMORY, MEMORY_FILE_PATH=f"{self.folder}/memory.jsonl")
        first = Client(definition)
        first.event("ready")
        made = first.call("create_entities", entities=[{"name": "stoa", "entityType": "hall", "observations": ["open"]}])
        self.assertEqual(made["structuredContent"]["entities"][0]["name"], "stoa")
        self.assertEqual(first.close(), 0)
        second = self.client(definition)
        second.event("ready")
        self.assertIn("stoa", second.text("read_graph"))

    # --- 2026-07-28 ---

    def modern(self, client):
        ready = client.event("ready")
        self.assertEqual((ready["protocol"], ready["modern"], ready["name"], ready["instructions"]),
                         ("2026-07-28", True, "modern", "A server for tests."))
        self.assertIn("h\u00e9", client.text("mirror", region="h\u00e9 ", count=-5))  # before any list
        self.assertEqual(len(client.result("tools/list")["tools"]), 7)
        self.assertEqual(client.call("add", a=2, b=3)["structuredContent"], {"sum": 5})

        asking = client.begin_call("deploy", env="prod")
        for _ in range(2):
            ask = client.event("ask", kind="form")
            client.answer(ask, content={ask["params"]["fields"][0]["name"]: "yes"})
        self.assertIn('state of two "\u00e9\\', client.event("done", id=asking)["result"]["content"][0]["text"])
        asking = client.begin_call("deploy", env="prod")
        client.answer(client.event("ask"), "decline")
        self.assertEqual(client.event("done", id=asking)["result"]["content"][0]["text"], "declined")
        asking = client.begin_call("visit")
        client.answer(client.event("ask", kind="url"))
        self.assertEqual(client.event("done", id=asking)["result"]["content"][0]["text"], "accept")
        asking = client.begin_call("think")
        client.answer(client.event("ask", kind="sampling"), content=SAMPLE)
        thought = client.event("done", id=asking)["result"]["content"][0]["text"]
        self.assertIn("a sampled answer", thought)
        self.assertIn(f"file://{self.folder}", thought)
        asking = client.begin_call("think")
        client.tell(do="refuse", ask=client.event("ask")["ask"], why="not today")
        self.assertEqual(client.event("done", id=asking)["code"], "denied")

        client.result("logging/setLevel", {"level": "info"})
        running = client.begin_call("slow", steps=2)
        self.assertEqual([client.event("progress", id=running)["text"] for _ in range(2)], ["step 1", "step 2"])
        client.event("log", level="warning", text="step 2")
        client.event("done", id=running, code="ok")

        client.result("resources/subscribe", {"uri": "test://one"})
        client.call("touch")
        client.event("updated", uri="test://one")
        client.event("changed", what="tools")
        client.result("resources/unsubscribe", {"uri": "test://one"})
        self.assertEqual(client.result("resources/read", {"uri": "test://two"})["contents"][0]["text"], "this is two")
        self.assertEqual(client.request("resources/read", {"uri": "test://three"})["code"], "bad_request")
        self.assertEqual(client.result("prompts/get", {"name": "greet", "arguments": {"name": "bob"}})
                         ["messages"][0]["content"]["text"], "hello bob")
        client.result("ping")
        cancelled = client.begin_call("slow", steps=1000)
        client.event("progress", id=cancelled)
        client.tell(do="cancel", id=cancelled)

    def test_a_modern_server_on_standard_streams(self):
        client = self.client(self.program(MODERN), root=self.folder)
        self.modern(client)
        client.event("log", level="stderr", text="slow was cancelled")

    def test_a_modern_server_over_http(self):
        port = self.serve(MODERN, "--port", "PORT")
        client = self.client({"url": f"http://127.0.0.1:{port}/mcp"}, root=self.folder)
        self.modern(client)
        wait_for(lambda: "slow was cancelled" in self.server_log(), "the server sees that its stream has ended")

    def test_a_server_that_is_modern_only_is_found_though_legacy_is_remembered(self):
        client = self.client(self.program(MODERN, "--only-modern"), era="2025-11-25")
        client.event("ready", protocol="2026-07-28")
        self.assertEqual(client.call("add", a=1, b=1)["structuredContent"], {"sum": 2})

    def test_a_subscription_is_begun_anew_when_the_server_comes_back(self):
        port = self.serve(MODERN, "--port", "PORT")
        client = self.client({"url": f"http://127.0.0.1:{port}/mcp"})
        client.event("ready")
        client.result("resources/subscribe", {"uri": "test://one"})
        self.stop_server()
        self.start(port, [MODERN, "--port", str(port)], {})
        client.event("updated", uri="test://one")  # nobody knows what was missed
        client.call("touch")
        client.event("updated", uri="test://one")

    # --- ends ---

    def test_a_server_that_dies_fails_its_calls_and_is_lost(self):
        client = Client(self.program(EVERYTHING, "stdio"))
        client.event("ready")
        running = client.begin_call("trigger-long-running-operation", duration=30, steps=100)
        client.event("progress", id=running)
        pid = children(client.process.pid)[0]
        os.kill(pid, 9)
        self.assertEqual(client.event("done", id=running)["code"], "unavailable")
        client.event("lost", why="crashed")
        self.assertEqual(client.close(), 0)

    def test_no_such_program_is_said(self):
        client = Client({"command": ["/no/such/server"], "folder": self.folder})
        waiting = client.begin("tools/list")
        self.assertEqual(client.event("done", id=waiting)["sent"], False)
        self.assertIn("/no/such/server", client.event("lost", why="not_started")["text"])
        self.assertEqual(client.close(), 0)

    def test_nothing_is_left_after_the_close(self):
        client = Client(self.program(EVERYTHING, "stdio"))
        pid = client.event("ready")["pid"]
        self.assertGreater(pid, 0)
        client.begin_call("simulate-research-query", topic="x")
        self.assertEqual(client.close(), 0)
        self.assertFalse(os.path.exists(f"/proc/{pid}"))


class StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


class SignInTest(unittest.TestCase):
    """A server over HTTP that wants to know who calls it."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="stoa-mcp-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.server = OAuthServer()
        self.addCleanup(self.server.close)

    def client(self, **definition):
        oauth = {"file": f"{self.folder}/tokens", "key": base64.b64encode(bytes(range(32))).decode()}
        client = Client({"url": self.server.url, "oauth": oauth, **definition})
        self.addCleanup(lambda: self.assertEqual(client.close(), 0))
        return client

    def sign_in(self, client, paste=False):
        url = client.event("authorize", over=False)["url"]
        if not paste:
            urllib.request.urlopen(url).read()  # the browser is sent to the listener of the agent
        else:
            with self.assertRaises(urllib.error.HTTPError) as answer:
                urllib.request.build_opener(StayHere).open(url)
            client.tell(do="redirected", url="http://127.0.0.1:1/nonsense")
            self.assertFalse(client.event("redirected")["ok"])
            client.tell(do="redirected", url=answer.exception.headers["Location"])
            self.assertTrue(client.event("redirected")["ok"])
            answer.exception.close()
        client.event("authorize", over=True)

    def test_it_is_ready_once_somebody_has_signed_in(self):
        client = self.client(start_ms=2000)
        waiting = client.begin("tools/call", {"name": "read"})
        url = client.event("authorize", over=False)
        time.sleep(2.2)  # a person is slow: longer than it may take to start
        client.events.append(url)
        self.sign_in(client)
        client.event("ready", protocol="2026-07-28")
        client.event("done", id=waiting, code="ok")

    def test_more_is_asked_for_when_it_is_needed(self):
        client = self.client()
        self.sign_in(client)
        client.event("ready")
        waiting = client.begin("tools/call", {"name": "write"})
        self.sign_in(client, paste=True)
        self.assertEqual(client.event("done", id=waiting)["result"]["content"][0]["text"], "write")
        self.assertEqual([sorted(scope.split()) for scope in self.server.state.scopes], [["read"], ["read", "write"]])
        self.assertEqual(client.request("tools/call", {"name": "read"})["code"], "ok")

    def test_who_has_signed_in_once_is_not_asked_again(self):
        first = self.client()
        self.sign_in(first)
        first.event("ready")
        self.assertEqual(first.close(), 0)
        second = self.client()
        second.event("ready")
        self.server.state.tokens.clear()  # revoked: it is renewed without a person
        self.assertEqual(second.request("tools/call", {"name": "read"})["code"], "ok")
        self.assertEqual((len(self.server.state.scopes), self.server.state.given), (1, 2))

    def test_a_header_of_the_configuration_is_left_alone(self):
        client = self.client(headers={"Authorization": "Bearer wrong"})
        self.assertIn("401", client.event("lost", why="refused")["text"])
        self.server.state.tokens["right"] = ["read"]
        client = self.client(headers={"Authorization": "Bearer right"})
        client.event("ready")


if __name__ == "__main__":
    unittest.main()
