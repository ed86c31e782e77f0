#!/usr/bin/env python3
"""What the conformance suite runs as the client under test: plays the host (user, browser, model) around mcp-driver, which is
the agent's own MCP client. Called with the server's URL; the scenario is in the environment."""
import json
import os
import queue
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

PATIENCE = 25  # seconds, for each thing that is waited for
METADATA_URL = "https://conformance-test.local/client-metadata.json"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


class Driver:
    def __init__(self, definition, options):
        self.process = subprocess.Popen([os.environ["STOA_MCP_DRIVER"], json.dumps(definition), json.dumps(options)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.events = queue.Queue()
        self.last_id = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.events.put(json.loads(line))
        self.events.put({"event": "gone"})

    def tell(self, **command):
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        self.process.stdin.flush()

    def next(self):
        event = self.events.get(timeout=PATIENCE)
        print(json.dumps(event)[:2000], file=sys.stderr, flush=True)
        if event["event"] == "authorize" and not event["over"]:
            self._sign_in(event["url"])
        elif event["event"] == "ask":
            self._answer(event)
        elif event["event"] in ("lost", "gone"):
            raise RuntimeError(event.get("text", "the driver has left"))
        return event

    def _sign_in(self, url):
        """The browser: the authorization server sends it on at once."""
        try:
            urllib.request.build_opener(NoRedirect).open(url, timeout=PATIENCE)
        except urllib.error.HTTPError as answer:
            if answer.code in (301, 302, 303, 307, 308):
                self.tell(do="redirected", url=urllib.parse.urljoin(url, answer.headers["Location"]))

    def _answer(self, event):
        """The user: takes what is there, and fills in what must be."""
        values = {"text": "text", "number": 1.5, "integer": 1, "boolean": True}
        content = {}
        for field in event["params"].get("fields", []):
            if field.get("required") and "default" not in field:
                options = [option["value"] for option in field.get("options", [])]
                kind = field["type"]
                content[field["name"]] = (options[:1] if kind == "choices" else options[0] if kind == "choice"
                                          else values[kind])
        self.tell(do="answer", ask=event["ask"], action="accept", content=content)

    def ask(self, method, params=None):
        self.last_id += 1
        self.tell(do="request", id=self.last_id, method=method, params=params or {}, timeout_ms=PATIENCE * 1000)
        while True:
            event = self.next()
            if event["event"] == "done" and event["id"] == self.last_id:
                return event

    def call(self, name, arguments=None):
        return self.ask("tools/call", {"name": name, "arguments": arguments or {}})

    def close(self):
        self.tell(do="close")
        self.process.stdin.close()
        self.process.wait(PATIENCE)


def arguments_for(tool):
    """Something of each type that the tool's schema requires."""
    values = {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}}
    schema = tool.get("inputSchema", {})
    return {name: values.get(schema.get("properties", {}).get(name, {}).get("type"), "text")
            for name in schema.get("required", [])}


def play(driver, scenario, context):
    listed = driver.ask("tools/list")
    tools = {tool["name"]: tool for tool in listed.get("result", {}).get("tools", [])}
    if scenario == "tools_call":
        driver.call("add_numbers", {"a": 5, "b": 3})
    elif scenario == "elicitation-sep1034-client-defaults":
        driver.call("test_client_elicitation_defaults")
    elif scenario == "sse-retry":
        driver.call("test_reconnection")
    elif scenario == "sep-2322-client-request-state":
        for name in ("echo_state", "unrelated", "no_state", "no_result_type"):
            driver.call(f"test_mrtr_{name}")
    elif scenario == "http-custom-headers":
        for call in context["toolCalls"]:
            driver.call(call["name"], call.get("arguments"))
    elif scenario == "http-standard-headers":
        for name, tool in tools.items():
            driver.call(name, arguments_for(tool))
        for resource in driver.ask("resources/list").get("result", {}).get("resources", []):
            driver.ask("resources/read", {"uri": resource["uri"]})
        for prompt in driver.ask("prompts/list").get("result", {}).get("prompts", []):
            driver.ask("prompts/get", {"name": prompt["name"], "arguments": {}})
    elif scenario.startswith("auth/"):
        driver.call("test-tool")
        if scenario == "auth/authorization-server-migration":
            driver.call("test-tool")
    else:
        for name, tool in tools.items():
            driver.call(name, arguments_for(tool))


def main():
    scenario = os.environ.get("MCP_CONFORMANCE_SCENARIO", "")
    context = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
    oauth = {"metadata_url": METADATA_URL}
    if context.get("client_id"):
        oauth = {"client_id": context["client_id"], "client_secret": context.get("client_secret")}
    driver = Driver({"name": "conformance", "url": sys.argv[-1], "start_ms": PATIENCE * 1000, "call_ms": PATIENCE * 1000,
                     "oauth": oauth}, {"root": "/tmp"})
    try:
        while driver.next()["event"] != "ready":
            pass
        play(driver, scenario, context)
    except (RuntimeError, queue.Empty) as failure:
        print(f"ended: {failure}", file=sys.stderr)  # some scenarios want exactly that: the checks decide
    finally:
        driver.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
