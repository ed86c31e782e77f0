#!/usr/bin/env python3
"""Runs the real stoa-agent against aimock, a model server that others wrote, through both APIs. Needs npm ci."""

import os
import socket
import subprocess
import sys
import time
import urllib.request

from agent_peer import Agent, chunk_blocks, facts, types

HERE = os.path.dirname(os.path.abspath(__file__))
CLI = os.path.join(HERE, "node_modules/@copilotkit/aimock/dist/cli.js")
BEGUN = ["message.added", "streaming", "chunk", "stream.completed"]
PLAIN = "A **plain** answer, streamed in small parts. Ünïcödé too: 日本."


def start():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(["node", CLI, "-p", str(port), "-f", os.path.join(HERE, "aimock/fixtures.json"),
                               "--validate-on-load", "--log-level", "silent"])
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen("http://127.0.0.1:%d/health" % port).read()
            return server, port
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("aimock did not start")


def expect(name, frames, order, **wanted):
    done, errors = facts(frames, "stream.completed"), facts(frames, "error.occurred")
    seen = {"content": done[0]["content"] if done else None, "stop": done[0].get("stop_reason") if done else None,
            "usage": done[0]["usage"] if done else None, "status": done[0]["status"] if done else None,
            "error": errors[0]["text"] if errors else ""}
    good = types(frames) == order
    for key, value in wanted.items():
        good = good and (value in seen[key] if key == "error" else value == seen[key])
    print("%s %-22s %s %s" % ("ok    " if good else "FAILED", name, types(frames), seen["error"]))
    if not good:
        print("       seen", seen)
    return good


def text(words):
    return [{"type": "text", "text": words}]


def call(name, arguments):
    return {"type": "tool_call", "name": name, "input": arguments}


def without_ids(frames):
    for block in facts(frames, "stream.completed")[0]["content"]:
        assert block["type"] != "tool_call" or block.pop("id")
    return frames


def check(api, base_url):
    def ask(words, **order):
        agent = Agent()
        agent.load()
        frames = agent.ask(words, api=api, base_url=base_url, key="sk-test", **order)
        assert agent.stop() == 0
        ends = facts(frames, "stream.completed")
        blocks = [block for block in chunk_blocks(frames) if block[0] == "text"] if len(ends) == 1 else []
        for done in ends[:1] if len(ends) == 1 else []:
            assert blocks == [("text", block["text"]) for block in done["content"] if block["type"] == "text"]
        return frames

    signed = {"signature": "aimock-placeholder-signature"} if api == "anthropic" else {}
    good, failed, refused = BEGUN + ["idle"], BEGUN + ["error.occurred", "idle"], ["error.occurred", "idle"]
    results = [
        expect(api + " plain", ask("plain"), good, content=text(PLAIN), stop="end_turn"),
        expect(api + " tool", without_ids(ask("tool please", tools=True)), BEGUN + ["tool.ended", "thinking"] + good,
               stop="tool_use", content=[call("get_weather", '{"city":"Bern","unit":"C"}')]),
        expect(api + " text and two tools", without_ids(ask("two tools", tools=True)),
               BEGUN + ["tool.ended", "tool.ended", "thinking"] + good,
               content=text("Looking.") + [call("get_weather", '{"city":"Bern"}'), call("get_time", "{}")]),
        expect(api + " reasoning", ask("think"), good,
               content=[{"type": "reasoning", "text": "Six times seven is forty-two.", **signed}] + text("Forty-two.")),
        expect(api + " 429 retry-after", ask("limited", retries=1), ["turn.retrying"] + refused,
               error="429 Too Many Requests: Rate limit exceeded"),
        expect(api + " 500", ask("broken", retries=1), ["turn.retrying"] + refused, error="The server had an error"),
        expect(api + " cut", ask("cut short"), failed, error="cut", status="failed"),
        expect(api + " hung up", ask("hang up"), failed, error="cut", status="failed"),
        expect(api + " malformed", ask("malformed"), refused),
        expect(api + " dropped", ask("dropped", retries=1), ["turn.retrying"] + refused, error="without an answer"),
        expect(api + " no such fixture", ask("nothing matches"), refused, error="404"),
    ]
    frames = ask("limited", retries=1)
    results.append(facts(frames, "turn.retrying")[0]["delay_ms"] == 1000)
    if api == "openai":
        results.append(expect(api + " usage", ask("usage"), good,
                              usage={"input": 11, "output": 3, "cached": 0, "reasoning": 0}))
    return all(results)


def main():
    server, port = start()
    try:
        base = "http://127.0.0.1:%d" % port
        results = [check("openai", base + "/v1"), check("anthropic", base)]
    finally:
        server.terminate()
        server.wait()
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
