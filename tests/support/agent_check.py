#!/usr/bin/env python3
"""Runs the real stoa-agent against scripted model servers: what a session is told in every case that can go wrong.

    tests/support/agent_check.py [NAME...]     STOA_AGENT names another binary
"""

import sys
import time

from agent_peer import (CANCEL, CHUNK, COMPACT, FACT, INTERRUPT, PROBE, PROBED, REQUEST, Agent, chunk_blocks, facts,
                        types)
from model_server import ModelServer, anthropic, data, head, openai, whole

KEY = "sk-secret-0123456789"
GOOD = ["message.added", "streaming", "chunk", "stream.completed", "idle"]
FAILED = ["message.added", "streaming", "chunk", "stream.completed", "error.occurred", "idle"]
DONE = data("[DONE]")
HELLO = [head(), openai("hel"), openai("lo"), openai(finish="stop"), DONE]
LIMITS = {"connect_ms": 2000, "first_byte_ms": 3000, "idle_ms": 3000}


def run(server, text="hi", api="openai", **order):
    agent = Agent()
    agent.load(**order.pop("load", {}))
    try:
        frames = agent.ask(text, api=api, base_url=order.pop("base_url", None) or server.url, key=KEY,
                           **{**LIMITS, **order})
        for _, frame in frames:
            assert KEY not in str(frame), "the key was said"
        return frames
    finally:
        assert agent.stop() == 0
        if server:
            server.close()


def completed(frames):
    return facts(frames, "stream.completed")[0]


def error(frames):
    return facts(frames, "error.occurred")[0]["text"]


def check_openai_plain():
    server = ModelServer(HELLO)
    frames = run(server, load={"system": "Be brief.", "temperature": 0.5, "max_tokens": 99})
    assert types(frames) == GOOD, types(frames)
    assert completed(frames)["content"] == [{"type": "text", "text": "hello"}]
    assert completed(frames)["stop_reason"] == "end_turn"
    assert chunk_blocks(frames) == [("text", "hello")]
    request = server.requests[0]
    assert request["line"] == "POST /v1/chat/completions HTTP/1.1", request["line"]
    assert request["headers"]["authorization"] == "Bearer " + KEY
    assert request["body"] == {
        "model": "any", "stream": True, "stream_options": {"include_usage": True}, "temperature": 0.5,
        "max_tokens": 99,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}]}, request["body"]


def check_anthropic_plain():
    server = ModelServer([
        head(), anthropic("message_start", message={"usage": {"input_tokens": 7, "output_tokens": 1}}),
        anthropic("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        anthropic("ping"), anthropic("content_block_delta", index=0, delta={"type": "text_delta", "text": "hello"}),
        anthropic("content_block_stop", index=0),
        anthropic("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 3}),
        anthropic("message_stop")])
    frames = run(server, api="anthropic", load={"system": "Be brief."})
    assert types(frames) == GOOD
    assert completed(frames)["usage"] == {"input": 7, "output": 3, "cached": 0, "reasoning": 0}
    request = server.requests[0]
    assert request["line"] == "POST /v1/messages HTTP/1.1"
    assert request["headers"]["x-api-key"] == KEY and request["headers"]["anthropic-version"] == "2023-06-01"
    assert request["body"] == {
        "model": "any", "max_tokens": 8192, "stream": True,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": [
            {"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}]}]}, request["body"]


def check_coalescing():
    burst = b"".join(openai("x%d " % i) for i in range(500))
    frames = run(ModelServer([head(), burst, openai(finish="stop"), DONE]))
    chunks = [frame for kind, frame in frames if kind == CHUNK]
    assert sum(chunk["count"] for chunk in chunks) == 500 and len(chunks) < 50, len(chunks)
    assert chunk_blocks(frames)[0][1] == completed(frames)["content"][0]["text"]


def check_no_timer_delay():
    server = ModelServer([head()] + [step for i in range(20) for step in (openai("a"), 0.02)] + [DONE])
    frames = run(server)
    assert len([1 for kind, _ in frames if kind == CHUNK]) == 20


def openai_calls(*names):
    """An answer with those calls, without arguments."""
    steps = [openai(tool_calls=[{"index": i, "id": "c%d" % i, "function": {"name": name, "arguments": ""}}])
             for i, name in enumerate(names)]
    return [head()] + steps + [openai(finish="tool_calls"), DONE]


CALLED = GOOD[:-1] + ["tool.started", "running_tools", "tool.ended", "thinking"]


def check_tools_openai():
    server = ModelServer(openai_calls("get_session_info"), HELLO)
    frames = run(server, tools=True)
    assert types(frames) == CALLED + GOOD, types(frames)
    assert facts(frames, "tool.started")[0]["why"] == "a built-in tool that only reads"
    assert facts(frames, "tool.ended")[0]["state"] == "done"
    first, second = (request["body"] for request in server.requests)
    assert [tool["function"]["name"] for tool in first["tools"]] == [
        "get_session_info", "get_attach_command", "list_sessions"]
    assert first["tools"] == second["tools"] and first["messages"] == second["messages"][:1]
    assert second["messages"][1:] == [
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "c0", "type": "function", "function": {"name": "get_session_info", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c0", "content": "built in"}], second["messages"]


def check_tools_anthropic():
    thinking = [
        head(), anthropic("message_start", message={"usage": {"input_tokens": 7}}),
        anthropic("content_block_start", index=0, content_block={"type": "thinking", "thinking": ""}),
        anthropic("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "hm"}),
        anthropic("content_block_delta", index=0, delta={"type": "signature_delta", "signature": "sig"}),
        anthropic("content_block_stop", index=0),
        anthropic("content_block_start", index=1, content_block={
            "type": "tool_use", "id": "toolu_1", "name": "list_sessions", "input": {}}),
        anthropic("content_block_stop", index=1),
        anthropic("message_delta", delta={"stop_reason": "tool_use"}, usage={"output_tokens": 3}), anthropic("message_stop")]
    answer = [head(), anthropic("content_block_start", index=0, content_block={"type": "text", "text": "so"}),
              anthropic("content_block_stop", index=0), anthropic("message_delta", delta={"stop_reason": "end_turn"}),
              anthropic("message_stop")]
    server = ModelServer(thinking, answer)
    frames = run(server, api="anthropic", tools=True)
    assert types(frames) == CALLED + GOOD, types(frames)
    body = server.requests[1]["body"]
    assert [tool["name"] for tool in body["tools"]][0] == "get_session_info"
    assert body["tools"][-1]["cache_control"] == {"type": "ephemeral"}
    assert body["messages"][1:] == [
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "sig"},
                                          {"type": "tool_use", "id": "toolu_1", "name": "list_sessions", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": [
            {"type": "text", "text": "built in"}], "cache_control": {"type": "ephemeral"}}]}], body["messages"]


def check_tools_unknown():
    server = ModelServer(openai_calls("look"), HELLO)
    frames = run(server, tools=True)
    assert types(frames) == GOOD[:-1] + ["tool.ended", "thinking"] + GOOD, types(frames)
    assert "There is no tool 'look'. There are: get_session_info" in facts(frames, "tool.ended")[0]["result"]


def check_tools_refused():
    server = ModelServer([whole("400 Bad Request", {"error": {"message": "gemma3 does not support tools"}})])
    frames = run(server, tools=True)
    assert types(frames) == ["error.occurred", "idle"]
    assert "this model takes none: choose another model" in error(frames), error(frames)


def check_tools_permission():
    server = ModelServer(openai_calls("get_session_info", "list_sessions"), HELLO)
    agent = Agent()
    agent.load()
    agent.rules("ask stoa/get_*", "deny stoa/list_*")
    start = len(agent.frames)
    agent.ask("hi", until_idle=False, api="openai", base_url=server.url, tools=True, **LIMITS)
    agent.wait(lambda kind, frame: kind == FACT and frame["data"].get("new") == "awaiting_permission")
    question = facts(agent.frames, "question.asked")[0]["question"]
    assert question["pattern"] == "stoa/get_session_info" and question["arguments"] == "{}", question
    agent.event("question.answered", {"question": question["id"], "decision": "allow", "cause": "person", "by": "ann"})
    agent.wait_idle()
    frames = agent.frames[start:]
    assert types(frames) == GOOD[:-1] + ["question.asked", "tool.ended", "awaiting_permission", "tool.started",
                                         "running_tools", "tool.ended", "thinking"] + GOOD, types(frames)
    assert [end["state"] for end in facts(frames, "tool.ended")] == ["denied", "done"]
    assert [m["content"] for m in server.requests[1]["body"]["messages"][2:]] == [
        "built in", "Not run: the configuration's rule stoa/list_* denies it."]
    assert agent.stop() == 0


def check_tools_interrupted():
    server = ModelServer(openai_calls("get_session_info", "list_sessions"))
    agent = Agent()
    agent.builtins = None
    agent.load()
    agent.ask("hi", until_idle=False, api="openai", base_url=server.url, tools=True, **LIMITS)
    for _ in range(2):
        agent.wait(lambda kind, _: kind == REQUEST)
    start, begun = len(agent.frames), time.monotonic()
    agent.send(INTERRUPT)
    agent.wait_idle()
    assert time.monotonic() - begun < 0.1
    frames = agent.frames[start:]
    assert types(frames) == ["tool.ended", "tool.ended", "idle"], types(frames)
    assert all(end["state"] == "cancelled" and "under way" in end["result"] for end in facts(frames, "tool.ended"))
    assert [kind for kind, _ in frames].count(CANCEL) == 2
    assert agent.stop() == 0


def said(number, role, text):
    return {"id": "m_01j8zq4k3n00000000000100%02d" % number, "role": role, "author": "ann", "ts": 1, "status": "complete",
            "content": [{"type": "text", "text": text}]}


TALK = [said(1, "user", "one"), said(2, "assistant", "two")]
FULL = [whole("400 Bad Request", {"error": {"message": "too much", "code": "context_length_exceeded"}})]


def check_window_overflows():
    summary = [head(), openai("in short"), openai(finish="stop"), DONE]
    server = ModelServer(FULL, summary, HELLO)
    frames = run(server, "three", load={"messages": TALK})
    assert types(frames) == ["compacting", "session.compacted", "thinking"] + GOOD, types(frames)
    assert facts(frames, "session.compacted")[0] == {"summary": "in short", "upto": TALK[1]["id"]}
    bodies = [request["body"] for request in server.requests]
    assert len(bodies) == 3 and "> one" in bodies[1]["messages"][0]["content"]
    assert bodies[2]["messages"] == [{"role": "user", "content": "What was said before, in summary:\n\nin short\n\nthree"}]
    frames = run(ModelServer(FULL, summary, FULL), "three", load={"messages": TALK})  # once in a turn
    assert types(frames) == ["compacting", "session.compacted", "thinking", "error.occurred", "idle"], types(frames)
    assert "too much" in error(frames)
    server = ModelServer(FULL)  # nothing to sum up
    assert types(run(server, "three")) == ["error.occurred", "idle"] and len(server.requests) == 1
    frames = run(ModelServer(FULL, [whole("500 Internal Server Error", {})]), "three", retries=0, load={"messages": TALK})
    assert types(frames) == ["compacting", "error.occurred", "idle"] and "could not be compacted" in error(frames)


def check_compact():
    server = ModelServer([head(), openai("in short"), openai(finish="stop"), DONE])
    agent = Agent()
    agent.load(messages=TALK + [said(3, "user", "three"), said(4, "assistant", "four")], state="compacting")
    agent.send(COMPACT, {"model": "any", "provider": {"name": "local", "api": "openai", "base_url": server.url}, **LIMITS})
    agent.wait_idle()
    assert types(agent.frames)[-2:] == ["session.compacted", "idle"], types(agent.frames)
    assert facts(agent.frames, "session.compacted")[0]["upto"] == TALK[1]["id"]
    assert agent.stop() == 0


def check_retry_then_good():
    limited = [whole("429 Too Many Requests", {"error": {"message": "slow down"}}, Retry_After="0.2")]
    server = ModelServer(limited, [whole("500 Internal Server Error", {}, Retry_After_Ms="100")], HELLO)
    frames = run(server)
    assert types(frames) == ["turn.retrying", "turn.retrying"] + GOOD, types(frames)
    first, second = facts(frames, "turn.retrying")
    assert (first["attempt"], first["limit"], first["delay_ms"]) == (1, 2, 200), first
    assert "429" in first["why"] and "slow down" in first["why"]
    assert (second["attempt"], second["delay_ms"]) == (2, 100), second
    assert server.requests[1]["time"] - server.requests[0]["time"] >= 0.2


def check_retries_end():
    server = ModelServer([whole("429 Too Many Requests", {"error": {"message": "no\nmore " + KEY}}, Retry_After="0")])
    frames = run(server)
    assert types(frames) == ["turn.retrying", "turn.retrying", "error.occurred", "idle"]
    assert "local" in error(frames) and "429" in error(frames) and "no more" in error(frames), error(frames)
    assert len(server.requests) == 3


def check_no_retry():
    for status, headers in (("400 Bad Request", {}), ("401 Unauthorized", {}), ("404 Not Found", {}),
                            ("500 Internal Server Error", {"X_Should_Retry": "false"})):
        server = ModelServer([whole(status, {"error": {"message": "because"}}, **headers)])
        frames = run(server)
        assert types(frames) == ["error.occurred", "idle"] and len(server.requests) == 1, status
        assert status[:3] in error(frames) and "because" in error(frames)
    server = ModelServer([whole("400 Bad Request", {}, X_Should_Retry="true", Retry_After_Ms="1")], HELLO)
    assert types(run(server)) == ["turn.retrying"] + GOOD


def check_backoff():
    server = ModelServer([whole("503 Service Unavailable", b"")], HELLO)
    delay = facts(run(server), "turn.retrying")[0]["delay_ms"]
    assert 375 <= delay <= 500, delay


def check_unreachable():
    frames = run(None, base_url="http://127.0.0.1:9/v1", retries=1)
    assert types(frames) == ["turn.retrying", "error.occurred", "idle"]
    assert "Connection refused" in error(frames) and "127.0.0.1:9" in error(frames), error(frames)


def check_bad_addresses():
    for url in ("ftp://127.0.0.1/v1", "file:///etc/passwd", "http://[", "nonsense:"):
        frames = run(None, base_url=url)
        assert types(frames) == ["error.occurred", "idle"], (url, frames)
    frames = run(ModelServer([whole("307 Temporary Redirect", b"", Location="file:///etc/passwd")]))
    assert types(frames) == ["error.occurred", "idle"] and "307" in error(frames)


def check_first_byte_timeout():
    server = ModelServer([30])
    start = time.monotonic()
    frames = run(server, first_byte_ms=200, retries=0)
    assert time.monotonic() - start < 2 and "no answer within 0.2 s" in error(frames), error(frames)
    server = ModelServer([30], HELLO)
    assert types(run(server, first_byte_ms=200)) == ["turn.retrying"] + GOOD
    server = ModelServer([head(), 30])  # an answer has begun: not asked again
    frames = run(server, first_byte_ms=200)
    assert types(frames) == ["error.occurred", "idle"] and len(server.requests) == 1


def check_idle_timeout():
    server = ModelServer([head(), openai("some"), 30])
    frames = run(server, idle_ms=200)
    assert types(frames) == FAILED and "nothing came for 0.2 s" in error(frames), error(frames)
    assert completed(frames)["status"] == "failed" and completed(frames)["content"][0]["text"] == "some"


def check_dribble():
    slow = [step for byte in openai("never whole") for step in (bytes([byte]), 0.05)]
    start = time.monotonic()
    frames = run(ModelServer([head(), openai("some")] + slow), idle_ms=300)
    assert types(frames) == FAILED and time.monotonic() - start < 2


def check_keepalive_comments():
    waits = [step for _ in range(10) for step in (b": still here\n\n", 0.1)]
    assert types(run(ModelServer([head()] + waits + HELLO[1:]), idle_ms=400, first_byte_ms=400)) == GOOD


def check_cut():
    frames = run(ModelServer([head(), openai("par"), openai("tial"), 0.1, "cut"]))
    assert types(frames) == FAILED and "cut" in error(frames), error(frames)
    assert completed(frames)["content"][0]["text"] == "partial" and completed(frames)["error"] == error(frames)
    frames = run(ModelServer([head(), openai("par")[:-9]]))  # ends within an event
    assert types(frames) == ["error.occurred", "idle"] and "cut" in error(frames)
    frames = run(ModelServer([head(), openai("all"), openai(finish="stop")]))  # no [DONE]
    assert types(frames) == GOOD
    frames = run(ModelServer([head(), anthropic("content_block_start", index=0, content_block={"type": "text"}),
                              anthropic("content_block_delta", index=0, delta={"type": "text_delta", "text": "a"})]),
                 api="anthropic")
    assert types(frames) == FAILED and "cut" in error(frames)


def check_stays_open_after_done():
    start = time.monotonic()
    server = ModelServer(HELLO + [30])
    assert types(run(server)) == GOOD and time.monotonic() - start < 1


def check_malformed():
    frames = run(ModelServer([head(), openai("so far"), b"data: {\"choices\": [nonsense\n\n", openai("more"), DONE]))
    assert types(frames) == FAILED and "not JSON" in error(frames)
    assert completed(frames)["content"][0]["text"] == "so far"
    frames = run(ModelServer([head(), openai("x"), data({"error": {"message": "out of \x1b[31mmemory"}})]))
    assert types(frames) == FAILED and error(frames).endswith("out of memory"), error(frames)
    frames = run(ModelServer([whole("200 OK", b"<html>hello</html>", "text/html")]))
    assert "text/html" in error(frames)
    frames = run(ModelServer([whole("200 OK", {"error": {"message": "no streams here"}})]))
    assert "no streams here" in error(frames)
    frames = run(ModelServer([b"nonsense\r\n\r\n"]), retries=0)
    assert types(frames) == ["error.occurred", "idle"]
    frames = run(ModelServer([head(), b"data: " + b"x" * (5 << 20)]))
    assert "larger than 4 MiB" in error(frames)


def check_large_error_body():
    frames = run(ModelServer([head("400 Bad Request"), b"x" * (1 << 20)]))
    assert "400" in error(frames) and len(error(frames)) < 1000


def check_reply_max():
    server = ModelServer([head()] + [openai("é" * 50)] * 2000 + [30])
    frames = run(server, reply_max=1001)
    assert types(frames) == GOOD and completed(frames)["stop_reason"] == "size_limit"
    assert completed(frames)["status"] == "complete"
    assert completed(frames)["content"][0]["text"] == "é" * 500 == chunk_blocks(frames)[0][1]


def check_interrupts():
    def interrupted(script, text, seen):
        server = ModelServer(script)
        agent = Agent()
        agent.load()
        agent.ask(text, until_idle=False, api="openai", base_url=server.url, **LIMITS)
        agent.wait(seen)
        start, first = time.monotonic(), len(agent.frames)
        agent.send(INTERRUPT)
        agent.wait_idle()
        took = time.monotonic() - start
        assert took < 0.1, took
        agent.send(INTERRUPT)  # late: nothing
        assert types(agent.ask("/demo echo=again rate=0")) == GOOD
        agent.stop()
        server.close()
        return server, agent.frames[first:]

    server, frames = interrupted([head(), openai("some"), 30], "hi", lambda kind, _: kind == CHUNK)
    assert types(frames)[:2] == ["stream.completed", "idle"] and completed(frames)["status"] == "interrupted"
    assert completed(frames)["content"][0]["text"] == "some"
    assert server.closed_early.wait(2), "the transfer was not cancelled"
    _, frames = interrupted([whole("503 Service Unavailable", b"", Retry_After="30")], "hi",
                            lambda kind, frame: kind == FACT and frame["type"] == "turn.retrying")
    assert types(frames)[0] == "idle"


def check_history():
    def message(number, role, text, status="complete", content=None):
        return {"id": "m_01j8zq4k3n00000000000100%02d" % number, "role": role, "author": "ann", "ts": 1, "status": status,
                "content": content if content is not None else [{"type": "text", "text": text}]}

    call = {"type": "tool_call", "id": "c", "name": "n", "input": "{}"}
    history = [message(1, "assistant", "left over"), message(2, "user", "one"), message(3, "assistant", "two", "interrupted"),
               message(4, "user", "three"), message(5, "assistant", "", "failed", []),
               message(6, "user", "four"), message(7, "assistant", "", content=[call]),
               message(8, "user", "five"), message(9, "assistant", "six", content=[
                   {"type": "reasoning", "text": "hm", "signature": "s"}, {"type": "text", "text": "six"}, call])]
    server = ModelServer(HELLO)
    run(server, "seven", load={"messages": history})
    assert server.requests[0]["body"]["messages"] == [
        {"role": "user", "content": "one"}, {"role": "assistant", "content": "two"},
        {"role": "user", "content": "three\n\nfour\n\nfive"}, {"role": "assistant", "content": "six"},
        {"role": "user", "content": "seven"}], server.requests[0]["body"]["messages"]


def check_key():
    agent = Agent()
    agent.load()
    frames = agent.ask("hi", api="openai", base_url="http://127.0.0.1:9/v1", key="bad\nkey-0123")
    assert types(frames) == ["error.occurred", "idle"] and "line break" in error(frames)
    frames = agent.ask("hi", api="nonsense")
    assert types(frames) == ["error.occurred", "idle"] and "nonsense" in error(frames)
    assert agent.stop() == 0


def check_probe():
    none, late = ModelServer([whole("404 Not Found", {})]), ModelServer([30])
    wrong = ModelServer([whole("200 OK", {"data": []})])
    good = ModelServer([0.05, whole("200 OK", {"data": [{"id": "model-a"}, {"id": "b"}]})])
    other = ModelServer([whole("200 OK", {"data": [{"id": "other"}]})])

    def probe(servers, expected, least, most):
        agent = Agent()
        start = time.monotonic()
        agent.send(PROBE, {"urls": ["http://127.0.0.1:9/v1"] + [s.url for s in servers], "timeout_ms": 500})
        found = agent.wait(lambda kind, _: kind == PROBED)["found"]
        took = time.monotonic() - start
        assert found == expected and least <= took <= most, (found, took)
        assert agent.process.wait(2) == 0

    probe([none, wrong, good, other], {"url": good.url, "model": "model-a"}, 0.05, 0.3)
    probe([none, good, late], {"url": good.url, "model": "model-a"}, 0.05, 0.3)
    probe([late, good], {"url": good.url, "model": "model-a"}, 0.5, 0.8)
    probe([none], None, 0, 0.3)
    probe([], None, 0, 0.3)


def check_keeps_alive():
    """A second turn on the same connection, where the server allows it."""
    body = b"".join(HELLO[1:])
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    server = ModelServer([answer, "keep"])
    agent = Agent()
    agent.load()
    for _ in range(2):
        assert types(agent.ask("hi", api="openai", base_url=server.url, **LIMITS)) == GOOD
    assert len(server.requests) == 2 and server.connections == 1, server.connections
    agent.stop()


def check_idle_is_still():
    agent = Agent()
    agent.load()
    server = ModelServer(HELLO)
    agent.ask("hi", api="openai", base_url=server.url, **LIMITS)
    time.sleep(1)

    def switches():
        with open("/proc/%d/status" % agent.process.pid) as status:
            return [int(line.split()[1]) for line in status if "ctxt_switches" in line]

    before = switches()
    time.sleep(2)
    assert switches() == before, "an idle agent woke up"
    agent.stop()


def main(names):
    checks = {name[6:]: check for name, check in globals().items() if name.startswith("check_")}
    failed = 0
    for name in names or checks:
        start = time.monotonic()
        try:
            checks[name]()
            print("ok     %-26s %.2f s" % (name, time.monotonic() - start), flush=True)
        except (AssertionError, EOFError, TimeoutError, IndexError) as problem:
            failed += 1
            line = problem.__traceback__.tb_next.tb_lineno
            print("FAILED %-26s line %d: %r" % (name, line, problem), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
