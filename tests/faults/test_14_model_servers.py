"""Fault 14, what model servers do wrong: it costs their own session a sentence, others nothing. All at once, each in a session of
its own with a provider of its own."""
import threading
import time

from fault import FaultTest
from harness import SANITIZED, text_of
from model_server import ModelServer, anthropic, data, head, openai, whole

FIRST, IDLE = (1.0, 1.0) if not SANITIZED else (4.0, 4.0)  # seconds until a server's silence ends a turn
DRIBBLE = [step for byte in openai("never whole") * 3 for step in (bytes([byte]), IDLE / 4)]
BEGUN = [head(), openai("so "), openai("far")]
FULL = whole("529 Overloaded", {"type": "error", "error": {"type": "overloaded_error", "message": "overloaded"}}, Retry_After="0")

# API, script, what the session is told, what is kept of the reply ("" where none had begun)
FAULTS = {
    "dribbles": ("openai", BEGUN + DRIBBLE, "nothing came for", "so far"),
    "cuts": ("openai", BEGUN + [openai("half")[:-9], 0.1, "cut"], "cut", "so far"),
    "ends_early": ("openai", BEGUN, "cut", "so far"),
    "says_429": ("openai", [whole("429 Too Many Requests", {"error": {"message": "slow down"}}, Retry_After="0")], "429.*slow down", ""),
    "says_500": ("openai", [whole("500 Internal Server Error", b"", Retry_After="0")], "500", ""),
    "says_529": ("anthropic", [FULL], "529.*overloaded", ""),
    "overloaded_midway": ("anthropic", [
        head(), anthropic("message_start", message={"usage": {"input_tokens": 1}}),
        anthropic("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        anthropic("content_block_delta", index=0, delta={"type": "text_delta", "text": "so far"}),
        anthropic("error", error={"type": "overloaded_error", "message": "overloaded"})], "overloaded", "so far"),
    "no_json": ("openai", BEGUN + [b"data: {\"choices\": [nonsense\n\n", 30], "not JSON", "so far"),
    "wrong_types": ("openai", BEGUN + [data({"choices": {"delta": [1, None]}}), data([[]]), data("7")], "cut", "so far"),
    "deep": ("openai", BEGUN + [b"data: " + b"[" * 100000 + b"\n\n", 30], "nested deeper", "so far"),
    "bad_utf8": ("openai", BEGUN + [b'data: {"choices":[{"index":0,"delta":{"content":"\xff\xfe"}}]}\n\n', 30], "not JSON", "so far"),
    "endless_event": ("openai", BEGUN + [b"data: " + b"x" * (5 << 20), 30], "larger than", "so far"),
    "endless_header": ("openai", [b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (i, b"y" * 1000) for i in range(4000)), 30], "cut|headers are larger", ""),
    "web_page": ("openai", [whole("200 OK", b"<html>hello</html>", "text/html")], "text/html", ""),
    "no_http": ("openai", [b"\x00\xff nonsense\r\n\r\n"], "HTTP/0.9", ""),
    "never_answers": ("openai", [60], "no answer within", ""),
    "closes_at_once": ("openai", ["cut"], "was cut|closed the connection", ""),
}


class ModelServers(FaultTest):
    env = {"FAULT_KEY": "none-of-yours"}

    def setUp(self):
        self.servers = {name: ModelServer(script) for name, (_, script, _, _) in FAULTS.items()}
        for server in self.servers.values():
            self.addCleanup(server.close)
        providers = "".join(f"  {name.replace('_', '-')}: {{api: {api}, base_url: '{self.servers[name].url}', api_key_env: FAULT_KEY}}\n"
                            for name, (api, _, _, _) in FAULTS.items())
        self.config = (f"default_model: demo/stoa\nproviders:\n{providers}"
                       f"model: {{first_byte_timeout: {FIRST:.0f}s, idle_timeout: {IDLE:.0f}s, retries: 1}}\n")
        super().setUp()

    def run_one(self, name, found):
        """In a thread of its own, with a client of its own."""
        try:
            client = self.client()
            session = self.session(client, model=f"{name.replace('_', '-')}/any")
            client.attach(session)
            begun = time.monotonic()
            start = self.turn(client, session, "hi")
            client.idle(session, start, seconds=60)
            took = time.monotonic() - begun
            errors = [e["text"] for e in self.said(client, session, start, "error.occurred")]
            replies = self.said(client, session, start, "stream.completed")
            client.request("session.configure", session, {"model": "demo/stoa"})
            self.usable(client, session)
            found[name] = (took, errors, replies)
        except AssertionError as wrong:
            found[name] = wrong

    def test_each_costs_its_own_session_a_sentence(self):
        found = {}
        threads = [threading.Thread(target=self.run_one, args=(name, found)) for name in FAULTS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for name, (_, _, told, kept) in FAULTS.items():
            with self.subTest(name):
                self.assertNotIsInstance(found[name], AssertionError, found[name])
                took, errors, replies = found[name]
                self.assertEqual(len(errors), 1, errors)
                self.assertRegex(errors[0], told)
                self.assertNotIn("none-of-yours", errors[0])
                self.assertEqual([text_of(reply) for reply in replies], [kept] if kept else [])
                self.assertEqual([reply["status"] for reply in replies], ["failed"] if kept else [])
                self.assertLess(took, 2 * max(FIRST, IDLE) + 3)
        slowest = max(found, key=lambda name: found[name][0])
        self.check_all(f"{len(FAULTS)} model servers that do wrong, the slowest turn {slowest} {found[slowest][0]:.1f} s")
