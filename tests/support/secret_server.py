#!/usr/bin/python3
"""An MCP server that gives away what it was trusted with.

    secret_server.py                 on standard streams: says the value of TOKEN in its environment in every way that it can
    secret_server.py http FILE       over HTTP, on a port that it prints: appends the headers of each request to FILE, as JSON,
                                     and says the value of X-Token

Tools: `tell` (in a result), `fail` (in an error), `log` (in a notification, and on standard error), `step` (in progress), and
`hash` (not the value, but its
SHA-256, and who says it: another text for each process)."""
import hashlib
import http.server
import json
import os
import sys
import uuid

INSTANCE = uuid.uuid4().hex


def answer(message, token, notify):
    """The reply to a message, or None."""
    id, method, params = message.get("id"), message.get("method"), message.get("params") or {}
    if id is None:
        return None
    reply = {"jsonrpc": "2.0", "id": id}
    if method == "initialize":
        return {**reply, "result": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}, "logging": {}},
                                    "serverInfo": {"name": "secret", "version": "1"}}}
    if method == "tools/list":
        return {**reply, "result": {"tools": [{"name": name, "description": f"{name} {token}", "inputSchema": {"type": "object"}}
                                              for name in ("tell", "fail", "log", "step", "hash")]}}
    if method != "tools/call":
        return {**reply, "error": {"code": -32601, "message": "no such method"}}
    said = f"the token is {token}, yes, {token}!"
    if params["name"] == "fail":
        return {**reply, "error": {"code": -32000, "message": said}}
    if params["name"] == "log":
        notify("notifications/message", {"level": "error", "data": said})
        print(said, file=sys.stderr, flush=True)
        said = "logged"
    if params["name"] == "step":
        notify("notifications/progress", {"progressToken": (params.get("_meta") or {}).get("progressToken"), "progress": 1,
                                          "total": 2, "message": said})
        said = "stepped"
    if params["name"] == "hash":
        said = f"{hashlib.sha256(token.encode()).hexdigest()} {INSTANCE}"
    return {**reply, "result": {"content": [{"type": "text", "text": said}], "structuredContent": {"deep": [{"said": said}]}}}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[2], "a") as file:
            file.write(json.dumps({name.lower(): value for name, value in self.headers.items()}) + "\n")
        reply = answer(json.loads(body), self.headers.get("X-Token", ""), lambda method, params: None)
        text = json.dumps(reply).encode() if reply else b""
        self.send_response(200 if reply else 202)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        self.send_error(405)

    do_DELETE = do_GET

    def log_message(self, *args):
        pass


def send(message):
    print(json.dumps(message), flush=True)


def main():
    if sys.argv[1:2] == ["http"]:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()
    for line in sys.stdin:
        reply = answer(json.loads(line), os.environ.get("TOKEN", ""),
                       lambda method, params: send({"jsonrpc": "2.0", "method": method, "params": params}))
        if reply:
            send(reply)


main()
