#!/usr/bin/env python3
"""An MCP server over stdio with one tool, "look": what of the host it can see. arguments: {"read": [paths], "list": [folders],
"connect": [unix sockets], "write": path}; the answer is a JSON object of what came of each."""
import glob
import json
import os
import socket
import sys


def tried(action):
    try:
        return action()
    except OSError as error:
        return f"{type(error).__name__}: {error.strerror}"


def read(path):
    with open(path, "rb") as file:
        return file.read(4096).decode(errors="replace")


def connect(path):
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(5)
        peer.connect(path)
        return "connected"


def write(path):
    with open(path, "w") as file:
        file.write("x")
    return "written"


def look(arguments):
    seen = {path: tried(lambda path=path: read(path)) for path in arguments.get("read", [])}
    seen |= {path: tried(lambda path=path: sorted(os.listdir(path))) for path in arguments.get("list", [])}
    seen |= {path: tried(lambda path=path: connect(path)) for path in arguments.get("connect", [])}
    if "write" in arguments:
        seen["write"] = tried(lambda: write(arguments["write"]))
    seen["environments"] = "\n".join(str(tried(lambda path=path: read(path))) for path in glob.glob("/proc/[0-9]*/environ"))
    seen["folder"] = os.getcwd()
    return seen


TOOL = {"name": "look", "description": "what can be seen", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}}
for line in sys.stdin:
    message = json.loads(line)
    method, params = message.get("method"), message.get("params", {})
    if "id" not in message:
        continue
    if method == "initialize":
        result = {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": {"name": "looking", "version": "1"}}
    elif method == "tools/list":
        result = {"tools": [TOOL]}
    elif method == "tools/call":
        result = {"content": [{"type": "text", "text": json.dumps(look(params.get("arguments", {})))}]}
    else:
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": "no such method"}}), flush=True)
        continue
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
