#!/usr/bin/python3
"""A stoa-agent that speaks proto/link.h and no MCP: for tests of the daemon's side. It is an agent or a host, as it is
told. What it gets is appended to ~/agents.jsonl, {"pid", "kind", "json"}; what it answers is in the request:

    mcp.call TOOL   echo: the arguments; fact: the arguments' fact first; hang: nothing, until it is cancelled;
                    die: kills itself; fail: an error; relay: asks the daemon with the arguments, and answers with that
    host, method tools/call NAME   as those, and ask: asks people first; slow: progress, and waits for ~/release
"""
import json
import os
import selectors
import signal
import socket
import struct
import time

LOAD, EVENT, TURN, INTERRUPT, STOP, PROBE, SERVERS, GO, HOST, COMPACT = range(1, 11)
READY, FACT, CHUNK, BEAT, PROBED = range(64, 69)
REQUEST, REPLY, NOTE, CANCEL = range(128, 132)
NAMES = {value: name for name, value in list(globals().items()) if name.isupper() and isinstance(value, int)}
HOME = os.environ["HOME"]

link = socket.socket(fileno=3)
own = {}     # our requests by id: what to do with the reply
asked = {}   # a host's questions by (request id, number)
waiting = {}  # requests that wait for ~/release
count = 0


def log(kind, payload):
    line = json.dumps({"pid": os.getpid(), "kind": kind, "json": payload}) + "\n"
    fd = os.open(f"{HOME}/agents.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(fd, line.encode())
    os.close(fd)


def frame(kind, payload):
    body = json.dumps(payload).encode()
    link.sendall(struct.pack("<IB", len(body) + 1, kind) + body)


def fact(type, **data):
    frame(FACT, {"type": type, "data": data})


def reply(id, ok):
    frame(REPLY, {"id": id, "ok": ok})


def refuse(id, code, text):
    frame(REPLY, {"id": id, "error": {"code": code, "text": text}})


def ask(then, **request):
    global count
    count += 1
    own[f"a{count}"] = then
    frame(REQUEST, {"id": f"a{count}", **request})


def text_result(text):
    return {"content": [{"type": "text", "text": text}]}


def do(id, tool, arguments, host):
    if tool == "echo":
        reply(id, text_result(json.dumps(arguments)) if host else {"result": text_result("x"), "text": json.dumps(arguments),
                                                                  "failed": False, "ms": 1})
    elif tool == "fact":
        fact(arguments.pop("type"), **arguments)
        reply(id, {"failed": False})
    elif tool == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif tool == "fail":
        refuse(id, arguments.get("code", "provider"), arguments.get("text", "it failed"))
    elif tool == "relay":
        for note in arguments.pop("notes", []):
            pass
        ask(lambda json: frame(REPLY, {**json, "id": id}), **arguments)
    elif tool == "remember":
        ask(lambda json: reply(id, {"failed": False}), op="remember", **arguments)
    elif tool == "ask":
        frame(NOTE, {"id": id, "ask": 1, "kind": "form", "params": arguments})
        asked[id] = True
    elif tool == "slow":
        frame(NOTE, {"id": id, "progress": 1, "total": 2, "text": "half"})
        waiting[id] = arguments
    elif tool != "hang":
        refuse(id, "not_found", f"no tool {tool}")


def on_request(json):
    id, op, params = json["id"], json["op"], json.get("params") or {}
    if op == "mcp.call":
        do(id, params["tool"], params.get("arguments") or {}, False)
    elif op == "mcp":
        if json["method"] == "tools/call":
            do(id, params["name"], params.get("arguments") or {}, True)
        else:
            reply(id, {"method": json["method"], "pid": os.getpid()})
    elif op == "info":
        reply(id, {"title": "fake", "version": "1", "protocol": "2025-11-25", "capabilities": {}})
    elif op == "mcp.connect":
        fact("mcp.connected", server=params["server"], title="Fake", version="1", protocol="2025-11-25", tools=3)
        reply(id, {})
    elif op == "mcp.tools":
        reply(id, {"tools": []})
    else:
        reply(id, {"op": op, "params": params})


def on_frame(kind, json):
    log(NAMES.get(kind, kind), json)
    if kind == REQUEST:
        on_request(json)
    elif kind == REPLY and json["id"] in own:
        own.pop(json["id"])(json)
    elif kind == NOTE and json.get("action") and asked.pop(json["id"], None):
        reply(json["id"], text_result(f"{json['action']} {json.get('content')}"))
    elif kind == NOTE and json.get("ask"):
        frame(NOTE, {"id": json["id"], "ask": json["ask"], "action": "accept", "content": {"pid": os.getpid()}})
    elif kind == CANCEL:
        waiting.pop(json["id"], None)
    elif kind == PROBE:
        frame(PROBED, {"found": None})
        os._exit(0)
    elif kind == STOP:
        os._exit(0)
    elif kind == TURN:
        fact("error.occurred", kind="provider", text="no model here")
        fact("state.changed", new="idle")


def release():
    if waiting and os.path.exists(f"{HOME}/release"):
        for id, arguments in waiting.items():
            reply(id, text_result(json.dumps(arguments)))
        waiting.clear()


def main():
    data = b""
    selector = selectors.DefaultSelector()
    selector.register(link, selectors.EVENT_READ)
    if os.path.exists(f"{HOME}/never-ready"):
        time.sleep(60)
    frame(READY, {"link": 3, "version": "0", "pid": os.getpid()})
    while True:
        if selector.select(0.02 if waiting else None):
            piece = link.recv(1 << 16)
            if not piece:
                return
            data += piece
        while len(data) >= 4 and len(data) >= 4 + struct.unpack("<I", data[:4])[0]:
            size, = struct.unpack("<I", data[:4])
            kind, body = data[4], data[5:4 + size]
            data = data[4 + size:]
            on_frame(kind, json.loads(body))
        release()


main()
