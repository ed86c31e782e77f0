#!/usr/bin/python3
"""An MCP server for what terminals lend: lend_server.py MARKER. Its tools say what a bridge has to survive:

    who              MARKER and its pid
    big BYTES        a text of so many bytes
    wide COUNT       a result of so many JSON values
    storm COUNT      so many log messages before the answer
    wait FILE        answers when FILE is there
    deaf             reads nothing any more
    hang             answers never
    die              ends with exit code 3
"""
import json
import os
import sys
import time

MARKER = sys.argv[1] if len(sys.argv) > 1 else "marker"
TOOLS = ["who", "big", "wide", "storm", "wait", "deaf", "hang", "die"]


def send(**message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def text(id, value, **more):
    send(id=id, result={"content": [{"type": "text", "text": value}], **more})


def call(id, name, arguments):
    if name == "who":
        text(id, f"{MARKER} {os.getpid()}")
    elif name == "big":
        text(id, "x" * int(arguments["bytes"]))
    elif name == "wide":
        text(id, "wide", structuredContent={"list": [0] * int(arguments["count"])})
    elif name == "storm":
        for number in range(int(arguments["count"])):
            send(method="notifications/message", params={"level": "info", "data": f"storm {number}"})
        text(id, "calm")
    elif name == "wait":
        while not os.path.exists(arguments["file"]):
            time.sleep(0.01)
        text(id, "waited")
    elif name == "deaf":
        time.sleep(1000)
    elif name == "die":
        print("these are my last words", file=sys.stderr, flush=True)
        os._exit(3)


for line in sys.stdin:
    message = json.loads(line)
    id, method, params = message.get("id"), message.get("method"), message.get("params") or {}
    if method == "initialize":
        send(id=id, result={"protocolVersion": "2025-11-25", "capabilities": {"tools": {}, "logging": {}},
                            "serverInfo": {"name": MARKER, "version": "1"}})
    elif method == "tools/list":
        send(id=id, result={"tools": [{"name": name, "description": f"{name} of {MARKER}",
                                       "inputSchema": {"type": "object"}} for name in TOOLS]})
    elif method == "tools/call":
        call(id, params["name"], params.get("arguments") or {})
    elif id is not None and method:
        send(id=id, error={"code": -32601, "message": "no such method"})
