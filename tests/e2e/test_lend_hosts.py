"""Terminals on two hosts that lend to sessions of a daemon on a third: over tcp with CURVE, each with the real client."""
import os
import sys
import time

from harness import PATIENCE, Place, RequestError, wait_for
from hosts import Hosts
from remote import RemoteTest, key_text, make_user, new_keys, write_keys
from test_lend import SERVER, Lender, alive


class Home:
    """A person's own folder on their host: key, known daemons."""

    def __init__(self, hosts, name, keys, address, server):
        self.place = Place()
        self.folder = self.place.folder
        self.env = self.place.env
        self.hosts, self.name = hosts, name
        os.makedirs(f"{self.folder}/cfg/stoa", 0o700)
        write_keys(f"{self.folder}/cfg/stoa/client.key", keys)
        with open(f"{self.folder}/cfg/stoa/known_daemons", "w") as file:
            file.write(f"den {address} {key_text(server)}\n")
        os.chmod(f"{self.folder}/cfg/stoa/known_daemons", 0o600)

    def close(self):
        self.place.remove()


class LendHosts(RemoteTest):
    autostart = False
    listen = "tcp://10.77.0.1:7117"
    config = "mcp: {call_timeout: 30s}\n"

    def setUp(self):
        super().setUp()
        self.hosts = Hosts("den", "ann", "bo")
        self.addCleanup(self.hosts.close)
        self.daemon.wrapper = self.hosts.on("den")
        self.daemon.start()
        self.find_daemon()

    def person(self, name):
        """Their client over tcp, their session, and their home on their host."""
        keys = new_keys()
        make_user(self.client(), name, keys)
        client = self.remote(keys, host=(self.hosts, name))
        home = self.keep(Home(self.hosts, name, keys, self.address, self.server))
        return client, self.session(client), home

    def lend(self, home, session, marker):
        lender = self.keep(Lender(home, session, "lent", sys.executable, SERVER, marker, options=("-d", "den"),
                                  before=self.hosts.on(home.name)))
        lender.wait("the session has its 8 tools")
        return lender

    def who(self, client, session):
        return client.request("mcp.call", session, {"server": "lent", "tool": "who"}, seconds=60)["text"].split()[0]

    def test_the_same_name_from_two_hosts_to_two_sessions_is_never_crossed(self):
        ann, anns, anns_home = self.person("ann")
        bo, bos, bos_home = self.person("bo")
        self.lend(anns_home, anns, "ANN")
        self.lend(bos_home, bos, "BO")
        asked = []
        for _ in range(30):
            for client, session, marker in ((ann, anns, "ANN"), (bo, bos, "BO")):
                asked.append((client, client.send("mcp.call", session, {"server": "lent", "tool": "who"}), marker))
        for client, id, marker in asked:
            self.assertEqual(client.reply(id, 60)["text"].split()[0], marker)
        for client, other in ((ann, bos), (bo, anns)):
            for method, params in (("lend.offer", {"server": "lent"}), ("mcp.servers", {}),
                                   ("lend.message", {"server": "lent", "run": "l_x", "messages": [{}]}),
                                   ("mcp.call", {"server": "lent", "tool": "who"})):
                with self.assertRaises(RequestError) as raised:
                    client.request(method, other, params)
                self.assertEqual(raised.exception.code, "not_found", method)

    def test_a_lender_on_another_host_that_is_killed_ends_the_call_within_a_second(self):
        ann, session, home = self.person("ann")
        ann.attach(session)
        lender = self.lend(home, session, "ANN")
        child = lender.children()[0]
        ann.request("rule.add", params={"effect": "allow", "pattern": "lent/*", "session": session})
        ann.request("message.send", session, {"text": "/demo tool=lent__hang"})
        lender.wait("call hang")
        since = time.monotonic()
        lender.process.kill()
        ended = ann.event("tool.ended", session)["data"]
        self.assertLess(time.monotonic() - since, 1)
        self.assertIn("the terminal that lent it has gone", ended["result"])
        ann.idle(session)
        wait_for(lambda: not alive(child), "the server's end with its terminal")

    def test_whom_a_session_is_shared_with_may_lend_to_it_until_the_right_is_taken(self):
        ann, session, _ = self.person("ann")
        _, _, home = self.person("bo")
        ann.request("session.share", session, {"user": "bo", "role": "writer"})
        lender = self.lend(home, session, "BO")
        self.assertEqual(self.who(ann, session), "BO")
        self.assertEqual(ann.request("session.snapshot", session)["lent"][0]["user"], "bo")
        with self.assertRaises(RequestError) as raised:
            ann.request("lend.offer", session, {"server": "lent"})
        self.assertEqual(raised.exception.code, "conflict")
        self.assertIn("bo lends an MCP server 'lent' to this session already", raised.exception.text)
        since = time.monotonic()
        ann.request("session.share", session, {"user": "bo", "role": "viewer"})
        lender.process.wait(PATIENCE)
        self.assertLess(time.monotonic() - since, 1.5)
        self.assertEqual(lender.process.returncode, 1)
        self.assertIn("the right to write in this session was taken back", lender.said())
        self.assertEqual(ann.request("session.snapshot", session)["lent"], [])

    def test_a_cable_that_is_out_for_a_while(self):
        ann, session, home = self.person("ann")
        lender = self.lend(home, session, "ANN")
        self.hosts.link("ann", up=False)
        self.hosts.link("ann", up=True)
        wait_for(lambda: self.answers(ann, session), "it is back", 60)
        self.assertIsNone(lender.process.poll())

    def answers(self, client, session):
        try:
            return self.who(client, session) == "ANN"
        except (RequestError, AssertionError):
            return False

