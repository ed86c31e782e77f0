"""Fault 2, what waits for clients that do not read: bounded for each, and for all together. Whoever is behind is told, or
disconnected where too much waits for all; each comes back by itself and has the state that the daemon has."""
import json
import time

from fault import SLACK, FaultTest, resident_mb
from harness import SANITIZED, Replica, wait_for
from raw_zmtp import Raw

TURN = "/demo rate=0 chunks=1000 bytes=1000"  # about 1 MB


class Backlog(FaultTest):
    config = "default_model: demo/stoa\nlimits: {client_backlog: 100000, client_backlog_size: 1m, backlog_size: 4m}\n"

    def setUp(self):
        super().setUp()
        self.asker = self.client()

    def stats(self):
        return self.asker.request("admin.stats")

    def deaf(self, session):
        """A client that has attached, and reads no more."""
        client = self.client(backlog=1)
        client.attach(session)
        return client

    def stream(self, session, turns):
        for _ in range(turns):
            self.turn(self.asker, session, TURN)
            wait_for(lambda: self.asker.request("session.info", session)["state"] == "idle", "the turn's end")

    def comes_back(self, client, session):
        """By what PROTOCOL.md says: a notice, or a ping that no longer has the session, means to attach anew."""
        pings = []

        def answered():
            """What was on its way when a connection ended is lost: it is asked again."""
            pings.append(client.send("server.ping"))
            client.take(0.2)
            while client.take(0):
                pass
            return [client.replies[id][0] for id in pings if id in client.replies]
        heads = wait_for(answered, "an answer")[-1]["ok"]["heads"]
        self.assertTrue(client.notices or session not in heads, "nothing tells that it has missed something")
        client.events.clear()
        replica = Replica(client.attach(session))
        fresh = self.asker.request("session.snapshot", session)
        self.assertEqual(replica.seq, fresh["seq"])
        self.assertEqual(replica.messages, Replica(fresh).messages)
        self.asker.request("session.rename", session, {"title": "back"})
        replica.fold(client.event("session.updated", session, title="back"))

    def test_what_waits_for_one_is_bounded_in_bytes(self):
        session = self.session(self.asker)
        slow = self.deaf(session)
        self.stream(session, 1)
        before, most = resident_mb(self.daemon.pid), 0
        for _ in range(8):
            self.stream(session, 1)
            most = max(most, self.stats()["backlog_bytes"])
        grown = resident_mb(self.daemon.pid) - before
        self.assertEqual((self.stats()["resyncs"], self.stats()["cut"]), (1, 0))
        self.assertLess(most, 2.5 * (1 << 20))  # the limit, and a frame that came when it was not reached
        self.assertLess(grown, 12 if not SANITIZED else 400)  # a sanitizer keeps what is freed
        self.comes_back(slow, session)
        self.check_all(f"9 MB streamed past one that reads nothing, {most >> 10} KiB waited, daemon grew {grown:.1f} MB")

    def test_what_waits_for_all_is_bounded(self):
        sessions = [self.session(self.asker) for _ in range(12)]
        deaf = [self.deaf(session) for session in sessions]
        most = 0
        for session in sessions:
            self.stream(session, 1)
            most = max(most, self.stats()["backlog_bytes"])
        wait_for(lambda: self.stats()["backlog_bytes"] <= 4 << 20, "that it is within bounds", 10 + SLACK)
        cut = self.stats()["cut"]
        self.assertGreater(cut, 0)
        self.assertLess(most, 12 << 20)  # twice the limit, and each one's share
        self.assertIn("which reads none of its", self.daemon.log_text())
        for client, session in zip(deaf, sessions):
            self.comes_back(client, session)
        self.check_all(f"12 that read nothing of 12 MB: {most >> 10} KiB waited at most, {cut} were disconnected, 12 came back")

    def test_who_pauses_for_a_moment_is_not_cut(self):
        """However long it was quiet before."""
        session = self.session(self.asker)
        self.stream(session, 2)
        pauses = self.keep(Raw(self.place))
        pauses.ask(b'{"id":"hello","method":"server.hello"}')
        pauses.wait(lambda: b'"hello"' in pauses.got, "it is a client")
        time.sleep(1.1)  # longer than one that reads nothing is borne
        for number in range(12):
            pauses.ask(json.dumps({"id": f"ask-{number}", "method": "session.snapshot", "session": session}).encode())
        wait_for(lambda: self.stats()["backlog_bytes"] > 4 << 20, "that too much waits")
        time.sleep(0.5)  # two looks
        pauses.wait(lambda: pauses.got.count(b'"id":"ask-') == 12, "all answers")
        self.assertEqual(self.stats()["cut"], 0)
        self.check_all(f"{len(pauses.got) >> 20} MB of answers, had after a pause of 0.5 s")

    def test_who_leaves_answers_unread_is_refused_more(self):
        session = self.session(self.asker)
        self.stream(session, 2)
        greedy = self.client(backlog=1)
        greedy.request("server.hello")
        asked = [greedy.send("session.snapshot", session) for _ in range(200)]
        wait_for(lambda: self.stats()["backlog_bytes"] > 4 << 20, "that too much waits")
        most = self.stats()["backlog_bytes"]
        greedy.wait(lambda: asked[-1] in greedy.replies or self.stats()["cut"], "the answers")
        codes = [greedy.replies[id][0].get("error", {}).get("code") for id in asked if id in greedy.replies]
        self.assertIn("busy", codes)
        self.assertLess(most, 24 << 20)
        self.check_all(f"200 snapshots asked for and not read: {codes.count('busy')} refused, {most >> 20} MiB waited")

    def test_a_connection_that_is_closed_is_noticed_at_once(self):
        session = self.session(self.asker)
        self.asker.attach(session)
        other = self.client()
        other.attach(session)
        joined = self.asker.event("participant.joined", session, after=1)["data"]["participant"]["id"]
        begun = time.monotonic()
        other.close()
        self.asker.event("participant.left", session, participant=joined, why="disconnected", seconds=1 + SLACK)
        took = time.monotonic() - begun
        self.check_all(f"noticed after {took * 1000:.1f} ms, though its process lives")
