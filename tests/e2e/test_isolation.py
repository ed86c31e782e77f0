"""Each request and each subscription, by each role and by a stranger: allowed or refused as PROTOCOL.md's table says, and not one byte
of what is not granted. The people are on hosts of their own (network namespaces), by tcp with CURVE.

What a session holds carries a mark; whoever may not see it must never be sent a frame with that mark in it."""
import json
import os
import re
import socket
import threading
import time
import unittest

from harness import ROOT, Client, RequestError
from hosts import Hosts
from remote import RemoteClient, RemoteTest, make_user, new_keys

PORT = 7117
ROLES = ("none", "viewer", "writer", "approver", "owner", "admin")
MARK = "Zq7mark"
# who: what they are to ann's session, and to the daemon; in the order of what they may
PEOPLE = {"stranger": ("none", "none"), "eve": ("none", "viewer"), "boss": ("none", "admin"), "vic": ("viewer", "viewer"),
          "wim": ("writer", "viewer"), "abe": ("approver", "viewer"), "ann": ("owner", "viewer")}
OUTSIDERS = ("stranger", "eve", "boss")
KEY = "A" * 43

# What each method is asked with: so that whoever may gets beyond the check of rights, whatever the answer is then.
PARAMS = {
    "admin.end": {"session": "SID"}, "admin.hibernate": {"session": "SID"}, "audit.list": {"limit": 5},
    "lend.message": {"server": "lent", "run": "r_1", "messages": [{"jsonrpc": "2.0", "method": "x"}]}, "lend.offer": {"server": "lent"},
    "lend.withdraw": {"server": "lent"}, "mcp.call": {"server": "none", "tool": "t"},
    "mcp.complete": {"server": "none", "ref": {}, "argument": {}}, "mcp.connect": {"server": "none"},
    "mcp.disconnect": {"server": "none"}, "mcp.prompt": {"server": "none", "name": "p"}, "mcp.prompts": {"server": "none"},
    "mcp.read": {"server": "none", "uri": "file:///x"}, "mcp.resources": {"server": "none"},
    "mcp.select": {"server": "none", "variant": "v"}, "mcp.subscribe": {"server": "none", "uri": "file:///x"},
    "message.edit_queue": {"remove": ["m_none"]}, "message.search": {"text": MARK}, "message.send": {"text": "/demo chunks=1"},
    "pair.redeem": {"code": "000000"}, "question.answer": {"question": "q_none", "decision": "deny"},
    "rule.add": {"effect": "deny", "pattern": "nothing/*"}, "rule.remove": {"rule": "u_none"}, "secret.remove": {"name": "none"},
    "secret.set": {"name": "mine", "value": "value"}, "session.archive": {}, "session.command": {"text": "/who"},
    "session.configure": {"max_tokens": 77}, "session.rename": {"title": "renamed"}, "session.rewind": {"message": None},
    "session.share": {"user": "eve2", "role": "viewer"}, "session.subscribe": {"sessions": ["SID"]},
    "session.unsubscribe": {"sessions": ["SID"]}, "session.ticket": {}, "session.typing": {"typing": True},
    "session.unshare": {"user": "nobody"}, "ticket.redeem": {"secret": "wrong"}, "ticket.revoke": {"ticket": "t_none"},
    "token.login": {"token": "stoa_wrong"}, "token.revoke": {"token": "k_none"}, "user.create": {"user": "made"},
    "user.delete": {"user": "nobody"}, "user.key_add": {"key": KEY, "user": "nobody"}, "user.key_revoke": {"key": KEY},
    "user.update": {"user": "nobody"},
}
LEFT_OUT = {"admin.stop"}  # by an admin it would end the test; that others are refused is asked all the same
# Where it is the handler that decides, by what is asked for: who may.
BY_HANDLER = {"session.subscribe": ("vic", "wim", "abe", "ann"), "session.unshare": ("ann",), "user.key_add": ("boss",),
              "lend.message": ()}  # of what nobody has lent
ONCE = {"session.delete", "session.archive", "session.rewind"}  # for whoever comes after, it is another session
# Everybody may; that theirs is wrong is said with `denied`, too.
OPEN = {"ticket.redeem", "pair.redeem", "token.login"}


def table():
    """Rows of the page: name, works on a session, least role."""
    with open(f"{ROOT}/proto/PROTOCOL.md", encoding="utf-8") as file:
        rows = re.findall(r"^\| `([a-z]+\.[a-z_]+)` \| (yes|-) \| ([a-z]+) \| (?:yes|-) \|", file.read(), re.M)
    return [(name, session == "yes", role) for name, session, role in rows]


class Counted(RemoteClient):
    """Counts what it gets: bytes in all, bytes of what was not asked for, and frames with the mark."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.bytes = self.unasked = self.marked = 0

    def take(self, seconds):
        if not self.socket.poll(max(0, int(seconds * 1000))):
            return False
        frames = self.socket.recv_multipart()
        message = json.loads(frames[1])
        self.bytes += len(frames[1])
        self.marked += MARK.encode() in frames[1]
        if "id" in message:
            self.replies.setdefault(message["id"], []).append(message)
        else:
            self.unasked += len(frames[1])
            (self.events if "type" in message else self.notices).append(message)
        return True

    def drain(self):
        """Takes in all that was sent before the answer to a ping: the connection is in order."""
        self.request("server.ping")

    def code(self, method, session, params):
        """How it was answered: "ok", or the error's code."""
        try:
            self.request(method, session, params)
        except RequestError as error:
            return error.code
        return "ok"


class IsolationTest(RemoteTest):
    maxDiff = None
    autostart = False
    PATIENCE = 20

    def setUp(self):
        super().setUp()
        self.hosts = Hosts("den", *PEOPLE)
        self.addCleanup(self.hosts.close)
        self.place.write_config(f"default_model: demo/stoa\nlimits: {{rights_changes: 0}}\n"
                                f"listen: 'tcp://{self.hosts.address('den')}:{PORT}'\n")
        self.daemon.wrapper = self.hosts.on("den")
        self.daemon.start()
        self.find_daemon()
        self.admin = self.client()
        self.keys = {name: new_keys() for name in PEOPLE}
        for name in PEOPLE:
            if name != "stranger":
                make_user(self.admin, name, self.keys[name], role="admin" if name == "boss" else "member")
        make_user(self.admin, "eve2")
        self.people = {name: self.come(name) for name in PEOPLE}
        self.ann = self.people["ann"]

    def come(self, name):
        client = self.keep(Counted(self.address, self.keys[name], self.server, host=(self.hosts, name)))
        client.request("server.hello")
        return client

    def shared_session(self):
        session = self.ann.request("session.create", params={"title": f"{MARK} title"})["session"]
        for name, (role, _) in PEOPLE.items():
            if role not in ("none", "owner"):
                self.ann.request("session.share", session, {"user": name, "role": role})
        return session

    def say(self, session, text):
        """A whole turn of ann's."""
        after = len(self.ann.events)
        self.ann.request("message.send", session, {"text": text})
        self.ann.idle(session, after)

    def assert_unmarked(self, *names):
        for name in names:
            self.people[name].drain()
            self.assertEqual(self.people[name].marked, 0, f"{name} was sent what is ann's")

    # --- requests ---

    def expected(self, name, method, of_session, least):
        in_session, of_daemon = PEOPLE[name]
        if method in BY_HANDLER:
            return name in BY_HANDLER[method]
        return ROLES.index(in_session if of_session else of_daemon) >= ROLES.index(least)

    def ask_all(self, method, of_session, least):
        """Asks by everybody, from those who may least on; returns what was wrong."""
        wrong = []
        session = self.shared_session()
        self.ann.attach(session)
        seq = self.ann.request("session.info", session)["seq"]
        params = json.loads(json.dumps(PARAMS.get(method, {})).replace("SID", session))
        for name, client in self.people.items():
            may = self.expected(name, method, of_session, least)
            if may and method in LEFT_OUT:
                continue
            if may and method == "session.typing":
                client.request("session.subscribe", params={"sessions": [session]})
            code = client.code(method, session if of_session else None, params)
            refused = code == "denied" or (code == "not_found" and of_session and PEOPLE[name][0] == "none")
            if method in OPEN:
                refused = False
            if method == "session.subscribe" and code == "not_found":
                refused = True
            if refused == may:
                wrong.append(f"{method} by {name}: {code}")
            if not may and self.ann.request("session.info", session)["seq"] != seq:
                wrong.append(f"{method} by {name} was refused, but has changed the session")
            if may and (method in ONCE or of_session):
                break  # from here on it is another session; whoever may more may that, too: checked by the unit test's table
        if method not in ("session.delete", "session.archive"):
            self.ann.code("session.delete", session, {})
        return wrong

    def test_each_request_is_allowed_or_refused_as_the_table_says(self):
        rows = table()
        self.assertGreater(len(rows), 70)
        wrong = [line for row in rows for line in self.ask_all(*row)]
        self.assertEqual(wrong, [])
        self.assert_unmarked(*OUTSIDERS)
        self.figures = f"{len(rows)} methods by {len(PEOPLE)} people on hosts of their own"

    def test_what_higher_roles_may_they_may(self):
        """Given everybody's own try in a new session each, whoever has the least role or more gets through."""
        wrong = []
        for method, of_session, least in table():
            if not of_session or method in LEFT_OUT:
                continue
            for name, client in self.people.items():
                if not self.expected(name, method, of_session, least):
                    continue
                session = self.shared_session()
                if method == "session.typing":
                    client.request("session.subscribe", params={"sessions": [session]})
                code = client.code(method, session, json.loads(json.dumps(PARAMS.get(method, {})).replace("SID", session)))
                if code == "denied" and method != "session.unshare":
                    wrong.append(f"{method} by {name}: {code}")
                self.ann.code("session.delete", session, {})
        self.assertEqual(wrong, [])

    # --- subscriptions ---

    def test_who_may_not_see_a_session_gets_not_one_byte_of_it(self):
        """Given everybody has tried to subscribe in every way, when a turn streams, outsiders get nothing at all."""
        session = self.shared_session()
        self.ann.attach(session)
        for name in OUTSIDERS:
            client = self.people[name]
            for names in ([session], ["mine", session], [session[:10]], ["*"], [""], ["all"], [session + " "], [session.upper()]):
                code = client.code("session.subscribe", None, {"sessions": names})
                self.assertIn(code, ("denied", "not_found", "bad_request"), (name, names))
            for kinds in (["stream.chunk"], ["message.added"]):
                client.code("session.subscribe", None, {"sessions": [session], "kinds": kinds})
            if name != "stranger":
                client.request("session.subscribe", params={"sessions": ["mine"]})
        for name in ("vic", "wim", "abe"):
            self.people[name].attach(session)
        before = {}
        for name in PEOPLE:
            self.people[name].drain()
            before[name] = self.people[name].unasked
        self.say(session, f"/demo chunks=50 echo={MARK}")
        figures = {}
        for name, client in self.people.items():
            client.drain()
            figures[name] = client.unasked - before[name]
        for name in OUTSIDERS:
            self.assertEqual(figures[name], 0, f"{name} got bytes that were not granted")
        for name in ("vic", "wim", "abe", "ann"):
            self.assertGreater(figures[name], 1000, f"{name} follows it")
        self.assert_unmarked(*OUTSIDERS)
        self.figures = "bytes that came unasked: " + ", ".join(f"{name} {count}" for name, count in figures.items())

    def test_everything_stops_within_a_second_of_a_revocation(self):
        """Given wim follows a stream, when ann takes the right away, what wim gets from then on is the notice alone."""
        session = self.shared_session()
        self.ann.attach(session)
        wim = self.people["wim"]
        wim.attach(session)
        self.ann.request("message.send", session, {"text": f"/demo rate=200 chunks=2000 echo={MARK}"})
        wim.event("stream.chunk", session)
        began = time.monotonic()
        self.ann.request("session.unshare", session, {"user": "wim"})
        answered = time.monotonic()
        wim.drain()
        last, marked = wim.unasked, wim.marked
        notices = [n for n in wim.notices if n.get("notice") == "revoked" and n.get("session") == session]
        self.assertEqual(len(notices), 1)
        self.ann.event("stream.chunk", session, after=len(self.ann.events))  # it streams on
        for _ in range(5):
            self.ann.event("stream.chunk", session, after=len(self.ann.events))
        self.assertEqual(wim.code("message.history", session, {}), "not_found")
        self.assertEqual(wim.code("session.subscribe", None, {"sessions": [session]}), "not_found")
        wim.drain()
        self.assertEqual((wim.unasked, wim.marked), (last, marked), "wim was sent more after the revocation")
        self.assertLess(answered - began, 1.0)
        self.ann.request("session.interrupt", session)
        self.figures = f"revoked in {1000 * (answered - began):.1f} ms, in mid-stream"

    def test_a_key_that_is_revoked_is_cut_within_a_second(self):
        session = self.shared_session()
        wim = self.people["wim"]
        wim.attach(session)
        began = time.monotonic()
        self.admin.request("user.key_revoke", params={"key": self.keys["wim"].text})
        wim.wait(lambda: any(n.get("notice") == "bye" for n in wim.notices), "bye")
        took = time.monotonic() - began
        self.assertLess(took, 1.0)
        self.assertTrue(wim.hears_nothing() or wim.code("message.history", session, {}) == "denied")
        self.figures = f"cut in {1000 * took:.1f} ms"

    # --- forgeries ---

    def test_whose_request_it_is_goes_by_the_key_alone(self):
        session = self.shared_session()
        id = "t_the_same_id_by_two"
        mine = self.ann.request("session.rename", session, {"title": f"{MARK} again"}, id=id)
        self.assertIn("seq", mine)
        eve = self.people["eve"]
        self.assertEqual(eve.code("session.rename", session, {"title": "x"}), "not_found")
        eve.send("session.rename", session, {"title": "x"}, id=id)  # not ann's stored answer
        reply = eve.wait(lambda: eve.replies.get(id), "an answer")[0]
        self.assertEqual(reply["error"]["code"], "not_found")
        for extra in ({"user": "ann"}, {"principal": "ann"}, {"role": "admin"}):
            self.assertIn(eve.code("session.create", None, extra), ("bad_request",))
        for forged in ({"user": "ann"}, {"key": self.keys["ann"].text}, {"role": "owner"}):
            eve.socket.send_multipart([b"stoa/1", json.dumps({"id": f"f{len(str(forged))}", "method": "session.info",
                                                              "session": session, "params": {}, **forged}).encode()])
        for id in [f"f{len(str(f))}" for f in ({"user": "ann"}, {"key": self.keys["ann"].text}, {"role": "owner"})]:
            reply = eve.wait(lambda id=id: eve.replies.get(id), "an answer")[0]
            self.assertIn("error", reply)
        self.assert_unmarked("eve")

    def test_a_connection_that_is_played_again_does_nothing(self):
        """Given all bytes that ann's terminal sent were recorded, when they come once more, none of them counts."""
        with self.hosts.inside("eve"):
            proxy = Recorder((self.hosts.address("den"), PORT))
        self.addCleanup(proxy.close)
        recorded = self.keep(Counted(f"tcp://{self.hosts.address('eve')}:{proxy.port}", self.keys["ann"], self.server,
                                     host=(self.hosts, "ann")))
        session = recorded.request("session.create", params={"title": f"{MARK} recorded"})["session"]
        recorded.attach(session)
        recorded.request("message.send", session, {"text": "/demo chunks=1"})
        recorded.idle(session)
        count = self.ann.request("session.info", session)["messages_total"]
        listed = len(self.ann.request("session.list")["sessions"])
        with self.hosts.inside("eve"):
            got = [proxy.replay() for _ in range(3)]
        self.assertEqual(self.ann.request("session.info", session)["messages_total"], count)
        self.assertEqual(len(self.ann.request("session.list")["sessions"]), listed)
        for answer in got:
            self.assertNotIn(MARK.encode(), answer)
            self.assertLess(len(answer), 1000, "more than a handshake was answered")
        self.figures = f"{proxy.sent} bytes played three times: {[len(a) for a in got]} bytes back, nothing done"


class Recorder:
    """A relay on the way that keeps what the client sends."""

    def __init__(self, target):
        self.target, self.recorded = target, []
        self.listener = socket.create_server(("0.0.0.0", 0))
        self.port = self.listener.getsockname()[1]
        self.sockets = []
        self.here = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    @property
    def sent(self):
        return sum(len(part) for part in self.recorded)

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            self.sockets += [client, server]
            threading.Thread(target=self.pump, args=(client, server, self.recorded), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, None), daemon=True).start()

    @staticmethod
    def pump(source, to, keep):
        try:
            while data := source.recv(65536):
                if keep is not None:
                    keep.append(data)
                to.sendall(data)
        except OSError:
            pass

    def replay(self):
        """Sends it all to the daemon; returns what came back before the daemon ended it, or stayed silent."""
        got = b""
        with socket.create_connection(self.target) as replayed:
            replayed.settimeout(6)
            try:
                for part in list(self.recorded):
                    replayed.sendall(part)
                while data := replayed.recv(65536):
                    got += data
            except OSError:
                pass
        return got

    def close(self):
        self.listener.close()
        for each in self.sockets:
            each.close()
        os.close(self.here)


if __name__ == "__main__":
    unittest.main()
