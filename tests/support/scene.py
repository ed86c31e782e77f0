"""A session as people have them, the same each time: for golden screens and the README's pictures. A scripted model server, an
MCP server of a repository, three sessions, one that has answered with code and used a tool, and a question that waits."""
import json
import time

from harness import ROOT, Client, Daemon, Place
from model_server import ModelServer, head, openai, whole

SERVER = f"{ROOT}/tests/support/mcp_server.py"
GREP = "src/retry.c:41:    for (int n = 0;; n++) {\nsrc/retry.c:42:        int delay = 100 << n;  // ms\nsrc/auth.c:118:    return retry(refresh, session);\n"
ASKED = "Why does the retry loop spin after the token is revoked?"
ANSWER = """## Why it spins

`n` has no bound: at **n = 25** the shift overflows, the delay is negative, and the loop never sleeps again.

```c
int delay = 100 << n;  // ms
if (delay > 0)
    sleep_ms(delay);
```

1. `401` is final: a revoked token does not come back
2. everything else is tried 6 times

```diff
-    for (int n = 0;; n++) {
+    for (int n = 0; n < RETRY_LIMIT && status != 401; n++) {
```

Shall I change it and run the tests?
"""
SHORT = {"bump dependencies": "zlib and curl are up to date; **openssl** has a newer patch release.",
         "flaky test": "It fails on Mondays because the fixture counts *working* days."}


def says(*chunks):
    return [head(), *(openai(chunk) for chunk in chunks), openai(finish="stop"), b"data: [DONE]\n\n"]


def calls(text, tool, **arguments):
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": tool, "arguments": json.dumps(arguments)}}
    return [head(), openai(text), openai(tool_calls=[call]), openai(finish="tool_calls"), b"data: [DONE]\n\n"]


class Scene:
    """Sessions by title in `sessions`; `client` follows them."""

    def __init__(self):
        self.model = ModelServer(whole("500 No", {"error": {"message": "not scripted"}}))
        server = ["/usr/bin/python3", "-SE", SERVER, "--name", "repo", "--answer", "grep=" + GREP.replace("{", "{{"), "--tool", "run"]
        self.place = Place(f"default_model: local/large\nproviders:\n  local:\n    api: openai\n    base_url: {self.model.url}\n"
                           f"mcp_servers:\n  repo:\n    command: {json.dumps(server)}\n    tools: {{allow: [grep]}}\n")
        self.daemon = Daemon(self.place).start()
        self.client = Client(self.place)
        self.sessions = {}
        for title, answer in SHORT.items():
            self.begin(title)
            self.turn(title, "And now?", says(answer))
            self.client.request("mcp.connect", self.sessions[title], {"server": "repo"})  # nothing happens there any more
        self.other = None
        self.begin("fix auth retry")
        self.client.request("mcp.connect", self.sessions["fix auth retry"], {"server": "repo"})

    def begin(self, title):
        time.sleep(0.01)  # a list of sessions is in the order of milliseconds
        self.sessions[title] = self.client.request("session.create", params={"title": title})["session"]
        self.client.attach(self.sessions[title])

    def turn(self, title, text, *scripts, until=None):
        """A turn, to its end or to an event of type `until`."""
        self.model.scripts[:] = scripts
        start, session = len(self.client.events), self.sessions[title]
        self.client.request("message.send", session, {"text": text})
        if until:
            self.client.event(until, session, start)
        else:
            self.client.idle(session, start)

    def chat(self):
        self.turn("fix auth retry", ASKED, calls("I look at the loop first.", "repo__grep", pattern="retry", path="src"),
                  says(*(ANSWER[at:at + 7] for at in range(0, len(ANSWER), 7))))

    def join(self, user, role):
        """A second person comes in and looks on: by a token, so that one machine is enough."""
        session = self.sessions["fix auth retry"]
        self.client.request("user.create", params={"user": user})
        self.client.request("session.share", session, {"user": user, "role": role})
        token = self.client.request("token.issue", params={"user": user, "role": role})["secret"]
        self.other = Client(self.place)
        self.other.request("server.hello", params={"kind": "tui"})
        self.other.request("token.login", params={"token": token})
        self.other.attach(session)

    def ask_as_other(self):
        self.model.scripts[:] = [calls("I change it, and run the tests.", "repo__run", command="ctest -R auth", cwd="build")]
        start, session = len(self.other.events), self.sessions["fix auth retry"]
        self.other.request("message.send", session, {"text": "Yes please, and run the tests. I watch the token server meanwhile."})
        self.other.event("question.asked", session, start)

    def ask(self):
        self.turn("fix auth retry", "Yes, do.", calls("The tests of the retry loop are enough.", "repo__run",
                                                       command="ctest -R auth --output-on-failure && git diff --stat"),
                  until="question.asked")

    def close(self):
        if self.other:
            self.other.close()
        self.client.close()
        self.daemon.stop()
        self.model.close()
        self.place.remove()

