"""What a user may store (quota.stored): a member fills it in each way there is, is told so in words and before anything is promised,
makes room, and goes on, while others notice nothing. What is counted is the same after a restart, and what the log says."""
import sqlite3
import sys

from harness import ROOT, RequestError, stoa, text_of, wait_for
from remote import RemoteTest

MIB = 1 << 20
SERVER = f"{sys.executable} {ROOT}/tests/support/mcp_server.py"
KEEPS = f"test -e big || head -c 3000000 /dev/urandom > big; exec {SERVER}"
BYTES = """SELECT key >> 32, sum(64 + length(CAST(json AS BLOB)) * CASE type
    WHEN 'message.added' THEN 3 WHEN 'stream.completed' THEN 3 WHEN 'tool.ended' THEN 2 ELSE 1 END
    + CASE type WHEN 'session.started' THEN coalesce(json_extract(json, '$.bytes'), 0) ELSE 0 END) FROM events GROUP BY 1"""


class StoredTest(RemoteTest):
    config = "demo.rate: 0\n"

    def setUp(self):
        super().setUp()
        self.bo, self.keys = self.user("bo", settings={"quota.stored": MIB})
        self.cy, _ = self.user("cy")
        self.calm = self.talk(self.cy)

    def talk(self, client, text="/demo echo=fine", session=None):
        if session is None:
            session = client.request("session.create")["session"]
            client.attach(session)
        after = len(client.events)
        client.request("message.send", session, {"text": text})
        client.idle(session, after)
        return session

    def stored(self, client):
        return client.request("user.show")["stored"]["bytes"]

    def refused(self, client, method, session=None, **params):
        """In words that say how much there is, which limit, and what to do."""
        with self.assertRaises(RequestError) as raised:
            client.request(method, session, params)
        error = raised.exception
        self.assertEqual(error.code, "limit", error.text)
        for words in ("bo has ", "1.0 MiB (quota.stored)", "stoa rm"):
            self.assertIn(words, error.text)
        return error.text

    def fill(self, client, session):
        """Until nothing more is taken. How many messages were."""
        for count in range(100):
            try:
                self.talk(client, f"/demo echo={count} " + "x" * 60000, session)
            except RequestError as error:
                self.assertEqual(error.code, "limit")
                return count
        raise AssertionError("nothing ends it")

    def rows(self):
        db = sqlite3.connect(f"{self.place.folder}/state/stoa.db")
        counted = dict(db.execute("SELECT key, bytes FROM sessions"))
        folders = db.execute("SELECT sum(files) FROM sessions").fetchone()[0]
        in_log = dict(db.execute(BYTES))
        db.close()
        return counted, in_log, folders


class Refused(StoredTest):
    config = f"""demo.rate: 0
mcp_servers:
  fake:
    command: [sh, -c, 'head -c $BYTES /dev/urandom > big; exec {SERVER}']
    env: {{BYTES: '{{VAR:bytes}}'}}
    tools: {{allow: ['*']}}
"""

    def test_messages(self):
        session = self.talk(self.bo)
        self.assertIn("this takes 2.6 MiB", self.refused(self.bo, "message.send", session, text="y" * 900000))
        self.refused(self.bo, "message.send", session, text="look", attachments=[{"name": "a", "text": "z" * 900000}])
        self.assertGreater(self.fill(self.bo, session), 1)
        self.assertLess(self.stored(self.bo), MIB + 200000)  # a reply may end
        told = [e["data"] for e in self.bo.events if e["type"] == "budget.reached"]
        self.assertEqual([(t["budget"], t["percent"], t["limit"]) for t in told][:1], [("stored", 80, MIB)])
        self.assertEqual(len(told), len({t["percent"] for t in told}))
        self.refused(self.bo, "session.fork", session)
        self.talk(self.cy, session=self.calm)
        self.bo.request("session.delete", session)
        self.assertLess(self.stored(self.bo), MIB // 100)
        self.talk(self.bo)

    def test_results_of_tools(self):
        session = self.talk(self.bo)
        self.bo.request("session.configure", session, {"variables": {"bytes": "1"}})
        self.bo.request("mcp.connect", session, {"server": "fake"})
        said = "".join(f"line {n}\n" for n in range(25000))
        for _ in range(40):
            try:
                self.bo.request("mcp.call", session, {"server": "fake", "tool": "say", "arguments": {"text": said}})
            except RequestError as error:
                self.assertEqual(error.code, "limit", error.text)
                break
        self.assertIn("quota.stored", self.refused(self.bo, "mcp.call", session, server="fake", tool="echo"))
        for method, params in (("session.create", {}), ("session.fork", {}), ("session.rename", {"title": "more"}),
                               ("message.send", {"text": "more"}), ("session.configure", {"system": "more"})):
            self.refused(self.bo, method, None if method == "session.create" else session, **params)
        self.bo.request("session.snapshot", session)
        self.bo.request("session.archive", session)
        self.refused(self.bo, "session.archive", session, archived=False)
        self.talk(self.cy, session=self.calm)
        self.bo.request("session.delete", session)
        self.talk(self.bo)

    def test_what_a_server_writes(self):
        session = self.talk(self.bo)
        self.bo.request("session.configure", session, {"variables": {"bytes": "3000000"}})
        self.bo.request("mcp.connect", session, {"server": "fake"})
        wait_for(lambda: self.stored(self.bo) > 3000000, "its folder is counted", 20)
        self.refused(self.bo, "message.send", session, text="more")
        self.bo.event("budget.reached", session, percent=100)
        self.assertGreater(self.bo.request("session.info", session)["bytes"], 3000000)
        self.bo.request("session.delete", session)
        self.assertLess(self.stored(self.bo), MIB // 100)
        self.talk(self.bo)

    def test_a_turn_ends_when_it_is_reached_and_keeps_what_there_is(self):
        session = self.talk(self.bo)
        self.client().request("user.update", params={"user": "bo", "settings": {"quota.stored": self.stored(self.bo) + 1500}})
        after = len(self.bo.events)
        self.bo.request("message.send", session, {"text": "/demo tool=get_session_info"})
        self.bo.idle(session, after)
        errors = [e["data"] for e in self.bo.events[after:] if e["type"] == "error.occurred"]
        self.assertEqual([error["kind"] for error in errors], ["limit"])
        self.assertIn("(quota.stored)", errors[0]["text"])
        messages = self.bo.request("message.history", session)["messages"]
        self.assertEqual([m["role"] for m in messages[:4]], ["user", "assistant"] * 2)
        self.assertEqual([b["call"]["state"] for b in messages[3]["content"] if b["type"] == "tool_call"], ["done"])


class Kept(StoredTest):
    config = f"""demo.rate: 0
mcp_servers:
  own: {{command: [sh, -c, '{KEEPS}'], scope: user}}
  common: {{command: [sh, -c, '{KEEPS}'], scope: shared}}
"""

    def test_what_servers_keep_beside_sessions_is_their_users(self):
        session = self.bo.request("session.create")["session"]
        for server in ("common", "own"):
            self.bo.request("mcp.connect", session, {"server": server})
        wait_for(lambda: 3000000 < self.stored(self.bo) < 3000000 + MIB // 10, "one of both folders is counted", 20)
        self.assertIn("of it by servers of scope user", self.refused(self.bo, "message.send", session, text="more"))
        self.assertLess(self.bo.request("session.info", session)["bytes"], MIB // 100)
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        admin = self.client()

        def stored():
            return admin.request("user.show", params={"user": "bo"})["stored"]["bytes"]
        wait_for(lambda: stored() > 3000000, "also after a restart")
        admin.request("user.delete", params={"user": "bo"})
        admin.request("user.create", params={"user": "bo"})
        wait_for(lambda: stored() < MIB // 100, "another of that name has none of it")


class Counted(StoredTest):
    def test_the_same_after_a_restart_a_kill_and_by_the_log(self):
        own = self.client()
        session = self.talk(own, "/demo tool=get_session_info")
        for number in range(4):
            self.talk(own, f"/demo echo={number} Größe", session)
        messages = own.request("message.history", session)["messages"]
        fork = own.request("session.fork", session, {"message": messages[3]["id"]})["session"]
        before = self.stored(own)
        own.request("session.rewind", session, {"message": messages[-3]["id"]})
        self.assertGreaterEqual(self.stored(own), before)  # the log keeps what is rewound
        own.attach(fork)
        after = len(own.events)
        own.request("session.compact", fork)
        own.event("session.compacted", fork, after)
        own.idle(fork, after)
        gone = self.talk(own, "/demo chunks=50")
        own.request("session.delete", gone)
        before = {client: self.stored(client) for client in (own, self.cy)}
        self.daemon.kill()
        self.daemon.start()
        self.find_daemon()
        own = self.client()
        own.request("session.snapshot", session)
        self.assertEqual(self.stored(own), before[list(before)[0]])
        self.assertEqual(self.daemon.stop(), 0)
        counted, in_log, folders = self.rows()
        self.assertEqual(counted, in_log)
        self.assertEqual(sum(counted.values()) + folders, sum(before.values()))

    def test_what_is_from_before_is_counted_later(self):
        session = self.talk(self.bo)
        is_now = self.stored(self.bo)
        self.assertEqual(self.daemon.stop(), 0)
        db = sqlite3.connect(f"{self.place.folder}/state/stoa.db")
        with db:
            db.execute("UPDATE sessions SET bytes = -1")
        db.close()
        self.daemon.start()
        self.find_daemon()
        bo = self.remote(self.keys)
        self.assertEqual(self.stored(bo), 0)
        wait_for(lambda: self.stored(bo) == is_now, "all is counted")
        self.talk(bo)
        bo.request("session.delete", session)
        self.assertEqual(self.daemon.stop(), 0)
        counted, in_log, _ = self.rows()
        self.assertEqual(counted, in_log)


class Shown(StoredTest):
    def test_where_it_is_shown(self):
        session = self.talk(self.bo)
        shown = stoa(self.place, "user", "show", "bo").stdout
        self.assertRegex(shown, r"stored +[\d.]+ KiB of 1\.0 MiB")
        self.assertRegex(stoa(self.place, "usage", "bo").stdout, r"stored +[\d.]+ KiB of 1\.0 MiB \(0%\)")
        self.assertGreater(self.bo.request("session.info", session)["bytes"], 500)
        rows = {row["user"]: row for row in self.client().request("admin.top")["users"]}
        self.assertEqual(rows["bo"]["stored"], {"bytes": self.stored(self.bo), "limit": MIB})
        stoa(self.place, "user", "set", "bo", "--quota", "stored=2g")
        self.assertEqual(self.bo.request("user.show")["stored"]["limit"], 2 << 30)
        self.assertEqual(text_of(self.bo.request("session.snapshot", session)["messages"][-1]), "fine")
