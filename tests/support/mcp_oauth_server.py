"""An MCP server of 2026-07-28 that lets nobody in without a token, and the authorization server that gives them."""
import base64
import hashlib
import http.server
import json
import secrets
import threading
import urllib.parse

TOOLS = [{"name": name, "inputSchema": {"type": "object"}} for name in ("read", "write")]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def reply(self, status, body=None, **headers):
        data = json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        state, url = self.server.state, urllib.parse.urlparse(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        base = state.base
        if url.path == "/.well-known/oauth-protected-resource/mcp":
            self.reply(200, {"resource": f"{base}/mcp", "authorization_servers": [base]})
        elif url.path == "/.well-known/oauth-authorization-server":
            self.reply(200, {"issuer": base, "authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token",
                             "registration_endpoint": f"{base}/register", "response_types_supported": ["code"],
                             "code_challenge_methods_supported": ["S256"], "token_endpoint_auth_methods_supported": ["none"],
                             "grant_types_supported": ["authorization_code", "refresh_token"],
                             "authorization_response_iss_parameter_supported": True})
        elif url.path == "/authorize":
            code = secrets.token_urlsafe(8)
            state.codes[code] = query
            state.scopes.append(query.get("scope", ""))
            answer = urllib.parse.urlencode({"code": code, "state": query["state"], "iss": base})
            self.reply(302, Location=f"{query['redirect_uri']}?{answer}")
        else:
            self.reply(404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/register":
            self.reply(201, {**json.loads(body), "client_id": "registered"})
        elif self.path == "/token":
            self.token(dict(urllib.parse.parse_qsl(body.decode())))
        else:
            self.mcp(json.loads(body))

    def token(self, form):
        state = self.server.state
        if form["grant_type"] == "refresh_token":
            scope = state.refresh.pop(form["refresh_token"], None)
        else:
            asked = state.codes.pop(form.get("code"), {})
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            good = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked.get("code_challenge")
            scope = asked.get("scope", "") if good and form.get("resource") == f"{state.base}/mcp" else None
        if scope is None:
            self.reply(400, {"error": "invalid_grant"})
            return
        access, refresh = secrets.token_urlsafe(8), secrets.token_urlsafe(8)
        state.tokens[access] = scope.split()
        state.refresh[refresh] = scope
        state.given += 1
        self.reply(200, {"access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": 3600, "scope": scope})

    def mcp(self, message):
        state = self.server.state
        scopes = state.tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
        name = message.get("params", {}).get("name", "read")
        metadata = f'resource_metadata="{state.base}/.well-known/oauth-protected-resource/mcp"'
        if scopes is None:
            self.reply(401, WWW_Authenticate=f'Bearer {metadata}, scope="read"')
        elif name not in scopes:
            self.reply(403, WWW_Authenticate=f'Bearer error="insufficient_scope", scope="{name}", {metadata}')
        else:
            results = {"server/discover": {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}},
                       "tools/list": {"tools": TOOLS}, "tools/call": {"content": [{"type": "text", "text": name}]}}
            self.reply(200, {"jsonrpc": "2.0", "id": message["id"],
                             "result": {"resultType": "complete", **results.get(message["method"], {})}})


class State:
    def __init__(self, base):
        self.base, self.codes, self.tokens, self.refresh, self.scopes, self.given = base, {}, {}, {}, [], 0


class Server:
    """In a thread of its own; url is that of the MCP server."""

    def __init__(self):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.state = self.http.state = State(f"http://127.0.0.1:{self.http.server_port}")
        self.url = f"{self.state.base}/mcp"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()
