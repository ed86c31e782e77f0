#!/usr/bin/python3
"""A small MCP server on standard streams (2025-11-25) that behaves as its arguments say:

    mcp_server.py [--name NAME] [--log FILE] [--tool NAME[:read|:destroy]]... [--start SECONDS]
                  [--answer NAME=TEXT]... [--on-start hang|exit|garbage|flood|long-line] [--deaf] [--child] [WORD...]

Tools that are always there: `echo` (its arguments, and environment, folder and pid), `hang`, `crash`, `exit`, `flood`, `garbage`,
`progress` (three steps), `ask` (elicitation of a name; its argument `message` is the question), `say` (its argument `text`, after
logging it and writing it to standard error), `put` and `get` (a memory of this process).
--log appends a JSON line for each message that it gets, {"pid", "method", "name"}; --deaf ignores end of input and
SIGTERM; --child leaves a grandchild of its own session behind.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time

parser = argparse.ArgumentParser()
parser.add_argument("--name", default="fake")
parser.add_argument("--log")
parser.add_argument("--tool", action="append", default=[])
parser.add_argument("--answer", action="append", default=[], help="a tool that always says TEXT")
parser.add_argument("--start", type=float, default=0)
parser.add_argument("--on-start", default="")
parser.add_argument("--deaf", action="store_true")
parser.add_argument("--child", action="store_true")
parser.add_argument("extra", nargs="*")
options = parser.parse_args()

ALWAYS = ["echo", "hang", "crash", "exit", "flood", "garbage", "progress", "ask", "say", "put", "get"]
answers = dict(answer.split("=", 1) for answer in options.answer)
memory = {}
asked = {}
lock = threading.Lock()


def send(**message):
    with lock:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        sys.stdout.flush()


def log(message):
    if options.log:
        line = json.dumps({"pid": os.getpid(), "method": message.get("method"),
                           "name": (message.get("params") or {}).get("name")}) + "\n"
        fd = os.open(options.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(fd, line.encode())
        os.close(fd)


def text(id, value, error=False):
    send(id=id, result={"content": [{"type": "text", "text": value}], "isError": error})


def tool(name):
    name, _, kind = name.partition(":")
    hints = {"read": {"readOnlyHint": True}, "destroy": {"destructiveHint": True}}.get(kind, {})
    return {"name": name, "description": f"{name} of {options.name}", "inputSchema": {"type": "object"}, "annotations": hints}


def flood():
    while True:
        sys.stdout.write("x" * 65536)


def call(id, params):
    name, arguments = params["name"], params.get("arguments") or {}
    token = (params.get("_meta") or {}).get("progressToken")
    if name == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif name == "exit":
        os._exit(3)
    elif name == "flood":
        flood()
    elif name == "garbage":
        for _ in range(200):
            sys.stdout.write("this is no JSON\n")
        sys.stdout.flush()
    elif name == "progress":
        for step in range(3):
            if token is not None:
                send(method="notifications/progress", params={"progressToken": token, "progress": step + 1, "total": 3})
        text(id, "done")
    elif name == "ask":
        asked[f"q{id}"] = id
        title = {"title": arguments["title"]} if "title" in arguments else {}
        send(id=f"q{id}", method="elicitation/create", params={
            "message": arguments.get("message", "Who are you?"), "requestedSchema": {
                "type": "object", "properties": {"name": {"type": "string", **title}}, "required": ["name"]}})
    elif name == "say":
        send(method="notifications/message", params={"level": "error", "data": arguments["text"]})
        print(arguments["text"], file=sys.stderr, flush=True)
        text(id, arguments["text"])
    elif name == "put":
        memory.update(arguments)
        text(id, "kept")
    elif name in answers:
        text(id, answers[name])
    elif name == "get":
        text(id, json.dumps(memory))
    elif name != "hang":
        text(id, json.dumps({"arguments": arguments, "environment": dict(os.environ), "folder": os.getcwd(), "pid": os.getpid(),
                             "extra": options.extra}))


def answer(message):
    id, method, params = message.get("id"), message.get("method"), message.get("params") or {}
    if method is None:
        if id in asked:
            text(asked.pop(id), json.dumps(message.get("result", message.get("error"))))
    elif method == "initialize":
        time.sleep(options.start)
        send(id=id, result={"protocolVersion": "2025-11-25", "capabilities": {"tools": {}, "logging": {}},
                            "serverInfo": {"name": options.name, "version": "1"}})
    elif method == "tools/list":
        send(id=id, result={"tools": [tool(name) for name in [*ALWAYS, *options.tool, *answers]]})
    elif method == "tools/call":
        call(id, params)
    elif method == "ping":
        send(id=id, result={})
    elif id is not None:
        send(id=id, error={"code": -32601, "message": "no such method"})


def main():
    if options.deaf:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if options.child:
        subprocess.Popen(["sleep", "1000"], start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    if options.on_start == "exit":
        sys.exit(4)
    if options.on_start == "flood":
        flood()
    if options.on_start == "garbage":
        sys.stdout.write("no JSON\n" * 1000)
        sys.stdout.flush()
    if options.on_start == "long-line":
        sys.stdout.write('{"x":"' + "y" * (100 << 20))
        sys.stdout.flush()
    for line in sys.stdin:
        message = json.loads(line)
        log(message)
        if options.on_start != "hang":
            answer(message)
    while options.deaf:
        time.sleep(1)


main()
