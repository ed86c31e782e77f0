"""Real HTTP from a model server that others wrote (aimock), through both APIs, to terminals that come and go."""
import os
import shutil
import socket
import subprocess
import time
import unittest
import urllib.request

from harness import PATIENCE, ROOT, StoaTest, stoa, text_of, wait_for

CLI = f"{ROOT}/tests/support/node_modules/@copilotkit/aimock/dist/cli.js"
FIXTURES = f"{ROOT}/tests/support/aimock/fixtures.json"
APIS = {"openai": "/v1", "anthropic": ""}


class ModelServer:
    def __init__(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(["node", CLI, "-p", str(self.port), "-f", FIXTURES, "--validate-on-load",
                                         "--log-level", "silent"])
        wait_for(self.answers, "the model server", 30)

    def answers(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health").read()
        except OSError:
            return None

    def close(self):
        self.process.kill()
        self.process.wait()


@unittest.skipUnless(os.path.exists(CLI) and shutil.which("node"), "aimock is not installed (npm ci in tests/support)")
class RealServer(StoaTest):
    autostart = False
    env = {"TEST_MODEL_KEY": "sk-secret-in-no-log"}

    @classmethod
    def setUpClass(cls):
        cls.server = ModelServer()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def setUp(self):
        lines = ["default_model: openai-mock/any", "model: {retries: 1}", "providers:"]
        for api, path in APIS.items():
            lines += [f"  {api}-mock:", f"    api: {api}", f"    base_url: http://127.0.0.1:{self.server.port}{path}",
                      "    api_key_env: TEST_MODEL_KEY"]
        self.config = "\n".join(lines) + "\n"
        super().setUp()
        self.daemon.start()

    def turn(self, client, session, text):
        start = len(client.events)
        client.request("message.send", session, {"text": text})
        client.idle(session, start, PATIENCE)
        return client.events[start:]

    def test_a_conversation_outlives_terminals_and_daemon(self):
        """Two terminals follow one streamed answer, one comes late; all are killed, and the conversation is still there."""
        client = self.client()
        session = self.session(client)
        client.attach(session)
        early = self.watch(session)
        early.wait(early.snapshots, "snapshot")
        client.request("message.send", session, {"text": "a long story please"})
        early.wait(lambda: len(early.events("stream.chunk")) > 20, "chunks")
        late = self.watch(session)
        client.idle(session)
        for watch in (early, late):
            watch.wait(lambda w=watch: any(e["data"]["new"] == "idle" for e in w.events("state.changed")), "idle")
        self.assertEqual(late.snapshots()[0]["messages"][-1]["status"], "streaming")
        self.assertEqual(early.replica().messages, late.replica().messages)
        early.close()
        late.close()
        self.things = [thing for thing in self.things if thing not in (early, late)]
        client.on_disk()
        self.daemon.kill()
        self.daemon.start()
        messages = self.client().request("message.history", session)["messages"]
        self.assertEqual([(m["role"], m["status"]) for m in messages], [("user", "complete"), ("assistant", "complete")])
        self.assertTrue(text_of(messages[1]).startswith("# A long story"))
        self.assertGreater(len(text_of(messages[1])), 1000)
        second = self.client()
        second.attach(session)
        self.turn(second, session, "plain")
        self.assertIn("日本", text_of(second.request("message.history", session)["messages"][-1]))

    def both(self, text, check):
        for api in APIS:
            client = self.client()
            session = self.session(client, model=f"{api}-mock/any")
            client.attach(session)
            with self.subTest(api=api):
                check([e for e in self.turn(client, session, text)], client, session)

    @staticmethod
    def of(events, type):
        return [event["data"] for event in events if event["type"] == type]

    def test_reasoning_is_kept_apart(self):
        def check(events, _client, _session):
            content = self.of(events, "stream.completed")[0]["content"]
            self.assertEqual([block["type"] for block in content], ["reasoning", "text"])
        self.both("think", check)

    def test_a_call_of_a_tool_that_is_not_there_is_told_to_the_model(self):
        def check(events, client, session):
            block = self.of(events, "stream.completed")[0]["content"][0]
            self.assertEqual((block["type"], block["name"], block["input"]),
                             ("tool_call", "get_weather", '{"city":"Bern","unit":"C"}'))
            end = self.of(events, "tool.ended")[0]
            self.assertEqual(end["state"], "failed")
            self.assertIn("There is no tool 'get_weather'. There are: get_session_info", end["result"])
            self.assertEqual(self.of(events, "error.occurred"), [])
            last = client.request("message.history", session)["messages"][-1]
            self.assertEqual(text_of(last), "There is no weather.")
        self.both("tool please", check)

    def test_429_waits_as_told_and_says_so(self):
        def check(events, _client, _session):
            self.assertEqual(self.of(events, "turn.retrying")[0]["delay_ms"], 1000)
            self.assertIn("429", self.of(events, "error.occurred")[0]["text"])
        self.both("limited", check)

    def test_500_is_retried_then_said_and_the_session_is_usable(self):
        def check(events, client, session):
            self.assertEqual(len(self.of(events, "turn.retrying")), 1)
            self.assertIn("500", self.of(events, "error.occurred")[0]["text"])
            after = self.turn(client, session, "plain")
            self.assertEqual(self.of(after, "stream.completed")[0]["status"], "complete")
        self.both("broken", check)

    def test_a_disconnect_in_mid_stream_keeps_the_partial_text(self):
        def check(events, _client, _session):
            ended = self.of(events, "stream.completed")[0]
            self.assertEqual(ended["status"], "failed")
            kept = text_of(ended)
            self.assertTrue(kept and "This answer will not come to its end, since".startswith(kept[:40]), kept)
            self.assertIn("cut", ended["error"])
        self.both("cut short", check)

    def test_a_malformed_answer_is_said(self):
        def check(events, _client, _session):
            self.assertTrue(self.of(events, "error.occurred")[0]["text"])
            self.assertFalse([d for d in self.of(events, "stream.completed") if d["status"] == "complete"])
        self.both("malformed", check)

    def test_the_command_line_streams_the_answer_and_the_key_is_in_no_file(self):
        done = stoa(self.place, "send", "--new", "plain")
        self.assertIn("A **plain** answer", done.stdout)
        failed = stoa(self.place, "send", "--new", "broken", check=False)
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("500", failed.stderr)
        for folder, _, files in os.walk(self.place.folder):
            for name in files:
                if not os.path.isfile(os.path.join(folder, name)):
                    continue
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(b"sk-secret-in-no-log", file.read(), name)

    def test_an_unreachable_server_is_said_with_its_address(self):
        self.place.write_config("default_model: gone/x\nmodel: {retries: 0}\nproviders:\n  gone:\n    api: openai\n"
                                "    base_url: http://127.0.0.1:9/v1\n")
        self.daemon.stop()
        self.daemon.start()
        client = self.client()
        session = self.session(client)
        client.attach(session)
        started = time.monotonic()
        text = self.of(self.turn(client, session, "hello"), "error.occurred")[0]["text"]
        self.assertIn("127.0.0.1", text)
        self.assertLess(time.monotonic() - started, 5)


class NoServer(StoaTest):
    def refused(self, model):
        client = self.client()
        session = self.session(client, model=model)
        client.attach(session)
        client.request("message.send", session, {"text": "for this machine alone"})
        text = client.event("error.occurred", session)["data"]["text"]
        client.idle(session)
        return text

    def test_a_conversation_goes_to_no_other_server_than_the_named_one(self):
        self.assertIn("no model server was found", self.refused("local/x"))

    def test_a_key_that_is_missing_is_named(self):
        self.assertIn("ANTHROPIC_API_KEY is not set", self.refused("anthropic/any"))
