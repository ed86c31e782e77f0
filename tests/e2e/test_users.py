"""Users, their keys and tokens: what each sees, what they may, and that what is taken from them is gone at once, on live
connections too."""
import json
import os
import subprocess
import sys
import time
import unittest

import zmq
from harness import ROOT, RequestError, StoaTest, children, program, stoa, wait_for
from remote import RemoteTest, new_keys
from zmq.utils.monitor import recv_monitor_message

SERVER = f"{sys.executable}, {ROOT}/tests/support/mcp_server.py"
NO_SESSION = "s_" + "0" * 26
SECOND = 1.0  # within which what is taken is gone


class Cut:
    """Tells when a client's connection has ended."""

    def __init__(self, client):
        self.monitor = client.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self.client = client

    def wait(self, seconds):
        """Takes what comes meanwhile; the monotonic time of the end."""
        end = time.monotonic() + seconds
        while not self.monitor.poll(5):
            self.client.take(0)
            if time.monotonic() > end:
                raise AssertionError(f"the connection was not cut within {seconds} s")
        recv_monitor_message(self.monitor)
        return time.monotonic()

    def close(self):
        self.client.socket.disable_monitor()


def code_of(call):
    """The error's code, or None."""
    try:
        call()
        return None
    except RequestError as error:
        return error.code


class PeopleTest(RemoteTest):
    config = "demo.rate: 50\n"

    def setUp(self):
        super().setUp()
        self.admin = self.client()

    def session_of(self, client, text=None):
        session = client.request("session.create")["session"]
        if text:
            client.attach(session)
            client.request("message.send", session, {"text": text})
        return session

    def refused(self, client, method, session=None, **params):
        with self.assertRaises(RequestError) as raised:
            client.request(method, session, params)
        return raised.exception

    def ends(self, client, take_away, session=None):
        """take_away() ends the client: bye within a second, nothing after it, the connection cut. Returns the figures."""
        cut = self.keep(Cut(client))
        began = time.monotonic()
        take_away()
        client.wait(lambda: any(notice["notice"] == "bye" for notice in client.notices), "a bye", SECOND)
        told = time.monotonic()
        self.assertEqual([notice["why"] for notice in client.notices if notice["notice"] == "bye"], ["denied"])
        events, notices = len(client.events), len(client.notices)
        ended = cut.wait(SECOND)
        self.assertLess(ended - began, SECOND)
        self.assertEqual((len(client.events), len(client.notices)), (events, notices), "something came after the bye")
        print(f"told after {1000 * (told - began):.0f} ms, cut after {1000 * (ended - began):.0f} ms", flush=True)


class Isolation(PeopleTest):
    def test_each_sees_what_is_theirs(self):
        bo, _ = self.user("bo")
        cy, _ = self.user("cy")
        mine = {name: self.session_of(client) for name, client in (("own", self.admin), ("bo", bo), ("cy", cy))}
        for name, client in (("own", self.admin), ("bo", bo), ("cy", cy)):
            listed = [row["id"] for row in client.request("session.list")["sessions"]]
            self.assertEqual(listed, [mine[name]])
            for other in set(mine) - {name}:
                for method in ("session.info", "session.snapshot", "message.history", "session.delete", "session.who"):
                    self.assertEqual(self.refused(client, method, mine[other]).code, "not_found", method)
                self.assertEqual(self.refused(client, "session.subscribe", sessions=[mine[other]]).code, "not_found")

    def test_mine_is_what_one_owns(self):
        bo, _ = self.user("bo")
        cy, _ = self.user("cy")
        for client in (bo, cy):
            client.request("session.subscribe", params={"sessions": ["mine"]})
        session = self.session_of(bo)
        bo.event("session.started", session)
        own = self.session_of(cy)
        cy.event("session.started", own)
        self.assertEqual({event["session"] for event in cy.events}, {own})

    def test_members_administer_nothing(self):
        bo, _ = self.user("bo")
        for method, params in (("user.create", {"user": "di"}), ("user.list", {}), ("user.delete", {"user": "bo"}),
                               ("user.update", {"user": "bo", "role": "admin"}), ("admin.stats", {}), ("admin.stop", {})):
            self.assertEqual(self.refused(bo, method, **params).code, "denied", method)
        for method, params in (("user.show", {"user": self.own()}), ("user.key_add", {"user": self.own(), "key": new_keys().text}),
                               ("token.issue", {"user": self.own()}), ("token.list", {"user": self.own()})):
            self.assertEqual(self.refused(bo, method, **params).code, "denied", method)
        self.assertEqual(bo.request("user.show")["user"], "bo")
        self.assertEqual(bo.request("server.hello")["role"], "viewer")

    def own(self):
        return self.admin.request("server.hello")["user"]

    def test_one_adds_and_revokes_ones_own_keys(self):
        bo, keys = self.user("bo")
        cy, others = self.user("cy")
        second = new_keys()
        bo.request("user.key_add", params={"key": second.text, "label": "phone"})
        again = self.remote(second)
        self.assertEqual(again.request("server.hello")["user"], "bo")
        self.assertEqual([key["label"] for key in again.request("user.show")["keys"]], ["", "phone"])
        self.assertEqual(self.refused(again, "user.key_revoke", key=others.text).code, "not_found")
        self.ends(bo, lambda: again.request("user.key_revoke", params={"key": keys.text}))
        self.assertEqual(again.request("server.hello")["user"], "bo")

    def test_a_stranger_learns_nothing_but_the_version(self):
        session = self.session_of(self.admin)
        stranger = self.remote(new_keys())
        hello = stranger.request("server.hello")
        self.assertEqual((set(hello), hello["role"]), ({"version", "epoch", "role"}, "none"))
        self.assertEqual(set(stranger.request("server.ping")), {"epoch"})
        for method, of, params in (("session.list", None, {}), ("session.info", session, {}), ("model.list", None, {}),
                                   ("session.info", NO_SESSION, {}), ("session.create", None, {}), ("user.show", None, {}),
                                   ("session.subscribe", None, {"sessions": [session]}), ("token.issue", None, {})):
            error = self.refused(stranger, method, of, **params)
            self.assertEqual(error.code, "denied", method)
            self.assertIn("stoa ticket", error.text)
            self.assertIn("stoa user key add", error.text)

    def test_a_stranger_becomes_a_user_where_it_is(self):
        keys = new_keys()
        client = self.remote(keys)
        self.assertEqual(client.request("server.hello")["role"], "none")
        self.admin.request("user.create", params={"user": "bo", "key": keys.text, "label": "laptop"})
        self.assertEqual(client.request("server.hello")["user"], "bo")


class TakenAway(PeopleTest):
    """Each within a second, while a turn streams to the connection."""

    def test_a_disabled_user(self):
        bo, keys = self.user("bo")
        self.session_of(bo, "say something long")
        bo.event("stream.chunk")
        self.ends(bo, lambda: self.admin.request("user.update", params={"user": "bo", "disabled": True}))
        self.assertEqual(self.remote(keys).request("server.hello")["role"], "none")
        self.assertEqual(bo.request("server.hello")["role"], "none")
        self.admin.request("user.update", params={"user": "bo", "disabled": False})
        self.assertEqual(bo.request("server.hello")["user"], "bo")

    def test_a_removed_user_whose_sessions_stay(self):
        bo, keys = self.user("bo")
        session = self.session_of(bo, "say something long")
        bo.event("stream.chunk")
        answers = []
        self.ends(bo, lambda: answers.append(self.admin.request("user.delete", params={"user": "bo"})))
        self.assertEqual(answers, [{"sessions": 1}])
        wait_for(lambda: not children(self.daemon.pid), "no agent")
        self.assertEqual(self.refused(self.admin, "user.show", user="bo").code, "not_found")
        self.admin.request("user.create", params={"user": "bo", "key": keys.text})
        again = self.remote(keys)
        self.assertEqual(again.request("session.list")["sessions"], [])
        listed = again.request("session.list", params={"archived": True})["sessions"]
        self.assertEqual([(row["id"], row["state"]) for row in listed], [(session, "idle")])

    def test_a_revoked_key(self):
        bo, keys = self.user("bo")
        self.session_of(bo, "say something long")
        bo.event("stream.chunk")
        self.ends(bo, lambda: self.admin.request("user.key_revoke", params={"key": keys.text}))

    def test_a_revoked_token(self):
        self.user("bo")
        token = self.admin.request("token.issue", params={"user": "bo"})
        client = self.client()
        self.assertEqual(client.request("token.login", params={"token": token["secret"]}), {"user": "bo", "role": "viewer"})
        self.session_of(client, "say something long")
        client.event("stream.chunk")
        self.ends(client, lambda: self.admin.request("token.revoke", params={"token": token["token"]}))

    def test_an_expired_token(self):
        self.user("bo")
        token = self.admin.request("token.issue", params={"user": "bo", "ttl_ms": 1500})
        client = self.remote(new_keys())
        client.request("token.login", params={"token": token["secret"]})
        self.session_of(client, "say something long")
        client.event("stream.chunk")
        cut = self.keep(Cut(client))
        ended = cut.wait(5) and time.time() * 1000
        print(f"cut {ended - token['expires']:.0f} ms after its time", flush=True)
        self.assertGreaterEqual(ended, token["expires"])
        self.assertLess(ended, token["expires"] + 1000)
        self.assertEqual([notice["why"] for notice in client.notices if notice["notice"] == "bye"], ["denied"])
        self.assertEqual(self.refused(client, "token.login", token=token["secret"]).code, "denied")

    def test_an_admins_role(self):
        bo, _ = self.user("bo", role="admin")
        self.assertEqual(bo.request("server.hello")["role"], "admin")
        bo.request("user.list")
        self.admin.request("user.update", params={"user": "bo", "role": "member"})
        self.assertEqual(self.refused(bo, "user.list").code, "denied")
        self.assertEqual(bo.request("server.hello")["role"], "viewer")

    def test_others_see_that_one_was_revoked(self):
        bo, _ = self.user("bo")
        session = self.session_of(self.admin)
        self.admin.attach(session)
        self.admin.request("session.share", session, {"user": "bo", "role": "writer"})
        bo.attach(session)
        participant = self.admin.wait(lambda: [event["data"]["participant"]["id"] for event in self.admin.events
                                               if event["type"] == "participant.joined" and
                                               event["data"]["participant"]["user"] == "bo"], "bo is there")[0]
        self.admin.request("user.update", params={"user": "bo", "disabled": True})
        self.admin.event("participant.left", session, participant=participant, why="revoked", seconds=SECOND)

    def test_one_who_does_not_read_is_cut_too(self):
        bo, _ = self.user("bo")
        session = self.session_of(bo, "say something long")
        bo.event("stream.chunk")
        cut = self.keep(Cut(bo))
        for _ in range(40):
            bo.send("session.snapshot", session)
        began = time.monotonic()
        self.admin.request("user.update", params={"user": "bo", "disabled": True})
        while not cut.monitor.poll(5):
            self.assertLess(time.monotonic() - began, SECOND)


class Tokens(PeopleTest):
    def token(self, **params):
        return self.admin.request("token.issue", params=params)

    def test_a_token_for_one_session(self):
        bo, _ = self.user("bo")
        first, second = self.session_of(bo), self.session_of(bo)
        token = self.token(user="bo", session=first, role="viewer")
        client = self.client()
        client.request("token.login", params={"token": token["secret"]})
        self.assertEqual(client.request("session.info", first)["session"], first)
        self.assertEqual(self.refused(client, "session.info", second).code, "not_found")
        self.assertEqual(self.refused(client, "message.send", first, text="hi").code, "denied")
        self.assertEqual(self.refused(client, "user.key_add", key=new_keys().text).code, "denied")
        self.assertEqual(self.refused(client, "token.issue").code, "denied")

    def test_what_its_user_was_answered_is_not_a_tokens(self):
        bo, _ = self.user("bo")
        id = "t_one_id_for_both"
        made = bo.request("session.create", params={"title": "bo's"}, id=id)
        token = self.token(user="bo", role="owner")
        clients = []
        for _ in range(2):
            clients.append(self.client())
            clients[-1].request("token.login", params={"token": token["secret"]})
        its = clients[0].request("session.create", params={"title": "the token's"}, id=id)
        self.assertNotEqual(its["session"], made["session"])
        self.assertEqual(clients[1].request("session.create", params={"title": "the token's"}, id=id), its)
        self.assertEqual(bo.request("session.create", params={"title": "bo's"}, id=id), made)

    def test_what_is_others_is_not_told_by_a_refusal(self):
        bo, _ = self.user("bo")
        _, keys = self.user("cy")
        session = self.session_of(self.admin)
        said = []
        for sid in (session, "s_" + "0" * 26):
            with self.assertRaises(RequestError) as raised:
                bo.request("token.issue", params={"session": sid})
            said.append((raised.exception.code, raised.exception.text.replace(sid, "ID")))
        self.assertEqual(said, [("not_found", "there is no session 'ID' of bo's, or that is shared with them")] * 2)
        taken = self.refused(bo, "user.key_add", key=keys.text)
        self.assertEqual((taken.code, taken.text), ("conflict", "that key is another user's already"))

    def test_nothing_outlasts_a_token(self):
        _, keys = self.user("bo")
        client = self.client()
        client.request("token.login", params={"token": self.token(user="bo")["secret"]})
        for method, params in (("user.key_add", {"key": new_keys().text}), ("user.key_revoke", {"key": keys.text}),
                               ("token.issue", {}), ("token.revoke", {"token": client.request("token.list")["tokens"][0]["token"]})):
            error = self.refused(client, method, **params)
            self.assertEqual((error.code, "came in by a token" in error.text), ("denied", True), method)

    def test_an_admins_token_is_no_admin_when_it_says_so(self):
        client = self.client()
        client.request("token.login", params={"token": self.token(role="owner")["secret"]})
        self.assertEqual(self.refused(client, "user.list").code, "denied")
        self.assertIsNone(code_of(lambda: client.request("session.create")))

    def test_an_admins_token_for_one_session_administers_nothing(self):
        session = self.session_of(self.admin)
        client = self.client()
        login = client.request("token.login", params={"token": self.token(session=session)["secret"]})
        self.assertEqual(login["role"], "viewer")
        self.assertEqual(client.request("session.info", session)["session"], session)
        for method, params in (("user.create", {"user": "eve", "role": "admin", "key": new_keys().text}), ("user.list", {}),
                               ("user.key_add", {"user": "bo", "key": new_keys().text}), ("audit.list", {}), ("admin.stop", {}),
                               ("admin.top", {})):
            self.assertEqual(self.refused(client, method, **params).code, "denied", method)
        self.assertEqual([user["user"] for user in self.admin.request("user.list")["users"]], [login["user"]])

    def test_a_secret_is_shown_once(self):
        first = self.admin.request("token.issue", id="r_once")
        self.assertTrue(first["secret"].startswith("stoa_"))
        with self.assertRaises(RequestError) as raised:
            self.admin.replies.clear()
            self.admin.request("token.issue", id="r_once")
        self.assertEqual(raised.exception.code, "conflict")
        self.assertIn("shown only once", raised.exception.text)
        self.assertEqual(len(self.admin.request("token.list")["tokens"]), 1)
        self.daemon.stop()
        for name in os.listdir(f"{self.place.folder}/state"):
            path = f"{self.place.folder}/state/{name}"
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    self.assertNotIn(first["secret"][5:].encode(), file.read(), name)
        self.assertNotIn(first["secret"][5:], self.daemon.log_text())
        self.daemon.start()

    def test_login_ends_what_the_connection_followed_before(self):
        self.user("bo")
        session = self.session_of(self.admin)
        client = self.client()
        client.attach(session)
        client.request("token.login", params={"token": self.token(user="bo")["secret"]})
        self.assertEqual(self.refused(client, "session.info", session).code, "not_found")
        self.admin.request("session.rename", session, {"title": "only mine"})
        client.request("server.ping")
        self.assertEqual([event for event in client.events if event["type"] == "session.updated"], [])


class Limits(PeopleTest):
    config = "demo.rate: 0\nquota.sessions: 3\n"

    def test_sessions(self):
        bo, _ = self.user("bo", settings={"quota.sessions": 2})
        first = self.session_of(bo)
        self.session_of(bo)
        error = self.refused(bo, "session.create")
        self.assertEqual(error.code, "limit")
        self.assertIn("bo has 2 sessions already (quota.sessions is 2)", error.text)
        self.assertEqual(self.refused(bo, "session.fork", first).code, "limit")
        bo.request("session.archive", first)
        self.session_of(bo)
        self.assertEqual(self.refused(bo, "session.archive", first, archived=False).code, "limit")
        self.daemon.stop()
        self.daemon.start()
        self.find_daemon()
        admin = self.client()
        again = self.client()
        again.request("token.login", params={"token": admin.request("token.issue", params={"user": "bo"})["secret"]})
        self.assertEqual(self.refused(again, "session.create").code, "limit")
        admin.request("user.update", params={"user": "bo", "settings": {"quota.sessions": None}})
        self.session_of(again)
        self.assertIn("quota.sessions is 3", self.refused(again, "session.create").text)
        admin.request("user.update", params={"user": "bo", "settings": {"quota.sessions": "any"}})
        self.session_of(again)
        for _ in range(5):
            self.session_of(admin)  # the daemon's own user has none

    def test_models(self):
        bo, _ = self.user("bo", settings={"models": ["local/*"]})
        error = self.refused(bo, "session.create", model="demo/stoa")
        self.assertEqual(error.code, "denied")
        self.assertIn("bo may not use the model 'demo/stoa'", error.text)
        self.admin.request("user.update", params={"user": "bo", "settings": {"models": ["demo/*"]}})
        session = self.session_of(bo, "hello")
        bo.idle(session)
        self.admin.request("user.update", params={"user": "bo", "settings": {"models": []}})
        bo.request("message.send", session, {"text": "again"})
        error = bo.event("error.occurred", session)
        self.assertIn("may not use the model", error["data"]["text"])


class Servers(StoaTest):
    """What runs for a user, in all of their sessions together."""
    config = f"""
default_model: demo/stoa
mcp_servers:
  one: {{command: [{SERVER}, --name, one]}}
  two: {{command: [{SERVER}, --name, two]}}
  common: {{command: [{SERVER}, --name, common], scope: user}}
  shared: {{command: [{SERVER}, --name, shared], scope: shared}}
"""

    def bo(self, **settings):
        self.admin = self.client()
        self.admin.request("user.create", params={"user": "bo", "settings": settings})
        client = self.client()
        client.request("token.login", params={"token": self.admin.request("token.issue", params={"user": "bo"})["secret"]})
        return client, client.request("session.create")["session"], client.request("session.create")["session"]

    def state(self, client, session, name):
        return {server["server"]: server for server in client.request("mcp.servers", session)["servers"]}[name]

    def connect(self, client, session, name):
        client.request("mcp.connect", session, {"server": name})
        self.assertEqual(self.state(client, session, name)["state"], "ready")

    def test_no_more_run_than_the_quota_says(self):
        bo, first, second = self.bo(**{"quota.servers": 2})
        self.connect(bo, first, "one")
        self.connect(bo, second, "one")
        for session, name in ((first, "two"), (second, "two"), (first, "common")):
            with self.assertRaises(RequestError) as raised:
                bo.request("mcp.connect", session, {"server": name})
            self.assertIn("bo has 2 MCP servers running already (quota.servers is 2)", raised.exception.text)
            self.assertIn("quota.servers is 2", self.state(bo, session, name)["text"])
        self.connect(bo, first, "shared")  # nobody's
        bo.request("mcp.disconnect", second, {"server": "one"})
        self.connect(bo, first, "common")
        self.connect(bo, second, "common")  # it runs already
        self.assertIn("quota.servers is 2", self.state(bo, second, "two")["text"])
        self.admin.request("user.update", params={"user": "bo", "settings": {"quota.servers": "any"}})
        self.connect(bo, second, "two")

    def test_many_that_are_started_at_once_are_no_more_than_the_quota_says(self):
        bo, *sessions = self.bo(**{"quota.servers": 2})
        sessions += [bo.request("session.create")["session"] for _ in range(4)]
        bo.follow(sessions)
        asked = [bo.send("mcp.connect", session, {"server": name}) for session in sessions for name in ("one", "two")]
        bo.wait(lambda: all(id in bo.replies for id in asked), "all answers")
        done = [bo.replies[id][0] for id in asked]
        self.assertEqual(sum("ok" in reply for reply in done), 2)
        for reply in done:
            self.assertIn("quota.servers is 2", reply.get("error", {}).get("text", "quota.servers is 2"))
        self.assertEqual(len([event for event in bo.events if event["type"] == "mcp.starting"]), 2)

    def test_one_that_starts_is_said_to_and_counts(self):
        bo, first, second = self.bo(**{"quota.servers": 1})
        self.place.write_config(self.config + f"  slow: {{command: [sh, -c, 'until [ -e {self.place.folder}/go ]; do sleep 0.02; done; "
                                f"exec {SERVER.replace(',', '')} --name slow']}}\n")
        self.admin.request("admin.reload")
        watching = self.client()
        token = self.admin.request("token.issue", params={"user": "bo"})["secret"]
        watching.request("token.login", params={"token": token})
        watching.attach(first)
        self.assertEqual(self.state(bo, first, "slow")["state"], "waiting")
        asked = bo.send("mcp.connect", first, {"server": "slow"})
        watching.event("mcp.starting", first, server="slow")
        self.assertEqual(self.state(watching, first, "slow")["state"], "starting")
        shown = subprocess.run([program("stoa"), "mcp", "ls", "--session", first], env={**self.place.env, "STOA_TOKEN": token},
                               stdout=subprocess.PIPE, check=True, text=True, timeout=30).stdout
        self.assertRegex(shown, "slow .*starting")
        with self.assertRaises(RequestError) as raised:
            bo.request("mcp.connect", second, {"server": "one"})
        self.assertIn("bo has 1 MCP servers running already", raised.exception.text)
        bo.request("mcp.disconnect", first, {"server": "slow"})
        self.assertEqual(self.state(bo, first, "slow")["state"], "off")
        bo.wait(lambda: asked in bo.replies, "the answer to who waited")
        asked = bo.send("mcp.connect", first, {"server": "slow"})
        bo.wait(lambda: self.state(watching, first, "slow")["state"] == "starting", "that it starts again")
        with open(f"{self.place.folder}/go", "w"):
            pass
        bo.reply(asked)
        self.assertEqual(self.state(bo, first, "slow")["state"], "ready")

    def test_only_those_that_are_allowed(self):
        bo, session, _ = self.bo(servers=["t*"])
        self.connect(bo, session, "two")
        with self.assertRaises(RequestError) as raised:
            bo.request("mcp.connect", session, {"server": "one"})
        self.assertIn("bo may not use the MCP server 'one'", raised.exception.text)
        self.admin.request("user.update", params={"user": "bo", "settings": {"servers": None}})
        self.connect(bo, session, "one")


class Registry(PeopleTest):
    def test_bad_values_are_named(self):
        _, keys = self.user("bo")
        for method, params, code, says in (
                ("user.create", {"user": "Bo"}, "bad_request", "'Bo' can't be a user's name"),
                ("user.create", {"user": "bo"}, "conflict", "there is a user 'bo' already"),
                ("user.create", {"user": "cy", "key": "a" * 42 + "!"}, "bad_request", "that is no key"),
                ("user.create", {"user": "cy", "key": keys.text}, "conflict", "is bo's already"),
                ("user.create", {"user": "cy", "settings": {"quota.session": 1}}, "bad_request", "was quota.sessions meant?"),
                ("user.create", {"user": "cy", "key": new_keys().text, "settings": {"models": 1}}, "bad_request", "models takes"),
                ("user.update", {"user": "cy", "disabled": True}, "not_found", "there is no user 'cy'"),
                ("user.update", {"user": "bo", "settings": {"quota.agents": -1}}, "bad_request", "quota.agents"),
                ("user.key_add", {"user": "cy", "key": new_keys().text}, "not_found", "there is no user 'cy'"),
                ("user.key_revoke", {"key": new_keys().text}, "not_found", "there is no such key"),
                ("user.delete", {"user": "cy"}, "not_found", "there is no user 'cy'"),
                ("user.show", {"user": "cy"}, "not_found", "there is no user 'cy'"),
                ("token.issue", {"user": "cy"}, "not_found", "there is no user 'cy'"),
                ("token.revoke", {"token": "k_none"}, "not_found", "there is no token 'k_none'"),
                ("token.login", {"token": "stoa_none"}, "denied", "this token lets nobody in")):
            error = self.refused(self.admin, method, **params)
            self.assertEqual(error.code, code, f"{method} {params}: {error.text}")
            self.assertIn(says, error.text)
        with self.assertRaises(RequestError) as raised:
            self.admin.request("token.issue", params={"session": NO_SESSION})
        self.assertEqual(raised.exception.code, "not_found")
        self.assertEqual([user["user"] for user in self.admin.request("user.list")["users"]],
                         [self.admin.request("server.hello")["user"], "bo"])

    def test_the_daemons_own_user_stays(self):
        own = self.admin.request("server.hello")["user"]
        for method, params in (("user.update", {"role": "member"}), ("user.update", {"disabled": True}), ("user.delete", {})):
            self.assertEqual(self.refused(self.admin, method, user=own, **params).code, "conflict")
        keys = new_keys()
        self.admin.request("user.key_add", params={"key": keys.text})
        self.assertEqual(self.remote(keys).request("server.hello")["role"], "admin")

    def test_a_restart_keeps_all(self):
        _, keys = self.user("bo", settings={"quota.sessions": 7, "models": ["demo/*"]})
        cy, others = self.user("cy")
        self.admin.request("user.update", params={"user": "cy", "disabled": True})
        token = self.admin.request("token.issue", params={"user": "bo", "label": "job"})
        before = [self.admin.request(method) for method in ("user.list", "token.list")]
        self.daemon.kill()
        self.daemon.start()
        self.find_daemon()
        admin = self.client()
        self.assertEqual([admin.request(method) for method in ("user.list", "token.list")], before)
        self.assertEqual(self.remote(keys).request("server.hello")["user"], "bo")
        self.assertEqual(self.remote(others).request("server.hello")["role"], "none")
        self.assertEqual(self.client().request("token.login", params={"token": token["secret"]})["user"], "bo")


class Offline(StoaTest):
    """stoa user and stoa token while no daemon runs: the same answers, kept for the daemon that comes."""
    autostart = False

    def stoa(self, *args, check=True):
        return stoa(self.place, *args, check=check)

    def user(self, name):
        return json.loads(self.stoa("user", "show", name, "--json").stdout)

    def test_what_is_done_offline_is_there_when_the_daemon_comes(self):
        keys = new_keys()
        self.stoa("user", "add", "bo", "--key", keys.text, "--label", "laptop", "--quota", "sessions=1", "--models", "demo/*,local/a")
        self.stoa("user", "add", "cy", "--admin")
        secret = self.stoa("token", "issue", "--user", "bo", "--label", "job").stdout.strip()
        self.stoa("user", "disable", "cy")
        self.assertEqual(self.user("bo")["settings"], {"quota.sessions": 1, "models": ["demo/*", "local/a"]})
        before = self.user("bo")
        self.daemon.start()
        client = self.client()
        shown = client.request("user.show", params={"user": "bo"})
        self.assertEqual({**shown, "used": None, "stored": None}, {**before, "used": None, "stored": None})
        self.assertTrue(client.request("user.show", params={"user": "cy"})["disabled"])
        self.assertEqual(client.request("token.login", params={"token": secret}), {"user": "bo", "role": "viewer"})
        client.request("session.create")
        self.assertEqual(code_of(lambda: client.request("session.create")), "limit")

    def test_the_same_words_work_while_a_daemon_runs(self):
        self.daemon.start()
        keys = new_keys()
        self.stoa("user", "add", "bo")
        self.stoa("user", "key", "add", "bo", keys.text, "--label", "phone")
        self.stoa("user", "set", "bo", "--quota", "requests=60", "--quota", "cost_day=0.5")
        self.assertEqual(self.client().request("user.show", params={"user": "bo"})["settings"],
                         {"quota.requests": 60, "quota.cost_day": 0.5})
        self.assertIn(keys.text, self.stoa("user", "show", "bo").stdout)
        self.assertIn("phone", self.stoa("user", "show", "bo").stdout)
        self.stoa("user", "key", "revoke", keys.text)
        self.assertNotIn(keys.text, self.stoa("user", "show", "bo").stdout)
        self.assertIn("bo", self.stoa("user", "ls").stdout)
        self.stoa("user", "rm", "bo", "--yes")
        self.assertNotIn("bo", self.stoa("user", "ls").stdout)

    def test_a_running_daemon_is_not_gone_behind(self):
        self.daemon.start()
        done = subprocess.run([program("stoad"), "--request", '{"method":"user.list"}'], env=self.place.env, capture_output=True,
                              text=True, timeout=30, check=False)
        self.assertEqual((done.returncode, done.stdout), (75, ""))
        self.assertIn("a daemon runs here", done.stderr)

    def test_only_what_needs_no_daemon(self):
        for request, says in (('{"method":"session.create"}', "needs a daemon that runs"),
                              ('{"method":"token.login","params":{"token":"stoa_x"}}', "needs a daemon that runs"),
                              ('{"method":"user.show","params":{"user":1}}', "user"), ("[]", "--request takes"), ("{", "--request takes"),
                              ('{"method":"none"}', "none")):
            done = subprocess.run([program("stoad"), "--request", request], env=self.place.env, capture_output=True, text=True,
                                  timeout=30, check=False)
            self.assertEqual(done.returncode, 1, request)
            self.assertIn(says, json.loads(done.stdout)["error"]["text"])

    def test_one_removed_offline_is_put_away_at_the_next_start(self):
        self.daemon.start()
        admin = self.client()
        admin.request("user.create", params={"user": "bo"})
        bo = self.client()
        bo.request("token.login", params={"token": admin.request("token.issue", params={"user": "bo"})["secret"]})
        own, shared = bo.request("session.create")["session"], admin.request("session.create")["session"]
        admin.request("session.share", shared, {"user": "bo", "role": "writer"})
        self.daemon.stop()
        self.assertIn("is removed", self.stoa("user", "rm", "bo", "--yes").stdout)
        done = self.stoa("user", "add", "bo", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("'bo' was removed while no daemon ran; start it once", done.stderr)
        self.daemon.start()
        admin = self.client()
        self.assertEqual(admin.request("session.who", shared)["members"], [])
        admin.request("user.create", params={"user": "bo"})
        again = self.client()
        again.request("token.login", params={"token": admin.request("token.issue", params={"user": "bo"})["secret"]})
        self.assertEqual(again.request("session.list")["sessions"], [])
        self.assertEqual([row["id"] for row in again.request("session.list", params={"archived": True})["sessions"]], [own])
        self.assertEqual(code_of(lambda: again.request("session.info", shared)), "not_found")

    def test_bad_words_are_said(self):
        for words, code, says in ((("user", "nix"), 64, "'nix' is nothing that user does"), (("user", "add"), 64, "stoa user add NAME"),
                                  (("user", "add", "Bo"), 1, "can't be a user's name"),
                                  (("user", "add", "bo", "--quota", "x"), 64, "option --quota is 'x'"),
                                  (("user", "add", "bo", "--quota", "x=1"), 1, "'quota.x' is no setting"),
                                  (("user", "set", "bo"), 64, "user set needs"), (("user", "show", "bo"), 1, "there is no user 'bo'"),
                                  (("user", "key", "add", "bo"), 64, "stoa user key add NAME KEY"),
                                  (("user", "rm", "bo"), 64, "--yes"), (("token", "nix"), 64, "stoa token issue"),
                                  (("token", "issue", "--ttl", "3y"), 64, "option --ttl is '3y'"),
                                  (("token", "issue", "--role", "king"), 64, "option --role is 'king'"),
                                  (("token", "revoke", "k_none"), 1, "there is no token 'k_none'")):
            done = self.stoa(*words, check=False)
            self.assertEqual((done.returncode, done.stdout), (code, ""), words)
            self.assertIn(says, done.stderr)

    def test_a_secret_goes_to_stdout_alone(self):
        done = self.stoa("token", "issue")
        secret = done.stdout.strip()
        self.assertRegex(secret, r"^stoa_[A-Za-z0-9_-]{32}$")
        self.assertNotIn(secret, done.stderr)
        self.assertIn("good until", done.stderr)
        rows = [json.loads(line) for line in self.stoa("token", "ls", "--json").stdout.splitlines()]
        self.assertEqual(len(rows), 1)
        self.assertNotIn("secret", rows[0])
        self.stoa("token", "revoke", rows[0]["token"])
        self.assertEqual(self.stoa("token", "ls", "--json").stdout, "")

    def test_a_token_is_named_by_the_beginning_of_its_id(self):
        def ids():
            return {row["label"]: row["token"] for row in
                    (json.loads(line) for line in self.stoa("token", "ls", "--json").stdout.splitlines())}
        self.stoa("token", "issue", "--label", "ci")
        self.stoa("token", "issue", "--label", "bot")
        known = ids()
        done = self.stoa("token", "revoke", "k_", check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("'k_' may mean any of 2 tokens", done.stderr)
        self.assertRegex(done.stderr, rf"(?m)^  {known['ci']}  ci$")
        common = next(i for i in range(2, 28) if known["ci"][i] != known["bot"][i])
        self.assertIn(known["ci"], self.stoa("token", "revoke", known["ci"][2:common + 1]).stdout)
        self.assertEqual(list(ids()), ["bot"])


if __name__ == "__main__":
    unittest.main()
